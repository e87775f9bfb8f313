// The door of the compiler: modules, expressions and interactive statements.
//
// Threading: see compile.h. The default optimisation level is set at start-up.
#include "compile/compile.h"

#include "compile/codegen_internal.h"
#include "objects/error.h"
#include "objects/str.h"

// Written at start-up, before there are threads.
static int default_optimize;
static bool debug_ranges = true;

void
compile_set_default_optimize(int level)
{
    default_optimize = level;
}

void
compile_set_debug_ranges(bool wanted)
{
    debug_ranges = wanted;
}

static void
compile_module(Compiler *c, const StmtSeq *body)
{
    Span span = {1, 0, 1, 0};
    if (body->size > 0) {
        span.lineno = span.end_lineno = body->items[0]->span.lineno;
    }
    annotations_begin(c, span);
    compile_body(c, body);
    annotations_end(c, span);
    emit_bc(c, no_span, OP_RETURN_CONST, 0, 0, const_none(c));
}

static void
compile_expression(Compiler *c, const Expr *body)
{
    int flags = 0;
    Place value = expr_place(c, body, false);
    Reg reg = place_operand(c, value, body->span, KILL_A, &flags);
    emit(c, body->span, OP_RETURN_VALUE, flags, reg, 0, 0);
}

static void
compile_mod(Compiler *c, Mod *mod)
{
    switch (mod->kind) {
    case MOD_MODULE:
        compile_module(c, mod->Module.body);
        break;
    case MOD_INTERACTIVE:
        c->unit->interactive = true;
        compile_module(c, mod->Interactive.body);
        break;
    case MOD_EXPRESSION:
        compile_expression(c, mod->Expression.body);
        break;
    case MOD_FUNCTION_TYPE:
        error_set(PyExc_SystemError, "module kind 4 should not be possible");
        c->failed = true;
        break;
    }
}

static PyObject *
compile_with(Compiler *c, Mod *mod)
{
    PyObject *name = str_intern_cstr("<module>");
    if (name == NULL) {
        return NULL;
    }
    PyObject *code = NULL;
    if (unit_enter(c, c->table->top, name, NULL, 1)) {
        if (!c->failed) {
            compile_mod(c, mod);
        }
        code = unit_leave(c);
    }
    decref(name);
    return c->failed ? NULL : xnew_ref(code);
}

PyObject *
compile_ast(Mod *mod, PyObject *filename, int *flags, int optimize, Arena *arena)
{
    Compiler c = {
        .filename = filename,
        .optimize = optimize < 0 ? default_optimize : optimize,
        .debug_ranges = debug_ranges,
        .flags = flags == NULL ? 0 : *flags,
    };
    int future = future_scan(mod, filename, &c.last_future);
    if (future < 0) {
        return NULL;
    }
    c.flags |= future;
    if (flags != NULL) {
        *flags |= future;
    }
    c.arena = arena_new();
    if (c.arena == NULL) {
        return NULL;
    }
    PyObject *code = NULL;
    c.table = scopes_build(mod, filename, c.flags, c.arena);
    if (c.table != NULL && fold_module(mod, arena, c.flags) == 0) {
        code = compile_with(&c, mod);
    }
    arena_free(c.arena);
    return code;
}

PyObject *
compile_string(const char *source, Py_ssize_t size, PyObject *filename, int mode, int *flags,
               int optimize)
{
    Arena *arena = arena_new();
    if (arena == NULL) {
        return NULL;
    }
    PyObject *code = NULL;
    Mod *mod = parser_parse_string(source, size, filename, mode, flags == NULL ? 0 : *flags,
                                   PARSE_FEATURE_VERSION, arena);
    if (mod != NULL) {
        code = compile_ast(mod, filename, flags, optimize, arena);
    }
    arena_free(arena);
    return code;
}

int
compile_optimize_ast(Mod *mod, int optimize, Arena *arena)
{
    return preprocess_module(mod, arena, optimize < 0 ? default_optimize : optimize);
}
