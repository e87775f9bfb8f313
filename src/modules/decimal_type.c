// The type Decimal of the `_decimal` module: construction, operators and methods. See
// decimal_internal.h.
//
// Threading: Decimals are immutable, but for the cached hash.
#include <string.h>

#include "base/atomic.h"
#include "memory/refcount.h"
#include "modules/decimal_internal.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/complex.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/str.h"
#include "objects/tuple.h"

#define FASTCALL(f) ((PyCFunction)(void (*)(void))(f))

// ---- construction ----

static PyObject *
decimal_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"value", "context", NULL};
    static ArgsParser parser = {.keywords = names, .fname = "Decimal"};
    DecimalState *state = decimal_state_slow(type, &decimal_type_spec);
    PyObject *values[2] = {NULL};
    if (!args_unpack_keywords(tuple_items(args), tuple_size(args), kwargs, NULL, &parser, 0, 2, 0,
                              values)) {
        return NULL;
    }
    PyObject *context = decimal_context_argument(state, values[1]);
    if (context == NULL) {
        return NULL;
    }
    PyObject *exact;
    if (values[0] == NULL) {
        Dec zero;
        dec_set_i64(&zero, 0);
        exact = decimal_from_dec_steal(state, &zero);
    }
    else {
        exact = decimal_convert(state, state->decimal_type, values[0], context, true);
    }
    decref(context);
    if (exact == NULL || type == state->decimal_type) {
        return exact;
    }
    // An instance of a subclass: its __init__ runs afterwards, with the arguments.
    DecimalObject *result = (DecimalObject *)type->tp_alloc(type, 0);
    uint32_t status = 0;
    if (result != NULL) {
        result->hash = -1;
        if (dec_copy(&result->value, DECIMAL(exact), &status) < 0) {
            clear_ref(result);
            error_no_memory();
        }
    }
    decref(exact);
    return (PyObject *)result;
}

static void
decimal_dealloc(PyObject *self)
{
    PyTypeObject *type = object_type(self);
    dec_free(DECIMAL(self));
    type->tp_free(self);
    decref(type);
}

static PyObject *
decimal_from_float(PyObject *cls, PyObject *value)
{
    DecimalState *state = decimal_state_slow((PyTypeObject *)cls, &decimal_type_spec);
    PyObject *context = decimal_current_context(state);
    if (context == NULL) {
        return NULL;
    }
    PyObject *result = decimal_convert_float(state, (PyTypeObject *)cls, value, context, true);
    decref(context);
    return result;
}

static PyObject *
decimal_from_number(PyObject *cls, PyObject *value)
{
    DecimalState *state = decimal_state_slow((PyTypeObject *)cls, &decimal_type_spec);
    PyObject *context = decimal_current_context(state);
    if (context == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    if (decimal_check(state, value)) {
        result = decimal_convert(state, (PyTypeObject *)cls, value, context, true);
    }
    else if (int_check(value) || float_check(value)) {
        result = decimal_convert_float(state, (PyTypeObject *)cls, value, context, true);
    }
    else {
        error_format(PyExc_TypeError, "Cannot convert %R to Decimal", value);
    }
    decref(context);
    return result;
}

// ---- operators ----

// The state behind the operand that is a Decimal.
static DecimalState *
state_of_operands(PyObject *v, PyObject *w)
{
    PyTypeObject *type = object_type(v);
    if (type_has_feature(type, Py_TPFLAGS_HEAPTYPE)
        && ((PyHeapTypeObject *)type)->ht_token == &decimal_type_spec) {
        return decimal_type_state(type);
    }
    PyTypeObject *base;
    if (type_get_base_by_token(type, &decimal_type_spec, &base) > 0) {
        DecimalState *state = decimal_type_state(base);
        decref(base);
        return state;
    }
    return DECIMAL_STATE(w);
}

static PyObject *
binary_operator(PyObject *v, PyObject *w, DecBinary *operation)
{
    DecimalState *state = state_of_operands(v, w);
    Dec room_v, room_w, r;
    PyObject *result = NULL;
    const Dec *a = decimal_operand(state, v, &room_v);
    const Dec *b = a != NULL ? decimal_operand(state, w, &room_w) : NULL;
    if (b == NULL) {
        if (a != NULL) {
            dec_free(&room_v);
        }
        return error_occurred() ? NULL : new_ref(Py_NotImplemented);
    }
    PyObject *context = decimal_current_context(state);
    if (context != NULL) {
        DecContext ctx;
        uint32_t status = 0;
        decimal_context_read(context, &ctx);
        operation(&r, a, b, &ctx, &status);
        result = decimal_finish_steal(state, context, &r, status);
        decref(context);
    }
    dec_free(&room_v);
    dec_free(&room_w);
    return result;
}

#define OPERATOR(name, operation)                                                      \
    static PyObject *number_##name(PyObject *v, PyObject *w)                           \
    {                                                                                  \
        return binary_operator(v, w, operation);                                       \
    }
OPERATOR(add, dec_add)
OPERATOR(subtract, dec_subtract)
OPERATOR(multiply, dec_multiply)
OPERATOR(true_divide, dec_divide)
OPERATOR(floor_divide, dec_divide_int)
OPERATOR(remainder, dec_remainder)

static PyObject *
number_divmod(PyObject *v, PyObject *w)
{
    DecimalState *state = state_of_operands(v, w);
    Dec room_v, room_w, q, r;
    PyObject *result = NULL;
    const Dec *a = decimal_operand(state, v, &room_v);
    const Dec *b = a != NULL ? decimal_operand(state, w, &room_w) : NULL;
    if (b == NULL) {
        if (a != NULL) {
            dec_free(&room_v);
        }
        return error_occurred() ? NULL : new_ref(Py_NotImplemented);
    }
    PyObject *context = decimal_current_context(state);
    if (context != NULL) {
        DecContext ctx;
        uint32_t status = 0;
        decimal_context_read(context, &ctx);
        dec_divmod(&q, &r, a, b, &ctx, &status);
        if (decimal_context_signal(state, context, status) < 0) {
            dec_free(&q);
            dec_free(&r);
        }
        else {
            PyObject *quotient = decimal_from_dec_steal(state, &q);
            result = tuple_pair_steal(quotient, decimal_from_dec_steal(state, &r));
        }
        decref(context);
    }
    dec_free(&room_v);
    dec_free(&room_w);
    return result;
}

static PyObject *
number_power_decimal(PyObject *v, PyObject *w, PyObject *modulus)
{
    if (modulus == Py_None) {
        return binary_operator(v, w, dec_power);
    }
    PyObject *any = v;
    PyTypeObject *base;
    PyObject *operands[3] = {v, w, modulus};
    for (int i = 0; i < 3; i++) {
        if (type_get_base_by_token(object_type(operands[i]), &decimal_type_spec, &base) > 0) {
            decref(base);
            any = operands[i];
            break;
        }
    }
    DecimalState *state = DECIMAL_STATE(any);
    Dec rooms[3];
    const Dec *values[3];
    PyObject *result = NULL;
    int n = 0;
    for (; n < 3; n++) {
        values[n] = decimal_operand(state, operands[n], &rooms[n]);
        if (values[n] == NULL) {
            result = error_occurred() ? NULL : new_ref(Py_NotImplemented);
            goto done;
        }
    }
    PyObject *context = decimal_current_context(state);
    if (context != NULL) {
        DecContext ctx;
        Dec r;
        uint32_t status = 0;
        decimal_context_read(context, &ctx);
        dec_power_mod(&r, values[0], values[1], values[2], &ctx, &status);
        result = decimal_finish_steal(state, context, &r, status);
        decref(context);
    }
done:
    for (int i = 0; i < n; i++) {
        dec_free(&rooms[i]);
    }
    return result;
}

static PyObject *
apply_unary(PyObject *self, PyObject *context_argument, DecUnary *operation)
{
    DecimalState *state = DECIMAL_STATE(self);
    PyObject *context = decimal_context_argument(state, context_argument);
    if (context == NULL) {
        return NULL;
    }
    Dec r;
    DecContext ctx;
    uint32_t status = 0;
    decimal_context_read(context, &ctx);
    operation(&r, DECIMAL(self), &ctx, &status);
    PyObject *result = decimal_finish_steal(state, context, &r, status);
    decref(context);
    return result;
}

static PyObject *number_negative_decimal(PyObject *v) { return apply_unary(v, NULL, dec_minus); }
static PyObject *number_positive_decimal(PyObject *v) { return apply_unary(v, NULL, dec_plus); }
static PyObject *number_absolute_decimal(PyObject *v) { return apply_unary(v, NULL, dec_abs); }
static int number_bool(PyObject *v) { return !dec_is_zero(DECIMAL(v)); }

static PyObject *
number_int(PyObject *v)
{
    return decimal_to_int(DECIMAL_STATE(v), DECIMAL(v), DEC_ROUND_DOWN);
}

static PyObject *
number_float_decimal(PyObject *v)
{
    double x = decimal_as_double(DECIMAL(v));
    return x == -1.0 && error_occurred() ? NULL : float_from_double(x);
}

// ---- methods with an optional context ----

static PyObject *
unary_method(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
             ArgsParser *parser, DecUnary *operation)
{
    PyObject *context = NULL;
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, parser, 0, 1, 0, &context)) {
        return NULL;
    }
    return apply_unary(self, context, operation);
}

static const char *const context_names[] = {"context", NULL};
static const char *const other_names[] = {"other", "context", NULL};

#define METHOD(name) \
    static PyObject *method_##name(PyObject *self, PyObject *const *args, Py_ssize_t nargs,    \
                                   PyObject *kwnames)
#define UNARY(name, operation)                                                                 \
    METHOD(name)                                                                               \
    {                                                                                          \
        static ArgsParser parser = {.keywords = context_names, .fname = #name};                \
        return unary_method(self, args, nargs, kwnames, &parser, operation);                   \
    }

UNARY(exp, dec_exp)
UNARY(ln, dec_ln)
UNARY(log10, dec_log10)
UNARY(next_minus, dec_next_minus)
UNARY(next_plus, dec_next_plus)
UNARY(normalize, dec_reduce)
UNARY(sqrt, dec_sqrt)
UNARY(logb, dec_logb)
UNARY(logical_invert, dec_invert)

// The other operand and the context of a method: false with an exception.
static bool
other_and_context(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                  ArgsParser *parser, const Dec **other, Dec *room, PyObject **context)
{
    DecimalState *state = DECIMAL_STATE(self);
    PyObject *values[2] = {NULL};
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, parser, 1, 2, 0, values)) {
        return false;
    }
    *context = decimal_context_argument(state, values[1]);
    if (*context == NULL) {
        return false;
    }
    *other = decimal_operand_or_error(state, values[0], room);
    if (*other == NULL) {
        clear_ref(*context);
        return false;
    }
    return true;
}

static PyObject *
binary_method(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
              ArgsParser *parser, DecBinary *operation)
{
    const Dec *other;
    Dec room, r;
    PyObject *context;
    if (!other_and_context(self, args, nargs, kwnames, parser, &other, &room, &context)) {
        return NULL;
    }
    DecContext ctx;
    uint32_t status = 0;
    decimal_context_read(context, &ctx);
    operation(&r, DECIMAL(self), other, &ctx, &status);
    dec_free(&room);
    PyObject *result = decimal_finish_steal(DECIMAL_STATE(self), context, &r, status);
    decref(context);
    return result;
}

#define BINARY(name, operation)                                                                \
    METHOD(name)                                                                               \
    {                                                                                          \
        static ArgsParser parser = {.keywords = other_names, .fname = #name};                  \
        return binary_method(self, args, nargs, kwnames, &parser, operation);                  \
    }

BINARY(compare, dec_compare)
BINARY(compare_signal, dec_compare_signal)
BINARY(max, dec_max)
BINARY(max_mag, dec_max_mag)
BINARY(min, dec_min)
BINARY(min_mag, dec_min_mag)
BINARY(next_toward, dec_next_toward)
BINARY(remainder_near, dec_remainder_near)
BINARY(logical_and, dec_and)
BINARY(logical_or, dec_or)
BINARY(logical_xor, dec_xor)
BINARY(rotate, dec_rotate)
BINARY(scaleb, dec_scaleb)
BINARY(shift, dec_shift)

static void
order_total(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    dec_set_i64(r, dec_compare_total(a, b));
}

static void
order_total_mag(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    dec_set_i64(r, dec_compare_total_mag(a, b));
}

static void
take_sign(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    if (dec_copy(r, a, status) == 0) {
        r->flags = (uint8_t)((a->flags & DEC_SPECIAL) | (b->flags & DEC_NEG));
    }
}

BINARY(compare_total, order_total)
BINARY(compare_total_mag, order_total_mag)
BINARY(copy_sign, take_sign)

METHOD(same_quantum)
{
    static ArgsParser parser = {.keywords = other_names, .fname = "same_quantum"};
    const Dec *other;
    Dec room;
    PyObject *context;
    if (!other_and_context(self, args, nargs, kwnames, &parser, &other, &room, &context)) {
        return NULL;
    }
    bool same = dec_same_quantum(DECIMAL(self), other);
    dec_free(&room);
    decref(context);
    return bool_from_int(same);
}

// Rounds with a mode of its own.
static PyObject *
integral_method(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                ArgsParser *parser, DecUnary *operation)
{
    DecimalState *state = DECIMAL_STATE(self);
    PyObject *values[2] = {NULL};
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, parser, 0, 2, 0, values)) {
        return NULL;
    }
    PyObject *context = decimal_context_argument(state, values[1]);
    if (context == NULL) {
        return NULL;
    }
    DecContext ctx;
    decimal_context_read(context, &ctx);
    PyObject *result = NULL;
    if (values[0] != NULL && values[0] != Py_None) {
        ctx.round = decimal_rounding_argument(state, values[0]);
    }
    if (ctx.round >= 0) {
        Dec r;
        uint32_t status = 0;
        operation(&r, DECIMAL(self), &ctx, &status);
        result = decimal_finish_steal(state, context, &r, status);
    }
    decref(context);
    return result;
}

static const char *const rounding_names[] = {"rounding", "context", NULL};

METHOD(to_integral_value)
{
    static ArgsParser parser = {.keywords = rounding_names, .fname = "to_integral_value"};
    return integral_method(self, args, nargs, kwnames, &parser, dec_to_integral_value);
}

METHOD(to_integral)
{
    static ArgsParser parser = {.keywords = rounding_names, .fname = "to_integral"};
    return integral_method(self, args, nargs, kwnames, &parser, dec_to_integral_value);
}

METHOD(to_integral_exact)
{
    static ArgsParser parser = {.keywords = rounding_names, .fname = "to_integral_exact"};
    return integral_method(self, args, nargs, kwnames, &parser, dec_to_integral_exact);
}

METHOD(quantize)
{
    static const char *const names[] = {"exp", "rounding", "context", NULL};
    static ArgsParser parser = {.keywords = names, .fname = "quantize"};
    DecimalState *state = DECIMAL_STATE(self);
    PyObject *values[3] = {NULL};
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 1, 3, 0, values)) {
        return NULL;
    }
    PyObject *context = decimal_context_argument(state, values[2]);
    if (context == NULL) {
        return NULL;
    }
    DecContext ctx;
    decimal_context_read(context, &ctx);
    PyObject *result = NULL;
    if (values[1] != NULL && values[1] != Py_None) {
        ctx.round = decimal_rounding_argument(state, values[1]);
    }
    Dec room, r;
    const Dec *exp = ctx.round < 0 ? NULL : decimal_operand_or_error(state, values[0], &room);
    if (exp != NULL) {
        uint32_t status = 0;
        dec_quantize(&r, DECIMAL(self), exp, &ctx, &status);
        dec_free(&room);
        result = decimal_finish_steal(state, context, &r, status);
    }
    decref(context);
    return result;
}

METHOD(fma)
{
    static const char *const names[] = {"other", "third", "context", NULL};
    static ArgsParser parser = {.keywords = names, .fname = "fma"};
    DecimalState *state = DECIMAL_STATE(self);
    PyObject *values[3] = {NULL};
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 2, 3, 0, values)) {
        return NULL;
    }
    PyObject *context = decimal_context_argument(state, values[2]);
    if (context == NULL) {
        return NULL;
    }
    Dec room_b, room_c, r;
    PyObject *result = NULL;
    const Dec *b = decimal_operand_or_error(state, values[0], &room_b);
    if (b != NULL) {
        const Dec *c = decimal_operand_or_error(state, values[1], &room_c);
        if (c != NULL) {
            DecContext ctx;
            uint32_t status = 0;
            decimal_context_read(context, &ctx);
            dec_fma(&r, DECIMAL(self), b, c, &ctx, &status);
            dec_free(&room_c);
            result = decimal_finish_steal(state, context, &r, status);
        }
        dec_free(&room_b);
    }
    decref(context);
    return result;
}

// ---- predicates ----

#define PREDICATE(name, expression)                                                    \
    static PyObject *method_##name(PyObject *self, PyObject *unused)                   \
    {                                                                                  \
        const Dec *a = DECIMAL(self);                                                  \
        return bool_from_int(expression);                                              \
    }
PREDICATE(is_canonical, a != NULL)
PREDICATE(is_finite, !dec_is_special(a))
PREDICATE(is_infinite, dec_is_infinite(a))
PREDICATE(is_nan, dec_is_nan(a))
PREDICATE(is_qnan, (a->flags & DEC_NAN) != 0)
PREDICATE(is_snan, (a->flags & DEC_SNAN) != 0)
PREDICATE(is_signed, dec_is_negative(a))
PREDICATE(is_zero, dec_is_zero(a))

// Whether the context of the arguments can be read: it is.
static bool
read_context_argument(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                      ArgsParser *parser, DecContext *ctx, bool *capitals)
{
    PyObject *value = NULL;
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, parser, 0, 1, 0, &value)) {
        return false;
    }
    PyObject *context = decimal_context_argument(DECIMAL_STATE(self), value);
    if (context == NULL) {
        return false;
    }
    decimal_context_read(context, ctx);
    *capitals = decimal_context_capitals(context);
    decref(context);
    return true;
}

#define WITH_CONTEXT(name, expression)                                                         \
    METHOD(name)                                                                               \
    {                                                                                          \
        static ArgsParser parser = {.keywords = context_names, .fname = #name};                \
        DecContext ctx;                                                                        \
        bool capitals;                                                                         \
        return read_context_argument(self, args, nargs, kwnames, &parser, &ctx, &capitals)     \
                   ? (expression) : NULL;                                                      \
    }
WITH_CONTEXT(is_normal, bool_from_int(dec_is_normal(DECIMAL(self), &ctx)))
WITH_CONTEXT(is_subnormal, bool_from_int(dec_is_subnormal(DECIMAL(self), &ctx)))
WITH_CONTEXT(number_class, str_from_cstr(dec_class(DECIMAL(self), &ctx)))
WITH_CONTEXT(to_eng_string, decimal_to_text(self, true, capitals))

static PyObject *
method_adjusted(PyObject *self, PyObject *unused)
{
    const Dec *a = DECIMAL(self);
    return int_from_i64(dec_is_special(a) ? 0 : dec_adjusted(a));
}

static PyObject *
method_self(PyObject *self, PyObject *unused)
{
    return new_ref(self);
}

static PyObject *
method_radix(PyObject *self, PyObject *unused)
{
    Dec ten;
    dec_set_i64(&ten, 10);
    return decimal_from_dec_steal(DECIMAL_STATE(self), &ten);
}

static PyObject *
copy_with_sign(PyObject *self, uint8_t keep, uint8_t flip)
{
    Dec r;
    uint32_t status = 0;
    const Dec *a = DECIMAL(self);
    if (dec_copy(&r, a, &status) < 0) {
        return error_no_memory();
    }
    r.flags = (uint8_t)((a->flags & (DEC_SPECIAL | keep)) ^ flip);
    return decimal_from_dec_steal(DECIMAL_STATE(self), &r);
}

static PyObject *
method_copy_abs(PyObject *self, PyObject *unused)
{
    return copy_with_sign(self, 0, 0);
}

static PyObject *
method_copy_negate(PyObject *self, PyObject *unused)
{
    return copy_with_sign(self, DEC_NEG, DEC_NEG);
}

// ---- special methods ----

static PyObject *
decimal_str(PyObject *self)
{
    PyObject *context = decimal_current_context(DECIMAL_STATE(self));
    if (context == NULL) {
        return NULL;
    }
    bool capitals = decimal_context_capitals(context);
    decref(context);
    return decimal_to_text(self, false, capitals);
}

static PyObject *
decimal_repr(PyObject *self)
{
    PyObject *text = decimal_str(self);
    PyObject *result = text != NULL ? str_format("Decimal('%U')", text) : NULL;
    xdecref(text);
    return result;
}

static PyObject *
method_reduce(PyObject *self, PyObject *unused)
{
    PyObject *text = decimal_str(self);
    PyObject *args = text != NULL ? tuple_pack(1, text) : NULL;
    xdecref(text);
    return args == NULL ? NULL : tuple_pair_steal(new_ref((PyObject *)object_type(self)), args);
}

static PyObject *
method_round(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    DecimalState *state = DECIMAL_STATE(self);
    if (!args_check_positional("__round__", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs == 0) {
        return decimal_to_int(state, DECIMAL(self), DEC_ROUND_HALF_EVEN);
    }
    if (!int_check(args[0])) {
        return error_set(PyExc_TypeError, "optional arg must be an integer");
    }
    Py_ssize_t places = int_as_ssize(args[0]);
    if (places == -1 && error_occurred()) {
        return NULL;
    }
    PyObject *context = decimal_current_context(state);
    if (context == NULL) {
        return NULL;
    }
    Dec unit, r;
    DecContext ctx;
    uint32_t status = 0;
    dec_set_small(&unit, 0, 1, places == PY_SSIZE_T_MIN ? PY_SSIZE_T_MAX : -places);
    decimal_context_read(context, &ctx);
    dec_quantize(&r, DECIMAL(self), &unit, &ctx, &status);
    PyObject *result = decimal_finish_steal(state, context, &r, status);
    decref(context);
    return result;
}

static PyObject *
method_ceil(PyObject *self, PyObject *unused)
{
    return decimal_to_int(DECIMAL_STATE(self), DECIMAL(self), DEC_ROUND_CEILING);
}

static PyObject *
method_floor(PyObject *self, PyObject *unused)
{
    return decimal_to_int(DECIMAL_STATE(self), DECIMAL(self), DEC_ROUND_FLOOR);
}

static PyObject *
method_trunc(PyObject *self, PyObject *unused)
{
    return number_int(self);
}

static PyObject *
method_complex(PyObject *self, PyObject *unused)
{
    double x = decimal_as_double(DECIMAL(self));
    return x == -1.0 && error_occurred() ? NULL : complex_from_doubles(x, 0.0);
}

static PyObject *
method_sizeof(PyObject *self, PyObject *unused)
{
    size_t size = (size_t)object_type(self)->tp_basicsize;
    const Dec *a = DECIMAL(self);
    return int_from_size(dec_is_small(a) ? size
                                         : size + dec_word_count(a->digits) * sizeof(uint64_t));
}

static PyObject *
get_real(PyObject *self, void *closure)
{
    return new_ref(self);
}

static PyObject *
get_imag(PyObject *self, void *closure)
{
    Dec zero;
    dec_set_i64(&zero, 0);
    return decimal_from_dec_steal(DECIMAL_STATE(self), &zero);
}

static PyGetSetDef decimal_getset[] = {
    {"real", get_real, NULL, NULL, NULL},
    {"imag", get_imag, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#define C(name, doc)                                                                    \
    {#name, FASTCALL(method_##name), METH_FASTCALL | METH_KEYWORDS,                     \
     #name "($self, /, context=None)\n--\n\n" doc}
#define OC(name, doc)                                                                   \
    {#name, FASTCALL(method_##name), METH_FASTCALL | METH_KEYWORDS,                     \
     #name "($self, /, other, context=None)\n--\n\n" doc}
#define RC(name, doc)                                                                   \
    {#name, FASTCALL(method_##name), METH_FASTCALL | METH_KEYWORDS,                     \
     #name "($self, /, rounding=None, context=None)\n--\n\n" doc}
#define NONE(name, function, doc)                                                       \
    {#name, function, METH_NOARGS, #name "($self, /)\n--\n\n" doc}

static PyMethodDef decimal_methods[] = {
    C(exp, "e raised to this power."),
    C(ln, "The natural logarithm."),
    C(log10, "The logarithm to base 10."),
    C(next_minus, "The largest number smaller than this."),
    C(next_plus, "The smallest number larger than this."),
    C(normalize, "The number without trailing zeros."),
    RC(to_integral, "The same as to_integral_value."),
    RC(to_integral_exact, "Rounded to an integer, signalling Inexact and Rounded."),
    RC(to_integral_value, "Rounded to an integer."),
    C(sqrt, "The square root."),
    OC(compare, "The order of two numbers as -1, 0, 1 or NaN."),
    OC(compare_signal, "As compare, but all NaNs signal."),
    OC(max, "The greater of two numbers."),
    OC(max_mag, "The greater of two numbers by their absolute values."),
    OC(min, "The lesser of two numbers."),
    OC(min_mag, "The lesser of two numbers by their absolute values."),
    OC(next_toward, "The number next to this in the direction of the other."),
    {"quantize", FASTCALL(method_quantize), METH_FASTCALL | METH_KEYWORDS,
     "quantize($self, /, exp, rounding=None, context=None)\n--\n\n"
     "The number rounded to the exponent of another one."},
    OC(remainder_near, "self - other * n for the integer n nearest to self / other."),
    {"fma", FASTCALL(method_fma), METH_FASTCALL | METH_KEYWORDS,
     "fma($self, /, other, third, context=None)\n--\n\nself * other + third with one rounding."},
    NONE(is_canonical, method_is_canonical, "True."),
    NONE(is_finite, method_is_finite, "Whether the number is neither infinite nor a NaN."),
    NONE(is_infinite, method_is_infinite, "Whether the number is infinite."),
    NONE(is_nan, method_is_nan, "Whether this is a NaN."),
    NONE(is_qnan, method_is_qnan, "Whether this is a quiet NaN."),
    NONE(is_snan, method_is_snan, "Whether this is a signaling NaN."),
    NONE(is_signed, method_is_signed, "Whether the sign is negative."),
    NONE(is_zero, method_is_zero, "Whether the number is zero."),
    C(is_normal, "Whether the number is normal."),
    C(is_subnormal, "Whether the number is subnormal."),
    NONE(adjusted, method_adjusted, "The exponent of the first digit."),
    NONE(canonical, method_self, "The number itself."),
    NONE(conjugate, method_self, "The number itself."),
    NONE(radix, method_radix, "Decimal(10)."),
    NONE(copy_abs, method_copy_abs, "The number with a positive sign."),
    NONE(copy_negate, method_copy_negate, "The number with the opposite sign."),
    C(logb, "The adjusted exponent as a Decimal."),
    C(logical_invert, "The digits inverted."),
    C(number_class, "The name of the class of the number."),
    C(to_eng_string, "Text in engineering notation."),
    OC(compare_total, "The order of two representations."),
    OC(compare_total_mag, "The order of two representations without signs."),
    OC(copy_sign, "The number with the sign of the other."),
    OC(same_quantum, "Whether both have the same exponent."),
    OC(logical_and, "Digit-wise and."),
    OC(logical_or, "Digit-wise or."),
    OC(logical_xor, "Digit-wise exclusive or."),
    OC(rotate, "The digits rotated."),
    OC(scaleb, "The number with the other added to its exponent."),
    OC(shift, "The digits shifted."),
    {"from_float", decimal_from_float, METH_O | METH_CLASS,
     "from_float($type, f, /)\n--\n\nThe exact value of a float or an int."},
    {"from_number", decimal_from_number, METH_O | METH_CLASS,
     "from_number($type, number, /)\n--\n\nThe exact value of a real number."},
    NONE(as_tuple, decimal_as_tuple, "Sign, digits and exponent as a DecimalTuple."),
    NONE(as_integer_ratio, decimal_as_integer_ratio,
         "Numerator and denominator of the number in lowest terms."),
    NONE(__copy__, method_self, ""),
    {"__deepcopy__", method_self, METH_O, "__deepcopy__($self, memo, /)\n--\n\n"},
    {"__format__", FASTCALL(decimal_format), METH_FASTCALL,
     "__format__($self, format_spec, override=<unrepresentable>, /)\n--\n\n"},
    NONE(__reduce__, method_reduce, ""),
    {"__round__", FASTCALL(method_round), METH_FASTCALL,
     "__round__($self, ndigits=<unrepresentable>, /)\n--\n\n"},
    NONE(__ceil__, method_ceil, ""),
    NONE(__floor__, method_floor, ""),
    NONE(__trunc__, method_trunc, ""),
    NONE(__complex__, method_complex, ""),
    NONE(__sizeof__, method_sizeof, ""),
    {NULL, NULL, 0, NULL},
};

static PyType_Slot decimal_slots[] = {
    {Py_tp_token, &decimal_type_spec},
    {Py_tp_dealloc, decimal_dealloc},
    {Py_tp_getattro, object_generic_getattr},
    {Py_tp_repr, decimal_repr},
    {Py_tp_str, decimal_str},
    {Py_tp_hash, decimal_hash},
    {Py_tp_richcompare, decimal_richcompare},
    {Py_tp_new, decimal_tp_new},
    {Py_tp_methods, decimal_methods},
    {Py_tp_getset, decimal_getset},
    {Py_tp_doc,
     "Decimal(value='0', context=None)\n--\n\n"
     "A decimal floating-point number. value may be an int, a str, a tuple, a float or a "
     "Decimal."},
    {Py_nb_add, number_add},
    {Py_nb_subtract, number_subtract},
    {Py_nb_multiply, number_multiply},
    {Py_nb_remainder, number_remainder},
    {Py_nb_divmod, number_divmod},
    {Py_nb_power, number_power_decimal},
    {Py_nb_negative, number_negative_decimal},
    {Py_nb_positive, number_positive_decimal},
    {Py_nb_absolute, number_absolute_decimal},
    {Py_nb_bool, number_bool},
    {Py_nb_int, number_int},
    {Py_nb_float, number_float_decimal},
    {Py_nb_floor_divide, number_floor_divide},
    {Py_nb_true_divide, number_true_divide},
    {0, NULL},
};

PyType_Spec decimal_type_spec = {
    .name = "decimal.Decimal",
    .basicsize = sizeof(DecimalObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = decimal_slots,
};
