{% macro snowflake__generate_database_name(custom_database_name=none, node=none) -%}
  {%- set linked = adapter.build_catalog_relation(node) -%}
  {%- if linked is not none and linked.catalog_database -%}
    {{ return(linked.catalog_database) }}
  {%- elif linked is not none and linked.catalog_linked_database -%}
    {{ return(linked.catalog_linked_database) }}
  {%- endif -%}
  {{ return(target.database if custom_database_name is none else custom_database_name) }}
{%- endmacro %}


{#- Glue has lower-case names only. -#}
{% macro snowflake__generate_schema_name(custom_schema_name, node) -%}
  {%- set name = default__generate_schema_name(custom_schema_name, node) -%}
  {%- set linked = adapter.build_catalog_relation(node) -%}
  {{ return(name | lower if linked is not none and linked.catalog_linked_database_type == 'glue' else name) }}
{%- endmacro %}
