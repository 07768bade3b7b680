{#- Everything that is wrong with the merge configs, told at once. -#}
{% macro validate_merge_config(config, target_relation=none) %}
  {% set errors = [] %}
  {% set basic = {
      'merge_update_condition': validate_string_field,
      'merge_insert_condition': validate_string_field,
      'merge_on_using_columns': validate_string_list_field,
      'merge_update_columns': validate_string_list_field,
      'merge_exclude_columns': validate_string_list_field,
      'merge_returning_columns': validate_string_list_field,
      'merge_update_set_expressions': validate_dict_field
  } %}
  {% for name, check in basic.items() %}
    {% do check(config.get(name), name, errors) %}
  {% endfor %}

  {% do validate_merge_clauses(config, [
      'merge_update_condition', 'merge_insert_condition', 'merge_update_columns',
      'merge_exclude_columns', 'merge_update_set_expressions'], errors) %}

  {% if target_relation is not none and adapter.is_ducklake(target_relation) %}
    {% do validate_ducklake_restrictions(config, target_relation, errors) %}
  {% endif %}

  {% if errors %}
    {% do exceptions.raise_compiler_error("MERGE configuration errors:\n  " ~ errors | join("\n  ")) %}
  {% endif %}
{% endmacro %}


{% macro validate_merge_clauses(config, base_configuration_fields, errors) %}
  {% set clauses = config.get('merge_clauses') %}
  {% if clauses is none or clauses is undefined %}
    {{ return('') }}
  {% endif %}
  {% if clauses is not mapping %}
    {% do errors.append("merge_clauses must be a dictionary, found: " ~ clauses) %}
    {{ return('') }}
  {% endif %}

  {% if 'when_matched' not in clauses and 'when_not_matched' not in clauses %}
    {% do errors.append("merge_clauses must contain at least one of 'when_matched' or 'when_not_matched' keys") %}
  {% endif %}
  {% for clause_type in ('when_matched', 'when_not_matched') if clause_type in clauses %}
    {% do validate_merge_clause_list(clauses, clause_type, errors) %}
  {% endfor %}

  {% for name in base_configuration_fields if config.get(name) %}
    {% do errors.append("merge_clauses replaces the basic configurations, so that " ~ name ~ " would be ignored; use one or the other") %}
  {% endfor %}
{% endmacro %}


{% macro validate_merge_clause_list(merge_clauses, clause_type, errors) %}
  {% set clauses = merge_clauses.get(clause_type) %}
  {% if clauses is string or clauses is mapping or clauses is not sequence %}
    {% do errors.append("merge_clauses." ~ clause_type ~ " must be a list, found: " ~ clauses) %}
  {% elif clauses | length == 0 %}
    {% do errors.append("merge_clauses." ~ clause_type ~ " must contain at least one element") %}
  {% else %}
    {% for clause in clauses if clause is not mapping %}
      {% do errors.append("merge_clauses." ~ clause_type ~ " elements must be dictionaries, found: " ~ clause) %}
    {% endfor %}
  {% endif %}
{% endmacro %}


{% macro validate_ducklake_restrictions(config, target_relation, errors) %}
  {% if config.get('merge_returning_columns') %}
    {% do errors.append("merge_returning_columns is not supported on DuckLake") %}
  {% endif %}
  {% set clauses = config.get('merge_clauses') %}
  {% if clauses is mapping %}
    {% set changes = [] %}
    {% for clause in (clauses.get('when_matched') or []) + (clauses.get('when_not_matched') or []) if clause is mapping %}
      {% if clause.get('action') in ('update', 'delete') %}
        {% do changes.append(clause.get('action')) %}
      {% endif %}
    {% endfor %}
    {% if changes | length > 1 %}
      {% do errors.append("DuckLake takes one UPDATE or DELETE action in a merge, found: " ~ changes | join(', ')) %}
    {% endif %}
  {% endif %}
{% endmacro %}


{% macro validate_string_field(field_value, field_name, errors) %}
  {% if field_value is defined and field_value is not none and field_value is not string %}
    {% do errors.append(field_name ~ " must be a string, found: " ~ field_value) %}
  {% endif %}
{% endmacro %}


{% macro validate_string_list_field(field_value, field_name, errors) %}
  {% if field_value is defined and field_value is not none %}
    {% if field_value is string or field_value is mapping or field_value is not sequence %}
      {% do errors.append(field_name ~ " must be a list, found: " ~ field_value) %}
    {% else %}
      {% for item in field_value if item is not string %}
        {% do errors.append(field_name ~ " elements must be strings, found: " ~ item) %}
      {% endfor %}
    {% endif %}
  {% endif %}
{% endmacro %}


{% macro validate_dict_field(field_value, field_name, errors) %}
  {% if field_value is defined and field_value is not none and field_value is not mapping %}
    {% do errors.append(field_name ~ " must be a dictionary, found: " ~ field_value) %}
  {% endif %}
{% endmacro %}
