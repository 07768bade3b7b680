{#- sqlite, mysql, duckdb ...: what kind of database is attached under this name. -#}
{% macro duckdb_database_type(database) %}
  {% set found = run_query("select type from duckdb_databases() where lower(database_name) = '" ~ database | lower ~ "'") %}
  {{ return(found.rows[0][0] if found and found.rows | length > 0 else none) }}
{% endmacro %}


{% macro duckdb__create_schema(relation) -%}
  {% set type = duckdb_database_type(relation.database) %}
  {% if type in ('sqlite', 'mysql') %}
    {#- these have no schemas to create -#}
    {% if type == 'sqlite' and relation.schema != 'main' %}
      {{ exceptions.raise_compiler_error("Schema must be 'main' when writing to sqlite instead got " ~ relation.schema) }}
    {% endif %}
  {% else %}
    {%- call statement('create_schema') -%}
      create schema if not exists {{ relation.without_identifier() }}
    {% endcall %}
  {% endif %}
{% endmacro %}


{% macro duckdb__drop_schema(relation) -%}
  {%- call statement('drop_schema') -%}
    drop schema if exists {{ relation.without_identifier() }} cascade
  {%- endcall -%}
{% endmacro %}


{% macro duckdb__list_schemas(database) -%}
  {% set sql %}
    select schema_name
    from system.information_schema.schemata
    {% if database is not none %}
    where lower(catalog_name) = '{{ database | lower | replace('"', '') }}'
    {% endif %}
  {% endset %}
  {{ return(run_query(sql)) }}
{% endmacro %}


{% macro duckdb__check_schema_exists(information_schema, schema) -%}
  {% set sql -%}
    select count(*)
    from system.information_schema.schemata
    where lower(schema_name) = '{{ schema | lower }}'
      and lower(catalog_name) = '{{ information_schema.database | lower }}'
  {%- endset %}
  {{ return(run_query(sql)) }}
{% endmacro %}


{#- The columns of a contract, as an insert names them. -#}
{% macro get_column_names() %}
    (
    {% for column in model['columns'].values() %}
      {{ adapter.quote(column['name']) if column.get('quote') else column['name'] }}{{ "," if not loop.last }}
    {% endfor %}
    )
{% endmacro %}


{#- Only DuckLake keeps a partitioning or an order; none for every other relation. -#}
{% macro duckdb__get_partitioned_by(relation, temporary) %}
  {{ return(duckdb_layout(relation, temporary, 'partitioned_by', 'partition_by')) }}
{% endmacro %}

{% macro duckdb__get_sorted_by(relation, temporary) %}
  {{ return(duckdb_layout(relation, temporary, 'sorted_by', 'sort_by')) }}
{% endmacro %}

{% macro duckdb_layout(relation, temporary, key, other_key) %}
  {% set layout = config.get(key) or config.get(other_key) %}
  {% if not layout or temporary %}
    {{ return(none) }}
  {% endif %}
  {% if not adapter.is_ducklake(relation) %}
    {% do adapter.warn_once(key ~ " is only supported for DuckLake tables and is ignored for " ~ relation) %}
    {{ return(none) }}
  {% endif %}
  {{ return(layout if layout is string else layout | join(', ')) }}
{% endmacro %}

{% macro duckdb__alter_table_set_partitioned_by(relation, partitioned_by) %}
    alter table {{ relation }} set partitioned by ({{ partitioned_by }});
{% endmacro %}

{% macro duckdb__alter_table_set_sorted_by(relation, sorted_by) %}
    alter table {{ relation }} set sorted by ({{ sorted_by }});
{% endmacro %}


{#- Redefines the global wrapper to pass the layout on. -#}
{% macro create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) -%}
  {{ adapter.dispatch('create_table_as', 'dbt')(temporary, relation, compiled_code, language, partitioned_by, sorted_by) }}
{%- endmacro %}

{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) -%}
  {%- if language == 'python' -%}
    {{ py_write_table(temporary=temporary, relation=relation, compiled_code=compiled_code, partitioned_by=partitioned_by, sorted_by=sorted_by) }}
  {%- elif language != 'sql' -%}
    {% do exceptions.raise_compiler_error("duckdb__create_table_as macro didn't get supported language, it got " ~ language) %}
  {%- else -%}
    {% set contract_config = config.get('contract') %}
    {% set enforced = contract_config and contract_config.enforced %}
    {% if enforced %}
      {{ get_assert_columns_equivalent(compiled_code) }}
    {% endif %}
    {%- set sql_header = config.get('sql_header', none) -%}
    {%- set partitioned_by = partitioned_by or duckdb__get_partitioned_by(relation, temporary) -%}
    {%- set sorted_by = sorted_by or duckdb__get_sorted_by(relation, temporary) -%}
    {%- set name = relation.include(database=(not temporary), schema=(not temporary)) -%}

    {{ sql_header if sql_header is not none }}

    {% if enforced and not temporary %}
    {#- DuckDB takes no column list together with a query -#}
    create table {{ name }}
    {{ get_table_columns_and_constraints() }};
    {{ duckdb__alter_table_set_partitioned_by(relation, partitioned_by) if partitioned_by }}
    {{ duckdb__alter_table_set_sorted_by(relation, sorted_by) if sorted_by }}
    insert into {{ name }} {{ get_column_names() }} (
      {{ get_select_subquery(compiled_code) }}
    );
    {% elif partitioned_by or sorted_by %}
    create table {{ name }} as (
      select * from ({{ compiled_code }}) as model_subq limit 0
    );
    {{ duckdb__alter_table_set_partitioned_by(relation, partitioned_by) if partitioned_by }}
    {{ duckdb__alter_table_set_sorted_by(relation, sorted_by) if sorted_by }}
    insert into {{ name }}
      {{ compiled_code }};
    {% else %}
    create {% if temporary %}temporary {% endif %}table {{ name }} as (
      {{ compiled_code }}
    );
    {% endif %}
  {%- endif -%}
{% endmacro %}


{#- A Python model needs an interpreter beside the database, which there is not. -#}
{% macro py_write_table(temporary, relation, compiled_code, partitioned_by=none, sorted_by=none) -%}
  {% do exceptions.raise_compiler_error("Python models cannot be run on DuckDB here; write '" ~ model.name ~ "' as SQL") %}
{%- endmacro %}


{% macro duckdb__create_view_as(relation, sql) -%}
  {% set contract_config = config.get('contract') %}
  {% if contract_config and contract_config.enforced %}
    {{ get_assert_columns_equivalent(sql) }}
  {% endif %}
  {%- set sql_header = config.get('sql_header', none) -%}
  {{ sql_header if sql_header is not none }}
  create view {{ relation }} as (
    {{ sql }}
  );
{% endmacro %}


{% macro duckdb__get_columns_in_relation(relation) -%}
  {% call statement('get_columns_in_relation', fetch_result=True) %}
    select column_name, column_type, null, null, null
    from (describe {{ relation.render() }})
  {% endcall %}
  {{ return(sql_convert_columns_in_relation(load_result('get_columns_in_relation').table)) }}
{% endmacro %}


{% macro duckdb__list_relations_without_caching(schema_relation) %}
  {% call statement('list_relations_without_caching', fetch_result=True) -%}
    select
      '{{ schema_relation.database }}' as database,
      table_name as name,
      table_schema as schema,
      case table_type
        when 'BASE TABLE' then 'table'
        when 'VIEW' then 'view'
        when 'LOCAL TEMPORARY' then 'table'
      end as type
    from system.information_schema.tables
    where lower(table_schema) = '{{ schema_relation.schema | lower }}'
      and lower(table_catalog) = '{{ schema_relation.database | lower }}'
  {% endcall %}
  {{ return(load_result('list_relations_without_caching').table) }}
{% endmacro %}


{% macro duckdb__drop_relation(relation) -%}
  {% call statement('drop_relation', auto_begin=False) -%}
    drop {{ relation.type }} if exists {{ relation.render() }}{{ " cascade" if not adapter.is_ducklake(relation) }}
  {%- endcall %}
{% endmacro %}


{% macro duckdb__rename_relation(from_relation, to_relation) -%}
  {% call statement('rename_relation') -%}
    alter {{ to_relation.type }} {{ from_relation.render() }} rename to {{ adapter.quote_as_configured(to_relation.identifier, 'identifier') }}
  {%- endcall %}
{% endmacro %}


{% macro duckdb__make_temp_relation(base_relation, suffix) %}
  {% do return(base_relation.incorporate(path={
    "identifier": base_relation.identifier ~ suffix ~ py_current_timestring(),
    "schema": none,
    "database": none
  })) %}
{% endmacro %}


{#- Where new rows are put before they go to target_relation: a table of the session,
    or of a schema of its own where the server keeps no such tables. -#}
{% macro duckdb__dispatch_temporary_relation(target_relation, batch_id='') %}
  {% if not adapter.is_motherduck() %}
    {{ return({'relation': make_temp_relation(target_relation), 'temporary': True}) }}
  {% endif %}

  {% set temp_relation = adapter.get_temp_relation_path(model, batch_id) %}
  {% do run_query(create_schema(temp_relation)) %}
  {% do adapter.commit() %}
  {% do drop_relation_if_exists(temp_relation) %}
  {{ return({'relation': temp_relation, 'temporary': False}) }}
{% endmacro %}


{% macro duckdb__get_incremental_default_sql(arg_dict) %}
  {% do return(get_incremental_delete_insert_sql(arg_dict)) %}
{% endmacro %}


{% macro location_exists(location) -%}
  {% do return(adapter.location_exists(location)) %}
{% endmacro %}


{% macro write_to_file(relation, location, options) -%}
  {% call statement('write_to_file') -%}
    copy {{ relation }} to '{{ location }}' ({{ options }})
  {%- endcall %}
{% endmacro %}


{% macro store_relation(plugin, relation, location, format, config) -%}
  {%- set columns = adapter.get_columns_in_relation(relation) -%}
  {% do adapter.store_relation(plugin, relation, columns, location, format, config) %}
{% endmacro %}


{#- Options of copy: values are templates, format and delimiter may stand outside. -#}
{% macro render_write_options(config) -%}
  {% set options = {} %}
  {% for key, value in (config.get('options', {}) or {}).items() %}
    {% do options.update({key: render(value) if value is string else value}) %}
  {% endfor %}
  {% for key in ('format', 'delimiter') if config.get(key) is not none and key not in options %}
    {% do options.update({key: config.get(key)}) %}
  {% endfor %}
  {% do return(options) %}
{%- endmacro %}


{% macro duckdb__apply_grants(relation, grant_config, should_revoke=True) %}
  {% if grant_config %}
    {% do adapter.warn_once('Grants for relations are not supported by DuckDB') %}
  {% endif %}
{% endmacro %}


{% macro duckdb__get_create_index_sql(relation, index_dict) -%}
  {%- set index = adapter.parse_index(index_dict) -%}
  create {% if index.unique %}unique {% endif %}index "{{ index.render(relation) }}"
    on {{ relation }} ({{ index.columns | join(", ") }});
{%- endmacro %}


{#- DuckDB does not rename a table that has indexes. -#}
{% macro drop_indexes_on_relation(relation) -%}
  {% set indexes = run_query(
      "select index_name from duckdb_indexes() where database_name = '" ~ relation.database
      ~ "' and schema_name = '" ~ relation.schema ~ "' and table_name = '" ~ relation.identifier ~ "'") %}
  {% for row in indexes.rows %}
    {% do run_query('DROP INDEX "' ~ relation.database ~ '"."' ~ relation.schema ~ '"."' ~ row[0] ~ '"') %}
  {% endfor %}
{%- endmacro %}
