// The Python classes of the syntax tree, as one object of the interpreter.
//
// Threading: immutable once made.
#ifndef TYPHON_SYNTAX_AST_CLASS_H
#define TYPHON_SYNTAX_AST_CLASS_H

#include "abi/object.h"
#include "syntax/ast.h"

// Everything is owned by the interpreter's `ast_state`.
typedef struct {
    PyObject *base;         // ast.AST
    PyObject **types;       // [AST_TYPE_COUNT]: ast.expr…; for products the class itself
    PyObject **classes;     // [AST_CLASS_COUNT]
    PyObject **singletons;  // [AST_CLASS_COUNT]: instances of the classes of simple sums, or None
    PyObject **names;       // [AST_CLASS_COUNT]: tuple of the interned names of a class's fields
    PyObject **attributes;  // [AST_TYPE_COUNT]: tuple of the names of a type's attributes
} AstState;

// Makes the classes on first use. 0 or -1.
int ast_state(AstState *state);

#endif
