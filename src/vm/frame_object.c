// The type frame (objects/frame.h).
//
// A frame object follows its frame: on the value stack, in a generator, or in storage of its own
// once the frame has ended. f->fp always points to registers with a header in front.
#include "objects/frame.h"

#include "abi/constants.h"
#include "base/atomic.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/code.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/traceback.h"
#include "objects/type.h"
#include "thread/critical_section.h"
#include "vm/frame_jump.h"
#include "vm/frame_locals.h"
#include "vm/frames.h"
#include "vm/generator_internal.h"
#include "vm/trace.h"

static PyFrameObject *as_frame(PyObject *op) { return (PyFrameObject *)op; }

int
frame_lasti_word(PyFrameObject *f)
{
    FrameLook look;
    frame_look_begin(&look, atomic_load_relaxed_ptr(&f->fp));
    int word = f->fp == NULL ? -1 : frame_word(f->fp);
    frame_look_end(&look);
    return word;
}

int
frame_line(PyFrameObject *f)
{
    if (f->f_lineno > 0) {
        return f->f_lineno;
    }
    int word = frame_lasti_word(f);
    return word < 0 ? -1 : code_line(f->f_code, word);
}

PyFrameObject *
frame_get_back(PyFrameObject *f)
{
    FrameLook look;
    frame_look_begin(&look, atomic_load_relaxed_ptr(&f->fp));
    PyFrameObject *back = f->f_back;
    if (f->state == FRAME_STATE_RUNNING && f->fp != NULL) {
        Value *previous = frame_previous(f->fp);
        back = previous == NULL ? NULL : frame_object_for(previous);
    }
    xincref(back);
    frame_look_end(&look);
    return back;
}

PyObject *
frame_get_globals(PyFrameObject *f)
{
    return new_ref(((PyFunctionObject *)f->f_function)->func_globals);
}

PyObject *
frame_get_builtins(PyFrameObject *f)
{
    return new_ref(((PyFunctionObject *)f->f_function)->func_builtins);
}

PyObject *
frame_get_generator(PyFrameObject *f)
{
    FrameLook look;
    frame_look_begin(&look, atomic_load_relaxed_ptr(&f->fp));
    // One that has not begun yet is known by its state only.
    PyObject *gen = f->fp == NULL || f->state == FRAME_STATE_ENDED ? NULL
                    : f->state == FRAME_STATE_SUSPENDED
                        ? new_ref((PyObject *)f->fp[FRAME_GENERATOR])
                        : xnew_ref(frame_generator_of(f->fp));
    frame_look_end(&look);
    return gen;
}

PyFrameObject *
frame_new_detached(PyCodeObject *code, PyObject *globals, PyObject *locals)
{
    PyObject *function = function_new((PyObject *)code, globals, NULL);
    Value *storage = function == NULL ? NULL
                                      : mem_alloc_or_error((size_t)(FRAME_HEADER + code->co_first_temp + 1) *
                                                           sizeof(Value));
    PyFrameObject *f = storage == NULL ? NULL
                                       : (PyFrameObject *)heap_new_object(&PyFrame_Type,
                                                                          sizeof(PyFrameObject));
    if (f == NULL) {
        mem_free(storage);
        xdecref(function);
        return NULL;
    }
    memset((char *)f + sizeof(PyObject), 0, sizeof(PyFrameObject) - sizeof(PyObject));
    f->f_code = new_ref(code);
    f->f_function = function;
    f->storage = storage;
    f->fp = storage + FRAME_HEADER;
    f->fp[FRAME_OBJECT] = 0;
    f->fp[FRAME_PREVIOUS] = 0;
    f->fp[FRAME_RETURN] = 0;
    f->fp[FRAME_CODE] = (Value)code;
    f->fp[FRAME_FUNCTION] = (Value)function;
    f->fp[FRAME_PC] = (Value)code->co_words;
    for (int i = 0; i < code->co_first_temp; i++) {
        f->fp[i] = VALUE_UNSET;
    }
    if ((code->co_flags & CO_OPTIMIZED) == 0) {
        f->fp[0] = value_owned(new_ref(locals != NULL ? locals : globals));
    }
    f->f_trace_lines = 1;
    f->state = FRAME_STATE_ENDED;
    gc_track(f);
    return f;
}

// ---- attributes ----

static PyObject *
get_back(PyObject *op, void *context)
{
    PyFrameObject *back = frame_get_back(as_frame(op));
    if (back == NULL) {
        return error_occurred() ? NULL : new_ref(Py_None);
    }
    return (PyObject *)back;
}

static PyObject *get_globals(PyObject *op, void *c) { return frame_get_globals(as_frame(op)); }
static PyObject *get_builtins(PyObject *op, void *c) { return frame_get_builtins(as_frame(op)); }
static PyObject *get_locals(PyObject *op, void *c) { return frame_get_locals(as_frame(op)); }
static PyObject *get_code(PyObject *op, void *c) { return new_ref((PyObject *)as_frame(op)->f_code); }

static PyObject *
get_lasti(PyObject *op, void *context)
{
    int word = frame_lasti_word(as_frame(op));
    return int_from_i64(word < 0 ? -1 : (int64_t)word * 8);
}

static PyObject *
get_lineno(PyObject *op, void *context)
{
    int line = frame_line(as_frame(op));
    return line < 0 ? new_ref(Py_None) : int_from_i64(line);
}

static int
set_lineno(PyObject *op, PyObject *value, void *context)
{
    if (value == NULL) {
        error_set(PyExc_AttributeError, "cannot delete attribute");
        return -1;
    }
    return frame_jump_to_line(as_frame(op), value);
}

static PyObject *
get_trace(PyObject *op, void *context)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *trace = as_frame(op)->f_trace;
    trace = new_ref(trace == NULL ? Py_None : trace);
    critical_section_end(&cs);
    return trace;
}

static int
set_trace(PyObject *op, PyObject *value, void *context)
{
    if (value == Py_None) {
        value = NULL;
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *old = as_frame(op)->f_trace;
    as_frame(op)->f_trace = xnew_ref(value);
    critical_section_end(&cs);
    xdecref(old);
    return 0;
}

static PyObject *
get_trace_opcodes(PyObject *op, void *context)
{
    return new_ref(as_frame(op)->f_trace_opcodes ? Py_True : Py_False);
}

static int
set_trace_opcodes(PyObject *op, PyObject *value, void *context)
{
    if (value == NULL || (value != Py_True && value != Py_False)) {
        error_set(PyExc_TypeError, "attribute value type must be bool");
        return -1;
    }
    as_frame(op)->f_trace_opcodes = value == Py_True;
    return 0;
}

static PyObject *
get_generator(PyObject *op, void *context)
{
    PyObject *gen = frame_get_generator(as_frame(op));
    return gen == NULL ? new_ref(Py_None) : gen;
}

static PyGetSetDef frame_getset[] = {
    {"f_back", get_back, NULL, NULL, NULL},
    {"f_locals", get_locals, NULL, NULL, NULL},
    {"f_lineno", get_lineno, set_lineno, NULL, NULL},
    {"f_trace", get_trace, set_trace, NULL, NULL},
    {"f_lasti", get_lasti, NULL, NULL, NULL},
    {"f_globals", get_globals, NULL, NULL, NULL},
    {"f_builtins", get_builtins, NULL, NULL, NULL},
    {"f_code", get_code, NULL, NULL, NULL},
    {"f_trace_opcodes", get_trace_opcodes, set_trace_opcodes, NULL, NULL},
    {"f_generator", get_generator, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef frame_members[] = {
    {"f_trace_lines", Py_T_BOOL, offsetof(PyFrameObject, f_trace_lines), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

// ---- methods ----

// Takes everything out of a frame that has ended, then gives it up.
static int
frame_clear_ended(PyFrameObject *f)
{
    int n = f->f_code->co_first_temp;
    Value *taken = mem_alloc_or_error((size_t)(n + 1) * sizeof(Value));
    if (taken == NULL) {
        return -1;
    }
    FrameLook look;
    frame_look_begin(&look, atomic_load_relaxed_ptr(&f->fp));
    for (int i = 0; i < n; i++) {
        taken[i] = f->storage != NULL ? f->fp[i] : VALUE_UNSET;
        if (f->storage != NULL) {
            f->fp[i] = VALUE_UNSET;
        }
    }
    PyObject *trace = f->f_trace, *extra = f->f_extra_locals;
    f->f_trace = f->f_extra_locals = NULL;
    frame_look_end(&look);
    registers_drop(taken, n);
    mem_free(taken);
    xdecref(trace);
    xdecref(extra);
    return 0;
}

static PyObject *
frame_clear_method(PyObject *op, PyObject *unused)
{
    PyFrameObject *f = as_frame(op);
    if (f->state == FRAME_STATE_RUNNING) {
        return error_set(PyExc_RuntimeError, "cannot clear an executing frame");
    }
    if (f->state == FRAME_STATE_SUSPENDED) {
        PyObject *gen = frame_get_generator(f);
        if (gen == NULL || atomic_load_acquire_int(&((GeneratorObject *)gen)->state) != GEN_CREATED) {
            xdecref(gen);
            return error_set(PyExc_RuntimeError, "cannot clear a suspended frame");
        }
        if (coroutine_check(gen)) {
            coroutine_warn_never_awaited(gen);
        }
        generator_abandon((GeneratorObject *)gen);
        decref(gen);
        return new_ref(Py_None);
    }
    return frame_clear_ended(f) < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
frame_sizeof(PyObject *op, PyObject *unused)
{
    return int_from_ssize((Py_ssize_t)sizeof(PyFrameObject) +
                          as_frame(op)->f_code->co_framesize * (Py_ssize_t)sizeof(Value));
}

static PyObject *
frame_repr(PyObject *op)
{
    PyFrameObject *f = as_frame(op);
    return str_format("<frame at %p, file %R, line %d, code %S>", op, f->f_code->co_filename,
                      frame_line(f), f->f_code->co_name);
}

static PyMethodDef frame_methods[] = {
    {"clear", frame_clear_method, METH_NOARGS,
     "clear($self, /)\n--\n\nClear all references held by the frame."},
    {"__sizeof__", frame_sizeof, METH_NOARGS,
     "__sizeof__($self, /)\n--\n\nReturn the size of the frame in memory, in bytes."},
    {NULL, NULL, 0, NULL},
};

// ---- life ----

static void
frame_dealloc(PyObject *op)
{
    PyFrameObject *f = as_frame(op);
    gc_untrack(op);
    if (f->storage != NULL) {
        registers_drop(f->fp, f->f_code->co_first_temp);
        mem_free(f->storage);
        f->storage = NULL;
    }
    clear_ref(f->f_back);
    clear_ref(f->f_trace);
    clear_ref(f->f_extra_locals);
    clear_ref(f->f_displaced);
    clear_ref(f->f_function);
    clear_ref(f->f_code);
    heap_free(op);
}

static int
frame_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyFrameObject *f = as_frame(op);
    PyObject *fields[] = {(PyObject *)f->f_code, f->f_function, (PyObject *)f->f_back, f->f_trace,
                          f->f_extra_locals, f->f_displaced};
    int result = 0;
    for (size_t i = 0; i < sizeof fields / sizeof *fields && result == 0; i++) {
        result = fields[i] == NULL ? 0 : visit(fields[i], arg);
    }
    if (f->storage != NULL) {
        for (int i = 0; i < f->f_code->co_first_temp && result == 0; i++) {
            result = value_is_owned(f->fp[i]) ? visit(value_pointer(f->fp[i]), arg) : 0;
        }
    }
    return result;
}

static int
frame_tp_clear(PyObject *op)
{
    PyFrameObject *f = as_frame(op);
    if (f->storage != NULL) {
        registers_drop(f->fp, f->f_code->co_first_temp);
    }
    clear_ref(f->f_trace);
    clear_ref(f->f_extra_locals);
    clear_ref(f->f_back);
    return 0;
}

PyTypeObject PyFrame_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "frame",
    .tp_basicsize = sizeof(PyFrameObject),
    .tp_dealloc = frame_dealloc,
    .tp_repr = frame_repr,
    .tp_getattro = object_generic_getattr,
    .tp_setattro = object_generic_setattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = frame_traverse,
    .tp_clear = frame_tp_clear,
    .tp_methods = frame_methods,
    .tp_members = frame_members,
    .tp_getset = frame_getset,
};
