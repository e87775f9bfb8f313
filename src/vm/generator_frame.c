// Generator-like objects and the value stack: creation, resumption, suspension, end.
//
// While suspended, registers are in gen->words with the same header layout as on the stack, and own
// everything (borrowed pointers are converted), so that the collector sees plain references.
#include "base/atomic.h"
#include "memory/heap.h"
#include "objects/code.h"
#include "objects/error.h"
#include "objects/traceback.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "platform/thread.h"
#include "thread/runtime.h"
#include "vm/frames.h"
#include "vm/generator_internal.h"
#include "vm/interp.h"
#include "vm/liveness.h"
#include "vm/ops.h"
#include "vm/unwind.h"

const char *
generator_kind(PyObject *gen)
{
    return coroutine_check(gen)         ? "coroutine"
           : async_generator_check(gen) ? "async generator"
                                        : "generator";
}

// ---- creation ----

// cr_origin: (filename, line, name) of up to `depth` callers, innermost first.
static PyObject *
coroutine_origin(Value *fp, int depth)
{
    int n = 0;
    for (Value *at = fp; at != NULL && n < depth; at = frame_previous(at)) {
        n++;
    }
    PyObject *origin = tuple_new(n);
    for (int i = 0; i < n && origin != NULL; i++, fp = frame_previous(fp)) {
        PyCodeObject *code = frame_code(fp);
        PyObject *line = value_box(value_from_int(code_line(code, frame_word(fp))));
        PyObject *item = line == NULL ? NULL : tuple_pack(3, code->co_filename, line, code->co_name);
        xdecref(line);
        if (item == NULL) {
            clear_ref(origin);
            break;
        }
        tuple_set_item_steal(origin, i, item);
    }
    return origin;
}

PyObject *
generator_from_frame(Thread *ts, Value *fp)
{
    PyCodeObject *code = frame_code(fp);
    PyFunctionObject *function = frame_function(fp);
    PyTypeObject *type = (code->co_flags & CO_COROUTINE) != 0         ? &PyCoro_Type
                         : (code->co_flags & CO_ASYNC_GENERATOR) != 0 ? &PyAsyncGen_Type
                                                                      : &PyGen_Type;
    PyObject *origin = NULL;
    if (type == &PyCoro_Type && ts->coroutine_origin_depth > 0) {
        origin = coroutine_origin(frame_previous(fp), ts->coroutine_origin_depth);
        if (origin == NULL) {
            return NULL;
        }
    }
    uint32_t nwords = (uint32_t)(FRAME_GENERATOR_HEADER + code->co_framesize);
    GeneratorObject *gen = (GeneratorObject *)heap_new_object(
        type, sizeof(GeneratorObject) + nwords * sizeof(Value));
    if (gen == NULL) {
        xdecref(origin);
        return NULL;
    }
    gen->name = new_ref(function->func_name);
    gen->qualname = new_ref(function->func_qualname);
    gen->function = new_ref((PyObject *)function);
    gen->code = new_ref((PyObject *)code);
    gen->weakreflist = NULL;
    gen->state = GEN_CREATED;
    gen->hooks_called = gen->closing = gen->running_async = 0;
    gen->finalizer = NULL;
    gen->origin = origin;
    gen->exc_state.exc_value = NULL;
    gen->exc_state.previous_item = NULL;
    gen->nlive = (uint32_t)code->co_first_temp;
    gen->nwords = nwords;
    gen->fp = gen->words + FRAME_GENERATOR_HEADER;
    for (int i = -FRAME_GENERATOR_HEADER; i < 0; i++) {
        gen->fp[i] = fp[i];
    }
    gen->fp[FRAME_GENERATOR] = (Value)gen;
    gen->fp[FRAME_PREVIOUS] = 0;
    for (int i = 0; i < code->co_first_temp; i++) {
        gen->fp[i] = value_keep(fp[i]);
        fp[i] = 0;
    }
    fp[FRAME_OBJECT] = 0;
    frame_object_moved(gen->fp, FRAME_STATE_SUSPENDED);
    gc_track(gen);
    return (PyObject *)gen;
}

Value *
generator_fp(GeneratorObject *gen)
{
    return gen->fp;
}

// ---- resumption ----

static int
generator_refuse(GeneratorObject *gen, int state)
{
    PyObject *self = (PyObject *)gen;
    if (state == GEN_RUNNING) {
        error_format(PyExc_ValueError, "%s already executing", generator_kind(self));
        return -1;
    }
    if (coroutine_check(self)) {
        error_set(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
        return -1;
    }
    return 0;
}

// Moves a generator that this thread just set to GEN_RUNNING to the stack. NULL when there is no room
// (RecursionError; the state is put back).
static Value *
generator_to_stack(Thread *ts, GeneratorObject *gen, int state)
{
    PyCodeObject *code = (PyCodeObject *)gen->code;
    Value *to = frame_next_base(ts), *from = gen->fp;
    if (frame_check_room(ts, to, code->co_framesize) < 0) {
        atomic_store_release_int(&gen->state, state);
        return NULL;
    }
    to[FRAME_GENERATOR] = (Value)gen;
    to[FRAME_FUNCTION] = from[FRAME_FUNCTION];
    to[FRAME_CODE] = from[FRAME_CODE];
    to[FRAME_PC] = from[FRAME_PC];
    to[FRAME_OBJECT] = from[FRAME_OBJECT];
    for (int i = 0, n = (int)gen->nlive; i < n; i++) {
        to[i] = from[i];
    }
    gen->fp = to;
    gen->exc_state.previous_item = ts->abi.exc_info;
    ts->abi.exc_info = &gen->exc_state;
    frame_object_moved(to, FRAME_STATE_RUNNING);
    return to;
}

// Takes the right to run gen: its former state, or -1 (with *refused as generator_resume returns).
static int
generator_acquire(GeneratorObject *gen, int *refused)
{
    int state = atomic_load_acquire_int(&gen->state);
    if (runtime_is_single_threaded() && (state == GEN_CREATED || state == GEN_SUSPENDED)) {
        atomic_store_relaxed_int(&gen->state, GEN_RUNNING);
        return state;
    }
    while (state == GEN_CREATED || state == GEN_SUSPENDED || state == GEN_LOCKED) {
        if (state == GEN_LOCKED) {
            os_thread_yield();
            state = atomic_load_acquire_int(&gen->state);
        }
        else if (atomic_cas_int(&gen->state, &state, GEN_RUNNING)) {
            return state;
        }
    }
    *refused = generator_refuse(gen, state);
    return -1;
}

int
generator_resume(Thread *ts, GeneratorObject *gen, Value sent, Value **result)
{
    int refused = 0;
    int state = generator_acquire(gen, &refused);
    if (state < 0) {
        return refused;
    }
    if (state == GEN_CREATED && value_lend(sent) != value_none()) {
        atomic_store_release_int(&gen->state, state);
        error_format(PyExc_TypeError, "can't send non-None value to a just-started %s",
                     generator_kind((PyObject *)gen));
        return -1;
    }
    Value *fp = generator_to_stack(ts, gen, state);
    if (fp == NULL) {
        return -1;
    }
    if (state == GEN_SUSPENDED) {
        uint64_t word = *frame_pc(fp);
        fp[FRAME_PC] = (Value)(frame_pc(fp) + opcode_info[WORD_OP(word)].words);
        Value old = fp[WORD_A(word)];
        fp[WORD_A(word)] = value_keep(sent);
        value_drop(old);
    }
    else {
        fp[FRAME_PC] = (Value)(frame_pc(fp) + 1);
        value_drop(sent);
    }
    *result = fp;
    return 1;
}

// A borrowed register of a frame that yields, as one that owns. Temporaries between the live ones
// (the unused parts of call windows) may hold pointers to what is gone.
static Value
suspended_value(Value *fp, int reg)
{
    Value v = fp[reg];
    PyCodeObject *code = frame_code(fp);
    if (reg >= code->co_first_temp) {
        Liveness live = liveness_before(code, frame_word(fp), reg);
        if (live == LIVENESS_DEAD ||
            (live == LIVENESS_UNKNOWN && !heap_is_object(value_pointer(v)))) {
            return 0;
        }
    }
    return value_keep(v);
}

void
generator_suspend(Thread *ts, Value *fp, uint32_t nlive)
{
    GeneratorObject *gen = (GeneratorObject *)fp[FRAME_GENERATOR];
    Value *to = gen->words + FRAME_GENERATOR_HEADER;
    to[FRAME_PC] = fp[FRAME_PC];
    to[FRAME_OBJECT] = fp[FRAME_OBJECT];
    for (uint32_t i = 0; i < nlive; i++) {
        to[i] = value_is_borrowed(fp[i]) ? suspended_value(fp, (int)i) : fp[i];
        fp[i] = 0;
    }
    fp[FRAME_OBJECT] = 0;
    gen->nlive = nlive;
    gen->fp = to;
    ts->abi.exc_info = gen->exc_state.previous_item;
    gen->exc_state.previous_item = NULL;
    frame_object_moved(to, FRAME_STATE_SUSPENDED);
    atomic_store_release_int(&gen->state, GEN_SUSPENDED);
}

void
generator_end_frame(Thread *ts, Value *fp)
{
    GeneratorObject *gen = (GeneratorObject *)fp[FRAME_GENERATOR];
    ts->abi.exc_info = gen->exc_state.previous_item;
    gen->exc_state.previous_item = NULL;
    frame_object_end(ts, fp);
    fp[FRAME_GENERATOR] = 0;
    gen->fp = gen->words + FRAME_GENERATOR_HEADER;
    gen->fp[FRAME_OBJECT] = 0;
    gen->nlive = 0;
    atomic_store_release_int(&gen->state, GEN_CLOSED);
    clear_ref(gen->exc_state.exc_value);
}

void
generator_convert_exception(Value *fp)
{
    PyObject *gen = frame_generator_of(fp);
    if (error_matches(PyExc_StopIteration)) {
        error_format_from_cause(PyExc_RuntimeError, "%s raised StopIteration", generator_kind(gen));
    }
    else if (async_generator_check(gen) && error_matches(PyExc_StopAsyncIteration)) {
        error_format_from_cause(PyExc_RuntimeError, "async generator raised StopAsyncIteration");
    }
}

// ---- from C ----

// Runs a frame on the stack to its next yield or its end.
static PySendResult
generator_run(Thread *ts, Value *fp, bool raise, PyObject **result)
{
    *result = NULL;
    Value v = raise ? vm_run_raise(ts, fp) : vm_run(ts, fp);
    if (v == VALUE_UNSET) {
        return PYGEN_ERROR;
    }
    *result = value_box_steal(v);
    if (*result == NULL) {
        return PYGEN_ERROR;
    }
    return fp[FRAME_GENERATOR] == 0 ? PYGEN_RETURN : PYGEN_NEXT;
}

PySendResult
generator_send(GeneratorObject *gen, PyObject *arg, PyObject **result)
{
    Thread *ts = thread_current();
    Value *fp;
    *result = NULL;
    if (thread_enter_c(" while calling a Python object") < 0) {
        return PYGEN_ERROR;
    }
    Value sent = value_from_object(arg);
    int ready = generator_resume(ts, gen, sent, &fp);
    if (ready <= 0) {
        value_drop(sent);
        *result = ready < 0 ? NULL : new_ref(Py_None);
        return ready < 0 ? PYGEN_ERROR : PYGEN_RETURN;
    }
    return generator_run(ts, fp, false, result);
}

// Ends a generator whose frame is in the heap and that this thread has set to GEN_RUNNING.
static void
generator_end_in_heap(GeneratorObject *gen)
{
    Value *fp = gen->fp;
    registers_drop(fp, gen->nlive);
    gen->nlive = 0;
    PyFrameObject *f = frame_object_borrow(fp);
    if (f != NULL) {
        for (int i = 0; i < ((PyCodeObject *)gen->code)->co_framesize; i++) {
            fp[i] = VALUE_UNSET;
        }
        frame_object_end(thread_current(), fp);
    }
    fp[FRAME_OBJECT] = 0;
    atomic_store_release_int(&gen->state, GEN_CLOSED);
    clear_ref(gen->exc_state.exc_value);
}

void
generator_abandon(GeneratorObject *gen)
{
    if (atomic_load_acquire_int(&gen->state) == GEN_CLOSED) {
        return;
    }
    int refused = 0;
    if (generator_acquire(gen, &refused) >= 0) {
        generator_end_in_heap(gen);
    }
    else if (refused < 0) {
        error_clear();
    }
}

// An exception thrown into a generator that has not started: it ends, and the exception gets an
// entry for it.
static PySendResult
generator_raise_unstarted(GeneratorObject *gen, PyObject *exc)
{
    gen->fp[FRAME_PC] = (Value)((PyCodeObject *)gen->code)->co_words;
    PyFrameObject *f = frame_object_for(gen->fp);
    if (f != NULL) {
        f->state = FRAME_STATE_SUSPENDED;
        traceback_add_frame(exc, f, 0);
    }
    error_clear();
    generator_end_in_heap(gen);
    error_restore_steal(exc);
    return PYGEN_ERROR;
}

PySendResult
generator_raise(GeneratorObject *gen, PyObject **result)
{
    Thread *ts = thread_current();
    int refused = 0;
    *result = NULL;
    PyObject *exc = error_take();
    int state = thread_enter_c(" while calling a Python object") < 0
                    ? -1 : generator_acquire(gen, &refused);
    if (state < 0) {
        if (!error_occurred()) {
            error_restore_steal(exc);       // an ended generator raises it at once
        }
        else {
            xdecref(exc);
        }
        return PYGEN_ERROR;
    }
    if (state == GEN_CREATED) {
        return generator_raise_unstarted(gen, exc);
    }
    Value *fp = generator_to_stack(ts, gen, state);
    if (fp == NULL) {
        xdecref(exc);
        return PYGEN_ERROR;
    }
    // What is handled inside becomes the context.
    error_raise_in_item(exc);
    decref(exc);
    return generator_run(ts, fp, true, result);
}

Value *
generator_lend_frame(Thread *ts, GeneratorObject *gen)
{
    int refused = 0;
    int state = thread_enter_c(" while calling a Python object") < 0
                    ? -1 : generator_acquire(gen, &refused);
    Value *fp = state < 0 ? NULL : generator_to_stack(ts, gen, state);
    if (fp == NULL) {
        if (!error_occurred()) {    // another thread has ended it
            error_format(PyExc_ValueError, "%s already executing", generator_kind((PyObject *)gen));
        }
        return NULL;
    }
    fp[FRAME_RETURN] = interp_exit_word();
    fp[FRAME_PREVIOUS] = (Value)ts->fp;
    ts->fp = fp;
    ts->recursion_remaining--;
    return fp;
}

void
generator_take_frame_back(Thread *ts, GeneratorObject *gen, Value *fp)
{
    ts->fp = frame_previous(fp);
    ts->recursion_remaining++;
    generator_suspend(ts, fp, gen->nlive);
}

// The delegate of a suspended `yield from` or await has returned value (consumed): goes on behind
// the loop around SEND.
PySendResult
generator_delegate_returned(GeneratorObject *gen, PyObject *value, PyObject **result)
{
    Thread *ts = thread_current();
    int refused = 0;
    int state = generator_acquire(gen, &refused);
    Value *fp = state < 0 ? NULL : generator_to_stack(ts, gen, state);
    if (fp == NULL) {
        decref(value);
        *result = NULL;
        return PYGEN_ERROR;
    }
    // YIELD_VALUE (two words), JUMP_BACKWARD to SEND: docs/internals/bytecode.md
    const uint64_t *jump = frame_pc(fp) + 2;
    const uint64_t *send = jump + 1 + (int32_t)WORD_BC(*jump);
    fp[FRAME_PC] = (Value)(send + 2 + (int16_t)WORD_C(*send));
    registers_drop(&fp[WORD_B(*send)], 1);
    Value old = fp[WORD_A(*send)];
    fp[WORD_A(*send)] = value_from_object_steal(value);
    value_drop(old);
    return generator_run(ts, fp, false, result);
}
