{#- A table may hold data that nobody wants to lose by accident. -#}
{% macro bigquery__handle_existing_table(full_refresh, old_relation) %}
  {%- if full_refresh -%}
    {{ adapter.drop_relation(old_relation) }}
  {%- else -%}
    {{ exceptions.relation_wrong_type(old_relation, 'view') }}
  {%- endif -%}
{% endmacro %}

{% macro handle_existing_table(full_refresh, old_relation) %}
  {{ adapter.dispatch('handle_existing_table', 'dbt')(full_refresh, old_relation) }}
{% endmacro %}

{% macro default__handle_existing_table(full_refresh, old_relation) %}
  {{ log("Dropping relation " ~ old_relation.render() ~ " because it is of type " ~ old_relation.type) }}
  {{ adapter.drop_relation(old_relation) }}
{% endmacro %}


{% macro bigquery__create_or_replace_view() %}
  {%- set old_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='view') -%}
  {% set grant_config = config.get('grants') %}

  {{ run_hooks(pre_hooks) }}

  {%- if old_relation is not none and not old_relation.is_view -%}
    {{ handle_existing_table(should_full_refresh(), old_relation) }}
  {%- endif -%}

  {% call statement('main') -%}
    {{ get_create_view_as_sql(target_relation, sql) }}
  {%- endcall %}

  {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke(old_relation, full_refresh_mode=True)) %}

  {{ run_hooks(post_hooks) }}

  {{ return({'relations': [target_relation]}) }}
{% endmacro %}


{% materialization view, adapter='bigquery' -%}

    {% set to_return = bigquery__create_or_replace_view() %}

    {% set target_relation = to_return['relations'][0] %}
    {% do persist_docs(target_relation, model) %}

    {% for grant_target_dict in config.get('grant_access_to') or [] %}
      {% do adapter.grant_access_to(this, 'view', None, grant_target_dict) %}
    {% endfor %}

    {% do return(to_return) %}

{%- endmaterialization %}
