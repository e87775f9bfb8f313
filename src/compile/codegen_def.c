// Code generation: functions, lambdas, classes, type parameters, type aliases and annotations.
//
// Generic definitions are wrapped into a function that makes the type parameters (PEP 695).
// Bounds, defaults and values of aliases are functions evaluated when they are asked for, and so
// are annotations (PEP 649): those of a module or class are collected while its body is compiled.
//
// Threading: see codegen_internal.h.
#include <stdlib.h>

#include "compile/codegen_internal.h"
#include "compile/docstring.h"
#include "compile/scopes_internal.h"
#include "objects/error.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/value.h"

enum { FORMAT_VALUE = 1, FORMAT_VALUE_WITH_FAKE_GLOBALS = 2 };

// ---- function objects ----

static void
make_closure(Compiler *c, Span span, Reg dst)
{
    Unit *u = c->unit;
    uint32_t height = u->height;
    if (u->height <= reg_index(dst)) {
        temp_set_height(c, reg_index(dst) + 1);
    }
    Reg first = TEMP(u->height);
    uint32_t n = c->nclosure;
    for (uint32_t i = 0; i < n; i++) {
        Reg cell = closure_register(c, c->closure_names[i]);
        if (cell == REG_NONE) {
            if (!c->failed) {
                c->failed = true;
                error_format(PyExc_SystemError, "compiler: no cell for %R in %R",
                             c->closure_names[i], u->name);
            }
            return;
        }
        emit(c, span, OP_LOAD_FAST, 0, temp_push(c), cell, 0);
    }
    emit(c, span, OP_BUILD_TUPLE, 0, first, first, n);
    emit(c, span, OP_SET_FUNCTION_ATTRIBUTE, KILL_B, dst, first, MAKE_FUNCTION_CLOSURE);
    temp_set_height(c, height);
}

void
make_function(Compiler *c, Span span, PyObject *code, Reg dst)
{
    if (c->failed) {
        return;
    }
    temp_reserve(c, reg_index(dst) + 1);
    emit_bc(c, span, OP_MAKE_FUNCTION, 0, dst, const_index(c, code));
    if (c->nclosure > 0) {
        make_closure(c, span, dst);
    }
}

static void
return_none(Compiler *c, Span span)
{
    emit_bc(c, span, OP_RETURN_CONST, 0, 0, const_none(c));
}

static void
return_expr(Compiler *c, const Expr *e)
{
    int flags = 0;
    Place value = expr_place(c, e, false);
    Reg reg = place_operand(c, value, e->span, KILL_A, &flags);
    emit(c, e->span, OP_RETURN_VALUE, flags, reg, 0, 0);
    temp_set_height(c, 0);
}

// ---- decorators ----

// Evaluates the decorators into nested call windows: each one's argument is the window of the
// next. Returns the temporary where the decorated object has to be put.
static uint32_t
decorators_push(Compiler *c, const ExprSeq *decorators)
{
    for (Py_ssize_t i = 0; i < decorators->size && !c->failed; i++) {
        uint32_t window = c->unit->height;
        expr_push(c, decorators->items[i]);
        temp_set_height(c, window + WINDOW_ARGS);
        temp_reserve(c, window + WINDOW_ARGS + 1);
    }
    return c->unit->height;
}

static void
decorators_call(Compiler *c, const ExprSeq *decorators, uint32_t at)
{
    for (Py_ssize_t i = decorators->size - 1; i >= 0; i--) {
        at -= WINDOW_ARGS;
        emit(c, decorators->items[i]->span, OP_CALL, 0, TEMP(at), TEMP(at), 1);
    }
}

static int
first_line(const ExprSeq *decorators, Span span)
{
    return decorators->size > 0 ? decorators->items[0]->span.lineno : span.lineno;
}

// ---- defaults ----

// The positional defaults as a tuple in the next temporary: false when there are none.
static bool
defaults_push(Compiler *c, const Arguments *args, Span span)
{
    const ExprSeq *defaults = args->defaults;
    if (defaults->size == 0 || c->failed) {
        return false;
    }
    Reg reg = TEMP(c->unit->height);
    bool constant = true;
    for (Py_ssize_t i = 0; i < defaults->size; i++) {
        constant = constant && constant_of(c, defaults->items[i]) != NULL;
    }
    if (constant) {
        PyObject *tuple = tuple_new(defaults->size);
        for (Py_ssize_t i = 0; i < defaults->size && tuple != NULL; i++) {
            tuple_set_item_steal(tuple, i, new_ref(constant_of(c, defaults->items[i])));
        }
        temp_push(c);
        emit_bc(c, span, OP_LOAD_CONST, 0, reg, const_index_steal(c, tuple));
        return true;
    }
    sequence_to(c, span, defaults, OP_BUILD_TUPLE, reg);
    temp_push(c);
    return true;
}

// The keyword-only defaults as a dict in the next temporary: false when there are none.
static bool
kwdefaults_push(Compiler *c, const Arguments *args, Span span)
{
    Reg dict = REG_NONE;
    for (Py_ssize_t i = 0; i < args->kwonlyargs->size && !c->failed; i++) {
        const Expr *value = args->kw_defaults->items[i];
        if (value == NULL) {
            continue;
        }
        if (dict == REG_NONE) {
            dict = temp_push(c);
            emit(c, span, OP_BUILD_MAP, 0, dict, dict, 0);
        }
        PyObject *name = mangle(c, args->kwonlyargs->items[i]->arg);
        uint32_t height = c->unit->height;
        if (c->failed) {
            break;
        }
        load_const(c, span, temp_push(c), name);
        expr_push(c, value);
        emit(c, span, OP_MAP_ADD, 0, dict, TEMP(height), 0);
        temp_set_height(c, height);
    }
    return dict != REG_NONE;
}

// ---- annotations ----

// A value that may be starred (`*args: *Ts`): the only item of the unpacked iterable.
static void
annotation_to(Compiler *c, const Expr *e, Reg dst)
{
    if (e->kind != EXPR_STARRED) {
        expr_to(c, e, dst);
        return;
    }
    uint32_t height = c->unit->height;
    int flags = 0;
    Place value = expr_place(c, e->Starred.value, false);
    Reg b = place_operand(c, value, e->span, KILL_B, &flags);
    emit(c, e->span, OP_UNPACK_SEQUENCE, flags, dst, b, 1);
    temp_set_height(c, height);
}

// if format > VALUE_WITH_FAKE_GLOBALS: raise NotImplementedError
static void
check_format(Compiler *c, Span span)
{
    Block *body = block_new(c);
    emit_jump(c, span, OP_JUMP_IF_NOT_GT_K, 0, 0, const_int(c, FORMAT_VALUE_WITH_FAKE_GLOBALS),
              body);
    Reg error = temp_push(c);
    emit(c, span, OP_LOAD_COMMON_CONSTANT, 0, error, 0, COMMON_CONSTANT_NOT_IMPLEMENTED_ERROR);
    emit(c, span, OP_RAISE_VARARGS, KILL_A, error, 0, 1);
    block_use(c, body);
    temp_set_height(c, 0);
}

typedef void (*AnnotationSink)(Compiler *c, PyObject *name, const Expr *annotation, void *context);

static void
each_arg(Compiler *c, const ArgSeq *args, AnnotationSink sink, void *context)
{
    for (Py_ssize_t i = 0; i < args->size && !c->failed; i++) {
        if (args->items[i]->annotation != NULL) {
            sink(c, args->items[i]->arg, args->items[i]->annotation, context);
        }
    }
}

static void
each_annotation(Compiler *c, const Arguments *args, const Expr *returns, AnnotationSink sink,
                void *context)
{
    each_arg(c, args->posonlyargs, sink, context);
    each_arg(c, args->args, sink, context);
    if (args->vararg != NULL && args->vararg->annotation != NULL) {
        sink(c, args->vararg->arg, args->vararg->annotation, context);
    }
    each_arg(c, args->kwonlyargs, sink, context);
    if (args->kwarg != NULL && args->kwarg->annotation != NULL) {
        sink(c, args->kwarg->arg, args->kwarg->annotation, context);
    }
    if (returns != NULL) {
        sink(c, ID(return), returns, context);
    }
}

static void
count_annotation(Compiler *c, PyObject *name, const Expr *annotation, void *context)
{
    (void)c;
    (void)name;
    (void)annotation;
    ++*(int *)context;
}

// dict[name] = annotation
static void
add_annotation(Compiler *c, PyObject *name, const Expr *annotation, void *context)
{
    Reg dict = *(const Reg *)context;
    uint32_t height = c->unit->height;
    PyObject *mangled = mangle(c, name);
    if (c->failed) {
        return;
    }
    load_const(c, annotation->span, temp_push(c), mangled);
    Reg value = TEMP(c->unit->height);
    temp_reserve(c, c->unit->height + 1);
    if (c->flags & CO_FUTURE_ANNOTATIONS) {
        emit_bc(c, annotation->span, OP_LOAD_CONST, 0, value,
                const_index_steal(c, ast_unparse(annotation)));
    }
    else {
        annotation_to(c, annotation, value);
    }
    emit(c, annotation->span, OP_MAP_ADD, 0, dict, TEMP(height), 0);
    temp_set_height(c, height);
}

// The annotate function of a function, in the next temporary: false when there are no annotations.
static bool
function_annotations_push(Compiler *c, const Arguments *args, const Expr *returns,
                          PyObject *function_name, Span span)
{
    int count = 0;
    each_annotation(c, args, returns, count_annotation, &count);
    if (count == 0 || c->failed) {
        return false;
    }
    Scope *scope = scope_of(c->table, args);
    if (!unit_enter(c, scope, ID(__annotate__), function_name, span.lineno)) {
        return false;
    }
    check_format(c, span);
    Reg dict = temp_push(c);
    emit(c, span, OP_BUILD_MAP, 0, dict, dict, 0);
    each_annotation(c, args, returns, add_annotation, &dict);
    emit(c, span, OP_RETURN_VALUE, KILL_A, dict, 0, 0);
    PyObject *code = unit_leave(c);
    make_function(c, span, code, temp_push(c));
    return true;
}

// ---- functions ----

typedef struct {
    PyObject *name;
    const Arguments *args;
    const StmtSeq *body;
    const ExprSeq *decorators;
    const Expr *returns;
    const TypeParamSeq *type_params;
} FunctionParts;

static FunctionParts
function_parts(const Stmt *s)
{
    if (s->kind == STMT_FUNCTION_DEF) {
        return (FunctionParts){s->FunctionDef.name, s->FunctionDef.args, s->FunctionDef.body,
                               s->FunctionDef.decorator_list, s->FunctionDef.returns,
                               s->FunctionDef.type_params};
    }
    return (FunctionParts){s->AsyncFunctionDef.name, s->AsyncFunctionDef.args,
                           s->AsyncFunctionDef.body, s->AsyncFunctionDef.decorator_list,
                           s->AsyncFunctionDef.returns, s->AsyncFunctionDef.type_params};
}

static PyObject *
function_code(Compiler *c, const Stmt *s, const FunctionParts *f, int firstlineno)
{
    PyObject *name = scope_mangle(c->arena, NULL, NULL, f->name);
    Scope *scope = scope_of(c->table, s);
    if (name == NULL) {
        c->failed = true;
        return NULL;
    }
    if (!unit_enter(c, scope, name, NULL, firstlineno)) {
        return NULL;
    }
    PyObject *doc = ast_docstring_borrow(f->body);
    StmtSeq *body = NULL;
    Py_ssize_t first = 0;
    if (doc != NULL && !c->failed) {
        first = 1;
        if (c->optimize < 2) {
            // Constant 0 is the docstring.
            const_index_steal(c, docstring_clean(doc));
            c->unit->flags |= CO_HAS_DOCSTRING;
        }
    }
    body = stmt_seq_new(c->arena, f->body->size - first);
    if (body == NULL) {
        c->failed = true;
    }
    for (Py_ssize_t i = first; i < f->body->size && body != NULL; i++) {
        body->items[i - first] = f->body->items[i];
    }
    if (body != NULL) {
        if (first == 1 && body->size == 0) {
            emit(c, f->body->items[0]->span, OP_NOP, 0, 0, 0, 0);
        }
        compile_stmts(c, body);
    }
    return_none(c, no_span);
    return unit_leave(c);
}

static void
set_attribute(Compiler *c, Span span, Reg function, Reg *value, bool present, int which)
{
    if (present) {
        emit(c, span, OP_SET_FUNCTION_ATTRIBUTE, KILL_B, function, *value, (Reg)which);
        *value = TEMP(reg_index(*value) + 1);
    }
}

// The plain function into temporary `at`, which is unit->height. With defaults_in_scope the
// defaults are the arguments of the unit (a scope of type parameters).
static void
plain_function(Compiler *c, const Stmt *s, const FunctionParts *f, uint32_t at, int firstlineno,
               bool defaults_in_scope)
{
    Unit *u = c->unit;
    Reg function = TEMP(at);
    bool has_defaults;
    bool has_kwdefaults;
    temp_set_height(c, at);
    temp_push(c);
    Reg value = TEMP(at + 1);
    if (defaults_in_scope) {
        has_defaults = f->args->defaults->size > 0;
        has_kwdefaults = u->argcount > (has_defaults ? 1 : 0);
        for (int i = 0; i < u->argcount; i++) {
            emit(c, s->span, OP_LOAD_FAST, 0, temp_push(c), (Reg)i, 0);
        }
    }
    else {
        has_defaults = defaults_push(c, f->args, s->span);
        has_kwdefaults = kwdefaults_push(c, f->args, s->span);
    }
    bool has_annotations = function_annotations_push(c, f->args, f->returns, f->name, s->span);
    PyObject *code = function_code(c, s, f, firstlineno);
    make_function(c, s->span, code, function);
    set_attribute(c, s->span, function, &value, has_defaults, MAKE_FUNCTION_DEFAULTS);
    set_attribute(c, s->span, function, &value, has_kwdefaults, MAKE_FUNCTION_KWDEFAULTS);
    set_attribute(c, s->span, function, &value, has_annotations, MAKE_FUNCTION_ANNOTATE);
    temp_set_height(c, at);
}

// ---- type parameters ----

// A function that evaluates e when asked (PEP 649 protocol), into the next temporary.
static void
evaluator_push(Compiler *c, const Expr *e, const void *key, PyObject *name)
{
    Reg function = temp_push(c);
    Scope *scope = scope_of(c->table, key);
    PyObject *interned = scope_mangle(c->arena, NULL, NULL, name);
    if (interned == NULL) {
        c->failed = true;
        return;
    }
    if (!unit_enter(c, scope, interned, NULL, e->span.lineno)) {
        return;
    }
    check_format(c, e->span);
    Reg value = TEMP(0);
    temp_reserve(c, 1);
    annotation_to(c, e, value);
    emit(c, e->span, OP_RETURN_VALUE, KILL_A, value, 0, 0);
    PyObject *code = unit_leave(c);
    make_function(c, e->span, code, function);
    if (c->failed) {
        return;
    }
    PyObject *one = value_box(value_from_int(FORMAT_VALUE));
    PyObject *defaults = one == NULL ? NULL : tuple_pack(1, one);
    xdecref(one);
    Reg reg = TEMP(c->unit->height);
    temp_reserve(c, c->unit->height + 1);
    emit_bc(c, e->span, OP_LOAD_CONST, 0, reg, const_index_steal(c, defaults));
    emit(c, e->span, OP_SET_FUNCTION_ATTRIBUTE, KILL_B, function, reg, MAKE_FUNCTION_DEFAULTS);
}

static void
type_param_new(Compiler *c, const TypeParam *p, PyObject **name, const Expr **default_value)
{
    uint32_t at = c->unit->height;
    Reg reg = temp_push(c);
    int intrinsic = INTRINSIC_TYPEVAR;
    switch (p->kind) {
    case TYPE_PARAM_TYPE_VAR:
        *name = p->TypeVar.name;
        *default_value = p->TypeVar.default_value;
        break;
    case TYPE_PARAM_PARAM_SPEC:
        *name = p->ParamSpec.name;
        *default_value = p->ParamSpec.default_value;
        intrinsic = INTRINSIC_PARAMSPEC;
        break;
    case TYPE_PARAM_TYPE_VAR_TUPLE:
        *name = p->TypeVarTuple.name;
        *default_value = p->TypeVarTuple.default_value;
        intrinsic = INTRINSIC_TYPEVARTUPLE;
        break;
    }
    load_const(c, p->span, reg, *name);
    if (p->kind == TYPE_PARAM_TYPE_VAR && p->TypeVar.bound != NULL) {
        const Expr *bound = p->TypeVar.bound;
        evaluator_push(c, bound, p, *name);
        emit(c, p->span, OP_CALL_INTRINSIC_2, 0, reg, TEMP(at),
             bound->kind == EXPR_TUPLE ? INTRINSIC_TYPEVAR_WITH_CONSTRAINTS
                                       : INTRINSIC_TYPEVAR_WITH_BOUND);
        temp_set_height(c, at + 1);
    }
    else {
        emit(c, p->span, OP_CALL_INTRINSIC_1, KILL_B, reg, reg, (Reg)intrinsic);
    }
}

// Makes the type parameters, binds their names, and puts the tuple of them into the next
// temporary.
static void
type_params_push(Compiler *c, const TypeParamSeq *params, Span span)
{
    uint32_t first = c->unit->height;
    bool seen_default = false;
    for (Py_ssize_t i = 0; i < params->size && !c->failed; i++) {
        const TypeParam *p = params->items[i];
        uint32_t at = c->unit->height;
        PyObject *name = NULL;
        const Expr *default_value = NULL;
        type_param_new(c, p, &name, &default_value);
        if (default_value != NULL) {
            seen_default = true;
            evaluator_push(c, default_value, scope_default_key(p), name);
            emit(c, p->span, OP_CALL_INTRINSIC_2, 0, TEMP(at), TEMP(at),
                 INTRINSIC_SET_TYPEPARAM_DEFAULT);
            temp_set_height(c, at + 1);
        }
        else if (seen_default) {
            compile_error(c, p->span,
                          "non-default type parameter '%U' follows default type parameter", name);
            return;
        }
        emit_name_store(c, name, p->span, (Place){.kind = PLACE_TEMP, .reg = TEMP(at), .keep = true});
    }
    emit(c, span, OP_BUILD_TUPLE, 0, TEMP(first), TEMP(first), (Reg)params->size);
    temp_set_height(c, first);
    temp_push(c);
}

static bool
type_params_enter(Compiler *c, const TypeParamSeq *params, PyObject *name, int firstlineno)
{
    if (c->failed) {
        return false;
    }
    PyObject *text = str_intern_steal(str_format("<generic parameters of %U>", name));
    if (text == NULL || arena_keep_steal(c->arena, text) < 0) {
        c->failed = true;
        return false;
    }
    return unit_enter(c, scope_of(c->table, params), text, NULL, firstlineno);
}

// ---- def ----

static void
generic_function(Compiler *c, const Stmt *s, const FunctionParts *f, uint32_t at, int firstlineno)
{
    temp_set_height(c, at + WINDOW_ARGS);
    temp_reserve(c, at + WINDOW_ARGS);
    int nargs = defaults_push(c, f->args, s->span);
    nargs += kwdefaults_push(c, f->args, s->span);
    if (type_params_enter(c, f->type_params, f->name, firstlineno)) {
        type_params_push(c, f->type_params, s->span);
        // The pair (function, type parameters) for the intrinsic function: swapped below.
        uint32_t params = c->unit->height - 1;
        plain_function(c, s, f, params + 1, firstlineno, true);
        temp_set_height(c, params + 3);
        temp_reserve(c, params + 3);
        emit(c, s->span, OP_MOVE, 0, TEMP(params + 2), TEMP(params), 0);
        emit(c, s->span, OP_CALL_INTRINSIC_2, 0, TEMP(params), TEMP(params + 1),
             INTRINSIC_SET_FUNCTION_TYPE_PARAMS);
        emit(c, s->span, OP_RETURN_VALUE, KILL_A, TEMP(params), 0, 0);
        PyObject *code = unit_leave(c);
        make_function(c, s->span, code, TEMP(at));
    }
    emit(c, s->span, OP_CALL, 0, TEMP(at), TEMP(at), (Reg)nargs);
    temp_set_height(c, at);
}

void
function_stmt(Compiler *c, const Stmt *s)
{
    FunctionParts f = function_parts(s);
    uint32_t height = c->unit->height;
    int firstlineno = first_line(f.decorators, s->span);
    uint32_t at = decorators_push(c, f.decorators);
    temp_reserve(c, at + 1);
    if (f.type_params->size > 0) {
        generic_function(c, s, &f, at, firstlineno);
    }
    else {
        plain_function(c, s, &f, at, firstlineno, false);
    }
    decorators_call(c, f.decorators, at);
    temp_set_height(c, height + 1);
    emit_name_store(c, f.name, s->span, (Place){.kind = PLACE_TEMP, .reg = TEMP(height)});
    temp_set_height(c, height);
}

void
lambda_to(Compiler *c, const Expr *e, Reg dst)
{
    Unit *u = c->unit;
    uint32_t height = u->height;
    uint32_t at = reg_is_temp(dst) && reg_index(dst) >= height ? reg_index(dst) : height;
    Reg function = TEMP(at);
    temp_set_height(c, at);
    temp_push(c);
    Reg value = TEMP(at + 1);
    bool has_defaults = defaults_push(c, e->Lambda.args, e->span);
    bool has_kwdefaults = kwdefaults_push(c, e->Lambda.args, e->span);
    PyObject *name = str_intern_cstr("<lambda>");
    if (name == NULL) {
        c->failed = true;
        return;
    }
    PyObject *code = NULL;
    if (unit_enter(c, scope_of(c->table, e), name, NULL, e->span.lineno)) {
        return_expr(c, e->Lambda.body);
        code = unit_leave(c);
    }
    decref(name);
    make_function(c, e->span, code, function);
    set_attribute(c, e->span, function, &value, has_defaults, MAKE_FUNCTION_DEFAULTS);
    set_attribute(c, e->span, function, &value, has_kwdefaults, MAKE_FUNCTION_KWDEFAULTS);
    temp_set_height(c, height);
    if (function != dst) {
        emit(c, e->span, OP_MOVE, 0, dst, function, 0);
    }
}

// ---- annotations of modules and classes ----

static bool
future_annotations(const Compiler *c)
{
    return (c->flags & CO_FUTURE_ANNOTATIONS) != 0;
}

// Cell (class) or name (module) that holds the indices of annotations that were reached.
static void
conditions_load(Compiler *c, Span span, Reg dst)
{
    Reg cell = closure_register(c, ID(__conditional_annotations__));
    if (cell != REG_NONE) {
        emit(c, span, OP_LOAD_DEREF, 0, dst, cell, 0);
    }
    else {
        emit_name_load(c, ID(__conditional_annotations__), span, dst);
    }
}

void
annotations_begin(Compiler *c, Span span)
{
    Unit *u = c->unit;
    const Scope *root = u->root;
    if (c->failed) {
        return;
    }
    if (root->annotations != NULL && future_annotations(c)) {
        emit(c, span, OP_SETUP_ANNOTATIONS, 0, 0, 0, 0);
        return;
    }
    if (root->has_conditional_annotations) {
        uint32_t height = u->height;
        Reg set = temp_push(c);
        emit(c, span, OP_BUILD_SET, 0, set, set, 0);
        Reg cell = closure_register(c, ID(__conditional_annotations__));
        if (cell != REG_NONE) {
            emit(c, span, OP_STORE_DEREF, KILL_B, cell, set, 0);
        }
        else {
            emit_name_store(c, ID(__conditional_annotations__), span,
                       (Place){.kind = PLACE_TEMP, .reg = set});
        }
        temp_set_height(c, height);
    }
    if (root->kind == SCOPE_MODULE && root->annotations != NULL) {
        u->annotations_place = block_new(c);
        block_use(c, u->annotations_place);
        block_use(c, block_new(c));
    }
}

static void
store_annotation_string(Compiler *c, const Stmt *s)
{
    uint32_t height = c->unit->height;
    Span span = s->AnnAssign.annotation->span;
    PyObject *name = mangle(c, s->AnnAssign.target->Name.id);
    if (c->failed) {
        return;
    }
    Reg value = temp_push(c);
    emit_bc(c, span, OP_LOAD_CONST, 0, value,
            const_index_steal(c, ast_unparse(s->AnnAssign.annotation)));
    Reg dict = temp_push(c);
    emit_name_load(c, ID(__annotations__), span, dict);
    Reg key = temp_push(c);
    load_const(c, span, key, name);
    emit(c, span, OP_STORE_SUBSCR, KILL_A | KILL_B | KILL_C, dict, key, value);
    temp_set_height(c, height);
}

void
annotation_defer(Compiler *c, const Stmt *s)
{
    Unit *u = c->unit;
    if (future_annotations(c)) {
        store_annotation_string(c, s);
        return;
    }
    if (c->failed
        || arena_vector_grow(u->arena, &u->deferred, u->ndeferred, &u->deferred_capacity,
                             sizeof(DeferredAnnotation)) < 0) {
        c->failed = true;
        return;
    }
    int condition = -1;
    if (u->root->kind == SCOPE_MODULE || u->direct != s) {
        condition = u->next_condition++;
        uint32_t height = u->height;
        Reg set = temp_push(c);
        Reg index = temp_push(c);
        conditions_load(c, s->span, set);
        emit_bc(c, s->span, OP_LOAD_CONST, 0, index, const_int(c, condition));
        emit(c, s->span, OP_SET_ADD, KILL_B, set, index, 0);
        emit(c, s->span, OP_POP_TOP, 0, set, 0, 0);
        temp_set_height(c, height);
    }
    else if (s->AnnAssign.value == NULL) {
        emit(c, s->span, OP_NOP, 0, 0, 0, 0);
    }
    u->deferred[u->ndeferred++] = (DeferredAnnotation){s, condition};
}

static void
deferred_annotation(Compiler *c, const DeferredAnnotation *d, Reg *dict)
{
    const Expr *annotation = d->stmt->AnnAssign.annotation;
    Block *skip = block_new(c);
    if (d->condition >= 0) {
        uint32_t height = c->unit->height;
        Reg index = temp_push(c);
        Reg set = temp_push(c);
        emit_bc(c, annotation->span, OP_LOAD_CONST, 0, index, const_int(c, d->condition));
        conditions_load(c, annotation->span, set);
        emit(c, annotation->span, OP_CONTAINS_OP, KILL_B | KILL_C, index, index, set);
        emit_jump(c, annotation->span, OP_POP_JUMP_IF_FALSE, KILL_A, index, 0, skip);
        temp_set_height(c, height);
    }
    add_annotation(c, d->stmt->AnnAssign.target->Name.id, annotation, dict);
    block_use(c, skip);
}

// Makes the annotate function of what was deferred; in a module this stands at the beginning, so
// that annotations can be asked for while the module runs.
void
annotations_end(Compiler *c, Span span)
{
    Unit *u = c->unit;
    if (c->failed || u->ndeferred == 0) {
        return;
    }
    Span at = u->deferred[0].stmt->span;
    if (unit_enter(c, u->root->annotations, ID(__annotate__), NULL, at.lineno)) {
        check_format(c, at);
        Reg dict = temp_push(c);
        emit(c, at, OP_BUILD_MAP, 0, dict, dict, 0);
        for (uint32_t i = 0; i < u->ndeferred && !c->failed; i++) {
            deferred_annotation(c, &u->deferred[i], &dict);
        }
        emit(c, at, OP_RETURN_VALUE, KILL_A, dict, 0, 0);
        PyObject *code = unit_leave(c);
        Block *current = u->current;
        bool in_module = u->root->kind == SCOPE_MODULE;
        if (in_module && u->annotations_place != NULL) {
            u->current = u->annotations_place;
        }
        uint32_t height = u->height;
        Reg function = temp_push(c);
        make_function(c, span, code, function);
        emit_name_store(c, in_module ? ID(__annotate__) : ID(__annotate_func__), span,
                   (Place){.kind = PLACE_TEMP, .reg = function});
        temp_set_height(c, height);
        u->current = current;
    }
}

// ---- classes ----

static void
store_const_name(Compiler *c, PyObject *name, PyObject *value, Span span)
{
    if (!c->failed) {
        emit_name_store(c, name, span, (Place){.kind = PLACE_CONST, .reg = const_index(c, value)});
    }
}

static void
class_prologue(Compiler *c, const Stmt *s, Span span)
{
    Unit *u = c->unit;
    Reg t = temp_push(c);
    emit_name_load(c, ID(__name__), span, t);
    emit_name_store(c, ID(__module__), span, (Place){.kind = PLACE_TEMP, .reg = t});
    store_const_name(c, ID(__qualname__), u->qualname, span);
    emit_name_store(c, ID(__firstlineno__), span,
               (Place){.kind = PLACE_CONST, .reg = const_int(c, u->firstlineno)});
    if (s->ClassDef.type_params->size > 0) {
        PyObject *params = str_intern_cstr(".type_params");
        if (params == NULL) {
            c->failed = true;
            return;
        }
        emit(c, span, OP_LOAD_DEREF, 0, t, free_register(c, params), 0);
        decref(params);
        emit_name_store(c, ID(__type_params__), span, (Place){.kind = PLACE_TEMP, .reg = t});
    }
    if (u->root->needs_classdict) {
        emit(c, span, OP_STORE_DEREF, 0, closure_register(c, ID(__classdict__)), REG_MAPPING, 0);
    }
    temp_set_height(c, 0);
}

static int
text_order(const void *a, const void *b)
{
    return str_compare(*(PyObject *const *)a, *(PyObject *const *)b);
}

static void
class_epilogue(Compiler *c, Span span)
{
    Unit *u = c->unit;
    ItemTable *attributes = &u->static_attributes;
    if (c->failed) {
        return;
    }
    if (attributes->count > 1) {
        qsort(attributes->items, attributes->count, sizeof(PyObject *), text_order);
    }
    PyObject *names = tuple_from_array(attributes->items, attributes->count);
    emit_name_store(c, ID(__static_attributes__), span,
               (Place){.kind = PLACE_CONST, .reg = const_index_steal(c, names)});
    Reg t = temp_push(c);
    if (u->root->needs_classdict) {
        emit(c, span, OP_LOAD_FAST, 0, t, closure_register(c, ID(__classdict__)), 0);
        emit_name_store(c, ID(__classdictcell__), span, (Place){.kind = PLACE_TEMP, .reg = t});
    }
    if (u->root->needs_class_closure) {
        emit(c, span, OP_LOAD_FAST, 0, t, closure_register(c, ID(__class__)), 0);
        emit_name_store(c, ID(__classcell__), span,
                   (Place){.kind = PLACE_TEMP, .reg = t, .keep = true});
        emit(c, span, OP_RETURN_VALUE, KILL_A, t, 0, 0);
    }
    else {
        return_none(c, span);
    }
    temp_set_height(c, 0);
}

static PyObject *
class_code(Compiler *c, const Stmt *s, int firstlineno)
{
    PyObject *name = scope_mangle(c->arena, NULL, NULL, s->ClassDef.name);
    if (name == NULL) {
        c->failed = true;
        return NULL;
    }
    if (!unit_enter(c, scope_of(c->table, s), name, NULL, firstlineno)) {
        return NULL;
    }
    Span span = {firstlineno, 0, firstlineno, 0};
    c->unit->private_name = s->ClassDef.name;
    class_prologue(c, s, span);
    annotations_begin(c, span);
    compile_body(c, s->ClassDef.body);
    annotations_end(c, span);
    class_epilogue(c, no_span);
    return unit_leave(c);
}

// __build_class__(body, name, *bases, **keywords) with the window at `at`.
static void
build_class(Compiler *c, const Stmt *s, const ExprSeq *bases, uint32_t at, int firstlineno)
{
    Unit *u = c->unit;
    temp_set_height(c, at);
    Reg window = temp_push(c);
    emit(c, s->span, OP_LOAD_BUILD_CLASS, 0, window, 0, 0);
    temp_set_height(c, at + WINDOW_ARGS);
    Reg body = temp_push(c);
    PyObject *code = class_code(c, s, firstlineno);
    make_function(c, s->span, code, body);
    load_const(c, s->span, temp_push(c), s->ClassDef.name);
    temp_reserve(c, u->height);
    call_arguments(c, s->span, at, 2, bases, s->ClassDef.keywords, false, window);
}

// The bases and Generic[...] behind them.
static const ExprSeq *
generic_bases(Compiler *c, const Stmt *s, PyObject *base)
{
    const ExprSeq *bases = s->ClassDef.bases;
    ExprSeq *result = expr_seq_new(c->arena, bases->size + 1);
    Expr *name = ast_name(c->arena, s->span, base, CTX_LOAD);
    if (result == NULL || name == NULL) {
        c->failed = true;
        return bases;
    }
    for (Py_ssize_t i = 0; i < bases->size; i++) {
        result->items[i] = bases->items[i];
    }
    result->items[bases->size] = name;
    return result;
}

static void
generic_class(Compiler *c, const Stmt *s, uint32_t at, int firstlineno)
{
    PyObject *params = str_intern_cstr(".type_params");
    PyObject *base = str_intern_cstr(".generic_base");
    PyObject *outer_private = c->unit->private_name;
    if (params == NULL || base == NULL) {
        c->failed = true;
        return;
    }
    // The parameters are mangled with the name of the class.
    c->unit->private_name = s->ClassDef.name;
    bool entered = type_params_enter(c, s->ClassDef.type_params, s->ClassDef.name, firstlineno);
    if (entered) {
        c->unit->outer->private_name = outer_private;
        type_params_push(c, s->ClassDef.type_params, s->span);
        Reg tuple = TEMP(c->unit->height - 1);
        emit_name_store(c, params, s->span,
                   (Place){.kind = PLACE_TEMP, .reg = tuple, .keep = true});
        emit(c, s->span, OP_CALL_INTRINSIC_1, KILL_B, tuple, tuple, INTRINSIC_SUBSCRIPT_GENERIC);
        emit_name_store(c, base, s->span, (Place){.kind = PLACE_TEMP, .reg = tuple});
        temp_set_height(c, reg_index(tuple));
        build_class(c, s, generic_bases(c, s, base), reg_index(tuple), firstlineno);
        emit(c, s->span, OP_RETURN_VALUE, KILL_A, tuple, 0, 0);
        PyObject *code = unit_leave(c);
        make_function(c, s->span, code, TEMP(at));
        temp_reserve(c, at + WINDOW_ARGS);
        emit(c, s->span, OP_CALL, 0, TEMP(at), TEMP(at), 0);
    }
    else {
        c->unit->private_name = outer_private;
    }
    decref(params);
    decref(base);
}

void
class_stmt(Compiler *c, const Stmt *s)
{
    uint32_t height = c->unit->height;
    const ExprSeq *decorators = s->ClassDef.decorator_list;
    int firstlineno = first_line(decorators, s->span);
    uint32_t at = decorators_push(c, decorators);
    temp_reserve(c, at + 1);
    if (s->ClassDef.type_params->size > 0) {
        generic_class(c, s, at, firstlineno);
    }
    else {
        build_class(c, s, s->ClassDef.bases, at, firstlineno);
    }
    decorators_call(c, decorators, at);
    temp_set_height(c, height + 1);
    emit_name_store(c, s->ClassDef.name, s->span, (Place){.kind = PLACE_TEMP, .reg = TEMP(height)});
    temp_set_height(c, height);
}

// ---- type aliases ----

// The tuple (name, type parameters or None, evaluator) at `at`, made into the alias there.
static void
alias_value(Compiler *c, const Stmt *s, uint32_t at, bool generic)
{
    PyObject *name = s->TypeAlias.name->Name.id;
    if (generic) {
        // The parameters are at `at` already; the name goes before them.
        emit(c, s->span, OP_MOVE, 0, TEMP(at + 1), TEMP(at), 0);
    }
    else {
        load_none(c, s->span, TEMP(at + 1));
    }
    load_const(c, s->span, TEMP(at), name);
    temp_set_height(c, at + 2);
    temp_reserve(c, at + 3);
    evaluator_push(c, s->TypeAlias.value, s, name);
    emit(c, s->span, OP_BUILD_TUPLE, 0, TEMP(at), TEMP(at), 3);
    emit(c, s->span, OP_CALL_INTRINSIC_1, KILL_B, TEMP(at), TEMP(at), INTRINSIC_TYPEALIAS);
    temp_set_height(c, at + 1);
}

void
type_alias_stmt(Compiler *c, const Stmt *s)
{
    uint32_t at = c->unit->height;
    PyObject *name = s->TypeAlias.name->Name.id;
    if (s->TypeAlias.type_params->size == 0) {
        alias_value(c, s, at, false);
    }
    else {
        if (type_params_enter(c, s->TypeAlias.type_params, name, s->span.lineno)) {
            type_params_push(c, s->TypeAlias.type_params, s->span);
            alias_value(c, s, c->unit->height - 1, true);
            emit(c, s->span, OP_RETURN_VALUE, KILL_A, TEMP(c->unit->height - 1), 0, 0);
            PyObject *code = unit_leave(c);
            make_function(c, s->span, code, TEMP(at));
        }
        temp_reserve(c, at + WINDOW_ARGS);
        emit(c, s->span, OP_CALL, 0, TEMP(at), TEMP(at), 0);
    }
    temp_set_height(c, at + 1);
    emit_name_store(c, name, s->span, (Place){.kind = PLACE_TEMP, .reg = TEMP(at)});
    temp_set_height(c, at);
}
