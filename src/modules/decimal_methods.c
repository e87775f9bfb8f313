// The arithmetic methods of Context: each operation of the specification with its operands as
// arguments. See decimal_internal.h.
//
// Threading: see decimal_internal.h.
#include "memory/refcount.h"
#include "modules/decimal_internal.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/str.h"
#include "objects/tuple.h"

#define FASTCALL(f) ((PyCFunction)(void (*)(void))(f))

// ---- operations that give a number ----

static PyObject *
apply_unary(PyObject *self, PyObject *x, DecUnary *operation)
{
    DecimalState *state = CONTEXT_STATE(self);
    Dec room;
    Dec r;
    uint32_t status = 0;
    DecContext ctx;
    const Dec *a = decimal_operand_or_error(state, x, &room);
    if (a == NULL) {
        return NULL;
    }
    decimal_context_read(self, &ctx);
    operation(&r, a, &ctx, &status);
    dec_free(&room);
    return decimal_finish_steal(state, self, &r, status);
}

// Two operands out of an argument vector; false with an exception. Rooms are to be freed then and
// otherwise.
static bool
two_operands(DecimalState *state, const char *name, PyObject *const *args, Py_ssize_t nargs,
             const Dec *operands[2], Dec rooms[2])
{
    dec_set_small(&rooms[1], 0, 0, 0);
    if (!args_check_positional(name, nargs, 2, 2)) {
        dec_set_small(&rooms[0], 0, 0, 0);
        return false;
    }
    operands[0] = decimal_operand_or_error(state, args[0], &rooms[0]);
    if (operands[0] == NULL) {
        return false;
    }
    operands[1] = decimal_operand_or_error(state, args[1], &rooms[1]);
    return operands[1] != NULL;
}

static PyObject *
apply_binary(PyObject *self, const char *name, PyObject *const *args, Py_ssize_t nargs,
             DecBinary *operation)
{
    DecimalState *state = CONTEXT_STATE(self);
    const Dec *operands[2];
    Dec rooms[2];
    PyObject *result = NULL;
    if (two_operands(state, name, args, nargs, operands, rooms)) {
        Dec r;
        uint32_t status = 0;
        DecContext ctx;
        decimal_context_read(self, &ctx);
        operation(&r, operands[0], operands[1], &ctx, &status);
        result = decimal_finish_steal(state, self, &r, status);
    }
    dec_free(&rooms[0]);
    dec_free(&rooms[1]);
    return result;
}

#define UNARY(name, operation)                                                         \
    static PyObject *context_##name(PyObject *self, PyObject *x)                       \
    {                                                                                  \
        return apply_unary(self, x, operation);                                        \
    }
#define BINARY(name, operation)                                                        \
    static PyObject *context_##name(PyObject *self, PyObject *const *args,             \
                                    Py_ssize_t nargs)                                  \
    {                                                                                  \
        return apply_binary(self, #name, args, nargs, operation);                      \
    }

UNARY(abs, dec_abs)
UNARY(exp, dec_exp)
UNARY(ln, dec_ln)
UNARY(log10, dec_log10)
UNARY(minus, dec_minus)
UNARY(next_minus, dec_next_minus)
UNARY(next_plus, dec_next_plus)
UNARY(normalize, dec_reduce)
UNARY(plus, dec_plus)
UNARY(to_integral_exact, dec_to_integral_exact)
UNARY(to_integral_value, dec_to_integral_value)
UNARY(sqrt, dec_sqrt)
UNARY(logb, dec_logb)
UNARY(logical_invert, dec_invert)

BINARY(add, dec_add)
BINARY(compare, dec_compare)
BINARY(compare_signal, dec_compare_signal)
BINARY(divide, dec_divide)
BINARY(divide_int, dec_divide_int)
BINARY(max, dec_max)
BINARY(max_mag, dec_max_mag)
BINARY(min, dec_min)
BINARY(min_mag, dec_min_mag)
BINARY(multiply, dec_multiply)
BINARY(next_toward, dec_next_toward)
BINARY(quantize, dec_quantize)
BINARY(remainder, dec_remainder)
BINARY(remainder_near, dec_remainder_near)
BINARY(subtract, dec_subtract)
BINARY(logical_and, dec_and)
BINARY(logical_or, dec_or)
BINARY(logical_xor, dec_xor)
BINARY(rotate, dec_rotate)
BINARY(scaleb, dec_scaleb)
BINARY(shift, dec_shift)

static PyObject *
context_divmod(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    DecimalState *state = CONTEXT_STATE(self);
    const Dec *operands[2];
    Dec rooms[2];
    PyObject *result = NULL;
    if (two_operands(state, "divmod", args, nargs, operands, rooms)) {
        Dec q, r;
        uint32_t status = 0;
        DecContext ctx;
        decimal_context_read(self, &ctx);
        dec_divmod(&q, &r, operands[0], operands[1], &ctx, &status);
        if (decimal_context_signal(state, self, status) < 0) {
            dec_free(&q);
            dec_free(&r);
        }
        else {
            PyObject *quotient = decimal_from_dec_steal(state, &q);
            result = tuple_pair_steal(quotient, decimal_from_dec_steal(state, &r));
        }
    }
    dec_free(&rooms[0]);
    dec_free(&rooms[1]);
    return result;
}

static PyObject *
context_power(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"a", "b", "modulo", NULL};
    static ArgsParser parser = {.keywords = names, .fname = "power"};
    DecimalState *state = CONTEXT_STATE(self);
    PyObject *values[3] = {NULL};
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 2, 3, 0, values)) {
        return NULL;
    }
    const Dec *operands[3] = {NULL};
    Dec rooms[3];
    PyObject *result = NULL;
    int n = values[2] == NULL || values[2] == Py_None ? 2 : 3;
    for (int i = 0; i < 3; i++) {
        dec_set_small(&rooms[i], 0, 0, 0);
    }
    for (int i = 0; i < n; i++) {
        operands[i] = decimal_operand_or_error(state, values[i], &rooms[i]);
        if (operands[i] == NULL) {
            goto done;
        }
    }
    Dec r;
    uint32_t status = 0;
    DecContext ctx;
    decimal_context_read(self, &ctx);
    if (n == 2) {
        dec_power(&r, operands[0], operands[1], &ctx, &status);
    }
    else {
        dec_power_mod(&r, operands[0], operands[1], operands[2], &ctx, &status);
    }
    result = decimal_finish_steal(state, self, &r, status);
done:
    for (int i = 0; i < 3; i++) {
        dec_free(&rooms[i]);
    }
    return result;
}

static PyObject *
context_fma(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    DecimalState *state = CONTEXT_STATE(self);
    const Dec *operands[3] = {NULL};
    Dec rooms[3];
    PyObject *result = NULL;
    if (!args_check_positional("fma", nargs, 3, 3)) {
        return NULL;
    }
    for (int i = 0; i < 3; i++) {
        dec_set_small(&rooms[i], 0, 0, 0);
    }
    for (int i = 0; i < 3; i++) {
        operands[i] = decimal_operand_or_error(state, args[i], &rooms[i]);
        if (operands[i] == NULL) {
            goto done;
        }
    }
    Dec r;
    uint32_t status = 0;
    DecContext ctx;
    decimal_context_read(self, &ctx);
    dec_fma(&r, operands[0], operands[1], operands[2], &ctx, &status);
    result = decimal_finish_steal(state, self, &r, status);
done:
    for (int i = 0; i < 3; i++) {
        dec_free(&rooms[i]);
    }
    return result;
}

// ---- operations that never signal ----

// A copy of the operand with flags changed.
static PyObject *
with_sign(PyObject *self, PyObject *x, uint8_t keep, uint8_t flip)
{
    DecimalState *state = CONTEXT_STATE(self);
    Dec room;
    Dec r;
    uint32_t status = 0;
    const Dec *a = decimal_operand_or_error(state, x, &room);
    if (a == NULL) {
        return NULL;
    }
    if (dec_copy(&r, a, &status) == 0) {
        r.flags = (uint8_t)((a->flags & (keep | DEC_SPECIAL)) ^ flip);
    }
    dec_free(&room);
    return decimal_finish_steal(state, self, &r, status);
}

static PyObject *
context_copy_abs(PyObject *self, PyObject *x)
{
    return with_sign(self, x, 0, 0);
}

static PyObject *
context_copy_negate(PyObject *self, PyObject *x)
{
    return with_sign(self, x, DEC_NEG, DEC_NEG);
}

static PyObject *
context_copy_decimal(PyObject *self, PyObject *x)
{
    if (decimal_check(CONTEXT_STATE(self), x)) {
        return new_ref(x);
    }
    return with_sign(self, x, DEC_NEG, 0);
}

static PyObject *
context_copy_sign(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    DecimalState *state = CONTEXT_STATE(self);
    const Dec *operands[2];
    Dec rooms[2];
    PyObject *result = NULL;
    if (two_operands(state, "copy_sign", args, nargs, operands, rooms)) {
        Dec r;
        uint32_t status = 0;
        if (dec_copy(&r, operands[0], &status) == 0) {
            r.flags = (uint8_t)((r.flags & DEC_SPECIAL) | (operands[1]->flags & DEC_NEG));
        }
        result = decimal_finish_steal(state, self, &r, status);
    }
    dec_free(&rooms[0]);
    dec_free(&rooms[1]);
    return result;
}

typedef int Order(const Dec *a, const Dec *b);

static PyObject *
apply_order(PyObject *self, const char *name, PyObject *const *args, Py_ssize_t nargs,
            Order *order)
{
    DecimalState *state = CONTEXT_STATE(self);
    const Dec *operands[2];
    Dec rooms[2];
    PyObject *result = NULL;
    if (two_operands(state, name, args, nargs, operands, rooms)) {
        Dec r;
        dec_set_i64(&r, order(operands[0], operands[1]));
        result = decimal_from_dec_steal(state, &r);
    }
    dec_free(&rooms[0]);
    dec_free(&rooms[1]);
    return result;
}

static PyObject *
context_compare_total(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return apply_order(self, "compare_total", args, nargs, dec_compare_total);
}

static PyObject *
context_compare_total_mag(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return apply_order(self, "compare_total_mag", args, nargs, dec_compare_total_mag);
}

static PyObject *
context_same_quantum(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    const Dec *operands[2];
    Dec rooms[2];
    PyObject *result = NULL;
    if (two_operands(CONTEXT_STATE(self), "same_quantum", args, nargs, operands, rooms)) {
        result = bool_from_int(dec_same_quantum(operands[0], operands[1]));
    }
    dec_free(&rooms[0]);
    dec_free(&rooms[1]);
    return result;
}

#define PREDICATE(name, expression)                                                    \
    static PyObject *context_##name(PyObject *self, PyObject *x)                       \
    {                                                                                  \
        Dec room;                                                                      \
        const Dec *a = decimal_operand_or_error(CONTEXT_STATE(self), x, &room);        \
        if (a == NULL) {                                                               \
            return NULL;                                                               \
        }                                                                              \
        DecContext ctx;                                                                \
        decimal_context_read(self, &ctx);                                              \
        bool result = (expression);                                                    \
        dec_free(&room);                                                               \
        return bool_from_int(result);                                                  \
    }

PREDICATE(is_finite, !dec_is_special(a))
PREDICATE(is_infinite, dec_is_infinite(a))
PREDICATE(is_nan, dec_is_nan(a))
PREDICATE(is_normal, dec_is_normal(a, &ctx))
PREDICATE(is_qnan, (a->flags & DEC_NAN) != 0)
PREDICATE(is_signed, dec_is_negative(a))
PREDICATE(is_snan, (a->flags & DEC_SNAN) != 0)
PREDICATE(is_subnormal, dec_is_subnormal(a, &ctx))
PREDICATE(is_zero, dec_is_zero(a))

static PyObject *
require_decimal(PyObject *self, PyObject *x)
{
    return decimal_check(CONTEXT_STATE(self), x)
               ? x : error_set(PyExc_TypeError, "argument must be a Decimal");
}

static PyObject *
context_is_canonical(PyObject *self, PyObject *x)
{
    return require_decimal(self, x) == NULL ? NULL : new_ref(Py_True);
}

static PyObject *
context_canonical(PyObject *self, PyObject *x)
{
    return xnew_ref(require_decimal(self, x));
}

static PyObject *
context_radix(PyObject *self, PyObject *unused)
{
    Dec ten;
    dec_set_i64(&ten, 10);
    return decimal_from_dec_steal(CONTEXT_STATE(self), &ten);
}

static PyObject *
context_number_class(PyObject *self, PyObject *x)
{
    Dec room;
    const Dec *a = decimal_operand_or_error(CONTEXT_STATE(self), x, &room);
    if (a == NULL) {
        return NULL;
    }
    DecContext ctx;
    decimal_context_read(self, &ctx);
    PyObject *result = str_from_cstr(dec_class(a, &ctx));
    dec_free(&room);
    return result;
}

// ---- text and conversion ----

static PyObject *
to_string(PyObject *self, PyObject *x, bool engineering)
{
    PyObject *number = context_copy_decimal(self, x);
    if (number == NULL) {
        return NULL;
    }
    PyObject *result = decimal_to_text(number, engineering, decimal_context_capitals(self));
    decref(number);
    return result;
}

static PyObject *
context_to_sci_string(PyObject *self, PyObject *x)
{
    return to_string(self, x, false);
}

static PyObject *
context_to_eng_string(PyObject *self, PyObject *x)
{
    return to_string(self, x, true);
}

// The operand rounded by the context.
static PyObject *
context_apply(PyObject *self, PyObject *x)
{
    DecimalState *state = CONTEXT_STATE(self);
    Dec room;
    Dec r;
    uint32_t status = 0;
    const Dec *a = decimal_operand_or_error(state, x, &room);
    if (a == NULL) {
        return NULL;
    }
    DecContext ctx;
    decimal_context_read(self, &ctx);
    if (dec_copy(&r, a, &status) == 0) {
        dec_finalize(&r, &ctx, &status);
    }
    dec_free(&room);
    return decimal_finish_steal(state, self, &r, status);
}

static PyObject *
context_create_decimal(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    DecimalState *state = CONTEXT_STATE(self);
    if (!args_check_positional("create_decimal", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs == 0) {
        Dec zero;
        dec_set_i64(&zero, 0);
        return decimal_from_dec_steal(state, &zero);
    }
    return decimal_convert(state, state->decimal_type, args[0], self, false);
}

static PyObject *
context_create_decimal_from_float(PyObject *self, PyObject *value)
{
    DecimalState *state = CONTEXT_STATE(self);
    return decimal_convert_float(state, state->decimal_type, value, self, false);
}

#define O(name, doc) {#name, context_##name, METH_O, #name "($self, x, /)\n--\n\n" doc}
#define XY(name, doc)                                                                   \
    {#name, FASTCALL(context_##name), METH_FASTCALL, #name "($self, x, y, /)\n--\n\n" doc}
#define NONE(name, function, doc)                                                       \
    {#name, function, METH_NOARGS, #name "($self, /)\n--\n\n" doc}

PyMethodDef decimal_context_methods[] = {
    O(abs, "The absolute value of x, rounded."),
    O(exp, "e ** x."),
    O(ln, "The natural logarithm of x."),
    O(log10, "The logarithm of x to base 10."),
    O(minus, "0 - x."),
    O(next_minus, "The largest number smaller than x."),
    O(next_plus, "The smallest number larger than x."),
    O(normalize, "x without trailing zeros."),
    O(plus, "0 + x."),
    {"to_integral", context_to_integral_value, METH_O,
     "to_integral($self, x, /)\n--\n\nThe same as to_integral_value."},
    O(to_integral_exact, "x rounded to an integer, signalling Inexact and Rounded."),
    O(to_integral_value, "x rounded to an integer."),
    O(sqrt, "The square root of x."),
    XY(add, "x + y."),
    XY(compare, "The order of x and y as -1, 0, 1 or NaN."),
    XY(compare_signal, "As compare, but all NaNs signal."),
    XY(divide, "x / y."),
    XY(divide_int, "The integer part of x / y."),
    XY(divmod, "The integer quotient and the remainder."),
    XY(max, "The greater of two numbers."),
    XY(max_mag, "The greater of two numbers by their absolute values."),
    XY(min, "The lesser of two numbers."),
    XY(min_mag, "The lesser of two numbers by their absolute values."),
    XY(multiply, "x * y."),
    XY(next_toward, "The number next to x in the direction of y."),
    XY(quantize, "x with the exponent of y."),
    XY(remainder, "The remainder of the integer division."),
    XY(remainder_near, "x - y * n for the integer n nearest to x / y."),
    XY(subtract, "x - y."),
    {"power", FASTCALL(context_power), METH_FASTCALL | METH_KEYWORDS,
     "power($self, /, a, b, modulo=None)\n--\n\na ** b, or a ** b % modulo for integers."},
    {"fma", FASTCALL(context_fma), METH_FASTCALL,
     "fma($self, x, y, z, /)\n--\n\nx * y + z with one rounding."},
    NONE(Etiny, decimal_context_etiny, "Emin - prec + 1: the least exponent of subnormals."),
    NONE(Etop, decimal_context_etop, "Emax - prec + 1: the greatest exponent with all digits."),
    NONE(radix, context_radix, "Decimal(10)."),
    O(is_canonical, "True."),
    O(is_finite, "Whether x is neither infinite nor a NaN."),
    O(is_infinite, "Whether x is infinite."),
    O(is_nan, "Whether x is a NaN."),
    O(is_normal, "Whether x is a normal number."),
    O(is_qnan, "Whether x is a quiet NaN."),
    O(is_signed, "Whether x has a negative sign."),
    O(is_snan, "Whether x is a signaling NaN."),
    O(is_subnormal, "Whether x is a subnormal number."),
    O(is_zero, "Whether x is zero."),
    {"_apply", context_apply, METH_O, "_apply($self, object, /)\n--\n\nx rounded."},
    O(canonical, "x itself."),
    O(copy_abs, "x with a positive sign."),
    O(copy_decimal, "x as a Decimal."),
    O(copy_negate, "x with the opposite sign."),
    O(logb, "The adjusted exponent of x."),
    O(logical_invert, "The digits of x inverted."),
    O(number_class, "The name of the class of x."),
    O(to_sci_string, "x as text in scientific notation."),
    O(to_eng_string, "x as text in engineering notation."),
    XY(compare_total, "The order of the representations of x and y."),
    XY(compare_total_mag, "The order of the representations without signs."),
    XY(copy_sign, "x with the sign of y."),
    XY(logical_and, "Digit-wise and."),
    XY(logical_or, "Digit-wise or."),
    XY(logical_xor, "Digit-wise exclusive or."),
    XY(rotate, "x rotated by y digits."),
    XY(same_quantum, "Whether x and y have the same exponent."),
    XY(scaleb, "x with y added to its exponent."),
    XY(shift, "x shifted by y digits."),
    NONE(clear_flags, decimal_context_clear_flags, "Set all flags to False."),
    NONE(clear_traps, decimal_context_clear_traps, "Set all traps to False."),
    NONE(__copy__, decimal_context_copy_method, ""),
    NONE(__reduce__, decimal_context_reduce, ""),
    NONE(copy, decimal_context_copy_method, "A duplicate of the context."),
    {"create_decimal", FASTCALL(context_create_decimal), METH_FASTCALL,
     "create_decimal($self, num=\"0\", /)\n--\n\nA Decimal from num, rounded by the context."},
    {"create_decimal_from_float", context_create_decimal_from_float, METH_O,
     "create_decimal_from_float($self, f, /)\n--\n\nA Decimal from a float or int, rounded."},
    {NULL, NULL, 0, NULL},
};
