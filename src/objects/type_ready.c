// type_ready: from a filled PyTypeObject to a usable type.
//
// Steps, in this order: base and metatype, dict, what the slots and tables say about the dict, MRO, inheritance
// (flags, sizes, slots), hash, registration with the bases. Static types of extension modules may
// come half filled (tp_flags 0, tp_dict or tp_bases or tp_mro preset), more than once, and with
// HEAPTYPE set although they are no PyHeapTypeObject: nothing here reads heap fields.
//
// Threading: under the types lock; a type is published by the READY flag.
#include <string.h>

#include "base/atomic.h"
#include "memory/heap.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/cfunction.h"
#include "objects/descr.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/slots.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type_internal.h"

#define COLLECTION_FLAGS (Py_TPFLAGS_SEQUENCE | Py_TPFLAGS_MAPPING)
#define SUBCLASS_FLAGS                                                                         \
    (Py_TPFLAGS_LONG_SUBCLASS | Py_TPFLAGS_LIST_SUBCLASS | Py_TPFLAGS_TUPLE_SUBCLASS |         \
     Py_TPFLAGS_BYTES_SUBCLASS | Py_TPFLAGS_UNICODE_SUBCLASS | Py_TPFLAGS_DICT_SUBCLASS |      \
     Py_TPFLAGS_BASE_EXC_SUBCLASS | Py_TPFLAGS_TYPE_SUBCLASS | _Py_TPFLAGS_MATCH_SELF |        \
     Py_TPFLAGS_ITEMS_AT_END)

static bool
is_heap(const PyTypeObject *type)
{
    return type_has_feature(type, Py_TPFLAGS_HEAPTYPE);
}

// ---- the dict ----

// Adds value under name unless present or `replace`; consumes value.
static int
dict_add_steal(PyTypeObject *type, const char *name, PyObject *value, bool replace)
{
    if (value == NULL) {
        return -1;
    }
    PyObject *key = str_intern_cstr(name);
    int result = -1;
    if (key != NULL) {
        result = replace ? dict_set(type->tp_dict, key, value)
                         : dict_setdefault(type->tp_dict, key, value, NULL) < 0 ? -1 : 0;
    }
    xdecref(key);
    decref(value);
    return result;
}

static PyObject *
method_object(PyTypeObject *type, PyMethodDef *def)
{
    if ((def->ml_flags & METH_CLASS) != 0) {
        if ((def->ml_flags & METH_STATIC) != 0) {
            return error_set(PyExc_ValueError, "method cannot be both class and static");
        }
        return descr_new_classmethod(type, def);
    }
    if ((def->ml_flags & METH_STATIC) != 0) {
        PyObject *function = cfunction_new(def, (PyObject *)type, NULL);
        PyObject *method = function == NULL ? NULL : staticmethod_new(function);
        xdecref(function);
        return method;
    }
    return descr_new_method(type, def);
}

int
type_add_methods(PyTypeObject *type)
{
    for (PyMethodDef *def = type->tp_methods; def != NULL && def->ml_name != NULL; def++) {
        bool replace = (def->ml_flags & METH_COEXIST) != 0;
        if (dict_add_steal(type, def->ml_name, method_object(type, def), replace) < 0) {
            return -1;
        }
    }
    return 0;
}

int
type_add_members(PyTypeObject *type, PyMemberDef *members)
{
    for (PyMemberDef *def = members; def != NULL && def->name != NULL; def++) {
        if (dict_add_steal(type, def->name, descr_new_member(type, def), false) < 0) {
            return -1;
        }
    }
    return 0;
}

int
type_add_getsets(PyTypeObject *type)
{
    for (PyGetSetDef *def = type->tp_getset; def != NULL && def->name != NULL; def++) {
        if (dict_add_steal(type, def->name, descr_new_getset(type, def), false) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
add_doc(PyTypeObject *type)
{
    int present = dict_contains(type->tp_dict, ID(__doc__));
    if (present != 0) {
        return present < 0 ? -1 : 0;
    }
    PyObject *doc = type->tp_doc == NULL ? new_ref(Py_None)
                                         : doc_from_internal(type_short_name(type), type->tp_doc);
    return dict_add_steal(type, "__doc__", doc, false);
}

// ---- __new__ ----

// The C __new__ that tp_new of type stands behind: the nearest base with a slot that is no Python
// class. The caller checks that it belongs to the class to be made.
static PyObject *
new_method_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyTypeObject *type = (PyTypeObject *)self;
    if (self == NULL || !type_check(self)) {
        return error_format(PyExc_SystemError, "__new__() called with non-type 'self'");
    }
    if (tuple_size(args) < 1) {
        return error_format(PyExc_TypeError, "%s.__new__(): not enough arguments", type->tp_name);
    }
    PyObject *arg = tuple_item(args, 0);
    if (!type_check(arg)) {
        return error_format(PyExc_TypeError, "%s.__new__(X): X is not a type object (%s)",
                            type->tp_name, type_of(arg)->tp_name);
    }
    PyTypeObject *subtype = (PyTypeObject *)arg;
    if (!type_is_subtype(subtype, type)) {
        return error_format(PyExc_TypeError, "%s.__new__(%s): %s is not a subtype of %s",
                            type->tp_name, subtype->tp_name, subtype->tp_name, type->tp_name);
    }
    if (type_has_feature(subtype, Py_TPFLAGS_DISALLOW_INSTANTIATION)) {
        return error_format(PyExc_TypeError, "cannot create '%s' instances", subtype->tp_name);
    }
    // object.__new__(dict) would make a dict without its table.
    PyTypeObject *maker = subtype;
    while (maker != NULL && maker->tp_new == slot_tp_new) {
        maker = maker->tp_base;
    }
    if (maker != NULL && maker->tp_new == NULL && type->tp_new != NULL) {
        return error_format(PyExc_TypeError, "cannot create '%s' instances", subtype->tp_name);
    }
    if (maker != NULL && maker->tp_new != type->tp_new) {
        return error_format(PyExc_TypeError, "%s.__new__(%s) is not safe, use %s.__new__()",
                            type->tp_name, subtype->tp_name, maker->tp_name);
    }
    PyObject *rest = tuple_slice(args, 1, tuple_size(args));
    if (rest == NULL) {
        return NULL;
    }
    PyObject *result = type->tp_new(subtype, rest, kwargs);
    decref(rest);
    return result;
}

PyMethodDef slot_new_method[] = {
    {"__new__", (PyCFunction)(void *)new_method_call, METH_VARARGS | METH_KEYWORDS,
     "__new__($type, *args, **kwargs)\n--\n\n"
     "Create and return a new object.  See help(type) for accurate signature."},
    {NULL, NULL, 0, NULL},
};

static int
set_new(PyTypeObject *type, PyTypeObject *base)
{
    if (type->tp_new == NULL && base == &PyBaseObject_Type && !is_heap(type)) {
        // A static type without tp_new is not to be made from Python.
        type->tp_flags |= Py_TPFLAGS_DISALLOW_INSTANTIATION;
    }
    if (type_has_feature(type, Py_TPFLAGS_DISALLOW_INSTANTIATION)) {
        type->tp_new = NULL;
        return 0;
    }
    if (type->tp_new == NULL) {
        type->tp_new = base->tp_new;
        return 0;
    }
    if (type->tp_new == slot_tp_new) {
        return 0;
    }
    int present = dict_contains(type->tp_dict, ID(__new__));
    if (present != 0) {
        return present < 0 ? -1 : 0;
    }
    return dict_add_steal(type, "__new__", cfunction_new(slot_new_method, (PyObject *)type, NULL),
                          false);
}

static int
fill_dict(PyTypeObject *type)
{
    if (set_new(type, type->tp_base == NULL ? type : type->tp_base) < 0 ||
        slots_add_wrappers(type) < 0 || type_add_methods(type) < 0 ||
        type_add_members(type, type->tp_members) < 0 || type_add_getsets(type) < 0) {
        return -1;
    }
    return add_doc(type);
}

// ---- bases ----

static int
set_base(PyTypeObject *type)
{
    PyTypeObject *base = type->tp_base;
    if (base == NULL && type != &PyBaseObject_Type) {
        base = &PyBaseObject_Type;
        type->tp_base = is_heap(type) ? new_ref(base) : base;
    }
    if (base != NULL && !type_has_feature(base, Py_TPFLAGS_READY) && type_ready(base) < 0) {
        return -1;
    }
    if (type_of(type) == NULL && base != NULL) {
        atomic_store_relaxed_ptr(&((PyObject *)type)->ob_type, type_of(base));
    }
    if (type->tp_bases == NULL) {
        type->tp_bases = base == NULL ? tuple_empty() : tuple_pack(1, (PyObject *)base);
        if (type->tp_bases == NULL) {
            return -1;
        }
    }
    return 0;
}

static int
set_dict(PyTypeObject *type)
{
    if (type->tp_dict == NULL) {
        type->tp_dict = dict_new();
    }
    return type->tp_dict == NULL ? -1 : 0;
}

static int
set_mro(PyTypeObject *type)
{
    if (type->tp_mro != NULL) {
        return 0;
    }
    if (!is_heap(type) && type->tp_base != NULL && is_heap(type->tp_base)) {
        error_format(PyExc_TypeError, "type '%.100s' is not dynamically allocated but its base type "
                     "'%.100s' is dynamically allocated", type->tp_name, type->tp_base->tp_name);
        return -1;
    }
    return type_mro_update(type, NULL) < 0 ? -1 : 0;
}

// ---- inheritance ----

static void
inherit_sizes(PyTypeObject *type, PyTypeObject *base)
{
    if (type->tp_basicsize == 0) {
        type->tp_basicsize = base->tp_basicsize;
    }
    else if (type->tp_basicsize < base->tp_basicsize && !is_heap(type)) {
        type->tp_basicsize = base->tp_basicsize;
    }
    if (type->tp_itemsize == 0) {
        type->tp_itemsize = base->tp_itemsize;
    }
    if (type->tp_weaklistoffset == 0) {
        type->tp_weaklistoffset = base->tp_weaklistoffset;
    }
    if (type->tp_dictoffset == 0) {
        type->tp_dictoffset = base->tp_dictoffset;
    }
}

static void
inherit_flags(PyTypeObject *type, PyTypeObject *base)
{
    if (!type_has_feature(type, Py_TPFLAGS_HAVE_GC) &&
        type_has_feature(base, Py_TPFLAGS_HAVE_GC) && type->tp_traverse == NULL &&
        type->tp_clear == NULL) {
        type->tp_flags |= Py_TPFLAGS_HAVE_GC;
        type->tp_traverse = base->tp_traverse;
        type->tp_clear = base->tp_clear;
    }
    type->tp_flags |= base->tp_flags & (SUBCLASS_FLAGS | Py_TPFLAGS_PREHEADER);
}

// The tables of a static type are its own or, as a whole, its base's.
static void
share_tables(PyTypeObject *type, PyTypeObject *base)
{
#define SHARE(table)                    \
    if (type->table == NULL) {          \
        type->table = base->table;      \
    }
    SHARE(tp_as_async)
    SHARE(tp_as_number)
    SHARE(tp_as_sequence)
    SHARE(tp_as_mapping)
    SHARE(tp_as_buffer)
#undef SHARE
}

static void
inherit(PyTypeObject *type)
{
    PyTypeObject *base = type->tp_base;
    if (base == NULL) {
        return;
    }
    inherit_flags(type, base);
    inherit_sizes(type, base);
    PyObject *mro = type->tp_mro;
    for (Py_ssize_t i = 1; i < tuple_size(mro); i++) {
        PyTypeObject *ancestor = (PyTypeObject *)tuple_item(mro, i);
        slots_inherit(type, ancestor);
        if ((type->tp_flags & COLLECTION_FLAGS) == 0) {
            type->tp_flags |= ancestor->tp_flags & COLLECTION_FLAGS;
        }
    }
    share_tables(type, base);
}

// A type that compares but says nothing about hashing has no hash.
static int
set_hash(PyTypeObject *type)
{
    if (type->tp_hash != NULL) {
        return 0;
    }
    int present = dict_contains(type->tp_dict, ID(__hash__));
    if (present != 0) {
        return present < 0 ? -1 : 0;
    }
    type->tp_hash = object_hash_not_implemented;
    return dict_set(type->tp_dict, ID(__hash__), Py_None);
}

static int
check(PyTypeObject *type)
{
    if (type->tp_name == NULL) {
        error_format(PyExc_SystemError, "Type does not define the tp_name field.");
        return -1;
    }
    if (type_has_feature(type, Py_TPFLAGS_MANAGED_DICT) && type->tp_dictoffset > 0) {
        error_format(PyExc_TypeError, "type %s has the Py_TPFLAGS_MANAGED_DICT flag but tp_dictoffset "
                     "is set", type->tp_name);
        return -1;
    }
    return 0;
}

static int
check_collector(PyTypeObject *type)
{
    if (type_has_feature(type, Py_TPFLAGS_HAVE_GC) && type->tp_traverse == NULL) {
        error_format(PyExc_SystemError, "type %s has the Py_TPFLAGS_HAVE_GC flag but has no traverse "
                     "function", type->tp_name);
        return -1;
    }
    return 0;
}

// Classes with managed dictionaries get their tree of shapes, with room for the attributes that the
// compiler saw assigned through self and those of the base.
static int
set_shapes(PyTypeObject *type)
{
    if (!type_has_managed_dict(type) || !is_heap(type) || shape_tree_of(type) != NULL) {
        return 0;
    }
    uint32_t expected = 0;
    PyTypeObject *base = type->tp_base;
    if (type_has_managed_dict(base) && is_heap(base) && shape_tree_of(base) != NULL) {
        expected = shape_tree_of(base)->wanted;
    }
    PyObject *names;
    int found = type_get_own(type, ID(__static_attributes__), &names);
    if (found < 0) {
        return -1;
    }
    if (found > 0 && tuple_check(names)) {
        expected += (uint32_t)(tuple_size(names) < SHAPE_MAX_INLINE ? tuple_size(names)
                                                                   : SHAPE_MAX_INLINE);
    }
    xdecref(names);
    ShapeTree *tree = shape_tree_new(type, expected);
    ((PyHeapTypeObject *)type)->ht_cached_keys = (struct _dictkeysobject *)tree;
    return tree == NULL ? -1 : 0;
}

static void
set_defaults(PyTypeObject *type)
{
    // Wheels read tp_free and compare tp_alloc, so neither stays NULL.
    if (type->tp_alloc == NULL) {
        type->tp_alloc = type_alloc;
    }
    if (type->tp_free == NULL) {
        type->tp_free = heap_free;
    }
}

static int
ready_lock_held(PyTypeObject *type)
{
    if (check(type) < 0 || set_dict(type) < 0 || set_base(type) < 0 || fill_dict(type) < 0 ||
        set_mro(type) < 0) {
        return -1;
    }
    inherit(type);
    set_defaults(type);
    if (check_collector(type) < 0 || set_hash(type) < 0 || set_shapes(type) < 0) {
        return -1;
    }
    return type_add_to_bases(type);
}

int
type_ready(PyTypeObject *type)
{
    if (type_has_feature(type, Py_TPFLAGS_READY)) {
        return 0;
    }
    CriticalSection cs;
    types_lock(&cs);
    int result = 0;
    if (!type_has_feature(type, Py_TPFLAGS_READY | Py_TPFLAGS_READYING)) {
        type->tp_flags |= Py_TPFLAGS_READYING;
        if (!is_heap(type)) {
            type->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;
            if (!object_is_immortal((PyObject *)type)) {
                refcount_immortalize((PyObject *)type);
            }
        }
        result = ready_lock_held(type);
        unsigned long flags = (type->tp_flags & ~Py_TPFLAGS_READYING) |
                              (result == 0 ? Py_TPFLAGS_READY : 0);
        atomic_store_release_uptr(&type->tp_flags, flags);
    }
    types_unlock(&cs);
    return result;
}
