{% macro snowflake__array_construct(inputs, data_type) -%}
    array_construct( {{ inputs | join(' , ') }} )
{%- endmacro %}


{% macro snowflake__bool_or(expression) -%}
    boolor_agg({{ expression }})
{%- endmacro %}


{% macro snowflake__cast(field, type) %}
    {%- if type | lower in ('geography', 'geometry') %}
    to_{{ type | lower }}({{ field }})
    {% else %}
    cast({{ field }} as {{ type }})
    {% endif -%}
{% endmacro %}


{#- try_cast reads text only, and neither knows variants nor shapes. -#}
{% macro snowflake__safe_cast(field, type) %}
    {% if type | lower in ('geography', 'geometry') -%}
    try_to_{{ type | lower }}({{ field }})
    {% elif type | lower == 'variant' %}
    cast({{ field }} as {{ type }})
    {# there is no try_cast to it #}
    {% else %}
        {%- set field = "'" ~ field ~ "'" if field is number else field %}
        try_cast({{ field }} as {{ type }})
    {% endif -%}
{% endmacro %}


{% macro snowflake__equals(expr1, expr2) -%}
  {%- if adapter.behavior.enable_truthy_nulls_equals_macro.no_warn -%}
    ({{ expr1 }} IS NOT DISTINCT FROM {{ expr2 }})
  {%- else -%}
    ({{ expr1 }} = {{ expr2 }})
  {%- endif -%}
{%- endmacro %}


{% macro snowflake__escape_single_quotes(expression) -%}
{{ expression | replace("'", "\\'") }}
{%- endmacro %}


{#- The function gives all of the text for a length of 0. -#}
{% macro snowflake__right(string_text, length_expression) %}

    case when {{ length_expression }} = 0
        then ''
    else
        right(
            {{ string_text }},
            {{ length_expression }}
        )
    end
{%- endmacro -%}
