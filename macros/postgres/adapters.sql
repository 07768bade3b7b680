{% macro postgres__create_table_as(temporary, relation, sql) -%}
  {%- set unlogged = config.get('unlogged', default=false) -%}
  {%- set sql_header = config.get('sql_header', none) -%}
  {% set contract_config = config.get('contract') %}

  {{ sql_header if sql_header is not none }}

  create {% if temporary %}temporary {% elif unlogged %}unlogged {% endif %}table {{ relation }}
  {% if contract_config and contract_config.enforced %}
    {{ get_assert_columns_equivalent(sql) }}
  {% endif %}
  {% if contract_config and contract_config.enforced and not temporary %}
    {#- Postgres takes no column list with types together with a query -#}
    {{ get_table_columns_and_constraints() }};
  insert into {{ relation }} (
    {{ adapter.dispatch('get_column_names', 'dbt')() }}
  )
    {%- set sql = get_select_subquery(sql) %}
  {% else %}
  as
  {% endif %}
  (
    {{ sql }}
  );
{%- endmacro %}


{% macro postgres__get_create_index_sql(relation, index_dict) -%}
  {%- set index = adapter.parse_index(index_dict) -%}
  create {% if index.unique %}unique {% endif %}index if not exists
    "{{ index.render(relation) }}"
    on {{ relation }}{{ " using " ~ index.type if index.type }} ({{ index.columns | join(", ") }})
{%- endmacro %}

{%- macro postgres__get_drop_index_sql(relation, index_name) -%}
  drop index if exists "{{ relation.schema }}"."{{ index_name }}"
{%- endmacro -%}

{%- macro postgres__get_show_indexes_sql(relation) -%}
  select
    i.relname as name,
    m.amname as method,
    ix.indisunique as "unique",
    array_to_string(array_agg(a.attname order by array_position(ix.indkey, a.attnum)), ',') as column_names
  from pg_index ix
  join pg_class i on i.oid = ix.indexrelid
  join pg_am m on m.oid = i.relam
  join pg_class t on t.oid = ix.indrelid
  join pg_namespace n on n.oid = t.relnamespace
  join pg_attribute a on a.attrelid = t.oid and a.attnum = any(ix.indkey)
  where t.relname = '{{ relation.identifier }}'
    and n.nspname = '{{ relation.schema }}'
    and t.relkind in ('r', 'm')
  group by 1, 2, 3
  order by 1, 2, 3
{%- endmacro -%}


{#- The database is that of the connection, and not part of a schema's name. -#}
{% macro postgres__create_schema(relation) -%}
  {% if relation.database -%}
    {{ adapter.verify_database(relation.database) }}
  {%- endif -%}
  {%- call statement('create_schema') -%}
    create schema if not exists {{ relation.without_identifier().include(database=False) }}
  {%- endcall -%}
{% endmacro %}

{% macro postgres__drop_schema(relation) -%}
  {% if relation.database -%}
    {{ adapter.verify_database(relation.database) }}
  {%- endif -%}
  {%- call statement('drop_schema') -%}
    drop schema if exists {{ relation.without_identifier().include(database=False) }} cascade
  {%- endcall -%}
{% endmacro %}


{% macro postgres__get_columns_in_relation(relation) -%}
  {% call statement('get_columns_in_relation', fetch_result=True) %}
    select
      column_name,
      data_type,
      character_maximum_length,
      numeric_precision,
      numeric_scale
    from {{ relation.information_schema('columns') }}
    where table_name = '{{ relation.identifier }}'
      {% if relation.schema %}
      and table_schema = '{{ relation.schema }}'
      {% endif %}
    order by ordinal_position
  {% endcall %}
  {{ return(sql_convert_columns_in_relation(load_result('get_columns_in_relation').table)) }}
{% endmacro %}


{% macro postgres__list_relations_without_caching(schema_relation) %}
  {% call statement('list_relations_without_caching', fetch_result=True) -%}
    select '{{ schema_relation.database }}' as database, tablename as name, schemaname as schema, 'table' as type
    from pg_tables
    where schemaname ilike '{{ schema_relation.schema }}'
    union all
    select '{{ schema_relation.database }}', viewname, schemaname, 'view'
    from pg_views
    where schemaname ilike '{{ schema_relation.schema }}'
    union all
    select '{{ schema_relation.database }}', matviewname, schemaname, 'materialized_view'
    from pg_matviews
    where schemaname ilike '{{ schema_relation.schema }}'
    union all
    select distinct '{{ schema_relation.database }}', p.proname, n.nspname, 'function'
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    where n.nspname ilike '{{ schema_relation.schema }}'
  {% endcall %}
  {{ return(load_result('list_relations_without_caching').table) }}
{% endmacro %}


{% macro postgres__information_schema_name(database) -%}
  {% if database -%}
    {{ adapter.verify_database(database) }}
  {%- endif -%}
  information_schema
{%- endmacro %}


{% macro postgres__list_schemas(database) %}
  {% if database -%}
    {{ adapter.verify_database(database) }}
  {%- endif -%}
  {% call statement('list_schemas', fetch_result=True, auto_begin=False) %}
    select distinct nspname from pg_namespace
  {% endcall %}
  {{ return(load_result('list_schemas').table) }}
{% endmacro %}


{% macro postgres__check_schema_exists(information_schema, schema) -%}
  {% if information_schema.database -%}
    {{ adapter.verify_database(information_schema.database) }}
  {%- endif -%}
  {% call statement('check_schema_exists', fetch_result=True, auto_begin=False) %}
    select count(*) from pg_namespace where nspname = '{{ schema }}'
  {% endcall %}
  {{ return(load_result('check_schema_exists').table) }}
{% endmacro %}


{#- Names are cut to what Postgres keeps of them, so that the suffix is not lost.
    dstring makes the name one that was not used before. -#}
{% macro postgres__make_relation_with_suffix(base_relation, suffix, dstring) %}
  {% if dstring %}
    {% set suffix = suffix ~ modules.datetime.datetime.now().strftime("%H%M%S%f") %}
  {% endif %}
  {% set kept = base_relation.relation_max_name_length() - suffix | length %}
  {% if kept < 0 %}
    {% do exceptions.raise_compiler_error('Relation suffix is too long (' ~ suffix | length ~ ' characters). Maximum length is ' ~ base_relation.relation_max_name_length() ~ ' characters.') %}
  {% endif %}
  {{ return(base_relation.incorporate(path={"identifier": base_relation.identifier[:kept] ~ suffix})) }}
{% endmacro %}

{% macro postgres__make_intermediate_relation(base_relation, suffix) %}
  {{ return(postgres__make_relation_with_suffix(base_relation, suffix, dstring=False)) }}
{% endmacro %}

{% macro postgres__make_temp_relation(base_relation, suffix) %}
  {% set temp_relation = postgres__make_relation_with_suffix(base_relation, suffix, dstring=True) %}
  {{ return(temp_relation.incorporate(path={"schema": none, "database": none})) }}
{% endmacro %}

{% macro postgres__make_backup_relation(base_relation, backup_relation_type, suffix) %}
  {% set backup_relation = postgres__make_relation_with_suffix(base_relation, suffix, dstring=False) %}
  {{ return(backup_relation.incorporate(type=backup_relation_type)) }}
{% endmacro %}


{#- A quoted block, so that the text may hold any quotes. -#}
{% macro postgres_escape_comment(comment) -%}
  {% if comment is not string %}
    {% do exceptions.raise_compiler_error('cannot escape a non-string: ' ~ comment) %}
  {% endif %}
  {%- set tag = '$dbt_comment_literal_block$' -%}
  {%- if tag in comment -%}
    {%- do exceptions.raise_compiler_error('The string ' ~ tag ~ ' is not allowed in comments.') -%}
  {%- endif -%}
  {{ tag }}{{ comment }}{{ tag }}
{%- endmacro %}


{% macro postgres__alter_relation_comment(relation, comment) %}
  {%- set type = 'materialized view' if relation.type == 'materialized_view' else relation.type -%}
  comment on {{ type }} {{ relation }} is {{ postgres_escape_comment(comment) }};
{% endmacro %}

{% macro postgres__alter_column_comment(relation, column_dict) %}
  {% for name, column in column_dict.items() %}
    comment on column {{ relation }}.{{ adapter.quote(name) if column.get('quote') else name }} is {{ postgres_escape_comment(column['description']) }};
  {% endfor %}
{% endmacro %}


{%- macro postgres__get_show_grant_sql(relation) -%}
  select grantee, privilege_type
  from {{ relation.information_schema('role_table_grants') }}
      where grantor = current_role
        and grantee != current_role
        and table_schema = '{{ relation.schema }}'
        and table_name = '{{ relation.identifier }}'
{%- endmacro -%}

{% macro postgres__copy_grants() %}
  {{ return(False) }}
{% endmacro %}


{% macro postgres__formatted_scalar_function_args_sql() %}
  {% set args = [] %}
  {% for arg in model.arguments %}
    {% set default = ' DEFAULT ' ~ arg.default_value if arg.default_value is defined and arg.default_value is not none %}
    {% do args.append(arg.name ~ ' ' ~ arg.data_type ~ default) %}
  {% endfor %}
  {{ return(args | join(', ')) }}
{% endmacro %}
