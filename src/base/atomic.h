// Atomic operations, the memory order in the name. The only file that uses the compiler's
// atomic builtins: everything else calls these, so that an order can be found by grep.
//
// Families: u8, u16, u32, u64, int, ssize, uptr, and ptr (macros: pointers and scalars of any type).
//   atomic_load_relaxed_T   atomic_load_acquire_T
//   atomic_store_relaxed_T  atomic_store_release_T
//   atomic_add_T (sequentially consistent, returns the old value)
//   atomic_or_T, atomic_and_T, atomic_exchange_T, atomic_cas_T
#ifndef TYPHON_BASE_ATOMIC_H
#define TYPHON_BASE_ATOMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ATOMIC_FAMILY(T, NAME)                                                             \
    static inline T atomic_load_relaxed_##NAME(const T *p)                                 \
    {                                                                                      \
        return __atomic_load_n(p, __ATOMIC_RELAXED);                                       \
    }                                                                                      \
    static inline T atomic_load_acquire_##NAME(const T *p)                                 \
    {                                                                                      \
        return __atomic_load_n(p, __ATOMIC_ACQUIRE);                                       \
    }                                                                                      \
    static inline T atomic_load_##NAME(const T *p)                                         \
    {                                                                                      \
        return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                       \
    }                                                                                      \
    static inline void atomic_store_relaxed_##NAME(T *p, T value)                          \
    {                                                                                      \
        __atomic_store_n(p, value, __ATOMIC_RELAXED);                                      \
    }                                                                                      \
    static inline void atomic_store_release_##NAME(T *p, T value)                          \
    {                                                                                      \
        __atomic_store_n(p, value, __ATOMIC_RELEASE);                                      \
    }                                                                                      \
    static inline void atomic_store_##NAME(T *p, T value)                                  \
    {                                                                                      \
        __atomic_store_n(p, value, __ATOMIC_SEQ_CST);                                      \
    }                                                                                      \
    static inline T atomic_exchange_##NAME(T *p, T value)                                  \
    {                                                                                      \
        return __atomic_exchange_n(p, value, __ATOMIC_SEQ_CST);                            \
    }                                                                                      \
    static inline T atomic_add_##NAME(T *p, T value)                                       \
    {                                                                                      \
        return __atomic_fetch_add(p, value, __ATOMIC_SEQ_CST);                             \
    }                                                                                      \
    static inline T atomic_or_##NAME(T *p, T value)                                        \
    {                                                                                      \
        return __atomic_fetch_or(p, value, __ATOMIC_SEQ_CST);                              \
    }                                                                                      \
    static inline T atomic_and_##NAME(T *p, T value)                                       \
    {                                                                                      \
        return __atomic_fetch_and(p, value, __ATOMIC_SEQ_CST);                             \
    }                                                                                      \
    /* On failure *expected receives what was found. */                                    \
    static inline bool atomic_cas_##NAME(T *p, T *expected, T desired)                     \
    {                                                                                      \
        return __atomic_compare_exchange_n(p, expected, desired, false, __ATOMIC_SEQ_CST,  \
                                           __ATOMIC_SEQ_CST);                              \
    }

ATOMIC_FAMILY(uint8_t, u8)
ATOMIC_FAMILY(uint16_t, u16)
ATOMIC_FAMILY(uint32_t, u32)
ATOMIC_FAMILY(uint64_t, u64)
ATOMIC_FAMILY(int, int)
ATOMIC_FAMILY(ssize_t, ssize)
ATOMIC_FAMILY(uintptr_t, uptr)

#undef ATOMIC_FAMILY

// Pointers keep their type.
#define atomic_load_relaxed_ptr(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define atomic_load_acquire_ptr(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define atomic_load_ptr(p) __atomic_load_n((p), __ATOMIC_SEQ_CST)
#define atomic_store_relaxed_ptr(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define atomic_store_release_ptr(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define atomic_store_ptr(p, v) __atomic_store_n((p), (v), __ATOMIC_SEQ_CST)
#define atomic_exchange_ptr(p, v) __atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#define atomic_cas_ptr(p, expected, desired)                                               \
    __atomic_compare_exchange_n((p), (expected), (desired), false, __ATOMIC_SEQ_CST,       \
                                __ATOMIC_SEQ_CST)

static inline void atomic_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
static inline void atomic_fence_acquire(void) { __atomic_thread_fence(__ATOMIC_ACQUIRE); }
static inline void atomic_fence_release(void) { __atomic_thread_fence(__ATOMIC_RELEASE); }

#endif
