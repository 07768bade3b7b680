{#- Grows with the page views: a run takes only the hours from the last one on. -#}
{{ config(materialized='incremental', unique_key='hour', incremental_strategy='delete+insert') }}
select
    date_trunc('hour', viewed_at) as hour,
    count(*) as views,
    count(distinct customer_id) as known_customers
from {{ ref('stg_page_views') }}
{% if is_incremental() %}
where viewed_at >= (select max(hour) from {{ this }})
{% endif %}
group by 1
