{#- Only changes that need no new table come here as they are. -#}
{% macro snowflake__get_alter_dynamic_table_as_sql(existing_relation, configuration_changes, target_relation, sql) -%}
    {% if configuration_changes.requires_full_refresh %}
        {{- log('Applying REPLACE to: ' ~ existing_relation) -}}
        {{- get_replace_sql(existing_relation, target_relation, sql) -}}
    {% else %}
        {{- log('Applying ALTER to: ' ~ existing_relation) -}}
        {%- set statements = [] -%}
        {%- set settings = [] -%}
        {%- for name, quote_char in [('target_lag', "'"), ('snowflake_warehouse', ''), ('snowflake_initialization_warehouse', ''), ('scheduler', "'")] -%}
            {%- set change = configuration_changes[name] -%}
            {%- set word = name | replace('snowflake_', '') -%}
            {%- if change -%}
                {{- log('Applying UPDATE ' ~ word | upper ~ ' to: ' ~ existing_relation ~ ' with new value: ' ~ change.context) -}}
                {%- if change.context is none -%}
                    {%- do statements.append('unset ' ~ word) -%}
                {%- else -%}
                    {%- do settings.append(word ~ ' = ' ~ quote_char ~ change.context ~ quote_char) -%}
                {%- endif -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if settings -%}
            {%- do statements.insert(0, 'set ' ~ settings | join(' ')) -%}
        {%- endif -%}
        {%- if configuration_changes.immutable_where -%}
            {%- set condition = configuration_changes.immutable_where.context -%}
            {%- do statements.append('set immutable where (' ~ condition ~ ')' if condition is not none else 'unset immutable') -%}
        {%- endif -%}
        {%- if configuration_changes.cluster_by -%}
            {%- set keys = configuration_changes.cluster_by.context -%}
            {%- do statements.append('cluster by (' ~ keys ~ ')' if keys is not none else 'drop clustering key') -%}
        {%- endif -%}
        {%- for statement in statements %}
        alter dynamic table {{ existing_relation }} {{ statement }}{{ ";" if not loop.last }}
        {%- endfor %}
    {%- endif -%}
{%- endmacro %}

{#- What is different from the config of the model; None if nothing is. -#}
{% macro snowflake__get_dynamic_table_configuration_changes(existing_relation, new_config) -%}
    {{- log('Determining configuration changes on: ' ~ existing_relation) -}}
    {% set existing = adapter.describe_dynamic_table(existing_relation) %}
    {% do return(existing_relation.dynamic_table_config_changeset(existing, new_config.model)) %}
{%- endmacro %}


{% macro snowflake__describe_dynamic_table(relation) %}
    {% do return(adapter.describe_dynamic_table(relation)) %}
{% endmacro %}

{% macro snowflake__get_drop_dynamic_table_sql(relation) %}
    drop dynamic table if exists {{ relation.render() }}
{% endmacro %}

{% macro snowflake__refresh_dynamic_table(relation) -%}
    {{- log('Applying REFRESH to: ' ~ relation) -}}
    alter dynamic table {{ relation }} refresh
{%- endmacro %}
