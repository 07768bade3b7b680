{% macro snowflake__get_drop_view_sql(relation) %}
    drop view if exists {{ relation.render() }} cascade
{% endmacro %}

{%- macro snowflake__get_rename_view_sql(relation, new_name) -%}
    alter view {{ relation.render() }} rename to {{ new_name }}
{%- endmacro -%}
