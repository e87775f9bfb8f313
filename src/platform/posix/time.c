// Clocks with clock_gettime. See platform/time.h. No state.
#include "platform/time.h"

#include <time.h>

static int64_t
clock_read(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0) {
        return 0;
    }
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t os_time_monotonic(void) { return clock_read(CLOCK_MONOTONIC); }
int64_t os_time_wall(void) { return clock_read(CLOCK_REALTIME); }
int64_t os_time_process_cpu(void) { return clock_read(CLOCK_PROCESS_CPUTIME_ID); }
int64_t os_time_thread_cpu(void) { return clock_read(CLOCK_THREAD_CPUTIME_ID); }
