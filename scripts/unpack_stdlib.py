#!/usr/bin/env python3
"""Unpacks the pure-Python standard library, without what belongs to another platform.

usage: unpack_stdlib.py python_stdlib.zip TARGET_FOLDER
"""
import sys
import zipfile

# Parts of the archive that are not CPython's Lib, or that Typhon has in lib/ itself.
LEFT_OUT = ("pyodide/", "_pyodide/", "site-packages/", "_sysconfigdata", "ssl.py", "_ssl.py",
            "webbrowser.py")


def main():
    archive, target = sys.argv[1:]
    with zipfile.ZipFile(archive) as stdlib:
        names = [n for n in stdlib.namelist() if not n.startswith(LEFT_OUT)]
        stdlib.extractall(target, names)


if __name__ == "__main__":
    main()
