// Liveness of temporaries: a search through the code from an instruction on (liveness.h).
//
// A path ends where the register is read (it is live) or written. Operand kinds of opcodes.def
// say most of what is read and written; the instructions with registers that follow from
// others (windows, ranges, pairs) are listed here.
//
// Nothing is stored: questions are rare (borrowed temporaries during a collection or
// a suspension), and for live registers the answer is near.
#include "vm/liveness.h"

#include <stdint.h>
#include <string.h>

#include "memory/alloc.h"
#include "vm_opcode_ids.h"

typedef struct Search {
    PyCodeObject *code;
    int reg;
    int size;               // words
    uint64_t *visited;      // bit per word
    uint64_t *pending;      // bit per word: to be looked at
    int lowest;             // no pending word below, in units of 64
    bool found;
} Search;

enum { SMALL_WORDS = 128 };     // 64 instruction words each, on the C stack

static bool
in_range(int reg, int first, int count)
{
    return reg >= first && reg < first + count;
}

// ---- what an instruction reads and writes ----

static bool
kind_reads(uint8_t kind)
{
    return kind == OPERAND_IN || kind == OPERAND_USE || kind == OPERAND_INOUT ||
           kind == OPERAND_TAKE || kind == OPERAND_CELL;
}

// Temporaries that die in an instruction with an operand of kind temps, counted from there.
static int
temps_count(int op, uint8_t flags, int c)
{
    switch (op) {
    case OP_BUILD_MAP:
        return 2 * c;
    case OP_BINARY_SLICE:
    case OP_STORE_SLICE:
    case OP_MAP_ADD:
    case OP_CALL_INTRINSIC_2:
    case OP_BUILD_TEMPLATE:
    case OP_IMPORT_NAME:
    case OP_MATCH_CLASS:
        return 2;
    case OP_CALL_FUNCTION_EX:
    case OP_BUILD_INTERPOLATION:
        return (flags & VARIANT_3) != 0 ? 3 : 2;
    case OP_LOAD_SUPER_ATTR:
    case OP_LOAD_SUPER_METHOD:
        return 3;
    default:
        return c;
    }
}

static bool
window_reads(int op, uint8_t flags, int first, int nargs, int reg)
{
    return reg == first || in_range(reg, first + WINDOW_ARGS, nargs) ||
           ((flags & VARIANT_3) != 0 && reg == first + WINDOW_SELF) ||
           (op == OP_CALL_KW && reg == first + WINDOW_KWNAMES);
}

static bool
instruction_reads(int op, uint64_t word, int reg)
{
    const struct OpcodeInfo *info = &opcode_info[op];
    uint8_t flags = WORD_FLAGS(word);
    int a = WORD_A(word), b = WORD_B(word), c = WORD_C(word);
    switch (op) {
    case OP_RAISE_VARARGS:
        return (c >= 1 && reg == a) || (c == 2 && reg == b);
    case OP_RERAISE:
        return reg == a || ((flags & VARIANT_3) != 0 && reg == b);
    case OP_WITH_EXCEPT_START:
        return in_range(reg, b, 2) || reg == c;
    case OP_CALL:
    case OP_CALL_KW:
        return window_reads(op, flags, b, c, reg);
    default:
        break;
    }
    if ((kind_reads(info->a) && reg == a) || (kind_reads(info->b) && reg == b) ||
        (kind_reads(info->c) && reg == c)) {
        return true;
    }
    return (info->a == OPERAND_TEMPS && in_range(reg, a, temps_count(op, flags, c))) ||
           (info->b == OPERAND_TEMPS && in_range(reg, b, temps_count(op, flags, c))) ||
           (info->c == OPERAND_TEMPS && in_range(reg, c, temps_count(op, flags, c)));
}

// On the way to the next instruction; what is written on one of two ways only does not count.
static bool
instruction_writes(int op, const uint64_t *at, int reg)
{
    const struct OpcodeInfo *info = &opcode_info[op];
    uint64_t word = *at;
    int a = WORD_A(word), c = WORD_C(word);
    switch (op) {
    case OP_FOR_ITER:
        return false;
    case OP_LOAD_FAST_BORROW_PAIR:
    case OP_CHECK_EG_MATCH:
        return in_range(reg, a, 2);
    case OP_UNPACK_SEQUENCE:
        return in_range(reg, a, c);
    case OP_UNPACK_EX:
        return in_range(reg, a, c + 1 + (int)at[1]);
    case OP_IMPORT_FROM:
        return reg == a + 1;
    case OP_IMPORT_NAME:
    case OP_MATCH_CLASS:
    case OP_LOAD_SUPER_ATTR:
        return reg == a;
    case OP_LOAD_METHOD:
    case OP_LOAD_SUPER_METHOD:
        return reg == a || reg == a + WINDOW_SELF;
    default:
        return ((info->a == OPERAND_OUT || info->a == OPERAND_INOUT) && reg == a) ||
               (info->b == OPERAND_INOUT && reg == WORD_B(word)) ||
               (info->c == OPERAND_OUT && reg == c);
    }
}

// ---- the search ----

static void
add(Search *s, int word)
{
    if (word < 0 || word >= s->size || (s->visited[word / 64] >> (word % 64) & 1) != 0) {
        return;
    }
    s->visited[word / 64] |= (uint64_t)1 << (word % 64);
    s->pending[word / 64] |= (uint64_t)1 << (word % 64);
    if (word / 64 < s->lowest) {
        s->lowest = word / 64;
    }
}

static void
add_jump(Search *s, int next, const struct OpcodeInfo *info, uint64_t word)
{
    if (info->bc == OPERAND_JUMP) {
        add(s, next + (int32_t)WORD_BC(word));
    }
    else if (info->c == OPERAND_JUMP) {
        add(s, next + (int16_t)WORD_C(word));
    }
}

// Handlers find the registers below their depth as they were; those above are written or dropped.
static void
add_handler(Search *s, int word)
{
    ExceptionEntry entry;
    if (s->code->co_handlers != NULL && code_find_handler(s->code, word, &entry) &&
        s->reg < entry.depth) {
        add(s, entry.target);
    }
}

static void
add_successors(Search *s, int word)
{
    const uint64_t *at = s->code->co_words + word;
    const struct OpcodeInfo *info = &opcode_info[opcode_info[WORD_OP(*at)].family];
    int next = word + info->words;
    add_jump(s, next, info, *at);
    if ((info->properties & OPCODE_STOP) == 0 || info == &opcode_info[OP_RETURN_GENERATOR]) {
        add(s, next);
    }
}

// Looks at one instruction. before: whether it is still to be executed.
static void
visit(Search *s, int word, bool before)
{
    const uint64_t *at = s->code->co_words + word;
    int op = opcode_info[WORD_OP(*at)].family;
    if (instruction_reads(op, *at, s->reg)) {
        s->found = true;
        return;
    }
    add_handler(s, word);
    if (!before || !instruction_writes(op, at, s->reg)) {
        add_successors(s, word);
    }
}

static void
search(Search *s)
{
    int units = (s->size + 63) / 64;
    while (!s->found && s->lowest < units) {
        uint64_t bits = s->pending[s->lowest];
        if (bits == 0) {
            s->lowest++;
            continue;
        }
        s->pending[s->lowest] = bits & (bits - 1);
        visit(s, s->lowest * 64 + __builtin_ctzll(bits), true);
    }
}

static Liveness
liveness_find(PyCodeObject *code, int word, int reg, bool before)
{
    uint64_t small[2 * SMALL_WORDS], *bits = small;
    Search s = {.code = code, .reg = reg, .size = (int)code_size(code)};
    size_t units = ((size_t)s.size + 63) / 64;
    s.lowest = (int)units;
    if (units > SMALL_WORDS) {
        bits = mem_alloc(2 * units * sizeof *bits);
        if (bits == NULL) {
            return LIVENESS_UNKNOWN;
        }
    }
    memset(bits, 0, 2 * units * sizeof *bits);
    s.visited = bits;
    s.pending = bits + units;
    visit(&s, word, before);
    search(&s);
    if (bits != small) {
        mem_free(bits);
    }
    return s.found ? LIVENESS_LIVE : LIVENESS_DEAD;
}

Liveness
liveness_before(PyCodeObject *code, int word, int reg)
{
    return liveness_find(code, word, reg, true);
}

Liveness
liveness_around(PyCodeObject *code, int word, int reg)
{
    return liveness_find(code, word, reg, false);
}
