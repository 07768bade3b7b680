{% materialization view, adapter='snowflake' -%}

  {% set original_query_tag = set_query_tag() %}
  {% set to_return = snowflake__create_or_replace_view() %}

  {#- the comments of columns are in the create statement -#}
  {% do persist_docs(to_return['relations'][0], model, for_columns=false) %}

  {% do unset_query_tag(original_query_tag) %}
  {{ return(to_return) }}

{%- endmaterialization %}
