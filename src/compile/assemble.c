// Assembler: from a clean flow graph to a code object.
//
// Gives virtual registers their numbers, drops constants that nothing uses, chooses the form of
// jumps, and writes words, exception table and positions.
//
// Threading: see codegen_internal.h.
#include <string.h>

#include "compile/codegen_internal.h"
#include "memory/alloc.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/tuple.h"

enum { MAX_REGISTER = 0xfffe, MAX_SHORT_JUMP = 32767 };

typedef struct {
    Compiler *c;
    Unit *u;
    uint32_t offset;            // register of slot 0
    uint32_t first_temp;
    uint32_t *slot_map;         // place of a slot among the locals
    uint32_t *slot_at;          // the slot at a place
    uint32_t *const_map;        // new index of a constant
    uint32_t nconsts;
    uint64_t *words;
    uint32_t nwords;
} Assembler;

// ---- registers and constants ----

static uint32_t
register_number(const Assembler *as, Reg reg)
{
    if (reg == REG_MAPPING) {
        return 0;
    }
    if (reg & REG_TEMP) {
        return as->first_temp + reg_index(reg);
    }
    if (reg & REG_CELL) {
        return as->offset + as->u->nslots + reg_index(reg);
    }
    return as->offset + as->slot_map[reg];
}

// Slots were numbered as they came up; co_varnames has the order of assignment.
static int
order_slots(Assembler *as)
{
    Unit *u = as->u;
    uint32_t *by_order = arena_alloc_items(u->arena, 0, (Py_ssize_t)u->next_order + 1,
                                           sizeof(uint32_t));
    as->slot_map = arena_alloc_items(u->arena, 0, (Py_ssize_t)u->nslots + 1, sizeof(uint32_t));
    as->slot_at = arena_alloc_items(u->arena, 0, (Py_ssize_t)u->nslots + 1, sizeof(uint32_t));
    if (by_order == NULL || as->slot_map == NULL || as->slot_at == NULL) {
        return -1;
    }
    for (uint32_t i = 0; i < u->nslots; i++) {
        by_order[u->slots[i].order] = i + 1;
    }
    uint32_t place = 0;
    for (uint32_t i = 0; i < u->next_order; i++) {
        if (by_order[i] != 0) {
            as->slot_map[by_order[i] - 1] = place;
            as->slot_at[place++] = by_order[i] - 1;
        }
    }
    return 0;
}

static uint32_t
operand_number(const Assembler *as, int kind, uint32_t value)
{
    switch (kind) {
    case OPERAND_OUT:
    case OPERAND_IN:
    case OPERAND_USE:
    case OPERAND_INOUT:
    case OPERAND_TAKE:
    case OPERAND_TEMPS:
    case OPERAND_WINDOW:
    case OPERAND_CELL:
        return register_number(as, value);
    case OPERAND_CONST:
        return as->const_map[value];
    case OPERAND_NAME:
    case OPERAND_NUM:
        return value;
    default:
        return 0;
    }
}

static void
mark_const(uint32_t *used, int kind, uint32_t value)
{
    if (kind == OPERAND_CONST) {
        used[value] = 1;
    }
}

// Constants keep their order; a docstring stays first.
static int
map_constants(Assembler *as)
{
    Unit *u = as->u;
    as->const_map = arena_alloc_items(u->arena, 0, (Py_ssize_t)u->consts.count + 1,
                                      sizeof(uint32_t));
    if (as->const_map == NULL) {
        return -1;
    }
    for (const Block *b = u->first; b != NULL; b = b->next) {
        for (uint32_t i = 0; i < b->count; i++) {
            const struct OpcodeInfo *info = &opcode_info[b->ins[i].op];
            mark_const(as->const_map, info->b, b->ins[i].b);
            mark_const(as->const_map, info->c, b->ins[i].c);
            mark_const(as->const_map, info->bc, b->ins[i].b);
        }
    }
    if ((u->flags & CO_HAS_DOCSTRING) && u->consts.count > 0) {
        as->const_map[0] = 1;
    }
    for (uint32_t i = 0; i < u->consts.count; i++) {
        if (as->const_map[i]) {
            as->const_map[i] = as->nconsts++;
        }
        else {
            as->const_map[i] = UINT32_MAX;
        }
    }
    return 0;
}

static PyObject *
constants_tuple(const Assembler *as)
{
    PyObject *tuple = tuple_new(as->nconsts);
    if (tuple == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < as->u->consts.count; i++) {
        if (as->const_map[i] != UINT32_MAX) {
            tuple_set_item_steal(tuple, as->const_map[i], new_ref(as->u->consts.items[i]));
        }
    }
    return tuple;
}

// ---- sizes and jumps ----

// INS_WIDE marks instructions whose 16-bit jump does not reach; see wide_words.

static bool
has_short_jump(const Ins *ins)
{
    return opcode_info[ins->op].c == OPERAND_JUMP;
}

// A wide conditional jump is its opposite over a 32-bit jump; a wide FOR_ITER jumps over the
// jump that leaves the loop.
static uint32_t
ins_words(const Ins *ins)
{
    uint32_t words = opcode_info[ins->op].words;
    if (ins->marks & INS_WIDE) {
        words += ins->op == OP_FOR_ITER ? 2 : 1;
    }
    return words;
}

static uint32_t
layout(Unit *u)
{
    uint32_t offset = 0;
    for (Block *b = u->first; b != NULL; b = b->next) {
        b->offset = offset;
        for (uint32_t i = 0; i < b->count; i++) {
            offset += ins_words(&b->ins[i]);
        }
    }
    return offset;
}

// Widens jumps until all distances fit.
static uint32_t
choose_widths(Unit *u)
{
    for (;;) {
        uint32_t total = layout(u);
        bool changed = false;
        if (total <= MAX_SHORT_JUMP) {
            return total;
        }
        for (Block *b = u->first; b != NULL; b = b->next) {
            uint32_t offset = b->offset;
            for (uint32_t i = 0; i < b->count; i++) {
                Ins *ins = &b->ins[i];
                offset += ins_words(ins);
                if (!has_short_jump(ins) || (ins->marks & INS_WIDE)) {
                    continue;
                }
                int64_t distance = (int64_t)ins->target->offset - offset;
                if (distance > MAX_SHORT_JUMP || distance < -MAX_SHORT_JUMP) {
                    ins->marks |= INS_WIDE;
                    changed = true;
                }
            }
        }
        if (!changed) {
            return total;
        }
    }
}

static uint8_t
opposite_jump(uint8_t op)
{
    static const uint8_t pairs[][2] = {
        {OP_JUMP_IF_LT, OP_JUMP_IF_NOT_LT},     {OP_JUMP_IF_LE, OP_JUMP_IF_NOT_LE},
        {OP_JUMP_IF_EQ, OP_JUMP_IF_NOT_EQ},     {OP_JUMP_IF_NE, OP_JUMP_IF_NOT_NE},
        {OP_JUMP_IF_GT, OP_JUMP_IF_NOT_GT},     {OP_JUMP_IF_GE, OP_JUMP_IF_NOT_GE},
        {OP_JUMP_IF_LT_K, OP_JUMP_IF_NOT_LT_K}, {OP_JUMP_IF_LE_K, OP_JUMP_IF_NOT_LE_K},
        {OP_JUMP_IF_EQ_K, OP_JUMP_IF_NOT_EQ_K}, {OP_JUMP_IF_NE_K, OP_JUMP_IF_NOT_NE_K},
        {OP_JUMP_IF_GT_K, OP_JUMP_IF_NOT_GT_K}, {OP_JUMP_IF_GE_K, OP_JUMP_IF_NOT_GE_K},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (pairs[i][0] == op) {
            return pairs[i][1];
        }
        if (pairs[i][1] == op) {
            return pairs[i][0];
        }
    }
    return op;
}

static uint64_t
goto_word(uint32_t from, uint32_t target)
{
    int32_t distance = (int32_t)(target - (from + 1));
    return BYTECODE_WORD_BC(distance < 0 ? OP_JUMP_BACKWARD : OP_JUMP_FORWARD, 0, 0,
                            (uint32_t)distance);
}

// ---- words ----

static void
put(Assembler *as, uint64_t word)
{
    as->words[as->nwords++] = word;
}

static void
put_wide(Assembler *as, const Ins *ins, uint32_t a, uint32_t b)
{
    if (ins->op == OP_FOR_ITER) {
        put(as, BYTECODE_WORD(OP_FOR_ITER, ins->flags, a, b, 1));
        put(as, 0);
        put(as, goto_word(as->nwords, as->nwords + 2));
        put(as, goto_word(as->nwords, ins->target->offset));
        return;
    }
    put(as, BYTECODE_WORD(opposite_jump(ins->op), ins->flags, a, b, 1));
    put(as, goto_word(as->nwords, ins->target->offset));
}

static void
put_instruction(Assembler *as, const Ins *ins)
{
    const struct OpcodeInfo *info = &opcode_info[ins->op];
    uint32_t a = operand_number(as, info->a, ins->a);
    uint32_t b = operand_number(as, info->b, ins->b);
    uint32_t c = operand_number(as, info->c, ins->c);
    if (ins->marks & INS_WIDE) {
        put_wide(as, ins, a, b);
        return;
    }
    if (ins->op == OP_YIELD_VALUE && ins->c != NO_DELEGATE) {
        c = register_number(as, ins->c);
    }
    uint32_t next = as->nwords + info->words;
    if (ins->op == OP_JUMP_FORWARD || ins->op == OP_JUMP_BACKWARD) {
        put(as, goto_word(as->nwords, ins->target->offset));
        return;
    }
    if (info->bc == OPERAND_JUMP) {
        put(as, BYTECODE_WORD_BC(ins->op, ins->flags, a, ins->target->offset - next));
    }
    else if (info->bc != OPERAND_NONE) {
        put(as, BYTECODE_WORD_BC(ins->op, ins->flags, a, operand_number(as, info->bc, ins->b)));
    }
    else {
        if (info->c == OPERAND_JUMP) {
            c = ins->target->offset - next;
        }
        put(as, BYTECODE_WORD(ins->op, ins->flags, a, b, c));
    }
    if (info->properties & OPCODE_DATA) {
        uint32_t extra = ins->op == OP_YIELD_VALUE ? as->first_temp : 0;
        put(as, (uint64_t)((uint32_t)ins->data + extra));
    }
    else if (info->words == 2) {
        put(as, 0);
    }
}

static int
write_words(Assembler *as)
{
    uint32_t total = choose_widths(as->u);
    as->words = mem_alloc(((size_t)total + 1) * sizeof(uint64_t));
    if (as->words == NULL) {
        error_no_memory();
        return -1;
    }
    for (const Block *b = as->u->first; b != NULL; b = b->next) {
        for (uint32_t i = 0; i < b->count; i++) {
            put_instruction(as, &b->ins[i]);
        }
    }
    return 0;
}

// ---- tables ----

static bool
span_equal(const Span *a, const Span *b)
{
    return a->lineno == b->lineno && a->col_offset == b->col_offset
           && a->end_lineno == b->end_lineno && a->end_col_offset == b->end_col_offset;
}

static void
add_location(const Assembler *as, LocationWriter *w, const Span *span, uint32_t words)
{
    if (words == 0) {
        return;
    }
    if (span->lineno < 0) {
        location_writer_add(w, (int)words, -1, -1, -1, -1);
        return;
    }
    if (!as->c->debug_ranges) {
        location_writer_add(w, (int)words, span->lineno, -1, -1, -1);
        return;
    }
    location_writer_add(w, (int)words, span->lineno, span->end_lineno, span->col_offset,
                        span->end_col_offset);
}

static PyObject *
write_locations(const Assembler *as)
{
    LocationWriter writer;
    location_writer_init(&writer, as->u->firstlineno);
    Span span = no_span;
    uint32_t words = 0;
    for (const Block *b = as->u->first; b != NULL; b = b->next) {
        for (uint32_t i = 0; i < b->count; i++) {
            if (!span_equal(&span, &b->ins[i].span)) {
                add_location(as, &writer, &span, words);
                span = b->ins[i].span;
                words = 0;
            }
            words += ins_words(&b->ins[i]);
        }
    }
    add_location(as, &writer, &span, words);
    return location_writer_finish(&writer);
}

static PyObject *
write_handlers(const Assembler *as)
{
    ExceptionWriter writer;
    exception_writer_init(&writer);
    const Handler *handler = NULL;
    uint32_t start = 0;
    uint32_t offset = 0;
    for (const Block *b = as->u->first; b != NULL; b = b->next) {
        for (uint32_t i = 0; i < b->count; i++) {
            if (b->ins[i].handler != handler) {
                if (handler != NULL && offset > start) {
                    exception_writer_add(&writer, (int)start, (int)offset,
                                         (int)handler->target->offset,
                                         (int)(as->first_temp + handler->depth), handler->lasti);
                }
                handler = b->ins[i].handler;
                start = offset;
            }
            offset += ins_words(&b->ins[i]);
        }
    }
    if (handler != NULL && offset > start) {
        exception_writer_add(&writer, (int)start, (int)offset, (int)handler->target->offset,
                             (int)(as->first_temp + handler->depth), handler->lasti);
    }
    return exception_writer_finish(&writer);
}

static PyObject *
local_names(const Assembler *as)
{
    const Unit *u = as->u;
    uint32_t n = u->nslots + u->ncells + u->nfree;
    PyObject *names = tuple_new(n);
    if (names == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < n; i++) {
        PyObject *name = i < u->nslots ? u->slots[as->slot_at[i]].name : u->cells[i - u->nslots];
        tuple_set_item_steal(names, i, new_ref(name));
    }
    return names;
}

static PyObject *
local_kinds(const Assembler *as)
{
    const Unit *u = as->u;
    uint32_t n = u->nslots + u->ncells + u->nfree;
    PyObject *kinds = bytes_from_data(NULL, n);
    if (kinds == NULL) {
        return NULL;
    }
    char *data = bytes_data(kinds);
    for (uint32_t i = 0; i < n; i++) {
        data[i] = i < u->nslots               ? (char)u->slots[as->slot_at[i]].kind
                  : i < u->nslots + u->ncells ? (char)CO_FAST_CELL
                                              : (char)CO_FAST_FREE;
    }
    return kinds;
}

// ---- the code object ----

static PyObject *
build_code(Assembler *as)
{
    Unit *u = as->u;
    PyObject *result = NULL;
    CodeSpec spec = {
        .filename = as->c->filename,
        .name = u->name,
        .qualname = u->qualname,
        .flags = u->flags,
        .argcount = u->argcount,
        .posonlyargcount = u->posonlyargcount,
        .kwonlyargcount = u->kwonlyargcount,
        .firstlineno = u->firstlineno,
        .framesize = (int)(as->first_temp + u->max_height),
        .words = as->words,
        .nwords = (Py_ssize_t)as->nwords,
        .trusted = true,
    };
    spec.localsplusnames = local_names(as);
    spec.localspluskinds = local_kinds(as);
    spec.consts = constants_tuple(as);
    spec.names = tuple_from_array(u->names.items, u->names.count);
    spec.linetable = write_locations(as);
    spec.exceptiontable = write_handlers(as);
    if (spec.localsplusnames != NULL && spec.localspluskinds != NULL && spec.consts != NULL
        && spec.names != NULL && spec.linetable != NULL && spec.exceptiontable != NULL) {
        result = (PyObject *)code_new(&spec);
    }
    xdecref(spec.localsplusnames);
    xdecref(spec.localspluskinds);
    xdecref(spec.consts);
    xdecref(spec.names);
    xdecref(spec.linetable);
    xdecref(spec.exceptiontable);
    return result;
}

PyObject *
assemble(Compiler *c, Unit *u)
{
    Assembler as = {.c = c, .u = u};
    uint32_t nlocalsplus = u->nslots + u->ncells + u->nfree;
    as.offset = (u->flags & CO_OPTIMIZED) ? 0 : 1;
    as.first_temp = (uint32_t)CODE_FIRST_TEMP(nlocalsplus, u->flags);
    if (as.first_temp + u->max_height > MAX_REGISTER) {
        error_format(PyExc_OverflowError, "code of %U needs too many registers", u->qualname);
        return NULL;
    }
    if (order_slots(&as) < 0 || map_constants(&as) < 0) {
        return NULL;
    }
    PyObject *code = NULL;
    if (write_words(&as) == 0) {
        code = build_code(&as);
    }
    mem_free(as.words);
    return code;
}
