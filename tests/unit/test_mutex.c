// Mutexes, events, critical sections and stopping the world under contention.
#include "support.h"

#include "platform/time.h"
#include "thread/critical_section.h"
#include "thread/mutex.h"
#include "thread/once.h"

#define THREADS 6
#define ROUNDS 20000

static PyMutex mutex;
static int64_t counter;
static uint8_t finished;

static void
count_with_mutex(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        mutex_lock(&mutex);
        counter++;
        mutex_unlock(&mutex);
        safepoint();
    }
}

static void
run_threads(void (*body)(void *))
{
    TestThread threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        start_thread(&threads[i], body, (void *)(intptr_t)i);
    }
    for (int i = 0; i < THREADS; i++) {
        join_thread(&threads[i]);
    }
}

static void
test_exclusion(void **state)
{
    (void)state;
    counter = 0;
    run_threads(count_with_mutex);
    assert_int_equal(counter, THREADS * ROUNDS);
    assert_false(mutex_is_locked(&mutex));
}

static void
test_timeout(void **state)
{
    (void)state;
    mutex_lock(&mutex);
    int64_t start = os_time_monotonic();
    assert_int_equal(mutex_lock_timed(&mutex, 20000000, LOCK_DETACH), LOCK_FAILURE);
    assert_true(os_time_monotonic() - start >= 20000000);
    assert_int_equal(mutex_lock_timed(&mutex, 0, 0), LOCK_FAILURE);
    mutex_unlock(&mutex);
    assert_int_equal(mutex._bits, 0);
    assert_false(mutex_try_unlock(&mutex));
}

static void
test_recursive(void **state)
{
    (void)state;
    RecursiveMutex m = {0};
    recursive_mutex_lock(&m);
    recursive_mutex_lock(&m);
    assert_true(recursive_mutex_try_unlock(&m));
    assert_true(recursive_mutex_is_owned(&m));
    assert_true(recursive_mutex_try_unlock(&m));
    assert_false(recursive_mutex_try_unlock(&m));
}

static Event event;

static void
wait_for_event(void *arg)
{
    (void)arg;
    assert_true(event_wait(&event, -1, NULL));
}

static void
test_event(void **state)
{
    (void)state;
    assert_false(event_wait(&event, 1000000, NULL));
    TestThread threads[3];
    for (int i = 0; i < 3; i++) {
        start_thread(&threads[i], wait_for_event, NULL);
    }
    event_set(&event);
    for (int i = 0; i < 3; i++) {
        join_thread(&threads[i]);
    }
}

// Two objects locked in both orders, one nested in the other, with stops of the world between.
static PyObject left;
static PyObject right;
static int64_t left_count;
static int64_t right_count;

static void
count_with_sections(void *arg)
{
    bool odd = ((intptr_t)arg & 1) != 0;
    for (int i = 0; i < ROUNDS / 4; i++) {
        CriticalSection2 two;
        critical_section2_begin(&two, odd ? &left : &right, odd ? &right : &left);
        left_count++;
        right_count++;
        critical_section2_end(&two);
        CriticalSection outer;
        CriticalSection inner;
        critical_section_begin(&outer, odd ? &left : &right);
        critical_section_begin(&inner, odd ? &right : &left);
        CriticalSection same;
        critical_section_begin(&same, odd ? &right : &left);
        *(odd ? &right_count : &left_count) += 1;
        critical_section_end(&same);
        critical_section_end(&inner);
        *(odd ? &left_count : &right_count) += 1;
        critical_section_end(&outer);
        safepoint();
    }
}

static void
stop_often(void *arg)
{
    (void)arg;
    while (!atomic_load_acquire_u8(&finished)) {
        world_stop(test_interp);
        assert_true(world_is_stopped(test_interp));
        // A lock that was just handed over is given away by who cannot attach.
        mutex_lock_brief(&left.ob_mutex);
        mutex_unlock(&left.ob_mutex);
        mutex_lock_brief(&right.ob_mutex);
        mutex_unlock(&right.ob_mutex);
        int64_t before = left_count;
        for (volatile int i = 0; i < 1000; i++) {
        }
        assert_int_equal(left_count, before);
        world_start(test_interp);
        safepoint();
    }
}

static void
test_sections(void **state)
{
    (void)state;
    TestThread stopper;
    atomic_store_release_u8(&finished, 0);
    start_thread(&stopper, stop_often, NULL);
    run_threads(count_with_sections);
    atomic_store_release_u8(&finished, 1);
    join_thread(&stopper);
    assert_int_equal(left_count, THREADS * (ROUNDS / 4) * 2);
    assert_int_equal(right_count, THREADS * (ROUNDS / 4) * 2);
    assert_int_equal(left.ob_mutex._bits, 0);
    assert_int_equal(thread_current()->critical_section, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exclusion), cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_recursive), cmocka_unit_test(test_event),
        cmocka_unit_test(test_sections),
    };
    return cmocka_run_group_tests(tests, start_runtime, NULL);
}
