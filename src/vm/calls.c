// Calls from bytecode (calls.h), and the vectorcall entry of functions.
//
// Python functions get a frame in the caller's loop: no C recursion. This holds for bound methods and for
// classes whose instances are made by object.__new__ and a Python __init__. Everything else is
// native: arguments are boxed into a vector for the time of the call.
#include "vm/calls.h"

#include "abi/constants.h"
#include "memory/alloc.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/method.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/slots.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "vm/bind_args.h"
#include "vm/cache.h"
#include "vm/frames.h"
#include "vm/interp.h"
#include "vm/ops.h"
#include "vm/trace.h"
#include "vm/vm.h"

// ---- Python functions ----

// Code that is not CO_OPTIMIZED called as a function runs with its globals as locals.
static int
call_bind_plain(PyFunctionObject *func, PyCodeObject *code, Value *new_fp, Py_ssize_t nargs,
                PyObject *kwnames)
{
    if (nargs > 0) {
        Py_ssize_t nkeywords = kwnames == NULL ? 0 : tuple_size(kwnames);
        registers_drop(new_fp, nargs);
        bind_error_too_many(func, code, new_fp, nargs - nkeywords);
        return -1;
    }
    PyObject *locals = (code->co_flags & CO_NEWLOCALS) != 0 ? dict_new()
                                                            : new_ref(func->func_globals);
    if (locals == NULL) {
        return -1;
    }
    for (int i = 1; i < code->co_first_temp; i++) {
        new_fp[i] = VALUE_UNSET;
    }
    new_fp[0] = value_owned(locals);
    return 0;
}

// The usual case of missing arguments: defaults for all of them, and nothing else to bind.
static inline bool
call_bind_defaults(PyFunctionObject *func, PyCodeObject *code, Value *new_fp, Py_ssize_t nargs)
{
    PyObject *defaults = atomic_load_acquire_ptr(&func->func_defaults);
    Py_ssize_t missing = code->co_simple_args - nargs;
    if (missing <= 0 || defaults == NULL || tuple_size(defaults) < missing) {
        return false;
    }
    PyObject **items = tuple_items(defaults) + (tuple_size(defaults) - missing);
    for (Py_ssize_t i = 0; i < missing; i++) {
        new_fp[nargs + i] = value_from_object(items[i]);
    }
    return true;
}

int
call_bind(Thread *ts, PyObject *callable, Value *new_fp, Py_ssize_t nargs, PyObject *kwnames)
{
    PyFunctionObject *func = (PyFunctionObject *)callable;
    PyCodeObject *code = function_code_borrow(callable);
    Py_ssize_t words = code->co_framesize > nargs ? code->co_framesize : nargs;
    if (frame_check_room(ts, new_fp, words) < 0) {
        registers_drop(new_fp, nargs);
        return -1;
    }
    if (UNLIKELY((code->co_flags & CO_OPTIMIZED) == 0)) {
        if (call_bind_plain(func, code, new_fp, nargs, kwnames) < 0) {
            return -1;
        }
    }
    else {
        if (kwnames == NULL && call_bind_defaults(func, code, new_fp, nargs)) {
            // done
        }
        else if (code->co_simple_args != nargs || kwnames != NULL) {
            Py_ssize_t nkeywords = kwnames == NULL ? 0 : tuple_size(kwnames);
            if (bind_arguments(func, code, new_fp, nargs - nkeywords, kwnames) < 0) {
                return -1;
            }
        }
        for (int i = code->co_nargs; i < code->co_first_temp; i++) {
            new_fp[i] = VALUE_UNSET;
        }
    }
    new_fp[FRAME_FUNCTION] = (Value)func;
    new_fp[FRAME_CODE] = (Value)code;
    new_fp[FRAME_PC] = (Value)code->co_entry;
    new_fp[FRAME_OBJECT] = 0;
    return 0;
}

// ---- native callables ----

static int
call_native(Thread *ts, Value callee, Value *args, Py_ssize_t n, PyObject *kwnames,
            CallTarget *target)
{
    Box callable;
    if (!box_borrow(&callable, callee)) {
        return CALL_ERROR;
    }
    target->result = call_boxed(ts, callable.op, args, n, kwnames);
    box_release(&callable);
    if (target->result == VALUE_UNSET) {
        return CALL_ERROR;
    }
    registers_drop(args, n);
    return CALL_DONE;
}

// ---- classes ----

PyObject *
call_class_init(PyTypeObject *type)
{
    if (type->tp_new != PyBaseObject_Type.tp_new || type->tp_init == PyBaseObject_Type.tp_init ||
        type->tp_itemsize != 0 ||
        (type->tp_flags & (Py_TPFLAGS_IS_ABSTRACT | Py_TPFLAGS_DISALLOW_INSTANTIATION)) != 0 ||
        (type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0) {
        return NULL;
    }
    PyObject *init = type_lookup(type, ID(__init__));
    if (init != NULL && !function_check(init)) {
        clear_ref(init);
    }
    return init;
}

bool
call_class_fits(const AttributeEntry *entry, const Value *window, bool method, Value *init)
{
    if (!value_is_pointer(window[0]) || !type_check_exact(value_pointer(window[0])) ||
        (method && window[WINDOW_SELF] != VALUE_UNSET)) {
        return false;
    }
    PyTypeObject *type = (PyTypeObject *)value_pointer(window[0]);
    if (atomic_load_relaxed_u32(&type->tp_version_tag) != entry->class_version ||
        (type->tp_flags & Py_TPFLAGS_IS_ABSTRACT) != 0) {
        return false;
    }
    *init = entry->value;
    return cache_own_deferred(init, &entry->value);
}

int
call_class_begin(Value *window, Value init)
{
    PyObject *self = type_alloc((PyTypeObject *)value_pointer(window[0]), 0);
    if (self == NULL) {
        value_drop(init);
        return -1;
    }
    Value old_class = window[0];
    window[0] = init;
    window[WINDOW_KWNAMES] = value_owned(self);
    window[WINDOW_SELF] = value_borrowed(self);
    value_drop(old_class);      // the instance keeps its class
    return 0;
}

// Replaces the class in the window by its __init__, with a new instance as self.
static int
call_class(Thread *ts, Value *window, PyObject *init, int nargs, PyObject *kwnames,
           CallTarget *target)
{
    if (call_class_begin(window, value_owned(init)) < 0) {
        return CALL_ERROR;
    }
    target->fp = window + WINDOW_SELF;
    return call_bind(ts, init, target->fp, nargs + 1, kwnames) < 0 ? CALL_ERROR : CALL_INIT;
}

int
call_prepare(Thread *ts, Value *window, int nargs, bool method, PyObject *kwnames,
             CallTarget *target)
{
    Value *args = window + WINDOW_ARGS;
    if (method && window[WINDOW_SELF] != VALUE_UNSET) {
        args--;
        nargs++;
    }
    if (value_is_pointer(window[0])) {
        PyObject *callable = value_pointer(window[0]);
        if (method_check(callable) && args == window + WINDOW_ARGS) {
            Value bound = window[0];
            window[WINDOW_SELF] = value_owned(new_ref(method_self_borrow(callable)));
            window[0] = value_owned(new_ref(method_function_borrow(callable)));
            value_drop(bound);
            callable = value_pointer(window[0]);
            args--;
            nargs++;
        }
        if (function_check(callable)) {
            target->fp = args;
            return call_bind(ts, callable, args, nargs, kwnames) < 0 ? CALL_ERROR : CALL_FRAME;
        }
        if (type_of(callable)->tp_call == slot_tp_call && args == window + WINDOW_ARGS) {
            PyObject *call = type_lookup(type_of(callable), ID(__call__));
            if (call != NULL && function_check(call)) {
                window[WINDOW_SELF] = window[0];
                window[0] = value_owned(call);
                target->fp = args - 1;
                return call_bind(ts, call, args - 1, nargs + 1, kwnames) < 0 ? CALL_ERROR : CALL_FRAME;
            }
            xdecref(call);
        }
        if (type_check_exact(callable) && args == window + WINDOW_ARGS) {
            PyObject *init = call_class_init((PyTypeObject *)callable);
            if (init != NULL) {
                return call_class(ts, window, init, nargs, kwnames, target);
            }
        }
    }
    return call_native(ts, window[0], args, nargs, kwnames, target);
}

void
call_bad_init_result(Value result)
{
    Box box;
    if (box_borrow(&box, result)) {
        error_format(PyExc_TypeError, "__init__() should return None, not '%.200s'",
                     type_of(box.op)->tp_name);
        box_release(&box);
    }
    value_drop(result);
}

// ---- callable(*args, **kwargs) ----

// Makes operands[1] a tuple.
static int
call_spread_positional(Value *operands)
{
    PyObject *args = value_is_pointer(operands[1]) ? value_pointer(operands[1]) : NULL;
    if (args != NULL && tuple_check_exact(args)) {
        return 0;
    }
    PyTypeObject *type = args != NULL ? type_of(args) : NULL;
    if (type == NULL || (type->tp_iter == NULL && !sequence_check(args))) {
        Box callable, box;
        if (box_borrow(&callable, operands[0]) && box_borrow(&box, operands[1])) {
            PyObject *name = call_function_str(callable.op);
            if (name != NULL) {
                error_format(PyExc_TypeError, "%U argument after * must be an iterable, not %.200s",
                             name, type_of(box.op)->tp_name);
                decref(name);
            }
            box_release(&box);
            box_release(&callable);
        }
        return -1;
    }
    PyObject *tuple = sequence_tuple(args);
    if (tuple == NULL) {
        return -1;
    }
    value_drop(operands[1]);
    operands[1] = value_owned(tuple);
    return 0;
}

// Puts the items of a dict behind the positional arguments at `to`; *kwnames is a new tuple.
static int
call_spread_keywords(PyObject *kwargs, Value *to, Py_ssize_t n, PyObject **kwnames)
{
    PyObject *names = tuple_new(n);
    if (names == NULL) {
        return -1;
    }
    Py_ssize_t pos = 0, i = 0;
    PyObject *key;
    Value value;
    Py_hash_t hash;
    while (i < n && dict_next_value(kwargs, &pos, &key, &value, &hash) > 0) {
        tuple_set_item_steal(names, i, key);
        to[i++] = value;
    }
    *kwnames = names;
    return 0;
}

static int
call_function_spread(Thread *ts, Value *fp, PyObject *func, PyObject *self, PyObject *args,
                     PyObject *kwargs, CallTarget *target)
{
    Value *new_fp = frame_top(fp) + FRAME_GENERATOR_HEADER;
    Py_ssize_t npos = tuple_size(args), nkeywords = kwargs == NULL ? 0 : dict_size(kwargs);
    Py_ssize_t first = self != NULL;
    if (frame_check_room(ts, new_fp, first + npos + nkeywords) < 0) {
        return CALL_ERROR;
    }
    if (self != NULL) {
        new_fp[0] = value_borrowed(self);
    }
    for (Py_ssize_t i = 0; i < npos; i++) {
        new_fp[first + i] = value_lend_object(tuple_item(args, i));
    }
    PyObject *kwnames = NULL;
    if (nkeywords > 0 &&
        call_spread_keywords(kwargs, new_fp + first + npos, nkeywords, &kwnames) < 0) {
        return CALL_ERROR;
    }
    int result = call_bind(ts, func, new_fp, first + npos + nkeywords, kwnames);
    xdecref(kwnames);
    target->fp = new_fp;
    return result < 0 ? CALL_ERROR : CALL_FRAME;
}

int
call_prepare_ex(Thread *ts, Value *fp, Value *operands, bool has_kwargs, CallTarget *target)
{
    if (call_spread_positional(operands) < 0) {
        return CALL_ERROR;
    }
    PyObject *args = value_pointer(operands[1]);
    PyObject *kwargs = has_kwargs ? value_pointer(operands[2]) : NULL;
    if (kwargs != NULL && dict_size(kwargs) == 0) {
        kwargs = NULL;
    }
    Box callable;
    if (!box_borrow(&callable, operands[0])) {
        return CALL_ERROR;
    }
    PyObject *func = callable.op, *self = NULL;
    if (method_check(func)) {
        self = method_self_borrow(func);
        func = method_function_borrow(func);
    }
    if (function_check(func)) {
        return call_function_spread(ts, fp, func, self, args, kwargs, target);
    }
    PyObject *result = call_told(ts, callable.op, args, kwargs);
    box_release(&callable);
    if (result == NULL) {
        return CALL_ERROR;
    }
    target->result = value_from_object_steal(result);
    return CALL_DONE;
}

// ---- from C ----

PyObject *
function_vectorcall(PyObject *func, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Thread *ts = thread_current();
    Py_ssize_t n = vectorcall_nargs(nargsf) + (kwnames == NULL ? 0 : tuple_size(kwnames));
    Value *new_fp = frame_next_base(ts);
    if (thread_enter_c("") < 0 || vm_safepoint(ts) < 0 || frame_check_room(ts, new_fp, n) < 0) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        new_fp[i] = value_lend_object(args[i]);
    }
    if (kwnames != NULL && tuple_size(kwnames) == 0) {
        kwnames = NULL;
    }
    if (call_bind(ts, func, new_fp, n, kwnames) < 0) {
        return NULL;
    }
    Value result = vm_run(ts, new_fp);
    thread_leave_c();
    return result == VALUE_UNSET ? NULL : value_box_steal(result);
}
