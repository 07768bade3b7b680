{#- What the new rows are kept in: a view where they are read once, a table where they are
    read twice and could change in between. -#}
{% macro dbt_snowflake_get_tmp_relation_type(strategy, unique_key, language) %}
  {%- set asked = config.get('tmp_relation_type') -%}
  {%- set read_twice = strategy in ('delete+insert', 'microbatch') and unique_key is not none -%}

  {% if language != "sql" %}
    {% if asked is not none and asked != "table" %}
      {% do exceptions.raise_compiler_error("Python models support only tmp_relation_type: table, not " ~ asked) %}
    {% endif %}
    {{ return("table") }}
  {% endif %}

  {% if read_twice and asked is not none and asked not in ('table', 'transient') %}
    {% do exceptions.raise_compiler_error(
        "The strategy " ~ strategy ~ " with a unique_key supports tmp_relation_type: table or transient, not " ~ asked) %}
  {% endif %}

  {% if snowflake__is_catalog_linked_database(relation=config.model) %}
    {{ return("table") }}
  {% elif asked is not none %}
    {{ return(asked) }}
  {% elif strategy in ("default", "merge", "append", "insert_overwrite") or (strategy in ("delete+insert", "microbatch") and unique_key is none) %}
    {{ return("view") }}
  {% endif %}
  {{ return("table") }}
{% endmacro %}


{#- For projects that keep such relations in a schema of their own. -#}
{% macro resolve_incremental_tmp_relation(tmp_relation) %}
  {{ return(adapter.dispatch('resolve_incremental_tmp_relation', 'dbt')(tmp_relation)) }}
{% endmacro %}

{% macro snowflake__resolve_incremental_tmp_relation(tmp_relation) %}
  {{ return(tmp_relation) }}
{% endmacro %}
