with items as (
    select order_id, count(*) as lines, sum(line_cents) as cents
    from {{ ref('stg_order_items') }}
    group by order_id
),
paid as (
    select
        order_id,
        sum(amount_cents) as cents
        {%- for method in ['card', 'transfer', 'gift_card'] %},
        sum(case when method = '{{ method }}' then amount_cents else 0 end) as {{ method }}_cents
        {%- endfor %}
    from {{ ref('stg_payments') }}
    group by order_id
)
select
    o.order_id,
    o.customer_id,
    o.ordered_at,
    o.status,
    i.lines,
    {{ cents_to_amount('i.cents') }} as items_total,
    {{ cents_to_amount('p.cents') }} as paid_total,
    {{ cents_to_amount('p.card_cents') }} as paid_by_card,
    {{ cents_to_amount('p.transfer_cents') }} as paid_by_transfer,
    {{ cents_to_amount('p.gift_card_cents') }} as paid_by_gift_card,
    {{ cents_to_amount('coalesce(r.returned_cents, 0)') }} as returned_total,
    i.cents >= {{ var('free_shipping_from_cents') }} as free_shipping,
    '{{ var("currency") }}' as currency
from {{ ref('stg_orders') }} as o
join items as i using (order_id)
left join paid as p using (order_id)
left join {{ ref('returned_items') }} as r using (order_id)
