{% macro dbt_bigquery_validate_get_incremental_strategy(config) %}
  {%- set strategy = config.get("incremental_strategy") or 'merge' -%}
  {% if strategy not in ['merge', 'insert_overwrite', 'microbatch'] %}
    {% do exceptions.raise_compiler_error("Invalid incremental strategy provided: " ~ strategy ~ "\n    Expected one of: 'merge', 'insert_overwrite', 'microbatch'") %}
  {% endif %}
  {% if strategy == 'microbatch' %}
    {% do bq_validate_microbatch_config(config) %}
  {% endif %}
  {% do return(strategy) %}
{% endmacro %}


{% macro bq_generate_incremental_build_sql(strategy, tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns, tmp_relation_exists, copy_partitions, incremental_predicates) %}
  {% if strategy == 'insert_overwrite' %}
    {% set build_sql = bq_generate_incremental_insert_overwrite_build_sql(
        tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns, tmp_relation_exists, copy_partitions) %}
  {% elif strategy == 'microbatch' %}
    {% set build_sql = bq_generate_microbatch_build_sql(
        tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns, tmp_relation_exists, copy_partitions) %}
  {% else %}
    {% set build_sql = bq_generate_incremental_merge_build_sql(
        tmp_relation, target_relation, sql, unique_key, partition_by, dest_columns, tmp_relation_exists, incremental_predicates) %}
  {% endif %}
  {{ return(build_sql) }}
{% endmacro %}


{% materialization incremental, adapter='bigquery', supported_languages=['sql', 'python'] -%}

  {%- set unique_key = config.get('unique_key') -%}
  {%- set full_refresh_mode = should_full_refresh() -%}
  {%- set language = model['language'] -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set tmp_relation = make_temp_relation(this).incorporate(type='table') -%}

  {#- found out first: a strategy that there is not must fail before work is done -#}
  {% set strategy = dbt_bigquery_validate_get_incremental_strategy(config) -%}

  {%- set partition_by = adapter.parse_partition_by(config.get('partition_by', none)) -%}
  {%- set partitions = config.get('partitions', none) -%}
  {%- set cluster_by = config.get('cluster_by', none) -%}
  {%- set copy_partitions = partition_by is not none and partition_by.copy_partitions -%}

  {% set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') %}
  {% set incremental_predicates = config.get('predicates', default=none) or config.get('incremental_predicates', default=none) %}
  {% set grant_config = config.get('grants') %}
  {% set tmp_relation_exists = false %}

  {{ run_hooks(pre_hooks) }}

  {% if copy_partitions and strategy not in ['insert_overwrite', 'microbatch'] %}
    {% do exceptions.raise_compiler_error("The 'copy_partitions' option requires the 'incremental_strategy' option to be set to 'insert_overwrite' or 'microbatch'.") %}
  {% endif %}

  {% if existing_relation is none or existing_relation.is_view or full_refresh_mode %}
    {% if existing_relation is not none and existing_relation.is_view %}
      {{ adapter.drop_relation(existing_relation) }}
    {% elif existing_relation is not none and not adapter.is_replaceable(existing_relation, partition_by, cluster_by) %}
      {% do log("Hard refreshing " ~ existing_relation ~ " because it is not replaceable") %}
      {{ adapter.drop_relation(existing_relation) }}
    {% endif %}
    {%- call statement('main', language=language) -%}
      {{ bq_create_table_as(partition_by, False, target_relation, compiled_code, language) if partition_by is not none else create_table_as(False, target_relation, compiled_code, language) }}
    {%- endcall -%}

  {% else %}
    {#- Its columns, or its being there, are needed before the statement that writes. -#}
    {% if on_schema_change != 'ignore' or language == 'python' %}
      {%- call statement('create_tmp_relation', language=language) -%}
        {{ bq_create_table_as(partition_by, True, tmp_relation, compiled_code, language) if partition_by is not none else create_table_as(True, tmp_relation, compiled_code, language) }}
      {%- endcall -%}
      {% set tmp_relation_exists = true %}
      {% set dest_columns = process_schema_changes(on_schema_change, tmp_relation, existing_relation) %}
    {% endif %}

    {% if not dest_columns %}
      {% set dest_columns = adapter.get_columns_in_relation(existing_relation) %}
    {% endif %}
    {% if partition_by is not none and partition_by.time_ingestion_partitioning %}
      {% set dest_columns = adapter.add_time_ingestion_partition_column(partition_by, dest_columns) %}
    {% endif %}

    {% set build_sql = bq_generate_incremental_build_sql(
        strategy, tmp_relation, target_relation, compiled_code, unique_key, partition_by, partitions, dest_columns,
        tmp_relation_exists, copy_partitions, incremental_predicates) %}
    {%- call statement('main', language='sql') -%}
      {{ declare_dbt_max_partition(this, partition_by, compiled_code, language) if partition_by is not none and strategy == 'merge' and not tmp_relation_exists }}
      {{ build_sql }}
    {% endcall %}
  {% endif %}

  {{ run_hooks(post_hooks) }}

  {% do apply_grants(target_relation, grant_config, should_revoke(existing_relation, full_refresh_mode)) %}
  {% do persist_docs(target_relation, model) %}

  {% if tmp_relation_exists %}
    {{ adapter.drop_relation(tmp_relation) }}
  {% endif %}

  {{ return({'relations': [target_relation]}) }}

{%- endmaterialization %}
