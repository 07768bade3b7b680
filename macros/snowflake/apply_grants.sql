{#- Only a clause in the create statement keeps them. -#}
{% macro snowflake__copy_grants() %}
  {{ return(config.get('copy_grants', False)) }}
{% endmacro %}

{% macro snowflake__support_multiple_grantees_per_dcl_statement() %}
  {{ return(False) }}
{% endmacro %}
