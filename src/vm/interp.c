// The interpreter: dispatch tables, entry, and the bodies of all instructions.
//
// The bodies come from vm/bodies/*.def through vm_bodies.inc; see interp_macros.h for how they
// become functions or labels. Everything that is not a fast path is in other files of vm/.
//
// Threading: an activation of the loop belongs to one thread.
#include "vm/interp.h"

#include "abi/constants.h"
#include "abi/functions.h"
#include "base/atomic.h"
#include "objects/cell.h"
#include "objects/cfunction.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/interpreter.h"
#include "objects/iter.h"
#include "objects/descr.h"
#include "objects/list.h"
#include "objects/method.h"
#include "objects/object.h"
#include "objects/range.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "thread/runtime.h"
#include "vm/build.h"
#include "vm/cache.h"
#include "vm/calls.h"
#include "vm/frames.h"
#include "vm/generator_fast.h"
#include "vm/generator_internal.h"
#include "vm/handled.h"
#include "vm/import_ops.h"
#include "vm/interp_arith.h"
#include "vm/interp_macros.h"
#include "vm/intrinsics.h"
#include "vm/names.h"
#include "vm/native_values.h"
#include "vm/ops.h"
#include "vm/pattern.h"
#include "vm/trace.h"
#include "vm/unwind.h"
#include "vm_bodies_list.inc"

#ifdef VM_TAIL_CALLS

static const struct HandlerEntry op_table[256];
static const struct HandlerEntry trace_table[256];

#define DECLARE_SHARED(name) static VM_CC Value shared_##name(VM_PARAMS);
#define DECLARE_SLOW(name) static VM_CC Value slow_##name(VM_PARAMS);
#define DECLARE_RESUME(name) static VM_CC Value resume_##name(VM_PARAMS);
VM_SHARED_LIST(DECLARE_SHARED)
VM_SLOW_LIST(DECLARE_SLOW)
VM_RESUME_LIST(DECLARE_RESUME)

#include "vm_bodies.inc"
#line 60 "vm/interp.c"

#define ENTRY(name) [OP_##name] = {op_##name},
static const struct HandlerEntry op_table[256] = {VM_OPCODE_LIST(ENTRY)};
static const struct HandlerEntry trace_table[256] = {[0 ... 255] = {shared_trace}};

static Value
interp_start(Thread *ts, Value *fp, bool raise)
{
    const uint64_t *pc = frame_pc(fp);
    const struct HandlerEntry *tbl = LOAD_TABLE();
    uint64_t word = atomic_load_relaxed_u64(pc);
    const Value *k = frame_code(fp)->co_values;
    Handler handler = raise ? shared_error : tbl[(uint8_t)word].handler;
    return handler(pc, fp, ts, k, tbl, word);
}

Value interp_exit_word(void) { return RESUME_WORD(exit); }

#else

enum {
#define RESUME_ENUM(name) RESUME_INDEX_##name,
    VM_RESUME_LIST(RESUME_ENUM)
};

static Value
interp_start(Thread *ts, Value *fp, bool raise)
{
#define ENTRY(name) [OP_##name] = {&&op_##name},
    static const struct HandlerEntry op_table[256] = {VM_OPCODE_LIST(ENTRY)};
    static const struct HandlerEntry trace_table[256] = {[0 ... 255] = {&&shared_trace}};
#define RESUME_ENTRY(name) [RESUME_INDEX_##name] = &&resume_##name,
    static const Label resume_table[] = {VM_RESUME_LIST(RESUME_ENTRY)};

    const uint64_t *pc = frame_pc(fp);
    const struct HandlerEntry *tbl = LOAD_TABLE();
    const Value *k = frame_code(fp)->co_values;
    uint64_t word = atomic_load_relaxed_u64(pc);
    if (raise) {
        GOTO(error);
    }
    TRANSFER();

#include "vm_bodies.inc"
#line 112 "vm/interp.c"
}

Value interp_exit_word(void) { return RESUME_WORD(exit); }

#endif

static Value
run(Thread *ts, Value *fp, bool raise)
{
    fp[FRAME_RETURN] = interp_exit_word();
    fp[FRAME_PREVIOUS] = (Value)ts->fp;
    ts->recursion_remaining--;
    ts->fp = fp;
    trace_enter_run(ts);
    Value result = interp_start(ts, fp, raise);
    if (UNLIKELY(ts->trace != NULL)) {
        // Tracing may have begun inside: the caller's loop has to see it too.
        thread_interrupt(ts, BREAK_TRACE);
    }
    return result;
}

Value vm_run(Thread *ts, Value *fp) { return run(ts, fp, false); }
Value vm_run_raise(Thread *ts, Value *fp) { return run(ts, fp, true); }
