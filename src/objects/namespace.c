// types.SimpleNamespace.
//
// Threading: attributes are those of its dict.
#include "objects/namespace.h"

#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "objects/tuple.h"
#include "objects/type.h"

typedef struct {
    PyObject ob_base;
    PyObject *dict;         // immutable: owned
} NamespaceObject;

static PyObject *dict_of(PyObject *op) { return ((NamespaceObject *)op)->dict; }

static bool is_namespace(PyObject *op) { return object_type_check(op, &_PyNamespace_Type); }

static PyObject *
namespace_type_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args;
    (void)kwargs;
    PyObject *op = type->tp_alloc(type, 0);
    if (op != NULL) {
        ((NamespaceObject *)op)->dict = dict_new();
        if (dict_of(op) == NULL) {
            clear_ref(op);
        }
    }
    return op;
}

PyObject *
namespace_new(PyObject *attributes)
{
    PyObject *op = namespace_type_new(&_PyNamespace_Type, NULL, NULL);
    if (op != NULL && attributes != NULL && dict_update(dict_of(op), attributes) < 0) {
        clear_ref(op);
    }
    return op;
}

// The optional positional argument: a mapping or pairs, whose keys must be strings.
static int
init_from_mapping(PyObject *op, PyObject *arg)
{
    PyObject *dict = dict_check_exact(arg) ? new_ref(arg)
                                           : object_call_onearg((PyObject *)&PyDict_Type, arg);
    if (dict == NULL) {
        return -1;
    }
    int result = !args_validate_keywords(dict) ? -1 : dict_update(dict_of(op), dict);
    decref(dict);
    return result;
}

static int
namespace_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *arg = NULL;
    if (!args_unpack_tuple(args, type_short_name(type_of(op)), 0, 1, &arg)) {
        return -1;
    }
    if (arg != NULL && init_from_mapping(op, arg) < 0) {
        return -1;
    }
    if (kwargs == NULL) {
        return 0;
    }
    return !args_validate_keywords(kwargs) ? -1 : dict_update(dict_of(op), kwargs);
}

static void
namespace_dealloc(PyObject *op)
{
    gc_untrack(op);
    xdecref(dict_of(op));
    type_of(op)->tp_free(op);
}

static int
namespace_traverse(PyObject *op, visitproc visit, void *arg)
{
    return dict_of(op) == NULL ? 0 : visit(dict_of(op), arg);
}

static int
namespace_clear(PyObject *op)
{
    clear_ref(((NamespaceObject *)op)->dict);
    return 0;
}

// ---- repr and comparison ----

static int
write_items(StrWriter *w, PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t pos = 0;
    bool first = true;
    int more;
    while ((more = dict_next(dict, &pos, &key, &value)) > 0) {
        int failed = 0;
        if (str_check(key) && str_length(key) > 0) {
            failed = (!first && str_writer_ascii(w, ", ", 2) < 0) || str_writer_str(w, key) < 0 ||
                     str_writer_char(w, '=') < 0 || str_writer_repr(w, value) < 0;
            first = false;
        }
        decref(key);
        decref(value);
        if (failed) {
            return -1;
        }
    }
    return more;
}

static PyObject *
namespace_repr(PyObject *op)
{
    const char *name = type_of(op) == &_PyNamespace_Type ? "namespace" : type_of(op)->tp_name;
    int entered = object_repr_enter(op);
    if (entered != 0) {
        return entered < 0 ? NULL : str_format("%s(...)", name);
    }
    StrWriter w;
    str_writer_init(&w);
    PyObject *result = NULL;
    if (str_writer_utf8(&w, name, -1) < 0 || str_writer_char(&w, '(') < 0 ||
        write_items(&w, dict_of(op)) < 0 || str_writer_char(&w, ')') < 0) {
        str_writer_discard(&w);
    }
    else {
        result = str_writer_finish(&w);
    }
    object_repr_leave(op);
    return result;
}

static PyObject *
namespace_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!is_namespace(a) || !is_namespace(b)) {
        return new_ref(Py_NotImplemented);
    }
    return object_richcompare(dict_of(a), dict_of(b), op);
}

// ---- methods ----

static PyObject *
namespace_reduce(PyObject *op, PyObject *unused)
{
    (void)unused;
    PyObject *empty = tuple_empty();
    PyObject *result = tuple_pack(3, (PyObject *)type_of(op), empty, dict_of(op));
    decref(empty);
    return result;
}

static PyObject *
namespace_replace(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (!args_no_positional("__replace__", args)) {
        return NULL;
    }
    PyObject *copy = object_call_noargs((PyObject *)type_of(op));
    if (copy == NULL) {
        return NULL;
    }
    if (!is_namespace(copy)) {
        error_format(PyExc_TypeError, "expect %N type, but %T() returned '%T' object",
                     &_PyNamespace_Type, op, copy);
        decref(copy);
        return NULL;
    }
    if (dict_update(dict_of(copy), dict_of(op)) < 0 ||
        (kwargs != NULL && dict_update(dict_of(copy), kwargs) < 0)) {
        clear_ref(copy);
    }
    return copy;
}

static PyMethodDef namespace_methods[] = {
    {"__reduce__", namespace_reduce, METH_NOARGS, "Return state information for pickling"},
    {"__replace__", (PyCFunction)(void *)namespace_replace, METH_VARARGS | METH_KEYWORDS,
     "__replace__($self, /, **changes)\n--\n\n"
     "Return a copy of the namespace object with new values for the specified attributes."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef namespace_members[] = {
    {"__dict__", _Py_T_OBJECT, offsetof(NamespaceObject, dict), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject _PyNamespace_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "types.SimpleNamespace",
    .tp_basicsize = sizeof(NamespaceObject),
    .tp_dealloc = namespace_dealloc,
    .tp_repr = namespace_repr,
    .tp_getattro = object_generic_getattr,
    .tp_setattro = object_generic_setattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = "SimpleNamespace(mapping_or_iterable=(), /, **kwargs)\n--\n\n"
              "A simple attribute-based namespace.",
    .tp_traverse = namespace_traverse,
    .tp_clear = namespace_clear,
    .tp_richcompare = namespace_richcompare,
    .tp_methods = namespace_methods,
    .tp_members = namespace_members,
    .tp_dictoffset = offsetof(NamespaceObject, dict),
    .tp_init = namespace_init,
    .tp_alloc = type_alloc,
    .tp_new = namespace_type_new,
    .tp_free = heap_free,
};
