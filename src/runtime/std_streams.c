// Standard streams; see std_streams.h.
#include "runtime/std_streams.h"

#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "memory/refcount.h"
#include "objects/build.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "runtime/import.h"
#include "runtime/sys.h"

typedef struct {
    char encoding[64];
    char errors[32];        // "" for the default of each stream
} StreamEncoding;

// "encoding:errors", either part may be empty.
static void
parse_io_encoding(const char *text, StreamEncoding *result)
{
    if (text == NULL) {
        return;
    }
    size_t length = strcspn(text, ":");
    if (length > 0) {
        snprintf(result->encoding, sizeof result->encoding, "%.*s", (int)length, text);
        snprintf(result->errors, sizeof result->errors, "strict");
    }
    if (text[length] == ':' && text[length + 1] != '\0') {
        snprintf(result->errors, sizeof result->errors, "%s", text + length + 1);
    }
}

// In UTF-8 mode, in the C and POSIX locales and in what may have replaced them undecodable bytes pass
// through as surrogates.
static const char *
default_errors(const Config *config)
{
    static const char *const lax[] = {"C", "POSIX", "C.UTF-8", "C.utf8", "UTF-8"};
    const char *locale = setlocale(LC_CTYPE, NULL);
    bool escape = config->utf8_mode;
    for (size_t i = 0; i < sizeof lax / sizeof *lax; i++) {
        escape = escape || (locale != NULL && strcmp(locale, lax[i]) == 0);
    }
    return escape ? "surrogateescape" : "strict";
}

// Raw descriptor as a text stream: FileIO, a buffer unless unbuffered, TextIOWrapper on top.
static PyObject *
open_stream(PyObject *io, const Config *config, int fd, bool writing, const char *name,
            const StreamEncoding *encoding)
{
    PyObject *raw = NULL;
    PyObject *text = NULL;
    PyObject *stream_name = NULL;
    bool unbuffered = config->unbuffered && writing;
    PyObject *buffer = object_call_method_format(io, "open", "isiOOOO", fd, writing ? "wb" : "rb",
                                                 unbuffered ? 0 : -1, Py_None, Py_None, Py_None,
                                                 Py_False);
    if (buffer == NULL) {
        return NULL;
    }
    if (unbuffered) {
        raw = new_ref(buffer);
    }
    else {
        raw = object_getattr(buffer, ID(raw));
    }
    stream_name = str_from_cstr(name);
    if (raw == NULL || stream_name == NULL || object_setattr(raw, ID(name), stream_name) < 0) {
        goto done;
    }
    PyObject *tty = object_call_method_noargs(raw, ID(isatty));
    int is_tty = tty != NULL ? object_is_true(tty) : -1;
    xdecref(tty);
    if (is_tty < 0) {
        goto done;
    }
    bool line_buffering = config->interactive || is_tty;
    const char *errors = *encoding->errors != '\0' ? encoding->errors : default_errors(config);
    if (fd == 2) {
        errors = "backslashreplace";
        line_buffering = true;
    }
    PyObject *wrapper = object_getattr(io, ID(TextIOWrapper));
    if (wrapper != NULL) {
        text = object_call_format(wrapper, "OsssOO", buffer, encoding->encoding, errors, "\n",
                                  line_buffering ? Py_True : Py_False,
                                  unbuffered ? Py_True : Py_False);
        decref(wrapper);
    }
    PyObject *mode = str_from_cstr(writing ? "w" : "r");
    if (text != NULL && (mode == NULL || object_setattr(text, ID(mode), mode) < 0)) {
        clear_ref(text);
    }
    xdecref(mode);
done:
    xdecref(stream_name);
    xdecref(raw);
    decref(buffer);
    return text;
}

static int
start_stream(PyObject *io, const Config *config, int fd, const char *name, const char *copy,
             const char *label, const StreamEncoding *encoding)
{
    struct stat info;
    PyObject *stream = fstat(fd, &info) == 0
                           ? open_stream(io, config, fd, fd != 0, label, encoding)
                           : new_ref(Py_None);
    if (stream == NULL) {
        return -1;
    }
    PyObject *dict = interpreter_roots()->sys_dict;
    int result = dict_set_cstr(dict, name, stream) < 0 || dict_set_cstr(dict, copy, stream) < 0
                     ? -1 : 0;
    decref(stream);
    return result;
}

// builtins.open is io.open.
static int
set_open(PyObject *io)
{
    PyObject *open = object_getattr(io, ID(open));
    int result = open != NULL ? dict_set(interpreter_roots()->builtins, ID(open), open) : -1;
    xdecref(open);
    return result;
}

// ---- before the streams ----

static PyObject *
early_write(PyObject *module, PyObject *text)
{
    Py_ssize_t size;
    const char *utf8 = str_check(text) ? str_as_utf8_size(text, &size) : NULL;
    if (utf8 == NULL) {
        return error_occurred() ? NULL : error_set(PyExc_TypeError, "write() argument must be str");
    }
    fwrite(utf8, 1, (size_t)size, stderr);
    return int_from_ssize(size);
}

static PyObject *
early_flush(PyObject *module, PyObject *unused)
{
    fflush(stderr);
    return new_ref(Py_None);
}

static PyMethodDef early_functions[] = {
    {"write", early_write, METH_O, "write($module, text, /)\n--\n\n"},
    {"flush", early_flush, METH_NOARGS, "flush($module, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

int
std_streams_start_early(void)
{
    PyObject *stream = module_new_cstr("<stderr>");
    int result = stream != NULL && module_add_functions(stream, early_functions) == 0
                     ? dict_set_cstr(interpreter_roots()->sys_dict, "stderr", stream) : -1;
    xdecref(stream);
    return result;
}

int
std_streams_start(const Config *config)
{
    StreamEncoding encoding = {.encoding = "utf-8"};
    parse_io_encoding(config->io_encoding, &encoding);
    PyObject *io = import_import_cstr("_io");
    int result = -1;
    if (io != NULL && set_open(io) == 0
        && start_stream(io, config, 0, "stdin", "__stdin__", "<stdin>", &encoding) == 0
        && start_stream(io, config, 1, "stdout", "__stdout__", "<stdout>", &encoding) == 0
        && start_stream(io, config, 2, "stderr", "__stderr__", "<stderr>", &encoding) == 0) {
        result = 0;
    }
    xdecref(io);
    return result;
}
