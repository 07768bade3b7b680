{% macro convert_datetime(date_str, date_fmt) %}
  {% set message -%}
    The provided partition date '{{ date_str }}' does not match the expected format '{{ date_fmt }}'
  {%- endset %}

  {% do return(try_or_compiler_error(message, modules.datetime.datetime.strptime, date_str.strip(), date_fmt)) %}
{% endmacro %}


{#- Both ends belong to the range. Without out_fmt the days stay datetimes. -#}
{% macro dates_in_range(start_date_str, end_date_str=none, in_fmt="%Y%m%d", out_fmt="%Y%m%d") %}
  {% set end_date_str = start_date_str if end_date_str is none else end_date_str %}

  {% set first = convert_datetime(start_date_str, in_fmt) %}
  {% set last = convert_datetime(end_date_str, in_fmt) %}
  {% set steps = (last - first).days %}
  {% if steps < 0 %}
    {% do exceptions.raise_compiler_error("Partition start date is after the end date ({}, {})".format(first, last)) %}
  {% endif %}

  {% set days = [] %}
  {% for i in range(0, steps + 1) %}
    {% set day = first + modules.datetime.timedelta(days=i) %}
    {% do days.append(day.strftime(out_fmt) if out_fmt else day) %}
  {% endfor %}

  {{ return(days) }}
{% endmacro %}


{% macro partition_range(raw_partition_date, date_fmt='%Y%m%d') %}
  {% set ends = (raw_partition_date | string).split(",") %}

  {% if ends | length == 1 %}
    {% set start_date, end_date = ends[0], none %}
  {% elif ends | length == 2 %}
    {% set start_date, end_date = ends[0], ends[1] %}
  {% else %}
    {% do exceptions.raise_compiler_error("Invalid partition time. Expected format: {Start Date}[,{End Date}]. Got: " ~ raw_partition_date) %}
  {% endif %}

  {{ return(dates_in_range(start_date, end_date, in_fmt=date_fmt)) }}
{% endmacro %}


{#- Local time to the microsecond, for names that must not be used twice. -#}
{% macro py_current_timestring() %}
  {% do return(modules.datetime.datetime.now().strftime("%Y%m%d%H%M%S%f")) %}
{% endmacro %}
