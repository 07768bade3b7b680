{% macro postgres__get_catalog_relations(information_schema, relations) -%}
  {%- set wanted = [] -%}
  {%- for relation in relations if relation.schema -%}
    {%- set identifier = " and upper(tbl.relname) = upper('" ~ relation.identifier ~ "')" if relation.identifier -%}
    {%- do wanted.append("(upper(sch.nspname) = upper('" ~ relation.schema ~ "')" ~ identifier ~ ")") -%}
  {%- endfor -%}
  {{ return(run_query(postgres_catalog_sql(information_schema.database, wanted))) }}
{%- endmacro %}

{% macro postgres__get_catalog(information_schema, schemas) -%}
  {%- set wanted = [] -%}
  {%- for schema in schemas -%}
    {%- do wanted.append("upper(sch.nspname) = upper('" ~ schema ~ "')") -%}
  {%- endfor -%}
  {{ return(run_query(postgres_catalog_sql(information_schema.database, wanted))) }}
{%- endmacro %}

{% macro postgres_catalog_sql(database, wanted) -%}
  {{ adapter.verify_database(database) }}
    select
      '{{ database }}' as table_database,
      sch.nspname as table_schema,
      tbl.relname as table_name,
      case tbl.relkind
        when 'v' then 'VIEW'
        when 'm' then 'MATERIALIZED VIEW'
        else 'BASE TABLE'
      end as table_type,
      tbl_desc.description as table_comment,
      col.attname as column_name,
      col.attnum as column_index,
      pg_catalog.format_type(col.atttypid, col.atttypmod) as column_type,
      col_desc.description as column_comment,
      pg_get_userbyid(tbl.relowner) as table_owner
    from pg_catalog.pg_namespace sch
    join pg_catalog.pg_class tbl on tbl.relnamespace = sch.oid
    join pg_catalog.pg_attribute col on col.attrelid = tbl.oid
    left outer join pg_catalog.pg_description tbl_desc
      on tbl_desc.objoid = tbl.oid and tbl_desc.objsubid = 0 and tbl_desc.classoid = 'pg_class'::regclass
    left outer join pg_catalog.pg_description col_desc
      on col_desc.objoid = tbl.oid and col_desc.objsubid = col.attnum and col_desc.classoid = 'pg_class'::regclass
    where ({{ wanted | join(' or ') if wanted else 'false' }})
      and not pg_is_other_temp_schema(sch.oid) -- not another session's
      and tbl.relpersistence in ('p', 'u')     -- nor this one's temporary tables
      and tbl.relkind in ('r', 'v', 'f', 'p', 'm')
      and col.attnum > 0                       -- no system columns
      and not col.attisdropped
    order by sch.nspname, tbl.relname, col.attnum
{%- endmacro %}
