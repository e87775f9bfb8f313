// Raising (unwind.h).
//
// Every frame that an exception passes gets an entry in its traceback, and so a frame object.
#include "vm/unwind.h"

#include "objects/error.h"
#include "objects/traceback.h"
#include "vm/frames.h"
#include "vm/generator_internal.h"
#include "vm/trace.h"

static void
unwind_add_traceback(Value *fp)
{
    PyFrameObject *f = frame_object_for(fp);
    PyObject *exc = thread_current()->abi.current_exception;
    if (exc == NULL) {
        error_set(PyExc_SystemError, "an operation failed without setting an exception");
        exc = thread_current()->abi.current_exception;
    }
    if (f == NULL || traceback_add_frame(exc, f, frame_word(fp) * 8) < 0) {
        error_chain_steal(error_take());    // MemoryError replaces the exception
    }
}

// Registers as the handler expects them.
static void
unwind_enter_handler(Value *fp, const ExceptionEntry *entry)
{
    PyCodeObject *code = frame_code(fp);
    int lasti = frame_word(fp) * 8;
    registers_drop(fp + entry->depth, code->co_framesize - entry->depth);
    Value *to = fp + entry->depth;
    if (entry->lasti) {
        *to++ = value_from_int(lasti);
    }
    *to = value_from_object_steal(error_take());
    fp[FRAME_PC] = (Value)(code->co_words + entry->target);
}

static Value *
unwind_loop(Thread *ts, Value *fp, int word, bool add_traceback)
{
    for (;;) {
        if (add_traceback) {
            unwind_add_traceback(fp);
        }
        if (UNLIKELY(ts->trace != NULL)) {
            trace_raise(ts, fp, add_traceback);
        }
        ExceptionEntry entry;
        if (code_find_handler(frame_code(fp), word, &entry)) {
            unwind_enter_handler(fp, &entry);
            if (LIKELY(ts->trace == NULL) || trace_handled(ts, fp) == 0) {
                return fp;
            }
            word = entry.target;
            add_traceback = true;
            continue;
        }
        if (generator_frame_started(fp)) {
            generator_convert_exception(fp);
        }
        if (UNLIKELY(ts->trace != NULL)) {
            trace_unwind(ts, fp);
        }
        bool leaves_loop = fp[FRAME_RETURN] == interp_exit_word();
        Value *previous = frame_previous(fp);
        frame_leave(ts, fp);
        if (leaves_loop) {
            return NULL;
        }
        fp = previous;
        word = frame_word(fp);
        add_traceback = true;
    }
}

Value *
unwind(Thread *ts, Value *fp, bool add_traceback)
{
    return unwind_loop(ts, fp, frame_word(fp), add_traceback);
}

Value *
unwind_from(Thread *ts, Value *fp, const uint64_t *pc)
{
    return unwind_loop(ts, fp, (int)(pc - frame_code(fp)->co_words), false);
}
