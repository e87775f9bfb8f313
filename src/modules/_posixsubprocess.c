// Native module _posixsubprocess: fork_exec, the child's side of subprocess.Popen.
//
// Between fork and exec the child makes async-signal-safe calls only, so that locks held by threads
// that do not exist in the child cannot matter. All memory is prepared before. Without a preexec_fn
// and changes of identity the child is made by vfork and shares the parent's memory until exec: it
// must not write to any of it but its own frame and the Child.
//
// A preexec_fn is Python code in the child: then the process is forked as os.fork does it
// (posix_fork.h), with the same caveats.
//
// Threading: no state.
#include "modules/module.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "abi/exceptions.h"
#include "memory/alloc.h"
#include "modules/native_type.h"
#include "modules/posix_fork.h"
#include "modules/posix_internal.h"
#include "objects/args.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "runtime/runtime.h"
#include "runtime/sys.h"

// Everything that the child needs, made by the parent.
typedef struct {
    char **programs;            // candidates for exec
    char **argv;
    char **env;                 // NULL: the parent's
    const char *cwd;            // NULL: the parent's
    int p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite;
    int errpipe_read, errpipe_write;
    bool close_fds;
    const int *keep;            // sorted descriptors that stay open
    Py_ssize_t keep_count;
    int open_max;
    bool allow_vfork;
    bool restore_signals;
    bool new_session;
    pid_t group;                // process group, or -1
    bool set_gid, set_uid, set_groups;
    gid_t gid;
    uid_t uid;
    const gid_t *groups;
    size_t group_count;
    int umask;                  // or -1
    PyObject *preexec;          // or NULL
    const sigset_t *old_mask;   // vfork: signals are blocked, this was the mask before; else NULL
} Child;

// ---- in the child: async-signal-safe ----

static void
write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0) {
            return;
        }
        data += written;
        size -= (size_t)written;
    }
}

// Tells the parent: "OSError:<errno in hex>:<message>".
static void
report_errno(const Child *child, int error, const char *message)
{
    char digits[sizeof error * 2 + 1];
    char *at = digits + sizeof digits;
    do {
        *--at = "0123456789ABCDEF"[error % 16];
        error /= 16;
    } while (error != 0 && at > digits);
    write_all(child->errpipe_write, "OSError:", 8);
    write_all(child->errpipe_write, at, (size_t)(digits + sizeof digits - at));
    write_all(child->errpipe_write, ":", 1);
    write_all(child->errpipe_write, message, strlen(message));
}

// Plain fcntl: posix_set_inheritable is as safe.
static bool
make_inheritable(int fd)
{
    return posix_set_inheritable(fd, true) == 0;
}

// Moves a pipe end to a standard descriptor. It may be there already.
static bool
put_at(int fd, int target)
{
    if (fd == target) {
        return make_inheritable(fd);
    }
    return fd == -1 || dup2(fd, target) >= 0;
}

static bool
connect_pipes(Child *child)
{
    const int parents[] = {child->p2cwrite, child->c2pread, child->errread, child->errpipe_read};
    for (int i = 0; i < 4; i++) {
        if (parents[i] != -1 && close(parents[i]) < 0) {
            return false;
        }
    }
    // Ends that lie where another one has to go are moved away first.
    if (child->c2pwrite == 0 && (child->c2pwrite = dup(0)) < 0) {
        return false;
    }
    while (child->errwrite == 0 || child->errwrite == 1) {
        if ((child->errwrite = dup(child->errwrite)) < 0) {
            return false;
        }
    }
    return put_at(child->p2cread, 0) && put_at(child->c2pwrite, 1) && put_at(child->errwrite, 2);
}

static void
close_between(const Child *child, int first, int last)
{
    if (first <= last && syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0) != 0) {
        int end = last < child->open_max ? last : child->open_max;
        for (int fd = first; fd <= end; fd++) {
            close(fd);
        }
    }
}

static void
close_others(const Child *child)
{
    int next = 3;
    for (Py_ssize_t i = 0; i < child->keep_count; i++) {
        if (child->keep[i] >= next) {
            close_between(child, next, child->keep[i] - 1);
            next = child->keep[i] + 1;
        }
    }
    close_between(child, next, INT_MAX);
}

// After vfork: handlers of the parent must not run in the child.
static void
reset_signals(const sigset_t *mask)
{
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (number == SIGKILL || number == SIGSTOP || sigismember(mask, number) == 1
            || sigaction(number, NULL, &action) < 0) {
            continue;
        }
        if (action.sa_handler != SIG_IGN && action.sa_handler != SIG_DFL) {
            signal(number, SIG_DFL);
        }
    }
    sigprocmask(SIG_SETMASK, mask, NULL);
}

static bool
change_identity(const Child *child)
{
    if (child->set_groups && syscall(SYS_setgroups, child->group_count, child->groups) < 0) {
        return false;
    }
    // The system calls themselves: the C library would involve the threads of the parent.
    if (child->set_gid && syscall(SYS_setregid, child->gid, child->gid) < 0) {
        return false;
    }
    return !child->set_uid || syscall(SYS_setreuid, child->uid, child->uid) >= 0;
}

// Sets up everything: NULL, or the message for the parent.
static const char *
prepare(Child *child)
{
    static const char failed[] = "noexec";
    for (Py_ssize_t i = 0; i < child->keep_count; i++) {
        int fd = child->keep[i];
        if (fd != child->errpipe_write && !make_inheritable(fd)) {
            return failed;
        }
    }
    if (!connect_pipes(child)) {
        return failed;
    }
    if (child->cwd != NULL && chdir(child->cwd) < 0) {
        return "noexec:chdir";
    }
    if (child->umask >= 0) {
        umask((mode_t)child->umask);
    }
    if (child->restore_signals) {
        signal(SIGPIPE, SIG_DFL);
        signal(SIGXFSZ, SIG_DFL);
    }
    if (child->old_mask != NULL) {
        reset_signals(child->old_mask);
    }
    if (child->new_session) {
        setsid();
    }
    if (child->group >= 0 && setpgid(0, child->group) < 0) {
        return failed;
    }
    return change_identity(child) ? NULL : failed;
}

static _Noreturn void
run_child(Child *child)
{
    const char *message = prepare(child);
    if (message != NULL) {
        report_errno(child, errno, message);
        _exit(255);
    }
    if (child->preexec != NULL) {
        PyObject *result = object_call_noargs(child->preexec);
        if (result == NULL) {
            static const char text[] = "SubprocessError:0:Exception occurred in preexec_fn.";
            write_all(child->errpipe_write, text, sizeof text - 1);
            _exit(255);
        }
        decref(result);
    }
    // After preexec_fn, which may have opened something.
    if (child->close_fds) {
        close_others(child);
    }
    int error = 0;
    for (char **program = child->programs; *program != NULL; program++) {
        if (child->env != NULL) {
            execve(*program, child->argv, child->env);
        }
        else {
            execv(*program, child->argv);
        }
        if (errno != ENOENT && errno != ENOTDIR && error == 0) {
            error = errno;
        }
    }
    report_errno(child, error != 0 ? error : errno, "");
    _exit(255);
}

// ---- in the parent ----

// vfork returns twice in this very frame, so nothing but the call happens here.
static __attribute__((noinline)) pid_t
vfork_child(Child *child)
{
    pid_t pid = vfork();
    if (pid == 0) {
        run_child(child);
    }
    return pid;
}

static pid_t
start_without_python(Child *child)
{
    sigset_t all;
    sigset_t old;
    pid_t pid;
    sigfillset(&all);
    bool share = child->allow_vfork && !child->set_gid && !child->set_uid && !child->set_groups;
    POSIX_DETACHED({
        if (share) {
            pthread_sigmask(SIG_BLOCK, &all, &old);
            child->old_mask = &old;
            pid = vfork_child(child);
            int saved = errno;
            pthread_sigmask(SIG_SETMASK, &old, NULL);
            errno = saved;
        }
        else {
            pid = fork();
            if (pid == 0) {
                run_child(child);
            }
        }
    });
    return pid;
}

static pid_t
start_with_preexec(Child *child)
{
    posix_fork_before();
    pid_t pid = fork();
    if (pid == 0) {
        posix_fork_child();
        run_child(child);
    }
    posix_fork_parent();
    return pid;
}

// Bytes objects of a sequence as a vector of C strings (posix_vector_free).
static char **
bytes_vector(PyObject *sequence)
{
    PyObject *items = sequence_tuple(sequence);
    if (items == NULL) {
        return NULL;
    }
    Py_ssize_t n = tuple_size(items);
    char **vector = mem_calloc((size_t)n + 1, sizeof *vector);
    if (vector == NULL) {
        error_no_memory();
    }
    for (Py_ssize_t i = 0; vector != NULL && i < n; i++) {
        char *data;
        if (bytes_as_data(tuple_item(items, i), &data, NULL) == 0) {
            vector[i] = mem_strdup(data);
            if (vector[i] != NULL) {
                continue;
            }
            error_no_memory();
        }
        posix_vector_free(vector);
        vector = NULL;
    }
    decref(items);
    return vector;
}

static char **
argument_vector(PyObject *args)
{
    PyObject *items = sequence_fast(args, "argv must be a tuple");
    PyObject *fixed = items != NULL ? sequence_tuple(items) : NULL;
    char **vector = fixed != NULL ? posix_argument_vector(fixed, tuple_size(fixed)) : NULL;
    xdecref(items);
    xdecref(fixed);
    return vector;
}

// Sorted distinct descriptors: a block, or NULL with ValueError.
static int *
read_keep(PyObject *tuple, Py_ssize_t *count)
{
    Py_ssize_t n = tuple_size(tuple);
    int *fds = mem_alloc_array((size_t)n + 1, sizeof *fds);
    if (fds == NULL) {
        return error_no_memory();
    }
    int last = -1;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = tuple_item(tuple, i);
        int64_t fd = -1;
        if (!int_check(item) || !int_as_i64_fast(item, &fd) || fd < 0 || fd <= last
            || fd > INT_MAX) {
            mem_free(fds);
            return error_set(PyExc_ValueError, "bad value(s) in fds_to_keep");
        }
        fds[i] = last = (int)fd;
    }
    *count = n;
    return fds;
}

// Group ids: a block, or NULL with an exception.
static gid_t *
read_groups(PyObject *list, size_t *count)
{
    if (!list_check(list)) {
        return error_set(PyExc_TypeError, "setgroups argument must be a list");
    }
    PyObject *items = list_as_tuple(list);
    if (items == NULL) {
        return NULL;
    }
    Py_ssize_t n = tuple_size(items);
    gid_t *groups = NULL;
    if (n > NGROUPS_MAX) {
        error_set(PyExc_ValueError, "too many extra_groups");
    }
    else if ((groups = mem_alloc_array((size_t)n + 1, sizeof *groups)) == NULL) {
        error_no_memory();
    }
    for (Py_ssize_t i = 0; groups != NULL && i < n; i++) {
        PyObject *item = tuple_item(items, i);
        const char *problem = NULL;
        if (!int_check(item)) {
            error_set(PyExc_TypeError, "extra_groups must be integers");
            problem = "";
        }
        else if (!posix_gid_converter(item, &groups[i])) {
            error_clear();
            problem = "invalid group id";
            error_set(PyExc_ValueError, problem);
        }
        if (problem != NULL) {
            mem_free(groups);
            groups = NULL;
        }
    }
    decref(items);
    *count = (size_t)n;
    return groups;
}

typedef struct {
    PyObject *args, *programs, *keep, *cwd, *env, *gid, *groups, *uid, *preexec;
} Given;

// Blocks that the Child points to.
typedef struct {
    int *keep;
    gid_t *groups;
    PyObject *cwd;
} Owned;

// Fills the parts that need conversion. False with an exception.
static bool
convert(const Given *given, Child *child, Owned *owned)
{
    owned->keep = read_keep(given->keep, &child->keep_count);
    child->keep = owned->keep;
    if (owned->keep == NULL) {
        return false;
    }
    child->programs = bytes_vector(given->programs);
    if (child->programs == NULL) {
        return false;
    }
    if (given->args != Py_None) {
        child->argv = argument_vector(given->args);
        if (child->argv == NULL) {
            return false;
        }
    }
    if (given->env != Py_None && (child->env = bytes_vector(given->env)) == NULL) {
        return false;
    }
    if (given->cwd != Py_None) {
        if (!str_fs_converter(given->cwd, &owned->cwd)) {
            return false;
        }
        child->cwd = bytes_data(owned->cwd);
    }
    if (given->groups != Py_None) {
        owned->groups = read_groups(given->groups, &child->group_count);
        child->groups = owned->groups;
        child->set_groups = true;
        if (owned->groups == NULL) {
            return false;
        }
    }
    child->set_gid = given->gid != Py_None;
    child->set_uid = given->uid != Py_None;
    return (!child->set_gid || posix_gid_converter(given->gid, &child->gid))
           && (!child->set_uid || posix_uid_converter(given->uid, &child->uid));
}

static PyObject *
fork_exec(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    Given given;
    Child child = {0};
    Owned owned = {0};
    int close_fds, restore_signals, new_session, group;
    int allow_vfork = 1;        // older and newer versions of subprocess pass it
    if (!args_parse_stack(args, nargs, "OOpO!OOiiiiiiiippiOOOiO|p:fork_exec", &given.args,
                          &given.programs, &close_fds, &PyTuple_Type, &given.keep, &given.cwd,
                          &given.env, &child.p2cread, &child.p2cwrite, &child.c2pread,
                          &child.c2pwrite, &child.errread, &child.errwrite, &child.errpipe_read,
                          &child.errpipe_write, &restore_signals, &new_session, &group,
                          &given.gid, &given.groups, &given.uid, &child.umask, &given.preexec,
                          &allow_vfork)) {
        return NULL;
    }
    if (sys_audit("_posixsubprocess.fork_exec", "(OOO)", given.programs, given.args, given.env) < 0) {
        return NULL;
    }
    if (given.preexec != Py_None && runtime_is_finalizing()) {
        return error_set(PyExc_PythonFinalizationError,
                         "preexec_fn not supported at interpreter shutdown");
    }
    if (close_fds && child.errpipe_write < 3) {
        return error_set(PyExc_ValueError, "errpipe_write must be >= 3");
    }
    child.close_fds = close_fds;
    child.allow_vfork = allow_vfork;
    child.restore_signals = restore_signals;
    child.new_session = new_session;
    child.group = group;
    long limit = sysconf(_SC_OPEN_MAX);
    child.open_max = limit > 0 && limit < INT_MAX ? (int)limit : 1 << 16;
    PyObject *result = NULL;
    if (convert(&given, &child, &owned)) {
        pid_t pid;
        if (given.preexec != Py_None) {
            child.preexec = given.preexec;
            pid = start_with_preexec(&child);
        }
        else {
            pid = start_without_python(&child);
        }
        result = pid < 0 ? posix_error() : int_from_i64(pid);
    }
    posix_vector_free(child.programs);
    posix_vector_free(child.argv);
    posix_vector_free(child.env);
    mem_free(owned.keep);
    mem_free(owned.groups);
    xdecref(owned.cwd);
    return result;
}

static PyMethodDef methods[] = {
    {"fork_exec", FAST(fork_exec),
     "fork_exec($module, args, executable_list, close_fds, pass_fds, cwd,\n"
     "          env, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite,\n"
     "          errpipe_read, errpipe_write, restore_signals, call_setsid,\n"
     "          pgid_to_set, gid, extra_groups, uid, child_umask, preexec_fn,\n"
     "          allow_vfork=True, /)\n--\n\n"
     "Run a program in a new process: its id.\n\n"
     "What goes wrong in the child before the program runs is written to errpipe_write."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
    {0, NULL},
};

static PyModuleDef posixsubprocess_definition = {
    .m_name = "_posixsubprocess",
    .m_doc = "A POSIX helper for the subprocess module.",
    .m_methods = methods,
    .m_slots = slots,
};

NATIVE_MODULE(_posixsubprocess, &posixsubprocess_definition)
