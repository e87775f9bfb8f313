// Frames on the value stack: room, dropping registers, frame objects, walking.
//
// Threading: frames belong to the thread that runs them. Others look at them while the world is stopped
// (frame_look_begin, frames_visit).
#ifndef TYPHON_VM_FRAMES_H
#define TYPHON_VM_FRAMES_H

#include "base/atomic.h"
#include "thread/runtime.h"
#include "vm/frame_layout.h"

// Empties n registers, giving up what they own, the last first.
void registers_drop(Value *registers, Py_ssize_t n);

// The same inline, for few registers.
static inline void
arguments_drop(Value *registers, Py_ssize_t n)
{
    for (Py_ssize_t i = n - 1; i >= 0; i--) {
        Value v = registers[i];
        if (value_is_owned(v)) {
            registers[i] = VALUE_UNSET;
            decref(value_pointer(v));
        }
    }
}

// Whether a frame of `code` at new_fp fits without anything to attend to: stack, recursion
// limit, eval_breaker.
static inline bool
frame_can_enter(Thread *ts, Value *new_fp, PyCodeObject *code)
{
    return new_fp + code->co_framesize + STACK_SLACK <= ts->stack_limit &&
           ts->recursion_remaining > 0 &&
           atomic_load_relaxed_uptr(&ts->abi.eval_breaker) == 0;
}

// Calls from C are safepoints: a native loop that calls short functions would never pass another.
// Tracing is left to the eval loop. 0 or -1.
static inline int
vm_safepoint(Thread *ts)
{
    uintptr_t breaks = atomic_load_relaxed_uptr(&ts->abi.eval_breaker);
    return __builtin_expect((breaks & ~(uintptr_t)BREAK_TRACE) != 0, 0) ? thread_handle_breaks(ts)
                                                                        : 0;
}

// Whether `words` registers fit, and the recursion limit allows it: 0, or -1 with RecursionError.
int frame_check_room(Thread *ts, Value *new_fp, Py_ssize_t words);

// Where the next frame made from C code may lie: registers, with room for the header below.
static inline Value *
frame_next_base(Thread *ts)
{
    Value *top = ts->fp != NULL ? frame_top(ts->fp) : (Value *)ts->stack_base;
    return top + FRAME_GENERATOR_HEADER;
}

// The frame object of a frame, made when there is none: borrowed (the frame owns it). NULL with
// MemoryError.
PyFrameObject *frame_object_for(Value *fp);

// The frame ends: its frame object (if any) takes the locals along when others refer to it, and
// all registers are dropped.
void frame_object_end(Thread *ts, Value *fp);

// Leaves the innermost frame because of an exception: drops its registers, ends its object or
// generator, makes the caller's frame the innermost.
void frame_leave(Thread *ts, Value *fp);

// The frame moved (generators): its object, if any, follows.
static inline void
frame_object_moved(Value *fp, int state)
{
    PyFrameObject *f = frame_object_borrow(fp);
    if (f != NULL) {
        f->fp = fp;
        f->state = (char)state;
    }
}

// Around everything that looks at the registers or the header of a frame that another thread may run
// at the moment, or a generator's that it may resume: the world is stopped unless the frame lies on this
// thread's own value stack. Nests. No Python code may run in between, and nothing be given up.
typedef struct FrameLook {
    Interpreter *stopped;   // NULL: nothing was stopped
} FrameLook;

void frame_look_begin(FrameLook *look, const Value *fp);
void frame_look_end(FrameLook *look);

// hooks.gc_visit_thread_frames. Candidates of the collection are marked.
int frames_visit(Thread *ts, int (*visit)(PyObject *op, int counted, void *arg), void *arg);

// hooks.gc_visit_running_generators.
int frames_visit_generators(Thread *ts, int (*visit)(PyObject *gen, PyObject *op, void *arg),
                            void *arg);

#endif
