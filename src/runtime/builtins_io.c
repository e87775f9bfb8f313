// Built-in functions that talk to the user: print and input.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hooks.h"
#include "memory/alloc.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/file.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "objects/tuple.h"
#include "runtime/builtins.h"
#include "runtime/sys.h"

// ---- print ----

// None or NULL stands for the default; TypeError "sep must be None or a string, not int".
static bool
check_text(PyObject **text, const char *name)
{
    if (*text == Py_None) {
        *text = NULL;
    }
    if (*text != NULL && !str_check(*text)) {
        error_format(PyExc_TypeError, "%s must be None or a string, not %.200s", name,
                     type_of(*text)->tp_name);
        return false;
    }
    return true;
}

// Whether one write of the joined text does the same as a write per piece.
static bool
writes_can_be_joined(PyObject *file)
{
    PyTypeObject *type = type_of(file);
    return !type_has_feature(type, Py_TPFLAGS_IS_ABSTRACT) &&
           strcmp(type->tp_name, "_io.TextIOWrapper") == 0;
}

// Whether str(op) runs no Python code.
static bool
text_is_simple(PyObject *op)
{
    return str_check_exact(op) || int_check_exact(op) || float_check_exact(op) || bool_check(op) ||
           op == Py_None;
}

// Writes what has been collected and starts anew.
static int
flush_writer(StrWriter *w, PyObject *file)
{
    PyObject *text = str_writer_finish(w);
    str_writer_init(w);
    if (text == NULL) {
        return -1;
    }
    int result = str_length(text) == 0 ? 0 : file_write_str(text, file);
    decref(text);
    return result;
}

// A whole line in one write, which also keeps lines of several threads apart. Before Python code
// can run (some __str__) what precedes is written, so that the order of outputs is kept.
static int
print_joined(PyObject *const *args, Py_ssize_t nargs, PyObject *sep, PyObject *end, PyObject *file)
{
    StrWriter w;
    str_writer_init(&w);
    for (Py_ssize_t i = 0; i < nargs; i++) {
        if (i > 0 && (sep == NULL ? str_writer_char(&w, ' ') : str_writer_str(&w, sep)) < 0) {
            goto error;
        }
        if (!text_is_simple(args[i]) && flush_writer(&w, file) < 0) {
            goto error;
        }
        if (str_writer_object_str(&w, args[i]) < 0) {
            goto error;
        }
    }
    if ((end == NULL ? str_writer_char(&w, '\n') : str_writer_str(&w, end)) < 0 ||
        flush_writer(&w, file) < 0) {
        goto error;
    }
    str_writer_discard(&w);
    return 0;
error:
    str_writer_discard(&w);
    return -1;
}

static int
print_pieces(PyObject *const *args, Py_ssize_t nargs, PyObject *sep, PyObject *end, PyObject *file)
{
    for (Py_ssize_t i = 0; i < nargs; i++) {
        if (i > 0 && (sep == NULL ? file_write_cstr(" ", file) : file_write_str(sep, file)) < 0) {
            return -1;
        }
        if (file_write_object(args[i], file, true) < 0) {
            return -1;
        }
    }
    return end == NULL ? file_write_cstr("\n", file) : file_write_str(end, file);
}

static PyObject *
print_to(PyObject *file, PyObject *const *args, Py_ssize_t nargs, PyObject *sep, PyObject *end,
         bool flush)
{
    int result = writes_can_be_joined(file) ? print_joined(args, nargs, sep, end, file)
                                            : print_pieces(args, nargs, sep, end, file);
    if (result < 0 || (flush && file_flush(file) < 0)) {
        return NULL;
    }
    return Py_None;
}

static PyObject *
builtin_print(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"sep", "end", "file", "flush", NULL};
    static ArgsParser parser = {
        .format = "|$OOOp:print", .keywords = keywords, .varargs = true};
    PyObject *sep = NULL;
    PyObject *end = NULL;
    PyObject *file = NULL;
    int flush = 0;
    if (kwnames != NULL && !args_parse_stack_keywords(args + nargs, 0, kwnames, &parser, &sep, &end,
                                                      &file, &flush)) {
        return NULL;
    }
    if (file == NULL || file == Py_None) {
        file = sys_get(ID(stdout));
        if (file == NULL) {
            return error_set(PyExc_RuntimeError, "lost sys.stdout");
        }
        if (file == Py_None) {
            return Py_None;     // a program without streams
        }
    }
    else {
        incref(file);
    }
    PyObject *result = NULL;
    if (check_text(&sep, "sep") && check_text(&end, "end")) {
        result = print_to(file, args, nargs, sep, end, flush != 0);
    }
    decref(file);
    return result;
}

// ---- input ----

// sys.NAME; RuntimeError "input(): lost sys.NAME" when it is missing or None.
static PyObject *
input_stream(PyObject *name)
{
    PyObject *stream = sys_get(name);
    if (stream == NULL || stream == Py_None) {
        error_format(PyExc_RuntimeError, "input(): lost sys.%U", name);
        return NULL;
    }
    return stream;
}

// stream.fileno(): -1 without an exception when there is none.
static int
stream_fd(PyObject *stream)
{
    PyObject *number = object_call_method_noargs(stream, ID(fileno));
    int fd = number == NULL ? -1 : int_as_int(number);
    xdecref(number);
    error_clear();
    return fd;
}

// A line from the terminal without line editing, as hooks.read_line gives it.
static char *
read_line_plainly(const char *prompt)
{
    if (prompt != NULL) {
        fputs(prompt, stderr);
    }
    fflush(stderr);
    size_t size = 0;
    size_t room = 256;
    char *line = mem_alloc(room);
    for (;;) {
        if (line == NULL) {
            error_no_memory();
            return NULL;
        }
        Thread *ts = thread_current();
        thread_detach(ts);
        errno = 0;
        char *got = fgets(line + size, (int)(room - size), stdin);
        int code = errno;
        thread_attach(ts);
        if (got == NULL) {
            bool ended = feof(stdin) != 0;
            clearerr(stdin);
            if (!ended && code == EINTR) {
                if (hooks.signals_handle != NULL && hooks.signals_handle(ts) < 0) {
                    mem_free(line);
                    return NULL;
                }
                continue;
            }
            line[size] = '\0';
            return line;
        }
        size += strlen(line + size);
        if (line[size - 1] == '\n') {
            return line;
        }
        room *= 2;
        char *grown = mem_realloc(line, room);
        if (grown == NULL) {
            mem_free(line);
        }
        line = grown;
    }
}

// The attributes encoding and errors of a stream as C text (owned by *encoding and *errors).
static int
stream_codec(PyObject *stream, PyObject **encoding, PyObject **errors)
{
    *encoding = object_getattr(stream, ID(encoding));
    *errors = *encoding == NULL ? NULL : object_getattr(stream, ID(errors));
    if (*errors == NULL || !str_check(*encoding) || !str_check(*errors)) {
        clear_ref(*encoding);
        clear_ref(*errors);
        return -1;
    }
    return 0;
}

// The prompt as bytes in stdout's encoding; NULL with an exception.
static PyObject *
encode_prompt(PyObject *prompt, PyObject *out)
{
    PyObject *encoding;
    PyObject *errors;
    if (stream_codec(out, &encoding, &errors) < 0) {
        return NULL;
    }
    PyObject *result = NULL;
    PyObject *text = object_str(prompt);
    if (text != NULL) {
        result = str_encode(text, str_as_utf8(encoding), str_as_utf8(errors));
        decref(text);
    }
    decref(encoding);
    decref(errors);
    if (result != NULL && strlen(bytes_data(result)) != (size_t)bytes_length(result)) {
        error_set(PyExc_ValueError, "input: prompt string cannot contain null characters");
        clear_ref(result);
    }
    return result;
}

// What was typed, without its newline, decoded as stdin does.
static PyObject *
decode_line(char *line, PyObject *in)
{
    size_t size = strlen(line);
    if (size == 0) {
        return error_set_none(PyExc_EOFError);
    }
    if (size > PY_SSIZE_T_MAX) {
        return error_set(PyExc_OverflowError, "input: input too long");
    }
    if (line[size - 1] == '\n') {
        size--;
    }
    PyObject *encoding;
    PyObject *errors;
    if (stream_codec(in, &encoding, &errors) < 0) {
        return NULL;
    }
    PyObject *result =
        str_decode(line, (Py_ssize_t)size, str_as_utf8(encoding), str_as_utf8(errors));
    decref(encoding);
    decref(errors);
    return result;
}

// Both streams are the terminal: 1 with *result (NULL after an exception), 0 when the streams have
// no codec and the general way has to be taken.
static int
input_from_terminal(PyObject *in, PyObject *out, PyObject *prompt, PyObject **result)
{
    PyObject *encoding;
    PyObject *errors;
    *result = NULL;
    if (stream_codec(in, &encoding, &errors) < 0) {
        error_clear();
        return 0;
    }
    decref(encoding);
    decref(errors);
    if (file_flush(out) < 0) {
        error_clear();
    }
    PyObject *shown = NULL;
    if (prompt != NULL) {
        shown = encode_prompt(prompt, out);
        if (shown == NULL) {
            return 1;
        }
    }
    const char *text = shown == NULL ? "" : bytes_data(shown);
    char *line = hooks.read_line != NULL ? hooks.read_line(text) : read_line_plainly(text);
    xdecref(shown);
    if (line == NULL) {
        if (!error_occurred()) {
            error_set_none(PyExc_KeyboardInterrupt);
        }
        return 1;
    }
    *result = decode_line(line, in);
    mem_free(line);
    if (*result != NULL && sys_audit("builtins.input/result", "O", *result) < 0) {
        clear_ref(*result);
    }
    return 1;
}

static PyObject *
input_from_streams(PyObject *in, PyObject *out, PyObject *prompt)
{
    if (prompt != NULL && file_write_object(prompt, out, true) < 0) {
        return NULL;
    }
    if (file_flush(out) < 0) {
        error_clear();
    }
    return file_get_line(in, -1);
}

static PyObject *
builtin_input(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("input", nargs, 0, 1)) {
        return NULL;
    }
    PyObject *prompt = nargs > 0 ? args[0] : NULL;
    PyObject *result = NULL;
    PyObject *out = NULL;
    PyObject *err = NULL;
    PyObject *in = input_stream(ID(stdin));
    if (in == NULL || (out = input_stream(ID(stdout))) == NULL ||
        (err = input_stream(ID(stderr))) == NULL ||
        sys_audit("builtins.input", "O", prompt == NULL ? Py_None : prompt) < 0) {
        goto done;
    }
    if (file_flush(err) < 0) {
        error_clear();
    }
    int in_fd = stream_fd(in);
    bool terminal = in_fd == STDIN_FILENO && isatty(in_fd);
    if (terminal) {
        int out_fd = stream_fd(out);
        terminal = out_fd == STDOUT_FILENO && isatty(out_fd);
    }
    if (!terminal || !input_from_terminal(in, out, prompt, &result)) {
        result = input_from_streams(in, out, prompt);
    }
done:
    xdecref(in);
    xdecref(out);
    xdecref(err);
    return result;
}

PyMethodDef builtins_io_methods[] = {
    {"input", (PyCFunction)(void (*)(void))builtin_input, METH_FASTCALL,
     "input($module, prompt='', /)\n--\n\n"
     "Read a string from standard input.  The trailing newline is stripped.\n\n"
     "The prompt string, if given, is printed to standard output without a\n"
     "trailing newline before reading input.\n\n"
     "If the user hits EOF (*nix: Ctrl-D, Windows: Ctrl-Z+Return), raise EOFError.\n"
     "On *nix systems, readline is used if available."},
    {"print", (PyCFunction)(void (*)(void))builtin_print, METH_FASTCALL | METH_KEYWORDS,
     "print($module, /, *args, sep=' ', end='\\n', file=None, flush=False)\n--\n\n"
     "Prints the values to a stream, or to sys.stdout by default.\n\n"
     "sep\n  string inserted between values, default a space.\n"
     "end\n  string appended after the last value, default a newline.\n"
     "file\n  a file-like object (stream); defaults to the current sys.stdout.\n"
     "flush\n  whether to forcibly flush the stream."},
    {NULL, NULL, 0, NULL},
};
