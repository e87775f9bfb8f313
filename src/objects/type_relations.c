// How types relate: subtype tests, direct subclasses, names, layouts that fit together.
//
// Direct subclasses are weakly referenced from a dict {address: weakref} in tp_subclasses; those of
// static built-in types, which all interpreters share, from a table of the interpreter.
//
// Threading: subclass dicts change under the types lock.
#include <string.h>

#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type_internal.h"
#include "objects/weakref.h"

// ---- subtype test ----

bool
type_is_subtype(PyTypeObject *derived, PyTypeObject *base)
{
    // Not even a class is its own subtype when its mro() says otherwise.
    PyObject *mro = atomic_load_acquire_ptr(&derived->tp_mro);
    if (mro != NULL) {
        for (Py_ssize_t i = 0; i < tuple_size(mro); i++) {
            if (tuple_item(mro, i) == (PyObject *)base) {
                return true;
            }
        }
        return false;
    }
    // Not ready yet: the chain of bases must do.
    for (PyTypeObject *t = derived; t != NULL; t = t->tp_base) {
        if (t == base) {
            return true;
        }
    }
    return base == &PyBaseObject_Type;
}

// ---- subclasses ----

static PyObject *
address_key(const void *p)
{
    return int_from_u64((uint64_t)(uintptr_t)p);
}

// The dict of a static type in the interpreter's table, borrowed.
static PyObject *
static_subclasses(PyTypeObject *type, bool create)
{
    InterpreterRoots *roots = interpreter_roots();
    if (roots->static_subclasses == NULL) {
        if (!create) {
            return NULL;
        }
        roots->static_subclasses = dict_new();
        if (roots->static_subclasses == NULL) {
            return NULL;
        }
    }
    PyObject *key = address_key(type);
    if (key == NULL) {
        return NULL;
    }
    PyObject *dict = NULL;
    int found = dict_get(roots->static_subclasses, key, &dict);
    if (found == 0 && create) {
        dict = dict_new();
        if (dict != NULL && dict_set(roots->static_subclasses, key, dict) < 0) {
            clear_ref(dict);
        }
    }
    decref(key);
    xdecref(dict);      // the table keeps it
    return dict;
}

PyObject *
type_subclasses_dict(PyTypeObject *type, bool create)
{
    if (!type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        return static_subclasses(type, create);
    }
    if (type->tp_subclasses == NULL && create) {
        type->tp_subclasses = dict_new();
    }
    return type->tp_subclasses;
}

int
type_add_subclass(PyTypeObject *base, PyTypeObject *type)
{
    int result = -1;
    PyObject *key = address_key(type);
    PyObject *ref = weakref_new((PyObject *)type, NULL);
    PyObject *dict = type_subclasses_dict(base, true);
    if (key != NULL && ref != NULL && dict != NULL) {
        result = dict_set(dict, key, ref);
    }
    xdecref(key);
    xdecref(ref);
    return result;
}

// Keeps the current exception: called from deallocators.
void
type_remove_subclass(PyTypeObject *base, PyTypeObject *type)
{
    PyObject *saved = error_take();
    PyObject *dict = type_subclasses_dict(base, false);
    PyObject *key = dict == NULL ? NULL : address_key(type);
    if (key != NULL) {
        PyObject *ref;
        if (dict_pop(dict, key, &ref) == 1) {
            decref(ref);
        }
        decref(key);
    }
    error_clear();
    error_restore_steal(saved);
}

int
type_add_to_bases(PyTypeObject *type)
{
    PyObject *bases = type->tp_bases;
    for (Py_ssize_t i = 0; bases != NULL && i < tuple_size(bases); i++) {
        if (type_add_subclass((PyTypeObject *)tuple_item(bases, i), type) < 0) {
            return -1;
        }
    }
    return 0;
}

void
type_remove_from_bases(PyTypeObject *type, PyObject *bases)
{
    for (Py_ssize_t i = 0; bases != NULL && i < tuple_size(bases); i++) {
        PyObject *base = tuple_item(bases, i);
        if (type_check(base)) {
            type_remove_subclass((PyTypeObject *)base, type);
        }
    }
}

int
type_visit_subclasses(PyTypeObject *type, int (*visit)(PyTypeObject *sub, void *arg), void *arg)
{
    PyObject *dict = type_subclasses_dict(type, false);
    if (dict == NULL) {
        return 0;
    }
    incref(dict);
    PyObject *ref;
    Py_ssize_t pos = 0;
    int result = 0;
    while (result == 0 && dict_next(dict, &pos, NULL, &ref) > 0) {
        PyObject *sub = weakref_object(ref);
        if (sub != NULL) {
            result = visit((PyTypeObject *)sub, arg);
            decref(sub);
        }
        decref(ref);
    }
    decref(dict);
    return result;
}

static int
collect_subclass(PyTypeObject *sub, void *list)
{
    return list_append(list, (PyObject *)sub);
}

PyObject *
type_subclasses(PyTypeObject *type)
{
    PyObject *list = list_new(0);
    if (list != NULL && type_visit_subclasses(type, collect_subclass, list) < 0) {
        clear_ref(list);
    }
    return list;
}

// ---- parts ----

PyObject *type_get_dict(PyTypeObject *type) { return xnew_ref(type->tp_dict); }
PyObject *type_get_bases(PyTypeObject *type) { return xnew_ref(type->tp_bases); }

PyObject *
type_get_mro(PyTypeObject *type)
{
    for (;;) {
        PyObject *mro = atomic_load_acquire_ptr(&type->tp_mro);
        if (mro == NULL || refcount_try_incref(mro)) {
            return mro;
        }
        CriticalSection cs;
        types_lock(&cs);
        if (type->tp_mro != NULL) {
            refcount_enable_try(type->tp_mro);
        }
        types_unlock(&cs);
    }
}

const char *
type_short_name(const PyTypeObject *type)
{
    const char *dot = strrchr(type->tp_name, '.');
    return dot == NULL ? type->tp_name : dot + 1;
}

PyObject *
type_get_name(PyTypeObject *type)
{
    if (type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        return new_ref(((PyHeapTypeObject *)type)->ht_name);
    }
    return str_from_cstr(type_short_name(type));
}

PyObject *
type_get_qualname(PyTypeObject *type)
{
    if (type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        return new_ref(((PyHeapTypeObject *)type)->ht_qualname);
    }
    return type_get_name(type);
}

PyObject *
type_get_module_name(PyTypeObject *type)
{
    if (type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        PyObject *module;
        int found = type_get_own(type, ID(__module__), &module);
        if (found == 0) {
            error_set_attribute(NULL, NULL, "__module__");
        }
        return module;
    }
    const char *dot = strrchr(type->tp_name, '.');
    if (dot == NULL) {
        return new_ref(ID(builtins));
    }
    PyObject *module = str_from_utf8(type->tp_name, dot - type->tp_name);
    if (module != NULL) {
        str_intern_in_place(&module);
    }
    return module;
}

PyObject *
type_fully_qualified_name(PyTypeObject *type)
{
    if (!type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        return str_from_cstr(type->tp_name);
    }
    PyObject *qualname = type_get_qualname(type);
    PyObject *module = type_get_module_name(type);
    if (module == NULL) {
        error_clear();
        return qualname;
    }
    if (str_check(module) && !str_equal_cstr(module, "builtins") &&
        !str_equal_cstr(module, "__main__")) {
        PyObject *full = str_format("%U.%U", module, qualname);
        decref(qualname);
        qualname = full;
    }
    decref(module);
    return qualname;
}

// ---- layouts ----

static bool
layout_differs(const PyTypeObject *a, const PyTypeObject *b)
{
    return a->tp_basicsize != b->tp_basicsize || a->tp_itemsize != b->tp_itemsize;
}

// The most derived base that adds fields to its instances.
PyTypeObject *
type_solid_base(PyTypeObject *type)
{
    PyTypeObject *base = type->tp_base == NULL ? &PyBaseObject_Type
                                               : type_solid_base(type->tp_base);
    return layout_differs(type, base) ? type : base;
}

PyTypeObject *
type_best_base(PyObject *bases)
{
    PyTypeObject *winner = NULL;
    PyTypeObject *best = NULL;
    for (Py_ssize_t i = 0; i < tuple_size(bases); i++) {
        PyObject *item = tuple_item(bases, i);
        if (!type_check(item)) {
            return error_set(PyExc_TypeError, "bases must be types");
        }
        PyTypeObject *base = (PyTypeObject *)item;
        if (type_ready(base) < 0) {
            return NULL;
        }
        if (!type_has_feature(base, Py_TPFLAGS_BASETYPE)) {
            return error_format(PyExc_TypeError, "type '%.100s' is not an acceptable base type",
                                base->tp_name);
        }
        PyTypeObject *candidate = type_solid_base(base);
        if (winner == NULL) {
            winner = candidate;
            best = base;
        }
        else if (type_is_subtype(winner, candidate)) {
            continue;
        }
        else if (type_is_subtype(candidate, winner)) {
            winner = candidate;
            best = base;
        }
        else {
            return error_set(PyExc_TypeError, "multiple bases have instance lay-out conflict");
        }
    }
    return best;
}

// Whether type adds only what assignment of __class__ can ignore.
static bool
same_as_base(const PyTypeObject *type)
{
    const PyTypeObject *base = type->tp_base;
    return base != NULL && base->tp_basicsize == type->tp_basicsize &&
           base->tp_itemsize == type->tp_itemsize &&
           base->tp_dictoffset == type->tp_dictoffset &&
           base->tp_weaklistoffset == type->tp_weaklistoffset &&
           ((base->tp_flags ^ type->tp_flags) & (Py_TPFLAGS_PREHEADER | Py_TPFLAGS_HAVE_GC)) == 0;
}

static Py_ssize_t
slot_count(PyTypeObject *type)
{
    PyObject *slots = type_has_feature(type, Py_TPFLAGS_HEAPTYPE)
                          ? ((PyHeapTypeObject *)type)->ht_slots : NULL;
    return slots == NULL ? 0 : tuple_size(slots);
}

// Both add the same __slots__ in the same places.
static bool
same_slots_added(PyTypeObject *a, PyTypeObject *b)
{
    if (a->tp_basicsize != b->tp_basicsize || a->tp_itemsize != b->tp_itemsize ||
        a->tp_dictoffset != b->tp_dictoffset || a->tp_weaklistoffset != b->tp_weaklistoffset ||
        !type_has_feature(a, Py_TPFLAGS_HEAPTYPE) || !type_has_feature(b, Py_TPFLAGS_HEAPTYPE)) {
        return false;
    }
    Py_ssize_t n = slot_count(a);
    if (n != slot_count(b)) {
        return false;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!str_equal(tuple_item(((PyHeapTypeObject *)a)->ht_slots, i),
                       tuple_item(((PyHeapTypeObject *)b)->ht_slots, i))) {
            return false;
        }
    }
    Py_ssize_t size = a->tp_base->tp_basicsize + n * (Py_ssize_t)sizeof(PyObject *);
    return size == a->tp_basicsize;
}

bool
type_compatible_for_assignment(PyTypeObject *from, PyTypeObject *to, const char *attribute)
{
    if (to->tp_free != from->tp_free || ((to->tp_flags ^ from->tp_flags) & Py_TPFLAGS_HAVE_GC) != 0) {
        error_format(PyExc_TypeError, "%s assignment: '%s' deallocator differs from '%s'",
                     attribute, to->tp_name, from->tp_name);
        return false;
    }
    PyTypeObject *new_base = to;
    PyTypeObject *old_base = from;
    while (same_as_base(new_base)) {
        new_base = new_base->tp_base;
    }
    while (same_as_base(old_base)) {
        old_base = old_base->tp_base;
    }
    unsigned long differing = (from->tp_flags ^ to->tp_flags) & Py_TPFLAGS_PREHEADER;
    if (differing != 0 ||
        (new_base != old_base &&
         (new_base->tp_base != old_base->tp_base || !same_slots_added(new_base, old_base)))) {
        error_format(PyExc_TypeError, "%s assignment: '%s' object layout differs from '%s'",
                     attribute, to->tp_name, from->tp_name);
        return false;
    }
    return true;
}
