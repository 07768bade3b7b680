{% materialization table, adapter='bigquery', supported_languages=['sql', 'python'] -%}

  {%- set language = model['language'] -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {% set grant_config = config.get('grants') %}

  {{ run_hooks(pre_hooks) }}

  {#- create or replace keeps partitions and clustering as they are -#}
  {%- set partition_by = adapter.parse_partition_by(config.get('partition_by', none)) -%}
  {% if existing_relation is not none and not existing_relation.is_table %}
    {{ adapter.drop_relation(existing_relation) }}
  {% elif existing_relation is not none and not adapter.is_replaceable(existing_relation, partition_by, config.get('cluster_by', none)) %}
    {% do log("Hard refreshing " ~ existing_relation ~ " because it is not replaceable") %}
    {% do adapter.drop_relation(existing_relation) %}
  {% endif %}

  {%- call statement('main', language=language) -%}
    {{ create_table_as(False, target_relation, compiled_code, language) }}
  {%- endcall -%}

  {{ run_hooks(post_hooks) }}

  {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke(existing_relation, full_refresh_mode=True)) %}
  {% do persist_docs(target_relation, model) %}

  {{ return({'relations': [target_relation]}) }}

{%- endmaterialization %}


{% macro py_write_table(compiled_code, target_relation) %}
from pyspark.sql import SparkSession

{%- set raw_target = target_relation.render() | replace('`', '') %}
spark = SparkSession.builder.appName('{{ raw_target }}').getOrCreate()
spark.conf.set("viewsEnabled", "true")
spark.conf.set("temporaryGcsBucket", "{{ target.gcs_bucket }}")

{{ compiled_code }}

dbt = dbtObj(spark.read.format("bigquery").load)
df = model(dbt, spark)

# the connector writes Spark's data frames only
import importlib.util

if importlib.util.find_spec("pandas"):
    import pandas
    if isinstance(df, pandas.core.frame.DataFrame):
        df = spark.createDataFrame(df)

df.write \
  .mode("overwrite") \
  .format("bigquery") \
  .option("writeMethod", "indirect").option("writeDisposition", "WRITE_TRUNCATE") \
  {%- if config.get('partition_by') is mapping %}
  .option("partitionField", "{{ config.get('partition_by').get('field') }}") \
  {%- endif %}
  {%- if config.get('cluster_by') %}
  .option("clusteredFields", "{{ config.get('cluster_by') if config.get('cluster_by') is string else config.get('cluster_by') | join(',') }}") \
  {%- endif %}
  {%- if config.get('enable_list_inference') is not none %}
  .option("enableListInference", "{{ config.get('enable_list_inference') | string | lower }}") \
  {%- endif %}
  {%- if config.get('intermediate_format') %}
  .option("intermediateFormat", "{{ config.get('intermediate_format') }}") \
  {%- endif %}
  .save("{{ raw_target }}")
{% endmacro %}


{% macro bigframes_write_table(compiled_code, target_relation) %}
import bigframes.pandas as bpd

bpd.options.bigquery.project = "{{ target.execution_project or target.project }}"
{%- if target.location %}
bpd.options.bigquery.location = "{{ target.location }}"
{%- endif %}
session = bpd.get_global_session()

{{ compiled_code }}

dbt = dbtObj(bpd.read_gbq)
df = model(dbt, session)
df.to_gbq("{{ target_relation.render() | replace('`', '') }}", if_exists="replace")
{% endmacro %}
