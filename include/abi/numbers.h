// int, float and complex.
// Offsets and sizes are those of the cp314t binary interface: wheels read them inline.
// Checked by static assertions in tests/unit/abi_layout.c.
#ifndef TYPHON_ABI_NUMBERS_H
#define TYPHON_ABI_NUMBERS_H

#include "abi/object.h"

typedef uint32_t digit;
#define PyLong_SHIFT 30

typedef struct {
    uintptr_t lv_tag;
    digit ob_digit[1];
} _PyLongValue;

typedef struct _longobject {
    PyObject ob_base;
    _PyLongValue long_value;
} PyLongObject;

typedef struct {
    int64_t value;
    uint8_t negative;
    Py_ssize_t ndigits;
    const void *digits;
    uintptr_t _reserved;
} PyLongExport;

typedef struct {
    uint8_t bits_per_digit;
    uint8_t digit_size;
    int8_t digits_order;
    int8_t digit_endianness;
} PyLongLayout;

typedef struct {
    PyObject ob_base;
    double ob_fval;
} PyFloatObject;

typedef struct {
    double real;
    double imag;
} Py_complex;

typedef struct {
    PyObject ob_base;
    Py_complex cval;
} PyComplexObject;

#endif
