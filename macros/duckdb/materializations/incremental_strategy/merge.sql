{% macro duckdb__get_incremental_merge_sql(args_dict) %}
  {% do validate_merge_config(config, args_dict["target_relation"]) %}
  {% do return(duckdb__get_merge_sql(
      args_dict["target_relation"], args_dict["temp_relation"], args_dict["unique_key"],
      args_dict["dest_columns"], args_dict["incremental_predicates"])) %}
{% endmacro %}


{% macro duckdb__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {%- set clauses = config.get('merge_clauses') -%}
  {%- if not clauses -%}
    {%- set clauses = merge_clause_defaults(
          config.get('merge_update_condition'),
          config.get('merge_insert_condition'),
          config.get('merge_update_columns', []) or [],
          config.get('merge_exclude_columns', []) or [],
          config.get('merge_update_set_expressions', {}) or {}) -%}
    {#- without a key nothing can match -#}
    {%- if not unique_key and not config.get('merge_on_using_columns') -%}
      {%- do clauses.pop('when_matched') -%}
    {%- endif -%}
  {%- endif -%}
  {%- set returning = config.get('merge_returning_columns', []) or [] -%}
  {%- set sql_header = config.get('sql_header', none) -%}

  {{ sql_header if sql_header is not none }}

    MERGE INTO {{ target }} AS DBT_INTERNAL_DEST
    USING {{ source }} AS DBT_INTERNAL_SOURCE
    {{ duckdb__merge_join_clause(unique_key, config.get('merge_on_using_columns'), incremental_predicates) }}
    {%- for clause in clauses.get('when_matched') or [] %}
    WHEN MATCHED {{- duckdb_merge_condition(clause) }} THEN {{ duckdb_merge_action(clause, dest_columns, 'update') }}
    {%- endfor %}
    {%- for clause in clauses.get('when_not_matched') or [] %}
    WHEN NOT MATCHED {{- ' BY ' ~ clause.get('by') | upper if clause.get('by') }} {{- duckdb_merge_condition(clause) }} THEN {{ duckdb_merge_action(clause, dest_columns, 'insert') }}
    {%- endfor %}
    {%- if returning %}
    RETURNING {{ returning if returning is string else returning | join(', ') }}
    {%- endif %}
{%- endmacro %}


{% macro duckdb__merge_join_clause(unique_key, merge_on_using_columns, incremental_predicates) -%}
  {%- if merge_on_using_columns -%}
    USING ({{ merge_on_using_columns if merge_on_using_columns is string else merge_on_using_columns | join(', ') }})
  {%- else -%}
    {%- set conditions = [] -%}
    {%- for key in normalize_string_or_list(unique_key or none, 'unique_key') -%}
      {%- do conditions.append("DBT_INTERNAL_SOURCE." ~ key ~ " = DBT_INTERNAL_DEST." ~ key) -%}
    {%- else -%}
      {%- do conditions.append("FALSE") -%}
    {%- endfor -%}
    {%- for predicate in normalize_incremental_predicates(incremental_predicates) -%}
      {%- do conditions.append(predicate) -%}
    {%- endfor -%}
    ON ({{ conditions | join(") AND (") }})
  {%- endif -%}
{%- endmacro %}


{#- The clauses that the plain merge_* configs stand for. -#}
{% macro merge_clause_defaults(merge_update_condition, merge_insert_condition, merge_update_columns=[], merge_exclude_columns=[], merge_update_set_expressions={}) %}
  {% set matched = {'action': 'update', 'mode': 'by_name'} %}
  {% if merge_update_condition %}
    {% do matched.update({'condition': merge_update_condition}) %}
  {% endif %}
  {% if merge_update_columns or merge_exclude_columns or merge_update_set_expressions %}
    {% do matched.update({'mode': 'explicit', 'update': {
        'include': merge_update_columns,
        'exclude': merge_exclude_columns,
        'set_expressions': merge_update_set_expressions
    }}) %}
  {% endif %}

  {% set not_matched = {'action': 'insert', 'mode': 'by_name'} %}
  {% if merge_insert_condition %}
    {% do not_matched.update({'condition': merge_insert_condition}) %}
  {% endif %}
  {{ return({'when_matched': [matched], 'when_not_matched': [not_matched]}) }}
{% endmacro %}


{% macro duckdb_merge_condition(clause) -%}
  {%- set conditions = normalize_string_or_list(clause.get('condition'), 'condition') -%}
  {%- if conditions %} AND {{ "(" ~ conditions | join(") AND (") ~ ")" if conditions | length > 1 else conditions[0] }}{% endif -%}
{%- endmacro %}


{#- One clause's action: {action, mode, update: {include, exclude, set_expressions},
    insert: {columns, values}, error_message}. -#}
{% macro duckdb_merge_action(clause, dest_columns, default_action) -%}
  {%- set action = clause.get('action', default_action) | lower -%}
  {%- set spelt_out = clause.get('update') or clause.get('insert') or clause.get('set_expressions') -%}
  {%- set mode = clause.get('mode') or ('explicit' if spelt_out else 'by_name') -%}
  {%- set modes = {'by_name': ' BY NAME', 'by_position': ' BY POSITION', 'star': ' *'} -%}
  {%- if action == 'update' -%}
    {%- if mode in modes -%}
      UPDATE{{ ' SET *' if mode == 'star' else modes[mode] }}
    {%- else -%}
      UPDATE SET {{ duckdb_merge_assignments(clause, dest_columns) }}
    {%- endif -%}
  {%- elif action == 'insert' -%}
    {%- set insert = clause.get('insert') or {} -%}
    {%- if mode in modes -%}
      INSERT{{ modes[mode] }}
    {%- else -%}
      {%- set names = insert.get('columns') or dest_columns | map(attribute='quoted') | list -%}
      {%- set values = insert.get('values') or [] -%}
      {%- if not values -%}
        {%- for name in names -%}
          {%- do values.append("DBT_INTERNAL_SOURCE." ~ name) -%}
        {%- endfor -%}
      {%- endif -%}
      INSERT ({{ names | join(', ') }}) VALUES ({{ values | join(', ') }})
    {%- endif -%}
  {%- elif action == 'error' -%}
    ERROR{{ " '" ~ clause.get('error_message') | replace("'", "''") ~ "'" if clause.get('error_message') }}
  {%- else -%}
    {{ action | replace('_', ' ') | upper }}
  {%- endif -%}
{%- endmacro %}


{% macro duckdb_merge_assignments(clause, dest_columns) -%}
  {%- set update = clause.get('update') or {} -%}
  {%- set expressions = update.get('set_expressions') or clause.get('set_expressions') or {} -%}
  {%- set include = update.get('include') or [] -%}
  {%- set exclude = (update.get('exclude') or []) | map('lower') | list -%}
  {%- set given = expressions.keys() | map('lower') | list -%}
  {%- set assignments = [] -%}

  {%- for name, expression in expressions.items() -%}
    {%- do assignments.append(name ~ " = " ~ expression) -%}
  {%- endfor -%}
  {%- if include -%}
    {%- for name in include if name | lower not in given -%}
      {%- do assignments.append(name ~ " = DBT_INTERNAL_SOURCE." ~ name) -%}
    {%- endfor -%}
  {%- elif exclude or not expressions -%}
    {%- for column in dest_columns if column.name | lower not in given and column.name | lower not in exclude -%}
      {%- do assignments.append(column.quoted ~ " = DBT_INTERNAL_SOURCE." ~ column.quoted) -%}
    {%- endfor -%}
  {%- endif -%}
  {{ assignments | join(', ') }}
{%- endmacro %}
