{% materialization incremental, adapter='snowflake', supported_languages=['sql', 'python'] -%}

  {% set original_query_tag = set_query_tag() %}

  {%- set full_refresh_mode = should_full_refresh() -%}
  {%- set language = model['language'] -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set catalog_relation = adapter.build_catalog_relation(config.model) -%}
  {%- set target_relation = this.incorporate(type='table', table_format=snowflake_table_format(catalog_relation)) -%}

  {%- set unique_key = config.get('unique_key') -%}
  {% set incremental_strategy = config.get('incremental_strategy') or 'default' %}
  {% set tmp_relation_type = dbt_snowflake_get_tmp_relation_type(incremental_strategy, unique_key, language) %}
  {% set tmp_relation = resolve_incremental_tmp_relation(
        make_temp_relation(this).incorporate(type='view' if tmp_relation_type == 'view' else 'table')) %}
  {% set to_drop = none %}

  {% set grant_config = config.get('grants') %}
  {% set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') %}

  {{ run_hooks(pre_hooks) }}

  {% if existing_relation is none %}
    {%- call statement('main', language=language) -%}
      {{ create_table_as(False, target_relation, compiled_code, language) }}
    {%- endcall -%}

  {% elif existing_relation.is_view %}
    {{ log("Dropping relation " ~ existing_relation.render() ~ " because it is a view and this model is a table.") }}
    {% do adapter.drop_relation(existing_relation) %}
    {%- call statement('main', language=language) -%}
      {{ create_table_as(False, target_relation, compiled_code, language) }}
    {%- endcall -%}

  {% elif full_refresh_mode %}
    {% if target_relation.needs_to_drop(existing_relation) %}
      {{ drop_relation_if_exists(existing_relation) }}
    {% endif %}
    {%- call statement('main', language=language) -%}
      {{ create_table_as(False, target_relation, compiled_code, language) }}
    {%- endcall -%}

  {% elif target_relation.table_format != existing_relation.table_format %}
    {% do exceptions.raise_compiler_error(
        "Unable to update the incremental model " ~ target_relation.render() ~ " from table format " ~ existing_relation.table_format
        ~ " to " ~ target_relation.table_format ~ ": run it with --full-refresh") %}

  {% else %}
    {% set to_drop = tmp_relation %}
    {% if language == 'python' %}
      {%- call statement('create_tmp_relation', language=language) -%}
        {{ create_table_as(True, tmp_relation, compiled_code, language) }}
      {%- endcall -%}
    {% elif tmp_relation_type == 'view' %}
      {%- call statement('create_tmp_relation') -%}
        {{ snowflake__create_view_as_with_temp_flag(tmp_relation, compiled_code, True) }}
      {%- endcall -%}
    {% elif tmp_relation_type == 'transient' %}
      {%- call statement('create_tmp_relation') -%}
        {{ snowflake__create_table_transient_sql(tmp_relation, compiled_code) }}
      {%- endcall -%}
    {% else %}
      {#- a catalog outside of Snowflake has no temporary tables -#}
      {%- call statement('create_tmp_relation') -%}
        {{ create_table_as(not snowflake__is_catalog_linked_database(relation=config.model), tmp_relation, compiled_code) }}
      {%- endcall -%}
    {% endif %}

    {% do adapter.expand_target_column_types(from_relation=tmp_relation, to_relation=target_relation) %}

    {% set dest_columns = process_schema_changes(on_schema_change, tmp_relation, existing_relation.incorporate(type='table')) %}
    {% if not dest_columns %}
      {% set dest_columns = adapter.get_columns_in_relation(target_relation) %}
    {% endif %}

    {% set strategy_sql_macro_func = adapter.get_incremental_strategy_macro(context, incremental_strategy) %}
    {%- call statement('main') -%}
      {{ strategy_sql_macro_func({
          'target_relation': target_relation,
          'temp_relation': tmp_relation,
          'unique_key': unique_key,
          'dest_columns': dest_columns,
          'incremental_predicates': config.get('predicates', none) or config.get('incremental_predicates', none)
      }) }}
    {%- endcall -%}
  {% endif %}

  {{ drop_relation_if_exists(to_drop) }}

  {{ run_hooks(post_hooks) }}

  {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke(existing_relation, full_refresh_mode)) %}
  {% do persist_docs(target_relation, model) %}

  {% do unset_query_tag(original_query_tag) %}

  {{ return({'relations': [target_relation]}) }}

{%- endmaterialization %}
