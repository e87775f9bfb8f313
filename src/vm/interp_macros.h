// The macros that instruction bodies (vm/bodies/*.def) are written in, for both dispatchers.
//
// With clang (musttail, preserve_none), every body is a function and each transfer a tail call;
// the interpreter's state lives in argument registers. With other compilers all bodies are labels
// in one function (computed goto). Bodies see neither: they use the names below only.
//
//     pc     the instruction      word   its 64 bits (or the result, in RESUME bodies)
//     fp     registers            k      constants of the code
//     ts     thread               tbl    dispatch table: the plain one, or the tracing one
//
// Rules: a handler on a fast path contains no ordinary call (SLOW() leads to one); SLOW bodies
// have FRAME_PC set on entry; a body ends in NEXT, FINISH, JUMP…, SLOW, ERROR, GOTO or DISPATCH.
#ifndef TYPHON_VM_INTERP_MACROS_H
#define TYPHON_VM_INTERP_MACROS_H

#if defined(__clang__) && defined(__has_attribute)
#if __has_attribute(musttail) && __has_attribute(preserve_none) && \
    !__has_feature(address_sanitizer)   // whose frames preserve_none cannot realign
#define VM_TAIL_CALLS 1
#endif
#endif

#ifdef VM_TAIL_CALLS

#define VM_CC __attribute__((preserve_none))
#define VM_PARAMS                                                                          \
    const uint64_t *pc, Value *fp, Thread *ts, const Value *k, const struct HandlerEntry *tbl, \
        uint64_t word
#define VM_ARGS pc, fp, ts, k, tbl, word

struct HandlerEntry;
typedef VM_CC Value (*Handler)(VM_PARAMS);
struct HandlerEntry {
    Handler handler;
};

#define VM_UNUSED (void)pc, (void)fp, (void)ts, (void)k, (void)tbl, (void)word
#define VM_TAIL_TO(target) __attribute__((musttail)) return (target)(VM_ARGS)
#define BEGIN_OP(name) static VM_CC Value op_##name(VM_PARAMS) { VM_UNUSED;
#define BEGIN_SLOW(name)                                                                   \
    static VM_CC __attribute__((noinline)) Value slow_##name(VM_PARAMS) {                  \
        VM_UNUSED; SAVE_PC();
#define BEGIN_SHARED(name)                                                                 \
    static VM_CC __attribute__((noinline, unused)) Value shared_##name(VM_PARAMS) { VM_UNUSED;
#define BEGIN_RESUME(name)                                                                 \
    static VM_CC __attribute__((aligned(16))) Value resume_##name(VM_PARAMS) { VM_UNUSED;
#define END_OP(name) }
#define END_SLOW(name) }
#define END_SHARED(name) }
#define END_RESUME(name) }

#define TRANSFER() VM_TAIL_TO(tbl[(uint8_t)word].handler)
#define TRANSFER_PLAIN() VM_TAIL_TO(op_table[(uint8_t)word].handler)
#define GOTO(name) VM_TAIL_TO(shared_##name)
#define SLOW() VM_TAIL_TO(THIS_SLOW)
#define VM_GENERAL_FORM(name) VM_TAIL_TO(slow_##name)
#define RESUME_WORD(name) ((Value)(uintptr_t)resume_##name)
#define TRANSFER_RESUME(resume_word) VM_TAIL_TO((Handler)(uintptr_t)(resume_word))

#else

typedef const void *Label;
struct HandlerEntry {
    Label handler;
};

#define BEGIN_OP(name) op_##name: __attribute__((unused)); {
#define BEGIN_SLOW(name) slow_##name: __attribute__((unused)); { SAVE_PC();
#define BEGIN_SHARED(name) shared_##name: __attribute__((unused)); {
#define BEGIN_RESUME(name) resume_##name: __attribute__((unused)); {
#define END_OP(name) }
#define END_SLOW(name) }
#define END_SHARED(name) }
#define END_RESUME(name) }

#define TRANSFER() goto *tbl[(uint8_t)word].handler
#define TRANSFER_PLAIN() goto *op_table[(uint8_t)word].handler
#define GOTO(name) goto shared_##name
#define SLOW() goto THIS_SLOW
#define VM_GENERAL_FORM(name) goto slow_##name
#define RESUME_WORD(name) ((Value)RESUME_INDEX_##name << 2)
#define TRANSFER_RESUME(resume_word) goto *resume_table[(resume_word) >> 2]

#endif

// ---- operands ----

#define OPA ((uint16_t)(word >> 16))
#define OPB ((uint16_t)(word >> 32))
#define OPC ((uint16_t)(word >> 48))
#define OPBC ((uint32_t)(word >> 32))
#define OPFLAGS ((uint8_t)(word >> 8))
#define RA (fp[OPA])
#define RB (fp[OPB])
#define RC (fp[OPC])
#define KB (k[OPB])
#define KC (k[OPC])
#define DATA_WORD (pc[1])
#define NAME(index) (tuple_item(frame_code(fp)->co_names, (index)))

// ---- control ----

#define SAVE_PC() (fp[FRAME_PC] = (Value)pc)

// Executes the instruction at pc.
#define DISPATCH()                                                                         \
    do {                                                                                   \
        word = atomic_load_relaxed_u64(pc);                                                \
        TRANSFER();                                                                        \
    } while (0)

#define NEXT()                                                                             \
    do {                                                                                   \
        pc += WORDS;                                                                       \
        DISPATCH();                                                                        \
    } while (0)

// Whether something asks for attention (signals, collector, other threads, tracing).
#define BREAK_REQUESTED() UNLIKELY(atomic_load_relaxed_uptr(&ts->abi.eval_breaker) != 0)

// Jumps by a signed distance; backwards it is a safepoint.
#define JUMP_BY(distance)                                                                  \
    do {                                                                                   \
        int64_t distance_ = (distance);                                                    \
        pc += WORDS + distance_;                                                           \
        if (distance_ < 0 && BREAK_REQUESTED()) {                                          \
            GOTO(poll);                                                                    \
        }                                                                                  \
        DISPATCH();                                                                        \
    } while (0)

#define JUMP_C() JUMP_BY((int16_t)OPC)
#define JUMP_BC() JUMP_BY((int32_t)OPBC)

// Raises the current exception at pc.
#define ERROR() GOTO(error)
#define ERROR_IF(condition)                                                                \
    do {                                                                                   \
        if (UNLIKELY(condition)) {                                                         \
            ERROR();                                                                       \
        }                                                                                  \
    } while (0)

// ---- writing results ----

#define OWNED(v) value_is_owned(v)

// Gives up `old` out of line and goes on behind this instruction.
#define DROP_NEXT(old)                                                                     \
    do {                                                                                   \
        word = (old);                                                                      \
        VM_DROP_NEXT(WORDS);                                                               \
    } while (0)
#define VM_DROP_NEXT(words) VM_DROP_NEXT_(words)
#define VM_DROP_NEXT_(words) GOTO(drop_next##words)

// Register a = v (own, or borrowed from something that outlives the frame), then the next
// instruction. For operands that are numbers: they need no dropping.
#define SET_A_NEXT(v)                                                                      \
    do {                                                                                   \
        Value new_ = (v);                                                                  \
        Value old_ = RA;                                                                   \
        RA = new_;                                                                         \
        if (UNLIKELY(OWNED(old_))) {                                                 \
            DROP_NEXT(old_);                                                               \
        }                                                                                  \
        NEXT();                                                                            \
    } while (0)

// Gives up `old`, which is owned: inline when others hold it too. Then the next instruction.
#define DROP_OWNED_NEXT(old)                                                               \
    do {                                                                                   \
        Value drop_ = (old);                                                               \
        PyObject *dropped_ = value_pointer(drop_);                                         \
        uint32_t local_ = atomic_load_relaxed_u32(&dropped_->ob_ref_local);                \
        if (LIKELY(local_ > 1 && local_ != REF_IMMORTAL_LOCAL &&                           \
                   atomic_load_relaxed_uptr(&dropped_->ob_tid) == thread_id_word())) {     \
            atomic_store_relaxed_u32(&dropped_->ob_ref_local, local_ - 1);                 \
            NEXT();                                                                        \
        }                                                                                  \
        DROP_NEXT(drop_);                                                                  \
    } while (0)

// Gives up `old`, which was in register a, and takes the jump of this instruction (two words
// long, distance in c).
#define DROP_JUMP_C(old)                                                                   \
    do {                                                                                   \
        Value drop_ = (old);                                                               \
        PyObject *dropped_ = value_pointer(drop_);                                         \
        uint32_t local_ = atomic_load_relaxed_u32(&dropped_->ob_ref_local);                \
        if (LIKELY(local_ > 1 && local_ != REF_IMMORTAL_LOCAL &&                           \
                   atomic_load_relaxed_uptr(&dropped_->ob_tid) == thread_id_word())) {     \
            atomic_store_relaxed_u32(&dropped_->ob_ref_local, local_ - 1);                 \
            JUMP_C();                                                                      \
        }                                                                                  \
        word = drop_;                                                                      \
        GOTO(drop_jump);                                                                   \
    } while (0)

// Register a = v as SET_A_NEXT does it, for values that often are objects.
#define SET_A_OBJECT_NEXT(v)                                                               \
    do {                                                                                   \
        Value new_ = (v);                                                                  \
        Value old_ = RA;                                                                   \
        RA = new_;                                                                         \
        if (OWNED(old_)) {                                                                 \
            DROP_OWNED_NEXT(old_);                                                         \
        }                                                                                  \
        NEXT();                                                                            \
    } while (0)

// Register a = v, where operand b (whose content is `source`) may be a pointer and die.
#define SET_A_KILL_B_NEXT(v, source)                                                       \
    do {                                                                                   \
        Value made_ = (v);                                                                 \
        if (LIKELY((OPFLAGS & KILL_B) == 0 || !OWNED(source))) {                           \
            SET_A_OBJECT_NEXT(made_);                                                             \
        }                                                                                  \
        if (OPA != OPB) {                                                                  \
            if (UNLIKELY(OWNED(RA))) {                                                     \
                FINISH(made_);                                                             \
            }                                                                              \
            RB = VALUE_UNSET;                                                              \
        }                                                                                  \
        RA = made_;                                                                        \
        DROP_OWNED_NEXT(source);                                                           \
    } while (0)

// The general end of an instruction: operands with kill flags die, register a = v.
#define FINISH(v)                                                                          \
    do {                                                                                   \
        word = (v);                                                                        \
        GOTO(finish);                                                                      \
    } while (0)

// The same for a value that may be VALUE_UNSET with an exception.
#define FINISH_OR_ERROR(v)                                                                 \
    do {                                                                                   \
        Value result_ = (v);                                                               \
        ERROR_IF(result_ == VALUE_UNSET);                                                  \
        FINISH(result_);                                                                   \
    } while (0)

// The end of a call that made no frame: the callable in register b dies, register a = v.
#define FINISH_CALL(v)                                                                     \
    do {                                                                                   \
        Value called_ = (v);                                                               \
        if (UNLIKELY(OWNED(RA) | OWNED(RB)) || BREAK_REQUESTED()) {                        \
            word = called_;                                                                \
            GOTO(finish_call);                                                             \
        }                                                                                  \
        RA = called_;                                                                      \
        pc += 2;                                                                           \
        DISPATCH();                                                                        \
    } while (0)

// The end of an instruction without destination: operands with kill flags die.
#define FINISH_OPERANDS() GOTO(finish_operands)

// Empties a register whose owned pointer (if any) dies here.
#define KILL_REGISTER(reg)                                                                 \
    do {                                                                                   \
        Value *killed_ = &fp[reg];                                                         \
        Value dead_ = *killed_;                                                            \
        if (OWNED(dead_)) {                                                          \
            *killed_ = VALUE_UNSET;                                                        \
            value_drop(dead_);                                                             \
        }                                                                                  \
    } while (0)

#define KILL_FLAGGED()                                                                     \
    do {                                                                                   \
        uint8_t kills_ = OPFLAGS;                                                          \
        if ((kills_ & KILL_A) != 0) { KILL_REGISTER(OPA); }                                \
        if ((kills_ & KILL_B) != 0) { KILL_REGISTER(OPB); }                                \
        if ((kills_ & KILL_C) != 0) { KILL_REGISTER(OPC); }                                \
    } while (0)

// Stores into a register and drops what it held: out of line code only.
#define STORE_REGISTER(reg, v)                                                             \
    do {                                                                                   \
        Value stored_ = (v);                                                               \
        Value *at_ = &fp[reg];                                                             \
        Value before_ = *at_;                                                              \
        *at_ = stored_;                                                                    \
        value_drop(before_);                                                               \
    } while (0)

// Drops `count` temporaries from register `first` on.
#define KILL_RANGE(first, count) registers_drop(&fp[first], (count))

// ---- frames ----

#define LOAD_TABLE() (UNLIKELY(ts->trace != NULL) ? trace_table : op_table)

// Starts executing frame new_fp (header FUNCTION, CODE, OBJECT and registers are set), whose
// result goes to the RESUME body `resume` in this frame. The checks of frame_can_enter are done.
#define ENTER_FRAME(new_fp, resume)                                                        \
    do {                                                                                   \
        Value *entered_ = (new_fp);                                                        \
        PyCodeObject *code_ = frame_code(entered_);                                        \
        entered_[FRAME_RETURN] = RESUME_WORD(resume);                                      \
        entered_[FRAME_PREVIOUS] = (Value)fp;                                              \
        ts->recursion_remaining--;                                                         \
        fp = entered_;                                                                     \
        ts->fp = fp;                                                                       \
        pc = code_->co_entry;                                                              \
        k = code_->co_values;                                                              \
        DISPATCH();                                                                        \
    } while (0)

// Continues a resumed generator's frame at its FRAME_PC.
#define ENTER_GENERATOR(new_fp, resume)                                                    \
    do {                                                                                   \
        Value *entered_ = (new_fp);                                                        \
        entered_[FRAME_RETURN] = RESUME_WORD(resume);                                      \
        entered_[FRAME_PREVIOUS] = (Value)fp;                                              \
        ts->recursion_remaining--;                                                         \
        fp = entered_;                                                                     \
        ts->fp = fp;                                                                       \
        pc = frame_pc(fp);                                                                 \
        k = frame_code(fp)->co_values;                                                     \
        DISPATCH();                                                                        \
    } while (0)

// Leaves the frame with `result` (own) for the caller's RESUME body. finished is 1 for returns, 0
// for yields; RESUME bodies read it as FINISHED.
#define LEAVE_FRAME(result, finished)                                                      \
    do {                                                                                   \
        Value left_ = (result);                                                            \
        Value resume_ = fp[FRAME_RETURN];                                                  \
        fp = (Value *)fp[FRAME_PREVIOUS];                                                  \
        ts->fp = fp;                                                                       \
        ts->recursion_remaining++;                                                         \
        word = left_;                                                                      \
        k = (const Value *)(uintptr_t)(finished);                                          \
        TRANSFER_RESUME(resume_);                                                          \
    } while (0)

// In RESUME bodies: the value handed over, and whether the frame below has ended.
#define RESULT word
#define FINISHED (k != NULL)

// In RESUME bodies: pc, word and k of the instruction that made the call.
#define RESUME_CALLER()                                                                    \
    do {                                                                                   \
        pc = frame_pc(fp);                                                                 \
        k = frame_code(fp)->co_values;                                                     \
        word = atomic_load_relaxed_u64(pc);                                                \
    } while (0)

#endif
