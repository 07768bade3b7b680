{% macro bigquery__can_clone_table() %}
  {{ return(True) }}
{% endmacro %}

{#- A table that is partitioned in another way cannot be replaced, so the clone is made
    beside it. -#}
{% macro bigquery__clone_replaces(existing_relation) %}
  {{ return(False) }}
{% endmacro %}

{% macro bigquery__create_or_replace_clone(this_relation, defer_relation) %}
    create or replace table {{ this_relation.render() }} clone {{ defer_relation.render() }}
{% endmacro %}
