// The `cmath` module: functions of complex numbers.
//
// The C library's functions follow Annex G of C99, also for infinities, NaNs and signed zeros. What
// Annex G calls an invalid operation or a pole is a ValueError here, an infinite result out of finite
// parts an OverflowError.
//
// Threading: pure.
#include <complex.h>
#undef I
#include <math.h>

#include "modules/module.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/build.h"
#include "objects/complex.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/module.h"

typedef double _Complex Complex;
typedef Complex Function(Complex z);

static inline Complex
make(double x, double y)
{
    return __builtin_complex(x, y);
}

static void *
domain_error(void)
{
    return error_set(PyExc_ValueError, "math domain error");
}

static void *
range_error(void)
{
    return error_set(PyExc_OverflowError, "math range error");
}

// The argument as a complex number; false with an exception.
static bool
argument(PyObject *arg, Complex *z)
{
    Py_complex value = complex_as_value(arg);
    if (value.real == -1.0 && error_occurred()) {
        return false;
    }
    *z = make(value.real, value.imag);
    return true;
}

static bool
is_finite(Complex z)
{
    return isfinite(creal(z)) && isfinite(cimag(z));
}

static PyObject *
from_value(Complex z)
{
    return complex_from_doubles(creal(z), cimag(z));
}

static PyObject *
apply(Complex z, Function *function)
{
    Complex result = function(z);
    if (is_finite(z) && !is_finite(result)) {
        return range_error();
    }
    return from_value(result);
}

// Functions with a condition for a domain error in terms of x + yi.
#define FUNCTION(name, function, condition)                                        \
    static PyObject *cmath_##name(PyObject *module, PyObject *arg)                 \
    {                                                                              \
        Complex z;                                                                   \
        if (!argument(arg, &z)) {                                                  \
            return NULL;                                                           \
        }                                                                          \
        double x = creal(z);                                                       \
        double y = cimag(z);                                                       \
        (void)x;                                                                   \
        (void)y;                                                                   \
        return (condition) ? domain_error() : apply(z, function);                  \
    }

FUNCTION(acos, cacos, false)
FUNCTION(acosh, cacosh, false)
FUNCTION(asin, casin, false)
FUNCTION(asinh, casinh, false)
FUNCTION(atan, catan, x == 0.0 && fabs(y) == 1.0)
FUNCTION(atanh, catanh, y == 0.0 && fabs(x) == 1.0)
FUNCTION(cos, ccos, isinf(x) && !isnan(y))
FUNCTION(cosh, ccosh, isinf(y) && !isnan(x))
FUNCTION(exp, cexp, isinf(y) && (isfinite(x) || x == INFINITY))
FUNCTION(sin, csin, isinf(x) && !isnan(y))
FUNCTION(sinh, csinh, isinf(y) && !isnan(x))
FUNCTION(sqrt, csqrt, false)
FUNCTION(tan, ctan, isinf(x) && isfinite(y))
FUNCTION(tanh, ctanh, isinf(y) && isfinite(x))

// log10 in one step would lose a digit where the modulus is near 1.
static Complex
logarithm10(Complex z)
{
    Complex w = clog(z);
    return make(creal(w) / M_LN10, cimag(w) / M_LN10);
}

FUNCTION(log10, logarithm10, x == 0.0 && y == 0.0)

static PyObject *
cmath_log(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    Complex z[2];
    if (!args_check_positional("log", nargs, 1, 2)) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        if (!argument(args[i], &z[i])) {
            return NULL;
        }
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        if (creal(z[i]) == 0.0 && cimag(z[i]) == 0.0) {
            return domain_error();
        }
    }
    Complex result = clog(z[0]);
    if (nargs == 2) {
        Complex base = clog(z[1]);
        if (creal(base) == 0.0 && cimag(base) == 0.0) {
            return domain_error();
        }
        PyObject *dividend = from_value(result);
        PyObject *divisor = from_value(base);
        PyObject *quotient = NULL;
        if (dividend != NULL && divisor != NULL) {
            quotient = PyComplex_Type.tp_as_number->nb_true_divide(dividend, divisor);
        }
        xdecref(dividend);
        xdecref(divisor);
        return quotient;
    }
    return from_value(result);
}

static PyObject *
cmath_phase(PyObject *module, PyObject *arg)
{
    Complex z;
    return argument(arg, &z) ? float_from_double(carg(z)) : NULL;
}

static PyObject *
cmath_polar(PyObject *module, PyObject *arg)
{
    Complex z;
    if (!argument(arg, &z)) {
        return NULL;
    }
    double modulus = cabs(z);
    if (isinf(modulus) && is_finite(z)) {
        return range_error();
    }
    return value_build("(dd)", modulus, carg(z));
}

// r * (cos phi + i sin phi), with r's infinities and zeros kept out of products with zero.
static Complex
rectangular(double r, double phi)
{
    if (isfinite(r) && isfinite(phi)) {
        return phi == 0.0 ? make(r, r * phi) : make(r * cos(phi), r * sin(phi));
    }
    if (isinf(r) && isfinite(phi) && phi != 0.0) {
        double x = copysign(INFINITY, cos(phi));
        double y = copysign(INFINITY, sin(phi));
        return r > 0 ? make(x, y) : make(-x, -y);
    }
    if (isinf(r) && phi == 0.0) {
        return make(r, r > 0 ? phi : -phi);
    }
    if (r == 0.0) {
        return make(r, r);
    }
    // A NaN: with an infinite radius the real part is infinite, of no particular sign.
    if (phi == 0.0) {
        return make(NAN, phi);
    }
    return isinf(r) ? make(INFINITY, NAN) : make(NAN, NAN);
}

static PyObject *
cmath_rect(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("rect", nargs, 2, 2)) {
        return NULL;
    }
    double values[2];
    for (int i = 0; i < 2; i++) {
        values[i] = float_as_double(args[i]);
        if (values[i] == -1.0 && error_occurred()) {
            return NULL;
        }
    }
    if (isinf(values[1]) && values[0] != 0.0 && !isnan(values[0])) {
        return domain_error();
    }
    return from_value(rectangular(values[0], values[1]));
}

#define PREDICATE(name, condition)                                                 \
    static PyObject *cmath_##name(PyObject *module, PyObject *arg)                 \
    {                                                                              \
        Complex z;                                                                   \
        if (!argument(arg, &z)) {                                                  \
            return NULL;                                                           \
        }                                                                          \
        double x = creal(z);                                                       \
        double y = cimag(z);                                                       \
        return bool_from_int(condition);                                           \
    }

PREDICATE(isfinite, isfinite(x) && isfinite(y))
PREDICATE(isnan, isnan(x) || isnan(y))
PREDICATE(isinf, isinf(x) || isinf(y))

static PyObject *
cmath_isclose(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"a", "b", "rel_tol", "abs_tol", NULL};
    Py_complex first;
    Py_complex second;
    double rel_tol = 1e-9;
    double abs_tol = 0.0;
    if (!args_parse_static(args, kwargs, "DD|$dd:isclose", names, &first, &second, &rel_tol,
                           &abs_tol)) {
        return NULL;
    }
    if (rel_tol < 0.0 || abs_tol < 0.0) {
        return error_set(PyExc_ValueError, "tolerances must be non-negative");
    }
    if (first.real == second.real && first.imag == second.imag) {
        return new_ref(Py_True);
    }
    if (isinf(first.real) || isinf(first.imag) || isinf(second.real) || isinf(second.imag)) {
        return new_ref(Py_False);
    }
    double distance = hypot(first.real - second.real, first.imag - second.imag);
    double a = hypot(first.real, first.imag);
    double b = hypot(second.real, second.imag);
    return bool_from_int(distance <= rel_tol * b || distance <= rel_tol * a
                         || distance <= abs_tol);
}

#define Z(name, doc) {#name, cmath_##name, METH_O, #name "($module, z, /)\n--\n\n" doc}
#define FAST(f) (PyCFunction)(void (*)(void))(f), METH_FASTCALL

static PyMethodDef cmath_methods[] = {
    Z(acos, "Return the arc cosine of z."),
    Z(acosh, "Return the inverse hyperbolic cosine of z."),
    Z(asin, "Return the arc sine of z."),
    Z(asinh, "Return the inverse hyperbolic sine of z."),
    Z(atan, "Return the arc tangent of z."),
    Z(atanh, "Return the inverse hyperbolic tangent of z."),
    Z(cos, "Return the cosine of z."),
    Z(cosh, "Return the hyperbolic cosine of z."),
    Z(exp, "Return the exponential value e**z."),
    {"isclose", (PyCFunction)(void (*)(void))cmath_isclose, METH_VARARGS | METH_KEYWORDS,
     "isclose($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)\n--\n\n"
     "Determine whether two complex numbers are close in value."},
    Z(isfinite, "Return True if both the real and imaginary parts of z are finite, else False."),
    Z(isinf, "Checks if the real or imaginary part of z is infinite."),
    Z(isnan, "Checks if the real or imaginary part of z not a number (NaN)."),
    {"log", FAST(cmath_log),
     "log($module, z, base=<unrepresentable>, /)\n--\n\n"
     "log(z[, base]) -> the logarithm of z to the given base.\n\n"
     "If the base is not specified, returns the natural logarithm (base e) of z."},
    Z(log10, "Return the base-10 logarithm of z."),
    Z(phase, "Return argument, also known as the phase angle, of a complex."),
    Z(polar, "Convert a complex from rectangular coordinates to polar coordinates.\n\n"
             "r is the distance from 0 and phi the phase angle."),
    {"rect", FAST(cmath_rect),
     "rect($module, r, phi, /)\n--\n\nConvert from polar coordinates to rectangular coordinates."},
    Z(sin, "Return the sine of z."),
    Z(sinh, "Return the hyperbolic sine of z."),
    Z(sqrt, "Return the square root of z."),
    Z(tan, "Return the tangent of z."),
    Z(tanh, "Return the hyperbolic tangent of z."),
    {NULL, NULL, 0, NULL},
};

static int
cmath_exec(PyObject *module)
{
    static const struct { const char *name; double value; } reals[] = {
        {"pi", M_PI}, {"e", M_E}, {"tau", 2 * M_PI}, {"inf", INFINITY}, {"nan", NAN},
    };
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        if (module_add_steal(module, reals[i].name, float_from_double(reals[i].value)) < 0) {
            return -1;
        }
    }
    return module_add_steal(module, "infj", complex_from_doubles(0.0, INFINITY)) < 0
                   || module_add_steal(module, "nanj", complex_from_doubles(0.0, NAN)) < 0
               ? -1 : 0;
}

static PyModuleDef_Slot cmath_slots[] = {
    {Py_mod_exec, cmath_exec},
    {Py_mod_multiple_interpreters, (void *)2},
    {Py_mod_gil, (void *)1},
    {0, NULL},
};

static PyModuleDef cmath_definition = {
    .m_name = "cmath",
    .m_doc = "This module provides access to mathematical functions for complex\nnumbers.",
    .m_methods = cmath_methods,
    .m_slots = cmath_slots,
};

NATIVE_MODULE(cmath, &cmath_definition)
