// Clocks. Nanoseconds everywhere; they do not fail.
#ifndef TYPHON_PLATFORM_TIME_H
#define TYPHON_PLATFORM_TIME_H

#include <stdint.h>

// Monotonic clock with an arbitrary start.
int64_t os_time_monotonic(void);

// Time since 1970-01-01 UTC.
int64_t os_time_wall(void);

// CPU time of the process / of the calling thread.
int64_t os_time_process_cpu(void);
int64_t os_time_thread_cpu(void);

#endif
