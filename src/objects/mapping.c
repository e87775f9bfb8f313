// The mapping protocol: see mapping.h. Stateless.
#include "objects/mapping.h"

#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/str.h"

bool
mapping_check(PyObject *op)
{
    return op != NULL && type_of(op)->tp_as_mapping != NULL &&
           type_of(op)->tp_as_mapping->mp_subscript != NULL;
}

Py_ssize_t
mapping_length(PyObject *op)
{
    PyTypeObject *type = type_of(op);
    if (type->tp_as_mapping != NULL && type->tp_as_mapping->mp_length != NULL) {
        return type->tp_as_mapping->mp_length(op);
    }
    bool sequence = type->tp_as_sequence != NULL && type->tp_as_sequence->sq_length != NULL;
    error_format(PyExc_TypeError,
                 sequence ? "%.200s is not a mapping" : "object of type '%.200s' has no len()",
                 type->tp_name);
    return -1;
}

PyObject *
mapping_getitem_cstr(PyObject *op, const char *key)
{
    PyObject *text = str_from_cstr(key);
    if (text == NULL) {
        return NULL;
    }
    PyObject *result = object_getitem(op, text);
    decref(text);
    return result;
}

int
mapping_setitem_cstr(PyObject *op, const char *key, PyObject *value)
{
    PyObject *text = str_from_cstr(key);
    if (text == NULL) {
        return -1;
    }
    int result = object_setitem(op, text, value);
    decref(text);
    return result;
}

int
mapping_getitem_optional(PyObject *op, PyObject *key, PyObject **result)
{
    if (dict_check_exact(op)) {
        return dict_get(op, key, result);
    }
    *result = object_getitem(op, key);
    if (*result != NULL) {
        return 1;
    }
    return error_clear_if(PyExc_KeyError) ? 0 : -1;
}

int
mapping_getitem_optional_cstr(PyObject *op, const char *key, PyObject **result)
{
    PyObject *text = str_from_cstr(key);
    if (text == NULL) {
        *result = NULL;
        return -1;
    }
    int found = mapping_getitem_optional(op, text, result);
    decref(text);
    return found;
}

int
mapping_haskey(PyObject *op, PyObject *key)
{
    PyObject *value;
    int found = mapping_getitem_optional(op, key, &value);
    xdecref(value);
    return found;
}

int
mapping_haskey_cstr(PyObject *op, const char *key)
{
    PyObject *value;
    int found = mapping_getitem_optional_cstr(op, key, &value);
    xdecref(value);
    return found;
}

// list(op.method())
static PyObject *
list_of_method(PyObject *op, PyObject *method)
{
    PyObject *view = object_call_method_noargs(op, method);
    if (view == NULL) {
        return NULL;
    }
    PyObject *iter = object_iter(view);
    if (iter == NULL) {
        if (error_matches(PyExc_TypeError)) {
            error_format(PyExc_TypeError, "%.200s.%U() returned a non-iterable (type %.200s)",
                         type_of(op)->tp_name, method, type_of(view)->tp_name);
        }
        decref(view);
        return NULL;
    }
    decref(view);
    PyObject *result = list_from_iterable(iter);
    decref(iter);
    return result;
}

PyObject *
mapping_keys(PyObject *op)
{
    return dict_check_exact(op) ? dict_keys_list(op) : list_of_method(op, ID(keys));
}

PyObject *
mapping_values(PyObject *op)
{
    return dict_check_exact(op) ? dict_values_list(op) : list_of_method(op, ID(values));
}

PyObject *
mapping_items(PyObject *op)
{
    return dict_check_exact(op) ? dict_items_list(op) : list_of_method(op, ID(items));
}
