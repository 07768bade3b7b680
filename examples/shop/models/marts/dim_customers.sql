select
    c.customer_id,
    c.first_name || ' ' || c.last_name as customer,
    c.city,
    c.signed_up_on,
    count(o.order_id) as orders,
    min(o.ordered_at) as first_order_at,
    max(o.ordered_at) as last_order_at,
    coalesce(sum(o.items_total - o.returned_total), 0) as revenue
from {{ ref('stg_customers') }} as c
left join {{ ref('fct_orders') }} as o using (customer_id)
group by all
