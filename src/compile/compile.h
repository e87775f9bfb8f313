// From syntax tree to code object: the door of the compiler.
//
//   Mod --scopes.h--> symbol tables --codegen--> flow graph --assemble--> PyCodeObject
//
// Flags are those of compile(): PARSE_* (syntax/parser.h) and CO_FUTURE_*. Future statements found
// in the source are added to the flags that the caller passes by pointer, so that interactive
// sessions and `exec` can inherit them.
//
// Errors are SyntaxError (and subclasses), RecursionError "maximum recursion depth exceeded during
// compilation", OverflowError for programs beyond the limits of the bytecode, MemoryError, and
// whatever a SyntaxWarning turned into an error raises. Warnings go through error_warn_explicit.
//
// Threading: a compilation keeps all its state on its own; any number of threads may compile at
// once.
#ifndef TYPHON_COMPILE_COMPILE_H
#define TYPHON_COMPILE_COMPILE_H

#include <stdbool.h>

#include "abi/object.h"
#include "syntax/arena.h"
#include "syntax/ast.h"
#include "syntax/parser.h"

// Compiles a tree. filename is a str. *flags: see above (NULL means 0). optimize: -1 takes the
// interpreter's -O level, 0 keeps everything, 1 drops asserts, 2 drops docstrings too. arena owns
// the tree; the compiler may allocate in it. New code object, or NULL with an exception.
PyObject *compile_ast(Mod *mod, PyObject *filename, int *flags, int optimize, Arena *arena);

// Parses and compiles `size` bytes of source. mode is PARSE_EXEC, PARSE_EVAL or PARSE_SINGLE.
// New code object, or NULL with an exception.
PyObject *compile_string(const char *source, Py_ssize_t size, PyObject *filename, int mode,
                         int *flags, int optimize);

// What ast.parse(optimize=...) (PARSE_OPTIMIZED_AST) changes in a tree, in place (preprocess.c).
// 0 or -1.
int compile_optimize_ast(Mod *mod, int optimize, Arena *arena);

// The -O level that optimize == -1 stands for; set once at start-up.
void compile_set_default_optimize(int level);

// Whether code objects get columns and end lines (-X no_debug_ranges); set once at start-up.
void compile_set_debug_ranges(bool wanted);

#endif
