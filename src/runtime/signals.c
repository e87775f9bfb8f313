// Signals and the `_signal` module; see signals.h.
#include "runtime/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "abi/exceptions.h"
#include "base/atomic.h"
#include "base/hooks.h"
#include "memory/refcount.h"
#include "objects/args.h"
#include "objects/build.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/iter.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/set.h"
#include "objects/str.h"
#include "objects/structseq.h"
#include "objects/tuple.h"
#include "runtime/import.h"
#include "runtime/native.h"
#include "runtime/runtime.h"
#include "runtime/sys.h"
#include "thread/runtime.h"
#include "vm/vm.h"

// Process-wide, because signal dispositions are.
static struct {
    int arrived[NSIG];              // atomic: set by the C handler, cleared by the main thread
    int any;                        // atomic: some entry of `arrived` is set
    PyObject *handlers[NSIG];       // main thread: callable, or int SIG_DFL / SIG_IGN, or None
    int wakeup_fd;                  // atomic
    Thread *main_thread;            // set before handlers are installed; rewritten after fork
    bool wakeup_warn;               // main thread
    PyObject *itimer_error;         // immutable once running
    PyTypeObject *siginfo_type;     // immutable once running
    PyObject *default_int_handler;  // immutable once running
} state = {.wakeup_fd = -1};

// ---- arrival (async-signal context) ----

static void
note_arrival(int number)
{
    atomic_store_int(&state.arrived[number], 1);
    atomic_store_int(&state.any, 1);
    thread_interrupt(state.main_thread, BREAK_SIGNALS);
    int fd = atomic_load_int(&state.wakeup_fd);
    if (fd >= 0) {
        unsigned char byte = (unsigned char)number;
        int saved = errno;
        if (write(fd, &byte, 1) < 0) {
            // A full pipe is reported by nobody here: only async-signal-safe calls are allowed.
        }
        errno = saved;
    }
}

static void
c_handler(int number)
{
    int saved = errno;
    note_arrival(number);
    errno = saved;
}

bool
signals_trip(int number)
{
    if (number < 1 || number >= NSIG) {
        return false;
    }
    PyObject *handler = state.handlers[number];
    if (handler != NULL && handler != Py_None && !int_check(handler)) {
        note_arrival(number);
    }
    return true;
}

// ---- running handlers ----

static int
call_handler(int number)
{
    PyObject *handler = state.handlers[number];
    if (handler == NULL || handler == Py_None || int_check(handler)) {
        return 0;       // changed since the signal arrived
    }
    handler = new_ref(handler);
    PyObject *frame = (PyObject *)vm_frame(thread_current(), 0);
    PyObject *signal_number = int_from_i64(number);
    PyObject *result = NULL;
    if (signal_number != NULL && !error_occurred()) {
        result = object_call_twoargs(handler, signal_number, frame != NULL ? frame : Py_None);
    }
    xdecref(frame);
    xdecref(signal_number);
    xdecref(result);
    decref(handler);
    return result != NULL ? 0 : -1;
}

static int
run_handlers(Thread *ts)
{
    if (!thread_is_main() || !atomic_exchange_int(&state.any, 0)) {
        return 0;
    }
    for (int number = 1; number < NSIG; number++) {
        if (!atomic_exchange_int(&state.arrived[number], 0)) {
            continue;
        }
        if (call_handler(number) < 0) {
            atomic_store_int(&state.any, 1);        // others may still wait
            thread_interrupt(ts, BREAK_SIGNALS);
            return -1;
        }
    }
    return 0;
}

int
signals_check(void)
{
    return run_handlers(thread_current());
}

void
signals_after_fork(void)
{
    state.main_thread = thread_current();
    atomic_store_int(&state.any, 0);
    for (int number = 1; number < NSIG; number++) {
        atomic_store_int(&state.arrived[number], 0);
    }
}

void
signals_die_by_interrupt(void)
{
    signal(SIGINT, SIG_DFL);
    kill(getpid(), SIGINT);
}

// ---- module functions ----

static bool
check_number(int number)
{
    if (number < 1 || number >= NSIG) {
        error_set(PyExc_ValueError, "signal number out of range");
        return false;
    }
    return true;
}

static int
number_argument(PyObject *arg, int *number)
{
    *number = int_as_int(arg);
    return *number == -1 && error_occurred() ? -1 : 0;
}

static PyObject *
signal_default_int_handler(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("default_int_handler", nargs, 2, 2)) {
        return NULL;
    }
    return error_set_none(PyExc_KeyboardInterrupt);
}

static bool
install(int number, void (*handler)(int))
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_ONSTACK;       // faulthandler gives threads an alternate stack
    sigemptyset(&action.sa_mask);
    return sigaction(number, &action, NULL) == 0;
}

static PyObject *
signal_signal(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int number;
    if (!args_check_positional("signal", nargs, 2, 2) || number_argument(args[0], &number) < 0) {
        return NULL;
    }
    if (!thread_is_main()) {
        return error_set(PyExc_ValueError,
                         "signal only works in main thread of the main interpreter");
    }
    if (!check_number(number)) {
        return NULL;
    }
    PyObject *handler = args[1];
    void (*disposition)(int) = c_handler;
    if (int_check(handler)) {
        int overflow;
        int64_t code = int_as_i64_overflow(handler, &overflow);
        if (overflow || (code != (int64_t)(intptr_t)SIG_DFL && code != (int64_t)(intptr_t)SIG_IGN)) {
            goto bad_handler;
        }
        disposition = code == (int64_t)(intptr_t)SIG_DFL ? SIG_DFL : SIG_IGN;
    }
    else if (!object_callable(handler)) {
        goto bad_handler;
    }
    if (signals_check() < 0) {
        return NULL;
    }
    if (!install(number, disposition)) {
        return error_set_errno(PyExc_OSError);
    }
    PyObject *old = state.handlers[number];
    state.handlers[number] = new_ref(handler);
    return old != NULL ? old : new_ref(Py_None);
bad_handler:
    return error_set(PyExc_TypeError, "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or "
                                      "a callable object");
}

static PyObject *
signal_getsignal(PyObject *module, PyObject *arg)
{
    int number;
    if (number_argument(arg, &number) < 0 || !check_number(number)) {
        return NULL;
    }
    PyObject *handler = state.handlers[number];
    return new_ref(handler != NULL ? handler : Py_None);
}

static PyObject *
signal_strsignal(PyObject *module, PyObject *arg)
{
    int number;
    if (number_argument(arg, &number) < 0 || !check_number(number)) {
        return NULL;
    }
    errno = 0;
    const char *text = strsignal(number);
    if (text == NULL || errno != 0 || strstr(text, "Unknown signal") != NULL) {
        return new_ref(Py_None);
    }
    return str_from_cstr(text);
}

static PyObject *
signal_raise_signal(PyObject *module, PyObject *arg)
{
    int number;
    if (number_argument(arg, &number) < 0) {
        return NULL;
    }
    if (raise(number) != 0) {
        return error_set_errno(PyExc_OSError);
    }
    return signals_check() < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
signal_alarm(PyObject *module, PyObject *arg)
{
    int seconds;
    if (number_argument(arg, &seconds) < 0) {
        return NULL;
    }
    return int_from_i64(alarm((unsigned)seconds));
}

static PyObject *
signal_pause(PyObject *module, PyObject *unused)
{
    Thread *ts = thread_current();
    thread_detach(ts);
    pause();
    thread_attach(ts);
    return signals_check() < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
signal_siginterrupt(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int number;
    int flag;
    if (!args_check_positional("siginterrupt", nargs, 2, 2)
        || number_argument(args[0], &number) < 0 || number_argument(args[1], &flag) < 0
        || !check_number(number)) {
        return NULL;
    }
    struct sigaction action;
    if (sigaction(number, NULL, &action) < 0) {
        return error_set_errno(PyExc_OSError);
    }
    action.sa_flags = flag ? action.sa_flags & ~SA_RESTART : action.sa_flags | SA_RESTART;
    if (sigaction(number, &action, NULL) < 0) {
        return error_set_errno(PyExc_OSError);
    }
    return new_ref(Py_None);
}

static PyObject *
signal_set_wakeup_fd(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"", "warn_on_full_buffer", NULL};
    int fd;
    int warn = 1;
    if (!args_parse_static(args, kwargs, "i|$p:set_wakeup_fd", names, &fd, &warn)) {
        return NULL;
    }
    if (!thread_is_main()) {
        return error_set(PyExc_ValueError,
                         "set_wakeup_fd only works in main thread of the main interpreter");
    }
    if (fd != -1) {
        int flags = fcntl(fd, F_GETFL);
        if (flags < 0) {
            return error_set_errno(PyExc_OSError);
        }
        if (!(flags & O_NONBLOCK)) {
            return error_format(PyExc_ValueError, "the fd %i must be in non-blocking mode", fd);
        }
    }
    int old = atomic_exchange_int(&state.wakeup_fd, fd);
    state.wakeup_warn = warn;
    return int_from_i64(old);
}

// ---- timers ----

static PyObject *
timer_value(const struct itimerval *value)
{
    return value_build("(dd)", (double)value->it_value.tv_sec + value->it_value.tv_usec * 1e-6,
                       (double)value->it_interval.tv_sec + value->it_interval.tv_usec * 1e-6);
}

static int
seconds_to_timeval(PyObject *arg, struct timeval *result)
{
    if (arg == NULL) {
        result->tv_sec = result->tv_usec = 0;
        return 0;
    }
    double seconds = float_as_double(arg);
    if (seconds == -1.0 && error_occurred()) {
        return -1;
    }
    if (isnan(seconds)) {
        error_set(PyExc_ValueError, "Invalid value NaN (not a number)");
        return -1;
    }
    double whole = floor(seconds);
    if (fabs(whole) > 9.2e18) {
        error_set(PyExc_OverflowError, "timestamp out of range for platform time_t");
        return -1;
    }
    double micro = ceil((seconds - whole) * 1e6 - 1e-9);
    result->tv_sec = (time_t)whole;
    result->tv_usec = (suseconds_t)micro;
    if (result->tv_usec >= 1000000) {
        result->tv_sec++;
        result->tv_usec -= 1000000;
    }
    return 0;
}

static PyObject *
signal_setitimer(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int which;
    struct itimerval value;
    struct itimerval old;
    if (!args_check_positional("setitimer", nargs, 2, 3) || number_argument(args[0], &which) < 0
        || seconds_to_timeval(args[1], &value.it_value) < 0
        || seconds_to_timeval(nargs > 2 ? args[2] : NULL, &value.it_interval) < 0) {
        return NULL;
    }
    if (setitimer(which, &value, &old) != 0) {
        return error_set_errno(state.itimer_error);
    }
    return timer_value(&old);
}

static PyObject *
signal_getitimer(PyObject *module, PyObject *arg)
{
    int which;
    struct itimerval value;
    if (number_argument(arg, &which) < 0) {
        return NULL;
    }
    if (getitimer(which, &value) != 0) {
        return error_set_errno(state.itimer_error);
    }
    return timer_value(&value);
}

// ---- signal sets ----

static int
set_from_iterable(PyObject *iterable, sigset_t *mask)
{
    sigemptyset(mask);
    PyObject *iterator = object_iter(iterable);
    if (iterator == NULL) {
        return -1;
    }
    for (PyObject *item; (item = iter_next(iterator)) != NULL;) {
        int overflow;
        int64_t number = int_check(item) ? int_as_i64_overflow(item, &overflow) : -1;
        decref(item);
        if (number == -1 && error_occurred()) {
            break;
        }
        if (number < 1 || number >= NSIG) {
            error_format(PyExc_ValueError, "signal number %lld out of range [1; %i]",
                         (long long)number, NSIG - 1);
            break;
        }
        if (sigaddset(mask, (int)number) != 0 && errno != EINVAL) {
            error_set_errno(PyExc_OSError);
            break;
        }
    }
    decref(iterator);
    return error_occurred() ? -1 : 0;
}

static PyObject *
set_as_python(const sigset_t *mask)
{
    PyObject *result = set_new(NULL);
    for (int number = 1; number < NSIG && result != NULL; number++) {
        if (sigismember(mask, number) == 1) {
            PyObject *item = int_from_i64(number);
            if (item == NULL || set_add(result, item) < 0) {
                clear_ref(result);
            }
            xdecref(item);
        }
    }
    return result;
}

static PyObject *
signal_pthread_sigmask(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int how;
    sigset_t mask;
    sigset_t old;
    if (!args_check_positional("pthread_sigmask", nargs, 2, 2)
        || number_argument(args[0], &how) < 0 || set_from_iterable(args[1], &mask) < 0) {
        return NULL;
    }
    int failed = pthread_sigmask(how, &mask, &old);
    if (failed != 0) {
        errno = failed;
        return error_set_errno(PyExc_OSError);
    }
    // Unblocking may have let a signal through.
    return signals_check() < 0 ? NULL : set_as_python(&old);
}

static PyObject *
signal_sigpending(PyObject *module, PyObject *unused)
{
    sigset_t mask;
    return sigpending(&mask) != 0 ? error_set_errno(PyExc_OSError) : set_as_python(&mask);
}

static PyObject *
signal_valid_signals(PyObject *module, PyObject *unused)
{
    sigset_t mask;
    sigemptyset(&mask);
    sigfillset(&mask);
    return set_as_python(&mask);
}

static PyObject *
signal_sigwait(PyObject *module, PyObject *arg)
{
    sigset_t mask;
    if (set_from_iterable(arg, &mask) < 0) {
        return NULL;
    }
    int number = 0;
    Thread *ts = thread_current();
    thread_detach(ts);
    int failed = sigwait(&mask, &number);
    thread_attach(ts);
    if (failed != 0) {
        errno = failed;
        return error_set_errno(PyExc_OSError);
    }
    return int_from_i64(number);
}

static PyObject *
siginfo_as_python(const siginfo_t *info)
{
    PyObject *result = structseq_new(state.siginfo_type);
    if (result == NULL) {
        return NULL;
    }
    const int64_t fields[] = {info->si_signo, info->si_code, info->si_errno, info->si_pid,
                              info->si_uid, info->si_status, info->si_band};
    for (int i = 0; i < 7; i++) {
        PyObject *item = int_from_i64(fields[i]);
        if (item == NULL) {
            decref(result);
            return NULL;
        }
        structseq_set_steal(result, i, item);
    }
    return result;
}

// Waits for one of the signals, at most until the deadline (NULL: for ever). None after the
// deadline. Interrupted waits run handlers and go on (PEP 475).
static PyObject *
wait_for_info(const sigset_t *mask, const struct timespec *deadline)
{
    Thread *ts = thread_current();
    for (;;) {
        struct timespec left = {0, 0};
        if (deadline != NULL) {
            clock_gettime(CLOCK_MONOTONIC, &left);
            left.tv_sec = deadline->tv_sec - left.tv_sec;
            left.tv_nsec = deadline->tv_nsec - left.tv_nsec;
            if (left.tv_nsec < 0) {
                left.tv_sec--;
                left.tv_nsec += 1000000000;
            }
            if (left.tv_sec < 0) {
                left.tv_sec = left.tv_nsec = 0;
            }
        }
        siginfo_t info;
        thread_detach(ts);
        int number = deadline != NULL ? sigtimedwait(mask, &info, &left) : sigwaitinfo(mask, &info);
        thread_attach(ts);
        if (number != -1) {
            return siginfo_as_python(&info);
        }
        if (errno == EAGAIN) {
            return new_ref(Py_None);
        }
        if (errno != EINTR) {
            return error_set_errno(PyExc_OSError);
        }
        if (signals_check() < 0) {
            return NULL;
        }
    }
}

static PyObject *
signal_sigwaitinfo(PyObject *module, PyObject *arg)
{
    sigset_t mask;
    return set_from_iterable(arg, &mask) < 0 ? NULL : wait_for_info(&mask, NULL);
}

static PyObject *
signal_sigtimedwait(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    sigset_t mask;
    struct timeval timeout;
    if (!args_check_positional("sigtimedwait", nargs, 2, 2)
        || set_from_iterable(args[0], &mask) < 0 || seconds_to_timeval(args[1], &timeout) < 0) {
        return NULL;
    }
    if (timeout.tv_sec < 0) {
        return error_set(PyExc_ValueError, "timeout must be non-negative");
    }
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += timeout.tv_sec;
    deadline.tv_nsec += timeout.tv_usec * 1000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_sec++;
        deadline.tv_nsec -= 1000000000;
    }
    return wait_for_info(&mask, &deadline);
}

static PyObject *
signal_pthread_kill(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int number;
    if (!args_check_positional("pthread_kill", nargs, 2, 2)) {
        return NULL;
    }
    uint64_t ident = int_as_u64(args[0]);
    if ((ident == (uint64_t)-1 && error_occurred()) || number_argument(args[1], &number) < 0
        || sys_audit("signal.pthread_kill", "Ki", (unsigned long long)ident, number) < 0) {
        return NULL;
    }
    int failed = pthread_kill((pthread_t)ident, number);
    if (failed != 0) {
        errno = failed;
        return error_set_errno(PyExc_OSError);
    }
    return signals_check() < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
signal_pidfd_send_signal(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd;
    int number;
    int flags = 0;
    if (!args_check_positional("pidfd_send_signal", nargs, 2, 4)
        || number_argument(args[0], &fd) < 0 || number_argument(args[1], &number) < 0
        || (nargs > 3 && number_argument(args[3], &flags) < 0)) {
        return NULL;
    }
    if (nargs > 2 && args[2] != Py_None) {
        return error_set(PyExc_TypeError, "siginfo must be None");
    }
    if (syscall(SYS_pidfd_send_signal, fd, number, NULL, flags) < 0) {
        return error_set_errno(PyExc_OSError);
    }
    return new_ref(Py_None);
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL

static PyMethodDef signal_methods[] = {
    {"default_int_handler", FAST(signal_default_int_handler),
     "default_int_handler($module, signalnum, frame, /)\n--\n\n"
     "The default handler for SIGINT installed by Python.\n\nIt raises KeyboardInterrupt."},
    {"signal", FAST(signal_signal),
     "signal($module, signalnum, handler, /)\n--\n\nSet the action for the given signal.\n\n"
     "The action can be SIG_DFL, SIG_IGN, or a callable Python object.\n"
     "The previous action is returned.  See getsignal() for possible return values."},
    {"getsignal", signal_getsignal, METH_O,
     "getsignal($module, signalnum, /)\n--\n\nReturn the current action for the given signal.\n\n"
     "The return value can be:\n"
     "  SIG_IGN -- if the signal is being ignored\n"
     "  SIG_DFL -- if the default action for the signal is in effect\n"
     "  None    -- if an unknown handler is in effect\n"
     "  anything else -- the callable Python object used as a handler"},
    {"strsignal", signal_strsignal, METH_O,
     "strsignal($module, signalnum, /)\n--\n\nReturn the system description of the given signal."},
    {"raise_signal", signal_raise_signal, METH_O,
     "raise_signal($module, signalnum, /)\n--\n\nSend a signal to the executing process."},
    {"alarm", signal_alarm, METH_O,
     "alarm($module, seconds, /)\n--\n\nArrange for SIGALRM to arrive after the given number of "
     "seconds."},
    {"pause", signal_pause, METH_NOARGS, "pause($module, /)\n--\n\nWait until a signal arrives."},
    {"siginterrupt", FAST(signal_siginterrupt),
     "siginterrupt($module, signalnum, flag, /)\n--\n\nChange system call restart behaviour."},
    {"set_wakeup_fd", (PyCFunction)(void (*)(void))signal_set_wakeup_fd,
     METH_VARARGS | METH_KEYWORDS,
     "set_wakeup_fd($module, fd, /, *, warn_on_full_buffer=True)\n--\n\n"
     "Sets the fd to be written to (with the signal number) when a signal comes in."},
    {"setitimer", FAST(signal_setitimer),
     "setitimer($module, which, seconds, interval=0.0, /)\n--\n\n"
     "Sets given itimer (one of ITIMER_REAL, ITIMER_VIRTUAL or ITIMER_PROF)."},
    {"getitimer", signal_getitimer, METH_O,
     "getitimer($module, which, /)\n--\n\nReturns current value of given itimer."},
    {"pthread_sigmask", FAST(signal_pthread_sigmask),
     "pthread_sigmask($module, how, mask, /)\n--\n\n"
     "Fetch and/or change the signal mask of the calling thread."},
    {"sigpending", signal_sigpending, METH_NOARGS,
     "sigpending($module, /)\n--\n\nExamine pending signals."},
    {"valid_signals", signal_valid_signals, METH_NOARGS,
     "valid_signals($module, /)\n--\n\nReturn a set of valid signal numbers on this platform."},
    {"sigwait", signal_sigwait, METH_O, "sigwait($module, sigset, /)\n--\n\nWait for a signal."},
    {"sigwaitinfo", signal_sigwaitinfo, METH_O,
     "sigwaitinfo($module, sigset, /)\n--\n\nWait synchronously until one of the signals in "
     "*sigset* is delivered."},
    {"sigtimedwait", FAST(signal_sigtimedwait),
     "sigtimedwait($module, sigset, timeout, /)\n--\n\nLike sigwaitinfo(), but with a timeout."},
    {"pthread_kill", FAST(signal_pthread_kill),
     "pthread_kill($module, thread_id, signalnum, /)\n--\n\nSend a signal to a thread."},
    {"pidfd_send_signal", FAST(signal_pidfd_send_signal),
     "pidfd_send_signal($module, pidfd, signalnum, siginfo=None, flags=0, /)\n--\n\n"
     "Send a signal to a process referred to by a pid file descriptor."},
    {NULL, NULL, 0, NULL},
};

// ---- start ----

typedef struct {
    const char *name;
    int value;
} Constant;

static const Constant constants[] = {
#define SIGNAL(name) {#name, name}
    SIGNAL(SIGHUP), SIGNAL(SIGINT), SIGNAL(SIGQUIT), SIGNAL(SIGILL), SIGNAL(SIGTRAP),
    SIGNAL(SIGIOT), SIGNAL(SIGABRT), SIGNAL(SIGFPE), SIGNAL(SIGKILL), SIGNAL(SIGBUS),
    SIGNAL(SIGSEGV), SIGNAL(SIGSYS), SIGNAL(SIGPIPE), SIGNAL(SIGALRM), SIGNAL(SIGTERM),
    SIGNAL(SIGUSR1), SIGNAL(SIGUSR2), SIGNAL(SIGCLD), SIGNAL(SIGCHLD), SIGNAL(SIGPWR),
    SIGNAL(SIGIO), SIGNAL(SIGURG), SIGNAL(SIGWINCH), SIGNAL(SIGPOLL), SIGNAL(SIGSTOP),
    SIGNAL(SIGTSTP), SIGNAL(SIGCONT), SIGNAL(SIGTTIN), SIGNAL(SIGTTOU), SIGNAL(SIGVTALRM),
    SIGNAL(SIGPROF), SIGNAL(SIGXCPU), SIGNAL(SIGXFSZ), SIGNAL(SIGSTKFLT), SIGNAL(SIG_BLOCK),
    SIGNAL(SIG_UNBLOCK), SIGNAL(SIG_SETMASK), SIGNAL(ITIMER_REAL), SIGNAL(ITIMER_VIRTUAL),
    SIGNAL(ITIMER_PROF), {"NSIG", NSIG}, {"SIG_DFL", 0}, {"SIG_IGN", 1},
#undef SIGNAL
};

static PyStructSequence_Field siginfo_fields[] = {
    {"si_signo", "signal number"},
    {"si_code", "signal code"},
    {"si_errno", "errno associated with this signal"},
    {"si_pid", "sending process ID"},
    {"si_uid", "real user ID of sending process"},
    {"si_status", "exit value or signal"},
    {"si_band", "band event for SIGPOLL"},
    {NULL, NULL},
};

static PyStructSequence_Desc siginfo_desc = {
    "signal.struct_siginfo",
    "struct_siginfo: Result from sigwaitinfo or sigtimedwait.\n\n"
    "This object may be accessed either as a tuple of\n"
    "(si_signo, si_code, si_errno, si_pid, si_uid, si_status, si_band),\n"
    "or via the attributes si_signo, si_code, and so on.",
    siginfo_fields, 7,
};

// What the process inherited: default, ignored, or a handler that is not ours.
static int
read_dispositions(void)
{
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        PyObject *handler = NULL;
        if (sigaction(number, NULL, &action) != 0) {
            continue;
        }
        if (action.sa_handler == SIG_DFL) {
            handler = int_from_i64(0);
        }
        else if (action.sa_handler == SIG_IGN) {
            handler = int_from_i64(1);
        }
        else {
            handler = new_ref(Py_None);
        }
        if (handler == NULL) {
            return -1;
        }
        state.handlers[number] = handler;
    }
    return 0;
}

static int
signal_exec(PyObject *module)
{
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        if (module_add_int(module, constants[i].name, constants[i].value) < 0) {
            return -1;
        }
    }
    if (module_add_int(module, "SIGRTMIN", SIGRTMIN) < 0
        || module_add_int(module, "SIGRTMAX", SIGRTMAX) < 0) {
        return -1;
    }
    if (state.itimer_error == NULL) {
        state.itimer_error = error_new_exception("signal.itimer_error", PyExc_OSError, NULL);
        state.siginfo_type = structseq_new_type(&siginfo_desc, 0);
        if (state.itimer_error == NULL || state.siginfo_type == NULL || read_dispositions() < 0) {
            return -1;
        }
    }
    if (module_add(module, "ItimerError", state.itimer_error) < 0
        || module_add(module, "struct_siginfo", (PyObject *)state.siginfo_type) < 0) {
        return -1;
    }
    PyObject *handler = object_getattr_cstr(module, "default_int_handler");
    if (handler == NULL) {
        return -1;
    }
    state.default_int_handler = handler;
    return 0;
}

static PyModuleDef_Slot signal_slots[] = {
    {Py_mod_exec, signal_exec},
    {0, NULL},
};

static PyModuleDef signal_definition = {
    .m_name = "_signal",
    .m_doc = "This module provides mechanisms to use signal handlers in Python.",
    .m_methods = signal_methods,
    .m_slots = signal_slots,
};

int
signals_start(void)
{
    state.main_thread = thread_current();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    hooks.signals_handle = run_handlers;
    PyObject *module = import_import_cstr("_signal");
    if (module == NULL) {
        return -1;
    }
    decref(module);
    PyObject *current = state.handlers[SIGINT];
    if (current != NULL && int_check(current) && int_as_i64(current) == 0) {
        state.handlers[SIGINT] = new_ref(state.default_int_handler);
        decref(current);
        install(SIGINT, c_handler);
    }
    return 0;
}

NATIVE_MODULE(_signal, &signal_definition)
