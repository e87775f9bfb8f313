#!/usr/bin/env python3
"""Makes one library folder out of several by links; later folders win.

usage: link_library.py TARGET SOURCE...

Folders are real, files are links, so that __pycache__ folders stay in TARGET.
"""
import os
import pathlib
import sys


def link(source, target):
    if target.is_symlink():
        if os.readlink(target) == str(source):
            return
        target.unlink()
    elif target.exists():
        target.unlink()
    target.symlink_to(source)


def main():
    target, *sources = map(pathlib.Path, sys.argv[1:])
    wanted = {}
    for source in sources:
        for path in source.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and path.name[0] != ".":
                wanted[path.relative_to(source)] = path.resolve()
    for relative, path in wanted.items():
        (target / relative).parent.mkdir(parents=True, exist_ok=True)
        link(path, target / relative)
    for path in target.rglob("*"):
        if path.is_symlink() and path.relative_to(target) not in wanted:
            path.unlink()


if __name__ == "__main__":
    main()
