// First pass of the symbol tables: expressions, lambdas and comprehensions.
//
// Threading: see scopes.h.
#include "compile/scopes_internal.h"
#include "objects/error.h"
#include "objects/str.h"
#include "thread/thread.h"

// ---- assignment expressions in comprehensions ----

// What to say when `:=` in a comprehension would have to bind in such a block, or NULL.
static const char *
named_expr_obstacle(ScopeKind kind)
{
    switch (kind) {
    case SCOPE_CLASS:
        return "assignment expression within a comprehension cannot be used in a class body";
    case SCOPE_TYPE_PARAMETERS:
        return "assignment expression within a comprehension cannot be used within the definition "
               "of a generic";
    case SCOPE_TYPE_ALIAS:
        return "assignment expression within a comprehension cannot be used in a type alias";
    case SCOPE_TYPE_VARIABLE:
        return "assignment expression within a comprehension cannot be used in a TypeVar bound";
    default:
        return NULL;
    }
}

// Binds the target in the block that contains the comprehension (PEP 572).
static int
bind_outside_comprehension(ScopeBuilder *b, const Expr *target)
{
    PyObject *name = target->Name.id;
    Scope *inner = b->current;
    Scope *scope = inner;
    for (; scope->comprehension != COMPREHENSION_NONE; scope = scope->parent) {
        PyObject *mangled = scope_mangle(b->arena, b->private_name, scope, name);
        if (mangled == NULL) {
            return -1;
        }
        Symbol *symbol = scope_find(scope, mangled);
        if (symbol != NULL && (symbol->flags & DEF_COMP_ITER) && (symbol->flags & DEF_LOCAL)) {
            return scope_error(b->table, target->span,
                               "assignment expression cannot rebind comprehension iteration "
                               "variable '%U'", name);
        }
    }
    const char *obstacle = named_expr_obstacle(scope->kind);
    if (obstacle != NULL) {
        return scope_error(b->table, target->span, obstacle);
    }
    PyObject *mangled = scope_mangle(b->arena, b->private_name, scope, name);
    if (mangled == NULL) {
        return -1;
    }
    Symbol *outer = scope_find(scope, mangled);
    bool global = scope->kind == SCOPE_MODULE || (outer != NULL && (outer->flags & DEF_GLOBAL));
    if (scope_add_name(b, name, global ? DEF_GLOBAL : DEF_NONLOCAL, target->span) < 0
        || scope_add_directive(b, name, target->span) < 0) {
        return -1;
    }
    uint32_t flags = scope->kind == SCOPE_MODULE ? DEF_GLOBAL : DEF_LOCAL;
    return scope_add(b->arena, scope, mangled, flags) == NULL ? -1 : 0;
}

static int
visit_named_expr(ScopeBuilder *b, const Expr *e)
{
    if (scope_reject_in_annotation(b, "named expression", e->span) < 0) {
        return -1;
    }
    const Expr *target = e->NamedExpr.target;
    for (Scope *scope = b->current; scope != NULL; scope = scope->inlined ? scope->parent : NULL) {
        scope->has_named_expr = true;
    }
    if (b->current->in_iterable > 0) {
        return scope_error(b->table, e->span,
                           "assignment expression cannot be used in a comprehension iterable "
                           "expression");
    }
    if (b->current->comprehension != COMPREHENSION_NONE
        && bind_outside_comprehension(b, target) < 0) {
        return -1;
    }
    return scope_visit_expr(b, e->NamedExpr.value) < 0 ? -1 : scope_visit_expr(b, target);
}

// ---- comprehensions ----

static int
visit_generator(ScopeBuilder *b, const Comprehension *c, bool outermost)
{
    Scope *scope = b->current;
    scope->in_iteration_target = true;
    int result = scope_visit_expr(b, c->target);
    scope->in_iteration_target = false;
    if (result < 0) {
        return -1;
    }
    if (!outermost) {
        scope->in_iterable++;
        result = scope_visit_expr(b, c->iter);
        scope->in_iterable--;
        if (result < 0) {
            return -1;
        }
    }
    if (c->is_async) {
        scope->coroutine = true;
    }
    return scope_visit_exprs(b, c->ifs);
}

static int
visit_comprehension(ScopeBuilder *b, const Expr *e, ComprehensionKind kind, PyObject *name,
                    const ComprehensionSeq *generators, const Expr *elt, const Expr *value)
{
    Scope *outer = b->current;
    outer->in_iterable++;
    int result = scope_visit_expr(b, generators->items[0]->iter);
    outer->in_iterable--;
    if (result < 0) {
        return -1;
    }
    Scope *scope = scope_enter(b, name, SCOPE_FUNCTION, e, e->span);
    if (scope == NULL) {
        return -1;
    }
    scope->is_method = false;
    scope->comprehension = kind;
    scope->generator = kind == COMPREHENSION_GENERATOR;
    scope->inlined = kind != COMPREHENSION_GENERATOR && !outer->can_see_class_scope;
    if (generators->items[0]->is_async) {
        scope->coroutine = true;
    }
    if (scope_add_name(b, b->names.dot_zero, DEF_PARAM, e->span) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < generators->size; i++) {
        if (visit_generator(b, generators->items[i], i == 0) < 0) {
            return -1;
        }
    }
    if (scope_visit_expr(b, elt) < 0 || (value != NULL && scope_visit_expr(b, value) < 0)) {
        return -1;
    }
    bool is_async = scope->coroutine && kind != COMPREHENSION_GENERATOR;
    scope_leave(b);
    if (!is_async) {
        return 0;
    }
    bool allowed = outer->is_async_def || outer->comprehension != COMPREHENSION_NONE
                   || (outer->kind == SCOPE_MODULE && b->table->allow_top_level_await);
    if (!allowed) {
        return scope_error(b->table, e->span,
                           "asynchronous comprehension outside of an asynchronous function");
    }
    outer->coroutine = true;
    return 0;
}

static int
visit_yield(ScopeBuilder *b, const Expr *e, const Expr *value)
{
    if (scope_reject_in_annotation(b, "yield expression", e->span) < 0
        || (value != NULL && scope_visit_expr(b, value) < 0)) {
        return -1;
    }
    static const char *const places[] = {
        [COMPREHENSION_LIST] = "'yield' inside list comprehension",
        [COMPREHENSION_SET] = "'yield' inside set comprehension",
        [COMPREHENSION_DICT] = "'yield' inside dict comprehension",
        [COMPREHENSION_GENERATOR] = "'yield' inside generator expression",
    };
    if (b->current->comprehension != COMPREHENSION_NONE) {
        return scope_error(b->table, e->span, places[b->current->comprehension]);
    }
    b->current->generator = true;
    return 0;
}

static int
visit_await(ScopeBuilder *b, const Expr *e)
{
    if (scope_reject_in_annotation(b, "await expression", e->span) < 0
        || scope_visit_expr(b, e->Await.value) < 0) {
        return -1;
    }
    b->current->coroutine = true;
    return 0;
}

static int
visit_lambda(ScopeBuilder *b, const Expr *e)
{
    if (scope_visit_defaults(b, e->Lambda.args) < 0) {
        return -1;
    }
    Scope *scope = scope_enter(b, ID(lambda), SCOPE_FUNCTION, e, e->span);
    if (scope == NULL || scope_visit_argument_names(b, e->Lambda.args) < 0
        || scope_visit_expr(b, e->Lambda.body) < 0) {
        return -1;
    }
    scope_leave(b);
    return 0;
}

static int
visit_name(ScopeBuilder *b, const Expr *e)
{
    PyObject *id = e->Name.id;
    if (e->Name.ctx != CTX_LOAD) {
        if (scope_check_store(b, id, e->span, e->Name.ctx) < 0) {
            return -1;
        }
        return scope_add_name(b, id, DEF_LOCAL, e->span);
    }
    // Names in annotations that are never evaluated do not affect other scopes.
    if (b->current->unevaluated) {
        return 0;
    }
    if (scope_add_name(b, id, DEF_USE, e->span) < 0) {
        return -1;
    }
    // super() without arguments needs __class__.
    if (scope_is_function_like(b->current) && id == ID(super)) {
        return scope_add_name(b, ID(__class__), DEF_USE, e->span);
    }
    return 0;
}

static int
visit_call(ScopeBuilder *b, const Expr *e)
{
    if (scope_visit_expr(b, e->Call.func) < 0 || scope_visit_exprs(b, e->Call.args) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < e->Call.keywords->size; i++) {
        const Keyword *k = e->Call.keywords->items[i];
        if ((k->arg != NULL && scope_check_store(b, k->arg, k->span, CTX_STORE) < 0)
            || scope_visit_expr(b, k->value) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
visit_two(ScopeBuilder *b, const Expr *first, const Expr *second)
{
    return scope_visit_expr(b, first) < 0 ? -1 : scope_visit_expr(b, second);
}

static int
visit_maybe(ScopeBuilder *b, const Expr *e)
{
    return e == NULL ? 0 : scope_visit_expr(b, e);
}

// Left-deep chains (a + b + c ...) are walked without recursion.
static int
visit_binop(ScopeBuilder *b, const Expr *e)
{
    size_t depth = 0;
    const Expr *left = e;
    while (left->kind == EXPR_BIN_OP) {
        left = left->BinOp.left;
        depth++;
    }
    if (depth == 1) {
        return visit_two(b, e->BinOp.left, e->BinOp.right);
    }
    const Expr **spine = arena_alloc_items(b->arena, 0, (Py_ssize_t)depth, sizeof *spine);
    if (spine == NULL || scope_visit_expr(b, left) < 0) {
        return -1;
    }
    size_t i = depth;
    for (const Expr *at = e; at->kind == EXPR_BIN_OP; at = at->BinOp.left) {
        spine[--i] = at->BinOp.right;
    }
    for (i = 0; i < depth; i++) {
        if (scope_visit_expr(b, spine[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
visit_leaf(ScopeBuilder *b, const Expr *e)
{
    switch (e->kind) {
    case EXPR_NAME:
        return visit_name(b, e);
    case EXPR_ATTRIBUTE:
        return scope_check_store(b, e->Attribute.attr, e->span, e->Attribute.ctx) < 0
                   ? -1 : scope_visit_expr(b, e->Attribute.value);
    case EXPR_SUBSCRIPT:
        return visit_two(b, e->Subscript.value, e->Subscript.slice);
    case EXPR_STARRED:
        return scope_visit_expr(b, e->Starred.value);
    case EXPR_LIST:
        return scope_visit_exprs(b, e->List.elts);
    case EXPR_TUPLE:
        return scope_visit_exprs(b, e->Tuple.elts);
    case EXPR_SLICE:
        return visit_maybe(b, e->Slice.lower) < 0 || visit_maybe(b, e->Slice.upper) < 0
                   ? -1 : visit_maybe(b, e->Slice.step);
    case EXPR_JOINED_STR:
        return scope_visit_exprs(b, e->JoinedStr.values);
    case EXPR_TEMPLATE_STR:
        return scope_visit_exprs(b, e->TemplateStr.values);
    case EXPR_FORMATTED_VALUE:
        return scope_visit_expr(b, e->FormattedValue.value) < 0
                   ? -1 : visit_maybe(b, e->FormattedValue.format_spec);
    case EXPR_INTERPOLATION:
        return scope_visit_expr(b, e->Interpolation.value) < 0
                   ? -1 : visit_maybe(b, e->Interpolation.format_spec);
    default:
        return 0;
    }
}

static int
visit_expr_kind(ScopeBuilder *b, const Expr *e)
{
    switch (e->kind) {
    case EXPR_BOOL_OP:
        return scope_visit_exprs(b, e->BoolOp.values);
    case EXPR_NAMED_EXPR:
        return visit_named_expr(b, e);
    case EXPR_BIN_OP:
        return visit_binop(b, e);
    case EXPR_UNARY_OP:
        return scope_visit_expr(b, e->UnaryOp.operand);
    case EXPR_LAMBDA:
        return visit_lambda(b, e);
    case EXPR_IF_EXP:
        return visit_two(b, e->IfExp.test, e->IfExp.body) < 0
                   ? -1 : scope_visit_expr(b, e->IfExp.orelse);
    case EXPR_DICT:
        return scope_visit_exprs(b, e->Dict.keys) < 0 ? -1
                                                      : scope_visit_exprs(b, e->Dict.values);
    case EXPR_SET:
        return scope_visit_exprs(b, e->Set.elts);
    case EXPR_LIST_COMP:
        return visit_comprehension(b, e, COMPREHENSION_LIST, ID(listcomp), e->ListComp.generators,
                                   e->ListComp.elt, NULL);
    case EXPR_SET_COMP:
        return visit_comprehension(b, e, COMPREHENSION_SET, ID(setcomp), e->SetComp.generators,
                                   e->SetComp.elt, NULL);
    case EXPR_DICT_COMP:
        return visit_comprehension(b, e, COMPREHENSION_DICT, ID(dictcomp), e->DictComp.generators,
                                   e->DictComp.key, e->DictComp.value);
    case EXPR_GENERATOR_EXP:
        return visit_comprehension(b, e, COMPREHENSION_GENERATOR, ID(genexpr),
                                   e->GeneratorExp.generators, e->GeneratorExp.elt, NULL);
    case EXPR_AWAIT:
        return visit_await(b, e);
    case EXPR_YIELD:
        return visit_yield(b, e, e->Yield.value);
    case EXPR_YIELD_FROM:
        return visit_yield(b, e, e->YieldFrom.value);
    case EXPR_COMPARE:
        return scope_visit_expr(b, e->Compare.left) < 0
                   ? -1 : scope_visit_exprs(b, e->Compare.comparators);
    case EXPR_CALL:
        return visit_call(b, e);
    default:
        return visit_leaf(b, e);
    }
}

int
scope_visit_expr(ScopeBuilder *b, const Expr *e)
{
    if (e->kind == EXPR_CONSTANT) {
        return 0;
    }
    if (thread_enter_c(" during compilation") < 0) {
        return -1;
    }
    int result = visit_expr_kind(b, e);
    thread_leave_c();
    return result;
}

int
scope_visit_exprs(ScopeBuilder *b, const ExprSeq *seq)
{
    for (Py_ssize_t i = 0; i < seq->size; i++) {
        if (seq->items[i] != NULL && scope_visit_expr(b, seq->items[i]) < 0) {
            return -1;
        }
    }
    return 0;
}
