// What the unit tests of threads and memory share: a runtime without Python objects.
#ifndef TYPHON_TESTS_UNIT_SUPPORT_H
#define TYPHON_TESTS_UNIT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "base/hooks.h"
#include "memory/heap.h"
#include "memory/qsbr.h"
#include "memory/refcount.h"
#include "thread/runtime.h"
#include "thread/thread.h"

static Interpreter *test_interp;

static inline int
start_runtime(void **state)
{
    (void)state;
    memory_init();
    test_interp = interpreter_new();
    Thread *ts = thread_new(test_interp);
    assert_non_null(ts);
    thread_bind(ts);
    thread_attach(ts);
    return 0;
}

typedef struct TestThread {
    pthread_t pthread;
    Thread *ts;
    void (*body)(void *);
    void *arg;
} TestThread;

static inline void *
test_thread_main(void *p)
{
    TestThread *t = p;
    thread_bind(t->ts);
    thread_attach(t->ts);
    t->body(t->arg);
    thread_clear_and_delete(t->ts);
    return NULL;
}

// Starts an attached thread of the interpreter.
static inline void
start_thread(TestThread *t, void (*body)(void *), void *arg)
{
    t->body = body;
    t->arg = arg;
    t->ts = thread_new(test_interp);
    assert_non_null(t->ts);
    assert_int_equal(pthread_create(&t->pthread, NULL, test_thread_main, t), 0);
}

// Waits for it, detached.
static inline void
join_thread(TestThread *t)
{
    Thread *self = thread_current();
    thread_detach(self);
    pthread_join(t->pthread, NULL);
    thread_attach(self);
}

// The safepoint of an eval loop.
static inline void
safepoint(void)
{
    Thread *ts = thread_current();
    if (atomic_load_relaxed_uptr(&ts->abi.eval_breaker) != 0) {
        thread_handle_breaks(ts);
    }
}

#endif
