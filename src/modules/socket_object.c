// The socket type; see socket_internal.h.
//
// A timeout makes the descriptor non-blocking; calls then wait in poll() until the deadline.
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "abi/constants.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "modules/socket_internal.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/build.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "runtime/signals.h"
#include "runtime/sys.h"
#include "thread/thread.h"

static double
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

bool
socket_parse_timeout(PyObject *arg, double *seconds)
{
    if (arg == Py_None) {
        *seconds = -1.0;
        return true;
    }
    *seconds = float_as_double(arg);
    if (*seconds == -1.0 && error_occurred()) {
        return false;
    }
    if (isnan(*seconds)) {
        error_set(PyExc_ValueError, "Invalid value NaN (not a number)");
        return false;
    }
    if (*seconds < 0) {
        error_set(PyExc_ValueError, "Timeout value out of range");
        return false;
    }
    if (*seconds > 9.2e9) {
        error_set(PyExc_OverflowError, "timeout doesn't fit into C timeval");
        return false;
    }
    return true;
}

// Waits until the socket is ready for `events` or the deadline (negative: none). 1 ready, 0 late,
// -1 with an exception.
static int
wait_ready(Socket *self, short events, double deadline)
{
    Thread *ts = thread_current();
    for (;;) {
        int milliseconds = -1;
        if (deadline >= 0) {
            double left = deadline - now();
            milliseconds = left <= 0 ? 0 : left > 2e6 ? 2000000000 : (int)ceil(left * 1e3);
        }
        struct pollfd entry = {.fd = self->fd, .events = events};
        thread_detach(ts);
        int ready = poll(&entry, 1, milliseconds);
        thread_attach(ts);
        if (ready > 0) {
            return 1;
        }
        if (ready == 0) {
            return 0;
        }
        if (errno != EINTR) {
            error_set_errno(PyExc_OSError);
            return -1;
        }
        if (signals_check() < 0) {
            return -1;
        }
    }
}

// One operation on a socket: returns its result or -1 with errno.
typedef ssize_t (*Operation)(Socket *self, void *context);

// Runs an operation with the socket's timeout, again after signals. -1 with an exception.
static ssize_t
run_until(Socket *self, short events, Operation operation, void *context, double deadline)
{
    Thread *ts = thread_current();
    for (;;) {
        if (self->timeout > 0) {
            int ready = wait_ready(self, events, deadline);
            if (ready <= 0) {
                if (ready == 0) {
                    error_set(PyExc_TimeoutError, "timed out");
                }
                return -1;
            }
        }
        thread_detach(ts);
        ssize_t result = operation(self, context);
        thread_attach(ts);
        if (result >= 0) {
            return result;
        }
        if (errno == EINTR) {
            if (signals_check() < 0) {
                return -1;
            }
            continue;
        }
        if (self->timeout > 0 && (errno == EWOULDBLOCK || errno == EAGAIN)) {
            continue;
        }
        error_set_errno(PyExc_OSError);
        return -1;
    }
}

static ssize_t
run(Socket *self, short events, Operation operation, void *context)
{
    double deadline = self->timeout > 0 ? now() + self->timeout : -1;
    return run_until(self, events, operation, context, deadline);
}

static bool
set_nonblocking(int fd, bool nonblocking)
{
    int flag = nonblocking;
    return ioctl(fd, FIONBIO, &flag) == 0;
}

// ---- life ----

static int
socket_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"family", "type", "proto", "fileno", NULL};
    Socket *self = (Socket *)op;
    int family = -1;
    int type = -1;
    int proto = -1;
    PyObject *fileno = Py_None;
    if (args_parse_keywords(args, kwargs, "|iiiO:socket", names, &family, &type, &proto, &fileno)
            < 0
        || sys_audit("socket.__new__", "Oiii", op, family, type, proto) < 0) {
        return -1;
    }
    if (fileno != Py_None) {
        int fd = int_as_int(fileno);
        socklen_t size = sizeof(int);
        struct sockaddr_storage address = {0};
        socklen_t address_size = sizeof address;
        if (fd == -1 && error_occurred()) {
            return -1;
        }
        if (fd < 0) {
            error_set(PyExc_ValueError, "negative file descriptor");
            return -1;
        }
        if (getsockname(fd, (struct sockaddr *)&address, &address_size) < 0
            && (family == -1 || errno == EBADF || errno == ENOTSOCK)) {
            error_set_errno(PyExc_OSError);
            return -1;
        }
        family = family == -1 ? address.ss_family : family;
        if ((type == -1 && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
            || (proto == -1 && getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &proto, &size) < 0)) {
            error_set_errno(PyExc_OSError);
            return -1;
        }
        self->fd = fd;
    }
    else {
        family = family == -1 ? AF_INET : family;
        type = type == -1 ? SOCK_STREAM : type;
        proto = proto == -1 ? 0 : proto;
        int fd = socket(family, type | SOCK_CLOEXEC, proto);
        if (fd < 0) {
            error_set_errno(PyExc_OSError);
            return -1;
        }
        self->fd = fd;
    }
    self->family = family;
    self->proto = proto;
    self->type = type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
    self->timeout = type & SOCK_NONBLOCK ? 0.0 : *socket_default_timeout();
    if (!(type & SOCK_NONBLOCK) && self->timeout >= 0 && !set_nonblocking(self->fd, true)) {
        error_set_errno(PyExc_OSError);
        return -1;
    }
    return 0;
}

static PyObject *
socket_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    Socket *self = (Socket *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->fd = -1;
        self->timeout = -1;
    }
    return (PyObject *)self;
}

static void
socket_finalize(PyObject *op)
{
    Socket *self = (Socket *)op;
    if (self->fd < 0) {
        return;
    }
    PyObject *pending = error_take();
    if (error_warn_resource(op, 1, "unclosed %R", op) < 0) {
        if (error_matches(PyExc_Warning)) {
            error_write_unraisable(op);
        }
        error_clear();
    }
    int fd = atomic_exchange_int(&self->fd, -1);
    if (fd >= 0) {
        close(fd);
    }
    error_restore_steal(pending);
}

static void
socket_dealloc(PyObject *op)
{
    if (object_call_finalizer_from_dealloc(op) != 0) {
        return;
    }
    weakref_clear_all(op);
    object_type(op)->tp_free(op);
}

static PyObject *
socket_close_method(PyObject *op, PyObject *unused)
{
    int fd = atomic_exchange_int(&((Socket *)op)->fd, -1);
    if (fd >= 0) {
        Thread *ts = thread_current();
        thread_detach(ts);
        int failed = close(fd);
        thread_attach(ts);
        // A peer that reset the connection is no error of closing.
        if (failed < 0 && errno != ECONNRESET) {
            return error_set_errno(PyExc_OSError);
        }
    }
    return new_ref(Py_None);
}

static PyObject *
socket_detach(PyObject *op, PyObject *unused)
{
    return int_from_i64(atomic_exchange_int(&((Socket *)op)->fd, -1));
}

static PyObject *
socket_fileno(PyObject *op, PyObject *unused)
{
    return int_from_i64(((Socket *)op)->fd);
}

static PyObject *
socket_repr(PyObject *op)
{
    Socket *self = (Socket *)op;
    return str_format("<socket object, fd=%ld, family=%d, type=%d, proto=%d>", (long)self->fd,
                      self->family, self->type, self->proto);
}

// ---- blocking mode ----

static PyObject *
set_timeout(Socket *self, double timeout)
{
    self->timeout = timeout;
    return set_nonblocking(self->fd, timeout >= 0) ? new_ref(Py_None)
                                                   : error_set_errno(PyExc_OSError);
}

static PyObject *
socket_settimeout(PyObject *op, PyObject *arg)
{
    double timeout;
    return socket_parse_timeout(arg, &timeout) ? set_timeout((Socket *)op, timeout) : NULL;
}

static PyObject *
socket_gettimeout(PyObject *op, PyObject *unused)
{
    double timeout = ((Socket *)op)->timeout;
    return timeout < 0 ? new_ref(Py_None) : float_from_double(timeout);
}

static PyObject *
socket_setblocking(PyObject *op, PyObject *arg)
{
    int block = object_is_true(arg);
    return block < 0 ? NULL : set_timeout((Socket *)op, block ? -1.0 : 0.0);
}

static PyObject *
socket_getblocking(PyObject *op, PyObject *unused)
{
    return bool_from_int(((Socket *)op)->timeout != 0.0);
}

// ---- connections ----

typedef struct {
    struct sockaddr_storage address;
    socklen_t size;
} Address;

static PyObject *
socket_bind(PyObject *op, PyObject *arg)
{
    Socket *self = (Socket *)op;
    Address to;
    if (!socket_parse_address(self, arg, &to.address, &to.size, "bind")
        || sys_audit("socket.bind", "OO", op, arg) < 0) {
        return NULL;
    }
    return bind(self->fd, (struct sockaddr *)&to.address, to.size) < 0
               ? error_set_errno(PyExc_OSError) : new_ref(Py_None);
}

static PyObject *
socket_listen(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    int backlog = SOMAXCONN < 128 ? SOMAXCONN : 128;
    if (!args_check_positional("listen", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs) {
        backlog = int_as_int(args[0]);
        if (backlog == -1 && error_occurred()) {
            return NULL;
        }
    }
    return listen(((Socket *)op)->fd, backlog < 0 ? 0 : backlog) < 0
               ? error_set_errno(PyExc_OSError) : new_ref(Py_None);
}

static ssize_t
do_accept(Socket *self, void *context)
{
    Address *from = context;
    from->size = sizeof from->address;
    return accept4(self->fd, (struct sockaddr *)&from->address, &from->size, SOCK_CLOEXEC);
}

static PyObject *
socket_accept(PyObject *op, PyObject *unused)
{
    Address from;
    ssize_t fd = run((Socket *)op, POLLIN, do_accept, &from);
    if (fd < 0) {
        return NULL;
    }
    PyObject *address = socket_make_address((struct sockaddr *)&from.address, from.size);
    if (address == NULL) {
        close((int)fd);
        return NULL;
    }
    return value_build("(iN)", (int)fd, address);
}

// 0, an error number, or -1 with an exception (signal handler, timeout as TimeoutError).
static int
do_connect(Socket *self, const Address *to, bool raise_timeout)
{
    Thread *ts = thread_current();
    thread_detach(ts);
    int failed = connect(self->fd, (const struct sockaddr *)&to->address, to->size);
    int number = errno;
    thread_attach(ts);
    if (failed == 0) {
        return 0;
    }
    bool wait = (number == EINTR && self->timeout != 0.0)
                || (number == EINPROGRESS && self->timeout > 0);
    if (number == EINTR && signals_check() < 0) {
        return -1;
    }
    if (!wait) {
        return number;
    }
    double deadline = self->timeout > 0 ? now() + self->timeout : -1;
    int ready = wait_ready(self, POLLOUT, deadline);
    if (ready < 0) {
        return -1;
    }
    if (ready == 0) {
        if (raise_timeout) {
            error_set(PyExc_TimeoutError, "timed out");
            return -1;
        }
        return EWOULDBLOCK;
    }
    socklen_t size = sizeof number;
    return getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &number, &size) < 0 ? errno : number;
}

static PyObject *
socket_connect(PyObject *op, PyObject *arg)
{
    Socket *self = (Socket *)op;
    Address to;
    if (!socket_parse_address(self, arg, &to.address, &to.size, "connect")
        || sys_audit("socket.connect", "OO", op, arg) < 0) {
        return NULL;
    }
    int number = do_connect(self, &to, true);
    if (number > 0) {
        errno = number;
        return error_set_errno(PyExc_OSError);
    }
    return number < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
socket_connect_ex(PyObject *op, PyObject *arg)
{
    Socket *self = (Socket *)op;
    Address to;
    if (!socket_parse_address(self, arg, &to.address, &to.size, "connect_ex")
        || sys_audit("socket.connect", "OO", op, arg) < 0) {
        return NULL;
    }
    int number = do_connect(self, &to, false);
    return number < 0 ? NULL : int_from_i64(number);
}

static PyObject *
socket_shutdown(PyObject *op, PyObject *arg)
{
    int how = int_as_int(arg);
    if (how == -1 && error_occurred()) {
        return NULL;
    }
    return shutdown(((Socket *)op)->fd, how) < 0 ? error_set_errno(PyExc_OSError)
                                                 : new_ref(Py_None);
}

static PyObject *
socket_getsockname(PyObject *op, PyObject *unused)
{
    Address own = {.size = sizeof own.address};
    if (getsockname(((Socket *)op)->fd, (struct sockaddr *)&own.address, &own.size) < 0) {
        return error_set_errno(PyExc_OSError);
    }
    return socket_make_address((struct sockaddr *)&own.address, own.size);
}

static PyObject *
socket_getpeername(PyObject *op, PyObject *unused)
{
    Address peer = {.size = sizeof peer.address};
    if (getpeername(((Socket *)op)->fd, (struct sockaddr *)&peer.address, &peer.size) < 0) {
        return error_set_errno(PyExc_OSError);
    }
    return socket_make_address((struct sockaddr *)&peer.address, peer.size);
}

// ---- receiving ----

typedef struct {
    char *data;
    size_t size;
    int flags;
    Address address;
} Transfer;

static ssize_t
do_recv(Socket *self, void *context)
{
    Transfer *t = context;
    return recv(self->fd, t->data, t->size, t->flags);
}

static ssize_t
do_recvfrom(Socket *self, void *context)
{
    Transfer *t = context;
    t->address.size = sizeof t->address.address;
    return recvfrom(self->fd, t->data, t->size, t->flags,
                    (struct sockaddr *)&t->address.address, &t->address.size);
}

static PyObject *
receive_bytes(PyObject *op, PyObject *args, const char *format, Operation operation,
              Transfer *transfer)
{
    Py_ssize_t size;
    int flags = 0;
    if (args_parse(args, format, &size, &flags) < 0) {
        return NULL;
    }
    if (size < 0) {
        return error_format(PyExc_ValueError, "negative buffersize in %s", strchr(format, ':') + 1);
    }
    PyObject *result = bytes_from_data(NULL, size);
    if (result == NULL) {
        return NULL;
    }
    *transfer = (Transfer){.data = bytes_data(result), .size = (size_t)size, .flags = flags};
    ssize_t got = run((Socket *)op, POLLIN, operation, transfer);
    if (got < 0) {
        decref(result);
        return NULL;
    }
    return got < size && bytes_resize(&result, got) < 0 ? NULL : result;
}

static PyObject *
socket_recv(PyObject *op, PyObject *args)
{
    Transfer transfer;
    return receive_bytes(op, args, "n|i:recv", do_recv, &transfer);
}

static PyObject *
socket_recvfrom(PyObject *op, PyObject *args)
{
    Transfer transfer;
    PyObject *data = receive_bytes(op, args, "n|i:recvfrom", do_recvfrom, &transfer);
    PyObject *address = data != NULL ? socket_make_address(
                                           (struct sockaddr *)&transfer.address.address,
                                           transfer.address.size)
                                     : NULL;
    return data != NULL ? tuple_pair_steal(data, address) : NULL;
}

static ssize_t
receive_into(PyObject *op, PyObject *args, PyObject *kwargs, const char *format,
             Operation operation, Transfer *transfer)
{
    static const char *const names[] = {"buffer", "nbytes", "flags", NULL};
    Py_buffer view;
    Py_ssize_t size = 0;
    int flags = 0;
    if (args_parse_keywords(args, kwargs, format, names, &view, &size, &flags) < 0) {
        return -1;
    }
    ssize_t got = -1;
    if (size < 0) {
        error_format(PyExc_ValueError, "negative buffersize in %s", strchr(format, ':') + 1);
    }
    else if (size > view.len) {
        error_set(PyExc_ValueError, "buffer too small for requested bytes");
    }
    else {
        *transfer = (Transfer){.data = view.buf, .size = (size_t)(size ? size : view.len),
                               .flags = flags};
        got = run((Socket *)op, POLLIN, operation, transfer);
    }
    buffer_release(&view);
    return got;
}

static PyObject *
socket_recv_into(PyObject *op, PyObject *args, PyObject *kwargs)
{
    Transfer transfer;
    ssize_t got = receive_into(op, args, kwargs, "w*|ni:recv_into", do_recv, &transfer);
    return got < 0 ? NULL : int_from_ssize(got);
}

static PyObject *
socket_recvfrom_into(PyObject *op, PyObject *args, PyObject *kwargs)
{
    Transfer transfer;
    ssize_t got = receive_into(op, args, kwargs, "w*|ni:recvfrom_into", do_recvfrom, &transfer);
    if (got < 0) {
        return NULL;
    }
    return tuple_pair_steal(int_from_ssize(got),
                            socket_make_address((struct sockaddr *)&transfer.address.address,
                                                transfer.address.size));
}

// ---- sending ----

static ssize_t
do_send(Socket *self, void *context)
{
    Transfer *t = context;
    return send(self->fd, t->data, t->size, t->flags);
}

static ssize_t
do_sendto(Socket *self, void *context)
{
    Transfer *t = context;
    return sendto(self->fd, t->data, t->size, t->flags,
                  (struct sockaddr *)&t->address.address, t->address.size);
}

static PyObject *
socket_send(PyObject *op, PyObject *args)
{
    Py_buffer view;
    int flags = 0;
    if (args_parse(args, "y*|i:send", &view, &flags) < 0) {
        return NULL;
    }
    Transfer transfer = {.data = view.buf, .size = (size_t)view.len, .flags = flags};
    ssize_t sent = run((Socket *)op, POLLOUT, do_send, &transfer);
    buffer_release(&view);
    return sent < 0 ? NULL : int_from_ssize(sent);
}

static PyObject *
socket_sendall(PyObject *op, PyObject *args)
{
    Socket *self = (Socket *)op;
    Py_buffer view;
    int flags = 0;
    if (args_parse(args, "y*|i:sendall", &view, &flags) < 0) {
        return NULL;
    }
    Transfer transfer = {.data = view.buf, .size = (size_t)view.len, .flags = flags};
    double deadline = self->timeout > 0 ? now() + self->timeout : -1;
    ssize_t sent = 0;
    do {
        sent = run_until(self, POLLOUT, do_send, &transfer, deadline);
        transfer.data += sent;
        transfer.size -= sent > 0 ? (size_t)sent : 0;
    } while (sent >= 0 && transfer.size > 0 && signals_check() == 0);
    buffer_release(&view);
    return sent < 0 || error_occurred() ? NULL : new_ref(Py_None);
}

static PyObject *
socket_sendto(PyObject *op, PyObject *args)
{
    Socket *self = (Socket *)op;
    Py_buffer view;
    int flags = 0;
    PyObject *address;
    Py_ssize_t count = tuple_size(args);
    if (count < 2 || count > 3) {
        return error_format(PyExc_TypeError, "sendto() takes 2 or 3 arguments (%zd given)", count);
    }
    int parsed = count == 2 ? args_parse(args, "y*O:sendto", &view, &address)
                            : args_parse(args, "y*iO:sendto", &view, &flags, &address);
    if (parsed < 0) {
        return NULL;
    }
    Transfer transfer = {.data = view.buf, .size = (size_t)view.len, .flags = flags};
    ssize_t sent = -1;
    if (socket_parse_address(self, address, &transfer.address.address, &transfer.address.size,
                             "sendto")
        && sys_audit("socket.sendto", "OO", op, address) == 0) {
        sent = run(self, POLLOUT, do_sendto, &transfer);
    }
    buffer_release(&view);
    return sent < 0 ? NULL : int_from_ssize(sent);
}

// ---- messages with ancillary data ----

static ssize_t
do_sendmsg(Socket *self, void *context)
{
    struct msghdr *message = context;
    return sendmsg(self->fd, message, message->msg_flags);
}

static ssize_t
do_recvmsg(Socket *self, void *context)
{
    struct msghdr *message = context;
    return recvmsg(self->fd, message, message->msg_flags);
}

// [(level, type, data)] as control messages; mem_alloc'ed, *size set. NULL with an exception.
static char *
pack_ancillary(PyObject *items, size_t *size)
{
    PyObject *tuple = sequence_tuple(items);
    char *control = tuple != NULL ? mem_calloc_or_error(1, 1) : NULL;
    *size = 0;
    for (Py_ssize_t i = 0; control != NULL && i < tuple_size(tuple); i++) {
        int level;
        int type;
        Py_buffer data;
        PyObject *item = tuple_item_borrow(tuple, i);
        if (!tuple_check(item)
            || args_parse(item, "iiy*;sendmsg: ancillary data items must be tuples", &level, &type,
                          &data) < 0) {
            if (!error_occurred()) {
                error_set(PyExc_TypeError, "[sendmsg() ancillary data items] must be tuples");
            }
            mem_free(control);
            control = NULL;
            break;
        }
        size_t space = CMSG_SPACE((size_t)data.len);
        char *grown = mem_realloc(control, *size + space);
        if (grown == NULL) {
            mem_free(control);
            control = error_no_memory();
        }
        else {
            control = grown;
            memset(control + *size, 0, space);
            struct cmsghdr *header = (struct cmsghdr *)(control + *size);
            header->cmsg_level = level;
            header->cmsg_type = type;
            header->cmsg_len = CMSG_LEN((size_t)data.len);
            memcpy(CMSG_DATA(header), data.buf, (size_t)data.len);
            *size += space;
        }
        buffer_release(&data);
    }
    xdecref(tuple);
    return control;
}

static PyObject *
socket_sendmsg(PyObject *op, PyObject *args)
{
    Socket *self = (Socket *)op;
    PyObject *buffers;
    PyObject *ancillary = NULL;
    int flags = 0;
    PyObject *address = Py_None;
    if (args_parse(args, "O|OiO:sendmsg", &buffers, &ancillary, &flags, &address) < 0) {
        return NULL;
    }
    PyObject *parts = sequence_tuple(buffers);
    if (parts == NULL) {
        return NULL;
    }
    Py_ssize_t count = tuple_size(parts);
    Py_buffer *views = mem_calloc_or_error((size_t)count + 1, sizeof *views);
    struct iovec *vectors = views != NULL ? mem_calloc_or_error((size_t)count + 1, sizeof *vectors)
                                          : NULL;
    struct msghdr message = {.msg_flags = flags};
    Address to;
    char *control = NULL;
    PyObject *result = NULL;
    Py_ssize_t opened = 0;
    while (vectors != NULL && opened < count
           && buffer_get(tuple_item_borrow(parts, opened), &views[opened], PyBUF_SIMPLE) == 0) {
        vectors[opened] = (struct iovec){views[opened].buf, (size_t)views[opened].len};
        opened++;
    }
    if (vectors == NULL || opened < count) {
        goto done;
    }
    message.msg_iov = vectors;
    message.msg_iovlen = (size_t)count;
    if (address != Py_None) {
        if (!socket_parse_address(self, address, &to.address, &to.size, "sendmsg")) {
            goto done;
        }
        message.msg_name = &to.address;
        message.msg_namelen = to.size;
    }
    if (ancillary != NULL) {
        size_t size;
        control = pack_ancillary(ancillary, &size);
        if (control == NULL) {
            goto done;
        }
        message.msg_control = size ? control : NULL;
        message.msg_controllen = size;
    }
    ssize_t sent = run(self, POLLOUT, do_sendmsg, &message);
    result = sent < 0 ? NULL : int_from_ssize(sent);
done:
    for (Py_ssize_t i = 0; i < opened; i++) {
        buffer_release(&views[i]);
    }
    mem_free(views);
    mem_free(vectors);
    mem_free(control);
    decref(parts);
    return result;
}

static PyObject *
unpack_ancillary(struct msghdr *message)
{
    PyObject *list = list_new(0);
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL && list != NULL;
         header = CMSG_NXTHDR(message, header)) {
        size_t used = (size_t)((char *)CMSG_DATA(header) - (char *)header);
        PyObject *item = value_build("(iiy#)", header->cmsg_level, header->cmsg_type,
                                     (char *)CMSG_DATA(header),
                                     (Py_ssize_t)(header->cmsg_len - used));
        if (item == NULL || list_append_steal(list, item) < 0) {
            clear_ref(list);
        }
    }
    return list;
}

static PyObject *
socket_recvmsg(PyObject *op, PyObject *args)
{
    Py_ssize_t size;
    Py_ssize_t control_size = 0;
    int flags = 0;
    if (args_parse(args, "n|ni:recvmsg", &size, &control_size, &flags) < 0) {
        return NULL;
    }
    if (size < 0 || control_size < 0) {
        return error_set(PyExc_ValueError, size < 0
                                               ? "negative buffer size in recvmsg()"
                                               : "invalid ancillary data buffer length");
    }
    PyObject *data = bytes_from_data(NULL, size);
    char *control = data != NULL ? mem_calloc_or_error((size_t)control_size + 1, 1) : NULL;
    PyObject *result = NULL;
    if (control != NULL) {
        Address from = {.size = sizeof from.address};
        struct iovec vector = {bytes_data(data), (size_t)size};
        struct msghdr message = {
            .msg_name = &from.address, .msg_namelen = sizeof from.address, .msg_iov = &vector,
            .msg_iovlen = 1, .msg_control = control_size ? control : NULL,
            .msg_controllen = (size_t)control_size, .msg_flags = flags | MSG_CMSG_CLOEXEC};
        ssize_t got = run((Socket *)op, POLLIN, do_recvmsg, &message);
        PyObject *ancillary = got >= 0 ? unpack_ancillary(&message) : NULL;
        PyObject *address = ancillary != NULL
                                ? socket_make_address((struct sockaddr *)&from.address,
                                                      message.msg_namelen)
                                : NULL;
        if (address != NULL && (got == size || bytes_resize(&data, got) == 0)) {
            result = value_build("(OOiO)", data, ancillary,
                                 message.msg_flags & ~MSG_CMSG_CLOEXEC, address);
        }
        xdecref(ancillary);
        xdecref(address);
    }
    mem_free(control);
    xdecref(data);
    return result;
}

// ---- options ----

static PyObject *
socket_getsockopt(PyObject *op, PyObject *args)
{
    int level;
    int name;
    int length = 0;
    if (args_parse(args, "ii|i:getsockopt", &level, &name, &length) < 0) {
        return NULL;
    }
    int fd = ((Socket *)op)->fd;
    if (length == 0) {
        int value = 0;
        socklen_t size = sizeof value;
        return getsockopt(fd, level, name, &value, &size) < 0 ? error_set_errno(PyExc_OSError)
                                                              : int_from_i64(value);
    }
    if (length < 0 || length > 1024) {
        return error_set(PyExc_OSError, "getsockopt buflen out of range");
    }
    PyObject *data = bytes_from_data(NULL, length);
    socklen_t size = (socklen_t)length;
    if (data != NULL && getsockopt(fd, level, name, bytes_data(data), &size) < 0) {
        decref(data);
        return error_set_errno(PyExc_OSError);
    }
    return data != NULL && bytes_resize(&data, (Py_ssize_t)size) < 0 ? NULL : data;
}

static PyObject *
socket_setsockopt(PyObject *op, PyObject *args)
{
    int level;
    int name;
    PyObject *value;
    unsigned length = 0;
    if (args_parse(args, "iiO|I:setsockopt", &level, &name, &value, &length) < 0) {
        return NULL;
    }
    int fd = ((Socket *)op)->fd;
    int failed;
    if (value == Py_None) {
        failed = setsockopt(fd, level, name, NULL, length);
    }
    else if (int_check(value)) {
        int number = int_as_int(value);
        if (number == -1 && error_occurred()) {
            return NULL;
        }
        failed = setsockopt(fd, level, name, &number, sizeof number);
    }
    else {
        Py_buffer view;
        if (args_parse_one(value, "y*:setsockopt", &view) < 0) {
            return NULL;
        }
        failed = setsockopt(fd, level, name, view.buf, (socklen_t)view.len);
        buffer_release(&view);
    }
    return failed < 0 ? error_set_errno(PyExc_OSError) : new_ref(Py_None);
}

static PyObject *
get_timeout(PyObject *op, void *closure)
{
    return socket_gettimeout(op, NULL);
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL
#define KEYWORDS(function) (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS

static PyMethodDef socket_methods[] = {
    {"_accept", socket_accept, METH_NOARGS,
     "_accept() -> (integer, address info)\n\nWait for an incoming connection."},
    {"bind", socket_bind, METH_O,
     "bind(address)\n\nBind the socket to a local address.  For IP sockets, the address is a\n"
     "pair (host, port); the host must refer to the local host."},
    {"close", socket_close_method, METH_NOARGS,
     "close()\n\nClose the socket.  It cannot be used after this call."},
    {"connect", socket_connect, METH_O,
     "connect(address)\n\nConnect the socket to a remote address.  For IP sockets, the address\n"
     "is a pair (host, port)."},
    {"connect_ex", socket_connect_ex, METH_O,
     "connect_ex(address) -> errno\n\nThis is like connect(address), but returns an error code "
     "(the errno value)\ninstead of raising an exception when an error occurs."},
    {"detach", socket_detach, METH_NOARGS,
     "detach()\n\nClose the socket object without closing the underlying file descriptor."},
    {"fileno", socket_fileno, METH_NOARGS,
     "fileno() -> integer\n\nReturn the integer file descriptor of the socket."},
    {"getpeername", socket_getpeername, METH_NOARGS,
     "getpeername() -> address info\n\nReturn the address of the remote endpoint."},
    {"getsockname", socket_getsockname, METH_NOARGS,
     "getsockname() -> address info\n\nReturn the address of the local endpoint."},
    {"getsockopt", socket_getsockopt, METH_VARARGS,
     "getsockopt(level, option[, buffersize]) -> value\n\nGet a socket option."},
    {"listen", FAST(socket_listen),
     "listen([backlog])\n\nEnable a server to accept connections."},
    {"recv", socket_recv, METH_VARARGS,
     "recv(buffersize[, flags]) -> data\n\nReceive up to buffersize bytes from the socket."},
    {"recv_into", KEYWORDS(socket_recv_into),
     "recv_into(buffer, [nbytes[, flags]]) -> nbytes_read\n\nA version of recv() that stores its "
     "data into a buffer."},
    {"recvfrom", socket_recvfrom, METH_VARARGS,
     "recvfrom(buffersize[, flags]) -> (data, address info)\n\nLike recv(buffersize, flags) but "
     "also return the sender's address info."},
    {"recvfrom_into", KEYWORDS(socket_recvfrom_into),
     "recvfrom_into(buffer[, nbytes[, flags]]) -> (nbytes, address info)"},
    {"recvmsg", socket_recvmsg, METH_VARARGS,
     "recvmsg(bufsize[, ancbufsize[, flags]]) -> (data, ancdata, msg_flags, address)"},
    {"send", socket_send, METH_VARARGS,
     "send(data[, flags]) -> count\n\nSend a data string to the socket."},
    {"sendall", socket_sendall, METH_VARARGS,
     "sendall(data[, flags])\n\nSend a data string to the socket; all of it is sent."},
    {"sendmsg", socket_sendmsg, METH_VARARGS,
     "sendmsg(buffers[, ancdata[, flags[, address]]]) -> count"},
    {"sendto", socket_sendto, METH_VARARGS,
     "sendto(data[, flags], address) -> count\n\nLike send(data, flags) but allows specifying "
     "the destination address."},
    {"setblocking", socket_setblocking, METH_O,
     "setblocking(flag)\n\nSet the socket to blocking (flag is true) or non-blocking (false)."},
    {"getblocking", socket_getblocking, METH_NOARGS,
     "getblocking()\n\nReturns True if socket is in blocking mode, or False if it\nis in "
     "non-blocking mode."},
    {"setsockopt", socket_setsockopt, METH_VARARGS,
     "setsockopt(level, option, value: int)\nsetsockopt(level, option, value: buffer)\n"
     "setsockopt(level, option, None, optlen: int)\n\nSet a socket option."},
    {"settimeout", socket_settimeout, METH_O,
     "settimeout(timeout)\n\nSet a timeout on socket operations.  'timeout' can be a float,\n"
     "giving in seconds, or None."},
    {"gettimeout", socket_gettimeout, METH_NOARGS,
     "gettimeout() -> timeout\n\nReturns the timeout in seconds (float) associated with socket\n"
     "operations. A timeout of None indicates that timeouts on socket\n"
     "operations are disabled."},
    {"shutdown", socket_shutdown, METH_O,
     "shutdown(flag)\n\nShut down the reading side of the socket (flag == SHUT_RD), the writing "
     "side\nof the socket (flag == SHUT_WR), or both ends (flag == SHUT_RDWR)."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef socket_members[] = {
    {"family", Py_T_INT, offsetof(Socket, family), Py_READONLY, "the socket family"},
    {"type", Py_T_INT, offsetof(Socket, type), Py_READONLY, "the socket type"},
    {"proto", Py_T_INT, offsetof(Socket, proto), Py_READONLY, "the socket protocol"},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef socket_getset[] = {
    {"timeout", get_timeout, NULL, "the socket timeout", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject socket_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_socket.socket",
    .tp_basicsize = sizeof(Socket),
    .tp_dealloc = socket_dealloc,
    .tp_repr = socket_repr,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket object\n"
              "socket(family=-1, type=-1, proto=-1, fileno=None) -> socket object\n\n"
              "Open a socket of the given type.",
    .tp_weaklistoffset = offsetof(Socket, weakrefs),
    .tp_methods = socket_methods,
    .tp_members = socket_members,
    .tp_getset = socket_getset,
    .tp_init = socket_init,
    .tp_new = socket_new,
    .tp_finalize = socket_finalize,
};
