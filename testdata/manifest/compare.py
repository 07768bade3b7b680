#!/usr/bin/env python3
"""Compares what dbt and weft make of a project, field by field.

    python3 compare.py --dbt PATH/TO/dbt --weft PATH/TO/weft PROJECT...

Each PROJECT is parsed by both, with target folders target-dbt and target-weft in it, and the two
manifest.json and semantic_manifest.json are compared. Prints each difference as

    PROJECT: section.id.field: dbt VALUE | weft VALUE

and how often each field differs at the end; exits with 1 if anything does. What is left out and why:
times and ids of the run; created_at; texts, descriptions and dependencies of the macros that come with
dbt and weft, which each has of its own; the order of "sources", "depends_on.nodes" and tags of columns (dbt keeps sets).
--state also checks that each finds no change against the other's manifest.
"""

import argparse
import collections
import json
import os
import re
import shutil
import subprocess
import sys

BUILT_IN = ("dbt", "dbt_duckdb", "dbt_postgres", "dbt_snowflake", "dbt_bigquery")


def parse(program, project, target, extra=()):
    env = dict(os.environ, DBT_SEND_ANONYMOUS_USAGE_STATS="false", DBT_USE_COLORS="false",
               DBT_LOG_LEVEL_FILE="none", DBT_PARTIAL_PARSE="false")
    shutil.rmtree(os.path.join(project, target), ignore_errors=True)
    done = subprocess.run([program, "parse", "--target-path", target, *extra], cwd=project, env=env,
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{program} parse in {project} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def load(project, target, name):
    path = os.path.join(project, target, name)
    if not os.path.exists(path):
        return {"missing": True}
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def walk(at, value, path=()):
    """Puts values into the form in which they are compared."""
    if isinstance(value, dict):
        out = {}
        for k, v in value.items():
            if k == "created_at":
                continue
            out[k] = walk(at, v, path + (k,))
        return out
    if isinstance(value, list):
        out = [walk(at, v, path) for v in value]
        if path and (path[-1] == "sources" or path[-2:] == ("depends_on", "nodes")
                     or path[0] in ("parent_map", "child_map", "group_map")
                     or "columns" in path and path[-1] == "tags"):
            out.sort(key=lambda v: json.dumps(v))
        return out
    return value


def normal(m, project):
    keep = ("dbt_schema_version", "project_name", "project_id", "adapter_type", "quoting")
    out = {k: walk(None, v, (k,)) for k, v in m.items()}
    out["metadata"] = {k: m["metadata"].get(k) for k in keep}
    for section in ("macros", "docs"):
        out[section] = {k: v for k, v in out[section].items() if v["package_name"] not in BUILT_IN}
    return out


def differences(a, b, path, out):
    if isinstance(a, dict) and isinstance(b, dict):
        for k in list(a) + [k for k in b if k not in a]:
            if k not in a:
                out.append((path + (k,), "(missing)", b[k]))
            elif k not in b:
                out.append((path + (k,), a[k], "(missing)"))
            else:
                differences(a[k], b[k], path + (k,), out)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            differences(x, y, path + (str(i),), out)
    elif type(a) is not type(b) or a != b:
        out.append((path, a, b))


def short(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 160 else text[:157] + "..."


def modified(program, project, target, other, which):
    """The ids of what a program finds modified against the other's manifest."""
    env = dict(os.environ, DBT_SEND_ANONYMOUS_USAGE_STATS="false", DBT_USE_COLORS="false",
               DBT_LOG_LEVEL_FILE="none", DBT_PARTIAL_PARSE="false")
    done = subprocess.run([program, "--quiet", "ls", "-s", which, "--state", other, "--output", "json",
                           "--output-keys", "unique_id", "--indirect-selection", "empty", "--target-path", target + "-state"],
                          cwd=project, env=env, capture_output=True, text=True)
    shutil.rmtree(os.path.join(project, target + "-state"), ignore_errors=True)
    if done.returncode != 0:
        return [f"exit {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}"]
    return [json.loads(line)["unique_id"] for line in done.stdout.splitlines() if line.startswith("{")]


def calls_built_in(manifest, uid):
    """Whether a node calls a macro that comes with dbt, directly or through others."""
    seen, todo = set(), list(manifest["nodes"].get(uid, {}).get("depends_on", {}).get("macros", []))
    while todo:
        macro = todo.pop()
        if macro is None or macro in seen:
            continue
        seen.add(macro)
        if macro.split(".")[1] in BUILT_IN:
            return True
        todo += manifest["macros"].get(macro, {}).get("depends_on", {}).get("macros", [])
    return False


def compare_states(o, project):
    """Prints what each program finds modified against the other's manifest. Two programs that have
    macros of their own differ in those: dbt takes a node that calls one for modified, by its text, and
    nothing in a manifest can keep it from that. weft does not compare macros of another program."""
    bad = 0
    mine = load(project, "target-dbt", "manifest.json")
    for who, program, target, other in (("dbt", o.dbt, "target-dbt", "target-weft"), ("weft", o.weft, "target-weft", "target-dbt")):
        found = modified(program, project, target, other, "state:modified")
        explained = [uid for uid in found if who == "dbt" and calls_built_in(mine, uid)]
        parts = ["body", "configs", "relation", "contract", "persisted_descriptions"]
        rest = modified(program, project, target, other, " ".join("state:modified." + p for p in parts))
        left = sorted({uid for uid in found if uid not in explained} | set(rest))
        print(f"{project}: {who} on the other's state: {len(found)} modified, {len(explained)} of them only by built-in macros; "
              f"{len(left)} for other reasons")
        for uid in left[:o.limit]:
            print(f"    {uid}")
        bad += len(left)
    return bad


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--dbt", default="dbt")
    p.add_argument("--weft", default="weft")
    p.add_argument("--state", action="store_true")
    p.add_argument("--limit", type=int, default=40, help="differences to print for each project")
    p.add_argument("projects", nargs="+")
    o = p.parse_args()
    bad = False
    for project in o.projects:
        parse(o.dbt, project, "target-dbt")
        parse(o.weft, project, "target-weft")
        out = []
        pair = [normal(load(project, t, "manifest.json"), project) for t in ("target-dbt", "target-weft")]
        differences(*pair, (), out)
        pair = [load(project, t, "semantic_manifest.json") for t in ("target-dbt", "target-weft")]
        differences(*pair, ("semantic_manifest",), out)
        counts = collections.Counter()
        for path, a, b in out:
            field = ".".join(path[2:]) if len(path) > 2 else path[0]
            counts[path[0] + ": " + re.sub(r"\b\d+\b", "N", field)] += 1
        for path, a, b in out[:o.limit]:
            print(f"{project}: {'.'.join(path)}: dbt {short(a)} | weft {short(b)}")
        for field, n in counts.most_common():
            print(f"{project}: {n} x {field}")
        print(f"{project}: {len(out)} differences in {sum(len(v) for v in pair[0].values() if isinstance(v, (dict, list)))} "
              f"and {len(load(project, 'target-dbt', 'manifest.json')['nodes'])} nodes")
        bad = bad or bool(out)
        if o.state:
            bad = compare_states(o, project) > 0 or bad
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
