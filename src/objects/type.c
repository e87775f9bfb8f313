// The type `type`: attribute access of classes, their methods, their end.
//
// Threading: attributes change under the types lock. The previous value of an attribute is kept
// until caches are gone (see type_lookup.c).
#include "base/atomic.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/descr.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/slots.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type_internal.h"
#include "objects/weakref.h"

#define TYPE(op) ((PyTypeObject *)(op))

// ---- attributes ----

// The value of a class attribute as seen from the class; consumes it.
static PyObject *
bind_to_class_steal(PyObject *attribute, PyObject *cls)
{
    descrgetfunc get = type_of(attribute)->tp_descr_get;
    if (get == NULL) {
        return attribute;
    }
    PyObject *result = get(attribute, NULL, cls);
    decref(attribute);
    return result;
}

PyObject *
type_getattro(PyObject *op, PyObject *name)
{
    PyTypeObject *type = TYPE(op);
    PyTypeObject *metatype = type_of(op);
    if (!str_check(name)) {
        return error_format(PyExc_TypeError, "attribute name must be string, not '%.200s'",
                            type_of(name)->tp_name);
    }
    if (type_ready(type) < 0) {
        return NULL;
    }
    PyObject *meta_attribute = type_lookup(metatype, name);
    descrgetfunc meta_get = NULL;
    if (meta_attribute != NULL) {
        meta_get = type_of(meta_attribute)->tp_descr_get;
        if (meta_get != NULL && descr_is_data(meta_attribute)) {
            PyObject *result = meta_get(meta_attribute, op, (PyObject *)metatype);
            decref(meta_attribute);
            return result;
        }
    }
    PyObject *attribute = type_lookup(type, name);
    if (attribute != NULL) {
        xdecref(meta_attribute);
        return bind_to_class_steal(attribute, op);
    }
    if (meta_get != NULL) {
        PyObject *result = meta_get(meta_attribute, op, (PyObject *)metatype);
        decref(meta_attribute);
        return result;
    }
    if (meta_attribute != NULL) {
        return meta_attribute;
    }
    return error_set_attribute(op, name, "type object '%.100s' has no attribute '%U'",
                               type->tp_name, name);
}

int
type_set_attribute(PyTypeObject *type, PyObject *name, PyObject *value)
{
    PyObject *old = NULL;
    CriticalSection cs;
    types_lock(&cs);
    int result = type_get_own(type, name, &old);
    if (result >= 0) {
        if (value != NULL) {
            result = dict_set(type->tp_dict, name, value);
        }
        else if (result == 0) {
            error_set_attribute((PyObject *)type, name,
                                "type object '%.100s' has no attribute '%U'", type->tp_name, name);
            result = -1;
        }
        else {
            result = dict_del(type->tp_dict, name);
        }
    }
    if (result == 0) {
        type_modified(type);
        slots_update_name(type, name);
    }
    types_unlock(&cs);
    xdecref(old);
    return result;
}

int
type_setattro(PyObject *op, PyObject *name, PyObject *value)
{
    PyTypeObject *type = TYPE(op);
    if (type_has_feature(type, Py_TPFLAGS_IMMUTABLETYPE)) {
        error_format(PyExc_TypeError, "cannot set %R attribute of immutable type '%s'", name,
                     type->tp_name);
        return -1;
    }
    if (!str_check(name)) {
        error_format(PyExc_TypeError, "attribute name must be string, not '%.200s'",
                     type_of(name)->tp_name);
        return -1;
    }
    PyObject *key = str_from_object(name);      // exact: class dicts have no other keys
    if (key == NULL) {
        return -1;
    }
    str_intern_in_place(&key);
    PyObject *descr = type_lookup(type_of(op), key);
    descrsetfunc set = descr == NULL ? NULL : type_of(descr)->tp_descr_set;
    int result = set != NULL ? set(descr, op, value) : type_set_attribute(type, key, value);
    xdecref(descr);
    decref(key);
    return result;
}

int
type_freeze(PyTypeObject *type)
{
    PyObject *mro = type->tp_mro;
    for (Py_ssize_t i = 1; mro != NULL && i < tuple_size(mro); i++) {
        PyTypeObject *base = TYPE(tuple_item(mro, i));
        if (!type_has_feature(base, Py_TPFLAGS_IMMUTABLETYPE)) {
            error_format(PyExc_TypeError, "Creating immutable type %N from mutable base %N", type,
                         base);
            return -1;
        }
    }
    atomic_or_uptr(&type->tp_flags, Py_TPFLAGS_IMMUTABLETYPE);
    type_modified(type);
    return 0;
}

// ---- methods ----

static PyObject *
type_repr(PyObject *op)
{
    PyTypeObject *type = TYPE(op);
    if (type->tp_name == NULL) {
        return str_format("<class at %p>", (void *)type);
    }
    PyObject *module = type_get_module_name(type);
    if (module == NULL) {
        error_clear();
    }
    PyObject *name = type_get_qualname(type);
    PyObject *result = NULL;
    if (name != NULL) {
        bool show = module != NULL && str_check(module) && !str_equal(module, ID(builtins));
        result = show ? str_format("<class '%U.%U'>", module, name)
                      : str_format("<class '%s'>", type->tp_name);
    }
    xdecref(module);
    xdecref(name);
    return result;
}

static PyObject *
type_mro_method(PyObject *op, PyObject *unused)
{
    (void)unused;
    PyObject *mro = type_mro_compute(TYPE(op));
    PyObject *list = mro == NULL ? NULL : list_from_iterable(mro);
    xdecref(mro);
    return list;
}

static PyObject *
type_subclasses_method(PyObject *op, PyObject *unused)
{
    (void)unused;
    return type_subclasses(TYPE(op));
}

static PyObject *
type_prepare(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    (void)op;
    (void)args;
    (void)nargs;
    (void)kwnames;
    return dict_new();
}

static PyObject *
type_instancecheck(PyObject *op, PyObject *instance)
{
    int result = object_isinstance_recursive(instance, op);
    return result < 0 ? NULL : new_ref(result ? Py_True : Py_False);
}

static PyObject *
type_subclasscheck(PyObject *op, PyObject *derived)
{
    int result = object_issubclass_recursive(derived, op);
    return result < 0 ? NULL : new_ref(result ? Py_True : Py_False);
}

static PyObject *
type_dir(PyObject *op, PyObject *unused)
{
    (void)unused;
    PyObject *dict = dict_new();
    PyObject *result = NULL;
    if (dict != NULL && type_merge_class_dict(dict, op) == 0) {
        result = dict_keys_list(dict);
    }
    xdecref(dict);
    return result;
}

static PyObject *
type_sizeof(PyObject *op, PyObject *unused)
{
    (void)unused;
    PyTypeObject *type = TYPE(op);
    size_t size = sizeof(PyTypeObject);
    if (type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        size = type_instance_size(type_of(op), size_of(op));
    }
    return int_from_ssize((Py_ssize_t)size);
}

PyMethodDef type_methods[] = {
    {"mro", type_mro_method, METH_NOARGS,
     "mro($self, /)\n--\n\nReturn a type's method resolution order."},
    {"__subclasses__", type_subclasses_method, METH_NOARGS,
     "__subclasses__($self, /)\n--\n\nReturn a list of immediate subclasses."},
    {"__prepare__", (PyCFunction)(void *)type_prepare,
     METH_FASTCALL | METH_KEYWORDS | METH_CLASS,
     "__prepare__($cls, name, bases, /, **kwds)\n--\n\n"
     "Create the namespace for the class statement"},
    {"__instancecheck__", type_instancecheck, METH_O,
     "__instancecheck__($self, instance, /)\n--\n\nCheck if an object is an instance."},
    {"__subclasscheck__", type_subclasscheck, METH_O,
     "__subclasscheck__($self, subclass, /)\n--\n\nCheck if a class is a subclass."},
    {"__dir__", type_dir, METH_NOARGS,
     "__dir__($self, /)\n--\n\nSpecialized __dir__ implementation for types."},
    {"__sizeof__", type_sizeof, METH_NOARGS,
     "__sizeof__($self, /)\n--\n\nReturn memory consumption of the type object."},
    {NULL, NULL, 0, NULL},
};

// ---- life ----

int
type_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyTypeObject *type = TYPE(op);
    if (!type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        return 0;
    }
    PyObject *parts[] = {type->tp_dict, type->tp_mro, type->tp_bases, (PyObject *)type->tp_base,
                         ((PyHeapTypeObject *)type)->ht_module};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        int stop = parts[i] == NULL ? 0 : visit(parts[i], arg);
        if (stop != 0) {
            return stop;
        }
    }
    return 0;
}

int
type_clear(PyObject *op)
{
    PyTypeObject *type = TYPE(op);
    // Instances may still be deallocated after this: they need tp_base, the members and the slots, but
    // neither attributes nor the MRO, which holds the cycle together.
    type_modified(type);
    type_cache_drop(type);
    if (type->tp_dict != NULL) {
        dict_clear(type->tp_dict);
    }
    clear_ref(((PyHeapTypeObject *)type)->ht_module);
    clear_ref(type->tp_mro);
    return 0;
}

void
type_dealloc(PyObject *op)
{
    PyTypeObject *type = TYPE(op);
    PyHeapTypeObject *et = (PyHeapTypeObject *)op;
    gc_untrack(op);
    if (type->tp_weaklist != NULL) {
        weakref_clear_all(op);
    }
    type_remove_from_bases(type, type->tp_bases);
    type_cache_drop(type);
    type_refs_release(type);
    clear_ref(type->tp_base);
    clear_ref(type->tp_dict);
    clear_ref(type->tp_bases);
    clear_ref(type->tp_mro);
    PyObject *subclasses = type->tp_subclasses;
    type->tp_subclasses = NULL;
    xdecref(subclasses);
    mem_free((char *)type->tp_doc);
    clear_ref(et->ht_name);
    clear_ref(et->ht_qualname);
    clear_ref(et->ht_slots);
    shape_tree_free((ShapeTree *)et->ht_cached_keys);
    et->ht_cached_keys = NULL;
    clear_ref(et->ht_module);
    mem_free(et->_ht_tpname);
    type_of(op)->tp_free(op);
}

static int
type_is_gc(PyObject *op)
{
    return type_has_feature(TYPE(op), Py_TPFLAGS_HEAPTYPE);
}

static PyNumberMethods type_as_number = {.nb_or = union_or};

PyTypeObject PyType_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "type",
    .tp_basicsize = sizeof(PyHeapTypeObject),
    .tp_itemsize = sizeof(PyMemberDef),
    .tp_dealloc = type_dealloc,
    .tp_vectorcall_offset = offsetof(PyTypeObject, tp_vectorcall),
    .tp_repr = type_repr,
    .tp_as_number = &type_as_number,
    .tp_call = type_call,
    .tp_getattro = type_getattro,
    .tp_setattro = type_setattro,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
                Py_TPFLAGS_TYPE_SUBCLASS | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_ITEMS_AT_END,
    .tp_doc = "type(object) -> the object's type\n"
              "type(name, bases, dict, **kwds) -> a new type",
    .tp_traverse = type_traverse,
    .tp_clear = type_clear,
    .tp_weaklistoffset = offsetof(PyTypeObject, tp_weaklist),
    .tp_methods = type_methods,
    .tp_members = type_members,
    .tp_getset = type_getsets,
    .tp_dictoffset = offsetof(PyTypeObject, tp_dict),
    .tp_init = type_init,
    .tp_alloc = type_alloc,
    .tp_new = type_new,
    .tp_free = heap_free,
    .tp_is_gc = type_is_gc,
};
