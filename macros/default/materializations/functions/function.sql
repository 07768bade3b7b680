{% materialization function, default, supported_languages=['sql', 'python', 'javascript'] %}
  {% set existing_relation = load_cached_relation(this) %}
  {% set target_relation = this.incorporate(type=this.Function) %}

  {{ run_hooks(pre_hooks) }}

  {#- such as scalar_function_sql -#}
  {% set macro_name = this.get_function_macro_name(this.get_function_config(model)) %}
  {% set build_sql = adapter.dispatch(macro_name, 'dbt')(target_relation) %}

  {{ function_execute_build_sql(build_sql, existing_relation, target_relation) }}

  {{ run_hooks(post_hooks) }}

  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
