{#- DuckDB changes one column in one statement. -#}
{% macro duckdb__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}
  {% for column in add_columns or [] %}
    {% do run_query("alter " ~ relation.type ~ " " ~ relation.render() ~ " add column " ~ adapter.quote(column.name) ~ " " ~ column.data_type) %}
  {% endfor %}
  {% for column in remove_columns or [] %}
    {% do run_query("alter " ~ relation.type ~ " " ~ relation.render() ~ " drop column " ~ adapter.quote(column.name)) %}
  {% endfor %}
{% endmacro %}
