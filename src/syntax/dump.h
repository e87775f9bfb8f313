// Readable output of tokens and trees for `-X dump=tokens,ast`.
//
// Threading: plain functions over data of the calling thread.
#ifndef TYPHON_SYNTAX_DUMP_H
#define TYPHON_SYNTAX_DUMP_H

#include <stdio.h>

#include "syntax/ast.h"

// One token a line: "1:0-1:5  NAME  'print'". 0, or -1 with the tokenizer's exception.
int token_dump(FILE *out, const char *source, Py_ssize_t size, PyObject *filename, int flags);

// The tree, indented, one node or field a line. 0 or -1.
int ast_dump(FILE *out, const Mod *mod);

#endif
