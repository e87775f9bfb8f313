// The syntax tree: nodes (generated from ast.def), tables that describe them, and the way to and
// from the Python classes of the `ast` module.
//
// A node is a tagged union: `kind` says which member is valid, members are called like the Python
// classes: `expr->BinOp.left`. Positions are in `node->span`. Sequences are never NULL.
//
// The Python classes are heap types that belong to the interpreter and are made on first use.
//
// Threading: trees are plain data of one thread; the tables are constant; the classes are made
// once under a lock.
#ifndef TYPHON_SYNTAX_AST_H
#define TYPHON_SYNTAX_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/object.h"
#include "syntax/arena.h"
#include "syntax/ast_nodes.h"

#include "syntax/ast_numbers.inc"

// ---- tables ----

enum { AST_ONE, AST_OPTIONAL, AST_SEQUENCE, AST_SEQUENCE_OPTIONAL };
enum { AST_SUM, AST_PRODUCT, AST_SIMPLE };

typedef struct {
    const char *name;
    uint8_t type;           // AST_TYPE_*
    uint8_t quantifier;     // AST_ONE…
    uint16_t offset;        // in the struct of the type
} AstField;

typedef struct {
    const char *name;       // "BinOp"
    const char *doc;        // "BinOp(expr left, operator op, expr right)"
    const AstField *fields;
    uint8_t nfields;
    uint8_t type;           // AST_TYPE_*
    uint8_t kind;           // value of `kind`, or of the enumerator; 0 for products
} AstClass;

typedef struct {
    const char *name;       // "expr"
    const char *doc;
    uint8_t shape;          // AST_SUM…
    const AstField *attributes;
    uint8_t nattributes;
    uint8_t first_class;    // index into ast_classes
    uint8_t nclasses;
    uint16_t size;          // of the struct; 0 for simple sums
} AstType;

extern const AstClass ast_classes[AST_CLASS_COUNT];
extern const AstType ast_types[AST_TYPE_COUNT];

// ---- Python classes ----

// The class ast.AST / the class with this AST_CLASS_* number / the abstract class of a sum
// (AST_TYPE_*): new reference, or NULL with an exception.
PyObject *ast_base_class(void);
PyObject *ast_class(int class_number);
PyObject *ast_type_class(int type_number);

// The state behind ast_class, made on first use: 0 or -1. For `_ast`: adds all classes to module.
int ast_add_classes(PyObject *module);

// 1 when op is an instance of ast.AST, 0 when not, -1 with an exception.
int ast_object_check(PyObject *op);

// Python objects for a tree: new reference, or NULL with an exception.
PyObject *ast_to_object(Mod *mod);

// Whether op is of the class that compile() expects in a mode: 0, or -1 with TypeError.
int ast_object_check_mode(PyObject *op, int mode);

// Reads Python objects into a tree. `mode` is PARSE_EXEC, PARSE_EVAL or PARSE_SINGLE (parser.h)
// and chooses the class that is expected. NULL with TypeError, ValueError or RecursionError. The
// result is not validated yet.
Mod *ast_from_object(PyObject *op, int mode, Arena *arena);

// Whether the tree can be compiled: 1, or 0 with ValueError/TypeError (for trees made by users).
int ast_validate(Mod *mod);

// ---- helpers ----

// Calls visit for each child node (not for enumerators, identifiers and constants) of a node of an
// AST_TYPE_*; ends with the first result that is not 0.
typedef int (*AstVisit)(void *arg, const AstField *field, int type, char *node);
int ast_visit_children(int type, char *node, AstVisit visit, void *arg);

// Whether one of the expressions is *x.
bool ast_has_starred(const ExprSeq *exprs);

// The word that error messages use for an expression: "function call", "literal",
// "attribute"…; static text.
const char *ast_expr_name(const Expr *expr);

// The docstring of a body as Constant's str (borrowed from the tree), or NULL.
PyObject *ast_docstring_borrow(const StmtSeq *body);

// Text of an expression as source code, as annotations become under
// `from __future__ import annotations`: new str, or NULL with an exception.
PyObject *ast_unparse(const Expr *expr);

#endif
