// Shared by the files of int; see int.h.
//
// Big operations go through GMP: digits of 30 bits are imported with two nail bits. The thresholds
// say from which size (in digits) that beats the plain loops.
#ifndef TYPHON_OBJECTS_INT_INTERNAL_H
#define TYPHON_OBJECTS_INT_INTERNAL_H

#include <gmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "objects/int.h"

#define INT_BASE ((uint32_t)1 << PyLong_SHIFT)
#define INT_MASK (INT_BASE - 1)
#define INT_MAX_DIGITS ((Py_ssize_t)1 << 40)

#define INT_SMALL_MIN (-5)
#define INT_SMALL_MAX 256

// From these numbers of digits on GMP does the work.
#define INT_GMP_MULTIPLY 24
#define INT_GMP_DIVIDE 12

static inline digit *int_digits(PyObject *op) { return int_cast(op)->long_value.ob_digit; }

static inline void
int_set_sign_and_count(PyLongObject *op, bool negative, Py_ssize_t count)
{
    uintptr_t sign = count == 0 ? 1 : negative ? 2 : 0;
    op->long_value.lv_tag = (uintptr_t)count << INT_SIZE_SHIFT | sign;
}

// Room for `count` digits (uninitialised, positive). MemoryError, OverflowError.
PyLongObject *int_alloc(Py_ssize_t count);

// Drops leading zeros, sets the sign, and returns the shared object for small values. Consumes
// op; op NULL gives NULL.
PyObject *int_finish_steal(PyLongObject *op, bool negative);

// z is initialised by the caller; it receives op's value with its sign.
void int_to_mpz(PyObject *op, mpz_t z);
PyObject *int_from_mpz(const mpz_t z);

// |a| + |b| and |a| - |b| as ints with the sign given for a positive result.
PyObject *int_add_magnitudes(PyObject *a, PyObject *b, bool negative);
PyObject *int_subtract_magnitudes(PyObject *a, PyObject *b, bool negative);
int int_compare_magnitudes(PyObject *a, PyObject *b);

// Divides |a| by a digit; *remainder is set. New int (positive).
PyObject *int_divide_by_digit(PyObject *a, digit divisor, digit *remainder);
// Truncating division: quotient and remainder with the sign of a. Either may be NULL.
int int_divide_truncating(PyObject *a, PyObject *b, PyObject **quotient, PyObject **remainder);

// Both operands are ints, or a binary slot gives NotImplemented.
#define INT_OPERANDS(a, b)                              \
    if (!int_check(a) || !int_check(b)) {               \
        return new_ref(Py_NotImplemented);              \
    }

extern PyNumberMethods int_as_number;
extern PyMethodDef int_methods[];

#endif
