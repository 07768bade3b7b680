{#- The columns that a snapshot adds. -#}
{% macro get_snapshot_table_column_names() %}
  {{ return({
    'dbt_valid_to': 'dbt_valid_to',
    'dbt_valid_from': 'dbt_valid_from',
    'dbt_scd_id': 'dbt_scd_id',
    'dbt_updated_at': 'dbt_updated_at',
    'dbt_is_deleted': 'dbt_is_deleted'
  }) }}
{% endmacro %}


{#- The same, with the names that the config snapshot_meta_column_names gives. -#}
{% macro snapshot_column_names() %}
  {% set given = config.get('snapshot_meta_column_names') or {} %}
  {% set names = {} %}
  {% for column, name in get_snapshot_table_column_names().items() %}
    {% do names.update({column: given.get(column) or name}) %}
  {% endfor %}
  {{ return(names) }}
{% endmacro %}


{% macro create_columns(relation, columns) %}
  {{ adapter.dispatch('create_columns', 'dbt')(relation, columns) }}
{% endmacro %}

{% macro default__create_columns(relation, columns) %}
  {% for column in columns %}
    {% call statement() %}
      alter table {{ relation.render() }} add column {{ adapter.quote(column.name) }} {{ column.expanded_data_type }};
    {% endcall %}
  {% endfor %}
{% endmacro %}


{#- Cleans up what the staging relation left. -#}
{% macro post_snapshot(staging_relation) %}
  {{ adapter.dispatch('post_snapshot', 'dbt')(staging_relation) }}
{% endmacro %}

{% macro default__post_snapshot(staging_relation) %}
{% endmacro %}


{% macro get_true_sql() %}
  {{ return(adapter.dispatch('get_true_sql', 'dbt')()) }}
{% endmacro %}

{% macro default__get_true_sql() %}
  {{ return('TRUE') }}
{% endmacro %}


{#- The changes of a snapshot as rows: dbt_change_type says what to do with each, an
    update or delete closes the row whose scd_id it carries. -#}
{% macro snapshot_staging_table(strategy, source_sql, target_relation) -%}
  {{ return(adapter.dispatch('snapshot_staging_table', 'dbt')(strategy, source_sql, target_relation)) }}
{% endmacro %}

{% macro default__snapshot_staging_table(strategy, source_sql, target_relation) -%}
  {%- set columns = snapshot_column_names() -%}
  {%- set new_record = strategy.hard_deletes == 'new_record' -%}
  {%- set deletes = new_record or strategy.hard_deletes == 'invalidate' -%}
  {%- if new_record -%}
    {%- set new_scd_id = snapshot_hash_arguments(["snapshotted_data." ~ columns.dbt_scd_id, snapshot_get_time()]) -%}
  {%- endif -%}

    -- The changes of the snapshot. dbt_change_type says what each row is for:
    --   insert  add it
    --   update  end the row that has its scd id, for there is a newer one
    --   delete  end the row that has its scd id, for its key is gone

    -- what the query gives now
    with snapshot_query as (

        {{ source_sql }}

    ),

    -- the rows of the snapshot that are still true
    snapshotted_data as (

      select
        *,
        {{ unique_key_fields(strategy.unique_key) }}
      from {{ target_relation }}
      where
        {{ snapshot_open_rows(columns) }}

    ),

    -- each row as it would be added,
    -- valid from its own time on
    insertions_source_data as (

      select
        *,
        {{ unique_key_fields(strategy.unique_key) }},
        {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
        {{ strategy.updated_at }} as {{ columns.dbt_valid_from }},
        {{ get_dbt_valid_to_current(strategy, columns) }},
        {{ strategy.scd_id }} as {{ columns.dbt_scd_id }}
      from snapshot_query

    ),

    -- each row as the end of the one before it
    updates_source_data as (

      select
        *,
        {{ unique_key_fields(strategy.unique_key) }},
        {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
        {{ strategy.updated_at }} as {{ columns.dbt_valid_from }},
        {{ strategy.updated_at }} as {{ columns.dbt_valid_to }}
      from snapshot_query

    ),

    {%- if deletes %}

    deletes_source_data as (

        select
            *,
            {{ unique_key_fields(strategy.unique_key) }}
        from snapshot_query

    ),
    {%- endif %}

    -- keys that are new, and rows that have changed
    insertions as (

        select
            'insert' as dbt_change_type,
            source_data.*
            {%- if new_record %},
            'False' as {{ columns.dbt_is_deleted }}
            {%- endif %}
        from insertions_source_data as source_data
        left outer join snapshotted_data
            on {{ unique_key_join_on(strategy.unique_key, "snapshotted_data", "source_data") }}
        where {{ unique_key_is_null(strategy.unique_key, "snapshotted_data") }}
            or ({{ unique_key_is_not_null(strategy.unique_key, "snapshotted_data") }} and (
                {{ strategy.row_changed }}
                {%- if new_record %} or snapshotted_data.{{ columns.dbt_is_deleted }} = 'True'{% endif %}
            ))

    ),

    -- rows that a changed one takes the place of
    updates as (

        select
            'update' as dbt_change_type,
            source_data.*,
            snapshotted_data.{{ columns.dbt_scd_id }}
            {%- if new_record %},
            snapshotted_data.{{ columns.dbt_is_deleted }}
            {%- endif %}
        from updates_source_data as source_data
        join snapshotted_data
            on {{ unique_key_join_on(strategy.unique_key, "snapshotted_data", "source_data") }}
        where (
            {{ strategy.row_changed }}
            {%- if new_record %} or snapshotted_data.{{ columns.dbt_is_deleted }} = 'True'{% endif %}
        )

    )

    {%- if deletes %},

    -- rows whose key the query does not give any more
    deletes as (

        select
            'delete' as dbt_change_type,
            source_data.*,
            {{ snapshot_get_time() }} as {{ columns.dbt_updated_at }},
            {{ snapshot_get_time() }} as {{ columns.dbt_valid_from }},
            {{ snapshot_get_time() }} as {{ columns.dbt_valid_to }},
            snapshotted_data.{{ columns.dbt_scd_id }}
            {%- if new_record %},
            snapshotted_data.{{ columns.dbt_is_deleted }}
            {%- endif %}
        from snapshotted_data
        left join deletes_source_data as source_data
            on {{ unique_key_join_on(strategy.unique_key, "snapshotted_data", "source_data") }}
        where {{ unique_key_is_null(strategy.unique_key, "source_data") }}
            {%- if new_record %}
            and snapshotted_data.{{ columns.dbt_is_deleted }} != 'True'
            {%- endif %}

    )
    {%- endif %}

    {%- if new_record %}
    {#- a source column that the target lacks is null for a row that is gone -#}
    {%- set source_columns = get_column_schema_from_query(source_sql) | map(attribute='name') | list %}
    {%- set target_columns = get_columns_in_relation(target_relation) | map(attribute='name') | map('lower') | list %},

    -- rows that say so
    deletion_records as (

        select
            'insert' as dbt_change_type,
            {%- for name in source_columns %}
            {{ 'snapshotted_data' if name | lower in target_columns else 'source_data' }}.{{ adapter.quote(name) }},
            {%- endfor %}
            {%- for alias in unique_key_aliases(strategy.unique_key) %}
            snapshotted_data.{{ alias }} as {{ alias }},
            {%- endfor %}
            {{ snapshot_get_time() }} as {{ columns.dbt_updated_at }},
            {{ snapshot_get_time() }} as {{ columns.dbt_valid_from }},
            snapshotted_data.{{ columns.dbt_valid_to }} as {{ columns.dbt_valid_to }},
            {{ new_scd_id }} as {{ columns.dbt_scd_id }},
            'True' as {{ columns.dbt_is_deleted }}
        from snapshotted_data
        left join deletes_source_data as source_data
            on {{ unique_key_join_on(strategy.unique_key, "snapshotted_data", "source_data") }}
        where {{ unique_key_is_null(strategy.unique_key, "source_data") }}
            and snapshotted_data.{{ columns.dbt_is_deleted }} != 'True'

    )
    {%- endif %}

    select * from insertions
    union all
    select * from updates
    {%- if deletes %}
    union all
    select * from deletes
    {%- endif %}
    {%- if new_record %}
    union all
    select * from deletion_records
    {%- endif %}

{%- endmacro %}


{#- The condition of a row that is still true, seen from the rows of relation. -#}
{% macro snapshot_open_rows(columns, relation=none) -%}
  {%- set valid_to = (relation ~ "." if relation else "") ~ columns.dbt_valid_to -%}
  {%- set valid_to_current = config.get('dbt_valid_to_current') -%}
  {%- if valid_to_current -%}
    ({{ valid_to }} = {{ valid_to_current }} or {{ valid_to }} is null)
  {%- else -%}
    {{ valid_to }} is null
  {%- endif -%}
{%- endmacro %}


{#- The first state of a snapshot. -#}
{% macro build_snapshot_table(strategy, sql) -%}
  {{ return(adapter.dispatch('build_snapshot_table', 'dbt')(strategy, sql)) }}
{% endmacro %}

{% macro default__build_snapshot_table(strategy, sql) %}
  {%- set columns = snapshot_column_names() -%}
    select *,
        {{ strategy.scd_id }} as {{ columns.dbt_scd_id }},
        {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
        {{ strategy.updated_at }} as {{ columns.dbt_valid_from }},
        {{ get_dbt_valid_to_current(strategy, columns) }}
        {%- if strategy.hard_deletes == 'new_record' %},
        'False' as {{ columns.dbt_is_deleted }}
        {%- endif %}
    from (
        {{ sql }}
    ) sbq
{% endmacro %}


{#- Makes the staging relation and returns it. -#}
{% macro build_snapshot_staging_table(strategy, sql, target_relation) %}
  {% set temp_relation = make_temp_relation(target_relation) %}
  {% set select = snapshot_staging_table(strategy, sql, target_relation) %}

  {% call statement('build_snapshot_staging_relation') %}
    {{ create_table_as(True, temp_relation, select) }}
  {% endcall %}

  {% do return(temp_relation) %}
{% endmacro %}


{% macro get_updated_at_column_data_type(snapshot_sql) %}
  {% set columns = snapshot_column_names() %}
  {% set name = columns.dbt_updated_at | lower %}
  {% for column in get_column_schema_from_query(snapshot_sql) %}
    {% if column.column | lower == name %}
      {{ return(column.dtype) }}
    {% endif %}
  {% endfor %}
  {{ return(none) }}
{% endmacro %}


{#- Warns when the model's time and the snapshot's own have different types: comparing
    them may then shift by a time zone. -#}
{% macro check_time_data_types(sql) %}
  {% set updated_at_type = get_updated_at_column_data_type(sql) %}
  {% set snapshot_time_type = get_snapshot_get_time_data_type() %}
  {% if snapshot_time_type is not none and updated_at_type is not none and snapshot_time_type != updated_at_type %}
    {{ exceptions.warn_snapshot_timestamp_data_types(snapshot_time_type, updated_at_type) }}
  {% endif %}
{% endmacro %}


{#- nullif gives the open end, which may be null, the type of updated_at. -#}
{% macro get_dbt_valid_to_current(strategy, columns) %}
  {%- set open_end = config.get('dbt_valid_to_current') or "null" -%}
  coalesce(nullif({{ strategy.updated_at }}, {{ strategy.updated_at }}), {{ open_end }}) as {{ columns.dbt_valid_to }}
{%- endmacro %}


{#- A key is an expression or a list of them; its values get these names in staging. -#}
{% macro unique_key_aliases(unique_key) %}
  {% if unique_key is string %}
    {{ return(['dbt_unique_key']) }}
  {% endif %}
  {% set aliases = [] %}
  {% for key in unique_key %}
    {% do aliases.append('dbt_unique_key_' ~ loop.index) %}
  {% endfor %}
  {{ return(aliases) }}
{% endmacro %}

{% macro unique_key_fields(unique_key) %}
  {%- set keys = [unique_key] if unique_key is string else unique_key -%}
  {%- set aliases = unique_key_aliases(unique_key) -%}
  {%- for key in keys -%}
    {{ key }} as {{ aliases[loop.index0] }}{{ ", " if not loop.last }}
  {%- endfor -%}
{% endmacro %}

{% macro unique_key_join_on(unique_key, identifier, from_identifier) %}
  {%- if unique_key is string -%}
    {{ identifier }}.dbt_unique_key = {{ from_identifier }}.dbt_unique_key
  {%- else -%}
    {%- for alias in unique_key_aliases(unique_key) -%}
      {{ equals(identifier ~ "." ~ alias, from_identifier ~ "." ~ alias) | trim }}{{ " and " if not loop.last }}
    {%- endfor -%}
  {%- endif -%}
{% endmacro %}

{% macro unique_key_is_null(unique_key, identifier) %}
  {{- identifier }}.{{ unique_key_aliases(unique_key)[0] }} is null
{%- endmacro %}

{% macro unique_key_is_not_null(unique_key, identifier) %}
  {{- identifier }}.{{ unique_key_aliases(unique_key)[0] }} is not null
{%- endmacro %}
