// Writing through a buffer; see io_buffered.h.
#include "modules/io_buffered.h"

#include <errno.h>
#include <string.h>

#include "abi/constants.h"
#include "abi/exceptions.h"
#include "memory/refcount.h"
#include "modules/io_internal.h"
#include "objects/args.h"
#include "objects/buffer.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/memoryview.h"
#include "objects/number.h"
#include "objects/object.h"
#include "thread/runtime.h"

// raw.write(): bytes written, -2 when it would block, -1 with an exception.
static Py_ssize_t
raw_write(Buffered *self, char *data, Py_ssize_t size)
{
    PyObject *view = memoryview_from_memory(data, size, PyBUF_READ);
    if (view == NULL) {
        return -1;
    }
    errno = 0;
    PyObject *count = object_call_method_onearg(self->raw, ID(write), view);
    if (memoryview_release(view) < 0) {
        clear_ref(count);
    }
    decref(view);
    if (count == NULL) {
        return -1;
    }
    if (count == Py_None) {
        decref(count);
        return -2;
    }
    Py_ssize_t written = number_as_ssize(count, PyExc_ValueError);
    decref(count);
    if (written == -1 && error_occurred()) {
        return -1;
    }
    if (written < 0 || written > size) {
        error_format(PyExc_OSError,
                     "raw write() returned invalid length %zd (should have been between 0 and %zd)",
                     written, size);
        return -1;
    }
    if (written > 0 && self->abs_pos >= 0) {
        self->abs_pos += written;
    }
    return written;
}

// Between partial writes: a signal may have cut one short, and its handler may end the loop.
static int
handle_signals(void)
{
    Thread *ts = thread_current();
    return atomic_load_relaxed_uptr(&ts->abi.eval_breaker) != 0 ? thread_handle_breaks(ts) : 0;
}

// BlockingIOError that says how much of the caller's data was taken.
static void
would_block(Py_ssize_t taken)
{
    PyObject *error = object_call_format(PyExc_BlockingIOError, "isn", EAGAIN,
                                         "write could not complete without blocking", taken);
    if (error != NULL) {
        error_set_object(PyExc_BlockingIOError, error);
        decref(error);
    }
}

// Writes what is pending: 0; -2 when it would block (some may be written); -1 with an exception.
static int
flush_some(Buffered *self)
{
    while (self->write_start >= 0 && self->write_start < self->pos) {
        Py_ssize_t written = raw_write(self, self->buffer + self->write_start,
                                       self->pos - self->write_start);
        if (written < 0) {
            return (int)written;
        }
        self->write_start += written;
        if (self->write_start < self->pos && handle_signals() < 0) {
            return -1;
        }
    }
    if (self->write_start >= 0) {
        self->write_start = -1;
        self->pos = 0;
        self->read_end = 0;
    }
    return 0;
}

int
buffered_flush_writes(Buffered *self)
{
    int status = flush_some(self);
    if (status == -2) {
        would_block(0);
    }
    return status < 0 ? -1 : 0;
}

int
buffered_flush_and_rewind(Buffered *self)
{
    if (buffered_flush_writes(self) < 0) {
        return -1;
    }
    Py_ssize_t ahead = buffered_read_ahead(self);
    self->pos = self->read_end = 0;
    if (self->readable && ahead > 0) {
        // Positions the raw stream where the program is; only possible when it can seek.
        if (buffered_raw_seek(self, -(off_t)ahead, 1) < 0) {
            return -1;
        }
    }
    return 0;
}

// Moves pending bytes to the start of the buffer, so that all free space is behind them.
static void
compact(Buffered *self)
{
    Py_ssize_t pending = self->pos - self->write_start;
    memmove(self->buffer, self->buffer + self->write_start, (size_t)pending);
    self->write_start = 0;
    self->pos = pending;
}

static void
store(Buffered *self, const char *data, Py_ssize_t size)
{
    memcpy(self->buffer + self->pos, data, (size_t)size);
    self->pos += size;
}

// The buffer cannot take all of data: writes it out. How much was taken, or -1.
static Py_ssize_t
write_large(Buffered *self, char *data, Py_ssize_t size)
{
    int status = flush_some(self);
    if (status == -1) {
        return -1;
    }
    if (status == -2) {
        compact(self);
        Py_ssize_t room = self->buffer_size - self->pos;
        Py_ssize_t taken = size < room ? size : room;
        store(self, data, taken);
        if (taken < size) {
            would_block(taken);
            return -1;
        }
        return size;
    }
    Py_ssize_t done = 0;
    while (size - done > self->buffer_size) {
        Py_ssize_t written = raw_write(self, data + done, size - done);
        if (written == -1) {
            return -1;
        }
        if (written == -2) {
            // Keeps as much as fits, tells how much of the data that makes.
            self->write_start = self->pos = 0;
            store(self, data + done, self->buffer_size);
            would_block(done + self->buffer_size);
            return -1;
        }
        done += written;
        if (handle_signals() < 0) {
            return -1;
        }
    }
    self->write_start = self->pos = 0;
    self->read_end = 0;
    store(self, data + done, size - done);
    return size;
}

static Py_ssize_t
write_lock_held(Buffered *self, char *data, Py_ssize_t size)
{
    if (self->readable && self->write_start < 0 && buffered_flush_and_rewind(self) < 0) {
        return -1;
    }
    if (self->write_start < 0) {
        self->write_start = self->pos = 0;
        self->read_end = 0;
    }
    if (size <= self->buffer_size - self->pos) {
        store(self, data, size);
        return size;
    }
    return write_large(self, data, size);
}

PyObject *
buffered_write_method(PyObject *op, PyObject *data)
{
    Buffered *self = (Buffered *)op;
    Py_buffer view;
    if (!buffered_check_init(self) || !args_parse_one(data, "y*:write", &view)) {
        return NULL;
    }
    Py_ssize_t written = -1;
    if (buffered_enter(self)) {
        // Under the lock: a close by another thread must not come in between.
        if (buffered_check_open(self, "write to closed file")) {
            written = write_lock_held(self, view.buf, view.len);
        }
        buffered_leave(self);
    }
    buffer_release(&view);
    return written < 0 ? NULL : int_from_ssize(written);
}
