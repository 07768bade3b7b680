{% macro snowflake__alter_column_type(relation, column_name, new_column_type) -%}
  {% call statement('alter_column_type') %}
    alter {{ relation.get_ddl_prefix_for_alter() }} table {{ relation.render() }} alter {{ adapter.quote(column_name) }} set data type {{ new_column_type }};
  {% endcall %}
{% endmacro %}


{#- Iceberg tables know text of no length but the greatest. -#}
{% macro snowflake__get_column_data_type_for_alter(relation, column) %}
  {{ return('STRING' if relation.is_iceberg_format and column.is_string() else column.expanded_data_type) }}
{% endmacro %}

{#- No statement both adds and drops. -#}
{% macro snowflake__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}
  {%- set table = "alter " ~ (relation.get_ddl_prefix_for_alter() if relation.is_iceberg_format else '')
                  ~ ("table" if relation.is_iceberg_format or not relation.is_dynamic_table else "dynamic table") ~ " " ~ relation.render() -%}

  {% if add_columns %}
    {%- set added = [] -%}
    {%- for column in add_columns -%}
      {%- do added.append(column.quoted ~ " " ~ snowflake__get_column_data_type_for_alter(relation, column)) -%}
    {%- endfor -%}
    {% do run_query(table ~ " add column " ~ added | join(", ")) %}
  {% endif %}

  {% if remove_columns %}
    {% do run_query(table ~ " drop column " ~ remove_columns | map(attribute='quoted') | join(", ")) %}
  {% endif %}
{% endmacro %}


{#- DML between these two is undone as a whole when it fails, in sessions that commit
    after each statement. -#}
{% macro snowflake_dml_explicit_transaction(dml) %}
  {% set dml_transaction -%}
    begin;
    {{ dml }};
    commit;
  {%- endset %}
  {% do return(dml_transaction) %}
{% endmacro %}

{% macro snowflake__truncate_relation(relation) -%}
  {% set truncate_dml %}
    truncate table {{ relation.render() }}
  {% endset %}
  {% call statement('truncate_relation') -%}
    {{ snowflake_dml_explicit_transaction(truncate_dml) }}
  {%- endcall %}
{% endmacro %}


{#- Whether the database belongs to a catalog outside of Snowflake, which knows neither
    temporary tables nor transactions. -#}
{% macro snowflake__is_catalog_linked_database(relation=none, catalog_relation=none) %}
  {% if catalog_relation is none and relation is not none %}
    {% set catalog_relation = adapter.build_catalog_relation(relation) %}
  {% endif %}
  {{ return(catalog_relation is not none and catalog_relation.catalog_linked_database is defined
            and catalog_relation.catalog_linked_database is not none) }}
{% endmacro %}
