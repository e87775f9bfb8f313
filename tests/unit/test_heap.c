// The object heap: sizes, frees by other threads, walks, return of memory.
#include "support.h"

#include "memory/alloc.h"

static PyTypeObject plain_type;
static PyTypeObject gc_type = {.tp_flags = Py_TPFLAGS_HAVE_GC};
static PyTypeObject pre_type = {.tp_flags = Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_PREHEADER};

static void
test_sizes(void **state)
{
    (void)state;
    PyTypeObject *types[] = {&plain_type, &gc_type, &pre_type};
    for (size_t size = 32; size < 200000; size += size < 2000 ? 8 : 3001) {
        for (int t = 0; t < 3; t++) {
            PyObject *op = heap_new_object(types[t], size);
            assert_non_null(op);
            assert_int_equal((uintptr_t)op % 16, 0);
            assert_true(heap_usable_size(op) >= size);
            assert_true(heap_is_object(op));
            assert_false(heap_is_object((char *)op + 16));
            memset(op + 1, 0xaa, size - sizeof *op);
            if (types[t] == &pre_type) {
                assert_null(((void **)op)[-1]);
                assert_null(((void **)op)[-2]);
                ((void **)op)[-1] = op;
            }
            heap_free(op);
            assert_false(heap_is_object(op));
        }
    }
    assert_false(heap_is_object(state));
    assert_false(heap_is_object(&plain_type));
}

static void
test_distinct(void **state)
{
    (void)state;
    enum { N = 20000 };
    PyObject **objects = malloc(N * sizeof *objects);
    for (int i = 0; i < N; i++) {
        size_t size = 40 + (size_t)(i * 37 % 900);
        objects[i] = heap_new_object(&plain_type, size);
        *(int *)(objects[i] + 1) = i;
        memset((int *)(objects[i] + 1) + 1, i & 0xff, size - sizeof(PyObject) - sizeof(int));
    }
    for (int i = 0; i < N; i++) {
        assert_int_equal(*(int *)(objects[i] + 1), i);
        heap_free(objects[i]);
    }
    free(objects);
}

static void
test_huge_and_realloc(void **state)
{
    (void)state;
    PyObject *op = heap_new_object(&plain_type, (size_t)40 << 20);
    assert_non_null(op);
    memset(op + 1, 1, ((size_t)40 << 20) - sizeof *op);
    assert_true(heap_is_object(op));
    heap_free(op);
    op = heap_new_object(&plain_type, 40);
    ((char *)op)[39] = 7;
    for (size_t size = 48; size < (size_t)30 << 20; size += size / 3) {
        op = heap_realloc(op, size);
        assert_non_null(op);
        assert_int_equal(((char *)op)[39], 7);
        ((char *)op)[size - 1] = 1;
    }
    assert_ptr_equal(op->ob_type, &plain_type);
    op = heap_realloc(op, 64);
    assert_int_equal(((char *)op)[39], 7);
    heap_free(op);
    assert_null(heap_alloc(SIZE_MAX, HEAP_PLAIN));
    assert_null(heap_alloc((size_t)PTRDIFF_MAX, HEAP_GC_PRE));
}

static int
count_object(PyObject *op, void *arg)
{
    if (gc_is_tracked(op)) {
        ++*(int *)arg;
    }
    return 0;
}

static int
mark_old(PyObject *op, void *arg)
{
    op->ob_gc_bits |= GC_OLD;
    return count_object(op, arg);
}

static void
test_walks(void **state)
{
    (void)state;
    PyObject *objects[3000];
    int count = 0;
    heap_walk_young(test_interp, mark_old, &count);
    for (int i = 0; i < 3000; i++) {
        objects[i] = heap_new_object(i % 2 != 0 ? &gc_type : &pre_type, 64);
        gc_track(objects[i]);
    }
    gc_untrack(objects[5]);
    count = 0;
    heap_walk_gc(test_interp, count_object, &count);
    assert_int_equal(count, 2999);
    count = 0;
    heap_walk_young(test_interp, mark_old, &count);
    assert_int_equal(count, 2999);
    gc_track(objects[5]);
    count = 0;
    heap_walk_young(test_interp, mark_old, &count);
    assert_int_equal(count, 1);
    for (int i = 0; i < 3000; i++) {
        heap_free(objects[i]);
    }
    count = 0;
    heap_walk_gc(test_interp, count_object, &count);
    assert_int_equal(count, 0);
    count = 0;
    PyObject *big = heap_new_object(&gc_type, (size_t)20 << 20);
    gc_track(big);
    heap_free(big);
    heap_walk_young(test_interp, mark_old, &count);
    assert_int_equal(count, 0);
}

// A ring of mailboxes: each thread allocates objects that the next one frees.
#define THREADS 4
#define MESSAGES 50000
static PyObject *boxes[THREADS];

static void
pass_objects(void *arg)
{
    intptr_t me = (intptr_t)arg;
    for (int i = 0; i < MESSAGES; i++) {
        PyObject *op = heap_new_object(i % 3 == 0 ? &gc_type : &plain_type,
                                       32 + (size_t)(i % 50) * 16);
        PyObject *old = atomic_exchange_ptr(&boxes[(me + 1) % THREADS], op);
        if (old != NULL) {
            heap_free(old);
        }
        PyObject *mine = atomic_exchange_ptr(&boxes[me], NULL);
        if (mine != NULL) {
            assert_non_null(mine->ob_type);
            heap_free(mine);
        }
        safepoint();
    }
}

static void
test_remote(void **state)
{
    (void)state;
    TestThread threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        start_thread(&threads[i], pass_objects, (void *)(intptr_t)i);
    }
    for (int i = 0; i < THREADS; i++) {
        join_thread(&threads[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        if (boxes[i] != NULL) {
            heap_free(boxes[i]);
        }
    }
}

static void
test_trim(void **state)
{
    (void)state;
    enum { N = 100000 };
    PyObject **objects = malloc(N * sizeof *objects);
    for (int i = 0; i < N; i++) {
        objects[i] = heap_new_object(&plain_type, 1000);
    }
    HeapStatistics peak;
    heap_statistics(&peak);
    for (int i = 0; i < N; i++) {
        heap_free(objects[i]);
    }
    free(objects);
    heap_trim();
    HeapStatistics after;
    heap_statistics(&after);
    assert_true(peak.bytes_used >= (size_t)N * 1000);
    assert_true(after.pages_used + after.pages_cached < peak.pages_used / 4);
}

static void
test_failure(void **state)
{
    (void)state;
    mem_fail_between(0, 1);
    assert_null(mem_alloc(10));
    void *p = mem_alloc(10);
    assert_non_null(p);
    mem_free(p);
    mem_fail_between(1, 0);
    p = mem_alloc(10);
    assert_non_null(p);
    assert_null(mem_realloc(p, 20));
    assert_null(mem_calloc(1, 1));
    assert_int_equal(mem_fail_remove(), 3);
    mem_free(p);
    assert_null(mem_alloc_array(SIZE_MAX / 2, 4));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),  cmocka_unit_test(test_distinct),
        cmocka_unit_test(test_huge_and_realloc), cmocka_unit_test(test_walks),
        cmocka_unit_test(test_remote), cmocka_unit_test(test_trim),
        cmocka_unit_test(test_failure),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
