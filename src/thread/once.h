// One-time initialisation and one-shot events.
//
// Threading: any thread; waiting detaches it.
#ifndef TYPHON_THREAD_ONCE_H
#define TYPHON_THREAD_ONCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"

// Zero-initialised.
typedef struct Once {
    uint8_t state;      // atomic: 0 new, 1 running, 2 done, bit 2: somebody waits
} Once;

int once_run_slow(Once *once, int (*function)(void *arg), void *arg);

// Runs function(arg) unless it has succeeded before: its result, 0 or -1. Others that come
// meanwhile wait for the outcome; after a failure the next one tries again.
static inline int
once_run(Once *once, int (*function)(void *arg), void *arg)
{
    return atomic_load_acquire_u8(&once->state) == 2 ? 0 : once_run_slow(once, function, arg);
}

// Set once, waited for by any number of threads. Zero-initialised.
typedef struct Event {
    uint8_t state;      // atomic: 0 not set, 1 set, 2 not set and waited for
} Event;

void event_set(Event *event);

static inline bool
event_is_set(Event *event)
{
    return atomic_load_acquire_u8(&event->state) == 1;
}

// Waits at most timeout_ns (negative: for ever): whether the event is set. Signals do not end the
// wait unless `interrupted` is given, which then tells so.
bool event_wait(Event *event, int64_t timeout_ns, bool *interrupted);

#endif
