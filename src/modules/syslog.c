// Native module syslog: messages to the system's log.
//
// The C library keeps the identification string by address: the text given to openlog lives until the
// next openlog or closelog.
//
// Threading: `mutex` guards what is open. It is held while the C library is called, detached.
#include "modules/module.h"

#include <string.h>
#include <syslog.h>

#include "memory/alloc.h"
#include "modules/posix_internal.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/str.h"
#include "runtime/sys.h"
#include "thread/mutex.h"

// Of the process, as the log is.
static struct {
    PyMutex mutex;
    bool open;          // lock: mutex
    char *ident;        // lock: mutex; mem_alloc'ed or NULL
} state;

// Name of the script without its folders: a block, or NULL (no exception) when there is none.
static char *
script_name(void)
{
    PyObject *argv = sys_get(ID(argv));
    PyObject *first = NULL;
    char *result = NULL;
    if (argv != NULL && list_check(argv)) {
        first = list_get_optional(argv, 0);
    }
    const char *text = first != NULL && str_check(first) ? str_as_utf8(first) : NULL;
    if (text != NULL && *text != '\0') {
        const char *slash = strrchr(text, '/');
        result = mem_strdup(slash != NULL ? slash + 1 : text);
    }
    error_clear();
    xdecref(first);
    xdecref(argv);
    return result;
}

// ident (a block or NULL) becomes the identification.
static void
open_log(char *ident, int options, int facility)
{
    mutex_lock(&state.mutex);
    char *old = state.ident;
    state.ident = ident;
    POSIX_DETACHED(openlog(ident, options, facility));
    state.open = true;
    mutex_unlock(&state.mutex);
    mem_free(old);
}

static PyObject *
syslog_openlog(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"ident", "logoption", "facility", NULL};
    static ArgsParser parser = {.format = "|Oll:openlog", .keywords = keywords};
    PyObject *given = Py_None;
    long options = 0;
    long facility = LOG_USER;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &given, &options, &facility)) {
        return NULL;
    }
    char *ident;
    if (given == Py_None) {
        ident = script_name();
    }
    else {
        if (!str_check(given)) {
            args_bad_argument("openlog", "argument 'ident'", "str", given);
            return NULL;
        }
        const char *text = str_as_utf8_no_nul(given);
        ident = text != NULL ? mem_strdup(text) : NULL;
        if (ident == NULL) {
            return error_occurred() ? NULL : error_no_memory();
        }
    }
    PyObject *shown = ident != NULL ? str_from_cstr(ident) : new_ref(Py_None);
    int refused = shown == NULL ? -1 : sys_audit("syslog.openlog", "(Oll)", shown, options, facility);
    xdecref(shown);
    if (refused < 0) {
        mem_free(ident);
        return NULL;
    }
    open_log(ident, (int)options, (int)facility);
    return new_ref(Py_None);
}

static PyObject *
syslog_syslog(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int priority = LOG_INFO;
    const char *message;
    if (!(nargs == 1 ? args_parse_stack(args, nargs, "s:syslog", &message)
                     : args_parse_stack(args, nargs, "is:syslog", &priority, &message))
        || sys_audit("syslog.syslog", "is", priority, message) < 0) {
        return NULL;
    }
    mutex_lock(&state.mutex);
    bool open = state.open;
    mutex_unlock(&state.mutex);
    if (!open) {
        PyObject *opened = syslog_openlog(module, NULL, 0, NULL);
        if (opened == NULL) {
            return NULL;
        }
        decref(opened);
    }
    // Held, so that the identification is not freed meanwhile.
    mutex_lock(&state.mutex);
    POSIX_DETACHED(syslog(priority, "%s", message));
    mutex_unlock(&state.mutex);
    return new_ref(Py_None);
}

static PyObject *
syslog_closelog(PyObject *module, PyObject *unused)
{
    if (sys_audit("syslog.closelog", "") < 0) {
        return NULL;
    }
    mutex_lock(&state.mutex);
    char *old = state.ident;
    if (state.open) {
        POSIX_DETACHED(closelog());
        state.open = false;
        state.ident = NULL;
    }
    else {
        old = NULL;
    }
    mutex_unlock(&state.mutex);
    mem_free(old);
    return new_ref(Py_None);
}

static PyObject *
syslog_setlogmask(PyObject *module, PyObject *arg)
{
    long mask = int_as_long(arg);
    if ((mask == -1 && error_occurred()) || sys_audit("syslog.setlogmask", "l", mask) < 0) {
        return NULL;
    }
    return int_from_i64(setlogmask((int)mask));
}

static PyObject *
syslog_mask(PyObject *module, PyObject *arg)
{
    long priority = int_as_long(arg);
    return priority == -1 && error_occurred() ? NULL : int_from_i64(LOG_MASK(priority & 31));
}

static PyObject *
syslog_upto(PyObject *module, PyObject *arg)
{
    long priority = int_as_long(arg);
    return priority == -1 && error_occurred() ? NULL : int_from_i64(LOG_UPTO(priority & 15));
}

static PyMethodDef syslog_methods[] = {
    {"openlog", KEYWORDS(syslog_openlog),
     "openlog($module, /, ident=<unrepresentable>, logoption=0,\n"
     "        facility=LOG_USER)\n--\n\nSet options of the messages that follow."},
    {"closelog", syslog_closelog, METH_NOARGS,
     "closelog($module, /)\n--\n\nForget what openlog() has set."},
    {"syslog", FAST(syslog_syslog),
     "syslog([priority=LOG_INFO,] message)\nSend a message to the system's log."},
    {"setlogmask", syslog_setlogmask, METH_O,
     "setlogmask($module, maskpri, /)\n--\n\nSet the mask of priorities: the old one."},
    {"LOG_MASK", syslog_mask, METH_O,
     "LOG_MASK($module, pri, /)\n--\n\nThe mask of one priority."},
    {"LOG_UPTO", syslog_upto, METH_O,
     "LOG_UPTO($module, pri, /)\n--\n\nThe mask of all priorities up to pri."},
    {NULL, NULL, 0, NULL},
};

static const PosixConstant constants[] = {
#define C(name) {#name, name},
    C(LOG_ALERT) C(LOG_AUTH) C(LOG_AUTHPRIV) C(LOG_CONS) C(LOG_CRIT) C(LOG_CRON) C(LOG_DAEMON)
    C(LOG_DEBUG) C(LOG_EMERG) C(LOG_ERR) C(LOG_FTP) C(LOG_INFO) C(LOG_KERN) C(LOG_LOCAL0)
    C(LOG_LOCAL1) C(LOG_LOCAL2) C(LOG_LOCAL3) C(LOG_LOCAL4) C(LOG_LOCAL5) C(LOG_LOCAL6)
    C(LOG_LOCAL7) C(LOG_LPR) C(LOG_MAIL) C(LOG_NDELAY) C(LOG_NEWS) C(LOG_NOTICE) C(LOG_NOWAIT)
    C(LOG_ODELAY) C(LOG_PERROR) C(LOG_PID) C(LOG_SYSLOG) C(LOG_USER) C(LOG_UUCP) C(LOG_WARNING)
#undef C
    {NULL, 0},
};

static int
syslog_exec(PyObject *module)
{
    return posix_add_constants(module, constants);
}

static PyModuleDef_Slot syslog_slots[] = {
    {Py_mod_exec, syslog_exec},
    {0, NULL},
};

static PyModuleDef syslog_definition = {
    .m_name = "syslog",
    .m_methods = syslog_methods,
    .m_slots = syslog_slots,
};

NATIVE_MODULE(syslog, &syslog_definition)
