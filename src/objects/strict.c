// What zip and map share. See strict_internal.h.
//
// Threading: no state.
#include "objects/strict_internal.h"

#include "objects/args.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"

int
strict_keyword(PyObject *kwargs, const char *name, bool check)
{
    if (kwargs == NULL || dict_size(kwargs) == 0) {
        return 0;
    }
    PyObject *value;
    int found = dict_get(kwargs, ID(strict), &value);
    if (found < 0) {
        return -1;
    }
    int strict = 0;
    if (found > 0) {
        strict = object_is_true(value);
        decref(value);
    }
    if (strict < 0 || !check || dict_size(kwargs) == found) {
        return strict;
    }
    Py_ssize_t pos = 0;
    PyObject *key;
    while (dict_next(kwargs, &pos, &key, NULL) > 0) {
        bool other = !str_check(key) || !str_equal_cstr(key, "strict");
        if (other) {
            error_format(PyExc_TypeError, "%s() got an unexpected keyword argument '%S'", name, key);
        }
        decref(key);
        if (other) {
            break;
        }
    }
    return -1;
}

PyObject *
strict_iterators(PyObject *args, Py_ssize_t first)
{
    Py_ssize_t n = tuple_size(args) - first;
    PyObject *iterators = tuple_new(n);
    for (Py_ssize_t i = 0; iterators != NULL && i < n; i++) {
        PyObject *iterator = object_iter(tuple_item(args, first + i));
        if (iterator == NULL) {
            clear_ref(iterators);
        }
        else {
            tuple_set_item_steal(iterators, i, iterator);
        }
    }
    return iterators;
}

void
strict_check(PyObject *iterators, Py_ssize_t at, const char *name)
{
    if (error_occurred() && !error_clear_if(PyExc_StopIteration)) {
        return;
    }
    // "argument 2 is shorter than argument 1", "argument 3 is shorter than arguments 1-2"
    if (at > 0) {
        error_format(PyExc_ValueError, "%s() argument %zd is shorter than argument%s%zd", name,
                     at + 1, at == 1 ? " " : "s 1-", at);
        return;
    }
    for (Py_ssize_t i = 1; i < tuple_size(iterators); i++) {
        PyObject *iterator = tuple_item(iterators, i);
        PyObject *item = type_of(iterator)->tp_iternext(iterator);
        if (item != NULL) {
            decref(item);
            error_format(PyExc_ValueError, "%s() argument %zd is longer than argument%s%zd", name,
                         i + 1, i == 1 ? " " : "s 1-", i);
            return;
        }
        if (error_occurred() && !error_clear_if(PyExc_StopIteration)) {
            return;
        }
    }
}
