{% macro snowflake__get_create_dynamic_table_as_sql(relation, sql) -%}
    {%- set dynamic_table = relation.from_config(config.model) -%}
    {%- if dynamic_table.catalog.catalog_type == 'BUILT_IN' -%}
        {{ snowflake__create_dynamic_table_built_in_sql(dynamic_table, relation, sql) }}
    {%- else -%}
        {{ snowflake__create_dynamic_table_info_schema_sql(dynamic_table, relation, sql) }}
    {%- endif -%}
{%- endmacro %}

{% macro snowflake__create_dynamic_table_info_schema_sql(dynamic_table, relation, sql) -%}
create {{ "transient " if dynamic_table.transient }}dynamic table {{ relation }}
    {{- snowflake_dynamic_table_options(dynamic_table) }}
    as (
        {{ sql }}
    )
{%- endmacro %}

{% macro snowflake__create_dynamic_table_built_in_sql(dynamic_table, relation, sql) -%}
create dynamic iceberg table {{ relation }}
    {{- snowflake_iceberg_options(dynamic_table.catalog) }}
    {{- snowflake_dynamic_table_options(dynamic_table) }}
    as (
        {{ sql }}
    )
{%- endmacro %}


{% macro snowflake__get_replace_dynamic_table_sql(relation, sql) -%}
    {%- set dynamic_table = relation.from_config(config.model) -%}
    {%- if dynamic_table.catalog.catalog_type == 'BUILT_IN' -%}
        {{ snowflake__replace_dynamic_table_built_in_sql(dynamic_table, relation, sql) }}
    {%- else -%}
        {{ snowflake__replace_dynamic_table_info_schema_sql(dynamic_table, relation, sql) }}
    {%- endif -%}
{%- endmacro %}

{% macro snowflake__replace_dynamic_table_info_schema_sql(dynamic_table, relation, sql) -%}
create or replace {{ "transient " if dynamic_table.transient }}dynamic table {{ relation }}
    {{- snowflake_dynamic_table_options(dynamic_table) }}
    {%- if config.get('copy_grants', false) %}
    copy grants
    {%- endif %}
    as (
        {{ sql }}
    )
{%- endmacro %}

{% macro snowflake__replace_dynamic_table_built_in_sql(dynamic_table, relation, sql) -%}
create or replace dynamic iceberg table {{ relation }}
    {{- snowflake_iceberg_options(dynamic_table.catalog) }}
    {{- snowflake_dynamic_table_options(dynamic_table) }}
    {%- if config.get('copy_grants', false) %}
    copy grants
    {%- endif %}
    as (
        {{ sql }}
    )
{%- endmacro %}


{% macro snowflake_dynamic_table_options(dynamic_table) %}
    {{ optional('target_lag', dynamic_table.target_lag, "'") }}
    {{ optional('scheduler', dynamic_table.scheduler, "'") }}
    {{ optional('warehouse', dynamic_table.snowflake_warehouse) }}
    {{ optional('initialization_warehouse', dynamic_table.snowflake_initialization_warehouse) }}
    {{ optional('refresh_mode', dynamic_table.refresh_mode) }}
    {{ optional('initialize', dynamic_table.initialize) }}
    {{- snowflake_policies(dynamic_table.row_access_policy, dynamic_table.table_tag) }}
    {{ optional('cluster by', dynamic_table.cluster_by, '(', '') }}
    {{ optional('immutable where', dynamic_table.immutable_where, '(', '') }}
{% endmacro %}
