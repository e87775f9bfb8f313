// None, NotImplemented and Ellipsis.
//
// Immortal static objects; their types refuse instances beside the one. Immutable, so no
// threading concerns.
#include "abi/constants.h"
#include "objects/args.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

// Static objects are immortal and belong to no thread.
#define SINGLETON(type) {.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = (type)}
#define STATIC_TYPE_HEAD {{.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyType_Type}, 0}

PyObject _Py_NoneStruct = SINGLETON(&_PyNone_Type);
PyObject _Py_NotImplementedStruct = SINGLETON(&_PyNotImplemented_Type);
PyObject _Py_EllipsisObject = SINGLETON(&PyEllipsis_Type);

// Calling the type without arguments gives the one instance.
static int
singleton_check_args(const char *type_name, PyObject *args, PyObject *kwargs)
{
    if (tuple_size(args) > 0 || (kwargs != NULL && dict_size(kwargs) > 0)) {
        error_format(PyExc_TypeError, "%s takes no arguments", type_name);
        return -1;
    }
    return 0;
}

// ---- None ----

static PyObject *
none_repr(PyObject *op)
{
    (void)op;
    return ID(None);
}

static int
none_bool(PyObject *op)
{
    (void)op;
    return 0;
}

static PyObject *
none_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)type;
    return singleton_check_args("NoneType", args, kwargs) < 0 ? NULL : Py_None;
}

// A constant, so that hashes of containers with None repeat from run to run.
static Py_hash_t
none_hash(PyObject *op)
{
    (void)op;
    return 0xfca86420;
}

// A type with a hash of its own does not inherit comparison.
static PyObject *
none_richcompare(PyObject *v, PyObject *w, int op)
{
    if (v != w || (op != Py_EQ && op != Py_NE)) {
        return Py_NotImplemented;
    }
    return op == Py_EQ ? Py_True : Py_False;
}

static PyNumberMethods none_as_number = {.nb_bool = none_bool};

PyTypeObject _PyNone_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "NoneType",
    .tp_repr = none_repr,
    .tp_as_number = &none_as_number,
    .tp_hash = none_hash,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "The type of the None singleton.",
    .tp_richcompare = none_richcompare,
    .tp_new = none_new,
    .tp_basicsize = sizeof(PyObject),
};

// ---- NotImplemented ----

static PyObject *
notimplemented_repr(PyObject *op)
{
    (void)op;
    return ID(NotImplemented);
}

static PyObject *
notimplemented_reduce(PyObject *op, PyObject *unused)
{
    (void)op;
    (void)unused;
    return ID(NotImplemented);
}

// An error since 3.14: a truth value here nearly always is a forgotten reflection.
static int
notimplemented_bool(PyObject *op)
{
    (void)op;
    error_set(PyExc_TypeError, "NotImplemented should not be used in a boolean context");
    return -1;
}

static PyObject *
notimplemented_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)type;
    if (singleton_check_args("NotImplementedType", args, kwargs) < 0) {
        return NULL;
    }
    return Py_NotImplemented;
}

static PyMethodDef notimplemented_methods[] = {
    {"__reduce__", notimplemented_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyNumberMethods notimplemented_as_number = {.nb_bool = notimplemented_bool};

PyTypeObject _PyNotImplemented_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "NotImplementedType",
    .tp_repr = notimplemented_repr,
    .tp_as_number = &notimplemented_as_number,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "The type of the NotImplemented singleton.",
    .tp_methods = notimplemented_methods,
    .tp_new = notimplemented_new,
    .tp_basicsize = sizeof(PyObject),
};

// ---- Ellipsis ----

static PyObject *
ellipsis_repr(PyObject *op)
{
    (void)op;
    return ID(Ellipsis);
}

static PyObject *
ellipsis_reduce(PyObject *op, PyObject *unused)
{
    (void)op;
    (void)unused;
    return ID(Ellipsis);
}

static PyObject *
ellipsis_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)type;
    return singleton_check_args("EllipsisType", args, kwargs) < 0 ? NULL : Py_Ellipsis;
}

static PyMethodDef ellipsis_methods[] = {
    {"__reduce__", ellipsis_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyEllipsis_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "ellipsis",
    .tp_repr = ellipsis_repr,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "The type of the Ellipsis singleton.",
    .tp_methods = ellipsis_methods,
    .tp_new = ellipsis_new,
    .tp_basicsize = sizeof(PyObject),
};
