// Life of instances: allocation, and the traverse, clear and deallocation of classes made by Python
// code, which have to do the work for all that such classes add to their C base: __slots__, the
// managed dict and weak references, __del__.
//
// Threading: an object in subtype_dealloc is seen by nobody else, except through weak references
// until they are cleared.
#include <string.h>

#include "memory/heap.h"
#include "objects/attributes.h"
#include "objects/descr.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type_internal.h"
#include "objects/weakref.h"

// ---- allocation ----

PyObject *
type_alloc(PyTypeObject *type, Py_ssize_t nitems)
{
    size_t items;
    if (__builtin_mul_overflow((size_t)nitems, (size_t)type->tp_itemsize, &items) ||
        items > (size_t)PY_SSIZE_T_MAX - (size_t)type->tp_basicsize - 4096) {
        return error_no_memory();
    }
    // Variable-sized objects get one item more: a sentinel, as extension modules expect.
    size_t size = type_instance_size(type, type->tp_itemsize == 0 ? 0 : nitems + 1);
    Shape *root = NULL;
    if (type_has_managed_dict(type)) {
        root = shape_root(type);
        size += root->inline_capacity * sizeof(Value);
    }
    PyObject *op = heap_alloc(size, heap_kind_of_type(type));
    if (op == NULL) {
        return NULL;
    }
    memset((char *)op + sizeof(PyObject), 0, size - sizeof(PyObject));
    heap_object_init(op, type);
    if (type->tp_itemsize != 0) {
        ((PyVarObject *)op)->ob_size = nitems;
    }
    if (root != NULL) {
        attributes_init(op, type, root);
    }
    if (type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        type_ref_instance(type);
    }
    if (type_has_feature(type, Py_TPFLAGS_HAVE_GC)) {
        gc_track(op);
    }
    return op;
}

PyObject *
type_generic_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args;
    (void)kwargs;
    return type->tp_alloc(type, 0);
}

// ---- finalizers ----

void
object_call_finalizer(PyObject *op)
{
    PyTypeObject *type = type_of(op);
    if (type->tp_finalize == NULL) {
        return;
    }
    bool collected = type_has_feature(type, Py_TPFLAGS_HAVE_GC);
    if (collected && gc_is_finalized(op)) {
        return;
    }
    type->tp_finalize(op);
    if (collected) {
        gc_set_finalized(op);
    }
}

int
object_call_finalizer_from_dealloc(PyObject *op)
{
    refcount_revive(op);
    object_call_finalizer(op);
    return refcount_unrevive(op) ? 0 : -1;
}

// ---- members of __slots__ ----

// Calls visit for the fields that `type` itself added.
static int
visit_members(PyTypeObject *type, PyObject *self, visitproc visit, void *arg)
{
    PyHeapTypeObject *et = (PyHeapTypeObject *)type;
    PyMemberDef *member = type_heap_members(et);
    for (Py_ssize_t i = 0; i < size_of(et); i++, member++) {
        if (member->type == Py_T_OBJECT_EX) {
            PyObject *value = *(PyObject **)((char *)self + member->offset);
            int stop = value == NULL ? 0 : visit(value, arg);
            if (stop != 0) {
                return stop;
            }
        }
    }
    return 0;
}

static void
clear_members(PyTypeObject *type, PyObject *self)
{
    PyHeapTypeObject *et = (PyHeapTypeObject *)type;
    PyMemberDef *member = type_heap_members(et);
    for (Py_ssize_t i = 0; i < size_of(et); i++, member++) {
        if (member->type == Py_T_OBJECT_EX && (member->flags & Py_READONLY) == 0) {
            PyObject **field = (PyObject **)((char *)self + member->offset);
            PyObject *value = atomic_exchange_ptr(field, (PyObject *)NULL);
            xdecref(value);
        }
    }
}

// Whether `type` keeps instance attributes in the pre-header and its C base does not know.
static bool
adds_preheader(const PyTypeObject *type, const PyTypeObject *base)
{
    return type_has_feature(type, Py_TPFLAGS_PREHEADER) &&
           !type_has_feature(base, Py_TPFLAGS_MANAGED_DICT);
}

static PyObject **
own_dict_field(PyTypeObject *type, PyTypeObject *base, PyObject *self)
{
    return type->tp_dictoffset != base->tp_dictoffset ? object_dict_pointer(self) : NULL;
}

// ---- collector ----

int
subtype_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyTypeObject *type = type_of(self);
    PyTypeObject *base = type;
    int stop = 0;
    while (base->tp_traverse == subtype_traverse) {
        stop = size_of(base) == 0 ? 0 : visit_members(base, self, visit, arg);
        if (stop != 0) {
            return stop;
        }
        base = base->tp_base;
    }
    if (adds_preheader(type, base)) {
        stop = attributes_visit(self, visit, arg);
    }
    PyObject **field = own_dict_field(type, base, self);
    if (stop == 0 && field != NULL && *field != NULL) {
        stop = visit(*field, arg);
    }
    // A heap type with a traverse function of its own visits the type of its instances itself.
    if (stop == 0 && (base->tp_traverse == NULL || !type_has_feature(base, Py_TPFLAGS_HEAPTYPE))) {
        stop = visit((PyObject *)type, arg);
    }
    if (stop == 0 && base->tp_traverse != NULL) {
        stop = base->tp_traverse(self, visit, arg);
    }
    return stop;
}

int
subtype_clear(PyObject *self)
{
    PyTypeObject *type = type_of(self);
    PyTypeObject *base = type;
    while (base->tp_clear == subtype_clear) {
        if (size_of(base) != 0) {
            clear_members(base, self);
        }
        base = base->tp_base;
    }
    if (adds_preheader(type, base)) {
        attributes_clear(self);
    }
    PyObject **field = own_dict_field(type, base, self);
    if (field != NULL) {
        clear_ref(*field);
    }
    return base->tp_clear == NULL ? 0 : base->tp_clear(self);
}

// ---- deallocation ----

// tp_finalize and tp_del with the object alive again: true when one of them kept it.
static bool
run_finalizers(PyTypeObject *type, PyTypeObject *base, PyObject *self)
{
    bool collected = type_has_feature(type, Py_TPFLAGS_HAVE_GC);
    if (type->tp_finalize != NULL) {
        if (collected) {
            gc_track(self);
        }
        if (object_call_finalizer_from_dealloc(self) < 0) {
            return true;
        }
        if (collected) {
            gc_untrack(self);
        }
    }
    if (type->tp_del != NULL && type->tp_del != base->tp_del) {
        refcount_revive(self);
        type->tp_del(self);
        if (!refcount_unrevive(self)) {
            if (collected) {
                gc_track(self);
            }
            return true;
        }
    }
    return false;
}

static void
release_added(PyTypeObject *type, PyTypeObject *base, PyObject *self)
{
    for (PyTypeObject *t = type; t != base; t = t->tp_base) {
        if (size_of(t) != 0) {
            clear_members(t, self);
        }
    }
    if (adds_preheader(type, base)) {
        attributes_free(self);
    }
    PyObject **field = own_dict_field(type, base, self);
    if (field != NULL) {
        clear_ref(*field);
    }
}

void
subtype_dealloc(PyObject *self)
{
    PyTypeObject *type = type_of(self);
    bool collected = type_has_feature(type, Py_TPFLAGS_HAVE_GC);
    if (collected) {
        gc_untrack(self);
    }
    PyTypeObject *base = type;
    while (base->tp_dealloc == subtype_dealloc) {
        base = base->tp_base;
    }
    if ((type->tp_finalize != NULL || type->tp_del != NULL) && run_finalizers(type, base, self)) {
        return;
    }
    if (type->tp_weaklistoffset != 0 && base->tp_weaklistoffset == 0) {
        weakref_clear_all(self);
    }
    // A finaliser or callback may have changed the class.
    type = type_of(self);
    release_added(type, base, self);
    if (collected && type_has_feature(base, Py_TPFLAGS_HAVE_GC)) {
        gc_track(self);     // the C deallocator untracks first thing
    }
    bool base_releases_type = type_has_feature(base, Py_TPFLAGS_HEAPTYPE);
    base->tp_dealloc(self);
    if (!base_releases_type) {
        type_unref_instance(type);
    }
}

// ---- __dict__ and __weakref__ of classes ----

// The base with a real __dict__ descriptor (a C type with tp_dictoffset), borrowed, or NULL.
static PyTypeObject *
base_with_dict(PyTypeObject *type)
{
    for (; type->tp_base != NULL; type = type->tp_base) {
        if (type->tp_dictoffset != 0 && type->tp_base->tp_dictoffset == 0 &&
            !type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
            return type;
        }
    }
    return NULL;
}

// A data descriptor named __dict__ in the C base: a module's, a type's or an exception's. New reference
// or NULL without an exception.
static PyObject *
base_dict_descriptor(PyTypeObject *type)
{
    PyTypeObject *base = base_with_dict(type);
    PyObject *descr = base == NULL ? NULL : type_lookup(base, ID(__dict__));
    if (descr != NULL && !descr_is_data(descr)) {
        clear_ref(descr);
    }
    return descr;
}

static PyObject *
subtype_get_dict(PyObject *self, void *context)
{
    (void)context;
    PyObject *descr = base_dict_descriptor(type_of(self));
    if (descr == NULL) {
        return object_get_dict(self);
    }
    descrgetfunc get = type_of(descr)->tp_descr_get;
    PyObject *result = get == NULL
        ? error_format(PyExc_TypeError, "this __dict__ descriptor does not support '%.200s' objects",
                       type_of(self)->tp_name)
        : get(descr, self, (PyObject *)type_of(self));
    decref(descr);
    return result;
}

static int
subtype_set_dict(PyObject *self, PyObject *value, void *context)
{
    (void)context;
    PyObject *descr = base_dict_descriptor(type_of(self));
    if (descr == NULL) {
        return object_set_dict(self, value);
    }
    int result = type_of(descr)->tp_descr_set(descr, self, value);
    decref(descr);
    return result;
}

static PyObject *
subtype_get_weakref(PyObject *self, void *context)
{
    (void)context;
    if (type_of(self)->tp_weaklistoffset == 0) {
        return error_set(PyExc_AttributeError, "This object has no __weakref__");
    }
    PyObject *first = weakref_first(self);
    return first == NULL ? new_ref(Py_None) : first;
}

#define ROW_DICT                                                                            \
    {"__dict__", subtype_get_dict, subtype_set_dict, "dictionary for instance variables", NULL}
#define ROW_WEAKREF                                                                         \
    {"__weakref__", subtype_get_weakref, NULL, "list of weak references to the object", NULL}
#define ROW_END {NULL, NULL, NULL, NULL, NULL}

PyGetSetDef type_subtype_getsets_full[] = {ROW_DICT, ROW_WEAKREF, ROW_END};
PyGetSetDef type_subtype_getsets_dict[] = {ROW_DICT, ROW_END};
PyGetSetDef type_subtype_getsets_weakref[] = {ROW_WEAKREF, ROW_END};
