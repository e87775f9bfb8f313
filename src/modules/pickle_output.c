// The output of a pickler: a buffer that grows, frames (PEP 3154), and the file behind it.
//
// Threading: belongs to the pickler's user.
#include <string.h>

#include "memory/alloc.h"
#include "memory/refcount.h"
#include "modules/pickle_internal.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/error.h"

char *
pickle_reserve_slow(Pickler *self, size_t n)
{
    bool open = self->framing && self->frame_start < 0;
    size_t size = self->output_size;
    if (n > (size_t)PY_SSIZE_T_MAX / 2 - size - 2 * PICKLE_FRAME_HEADER) {
        return error_no_memory();
    }
    size_t needed = size + n + 2 * PICKLE_FRAME_HEADER;
    if (needed > self->output_capacity) {
        size_t capacity = needed < 512 ? 512 : needed + needed / 2;
        char *grown = mem_realloc(self->output, capacity);
        if (grown == NULL) {
            return error_no_memory();
        }
        self->output = grown;
        self->output_capacity = capacity;
    }
    if (open) {
        // The header is filled in when the frame is closed.
        self->frame_start = (Py_ssize_t)size;
        self->output_size += PICKLE_FRAME_HEADER;
    }
    return self->output + self->output_size;
}

static void
put_number(char *to, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        to[i] = (char)(value >> (8 * i));
    }
}

int
pickle_write_number(Pickler *self, int code, uint64_t value, int bytes)
{
    char data[9];
    data[0] = (char)code;
    put_number(data + 1, value, bytes);
    return pickle_write(self, data, (size_t)bytes + 1);
}

int
pickle_close_frame(Pickler *self)
{
    if (!self->framing || self->frame_start < 0) {
        return 0;
    }
    char *header = self->output + self->frame_start;
    size_t content = self->output_size - (size_t)self->frame_start - PICKLE_FRAME_HEADER;
    if (content >= PICKLE_FRAME_MIN) {
        header[0] = (char)OP_FRAME;
        put_number(header + 1, content, 8);
    }
    else {
        memmove(header, header + PICKLE_FRAME_HEADER, content);
        self->output_size -= PICKLE_FRAME_HEADER;
    }
    self->frame_start = -1;
    return 0;
}

static int
call_write(Pickler *self, PyObject *data)
{
    PyObject *result = data != NULL ? object_call_onearg(self->write, data) : NULL;
    xdecref(result);
    return result != NULL ? 0 : -1;
}

int
pickle_flush(Pickler *self)
{
    if (self->write == NULL || self->output_size == 0) {
        return 0;
    }
    PyObject *data = bytes_from_data(self->output, (Py_ssize_t)self->output_size);
    self->output_size = 0;
    int status = call_write(self, data);
    xdecref(data);
    return status;
}

int
pickle_boundary(Pickler *self)
{
    if (!self->framing || self->frame_start < 0 ||
        self->output_size - (size_t)self->frame_start - PICKLE_FRAME_HEADER <
            PICKLE_FRAME_TARGET) {
        return 0;
    }
    return pickle_close_frame(self) < 0 ? -1 : pickle_flush(self);
}

int
pickle_write_data(Pickler *self, const char *header, size_t header_size, const char *data,
                  size_t size, PyObject *payload)
{
    if (size < PICKLE_FRAME_TARGET) {
        char *to = pickle_reserve(self, header_size + size);
        if (to == NULL) {
            return -1;
        }
        memcpy(to, header, header_size);
        if (size > 0) {
            memcpy(to + header_size, data, size);
        }
        self->output_size += header_size + size;
        return 0;
    }
    bool framing = self->framing;
    int status = pickle_close_frame(self);
    self->framing = false;
    if (status == 0) {
        status = pickle_write(self, header, header_size);
    }
    if (status == 0 && self->write == NULL) {
        status = pickle_write(self, data, size);
    }
    else if (status == 0 && (status = pickle_flush(self)) == 0) {
        PyObject *object = payload != NULL ? new_ref(payload)
                                           : bytes_from_data(data, (Py_ssize_t)size);
        status = call_write(self, object);
        xdecref(object);
    }
    self->framing = framing;
    return status;
}
