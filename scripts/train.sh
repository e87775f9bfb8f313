#!/bin/sh
# usage: train.sh FOLDER      runs the instrumented program in FOLDER/bin and merges what it counted
#
# Writes FOLDER/typhon.profdata, and FOLDER/start.order: the functions that every start runs.
#
# What is run is ordinary work of many kinds: the kernels, work with the native modules, and the tests
# of language and types.
# Only how often branches were taken matters, so a failing or slow test does no harm.
set -eu
folder=$1
typhon=$folder/bin/typhon
rm -rf "$folder/raw"
"$typhon" -c pass
llvm-profdata-19 merge -o "$folder/start.profdata" "$folder"/raw/*.profraw
llvm-profdata-19 show --all-functions --counts "$folder/start.profdata" |
    python3 scripts/executed_functions.py > "$folder/start.order"
"$typhon" bench/kernels.py --repeat 2 > /dev/null
"$typhon" bench/work.py > /dev/null
for program in tests/language/*.py tests/types/*.py; do
    timeout 60 "$typhon" "$program" > /dev/null 2>&1 || true
done
llvm-profdata-19 merge -o "$folder/typhon.profdata" "$folder"/raw/*.profraw
