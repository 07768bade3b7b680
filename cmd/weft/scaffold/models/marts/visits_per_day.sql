{% verbatim %}select
    visited_on,
    count(*) as visits,
    count(distinct visitor) as visitors,
    sum(pages) as pages
from {{ ref('stg_visits') }}
group by visited_on
{% endverbatim %}
