// posix: making processes by fork, sending signals, ending.
//
// Threading: posix_fork.h tells what fork does about threads. The lists of fork hooks are made under
// the interpreter's import_lock and are ordinary lists afterwards.
#include "modules/posix_internal.h"

#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "modules/posix_fork.h"
#include "modules/thread_handle.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "runtime/runtime.h"
#include "runtime/sys.h"
#include "thread/critical_section.h"
#include "thread/runtime.h"

// ---- fork hooks ----

// Appends to the list in a root, which is made on first use.
static int
add_hook(PyObject **list, PyObject *hook)
{
    if (hook == NULL) {
        return 0;
    }
    CriticalSection cs;
    critical_section_begin_mutex(&cs, &interpreter_roots()->import_lock);
    if (*list == NULL) {
        *list = list_new(0);
    }
    PyObject *target = *list;
    critical_section_end(&cs);
    return target != NULL ? list_append(target, hook) : -1;
}

static PyObject *
os_register_at_fork(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"before", "after_in_child", "after_in_parent", NULL};
    static ArgsParser parser = {.format = "|$OOO:register_at_fork", .keywords = keywords};
    PyObject *hooks[3] = {NULL, NULL, NULL};
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &hooks[0], &hooks[1],
                                   &hooks[2])) {
        return NULL;
    }
    if (hooks[0] == NULL && hooks[1] == NULL && hooks[2] == NULL) {
        return error_set(PyExc_TypeError, "At least one argument is required.");
    }
    for (int i = 0; i < 3; i++) {
        if (hooks[i] != NULL && !object_callable(hooks[i])) {
            return error_format(PyExc_TypeError, "'%s' must be callable, not %.200s", keywords[i],
                                type_of(hooks[i])->tp_name);
        }
    }
    InterpreterRoots *roots = interpreter_roots();
    if (add_hook(&roots->before_forkers, hooks[0]) < 0
        || add_hook(&roots->after_forkers_child, hooks[1]) < 0
        || add_hook(&roots->after_forkers_parent, hooks[2]) < 0) {
        return NULL;
    }
    return new_ref(Py_None);
}

// Calls the hooks that are registered now; errors are reported, as nobody could handle them.
static void
run_hooks(PyObject *list, bool reversed)
{
    if (list == NULL) {
        return;
    }
    PyObject *hooks = list_as_tuple(list);
    if (hooks == NULL) {
        error_write_unraisable(list);
        return;
    }
    Py_ssize_t n = tuple_size(hooks);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *hook = tuple_item(hooks, reversed ? n - 1 - i : i);
        PyObject *result = object_call_noargs(hook);
        if (result == NULL) {
            error_write_unraisable(hook);
        }
        xdecref(result);
    }
    decref(hooks);
}

void
posix_fork_before(void)
{
    run_hooks(interpreter_roots()->before_forkers, true);
    runtime_import_lock_acquire();
    threads_before_fork(interpreter_current());
    thread_handles_before_fork();
}

void
posix_fork_parent(void)
{
    int saved = errno;
    thread_handles_after_fork_parent();
    threads_after_fork_parent(interpreter_current());
    runtime_import_lock_release();
    run_hooks(interpreter_roots()->after_forkers_parent, false);
    errno = saved;
}

void
posix_fork_child(void)
{
    threads_after_fork_child(interpreter_current());
    thread_handles_after_fork_child();
    runtime_import_lock_after_fork();
    signals_after_fork();
    // The child runs no task, whatever the parent was doing.
    clear_ref(thread_current()->asyncio_task);
    clear_ref(thread_current()->asyncio_loop);
    run_hooks(interpreter_roots()->after_forkers_child, false);
}

// Number of threads as the kernel counts them; 0 when that cannot be read.
static long
kernel_thread_count(void)
{
    FILE *file = fopen("/proc/self/stat", "re");
    if (file == NULL) {
        return 0;
    }
    char line[1024];
    size_t size = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[size] = '\0';
    // The second field is a name in parentheses, which may contain anything; the count is field 20.
    char *at = strrchr(line, ')');
    for (int field = 2; at != NULL && field < 20; field++) {
        at = strchr(at + 1, ' ');
    }
    return at != NULL ? strtol(at + 1, NULL, 10) : 0;
}

int
posix_fork_warn(const char *function)
{
    long threads = kernel_thread_count();
    if (threads <= 0) {
        threads = runtime_is_single_threaded() ? 1 : 2;
    }
    if (threads <= 1) {
        return 0;
    }
    return error_warn(PyExc_DeprecationWarning, 1,
                      "This process (pid=%d) is multi-threaded, use of %s() may lead to deadlocks "
                      "in the child.",
                      (int)getpid(), function);
}

int
posix_fork_allowed(void)
{
    if (runtime_is_finalizing()) {
        error_set(PyExc_PythonFinalizationError, "can't fork at interpreter shutdown");
        return 0;
    }
    return 1;
}

// ---- fork ----

// What both forks do after the call: the pid, or -1 with an exception.
static pid_t
after_fork(pid_t pid, const char *function)
{
    if (pid == 0) {
        posix_fork_child();
        return 0;
    }
    posix_fork_parent();
    if (pid < 0) {
        posix_error();
        return -1;
    }
    if (posix_fork_warn(function) < 0) {
        // The child runs already; the warning cannot take that back.
        error_format_unraisable("Exception ignored in %s()", function);
    }
    return pid;
}

static PyObject *
os_fork(PyObject *module, PyObject *unused)
{
    if (!posix_fork_allowed() || sys_audit("os.fork", "") < 0) {
        return NULL;
    }
    posix_fork_before();
    pid_t pid = after_fork(fork(), "fork");
    return pid < 0 ? NULL : int_from_i64(pid);
}

static PyObject *
os_forkpty(PyObject *module, PyObject *unused)
{
    if (!posix_fork_allowed() || sys_audit("os.forkpty", "") < 0) {
        return NULL;
    }
    int master = -1;
    posix_fork_before();
    pid_t pid = after_fork(forkpty(&master, NULL, NULL, NULL), "forkpty");
    return pid < 0 ? NULL : tuple_pair_steal(int_from_i64(pid), int_from_i64(master));
}

// ---- signals ----

static PyObject *
os_kill(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int pid, number;
    if (!args_parse_stack(args, nargs, "ii:kill", &pid, &number)
        || sys_audit("os.kill", "ii", pid, number) < 0) {
        return NULL;
    }
    if (kill(pid, number) < 0) {
        return posix_error();
    }
    // A signal to this very process should be seen before the call returns.
    return signals_check() < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
os_killpg(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int group, number;
    if (!args_parse_stack(args, nargs, "ii:killpg", &group, &number)
        || sys_audit("os.killpg", "ii", group, number) < 0) {
        return NULL;
    }
    if (killpg(group, number) < 0) {
        return posix_error();
    }
    return signals_check() < 0 ? NULL : new_ref(Py_None);
}

// ---- ending ----

static PyObject *
os_exit(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"status", NULL};
    static ArgsParser parser = {.format = "i:_exit", .keywords = keywords};
    int status;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &status)) {
        return NULL;
    }
    _exit(status);
}

static PyObject *
os_abort(PyObject *module, PyObject *unused)
{
    abort();
}

static PyObject *
os_system(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"command", NULL};
    static ArgsParser parser = {.format = "O&:system", .keywords = keywords};
    PyObject *command = NULL;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, str_fs_converter, &command)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (sys_audit("os.system", "(O)", command) == 0) {
        int status;
        POSIX_DETACHED(status = system(bytes_data(command)));
        result = int_from_i64(status);
    }
    decref(command);
    return result;
}

PyMethodDef posix_process_methods[] = {
    {"register_at_fork", KEYWORDS(os_register_at_fork),
     "register_at_fork($module, /, *, before=<unrepresentable>,\n"
     "                 after_in_child=<unrepresentable>,\n"
     "                 after_in_parent=<unrepresentable>)\n--\n\n"
     "Register functions to be called when a process forks.\n\n"
     "before functions are called in reverse order of registration, the others in order."},
    {"fork", os_fork, METH_NOARGS,
     "fork($module, /)\n--\n\nFork a child process: 0 in the child, its id in the parent."},
    {"forkpty", os_forkpty, METH_NOARGS,
     "forkpty($module, /)\n--\n\n"
     "Fork a child process with a new pseudo-terminal as controlling terminal: (pid, master_fd)."},
    {"kill", FAST(os_kill), "kill($module, pid, signal, /)\n--\n\nSend a signal to a process."},
    {"killpg", FAST(os_killpg),
     "killpg($module, pgid, signal, /)\n--\n\nSend a signal to a process group."},
    {"_exit", KEYWORDS(os_exit),
     "_exit($module, /, status)\n--\n\nEnd the process at once, without any cleaning up."},
    {"abort", os_abort, METH_NOARGS,
     "abort($module, /)\n--\n\nEnd the process at once by SIGABRT."},
    {"system", KEYWORDS(os_system),
     "system($module, /, command)\n--\n\nRun a command in a subshell: its wait status."},
    {NULL, NULL, 0, NULL},
};
