// Calling objects: see call.h.
//
// Short argument vectors live on the C stack; longer ones are allocated. A vector keeps one
// writable word before its first argument, so that callees can prepend self without copying.
// Stateless.
#include "objects/call.h"

#include <stdarg.h>

#include "memory/alloc.h"
#include "objects/build.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/module.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

// Arguments that fit on the C stack.
#define SMALL_VECTOR 8

// ---- results ----

PyObject *
call_check_result(PyObject *callable, PyObject *result, const char *where)
{
    if (__builtin_expect((result == NULL) == error_occurred(), 1)) {
        return result;
    }
    if (result == NULL) {
        if (callable != NULL) {
            error_format(PyExc_SystemError, "%R returned NULL without setting an exception",
                         callable);
        }
        else {
            error_format(PyExc_SystemError, "%s returned NULL without setting an exception", where);
        }
        return NULL;
    }
    decref(result);
    if (callable != NULL) {
        error_format_from_cause(PyExc_SystemError, "%R returned a result with an exception set",
                                callable);
    }
    else {
        error_format_from_cause(PyExc_SystemError, "%s returned a result with an exception set",
                                where);
    }
    return NULL;
}

// A module is often called instead of the class of the same name in it: then "mod.mod" if that
// can be called, else NULL. New reference; never raises.
static PyObject *
module_callable_hint(PyObject *module)
{
    PyObject *name = module_get_name(module);
    PyObject *attribute = NULL;
    PyObject *hint = NULL;
    if (name != NULL && object_getattr_optional(module, name, &attribute) > 0 &&
        object_callable(attribute)) {
        hint = str_format("%U.%U", name, name);
    }
    xdecref(name);
    xdecref(attribute);
    error_clear();
    return hint;
}

static PyObject *
not_callable(PyObject *callable)
{
    if (module_check(callable)) {
        PyObject *hint = module_callable_hint(callable);
        if (hint != NULL) {
            error_format(PyExc_TypeError,
                         "'%.200s' object is not callable. Did you mean: '%U(...)'?",
                         type_of(callable)->tp_name, hint);
            decref(hint);
            return NULL;
        }
    }
    return error_format(PyExc_TypeError, "'%.200s' object is not callable",
                        type_of(callable)->tp_name);
}

// ---- vectors from dicts and back ----

PyObject *
call_stack_as_dict(PyObject *const *values, PyObject *kwnames)
{
    return dict_from_keywords(values, kwnames);
}

PyObject *const *
call_stack_unpack_dict(PyObject *const *args, Py_ssize_t nargs, PyObject *kwargs,
                       PyObject **kwnames)
{
    PyObject *items = dict_items_list(kwargs);
    if (items == NULL) {
        return NULL;
    }
    Py_ssize_t n = size_of(items);
    PyObject **stack = NULL;
    *kwnames = tuple_new(n);
    if (*kwnames == NULL) {
        goto done;
    }
    stack = mem_alloc_array((size_t)(1 + nargs + n), sizeof(PyObject *));
    if (stack == NULL) {
        clear_ref(*kwnames);
        error_no_memory();
        goto done;
    }
    stack++;
    for (Py_ssize_t i = 0; i < nargs; i++) {
        stack[i] = new_ref(args[i]);
    }
    bool all_str = true;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *pair = ((PyListObject *)items)->ob_item[i];
        PyObject *key = tuple_item_borrow(pair, 0);
        all_str &= str_check(key);
        tuple_set_item_steal(*kwnames, i, new_ref(key));
        stack[nargs + i] = new_ref(tuple_item_borrow(pair, 1));
    }
    if (!all_str) {
        call_stack_unpack_free(stack, nargs, *kwnames);
        stack = NULL;
        *kwnames = NULL;
        error_set(PyExc_TypeError, "keywords must be strings");
    }
done:
    decref(items);
    return stack;
}

void
call_stack_unpack_free(PyObject *const *stack, Py_ssize_t nargs, PyObject *kwnames)
{
    Py_ssize_t n = tuple_size(kwnames) + nargs;
    for (Py_ssize_t i = 0; i < n; i++) {
        decref(stack[i]);
    }
    mem_free((void *)(stack - 1));
    decref(kwnames);
}

// ---- calls ----

// tp_call with arguments that are a tuple and a dict already.
static PyObject *
call_slot(PyObject *callable, PyObject *args, PyObject *kwargs)
{
    ternaryfunc call = type_of(callable)->tp_call;
    if (call == NULL) {
        return not_callable(callable);
    }
    if (thread_enter_c(" while calling a Python object") < 0) {
        return NULL;
    }
    PyObject *result = call(callable, args, kwargs);
    thread_leave_c();
    return call_check_result(callable, result, NULL);
}

PyObject *
object_make_tp_call(PyObject *callable, PyObject *const *args, Py_ssize_t nargs,
                    PyObject *keywords)
{
    if (type_of(callable)->tp_call == NULL) {
        return not_callable(callable);
    }
    PyObject *tuple = tuple_from_array(args, nargs);
    if (tuple == NULL) {
        return NULL;
    }
    PyObject *kwargs = NULL;
    if (keywords == NULL || dict_check(keywords)) {
        kwargs = xnew_ref(keywords);
    }
    else if (tuple_size(keywords) > 0) {
        kwargs = call_stack_as_dict(args + nargs, keywords);
        if (kwargs == NULL) {
            decref(tuple);
            return NULL;
        }
    }
    PyObject *result = call_slot(callable, tuple, kwargs);
    decref(tuple);
    xdecref(kwargs);
    return result;
}

PyObject *
object_vectorcall(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    vectorcallfunc vectorcall = vectorcall_function(callable);
    if (__builtin_expect(vectorcall == NULL, 0)) {
        return object_make_tp_call(callable, args, vectorcall_nargs(nargsf), kwnames);
    }
    return call_check_result(callable, vectorcall(callable, args, nargsf, kwnames), NULL);
}

// Vectorcall with keywords of a dict that is not empty.
static PyObject *
vectorcall_with_dict(vectorcallfunc vectorcall, PyObject *callable, PyObject *const *args,
                     Py_ssize_t nargs, PyObject *kwargs)
{
    PyObject *kwnames;
    PyObject *const *stack = call_stack_unpack_dict(args, nargs, kwargs, &kwnames);
    if (stack == NULL) {
        return NULL;
    }
    PyObject *result =
        vectorcall(callable, stack, (size_t)nargs | PY_VECTORCALL_ARGUMENTS_OFFSET, kwnames);
    call_stack_unpack_free(stack, nargs, kwnames);
    return call_check_result(callable, result, NULL);
}

PyObject *
object_vectorcall_dict(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *kwargs)
{
    Py_ssize_t nargs = vectorcall_nargs(nargsf);
    vectorcallfunc vectorcall = vectorcall_function(callable);
    if (vectorcall == NULL) {
        return object_make_tp_call(callable, args, nargs, kwargs);
    }
    if (kwargs == NULL || dict_size(kwargs) == 0) {
        return call_check_result(callable, vectorcall(callable, args, nargsf, NULL), NULL);
    }
    return vectorcall_with_dict(vectorcall, callable, args, nargs, kwargs);
}

PyObject *
vectorcall_call(PyObject *callable, PyObject *args, PyObject *kwargs)
{
    PyTypeObject *type = type_of(callable);
    Py_ssize_t offset = type->tp_vectorcall_offset;
    vectorcallfunc vectorcall = offset <= 0 ? NULL : *(vectorcallfunc *)((char *)callable + offset);
    if (vectorcall == NULL) {
        return error_format(PyExc_TypeError, "'%.200s' object does not support vectorcall",
                            type->tp_name);
    }
    Py_ssize_t nargs = tuple_size(args);
    if (kwargs == NULL || dict_size(kwargs) == 0) {
        return call_check_result(
            callable, vectorcall(callable, tuple_items(args), (size_t)nargs, NULL), NULL);
    }
    return vectorcall_with_dict(vectorcall, callable, tuple_items(args), nargs, kwargs);
}

PyObject *
object_call(PyObject *callable, PyObject *args, PyObject *kwargs)
{
    vectorcallfunc vectorcall = vectorcall_function(callable);
    if (vectorcall != NULL) {
        return vectorcall_call(callable, args, kwargs);
    }
    return call_slot(callable, args, kwargs);
}

PyObject *
object_call_prepend(PyObject *callable, PyObject *self, PyObject *args, PyObject *kwargs)
{
    Py_ssize_t nargs = tuple_size(args);
    PyObject *small[SMALL_VECTOR];
    PyObject **stack = small;
    if (nargs + 1 > SMALL_VECTOR) {
        stack = mem_alloc_array((size_t)nargs + 1, sizeof(PyObject *));
        if (stack == NULL) {
            return error_no_memory();
        }
    }
    stack[0] = self;
    memcpy(stack + 1, tuple_items(args), (size_t)nargs * sizeof(PyObject *));
    PyObject *result = object_vectorcall_dict(callable, stack, (size_t)nargs + 1, kwargs);
    if (stack != small) {
        mem_free(stack);
    }
    return result;
}

PyObject *
object_vectorcall_prepend(PyObject *callable, PyObject *self, PyObject *const *args, size_t nargsf,
                          PyObject *kwnames)
{
    Py_ssize_t nargs = vectorcall_nargs(nargsf);
    if (nargsf & PY_VECTORCALL_ARGUMENTS_OFFSET) {
        // The word before the arguments is ours to use until we return.
        PyObject **extended = (PyObject **)args - 1;
        PyObject *saved = extended[0];
        extended[0] = self;
        PyObject *result = object_vectorcall(callable, extended, (size_t)nargs + 1, kwnames);
        extended[0] = saved;
        return result;
    }
    Py_ssize_t total = nargs + (kwnames == NULL ? 0 : tuple_size(kwnames));
    PyObject *small[SMALL_VECTOR];
    PyObject **stack = small;
    if (total + 1 > SMALL_VECTOR) {
        stack = mem_alloc_array((size_t)total + 1, sizeof(PyObject *));
        if (stack == NULL) {
            return error_no_memory();
        }
    }
    stack[0] = self;
    if (total > 0) {
        memcpy(stack + 1, args, (size_t)total * sizeof(PyObject *));
    }
    PyObject *result = object_vectorcall(callable, stack, (size_t)nargs + 1, kwnames);
    if (stack != small) {
        mem_free(stack);
    }
    return result;
}

PyObject *
object_call_noargs(PyObject *callable)
{
    PyObject *stack[1] = {NULL};
    return object_vectorcall(callable, stack + 1, PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}

PyObject *
object_call_onearg(PyObject *callable, PyObject *arg)
{
    PyObject *stack[2] = {NULL, arg};
    return object_vectorcall(callable, stack + 1, 1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}

PyObject *
object_call_twoargs(PyObject *callable, PyObject *a, PyObject *b)
{
    PyObject *stack[3] = {NULL, a, b};
    return object_vectorcall(callable, stack + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}

// Calls with `first` (unless NULL) and the arguments of a list that ends with NULL.
static PyObject *
call_va(PyObject *callable, PyObject *first, va_list va)
{
    va_list counter;
    va_copy(counter, va);
    Py_ssize_t n = first != NULL;
    while (va_arg(counter, PyObject *) != NULL) {
        n++;
    }
    va_end(counter);
    PyObject *small[SMALL_VECTOR];
    PyObject **stack = small;
    if (n + 1 > SMALL_VECTOR) {
        stack = mem_alloc_array((size_t)n + 1, sizeof(PyObject *));
        if (stack == NULL) {
            return error_no_memory();
        }
    }
    Py_ssize_t i = 1;
    stack[0] = NULL;
    if (first != NULL) {
        stack[i++] = first;
    }
    while (i <= n) {
        stack[i++] = va_arg(va, PyObject *);
    }
    PyObject *result =
        object_vectorcall(callable, stack + 1, (size_t)n | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    if (stack != small) {
        mem_free(stack);
    }
    return result;
}

PyObject *
object_call_objargs(PyObject *callable, ...)
{
    va_list va;
    va_start(va, callable);
    PyObject *result = call_va(callable, NULL, va);
    va_end(va);
    return result;
}

// ---- methods ----

PyObject *
object_vectorcall_method(PyObject *name, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    PyObject *callable;
    int unbound = object_get_method(args[0], name, &callable);
    if (unbound < 0) {
        return NULL;
    }
    if (unbound) {
        // args[-1] no longer is free: what was said about args is true for args + 1 only.
        nargsf &= ~PY_VECTORCALL_ARGUMENTS_OFFSET;
    }
    else {
        // Without self; the word of self is free for the callee meanwhile.
        args++;
        nargsf = (size_t)(vectorcall_nargs(nargsf) - 1);
    }
    PyObject *result = object_vectorcall(callable, args, nargsf, kwnames);
    decref(callable);
    return result;
}

PyObject *
object_call_method_noargs(PyObject *op, PyObject *name)
{
    PyObject *stack[1] = {op};
    return object_vectorcall_method(name, stack, 1, NULL);
}

PyObject *
object_call_method_onearg(PyObject *op, PyObject *name, PyObject *arg)
{
    PyObject *stack[2] = {op, arg};
    return object_vectorcall_method(name, stack, 2, NULL);
}

PyObject *
object_call_method(PyObject *op, PyObject *name, ...)
{
    PyObject *callable;
    int unbound = object_get_method(op, name, &callable);
    if (unbound < 0) {
        return NULL;
    }
    va_list va;
    va_start(va, name);
    PyObject *result = call_va(callable, unbound ? op : NULL, va);
    va_end(va);
    decref(callable);
    return result;
}

// ---- calls by format ----

static PyObject *
call_format_v(PyObject *callable, const char *format, va_list va)
{
    if (format == NULL || *format == '\0') {
        return object_call_noargs(callable);
    }
    PyObject *args = value_build_tuple_v(format, va);
    if (args == NULL) {
        return NULL;
    }
    // A single tuple is the argument list itself.
    if (tuple_size(args) == 1 && format[0] != '(' && tuple_check_exact(tuple_item_borrow(args, 0))) {
        set_ref(args, new_ref(tuple_item_borrow(args, 0)));
    }
    PyObject *result = object_call(callable, args, NULL);
    decref(args);
    return result;
}

PyObject *
object_call_format(PyObject *callable, const char *format, ...)
{
    va_list va;
    va_start(va, format);
    PyObject *result = call_format_v(callable, format, va);
    va_end(va);
    return result;
}

PyObject *
object_call_method_format(PyObject *op, const char *name, const char *format, ...)
{
    PyObject *callable = object_getattr_cstr(op, name);
    if (callable == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    if (!object_callable(callable)) {
        error_format(PyExc_TypeError, "attribute of type '%.200s' is not callable",
                     type_of(callable)->tp_name);
    }
    else {
        va_list va;
        va_start(va, format);
        result = call_format_v(callable, format, va);
        va_end(va);
    }
    decref(callable);
    return result;
}

// ---- names for messages ----

PyObject *
call_function_str(PyObject *callable)
{
    PyObject *result = NULL;
    PyObject *module = NULL;
    PyObject *qualname;
    if (object_getattr_optional(callable, ID(__qualname__), &qualname) < 0) {
        return NULL;
    }
    if (qualname == NULL) {
        return object_str(callable);
    }
    if (object_getattr_optional(callable, ID(__module__), &module) < 0) {
        goto done;
    }
    if (module != NULL && module != Py_None) {
        int other = object_richcompare_bool(ID(builtins), module, Py_NE);
        if (other < 0) {
            goto done;
        }
        if (other) {
            result = str_format("%S.%S()", module, qualname);
            goto done;
        }
    }
    result = str_format("%S()", qualname);
done:
    decref(qualname);
    xdecref(module);
    return result;
}
