// Buffers from the C library's allocator, with injected failures; see alloc.h.
//
// Owns the countdown to the next injected failure (tests only).
#include "memory/alloc.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/hooks.h"

ssize_t mem_fail_countdown = -1;
static uint8_t fail_forever;    // atomic

void
mem_fail_after(int64_t n, bool forever)
{
    atomic_store_relaxed_u8(&fail_forever, forever);
    atomic_store_ssize(&mem_fail_countdown, n < 0 ? -1 : (ssize_t)n);
}

bool
mem_should_fail_slow(void)
{
    ssize_t left = atomic_load_relaxed_ssize(&mem_fail_countdown);
    while (left >= 0) {
        ssize_t next = left > 0 ? left - 1 : atomic_load_relaxed_u8(&fail_forever) ? 0 : -1;
        if (atomic_cas_ssize(&mem_fail_countdown, &left, next)) {
            return left == 0;
        }
    }
    return false;
}

void *
mem_alloc(size_t size)
{
    if (size > (size_t)PTRDIFF_MAX || mem_should_fail()) {
        return NULL;
    }
    return malloc(size != 0 ? size : 1);
}

void *
mem_calloc(size_t count, size_t size)
{
    size_t total;
    if (!checked_array_size(0, count, size, &total) || mem_should_fail()) {
        return NULL;
    }
    return calloc(1, total != 0 ? total : 1);
}

void *
mem_realloc(void *p, size_t size)
{
    if (size > (size_t)PTRDIFF_MAX || mem_should_fail()) {
        return NULL;
    }
    return realloc(p, size != 0 ? size : 1);
}

void
mem_free(void *p)
{
    free(p);
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
