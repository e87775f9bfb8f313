#!/usr/bin/env python3
"""usage: llvm-profdata show --all-functions --counts PROFILE | executed_functions.py

Names of the functions that ran at least once, one a line, for the linker to lay side by side.
"""
import re
import sys


def executed(lines):
    name = None
    for line in lines:
        if head := re.fullmatch(r"  (\S.*):\n", line):
            name = head[1].rpartition(";")[2]       # static functions: FILE;NAME
        elif "Block counts: [" in line and re.search(r"[1-9]", line):
            yield name


if __name__ == "__main__":
    sys.stdout.writelines(name + "\n" for name in executed(sys.stdin))
