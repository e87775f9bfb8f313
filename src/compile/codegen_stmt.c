// Code generation: statements, loops and leaving them.
//
// CodeFrames say what return, break and continue have to undo. Bodies of finally clauses are
// compiled once for each way out.
//
// Threading: see codegen_internal.h.
#include "compile/codegen_internal.h"
#include "compile/docstring.h"
#include "objects/error.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "syntax/parser.h"
#include "thread/thread.h"

// ---- frames ----

void
frame_push(Compiler *c, CodeFrame *frame, FrameKind kind, Span span)
{
    Unit *u = c->unit;
    *frame = (CodeFrame){.kind = kind, .outer = u->frame, .handler = u->handler, .span = span};
    u->frame = frame;
    if (++u->frame_depth > MAX_STATIC_BLOCKS) {
        compile_error(c, span, "too many statically nested blocks");
    }
}

void
frame_pop(Compiler *c, CodeFrame *frame)
{
    c->unit->frame = frame->outer;
    c->unit->frame_depth--;
}

static bool
runs_code(const CodeFrame *from, const CodeFrame *last)
{
    for (; from != last; from = from->outer) {
        if (from->kind != FRAME_WHILE && from->kind != FRAME_FOR && from->kind != FRAME_TRY) {
            return true;
        }
    }
    return false;
}

static void
unwind_finally(Compiler *c, const CodeFrame *frame)
{
    bool quiet = c->quiet;
    c->quiet = true;
    compile_stmts(c, frame->finalbody);
    c->quiet = quiet;
}

// What runs because a finally clause or context manager is left has no position afterwards: it
// appears to belong to the code that ran last.
static void
frame_unwind(Compiler *c, Span *at, const CodeFrame *frame)
{
    Span span = *at;
    switch (frame->kind) {
    case FRAME_WHILE:
    case FRAME_TRY:
        break;
    case FRAME_FOR:
        emit(c, span, OP_POP_TOP, 0, TEMP(frame->temp), 0, 0);
        break;
    case FRAME_FINALLY:
        unwind_finally(c, frame);
        *at = no_span;
        break;
    case FRAME_FINALLY_HANDLER:
        emit(c, span, OP_POP_EXCEPT, 0, TEMP(frame->temp), 0, 0);
        emit(c, span, OP_POP_TOP, 0, TEMP(frame->temp - 1), 0, 0);
        break;
    case FRAME_HANDLER:
        emit(c, span, OP_POP_EXCEPT, 0, TEMP(frame->temp), 0, 0);
        if (frame->name != NULL) {
            emit_name_store(c, frame->name, span,
                       (Place){.kind = PLACE_CONST, .reg = const_none(c)});
            emit_name_delete(c, frame->name, span);
        }
        break;
    case FRAME_GROUP_HANDLER:
        compile_error(c, span,
                      "'break', 'continue' and 'return' cannot appear in an except* block");
        break;
    case FRAME_WITH:
    case FRAME_ASYNC_WITH:
        with_exit(c, frame->span, frame->temp, frame->kind == FRAME_ASYNC_WITH);
        *at = no_span;
        break;
    }
}

void
frames_unwind(Compiler *c, Span *span, const CodeFrame *last, Place *value)
{
    Unit *u = c->unit;
    CodeFrame *inner = u->frame;
    int depth = u->frame_depth;
    if (value != NULL && value->kind == PLACE_LOCAL && runs_code(inner, last)) {
        Reg reg = temp_push(c);
        emit(c, *span, OP_LOAD_FAST, 0, reg, value->reg, 0);
        *value = (Place){.kind = PLACE_TEMP, .reg = reg};
    }
    uint32_t height = u->height;
    for (CodeFrame *frame = inner; frame != last && !c->failed; frame = frame->outer) {
        u->frame = frame->outer;
        u->frame_depth--;
        u->handler = frame->handler;
        frame_unwind(c, span, frame);
        temp_set_height(c, height);
    }
    u->frame = inner;
    u->frame_depth = depth;
}

// ---- return, break, continue ----

static void
return_stmt(Compiler *c, const Stmt *s)
{
    Unit *u = c->unit;
    const Expr *e = s->Return.value;
    if (u->root->kind != SCOPE_FUNCTION) {
        compile_error(c, s->span, "'return' outside function");
        return;
    }
    if (e != NULL && (u->flags & CO_ASYNC_GENERATOR)) {
        compile_error(c, s->span, "'return' with value in async generator");
        return;
    }
    if (u->finally_depth > 0) {
        compile_warn(c, s->span, "'return' in a 'finally' block");
    }
    uint32_t height = u->height;
    const Handler *handler = u->handler;
    Span span = s->span;
    PyObject *constant = e == NULL ? Py_None : constant_of(c, e);
    if (constant != NULL) {
        if (e != NULL && e->span.lineno != s->span.lineno) {
            emit(c, e->span, OP_NOP, 0, 0, 0, 0);
        }
        emit(c, s->span, OP_NOP, 0, 0, 0, 0);
        frames_unwind(c, &span, NULL, NULL);
        emit_bc(c, span, OP_RETURN_CONST, 0, 0, const_index(c, constant));
        u->handler = handler;
        return;
    }
    Place value = expr_place(c, e, false);
    if (value.kind == PLACE_LOCAL) {
        emit(c, s->span, OP_NOP, 0, 0, 0, 0);
    }
    frames_unwind(c, &span, NULL, &value);
    int flags = 0;
    Reg reg = place_operand(c, value, span, KILL_A, &flags);
    emit(c, span, OP_RETURN_VALUE, flags, reg, 0, 0);
    u->handler = handler;
    temp_set_height(c, height);
}

static CodeFrame *
innermost_loop(Compiler *c, Span span)
{
    for (CodeFrame *frame = c->unit->frame; frame != NULL; frame = frame->outer) {
        if (frame->kind == FRAME_WHILE || frame->kind == FRAME_FOR) {
            return frame;
        }
        if (frame->kind == FRAME_GROUP_HANDLER) {
            compile_error(c, span,
                          "'break', 'continue' and 'return' cannot appear in an except* block");
            return NULL;
        }
    }
    return NULL;
}

static void
leave_loop_stmt(Compiler *c, const Stmt *s)
{
    Unit *u = c->unit;
    bool is_break = s->kind == STMT_BREAK;
    if (u->finally_depth > 0 && u->finally_loops == 0) {
        compile_warn(c, s->span, is_break ? "'break' in a 'finally' block"
                                          : "'continue' in a 'finally' block");
    }
    CodeFrame *loop = innermost_loop(c, s->span);
    if (loop == NULL) {
        compile_error(c, s->span, is_break ? "'break' outside loop"
                                           : "'continue' not properly in loop");
        return;
    }
    emit(c, s->span, OP_NOP, 0, 0, 0, 0);
    const Handler *handler = u->handler;
    Span span = s->span;
    frames_unwind(c, &span, loop, NULL);
    if (is_break && loop->kind == FRAME_FOR) {
        emit(c, span, OP_POP_TOP, 0, TEMP(loop->temp), 0, 0);
    }
    emit_goto(c, span, is_break ? loop->exit : loop->again);
    u->handler = handler;
}

// ---- if and while ----

static void
if_stmt(Compiler *c, const Stmt *s)
{
    Block *orelse = block_new(c);
    jump_if(c, s->If.test, orelse, false);
    compile_stmts(c, s->If.body);
    if (s->If.orelse->size == 0) {
        block_use(c, orelse);
        return;
    }
    Block *end = block_new(c);
    emit_goto(c, no_span, end);
    block_use(c, orelse);
    // elif chains are flat.
    compile_stmts(c, s->If.orelse);
    block_use(c, end);
}

static void
loop_body(Compiler *c, const StmtSeq *body)
{
    c->unit->finally_loops++;
    compile_stmts(c, body);
    c->unit->finally_loops--;
}

// The test stands at the bottom: one jump for each round.
static void
while_stmt(Compiler *c, const Stmt *s)
{
    CodeFrame frame;
    Block *body = block_new(c);
    Block *test = block_new(c);
    Block *end = block_new(c);
    frame_push(c, &frame, FRAME_WHILE, s->span);
    frame.exit = end;
    frame.again = test;
    emit_goto(c, s->While.test->span, test);
    block_use(c, body);
    loop_body(c, s->While.body);
    block_use(c, test);
    jump_if(c, s->While.test, body, true);
    frame_pop(c, &frame);
    compile_stmts(c, s->While.orelse);
    block_use(c, end);
}

// ---- for ----

static void
for_stmt(Compiler *c, const Stmt *s)
{
    Unit *u = c->unit;
    uint32_t height = u->height;
    const Expr *target = s->For.target;
    Span span = s->For.iter->span;
    Block *body = block_new(c);
    Block *again = block_new(c);
    Block *end = block_new(c);
    Place iterable = expr_place(c, s->For.iter, false);
    int flags = 0;
    Reg b = place_operand(c, iterable, span, KILL_B, &flags);
    temp_set_height(c, height);
    Reg iterator = temp_push(c);
    emit(c, span, OP_GET_ITER, flags, iterator, b, 0);
    CodeFrame frame;
    frame_push(c, &frame, FRAME_FOR, s->span);
    frame.temp = height;
    frame.exit = end;
    frame.again = again;
    emit_goto(c, span, again);
    block_use(c, body);
    Reg item = target->kind == EXPR_NAME ? name_local_reg(c, target->Name.id) : REG_NONE;
    if (item != REG_NONE) {
        local_was_set(c, item);
    }
    else {
        item = temp_push(c);
        assign(c, target, (Place){.kind = PLACE_TEMP, .reg = item}, target->span);
        temp_set_height(c, height + 1);
    }
    loop_body(c, s->For.body);
    block_use(c, again);
    emit_jump(c, span, OP_FOR_ITER, 0, item, iterator, body);
    frame_pop(c, &frame);
    temp_set_height(c, height);
    compile_stmts(c, s->For.orelse);
    block_use(c, end);
}

bool
in_async_function(const Compiler *c)
{
    const Scope *root = c->unit->root;
    return root->is_async_def
           || (root->kind == SCOPE_MODULE && (c->flags & PARSE_ALLOW_TOP_LEVEL_AWAIT));
}

void
emit_async_next(Compiler *c, Span span, Reg iterator, Block *ended)
{
    Unit *u = c->unit;
    uint32_t value = u->height;
    u->handler = handler_new(c, ended, value, false);
    emit(c, span, OP_GET_ANEXT, 0, TEMP(value + 1), iterator, 0);
    temp_set_height(c, value + 2);
    temp_reserve(c, value + 2);
    await_loop(c, span, value + 1, TEMP(value));
    temp_set_height(c, value + 1);
}

static void
async_for_stmt(Compiler *c, const Stmt *s)
{
    Unit *u = c->unit;
    if (!in_async_function(c)) {
        compile_error(c, s->span, "'async for' outside async function");
        return;
    }
    uint32_t height = u->height;
    Span span = s->AsyncFor.iter->span;
    Block *again = block_new(c);
    Block *ended = block_new(c);
    Block *end = block_new(c);
    Place iterable = expr_place(c, s->AsyncFor.iter, false);
    int flags = 0;
    Reg b = place_operand(c, iterable, span, KILL_B, &flags);
    temp_set_height(c, height);
    Reg iterator = temp_push(c);
    emit(c, span, OP_GET_AITER, flags, iterator, b, 0);
    CodeFrame frame;
    frame_push(c, &frame, FRAME_FOR, s->span);
    frame.temp = height;
    frame.exit = end;
    frame.again = again;
    const Handler *outer = u->handler;
    block_use(c, again);
    emit_async_next(c, span, iterator, ended);
    u->handler = outer;
    assign(c, s->AsyncFor.target, (Place){.kind = PLACE_TEMP, .reg = TEMP(height + 1)},
           s->AsyncFor.target->span);
    temp_set_height(c, height + 1);
    loop_body(c, s->AsyncFor.body);
    emit_goto(c, no_span, again);
    frame_pop(c, &frame);
    block_use(c, ended);
    emit(c, span, OP_END_ASYNC_FOR, 0, TEMP(height + 1), iterator, 0);
    temp_set_height(c, height);
    compile_stmts(c, s->AsyncFor.orelse);
    block_use(c, end);
}

// ---- raise, assert, expressions ----

static void
raise_stmt(Compiler *c, const Stmt *s)
{
    uint32_t height = c->unit->height;
    int flags = 0;
    Reg a = TEMP(height);       // not looked at by a bare raise
    Reg b = a;
    int count = 0;
    temp_reserve(c, height + 1);
    if (s->Raise.exc != NULL) {
        Place exc = s->Raise.cause == NULL
                        ? expr_place(c, s->Raise.exc, false)
                        : expr_place_before(c, s->Raise.exc, s->Raise.cause, false);
        a = place_operand(c, exc, s->span, KILL_A, &flags);
        count = 1;
        if (s->Raise.cause != NULL) {
            Place cause = expr_place(c, s->Raise.cause, false);
            b = place_operand(c, cause, s->span, KILL_B, &flags);
            count = 2;
        }
    }
    emit(c, s->span, OP_RAISE_VARARGS, flags, a, b, (Reg)count);
    temp_set_height(c, height);
}

static void
assert_stmt(Compiler *c, const Stmt *s)
{
    Unit *u = c->unit;
    const Expr *test = s->Assert.test;
    bool tuple = test->kind == EXPR_TUPLE && test->Tuple.elts->size > 0;
    tuple = tuple || (test->kind == EXPR_CONSTANT && tuple_check_exact(test->Constant.value)
                      && tuple_size(test->Constant.value) > 0);
    if (tuple) {
        compile_warn(c, s->span, "assertion is always true, perhaps remove parentheses?");
    }
    if (c->optimize > 0) {
        emit(c, s->span, OP_NOP, 0, 0, 0, 0);
        return;
    }
    uint32_t height = u->height;
    Block *fails = block_new(c);
    Block *end = block_new(c);
    jump_if(c, test, fails, false);
    emit_goto(c, no_span, end);
    u->cold++;
    block_use(c, fails);
    Reg error = temp_push(c);
    emit(c, test->span, OP_LOAD_COMMON_CONSTANT, 0, error, 0, COMMON_CONSTANT_ASSERTION_ERROR);
    if (s->Assert.msg != NULL) {
        temp_set_height(c, height + WINDOW_ARGS);
        expr_push(c, s->Assert.msg);
        emit(c, test->span, OP_CALL, 0, error, error, 1);
    }
    emit(c, test->span, OP_RAISE_VARARGS, KILL_A, error, 0, 1);
    u->cold--;
    block_use(c, end);
    temp_set_height(c, height);
}

static void
expr_stmt(Compiler *c, const Stmt *s)
{
    Unit *u = c->unit;
    const Expr *e = s->Expr.value;
    if (!u->interactive || u->outer != NULL) {
        expr_discard(c, e);
        return;
    }
    uint32_t height = u->height;
    Reg reg = expr_push(c, e);
    emit(c, s->span, OP_CALL_INTRINSIC_1, KILL_B, reg, reg, INTRINSIC_PRINT);
    emit(c, s->span, OP_POP_TOP, 0, reg, 0, 0);
    temp_set_height(c, height);
}

// ---- dispatch ----

static void
compile_stmt(Compiler *c, const Stmt *s)
{
    switch (s->kind) {
    case STMT_FUNCTION_DEF:
    case STMT_ASYNC_FUNCTION_DEF:
        function_stmt(c, s);
        break;
    case STMT_CLASS_DEF:
        class_stmt(c, s);
        break;
    case STMT_RETURN:
        return_stmt(c, s);
        break;
    case STMT_DELETE:
        delete_stmt(c, s);
        break;
    case STMT_ASSIGN:
        assign_stmt(c, s);
        break;
    case STMT_TYPE_ALIAS:
        type_alias_stmt(c, s);
        break;
    case STMT_AUG_ASSIGN:
        aug_assign_stmt(c, s);
        break;
    case STMT_ANN_ASSIGN:
        ann_assign_stmt(c, s);
        break;
    case STMT_FOR:
        for_stmt(c, s);
        break;
    case STMT_ASYNC_FOR:
        async_for_stmt(c, s);
        break;
    case STMT_WHILE:
        while_stmt(c, s);
        break;
    case STMT_IF:
        if_stmt(c, s);
        break;
    case STMT_WITH:
    case STMT_ASYNC_WITH:
        with_stmt(c, s);
        break;
    case STMT_MATCH:
        match_stmt(c, s);
        break;
    case STMT_RAISE:
        raise_stmt(c, s);
        break;
    case STMT_TRY:
    case STMT_TRY_STAR:
        try_stmt(c, s);
        break;
    case STMT_ASSERT:
        assert_stmt(c, s);
        break;
    case STMT_IMPORT:
        import_stmt(c, s);
        break;
    case STMT_IMPORT_FROM:
        import_from_stmt(c, s);
        break;
    case STMT_GLOBAL:
    case STMT_NONLOCAL:
        break;
    case STMT_EXPR:
        expr_stmt(c, s);
        break;
    case STMT_PASS:
        emit(c, s->span, OP_NOP, 0, 0, 0, 0);
        break;
    case STMT_BREAK:
    case STMT_CONTINUE:
        leave_loop_stmt(c, s);
        break;
    }
}

void
compile_stmts(Compiler *c, const StmtSeq *body)
{
    if (c->failed) {
        return;
    }
    if (thread_enter_c(" during compilation") < 0) {
        c->failed = true;
        return;
    }
    for (Py_ssize_t i = 0; i < body->size && !c->failed; i++) {
        compile_stmt(c, body->items[i]);
    }
    thread_leave_c();
}

// Docstring (interactive statements have none) and statements of a module or class.
void
compile_body(Compiler *c, const StmtSeq *body)
{
    PyObject *doc = c->unit->interactive ? NULL : ast_docstring_borrow(body);
    Py_ssize_t first = 0;
    if (doc != NULL && !c->failed) {
        first = 1;
        const Stmt *s = body->items[0];
        if (c->optimize < 2) {
            uint32_t index = const_index_steal(c, docstring_clean(doc));
            emit_name_store(c, ID(__doc__), s->span, (Place){.kind = PLACE_CONST, .reg = index});
        }
        else {
            emit(c, s->span, OP_NOP, 0, 0, 0, 0);
        }
    }
    for (Py_ssize_t i = first; i < body->size && !c->failed; i++) {
        c->unit->direct = body->items[i];
        compile_stmt(c, body->items[i]);
    }
}
