{#- Whether create_or_replace_clone puts a clone in the place of what is there at once, so
    that there is never nothing. -#}
{% macro clone_replaces(existing_relation) %}
  {{ return(adapter.dispatch('clone_replaces', 'dbt')(existing_relation)) }}
{% endmacro %}

{% macro default__clone_replaces(existing_relation) %}
  {{ return(existing_relation.is_table) }}
{% endmacro %}
