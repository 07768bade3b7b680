{#- Used by two marts and too small for a table of its own. -#}
{{ config(materialized='ephemeral') }}
select
    i.order_id,
    sum(r.quantity * i.unit_price_cents) as returned_cents
from {{ ref('stg_returns') }} as r
join {{ ref('stg_order_items') }} as i using (order_item_id)
group by i.order_id
