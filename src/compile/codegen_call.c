// Code generation: calls, method calls and super().
//
// A call is built in a window of consecutive temporaries (docs/internals/bytecode.md): callable,
// room for the header of the callee's frame, arguments. Locals are lent to the window unless some
// argument could change them first.
//
// Threading: see codegen_internal.h.
#include "compile/codegen_internal.h"
#include "compile/scopes_internal.h"
#include "objects/error.h"
#include "objects/str.h"
#include "objects/tuple.h"

enum { MAX_WINDOW_ARGS = 4000 };

// The position of an attribute access that spans lines is the line of the attribute.
Span
attribute_span(const Expr *e, const Expr *attribute)
{
    Span span = e->span;
    if (span.lineno == attribute->span.end_lineno) {
        return span;
    }
    span.lineno = attribute->span.end_lineno;
    int length = (int)str_length(attribute->Attribute.attr);
    if (length <= attribute->span.end_col_offset) {
        span.col_offset = attribute->span.end_col_offset - length;
    }
    else {
        span.col_offset = -1;
        span.end_col_offset = -1;
    }
    return span;
}

// ---- arguments ----

static int
call_effects(Compiler *c, const ExprSeq *args, const KeywordSeq *keywords)
{
    int effects = exprs_effects(c, args, 0);
    for (Py_ssize_t i = 0; i < keywords->size; i++) {
        effects |= expr_effects(c, keywords->items[i]->value);
    }
    return effects;
}

static void
argument_push(Compiler *c, const Expr *e, bool lend)
{
    Place place;
    if (lend && e->kind == EXPR_NAME && name_local(c, e->Name.id, e->span, &place)) {
        emit(c, e->span, OP_LOAD_FAST_BORROW, 0, temp_push(c), place.reg, 0);
        return;
    }
    expr_push(c, e);
}

static void
check_repeated_keywords(Compiler *c, const KeywordSeq *keywords)
{
    ItemTable seen = {0};
    for (Py_ssize_t i = 0; i < keywords->size && !c->failed; i++) {
        const Keyword *k = keywords->items[i];
        if (k->arg == NULL) {
            continue;
        }
        PyObject *name = scope_mangle(c->arena, NULL, NULL, k->arg);
        if (name == NULL) {
            c->failed = true;
            return;
        }
        uint32_t before = seen.count;
        item_table_add(c->unit->arena, &seen, name, &c->failed);
        if (seen.count == before) {
            compile_error(c, k->span, "keyword argument repeated: %U", k->arg);
        }
    }
}

static uint32_t
keyword_names(Compiler *c, const KeywordSeq *keywords)
{
    if (c->failed) {
        return 0;
    }
    PyObject *names = tuple_new(keywords->size);
    if (names == NULL) {
        c->failed = true;
        return 0;
    }
    for (Py_ssize_t i = 0; i < keywords->size; i++) {
        PyObject *name = scope_mangle(c->arena, NULL, NULL, keywords->items[i]->arg);
        if (name == NULL) {
            c->failed = true;
            decref(names);
            return 0;
        }
        tuple_set_item_steal(names, i, new_ref(name));
    }
    return const_index_steal(c, names);
}

static bool
needs_unpacking(const ExprSeq *args, const KeywordSeq *keywords, int nextra)
{
    for (Py_ssize_t i = 0; i < args->size; i++) {
        if (args->items[i]->kind == EXPR_STARRED) {
            return true;
        }
    }
    for (Py_ssize_t i = 0; i < keywords->size; i++) {
        if (keywords->items[i]->arg == NULL) {
            return true;
        }
    }
    return args->size + keywords->size + nextra > MAX_WINDOW_ARGS;
}

// The keyword arguments as a new dict in the next temporary.
static void
keywords_push(Compiler *c, Span span, const KeywordSeq *keywords, Reg callable)
{
    Reg dict = temp_push(c);
    emit(c, span, OP_BUILD_MAP, 0, dict, dict, 0);
    bool unpacked = false;
    for (Py_ssize_t i = 0; i < keywords->size && !c->failed; i++) {
        const Keyword *k = keywords->items[i];
        uint32_t height = c->unit->height;
        int flags = 0;
        if (k->arg == NULL) {
            unpacked = true;
            Place mapping = expr_place(c, k->value, false);
            Reg b = place_operand(c, mapping, span, KILL_B, &flags);
            emit(c, span, OP_DICT_MERGE, flags, dict, b, callable);
        }
        else {
            load_const(c, k->span, temp_push(c), k->arg);
            expr_push(c, k->value);
            if (unpacked) {     // the name may be in a mapping before it
                emit(c, span, OP_BUILD_MAP, 0, TEMP(height), TEMP(height), 1);
                emit(c, span, OP_DICT_MERGE, KILL_B, dict, TEMP(height), callable);
            }
            else {
                emit(c, span, OP_MAP_ADD, 0, dict, TEMP(height), 0);
            }
        }
        temp_set_height(c, height);
    }
}

// f(*args, **kwargs): positional arguments in one iterable, keyword arguments in one dict.
static void
call_unpacking(Compiler *c, Span span, uint32_t window, int nextra, const ExprSeq *args,
               const KeywordSeq *keywords, Reg dst)
{
    Unit *u = c->unit;
    Reg positional = TEMP(window + 1);
    temp_reserve(c, window + 3);
    if (nextra == 0 && args->size == 1 && args->items[0]->kind == EXPR_STARRED) {
        temp_set_height(c, window + 1);
        expr_push(c, args->items[0]->Starred.value);
    }
    else if (nextra == 0 && args->size == 0) {
        temp_set_height(c, window + 2);
        PyObject *empty = tuple_empty();
        emit_bc(c, span, OP_LOAD_CONST, 0, positional, const_index_steal(c, empty));
    }
    else if (nextra == 0) {
        temp_set_height(c, window + 1);
        sequence_to(c, span, args, OP_BUILD_LIST, positional);
        temp_set_height(c, window + 2);
    }
    else {
        emit(c, span, OP_BUILD_LIST, 0, positional, TEMP(window + WINDOW_ARGS), (Reg)nextra);
        temp_set_height(c, window + 2);
        Reg more = TEMP(window + 2);
        sequence_to(c, span, args, OP_BUILD_LIST, more);
        emit(c, span, OP_LIST_EXTEND, KILL_B, positional, more, 0);
        temp_set_height(c, window + 2);
    }
    int flags = 0;
    if (keywords->size > 0) {
        keywords_push(c, span, keywords, TEMP(window));
        flags = VARIANT_3;
    }
    emit(c, span, OP_CALL_FUNCTION_EX, flags, dst, TEMP(window), 0);
    temp_set_height(c, u->height);
}

void
call_arguments(Compiler *c, Span span, uint32_t window, int nextra, const ExprSeq *args,
               const KeywordSeq *keywords, bool method, Reg dst)
{
    check_repeated_keywords(c, keywords);
    if (needs_unpacking(args, keywords, nextra)) {
        call_unpacking(c, span, window, nextra, args, keywords, dst);
        temp_set_height(c, window);
        return;
    }
    bool lend = call_effects(c, args, keywords) == 0;
    temp_set_height(c, window + WINDOW_ARGS + (uint32_t)nextra);
    temp_reserve(c, c->unit->height);
    for (Py_ssize_t i = 0; i < args->size && !c->failed; i++) {
        argument_push(c, args->items[i], lend);
    }
    for (Py_ssize_t i = 0; i < keywords->size && !c->failed; i++) {
        argument_push(c, keywords->items[i]->value, lend);
    }
    int op = OP_CALL;
    if (keywords->size > 0) {
        emit_bc(c, span, OP_LOAD_CONST, 0, TEMP(window + WINDOW_KWNAMES),
                keyword_names(c, keywords));
        op = OP_CALL_KW;
    }
    emit(c, span, op, method ? VARIANT_3 : 0, dst, TEMP(window),
         (Reg)(nextra + args->size + keywords->size));
    temp_set_height(c, window);
}

// ---- super ----

static bool
is_global_super(Compiler *c, const Expr *func)
{
    if (func->kind != EXPR_NAME || func->Name.id != ID(super)) {
        return false;
    }
    const Symbol *here = scope_find(c->unit->scope, ID(super));
    const Symbol *top = scope_find(c->table->top, ID(super));
    return here != NULL && here->kind == NAME_GLOBAL_IMPLICIT
           && (top == NULL || !(top->flags & (DEF_BOUND | DEF_GLOBAL)));
}

// super().name and super(C, self).name as one instruction.
static bool
super_can_be_optimized(Compiler *c, const Expr *e)
{
    const Expr *call = e->Attribute.value;
    const Unit *u = c->unit;
    if (call->kind != EXPR_CALL || call->Call.keywords->size > 0
        || !is_global_super(c, call->Call.func) || e->Attribute.attr == ID(__class__)
        || !scope_is_function_like(u->root)) {
        return false;
    }
    const ExprSeq *args = call->Call.args;
    if (args->size == 0) {
        return u->argcount > 0 && free_register(c, ID(__class__)) != REG_NONE;
    }
    return args->size == 2 && args->items[0]->kind != EXPR_STARRED
           && args->items[1]->kind != EXPR_STARRED;
}

// Emits super, class and self into three temporaries and the instruction.
static void
super_load(Compiler *c, const Expr *e, uint32_t at, int op)
{
    const Expr *call = e->Attribute.value;
    Unit *u = c->unit;
    Span span = call->span;
    temp_set_height(c, at);
    expr_push(c, call->Call.func);
    int flags = 0;
    if (call->Call.args->size == 0) {
        emit(c, span, OP_LOAD_DEREF, 0, temp_push(c), free_register(c, ID(__class__)), 0);
        Reg self = temp_push(c);
        if (u->slots[0].kind & CO_FAST_CELL) {
            emit(c, span, OP_LOAD_DEREF, 0, self, 0, 0);
        }
        else {
            emit(c, span, OP_LOAD_FAST_CHECK, 0, 0, 0, 0);
            emit(c, span, OP_LOAD_FAST, 0, self, 0, 0);
        }
    }
    else {
        expr_push(c, call->Call.args->items[0]);
        expr_push(c, call->Call.args->items[1]);
        flags = VARIANT_3;
    }
    PyObject *name = mangle(c, e->Attribute.attr);
    if (!c->failed) {
        emit_bc(c, attribute_span(e, e), op, flags, TEMP(at), name_index(c, name));
    }
}

bool
attribute_super_to(Compiler *c, const Expr *e, Reg dst)
{
    if (!super_can_be_optimized(c, e)) {
        return false;
    }
    uint32_t height = c->unit->height;
    uint32_t at = reg_is_temp(dst) && reg_index(dst) >= height ? reg_index(dst) : height;
    super_load(c, e, at, OP_LOAD_SUPER_ATTR);
    temp_set_height(c, height);
    if (dst != TEMP(at)) {
        emit(c, e->span, OP_MOVE, 0, dst, TEMP(at), 0);
    }
    return true;
}

// ---- calls ----

static bool
method_call_to(Compiler *c, const Expr *e, uint32_t window, Reg dst)
{
    const Expr *func = e->Call.func;
    const ExprSeq *args = e->Call.args;
    const KeywordSeq *keywords = e->Call.keywords;
    if (func->kind != EXPR_ATTRIBUTE || func->Attribute.ctx != CTX_LOAD
        || needs_unpacking(args, keywords, 0)) {
        return false;
    }
    PyObject *name = mangle(c, func->Attribute.attr);
    if (c->failed) {
        return true;
    }
    Span span = attribute_span(func, func);
    if (super_can_be_optimized(c, func)) {
        super_load(c, func, window, OP_LOAD_SUPER_METHOD);
    }
    else {
        uint32_t index = name_index(c, name);
        if (index > MAX_OPERAND) {
            return false;
        }
        Place object = expr_place(c, func->Attribute.value, false);
        if (object.kind == PLACE_LOCAL && call_effects(c, args, keywords) != 0) {
            // The window would hold self lent.
            Reg copy = temp_push(c);
            emit(c, func->span, OP_LOAD_FAST, 0, copy, object.reg, 0);
            object = (Place){.kind = PLACE_TEMP, .reg = copy};
        }
        int flags = 0;
        Reg b = place_operand(c, object, span, KILL_B, &flags);
        emit(c, span, OP_LOAD_METHOD, flags, TEMP(window), b, index);
    }
    temp_reserve(c, window + WINDOW_ARGS);
    call_arguments(c, attribute_span(e, func), window, 0, args, keywords, true, dst);
    return true;
}

// ---- all(), any() and tuple() of a generator expression ----

enum { MAX_CONSUMER_NESTING = 3 };

// The number of the common constant that such a call would use; 0 for other calls.
static int
generator_consumer(Compiler *c, const Expr *e)
{
    const Expr *func = e->Call.func;
    if (func->kind != EXPR_NAME || e->Call.keywords->size > 0 || e->Call.args->size != 1
        || e->Call.args->items[0]->kind != EXPR_GENERATOR_EXP
        || c->consumer_nesting >= MAX_CONSUMER_NESTING
        || scope_of(c->table, e->Call.args->items[0])->coroutine) {
        return 0;
    }
    return func->Name.id == ID(all)     ? COMMON_CONSTANT_ALL
           : func->Name.id == ID(any)   ? COMMON_CONSTANT_ANY
           : func->Name.id == ID(tuple) ? COMMON_CONSTANT_TUPLE : 0;
}

// Runs the generator here when the callable in the window is the builtin: `end` follows with the
// result in dst. Otherwise goes on behind with the callable in its place.
static void
consume_generator(Compiler *c, const Expr *e, int which, uint32_t window, Reg dst, Block *end)
{
    Span span = e->span;
    Block *plain = block_new(c);
    Block *body = block_new(c);
    Block *next = block_new(c);
    Block *decided = block_new(c);
    Reg acc = TEMP(window);
    Reg test = temp_push(c);
    emit(c, span, OP_LOAD_COMMON_CONSTANT, 0, test, 0, (Reg)which);
    emit(c, span, OP_IS_OP, KILL_C, test, acc, test);
    emit_jump(c, span, OP_POP_JUMP_IF_FALSE, KILL_A, test, 0, plain);
    emit(c, span, OP_POP_TOP, 0, acc, 0, 0);
    if (which == COMMON_CONSTANT_TUPLE) {
        emit(c, span, OP_BUILD_LIST, 0, acc, acc, 0);
    }
    temp_set_height(c, window + 1);
    Reg generator = expr_push(c, e->Call.args->items[0]);
    Reg item = temp_push(c);
    emit_goto(c, span, next);
    block_use(c, body);
    if (which == COMMON_CONSTANT_TUPLE) {
        emit(c, span, OP_LIST_APPEND, KILL_B, acc, item, 0);
    }
    else {
        bool all = which == COMMON_CONSTANT_ALL;
        emit_jump(c, span, all ? OP_POP_JUMP_IF_FALSE : OP_POP_JUMP_IF_TRUE, KILL_A, item, 0,
                  decided);
    }
    block_use(c, next);
    emit_jump(c, span, OP_FOR_ITER, 0, item, generator, body);
    if (which == COMMON_CONSTANT_TUPLE) {
        emit(c, span, OP_CALL_INTRINSIC_1, KILL_B, dst, acc, INTRINSIC_LIST_TO_TUPLE);
    }
    else {
        bool all = which == COMMON_CONSTANT_ALL;
        load_const(c, span, dst, all ? Py_True : Py_False);
        emit_goto(c, span, end);
        block_use(c, decided);
        emit(c, span, OP_POP_TOP, 0, generator, 0, 0);
        load_const(c, span, dst, all ? Py_False : Py_True);
    }
    emit_goto(c, span, end);
    block_use(c, plain);
    temp_set_height(c, window + 1);
}

void
call_to(Compiler *c, const Expr *e, Reg dst)
{
    warn_uncallable(c, e->Call.func);
    uint32_t height = c->unit->height;
    uint32_t window = reg_is_temp(dst) && reg_index(dst) >= height ? reg_index(dst) : height;
    temp_set_height(c, window);
    if (!method_call_to(c, e, window, dst)) {
        temp_set_height(c, window);
        bool lend = call_effects(c, e->Call.args, e->Call.keywords) == 0
                    && !needs_unpacking(e->Call.args, e->Call.keywords, 0);
        int consumer = generator_consumer(c, e);
        Block *end = consumer != 0 ? block_new(c) : NULL;
        argument_push(c, e->Call.func, lend && consumer == 0);
        if (consumer != 0) {
            c->consumer_nesting++;
            consume_generator(c, e, consumer, window, dst, end);
        }
        call_arguments(c, e->span, window, 0, e->Call.args, e->Call.keywords, false, dst);
        if (consumer != 0) {
            c->consumer_nesting--;
            block_use(c, end);
        }
    }
    temp_set_height(c, height);
}
