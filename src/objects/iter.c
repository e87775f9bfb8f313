// Stepping through iterators: see iter.h. Stateless.
#include "objects/iter.h"

#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/range.h"
#include "objects/seqiter.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

PyObject *
object_next_not_implemented(PyObject *op)
{
    return error_format(PyExc_TypeError, "'%.200s' object is not iterable", type_of(op)->tp_name);
}

bool
iter_check(PyObject *op)
{
    iternextfunc next = type_of(op)->tp_iternext;
    return next != NULL && next != object_next_not_implemented;
}

bool
aiter_check(PyObject *op)
{
    PyAsyncMethods *async = type_of(op)->tp_as_async;
    return async != NULL && async->am_anext != NULL &&
           async->am_anext != object_next_not_implemented;
}

int
iter_next_item(PyObject *iter, PyObject **item)
{
    iternextfunc next = type_of(iter)->tp_iternext;
    if (next == NULL) {
        *item = NULL;
        error_format(PyExc_TypeError, "expected an iterator, got '%T'", iter);
        return -1;
    }
    *item = next(iter);
    if (*item != NULL) {
        return 1;
    }
    if (!error_occurred()) {
        return 0;
    }
    return error_clear_if(PyExc_StopIteration) ? 0 : -1;
}

Value
iter_next_value(PyObject *iter)
{
    PyTypeObject *type = type_of(iter);
    if (type == &PyListIter_Type) {
        return list_iter_next_value(iter);
    }
    if (type == &PyRangeIter_Type) {
        return range_iter_next_value(iter);
    }
    if (type == &PyTupleIter_Type) {
        return tuple_iter_next_value(iter);
    }
    if (type == &PyDictIterValue_Type) {
        return dict_iter_next_value(iter);
    }
    PyObject *item = type->tp_iternext(iter);
    if (item != NULL) {
        return value_from_object_steal(item);
    }
    if (error_occurred()) {
        (void)error_clear_if(PyExc_StopIteration);
    }
    return VALUE_UNSET;
}

Py_ssize_t
iter_part_count(PyObject *iter)
{
    PyTypeObject *type = type_of(iter);
    return type == &PyDictIterItem_Type || type == &PyEnum_Type ? 2
           : type == &PyZip_Type                                ? zip_part_count(iter)
                                                                : -1;
}

int
iter_next_parts(PyObject *iter, Value *parts, Py_ssize_t n)
{
    PyTypeObject *type = type_of(iter);
    if (type == &PyDictIterItem_Type) {
        return dict_iter_next_pair(iter, &parts[0], &parts[1]);
    }
    return type == &PyEnum_Type ? enum_next_parts(iter, parts) : zip_next_parts(iter, parts, n);
}

PyObject *
iter_next(PyObject *iter)
{
    PyObject *item = type_of(iter)->tp_iternext(iter);
    if (item == NULL && error_occurred()) {
        (void)error_clear_if(PyExc_StopIteration);
    }
    return item;
}

PySendResult
iter_send(PyObject *iter, PyObject *value, PyObject **result)
{
    PyTypeObject *type = type_of(iter);
    if (type->tp_as_async != NULL && type->tp_as_async->am_send != NULL) {
        return type->tp_as_async->am_send(iter, value, result);
    }
    if (value == Py_None && iter_check(iter)) {
        *result = type->tp_iternext(iter);
    }
    else {
        *result = object_call_method_onearg(iter, ID(send), value);
    }
    if (*result != NULL) {
        return PYGEN_NEXT;
    }
    return error_take_stop_iteration(result) == 0 ? PYGEN_RETURN : PYGEN_ERROR;
}

int
iter_for_each(PyObject *iterable, int (*fn)(PyObject *item, void *context), void *context)
{
    PyObject *iter = object_iter(iterable);
    if (iter == NULL) {
        return -1;
    }
    int result = 0;
    PyObject *item;
    int more = 0;
    while (result == 0 && (more = iter_next_item(iter, &item)) > 0) {
        result = fn(item, context);
        decref(item);
    }
    decref(iter);
    return more < 0 ? -1 : result;
}
