// The out-of-line half of value.h: boxes for values and values for objects.
//
// ±0.0 have no encoding as a float value; they are two immortal objects (float.h) held borrowed.
#include "objects/value.h"

#include "objects/float.h"
#include "objects/int.h"

PyObject *
value_box(Value v)
{
    if (value_is_pointer(v)) {
        return new_ref(value_pointer(v));
    }
    return value_is_int(v) ? int_from_i64(value_int(v)) : float_from_double(value_float(v));
}

PyObject *
value_box_steal(Value v)
{
    if (value_is_owned(v)) {
        return value_pointer(v);
    }
    return value_box(v);
}

// The unboxed form of an exact int or float; VALUE_UNSET when there is none.
static inline Value
value_open(PyObject *op)
{
    if (type_of(op) == &PyLong_Type) {
        int64_t i;
        if (int_as_i64_fast(op, &i) && value_int_fits(i)) {
            return value_from_int(i);
        }
    }
    else if (type_of(op) == &PyFloat_Type) {
        Value v = value_float_encode(((PyFloatObject *)op)->ob_fval);
        if (value_float_fits(v)) {
            return v;
        }
    }
    return VALUE_UNSET;
}

Value
value_from_object_steal(PyObject *op)
{
    Value v = value_open(op);
    if (v != VALUE_UNSET) {
        decref(op);
        return v;
    }
    return object_is_immortal(op) ? value_borrowed(op) : value_owned(op);
}

Value
value_from_object(PyObject *op)
{
    Value v = value_open(op);
    if (v != VALUE_UNSET) {
        return v;
    }
    if (object_is_immortal(op)) {
        return value_borrowed(op);
    }
    incref(op);
    return value_owned(op);
}

Value
value_from_double(double d)
{
    Value v = value_float_encode(d);
    if (value_float_fits(v)) {
        return v;
    }
    PyObject *op = float_from_double(d);
    if (op == NULL) {
        return VALUE_UNSET;
    }
    return object_is_immortal(op) ? value_borrowed(op) : value_owned(op);
}

Value
value_from_i64(int64_t i)
{
    if (value_int_fits(i)) {
        return value_from_int(i);
    }
    PyObject *op = int_from_i64(i);
    return op == NULL ? VALUE_UNSET : value_owned(op);
}

// ints and encodable floats are equal as objects when their words are; ±0.0 are compared by
// their bits, too, since zeros made by others may be separate boxes.
bool
value_is_same(Value a, Value b)
{
    if (value_lend(a) == value_lend(b)) {
        return true;
    }
    if (value_is_unset(a) || value_is_unset(b)) {
        return false;
    }
    Value x = value_is_pointer(a) ? value_open(value_pointer(a)) : a;
    Value y = value_is_pointer(b) ? value_open(value_pointer(b)) : b;
    if (x != VALUE_UNSET || y != VALUE_UNSET) {
        return x == y;
    }
    PyObject *p = value_pointer(a);
    PyObject *q = value_pointer(b);
    if (type_of(p) == &PyFloat_Type && type_of(q) == &PyFloat_Type) {
        double d = ((PyFloatObject *)p)->ob_fval;
        double e = ((PyFloatObject *)q)->ob_fval;
        return d == 0.0 && e == 0.0 && __builtin_signbit(d) == __builtin_signbit(e);
    }
    return false;
}
