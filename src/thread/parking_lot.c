// Queues of sleeping threads; see parking_lot.h.
//
// Owns a fixed table of buckets, each a list of waiters under a small futex lock. A waiter lives
// on the C stack of the thread that sleeps; whoever takes it off the list (the waker, or the
// sleeper itself after a timeout) does so under the bucket's lock, and a waker sets `woken` last:
// after that it does not touch the waiter.
//
// Lock order: bucket locks are innermost; at most one is held.
#include "thread/parking_lot.h"

#include <string.h>

#include "base/atomic.h"
#include "platform/futex.h"
#include "platform/time.h"
#include "thread/thread.h"

typedef struct Waiter {
    struct Waiter *next;        // lock: bucket
    struct Waiter *prev;        // lock: bucket
    const void *address;        // immutable
    void *arg;                  // immutable
    bool queued;                // lock: bucket
    uint32_t woken;             // atomic: release by the waker, acquire by the sleeper; futex word
} Waiter;

typedef struct Bucket {
    uint32_t lock;              // atomic: 0 free, 1 held, 2 held and waited for
    Waiter *first;              // lock: lock
    Waiter *last;               // lock: lock
    char padding[40];           // a cache line each
} Bucket;

#define BUCKET_COUNT 256        // power of two
static Bucket buckets[BUCKET_COUNT];

static Bucket *
bucket_of(const void *address)
{
    uint64_t word = (uint64_t)(uintptr_t)address * 0x9e3779b97f4a7c15u;
    return &buckets[word >> 56 & (BUCKET_COUNT - 1)];
}

static void
bucket_lock(Bucket *b)
{
    uint32_t expected = 0;
    if (atomic_cas_u32(&b->lock, &expected, 1)) {
        return;
    }
    while (atomic_exchange_u32(&b->lock, 2) != 0) {
        os_futex_wait(&b->lock, 2, -1);
    }
}

static void
bucket_unlock(Bucket *b)
{
    if (atomic_exchange_u32(&b->lock, 0) == 2) {
        os_futex_wake(&b->lock, 1);
    }
}

static void
bucket_append(Bucket *b, Waiter *w)
{
    w->next = NULL;
    w->prev = b->last;
    if (b->last != NULL) {
        b->last->next = w;
    }
    else {
        b->first = w;
    }
    b->last = w;
    w->queued = true;
}

static void
bucket_remove(Bucket *b, Waiter *w)
{
    if (w->prev != NULL) {
        w->prev->next = w->next;
    }
    else {
        b->first = w->next;
    }
    if (w->next != NULL) {
        w->next->prev = w->prev;
    }
    else {
        b->last = w->prev;
    }
    w->queued = false;
}

static Waiter *
bucket_find(Waiter *from, const void *address)
{
    while (from != NULL && from->address != address) {
        from = from->next;
    }
    return from;
}

static bool
word_equals(const void *address, const void *expected, size_t size)
{
    switch (size) {
    case 1:
        return atomic_load_u8(address) == *(const uint8_t *)expected;
    case 4:
        return atomic_load_u32(address) == *(const uint32_t *)expected;
    default:
        return atomic_load_u64(address) == *(const uint64_t *)expected;
    }
}

// Sleeps until woken, the deadline, or a signal; takes the waiter off the queue if nobody has.
static ParkResult
waiter_sleep(Bucket *b, Waiter *w, int64_t deadline)
{
    ParkResult result = PARK_WOKEN;
    while (atomic_load_acquire_u32(&w->woken) == 0) {
        int64_t left = -1;
        if (deadline >= 0) {
            left = deadline - os_time_monotonic();
            if (left <= 0) {
                result = PARK_TIMEOUT;
                break;
            }
        }
        if (os_futex_wait(&w->woken, 0, left) == OS_WAIT_INTERRUPTED) {
            result = PARK_INTERRUPTED;
            break;
        }
    }
    if (result == PARK_WOKEN) {
        return result;
    }
    bucket_lock(b);
    bool queued = w->queued;
    if (queued) {
        bucket_remove(b, w);
    }
    bucket_unlock(b);
    if (queued) {
        return result;
    }
    // A waker has chosen this thread: wait for its last word.
    while (atomic_load_acquire_u32(&w->woken) == 0) {
        os_futex_wait(&w->woken, 0, -1);
    }
    return PARK_WOKEN;
}

ParkResult
parking_lot_park(const void *address, const void *expected, size_t size, int64_t timeout_ns,
                 void *arg, bool detach)
{
    int64_t deadline = -1;
    if (timeout_ns >= 0) {
        int64_t now = os_time_monotonic();
        deadline = timeout_ns > INT64_MAX - now ? INT64_MAX : now + timeout_ns;
    }
    Waiter w;
    memset(&w, 0, sizeof w);
    w.address = address;
    w.arg = arg;
    Bucket *b = bucket_of(address);
    bucket_lock(b);
    if (!word_equals(address, expected, size)) {
        bucket_unlock(b);
        return PARK_AGAIN;
    }
    bucket_append(b, &w);
    bucket_unlock(b);

    Thread *ts = detach ? thread_current() : NULL;
    if (ts != NULL && atomic_load_relaxed_int(&ts->state) != THREAD_ATTACHED) {
        ts = NULL;
    }
    if (ts != NULL) {
        thread_detach(ts);
    }
    ParkResult result = waiter_sleep(b, &w, deadline);
    if (ts != NULL) {
        thread_attach(ts);
    }
    return result;
}

void
parking_lot_unpark(const void *address, void (*callback)(void *context, void *arg, bool more),
                   void *context)
{
    Bucket *b = bucket_of(address);
    bucket_lock(b);
    Waiter *w = bucket_find(b->first, address);
    if (w == NULL) {
        callback(context, NULL, false);
        bucket_unlock(b);
        return;
    }
    bool more = bucket_find(w->next, address) != NULL;
    bucket_remove(b, w);
    callback(context, w->arg, more);
    bucket_unlock(b);
    // The sleeper may return, and its stack be reused, as soon as it sees the store: a wake-up
    // of an address that is no futex any more is harmless.
    atomic_store_release_u32(&w->woken, 1);
    os_futex_wake(&w->woken, 1);
}

void
parking_lot_unpark_all(const void *address)
{
    Bucket *b = bucket_of(address);
    Waiter *chosen = NULL;
    bucket_lock(b);
    Waiter *w = bucket_find(b->first, address);
    while (w != NULL) {
        Waiter *after = bucket_find(w->next, address);
        bucket_remove(b, w);
        w->next = chosen;
        chosen = w;
        w = after;
    }
    bucket_unlock(b);
    while (chosen != NULL) {
        Waiter *after = chosen->next;
        atomic_store_release_u32(&chosen->woken, 1);
        os_futex_wake(&chosen->woken, 1);
        chosen = after;
    }
}

void
parking_lot_after_fork(void)
{
    memset(buckets, 0, sizeof buckets);
}
