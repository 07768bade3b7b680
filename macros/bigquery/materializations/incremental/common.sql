{#- The query with the time of its partition as a column that can be written to. -#}
{% macro source_sql_with_partition(partition_by, source_sql) %}
  {%- if partition_by.time_ingestion_partitioning %}
    {{ return(wrap_with_time_ingestion_partitioning_sql(partition_by, source_sql, False)) }}
  {% endif %}
  {{ return(source_sql) }}
{% endmacro %}

{% macro wrap_with_time_ingestion_partitioning_sql(partition_by, sql, is_nested) %}
  select TIMESTAMP({{ partition_by.field }}) as {{ partition_by.insertable_time_partitioning_field() }}, * EXCEPT({{ partition_by.field }}) from (
    {{ sql }}
  ){%- if not is_nested -%};{%- endif -%}
{% endmacro %}

{% macro get_quoted_with_types_csv(columns) %}
  {% set parts = [] %}
  {% for column in columns %}
    {% do parts.append("`" ~ column.name ~ "` " ~ column.data_type) %}
  {% endfor %}
  {{ return(parts | join(', ')) }}
{% endmacro %}

{% macro columns_without_partition_fields_csv(partition_config, columns) -%}
  {{ return(get_quoted_with_types_csv(partition_config.reject_partition_field_column(columns))) }}
{% endmacro %}

{% macro bq_insert_into_ingestion_time_partitioned_table_sql(target_relation, sql) -%}
  {%- set partition_by = adapter.parse_partition_by(config.get('partition_by', none)) -%}
  {%- set dest_columns = adapter.get_columns_in_relation(target_relation) -%}
  {%- set sql_header = config.get('sql_header', none) -%}
  {{ sql_header if sql_header is not none }}
  insert into {{ target_relation }} ({{ partition_by.insertable_time_partitioning_field() }}, {{ get_quoted_csv(partition_by.reject_partition_field_column(dest_columns) | map(attribute='name')) }})
    {{ wrap_with_time_ingestion_partitioning_sql(partition_by, sql, False) }}
{%- endmacro -%}

{% macro get_columns_with_types_in_query_sql(select_sql) %}
  {{ return(adapter.get_columns_in_select_sql(select_sql)) }}
{% endmacro %}


{#- The statement that makes a table for the query, and, where one statement cannot do
    that, the one that fills it. -#}
{% macro bq_create_table_as(partition_by, temporary, relation, compiled_code, language='sql') %}
  {%- set _dbt_max_partition = declare_dbt_max_partition(this, partition_by, compiled_code, language) -%}
  {% if partition_by.time_ingestion_partitioning and language == 'python' %}
    {% do exceptions.raise_compiler_error("Python models do not support ingestion time partitioning") %}
  {% elif partition_by.time_ingestion_partitioning and language == 'sql' %}
    {#- as an own statement: the columns of the table are asked for below -#}
    {%- do run_query(create_table_as(temporary, relation, compiled_code)) -%}
    {%- do return(_dbt_max_partition ~ bq_insert_into_ingestion_time_partitioned_table_sql(relation, compiled_code)) -%}
  {% endif %}
  {%- do return(_dbt_max_partition ~ create_table_as(temporary, relation, compiled_code, language)) -%}
{% endmacro %}


{#- For models that read from where they had come to; only where they say the name. -#}
{% macro declare_dbt_max_partition(relation, partition_by, compiled_code, language='sql') %}
  {#- a statement that sets a variable has to come with the one that reads it -#}
  {%- if language == 'sql' and '_dbt_max_partition' in compiled_code %}
      declare _dbt_max_partition {{ partition_by.data_type_for_partition() }} default (
        select max({{ partition_by.field }}) from {{ this }}
        where {{ partition_by.field }} is not null
      );
  {%- endif -%}
{% endmacro %}

{#- Always true, and yet a filter. -#}
{% macro predicate_for_avoid_require_partition_filter(target='DBT_INTERNAL_DEST') %}
    {%- set raw_partition_by = config.get('partition_by', none) -%}
    {%- set partition_config = adapter.parse_partition_by(raw_partition_by) -%}
    {%- set predicate = none -%}
    {% if config.get('require_partition_filter') and raw_partition_by is not none -%}
        {%- set partition_field = partition_config.time_partitioning_field() if partition_config.time_ingestion_partitioning else partition_config.field -%}
        {% set predicate %}
            (
                `{{ target }}`.`{{ partition_field }}` is null
                or `{{ target }}`.`{{ partition_field }}` is not null
            )
        {% endset %}
    {%- endif -%}
    {{ return(predicate) }}
{% endmacro %}
