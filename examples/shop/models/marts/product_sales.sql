select
    p.product_id,
    p.product,
    p.category,
    count(distinct i.order_id) as orders,
    coalesce(sum(i.quantity), 0) as sold,
    coalesce(sum(r.quantity), 0) as returned,
    {{ cents_to_amount('coalesce(sum(i.line_cents), 0)') }} as sales
from {{ ref('stg_products') }} as p
left join {{ ref('stg_order_items') }} as i using (product_id)
left join {{ ref('stg_returns') }} as r using (order_item_id)
group by all
