// timedelta: differences of times, as days, seconds and microseconds.
//
// Invariant: 0 <= seconds < 86400, 0 <= microseconds < 10**6, |days| <= 999999999. All of it fits 77
// bits as microseconds, in which most operations calculate; factors that are no 64-bit integers
// go through int objects.
//
// Threading: immutable; the hash is a cache.
#include <limits.h>
#include <math.h>
#include <stddef.h>

#include "base/atomic.h"
#include "modules/datetime_internal.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/float.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/number.h"
#include "objects/str.h"
#include "objects/tuple.h"

// ---- making ----

static PyObject *
make_normalized(PyTypeObject *type, int64_t days, int seconds, int us)
{
    if (days < -MAX_DELTA_DAYS || days > MAX_DELTA_DAYS) {
        if (days < INT_MIN || days > INT_MAX) {
            return error_set(PyExc_OverflowError, "Python int too large to convert to C int");
        }
        return error_format(PyExc_OverflowError, "days=%d; must have magnitude <= %d", (int)days,
                            MAX_DELTA_DAYS);
    }
    PyDateTime_Delta *self = (PyDateTime_Delta *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->hashcode = -1;
        self->days = (int)days;
        self->seconds = seconds;
        self->microseconds = us;
    }
    return (PyObject *)self;
}

PyObject *
delta_make(PyTypeObject *type, Microseconds us)
{
    Microseconds days = us / US_PER_DAY;
    int64_t rest = (int64_t)(us % US_PER_DAY);
    if (rest < 0) {
        rest += US_PER_DAY;
        days--;
    }
    int64_t clipped = days > INT64_MAX ? INT64_MAX : days < INT64_MIN ? INT64_MIN : (int64_t)days;
    return make_normalized(type, clipped, (int)(rest / US_PER_SECOND), (int)(rest % US_PER_SECOND));
}

// ---- microseconds as int objects ----

static PyObject *
int_from_us(Microseconds us)
{
    if (us >= INT64_MIN && us <= INT64_MAX) {
        return int_from_i64((int64_t)us);
    }
    return int_from_byte_array((const unsigned char *)&us, sizeof us, true, true);
}

static PyObject *
delta_as_int(PyObject *op)
{
    return int_from_us(delta_us(op));
}

// A timedelta of that many microseconds; consumes us, which may be NULL.
static PyObject *
delta_from_int_steal(PyTypeObject *type, PyObject *us)
{
    if (us == NULL) {
        return NULL;
    }
    Microseconds value;
    int fits = int_as_byte_array(us, (unsigned char *)&value, sizeof value, true, true, false);
    decref(us);
    if (fits < 0) {
        return error_set(PyExc_OverflowError, "Python int too large to convert to C int");
    }
    return delta_make(type, value);
}

// ---- the constructor ----

// The sum of the arguments: whole microseconds exactly, what is left of floats as a double.
typedef struct {
    Microseconds us;
    PyObject *more;         // int that does not fit beside us, or NULL
    double fraction;
} Total;

static int
add_more_steal(Total *total, PyObject *us)
{
    if (us != NULL && total->more != NULL) {
        PyObject *sum = int_add(total->more, us);
        set_ref(us, sum);
    }
    if (us == NULL) {
        return -1;
    }
    set_ref(total->more, us);
    return 0;
}

static int
add_int(Total *total, PyObject *value, int64_t factor)
{
    int64_t small;
    PyObject *exact = int_copy(value);
    if (exact == NULL) {
        return -1;
    }
    if (int_as_i64_fast(exact, &small)) {
        decref(exact);
        total->us += (Microseconds)small * factor;      // seven terms of at most 104 bits
        return 0;
    }
    PyObject *scale = int_from_i64(factor);
    PyObject *us = scale != NULL ? int_multiply(exact, scale) : NULL;
    xdecref(scale);
    decref(exact);
    return add_more_steal(total, us);
}

static int
add_float(Total *total, double value, int64_t factor)
{
    double whole;
    double fraction = modf(value, &whole);
    PyObject *exact = int_from_double(whole);
    int status = exact != NULL ? add_int(total, exact, factor) : -1;
    xdecref(exact);
    if (status == 0 && fraction != 0.0) {
        total->fraction += modf(fraction * (double)factor, &whole);
        total->us += (Microseconds)whole;
    }
    return status;
}

static int
add_argument(Total *total, const char *name, PyObject *value, int64_t factor)
{
    if (value == NULL) {
        return 0;
    }
    if (int_check(value)) {
        return add_int(total, value, factor);
    }
    if (float_check(value)) {
        return add_float(total, float_value(value), factor);
    }
    error_format(PyExc_TypeError, "unsupported type for timedelta %s component: %s", name,
                 type_of(value)->tp_name);
    return -1;
}

static PyObject *
finish_total(PyTypeObject *type, Total *total)
{
    if (total->fraction != 0.0) {
        double whole = round(total->fraction);
        if (fabs(whole - total->fraction) == 0.5) {
            // A tie: the sum with the whole part becomes even. (More than 64 bits overflow anyway.)
            int odd = (int)(total->us & 1);
            whole = 2.0 * round((total->fraction + odd) * 0.5) - odd;
        }
        total->us += (Microseconds)whole;
    }
    if (total->more == NULL) {
        return delta_make(type, total->us);
    }
    return add_more_steal(total, int_from_us(total->us)) < 0
               ? NULL : delta_from_int_steal(type, new_ref(total->more));
}

static const char *const delta_keywords[] = {
    "days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks", NULL,
};

static PyObject *
delta_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const int64_t factors[] = {
        US_PER_DAY, US_PER_SECOND, 1, 1000, (int64_t)60 * US_PER_SECOND,
        (int64_t)3600 * US_PER_SECOND, 7 * US_PER_DAY,
    };
    PyObject *given[7] = {NULL};
    if (!args_parse_static(args, kwargs, "|OOOOOOO:__new__", delta_keywords, &given[0], &given[1],
                           &given[2], &given[3], &given[4], &given[5], &given[6])) {
        return NULL;
    }
    // From the smallest unit to the largest: the order in which wrong types are reported.
    static const int order[] = {2, 3, 1, 4, 5, 0, 6};
    Total total = {0, NULL, 0.0};
    int status = 0;
    for (int i = 0; status == 0 && i < 7; i++) {
        status = add_argument(&total, delta_keywords[order[i]], given[order[i]], factors[order[i]]);
    }
    PyObject *self = status == 0 ? finish_total(type, &total) : NULL;
    xdecref(total.more);
    return self;
}

// ---- arithmetic ----

static PyObject *
not_implemented(void)
{
    return new_ref(Py_NotImplemented);
}

static PyObject *
delta_add(PyObject *left, PyObject *right)
{
    return delta_check(left) && delta_check(right) ? delta_new(delta_us(left) + delta_us(right))
                                                   : not_implemented();
}

static PyObject *
delta_subtract(PyObject *left, PyObject *right)
{
    return delta_check(left) && delta_check(right) ? delta_new(delta_us(left) - delta_us(right))
                                                   : not_implemented();
}

static PyObject *
delta_negative(PyObject *self)
{
    return delta_new(-delta_us(self));
}

static PyObject *
delta_positive(PyObject *self)
{
    return delta_new(delta_us(self));
}

static PyObject *
delta_absolute(PyObject *self)
{
    Microseconds us = delta_us(self);
    return delta_new(us < 0 ? -us : us);
}

static int
delta_bool(PyObject *self)
{
    return delta_us(self) != 0;
}

// self times an int.
static PyObject *
multiply_int(PyObject *self, PyObject *factor)
{
    int64_t small;
    if (int_as_i64_fast(factor, &small) && small <= INT_MAX && small >= INT_MIN) {
        return delta_new(delta_us(self) * small);
    }
    PyObject *us = delta_as_int(self);
    PyObject *product = us != NULL ? number_multiply(us, factor) : NULL;
    xdecref(us);
    return delta_from_int_steal(&datetime_delta_type, product);
}

// The nearest int to a / b, ties to even; consumes both, which may be NULL.
static PyObject *
divide_nearest_steal(PyObject *a, PyObject *b)
{
    PyObject *pair = a != NULL && b != NULL ? int_divmod_near(a, b) : NULL;
    xdecref(a);
    xdecref(b);
    PyObject *quotient = pair != NULL ? new_ref(tuple_item(pair, 0)) : NULL;
    xdecref(pair);
    return quotient;
}

// self * numerator / denominator of a float's ratio, or upside down.
static PyObject *
scale_by_float(PyObject *self, PyObject *factor, bool divide)
{
    PyObject *ratio = object_call_method_noargs(factor, ID(as_integer_ratio));
    if (ratio == NULL) {
        return NULL;
    }
    if (!tuple_check(ratio)) {
        error_format(PyExc_TypeError, "unexpected return type from as_integer_ratio(): expected tuple, "
                                      "not '%.200s'", type_of(ratio)->tp_name);
        decref(ratio);
        return NULL;
    }
    if (tuple_size(ratio) != 2 || !int_check(tuple_item(ratio, 0))
        || !int_check(tuple_item(ratio, 1))) {
        decref(ratio);
        return error_set(PyExc_ValueError, "as_integer_ratio() must return a 2-tuple");
    }
    PyObject *us = delta_as_int(self);
    PyObject *product = us != NULL ? int_multiply(us, tuple_item(ratio, divide)) : NULL;
    xdecref(us);
    PyObject *result = divide_nearest_steal(product, new_ref(tuple_item(ratio, !divide)));
    decref(ratio);
    return delta_from_int_steal(&datetime_delta_type, result);
}

static PyObject *
delta_multiply(PyObject *left, PyObject *right)
{
    PyObject *self = delta_check(left) ? left : right;
    PyObject *factor = delta_check(left) ? right : left;
    if (int_check(factor)) {
        return multiply_int(self, factor);
    }
    return float_check(factor) ? scale_by_float(self, factor, false) : not_implemented();
}

typedef PyObject *(*IntOperation)(PyObject *, PyObject *);

// operation on the microseconds of two timedeltas.
static PyObject *
between_deltas(PyObject *left, PyObject *right, IntOperation operation)
{
    PyObject *a = delta_as_int(left);
    PyObject *b = a != NULL ? delta_as_int(right) : NULL;
    PyObject *result = b != NULL ? operation(a, b) : NULL;
    xdecref(a);
    xdecref(b);
    return result;
}

static PyObject *
delta_true_divide(PyObject *left, PyObject *right)
{
    if (!delta_check(left)) {
        return not_implemented();
    }
    if (delta_check(right)) {
        return between_deltas(left, right, number_true_divide);
    }
    if (float_check(right)) {
        return scale_by_float(left, right, true);
    }
    if (!int_check(right)) {
        return not_implemented();
    }
    return delta_from_int_steal(&datetime_delta_type,
                                divide_nearest_steal(delta_as_int(left), new_ref(right)));
}

static PyObject *
delta_floor_divide(PyObject *left, PyObject *right)
{
    if (!delta_check(left)) {
        return not_implemented();
    }
    if (delta_check(right)) {
        return between_deltas(left, right, number_floor_divide);
    }
    if (!int_check(right)) {
        return not_implemented();
    }
    PyObject *us = delta_as_int(left);
    PyObject *quotient = us != NULL ? number_floor_divide(us, right) : NULL;
    xdecref(us);
    return delta_from_int_steal(&datetime_delta_type, quotient);
}

static PyObject *
delta_remainder(PyObject *left, PyObject *right)
{
    if (!delta_check(left) || !delta_check(right)) {
        return not_implemented();
    }
    return delta_from_int_steal(&datetime_delta_type, between_deltas(left, right, number_remainder));
}

static PyObject *
delta_divmod(PyObject *left, PyObject *right)
{
    if (!delta_check(left) || !delta_check(right)) {
        return not_implemented();
    }
    PyObject *pair = between_deltas(left, right, number_divmod);
    if (pair == NULL) {
        return NULL;
    }
    PyObject *rest = delta_from_int_steal(&datetime_delta_type, new_ref(tuple_item(pair, 1)));
    PyObject *result = rest != NULL ? tuple_pair(tuple_item(pair, 0), rest) : NULL;
    xdecref(rest);
    decref(pair);
    return result;
}

// ---- comparison, text ----

static PyObject *
delta_richcompare(PyObject *self, PyObject *other, int op)
{
    if (!delta_check(other)) {
        return not_implemented();
    }
    Microseconds a = delta_us(self);
    Microseconds b = delta_us(other);
    return compare_result((a > b) - (a < b), op);
}

static Py_hash_t
delta_hash(PyObject *self)
{
    PyDateTime_Delta *d = DELTA(self);
    Py_hash_t hash = atomic_load_relaxed_ssize(&d->hashcode);
    if (hash == -1) {
        Py_hash_t parts[] = {
            int_hash_i64(d->days), int_hash_i64(d->seconds), int_hash_i64(d->microseconds),
        };
        hash = tuple_hash_combine(parts, 3);
        atomic_store_relaxed_ssize(&d->hashcode, hash);
    }
    return hash;
}

static PyObject *
delta_repr(PyObject *self)
{
    PyDateTime_Delta *d = DELTA(self);
    char text[100];
    int n = 0;
    struct {
        const char *name;
        int value;
    } parts[] = {{"days", d->days}, {"seconds", d->seconds}, {"microseconds", d->microseconds}};
    for (int i = 0; i < 3; i++) {
        if (parts[i].value != 0) {
            n += snprintf(text + n, sizeof text - (size_t)n, "%s%s=%d", n > 0 ? ", " : "",
                          parts[i].name, parts[i].value);
        }
    }
    return str_format("%s(%s)", type_of(self)->tp_name, n > 0 ? text : "0");
}

static PyObject *
delta_str(PyObject *self)
{
    PyDateTime_Delta *d = DELTA(self);
    char text[80];
    int n = 0;
    if (d->days != 0) {
        n = snprintf(text, sizeof text, "%d day%s, ", d->days, d->days == 1 || d->days == -1 ? "" : "s");
    }
    n += snprintf(text + n, sizeof text - (size_t)n, "%d:%02d:%02d", d->seconds / 3600,
                  d->seconds / 60 % 60, d->seconds % 60);
    if (d->microseconds != 0) {
        n += snprintf(text + n, sizeof text - (size_t)n, ".%06d", d->microseconds);
    }
    return str_from_ascii(text, n);
}

static PyObject *
delta_total_seconds(PyObject *self, PyObject *unused)
{
    Microseconds us = delta_us(self);
    if (us <= (Microseconds)1 << 53 && us >= -((Microseconds)1 << 53)) {
        return float_from_double((double)us / US_PER_SECOND);
    }
    PyObject *numerator = int_from_us(us);
    PyObject *denominator = numerator != NULL ? int_from_i64(US_PER_SECOND) : NULL;
    PyObject *result = denominator != NULL ? int_true_divide(numerator, denominator) : NULL;
    xdecref(denominator);
    xdecref(numerator);
    return result;
}

static PyObject *
delta_reduce(PyObject *self, PyObject *unused)
{
    PyDateTime_Delta *d = DELTA(self);
    PyObject *days = int_from_i64(d->days);
    PyObject *seconds = int_from_i64(d->seconds);
    PyObject *us = int_from_i64(d->microseconds);
    PyObject *state = days != NULL && seconds != NULL && us != NULL ? tuple_pack(3, days, seconds, us)
                                                                    : NULL;
    xdecref(days);
    xdecref(seconds);
    xdecref(us);
    return state != NULL ? tuple_pair_steal(new_ref((PyObject *)type_of(self)), state) : NULL;
}

static PyMethodDef delta_methods[] = {
    {"total_seconds", delta_total_seconds, METH_NOARGS,
     "total_seconds($self, /)\n--\n\nTotal seconds in the duration."},
    {"__reduce__", delta_reduce, METH_NOARGS, "__reduce__($self, /)\n--\n\n__reduce__() -> (cls, state)"},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef delta_members[] = {
    {"days", Py_T_INT, offsetof(PyDateTime_Delta, days), Py_READONLY, "Number of days."},
    {"seconds", Py_T_INT, offsetof(PyDateTime_Delta, seconds), Py_READONLY,
     "Number of seconds (>= 0 and less than 1 day)."},
    {"microseconds", Py_T_INT, offsetof(PyDateTime_Delta, microseconds), Py_READONLY,
     "Number of microseconds (>= 0 and less than 1 second)."},
    {NULL, 0, 0, 0, NULL},
};

static PyNumberMethods delta_as_number = {
    .nb_add = delta_add,
    .nb_subtract = delta_subtract,
    .nb_multiply = delta_multiply,
    .nb_remainder = delta_remainder,
    .nb_divmod = delta_divmod,
    .nb_negative = delta_negative,
    .nb_positive = delta_positive,
    .nb_absolute = delta_absolute,
    .nb_bool = delta_bool,
    .nb_floor_divide = delta_floor_divide,
    .nb_true_divide = delta_true_divide,
};

PyTypeObject datetime_delta_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "datetime.timedelta",
    .tp_basicsize = sizeof(PyDateTime_Delta),
    .tp_repr = delta_repr,
    .tp_as_number = &delta_as_number,
    .tp_hash = delta_hash,
    .tp_str = delta_str,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "Difference between two datetime values.\n\n"
              "timedelta(days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, "
              "weeks=0)\n\n"
              "All arguments are optional and default to 0.\n"
              "Arguments may be integers or floats, and may be positive or negative.",
    .tp_richcompare = delta_richcompare,
    .tp_methods = delta_methods,
    .tp_members = delta_members,
    .tp_new = delta_tp_new,
};
