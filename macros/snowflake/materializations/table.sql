{% materialization table, adapter='snowflake', supported_languages=['sql', 'python'] %}

  {% set original_query_tag = set_query_tag() %}

  {%- set language = model['language'] -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set catalog_relation = adapter.build_catalog_relation(config.model) -%}
  {%- set target_relation = api.Relation.create(
        identifier=model['alias'], schema=schema, database=database, type='table',
        table_format=snowflake_table_format(catalog_relation)) -%}
  {% set grant_config = config.get('grants') %}

  {{ run_hooks(pre_hooks) }}

  {#- create or replace makes no table of a view, and no Iceberg table of another -#}
  {% if target_relation.needs_to_drop(existing_relation) %}
    {{ drop_relation_if_exists(existing_relation) }}
  {% endif %}

  {% call statement('main', language=language) -%}
    {{ create_table_as(False, target_relation, compiled_code, language) }}
  {%- endcall %}

  {{ run_hooks(post_hooks) }}

  {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke(existing_relation, full_refresh_mode=True)) %}
  {% do persist_docs(target_relation, model) %}

  {% do unset_query_tag(original_query_tag) %}

  {{ return({'relations': [target_relation]}) }}

{% endmaterialization %}


{% macro snowflake_table_format(catalog_relation) %}
  {{ return(catalog_relation.table_format if catalog_relation is not none else config.get('table_format', 'default')) }}
{% endmacro %}
