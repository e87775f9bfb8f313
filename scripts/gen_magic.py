"""Makes import_magic.h: the magic number of .pyc files, a hash of what decides their content.

    gen_magic.py SOURCE_ROOT OUTPUT_FOLDER

A change of the instruction set, of the compiler or of marshal gives a new number, so files that
were compiled before it are not used.
"""

import hashlib
import pathlib
import sys

PATTERNS = ["src/vm/opcodes.def", "src/compile/*.[ch]", "src/syntax/*.[ch]",
            "src/runtime/marshal*.[ch]", "scripts/gen_vm.py"]


def main():
    root, out = map(pathlib.Path, sys.argv[1:])
    digest = hashlib.sha256()
    for pattern in PATTERNS:
        for path in sorted(root.glob(pattern)):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    number = int.from_bytes(digest.digest()[:2], "little")
    text = ("// Made by scripts/gen_magic.py.\n"
            "// Magic number of bytecode files: two bytes that depend on the compiler, CR, LF.\n"
            f"#define IMPORT_MAGIC 0x0a0d{number:04x}\n")
    target = out / "import_magic.h"
    if not target.exists() or target.read_text() != text:
        target.write_text(text)


main()
