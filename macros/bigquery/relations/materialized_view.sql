{% macro bigquery_get_materialized_view_options(config, node) %}
  {% set opts = adapter.get_common_options(config, node) %}
  {% set refreshes = config.get('enable_refresh') | as_bool if config.get('enable_refresh') is string else config.get('enable_refresh') %}
  {% set refreshes = true if refreshes is none else refreshes %}
  {% do opts.update({'enable_refresh': refreshes | string | lower}) %}
  {% if refreshes %}
    {% do opts.update({'refresh_interval_minutes': (config.get('refresh_interval_minutes') or 30) | float}) %}
  {% endif %}
  {% if config.get('max_staleness') is not none %}
    {% do opts.update({'max_staleness': config.get('max_staleness')}) %}
  {% endif %}
  {% if config.get('kms_key_name') is not none %}
    {% do opts.update({'kms_key_name': "'" ~ config.get('kms_key_name') ~ "'"}) %}
  {% endif %}
  {{ return(opts) }}
{% endmacro %}

{% macro bigquery__get_create_materialized_view_as_sql(relation, sql) %}
    create materialized view if not exists {{ relation }}
    {{ partition_by(adapter.parse_partition_by(config.get('partition_by', none))) }}
    {{ cluster_by(config.get('cluster_by', none)) }}
    {{ bigquery_options(bigquery_get_materialized_view_options(config, model)) }}
    as {{ sql }}
{% endmacro %}

{% macro bigquery__get_replace_materialized_view_as_sql(relation, sql) %}
    create or replace materialized view {{ relation }}
    {{ partition_by(adapter.parse_partition_by(config.get('partition_by', none))) }}
    {{ cluster_by(config.get('cluster_by', none)) }}
    {{ bigquery_options(bigquery_get_materialized_view_options(config, model)) }}
    as {{ sql }}
{% endmacro %}

{% macro bigquery__drop_materialized_view(relation) -%}
    drop materialized view if exists {{ relation }}
{%- endmacro %}

{% macro bigquery__refresh_materialized_view(relation) %}
    call bq.refresh_materialized_view('{{ relation.database }}.{{ relation.schema }}.{{ relation.identifier }}')
{% endmacro %}


{#- A dict of what the model's options are to be and whether another view is needed. -#}
{% macro bigquery__get_materialized_view_configuration_changes(existing_relation, new_config) %}
    {% set wanted = bigquery_get_materialized_view_options(new_config, model) %}
    {% set partition = adapter.parse_partition_by(new_config.get('partition_by', none)) %}
    {% set rebuild = not adapter.is_replaceable(existing_relation, partition, new_config.get('cluster_by', none)) %}
    {% set present = {} %}
    {% for row in run_query("select option_name, option_value from " ~ existing_relation.information_schema('TABLE_OPTIONS') ~ " where table_name = '" ~ existing_relation.identifier ~ "'") %}
      {% do present.update({row[0]: row[1]}) %}
    {% endfor %}

    {% set options = {} %}
    {#- when it expires is counted from now on, and so is always another time -#}
    {% for name, value in wanted.items() if name != 'expiration_timestamp' %}
      {% if adapter.same_option(present.get(name), value) is false %}
        {% do options.update({name: value}) %}
      {% endif %}
    {% endfor %}

    {% if rebuild or options %}
      {% do return({'requires_full_refresh': rebuild, 'options': options}) %}
    {% endif %}
    {% do return(none) %}
{% endmacro %}

{% macro bigquery__get_alter_materialized_view_as_sql(relation, configuration_changes, sql, existing_relation, backup_relation, intermediate_relation) %}
    {% if configuration_changes.requires_full_refresh %}
        {{ get_replace_sql(existing_relation, relation, sql) }}
    {% else %}
        alter materialized view {{ relation }}
            set {{ bigquery_options(configuration_changes.options) }}
    {%- endif %}
{% endmacro %}


{% materialization materialized_view, adapter='bigquery' -%}

    {% set relations = materialization_materialized_view_default() %}

    {% for grant_target_dict in config.get('grant_access_to') or [] %}
        {% do adapter.grant_access_to(this, 'view', None, grant_target_dict) %}
    {% endfor %}

    {{ return(relations) }}

{%- endmaterialization %}
