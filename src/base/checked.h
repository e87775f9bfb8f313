// Arithmetic that tells about overflow. Each function returns true when the exact result fits
// and was stored; on false *result is unspecified.
#ifndef TYPHON_BASE_CHECKED_H
#define TYPHON_BASE_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

static inline bool
checked_add_size(size_t a, size_t b, size_t *result)
{
    return !__builtin_add_overflow(a, b, result);
}

static inline bool
checked_mul_size(size_t a, size_t b, size_t *result)
{
    return !__builtin_mul_overflow(a, b, result);
}

static inline bool
checked_add_ssize(ssize_t a, ssize_t b, ssize_t *result)
{
    return !__builtin_add_overflow(a, b, result);
}

static inline bool
checked_sub_ssize(ssize_t a, ssize_t b, ssize_t *result)
{
    return !__builtin_sub_overflow(a, b, result);
}

static inline bool
checked_mul_ssize(ssize_t a, ssize_t b, ssize_t *result)
{
    return !__builtin_mul_overflow(a, b, result);
}

static inline bool
checked_add_i64(int64_t a, int64_t b, int64_t *result)
{
    return !__builtin_add_overflow(a, b, result);
}

static inline bool
checked_sub_i64(int64_t a, int64_t b, int64_t *result)
{
    return !__builtin_sub_overflow(a, b, result);
}

static inline bool
checked_mul_i64(int64_t a, int64_t b, int64_t *result)
{
    return !__builtin_mul_overflow(a, b, result);
}

// header + count * item_size, as for allocations of variable size.
static inline bool
checked_array_size(size_t header, size_t count, size_t item_size, size_t *result)
{
    size_t items;
    return checked_mul_size(count, item_size, &items) && checked_add_size(header, items, result) &&
           *result <= (size_t)PTRDIFF_MAX;
}

#endif
