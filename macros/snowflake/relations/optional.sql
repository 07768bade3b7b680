{#- One clause of a statement on a line of its own; nothing where there is no value.
    An opening parenthesis as quote_char is closed by its partner. -#}
{% macro optional(name, value, quote_char='', equals_char='= ') %}
{%- if value is not none -%}
{{ name }} {{ equals_char }}{{ quote_char }}{{ value }}{{ ")" if quote_char == "(" else quote_char }}
{%- endif %}
{% endmacro %}


{#- What stands between name and query of anything that is created. -#}
{% macro snowflake_policies(row_access_policy, table_tag) %}
    {%- if row_access_policy %}
    with row access policy {{ row_access_policy }}
    {%- endif %}
    {%- if table_tag %}
    with tag ({{ table_tag }})
    {%- endif %}
{% endmacro %}

{% macro snowflake_csv(columns) %}
  {{ return(columns if columns is none or columns is string else columns | join(', ')) }}
{% endmacro %}
