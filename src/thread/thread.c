// Thread states: making, binding, attaching, safepoints, limits of the C stack. See thread.h.
//
// Owns the thread-local pointer to the running thread's state and each state's value stack.
// stop.c stops and starts the world; both change Thread.state, which only goes
//
//   DETACHED <-> ATTACHED           the thread itself
//   DETACHED <-> SUSPENDED          whoever stops and starts the world, under threads_lock
//   ATTACHED  -> SUSPENDED          the thread itself, at a safepoint, under threads_lock
#include "thread/thread.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hooks.h"
#include "platform/futex.h"
#include "platform/memory.h"
#include "platform/thread.h"
#include "thread/critical_section.h"
#include "thread/runtime.h"

// Address space of a value stack: frames of 2^20 calls of some 60 words. Touched memory counts.
#define STACK_RESERVE ((size_t)512 << 20)
#define STACK_RESERVE_LEAST ((size_t)1 << 20)

// C stack kept free below the soft limit, and below the hard one. A leaf of the deepest call of
// the C library, and the handling of an error, fit.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STACK_MARGIN_SCALE 4
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STACK_MARGIN_SCALE 4
#else
#define STACK_MARGIN_SCALE 1
#endif
#else
#define STACK_MARGIN_SCALE 1
#endif
#define STACK_SOFT_MARGIN ((size_t)(192 << 10) * STACK_MARGIN_SCALE)
#define STACK_HARD_MARGIN ((size_t)(64 << 10) * STACK_MARGIN_SCALE)

_Thread_local Thread *thread_current_tls;

// A state together with what lives exactly as long.
typedef struct ThreadBlock {
    Thread thread;
    _PyErr_StackItem exc_base;
    void *stack_mapping;
    size_t stack_mapped;
} ThreadBlock;

// ---- making and unmaking ----

static bool
stack_reserve(ThreadBlock *block)
{
    size_t page = os_page_size();
    for (size_t size = STACK_RESERVE; size >= STACK_RESERVE_LEAST; size /= 2) {
        char *base = os_memory_map(size, page);
        if (base == NULL) {
            continue;
        }
        // The last page is a guard: frames check stack_limit, this catches what forgets to.
        os_memory_protect(base + size - page, page);
        block->stack_mapping = base;
        block->stack_mapped = size;
        block->thread.stack_base = (uintptr_t *)base;
        block->thread.stack_limit = (uintptr_t *)(base + size - page) - 512;
        return true;
    }
    return false;
}

static void
thread_block_free(ThreadBlock *block)
{
    if (block->stack_mapping != NULL) {
        os_memory_unmap(block->stack_mapping, block->stack_mapped);
    }
    free(block);
}

static void
thread_link(Interpreter *interp, Thread *ts)
{
    mutex_lock_brief(&interp->threads_lock);
    if (atomic_load_int(&interp->stop_requested)) {
        ts->state = THREAD_SUSPENDED;
    }
    Thread *first = interp->threads;
    ts->abi.next = first != NULL ? &first->abi : NULL;
    if (first != NULL) {
        first->abi.prev = &ts->abi;
    }
    interp->threads = ts;
    ts->id = ++interp->next_thread_id;
    atomic_add_int(&runtime_state.thread_count, 1);
    mutex_unlock(&interp->threads_lock);
}

static void
thread_unlink_lock_held(Interpreter *interp, Thread *ts)
{
    if (ts->abi.prev != NULL) {
        ts->abi.prev->next = ts->abi.next;
    }
    else {
        interp->threads = (Thread *)ts->abi.next;
    }
    if (ts->abi.next != NULL) {
        ts->abi.next->prev = ts->abi.prev;
    }
    ts->abi.prev = ts->abi.next = NULL;
    atomic_add_int(&runtime_state.thread_count, -1);
}

Thread *
thread_new(Interpreter *interp)
{
    ThreadBlock *block = calloc(1, sizeof *block);
    if (block == NULL) {
        return NULL;
    }
    Thread *ts = &block->thread;
    ts->abi.interp = (PyInterpreterState *)interp;
    ts->exc_base = &block->exc_base;
    ts->abi.exc_info = ts->exc_base;
    ts->recursion_remaining = atomic_load_relaxed_int(&interp->recursion_limit);
    if (!stack_reserve(block)) {
        free(block);
        return NULL;
    }
    if (hooks.memory_thread_new != NULL && hooks.memory_thread_new(ts) < 0) {
        thread_block_free(block);
        return NULL;
    }
    thread_link(interp, ts);
    return ts;
}

void
thread_bind(Thread *ts)
{
    char *lowest;
    char *highest;
    os_thread_stack_bounds(&lowest, &highest);
    size_t size = (size_t)(highest - lowest);
    size_t soft = STACK_SOFT_MARGIN;
    if (soft > size / 2) {
        soft = size / 2;
    }
    size_t hard = STACK_HARD_MARGIN < soft / 2 ? STACK_HARD_MARGIN : soft / 2;
    ts->c_stack_limit = lowest + soft;
    ts->c_stack_hard_limit = lowest + hard;
    ts->ident = os_thread_ident();
    ts->native_id = os_thread_native_id();
    thread_current_tls = ts;
    if (hooks.memory_thread_bind != NULL) {
        hooks.memory_thread_bind(ts);
    }
}

void
thread_clear_and_delete(Thread *ts)
{
    Interpreter *interp = thread_interpreter(ts);
    if (hooks.thread_clear_objects != NULL) {
        hooks.thread_clear_objects(ts);
    }
    if (hooks.memory_thread_delete != NULL) {
        hooks.memory_thread_delete(ts);
    }
    mutex_lock_brief(&interp->threads_lock);
    thread_unlink_lock_held(interp, ts);
    atomic_add_u32(&interp->stop_progress, 1);
    mutex_unlock(&interp->threads_lock);
    os_futex_wake(&interp->stop_progress, 1);
    if (thread_current_tls == ts) {
        thread_current_tls = NULL;
    }
    thread_block_free((ThreadBlock *)ts);
}

// ---- attaching ----

// A thread that comes back after the interpreter has begun to shut down must not touch objects,
// and nothing may unwind its C stack: it sleeps until the process ends.
static void
thread_hang(void)
{
    uint32_t word = 0;
    for (;;) {
        os_futex_wait(&word, 0, -1);
    }
}

void
thread_detach(Thread *ts)
{
    int saved_errno = errno;
    assert(atomic_load_relaxed_int(&ts->state) == THREAD_ATTACHED);
    if (ts->critical_section != 0) {
        critical_section_suspend_all(ts);
    }
    if (hooks.memory_thread_detached != NULL) {
        hooks.memory_thread_detached(ts);
    }
    Interpreter *interp = thread_interpreter(ts);
    atomic_store_int(&ts->state, THREAD_DETACHED);
    if (atomic_load_int(&interp->stop_requested)) {
        atomic_add_u32(&interp->stop_progress, 1);
        os_futex_wake(&interp->stop_progress, 1);
    }
    errno = saved_errno;
}

// What follows once the state is ATTACHED.
static void
thread_attached(Thread *ts)
{
    Interpreter *interp = thread_interpreter(ts);
    Thread *finalizer = atomic_load_acquire_ptr(&interp->finalizing_thread);
    if (finalizer != NULL && finalizer != ts) {
        atomic_store_int(&ts->state, THREAD_DETACHED);
        atomic_add_u32(&interp->stop_progress, 1);
        os_futex_wake(&interp->stop_progress, 1);
        thread_hang();
    }
    if (hooks.memory_thread_attached != NULL) {
        hooks.memory_thread_attached(ts);
    }
    if ((ts->critical_section & CRITICAL_SECTION_INACTIVE) != 0) {
        critical_section_resume(ts);
    }
}

bool
thread_try_attach(Thread *ts)
{
    Thread *finalizer = atomic_load_acquire_ptr(&thread_interpreter(ts)->finalizing_thread);
    int state = THREAD_DETACHED;
    if ((finalizer != NULL && finalizer != ts) ||
        !atomic_cas_int(&ts->state, &state, THREAD_ATTACHED)) {
        return false;
    }
    int saved_errno = errno;
    thread_attached(ts);
    errno = saved_errno;
    return true;
}

void
thread_attach(Thread *ts)
{
    int saved_errno = errno;
    for (;;) {
        int state = THREAD_DETACHED;
        if (atomic_cas_int(&ts->state, &state, THREAD_ATTACHED)) {
            break;
        }
        assert(state == THREAD_SUSPENDED);
        os_futex_wait((uint32_t *)&ts->state, THREAD_SUSPENDED, -1);
    }
    thread_attached(ts);
    errno = saved_errno;
}

// ---- interruption and safepoints ----

void
thread_interrupt(Thread *ts, uintptr_t bit)
{
    atomic_or_uptr(&ts->abi.eval_breaker, bit);
}

void
thread_interrupt_all(Interpreter *interp, uintptr_t bit)
{
    mutex_lock_brief(&interp->threads_lock);
    for (Thread *ts = interp->threads; ts != NULL; ts = thread_next(ts)) {
        thread_interrupt(ts, bit);
    }
    mutex_unlock(&interp->threads_lock);
}

// Becomes suspended if the world is being stopped by somebody else.
static void
thread_stop_if_asked(Thread *ts)
{
    Interpreter *interp = thread_interpreter(ts);
    if (!atomic_load_int(&interp->stop_requested) || interp->stopper == ts) {
        return;
    }
    if (ts->critical_section != 0) {
        critical_section_suspend_all(ts);
    }
    if (hooks.memory_thread_detached != NULL) {
        hooks.memory_thread_detached(ts);
    }
    mutex_lock_brief(&interp->threads_lock);
    bool stopped = atomic_load_int(&interp->stop_requested);
    atomic_store_int(&ts->state, stopped ? THREAD_SUSPENDED : THREAD_DETACHED);
    atomic_add_u32(&interp->stop_progress, 1);
    mutex_unlock(&interp->threads_lock);
    os_futex_wake(&interp->stop_progress, 1);
    thread_attach(ts);
}

static uintptr_t
thread_take_breaks(Thread *ts, uintptr_t bits)
{
    return atomic_and_uptr(&ts->abi.eval_breaker, ~bits) & bits;
}

void
thread_poll(Thread *ts)
{
    uintptr_t bits = thread_take_breaks(ts, BREAK_STOP_WORLD | BREAK_QSBR);
    if ((bits & BREAK_STOP_WORLD) != 0) {
        thread_stop_if_asked(ts);
    }
    if ((bits & BREAK_QSBR) != 0 && hooks.memory_quiescent != NULL) {
        hooks.memory_quiescent(ts);
    }
}

int
thread_handle_breaks(Thread *ts)
{
    thread_poll(ts);
    uintptr_t bits = thread_take_breaks(ts, BREAK_MERGE_REFS | BREAK_GC | BREAK_SIGNALS |
                                                BREAK_PENDING_CALLS | BREAK_ASYNC_EXC);
    if ((bits & BREAK_MERGE_REFS) != 0 && hooks.memory_merge_queued != NULL) {
        hooks.memory_merge_queued(ts);
    }
    int (*const handlers[])(Thread *) = {
        (bits & BREAK_SIGNALS) != 0 ? hooks.signals_handle : NULL,
        (bits & BREAK_PENDING_CALLS) != 0 ? hooks.pending_calls_run : NULL,
        (bits & BREAK_GC) != 0 ? hooks.gc_run_requested : NULL,
        (bits & BREAK_ASYNC_EXC) != 0 ? hooks.async_exc_raise : NULL,
    };
    static const uintptr_t handled[] = {BREAK_SIGNALS, BREAK_PENDING_CALLS, BREAK_GC,
                                        BREAK_ASYNC_EXC};
    for (size_t i = 0; i < sizeof handled / sizeof handled[0]; i++) {
        if (handlers[i] != NULL && handlers[i](ts) < 0) {
            // What was not reached stays requested.
            for (size_t rest = i + 1; rest < sizeof handled / sizeof handled[0]; rest++) {
                if ((bits & handled[rest]) != 0) {
                    thread_interrupt(ts, handled[rest]);
                }
            }
            return -1;
        }
    }
    return 0;
}

// ---- lookups ----

Thread *
interpreter_first_thread(Interpreter *interp)
{
    return interp->threads;
}

Thread *
thread_next(Thread *ts)
{
    return (Thread *)ts->abi.next;
}

Thread *
thread_find(Interpreter *interp, unsigned long ident)
{
    mutex_lock_brief(&interp->threads_lock);
    Thread *ts = interp->threads;
    while (ts != NULL && ts->ident != ident) {
        ts = thread_next(ts);
    }
    mutex_unlock(&interp->threads_lock);
    return ts;
}

bool
thread_is_main(void)
{
    return os_thread_ident() == runtime_state.main_ident;
}

// ---- C stack ----

int
thread_enter_c(const char *where)
{
    Thread *ts = thread_current();
    char *here = __builtin_frame_address(0);
    if (__builtin_expect(here >= ts->c_stack_limit, 1)) {
        return 0;
    }
    if (here < ts->c_stack_hard_limit && hooks.error_recursion == NULL) {
        fputs("Fatal error: C stack overflow\n", stderr);
        abort();
    }
    if (hooks.error_recursion != NULL) {
        hooks.error_recursion(where);
    }
    return -1;
}
