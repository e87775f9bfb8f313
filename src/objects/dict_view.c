// The views of dict: dict_keys, dict_values, dict_items, with the operations of sets.
//
// Threading: a view is immutable; what it shows changes with the dict. Set operations build a new
// set out of one walk over each operand.
#include "objects/dict_internal.h"

#include "objects/call.h"
#include "objects/descr.h"
#include "objects/error.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/set.h"
#include "objects/tuple.h"
#include "objects/type.h"

static inline PyObject *
view_dict(PyObject *self)
{
    return (PyObject *)((DictViewObject *)self)->dict;
}

PyObject *
dict_view_new(PyObject *op, PyTypeObject *type)
{
    if (!dict_check(op)) {
        return error_format(PyExc_TypeError, "%s() requires a dict argument, not '%s'",
                            type->tp_name, type_of(op)->tp_name);
    }
    DictViewObject *view = (DictViewObject *)heap_new_object(type, sizeof(DictViewObject));
    if (view == NULL) {
        return NULL;
    }
    view->dict = (PyDictObject *)new_ref(op);
    gc_track(view);
    return (PyObject *)view;
}

static void
view_dealloc(PyObject *self)
{
    gc_untrack(self);
    xdecref(view_dict(self));
    heap_free(self);
}

static int
view_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *op = view_dict(self);
    return op == NULL ? 0 : visit(op, arg);
}

static Py_ssize_t
view_length(PyObject *self)
{
    return dict_size(view_dict(self));
}

static PyObject *
view_get_mapping(PyObject *self, void *closure)
{
    (void)closure;
    return mappingproxy_new(view_dict(self));
}

static PyObject *
view_repr(PyObject *self)
{
    int entered = object_repr_enter(self);
    if (entered != 0) {
        return entered > 0 ? str_from_cstr("...") : NULL;
    }
    PyObject *result = NULL;
    PyObject *list = list_from_iterable(self);
    if (list != NULL) {
        result = str_format("%s(%R)", type_short_name(type_of(self)), list);
        decref(list);
    }
    object_repr_leave(self);
    return result;
}

static PyGetSetDef view_getset[] = {
    {"mapping", view_get_mapping, NULL,
     "dictionary that this view refers to", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

// ---- Set operations ----

static bool
set_like_view_check(PyObject *op)
{
    return object_type_check(op, &PyDictKeys_Type) || object_type_check(op, &PyDictItems_Type);
}

// Whether all items of a are in b: 1, 0, -1.
static int
all_contained(PyObject *a, PyObject *b)
{
    PyObject *iterator = object_iter(a);
    if (iterator == NULL) {
        return -1;
    }
    PyObject *item;
    int result;
    while ((result = iter_next_item(iterator, &item)) > 0) {
        result = sequence_contains(b, item);
        decref(item);
        if (result <= 0) {
            decref(iterator);
            return result;
        }
    }
    decref(iterator);
    return result < 0 ? -1 : 1;
}

static PyObject *
view_richcompare(PyObject *self, PyObject *other, int op)
{
    if (!anyset_check(other) && !set_like_view_check(other)) {
        return Py_NotImplemented;
    }
    Py_ssize_t left = object_length(self);
    Py_ssize_t right = left < 0 ? -1 : object_length(other);
    if (right < 0) {
        return NULL;
    }
    int result = 0;
    switch (op) {
    case Py_EQ:
    case Py_NE:
        result = left == right ? all_contained(self, other) : 0;
        if (op == Py_NE && result >= 0) {
            result = !result;
        }
        break;
    case Py_LT:
        result = left < right ? all_contained(self, other) : 0;
        break;
    case Py_LE:
        result = left <= right ? all_contained(self, other) : 0;
        break;
    case Py_GT:
        result = left > right ? all_contained(other, self) : 0;
        break;
    case Py_GE:
        result = left >= right ? all_contained(other, self) : 0;
        break;
    }
    return result < 0 ? NULL : result ? Py_True : Py_False;
}

// set(self) with the method `name` called on other.
static PyObject *
set_with(PyObject *self, PyObject *name, PyObject *other)
{
    PyObject *result = set_new(self);
    PyObject *none = result == NULL ? NULL : object_call_method_onearg(result, name, other);
    if (none == NULL) {
        xdecref(result);
        return NULL;
    }
    decref(none);
    return result;
}

static PyObject *
view_sub(PyObject *self, PyObject *other)
{
    return set_with(self, ID(difference_update), other);
}

static PyObject *
view_or(PyObject *self, PyObject *other)
{
    return set_with(self, ID(update), other);
}

static PyObject *
view_xor(PyObject *self, PyObject *other)
{
    return set_with(self, ID(symmetric_difference_update), other);
}

static PyObject *
view_and(PyObject *self, PyObject *other)
{
    // The view may be the right operand; and the shorter one is walked.
    if (!set_like_view_check(self) ||
        (set_like_view_check(other) && view_length(other) > view_length(self))) {
        PyObject *swapped = self;
        self = other;
        other = swapped;
    }
    if (set_check_exact(other) && set_size(other) > view_length(self)) {
        PyObject *swapped = self;
        self = other;
        other = swapped;
    }
    PyObject *result = set_new(NULL);
    PyObject *iterator = result == NULL ? NULL : object_iter(other);
    if (iterator == NULL) {
        xdecref(result);
        return NULL;
    }
    PyObject *item;
    int status;
    while ((status = iter_next_item(iterator, &item)) > 0) {
        status = sequence_contains(self, item);
        if (status > 0) {
            status = set_add(result, item);
        }
        decref(item);
        if (status < 0) {
            break;
        }
    }
    decref(iterator);
    if (status < 0) {
        clear_ref(result);
    }
    return result;
}

static PyObject *
view_isdisjoint(PyObject *self, PyObject *other)
{
    if (self == other) {
        return view_length(self) == 0 ? Py_True : Py_False;
    }
    if (anyset_check_exact(other) || set_like_view_check(other)) {
        Py_ssize_t other_length = object_length(other);
        if (other_length < 0) {
            return NULL;
        }
        if (other_length > view_length(self)) {
            PyObject *swapped = self;
            self = other;
            other = swapped;
        }
    }
    PyObject *iterator = object_iter(other);
    if (iterator == NULL) {
        return NULL;
    }
    PyObject *item;
    int status;
    while ((status = iter_next_item(iterator, &item)) > 0) {
        int contains = sequence_contains(self, item);
        decref(item);
        if (contains != 0) {
            decref(iterator);
            return contains < 0 ? NULL : Py_False;
        }
    }
    decref(iterator);
    return status < 0 ? NULL : Py_True;
}

static PyNumberMethods view_as_number = {
    .nb_subtract = view_sub,
    .nb_and = view_and,
    .nb_xor = view_xor,
    .nb_or = view_or,
};

// ---- Keys ----

static PyObject *
keys_iter(PyObject *self)
{
    return dict_iter_new(view_dict(self), &PyDictIterKey_Type);
}

static PyObject *
keys_reversed(PyObject *self, PyObject *unused)
{
    (void)unused;
    return dict_iter_new(view_dict(self), &PyDictRevIterKey_Type);
}

static int
keys_contains(PyObject *self, PyObject *key)
{
    return dict_contains(view_dict(self), key);
}

static PySequenceMethods keys_as_sequence = {
    .sq_length = view_length,
    .sq_contains = keys_contains,
};

static PyMethodDef keys_methods[] = {
    {"isdisjoint", view_isdisjoint, METH_O,
     "Return True if the view and the given iterable have a null intersection."},
    {"__reversed__", keys_reversed, METH_NOARGS, "Return a reverse iterator over the dict keys."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyDictKeys_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "dict_keys",
    .tp_basicsize = sizeof(DictViewObject),
    .tp_dealloc = view_dealloc,
    .tp_repr = view_repr,
    .tp_as_number = &view_as_number,
    .tp_as_sequence = &keys_as_sequence,
    .tp_hash = object_hash_not_implemented,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = view_traverse,
    .tp_richcompare = view_richcompare,
    .tp_iter = keys_iter,
    .tp_methods = keys_methods,
    .tp_getset = view_getset,
    .tp_free = heap_free,
};

// ---- Items ----

static PyObject *
items_iter(PyObject *self)
{
    return dict_iter_new(view_dict(self), &PyDictIterItem_Type);
}

static PyObject *
items_reversed(PyObject *self, PyObject *unused)
{
    (void)unused;
    return dict_iter_new(view_dict(self), &PyDictRevIterItem_Type);
}

static int
items_contains(PyObject *self, PyObject *item)
{
    if (!tuple_check(item) || tuple_size(item) != 2) {
        return 0;
    }
    PyObject *found;
    int status = dict_get(view_dict(self), tuple_item(item, 0), &found);
    if (status > 0) {
        status = object_richcompare_bool(found, tuple_item(item, 1), Py_EQ);
        decref(found);
    }
    return status;
}

static PySequenceMethods items_as_sequence = {
    .sq_length = view_length,
    .sq_contains = items_contains,
};

static PyMethodDef items_methods[] = {
    {"isdisjoint", view_isdisjoint, METH_O,
     "Return True if the view and the given iterable have a null intersection."},
    {"__reversed__", items_reversed, METH_NOARGS,
     "Return a reverse iterator over the dict items."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyDictItems_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "dict_items",
    .tp_basicsize = sizeof(DictViewObject),
    .tp_dealloc = view_dealloc,
    .tp_repr = view_repr,
    .tp_as_number = &view_as_number,
    .tp_as_sequence = &items_as_sequence,
    .tp_hash = object_hash_not_implemented,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = view_traverse,
    .tp_richcompare = view_richcompare,
    .tp_iter = items_iter,
    .tp_methods = items_methods,
    .tp_getset = view_getset,
    .tp_free = heap_free,
};

// ---- Values ----

static PyObject *
values_iter(PyObject *self)
{
    return dict_iter_new(view_dict(self), &PyDictIterValue_Type);
}

static PyObject *
values_reversed(PyObject *self, PyObject *unused)
{
    (void)unused;
    return dict_iter_new(view_dict(self), &PyDictRevIterValue_Type);
}

static PySequenceMethods values_as_sequence = {.sq_length = view_length};

static PyMethodDef values_methods[] = {
    {"__reversed__", values_reversed, METH_NOARGS,
     "Return a reverse iterator over the dict values."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyDictValues_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "dict_values",
    .tp_basicsize = sizeof(DictViewObject),
    .tp_dealloc = view_dealloc,
    .tp_repr = view_repr,
    .tp_as_sequence = &values_as_sequence,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = view_traverse,
    .tp_iter = values_iter,
    .tp_methods = values_methods,
    .tp_getset = view_getset,
    .tp_free = heap_free,
};
