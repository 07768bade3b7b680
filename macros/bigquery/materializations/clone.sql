{% macro bigquery__can_clone_table() %}
  {{ return(True) }}
{% endmacro %}

{#- A table that is partitioned in another way cannot be replaced. -#}
{% macro bigquery__create_or_replace_clone(this_relation, defer_relation) %}
    drop table if exists {{ this_relation.render() }};
    create or replace table {{ this_relation.render() }} clone {{ defer_relation.render() }};
{% endmacro %}
