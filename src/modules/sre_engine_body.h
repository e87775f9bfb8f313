// The matcher for one width of characters. Included by sre_engine_ucs*.c with CHAR defined as the
// character type and NAME(x) as x with the width's suffix. See sre_internal.h and sre_engine.h.

static inline Py_UCS4
NAME(at)(const MatchState *state, Py_ssize_t i)
{
    return ((const CHAR *)state->data)[i];
}

static bool
NAME(is_word)(const MatchState *state, Py_ssize_t i, uint32_t category)
{
    return i >= state->beginning && i < state->end && sre_category(category, NAME(at)(state, i));
}

static bool
NAME(at_boundary)(const MatchState *state, Py_ssize_t ptr, uint32_t category)
{
    return NAME(is_word)(state, ptr - 1, category) != NAME(is_word)(state, ptr, category);
}

static bool
NAME(position)(const MatchState *state, Py_ssize_t ptr, uint32_t where)
{
    switch (where) {
        case SRE_AT_BEGINNING:
        case SRE_AT_BEGINNING_STRING:
            return ptr == state->beginning;
        case SRE_AT_BEGINNING_LINE:
            return ptr == state->beginning || NAME(at)(state, ptr - 1) == '\n';
        case SRE_AT_END:
            return ptr == state->end
                   || (ptr + 1 == state->end && NAME(at)(state, ptr) == '\n');
        case SRE_AT_END_LINE:
            return ptr == state->end || NAME(at)(state, ptr) == '\n';
        case SRE_AT_END_STRING:
            return ptr == state->end;
        case SRE_AT_BOUNDARY:
            return NAME(at_boundary)(state, ptr, SRE_CATEGORY_WORD);
        case SRE_AT_NON_BOUNDARY:
            return !NAME(at_boundary)(state, ptr, SRE_CATEGORY_WORD);
        case SRE_AT_LOC_BOUNDARY:
            return NAME(at_boundary)(state, ptr, SRE_CATEGORY_LOC_WORD);
        case SRE_AT_LOC_NON_BOUNDARY:
            return !NAME(at_boundary)(state, ptr, SRE_CATEGORY_LOC_WORD);
        case SRE_AT_UNI_BOUNDARY:
            return NAME(at_boundary)(state, ptr, SRE_CATEGORY_UNI_WORD);
        case SRE_AT_UNI_NON_BOUNDARY:
            return !NAME(at_boundary)(state, ptr, SRE_CATEGORY_UNI_WORD);
        default:
            return false;
    }
}

// Whether one character matches the single-character operation at pc.
static inline bool
NAME(single)(const uint32_t *pc, Py_UCS4 ch)
{
    switch (pc[0]) {
        case SRE_LITERAL: return ch == pc[1];
        case SRE_NOT_LITERAL: return ch != pc[1];
        case SRE_ANY: return ch != '\n';
        case SRE_ANY_ALL: return true;
        case SRE_CATEGORY: return sre_category(pc[1], ch);
        case SRE_IN: return sre_charset_contains(pc + 2, ch);
        case SRE_LITERAL_IGNORE: return sre_lower_ascii(ch) == pc[1];
        case SRE_NOT_LITERAL_IGNORE: return sre_lower_ascii(ch) != pc[1];
        case SRE_IN_IGNORE: return sre_charset_contains(pc + 2, sre_lower_ascii(ch));
        case SRE_LITERAL_UNI_IGNORE: return sre_lower_unicode(ch) == pc[1];
        case SRE_NOT_LITERAL_UNI_IGNORE: return sre_lower_unicode(ch) != pc[1];
        case SRE_IN_UNI_IGNORE: return sre_charset_contains(pc + 2, sre_lower_unicode(ch));
        case SRE_LITERAL_LOC_IGNORE: return sre_char_loc_ignore(pc[1], ch);
        case SRE_NOT_LITERAL_LOC_IGNORE: return !sre_char_loc_ignore(pc[1], ch);
        case SRE_IN_LOC_IGNORE: return sre_charset_contains_loc_ignore(pc + 2, ch);
        default: return false;
    }
}

// How many characters from ptr on match the operation at pc, at most `max`.
static Py_ssize_t
NAME(count)(const MatchState *state, const uint32_t *pc, Py_ssize_t ptr, uint32_t max)
{
    const CHAR *start = (const CHAR *)state->data + ptr;
    const CHAR *end = (const CHAR *)state->data + state->end;
    if (max != SRE_MAXREPEAT && (Py_ssize_t)max < end - start) {
        end = start + max;
    }
    const CHAR *c = start;
    switch (pc[0]) {
        case SRE_ANY_ALL:
            c = end;
            break;
        case SRE_ANY:
            while (c < end && *c != '\n') {
                c++;
            }
            break;
        case SRE_LITERAL:
            while (c < end && *c == pc[1]) {
                c++;
            }
            break;
        case SRE_NOT_LITERAL:
            while (c < end && *c != pc[1]) {
                c++;
            }
            break;
        case SRE_IN:
            if (pc[2] == SRE_CHARSET && pc[11] == SRE_FAILURE) {
                const uint32_t *bits = pc + 3;
                while (c < end && sre_bitmap_contains(bits, *c)) {
                    c++;
                }
                break;
            }
            while (c < end && sre_charset_contains(pc + 2, *c)) {
                c++;
            }
            break;
        default:
            while (c < end && NAME(single)(pc, *c)) {
                c++;
            }
    }
    return c - start;
}

// The text of a group at ptr: its length, -1 when it is not there. fold is how characters compare.
static Py_ssize_t
NAME(group_reference)(const MatchState *state, uint32_t op, uint32_t group, Py_ssize_t ptr)
{
    Py_ssize_t from = state->mark[group * 2];
    Py_ssize_t to = state->mark[group * 2 + 1];
    if (from < 0 || to < from) {
        return -1;
    }
    Py_ssize_t length = to - from;
    if (length > state->end - ptr) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 a = NAME(at)(state, ptr + i);
        Py_UCS4 b = NAME(at)(state, from + i);
        bool equal = op == SRE_GROUPREF ? a == b
                     : op == SRE_GROUPREF_IGNORE ? sre_lower_ascii(a) == sre_lower_ascii(b)
                     : op == SRE_GROUPREF_UNI_IGNORE
                         ? sre_lower_unicode(a) == sre_lower_unicode(b)
                         : sre_char_loc_ignore(b, a) || sre_char_loc_ignore(a, b);
        if (!equal) {
            return -1;
        }
    }
    return length;
}

// A choice point for the present moment.
static inline Choice *
NAME(push)(MatchState *state, ChoiceKind kind, const uint32_t *pc, Py_ssize_t ptr, int32_t repeat,
           int32_t barrier)
{
    Choice *choice = choice_push(state);
    if (choice != NULL) {
        choice->kind = kind;
        choice->pc = pc;
        choice->ptr = ptr;
        choice->repeat = repeat;
        choice->barrier = barrier;
        choice->trail_count = state->trail_count;
        choice->repeat_count = state->repeat_count;
        choice->lastindex = state->lastindex;
    }
    return choice;
}

// Greedy repetition: from `count` characters down to `min`, the first length behind which the next
// literal stands. -1 when there is none.
static Py_ssize_t
NAME(give_back)(const MatchState *state, const uint32_t *tail, Py_ssize_t ptr, Py_ssize_t count,
                Py_ssize_t min)
{
    if (tail[0] == SRE_LITERAL) {
        const CHAR *text = (const CHAR *)state->data + ptr;
        while (count >= min && (ptr + count >= state->end || text[count] != tail[1])) {
            count--;
        }
    }
    return count >= min ? count : -1;
}

// Matches `code` at state->start: 1 with state->ptr and marks set, 0, or -1 with an exception.
int
NAME(sre_match)(MatchState *state, const uint32_t *code)
{
    const uint32_t *pc = code;
    Py_ssize_t ptr = state->start;
    int32_t repeat = NO_INDEX;
    int32_t barrier = NO_INDEX;
    state->choice_count = state->trail_count = state->repeat_count = 0;
    state->lastindex = -1;

    for (;;) {
        switch (pc[0]) {
            case SRE_FAILURE:
                goto fail;

            case SRE_SUCCESS: {
                if (barrier == NO_INDEX) {
                    if ((state->match_all && ptr != state->end)
                        || (state->must_advance == ptr && ptr == state->start)) {
                        goto fail;
                    }
                    state->ptr = ptr;
                    return 1;
                }
                // The end of a sub-match: its choice points are forgotten, its marks stay.
                Choice done = state->choices[barrier];
                state->choice_count = (size_t)barrier;
                const uint32_t *op = done.pc;
                repeat = done.repeat;
                barrier = done.barrier;
                if (op[0] == SRE_ASSERT) {
                    ptr = done.ptr;
                    pc = op + 1 + op[1];
                }
                else if (op[0] == SRE_ASSERT_NOT) {
                    trail_undo(state, done.trail_count);
                    state->repeat_count = done.repeat_count;
                    state->lastindex = done.lastindex;
                    goto fail;
                }
                else if (op[0] == SRE_ATOMIC_GROUP) {
                    pc = op + 1 + op[1];
                }
                else {
                    // A round of a possessive loop is complete.
                    Py_ssize_t rounds = done.count + 1;
                    bool empty = ptr == done.ptr;
                    if ((op[3] != SRE_MAXREPEAT && rounds >= (Py_ssize_t)op[3])
                        || (empty && rounds >= (Py_ssize_t)op[2])) {
                        pc = op + 1 + op[1] + 1;
                        break;
                    }
                    Choice *next = NAME(push)(state, CHOICE_BARRIER, op, ptr, repeat, barrier);
                    if (next == NULL) {
                        return -1;
                    }
                    next->count = rounds;
                    barrier = (int32_t)(state->choice_count - 1);
                    pc = op + 4;
                }
                break;
            }

            case SRE_LITERAL:
                if (ptr >= state->end || NAME(at)(state, ptr) != pc[1]) {
                    goto fail;
                }
                ptr++;
                pc += 2;
                break;

            case SRE_ANY_ALL:
            case SRE_ANY:
                if (ptr >= state->end || !NAME(single)(pc, NAME(at)(state, ptr))) {
                    goto fail;
                }
                ptr++;
                pc += 1;
                break;

            case SRE_NOT_LITERAL:
            case SRE_CATEGORY:
            case SRE_LITERAL_IGNORE:
            case SRE_NOT_LITERAL_IGNORE:
            case SRE_LITERAL_UNI_IGNORE:
            case SRE_NOT_LITERAL_UNI_IGNORE:
            case SRE_LITERAL_LOC_IGNORE:
            case SRE_NOT_LITERAL_LOC_IGNORE:
                if (ptr >= state->end || !NAME(single)(pc, NAME(at)(state, ptr))) {
                    goto fail;
                }
                ptr++;
                pc += 2;
                break;

            case SRE_IN:
            case SRE_IN_IGNORE:
            case SRE_IN_UNI_IGNORE:
            case SRE_IN_LOC_IGNORE:
                if (ptr >= state->end || !NAME(single)(pc, NAME(at)(state, ptr))) {
                    goto fail;
                }
                ptr++;
                pc += 1 + pc[1];
                break;

            case SRE_AT:
                if (!NAME(position)(state, ptr, pc[1])) {
                    goto fail;
                }
                pc += 2;
                break;

            case SRE_MARK: {
                uint32_t index = pc[1];
                if (trail_push(state, (TrailEntry){TRAIL_MARK, (int32_t)index, state->mark[index],
                                                   0}) < 0) {
                    return -1;
                }
                state->mark[index] = ptr;
                if (index & 1) {
                    state->lastindex = index / 2 + 1;
                }
                pc += 2;
                break;
            }

            case SRE_JUMP:
                pc += 1 + pc[1];
                break;

            case SRE_INFO:
                if (pc[3] != 0 && state->end - ptr < (Py_ssize_t)pc[3]) {
                    goto fail;
                }
                pc += 1 + pc[1];
                break;

            case SRE_BRANCH:
                pc++;
branch:
                // pc stands on the length of an alternative; 0 ends the list.
                for (; pc[0] != 0; pc += pc[0]) {
                    const uint32_t *first = pc + 1;
                    if ((first[0] == SRE_LITERAL
                         && (ptr >= state->end || NAME(at)(state, ptr) != first[1]))
                        || (first[0] == SRE_IN
                            && (ptr >= state->end
                                || !sre_charset_contains(first + 2, NAME(at)(state, ptr))))) {
                        continue;
                    }
                    break;
                }
                if (pc[0] == 0) {
                    goto fail;
                }
                if (pc[pc[0]] != 0
                    && NAME(push)(state, CHOICE_BRANCH, pc + pc[0], ptr, repeat, barrier) == NULL) {
                    return -1;
                }
                pc++;
                break;

            case SRE_REPEAT_ONE: {
                // op skip min max item SUCCESS tail
                const uint32_t *tail = pc + 1 + pc[1];
                Py_ssize_t min = (Py_ssize_t)pc[2];
                Py_ssize_t count = NAME(count)(state, pc + 4, ptr, pc[3]);
                if (count < min) {
                    goto fail;
                }
                if (tail[0] == SRE_SUCCESS && barrier == NO_INDEX && !state->match_all
                    && state->must_advance != ptr + count) {
                    state->ptr = ptr + count;
                    return 1;
                }
                count = NAME(give_back)(state, tail, ptr, count, min);
                if (count < 0) {
                    goto fail;
                }
                if (count > min) {
                    Choice *choice = NAME(push)(state, CHOICE_REPEAT_ONE, pc, ptr, repeat, barrier);
                    if (choice == NULL) {
                        return -1;
                    }
                    choice->count = count - 1;
                }
                ptr += count;
                pc = tail;
                break;
            }

            case SRE_MIN_REPEAT_ONE: {
                const uint32_t *tail = pc + 1 + pc[1];
                Py_ssize_t min = (Py_ssize_t)pc[2];
                if (state->end - ptr < min
                    || (min > 0 && NAME(count)(state, pc + 4, ptr, pc[2]) < min)) {
                    goto fail;
                }
                ptr += min;
                if (pc[2] != pc[3]) {
                    Choice *choice = NAME(push)(state, CHOICE_MIN_REPEAT_ONE, pc, ptr, repeat,
                                                barrier);
                    if (choice == NULL) {
                        return -1;
                    }
                    choice->count = min;
                }
                pc = tail;
                break;
            }

            case SRE_POSSESSIVE_REPEAT_ONE: {
                Py_ssize_t count = NAME(count)(state, pc + 4, ptr, pc[3]);
                if (count < (Py_ssize_t)pc[2]) {
                    goto fail;
                }
                ptr += count;
                pc += 1 + pc[1];
                break;
            }

            case SRE_REPEAT:
                // op skip min max body UNTIL tail
                if (repeat_push(state, pc + 1, repeat) < 0) {
                    return -1;
                }
                repeat = (int32_t)(state->repeat_count - 1);
                pc += 1 + pc[1];
                break;

            case SRE_MAX_UNTIL: {
                if (repeat == NO_INDEX) {
                    goto broken;
                }
                RepeatContext *context = &state->repeats[repeat];
                const uint32_t *pattern = context->pattern;
                Py_ssize_t count = context->count + 1;
                if (count < (Py_ssize_t)pattern[1]) {
                    if (trail_repeat(state, repeat) < 0) {
                        return -1;
                    }
                    context->count = count;
                    pc = pattern + 3;
                    break;
                }
                bool more = (pattern[2] == SRE_MAXREPEAT || count < (Py_ssize_t)pattern[2])
                            && ptr != context->last_ptr;
                if (!more) {
                    repeat = context->previous;
                    pc++;
                    break;
                }
                if (NAME(push)(state, CHOICE_RESUME, pc + 1, ptr, context->previous, barrier) == NULL
                    || trail_repeat(state, repeat) < 0) {
                    return -1;
                }
                context = &state->repeats[repeat];
                context->count = count;
                context->last_ptr = ptr;
                pc = pattern + 3;
                break;
            }

            case SRE_MIN_UNTIL: {
                if (repeat == NO_INDEX) {
                    goto broken;
                }
                RepeatContext *context = &state->repeats[repeat];
                const uint32_t *pattern = context->pattern;
                Py_ssize_t count = context->count + 1;
                if (count < (Py_ssize_t)pattern[1]) {
                    if (trail_repeat(state, repeat) < 0) {
                        return -1;
                    }
                    context->count = count;
                    pc = pattern + 3;
                    break;
                }
                if ((pattern[2] == SRE_MAXREPEAT || count < (Py_ssize_t)pattern[2])
                    && ptr != context->last_ptr
                    && NAME(push)(state, CHOICE_MIN_BODY, pc, ptr, repeat, barrier) == NULL) {
                    return -1;
                }
                repeat = context->previous;
                pc++;
                break;
            }

            case SRE_GROUPREF:
            case SRE_GROUPREF_IGNORE:
            case SRE_GROUPREF_UNI_IGNORE:
            case SRE_GROUPREF_LOC_IGNORE: {
                Py_ssize_t length = NAME(group_reference)(state, pc[0], pc[1], ptr);
                if (length < 0) {
                    goto fail;
                }
                ptr += length;
                pc += 2;
                break;
            }

            case SRE_GROUPREF_EXISTS: {
                // op group skip yes [JUMP no]
                Py_ssize_t from = state->mark[pc[1] * 2];
                Py_ssize_t to = state->mark[pc[1] * 2 + 1];
                pc += from >= 0 && to >= from ? 3 : 1 + pc[2];
                break;
            }

            case SRE_ASSERT:
            case SRE_ASSERT_NOT: {
                // op skip back body SUCCESS
                Py_ssize_t back = (Py_ssize_t)pc[2];
                if (ptr - state->beginning < back) {
                    if (pc[0] == SRE_ASSERT) {
                        goto fail;
                    }
                    pc += 1 + pc[1];
                    break;
                }
                if (NAME(push)(state, CHOICE_BARRIER, pc, ptr, repeat, barrier) == NULL) {
                    return -1;
                }
                barrier = (int32_t)(state->choice_count - 1);
                repeat = NO_INDEX;
                ptr -= back;
                pc += 3;
                break;
            }

            case SRE_ATOMIC_GROUP:
                if (NAME(push)(state, CHOICE_BARRIER, pc, ptr, repeat, barrier) == NULL) {
                    return -1;
                }
                barrier = (int32_t)(state->choice_count - 1);
                repeat = NO_INDEX;
                pc += 2;
                break;

            case SRE_POSSESSIVE_REPEAT: {
                if (pc[3] == 0) {
                    pc += 1 + pc[1] + 1;
                    break;
                }
                Choice *choice = NAME(push)(state, CHOICE_BARRIER, pc, ptr, repeat, barrier);
                if (choice == NULL) {
                    return -1;
                }
                choice->count = 0;
                barrier = (int32_t)(state->choice_count - 1);
                pc += 4;
                break;
            }

            default:
                goto broken;
        }
        continue;

fail:
        if (state->choice_count == 0) {
            trail_undo(state, 0);       // a lookahead that matched has left marks
            return 0;
        }
        if ((++state->steps & 0xffff) == 0 && sre_safepoint(state) < 0) {
            return -1;
        }
        Choice *choice = &state->choices[state->choice_count - 1];
        trail_undo(state, choice->trail_count);
        state->repeat_count = choice->repeat_count;
        state->lastindex = choice->lastindex;
        repeat = choice->repeat;
        barrier = choice->barrier;
        ptr = choice->ptr;
        pc = choice->pc;
        switch (choice->kind) {
            case CHOICE_RESUME:
                state->choice_count--;
                break;

            case CHOICE_BRANCH:
                state->choice_count--;
                goto branch;

            case CHOICE_REPEAT_ONE: {
                const uint32_t *tail = pc + 1 + pc[1];
                Py_ssize_t min = (Py_ssize_t)pc[2];
                Py_ssize_t count = NAME(give_back)(state, tail, ptr, choice->count, min);
                if (count <= min) {
                    state->choice_count--;
                    if (count < 0) {
                        goto fail;
                    }
                }
                else {
                    choice->count = count - 1;
                }
                ptr += count;
                pc = tail;
                break;
            }

            case CHOICE_MIN_REPEAT_ONE: {
                if (ptr >= state->end
                    || (pc[3] != SRE_MAXREPEAT && choice->count >= (Py_ssize_t)pc[3])
                    || !NAME(single)(pc + 4, NAME(at)(state, ptr))) {
                    state->choice_count--;
                    goto fail;
                }
                choice->count++;
                choice->ptr = ++ptr;
                pc += 1 + pc[1];
                break;
            }

            case CHOICE_MIN_BODY: {
                state->choice_count--;
                if (trail_repeat(state, repeat) < 0) {
                    return -1;
                }
                RepeatContext *context = &state->repeats[repeat];
                context->count++;
                context->last_ptr = ptr;
                pc = context->pattern + 3;
                break;
            }

            case CHOICE_BARRIER: {
                Py_ssize_t rounds = choice->count;
                state->choice_count--;
                if (pc[0] == SRE_ASSERT_NOT) {
                    pc += 1 + pc[1];
                }
                else if (pc[0] == SRE_POSSESSIVE_REPEAT && rounds >= (Py_ssize_t)pc[2]) {
                    pc += 1 + pc[1] + 1;
                }
                else {
                    goto fail;
                }
                break;
            }
        }
    }

broken:
    error_set(PyExc_RuntimeError, "internal error in regular expression engine");
    return -1;
}

// ---- search ----

// Tries every place from `first` to `last` where `ch` stands.
static int
NAME(search_char)(MatchState *state, const uint32_t *code, Py_UCS4 ch, Py_ssize_t last)
{
    const CHAR *data = state->data;
    for (Py_ssize_t i = state->start; i <= last; i++) {
        if (sizeof(CHAR) == 1) {
            const void *found = memchr(data + i, (int)ch, (size_t)(last - i + 1));
            if (found == NULL) {
                return 0;
            }
            i = (const CHAR *)found - data;
        }
        else if (data[i] != ch) {
            continue;
        }
        state->start = i;
        int status = NAME(sre_match)(state, code);
        if (status != 0) {
            return status;
        }
        state->must_advance = -1;
    }
    return 0;
}

// A literal prefix of several characters is found with its overlap table, in linear time.
static int
NAME(search_prefix)(MatchState *state, const uint32_t *code, const uint32_t *prefix,
                    Py_ssize_t length, const uint32_t *overlap)
{
    const CHAR *data = state->data;
    Py_ssize_t matched = 0;
    for (Py_ssize_t i = state->start; i < state->end; i++) {
        while (matched > 0 && data[i] != prefix[matched]) {
            matched = (Py_ssize_t)overlap[matched - 1];
        }
        if (data[i] != prefix[matched]) {
            continue;
        }
        if (++matched < length) {
            continue;
        }
        state->start = i + 1 - length;
        int status = NAME(sre_match)(state, code);
        if (status != 0) {
            return status;
        }
        state->must_advance = -1;
        matched = (Py_ssize_t)overlap[length - 1];
    }
    return 0;
}

int
NAME(sre_search)(MatchState *state, const uint32_t *code)
{
    const uint32_t *charset = NULL;
    Py_ssize_t last = state->end;
    const uint32_t *body = code;
    if (code[0] == SRE_INFO) {
        Py_ssize_t min = (Py_ssize_t)code[3];
        if (state->end - state->start < min) {
            return 0;
        }
        last = state->end - min;
        body = code + 1 + code[1];
        if ((code[2] & SRE_INFO_PREFIX) && !state->match_all) {
            Py_ssize_t length = (Py_ssize_t)code[5];
            const uint32_t *prefix = code + 7;
            if (length == 1) {
                return prefix[0] > (CHAR)-1
                           ? 0 : NAME(search_char)(state, body, prefix[0], last);
            }
            return NAME(search_prefix)(state, body, prefix, length, prefix + length);
        }
        if (code[2] & SRE_INFO_CHARSET) {
            charset = code + 5;
        }
    }
    for (Py_ssize_t i = state->start; i <= last; i++) {
        if (charset != NULL) {
            const CHAR *data = state->data;
            while (i < state->end && !sre_charset_contains(charset, data[i])) {
                i++;
            }
            if (i >= state->end) {
                return 0;
            }
        }
        state->start = i;
        int status = NAME(sre_match)(state, body);
        if (status != 0) {
            return status;
        }
        state->must_advance = -1;
        if ((++state->steps & 0xffff) == 0 && sre_safepoint(state) < 0) {
            return -1;
        }
    }
    return 0;
}
