// Reference counts shared by threads, queues of counts to merge, delayed frees, trash can.
#include "support.h"

#include "memory/alloc.h"

static ssize_t dead;

static void
counting_dealloc(PyObject *op)
{
    atomic_add_ssize(&dead, 1);
    heap_free(op);
}

static PyTypeObject counted_type = {.tp_dealloc = counting_dealloc};

typedef struct {
    PyObject ob_base;
    PyObject *next;
} Link;

static int
link_traverse(PyObject *op, visitproc visit, void *arg)
{
    Link *link = (Link *)op;
    return link->next != NULL ? visit(link->next, arg) : 0;
}

static void
link_dealloc(PyObject *op)
{
    gc_untrack(op);
    xdecref(((Link *)op)->next);
    counting_dealloc(op);
}

static PyTypeObject link_type = {.tp_flags = Py_TPFLAGS_HAVE_GC,
                                 .tp_dealloc = link_dealloc,
                                 .tp_traverse = link_traverse};

static void
test_local(void **state)
{
    (void)state;
    dead = 0;
    PyObject *op = heap_new_object(&counted_type, 48);
    assert_true(refcount_is_unique(op));
    incref(op);
    assert_int_equal(refcount_get(op), 2);
    assert_false(refcount_is_unique(op));
    decref(op);
    assert_true(refcount_try_incref(op));
    decref(op);
    refcount_enable_try(op);
    decref(op);
    assert_int_equal(dead, 1);
    op = heap_new_object(&counted_type, 48);
    refcount_immortalize(op);
    decref(op);
    decref(op);
    assert_int_equal(dead, 1);
    heap_free(op);
}

static void
test_deep_chain(void **state)
{
    (void)state;
    dead = 0;
    PyObject *chain = NULL;
    for (int i = 0; i < 300000; i++) {
        Link *link = (Link *)heap_new_object(&link_type, sizeof(Link));
        link->next = chain;
        chain = &link->ob_base;
        gc_track(chain);
    }
    decref(chain);
    assert_int_equal(dead, 300000);
}

// Threads give away more references than they took: the owner merges.
#define THREADS 4
#define OBJECTS 4000
static PyObject *shared[OBJECTS];

static void
give_up(void *arg)
{
    (void)arg;
    for (int i = 0; i < OBJECTS; i++) {
        incref(shared[i]);
        decref(shared[i]);
        decref(shared[i]);      // one of those that the owner made for us
        safepoint();
    }
}

static void
test_merge(void **state)
{
    (void)state;
    dead = 0;
    for (int i = 0; i < OBJECTS; i++) {
        shared[i] = heap_new_object(&counted_type, 48);
        for (int t = 0; t < THREADS; t++) {
            incref(shared[i]);
        }
    }
    TestThread threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        start_thread(&threads[i], give_up, NULL);
    }
    for (int i = 0; i < OBJECTS; i++) {
        decref(shared[i]);
        safepoint();
    }
    for (int i = 0; i < THREADS; i++) {
        join_thread(&threads[i]);
    }
    safepoint();
    assert_int_equal(dead, OBJECTS);
}

// The owner ends before its objects do.
static void
make_objects(void *arg)
{
    (void)arg;
    for (int i = 0; i < OBJECTS; i++) {
        shared[i] = heap_new_object(&counted_type, 48);
    }
}

static void
test_owner_gone(void **state)
{
    (void)state;
    dead = 0;
    TestThread thread;
    start_thread(&thread, make_objects, NULL);
    join_thread(&thread);
    for (int i = 0; i < OBJECTS; i++) {
        incref(shared[i]);
        decref(shared[i]);
        decref(shared[i]);
    }
    assert_int_equal(dead, OBJECTS);
}

// One slot, replaced by a writer, read without locks.
static PyObject *slot;
static uint8_t finished;

static void
read_slot(void *arg)
{
    (void)arg;
    while (!atomic_load_acquire_u8(&finished)) {
        PyObject *op = atomic_load_acquire_ptr(&slot);
        if (refcount_try_incref(op)) {
            if (op == (PyObject *)atomic_load_acquire_ptr(&slot)) {
                assert_ptr_equal(op->ob_type, &counted_type);
            }
            decref(op);
        }
        safepoint();
    }
}

static PyObject *
new_shareable(void)
{
    PyObject *op = heap_new_object(&counted_type, 48);
    refcount_enable_try(op);
    return op;
}

static void
test_racing_reads(void **state)
{
    (void)state;
    dead = 0;
    slot = new_shareable();
    TestThread threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        start_thread(&threads[i], read_slot, NULL);
    }
    enum { WRITES = 30000 };
    for (int i = 0; i < WRITES; i++) {
        PyObject *old = slot;
        atomic_store_release_ptr(&slot, new_shareable());
        decref(old);
        safepoint();
    }
    atomic_store_release_u8(&finished, 1);
    for (int i = 0; i < THREADS; i++) {
        join_thread(&threads[i]);
    }
    decref(slot);
    safepoint();
    assert_int_equal(dead, WRITES + 1);
}

// Blocks of an array replaced under readers.
static int *table;

static void
read_table(void *arg)
{
    (void)arg;
    while (!atomic_load_acquire_u8(&finished)) {
        int *t = atomic_load_acquire_ptr(&table);
        assert_int_equal(t[0], t[999]);
        safepoint();
    }
}

static int *
new_table(int value)
{
    int *t = mem_alloc(1000 * sizeof *t);
    for (int i = 0; i < 1000; i++) {
        t[i] = value;
    }
    return t;
}

static void
test_delayed(void **state)
{
    (void)state;
    atomic_store_release_u8(&finished, 0);
    table = new_table(0);
    TestThread threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        start_thread(&threads[i], read_table, NULL);
    }
    for (int i = 1; i < 5000; i++) {
        int *old = table;
        atomic_store_release_ptr(&table, new_table(i));
        qsbr_free_delayed_sized(old, 1000 * sizeof *old);
        safepoint();
    }
    qsbr_drain(thread_current());
    atomic_store_release_u8(&finished, 1);
    for (int i = 0; i < THREADS; i++) {
        join_thread(&threads[i]);
    }
    mem_free(table);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_local),        cmocka_unit_test(test_deep_chain),
        cmocka_unit_test(test_merge),        cmocka_unit_test(test_owner_gone),
        cmocka_unit_test(test_racing_reads), cmocka_unit_test(test_delayed),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
