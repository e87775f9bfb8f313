// The Runtime, interpreters, stopping the world, fork. See thread.h and runtime.h.
//
// Owns the list of interpreters and the protocol of a stop: stop_lock serialises stoppers;
// stop_requested is set under threads_lock, so that a thread state made later starts suspended;
// then the stopper suspends the detached threads and waits for the attached ones to reach a
// safepoint or to detach, which they announce by changing stop_progress.
//
// Lock order: stop_lock, Runtime.lock, threads_lock.
#include <assert.h>
#include <stdlib.h>

#include "base/hooks.h"
#include "platform/futex.h"
#include "platform/thread.h"
#include "thread/critical_section.h"
#include "thread/parking_lot.h"
#include "thread/runtime.h"
#include "thread/thread.h"

Runtime runtime_state;

// A stopper looks again at least this often.
#define STOP_RESCAN_NS 1000000

// ---- interpreters ----

Interpreter *
interpreter_new(void)
{
    Interpreter *interp = calloc(1, sizeof *interp);
    if (interp == NULL) {
        return NULL;
    }
    interp->recursion_limit = 1000;
    Runtime *runtime = runtime_get();
    mutex_lock_brief(&runtime->lock);
    interp->id = runtime->next_interpreter_id++;
    interp->next = runtime->interpreters;
    runtime->interpreters = interp;
    if (runtime->main == NULL) {
        runtime->main = interp;
        runtime->main_ident = os_thread_ident();
    }
    mutex_unlock(&runtime->lock);
    return interp;
}

void
interpreter_delete(Interpreter *interp)
{
    Runtime *runtime = runtime_get();
    mutex_lock_brief(&runtime->lock);
    Interpreter **link = &runtime->interpreters;
    while (*link != NULL && *link != interp) {
        link = &(*link)->next;
    }
    if (*link != NULL) {
        *link = interp->next;
    }
    if (runtime->main == interp) {
        runtime->main = NULL;
    }
    mutex_unlock(&runtime->lock);
    free(interp);
}

// ---- stop the world ----

// Suspends what is detached and asks the rest: how many still run.
static int
stop_scan_lock_held(Interpreter *interp, Thread *self)
{
    int running = 0;
    for (Thread *ts = interp->threads; ts != NULL; ts = thread_next(ts)) {
        if (ts == self) {
            continue;
        }
        int state = THREAD_DETACHED;
        if (atomic_cas_int(&ts->state, &state, THREAD_SUSPENDED) || state == THREAD_SUSPENDED) {
            continue;
        }
        thread_interrupt(ts, BREAK_STOP_WORLD);
        running++;
    }
    return running;
}

void
world_stop(Interpreter *interp)
{
    Thread *self = thread_current();
    mutex_lock(&interp->stop_lock);     // detaches: another stopper may stop this thread
    mutex_lock_brief(&interp->threads_lock);
    interp->stopper = self;
    atomic_store_int(&interp->stop_requested, 1);
    mutex_unlock(&interp->threads_lock);
    for (;;) {
        uint32_t progress = atomic_load_u32(&interp->stop_progress);
        mutex_lock_brief(&interp->threads_lock);
        int running = stop_scan_lock_held(interp, self);
        mutex_unlock(&interp->threads_lock);
        if (running == 0) {
            return;
        }
        os_futex_wait(&interp->stop_progress, progress, STOP_RESCAN_NS);
    }
}

void
world_start(Interpreter *interp)
{
    Thread *self = interp->stopper;
    assert(self == thread_current());
    mutex_lock_brief(&interp->threads_lock);
    atomic_store_int(&interp->stop_requested, 0);
    interp->stopper = NULL;
    for (Thread *ts = interp->threads; ts != NULL; ts = thread_next(ts)) {
        atomic_and_uptr(&ts->abi.eval_breaker, ~(uintptr_t)BREAK_STOP_WORLD);
        if (ts == self) {
            continue;
        }
        int state = THREAD_SUSPENDED;
        if (atomic_cas_int(&ts->state, &state, THREAD_DETACHED)) {
            os_futex_wake((uint32_t *)&ts->state, 1);
        }
    }
    mutex_unlock(&interp->threads_lock);
    mutex_unlock(&interp->stop_lock);
}

bool
world_is_stopped(Interpreter *interp)
{
    return atomic_load_int(&interp->stop_requested) && interp->stopper == thread_current();
}

// ---- shutdown ----

void
interpreter_begin_finalizing(Interpreter *interp)
{
    Thread *self = thread_current();
    world_stop(interp);
    atomic_store_int(&interp->finalizing, 1);
    if (interp == runtime_get()->main) {
        atomic_store_int(&runtime_get()->finalizing, 1);
    }
    atomic_store_ptr(&interp->finalizing_thread, self);
    world_start(interp);
}

// ---- fork ----

// The world is stopped across fork, so that no thread that vanishes in the child is in the
// middle of anything: their critical sections are suspended and no lock of the runtime is held.
void
threads_before_fork(Interpreter *interp)
{
    world_stop(interp);
    mutex_lock_brief(&runtime_get()->lock);
    mutex_lock_brief(&interp->threads_lock);
    if (hooks.memory_fork_lock != NULL) {
        hooks.memory_fork_lock();
    }
}

static void
fork_unlock(Interpreter *interp)
{
    if (hooks.memory_fork_unlock != NULL) {
        hooks.memory_fork_unlock();
    }
    mutex_unlock(&interp->threads_lock);
    mutex_unlock(&runtime_get()->lock);
}

void
threads_after_fork_parent(Interpreter *interp)
{
    fork_unlock(interp);
    world_start(interp);
}

void
threads_after_fork_child(Interpreter *interp)
{
    Thread *self = thread_current();
    parking_lot_after_fork();
    // Held by this thread, without waiters, which no longer exist.
    runtime_get()->merge_lock._bits = MUTEX_LOCKED;
    interp->stop_lock._bits = MUTEX_LOCKED;
    interp->threads_lock._bits = MUTEX_LOCKED;
    runtime_get()->lock._bits = MUTEX_LOCKED;
    fork_unlock(interp);
    runtime_get()->main_ident = os_thread_ident();
    self->native_id = os_thread_native_id();
    // States of the vanished threads: what their frames hold cannot be released safely, as it may
    // be half changed; their heaps go to the pool, the states themselves are dropped.
    mutex_lock_brief(&interp->threads_lock);
    Thread *ts = interp->threads;
    while (ts != NULL) {
        Thread *next = thread_next(ts);
        if (ts != self) {
            if (hooks.memory_thread_delete != NULL) {
                hooks.memory_thread_delete(ts);
            }
            ts->abi.next = NULL;
            atomic_add_int(&runtime_state.thread_count, -1);
        }
        ts = next;
    }
    self->abi.prev = self->abi.next = NULL;
    interp->threads = self;
    mutex_unlock(&interp->threads_lock);
    world_start(interp);
}
