// Times given as Python numbers: seconds as float or int, into the C forms of the system.
//
// Threading: pure, but for calls of __index__.
#ifndef TYPHON_MODULES_TIME_CONVERT_H
#define TYPHON_MODULES_TIME_CONVERT_H

#include <stdint.h>
#include <sys/time.h>
#include <time.h>

#include "abi/object.h"

typedef enum {
    TIME_ROUND_FLOOR,       // towards minus infinity
    TIME_ROUND_CEILING,     // towards infinity
    TIME_ROUND_HALF_EVEN,
    TIME_ROUND_UP,          // away from zero: timeouts
} TimeRound;

// All: 0, or -1 with ValueError "Invalid value NaN (not a number)", OverflowError "timestamp out of
// range for platform time_t" (or "timestamp too large to convert to C PyTime_t") or TypeError.

int time_object_to_time_t(PyObject *op, time_t *seconds, TimeRound round);
int time_object_to_timespec(PyObject *op, struct timespec *result, TimeRound round);
int time_object_to_timeval(PyObject *op, struct timeval *result, TimeRound round);
int time_object_to_ns(PyObject *op, int64_t *ns, TimeRound round);

// A number of milliseconds as nanoseconds (poll, epoll).
int time_object_ms_to_ns(PyObject *op, int64_t *ns, TimeRound round);

// ns / unit rounded; unit > 0.
int64_t time_divide(int64_t ns, int64_t unit, TimeRound round);

// Never overflow: clipped to the range of time.
struct timespec time_ns_to_timespec(int64_t ns);
struct timeval time_ns_to_timeval(int64_t ns, TimeRound round);

// a + b, clipped.
int64_t time_add(int64_t a, int64_t b);

#endif
