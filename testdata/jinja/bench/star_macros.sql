{%- macro star(columns, alias=false, except=[], prefix='') -%}
    {%- set except = except | map("lower") | list %}
    {%- set kept = [] %}
    {%- for col in columns %}
        {%- if col.name | lower not in except %}{% do kept.append(col.name) %}{% endif %}
    {%- endfor %}
    {%- for name in kept %}
        {%- if alias %}{{ alias }}.{% endif %}"{{ name | trim }}"{% if prefix %} as "{{ prefix ~ name }}"{% endif %}{% if not loop.last %},{{ '\n  ' }}{% endif %}
    {%- endfor -%}
{%- endmacro -%}
