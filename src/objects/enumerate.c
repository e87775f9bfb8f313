// enumerate.
//
// Threading: the counter is a relaxed atomic while it fits a machine word, and taken under the
// object's lock beyond; threads sharing one may get a number twice.
#include "objects/seqiter.h"

#include "objects/args.h"
#include "objects/call.h"
#include "objects/container.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/tuple.h"
#include "objects/type.h"

typedef struct EnumObject {
    PyObject ob_base;
    Py_ssize_t index;       // atomic: relaxed; PY_SSIZE_T_MAX when `large` counts
    PyObject *iterator;     // immutable
    PyObject *large;        // lock: the object's; int, NULL while index counts
    PyObject *last;         // single thread: the tuple given last, or NULL
} EnumObject;

static PyObject *
enum_make(PyTypeObject *type, PyObject *iterable, PyObject *start)
{
    Py_ssize_t index = 0;
    PyObject *large = NULL;
    if (start != NULL) {
        PyObject *number = number_index(start);
        if (number == NULL) {
            return NULL;
        }
        int64_t word;
        if (int_as_i64_fast(number, &word) && word != PY_SSIZE_T_MAX) {
            index = word;
            decref(number);
        }
        else {
            index = PY_SSIZE_T_MAX;
            large = number;
        }
    }
    PyObject *iterator = object_iter(iterable);
    EnumObject *it = iterator == NULL ? NULL : (EnumObject *)type->tp_alloc(type, 0);
    if (it == NULL) {
        xdecref(iterator);
        xdecref(large);
        return NULL;
    }
    it->index = index;
    it->iterator = iterator;
    it->large = large;
    return (PyObject *)it;
}

static PyObject *
enum_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"iterable", "start", NULL};
    static ArgsParser parser = {.format = "O|O:enumerate", .keywords = keywords};
    PyObject *iterable, *start = NULL;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &iterable, &start)) {
        return NULL;
    }
    return enum_make(type, iterable, start);
}

static PyObject *
enum_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = vectorcall_nargs(nargsf);
    if (kwnames == NULL && nargs == 1) {
        return enum_make((PyTypeObject *)type, args[0], NULL);
    }
    if (kwnames == NULL && nargs == 2) {
        return enum_make((PyTypeObject *)type, args[0], args[1]);
    }
    Py_ssize_t given = nargs + (kwnames == NULL ? 0 : tuple_size(kwnames));
    if (given == 0) {
        return error_set(PyExc_TypeError, "enumerate() missing required argument 'iterable'");
    }
    if (given > 2) {
        return error_format(PyExc_TypeError, "enumerate() takes at most 2 arguments (%zd given)",
                            given);
    }
    static const char *const keywords[] = {"iterable", "start", NULL};
    static ArgsParser parser = {.format = "O|O:enumerate", .keywords = keywords};
    PyObject *iterable, *start = NULL;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &iterable, &start)) {
        return NULL;
    }
    return enum_make((PyTypeObject *)type, iterable, start);
}

static void
enum_dealloc(PyObject *self)
{
    gc_untrack(self);
    xdecref(((EnumObject *)self)->iterator);
    xdecref(((EnumObject *)self)->large);
    xdecref(((EnumObject *)self)->last);
    type_of(self)->tp_free(self);
}

static int
enum_traverse(PyObject *self, visitproc visit, void *arg)
{
    EnumObject *it = (EnumObject *)self;
    int status = it->iterator == NULL ? 0 : visit(it->iterator, arg);
    if (status == 0 && it->large != NULL) {
        status = visit(it->large, arg);
    }
    return status != 0 || it->last == NULL ? status : visit(it->last, arg);
}

// The next number once it does not fit a machine word.
static PyObject *
next_large(EnumObject *it)
{
    PyObject *number = NULL;
    CriticalSection cs;
    critical_section_begin(&cs, it);
    if (it->large == NULL) {
        it->large = int_from_ssize(PY_SSIZE_T_MAX);
    }
    PyObject *one = it->large == NULL ? NULL : int_from_i64(1);
    PyObject *next = one == NULL ? NULL : int_add(it->large, one);
    if (next != NULL) {
        number = it->large;
        it->large = next;
    }
    xdecref(one);
    critical_section_end(&cs);
    return number;
}

static PyObject *
enum_next(PyObject *self)
{
    EnumObject *it = (EnumObject *)self;
    PyObject *item = type_of(it->iterator)->tp_iternext(it->iterator);
    if (item == NULL) {
        return NULL;
    }
    Py_ssize_t index = atomic_load_relaxed_ssize(&it->index);
    PyObject *number;
    if (index != PY_SSIZE_T_MAX) {
        atomic_store_relaxed_ssize(&it->index, index + 1);
        number = int_from_ssize(index);
    }
    else {
        number = next_large(it);
    }
    if (number == NULL) {
        decref(item);
        return NULL;
    }
    return tuple_pair_reuse_steal(&it->last, number, item);
}

int
enum_next_parts(PyObject *self, Value *parts)
{
    EnumObject *it = (EnumObject *)self;
    parts[1] = iter_next_value(it->iterator);
    if (parts[1] == VALUE_UNSET) {
        return error_occurred() ? -1 : 0;
    }
    Py_ssize_t index = atomic_load_relaxed_ssize(&it->index);
    if (index < VALUE_INT_MAX) {
        atomic_store_relaxed_ssize(&it->index, index + 1);
        parts[0] = value_from_int(index);
        return 1;
    }
    PyObject *number;
    if (index != PY_SSIZE_T_MAX) {
        atomic_store_relaxed_ssize(&it->index, index + 1);
        number = int_from_ssize(index);
    }
    else {
        number = next_large(it);
    }
    if (number == NULL) {
        value_drop(parts[1]);
        return -1;
    }
    parts[0] = value_from_object_steal(number);
    return 1;
}

static PyObject *
enum_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    EnumObject *it = (EnumObject *)self;
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *number = it->large != NULL ? new_ref(it->large) : int_from_ssize(it->index);
    critical_section_end(&cs);
    PyObject *args = number == NULL ? NULL : tuple_pack(2, it->iterator, number);
    xdecref(number);
    return args == NULL ? NULL : tuple_pair_steal(new_ref((PyObject *)type_of(self)), args);
}

static PyMethodDef enum_methods[] = {
    {"__reduce__", enum_reduce, METH_NOARGS, "Return state information for pickling."},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyEnum_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "enumerate",
    .tp_basicsize = sizeof(EnumObject),
    .tp_dealloc = enum_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = "enumerate(iterable, start=0)\n--\n\nReturn an enumerate object.\n\n"
              "  iterable\n    an object supporting iteration\n\n"
              "The enumerate object yields pairs containing a count (from start, which\n"
              "defaults to zero) and a value yielded by the iterable argument.\n\n"
              "enumerate is useful for obtaining an indexed list:\n"
              "    (0, seq[0]), (1, seq[1]), (2, seq[2]), ...",
    .tp_traverse = enum_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = enum_next,
    .tp_methods = enum_methods,
    .tp_alloc = type_alloc,
    .tp_new = enum_tp_new,
    .tp_free = heap_free,
    .tp_vectorcall = enum_vectorcall,
};
