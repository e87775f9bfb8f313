// Sums, products and distances of `math`: dist, fsum, hypot, prod, sumprod.
#include <math.h>
#include <string.h>

#include "abi/constants.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "modules/math_internal.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/tuple.h"

// ---- exact sums: Shewchuk's list of partials that do not overlap ----

typedef struct {
    double *partials;
    Py_ssize_t count;
    Py_ssize_t capacity;
    double specials;        // sum of infinities and NaN
    double infinities;      // sum of the infinities alone
    bool has_special;
} ExactSum;

static int
exact_add(ExactSum *sum, double x)
{
    if (!isfinite(x)) {
        sum->infinities += isinf(x) ? x : 0.0;
        sum->has_special = true;
        sum->specials += x;
        return 0;
    }
    Py_ssize_t kept = 0;
    for (Py_ssize_t j = 0; j < sum->count; j++) {
        double y = sum->partials[j];
        if (fabs(x) < fabs(y)) {
            double t = x;
            x = y;
            y = t;
        }
        volatile double high = x + y;
        volatile double rounded = high - x;
        double low = y - rounded;
        if (low != 0.0) {
            sum->partials[kept++] = low;
        }
        x = high;
    }
    if (!isfinite(x)) {
        error_set(PyExc_OverflowError, "intermediate overflow in fsum");
        return -1;
    }
    if (kept >= sum->capacity) {
        Py_ssize_t capacity = sum->capacity * 2 + 32;
        double *grown = mem_realloc_array(sum->partials, (size_t)capacity, sizeof *grown);
        if (grown == NULL) {
            error_no_memory();
            return -1;
        }
        sum->partials = grown;
        sum->capacity = capacity;
    }
    if (x != 0.0) {
        sum->partials[kept++] = x;
    }
    sum->count = kept;
    return 0;
}

// The partials rounded once, half to even.
static double
exact_round(const ExactSum *sum)
{
    Py_ssize_t n = sum->count;
    if (n == 0) {
        return 0.0;
    }
    double high = sum->partials[--n];
    double low = 0.0;
    while (n > 0) {
        double x = high;
        double y = sum->partials[--n];
        high = x + y;
        low = y - (high - x);
        if (low != 0.0) {
            break;
        }
    }
    // A tie is decided by the sign of what lies below.
    if (n > 0 && ((low < 0.0 && sum->partials[n - 1] < 0.0)
                  || (low > 0.0 && sum->partials[n - 1] > 0.0))) {
        double y = low * 2.0;
        double x = high + y;
        if (y == x - high) {
            high = x;
        }
    }
    return high;
}

static PyObject *
math_fsum(PyObject *module, PyObject *iterable)
{
    PyObject *iterator = object_iter(iterable);
    if (iterator == NULL) {
        return NULL;
    }
    ExactSum sum = {0};
    PyObject *result = NULL;
    for (PyObject *item; (item = iter_next(iterator)) != NULL;) {
        double x;
        bool valid = math_argument(item, &x);
        decref(item);
        if (!valid || exact_add(&sum, x) < 0) {
            goto done;
        }
    }
    if (error_occurred()) {
        goto done;
    }
    if (sum.has_special) {
        result = isnan(sum.infinities)
                     ? error_set(PyExc_ValueError, "-inf + inf in fsum")
                     : float_from_double(sum.specials);
    }
    else {
        result = float_from_double(exact_round(&sum));
    }
done:
    mem_free(sum.partials);
    decref(iterator);
    return result;
}

// ---- norms ----

// sqrt of the sum of squares, scaled by a power of two so that nothing overflows; squares are kept
// exactly (as two doubles each) and summed exactly.
static int
norm(const double *values, Py_ssize_t n, double *result)
{
    double max = 0.0;
    bool has_nan = false;
    for (Py_ssize_t i = 0; i < n; i++) {
        double x = fabs(values[i]);
        has_nan |= isnan(x);
        max = x > max ? x : max;
    }
    *result = max;
    if (isinf(max) || max == 0.0 || has_nan) {
        *result = isinf(max) ? max : has_nan ? NAN : 0.0;
        return 0;
    }
    int exponent;
    frexp(max, &exponent);
    ExactSum sum = {0};
    for (Py_ssize_t i = 0; i < n; i++) {
        double x = ldexp(values[i], -exponent);
        double square = x * x;
        if (exact_add(&sum, square) < 0 || exact_add(&sum, fma(x, x, -square)) < 0) {
            mem_free(sum.partials);
            return -1;
        }
    }
    double total = exact_round(&sum);
    double root = sqrt(total);
    // One step of correction with the exact remainder.
    double square = root * root;
    if (exact_add(&sum, -square) < 0 || exact_add(&sum, -fma(root, root, -square)) < 0) {
        mem_free(sum.partials);
        return -1;
    }
    root += exact_round(&sum) / (2.0 * root);
    mem_free(sum.partials);
    *result = ldexp(root, exponent);
    return 0;
}

static PyObject *
norm_object(double *values, Py_ssize_t n)
{
    double result;
    return norm(values, n, &result) < 0 ? NULL : float_from_double(result);
}

static PyObject *
math_hypot(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    double small[16];
    double *values = nargs <= 16 ? small : mem_alloc_or_error((size_t)nargs * sizeof *values);
    if (values == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    Py_ssize_t i = 0;
    while (i < nargs && math_argument(args[i], &values[i])) {
        i++;
    }
    if (i == nargs) {
        result = norm_object(values, nargs);
    }
    if (values != small) {
        mem_free(values);
    }
    return result;
}

static PyObject *
math_dist(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("dist", nargs, 2, 2)) {
        return NULL;
    }
    PyObject *p = sequence_tuple(args[0]);
    PyObject *q = p != NULL ? sequence_tuple(args[1]) : NULL;
    PyObject *result = NULL;
    double *values = NULL;
    if (q == NULL) {
        goto done;
    }
    Py_ssize_t n = tuple_size(p);
    if (n != tuple_size(q)) {
        error_set(PyExc_ValueError, "both points must have the same number of dimensions");
        goto done;
    }
    values = mem_alloc_or_error((size_t)(n + 1) * sizeof *values);
    if (values == NULL) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        double x;
        double y;
        if (!math_argument(tuple_item_borrow(p, i), &x)
            || !math_argument(tuple_item_borrow(q, i), &y)) {
            goto done;
        }
        values[i] = x - y;
    }
    result = norm_object(values, n);
done:
    mem_free(values);
    xdecref(p);
    xdecref(q);
    return result;
}

// ---- products ----

static PyObject *
math_prod(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"", "start", NULL};
    PyObject *iterable;
    PyObject *start = NULL;
    if (!args_parse_static(args, kwargs, "O|$O:prod", names, &iterable, &start)) {
        return NULL;
    }
    PyObject *iterator = object_iter(iterable);
    if (iterator == NULL) {
        return NULL;
    }
    PyObject *result = start != NULL ? new_ref(start) : int_from_i64(1);
    for (PyObject *item; result != NULL && (item = iter_next(iterator)) != NULL;) {
        set_ref(result, number_multiply(result, item));
        decref(item);
    }
    decref(iterator);
    if (error_occurred()) {
        clear_ref(result);
    }
    return result;
}

// Whether a product of x and y is one of doubles: one is a float, the other a float, int or bool.
static bool
is_float_pair(PyObject *x, PyObject *y)
{
    bool a = float_check_exact(x);
    bool b = float_check_exact(y);
    return (a || b) && (a || int_check_exact(x) || bool_check(x))
           && (b || int_check_exact(y) || bool_check(y));
}

// Adds the exact product: 1; 0 when an int is too large for a double; -1 with an exception.
static int
add_float_product(ExactSum *sum, PyObject *x, PyObject *y)
{
    double a = float_as_double(x);
    double b = error_occurred() ? 0.0 : float_as_double(y);
    if (error_occurred()) {
        return error_clear_if(PyExc_OverflowError) ? 0 : -1;
    }
    double product = a * b;
    if (exact_add(sum, product) < 0
        || (isfinite(product) && exact_add(sum, fma(a, b, -product)) < 0)) {
        return -1;
    }
    return 1;
}

// Moves the sum of doubles into total, which is NULL on failure.
static void
flush_floats(PyObject **total, ExactSum *sum)
{
    PyObject *part = float_from_double(sum->has_special ? sum->specials : exact_round(sum));
    set_ref(*total, part != NULL ? number_add(*total, part) : NULL);
    xdecref(part);
    sum->count = 0;
    sum->specials = sum->infinities = 0.0;
    sum->has_special = false;
}

// Runs of floats are multiplied and summed exactly, everything else with * and + in its turn.
static PyObject *
math_sumprod(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("sumprod", nargs, 2, 2)) {
        return NULL;
    }
    PyObject *p = object_iter(args[0]);
    PyObject *q = p != NULL ? object_iter(args[1]) : NULL;
    PyObject *total = q != NULL ? int_from_i64(0) : NULL;
    ExactSum sum = {0};
    bool pending = false;       // sum is not empty
    while (total != NULL) {
        PyObject *x = iter_next(p);
        PyObject *y = x != NULL || !error_occurred() ? iter_next(q) : NULL;
        if (x == NULL || y == NULL) {
            if (!error_occurred() && (x != NULL || y != NULL)) {
                error_set(PyExc_ValueError, "Inputs are not the same length");
            }
            xdecref(x);
            xdecref(y);
            break;
        }
        int added = is_float_pair(x, y) ? add_float_product(&sum, x, y) : 0;
        if (added == 0) {
            if (pending) {
                flush_floats(&total, &sum);
            }
            PyObject *product = total != NULL ? number_multiply(x, y) : NULL;
            set_ref(total, product != NULL ? number_add(total, product) : NULL);
            xdecref(product);
        }
        pending = added > 0;
        decref(x);
        decref(y);
        if (added < 0) {
            clear_ref(total);
        }
    }
    if (error_occurred()) {
        clear_ref(total);
    }
    if (total != NULL && pending) {
        flush_floats(&total, &sum);
    }
    mem_free(sum.partials);
    xdecref(p);
    xdecref(q);
    return total;
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL

PyMethodDef math_sum_methods[] = {
    {"dist", FAST(math_dist),
     "dist($module, p, q, /)\n--\n\nReturn the Euclidean distance between two points p and q.\n\n"
     "The points should be specified as sequences (or iterables) of\n"
     "coordinates.  Both inputs must have the same dimension."},
    {"fsum", math_fsum, METH_O,
     "fsum($module, seq, /)\n--\n\nReturn an accurate floating-point sum of values in the "
     "iterable seq.\n\nAssumes IEEE-754 floating-point arithmetic."},
    {"hypot", FAST(math_hypot),
     "hypot($module, *coordinates)\n--\n\nMultidimensional Euclidean distance from the origin to "
     "a point."},
    {"prod", (PyCFunction)(void (*)(void))math_prod, METH_VARARGS | METH_KEYWORDS,
     "prod($module, iterable, /, *, start=1)\n--\n\n"
     "Calculate the product of all the elements in the input iterable.\n\n"
     "The default start value for the product is 1."},
    {"sumprod", FAST(math_sumprod),
     "sumprod($module, p, q, /)\n--\n\nReturn the sum of products of values from two iterables p "
     "and q."},
    {NULL, NULL, 0, NULL},
};
