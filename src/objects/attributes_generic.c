// object_generic_getattr and object_generic_setattr: the attribute protocol of most types.
//
// Order of a load: data descriptor on the class, attribute of the instance, other descriptor or
// value on the class. Order of a store: descriptor with __set__, instance.
//
// Threading: what attributes.c and type_lookup.c promise.
#include "objects/attributes.h"
#include "objects/descr.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/str.h"
#include "objects/type.h"

static int
name_check(PyObject *name)
{
    if (!str_check(name)) {
        error_format(PyExc_TypeError, "attribute name must be string, not '%.200s'",
                     type_of(name)->tp_name);
        return -1;
    }
    return 0;
}

static int
ready_check(PyTypeObject *type)
{
    return type->tp_dict == NULL ? type_ready(type) : 0;
}

// ---- loads ----

// An instance attribute, from the given dict or from op itself.
static int
instance_value(PyObject *op, PyObject *name, PyObject *dict, Value *result)
{
    if (dict != NULL) {
        incref(dict);
        int found = dict_get_value(dict, name, result);
        decref(dict);
        return found;
    }
    return attributes_get_instance_value(op, name, result);
}

// What a descriptor gives, as a value; VALUE_UNSET with an exception.
static Value
descr_value(descrgetfunc get, PyObject *descr, PyObject *op, PyTypeObject *type)
{
    PyObject *result = get(descr, op, (PyObject *)type);
    return result == NULL ? VALUE_UNSET : value_from_object_steal(result);
}

// 1 and *result set, 0 when the attribute is missing, -1 with an exception.
static int
generic_load(PyObject *op, PyObject *name, PyObject *dict, Value *result)
{
    PyTypeObject *type = type_of(op);
    *result = VALUE_UNSET;
    if (name_check(name) < 0 || ready_check(type) < 0) {
        return -1;
    }
    PyObject *descr = type_lookup(type, name);
    descrgetfunc get = NULL;
    if (descr != NULL) {
        get = type_of(descr)->tp_descr_get;
        if (get != NULL && descr_is_data(descr)) {
            *result = descr_value(get, descr, op, type);
            decref(descr);
            return value_is_unset(*result) ? -1 : 1;
        }
    }
    int found = 0;
    if (dict != NULL || type->tp_dictoffset != 0 || type_has_managed_dict(type)) {
        found = instance_value(op, name, dict, result);
    }
    if (found != 0 || descr == NULL) {
        xdecref(descr);
        return found;
    }
    if (get == NULL) {
        *result = value_from_object_steal(descr);
        return 1;
    }
    *result = descr_value(get, descr, op, type);
    decref(descr);
    return value_is_unset(*result) ? -1 : 1;
}

static void
set_missing(PyObject *op, PyObject *name)
{
    error_set_attribute(op, name, "'%.100s' object has no attribute '%U'", type_of(op)->tp_name,
                        name);
}

PyObject *
object_generic_getattr_with_dict(PyObject *op, PyObject *name, PyObject *dict, bool suppress)
{
    Value v;
    int found = generic_load(op, name, dict, &v);
    if (found > 0) {
        return value_box_steal(v);
    }
    if (found < 0) {
        if (suppress) {
            error_clear_if(PyExc_AttributeError);
        }
    }
    else if (!suppress) {
        set_missing(op, name);
    }
    return NULL;
}

PyObject *
object_generic_getattr(PyObject *op, PyObject *name)
{
    return object_generic_getattr_with_dict(op, name, NULL, false);
}

int
object_generic_getattr_optional(PyObject *op, PyObject *name, PyObject **result)
{
    Value v;
    *result = NULL;
    int found = generic_load(op, name, NULL, &v);
    if (found > 0) {
        *result = value_box_steal(v);
        return *result == NULL ? -1 : 1;
    }
    if (found < 0 && error_clear_if(PyExc_AttributeError)) {
        return 0;
    }
    return found;
}

Value
object_getattr_value(PyObject *op, PyObject *name)
{
    if (type_of(op)->tp_getattro == object_generic_getattr) {
        Value v;
        int found = generic_load(op, name, NULL, &v);
        if (found == 0) {
            set_missing(op, name);
        }
        else if (found < 0) {
            error_set_attribute_context(op, name);
        }
        return v;
    }
    PyObject *result = object_getattr(op, name);
    return result == NULL ? VALUE_UNSET : value_from_object_steal(result);
}

// ---- stores ----

// The class has neither a descriptor to store through nor room for instance attributes.
static void
set_refused(PyObject *op, PyObject *name, PyObject *descr)
{
    PyTypeObject *type = type_of(op);
    if (descr != NULL) {
        error_set_attribute(op, name, "'%.100s' object attribute '%U' is read-only",
                            type->tp_name, name);
    }
    else if (type->tp_setattro == object_generic_setattr) {
        error_set_attribute(op, name,
                            "'%.100s' object has no attribute '%U' and no __dict__ for setting "
                            "new attributes", type->tp_name, name);
    }
    else {
        set_missing(op, name);
    }
}

static int
delete_instance(PyObject *op, PyObject *name, PyObject *dict)
{
    int removed = dict != NULL ? dict_pop(dict, name, NULL) : attributes_del_instance(op, name);
    if (removed == 0) {
        if (type_check(op)) {
            error_set_attribute(op, name, "type object '%.50s' has no attribute '%U'",
                                ((PyTypeObject *)op)->tp_name, name);
        }
        else {
            set_missing(op, name);
        }
    }
    return removed > 0 ? 0 : -1;
}

// Stores into the instance; consumes value.
static int
store_instance_steal(PyObject *op, PyObject *name, PyObject *descr, PyObject *dict, Value value)
{
    PyTypeObject *type = type_of(op);
    if (dict == NULL && type_has_managed_dict(type)) {
        return attributes_set_managed_steal(op, name, value);
    }
    bool has_dict = true;
    PyObject *own = dict != NULL ? new_ref(dict) : attributes_instance_dict(op, true, &has_dict);
    if (own == NULL) {
        value_drop(value);
        if (!has_dict) {
            set_refused(op, name, descr);
        }
        return -1;
    }
    int result = dict_set_value_steal(own, name, value);
    decref(own);
    return result;
}

// value VALUE_UNSET deletes; otherwise it is consumed.
static int
generic_store_steal(PyObject *op, PyObject *name, Value value, PyObject *dict)
{
    PyTypeObject *type = type_of(op);
    if (name_check(name) < 0 || ready_check(type) < 0) {
        value_drop(value);
        return -1;
    }
    PyObject *descr = type_lookup(type, name);
    int result = -1;
    descrsetfunc set = descr == NULL ? NULL : type_of(descr)->tp_descr_set;
    if (set != NULL) {
        PyObject *boxed = NULL;
        if (!value_is_unset(value)) {
            boxed = value_box_steal(value);
        }
        if (boxed != NULL || value_is_unset(value)) {
            result = set(descr, op, boxed);
        }
        xdecref(boxed);
    }
    else if (value_is_unset(value)) {
        bool possible = dict != NULL || type->tp_dictoffset != 0 || type_has_managed_dict(type);
        if (possible) {
            result = delete_instance(op, name, dict);
        }
        else {
            set_refused(op, name, descr);
        }
    }
    else {
        result = store_instance_steal(op, name, descr, dict, value);
    }
    xdecref(descr);
    return result;
}

int
object_generic_setattr_with_dict(PyObject *op, PyObject *name, PyObject *value, PyObject *dict)
{
    return generic_store_steal(op, name, value == NULL ? VALUE_UNSET : value_from_object(value),
                               dict);
}

int
object_generic_setattr(PyObject *op, PyObject *name, PyObject *value)
{
    return object_generic_setattr_with_dict(op, name, value, NULL);
}

int
object_setattr_value_steal(PyObject *op, PyObject *name, Value value)
{
    if (type_of(op)->tp_setattro == object_generic_setattr) {
        return generic_store_steal(op, name, value_keep(value), NULL);
    }
    PyObject *boxed = value_box_steal(value);
    if (boxed == NULL) {
        return -1;
    }
    int result = object_setattr(op, name, boxed);
    decref(boxed);
    return result;
}
