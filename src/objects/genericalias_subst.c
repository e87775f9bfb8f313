// Type parameters of generic aliases and unions: finding them, substituting for them.
//
// A parameter is anything with __typing_subst__ (TypeVar, ParamSpec, TypeVarTuple); a nested alias has
// __parameters__. Works on objects of the typing module through these attributes only.
//
// Threading: no state.
#include "objects/call.h"
#include "objects/error.h"
#include "objects/genericalias_internal.h"
#include "objects/list.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

// ---- finding ----

static Py_ssize_t
index_of(PyObject *items, PyObject *item)
{
    for (Py_ssize_t i = 0; i < tuple_size(items); i++) {
        if (tuple_item(items, i) == item) {
            return i;
        }
    }
    return -1;
}

static int
append_unique(PyObject *list, PyObject *item)
{
    for (Py_ssize_t i = 0; i < list_size(list); i++) {
        if (list_item_borrow(list, i) == item) {
            return 0;
        }
    }
    return list_append(list, item);
}

static int collect_all(PyObject *list, PyObject *args);

static int
collect(PyObject *list, PyObject *arg)
{
    if (type_check(arg)) {
        return 0;
    }
    if (tuple_check(arg) || list_check(arg)) {
        PyObject *items = sequence_tuple(arg);
        int result = items == NULL ? -1 : thread_enter_c(" while collecting type parameters");
        if (result == 0) {
            result = collect_all(list, items);
            thread_leave_c();
        }
        xdecref(items);
        return result;
    }
    int is_parameter = object_hasattr(arg, ID(__typing_subst__));
    if (is_parameter != 0) {
        return is_parameter < 0 ? -1 : append_unique(list, arg);
    }
    PyObject *nested;
    int found = object_getattr_optional(arg, ID(__parameters__), &nested);
    if (found > 0 && tuple_check(nested)) {
        for (Py_ssize_t i = 0; found > 0 && i < tuple_size(nested); i++) {
            if (append_unique(list, tuple_item(nested, i)) < 0) {
                found = -1;
            }
        }
    }
    xdecref(nested);
    return found < 0 ? -1 : 0;
}

static int
collect_all(PyObject *list, PyObject *args)
{
    for (Py_ssize_t i = 0; i < tuple_size(args); i++) {
        if (collect(list, tuple_item(args, i)) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *
genericalias_parameters(PyObject *args)
{
    PyObject *list = list_new(0);
    PyObject *result = NULL;
    if (list != NULL && collect_all(list, args) == 0) {
        result = list_as_tuple(list);
    }
    xdecref(list);
    return result;
}

// ---- unpacking the given arguments ----

// The arguments of *tuple[int, str]: a tuple, or NULL (exception or not).
static PyObject *
unpacked_args(PyObject *item)
{
    PyObject *args;
    if (type_check(item) ||
        object_getattr_optional(item, ID(__typing_unpacked_tuple_args__), &args) <= 0) {
        return NULL;
    }
    bool open_ended = tuple_check(args) && tuple_size(args) > 0 &&
                      tuple_item(args, tuple_size(args) - 1) == Py_Ellipsis;
    if (!tuple_check(args) || open_ended) {
        clear_ref(args);
    }
    return args;
}

static int
extend(PyObject *list, PyObject *tuple)
{
    for (Py_ssize_t i = 0; i < tuple_size(tuple); i++) {
        if (list_append(list, tuple_item(tuple, i)) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
unpack_items(PyObject *item)
{
    PyObject *items = tuple_check(item) ? new_ref(item) : tuple_pack(1, item);
    PyObject *list = items == NULL ? NULL : list_new(0);
    int failed = list == NULL;
    for (Py_ssize_t i = 0; !failed && i < tuple_size(items); i++) {
        PyObject *args = unpacked_args(tuple_item(items, i));
        if (args != NULL) {
            failed = extend(list, args) < 0;
            decref(args);
        }
        else {
            failed = error_occurred() || list_append(list, tuple_item(items, i)) < 0;
        }
    }
    PyObject *result = failed ? NULL : list_as_tuple(list);
    xdecref(list);
    xdecref(items);
    return result;
}

// ---- substituting ----

// What a nested alias becomes: obj[its own parameters replaced].
static PyObject *
substitute_nested(PyObject *obj, PyObject *parameters, PyObject *values)
{
    PyObject *nested;
    int found = object_getattr_optional(obj, ID(__parameters__), &nested);
    if (found < 0) {
        return NULL;
    }
    if (found == 0 || !tuple_check(nested) || tuple_size(nested) == 0) {
        xdecref(nested);
        return new_ref(obj);
    }
    PyObject *list = list_new(0);
    int failed = list == NULL;
    for (Py_ssize_t i = 0; !failed && i < tuple_size(nested); i++) {
        PyObject *parameter = tuple_item(nested, i);
        Py_ssize_t at = index_of(parameters, parameter);
        if (at < 0) {
            failed = list_append(list, parameter) < 0;
            continue;
        }
        PyObject *value = tuple_item(values, at);
        // A TypeVarTuple (the one iterable kind) stands for several arguments.
        failed = type_of(parameter)->tp_iter != NULL && tuple_check(value)
                     ? extend(list, value) < 0 : list_append(list, value) < 0;
    }
    decref(nested);
    PyObject *args = failed ? NULL : list_as_tuple(list);
    xdecref(list);
    PyObject *result = args == NULL ? NULL : object_getitem(obj, args);
    xdecref(args);
    return result;
}

static PyObject *substitute_all(PyObject *args, PyObject *parameters, PyObject *values);

// The arguments of a nested list or tuple.
static PyObject *
substitute_sequence(PyObject *arg, PyObject *parameters, PyObject *values)
{
    PyObject *items = sequence_tuple(arg);
    PyObject *result = NULL;
    if (items != NULL && thread_enter_c(" while substituting type parameters") == 0) {
        result = substitute_all(items, parameters, values);
        thread_leave_c();
    }
    xdecref(items);
    if (result != NULL && list_check(arg)) {
        PyObject *list = sequence_list(result);
        decref(result);
        result = list;
    }
    return result;
}

static PyObject *
substitute_one(PyObject *arg, PyObject *parameters, PyObject *values)
{
    if (tuple_check(arg) || list_check(arg)) {
        return substitute_sequence(arg, parameters, values);
    }
    PyObject *substitute;
    int found = object_getattr_optional(arg, ID(__typing_subst__), &substitute);
    if (found < 0) {
        return NULL;
    }
    if (found == 0) {
        return substitute_nested(arg, parameters, values);
    }
    Py_ssize_t at = index_of(parameters, arg);
    PyObject *result = at < 0 ? new_ref(arg)
                              : object_call_onearg(substitute, tuple_item(values, at));
    decref(substitute);
    return result;
}

static int
is_unpacked_typevartuple(PyObject *arg)
{
    PyObject *flag;
    if (type_check(arg)) {
        return 0;
    }
    int found = object_getattr_optional(arg, ID(__typing_is_unpacked_typevartuple__), &flag);
    if (found <= 0) {
        return found;
    }
    int truth = object_is_true(flag);
    decref(flag);
    return truth;
}

static PyObject *
substitute_all(PyObject *args, PyObject *parameters, PyObject *values)
{
    PyObject *list = list_new(0);
    int failed = list == NULL;
    for (Py_ssize_t i = 0; !failed && i < tuple_size(args); i++) {
        PyObject *arg = tuple_item(args, i);
        if (type_check(arg)) {
            failed = list_append(list, arg) < 0;
            continue;
        }
        int unpack = is_unpacked_typevartuple(arg);
        PyObject *value = unpack < 0 ? NULL : substitute_one(arg, parameters, values);
        if (value == NULL) {
            failed = 1;
        }
        else if (unpack && tuple_check(value)) {
            failed = extend(list, value) < 0;
        }
        else if (unpack) {
            error_format(PyExc_TypeError, "expected __typing_subst__ of %T objects to return a tuple, "
                         "not %T", arg, value);
            failed = 1;
        }
        else {
            failed = list_append(list, value) < 0;
        }
        xdecref(value);
    }
    PyObject *result = failed ? NULL : list_as_tuple(list);
    xdecref(list);
    return result;
}

// Lets each parameter arrange the values (defaults, TypeVarTuple, ParamSpec): consumes values.
static PyObject *
prepare_steal(PyObject *self, PyObject *parameters, PyObject *values)
{
    for (Py_ssize_t i = 0; values != NULL && i < tuple_size(parameters); i++) {
        PyObject *prepare;
        int found = object_getattr_optional(tuple_item(parameters, i),
                                            ID(__typing_prepare_subst__), &prepare);
        if (found < 0) {
            clear_ref(values);
        }
        if (found > 0 && prepare != Py_None) {
            PyObject *prepared = object_call_twoargs(prepare, self, values);
            decref(values);
            values = prepared == NULL ? NULL : tuple_check(prepared) ? new_ref(prepared)
                                                                     : tuple_pack(1, prepared);
            xdecref(prepared);
        }
        xdecref(prepare);
    }
    return values;
}

PyObject *
genericalias_substitute(PyObject *self, PyObject *args, PyObject *parameters, PyObject *item)
{
    Py_ssize_t expected = tuple_size(parameters);
    if (expected == 0) {
        return error_format(PyExc_TypeError, "%R is not a generic class", self);
    }
    PyObject *values = unpack_items(item);
    if (values != NULL) {
        values = prepare_steal(self, parameters, values);
    }
    if (values == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    Py_ssize_t given = tuple_size(values);
    if (given != expected) {
        error_format(PyExc_TypeError, "Too %s arguments for %R; actual %zd, expected %zd",
                     given > expected ? "many" : "few", self, given, expected);
    }
    else {
        result = substitute_all(args, parameters, values);
    }
    decref(values);
    return result;
}
