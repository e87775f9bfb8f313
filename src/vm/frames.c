// Frames on the value stack (frames.h).
#include "vm/frames.h"

#include "memory/alloc.h"
#include "memory/heap.h"
#include "objects/error.h"
#include "thread/runtime.h"
#include "vm/generator_internal.h"
#include "vm/liveness.h"

void
registers_drop(Value *registers, Py_ssize_t n)
{
    for (Py_ssize_t i = n - 1; i >= 0; i--) {
        Value v = registers[i];
        if (value_is_owned(v)) {
            registers[i] = VALUE_UNSET;
            decref(value_pointer(v));
        }
    }
}

int
frame_check_room(Thread *ts, Value *new_fp, Py_ssize_t words)
{
    if (ts->recursion_remaining <= 0 || new_fp + words + STACK_SLACK > ts->stack_limit) {
        error_set(PyExc_RecursionError, "maximum recursion depth exceeded");
        return -1;
    }
    return 0;
}

PyFrameObject *
frame_object_for(Value *fp)
{
    PyFrameObject *f = frame_object_borrow(fp);
    if (f != NULL) {
        return f;
    }
    f = (PyFrameObject *)heap_new_object(&PyFrame_Type, sizeof(PyFrameObject));
    if (f == NULL) {
        return NULL;
    }
    f->f_code = new_ref(frame_code(fp));
    f->f_function = new_ref((PyObject *)frame_function(fp));
    f->fp = fp;
    f->storage = NULL;
    f->f_back = NULL;
    f->f_trace = NULL;
    f->f_extra_locals = NULL;
    f->f_displaced = NULL;
    f->f_lineno = 0;
    f->f_last_line = -1;
    f->f_last_word = -1;
    f->f_watch = 0;
    f->f_trace_lines = 1;
    f->f_trace_opcodes = 0;
    f->state = FRAME_STATE_RUNNING;
    fp[FRAME_OBJECT] = (Value)f;
    gc_track(f);
    return f;
}

void
frame_look_begin(FrameLook *look, const Value *fp)
{
    Thread *ts = thread_current();
    Interpreter *interp = thread_interpreter(ts);
    bool own = fp >= (const Value *)ts->stack_base && fp < (const Value *)ts->stack_limit;
    look->stopped = NULL;
    if (!own && !runtime_is_single_threaded() && !world_is_stopped(interp)) {
        world_stop(interp);
        look->stopped = interp;
    }
}

void
frame_look_end(FrameLook *look)
{
    if (look->stopped != NULL) {
        world_start(look->stopped);
    }
}

// Moves the locals of an ending frame to a block of the frame object's own. False when out of memory.
static bool
frame_take_locals(Value *fp, PyFrameObject *f)
{
    int n = f->f_code->co_first_temp;
    Value *storage = mem_alloc((size_t)(FRAME_HEADER + n) * sizeof(Value));
    if (storage == NULL) {
        return false;
    }
    Value *to = storage + FRAME_HEADER;
    for (int i = -FRAME_HEADER; i < 0; i++) {
        to[i] = fp[i];
    }
    to[FRAME_OBJECT] = 0;
    to[FRAME_PREVIOUS] = 0;
    for (int i = 0; i < n; i++) {
        to[i] = value_keep(fp[i]);
        fp[i] = VALUE_UNSET;
    }
    f->storage = storage;
    f->fp = to;
    f->state = FRAME_STATE_ENDED;
    return true;
}

// The frame object of the caller, borrowed; NULL when out of memory, without an exception.
static PyFrameObject *
frame_object_of_caller(Value *previous)
{
    PyFrameObject *back = frame_object_borrow(previous);
    if (back != NULL) {
        return back;
    }
    PyObject *exc = error_take();       // the frame may end by it
    back = frame_object_for(previous);
    error_clear();
    error_restore_steal(exc);
    return back;
}

void
frame_object_end(Thread *ts, Value *fp)
{
    PyFrameObject *f = frame_object_borrow(fp);
    int size = frame_code(fp)->co_framesize;
    if (f == NULL) {
        registers_drop(fp, size);
        return;
    }
    // Destructors that run here may still ask for the frame, so it stays in place until the end.
    int first_temp = frame_code(fp)->co_first_temp;
    registers_drop(fp + first_temp, size - first_temp);
    Value *previous = frame_previous(fp);
    PyFrameObject *back = NULL;
    // A generator's caller is not where it came from.
    if (!refcount_is_unique((PyObject *)f) && f->state == FRAME_STATE_RUNNING && previous != NULL &&
        !generator_frame_started(fp)) {
        back = frame_object_of_caller(previous);
    }
    if (refcount_is_unique((PyObject *)f)) {
        registers_drop(fp, first_temp);
    }
    fp[FRAME_OBJECT] = 0;
    if (!refcount_is_unique((PyObject *)f) && frame_take_locals(fp, f)) {
        f->f_back = xnew_ref(back);
    }
    else {
        f->fp = NULL;
        f->state = FRAME_STATE_CLEARED;
        registers_drop(fp, first_temp);
    }
    clear_ref(f->f_displaced);
    decref(f);
}

void
frame_leave(Thread *ts, Value *fp)
{
    if (generator_frame_started(fp)) {
        generator_end_frame(ts, fp);
    }
    else {
        frame_object_end(ts, fp);
    }
    ts->fp = frame_previous(fp);
    ts->recursion_remaining++;
}

// ---- for the collector ----

// The last answer about a register: in deep recursions the same question comes again and again.
typedef struct LivenessMemo {
    PyCodeObject *code;
    int word, reg;
    bool live;
} LivenessMemo;

// Whether a borrowed pointer in a register keeps an object alive that the collection may free:
// only those whose counting is deferred. All others are counted where they were borrowed from.
static bool
register_holds(Value *fp, int reg, LivenessMemo *memo)
{
    PyObject *op = value_pointer(fp[reg]);
    unsigned doubtful = GC_DEFERRED | GC_UNREACHABLE;
    PyCodeObject *code = frame_code(fp);
    int word = frame_word(fp);
    if (reg < code->co_first_temp) {
        return (op->ob_gc_bits & doubtful) == doubtful;
    }
    if (!heap_is_object(op) || (op->ob_gc_bits & doubtful) != doubtful) {
        return false;       // or stale: the object is gone
    }
    if (memo->code != code || memo->word != word || memo->reg != reg) {
        *memo = (LivenessMemo){code, word, reg, liveness_around(code, word, reg) != LIVENESS_DEAD};
    }
    return memo->live;
}

static int
visit_registers(Value *fp, const Value *end,
                int (*visit)(PyObject *op, int counted, void *arg), void *arg, LivenessMemo *memo)
{
    for (int reg = 0; fp + reg < end; reg++) {
        Value v = fp[reg];
        if (!value_is_pointer(v) || v == VALUE_UNSET ||
            (value_is_borrowed(v) && !register_holds(fp, reg, memo))) {
            continue;
        }
        int result = visit(value_pointer(v), !value_is_borrowed(v), arg);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

// Behind the registers of a frame, `inner` being the one it called or NULL: their windows overlap.
static Value *
registers_end(Value *fp, Value *inner)
{
    Value *end = frame_top(fp);
    return inner != NULL && inner - FRAME_HEADER < end ? inner - FRAME_HEADER : end;
}

int
frames_visit(Thread *ts, int (*visit)(PyObject *op, int counted, void *arg), void *arg)
{
    Value *inner = NULL;
    LivenessMemo memo = {0};
    for (Value *fp = ts->fp; fp != NULL; inner = fp, fp = frame_previous(fp)) {
        int result = visit_registers(fp, registers_end(fp, inner), visit, arg, &memo);
        if (result == 0) {
            result = visit((PyObject *)frame_code(fp), 0, arg);
        }
        if (result == 0) {
            result = visit((PyObject *)frame_function(fp), 0, arg);
        }
        if (result == 0 && fp[FRAME_OBJECT] != 0) {
            result = visit((PyObject *)frame_object_borrow(fp), 1, arg);
        }
        if (result == 0 && generator_frame_started(fp)) {
            result = visit((PyObject *)fp[FRAME_GENERATOR], 0, arg);
        }
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

int
frames_visit_generators(Thread *ts, int (*visit)(PyObject *gen, PyObject *op, void *arg), void *arg)
{
    Value *inner = NULL;
    for (Value *fp = ts->fp; fp != NULL; inner = fp, fp = frame_previous(fp)) {
        Value *end = generator_frame_started(fp) ? registers_end(fp, inner) : fp;
        for (int reg = 0; fp + reg < end; reg++) {
            Value v = fp[reg];
            // Temporaries may hold stale borrowed pointers.
            bool refers = value_is_owned(v) ||
                          (value_is_borrowed(v) && reg < frame_code(fp)->co_first_temp);
            if (!refers || v == VALUE_UNSET) {
                continue;
            }
            int result = visit((PyObject *)fp[FRAME_GENERATOR], value_pointer(v), arg);
            if (result != 0) {
                return result;
            }
        }
    }
    return 0;
}
