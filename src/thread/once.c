// One-time initialisation and events on the parking lot; see once.h. No state of its own.
#include "thread/once.h"

#include <stddef.h>

#include "platform/time.h"
#include "thread/parking_lot.h"

enum { ONCE_NEW = 0, ONCE_RUNNING = 1, ONCE_DONE = 2, ONCE_WAITED = 4 };

int
once_run_slow(Once *once, int (*function)(void *arg), void *arg)
{
    for (;;) {
        uint8_t state = atomic_load_acquire_u8(&once->state);
        if (state == ONCE_DONE) {
            return 0;
        }
        if (state == ONCE_NEW) {
            if (!atomic_cas_u8(&once->state, &state, ONCE_RUNNING)) {
                continue;
            }
            int result = function(arg);
            uint8_t next = result == 0 ? ONCE_DONE : ONCE_NEW;
            if ((atomic_exchange_u8(&once->state, next) & ONCE_WAITED) != 0) {
                parking_lot_unpark_all(&once->state);
            }
            return result;
        }
        if ((state & ONCE_WAITED) == 0 &&
            !atomic_cas_u8(&once->state, &state, (uint8_t)(state | ONCE_WAITED))) {
            continue;
        }
        uint8_t waited = ONCE_RUNNING | ONCE_WAITED;
        parking_lot_park(&once->state, &waited, 1, -1, NULL, true);
    }
}

void
event_set(Event *event)
{
    if (atomic_exchange_u8(&event->state, 1) == 2) {
        parking_lot_unpark_all(&event->state);
    }
}

bool
event_wait(Event *event, int64_t timeout_ns, bool *interrupted)
{
    int64_t deadline = -1;
    if (timeout_ns >= 0) {
        int64_t now = os_time_monotonic();
        deadline = timeout_ns > INT64_MAX - now ? INT64_MAX : now + timeout_ns;
    }
    for (;;) {
        uint8_t state = atomic_load_acquire_u8(&event->state);
        if (state == 1) {
            return true;
        }
        if (timeout_ns == 0) {
            return false;
        }
        if (state == 0 && !atomic_cas_u8(&event->state, &state, 2)) {
            continue;
        }
        int64_t left = -1;
        if (deadline >= 0) {
            left = deadline - os_time_monotonic();
            if (left <= 0) {
                return false;
            }
        }
        uint8_t waited = 2;
        ParkResult result = parking_lot_park(&event->state, &waited, 1, left, NULL, true);
        if (result == PARK_INTERRUPTED && interrupted != NULL) {
            *interrupted = true;
            return event_is_set(event);
        }
    }
}
