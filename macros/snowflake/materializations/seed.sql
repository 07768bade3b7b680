{% materialization seed, adapter='snowflake' %}
  {% set original_query_tag = set_query_tag() %}
  {% set relations = materialization_seed_default() %}
  {% do unset_query_tag(original_query_tag) %}
  {{ return(relations) }}
{% endmaterialization %}


{#- Old rows go away in the statement that brings the new ones, so nobody sees an empty
    table; only where there are no new ones is it emptied here. -#}
{% macro snowflake__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
  {% if full_refresh %}
    {{ adapter.drop_relation(old_relation) }}
    {{ return(create_csv_table(model, agate_table)) }}
  {% elif agate_table.rows | length == 0 %}
    {{ adapter.truncate_relation(old_relation) }}
    {{ return("truncate table " ~ old_relation.render()) }}
  {% endif %}
  {{ return("-- the rows of " ~ old_relation.render() ~ " are overwritten") }}
{% endmacro %}


{% macro snowflake__load_csv_rows(model, agate_table) %}
  {% set cols_sql = get_seed_column_quoted_csv(model, agate_table.column_names) %}
  {% if agate_table.rows | length == 0 %}
    {% set statement = "insert overwrite into " ~ this.render() ~ " (" ~ cols_sql ~ ") select " ~ cols_sql ~ " from " ~ this.render() ~ " where false" %}
    {% do adapter.add_query(statement, auto_begin=False) %}
    {{ return(statement) }}
  {% endif %}

  {% set transaction = not snowflake__is_catalog_linked_database(relation=model) %}
  {% if transaction %}
    {% do adapter.add_query('BEGIN', auto_begin=False) %}
  {% endif %}
  {#- delete, not truncate: that would commit -#}
  {% do adapter.add_query('delete from ' ~ this.render(), auto_begin=False) %}
  {% set rows = adapter.load_rows(this, agate_table, model['config'].get('column_types', {})) %}
  {% if transaction %}
    {% do adapter.add_query('COMMIT', auto_begin=False) %}
  {% endif %}
  {{ return("insert overwrite into " ~ this.render() ~ " (" ~ cols_sql ~ ") values -- " ~ rows ~ " rows") }}
{% endmacro %}
