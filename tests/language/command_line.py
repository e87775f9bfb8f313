"""Ways to start a program: -c, -m, a file, a folder, an archive, standard input; how they end."""
import os
import platform
import subprocess
import sys
import tempfile
import zipfile


def run(*arguments, stdin="", **environment):
    result = subprocess.run([sys.executable, *arguments], input=stdin, capture_output=True,
                            encoding="utf-8", env={**os.environ, **environment})
    return result.returncode, result.stdout, result.stderr


def write(*parts, text):
    path = os.path.join(*parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


PROGRAM = "import sys; print(__name__, __spec__ and __spec__.name, sys.argv[1:])\n"

with tempfile.TemporaryDirectory() as folder:
    assert run("-c", PROGRAM, "a") == (0, "__main__ None ['a']\n", "")
    script = write(folder, "script.py", text=PROGRAM)
    assert run(script, "a", "b") == (0, "__main__ None ['a', 'b']\n", "")
    assert run("-", "x", stdin=PROGRAM) == (0, "__main__ None ['x']\n", "")

    write(folder, "package", "__init__.py", text="")
    write(folder, "package", "__main__.py", text=PROGRAM)
    write(folder, "package", "module.py", text=PROGRAM)
    path = {"PYTHONPATH": folder}
    assert run("-m", "package.module", "a", **path) == (0, "__main__ package.module ['a']\n", "")
    assert run("-m", "package", **path) == (0, "__main__ package.__main__ []\n", "")
    assert run("-m", "script", **path) == (0, "__main__ script []\n", "")
    assert run(os.path.join(folder, "package")) == (0, "__main__ __main__ []\n", "")

    archive = os.path.join(folder, "archive.zip")
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("__main__.py", PROGRAM)
    assert run(archive, "z") == (0, "__main__ __main__ ['z']\n", "")

    status, out, err = run("-m", "no_such_module_here")
    assert (status, out) == (1, "") and err.endswith(": No module named no_such_module_here\n"), err
    status, out, err = run(os.path.join(folder, "missing.py"))
    assert (status, out) == (2, "") and "can't open file" in err, err

# Exit statuses
assert run("-c", "raise SystemExit(3)")[0] == 3
assert run("-c", "raise SystemExit('text')") == (1, "", "text\n")
assert run("-c", "1/0")[0] == 1

# What other programs read in sys.version
assert platform.python_implementation() == "CPython"
assert platform.python_version() == "%d.%d.%d" % sys.version_info[:3]
assert "Typhon" in sys.version and "free-threading build" in sys.version
