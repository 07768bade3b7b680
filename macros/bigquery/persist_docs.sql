{#- Fields of records have docs too, by their dotted names; so has every record itself. -#}
{% macro bigquery__persist_docs(relation, model, for_relation, for_columns) -%}
  {% if for_relation and config.persist_relation_docs() and model.description %}
    {% do alter_relation_comment(relation, model.description) %}
  {% endif %}

  {% if for_columns and config.persist_column_docs() and model.columns %}
    {% set names = [] %}
    {% for column in adapter.get_columns_in_relation(relation) %}
      {% for leaf in column.flatten() %}
        {% set parts = leaf.name.split('.') %}
        {% for n in range(1, parts | length + 1) if parts[:n] | join('.') not in names %}
          {% do names.append(parts[:n] | join('.')) %}
        {% endfor %}
      {% endfor %}
    {% endfor %}
    {% do alter_column_comment(relation, validate_doc_columns(relation, model.columns, names)) %}
  {% endif %}
{% endmacro %}

{% macro bigquery__alter_relation_comment(relation, relation_comment) -%}
  {% if not adapter.behavior.bigquery_noop_alter_relation_comment.no_warn %}
    {% do adapter.update_table_description(relation.database, relation.schema, relation.identifier, relation_comment) %}
  {% endif %}
{% endmacro %}

{% macro bigquery__alter_column_comment(relation, column_dict) -%}
  {% do adapter.update_columns(relation, column_dict) %}
{% endmacro %}


{% macro bigquery_update_table_description(database, schema, identifier, description) %}
  {% set relation = load_cached_relation(api.Relation.create(database=database, schema=schema, identifier=identifier)) %}
  {% set kind = relation.type | replace('_', ' ') if relation is not none and relation.type else 'table' %}
  {% do run_query("alter " ~ kind ~ " " ~ api.Relation.create(database=database, schema=schema, identifier=identifier).render()
                  ~ " set options (description = " ~ tojson(description) ~ ")") %}
{% endmacro %}

{% macro bigquery_update_columns(relation, columns) %}
  {% set changes = [] %}
  {% for name, column in columns.items() if column.get('description') %}
    {% set quoted = [] %}
    {% for part in name.split('.') %}
      {% do quoted.append(adapter.quote(part)) %}
    {% endfor %}
    {% do changes.append("alter column " ~ quoted | join('.') ~ " set options (description = " ~ tojson(column['description']) ~ ")") %}
  {% endfor %}
  {% if changes %}
    {% do run_query("alter " ~ (relation.type or 'table') | replace('_', ' ') ~ " " ~ relation.render() ~ " " ~ changes | join(", ")) %}
  {% endif %}
{% endmacro %}
