// mappingproxy: a read-only view of a mapping; what __dict__ of classes is.
//
// Threading: immutable; operations are those of the mapping.
#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/descr.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/list.h"
#include "objects/mapping.h"
#include "objects/number.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

typedef struct {
    PyObject ob_base;
    PyObject *mapping;      // immutable: owned
} MappingProxyObject;

static PyObject *mapping_of(PyObject *op) { return ((MappingProxyObject *)op)->mapping; }

static PyObject *
unwrap(PyObject *op)
{
    return type_of(op) == &PyDictProxy_Type ? mapping_of(op) : op;
}

PyObject *
mappingproxy_new(PyObject *mapping)
{
    if (!mapping_check(mapping) || list_check(mapping) || tuple_check(mapping)) {
        return error_format(PyExc_TypeError, "mappingproxy() argument must be a mapping, not %s",
                            type_of(mapping)->tp_name);
    }
    MappingProxyObject *proxy = (MappingProxyObject *)type_alloc(&PyDictProxy_Type, 0);
    if (proxy != NULL) {
        proxy->mapping = new_ref(mapping);
    }
    return (PyObject *)proxy;
}

static PyObject *
proxy_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"mapping", NULL};
    static ArgsParser parser = {.format = "O:mappingproxy", .keywords = keywords};
    PyObject *mapping;
    (void)type;
    return args_parse_tuple_keywords(args, kwargs, &parser, &mapping) ? mappingproxy_new(mapping)
                                                                     : NULL;
}

static void
proxy_dealloc(PyObject *op)
{
    gc_untrack(op);
    xdecref(mapping_of(op));
    heap_free(op);
}

static int
proxy_traverse(PyObject *op, visitproc visit, void *arg)
{
    return mapping_of(op) == NULL ? 0 : visit(mapping_of(op), arg);
}

static Py_ssize_t proxy_length(PyObject *op) { return object_length(mapping_of(op)); }

static PyObject *
proxy_getitem(PyObject *op, PyObject *key)
{
    return object_getitem(mapping_of(op), key);
}

static int
proxy_contains(PyObject *op, PyObject *key)
{
    if (dict_check_exact(mapping_of(op))) {
        return dict_contains(mapping_of(op), key);
    }
    return sequence_contains(mapping_of(op), key);
}

static PyObject *proxy_iter(PyObject *op) { return object_iter(mapping_of(op)); }
static PyObject *proxy_str(PyObject *op) { return object_str(mapping_of(op)); }
static Py_hash_t proxy_hash(PyObject *op) { return object_hash(mapping_of(op)); }

static PyObject *
proxy_repr(PyObject *op)
{
    return str_format("mappingproxy(%R)", mapping_of(op));
}

static PyObject *
proxy_richcompare(PyObject *a, PyObject *b, int op)
{
    if (type_of(a) != &PyDictProxy_Type) {
        return new_ref(Py_NotImplemented);
    }
    return object_richcompare(mapping_of(a), b, op);
}

static PyObject *
proxy_or(PyObject *a, PyObject *b)
{
    return number_or(unwrap(a), unwrap(b));
}

static PyObject *
proxy_inplace_or(PyObject *a, PyObject *b)
{
    (void)b;
    return error_format(PyExc_TypeError, "'|=' is not supported by %s; use '|' instead",
                        type_of(a)->tp_name);
}

static PyObject *
proxy_get(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("get", nargs, 1, 2)) {
        return NULL;
    }
    PyObject *call[] = {mapping_of(op), args[0], nargs > 1 ? args[1] : Py_None};
    return object_vectorcall_method(ID(get), call, 3, NULL);
}

static PyObject *
proxy_keys(PyObject *op, PyObject *unused)
{
    (void)unused;
    return object_call_method_noargs(mapping_of(op), ID(keys));
}

static PyObject *
proxy_values(PyObject *op, PyObject *unused)
{
    (void)unused;
    return object_call_method_noargs(mapping_of(op), ID(values));
}

static PyObject *
proxy_items(PyObject *op, PyObject *unused)
{
    (void)unused;
    return object_call_method_noargs(mapping_of(op), ID(items));
}

static PyObject *
proxy_copy(PyObject *op, PyObject *unused)
{
    (void)unused;
    return object_call_method_noargs(mapping_of(op), ID(copy));
}

static PyObject *
proxy_reversed(PyObject *op, PyObject *unused)
{
    (void)unused;
    return object_call_method_noargs(mapping_of(op), ID(__reversed__));
}

static PyMethodDef proxy_methods[] = {
    {"get", (PyCFunction)(void *)proxy_get, METH_FASTCALL,
     "get($self, key, default=None, /)\n--\n\n"
     "Return the value for key if key is in the mapping, else default."},
    {"keys", proxy_keys, METH_NOARGS, "D.keys() -> a set-like object providing a view on D's keys"},
    {"values", proxy_values, METH_NOARGS, "D.values() -> an object providing a view on D's values"},
    {"items", proxy_items, METH_NOARGS, "D.items() -> a set-like object providing a view on D's items"},
    {"copy", proxy_copy, METH_NOARGS, "D.copy() -> a shallow copy of D"},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {"__reversed__", proxy_reversed, METH_NOARGS, "D.__reversed__() -> reverse iterator"},
    {NULL, NULL, 0, NULL},
};

static PyNumberMethods proxy_as_number = {.nb_or = proxy_or, .nb_inplace_or = proxy_inplace_or};
static PySequenceMethods proxy_as_sequence = {.sq_contains = proxy_contains};
static PyMappingMethods proxy_as_mapping = {.mp_length = proxy_length, .mp_subscript = proxy_getitem};

PyTypeObject PyDictProxy_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "mappingproxy",
    .tp_basicsize = sizeof(MappingProxyObject),
    .tp_dealloc = proxy_dealloc,
    .tp_repr = proxy_repr,
    .tp_as_number = &proxy_as_number,
    .tp_as_sequence = &proxy_as_sequence,
    .tp_as_mapping = &proxy_as_mapping,
    .tp_hash = proxy_hash,
    .tp_str = proxy_str,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_MAPPING,
    .tp_doc = "mappingproxy(mapping)\n--\n\nRead-only proxy of a mapping.",
    .tp_traverse = proxy_traverse,
    .tp_richcompare = proxy_richcompare,
    .tp_iter = proxy_iter,
    .tp_methods = proxy_methods,
    .tp_new = proxy_new,
};
