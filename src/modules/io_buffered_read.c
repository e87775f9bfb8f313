// Reading through a buffer; see io_buffered.h. Functions named buffered_* need the lock.
#include "modules/io_buffered.h"

#include <errno.h>
#include <string.h>

#include "abi/constants.h"
#include "memory/refcount.h"
#include "modules/io_internal.h"
#include "objects/args.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/memoryview.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"

static int
release_view_steal(PyObject *view)
{
    int result = memoryview_release(view);
    decref(view);
    return result;
}

// raw.readinto(): bytes read, 0 at the end, -2 when nothing is available, -1 with an exception.
Py_ssize_t
buffered_raw_read(Buffered *self, char *data, Py_ssize_t size)
{
    PyObject *view = memoryview_from_memory(data, size, PyBUF_WRITE);
    if (view == NULL) {
        return -1;
    }
    PyObject *count = object_call_method_onearg(self->raw, ID(readinto), view);
    // The raw stream may have kept the view: it must not reach the buffer later.
    if (release_view_steal(view) < 0) {
        clear_ref(count);
    }
    if (count == NULL) {
        return -1;
    }
    if (count == Py_None) {
        decref(count);
        return -2;
    }
    Py_ssize_t got = number_as_ssize(count, PyExc_ValueError);
    decref(count);
    if (got == -1 && error_occurred()) {
        error_format_from_cause(PyExc_OSError, "raw readinto() failed");
        return -1;
    }
    if (got < 0 || got > size) {
        error_format(PyExc_OSError,
                     "raw readinto() returned invalid length %zd (should have been between 0 and "
                     "%zd)", got, size);
        return -1;
    }
    if (got > 0 && self->abs_pos >= 0) {
        self->abs_pos += got;
    }
    return got;
}

// Reads ahead behind what is there already. As buffered_raw_read.
Py_ssize_t
buffered_fill(Buffered *self)
{
    Py_ssize_t start = self->read_end;
    Py_ssize_t got = buffered_raw_read(self, self->buffer + start, self->buffer_size - start);
    if (got > 0) {
        self->read_end = start + got;
    }
    return got;
}

static void
reset_read(Buffered *self)
{
    self->pos = 0;
    self->read_end = 0;
}

// Everything up to the end of the stream.
static PyObject *
read_all(Buffered *self)
{
    Py_ssize_t ahead = buffered_read_ahead(self);
    PyObject *head = ahead > 0 ? bytes_from_data(self->buffer + self->pos, ahead) : NULL;
    if (ahead > 0 && head == NULL) {
        return NULL;
    }
    if (buffered_flush_writes(self) < 0) {
        xdecref(head);
        return NULL;
    }
    reset_read(self);
    PyObject *readall = NULL;
    if (object_getattr_optional(self->raw, ID(readall), &readall) < 0) {
        xdecref(head);
        return NULL;
    }
    if (readall != NULL) {
        PyObject *rest = object_call_noargs(readall);
        decref(readall);
        if (rest != NULL && rest != Py_None && !bytes_check(rest)) {
            error_set(PyExc_TypeError, "readall() should return bytes");
            clear_ref(rest);
        }
        if (rest == NULL || head == NULL) {
            xdecref(head);
            return rest;
        }
        if (rest == Py_None) {
            decref(rest);
            return head;
        }
        if (self->abs_pos >= 0) {
            self->abs_pos += bytes_length(rest);
        }
        set_ref(head, bytes_concat(head, rest));
        decref(rest);
        return head;
    }
    // No readall(): read until nothing comes.
    PyObject *result = head != NULL ? head : bytes_from_data("", 0);
    while (result != NULL) {
        PyObject *chunk = object_call_method_noargs(self->raw, ID(read));
        if (chunk == NULL || (chunk != Py_None && !bytes_check(chunk))) {
            if (chunk != NULL) {
                error_set(PyExc_TypeError, "read() should return bytes");
            }
            xdecref(chunk);
            clear_ref(result);
            break;
        }
        if (chunk == Py_None || bytes_length(chunk) == 0) {
            if (chunk == Py_None && bytes_length(result) == 0) {
                decref(result);
                return chunk;
            }
            decref(chunk);
            break;
        }
        if (self->abs_pos >= 0) {
            self->abs_pos += bytes_length(chunk);
        }
        set_ref(result, bytes_concat(result, chunk));
        decref(chunk);
    }
    return result;
}

// Copies what is read ahead into `out`; how much.
static Py_ssize_t
take_ahead(Buffered *self, char *out, Py_ssize_t size)
{
    Py_ssize_t ahead = buffered_read_ahead(self);
    Py_ssize_t count = ahead < size ? ahead : size;
    memcpy(out, self->buffer + self->pos, (size_t)count);
    self->pos += count;
    return count;
}

// Fills `out` with `size` bytes unless the stream ends or has nothing more now. Large requests go
// straight into `out`. How much; -1 with an exception; -2 when nothing at all was available.
static Py_ssize_t
read_into(Buffered *self, char *out, Py_ssize_t size, bool once)
{
    Py_ssize_t done = take_ahead(self, out, size);
    if (done == size || (once && done > 0 && size - done <= self->buffer_size)) {
        return done;
    }
    if (buffered_flush_writes(self) < 0) {
        return -1;
    }
    reset_read(self);
    while (done < size) {
        Py_ssize_t left = size - done;
        Py_ssize_t got;
        if (left >= self->buffer_size || once) {
            Py_ssize_t whole = once ? left : left - left % self->buffer_size;
            if (once && left < self->buffer_size) {
                got = buffered_fill(self);
                if (got > 0) {
                    got = take_ahead(self, out + done, left);
                }
            }
            else {
                got = buffered_raw_read(self, out + done, whole);
            }
        }
        else {
            reset_read(self);
            got = buffered_fill(self);
            if (got > 0) {
                got = take_ahead(self, out + done, left);
            }
        }
        if (got <= 0) {
            return got == -1 ? -1 : got == -2 && done == 0 ? -2 : done;
        }
        done += got;
        if (once) {
            break;
        }
    }
    return done;
}

static PyObject *
read_bytes(Buffered *self, Py_ssize_t size, bool once)
{
    PyObject *result = bytes_from_data(NULL, size);
    Py_ssize_t got = result != NULL ? read_into(self, bytes_data(result), size, once) : -1;
    if (got < 0) {
        xdecref(result);
        return got == -2 ? (once ? bytes_from_data("", 0) : new_ref(Py_None)) : NULL;
    }
    if (got < size && bytes_resize(&result, got) < 0) {
        return NULL;
    }
    return result;
}

PyObject *
buffered_method_read(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Buffered *self = (Buffered *)op;
    Py_ssize_t size;
    if (!args_check_positional("read", nargs, 0, 1) || !buffered_check_init(self)
        || io_size_argument(nargs ? args[0] : NULL, &size) < 0) {
        return NULL;
    }
    if (size < -1) {
        return error_set(PyExc_ValueError, "read length must be non-negative or -1");
    }
    if (!buffered_enter_open(self, "read of closed file")) {
        return NULL;
    }
    PyObject *result = size == -1 ? read_all(self) : read_bytes(self, size, false);
    buffered_leave(self);
    return result;
}

PyObject *
buffered_method_read1(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Buffered *self = (Buffered *)op;
    if (!args_check_positional("read1", nargs, 0, 1) || !buffered_check_init(self)) {
        return NULL;
    }
    Py_ssize_t size = nargs ? number_as_ssize(args[0], PyExc_OverflowError) : -1;
    if ((size == -1 && error_occurred()) || !buffered_check_open(self, "read of closed file")) {
        return NULL;
    }
    size = size < 0 ? self->buffer_size : size;
    if (size == 0) {
        return bytes_from_data("", 0);
    }
    if (!buffered_enter_open(self, "read of closed file")) {
        return NULL;
    }
    Py_ssize_t ahead = buffered_read_ahead(self);
    PyObject *result = read_bytes(self, ahead > 0 && size > ahead ? ahead : size, true);
    buffered_leave(self);
    return result;
}

static PyObject *
readinto(PyObject *op, PyObject *target, bool once)
{
    Buffered *self = (Buffered *)op;
    Py_buffer view;
    if (!buffered_check_init(self) || !buffered_check_open(self, "readinto of closed file")
        || !args_parse_one(target, once ? "w*:readinto1" : "w*:readinto", &view)) {
        return NULL;
    }
    Py_ssize_t got = -1;
    if (buffered_enter_open(self, "readinto of closed file")) {
        got = view.len == 0 ? 0 : read_into(self, view.buf, view.len, once);
        buffered_leave(self);
    }
    buffer_release(&view);
    return got == -2 ? new_ref(Py_None) : got < 0 ? NULL : int_from_ssize(got);
}

PyObject *
buffered_method_readinto(PyObject *op, PyObject *target)
{
    return readinto(op, target, false);
}

PyObject *
buffered_method_readinto1(PyObject *op, PyObject *target)
{
    return readinto(op, target, true);
}

// Bytes of the buffer without moving on; reads at most once when it is empty.
PyObject *
buffered_method_peek(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Buffered *self = (Buffered *)op;
    if (!args_check_positional("peek", nargs, 0, 1) || !buffered_check_init(self)
        || !buffered_enter_open(self, "peek of closed file")) {
        return NULL;
    }
    PyObject *result = NULL;
    Py_ssize_t ahead = buffered_read_ahead(self);
    if (ahead > 0) {
        result = bytes_from_data(self->buffer + self->pos, ahead);
    }
    else if (buffered_flush_writes(self) == 0) {
        reset_read(self);
        Py_ssize_t got = buffered_fill(self);
        if (got != -1) {
            result = bytes_from_data(self->buffer, got > 0 ? got : 0);
        }
    }
    buffered_leave(self);
    return result;
}

// ---- lines ----

// A line, at most `limit` bytes of it (-1: no limit).
PyObject *
buffered_read_line(Buffered *self, Py_ssize_t limit)
{
    Py_ssize_t ahead = buffered_read_ahead(self);
    Py_ssize_t usable = limit >= 0 && ahead > limit ? limit : ahead;
    const char *start = self->buffer + self->pos;
    const char *newline = usable > 0 ? memchr(start, '\n', (size_t)usable) : NULL;
    if (newline != NULL || (limit >= 0 && usable == limit)) {
        Py_ssize_t size = newline != NULL ? newline - start + 1 : usable;
        self->pos += size;
        return bytes_from_data(start, size);
    }
    BytesWriter writer;
    bytes_writer_init(&writer);
    for (;;) {
        if (bytes_writer_write(&writer, self->buffer + self->pos, usable) < 0) {
            goto fail;
        }
        self->pos += usable;
        limit -= limit >= 0 ? usable : 0;
        if (newline != NULL || limit == 0) {
            break;
        }
        if (buffered_flush_writes(self) < 0) {
            goto fail;
        }
        reset_read(self);
        Py_ssize_t got = buffered_fill(self);
        if (got == -1) {
            goto fail;
        }
        if (got <= 0) {
            break;
        }
        usable = limit >= 0 && got > limit ? limit : got;
        newline = memchr(self->buffer, '\n', (size_t)usable);
        if (newline != NULL) {
            usable = newline - self->buffer + 1;
        }
    }
    return bytes_writer_finish(&writer);
fail:
    bytes_writer_discard(&writer);
    return NULL;
}

PyObject *
buffered_method_readline(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Buffered *self = (Buffered *)op;
    Py_ssize_t limit;
    if (!args_check_positional("readline", nargs, 0, 1) || !buffered_check_init(self)
        || io_size_argument(nargs ? args[0] : NULL, &limit) < 0
        || !buffered_enter_open(self, "readline of closed file")) {
        return NULL;
    }
    PyObject *line = buffered_read_line(self, limit < 0 ? -1 : limit);
    buffered_leave(self);
    return line;
}
