{% macro duckdb__snapshot_merge_sql(target, source, insert_cols) -%}
  {%- set columns = snapshot_column_names() -%}

    update {{ target }} as DBT_INTERNAL_TARGET
    set {{ columns.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ columns.dbt_valid_to }}
    from {{ source }} as DBT_INTERNAL_SOURCE
    where DBT_INTERNAL_SOURCE.{{ columns.dbt_scd_id }}::text = DBT_INTERNAL_TARGET.{{ columns.dbt_scd_id }}::text
      and DBT_INTERNAL_SOURCE.dbt_change_type::text in ('update'::text, 'delete'::text)
      and {{ snapshot_open_rows(columns, "DBT_INTERNAL_TARGET") }};

    insert into {{ target }} ({{ insert_cols | join(', ') }})
    select {% for column in insert_cols -%}
      DBT_INTERNAL_SOURCE.{{ column }}{{ ", " if not loop.last }}
    {%- endfor %}
    from {{ source }} as DBT_INTERNAL_SOURCE
    where DBT_INTERNAL_SOURCE.dbt_change_type::text = 'insert'::text;
{%- endmacro %}


{#- Redefines the global macro: staging may be a real table. -#}
{% macro build_snapshot_staging_table(strategy, sql, target_relation) %}
  {% set temp = duckdb__dispatch_temporary_relation(target_relation) %}
  {% set select = snapshot_staging_table(strategy, sql, target_relation) %}

  {% call statement('build_snapshot_staging_relation') %}
    {{ create_table_as(temp['temporary'], temp['relation'], select) }}
  {% endcall %}

  {% do return(temp['relation']) %}
{% endmacro %}


{% macro duckdb__post_snapshot(temporary_relation) %}
  {% do drop_relation_if_exists(temporary_relation) %}
{% endmacro %}
