{% macro snowflake__create_view_as_with_temp_flag(relation, sql, is_temporary=False) -%}
  {{ config.get('sql_header', '') or '' }}
  create or replace {{ "secure" if config.get('secure') }} {{ "temporary" if is_temporary }} view {{ relation.render() }}
  {%- if config.persist_column_docs() -%}
    {%- set query_columns = get_columns_in_query(sql) %}
    {{ get_persist_docs_column_list(model.columns, query_columns) }}
  {%- endif %}
  {%- set contract_config = config.get('contract') -%}
  {%- if contract_config and contract_config.enforced %}
    {{ get_assert_columns_equivalent(sql) }}
  {%- endif %}
  {%- if config.get('copy_grants', false) and not is_temporary %}
    copy grants
  {%- endif %}
  {{- snowflake_policies(config.get('row_access_policy', none), config.get('table_tag', none)) if not is_temporary }}
  as (
    {{ sql }}
  );
{%- endmacro %}

{% macro snowflake__create_view_as(relation, sql) -%}
  {{ snowflake__create_view_as_with_temp_flag(relation, sql) }}
{%- endmacro %}

{% macro snowflake__get_replace_view_sql(relation, sql) %}
    {{ snowflake__create_view_as(relation, sql) }}
{% endmacro %}


{#- What is there may be of any kind but a view, a dynamic table for one. -#}
{% macro snowflake__create_or_replace_view() %}
  {%- set old_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='view') -%}
  {% set grant_config = config.get('grants') %}

  {{ run_hooks(pre_hooks) }}

  {%- if old_relation is not none and not old_relation.is_view -%}
    {{ log("Dropping relation " ~ old_relation.render() ~ " because it is of type " ~ old_relation.type) }}
    {{ adapter.drop_relation(old_relation) }}
  {%- endif -%}

  {% call statement('main') -%}
    {{ get_create_view_as_sql(target_relation, sql) }}
  {%- endcall %}

  {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke(old_relation if old_relation is not none and old_relation.is_view else none, full_refresh_mode=True)) %}

  {{ run_hooks(post_hooks) }}

  {{ return({'relations': [target_relation]}) }}
{% endmacro %}
