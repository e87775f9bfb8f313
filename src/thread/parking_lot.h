// The parking lot: queues of sleeping threads, keyed by the address they wait for, so that a lock
// needs only a byte (after "Locking in WebKit", 2016).
//
// Threading: any thread, attached or not.
#ifndef TYPHON_THREAD_PARKING_LOT_H
#define TYPHON_THREAD_PARKING_LOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { PARK_WOKEN, PARK_AGAIN, PARK_TIMEOUT, PARK_INTERRUPTED } ParkResult;

// Sleeps on address if its `size` bytes (1, 4 or 8) still equal *expected, else PARK_AGAIN.
// arg is what the waker's callback receives. timeout_ns < 0: for ever. With detach an attached
// thread is detached while it sleeps.
ParkResult parking_lot_park(const void *address, const void *expected, size_t size,
                            int64_t timeout_ns, void *arg, bool detach);

// Wakes one thread. Before it runs, and with the queue locked, callback(context, arg of the
// waiter or NULL when there is none, whether more wait) lets the caller change the word.
void parking_lot_unpark(const void *address,
                        void (*callback)(void *context, void *arg, bool more), void *context);

// Wakes all threads that sleep on address.
void parking_lot_unpark_all(const void *address);

// In the child after fork: nobody sleeps.
void parking_lot_after_fork(void);

#endif
