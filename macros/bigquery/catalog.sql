{% macro bigquery__get_catalog_relations(information_schema, relations) -%}
  {% set names = [] %}
  {% for relation in relations if relation.identifier %}
    {% do names.append("(table_schema = '" ~ relation.schema ~ "' and (table_name = '" ~ relation.identifier ~ "' or table_name like '" ~ relation.identifier | replace('*', '') ~ "________'))") %}
  {% endfor %}
  {% set schemas = relations | map(attribute='schema') | unique | list %}
  {{ return(bigquery_catalog(information_schema, schemas, names)) }}
{%- endmacro %}

{% macro bigquery__get_catalog(information_schema, schemas) -%}
  {{ return(bigquery_catalog(information_schema, schemas, [])) }}
{%- endmacro %}

{#- conditions are alternatives for which relations are wanted; all are when it is empty. -#}
{% macro bigquery_catalog(information_schema, schemas, conditions) %}
  {% if not schemas %}
    {{ return(run_query("select 1 as id limit 0")) }}
  {% endif %}
  {% set queries = [] %}
  {% for schema in schemas %}
    {% set dataset = information_schema.incorporate(path={'schema': schema, 'identifier': none}) %}
    {% set query %}
    (
      with table_shards as (
        {{ _bigquery__get_table_shards_sql(dataset) }}
        {% if conditions %}where {{ conditions | join(' or ') }}{% endif %}
      ),
      tables as ({{ _bigquery__get_tables_sql() }}),
      table_stats as ({{ _bigquery__get_table_stats_sql() }}),
      columns as ({{ _bigquery__get_columns_sql(dataset) }}),
      column_stats as ({{ _bigquery__get_column_stats_sql() }})
      {{ _bigquery__get_extended_catalog_sql() }}
    )
    {% endset %}
    {% do queries.append(query) %}
  {% endfor %}
  {{ return(run_query(queries | join(' union all '))) }}
{% endmacro %}


{#- Tables that are shards of one by day count as one, whose name ends in a star. -#}
{% macro _bigquery__get_table_shards_sql(information_schema) -%}
        select
          tables.project_id as table_catalog,
          tables.dataset_id as table_schema,
          coalesce(regexp_extract(tables.table_id, '^(.+)[0-9]{8}$'), tables.table_id) as table_prefix,
          tables.table_id as table_name,
          concat(tables.project_id, '.', tables.dataset_id, '.', tables.table_id) as table_key,
          regexp_contains(tables.table_id, '^.+[0-9]{8}$') and tables.type = 1 as is_date_shard,
          regexp_extract(tables.table_id, '^.+([0-9]{8})$') as shard_name,
          case
            when materialized_views.table_name is not null then 'materialized view'
            when tables.type = 1 then 'table'
            when tables.type = 2 then 'view'
            else 'external'
          end as table_type,
          json_value('[' || table_options.option_value || ']', '$[0]') as table_comment,
          tables.size_bytes,
          tables.row_count
        from {{ bigquery_dataset_view(information_schema, '__TABLES__') }} as tables
        left join {{ information_schema.replace(information_schema_view='MATERIALIZED_VIEWS') }} as materialized_views
          on materialized_views.table_name = tables.table_id
        left join {{ information_schema.replace(information_schema_view='TABLE_OPTIONS') }} as table_options
          on table_options.table_name = tables.table_id and table_options.option_name = 'description'
{%- endmacro %}

{% macro bigquery_dataset_view(information_schema, view) %}
  {{ return(adapter.quote(information_schema.database) ~ "." ~ adapter.quote(information_schema.schema) ~ "." ~ view) }}
{% endmacro %}

{% macro _bigquery__get_tables_sql() -%}
        select distinct
          table_catalog,
          table_schema,
          if(is_date_shard, concat(table_prefix, '*'), table_name) as table_name,
          is_date_shard,
          table_type,
          first_value(table_comment) over latest as table_comment,
          first_value(table_key) over latest as newest_table_key
        from table_shards
        window latest as (
          partition by table_catalog, table_schema, if(is_date_shard, table_prefix, table_name), is_date_shard
          order by shard_name desc
        )
{%- endmacro %}

{% macro _bigquery__get_table_stats_sql() -%}
        select
          table_catalog,
          table_schema,
          if(is_date_shard, concat(table_prefix, '*'), table_name) as table_name,
          max(is_date_shard) as is_date_shard,
          count(shard_name) as shard_count,
          min(shard_name) as shard_min,
          max(shard_name) as shard_max,
          sum(row_count) as row_count,
          sum(size_bytes) as size_bytes
        from table_shards
        group by 1, 2, 3
{%- endmacro %}

{% macro _bigquery__get_columns_sql(information_schema) -%}
        select
          concat(columns.table_catalog, '.', columns.table_schema, '.', columns.table_name) as table_key,
          if(columns.column_name = '_PARTITIONTIME' or columns.is_hidden = 'YES', null, paths.field_path) as column_name,
          columns.ordinal_position as column_index,
          paths.data_type as column_type,
          paths.description as column_comment,
          columns.is_partitioning_column = 'YES' as is_partitioning_column,
          columns.clustering_ordinal_position,
          columns.column_name as base_column
        from {{ information_schema.replace(information_schema_view='COLUMNS') }} as columns
        join {{ information_schema.replace(information_schema_view='COLUMN_FIELD_PATHS') }} as paths
          on paths.table_name = columns.table_name and paths.column_name = columns.column_name
        where columns.ordinal_position is not null
{%- endmacro %}

{% macro _bigquery__get_column_stats_sql() -%}
        select
          table_key,
          max(if(is_partitioning_column, concat(base_column, ' (', column_type, ')'), null)) as partition_column,
          string_agg(distinct if(clustering_ordinal_position is not null, base_column, null), ', ') as clustering_fields
        from columns
        group by 1
{%- endmacro %}

{#- One line of statistics; ':' cannot be in a name here, so __ stands for it. -#}
{% macro bigquery_catalog_stat(id, label, value, description, include) %}
          '{{ label }}' as `stats__{{ id }}__label`,
          {{ value }} as `stats__{{ id }}__value`,
          '{{ description }}' as `stats__{{ id }}__description`,
          {{ include }} as `stats__{{ id }}__include`
{%- endmacro %}

{% macro _bigquery__get_extended_catalog_sql() %}
        select
          tables.table_catalog as table_database,
          tables.table_schema,
          tables.table_name,
          tables.table_type,
          tables.table_comment,
          cast(null as string) as table_owner,
          columns.column_name,
          coalesce(columns.column_index, 1) as column_index,
          columns.column_type,
          columns.column_comment,
          {{- bigquery_catalog_stat('date_shards', '# Date Shards', 'table_stats.shard_count', 'The number of date shards in this table', 'tables.is_date_shard') }},
          {{- bigquery_catalog_stat('date_shard_min', 'Date Shard (min)', 'table_stats.shard_min', 'The first date shard in this table', 'tables.is_date_shard') }},
          {{- bigquery_catalog_stat('date_shard_max', 'Date Shard (max)', 'table_stats.shard_max', 'The last date shard in this table', 'tables.is_date_shard') }},
          {{- bigquery_catalog_stat('num_rows', '# Rows', 'table_stats.row_count', 'Approximate count of rows in this table', "(tables.table_type = 'table')") }},
          {{- bigquery_catalog_stat('num_bytes', 'Approximate Size', 'table_stats.size_bytes', 'Approximate size of table as reported by BigQuery', "(tables.table_type = 'table')") }},
          {{- bigquery_catalog_stat('partitioning_type', 'Partitioned By', 'column_stats.partition_column', 'The partitioning column for this table', 'column_stats.partition_column is not null') }},
          {{- bigquery_catalog_stat('clustering_fields', 'Clustered By', 'column_stats.clustering_fields', 'The clustering columns for this table', 'column_stats.clustering_fields is not null') }}
        from tables
        join table_stats using (table_catalog, table_schema, table_name)
        left join columns on columns.table_key = tables.newest_table_key
        left join column_stats on column_stats.table_key = tables.newest_table_key
{% endmacro %}
