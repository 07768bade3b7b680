{#- Says at the end of a run how many nodes there were and how many went wrong. -#}
{% macro run_note(results) %}
    {%- if execute -%}
        {%- set bad = results | selectattr('status', 'in', ['error', 'fail']) | list -%}
        {{- log('shop (' ~ target.name ~ '): ' ~ results | length ~ ' nodes, ' ~ bad | length ~ ' in trouble', info=true) -}}
    {%- endif -%}
{% endmacro %}
