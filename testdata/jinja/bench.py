#!/usr/bin/env python3
"""Times weft and Python's Jinja2 on the same templates, one after the other.

    venv/bin/python testdata/jinja/bench.py

Runs the benchmarks of compiler/jinja with go, and Jinja2 of the Python that runs this
(in dbt's setup: sandboxed, with do, break and continue) on testdata/jinja/bench.
Both use one core. Say ratios, not times: machines differ, and have moods.
"""

import os
import pathlib
import re
import subprocess
import time

from jinja2.sandbox import SandboxedEnvironment

HERE = pathlib.Path(__file__).parent
ROUNDS = 5


def best(work):
    """The shortest time of one run of work, in microseconds."""
    n, least = 1, float("inf")
    while True:
        start = time.perf_counter()
        for _ in range(n):
            work()
        took = time.perf_counter() - start
        if took > 0.2:
            break
        n *= 2
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(n):
            work()
        least = min(least, (time.perf_counter() - start) / n)
    return least * 1e6


def environment():
    return SandboxedEnvironment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])


def names(env, macros):
    out = {
        "config": lambda **kwargs: "", "ref": lambda name: '"db"."main"."stg_orders"',
        "source": lambda name, table: '"db"."shop"."payments"', "this": '"db"."main"."orders"',
        "is_incremental": lambda: True, "columns": [{"name": f"column_{i}"} for i in range(200)],
    }
    module = env.from_string((HERE / "bench" / macros).read_text()).make_module(out)
    out.update({k: v for k, v in vars(module).items() if callable(v)})
    return out


def python():
    out = {}
    for name in ("model", "star"):
        env = environment()
        given = names(env, f"{name}_macros.sql")
        template = env.from_string((HERE / "bench" / f"{name}.sql").read_text())
        out["Render" + ("Star" if name == "star" else "")] = best(lambda: template.render(given))
    text = (HERE / "bench" / "model.sql").read_text()
    env = environment()
    out["Parse"] = best(lambda: env.from_string(text))
    return out


def weft():
    cmd = ["go", "test", "./compiler/jinja/...", "-run", "xxx", "-bench", "Parse|Render|Models", "-cpu", "1", "-count", str(ROUNDS)]
    text = subprocess.run(cmd, cwd=HERE.parent.parent, check=True, capture_output=True, text=True, env={**os.environ, "GOFLAGS": ""}).stdout
    out = {}
    for name, ns in re.findall(r"^Benchmark(\w+)\S*\s+\d+\s+([\d.]+) ns/op", text, re.M):
        out[name] = min(out.get(name, float("inf")), float(ns) / 1000)
    return out


ours, theirs = weft(), python()
for name, us in ours.items():
    if name in theirs:
        print(f"{name:12} weft {us:9.1f} µs   Python {theirs[name]:9.1f} µs   ratio {us / theirs[name]:.3f}")
    else:
        print(f"{name:12} weft {us / 1e6:9.3f} s for 10,000 templates, parsed and rendered")
