// Integer functions of `math`: comb, factorial, gcd, isqrt, lcm, perm.
#include <math.h>
#include <string.h>

#include "abi/constants.h"
#include "memory/refcount.h"
#include "modules/math_internal.h"
#include "objects/args.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/number.h"
#include "objects/object.h"

// Doubles in the order of their bits: negative ones mirrored below zero.
static int64_t
order_of(double x)
{
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits < 0 ? INT64_MIN - bits : bits;
}

double
math_step(double x, double y, uint64_t steps)
{
    int64_t from = order_of(x);
    int64_t to = order_of(y);
    uint64_t distance = from < to ? (uint64_t)to - (uint64_t)from : (uint64_t)from - (uint64_t)to;
    if (steps >= distance) {
        return y;
    }
    int64_t target = from < to ? from + (int64_t)steps : from - (int64_t)steps;
    int64_t bits = target < 0 ? INT64_MIN - target : target;
    double result;
    memcpy(&result, &bits, sizeof result);
    return target == 0 && from < 0 ? -0.0 : result;
}

// A small int argument; -1 with an exception for negative or huge ones.
static int64_t
small_argument(PyObject *arg, const char *negative, const char *large)
{
    PyObject *index = number_index(arg);
    if (index == NULL) {
        return -1;
    }
    int64_t value;
    if (int_is_negative(index)) {
        error_set(PyExc_ValueError, negative);
        value = -1;
    }
    else if (!int_as_i64_fast(index, &value)) {
        error_format(PyExc_OverflowError, large, (long)INT64_MAX);
        value = -1;
    }
    decref(index);
    return value;
}

// low * (low+1) * … * high, by halves, so that the factors stay of like size.
static PyObject *
product_of_range(int64_t low, int64_t high)
{
    if (high - low < 4) {
        PyObject *result = int_from_i64(low);
        for (int64_t i = low + 1; i <= high && result != NULL; i++) {
            PyObject *factor = int_from_i64(i);
            set_ref(result, factor != NULL ? int_multiply(result, factor) : NULL);
            xdecref(factor);
        }
        return result;
    }
    int64_t middle = low + (high - low) / 2;
    PyObject *left = product_of_range(low, middle);
    PyObject *right = left != NULL ? product_of_range(middle + 1, high) : NULL;
    PyObject *result = right != NULL ? int_multiply(left, right) : NULL;
    xdecref(left);
    xdecref(right);
    return result;
}

static PyObject *
math_factorial(PyObject *module, PyObject *arg)
{
    int64_t n = small_argument(arg, "factorial() not defined for negative values",
                               "factorial() argument should not exceed %ld");
    if (n < 0) {
        return NULL;
    }
    return n < 2 ? int_from_i64(1) : product_of_range(2, n);
}

static PyObject *
math_gcd(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *result = int_from_i64(0);
    for (Py_ssize_t i = 0; i < nargs && result != NULL; i++) {
        PyObject *number = number_index(args[i]);
        set_ref(result, number != NULL ? int_gcd(result, number) : NULL);
        xdecref(number);
    }
    return result;
}

static PyObject *
lcm(PyObject *a, PyObject *b)
{
    if (int_is_zero(a) || int_is_zero(b)) {
        return int_from_i64(0);
    }
    PyObject *gcd = int_gcd(a, b);
    PyObject *part = gcd != NULL ? int_floor_divide(a, gcd) : NULL;
    PyObject *product = part != NULL ? int_multiply(part, b) : NULL;
    PyObject *result = product != NULL ? int_absolute(product) : NULL;
    xdecref(gcd);
    xdecref(part);
    xdecref(product);
    return result;
}

static PyObject *
math_lcm(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *result = int_from_i64(1);
    for (Py_ssize_t i = 0; i < nargs && result != NULL; i++) {
        PyObject *number = number_index(args[i]);
        set_ref(result, number != NULL ? lcm(result, number) : NULL);
        xdecref(number);
    }
    return result;
}

static PyObject *
math_isqrt(PyObject *module, PyObject *arg)
{
    PyObject *n = number_index(arg);
    if (n == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    int64_t small;
    if (int_is_negative(n)) {
        error_set(PyExc_ValueError, "isqrt() argument must be nonnegative");
    }
    else if (int_as_i64_fast(n, &small)) {
        int64_t root = (int64_t)sqrt((double)small);
        while ((__int128)root * root > small) {
            root--;
        }
        while ((__int128)(root + 1) * (root + 1) <= small) {
            root++;
        }
        result = int_from_i64(root);
    }
    else {
        result = int_sqrt(n);
    }
    decref(n);
    return result;
}

// n * (n-1) * … k factors; n is an int of any size.
static PyObject *
falling_product(PyObject *n, int64_t k)
{
    int64_t small;
    if (int_as_i64_fast(n, &small)) {
        return k == 0 ? int_from_i64(1) : product_of_range(small - k + 1, small);
    }
    PyObject *result = int_from_i64(1);
    for (int64_t i = 0; i < k && result != NULL; i++) {
        PyObject *offset = int_from_i64(i);
        PyObject *factor = offset != NULL ? int_subtract(n, offset) : NULL;
        set_ref(result, factor != NULL ? int_multiply(result, factor) : NULL);
        xdecref(offset);
        xdecref(factor);
    }
    return result;
}

// The checked arguments n and k as ints. False with an exception.
static bool
choose_arguments(PyObject *const *args, PyObject **n, PyObject **k)
{
    *k = NULL;
    *n = number_index(args[0]);
    if (*n == NULL || (*k = number_index(args[1])) == NULL) {
        xdecref(*n);
        return false;
    }
    const char *message = int_is_negative(*n) ? "n must be a non-negative integer"
                          : int_is_negative(*k) ? "k must be a non-negative integer" : NULL;
    if (message != NULL) {
        error_set(PyExc_ValueError, message);
        decref(*n);
        decref(*k);
        return false;
    }
    return true;
}

static PyObject *
math_perm(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("perm", nargs, 1, 2)) {
        return NULL;
    }
    if (nargs == 1 || args[1] == Py_None) {
        return math_factorial(module, args[0]);
    }
    PyObject *n;
    PyObject *k;
    if (!choose_arguments(args, &n, &k)) {
        return NULL;
    }
    PyObject *result = NULL;
    int64_t count;
    if (int_compare(n, k) < 0) {
        result = int_from_i64(0);
    }
    else if (!int_as_i64_fast(k, &count)) {
        error_format(PyExc_OverflowError, "k must not exceed %lld", (long long)INT64_MAX);
    }
    else {
        result = falling_product(n, count);
    }
    decref(n);
    decref(k);
    return result;
}

static PyObject *
math_comb(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *n;
    PyObject *k;
    if (!args_check_positional("comb", nargs, 2, 2) || !choose_arguments(args, &n, &k)) {
        return NULL;
    }
    PyObject *result = NULL;
    PyObject *rest = int_subtract(n, k);
    int64_t count;
    if (rest == NULL) {
        goto done;
    }
    if (int_is_negative(rest)) {
        result = int_from_i64(0);
        goto done;
    }
    if (int_compare(rest, k) < 0) {
        PyObject *t = rest;
        rest = k;
        k = t;
    }
    if (!int_as_i64_fast(k, &count)) {
        error_format(PyExc_OverflowError, "min(n - k, k) must not exceed %lld",
                     (long long)INT64_MAX);
        goto done;
    }
    PyObject *numerator = falling_product(n, count);
    PyObject *denominator = count < 2 ? int_from_i64(1) : product_of_range(2, count);
    if (numerator != NULL && denominator != NULL) {
        result = int_floor_divide(numerator, denominator);
    }
    xdecref(numerator);
    xdecref(denominator);
done:
    xdecref(rest);
    decref(n);
    decref(k);
    return result;
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL

PyMethodDef math_integer_methods[] = {
    {"comb", FAST(math_comb),
     "comb($module, n, k, /)\n--\n\n"
     "Number of ways to choose k items from n items without repetition and without order.\n\n"
     "Evaluates to n! / (k! * (n - k)!) when k <= n and evaluates\nto zero when k > n."},
    {"factorial", math_factorial, METH_O,
     "factorial($module, n, /)\n--\n\nFind n!."},
    {"gcd", FAST(math_gcd), "gcd($module, *integers)\n--\n\nGreatest Common Divisor."},
    {"isqrt", math_isqrt, METH_O,
     "isqrt($module, n, /)\n--\n\nReturn the integer part of the square root of the input."},
    {"lcm", FAST(math_lcm), "lcm($module, *integers)\n--\n\nLeast Common Multiple."},
    {"perm", FAST(math_perm),
     "perm($module, n, k=None, /)\n--\n\n"
     "Number of ways to choose k items from n items without repetition and with order.\n\n"
     "Evaluates to n! / (n - k)! when k <= n and evaluates\nto zero when k > n."},
    {NULL, NULL, 0, NULL},
};
