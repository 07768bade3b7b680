{% materialization dynamic_table, adapter='snowflake' %}

    {% set query_tag = set_query_tag() %}

    {% set existing_relation = load_cached_relation(this) %}
    {% set target_relation = this.incorporate(
        type=this.DynamicTable, table_format=snowflake_table_format(adapter.build_catalog_relation(config.model))) %}

    {{ run_hooks(pre_hooks) }}

    {% set build_sql = dynamic_table_get_build_sql(existing_relation, target_relation) %}
    {% if build_sql == '' %}
        {{ dynamic_table_execute_no_op(target_relation) }}
    {% else %}
        {{ dynamic_table_execute_build_sql(build_sql, existing_relation, target_relation) }}
    {% endif %}

    {#- nobody else will do it for a table without a schedule -#}
    {% if target_relation.from_config(config.model).scheduler == 'DISABLE' %}
        {% do run_query(snowflake__refresh_dynamic_table(target_relation)) %}
    {% endif %}

    {{ run_hooks(post_hooks) }}

    {% do unset_query_tag(query_tag) %}

    {{ return({'relations': [target_relation]}) }}

{% endmaterialization %}


{% macro dynamic_table_get_build_sql(existing_relation, target_relation) %}
    {% if existing_relation is none %}
        {{ return(get_create_sql(target_relation, sql)) }}
    {% elif should_full_refresh() or not existing_relation.is_dynamic_table
            or existing_relation.is_iceberg_format != target_relation.is_iceberg_format %}
        {{ return(get_replace_sql(existing_relation, target_relation, sql)) }}
    {% endif %}

    {% set on_configuration_change = config.get('on_configuration_change') %}
    {% set changes = snowflake__get_dynamic_table_configuration_changes(existing_relation, config) %}

    {% if changes is none %}
        {{ exceptions.warn("No configuration changes were identified on: `" ~ target_relation ~ "`. Continuing.") }}
        {{ return('') }}
    {% elif on_configuration_change == 'apply' %}
        {{ return(snowflake__get_alter_dynamic_table_as_sql(existing_relation, changes, target_relation, sql)) }}
    {% elif on_configuration_change == 'continue' %}
        {{ exceptions.warn("Configuration changes were identified and `on_configuration_change` was set to `continue` for `" ~ target_relation ~ "`") }}
        {{ return('') }}
    {% elif on_configuration_change == 'fail' %}
        {{ exceptions.raise_fail_fast_error("Configuration changes were identified and `on_configuration_change` was set to `fail` for `" ~ target_relation ~ "`") }}
    {% else %}
        {{ exceptions.raise_compiler_error("Unexpected `on_configuration_change`: " ~ on_configuration_change ~ "; use apply, continue or fail") }}
    {% endif %}
{% endmacro %}


{% macro dynamic_table_execute_no_op(relation) %}
    {% do store_raw_result(name="main", message="skip " ~ relation, code="skip", rows_affected="-1") %}
{% endmacro %}


{% macro dynamic_table_execute_build_sql(build_sql, existing_relation, target_relation) %}
    {% set grant_config = config.get('grants') %}

    {% call statement(name="main") %}
        {{ build_sql }}
    {% endcall %}

    {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke(existing_relation, full_refresh_mode=True)) %}
    {% do persist_docs(target_relation, model) %}
{% endmacro %}
