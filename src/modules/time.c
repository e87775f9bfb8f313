// Native module time: clocks and sleeping. Calendar functions are in time_calendar.c.
//
// Threading: no state. A sleeping thread is detached.
#include "modules/module.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "abi/exceptions.h"
#include "modules/native_type.h"
#include "modules/time_convert.h"
#include "modules/time_internal.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/namespace.h"
#include "objects/number.h"
#include "objects/str.h"
#include "platform/time.h"
#include "runtime/signals.h"
#include "runtime/sys.h"
#include "thread/runtime.h"

#define FAST(function) FASTCALL(function), METH_FASTCALL

static PyObject *
seconds_object(int64_t ns)
{
    return float_from_double((double)ns / 1e9);
}

// ---- clocks ----

#define CLOCK(name, function)                                                                    \
    static PyObject *time_##name(PyObject *module, PyObject *unused)                             \
    {                                                                                            \
        return seconds_object(function());                                                       \
    }                                                                                            \
    static PyObject *time_##name##_ns(PyObject *module, PyObject *unused)                        \
    {                                                                                            \
        return int_from_i64(function());                                                         \
    }

CLOCK(time, os_time_wall)
CLOCK(monotonic, os_time_monotonic)
CLOCK(perf_counter, os_time_monotonic)
CLOCK(process_time, os_time_process_cpu)
CLOCK(thread_time, os_time_thread_cpu)

static int
clock_converter(PyObject *arg, void *result)
{
    if (!int_check(arg)) {
        error_format(PyExc_TypeError, "clk_id should be integer, not %.200s",
                     type_of(arg)->tp_name);
        return 0;
    }
    int64_t clock = int_as_i64(arg);
    if (clock == -1 && error_occurred()) {
        return 0;
    }
    if (clock != (clockid_t)clock) {
        error_set(PyExc_OverflowError, "clk_id is too large");
        return 0;
    }
    *(clockid_t *)result = (clockid_t)clock;
    return 1;
}

// 0, or -1 with OSError.
static int
read_clock(PyObject *arg, int (*read)(clockid_t, struct timespec *), struct timespec *result)
{
    clockid_t clock;
    if (!clock_converter(arg, &clock)) {
        return -1;
    }
    if (read(clock, result) != 0) {
        error_set_errno(PyExc_OSError);
        return -1;
    }
    return 0;
}

static PyObject *
time_clock_gettime(PyObject *module, PyObject *arg)
{
    struct timespec now;
    return read_clock(arg, clock_gettime, &now) < 0
               ? NULL
               : seconds_object((int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
}

static PyObject *
time_clock_gettime_ns(PyObject *module, PyObject *arg)
{
    struct timespec now;
    return read_clock(arg, clock_gettime, &now) < 0
               ? NULL
               : int_from_i64((int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
}

static PyObject *
time_clock_getres(PyObject *module, PyObject *arg)
{
    struct timespec tick;
    return read_clock(arg, clock_getres, &tick) < 0
               ? NULL
               : float_from_double((double)tick.tv_sec + (double)tick.tv_nsec * 1e-9);
}

static PyObject *
set_clock(clockid_t clock, int64_t ns)
{
    struct timespec time = time_ns_to_timespec(ns);
    return clock_settime(clock, &time) != 0 ? error_set_errno(PyExc_OSError) : new_ref(Py_None);
}

static PyObject *
time_clock_settime(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    clockid_t clock;
    PyObject *seconds;
    int64_t ns;
    if (!args_parse_stack(args, nargs, "O&O:clock_settime", clock_converter, &clock, &seconds)
        || time_object_to_ns(seconds, &ns, TIME_ROUND_FLOOR) < 0) {
        return NULL;
    }
    return set_clock(clock, ns);
}

static PyObject *
time_clock_settime_ns(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    clockid_t clock;
    PyObject *number;
    if (!args_parse_stack(args, nargs, "O&O:clock_settime", clock_converter, &clock, &number)) {
        return NULL;
    }
    if (!int_check(number)) {
        return error_format(PyExc_TypeError, "expect int, got %.200s", type_of(number)->tp_name);
    }
    int64_t ns = int_as_i64(number);
    return ns == -1 && error_occurred() ? NULL : set_clock(clock, ns);
}

// The C library reads freed memory when given the identity of a thread that is gone: only threads of
// this interpreter are looked up.
static PyObject *
time_pthread_getcpuclockid(PyObject *module, PyObject *arg)
{
    unsigned long ident = (unsigned long)int_as_u64_mask(arg);
    if (error_occurred()) {
        return NULL;
    }
    clockid_t clock;
    int error = ESRCH;
    if (thread_find(thread_interpreter(thread_current()), ident) != NULL) {
        error = pthread_getcpuclockid((pthread_t)ident, &clock);
    }
    if (error != 0) {
        errno = error;
        return error_set_errno(PyExc_OSError);
    }
    return int_from_i64(clock);
}

typedef struct {
    const char *name;
    const char *implementation;
    clockid_t clock;
    bool monotonic;
    bool adjustable;
} ClockInfo;

static const ClockInfo clock_infos[] = {
    {"time", "clock_gettime(CLOCK_REALTIME)", CLOCK_REALTIME, false, true},
    {"monotonic", "clock_gettime(CLOCK_MONOTONIC)", CLOCK_MONOTONIC, true, false},
    {"perf_counter", "clock_gettime(CLOCK_MONOTONIC)", CLOCK_MONOTONIC, true, false},
    {"process_time", "clock_gettime(CLOCK_PROCESS_CPUTIME_ID)", CLOCK_PROCESS_CPUTIME_ID, true,
     false},
    {"thread_time", "clock_gettime(CLOCK_THREAD_CPUTIME_ID)", CLOCK_THREAD_CPUTIME_ID, true,
     false},
};

static int
add_info(PyObject *dict, const char *key, PyObject *value)
{
    int result = value == NULL ? -1 : dict_set_cstr(dict, key, value);
    xdecref(value);
    return result;
}

static PyObject *
clock_info(const ClockInfo *info)
{
    struct timespec tick = {0, 1};
    clock_getres(info->clock, &tick);
    PyObject *dict = dict_new();
    PyObject *result = NULL;
    if (dict != NULL
        && add_info(dict, "implementation", str_from_cstr(info->implementation)) == 0
        && add_info(dict, "monotonic", bool_from_int(info->monotonic)) == 0
        && add_info(dict, "adjustable", bool_from_int(info->adjustable)) == 0
        && add_info(dict, "resolution",
                    float_from_double((double)tick.tv_sec + (double)tick.tv_nsec * 1e-9))
               == 0) {
        result = namespace_new(dict);
    }
    xdecref(dict);
    return result;
}

static PyObject *
time_get_clock_info(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *name;
    if (!args_parse_stack(args, nargs, "U:get_clock_info", &name)) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof clock_infos / sizeof *clock_infos; i++) {
        if (str_equal_cstr(name, clock_infos[i].name)) {
            return clock_info(&clock_infos[i]);
        }
    }
    return error_set(PyExc_ValueError, "unknown clock");
}

// ---- sleeping ----

// Until a moment of the monotonic clock, so that interruptions do not lengthen the sleep.
static PyObject *
sleep_until(int64_t deadline)
{
    struct timespec moment = time_ns_to_timespec(deadline);
    Thread *ts = thread_current();
    for (;;) {
        thread_detach(ts);
        int error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, NULL);
        thread_attach(ts);
        if (error == 0) {
            return new_ref(Py_None);
        }
        if (error != EINTR) {
            errno = error;
            return error_set_errno(PyExc_OSError);
        }
        if (signals_check() < 0) {
            return NULL;
        }
    }
}

static PyObject *
time_sleep(PyObject *module, PyObject *arg)
{
    int64_t ns;
    if (sys_audit("time.sleep", "O", arg) < 0
        || time_object_to_ns(arg, &ns, TIME_ROUND_UP) < 0) {
        return NULL;
    }
    if (ns < 0) {
        return error_set(PyExc_ValueError, "sleep length must be non-negative");
    }
    return sleep_until(time_add(os_time_monotonic(), ns));
}

static PyMethodDef time_methods[] = {
    {"time", time_time, METH_NOARGS,
     "time() -> floating-point number\n\nSeconds since the epoch, 1970-01-01 UTC."},
    {"time_ns", time_time_ns, METH_NOARGS,
     "time_ns() -> int\n\nNanoseconds since the epoch, 1970-01-01 UTC."},
    {"monotonic", time_monotonic, METH_NOARGS,
     "monotonic() -> float\n\nClock that never goes backwards, in seconds."},
    {"monotonic_ns", time_monotonic_ns, METH_NOARGS,
     "monotonic_ns() -> int\n\nClock that never goes backwards, in nanoseconds."},
    {"perf_counter", time_perf_counter, METH_NOARGS,
     "perf_counter() -> float\n\nClock for measuring short times, in seconds."},
    {"perf_counter_ns", time_perf_counter_ns, METH_NOARGS,
     "perf_counter_ns() -> int\n\nClock for measuring short times, in nanoseconds."},
    {"process_time", time_process_time, METH_NOARGS,
     "process_time() -> float\n\nCPU time of the process in seconds."},
    {"process_time_ns", time_process_time_ns, METH_NOARGS,
     "process_time_ns() -> int\n\nCPU time of the process in nanoseconds."},
    {"thread_time", time_thread_time, METH_NOARGS,
     "thread_time() -> float\n\nCPU time of the thread in seconds."},
    {"thread_time_ns", time_thread_time_ns, METH_NOARGS,
     "thread_time_ns() -> int\n\nCPU time of the thread in nanoseconds."},
    {"clock_gettime", time_clock_gettime, METH_O,
     "clock_gettime($module, clk_id, /)\n--\n\nTime of a clock in seconds."},
    {"clock_gettime_ns", time_clock_gettime_ns, METH_O,
     "clock_gettime_ns($module, clk_id, /)\n--\n\nTime of a clock in nanoseconds."},
    {"clock_getres", time_clock_getres, METH_O,
     "clock_getres(clk_id) -> floating-point number\n\nResolution of a clock in seconds."},
    {"clock_settime", FAST(time_clock_settime),
     "clock_settime(clk_id, time)\n\nSet a clock, in seconds."},
    {"clock_settime_ns", FAST(time_clock_settime_ns),
     "clock_settime_ns(clk_id, time)\n\nSet a clock, in nanoseconds."},
    {"pthread_getcpuclockid", time_pthread_getcpuclockid, METH_O,
     "pthread_getcpuclockid(thread_id) -> int\n\nThe clock of the CPU time of a thread."},
    {"get_clock_info", FAST(time_get_clock_info),
     "get_clock_info(name: str) -> dict\n\nFacts about a clock of this module."},
    {"sleep", time_sleep, METH_O,
     "sleep(seconds)\n\nWait for a time, which may have a fraction."},
    {NULL, NULL, 0, NULL},
};

static int
time_exec(PyObject *module)
{
    static const struct {
        const char *name;
        clockid_t clock;
    } clocks[] = {
        {"CLOCK_REALTIME", CLOCK_REALTIME}, {"CLOCK_MONOTONIC", CLOCK_MONOTONIC},
        {"CLOCK_MONOTONIC_RAW", CLOCK_MONOTONIC_RAW}, {"CLOCK_BOOTTIME", CLOCK_BOOTTIME},
        {"CLOCK_TAI", CLOCK_TAI}, {"CLOCK_PROCESS_CPUTIME_ID", CLOCK_PROCESS_CPUTIME_ID},
        {"CLOCK_THREAD_CPUTIME_ID", CLOCK_THREAD_CPUTIME_ID},
    };
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        if (module_add_int(module, clocks[i].name, clocks[i].clock) < 0) {
            return -1;
        }
    }
    if (module_add_functions(module, time_calendar_methods) < 0) {
        return -1;
    }
    return time_calendar_exec(module);
}

static PyModuleDef_Slot time_slots[] = {
    {Py_mod_exec, time_exec},
    {0, NULL},
};

static PyModuleDef time_definition = {
    .m_name = "time",
    .m_doc = "Times of day, clocks, dates and waiting.\n\n"
             "A moment is a number of seconds since the epoch, 1970-01-01 UTC; a date is a\n"
             "struct_time, which is a tuple of year, month, day, hour, minute, second, weekday\n"
             "(Monday is 0), day of the year and whether summer time is in effect.",
    .m_methods = time_methods,
    .m_slots = time_slots,
};

NATIVE_MODULE(time, &time_definition)
