{% macro bigquery__create_csv_table(model, agate_table) %}
  {%- set column_override = model['config'].get('column_types', {}) -%}
  {%- set quote_seed_column = model['config'].get('quote_columns', None) -%}
  {% set sql %}
    create or replace table {{ this.render() }} (
        {%- for name in agate_table.column_names %}
            {{ adapter.quote_seed_column(name | string, quote_seed_column) }} {{ column_override.get(name, adapter.convert_type(agate_table, loop.index0)) }}{{ ", " if not loop.last }}
        {%- endfor %}
    )
    {{ bigquery_table_options(config, model, temporary=False) }}
  {% endset %}
  {% call statement('_') -%}
    {{ sql }}
  {%- endcall %}
  {{ return(sql) }}
{% endmacro %}

{#- Other columns need another table, so it is always made anew. -#}
{% macro bigquery__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
  {{ adapter.drop_relation(old_relation) }}
  {{ return(create_csv_table(model, agate_table)) }}
{% endmacro %}

{% macro bigquery__load_csv_rows(model, agate_table) %}
  {% set rows = adapter.load_rows(this, agate_table, model['config'].get('column_types', {})) %}
  {{ return("-- " ~ rows ~ " rows loaded into " ~ this.render()) }}
{% endmacro %}
