// posix: copying between descriptors in the kernel, and descriptors that are no files (memfd,
// eventfd, timerfd, pidfd).
//
// Threading: see posix_internal.h.
#include "modules/posix_internal.h"

#include <limits.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "modules/time_convert.h"
#include "objects/bytes.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/str.h"
#include "objects/tuple.h"

// ---- copying ----

// sendfile(out_fd, in_fd, offset, count); offset None: from in_fd's position.
static PyObject *
os_sendfile(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"out_fd", "in_fd", "offset", "count", NULL};
    static ArgsParser parser = {.format = "iiO&n:sendfile", .keywords = keywords};
    int out_fd, in_fd;
    PosixOffset offset;
    Py_ssize_t count;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &out_fd, &in_fd,
                                   posix_offset_or_none_converter, &offset, &count)) {
        return NULL;
    }
    ssize_t copied;
    POSIX_RETRY(copied, sendfile(out_fd, in_fd, offset.given ? &offset.value : NULL,
                                 (size_t)count));
    return copied < 0 ? posix_error() : int_from_ssize(copied);
}

static bool
check_count(Py_ssize_t count)
{
    if (count < 0) {
        error_set(PyExc_ValueError, "negative value for 'count' not allowed");
    }
    return count >= 0;
}

static PyObject *
os_copy_file_range(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"src", "dst", "count", "offset_src", "offset_dst",
                                           NULL};
    static ArgsParser parser = {.format = "iin|O&O&:copy_file_range", .keywords = keywords};
    int src, dst;
    Py_ssize_t count;
    PosixOffset from = {0};
    PosixOffset to = {0};
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &src, &dst, &count,
                                   posix_offset_or_none_converter, &from,
                                   posix_offset_or_none_converter, &to)
        || !check_count(count)) {
        return NULL;
    }
    ssize_t copied;
    POSIX_RETRY(copied, copy_file_range(src, from.given ? &from.value : NULL, dst,
                                        to.given ? &to.value : NULL, (size_t)count, 0));
    return copied < 0 ? posix_error() : int_from_ssize(copied);
}

static PyObject *
os_splice(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"src", "dst", "count", "offset_src", "offset_dst",
                                           "flags", NULL};
    static ArgsParser parser = {.format = "iin|O&O&I:splice", .keywords = keywords};
    int src, dst;
    Py_ssize_t count;
    PosixOffset from = {0};
    PosixOffset to = {0};
    unsigned int flags = 0;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &src, &dst, &count,
                                   posix_offset_or_none_converter, &from,
                                   posix_offset_or_none_converter, &to, &flags)
        || !check_count(count)) {
        return NULL;
    }
    ssize_t copied;
    POSIX_RETRY(copied, splice(src, from.given ? &from.value : NULL, dst,
                               to.given ? &to.value : NULL, (size_t)count, flags));
    return copied < 0 ? posix_error() : int_from_ssize(copied);
}

// ---- memory and processes ----

static PyObject *
os_memfd_create(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"name", "flags", NULL};
    static ArgsParser parser = {.format = "O&|I:memfd_create", .keywords = keywords};
    PyObject *name = NULL;
    unsigned int flags = MFD_CLOEXEC;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, str_fs_converter, &name,
                                   &flags)) {
        return NULL;
    }
    int fd;
    POSIX_DETACHED(fd = memfd_create(bytes_data(name), flags));
    decref(name);
    return fd < 0 ? posix_error() : int_from_i64(fd);
}

static PyObject *
os_pidfd_open(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"pid", "flags", NULL};
    static ArgsParser parser = {.format = "i|I:pidfd_open", .keywords = keywords};
    int pid;
    unsigned int flags = 0;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &pid, &flags)) {
        return NULL;
    }
    int fd = (int)syscall(SYS_pidfd_open, pid, flags);
    return fd < 0 ? posix_error() : int_from_i64(fd);
}

// ---- eventfd ----

static PyObject *
os_eventfd(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"initval", "flags", NULL};
    static ArgsParser parser = {.format = "O|i:eventfd", .keywords = keywords};
    PyObject *initial;
    int flags = EFD_CLOEXEC;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &initial, &flags)) {
        return NULL;
    }
    int64_t value = int_as_i64(initial);
    if (value == -1 && error_occurred()) {
        return NULL;
    }
    if (value < 0 || value > UINT_MAX) {
        return error_set(PyExc_OverflowError, "Python int too large to convert to C unsigned int");
    }
    int fd;
    POSIX_DETACHED(fd = eventfd((unsigned)value, flags));
    return fd < 0 ? posix_error() : int_from_i64(fd);
}

static PyObject *
os_eventfd_read(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"fd", NULL};
    static ArgsParser parser = {.format = "O&:eventfd_read", .keywords = keywords};
    int fd, failed;
    eventfd_t value;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_fd_converter, &fd)) {
        return NULL;
    }
    POSIX_DETACHED(failed = eventfd_read(fd, &value));
    return failed < 0 ? posix_error() : int_from_u64(value);
}

static PyObject *
os_eventfd_write(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"fd", "value", NULL};
    static ArgsParser parser = {.format = "O&O:eventfd_write", .keywords = keywords};
    int fd, failed;
    PyObject *arg;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_fd_converter, &fd, &arg)) {
        return NULL;
    }
    uint64_t value = int_as_u64(arg);
    if (value == UINT64_MAX && error_occurred()) {
        return NULL;
    }
    POSIX_DETACHED(failed = eventfd_write(fd, value));
    return posix_none_or_error(failed);
}

// ---- timerfd ----

static PyObject *
os_timerfd_create(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"", "flags", NULL};
    static ArgsParser parser = {.format = "i|$i:timerfd_create", .keywords = keywords};
    int clock;
    int flags = TFD_CLOEXEC;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &clock, &flags)) {
        return NULL;
    }
    int fd;
    POSIX_DETACHED(fd = timerfd_create(clock, flags));
    return fd < 0 ? posix_error() : int_from_i64(fd);
}

static PyObject *
timer_part(const struct timespec *time, bool as_ns)
{
    return as_ns ? posix_nanoseconds(time->tv_sec, time->tv_nsec)
                 : float_from_double(posix_seconds(time->tv_sec, time->tv_nsec));
}

// (time to the next expiration, interval)
static PyObject *
timer_result(const struct itimerspec *timer, bool as_ns)
{
    PyObject *next = timer_part(&timer->it_value, as_ns);
    PyObject *interval = timer_part(&timer->it_interval, as_ns);
    if (next == NULL || interval == NULL) {
        xdecref(next);
        xdecref(interval);
        return NULL;
    }
    return tuple_pair_steal(next, interval);
}

static PyObject *
set_timer(int fd, int flags, const struct timespec *initial, const struct timespec *interval,
          bool as_ns)
{
    struct itimerspec timer = {.it_value = *initial, .it_interval = *interval};
    struct itimerspec old;
    int failed;
    POSIX_DETACHED(failed = timerfd_settime(fd, flags, &timer, &old));
    return failed < 0 ? posix_error() : timer_result(&old, as_ns);
}

static const char *const timer_keywords[] = {"", "flags", "initial", "interval", NULL};

static PyObject *
os_timerfd_settime(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "O&|$iOO:timerfd_settime", .keywords = timer_keywords};
    int fd;
    int flags = 0;
    PyObject *times[2] = {NULL, NULL};
    struct timespec values[2] = {{0}, {0}};
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_fd_converter, &fd, &flags,
                                   &times[0], &times[1])) {
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        int64_t ns = 0;
        if (times[i] == NULL) {
            continue;
        }
        double seconds = float_as_double(times[i]);
        PyObject *number = seconds == -1.0 && error_occurred() ? NULL : float_from_double(seconds);
        int failed = number == NULL ? -1 : time_object_to_ns(number, &ns, TIME_ROUND_FLOOR);
        xdecref(number);
        if (failed < 0) {
            return NULL;
        }
        values[i] = time_ns_to_timespec(ns);
    }
    return set_timer(fd, flags, &values[0], &values[1], false);
}

static PyObject *
os_timerfd_settime_ns(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "O&|$iLL:timerfd_settime_ns",
                                .keywords = timer_keywords};
    int fd;
    int flags = 0;
    long long initial = 0;
    long long interval = 0;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_fd_converter, &fd, &flags,
                                   &initial, &interval)) {
        return NULL;
    }
    struct timespec first = time_ns_to_timespec(initial);
    struct timespec later = time_ns_to_timespec(interval);
    return set_timer(fd, flags, &first, &later, true);
}

static PyObject *
get_timer(PyObject *arg, bool as_ns)
{
    int fd, failed;
    struct itimerspec timer;
    if (!posix_fd_converter(arg, &fd)) {
        return NULL;
    }
    POSIX_DETACHED(failed = timerfd_gettime(fd, &timer));
    return failed < 0 ? posix_error() : timer_result(&timer, as_ns);
}

static PyObject *
os_timerfd_gettime(PyObject *module, PyObject *arg)
{
    return get_timer(arg, false);
}

static PyObject *
os_timerfd_gettime_ns(PyObject *module, PyObject *arg)
{
    return get_timer(arg, true);
}

PyMethodDef posix_kernel_fd_methods[] = {
    {"sendfile", KEYWORDS(os_sendfile),
     "sendfile($module, /, out_fd, in_fd, offset, count)\n--\n\n"
     "Copy count bytes from descriptor in_fd to descriptor out_fd."},
    {"copy_file_range", KEYWORDS(os_copy_file_range),
     "copy_file_range($module, /, src, dst, count, offset_src=None,\n"
     "                offset_dst=None)\n--\n\n"
     "Copy count bytes from one file to another within the kernel."},
    {"splice", KEYWORDS(os_splice),
     "splice($module, /, src, dst, count, offset_src=None, offset_dst=None,\n"
     "       flags=0)\n--\n\nMove count bytes between two descriptors, one of them a pipe."},
    {"memfd_create", KEYWORDS(os_memfd_create),
     "memfd_create($module, /, name, flags=MFD_CLOEXEC)\n--\n\nOpen a file that lives in memory."},
    {"pidfd_open", KEYWORDS(os_pidfd_open),
     "pidfd_open($module, /, pid, flags=0)\n--\n\nA descriptor for a process."},
    {"eventfd", KEYWORDS(os_eventfd),
     "eventfd($module, /, initval, flags=EFD_CLOEXEC)\n--\n\nOpen an event counter."},
    {"eventfd_read", KEYWORDS(os_eventfd_read),
     "eventfd_read($module, /, fd)\n--\n\nRead the value of an event counter."},
    {"eventfd_write", KEYWORDS(os_eventfd_write),
     "eventfd_write($module, /, fd, value)\n--\n\nAdd to an event counter."},
    {"timerfd_create", KEYWORDS(os_timerfd_create),
     "timerfd_create($module, clockid, /, *, flags=0)\n--\n\nOpen a timer."},
    {"timerfd_settime", KEYWORDS(os_timerfd_settime),
     "timerfd_settime($module, fd, /, *, flags=0, initial=0.0, interval=0.0)\n--\n\n"
     "Start or stop a timer, times in seconds: its old state."},
    {"timerfd_settime_ns", KEYWORDS(os_timerfd_settime_ns),
     "timerfd_settime_ns($module, fd, /, *, flags=0, initial=0, interval=0)\n--\n\n"
     "Start or stop a timer, times in nanoseconds: its old state."},
    {"timerfd_gettime", os_timerfd_gettime, METH_O,
     "timerfd_gettime($module, fd, /)\n--\n\n"
     "Seconds to the next expiration of a timer, and its interval."},
    {"timerfd_gettime_ns", os_timerfd_gettime_ns, METH_O,
     "timerfd_gettime_ns($module, fd, /)\n--\n\n"
     "Nanoseconds to the next expiration of a timer, and its interval."},
    {NULL, NULL, 0, NULL},
};
