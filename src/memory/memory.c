// Connects memory/ with the life of threads: the hooks that thread/ calls.
//
// Owns no state. Lock order: Runtime.merge_lock and the heap's lock are never held together
// except around fork.
#include "base/hooks.h"
#include "memory/heap.h"
#include "memory/pages.h"
#include "memory/qsbr.h"
#include "memory/refcount.h"
#include "memory/trashcan.h"
#include "thread/mutex.h"
#include "thread/runtime.h"

static int
memory_thread_new(Thread *ts)
{
    ts->heap = heap_thread_take(thread_interpreter(ts));
    if (ts->heap == NULL) {
        return -1;
    }
    if (qsbr_thread_new(ts) < 0) {
        heap_thread_give(ts->heap);
        return -1;
    }
    return 0;
}

static void
memory_thread_bind(Thread *ts)
{
    mutex_lock_brief(&runtime_get()->merge_lock);
    ts->heap->tid = thread_id_word();
    ts->heap->thread = ts;
    mutex_unlock(&runtime_get()->merge_lock);
}

// Gives up the identity once the queue is empty: from then on others may merge what this thread
// owned.
static void
memory_thread_leave(Thread *ts)
{
    HeapThread *heap = ts->heap;
    for (;;) {
        if (ts == thread_current()) {
            refcount_merge_queued(ts);
        }
        mutex_lock_brief(&runtime_get()->merge_lock);
        bool done = heap->merge_count == 0 || ts != thread_current();
        if (done) {
            heap->tid = 0;
            heap->thread = NULL;
        }
        mutex_unlock(&runtime_get()->merge_lock);
        if (done) {
            return;
        }
    }
}

static void
memory_thread_delete(Thread *ts)
{
    if (ts == thread_current()) {
        trashcan_drain(ts);
    }
    if (ts->heap->young_delta != 0) {
        gc_young_flush(ts);
    }
    memory_thread_leave(ts);
    qsbr_thread_delete(ts);
    heap_thread_give(ts->heap);
    ts->heap = NULL;
}

static void
memory_fork_lock(void)
{
    mutex_lock_brief(&runtime_get()->merge_lock);
    heap_lock();
}

static void
memory_fork_unlock(void)
{
    heap_unlock();
    mutex_unlock(&runtime_get()->merge_lock);
}

void
memory_init(void)
{
    hooks.memory_thread_new = memory_thread_new;
    hooks.memory_thread_bind = memory_thread_bind;
    hooks.memory_thread_delete = memory_thread_delete;
    hooks.memory_thread_attached = qsbr_thread_attached;
    hooks.memory_thread_detached = qsbr_thread_detached;
    hooks.memory_merge_queued = refcount_merge_queued;
    hooks.memory_quiescent = qsbr_quiescent;
    hooks.memory_fork_lock = memory_fork_lock;
    hooks.memory_fork_unlock = memory_fork_unlock;
}
