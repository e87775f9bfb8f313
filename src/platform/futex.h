// Waiting on a word of memory: the primitive below the parking lot.
#ifndef TYPHON_PLATFORM_FUTEX_H
#define TYPHON_PLATFORM_FUTEX_H

#include <stdint.h>

typedef enum { OS_WAIT_WOKEN, OS_WAIT_TIMEOUT, OS_WAIT_INTERRUPTED } OsWait;

// Sleeps while *word == expected, at most timeout_ns (negative: for ever). May wake for no
// reason. OS_WAIT_INTERRUPTED when a signal handler ran.
OsWait os_futex_wait(uint32_t *word, uint32_t expected, int64_t timeout_ns);

// Wakes up to count sleepers.
void os_futex_wake(uint32_t *word, int count);

#endif
