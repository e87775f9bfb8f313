// The type `object`.
//
// Threading: no state beyond the object's class, which assignment to __class__ changes under the
// object's critical section.
#include "memory/heap.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/descr.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type_internal.h"
#include "objects/type_reduce.h"

static void
object_dealloc(PyObject *self)
{
    type_of(self)->tp_free(self);
}

static PyObject *
object_default_repr(PyObject *self)
{
    PyTypeObject *type = type_of(self);
    PyObject *result = NULL;
    PyObject *module = type_get_module_name(type);
    if (module == NULL) {
        error_clear();
    }
    PyObject *name = type_get_qualname(type);
    if (name == NULL) {
        xdecref(module);
        return NULL;
    }
    if (module != NULL && str_check(module) && !str_equal(module, ID(builtins))) {
        result = str_format("<%U.%U object at %p>", module, name, (void *)self);
    }
    else {
        result = str_format("<%s object at %p>", type->tp_name, (void *)self);
    }
    xdecref(module);
    decref(name);
    return result;
}

static PyObject *
object_default_str(PyObject *self)
{
    reprfunc repr = type_of(self)->tp_repr;
    return repr == NULL || repr == object_default_str ? object_default_repr(self) : repr(self);
}

static PyObject *
object_default_richcompare(PyObject *self, PyObject *other, int op)
{
    if (op == Py_EQ) {
        return new_ref(self == other ? Py_True : Py_NotImplemented);
    }
    if (op != Py_NE || type_of(self)->tp_richcompare == NULL) {
        return new_ref(Py_NotImplemented);
    }
    // The opposite of __eq__, unless that does not know.
    PyObject *equal = type_of(self)->tp_richcompare(self, other, Py_EQ);
    if (equal == NULL || equal == Py_NotImplemented) {
        return equal;
    }
    int truth = object_is_true(equal);
    decref(equal);
    return truth < 0 ? NULL : new_ref(truth ? Py_False : Py_True);
}

// ---- __class__ ----

static PyObject *
object_get_class(PyObject *self, void *closure)
{
    (void)closure;
    return (PyObject *)new_ref(type_of(self));
}

static bool
is_mutable_class(PyTypeObject *type)
{
    return !type_has_feature(type, Py_TPFLAGS_IMMUTABLETYPE);
}

int
object_set_class(PyObject *self, PyObject *value, void *closure)
{
    (void)closure;
    if (value == NULL) {
        error_set(PyExc_TypeError, "can't delete __class__ attribute");
        return -1;
    }
    if (!type_check(value)) {
        error_format(PyExc_TypeError, "__class__ must be set to a class, not '%s' object",
                     type_of(value)->tp_name);
        return -1;
    }
    if (type_audit_setattr(self, "__class__", value) < 0) {
        return -1;
    }
    PyTypeObject *from = type_of(self);
    PyTypeObject *to = (PyTypeObject *)value;
    bool modules = type_is_subtype(to, &PyModule_Type) && type_is_subtype(from, &PyModule_Type);
    if (!modules && !(is_mutable_class(from) && is_mutable_class(to))) {
        error_set(PyExc_TypeError, "__class__ assignment only supported for mutable types or "
                  "ModuleType subclasses");
        return -1;
    }
    if (from == to) {
        return 0;
    }
    if (!type_compatible_for_assignment(from, to, "__class__")) {
        return -1;
    }
    // Shapes belong to one class: what the object holds goes to its dict.
    if (type_has_managed_dict(from) && attributes_materialize(self) < 0) {
        return -1;
    }
    CriticalSection cs;
    critical_section_begin(&cs, self);
    if (type_has_feature(to, Py_TPFLAGS_HEAPTYPE)) {
        type_ref_instance(to);
    }
    atomic_store_release_ptr(&self->ob_type, to);
    critical_section_end(&cs);
    if (type_has_feature(from, Py_TPFLAGS_HEAPTYPE)) {
        type_unref_instance(from);
    }
    return 0;
}

// ---- methods ----

static PyObject *
object_subclasshook(PyObject *cls, PyObject *args)
{
    (void)cls;
    (void)args;
    return new_ref(Py_NotImplemented);
}

static PyObject *
object_init_subclass(PyObject *cls, PyObject *unused)
{
    (void)cls;
    (void)unused;
    return new_ref(Py_None);
}

static PyObject *
object_format_method(PyObject *self, PyObject *spec)
{
    if (!str_check(spec)) {
        return error_format(PyExc_TypeError, "__format__() argument must be str, not %.50s",
                            type_of(spec)->tp_name);
    }
    if (str_length(spec) > 0) {
        return error_format(PyExc_TypeError, "unsupported format string passed to %.200s.__format__",
                            type_of(self)->tp_name);
    }
    return object_str(self);
}

static PyObject *
object_sizeof_method(PyObject *self, PyObject *unused)
{
    (void)unused;
    PyTypeObject *type = type_of(self);
    Py_ssize_t size = type->tp_basicsize;
    if (type->tp_itemsize > 0) {
        Py_ssize_t n = size_of(self);
        if (type_has_feature(type, Py_TPFLAGS_LONG_SUBCLASS)) {
            n = int_digit_count(self);
        }
        size += (n < 0 ? -n : n) * type->tp_itemsize;
    }
    if (type_has_managed_dict(type)) {
        Shape *shape = attributes_shape(self);
        if (!shape_is_special(shape)) {
            size += (Py_ssize_t)(shape->inline_capacity * sizeof(Value));
        }
    }
    return int_from_ssize(size);
}

int
type_merge_class_dict(PyObject *dict, PyObject *cls)
{
    PyObject *of_class;
    int found = object_getattr_optional(cls, ID(__dict__), &of_class);
    if (found < 0) {
        return -1;
    }
    if (found > 0) {
        int failed = dict_update(dict, of_class);
        decref(of_class);
        if (failed) {
            return -1;
        }
    }
    PyObject *bases;
    found = object_getattr_optional(cls, ID(__bases__), &bases);
    if (found <= 0) {
        return found;
    }
    Py_ssize_t n = sequence_length(bases);
    int result = n < 0 ? -1 : thread_enter_c(" in __dir__");
    if (n < 0) {
        error_clear();      // __bases__ of something that is no class
        result = 0;
        n = 0;
    }
    for (Py_ssize_t i = 0; result == 0 && i < n; i++) {
        PyObject *base = sequence_getitem(bases, i);
        result = base == NULL ? -1 : type_merge_class_dict(dict, base);
        xdecref(base);
    }
    thread_leave_c();
    decref(bases);
    return result;
}

static PyObject *
own_attributes(PyObject *self)
{
    PyObject *dict;
    int found = object_getattr_optional(self, ID(__dict__), &dict);
    if (found < 0) {
        return NULL;
    }
    if (found == 0 || !dict_check(dict)) {
        xdecref(dict);
        return dict_new();
    }
    PyObject *copy = dict_copy(dict);
    decref(dict);
    return copy;
}

// Whether reading __dict__ would do nothing but show the managed attributes.
static bool
has_plain_dict(PyTypeObject *type)
{
    if (type->tp_getattro != object_generic_getattr || !type_has_managed_dict(type)) {
        return false;
    }
    PyObject *descr = type_lookup(type, ID(__dict__));
    bool plain = descr != NULL && type_of(descr) == &PyGetSetDescr_Type;
    xdecref(descr);
    return plain;
}

static PyObject *
object_dir_method(PyObject *self, PyObject *unused)
{
    (void)unused;
    PyObject *dict = has_plain_dict(type_of(self)) ? attributes_copy_dict(self)
                                                   : own_attributes(self);
    if (dict == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    PyObject *cls;
    int found = object_getattr_optional(self, ID(__class__), &cls);
    if (found >= 0 && (found == 0 || type_merge_class_dict(dict, cls) == 0)) {
        result = dict_keys_list(dict);
    }
    xdecref(cls);
    decref(dict);
    return result;
}

static PyMethodDef object_methods[] = {
    {"__reduce_ex__", object_reduce_ex_method, METH_O,
     "__reduce_ex__($self, protocol, /)\n--\n\nHelper for pickle."},
    {"__reduce__", object_reduce_method, METH_NOARGS,
     "__reduce__($self, /)\n--\n\nHelper for pickle."},
    {"__getstate__", object_getstate_method, METH_NOARGS,
     "__getstate__($self, /)\n--\n\nHelper for pickle."},
    {"__subclasshook__", object_subclasshook, METH_CLASS | METH_O,
     "Abstract classes can override this to customize issubclass().\n\n"
     "This is invoked early on by abc.ABCMeta.__subclasscheck__().\n"
     "It should return True, False or NotImplemented.  If it returns\n"
     "NotImplemented, the normal algorithm is used.  Otherwise, it\n"
     "overrides the normal algorithm (and the outcome is cached)."},
    {"__init_subclass__", object_init_subclass, METH_CLASS | METH_NOARGS,
     "This method is called when a class is subclassed.\n\n"
     "The default implementation does nothing. It may be\n"
     "overridden to extend subclasses."},
    {"__format__", object_format_method, METH_O,
     "__format__($self, format_spec, /)\n--\n\n"
     "Default object formatter.\n\n"
     "Return str(self) if format_spec is empty. Raise TypeError otherwise."},
    {"__sizeof__", object_sizeof_method, METH_NOARGS,
     "__sizeof__($self, /)\n--\n\nSize of object in memory, in bytes."},
    {"__dir__", object_dir_method, METH_NOARGS,
     "__dir__($self, /)\n--\n\nDefault dir() implementation."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef object_getsets[] = {
    {"__class__", object_get_class, object_set_class, "the object's class", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyBaseObject_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "object",
    .tp_basicsize = sizeof(PyObject),
    .tp_dealloc = object_dealloc,
    .tp_repr = object_default_repr,
    .tp_hash = object_generic_hash,
    .tp_str = object_default_str,
    .tp_getattro = object_generic_getattr,
    .tp_setattro = object_generic_setattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = "object()\n--\n\n"
              "The base class of the class hierarchy.\n\n"
              "When called, it accepts no arguments and returns a new featureless\n"
              "instance that has no instance attributes and cannot be given any.\n",
    .tp_richcompare = object_default_richcompare,
    .tp_methods = object_methods,
    .tp_getset = object_getsets,
    .tp_init = object_object_init,
    .tp_alloc = type_alloc,
    .tp_new = object_object_new,
    .tp_free = heap_free,
};
