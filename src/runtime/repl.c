// The interactive session: reads, parses, compiles and runs one statement at a time; see repl.h.
#include "runtime/repl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/constants.h"
#include "compile/compile.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/int.h"
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

// The lines of the statement that is being read.
typedef struct Session {
    char *source;           // mem_alloc'd, size bytes
    size_t size;
    bool at_end;            // the last line had no end: the next read finds the end of input
} Session;

static int
session_add(Session *s, const char *line, size_t size)
{
    char *grown = mem_realloc(s->source, s->size + size + 1);
    if (grown == NULL) {
        error_no_memory();
        return -1;
    }
    memcpy(grown + s->size, line, size);
    s->source = grown;
    s->size += size;
    s->source[s->size] = '\0';
    return 0;
}

// From the terminal, through builtins.input, which knows about line editing.
static PyObject *
read_terminal_line(PyObject *prompt)
{
    PyObject *input = import_attribute("builtins", "input");
    PyObject *line = input != NULL ? object_call_onearg(input, prompt) : NULL;
    xdecref(input);
    if (line == NULL) {
        if (!error_clear_if(PyExc_EOFError)) {
            return NULL;
        }
        sys_write_stderr("\n");
        return bytes_from_data("", 0);
    }
    PyObject *ended = str_format("%U\n", line);
    PyObject *bytes = ended != NULL ? str_encode(ended, "utf-8", "surrogateescape") : NULL;
    xdecref(ended);
    decref(line);
    return bytes;
}

// From a pipe or file: the prompt goes to stderr.
static PyObject *
read_stream_line(Session *session, PyObject *prompt)
{
    char *line = NULL;
    size_t capacity = 0;
    sys_write_stderr("%U", prompt);
    (void)sys_flush_std_files();
    ssize_t size = session->at_end ? -1 : getline(&line, &capacity, stdin);
    if (size < 0) {
        sys_write_stderr("\n");
        size = 0;
    }
    session->at_end = session->at_end || (size > 0 && line[size - 1] != '\n');
    PyObject *result = bytes_from_data(line, size);
    free(line);
    return result;
}

static PyObject *
read_prompted_line(Session *session, bool continued)
{
    PyObject *prompt = prompt_text(continued);
    if (prompt == NULL) {
        return NULL;
    }
    bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    PyObject *line = terminal ? read_terminal_line(prompt) : read_stream_line(session, prompt);
    decref(prompt);
    return line;
}

static PyObject *
read_line(void *context, bool continued)
{
    Session *session = context;
    PyObject *line = read_prompted_line(session, continued);
    if (line != NULL && session->at_end && bytes_length(line) > 0) {
        // Only what follows tells that the line is complete.
        PyObject *rest = read_prompted_line(session, true);
        xdecref(rest);
        PyObject *ended = rest == NULL ? NULL : bytes_from_data(NULL, bytes_length(line) + 1);
        if (ended != NULL) {
            memcpy(bytes_data(ended), bytes_data(line), (size_t)bytes_length(line));
            bytes_data(ended)[bytes_length(line)] = '\n';
        }
        set_ref(line, ended);
    }
    if (line != NULL && session_add(session, bytes_data(line), (size_t)bytes_length(line)) < 0) {
        clear_ref(line);
    }
    return line;
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

// Lets tracebacks show the lines of a statement.
static void
register_statement(PyObject *code, const Session *session)
{
    PyObject *function = import_attribute("linecache", "_register_code");
    PyObject *text = function != NULL ? str_from_utf8(session->source, (Py_ssize_t)session->size)
                                      : NULL;
    PyObject *name = text != NULL ? str_from_cstr("<stdin>") : NULL;
    PyObject *result = name != NULL ? object_call_objargs(function, code, text, name, NULL) : NULL;
    xdecref(result);
    xdecref(name);
    xdecref(text);
    xdecref(function);
    error_clear();
}

// A SyntaxError that the compiler found has no text yet: it is in no file.
static void
complete_syntax_error(const Session *session)
{
    if (session->source == NULL || !error_matches(PyExc_SyntaxError)) {
        return;
    }
    PyObject *exc = error_take();
    PyObject *text = object_getattr(exc, ID(text));
    PyObject *line = text == Py_None ? object_getattr(exc, ID(lineno)) : NULL;
    int64_t number = line != NULL && int_check(line) ? int_as_i64(line) : 0;
    const char *start = session->source;
    for (; number > 1 && start != NULL; number--) {
        start = strchr(start, '\n');
        start = start == NULL ? NULL : start + 1;
    }
    if (number == 1 && start != NULL) {
        set_ref(text, str_from_utf8(start, (Py_ssize_t)strcspn(start, "\n")));
        if (text != NULL && object_setattr(exc, ID(text), text) < 0) {
            clear_ref(text);
        }
    }
    xdecref(text);
    xdecref(line);
    error_clear();
    error_restore_steal(exc);
}

// 1: goes on, 0: end of input, -1: the program is over (SystemExit), with the exception set.
static int
run_one(PyObject *namespace, PyObject *filename, int *flags, Session *session)
{
    Arena *arena = arena_new();
    if (arena == NULL) {
        return -1;
    }
    bool at_end = false;
    int code_flags = *flags;
    PyObject *result = NULL;
    session->size = 0;
    Mod *tree = parser_parse_interactive(read_line, session, filename, *flags, arena, &at_end);
    if (tree != NULL) {
        PyObject *code = compile_ast(tree, filename, &code_flags, -1, arena);
        *flags = code_flags & PARSE_FUTURE_MASK;
        if (code != NULL) {
            register_statement(code, session);
            result = vm_eval_code(code, namespace, namespace);
            decref(code);
        }
        else {
            complete_syntax_error(session);
        }
    }
    arena_free(arena);
    xdecref(result);
    if (result == NULL && !at_end) {
        if (error_matches(PyExc_SystemExit)) {
            return -1;
        }
        print_error(true);
    }
    (void)sys_flush_std_files();
    return !at_end;
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

// The session without line editing of its own. 0, or -1 with SystemExit or MemoryError.
int
repl_run_basic(PyObject *namespace)
{
    PyObject *filename = str_from_cstr("<stdin>");
    Session session = {0};
    int flags = 0;
    int going = filename == NULL || ensure_prompts() < 0 ? -1 : 1;
    while (going > 0) {
        going = run_one(namespace, filename, &flags, &session);
    }
    mem_free(session.source);
    xdecref(filename);
    return going;
}

// The session of the library, with editing, history and colours. It calls sys._baserepl when the
// terminal is not good enough. 0, or -1 with an exception.
static int
run_pyrepl(void)
{
    PyObject *function = import_attribute("_pyrepl.main", "interactive_console");
    PyObject *main = function != NULL ? import_get_module(ID(__main__)) : NULL;
    PyObject *result = main != NULL ? object_call_onearg(function, main) : NULL;
    xdecref(main);
    xdecref(function);
    xdecref(result);
    return result != NULL ? 0 : -1;
}

static void
run_interactive_hook(void)
{
    PyObject *hook = sys_get(ID(__interactivehook__));
    PyObject *hooked = hook != NULL ? object_call_noargs(hook) : NULL;
    if (hook != NULL && hooked == NULL) {
        sys_write_stderr("Failed calling sys.__interactivehook__\n");
        print_error(true);
    }
    xdecref(hook);
    xdecref(hooked);
}

int
repl_run(PyObject *namespace, bool greet)
{
    if (namespace == NULL) {
        return print_error_status();
    }
    if (greet) {
        greet_user();
        run_startup_file(namespace);
    }
    run_interactive_hook();
    bool editing = isatty(STDIN_FILENO)
                   && config_getenv(runtime_config(), "PYTHON_BASIC_REPL") == NULL;
    int failed = editing ? run_pyrepl() : repl_run_basic(namespace);
    return failed < 0 ? print_error_status() : 0;
}
