// Waiting on a word with Linux's futex system call. See platform/futex.h. No state.
#include "platform/futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

OsWait
os_futex_wait(uint32_t *word, uint32_t expected, int64_t timeout_ns)
{
    struct timespec timeout;
    struct timespec *limit = NULL;
    if (timeout_ns >= 0) {
        timeout.tv_sec = (time_t)(timeout_ns / 1000000000);
        timeout.tv_nsec = (long)(timeout_ns % 1000000000);
        limit = &timeout;
    }
    if (syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, limit, NULL, 0) == 0) {
        return OS_WAIT_WOKEN;
    }
    switch (errno) {
    case ETIMEDOUT:
        return OS_WAIT_TIMEOUT;
    case EINTR:
        return OS_WAIT_INTERRUPTED;
    default:
        return OS_WAIT_WOKEN;   // EAGAIN: the word had changed
    }
}

void
os_futex_wake(uint32_t *word, int count)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}
