// int: the type object, its slots and methods. See int.h.
#include <string.h>

#include "memory/alloc.h"
#include "memory/heap.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/build.h"
#include "objects/bytearray.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/format.h"
#include "objects/identifiers.h"
#include "objects/int_internal.h"
#include "objects/number.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

// ---- operators ----

#define BINARY_SLOT(name)                               \
    static PyObject *slot_##name(PyObject *a, PyObject *b) \
    {                                                   \
        INT_OPERANDS(a, b)                              \
        return int_##name(a, b);                        \
    }

BINARY_SLOT(add)
BINARY_SLOT(subtract)
BINARY_SLOT(multiply)
BINARY_SLOT(floor_divide)
BINARY_SLOT(modulo)
BINARY_SLOT(true_divide)
BINARY_SLOT(lshift)
BINARY_SLOT(rshift)
BINARY_SLOT(and)
BINARY_SLOT(or)
BINARY_SLOT(xor)

static PyObject *
slot_divmod(PyObject *a, PyObject *b)
{
    INT_OPERANDS(a, b)
    PyObject *quotient;
    PyObject *remainder;
    if (int_divmod(a, b, &quotient, &remainder) < 0) {
        return NULL;
    }
    return tuple_pair_steal(quotient, remainder);
}

static PyObject *
slot_power(PyObject *a, PyObject *b, PyObject *modulus)
{
    INT_OPERANDS(a, b)
    if (modulus != Py_None && !int_check(modulus)) {
        return new_ref(Py_NotImplemented);
    }
    return int_power(a, b, modulus != Py_None ? modulus : NULL);
}

static int slot_bool(PyObject *self) { return !int_is_zero(self); }

static PyObject *
slot_float(PyObject *self)
{
    double value = int_as_double(self);
    return value == -1.0 && error_occurred() ? NULL : float_from_double(value);
}

PyNumberMethods int_as_number = {
    .nb_add = slot_add,
    .nb_subtract = slot_subtract,
    .nb_multiply = slot_multiply,
    .nb_remainder = slot_modulo,
    .nb_divmod = slot_divmod,
    .nb_power = slot_power,
    .nb_negative = int_negative,
    .nb_positive = int_copy,
    .nb_absolute = int_absolute,
    .nb_bool = slot_bool,
    .nb_invert = int_invert,
    .nb_lshift = slot_lshift,
    .nb_rshift = slot_rshift,
    .nb_and = slot_and,
    .nb_xor = slot_xor,
    .nb_or = slot_or,
    .nb_int = int_copy,
    .nb_float = slot_float,
    .nb_floor_divide = slot_floor_divide,
    .nb_true_divide = slot_true_divide,
    .nb_index = int_copy,
};

static PyObject *
int_richcompare(PyObject *a, PyObject *b, int op)
{
    INT_OPERANDS(a, b)
    int order = a == b ? 0 : int_compare(a, b);
    switch (op) {
        case Py_LT: return bool_from_int(order < 0);
        case Py_LE: return bool_from_int(order <= 0);
        case Py_EQ: return bool_from_int(order == 0);
        case Py_NE: return bool_from_int(order != 0);
        case Py_GT: return bool_from_int(order > 0);
        default: return bool_from_int(order >= 0);
    }
}

// ---- construction ----

static PyObject *
from_text(PyObject *x, int base)
{
    if (str_check(x)) {
        return int_from_str(x, base);
    }
    if (bytes_check(x)) {
        return int_from_bytes_text(bytes_data(x), bytes_length(x), base);
    }
    if (bytearray_check(x)) {
        return int_from_bytes_text(bytearray_data(x), bytearray_length(x), base);
    }
    return error_set(PyExc_TypeError, "int() can't convert non-string with explicit base");
}

// int(x, base) for the exact type; either argument may be NULL.
static PyObject *
construct(PyObject *x, PyObject *base_arg)
{
    if (x == NULL) {
        return base_arg != NULL ? error_set(PyExc_TypeError, "int() missing string argument")
                                : int_from_i64(0);
    }
    if (base_arg == NULL) {
        return number_long(x);
    }
    Py_ssize_t base = number_as_ssize(base_arg, NULL);
    if (base == -1 && error_occurred()) {
        return NULL;
    }
    if ((base != 0 && base < 2) || base > 36) {
        return error_set(PyExc_ValueError, "int() base must be >= 2 and <= 36, or 0");
    }
    return from_text(x, (int)base);
}

static PyObject *
construct_subclass(PyTypeObject *type, PyObject *x, PyObject *base)
{
    PyObject *value = construct(x, base);
    if (value == NULL) {
        return NULL;
    }
    Py_ssize_t count = int_digit_count(value);
    PyObject *op = type->tp_alloc(type, count > 0 ? count : 1);
    if (op != NULL) {
        int_cast(op)->long_value.lv_tag = int_cast(value)->long_value.lv_tag & ~(uintptr_t)4;
        memcpy(int_digits(op), int_digits(value), (size_t)(count > 0 ? count : 1) * sizeof(digit));
    }
    decref(value);
    return op;
}

static const char *const int_keywords[] = {"", "base", NULL};
static ArgsParser int_parser = {.format = "|OO:int", .keywords = int_keywords};

static PyObject *
int_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *x = NULL;
    PyObject *base = NULL;
    if (!args_parse_tuple_keywords(args, kwargs, &int_parser, &x, &base)) {
        return NULL;
    }
    return type == &PyLong_Type ? construct(x, base) : construct_subclass(type, x, base);
}

static PyObject *
int_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = vectorcall_nargs(nargsf);
    if (kwnames != NULL && tuple_size(kwnames) != 0) {
        PyObject *x = NULL;
        PyObject *base = NULL;
        return args_parse_stack_keywords(args, nargs, kwnames, &int_parser, &x, &base)
                   ? construct(x, base) : NULL;
    }
    if (!args_check_positional("int", nargs, 0, 2)) {
        return NULL;
    }
    return construct(nargs > 0 ? args[0] : NULL, nargs > 1 ? args[1] : NULL);
}

// ---- methods ----

static PyObject *
int_as_integer_ratio(PyObject *self, PyObject *unused)
{
    PyObject *numerator = int_copy(self);
    return numerator != NULL ? tuple_pair_steal(numerator, int_from_i64(1)) : NULL;
}

static PyObject *
method_bit_length(PyObject *self, PyObject *unused)
{
    return int_from_i64(int_bit_length(self));
}

static PyObject *
method_bit_count(PyObject *self, PyObject *unused)
{
    return int_from_i64(int_bit_count(self));
}

static PyObject *
method_copy(PyObject *self, PyObject *unused)
{
    return int_copy(self);
}

static PyObject *
method_is_integer(PyObject *self, PyObject *unused)
{
    return new_ref(Py_True);
}

static PyObject *
int_getnewargs(PyObject *self, PyObject *unused)
{
    PyObject *value = int_from_digits(int_digits(self), int_digit_count(self),
                                      int_is_negative(self));
    PyObject *result = value != NULL ? tuple_pack(1, value) : NULL;
    xdecref(value);
    return result;
}

static PyObject *
int_format(PyObject *self, PyObject *spec)
{
    if (!str_check(spec)) {
        return error_format(PyExc_TypeError, "__format__() argument must be str, not %.50s",
                            object_type(spec)->tp_name);
    }
    return format_int(self, spec);
}

// round(self, ndigits): negative ndigits round to a multiple of a power of ten, ties to even.
static PyObject *
int_round(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("__round__", nargs, 0, 1)) {
        return NULL;
    }
    PyObject *digits = nargs > 0 && args[0] != Py_None ? number_index(args[0]) : NULL;
    if (digits == NULL) {
        return error_occurred() ? NULL : int_copy(self);
    }
    PyObject *result = NULL;
    PyObject *places = NULL;
    PyObject *ten = int_from_i64(10);
    PyObject *power = NULL;
    PyObject *pair = NULL;
    if (!int_is_negative(digits)) {
        result = int_copy(self);
        goto done;
    }
    places = int_negative(digits);
    power = places != NULL ? int_power(ten, places, NULL) : NULL;
    pair = power != NULL ? int_divmod_near(self, power) : NULL;
    if (pair != NULL) {
        result = int_subtract(self, tuple_item_borrow(pair, 1));
    }
done:
    xdecref(pair);
    xdecref(power);
    xdecref(places);
    decref(digits);
    return result;
}

static PyObject *
int_sizeof(PyObject *self, PyObject *unused)
{
    Py_ssize_t count = int_digit_count(self);
    return int_from_ssize((Py_ssize_t)offsetof(PyLongObject, long_value.ob_digit)
                          + (count > 0 ? count : 1) * (Py_ssize_t)sizeof(digit));
}

// "little" or "big": 1, 0, or -1 with ValueError.
static int
is_little(PyObject *order)
{
    if (order == NULL || str_equal_cstr(order, "big")) {
        return 0;
    }
    if (str_equal_cstr(order, "little")) {
        return 1;
    }
    error_set(PyExc_ValueError, "byteorder must be either 'little' or 'big'");
    return -1;
}

static PyObject *
int_to_bytes(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"length", "byteorder", "signed", NULL};
    static ArgsParser parser = {.format = "|nU$p:to_bytes", .keywords = names};
    Py_ssize_t length = 1;
    PyObject *order = NULL;
    int is_signed = 0;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &length, &order, &is_signed)) {
        return NULL;
    }
    int little = is_little(order);
    if (little < 0) {
        return NULL;
    }
    if (length < 0) {
        return error_set(PyExc_ValueError, "length argument must be non-negative");
    }
    PyObject *bytes = bytes_from_data(NULL, length);
    if (bytes != NULL && int_as_byte_array(self, (unsigned char *)bytes_data(bytes),
                                           (size_t)length, little, is_signed, true) < 0) {
        clear_ref(bytes);
    }
    return bytes;
}

static PyObject *
int_from_bytes(PyObject *type, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"bytes", "byteorder", "signed", NULL};
    static ArgsParser parser = {.format = "O|U$p:from_bytes", .keywords = names};
    PyObject *source;
    PyObject *order = NULL;
    int is_signed = 0;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &source, &order, &is_signed)) {
        return NULL;
    }
    int little = is_little(order);
    PyObject *bytes = little >= 0 ? object_bytes(source) : NULL;
    if (bytes == NULL) {
        return NULL;
    }
    PyObject *value = int_from_byte_array((const unsigned char *)bytes_data(bytes),
                                          (size_t)bytes_length(bytes), little, is_signed);
    decref(bytes);
    if (value != NULL && (PyTypeObject *)type != &PyLong_Type) {
        set_ref(value, object_call_onearg(type, value));
    }
    return value;
}

#define KEYWORDS(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL | METH_KEYWORDS

PyMethodDef int_methods[] = {
    {"conjugate", method_copy, METH_NOARGS,
     "conjugate($self, /)\n--\n\nReturns self, the complex conjugate of any int."},
    {"bit_length", method_bit_length, METH_NOARGS,
     "bit_length($self, /)\n--\n\nNumber of bits necessary to represent self in binary.\n\n"
     ">>> bin(37)\n'0b100101'\n>>> (37).bit_length()\n6"},
    {"bit_count", method_bit_count, METH_NOARGS,
     "bit_count($self, /)\n--\n\nNumber of ones in the binary representation of the absolute "
     "value of self.\n\nAlso known as the population count.\n\n"
     ">>> bin(13)\n'0b1101'\n>>> (13).bit_count()\n3"},
    {"to_bytes", KEYWORDS(int_to_bytes),
     "to_bytes($self, /, length=1, byteorder='big', *, signed=False)\n--\n\n"
     "Return an array of bytes representing an integer.\n\n"
     "  length\n"
     "    Length of bytes object to use.  An OverflowError is raised if the\n"
     "    integer is not representable with the given number of bytes.  Default\n"
     "    is length 1.\n"
     "  byteorder\n"
     "    The byte order used to represent the integer: 'big' or 'little'.\n"
     "  signed\n"
     "    Determines whether two's complement is used to represent the integer."},
    {"from_bytes", (PyCFunction)(void (*)(void))int_from_bytes,
     METH_FASTCALL | METH_KEYWORDS | METH_CLASS,
     "from_bytes($type, /, bytes, byteorder='big', *, signed=False)\n--\n\n"
     "Return the integer represented by the given array of bytes.\n\n"
     "  bytes\n"
     "    Holds the array of bytes to convert.  The argument must either\n"
     "    support the buffer protocol or be an iterable object producing bytes.\n"
     "  byteorder\n"
     "    The byte order used to represent the integer: 'big' or 'little'.\n"
     "  signed\n"
     "    Indicates whether two's complement is used to represent the integer."},
    {"as_integer_ratio", int_as_integer_ratio, METH_NOARGS,
     "as_integer_ratio($self, /)\n--\n\nReturn a pair of integers, whose ratio is equal to the "
     "original int.\n\nThe ratio is in lowest terms and has a positive denominator.\n\n"
     ">>> (10).as_integer_ratio()\n(10, 1)\n>>> (-10).as_integer_ratio()\n(-10, 1)\n"
     ">>> (0).as_integer_ratio()\n(0, 1)"},
    {"is_integer", method_is_integer, METH_NOARGS,
     "is_integer($self, /)\n--\n\nReturns True. Exists for duck type compatibility with "
     "float.is_integer."},
    {"__trunc__", method_copy, METH_NOARGS,
     "__trunc__($self, /)\n--\n\nTruncating an Integral returns itself."},
    {"__floor__", method_copy, METH_NOARGS,
     "__floor__($self, /)\n--\n\nFlooring an Integral returns itself."},
    {"__ceil__", method_copy, METH_NOARGS,
     "__ceil__($self, /)\n--\n\nCeiling of an Integral returns itself."},
    {"__round__", (PyCFunction)(void (*)(void))int_round, METH_FASTCALL,
     "__round__($self, ndigits=None, /)\n--\n\nRounding an Integral returns itself.\n\n"
     "Rounding with an ndigits argument also returns an integer."},
    {"__getnewargs__", int_getnewargs, METH_NOARGS, "__getnewargs__($self, /)\n--\n\n"},
    {"__format__", int_format, METH_O,
     "__format__($self, format_spec, /)\n--\n\nConvert to a string according to format_spec."},
    {"__sizeof__", int_sizeof, METH_NOARGS,
     "__sizeof__($self, /)\n--\n\nReturns size in memory, in bytes."},
    {NULL, NULL, 0, NULL},
};

static PyObject *
get_self(PyObject *self, void *closure)
{
    return int_copy(self);
}

static PyObject *
get_number(PyObject *self, void *closure)
{
    return int_from_i64((intptr_t)closure);
}

static PyGetSetDef int_getset[] = {
    {"real", get_self, NULL, "the real part of a complex number", NULL},
    {"imag", get_number, NULL, "the imaginary part of a complex number", (void *)0},
    {"numerator", get_self, NULL, "the numerator of a rational number in lowest terms", NULL},
    {"denominator", get_number, NULL, "the denominator of a rational number in lowest terms",
     (void *)1},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyLong_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "int",
    .tp_basicsize = offsetof(PyLongObject, long_value.ob_digit),
    .tp_itemsize = sizeof(digit),
    .tp_dealloc = refcount_plain_dealloc,
    .tp_repr = int_repr,
    .tp_as_number = &int_as_number,
    .tp_hash = int_hash,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_LONG_SUBCLASS
                | Py_TPFLAGS_IMMUTABLETYPE | _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = "int([x]) -> integer\nint(x, base=10) -> integer\n\n"
              "Convert a number or string to an integer, or return 0 if no arguments\n"
              "are given.  If x is a number, return x.__int__().  For floating-point\n"
              "numbers, this truncates towards zero.\n\n"
              "If x is not a number or if base is given, then x must be a string,\n"
              "bytes, or bytearray instance representing an integer literal in the\n"
              "given base.  The literal can be preceded by '+' or '-' and be surrounded\n"
              "by whitespace.  The base defaults to 10.  Valid bases are 0 and 2-36.\n"
              "Base 0 means to interpret the base from the string as an integer literal.\n"
              ">>> int('0b100', base=0)\n4",
    .tp_richcompare = int_richcompare,
    .tp_methods = int_methods,
    .tp_getset = int_getset,
    .tp_new = int_new,
    .tp_vectorcall = int_vectorcall,
    .tp_free = heap_free,
};
