#!/usr/bin/env python3
"""CPU-bound thread scaling, in pure Python.

    PY threads.py --threads 2              # under the interpreter itself
    threads.py --py python3.11 --py pypy3 --threads 2 --out threads.json

Every program does one fixed amount of work, first with 1 thread and then with
more, so "speed-up" is seconds with 1 thread over seconds with n: n is ideal, 1
is what a global lock gives, below 1 means that the threads hurt each other.
"cpu" is the process's CPU seconds with n threads over those with 1: well above
1 means that the extra time went into contention rather than waiting.
The 1-thread seconds compare interpreters with each other.

The machine may be shared, so every run also reads from /proc/stat how much CPU
everything else used meanwhile.  Runs are repeated, up to three times as often
as asked and within --budget, until there are enough with (nearly) quiet CPUs;
the median of the quiet ones is given, and a "!" marks a figure for which there
was none: others took more than a fifth of a CPU in every run.  The median, not
the best, because a contended run is at its best when it is not contended.
"""
import gc
import sys
import threading
import time

# -- programs: each is a function (n) -> [callable per thread] ------------


def primes(n):
    """Count primes by trial division; no shared data."""
    found = []

    def work(k):
        count = 0
        for c in range(3 + 2 * k, 300000, 2 * n):
            d = 3
            while d * d <= c:
                if c % d == 0:
                    break
                d += 2
            else:
                count += 1
        found.append(count)

    def check():
        assert sum(found) + 1 == 25997, found
    return [lambda k=k: work(k) for k in range(n)], check


def mandelbrot(n):
    """Rows of a Mandelbrot picture; floats, interleaved rows."""
    size, limit = 320, 80
    rows = [None] * size

    def work(k):
        for y in range(k, size, n):
            ci = 2.0 * y / size - 1.0
            row = []
            for x in range(size):
                cr = 2.0 * x / size - 1.5
                zr = zi = 0.0
                i = 0
                while i < limit and zr * zr + zi * zi < 4.0:
                    zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
                    i += 1
                row.append(i)
            rows[y] = row

    def check():
        assert all(len(r) == size for r in rows)
    return [lambda k=k: work(k) for k in range(n)], check


def word_count(n):
    """Count words, each thread in its own dict; the words are shared."""
    words = []
    seed = 1
    for _ in range(20000):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        words.append("w%d" % (seed % 3001))
    passes = 192
    totals = []

    def work(k):
        counts = {}
        for _ in range(k, passes, n):
            for w in words:
                if w in counts:
                    counts[w] += 1
                else:
                    counts[w] = 1
        totals.append(sum(counts.values()))

    def check():
        assert sum(totals) == passes * len(words)
    return [lambda k=k: work(k) for k in range(n)], check


def locked_dict(n):
    """Increment counters in ONE shared dict under one lock."""
    counts = dict.fromkeys(range(16), 0)
    lock = threading.Lock()
    total = 1920000

    def work():
        for i in range(total // n):
            with lock:
                counts[i & 15] += 1

    def check():
        assert sum(counts.values()) == total // n * n
    return [work] * n, check


def shared_append(n):
    """Append to ONE shared list, without a lock."""
    out = []
    total = 6000000

    def work():
        for i in range(total // n):
            out.append(i)

    def check():
        assert len(out) == total // n * n
    return [work] * n, check


SHARED = {"key%d" % i: i for i in range(64)}
LIMIT = 10.5


class Config:
    def __init__(self):
        self.name = "config"
        self.scale = 2.5
        self.table = (1, 2, 3)


CONFIG = Config()


def read_dict(n):
    """Look keys up in ONE shared dict."""
    shared, keys = SHARED, list(SHARED)
    rounds = 200000

    def work():
        for _ in range(rounds // n):
            for k in keys:
                shared[k]
    return [work] * n, None


def read_global(n):
    """Read module globals and call a module-level function."""
    total = 8000000

    def work():
        for _ in range(total // n):
            scaled(LIMIT)
    return [work] * n, None


def scaled(x):
    return LIMIT if x is None else CONFIG


def read_attribute(n):
    """Read attributes of ONE shared instance."""
    shared = CONFIG
    total = 8000000

    def work():
        for _ in range(total // n):
            shared.name
            shared.scale
            shared.table
    return [work] * n, None


def queue_pipe(n):
    """queue.Queue: half of the threads put, half get (1: it does both)."""
    import queue
    q = queue.Queue(maxsize=256)
    total = 192000

    if n == 1:
        def both():
            for _ in range(total // 200):
                for i in range(200):
                    q.put(i)
                for i in range(200):
                    q.get()
        return [both], None

    producers = n // 2
    consumers = n - producers
    got = []

    def produce(k):
        for i in range(k, total, producers):
            q.put(i)

    def consume(k):
        count = 0
        for _ in range(k, total, consumers):
            q.get()
            count += 1
        got.append(count)

    def check():
        assert sum(got) == total and q.empty()
    return ([lambda k=k: produce(k) for k in range(producers)]
            + [lambda k=k: consume(k) for k in range(consumers)]), check


class Node:
    def __init__(self, value):
        self.value = value
        self.other = None


def cycles(n):
    """Allocate pairs of instances that refer to each other, and drop them."""
    total = 480000

    def work():
        keep = [None] * 500
        for i in range(total // n):
            a, b = Node(i), Node([i])
            a.other, b.other = b, a
            keep[i % 500] = a
    return [work] * n, None


PROGRAMS = [primes, mandelbrot, word_count, locked_dict, shared_append,
            read_dict, read_global, read_attribute, queue_pipe, cycles]


# -- measuring -----------------------------------------------------------

QUIET = 0.2


def busy_ticks():
    """CPU ticks that the whole machine has spent working, or None."""
    try:
        with open("/proc/stat") as f:
            fields = [int(x) for x in f.readline().split()[1:9]]
        return sum(fields) - fields[3] - fields[4]      # idle, iowait
    except (OSError, ValueError, IndexError):
        return None


def once(program, n):
    """(wall, cpu, CPUs taken by others) of one run with n threads."""
    works, check = program(n)
    errors = []
    gate = threading.Event()

    def body(work):
        gate.wait()
        try:
            work()
        except BaseException as e:
            errors.append(e)

    threads = [threading.Thread(target=body, args=(w,)) for w in works]
    gc.collect()
    for t in threads:
        t.start()
    ticks = busy_ticks()
    cpu, wall = time.process_time(), time.perf_counter()
    gate.set()
    for t in threads:
        t.join()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    others = 0.0
    if ticks is not None:
        others = max(0.0, ((busy_ticks() - ticks) * 0.01 - cpu) / wall)
    if errors:
        raise errors[0]
    if check:
        check()
    return wall, cpu, others


def measure(program, counts, repeat, budget):
    """{n: (wall, cpu, others)}, the median of the quiet runs, or of all."""
    runs = {n: [] for n in counts}
    began = time.perf_counter()
    for turn in range(3 * repeat):
        for n in counts:
            runs[n].append(once(program, n))
        quiet = {n: sorted(r for r in runs[n] if r[2] < QUIET) for n in counts}
        if all(len(quiet[n]) >= repeat for n in counts):
            break
        if time.perf_counter() - began > budget:
            break
    chosen = {}
    for n in counts:
        best = quiet[n] or sorted(runs[n])
        chosen[n] = best[len(best) // 2]
    return chosen


def wait_quiet(limit):
    """Wait until others leave the CPUs alone, at most limit seconds."""
    end = time.perf_counter() + limit
    while time.perf_counter() < end:
        before = busy_ticks()
        if before is None:
            return
        time.sleep(0.3)
        if (busy_ticks() - before) * 0.01 / 0.3 < QUIET:
            return


def gil_state():
    enabled = getattr(sys, "_is_gil_enabled", None)
    if enabled is not None:
        return enabled()
    return not getattr(sys.flags, "nogil", False)


def run_here(options):
    counts = sorted({1} | set(options.threads))
    rows = {}
    if not options.json:
        print("%s %s, GIL: %s" % (sys.implementation.name,
                                  sys.version.split()[0], gil_state()))
        print("%-16s %10s" % ("program", "1 thread") + "".join(
            "%10s %6s" % ("x%d" % n, "cpu") for n in counts[1:]))
    for program in PROGRAMS:
        name = program.__name__
        if options.only and name not in options.only.split(","):
            continue
        try:
            best = measure(program, counts, options.repeat, options.budget)
        except Exception as e:
            rows[name] = {"error": "%s: %s" % (type(e).__name__, e)}
            if not options.json:
                print("%-16s failed: %s" % (name, rows[name]["error"]))
            continue
        wall, cpu = best[1][:2]
        rows[name] = {
            "seconds": {str(n): best[n][0] for n in counts},
            "cpu": {str(n): best[n][1] for n in counts},
            "others": {str(n): round(best[n][2], 2) for n in counts},
            "speedup": {str(n): wall / best[n][0] for n in counts[1:]},
        }
        if not options.json:
            print("%-16s %8.3f s" % (name, wall) + "".join(
                "%9.2fx %6.2f%s" % (
                    wall / best[n][0], best[n][1] / cpu,
                    "!" if max(best[n][2], best[1][2]) >= QUIET else "")
                for n in counts[1:]))
            sys.stdout.flush()
    if options.json:
        import json
        print(json.dumps({"gil": gil_state(), "rows": rows}))


def compare(options, parser):
    import json
    import os
    import subprocess
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import common
    pys = common.interpreters(options, parser)
    counts = sorted(set(options.threads) - {1})
    programs = [p.__name__ for p in PROGRAMS
                if not options.only or p.__name__ in options.only.split(",")]
    results = {name: {"rows": {}} for name, _ in pys}
    for program in programs:            # interleaved by program
        for name, path in pys:
            command = [path, os.path.abspath(__file__), "--json",
                       "--only", program, "--repeat", str(options.repeat),
                       "--budget", str(options.budget)]
            for n in counts:
                command += ["--threads", str(n)]
            wait_quiet(options.wait)
            try:
                done = subprocess.run(command, capture_output=True, text=True,
                                      timeout=options.timeout)
                got = json.loads(done.stdout.strip().split("\n")[-1])
                results[name]["gil"] = got["gil"]
                row = got["rows"][program]
            except subprocess.TimeoutExpired:
                row = {"error": "timed out"}
            except (ValueError, KeyError):
                row = {"error": (done.stderr.strip().split("\n")[-1][:200]
                                 or "exit %d" % done.returncode)}
            results[name]["rows"][program] = row
        print(program, file=sys.stderr)

    first = pys[0][0]
    headers = ["program"] + [n for n, _ in pys] + \
              ["%s x%d" % (name, n) for name, _ in pys for n in counts]
    lines = []
    for program in programs:
        rows = [results[name]["rows"][program] for name, _ in pys]
        line = [program]
        line += [common.seconds(r["seconds"]["1"]) if "seconds" in r
                 else "failed" for r in rows]
        for r in rows:
            for n in counts:
                line.append("%.2f (cpu %.2f)%s" % (
                    r["speedup"][str(n)], r["cpu"][str(n)] / r["cpu"]["1"],
                    "!" if max(r["others"][str(n)],
                               r["others"]["1"]) >= QUIET else "")
                    if "speedup" in r else "-")
        lines.append(line)
    line = ["**geomean**"]
    for name, _ in pys:
        shared = [p for p in programs
                  if "seconds" in results[name]["rows"][p]
                  and "seconds" in results[first]["rows"][p]]
        line.append("%s %s" % (common.times(common.geomean(
            [results[first]["rows"][p]["seconds"]["1"]
             / results[name]["rows"][p]["seconds"]["1"] for p in shared])),
            first))
    for name, _ in pys:
        for n in counts:
            line.append(common.times(common.geomean(
                [r["speedup"][str(n)] for r in results[name]["rows"].values()
                 if "speedup" in r])))
    lines.append(line)
    text = ["# Thread scaling", "",
            "Seconds with 1 thread (median of %d), then the speed-up for the "
            "same total work with n threads and, in brackets, CPU time "
            "relative to 1 thread. '!': others used the CPUs meanwhile." %
            options.repeat, ""]
    for name, path in pys:
        version = common.version_of(path)[0]
        results[name]["version"] = version
        text.append("- %s: %s, GIL: %s" % (
            name, version, results[name].get("gil")))
    text += ["", common.table(headers, lines)]
    common.save(options.out, {
        "what": "thread scaling", "threads": counts,
        "machine": common.machine(), "results": results}, "\n".join(text))


def main():
    import argparse
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, action="append", default=[],
                        help="a thread count (repeatable; default 2)")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--budget", type=float, default=12,
                        help="seconds after which no program is repeated")
    parser.add_argument("--wait", type=float, default=5,
                        help="seconds to wait for quiet CPUs before each "
                             "program (with --py)")
    parser.add_argument("--only", default="", help="comma-separated programs")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--timeout", type=float, default=120,
                        help="seconds for one program (with --py)")
    parser.add_argument("--py", action="append", default=[],
                        metavar="NAME=PATH")
    parser.add_argument("--out", metavar="FILE.json")
    options = parser.parse_args()
    options.threads = options.threads or [2]
    if options.py:
        compare(options, parser)
    else:
        run_here(options)


if __name__ == "__main__":
    main()
