// Calling classes, and what `object` itself does about arguments.
//
// type_call is tp_call of type. Classes made by Python code are called through
// type_class_vectorcall, which passes arguments on to __init__ without building a tuple when the
// class allocates as object does.
//
// Threading: slots are read once per step; a class that changes meanwhile behaves like the old or the
// new one.
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/list.h"
#include "objects/slots.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type_internal.h"

// ---- object.__new__ and object.__init__ ----

static bool
has_arguments(PyObject *args, PyObject *kwargs)
{
    return tuple_size(args) > 0 || (kwargs != NULL && dict_size(kwargs) > 0);
}

static void
set_abstract_error(PyTypeObject *type)
{
    PyObject *list = NULL;
    PyObject *joined = NULL;
    PyObject *separator = NULL;
    PyObject *methods = object_getattr((PyObject *)type, ID(__abstractmethods__));
    if (methods == NULL) {
        return;
    }
    list = list_from_iterable(methods);
    decref(methods);
    if (list == NULL || list_sort(list) < 0) {
        goto done;
    }
    separator = str_from_cstr("', '");
    joined = separator == NULL ? NULL : str_join(separator, list);
    if (joined != NULL) {
        error_format(PyExc_TypeError,
                     "Can't instantiate abstract class %s without an implementation for abstract "
                     "method%s '%U'", type->tp_name, list_size(list) > 1 ? "s" : "", joined);
    }
done:
    xdecref(separator);
    xdecref(joined);
    xdecref(list);
}

PyObject *
object_object_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (has_arguments(args, kwargs)) {
        if (type->tp_new != object_object_new) {
            return error_set(PyExc_TypeError, "object.__new__() takes exactly one argument (the type "
                             "to instantiate)");
        }
        if (type->tp_init == object_object_init) {
            return error_format(PyExc_TypeError, "%.200s() takes no arguments", type->tp_name);
        }
    }
    if (type_has_feature(type, Py_TPFLAGS_IS_ABSTRACT)) {
        set_abstract_error(type);
        return NULL;
    }
    return type->tp_alloc(type, 0);
}

int
object_object_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyTypeObject *type = type_of(self);
    if (has_arguments(args, kwargs)) {
        if (type->tp_init != object_object_init) {
            error_set(PyExc_TypeError, "object.__init__() takes exactly one argument (the instance to "
                      "initialize)");
            return -1;
        }
        if (type->tp_new == object_object_new) {
            error_format(PyExc_TypeError, "%.200s.__init__() takes exactly one argument (the instance "
                         "to initialize)", type->tp_name);
            return -1;
        }
    }
    return 0;
}

// ---- type.__call__ ----

// type(x) is a question, not a call of a class.
static int
is_type_query(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (type != &PyType_Type) {
        return 0;
    }
    Py_ssize_t n = tuple_size(args);
    if (n == 1 && (kwargs == NULL || dict_size(kwargs) == 0)) {
        return 1;
    }
    if (n != 3) {
        error_set(PyExc_TypeError, "type() takes 1 or 3 arguments");
        return -1;
    }
    return 0;
}

PyObject *
type_call(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    PyTypeObject *type = (PyTypeObject *)cls;
    int query = is_type_query(type, args, kwargs);
    if (query != 0) {
        return query < 0 ? NULL : (PyObject *)new_ref(type_of(tuple_item(args, 0)));
    }
    if (type->tp_new == NULL) {
        return error_format(PyExc_TypeError, "cannot create '%s' instances", type->tp_name);
    }
    PyObject *obj = call_check_result(cls, type->tp_new(type, args, kwargs), NULL);
    if (obj == NULL) {
        return NULL;
    }
    // __new__ may have made something else, which is nobody's to initialise.
    if (!object_type_check(obj, type)) {
        return obj;
    }
    initproc init = type_of(obj)->tp_init;
    if (init != NULL && init(obj, args, kwargs) < 0) {
        decref(obj);
        return NULL;
    }
    return obj;
}

// ---- vectorcall ----

// __init__ of a fresh instance: 0 or -1.
static int
call_init(PyObject *obj, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    int unbound;
    PyObject *init = type_lookup_special_method(obj, ID(__init__), &unbound);
    if (init == NULL) {
        if (!error_occurred()) {
            error_set_object(PyExc_AttributeError, ID(__init__));
        }
        return -1;
    }
    PyObject *result = unbound ? object_vectorcall_prepend(init, obj, args, nargsf, kwnames)
                               : object_vectorcall(init, args, nargsf, kwnames);
    decref(init);
    if (result == NULL) {
        return -1;
    }
    if (result != Py_None) {
        error_format(PyExc_TypeError, "__init__() should return None, not '%.200s'",
                     type_of(result)->tp_name);
        decref(result);
        return -1;
    }
    return 0;
}

PyObject *
type_class_vectorcall(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    PyTypeObject *type = (PyTypeObject *)cls;
    Py_ssize_t nargs = vectorcall_nargs(nargsf);
    bool plain = type->tp_new == object_object_new &&
                 !type_has_feature(type, Py_TPFLAGS_IS_ABSTRACT) && type->tp_alloc == type_alloc;
    if (plain && type->tp_init == slot_tp_init) {
        PyObject *obj = type_alloc(type, 0);
        if (obj != NULL && call_init(obj, args, nargsf, kwnames) < 0) {
            clear_ref(obj);
        }
        return obj;
    }
    if (plain && type->tp_init == object_object_init && nargs == 0 && kwnames == NULL) {
        return type_alloc(type, 0);
    }
    PyObject *result = NULL;
    PyObject *tuple = tuple_from_array(args, nargs);
    PyObject *kwargs = NULL;
    if (tuple != NULL && kwnames != NULL && tuple_size(kwnames) > 0) {
        kwargs = call_stack_as_dict(args + nargs, kwnames);
        if (kwargs == NULL) {
            clear_ref(tuple);
        }
    }
    if (tuple != NULL) {
        result = type_call(cls, tuple, kwargs);
    }
    xdecref(tuple);
    xdecref(kwargs);
    return result;
}
