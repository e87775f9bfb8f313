// What inline caches of the vm may remember about an attribute.
//
// Every answer holds while the versions and the shape in it hold; the functions read versions
// first, so that a change during the analysis makes the answer stale at once instead of wrong.
//
// Threading: lock-free reads only; no Python code runs.
#include <string.h>

#include "abi/functions.h"
#include "objects/attributes.h"
#include "objects/descr.h"
#include "objects/dict.h"
#include "objects/module.h"
#include "objects/slots.h"
#include "objects/str.h"
#include "objects/type.h"

// Interned exact str, which shapes and dict keys compare by address.
static bool
name_is_plain(PyObject *name)
{
    return str_check_exact(name) && str_is_interned(name);
}

// A PyObject * field of a class with __slots__, readable (writable) at a fixed offset.
static bool
member_is_plain(PyObject *descr, PyTypeObject *type, bool for_store)
{
    if (type_of(descr) != &PyMemberDescr_Type || !type_is_subtype(type, descr_type(descr))) {
        return false;
    }
    const PyMemberDef *def = ((PyMemberDescrObject *)descr)->d_member;
    return def->type == Py_T_OBJECT_EX && def->offset > 0 && (def->flags & Py_AUDIT_READ) == 0 &&
           !(for_store && (def->flags & Py_READONLY) != 0);
}

static void
fill_data_descr(AttributeLookup *result, PyObject *descr, PyTypeObject *type, bool for_store)
{
    if (member_is_plain(descr, type, for_store)) {
        result->kind = ATTR_MEMBER;
        result->offset = (uint32_t)((PyMemberDescrObject *)descr)->d_member->offset;
        return;
    }
    result->kind = property_check_exact(descr) ? ATTR_PROPERTY : ATTR_DATA_DESCR;
    result->descr = new_ref(descr);
}

// An attribute found on the class that no instance attribute hides.
static void
fill_class_attribute(AttributeLookup *result, PyObject *descr)
{
    PyTypeObject *kind = type_of(descr);
    if (type_has_feature(kind, Py_TPFLAGS_METHOD_DESCRIPTOR)) {
        result->kind = ATTR_TYPE_METHOD;
    }
    else if (kind == &PyStaticMethod_Type) {
        PyObject *function = staticmethod_function_borrow(descr);
        if (function == NULL) {
            return;
        }
        result->kind = ATTR_TYPE_VALUE;
        result->descr = new_ref(function);
        return;
    }
    else {
        result->kind = kind->tp_descr_get == NULL ? ATTR_TYPE_VALUE : ATTR_TYPE_DESCR;
    }
    result->descr = new_ref(descr);
}

// Looks for name among the attributes of an instance with a managed dict: true when found (result
// is complete), false when surely missing or not cacheable (*cacheable).
static bool
find_managed(PyObject *op, PyObject *name, AttributeLookup *result, bool *cacheable)
{
    Shape *shape = attributes_shape(op);
    *cacheable = true;
    result->shape = shape;
    if (!shape_is_special(shape)) {
        int32_t slot = shape_find(shape, name);
        if (slot < 0) {
            return false;
        }
        if ((uint32_t)slot < shape->inline_capacity) {
            result->kind = ATTR_SLOT;
            result->offset = attributes_slot_offset(shape->type, (uint32_t)slot);
        }
        else {
            result->kind = ATTR_OVERFLOW;
            result->index = (uint32_t)slot - shape->inline_capacity;
        }
        return true;
    }
    // The versions of dicts are their own: one that lacks the name says nothing about others.
    *cacheable = false;
    PyObject *dict = attributes_dict_borrow(op);
    Py_ssize_t entry = dict == NULL ? -1 : dict_entry_lookup(dict, name, &result->keys_version);
    if (entry < 0) {
        return false;
    }
    result->kind = ATTR_DICT;
    result->index = (uint32_t)entry;
    return true;
}

// ---- classes and modules ----

static void
fill_of_class(AttributeLookup *result, PyObject *attribute)
{
    PyTypeObject *kind = type_of(attribute);
    if (kind->tp_descr_get == NULL || type_has_feature(kind, Py_TPFLAGS_METHOD_DESCRIPTOR)) {
        // Functions and method descriptors give themselves when read from a class.
        result->kind = ATTR_CLASS_VALUE;
        result->descr = new_ref(attribute);
    }
    else if (kind == &PyStaticMethod_Type || kind == &PyClassMethod_Type) {
        bool is_static = kind == &PyStaticMethod_Type;
        PyObject *function = is_static ? staticmethod_function_borrow(attribute)
                                       : classmethod_function_borrow(attribute);
        if (function != NULL) {
            result->kind = is_static ? ATTR_CLASS_VALUE : ATTR_CLASS_METHOD;
            result->descr = new_ref(function);
        }
    }
}

static void
lookup_on_class(PyObject *op, PyObject *name, AttributeLookup *result)
{
    PyObject *meta_attribute = type_lookup_version(type_of(op), name, &result->type_version);
    if (meta_attribute != NULL && descr_is_data(meta_attribute)) {
        if (result->type_version != 0 && type_of(meta_attribute)->tp_descr_get != NULL) {
            result->kind = ATTR_DATA_DESCR;
            result->descr = meta_attribute;
            return;
        }
        decref(meta_attribute);
        return;
    }
    xdecref(meta_attribute);
    PyObject *attribute = type_lookup_version((PyTypeObject *)op, name, &result->class_version);
    if (attribute == NULL) {
        return;
    }
    if (result->type_version != 0 && result->class_version != 0) {
        fill_of_class(result, attribute);
    }
    decref(attribute);
}

static void
lookup_on_module(PyObject *op, PyObject *name, AttributeLookup *result)
{
    PyObject *descr = type_lookup_version(type_of(op), name, &result->type_version);
    bool data = descr != NULL && descr_is_data(descr);
    xdecref(descr);
    if (data || result->type_version == 0) {
        return;
    }
    Py_ssize_t entry = dict_entry_lookup(module_dict_borrow(op), name, &result->keys_version);
    if (entry >= 0) {
        result->kind = ATTR_MODULE;
        result->index = (uint32_t)entry;
    }
}

// ---- entry points ----

// Loads through descriptors may raise AttributeError, which a __getattr__ would have to see.
static void
restrict_to_plain(AttributeLookup *result)
{
    switch (result->kind) {
    case ATTR_SLOT:
    case ATTR_OVERFLOW:
    case ATTR_DICT:
    case ATTR_TYPE_METHOD:
    case ATTR_TYPE_VALUE:
        return;
    default:
        xdecref(result->descr);
        memset(result, 0, sizeof *result);
    }
}

static void
lookup_on_instance(PyObject *op, PyObject *name, AttributeLookup *result)
{
    PyTypeObject *type = type_of(op);
    PyObject *descr = type_lookup_version(type, name, &result->type_version);
    if (result->type_version == 0) {
        goto done;
    }
    if (descr != NULL && descr_is_data(descr) && type_of(descr)->tp_descr_get != NULL) {
        fill_data_descr(result, descr, type, false);
        goto done;
    }
    if (type_has_managed_dict(type)) {
        bool cacheable;
        if (find_managed(op, name, result, &cacheable) || !cacheable) {
            goto done;
        }
    }
    else if (type->tp_dictoffset != 0) {
        goto done;
    }
    if (descr != NULL) {
        fill_class_attribute(result, descr);
    }
done:
    xdecref(descr);
}

void
attributes_lookup_for_load(PyObject *op, PyObject *name, AttributeLookup *result)
{
    memset(result, 0, sizeof *result);
    PyTypeObject *type = type_of(op);
    if (!name_is_plain(name) || type->tp_dict == NULL) {
        return;
    }
    if (type->tp_getattro == object_generic_getattr) {
        lookup_on_instance(op, name, result);
    }
    else if (type->tp_getattro == type_getattro) {
        lookup_on_class(op, name, result);
    }
    else if (type->tp_getattro == module_getattro) {
        lookup_on_module(op, name, result);
    }
    else if (type_uses_generic_getattr(type)) {
        lookup_on_instance(op, name, result);
        restrict_to_plain(result);
    }
}

void
attributes_lookup_for_store(PyObject *op, PyObject *name, AttributeLookup *result)
{
    memset(result, 0, sizeof *result);
    PyTypeObject *type = type_of(op);
    if (!name_is_plain(name) || type->tp_dict == NULL ||
        type->tp_setattro != object_generic_setattr) {
        return;
    }
    PyObject *descr = type_lookup_version(type, name, &result->type_version);
    if (result->type_version != 0) {
        bool cacheable = false;
        if (descr != NULL && descr_is_data(descr)) {
            fill_data_descr(result, descr, type, true);
        }
        else if (type_has_managed_dict(type) && !find_managed(op, name, result, &cacheable) &&
                 cacheable && !shape_is_special(result->shape) &&
                 result->shape->count < result->shape->inline_capacity) {
            result->next = shape_add(result->shape, name);
            if (result->next != NULL) {
                result->kind = ATTR_SLOT_ADD;
                result->offset = attributes_slot_offset(type, result->shape->count);
            }
        }
    }
    xdecref(descr);
}
