// Assigning f_lineno (frame_jump.h).
//
// A jump is possible between instructions with the same live temporaries. Which temporaries live
// where is found by walking the code from its start: at each instruction, the set of loops and
// blocks it is in is described by the exception handlers that cover it and by the iterators of
// the for loops around it. Jumping *into* a loop, a with block or an except clause is refused;
// jumping out drops what the left blocks held.
#include "vm/frame_jump.h"

#include "memory/alloc.h"
#include "objects/error.h"
#include "objects/int.h"
#include "vm/frames.h"
#include "vm/trace.h"

// Live temporaries of an instruction: a bit for each, as far as 64 go.
typedef uint64_t LiveSet;
#define LIVE_UNKNOWN ((LiveSet)-1)

typedef struct JumpMap {
    PyCodeObject *code;
    LiveSet *live;          // one per word; LIVE_UNKNOWN where control does not get
    int *work;              // words whose successors have to be visited
    int nwork;
} JumpMap;

static LiveSet
live_bit(JumpMap *m, int reg)
{
    int temp = reg - m->code->co_first_temp;
    return temp >= 0 && temp < 63 ? (LiveSet)1 << temp : 0;
}

static LiveSet
live_below(JumpMap *m, int reg)
{
    int temp = reg - m->code->co_first_temp;
    return temp >= 63 ? LIVE_UNKNOWN >> 1 : ((LiveSet)1 << (temp < 0 ? 0 : temp)) - 1;
}

static void
jump_reach(JumpMap *m, int64_t word, LiveSet live)
{
    if (word >= 0 && word < code_size(m->code) && m->live[word] == LIVE_UNKNOWN) {
        m->live[word] = live;
        m->work[m->nwork++] = (int)word;
    }
}

static LiveSet
jump_clear_run(JumpMap *m, LiveSet live, int first, int count)
{
    for (int i = 0; i < count; i++) {
        live &= ~live_bit(m, first + i);
    }
    return live;
}

// Live temporaries behind an instruction.
static LiveSet
jump_effect(JumpMap *m, uint64_t word, LiveSet live)
{
    const struct OpcodeInfo *info = &opcode_info[WORD_OP(word)];
    int a = WORD_A(word), b = WORD_B(word), c = WORD_C(word);
    uint8_t flags = WORD_FLAGS(word);
    live &= ~((flags & KILL_A) != 0 ? live_bit(m, a) : 0);
    live &= ~((flags & KILL_B) != 0 ? live_bit(m, b) : 0);
    live &= ~((flags & KILL_C) != 0 ? live_bit(m, c) : 0);
    live &= ~(info->a == OPERAND_TAKE ? live_bit(m, a) : 0);
    live &= ~(info->b == OPERAND_TAKE ? live_bit(m, b) : 0);
    if (info->b == OPERAND_WINDOW) {
        live = jump_clear_run(m, live, b, WINDOW_ARGS + c);
    }
    if (info->b == OPERAND_TEMPS) {
        live = jump_clear_run(m, live, b, info->c == OPERAND_NUM ? c + 1 : 3);
    }
    switch (WORD_OP(word)) {
    case OP_POP_TEMPS:
        return jump_clear_run(m, live, a, c);
    case OP_UNPACK_SEQUENCE:
        for (int i = 0; i < c; i++) {
            live |= live_bit(m, a + i);
        }
        return live;
    case OP_IMPORT_NAME:
        return (live & ~live_bit(m, a + 1)) | live_bit(m, a);
    case OP_IMPORT_FROM:
        return live | live_bit(m, a + 1);
    case OP_LOAD_METHOD:
        return live | live_bit(m, a) | live_bit(m, a + WINDOW_SELF);
    case OP_LOAD_SPECIAL:
        return live | live_bit(m, a) | live_bit(m, c);
    default:
        return info->a == OPERAND_OUT || info->a == OPERAND_INOUT ? live | live_bit(m, a) : live;
    }
}

static void
jump_visit(JumpMap *m, int at)
{
    uint64_t word = atomic_load_relaxed_u64(&m->code->co_words[at]);
    const struct OpcodeInfo *info = &opcode_info[WORD_OP(word)];
    int next = at + info->words;
    LiveSet live = m->live[at];
    ExceptionEntry entry;
    if (code_find_handler(m->code, at, &entry)) {
        LiveSet handler = (live & live_below(m, entry.depth)) | live_bit(m, entry.depth) |
                          (entry.lasti ? live_bit(m, entry.depth + 1) : 0);
        jump_reach(m, entry.target, handler);
    }
    LiveSet after = jump_effect(m, word, live);
    if ((info->properties & OPCODE_JUMPS) != 0) {
        int64_t distance = info->c == OPERAND_JUMP ? (int16_t)WORD_C(word) : (int32_t)WORD_BC(word);
        LiveSet taken = after;
        if (WORD_OP(word) == OP_SEND) {
            taken &= ~live_bit(m, WORD_B(word));
        }
        jump_reach(m, next + distance, taken);
        if (info->family == OP_FOR_ITER) {
            after = live & ~live_bit(m, WORD_B(word));
        }
    }
    if ((info->properties & OPCODE_STOP) == 0) {
        jump_reach(m, next, after);
    }
}

// Fills m->live. 0 or -1 with MemoryError; free m->live and m->work afterwards.
static int
jump_map_make(JumpMap *m, PyCodeObject *code)
{
    size_t n = (size_t)code_size(code);
    *m = (JumpMap){.code = code};
    m->live = mem_alloc_or_error(n * sizeof(LiveSet));
    m->work = mem_alloc_or_error(n * sizeof(int));
    if (m->live == NULL || m->work == NULL) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        m->live[i] = LIVE_UNKNOWN;
    }
    jump_reach(m, 0, 0);
    while (m->nwork > 0) {
        jump_visit(m, m->work[--m->nwork]);
    }
    return 0;
}

// The first instruction of `line` (or of the next line that has code) whose live temporaries are among
// `live`; -1 with *seen telling whether there was any instruction of such a line.
static int
jump_find(JumpMap *m, int line, LiveSet live, bool *seen)
{
    int best_line = -1, best = -1;
    LocationReader r;
    CodeLocation l;
    *seen = false;
    location_reader_init(&r, m->code);
    while (location_reader_next(&r, &l)) {
        if (l.line >= line && (best_line < 0 || l.line < best_line)) {
            best_line = l.line;
        }
    }
    if (best_line < 0) {
        return -1;
    }
    *seen = true;
    location_reader_init(&r, m->code);
    while (location_reader_next(&r, &l)) {
        for (int i = l.start; l.line == best_line && i < l.end; i++) {
            if (m->live[i] != LIVE_UNKNOWN && (m->live[i] & ~live) == 0) {
                if (best < 0 || m->live[i] == live) {
                    return i;
                }
            }
        }
    }
    return best;
}

static int
jump_refuse(const char *text)
{
    error_set(PyExc_ValueError, text);
    return -1;
}

static int
jump_to(PyFrameObject *f, int line)
{
    JumpMap m;
    int result = -1;
    bool seen;
    if (jump_map_make(&m, f->f_code) == 0) {
        LiveSet live = m.live[frame_word(f->fp)];
        int target = jump_find(&m, line, live == LIVE_UNKNOWN ? 0 : live, &seen);
        if (!seen) {
            error_format(PyExc_ValueError, "line %d comes after the current code block", line);
        }
        else if (target < 0) {
            jump_refuse("can't jump into the middle of a block");
        }
        else {
            for (int i = f->f_code->co_framesize - 1; i >= f->f_code->co_first_temp; i--) {
                if ((live_bit(&m, i) & m.live[target]) == 0) {
                    registers_drop(&f->fp[i], 1);
                }
            }
            f->fp[FRAME_PC] = (Value)(f->f_code->co_words + target);
            f->f_lineno = 0;
            result = 0;
        }
    }
    mem_free(m.live);
    mem_free(m.work);
    return result;
}

int
frame_jump_to_line(PyFrameObject *f, PyObject *value)
{
    if (!int_check(value)) {
        return jump_refuse("lineno must be an integer");
    }
    if (f->state != FRAME_STATE_RUNNING) {
        return jump_refuse("can't jump from the 'call' trace event of a new frame");
    }
    if (!trace_jump_allowed(thread_current(), f->fp)) {
        return -1;
    }
    int line = int_as_int(value);
    if (line == -1 && error_occurred()) {
        return -1;
    }
    if (line < f->f_code->co_firstlineno) {
        error_format(PyExc_ValueError, "line %d comes before the current code block", line);
        return -1;
    }
    return jump_to(f, line);
}
