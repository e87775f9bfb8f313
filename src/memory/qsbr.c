// Grace periods and queues of delayed frees; see qsbr.h.
//
// A global sequence number grows; each attached thread publishes the number it saw at its last
// quiescent point (0 while detached: it holds nothing). A goal is met when every attached thread
// has published it.
//
// Each thread queues what it frees in batches; a batch gets its goal when it is closed, and the
// threads are asked to pass a quiescent point. Batches of threads that end go to a common list.
//
// Threading: a thread's queue is its own. The list of QsbrThreads is guarded by `qsbr.lock`;
// entries are pooled, never freed. Lock order: qsbr.lock is innermost.
#include "memory/qsbr.h"

#include <stdlib.h>

#include "base/atomic.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "platform/thread.h"
#include "thread/mutex.h"
#include "thread/runtime.h"

#define BATCH_ITEMS 126
#define BATCH_BYTES ((size_t)1 << 20)
#define SEQUENCE_STEP 2

typedef struct Item {
    void (*function)(void *block);
    void *block;
} Item;

typedef struct Batch {
    struct Batch *next;
    uint64_t goal;              // valid once closed
    size_t bytes;
    int count;
    Item items[BATCH_ITEMS];
} Batch;

typedef struct QsbrThread {
    uint64_t sequence;          // atomic: 0 while detached
    struct QsbrThread *next;    // lock: qsbr.lock; immutable once linked
    bool pooled;                // lock: qsbr.lock
    Batch *open;                // owner thread: being filled, or NULL
    Batch *closed_first;        // owner thread: in the order of their goals
    Batch *closed_last;
    bool processing;            // owner thread: guards against recursion through destructors
} QsbrThread;

static struct {
    uint64_t written;           // atomic: newest number
    uint64_t met;               // atomic: goals up to here are met
    QsbrThread *threads;        // atomic: pushed under lock
    PyMutex lock;
    Batch *orphans;             // lock: lock; closed batches of threads that ended
} qsbr = {.written = SEQUENCE_STEP, .met = SEQUENCE_STEP};

// ---- grace periods ----

uint64_t
qsbr_advance(void)
{
    return atomic_add_u64(&qsbr.written, SEQUENCE_STEP) + SEQUENCE_STEP;
}

static uint64_t
lowest_published(void)
{
    atomic_fence();
    uint64_t lowest = atomic_load_u64(&qsbr.written);
    for (QsbrThread *q = atomic_load_acquire_ptr(&qsbr.threads); q != NULL; q = q->next) {
        uint64_t sequence = atomic_load_u64(&q->sequence);
        if (sequence != 0 && sequence < lowest) {
            lowest = sequence;
        }
    }
    return lowest;
}

bool
qsbr_poll(uint64_t goal)
{
    uint64_t met = atomic_load_acquire_u64(&qsbr.met);
    if (goal <= met) {
        return true;
    }
    uint64_t lowest = lowest_published();
    while (lowest > met && !atomic_cas_u64(&qsbr.met, &met, lowest)) {
    }
    return goal <= lowest;
}

void
qsbr_hurry(void)
{
    Thread *ts = thread_current();
    if (ts != NULL) {
        thread_interrupt_all(thread_interpreter(ts), BREAK_QSBR);
    }
}

// ---- queues ----

static void
batch_run(Batch *batch)
{
    for (int i = 0; i < batch->count; i++) {
        batch->items[i].function(batch->items[i].block);
    }
    mem_free(batch);
}

static void
batch_close(QsbrThread *q)
{
    Batch *batch = q->open;
    q->open = NULL;
    if (batch == NULL) {
        return;
    }
    batch->goal = qsbr_advance();
    batch->next = NULL;
    if (q->closed_first == NULL) {
        q->closed_first = batch;
    }
    else {
        q->closed_last->next = batch;
    }
    q->closed_last = batch;
}

// Runs what is due.
static void
queue_process(QsbrThread *q)
{
    if (q->processing) {
        return;
    }
    q->processing = true;
    while (q->closed_first != NULL && qsbr_poll(q->closed_first->goal)) {
        Batch *batch = q->closed_first;
        q->closed_first = batch->next;
        batch_run(batch);
    }
    q->processing = false;
}

static void
orphans_process(void)
{
    if (atomic_load_relaxed_ptr(&qsbr.orphans) == NULL) {
        return;
    }
    Batch *due = NULL;
    mutex_lock_brief(&qsbr.lock);
    Batch **link = &qsbr.orphans;
    while (*link != NULL) {
        Batch *batch = *link;
        if (qsbr_poll(batch->goal)) {
            atomic_store_relaxed_ptr(link, batch->next);
            batch->next = due;
            due = batch;
        }
        else {
            link = &batch->next;
        }
    }
    mutex_unlock(&qsbr.lock);
    while (due != NULL) {
        Batch *next = due->next;
        batch_run(due);
        due = next;
    }
}

static void
queue_add(void (*function)(void *), void *block, size_t size)
{
    Thread *ts = thread_current();
    if (ts == NULL || runtime_is_single_threaded()) {
        function(block);
        return;
    }
    QsbrThread *q = ts->qsbr;
    if (q->open == NULL) {
        q->open = malloc(sizeof *q->open);
        if (q->open == NULL) {
            return;     // leaked: freeing it under a reader would be worse
        }
        q->open->count = 0;
        q->open->bytes = 0;
    }
    Batch *batch = q->open;
    batch->items[batch->count++] = (Item){function, block};
    batch->bytes += size;
    if (batch->count == BATCH_ITEMS || batch->bytes >= BATCH_BYTES) {
        batch_close(q);
        qsbr_hurry();
        orphans_process();
    }
}

void
qsbr_call_delayed(void (*free_function)(void *), void *block)
{
    queue_add(free_function, block, 0);
}

void
qsbr_free_delayed_sized(void *block, size_t size)
{
    if (block != NULL) {
        queue_add(mem_free, block, size);
    }
}

void
qsbr_free_delayed(void *block)
{
    qsbr_free_delayed_sized(block, 0);
}

static void
delayed_decref(void *op)
{
    decref(op);
}

void
qsbr_decref_delayed(PyObject *op)
{
    if (op != NULL && !object_is_immortal(op)) {
        queue_add(delayed_decref, op, 0);
    }
}

// ---- threads ----

void
qsbr_quiescent(Thread *ts)
{
    QsbrThread *q = ts->qsbr;
    if (q->open != NULL && runtime_is_single_threaded()) {
        batch_close(q);         // nobody is left who could be reading
    }
    atomic_store_u64(&q->sequence, atomic_load_u64(&qsbr.written));
    queue_process(q);
}

void
qsbr_world_stopped(Thread *ts)
{
    Thread *t = interpreter_first_thread(thread_interpreter(ts));
    for (; t != NULL; t = thread_next(t)) {
        if (t->qsbr != NULL) {
            batch_close(t->qsbr);
        }
    }
    uint64_t written = atomic_load_u64(&qsbr.written);
    atomic_store_u64(&ts->qsbr->sequence, written);
    qsbr_poll(written);
}

void
qsbr_process(Thread *ts)
{
    queue_process(ts->qsbr);
    orphans_process();
}

void
qsbr_thread_attached(Thread *ts)
{
    atomic_store_u64(&ts->qsbr->sequence, atomic_load_u64(&qsbr.written));
    atomic_fence();
}

void
qsbr_thread_detached(Thread *ts)
{
    atomic_store_u64(&ts->qsbr->sequence, 0);
}

int
qsbr_thread_new(Thread *ts)
{
    mutex_lock_brief(&qsbr.lock);
    QsbrThread *q = qsbr.threads;
    while (q != NULL && !q->pooled) {
        q = q->next;
    }
    if (q == NULL) {
        q = calloc(1, sizeof *q);
        if (q != NULL) {
            q->next = qsbr.threads;
            atomic_store_release_ptr(&qsbr.threads, q);
        }
    }
    else {
        q->pooled = false;
    }
    mutex_unlock(&qsbr.lock);
    ts->qsbr = q;
    return q != NULL ? 0 : -1;
}

void
qsbr_thread_delete(Thread *ts)
{
    QsbrThread *q = ts->qsbr;
    batch_close(q);
    mutex_lock_brief(&qsbr.lock);
    if (q->closed_first != NULL) {
        q->closed_last->next = qsbr.orphans;
        atomic_store_relaxed_ptr(&qsbr.orphans, q->closed_first);
    }
    q->closed_first = q->closed_last = NULL;
    q->processing = false;
    atomic_store_u64(&q->sequence, 0);
    q->pooled = true;
    mutex_unlock(&qsbr.lock);
    ts->qsbr = NULL;
}

void
qsbr_drain(Thread *ts)
{
    batch_close(ts->qsbr);
    for (;;) {
        qsbr_quiescent(ts);
        orphans_process();
        if (ts->qsbr->closed_first == NULL || ts->qsbr->processing) {
            return;
        }
        qsbr_hurry();
        thread_detach(ts);
        os_thread_yield();
        thread_attach(ts);
    }
}
