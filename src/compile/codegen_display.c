// Code generation: tuples, lists, sets, dicts and comprehensions.
//
// Short displays are built from consecutive temporaries; long ones and those with `*` grow item by
// item, so that registers stay few.
//
// Threading: see codegen_internal.h.
#include "compile/codegen_internal.h"
#include "objects/set.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "syntax/parser.h"

enum { CONSTANT_DISPLAY = 3, BIG_DICT = 15 };

// ---- displays ----

// All elements as a tuple of constants, or NULL (without an exception unless c->failed).
static PyObject *
constant_elements(Compiler *c, const ExprSeq *elts)
{
    for (Py_ssize_t i = 0; i < elts->size; i++) {
        if (constant_of(c, elts->items[i]) == NULL) {
            return NULL;
        }
    }
    PyObject *tuple = tuple_new(elts->size);
    if (tuple == NULL) {
        c->failed = true;
        return NULL;
    }
    for (Py_ssize_t i = 0; i < elts->size; i++) {
        tuple_set_item_steal(tuple, i, new_ref(constant_of(c, elts->items[i])));
    }
    return tuple;
}

static void
grow_display(Compiler *c, Span span, const ExprSeq *elts, bool set, Reg acc, PyObject *constants)
{
    emit(c, span, set ? OP_BUILD_SET : OP_BUILD_LIST, 0, acc, acc, 0);
    if (constants != NULL) {
        Reg reg = temp_push(c);
        emit_bc(c, span, OP_LOAD_CONST, 0, reg, const_index_steal(c, constants));
        emit(c, span, set ? OP_SET_UPDATE : OP_LIST_EXTEND, KILL_B, acc, reg, 0);
        return;
    }
    for (Py_ssize_t i = 0; i < elts->size && !c->failed; i++) {
        const Expr *elt = elts->items[i];
        uint32_t height = c->unit->height;
        bool starred = elt->kind == EXPR_STARRED;
        Place place = expr_place(c, starred ? elt->Starred.value : elt, false);
        int flags = 0;
        Reg b = place_operand(c, place, elt->span, KILL_B, &flags);
        int op = set ? (starred ? OP_SET_UPDATE : OP_SET_ADD)
                     : (starred ? OP_LIST_EXTEND : OP_LIST_APPEND);
        emit(c, starred ? elt->span : span, op, flags, acc, b, 0);
        temp_set_height(c, height);
    }
}

void
sequence_to(Compiler *c, Span span, const ExprSeq *elts, int build, Reg dst)
{
    if (c->failed) {
        return;
    }
    Unit *u = c->unit;
    uint32_t height = u->height;
    bool starred = ast_has_starred(elts);
    PyObject *constants = NULL;
    if (build != OP_BUILD_TUPLE && elts->size >= CONSTANT_DISPLAY) {
        constants = constant_elements(c, elts);
    }
    if (constants == NULL && !starred && elts->size <= BIG_LITERAL) {
        for (Py_ssize_t i = 0; i < elts->size; i++) {
            expr_push(c, elts->items[i]);
        }
        emit(c, span, build, 0, dst, elts->size > 0 ? TEMP(height) : dst, (Reg)elts->size);
        temp_set_height(c, height);
        return;
    }
    uint32_t at = reg_is_temp(dst) && reg_index(dst) >= height ? reg_index(dst) : height;
    Reg acc = TEMP(at);
    temp_set_height(c, at);
    temp_push(c);
    grow_display(c, span, elts, build == OP_BUILD_SET, acc, constants);
    temp_set_height(c, height);
    if (build == OP_BUILD_TUPLE) {
        emit(c, span, OP_CALL_INTRINSIC_1, KILL_B, dst, acc, INTRINSIC_LIST_TO_TUPLE);
    }
    else if (acc != dst) {
        emit(c, span, OP_MOVE, 0, dst, acc, 0);
    }
}

void
tuple_to(Compiler *c, const Expr *e, Reg dst)
{
    sequence_to(c, e->span, e->Tuple.elts, OP_BUILD_TUPLE, dst);
}

void
list_to(Compiler *c, const Expr *e, Reg dst)
{
    sequence_to(c, e->span, e->List.elts, OP_BUILD_LIST, dst);
}

void
set_to(Compiler *c, const Expr *e, Reg dst)
{
    sequence_to(c, e->span, e->Set.elts, OP_BUILD_SET, dst);
}

static bool
is_plain_dict(const Expr *e)
{
    for (Py_ssize_t i = 0; i < e->Dict.keys->size; i++) {
        if (e->Dict.keys->items[i] == NULL) {
            return false;
        }
    }
    return e->Dict.keys->size <= BIG_DICT;
}

void
dict_to(Compiler *c, const Expr *e, Reg dst)
{
    const ExprSeq *keys = e->Dict.keys;
    const ExprSeq *values = e->Dict.values;
    uint32_t height = c->unit->height;
    if (is_plain_dict(e)) {
        for (Py_ssize_t i = 0; i < keys->size && !c->failed; i++) {
            expr_push(c, keys->items[i]);
            expr_push(c, values->items[i]);
        }
        emit(c, e->span, OP_BUILD_MAP, 0, dst, keys->size > 0 ? TEMP(height) : dst,
             (Reg)keys->size);
        temp_set_height(c, height);
        return;
    }
    uint32_t at = reg_is_temp(dst) && reg_index(dst) >= height ? reg_index(dst) : height;
    Reg acc = TEMP(at);
    temp_set_height(c, at);
    temp_push(c);
    emit(c, e->span, OP_BUILD_MAP, 0, acc, acc, 0);
    for (Py_ssize_t i = 0; i < keys->size && !c->failed; i++) {
        temp_set_height(c, at + 1);
        if (keys->items[i] == NULL) {
            int flags = 0;
            Place mapping = expr_place(c, values->items[i], false);
            Reg b = place_operand(c, mapping, e->span, KILL_B, &flags);
            emit(c, e->span, OP_DICT_UPDATE, flags, acc, b, 0);
            continue;
        }
        expr_push(c, keys->items[i]);
        expr_push(c, values->items[i]);
        emit(c, e->span, OP_MAP_ADD, 0, acc, TEMP(at + 1), 0);
    }
    temp_set_height(c, height);
    if (acc != dst) {
        emit(c, e->span, OP_MOVE, 0, dst, acc, 0);
    }
}

// ---- comprehensions ----

typedef struct {
    ComprehensionKind kind;
    const ComprehensionSeq *generators;
    const Expr *elt;
    const Expr *value;      // dict comprehensions
    Span span;
    Reg acc;                // the collection; not used by generators
} Comp;

static Comp
comp_parts(const Expr *e)
{
    switch (e->kind) {
    case EXPR_LIST_COMP:
        return (Comp){COMPREHENSION_LIST, e->ListComp.generators, e->ListComp.elt, NULL, e->span,
                      REG_NONE};
    case EXPR_SET_COMP:
        return (Comp){COMPREHENSION_SET, e->SetComp.generators, e->SetComp.elt, NULL, e->span,
                      REG_NONE};
    case EXPR_DICT_COMP:
        return (Comp){COMPREHENSION_DICT, e->DictComp.generators, e->DictComp.key,
                      e->DictComp.value, e->span, REG_NONE};
    default:
        return (Comp){COMPREHENSION_GENERATOR, e->GeneratorExp.generators, e->GeneratorExp.elt,
                      NULL, e->span, REG_NONE};
    }
}

static void
comp_element(Compiler *c, const Comp *comp)
{
    Unit *u = c->unit;
    uint32_t height = u->height;
    Span span = comp->elt->span;
    int flags = 0;
    if (comp->kind == COMPREHENSION_DICT) {
        expr_push(c, comp->elt);
        expr_push(c, comp->value);
        span.end_lineno = comp->value->span.end_lineno;
        span.end_col_offset = comp->value->span.end_col_offset;
        emit(c, span, OP_MAP_ADD, 0, comp->acc, TEMP(height), 0);
        temp_set_height(c, height);
        return;
    }
    Place place = expr_place(c, comp->elt, false);
    if (comp->kind == COMPREHENSION_GENERATOR) {
        Reg sent = TEMP(height);
        temp_reserve(c, height + 1);
        Reg b = place_operand(c, place, span, KILL_B, &flags);
        if (u->flags & CO_ASYNC_GENERATOR) {
            emit(c, span, OP_CALL_INTRINSIC_1, flags, sent, b, INTRINSIC_ASYNC_GEN_WRAP);
            b = sent;
            flags = KILL_B;
        }
        emit_data(c, span, OP_YIELD_VALUE, flags, sent, b, NO_DELEGATE, (int32_t)height);
        emit(c, span, OP_POP_TOP, 0, sent, 0, 0);
    }
    else {
        Reg b = place_operand(c, place, span, KILL_B, &flags);
        bool list = comp->kind == COMPREHENSION_LIST;
        emit(c, span, list ? OP_LIST_APPEND : OP_SET_ADD, flags, comp->acc, b, 0);
    }
    temp_set_height(c, height);
}

static void comp_loop(Compiler *c, const Comp *comp, Py_ssize_t index, Reg iterator);

// What happens for each item, once the target is bound.
static void
comp_body(Compiler *c, const Comp *comp, Py_ssize_t index, Block *again)
{
    const Comprehension *g = comp->generators->items[index];
    for (Py_ssize_t i = 0; i < g->ifs->size; i++) {
        jump_if(c, g->ifs->items[i], again, false);
    }
    if (index + 1 == comp->generators->size) {
        comp_element(c, comp);
        return;
    }
    const Comprehension *next = comp->generators->items[index + 1];
    uint32_t height = c->unit->height;
    Place iterable = expr_place(c, next->iter, false);
    int flags = 0;
    Reg b = place_operand(c, iterable, next->iter->span, KILL_B, &flags);
    temp_set_height(c, height);
    Reg iterator = temp_push(c);
    emit(c, next->iter->span, next->is_async ? OP_GET_AITER : OP_GET_ITER, flags, iterator, b, 0);
    comp_loop(c, comp, index + 1, iterator);
    temp_set_height(c, height);
}

static void
comp_sync_loop(Compiler *c, const Comp *comp, Py_ssize_t index, Reg iterator)
{
    const Comprehension *g = comp->generators->items[index];
    Block *body = block_new(c);
    Block *again = block_new(c);
    emit_goto(c, g->iter->span, again);
    block_use(c, body);
    uint32_t height = c->unit->height;
    Reg local = g->target->kind == EXPR_NAME ? name_local_reg(c, g->target->Name.id) : REG_NONE;
    Reg item = local;
    if (local == REG_NONE) {
        item = temp_push(c);
        assign(c, g->target, (Place){.kind = PLACE_TEMP, .reg = item}, g->target->span);
        temp_set_height(c, height);
    }
    else {
        local_was_set(c, local);
    }
    comp_body(c, comp, index, again);
    block_use(c, again);
    emit_jump(c, g->iter->span, OP_FOR_ITER, 0, item, iterator, body);
}

static void
comp_async_loop(Compiler *c, const Comp *comp, Py_ssize_t index, Reg iterator)
{
    const Comprehension *g = comp->generators->items[index];
    Unit *u = c->unit;
    Block *again = block_new(c);
    Block *ended = block_new(c);
    uint32_t height = u->height;
    const Handler *outer = u->handler;
    block_use(c, again);
    emit_async_next(c, comp->span, iterator, ended);
    u->handler = outer;
    assign(c, g->target, (Place){.kind = PLACE_TEMP, .reg = TEMP(height)}, g->target->span);
    temp_set_height(c, height);
    comp_body(c, comp, index, again);
    emit_goto(c, g->iter->span, again);
    block_use(c, ended);
    emit(c, comp->span, OP_END_ASYNC_FOR, 0, TEMP(height), iterator, 0);
}

static void
comp_loop(Compiler *c, const Comp *comp, Py_ssize_t index, Reg iterator)
{
    if (c->failed) {
        return;
    }
    if (comp->generators->items[index]->is_async) {
        comp_async_loop(c, comp, index, iterator);
    }
    else {
        comp_sync_loop(c, comp, index, iterator);
    }
}

static void
comp_begin(Compiler *c, const Comp *comp)
{
    static const uint8_t ops[] = {
        [COMPREHENSION_LIST] = OP_BUILD_LIST,
        [COMPREHENSION_SET] = OP_BUILD_SET,
        [COMPREHENSION_DICT] = OP_BUILD_MAP,
    };
    if (comp->kind != COMPREHENSION_GENERATOR) {
        emit(c, comp->span, ops[comp->kind], 0, comp->acc, comp->acc, 0);
    }
}

// The outermost iterable, evaluated outside of the comprehension, as an iterator.
static void
comp_first_iterator(Compiler *c, const Comp *comp, Reg iterator)
{
    const Comprehension *g = comp->generators->items[0];
    uint32_t height = c->unit->height;
    Place iterable = expr_place(c, g->iter, false);
    int flags = 0;
    Reg b = place_operand(c, iterable, g->iter->span, KILL_B, &flags);
    emit(c, g->iter->span, g->is_async ? OP_GET_AITER : OP_GET_ITER, flags, iterator, b, 0);
    temp_set_height(c, height);
}

static void
inlined_comprehension_to(Compiler *c, Scope *scope, Comp *comp, Reg dst)
{
    Unit *u = c->unit;
    uint32_t height = u->height;
    uint32_t at = reg_is_temp(dst) && reg_index(dst) >= height ? reg_index(dst) : height;
    temp_set_height(c, at);
    comp->acc = temp_push(c);
    Reg iterator = TEMP(u->height);
    temp_reserve(c, u->height + 1);
    comp_first_iterator(c, comp, iterator);
    temp_push(c);
    InlinedScope in;
    inlined_enter(c, scope, &in, comp->span);
    if (c->failed) {
        return;
    }
    comp_begin(c, comp);
    comp_loop(c, comp, 0, iterator);
    inlined_leave(c, &in, comp->span);
    temp_set_height(c, height);
    if (comp->acc != dst) {
        emit(c, comp->span, OP_MOVE, 0, dst, comp->acc, 0);
    }
}

// The body of a comprehension that has a code object of its own: argument .0 is the iterator.
static void
comp_function_body(Compiler *c, Comp *comp)
{
    Span span = comp->generators->items[0]->iter->span;
    if (comp->kind != COMPREHENSION_GENERATOR) {
        comp->acc = temp_push(c);
        comp_begin(c, comp);
    }
    Reg iterator = temp_push(c);
    if (comp->generators->items[0]->is_async) {
        emit(c, span, OP_LOAD_FAST, 0, iterator, 0, 0);
    }
    else {      // f_locals may have changed it
        emit(c, span, OP_GET_ITER, VARIANT_3, iterator, 0, 0);
    }
    comp_loop(c, comp, 0, iterator);
    temp_set_height(c, reg_index(iterator));
    if (comp->kind == COMPREHENSION_GENERATOR) {
        emit_bc(c, comp->span, OP_RETURN_CONST, 0, 0, const_none(c));
    }
    else {
        emit(c, comp->span, OP_RETURN_VALUE, KILL_A, comp->acc, 0, 0);
    }
    temp_set_height(c, 0);
}

static PyObject *
comp_name(ComprehensionKind kind)
{
    static const char *const names[] = {
        [COMPREHENSION_LIST] = "<listcomp>",
        [COMPREHENSION_SET] = "<setcomp>",
        [COMPREHENSION_DICT] = "<dictcomp>",
        [COMPREHENSION_GENERATOR] = "<genexpr>",
    };
    return str_intern_cstr(names[kind]);
}

static void
function_comprehension_to(Compiler *c, Scope *scope, Comp *comp, Reg dst)
{
    Unit *u = c->unit;
    uint32_t height = u->height;
    uint32_t window = reg_is_temp(dst) && reg_index(dst) >= height ? reg_index(dst) : height;
    Reg iterator = TEMP(window + WINDOW_ARGS);
    temp_set_height(c, window + WINDOW_ARGS);
    temp_reserve(c, window + WINDOW_ARGS + 1);
    comp_first_iterator(c, comp, iterator);
    temp_push(c);
    PyObject *name = comp_name(comp->kind);
    if (name == NULL) {
        c->failed = true;
        return;
    }
    if (unit_enter(c, scope, name, NULL, comp->span.lineno)) {
        comp_function_body(c, comp);
        PyObject *code = unit_leave(c);
        make_function(c, comp->span, code, TEMP(window));
    }
    decref(name);
    bool awaits = scope->coroutine && comp->kind != COMPREHENSION_GENERATOR;
    emit(c, comp->span, OP_CALL, 0, awaits ? TEMP(window) : dst, TEMP(window), 1);
    temp_set_height(c, height);
    if (awaits) {
        await_to(c, comp->span, (Place){.kind = PLACE_TEMP, .reg = TEMP(window)}, 0, dst);
    }
}

void
comprehension_to(Compiler *c, const Expr *e, Reg dst)
{
    Scope *scope = scope_of(c->table, e);
    Comp comp = comp_parts(e);
    const Scope *root = c->unit->root;
    bool is_async = scope->coroutine && comp.kind != COMPREHENSION_GENERATOR;
    if (is_async && !root->is_async_def && root->comprehension == COMPREHENSION_NONE
        && !(root->kind == SCOPE_MODULE && (c->flags & PARSE_ALLOW_TOP_LEVEL_AWAIT))) {
        compile_error(c, e->span,
                      "asynchronous comprehension outside of an asynchronous function");
        return;
    }
    if (scope->inlined) {
        inlined_comprehension_to(c, scope, &comp, dst);
    }
    else {
        function_comprehension_to(c, scope, &comp, dst);
    }
}
