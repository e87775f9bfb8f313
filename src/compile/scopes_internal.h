// Shared by the parts of scopes_*.c.
#ifndef TYPHON_COMPILE_SCOPES_INTERNAL_H
#define TYPHON_COMPILE_SCOPES_INTERNAL_H

#include "compile/scopes.h"

// Names that have no C identifier, or that need one address for the whole build.
typedef struct {
    PyObject *dot_zero;             // ".0"
    PyObject *dot_format;           // ".format"
    PyObject *dot_defaults;         // ".defaults"
    PyObject *dot_kwdefaults;       // ".kwdefaults"
    PyObject *dot_type_params;      // ".type_params"
    PyObject *dot_generic_base;     // ".generic_base"
} ScopeNames;

typedef struct {
    ScopeTable *table;
    Arena *arena;
    Scope *current;
    PyObject *private_name;         // innermost class, or NULL
    ScopeNames names;
    int recursion;
} ScopeBuilder;

// Makes room for one more item in an arena vector. 0 or -1 with MemoryError.
int arena_vector_grow(Arena *arena, void *items, uint32_t count, uint32_t *capacity, size_t size);

// Adds flags to the symbol `name` (already mangled) of scope, made when missing. NULL with
// MemoryError.
Symbol *scope_add(Arena *arena, Scope *scope, PyObject *name, uint32_t flags);

// New scope as a child of parent, registered under key. NULL with MemoryError.
Scope *scope_new(ScopeTable *table, Scope *parent, PyObject *name, ScopeKind kind,
                 const void *key, Span span);

// Raises SyntaxError at a place: -1.
int scope_error(const ScopeTable *table, Span span, const char *format, ...);

// scopes_visit.c, scopes_expr.c: 0 or -1.
int scope_visit_stmts(ScopeBuilder *b, const StmtSeq *body);
int scope_visit_expr(ScopeBuilder *b, const Expr *e);
int scope_visit_exprs(ScopeBuilder *b, const ExprSeq *seq);
int scope_visit_type_params(ScopeBuilder *b, const TypeParamSeq *params);
int scope_visit_argument_names(ScopeBuilder *b, const Arguments *args);
int scope_visit_defaults(ScopeBuilder *b, const Arguments *args);
int scope_add_name(ScopeBuilder *b, PyObject *name, uint32_t flags, Span span);
int scope_check_store(ScopeBuilder *b, PyObject *name, Span span, ExprContext ctx);
Scope *scope_enter(ScopeBuilder *b, PyObject *name, ScopeKind kind, const void *key, Span span);
void scope_leave(ScopeBuilder *b);
int scope_add_directive(ScopeBuilder *b, PyObject *name, Span span);
// Symbol flags of a name in the current block, 0 when absent; -1 on error.
int scope_lookup_flags(ScopeBuilder *b, PyObject *name);
// Fails when the current block is an annotation scope; word is "yield expression"….
int scope_reject_in_annotation(ScopeBuilder *b, const char *word, Span span);

// scopes_resolve.c: 0 or -1.
int scopes_resolve(ScopeTable *table);

#endif
