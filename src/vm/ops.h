// Operators on tagged values: everything that the handlers do not do inline.
//
// All functions borrow their arguments. Results are own values; VALUE_UNSET with an exception.
// Numbers are handled without boxes where the result is exact, everything else goes through the
// protocols of objects/.
//
// Threading: as the operations on the objects themselves.
#ifndef TYPHON_VM_OPS_H
#define TYPHON_VM_OPS_H

#include <stdbool.h>

#include "objects/object.h"
#include "objects/value.h"

// An object for the time of a call: the pointer itself, or a box that box_release drops.
typedef struct Box {
    PyObject *op;
    PyObject *made;
} Box;

static inline bool
box_borrow(Box *box, Value v)
{
    if (value_is_pointer(v)) {
        box->op = value_pointer(v);
        box->made = NULL;
        return true;
    }
    box->op = box->made = value_box(v);
    return box->op != NULL;
}

static inline void
box_release(Box *box)
{
    xdecref(box->made);
}

// NULL (with an exception) becomes VALUE_UNSET. Consumes op.
static inline Value
value_result(PyObject *op)
{
    extern PyTypeObject PyLong_Type, PyFloat_Type;
    if (op == NULL) {
        return VALUE_UNSET;
    }
    if (op->ob_type == &PyLong_Type || op->ob_type == &PyFloat_Type) {
        return value_from_object_steal(op);
    }
    return object_is_immortal(op) ? value_borrowed(op) : value_owned(op);
}

Value value_add(Value l, Value r, bool inplace);
Value value_subtract(Value l, Value r, bool inplace);
Value value_multiply(Value l, Value r, bool inplace);
Value value_true_divide(Value l, Value r, bool inplace);
Value value_floor_divide(Value l, Value r, bool inplace);
Value value_remainder(Value l, Value r, bool inplace);
Value value_power(Value l, Value r, bool inplace);
Value value_lshift(Value l, Value r, bool inplace);
Value value_rshift(Value l, Value r, bool inplace);
Value value_and(Value l, Value r, bool inplace);
Value value_or(Value l, Value r, bool inplace);
Value value_xor(Value l, Value r, bool inplace);
Value value_matrix_multiply(Value l, Value r, bool inplace);

Value value_negative(Value v);
Value value_positive(Value v);
Value value_invert(Value v);

// 1, 0 or -1.
int value_is_true(Value v);

// op is Py_LT…Py_GE. The bool form gives 1, 0 or -1.
Value value_compare(Value l, Value r, int op);
int value_compare_bool(Value l, Value r, int op);

// item in container: 1, 0 or -1.
int value_contains(Value item, Value container);

// True or False as a value.
static inline Value
value_bool(bool b)
{
    extern PyLongObject _Py_TrueStruct, _Py_FalseStruct;
    return value_borrowed(b ? (PyObject *)&_Py_TrueStruct : (PyObject *)&_Py_FalseStruct);
}

static inline Value value_none(void) { return value_borrowed(Py_None); }

Value value_getitem(Value container, Value key);
int value_setitem(Value container, Value key, Value item);
int value_delitem(Value container, Value key);
Value value_getslice(Value container, Value start, Value stop);
int value_setslice(Value container, Value start, Value stop, Value item);

Value value_iter(Value v);
// A copy of v, which must be an iterator already: that of a generator expression.
Value value_iterator(Value v);

// Attribute access on any value.
Value value_getattr(Value v, PyObject *name);
int value_setattr(Value v, PyObject *name, Value item);

// Unpacks v into out[0..n-1] (dropping what they hold): 0 or -1. after -1: exactly n items;
// otherwise n items, a list, and `after` items.
int value_unpack(Value v, Value *out, Py_ssize_t n, Py_ssize_t after);

Value value_format(Value v, Value spec);            // spec VALUE_UNSET: none
Value value_convert(Value v, int conversion);

#endif
