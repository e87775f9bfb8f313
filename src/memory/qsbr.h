// Quiescent-state based reclamation: memory that lock-free readers may still look at is freed
// after every attached thread has passed a point where it holds no such pointer.
//
// Quiescent points are safepoints of the eval loop and being detached. So a racing read (load a
// pointer, load from it, refcount_try_incref) must not contain a safepoint, a blocking call or a
// call that can run Python code.
//
// Threading: any attached thread.
#ifndef TYPHON_MEMORY_QSBR_H
#define TYPHON_MEMORY_QSBR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/object.h"
#include "thread/thread.h"

// Frees a block of mem_alloc once no reader can have it. Never fails. NULL does nothing.
// Already at once when this is the only thread.
void qsbr_free_delayed(void *block);

// The same with the block's size, which lets large blocks bring the next grace period forward.
void qsbr_free_delayed_sized(void *block, size_t size);

// Gives up a reference once no reader can have the pointer: for readers that borrow what they
// find (caches) instead of taking a reference.
void qsbr_decref_delayed(PyObject *op);

// Calls free_function(block) after a grace period.
void qsbr_call_delayed(void (*free_function)(void *), void *block);

// For users with queues of their own: a goal to poll for.
uint64_t qsbr_advance(void);        // a goal; what was unlinked before is unreachable when it is met
bool qsbr_poll(uint64_t goal);      // whether the goal has been met

// Asks all attached threads to pass a quiescent state soon.
void qsbr_hurry(void);

// This thread holds no pointer found without a lock. Frees what has become free.
void qsbr_quiescent(Thread *ts);

// The world is stopped: all threads have passed a quiescent state, so that what they have queued is
// due; qsbr_process then frees the caller's part and that of threads which have ended.
void qsbr_world_stopped(Thread *ts);
void qsbr_process(Thread *ts);

// Waits (detached) until everything that this thread has queued is freed; for tests and the end.
void qsbr_drain(Thread *ts);

// memory/ only: life of a thread's part (hooks of thread/).
int qsbr_thread_new(Thread *ts);
void qsbr_thread_delete(Thread *ts);
void qsbr_thread_attached(Thread *ts);
void qsbr_thread_detached(Thread *ts);

#endif
