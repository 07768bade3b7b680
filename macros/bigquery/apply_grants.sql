{% macro bigquery__get_show_grant_sql(relation) %}
    {%- set location = adapter.get_dataset_location(relation) -%}
    select privilege_type, grantee
    from {{ bigquery_region_view(relation.database, 'OBJECT_PRIVILEGES', location) }}
    where object_schema = "{{ relation.schema }}"
      and object_name = "{{ relation.identifier }}"
      -- the owner needs no grants
      and split(grantee, ':')[offset(1)] != session_user()
{% endmacro %}

{%- macro bigquery__get_grant_sql(relation, privilege, grantee) -%}
    grant `{{ privilege }}` on {{ relation.type }} {{ relation.render() }} to {{ '\"' + grantee | join('\", \"') + '\"' }}
{%- endmacro -%}

{%- macro bigquery__get_revoke_sql(relation, privilege, grantee) -%}
    revoke `{{ privilege }}` on {{ relation.type }} {{ relation.render() }} from {{ '\"' + grantee | join('\", \"') + '\"' }}
{%- endmacro -%}

{% macro bigquery_get_dataset_location(relation) %}
  {% set found = run_query("select location from " ~ bigquery_region_view(relation.database, 'SCHEMATA') ~ " where schema_name = '" ~ relation.schema ~ "'") %}
  {{ return(found.rows[0][0] if found else none) }}
{% endmacro %}
