{% materialization incremental, adapter="duckdb", supported_languages=['sql', 'python'] -%}

  {%- set language = model['language'] -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
  {%- set backup_relation_type = 'table' if existing_relation is none else existing_relation.type -%}
  {%- set backup_relation = make_backup_relation(target_relation, backup_relation_type) -%}

  {%- set unique_key = config.get('unique_key') -%}
  {%- set full_refresh_mode = should_full_refresh() or (existing_relation is not none and existing_relation.is_view) -%}
  {%- set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') -%}
  {% set grant_config = config.get('grants') %}
  {%- set partitioned_by = duckdb__get_partitioned_by(target_relation, False) -%}
  {%- set sorted_by = duckdb__get_sorted_by(target_relation, False) -%}
  {% set to_drop = [] %}
  {% set need_swap = false %}

  -- what a run that was killed has left behind
  {{ drop_relation_if_exists(load_cached_relation(intermediate_relation)) }}
  {{ drop_relation_if_exists(load_cached_relation(backup_relation)) }}

  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}

  {% if existing_relation is none %}
    {% set build_sql = create_table_as(False, target_relation, compiled_code, language, partitioned_by, sorted_by) %}
    {% set build_language = language %}

  {% elif full_refresh_mode %}
    {% set build_sql = create_table_as(False, intermediate_relation, compiled_code, language, partitioned_by, sorted_by) %}
    {% set build_language = language %}
    {% set need_swap = true %}

  {% else %}
    {#- found out first: a strategy that there is not must fail before work is done -#}
    {%- set incremental_strategy = config.get('incremental_strategy') or 'default' -%}
    {%- set strategy_sql_macro_func = adapter.get_incremental_strategy_macro(context, incremental_strategy) -%}

    {% set temp = duckdb__dispatch_temporary_relation(target_relation, adapter.batch_id_for_model(model)) %}
    {% set temp_relation = temp['relation'] %}
    {% call statement('create_temp_relation', language=language) -%}
      {{ create_table_as(temp['temporary'], temp_relation, compiled_code, language) }}
    {%- endcall %}
    {% do to_drop.append(temp_relation) %}

    {% do adapter.expand_target_column_types(from_relation=temp_relation, to_relation=target_relation) %}

    {% set dest_columns = process_schema_changes(on_schema_change, temp_relation, existing_relation) %}
    {% if not dest_columns %}
      {% set dest_columns = adapter.get_columns_in_relation(existing_relation) %}
    {% endif %}

    {% set build_sql = strategy_sql_macro_func({
        'target_relation': target_relation,
        'temp_relation': temp_relation,
        'unique_key': unique_key,
        'dest_columns': dest_columns,
        'incremental_predicates': normalize_incremental_predicates(config.get('predicates', none) or config.get('incremental_predicates', none))
    }) %}
    {% set build_language = 'sql' %}
  {% endif %}

  {#- DuckLake does not lay out a table within a transaction -#}
  {% call statement("main", language=build_language, auto_begin=not (partitioned_by or sorted_by)) %}
    {{- build_sql }}
  {% endcall %}

  {% if need_swap %}
    {% do drop_indexes_on_relation(existing_relation) %}
    {% do adapter.rename_relation(existing_relation, backup_relation) %}
    {% do adapter.rename_relation(intermediate_relation, target_relation) %}
    {% do to_drop.append(backup_relation) %}
  {% endif %}

  {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke(existing_relation, full_refresh_mode)) %}
  {% do persist_docs(target_relation, model) %}

  {% if existing_relation is none or existing_relation.is_view or full_refresh_mode %}
    {% do create_indexes(target_relation) %}
  {% endif %}

  {{ run_hooks(post_hooks, inside_transaction=True) }}

  {% do adapter.commit() %}

  {% if need_swap and adapter.use_ducklake_table_workarounds(target_relation) %}
    {% do duckdb_restore_layout(target_relation, partitioned_by, sorted_by) %}
    {% do persist_docs(target_relation, model) %}
    {% do adapter.commit() %}
  {% endif %}

  {% for relation in to_drop %}
    {% do adapter.drop_relation(relation) %}
  {% endfor %}

  {{ run_hooks(post_hooks, inside_transaction=False) }}

  {{ return({'relations': [target_relation]}) }}

{%- endmaterialization %}
