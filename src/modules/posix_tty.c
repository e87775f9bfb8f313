// posix: terminals and pseudo-terminals.
//
// Threading: see posix_internal.h. Names come from the reentrant forms of the C library.
#include "modules/posix_internal.h"

#include <langinfo.h>
#include <limits.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include "objects/bool.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/str.h"
#include "objects/structseq.h"
#include "objects/tuple.h"

static PyStructSequence_Field size_fields[] = {
    {"columns", "width of the terminal window in characters"},
    {"lines", "height of the terminal window in characters"},
    {NULL, NULL},
};

static PyStructSequence_Desc size_desc = {
    "os.terminal_size", "A tuple of (columns, lines) for holding terminal window size",
    size_fields, 2,
};

static PyTypeObject terminal_size_type = {.ob_base = STATIC_TYPE_HEAD};

static bool
fd_argument(PyObject *arg, int *fd)
{
    *fd = int_as_int(arg);
    return !(*fd == -1 && error_occurred());
}

static PyObject *
os_get_terminal_size(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd = STDOUT_FILENO;
    struct winsize window;
    if (!args_parse_stack(args, nargs, "|i:get_terminal_size", &fd)) {
        return NULL;
    }
    if (ioctl(fd, TIOCGWINSZ, &window) < 0) {
        return posix_error();
    }
    PyObject *result = structseq_new(&terminal_size_type);
    if (result != NULL) {
        structseq_set_steal(result, 0, int_from_i64(window.ws_col));
        structseq_set_steal(result, 1, int_from_i64(window.ws_row));
    }
    return result;
}

static PyObject *
os_isatty(PyObject *module, PyObject *arg)
{
    int fd, result;
    if (!fd_argument(arg, &fd)) {
        return NULL;
    }
    POSIX_DETACHED(result = isatty(fd));
    return bool_from_int(result);
}

static PyObject *
os_ttyname(PyObject *module, PyObject *arg)
{
    int fd;
    char buffer[TTY_NAME_MAX + 1];
    if (!fd_argument(arg, &fd)) {
        return NULL;
    }
    int error = ttyname_r(fd, buffer, sizeof buffer);
    if (error != 0) {
        errno = error;
        return posix_error();
    }
    return str_decode_fsdefault(buffer);
}

static PyObject *
os_ctermid(PyObject *module, PyObject *unused)
{
    char buffer[L_ctermid];
    return str_decode_fsdefault(ctermid(buffer));
}

// Encoding of a terminal, None for what is none.
static PyObject *
os_device_encoding(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"fd", NULL};
    static ArgsParser parser = {.format = "i:device_encoding", .keywords = keywords};
    int fd;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &fd)) {
        return NULL;
    }
    if (!isatty(fd)) {
        return new_ref(Py_None);
    }
    return str_from_cstr("utf-8");      // the runtime is always in UTF-8 mode
}

static PyObject *
os_tcgetpgrp(PyObject *module, PyObject *arg)
{
    int fd;
    if (!fd_argument(arg, &fd)) {
        return NULL;
    }
    pid_t group = tcgetpgrp(fd);
    return group < 0 ? posix_error() : int_from_i64(group);
}

static PyObject *
os_tcsetpgrp(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, group;
    if (!args_parse_stack(args, nargs, "ii:tcsetpgrp", &fd, &group)) {
        return NULL;
    }
    return posix_none_or_error(tcsetpgrp(fd, group));
}

static PyObject *
os_openpty(PyObject *module, PyObject *unused)
{
    int master, slave, failed;
    POSIX_DETACHED(failed = openpty(&master, &slave, NULL, NULL, NULL));
    if (failed < 0) {
        return posix_error();
    }
    if (posix_set_inheritable(master, false) < 0 || posix_set_inheritable(slave, false) < 0) {
        int saved = errno;
        close(master);
        close(slave);
        errno = saved;
        return posix_error();
    }
    return tuple_pair_steal(int_from_i64(master), int_from_i64(slave));
}

static PyObject *
os_login_tty(PyObject *module, PyObject *arg)
{
    int fd;
    if (!posix_fd_converter(arg, &fd)) {
        return NULL;
    }
    return posix_none_or_error(login_tty(fd));
}

static PyObject *
os_posix_openpt(PyObject *module, PyObject *arg)
{
    int flags;
    if (!fd_argument(arg, &flags)) {
        return NULL;
    }
    int fd = posix_openpt(flags | O_CLOEXEC);
    return fd < 0 ? posix_error() : int_from_i64(fd);
}

static PyObject *
os_grantpt(PyObject *module, PyObject *arg)
{
    int fd;
    return posix_fd_converter(arg, &fd) ? posix_none_or_error(grantpt(fd)) : NULL;
}

static PyObject *
os_unlockpt(PyObject *module, PyObject *arg)
{
    int fd;
    return posix_fd_converter(arg, &fd) ? posix_none_or_error(unlockpt(fd)) : NULL;
}

static PyObject *
os_ptsname(PyObject *module, PyObject *arg)
{
    int fd;
    char buffer[PATH_MAX];
    if (!posix_fd_converter(arg, &fd)) {
        return NULL;
    }
    int error = ptsname_r(fd, buffer, sizeof buffer);
    if (error != 0) {
        errno = error;
        return posix_error();
    }
    return str_decode_fsdefault(buffer);
}

PyMethodDef posix_tty_methods[] = {
    {"get_terminal_size", FAST(os_get_terminal_size),
     "get_terminal_size($module, fd=<unrepresentable>, /)\n--\n\n"
     "Size of the terminal window as (columns, lines); fd is standard output by default."},
    {"isatty", os_isatty, METH_O,
     "isatty($module, fd, /)\n--\n\nWhether the descriptor belongs to a terminal."},
    {"ttyname", os_ttyname, METH_O,
     "ttyname($module, fd, /)\n--\n\nName of the terminal of a descriptor."},
    {"ctermid", os_ctermid, METH_NOARGS,
     "ctermid($module, /)\n--\n\nName of the controlling terminal of the process."},
    {"device_encoding", KEYWORDS(os_device_encoding),
     "device_encoding($module, /, fd)\n--\n\nEncoding of a terminal, or None."},
    {"tcgetpgrp", os_tcgetpgrp, METH_O,
     "tcgetpgrp($module, fd, /)\n--\n\nForeground process group of a terminal."},
    {"tcsetpgrp", FAST(os_tcsetpgrp),
     "tcsetpgrp($module, fd, pgid, /)\n--\n\nSet the foreground process group of a terminal."},
    {"openpty", os_openpty, METH_NOARGS,
     "openpty($module, /)\n--\n\nOpen a pseudo-terminal: (master_fd, slave_fd)."},
    {"login_tty", os_login_tty, METH_O,
     "login_tty($module, fd, /)\n--\n\n"
     "Start a session on a terminal: it becomes controlling terminal and standard streams."},
    {"posix_openpt", os_posix_openpt, METH_O,
     "posix_openpt($module, oflag, /)\n--\n\nOpen the master of a new pseudo-terminal."},
    {"grantpt", os_grantpt, METH_O,
     "grantpt($module, fd, /)\n--\n\nGrant access to the slave of a pseudo-terminal."},
    {"unlockpt", os_unlockpt, METH_O,
     "unlockpt($module, fd, /)\n--\n\nUnlock a pseudo-terminal pair."},
    {"ptsname", os_ptsname, METH_O,
     "ptsname($module, fd, /)\n--\n\nName of the slave of a pseudo-terminal."},
    {NULL, NULL, 0, NULL},
};

int
posix_tty_exec(PyObject *module)
{
    if (structseq_init_type(&terminal_size_type, &size_desc) < 0) {
        return -1;
    }
    return module_add(module, "terminal_size", (PyObject *)&terminal_size_type);
}
