// Buffers from the C library's allocator, with injected failures; see alloc.h.
//
// Owns what mem_fail_between asked for, and a count of buffers in builds with assertions.
#include "memory/alloc.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/hooks.h"

int mem_fail_threads;

// What mem_fail_between asked for.
typedef struct Failures {
    bool on;
    uint64_t count;     // allocations so far
    uint64_t start;
    uint64_t stop;
} Failures;

static _Thread_local Failures failures;     // owner thread

void
mem_fail_between(uint64_t start, uint64_t stop)
{
    if (!failures.on) {
        atomic_add_int(&mem_fail_threads, 1);
    }
    failures = (Failures){.on = true, .start = start, .stop = stop};
}

uint64_t
mem_fail_remove(void)
{
    if (failures.on) {
        failures.on = false;
        atomic_add_int(&mem_fail_threads, -1);
    }
    return failures.count;
}

bool
mem_should_fail_slow(void)
{
    if (!failures.on) {
        return false;
    }
    uint64_t number = ++failures.count;
    return number > failures.start && (failures.stop == 0 || number <= failures.stop);
}

// ---- buffers ----

#ifdef NDEBUG
const bool mem_buffers_counted = false;
#define COUNT_BUFFER(p, change) (p)
#else
const bool mem_buffers_counted = true;
static ssize_t buffers_in_use;      // atomic

static void *
count_buffer(void *p, ssize_t change)
{
    if (p != NULL) {
        atomic_add_ssize(&buffers_in_use, change);
    }
    return p;
}
#define COUNT_BUFFER(p, change) count_buffer(p, change)
#endif

ssize_t
mem_buffers_in_use(void)
{
#ifdef NDEBUG
    return 0;
#else
    return atomic_load_relaxed_ssize(&buffers_in_use);
#endif
}

void *
mem_alloc(size_t size)
{
    if (size > (size_t)PTRDIFF_MAX || mem_should_fail()) {
        return NULL;
    }
    return COUNT_BUFFER(malloc(size != 0 ? size : 1), 1);
}

void *
mem_calloc(size_t count, size_t size)
{
    size_t total;
    if (!checked_array_size(0, count, size, &total) || mem_should_fail()) {
        return NULL;
    }
    return COUNT_BUFFER(calloc(1, total != 0 ? total : 1), 1);
}

void *
mem_realloc(void *p, size_t size)
{
    if (size > (size_t)PTRDIFF_MAX || mem_should_fail()) {
        return NULL;
    }
    void *moved = realloc(p, size != 0 ? size : 1);
    return p == NULL ? COUNT_BUFFER(moved, 1) : moved;
}

void
mem_free(void *p)
{
    free(COUNT_BUFFER(p, -1));
}

void *
mem_alloc_array(size_t count, size_t size)
{
    size_t total;
    return checked_array_size(0, count, size, &total) ? mem_alloc(total) : NULL;
}

void *
mem_realloc_array(void *p, size_t count, size_t size)
{
    size_t total;
    return checked_array_size(0, count, size, &total) ? mem_realloc(p, total) : NULL;
}

void *
mem_alloc_or_error(size_t size)
{
    void *p = mem_alloc(size);
    if (p == NULL && hooks.error_no_memory != NULL) {
        hooks.error_no_memory();
    }
    return p;
}

void *
mem_calloc_or_error(size_t count, size_t size)
{
    void *p = mem_calloc(count, size);
    if (p == NULL && hooks.error_no_memory != NULL) {
        hooks.error_no_memory();
    }
    return p;
}

char *
mem_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = mem_alloc(size);
    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

size_t
mem_usable_size(void *p)
{
    return malloc_usable_size(p);
}
