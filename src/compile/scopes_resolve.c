// Second pass of the symbol tables: what every name means.
//
// Scopes are resolved from the outside in. A name that its block does not bind is looked for in
// the enclosing blocks that are not classes (annotation scopes directly in a class see the class
// first). Where it is found in a function it becomes a cell there, free here, and free in every
// block between, unless only inlined comprehensions lie between: those share the code object, so
// the name stays an ordinary local.
//
// Threading: see scopes.h.
#include "compile/scopes_internal.h"
#include "objects/error.h"
#include "objects/str.h"
#include "thread/thread.h"

static bool
is_class_cell_name(PyObject *name)
{
    return name == ID(__class__) || name == ID(__classdict__)
           || name == ID(__conditional_annotations__);
}

// Whether code of a class's nested functions finds name in the class as an implicit cell.
static bool
class_offers(const Scope *scope, PyObject *name)
{
    if (name == ID(__conditional_annotations__)) {
        return scope->has_conditional_annotations;
    }
    return is_class_cell_name(name);
}

// The block around `from` whose binding of name is visible in it, or NULL when it is global.
static Scope *
find_binding(const Scope *from, PyObject *name)
{
    for (Scope *scope = from->parent; scope != NULL; scope = scope->parent) {
        if (scope->kind == SCOPE_MODULE) {
            return NULL;
        }
        if (scope->kind == SCOPE_CLASS) {
            if (class_offers(scope, name)) {
                return scope;
            }
            continue;
        }
        const Symbol *symbol = scope_find(scope, name);
        if (symbol == NULL) {
            continue;
        }
        if (symbol->flags & DEF_GLOBAL) {
            return NULL;
        }
        if ((symbol->flags & DEF_BOUND) && !(symbol->flags & DEF_NONLOCAL)) {
            return scope;
        }
    }
    return NULL;
}

static void
make_cell(Scope *owner, PyObject *name)
{
    if (owner->kind == SCOPE_CLASS) {
        if (name == ID(__class__)) {
            owner->needs_class_closure = true;
        }
        else if (name == ID(__classdict__)) {
            owner->needs_classdict = true;
        }
        return;
    }
    Symbol *symbol = scope_find(owner, name);
    symbol->kind = NAME_CELL;
    if (owner->inlined) {
        symbol->flags |= DEF_COMP_CELL;
    }
}

// Makes name of owner reach `from` through the closures of the blocks between.
static int
pass_through(ScopeTable *table, Scope *from, Scope *owner, PyObject *name)
{
    bool same_code = true;
    for (Scope *scope = from; scope != owner; scope = scope->parent) {
        same_code = same_code && scope->inlined;
        if (scope == from) {
            continue;
        }
        Symbol *symbol = scope_add(table->arena, scope, name, 0);
        if (symbol == NULL) {
            return -1;
        }
        if (scope->kind == SCOPE_CLASS && (symbol->flags & (DEF_BOUND | DEF_GLOBAL))) {
            symbol->flags |= DEF_FREE_CLASS;
        }
        else {
            symbol->kind = NAME_FREE;
        }
    }
    if (!same_code) {
        make_cell(owner, name);
    }
    return 0;
}

static const ScopeDirective *
find_directive(const Scope *scope, PyObject *name)
{
    for (uint32_t i = 0; i < scope->ndirectives; i++) {
        if (scope->directives[i].name == name) {
            return &scope->directives[i];
        }
    }
    return NULL;
}

static int
directive_error(const ScopeTable *table, const Scope *scope, PyObject *name, const char *format)
{
    const ScopeDirective *directive = find_directive(scope, name);
    Span span = directive != NULL ? directive->span : scope->span;
    return scope_error(table, span, format, name);
}

static int
resolve_nonlocal(ScopeTable *table, Scope *scope, Symbol *symbol)
{
    PyObject *name = symbol->name;
    if (scope->kind == SCOPE_MODULE) {
        return directive_error(table, scope, name,
                               "nonlocal declaration not allowed at module level");
    }
    Scope *owner = find_binding(scope, name);
    if (owner == NULL) {
        return directive_error(table, scope, name, "no binding for nonlocal '%U' found");
    }
    const Symbol *bound = scope_find(owner, name);
    if (bound != NULL && (bound->flags & DEF_TYPE_PARAM)) {
        return directive_error(table, scope, name,
                               "nonlocal binding not allowed for type parameter '%U'");
    }
    symbol->kind = NAME_FREE;
    return pass_through(table, scope, owner, name);
}

// The class around an annotation scope that sees its names.
static const Scope *
visible_class(const Scope *scope)
{
    if (!scope->can_see_class_scope) {
        return NULL;
    }
    const Scope *outer = scope->parent;
    while (outer->can_see_class_scope && outer->kind != SCOPE_CLASS) {
        outer = outer->parent;
    }
    return outer->kind == SCOPE_CLASS ? outer : NULL;
}

// Whether a comprehension inlined into a class body asks for the class's own implicit cell, which
// is not visible there.
static bool
is_hidden_class_cell(const Scope *from, const Scope *owner)
{
    if (owner->kind != SCOPE_CLASS) {
        return false;
    }
    while (from != owner && from->inlined) {
        from = from->parent;
    }
    return from == owner;
}

static int
resolve_use(ScopeTable *table, Scope *scope, Symbol *symbol)
{
    PyObject *name = symbol->name;
    const Scope *cls = is_class_cell_name(name) ? NULL : visible_class(scope);
    const Symbol *in_class = cls == NULL ? NULL : scope_find(cls, name);
    if (in_class != NULL) {
        if (in_class->flags & DEF_GLOBAL) {
            symbol->kind = NAME_GLOBAL_EXPLICIT;
            return 0;
        }
        // Bound in the class: other enclosing functions do not count.
        bool passes_params = false;
        for (const Scope *s = scope->parent; s != cls; s = s->parent) {
            const Symbol *between = scope_find(s, name);
            passes_params = passes_params || (between != NULL && (between->flags & DEF_BOUND));
        }
        if (!passes_params && (in_class->flags & DEF_BOUND)
            && !(in_class->flags & DEF_NONLOCAL)) {
            symbol->kind = NAME_GLOBAL_IMPLICIT;
            return 0;
        }
    }
    Scope *owner = find_binding(scope, name);
    if (owner == NULL || is_hidden_class_cell(scope, owner)) {
        symbol->kind = NAME_GLOBAL_IMPLICIT;
        return 0;
    }
    symbol->kind = NAME_FREE;
    return pass_through(table, scope, owner, name);
}

static int
resolve_symbol(ScopeTable *table, Scope *scope, uint32_t index)
{
    Symbol *symbol = &scope->symbols[index];
    if (symbol->flags & DEF_GLOBAL) {
        if (symbol->flags & DEF_NONLOCAL) {
            return directive_error(table, scope, symbol->name, "name '%U' is nonlocal and global");
        }
        symbol->kind = NAME_GLOBAL_EXPLICIT;
        return 0;
    }
    if (symbol->flags & DEF_NONLOCAL) {
        return resolve_nonlocal(table, scope, symbol);
    }
    if (symbol->flags & DEF_BOUND) {
        symbol->kind = NAME_LOCAL;
        return 0;
    }
    return resolve_use(table, scope, symbol);
}

static int
resolve_scope(ScopeTable *table, Scope *scope)
{
    if (thread_enter_c(" during compilation") < 0) {
        return -1;
    }
    int result = 0;
    uint32_t count = scope->count;
    for (uint32_t i = 0; i < count && result == 0; i++) {
        result = resolve_symbol(table, scope, i);
    }
    for (uint32_t i = 0; i < scope->nchildren && result == 0; i++) {
        result = resolve_scope(table, scope->children[i]);
    }
    thread_leave_c();
    return result;
}

int
scopes_resolve(ScopeTable *table)
{
    return resolve_scope(table, table->top);
}
