{#- Writes the model's rows to a file and puts a view over the file. -#}
{% materialization external, adapter="duckdb", supported_languages=['sql', 'python'] %}

  {%- set language = model['language'] -%}
  {%- set location = render(config.get('location', default=external_location(this, config))) -%}
  {%- set rendered_options = render_write_options(config) -%}
  {%- set format = duckdb_external_format(location, config, rendered_options) -%}
  {%- set plugin_name = config.get('plugin') -%}

  {%- if format not in ('csv', 'parquet', 'json') -%}
    {%- do exceptions.raise_compiler_error("`" ~ format ~ "` is not a format of external models; use csv, parquet or json") -%}
  {%- endif -%}
  {%- if 'format' not in rendered_options -%}
    {%- do rendered_options.update({'format': format}) -%}
  {%- endif -%}
  {%- set write_options = adapter.external_write_options(location, rendered_options) -%}
  {%- set read_location = adapter.external_read_location(location, rendered_options) -%}
  {%- set read_options = config.get(format ~ '_read_options', {'union_by_name': False} if format == 'parquet' else {'auto_detect': True}) -%}

  {%- set target_relation = this.incorporate(type='view') %}
  {%- set temp_relation = make_intermediate_relation(this.incorporate(type='table'), suffix='__dbt_tmp') -%}
  {%- set intermediate_relation = make_intermediate_relation(target_relation, suffix='__dbt_int') -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set backup_relation_type = 'table' if existing_relation is none else existing_relation.type -%}
  {%- set backup_relation = make_backup_relation(target_relation, backup_relation_type) -%}
  {% set grant_config = config.get('grants') %}

  -- what a run that was killed has left behind
  {{ drop_relation_if_exists(load_cached_relation(temp_relation)) }}
  {{ drop_relation_if_exists(load_cached_relation(intermediate_relation)) }}
  {{ drop_relation_if_exists(load_cached_relation(backup_relation)) }}

  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}

  {% call statement('create_table', language=language) -%}
    {{ create_table_as(False, temp_relation, compiled_code, language) }}
  {%- endcall %}

  {#- without rows a file would have no columns: one empty row gives it some, and the
      view leaves it out -#}
  {%- set no_rows = run_query("select count(*) from " ~ temp_relation).rows[0][0] == 0 -%}
  {%- set columns = adapter.get_columns_in_relation(temp_relation) -%}
  {% if no_rows %}
    {% call statement('add_empty_row') -%}
      insert into {{ temp_relation }} values (
        {%- for column in columns %}NULL{{ ", " if not loop.last }}{% endfor -%}
      )
    {%- endcall %}
  {% endif %}

  {{ write_to_file(temp_relation, location, write_options) }}

  {% set view_sql %}
    select *
    from read_{{ format }}('{{ read_location }}'
      {%- for key, value in read_options.items() %}, {{ key }} = {{ "'" ~ value ~ "'" if value is string else value }}{% endfor -%}
    )
    {%- if no_rows %}
    where 1
      {%- for column in columns %} and {{ column.quoted }} is not null{% endfor -%}
    {%- endif %}
  {% endset %}

  {% call statement('main', language='sql') -%}
    create view {{ intermediate_relation }} as (
      {{ view_sql }}
    );
  {%- endcall %}

  {% if existing_relation is not none %}
    {{ adapter.rename_relation(existing_relation, backup_relation) }}
  {% endif %}
  {{ adapter.rename_relation(intermediate_relation, target_relation) }}

  {{ run_hooks(post_hooks, inside_transaction=True) }}

  {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke(existing_relation, full_refresh_mode=True)) %}
  {% do persist_docs(target_relation, model) %}

  {{ adapter.commit() }}

  {{ drop_relation_if_exists(backup_relation) }}
  {{ drop_relation_if_exists(temp_relation) }}

  {% if plugin_name %}
    {% do store_relation(plugin_name, target_relation, location, format, config) %}
  {% endif %}

  {{ run_hooks(post_hooks, inside_transaction=False) }}

  {{ return({'relations': [target_relation]}) }}

{% endmaterialization %}


{% macro duckdb_external_format(location, config, options) %}
  {% set extension = location.split('.') | last | lower %}
  {{ return(options.get('format') or (extension if extension in ('csv', 'parquet', 'json') else 'parquet')) }}
{% endmacro %}


{#- <root>/<identifier>.<format>, a folder when the output is partitioned. -#}
{%- macro external_location(relation, config) -%}
  {%- set options = config.get('options', {}) or {} -%}
  {%- set path = adapter.external_root() ~ '/' ~ relation.identifier -%}
  {%- if options.get('partition_by') is none -%}
    {{ path }}.{{ config.get('format') or options.get('format', 'parquet') }}
  {%- else -%}
    {{ path }}
  {%- endif -%}
{%- endmacro -%}


{#- For on-run-start: views over the files of external models that others need and this
    run does not build. -#}
{% macro register_upstream_external_models() %}
  {% if execute %}
    {% set upstream = {} %}
    {% for node in graph.nodes.values() if node.unique_id in selected_resources %}
      {% for id in node.depends_on.nodes if id not in selected_resources and id in graph.nodes %}
        {% set parent = graph.nodes[id] %}
        {% if parent.config.materialized == 'external' %}
          {% do upstream.update({id: parent}) %}
        {% endif %}
      {% endfor %}
    {% endfor %}

    {% for node in upstream.values() %}
      {% set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias, type='view') %}
      {% set options = render_write_options(node.config) %}
      {% set location = render(node.config.get('location') or external_location(relation, node.config)) %}
      {% set format = duckdb_external_format(location, node.config, options) %}
      {% do options.update({'format': format}) %}
      {% do create_schema(relation) %}
      {% do run_query("create or replace view " ~ relation ~ " as (select * from read_" ~ format ~ "('"
                      ~ adapter.external_read_location(location, options) ~ "'));") %}
    {% endfor %}
    {% do adapter.commit() %}
  {% endif %}
{% endmacro %}
