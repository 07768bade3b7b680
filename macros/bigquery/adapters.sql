{#- BigQuery has an interface of its own for most of this. Where there is SQL for a thing
    SQL is used, so that all of it can be seen and overridden; adapter.update_columns and
    its neighbours call the macros named bigquery_… -#}
{% macro bigquery__drop_schema(relation) -%}
  {%- call statement('drop_schema') -%}
    drop schema if exists {{ relation.without_identifier() }} cascade
  {%- endcall -%}
{% endmacro %}

{% macro bigquery__list_schemas(database) -%}
  {% set sql %}
    select schema_name
    from {{ bigquery_region_view(database, 'SCHEMATA') }}
  {% endset %}
  {{ return(run_query(sql)) }}
{%- endmacro %}

{% macro bigquery__check_schema_exists(information_schema, schema) %}
  {{ return(run_query("select count(*) from " ~ bigquery_region_view(information_schema.database, 'SCHEMATA') ~ " where schema_name = '" ~ schema ~ "'")) }}
{% endmacro %}

{#- A view that is kept for a region. Without a location it is that of the United States. -#}
{% macro bigquery_region_view(database, view, location=none) -%}
  {%- set location = location or target.get('location') -%}
  {{ return(adapter.quote(database) ~ "." ~ (adapter.quote("region-" ~ location | lower) ~ "." if location) ~ "INFORMATION_SCHEMA." ~ view) }}
{%- endmacro %}


{% macro bigquery__list_relations_without_caching(schema_relation) -%}
  {% set sql %}
    select
      table_catalog as `database`,
      table_name as name,
      table_schema as `schema`,
      case table_type
        when 'BASE TABLE' then 'table'
        when 'CLONE' then 'table'
        when 'SNAPSHOT' then 'table'
        when 'VIEW' then 'view'
        when 'MATERIALIZED VIEW' then 'materialized_view'
        else 'external'
      end as type
    from {{ schema_relation.information_schema('TABLES') }}
    union all
    select distinct routine_catalog, routine_name, routine_schema, 'function'
    from {{ schema_relation.information_schema('ROUTINES') }}
    where routine_type != 'PROCEDURE'
  {% endset %}
  {{ return(run_query(sql)) }}
{%- endmacro %}


{% macro bigquery__get_columns_in_relation(relation) -%}
  {% set sql %}
    select column_name, data_type
    from {{ relation.information_schema('COLUMNS') }}
    where table_name = '{{ relation.identifier }}'
    order by ordinal_position
  {% endset %}
  {% set columns = [] %}
  {% for row in run_query(sql) %}
    {% do columns.append(api.Column.from_description(row[0], row[1])) %}
  {% endfor %}
  {{ return(columns) }}
{% endmacro %}

{% macro bigquery__get_columns_for_unit_tests(relation) -%}
  {{ return(adapter.get_columns_and_pseudocolumns_for_relation(relation)) }}
{% endmacro %}

{#- Columns that can be asked for and that * does not give. -#}
{% macro bigquery_get_columns_and_pseudocolumns_for_relation(relation) %}
  {% set columns = adapter.get_columns_in_relation(relation) %}
  {% set existing = load_cached_relation(relation) %}
  {% if existing is not none and existing.type == 'external' %}
    {% do columns.append(api.Column('_FILE_NAME', 'string')) %}
  {% endif %}
  {{ return(columns) }}
{% endmacro %}


{% macro bigquery__get_empty_subquery_sql(select_sql, select_sql_header=none) %}
  {%- if select_sql_header is not none -%}
    {{ select_sql_header }}
    {% endif -%}
  select * from (
        {{ select_sql }}
    ) as __dbt_sbq
    where false and current_timestamp() = current_timestamp()
    limit 0
{% endmacro %}

{#- A query that is the same as before is answered from a cache, without its columns'
    types; a function of the time makes it another. -#}
{% macro bigquery_get_columns_in_select_sql(select_sql) %}
  {{ return(get_column_schema_from_query(select_sql)) }}
{% endmacro %}


{#- Names of up to 1024 bytes, suffix included. -#}
{% macro bigquery__make_relation_with_suffix(base_relation, suffix, dstring) %}
    {% if dstring %}
      {% set suffix = suffix ~ modules.datetime.datetime.now().strftime("%H%M%S%f") %}
    {% endif %}
    {% set room = 1024 - suffix | length %}
    {% if room < 0 %}
      {% do exceptions.raise_compiler_error('Relation suffix is too long (' ~ suffix | length ~ ' characters). Maximum length is 1024 characters.') %}
    {% endif %}
    {{ return(base_relation.incorporate(path={"identifier": base_relation.identifier[:room] ~ suffix})) }}
{% endmacro %}

{#- In the dataset of the model: there is no other place for it. -#}
{% macro bigquery__make_temp_relation(base_relation, suffix) %}
    {{ return(bigquery__make_relation_with_suffix(base_relation, suffix, dstring=True)) }}
{% endmacro %}

{% macro bigquery__make_intermediate_relation(base_relation, suffix) %}
    {{ return(bigquery__make_relation_with_suffix(base_relation, suffix, dstring=False)) }}
{% endmacro %}

{% macro bigquery__make_backup_relation(base_relation, backup_relation_type, suffix) %}
    {% set backup_relation = bigquery__make_relation_with_suffix(base_relation, suffix, dstring=False) %}
    {{ return(backup_relation.incorporate(type=backup_relation_type)) }}
{% endmacro %}


{#- For tables with a name for each day, long ago the only partitions there were. -#}
{% macro date_sharded_table(base_name) %}
    {{ return(base_name ~ "[DBT__PARTITION_DATE]") }}
{% endmacro %}

{% macro grant_access_to(entity, entity_type, role, grant_target_dict) -%}
  {% do adapter.grant_access_to(entity, entity_type, role, grant_target_dict) %}
{% endmacro %}

{%- macro get_partitions_metadata(table) -%}
  {%- if execute -%}
    {{ return(adapter.get_partitions_metadata(table)) }}
  {%- endif -%}
  {{ return(None) }}
{%- endmacro -%}

{% macro bigquery_get_partitions_metadata(table) %}
  {% set sql %}
    select * from {{ table.information_schema('PARTITIONS') }} where table_name = '{{ table.identifier }}'
  {% endset %}
  {{ return(run_query(sql)) }}
{% endmacro %}


{% macro bigquery__upload_file(local_file_path, database, table_schema, table_name) %}
  {% do adapter.upload_file(local_file_path, database, table_schema, table_name, **kwargs) %}
{% endmacro %}


{% macro bigquery__resolve_model_name(input_model_name) -%}
  {{ input_model_name | string | replace('`', '') | replace('"', '\"') }}
{%- endmacro -%}

{#- Rows of schema, identifier, last_modified, snapshotted_at. -#}
{% macro bigquery__get_relation_last_modified(information_schema, relations) -%}
  {%- call statement('last_modified', fetch_result=True) -%}
    select
        table_schema as `schema`,
        table_name as identifier,
        storage_last_modified_time as last_modified,
        {{ current_timestamp() }} as snapshotted_at
    from {{ bigquery_region_view(information_schema.database, 'TABLE_STORAGE') }}
    where (
      {%- for relation in relations %}
        (upper(table_schema) = upper('{{ relation.schema }}') and upper(table_name) = upper('{{ relation.identifier }}'))
        {%- if not loop.last %} or {% endif -%}
      {%- endfor %}
    )
  {%- endcall -%}
  {{ return(load_result('last_modified')) }}
{% endmacro %}


{% macro bigquery__test_unique(model, column_name) %}

with dbt_test__target as (

  select {{ column_name }} as unique_field
  from {{ model }}
  where {{ column_name }} is not null

)

select
    unique_field,
    count(*) as n_records

from dbt_test__target
group by unique_field
having count(*) > 1

{% endmacro %}
