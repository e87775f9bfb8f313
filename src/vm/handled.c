// Handled exceptions (handled.h).
#include "vm/handled.h"

#include "objects/call.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/object.h"
#include "objects/tuple.h"
#include "vm/ops.h"

Value
handled_push(Thread *ts, PyObject *exc)
{
    _PyErr_StackItem *item = ts->abi.exc_info;
    PyObject *previous = item->exc_value;
    item->exc_value = new_ref(exc);
    return previous == NULL ? value_none() : value_from_object_steal(previous);
}

void
handled_pop_steal(Thread *ts, Value previous)
{
    _PyErr_StackItem *item = ts->abi.exc_info;
    PyObject *old = item->exc_value;
    PyObject *op = value_pointer(previous);
    if (op == Py_None) {
        item->exc_value = NULL;
    }
    else {
        item->exc_value = value_is_owned(previous) ? op : new_ref(op);
    }
    xdecref(old);
}

#define CATCH_MESSAGE "catching classes that do not inherit from BaseException is not allowed"

static bool
is_exception_class(PyObject *op)
{
    return type_has_feature(type_of(op), Py_TPFLAGS_TYPE_SUBCLASS) && exception_class_check(op);
}

static int
check_match_classes(PyObject *type)
{
    if (!tuple_check(type)) {
        if (is_exception_class(type)) {
            return 0;
        }
        error_set(PyExc_TypeError, CATCH_MESSAGE);
        return -1;
    }
    for (Py_ssize_t i = 0; i < tuple_size(type); i++) {
        if (!is_exception_class(tuple_item(type, i))) {
            error_set(PyExc_TypeError, CATCH_MESSAGE);
            return -1;
        }
    }
    return 0;
}

int
handled_match(PyObject *exc, Value type)
{
    Box box;
    if (!box_borrow(&box, type)) {
        return -1;
    }
    int result = check_match_classes(box.op);
    if (result == 0) {
        result = error_given_matches(exc, box.op);
    }
    box_release(&box);
    return result;
}

static int
check_group_classes(PyObject *type)
{
    if (check_match_classes(type) < 0) {
        return -1;
    }
    Py_ssize_t n = tuple_check(type) ? tuple_size(type) : 1;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *cls = tuple_check(type) ? tuple_item(type, i) : type;
        int is_group = object_issubclass(cls, PyExc_BaseExceptionGroup);
        if (is_group != 0) {
            if (is_group > 0) {
                error_set(PyExc_TypeError, "catching ExceptionGroup with except* is not allowed. "
                                           "Use except instead.");
            }
            return -1;
        }
    }
    return 0;
}

int
handled_group_match(Thread *ts, PyObject *exc, Value type, Value *rest, Value *match)
{
    Box box;
    if (!box_borrow(&box, type)) {
        return -1;
    }
    PyObject *matched = NULL, *remaining = NULL;
    int result = -1;
    if (exc == Py_None) {
        matched = new_ref(Py_None);
        remaining = new_ref(Py_None);
        result = check_group_classes(box.op);
    }
    else if (check_group_classes(box.op) == 0) {
        result = exception_group_match(exc, box.op, &matched, &remaining);
    }
    box_release(&box);
    if (result < 0) {
        xdecref(matched);
        xdecref(remaining);
        return -1;
    }
    if (matched != Py_None) {
        _PyErr_StackItem *item = ts->abi.exc_info;
        set_ref(item->exc_value, new_ref(matched));
    }
    *rest = value_from_object_steal(remaining);
    *match = value_from_object_steal(matched);
    return 0;
}

// The instance that `raise op` means: new reference, or NULL with TypeError.
static PyObject *
raise_instance(PyObject *op, const char *message)
{
    if (is_exception_class(op)) {
        PyObject *exc = object_call_noargs(op);
        if (exc != NULL && !exception_instance_check(exc)) {
            error_format(PyExc_TypeError,
                         "calling %R should have returned an instance of BaseException, not %R", op,
                         type_of(exc));
            clear_ref(exc);
        }
        return exc;
    }
    if (exception_instance_check(op)) {
        return new_ref(op);
    }
    error_set(PyExc_TypeError, message);
    return NULL;
}

static bool
raise_again(void)
{
    PyObject *exc = error_handled();
    if (exc == NULL) {
        error_set(PyExc_RuntimeError, "No active exception to reraise");
        return false;
    }
    error_restore_steal(exc);
    return true;
}

bool
handled_raise(Value value, Value cause_value)
{
    if (value == VALUE_UNSET) {
        return raise_again();
    }
    Box box, cause_box;
    if (!box_borrow(&box, value)) {
        return false;
    }
    PyObject *exc = raise_instance(box.op, "exceptions must derive from BaseException");
    box_release(&box);
    if (exc == NULL) {
        return false;
    }
    if (cause_value != VALUE_UNSET) {
        PyObject *cause = NULL;
        if (!box_borrow(&cause_box, cause_value)) {
            decref(exc);
            return false;
        }
        bool ok = true;
        if (cause_box.op != Py_None) {
            cause = raise_instance(cause_box.op, "exception causes must derive from BaseException");
            ok = cause != NULL;
        }
        box_release(&cause_box);
        if (!ok) {
            decref(exc);
            return false;
        }
        exception_set_cause_steal(exc, cause);
    }
    error_raise_instance(exc);
    decref(exc);
    return false;
}

Value
handled_call_exit(Value function, Value self, PyObject *exc)
{
    PyObject *traceback = exception_get_traceback(exc);
    Box callable, receiver = {NULL, NULL};
    Value result = VALUE_UNSET;
    if (box_borrow(&callable, function)) {
        if (self == VALUE_UNSET || box_borrow(&receiver, self)) {
            PyObject *args[5] = {NULL, receiver.op, (PyObject *)type_of(exc), exc,
                                 traceback == NULL ? Py_None : traceback};
            size_t skip = self == VALUE_UNSET;
            result = value_result(object_vectorcall(callable.op, args + 1 + skip,
                                                    (4 - skip) | PY_VECTORCALL_ARGUMENTS_OFFSET,
                                                    NULL));
            box_release(&receiver);
        }
        box_release(&callable);
    }
    xdecref(traceback);
    return result;
}
