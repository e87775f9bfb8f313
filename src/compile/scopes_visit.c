// First pass of the symbol tables: statements, definitions and patterns.
//
// Notes for every block which names it binds, uses and declares, and raises the SyntaxErrors that
// need nothing but the block itself.
//
// Threading: see scopes.h.
#include "compile/scopes_internal.h"
#include "objects/error.h"
#include "objects/str.h"
#include "thread/thread.h"

// ---- names and blocks ----

static PyObject *
mangle_here(ScopeBuilder *b, PyObject *name)
{
    return scope_mangle(b->arena, b->private_name, b->current, name);
}

int
scope_lookup_flags(ScopeBuilder *b, PyObject *name)
{
    PyObject *mangled = mangle_here(b, name);
    if (mangled == NULL) {
        return -1;
    }
    Symbol *symbol = scope_find(b->current, mangled);
    return symbol == NULL ? 0 : (int)symbol->flags;
}

static int
scope_add_param(ScopeBuilder *b, PyObject *mangled)
{
    Scope *scope = b->current;
    if (arena_vector_grow(b->arena, &scope->params, scope->nparams, &scope->params_capacity,
                          sizeof(PyObject *)) < 0) {
        return -1;
    }
    scope->params[scope->nparams++] = mangled;
    return 0;
}

// Adds a use of name to the current block, with the checks that belong to it.
int
scope_add_name(ScopeBuilder *b, PyObject *name, uint32_t flags, Span span)
{
    PyObject *mangled = mangle_here(b, name);
    if (mangled == NULL) {
        return -1;
    }
    Symbol *symbol = scope_find(b->current, mangled);
    uint32_t before = symbol == NULL ? 0 : symbol->flags;
    if ((flags & DEF_PARAM) && (before & DEF_PARAM)) {
        return scope_error(b->table, span, "duplicate argument '%U' in function definition", name);
    }
    if ((flags & DEF_TYPE_PARAM) && (before & DEF_TYPE_PARAM)) {
        return scope_error(b->table, span, "duplicate type parameter '%U'", name);
    }
    if (b->current->in_iteration_target) {
        if (before & (DEF_GLOBAL | DEF_NONLOCAL)) {
            return scope_error(b->table, span,
                               "comprehension inner loop cannot rebind assignment expression "
                               "target '%U'", name);
        }
        flags |= DEF_COMP_ITER;
    }
    if (scope_add(b->arena, b->current, mangled, flags) == NULL) {
        return -1;
    }
    if (flags & DEF_PARAM) {
        return scope_add_param(b, mangled);
    }
    if ((flags & DEF_GLOBAL) && b->current != b->table->top
        && scope_add(b->arena, b->table->top, mangled, DEF_GLOBAL) == NULL) {
        return -1;
    }
    return 0;
}

int
scope_check_store(ScopeBuilder *b, PyObject *name, Span span, ExprContext ctx)
{
    if (ctx != CTX_LOAD && str_equal_cstr(name, "__debug__")) {
        return scope_error(b->table, span, ctx == CTX_STORE ? "cannot assign to __debug__"
                                                            : "cannot delete __debug__");
    }
    return 0;
}

static int
scope_bind(ScopeBuilder *b, PyObject *name, uint32_t flags, Span span)
{
    return scope_check_store(b, name, span, CTX_STORE) < 0 ? -1
                                                           : scope_add_name(b, name, flags, span);
}

Scope *
scope_enter(ScopeBuilder *b, PyObject *name, ScopeKind kind, const void *key, Span span)
{
    Scope *scope = scope_new(b->table, b->current, name, kind, key, span);
    if (scope != NULL) {
        scope->future_annotations = (b->table->future_flags & CO_FUTURE_ANNOTATIONS) != 0;
        scope->unevaluated = b->current->unevaluated;
        scope->in_iterable = b->current->in_iterable;
        scope->mangling = kind == SCOPE_CLASS ? NULL : b->current->mangling;
        b->current = scope;
    }
    return scope;
}

void
scope_leave(ScopeBuilder *b)
{
    b->current = b->current->parent;
}

int
scope_add_directive(ScopeBuilder *b, PyObject *name, Span span)
{
    Scope *scope = b->current;
    PyObject *mangled = mangle_here(b, name);
    if (mangled == NULL
        || arena_vector_grow(b->arena, &scope->directives, scope->ndirectives,
                             &scope->directives_capacity, sizeof(ScopeDirective)) < 0) {
        return -1;
    }
    scope->directives[scope->ndirectives++] = (ScopeDirective){mangled, span};
    return 0;
}

int
scope_reject_in_annotation(ScopeBuilder *b, const char *word, Span span)
{
    switch (b->current->kind) {
    case SCOPE_ANNOTATION:
        return scope_error(b->table, span, "%s cannot be used within an annotation", word);
    case SCOPE_TYPE_VARIABLE:
        return scope_error(b->table, span, "%s cannot be used within %s", word, b->current->what);
    case SCOPE_TYPE_ALIAS:
        return scope_error(b->table, span, "%s cannot be used within a type alias", word);
    case SCOPE_TYPE_PARAMETERS:
        return scope_error(b->table, span,
                           "%s cannot be used within the definition of a generic", word);
    default:
        return 0;
    }
}

// ---- annotation scopes ----

// Enters an annotation scope; one that stands in a class sees the names of the class.
static Scope *
enter_annotation_scope(ScopeBuilder *b, PyObject *name, ScopeKind kind, const void *key, Span span)
{
    bool in_class = b->current->kind == SCOPE_CLASS || b->current->can_see_class_scope;
    Scope *scope = scope_enter(b, name, kind, key, span);
    if (scope == NULL) {
        return NULL;
    }
    if (in_class) {
        scope->can_see_class_scope = true;
        if (scope_add_name(b, ID(__classdict__), DEF_USE, span) < 0) {
            return NULL;
        }
    }
    return scope;
}

static int
enter_type_params(ScopeBuilder *b, PyObject *name, const TypeParamSeq *params, Span span,
                  bool is_class, bool has_defaults, bool has_kwdefaults)
{
    Scope *scope = enter_annotation_scope(b, name, SCOPE_TYPE_PARAMETERS, params, span);
    if (scope == NULL) {
        return -1;
    }
    if (is_class) {
        if (scope_add_name(b, b->names.dot_type_params, DEF_LOCAL | DEF_USE, span) < 0
            || scope_add_name(b, b->names.dot_generic_base, DEF_LOCAL | DEF_USE, span) < 0) {
            return -1;
        }
    }
    if (has_defaults && scope_add_name(b, b->names.dot_defaults, DEF_PARAM, span) < 0) {
        return -1;
    }
    if (has_kwdefaults && scope_add_name(b, b->names.dot_kwdefaults, DEF_PARAM, span) < 0) {
        return -1;
    }
    return 0;
}

static int
visit_type_param_part(ScopeBuilder *b, const Expr *e, PyObject *name, const void *key,
                      const char *what)
{
    if (e == NULL) {
        return 0;
    }
    Scope *scope = enter_annotation_scope(b, name, SCOPE_TYPE_VARIABLE, key, e->span);
    if (scope == NULL) {
        return -1;
    }
    scope->what = what;
    if (scope_add_name(b, b->names.dot_format, DEF_PARAM, e->span) < 0
        || scope_visit_expr(b, e) < 0) {
        return -1;
    }
    scope_leave(b);
    return 0;
}

static int
add_type_param(ScopeBuilder *b, PyObject *name, Span span)
{
    if (str_equal_cstr(name, "__classdict__")) {
        return scope_error(b->table, span, "reserved name '%U' cannot be used for type parameter",
                           name);
    }
    Scope *scope = b->current;
    if (scope->mangling == scope) {
        if (arena_vector_grow(b->arena, &scope->mangled_names, scope->nmangled,
                              &scope->mangled_capacity, sizeof(PyObject *)) < 0) {
            return -1;
        }
        scope->mangled_names[scope->nmangled++] = name;
    }
    return scope_bind(b, name, DEF_TYPE_PARAM | DEF_LOCAL, span);
}

static int
visit_type_param(ScopeBuilder *b, const TypeParam *p)
{
    const void *default_key = scope_default_key(p);
    switch (p->kind) {
    case TYPE_PARAM_TYPE_VAR: {
        const Expr *bound = p->TypeVar.bound;
        const char *what = bound != NULL && bound->kind == EXPR_TUPLE ? "a TypeVar constraint"
                                                                      : "a TypeVar bound";
        if (add_type_param(b, p->TypeVar.name, p->span) < 0
            || visit_type_param_part(b, bound, p->TypeVar.name, p, what) < 0) {
            return -1;
        }
        return visit_type_param_part(b, p->TypeVar.default_value, p->TypeVar.name, default_key,
                                     "a TypeVar default");
    }
    case TYPE_PARAM_PARAM_SPEC:
        if (add_type_param(b, p->ParamSpec.name, p->span) < 0) {
            return -1;
        }
        return visit_type_param_part(b, p->ParamSpec.default_value, p->ParamSpec.name,
                                     default_key, "a ParamSpec default");
    case TYPE_PARAM_TYPE_VAR_TUPLE:
        if (add_type_param(b, p->TypeVarTuple.name, p->span) < 0) {
            return -1;
        }
        return visit_type_param_part(b, p->TypeVarTuple.default_value, p->TypeVarTuple.name,
                                     default_key, "a TypeVarTuple default");
    }
    return 0;
}

int
scope_visit_type_params(ScopeBuilder *b, const TypeParamSeq *params)
{
    for (Py_ssize_t i = 0; i < params->size; i++) {
        if (visit_type_param(b, params->items[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

// ---- functions ----

static int
visit_arg_seq(ScopeBuilder *b, const ArgSeq *args)
{
    for (Py_ssize_t i = 0; i < args->size; i++) {
        if (scope_bind(b, args->items[i]->arg, DEF_PARAM, args->items[i]->span) < 0) {
            return -1;
        }
    }
    return 0;
}

int
scope_visit_argument_names(ScopeBuilder *b, const Arguments *args)
{
    if (visit_arg_seq(b, args->posonlyargs) < 0 || visit_arg_seq(b, args->args) < 0
        || visit_arg_seq(b, args->kwonlyargs) < 0) {
        return -1;
    }
    if (args->vararg != NULL) {
        b->current->has_varargs = true;
        if (scope_bind(b, args->vararg->arg, DEF_PARAM, args->vararg->span) < 0) {
            return -1;
        }
    }
    if (args->kwarg != NULL) {
        b->current->has_varkeywords = true;
        return scope_bind(b, args->kwarg->arg, DEF_PARAM, args->kwarg->span);
    }
    return 0;
}

int
scope_visit_defaults(ScopeBuilder *b, const Arguments *args)
{
    return scope_visit_exprs(b, args->defaults) < 0 ? -1 : scope_visit_exprs(b, args->kw_defaults);
}

static bool
has_kw_default(const Arguments *args)
{
    for (Py_ssize_t i = 0; i < args->kw_defaults->size; i++) {
        if (args->kw_defaults->items[i] != NULL) {
            return true;
        }
    }
    return false;
}

static int
visit_arg_annotations(ScopeBuilder *b, const ArgSeq *args)
{
    for (Py_ssize_t i = 0; i < args->size; i++) {
        const Expr *annotation = args->items[i]->annotation;
        if (annotation != NULL && scope_visit_expr(b, annotation) < 0) {
            return -1;
        }
    }
    return 0;
}

static bool
has_arg_annotation(const ArgSeq *args)
{
    for (Py_ssize_t i = 0; i < args->size; i++) {
        if (args->items[i]->annotation != NULL) {
            return true;
        }
    }
    return false;
}

static bool
has_annotation(const Arguments *args, const Expr *returns)
{
    return returns != NULL || has_arg_annotation(args->posonlyargs)
           || has_arg_annotation(args->args) || has_arg_annotation(args->kwonlyargs)
           || (args->vararg != NULL && args->vararg->annotation != NULL)
           || (args->kwarg != NULL && args->kwarg->annotation != NULL);
}

// The annotations of a function form a scope of their own, next to the function's; without
// annotations it has no code.
static int
visit_function_annotations(ScopeBuilder *b, const Arguments *args, const Expr *returns, Span span)
{
    Scope *scope = has_annotation(args, returns)
                       ? enter_annotation_scope(b, ID(__annotate__), SCOPE_ANNOTATION, args, span)
                       : scope_enter(b, ID(__annotate__), SCOPE_ANNOTATION, args, span);
    if (scope == NULL || scope_add_name(b, b->names.dot_format, DEF_PARAM, span) < 0) {
        return -1;
    }
    if (scope->future_annotations) {
        scope->unevaluated = true;
    }
    if (visit_arg_annotations(b, args->posonlyargs) < 0 || visit_arg_annotations(b, args->args) < 0
        || (args->vararg != NULL && args->vararg->annotation != NULL
            && scope_visit_expr(b, args->vararg->annotation) < 0)
        || (args->kwarg != NULL && args->kwarg->annotation != NULL
            && scope_visit_expr(b, args->kwarg->annotation) < 0)
        || visit_arg_annotations(b, args->kwonlyargs) < 0
        || (returns != NULL && scope_visit_expr(b, returns) < 0)) {
        return -1;
    }
    scope_leave(b);
    return 0;
}

typedef struct {
    PyObject *name;
    const Arguments *args;
    const StmtSeq *body;
    const ExprSeq *decorators;
    const Expr *returns;
    const TypeParamSeq *type_params;
    bool is_async;
} FunctionParts;

static FunctionParts
function_parts(const Stmt *s)
{
    if (s->kind == STMT_FUNCTION_DEF) {
        return (FunctionParts){s->FunctionDef.name, s->FunctionDef.args, s->FunctionDef.body,
                               s->FunctionDef.decorator_list, s->FunctionDef.returns,
                               s->FunctionDef.type_params, false};
    }
    return (FunctionParts){s->AsyncFunctionDef.name, s->AsyncFunctionDef.args,
                           s->AsyncFunctionDef.body, s->AsyncFunctionDef.decorator_list,
                           s->AsyncFunctionDef.returns, s->AsyncFunctionDef.type_params, true};
}

static int
visit_function_def(ScopeBuilder *b, const Stmt *s)
{
    FunctionParts f = function_parts(s);
    if (scope_bind(b, f.name, DEF_LOCAL, s->span) < 0 || scope_visit_defaults(b, f.args) < 0
        || scope_visit_exprs(b, f.decorators) < 0) {
        return -1;
    }
    bool generic = f.type_params->size > 0;
    bool in_class = b->current->kind == SCOPE_CLASS;
    if (generic
        && (enter_type_params(b, f.name, f.type_params, s->span, false, f.args->defaults->size > 0,
                              has_kw_default(f.args)) < 0
            || scope_visit_type_params(b, f.type_params) < 0)) {
        return -1;
    }
    if (visit_function_annotations(b, f.args, f.returns, s->span) < 0) {
        return -1;
    }
    Scope *scope = scope_enter(b, f.name, SCOPE_FUNCTION, s, s->span);
    if (scope == NULL) {
        return -1;
    }
    scope->is_method = in_class;
    scope->coroutine = f.is_async;
    scope->is_async_def = f.is_async;
    scope->has_docstring = ast_docstring_borrow(f.body) != NULL;
    if (scope_visit_argument_names(b, f.args) < 0 || scope_visit_stmts(b, f.body) < 0) {
        return -1;
    }
    scope_leave(b);
    if (generic) {
        scope_leave(b);
    }
    return 0;
}

// ---- classes ----

static int
visit_keywords(ScopeBuilder *b, const KeywordSeq *keywords)
{
    for (Py_ssize_t i = 0; i < keywords->size; i++) {
        const Keyword *k = keywords->items[i];
        if ((k->arg != NULL && scope_check_store(b, k->arg, k->span, CTX_STORE) < 0)
            || scope_visit_expr(b, k->value) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
visit_class_body(ScopeBuilder *b, const Stmt *s, bool generic)
{
    PyObject *outer_private = b->private_name;
    Scope *scope = scope_enter(b, s->ClassDef.name, SCOPE_CLASS, s, s->span);
    if (scope == NULL) {
        return -1;
    }
    b->private_name = s->ClassDef.name;
    scope->has_docstring = ast_docstring_borrow(s->ClassDef.body) != NULL;
    if (generic
        && (scope_add_name(b, ID(__type_params__), DEF_LOCAL, s->span) < 0
            || scope_add_name(b, b->names.dot_type_params, DEF_USE, s->span) < 0)) {
        return -1;
    }
    if (scope_visit_stmts(b, s->ClassDef.body) < 0) {
        return -1;
    }
    scope_leave(b);
    b->private_name = outer_private;
    return 0;
}

static int
visit_class_def(ScopeBuilder *b, const Stmt *s)
{
    if (scope_bind(b, s->ClassDef.name, DEF_LOCAL, s->span) < 0
        || scope_visit_exprs(b, s->ClassDef.decorator_list) < 0) {
        return -1;
    }
    PyObject *outer_private = b->private_name;
    bool generic = s->ClassDef.type_params->size > 0;
    if (generic) {
        if (enter_type_params(b, s->ClassDef.name, s->ClassDef.type_params, s->span, true, false,
                              false) < 0) {
            return -1;
        }
        // Type parameters are mangled with the class's own name, its bases are not.
        b->private_name = s->ClassDef.name;
        b->current->mangling = b->current;
        if (scope_visit_type_params(b, s->ClassDef.type_params) < 0) {
            return -1;
        }
    }
    if (scope_visit_exprs(b, s->ClassDef.bases) < 0
        || visit_keywords(b, s->ClassDef.keywords) < 0 || visit_class_body(b, s, generic) < 0) {
        return -1;
    }
    if (generic) {
        scope_leave(b);
        b->private_name = outer_private;
    }
    return 0;
}

static int
visit_type_alias(ScopeBuilder *b, const Stmt *s)
{
    if (scope_visit_expr(b, s->TypeAlias.name) < 0) {
        return -1;
    }
    PyObject *name = s->TypeAlias.name->Name.id;
    bool generic = s->TypeAlias.type_params->size > 0;
    if (generic
        && (enter_type_params(b, name, s->TypeAlias.type_params, s->span, false, false, false) < 0
            || scope_visit_type_params(b, s->TypeAlias.type_params) < 0)) {
        return -1;
    }
    if (enter_annotation_scope(b, name, SCOPE_TYPE_ALIAS, s, s->span) == NULL
        || scope_add_name(b, b->names.dot_format, DEF_PARAM, s->span) < 0
        || scope_visit_expr(b, s->TypeAlias.value) < 0) {
        return -1;
    }
    scope_leave(b);
    if (generic) {
        scope_leave(b);
    }
    return 0;
}

// ---- annotated assignment ----

// Annotations of a module or class share one scope; those of locals are only checked.
static int
visit_variable_annotation(ScopeBuilder *b, const Expr *annotation)
{
    Scope *owner = b->current;
    bool is_local = scope_is_function_like(owner);
    bool conditional = owner->kind == SCOPE_MODULE
                       || (owner->kind == SCOPE_CLASS && owner->in_conditional_block);
    if (conditional && !is_local && !owner->has_conditional_annotations) {
        owner->has_conditional_annotations = true;
        if (scope_add_name(b, ID(__conditional_annotations__), DEF_USE, annotation->span) < 0) {
            return -1;
        }
    }
    if (owner->annotations == NULL) {
        Scope *scope = enter_annotation_scope(b, ID(__annotate__), SCOPE_ANNOTATION, NULL,
                                              annotation->span);
        if (scope == NULL
            || scope_add_name(b, b->names.dot_format, DEF_PARAM, annotation->span) < 0) {
            return -1;
        }
        owner->annotations = scope;
        if (owner->has_conditional_annotations
            && scope_add_name(b, ID(__conditional_annotations__), DEF_USE, annotation->span) < 0) {
            return -1;
        }
    }
    else {
        b->current = owner->annotations;
        if (owner->has_conditional_annotations
            && scope_add_name(b, ID(__conditional_annotations__), DEF_USE, annotation->span) < 0) {
            return -1;
        }
    }
    b->current->unevaluated = is_local || owner->unevaluated || owner->future_annotations
                              || (b->table->future_flags & CO_FUTURE_ANNOTATIONS) != 0;
    if (scope_visit_expr(b, annotation) < 0) {
        return -1;
    }
    scope_leave(b);
    return 0;
}

static int
visit_ann_assign(ScopeBuilder *b, const Stmt *s)
{
    const Expr *target = s->AnnAssign.target;
    if (target->kind == EXPR_NAME) {
        int flags = scope_lookup_flags(b, target->Name.id);
        if (flags < 0) {
            return -1;
        }
        if ((flags & (DEF_GLOBAL | DEF_NONLOCAL)) && b->current != b->table->top
            && s->AnnAssign.simple) {
            return scope_error(b->table, s->span, "annotated name '%U' can't be %s",
                               target->Name.id, flags & DEF_GLOBAL ? "global" : "nonlocal");
        }
        if (scope_check_store(b, target->Name.id, target->span, CTX_STORE) < 0) {
            return -1;
        }
        uint32_t add = s->AnnAssign.simple ? DEF_ANNOT | DEF_LOCAL
                       : s->AnnAssign.value != NULL ? DEF_LOCAL : 0;
        if (add != 0 && scope_add_name(b, target->Name.id, add, target->span) < 0) {
            return -1;
        }
    }
    else if (scope_visit_expr(b, target) < 0) {
        return -1;
    }
    if (visit_variable_annotation(b, s->AnnAssign.annotation) < 0) {
        return -1;
    }
    return s->AnnAssign.value == NULL ? 0 : scope_visit_expr(b, s->AnnAssign.value);
}

// ---- global and nonlocal ----

static int
visit_declaration(ScopeBuilder *b, const Stmt *s, const IdentifierSeq *names, uint32_t flag)
{
    const char *word = flag == DEF_GLOBAL ? "global" : "nonlocal";
    for (Py_ssize_t i = 0; i < names->size; i++) {
        PyObject *name = names->items[i];
        int before = scope_lookup_flags(b, name);
        if (before < 0) {
            return -1;
        }
        const char *format = before & DEF_PARAM   ? "name '%U' is parameter and %s"
                             : before & DEF_USE   ? "name '%U' is used prior to %s declaration"
                             : before & DEF_ANNOT ? "annotated name '%U' can't be %s"
                             : before & DEF_LOCAL ? "name '%U' is assigned to before %s declaration"
                                                  : NULL;
        if (format != NULL) {
            return scope_error(b->table, s->span, format, name, word);
        }
        if (scope_check_store(b, name, s->span, CTX_STORE) < 0
            || scope_add_name(b, name, flag, s->span) < 0
            || scope_add_directive(b, name, s->span) < 0) {
            return -1;
        }
    }
    return 0;
}

// ---- imports ----

static int
visit_alias(ScopeBuilder *b, const Alias *alias)
{
    PyObject *name = alias->asname != NULL ? alias->asname : alias->name;
    if (str_equal_cstr(name, "*")) {
        if (b->current->kind != SCOPE_MODULE) {
            return scope_error(b->table, alias->span, "import * only allowed at module level");
        }
        return 0;
    }
    Py_ssize_t dot = str_find_char(name, '.', 0, str_length(name), 1);
    if (dot < 0) {
        return scope_bind(b, name, DEF_IMPORT, alias->span);
    }
    PyObject *head = str_intern_steal(str_substring(name, 0, dot));
    if (head == NULL || arena_keep_steal(b->arena, head) < 0) {
        return -1;
    }
    return scope_bind(b, head, DEF_IMPORT, alias->span);
}

static int
visit_aliases(ScopeBuilder *b, const AliasSeq *names)
{
    for (Py_ssize_t i = 0; i < names->size; i++) {
        if (visit_alias(b, names->items[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

// ---- patterns ----

static int visit_pattern(ScopeBuilder *b, const Pattern *p);

static int
visit_patterns(ScopeBuilder *b, const PatternSeq *patterns)
{
    for (Py_ssize_t i = 0; i < patterns->size; i++) {
        if (visit_pattern(b, patterns->items[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
visit_capture(ScopeBuilder *b, PyObject *name, Span span)
{
    return name == NULL ? 0 : scope_bind(b, name, DEF_LOCAL, span);
}

static int
visit_class_pattern(ScopeBuilder *b, const Pattern *p)
{
    if (scope_visit_expr(b, p->MatchClass.cls) < 0
        || visit_patterns(b, p->MatchClass.patterns) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < p->MatchClass.kwd_attrs->size; i++) {
        if (scope_check_store(b, p->MatchClass.kwd_attrs->items[i], p->span, CTX_STORE) < 0) {
            return -1;
        }
    }
    return visit_patterns(b, p->MatchClass.kwd_patterns);
}

static int
visit_pattern(ScopeBuilder *b, const Pattern *p)
{
    if (thread_enter_c(" during compilation") < 0) {
        return -1;
    }
    int result = 0;
    switch (p->kind) {
    case PATTERN_VALUE:
        result = scope_visit_expr(b, p->MatchValue.value);
        break;
    case PATTERN_SINGLETON:
        break;
    case PATTERN_SEQUENCE:
        result = visit_patterns(b, p->MatchSequence.patterns);
        break;
    case PATTERN_MAPPING:
        result = scope_visit_exprs(b, p->MatchMapping.keys) < 0
                         || visit_patterns(b, p->MatchMapping.patterns) < 0
                     ? -1 : visit_capture(b, p->MatchMapping.rest, p->span);
        break;
    case PATTERN_CLASS:
        result = visit_class_pattern(b, p);
        break;
    case PATTERN_STAR:
        result = visit_capture(b, p->MatchStar.name, p->span);
        break;
    case PATTERN_AS:
        result = p->MatchAs.pattern != NULL && visit_pattern(b, p->MatchAs.pattern) < 0
                     ? -1 : visit_capture(b, p->MatchAs.name, p->span);
        break;
    case PATTERN_OR:
        result = visit_patterns(b, p->MatchOr.patterns);
        break;
    }
    thread_leave_c();
    return result;
}

// ---- statements ----

static int
visit_optional(ScopeBuilder *b, const Expr *e)
{
    return e == NULL ? 0 : scope_visit_expr(b, e);
}

// A body that may not run: annotations in it are conditional.
static int
visit_conditional(ScopeBuilder *b, const StmtSeq *body)
{
    bool before = b->current->in_conditional_block;
    b->current->in_conditional_block = true;
    int result = scope_visit_stmts(b, body);
    b->current->in_conditional_block = before;
    return result;
}

static int
visit_for(ScopeBuilder *b, const Expr *target, const Expr *iter, const StmtSeq *body,
          const StmtSeq *orelse)
{
    return scope_visit_expr(b, target) < 0 || scope_visit_expr(b, iter) < 0
                   || visit_conditional(b, body) < 0
               ? -1 : visit_conditional(b, orelse);
}

static int
visit_with(ScopeBuilder *b, const WithItemSeq *items, const StmtSeq *body)
{
    for (Py_ssize_t i = 0; i < items->size; i++) {
        if (scope_visit_expr(b, items->items[i]->context_expr) < 0
            || visit_optional(b, items->items[i]->optional_vars) < 0) {
            return -1;
        }
    }
    return visit_conditional(b, body);
}

static int
visit_match(ScopeBuilder *b, const Stmt *s)
{
    if (scope_visit_expr(b, s->Match.subject) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < s->Match.cases->size; i++) {
        const MatchCase *c = s->Match.cases->items[i];
        if (visit_pattern(b, c->pattern) < 0 || visit_optional(b, c->guard) < 0
            || visit_conditional(b, c->body) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
visit_try(ScopeBuilder *b, const StmtSeq *body, const ExceptHandlerSeq *handlers,
          const StmtSeq *orelse, const StmtSeq *finalbody)
{
    if (visit_conditional(b, body) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < handlers->size; i++) {
        const ExceptHandler *h = handlers->items[i];
        if (visit_optional(b, h->ExceptHandler.type) < 0
            || visit_capture(b, h->ExceptHandler.name, h->span) < 0
            || visit_conditional(b, h->ExceptHandler.body) < 0) {
            return -1;
        }
    }
    return visit_conditional(b, orelse) < 0 ? -1 : visit_conditional(b, finalbody);
}

static int
visit_compound(ScopeBuilder *b, const Stmt *s)
{
    switch (s->kind) {
    case STMT_FOR:
        return visit_for(b, s->For.target, s->For.iter, s->For.body, s->For.orelse);
    case STMT_ASYNC_FOR:
        return visit_for(b, s->AsyncFor.target, s->AsyncFor.iter, s->AsyncFor.body,
                         s->AsyncFor.orelse);
    case STMT_WHILE:
        return scope_visit_expr(b, s->While.test) < 0 || visit_conditional(b, s->While.body) < 0
                   ? -1 : visit_conditional(b, s->While.orelse);
    case STMT_IF:
        return scope_visit_expr(b, s->If.test) < 0 || visit_conditional(b, s->If.body) < 0
                   ? -1 : visit_conditional(b, s->If.orelse);
    case STMT_WITH:
        return visit_with(b, s->With.items, s->With.body);
    case STMT_ASYNC_WITH:
        return visit_with(b, s->AsyncWith.items, s->AsyncWith.body);
    case STMT_MATCH:
        return visit_match(b, s);
    case STMT_TRY:
        return visit_try(b, s->Try.body, s->Try.handlers, s->Try.orelse, s->Try.finalbody);
    case STMT_TRY_STAR:
        return visit_try(b, s->TryStar.body, s->TryStar.handlers, s->TryStar.orelse,
                         s->TryStar.finalbody);
    default:
        return 0;
    }
}

static int
visit_stmt(ScopeBuilder *b, const Stmt *s)
{
    switch (s->kind) {
    case STMT_FUNCTION_DEF:
    case STMT_ASYNC_FUNCTION_DEF:
        return visit_function_def(b, s);
    case STMT_CLASS_DEF:
        return visit_class_def(b, s);
    case STMT_TYPE_ALIAS:
        return visit_type_alias(b, s);
    case STMT_RETURN:
        return visit_optional(b, s->Return.value);
    case STMT_DELETE:
        return scope_visit_exprs(b, s->Delete.targets);
    case STMT_ASSIGN:
        return scope_visit_exprs(b, s->Assign.targets) < 0 ? -1
                                                           : scope_visit_expr(b, s->Assign.value);
    case STMT_AUG_ASSIGN:
        return scope_visit_expr(b, s->AugAssign.target) < 0
                   ? -1 : scope_visit_expr(b, s->AugAssign.value);
    case STMT_ANN_ASSIGN:
        return visit_ann_assign(b, s);
    case STMT_RAISE:
        return visit_optional(b, s->Raise.exc) < 0 ? -1 : visit_optional(b, s->Raise.cause);
    case STMT_ASSERT:
        return scope_visit_expr(b, s->Assert.test) < 0 ? -1 : visit_optional(b, s->Assert.msg);
    case STMT_IMPORT:
        return visit_aliases(b, s->Import.names);
    case STMT_IMPORT_FROM:
        return visit_aliases(b, s->ImportFrom.names);
    case STMT_GLOBAL:
        return visit_declaration(b, s, s->Global.names, DEF_GLOBAL);
    case STMT_NONLOCAL:
        return visit_declaration(b, s, s->Nonlocal.names, DEF_NONLOCAL);
    case STMT_EXPR:
        return scope_visit_expr(b, s->Expr.value);
    case STMT_PASS:
    case STMT_BREAK:
    case STMT_CONTINUE:
        return 0;
    default:
        return visit_compound(b, s);
    }
}

int
scope_visit_stmts(ScopeBuilder *b, const StmtSeq *body)
{
    if (thread_enter_c(" during compilation") < 0) {
        return -1;
    }
    int result = 0;
    for (Py_ssize_t i = 0; i < body->size && result == 0; i++) {
        result = visit_stmt(b, body->items[i]);
    }
    thread_leave_c();
    return result;
}
