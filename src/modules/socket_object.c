// _socket.socket: life, connecting, reading and writing.
//
// Threading: see socket_internal.h.
#include "modules/socket_internal.h"

#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "memory/alloc.h"
#include "modules/time_convert.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "platform/time.h"
#include "runtime/sys.h"

static SocketObject *cast(PyObject *op) { return (SocketObject *)op; }

// ---- waiting ----

// Waits until the socket is ready: 0, 1 when time is up, -1 with errno. deadline < 0: for ever.
static int
wait_ready(SocketObject *self, short events, int64_t deadline)
{
    struct pollfd descriptor = {.fd = socket_fd(self), .events = events};
    if (descriptor.fd < 0) {
        return 0;           // the operation tells
    }
    struct timespec left = {0};
    if (deadline >= 0) {
        int64_t ns = deadline - os_time_monotonic();
        if (ns < 0) {
            return 1;
        }
        left = time_ns_to_timespec(ns);
    }
    int n;
    POSIX_DETACHED(n = ppoll(&descriptor, 1, deadline >= 0 ? &left : NULL, NULL));
    return n < 0 ? -1 : n == 0;
}

static int64_t
deadline_of(int64_t timeout)
{
    return timeout > 0 ? time_add(os_time_monotonic(), timeout) : -1;
}

static int
raise_timeout(void)
{
    error_set(PyExc_TimeoutError, "timed out");
    return -1;
}

int
socket_call_timeout(SocketObject *self, bool writing, SocketOperation operation, void *data,
                    int64_t timeout)
{
    int64_t deadline = deadline_of(timeout);
    short events = writing ? POLLOUT : POLLIN;
    for (;;) {
        if (timeout > 0) {
            int state = wait_ready(self, events, deadline);
            if (state > 0) {
                return raise_timeout();
            }
            if (state < 0) {
                if (errno != EINTR) {
                    posix_error();
                    return -1;
                }
                if (signals_check() < 0) {
                    return -1;
                }
                continue;
            }
        }
        bool done;
        do {
            POSIX_DETACHED(done = operation(self, data));
        } while (!done && errno == EINTR && signals_check() == 0);
        if (done) {
            return 0;
        }
        // Readiness may be gone again, taken by another thread or process.
        if (!error_occurred() && timeout > 0 && (errno == EWOULDBLOCK || errno == EAGAIN)) {
            continue;
        }
        posix_error();
        return -1;
    }
}

int
socket_call(SocketObject *self, bool writing, SocketOperation operation, void *data)
{
    return socket_call_timeout(self, writing, operation, data, socket_timeout(self));
}

// ---- timeouts ----

bool
socket_timeout_argument(PyObject *arg, int64_t *timeout)
{
    if (arg == Py_None) {
        *timeout = -1;
        return true;
    }
    if (time_object_to_ns(arg, timeout, TIME_ROUND_UP) < 0) {
        return false;
    }
    if (*timeout < 0) {
        error_set(PyExc_ValueError, "Timeout value out of range");
        return false;
    }
    if (time_divide(*timeout, 1000000, TIME_ROUND_UP) > INT_MAX) {
        error_set(PyExc_OverflowError, "timeout doesn't fit into C timeval");
        return false;
    }
    return true;
}

PyObject *
socket_timeout_object(int64_t timeout)
{
    return timeout < 0 ? new_ref(Py_None) : float_from_double((double)timeout / 1e9);
}

static int
set_blocking(SocketObject *self, bool block)
{
    int nonblocking = !block;
    if (ioctl(socket_fd(self), FIONBIO, &nonblocking) < 0) {
        posix_error();
        return -1;
    }
    return 0;
}

static PyObject *
change_timeout(SocketObject *self, int64_t timeout)
{
    atomic_store_relaxed_ssize(&self->timeout, timeout);
    return set_blocking(self, timeout < 0) < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
socket_setblocking(PyObject *op, PyObject *arg)
{
    int block = object_is_true(arg);
    return block < 0 ? NULL : change_timeout(cast(op), block ? -1 : 0);
}

static PyObject *
socket_getblocking(PyObject *op, PyObject *unused)
{
    return bool_from_int(socket_timeout(cast(op)) != 0);
}

static PyObject *
socket_settimeout(PyObject *op, PyObject *arg)
{
    int64_t timeout;
    return socket_timeout_argument(arg, &timeout) ? change_timeout(cast(op), timeout) : NULL;
}

static PyObject *
socket_gettimeout(PyObject *op, PyObject *unused)
{
    return socket_timeout_object(socket_timeout(cast(op)));
}

// ---- life ----

// Puts a descriptor into the object. 0, or -1 with an exception.
static int
set_up(SocketObject *self, int fd, int family, int kind, int proto)
{
    atomic_store_int(&self->fd, fd);
    self->family = family;
    self->type = kind & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
    self->proto = proto;
    int64_t timeout = atomic_load_relaxed_ssize(&socket_state.default_timeout);
    if (kind & SOCK_NONBLOCK) {
        timeout = 0;
    }
    atomic_store_relaxed_ssize(&self->timeout, timeout);
    return timeout >= 0 ? set_blocking(self, false) : 0;
}

PyObject *
socket_object_new(PyTypeObject *type, int fd, int family, int kind, int proto)
{
    SocketObject *self = (SocketObject *)type->tp_alloc(type, 0);
    if (self == NULL) {
        close(fd);
        return NULL;
    }
    if (set_up(self, fd, family, kind, proto) < 0) {
        decref(self);
        return NULL;
    }
    return (PyObject *)self;
}

static PyObject *
socket_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    SocketObject *self = (SocketObject *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->fd = -1;
        self->timeout = -1;
    }
    return (PyObject *)self;
}

// What the kernel knows about a descriptor that was given, where the caller says -1. False with an
// exception.
static bool
ask_kernel(int fd, int *family, int *kind, int *proto)
{
    SocketAddress address;
    socklen_t size = sizeof address;
    memset(&address, 0, sizeof address);
    if (getsockname(fd, &address.any, &size) < 0) {
        if (*family == -1) {
            posix_error();
            return false;
        }
        if (errno == EBADF || errno == ENOTSOCK) {
            posix_error();
            return false;
        }
    }
    else if (*family == -1) {
        *family = address.any.sa_family;
    }
    size = sizeof *kind;
    if (*kind == -1 && getsockopt(fd, SOL_SOCKET, SO_TYPE, kind, &size) < 0) {
        posix_error();
        return false;
    }
    size = sizeof *proto;
    if (*proto == -1 && getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, proto, &size) < 0) {
        posix_error();
        return false;
    }
    return true;
}

static int
socket_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"family", "type", "proto", "fileno", NULL};
    SocketObject *self = cast(op);
    int family = -1;
    int kind = -1;
    int proto = -1;
    PyObject *fileno = Py_None;
    if (!args_parse_static(args, kwargs, "|iiiO:socket", keywords, &family, &kind, &proto,
                           &fileno)
        || sys_audit("socket.__new__", "Oiii", op, family, kind, proto) < 0) {
        return -1;
    }
    if (fileno != Py_None) {
        int fd = int_as_int(fileno);
        if (fd == -1 && error_occurred()) {
            return -1;
        }
        if (fd < 0) {
            error_set(PyExc_ValueError, "negative file descriptor");
            return -1;
        }
        return ask_kernel(fd, &family, &kind, &proto) ? set_up(self, fd, family, kind, proto) : -1;
    }
    family = family == -1 ? AF_INET : family;
    kind = kind == -1 ? SOCK_STREAM : kind;
    proto = proto == -1 ? 0 : proto;
    int fd;
    POSIX_DETACHED(fd = socket(family, kind | SOCK_CLOEXEC, proto));
    if (fd < 0) {
        posix_error();
        return -1;
    }
    if (set_up(self, fd, family, kind, proto) < 0) {
        close(fd);
        atomic_store_int(&self->fd, -1);
        return -1;
    }
    return 0;
}

static void
socket_finalize(PyObject *op)
{
    SocketObject *self = cast(op);
    if (socket_fd(self) < 0) {
        return;
    }
    PyObject *pending = error_take();
    if (error_warn_resource(op, 1, "unclosed %R", op) < 0 && error_matches(PyExc_Warning)) {
        error_format_unraisable("Exception ignored while finalizing socket %R", op);
    }
    int fd = atomic_exchange_int(&self->fd, -1);
    if (fd >= 0) {
        POSIX_DETACHED(close(fd));
    }
    error_restore_steal(pending);
}

static void
socket_dealloc(PyObject *op)
{
    if (object_call_finalizer_from_dealloc(op) < 0) {
        return;
    }
    type_of(op)->tp_free(op);
}

// A reset connection has been closed all the same.
static PyObject *
socket_close(PyObject *op, PyObject *unused)
{
    int fd = atomic_exchange_int(&cast(op)->fd, -1);
    if (fd >= 0) {
        int failed;
        POSIX_DETACHED(failed = close(fd));
        if (failed < 0 && errno != ECONNRESET) {
            return posix_error();
        }
    }
    return new_ref(Py_None);
}

static PyObject *
socket_detach(PyObject *op, PyObject *unused)
{
    return int_from_i64(atomic_exchange_int(&cast(op)->fd, -1));
}

static PyObject *
socket_fileno(PyObject *op, PyObject *unused)
{
    return int_from_i64(socket_fd(cast(op)));
}

static PyObject *
socket_repr(PyObject *op)
{
    SocketObject *self = cast(op);
    return str_format("<socket object, fd=%ld, family=%d, type=%d, proto=%d>",
                      (long)socket_fd(self), self->family, self->type, self->proto);
}

// ---- addresses ----

typedef struct {
    SocketAddress *address;
    socklen_t *size;
    int result;
} AcceptCall;

static bool
accept_once(SocketObject *self, void *data)
{
    AcceptCall *call = data;
    call->result = accept4(socket_fd(self), &call->address->any, call->size, SOCK_CLOEXEC);
    return call->result >= 0;
}

static PyObject *
socket_accept(PyObject *op, PyObject *unused)
{
    SocketObject *self = cast(op);
    SocketAddress address;
    socklen_t size;
    if (!socket_address_room(self, &size)) {
        return NULL;
    }
    memset(&address, 0, sizeof address);
    AcceptCall call = {&address, &size, -1};
    if (socket_call(self, false, accept_once, &call) < 0) {
        return NULL;
    }
    PyObject *fd = int_from_i64(call.result);
    PyObject *from = fd != NULL ? socket_address_object(&address, size, self->proto) : NULL;
    if (from == NULL) {
        xdecref(fd);
        close(call.result);
        return NULL;
    }
    return tuple_pair_steal(fd, from);
}

static PyObject *
socket_bind(PyObject *op, PyObject *arg)
{
    SocketObject *self = cast(op);
    SocketAddress address;
    socklen_t size;
    if (!socket_address_argument(self, arg, &address, &size, "bind")
        || sys_audit("socket.bind", "OO", op, arg) < 0) {
        return NULL;
    }
    int failed;
    POSIX_DETACHED(failed = bind(socket_fd(self), &address.any, size));
    return posix_none_or_error(failed);
}

static PyObject *
name_of(PyObject *op, int (*ask)(int, struct sockaddr *, socklen_t *))
{
    SocketObject *self = cast(op);
    SocketAddress address;
    socklen_t size;
    int failed;
    if (!socket_address_room(self, &size)) {
        return NULL;
    }
    memset(&address, 0, sizeof address);
    POSIX_DETACHED(failed = ask(socket_fd(self), &address.any, &size));
    return failed < 0 ? posix_error() : socket_address_object(&address, size, self->proto);
}

static int
ask_own_name(int fd, struct sockaddr *address, socklen_t *size)
{
    return getsockname(fd, address, size);
}

static int
ask_peer_name(int fd, struct sockaddr *address, socklen_t *size)
{
    return getpeername(fd, address, size);
}

static PyObject *
socket_getsockname(PyObject *op, PyObject *unused)
{
    return name_of(op, ask_own_name);
}

static PyObject *
socket_getpeername(PyObject *op, PyObject *unused)
{
    return name_of(op, ask_peer_name);
}

// ---- connecting ----

// The outcome of a connection that is under way: 0 or an errno value; -1 with an exception of a
// signal handler.
static int
wait_connected(SocketObject *self, int64_t timeout)
{
    int64_t deadline = deadline_of(timeout);
    for (;;) {
        int state = wait_ready(self, POLLOUT | POLLERR, deadline);
        if (state > 0) {
            return EWOULDBLOCK;
        }
        if (state == 0) {
            break;
        }
        if (errno != EINTR) {
            return errno;
        }
        if (signals_check() < 0) {
            return -1;
        }
    }
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(socket_fd(self), SOL_SOCKET, SO_ERROR, &error, &size) < 0) {
        return errno;
    }
    return error == EISCONN ? 0 : error;
}

// 0, an errno value, or -1 with an exception of a signal handler. *timed_out: the wait was too long.
static int
connect_to(SocketObject *self, const SocketAddress *address, socklen_t size, bool *timed_out)
{
    int failed;
    *timed_out = false;
    POSIX_DETACHED(failed = connect(socket_fd(self), &address->any, size));
    if (failed == 0) {
        return 0;
    }
    int error = errno;
    int64_t timeout = socket_timeout(self);
    // An interrupted connect goes on in the kernel: it must not be repeated, only waited for.
    bool wait = error == EINTR ? timeout != 0 : error == EINPROGRESS && timeout > 0;
    if (error == EINTR && signals_check() < 0) {
        return -1;
    }
    if (!wait) {
        return error;
    }
    int outcome = wait_connected(self, timeout);
    *timed_out = outcome == EWOULDBLOCK;
    return outcome;
}

static PyObject *
socket_connect(PyObject *op, PyObject *arg)
{
    SocketObject *self = cast(op);
    SocketAddress address;
    socklen_t size;
    bool timed_out;
    if (!socket_address_argument(self, arg, &address, &size, "connect")
        || sys_audit("socket.connect", "OO", op, arg) < 0) {
        return NULL;
    }
    int error = connect_to(self, &address, size, &timed_out);
    if (error == 0) {
        return new_ref(Py_None);
    }
    if (timed_out) {
        raise_timeout();
    }
    else if (error > 0) {
        errno = error;
        posix_error();
    }
    return NULL;
}

static PyObject *
socket_connect_ex(PyObject *op, PyObject *arg)
{
    SocketObject *self = cast(op);
    SocketAddress address;
    socklen_t size;
    bool timed_out;
    if (!socket_address_argument(self, arg, &address, &size, "connect_ex")
        || sys_audit("socket.connect", "OO", op, arg) < 0) {
        return NULL;
    }
    int error = connect_to(self, &address, size, &timed_out);
    return error < 0 ? NULL : int_from_i64(error);
}

static PyObject *
socket_listen(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    int backlog = SOMAXCONN < 128 ? SOMAXCONN : 128;
    int failed;
    if (!args_parse_stack(args, nargs, "|i:listen", &backlog)) {
        return NULL;
    }
    backlog = backlog < 0 ? 0 : backlog;
    POSIX_DETACHED(failed = listen(socket_fd(cast(op)), backlog));
    return posix_none_or_error(failed);
}

static PyObject *
socket_shutdown(PyObject *op, PyObject *arg)
{
    int how = int_as_int(arg);
    int failed;
    if (how == -1 && error_occurred()) {
        return NULL;
    }
    POSIX_DETACHED(failed = shutdown(socket_fd(cast(op)), how));
    return posix_none_or_error(failed);
}

// ---- options ----

static PyObject *
socket_getsockopt(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    int level, option;
    int room = 0;
    if (!args_parse_stack(args, nargs, "ii|i:getsockopt", &level, &option, &room)) {
        return NULL;
    }
    int fd = socket_fd(cast(op));
    if (room == 0) {
        int flag = 0;
        socklen_t size = sizeof flag;
        if (getsockopt(fd, level, option, &flag, &size) < 0) {
            return posix_error();
        }
        return cast(op)->family == AF_VSOCK ? int_from_u64((unsigned int)flag)
                                            : int_from_i64(flag);
    }
    if (room < 0 || room > 1024) {
        return error_set(PyExc_OSError, "getsockopt buflen out of range");
    }
    char buffer[1024];
    socklen_t size = (socklen_t)room;
    return getsockopt(fd, level, option, buffer, &size) < 0
               ? posix_error()
               : bytes_from_data(buffer, (Py_ssize_t)size);
}

// setsockopt(level, option, value: int | buffer) or (level, option, None, length)
static PyObject *
socket_setsockopt(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    int level, option, failed;
    PyObject *value;
    if (nargs == 4) {
        unsigned int length;
        if (!args_parse_stack(args, nargs, "iiOI:setsockopt", &level, &option, &value, &length)) {
            return NULL;
        }
        if (value != Py_None) {
            args_bad_argument("setsockopt", "argument 3", "None", value);
            return NULL;
        }
        return posix_none_or_error(setsockopt(socket_fd(cast(op)), level, option, NULL, length));
    }
    if (nargs != 3) {
        return error_format(PyExc_TypeError, "setsockopt() takes exactly 3 arguments (%zd given)",
                            nargs);
    }
    if (!args_parse_stack(args, nargs, "iiO:setsockopt", &level, &option, &value)) {
        return NULL;
    }
    if (int_check(value)) {
        uint64_t number;
        if (cast(op)->family == AF_VSOCK) {
            number = int_as_u64_mask(value);
            failed = setsockopt(socket_fd(cast(op)), level, option, &number, sizeof number);
            return posix_none_or_error(failed);
        }
        int flag = int_as_int(value);
        if (flag == -1 && error_occurred()) {
            return NULL;
        }
        return posix_none_or_error(
            setsockopt(socket_fd(cast(op)), level, option, &flag, sizeof flag));
    }
    Py_buffer view;
    if (buffer_get(value, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    failed = setsockopt(socket_fd(cast(op)), level, option, view.buf, (socklen_t)view.len);
    PyObject *result = posix_none_or_error(failed);
    buffer_release(&view);
    return result;
}

// ---- reading ----

typedef struct {
    char *data;
    size_t size;
    int flags;
    SocketAddress *address;     // where it comes from, or NULL
    socklen_t *address_size;
    ssize_t result;
} ReceiveCall;

static bool
receive_once(SocketObject *self, void *data)
{
    ReceiveCall *call = data;
    if (call->address != NULL) {
        memset(call->address, 0, sizeof *call->address);
    }
    call->result = recvfrom(socket_fd(self), call->data, call->size, call->flags,
                            call->address != NULL ? &call->address->any : NULL,
                            call->address_size);
    return call->result >= 0;
}

// Bytes received, at most size; NULL with an exception. address may be NULL.
static PyObject *
receive_bytes(SocketObject *self, Py_ssize_t size, int flags, SocketAddress *address,
              socklen_t *address_size)
{
    PyObject *buffer = bytes_from_data(NULL, size);
    if (buffer == NULL) {
        return NULL;
    }
    ReceiveCall call = {bytes_data(buffer), (size_t)size, flags, address, address_size, -1};
    if (socket_call(self, false, receive_once, &call) < 0) {
        decref(buffer);
        return NULL;
    }
    if (call.result != size) {
        bytes_resize(&buffer, call.result);
    }
    return buffer;
}

static PyObject *
socket_recv(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t size;
    int flags = 0;
    if (!args_parse_stack(args, nargs, "n|i:recv", &size, &flags)) {
        return NULL;
    }
    if (size < 0) {
        return error_set(PyExc_ValueError, "negative buffersize in recv");
    }
    return receive_bytes(cast(op), size, flags, NULL, NULL);
}

static PyObject *
socket_recvfrom(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    SocketObject *self = cast(op);
    Py_ssize_t size;
    int flags = 0;
    SocketAddress address;
    socklen_t address_size;
    if (!args_parse_stack(args, nargs, "n|i:recvfrom", &size, &flags)) {
        return NULL;
    }
    if (size < 0) {
        return error_set(PyExc_ValueError, "negative buffersize in recvfrom");
    }
    if (!socket_address_room(self, &address_size)) {
        return NULL;
    }
    PyObject *data = receive_bytes(self, size, flags, &address, &address_size);
    PyObject *from = data != NULL ? socket_address_object(&address, address_size, self->proto)
                                  : NULL;
    if (from == NULL) {
        xdecref(data);
        return NULL;
    }
    return tuple_pair_steal(data, from);
}

// Checks the size against the buffer; 0 means all of it.
static bool
check_room(const Py_buffer *view, Py_ssize_t *size, const char *function)
{
    if (*size < 0) {
        error_format(PyExc_ValueError, "negative buffersize in %s", function);
        return false;
    }
    if (*size == 0) {
        *size = view->len;
    }
    if (view->len < *size) {
        error_set(PyExc_ValueError, strcmp(function, "recv_into") == 0
                                        ? "buffer too small for requested bytes"
                                        : "nbytes is greater than the length of the buffer");
        return false;
    }
    return true;
}

static const char *const receive_keywords[] = {"buffer", "nbytes", "flags", NULL};

static PyObject *
socket_recv_into(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "w*|ni:recv_into", .keywords = receive_keywords};
    Py_buffer view;
    Py_ssize_t size = 0;
    int flags = 0;
    PyObject *result = NULL;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &view, &size, &flags)) {
        return NULL;
    }
    if (check_room(&view, &size, "recv_into")) {
        ReceiveCall call = {view.buf, (size_t)size, flags, NULL, NULL, -1};
        // An empty read has no effect but to tell errors of arguments.
        if (view.len == 0) {
            result = int_from_i64(0);
        }
        else if (socket_call(cast(op), false, receive_once, &call) == 0) {
            result = int_from_ssize(call.result);
        }
    }
    buffer_release(&view);
    return result;
}

static PyObject *
socket_recvfrom_into(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "w*|ni:recvfrom_into", .keywords = receive_keywords};
    SocketObject *self = cast(op);
    Py_buffer view;
    Py_ssize_t size = 0;
    int flags = 0;
    SocketAddress address;
    socklen_t address_size;
    PyObject *result = NULL;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &view, &size, &flags)) {
        return NULL;
    }
    if (check_room(&view, &size, "recvfrom_into") && socket_address_room(self, &address_size)) {
        ReceiveCall call = {view.buf, (size_t)size, flags, &address, &address_size, -1};
        if (socket_call(self, false, receive_once, &call) == 0) {
            PyObject *from = socket_address_object(&address, address_size, self->proto);
            PyObject *count = from != NULL ? int_from_ssize(call.result) : NULL;
            if (count != NULL) {
                result = tuple_pair_steal(count, from);
            }
            else {
                xdecref(from);
            }
        }
    }
    buffer_release(&view);
    return result;
}

// ---- writing ----

typedef struct {
    const char *data;
    size_t size;
    int flags;
    const SocketAddress *address;
    socklen_t address_size;
    ssize_t result;
} SendCall;

static bool
send_once(SocketObject *self, void *data)
{
    SendCall *call = data;
    call->result = sendto(socket_fd(self), call->data, call->size, call->flags,
                          call->address != NULL ? &call->address->any : NULL, call->address_size);
    return call->result >= 0;
}

static PyObject *
socket_send(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_buffer view;
    int flags = 0;
    if (!args_parse_stack(args, nargs, "y*|i:send", &view, &flags)) {
        return NULL;
    }
    SendCall call = {view.buf, (size_t)view.len, flags, NULL, 0, -1};
    int failed = socket_call(cast(op), true, send_once, &call);
    buffer_release(&view);
    return failed < 0 ? NULL : int_from_ssize(call.result);
}

// The timeout holds for the whole, not for each piece.
static PyObject *
socket_sendall(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    SocketObject *self = cast(op);
    Py_buffer view;
    int flags = 0;
    if (!args_parse_stack(args, nargs, "y*|i:sendall", &view, &flags)) {
        return NULL;
    }
    SendCall call = {view.buf, (size_t)view.len, flags, NULL, 0, -1};
    int64_t timeout = socket_timeout(self);
    int64_t deadline = deadline_of(timeout);
    int failed = 0;
    while (failed == 0 && call.size > 0) {
        int64_t left = timeout;
        if (timeout > 0) {
            left = deadline - os_time_monotonic();
            if (left <= 0) {
                failed = raise_timeout();
                break;
            }
        }
        failed = socket_call_timeout(self, true, send_once, &call, left);
        if (failed == 0) {
            call.data += call.result;
            call.size -= (size_t)call.result;
            // Handlers should not have to wait for the end of a long transfer.
            failed = signals_check();
        }
    }
    buffer_release(&view);
    return failed < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
socket_sendto(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    SocketObject *self = cast(op);
    Py_buffer view;
    PyObject *to;
    int flags = 0;
    if (nargs != 2 && nargs != 3) {
        return error_format(PyExc_TypeError, "sendto() takes 2 or 3 arguments (%zd given)", nargs);
    }
    if (!(nargs == 2 ? args_parse_stack(args, nargs, "y*O:sendto", &view, &to)
                     : args_parse_stack(args, nargs, "y*iO:sendto", &view, &flags, &to))) {
        return NULL;
    }
    SocketAddress address;
    socklen_t size;
    PyObject *result = NULL;
    if (socket_address_argument(self, to, &address, &size, "sendto")
        && sys_audit("socket.sendto", "OO", op, to) == 0) {
        SendCall call = {view.buf, (size_t)view.len, flags, &address, size, -1};
        if (socket_call(self, true, send_once, &call) == 0) {
            result = int_from_ssize(call.result);
        }
    }
    buffer_release(&view);
    return result;
}

// ---- the type ----

static PyObject *
get_timeout(PyObject *op, void *closure)
{
    return socket_gettimeout(op, NULL);
}

static PyGetSetDef socket_getset[] = {
    {"timeout", get_timeout, NULL, "the socket timeout", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef socket_members[] = {
    {"family", Py_T_INT, offsetof(SocketObject, family), Py_READONLY, "the socket family"},
    {"type", Py_T_INT, offsetof(SocketObject, type), Py_READONLY, "the socket type"},
    {"proto", Py_T_INT, offsetof(SocketObject, proto), Py_READONLY, "the socket protocol"},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef socket_methods[] = {
    {"_accept", socket_accept, METH_NOARGS,
     "_accept() -> (integer, address info)\n\n"
     "Wait for a connection: its descriptor, and the address of the client."},
    {"bind", socket_bind, METH_O, "bind(address)\n\nBind the socket to a local address."},
    {"close", socket_close, METH_NOARGS, "close()\n\nClose the socket."},
    {"connect", socket_connect, METH_O,
     "connect(address)\n\nConnect the socket to a remote address."},
    {"connect_ex", socket_connect_ex, METH_O,
     "connect_ex(address) -> errno\n\nConnect; the error number instead of an exception."},
    {"detach", socket_detach, METH_NOARGS,
     "detach()\n\nClose the object without closing its descriptor, which is returned."},
    {"fileno", socket_fileno, METH_NOARGS, "fileno() -> integer\n\nThe descriptor."},
    {"getpeername", socket_getpeername, METH_NOARGS,
     "getpeername() -> address info\n\nThe address of the other end."},
    {"getsockname", socket_getsockname, METH_NOARGS,
     "getsockname() -> address info\n\nThe address of this end."},
    {"getsockopt", FAST(socket_getsockopt),
     "getsockopt(level, option[, buffersize]) -> value\n\n"
     "Value of an option: an int, or bytes of at most buffersize."},
    {"setsockopt", FAST(socket_setsockopt),
     "setsockopt(level, option, value: int)\n"
     "setsockopt(level, option, value: buffer)\n"
     "setsockopt(level, option, None, optlen: int)\n\nSet an option."},
    {"listen", FAST(socket_listen), "listen([backlog])\n\nAccept connections."},
    {"recv", FAST(socket_recv), "recv(buffersize[, flags]) -> data\n\nReceive bytes."},
    {"recv_into", KEYWORDS(socket_recv_into),
     "recv_into(buffer, [nbytes[, flags]]) -> nbytes_read\n\nReceive into a buffer."},
    {"recvfrom", FAST(socket_recvfrom),
     "recvfrom(buffersize[, flags]) -> (data, address info)\n\n"
     "Receive bytes, and who sent them."},
    {"recvfrom_into", KEYWORDS(socket_recvfrom_into),
     "recvfrom_into(buffer[, nbytes[, flags]]) -> (nbytes, address info)\n\n"
     "Receive into a buffer, and who sent it."},
    {"recvmsg", FAST(socket_recvmsg),
     "recvmsg(bufsize[, ancbufsize[, flags]]) -> (data, ancdata, msg_flags, address)\n\n"
     "Receive bytes and ancillary data."},
    {"recvmsg_into", FAST(socket_recvmsg_into),
     "recvmsg_into(buffers[, ancbufsize[, flags]]) -> (nbytes, ancdata, msg_flags, address)\n\n"
     "Receive into several buffers, and ancillary data."},
    {"send", FAST(socket_send),
     "send(data[, flags]) -> count\n\nSend bytes: how many were taken."},
    {"sendall", FAST(socket_sendall), "sendall(data[, flags])\n\nSend all bytes."},
    {"sendto", FAST(socket_sendto),
     "sendto(data[, flags], address) -> count\n\nSend bytes to an address."},
    {"sendmsg", FAST(socket_sendmsg),
     "sendmsg(buffers[, ancdata[, flags[, address]]]) -> count\n\n"
     "Send several buffers and ancillary data."},
    {"sendmsg_afalg", (PyCFunction)(void (*)(void))socket_sendmsg_afalg,
     METH_VARARGS | METH_KEYWORDS,
     "sendmsg_afalg([msg], *, op[, iv[, assoclen[, flags=MSG_MORE]]])\n\n"
     "Send to the kernel's cryptography: operation, initialisation vector and length of\n"
     "associated data."},
    {"setblocking", socket_setblocking, METH_O,
     "setblocking(flag)\n\nSet blocking or non-blocking mode."},
    {"getblocking", socket_getblocking, METH_NOARGS,
     "getblocking()\n\nWhether the socket is in blocking mode or has a timeout."},
    {"settimeout", socket_settimeout, METH_O,
     "settimeout(timeout)\n\nSet the timeout in seconds; None for none."},
    {"gettimeout", socket_gettimeout, METH_NOARGS,
     "gettimeout() -> timeout\n\nThe timeout in seconds, or None."},
    {"shutdown", socket_shutdown, METH_O,
     "shutdown(flag)\n\nShut down one or both halves of the connection."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject socket_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_socket.socket",
    .tp_basicsize = sizeof(SocketObject),
    .tp_dealloc = socket_dealloc,
    .tp_repr = socket_repr,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = "socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket object\n"
              "socket(family=-1, type=-1, proto=-1, fileno=None) -> socket object\n\n"
              "An end of a connection, or a new socket for one.\n\n"
              "With fileno, the object is for an open descriptor, and what is -1 is asked from it.",
    .tp_methods = socket_methods,
    .tp_members = socket_members,
    .tp_getset = socket_getset,
    .tp_init = socket_init,
    .tp_new = socket_new,
    .tp_finalize = socket_finalize,
};
