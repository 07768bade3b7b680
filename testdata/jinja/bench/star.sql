select {{ star(columns, alias='o', except=['column_7', 'column_8'], prefix='p_') }} from orders as o
