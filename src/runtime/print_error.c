// Printing of exceptions that nobody caught: see print_error.h.
//
// Layers: print_error and print_unraisable call the sys hooks' work; display writes one exception,
// by traceback._print_exception_bltin of the library or, when that cannot be had, plainly in C.
#include "runtime/print_error.h"

#include <stdio.h>

#include "base/hooks.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/code.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/file.h"
#include "objects/frame.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "objects/structseq.h"
#include "objects/traceback.h"
#include "objects/type.h"
#include "runtime/import.h"
#include "runtime/sys.h"
#include "vm/vm.h"

// Frames per traceback that the plain printer shows at most.
#define PLAIN_LIMIT 1000
// Exceptions in a chain that it follows.
#define PLAIN_DEPTH 100

// ---- the plain printer ----

// Where the plain printer writes: a file object, or C stderr when file is NULL.
typedef struct {
    PyObject *file;
} Sink;

static void
sink_write_steal(Sink *sink, PyObject *text)
{
    if (text == NULL) {
        error_clear();
        return;
    }
    if (sink->file != NULL && file_write_str(text, sink->file) < 0) {
        error_clear();
        sink->file = NULL;      // broken: the C stream from here on
    }
    else if (sink->file != NULL) {
        decref(text);
        return;
    }
    PyObject *bytes = str_encode(text, "utf-8", "backslashreplace");
    if (bytes != NULL) {
        fwrite(bytes_data(bytes), 1, (size_t)bytes_length(bytes), stderr);
        fflush(stderr);
        decref(bytes);
    }
    else {
        error_clear();
    }
    decref(text);
}

static void
sink_write(Sink *sink, const char *text)
{
    sink_write_steal(sink, str_from_cstr(text));
}

// Writes the lines of a traceback through traceback_print, which wants a file object.
static void
plain_traceback(Sink *sink, PyObject *tb)
{
    if (tb == NULL || !traceback_check(tb)) {
        return;
    }
    if (sink->file != NULL) {
        if (traceback_print(tb, sink->file, "Traceback (most recent call last):", PLAIN_LIMIT) <
            0) {
            error_clear();
        }
        return;
    }
    sink_write(sink, "Traceback (most recent call last):\n");
    PyObject *next = new_ref(tb);
    while (next != NULL) {
        PyTracebackObject *entry = (PyTracebackObject *)next;
        PyCodeObject *code = entry->tb_frame->f_code;
        sink_write_steal(sink, str_format("  File \"%U\", line %d, in %U\n", code->co_filename,
                                          traceback_lineno(next), code->co_name));
        PyObject *following = xnew_ref((PyObject *)entry->tb_next);
        decref(next);
        next = following;
    }
}

// An attribute of a SyntaxError as a C int; fallback when it is none.
static int
syntax_number(PyObject *exc, PyObject *name, int fallback)
{
    PyObject *value;
    int result = fallback;
    if (object_getattr_optional(exc, name, &value) > 0) {
        if (int_check(value)) {
            result = int_as_int(value);
        }
        decref(value);
    }
    if (error_occurred()) {
        error_clear();
        result = fallback;
    }
    return result;
}

// The offending line of a SyntaxError, and carets below it.
static void
plain_syntax_line(Sink *sink, PyObject *exc, PyObject *text)
{
    Py_ssize_t length = str_length(text);
    Py_ssize_t first = 0;
    while (first < length && (str_read_char(text, first) == ' ' ||
                              str_read_char(text, first) == '\t' ||
                              str_read_char(text, first) == '\f')) {
        first++;
    }
    Py_ssize_t newline = str_find_char(text, '\n', first, length, 1);
    if (newline >= 0) {
        length = newline;
    }
    PyObject *line = str_substring(text, first, length);
    if (line != NULL) {
        sink_write_steal(sink, str_format("    %U\n", line));
        decref(line);
    }
    int start = syntax_number(exc, ID(offset), 0) - 1 - (int)first;
    int end = syntax_number(exc, ID(end_offset), 0) - 1 - (int)first;
    int lineno = syntax_number(exc, ID(lineno), 0);
    if (syntax_number(exc, ID(end_lineno), lineno) != lineno) {
        end = (int)(length - first);        // goes on in the next line
    }
    if (end <= start) {
        end = start + 1;
    }
    if (start < 0 || start > length - first) {
        return;
    }
    StrWriter w;
    str_writer_init(&w);
    if (str_writer_fill(&w, ' ', 4 + start) < 0 || str_writer_fill(&w, '^', end - start) < 0 ||
        str_writer_char(&w, '\n') < 0) {
        str_writer_discard(&w);
        error_clear();
        return;
    }
    sink_write_steal(sink, str_writer_finish(&w));
}

// `  File "name", line n` and the line of a SyntaxError. Returns its bare message, or NULL when
// exc is no SyntaxError with a place.
static PyObject *
plain_syntax_error(Sink *sink, PyObject *exc)
{
    if (!error_given_matches(exc, PyExc_SyntaxError)) {
        return NULL;
    }
    PyObject *message = NULL;
    PyObject *filename = NULL;
    PyObject *text = NULL;
    int lineno = syntax_number(exc, ID(lineno), -1);
    if (lineno >= 0 && object_getattr_optional(exc, ID(msg), &message) > 0 &&
        object_getattr_optional(exc, ID(filename), &filename) > 0) {
        PyObject *shown = filename != Py_None ? new_ref(filename) : str_from_cstr("<string>");
        if (shown != NULL) {
            sink_write_steal(sink, str_format("  File \"%S\", line %d\n", shown, lineno));
            decref(shown);
        }
        if (object_getattr_optional(exc, ID(text), &text) > 0 && str_check(text)) {
            plain_syntax_line(sink, exc, text);
        }
    }
    error_clear();
    xdecref(filename);
    xdecref(text);
    return message;
}

// "module.Class: text\n"
static void
plain_message(Sink *sink, PyObject *exc)
{
    PyObject *bare = plain_syntax_error(sink, exc);
    PyObject *name = type_fully_qualified_name(type_of(exc));
    PyObject *text = NULL;
    if (name != NULL) {
        text = object_str(bare == NULL ? exc : bare);
        if (text == NULL) {
            error_clear();
            text = str_from_cstr("<exception str() failed>");
        }
    }
    if (name == NULL || text == NULL) {
        error_clear();
    }
    else if (str_length(text) == 0) {
        sink_write_steal(sink, str_format("%U\n", name));
    }
    else {
        sink_write_steal(sink, str_format("%U: %U\n", name, text));
    }
    xdecref(name);
    xdecref(text);
    xdecref(bare);

    PyObject *notes = NULL;
    if (object_getattr_optional(exc, ID(__notes__), &notes) < 0) {
        error_clear();
    }
    if (notes != NULL && list_check(notes)) {
        for (Py_ssize_t i = 0; i < list_size(notes); i++) {
            PyObject *note = list_get_optional(notes, i);
            if (note != NULL) {
                sink_write_steal(sink, str_format("%S\n", note));
                decref(note);
            }
        }
    }
    xdecref(notes);
}

// Prints exc after what it came from.
static void
plain_exception(Sink *sink, PyObject *exc, int depth)
{
    PyObject *cause = exception_get_cause(exc);
    PyObject *context = exception_get_context(exc);
    bool suppressed = ((PyBaseExceptionObject *)exc)->suppress_context;
    if (depth < PLAIN_DEPTH && cause != NULL) {
        plain_exception(sink, cause, depth + 1);
        sink_write(sink, "\nThe above exception was the direct cause of the following exception:\n\n");
    }
    else if (depth < PLAIN_DEPTH && context != NULL && !suppressed) {
        plain_exception(sink, context, depth + 1);
        sink_write(sink,
                   "\nDuring handling of the above exception, another exception occurred:\n\n");
    }
    xdecref(cause);
    xdecref(context);
    PyObject *tb = exception_get_traceback(exc);
    plain_traceback(sink, tb);
    xdecref(tb);
    plain_message(sink, exc);
}

// ---- display ----

// By the library, to sys.stderr: whether that worked.
static bool
display_by_library(PyObject *exc)
{
    InterpreterRoots *roots = interpreter_roots();
    if (roots->importlib == NULL || roots->modules == NULL) {
        return false;
    }
    PyObject *function = import_attribute("traceback", "_print_exception_bltin");
    PyObject *result = function == NULL ? NULL : object_call_onearg(function, exc);
    xdecref(function);
    xdecref(result);
    if (result == NULL) {
        error_clear();
        return false;
    }
    return true;
}

// Writes exc to sys.stderr (sys.__stderr__ when that is None), or plainly to file; to the C stream when
// that is NULL.
static void
display_to(PyObject *file, PyObject *exc)
{
    if (file == NULL || !display_by_library(exc)) {
        Sink sink = {file};
        plain_exception(&sink, exc, 0);
    }
    if (file != NULL && file_flush(file) < 0) {
        error_clear();
    }
}

// Writes exc to sys.stderr; to the C stream when there is none yet; nowhere when it is None.
static void
display(PyObject *exc)
{
    PyObject *file = sys_get(ID(stderr));
    if (file != Py_None) {
        display_to(file, exc);
        xdecref(file);
    }
}

void
print_exception_triple(PyObject *file, PyObject *value, PyObject *traceback)
{
    PyObject *pending = error_take();
    if (!exception_instance_check(value)) {
        sys_write_stderr("TypeError: print_exception(): Exception expected for value, %.200s "
                         "found\n",
                         type_of(value)->tp_name);
    }
    else {
        PyObject *own = exception_get_traceback(value);
        if (own == NULL && traceback != NULL && traceback_check(traceback)) {
            (void)exception_set_traceback(value, traceback);
        }
        xdecref(own);
        if (file != NULL) {
            display_to(file, value);
        }
        else {
            display(value);
        }
    }
    error_restore_steal(pending);
}

// ---- the end of a program ----

static void
set_last(PyObject *exc, PyObject *tb)
{
    if (sys_set(ID(last_exc), exc) < 0 || sys_set(ID(last_type), (PyObject *)type_of(exc)) < 0 ||
        sys_set(ID(last_value), exc) < 0 || sys_set(ID(last_traceback), tb) < 0) {
        error_clear();
    }
}

// Calls sys.excepthook. What it raises is reported together with the original.
static void
call_excepthook(PyObject *exc, PyObject *tb)
{
    PyObject *hook = sys_get(ID(excepthook));
    if (hook == NULL) {
        sys_write_stderr("sys.excepthook is missing\n");
        display(exc);
        return;
    }
    PyObject *result = NULL;
    if (sys_audit("sys.excepthook", "OOOO", hook, type_of(exc), exc, tb) == 0) {
        result = object_call_objargs(hook, type_of(exc), exc, tb, NULL);
    }
    else if (error_clear_if(PyExc_RuntimeError)) {
        // An audit hook refuses the call.
        decref(hook);
        return;
    }
    decref(hook);
    if (result != NULL) {
        decref(result);
        return;
    }
    PyObject *second = error_take();
    if (second != NULL) {
        sys_write_stderr("Error in sys.excepthook:\n");
        display(second);
        decref(second);
    }
    sys_write_stderr("\nOriginal exception was:\n");
    display(exc);
}

void
print_error(bool remember)
{
    PyObject *exc = error_take();
    if (exc == NULL) {
        return;
    }
    PyObject *tb = exception_get_traceback(exc);
    if (tb == NULL) {
        tb = Py_None;
    }
    if (remember) {
        set_last(exc, tb);
    }
    call_excepthook(exc, tb);
    decref(tb);
    decref(exc);
    error_clear();
}

// Status that SystemExit asks for.
static int
exit_status(PyObject *exc)
{
    PyObject *code;
    if (object_getattr_optional(exc, ID(code), &code) < 0) {
        error_clear();
    }
    int status = 1;
    if (code == NULL || code == Py_None) {
        status = 0;
    }
    else if (int_check(code)) {
        int overflow;
        int64_t value = int_as_i64_overflow(code, &overflow);
        status = overflow != 0 ? 255 : (int)(value & 0xff);
    }
    else {
        (void)sys_flush_std_files();
        sys_write_stderr("%S\n", code);
    }
    xdecref(code);
    return status;
}

int
print_error_status(void)
{
    if (error_matches(PyExc_SystemExit)) {
        PyObject *exc = error_take();
        int status = exit_status(exc);
        decref(exc);
        error_clear();
        return status;
    }
    bool interrupted = error_matches(PyExc_KeyboardInterrupt);
    print_error(true);
    return interrupted ? STATUS_INTERRUPTED : 1;
}

// ---- unraisable ----

// Where to look: "Exception ignored in: <repr>", or the message of the caller.
static void
unraisable_header(PyObject *message, PyObject *subject)
{
    PyObject *shown = NULL;
    if (subject != NULL && subject != Py_None) {
        shown = object_repr(subject);
        if (shown == NULL) {
            error_clear();
            shown = str_from_cstr("<object repr() failed>");
        }
    }
    if (message != NULL && message != Py_None) {
        if (shown != NULL) {
            sys_write_stderr("%S: %S\n", message, shown);
        }
        else {
            sys_write_stderr("%S:\n", message);
        }
    }
    else if (shown != NULL) {
        sys_write_stderr("Exception ignored in: %S\n", shown);
    }
    xdecref(shown);
    error_clear();
}

void
print_unraisable(PyObject *type, PyObject *value, PyObject *traceback, PyObject *message,
                 PyObject *subject)
{
    PyObject *file = sys_get(ID(stderr));
    bool closed = file == NULL || file == Py_None;
    xdecref(file);
    if (closed) {
        return;         // at the end of the interpreter
    }
    unraisable_header(message, subject);
    if (value != NULL && exception_instance_check(value)) {
        print_exception_triple(type, value, traceback);
    }
    else if (type != NULL && type != Py_None && type_check(type)) {
        sys_write_stderr("%s\n", exception_class_name(type));
    }
}

static PyObject *
none_if_null(PyObject *op)
{
    return op == NULL ? Py_None : op;
}

// sys.UnraisableHookArgs(…) for the hook.
static PyObject *
unraisable_arguments(PyObject *exc, PyObject *tb, PyObject *message, PyObject *object)
{
    PyObject *args = structseq_new((PyTypeObject *)interpreter_roots()->unraisable_hook_args);
    if (args == NULL) {
        return NULL;
    }
    PyObject *fields[5] = {(PyObject *)type_of(exc), exc, none_if_null(tb), none_if_null(message),
                           none_if_null(object)};
    for (int i = 0; i < 5; i++) {
        structseq_set_steal(args, i, new_ref(fields[i]));
    }
    return args;
}

// The traceback of exc; when it never passed a frame, one of the running frame. May be NULL.
static PyObject *
traceback_or_here(PyObject *exc)
{
    PyObject *tb = exception_get_traceback(exc);
    if (tb != NULL) {
        return tb;
    }
    PyFrameObject *frame = vm_frame(thread_current(), 0);
    if (frame != NULL) {
        tb = traceback_new(NULL, frame, frame_lasti_word(frame) * (int)sizeof(uint64_t), -1);
        decref(frame);
    }
    error_clear();
    return tb;
}

// hooks.unraisable
static void
report_unraisable(PyObject *exc, PyObject *message, PyObject *object)
{
    PyObject *tb = traceback_or_here(exc);
    PyObject *hook = sys_get(ID(unraisablehook));
    PyObject *args = NULL;
    bool done = false;
    if (hook != NULL && hook != Py_None) {
        args = unraisable_arguments(exc, tb, message, object);
        PyObject *result = NULL;
        if (args != NULL && sys_audit("sys.unraisablehook", "OO", hook, args) == 0) {
            result = object_call_onearg(hook, args);
        }
        done = result != NULL;
        xdecref(result);
    }
    if (!done) {
        // No hook, or it failed: then its own failure is what matters.
        PyObject *second = error_take();
        if (second != NULL) {
            PyObject *where = str_from_cstr("Exception ignored in sys.unraisablehook");
            PyObject *second_tb = exception_get_traceback(second);
            print_unraisable((PyObject *)type_of(second), second, second_tb, where, hook);
            xdecref(second_tb);
            xdecref(where);
            decref(second);
        }
        else {
            print_unraisable((PyObject *)type_of(exc), exc, tb, message, object);
        }
    }
    xdecref(args);
    xdecref(hook);
    xdecref(tb);
    error_clear();
}

int
print_error_init(void)
{
    static PyStructSequence_Field fields[] = {
        {"exc_type", "Exception type"},
        {"exc_value", "Exception value"},
        {"exc_traceback", "Exception traceback"},
        {"err_msg", "Error message"},
        {"object", "Object causing the exception"},
        {NULL, NULL},
    };
    static PyStructSequence_Desc desc = {
        "UnraisableHookArgs",
        "UnraisableHookArgs\n\nType used to pass arguments to sys.unraisablehook.",
        fields,
        5,
    };
    PyObject *type = (PyObject *)structseq_new_type(&desc, Py_TPFLAGS_IMMUTABLETYPE);
    if (type == NULL) {
        return -1;
    }
    InterpreterRoots *roots = interpreter_roots();
    set_ref(roots->unraisable_hook_args, type);
    hooks.unraisable = report_unraisable;
    return dict_set_cstr(roots->sys_dict, "UnraisableHookArgs", type);
}
