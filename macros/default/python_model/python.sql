{% macro resolve_model_name(input_model_name) %}
  {{ return(adapter.dispatch('resolve_model_name', 'dbt')(input_model_name)) }}
{% endmacro %}

{%- macro default__resolve_model_name(input_model_name) -%}
  {{ input_model_name | string | replace('"', '\"') }}
{%- endmacro -%}


{#- What is put after a Python model's own code: ref, source, config and this. -#}
{% macro build_ref_function(model) %}
{%- set names = {} -%}
{%- for _ref in model.refs -%}
  {%- set args = [_ref.get('package'), _ref['name']] if _ref.get('package') else [_ref['name']] -%}
  {%- set version = _ref.get('version') -%}
  {%- set resolved = ref(*args, v=version) -%}
  {%- if version -%}
    {%- do args.append('v' ~ version) -%}
  {%- endif -%}
  {%- do names.update({args | join('.'): resolve_model_name(resolved)}) -%}
{%- endfor %}

def ref(*args, **kwargs):
    refs = {{ names | tojson }}
    key = '.'.join(args)
    version = kwargs.get("v") or kwargs.get("version")
    if version:
        key += f".v{version}"
    dbt_load_df_function = kwargs.get("dbt_load_df_function")
    return dbt_load_df_function(refs[key])
{% endmacro %}


{% macro build_source_function(model) %}
{%- set names = {} -%}
{%- for _source in model.sources -%}
  {%- do names.update({_source | join('.'): resolve_model_name(source(*_source))}) -%}
{%- endfor %}

def source(*args, dbt_load_df_function):
    sources = {{ names | tojson }}
    key = '.'.join(args)
    return dbt_load_df_function(sources[key])
{% endmacro %}


{% macro build_config_dict(model) %}
{%- set used = {} -%}
{%- for key in model.config.get('config_keys_used', []) or [] -%}
  {%- do used.update({key: model.config.get(key)}) -%}
{%- endfor %}
config_dict = {{ used }}
meta_dict = {{ model.config.get('meta', {}) or {} }}
{% endmacro %}


{% macro py_script_postfix(model) %}
# The part above is the model; what follows was added to run it.
{{ build_ref_function(model) }}
{{ build_source_function(model) }}
{{ build_config_dict(model) }}

class config:
    def __init__(self, *args, **kwargs):
        pass

    @staticmethod
    def get(key, default=None):
        return config_dict.get(key, default)

    @staticmethod
    def meta_get(key, default=None):
        return meta_dict.get(key, default)


class this:
    """dbt.this() or dbt.this.identifier"""
    database = "{{ this.database }}"
    schema = "{{ this.schema }}"
    identifier = "{{ this.identifier }}"

    def __repr__(self):
        return '{{ resolve_model_name(this) }}'


class dbtObj:
    def __init__(self, load_df_function) -> None:
        self.source = lambda *args: source(*args, dbt_load_df_function=load_df_function)
        self.ref = lambda *args, **kwargs: ref(*args, **kwargs, dbt_load_df_function=load_df_function)
        self.config = config
        self.this = this()
        self.is_incremental = {{ is_incremental() }}

{{ py_script_comment() }}
{% endmacro %}


{#- For warehouses that have something to say to those who run the code by hand. -#}
{% macro py_script_comment() %}
{% endmacro %}
