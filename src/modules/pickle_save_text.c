// Pickling of numbers, texts, bytes and buffers.
//
// Threading: see pickle_internal.h.
#include <stdio.h>
#include <string.h>

#include "memory/alloc.h"
#include "memory/refcount.h"
#include "modules/pickle_internal.h"
#include "objects/buffer.h"
#include "objects/bytearray.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"

// ---- numbers ----

// Code, text and end of line.
static int
write_line(Pickler *self, int code, PyObject *text, const char *end)
{
    Py_ssize_t size;
    const char *data = text != NULL ? str_as_utf8_size(text, &size) : NULL;
    int status = data == NULL || pickle_write_code(self, code) < 0 ||
                         pickle_write(self, data, (size_t)size) < 0 ||
                         pickle_write(self, end, strlen(end)) < 0
                     ? -1 : 0;
    xdecref(text);
    return status;
}

// LONG1 and LONG4: two's complement of the smallest size.
static int
save_big_int(Pickler *self, PyObject *op)
{
    if (int_is_zero(op)) {
        return pickle_write_number(self, OP_LONG1, 0, 1);
    }
    size_t n = (size_t)(int_bit_length(op) >> 3) + 1;
    if (n > INT32_MAX) {
        error_set(PyExc_OverflowError, "int too large to pickle");
        return -1;
    }
    unsigned char *data = mem_alloc_or_error(n);
    if (data == NULL) {
        return -1;
    }
    int status = int_as_byte_array(op, data, n, true, true, true);
    // -128 has eight bits beside the sign and still fits one byte.
    if (int_is_negative(op) && n > 1 && data[n - 1] == 0xff && (data[n - 2] & 0x80) != 0) {
        n--;
    }
    if (status == 0) {
        status = n < 256 ? pickle_write_number(self, OP_LONG1, n, 1)
                         : pickle_write_number(self, OP_LONG4, n, 4);
    }
    if (status == 0) {
        status = pickle_write(self, data, n);
    }
    mem_free(data);
    return status;
}

int
pickle_save_int(Pickler *self, PyObject *op)
{
    int64_t value;
    bool small = int_as_i64_fast(op, &value) && value >= INT32_MIN && value <= INT32_MAX;
    if (small && self->binary) {
        if (value >= 0 && value <= 0xff) {
            return pickle_write_number(self, OP_BININT1, (uint64_t)value, 1);
        }
        if (value >= 0 && value <= 0xffff) {
            return pickle_write_number(self, OP_BININT2, (uint64_t)value, 2);
        }
        return pickle_write_number(self, OP_BININT, (uint64_t)value, 4);
    }
    if (self->protocol >= 2) {
        return save_big_int(self, op);
    }
    return write_line(self, small ? OP_INT : OP_LONG, int_repr(op), small ? "\n" : "L\n");
}

int
pickle_save_float(Pickler *self, PyObject *op)
{
    if (!self->binary) {
        return write_line(self, OP_FLOAT, float_repr_double(float_value(op)), "\n");
    }
    unsigned char data[9] = {OP_BINFLOAT};
    return float_pack(float_value(op), data + 1, 8, false) < 0
               ? -1 : pickle_write(self, data, sizeof data);
}

// ---- bytes ----

// The header of sized data. codes: for sizes of one, four and eight bytes (0: there is none).
static size_t
make_header(char *header, size_t size, int code1, int code4, int code8)
{
    int bytes = size <= 0xff && code1 ? 1 : size <= 0xffffffff && code4 ? 4 : 8;
    header[0] = (char)(bytes == 1 ? code1 : bytes == 4 ? code4 : code8);
    for (int i = 0; i < bytes; i++) {
        header[i + 1] = (char)((uint64_t)size >> (8 * i));
    }
    return (size_t)bytes + 1;
}

// False with OverflowError when size needs a newer protocol.
static bool
check_size(Pickler *self, size_t size, const char *what)
{
    if (size > 0xffffffff && self->protocol < 4) {
        error_format(PyExc_OverflowError,
                     "serializing a %s larger than 4 GiB requires pickle protocol 4 or higher",
                     what);
        return false;
    }
    return true;
}

static int
write_bytes(Pickler *self, PyObject *op, const char *data, size_t size)
{
    char header[9];
    if (!check_size(self, size, "bytes object")) {
        return -1;
    }
    size_t n = make_header(header, size, OP_SHORT_BINBYTES, OP_BINBYTES, OP_BINBYTES8);
    return pickle_write_data(self, header, n, data, size, op);
}

// As a call of function with no or one argument, which is consumed (NULL: none) as is the tuple.
static int
save_as_call(Pickler *self, PyObject *function, PyObject *args, PyObject *op)
{
    PyObject *result = args != NULL ? tuple_pack(2, function, args) : NULL;
    int status = result != NULL ? pickle_save_reduce(self, result, op) : -1;
    xdecref(result);
    xdecref(args);
    return status;
}

int
pickle_save_bytes(Pickler *self, PyObject *op)
{
    if (self->protocol >= 3) {
        return write_bytes(self, op, bytes_data(op), (size_t)bytes_length(op)) < 0
                   ? -1 : pickle_memoize(self, op);
    }
    // Python 2 must be able to read it: bytes are what Latin-1 text encodes to.
    if (bytes_length(op) == 0) {
        return save_as_call(self, (PyObject *)&PyBytes_Type, tuple_empty(), op);
    }
    PyObject *text = str_decode_latin1(bytes_data(op), bytes_length(op), NULL);
    PyObject *encoding = text != NULL ? str_intern_cstr("latin1") : NULL;
    PyObject *args = encoding != NULL ? tuple_pack(2, text, encoding) : NULL;
    xdecref(text);
    xdecref(encoding);
    return save_as_call(self, self->state->codecs_encode, args, op);
}

static int
write_bytearray(Pickler *self, PyObject *op, const char *data, size_t size)
{
    char header[9];
    size_t n = make_header(header, size, 0, 0, OP_BYTEARRAY8);
    return pickle_write_data(self, header, n, data, size, op);
}

int
pickle_save_bytearray(Pickler *self, PyObject *op)
{
    if (self->protocol < 5) {
        if (bytearray_length(op) == 0) {
            return save_as_call(self, (PyObject *)&PyByteArray_Type, tuple_empty(), op);
        }
        PyObject *data = bytes_from_object(op);
        PyObject *args = data != NULL ? tuple_pack(1, data) : NULL;
        xdecref(data);
        return save_as_call(self, (PyObject *)&PyByteArray_Type, args, op);
    }
    // The export keeps other threads from resizing it.
    Py_buffer view;
    if (buffer_get(op, &view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    int status = write_bytearray(self, op, view.buf, (size_t)view.len);
    buffer_release(&view);
    return status < 0 ? -1 : pickle_memoize(self, op);
}

// ---- buffers (PEP 574) ----

static int
save_buffer_in_band(Pickler *self, const Py_buffer *view)
{
    return view->readonly ? write_bytes(self, NULL, view->buf, (size_t)view->len)
                          : write_bytearray(self, NULL, view->buf, (size_t)view->len);
}

// Whether the callback wants op in the stream: 1, 0 or -1.
static int
is_in_band(Pickler *self, PyObject *op)
{
    if (self->buffer_callback == NULL) {
        return 1;
    }
    PyObject *answer = object_call_onearg(self->buffer_callback, op);
    int in_band = answer != NULL ? object_is_true(answer) : -1;
    xdecref(answer);
    return in_band;
}

static int
save_buffer_view(Pickler *self, PyObject *op, const Py_buffer *view)
{
    if (!buffer_is_contiguous(view, 'A')) {
        error_set(self->state->pickling_error,
                  "PickleBuffer can not be pickled when pointing to a non-contiguous buffer");
        return -1;
    }
    int in_band = is_in_band(self, op);
    if (in_band < 0) {
        return -1;
    }
    if (in_band) {
        return save_buffer_in_band(self, view) < 0 ? -1 : pickle_memoize(self, op);
    }
    if (pickle_write_code(self, OP_NEXT_BUFFER) < 0) {
        return -1;
    }
    return view->readonly ? pickle_write_code(self, OP_READONLY_BUFFER) : 0;
}

int
pickle_save_buffer(Pickler *self, PyObject *op)
{
    if (self->protocol < 5) {
        error_set(self->state->pickling_error,
                  "PickleBuffer can only be pickled with protocol >= 5");
        return -1;
    }
    // A view of our own: the callback may release op.
    Py_buffer view;
    if (buffer_get(op, &view, PyBUF_FULL_RO) < 0) {
        return -1;
    }
    int status = save_buffer_view(self, op, &view);
    buffer_release(&view);
    return status;
}

// ---- text ----

// Protocol 0: raw-unicode-escape, and escapes for what would end the line or begin an escape.
static int
write_escaped(Pickler *self, PyObject *op)
{
    int kind = str_kind(op);
    const void *data = str_data(op);
    for (Py_ssize_t i = 0; i < str_length(op); i++) {
        char *to = pickle_reserve(self, 10);
        if (to == NULL) {
            return -1;
        }
        Py_UCS4 ch = str_read(kind, data, i);
        if (ch > 0xffff) {
            self->output_size += (size_t)snprintf(to, 11, "\\U%08x", ch);
        }
        else if (ch > 0xff || ch == '\\' || ch == 0 || ch == '\n' || ch == '\r' || ch == 0x1a) {
            self->output_size += (size_t)snprintf(to, 7, "\\u%04x", ch);
        }
        else {
            to[0] = (char)ch;
            self->output_size++;
        }
    }
    return 0;
}

static int
write_utf8(Pickler *self, const char *data, size_t size, PyObject *payload)
{
    char header[9];
    if (!check_size(self, size, "string")) {
        return -1;
    }
    int short_code = self->protocol >= 4 ? OP_SHORT_BINUNICODE : 0;
    size_t n = make_header(header, size, short_code, OP_BINUNICODE, OP_BINUNICODE8);
    return pickle_write_data(self, header, n, data, size, payload);
}

static int
write_str(Pickler *self, PyObject *op)
{
    if (str_is_ascii(op)) {
        return write_utf8(self, str_data(op), (size_t)str_length(op), NULL);
    }
    Py_ssize_t size;
    const char *data = str_as_utf8_size(op, &size);
    if (data != NULL) {
        return write_utf8(self, data, (size_t)size, NULL);
    }
    if (!error_clear_if(PyExc_UnicodeEncodeError)) {
        return -1;
    }
    PyObject *encoded = str_encode_utf8(op, "surrogatepass");
    int status = encoded != NULL ? write_utf8(self, bytes_data(encoded),
                                              (size_t)bytes_length(encoded), encoded)
                                 : -1;
    xdecref(encoded);
    return status;
}

int
pickle_save_str(Pickler *self, PyObject *op)
{
    int status;
    if (self->binary) {
        status = write_str(self, op);
    }
    else {
        status = pickle_write_code(self, OP_UNICODE) < 0 || write_escaped(self, op) < 0
                     ? -1 : pickle_write_code(self, '\n');
    }
    return status < 0 ? -1 : pickle_memoize(self, op);
}
