// await, async for, yield from: getting the iterators behind them, and SEND to arbitrary objects.
#include "abi/constants.h"
#include "objects/call.h"
#include "objects/code.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/iter.h"
#include "objects/object.h"
#include "vm/generator_internal.h"
#include "vm/ops.h"

static Value
own(PyObject *op)
{
    return op == NULL ? VALUE_UNSET : value_owned(op);
}

// A generator made by types.coroutine.
static bool
is_iterable_coroutine(PyObject *op)
{
    return generator_check(op) &&
           (((PyCodeObject *)((GeneratorObject *)op)->code)->co_flags & CO_ITERABLE_COROUTINE) != 0;
}

Value
yield_from_iter(Value *fp, Value v)
{
    Box box;
    if (!box_borrow(&box, v)) {
        return VALUE_UNSET;
    }
    PyObject *result;
    if (coroutine_check(box.op)) {
        if ((frame_code(fp)->co_flags & (CO_COROUTINE | CO_ITERABLE_COROUTINE)) == 0) {
            error_set(PyExc_TypeError,
                      "cannot 'yield from' a coroutine object in a non-coroutine generator");
            box_release(&box);
            return VALUE_UNSET;
        }
        result = new_ref(box.op);
    }
    else {
        result = generator_check(box.op) ? new_ref(box.op) : object_iter(box.op);
    }
    box_release(&box);
    return own(result);
}

// The iterator that __await__ gives, checked. message: what to say about objects that have none.
static PyObject *
await_iter(PyObject *op)
{
    if (coroutine_check(op) || is_iterable_coroutine(op)) {
        return new_ref(op);
    }
    PyAsyncMethods *async = type_of(op)->tp_as_async;
    if (async == NULL || async->am_await == NULL) {
        return error_format(PyExc_TypeError, "'%.100s' object can't be awaited",
                            type_of(op)->tp_name);
    }
    PyObject *result = async->am_await(op);
    if (result == NULL) {
        return NULL;
    }
    if (coroutine_check(result) || is_iterable_coroutine(result)) {
        error_set(PyExc_TypeError, "__await__() returned a coroutine");
        clear_ref(result);
    }
    else if (!iter_check(result)) {
        error_format(PyExc_TypeError, "__await__() returned non-iterator of type '%.100s'",
                     type_of(result)->tp_name);
        clear_ref(result);
    }
    return result;
}

Value
awaitable_iter(Value v, int kind)
{
    Box box;
    if (!box_borrow(&box, v)) {
        return VALUE_UNSET;
    }
    PyObject *result = NULL;
    PyAsyncMethods *async = type_of(box.op)->tp_as_async;
    bool awaitable = coroutine_check(box.op) || is_iterable_coroutine(box.op) ||
                     (async != NULL && async->am_await != NULL);
    if (!awaitable && kind != 0) {
        error_format(PyExc_TypeError,
                     "'async with' received an object from %s that does not implement __await__: "
                     "%.100s",
                     kind == 1 ? "__aenter__" : "__aexit__", type_of(box.op)->tp_name);
    }
    else {
        result = await_iter(box.op);
    }
    if (result != NULL && coroutine_check(result)) {
        PyObject *delegate = generator_delegate((GeneratorObject *)result);
        if (delegate != NULL) {
            decref(delegate);
            clear_ref(result);
            error_set(PyExc_RuntimeError, "coroutine is being awaited already");
        }
    }
    box_release(&box);
    return own(result);
}

Value
async_iter(Value v)
{
    Box box;
    if (!box_borrow(&box, v)) {
        return VALUE_UNSET;
    }
    PyObject *result = NULL;
    PyAsyncMethods *async = type_of(box.op)->tp_as_async;
    if (async == NULL || async->am_aiter == NULL) {
        error_format(PyExc_TypeError,
                     "'async for' requires an object with __aiter__ method, got %.100s",
                     type_of(box.op)->tp_name);
    }
    else {
        result = async->am_aiter(box.op);
        if (result != NULL) {
            PyAsyncMethods *methods = type_of(result)->tp_as_async;
            if (methods == NULL || methods->am_anext == NULL) {
                error_format(PyExc_TypeError,
                             "'async for' received an object from __aiter__ that does not "
                             "implement __anext__: %.100s",
                             type_of(result)->tp_name);
                clear_ref(result);
            }
        }
    }
    box_release(&box);
    return own(result);
}

Value
async_next(Value v)
{
    PyObject *op = value_pointer(v);
    PyAsyncMethods *async = type_of(op)->tp_as_async;
    if (async == NULL || async->am_anext == NULL) {
        error_format(PyExc_TypeError,
                     "'async for' requires an iterator with __anext__ method, got %.100s",
                     type_of(op)->tp_name);
        return VALUE_UNSET;
    }
    PyObject *next = async->am_anext(op);
    if (next == NULL || async_generator_check(op)) {
        return own(next);
    }
    PyObject *result = await_iter(next);
    if (result == NULL) {
        error_format_from_cause(PyExc_TypeError,
                                "'async for' received an invalid object from __anext__: %.100s",
                                type_of(next)->tp_name);
    }
    decref(next);
    return own(result);
}

int
send_value(PyObject *receiver, Value sent, Value *result)
{
    Box box;
    PyObject *value;
    if (!box_borrow(&box, sent)) {
        return -1;
    }
    PySendResult status = object_type_is(receiver, &_PyAsyncGenASend_Type)
                              ? async_generator_send_step(receiver, box.op, &value)
                              : iter_send(receiver, box.op, &value);
    box_release(&box);
    if (status == PYGEN_ERROR) {
        return -1;
    }
    *result = value_from_object_steal(value);
    return status == PYGEN_RETURN;
}
