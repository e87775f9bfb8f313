// Entry points of the interpreter and questions about running code (vm.h).
#include "vm/vm.h"

#include "abi/constants.h"
#include "base/hooks.h"
#include "objects/attributes.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/cell.h"
#include "objects/code.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/function.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/mapping.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "thread/runtime.h"
#include "vm/calls.h"
#include "vm/frame_locals.h"
#include "vm/frames.h"
#include "vm/interp.h"
#include "vm/run.h"

// ---- running code ----

PyObject *
vm_run_function_with_locals(PyObject *func, PyObject *locals)
{
    Thread *ts = thread_current();
    Value *fp = frame_next_base(ts);
    if (thread_enter_c("") < 0 || vm_safepoint(ts) < 0 || call_bind(ts, func, fp, 0, NULL) < 0) {
        return NULL;
    }
    if ((frame_code(fp)->co_flags & CO_OPTIMIZED) == 0) {
        Value old = fp[0];
        fp[0] = value_borrowed(locals);
        value_drop(old);
    }
    Value result = vm_run(ts, fp);
    return result == VALUE_UNSET ? NULL : value_box_steal(result);
}

// exec and eval give their globals the builtins of the running code.
static int
eval_ensure_builtins(PyObject *globals)
{
    int found = dict_contains(globals, ID(__builtins__));
    if (found != 0) {
        return found < 0 ? -1 : 0;
    }
    PyObject *builtins = vm_builtins_borrow();
    return builtins == NULL ? 0 : dict_set(globals, ID(__builtins__), builtins);
}

PyObject *
vm_eval_code_closure(PyObject *code, PyObject *globals, PyObject *locals, PyObject *closure)
{
    if (eval_ensure_builtins(globals) < 0) {
        return NULL;
    }
    PyObject *func = function_new(code, globals, NULL);
    if (func == NULL) {
        return NULL;
    }
    if (closure != NULL && closure != Py_None) {
        ((PyFunctionObject *)func)->func_closure = new_ref(closure);
    }
    PyObject *keep = new_ref(locals != NULL ? locals : globals);
    PyObject *result = vm_run_function_with_locals(func, keep);
    decref(keep);
    decref(func);
    return result;
}

PyObject *
vm_eval_code(PyObject *code, PyObject *globals, PyObject *locals)
{
    return vm_eval_code_closure(code, globals, locals, NULL);
}

// ---- the running frames ----

PyFrameObject *
vm_frame(Thread *ts, int depth)
{
    Value *fp = ts->fp;
    while (fp != NULL && depth-- > 0) {
        fp = frame_previous(fp);
    }
    return fp == NULL ? NULL : xnew_ref(frame_object_for(fp));
}

PyObject *
vm_globals_borrow(void)
{
    Value *fp = (Value *)thread_current()->fp;
    return fp == NULL ? NULL : frame_globals_of(fp);
}

PyObject *
vm_builtins_borrow(void)
{
    Thread *ts = thread_current();
    return ts->fp == NULL ? interpreter_roots()->builtins : frame_builtins_of(ts->fp);
}

PyObject *
vm_locals(void)
{
    PyFrameObject *f = vm_frame(thread_current(), 0);
    if (f == NULL) {
        return error_occurred() ? NULL : error_set(PyExc_SystemError, "frame does not exist");
    }
    PyObject *locals = frame_locals_snapshot(f);
    decref(f);
    return locals;
}

int
vm_code_flags(void)
{
    Thread *ts = thread_current();
    return ts->fp == NULL ? 0 : frame_code(ts->fp)->co_flags;
}

PyObject *
vm_module_name(int depth)
{
    Value *fp = thread_current()->fp;
    while (fp != NULL && depth-- > 0) {
        fp = frame_previous(fp);
    }
    PyObject *name = NULL;
    if (fp != NULL && dict_get(frame_globals_of(fp), ID(__name__), &name) < 0) {
        error_clear();
    }
    return name;
}

// ---- super() ----

// The first argument of fp as a new reference; NULL with RuntimeError.
static PyObject *
super_first_argument(Value *fp)
{
    PyCodeObject *code = frame_code(fp);
    if (code->co_argcount == 0 || (code->co_flags & CO_OPTIMIZED) == 0) {
        return error_set(PyExc_RuntimeError, "super(): no arguments");
    }
    Value v = fp[0];
    bool is_cell = (bytes_data(code->co_localspluskinds)[0] & CO_FAST_CELL) != 0;
    if (is_cell && value_is_pointer(v) && v != VALUE_UNSET && cell_check(value_pointer(v))) {
        PyObject *content = cell_get(value_pointer(v));
        if (content == NULL && !error_occurred()) {
            error_set(PyExc_RuntimeError, "super(): arg[0] deleted");
        }
        return content;
    }
    if (v == VALUE_UNSET) {
        return error_set(PyExc_RuntimeError, "super(): arg[0] deleted");
    }
    return value_box(v);
}

static PyObject *
super_class(Value *fp)
{
    PyCodeObject *code = frame_code(fp);
    for (int i = code->co_nlocalsplus - code->co_nfreevars; i < code->co_nlocalsplus; i++) {
        if (!str_equal(tuple_item(code->co_localsplusnames, i), ID(__class__))) {
            continue;
        }
        Value v = fp[code_localsplus_register(code, i)];
        if (!value_is_pointer(v) || v == VALUE_UNSET || !cell_check(value_pointer(v))) {
            return error_set(PyExc_RuntimeError, "super(): bad __class__ cell");
        }
        PyObject *cls = cell_get(value_pointer(v));
        if (cls == NULL) {
            return error_occurred() ? NULL
                                    : error_set(PyExc_RuntimeError, "super(): empty __class__ cell");
        }
        if (!type_check(cls)) {
            error_format(PyExc_RuntimeError, "super(): __class__ is not a type (%s)",
                         type_of(cls)->tp_name);
            clear_ref(cls);
        }
        return cls;
    }
    return error_set(PyExc_RuntimeError, "super(): __class__ cell not found");
}

int
vm_super_arguments(PyObject **type, PyObject **self)
{
    Value *fp = thread_current()->fp;
    *type = *self = NULL;
    if (fp == NULL) {
        error_set(PyExc_RuntimeError, "super(): no current frame");
        return -1;
    }
    *self = super_first_argument(fp);
    if (*self == NULL) {
        return -1;
    }
    *type = super_class(fp);
    if (*type == NULL) {
        clear_ref(*self);
        return -1;
    }
    return 0;
}

// ---- warnings ----

// Frames of the import machinery do not count for stacklevel.
static bool
warning_is_import_frame(PyObject *filename)
{
    return str_check(filename) && str_equal_cstr(filename, "<frozen importlib._bootstrap>") ? true
           : str_check(filename) &&
                 str_equal_cstr(filename, "<frozen importlib._bootstrap_external>");
}

static bool
warning_is_skipped(PyObject *filename, PyObject *prefixes)
{
    for (Py_ssize_t i = 0; prefixes != NULL && i < tuple_size(prefixes); i++) {
        PyObject *prefix = tuple_item(prefixes, i);
        if (str_check(prefix) &&
            str_tailmatch(filename, prefix, 0, PY_SSIZE_T_MAX, -1)) {
            return true;
        }
    }
    return warning_is_import_frame(filename);
}

bool
vm_warning_location(Py_ssize_t stacklevel, PyObject *skip_prefixes, PyObject **filename, int *line,
                    PyObject **globals)
{
    Value *fp = thread_current()->fp;
    *filename = *globals = NULL;
    if (skip_prefixes != NULL && tuple_size(skip_prefixes) > 0 && stacklevel < 2) {
        stacklevel = 2;
    }
    bool counts_all = stacklevel <= 0 ||
                      (fp != NULL && warning_is_import_frame(frame_code(fp)->co_filename));
    for (Py_ssize_t i = 1; i < stacklevel && fp != NULL; i++) {
        do {
            fp = frame_previous(fp);
        } while (fp != NULL && !counts_all &&
                 warning_is_skipped(frame_code(fp)->co_filename, skip_prefixes));
    }
    if (fp == NULL) {
        return false;
    }
    *filename = new_ref(frame_code(fp)->co_filename);
    *globals = new_ref(frame_globals_of(fp));
    *line = code_line(frame_code(fp), frame_word(fp));
    return true;
}

// ---- all threads ----

static int
collect_frame(PyObject *dict, Thread *ts)
{
    PyFrameObject *f = ts->fp == NULL ? NULL : frame_object_for((Value *)ts->fp);
    if (f == NULL) {
        return 0;
    }
    PyObject *ident = int_from_u64(ts->ident);
    int result = ident == NULL ? -1 : dict_set(dict, ident, (PyObject *)f);
    xdecref(ident);
    return result;
}

static int
collect_exception(PyObject *dict, Thread *ts)
{
    PyObject *ident = int_from_u64(ts->ident);
    PyObject *exc = error_top_stack_item(ts)->exc_value;
    int result = ident == NULL ? -1 : dict_set(dict, ident, exc == NULL ? Py_None : exc);
    xdecref(ident);
    return result;
}

static PyObject *
collect_threads(int (*collect)(PyObject *, Thread *))
{
    Interpreter *interp = interpreter_current();
    PyObject *dict = dict_new();
    if (dict == NULL) {
        return NULL;
    }
    int result = 0;
    world_stop(interp);
    for (Thread *ts = interpreter_first_thread(interp); ts != NULL && result == 0;
         ts = thread_next(ts)) {
        result = collect(dict, ts);
    }
    world_start(interp);
    if (result < 0) {
        clear_ref(dict);
    }
    return dict;
}

PyObject *vm_current_frames(void) { return collect_threads(collect_frame); }
PyObject *vm_current_exceptions(void) { return collect_threads(collect_exception); }

// ---- settings ----

int
vm_get_recursion_limit(void)
{
    return atomic_load_relaxed_int(&interpreter_current()->recursion_limit);
}

int
vm_set_recursion_limit(int limit)
{
    Interpreter *interp = interpreter_current();
    Thread *self = thread_current();
    if (limit < 1) {
        error_set(PyExc_ValueError, "recursion limit must be greater or equal than 1");
        return -1;
    }
    int depth = vm_get_recursion_limit() - self->recursion_remaining;
    if (depth >= limit) {
        error_format(PyExc_RecursionError,
                     "cannot set the recursion limit to %i at the recursion depth %i: the limit is "
                     "too low", limit, depth);
        return -1;
    }
    world_stop(interp);
    int difference = limit - vm_get_recursion_limit();
    for (Thread *ts = interpreter_first_thread(interp); ts != NULL; ts = thread_next(ts)) {
        ts->recursion_remaining += difference;
    }
    atomic_store_relaxed_int(&interp->recursion_limit, limit);
    world_start(interp);
    return 0;
}

int
vm_set_coroutine_origin_depth(int depth)
{
    if (depth < 0) {
        error_set(PyExc_ValueError, "depth must be >= 0");
        return -1;
    }
    thread_current()->coroutine_origin_depth = depth;
    return 0;
}

int
vm_get_coroutine_origin_depth(void)
{
    return thread_current()->coroutine_origin_depth;
}

static int
check_asyncgen_hook(PyObject *hook, const char *name)
{
    if (hook == NULL || hook == Py_None || object_callable(hook)) {
        return 0;
    }
    error_format(PyExc_TypeError, "callable %s expected, got %.50s", name, type_of(hook)->tp_name);
    return -1;
}

int
vm_set_asyncgen_hooks(PyObject *firstiter, PyObject *finalizer)
{
    Thread *ts = thread_current();
    if (check_asyncgen_hook(finalizer, "finalizer") < 0 ||
        check_asyncgen_hook(firstiter, "firstiter") < 0) {
        return -1;
    }
    if (finalizer != NULL) {
        set_ref(ts->abi.async_gen_finalizer, finalizer == Py_None ? NULL : new_ref(finalizer));
    }
    if (firstiter != NULL) {
        set_ref(ts->abi.async_gen_firstiter, firstiter == Py_None ? NULL : new_ref(firstiter));
    }
    return 0;
}

PyObject *
vm_get_asyncgen_hooks(void)
{
    Thread *ts = thread_current();
    PyObject *first = ts->abi.async_gen_firstiter, *last = ts->abi.async_gen_finalizer;
    return tuple_pack(2, first == NULL ? Py_None : first, last == NULL ? Py_None : last);
}

// ---- hooks ----

static PyObject *
hook_frame_current(Thread *ts)
{
    return (PyObject *)vm_frame(ts, 0);
}

static PyObject *
hook_frame_globals(Thread *ts)
{
    return ts->fp == NULL ? NULL : frame_globals_of(ts->fp);
}

static PyObject *
hook_frame_builtins(Thread *ts)
{
    return ts->fp == NULL ? NULL : frame_builtins_of(ts->fp);
}

static int
hook_super_arguments(Thread *ts, PyObject **type, PyObject **self)
{
    return vm_super_arguments(type, self);
}

int
vm_init(Interpreter *interp)
{
    hooks.frame_super_arguments = hook_super_arguments;
    hooks.function_vectorcall = function_vectorcall;
    hooks.gc_visit_thread_frames = frames_visit;
    hooks.gc_visit_running_generators = frames_visit_generators;
    hooks.frame_current = hook_frame_current;
    hooks.frame_globals_borrow = hook_frame_globals;
    hooks.frame_builtins_borrow = hook_frame_builtins;
    return 0;
}
