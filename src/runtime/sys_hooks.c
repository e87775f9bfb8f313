// Hooks of the sys module and writing to its streams: displayhook, excepthook, unraisablehook,
// breakpointhook, audit. See sys.h.
#include <stdarg.h>
#include <stdio.h>

#include "abi/constants.h"
#include "abi/exceptions.h"
#include "base/hooks.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "objects/args.h"
#include "objects/build.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/structseq.h"
#include "objects/tuple.h"
#include "runtime/import.h"
#include "runtime/print_error.h"
#include "runtime/runtime.h"
#include "runtime/sys.h"
#include "runtime/sys_internal.h"

// ---- streams ----

static int
write_to_file(PyObject *file, PyObject *text)
{
    if (file == NULL || file == Py_None) {
        return -1;
    }
    PyObject *result = object_call_method_onearg(file, ID(write), text);
    xdecref(result);
    return result != NULL ? 0 : -1;
}

static void
write_formatted(PyObject *name, FILE *fallback, const char *format, va_list args)
{
    PyObject *pending = error_take();
    PyObject *text = str_format_v(format, args);
    if (text != NULL) {
        PyObject *file = sys_get(name);
        if (write_to_file(file, text) < 0) {
            error_clear();
            const char *utf8 = str_as_utf8(text);
            if (utf8 != NULL) {
                fputs(utf8, fallback);
                fflush(fallback);
            }
        }
        xdecref(file);
        decref(text);
    }
    error_restore_steal(pending);
}

void
sys_write_stdout(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_formatted(ID(stdout), stdout, format, args);
    va_end(args);
}

void
sys_write_stderr(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_formatted(ID(stderr), stderr, format, args);
    va_end(args);
}

// 0; -1 with an exception when flushing failed. A missing or closed file is no failure.
static int
flush_file(PyObject *name)
{
    PyObject *file = sys_get(name);
    if (file == NULL || file == Py_None) {
        xdecref(file);
        return 0;
    }
    PyObject *closed = NULL;
    int is_closed = object_getattr_optional(file, ID(closed), &closed);
    if (is_closed > 0) {
        is_closed = object_is_true(closed);
        decref(closed);
    }
    if (is_closed < 0) {
        error_clear();
    }
    PyObject *result = is_closed > 0 ? new_ref(Py_None)
                                     : object_call_method_noargs(file, ID(flush));
    xdecref(result);
    decref(file);
    return result != NULL ? 0 : -1;
}

int
sys_flush_std_files(void)
{
    int status = 0;
    if (flush_file(ID(stdout)) < 0) {
        error_format_unraisable("Exception ignored while flushing sys.stdout");
        status = -1;
    }
    if (flush_file(ID(stderr)) < 0) {
        error_clear();
    }
    return status;
}

// ---- audit ----

// Hooks run unseen by trace functions unless they have a true attribute __cantrace__.
static int
call_audit_hook(PyObject *hook, PyObject *name, PyObject *args)
{
    Thread *ts = thread_current();
    PyObject *cantrace;
    int traced = object_getattr_optional_cstr(hook, "__cantrace__", &cantrace);
    if (traced > 0) {
        traced = object_is_true(cantrace);
        decref(cantrace);
    }
    if (traced < 0) {
        return -1;
    }
    ts->abi.tracing += !traced;
    PyObject *result = object_call_twoargs(hook, name, args);
    ts->abi.tracing -= !traced;
    xdecref(result);
    return result != NULL ? 0 : -1;
}

// Calls every Python hook of the interpreter with (event, args).
static int
run_audit_hooks(const char *event, PyObject *args)
{
    PyObject *hook_list = interpreter_roots()->audit_hooks;
    if (hook_list == NULL) {
        return 0;
    }
    PyObject *name = str_from_cstr(event);
    PyObject *given = args != NULL ? new_ref(args) : tuple_empty();
    int result = name != NULL && given != NULL ? 0 : -1;
    for (Py_ssize_t i = 0; result == 0 && i < list_size(hook_list); i++) {
        PyObject *hook = list_get(hook_list, i);
        result = hook != NULL ? call_audit_hook(hook, name, given) : -1;
        xdecref(hook);
    }
    xdecref(name);
    xdecref(given);
    return result;
}

int
sys_audit(const char *event, const char *format, ...)
{
    if (hooks.audit == NULL) {
        return 0;
    }
    va_list args;
    va_start(args, format);
    PyObject *tuple = *format != '\0' ? value_build_tuple_v(format, args) : tuple_empty();
    va_end(args);
    if (tuple == NULL) {
        return -1;
    }
    int result = run_audit_hooks(event, tuple);
    decref(tuple);
    return result;
}

static PyObject *
sys_audit_function(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs == 0) {
        return error_set(PyExc_TypeError, "audit expected at least 1 argument, got 0");
    }
    if (!str_check(args[0])) {
        return error_format(PyExc_TypeError, "expected str for argument 'event', not %.200s",
                            object_type(args[0])->tp_name);
    }
    const char *event = str_as_utf8(args[0]);
    PyObject *rest = event != NULL ? tuple_from_array(args + 1, nargs - 1) : NULL;
    if (rest == NULL) {
        return NULL;
    }
    int result = run_audit_hooks(event, rest);
    decref(rest);
    return result < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
sys_addaudithook(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"hook", NULL};
    PyObject *hook;
    if (!args_parse_static(args, kwargs, "O:addaudithook", names, &hook)) {
        return NULL;
    }
    if (sys_audit("sys.addaudithook", "") < 0) {
        // A hook may refuse another one silently by an Exception.
        return error_clear_if(PyExc_Exception) ? new_ref(Py_None) : NULL;
    }
    InterpreterRoots *roots = interpreter_roots();
    if (roots->audit_hooks == NULL) {
        roots->audit_hooks = list_new(0);
        if (roots->audit_hooks != NULL) {
            gc_untrack(roots->audit_hooks);     // nobody is to find the hooks
        }
        if (roots->audit_hooks == NULL) {
            return NULL;
        }
        hooks.audit = run_audit_hooks;
    }
    return list_append(roots->audit_hooks, hook) < 0 ? NULL : new_ref(Py_None);
}

// ---- displayhook ----

// Writes text to sys.stdout; what its encoding cannot hold is escaped with backslashes.
static int
display_text(PyObject *out, PyObject *text)
{
    if (write_to_file(out, text) == 0) {
        return 0;
    }
    if (!error_clear_if(PyExc_UnicodeEncodeError)) {
        return -1;
    }
    int result = -1;
    PyObject *buffer = NULL;
    PyObject *encoded = NULL;
    PyObject *encoding = object_getattr(out, ID(encoding));
    const char *name = encoding != NULL ? str_as_utf8(encoding) : NULL;
    if (name == NULL) {
        goto done;
    }
    encoded = str_encode(text, name, "backslashreplace");
    if (encoded == NULL || object_getattr_optional(out, ID(buffer), &buffer) < 0) {
        goto done;
    }
    if (buffer != NULL) {
        result = write_to_file(buffer, encoded);
    }
    else {
        PyObject *escaped = str_from_encoded_object(encoded, name, "strict");
        result = escaped != NULL ? write_to_file(out, escaped) : -1;
        xdecref(escaped);
    }
done:
    xdecref(encoding);
    xdecref(encoded);
    xdecref(buffer);
    return result;
}

static PyObject *
sys_displayhook(PyObject *module, PyObject *value)
{
    PyObject *builtins = import_get_module(ID(builtins));
    if (builtins == NULL) {
        return error_occurred() ? NULL : error_set(PyExc_RuntimeError, "lost builtins module");
    }
    PyObject *result = NULL;
    PyObject *text = NULL;
    PyObject *out = NULL;
    if (value == Py_None) {
        result = new_ref(Py_None);
        goto done;
    }
    // `_` must not be the value while its repr runs: a repr may print `_`.
    if (object_setattr(builtins, ID(_), Py_None) < 0) {
        goto done;
    }
    out = sys_get(ID(stdout));
    if (out == NULL || out == Py_None) {
        error_set(PyExc_RuntimeError, "lost sys.stdout");
        goto done;
    }
    text = object_repr(value);
    if (text == NULL || display_text(out, text) < 0) {
        goto done;
    }
    set_ref(text, str_from_char('\n'));
    if (text == NULL || write_to_file(out, text) < 0
        || object_setattr(builtins, ID(_), value) < 0) {
        goto done;
    }
    result = new_ref(Py_None);
done:
    xdecref(text);
    xdecref(out);
    decref(builtins);
    return result;
}

// ---- excepthook, unraisablehook ----

static PyObject *
sys_excepthook(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("excepthook", nargs, 3, 3)) {
        return NULL;
    }
    print_exception_triple(NULL, args[1], args[2]);
    return new_ref(Py_None);
}

// Prints "Exception ignored in: <repr>" and the traceback.
static PyObject *
sys_unraisablehook(PyObject *module, PyObject *unraisable)
{
    if ((PyObject *)type_of(unraisable) != interpreter_roots()->unraisable_hook_args) {
        return error_set(PyExc_TypeError,
                         "sys.unraisablehook argument type must be UnraisableHookArgs");
    }
    PyObject *type = object_getattr(unraisable, ID(exc_type));
    PyObject *value = type != NULL ? object_getattr(unraisable, ID(exc_value)) : NULL;
    PyObject *traceback = value != NULL ? object_getattr(unraisable, ID(exc_traceback)) : NULL;
    PyObject *message = traceback != NULL ? object_getattr(unraisable, ID(err_msg)) : NULL;
    PyObject *subject = message != NULL ? object_getattr(unraisable, ID(object)) : NULL;
    PyObject *result = NULL;
    if (subject != NULL) {
        print_unraisable(type, value, traceback, message, subject);
        result = new_ref(Py_None);
    }
    xdecref(type);
    xdecref(value);
    xdecref(traceback);
    xdecref(message);
    xdecref(subject);
    return result;
}

// ---- breakpointhook ----

// PYTHONBREAKPOINT: "0" does nothing, a dotted name is called, otherwise pdb.set_trace.
static PyObject *
sys_breakpointhook(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    const char *target = config_getenv(runtime_config(), "PYTHONBREAKPOINT");
    if (target == NULL) {
        target = "pdb.set_trace";
    }
    if (target[0] == '0' && target[1] == '\0') {
        return new_ref(Py_None);
    }
    const char *dot = strrchr(target, '.');
    PyObject *module_name = dot == NULL ? str_from_cstr("builtins")
                                        : str_from_utf8(target, dot - target);
    PyObject *container = NULL;
    if (dot == target) {
        error_set(PyExc_ImportError, "no module name");     // becomes the warning below
    }
    else if (module_name != NULL) {
        container = import_import(module_name);
    }
    PyObject *hook = container != NULL
                         ? object_getattr_cstr(container, dot != NULL ? dot + 1 : target) : NULL;
    xdecref(module_name);
    xdecref(container);
    if (hook == NULL) {
        if (!error_clear_if(PyExc_ImportError) && !error_clear_if(PyExc_AttributeError)) {
            return NULL;
        }
        if (error_warn(PyExc_RuntimeWarning, 0, "Ignoring unimportable $PYTHONBREAKPOINT: \"%s\"",
                       target) < 0) {
            return NULL;
        }
        return new_ref(Py_None);
    }
    PyObject *result = object_vectorcall(hook, args, (size_t)nargs, kwnames);
    decref(hook);
    return result;
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL

PyMethodDef sys_hook_methods[] = {
    {"audit", FAST(sys_audit_function),
     "audit($module, event, /, *args)\n--\n\nPasses the event to any hooks that are attached."},
    {"addaudithook", (PyCFunction)(void (*)(void))sys_addaudithook, METH_VARARGS | METH_KEYWORDS,
     "addaudithook($module, /, hook)\n--\n\nAdds a new audit hook callback."},
    {"displayhook", sys_displayhook, METH_O,
     "displayhook($module, object, /)\n--\n\n"
     "Print an object to sys.stdout and also save it in builtins._"},
    {"excepthook", FAST(sys_excepthook),
     "excepthook($module, exctype, value, traceback, /)\n--\n\n"
     "Handle an exception by displaying it with a traceback on sys.stderr."},
    {"unraisablehook", sys_unraisablehook, METH_O,
     "unraisablehook($module, unraisable, /)\n--\n\nHandle an unraisable exception.\n\n"
     "The unraisable argument has the following attributes:\n\n"
     "* exc_type: Exception type.\n"
     "* exc_value: Exception value, can be None.\n"
     "* exc_traceback: Exception traceback, can be None.\n"
     "* err_msg: Error message, can be None.\n"
     "* object: Object causing the exception, can be None."},
    {"breakpointhook", (PyCFunction)(void (*)(void))sys_breakpointhook,
     METH_FASTCALL | METH_KEYWORDS,
     "breakpointhook($module, /, *args, **kwargs)\n--\n\n"
     "This hook function is called by built-in breakpoint()."},
    {NULL, NULL, 0, NULL},
};
