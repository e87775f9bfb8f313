// posix: waiting for child processes and reading their status.
//
// Threading: see posix_internal.h.
#include "modules/posix_internal.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "modules/rusage.h"
#include "objects/bool.h"
#include "objects/build.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/structseq.h"

static PyStructSequence_Field waitid_fields[] = {
    {"si_pid", NULL}, {"si_uid", NULL}, {"si_signo", NULL}, {"si_status", NULL},
    {"si_code", NULL}, {NULL, NULL},
};

static PyStructSequence_Desc waitid_desc = {
    "posix.waitid_result",
    "waitid_result: Result from waitid.\n\n"
    "A tuple (si_pid, si_uid, si_signo, si_status, si_code) whose fields also have names.",
    waitid_fields, 5,
};

static PyTypeObject waitid_result_type = {.ob_base = STATIC_TYPE_HEAD};

// ---- waiting ----

static PyObject *
pid_and_status(pid_t pid, int status)
{
    return pid < 0 ? posix_error() : value_build("(ii)", (int)pid, status);
}

static PyObject *
os_wait(PyObject *module, PyObject *unused)
{
    pid_t pid;
    int status = 0;
    POSIX_RETRY(pid, wait(&status));
    return pid_and_status(pid, status);
}

static PyObject *
os_waitpid(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int wanted, options;
    if (!args_parse_stack(args, nargs, "ii:waitpid", &wanted, &options)) {
        return NULL;
    }
    pid_t pid;
    int status = 0;
    POSIX_RETRY(pid, waitpid(wanted, &status, options));
    return pid_and_status(pid, status);
}

static PyObject *
wait_with_usage(pid_t wanted, int options)
{
    pid_t pid;
    int status = 0;
    struct rusage usage;
    memset(&usage, 0, sizeof usage);
    POSIX_RETRY(pid, wait4(wanted, &status, options, &usage));
    if (pid < 0) {
        return posix_error();
    }
    PyObject *object = rusage_object(&usage);
    return object == NULL ? NULL : value_build("(iiN)", (int)pid, status, object);
}

static PyObject *
os_wait3(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"options", NULL};
    static ArgsParser parser = {.format = "i:wait3", .keywords = keywords};
    int options;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &options)) {
        return NULL;
    }
    return wait_with_usage(-1, options);
}

static PyObject *
os_wait4(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"pid", "options", NULL};
    static ArgsParser parser = {.format = "ii:wait4", .keywords = keywords};
    int pid, options;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &pid, &options)) {
        return NULL;
    }
    return wait_with_usage(pid, options);
}

static PyObject *
os_waitid(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int kind, id, options, failed;
    if (!args_parse_stack(args, nargs, "iii:waitid", &kind, &id, &options)) {
        return NULL;
    }
    siginfo_t info;
    memset(&info, 0, sizeof info);
    POSIX_RETRY(failed, waitid((idtype_t)kind, (id_t)id, &info, options));
    if (failed < 0) {
        return posix_error();
    }
    if (info.si_pid == 0) {
        return new_ref(Py_None);    // WNOHANG, and nothing has happened
    }
    PyObject *result = structseq_new(&waitid_result_type);
    if (result != NULL) {
        structseq_set_steal(result, 0, int_from_i64(info.si_pid));
        structseq_set_steal(result, 1, posix_uid_object(info.si_uid));
        structseq_set_steal(result, 2, int_from_i64(info.si_signo));
        structseq_set_steal(result, 3, int_from_i64(info.si_status));
        structseq_set_steal(result, 4, int_from_i64(info.si_code));
    }
    return result;
}

// ---- status ----

static const char *const status_keywords[] = {"status", NULL};

#define STATUS_FUNCTION(name, make, macro)                                                      \
    static PyObject *os_##name(PyObject *module, PyObject *const *args, Py_ssize_t nargs,       \
                               PyObject *kwnames)                                               \
    {                                                                                           \
        static ArgsParser parser = {.format = "i:" #name, .keywords = status_keywords};         \
        int status;                                                                             \
        if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &status)) {               \
            return NULL;                                                                        \
        }                                                                                       \
        return make(macro(status));                                                             \
    }

STATUS_FUNCTION(WIFCONTINUED, bool_from_int, WIFCONTINUED)
STATUS_FUNCTION(WIFSTOPPED, bool_from_int, WIFSTOPPED)
STATUS_FUNCTION(WIFSIGNALED, bool_from_int, WIFSIGNALED)
STATUS_FUNCTION(WIFEXITED, bool_from_int, WIFEXITED)
STATUS_FUNCTION(WEXITSTATUS, int_from_i64, WEXITSTATUS)
STATUS_FUNCTION(WTERMSIG, int_from_i64, WTERMSIG)
STATUS_FUNCTION(WSTOPSIG, int_from_i64, WSTOPSIG)

static PyObject *
os_WCOREDUMP(PyObject *module, PyObject *arg)
{
    int status = int_as_int(arg);
    return status == -1 && error_occurred() ? NULL : bool_from_int(WCOREDUMP(status));
}

static PyObject *
os_waitstatus_to_exitcode(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                          PyObject *kwnames)
{
    static ArgsParser parser = {.format = "i:waitstatus_to_exitcode", .keywords = status_keywords};
    int status;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &status)) {
        return NULL;
    }
    if (WIFEXITED(status)) {
        int code = WEXITSTATUS(status);
        return code < 0 ? error_format(PyExc_ValueError, "invalid WEXITSTATUS: %i", code)
                        : int_from_i64(code);
    }
    if (WIFSIGNALED(status)) {
        int number = WTERMSIG(status);
        return number <= 0 ? error_format(PyExc_ValueError, "invalid WTERMSIG: %i", number)
                           : int_from_i64(-number);
    }
    if (WIFSTOPPED(status)) {
        return error_format(PyExc_ValueError, "process stopped by delivery of signal %i",
                            WSTOPSIG(status));
    }
    return error_format(PyExc_ValueError, "invalid wait status: %i", status);
}

PyMethodDef posix_wait_methods[] = {
    {"wait", os_wait, METH_NOARGS,
     "wait($module, /)\n--\n\nWait for any child: (pid, status)."},
    {"waitpid", FAST(os_waitpid),
     "waitpid($module, pid, options, /)\n--\n\n"
     "Wait for a child: (pid, status); pid is 0 when WNOHANG is given and nothing happened."},
    {"wait3", KEYWORDS(os_wait3),
     "wait3($module, /, options)\n--\n\nWait for any child: (pid, status, rusage)."},
    {"wait4", KEYWORDS(os_wait4),
     "wait4($module, /, pid, options)\n--\n\nWait for a child: (pid, status, rusage)."},
    {"waitid", FAST(os_waitid),
     "waitid($module, idtype, id, options, /)\n--\n\n"
     "Wait for an event of children: a waitid_result, or None."},
    {"WCOREDUMP", os_WCOREDUMP, METH_O,
     "WCOREDUMP($module, status, /)\n--\n\nWhether the process dumped core."},
    {"WIFCONTINUED", KEYWORDS(os_WIFCONTINUED),
     "WIFCONTINUED($module, /, status)\n--\n\nWhether the process was continued."},
    {"WIFSTOPPED", KEYWORDS(os_WIFSTOPPED),
     "WIFSTOPPED($module, /, status)\n--\n\nWhether the process was stopped."},
    {"WIFSIGNALED", KEYWORDS(os_WIFSIGNALED),
     "WIFSIGNALED($module, /, status)\n--\n\nWhether the process was ended by a signal."},
    {"WIFEXITED", KEYWORDS(os_WIFEXITED),
     "WIFEXITED($module, /, status)\n--\n\nWhether the process exited by itself."},
    {"WEXITSTATUS", KEYWORDS(os_WEXITSTATUS),
     "WEXITSTATUS($module, /, status)\n--\n\nExit code of a process that exited."},
    {"WTERMSIG", KEYWORDS(os_WTERMSIG),
     "WTERMSIG($module, /, status)\n--\n\nSignal that ended the process."},
    {"WSTOPSIG", KEYWORDS(os_WSTOPSIG),
     "WSTOPSIG($module, /, status)\n--\n\nSignal that stopped the process."},
    {"waitstatus_to_exitcode", KEYWORDS(os_waitstatus_to_exitcode),
     "waitstatus_to_exitcode($module, /, status)\n--\n\n"
     "Exit code of a wait status: negative when a signal ended the process."},
    {NULL, NULL, 0, NULL},
};

int
posix_wait_exec(PyObject *module)
{
    if (rusage_init() < 0 || structseq_init_type(&waitid_result_type, &waitid_desc) < 0) {
        return -1;
    }
    return module_add(module, "waitid_result", (PyObject *)&waitid_result_type);
}
