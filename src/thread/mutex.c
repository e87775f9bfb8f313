// Slow paths of the one-byte mutex and the recursive mutex; see mutex.h. No state of its own.
#include "thread/mutex.h"

#include <assert.h>

#include "base/atomic.h"
#include "platform/thread.h"
#include "platform/time.h"
#include "thread/parking_lot.h"
#include "thread/runtime.h"
#include "thread/thread.h"

// A waiter that has waited this long gets the lock from the thread that unlocks.
#define FAIR_AFTER_NS 1000000
#define SPIN_COUNT 20

typedef struct MutexWaiter {
    int64_t fair_at;
    bool handed_over;       // written by the waker before it wakes the waiter
} MutexWaiter;

static int64_t
time_left(int64_t deadline)
{
    if (deadline < 0) {
        return -1;
    }
    int64_t left = deadline - os_time_monotonic();
    return left > 0 ? left : 0;
}

// This thread was woken, perhaps with the lock, and cannot make use of it now: the next one shall.
static void
mutex_pass_on(PyMutex *m, bool locked)
{
    uint8_t bits = atomic_load_relaxed_u8(&m->_bits);
    while (!locked) {
        if (bits != MUTEX_PARKED) {
            return;     // nobody waits, or whoever holds it will wake the next
        }
        locked = atomic_cas_u8(&m->_bits, &bits, bits | MUTEX_LOCKED);
    }
    mutex_unlock(m);
}

// Sleeps until somebody unlocks m. *acquired: m was handed over. A thread that cannot attach at
// once gives a lock that was handed to it away first: whoever has stopped the world may need it.
static ParkResult
mutex_park(PyMutex *m, MutexWaiter *waiter, int64_t deadline, int flags, bool *acquired)
{
    Thread *ts = (flags & LOCK_DETACH) != 0 ? thread_current() : NULL;
    if (ts != NULL && atomic_load_relaxed_int(&ts->state) != THREAD_ATTACHED) {
        ts = NULL;
    }
    waiter->handed_over = false;
    if (ts != NULL) {
        thread_detach(ts);
    }
    uint8_t parked = MUTEX_LOCKED | MUTEX_PARKED;
    ParkResult result =
        parking_lot_park(&m->_bits, &parked, 1, time_left(deadline), waiter, false);
    *acquired = result == PARK_WOKEN && waiter->handed_over;
    if (ts != NULL && !thread_try_attach(ts)) {
        if (result == PARK_WOKEN) {
            mutex_pass_on(m, *acquired);
            *acquired = false;
        }
        thread_attach(ts);
    }
    return result;
}

LockStatus
mutex_lock_timed(PyMutex *m, int64_t timeout_ns, int flags)
{
    if (mutex_try_lock(m)) {
        return LOCK_ACQUIRED;
    }
    if (timeout_ns == 0) {
        return LOCK_FAILURE;
    }
    int64_t now = os_time_monotonic();
    int64_t deadline = timeout_ns < 0 ? -1
                       : timeout_ns > INT64_MAX - now ? INT64_MAX : now + timeout_ns;
    MutexWaiter waiter = {.fair_at = now + FAIR_AFTER_NS};
    int spins = 0;
    for (;;) {
        uint8_t bits = atomic_load_relaxed_u8(&m->_bits);
        if ((bits & MUTEX_LOCKED) == 0) {
            if (atomic_cas_u8(&m->_bits, &bits, bits | MUTEX_LOCKED)) {
                return LOCK_ACQUIRED;
            }
            continue;
        }
        if ((bits & MUTEX_PARKED) == 0) {
            if (spins < SPIN_COUNT) {
                os_thread_yield();
                spins++;
                continue;
            }
            if (!atomic_cas_u8(&m->_bits, &bits, bits | MUTEX_PARKED)) {
                continue;
            }
        }
        bool acquired;
        ParkResult result = mutex_park(m, &waiter, deadline, flags, &acquired);
        if (acquired) {
            return LOCK_ACQUIRED;
        }
        if (result == PARK_INTERRUPTED && (flags & LOCK_SIGNALS) != 0) {
            return LOCK_INTERRUPTED;
        }
        if (result == PARK_TIMEOUT || (deadline >= 0 && time_left(deadline) == 0)) {
            return mutex_try_lock(m) ? LOCK_ACQUIRED : LOCK_FAILURE;
        }
    }
}

void
mutex_lock_slow(PyMutex *m)
{
    mutex_lock_timed(m, -1, LOCK_DETACH);
}

void
mutex_lock_brief(PyMutex *m)
{
    mutex_lock_timed(m, -1, 0);
}

// Runs with the queue of waiters locked: decides between handing over and freeing.
static void
mutex_release_to(void *context, void *arg, bool more)
{
    PyMutex *m = context;
    MutexWaiter *waiter = arg;
    uint8_t bits = 0;
    if (waiter != NULL) {
        waiter->handed_over = os_time_monotonic() >= waiter->fair_at;
        if (waiter->handed_over) {
            bits |= MUTEX_LOCKED;
        }
        if (more) {
            bits |= MUTEX_PARKED;
        }
    }
    atomic_store_release_u8(&m->_bits, bits);
}

bool
mutex_try_unlock(PyMutex *m)
{
    for (;;) {
        uint8_t bits = atomic_load_relaxed_u8(&m->_bits);
        if ((bits & MUTEX_LOCKED) == 0) {
            return false;
        }
        if ((bits & MUTEX_PARKED) != 0) {
            parking_lot_unpark(&m->_bits, mutex_release_to, m);
            return true;
        }
        if (atomic_cas_u8(&m->_bits, &bits, 0)) {
            return true;
        }
    }
}

void
mutex_unlock_slow(PyMutex *m)
{
    bool was_locked = mutex_try_unlock(m);
    (void)was_locked;
    assert(was_locked);
}

// ---- recursive mutex ----

bool
recursive_mutex_is_owned(RecursiveMutex *m)
{
    return atomic_load_relaxed_u64(&m->owner) == os_thread_ident();
}

LockStatus
recursive_mutex_lock_timed(RecursiveMutex *m, int64_t timeout_ns, int flags)
{
    if (recursive_mutex_is_owned(m)) {
        m->level++;
        return LOCK_ACQUIRED;
    }
    LockStatus status = mutex_lock_timed(&m->mutex, timeout_ns, flags);
    if (status == LOCK_ACQUIRED) {
        atomic_store_relaxed_u64(&m->owner, os_thread_ident());
        m->level = 0;
    }
    return status;
}

void
recursive_mutex_lock(RecursiveMutex *m)
{
    recursive_mutex_lock_timed(m, -1, LOCK_DETACH);
}

bool
recursive_mutex_try_unlock(RecursiveMutex *m)
{
    if (!recursive_mutex_is_owned(m)) {
        return false;
    }
    if (m->level > 0) {
        m->level--;
        return true;
    }
    atomic_store_relaxed_u64(&m->owner, 0);
    mutex_unlock(&m->mutex);
    return true;
}
