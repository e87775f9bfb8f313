// Exception classes with attributes of their own that come from arguments: StopIteration,
// SystemExit, ImportError, NameError, AttributeError.
#include "objects/exceptions_internal.h"

#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/str.h"
#include "objects/tuple.h"

// ---- StopIteration ----

EXCEPTION_FIELD_SLOTS(stop_iteration, PyStopIterationObject, value, value)

static int
stop_iteration_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (base_exception_init(self, args, kwargs) < 0) {
        return -1;
    }
    PyObject *value = tuple_size(args) > 0 ? tuple_item_borrow(args, 0) : Py_None;
    exception_set_field(self, &((PyStopIterationObject *)self)->value, value);
    return 0;
}

PyObject *
stop_iteration_value(PyObject *exc)
{
    PyObject *value = exception_field(exc, &((PyStopIterationObject *)exc)->value);
    return value == NULL ? Py_None : value;
}

int
error_take_stop_iteration(PyObject **value)
{
    *value = NULL;
    if (!error_occurred()) {
        *value = Py_None;
        return 0;
    }
    if (!error_matches(PyExc_StopIteration)) {
        return -1;
    }
    PyObject *exc = error_take();
    *value = stop_iteration_value(exc);
    decref(exc);
    return 0;
}

static PyMemberDef stop_iteration_members[] = {
    {"value", _Py_T_OBJECT, offsetof(PyStopIterationObject, value), 0, "generator return value"},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject _PyExc_StopIteration = {
    EXCEPTION_TYPE_COMMON(StopIteration, Exception, PyStopIterationObject,
                          "Signal the end from iterator.__next__()."),
    .tp_dealloc = stop_iteration_dealloc,
    .tp_traverse = stop_iteration_traverse,
    .tp_clear = stop_iteration_clear,
    .tp_members = stop_iteration_members,
    .tp_init = stop_iteration_init,
    .tp_new = base_exception_new,
};

// ---- SystemExit ----

EXCEPTION_FIELD_SLOTS(system_exit, PySystemExitObject, code, code)

static int
system_exit_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (base_exception_init(self, args, kwargs) < 0) {
        return -1;
    }
    Py_ssize_t n = tuple_size(args);
    if (n > 0) {
        exception_set_field(self, &((PySystemExitObject *)self)->code,
                            n == 1 ? tuple_item_borrow(args, 0) : args);
    }
    return 0;
}

static PyMemberDef system_exit_members[] = {
    {"code", _Py_T_OBJECT, offsetof(PySystemExitObject, code), 0, "exception code"},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject _PyExc_SystemExit = {
    EXCEPTION_TYPE_COMMON(SystemExit, BaseException, PySystemExitObject,
                          "Request to exit from the interpreter."),
    .tp_dealloc = system_exit_dealloc,
    .tp_traverse = system_exit_traverse,
    .tp_clear = system_exit_clear,
    .tp_members = system_exit_members,
    .tp_init = system_exit_init,
    .tp_new = base_exception_new,
};

// Sets args, then fields from keyword arguments: names[i] goes to *fields[i]. `format` is that
// of args_parse_keywords with as many objects as there are fields (at most three).
static int
init_with_keywords(PyObject *self, PyObject *args, PyObject *kwargs, const char *format,
                   const char *const *names, PyObject **fields[3])
{
    PyObject *values[3] = {NULL, NULL, NULL};
    if (base_exception_init(self, args, NULL) < 0) {
        return -1;
    }
    PyObject *empty = tuple_empty();
    int parsed = args_parse_keywords(empty, kwargs, format, names, &values[0], &values[1],
                                     &values[2]);
    decref(empty);
    if (!parsed) {
        return -1;
    }
    for (int i = 0; i < 3 && fields[i] != NULL; i++) {
        exception_set_field(self, fields[i], values[i]);
    }
    return 0;
}

// Adds a field to a state dict unless it is unset.
static int
state_add(PyObject *state, PyObject *self, PyObject *name, PyObject **field)
{
    PyObject *value = exception_field(self, field);
    int result = value == NULL ? 0 : dict_set(state, name, value);
    xdecref(value);
    return result;
}

// A copy of the instance dict, or a new dict.
static PyObject *
state_new(PyObject *self)
{
    PyObject *dict = exception_dict(self);
    if (dict == NULL) {
        return dict_new();
    }
    PyObject *copy = dict_copy(dict);
    decref(dict);
    return copy;
}

// ---- ImportError ----

EXCEPTION_FIELD_SLOTS(import_error, PyImportErrorObject, msg, name_from)

#define IMPORT(op) ((PyImportErrorObject *)(op))

static int
import_error_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"name", "path", "name_from", NULL};
    PyObject **fields[3] = {&IMPORT(self)->name, &IMPORT(self)->path, &IMPORT(self)->name_from};
    if (init_with_keywords(self, args, kwargs, "|$OOO:ImportError", names, fields) < 0) {
        return -1;
    }
    exception_set_field(self, &IMPORT(self)->msg,
                        tuple_size(args) == 1 ? tuple_item_borrow(args, 0) : NULL);
    return 0;
}

static PyObject *
import_error_str(PyObject *self)
{
    PyObject *msg = exception_field(self, &IMPORT(self)->msg);
    if (msg != NULL && str_check_exact(msg)) {
        return msg;
    }
    xdecref(msg);
    return base_exception_str(self);
}

static PyObject *
import_error_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    PyObject *state = state_new(self);
    if (state == NULL || state_add(state, self, ID(name), &IMPORT(self)->name) < 0 ||
        state_add(state, self, ID(path), &IMPORT(self)->path) < 0 ||
        state_add(state, self, ID(name_from), &IMPORT(self)->name_from) < 0) {
        xdecref(state);
        return NULL;
    }
    if (dict_size(state) == 0) {
        clear_ref(state);
    }
    return exception_reduce_steal(self, exception_get_args(self), state);
}

static PyMemberDef import_error_members[] = {
    {"msg", _Py_T_OBJECT, offsetof(PyImportErrorObject, msg), 0, "exception message"},
    {"name", _Py_T_OBJECT, offsetof(PyImportErrorObject, name), 0, "module name"},
    {"path", _Py_T_OBJECT, offsetof(PyImportErrorObject, path), 0, "module path"},
    {"name_from", _Py_T_OBJECT, offsetof(PyImportErrorObject, name_from), 0,
     "name imported from module"},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef import_error_methods[] = {
    {"__reduce__", import_error_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyTypeObject _PyExc_ImportError = {
    EXCEPTION_TYPE_COMMON(ImportError, Exception, PyImportErrorObject,
                          "Import can't find module, or can't find name in module."),
    .tp_dealloc = import_error_dealloc,
    .tp_traverse = import_error_traverse,
    .tp_clear = import_error_clear,
    .tp_str = import_error_str,
    .tp_methods = import_error_methods,
    .tp_members = import_error_members,
    .tp_init = import_error_init,
    .tp_new = base_exception_new,
};

PyTypeObject _PyExc_ModuleNotFoundError = {
    EXCEPTION_TYPE_COMMON(ModuleNotFoundError, ImportError, PyImportErrorObject,
                          "Module not found."),
    .tp_dealloc = import_error_dealloc,
    .tp_traverse = import_error_traverse,
    .tp_clear = import_error_clear,
    .tp_init = import_error_init,
    .tp_new = base_exception_new,
};

// ---- NameError ----

EXCEPTION_FIELD_SLOTS(name_error, PyNameErrorObject, name, name)

static int
name_error_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"name", NULL};
    PyObject **fields[3] = {&((PyNameErrorObject *)self)->name, NULL, NULL};
    return init_with_keywords(self, args, kwargs, "|$O:NameError", names, fields);
}

static PyMemberDef name_error_members[] = {
    {"name", _Py_T_OBJECT, offsetof(PyNameErrorObject, name), 0, "name"},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject _PyExc_NameError = {
    EXCEPTION_TYPE_COMMON(NameError, Exception, PyNameErrorObject, "Name not found globally."),
    .tp_dealloc = name_error_dealloc,
    .tp_traverse = name_error_traverse,
    .tp_clear = name_error_clear,
    .tp_str = base_exception_str,
    .tp_members = name_error_members,
    .tp_init = name_error_init,
    .tp_new = base_exception_new,
};

PyTypeObject _PyExc_UnboundLocalError = {
    EXCEPTION_TYPE_COMMON(UnboundLocalError, NameError, PyNameErrorObject,
                          "Local name referenced but not bound to a value."),
    .tp_dealloc = name_error_dealloc,
    .tp_traverse = name_error_traverse,
    .tp_clear = name_error_clear,
    .tp_init = name_error_init,
    .tp_new = base_exception_new,
};

// ---- AttributeError ----

EXCEPTION_FIELD_SLOTS(attribute_error, PyAttributeErrorObject, obj, name)

#define ATTRIBUTE(op) ((PyAttributeErrorObject *)(op))

static int
attribute_error_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"name", "obj", NULL};
    PyObject **fields[3] = {&ATTRIBUTE(self)->name, &ATTRIBUTE(self)->obj, NULL};
    return init_with_keywords(self, args, kwargs, "|$OO:AttributeError", names, fields);
}

// obj is left out: pickling an error must not depend on what the program looked at.
static PyObject *
attribute_error_getstate(PyObject *self, PyObject *unused)
{
    (void)unused;
    PyObject *state = state_new(self);
    if (state == NULL || state_add(state, self, ID(name), &ATTRIBUTE(self)->name) < 0 ||
        state_add(state, self, ID(args), &EXC(self)->args) < 0) {
        xdecref(state);
        return NULL;
    }
    return state;
}

static PyObject *
attribute_error_reduce(PyObject *self, PyObject *unused)
{
    PyObject *state = attribute_error_getstate(self, unused);
    if (state == NULL) {
        return NULL;
    }
    return exception_reduce_steal(self, exception_get_args(self), state);
}

static PyMemberDef attribute_error_members[] = {
    {"name", _Py_T_OBJECT, offsetof(PyAttributeErrorObject, name), 0, "attribute name"},
    {"obj", _Py_T_OBJECT, offsetof(PyAttributeErrorObject, obj), 0, "object"},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef attribute_error_methods[] = {
    {"__getstate__", attribute_error_getstate, METH_NOARGS, NULL},
    {"__reduce__", attribute_error_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyTypeObject _PyExc_AttributeError = {
    EXCEPTION_TYPE_COMMON(AttributeError, Exception, PyAttributeErrorObject,
                          "Attribute not found."),
    .tp_dealloc = attribute_error_dealloc,
    .tp_traverse = attribute_error_traverse,
    .tp_clear = attribute_error_clear,
    .tp_str = base_exception_str,
    .tp_methods = attribute_error_methods,
    .tp_members = attribute_error_members,
    .tp_init = attribute_error_init,
    .tp_new = base_exception_new,
};
