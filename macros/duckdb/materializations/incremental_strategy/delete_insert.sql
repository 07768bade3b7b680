{% macro duckdb__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) -%}
  {%- set dest_cols_csv = get_quoted_csv(dest_columns | map(attribute="name")) -%}

  {% if unique_key and unique_key is not string %}
    delete from {{ target }} as DBT_INCREMENTAL_TARGET
    using {{ source }}
    where (
      {%- for key in unique_key %}
      {{ source }}.{{ key }} = DBT_INCREMENTAL_TARGET.{{ key }}
      {{- " and" if not loop.last }}
      {%- endfor %}
      {%- for predicate in incremental_predicates or [] %}
      and {{ predicate }}
      {%- endfor %}
    );
  {% elif unique_key %}

            delete from {{ target }}
            where (
                {{ unique_key }}) in (
                select ({{ unique_key }})
                from {{ source }}
            )
            {%- for predicate in incremental_predicates or [] %}
                and {{ predicate }}
            {%- endfor %};
  {% endif %}

    insert into {{ target }} ({{ dest_cols_csv }})
    (
        select {{ dest_cols_csv }}
        from {{ source }}
    )
{%- endmacro %}


{#- One text is taken for a list of one. -#}
{% macro normalize_incremental_predicates(incremental_predicates) %}
  {{ return(normalize_string_or_list(incremental_predicates, 'incremental_predicates')) }}
{% endmacro %}

{% macro normalize_string_or_list(raw, field_name) %}
  {% if raw is none or raw is undefined %}
    {{ return([]) }}
  {% elif raw is string %}
    {{ return([raw]) }}
  {% elif raw is sequence and raw is not mapping %}
    {{ return(raw | list) }}
  {% endif %}
  {% do exceptions.raise_compiler_error(field_name ~ " must be a string or a list of strings, found: " ~ raw) %}
{% endmacro %}
