{#- Makes the empty table and returns the statement that did. -#}
{% macro create_csv_table(model, agate_table) -%}
  {{ adapter.dispatch('create_csv_table', 'dbt')(model, agate_table) }}
{%- endmacro %}

{% macro default__create_csv_table(model, agate_table) %}
  {%- set column_override = model['config'].get('column_types', {}) -%}
  {%- set quote_seed_column = model['config'].get('quote_columns', none) -%}

  {% set sql %}
    create table {{ this.render() }} (
        {%- for name in agate_table.column_names -%}
            {%- set type = column_override.get(name, adapter.convert_type(agate_table, loop.index0)) -%}
            {{ adapter.quote_seed_column(name | string, quote_seed_column) }} {{ type }}{{ ", " if not loop.last }}
        {%- endfor -%}
    )
  {% endset %}

  {% call statement('_') -%}
    {{ sql }}
  {%- endcall %}

  {{ return(sql) }}
{% endmacro %}


{#- Empties the table that is there, or makes it anew under full refresh. -#}
{% macro reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
  {{ adapter.dispatch('reset_csv_table', 'dbt')(model, full_refresh, old_relation, agate_table) }}
{%- endmacro %}

{% macro default__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
  {% if full_refresh %}
    {{ adapter.drop_relation(old_relation) }}
    {% set sql = create_csv_table(model, agate_table) %}
  {% else %}
    {{ adapter.truncate_relation(old_relation) }}
    {% set sql = "truncate table " ~ old_relation.render() %}
  {% endif %}

  {{ return(sql) }}
{% endmacro %}


{#- What the run file of a seed shows. -#}
{% macro get_csv_sql(create_or_truncate_sql, insert_sql) %}
  {{ adapter.dispatch('get_csv_sql', 'dbt')(create_or_truncate_sql, insert_sql) }}
{% endmacro %}

{% macro default__get_csv_sql(create_or_truncate_sql, insert_sql) %}
    {{ create_or_truncate_sql }};
    -- dbt seed --
    {{ insert_sql }}
{% endmacro %}


{#- Placeholder and rows of a batch, for projects that write their own inserts. -#}
{% macro get_binding_char() -%}
  {{ adapter.dispatch('get_binding_char', 'dbt')() }}
{%- endmacro %}

{% macro default__get_binding_char() %}
  {{ return('%s') }}
{% endmacro %}

{% macro get_batch_size() -%}
  {{ return(adapter.dispatch('get_batch_size', 'dbt')()) }}
{%- endmacro %}

{% macro default__get_batch_size() %}
  {{ return(10000) }}
{% endmacro %}


{% macro get_seed_column_quoted_csv(model, column_names) %}
  {%- set quote_seed_column = model['config'].get('quote_columns', none) -%}
  {% set quoted = [] %}
  {% for name in column_names %}
    {% do quoted.append(adapter.quote_seed_column(name, quote_seed_column)) %}
  {% endfor %}
  {{ return(quoted | join(', ')) }}
{% endmacro %}


{#- Fills the table and returns a statement that says how. -#}
{% macro load_csv_rows(model, agate_table) -%}
  {{ adapter.dispatch('load_csv_rows', 'dbt')(model, agate_table) }}
{%- endmacro %}

{#- The driver's own way in is many times faster than inserts with bound values. -#}
{% macro default__load_csv_rows(model, agate_table) %}
  {% set cols_sql = get_seed_column_quoted_csv(model, agate_table.column_names) %}
  {% set rows = adapter.load_rows(this, agate_table, model['config'].get('column_types', {})) %}
  {{ return("insert into " ~ this.render() ~ " (" ~ cols_sql ~ ") values -- " ~ rows ~ " rows") }}
{% endmacro %}
