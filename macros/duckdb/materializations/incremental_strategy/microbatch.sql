{#- Replaces the rows of one batch. -#}
{% macro duckdb__get_incremental_microbatch_sql(arg_dict) %}
  {%- set target = arg_dict["target_relation"] -%}
  {%- set source = arg_dict["temp_relation"] -%}
  {%- set dest_cols_csv = get_quoted_csv(arg_dict["dest_columns"] | map(attribute="name")) -%}
  {%- set event_time = config.get('event_time') -%}

  {%- if not event_time -%}
    {{ exceptions.raise_compiler_error("microbatch incremental strategy requires an 'event_time' config.") }}
  {%- endif -%}
  {%- if arg_dict["unique_key"] -%}
    {{ exceptions.raise_compiler_error("microbatch incremental strategy does not support 'unique_key'. Microbatch runs delete+insert per batch based on 'event_time' and does not do key-based upserts. Remove 'unique_key' or use incremental_strategy='merge'.") }}
  {%- endif -%}

  {%- set start = config.get("__dbt_internal_microbatch_event_time_start") -%}
  {%- set end = config.get("__dbt_internal_microbatch_event_time_end") -%}
  {%- if (not start or not end) and model.batch -%}
    {%- set start, end = model.batch.event_time_start, model.batch.event_time_end -%}
  {%- endif -%}
  {%- if not start or not end -%}
    {{ exceptions.raise_compiler_error("microbatch incremental strategy could not tell the start and end of the batch.") }}
  {%- endif -%}

  {%- set window -%}
    {{ event_time }} >= '{{ start }}' and {{ event_time }} < '{{ end }}'
  {%- endset %}
    delete from {{ target }}
    where {{ window }}
    {%- for predicate in arg_dict["incremental_predicates"] or [] %}
      and ({{ predicate }})
    {%- endfor %};

    insert into {{ target }} ({{ dest_cols_csv }})
    select {{ dest_cols_csv }}
    from {{ source }}
    where {{ window }};
{% endmacro %}
