{#- The rows of a unit test's input as a query. Without column_name_to_data_types the
    columns are those of the relation that the input stands for. -#}
{% macro get_fixture_sql(rows, column_name_to_data_types) %}
-- Fixture for {{ model.name }}
{% set default_row = {} -%}

{%- if not column_name_to_data_types -%}
  {#- a state to defer to helps when the relation was not built here -#}
  {%- set this_or_defer_relation = defer_relation if (defer_relation and not load_relation(this)) else this -%}
  {%- set columns_in_relation = get_columns_for_unit_tests(this_or_defer_relation) -%}

  {%- set column_name_to_data_types = {} -%}
  {%- set column_name_to_quoted = {} -%}
  {%- for column in columns_in_relation -%}
    {%- do column_name_to_data_types.update({column.name | lower: column.data_type}) -%}
    {%- do column_name_to_quoted.update({column.name | lower: column.quoted}) -%}
  {%- endfor -%}
{%- endif -%}

{%- if not column_name_to_data_types -%}
  {{ exceptions.raise_compiler_error("Not able to get columns for unit test '" ~ model.name ~ "' from relation " ~ this ~ " because the relation doesn't exist") }}
{%- endif -%}

{%- for column_name, column_type in column_name_to_data_types.items() -%}
  {%- do default_row.update({column_name: (safe_cast("null", column_type) | trim)}) -%}
{%- endfor -%}

{{ validate_fixture_rows(rows, row_number) }}

{%- for row in rows -%}
  {%- set complete_row = default_row.copy() -%}
  {%- do complete_row.update(format_row(row, column_name_to_data_types)) -%}
select {% for column_name, column_value in complete_row.items() -%}
  {{ column_value }} as {{ column_name_to_quoted[column_name] if column_name_to_quoted is defined else adapter.quote(column_name) }}
  {%- if not loop.last %}, {% endif -%}
{%- endfor -%}
  {%- if not loop.last %}
union all
{% endif -%}
{%- endfor -%}

{%- if (rows | length) == 0 -%}
select {% for column_name, column_value in default_row.items() -%}
  {{ column_value }} as {{ column_name_to_quoted[column_name] if column_name_to_quoted is defined else adapter.quote(column_name) }}
  {%- if not loop.last %}, {% endif -%}
{%- endfor %}
    limit 0
{%- endif -%}
{% endmacro %}


{#- The rows that a unit test expects as a query. -#}
{% macro get_expected_sql(rows, column_name_to_data_types, column_name_to_quoted) %}

{%- if (rows | length) == 0 -%}
    select * from dbt_internal_unit_test_actual
    limit 0
{%- else -%}
{%- for row in rows -%}
  {%- set formatted_row = format_row(row, column_name_to_data_types) -%}
select {% for column_name, column_value in formatted_row.items() -%}
  {{ column_value }} as {{ column_name_to_quoted[column_name] }}
  {%- if not loop.last %}, {% endif -%}
{%- endfor -%}
  {%- if not loop.last %}
union all
{% endif -%}
{%- endfor -%}
{%- endif -%}

{% endmacro %}


{#- column name in lower case -> a cast of its value. -#}
{%- macro format_row(row, column_name_to_data_types) -%}
  {%- set formatted_row = {} -%}

  {%- for column_name, column_value in row.items() -%}
    {%- set column_name = column_name | lower -%}

    {%- if column_name not in column_name_to_data_types -%}
      {%- set where = "expected output" if model.resource_type == 'unit_test' else "'" ~ model.name ~ "'" -%}
      {{ exceptions.raise_compiler_error("Invalid column name: '" ~ column_name ~ "' in unit test fixture for " ~ where ~ ".\nAccepted columns for " ~ where ~ " are: " ~ (column_name_to_data_types.keys() | list)) }}
    {%- endif -%}

    {%- set column_type = column_name_to_data_types[column_name] -%}

    {%- if column_value is none -%}
      {%- set literal = "null" -%}
    {%- elif column_value is string -%}
      {%- set literal = dbt.string_literal(dbt.escape_single_quotes(column_value)) -%}
      {#- a longer text must fail the comparison, not be cut to the length of the type -#}
      {%- if 'varying' in column_type -%}
        {%- set column_type = column_type.split('(')[0] -%}
      {%- endif -%}
    {%- else -%}
      {%- set literal = column_value -%}
    {%- endif -%}

    {%- do formatted_row.update({column_name: safe_cast(literal, column_type)}) -%}
  {%- endfor -%}
  {{ return(formatted_row) }}
{%- endmacro -%}


{%- macro validate_fixture_rows(rows, row_number) -%}
  {{ return(adapter.dispatch('validate_fixture_rows', 'dbt')(rows, row_number)) }}
{%- endmacro -%}

{%- macro default__validate_fixture_rows(rows, row_number) -%}
  {# nothing to check #}
{%- endmacro -%}
