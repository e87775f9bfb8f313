// Assigning f_lineno (frame_jump.h).
//
// A jump is possible between instructions with the same live temporaries. Which temporaries live
// where is found by walking the code from its start; for each, what it is (TEMP_*). A block that
// both ends of the jump are in, or that has the same nature, keeps its temporaries. Jumping *into* a
// loop, a with block or an except clause is refused; jumping out drops what the left blocks held.
//
// Threading: a frame belongs to its thread; the code is immutable.
#include "vm/frame_jump.h"

#include <string.h>

#include "memory/alloc.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/int.h"
#include "thread/thread.h"
#include "vm/frames.h"
#include "vm/handled.h"
#include "vm/trace.h"

// A temporary at some word: TEMP_* in the low bits; above them, for values of expressions, the word
// that made it, since they cannot stand for one another.
typedef uint32_t Temp;

enum {
    TEMP_DEAD,
    TEMP_VALUE,         // within an expression
    TEMP_ITERATOR,      // of a for loop
    TEMP_EXIT,          // what a with statement calls at its end
    TEMP_EXCEPTION,     // that a handler handles
    TEMP_PLACE,         // offset for RERAISE
    TEMP_HANDLED,       // exception that was handled before
    TEMP_KINDS = 8,
};

typedef struct JumpMap {
    PyCodeObject *code;
    int ntemps;
    Temp *temps;            // ntemps for each word, and once more as the state behind an instruction
    bool *reached;          // one per word: whether control gets there
    int *work;              // words whose successors have to be visited
    int nwork;
} JumpMap;

static Temp *
jump_temps(JumpMap *m, int word)
{
    return m->temps + (size_t)word * (size_t)m->ntemps;
}

static void
temp_set(JumpMap *m, Temp *temps, int reg, Temp temp)
{
    int i = reg - m->code->co_first_temp;
    if (i >= 0 && i < m->ntemps) {
        temps[i] = temp;
    }
}

static void
temps_clear(JumpMap *m, Temp *temps, int first, int count)
{
    for (int i = 0; i < count; i++) {
        temp_set(m, temps, first + i, TEMP_DEAD);
    }
}

static void
jump_reach(JumpMap *m, int64_t word, const Temp *temps)
{
    if (word >= 0 && word < code_size(m->code) && !m->reached[word]) {
        m->reached[word] = true;
        memcpy(jump_temps(m, (int)word), temps, (size_t)m->ntemps * sizeof(Temp));
        m->work[m->nwork++] = (int)word;
    }
}

// How many consecutive temporaries an instruction consumes.
static int
jump_run_length(int op, int c, uint8_t flags)
{
    switch (op) {
    case OP_BUILD_TUPLE:
    case OP_BUILD_LIST:
    case OP_BUILD_SET:
    case OP_BUILD_STRING:
    case OP_BUILD_SLICE:
    case OP_POP_TEMPS:
        return c;
    case OP_BUILD_MAP:
        return 2 * c;
    case OP_CALL_FUNCTION_EX:
    case OP_BUILD_INTERPOLATION:
        return (flags & VARIANT_3) != 0 ? 3 : 2;
    case OP_LOAD_SUPER_ATTR:
    case OP_LOAD_SUPER_METHOD:
        return 3;
    default:
        return 2;
    }
}

static void
jump_consume(JumpMap *m, Temp *temps, uint64_t word)
{
    const struct OpcodeInfo *info = &opcode_info[WORD_OP(word)];
    int operands[3] = {WORD_A(word), WORD_B(word), WORD_C(word)};
    const uint8_t formats[3] = {info->a, info->b, info->c};
    const uint8_t kills[3] = {KILL_A, KILL_B, KILL_C};
    uint8_t flags = WORD_FLAGS(word);
    for (int i = 0; i < 3; i++) {
        if (formats[i] == OPERAND_TAKE ||
            (formats[i] == OPERAND_IN && (flags & kills[i]) != 0)) {
            temp_set(m, temps, operands[i], TEMP_DEAD);
        }
        else if (formats[i] == OPERAND_TEMPS) {
            temps_clear(m, temps, operands[i], jump_run_length(info->family, operands[2], flags));
        }
        else if (formats[i] == OPERAND_WINDOW && info->family != OP_LOAD_METHOD) {
            temps_clear(m, temps, operands[i], WINDOW_ARGS + operands[2]);
        }
    }
}

static Temp
jump_result_kind(int op, Temp value)
{
    switch (op) {
    case OP_GET_ITER:
    case OP_GET_AITER:
        return TEMP_ITERATOR;
    case OP_PUSH_EXC_INFO:
        return TEMP_HANDLED;
    default:
        return value;
    }
}

static void
jump_produce(JumpMap *m, Temp *temps, int at, uint64_t word)
{
    const struct OpcodeInfo *info = &opcode_info[WORD_OP(word)];
    int a = WORD_A(word), c = WORD_C(word);
    Temp value = (Temp)at * TEMP_KINDS + TEMP_VALUE;
    switch (info->family) {
    case OP_UNPACK_EX:
        c += 1 + (int)m->code->co_words[at + 1];
        // fallthrough
    case OP_UNPACK_SEQUENCE:
        for (int i = 0; i < c; i++) {
            temp_set(m, temps, a + i, value);
        }
        return;
    case OP_LOAD_FAST_BORROW_PAIR:
    case OP_CHECK_EG_MATCH:
        temp_set(m, temps, a, value);
        temp_set(m, temps, a + 1, value);
        return;
    case OP_IMPORT_FROM:
        temp_set(m, temps, a + 1, value);
        return;
    case OP_LOAD_METHOD:
    case OP_LOAD_SUPER_METHOD:
        temp_set(m, temps, a, value);
        temp_set(m, temps, a + WINDOW_SELF, value);
        return;
    case OP_LOAD_SPECIAL:
        temp_set(m, temps, a, TEMP_EXIT);
        temp_set(m, temps, c, TEMP_EXIT);
        return;
    case OP_LOAD_SUPER_ATTR:
    case OP_IMPORT_NAME:
    case OP_MATCH_CLASS:
        temp_set(m, temps, a, value);
        return;
    default:
        if (info->a == OPERAND_OUT || info->a == OPERAND_INOUT) {
            temp_set(m, temps, a, jump_result_kind(info->family, value));
        }
    }
}

// Behind the instruction at a word: temps changes from the state in front of it.
static void
jump_effect(JumpMap *m, Temp *temps, int at, uint64_t word)
{
    int op = opcode_info[WORD_OP(word)].family;
    int from = WORD_B(word) - m->code->co_first_temp;
    int to = WORD_A(word) - m->code->co_first_temp;
    if (op == OP_MOVE && from >= 0 && to >= 0) {
        temps[to] = temps[from];
        temps[from] = TEMP_DEAD;
    }
    else if (op == OP_SWAP && from >= 0 && to >= 0) {
        Temp temp = temps[to];
        temps[to] = temps[from];
        temps[from] = temp;
    }
    else {
        jump_consume(m, temps, word);
        jump_produce(m, temps, at, word);
    }
}

static void
jump_visit_handler(JumpMap *m, Temp *temps, int at)
{
    ExceptionEntry entry;
    if (!code_find_handler(m->code, at, &entry)) {
        return;
    }
    memcpy(temps, jump_temps(m, at), (size_t)m->ntemps * sizeof(Temp));
    temps_clear(m, temps, entry.depth, m->code->co_framesize - entry.depth);
    if (entry.lasti) {
        temp_set(m, temps, entry.depth, TEMP_PLACE);
    }
    temp_set(m, temps, entry.depth + entry.lasti, TEMP_EXCEPTION);
    jump_reach(m, entry.target, temps);
}

static void
jump_visit(JumpMap *m, int at)
{
    uint64_t word = atomic_load_relaxed_u64(&m->code->co_words[at]);
    const struct OpcodeInfo *info = &opcode_info[WORD_OP(word)];
    int next = at + info->words;
    Temp *temps = jump_temps(m, code_size(m->code));
    jump_visit_handler(m, temps, at);
    memcpy(temps, jump_temps(m, at), (size_t)m->ntemps * sizeof(Temp));
    jump_effect(m, temps, at, word);
    if (info->family == OP_FOR_ITER) {
        jump_reach(m, next + (int16_t)WORD_C(word), temps);
        temp_set(m, temps, WORD_A(word), TEMP_DEAD);
        temp_set(m, temps, WORD_B(word), TEMP_DEAD);
    }
    else if (info->family == OP_SEND) {
        jump_reach(m, next, temps);
        temp_set(m, temps, WORD_B(word), TEMP_DEAD);
        jump_reach(m, next + (int16_t)WORD_C(word), temps);
    }
    else if ((info->properties & OPCODE_JUMPS) != 0) {
        int64_t distance = info->c == OPERAND_JUMP ? (int16_t)WORD_C(word) : (int32_t)WORD_BC(word);
        jump_reach(m, next + distance, temps);
    }
    if ((info->properties & OPCODE_STOP) == 0 || info->family == OP_RETURN_GENERATOR) {
        jump_reach(m, next, temps);
    }
}

// Fills the map. 0 or -1 with MemoryError; jump_map_free afterwards in both cases.
static int
jump_map_make(JumpMap *m, PyCodeObject *code)
{
    size_t n = (size_t)code_size(code);
    size_t ntemps = (size_t)(code->co_framesize - code->co_first_temp);
    *m = (JumpMap){.code = code, .ntemps = (int)ntemps};
    m->temps = mem_calloc_or_error((n + 1) * ntemps + 1, sizeof(Temp));
    m->reached = mem_calloc_or_error(n, sizeof(bool));
    m->work = mem_alloc_or_error(n * sizeof(int));
    if (m->temps == NULL || m->reached == NULL || m->work == NULL) {
        return -1;
    }
    jump_reach(m, 0, jump_temps(m, (int)n));
    while (m->nwork > 0) {
        jump_visit(m, m->work[--m->nwork]);
    }
    return 0;
}

static void
jump_map_free(JumpMap *m)
{
    mem_free(m->temps);
    mem_free(m->reached);
    mem_free(m->work);
}

static int
jump_refuse(const char *text)
{
    error_set(PyExc_ValueError, text);
    return -1;
}

static int
jump_refuse_temp(Temp temp)
{
    switch (temp % TEMP_KINDS) {
    case TEMP_EXCEPTION:
    case TEMP_HANDLED:
        return jump_refuse("can't jump into an 'except' block as there's no exception");
    case TEMP_ITERATOR:
        return jump_refuse("can't jump into the body of a for loop");
    case TEMP_PLACE:
        return jump_refuse("can't jump into a re-raising block as there's no location");
    default:
        return jump_refuse("incompatible stacks");
    }
}

// The outermost temporary that lives at `to` but not at `from`; TEMP_DEAD if there is none. *same is
// false when others live at `from`.
static Temp
jump_missing(JumpMap *m, int from, int to, bool *same)
{
    const Temp *have = jump_temps(m, from), *need = jump_temps(m, to);
    *same = true;
    for (int i = 0; i < m->ntemps; i++) {
        if (need[i] != TEMP_DEAD && need[i] != have[i]) {
            return need[i];
        }
        *same &= need[i] == have[i];
    }
    return TEMP_DEAD;
}

// `line` or the first line behind it that has code; -1 if none.
static int
jump_find_line(PyCodeObject *code, int line)
{
    int best = -1;
    LocationReader r;
    CodeLocation l;
    location_reader_init(&r, code);
    while (location_reader_next(&r, &l)) {
        if (l.line >= line && (best < 0 || l.line < best)) {
            best = l.line;
        }
    }
    return best;
}

// The first instruction of a line that can be jumped to, best one with the same temporaries. -1 with
// ValueError.
static int
jump_find(JumpMap *m, int line, int from)
{
    int best = -1;
    Temp missing = TEMP_DEAD;
    LocationReader r;
    CodeLocation l;
    location_reader_init(&r, m->code);
    while (location_reader_next(&r, &l)) {
        for (int i = l.start; l.line == line && i < l.end; i++) {
            bool same;
            if (!m->reached[i]) {
                continue;
            }
            Temp temp = jump_missing(m, from, i, &same);
            if (temp != TEMP_DEAD) {
                missing = missing == TEMP_DEAD ? temp : missing;
            }
            else if (same) {
                return i;
            }
            else if (best < 0) {
                best = i;
            }
        }
    }
    return best < 0 ? jump_refuse_temp(missing) : best;
}

// Leaves the blocks that the target is not in, the innermost first.
static void
jump_leave(JumpMap *m, PyFrameObject *f, int from, int target)
{
    const Temp *have = jump_temps(m, from), *need = jump_temps(m, target);
    Value *registers = f->fp + f->f_code->co_first_temp;
    for (int i = m->ntemps - 1; i >= 0; i--) {
        if (need[i] != TEMP_DEAD) {
            continue;
        }
        if (have[i] == TEMP_HANDLED) {
            Value previous = registers[i];
            registers[i] = VALUE_UNSET;
            handled_pop_steal(thread_current(), previous);
        }
        else {
            registers_drop(&registers[i], 1);
        }
    }
}

// Variables without a value get None: what follows may rely on them. 0, or -1 when the warning raises.
static int
jump_bind_locals(PyFrameObject *f)
{
    PyCodeObject *code = f->f_code;
    Value *locals = f->fp + code_localsplus_register(code, 0);
    int unbound = 0;
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        unbound += locals[i] == VALUE_UNSET;
    }
    if (unbound == 0) {
        return 0;
    }
    if (error_warn(PyExc_RuntimeWarning, 0, "assigning None to %d unbound local%s", unbound,
                   unbound == 1 ? "" : "s") < 0) {
        return -1;
    }
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        if (locals[i] == VALUE_UNSET) {
            locals[i] = value_from_object_steal(new_ref(Py_None));
        }
    }
    return 0;
}

static int
jump_to(PyFrameObject *f, int line)
{
    int first = jump_find_line(f->f_code, line);
    if (first < 0) {
        error_format(PyExc_ValueError, "line %d comes after the current code block", line);
        return -1;
    }
    JumpMap m;
    int result = -1, from = frame_word(f->fp);
    int target = jump_map_make(&m, f->f_code) < 0 ? -1 : jump_find(&m, first, from);
    if (target >= 0 && jump_bind_locals(f) == 0) {
        jump_leave(&m, f, from, target);
        f->fp[FRAME_PC] = (Value)(f->f_code->co_words + target);
        f->f_lineno = 0;
        result = 0;
    }
    jump_map_free(&m);
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
