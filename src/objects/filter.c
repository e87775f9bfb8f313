// filter.
//
// Threading: function and iterator are immutable.
#include "objects/seqiter.h"

#include "objects/args.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/container.h"
#include "objects/error.h"
#include "objects/object.h"
#include "objects/tuple.h"
#include "objects/type.h"

typedef struct FilterObject {
    PyObject ob_base;
    PyObject *function;     // immutable; None: the items' own truth
    PyObject *iterator;     // immutable
} FilterObject;

static PyObject *
filter_make(PyTypeObject *type, PyObject *function, PyObject *iterable)
{
    PyObject *iterator = object_iter(iterable);
    FilterObject *it = iterator == NULL ? NULL : (FilterObject *)type->tp_alloc(type, 0);
    if (it == NULL) {
        xdecref(iterator);
        return NULL;
    }
    it->function = new_ref(function);
    it->iterator = iterator;
    return (PyObject *)it;
}

static PyObject *
filter_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if ((type == &PyFilter_Type || type->tp_init == PyFilter_Type.tp_init) &&
        !args_no_keywords("filter", kwargs)) {
        return NULL;
    }
    PyObject *function, *iterable;
    if (!args_unpack_tuple(args, "filter", 2, 2, &function, &iterable)) {
        return NULL;
    }
    return filter_make(type, function, iterable);
}

static PyObject *
filter_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (!args_no_kwnames("filter", kwnames) ||
        !args_check_positional("filter", vectorcall_nargs(nargsf), 2, 2)) {
        return NULL;
    }
    return filter_make((PyTypeObject *)type, args[0], args[1]);
}

static void
filter_dealloc(PyObject *self)
{
    gc_untrack(self);
    xdecref(((FilterObject *)self)->function);
    xdecref(((FilterObject *)self)->iterator);
    type_of(self)->tp_free(self);
}

static int
filter_traverse(PyObject *self, visitproc visit, void *arg)
{
    FilterObject *it = (FilterObject *)self;
    int status = it->function == NULL ? 0 : visit(it->function, arg);
    return status != 0 || it->iterator == NULL ? status : visit(it->iterator, arg);
}

static PyObject *
filter_next(PyObject *self)
{
    FilterObject *it = (FilterObject *)self;
    bool own_truth = it->function == Py_None || it->function == (PyObject *)&PyBool_Type;
    iternextfunc next = type_of(it->iterator)->tp_iternext;
    PyObject *item;
    while ((item = next(it->iterator)) != NULL) {
        int keep;
        if (own_truth) {
            keep = object_is_true(item);
        }
        else {
            PyObject *answer = object_call_onearg(it->function, item);
            keep = answer == NULL ? -1 : object_is_true(answer);
            xdecref(answer);
        }
        if (keep > 0) {
            return item;
        }
        decref(item);
        if (keep < 0) {
            return NULL;
        }
    }
    return NULL;
}

static PyObject *
filter_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    FilterObject *it = (FilterObject *)self;
    PyObject *args = tuple_pack(2, it->function, it->iterator);
    return args == NULL ? NULL : tuple_pair_steal(new_ref((PyObject *)type_of(self)), args);
}

static PyMethodDef filter_methods[] = {
    {"__reduce__", filter_reduce, METH_NOARGS, "Return state information for pickling."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyFilter_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "filter",
    .tp_basicsize = sizeof(FilterObject),
    .tp_dealloc = filter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = "filter(function, iterable, /)\n--\n\n"
              "Return an iterator yielding those items of iterable for which function(item)\n"
              "is true.\n\nIf function is None, return the items that are true.",
    .tp_traverse = filter_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = filter_next,
    .tp_methods = filter_methods,
    .tp_alloc = type_alloc,
    .tp_new = filter_tp_new,
    .tp_free = heap_free,
    .tp_vectorcall = filter_vectorcall,
};
