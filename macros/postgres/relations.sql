{#- Which relation (first pair) is built on which (second pair). -#}
{%- macro postgres__get_relations() -%}
  {%- call statement('relations', fetch_result=True) -%}
    select distinct
      child_schema.nspname as dependent_schema,
      child.relname as dependent_name,
      parent_schema.nspname as referenced_schema,
      parent.relname as referenced_name
    from pg_depend d
    join pg_rewrite w on w.oid = d.objid and d.classid = 'pg_rewrite'::regclass
    join pg_class child on child.oid = w.ev_class
    join pg_namespace child_schema on child_schema.oid = child.relnamespace
    join pg_class parent on parent.oid = d.refobjid and d.refclassid = 'pg_class'::regclass
    join pg_namespace parent_schema on parent_schema.oid = parent.relnamespace
    where child.oid != parent.oid
      and child_schema.nspname not in ('information_schema', 'pg_catalog')
      and parent_schema.nspname not in ('information_schema', 'pg_catalog')
    order by 1, 2, 3, 4
  {%- endcall -%}
  {{ return(load_result('relations').table) }}
{%- endmacro -%}

{% macro postgres_get_relations() %}
  {{ return(postgres__get_relations()) }}
{% endmacro %}


{% macro postgres__drop_table(relation) -%}
  drop table if exists {{ relation.render() }} cascade
{%- endmacro %}

{% macro postgres__drop_view(relation) -%}
  drop view if exists {{ relation.render() }} cascade
{%- endmacro %}

{% macro postgres__drop_materialized_view(relation) -%}
  drop materialized view if exists {{ relation.render() }} cascade
{%- endmacro %}


{% macro postgres__get_rename_table_sql(relation, new_name) -%}
  alter table {{ relation.render() }} rename to {{ adapter.quote(new_name) }}
{%- endmacro %}

{% macro postgres__get_rename_view_sql(relation, new_name) -%}
  alter view {{ relation.render() }} rename to {{ adapter.quote(new_name) }}
{%- endmacro %}

{% macro postgres__get_rename_materialized_view_sql(relation, new_name) -%}
  alter materialized view {{ relation.render() }} rename to {{ adapter.quote(new_name) }}
{%- endmacro %}


{#- Postgres replaces a view in place; a table is dropped first, in the same transaction. -#}
{% macro postgres__get_replace_table_sql(relation, sql) -%}
  {{ drop_table(relation) }};
  {{ get_create_table_as_sql(False, relation, sql) }}
{%- endmacro %}

{% macro postgres__get_replace_view_sql(relation, sql) -%}
  {%- set sql_header = config.get('sql_header', none) -%}
  {{ sql_header if sql_header is not none }}
  create or replace view {{ relation }}
    {% set contract_config = config.get('contract') %}
    {% if contract_config and contract_config.enforced %}
      {{ get_assert_columns_equivalent(sql) }}
    {% endif %}
  as (
    {{ sql }}
  );
{%- endmacro %}


{% macro postgres__get_create_materialized_view_as_sql(relation, sql) %}
  create materialized view if not exists {{ relation }} as {{ sql }};

  {% for index in config.get('indexes', []) or [] -%}
    {{ get_create_index_sql(relation, index) }};
  {%- endfor %}
{% endmacro %}

{% macro postgres__refresh_materialized_view(relation) %}
  refresh materialized view {{ relation }}
{% endmacro %}

{% macro postgres__describe_materialized_view(relation) %}
  {% do return({'indexes': run_query(get_show_indexes_sql(relation))}) %}
{% endmacro %}


{#- Only indexes can be changed in place. -#}
{% macro postgres__get_alter_materialized_view_as_sql(relation, configuration_changes, sql, existing_relation, backup_relation, intermediate_relation) %}
  {% if configuration_changes.requires_full_refresh %}
    {{ get_replace_sql(existing_relation, relation, sql) }}
  {% else %}
    {{ postgres__update_indexes_on_materialized_view(relation, configuration_changes.indexes) }}
  {% endif %}
{% endmacro %}

{%- macro postgres__update_indexes_on_materialized_view(relation, index_changes) -%}
  {{- log("Applying UPDATE INDEXES to: " ~ relation) -}}
  {%- for change in index_changes -%}
    {%- set index = change.context -%}
    {%- if change.action == "drop" -%}
      {{ postgres__get_drop_index_sql(relation, index.name) }}
    {%- elif change.action == "create" -%}
      {{ postgres__get_create_index_sql(relation, index.as_node_config) }}
    {%- endif -%}
    {{ ";\n" if not loop.last }}
  {%- endfor -%}
{%- endmacro -%}

{% macro postgres__get_materialized_view_configuration_changes(existing_relation, new_config) %}
  {% set existing = postgres__describe_materialized_view(existing_relation) %}
  {% do return(existing_relation.get_materialized_view_config_change_collection(existing, new_config.model)) %}
{% endmacro %}
