// The interactive session: reads, parses, compiles and runs one statement at a time; see repl.h.
#include "runtime/repl.h"

#include <stdio.h>
#include <string.h>

#include "abi/constants.h"
#include "compile/compile.h"
#include "memory/refcount.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/object.h"
#include "objects/str.h"
#include "runtime/config.h"
#include "runtime/import.h"
#include "runtime/print_error.h"
#include "runtime/runtime.h"
#include "runtime/sys.h"
#include "syntax/arena.h"
#include "syntax/parser.h"
#include "vm/vm.h"

// The prompt as text: sys.ps1 or sys.ps2 through str(), "" when that fails.
static PyObject *
prompt_text(bool continued)
{
    PyObject *prompt = sys_get(continued ? ID(ps2) : ID(ps1));
    PyObject *text = prompt != NULL ? object_str(prompt) : NULL;
    xdecref(prompt);
    if (text == NULL) {
        error_clear();
        text = str_from_cstr("");
    }
    return text;
}

// One line through builtins.input, which knows about line editing and redirected streams.
static PyObject *
read_line(void *context, bool continued)
{
    PyObject *prompt = prompt_text(continued);
    PyObject *input = prompt != NULL ? import_attribute("builtins", "input") : NULL;
    PyObject *line = input != NULL ? object_call_onearg(input, prompt) : NULL;
    xdecref(prompt);
    xdecref(input);
    if (line == NULL) {
        return error_clear_if(PyExc_EOFError) ? bytes_from_data("", 0) : NULL;
    }
    PyObject *ended = str_format("%U\n", line);
    PyObject *bytes = ended != NULL ? str_encode(ended, "utf-8", "surrogateescape") : NULL;
    xdecref(ended);
    decref(line);
    return bytes;
}

static int
ensure_prompts(void)
{
    static const char *const prompts[][2] = {{"ps1", ">>> "}, {"ps2", "... "}};
    for (int i = 0; i < 2; i++) {
        PyObject *name = str_intern_cstr(prompts[i][0]);
        PyObject *old = name != NULL ? sys_get(name) : NULL;
        PyObject *text = old == NULL ? str_from_cstr(prompts[i][1]) : NULL;
        int failed = old == NULL && (text == NULL || sys_set(name, text) < 0);
        xdecref(name);
        xdecref(old);
        xdecref(text);
        if (failed) {
            return -1;
        }
    }
    return 0;
}

// 1: goes on, 0: end of input, -1: the program is over (SystemExit), with the exception set.
static int
run_one(PyObject *namespace, PyObject *filename, int *flags)
{
    Arena *arena = arena_new();
    if (arena == NULL) {
        return -1;
    }
    bool at_end = false;
    int code_flags = *flags;
    PyObject *result = NULL;
    Mod *tree = parser_parse_interactive(read_line, NULL, filename, *flags, arena, &at_end);
    if (tree != NULL) {
        PyObject *code = compile_ast(tree, filename, &code_flags, -1, arena);
        *flags = code_flags & PARSE_FUTURE_MASK;
        result = code != NULL ? vm_eval_code(code, namespace, namespace) : NULL;
        xdecref(code);
    }
    arena_free(arena);
    xdecref(result);
    if (result != NULL || at_end) {
        return result != NULL;
    }
    if (error_matches(PyExc_SystemExit)) {
        return -1;
    }
    print_error(true);
    return 1;
}

static void
greet_user(void)
{
    if (!runtime_config()->quiet) {
        sys_write_stderr("Typhon " TYPHON_VERSION " (Python " PY_VERSION
                         ", free-threaded) on linux\n"
                         "Type \"help\", \"copyright\", \"credits\" or \"license\" for more "
                         "information.\n");
    }
}

// PYTHONSTARTUP: a file that runs in the session's namespace.
static void
run_startup_file(PyObject *namespace)
{
    const char *path = config_getenv(runtime_config(), "PYTHONSTARTUP");
    if (path == NULL) {
        return;
    }
    PyObject *filename = str_decode_fsdefault(path);
    PyObject *open = filename != NULL ? import_attribute("io", "open_code") : NULL;
    PyObject *file = open != NULL ? object_call_onearg(open, filename) : NULL;
    PyObject *data = file != NULL ? object_call_method_noargs(file, ID(read)) : NULL;
    PyObject *code = NULL;
    int flags = 0;
    if (data != NULL && bytes_check(data)) {
        code = compile_string(bytes_data(data), bytes_length(data), filename, PARSE_EXEC, &flags, -1);
    }
    PyObject *result = code != NULL ? vm_eval_code(code, namespace, namespace) : NULL;
    if (result == NULL && error_occurred()) {
        print_error(true);
    }
    xdecref(result);
    xdecref(code);
    xdecref(data);
    xdecref(file);
    xdecref(open);
    xdecref(filename);
}

int
repl_run(PyObject *namespace, bool greet)
{
    PyObject *filename = namespace != NULL ? str_from_cstr("<stdin>") : NULL;
    if (filename == NULL || ensure_prompts() < 0) {
        xdecref(filename);
        return print_error_status();
    }
    if (greet) {
        greet_user();
        run_startup_file(namespace);
    }
    PyObject *hook = sys_get(ID(__interactivehook__));
    PyObject *hooked = hook != NULL ? object_call_noargs(hook) : NULL;
    if (hook != NULL && hooked == NULL) {
        print_error(true);
    }
    xdecref(hook);
    xdecref(hooked);
    int flags = 0;
    int going;
    do {
        going = run_one(namespace, filename, &flags);
    } while (going > 0);
    decref(filename);
    if (going < 0) {
        return print_error_status();
    }
    sys_write_stderr("\n");
    return 0;
}
