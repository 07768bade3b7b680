{#- Tables of catalogs outside of Snowflake have nothing that hangs on them. -#}
{% macro snowflake__drop_table(relation) %}
    drop table if exists {{ relation.render() }} {{ "cascade" if not snowflake__is_catalog_linked_database(relation=config.model) }}
{% endmacro %}

{%- macro snowflake__get_rename_table_sql(relation, new_name) -%}
    alter table {{ relation.render() }} rename to {{ new_name }}
{%- endmacro -%}

{% macro snowflake__get_replace_table_sql(relation, sql) %}
    {{ snowflake__create_table_as(False, relation, sql) }}
{% endmacro %}
