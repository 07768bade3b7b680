{#- dest_columns with the time of the partition, which is no column of its own. -#}
{% macro bq_source(tmp_relation, sql, partition_by, tmp_relation_exists) %}
  {%- if tmp_relation_exists -%}
    {%- if partition_by is not none and partition_by.time_ingestion_partitioning %}
        select {{ partition_by.insertable_time_partitioning_field() }}, * from {{ tmp_relation }}
    {%- else %}
        select * from {{ tmp_relation }}
    {%- endif -%}
  {%- elif partition_by is not none and partition_by.time_ingestion_partitioning -%}
        {{ wrap_with_time_ingestion_partitioning_sql(partition_by, sql, True) }}
  {%- else %}
        {{ sql }}
  {%- endif -%}
{% endmacro %}


{#- Null-safe where the project's flag asks for it. -#}
{% macro bigquery__get_merge_unique_key_match(source_unique_key, target_unique_key) %}
  {%- if adapter.behavior.enable_truthy_nulls_equals_macro.no_warn -%}
    {{ return("((" ~ source_unique_key ~ " is null and " ~ target_unique_key ~ " is null) or (" ~ source_unique_key ~ " = " ~ target_unique_key ~ "))") }}
  {%- endif -%}
  {{ return("(" ~ source_unique_key ~ " = " ~ target_unique_key ~ ")") }}
{% endmacro %}

{% macro bq_generate_incremental_merge_build_sql(tmp_relation, target_relation, sql, unique_key, partition_by, dest_columns, tmp_relation_exists, incremental_predicates) %}
    {%- set source_sql -%}
    (
        {{- bq_source(tmp_relation, sql, partition_by, tmp_relation_exists) }}
    )
    {%- endset -%}

    {%- set predicates = [] if incremental_predicates is none else [] + incremental_predicates -%}
    {%- set avoid_require_partition_filter = predicate_for_avoid_require_partition_filter() -%}
    {%- if avoid_require_partition_filter is not none -%}
        {% do predicates.append(avoid_require_partition_filter) %}
    {%- endif -%}

    {{ get_merge_sql(target_relation, source_sql, unique_key, dest_columns, predicates) }}
{% endmacro %}


{% macro bq_generate_incremental_insert_overwrite_build_sql(tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns, tmp_relation_exists, copy_partitions) %}
    {% if partition_by is none %}
      {% do exceptions.raise_compiler_error("The 'insert_overwrite' strategy requires the `partition_by` config.") %}
    {% endif %}
    {% do return(bq_insert_overwrite_sql(
        tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns, tmp_relation_exists, copy_partitions)) %}
{% endmacro %}

{% macro bq_insert_overwrite_sql(tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns, tmp_relation_exists, copy_partitions) %}
  {% if partitions is not none and partitions != [] %}
      {{ bq_static_insert_overwrite_sql(tmp_relation, target_relation, sql, partition_by, partitions, dest_columns, tmp_relation_exists, copy_partitions) }}
  {% else %}
      {{ bq_dynamic_insert_overwrite_sql(tmp_relation, target_relation, sql, unique_key, partition_by, dest_columns, tmp_relation_exists, copy_partitions) }}
  {% endif %}
{% endmacro %}


{#- Copies partitions as they are, which costs nothing. Each is named as BigQuery names
    it behind a dollar sign. -#}
{% macro bq_copy_partitions(tmp_relation, target_relation, partitions, partition_by) %}
  {% set formats = {'hour': '%Y%m%d%H', 'day': '%Y%m%d', 'month': '%Y%m', 'year': '%Y'} %}
  {% for partition in partitions %}
    {% if partition_by.data_type == 'int64' %}
      {% set id = partition | as_text %}
    {% else %}
      {% set id = partition.strftime(formats[partition_by.granularity]) %}
    {% endif %}
    {% set from = tmp_relation.incorporate(path={'identifier': tmp_relation.identifier ~ '$' ~ id}) %}
    {% set to = target_relation.incorporate(path={'identifier': target_relation.identifier ~ '$' ~ id}) %}
    {% do adapter.copy_table(from, to, "table") %}
  {% endfor %}
{% endmacro %}


{% macro bq_static_select_insert_overwrite_sql(tmp_relation, sql, partition_by, tmp_relation_exists) -%}
    (
      {{- bq_source(tmp_relation, sql, partition_by, tmp_relation_exists) }}
    )
{%- endmacro %}

{% macro bq_static_copy_partitions_insert_overwrite_sql(tmp_relation, target_relation, sql, partition_by, partitions, tmp_relation_exists) %}
    {%- if tmp_relation_exists is false -%}
        {%- call statement('create_tmp_relation_for_copy', language='sql') -%}
          {{ bq_create_table_as(partition_by, True, tmp_relation, sql, 'sql') }}
        {%- endcall %}
    {%- endif -%}

    {#- the partitions are SQL, so the service says what times they are -#}
    {%- set kind = 'int64' if partition_by.data_type == 'int64' else 'timestamp' -%}
    {%- set casts = [] -%}
    {%- for partition in partitions -%}
      {%- do casts.append('CAST(' ~ partition ~ ' AS ' ~ kind ~ ')') -%}
    {%- endfor -%}
    {%- set found = run_query('select partition_id from unnest([' ~ casts | join(', ') ~ ']) as partition_id') -%}
    {%- do bq_copy_partitions(tmp_relation, target_relation, found.columns[0].values(), partition_by) -%}

    -- the main statement of the model
    drop table if exists {{ tmp_relation }}
{% endmacro %}

{% macro bq_static_insert_overwrite_sql(tmp_relation, target_relation, sql, partition_by, partitions, dest_columns, tmp_relation_exists, copy_partitions) %}
    {% if copy_partitions %}
      {{ bq_static_copy_partitions_insert_overwrite_sql(tmp_relation, target_relation, sql, partition_by, partitions, tmp_relation_exists) }}
    {% else %}
      {% set predicate -%}
          {{ partition_by.render_wrapped(alias='DBT_INTERNAL_DEST') }} in ({{ partitions | join(', ') }})
      {%- endset %}

      {%- set source_sql = bq_static_select_insert_overwrite_sql(tmp_relation, sql, partition_by, tmp_relation_exists) -%}

      {#- the header belongs to the model's own query, which is in the statement only then -#}
      {{ get_insert_overwrite_merge_sql(target_relation, source_sql, dest_columns, [predicate], include_sql_header=not tmp_relation_exists) }};

      {%- if tmp_relation_exists %}
      drop table if exists {{ tmp_relation }};
      {%- endif %}
    {% endif %}
{% endmacro %}


{% macro bq_dynamic_copy_partitions_insert_overwrite_sql(tmp_relation, target_relation, sql, unique_key, partition_by, dest_columns, tmp_relation_exists, copy_partitions) %}
    {%- if tmp_relation_exists is false -%}
        {%- call statement('create_tmp_relation_for_copy', language='sql') -%}
          {{ bq_create_table_as(partition_by, True, tmp_relation, sql, 'sql') }}
        {%- endcall %}
    {%- endif -%}
    {%- set found = run_query('select distinct ' ~ partition_by.render_wrapped() ~ ' from ' ~ tmp_relation) -%}
    {%- do bq_copy_partitions(tmp_relation, target_relation, found.columns[0].values(), partition_by) -%}

    -- the main statement of the model
    drop table if exists {{ tmp_relation }}
{% endmacro %}

{% macro bq_dynamic_insert_overwrite_sql(tmp_relation, target_relation, sql, unique_key, partition_by, dest_columns, tmp_relation_exists, copy_partitions) %}
  {%- if copy_partitions is true %}
     {{ bq_dynamic_copy_partitions_insert_overwrite_sql(tmp_relation, target_relation, sql, unique_key, partition_by, dest_columns, tmp_relation_exists, copy_partitions) }}
  {% else -%}
      {% set predicate -%}
          {{ partition_by.render_wrapped(alias='DBT_INTERNAL_DEST') }} in unnest(dbt_partitions_for_replacement)
      {%- endset %}

      {%- set source_sql -%}
      (
        {{- bq_source(tmp_relation, sql, partition_by, True) }}
      )
      {%- endset -%}

      -- the new rows come first, then it is known which partitions they replace
      declare dbt_partitions_for_replacement array<{{ partition_by.data_type_for_partition() }}>;

      {% if not tmp_relation_exists %}
       {{ bq_create_table_as(partition_by, True, tmp_relation, sql, 'sql') }}
      {% endif %}

      set (dbt_partitions_for_replacement) = (
          select as struct
              -- a null is in no list, so it would not be found again
              array_agg(distinct {{ partition_by.render_wrapped() }} IGNORE NULLS)
          from {{ tmp_relation }}
      );

      {{ get_insert_overwrite_merge_sql(target_relation, source_sql, dest_columns, [predicate]) }};

      drop table if exists {{ tmp_relation }}
  {% endif %}
{% endmacro %}


{% macro bq_validate_microbatch_config(config) %}
  {% if config.get("partition_by") is none %}
    {% do exceptions.raise_compiler_error("The 'microbatch' strategy requires a `partition_by` config.") %}
  {% endif %}
  {% set granularity = config.get("partition_by").get('granularity', 'day') %}
  {% if granularity != config.get('batch_size') %}
    {% do exceptions.raise_compiler_error("The 'microbatch' strategy requires a `partition_by` config with the same granularity as its configured `batch_size`. Got:\n  `batch_size`: "
          ~ config.get('batch_size') ~ "\n  `partition_by.granularity`: " ~ granularity) %}
  {% endif %}
{% endmacro %}

{% macro bq_generate_microbatch_build_sql(tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns, tmp_relation_exists, copy_partitions) %}
    {% do return(bq_insert_overwrite_sql(
        tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns, tmp_relation_exists, copy_partitions)) %}
{% endmacro %}
