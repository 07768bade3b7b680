{% macro duckdb__get_catalog(information_schema, schemas) -%}
  {% set where = duckdb__get_catalog_schemas_where_clause_sql(schemas) %}
  {{ return(run_query(duckdb_catalog_sql(information_schema, where))) }}
{%- endmacro %}

{% macro duckdb__get_catalog_relations(information_schema, relations) -%}
  {% set where = duckdb__get_catalog_relations_where_clause_sql(relations) %}
  {{ return(run_query(duckdb_catalog_sql(information_schema, where))) }}
{%- endmacro %}

{% macro duckdb_catalog_sql(information_schema, where) -%}
    with relations as (
      {{ duckdb__get_catalog_tables_sql(information_schema) }}
    ),
    columns as (
      {{ duckdb__get_catalog_columns_sql(information_schema) }}
    )
    {{ duckdb__get_catalog_results_sql() }}
    {{ where }}
    order by table_schema, table_name, column_index
{%- endmacro %}


{% macro duckdb__get_catalog_tables_sql(information_schema) -%}
      select
        database_name, schema_name, table_name,
        case when temporary then 'LOCAL TEMPORARY' else 'BASE TABLE' end as table_type,
        comment as table_comment
      from duckdb_tables()
      where lower(database_name) = '{{ information_schema.database | lower }}'
      union all
      select database_name, schema_name, view_name, 'VIEW', comment
      from duckdb_views()
      where lower(database_name) = '{{ information_schema.database | lower }}'
{%- endmacro %}

{% macro duckdb__get_catalog_columns_sql(information_schema) -%}
      select
        database_name, schema_name, table_name,
        column_name, column_index, data_type as column_type, comment as column_comment
      from duckdb_columns()
      where lower(database_name) = '{{ information_schema.database | lower }}'
{%- endmacro %}

{% macro duckdb__get_catalog_results_sql() -%}
    select
      r.database_name as table_database,
      r.schema_name as table_schema,
      r.table_name as table_name,
      r.table_type as table_type,
      r.table_comment as table_comment,
      c.column_name as column_name,
      c.column_index as column_index,
      c.column_type as column_type,
      c.column_comment as column_comment,
      null as table_owner
    from relations as r
    join columns as c using (database_name, schema_name, table_name)
{%- endmacro %}


{% macro duckdb__get_catalog_schemas_where_clause_sql(schemas) -%}
    where (
      {%- for schema in schemas %}
      lower(r.schema_name) = '{{ schema | lower }}'{{ " or" if not loop.last }}
      {%- else %}
      false
      {%- endfor %}
    )
{%- endmacro %}

{% macro duckdb__get_catalog_relations_where_clause_sql(relations) -%}
    where (
      {%- for relation in relations %}
      {%- if not relation.schema %}
        {% do exceptions.raise_compiler_error("`get_catalog_relations` requires a list of relations, each with a schema") %}
      {%- endif %}
      (lower(r.schema_name) = '{{ relation.schema | lower }}'
        {%- if relation.identifier %} and lower(r.table_name) = '{{ relation.identifier | lower }}'{% endif %}){{ " or" if not loop.last }}
      {%- else %}
      false
      {%- endfor %}
    )
{%- endmacro %}
