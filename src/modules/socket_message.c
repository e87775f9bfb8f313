// _socket.socket: messages: several buffers, ancillary data (recvmsg, sendmsg).
//
// Threading: see socket_internal.h.
#include "modules/socket_internal.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/uio.h>

#include "memory/alloc.h"
#include "objects/buffer.h"
#include "objects/build.h"
#include "objects/bytes.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/sequence.h"
#include "objects/tuple.h"
#include "runtime/sys.h"

static SocketObject *cast(PyObject *op) { return (SocketObject *)op; }

// Buffers of a sequence, as an array for the kernel.
typedef struct {
    Py_buffer *views;
    struct iovec *vector;
    Py_ssize_t count;
} Vector;

static void
vector_release(Vector *v)
{
    for (Py_ssize_t i = 0; i < v->count; i++) {
        buffer_release(&v->views[i]);
    }
    mem_free(v->views);
    mem_free(v->vector);
}

// Reads the buffers; format is "w*" or "y*" with the message of a wrong item. On failure: -1 with an
// exception and nothing to release.
static int
vector_get(Vector *v, PyObject *arg, const char *not_iterable, const char *format)
{
    *v = (Vector){0};
    PyObject *fast = sequence_fast(arg, not_iterable);
    PyObject *items = fast != NULL ? sequence_tuple(fast) : NULL;
    xdecref(fast);
    if (items == NULL) {
        return -1;
    }
    Py_ssize_t n = tuple_size(items);
    int result = -1;
    v->views = mem_calloc((size_t)n + 1, sizeof *v->views);
    v->vector = mem_calloc((size_t)n + 1, sizeof *v->vector);
    if (v->views == NULL || v->vector == NULL) {
        error_no_memory();
        goto done;
    }
    for (; v->count < n; v->count++) {
        Py_buffer *view = &v->views[v->count];
        if (!args_parse_one(tuple_item(items, v->count), format, view)) {
            goto done;
        }
        v->vector[v->count].iov_base = view->buf;
        v->vector[v->count].iov_len = (size_t)view->len;
    }
    result = 0;
done:
    decref(items);
    if (result < 0) {
        vector_release(v);
    }
    return result;
}

// ---- receiving ----

typedef struct {
    struct msghdr *message;
    int flags;
    ssize_t result;
} MessageCall;

static bool
receive_once(SocketObject *self, void *data)
{
    MessageCall *call = data;
    call->result = recvmsg(socket_fd(self), call->message, call->flags);
    return call->result >= 0;
}

// Whether the data of a control message lie within the buffer, as far as it was filled.
static size_t
control_length(const struct msghdr *message, const struct cmsghdr *header)
{
    const char *start = (const char *)CMSG_DATA((struct cmsghdr *)header);
    const char *end = (const char *)message->msg_control + message->msg_controllen;
    size_t head = (size_t)(start - (const char *)header);
    if (start > end || header->cmsg_len < head) {
        return 0;
    }
    size_t length = header->cmsg_len - head;
    return length < (size_t)(end - start) ? length : (size_t)(end - start);
}

// List of (level, type, data). Descriptors that came with an unreadable list are not closed: they
// are the program's.
static PyObject *
control_list(const struct msghdr *message)
{
    PyObject *result = list_new(0);
    for (struct cmsghdr *header = message->msg_controllen > 0 ? CMSG_FIRSTHDR(message) : NULL;
         result != NULL && header != NULL; header = CMSG_NXTHDR((struct msghdr *)message, header)) {
        PyObject *item = value_build("(iiy#)", header->cmsg_level, header->cmsg_type,
                                     (const char *)CMSG_DATA(header),
                                     (Py_ssize_t)control_length(message, header));
        if (item == NULL || list_append_steal(result, item) < 0) {
            clear_ref(result);
        }
    }
    return result;
}

// Receives into the vector: (what, ancillary data, flags, address). `what` is made by the caller from
// the count, and consumed.
static PyObject *
receive_message(SocketObject *self, struct iovec *vector, size_t count, int flags,
                Py_ssize_t control_size, PyObject *(*make)(ssize_t size, void *data), void *data)
{
    SocketAddress address;
    socklen_t address_size;
    if (!socket_address_room(self, &address_size)) {
        return NULL;
    }
    if (control_size < 0 || control_size > INT_MAX) {
        return error_set(PyExc_ValueError, "invalid ancillary data buffer length");
    }
    void *control = control_size > 0 ? mem_calloc_or_error(1, (size_t)control_size) : NULL;
    if (control_size > 0 && control == NULL) {
        return NULL;
    }
    memset(&address, 0, sizeof address);
    struct msghdr message = {
        .msg_name = &address,
        .msg_namelen = address_size,
        .msg_iov = vector,
        .msg_iovlen = count,
        .msg_control = control,
        .msg_controllen = (size_t)control_size,
    };
    MessageCall call = {&message, flags, -1};
    PyObject *result = NULL;
    if (socket_call(self, false, receive_once, &call) == 0) {
        PyObject *what = make(call.result, data);
        PyObject *list = what != NULL ? control_list(&message) : NULL;
        PyObject *from = list != NULL ? socket_address_object(&address, message.msg_namelen,
                                                              self->proto)
                                      : NULL;
        if (from != NULL) {
            result = value_build("(NNiN)", what, list, (int)message.msg_flags, from);
        }
        else {
            xdecref(what);
            xdecref(list);
        }
    }
    mem_free(control);
    return result;
}

// Takes the bytes object at data over, shortened.
static PyObject *
make_bytes(ssize_t size, void *data)
{
    PyObject **buffer = data;
    PyObject *result = *buffer;
    *buffer = NULL;
    if (size != bytes_length(result)) {
        bytes_resize(&result, size);
    }
    return result;
}

static PyObject *
make_count(ssize_t size, void *data)
{
    return int_from_ssize(size);
}

PyObject *
socket_recvmsg(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t size;
    Py_ssize_t control_size = 0;
    int flags = 0;
    if (!args_parse_stack(args, nargs, "n|ni:recvmsg", &size, &control_size, &flags)) {
        return NULL;
    }
    if (size < 0) {
        return error_set(PyExc_ValueError, "negative buffer size in recvmsg()");
    }
    PyObject *buffer = bytes_from_data(NULL, size);
    if (buffer == NULL) {
        return NULL;
    }
    struct iovec vector = {bytes_data(buffer), (size_t)size};
    PyObject *result = receive_message(cast(op), &vector, 1, flags, control_size, make_bytes,
                                       &buffer);
    xdecref(buffer);
    return result;
}

PyObject *
socket_recvmsg_into(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *buffers;
    Py_ssize_t control_size = 0;
    int flags = 0;
    Vector v;
    if (!args_parse_stack(args, nargs, "O|ni:recvmsg_into", &buffers, &control_size, &flags)
        || vector_get(&v, buffers, "recvmsg_into() argument 1 must be an iterable",
                      "w*;recvmsg_into() argument 1 must be an iterable of single-segment "
                      "read-write buffers")
               < 0) {
        return NULL;
    }
    PyObject *result = receive_message(cast(op), v.vector, (size_t)v.count, flags, control_size,
                                       make_count, NULL);
    vector_release(&v);
    return result;
}

// ---- sending ----

static bool
send_once(SocketObject *self, void *data)
{
    MessageCall *call = data;
    call->result = sendmsg(socket_fd(self), call->message, call->flags);
    return call->result >= 0;
}

typedef struct {
    int level;
    int kind;
    Py_buffer data;
} ControlItem;

typedef struct {
    ControlItem *items;
    Py_ssize_t count;
} ControlItems;

static void
control_release(ControlItems *items)
{
    for (Py_ssize_t i = 0; i < items->count; i++) {
        buffer_release(&items->items[i].data);
    }
    mem_free(items->items);
}

// Triples (level, type, data). On failure: -1 with an exception; what was read is in *items.
static int
control_get(PyObject *arg, ControlItems *items)
{
    PyObject *fast = sequence_fast(arg, "sendmsg() argument 2 must be an iterable");
    PyObject *list = fast != NULL ? sequence_tuple(fast) : NULL;
    xdecref(fast);
    if (list == NULL) {
        return -1;
    }
    Py_ssize_t n = tuple_size(list);
    int result = 0;
    items->items = mem_calloc_or_error((size_t)n + 1, sizeof *items->items);
    if (items->items == NULL) {
        result = -1;
    }
    for (Py_ssize_t i = 0; i < n && result == 0; i++) {
        ControlItem *item = &items->items[i];
        if (args_parse_one(tuple_item(list, i), "(iiy*):[sendmsg() ancillary data items]",
                           &item->level, &item->kind, &item->data)) {
            items->count++;
        }
        else {
            result = -1;
        }
    }
    decref(list);
    return result;
}

// The control messages in one block, for message. 0, or -1 with an exception.
static int
control_build(const ControlItems *items, struct msghdr *message)
{
    size_t total = 0;
    for (Py_ssize_t i = 0; i < items->count; i++) {
        size_t length = (size_t)items->items[i].data.len;
        size_t space = CMSG_SPACE(length);
        if (length > INT_MAX || space > INT_MAX - total) {
            error_set(PyExc_OSError, length > INT_MAX ? "ancillary data item too large"
                                                      : "too much ancillary data");
            return -1;
        }
        total += space;
    }
    if (total == 0) {
        return 0;
    }
    char *block = mem_calloc_or_error(1, total);
    if (block == NULL) {
        return -1;
    }
    message->msg_control = block;
    message->msg_controllen = total;
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    for (Py_ssize_t i = 0; i < items->count && header != NULL; i++) {
        const ControlItem *item = &items->items[i];
        header->cmsg_level = item->level;
        header->cmsg_type = item->kind;
        header->cmsg_len = CMSG_LEN((size_t)item->data.len);
        memcpy(CMSG_DATA(header), item->data.buf, (size_t)item->data.len);
        header = CMSG_NXTHDR(message, header);
    }
    return 0;
}

PyObject *
socket_sendmsg(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    SocketObject *self = cast(op);
    PyObject *buffers;
    PyObject *control = NULL;
    PyObject *to = Py_None;
    int flags = 0;
    SocketAddress address;
    socklen_t address_size;
    struct msghdr message = {0};
    Vector v = {0};
    ControlItems items = {0};
    PyObject *result = NULL;
    if (!args_parse_stack(args, nargs, "O|OiO:sendmsg", &buffers, &control, &flags, &to)) {
        return NULL;
    }
    if (to != Py_None) {
        if (!socket_address_argument(self, to, &address, &address_size, "sendmsg")) {
            return NULL;
        }
        message.msg_name = &address;
        message.msg_namelen = address_size;
    }
    if (sys_audit("socket.sendmsg", "OO", op, to) < 0
        || vector_get(&v, buffers, "sendmsg() argument 1 must be an iterable",
                      "y*;sendmsg() argument 1 must be an iterable of bytes-like objects") < 0) {
        return NULL;
    }
    message.msg_iov = v.vector;
    message.msg_iovlen = (size_t)v.count;
    MessageCall call = {&message, flags, -1};
    if ((control == NULL || control_get(control, &items) == 0)
        && control_build(&items, &message) == 0
        && socket_call(self, true, send_once, &call) == 0) {
        result = int_from_ssize(call.result);
    }
    mem_free(message.msg_control);
    control_release(&items);
    vector_release(&v);
    return result;
}

// The control messages of the kernel's cryptography in one block; false with an exception.
static bool
build_algorithm(struct msghdr *message, uint32_t operation, const Py_buffer *iv, int64_t assoclen)
{
    bool has_iv = iv->buf != NULL;
    size_t total = CMSG_SPACE(sizeof operation);
    if (has_iv) {
        total += CMSG_SPACE(sizeof(struct af_alg_iv) + (size_t)iv->len);
    }
    if (assoclen >= 0) {
        total += CMSG_SPACE(sizeof(uint32_t));
    }
    char *block = mem_calloc_or_error(1, total);
    if (block == NULL) {
        return false;
    }
    message->msg_control = block;
    message->msg_controllen = total;
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    header->cmsg_level = SOL_ALG;
    header->cmsg_type = ALG_SET_OP;
    header->cmsg_len = CMSG_LEN(sizeof operation);
    memcpy(CMSG_DATA(header), &operation, sizeof operation);
    if (has_iv) {
        header = CMSG_NXTHDR(message, header);
        header->cmsg_level = SOL_ALG;
        header->cmsg_type = ALG_SET_IV;
        header->cmsg_len = CMSG_LEN(sizeof(struct af_alg_iv) + (size_t)iv->len);
        uint32_t length = (uint32_t)iv->len;
        memcpy(CMSG_DATA(header), &length, sizeof length);
        memcpy(CMSG_DATA(header) + sizeof length, iv->buf, (size_t)iv->len);
    }
    if (assoclen >= 0) {
        uint32_t length = (uint32_t)assoclen;
        header = CMSG_NXTHDR(message, header);
        header->cmsg_level = SOL_ALG;
        header->cmsg_type = ALG_SET_AEAD_ASSOCLEN;
        header->cmsg_len = CMSG_LEN(sizeof length);
        memcpy(CMSG_DATA(header), &length, sizeof length);
    }
    return true;
}

PyObject *
socket_sendmsg_afalg(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"msg", "op", "iv", "assoclen", "flags", NULL};
    SocketObject *self = cast(op);
    PyObject *buffers = NULL;
    PyObject *assoclen_arg = NULL;
    int operation = -1;
    int flags = 0;
    int64_t assoclen = -1;
    Py_buffer iv = {.buf = NULL, .obj = NULL};
    Vector v = {0};
    struct msghdr message = {0};
    PyObject *result = NULL;
    if (self->family != AF_ALG) {
        return error_set(PyExc_OSError, "algset is only supported for AF_ALG");
    }
    if (!args_parse_static(args, kwargs, "|O$iy*Oi:sendmsg_afalg", keywords, &buffers,
                           &operation, &iv, &assoclen_arg, &flags)) {
        return NULL;
    }
    if (operation < 0) {
        error_set(PyExc_TypeError, "Invalid or missing argument 'op'");
        goto done;
    }
    if (assoclen_arg != NULL) {
        assoclen = int_as_i64(assoclen_arg);
        if (assoclen == -1 && error_occurred()) {
            goto done;
        }
        if (assoclen < 0 || assoclen > UINT32_MAX) {
            error_set(PyExc_TypeError, "assoclen must be positive");
            goto done;
        }
    }
    if (buffers != NULL
        && vector_get(&v, buffers, "sendmsg() argument 1 must be an iterable",
                      "y*;sendmsg() argument 1 must be an iterable of bytes-like objects") < 0) {
        goto done;
    }
    message.msg_iov = v.vector;
    message.msg_iovlen = (size_t)v.count;
    MessageCall call = {&message, flags, -1};
    if (build_algorithm(&message, (uint32_t)operation, &iv, assoclen)
        && socket_call(self, true, send_once, &call) == 0) {
        result = int_from_ssize(call.result);
    }
    vector_release(&v);
done:
    mem_free(message.msg_control);
    buffer_release(&iv);
    return result;
}
