{#- Copies what the model refers to, all of it, without a query. -#}
{% materialization copy, adapter='bigquery' -%}

  {%- set old_relation = load_cached_relation(this) -%}
  {% set destination = this.incorporate(type='table') %}

  {{ run_hooks(pre_hooks) }}

  {%- if old_relation is not none and not old_relation.is_table -%}
    {{ handle_existing_table(should_full_refresh(), old_relation) }}
  {%- endif -%}

  {% set sources = [] %}
  {% for ref_args in model.refs %}
    {% do sources.append(ref(*([ref_args.package, ref_args.name] if ref_args.package else [ref_args.name]), v=ref_args.version)) %}
  {% endfor %}
  {% for src_args in model.sources %}
    {% do sources.append(source(*src_args)) %}
  {% endfor %}

  {%- set result_str = adapter.copy_table(sources, destination, config.get('copy_materialization', default='table')) -%}
  {{ store_result('main', response=result_str) }}

  {{ run_hooks(post_hooks) }}

  {% do apply_grants(destination, config.get('grants'), should_revoke=should_revoke(old_relation, full_refresh_mode=True)) %}
  {% do persist_docs(destination, model) %}

  {{ return({'relations': [destination]}) }}

{%- endmaterialization %}


{#- source is one relation or several. -#}
{% macro bigquery_copy_table(source, destination, materialization) %}
  {% if materialization not in ('table', 'incremental') %}
    {% do exceptions.raise_compiler_error("Copy table materialization must be 'table' or 'incremental', but config.get('copy_materialization') was '" ~ materialization ~ "'") %}
  {% endif %}
  {% set sources = [source] if source.render is defined else source %}
  {% for relation in sources + [destination] if '$' in relation.identifier %}
    {% do exceptions.raise_compiler_error("Copying the partition " ~ relation.render() ~ " needs copy jobs, of which there is no SQL") %}
  {% endfor %}
  {% set replaces = namespace(next=materialization == 'table' or load_cached_relation(destination) is none) %}
  {% for relation in sources %}
    {% if replaces.next %}
      {% do run_query("create or replace table " ~ destination.render() ~ " copy " ~ relation.render()) %}
      {% set replaces.next = false %}
    {% else %}
      {% do run_query("insert into " ~ destination.render() ~ " select * from " ~ relation.render()) %}
    {% endif %}
  {% endfor %}
  {{ return("COPY TABLE with materialization: " ~ materialization) }}
{% endmacro %}
