// Runs what the command line asks for: command, module, file, standard input, REPL.
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/constants.h"
#include "compile/compile.h"
#include "import_magic.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "objects/build.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "runtime/explain.h"
#include "runtime/import.h"
#include "runtime/marshal.h"
#include "runtime/print_error.h"
#include "runtime/repl.h"
#include "runtime/runtime.h"
#include "runtime/sys.h"
#include "syntax/parser.h"
#include "vm/vm.h"

// ---- __main__ ----

static PyObject *
main_dict_borrow(void)
{
    PyObject *module = import_add_module(ID(__main__));
    PyObject *dict = module != NULL ? module_dict_borrow(module) : NULL;
    xdecref(module);        // sys.modules holds it
    return dict;
}

int
runtime_start_main(void)
{
    PyObject *dict = main_dict_borrow();
    PyObject *loader = dict == NULL ? NULL : import_attribute("_frozen_importlib", "BuiltinImporter");
    int result = loader == NULL ? -1 : dict_set(dict, ID(__loader__), loader);
    if (result == 0) {
        result = dict_set(dict, ID(__builtins__), interpreter_roots()->builtins_module);
    }
    xdecref(loader);
    return result;
}

// Puts the loader that importlib would give to __main__, for pickling and inspection.
static int
set_loader(PyObject *dict, PyObject *filename, const char *loader_name)
{
    PyObject *loader_type = import_attribute("_frozen_importlib_external", loader_name);
    PyObject *loader = loader_type != NULL
                           ? object_call_twoargs(loader_type, ID(__main__), filename) : NULL;
    int result = loader != NULL ? dict_set(dict, ID(__loader__), loader) : -1;
    xdecref(loader_type);
    xdecref(loader);
    return result;
}

static int
prepend_path(PyObject *entry)
{
    set_ref(interpreter_roots()->sys_path_0, new_ref(entry));
    PyObject *path = sys_get(ID(path));
    int result = path != NULL && list_check(path) ? list_insert(path, 0, entry) : 0;
    xdecref(path);
    return result;
}

// sys.path[0] for the program, unless -P. (A folder or archive that is run always gets there.)
static int
prepend_path_cstr(const char *entry)
{
    if (runtime_config()->safe_path) {
        return 0;
    }
    PyObject *text = str_decode_fsdefault(entry);
    int result = text != NULL ? prepend_path(text) : -1;
    xdecref(text);
    return result;
}

static int
set_argv0(const char *text)
{
    PyObject *argv = sys_get(ID(argv));
    PyObject *value = str_decode_fsdefault(text);
    int result = -1;
    if (argv != NULL && value != NULL && list_check(argv)) {
        result = list_size(argv) > 0 ? list_set(argv, 0, value) : list_append(argv, value);
    }
    xdecref(argv);
    xdecref(value);
    return result;
}

// ---- running source ----

// Lets tracebacks show lines of a source that is in no file.
static void
register_source(PyObject *code, const char *source, Py_ssize_t size, const char *name)
{
    PyObject *pending = error_take();
    PyObject *function = import_attribute("linecache", "_register_code");
    PyObject *text = function != NULL ? str_from_utf8(source, size) : NULL;
    PyObject *label = text != NULL ? str_from_cstr(name) : NULL;
    PyObject *result = label != NULL ? object_call_objargs(function, code, text, label, NULL)
                                     : NULL;
    xdecref(result);
    xdecref(label);
    xdecref(text);
    xdecref(function);
    error_clear();
    error_restore_steal(pending);
}

// Reports what ended the program. With -i SystemExit is shown like other exceptions: the session follows.
static int
print_program_error(void)
{
    if (runtime_config()->inspect == 0) {
        return print_error_status();
    }
    print_error(true);
    return 1;
}

// The tokenizer would take a null byte for the end.
static void
raise_null_byte(const char *source, const char *null, PyObject *filename)
{
    int line = 1;
    const char *start = source;
    for (const char *p = source; p < null; p++) {
        if (*p == '\n') {
            line++;
            start = p + 1;
        }
    }
    PyObject *text = str_decode(start, null - start, "utf-8", "replace");
    PyObject *details = text == NULL ? NULL : value_build("(OiiN)", filename, line, 0, text);
    PyObject *args = details == NULL ? NULL
                                     : value_build("(sN)", "source code cannot contain null bytes",
                                                   details);
    PyObject *exc = args == NULL ? NULL : object_call(PyExc_SyntaxError, args, NULL);
    xdecref(args);
    if (exc != NULL) {
        error_restore_steal(exc);
    }
}

// Compiles and runs source as __main__: 0, or the exit status of what went wrong.
static int
run_source(const char *source, Py_ssize_t size, const char *label, bool in_file)
{
    int status = 1;
    const Config *config = runtime_config();
    int flags = config->run == RUN_COMMAND ? PARSE_IGNORE_COOKIE : 0;
    PyObject *dict = main_dict_borrow();
    PyObject *filename = dict != NULL ? str_decode_fsdefault(label) : NULL;
    PyObject *code = NULL;
    const char *null = in_file ? memchr(source, '\0', (size_t)size) : NULL;
    if (filename != NULL && null != NULL) {
        raise_null_byte(source, null, filename);
    }
    else if (filename != NULL && explain_source(config, source, size, filename) == 0) {
        code = compile_string(source, size, filename, PARSE_EXEC, &flags, -1);
    }
    PyObject *result = code != NULL ? vm_eval_code(code, dict, dict) : NULL;
    if (result != NULL) {
        status = 0;
    }
    else {
        if (config->run == RUN_COMMAND && code != NULL) {
            register_source(code, source, size, label);
        }
        status = print_program_error();
    }
    xdecref(result);
    xdecref(code);
    xdecref(filename);
    return status;
}

// Length of the indentation that all lines share which have something else than blanks.
static size_t
common_indent(const char *text)
{
    const char *first = NULL;
    size_t common = 0;
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        size_t indent = strspn(line, " \t");
        if (indent < length && first == NULL) {
            first = line;
            common = indent;
        }
        else if (indent < length) {
            size_t same = 0;
            while (same < common && line[same] == first[same]) {
                same++;
            }
            common = same;
        }
        line += length + (line[length] == '\n');
    }
    return common;
}

// The common indentation of a -c command is removed, so that it can be indented in a script; lines of
// blanks become empty.
static char *
dedent(const char *text)
{
    size_t common = common_indent(text);
    char *result = strdup(text);
    if (result == NULL || common == 0) {
        return result;
    }
    char *out = result;
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        size_t indent = strspn(line, " \t");
        size_t skip = indent == length ? length : common;
        memcpy(out, line + skip, length - skip);
        out += length - skip;
        line += length;
        if (*line == '\n') {
            *out++ = *line++;
        }
    }
    *out = '\0';
    return result;
}

static int
run_command(const Config *config)
{
    if (prepend_path_cstr("") < 0 || set_argv0("-c") < 0) {
        return print_error_status();
    }
    PyObject *text = str_decode_fsdefault(config->target);
    if (text == NULL || str_as_utf8(text) == NULL) {
        fputs("Unable to decode the command from the command line:\n", stderr);
        xdecref(text);
        return print_error_status();
    }
    char *command = dedent(str_as_utf8(text));
    decref(text);
    if (command == NULL) {
        error_no_memory();
        return print_error_status();
    }
    // compile() wants a line end behind the last statement of a file, not of a command.
    int status = run_source(command, (Py_ssize_t)strlen(command), "<string>", false);
    free(command);
    return status;
}

// ---- modules ----

// The module runs as __main__, which has to exist by then.
static int
run_module(const char *name, bool set_argv)
{
    if (main_dict_borrow() == NULL) {
        return print_error_status();
    }
    PyObject *function = import_attribute("runpy", "_run_module_as_main");
    PyObject *text = function != NULL ? str_decode_fsdefault(name) : NULL;
    PyObject *result = text != NULL
                           ? object_call_twoargs(function, text, set_argv ? Py_True : Py_False)
                           : NULL;
    int status = result != NULL ? 0 : print_program_error();
    xdecref(function);
    xdecref(text);
    xdecref(result);
    return status;
}

// -m: the current folder as it is now goes first on sys.path.
static int
run_module_option(const Config *config)
{
    char folder[4096];
    if (set_argv0("-m") < 0 || getcwd(folder, sizeof folder) == NULL
        || prepend_path_cstr(folder) < 0) {
        return print_error_status();
    }
    return run_module(config->target, true);
}

// ---- files ----

// Reads an open file to its end. NULL with an exception; free with mem_free.
static char *
read_all(FILE *file, size_t *size)
{
    size_t capacity = 1 << 16;
    char *text = mem_alloc_or_error(capacity);
    *size = 0;
    while (text != NULL) {
        size_t got = fread(text + *size, 1, capacity - *size, file);
        *size += got;
        if (got == 0) {
            if (ferror(file)) {
                error_set_errno(PyExc_OSError);
                mem_free(text);
                return NULL;
            }
            return text;
        }
        if (*size == capacity) {
            capacity *= 2;
            char *grown = mem_realloc(text, capacity);
            if (grown == NULL) {
                mem_free(text);
                return error_no_memory();
            }
            text = grown;
        }
    }
    return NULL;
}

// -x: the first line becomes empty, so that line numbers stay right.
static size_t
skip_line(const char *text, size_t size)
{
    const char *end = memchr(text, '\n', size);
    return end != NULL ? (size_t)(end - text) : size;
}

// A directory or archive with a __main__ module: 1 when sys.path hooks can import from it.
static int
is_importable_path(PyObject *path)
{
    PyObject *importer = import_path_importer(path);
    if (importer == NULL) {
        error_clear();
        return 0;
    }
    decref(importer);
    return 1;
}

static bool
starts_like_zip(const char *path)
{
    // An archive may have a program in front of it: look for the end record near the end.
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    char tail[66000];
    fseek(file, 0, SEEK_END);
    long length = ftell(file);
    long start = length > (long)sizeof tail ? length - (long)sizeof tail : 0;
    fseek(file, start, SEEK_SET);
    size_t size = fread(tail, 1, sizeof tail, file);
    fclose(file);
    return memmem(tail, size, "PK\5\6", 4) != NULL;
}

static int
run_pyc(PyObject *dict, const char *data, size_t size)
{
    uint32_t magic = 0;
    if (size >= 16) {
        memcpy(&magic, data, sizeof magic);
    }
    PyObject *code = NULL;
    if (magic != IMPORT_MAGIC) {
        error_set(PyExc_RuntimeError, "Bad magic number in .pyc file");
    }
    else {
        code = marshal_loads(data + 16, (Py_ssize_t)size - 16, true);
    }
    PyObject *result = code != NULL ? vm_eval_code(code, dict, dict) : NULL;
    int status = result != NULL ? 0 : print_program_error();
    xdecref(code);
    xdecref(result);
    return status;
}

// By its name, or by the magic number in front.
static bool
is_compiled(const char *path, const char *data, size_t size)
{
    size_t length = strlen(path);
    if (length > 4 && strcmp(path + length - 4, ".pyc") == 0) {
        return true;
    }
    uint32_t magic = 0;
    if (size >= sizeof magic) {
        memcpy(&magic, data, sizeof magic);
    }
    return magic == IMPORT_MAGIC;
}

// sys.path[0] is the folder of the script itself, links resolved.
static int
prepend_script_folder(const char *path)
{
    char resolved[4096];
    if (realpath(path, resolved) == NULL) {
        snprintf(resolved, sizeof resolved, "%s", path);
    }
    char *slash = strrchr(resolved, '/');
    if (slash != NULL) {
        slash[slash == resolved] = '\0';
    }
    return prepend_path_cstr(slash != NULL ? resolved : "");
}

static int
forget_name(PyObject *dict, PyObject *name)
{
    PyObject *pending = error_take();
    int result = dict_del(dict, name);
    if (result < 0 && error_clear_if(PyExc_KeyError)) {
        result = 0;
    }
    xdecref(pending);
    return result;
}

static int
run_script(const Config *config, const char *data, size_t size, const char *path)
{
    PyObject *dict = main_dict_borrow();
    PyObject *filename = dict != NULL ? str_decode_fsdefault(path) : NULL;
    bool compiled = is_compiled(path, data, size);
    if (filename == NULL || dict_set(dict, ID(__file__), filename) < 0
        || dict_set(dict, ID(__cached__), Py_None) < 0
        || set_loader(dict, filename, compiled ? "SourcelessFileLoader" : "SourceFileLoader") < 0
        || prepend_script_folder(path) < 0) {
        xdecref(filename);
        return print_error_status();
    }
    decref(filename);
    if (compiled) {
        return run_pyc(dict, data, size);
    }
    size_t skip = config->skip_first_line ? skip_line(data, size) : 0;
    int status = run_source(data + skip, (Py_ssize_t)(size - skip), path, true);
    // What runs afterwards (-i) is no part of the file.
    if (forget_name(dict, ID(__file__)) < 0 || forget_name(dict, ID(__cached__)) < 0) {
        return print_error_status();
    }
    return status;
}

static int
run_file(const Config *config)
{
    char absolute[2 * PATH_MAX];
    const char *path = config->target;
    if (*path != '/' && getcwd(absolute, PATH_MAX) != NULL) {
        size_t length = strlen(absolute);
        snprintf(absolute + length, sizeof absolute - length, "/%s", path);
        path = absolute;
    }
    struct stat info;
    bool exists = stat(path, &info) == 0;
    if (exists && (S_ISDIR(info.st_mode) || (S_ISREG(info.st_mode) && starts_like_zip(path)))) {
        PyObject *text = str_decode_fsdefault(path);
        if (text != NULL && is_importable_path(text)) {
            int failed = prepend_path(text);
            decref(text);
            return failed < 0 ? print_error_status() : run_module("__main__", false);
        }
        xdecref(text);
    }
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "%s: can't open file '%s': [Errno %d] %s\n", config->orig_argv[0], path,
                errno, strerror(errno));
        return 2;
    }
    if (exists && S_ISDIR(info.st_mode)) {
        fprintf(stderr, "%s: '%s' is a directory, cannot continue\n", config->orig_argv[0], path);
        fclose(file);
        return 1;
    }
    // The program finds its own file closed.
    size_t size;
    char *data = read_all(file, &size);
    fclose(file);
    if (data == NULL) {
        return print_error_status();
    }
    int status = run_script(config, data, size, path);
    mem_free(data);
    return status;
}

static int
run_stdin(void)
{
    if (prepend_path_cstr("") < 0) {
        return print_error_status();
    }
    size_t size;
    char *text = read_all(stdin, &size);
    if (text == NULL) {
        return print_error_status();
    }
    int status = run_source(text, (Py_ssize_t)size, "<stdin>", false);
    mem_free(text);
    return status;
}

// -i, or PYTHONINSPECT set by the program itself.
static bool
wants_inspection(const Config *config)
{
    return config->inspect || config_getenv(config, "PYTHONINSPECT") != NULL;
}

int
runtime_run(void)
{
    const Config *config = runtime_config();
    int status = 0;
    bool interactive = false;
    switch (config->run) {
        case RUN_COMMAND:
            status = run_command(config);
            break;
        case RUN_MODULE:
            status = run_module_option(config);
            break;
        case RUN_FILE:
            status = run_file(config);
            break;
        case RUN_STDIN:
            status = run_stdin();
            break;
        case RUN_REPL:
            interactive = true;
            status = prepend_path_cstr("") < 0 ? print_error_status()
                                               : repl_run(main_dict_borrow(), true);
            break;
    }
    if (!interactive && wants_inspection(config)
        && (config->interactive || isatty(STDIN_FILENO))) {
        status = repl_run(main_dict_borrow(), false);
    }
    return status;
}
