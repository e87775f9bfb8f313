#!/usr/bin/env python3
"""usage: check_handlers.py PROGRAM

Looks at the handlers of instructions in a release build (tail calls) and fails when one makes an
ordinary call: that costs registers at the entry of its fast path. Such code belongs into SLOW bodies.
"""
import re
import shutil
import subprocess
import sys


def calls_by_handler(program):
    """{handler: called functions}, None when there is no disassembler."""
    tool = shutil.which("llvm-objdump-19") or shutil.which("objdump")
    if tool is None:
        return None
    text = subprocess.run([tool, "-d", "--no-show-raw-insn", program], check=True,
                          capture_output=True, text=True).stdout
    found, handler = {}, None
    for line in text.split("\n"):
        head = re.fullmatch(r"[0-9a-f]+ <(op_[A-Z]\w*).*>:", line)
        if head:
            handler = head[1]
            found[handler] = []
        elif not line:
            handler = None
        elif handler and (call := re.search(r"\bcallq?\s+(.*)", line)):
            found[handler].append(call[1])
    return found


def main():
    found = calls_by_handler(sys.argv[1])
    if not found:       # no disassembler, or a build without tail calls
        print("check_handlers: nothing to look at")
        return 0
    bad = {handler: calls for handler, calls in found.items() if calls}
    for handler, calls in sorted(bad.items()):
        print("%s calls %s" % (handler, ", ".join(calls)))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
