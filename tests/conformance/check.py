#!/usr/bin/env python3
"""Runs part of CPython's own tests and compares with the list of expected failures.

usage: check.py TYPHON [--update] [--list NAME | FILE...]

The tests are those of an installed CPython 3.13 or 3.14 (the folder in TYPHON_TEST_SUITE, or found
in the usual places); without one it says so and succeeds. expected.json names, for each file, the
methods that may fail. A method that fails and is not named fails the check. --update rewrites the
list from this run, and refuses to make it longer.
"""
import argparse
import glob
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
EXPECTED = HERE / "expected.json"
PLACES = [os.path.expanduser("~/.pyenv/versions/3.1[34]*/lib/python3.1[34]"),
          "/usr/local/lib/python3.1[34]", "/usr/lib/python3.1[34]"]


def find_suite():
    places = [os.environ.get("TYPHON_TEST_SUITE", "")] + PLACES
    for pattern in places:
        for folder in sorted(glob.glob(pattern)) if pattern else ():
            if os.path.isfile(os.path.join(folder, "test", "support", "__init__.py")):
                return folder
    return None


def run(typhon, suite, names):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out.json")
        command = [sys.executable, str(HERE / "run.py"), "--python", typhon, "--tests", suite,
                   "--jobs", str(os.cpu_count() or 2), "--timeout", "60", "--file-timeout", "300",
                   "--out", out, *names]
        subprocess.run(command)
        with open(out) as file:
            return json.load(file)


def failures(results):
    """{file: {method, ...}} of what does not pass."""
    return {name: set(entry.get("nonpassing", ())) for name, entry in results["files"].items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("typhon")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--list", default=str(HERE / "lists" / "checked.txt"))
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    suite = find_suite()
    if suite is None:
        print("conformance: no installed CPython 3.13 or 3.14 with its tests was found: not run "
              "(TYPHON_TEST_SUITE names the folder that holds `test`)")
        return 0
    names = options.names or [line.split()[0] for line in open(options.list)
                              if line.strip() and not line.startswith("#")]
    found = failures(run(os.path.abspath(options.typhon), suite, names))
    expected = {}
    if EXPECTED.exists():
        expected = {name: set(methods) for name, methods in json.loads(EXPECTED.read_text()).items()}
    new = {name: sorted(methods - expected.get(name, set())) for name, methods in found.items()}
    new = {name: methods for name, methods in new.items() if methods}
    if options.update:
        longer = {name for name in new if name in expected}
        if longer:
            print("the list may only shrink; newly failing in:", ", ".join(sorted(longer)))
            return 1
        expected.update({name: methods for name, methods in found.items()})
        text = json.dumps({name: sorted(methods) for name, methods in sorted(expected.items())
                           if methods}, indent=1)
        EXPECTED.write_text(text + "\n")
        return 0
    for name, methods in sorted(new.items()):
        for method in methods:
            print(f"conformance: {name}: {method} fails unexpectedly")
    print(f"conformance: {len(found)} files, "
          f"{sum(map(len, found.values()))} expected failures, {sum(map(len, new.values()))} new")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
