// Quick answers about equality and order, for loops that compare many items.
//
// Exact str, int and float are compared here; everything else asks the type's slots. The results are
// those of object_richcompare_bool.
//
// Threading: the caller holds references to both operands, or knows that nobody can drop them.
#ifndef TYPHON_OBJECTS_ORDER_H
#define TYPHON_OBJECTS_ORDER_H

#include "abi/numbers.h"
#include "abi/object.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/str.h"

// a is b or a == b: 1, 0, or -1 for "only the types know". Runs no Python code.
static inline int
object_equal_quick(PyObject *a, PyObject *b)
{
    if (a == b) {
        return 1;
    }
    PyTypeObject *type = type_of(a);
    if (type == type_of(b)) {
        if (type == &PyLong_Type) {
            return int_equal(a, b);
        }
        if (type == &PyUnicode_Type) {
            return str_equal(a, b);
        }
        if (type == &PyFloat_Type) {
            return float_value(a) == float_value(b);
        }
    }
    return -1;
}

// a < b: 1, 0, or -1 for "only the types know". Runs no Python code.
static inline int
object_less_quick(PyObject *a, PyObject *b)
{
    PyTypeObject *type = type_of(a);
    if (type == type_of(b)) {
        if (type == &PyLong_Type && int_is_compact(a) && int_is_compact(b)) {
            return int_compact_value(a) < int_compact_value(b);
        }
        if (type == &PyFloat_Type) {
            return float_value(a) < float_value(b);
        }
        if (type == &PyUnicode_Type) {
            return str_compare(a, b) < 0;
        }
    }
    return -1;
}

// a < b for any objects, with tuples going item by item: 1, 0, -1 with an exception.
int object_less(PyObject *a, PyObject *b);

#endif
