// match statements (pattern.h).
#include "vm/pattern.h"

#include "abi/constants.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/set.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "vm/ops.h"

bool
pattern_has_flag(Value v, unsigned long flag)
{
    return value_is_pointer(v) && type_has_feature(type_of(value_pointer(v)), flag);
}

// ---- mappings ----

// The value of key, through get(key, sentinel) so that __missing__ is not asked: NULL without an
// exception when it is missing.
static PyObject *
mapping_pattern_get(PyObject *mapping, PyObject *get, PyObject *key, PyObject *sentinel)
{
    PyObject *value = NULL;
    if (dict_check_exact(mapping)) {
        return dict_get(mapping, key, &value) < 0 ? NULL : value;
    }
    value = object_call_twoargs(get, key, sentinel);
    if (value == sentinel) {
        clear_ref(value);
    }
    return value;
}

static PyObject *
mapping_pattern_values(PyObject *mapping, PyObject *keys, PyObject *get, PyObject *sentinel)
{
    Py_ssize_t n = tuple_size(keys);
    PyObject *seen = set_new(NULL);
    PyObject *values = list_new(0);
    PyObject *result = NULL;
    if (seen == NULL || values == NULL) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *key = tuple_item(keys, i);
        int again = set_contains(seen, key);
        if (again != 0 || set_add(seen, key) < 0) {
            if (again > 0) {
                error_format(PyExc_ValueError, "mapping pattern checks duplicate key (%R)", key);
            }
            goto done;
        }
        PyObject *value = mapping_pattern_get(mapping, get, key, sentinel);
        if (value == NULL) {
            result = error_occurred() ? NULL : new_ref(Py_None);
            goto done;
        }
        if (list_append_steal(values, value) < 0) {
            goto done;
        }
    }
    result = list_as_tuple(values);
done:
    xdecref(seen);
    xdecref(values);
    return result;
}

Value
pattern_keys(Value mapping_value, Value keys_value)
{
    PyObject *mapping = value_pointer(mapping_value), *keys = value_pointer(keys_value);
    PyObject *get = NULL, *sentinel = NULL, *result = NULL;
    if (tuple_size(keys) == 0) {
        return value_result(tuple_empty());
    }
    if (!dict_check_exact(mapping)) {
        get = object_getattr(mapping, ID(get));
        sentinel = get == NULL ? NULL : object_call_noargs((PyObject *)&PyBaseObject_Type);
        if (sentinel == NULL) {
            goto done;
        }
    }
    result = mapping_pattern_values(mapping, keys, get, sentinel);
done:
    xdecref(get);
    xdecref(sentinel);
    return value_result(result);
}

// ---- classes ----

// subject.name appended to values: 1, 0 when there is no such attribute, -1.
static int
class_pattern_attribute(PyObject *subject, PyTypeObject *type, PyObject *name, PyObject *seen,
                        PyObject *values)
{
    int again = set_contains(seen, name);
    if (again != 0 || set_add(seen, name) < 0) {
        if (again > 0) {
            error_format(PyExc_TypeError, "%s() got multiple sub-patterns for attribute %R",
                         type->tp_name, name);
        }
        return -1;
    }
    PyObject *value;
    int found = object_getattr_optional(subject, name, &value);
    if (found <= 0) {
        return found;
    }
    return list_append_steal(values, value) < 0 ? -1 : 1;
}

// __match_args__ of type: a tuple (empty when missing), NULL with TypeError.
static PyObject *
class_pattern_match_args(PyTypeObject *type, bool *match_self)
{
    PyObject *args;
    int found = object_getattr_optional((PyObject *)type, ID(__match_args__), &args);
    if (found < 0) {
        return NULL;
    }
    if (found == 0) {
        *match_self = type_has_feature(type, _Py_TPFLAGS_MATCH_SELF);
        return tuple_empty();
    }
    if (!tuple_check_exact(args)) {
        error_format(PyExc_TypeError, "%s.__match_args__ must be a tuple (got %s)", type->tp_name,
                     type_of(args)->tp_name);
        clear_ref(args);
    }
    return args;
}

// 1, 0 (no match) or -1.
static int
class_pattern_positional(PyObject *subject, PyTypeObject *type, int positional, PyObject *seen,
                         PyObject *values)
{
    bool match_self = false;
    PyObject *args = class_pattern_match_args(type, &match_self);
    if (args == NULL) {
        return -1;
    }
    int result = 1;
    Py_ssize_t allowed = match_self ? 1 : tuple_size(args);
    if (allowed < positional) {
        error_format(PyExc_TypeError, "%s() accepts %zd positional sub-pattern%s (%d given)",
                     type->tp_name, allowed, allowed == 1 ? "" : "s", positional);
        result = -1;
    }
    else if (match_self) {
        result = list_append(values, subject) < 0 ? -1 : 1;
    }
    for (int i = 0; !match_self && i < positional && result > 0; i++) {
        PyObject *name = tuple_item(args, i);
        if (!str_check_exact(name)) {
            error_format(PyExc_TypeError, "__match_args__ elements must be strings (got %s)",
                         type_of(name)->tp_name);
            result = -1;
            break;
        }
        result = class_pattern_attribute(subject, type, name, seen, values);
    }
    decref(args);
    return result;
}

static PyObject *
class_pattern(PyObject *subject, PyTypeObject *type, int positional, PyObject *names)
{
    PyObject *seen = set_new(NULL), *values = list_new(0), *result = NULL;
    int match = seen != NULL && values != NULL ? 1 : -1;
    if (match > 0 && positional > 0) {
        match = class_pattern_positional(subject, type, positional, seen, values);
    }
    for (Py_ssize_t i = 0; match > 0 && i < tuple_size(names); i++) {
        match = class_pattern_attribute(subject, type, tuple_item(names, i), seen, values);
    }
    if (match > 0) {
        result = list_as_tuple(values);
    }
    else if (match == 0) {
        result = new_ref(Py_None);
    }
    xdecref(seen);
    xdecref(values);
    return result;
}

Value
pattern_class(Value subject, Value cls, int positional, Value names)
{
    Box box, type;
    if (!box_borrow(&box, subject)) {
        return VALUE_UNSET;
    }
    PyObject *result = NULL;
    if (box_borrow(&type, cls)) {
        if (!type_check(type.op)) {
            error_set(PyExc_TypeError, "called match pattern must be a class");
        }
        else {
            int instance = object_isinstance(box.op, type.op);
            result = instance < 0   ? NULL
                     : instance == 0 ? new_ref(Py_None)
                                     : class_pattern(box.op, (PyTypeObject *)type.op, positional,
                                                     value_pointer(names));
        }
        box_release(&type);
    }
    box_release(&box);
    return value_result(result);
}
