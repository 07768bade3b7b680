{% macro snowflake__get_create_sql(relation, sql) %}
    {% if relation.is_dynamic_table %}
        {{ snowflake__get_create_dynamic_table_as_sql(relation, sql) }}
    {% else %}
        {{ default__get_create_sql(relation, sql) }}
    {% endif %}
{% endmacro %}

{% macro snowflake__get_drop_sql(relation) %}
    {% if relation.is_dynamic_table %}
        {{ snowflake__get_drop_dynamic_table_sql(relation) }}
    {% else %}
        {{ default__get_drop_sql(relation) }}
    {% endif %}
{% endmacro %}

{#- Iceberg tables and others do not replace each other. -#}
{% macro snowflake__get_replace_sql(existing_relation, target_relation, sql) %}
    {% if existing_relation.is_dynamic_table and target_relation.is_dynamic_table
          and existing_relation.is_iceberg_format == target_relation.is_iceberg_format %}
        {{ snowflake__get_replace_dynamic_table_sql(target_relation, sql) }}
    {% elif existing_relation.is_iceberg_format != target_relation.is_iceberg_format %}
        {{ get_drop_sql(existing_relation) }};
        {{ get_create_sql(target_relation, sql) }}
    {% else %}
        {{ default__get_replace_sql(existing_relation, target_relation, sql) }}
    {% endif %}
{% endmacro %}


{#- A name alone would be looked for in the session's schema, so it is written in full. -#}
{%- macro snowflake__get_create_backup_sql(relation) -%}
    {%- set backup_relation = make_backup_relation(relation, relation.type) -%}
    {{ get_drop_sql(backup_relation) }};
    {{ get_rename_sql(relation, backup_relation.render()) }}
{%- endmacro -%}

{%- macro snowflake__get_rename_intermediate_sql(relation) -%}
    {{ get_rename_sql(make_intermediate_relation(relation), relation.render()) }}
{%- endmacro -%}

{% macro snowflake__rename_relation(from_relation, to_relation) -%}
  {% call statement('rename_relation') -%}
    alter table {{ from_relation.render() }} rename to {{ to_relation.render() }}
  {%- endcall %}
{% endmacro %}

{%- macro snowflake__get_rename_materialized_view_sql(relation, new_name) -%}
    alter dynamic table {{ relation.render() }} rename to {{ new_name }}
{%- endmacro -%}
