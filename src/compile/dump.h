// Readable output of symbol tables and bytecode for `-X dump=scopes,bytecode`.
//
// Threading: plain functions over data of the calling thread; code objects are immutable.
#ifndef TYPHON_COMPILE_DUMP_H
#define TYPHON_COMPILE_DUMP_H

#include <stdio.h>

#include "abi/object.h"
#include "syntax/ast.h"

// The tree of scopes of a module with the kind of every name. 0, or -1 with an exception.
int scopes_dump(FILE *out, Mod *mod, PyObject *filename, int flags);

// Disassembly of a code object and of those among its constants, one instruction a line:
// "  3  LOAD_CONST r3, 0 ('abc')". 0, or -1 with an exception.
int code_dump(FILE *out, PyObject *code);

#endif
