{#- A strategy is a macro snapshot_<name>_strategy that returns a dict: unique_key,
    updated_at and scd_id are expressions, row_changed a condition over the two
    relations it was given, hard_deletes one of ignore, invalidate, new_record. -#}
{% macro strategy_dispatch(name) -%}
  {% set parts = (name | string).split('.') %}
  {% if parts | length == 1 %}
    {% set package_context, where, strategy = context, 'this project', parts[0] %}
  {% elif parts | length == 2 %}
    {% set package_name, strategy = parts %}
    {% set package_context = context.get(package_name) %}
    {% set where = "package '" ~ package_name ~ "'" %}
    {% if package_context is none %}
      {% do exceptions.raise_compiler_error("Could not find package '" ~ package_name ~ "', called with '" ~ name ~ "'") %}
    {% endif %}
  {% else %}
    {% do exceptions.raise_compiler_error("'" ~ name ~ "' is not a snapshot strategy: it has more than one dot") %}
  {% endif %}

  {%- set macro_name = 'snapshot_' ~ strategy ~ '_strategy' -%}
  {% if macro_name not in package_context %}
    {% do exceptions.raise_compiler_error("The strategy macro '" ~ macro_name ~ "' was not found in " ~ where) %}
  {% endif %}
  {{ return(package_context[macro_name]) }}
{%- endmacro %}


{% macro snapshot_hash_arguments(args) -%}
  {{ return(adapter.dispatch('snapshot_hash_arguments', 'dbt')(args)) }}
{%- endmacro %}

{% macro default__snapshot_hash_arguments(args) -%}
    md5({%- for arg in args -%}
        coalesce(cast({{ arg }} as varchar ), '')
        {% if not loop.last %} || '|' || {% endif %}
    {%- endfor -%})
{%- endmacro %}


{% macro snapshot_timestamp_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
  {% set primary_key = config.get('unique_key') %}
  {% set updated_at = config.get('updated_at') %}
  {% set hard_deletes = adapter.get_hard_deletes_behavior(config) %}
  {% set columns = snapshot_column_names() %}

  {% set row_changed -%}
    ({{ snapshotted_rel }}.{{ columns.dbt_valid_from }} < {{ current_rel }}.{{ updated_at }})
  {%- endset %}

  {% do return({
    "unique_key": primary_key,
    "updated_at": updated_at,
    "row_changed": row_changed,
    "scd_id": snapshot_hash_arguments(api.Relation.scd_args(primary_key, updated_at)),
    "invalidate_hard_deletes": hard_deletes == 'invalidate',
    "hard_deletes": hard_deletes
  }) %}
{% endmacro %}


{% macro snapshot_string_as_time(timestamp) -%}
  {{ return(adapter.dispatch('snapshot_string_as_time', 'dbt')(timestamp)) }}
{%- endmacro %}

{% macro default__snapshot_string_as_time(timestamp) %}
  {% do exceptions.raise_not_implemented('snapshot_string_as_time macro not implemented for adapter ' ~ adapter.type()) %}
{% endmacro %}


{#- (whether a checked column is new to the target, the quoted columns to compare). -#}
{% macro snapshot_check_all_get_existing_columns(node, target_exists, check_cols_config) -%}
  {%- if check_cols_config == 'all' -%}
    {%- set query_columns = get_columns_in_query(node['compiled_code']) -%}
  {%- elif check_cols_config is iterable and check_cols_config is not string and check_cols_config | length > 0 -%}
    {#- the warehouse says how the names are really spelt -#}
    {%- set query_columns = get_columns_in_query("select " ~ check_cols_config | join(', ') ~ " from (" ~ node['compiled_code'] ~ ") subq") -%}
  {%- else -%}
    {% do exceptions.raise_compiler_error("Invalid value for 'check_cols': " ~ check_cols_config ~ "; it must be 'all' or a list of columns") %}
  {%- endif -%}

  {%- if not target_exists -%}
    {%- set compared = [] -%}
    {%- for name in query_columns -%}
      {%- do compared.append(adapter.quote(name)) -%}
    {%- endfor -%}
    {{ return((false, compared)) }}
  {%- endif -%}

  {%- set target = adapter.get_relation(database=node.database, schema=node.schema, identifier=node.alias) -%}
  {%- set existing = adapter.get_columns_in_relation(target) | map(attribute='name') | map('lower') | list -%}

  {%- set ns = namespace(column_added=false) -%}
  {%- set compared = [] -%}
  {%- for name in query_columns -%}
    {%- if name | lower in existing -%}
      {%- do compared.append(adapter.quote(name)) -%}
    {%- else -%}
      {%- set ns.column_added = true -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return((ns.column_added, compared)) }}
{%- endmacro %}


{% macro snapshot_check_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
  {% set check_cols_config = config.get('check_cols') %}
  {% set primary_key = config.get('unique_key') %}
  {% set hard_deletes = adapter.get_hard_deletes_behavior(config) %}
  {% set updated_at = config.get('updated_at') or snapshot_get_time() %}

  {% set column_added, check_cols = snapshot_check_all_get_existing_columns(node, target_exists, check_cols_config) %}

  {%- set row_changed -%}
    (
    {%- if column_added or not check_cols -%}
      {{ get_true_sql() if column_added else 'FALSE' }}
    {%- else -%}
      {%- for col in check_cols -%}
        {%- set old, new = snapshotted_rel ~ "." ~ col, current_rel ~ "." ~ col %}
        {{ old }} != {{ new }}
        or (({{ old }} is null) and not ({{ new }} is null))
        or ((not {{ old }} is null) and ({{ new }} is null))
        {%- if not loop.last %} or {% endif -%}
      {%- endfor %}
    {%- endif -%}
    )
  {%- endset %}

  {% do return({
    "unique_key": primary_key,
    "updated_at": updated_at,
    "row_changed": row_changed,
    "scd_id": snapshot_hash_arguments(api.Relation.scd_args(primary_key, updated_at)),
    "invalidate_hard_deletes": hard_deletes == 'invalidate',
    "hard_deletes": hard_deletes
  }) %}
{% endmacro %}
