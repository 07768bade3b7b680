-- What was paid for an order is what its items cost.
select
    order_id,
    items_total,
    paid_total
from {{ ref('fct_orders') }}
where items_total <> paid_total
