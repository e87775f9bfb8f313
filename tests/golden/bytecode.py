"""Bytecode of small programs against stored disassembly.

bytecode/NAME.py is compiled, bytecode/NAME.txt is what `-X dump=bytecode` has to print. With
TYPHON_UPDATE_GOLDEN=1 in the environment the stored texts are rewritten instead.
"""
import os
import subprocess
import sys

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bytecode")
update = os.environ.get("TYPHON_UPDATE_GOLDEN") == "1"
failed = []
for name in sorted(os.listdir(folder)):
    if not name.endswith(".py"):
        continue
    result = subprocess.run([sys.executable, "-S", "-X", "dump=bytecode", name], cwd=folder,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    assert result.returncode == 0, (name, result.stderr)
    path = os.path.join(folder, name[:-3] + ".txt")
    if update:
        with open(path, "w", encoding="utf-8") as file:
            file.write(result.stdout)
        continue
    with open(path, encoding="utf-8") as file:
        expected = file.read()
    if result.stdout != expected:
        failed.append(name)
        print(f"--- {name}: expected\n{expected}--- got\n{result.stdout}")
assert not failed, failed
