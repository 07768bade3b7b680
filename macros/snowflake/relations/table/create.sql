{% macro snowflake__create_table_as(temporary, relation, compiled_code, language='sql') -%}
    {%- set catalog_relation = adapter.build_catalog_relation(config.model) -%}
    {%- if language == 'python' -%}
        {%- if catalog_relation is not none and catalog_relation.table_format == 'iceberg' -%}
            {% do exceptions.raise_compiler_error('Iceberg is incompatible with Python models. Please use a SQL model for the iceberg format.') %}
        {%- endif -%}
        {{ py_write_table(compiled_code=compiled_code, target_relation=relation, temporary=temporary) }}
    {%- elif language != 'sql' -%}
        {% do exceptions.raise_compiler_error("snowflake__create_table_as macro didn't get supported language, it got " ~ language) %}
    {%- elif temporary -%}
        {{ snowflake__create_table_temporary_sql(relation, compiled_code) }}
    {%- elif catalog_relation is none or catalog_relation.catalog_type == 'INFO_SCHEMA' -%}
        {{ snowflake__create_table_info_schema_sql(relation, compiled_code) }}
    {%- elif catalog_relation.catalog_type == 'BUILT_IN' -%}
        {{ snowflake__create_table_built_in_sql(relation, compiled_code) }}
    {%- elif catalog_relation.catalog_linked_database_type == 'glue' -%}
        {{ snowflake__create_table_iceberg_rest_with_glue(relation, compiled_code, catalog_relation) }}
    {%- else -%}
        {{ snowflake__create_table_iceberg_rest_sql(relation, compiled_code) }}
    {%- endif -%}
{% endmacro %}


{#- The columns of an enforced contract, and the query in their order. -#}
{% macro snowflake_contract_columns(compiled_code) %}
    {%- set contract_config = config.get('contract') -%}
    {%- if contract_config and contract_config.enforced %}
    {{ get_assert_columns_equivalent(compiled_code) }}
    {{ get_table_columns_and_constraints() }}
    {%- endif -%}
{% endmacro %}

{% macro snowflake_contract_query(compiled_code) %}
    {%- set contract_config = config.get('contract') -%}
    {{ return(get_select_subquery(compiled_code) if contract_config and contract_config.enforced else compiled_code) }}
{% endmacro %}


{% macro snowflake__create_table_temporary_sql(relation, compiled_code) -%}
{{ snowflake_create_tmp_table('temporary', relation, compiled_code) }}
{%- endmacro %}

{% macro snowflake__create_table_transient_sql(relation, compiled_code) -%}
{{ snowflake_create_tmp_table('transient', relation, compiled_code) }}
{%- endmacro %}

{% macro snowflake_create_tmp_table(kind, relation, compiled_code) -%}
{{ config.get('sql_header', '') or '' }}
create or replace {{ kind }} table {{ relation }}
    {{- snowflake_contract_columns(compiled_code) }}
as (
    {{ snowflake_contract_query(compiled_code) }}
)
;
{%- endmacro %}


{% macro snowflake__create_table_info_schema_sql(relation, compiled_code) -%}
{%- set catalog_relation = adapter.build_catalog_relation(config.model) -%}
{%- set cluster_by = snowflake_csv(config.get('cluster_by', none)) -%}
{%- set change_tracking = config.get('change_tracking', none) -%}

{{ config.get('sql_header', '') or '' }}
create or replace {{ "transient " if config.get('transient', true) -}} table {{ relation }}
    {{- snowflake_contract_columns(compiled_code) }}
    {%- if config.get('copy_grants', false) %}
    copy grants
    {%- endif %}
    {%- if config.get('copy_tags', false) %}
    copy tags
    {%- endif %}
    {{- snowflake_policies(config.get('row_access_policy', none), config.get('table_tag', none)) }}
    {{ optional('change_tracking', change_tracking | string | upper if change_tracking is not none else none) }}
as (
    {%- if cluster_by %}
    select * from (
        {{ snowflake_contract_query(compiled_code) }}
    ) order by ({{ cluster_by }})
    {%- else %}
    {{ snowflake_contract_query(compiled_code) }}
    {%- endif %}
);
{%- if cluster_by %}
alter table {{ relation }} cluster by ({{ cluster_by }});
{%- if config.get('automatic_clustering', false) %}
alter table {{ relation }} resume recluster;
{%- endif %}
{%- endif -%}
{%- endmacro %}


{#- Where and how an Iceberg table keeps its files. -#}
{% macro snowflake_iceberg_options(catalog_relation) %}
    {{ optional('external_volume', catalog_relation.external_volume, "'") }}
    {{ optional('catalog', catalog_relation.catalog_name, "'") }}
    {{ optional('base_location', catalog_relation.base_location, "'") }}
    {{ optional('iceberg_version', catalog_relation.iceberg_version) }}
    {{ optional('storage_serialization_policy', catalog_relation.storage_serialization_policy, "'") }}
    {{ optional('max_data_extension_time_in_days', catalog_relation.max_data_extension_time_in_days) }}
    {{ optional('data_retention_time_in_days', catalog_relation.data_retention_time_in_days) }}
    {{ optional('change_tracking', catalog_relation.change_tracking) }}
{% endmacro %}

{#- The expressions of the config partition_by; None if there are none. -#}
{% macro get_partition_by_keys(catalog_relation) %}
  {%- set keys = catalog_relation.partition_by if catalog_relation is not none else none -%}
  {{ return(none if not keys else ([keys] if keys is string else keys)) }}
{% endmacro %}

{% macro snowflake__create_table_built_in_sql(relation, compiled_code) -%}
{%- set catalog_relation = adapter.build_catalog_relation(config.model) -%}
{%- set partition_by = get_partition_by_keys(catalog_relation) -%}
{%- set cluster_by = snowflake_csv(config.get('cluster_by', none)) -%}

{{ config.get('sql_header', '') or '' }}
create or replace iceberg table {{ relation }}
    {{- snowflake_contract_columns(compiled_code) }}
    {{ optional('partition by', partition_by | join(', ') if partition_by, '(', '') if partition_by }}
    {{- snowflake_iceberg_options(catalog_relation) }}
    {%- if config.get('copy_grants', false) %}
    copy grants
    {%- endif %}
    {%- if config.get('copy_tags', false) %}
    copy tags
    {%- endif %}
    {{- snowflake_policies(config.get('row_access_policy', none), config.get('table_tag', none)) }}
as (
    {%- if cluster_by %}
    select * from (
        {{ snowflake_contract_query(compiled_code) }}
    ) order by ({{ cluster_by }})
    {%- else %}
    {{ snowflake_contract_query(compiled_code) }}
    {%- endif %}
);
{%- if cluster_by %}
alter iceberg table {{ relation }} cluster by ({{ cluster_by }});
{%- if config.get('automatic_clustering', false) %}
alter iceberg table {{ relation }} resume recluster;
{%- endif %}
{%- endif -%}
{%- endmacro %}


{#- Catalogs behind a REST interface replace nothing: the old table goes first. -#}
{% macro snowflake__create_table_iceberg_rest_sql(relation, compiled_code) -%}
{%- set catalog_relation = adapter.build_catalog_relation(config.model) -%}
{%- set partition_by = get_partition_by_keys(catalog_relation) -%}

{{ config.get('sql_header', '') or '' }}
{% set existing_relation = load_cached_relation(relation) %}
{{ drop_relation_if_exists(existing_relation) }}
create iceberg table {{ relation }}
    {{- snowflake_contract_columns(compiled_code) }}
    {{ optional('partition by', partition_by | join(', ') if partition_by, '(', '') if partition_by }}
    {{ optional('external_volume', catalog_relation.external_volume, "'") }}
    {{ optional('target_file_size', catalog_relation.target_file_size, "'") }}
    {{ optional('auto_refresh', catalog_relation.auto_refresh) }}
    {{ optional('max_data_extension_time_in_days', catalog_relation.max_data_extension_time_in_days) }}
    {{ optional('change_tracking', catalog_relation.change_tracking) }}
as (
    {{ snowflake_contract_query(compiled_code) }}
);
{%- endmacro %}

{#- Glue has lower-case names only, so the columns are written out. -#}
{% macro snowflake__create_table_iceberg_rest_with_glue(relation, compiled_code, catalog_relation) -%}
{%- set partition_by = get_partition_by_keys(catalog_relation) -%}
{%- set columns = get_column_schema_from_query(compiled_code, config.get('sql_header', none)) -%}

{{ config.get('sql_header', '') or '' }}
{% set existing_relation = load_cached_relation(relation) %}
{{ drop_relation_if_exists(existing_relation) }}
create iceberg table {{ relation }} (
    {%- for column in columns %}
    "{{ column.name | lower }}" {{ 'STRING' if column.is_string() else column.dtype }}{{ "," if not loop.last }}
    {%- endfor %}
)
    {%- if partition_by %}
    partition by ({% for key in partition_by %}"{{ key | lower }}"{{ ", " if not loop.last }}{% endfor %})
    {%- endif %}
    {{ optional('external_volume', catalog_relation.external_volume, "'") }}
    {{ optional('target_file_size', catalog_relation.target_file_size, "'") }}
    {{ optional('auto_refresh', catalog_relation.auto_refresh) }};

insert into {{ relation }}
{{ compiled_code }};
{%- endmacro %}


{% macro py_write_table(compiled_code, target_relation, temporary=False) %}
{%- set catalog_relation = adapter.build_catalog_relation(config.model) -%}
{%- set kind = "temporary" if temporary else ("transient" if config.get('transient', true) else "") -%}
{{ compiled_code }}


def materialize(session, df, target_relation):
    # the data frames of pandas come without a method for this
    import importlib.util

    package_name = 'pandas'
    if importlib.util.find_spec(package_name):
        import pandas
        if isinstance(df, pandas.core.frame.DataFrame):
            session.use_database(target_relation.database)
            session.use_schema(target_relation.schema)
            df = session.createDataFrame(df)
    df.write.mode("overwrite").save_as_table('{{ resolve_model_name(target_relation) }}', table_type='{{ kind }}')


def main(session):
    dbt = dbtObj(session.table)
    df = model(dbt, session)
    materialize(session, df, dbt.this)
    return "OK"
{% endmacro %}
