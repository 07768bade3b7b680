{% macro snowflake__get_catalog(information_schema, schemas) -%}
  {{ return(run_query(snowflake_catalog(information_schema, snowflake__get_catalog_schemas_where_clause_sql(schemas)))) }}
{%- endmacro %}

{% macro snowflake__get_catalog_relations(information_schema, relations) -%}
  {{ return(run_query(snowflake_catalog(information_schema, snowflake__get_catalog_relations_where_clause_sql(relations)))) }}
{%- endmacro %}

{% macro snowflake_catalog(information_schema, where) %}
    with tables as (
        {{ snowflake__get_catalog_tables_sql(information_schema) }}
        {{ where }}
    ),
    columns as (
        {{ snowflake__get_catalog_columns_sql(information_schema) }}
        {{ where }}
    )
    {{ snowflake__get_catalog_results_sql() }}
{% endmacro %}


{#- One line of statistics as docs show it: four columns. -#}
{% macro snowflake_catalog_stat(id, label, value, description, include) %}
        '{{ label }}' as "stats:{{ id }}:label",
        {{ value }} as "stats:{{ id }}:value",
        '{{ description }}' as "stats:{{ id }}:description",
        {{ include }} as "stats:{{ id }}:include"
{%- endmacro %}

{% macro snowflake__get_catalog_tables_sql(information_schema) -%}
    select
        table_catalog as "table_database",
        table_schema as "table_schema",
        table_name as "table_name",
        case
            when is_dynamic = 'YES' and table_type = 'BASE TABLE' then 'DYNAMIC TABLE'
            else table_type
        end as "table_type",
        comment as "table_comment",
        -- who owns the table cannot be told from who owns its schema
        table_owner as "table_owner",
        {{- snowflake_catalog_stat('clustering_key', 'Clustering Key', 'clustering_key', 'The key used to cluster this table', '(clustering_key is not null)') }},
        {{- snowflake_catalog_stat('row_count', 'Row Count', 'row_count', 'An approximate count of rows in this table', '(row_count is not null)') }},
        {{- snowflake_catalog_stat('bytes', 'Approximate Size', 'bytes', 'Approximate size of the table as reported by Snowflake', '(bytes is not null)') }},
        {{- snowflake_catalog_stat('last_modified', 'Last Modified', "to_varchar(convert_timezone('UTC', last_altered), 'yyyy-mm-dd HH24:MI' || 'UTC')", 'The timestamp for last update/change', "(last_altered is not null and table_type = 'BASE TABLE')") }}
    from {{ information_schema }}.tables
{%- endmacro %}

{% macro snowflake__get_catalog_columns_sql(information_schema) -%}
    select
        table_catalog as "table_database",
        table_schema as "table_schema",
        table_name as "table_name",
        column_name as "column_name",
        ordinal_position as "column_index",
        data_type as "column_type",
        comment as "column_comment"
    from {{ information_schema }}.columns
{%- endmacro %}

{% macro snowflake__get_catalog_results_sql() -%}
    select *
    from tables
    join columns using ("table_database", "table_schema", "table_name")
    order by "column_index"
{%- endmacro %}


{#- Any case of the name; ilike lets the service skip what cannot match, and the second
    test takes out what only its wildcards let through. -#}
{% macro snowflake__catalog_equals(field, value) %}
    "{{ field }}" ilike '{{ value }}' and upper("{{ field }}") = upper('{{ value }}')
{% endmacro %}

{% macro snowflake__get_catalog_schemas_where_clause_sql(schemas) -%}
    where (
    {%- for schema in schemas -%}
        ({{ snowflake__catalog_equals('table_schema', schema) }})
        {%- if not loop.last %} or {% endif -%}
    {%- endfor -%}
    )
{%- endmacro %}

{% macro snowflake__get_catalog_relations_where_clause_sql(relations) -%}
    where (
    {%- for relation in relations -%}
      {%- if relation.schema and relation.identifier %}
        (
            {{ snowflake__catalog_equals('table_schema', relation.schema) }}
            and {{ snowflake__catalog_equals('table_name', relation.identifier) }}
        )
      {%- elif relation.schema %}
        (
            {{ snowflake__catalog_equals('table_schema', relation.schema) }}
        )
      {%- else -%}
        {% do exceptions.raise_compiler_error('`get_catalog_relations` requires a list of relations, each with a schema') %}
      {%- endif -%}
      {%- if not loop.last %} or {% endif -%}
    {%- endfor -%}
    )
{%- endmacro %}
