{% macro bigquery__snapshot_hash_arguments(args) -%}
  to_hex(md5(concat(
    {%- for arg in args -%}
      coalesce(cast({{ arg }} as string), ''){{ ", '|'," if not loop.last }}
    {%- endfor -%}
  )))
{%- endmacro %}

{% macro bigquery__create_columns(relation, columns) %}
  {% do adapter.alter_table_add_columns(relation, columns) %}
{% endmacro %}

{% macro bigquery__post_snapshot(staging_relation) %}
  -- it is a table like any other, and would stay
  {% do adapter.drop_relation(staging_relation) %}
{% endmacro %}
