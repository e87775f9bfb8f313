// PyMutex: a lock of one byte. 0 free, 1 held, bit 1 set: threads are parked. The encoding is
// part of the ABI (wheels take the uncontended path inline).
//
// Waiting threads sleep in the parking lot. A waiter that has slept for a millisecond gets the
// lock handed over, so that nobody starves; below that a running thread may barge in.
//
// While the calling thread waits it is detached, which suspends its critical sections; attached
// again on return. While a raw mutex is held: no decref, no allocation that can collect, no call
// that can reach Python code.
//
// Lock order: stated where each mutex is declared.
#ifndef TYPHON_THREAD_MUTEX_H
#define TYPHON_THREAD_MUTEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/object.h"
#include "base/atomic.h"

#define MUTEX_LOCKED 1
#define MUTEX_PARKED 2
#define MUTEX_INIT {0}

typedef enum { LOCK_FAILURE = 0, LOCK_ACQUIRED = 1, LOCK_INTERRUPTED = 2 } LockStatus;

// Flags of mutex_lock_timed.
enum {
    LOCK_DETACH = 1,         // detach the thread while it waits (if it is attached)
    LOCK_SIGNALS = 2,        // return LOCK_INTERRUPTED when a signal arrived
};

// Out-of-line halves.
void mutex_lock_slow(PyMutex *m);
void mutex_unlock_slow(PyMutex *m);

// Waits at most timeout_ns (negative: for ever, 0: not at all).
LockStatus mutex_lock_timed(PyMutex *m, int64_t timeout_ns, int flags);

static inline bool
mutex_try_lock(PyMutex *m)
{
    uint8_t expected = 0;
    return atomic_cas_u8(&m->_bits, &expected, MUTEX_LOCKED);
}

static inline void
mutex_lock(PyMutex *m)
{
    if (!mutex_try_lock(m)) {
        mutex_lock_slow(m);
    }
}

// Waits without detaching the thread and so without suspending its critical sections: for locks
// that are held for a few instructions and never across anything that blocks.
void mutex_lock_brief(PyMutex *m);

// The caller holds m. A mutex may be unlocked by another thread than the one that locked it.
static inline void
mutex_unlock(PyMutex *m)
{
    uint8_t expected = MUTEX_LOCKED;
    if (!atomic_cas_u8(&m->_bits, &expected, 0)) {
        mutex_unlock_slow(m);
    }
}

// Unlocks m if it is locked: false when it was not (an error of the program, not of ours).
bool mutex_try_unlock(PyMutex *m);

static inline bool
mutex_is_locked(PyMutex *m)
{
    return (atomic_load_acquire_u8(&m->_bits) & MUTEX_LOCKED) != 0;
}

// Forgets owners and waiters that do not exist any more: in the child after fork.
static inline void
mutex_reset_after_fork(PyMutex *m)
{
    atomic_store_relaxed_u8(&m->_bits, 0);
}

// A mutex that its owner may lock again.
typedef struct RecursiveMutex {
    PyMutex mutex;
    uint64_t owner;     // atomic: ident of the owning thread, 0 when free; written by the owner
    size_t level;       // owner thread: further acquisitions
} RecursiveMutex;

bool recursive_mutex_is_owned(RecursiveMutex *m);
LockStatus recursive_mutex_lock_timed(RecursiveMutex *m, int64_t timeout_ns, int flags);
void recursive_mutex_lock(RecursiveMutex *m);
// False when the caller does not own it.
bool recursive_mutex_try_unlock(RecursiveMutex *m);

#endif
