{{ config(materialized='incremental', unique_key='id', tags=['a', 'b']) }}

{% set columns = ['id', 'customer_id', 'amount', 'created_at'] %}
{%- set methods = {'card': 1, 'cash': 2} -%}

with orders as (
    select * from {{ ref('stg_orders') }}
    {% if is_incremental() %}
    where updated_at > (select max(updated_at) from {{ this }})
    {% endif %}
),

payments as (
    select * from {{ source('shop', 'payments') }}
),

totals as (
    select
        order_id,
        {% for method, number in methods.items() -%}
        sum(case when method = '{{ method | upper }}' then amount end) as {{ method | lower }}_{{ number }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from payments
    group by 1
),

final as (
    select
        {% for c in columns %}
        orders.{{ c }}{{ "," if not loop.last }}
        {% endfor %}
        , {{ cents_to_dollars('amount', 2) }} as dollars
        , {{ key(['id', 'customer_id']) | trim }} as key
    from orders
    left join totals on orders.id = totals.order_id
)

select * from final
