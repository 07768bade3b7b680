{% macro snowflake__scalar_function_create_replace_signature_sql(target_relation) %}
    CREATE OR REPLACE FUNCTION {{ target_relation.render() }} ({{ formatted_scalar_function_args_sql() }})
    RETURNS {{ model.returns.data_type }}
    LANGUAGE SQL
    {{ scalar_function_volatility_sql() }}
    AS
{% endmacro %}

{% macro snowflake__scalar_function_body_sql() %}
    $$
       {{ model.compiled_code }}
    $$
{% endmacro %}

{% macro snowflake__formatted_scalar_function_args_sql() %}
    {% set args = [] %}
    {% for arg in model.arguments %}
        {% set default = arg.get('default_value', none) %}
        {% do args.append(arg.name ~ ' ' ~ arg.data_type ~ (' DEFAULT ' ~ default if default is not none)) %}
    {% endfor %}
    {{ return(args | join(', ')) }}
{% endmacro %}

{% macro snowflake__scalar_function_volatility_sql() %}
    {% set volatility = model.config.get('volatility') %}
    {% set words = {'deterministic': 'IMMUTABLE', 'non-deterministic': 'VOLATILE'} %}
    {% if volatility in words %}
        {{ words[volatility] }}
    {% elif volatility is not none %}
        {% do unsupported_volatility_warning(volatility) %}
    {% endif %}
{% endmacro %}


{% macro snowflake__scalar_function_create_replace_signature_python(target_relation) %}
    CREATE OR REPLACE FUNCTION {{ target_relation.render() }} ({{ formatted_scalar_function_args_sql() }})
    RETURNS {{ model.returns.data_type }}
    LANGUAGE PYTHON
    {{ get_function_python_options() }}
    {{ scalar_function_volatility_sql() }}
    AS
{% endmacro %}

{% macro snowflake__scalar_function_python(target_relation) %}
    {{ snowflake__scalar_function_create_replace_signature_python(target_relation) }}
    {{ scalar_function_body_sql() }};
{% endmacro %}


{#- The body names its arguments in JavaScript, where case counts. -#}
{% macro snowflake__formatted_scalar_function_args_javascript() %}
    {% set options = model.config.get('snowflake') or {} %}
    {% set args = [] %}
    {% for arg in model.arguments %}
        {% set name = adapter.quote(arg.name) if options.get('quote_args', true) else arg.name %}
        {% set default = arg.get('default_value', none) %}
        {% do args.append(name ~ ' ' ~ arg.data_type ~ (' DEFAULT ' ~ default if default is not none)) %}
    {% endfor %}
    {{ return(args | join(', ')) }}
{% endmacro %}

{% macro snowflake__scalar_function_create_replace_signature_javascript(target_relation) %}
    CREATE OR REPLACE FUNCTION {{ target_relation.render() }} ({{ formatted_scalar_function_args_javascript() }})
    RETURNS {{ model.returns.data_type }}
    LANGUAGE JAVASCRIPT
    {{ scalar_function_volatility_sql() }}
    AS
{% endmacro %}

{% macro snowflake__scalar_function_javascript(target_relation) %}
    {{ snowflake__scalar_function_create_replace_signature_javascript(target_relation) }}
    {{ scalar_function_body_sql() }};
{% endmacro %}


{% macro snowflake__aggregate_function_python(target_relation) %}
    {{ get_aggregate_function_create_replace_signature(target_relation) }}
    {{ scalar_function_body_sql() }};
{% endmacro %}

{% macro snowflake__aggregate_function_javascript(target_relation) %}
    {{ exceptions.raise_compiler_error("JavaScript aggregate functions are not supported by Snowflake; write " ~ target_relation ~ " in Python") }}
{% endmacro %}
