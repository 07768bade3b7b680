{% materialization table, adapter="duckdb", supported_languages=['sql', 'python'] %}

  {%- set language = model['language'] -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
  {%- set backup_relation_type = 'table' if existing_relation is none else existing_relation.type -%}
  {%- set backup_relation = make_backup_relation(target_relation, backup_relation_type) -%}
  {% set grant_config = config.get('grants') %}

  -- what a run that was killed has left behind
  {{ drop_relation_if_exists(load_cached_relation(intermediate_relation)) }}
  {{ drop_relation_if_exists(load_cached_relation(backup_relation)) }}

  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}

  {#- asked of the target: the intermediate's name says nothing of its catalog -#}
  {%- set partitioned_by = duckdb__get_partitioned_by(target_relation, False) -%}
  {%- set sorted_by = duckdb__get_sorted_by(target_relation, False) -%}

  {% call statement('main', language=language) -%}
    {{ create_table_as(False, intermediate_relation, compiled_code, language, partitioned_by, sorted_by) }}
  {%- endcall %}

  {% if existing_relation is not none %}
    {% set existing_relation = load_cached_relation(existing_relation) %}
    {% if existing_relation is not none %}
      {% do drop_indexes_on_relation(existing_relation) %}
      {{ adapter.rename_relation(existing_relation, backup_relation) }}
    {% endif %}
  {% endif %}
  {{ adapter.rename_relation(intermediate_relation, target_relation) }}

  {#- only now: a table with indexes could not have been renamed -#}
  {% do create_indexes(target_relation) %}

  {{ run_hooks(post_hooks, inside_transaction=True) }}

  {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke(existing_relation, full_refresh_mode=True)) %}
  {% do persist_docs(target_relation, model) %}

  {{ adapter.commit() }}

  {% if adapter.use_ducklake_table_workarounds(target_relation) %}
    {% do duckdb_restore_layout(target_relation, partitioned_by, sorted_by) %}
    {% do persist_docs(target_relation, model) %}
    {{ adapter.commit() }}
  {% endif %}

  {{ drop_relation_if_exists(backup_relation) }}
  {{ run_hooks(post_hooks, inside_transaction=False) }}

  {{ return({'relations': [target_relation]}) }}

{% endmaterialization %}


{#- Some versions of DuckLake lose these when a table is renamed. -#}
{% macro duckdb_restore_layout(relation, partitioned_by, sorted_by) %}
  {% if partitioned_by %}
    {% do run_query(duckdb__alter_table_set_partitioned_by(relation, partitioned_by)) %}
  {% endif %}
  {% if sorted_by %}
    {% do run_query(duckdb__alter_table_set_sorted_by(relation, sorted_by)) %}
  {% endif %}
{% endmacro %}
