// Chooses the matcher for the width of the subject; see sre_internal.h.
#include "modules/sre_engine.h"
#include "modules/sre_internal.h"
#include "thread/runtime.h"

int
sre_safepoint(MatchState *state)
{
    Thread *ts = thread_current();
    return atomic_load_relaxed_uptr(&ts->abi.eval_breaker) != 0 ? thread_handle_breaks(ts) : 0;
}

int
sre_match_here(MatchState *state, const Pattern *pattern)
{
    switch (state->kind) {
        case 1: return sre_match_ucs1(state, pattern->code);
        case 2: return sre_match_ucs2(state, pattern->code);
        default: return sre_match_ucs4(state, pattern->code);
    }
}

int
sre_search(MatchState *state, const Pattern *pattern)
{
    if (state->start > state->end) {
        return 0;
    }
    switch (state->kind) {
        case 1: return sre_search_ucs1(state, pattern->code);
        case 2: return sre_search_ucs2(state, pattern->code);
        default: return sre_search_ucs4(state, pattern->code);
    }
}
