// Identity of constants, see constants.h.
//
// Types that are not known here are told apart by address, which is always right.
//
// Threading: pure functions over immutable objects.
#include "compile/constants.h"

#include <string.h>

#include "abi/containers.h"
#include "abi/numbers.h"
#include "objects/bytes.h"
#include "objects/complex.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/set.h"
#include "objects/slice.h"
#include "objects/str.h"
#include "objects/tuple.h"

static uint64_t
mix(uint64_t hash, uint64_t word)
{
    hash ^= word;
    hash *= UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static uint64_t
bits_of_double(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return bits;
}

static bool
hashes_by_value(PyTypeObject *type)
{
    return type == &PyUnicode_Type || type == &PyLong_Type || type == &PyBytes_Type;
}

uint64_t
constant_hash(PyObject *op)
{
    PyTypeObject *type = op->ob_type;
    uint64_t hash = (uint64_t)(uintptr_t)type >> 4;
    if (hashes_by_value(type)) {
        Py_hash_t value = object_hash(op);
        return mix(hash, (uint64_t)value);
    }
    if (type == &PyFloat_Type) {
        return mix(hash, bits_of_double(((PyFloatObject *)op)->ob_fval));
    }
    if (type == &PyComplex_Type) {
        PyComplexObject *z = (PyComplexObject *)op;
        return mix(mix(hash, bits_of_double(z->cval.real)), bits_of_double(z->cval.imag));
    }
    if (type == &PyTuple_Type) {
        for (Py_ssize_t i = 0; i < tuple_size(op); i++) {
            hash = mix(hash, constant_hash(tuple_item(op, i)));
        }
        return hash;
    }
    if (type == &PyFrozenSet_Type) {
        return mix(hash, (uint64_t)set_size(op));
    }
    if (type == &PySlice_Type) {
        PySliceObject *s = (PySliceObject *)op;
        return mix(mix(mix(hash, constant_hash(s->start)), constant_hash(s->stop)),
                   constant_hash(s->step));
    }
    return mix(hash, (uint64_t)(uintptr_t)op);
}

// Frozensets built in the same order walk in the same order; others merely stay separate.
static bool
frozensets_equal(PyObject *a, PyObject *b)
{
    if (set_size(a) != set_size(b)) {
        return false;
    }
    Py_ssize_t at_a = 0;
    Py_ssize_t at_b = 0;
    PyObject *in_a;
    PyObject *in_b;
    Py_hash_t hash;
    bool equal = true;
    while (equal && set_next(a, &at_a, &in_a, &hash) > 0) {
        if (set_next(b, &at_b, &in_b, &hash) <= 0) {
            decref(in_a);
            return false;
        }
        equal = constant_equal(in_a, in_b);
        decref(in_a);
        decref(in_b);
    }
    return equal;
}

bool
constant_equal(PyObject *a, PyObject *b)
{
    if (a == b) {
        return true;
    }
    PyTypeObject *type = a->ob_type;
    if (type != b->ob_type) {
        return false;
    }
    if (type == &PyUnicode_Type) {
        return str_equal(a, b);
    }
    if (type == &PyBytes_Type) {
        return bytes_equal(a, b);
    }
    if (type == &PyLong_Type) {
        return object_richcompare_bool(a, b, Py_EQ) == 1;
    }
    if (type == &PyFloat_Type) {
        return bits_of_double(((PyFloatObject *)a)->ob_fval)
               == bits_of_double(((PyFloatObject *)b)->ob_fval);
    }
    if (type == &PyComplex_Type) {
        PyComplexObject *x = (PyComplexObject *)a;
        PyComplexObject *y = (PyComplexObject *)b;
        return bits_of_double(x->cval.real) == bits_of_double(y->cval.real)
               && bits_of_double(x->cval.imag) == bits_of_double(y->cval.imag);
    }
    if (type == &PyTuple_Type) {
        bool equal = tuple_size(a) == tuple_size(b);
        for (Py_ssize_t i = 0; equal && i < tuple_size(a); i++) {
            equal = constant_equal(tuple_item(a, i), tuple_item(b, i));
        }
        return equal;
    }
    if (type == &PyFrozenSet_Type) {
        return frozensets_equal(a, b);
    }
    if (type == &PySlice_Type) {
        PySliceObject *x = (PySliceObject *)a;
        PySliceObject *y = (PySliceObject *)b;
        return constant_equal(x->start, y->start) && constant_equal(x->stop, y->stop)
               && constant_equal(x->step, y->step);
    }
    return false;
}

const char *
constant_type_name(PyTypeObject *type)
{
    const char *dot = strrchr(type->tp_name, '.');
    return dot == NULL ? type->tp_name : dot + 1;
}
