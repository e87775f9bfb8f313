#!/usr/bin/env python3
"""Startup time, and memory at rest and with a million things held.

    startup.py --py python3.11 --py typhon=build/release/bin/typhon \\
               --out startup.json

Times are wall and CPU (user + system) of the whole child process, started
with posix_spawn and waited for with wait4, interpreters interleaved.  Memory
is read by the child from /proc/self/status (wait4's own peak also counts the
parent's pages, so it is no use here): peak RSS of an otherwise empty program,
and what RSS grew by while it built and held the objects, after a collection.
"""
import argparse
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import common

COMMANDS = [
    ("-c pass", ["-c", "pass"]),
    ("-I -c pass", ["-I", "-c", "pass"]),
    ("-S -E -c pass", ["-S", "-E", "-c", "pass"]),
    ("import asyncio", ["-c", "import asyncio"]),
    ("import json, re, argparse", ["-c", "import json, re, argparse"]),
]

RSS = """
def rss(key):
    with open('/proc/self/status') as f:
        for line in f:
            if line.startswith(key):
                return int(line.split()[1]) * 1024
"""

PEAK = "print([int(l.split()[1]) for l in open('/proc/self/status') " \
       "if l.startswith('VmHWM')][0] * 1024)"

# name, how many, class definitions, expression
HELD = [
    ("10M ints", 10000000, "", "list(range(N))"),
    ("1M floats", 1000000, "", "[i + 0.5 for i in range(N)]"),
    ("1M small dicts", 1000000, "", "[{'a': i, 'b': i} for i in range(N)]"),
    ("1M slots instances", 1000000,
     "class C:\n    __slots__ = ('a', 'b')\n"
     "    def __init__(self, a, b):\n        self.a = a\n        self.b = b\n",
     "[C(i, i) for i in range(N)]"),
    ("1M dict instances", 1000000,
     "class C:\n"
     "    def __init__(self, a, b):\n        self.a = a\n        self.b = b\n",
     "[C(i, i) for i in range(N)]"),
    ("1M short strings", 1000000, "", "['s%d' % i for i in range(N)]"),
    ("1M 2-tuples", 1000000, "", "[(i, None) for i in range(N)]"),
    ("1M 2-lists", 1000000, "", "[[i, None] for i in range(N)]"),
]

HOLD = RSS + """
import gc
{setup}
def build(N):
    return {expression}
build(1000)
gc.collect()
before = rss('VmRSS')
held = build({count})
gc.collect()
print(rss('VmRSS') - before, rss('VmHWM'))
assert len(held) == {count}
"""


def environment():
    return {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}


def spawn(path, args, env, null):
    """(wall, cpu, exit status) of one child."""
    start = time.perf_counter()
    pid = os.posix_spawn(path, [path] + args, env, file_actions=[
        (os.POSIX_SPAWN_DUP2, null, fd) for fd in (0, 1, 2)])
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    return wall, usage.ru_utime + usage.ru_stime, status


def startup(pys, repeat):
    env = environment()
    null = os.open(os.devnull, os.O_RDWR)
    result = {name: {} for name, _ in pys}
    for label, args in COMMANDS:
        walls = {name: [] for name, _ in pys}
        cpus = {name: [] for name, _ in pys}
        bad = set()
        for turn in range(repeat + 2):
            for name, path in pys:
                wall, cpu, status = spawn(path, args, env, null)
                if status:
                    bad.add(name)
                if turn >= 2:           # two warm-up turns
                    walls[name].append(wall)
                    cpus[name].append(cpu)
        for name, _ in pys:
            if name in bad:
                result[name][label] = {"error": "exited with a failure"}
                continue
            result[name][label] = {
                "best": min(walls[name]),
                "median": sorted(walls[name])[repeat // 2],
                "cpu": min(cpus[name]),
            }
        print(label, file=sys.stderr)
    os.close(null)
    return result


def ask(path, code, timeout):
    """The numbers that the child prints, or an error."""
    try:
        done = subprocess.run([path, "-c", code], capture_output=True,
                              text=True, timeout=timeout, env=environment())
        if done.returncode:
            return None, (done.stderr.strip().split("\n")[-1][:200]
                          or "exit %d" % done.returncode)
        return [int(n) for n in done.stdout.split()], None
    except subprocess.TimeoutExpired:
        return None, "timed out"
    except ValueError:
        return None, "printed something else"


def memory(pys, held_rows, timeout):
    result = {name: {} for name, _ in pys}
    for name, path in pys:
        got = [ask(path, PEAK, timeout) for _ in range(3)]
        good = [g[0][0] for g in got if g[0]]
        result[name]["empty program"] = (
            {"peak": min(good)} if good else {"error": got[0][1]})
    for label, count, setup, expression in held_rows:
        for name, path in pys:
            code = HOLD.format(setup=setup, expression=expression, count=count)
            numbers, error = ask(path, code, timeout)
            result[name][label] = {"error": error} if error else {
                "held": numbers[0], "each": numbers[0] / count,
                "peak": numbers[1]}
        print(label, file=sys.stderr)
    return result


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    common.add_py(parser)
    parser.add_argument("--repeat", type=int, default=30)
    parser.add_argument("--short", action="store_true",
                        help="of memory only what an empty program uses")
    parser.add_argument("--timeout", type=float, default=120)
    options = parser.parse_args()
    pys = common.interpreters(options, parser)
    names = [n for n, _ in pys]
    began = common.machine()
    times = startup(pys, options.repeat)
    held_rows = [] if options.short else HELD
    held = memory(pys, held_rows, options.timeout)

    def time_cell(entry):
        if "error" in entry:
            return "failed"
        return "%.1f / %.1f (%.1f)" % (entry["best"] * 1e3,
                                       entry["median"] * 1e3,
                                       entry["cpu"] * 1e3)

    def held_cell(entry):
        if "error" in entry:
            return "failed"
        if "held" not in entry:
            return "%.1f MB peak" % (entry["peak"] / 1e6)
        return "%.0f MB, %.0f B each" % (entry["held"] / 1e6, entry["each"])

    text = ["# Startup and memory", "",
            "Startup in ms: best / median wall of %d (best CPU)." %
            options.repeat, ""]
    versions = {n: common.version_of(p)[0] for n, p in pys}
    text += ["- %s: %s" % (n, versions[n]) for n in names]
    text += ["", common.table(["startup"] + names, [
        [label] + [time_cell(times[n][label]) for n in names]
        for label, _ in COMMANDS]), "",
        "Memory: peak RSS of an otherwise empty program, then the growth of "
        "RSS while holding the objects (their list included).", "",
        common.table(["memory"] + names, [
            [label] + [held_cell(held[n][label]) for n in names]
            for label in ["empty program"] + [h[0] for h in held_rows]])]
    common.save(options.out, {
        "what": "startup and memory", "machine": began, "versions": versions,
        "startup": times, "memory": held}, "\n".join(text))


if __name__ == "__main__":
    main()
