// Native module _socket: the module itself; socket_internal.h tells about its files.
//
// Threading: see socket_internal.h.
#include "modules/module.h"
#include "modules/socket_internal.h"

#include <unistd.h>

#include "objects/build.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/tuple.h"

SocketState socket_state = {.default_timeout = -1};

static PyObject *
socket_getdefaulttimeout(PyObject *module, PyObject *unused)
{
    return socket_timeout_object(atomic_load_relaxed_ssize(&socket_state.default_timeout));
}

static PyObject *
socket_setdefaulttimeout(PyObject *module, PyObject *arg)
{
    int64_t timeout;
    if (!socket_timeout_argument(arg, &timeout)) {
        return NULL;
    }
    atomic_store_relaxed_ssize(&socket_state.default_timeout, timeout);
    return new_ref(Py_None);
}

static PyObject *
socket_socketpair(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int family = AF_UNIX;
    int kind = SOCK_STREAM;
    int proto = 0;
    int ends[2];
    int failed;
    if (!args_parse_stack(args, nargs, "|iii:socketpair", &family, &kind, &proto)) {
        return NULL;
    }
    POSIX_DETACHED(failed = socketpair(family, kind | SOCK_CLOEXEC, proto, ends));
    if (failed < 0) {
        return posix_error();
    }
    PyObject *first = socket_object_new(&socket_type, ends[0], family, kind, proto);
    if (first == NULL) {
        close(ends[1]);
        return NULL;
    }
    PyObject *second = socket_object_new(&socket_type, ends[1], family, kind, proto);
    if (second == NULL) {
        decref(first);
        return NULL;
    }
    return tuple_pair_steal(first, second);
}

static PyObject *
socket_dup(PyObject *module, PyObject *arg)
{
    int fd = int_as_int(arg);
    if (fd == -1 && error_occurred()) {
        return NULL;
    }
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return copy < 0 ? posix_error() : int_from_i64(copy);
}

static PyObject *
socket_close_fd(PyObject *module, PyObject *arg)
{
    int fd = int_as_int(arg);
    int failed;
    if (fd == -1 && error_occurred()) {
        return NULL;
    }
    POSIX_DETACHED(failed = close(fd));
    return failed < 0 && errno != ECONNRESET ? posix_error() : new_ref(Py_None);
}

// The data length of a control message; what is added to it must stay within 31 bits, as sendmsg
// has it.
static bool
control_size(PyObject *arg, size_t added, const char *format, const char *message, size_t *size)
{
    Py_ssize_t length;
    if (!args_parse_one(arg, format, &length)) {
        return false;
    }
    if (length < 0 || (size_t)length > (size_t)INT32_MAX - added) {
        error_set(PyExc_OverflowError, message);
        return false;
    }
    *size = (size_t)length;
    return true;
}

static PyObject *
socket_cmsg_len(PyObject *module, PyObject *arg)
{
    size_t size;
    return control_size(arg, CMSG_LEN(0), "n:CMSG_LEN", "CMSG_LEN() argument out of range", &size)
               ? int_from_size(CMSG_LEN(size))
               : NULL;
}

static PyObject *
socket_cmsg_space(PyObject *module, PyObject *arg)
{
    size_t size;
    return control_size(arg, CMSG_SPACE(1), "n:CMSG_SPACE", "CMSG_SPACE() argument out of range", &size)
               ? int_from_size(CMSG_SPACE(size))
               : NULL;
}

static PyMethodDef socket_methods[] = {
    {"getdefaulttimeout", socket_getdefaulttimeout, METH_NOARGS,
     "getdefaulttimeout() -> timeout\n\nTimeout of new sockets in seconds, or None."},
    {"setdefaulttimeout", socket_setdefaulttimeout, METH_O,
     "setdefaulttimeout(timeout)\n\nSet the timeout of new sockets; None for none."},
    {"socketpair", FAST(socket_socketpair),
     "socketpair([family[, type [, proto]]]) -> (socket object, socket object)\n\n"
     "A pair of connected sockets."},
    {"dup", socket_dup, METH_O, "dup(integer) -> integer\n\nDuplicate a descriptor."},
    {"close", socket_close_fd, METH_O, "close(integer) -> None\n\nClose a descriptor."},
    {"CMSG_LEN", socket_cmsg_len, METH_O,
     "CMSG_LEN(length) -> control message length\n\n"
     "Length of a control message with that many bytes of data, without padding."},
    {"CMSG_SPACE", socket_cmsg_space, METH_O,
     "CMSG_SPACE(length) -> buffer size\n\n"
     "Room for a control message with that many bytes of data, with padding."},
    {NULL, NULL, 0, NULL},
};

static int
socket_exec(PyObject *module)
{
    if (socket_state.gaierror == NULL) {
        socket_state.herror = error_new_exception("socket.herror", PyExc_OSError, NULL);
        socket_state.gaierror = error_new_exception("socket.gaierror", PyExc_OSError, NULL);
        if (socket_state.herror == NULL || socket_state.gaierror == NULL) {
            return -1;
        }
    }
    return module_add_functions(module, socket_names_methods) < 0
                   || posix_add_constants(module, socket_constants) < 0
                   || module_add_type(module, &socket_type) < 0
                   || module_add(module, "SocketType", (PyObject *)&socket_type) < 0
                   || module_add(module, "error", PyExc_OSError) < 0
                   || module_add(module, "timeout", PyExc_TimeoutError) < 0
                   || module_add(module, "herror", socket_state.herror) < 0
                   || module_add(module, "gaierror", socket_state.gaierror) < 0
                   || module_add(module, "has_ipv6", Py_True) < 0
               ? -1
               : 0;
}

static PyModuleDef_Slot socket_slots[] = {
    {Py_mod_exec, socket_exec},
    {0, NULL},
};

static PyModuleDef socket_definition = {
    .m_name = "_socket",
    .m_doc = "Implementation module for socket operations.\n\nSee the socket module.",
    .m_methods = socket_methods,
    .m_slots = socket_slots,
};

NATIVE_MODULE(_socket, &socket_definition)
