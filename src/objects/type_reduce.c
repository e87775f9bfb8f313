// Pickling support of `object`: __reduce_ex__, __reduce__ and __getstate__.
//
// Protocols 0 and 1 are done by copyreg in Python; from protocol 2 on an object is rebuilt by
// cls.__new__ with the arguments of __getnewargs_ex__/__getnewargs__ and a state (PEP 307, PEP 3154).
//
// Threading: no state; attributes are read as anybody reads them.
#include "objects/type_reduce.h"

#include "base/hooks.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/cfunction.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type_internal.h"

static PyObject *
copyreg_attribute(PyObject *name)
{
    PyObject *module = hooks.import_module("copyreg");
    if (module == NULL) {
        return NULL;
    }
    PyObject *result = object_getattr(module, name);
    decref(module);
    return result;
}

static PyObject *
set_unpicklable(PyObject *op)
{
    return error_format(PyExc_TypeError, "cannot pickle '%.200s' object", type_of(op)->tp_name);
}

// ---- state ----

// Names of the __slots__ along the MRO: a list or None, cached in the class by copyreg.
static PyObject *
slot_names(PyTypeObject *type)
{
    PyObject *names;
    int found = type_get_own(type, ID(__slotnames__), &names);
    if (found < 0) {
        return NULL;
    }
    if (found == 0) {
        PyObject *function = copyreg_attribute(ID(_slotnames));
        if (function == NULL) {
            return NULL;
        }
        names = object_call_onearg(function, (PyObject *)type);
        decref(function);
    }
    if (names != NULL && names != Py_None && !list_check(names)) {
        error_format(PyExc_TypeError, found == 0 ? "copyreg._slotnames didn't return a list or None"
                                                 : "%.200s.__slotnames__ should be a list or None, "
                                                   "not %.200s",
                     type->tp_name, type_of(names)->tp_name);
        clear_ref(names);
    }
    return names;
}

// Whether the instance has C fields that no state covers.
static bool
has_hidden_fields(PyTypeObject *type, PyObject *names)
{
    Py_ssize_t size = (Py_ssize_t)sizeof(PyObject);
    if (type->tp_dictoffset > 0) {
        size += (Py_ssize_t)sizeof(PyObject *);
    }
    if (type->tp_weaklistoffset > 0) {
        size += (Py_ssize_t)sizeof(PyObject *);
    }
    if (names != Py_None) {
        size += (Py_ssize_t)sizeof(PyObject *) * list_size(names);
    }
    return type->tp_basicsize > size;
}

// {name: value} of the slots that are set.
static PyObject *
slots_state(PyObject *op, PyObject *names)
{
    PyObject *slots = dict_new();
    for (Py_ssize_t i = 0; slots != NULL && i < list_size(names); i++) {
        PyObject *name = list_get(names, i);
        PyObject *value = NULL;
        int found = name == NULL ? -1 : object_getattr_optional(op, name, &value);
        if (found < 0 || (found > 0 && dict_set(slots, name, value) < 0)) {
            clear_ref(slots);
        }
        xdecref(value);
        xdecref(name);
    }
    return slots;
}

static PyObject *
instance_state(PyObject *op)
{
    if (attributes_is_empty(op)) {
        return new_ref(Py_None);
    }
    PyObject *dict = attributes_copy_dict(op);
    return dict == NULL && !error_occurred() ? new_ref(Py_None) : dict;
}

static PyObject *
default_state(PyObject *op, bool required)
{
    PyTypeObject *type = type_of(op);
    if (required && type->tp_itemsize != 0) {
        return set_unpicklable(op);
    }
    PyObject *state = instance_state(op);
    PyObject *names = state == NULL ? NULL : slot_names(type);
    if (names == NULL) {
        xdecref(state);
        return NULL;
    }
    if (required && has_hidden_fields(type, names)) {
        set_unpicklable(op);
        clear_ref(state);
    }
    else if (names != Py_None && list_size(names) > 0) {
        PyObject *slots = slots_state(op, names);
        if (slots == NULL) {
            clear_ref(state);
        }
        else if (dict_size(slots) > 0) {
            PyObject *both = tuple_pack(2, state, slots);
            decref(state);
            state = both;
        }
        xdecref(slots);
    }
    decref(names);
    return state;
}

PyObject *
object_getstate_method(PyObject *self, PyObject *unused)
{
    (void)unused;
    return default_state(self, false);
}

// op.__getstate__(), or the default with its checks when it is not overridden.
static PyObject *
state_of(PyObject *op, bool required)
{
    PyObject *method = object_getattr(op, ID(__getstate__));
    if (method == NULL) {
        return NULL;
    }
    PyObject *state;
    if (cfunction_check_exact(method) && ((PyCFunctionObject *)method)->m_self == op &&
        ((PyCFunctionObject *)method)->m_ml->ml_meth == object_getstate_method) {
        state = default_state(op, required);
    }
    else {
        state = object_call_noargs(method);
    }
    decref(method);
    return state;
}

// ---- arguments of __new__ ----

static int
split_newargs_ex(PyObject *result, PyObject **args, PyObject **kwargs)
{
    if (!tuple_check(result)) {
        error_format(PyExc_TypeError, "__getnewargs_ex__ should return a tuple, not '%.200s'",
                     type_of(result)->tp_name);
        return -1;
    }
    if (tuple_size(result) != 2) {
        error_format(PyExc_ValueError, "__getnewargs_ex__ should return a tuple of length 2, not %zd",
                     tuple_size(result));
        return -1;
    }
    PyObject *first = tuple_item(result, 0);
    PyObject *second = tuple_item(result, 1);
    if (!tuple_check(first)) {
        error_format(PyExc_TypeError, "first item of the tuple returned by __getnewargs_ex__ must be a "
                     "tuple, not '%.200s'", type_of(first)->tp_name);
        return -1;
    }
    if (!dict_check(second)) {
        error_format(PyExc_TypeError, "second item of the tuple returned by __getnewargs_ex__ must be a "
                     "dict, not '%.200s'", type_of(second)->tp_name);
        return -1;
    }
    *args = new_ref(first);
    *kwargs = new_ref(second);
    return 0;
}

// *args and *kwargs are NULL when op has neither method.
static int
new_arguments(PyObject *op, PyObject **args, PyObject **kwargs)
{
    *args = *kwargs = NULL;
    PyObject *method = object_lookup_special(op, ID(__getnewargs_ex__));
    if (method != NULL) {
        PyObject *result = object_call_noargs(method);
        decref(method);
        int status = result == NULL ? -1 : split_newargs_ex(result, args, kwargs);
        xdecref(result);
        return status;
    }
    if (error_occurred()) {
        return -1;
    }
    method = object_lookup_special(op, ID(__getnewargs__));
    if (method == NULL) {
        return error_occurred() ? -1 : 0;
    }
    *args = object_call_noargs(method);
    decref(method);
    if (*args != NULL && !tuple_check(*args)) {
        error_format(PyExc_TypeError, "__getnewargs__ should return a tuple, not '%.200s'",
                     type_of(*args)->tp_name);
        clear_ref(*args);
    }
    return *args == NULL ? -1 : 0;
}

// (cls, *args)
static PyObject *
prepend_class(PyObject *op, PyObject *args)
{
    Py_ssize_t n = args == NULL ? 0 : tuple_size(args);
    PyObject *result = tuple_new(n + 1);
    if (result == NULL) {
        return NULL;
    }
    PyObject *cls = object_getattr(op, ID(__class__));
    if (cls == NULL) {
        decref(result);
        return NULL;
    }
    tuple_set_item_steal(result, 0, cls);
    for (Py_ssize_t i = 0; i < n; i++) {
        tuple_set_item_steal(result, i + 1, new_ref(tuple_item(args, i)));
    }
    return result;
}

// ---- items of lists and dicts ----

static PyObject *
list_items(PyObject *op)
{
    return list_check(op) ? object_iter(op) : new_ref(Py_None);
}

static PyObject *
dict_items(PyObject *op)
{
    if (!dict_check(op)) {
        return new_ref(Py_None);
    }
    PyObject *items = object_call_method_noargs(op, ID(items));
    PyObject *iter = items == NULL ? NULL : object_iter(items);
    xdecref(items);
    return iter;
}

// ---- reduction ----

// The function and its arguments that make the bare object.
static int
make_constructor(PyObject *op, PyObject *args, PyObject *kwargs, PyObject **function,
                 PyObject **newargs)
{
    if (kwargs == NULL || dict_size(kwargs) == 0) {
        *function = copyreg_attribute(ID(__newobj__));
        *newargs = *function == NULL ? NULL : prepend_class(op, args);
    }
    else {
        *function = copyreg_attribute(ID(__newobj_ex__));
        PyObject *cls = *function == NULL ? NULL : object_getattr(op, ID(__class__));
        *newargs = cls == NULL ? NULL : tuple_pack(3, cls, args, kwargs);
        xdecref(cls);
    }
    return *newargs == NULL ? -1 : 0;
}

PyObject *
object_reduce_newobj(PyObject *op)
{
    PyObject *args = NULL, *kwargs = NULL, *function = NULL, *newargs = NULL;
    PyObject *state = NULL, *items = NULL, *pairs = NULL, *result = NULL;
    if (type_of(op)->tp_new == NULL) {
        return set_unpicklable(op);
    }
    if (new_arguments(op, &args, &kwargs) < 0 ||
        make_constructor(op, args, kwargs, &function, &newargs) < 0) {
        goto done;
    }
    state = state_of(op, args == NULL && !list_check(op) && !dict_check(op));
    items = state == NULL ? NULL : list_items(op);
    pairs = items == NULL ? NULL : dict_items(op);
    if (pairs != NULL) {
        result = tuple_pack(5, function, newargs, state, items, pairs);
    }
done:
    xdecref(args);
    xdecref(kwargs);
    xdecref(function);
    xdecref(newargs);
    xdecref(state);
    xdecref(items);
    xdecref(pairs);
    return result;
}

static PyObject *
reduce_common(PyObject *op, int protocol)
{
    if (protocol >= 2) {
        return object_reduce_newobj(op);
    }
    PyObject *function = copyreg_attribute(ID(_reduce_ex));
    PyObject *number = function == NULL ? NULL : int_from_i64(protocol);
    PyObject *result = number == NULL ? NULL : object_call_twoargs(function, op, number);
    xdecref(number);
    xdecref(function);
    return result;
}

PyObject *
object_reduce_method(PyObject *self, PyObject *unused)
{
    (void)unused;
    return reduce_common(self, 0);
}

PyObject *
object_reduce_ex_method(PyObject *self, PyObject *arg)
{
    int protocol = int_as_int(arg);
    if (protocol == -1 && error_occurred()) {
        return NULL;
    }
    PyObject *reduce;
    if (object_getattr_optional(self, ID(__reduce__), &reduce) < 0) {
        return NULL;
    }
    if (reduce != NULL) {
        PyObject *of_class = object_getattr((PyObject *)type_of(self), ID(__reduce__));
        PyObject *of_object = type_lookup(&PyBaseObject_Type, ID(__reduce__));
        bool overridden = of_class != of_object;
        PyObject *result = NULL;
        if (of_class != NULL && overridden) {
            result = object_call_noargs(reduce);
        }
        bool done = of_class == NULL || overridden;
        decref(reduce);
        xdecref(of_class);
        xdecref(of_object);
        if (done) {
            return result;
        }
    }
    return reduce_common(self, protocol);
}
