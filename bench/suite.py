#!/usr/bin/env python3
"""Run pyperformance's stdlib-only benchmarks on several interpreters.

    git clone --bare https://github.com/python/pyperformance DIR
    suite.py --mirror DIR --py python3.11 --py typhon=build/release/bin/typhon \\
             --out suite.json

The benchmark programs are read out of a git mirror of pyperformance into a
temporary folder and run there, each in a fresh process with the stand-in
pyperf.py beside this file on PYTHONPATH; nothing of pyperformance is kept.
Interpreters are interleaved: every benchmark runs on all of them before the
next one starts.

Times are CPU seconds by default, because the machine may be shared; --clock
wall gives wall seconds.  Ratios are speed relative to the first interpreter:
2.00x is twice as fast.
"""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib

sys.dont_write_bytecode = True
import common

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = "pyperformance/data-files/benchmarks"
FAST = ("chaos comprehensions deepcopy deltablue fannkuch float generators go "
        "json_loads logging nbody pickle_pure_python pyflate regex_compile "
        "richards").split()


# -- the benchmark programs ----------------------------------------------

def extract(mirror, folder):
    """Write the mirror's benchmark tree into folder; return missing files."""
    git = ["git", "-C", mirror]
    listing = subprocess.run(git + ["ls-tree", "-r", "-z", "HEAD", TREE],
                             check=True, capture_output=True, text=True).stdout
    entries = []
    for line in filter(None, listing.split("\0")):
        meta, path = line.split("\t", 1)
        mode, kind, blob = meta.split()
        if kind == "blob" and mode != "120000":
            entries.append((blob, path))
    # One object at a time, because a mirror may lack some (large data files).
    missing = []
    with subprocess.Popen(git + ["cat-file", "--batch"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as cat:
        for blob, path in entries:
            cat.stdin.write(blob.encode() + b"\n")
            cat.stdin.flush()
            head = cat.stdout.readline().split()
            if head[1] == b"missing":
                missing.append(path[len(TREE) + 1:])
                continue
            data = cat.stdout.read(int(head[2]))
            cat.stdout.read(1)
            target = os.path.join(folder, path[len(TREE) + 1:])
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as f:
                f.write(data)
    return missing


def third_party(folder, project):
    """Names of the packages other than pyperf that a benchmark needs."""
    wanted = list(project.get("dependencies", []))
    requirements = os.path.join(folder, "requirements.txt")
    if os.path.exists(requirements):
        with open(requirements) as f:
            wanted += [line.split("#")[0].strip() for line in f]
    names = {re.split(r"[\s\[<>=!~;@]", w)[0] for w in wanted if w}
    return sorted(names - {"pyperf", ""})


def minimum_version(project):
    found = re.search(r">=\s*(\d+)\.(\d+)", project.get("requires-python", ""))
    return (int(found[1]), int(found[2])) if found else (0, 0)


def load(path):
    with open(path, "rb") as f:
        return tomllib.load(f)


def find_tasks(root, missing):
    """([task], {skipped name: why}) from the extracted tree."""
    with open(os.path.join(root, "MANIFEST")) as f:
        listed = {line.split()[0] for line in f if "<local" in line}
    tasks, skipped = [], {}
    for name in sorted(os.listdir(root)):
        folder = os.path.join(root, name)
        base_file = os.path.join(folder, "pyproject.toml")
        if not os.path.exists(base_file):
            continue
        base = load(base_file)
        short = name[len("bm_"):]
        needs = third_party(folder, base["project"])
        gone = [m for m in missing if m.startswith(name + "/")]
        if needs or gone:
            skipped[short] = ("needs " + ", ".join(needs) if needs
                              else "the mirror lacks " + ", ".join(gone))
            continue
        files = [(short, base_file)]
        for other in sorted(os.listdir(folder)):
            stem = other[len("bm_"):-len(".toml")]
            if (other.startswith("bm_") and other.endswith(".toml")
                    and stem != short and stem in listed):
                files.append((stem, os.path.join(folder, other)))
        for task, path in files:
            data = load(path)
            project = {**base["project"], **data.get("project", {})}
            tool = data.get("tool", {}).get("pyperformance", {})
            vendor = os.path.join(folder, "vendor", "src")
            tasks.append({
                "name": task,
                "script": os.path.join(folder, "run_benchmark.py"),
                "opts": tool.get("extra_opts", []),
                "needs": minimum_version(project),
                "path": [vendor] if os.path.isdir(vendor) else [],
            })
    return tasks, skipped


# -- running -------------------------------------------------------------

def run(task, python, shim, options, scrub):
    """One benchmark script on one interpreter: ([records], error or None)."""
    import json
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    env["PYTHONPATH"] = os.pathsep.join([shim] + task["path"])
    env["PYTHONHASHSEED"] = "0"
    command = [python, task["script"], *task["opts"],
               "--values=%d" % options.values,
               "--min-time=%g" % options.min_time,
               "--clock=" + options.clock,
               "--max-time=%g" % options.max_time]
    process = subprocess.Popen(command, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env=env,
                               cwd=os.path.dirname(task["script"]),
                               start_new_session=True)
    error = None
    try:
        out, err = process.communicate(timeout=options.timeout)
        if process.returncode:
            tail = err.strip().split("\n")[-1]
            error = "exit %d: %s" % (process.returncode, tail[:200])
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        out, err = process.communicate()
        error = "timed out after %g s" % options.timeout
    finally:
        if process.poll() is None:      # interrupted
            os.killpg(process.pid, 9)
    records = []
    for line in out.split("\n"):
        if line.startswith('{"name":'):
            try:
                records.append(json.loads(line))
            except ValueError:
                pass
    if not records and not error:
        error = "printed no result"
    if error:
        error = scrub(error)
    return records, error


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    common.add_py(parser)
    parser.add_argument("--mirror", required=True, metavar="DIR",
                        help="git repository of pyperformance")
    parser.add_argument("--only", default="",
                        help="comma-separated benchmark names (prefix* works)")
    parser.add_argument("--fast", action="store_true",
                        help="15 representative benchmarks, shorter values")
    parser.add_argument("--list", action="store_true",
                        help="only say what would run and what is left out")
    parser.add_argument("--values", type=int, default=None)
    parser.add_argument("--min-time", type=float, default=None)
    parser.add_argument("--clock", choices=("cpu", "wall"), default="cpu",
                        help="CPU seconds (default; for a shared machine) or "
                             "wall seconds")
    parser.add_argument("--max-time", type=float, default=10,
                        help="wall seconds for one benchmark's values")
    parser.add_argument("--timeout", type=float, default=120,
                        help="wall seconds for one benchmark script")
    options = parser.parse_args()
    options.values = options.values or 5
    options.min_time = options.min_time or (0.25 if options.fast else 0.3)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    work = tempfile.mkdtemp(prefix="suite-")
    try:
        go(parser, options, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def go(parser, options, work):
    root = os.path.join(work, "b")
    shim = os.path.join(work, "shim")
    os.makedirs(shim)
    shutil.copy(os.path.join(HERE, "pyperf.py"), shim)
    tasks, skipped = find_tasks(root, extract(options.mirror, root))
    if options.fast:
        tasks = [t for t in tasks if t["name"] in FAST]
    if options.only:
        wanted = re.compile("|".join(
            re.escape(p.strip()).replace(r"\*", ".*")
            for p in options.only.split(",")))
        tasks = [t for t in tasks if wanted.fullmatch(t["name"])]
    if options.list:
        for t in tasks:
            low = " (needs >= %d.%d)" % t["needs"] if t["needs"] > (3, 8) else ""
            print("run  " + t["name"] + low)
        for name, why in sorted(skipped.items()):
            print("skip %s: %s" % (name, why))
        print("%d tasks from %d programs" %
              (len(tasks), len({t["script"] for t in tasks})))
        return

    pys = common.interpreters(options, parser)
    versions = {n: common.version_of(p) for n, p in pys}

    def scrub(text):
        text = re.sub(r"(/[\w.+-]+)+/", "", text.replace(work, ""))
        return text

    names = [n for n, _ in pys]
    seen, rows, failures = [], {}, {n: {} for n in names}
    began = time.time()
    for number, task in enumerate(tasks, 1):
        for name, path in pys:
            if (0, 0) < versions[name][1] < task["needs"]:
                failures[name][task["name"]] = \
                    "needs Python >= %d.%d" % task["needs"]
                continue
            records, error = run(task, path, shim, options, scrub)
            for record in records:
                key = record.pop("name")
                if key not in rows:
                    rows[key] = {}
                    seen.append(key)
                rows[key][name] = record
            if error:
                failures[name][task["name"]] = error
        print("[%d/%d %4.0f s] %s" % (number, len(tasks), time.time() - began,
                                      task["name"]), file=sys.stderr)

    report(options, names, versions, seen, rows, failures, skipped,
           time.time() - began)


def report(options, names, versions, seen, rows, failures, skipped, took):
    first = names[0]
    ratios = {}
    lines = []
    for key in seen:
        row = rows[key]
        cells = [key]
        cells += [common.seconds(row[n]["seconds"] if n in row else None)
                  for n in names]
        for n in names[1:]:
            if n in row and first in row:
                r = row[first]["seconds"] / row[n]["seconds"]
                ratios.setdefault(n, {})[key] = r
                cells.append("%.2fx" % r)
            else:
                cells.append("-")
        lines.append(cells)
    everywhere = [k for k in seen if all(n in rows[k] for n in names)]
    summary = {}
    for n in names[1:]:
        mine = ratios.get(n, {})
        summary[n] = {
            "geomean_everywhere": common.geomean([mine[k] for k in everywhere]),
            "benchmarks_everywhere": len(everywhere),
            "geomean_pairwise": common.geomean(mine.values()),
            "benchmarks_pairwise": len(mine),
            "wins": sum(r > 1 for r in mine.values()),
        }
    lines.append(["**geomean, ran everywhere (%d)**" % len(everywhere)]
                 + [""] * len(names)
                 + [common.times(summary[n]["geomean_everywhere"])
                    for n in names[1:]])
    lines.append(["**geomean, pairwise**"] + [""] * len(names)
                 + ["%s (%d)" % (common.times(summary[n]["geomean_pairwise"]),
                                 summary[n]["benchmarks_pairwise"])
                    for n in names[1:]])
    text = ["# pyperformance, stdlib-only benchmarks", "",
            "Best %s time of %d values of about %g s each, one process per "
            "benchmark and interpreter, interleaved. Speed is relative to %s: "
            "2.00x is twice as fast." % (
                options.clock, options.values, options.min_time, first), ""]
    text += ["- %s: %s" % (n, versions[n][0]) for n in names]
    text += ["", common.table(["benchmark"] + names + names[1:], lines), ""]
    for n in names:
        bad = failures[n]
        text.append("%s: %d results, %d of the scripts failed or were not "
                    "run%s" % (n, sum(n in r for r in rows.values()), len(bad),
                               ":" if bad else "."))
        text += ["  - %s: %s" % kv for kv in sorted(bad.items())]
    text.append("")
    text.append("Took %.0f s." % took)
    common.save(options.out, {
        "what": "pyperformance stdlib-only benchmarks",
        "reference": first,
        "interpreters": {n: versions[n][0] for n in names},
        "machine": common.machine(),
        "clock": options.clock,
        "values": options.values, "min_time": options.min_time,
        "summary": summary, "ratios": ratios, "benchmarks": rows,
        "failures": failures, "skipped": skipped, "took": took,
    }, "\n".join(text))


if __name__ == "__main__":
    main()
