// Clean-up of a unit's flow graph: jump threading, copies of short exits, removal of unreachable
// code and superfluous instructions, checks for unbound locals that are not needed, positions of
// instructions that have none, cold code to the end.
//
// Invariant: only the last instruction of a block jumps or stops; any block may be entered at its
// start only.
//
// Threading: see codegen_internal.h.
#include <string.h>

#include "compile/codegen_internal.h"
#include "compile/scopes_internal.h"

static bool
is_goto(const Ins *ins)
{
    return ins->op == OP_JUMP_FORWARD || ins->op == OP_JUMP_BACKWARD;
}

static bool
falls_through(const Block *block)
{
    if (block->count == 0) {
        return true;
    }
    return !op_stops(block->ins[block->count - 1].op);
}

// ---- jumps ----

static Block *
skip_empty(Block *block)
{
    while (block->count == 0 && block->next != NULL) {
        block = block->next;
    }
    return block;
}

// Where control really goes when an instruction of that line goes to block. Jumps with a line of
// their own (break, continue) stay, for tracing. Loops of jumps end the walk.
static Block *
final_target(Block *block, int line)
{
    for (int hops = 0; hops < 32; hops++) {
        block = skip_empty(block);
        if (block->count == 0 || block->ins[0].op != OP_JUMP_FORWARD) {
            break;
        }
        int jump_line = block->ins[0].span.lineno;
        if (jump_line >= 0 && jump_line != line) {
            break;
        }
        block = block->ins[0].target;
    }
    return skip_empty(block);
}

static void
thread_jumps(Unit *u)
{
    for (Block *b = u->first; b != NULL; b = b->next) {
        for (uint32_t i = 0; i < b->count; i++) {
            if (b->ins[i].target != NULL) {
                b->ins[i].target = final_target(b->ins[i].target, b->ins[i].span.lineno);
            }
        }
    }
}

// ---- reachability ----

static void
reach(Block *block, Block **list)
{
    if (!block->reachable) {
        block->reachable = true;
        block->link = *list;
        *list = block;
    }
}

static void
reach_successors(Block *b, Block **list)
{
    const Handler *last = NULL;
    for (uint32_t i = 0; i < b->count; i++) {
        if (b->ins[i].target != NULL) {
            reach(b->ins[i].target, list);
        }
        if (b->ins[i].handler != last && b->ins[i].handler != NULL) {
            last = b->ins[i].handler;
            reach(last->target, list);
        }
    }
    if (falls_through(b) && b->next != NULL) {
        reach(b->next, list);
    }
}

static void
remove_unreachable(Unit *u)
{
    Block *list = NULL;
    for (Block *b = u->first; b != NULL; b = b->next) {
        b->reachable = false;
    }
    reach(u->first, &list);
    while (list != NULL) {
        Block *b = list;
        list = b->link;
        reach_successors(b, &list);
    }
    for (Block *b = u->first; b != NULL; b = b->next) {
        while (b->next != NULL && !b->next->reachable) {
            b->next = b->next->next;
        }
    }
}

// ---- predecessors, merging ----

// How often control comes to a block, by id; handlers count twice. NULL with MemoryError.
static uint32_t *
count_predecessors(Unit *u)
{
    uint32_t *counts = arena_alloc_items(u->arena, 0, (Py_ssize_t)u->nblocks + 2, sizeof *counts);
    if (counts == NULL) {
        return NULL;
    }
    counts[u->first->id]++;
    for (Block *b = u->first; b != NULL; b = b->next) {
        for (uint32_t i = 0; i < b->count; i++) {
            if (b->ins[i].target != NULL) {
                counts[b->ins[i].target->id]++;
            }
            if (b->ins[i].handler != NULL) {
                counts[b->ins[i].handler->target->id] += 2;
            }
        }
        if (falls_through(b) && b->next != NULL) {
            counts[b->next->id]++;
        }
    }
    return counts;
}

static int
append_instructions(Unit *u, Block *to, const Block *from)
{
    for (uint32_t i = 0; i < from->count; i++) {
        if (arena_vector_grow(u->arena, &to->ins, to->count, &to->capacity, sizeof(Ins)) < 0) {
            return -1;
        }
        to->ins[to->count++] = from->ins[i];
    }
    return 0;
}

// Joins blocks that are always executed one behind the other.
static int
merge_blocks(Unit *u)
{
    uint32_t *counts = count_predecessors(u);
    if (counts == NULL) {
        return -1;
    }
    for (Block *b = u->first; b != NULL; b = b->next) {
        while (falls_through(b) && b->next != NULL && counts[b->next->id] == 1
               && b->next->cold == b->cold
               && (b->count == 0 || b->ins[b->count - 1].target == NULL)) {
            if (append_instructions(u, b, b->next) < 0) {
                return -1;
            }
            b->next = b->next->next;
        }
    }
    return 0;
}

// ---- short exits ----

enum { MAX_EXIT_COPY = 4 };

// A few instructions without a line that leave the code object.
static bool
is_exit_without_line(const Block *b)
{
    if (b->count == 0 || b->count > MAX_EXIT_COPY || falls_through(b)
        || is_goto(&b->ins[b->count - 1])) {
        return false;
    }
    for (uint32_t i = 0; i < b->count; i++) {
        if (b->ins[i].span.lineno >= 0) {
            return false;
        }
    }
    return true;
}

static void
set_position(Block *b, uint32_t from, Span span)
{
    for (uint32_t i = from; i < b->count; i++) {
        b->ins[i].span = span;
    }
}

// A jump to an exit becomes that exit, so that it has the line it comes from. Conditional jumps
// get a copy of the block, behind *tail.
static int
copy_exit(Compiler *c, Unit *u, Block *b, Block **tail)
{
    Ins *last = &b->ins[b->count - 1];
    Block *target = last->target;
    Span span = last->span;
    if (is_goto(last)) {
        uint32_t from = --b->count;
        if (append_instructions(u, b, target) < 0) {
            return -1;
        }
        if (span.lineno >= 0) {
            set_position(b, from, span);
        }
        return 0;
    }
    if (last->op == OP_FOR_ITER || last->op == OP_SEND || span.lineno < 0) {
        return 0;
    }
    Block *exit = block_new(c);
    if (c->failed || append_instructions(u, exit, target) < 0) {
        return -1;
    }
    set_position(exit, 0, span);
    exit->reachable = true;
    exit->cold = b->cold;
    b->ins[b->count - 1].target = exit;
    (*tail)->next = exit;
    *tail = exit;
    return 0;
}

static int
copy_exits(Compiler *c, Unit *u)
{
    uint32_t *counts = count_predecessors(u);
    if (counts == NULL) {
        return -1;
    }
    Block *tail = u->first;
    while (tail->next != NULL) {
        tail = tail->next;
    }
    Block *end = tail;
    for (Block *b = u->first; b != NULL; b = b->next) {
        Block *target = b->count > 0 ? b->ins[b->count - 1].target : NULL;
        bool shared = target != NULL && (counts[target->id] > 1 || is_goto(&b->ins[b->count - 1]));
        if (shared && is_exit_without_line(target)) {
            counts[target->id]--;
            if (copy_exit(c, u, b, &tail) < 0) {
                return -1;
            }
        }
        if (b == end) {
            break;
        }
    }
    return 0;
}

// ---- positions ----

// Instructions without a position take that of the instruction before, when there is only one.
static int
propagate_positions(Unit *u)
{
    uint32_t *predecessors = count_predecessors(u);
    Span *incoming = arena_alloc_items(u->arena, 0, (Py_ssize_t)u->nblocks + 2, sizeof *incoming);
    if (predecessors == NULL || incoming == NULL) {
        return -1;
    }
    for (Block *b = u->first; b != NULL; b = b->next) {
        Span span = predecessors[b->id] == 1 && incoming[b->id].lineno > 0 ? incoming[b->id]
                                                                         : no_span;
        for (uint32_t i = 0; i < b->count; i++) {
            if (b->ins[i].span.lineno == no_span.lineno) {
                b->ins[i].span = span;
            }
            span = b->ins[i].span;
            if (b->ins[i].target != NULL) {
                incoming[b->ins[i].target->id] = span;
            }
        }
        if (falls_through(b) && b->next != NULL) {
            incoming[b->next->id] = span;
        }
    }
    return 0;
}

// ---- instructions that do nothing ----

static void
remove_instruction(Block *b, uint32_t i)
{
    memmove(&b->ins[i], &b->ins[i + 1], (b->count - i - 1) * sizeof(Ins));
    b->count--;
}

// Whether the NOP at i may go: its line is that of a neighbour that is always executed with it.
static bool
nop_is_superfluous(Block *b, uint32_t kept, uint32_t i)
{
    int line = b->ins[i].span.lineno;
    if (line < 0 || (kept > 0 && b->ins[kept - 1].span.lineno == line
                     && b->ins[kept - 1].op != OP_NOP && b->ins[kept - 1].op != OP_RESUME)) {
        return true;
    }
    Ins *next = NULL;
    if (i + 1 < b->count) {
        next = &b->ins[i + 1];
    }
    else if (falls_through(b) && b->next != NULL) {
        const Block *after = skip_empty(b->next);
        return after->count > 0 && after->ins[0].span.lineno == line;
    }
    if (next == NULL) {
        return false;
    }
    if (next->span.lineno < 0) {
        next->span = b->ins[i].span;
        return true;
    }
    return next->span.lineno == line;
}

static void
remove_nops(Unit *u)
{
    for (Block *b = u->first; b != NULL; b = b->next) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < b->count; i++) {
            if (b->ins[i].op == OP_NOP && nop_is_superfluous(b, kept, i)) {
                continue;
            }
            b->ins[kept++] = b->ins[i];
        }
        b->count = kept;
    }
}

// ---- unbound locals ----

typedef struct {
    Unit *unit;
    uint32_t words;
    uint64_t *state;        // locals that may be unset here
    Block *list;            // blocks whose entry state grew
} Unset;

static bool
bit_get(const uint64_t *bits, uint32_t i)
{
    return (bits[i / 64] >> (i % 64) & 1) != 0;
}

static void
bit_put(uint64_t *bits, uint32_t i, bool value)
{
    uint64_t mask = (uint64_t)1 << (i % 64);
    bits[i / 64] = value ? bits[i / 64] | mask : bits[i / 64] & ~mask;
}

static void
unset_flow_to(Unset *a, Block *block)
{
    bool grew = !block->visited;
    for (uint32_t i = 0; i < a->words; i++) {
        uint64_t joined = block->unset_in[i] | a->state[i];
        grew = grew || joined != block->unset_in[i];
        block->unset_in[i] = joined;
    }
    block->visited = true;
    if (grew && !block->queued) {
        block->queued = true;
        block->link = a->list;
        a->list = block;
    }
}

static void
unset_output(Unset *a, int kind, Reg reg)
{
    if ((kind == OPERAND_OUT || kind == OPERAND_INOUT) && reg_is_local(reg)
        && reg < a->unit->nslots) {
        bit_put(a->state, reg, false);
    }
}

// Effect of one instruction. The state before it is what a handler sees, and in between only
// additions matter.
static void
unset_instruction(Unset *a, const Ins *ins)
{
    switch (ins->op) {
    case OP_LOAD_FAST_CHECK:
        bit_put(a->state, ins->a, false);
        return;
    case OP_DELETE_FAST:
    case OP_PUSH_NULL:
        if (reg_is_local(ins->a)) {
            bit_put(a->state, ins->a, true);
        }
        return;
    default:
        break;
    }
    const struct OpcodeInfo *info = &opcode_info[ins->op];
    unset_output(a, info->a, ins->a);
    unset_output(a, info->b, ins->b);
    unset_output(a, info->c, ins->c);
}

static void
unset_block(Unset *a, Block *b)
{
    const Handler *last = NULL;
    memcpy(a->state, b->unset_in, a->words * sizeof(uint64_t));
    for (uint32_t i = 0; i < b->count; i++) {
        const Ins *ins = &b->ins[i];
        if (ins->handler != NULL && ins->handler != last) {
            unset_flow_to(a, ins->handler->target);
        }
        last = ins->handler;
        if (ins->op == OP_FOR_ITER) {
            // The item is written only when the loop goes on.
            bool before = reg_is_local(ins->a) && bit_get(a->state, ins->a);
            unset_instruction(a, ins);
            unset_flow_to(a, ins->target);
            if (before) {
                bit_put(a->state, ins->a, true);
            }
            continue;
        }
        unset_instruction(a, ins);
        if (ins->target != NULL) {
            unset_flow_to(a, ins->target);
        }
        if (ins->op == OP_DELETE_FAST || ins->op == OP_PUSH_NULL) {
            last = NULL;
        }
    }
    if (falls_through(b) && b->next != NULL) {
        unset_flow_to(a, b->next);
    }
}

static void
unset_remove_checks(Unset *a, Block *b)
{
    memcpy(a->state, b->unset_in, a->words * sizeof(uint64_t));
    uint32_t kept = 0;
    for (uint32_t i = 0; i < b->count; i++) {
        const Ins *ins = &b->ins[i];
        bool proven = ins->op == OP_LOAD_FAST_CHECK && !bit_get(a->state, ins->a);
        unset_instruction(a, ins);
        if (!proven) {
            b->ins[kept++] = b->ins[i];
        }
    }
    b->count = kept;
}

static bool
has_checks(const Unit *u)
{
    for (const Block *b = u->first; b != NULL; b = b->next) {
        for (uint32_t i = 0; i < b->count; i++) {
            if (b->ins[i].op == OP_LOAD_FAST_CHECK) {
                return true;
            }
        }
    }
    return false;
}

// Forward analysis: which locals may be unset where. Too large functions keep their checks.
static int
remove_checks(Unit *u)
{
    enum { MAX_STATE_WORDS = 1 << 22 };
    uint32_t words = (u->nslots + 63) / 64;
    if (words == 0 || !has_checks(u) || (uint64_t)words * u->nblocks > MAX_STATE_WORDS) {
        return 0;
    }
    Unset analysis = {.unit = u, .words = words};
    analysis.state = arena_alloc_items(u->arena, 0, words, sizeof(uint64_t));
    if (analysis.state == NULL) {
        return -1;
    }
    for (Block *b = u->first; b != NULL; b = b->next) {
        b->visited = b->queued = false;
        b->unset_in = arena_alloc_items(u->arena, 0, words, sizeof(uint64_t));
        if (b->unset_in == NULL) {
            return -1;
        }
    }
    for (uint32_t i = 0; i < u->nslots; i++) {
        bool argument = (u->slots[i].kind & (CO_FAST_ARG_POS | CO_FAST_ARG_KW | CO_FAST_ARG_VAR));
        bit_put(analysis.state, i, !argument);
    }
    unset_flow_to(&analysis, u->first);
    while (analysis.list != NULL) {
        Block *b = analysis.list;
        analysis.list = b->link;
        b->queued = false;
        unset_block(&analysis, b);
    }
    for (Block *b = u->first; b != NULL; b = b->next) {
        if (b->visited) {
            unset_remove_checks(&analysis, b);
        }
    }
    return 0;
}

// ---- small improvements ----

// Two neighbouring arguments that are lent need one instruction.
static void
pair_borrows(Unit *u)
{
    for (Block *b = u->first; b != NULL; b = b->next) {
        for (uint32_t i = 0; i + 1 < b->count; i++) {
            Ins *first = &b->ins[i];
            const Ins *second = &b->ins[i + 1];
            if (first->op == OP_LOAD_FAST_BORROW && second->op == OP_LOAD_FAST_BORROW
                && second->a == first->a + 1 && second->span.lineno == first->span.lineno
                && first->handler == second->handler) {
                first->op = OP_LOAD_FAST_BORROW_PAIR;
                first->c = second->b;
                remove_instruction(b, i + 1);
            }
        }
    }
}

// Whether the n instructions from i on move the temporaries from t on to neighbouring locals, in
// their order, with nothing else in between that a tool or a handler could see.
static bool
moves_to_neighbours(const Unit *u, const Block *b, uint32_t i, uint32_t n, Reg t, const Ins *unpack)
{
    if (n == 0 || n > b->count - i || !reg_is_local(b->ins[i].a) || b->ins[i].a >= u->nslots) {
        return false;
    }
    uint32_t first = u->slots[b->ins[i].a].order;
    for (uint32_t k = 0; k < n; k++) {
        const Ins *move = &b->ins[i + k];
        if (move->op != OP_MOVE || move->b != t + k || !reg_is_local(move->a) ||
            move->a >= u->nslots || u->slots[move->a].order != first + k ||
            move->span.lineno != unpack->span.lineno || move->handler != unpack->handler) {
            return false;
        }
    }
    return true;
}

// a, b, c = x where the locals lie side by side: the items go there without detour.
static void
unpack_to_locals(Unit *u)
{
    for (Block *b = u->first; b != NULL; b = b->next) {
        for (uint32_t i = 0; i + 1 < b->count; i++) {
            Ins *unpack = &b->ins[i];
            if (unpack->op == OP_UNPACK_SEQUENCE && (unpack->marks & INS_ASSIGNS) != 0 &&
                moves_to_neighbours(u, b, i + 1, unpack->c, unpack->a, unpack)) {
                uint32_t n = unpack->c;
                unpack->a = b->ins[i + 1].a;
                memmove(unpack + 1, unpack + 1 + n, (b->count - i - 1 - n) * sizeof(Ins));
                b->count -= n;
            }
        }
    }
}

// ---- order of blocks ----

static int
explicit_jump(Unit *u, Block *b, Block *target)
{
    if (arena_vector_grow(u->arena, &b->ins, b->count, &b->capacity, sizeof(Ins)) < 0) {
        return -1;
    }
    Ins *ins = &b->ins[b->count];
    memset(ins, 0, sizeof *ins);
    ins->op = OP_JUMP_FORWARD;
    ins->target = target;
    ins->span = no_span;
    if (b->count > 0) {
        ins->span = b->ins[b->count - 1].span;
        ins->handler = b->ins[b->count - 1].handler;
    }
    b->count++;
    return 0;
}

// Cold blocks move behind all others; a block that fell into another kind gets a jump.
static int
separate_cold(Unit *u)
{
    Block *hot = NULL;
    Block *cold = NULL;
    Block **hot_end = &hot;
    Block **cold_end = &cold;
    for (Block *b = u->first; b != NULL; b = b->next) {
        if (falls_through(b) && b->next != NULL && b->cold != b->next->cold
            && explicit_jump(u, b, b->next) < 0) {
            return -1;
        }
    }
    for (Block *b = u->first, *next; b != NULL; b = next) {
        next = b->next;
        b->next = NULL;
        Block ***end = b->cold ? &cold_end : &hot_end;
        **end = b;
        *end = &b->next;
    }
    *hot_end = cold;
    u->first = hot;
    return 0;
}

// Jumps to what follows anyway.
static void
remove_short_jumps(Unit *u)
{
    for (Block *b = u->first; b != NULL; b = b->next) {
        if (b->count == 0 || b->next == NULL) {
            continue;
        }
        Ins *last = &b->ins[b->count - 1];
        if (!is_goto(last) || skip_empty(b->next) != skip_empty(last->target)) {
            continue;
        }
        Block *after = skip_empty(b->next);
        bool same_line = last->span.lineno < 0
                         || (b->count > 1 && b->ins[b->count - 2].span.lineno == last->span.lineno)
                         || (after->count > 0 && after->ins[0].span.lineno == last->span.lineno);
        if (same_line) {
            b->count--;
        }
        else {
            last->op = OP_NOP;
            last->target = NULL;
        }
    }
}

void
flow_optimize(Compiler *c, Unit *u)
{
    thread_jumps(u);
    remove_unreachable(u);
    if (merge_blocks(u) < 0 || copy_exits(c, u) < 0) {
        c->failed = true;
        return;
    }
    remove_unreachable(u);
    if (remove_checks(u) < 0) {
        c->failed = true;
        return;
    }
    remove_nops(u);
    if (propagate_positions(u) < 0 || separate_cold(u) < 0) {
        c->failed = true;
        return;
    }
    thread_jumps(u);
    remove_unreachable(u);
    remove_short_jumps(u);
    pair_borrows(u);
    unpack_to_locals(u);
}
