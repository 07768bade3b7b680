select
    id as product_id,
    name as product,
    category,
    price_cents,
    {{ cents_to_amount('price_cents') }} as price,
    on_sale,
    cast(changed_on as date) as changed_on
from {{ ref('raw_products') }}
