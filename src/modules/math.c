// The `math` module: functions of real numbers. Functions of integers are in math_integer.c, sums
// and products in math_sums.c.
//
// Errors follow C99 Annex F and the documentation: a NaN from arguments that are none is a
// ValueError ("math domain error" or a text that names the argument), an infinity from finite
// ones an OverflowError ("math range error").
#include <errno.h>
#include <float.h>
#include <math.h>

#include "abi/constants.h"
#include "memory/refcount.h"
#include "modules/math_internal.h"
#include "modules/module.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/build.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/tuple.h"

#define LN_2 0.693147180559945309417232121458176568
#define LOG2_10 3.321928094887362347870319429489390175864831

void *
math_domain_error(void)
{
    return error_set(PyExc_ValueError, "math domain error");
}

void *
math_range_error(void)
{
    return error_set(PyExc_OverflowError, "math range error");
}

bool
math_argument(PyObject *arg, double *x)
{
    *x = float_check_exact(arg) ? float_value(arg) : float_as_double(arg);
    return !(*x == -1.0 && error_occurred());
}

// ---- one argument ----

typedef double (*Unary)(double);

// What a bad argument was, for functions whose message names it.
static void *
named_domain_error(const char *message, double x)
{
    PyObject *shown = float_from_double(x);
    if (shown != NULL) {
        error_format(PyExc_ValueError, message, shown);
        decref(shown);
    }
    return NULL;
}

// can_overflow: an infinite result of a finite argument is a range error, else a domain error.
static PyObject *
apply_unary(PyObject *arg, Unary function, bool can_overflow, const char *message)
{
    double x;
    if (!math_argument(arg, &x)) {
        return NULL;
    }
    double result = function(x);
    if (isnan(result) && !isnan(x)) {
        return message != NULL ? named_domain_error(message, x) : math_domain_error();
    }
    if (isinf(result) && isfinite(x)) {
        return can_overflow ? math_range_error()
               : message != NULL ? named_domain_error(message, x) : math_domain_error();
    }
    return float_from_double(result);
}

#define UNARY(name, function, can_overflow, message)                              \
    static PyObject *math_##name(PyObject *module, PyObject *arg)                 \
    {                                                                             \
        return apply_unary(arg, function, can_overflow, message);                 \
    }

// Gamma functions have poles at the non-positive integers: a domain error for both of them.
static double
gamma_function(double x)
{
    if (isinf(x)) {
        return x > 0 ? x : NAN;
    }
    if (x == 0.0) {
        return copysign(INFINITY, x);
    }
    return x < 0 && x == floor(x) ? NAN : tgamma(x);
}

UNARY(acos, acos, false, "expected a number in range from -1 up to 1, got %R")
UNARY(acosh, acosh, false, "expected argument value not less than 1, got %R")
UNARY(asin, asin, false, "expected a number in range from -1 up to 1, got %R")
UNARY(asinh, asinh, false, NULL)
UNARY(atan, atan, false, NULL)
UNARY(atanh, atanh, false, "expected a number between -1 and 1, got %R")
UNARY(cbrt, cbrt, false, NULL)
UNARY(cos, cos, false, "expected a finite input, got %R")
UNARY(cosh, cosh, true, NULL)
UNARY(erf, erf, true, NULL)
UNARY(erfc, erfc, true, NULL)
UNARY(exp, exp, true, NULL)
UNARY(exp2, exp2, true, NULL)
UNARY(expm1, expm1, true, NULL)
UNARY(fabs, fabs, false, NULL)
UNARY(log1p, log1p, false, "expected argument value > -1, got %R")
UNARY(sin, sin, false, "expected a finite input, got %R")
UNARY(sinh, sinh, true, NULL)
UNARY(sqrt, sqrt, false, "expected a nonnegative input, got %R")
UNARY(tan, tan, false, "expected a finite input, got %R")
UNARY(tanh, tanh, false, NULL)

static PyObject *
math_gamma(PyObject *module, PyObject *arg)
{
    double x;
    if (!math_argument(arg, &x)) {
        return NULL;
    }
    if (x == 0.0 || (isinf(x) && x < 0) || (isfinite(x) && x < 0 && x == floor(x))) {
        return named_domain_error("expected a noninteger or positive integer, got %R", x);
    }
    double result = gamma_function(x);
    return isinf(result) && isfinite(x) ? math_range_error() : float_from_double(result);
}

static PyObject *
math_lgamma(PyObject *module, PyObject *arg)
{
    double x;
    if (!math_argument(arg, &x)) {
        return NULL;
    }
    if (isfinite(x) && x <= 0 && x == floor(x)) {
        return named_domain_error("expected a noninteger or positive integer, got %R", x);
    }
    int sign;
    double result = lgamma_r(x, &sign);
    return isinf(result) && isfinite(x) ? math_range_error() : float_from_double(result);
}

static PyObject *
math_degrees(PyObject *module, PyObject *arg)
{
    double x;
    return math_argument(arg, &x) ? float_from_double(x * (180.0 / M_PI)) : NULL;
}

static PyObject *
math_radians(PyObject *module, PyObject *arg)
{
    double x;
    return math_argument(arg, &x) ? float_from_double(x * (M_PI / 180.0)) : NULL;
}

#define PREDICATE(name, test)                                                     \
    static PyObject *math_##name(PyObject *module, PyObject *arg)                 \
    {                                                                             \
        double x;                                                                 \
        return math_argument(arg, &x) ? bool_from_int((test) != 0) : NULL;        \
    }

PREDICATE(isfinite, isfinite(x))
PREDICATE(isinf, isinf(x))
PREDICATE(isnan, isnan(x))

// ---- rounding to ints: through __floor__, __ceil__, __trunc__ where a type has them ----

static PyObject *
round_by(PyObject *arg, PyObject *special, Unary function)
{
    if (!float_check_exact(arg)) {
        PyObject *method = object_lookup_special(arg, special);
        if (method != NULL) {
            PyObject *result = object_call_noargs(method);
            decref(method);
            return result;
        }
        if (error_occurred()) {
            return NULL;
        }
    }
    double x;
    return math_argument(arg, &x) ? int_from_double(function(x)) : NULL;
}

static PyObject *
math_floor(PyObject *module, PyObject *arg)
{
    return round_by(arg, ID(__floor__), floor);
}

static PyObject *
math_ceil(PyObject *module, PyObject *arg)
{
    return round_by(arg, ID(__ceil__), ceil);
}

static PyObject *
math_trunc(PyObject *module, PyObject *arg)
{
    if (float_check_exact(arg)) {
        return int_from_double(float_value(arg));
    }
    PyObject *method = object_lookup_special(arg, ID(__trunc__));
    if (method == NULL) {
        return error_occurred() ? NULL
                                : error_format(PyExc_TypeError,
                                               "type %.100s doesn't define __trunc__ method",
                                               object_type(arg)->tp_name);
    }
    PyObject *result = object_call_noargs(method);
    decref(method);
    return result;
}

// ---- logarithms ----

// Ints beyond the range of doubles: through their mantissa and exponent.
static PyObject *
log_of(PyObject *arg, Unary function, double ln_of_two)
{
    if (int_check(arg)) {
        if (int_is_negative(arg) || int_is_zero(arg)) {
            return error_set(PyExc_ValueError, "expected a positive input");
        }
        if (int_bit_length(arg) > 1000) {
            int64_t exponent;
            double fraction = int_frexp(arg, &exponent);
            return float_from_double(function(fraction) + ln_of_two * (double)exponent);
        }
    }
    double x;
    if (!math_argument(arg, &x)) {
        return NULL;
    }
    if (x <= 0.0) {
        return named_domain_error("expected a positive input, got %R", x);
    }
    return float_from_double(function(x));
}

static PyObject *
math_log(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("log", nargs, 1, 2)) {
        return NULL;
    }
    PyObject *numerator = log_of(args[0], log, LN_2);
    if (numerator == NULL || nargs == 1) {
        return numerator;
    }
    PyObject *denominator = log_of(args[1], log, LN_2);
    PyObject *result = denominator != NULL ? number_true_divide(numerator, denominator) : NULL;
    decref(numerator);
    xdecref(denominator);
    return result;
}

static PyObject *
math_log2(PyObject *module, PyObject *arg)
{
    return log_of(arg, log2, 1.0);
}

static PyObject *
math_log10(PyObject *module, PyObject *arg)
{
    return log_of(arg, log10, 1.0 / LOG2_10);
}

// ---- two and three arguments ----

static bool
two_arguments(const char *name, PyObject *const *args, Py_ssize_t nargs, double *x, double *y)
{
    return args_check_positional(name, nargs, 2, 2) && math_argument(args[0], x)
           && math_argument(args[1], y);
}

// A NaN out of numbers is a domain error, an infinity out of finite ones a range error.
static PyObject *
checked_binary(double result, double x, double y)
{
    if (isnan(result) && !isnan(x) && !isnan(y)) {
        return math_domain_error();
    }
    if (isinf(result) && isfinite(x) && isfinite(y)) {
        return math_range_error();
    }
    return float_from_double(result);
}

#define BINARY(name, function)                                                             \
    static PyObject *math_##name(PyObject *module, PyObject *const *args, Py_ssize_t nargs) \
    {                                                                                      \
        double x;                                                                          \
        double y;                                                                          \
        return two_arguments(#name, args, nargs, &x, &y)                                   \
                   ? checked_binary(function(x, y), x, y) : NULL;                          \
    }

BINARY(atan2, atan2)
BINARY(copysign, copysign)
BINARY(remainder, remainder)

static PyObject *
math_fmod(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    double x;
    double y;
    if (!two_arguments("fmod", args, nargs, &x, &y)) {
        return NULL;
    }
    return isinf(y) && isfinite(x) ? float_from_double(x) : checked_binary(fmod(x, y), x, y);
}

static PyObject *
math_pow(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    double x;
    double y;
    if (!two_arguments("pow", args, nargs, &x, &y)) {
        return NULL;
    }
    double result = pow(x, y);
    if (!isfinite(x) || !isfinite(y)) {
        return float_from_double(result);
    }
    if (isnan(result) || (isinf(result) && x == 0.0)) {
        return math_domain_error();
    }
    return isinf(result) ? math_range_error() : float_from_double(result);
}

static PyObject *
math_fma(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    double x;
    double y;
    double z;
    if (!args_check_positional("fma", nargs, 3, 3) || !math_argument(args[0], &x)
        || !math_argument(args[1], &y) || !math_argument(args[2], &z)) {
        return NULL;
    }
    double result = fma(x, y, z);
    if (isnan(result) && !isnan(x) && !isnan(y) && !isnan(z)) {
        return error_set(PyExc_ValueError, "invalid operation in fma");
    }
    if (isinf(result) && isfinite(x) && isfinite(y) && isfinite(z)) {
        return error_set(PyExc_OverflowError, "overflow in fma");
    }
    return float_from_double(result);
}

static PyObject *
math_ldexp(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    double x;
    if (!args_check_positional("ldexp", nargs, 2, 2) || !math_argument(args[0], &x)) {
        return NULL;
    }
    if (!int_check(args[1])) {
        return error_set(PyExc_TypeError, "Expected an int as second argument to ldexp.");
    }
    int overflow;
    int64_t exponent = int_as_i64_overflow(args[1], &overflow);
    exponent = overflow ? overflow * (int64_t)INT32_MAX : exponent;
    if (x == 0.0 || !isfinite(x)) {
        return float_from_double(x);
    }
    exponent = exponent > INT32_MAX ? INT32_MAX : exponent < -INT32_MAX ? -INT32_MAX : exponent;
    double result = ldexp(x, (int)exponent);
    return isinf(result) ? math_range_error() : float_from_double(result);
}

static PyObject *
math_frexp(PyObject *module, PyObject *arg)
{
    double x;
    if (!math_argument(arg, &x)) {
        return NULL;
    }
    int exponent = 0;
    double fraction = isfinite(x) && x != 0.0 ? frexp(x, &exponent) : x;
    return value_build("(di)", fraction, exponent);
}

static PyObject *
math_modf(PyObject *module, PyObject *arg)
{
    double x;
    if (!math_argument(arg, &x)) {
        return NULL;
    }
    if (isinf(x)) {
        return value_build("(dd)", copysign(0.0, x), x);
    }
    double whole;
    double fraction = modf(x, &whole);
    return value_build("(dd)", fraction, whole);
}

// nextafter(x, y, steps=None): moves along the doubles in the order of their bits.
static PyObject *
math_nextafter(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"", "", "steps", NULL};
    double x;
    double y;
    PyObject *steps_arg = Py_None;
    if (!args_parse_static(args, kwargs, "dd|$O:nextafter", names, &x, &y, &steps_arg)) {
        return NULL;
    }
    if (steps_arg == Py_None) {
        return float_from_double(nextafter(x, y));
    }
    PyObject *index = number_index(steps_arg);
    if (index == NULL) {
        return NULL;
    }
    bool negative = int_is_negative(index);
    int64_t small;
    uint64_t steps = int_as_i64_fast(index, &small) ? (uint64_t)small : UINT64_MAX;
    decref(index);
    if (negative) {
        return error_set(PyExc_ValueError, "steps must be a non-negative integer");
    }
    if (steps == 0 || isnan(x) || isnan(y)) {
        return float_from_double(steps == 0 && !isnan(x) ? x : isnan(x) ? x : y);
    }
    return float_from_double(math_step(x, y, steps));
}

static PyObject *
math_ulp(PyObject *module, PyObject *arg)
{
    double x;
    if (!math_argument(arg, &x)) {
        return NULL;
    }
    if (isnan(x)) {
        return float_from_double(x);
    }
    x = fabs(x);
    if (isinf(x)) {
        return float_from_double(x);
    }
    double next = nextafter(x, INFINITY);
    return float_from_double(isinf(next) ? x - nextafter(x, -INFINITY) : next - x);
}

static PyObject *
math_isclose(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"a", "b", "rel_tol", "abs_tol", NULL};
    double a;
    double b;
    double rel_tol = 1e-9;
    double abs_tol = 0.0;
    if (!args_parse_static(args, kwargs, "dd|$dd:isclose", names, &a, &b, &rel_tol, &abs_tol)) {
        return NULL;
    }
    if (rel_tol < 0.0 || abs_tol < 0.0) {
        return error_set(PyExc_ValueError, "tolerances must be non-negative");
    }
    if (a == b) {
        return new_ref(Py_True);
    }
    if (isinf(a) || isinf(b)) {
        return new_ref(Py_False);
    }
    double difference = fabs(b - a);
    return bool_from_int(difference <= fabs(rel_tol * b) || difference <= fabs(rel_tol * a)
                         || difference <= abs_tol);
}

#define O(name, doc) {#name, math_##name, METH_O, #name "($module, x, /)\n--\n\n" doc}
#define FAST(name, signature, doc)                                                      \
    {#name, (PyCFunction)(void (*)(void))math_##name, METH_FASTCALL,                    \
     #name "($module, " signature ", /)\n--\n\n" doc}
#define KEYWORDS(name, signature, doc)                                                  \
    {#name, (PyCFunction)(void (*)(void))math_##name, METH_VARARGS | METH_KEYWORDS,     \
     #name "($module, " signature ")\n--\n\n" doc}

static PyMethodDef math_methods[] = {
    O(acos, "Return the arc cosine (measured in radians) of x.\n\nThe result is between 0 and pi."),
    O(acosh, "Return the inverse hyperbolic cosine of x."),
    O(asin, "Return the arc sine (measured in radians) of x.\n\n"
            "The result is between -pi/2 and pi/2."),
    O(asinh, "Return the inverse hyperbolic sine of x."),
    O(atan, "Return the arc tangent (measured in radians) of x.\n\n"
            "The result is between -pi/2 and pi/2."),
    FAST(atan2, "y, x", "Return the arc tangent (measured in radians) of y/x.\n\n"
                        "Unlike atan(y/x), the signs of both x and y are considered."),
    O(atanh, "Return the inverse hyperbolic tangent of x."),
    O(cbrt, "Return the cube root of x."),
    O(ceil, "Return the ceiling of x as an Integral.\n\nThis is the smallest integer >= x."),
    FAST(copysign, "x, y", "Return a float with the magnitude (absolute value) of x but the sign "
                           "of y."),
    O(cos, "Return the cosine of x (measured in radians)."),
    O(cosh, "Return the hyperbolic cosine of x."),
    O(degrees, "Convert angle x from radians to degrees."),
    O(erf, "Error function at x."),
    O(erfc, "Complementary error function at x."),
    O(exp, "Return e raised to the power of x."),
    O(exp2, "Return 2 raised to the power of x."),
    O(expm1, "Return exp(x)-1."),
    O(fabs, "Return the absolute value of the float x."),
    O(floor, "Return the floor of x as an Integral.\n\nThis is the largest integer <= x."),
    FAST(fma, "x, y, z", "Fused multiply-add operation.\n\nCompute (x * y) + z with a single "
                         "round."),
    FAST(fmod, "x, y", "Return fmod(x, y), according to platform C.\n\nx % y may differ."),
    O(frexp, "Return the mantissa and exponent of x, as pair (m, e).\n\n"
             "m is a float and e is an int, such that x = m * 2.**e.\n"
             "If x is 0, m and e are both 0.  Else 0.5 <= abs(m) < 1.0."),
    O(gamma, "Gamma function at x."),
    KEYWORDS(isclose, "/, a, b, *, rel_tol=1e-09, abs_tol=0.0",
             "Determine whether two floating-point numbers are close in value."),
    O(isfinite, "Return True if x is neither an infinity nor a NaN, and False otherwise."),
    O(isinf, "Return True if x is a positive or negative infinity, and False otherwise."),
    O(isnan, "Return True if x is a NaN (not a number), and False otherwise."),
    FAST(ldexp, "x, i", "Return x * (2**i).\n\nThis is essentially the inverse of frexp()."),
    O(lgamma, "Natural logarithm of absolute value of Gamma function at x."),
    {"log", (PyCFunction)(void (*)(void))math_log, METH_FASTCALL,
     "log(x, [base=math.e])\nReturn the logarithm of x to the given base.\n\n"
     "If the base is not specified, returns the natural logarithm (base e) of x."},
    O(log1p, "Return the natural logarithm of 1+x (base e)."),
    O(log10, "Return the base 10 logarithm of x."),
    O(log2, "Return the base 2 logarithm of x."),
    O(modf, "Return the fractional and integer parts of x.\n\n"
            "Both results carry the sign of x and are floats."),
    KEYWORDS(nextafter, "x, y, /, *, steps=None",
             "Return the floating-point value the given number of steps after x towards y."),
    FAST(pow, "x, y", "Return x**y (x to the power of y)."),
    O(radians, "Convert angle x from degrees to radians."),
    FAST(remainder, "x, y", "Difference between x and the closest integer multiple of y."),
    O(sin, "Return the sine of x (measured in radians)."),
    O(sinh, "Return the hyperbolic sine of x."),
    O(sqrt, "Return the square root of x."),
    O(tan, "Return the tangent of x (measured in radians)."),
    O(tanh, "Return the hyperbolic tangent of x."),
    O(trunc, "Truncates the Real x to the nearest Integral toward 0.\n\n"
             "Uses the __trunc__ magic method."),
    O(ulp, "Return the value of the least significant bit of the float x."),
    {NULL, NULL, 0, NULL},
};

static int
math_exec(PyObject *module)
{
    static const struct { const char *name; double value; } constants[] = {
        {"pi", M_PI}, {"e", M_E}, {"tau", 2 * M_PI}, {"inf", INFINITY}, {"nan", NAN},
    };
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        if (module_add_steal(module, constants[i].name, float_from_double(constants[i].value))
            < 0) {
            return -1;
        }
    }
    return module_add_functions(module, math_integer_methods) < 0
                   || module_add_functions(module, math_sum_methods) < 0
               ? -1 : 0;
}

static PyModuleDef_Slot math_slots[] = {
    {Py_mod_exec, math_exec},
    {0, NULL},
};

static PyModuleDef math_definition = {
    .m_name = "math",
    .m_doc = "This module provides access to the mathematical functions\n"
             "defined by the C standard.",
    .m_methods = math_methods,
    .m_slots = math_slots,
};

NATIVE_MODULE(math, &math_definition)
