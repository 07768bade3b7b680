{#- What SHOW and DESCRIBE can give at most; as many rows may not be all. -#}
{% macro snowflake__get_columns_in_relation(relation) -%}
  {%- set found = run_query("describe table " ~ relation.render()) -%}
  {%- set most = 10000 -%}
  {%- if found | length >= most -%}
    {{ exceptions.raise_compiler_error("Too many columns in " ~ relation.render() ~ ": describe table lists no more than " ~ most) }}
  {%- endif -%}

  {%- set columns = [] -%}
  {%- for row in found -%}
    {%- do columns.append(api.Column.from_description(row['name'], row['type'])) -%}
  {%- endfor -%}
  {{ return(columns) }}
{% endmacro %}


{% macro snowflake__show_object_metadata(relation) %}
  {{ return(run_query("show objects in " ~ relation.include(identifier=False) ~ " starts with '" ~ relation.identifier ~ "' limit 1")) }}
{% endmacro %}


{% macro snowflake__list_schemas(database) -%}
  {%- set most = 10000 -%}
  {%- set found = run_query("show terse schemas in database " ~ database ~ " limit " ~ most) -%}
  {%- if found | length >= most -%}
    {{ exceptions.raise_compiler_error("Too many schemas in database " ~ database ~ ": dbt can only get information about fewer than " ~ most) }}
  {%- endif -%}
  {{ return(found) }}
{% endmacro %}


{% macro snowflake__check_schema_exists(information_schema, schema) -%}
  {% call statement('check_schema_exists', fetch_result=True) -%}
    select count(*)
    from {{ information_schema }}.schemata
    where upper(schema_name) = upper('{{ schema }}')
      and upper(catalog_name) = upper('{{ information_schema.database }}')
  {%- endcall %}
  {{ return(load_result('check_schema_exists').table) }}
{% endmacro %}


{% macro snowflake__show_objects_sql(schema, max_results_per_iter=10000, watermark=none) %}
  {{ return("show objects in " ~ schema ~ " limit " ~ max_results_per_iter ~ (" from '" ~ watermark ~ "'" if watermark is not none) ~ ";") }}
{% endmacro %}

{#- Page by page: SHOW gives no more than 10000 rows at once. The columns are those of
    SHOW OBJECTS in lower case, such as database_name, schema_name, name, kind. -#}
{% macro snowflake__list_relations_without_caching(schema_relation, max_iter=10000, max_results_per_iter=10000) %}
  {%- set per_page = flags.get('list_relations_per_page') or max_results_per_iter -%}
  {%- set pages = flags.get('list_relations_page_limit') or max_iter -%}
  {%- set schema = schema_relation.render() if schema_relation is not string else schema_relation -%}

  {%- set found = [] -%}
  {%- set state = namespace(watermark=none, more=true) -%}
  {%- for page in range(pages) if state.more -%}
    {%- set rows = adapter.normalize_show_objects_result(run_query(snowflake__show_objects_sql(schema, per_page, state.watermark))) -%}
    {%- do found.append(rows) -%}
    {%- set state.more = rows | length >= per_page -%}
    {%- if state.more -%}
      {%- set state.watermark = rows.rows[-1]['name'] -%}
    {%- endif -%}
  {%- endfor -%}

  {%- if state.more -%}
    {%- do exceptions.warn("dbt listed only the first " ~ (per_page * pages) ~ " objects of schema " ~ schema
          ~ ", which has more. Set list_relations_per_page and list_relations_page_limit under flags in dbt_project.yml to see them all.") -%}
  {%- endif -%}

  {{ return(adapter.merge_tables(found)) }}
{% endmacro %}

{% macro snowflake__list_function_relations_without_caching(schema_relation) %}
  {{ return(run_query("show user functions in " ~ schema_relation)) }}
{% endmacro %}


{#- Rows of schema, identifier, last_modified, snapshotted_at. -#}
{% macro snowflake__get_relation_last_modified(information_schema, relations) -%}
  {%- call statement('last_modified', fetch_result=True) -%}
    select
        table_schema as schema,
        table_name as identifier,
        last_altered as last_modified,
        {{ current_timestamp() }} as snapshotted_at
    from {{ information_schema }}.tables
    where (
      {%- for relation in relations %}
        (upper(table_schema) = upper('{{ relation.schema }}') and upper(table_name) = upper('{{ relation.identifier }}'))
        {%- if not loop.last %} or {% endif -%}
      {%- endfor %}
    )
  {%- endcall -%}
  {{ return(load_result('last_modified')) }}
{% endmacro %}
