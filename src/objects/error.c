// The exception being raised by the running thread: see error.h.
//
// Owns the rules of raising: how a value becomes an instance, how __context__ is linked. The
// state itself is two fields of the thread (current_exception, exc_info); nobody else writes them
// except the vm when it enters and leaves handlers.
#include "objects/error.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/hooks.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/exceptions_internal.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

// ---- raw state ----

PyObject *
error_type_borrow(void)
{
    PyObject *exc = thread_current()->abi.current_exception;
    return exc == NULL ? NULL : (PyObject *)type_of(exc);
}

PyObject *
error_take(void)
{
    Thread *ts = thread_current();
    PyObject *exc = ts->abi.current_exception;
    ts->abi.current_exception = NULL;
    return exc;
}

void
error_restore_steal(PyObject *exc)
{
    Thread *ts = thread_current();
    PyObject *old = ts->abi.current_exception;
    ts->abi.current_exception = exc;
    xdecref(old);
}

void
error_clear(void)
{
    if (error_occurred()) {
        error_restore_steal(NULL);
    }
}

// ---- matching ----

bool
error_given_matches(PyObject *given, PyObject *exc)
{
    if (given == NULL || exc == NULL) {
        return false;
    }
    if (tuple_check(exc)) {
        for (Py_ssize_t i = 0; i < tuple_size(exc); i++) {
            if (error_given_matches(given, tuple_item_borrow(exc, i))) {
                return true;
            }
        }
        return false;
    }
    if (exception_instance_check(given)) {
        given = (PyObject *)type_of(given);
    }
    if (exception_class_check(given) && exception_class_check(exc)) {
        return type_is_subtype((PyTypeObject *)given, (PyTypeObject *)exc);
    }
    return given == exc;
}

bool
error_matches(PyObject *exc)
{
    return error_given_matches(thread_current()->abi.current_exception, exc);
}

bool
error_clear_if(PyObject *exc)
{
    if (!error_matches(exc)) {
        return false;
    }
    error_clear();
    return true;
}

// ---- handled exceptions ----

_PyErr_StackItem *
error_top_stack_item(Thread *ts)
{
    _PyErr_StackItem *item = ts->abi.exc_info;
    while ((item->exc_value == NULL || item->exc_value == Py_None) &&
           item->previous_item != NULL) {
        item = item->previous_item;
    }
    return item;
}

PyObject *
error_handled(void)
{
    PyObject *exc = error_top_stack_item(thread_current())->exc_value;
    return exc == NULL || exc == Py_None ? NULL : new_ref(exc);
}

void
error_set_handled(PyObject *exc)
{
    if (exc == Py_None) {
        exc = NULL;
    }
    set_ref(thread_current()->abi.exc_info->exc_value, xnew_ref(exc));
}

// ---- context chains ----

// Takes `exc` out of the chain of contexts that starts at `chain`, so that linking chain behind
// exc makes no cycle. Chains may have become cyclic by hand: Brent's algorithm ends the walk.
static void
unlink_from_chain(PyObject *chain, PyObject *exc)
{
    PyObject *o = new_ref(chain);
    PyObject *milestone = new_ref(chain);
    size_t steps = 0;
    size_t limit = 1;
    for (;;) {
        PyObject *context = exception_get_context(o);
        if (context == NULL) {
            break;
        }
        if (context == exc) {
            decref(context);
            exception_set_context_steal(o, NULL);
            break;
        }
        set_ref(o, context);
        if (o == milestone) {
            break;
        }
        if (++steps == limit) {
            set_ref(milestone, new_ref(o));
            limit *= 2;
            steps = 0;
        }
    }
    decref(o);
    decref(milestone);
}

// Makes exc current with `handled` (consumed, may be NULL) as its context.
static void
raise_in_context_steal(PyObject *exc, PyObject *handled)
{
    incref(exc);
    if (handled != NULL) {
        if (handled == exc) {
            decref(handled);
        }
        else {
            unlink_from_chain(handled, exc);
            exception_set_context_steal(exc, handled);
        }
    }
    error_restore_steal(exc);
}

void
error_raise_instance(PyObject *exc)
{
    raise_in_context_steal(exc, error_handled());
}

void
error_raise_in_item(PyObject *exc)
{
    PyObject *handled = thread_current()->abi.exc_info->exc_value;
    raise_in_context_steal(exc, handled == Py_None ? NULL : xnew_ref(handled));
}

void
error_chain_steal(PyObject *exc)
{
    if (exc == NULL) {
        return;
    }
    if (!error_occurred()) {
        error_restore_steal(exc);
        return;
    }
    PyObject *current = error_take();
    if (current == exc) {
        decref(exc);
    }
    else {
        exception_set_context_steal(current, exc);
    }
    error_restore_steal(current);
}

// ---- making instances ----

PyObject *
error_instantiate(PyObject *exc, PyObject *value)
{
    if (value != NULL && exception_instance_check(value) &&
        type_is_subtype(type_of(value), (PyTypeObject *)exc)) {
        return new_ref(value);
    }
    PyObject *result;
    if (value == NULL || value == Py_None) {
        result = object_call_noargs(exc);
    }
    else if (tuple_check(value)) {
        result = object_call(exc, value, NULL);
    }
    else {
        result = object_call_onearg(exc, value);
    }
    if (result != NULL && !exception_instance_check(result)) {
        error_format(PyExc_TypeError,
                     "calling %R should have returned an instance of BaseException, not %s", exc,
                     type_of(result)->tp_name);
        clear_ref(result);
    }
    return result;
}

void *
error_set_object(PyObject *exc, PyObject *value)
{
    if (!exception_class_check(exc)) {
        return error_format(PyExc_SystemError,
                            "_PyErr_SetObject: exception %R is not a BaseException subclass", exc);
    }
    error_clear();
    // What fails while the instance is made is raised instead.
    PyObject *instance = error_instantiate(exc, value);
    if (instance == NULL) {
        return NULL;
    }
    error_raise_instance(instance);
    decref(instance);
    return NULL;
}

// Raises exc(arg), whatever arg is; consumes arg (NULL: an exception is set already).
static void *
raise_with_argument_steal(PyObject *exc, PyObject *arg)
{
    if (arg == NULL) {
        return NULL;
    }
    PyObject *instance = object_call_onearg(exc, arg);
    decref(arg);
    if (instance == NULL) {
        return NULL;
    }
    error_raise_instance(instance);
    decref(instance);
    return NULL;
}

void *
error_set(PyObject *exc, const char *text)
{
    error_clear();
    PyObject *message = str_decode_utf8(text, (Py_ssize_t)strlen(text), "replace");
    if (message != NULL) {
        error_set_object(exc, message);
        decref(message);
    }
    return NULL;
}

void *
error_set_none(PyObject *exc)
{
    return error_set_object(exc, NULL);
}

void *
error_format_v(PyObject *exc, const char *format, va_list args)
{
    error_clear();
    PyObject *message = str_format_v(format, args);
    if (message != NULL) {
        error_set_object(exc, message);
        decref(message);
    }
    return NULL;
}

void *
error_format(PyObject *exc, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error_format_v(exc, format, args);
    va_end(args);
    return NULL;
}

void *
error_no_memory(void)
{
    error_clear();
    PyObject *exc = exception_memory_error_new();
    error_raise_instance(exc);
    decref(exc);
    return NULL;
}

void *
error_bad_internal_call(void)
{
    return error_set(PyExc_SystemError, "bad argument to internal function");
}

int
error_bad_argument(void)
{
    error_set(PyExc_TypeError, "bad argument type for built-in operation");
    return 0;
}

void *
error_set_key_error(PyObject *key)
{
    error_clear();
    return raise_with_argument_steal(PyExc_KeyError, new_ref(key));
}

void *
error_set_stop_iteration(PyObject *value)
{
    error_clear();
    if (value == NULL) {
        return error_set_none(PyExc_StopIteration);
    }
    return raise_with_argument_steal(PyExc_StopIteration, new_ref(value));
}

void *
error_format_from_cause(PyObject *exc, const char *format, ...)
{
    PyObject *cause = error_take();
    va_list args;
    va_start(args, format);
    error_format_v(exc, format, args);
    va_end(args);
    if (cause == NULL) {
        return NULL;
    }
    PyObject *raised = error_take();
    if (raised != NULL && raised != cause) {
        exception_set_cause_steal(raised, new_ref(cause));
        exception_set_context_steal(raised, cause);
    }
    else {
        decref(cause);
    }
    error_restore_steal(raised);
    return NULL;
}

// ---- exceptions with attributes ----

void *
error_set_attribute(PyObject *obj, PyObject *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error_format_v(PyExc_AttributeError, format, args);
    va_end(args);
    error_set_attribute_context(obj, name);
    return NULL;
}

void
error_set_attribute_context(PyObject *obj, PyObject *name)
{
    PyObject *exc = thread_current()->abi.current_exception;
    if (exc == NULL || !error_given_matches(exc, PyExc_AttributeError)) {
        return;
    }
    PyAttributeErrorObject *self = (PyAttributeErrorObject *)exc;
    if (self->name != NULL || self->obj != NULL) {
        return;
    }
    self->name = xnew_ref(name);
    self->obj = xnew_ref(obj);
}

void *
error_set_name(PyObject *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error_format_v(PyExc_NameError, format, args);
    va_end(args);
    PyObject *exc = thread_current()->abi.current_exception;
    if (error_given_matches(exc, PyExc_NameError)) {
        PyNameErrorObject *self = (PyNameErrorObject *)exc;
        if (self->name == NULL) {
            self->name = xnew_ref(name);
        }
    }
    return NULL;
}

void *
error_set_import(PyObject *exc, PyObject *message, PyObject *name, PyObject *path)
{
    if (!exception_class_check(exc) ||
        !type_is_subtype((PyTypeObject *)exc, (PyTypeObject *)PyExc_ImportError)) {
        return error_set(PyExc_TypeError, "expected a subclass of ImportError");
    }
    if (message == NULL) {
        return error_set(PyExc_TypeError, "expected a message argument");
    }
    PyObject *kwargs = dict_new();
    PyObject *args = tuple_pack(1, message);
    if (kwargs != NULL && args != NULL &&
        dict_set(kwargs, ID(name), name == NULL ? Py_None : name) == 0 &&
        dict_set(kwargs, ID(path), path == NULL ? Py_None : path) == 0) {
        PyObject *instance = object_call(exc, args, kwargs);
        if (instance != NULL) {
            error_set_object((PyObject *)type_of(instance), instance);
            decref(instance);
        }
    }
    xdecref(args);
    xdecref(kwargs);
    return NULL;
}

// ---- errno ----

void *
error_set_errno_filename_objects(PyObject *exc, PyObject *filename, PyObject *filename2)
{
    int code = errno;
    if (code == EINTR && hooks.signals_handle != NULL &&
        hooks.signals_handle(thread_current()) < 0) {
        return NULL;
    }
    const char *text = code == 0 ? "Error" : strerror(code);
    PyObject *message = str_decode_locale(text, "surrogateescape");
    PyObject *number = message == NULL ? NULL : int_from_i64(code);
    PyObject *instance = NULL;
    if (number != NULL) {
        if (filename == NULL) {
            instance = object_call_twoargs(exc, number, message);
        }
        else if (filename2 == NULL) {
            instance = object_call_objargs(exc, number, message, filename, NULL);
        }
        else {
            // The fourth argument is Windows' own code.
            instance = object_call_objargs(exc, number, message, filename, Py_None, filename2,
                                           NULL);
        }
    }
    xdecref(message);
    xdecref(number);
    if (instance != NULL) {
        error_set_object((PyObject *)type_of(instance), instance);
        decref(instance);
    }
    return NULL;
}

void *
error_set_errno_filename_object(PyObject *exc, PyObject *filename)
{
    return error_set_errno_filename_objects(exc, filename, NULL);
}

void *
error_set_errno(PyObject *exc)
{
    return error_set_errno_filename_objects(exc, NULL, NULL);
}

void *
error_set_errno_filename(PyObject *exc, const char *filename)
{
    int code = errno;
    PyObject *name = NULL;
    if (filename != NULL) {
        name = str_decode_fsdefault(filename);
        if (name == NULL) {
            return NULL;
        }
    }
    errno = code;
    error_set_errno_filename_objects(exc, name, NULL);
    xdecref(name);
    return NULL;
}

// ---- the three-part form ----

void
error_restore_triple_steal(PyObject *type, PyObject *value, PyObject *traceback)
{
    if (type == NULL) {
        xdecref(value);
        xdecref(traceback);
        error_clear();
        return;
    }
    PyObject *instance;
    if (value != NULL && exception_instance_check(value)) {
        instance = new_ref(value);
    }
    else {
        error_clear();
        instance = error_instantiate(type, value);
    }
    xdecref(value);
    decref(type);
    if (instance == NULL) {
        xdecref(traceback);
        return;
    }
    if (traceback != NULL) {
        if (traceback != Py_None) {
            (void)exception_set_traceback(instance, traceback);
        }
        decref(traceback);
    }
    error_restore_steal(instance);
}

void
error_take_triple(PyObject **type, PyObject **value, PyObject **traceback)
{
    PyObject *exc = error_take();
    *value = exc;
    *type = exc == NULL ? NULL : new_ref((PyObject *)type_of(exc));
    *traceback = exc == NULL ? NULL : exception_get_traceback(exc);
}

void
error_normalize(PyObject **type, PyObject **value, PyObject **traceback)
{
    if (*type == NULL) {
        return;
    }
    if (*value != NULL && exception_instance_check(*value)) {
        set_ref(*type, new_ref((PyObject *)type_of(*value)));
        return;
    }
    if (!exception_class_check(*type)) {
        return;
    }
    PyObject *instance = error_instantiate(*type, *value);
    if (instance == NULL) {
        // What went wrong replaces it.
        instance = error_take();
        set_ref(*type, new_ref((PyObject *)type_of(instance)));
        PyObject *tb = exception_get_traceback(instance);
        if (tb != NULL) {
            set_ref(*traceback, tb);
        }
    }
    set_ref(*value, instance);
}

// ---- unraisable ----

// Consumes message.
static void
report_unraisable(PyObject *message, PyObject *object)
{
    PyObject *exc = error_take();
    if (exc == NULL) {
        xdecref(message);
        return;
    }
    if (hooks.unraisable != NULL) {
        hooks.unraisable(exc, message, object);
    }
    xdecref(message);
    decref(exc);
    error_clear();
}

void
error_write_unraisable(PyObject *context)
{
    report_unraisable(NULL, context);
}

void
error_format_unraisable(const char *format, ...)
{
    PyObject *exc = error_take();
    va_list args;
    va_start(args, format);
    PyObject *message = str_format_v(format, args);
    va_end(args);
    error_clear();
    error_restore_steal(exc);
    report_unraisable(message, NULL);
}

// ---- warnings ----

int
error_warn_object(PyObject *category, PyObject *message, Py_ssize_t stacklevel)
{
    if (hooks.warn == NULL) {
        return 0;
    }
    return hooks.warn(category == NULL ? PyExc_RuntimeWarning : category, message, stacklevel,
                      NULL);
}

static int
warn_v(PyObject *source, PyObject *category, Py_ssize_t stacklevel, const char *format,
       va_list args)
{
    if (hooks.warn == NULL) {
        return 0;
    }
    PyObject *message = str_format_v(format, args);
    if (message == NULL) {
        return -1;
    }
    int result = hooks.warn(category == NULL ? PyExc_RuntimeWarning : category, message,
                            stacklevel, source);
    decref(message);
    return result;
}

int
error_warn(PyObject *category, Py_ssize_t stacklevel, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int result = warn_v(NULL, category, stacklevel, format, args);
    va_end(args);
    return result;
}

int
error_warn_resource(PyObject *source, Py_ssize_t stacklevel, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int result = warn_v(source, PyExc_ResourceWarning, stacklevel, format, args);
    va_end(args);
    return result;
}

int
error_warn_explicit(PyObject *category, PyObject *message, PyObject *filename, int lineno,
                    PyObject *module, PyObject *registry)
{
    if (hooks.warn_explicit == NULL) {
        return 0;
    }
    return hooks.warn_explicit(category == NULL ? PyExc_RuntimeWarning : category, message,
                               filename, lineno, module, registry);
}

// ---- new classes ----

PyObject *
error_new_exception(const char *name, PyObject *base, PyObject *dict)
{
    const char *dot = strrchr(name, '.');
    if (dot == NULL) {
        return error_set(PyExc_SystemError, "PyErr_NewException: name must be module.class");
    }
    PyObject *result = NULL;
    PyObject *bases = NULL;
    PyObject *class_name = NULL;
    PyObject *namespace = dict == NULL ? dict_new() : new_ref(dict);
    if (namespace == NULL) {
        return NULL;
    }
    int has_module = dict_contains(namespace, ID(__module__));
    if (has_module < 0) {
        goto done;
    }
    if (!has_module) {
        PyObject *module = str_from_utf8(name, dot - name);
        if (module == NULL) {
            goto done;
        }
        int set = dict_set(namespace, ID(__module__), module);
        decref(module);
        if (set < 0) {
            goto done;
        }
    }
    if (base == NULL) {
        base = PyExc_Exception;
    }
    bases = tuple_check(base) ? new_ref(base) : tuple_pack(1, base);
    class_name = str_from_cstr(dot + 1);
    if (bases != NULL && class_name != NULL) {
        result = object_call_objargs((PyObject *)&PyType_Type, class_name, bases, namespace, NULL);
    }
done:
    xdecref(bases);
    xdecref(class_name);
    decref(namespace);
    return result;
}

PyObject *
error_new_exception_doc(const char *name, const char *doc, PyObject *base, PyObject *dict)
{
    PyObject *namespace = dict == NULL ? dict_new() : new_ref(dict);
    if (namespace == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    PyObject *text = doc == NULL ? NULL : str_from_cstr(doc);
    if ((doc == NULL || text != NULL) &&
        (text == NULL || dict_set(namespace, ID(__doc__), text) == 0)) {
        result = error_new_exception(name, base, namespace);
    }
    xdecref(text);
    decref(namespace);
    return result;
}

// ---- hooks for lower folders ----

// Making the exception takes C stack as well: the reserve up to the hard limit is for that, and
// below it an instance made at start-up serves.
static void
raise_recursion_error(const char *where)
{
    Thread *ts = thread_current();
    char *limit = ts->c_stack_limit;
    if ((char *)__builtin_frame_address(0) < ts->c_stack_hard_limit) {
        error_restore_steal(new_ref(interpreter_roots()->recursion_error));
        return;
    }
    if (limit != ts->c_stack_hard_limit) {
        ts->c_stack_limit = ts->c_stack_hard_limit;
        error_format(PyExc_RecursionError, "maximum recursion depth exceeded%s", where);
        ts->c_stack_limit = limit;
        return;
    }
    // The reserve is in use already: this happens while the exception is being made.
    error_restore_steal(new_ref(interpreter_roots()->recursion_error));
}

static void
raise_memory_error(void)
{
    error_no_memory();
}

void
error_install_hooks(void)
{
    hooks.error_recursion = raise_recursion_error;
    hooks.error_no_memory = raise_memory_error;
}
