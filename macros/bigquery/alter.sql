{% macro bigquery__alter_relation_add_columns(relation, add_columns) %}
  {% set changes = [] %}
  {% for column in add_columns %}
    {% do changes.append("add column " ~ adapter.quote(column.name) ~ " " ~ column.data_type) %}
  {% endfor %}
  {{ return(run_query("alter " ~ relation.type ~ " " ~ relation.render() ~ " " ~ changes | join(", "))) }}
{% endmacro %}

{% macro bigquery__alter_relation_drop_columns(relation, drop_columns) %}
  {% set changes = [] %}
  {% for column in drop_columns %}
    {% do changes.append("drop column " ~ adapter.quote(column.name)) %}
  {% endfor %}
  {{ return(run_query("alter " ~ relation.type ~ " " ~ relation.render() ~ " " ~ changes | join(", "))) }}
{% endmacro %}

{% macro bigquery__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}
  {% do adapter.alter_table_add_remove_columns(relation, add_columns, remove_columns) %}
{% endmacro %}

{#- A field inside of a record cannot be dropped. -#}
{% macro bigquery_alter_table_add_remove_columns(relation, add_columns, remove_columns) %}
  {% set nested = [] %}
  {% set droppable = [] %}
  {% for column in remove_columns or [] %}
    {% do (nested if '.' in column.name else droppable).append(column) %}
  {% endfor %}
  {% if nested %}
    {% do exceptions.warn("In relation " ~ relation.render() ~ ": BigQuery cannot drop fields of records: " ~ nested | map(attribute='name') | join(", ")) %}
  {% endif %}
  {% if droppable %}
    {% do bigquery__alter_relation_drop_columns(relation, droppable) %}
  {% endif %}
  {% if add_columns %}
    {% do bigquery__alter_relation_add_columns(relation, add_columns) %}
  {% endif %}
{% endmacro %}


{#- Types cannot be changed in place, so the table is written anew. -#}
{% macro bigquery__alter_column_type(relation, column_name, new_column_type) -%}
  {% set select_sql %}
    select
    {%- for column in adapter.get_columns_in_relation(relation) %}
      {% if column.column == column_name -%}
      CAST({{ column.quoted }} AS {{ new_column_type }}) AS {{ column.quoted }}
      {%- else -%}
      {{ column.quoted }}
      {%- endif -%}
      {{ "," if not loop.last }}
    {%- endfor %}
    from {{ relation.render() }}
  {% endset %}
  {% call statement('alter_column_type') %}
    {{ create_table_as(False, relation, select_sql) }}
  {% endcall %}
{% endmacro %}


{% macro bigquery__check_for_schema_changes(source_relation, target_relation) %}
  {{ return(default__check_for_schema_changes(source_relation, target_relation)) }}
{% endmacro %}

{% macro bigquery__process_schema_changes(on_schema_change, source_relation, target_relation) %}
  {{ return(default__process_schema_changes(on_schema_change, source_relation, target_relation)) }}
{% endmacro %}

{#- Records grow from inside; what that took care of is no change any more. -#}
{% macro bigquery__sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}
  {% set changes = adapter.sync_struct_columns(on_schema_change, schema_changes_dict.get('source_relation'), target_relation, schema_changes_dict) %}
  {{ default__sync_column_schemas(on_schema_change, target_relation, changes or schema_changes_dict) }}
{% endmacro %}
