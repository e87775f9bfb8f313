// The input of an unpickler: memory that is all there, or a file of which pieces are read.
//
// A file's position after load() is the end of the pickle. So data are read as needed, or, when
// the file has peek(), looked at first and read when they have been used.
//
// Threading: belongs to the unpickler's user.
#include <string.h>

#include "memory/refcount.h"
#include "modules/unpickler.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/int.h"
#include "objects/object.h"

enum {
    PEEK_SIZE = 128 * 1024,
    // Larger reads are made in pieces, so that a false size does not make the file allocate it.
    CHUNK_SIZE = 1 << 20,
};

void *
unpickle_truncated(Unpickler *self)
{
    return error_set(self->state->unpickling_error, "pickle data was truncated");
}

// Makes data, which is consumed, the current piece.
static int
set_input_steal(Unpickler *self, PyObject *data, bool peeked)
{
    self->input = bytes_data(data);
    self->input_size = (size_t)bytes_length(data);
    self->input_next = 0;
    self->peeked = peeked;
    self->peeked_from = 0;
    set_ref(self->input_owner, data);
    return 0;
}

// Calls a method of the file with a size; the result as bytes.
static PyObject *
call_with_size(PyObject *method, size_t n, const char *what)
{
    PyObject *size = int_from_size(n);
    PyObject *data = size != NULL ? object_call_onearg(method, size) : NULL;
    xdecref(size);
    if (data != NULL && !bytes_check(data)) {
        error_format(PyExc_TypeError, "%s() returned non-bytes object (%R)", what,
                     (PyObject *)type_of(data));
        clear_ref(data);
    }
    return data;
}

int
unpickle_skip_consumed(Unpickler *self)
{
    size_t consumed = self->peeked ? self->input_next - self->peeked_from : 0;
    if (consumed == 0) {
        return 0;
    }
    PyObject *data = call_with_size(self->read, consumed, "read");
    if (data == NULL) {
        return -1;
    }
    decref(data);
    self->peeked_from = self->input_next;
    return 0;
}

// What read gives until there are n bytes, or less at the end of the file.
static PyObject *
read_in_chunks(Unpickler *self, size_t n)
{
    BytesWriter w;
    bytes_writer_init(&w);
    while ((size_t)w.pos < n) {
        size_t want = n - (size_t)w.pos, have = (size_t)w.pos;
        size_t limit = have > CHUNK_SIZE ? have : CHUNK_SIZE;
        PyObject *data = call_with_size(self->read, want < limit ? want : limit, "read");
        if (data == NULL ||
            bytes_writer_write(&w, bytes_data(data), bytes_length(data)) < 0) {
            xdecref(data);
            bytes_writer_discard(&w);
            return NULL;
        }
        bool end = bytes_length(data) == 0;
        decref(data);
        if (end) {
            break;
        }
    }
    return bytes_writer_finish(&w);
}

// Replaces the input by at least n bytes from the file; fewer at its end.
static int
fill(Unpickler *self, size_t n)
{
    if (unpickle_skip_consumed(self) < 0) {
        return -1;
    }
    if (self->peek != NULL && n <= PEEK_SIZE) {
        PyObject *data = call_with_size(self->peek, PEEK_SIZE, "peek");
        if (data == NULL) {
            if (!error_clear_if(PyExc_NotImplementedError)) {
                return -1;
            }
            // peek() is only there to say that it is not.
            clear_ref(self->peek);
        }
        else if ((size_t)bytes_length(data) >= n) {
            return set_input_steal(self, data, true);
        }
        xdecref(data);
    }
    PyObject *data = n <= CHUNK_SIZE ? call_with_size(self->read, n, "read")
                                     : read_in_chunks(self, n);
    return data != NULL ? set_input_steal(self, data, false) : -1;
}

const char *
unpickle_read_slow(Unpickler *self, size_t n)
{
    if (self->read == NULL) {
        return unpickle_truncated(self);
    }
    if (!self->peeked && self->input_next < self->input_size) {
        return error_set(self->state->unpickling_error, "pickle exhausted before end of frame");
    }
    if (fill(self, n) < 0) {
        return NULL;
    }
    if (self->input_size < n) {
        return unpickle_truncated(self);
    }
    self->input_next = n;
    return self->input;
}

const char *
unpickle_read_line(Unpickler *self, size_t *size)
{
    const char *start = self->input + self->input_next;
    size_t left = self->input_size - self->input_next;
    const char *end = left > 0 ? memchr(start, '\n', left) : NULL;
    if (end != NULL) {
        *size = (size_t)(end - start) + 1;
        self->input_next += *size;
        return start;
    }
    if (self->read == NULL) {
        return unpickle_truncated(self);
    }
    if (!self->peeked && left > 0) {
        return error_set(self->state->unpickling_error, "pickle exhausted before end of frame");
    }
    if (unpickle_skip_consumed(self) < 0) {
        return NULL;
    }
    PyObject *line = object_call_noargs(self->readline);
    if (line == NULL) {
        return NULL;
    }
    if (!bytes_check(line)) {
        error_format(PyExc_TypeError, "readline() returned non-bytes object (%R)",
                     (PyObject *)type_of(line));
        decref(line);
        return NULL;
    }
    set_input_steal(self, line, false);
    *size = self->input_next = self->input_size;
    if (*size == 0 || self->input[*size - 1] != '\n') {
        return unpickle_truncated(self);
    }
    return self->input;
}

int
unpickle_read_frame(Unpickler *self, size_t size)
{
    if (self->read != NULL && !self->peeked && self->input_next < self->input_size) {
        error_set(self->state->unpickling_error,
                  "beginning of a new frame before end of current frame");
        return -1;
    }
    if (unpickle_read(self, size) == NULL) {
        return -1;
    }
    self->input_next -= size;
    return 0;
}
