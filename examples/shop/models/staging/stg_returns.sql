select
    id as return_id,
    order_item_id,
    quantity,
    coalesce(reason, 'not given') as reason,
    cast(returned_on as date) as returned_on
from {{ ref('raw_returns') }}
