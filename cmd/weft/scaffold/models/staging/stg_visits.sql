{% verbatim %}select
    visit_id,
    visitor,
    visited_on,
    pages
from {{ ref('visits') }}
{% endverbatim %}
