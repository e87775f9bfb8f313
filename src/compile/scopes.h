// Symbol tables: which name is what in every block of a program.
//
// scopes_build makes one Scope per block (module, class, function, lambda, comprehension, and the
// annotation scopes of PEP 649/695/696) in two passes: scopes_visit.c walks the tree and notes
// how names are used, scopes_resolve.c decides what each name means. Code generation finds the
// scope of a node with scope_of.
//
// Comprehensions that are inlined (PEP 709) keep a scope of their own: their variables live in
// registers of the surrounding code object. Names that they only use are resolved as if they stood
// in the parent, so reading a local of the parent does not make it a cell.
//
// Everything is allocated from an arena; names are interned, so that they compare by address.
// Numbers of flags and kinds are visible through the `_symtable` module.
//
// Threading: tables belong to the thread that compiles.
#ifndef TYPHON_COMPILE_SCOPES_H
#define TYPHON_COMPILE_SCOPES_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/object.h"
#include "syntax/arena.h"
#include "syntax/ast.h"

typedef enum {
    SCOPE_FUNCTION,
    SCOPE_CLASS,
    SCOPE_MODULE,
    SCOPE_ANNOTATION,           // __annotate__ of a function, class or module
    SCOPE_TYPE_ALIAS,           // value of a type statement
    SCOPE_TYPE_PARAMETERS,      // around a generic function, class or alias
    SCOPE_TYPE_VARIABLE,        // bound, constraints or default of a type parameter
} ScopeKind;

typedef enum {
    COMPREHENSION_NONE,
    COMPREHENSION_LIST,
    COMPREHENSION_DICT,
    COMPREHENSION_SET,
    COMPREHENSION_GENERATOR,
} ComprehensionKind;

// How a name is used in a block.
enum {
    DEF_GLOBAL = 1,             // global statement
    DEF_LOCAL = 2,              // assignment
    DEF_PARAM = 4,
    DEF_NONLOCAL = 8,           // nonlocal statement
    DEF_USE = 16,
    DEF_FREE_CLASS = 64,        // bound in a class body and free in it as well
    DEF_IMPORT = 128,
    DEF_ANNOT = 256,
    DEF_COMP_ITER = 512,        // target of a comprehension's for
    DEF_TYPE_PARAM = 1024,
    DEF_COMP_CELL = 2048,       // cell of an inlined comprehension
    DEF_BOUND = DEF_LOCAL | DEF_PARAM | DEF_IMPORT | DEF_TYPE_PARAM,
};

// What a name means in a block.
typedef enum {
    NAME_UNKNOWN,
    NAME_LOCAL,
    NAME_GLOBAL_EXPLICIT,
    NAME_GLOBAL_IMPLICIT,
    NAME_FREE,
    NAME_CELL,
} NameKind;

enum { SYMBOL_SCOPE_SHIFT = 12, SYMBOL_SCOPE_MASK = 15 };

typedef struct {
    PyObject *name;             // interned, mangled
    uint32_t flags;             // DEF_*
    NameKind kind;
} Symbol;

// A global or nonlocal statement (or an implied one), for errors found later.
typedef struct {
    PyObject *name;
    Span span;
} ScopeDirective;

typedef struct Scope Scope;
struct Scope {
    ScopeKind kind;
    ComprehensionKind comprehension;
    PyObject *name;             // as symtable shows it: "top", "lambda", "f"
    const void *key;            // the node
    Span span;
    Scope *parent;
    Scope *annotations;         // annotation scope of a module or class, or NULL
    const char *what;           // of type variables, for errors: "a TypeVar bound"

    Symbol *symbols;            // in order of first appearance
    uint32_t count;
    uint32_t capacity;
    uint32_t *table;            // open addressing: index + 1; NULL while there are few
    uint32_t table_mask;

    PyObject **params;          // in order of appearance
    uint32_t nparams;
    uint32_t params_capacity;
    Scope **children;
    uint32_t nchildren;
    uint32_t children_capacity;
    ScopeDirective *directives;
    uint32_t ndirectives;
    uint32_t directives_capacity;
    PyObject **mangled_names;   // type parameter scopes of classes: only these are mangled
    uint32_t nmangled;
    uint32_t mangled_capacity;
    const Scope *mangling;      // the scope whose mangled_names is in force, or NULL

    bool nested;                // some enclosing block is a function
    bool generator;
    bool coroutine;
    bool has_varargs;
    bool has_varkeywords;
    bool is_method;             // function directly in a class
    bool is_async_def;
    bool inlined;               // comprehension without code object of its own
    bool can_see_class_scope;   // annotation scope directly in a class
    bool needs_class_closure;   // class: a method uses __class__ or super
    bool needs_classdict;       // class: an annotation scope looks at its names
    bool has_conditional_annotations;
    bool in_conditional_block;  // while visiting
    bool in_iteration_target;   // while visiting
    bool unevaluated;           // annotation scope whose code is never made
    bool has_docstring;
    bool has_named_expr;        // a `:=` here or in an inlined comprehension
    bool future_annotations;
    int in_iterable;            // while visiting: depth of comprehension iterables
};

typedef struct {
    Arena *arena;
    PyObject *filename;
    Scope *top;
    int future_flags;           // CO_FUTURE_* in force
    int allow_top_level_await;
    const void **keys;          // open addressing over nodes
    Scope **scopes;
    size_t key_count;
    size_t key_mask;
} ScopeTable;

// Builds the tables of a tree in arena. future_flags: CO_FUTURE_* and PARSE_ALLOW_TOP_LEVEL_AWAIT.
// NULL with SyntaxError, RecursionError or MemoryError.
ScopeTable *scopes_build(Mod *mod, PyObject *filename, int future_flags, Arena *arena);

// Scope of a node: the mod, FunctionDef, ClassDef, Lambda, comprehension and TypeAlias nodes, the
// Arguments of a function for its annotations, the TypeParamSeq for type parameter scopes, a
// TypeParam for its bound, and scope_default_key of it for its default. NULL when it has none.
Scope *scope_of(const ScopeTable *table, const void *key);
static inline const void *scope_default_key(const TypeParam *param) { return &param->span; }

// Symbol of a mangled, interned name in this very block, or NULL.
Symbol *scope_find(const Scope *scope, PyObject *name);

// Whether the block's code runs as a function (everything but modules and classes).
static inline bool
scope_is_function_like(const Scope *scope)
{
    return scope->kind != SCOPE_MODULE && scope->kind != SCOPE_CLASS;
}

// The name as the block sees it: `__x` in class C becomes `_C__x`. private_name may be NULL.
// scope, when not NULL, may limit mangling to its own type parameters. Borrowed from the arena;
// interned. NULL with MemoryError.
PyObject *scope_mangle(Arena *arena, PyObject *private_name, const Scope *scope, PyObject *name);

// Future features of a tree: CO_FUTURE_* bits found in its `from __future__` statements, or -1
// with SyntaxError. *last is the position of the last one (line -1 without any).
int future_scan(Mod *mod, PyObject *filename, Span *last);

// ---- for -X dump ----
const char *scope_kind_name(ScopeKind kind);
const char *name_kind_name(NameKind kind);

#endif
