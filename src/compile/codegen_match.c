// Code generation: the match statement (PEP 634).
//
// The subject stays in a temporary; parts of it are put into temporaries above and stay there until
// the pattern as a whole has matched. A capture only notes in which temporary its value is; names
// are bound at the end. When a pattern fails, everything above the subject is dropped: dropping a
// temporary that is not live does nothing, so one instruction does it.
//
// Threading: see codegen_internal.h.
#include "compile/codegen_internal.h"
#include "compile/constants.h"
#include "compile/scopes_internal.h"
#include "objects/error.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "thread/thread.h"

typedef struct {
    PyObject *name;
    Reg reg;
} Capture;

typedef struct {
    Capture *captures;
    uint32_t count, capacity;
    uint32_t base;              // height when the pattern began
    Block *fail;                // where failure goes with the temporaries above base dropped
    Block **drops;              // by number of temporaries above base
    uint32_t ndrops;
    bool allow_irrefutable;
} PatternState;

static void pattern(Compiler *c, PatternState *ps, const Pattern *p, Reg subject);

// ---- failure ----

// Where to jump on failure with the temporaries that live now.
static Block *
fail_block(Compiler *c, PatternState *ps)
{
    uint32_t n = c->unit->height - ps->base;
    if (c->failed || n == 0) {
        return ps->fail;
    }
    if (n >= ps->ndrops) {
        uint32_t wanted = n + 8;
        Block **drops = arena_alloc_items(c->unit->arena, 0, wanted, sizeof *drops);
        if (drops == NULL) {
            c->failed = true;
            return ps->fail;
        }
        for (uint32_t i = 0; i < ps->ndrops; i++) {
            drops[i] = ps->drops[i];
        }
        ps->drops = drops;
        ps->ndrops = wanted;
    }
    if (ps->drops[n] == NULL) {
        ps->drops[n] = block_new(c);
    }
    return ps->drops[n];
}

// Emits the blocks that fail_block handed out and goes on in ps->fail.
static void
emit_failures(Compiler *c, PatternState *ps)
{
    for (uint32_t n = ps->ndrops; n-- > 1 && !c->failed;) {
        if (ps->drops[n] != NULL) {
            block_use(c, ps->drops[n]);
            emit(c, no_span, OP_POP_TEMPS, 0, TEMP(ps->base), 0, n);
            emit_goto(c, no_span, ps->fail);
        }
    }
    block_use(c, ps->fail);
}

static void
fail_unless(Compiler *c, PatternState *ps, Span span, Reg condition)
{
    emit_jump(c, span, OP_POP_JUMP_IF_FALSE, KILL_A, condition, 0, fail_block(c, ps));
}

// ---- captures ----

static void
capture(Compiler *c, PatternState *ps, PyObject *name, Reg reg, Span span)
{
    if (c->failed || name == NULL) {
        return;
    }
    for (uint32_t i = 0; i < ps->count; i++) {
        if (str_equal(ps->captures[i].name, name)) {
            compile_error(c, span, "multiple assignments to name '%U' in pattern", name);
            return;
        }
    }
    if (arena_vector_grow(c->unit->arena, &ps->captures, ps->count, &ps->capacity,
                          sizeof(Capture)) < 0) {
        c->failed = true;
        return;
    }
    ps->captures[ps->count++] = (Capture){name, reg};
}

// ---- simple patterns ----

static bool
is_wildcard(const Pattern *p)
{
    return p->kind == PATTERN_AS && p->MatchAs.name == NULL;
}

static bool
is_star_wildcard(const Pattern *p)
{
    return p->kind == PATTERN_STAR && p->MatchStar.name == NULL;
}

static void
value_pattern(Compiler *c, PatternState *ps, const Pattern *p, Reg subject)
{
    const Expr *value = p->MatchValue.value;
    if (value->kind != EXPR_CONSTANT && value->kind != EXPR_ATTRIBUTE) {
        compile_error(c, p->span, "patterns may only match literals and attribute lookups");
        return;
    }
    uint32_t height = c->unit->height;
    Place place = expr_place(c, value, true);
    if (place.kind == PLACE_CONST) {
        emit_jump(c, p->span, OP_JUMP_IF_NOT_EQ_K, 0, subject, place.reg, fail_block(c, ps));
    }
    else {
        int flags = 0;
        Reg b = place_operand(c, place, p->span, KILL_B, &flags);
        temp_set_height(c, height);
        emit_jump(c, p->span, OP_JUMP_IF_NOT_EQ, flags, subject, b, fail_block(c, ps));
    }
    temp_set_height(c, height);
}

static void
singleton_pattern(Compiler *c, PatternState *ps, const Pattern *p, Reg subject)
{
    if (p->MatchSingleton.value == Py_None) {
        emit_jump(c, p->span, OP_POP_JUMP_IF_NOT_NONE, 0, subject, 0, fail_block(c, ps));
        return;
    }
    uint32_t height = c->unit->height;
    Reg t = temp_push(c);
    load_const(c, p->span, t, p->MatchSingleton.value);
    emit(c, p->span, OP_IS_OP, KILL_C, t, subject, t);
    temp_set_height(c, height);
    fail_unless(c, ps, p->span, t);
}

static void
as_pattern(Compiler *c, PatternState *ps, const Pattern *p, Reg subject)
{
    const Pattern *inner = p->MatchAs.pattern;
    if (inner == NULL) {
        if (!ps->allow_irrefutable) {
            if (p->MatchAs.name != NULL) {
                compile_error(c, p->span,
                              "name capture '%U' makes remaining patterns unreachable",
                              p->MatchAs.name);
            }
            else {
                compile_error(c, p->span, "wildcard makes remaining patterns unreachable");
            }
            return;
        }
        capture(c, ps, p->MatchAs.name, subject, p->span);
        return;
    }
    capture(c, ps, p->MatchAs.name, subject, p->span);
    pattern(c, ps, inner, subject);
}

static void
subpattern(Compiler *c, PatternState *ps, const Pattern *p, Reg subject)
{
    bool before = ps->allow_irrefutable;
    ps->allow_irrefutable = true;
    pattern(c, ps, p, subject);
    ps->allow_irrefutable = before;
}

// ---- sequences ----

typedef struct {
    Py_ssize_t star;
    bool only_wildcards;
    bool star_wildcard;
} SequenceShape;

static SequenceShape
sequence_shape(Compiler *c, const Pattern *p, const PatternSeq *patterns)
{
    SequenceShape shape = {-1, true, false};
    for (Py_ssize_t i = 0; i < patterns->size; i++) {
        const Pattern *item = patterns->items[i];
        if (item->kind == PATTERN_STAR) {
            if (shape.star >= 0) {
                compile_error(c, p->span, "multiple starred names in sequence pattern");
                return shape;
            }
            shape.star = i;
            shape.star_wildcard = is_star_wildcard(item);
            shape.only_wildcards = shape.only_wildcards && shape.star_wildcard;
            continue;
        }
        shape.only_wildcards = shape.only_wildcards && is_wildcard(item);
    }
    return shape;
}

static void
check_length(Compiler *c, PatternState *ps, Span span, Reg subject, Py_ssize_t size, bool exact)
{
    uint32_t height = c->unit->height;
    Reg length = temp_push(c);
    emit(c, span, OP_GET_LEN, 0, length, subject, 0);
    temp_set_height(c, height);
    uint32_t index = const_int(c, (long)size);
    emit_jump(c, span, exact ? OP_JUMP_IF_NOT_EQ_K : OP_JUMP_IF_NOT_GE_K, KILL_A, length, index,
              fail_block(c, ps));
}

static void
unpack_items(Compiler *c, PatternState *ps, Span span, const PatternSeq *patterns,
             Py_ssize_t star, Reg subject, int flags)
{
    Unit *u = c->unit;
    uint32_t base = u->height;
    if (star >= 256 || (star >= 0 && patterns->size - star - 1 >= 1 << 24)) {
        compile_error(c, span, "too many expressions in star-unpacking sequence pattern");
        return;
    }
    if (star >= 0) {
        emit_data(c, span, OP_UNPACK_EX, flags, TEMP(base), subject, (Reg)star,
                  (int32_t)(patterns->size - star - 1));
    }
    else {
        emit(c, span, OP_UNPACK_SEQUENCE, flags, TEMP(base), subject, (Reg)patterns->size);
    }
    temp_set_height(c, base + (uint32_t)patterns->size);
    temp_reserve(c, u->height + 1);
    for (Py_ssize_t i = 0; i < patterns->size && !c->failed; i++) {
        subpattern(c, ps, patterns->items[i], TEMP(base + (uint32_t)i));
    }
}

// [a, *_, b]: only the items that matter are looked at.
static void
index_items(Compiler *c, PatternState *ps, Span span, const PatternSeq *patterns, Py_ssize_t star,
            Reg subject)
{
    for (Py_ssize_t i = 0; i < patterns->size && !c->failed; i++) {
        const Pattern *p = patterns->items[i];
        if (is_wildcard(p) || i == star) {
            continue;
        }
        Reg item = temp_push(c);
        if (i < star) {
            emit(c, span, OP_BINARY_OP_SUBSCR_K, 0, item, subject, const_int(c, (long)i));
        }
        else {
            emit(c, span, OP_GET_LEN, 0, item, subject, 0);
            emit(c, span, OP_BINARY_OP_SUBTRACT_K, KILL_B, item, item,
                 const_int(c, (long)(patterns->size - i)));
            emit(c, span, OP_BINARY_OP_SUBSCR, KILL_C, item, subject, item);
        }
        subpattern(c, ps, p, item);
    }
}

static void
sequence_pattern(Compiler *c, PatternState *ps, const Pattern *p, Reg subject)
{
    const PatternSeq *patterns = p->MatchSequence.patterns;
    SequenceShape shape = sequence_shape(c, p, patterns);
    if (c->failed) {
        return;
    }
    uint32_t height = c->unit->height;
    Reg t = temp_push(c);
    emit(c, p->span, OP_MATCH_SEQUENCE, 0, t, subject, 0);
    temp_set_height(c, height);
    fail_unless(c, ps, p->span, t);
    if (shape.star < 0) {
        check_length(c, ps, p->span, subject, patterns->size, true);
    }
    else if (patterns->size > 1) {
        check_length(c, ps, p->span, subject, patterns->size - 1, false);
    }
    if (shape.only_wildcards) {
        return;
    }
    if (shape.star_wildcard) {
        index_items(c, ps, p->span, patterns, shape.star, subject);
    }
    else {
        unpack_items(c, ps, p->span, patterns, shape.star, subject, 0);
    }
}

// ---- mappings ----

static void
check_duplicate_key(Compiler *c, const Pattern *p, Py_ssize_t index)
{
    const ExprSeq *keys = p->MatchMapping.keys;
    PyObject *key = constant_of(c, keys->items[index]);
    for (Py_ssize_t i = 0; i < index && key != NULL && !c->failed; i++) {
        PyObject *other = constant_of(c, keys->items[i]);
        int equal = other == NULL ? 0 : object_richcompare_bool(key, other, Py_EQ);
        if (equal < 0) {
            c->failed = true;
        }
        else if (equal) {
            compile_error(c, p->span, "mapping pattern checks duplicate key (%R)", key);
        }
    }
}

static void
push_keys(Compiler *c, const Pattern *p)
{
    const ExprSeq *keys = p->MatchMapping.keys;
    uint32_t height = c->unit->height;
    for (Py_ssize_t i = 0; i < keys->size && !c->failed; i++) {
        const Expr *key = keys->items[i];
        if (key == NULL) {
            compile_error(c, p->MatchMapping.patterns->items[i]->span,
                          "can't use NULL keys in MatchMapping (set 'rest' parameter instead)");
            return;
        }
        check_duplicate_key(c, p, i);
        if (key->kind != EXPR_CONSTANT && key->kind != EXPR_ATTRIBUTE) {
            compile_error(c, p->span,
                          "mapping pattern keys may only match literals and attribute lookups");
            return;
        }
        expr_push(c, key);
    }
    emit(c, p->span, OP_BUILD_TUPLE, 0, TEMP(height), TEMP(height), (Reg)keys->size);
    temp_set_height(c, height + 1);
    temp_reserve(c, height + 1);
}

// **rest: a copy of the mapping without the keys.
static void
capture_rest(Compiler *c, PatternState *ps, const Pattern *p, Reg subject, Reg keys)
{
    Py_ssize_t size = p->MatchMapping.keys->size;
    Reg rest = temp_push(c);
    emit(c, p->span, OP_BUILD_MAP, 0, rest, rest, 0);
    emit(c, p->span, OP_DICT_UPDATE, 0, rest, subject, 0);
    uint32_t height = c->unit->height;
    if (size > 0) {
        emit(c, p->span, OP_UNPACK_SEQUENCE, 0, TEMP(height), keys, (Reg)size);
        temp_reserve(c, height + (uint32_t)size);
        for (Py_ssize_t i = 0; i < size; i++) {
            emit(c, p->span, OP_DELETE_SUBSCR, KILL_B, rest, TEMP(height + (uint32_t)i), 0);
        }
    }
    capture(c, ps, p->MatchMapping.rest, rest, p->span);
}

static void
mapping_pattern(Compiler *c, PatternState *ps, const Pattern *p, Reg subject)
{
    Py_ssize_t size = p->MatchMapping.keys->size;
    if (size != p->MatchMapping.patterns->size) {
        compile_error(c, p->span, "keys (%zd) / patterns (%zd) length mismatch in mapping pattern",
                      size, p->MatchMapping.patterns->size);
        return;
    }
    uint32_t height = c->unit->height;
    Reg t = temp_push(c);
    emit(c, p->span, OP_MATCH_MAPPING, 0, t, subject, 0);
    temp_set_height(c, height);
    fail_unless(c, ps, p->span, t);
    if (size == 0 && p->MatchMapping.rest == NULL) {
        return;
    }
    if (size > 0) {
        check_length(c, ps, p->span, subject, size, false);
    }
    Reg keys = TEMP(c->unit->height);
    push_keys(c, p);
    Reg values = temp_push(c);
    emit(c, p->span, OP_MATCH_KEYS, 0, values, subject, keys);
    emit_jump(c, p->span, OP_POP_JUMP_IF_NONE, 0, values, 0, fail_block(c, ps));
    unpack_items(c, ps, p->span, p->MatchMapping.patterns, -1, values, KILL_B);
    if (p->MatchMapping.rest != NULL) {
        capture_rest(c, ps, p, subject, keys);
    }
}

// ---- classes ----

static void
check_attributes(Compiler *c, const Pattern *p)
{
    const IdentifierSeq *attrs = p->MatchClass.kwd_attrs;
    for (Py_ssize_t i = 0; i < attrs->size; i++) {
        for (Py_ssize_t j = i + 1; j < attrs->size; j++) {
            if (str_equal(attrs->items[i], attrs->items[j])) {
                compile_error(c, p->MatchClass.kwd_patterns->items[j]->span,
                              "attribute name repeated in class pattern: %U", attrs->items[i]);
                return;
            }
        }
    }
}

static void
class_pattern(Compiler *c, PatternState *ps, const Pattern *p, Reg subject)
{
    Unit *u = c->unit;
    const PatternSeq *positional = p->MatchClass.patterns;
    const IdentifierSeq *attrs = p->MatchClass.kwd_attrs;
    if (attrs->size != p->MatchClass.kwd_patterns->size) {
        compile_error(c, p->span,
                      "kwd_attrs (%zd) / kwd_patterns (%zd) length mismatch in class pattern",
                      attrs->size, p->MatchClass.kwd_patterns->size);
    }
    check_attributes(c, p);
    if (c->failed) {
        return;
    }
    PyObject *names = tuple_new(attrs->size);
    if (names == NULL) {
        c->failed = true;
        return;
    }
    for (Py_ssize_t i = 0; i < attrs->size; i++) {
        tuple_set_item_steal(names, i, new_ref(attrs->items[i]));
    }
    Reg found = expr_push(c, p->MatchClass.cls);
    emit_bc(c, p->span, OP_LOAD_CONST, 0, temp_push(c), const_index_steal(c, names));
    emit(c, p->span, OP_MATCH_CLASS, 0, found, subject, (Reg)positional->size);
    temp_set_height(c, reg_index(found) + 1);
    emit_jump(c, p->span, OP_POP_JUMP_IF_NONE, 0, found, 0, fail_block(c, ps));
    uint32_t base = u->height;
    Py_ssize_t total = positional->size + attrs->size;
    emit(c, p->span, OP_UNPACK_SEQUENCE, KILL_B, TEMP(base), found, (Reg)total);
    temp_set_height(c, base + (uint32_t)total);
    temp_reserve(c, u->height + 1);
    for (Py_ssize_t i = 0; i < total && !c->failed; i++) {
        const Pattern *item = i < positional->size
                                  ? positional->items[i]
                                  : p->MatchClass.kwd_patterns->items[i - positional->size];
        subpattern(c, ps, item, TEMP(base + (uint32_t)i));
    }
}

// ---- alternatives ----

// Puts the captures of an alternative where the first one's are expected.
static void
align_captures(Compiler *c, const PatternState *first, const PatternState *alternative,
               uint32_t results, Span span)
{
    if (alternative->count != first->count) {
        compile_error(c, span, "alternative patterns bind different names");
        return;
    }
    for (uint32_t i = 0; i < first->count && !c->failed; i++) {
        uint32_t j = 0;
        while (j < alternative->count
               && !str_equal(alternative->captures[j].name, first->captures[i].name)) {
            j++;
        }
        if (j == alternative->count) {
            compile_error(c, span, "alternative patterns bind different names");
            return;
        }
        emit(c, span, OP_LOAD_FAST, 0, TEMP(results + i), alternative->captures[j].reg, 0);
    }
}

// Upper bound of the names that a pattern binds.
static uint32_t
count_captures(const Pattern *p)
{
    uint32_t n = 0;
    const PatternSeq *parts = NULL;
    switch (p->kind) {
    case PATTERN_SEQUENCE:
        parts = p->MatchSequence.patterns;
        break;
    case PATTERN_MAPPING:
        parts = p->MatchMapping.patterns;
        n = p->MatchMapping.rest != NULL;
        break;
    case PATTERN_CLASS:
        for (Py_ssize_t i = 0; i < p->MatchClass.kwd_patterns->size; i++) {
            n += count_captures(p->MatchClass.kwd_patterns->items[i]);
        }
        parts = p->MatchClass.patterns;
        break;
    case PATTERN_STAR:
        return p->MatchStar.name != NULL;
    case PATTERN_AS:
        n = p->MatchAs.name != NULL;
        return n + (p->MatchAs.pattern != NULL ? count_captures(p->MatchAs.pattern) : 0);
    case PATTERN_OR:
        return p->MatchOr.patterns->size == 0 ? 0 : count_captures(p->MatchOr.patterns->items[0]);
    default:
        return 0;
    }
    for (Py_ssize_t i = 0; i < parts->size; i++) {
        n += count_captures(parts->items[i]);
    }
    return n;
}

static void
or_pattern(Compiler *c, PatternState *ps, const Pattern *p, Reg subject)
{
    Unit *u = c->unit;
    const PatternSeq *patterns = p->MatchOr.patterns;
    uint32_t results = u->height;
    uint32_t names = count_captures(p);
    temp_set_height(c, results + names);
    temp_reserve(c, results + names);
    Block *matched = block_new(c);
    PatternState first = {0};
    for (Py_ssize_t i = 0; i < patterns->size && !c->failed; i++) {
        bool last = i + 1 == patterns->size;
        PatternState alternative = {.base = u->height, .fail = block_new(c)};
        alternative.allow_irrefutable = last && ps->allow_irrefutable;
        pattern(c, &alternative, patterns->items[i], subject);
        if (i == 0) {
            first = alternative;
        }
        align_captures(c, &first, &alternative, results, p->span);
        uint32_t extra = u->height - (results + names);
        if (extra > 0) {
            emit(c, no_span, OP_POP_TEMPS, 0, TEMP(results + names), 0, extra);
        }
        temp_set_height(c, results + names);
        emit_goto(c, no_span, matched);
        emit_failures(c, &alternative);
    }
    temp_set_height(c, results);
    emit_goto(c, no_span, fail_block(c, ps));
    temp_set_height(c, results + names);
    block_use(c, matched);
    for (uint32_t i = 0; i < first.count && !c->failed; i++) {
        capture(c, ps, first.captures[i].name, TEMP(results + i), p->span);
    }
}

static void
pattern_kind(Compiler *c, PatternState *ps, const Pattern *p, Reg subject)
{
    switch (p->kind) {
    case PATTERN_VALUE:
        value_pattern(c, ps, p, subject);
        break;
    case PATTERN_SINGLETON:
        singleton_pattern(c, ps, p, subject);
        break;
    case PATTERN_SEQUENCE:
        sequence_pattern(c, ps, p, subject);
        break;
    case PATTERN_MAPPING:
        mapping_pattern(c, ps, p, subject);
        break;
    case PATTERN_CLASS:
        class_pattern(c, ps, p, subject);
        break;
    case PATTERN_STAR:
        capture(c, ps, p->MatchStar.name, subject, p->span);
        break;
    case PATTERN_AS:
        as_pattern(c, ps, p, subject);
        break;
    case PATTERN_OR:
        or_pattern(c, ps, p, subject);
        break;
    }
}

static void
pattern(Compiler *c, PatternState *ps, const Pattern *p, Reg subject)
{
    if (c->failed) {
        return;
    }
    if (thread_enter_c(" during compilation") < 0) {
        c->failed = true;
        return;
    }
    pattern_kind(c, ps, p, subject);
    thread_leave_c();
}

// ---- the statement ----

static bool
is_captured_again(const PatternState *ps, uint32_t index)
{
    for (uint32_t i = index + 1; i < ps->count; i++) {
        if (ps->captures[i].reg == ps->captures[index].reg) {
            return true;
        }
    }
    return false;
}

static void
match_case(Compiler *c, const MatchCase *m, Reg subject, bool last, Block *next)
{
    Unit *u = c->unit;
    PatternState ps = {.base = u->height, .fail = block_new(c)};
    ps.allow_irrefutable = m->guard != NULL || last;
    pattern(c, &ps, m->pattern, subject);
    for (uint32_t i = 0; i < ps.count && !c->failed; i++) {
        Place value = {.kind = PLACE_TEMP, .reg = ps.captures[i].reg};
        value.keep = reg_index(value.reg) < ps.base || is_captured_again(&ps, i);
        emit_name_store(c, ps.captures[i].name, m->pattern->span, value);
    }
    if (u->height > ps.base) {
        emit(c, no_span, OP_POP_TEMPS, 0, TEMP(ps.base), 0, u->height - ps.base);
        temp_set_height(c, ps.base);
    }
    if (m->guard != NULL) {
        jump_if(c, m->guard, ps.fail, false);
    }
    Block *body = block_new(c);
    emit_goto(c, no_span, body);
    emit_failures(c, &ps);
    emit_goto(c, no_span, next);
    block_use(c, body);
    emit(c, m->pattern->span, OP_POP_TOP, 0, subject, 0, 0);
    temp_set_height(c, reg_index(subject));
    compile_stmts(c, m->body);
}

void
match_stmt(Compiler *c, const Stmt *s)
{
    Unit *u = c->unit;
    uint32_t height = u->height;
    const MatchCaseSeq *cases = s->Match.cases;
    Block *end = block_new(c);
    Reg subject = expr_push(c, s->Match.subject);
    for (Py_ssize_t i = 0; i < cases->size && !c->failed; i++) {
        Block *next = block_new(c);
        temp_set_height(c, height + 1);
        match_case(c, cases->items[i], subject, i + 1 == cases->size, next);
        emit_goto(c, no_span, end);
        block_use(c, next);
    }
    emit(c, no_span, OP_POP_TOP, 0, subject, 0, 0);
    temp_set_height(c, height);
    block_use(c, end);
}
