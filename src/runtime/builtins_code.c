// Built-in functions about code: compile, eval, exec, __import__, __build_class__, globals,
// locals, breakpoint.
#include "compile/compile.h"
#include "objects/args.h"
#include "objects/call.h"
#include "objects/cell.h"
#include "objects/code.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/mapping.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "runtime/builtins.h"
#include "runtime/import.h"
#include "runtime/sys.h"
#include "syntax/parser.h"
#include "vm/vm.h"

// ---- scopes ----

static PyObject *
builtin_globals(PyObject *module, PyObject *unused)
{
    PyObject *globals = vm_globals_borrow();
    return globals == NULL ? Py_None : new_ref(globals);
}

static PyObject *
builtin_locals(PyObject *module, PyObject *unused)
{
    return vm_locals();
}

static PyObject *
builtin_import(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"name", "globals", "locals", "fromlist", "level", NULL};
    static ArgsParser parser = {.keywords = keywords, .fname = "__import__"};
    PyObject *given[5];
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 1, 5, 0, given)) {
        return NULL;
    }
    int level = 0;
    if (given[4] != NULL) {
        level = int_as_int(given[4]);
        if (level == -1 && error_occurred()) {
            return NULL;
        }
    }
    return import_level(given[0], given[1], given[2], given[3], level);
}

static PyObject *
builtin_breakpoint(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *hook = sys_get(ID(breakpointhook));
    if (hook == NULL) {
        return error_set(PyExc_RuntimeError, "lost sys.breakpointhook");
    }
    PyObject *result = NULL;
    if (sys_audit("builtins.breakpoint", "O", hook) == 0) {
        result = object_vectorcall(hook, args, (size_t)nargs, kwnames);
    }
    decref(hook);
    return result;
}

// ---- compile ----

// PARSE_* for the text of a mode, -1 with ValueError.
static int
mode_from_text(PyObject *mode, int flags)
{
    static const struct {
        const char *name;
        int mode;
    } modes[] = {
        {"exec", PARSE_EXEC},
        {"eval", PARSE_EVAL},
        {"single", PARSE_SINGLE},
        {"func_type", PARSE_FUNC_TYPE},
    };
    bool only_ast = (flags & PARSE_ONLY_AST) != 0;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (!str_equal_cstr(mode, modes[i].name)) {
            continue;
        }
        if (modes[i].mode == PARSE_FUNC_TYPE && !only_ast) {
            error_set(PyExc_ValueError, "compile() mode 'func_type' requires flag PyCF_ONLY_AST");
            return -1;
        }
        return modes[i].mode;
    }
    error_set(PyExc_ValueError,
              only_ast ? "compile() mode must be 'exec', 'eval', 'single' or 'func_type'"
                       : "compile() mode must be 'exec', 'eval' or 'single'");
    return -1;
}

typedef struct {
    PyObject *source;           // borrowed
    PyObject *filename;         // owned
    int mode;
    int flags;
    int optimize;
    int feature_version;
} CompileRequest;

// compile() of a tree.
static PyObject *
compile_tree(CompileRequest *request)
{
    if ((request->flags & PARSE_OPTIMIZED_AST) == PARSE_ONLY_AST) {
        return ast_object_check_mode(request->source, request->mode) < 0 ? NULL
                                                                         : new_ref(request->source);
    }
    Arena *arena = arena_new();
    if (arena == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    Mod *mod = ast_from_object(request->source, request->mode, arena);
    if (mod != NULL && ast_validate(mod)) {
        if ((request->flags & PARSE_ONLY_AST) == 0) {
            result = compile_ast(mod, request->filename, &request->flags, request->optimize, arena);
        }
        else if (compile_optimize_ast(mod, request->optimize, arena) == 0) {
            result = ast_to_object(mod);
        }
    }
    arena_free(arena);
    return result;
}

// compile() of text up to the tree only.
static PyObject *
parse_text(CompileRequest *request, const char *text, Py_ssize_t size)
{
    Arena *arena = arena_new();
    if (arena == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    int version = request->feature_version < 0 ? PARSE_FEATURE_VERSION : request->feature_version;
    Mod *mod = parser_parse_string(text, size, request->filename, request->mode, request->flags,
                                   version, arena);
    bool optimized = (request->flags & PARSE_OPTIMIZED_AST) == PARSE_OPTIMIZED_AST;
    if (mod != NULL &&
        (!optimized || compile_optimize_ast(mod, request->optimize, arena) == 0)) {
        result = ast_to_object(mod);
    }
    arena_free(arena);
    return result;
}

static PyObject *
compile_text(CompileRequest *request)
{
    const char *text;
    Py_ssize_t size;
    PyObject *keep;
    if (source_from_object(request->source, "compile", "string, bytes or AST object",
                           &request->flags, &text, &size, &keep) < 0) {
        return NULL;
    }
    PyObject *result = (request->flags & PARSE_ONLY_AST) != 0
                           ? parse_text(request, text, size)
                           : compile_string(text, size, request->filename, request->mode,
                                            &request->flags, request->optimize);
    decref(keep);
    return result;
}

static PyObject *
run_compile(CompileRequest *request, PyObject *mode, bool dont_inherit)
{
    // CO_NESTED is accepted for old code's sake.
    if ((request->flags & ~(PARSE_FLAGS_MASK | CO_NESTED)) != 0) {
        return error_set(PyExc_ValueError, "compile(): unrecognised flags");
    }
    if (request->optimize < -1 || request->optimize > 2) {
        return error_set(PyExc_ValueError, "compile(): invalid optimize value");
    }
    if (!dont_inherit) {
        request->flags |= vm_code_flags() & PARSE_FUTURE_MASK;
    }
    request->mode = mode_from_text(mode, request->flags);
    if (request->mode < 0) {
        return NULL;
    }
    int is_tree = ast_object_check(request->source);
    if (is_tree < 0) {
        return NULL;
    }
    if (is_tree) {
        return compile_tree(request);
    }
    if (sys_audit("compile", "OO", request->source, request->filename) < 0) {
        return NULL;
    }
    return compile_text(request);
}

// A C int argument that may be missing (NULL). False with an exception.
static bool
optional_int(PyObject *arg, int *value)
{
    if (arg == NULL) {
        return true;
    }
    *value = int_as_int(arg);
    return *value != -1 || !error_occurred();
}

static PyObject *
builtin_compile(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"source",       "filename", "mode",             "flags",
                                           "dont_inherit", "optimize", "_feature_version", NULL};
    static ArgsParser parser = {.keywords = keywords, .fname = "compile"};
    PyObject *given[7];
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 3, 6, 0, given)) {
        return NULL;
    }
    CompileRequest request = {.source = given[0], .optimize = -1, .feature_version = -1};
    if (!str_fs_decoder(given[1], &request.filename)) {
        return NULL;
    }
    PyObject *result = NULL;
    int dont_inherit = given[4] == NULL ? 0 : object_is_true(given[4]);
    if (!str_check(given[2])) {
        args_bad_argument("compile", "argument 'mode'", "str", given[2]);
    }
    else if (dont_inherit >= 0 && optional_int(given[3], &request.flags) &&
             optional_int(given[5], &request.optimize) &&
             optional_int(given[6], &request.feature_version)) {
        result = run_compile(&request, given[2], dont_inherit != 0);
    }
    decref(request.filename);
    return result;
}

// ---- eval, exec ----

// What code runs in: owned references.
typedef struct {
    PyObject *globals;
    PyObject *locals;
} Scope;

static void
scope_release(Scope *scope)
{
    xdecref(scope->globals);
    xdecref(scope->locals);
}

// Completes given globals and locals (NULL or None where missing) from the running frame.
static int
scope_complete(Scope *scope, PyObject *globals, PyObject *locals, const char *function)
{
    scope->globals = globals == NULL || globals == Py_None ? NULL : new_ref(globals);
    scope->locals = locals == NULL || locals == Py_None ? NULL : new_ref(locals);
    if (scope->globals != NULL) {
        if (scope->locals == NULL) {
            scope->locals = new_ref(scope->globals);
        }
        return 0;
    }
    PyObject *current = vm_globals_borrow();
    if (current == NULL) {
        error_format(PyExc_TypeError,
                     "%s must be given globals and locals when called without a frame", function);
        return -1;
    }
    scope->globals = new_ref(current);
    if (scope->locals == NULL) {
        scope->locals = vm_locals();
    }
    return scope->locals == NULL ? -1 : 0;
}

static PyObject *
run_in_scope(PyObject *code, Scope *scope, PyObject *closure)
{
    if (sys_audit("exec", "O", code) < 0) {
        return NULL;
    }
    return vm_eval_code_closure(code, scope->globals, scope->locals, closure);
}

// Compiles a source argument and runs it.
static PyObject *
run_source(PyObject *source, const char *function, int mode, Scope *scope)
{
    int flags = vm_code_flags() & PARSE_FUTURE_MASK;
    const char *text;
    Py_ssize_t size;
    PyObject *keep;
    if (source_from_object(source, function, "string, bytes or code object", &flags, &text, &size,
                           &keep) < 0) {
        return NULL;
    }
    if (mode == PARSE_EVAL) {
        while (size > 0 && (*text == ' ' || *text == '\t')) {
            text++;
            size--;
        }
    }
    PyObject *result = NULL;
    PyObject *filename = str_intern_cstr("<string>");
    if (filename != NULL && sys_audit("compile", "OO", source, filename) == 0) {
        PyObject *code = compile_string(text, size, filename, mode, &flags, -1);
        if (code != NULL) {
            result = run_in_scope(code, scope, NULL);
            decref(code);
        }
    }
    xdecref(filename);
    decref(keep);
    return result;
}

static PyObject *
builtin_eval(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"", "globals", "locals", NULL};
    static ArgsParser parser = {.keywords = keywords, .fname = "eval"};
    PyObject *given[3];
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 1, 3, 0, given)) {
        return NULL;
    }
    PyObject *globals = given[1];
    PyObject *locals = given[2];
    if (locals != NULL && locals != Py_None && !mapping_check(locals)) {
        return error_set(PyExc_TypeError, "locals must be a mapping");
    }
    if (globals != NULL && globals != Py_None && !dict_check(globals)) {
        return error_set(PyExc_TypeError,
                         mapping_check(globals)
                             ? "globals must be a real dict; try eval(expr, {}, mapping)"
                             : "globals must be a dict");
    }
    Scope scope;
    PyObject *result = NULL;
    if (scope_complete(&scope, globals, locals, "eval") == 0) {
        if (!code_check(given[0])) {
            result = run_source(given[0], "eval", PARSE_EVAL, &scope);
        }
        else if (((PyCodeObject *)given[0])->co_nfreevars > 0) {
            error_set(PyExc_TypeError,
                      "code object passed to eval() may not contain free variables");
        }
        else {
            result = run_in_scope(given[0], &scope, NULL);
        }
    }
    scope_release(&scope);
    return result;
}

// Whether closure (NULL: none) is what a code object needs.
static bool
check_closure(PyCodeObject *code, PyObject *closure)
{
    Py_ssize_t needed = code->co_nfreevars;
    if (needed == 0) {
        if (closure != NULL) {
            error_set(PyExc_TypeError, "cannot use a closure with this code object");
        }
        return closure == NULL;
    }
    bool fits = closure != NULL && tuple_check_exact(closure) && tuple_size(closure) == needed;
    for (Py_ssize_t i = 0; fits && i < needed; i++) {
        fits = cell_check(tuple_item_borrow(closure, i));
    }
    if (!fits) {
        error_format(PyExc_TypeError, "code object requires a closure of exactly length %zd",
                     needed);
    }
    return fits;
}

static PyObject *
exec_in_scope(PyObject *source, Scope *scope, PyObject *closure)
{
    if (code_check(source)) {
        if (!check_closure((PyCodeObject *)source, closure)) {
            return NULL;
        }
        return run_in_scope(source, scope, closure);
    }
    if (closure != NULL) {
        return error_set(PyExc_TypeError, "closure can only be used when source is a code object");
    }
    return run_source(source, "exec", PARSE_EXEC, scope);
}

static PyObject *
builtin_exec(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"", "globals", "locals", "closure", NULL};
    static ArgsParser parser = {.keywords = keywords, .fname = "exec"};
    PyObject *given[4];
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 1, 3, 0, given)) {
        return NULL;
    }
    PyObject *globals = given[1];
    PyObject *locals = given[2];
    if (globals != NULL && globals != Py_None && !dict_check(globals)) {
        return error_format(PyExc_TypeError, "exec() globals must be a dict, not %.100s",
                            type_of(globals)->tp_name);
    }
    if (locals != NULL && locals != Py_None && !mapping_check(locals)) {
        return error_format(PyExc_TypeError, "locals must be a mapping or None, not %.100s",
                            type_of(locals)->tp_name);
    }
    PyObject *closure = given[3] == Py_None ? NULL : given[3];
    Scope scope;
    PyObject *result = NULL;
    if (scope_complete(&scope, globals, locals, "exec") == 0) {
        result = exec_in_scope(given[0], &scope, closure);
    }
    scope_release(&scope);
    if (result == NULL) {
        return NULL;
    }
    decref(result);
    return Py_None;
}

#define FAST_KEYWORDS(function) \
    (PyCFunction)(void (*)(void))(function), METH_FASTCALL | METH_KEYWORDS

PyMethodDef builtins_code_methods[] = {
    {"__build_class__", FAST_KEYWORDS(vm_build_class),
     "__build_class__(func, name, /, *bases, [metaclass], **kwds) -> class\n\n"
     "Internal helper function used by the class statement."},
    {"__import__", FAST_KEYWORDS(builtin_import),
     "__import__($module, /, name, globals=None, locals=None, fromlist=(),\n"
     "           level=0)\n--\n\n"
     "Import a module.\n\n"
     "Because this function is meant for use by the Python\n"
     "interpreter and not for general use, it is better to use\n"
     "importlib.import_module() to programmatically import a module.\n\n"
     "The globals argument is only used to determine the context;\n"
     "they are not modified.  The locals argument is unused.  The fromlist\n"
     "should be a list of names to emulate ``from name import ...``, or an\n"
     "empty list to emulate ``import name``.\n"
     "When importing a module from a package, note that __import__('A.B', ...)\n"
     "returns package A when fromlist is empty, but its submodule B when\n"
     "fromlist is not empty.  The level argument is used to determine whether to\n"
     "perform absolute or relative imports: 0 is absolute, while a positive number\n"
     "is the number of parent directories to search relative to the current module."},
    {"breakpoint", FAST_KEYWORDS(builtin_breakpoint),
     "breakpoint($module, /, *args, **kws)\n--\n\n"
     "Call sys.breakpointhook(*args, **kws).\n\n"
     "sys.breakpointhook() must accept whatever arguments are passed.\n\n"
     "By default, this drops you into the pdb debugger."},
    {"compile", FAST_KEYWORDS(builtin_compile),
     "compile($module, /, source, filename, mode, flags=0,\n"
     "        dont_inherit=False, optimize=-1, *, _feature_version=-1)\n--\n\n"
     "Compile source into a code object that can be executed by exec() or eval().\n\n"
     "The source code may represent a Python module, statement or expression.\n"
     "The filename will be used for run-time error messages.\n"
     "The mode must be 'exec' to compile a module, 'single' to compile a\n"
     "single (interactive) statement, or 'eval' to compile an expression.\n"
     "The flags argument, if present, controls which future statements influence\n"
     "the compilation of the code.\n"
     "The dont_inherit argument, if true, stops the compilation inheriting\n"
     "the effects of any future statements in effect in the code calling\n"
     "compile; if absent or false these statements do influence the compilation,\n"
     "in addition to any features explicitly specified."},
    {"eval", FAST_KEYWORDS(builtin_eval),
     "eval($module, source, /, globals=None, locals=None)\n--\n\n"
     "Evaluate the given source in the context of globals and locals.\n\n"
     "The source may be a string representing a Python expression\n"
     "or a code object as returned by compile().\n"
     "The globals must be a dictionary and locals can be any mapping,\n"
     "defaulting to the current globals and locals.\n"
     "If only globals is given, locals defaults to it."},
    {"exec", FAST_KEYWORDS(builtin_exec),
     "exec($module, source, /, globals=None, locals=None, *, closure=None)\n--\n\n"
     "Execute the given source in the context of globals and locals.\n\n"
     "The source may be a string representing one or more Python statements\n"
     "or a code object as returned by compile().\n"
     "The globals must be a dictionary and locals can be any mapping,\n"
     "defaulting to the current globals and locals.\n"
     "If only globals is given, locals defaults to it.\n"
     "The closure must be a tuple of cellvars, and can only be used\n"
     "when source is a code object requiring exactly that many cellvars."},
    {"globals", builtin_globals, METH_NOARGS,
     "globals($module, /)\n--\n\n"
     "Return the dictionary containing the current scope's global variables.\n\n"
     "NOTE: Updates to this dictionary *will* affect name lookups in the current\n"
     "global scope and vice-versa."},
    {"locals", builtin_locals, METH_NOARGS,
     "locals($module, /)\n--\n\n"
     "Return a dictionary containing the current scope's local variables.\n\n"
     "NOTE: Whether or not updates to this dictionary will affect name lookups in\n"
     "the local scope and vice-versa is *implementation dependent* and not\n"
     "covered by any backwards compatibility guarantees."},
    {NULL, NULL, 0, NULL},
};
