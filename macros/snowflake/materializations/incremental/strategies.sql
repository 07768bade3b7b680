{% macro snowflake__get_incremental_default_sql(arg_dict) %}
  {{ return(get_incremental_merge_sql(arg_dict)) }}
{% endmacro %}


{#- The whole table is overwritten here, so no columns are compared. -#}
{% macro get_incremental_insert_overwrite_sql(arg_dict) -%}
  {{ adapter.dispatch('insert_overwrite_get_sql', 'dbt')(
      arg_dict["target_relation"], arg_dict["temp_relation"], arg_dict["unique_key"], arg_dict["dest_columns"]) }}
{%- endmacro %}

{% macro snowflake__insert_overwrite_get_sql(target, source, unique_key, dest_columns) -%}
  {%- set overwrite_columns = config.get('overwrite_columns', []) -%}
  {%- set columns = overwrite_columns | join(', ') -%}
  {%- set sql_header = config.get('sql_header', none) -%}

  {%- set dml -%}
    {{ sql_header if sql_header is not none }}

    insert overwrite into {{ target.render() }} {{ "(" ~ columns ~ ")" if columns }}
    select {{ columns or "*" }}
    from {{ source.render() }}
  {%- endset -%}
  {% do return(snowflake_dml_explicit_transaction(dml)) %}
{%- endmacro %}


{#- In a transaction, where the database has them. -#}
{% macro snowflake_dml(dml) %}
  {{ return(dml if snowflake__is_catalog_linked_database(relation=config.model) else snowflake_dml_explicit_transaction(dml)) }}
{% endmacro %}

{% macro snowflake__get_merge_sql(target, source_sql, unique_key, dest_columns, incremental_predicates) -%}
  {%- if unique_key is none -%}
    {%- set dest_cols_csv = get_quoted_csv(dest_columns | map(attribute="name")) -%}
    {%- set sql_header = config.get('sql_header', none) -%}
    {%- set dml -%}
    {{ sql_header if sql_header is not none }}

    insert into {{ target }} ({{ dest_cols_csv }})
    (
        select {{ dest_cols_csv }}
        from {{ source_sql }}
    )
    {%- endset -%}
  {%- else -%}
    {%- set dml = default__get_merge_sql(target, source_sql, unique_key, dest_columns, incremental_predicates) -%}
  {%- endif -%}
  {% do return(snowflake_dml(dml)) %}
{% endmacro %}

{% macro snowflake__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) %}
  {% do return(snowflake_dml(default__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates))) %}
{% endmacro %}

{% macro snowflake__snapshot_merge_sql(target, source, insert_cols) %}
  {% do return(snowflake_dml(default__snapshot_merge_sql(target, source, insert_cols))) %}
{% endmacro %}

{% macro snowflake__get_incremental_append_sql(get_incremental_append_sql) %}
  {% do return(snowflake_dml(default__get_incremental_append_sql(get_incremental_append_sql))) %}
{% endmacro %}


{% macro snowflake__get_incremental_microbatch_sql(arg_dict) %}
  {%- set target = arg_dict["target_relation"] -%}
  {%- set source = arg_dict["temp_relation"] -%}
  {%- set dest_cols_csv = get_quoted_csv(arg_dict["dest_columns"] | map(attribute="name")) -%}
  {%- set predicates = [] + (arg_dict.get('incremental_predicates') or []) -%}

  {%- if model.batch -%}
    {%- for bound, operator in [(model.batch.event_time_start, '>='), (model.batch.event_time_end, '<')] if bound -%}
      {%- do predicates.append("DBT_INTERNAL_TARGET." ~ model.config.event_time ~ " " ~ operator ~ " to_timestamp_tz('" ~ bound ~ "')") -%}
    {%- endfor -%}
  {%- endif -%}

    delete from {{ target }} DBT_INTERNAL_TARGET
    where (
    {%- for predicate in predicates %}
        {{ "and " if not loop.first }}{{ predicate }}
    {%- endfor %}
    );

    insert into {{ target }} ({{ dest_cols_csv }})
    (
        select {{ dest_cols_csv }}
        from {{ source }}
    )
{% endmacro %}


{#- Only the type can change: collation stays the target's. -#}
{% macro snowflake__diff_column_data_types(source_columns, target_columns) %}
  {% set changes = [] %}
  {% for source in source_columns %}
    {% set target = target_columns | selectattr("name", "equalto", source.name) | list | first %}
    {% if target and source.data_type != target.data_type and not source.can_expand_to(other_column=target) %}
      {% set collate = " collate '" ~ target.collation ~ "'" if target.collation and source.is_string() else "" %}
      {% do changes.append({'column_name': target.name, 'new_type': source.data_type ~ collate}) %}
    {% endif %}
  {% endfor %}
  {{ return(changes) }}
{% endmacro %}
