select
    view_id,
    customer_id,
    page,
    cast(viewed_at as timestamp) as viewed_at
from {{ source('web', 'page_views') }}
