{#- A column's comment as it stands in DDL. The docs may have the name in any case. -#}
{% macro get_column_comment_sql(column_name, column_dict) -%}
  {%- set found = namespace(text='') -%}
  {%- for name in [column_name, column_name | lower, column_name | upper] if name in column_dict -%}
    {%- set found.text = column_dict[name].get('description') or '' -%}
  {%- endfor -%}
  {{ adapter.quote(column_name) }} COMMENT $${{ found.text | replace('$', '[$]') }}$$
{%- endmacro %}

{% macro get_persist_docs_column_list(model_columns, query_columns) %}
    (
    {% for column_name in query_columns %}
        {{ get_column_comment_sql(column_name, model_columns) }}
        {{- ", " if not loop.last else "" }}
    {% endfor %}
    )
{% endmacro %}


{% macro snowflake__alter_relation_comment(relation, relation_comment) -%}
  {%- set text = relation_comment | replace('$', '[$]') -%}
  {%- if relation.is_iceberg_format %}
    alter iceberg table {{ relation.render() }} set comment = $${{ text }}$$;
  {%- else %}
    comment on {{ relation.type | replace('_', ' ') }} {{ relation.render() }} IS $${{ text }}$$;
  {%- endif -%}
{% endmacro %}

{#- Every column is in the statement: a comment that was taken out of the docs goes too. -#}
{% macro snowflake__alter_column_comment(relation, column_dict) -%}
  {%- set existing = adapter.get_columns_in_relation(relation) | map(attribute="name") | list -%}
    alter {{ "iceberg table" if relation.is_iceberg_format else relation.type | replace('_', ' ') }} {{ relation.render() }} alter
    {% for column_name in existing %}
        {{ get_column_comment_sql(column_name, column_dict) }} {{- ',' if not loop.last else ';' }}
    {% endfor %}
{% endmacro %}

{% macro snowflake__persist_docs(relation, model, for_relation, for_columns) -%}
  {% if for_relation and config.persist_relation_docs() and model.description %}
    {% do run_query(alter_relation_comment(relation, model.description)) %}
  {% endif %}

  {% if for_columns and config.persist_column_docs() and model.columns %}
    {% do run_query(alter_column_comment(relation, model.columns)) %}
  {% endif %}
{% endmacro %}
