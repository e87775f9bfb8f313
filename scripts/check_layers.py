#!/usr/bin/env python3
"""Checks the direction of includes in src/ with the ranks of scripts/layers.txt.

Also: *_internal.h stays in its folder, the compiler's atomic builtins and
<stdatomic.h> only in base/atomic.h, and no cycles between headers. Prints what it finds; exit status 1 if anything.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
ATOMIC = re.compile(r"<stdatomic\.h>|\b__(?:c11_)?(?:atomic|sync)_\w+")


def read_ranks():
    ranks = {}
    for line in (ROOT / "scripts" / "layers.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            rank, folder = line.split()
            ranks[folder] = int(rank)
    return ranks


def check_file(path, ranks, problems):
    relative = path.relative_to(SOURCE)
    folder = relative.parts[0]
    text = path.read_text()
    for target in INCLUDE.findall(text):
        other = target.split("/")[0]
        if other not in ranks or other == folder:
            continue
        if ranks[other] >= ranks[folder]:
            problems.append(f"{relative}: includes {target} (rank {ranks[other]}, "
                            f"own rank {ranks[folder]})")
        if target.endswith("_internal.h"):
            problems.append(f"{relative}: {target} belongs to its folder")
    if str(relative) != "base/atomic.h":
        for word in sorted(set(ATOMIC.findall(text))):
            problems.append(f"{relative}: {word} outside base/atomic.h")


def find_cycles(problems):
    graph = {}
    for path in SOURCE.rglob("*.h"):
        name = str(path.relative_to(SOURCE))
        graph[name] = [t for t in INCLUDE.findall(path.read_text()) if (SOURCE / t).exists()]
    state = {}

    def visit(name, trail):
        if state.get(name) == "done":
            return
        if state.get(name) == "open":
            problems.append("include cycle: " + " -> ".join(trail[trail.index(name):] + [name]))
            return
        state[name] = "open"
        for target in graph.get(name, ()):
            visit(target, trail + [name])
        state[name] = "done"

    for name in graph:
        visit(name, [])


def main():
    ranks = read_ranks()
    problems = []
    for path in sorted(SOURCE.rglob("*.[ch]")):
        check_file(path, ranks, problems)
    find_cycles(problems)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
