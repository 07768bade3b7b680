select
    id as payment_id,
    order_id,
    method,
    amount_cents,
    cast(paid_at as timestamp) as paid_at
from {{ ref('raw_payments') }}
