{% macro postgres__any_value(expression) -%}
    min({{ expression }})
{%- endmacro %}


{% macro postgres__dateadd(datepart, interval, from_date_or_timestamp) %}

    {{ from_date_or_timestamp }} + ((interval '1 {{ datepart }}') * ({{ interval }}))

{% endmacro %}


{#- How many boundaries of datepart lie between the two; smaller parts count on from
    the next larger one. -#}
{% macro postgres__datediff(first_date, second_date, datepart) -%}
    {%- set calendar = {'quarter': ('year', 4), 'month': ('year', 12)} -%}
    {%- set clock = {
        'hour': ('day', 24, false), 'minute': ('hour', 60, false), 'second': ('minute', 60, true),
        'millisecond': ('minute', 60000, true), 'microsecond': ('minute', 60000000, true)
    } -%}
    {%- if datepart == 'year' %}
        (date_part('year', ({{ second_date }})::date) - date_part('year', ({{ first_date }})::date))
    {% elif datepart in calendar %}
        {%- set larger, factor = calendar[datepart] %}
        ({{ dbt.datediff(first_date, second_date, larger) }} * {{ factor }} + date_part('{{ datepart }}', ({{ second_date }})::date) - date_part('{{ datepart }}', ({{ first_date }})::date))
    {% elif datepart == 'day' %}
        (({{ second_date }})::date - ({{ first_date }})::date)
    {% elif datepart == 'week' %}
        ({{ dbt.datediff(first_date, second_date, 'day') }} / 7 + case
            when date_part('dow', ({{ first_date }})::timestamp) <= date_part('dow', ({{ second_date }})::timestamp) then
                case when {{ first_date }} <= {{ second_date }} then 0 else -1 end
            else
                case when {{ first_date }} <= {{ second_date }} then 1 else 0 end
        end)
    {% elif datepart in clock %}
        {%- set larger, factor, fractions = clock[datepart] %}
        {%- set open, close = ("floor(", ")") if fractions else ("", "") %}
        ({{ dbt.datediff(first_date, second_date, larger) }} * {{ factor }} + {{ open }}date_part('{{ datepart }}', ({{ second_date }})::timestamp){{ close }} - {{ open }}date_part('{{ datepart }}', ({{ first_date }})::timestamp){{ close }})
    {% else -%}
        {{ exceptions.raise_compiler_error("Unsupported datepart for macro datediff in postgres: '" ~ datepart ~ "'") }}
    {%- endif -%}
{%- endmacro %}


{% macro postgres__equals(expr1, expr2) -%}
  {%- if adapter.behavior.enable_truthy_nulls_equals_macro.no_warn -%}
    ({{ expr1 }} IS NOT DISTINCT FROM {{ expr2 }})
  {%- else -%}
    ({{ expr1 }} = {{ expr2 }})
  {%- endif -%}
{%- endmacro %}


{% macro postgres__last_day(date, datepart) -%}
    {%- if datepart == 'quarter' -%}
    -- postgres dateadd does not support quarter interval.
    cast(
        {{ dbt.dateadd('day', '-1', dbt.dateadd('month', '3', dbt.date_trunc(datepart, date))) }}
        as date)
    {%- else -%}
    {{ dbt.default_last_day(date, datepart) }}
    {%- endif -%}
{%- endmacro %}


{% macro postgres__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    {%- if limit_num -%}
    array_to_string(
        (array_agg(
            {{ measure }}
            {{ order_by_clause if order_by_clause }}
        ))[1:{{ limit_num }}],
        {{ delimiter_text }}
        )
    {%- else %}
    string_agg(
        {{ measure }},
        {{ delimiter_text }}
        {{ order_by_clause if order_by_clause }}
        )
    {%- endif -%}
{%- endmacro %}


{% macro postgres__split_part(string_text, delimiter_text, part_number) %}

  {% if part_number >= 0 %}
    {{ dbt.default__split_part(string_text, delimiter_text, part_number) }}
  {% else %}
    {{ dbt._split_part_negative(string_text, delimiter_text, part_number) }}
  {% endif %}

{% endmacro %}
