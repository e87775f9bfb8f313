// Built-in functions about iteration: all, any, iter, next, aiter, anext, min, max, sorted, sum.
#include <math.h>

#include "base/checked.h"
#include "runtime/anext.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/bytearray.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/complex.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/number.h"
#include "objects/order.h"
#include "objects/object.h"
#include "objects/seqiter.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "runtime/builtins.h"

// ---- all, any ----

// Looks for an item whose truth is `wanted`: 1 found, 0 not, -1.
static int
find_truth(PyObject *iterable, int wanted)
{
    PyObject *iter = object_iter(iterable);
    if (iter == NULL) {
        return -1;
    }
    PyObject *item;
    int result = 0;
    int more;
    while ((more = iter_next_item(iter, &item)) > 0) {
        int truth = object_is_true(item);
        decref(item);
        if (truth < 0 || truth == wanted) {
            result = truth < 0 ? -1 : 1;
            break;
        }
    }
    decref(iter);
    return more < 0 ? -1 : result;
}

static PyObject *
builtin_all(PyObject *module, PyObject *iterable)
{
    int found = find_truth(iterable, 0);
    return found < 0 ? NULL : bool_from_int(!found);
}

static PyObject *
builtin_any(PyObject *module, PyObject *iterable)
{
    int found = find_truth(iterable, 1);
    return found < 0 ? NULL : bool_from_int(found);
}

// ---- iterators ----

static PyObject *
builtin_iter(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("iter", nargs, 1, 2)) {
        return NULL;
    }
    if (nargs == 1) {
        return object_iter(args[0]);
    }
    if (!object_callable(args[0])) {
        return error_set(PyExc_TypeError, "iter(v, w): v must be callable");
    }
    return call_iter_new(args[0], args[1]);
}

static PyObject *
builtin_next(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("next", nargs, 1, 2)) {
        return NULL;
    }
    PyObject *iter = args[0];
    if (!iter_check(iter)) {
        return error_format(PyExc_TypeError, "'%.200s' object is not an iterator",
                            type_of(iter)->tp_name);
    }
    PyObject *item = type_of(iter)->tp_iternext(iter);
    if (item != NULL) {
        return item;
    }
    if (nargs > 1) {
        if (error_occurred() && !error_clear_if(PyExc_StopIteration)) {
            return NULL;
        }
        return new_ref(args[1]);
    }
    if (!error_occurred()) {
        error_set_none(PyExc_StopIteration);
    }
    return NULL;
}

static PyObject *
builtin_aiter(PyObject *module, PyObject *async_iterable)
{
    return object_aiter(async_iterable);
}

static PyObject *
builtin_anext(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("anext", nargs, 1, 2)) {
        return NULL;
    }
    PyAsyncMethods *async = type_of(args[0])->tp_as_async;
    if (async == NULL || async->am_anext == NULL) {
        return error_format(PyExc_TypeError, "'%.200s' object is not an async iterator",
                            type_of(args[0])->tp_name);
    }
    PyObject *awaitable = async->am_anext(args[0]);
    if (awaitable == NULL || nargs == 1) {
        return awaitable;
    }
    PyObject *result = anext_awaitable_new(awaitable, args[1]);
    decref(awaitable);
    return result;
}

// ---- min, max ----

// *best becomes the better of *best and item (with their keys); consumes item and key. 0 or -1.
static int
keep_better_steal(PyObject *item, PyObject *key, int op, PyObject **best, PyObject **best_key)
{
    if (*best != NULL) {
        int better = op == Py_LT ? object_less_quick(key, *best_key)
                                 : object_less_quick(*best_key, key);
        if (better < 0) {
            better = object_richcompare_bool(key, *best_key, op);
        }
        if (better <= 0) {
            decref(item);
            decref(key);
            return better;
        }
    }
    set_ref(*best, item);
    set_ref(*best_key, key);
    return 0;
}

// The extreme of an iterator's items: new reference, NULL without an exception when there are
// none. keyfunc may be NULL.
static PyObject *
find_extreme(PyObject *iter, PyObject *keyfunc, int op)
{
    PyObject *best = NULL;
    PyObject *best_key = NULL;
    PyObject *item;
    int more;
    while ((more = iter_next_item(iter, &item)) > 0) {
        PyObject *key = keyfunc == NULL ? new_ref(item) : object_call_onearg(keyfunc, item);
        if (key == NULL) {
            decref(item);
            more = -1;
            break;
        }
        if (keep_better_steal(item, key, op, &best, &best_key) < 0) {
            more = -1;
            break;
        }
    }
    if (more < 0) {
        clear_ref(best);
    }
    xdecref(best_key);
    return best;
}

static PyObject *
min_max(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, int op, ArgsParser *parser,
        const char *name)
{
    if (nargs == 0) {
        return error_format(PyExc_TypeError, "%s expected at least 1 argument, got 0", name);
    }
    PyObject *keyfunc = NULL;
    PyObject *fallback = NULL;
    if (kwnames != NULL &&
        !args_parse_stack_keywords(args + nargs, 0, kwnames, parser, &keyfunc, &fallback)) {
        return NULL;
    }
    if (keyfunc == Py_None) {
        keyfunc = NULL;
    }
    PyObject *source;
    if (nargs > 1) {
        if (fallback != NULL) {
            return error_format(PyExc_TypeError,
                                "Cannot specify a default for %s() with multiple positional "
                                "arguments",
                                name);
        }
        source = tuple_from_array(args, nargs);
        if (source == NULL) {
            return NULL;
        }
    }
    else {
        source = new_ref(args[0]);
    }
    PyObject *iter = object_iter(source);
    decref(source);
    if (iter == NULL) {
        return NULL;
    }
    PyObject *best = find_extreme(iter, keyfunc, op);
    decref(iter);
    if (best == NULL && !error_occurred()) {
        if (fallback != NULL) {
            return new_ref(fallback);
        }
        error_format(PyExc_ValueError, "%s() iterable argument is empty", name);
    }
    return best;
}

static const char *const min_max_keywords[] = {"key", "default", NULL};

static PyObject *
builtin_min(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "|$OO:min", .keywords = min_max_keywords};
    return min_max(args, nargs, kwnames, Py_LT, &parser, "min");
}

static PyObject *
builtin_max(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "|$OO:max", .keywords = min_max_keywords};
    return min_max(args, nargs, kwnames, Py_GT, &parser, "max");
}

// ---- sorted ----

static PyObject *
builtin_sorted(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    if (!args_check_positional("sorted", nargs, 1, 1)) {
        return NULL;
    }
    PyObject *list = list_from_iterable(args[0]);
    if (list == NULL) {
        return NULL;
    }
    static const char *const keywords[] = {"key", "reverse", NULL};
    static ArgsParser parser = {.format = "|$Op:sort", .keywords = keywords};
    PyObject *key = Py_None;
    int reverse = 0;
    // Errors name list.sort, whose keywords these are.
    if (kwnames != NULL &&
        !args_parse_stack_keywords(args + 1, 0, kwnames, &parser, &key, &reverse)) {
        decref(list);
        return NULL;
    }
    if (list_sort_keywords(list, key == Py_None ? NULL : key, reverse != 0) < 0) {
        clear_ref(list);
    }
    return list;
}

// ---- sum ----

// A sum of doubles with the rounding errors collected separately (Neumaier).
typedef struct {
    double high;
    double low;
} CompensatedSum;

static inline void
compensated_add(CompensatedSum *sum, double x)
{
    double t = sum->high + x;
    sum->low += fabs(sum->high) >= fabs(x) ? (sum->high - t) + x : (x - t) + sum->high;
    sum->high = t;
}

static inline double
compensated_value(const CompensatedSum *sum)
{
    // A correction that is no number would spoil infinities.
    return sum->low != 0.0 && isfinite(sum->low) ? sum->high + sum->low : sum->high;
}

static inline bool
plain_int(PyObject *op)
{
    return int_check_exact(op) || bool_check(op);
}

// The phases of sum() hand over: each works while items have its kind; *item is the first item
// that has not (owned), NULL at the end. They return the total so far (owned), NULL on errors,
// and consume total.

static PyObject *
sum_ints(PyObject *iter, PyObject *total, PyObject **item)
{
    int overflow;
    int64_t sum = int_as_i64_overflow(total, &overflow);
    if (overflow != 0) {
        *item = iter_next(iter);
        return total;
    }
    decref(total);
    int more;
    while ((more = iter_next_item(iter, item)) > 0 && plain_int(*item)) {
        int64_t value = int_as_i64_overflow(*item, &overflow);
        int64_t next;
        if (overflow != 0 || __builtin_add_overflow(sum, value, &next)) {
            break;
        }
        sum = next;
        decref(*item);
    }
    if (more < 0) {
        return NULL;
    }
    return int_from_i64(sum);
}

static PyObject *
sum_floats(PyObject *iter, PyObject *total, PyObject **item)
{
    CompensatedSum sum = {float_value(total), 0.0};
    decref(total);
    // *item is the first one already.
    while (*item != NULL) {
        if (float_check_exact(*item)) {
            compensated_add(&sum, float_value(*item));
        }
        else if (int_check(*item)) {
            double value = int_as_double(*item);
            if (value == -1.0 && error_occurred()) {
                if (!error_clear_if(PyExc_OverflowError)) {
                    clear_ref(*item);
                    return NULL;
                }
                break;
            }
            compensated_add(&sum, value);
        }
        else {
            break;
        }
        decref(*item);
        *item = iter_next(iter);
    }
    return error_occurred() ? NULL : float_from_double(compensated_value(&sum));
}

static PyObject *
sum_complexes(PyObject *iter, PyObject *total, PyObject **item)
{
    Py_complex start = ((PyComplexObject *)total)->cval;
    CompensatedSum real = {start.real, 0.0};
    CompensatedSum imag = {start.imag, 0.0};
    decref(total);
    while (*item != NULL) {
        if (complex_check_exact(*item)) {
            Py_complex value = ((PyComplexObject *)*item)->cval;
            compensated_add(&real, value.real);
            compensated_add(&imag, value.imag);
        }
        else if (float_check(*item)) {
            compensated_add(&real, float_value(*item));
        }
        else if (int_check(*item)) {
            double value = int_as_double(*item);
            if (value == -1.0 && error_occurred()) {
                if (!error_clear_if(PyExc_OverflowError)) {
                    clear_ref(*item);
                    return NULL;
                }
                break;
            }
            compensated_add(&real, value);
        }
        else {
            break;
        }
        decref(*item);
        *item = iter_next(iter);
    }
    return error_occurred()
               ? NULL
               : complex_from_doubles(compensated_value(&real), compensated_value(&imag));
}

// total + item; consumes both.
static PyObject *
add_steal(PyObject *total, PyObject *item)
{
    PyObject *sum = number_add(total, item);
    decref(total);
    decref(item);
    return sum;
}

static PyObject *
sum_iterator(PyObject *iter, PyObject *total)
{
    PyObject *item = NULL;
    if (int_check_exact(total)) {
        total = sum_ints(iter, total, &item);
    }
    else {
        item = iter_next(iter);
    }
    // After an addition the total may have become a float or complex: the faster phases go on.
    while (total != NULL && item != NULL) {
        if (float_check_exact(total) && (float_check_exact(item) || int_check(item))) {
            total = sum_floats(iter, total, &item);
        }
        else if (complex_check_exact(total) &&
                 (complex_check_exact(item) || float_check(item) || int_check(item))) {
            total = sum_complexes(iter, total, &item);
        }
        if (total == NULL || item == NULL) {
            break;
        }
        total = add_steal(total, item);
        item = total == NULL ? NULL : iter_next(iter);
    }
    if (total == NULL || error_occurred()) {
        xdecref(total);
        return NULL;
    }
    return total;
}

static PyObject *
builtin_sum(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"", "start", NULL};
    static ArgsParser parser = {.keywords = keywords, .fname = "sum"};
    PyObject *given[2];
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 1, 2, 0, given)) {
        return NULL;
    }
    PyObject *iter = object_iter(given[0]);
    if (iter == NULL) {
        return NULL;
    }
    PyObject *start = given[1];
    const char *refused = NULL;
    if (start != NULL && str_check(start)) {
        refused = "sum() can't sum strings [use ''.join(seq) instead]";
    }
    else if (start != NULL && bytes_check(start)) {
        refused = "sum() can't sum bytes [use b''.join(seq) instead]";
    }
    else if (start != NULL && bytearray_check(start)) {
        refused = "sum() can't sum bytearray [use b''.join(seq) instead]";
    }
    PyObject *result = NULL;
    if (refused != NULL) {
        error_set(PyExc_TypeError, refused);
    }
    else {
        PyObject *total = start == NULL ? int_from_i64(0) : new_ref(start);
        result = total == NULL ? NULL : sum_iterator(iter, total);
    }
    decref(iter);
    return result;
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL
#define FAST_KEYWORDS(function) \
    (PyCFunction)(void (*)(void))(function), METH_FASTCALL | METH_KEYWORDS

PyMethodDef builtins_iter_methods[] = {
    {"aiter", builtin_aiter, METH_O,
     "aiter($module, async_iterable, /)\n--\n\n"
     "Return an AsyncIterator for an AsyncIterable object."},
    {"all", builtin_all, METH_O,
     "all($module, iterable, /)\n--\n\n"
     "Return True if bool(x) is True for all values x in the iterable.\n\n"
     "If the iterable is empty, return True."},
    {"anext", FAST(builtin_anext),
     "anext($module, aiterator, default=<unrepresentable>, /)\n--\n\n"
     "Return the next item from the async iterator.\n\n"
     "If default is given and the async iterator is exhausted,\n"
     "it is returned instead of raising StopAsyncIteration."},
    {"any", builtin_any, METH_O,
     "any($module, iterable, /)\n--\n\n"
     "Return True if bool(x) is True for any x in the iterable.\n\n"
     "If the iterable is empty, return False."},
    {"iter", FAST(builtin_iter),
     "iter(iterable) -> iterator\niter(callable, sentinel) -> iterator\n\n"
     "Get an iterator from an object.\n"
     "In the first form, the argument must supply its own iterator, or be a sequence.\n"
     "In the second form, the callable is called until it returns the sentinel."},
    {"max", FAST_KEYWORDS(builtin_max),
     "max(iterable, *[, default=obj, key=func]) -> value\n"
     "max(arg1, arg2, *args, *[, key=func]) -> value\n\n"
     "With a single iterable argument, return its biggest item. The\n"
     "default keyword-only argument specifies an object to return if\n"
     "the provided iterable is empty.\n"
     "With two or more positional arguments, return the largest argument."},
    {"min", FAST_KEYWORDS(builtin_min),
     "min(iterable, *[, default=obj, key=func]) -> value\n"
     "min(arg1, arg2, *args, *[, key=func]) -> value\n\n"
     "With a single iterable argument, return its smallest item. The\n"
     "default keyword-only argument specifies an object to return if\n"
     "the provided iterable is empty.\n"
     "With two or more positional arguments, return the smallest argument."},
    {"next", FAST(builtin_next),
     "next(iterator[, default])\n\n"
     "Return the next item from the iterator.\n"
     "If default is given and the iterator is exhausted,\n"
     "it is returned instead of raising StopIteration."},
    {"sorted", FAST_KEYWORDS(builtin_sorted),
     "sorted($module, iterable, /, *, key=None, reverse=False)\n--\n\n"
     "Return a new list containing all items from the iterable in ascending order.\n\n"
     "A custom key function can be supplied to customize the sort order, and the\n"
     "reverse flag can be set to request the result in descending order."},
    {"sum", FAST_KEYWORDS(builtin_sum),
     "sum($module, iterable, /, start=0)\n--\n\n"
     "Return the sum of a 'start' value (default: 0) plus an iterable of numbers\n\n"
     "When the iterable is empty, return the start value.\n"
     "This function is intended specifically for use with numeric values and may\n"
     "reject non-numeric types."},
    {NULL, NULL, 0, NULL},
};
