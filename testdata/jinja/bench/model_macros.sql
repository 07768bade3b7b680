{% macro cents_to_dollars(name, digits=2) %}round({{ name }} / 100, {{ digits }}){% endmacro %}

{% macro key(names) %}
  md5({% for n in names %}{{ n }}{% if not loop.last %} || {% endif %}{% endfor %})
{% endmacro %}
