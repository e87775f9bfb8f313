// Calls of native code from bytecode (calls.h).
//
// Arguments are boxed into a vector for the time of the call; pointers are lent. Functions and method
// descriptors of C are called by their convention directly, everything else by vectorcall.
#include "abi/constants.h"
#include "memory/alloc.h"
#include "objects/call.h"
#include "objects/cfunction.h"
#include "objects/descr.h"
#include "objects/error.h"
#include "objects/object.h"
#include "objects/tuple.h"
#include "vm/calls.h"
#include "vm/ops.h"
#include "vm/trace.h"

#define CALL_VECTOR 10

typedef PyObject *(*FastFunction)(PyObject *, PyObject *const *, Py_ssize_t);
typedef PyObject *(*FastKeywordsFunction)(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);

// Boxes n values into vector; false with MemoryError.
static bool
box_arguments(const Value *args, Py_ssize_t n, PyObject **vector)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        Value v = args[i];
        vector[i] = value_is_pointer(v) ? value_pointer(v) : value_box(v);
        if (vector[i] == NULL) {
            while (--i >= 0) {
                if (!value_is_pointer(args[i])) {
                    decref(vector[i]);
                }
            }
            return false;
        }
    }
    return true;
}

static void
unbox_arguments(const Value *args, Py_ssize_t n, PyObject **vector)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!value_is_pointer(args[i])) {
            decref(vector[i]);
        }
    }
}

// ---- any callable ----

// The call itself; with tools listening, they are told before and after.
static PyObject *
call_vector(Thread *ts, PyObject *callable, PyObject *const *args, Py_ssize_t npos,
            PyObject *kwnames)
{
    size_t nargsf = (size_t)npos | PY_VECTORCALL_ARGUMENTS_OFFSET;
    if (LIKELY(ts->trace == NULL)) {
        return object_vectorcall(callable, args, nargsf, kwnames);
    }
    if (trace_native_call(ts, callable) < 0) {
        return NULL;
    }
    PyObject *result = object_vectorcall(callable, args, nargsf, kwnames);
    if (ts->trace != NULL && trace_native_return(ts, callable, result) < 0) {
        clear_ref(result);
    }
    return result;
}

PyObject *
call_told(Thread *ts, PyObject *callable, PyObject *args, PyObject *kwargs)
{
    if (LIKELY(ts->trace == NULL)) {
        return object_call(callable, args, kwargs);
    }
    if (trace_native_call(ts, callable) < 0) {
        return NULL;
    }
    PyObject *result = object_call(callable, args, kwargs);
    if (ts->trace != NULL && trace_native_return(ts, callable, result) < 0) {
        clear_ref(result);
    }
    return result;
}

Value
call_boxed(Thread *ts, PyObject *callable, const Value *args, Py_ssize_t n, PyObject *kwnames)
{
    PyObject *small[CALL_VECTOR + 1];
    PyObject **vector = small;      // its first word is scratch space of the callee
    PyObject *result = NULL;
    if (n > CALL_VECTOR) {
        vector = mem_alloc_or_error((size_t)(n + 1) * sizeof(PyObject *));
        if (vector == NULL) {
            return VALUE_UNSET;
        }
    }
    if (box_arguments(args, n, vector + 1)) {
        Py_ssize_t npos = n - (kwnames == NULL ? 0 : tuple_size(kwnames));
        vector[0] = NULL;
        result = call_vector(ts, callable, vector + 1, npos, kwnames);
        unbox_arguments(args, n, vector + 1);
    }
    if (vector != small) {
        mem_free(vector);
    }
    return value_result(result);
}

// ---- C functions ----

// The result of a C function, checked to agree with the error state.
static inline Value
checked_result(Thread *ts, PyObject *callable, PyObject *result)
{
    if (UNLIKELY((result == NULL) != (ts->abi.current_exception != NULL))) {
        result = call_check_result(callable, result, NULL);
    }
    return value_result(result);
}

static Value
call_one(Thread *ts, PyObject *callable, PyMethodDef *def, PyObject *self, Value arg)
{
    Box box;
    if (!box_borrow(&box, arg)) {
        return VALUE_UNSET;
    }
    PyObject *result = def->ml_meth(self, box.op);
    box_release(&box);
    return checked_result(ts, callable, result);
}

static Value
call_fast(Thread *ts, PyObject *callable, PyMethodDef *def, PyObject *self, const Value *args,
          Py_ssize_t n)
{
    PyObject *vector[CALL_VECTOR + 1];
    if (!box_arguments(args, n, vector + 1)) {
        return VALUE_UNSET;
    }
    PyObject *result =
        (def->ml_flags & METH_KEYWORDS) != 0
            ? ((FastKeywordsFunction)(void (*)(void))def->ml_meth)(self, vector + 1, n, NULL)
            : ((FastFunction)(void (*)(void))def->ml_meth)(self, vector + 1, n);
    unbox_arguments(args, n, vector + 1);
    return checked_result(ts, callable, result);
}

#define CONVENTIONS (METH_VARARGS | METH_FASTCALL | METH_NOARGS | METH_O | METH_KEYWORDS | METH_METHOD)

// def called on self; callable, all and nall are the original call for the general way.
static inline Value
call_definition(Thread *ts, PyMethodDef *def, PyObject *self, const Value *args, Py_ssize_t n,
                PyObject *callable, const Value *all, Py_ssize_t nall)
{
    switch (def->ml_flags & CONVENTIONS) {
    case METH_NOARGS:
        if (n == 0) {
            return checked_result(ts, callable, def->ml_meth(self, NULL));
        }
        break;
    case METH_O:
        if (n == 1) {
            return call_one(ts, callable, def, self, args[0]);
        }
        break;
    case METH_FASTCALL:
    case METH_FASTCALL | METH_KEYWORDS:
        if (n <= CALL_VECTOR) {
            return call_fast(ts, callable, def, self, args, n);
        }
        break;
    default:
        break;
    }
    return call_boxed(ts, callable, all, nall, NULL);
}

Value
call_cfunction(Thread *ts, PyObject *callable, const Value *args, Py_ssize_t n)
{
    if (UNLIKELY(ts->trace != NULL || thread_enter_c(" while calling a Python object") < 0)) {
        return ts->trace != NULL ? call_boxed(ts, callable, args, n, NULL) : VALUE_UNSET;
    }
    PyCFunctionObject *function = (PyCFunctionObject *)callable;
    return call_definition(ts, function->m_ml, function->m_self, args, n, callable, args, n);
}

Value
call_descriptor(Thread *ts, PyObject *callable, const Value *args, Py_ssize_t n)
{
    if (UNLIKELY(ts->trace != NULL || thread_enter_c(" while calling a Python object") < 0)) {
        return ts->trace != NULL ? call_boxed(ts, callable, args, n, NULL) : VALUE_UNSET;
    }
    PyMethodDescrObject *descr = (PyMethodDescrObject *)callable;
    if (n == 0 || !value_is_pointer(args[0]) ||
        !object_type_check(value_pointer(args[0]), descr->d_common.d_type)) {
        return call_boxed(ts, callable, args, n, NULL);
    }
    return call_definition(ts, descr->d_method, value_pointer(args[0]), args + 1, n - 1, callable, args, n);
}
