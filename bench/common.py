"""What the drivers (kernels, suite, startup, threads, aio) share."""
import json
import math
import os
import shutil
import subprocess


def add_py(parser):
    parser.add_argument(
        "--py", action="append", default=[], metavar="NAME=PATH",
        help="an interpreter to compare (repeatable; the first is the "
             "reference)")
    parser.add_argument("--out", metavar="FILE.json",
                        help="write results here; a .md table goes beside it")


def interpreters(options, parser):
    """[(name, path)] from --py, checked to be runnable."""
    found = []
    for item in options.py:
        name, eq, path = item.partition("=")
        if not eq:
            name, path = os.path.basename(item), item
        where = shutil.which(os.path.expanduser(path))
        if where is None:
            parser.error("cannot execute the interpreter named %s" % name)
        found.append((name, os.path.abspath(where)))
    if not found:
        parser.error("name at least one interpreter with --py NAME=PATH")
    return found


def version_of(path):
    """(first line of sys.version, (major, minor)), or (None, (0, 0))."""
    code = ("import sys; print(sys.version.split(chr(10))[0]); "
            "print(*sys.version_info[:2])")
    try:
        done = subprocess.run([path, "-c", code], capture_output=True,
                              text=True, timeout=60)
        line, numbers = done.stdout.strip().split("\n")[-2:]
        return line, tuple(int(n) for n in numbers.split())
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None, (0, 0)


def machine():
    """A short description of the machine, without any path in it."""
    model = ""
    try:
        with open("/proc/cpuinfo") as f:
            for line in f:
                if line.startswith("model name"):
                    model = line.split(":", 1)[1].strip()
                    break
    except OSError:
        pass
    return {"cpus": os.cpu_count(), "cpu": model, "load": os.getloadavg()}


def geomean(values):
    """The geometric mean, or None of nothing."""
    values = [v for v in values if v > 0]
    if not values:
        return None
    return math.exp(sum(map(math.log, values)) / len(values))


def times(ratio):
    return "-" if ratio is None else "%.2fx" % ratio


def seconds(t):
    if t is None:
        return "-"
    for unit, scale in (("s", 1), ("ms", 1e3), ("us", 1e6)):
        if t * scale >= 1:
            return "%.3g %s" % (t * scale, unit)
    return "%.3g ns" % (t * 1e9)


def table(headers, rows):
    """A markdown table as one string, columns padded for a terminal."""
    cells = [[str(c) for c in row] for row in [headers] + rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headers))]
    lines = []
    for n, row in enumerate(cells):
        lines.append("| " + " | ".join(
            c.ljust(w) if i == 0 else c.rjust(w)
            for i, (c, w) in enumerate(zip(row, widths))) + " |")
        if n == 0:
            lines.append("|" + "|".join(
                "-" * (w + 1) + ("-" if i == 0 else ":")
                for i, w in enumerate(widths)) + "|")
    return "\n".join(lines)


def save(out, result, markdown):
    print(markdown)
    if out:
        os.makedirs(os.path.dirname(os.path.abspath(out)), exist_ok=True)
        with open(out, "w") as f:
            json.dump(result, f, indent=1)
            f.write("\n")
        with open(os.path.splitext(out)[0] + ".md", "w") as f:
            f.write(markdown + "\n")
