#!/usr/bin/env python3
"""Collects every ID(name) of the C sources and writes identifiers.inc.

usage: gen_identifiers.py OUTPUT_FOLDER

The file has a row IDENTIFIER(name) for each name. It is rewritten only when its content changes,
so that builds stay incremental.
"""
import pathlib
import re
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent / "src"
USE = re.compile(r"\bID\(\s*(\w+)\s*\)")


def write_if_changed(path, text):
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def main():
    out = pathlib.Path(sys.argv[1])
    (out / "objects").mkdir(parents=True, exist_ok=True)
    names = set()
    for path in SOURCE.rglob("*"):
        if path.suffix in (".c", ".h", ".def") and path.name != "identifiers.h":
            names.update(USE.findall(path.read_text(errors="replace")))
    rows = "".join(f"IDENTIFIER({name})\n" for name in sorted(names))
    write_if_changed(out / "objects" / "identifiers.inc", rows)


if __name__ == "__main__":
    main()
