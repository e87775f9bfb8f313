// Times given as Python numbers; see time_convert.h.
#include "modules/time_convert.h"

#include <math.h>

#include "abi/exceptions.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/number.h"

#define NS_PER_SECOND 1000000000

static double
round_double(double x, TimeRound round)
{
    switch (round) {
        case TIME_ROUND_FLOOR: return floor(x);
        case TIME_ROUND_CEILING: return ceil(x);
        case TIME_ROUND_UP: return x >= 0.0 ? ceil(x) : floor(x);
        default: return nearbyint(x);   // the default mode of the FPU is half to even
    }
}

static int
out_of_range(void)
{
    error_set(PyExc_OverflowError, "timestamp out of range for platform time_t");
    return -1;
}

static int
too_large(void)
{
    error_set(PyExc_OverflowError, "timestamp too large to convert to C PyTime_t");
    return -1;
}

static int
not_a_number(void)
{
    error_set(PyExc_ValueError, "Invalid value NaN (not a number)");
    return -1;
}

static bool
fits_int64(double x)
{
    return x >= -9223372036854775808.0 && x < 9223372036854775808.0;
}

static int
index_to_time_t(PyObject *op, time_t *seconds)
{
    PyObject *index = number_index(op);
    if (index == NULL) {
        return -1;
    }
    int overflow;
    int64_t value = int_as_i64_overflow(index, &overflow);
    decref(index);
    if (overflow) {
        return out_of_range();
    }
    *seconds = (time_t)value;
    return 0;
}

int
time_object_to_time_t(PyObject *op, time_t *seconds, TimeRound round)
{
    if (!float_check(op)) {
        return index_to_time_t(op, seconds);
    }
    double x = float_value(op);
    if (isnan(x)) {
        return not_a_number();
    }
    x = round_double(x, round);
    if (!fits_int64(x)) {
        return out_of_range();
    }
    *seconds = (time_t)x;
    return 0;
}

// Whole seconds and a fraction of [0, unit).
static int
split(PyObject *op, time_t *seconds, long *fraction, long unit, TimeRound round)
{
    if (!float_check(op)) {
        *fraction = 0;
        return index_to_time_t(op, seconds);
    }
    double whole;
    double x = float_value(op);
    if (isnan(x)) {
        return not_a_number();
    }
    double rest = round_double(modf(x, &whole) * (double)unit, round);
    if (rest >= (double)unit) {
        rest -= (double)unit;
        whole += 1.0;
    }
    else if (rest < 0.0) {
        rest += (double)unit;
        whole -= 1.0;
    }
    if (!fits_int64(whole)) {
        return out_of_range();
    }
    *seconds = (time_t)whole;
    *fraction = (long)rest;
    return 0;
}

int
time_object_to_timespec(PyObject *op, struct timespec *result, TimeRound round)
{
    return split(op, &result->tv_sec, &result->tv_nsec, NS_PER_SECOND, round);
}

int
time_object_to_timeval(PyObject *op, struct timeval *result, TimeRound round)
{
    return split(op, &result->tv_sec, &result->tv_usec, 1000000, round);
}

static int
object_to_ns(PyObject *op, int64_t *ns, int64_t unit, TimeRound round)
{
    if (float_check(op)) {
        double x = float_value(op);
        if (isnan(x)) {
            return not_a_number();
        }
        x = round_double(x * (double)unit, round);
        if (!fits_int64(x)) {
            return out_of_range();
        }
        *ns = (int64_t)x;
        return 0;
    }
    if (!int_check(op) && !index_check(op)) {
        error_format(PyExc_TypeError, "'%T' object cannot be interpreted as an integer", op);
        return -1;
    }
    PyObject *index = number_index(op);
    if (index == NULL) {
        return -1;
    }
    int overflow;
    int64_t value = int_as_i64_overflow(index, &overflow);
    decref(index);
    if (overflow || __builtin_mul_overflow(value, unit, ns)) {
        return too_large();
    }
    return 0;
}

int
time_object_to_ns(PyObject *op, int64_t *ns, TimeRound round)
{
    return object_to_ns(op, ns, NS_PER_SECOND, round);
}

int
time_object_ms_to_ns(PyObject *op, int64_t *ns, TimeRound round)
{
    return object_to_ns(op, ns, 1000000, round);
}

int64_t
time_divide(int64_t ns, int64_t unit, TimeRound round)
{
    int64_t quotient = ns / unit;
    int64_t rest = ns % unit;
    if (rest == 0) {
        return quotient;
    }
    switch (round) {
        case TIME_ROUND_FLOOR: return rest < 0 ? quotient - 1 : quotient;
        case TIME_ROUND_CEILING: return rest > 0 ? quotient + 1 : quotient;
        case TIME_ROUND_UP: return rest > 0 ? quotient + 1 : quotient - 1;
        default: break;
    }
    int64_t size = rest < 0 ? -rest : rest;
    if (size > unit - size || (size == unit - size && (quotient & 1) != 0)) {
        quotient += rest > 0 ? 1 : -1;
    }
    return quotient;
}

struct timespec
time_ns_to_timespec(int64_t ns)
{
    int64_t seconds = time_divide(ns, NS_PER_SECOND, TIME_ROUND_FLOOR);
    return (struct timespec){.tv_sec = seconds, .tv_nsec = ns - seconds * NS_PER_SECOND};
}

struct timeval
time_ns_to_timeval(int64_t ns, TimeRound round)
{
    int64_t us = time_divide(ns, 1000, round);
    int64_t seconds = time_divide(us, 1000000, TIME_ROUND_FLOOR);
    return (struct timeval){.tv_sec = seconds, .tv_usec = us - seconds * 1000000};
}

int64_t
time_add(int64_t a, int64_t b)
{
    int64_t result;
    if (__builtin_add_overflow(a, b, &result)) {
        return a < 0 ? INT64_MIN : INT64_MAX;
    }
    return result;
}
