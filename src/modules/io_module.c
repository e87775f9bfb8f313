// The `_io` module: open(), open_code(), text_encoding(), and all classes.
#include <string.h>

#include "abi/constants.h"
#include "memory/refcount.h"
#include "modules/io_internal.h"
#include "modules/module.h"
#include "objects/args.h"
#include "objects/build.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "runtime/import.h"
#include "runtime/runtime.h"

// A mode of open(), taken apart.
typedef struct {
    char raw[8];            // for FileIO
    bool creating;
    bool reading;
    bool writing;
    bool appending;
    bool updating;
    bool text;
    bool binary;
} Mode;

static int
parse_mode(const char *text, Mode *mode)
{
    memset(mode, 0, sizeof *mode);
    for (const char *c = text; *c != '\0'; c++) {
        bool *flag = *c == 'x' ? &mode->creating : *c == 'r' ? &mode->reading
                     : *c == 'w' ? &mode->writing : *c == 'a' ? &mode->appending
                     : *c == '+' ? &mode->updating : *c == 't' ? &mode->text
                     : *c == 'b' ? &mode->binary : NULL;
        if (flag == NULL || *flag) {
            error_format(PyExc_ValueError, "invalid mode: '%s'", text);
            return -1;
        }
        *flag = true;
    }
    char *out = mode->raw;
    if (mode->creating) { *out++ = 'x'; }
    if (mode->reading) { *out++ = 'r'; }
    if (mode->writing) { *out++ = 'w'; }
    if (mode->appending) { *out++ = 'a'; }
    if (mode->updating) { *out++ = '+'; }
    if (mode->text && mode->binary) {
        error_set(PyExc_ValueError, "can't have text and binary mode at once");
        return -1;
    }
    if (mode->creating + mode->reading + mode->writing + mode->appending != 1) {
        error_set(PyExc_ValueError,
                  "must have exactly one of create/read/write/append mode");
        return -1;
    }
    return 0;
}

static int
check_binary_arguments(const Mode *mode, const char *encoding, const char *errors,
                       const char *newline, int buffering)
{
    if (mode->binary && (encoding != NULL || errors != NULL || newline != NULL)) {
        error_format(PyExc_ValueError, "binary mode doesn't take %s argument",
                     encoding != NULL ? "an encoding" : errors != NULL ? "an errors" : "a newline");
        return -1;
    }
    if (mode->binary && buffering == 1) {
        return error_warn(PyExc_RuntimeWarning, 1,
                          "line buffering (buffering=1) isn't supported in binary mode, the default "
                          "buffer size will be used");
    }
    return 0;
}

// Terminals are line buffered: 1, 0, -1.
static int
is_terminal(PyObject *raw)
{
    PyObject *answer = object_call_method_noargs(raw, ID(_isatty_open_only));
    int result = answer != NULL ? object_is_true(answer) : -1;
    xdecref(answer);
    return result;
}

static int
default_buffer_size(PyObject *raw)
{
    PyObject *size = object_getattr(raw, ID(_blksize));
    int result = size != NULL ? int_as_int(size) : -1;
    xdecref(size);
    return result;
}

// Gives up a half-made stream, keeping the exception.
static void *
close_failed_steal(PyObject *stream)
{
    PyObject *pending = error_take();
    PyObject *closed = object_call_method_noargs(stream, ID(close));
    xdecref(closed);
    decref(stream);
    error_chain_steal(pending);
    return NULL;
}

static PyObject *
wrap_buffered(PyObject *raw, const Mode *mode, int buffering)
{
    PyTypeObject *type = mode->updating ? &io_buffered_random_type
                         : mode->reading ? &io_buffered_reader_type : &io_buffered_writer_type;
    return object_call_format((PyObject *)type, "Oi", raw, buffering);
}

static PyObject *
wrap_text(PyObject *buffer, const char *mode_text, const char *encoding, const char *errors,
          const char *newline, bool line_buffering)
{
    PyObject *text = object_call_format((PyObject *)&io_text_wrapper_type, "OzzzO", buffer,
                                        encoding, errors, newline,
                                        line_buffering ? Py_True : Py_False);
    PyObject *mode = text != NULL ? str_from_cstr(mode_text) : NULL;
    if (text != NULL && (mode == NULL || object_setattr(text, ID(mode), mode) < 0)) {
        xdecref(mode);
        return close_failed_steal(text);
    }
    xdecref(mode);
    return text;
}

static PyObject *
open_layers(PyObject *raw, const Mode *mode, const char *mode_text, int buffering,
            const char *encoding, const char *errors, const char *newline)
{
    bool line_buffering = false;
    int terminal = buffering < 0 || (buffering == 1 && !mode->binary) ? is_terminal(raw) : 0;
    if (terminal < 0) {
        return close_failed_steal(raw);
    }
    if (buffering == 1 || (buffering < 0 && terminal)) {
        buffering = -1;
        line_buffering = true;
    }
    if (buffering < 0) {
        buffering = default_buffer_size(raw);
        if (buffering == -1 && error_occurred()) {
            return close_failed_steal(raw);
        }
    }
    if (buffering < 0) {
        error_set(PyExc_ValueError, "invalid buffering size");
        return close_failed_steal(raw);
    }
    if (buffering == 0) {
        if (!mode->binary) {
            error_set(PyExc_ValueError, "can't have unbuffered text I/O");
            return close_failed_steal(raw);
        }
        return raw;
    }
    PyObject *buffer = wrap_buffered(raw, mode, buffering);
    if (buffer == NULL) {
        return close_failed_steal(raw);
    }
    decref(raw);
    if (mode->binary) {
        return buffer;
    }
    PyObject *text = wrap_text(buffer, mode_text, encoding, errors, newline, line_buffering);
    if (text == NULL) {
        return close_failed_steal(buffer);
    }
    decref(buffer);
    return text;
}

static PyObject *
io_open(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"file", "mode", "buffering", "encoding", "errors",
                                        "newline", "closefd", "opener", NULL};
    static ArgsParser parser = {.format = "O|sizzzpO:open", .keywords = names};
    PyObject *file;
    const char *mode_text = "r";
    int buffering = -1;
    const char *encoding = NULL;
    const char *errors = NULL;
    const char *newline = NULL;
    int closefd = 1;
    PyObject *opener = Py_None;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &file, &mode_text, &buffering,
                                  &encoding, &errors, &newline, &closefd, &opener)) {
        return NULL;
    }
    Mode mode;
    PyObject *path = int_check(file) ? new_ref(file) : str_fspath(file);
    if (path == NULL) {
        return NULL;
    }
    PyObject *raw = NULL;
    if (parse_mode(mode_text, &mode) == 0
        && check_binary_arguments(&mode, encoding, errors, newline, buffering) == 0) {
        raw = object_call_format((PyObject *)&io_file_type, "OsOO", path, mode.raw,
                                 closefd ? Py_True : Py_False, opener);
    }
    decref(path);
    return raw != NULL ? open_layers(raw, &mode, mode_text, buffering, encoding, errors, newline)
                       : NULL;
}

static PyObject *
io_open_code(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"path", NULL};
    PyObject *path;
    if (!args_parse_static(args, kwargs, "U:open_code", names, &path)) {
        return NULL;
    }
    PyObject *mode = str_from_cstr("rb");
    PyObject *stack[] = {path, mode};
    PyObject *result = mode != NULL ? io_open(module, stack, 2, NULL) : NULL;
    xdecref(mode);
    return result;
}

static PyObject *
io_text_encoding(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("text_encoding", nargs, 1, 2)) {
        return NULL;
    }
    if (args[0] != NULL && args[0] != Py_None) {
        return new_ref(args[0]);
    }
    int stacklevel = nargs > 1 ? int_as_int(args[1]) : 2;
    if (stacklevel == -1 && error_occurred()) {
        return NULL;
    }
    if (runtime_config()->warn_default_encoding
        && error_warn(PyExc_EncodingWarning, stacklevel, "'encoding' argument not specified")
               < 0) {
        return NULL;
    }
    return str_intern_cstr(runtime_config()->utf8_mode ? "utf-8" : "locale");
}

static PyMethodDef io_methods[] = {
    {"open", (PyCFunction)(void (*)(void))io_open, METH_FASTCALL | METH_KEYWORDS,
     "open($module, /, file, mode='r', buffering=-1, encoding=None,\n"
     "     errors=None, newline=None, closefd=True, opener=None)\n--\n\n"
     "Open file and return a stream.  Raise OSError upon failure.\n\n"
     "file is either a text or byte string giving the name (and the path\n"
     "if the file isn't in the current working directory) of the file to\n"
     "be opened or an integer file descriptor of the file to be\n"
     "wrapped. (If a file descriptor is given, it is closed when the\n"
     "returned I/O object is closed, unless closefd is set to False.)\n\n"
     "mode is an optional string that specifies the mode in which the file\n"
     "is opened: 'r' for reading (default), 'w' for writing (truncating), 'x'\n"
     "for exclusive creation, 'a' for appending; 'b' for binary, 't' for text\n"
     "(default), '+' for updating.\n\n"
     "buffering sets the policy: 0 switches buffering off (binary mode only),\n"
     "1 selects line buffering (text mode only), larger numbers are the size\n"
     "of the buffer in bytes.\n\n"
     "encoding, errors and newline are those of TextIOWrapper."},
    {"open_code", (PyCFunction)(void (*)(void))io_open_code, METH_VARARGS | METH_KEYWORDS,
     "open_code($module, /, path)\n--\n\n"
     "Opens the provided file with the intent to import the contents.\n\n"
     "This may perform extra validation beyond open(), but is otherwise interchangeable\n"
     "with calling open(path, 'rb')."},
    {"text_encoding", (PyCFunction)(void (*)(void))io_text_encoding, METH_FASTCALL,
     "text_encoding($module, encoding, stacklevel=2, /)\n--\n\n"
     "A helper function to choose the text encoding.\n\n"
     "When encoding is not None, this function returns it.\n"
     "Otherwise, this function returns the default text encoding\n"
     "(i.e. \"locale\" or \"utf-8\" depends on UTF-8 mode)."},
    {NULL, NULL, 0, NULL},
};

// UnsupportedOperation derives from OSError and ValueError.
static int
add_unsupported(PyObject *module)
{
    InterpreterRoots *roots = interpreter_roots();
    if (roots->io_unsupported == NULL) {
        PyObject *bases = tuple_pack(2, PyExc_OSError, PyExc_ValueError);
        roots->io_unsupported =
            bases != NULL ? error_new_exception("io.UnsupportedOperation", bases, NULL) : NULL;
        xdecref(bases);
    }
    return roots->io_unsupported != NULL
               ? module_add(module, "UnsupportedOperation", roots->io_unsupported) : -1;
}

static int
io_exec(PyObject *module)
{
    static PyTypeObject *const types[] = {
        &io_base_type, &io_raw_base_type, &io_buffered_base_type, &io_text_base_type,
        &io_file_type, &io_bytes_type, &io_string_type, &io_buffered_reader_type,
        &io_buffered_writer_type, &io_buffered_random_type, &io_buffered_pair_type,
        &io_newline_decoder_type, &io_text_wrapper_type, &io_bytes_buffer_type,
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (module_add_type(module, types[i]) < 0) {
            return -1;
        }
    }
    return add_unsupported(module) < 0
                   || module_add(module, "BlockingIOError", PyExc_BlockingIOError) < 0
                   || module_add_int(module, "DEFAULT_BUFFER_SIZE", IO_BUFFER_SIZE) < 0
               ? -1 : 0;
}

static PyModuleDef_Slot io_slots[] = {
    {Py_mod_exec, io_exec},
    {0, NULL},
};

static PyModuleDef io_definition = {
    .m_name = "_io",
    .m_doc = "The io module provides the Python interfaces to stream handling. The\n"
             "builtin open function is defined in this module.",
    .m_methods = io_methods,
    .m_slots = io_slots,
};

NATIVE_MODULE(_io, &io_definition)
