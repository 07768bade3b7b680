{% macro duckdb__get_binding_char() %}
  {{ return(adapter.get_binding_char()) }}
{% endmacro %}

{% macro duckdb__get_batch_size() %}
  {{ return(10000) }}
{% endmacro %}


{#- DuckDB reads the file itself unless config fast is false. -#}
{% macro duckdb__load_csv_rows(model, agate_table) %}
  {% if not config.get('fast', true) %}
    {{ return(default__load_csv_rows(model, agate_table)) }}
  {% endif %}

  {% set delimiter = config.get('delimiter', ',') or ',' %}
  {% set sql %}
    COPY {{ this.render() }} FROM '{{ adapter.get_seed_file_path(model) | replace("'", "''") }}' (FORMAT CSV, HEADER TRUE, DELIMITER '{{ delimiter | replace("'", "''") }}')
  {% endset %}
  {% do adapter.add_query(sql, bindings=none, abridge_sql_log=True) %}
  {{ return(sql) }}
{% endmacro %}
