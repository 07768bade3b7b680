{%- materialization test, default -%}

  {% set relations = [] %}
  {% set limit = config.get('limit') %}
  {% set sql_with_limit = get_limit_subquery_sql(sql, limit) %}

  {% if should_store_failures() %}

    {% set identifier = model['alias'] %}
    {% set old_relation = adapter.get_relation(database=database, schema=schema, identifier=identifier) %}

    {% set store_failures_as = config.get('store_failures_as') or 'table' %}
    {% if store_failures_as not in ('table', 'view') %}
      {{ exceptions.raise_compiler_error("'" ~ store_failures_as ~ "' is not a valid value for `store_failures_as`. Accepted values are: ['ephemeral', 'table', 'view']") }}
    {% endif %}

    {% set target_relation = api.Relation.create(
        identifier=identifier, schema=schema, database=database, type=store_failures_as) %}

    {% if old_relation %}
      {% do adapter.drop_relation(old_relation) %}
    {% endif %}

    {% call statement(auto_begin=True) %}
      {{ get_create_sql(target_relation, sql_with_limit) }}
    {% endcall %}

    {% do relations.append(target_relation) %}

    {#- what was found is asked of the relation, so that the two cannot differ -#}
    {% set main_sql %}
        select *
        from {{ target_relation.render() }}
    {% endset %}

    {{ adapter.commit() }}

  {% else %}
    {% set main_sql = sql_with_limit %}
  {% endif %}

  {#- A single select needs no transaction, so none is opened for it. -#}
  {% call statement('main', fetch_result=True, auto_begin=false) -%}
    {# the limit is in main_sql already #}
    {{ get_test_sql(main_sql, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), limit=none) }}
  {%- endcall %}

  {{ return({'relations': relations}) }}

{%- endmaterialization -%}
