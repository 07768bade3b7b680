{#- Full refresh does not count here: what a snapshot has seen cannot be built again. -#}
{% materialization snapshot, default %}

  {%- set target_table = model.get('alias', model.get('name')) -%}
  {%- set strategy_name = config.get('strategy') -%}
  {%- set grant_config = config.get('grants') -%}
  {%- set columns = snapshot_column_names() -%}

  {% set target_relation_exists, target_relation = get_or_create_relation(
          database=model.database,
          schema=model.schema,
          identifier=target_table,
          type='table') -%}

  {%- if not target_relation.is_table -%}
    {% do exceptions.relation_wrong_type(target_relation, 'table') %}
  {%- endif -%}

  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}

  {% set strategy_macro = strategy_dispatch(strategy_name) %}
  {% set strategy = strategy_macro(model, "snapshotted_data", "source_data", model['config'], target_relation_exists) %}

  {% if not target_relation_exists %}

    {% set build_sql = build_snapshot_table(strategy, model['compiled_code']) %}
    {% set build_or_select_sql = build_sql %}
    {% set final_sql = create_table_as(False, target_relation, build_sql) %}

  {% else %}

    {{ adapter.assert_valid_snapshot_target_given_strategy(target_relation, columns, strategy) }}
    {% set build_or_select_sql = snapshot_staging_table(strategy, sql, target_relation) %}
    {% set staging_table = build_snapshot_staging_table(strategy, sql, target_relation) %}

    {% do adapter.expand_target_column_types(from_relation=staging_table, to_relation=target_relation) %}

    {#- columns that serve the merge only -#}
    {% set helpers = ['dbt_change_type'] + unique_key_aliases(strategy.unique_key) %}

    {% set missing_columns = [] %}
    {% for column in adapter.get_missing_columns(staging_table, target_relation) if column.name | lower not in helpers %}
      {% do missing_columns.append(column) %}
    {% endfor %}
    {% do create_columns(target_relation, missing_columns) %}

    {% set quoted_source_columns = [] %}
    {% for column in adapter.get_columns_in_relation(staging_table) if column.name | lower not in helpers %}
      {% do quoted_source_columns.append(adapter.quote(column.name)) %}
    {% endfor %}

    {% set final_sql = snapshot_merge_sql(
          target=target_relation,
          source=staging_table,
          insert_cols=quoted_source_columns) %}

  {% endif %}

  {{ check_time_data_types(build_or_select_sql) }}

  {% call statement('main') %}
    {{ final_sql }}
  {% endcall %}

  {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke(target_relation_exists, full_refresh_mode=False)) %}
  {% do persist_docs(target_relation, model) %}

  {% if not target_relation_exists %}
    {% do create_indexes(target_relation) %}
  {% endif %}

  {{ run_hooks(post_hooks, inside_transaction=True) }}

  {{ adapter.commit() }}

  {% if staging_table is defined %}
    {% do post_snapshot(staging_table) %}
  {% endif %}

  {{ run_hooks(post_hooks, inside_transaction=False) }}

  {{ return({'relations': [target_relation]}) }}

{% endmaterialization %}
