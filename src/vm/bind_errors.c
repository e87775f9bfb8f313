// Messages for arguments that do not fit (bind_args.h).
#include "objects/error.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/suggestions.h"
#include "objects/tuple.h"
#include "vm/bind_args.h"

static int
bind_error_no_positional_parameter(PyFunctionObject *func, PyCodeObject *code, Py_ssize_t given,
                                   Py_ssize_t given_keywords)
{
    PyObject *defaults = func->func_defaults;
    Py_ssize_t ndefaults = defaults == NULL ? 0 : tuple_size(defaults);
    Py_ssize_t most = code->co_argcount, least = most - ndefaults;
    PyObject *signature = ndefaults > 0 ? str_format("from %zd to %zd", least, most)
                                        : str_format("%zd", most);
    PyObject *keywords =
        given_keywords == 0
            ? str_empty()
            : str_format(" positional argument%s (and %zd keyword-only argument%s)",
                         given != 1 ? "s" : "", given_keywords, given_keywords != 1 ? "s" : "");
    if (signature != NULL && keywords != NULL) {
        bool plural = ndefaults > 0 || most != 1;
        error_format(PyExc_TypeError, "%U() takes %U positional argument%s but %zd%U %s given",
                     func->func_qualname, signature, plural ? "s" : "", given, keywords,
                     given == 1 && given_keywords == 0 ? "was" : "were");
    }
    xdecref(signature);
    xdecref(keywords);
    return -1;
}

int
bind_error_too_many(PyFunctionObject *func, PyCodeObject *code, const Value *regs, Py_ssize_t given)
{
    Py_ssize_t given_keywords = 0;
    for (Py_ssize_t i = 0; i < code->co_kwonlyargcount; i++) {
        given_keywords += regs[code->co_argcount + i] != VALUE_UNSET;
    }
    return bind_error_no_positional_parameter(func, code, given, given_keywords);
}

// "'a'", "'a' and 'b'", "'a', 'b', and 'c'"
static PyObject *
bind_join_names(PyObject *list)
{
    Py_ssize_t n = list_size(list);
    PyObject *text = new_ref(list_item_borrow(list, 0));
    for (Py_ssize_t i = 1; i < n && text != NULL; i++) {
        const char *separator = n == 2 ? " and " : i == n - 1 ? ", and " : ", ";
        PyObject *longer = str_format("%U%s%U", text, separator, list_item_borrow(list, i));
        decref(text);
        text = longer;
    }
    return text;
}

int
bind_error_missing(PyFunctionObject *func, PyCodeObject *code, const Value *regs, Py_ssize_t first,
                   Py_ssize_t last, bool keyword_only)
{
    PyObject *names = list_new(0);
    PyObject *joined = NULL;
    if (names == NULL) {
        return -1;
    }
    for (Py_ssize_t i = first; i < last; i++) {
        if (regs[i] == VALUE_UNSET) {
            PyObject *name = object_repr(tuple_item(code->co_localsplusnames, i));
            if (name == NULL || list_append_steal(names, name) < 0) {
                goto done;
            }
        }
    }
    joined = bind_join_names(names);
    if (joined != NULL) {
        error_format(PyExc_TypeError, "%U() missing %zd required %s argument%s: %U",
                     func->func_qualname, list_size(names),
                     keyword_only ? "keyword-only" : "positional",
                     list_size(names) == 1 ? "" : "s", joined);
    }
done:
    xdecref(joined);
    decref(names);
    return -1;
}

// Names of positional-only parameters among kwnames: "got some positional-only arguments passed
// as keyword arguments". 1 with that error, 0 when there are none, -1.
static int
bind_error_positional_only(PyFunctionObject *func, PyCodeObject *code, PyObject *kwnames)
{
    PyObject *names = list_new(0);
    if (names == NULL) {
        return -1;
    }
    int result = 0;
    for (Py_ssize_t i = 0; i < code->co_posonlyargcount && result == 0; i++) {
        PyObject *parameter = tuple_item(code->co_localsplusnames, i);
        for (Py_ssize_t j = 0; j < tuple_size(kwnames); j++) {
            if (str_check(tuple_item(kwnames, j)) && str_equal(tuple_item(kwnames, j), parameter)) {
                result = list_append(names, parameter);
                break;
            }
        }
    }
    if (result == 0 && list_size(names) > 0) {
        PyObject *separator = str_from_cstr(", ");
        PyObject *joined = separator == NULL ? NULL : str_join(separator, names);
        if (joined != NULL) {
            error_format(PyExc_TypeError,
                         "%U() got some positional-only arguments passed as keyword arguments: '%U'",
                         func->func_qualname, joined);
        }
        xdecref(separator);
        xdecref(joined);
        result = 1;
    }
    decref(names);
    return result;
}

int
bind_error_unexpected(PyFunctionObject *func, PyCodeObject *code, PyObject *name,
                      PyObject *kwnames)
{
    if (code->co_posonlyargcount > 0 && bind_error_positional_only(func, code, kwnames) != 0) {
        return -1;
    }
    PyObject *possible = tuple_slice(code->co_localsplusnames, code->co_posonlyargcount,
                                     code->co_argcount + code->co_kwonlyargcount);
    if (possible == NULL) {
        return -1;
    }
    PyObject *near = suggestion_find(possible, name);
    decref(possible);
    if (near != NULL) {
        error_format(PyExc_TypeError,
                     "%U() got an unexpected keyword argument '%S'. Did you mean '%S'?",
                     func->func_qualname, name, near);
        decref(near);
    }
    else {
        error_format(PyExc_TypeError, "%U() got an unexpected keyword argument '%S'",
                     func->func_qualname, name);
    }
    return -1;
}

int
bind_error_multiple(PyFunctionObject *func, PyObject *name)
{
    error_format(PyExc_TypeError, "%U() got multiple values for argument '%S'", func->func_qualname,
                 name);
    return -1;
}
