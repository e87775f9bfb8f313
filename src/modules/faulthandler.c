// Native module faulthandler: Python stacks on crashes, after a time, on signals.
//
// Handlers of fatal signals run on an alternate stack, so that an overflow of the stack can be shown.
// They write to a descriptor that was looked up when they were installed; the file object is kept alive
// for it.
//
// Threading: the state belongs to the process, as dispositions of signals do. It is changed by module
// functions under `mutex`; handlers read descriptors and flags that were stored before the handler was
// installed. The watchdog owns nothing: it is told to end, and waited for, before its record is freed.
#include "modules/module.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "abi/exceptions.h"
#include "base/atomic.h"
#include "memory/alloc.h"
#include "modules/faulthandler_dump.h"
#include "modules/native_type.h"
#include "modules/time_convert.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/module.h"
#include "platform/futex.h"
#include "platform/thread.h"
#include "platform/time.h"
#include "runtime/sys.h"
#include "thread/mutex.h"
#include "thread/runtime.h"

#define KEYWORDS(function) FASTCALL(function), METH_FASTCALL | METH_KEYWORDS
#define ALTERNATE_STACK_SIZE (64 * 1024)

typedef struct {
    int number;
    const char *name;
    bool enabled;                   // handlers clear it
    struct sigaction previous;
} FatalSignal;

typedef struct {
    bool enabled;
    PyObject *file;                 // owned: keeps fd open
    int fd;
    bool all_threads;
    bool chain;
    struct sigaction previous;
} UserSignal;

typedef struct {
    PyObject *file;                 // owned: keeps fd open
    int fd;
    int64_t timeout;                // nanoseconds
    bool repeat;
    bool exit;
    Interpreter *interp;
    pid_t process;                  // where the thread lives
    char header[64];
    uint32_t cancelled;             // futex: 1 asks the thread to end
    uint32_t finished;              // futex: 1 when it has
} Watchdog;

static struct {
    PyMutex mutex;
    bool enabled;                   // atomic enough: read by tests of is_enabled
    PyObject *file;                 // lock: mutex
    int fd;
    bool all_threads;
    bool c_stack;
    Interpreter *interp;
    FatalSignal fatal[5];
    UserSignal user[NSIG];
    Watchdog *watchdog;             // lock: mutex
} state = {
    .fatal = {
        {.number = SIGBUS, .name = "Bus error"},
        {.number = SIGILL, .name = "Illegal instruction"},
        {.number = SIGFPE, .name = "Floating-point exception"},
        {.number = SIGABRT, .name = "Aborted"},
        {.number = SIGSEGV, .name = "Segmentation fault"},
    },
};

#define FATAL_COUNT ((int)(sizeof state.fatal / sizeof *state.fatal))

// ---- arguments ----

// The descriptor of an object with fileno(): -1 with an exception. The object is flushed, so that
// texts come in order.
static int
file_descriptor(PyObject *file)
{
    PyObject *number = object_call_method_noargs(file, ID(fileno));
    if (number == NULL) {
        return -1;
    }
    int fd = -1;
    if (int_check(number)) {
        fd = int_as_int(number);
        error_clear_if(PyExc_OverflowError);
    }
    decref(number);
    if (fd < 0) {
        error_set(PyExc_RuntimeError, "file.fileno() is not a valid file descriptor");
        return -1;
    }
    PyObject *flushed = object_call_method_noargs(file, ID(flush));
    if (flushed == NULL) {
        error_clear();
    }
    xdecref(flushed);
    return fd;
}

// The descriptor of a file argument, and the object to keep alive for it (owned; NULL for a number).
// -1 with an exception and nothing owned.
static int
file_argument(PyObject *file, PyObject **keep)
{
    *keep = NULL;
    if (file != NULL && int_check(file)) {
        int fd = int_as_int(file);
        if (fd < 0 && !error_occurred()) {
            error_set(PyExc_ValueError, "file is not a valid file descriptor");
        }
        return fd < 0 ? -1 : fd;
    }
    if (file != NULL && file != Py_None) {
        *keep = new_ref(file);
    }
    else {
        *keep = sys_get(ID(stderr));
        if (*keep == NULL || *keep == Py_None) {
            error_set(PyExc_RuntimeError,
                      *keep == NULL ? "unable to get sys.stderr" : "sys.stderr is None");
            clear_ref(*keep);
            return -1;
        }
    }
    int fd = file_descriptor(*keep);
    if (fd < 0) {
        clear_ref(*keep);
    }
    return fd;
}

// ---- alternate stack ----

// The calling thread gets one unless it has one.
static void
ensure_alternate_stack(void)
{
    stack_t old;
    if (sigaltstack(NULL, &old) < 0 || !(old.ss_flags & SS_DISABLE)) {
        return;
    }
    void *base = mmap(NULL, ALTERNATE_STACK_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (base == MAP_FAILED) {
        return;
    }
    stack_t stack = {.ss_sp = base, .ss_size = ALTERNATE_STACK_SIZE};
    if (sigaltstack(&stack, NULL) < 0) {
        munmap(base, ALTERNATE_STACK_SIZE);
    }
}

// ---- dumping ----

static void
dump(int fd, bool all_threads, Interpreter *interp)
{
    Thread *ts = thread_current();
    if (all_threads) {
        dump_threads(fd, interp, ts);
    }
    else {
        dump_stack(fd, ts);
    }
}

static PyObject *
faulthandler_dump_traceback(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                            PyObject *kwnames)
{
    static const char *const keywords[] = {"file", "all_threads", NULL};
    static ArgsParser parser = {.format = "|Op:dump_traceback", .keywords = keywords};
    PyObject *file = NULL;
    PyObject *keep;
    int all_threads = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &file, &all_threads)) {
        return NULL;
    }
    int fd = file_argument(file, &keep);
    if (fd < 0) {
        return NULL;
    }
    // The others go on running: the world may not be stopped while the descriptor could block.
    dump(fd, all_threads, thread_interpreter(thread_current()));
    xdecref(keep);
    return new_ref(Py_None);
}

static PyObject *
faulthandler_dump_c_stack(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                          PyObject *kwnames)
{
    static const char *const keywords[] = {"file", NULL};
    static ArgsParser parser = {.format = "|O:dump_c_stack", .keywords = keywords};
    PyObject *file = NULL;
    PyObject *keep;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &file)) {
        return NULL;
    }
    int fd = file_argument(file, &keep);
    if (fd < 0) {
        return NULL;
    }
    dump_c_stack(fd);
    xdecref(keep);
    return new_ref(Py_None);
}

// ---- fatal signals ----

static void
disable_fatal(FatalSignal *handler)
{
    if (handler->enabled) {
        handler->enabled = false;
        sigaction(handler->number, &handler->previous, NULL);
    }
}

static void
handle_fatal(int number)
{
    int saved = errno;
    FatalSignal *handler = NULL;
    for (int i = 0; i < FATAL_COUNT; i++) {
        if (state.fatal[i].number == number) {
            handler = &state.fatal[i];
        }
    }
    if (!state.enabled || handler == NULL) {
        return;
    }
    // First, so that a fault in here ends the process.
    disable_fatal(handler);
    dump_text(state.fd, "Fatal Python error: ");
    dump_text(state.fd, handler->name);
    dump_text(state.fd, "\n\n");
    dump(state.fd, state.all_threads, state.interp);
    if (state.c_stack) {
        dump_text(state.fd, "\n");
        dump_c_stack(state.fd);
    }
    errno = saved;
    // Taken at once by the handler before this one: SA_NODEFER.
    raise(number);
}

static int
install_fatal_lock_held(void)
{
    for (int i = 0; i < FATAL_COUNT; i++) {
        FatalSignal *handler = &state.fatal[i];
        struct sigaction action;
        memset(&action, 0, sizeof action);
        action.sa_handler = handle_fatal;
        action.sa_flags = SA_NODEFER | SA_ONSTACK;
        sigemptyset(&action.sa_mask);
        if (!handler->enabled) {
            if (sigaction(handler->number, &action, &handler->previous) < 0) {
                return -1;
            }
            handler->enabled = true;
        }
    }
    return 0;
}

static PyObject *
faulthandler_enable(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"file", "all_threads", "c_stack", NULL};
    static ArgsParser parser = {.format = "|Opp:enable", .keywords = keywords};
    PyObject *file = NULL;
    PyObject *keep;
    int all_threads = 1;
    int c_stack = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &file, &all_threads,
                                   &c_stack)) {
        return NULL;
    }
    int fd = file_argument(file, &keep);
    if (fd < 0) {
        return NULL;
    }
    ensure_alternate_stack();
    dump_c_stack_prepare();
    mutex_lock(&state.mutex);
    PyObject *old = state.file;
    state.file = keep;
    state.fd = fd;
    state.all_threads = all_threads;
    state.c_stack = c_stack;
    state.interp = thread_interpreter(thread_current());
    state.enabled = true;
    int failed = install_fatal_lock_held();
    mutex_unlock(&state.mutex);
    xdecref(old);
    return failed < 0 ? error_set_errno(PyExc_RuntimeError) : new_ref(Py_None);
}

// Whether it was enabled.
static bool
disable(void)
{
    mutex_lock(&state.mutex);
    bool was = state.enabled;
    PyObject *old = state.file;
    state.enabled = false;
    state.file = NULL;
    for (int i = 0; i < FATAL_COUNT; i++) {
        disable_fatal(&state.fatal[i]);
    }
    mutex_unlock(&state.mutex);
    xdecref(old);
    return was;
}

static PyObject *
faulthandler_disable(PyObject *module, PyObject *unused)
{
    return bool_from_int(disable());
}

static PyObject *
faulthandler_is_enabled(PyObject *module, PyObject *unused)
{
    return bool_from_int(state.enabled);
}

// ---- watchdog ----

static void
watch(void *arg)
{
    Watchdog *dog = arg;
    bool again = true;
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);       // signals are for the other threads
    while (again) {
        int64_t deadline = time_add(os_time_monotonic(), dog->timeout);
        int64_t left = dog->timeout;
        while (left > 0 && atomic_load_acquire_u32(&dog->cancelled) == 0) {
            os_futex_wait(&dog->cancelled, 0, left);
            left = deadline - os_time_monotonic();
        }
        if (atomic_load_acquire_u32(&dog->cancelled) != 0) {
            break;
        }
        dump_text(dog->fd, dog->header);
        dump_threads(dog->fd, dog->interp, NULL);
        if (dog->exit) {
            _exit(1);
        }
        again = dog->repeat;
    }
    // After the store the record may be gone; waking is by address only.
    atomic_store_release_u32(&dog->finished, 1);
    os_futex_wake(&dog->finished, 1);
}

// Ends the watchdog, if there is one.
static void
cancel_watchdog(void)
{
    mutex_lock(&state.mutex);
    Watchdog *dog = state.watchdog;
    state.watchdog = NULL;
    mutex_unlock(&state.mutex);
    if (dog == NULL) {
        return;
    }
    atomic_store_release_u32(&dog->cancelled, 1);
    os_futex_wake(&dog->cancelled, 1);
    // The thread of a parent process does not exist here.
    if (dog->process == getpid()) {
        Thread *ts = thread_current();
        thread_detach(ts);
        while (atomic_load_acquire_u32(&dog->finished) == 0) {
            os_futex_wait(&dog->finished, 0, -1);
        }
        thread_attach(ts);
    }
    xdecref(dog->file);
    mem_free(dog);
}

static void
format_timeout(int64_t ns, char *text, size_t size)
{
    unsigned long us = (unsigned long)time_divide(ns, 1000, TIME_ROUND_UP);
    unsigned long seconds = us / 1000000;
    us %= 1000000;
    unsigned long minutes = seconds / 60;
    unsigned long hours = minutes / 60;
    if (us != 0) {
        snprintf(text, size, "Timeout (%lu:%02lu:%02lu.%06lu)!\n", hours, minutes % 60,
                 seconds % 60, us);
    }
    else {
        snprintf(text, size, "Timeout (%lu:%02lu:%02lu)!\n", hours, minutes % 60, seconds % 60);
    }
}

static PyObject *
start_watchdog(Watchdog *dog)
{
    unsigned long ident;
    cancel_watchdog();
    mutex_lock(&state.mutex);
    bool free = state.watchdog == NULL;
    int error = free ? os_thread_start(watch, dog, 0, &ident) : 0;
    if (free && error == 0) {
        state.watchdog = dog;
    }
    mutex_unlock(&state.mutex);
    if (!free || error != 0) {
        xdecref(dog->file);
        mem_free(dog);
        return error_set(PyExc_RuntimeError, "unable to start watchdog thread");
    }
    return new_ref(Py_None);
}

static PyObject *
faulthandler_dump_traceback_later(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                                  PyObject *kwnames)
{
    static const char *const keywords[] = {"timeout", "repeat", "file", "exit", NULL};
    static ArgsParser parser = {.format = "O|pOp:dump_traceback_later", .keywords = keywords};
    PyObject *timeout;
    PyObject *file = NULL;
    PyObject *keep;
    int repeat = 0;
    int exit_after = 0;
    int64_t ns;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &timeout, &repeat, &file,
                                   &exit_after)
        || time_object_to_ns(timeout, &ns, TIME_ROUND_UP) < 0) {
        return NULL;
    }
    if (ns <= 0) {
        return error_set(PyExc_ValueError, "timeout must be greater than 0");
    }
    int fd = file_argument(file, &keep);
    if (fd < 0) {
        return NULL;
    }
    Watchdog *dog = mem_calloc_or_error(1, sizeof *dog);
    if (dog == NULL) {
        xdecref(keep);
        return NULL;
    }
    dog->file = keep;
    dog->fd = fd;
    dog->timeout = ns;
    dog->repeat = repeat;
    dog->exit = exit_after;
    dog->interp = thread_interpreter(thread_current());
    dog->process = getpid();
    format_timeout(ns, dog->header, sizeof dog->header);
    return start_watchdog(dog);
}

static PyObject *
faulthandler_cancel_dump_traceback_later(PyObject *module, PyObject *unused)
{
    cancel_watchdog();
    return new_ref(Py_None);
}

// ---- signals of the user's choice ----

static void handle_user(int number);

static int
install_user(int number, bool chain, struct sigaction *previous)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handle_user;
    // System calls go on, as the program does not know about the signal. To chain, the signal must
    // be able to arrive within its handler.
    action.sa_flags = SA_RESTART | SA_ONSTACK | (chain ? SA_NODEFER : 0);
    sigemptyset(&action.sa_mask);
    return sigaction(number, &action, previous);
}

static void
handle_user(int number)
{
    UserSignal *user = &state.user[number];
    int saved = errno;
    if (!user->enabled) {
        return;
    }
    dump(user->fd, user->all_threads, state.interp);
    if (user->chain) {
        sigaction(number, &user->previous, NULL);
        errno = saved;
        raise(number);
        saved = errno;
        install_user(number, true, NULL);
    }
    errno = saved;
}

static bool
check_signal(int number)
{
    for (int i = 0; i < FATAL_COUNT; i++) {
        if (state.fatal[i].number == number) {
            error_format(PyExc_RuntimeError,
                         "signal %i cannot be registered, use enable() instead", number);
            return false;
        }
    }
    if (number < 1 || number >= NSIG) {
        error_set(PyExc_ValueError, "signal number out of range");
        return false;
    }
    return true;
}

static PyObject *
faulthandler_register(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"signum", "file", "all_threads", "chain", NULL};
    static ArgsParser parser = {.format = "i|Opp:register", .keywords = keywords};
    int number;
    PyObject *file = NULL;
    PyObject *keep;
    int all_threads = 1;
    int chain = 0;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &number, &file, &all_threads,
                                   &chain)
        || !check_signal(number)) {
        return NULL;
    }
    int fd = file_argument(file, &keep);
    if (fd < 0) {
        return NULL;
    }
    ensure_alternate_stack();
    mutex_lock(&state.mutex);
    UserSignal *user = &state.user[number];
    int failed = 0;
    PyObject *old = keep;
    struct sigaction previous;
    if (!user->enabled) {
        failed = install_user(number, chain, &previous);
    }
    if (failed == 0) {
        old = user->file;
        if (!user->enabled) {
            user->previous = previous;
        }
        user->file = keep;
        user->fd = fd;
        user->all_threads = all_threads;
        user->chain = chain;
        state.interp = thread_interpreter(thread_current());
        user->enabled = true;
    }
    mutex_unlock(&state.mutex);
    xdecref(old);
    return failed < 0 ? error_set_errno(PyExc_OSError) : new_ref(Py_None);
}

static PyObject *
faulthandler_unregister(PyObject *module, PyObject *arg)
{
    int number = int_as_int(arg);
    if ((number == -1 && error_occurred()) || !check_signal(number)) {
        return NULL;
    }
    mutex_lock(&state.mutex);
    UserSignal *user = &state.user[number];
    bool was = user->enabled;
    PyObject *old = user->file;
    user->file = NULL;
    if (was) {
        user->enabled = false;
        sigaction(number, &user->previous, NULL);
    }
    mutex_unlock(&state.mutex);
    xdecref(old);
    return bool_from_int(was);
}

// ---- crashes on purpose, for tests ----

static PyObject *
faulthandler_read_null(PyObject *module, PyObject *unused)
{
    volatile int *null = NULL;
    return int_from_i64(*null);
}

static void
crash(int number)
{
    // The default action must end the process when nobody handles the signal.
    raise(number);
    raise(number);
}

static PyObject *
faulthandler_sigsegv(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int detached = 0;
    if (!args_parse_stack(args, nargs, "|p:_sigsegv", &detached)) {
        return NULL;
    }
    if (detached) {
        Thread *ts = thread_current();
        thread_detach(ts);
        crash(SIGSEGV);
        thread_attach(ts);
    }
    else {
        crash(SIGSEGV);
    }
    return new_ref(Py_None);
}

static PyObject *
faulthandler_sigfpe(PyObject *module, PyObject *unused)
{
    crash(SIGFPE);
    return new_ref(Py_None);
}

static PyObject *
faulthandler_sigabrt(PyObject *module, PyObject *unused)
{
    abort();
}

// A fatal error on a thread that has no Python state.
static void
fatal_error_thread(void *arg)
{
    const char *function = "faulthandler_fatal_error_thread";
    dump_text(STDERR_FILENO, "Fatal Python error: ");
    dump_text(STDERR_FILENO, function);
    dump_text(STDERR_FILENO, ": in new thread\nPython runtime state: initialized\n\n");
    dump_threads(STDERR_FILENO, arg, NULL);
    for (int i = 0; i < FATAL_COUNT; i++) {
        disable_fatal(&state.fatal[i]);
    }
    abort();
}

static PyObject *
faulthandler_fatal_error_c_thread(PyObject *module, PyObject *unused)
{
    unsigned long ident;
    Thread *ts = thread_current();
    int error = os_thread_start(fatal_error_thread, thread_interpreter(ts), 0, &ident);
    if (error != 0) {
        return error_set(PyExc_RuntimeError, "unable to start the thread");
    }
    thread_detach(ts);
    for (;;) {
        pause();
    }
}

// Grows the stack until it ends; the address of a local decides, so that the calls are no tail calls.
static __attribute__((noinline)) uintptr_t
use_stack(uintptr_t limit, size_t *depth)
{
    volatile unsigned char page[4096];
    uintptr_t here = (uintptr_t)&page;
    page[0] = 1;
    page[sizeof page - 1] = 2;
    ++*depth;
    if (here < limit) {
        return here;
    }
    return use_stack(limit, depth) + page[0];
}

static PyObject *
faulthandler_stack_overflow(PyObject *module, PyObject *unused)
{
    size_t depth = 0;
    uintptr_t here = (uintptr_t)&depth;
    uintptr_t most = 512ul << 20;
    uintptr_t reached = use_stack(here > most ? here - most : 0, &depth);
    return error_format(PyExc_RuntimeError,
                        "unable to raise a stack overflow (allocated %zu bytes on the stack, "
                        "%zu recursive calls)",
                        (size_t)(here - reached), depth);
}

static PyMethodDef faulthandler_methods[] = {
    {"enable", KEYWORDS(faulthandler_enable),
     "enable($module, /, file=sys.stderr, all_threads=True, c_stack=True)\n--\n\n"
     "Show the Python stack when the process crashes."},
    {"disable", faulthandler_disable, METH_NOARGS,
     "disable($module, /)\n--\n\nUndo enable(): whether it was enabled."},
    {"is_enabled", faulthandler_is_enabled, METH_NOARGS,
     "is_enabled($module, /)\n--\n\nWhether crashes are shown."},
    {"dump_traceback", KEYWORDS(faulthandler_dump_traceback),
     "dump_traceback($module, /, file=sys.stderr, all_threads=True)\n--\n\n"
     "Write the Python stack of the current thread, or of all."},
    {"dump_c_stack", KEYWORDS(faulthandler_dump_c_stack),
     "dump_c_stack($module, /, file=sys.stderr)\n--\n\n"
     "Write the current thread's stack of C functions."},
    {"dump_traceback_later", KEYWORDS(faulthandler_dump_traceback_later),
     "dump_traceback_later($module, /, timeout, repeat=False, file=sys.stderr, exit=False)\n--\n\n"
     "Write the stacks of all threads after timeout seconds, once or repeatedly."},
    {"cancel_dump_traceback_later", faulthandler_cancel_dump_traceback_later, METH_NOARGS,
     "cancel_dump_traceback_later($module, /)\n--\n\nUndo dump_traceback_later()."},
    {"register", KEYWORDS(faulthandler_register),
     "register($module, /, signum, file=sys.stderr, all_threads=True, chain=False)\n--\n\n"
     "Write stacks when a signal arrives."},
    {"unregister", faulthandler_unregister, METH_O,
     "unregister($module, signum, /)\n--\n\nUndo register(): whether it was registered."},
    {"_read_null", faulthandler_read_null, METH_NOARGS, "_read_null($module, /)\n--\n\nCrash."},
    {"_sigsegv", FASTCALL(faulthandler_sigsegv), METH_FASTCALL,
     "_sigsegv($module, release_gil=False, /)\n--\n\nCrash by SIGSEGV."},
    {"_sigfpe", faulthandler_sigfpe, METH_NOARGS, "_sigfpe($module, /)\n--\n\nCrash by SIGFPE."},
    {"_sigabrt", faulthandler_sigabrt, METH_NOARGS, "_sigabrt($module, /)\n--\n\nCrash by SIGABRT."},
    {"_fatal_error_c_thread", faulthandler_fatal_error_c_thread, METH_NOARGS,
     "_fatal_error_c_thread($module, /)\n--\n\nEnd by a fatal error on a thread of C."},
    {"_stack_overflow", faulthandler_stack_overflow, METH_NOARGS,
     "_stack_overflow($module, /)\n--\n\nRecurse until the C stack is used up."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot faulthandler_slots[] = {
    {0, NULL},
};

static PyModuleDef faulthandler_definition = {
    .m_name = "faulthandler",
    .m_doc = "faulthandler module.",
    .m_methods = faulthandler_methods,
    .m_slots = faulthandler_slots,
};

NATIVE_MODULE(faulthandler, &faulthandler_definition)
