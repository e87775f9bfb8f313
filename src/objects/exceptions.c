// BaseException and the classes that add nothing to it; start-up of all exception classes.
//
// Owns the common fields (args, traceback, context, cause), the PyExc_* variables and the
// reserve of MemoryError instances. The reserve is linked through `context` fields of dead
// instances; it belongs to the interpreter.
//
// Threading: see exceptions_internal.h.
#include "objects/exceptions_internal.h"

#include <string.h>

#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/container.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/traceback.h"
#include "objects/tuple.h"
#include "thread/mutex.h"

// ---- fields ----

PyObject *
exception_field(PyObject *exc, PyObject **field)
{
    CriticalSection cs;
    short_section_begin(&cs, exc);
    PyObject *value = xnew_ref(*field);
    critical_section_end(&cs);
    return value;
}

void
exception_set_field(PyObject *exc, PyObject **field, PyObject *value)
{
    xincref(value);
    CriticalSection cs;
    short_section_begin(&cs, exc);
    PyObject *old = *field;
    *field = value;
    critical_section_end(&cs);
    xdecref(old);
}

PyObject *
exception_get_traceback(PyObject *exc)
{
    return exception_field(exc, &EXC(exc)->traceback);
}

PyObject *
exception_get_cause(PyObject *exc)
{
    return exception_field(exc, &EXC(exc)->cause);
}

PyObject *
exception_get_context(PyObject *exc)
{
    return exception_field(exc, &EXC(exc)->context);
}

PyObject *
exception_get_args(PyObject *exc)
{
    PyObject *args = exception_field(exc, &EXC(exc)->args);
    return args == NULL ? tuple_empty() : args;
}

// Whether exc is the instance that serves when the reserve is empty. It has no traceback,
// cause or context: it lives as long as the interpreter, and so would all that they refer to.
static bool
is_shared_memory_error(PyObject *exc)
{
    return exc == interpreter_roots()->memory_error;
}

int
exception_set_traceback(PyObject *exc, PyObject *tb)
{
    if (tb != Py_None && !traceback_check(tb)) {
        error_set(PyExc_TypeError, "__traceback__ must be a traceback or None");
        return -1;
    }
    if (!is_shared_memory_error(exc)) {
        exception_set_field(exc, &EXC(exc)->traceback, tb == Py_None ? NULL : tb);
    }
    return 0;
}

void
exception_set_cause_steal(PyObject *exc, PyObject *cause)
{
    if (!is_shared_memory_error(exc)) {
        exception_set_field(exc, &EXC(exc)->cause, cause);
    }
    EXC(exc)->suppress_context = 1;
    xdecref(cause);
}

void
exception_set_context_steal(PyObject *exc, PyObject *context)
{
    if (!is_shared_memory_error(exc)) {
        exception_set_field(exc, &EXC(exc)->context, context);
    }
    xdecref(context);
}

void
exception_set_args(PyObject *exc, PyObject *args)
{
    exception_set_field(exc, &EXC(exc)->args, args);
}

const char *
exception_class_name(PyObject *cls)
{
    const char *name = ((PyTypeObject *)cls)->tp_name;
    const char *dot = strrchr(name, '.');
    return dot == NULL ? name : dot + 1;
}

// ---- life ----

PyObject *
base_exception_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)kwargs;
    PyObject *self = type->tp_alloc(type, 0);
    if (self != NULL) {
        EXC(self)->args = args != NULL ? new_ref(args) : tuple_empty();
    }
    return self;
}

int
base_exception_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (!args_no_keywords(type_of(self)->tp_name, kwargs)) {
        return -1;
    }
    exception_set_args(self, args);
    return 0;
}

PyObject *
base_exception_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    PyTypeObject *tp = (PyTypeObject *)type;
    if (!args_no_kwnames(tp->tp_name, kwnames)) {
        return NULL;
    }
    PyObject *tuple = tuple_from_array(args, vectorcall_nargs(nargsf));
    if (tuple == NULL) {
        return NULL;
    }
    PyObject *self = tp->tp_alloc(tp, 0);
    if (self == NULL) {
        decref(tuple);
        return NULL;
    }
    EXC(self)->args = tuple;
    return self;
}

int
base_exception_clear(PyObject *self)
{
    PyBaseExceptionObject *exc = EXC(self);
    clear_ref(exc->dict);
    clear_ref(exc->args);
    clear_ref(exc->notes);
    clear_ref(exc->traceback);
    clear_ref(exc->cause);
    clear_ref(exc->context);
    return 0;
}

int
base_exception_traverse(PyObject *self, visitproc visit, void *arg)
{
    // dict, args, notes, traceback, context and cause follow each other.
    return exception_visit_fields(&EXC(self)->dict, &EXC(self)->cause, visit, arg);
}

static void
base_exception_dealloc(PyObject *self)
{
    gc_untrack(self);
    (void)base_exception_clear(self);
    type_of(self)->tp_free(self);
}

// ---- text ----

PyObject *
base_exception_str(PyObject *self)
{
    PyObject *args = exception_get_args(self);
    PyObject *result;
    switch (tuple_size(args)) {
    case 0:
        result = str_empty();
        break;
    case 1:
        result = object_str(tuple_item_borrow(args, 0));
        break;
    default:
        result = object_str(args);
    }
    decref(args);
    return result;
}

static PyObject *
base_exception_repr(PyObject *self)
{
    const char *name = exception_class_name((PyObject *)type_of(self));
    PyObject *args = exception_get_args(self);
    PyObject *result = tuple_size(args) == 1
                           ? str_format("%s(%R)", name, tuple_item_borrow(args, 0))
                           : str_format("%s%R", name, args);
    decref(args);
    return result;
}

// ---- pickling ----

PyObject *
exception_dict(PyObject *self)
{
    return exception_field(self, &EXC(self)->dict);
}

PyObject *
exception_reduce_steal(PyObject *self, PyObject *args, PyObject *state)
{
    PyObject *result = NULL;
    if (args != NULL) {
        result = state == NULL || state == Py_None
                     ? tuple_pack(2, type_of(self), args)
                     : tuple_pack(3, type_of(self), args, state);
    }
    xdecref(args);
    xdecref(state);
    return result;
}

static PyObject *
base_exception_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    return exception_reduce_steal(self, exception_get_args(self), exception_dict(self));
}

static PyObject *
base_exception_setstate(PyObject *self, PyObject *state)
{
    if (state == Py_None) {
        return Py_None;
    }
    if (!dict_check(state)) {
        return error_set(PyExc_TypeError, "state is not a dictionary");
    }
    Py_ssize_t pos = 0;
    PyObject *key;
    PyObject *value;
    int more;
    while ((more = dict_next(state, &pos, &key, &value)) > 0) {
        int result = object_setattr(self, key, value);
        decref(key);
        decref(value);
        if (result < 0) {
            return NULL;
        }
    }
    return more < 0 ? NULL : Py_None;
}

// ---- methods ----

static PyObject *
base_exception_with_traceback(PyObject *self, PyObject *tb)
{
    if (exception_set_traceback(self, tb) < 0) {
        return NULL;
    }
    return new_ref(self);
}

int
exception_add_note(PyObject *exc, PyObject *note)
{
    if (!str_check(note)) {
        error_format(PyExc_TypeError, "note must be a str, not '%s'", type_of(note)->tp_name);
        return -1;
    }
    PyObject *notes;
    if (object_getattr_optional(exc, ID(__notes__), &notes) < 0) {
        return -1;
    }
    if (notes == NULL) {
        notes = list_new(0);
        if (notes == NULL || object_setattr(exc, ID(__notes__), notes) < 0) {
            xdecref(notes);
            return -1;
        }
    }
    int result = -1;
    if (!list_check(notes)) {
        error_set(PyExc_TypeError, "Cannot add note: __notes__ is not a list");
    }
    else {
        result = list_append(notes, note);
    }
    decref(notes);
    return result;
}

static PyObject *
base_exception_add_note(PyObject *self, PyObject *note)
{
    return exception_add_note(self, note) < 0 ? NULL : Py_None;
}

static PyMethodDef base_exception_methods[] = {
    {"__reduce__", base_exception_reduce, METH_NOARGS, NULL},
    {"__setstate__", base_exception_setstate, METH_O, NULL},
    {"with_traceback", base_exception_with_traceback, METH_O,
     "with_traceback($self, object, /)\n--\n\nSet self.__traceback__ to tb and return self."},
    {"add_note", base_exception_add_note, METH_O,
     "add_note($self, object, /)\n--\n\nAdd a note to the exception"},
    {NULL, NULL, 0, NULL},
};

// ---- attributes ----

static PyObject *
get_args(PyObject *self, void *closure)
{
    (void)closure;
    PyObject *args = exception_field(self, &EXC(self)->args);
    return args == NULL ? Py_None : args;
}

static int
set_args(PyObject *self, PyObject *value, void *closure)
{
    (void)closure;
    if (value == NULL) {
        error_set(PyExc_TypeError, "args may not be deleted");
        return -1;
    }
    PyObject *tuple = sequence_tuple(value);
    if (tuple == NULL) {
        return -1;
    }
    exception_set_args(self, tuple);
    decref(tuple);
    return 0;
}

static PyObject *
get_traceback(PyObject *self, void *closure)
{
    (void)closure;
    PyObject *tb = exception_get_traceback(self);
    return tb == NULL ? Py_None : tb;
}

static int
set_traceback(PyObject *self, PyObject *value, void *closure)
{
    (void)closure;
    if (value == NULL) {
        error_set(PyExc_TypeError, "__traceback__ may not be deleted");
        return -1;
    }
    return exception_set_traceback(self, value);
}

// Whether value may be a cause or context: 1, or 0 with TypeError naming what it is.
static bool
check_linked(PyObject *value, const char *attribute, const char *what)
{
    if (value == NULL) {
        error_format(PyExc_TypeError, "%s may not be deleted", attribute);
        return false;
    }
    if (value != Py_None && !exception_instance_check(value)) {
        error_format(PyExc_TypeError, "exception %s must be None or derive from BaseException",
                     what);
        return false;
    }
    return true;
}

static PyObject *
get_context(PyObject *self, void *closure)
{
    (void)closure;
    PyObject *context = exception_get_context(self);
    return context == NULL ? Py_None : context;
}

static int
set_context(PyObject *self, PyObject *value, void *closure)
{
    (void)closure;
    if (!check_linked(value, "__context__", "context")) {
        return -1;
    }
    exception_set_context_steal(self, value == Py_None ? NULL : new_ref(value));
    return 0;
}

static PyObject *
get_cause(PyObject *self, void *closure)
{
    (void)closure;
    PyObject *cause = exception_get_cause(self);
    return cause == NULL ? Py_None : cause;
}

static int
set_cause(PyObject *self, PyObject *value, void *closure)
{
    (void)closure;
    if (!check_linked(value, "__cause__", "cause")) {
        return -1;
    }
    exception_set_cause_steal(self, value == Py_None ? NULL : new_ref(value));
    return 0;
}

static PyGetSetDef base_exception_getset[] = {
    {"__dict__", object_generic_get_dict, object_generic_set_dict, NULL, NULL},
    {"args", get_args, set_args, NULL, NULL},
    {"__traceback__", get_traceback, set_traceback, NULL, NULL},
    {"__context__", get_context, set_context, "exception context", NULL},
    {"__cause__", get_cause, set_cause, "exception cause", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef base_exception_members[] = {
    {"__suppress_context__", Py_T_BOOL, offsetof(PyBaseExceptionObject, suppress_context), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject _PyExc_BaseException = {
    .ob_base = EXCEPTION_HEAD,
    .tp_name = "BaseException",
    .tp_basicsize = sizeof(PyBaseExceptionObject),
    .tp_dealloc = base_exception_dealloc,
    .tp_repr = base_exception_repr,
    .tp_str = base_exception_str,
    .tp_getattro = object_generic_getattr,
    .tp_setattro = object_generic_setattr,
    .tp_flags = EXCEPTION_FLAGS,
    .tp_doc = "Common base class for all exceptions",
    .tp_traverse = base_exception_traverse,
    .tp_clear = base_exception_clear,
    .tp_methods = base_exception_methods,
    .tp_members = base_exception_members,
    .tp_getset = base_exception_getset,
    .tp_dictoffset = offsetof(PyBaseExceptionObject, dict),
    .tp_init = base_exception_init,
    .tp_new = base_exception_new,
    .tp_vectorcall = base_exception_vectorcall,
};
PyObject *PyExc_BaseException = (PyObject *)&_PyExc_BaseException;

// ---- classes that only have a name ----

#define SIMPLE_EXCEPTION(name, base, text)                                            \
    PyTypeObject _PyExc_##name = {                                                    \
        EXCEPTION_TYPE_COMMON(name, base, PyBaseExceptionObject, text),               \
        .tp_dealloc = base_exception_dealloc,                                         \
        .tp_traverse = base_exception_traverse,                                       \
        .tp_clear = base_exception_clear,                                             \
        .tp_init = base_exception_init,                                               \
        .tp_new = base_exception_new,                                                 \
        .tp_vectorcall = base_exception_vectorcall,                                   \
    };

SIMPLE_EXCEPTION(Exception, BaseException, "Common base class for all non-exit exceptions.")
SIMPLE_EXCEPTION(KeyboardInterrupt, BaseException, "Program interrupted by user.")
SIMPLE_EXCEPTION(GeneratorExit, BaseException, "Request that a generator exit.")
SIMPLE_EXCEPTION(TypeError, Exception, "Inappropriate argument type.")
SIMPLE_EXCEPTION(StopAsyncIteration, Exception, "Signal the end from iterator.__anext__().")
SIMPLE_EXCEPTION(EOFError, Exception, "Read beyond end of file.")
SIMPLE_EXCEPTION(RuntimeError, Exception, "Unspecified run-time error.")
SIMPLE_EXCEPTION(RecursionError, RuntimeError, "Recursion limit exceeded.")
SIMPLE_EXCEPTION(PythonFinalizationError, RuntimeError,
                 "Operation blocked during Python finalization.")
SIMPLE_EXCEPTION(NotImplementedError, RuntimeError,
                 "Method or function hasn't been implemented yet.")
SIMPLE_EXCEPTION(LookupError, Exception, "Base class for lookup errors.")
SIMPLE_EXCEPTION(IndexError, LookupError, "Sequence index out of range.")
SIMPLE_EXCEPTION(ValueError, Exception, "Inappropriate argument value (of correct type).")
SIMPLE_EXCEPTION(UnicodeError, ValueError, "Unicode related error.")
SIMPLE_EXCEPTION(AssertionError, Exception, "Assertion failed.")
SIMPLE_EXCEPTION(ArithmeticError, Exception, "Base class for arithmetic errors.")
SIMPLE_EXCEPTION(FloatingPointError, ArithmeticError, "Floating-point operation failed.")
SIMPLE_EXCEPTION(OverflowError, ArithmeticError, "Result too large to be represented.")
SIMPLE_EXCEPTION(ZeroDivisionError, ArithmeticError,
                 "Second argument to a division or modulo operation was zero.")
SIMPLE_EXCEPTION(SystemError, Exception,
                 "Internal error in the Python interpreter.\n\n"
                 "Please report this to the Python maintainer, along with the traceback,\n"
                 "the Python version, and the hardware/OS platform and version.")
SIMPLE_EXCEPTION(ReferenceError, Exception, "Weak ref proxy used after referent went away.")
SIMPLE_EXCEPTION(BufferError, Exception, "Buffer error.")
SIMPLE_EXCEPTION(Warning, Exception, "Base class for warning categories.")
SIMPLE_EXCEPTION(UserWarning, Warning, "Base class for warnings generated by user code.")
SIMPLE_EXCEPTION(EncodingWarning, Warning, "Base class for warnings about encodings.")
SIMPLE_EXCEPTION(DeprecationWarning, Warning,
                 "Base class for warnings about deprecated features.")
SIMPLE_EXCEPTION(PendingDeprecationWarning, Warning,
                 "Base class for warnings about features which will be deprecated\nin the future.")
SIMPLE_EXCEPTION(SyntaxWarning, Warning, "Base class for warnings about dubious syntax.")
SIMPLE_EXCEPTION(RuntimeWarning, Warning,
                 "Base class for warnings about dubious runtime behavior.")
SIMPLE_EXCEPTION(FutureWarning, Warning,
                 "Base class for warnings about constructs that will change semantically\n"
                 "in the future.")
SIMPLE_EXCEPTION(ImportWarning, Warning,
                 "Base class for warnings about probable mistakes in module imports")
SIMPLE_EXCEPTION(UnicodeWarning, Warning,
                 "Base class for warnings about Unicode related problems, mostly\n"
                 "related to conversion problems.")
SIMPLE_EXCEPTION(BytesWarning, Warning,
                 "Base class for warnings about bytes and buffer related problems, mostly\n"
                 "related to conversion from str or comparing to str.")
SIMPLE_EXCEPTION(ResourceWarning, Warning, "Base class for warnings about resource usage.")

// ---- KeyError ----

// A single key is shown by its repr, so that '' and 'a b' can be seen.
static PyObject *
key_error_str(PyObject *self)
{
    PyObject *args = exception_get_args(self);
    PyObject *result = tuple_size(args) == 1 ? object_repr(tuple_item_borrow(args, 0)) : NULL;
    bool single = tuple_size(args) == 1;
    decref(args);
    return single ? result : base_exception_str(self);
}

PyTypeObject _PyExc_KeyError = {
    EXCEPTION_TYPE_COMMON(KeyError, LookupError, PyBaseExceptionObject, "Mapping key not found."),
    .tp_dealloc = base_exception_dealloc,
    .tp_traverse = base_exception_traverse,
    .tp_clear = base_exception_clear,
    .tp_str = key_error_str,
    .tp_init = base_exception_init,
    .tp_new = base_exception_new,
    .tp_vectorcall = base_exception_vectorcall,
};

// ---- MemoryError ----

// Dead instances kept for the time when there is no memory for new ones.
#define MEMORY_ERROR_RESERVE 16

// An instance of exactly MemoryError with no arguments; NULL when the reserve is empty.
static PyObject *
memory_error_from_reserve(void)
{
    InterpreterRoots *roots = interpreter_roots();
    mutex_lock(&roots->memory_error_lock);
    PyObject *self = roots->memory_error_free;
    if (self != NULL) {
        roots->memory_error_free = EXC(self)->context;
        roots->memory_error_count--;
    }
    mutex_unlock(&roots->memory_error_lock);
    if (self == NULL) {
        return NULL;
    }
    EXC(self)->context = NULL;
    heap_object_init(self, &_PyExc_MemoryError);
    EXC(self)->args = tuple_empty();
    gc_track(self);
    return self;
}

// One from the heap, which may have memory again; NULL without an exception when it has not.
static PyObject *
memory_error_from_heap(void)
{
    PyObject *self = heap_try_alloc(thread_current(), sizeof(PyBaseExceptionObject),
                                    heap_kind_of_type(&_PyExc_MemoryError));
    if (self == NULL) {
        return NULL;
    }
    memset((PyObject *)self + 1, 0, sizeof(PyBaseExceptionObject) - sizeof(PyObject));
    heap_object_init(self, &_PyExc_MemoryError);
    EXC(self)->args = tuple_empty();
    gc_track(self);
    return self;
}

PyObject *
exception_memory_error_new(void)
{
    PyObject *self = memory_error_from_reserve();
    if (self == NULL) {
        self = memory_error_from_heap();
    }
    return self != NULL ? self : new_ref(interpreter_roots()->memory_error);
}

static PyObject *
memory_error_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (type != &_PyExc_MemoryError || tuple_size(args) > 0) {
        return base_exception_new(type, args, kwargs);
    }
    PyObject *self = memory_error_from_reserve();
    return self != NULL ? self : base_exception_new(type, args, kwargs);
}

static void
memory_error_dealloc(PyObject *self)
{
    gc_untrack(self);
    (void)base_exception_clear(self);
    if (type_of(self) != &_PyExc_MemoryError) {
        type_of(self)->tp_free(self);
        return;
    }
    EXC(self)->suppress_context = 0;
    InterpreterRoots *roots = interpreter_roots();
    mutex_lock(&roots->memory_error_lock);
    bool kept = roots->memory_error_count < MEMORY_ERROR_RESERVE;
    if (kept) {
        EXC(self)->context = roots->memory_error_free;
        roots->memory_error_free = self;
        roots->memory_error_count++;
    }
    mutex_unlock(&roots->memory_error_lock);
    if (!kept) {
        type_of(self)->tp_free(self);
    }
}

PyTypeObject _PyExc_MemoryError = {
    EXCEPTION_TYPE_COMMON(MemoryError, Exception, PyBaseExceptionObject, "Out of memory."),
    .tp_dealloc = memory_error_dealloc,
    .tp_traverse = base_exception_traverse,
    .tp_clear = base_exception_clear,
    .tp_init = base_exception_init,
    .tp_new = memory_error_new,
};

int
memory_error_init_reserve(void)
{
    InterpreterRoots *roots = interpreter_roots();
    PyObject *instances[MEMORY_ERROR_RESERVE] = {NULL};
    int result = 0;
    PyObject *no_args = tuple_empty();
    for (int i = 0; i < MEMORY_ERROR_RESERVE && result == 0; i++) {
        instances[i] = base_exception_new(&_PyExc_MemoryError, no_args, NULL);
        result = instances[i] == NULL ? -1 : 0;
    }
    if (result == 0) {
        roots->memory_error = base_exception_new(&_PyExc_MemoryError, no_args, NULL);
        result = roots->memory_error == NULL ? -1 : 0;
    }
    // Dying puts them into the reserve.
    for (int i = 0; i < MEMORY_ERROR_RESERVE; i++) {
        xdecref(instances[i]);
    }
    decref(no_args);
    return result;
}

void
exceptions_fini(void)
{
    InterpreterRoots *roots = interpreter_roots();
    mutex_lock(&roots->memory_error_lock);
    PyObject *self = roots->memory_error_free;
    roots->memory_error_free = NULL;
    roots->memory_error_count = MEMORY_ERROR_RESERVE;   // what dies from here on is freed
    mutex_unlock(&roots->memory_error_lock);
    while (self != NULL) {
        PyObject *next = EXC(self)->context;
        EXC(self)->context = NULL;
        heap_free(self);
        self = next;
    }
}

// ---- start-up ----

#define EXCEPTION_POINTER(name, base) PyObject *PyExc_##name = (PyObject *)&_PyExc_##name;
EXCEPTION_LIST(EXCEPTION_POINTER)
#undef EXCEPTION_POINTER
PyObject *PyExc_IncompleteInputError = (PyObject *)&_PyExc_IncompleteInputError;
PyObject *PyExc_EnvironmentError = (PyObject *)&_PyExc_OSError;
PyObject *PyExc_IOError = (PyObject *)&_PyExc_OSError;
PyObject *PyExc_ExceptionGroup;

int
exceptions_init(void)
{
    error_install_hooks();
    if (type_ready(&_PyExc_BaseException) < 0) {
        return -1;
    }
#define EXCEPTION_READY(name, base)             \
    if (type_ready(&_PyExc_##name) < 0) {       \
        return -1;                              \
    }
    EXCEPTION_LIST(EXCEPTION_READY)
#undef EXCEPTION_READY
    return type_ready(&_PyExc_IncompleteInputError);
}

// The instance for the time when the C stack does not suffice to make one.
static int
recursion_error_init(void)
{
    PyObject *text = str_from_cstr("maximum recursion depth exceeded");
    PyObject *args = text == NULL ? NULL : tuple_pack(1, text);
    PyObject *exc =
        args == NULL ? NULL : base_exception_new(&_PyExc_RecursionError, args, NULL);
    xdecref(text);
    xdecref(args);
    interpreter_roots()->recursion_error = exc;
    return exc == NULL ? -1 : 0;
}

int
exceptions_init_state(void)
{
    if (memory_error_init_reserve() < 0 || recursion_error_init() < 0 ||
        os_error_init_errno_map() < 0) {
        return -1;
    }
    return exception_group_init();
}

int
exceptions_add_builtins(PyObject *dict)
{
    if (dict_set_cstr(dict, "BaseException", PyExc_BaseException) < 0) {
        return -1;
    }
#define EXCEPTION_ADD(name, base)                           \
    if (dict_set_cstr(dict, #name, PyExc_##name) < 0) {     \
        return -1;                                          \
    }
    EXCEPTION_LIST(EXCEPTION_ADD)
#undef EXCEPTION_ADD
    if (dict_set_cstr(dict, "ExceptionGroup", PyExc_ExceptionGroup) < 0 ||
        dict_set_cstr(dict, "_IncompleteInputError", PyExc_IncompleteInputError) < 0 ||
        dict_set_cstr(dict, "EnvironmentError", PyExc_EnvironmentError) < 0 ||
        dict_set_cstr(dict, "IOError", PyExc_IOError) < 0) {
        return -1;
    }
    return 0;
}
