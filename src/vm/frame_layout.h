// Layout of a frame: registers at fp, header words at small negative offsets.
//
//     fp[FRAME_GENERATOR]   generator-like frames only: its object (raw, borrowed)
//     fp[FRAME_RETURN]      where RETURN goes: a resume handler (see bodies/return.def)
//     fp[FRAME_PREVIOUS]    caller's fp
//     fp[FRAME_FUNCTION]    function object (raw, borrowed: the caller's window or C code owns it)
//     fp[FRAME_CODE]        code object (raw, borrowed: code is deferred)
//     fp[FRAME_PC]          instruction of the last call or slow operation of this frame
//     fp[FRAME_OBJECT]      frame object (raw, owned) or 0
//     fp[0] …               localsplus, temporaries (docs/internals/bytecode.md)
//
// All header words have the tag bits 00, so that they read as numbers when they are left behind in
// dead temporaries. Everything is relative to fp, so that a generator's registers can be copied
// between the heap and the value stack.
//
// Invariants: words beyond fp + co_framesize of the innermost frame own nothing. ts->fp is the
// innermost frame whenever other code than handlers runs.
#ifndef TYPHON_VM_FRAME_LAYOUT_H
#define TYPHON_VM_FRAME_LAYOUT_H

#include "objects/code.h"
#include "objects/frame.h"
#include "objects/function.h"
#include "objects/value.h"
#include "thread/thread.h"
#include "vm_opcode_ids.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

enum {
    FRAME_OBJECT = -1,
    FRAME_PC = -2,
    FRAME_CODE = -3,
    FRAME_FUNCTION = -4,
    FRAME_PREVIOUS = -5,
    FRAME_RETURN = -6,
    FRAME_GENERATOR = -7,
};

#define FRAME_HEADER 6
#define FRAME_GENERATOR_HEADER 7

_Static_assert(WINDOW_HEADER + FRAME_HEADER == WINDOW_SELF, "the header lies in the window");
_Static_assert(WINDOW_ARGS == WINDOW_SELF + 1, "");

// Words that stay free above the largest frame, so that a call needs one check.
#define STACK_SLACK 64

static inline PyCodeObject *frame_code(const Value *fp) { return (PyCodeObject *)fp[FRAME_CODE]; }
static inline PyFunctionObject *
frame_function(const Value *fp)
{
    return (PyFunctionObject *)fp[FRAME_FUNCTION];
}
static inline const uint64_t *frame_pc(const Value *fp) { return (const uint64_t *)fp[FRAME_PC]; }
static inline Value *frame_previous(const Value *fp) { return (Value *)fp[FRAME_PREVIOUS]; }
static inline PyFrameObject *
frame_object_borrow(const Value *fp)
{
    return (PyFrameObject *)fp[FRAME_OBJECT];
}

// First word above the frame.
static inline Value *
frame_top(Value *fp)
{
    return fp + frame_code(fp)->co_framesize;
}

// Index of the word that the frame executes.
static inline int
frame_word(const Value *fp)
{
    return (int)(frame_pc(fp) - frame_code(fp)->co_words);
}

static inline PyObject *
frame_globals_of(const Value *fp)
{
    return frame_function(fp)->func_globals;
}

static inline PyObject *
frame_builtins_of(const Value *fp)
{
    return frame_function(fp)->func_builtins;
}

// Whether the frame belongs to a generator-like object, which exists: RETURN_GENERATOR, the first
// instruction of such code, has been executed.
static inline bool
generator_frame_started(const Value *fp)
{
    return (frame_code(fp)->co_flags & CO_GENERATOR_LIKE) != 0 && frame_word(fp) > 0;
}

// Generator object of a frame (borrowed), or NULL.
static inline PyObject *
frame_generator_of(const Value *fp)
{
    return generator_frame_started(fp) ? (PyObject *)fp[FRAME_GENERATOR] : NULL;
}

#endif
