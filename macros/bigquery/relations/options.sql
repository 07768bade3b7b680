{#- opts holds SQL by option; a text in it is already a literal. -#}
{% macro bigquery_options(opts) %}
  {% set parts = [] %}
  {% for name, value in opts.items() %}
    {% do parts.append(name ~ "=" ~ value) %}
  {% endfor %}
  {%- do return("OPTIONS(\n      " ~ parts | join(",\n\n      ") ~ "\n    )" if parts else "OPTIONS()") -%}
{%- endmacro -%}

{% macro bigquery_table_options(config, node, temporary) %}
  {%- do return(bigquery_options(adapter.get_table_options(config, node, temporary))) -%}
{%- endmacro -%}

{% macro bigquery_view_options(config, node) %}
  {%- do return(bigquery_options(adapter.get_view_options(config, node))) -%}
{%- endmacro -%}


{% macro bigquery_get_common_options(config, node, temporary=false) %}
  {% set opts = {} %}

  {% if config.get('hours_to_expiration') is not none and not temporary %}
    {% do opts.update({'expiration_timestamp': 'TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL ' ~ config.get('hours_to_expiration') ~ ' hour)'}) %}
  {% endif %}

  {% if config.persist_relation_docs() and node.get('description') %}
    {% do opts.update({'description': '"""' ~ (node['description'] | replace('\\', '\\\\') | replace('"', '\\"')) ~ '"""'}) %}
  {% endif %}

  {% set labels = {} %}
  {% if config.get('labels_from_meta') %}
    {% do labels.update(config.get('meta') or {}) %}
  {% endif %}
  {% do labels.update(config.get('labels') or {}) %}
  {% if labels %}
    {% do opts.update({'labels': bigquery_pairs(labels)}) %}
  {% endif %}
  {% if config.get('resource_tags') %}
    {% do opts.update({'tags': bigquery_pairs(config.get('resource_tags'))}) %}
  {% endif %}

  {{ return(opts) }}
{% endmacro %}

{% macro bigquery_pairs(dict) %}
  {% set pairs = [] %}
  {% for name, value in dict.items() %}
    {% do pairs.append("('" ~ bigquery__escape_single_quotes(name | string) ~ "', '" ~ bigquery__escape_single_quotes(value | string) ~ "')") %}
  {% endfor %}
  {{ return("[" ~ pairs | join(", ") ~ "]") }}
{% endmacro %}

{% macro bigquery_get_table_options(config, node, temporary) %}
  {% set opts = adapter.get_common_options(config, node, temporary) %}

  {% if config.get('kms_key_name') is not none %}
    {% do opts.update({'kms_key_name': "'" ~ config.get('kms_key_name') ~ "'"}) %}
  {% endif %}

  {% if temporary %}
    {#- a run that is killed leaves it behind -#}
    {% do opts.update({'expiration_timestamp': 'TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 12 hour)'}) %}
  {% else %}
    {% if config.get('require_partition_filter') is not none and config.get('partition_by') is not none %}
      {% do opts.update({'require_partition_filter': config.get('require_partition_filter') | string | lower}) %}
    {% endif %}
    {% if config.get('partition_expiration_days') is not none %}
      {% do opts.update({'partition_expiration_days': config.get('partition_expiration_days')}) %}
    {% endif %}
    {% if config.get('enable_change_history') is not none %}
      {% do opts.update({'enable_change_history': config.get('enable_change_history') | string | lower}) %}
    {% endif %}
    {% if config.get('table_format') == 'iceberg' %}
      {% do opts.update({'table_format': "'iceberg'", 'file_format': "'parquet'"}) %}
      {% if config.get('storage_uri') is not none %}
        {% do opts.update({'storage_uri': "'" ~ config.get('storage_uri') ~ "'"}) %}
      {% endif %}
    {% endif %}
  {% endif %}

  {{ return(opts) }}
{% endmacro %}

{% macro bigquery_get_view_options(config, node) %}
  {% if config.get('enable_change_history') is not none %}
    {% do exceptions.raise_compiler_error("`enable_change_history` is not supported for views on BigQuery") %}
  {% endif %}
  {{ return(adapter.get_common_options(config, node)) }}
{% endmacro %}


{% macro cluster_by(raw_cluster_by) %}
  {%- if raw_cluster_by is not none -%}
  cluster by {{ raw_cluster_by if raw_cluster_by is string else raw_cluster_by | join(', ') }}
  {% endif %}
{%- endmacro -%}

{#- partition_config is what adapter.parse_partition_by gives. -#}
{% macro partition_by(partition_config) -%}
    {%- if partition_config is none -%}
      {% do return('') %}
    {%- elif partition_config.data_type | lower == 'int64' -%}
      {%- set range = partition_config.range -%}
      partition by range_bucket({{ partition_config.field }}, generate_array({{ range.start }}, {{ range.end }}, {{ range.interval }}))
    {%- elif partition_config.data_type | lower in ('date', 'timestamp', 'datetime') -%}
      partition by {{ partition_config.render() }}
    {%- endif -%}
{%- endmacro -%}
