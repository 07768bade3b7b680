{#- Stands in for a relation of another environment: a clone of its table where there is
    such a thing, else a view over it. What is there already stays until its successor is
    there too. -#}
{%- materialization clone, default -%}

  {%- if not defer_relation -%}
    {{ log("No relation found in state manifest for " ~ model.unique_id, info=True) }}
    {{ return({'relations': []}) }}
  {%- endif -%}

  {#- a relation must not be replaced with a clone or a view of itself -#}
  {%- if this.render() | lower == defer_relation.render() | lower -%}
    {{ log("Target relation and defer relation are the same, skipping clone for relation: " ~ this.render(), info=True) }}
    {{ return({'relations': []}) }}
  {%- endif -%}

  {%- set existing_relation = load_cached_relation(this) -%}

  {%- if existing_relation and not flags.FULL_REFRESH -%}
    {{ log("Relation " ~ existing_relation ~ " already exists", info=True) }}
    {{ return({'relations': [existing_relation]}) }}
  {%- endif -%}

  {%- set other_existing_relation = load_cached_relation(defer_relation) -%}

  {% if other_existing_relation and other_existing_relation.type == 'table' and can_clone_table() %}

    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set beside = existing_relation and not clone_replaces(existing_relation) -%}
    {%- set new_relation = make_intermediate_relation(target_relation) if beside else target_relation -%}
    {% if beside %}
      {{ drop_relation_if_exists(load_cached_relation(new_relation)) }}
    {% endif %}

    {% call statement('main') %}
      {{ create_or_replace_clone(new_relation, defer_relation) }}
    {% endcall %}

    {% if beside %}
      {{ log("Dropping relation " ~ existing_relation.render() ~ " because it is of type " ~ existing_relation.type) }}
      {{ drop_relation_if_exists(existing_relation) }}
      {{ adapter.rename_relation(new_relation, target_relation) }}
    {% endif %}

    {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing_relation, full_refresh_mode=True)) %}
    {% do persist_docs(target_relation, model) %}

    {{ adapter.commit() }}

    {{ return({'relations': [target_relation]}) }}

  {% else %}

    {%- set name = 'materialization_view_' ~ adapter.type() -%}
    {%- set view = context[name] if name in context else context['materialization_view_default'] -%}
    {% set built = view() %}
    {{ return({'relations': built['relations']}) }}

  {% endif %}

{%- endmaterialization -%}
