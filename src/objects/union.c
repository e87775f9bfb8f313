// typing.Union (types.UnionType): int | str.
//
// A union holds its distinct alternatives in order, nested unions flattened. Equality and hash
// ignore the order.
//
// Threading: immutable but for the parameters, published with compare-and-swap.
#include "base/hooks.h"
#include "memory/heap.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/genericalias_internal.h"
#include "objects/list.h"
#include "objects/sequence.h"
#include "objects/set.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/typevar.h"
#include "objects/weakref.h"

typedef struct {
    PyObject ob_base;
    PyObject *args;             // immutable: owned tuple of all alternatives
    PyObject *hashable;         // immutable: owned frozenset of those with a hash
    PyObject *unhashable;       // immutable: owned tuple of the others, or NULL
    PyObject *parameters;       // atomic: owned tuple or NULL
    PyObject *weakreflist;      // lock: weak references
} UnionObject;

#define UNION(op) ((UnionObject *)(op))

PyObject *union_args_borrow(PyObject *op) { return UNION(op)->args; }

// ---- building ----

typedef struct {
    PyObject *args;         // list
    PyObject *hashable;     // set
    PyObject *unhashable;   // list, made on first need
} Builder;

static int
builder_init(Builder *b)
{
    b->unhashable = NULL;
    b->hashable = NULL;
    b->args = list_new(0);
    if (b->args != NULL) {
        b->hashable = set_new(NULL);
    }
    if (b->hashable == NULL) {
        clear_ref(b->args);
        return -1;
    }
    return 0;
}

static void
builder_free(Builder *b)
{
    xdecref(b->args);
    xdecref(b->hashable);
    xdecref(b->unhashable);
}

static int
add_unhashable(Builder *b, PyObject *arg)
{
    if (b->unhashable == NULL) {
        b->unhashable = list_new(0);
        if (b->unhashable == NULL) {
            return -1;
        }
    }
    int present = sequence_contains(b->unhashable, arg);
    if (present != 0) {
        return present < 0 ? -1 : 0;
    }
    return list_append(b->unhashable, arg) < 0 ? -1 : list_append(b->args, arg);
}

static int
add_single(Builder *b, PyObject *arg)
{
    if (arg == Py_None) {
        arg = (PyObject *)&_PyNone_Type;
    }
    if (object_hash(arg) == -1) {
        if (!error_clear_if(PyExc_TypeError)) {
            return -1;
        }
        return add_unhashable(b, arg);
    }
    int present = set_contains(b->hashable, arg);
    if (present != 0) {
        return present < 0 ? -1 : 0;
    }
    return set_add(b->hashable, arg) < 0 ? -1 : list_append(b->args, arg);
}

static int
add_flat(Builder *b, PyObject *arg)
{
    if (!union_check(arg)) {
        return add_single(b, arg);
    }
    PyObject *args = UNION(arg)->args;
    for (Py_ssize_t i = 0; i < tuple_size(args); i++) {
        if (add_single(b, tuple_item(args, i)) < 0) {
            return -1;
        }
    }
    return 0;
}

// The union, or its only alternative; uses the builder up.
static PyObject *
builder_finish(Builder *b)
{
    Py_ssize_t n = list_size(b->args);
    PyObject *result = NULL;
    if (n == 0) {
        error_set(PyExc_TypeError, "Cannot take a Union of no types.");
    }
    else if (n == 1) {
        result = list_get(b->args, 0);
    }
    else {
        UnionObject *u = (UnionObject *)type_alloc(&_PyUnion_Type, 0);
        if (u != NULL) {
            u->args = list_as_tuple(b->args);
            u->hashable = frozenset_new(b->hashable);
            u->unhashable = b->unhashable == NULL ? NULL : list_as_tuple(b->unhashable);
            result = (PyObject *)u;
            if (u->args == NULL || u->hashable == NULL ||
                (b->unhashable != NULL && u->unhashable == NULL)) {
                clear_ref(result);
            }
        }
    }
    builder_free(b);
    return result;
}

static bool
is_type_form(PyObject *op)
{
    return op == Py_None || type_check(op) || genericalias_check(op) || union_check(op) ||
           type_of(op) == &PyTypeAlias_Type;
}

PyObject *
union_or(PyObject *a, PyObject *b)
{
    if (!is_type_form(a) || !is_type_form(b)) {
        return new_ref(Py_NotImplemented);
    }
    Builder builder;
    if (builder_init(&builder) < 0) {
        return NULL;
    }
    if (add_flat(&builder, a) < 0 || add_flat(&builder, b) < 0) {
        builder_free(&builder);
        return NULL;
    }
    return builder_finish(&builder);
}

// An argument of typing.Union[…] as the typing module checks and converts it.
static PyObject *
check_argument(PyObject *arg)
{
    if (arg == Py_None || type_check(arg)) {
        return new_ref(arg);
    }
    PyObject *typing = hooks.import_module("typing");
    PyObject *message = typing == NULL ? NULL
                                       : str_from_cstr("Union[arg, ...]: each arg must be a type.");
    PyObject *result = message == NULL ? NULL : object_call_method(typing, ID(_type_check), arg,
                                                                   message, NULL);
    xdecref(typing);
    xdecref(message);
    return result;
}

PyObject *
union_from_tuple(PyObject *args)
{
    Builder builder;
    if (builder_init(&builder) < 0) {
        return NULL;
    }
    if (!tuple_check(args)) {
        PyObject *arg = check_argument(args);
        int failed = arg == NULL || add_flat(&builder, arg) < 0;
        xdecref(arg);
        if (failed) {
            builder_free(&builder);
            return NULL;
        }
        return builder_finish(&builder);
    }
    for (Py_ssize_t i = 0; i < tuple_size(args); i++) {
        PyObject *arg = check_argument(tuple_item(args, i));
        int failed = arg == NULL || add_flat(&builder, arg) < 0;
        xdecref(arg);
        if (failed) {
            builder_free(&builder);
            return NULL;
        }
    }
    return builder_finish(&builder);
}

static PyObject *
union_class_getitem(PyObject *cls, PyObject *args)
{
    (void)cls;
    return union_from_tuple(args);
}

// ---- comparison and repr ----

static Py_hash_t
union_hash(PyObject *op)
{
    UnionObject *u = UNION(op);
    if (u->unhashable != NULL) {
        Py_ssize_t n = tuple_size(u->unhashable);
        for (Py_ssize_t i = 0; i < n; i++) {
            if (object_hash(tuple_item(u->unhashable, i)) == -1) {
                return -1;
            }
        }
        if (n == 1) {       // it has become hashable since
            error_format(PyExc_TypeError, "union contains 1 unhashable element");
        }
        else {
            error_format(PyExc_TypeError, "union contains %zd unhashable elements", n);
        }
        return -1;
    }
    return object_hash(u->hashable);
}

// Whether the two tuples have equal elements, in any order.
static int
unordered_equal(PyObject *a, PyObject *b)
{
    if (a == NULL || b == NULL || tuple_size(a) != tuple_size(b)) {
        return a == b;
    }
    for (Py_ssize_t i = 0; i < tuple_size(a); i++) {
        int found = sequence_contains(b, tuple_item(a, i));
        if (found <= 0) {
            return found;
        }
    }
    return 1;
}

static PyObject *
union_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!union_check(b) || (op != Py_EQ && op != Py_NE)) {
        return new_ref(Py_NotImplemented);
    }
    int equal = object_richcompare_bool(UNION(a)->hashable, UNION(b)->hashable, Py_EQ);
    if (equal > 0) {
        equal = unordered_equal(UNION(a)->unhashable, UNION(b)->unhashable);
    }
    return equal < 0 ? NULL : new_ref(equal == (op == Py_EQ) ? Py_True : Py_False);
}

static PyObject *
union_repr(PyObject *op)
{
    PyObject *args = UNION(op)->args;
    StrWriter w;
    str_writer_init(&w);
    for (Py_ssize_t i = 0; i < tuple_size(args); i++) {
        if ((i > 0 && str_writer_ascii(&w, " | ", 3) < 0) ||
            typing_write_repr(&w, tuple_item(args, i)) < 0) {
            str_writer_discard(&w);
            return NULL;
        }
    }
    return str_writer_finish(&w);
}

// ---- parameters ----

static PyObject *
union_get_parameters(PyObject *op, void *closure)
{
    (void)closure;
    PyObject *known = atomic_load_acquire_ptr(&UNION(op)->parameters);
    if (known != NULL) {
        return new_ref(known);
    }
    PyObject *found = genericalias_parameters(UNION(op)->args);
    if (found == NULL) {
        return NULL;
    }
    PyObject *expected = NULL;
    if (atomic_cas_ptr(&UNION(op)->parameters, &expected, found)) {
        return new_ref(found);
    }
    decref(found);
    return new_ref(expected);
}

static PyObject *
union_getitem(PyObject *op, PyObject *item)
{
    PyObject *parameters = union_get_parameters(op, NULL);
    if (parameters == NULL) {
        return NULL;
    }
    PyObject *args = genericalias_substitute(op, UNION(op)->args, parameters, item);
    decref(parameters);
    PyObject *result = args == NULL ? NULL : union_from_tuple(args);
    xdecref(args);
    return result;
}

// ---- attributes and methods ----

static PyObject *
union_get_name(PyObject *op, void *closure)
{
    (void)op;
    (void)closure;
    return str_from_cstr("Union");
}

static PyObject *
union_get_origin(PyObject *op, void *closure)
{
    (void)op;
    (void)closure;
    return (PyObject *)new_ref(&_PyUnion_Type);
}

static PyObject *
union_mro_entries(PyObject *op, PyObject *args)
{
    (void)args;
    return error_format(PyExc_TypeError, "Cannot subclass %R", op);
}

static PyObject *
union_instancecheck(PyObject *op, PyObject *instance)
{
    int result = object_isinstance(instance, UNION(op)->args);
    return result < 0 ? NULL : new_ref(result ? Py_True : Py_False);
}

static PyObject *
union_subclasscheck(PyObject *op, PyObject *derived)
{
    if (!type_check(derived)) {
        return error_set(PyExc_TypeError, "issubclass() arg 1 must be a class");
    }
    int result = object_issubclass(derived, UNION(op)->args);
    return result < 0 ? NULL : new_ref(result ? Py_True : Py_False);
}

static void
union_dealloc(PyObject *op)
{
    UnionObject *u = UNION(op);
    gc_untrack(op);
    if (u->weakreflist != NULL) {
        weakref_clear_all(op);
    }
    xdecref(u->args);
    xdecref(u->hashable);
    xdecref(u->unhashable);
    xdecref(u->parameters);
    heap_free(op);
}

static int
union_traverse(PyObject *op, visitproc visit, void *arg)
{
    UnionObject *u = UNION(op);
    PyObject *parts[] = {u->args, u->hashable, u->unhashable, u->parameters};
    for (int i = 0; i < 4; i++) {
        int stop = parts[i] == NULL ? 0 : visit(parts[i], arg);
        if (stop != 0) {
            return stop;
        }
    }
    return 0;
}

static PyMethodDef union_methods[] = {
    {"__mro_entries__", union_mro_entries, METH_O, NULL},
    {"__class_getitem__", union_class_getitem, METH_O | METH_CLASS, "See PEP 585"},
    {"__instancecheck__", union_instancecheck, METH_O, NULL},
    {"__subclasscheck__", union_subclasscheck, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef union_members[] = {
    {"__args__", _Py_T_OBJECT, offsetof(UnionObject, args), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef union_getsets[] = {
    {"__name__", union_get_name, NULL, "Name of the type", NULL},
    {"__qualname__", union_get_name, NULL, "Qualified name of the type", NULL},
    {"__origin__", union_get_origin, NULL, "Always returns the type", NULL},
    {"__parameters__", union_get_parameters, NULL, "Type variables in the types.UnionType.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyNumberMethods union_as_number = {.nb_or = union_or};
static PyMappingMethods union_as_mapping = {.mp_subscript = union_getitem};

PyTypeObject _PyUnion_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "typing.Union",
    .tp_basicsize = sizeof(UnionObject),
    .tp_dealloc = union_dealloc,
    .tp_repr = union_repr,
    .tp_as_number = &union_as_number,
    .tp_as_mapping = &union_as_mapping,
    .tp_hash = union_hash,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "Represent a union type\n\nE.g. for int | str",
    .tp_traverse = union_traverse,
    .tp_richcompare = union_richcompare,
    .tp_weaklistoffset = offsetof(UnionObject, weakreflist),
    .tp_methods = union_methods,
    .tp_members = union_members,
    .tp_getset = union_getsets,
};
