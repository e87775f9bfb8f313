// Stacks of the matcher, shared by its three instances; see sre_internal.h.
#ifndef TYPHON_MODULES_SRE_ENGINE_H
#define TYPHON_MODULES_SRE_ENGINE_H

#include "memory/alloc.h"
#include "modules/sre_internal.h"
#include "objects/error.h"

#define NO_INDEX ((int32_t)-1)

// What to do when matching fails later.
typedef enum {
    CHOICE_RESUME,          // go on at pc, ptr
    CHOICE_BRANCH,          // try the alternative at pc
    CHOICE_REPEAT_ONE,      // greedy single characters: give one back
    CHOICE_MIN_REPEAT_ONE,  // lazy single characters: take one more
    CHOICE_MIN_BODY,        // lazy group: one more round
    CHOICE_BARRIER,         // a sub-match (assertion, atomic group, possessive round) failed
} ChoiceKind;

typedef struct Choice {
    ChoiceKind kind;
    const uint32_t *pc;
    Py_ssize_t ptr;
    Py_ssize_t count;           // REPEAT_ONE: characters; POSSESSIVE: rounds done
    int32_t repeat;             // innermost repeat context
    int32_t barrier;            // innermost barrier below this choice
    size_t trail_count;
    size_t repeat_count;
    Py_ssize_t lastindex;
} Choice;

// One round-trip of a loop over a group.
typedef struct RepeatContext {
    const uint32_t *pattern;    // behind the REPEAT operation: skip, min, max, body
    Py_ssize_t count;           // rounds done, -1 before the first decision
    Py_ssize_t last_ptr;        // where the last round began, -1
    int32_t previous;           // enclosing context
} RepeatContext;

typedef enum { TRAIL_MARK, TRAIL_REPEAT } TrailKind;

// An old value, put back when a choice point is taken up.
typedef struct TrailEntry {
    TrailKind kind;
    int32_t index;
    Py_ssize_t first;           // mark, or count of the context
    Py_ssize_t second;          // last_ptr of the context
} TrailEntry;

// Grows a stack so that one more entry fits. 0, or -1 with MemoryError.
static inline int
stack_grow(void **items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return 0;
    }
    size_t wanted = *capacity * 2 + 32;
    void *grown = mem_realloc_array(*items, wanted, size);
    if (grown == NULL) {
        error_no_memory();
        return -1;
    }
    *items = grown;
    *capacity = wanted;
    return 0;
}

static inline Choice *
choice_push(MatchState *state)
{
    if (stack_grow((void **)&state->choices, state->choice_count, &state->choice_capacity,
                   sizeof(Choice)) < 0) {
        return NULL;
    }
    return &state->choices[state->choice_count++];
}

static inline int
trail_push(MatchState *state, TrailEntry entry)
{
    if (stack_grow((void **)&state->trail, state->trail_count, &state->trail_capacity,
                   sizeof(TrailEntry)) < 0) {
        return -1;
    }
    state->trail[state->trail_count++] = entry;
    return 0;
}

static inline int
trail_repeat(MatchState *state, int32_t index)
{
    RepeatContext *context = &state->repeats[index];
    return trail_push(state, (TrailEntry){TRAIL_REPEAT, index, context->count, context->last_ptr});
}

static inline void
trail_undo(MatchState *state, size_t count)
{
    while (state->trail_count > count) {
        TrailEntry *entry = &state->trail[--state->trail_count];
        if (entry->kind == TRAIL_MARK) {
            state->mark[entry->index] = entry->first;
        }
        else {
            state->repeats[entry->index].count = entry->first;
            state->repeats[entry->index].last_ptr = entry->second;
        }
    }
}

static inline int
repeat_push(MatchState *state, const uint32_t *pattern, int32_t previous)
{
    if (stack_grow((void **)&state->repeats, state->repeat_count, &state->repeat_capacity,
                   sizeof(RepeatContext)) < 0) {
        return -1;
    }
    state->repeats[state->repeat_count++] = (RepeatContext){pattern, -1, -1, previous};
    return 0;
}

// Now and then: lets signals and the collector in. 0 or -1.
int sre_safepoint(MatchState *state);

int sre_match_ucs1(MatchState *state, const uint32_t *code);
int sre_match_ucs2(MatchState *state, const uint32_t *code);
int sre_match_ucs4(MatchState *state, const uint32_t *code);
int sre_search_ucs1(MatchState *state, const uint32_t *code);
int sre_search_ucs2(MatchState *state, const uint32_t *code);
int sre_search_ucs4(MatchState *state, const uint32_t *code);

#endif
