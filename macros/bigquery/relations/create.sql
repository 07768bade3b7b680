{% macro bigquery__create_table_as(temporary, relation, compiled_code, language='sql') -%}
  {%- if language == 'sql' -%}
    {%- set partition_config = adapter.parse_partition_by(config.get('partition_by', none)) -%}
    {#- Such a table cannot come from a query: it has no column for the partition. -#}
    {%- set ingestion_time = partition_config is not none and partition_config.time_ingestion_partitioning -%}
    {%- set contract_config = config.get('contract') -%}

    {{ config.get('sql_header', '') or '' }}

    create or replace table {{ relation }}
      {%- if contract_config and contract_config.enforced %}
        {{ get_assert_columns_equivalent(compiled_code) }}
        {{ get_table_columns_and_constraints() }}
        {%- set compiled_code = get_select_subquery(compiled_code) -%}
      {%- elif ingestion_time %}
        {%- set columns = get_columns_with_types_in_query_sql(compiled_code) %}
        ({{ columns_without_partition_fields_csv(partition_config, columns) }})
      {%- endif %}
    {{ partition_by(partition_config) }}
    {{ cluster_by(config.get('cluster_by', none)) }}
    {% if config.get('table_format') == 'iceberg' and not temporary %}
    with connection default
    {% endif %}

    {{ bigquery_table_options(config, model, temporary) }}
    {%- if not ingestion_time %}
    as (
      {{ compiled_code }}
    )
    {%- endif %};
  {%- elif language == 'python' -%}
    {%- if config.get('submission_method') == 'bigframes' -%}
    {{ bigframes_write_table(compiled_code=compiled_code, target_relation=relation.quote(database=False, schema=False, identifier=False)) }}
    {%- else -%}
    {{ py_write_table(compiled_code=compiled_code, target_relation=relation.quote(database=False, schema=False, identifier=False)) }}
    {%- endif -%}
  {%- else -%}
    {% do exceptions.raise_compiler_error("bigquery__create_table_as macro didn't get supported language, it got " ~ language) %}
  {%- endif -%}
{%- endmacro -%}


{% macro bigquery__create_view_as(relation, sql) -%}
  {{ config.get('sql_header', '') or '' }}

  create or replace view {{ relation }}
  {%- set contract_config = config.get('contract') -%}
  {%- if contract_config and contract_config.enforced %}
    {{ get_assert_columns_equivalent(sql) }}
  {%- endif %}
  {{ bigquery_view_options(config, model) }}
  as {{ sql }};
{% endmacro %}


{#- Types are compared whole here, with the fields of records. -#}
{% macro bigquery__format_column(column) -%}
  {{ return({'name': column.column, 'data_type': column.data_type, 'formatted': column.column.lower() ~ " " ~ column.data_type}) }}
{%- endmacro %}

{#- Dotted names are fields of records. -#}
{% macro bigquery__get_empty_schema_sql(columns) %}
    {%- set untyped = [] -%}
    {%- for column in columns.values() if not column.get('data_type') -%}
      {%- do untyped.append(column['name']) -%}
    {%- endfor -%}
    {%- if untyped -%}
      {{ exceptions.column_type_missing(column_names=untyped) }}
    {%- endif -%}
    {{ return(dbt.default__get_empty_schema_sql(adapter.nest_column_data_types(columns))) }}
{% endmacro %}

{% macro bigquery__get_select_subquery(sql) %}
    select {{ adapter.dispatch('get_column_names')() }}
    from (
        {{ sql }}
    ) as model_subq
{%- endmacro %}

{#- Fields in the order of the contract; a record that is null stays null. -#}
{% macro bigquery__get_column_names() %}
  {%- set nested = adapter.nest_column_data_types(model['columns']) -%}
  {%- for column in nested.values() -%}
    {%- set name = adapter.quote(column['name']) if column.get('quote') else column['name'] -%}
    {{- api.Column.get_struct_select_expression(name, column['data_type']) -}}{{ ", " if not loop.last }}
  {%- endfor -%}
{% endmacro %}


{% macro bigquery__drop_table(relation) %}
    drop table if exists {{ relation.render() }}
{% endmacro %}

{% macro bigquery__drop_view(relation) %}
    drop view if exists {{ relation.render() }}
{% endmacro %}

{% macro bigquery__drop_relation(relation) -%}
  {% call statement('drop_relation', auto_begin=False) -%}
    {{ get_drop_sql(relation) }}
  {%- endcall %}
{% endmacro %}

{% macro bigquery__rename_relation(from_relation, to_relation) -%}
  {% if not from_relation.can_be_renamed %}
    {% do exceptions.raise_compiler_error("BigQuery renames tables only, and " ~ from_relation.render() ~ " is of type " ~ from_relation.type) %}
  {% endif %}
  {% call statement('rename_relation', auto_begin=False) -%}
    {{ bigquery__get_rename_table_sql(from_relation, to_relation.identifier) }}
  {%- endcall %}
{% endmacro %}

{%- macro bigquery__get_rename_table_sql(relation, new_name) -%}
    alter table {{ relation.render() }} rename to {{ new_name }}
{%- endmacro -%}

{%- macro bigquery__get_rename_view_sql(relation, new_name) -%}
    alter view {{ relation.render() }} rename to {{ new_name }}
{%- endmacro -%}


{#- Whether create or replace will do: not where the partitions or the clustering differ. -#}
{% macro bigquery_is_replaceable(relation, conf_partition, conf_cluster) %}
  {% if relation is none or load_cached_relation(relation) is none %}
    {{ return(True) }}
  {% endif %}
  {% set found = run_query("select ddl from " ~ relation.information_schema('TABLES') ~ " where table_name = '" ~ relation.identifier ~ "'") %}
  {% if not found %}
    {{ return(True) }}
  {% endif %}
  {% set keys = [conf_cluster] if conf_cluster is string else conf_cluster or [] %}
  {{ return(adapter.same_layout(found.rows[0][0], partition_by(conf_partition), keys)) }}
{% endmacro %}
