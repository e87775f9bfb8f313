// The number protocol: see number.h.
//
// Slots are named by their offset in PyNumberMethods, so that one dispatcher serves all
// operators. Stateless.
#include "objects/number.h"

#include <stddef.h>
#include <string.h>

#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/bytearray.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/cfunction.h"
#include "objects/complex.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/type.h"

#define NB(slot) offsetof(PyNumberMethods, slot)

static inline void *
number_slot(PyTypeObject *type, size_t offset)
{
    return type->tp_as_number == NULL ? NULL : *(void **)((char *)type->tp_as_number + offset);
}

bool
number_check(PyObject *op)
{
    if (op == NULL) {
        return false;
    }
    PyNumberMethods *nb = type_of(op)->tp_as_number;
    return (nb != NULL && (nb->nb_index != NULL || nb->nb_int != NULL || nb->nb_float != NULL)) ||
           complex_check(op);
}

bool
index_check(PyObject *op)
{
    return number_slot(type_of(op), NB(nb_index)) != NULL;
}

// ---- binary operators ----

// Result of the slots, or NotImplemented (immortal, nothing to release).
static PyObject *
binary_dispatch(PyObject *v, PyObject *w, size_t offset)
{
    PyTypeObject *vt = type_of(v);
    PyTypeObject *wt = type_of(w);
    binaryfunc left = (binaryfunc)number_slot(vt, offset);
    binaryfunc right = NULL;
    if (wt != vt) {
        right = (binaryfunc)number_slot(wt, offset);
        if (right == left) {
            right = NULL;
        }
    }
    if (left != NULL) {
        if (right != NULL && type_is_subtype(wt, vt)) {
            PyObject *result = right(v, w);
            if (result != Py_NotImplemented) {
                return result;
            }
            right = NULL;
        }
        PyObject *result = left(v, w);
        if (result != Py_NotImplemented) {
            return result;
        }
    }
    return right != NULL ? right(v, w) : Py_NotImplemented;
}

static PyObject *
binary_error(PyObject *v, PyObject *w, const char *symbol)
{
    return error_format(PyExc_TypeError,
                        "unsupported operand type(s) for %.100s: '%.100s' and '%.100s'", symbol,
                        type_of(v)->tp_name, type_of(w)->tp_name);
}

static PyObject *
binary_operator(PyObject *v, PyObject *w, size_t offset, const char *symbol)
{
    PyObject *result = binary_dispatch(v, w, offset);
    return result == Py_NotImplemented ? binary_error(v, w, symbol) : result;
}

#define BINARY_OPERATOR(name, slot, symbol)                  \
    PyObject *name(PyObject *v, PyObject *w)                 \
    {                                                        \
        return binary_operator(v, w, NB(slot), symbol);      \
    }

BINARY_OPERATOR(number_subtract, nb_subtract, "-")
BINARY_OPERATOR(number_matrix_multiply, nb_matrix_multiply, "@")
BINARY_OPERATOR(number_floor_divide, nb_floor_divide, "//")
BINARY_OPERATOR(number_true_divide, nb_true_divide, "/")
BINARY_OPERATOR(number_remainder, nb_remainder, "%")
BINARY_OPERATOR(number_divmod, nb_divmod, "divmod()")
BINARY_OPERATOR(number_lshift, nb_lshift, "<<")
BINARY_OPERATOR(number_and, nb_and, "&")
BINARY_OPERATOR(number_xor, nb_xor, "^")
BINARY_OPERATOR(number_or, nb_or, "|")

PyObject *
number_rshift(PyObject *v, PyObject *w)
{
    PyObject *result = binary_dispatch(v, w, NB(nb_rshift));
    if (result != Py_NotImplemented) {
        return result;
    }
    // `print >> file` is Python 2 for print(…, file=file).
    if (cfunction_check_exact(v) && strcmp(((PyCFunctionObject *)v)->m_ml->ml_name, "print") == 0) {
        return error_format(PyExc_TypeError,
                            "unsupported operand type(s) for %.100s: '%.100s' and '%.100s'. Did "
                            "you mean \"print(<message>, file=<output_stream>)\"?",
                            ">>", type_of(v)->tp_name, type_of(w)->tp_name);
    }
    return binary_error(v, w, ">>");
}

PyObject *
number_add(PyObject *v, PyObject *w)
{
    PyObject *result = binary_dispatch(v, w, NB(nb_add));
    if (result != Py_NotImplemented) {
        return result;
    }
    PySequenceMethods *sq = type_of(v)->tp_as_sequence;
    if (sq != NULL && sq->sq_concat != NULL) {
        return sq->sq_concat(v, w);
    }
    return binary_error(v, w, "+");
}

// sequence * count for any index-like count.
static PyObject *
repeat_sequence(ssizeargfunc repeat, PyObject *sequence, PyObject *count)
{
    if (!index_check(count)) {
        return error_format(PyExc_TypeError, "can't multiply sequence by non-int of type '%.200s'",
                            type_of(count)->tp_name);
    }
    Py_ssize_t n = number_as_ssize(count, PyExc_OverflowError);
    if (n == -1 && error_occurred()) {
        return NULL;
    }
    return repeat(sequence, n);
}

PyObject *
number_multiply(PyObject *v, PyObject *w)
{
    PyObject *result = binary_dispatch(v, w, NB(nb_multiply));
    if (result != Py_NotImplemented) {
        return result;
    }
    PySequenceMethods *left = type_of(v)->tp_as_sequence;
    PySequenceMethods *right = type_of(w)->tp_as_sequence;
    if (left != NULL && left->sq_repeat != NULL) {
        return repeat_sequence(left->sq_repeat, v, w);
    }
    if (right != NULL && right->sq_repeat != NULL) {
        return repeat_sequence(right->sq_repeat, w, v);
    }
    return binary_error(v, w, "*");
}

// ---- power ----

// The three-operand form of binary_dispatch: the type of z may answer, too.
static PyObject *
ternary_dispatch(PyObject *v, PyObject *w, PyObject *z)
{
    PyTypeObject *vt = type_of(v);
    PyTypeObject *wt = type_of(w);
    ternaryfunc left = (ternaryfunc)number_slot(vt, NB(nb_power));
    ternaryfunc right = NULL;
    if (wt != vt) {
        right = (ternaryfunc)number_slot(wt, NB(nb_power));
        if (right == left) {
            right = NULL;
        }
    }
    ternaryfunc right_asked = right;
    if (left != NULL) {
        if (right != NULL && type_is_subtype(wt, vt)) {
            PyObject *result = right(v, w, z);
            if (result != Py_NotImplemented) {
                return result;
            }
            right = NULL;
        }
        PyObject *result = left(v, w, z);
        if (result != Py_NotImplemented) {
            return result;
        }
    }
    if (right != NULL) {
        PyObject *result = right(v, w, z);
        if (result != Py_NotImplemented) {
            return result;
        }
    }
    ternaryfunc third = (ternaryfunc)number_slot(type_of(z), NB(nb_power));
    if (third == NULL || third == left || third == right_asked) {
        return Py_NotImplemented;
    }
    return third(v, w, z);
}

static PyObject *
power_operator(PyObject *v, PyObject *w, PyObject *z, const char *symbol)
{
    PyObject *result = ternary_dispatch(v, w, z);
    if (result != Py_NotImplemented) {
        return result;
    }
    if (z == Py_None) {
        return binary_error(v, w, symbol);
    }
    return error_format(PyExc_TypeError,
                        "unsupported operand type(s) for %.100s: '%.100s', '%.100s', '%.100s'",
                        symbol, type_of(v)->tp_name, type_of(w)->tp_name, type_of(z)->tp_name);
}

PyObject *
number_power(PyObject *v, PyObject *w, PyObject *modulus)
{
    return power_operator(v, w, modulus, "** or pow()");
}

PyObject *
number_inplace_power(PyObject *v, PyObject *w, PyObject *modulus)
{
    ternaryfunc slot = (ternaryfunc)number_slot(type_of(v), NB(nb_inplace_power));
    if (slot != NULL) {
        PyObject *result = slot(v, w, modulus);
        if (result != Py_NotImplemented) {
            return result;
        }
    }
    return power_operator(v, w, modulus, "**=");
}

// ---- in-place operators ----

static PyObject *
inplace_dispatch(PyObject *v, PyObject *w, size_t inplace_offset, size_t offset)
{
    binaryfunc slot = (binaryfunc)number_slot(type_of(v), inplace_offset);
    if (slot != NULL) {
        PyObject *result = slot(v, w);
        if (result != Py_NotImplemented) {
            return result;
        }
    }
    return binary_dispatch(v, w, offset);
}

#define INPLACE_OPERATOR(name, inplace_slot, slot, symbol)                              \
    PyObject *name(PyObject *v, PyObject *w)                                            \
    {                                                                                   \
        PyObject *result = inplace_dispatch(v, w, NB(inplace_slot), NB(slot));          \
        return result == Py_NotImplemented ? binary_error(v, w, symbol) : result;       \
    }

INPLACE_OPERATOR(number_inplace_subtract, nb_inplace_subtract, nb_subtract, "-=")
INPLACE_OPERATOR(number_inplace_matrix_multiply, nb_inplace_matrix_multiply, nb_matrix_multiply,
                 "@=")
INPLACE_OPERATOR(number_inplace_floor_divide, nb_inplace_floor_divide, nb_floor_divide, "//=")
INPLACE_OPERATOR(number_inplace_true_divide, nb_inplace_true_divide, nb_true_divide, "/=")
INPLACE_OPERATOR(number_inplace_remainder, nb_inplace_remainder, nb_remainder, "%=")
INPLACE_OPERATOR(number_inplace_lshift, nb_inplace_lshift, nb_lshift, "<<=")
INPLACE_OPERATOR(number_inplace_rshift, nb_inplace_rshift, nb_rshift, ">>=")
INPLACE_OPERATOR(number_inplace_and, nb_inplace_and, nb_and, "&=")
INPLACE_OPERATOR(number_inplace_xor, nb_inplace_xor, nb_xor, "^=")
INPLACE_OPERATOR(number_inplace_or, nb_inplace_or, nb_or, "|=")

PyObject *
number_inplace_add(PyObject *v, PyObject *w)
{
    PyObject *result = inplace_dispatch(v, w, NB(nb_inplace_add), NB(nb_add));
    if (result != Py_NotImplemented) {
        return result;
    }
    PySequenceMethods *sq = type_of(v)->tp_as_sequence;
    if (sq != NULL && sq->sq_inplace_concat != NULL) {
        return sq->sq_inplace_concat(v, w);
    }
    if (sq != NULL && sq->sq_concat != NULL) {
        return sq->sq_concat(v, w);
    }
    return binary_error(v, w, "+=");
}

PyObject *
number_inplace_multiply(PyObject *v, PyObject *w)
{
    PyObject *result = inplace_dispatch(v, w, NB(nb_inplace_multiply), NB(nb_multiply));
    if (result != Py_NotImplemented) {
        return result;
    }
    PySequenceMethods *left = type_of(v)->tp_as_sequence;
    PySequenceMethods *right = type_of(w)->tp_as_sequence;
    if (left != NULL && left->sq_inplace_repeat != NULL) {
        return repeat_sequence(left->sq_inplace_repeat, v, w);
    }
    if (left != NULL && left->sq_repeat != NULL) {
        return repeat_sequence(left->sq_repeat, v, w);
    }
    // A right operand that is a sequence is repeated, never changed.
    if (right != NULL && right->sq_repeat != NULL) {
        return repeat_sequence(right->sq_repeat, w, v);
    }
    return binary_error(v, w, "*=");
}

// ---- unary operators ----

#define UNARY_OPERATOR(name, slot, description)                                            \
    PyObject *name(PyObject *op)                                                           \
    {                                                                                      \
        unaryfunc function = (unaryfunc)number_slot(type_of(op), NB(slot));                \
        if (function != NULL) {                                                            \
            return function(op);                                                           \
        }                                                                                  \
        return error_format(PyExc_TypeError, "bad operand type for " description ": '%.200s'", \
                            type_of(op)->tp_name);                                         \
    }

UNARY_OPERATOR(number_negative, nb_negative, "unary -")
UNARY_OPERATOR(number_positive, nb_positive, "unary +")
UNARY_OPERATOR(number_invert, nb_invert, "unary ~")
UNARY_OPERATOR(number_absolute, nb_absolute, "abs()")

// ---- conversions ----

// Checks what __index__ or __int__ gave. Consumes result; NULL with an exception.
static PyObject *
check_integer_result(PyObject *result, const char *method)
{
    if (result == NULL || int_check_exact(result)) {
        return result;
    }
    if (!int_check(result)) {
        error_format(PyExc_TypeError, "%s returned non-int (type %.200s)", method,
                     type_of(result)->tp_name);
        decref(result);
        return NULL;
    }
    if (error_warn(PyExc_DeprecationWarning, 1,
                   "%s returned non-int (type %.200s).  The ability to return an instance of a "
                   "strict subclass of int is deprecated, and may be removed in a future version "
                   "of Python.",
                   method, type_of(result)->tp_name) < 0) {
        decref(result);
        return NULL;
    }
    return result;
}

PyObject *
number_index_raw(PyObject *op)
{
    if (int_check(op)) {
        return new_ref(op);
    }
    unaryfunc index = (unaryfunc)number_slot(type_of(op), NB(nb_index));
    if (index == NULL) {
        return error_format(PyExc_TypeError, "'%.200s' object cannot be interpreted as an integer",
                            type_of(op)->tp_name);
    }
    return check_integer_result(index(op), "__index__");
}

// Exact int of an int or subclass; consumes op.
static PyObject *
exact_int_steal(PyObject *op)
{
    if (op == NULL || int_check_exact(op)) {
        return op;
    }
    PyObject *result = int_copy(op);
    decref(op);
    return result;
}

PyObject *
number_index(PyObject *op)
{
    return exact_int_steal(number_index_raw(op));
}

Py_ssize_t
number_as_ssize(PyObject *op, PyObject *exc)
{
    if (type_of(op) == &PyLong_Type && int_is_compact(op)) {
        return int_compact_value(op);
    }
    PyObject *value = number_index_raw(op);
    if (value == NULL) {
        return -1;
    }
    int overflow;
    int64_t result = int_as_i64_overflow(value, &overflow);
    if (overflow != 0) {
        if (exc == NULL) {
            result = overflow < 0 ? PY_SSIZE_T_MIN : PY_SSIZE_T_MAX;
        }
        else {
            result = -1;
            error_format(exc, "cannot fit '%.200s' into an index-sized integer",
                         type_of(op)->tp_name);
        }
    }
    decref(value);
    return (Py_ssize_t)result;
}

// int(op) of text: str, bytes, bytearray or any buffer.
static PyObject *
integer_of_text(PyObject *op)
{
    if (str_check(op)) {
        return int_from_str(op, 10);
    }
    if (bytes_check(op)) {
        return int_from_bytes_text(bytes_data(op), bytes_length(op), 10);
    }
    Py_buffer view;
    if (buffer_check(op) && buffer_get(op, &view, PyBUF_SIMPLE) == 0) {
        // The text of a buffer need not end with a NUL: a copy does.
        PyObject *bytes = bytes_from_data(view.buf == NULL ? "" : view.buf, view.len);
        PyObject *result = NULL;
        if (bytes != NULL) {
            result = int_from_bytes_text(bytes_data(bytes), view.len, 10);
            decref(bytes);
        }
        buffer_release(&view);
        return result;
    }
    error_clear();
    return error_format(PyExc_TypeError,
                        "int() argument must be a string, a bytes-like object or a real number, "
                        "not '%.200s'",
                        type_of(op)->tp_name);
}

PyObject *
number_long(PyObject *op)
{
    if (int_check_exact(op)) {
        return new_ref(op);
    }
    unaryfunc to_int = (unaryfunc)number_slot(type_of(op), NB(nb_int));
    if (to_int != NULL) {
        return exact_int_steal(check_integer_result(to_int(op), "__int__"));
    }
    if (number_slot(type_of(op), NB(nb_index)) != NULL) {
        return number_index(op);
    }
    return integer_of_text(op);
}

// Checks what __float__ gave. Consumes result.
static PyObject *
check_float_result(PyObject *op, PyObject *result)
{
    if (result == NULL || float_check_exact(result)) {
        return result;
    }
    if (!float_check(result)) {
        error_format(PyExc_TypeError, "%.50s.__float__ returned non-float (type %.50s)",
                     type_of(op)->tp_name, type_of(result)->tp_name);
        decref(result);
        return NULL;
    }
    if (error_warn(PyExc_DeprecationWarning, 1,
                   "%.50s.__float__ returned non-float (type %.50s).  The ability to return an "
                   "instance of a strict subclass of float is deprecated, and may be removed in a "
                   "future version of Python.",
                   type_of(op)->tp_name, type_of(result)->tp_name) < 0) {
        decref(result);
        return NULL;
    }
    double value = ((PyFloatObject *)result)->ob_fval;
    decref(result);
    return float_from_double(value);
}

PyObject *
number_float(PyObject *op)
{
    if (float_check_exact(op)) {
        return new_ref(op);
    }
    unaryfunc to_float = (unaryfunc)number_slot(type_of(op), NB(nb_float));
    if (to_float != NULL) {
        return check_float_result(op, to_float(op));
    }
    if (number_slot(type_of(op), NB(nb_index)) != NULL) {
        PyObject *integer = number_index_raw(op);
        if (integer == NULL) {
            return NULL;
        }
        double value = int_as_double(integer);
        decref(integer);
        if (value == -1.0 && error_occurred()) {
            return NULL;
        }
        return float_from_double(value);
    }
    if (float_check(op)) {
        return float_from_double(((PyFloatObject *)op)->ob_fval);
    }
    return float_from_str(op);
}

PyObject *
number_to_base(PyObject *op, int base)
{
    if (base != 2 && base != 8 && base != 10 && base != 16) {
        return error_set(PyExc_SystemError, "PyNumber_ToBase: base must be 2, 8, 10 or 16");
    }
    PyObject *integer = number_index_raw(op);
    if (integer == NULL) {
        return NULL;
    }
    PyObject *result = int_to_base(integer, base);
    decref(integer);
    return result;
}
