// Inline halves of resuming and suspending generators, for handlers: no calls, nothing unusual. What
// they refuse goes through generator_resume and generator_suspend.
#ifndef TYPHON_VM_GENERATOR_FAST_H
#define TYPHON_VM_GENERATOR_FAST_H

#include <stdbool.h>

#include "base/atomic.h"
#include "thread/runtime.h"
#include "vm/frames.h"
#include "vm/generator.h"

// The frame on the stack, ready to be entered, or NULL. sent must be a number or own what it points
// to; it is consumed on success.
static inline __attribute__((always_inline)) Value *
generator_resume_fast(Thread *ts, Value *caller, GeneratorObject *gen, Value sent)
{
    const Value *from = gen->fp;
    PyCodeObject *code = (PyCodeObject *)gen->code;
    Value *to = frame_top(caller) + FRAME_GENERATOR_HEADER;
    if (!runtime_is_single_threaded() || atomic_load_relaxed_int(&gen->state) != GEN_SUSPENDED ||
        from[FRAME_OBJECT] != 0 || !frame_can_enter(ts, to, code)) {
        return NULL;
    }
    const uint64_t *pc = frame_pc(from);
    uint64_t word = *pc;
    if (value_is_owned(from[WORD_A(word)])) {
        return NULL;        // the destination of the yield would have to be dropped
    }
    atomic_store_relaxed_int(&gen->state, GEN_RUNNING);
    to[FRAME_GENERATOR] = (Value)gen;
    to[FRAME_FUNCTION] = from[FRAME_FUNCTION];
    to[FRAME_CODE] = (Value)code;
    to[FRAME_PC] = (Value)(pc + 2);
    to[FRAME_OBJECT] = 0;
    for (uint32_t i = 0, n = gen->nlive; i < n; i++) {
        to[i] = from[i];
    }
    to[WORD_A(word)] = sent;
    gen->fp = to;
    gen->exc_state.previous_item = ts->abi.exc_info;
    ts->abi.exc_info = &gen->exc_state;
    return to;
}

// True when the frame's registers are in the heap again.
static inline __attribute__((always_inline)) bool
generator_suspend_fast(Thread *ts, Value *fp, const uint64_t *pc, uint32_t nlive)
{
    if (fp[FRAME_OBJECT] != 0) {
        return false;
    }
    GeneratorObject *gen = (GeneratorObject *)fp[FRAME_GENERATOR];
    Value *to = gen->words + FRAME_GENERATOR_HEADER;
    uint32_t first_temp = (uint32_t)frame_code(fp)->co_first_temp;
    for (uint32_t i = 0; i < nlive; i++) {
        Value v = fp[i];
        if (value_is_borrowed(v) &&
            (i >= first_temp || !object_is_immortal(value_pointer(v)))) {
            return false;   // it has to be counted, or is a temporary's, and perhaps stale
        }
        to[i] = v;
    }
    for (uint32_t i = 0; i < nlive; i++) {
        *(volatile Value *)&fp[i] = 0;      // or the compiler calls memset from the handler
    }
    to[FRAME_PC] = (Value)pc;
    to[FRAME_OBJECT] = 0;
    gen->nlive = nlive;
    gen->fp = to;
    ts->abi.exc_info = gen->exc_state.previous_item;
    gen->exc_state.previous_item = NULL;
    atomic_store_release_int(&gen->state, GEN_SUSPENDED);
    return true;
}

#endif
