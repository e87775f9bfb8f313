// Code generation: try, except*, finally, with.
//
// An exception drops the temporaries that its handler does not need and lands in the next one
// (docs/internals/bytecode.md). Handlers are cold: they are placed behind the rest of the code.
// Bodies of finally clauses are compiled for the ordinary way out, for exceptions, and by
// frames_unwind for return, break and continue.
//
// Threading: see codegen_internal.h.
#include "compile/codegen_internal.h"
#include "objects/error.h"
#include "objects/str.h"

typedef struct {
    const StmtSeq *body;
    const ExceptHandlerSeq *handlers;
    const StmtSeq *orelse;
    const StmtSeq *finalbody;
    Span span;
    bool star;
} TryParts;

static TryParts
try_parts(const Stmt *s)
{
    if (s->kind == STMT_TRY) {
        return (TryParts){s->Try.body, s->Try.handlers, s->Try.orelse, s->Try.finalbody, s->span,
                          false};
    }
    return (TryParts){s->TryStar.body, s->TryStar.handlers, s->TryStar.orelse,
                      s->TryStar.finalbody, s->span, true};
}

static void
cold_begin(Compiler *c, Block *block)
{
    c->unit->cold++;
    block_use(c, block);
}

static void
cold_end(Compiler *c)
{
    c->unit->cold--;
}

// Behind a handler's body: the exception that left it (temporaries offset, offset + 1) is raised
// again once the previously handled exception is back.
static void
emit_cleanup(Compiler *c, Block *block, uint32_t previous, uint32_t offset)
{
    cold_begin(c, block);
    emit(c, no_span, OP_POP_EXCEPT, 0, TEMP(previous), 0, 0);
    emit(c, no_span, OP_RERAISE, VARIANT_3, TEMP(offset + 1), TEMP(offset), 0);
    cold_end(c);
}

// ---- except ----

// name = None; del name
static void
unbind_name(Compiler *c, PyObject *name)
{
    if (name != NULL && !c->failed) {
        emit_name_store(c, name, no_span, (Place){.kind = PLACE_CONST, .reg = const_none(c)});
        emit_name_delete(c, name, no_span);
    }
}

// The body of an except clause: `previous` is the temporary with the previously handled
// exception, the topmost one. Unbinds the name on every way out.
static void
handler_body(Compiler *c, const ExceptHandler *h, uint32_t previous, const Handler *cleanup)
{
    Unit *u = c->unit;
    PyObject *name = h->ExceptHandler.name;
    uint32_t height = u->height;
    const Handler *outer = u->handler;
    CodeFrame frame;
    frame_push(c, &frame, FRAME_HANDLER, h->span);
    frame.temp = previous;
    frame.name = name;
    Block *unbind = NULL;
    u->handler = cleanup;
    if (name != NULL) {
        unbind = block_new(c);
        u->handler = handler_new(c, unbind, height, true);
    }
    compile_stmts(c, h->ExceptHandler.body);
    frame_pop(c, &frame);
    u->handler = outer;
    emit(c, no_span, OP_POP_EXCEPT, 0, TEMP(previous), 0, 0);
    unbind_name(c, name);
    if (unbind != NULL) {
        Block *after = block_new(c);
        emit_goto(c, no_span, after);
        cold_begin(c, unbind);
        u->handler = cleanup;
        temp_set_height(c, height + 2);
        unbind_name(c, name);
        emit(c, no_span, OP_RERAISE, VARIANT_3, TEMP(height + 1), TEMP(height), 0);
        u->handler = outer;
        temp_set_height(c, height);
        cold_end(c);
        block_use(c, after);
    }
}

// Leaves the exception in its temporary alone when the clause does not match.
static void
except_clause(Compiler *c, const ExceptHandler *h, uint32_t exc, const Handler *cleanup,
              Block *end)
{
    Unit *u = c->unit;
    const Handler *outer = u->handler;
    Block *next = block_new(c);
    uint32_t height = u->height;
    u->handler = cleanup;
    if (h->ExceptHandler.type != NULL) {
        int flags = 0;
        Place type = expr_place(c, h->ExceptHandler.type, false);
        Reg r = place_operand(c, type, h->ExceptHandler.type->span, KILL_C, &flags);
        Reg match = type.kind == PLACE_TEMP ? r : temp_push(c);
        emit(c, h->ExceptHandler.type->span, OP_CHECK_EXC_MATCH, flags, match, TEMP(exc), r);
        emit_jump(c, h->ExceptHandler.type->span, OP_POP_JUMP_IF_FALSE, KILL_A, match, 0, next);
        temp_set_height(c, height);
    }
    Place caught = {.kind = PLACE_TEMP, .reg = TEMP(exc)};
    if (h->ExceptHandler.name != NULL) {
        emit_name_store(c, h->ExceptHandler.name, h->span, caught);
    }
    else {
        place_drop(c, caught, h->span);
    }
    u->handler = outer;
    handler_body(c, h, exc + 1, cleanup);
    emit_goto(c, no_span, end);
    block_use(c, next);
}

static void
check_bare_except(Compiler *c, const ExceptHandlerSeq *handlers)
{
    for (Py_ssize_t i = 0; i < handlers->size - 1; i++) {
        if (handlers->items[i]->ExceptHandler.type == NULL) {
            compile_error(c, handlers->items[i]->span, "default 'except:' must be last");
        }
    }
}

static void
try_except(Compiler *c, const TryParts *t)
{
    Unit *u = c->unit;
    uint32_t exc = u->height;
    const Handler *outer = u->handler;
    Block *handlers = block_new(c);
    Block *cleanup = block_new(c);
    Block *end = block_new(c);
    CodeFrame frame;
    frame_push(c, &frame, FRAME_TRY, t->span);
    u->handler = handler_new(c, handlers, exc, false);
    emit(c, t->span, OP_NOP, 0, 0, 0, 0);
    compile_stmts(c, t->body);
    frame_pop(c, &frame);
    u->handler = outer;
    compile_stmts(c, t->orelse);
    emit_goto(c, no_span, end);

    cold_begin(c, handlers);
    temp_set_height(c, exc + 2);
    temp_reserve(c, exc + 2);
    emit(c, no_span, OP_PUSH_EXC_INFO, 0, TEMP(exc + 1), TEMP(exc), 0);
    const Handler *guard = handler_new(c, cleanup, exc + 2, true);
    check_bare_except(c, t->handlers);
    u->frame_depth++;
    for (Py_ssize_t i = 0; i < t->handlers->size && !c->failed; i++) {
        except_clause(c, t->handlers->items[i], exc, guard, end);
    }
    u->frame_depth--;
    u->handler = guard;
    emit(c, no_span, OP_RERAISE, 0, TEMP(exc), 0, 0);
    u->handler = outer;
    emit_cleanup(c, cleanup, exc + 1, exc + 2);
    cold_end(c);
    temp_set_height(c, exc);
    block_use(c, end);
}

// ---- except* (PEP 654) ----
//
// Temporaries: exc     the exception as it was raised
//              exc+1   the previously handled exception
//              exc+2   list of exceptions raised in clauses
//              exc+3   what no clause has matched yet, or None
//              exc+4   the part that the current clause matches

static void
group_clause_body(Compiler *c, const ExceptHandler *h, uint32_t exc, const Handler *guard,
                  Block *next)
{
    Unit *u = c->unit;
    PyObject *name = h->ExceptHandler.name;
    Block *failed = block_new(c);
    Place match = {.kind = PLACE_TEMP, .reg = TEMP(exc + 4)};
    u->handler = guard;
    if (name != NULL) {
        emit_name_store(c, name, h->span, match);
    }
    else {
        place_drop(c, match, h->span);
    }
    temp_set_height(c, exc + 4);
    CodeFrame frame;
    frame_push(c, &frame, FRAME_GROUP_HANDLER, h->span);
    u->handler = handler_new(c, failed, exc + 4, true);
    compile_stmts(c, h->ExceptHandler.body);
    frame_pop(c, &frame);
    u->handler = guard;
    unbind_name(c, name);
    emit_goto(c, no_span, next);
    block_use(c, failed);
    temp_set_height(c, exc + 6);
    unbind_name(c, name);
    emit(c, no_span, OP_LIST_APPEND, KILL_B, TEMP(exc + 2), TEMP(exc + 5), 0);
    emit(c, no_span, OP_POP_TOP, 0, TEMP(exc + 4), 0, 0);
    emit_goto(c, no_span, next);
    temp_set_height(c, exc + 4);
}

static void
group_clause(Compiler *c, const ExceptHandler *h, uint32_t exc, const Handler *guard)
{
    Unit *u = c->unit;
    Block *next = block_new(c);
    Span span = h->ExceptHandler.type != NULL ? h->ExceptHandler.type->span : h->span;
    u->handler = guard;
    temp_set_height(c, exc + 5);
    Reg type = expr_push(c, h->ExceptHandler.type);
    emit(c, span, OP_CHECK_EG_MATCH, KILL_B | KILL_C, TEMP(exc + 3), TEMP(exc + 3), type);
    temp_set_height(c, exc + 5);
    emit_jump(c, span, OP_POP_JUMP_IF_NONE, 0, TEMP(exc + 4), 0, next);
    group_clause_body(c, h, exc, guard, next);
    u->handler = guard;
    block_use(c, next);
}

static void
try_except_star(Compiler *c, const TryParts *t)
{
    Unit *u = c->unit;
    uint32_t exc = u->height;
    const Handler *outer = u->handler;
    Block *handlers = block_new(c);
    Block *cleanup = block_new(c);
    Block *again = block_new(c);
    Block *end = block_new(c);
    CodeFrame frame;
    frame_push(c, &frame, FRAME_TRY, t->span);
    u->handler = handler_new(c, handlers, exc, false);
    emit(c, t->span, OP_NOP, 0, 0, 0, 0);
    compile_stmts(c, t->body);
    frame_pop(c, &frame);
    u->handler = outer;
    compile_stmts(c, t->orelse);
    emit_goto(c, no_span, end);

    cold_begin(c, handlers);
    temp_reserve(c, exc + 7);
    emit(c, no_span, OP_PUSH_EXC_INFO, 0, TEMP(exc + 1), TEMP(exc), 0);
    const Handler *guard = handler_new(c, cleanup, exc + 2, true);
    u->handler = guard;
    emit(c, no_span, OP_BUILD_LIST, 0, TEMP(exc + 2), TEMP(exc + 2), 0);
    emit(c, no_span, OP_LOAD_FAST, 0, TEMP(exc + 3), TEMP(exc), 0);
    u->frame_depth++;
    for (Py_ssize_t i = 0; i < t->handlers->size && !c->failed; i++) {
        group_clause(c, t->handlers->items[i], exc, guard);
    }
    u->frame_depth--;
    u->handler = guard;
    temp_set_height(c, exc + 4);
    emit(c, no_span, OP_LIST_APPEND, KILL_B, TEMP(exc + 2), TEMP(exc + 3), 0);
    emit(c, no_span, OP_LOAD_FAST, 0, TEMP(exc + 3), TEMP(exc), 0);
    emit(c, no_span, OP_MOVE, 0, TEMP(exc + 4), TEMP(exc + 2), 0);
    emit(c, no_span, OP_CALL_INTRINSIC_2, 0, TEMP(exc + 2), TEMP(exc + 3),
         INTRINSIC_PREP_RERAISE_STAR);
    emit(c, no_span, OP_POP_TOP, 0, TEMP(exc), 0, 0);
    u->handler = outer;
    emit_jump(c, no_span, OP_POP_JUMP_IF_NOT_NONE, 0, TEMP(exc + 2), 0, again);
    emit(c, no_span, OP_POP_TOP, 0, TEMP(exc + 2), 0, 0);
    emit(c, no_span, OP_POP_EXCEPT, 0, TEMP(exc + 1), 0, 0);
    emit_goto(c, no_span, end);
    block_use(c, again);
    emit(c, no_span, OP_POP_EXCEPT, 0, TEMP(exc + 1), 0, 0);
    emit(c, no_span, OP_RERAISE, 0, TEMP(exc + 2), 0, 0);
    emit_cleanup(c, cleanup, exc + 1, exc + 2);
    cold_end(c);
    temp_set_height(c, exc);
    block_use(c, end);
}

// ---- finally ----

static void
final_body(Compiler *c, const StmtSeq *body)
{
    Unit *u = c->unit;
    int loops = u->finally_loops;
    u->finally_depth++;
    u->finally_loops = 0;
    compile_stmts(c, body);
    u->finally_loops = loops;
    u->finally_depth--;
}

static void
try_protected(Compiler *c, const TryParts *t)
{
    if (t->handlers->size == 0) {
        compile_stmts(c, t->body);
        compile_stmts(c, t->orelse);
    }
    else if (t->star) {
        try_except_star(c, t);
    }
    else {
        try_except(c, t);
    }
}

static void
try_finally(Compiler *c, const TryParts *t)
{
    Unit *u = c->unit;
    uint32_t exc = u->height;
    const Handler *outer = u->handler;
    Block *raised = block_new(c);
    Block *cleanup = block_new(c);
    Block *end = block_new(c);
    CodeFrame frame;
    frame_push(c, &frame, FRAME_FINALLY, t->span);
    frame.finalbody = t->finalbody;
    u->handler = handler_new(c, raised, exc, false);
    emit(c, t->span, OP_NOP, 0, 0, 0, 0);
    try_protected(c, t);
    frame_pop(c, &frame);
    u->handler = outer;
    final_body(c, t->finalbody);
    emit_goto(c, no_span, end);

    cold_begin(c, raised);
    temp_set_height(c, exc + 2);
    temp_reserve(c, exc + 2);
    emit(c, no_span, OP_PUSH_EXC_INFO, 0, TEMP(exc + 1), TEMP(exc), 0);
    frame_push(c, &frame, FRAME_FINALLY_HANDLER, t->span);
    frame.temp = exc + 1;
    u->handler = handler_new(c, cleanup, exc + 2, true);
    bool quiet = c->quiet;
    c->quiet = true;
    final_body(c, t->finalbody);
    c->quiet = quiet;
    frame_pop(c, &frame);
    emit(c, no_span, OP_RERAISE, 0, TEMP(exc), 0, 0);
    u->handler = outer;
    emit_cleanup(c, cleanup, exc + 1, exc + 2);
    cold_end(c);
    temp_set_height(c, exc);
    block_use(c, end);
}

void
try_stmt(Compiler *c, const Stmt *s)
{
    TryParts parts = try_parts(s);
    if (parts.finalbody->size > 0) {
        try_finally(c, &parts);
    }
    else {
        try_protected(c, &parts);
    }
}

// ---- with ----
//
// Temporaries: pair      exit function
//              pair+1    its self, or unset

// Calls the exit function with three Nones. Everything of the pair is consumed.
void
with_exit(Compiler *c, Span span, uint32_t pair, bool is_async)
{
    Unit *u = c->unit;
    uint32_t height = u->height;
    uint32_t window = height == pair + 2 ? pair : height;
    temp_reserve(c, window + WINDOW_ARGS + 3);
    if (window != pair) {
        emit(c, span, OP_MOVE, 0, TEMP(window), TEMP(pair), 0);
    }
    emit(c, span, OP_MOVE, 0, TEMP(window + WINDOW_SELF), TEMP(pair + 1), 0);
    for (uint32_t i = 0; i < 3; i++) {
        load_none(c, span, TEMP(window + WINDOW_ARGS + i));
    }
    emit(c, span, OP_CALL, VARIANT_3, TEMP(window), TEMP(window), 3);
    Reg result = TEMP(window);
    if (is_async) {
        temp_set_height(c, window);
        await_to(c, span, (Place){.kind = PLACE_TEMP, .reg = result}, 2, result);
    }
    emit(c, span, OP_POP_TOP, 0, result, 0, 0);
    temp_set_height(c, height);
}

// Enters the context manager: the pair lives afterwards, and above it what __enter__ returned.
static void
with_enter(Compiler *c, Span span, const WithItem *item, bool is_async)
{
    Unit *u = c->unit;
    uint32_t pair = u->height;
    temp_set_height(c, pair + 2);
    temp_reserve(c, pair + 2);
    Place manager = expr_place(c, item->context_expr, false);
    int exit_id = is_async ? SPECIAL_AEXIT : SPECIAL_EXIT;
    int enter_id = is_async ? SPECIAL_AENTER : SPECIAL_ENTER;
    emit(c, span, OP_LOAD_SPECIAL, SPECIAL_FLAGS(exit_id), TEMP(pair), manager.reg,
         TEMP(pair + 1));
    uint32_t window = u->height;
    temp_reserve(c, window + WINDOW_ARGS);
    emit(c, span, OP_LOAD_SPECIAL, SPECIAL_FLAGS(enter_id), TEMP(window), manager.reg,
         TEMP(window + WINDOW_SELF));
    place_drop(c, manager, span);
    Reg result = TEMP(pair + 2);
    emit(c, span, OP_CALL, VARIANT_3, result, TEMP(window), 0);
    temp_set_height(c, pair + 2);
    if (is_async) {
        await_to(c, span, (Place){.kind = PLACE_TEMP, .reg = result}, 1, result);
    }
    temp_push(c);
}

static void
with_item(Compiler *c, const Stmt *s, const WithItemSeq *items, Py_ssize_t index,
          const StmtSeq *body, bool is_async)
{
    Unit *u = c->unit;
    if (c->failed) {
        return;
    }
    if (index == items->size) {
        compile_stmts(c, body);
        return;
    }
    const WithItem *item = items->items[index];
    Span span = item->context_expr->span;
    uint32_t pair = u->height;
    const Handler *outer = u->handler;
    Block *raised = block_new(c);
    Block *cleanup = block_new(c);
    Block *suppress = block_new(c);
    Block *end = block_new(c);
    with_enter(c, span, item, is_async);
    CodeFrame frame;
    frame_push(c, &frame, is_async ? FRAME_ASYNC_WITH : FRAME_WITH, span);
    frame.temp = pair;
    u->handler = handler_new(c, raised, pair + 2, true);
    Place entered = {.kind = PLACE_TEMP, .reg = TEMP(pair + 2)};
    if (item->optional_vars != NULL) {
        assign(c, item->optional_vars, entered, span);
    }
    else {
        place_drop(c, entered, span);
    }
    temp_set_height(c, pair + 2);
    with_item(c, s, items, index + 1, body, is_async);
    frame_pop(c, &frame);
    u->handler = outer;
    with_exit(c, span, pair, is_async);
    temp_set_height(c, pair);
    emit_goto(c, no_span, end);

    cold_begin(c, raised);
    uint32_t exc = pair + 3;
    temp_set_height(c, exc + 2);
    temp_reserve(c, exc + 3);
    emit(c, span, OP_PUSH_EXC_INFO, 0, TEMP(exc + 1), TEMP(exc), 0);
    u->handler = handler_new(c, cleanup, exc + 2, true);
    Reg result = TEMP(exc + 2);
    emit(c, span, OP_WITH_EXCEPT_START, 0, result, TEMP(pair), TEMP(exc));
    if (is_async) {
        await_to(c, span, (Place){.kind = PLACE_TEMP, .reg = result}, 2, result);
    }
    emit_jump(c, span, OP_POP_JUMP_IF_TRUE, KILL_A, result, 0, suppress);
    emit(c, span, OP_RERAISE, VARIANT_3, TEMP(exc), TEMP(exc - 1), 0);
    u->handler = outer;
    block_use(c, suppress);
    emit(c, span, OP_POP_EXCEPT, 0, TEMP(exc + 1), 0, 0);
    emit(c, span, OP_POP_TEMPS, 0, TEMP(pair), 0, 4);
    emit_goto(c, no_span, end);
    emit_cleanup(c, cleanup, exc + 1, exc + 2);
    cold_end(c);
    temp_set_height(c, pair);
    block_use(c, end);
}

void
with_stmt(Compiler *c, const Stmt *s)
{
    bool is_async = s->kind == STMT_ASYNC_WITH;
    if (is_async && !in_async_function(c)) {
        compile_error(c, s->span, "'async with' outside async function");
        return;
    }
    if (is_async) {
        with_item(c, s, s->AsyncWith.items, 0, s->AsyncWith.body, true);
    }
    else {
        with_item(c, s, s->With.items, 0, s->With.body, false);
    }
}
