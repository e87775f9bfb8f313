// Reading half of marshal; see marshal.h. Data may be anything: every size is checked against
// what is left, depth is bounded, and nothing is trusted.
#include "runtime/marshal.h"

#include <stdlib.h>
#include <string.h>

#include "abi/containers.h"
#include "abi/numbers.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/complex.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/float.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/memoryview.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/set.h"
#include "objects/slice.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "runtime/marshal_internal.h"

static void *
bad_data(const char *message)
{
    error_set(PyExc_ValueError, message);
    return NULL;
}

// marshal.load: reads exactly `size` bytes from the file into the reader's buffer.
static const unsigned char *
read_from_file(MarshalReader *reader, Py_ssize_t size)
{
    if (size > reader->buffer_size) {
        unsigned char *grown = mem_realloc(reader->buffer, (size_t)size);
        if (grown == NULL) {
            return (const unsigned char *)error_no_memory();
        }
        reader->buffer = grown;
        reader->buffer_size = size;
    }
    PyObject *view = memoryview_from_memory((char *)reader->buffer, size, PyBUF_WRITE);
    PyObject *count = view != NULL
                          ? object_call_method(reader->readable, ID(readinto), view, NULL) : NULL;
    xdecref(view);
    if (count == NULL) {
        return NULL;
    }
    Py_ssize_t got = number_as_ssize(count, PyExc_ValueError);
    decref(count);
    if (got == -1 && error_occurred()) {
        return NULL;
    }
    if (got != size) {
        if (got > size) {
            error_format(PyExc_ValueError,
                         "read() returned too much data: %zd bytes requested, %zd returned", size,
                         got);
        }
        else {
            error_set(PyExc_EOFError, "EOF read where not expected");
        }
        return NULL;
    }
    return reader->buffer;
}

const unsigned char *
marshal_read_bytes(MarshalReader *reader, Py_ssize_t size)
{
    if (reader->readable != NULL) {
        return read_from_file(reader, size);
    }
    if (size > reader->end - reader->at) {
        error_set(PyExc_EOFError, "marshal data too short");
        return NULL;
    }
    const unsigned char *start = reader->at;
    reader->at += size;
    return start;
}

int
marshal_read_i32(MarshalReader *reader, int32_t *value)
{
    const unsigned char *data = marshal_read_bytes(reader, 4);
    if (data == NULL) {
        return -1;
    }
    memcpy(value, data, 4);
    return 0;
}

static int
read_byte(MarshalReader *reader)
{
    const unsigned char *data = marshal_read_bytes(reader, 1);
    return data != NULL ? *data : -1;
}

// A size that cannot be larger than the data that follows (each item takes a byte at least).
static Py_ssize_t
read_size(MarshalReader *reader, const char *message)
{
    int32_t size;
    if (marshal_read_i32(reader, &size) < 0) {
        return -1;
    }
    if (size < 0) {
        bad_data(message);
        return -1;
    }
    if (reader->readable == NULL && size > reader->end - reader->at) {
        error_set(PyExc_EOFError, "marshal data too short");
        return -1;
    }
    return size;
}

// Remembers an object for later references. Consumes nothing.
static int
remember(MarshalReader *reader, PyObject *value, int flag)
{
    return flag ? list_append(reader->refs, value) : 0;
}

static PyObject *
remembered(MarshalReader *reader, PyObject *value, int flag)
{
    if (value != NULL && remember(reader, value, flag) < 0) {
        clear_ref(value);
    }
    return value;
}

static PyObject *
read_long(MarshalReader *reader)
{
    int32_t count;
    if (marshal_read_i32(reader, &count) < 0) {
        return NULL;
    }
    if (count == INT32_MIN) {
        return bad_data("bad marshal data (long size out of range)");
    }
    Py_ssize_t halves = count < 0 ? -(Py_ssize_t)count : count;
    if (halves == 0) {
        return int_from_i64(0);
    }
    const unsigned char *data = marshal_read_bytes(reader, halves * 2);
    if (data == NULL) {
        return NULL;
    }
    // Packs 15-bit digits into bytes, least significant first.
    Py_ssize_t bytes = (halves * 15 + 7) / 8;
    unsigned char *packed = mem_calloc((size_t)bytes + 1, 1);
    if (packed == NULL) {
        return error_no_memory();
    }
    PyObject *result = NULL;
    uint32_t pending = 0;
    int bits = 0;
    Py_ssize_t out = 0;
    uint16_t half = 0;
    for (Py_ssize_t i = 0; i < halves; i++) {
        memcpy(&half, data + i * 2, 2);
        if (half > 0x7fff) {
            bad_data("bad marshal data (digit out of range in long)");
            goto done;
        }
        pending |= (uint32_t)half << bits;
        for (bits += 15; bits >= 8; bits -= 8, pending >>= 8) {
            packed[out++] = (unsigned char)pending;
        }
    }
    if (half == 0) {
        bad_data("bad marshal data (unnormalized long data)");
        goto done;
    }
    packed[out++] = (unsigned char)pending;
    result = int_from_byte_array(packed, (size_t)out, true, false);
    if (result != NULL && count < 0) {
        set_ref(result, number_negative(result));
    }
done:
    mem_free(packed);
    return result;
}

static int
read_text_double(MarshalReader *reader, double *value)
{
    int size = read_byte(reader);
    if (size < 0) {
        return -1;
    }
    const unsigned char *data = marshal_read_bytes(reader, size);
    if (data == NULL) {
        return -1;
    }
    PyObject *text = str_from_utf8((const char *)data, size);
    PyObject *number = text != NULL ? float_from_str(text) : NULL;
    xdecref(text);
    if (number == NULL) {
        return -1;
    }
    *value = float_as_double(number);
    decref(number);
    return 0;
}

static int
read_double(MarshalReader *reader, bool binary, double *value)
{
    if (!binary) {
        return read_text_double(reader, value);
    }
    const unsigned char *data = marshal_read_bytes(reader, 8);
    if (data == NULL) {
        return -1;
    }
    memcpy(value, data, 8);
    return 0;
}

static PyObject *
read_complex(MarshalReader *reader, bool binary)
{
    double real;
    double imag;
    if (read_double(reader, binary, &real) < 0 || read_double(reader, binary, &imag) < 0) {
        return NULL;
    }
    return complex_from_doubles(real, imag);
}

static PyObject *
read_text(MarshalReader *reader, Py_ssize_t size, bool ascii, bool interned)
{
    const unsigned char *data = size < 0 ? NULL : marshal_read_bytes(reader, size);
    if (data == NULL) {
        return NULL;
    }
    PyObject *text = ascii ? str_from_kind_and_data(1, data, size)
                           : str_decode((const char *)data, size, "utf-8", "surrogatepass");
    if (text != NULL && interned) {
        str_intern_in_place(&text);
    }
    return text;
}

static PyObject *
read_items(MarshalReader *reader, Py_ssize_t size, bool tuple, int flag)
{
    if (size < 0) {
        return NULL;
    }
    PyObject *result = tuple ? tuple_new(size) : list_new(size);
    if (result == NULL || remember(reader, result, flag) < 0) {
        xdecref(result);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *item = marshal_read_object(reader);
        if (item == NULL) {
            if (!error_occurred()) {
                error_set(PyExc_TypeError, tuple ? "NULL object in marshal data for tuple"
                                                 : "NULL object in marshal data for list");
            }
            decref(result);
            return NULL;
        }
        if (tuple) {
            tuple_set_item_steal(result, i, item);
        }
        else {
            list_set_item_steal(result, i, item);
        }
    }
    return result;
}

static PyObject *
read_dict(MarshalReader *reader, int flag)
{
    PyObject *result = remembered(reader, dict_new(), flag);
    while (result != NULL) {
        PyObject *key = marshal_read_object(reader);
        if (key == NULL) {
            break;      // the end mark, or an error
        }
        PyObject *value = marshal_read_object(reader);
        if (value == NULL || dict_set(result, key, value) < 0) {
            decref(key);
            xdecref(value);
            break;
        }
        decref(key);
        decref(value);
    }
    if (error_occurred()) {
        clear_ref(result);
    }
    return result;
}

static PyObject *
read_set(MarshalReader *reader, bool frozen, int flag)
{
    Py_ssize_t size = read_size(reader, "bad marshal data (set size out of range)");
    if (size < 0) {
        return NULL;
    }
    // A frozenset cannot contain itself: its place in the table is taken now, filled at the end.
    Py_ssize_t place = list_size(reader->refs);
    if (flag && list_append(reader->refs, Py_None) < 0) {
        return NULL;
    }
    PyObject *items = read_items(reader, size, false, 0);
    PyObject *result = items == NULL ? NULL : frozen ? frozenset_new(items) : set_new(items);
    xdecref(items);
    if (result != NULL && flag && list_set(reader->refs, place, result) < 0) {
        clear_ref(result);
    }
    return result;
}

static PyObject *
read_slice(MarshalReader *reader, int flag)
{
    Py_ssize_t place = list_size(reader->refs);
    if (flag && list_append(reader->refs, Py_None) < 0) {
        return NULL;
    }
    PyObject *parts[3] = {NULL, NULL, NULL};
    PyObject *result = NULL;
    for (int i = 0; i < 3; i++) {
        parts[i] = marshal_read_object(reader);
        if (parts[i] == NULL) {
            goto done;
        }
    }
    result = slice_new(parts[0], parts[1], parts[2]);
    if (result != NULL && flag && list_set(reader->refs, place, result) < 0) {
        clear_ref(result);
    }
done:
    for (int i = 0; i < 3; i++) {
        xdecref(parts[i]);
    }
    return result;
}

static PyObject *
read_code_object(MarshalReader *reader, int flag)
{
    if (!reader->allow_code) {
        return bad_data("unmarshalling code objects is disallowed");
    }
    Py_ssize_t place = list_size(reader->refs);
    if (flag && list_append(reader->refs, Py_None) < 0) {
        return NULL;
    }
    PyObject *code = marshal_read_code(reader);
    if (code != NULL && flag && list_set(reader->refs, place, code) < 0) {
        clear_ref(code);
    }
    return code;
}

static PyObject *
read_reference(MarshalReader *reader)
{
    int32_t index;
    if (marshal_read_i32(reader, &index) < 0) {
        return NULL;
    }
    if (index < 0 || index >= list_size(reader->refs)) {
        return bad_data("bad marshal data (invalid reference)");
    }
    PyObject *value = list_get(reader->refs, index);
    if (value == Py_None) {
        decref(value);
        return bad_data("bad marshal data (invalid reference)");
    }
    return value;
}

static PyObject *
read_int32(MarshalReader *reader)
{
    int32_t value;
    return marshal_read_i32(reader, &value) < 0 ? NULL : int_from_i64(value);
}

static PyObject *
read_int64(MarshalReader *reader)
{
    const unsigned char *data = marshal_read_bytes(reader, 8);
    int64_t value;
    if (data == NULL) {
        return NULL;
    }
    memcpy(&value, data, 8);
    return int_from_i64(value);
}

static PyObject *
read_float(MarshalReader *reader, bool binary)
{
    double value;
    return read_double(reader, binary, &value) < 0 ? NULL : float_from_double(value);
}

static PyObject *
read_bytes_object(MarshalReader *reader)
{
    Py_ssize_t size = read_size(reader, "bad marshal data (bytes object size out of range)");
    const unsigned char *data = size < 0 ? NULL : marshal_read_bytes(reader, size);
    return data != NULL ? bytes_from_data((const char *)data, size) : NULL;
}

static PyObject *
read_string(MarshalReader *reader, int code)
{
    bool is_short = code == 'z' || code == 'Z';
    bool ascii = is_short || code == 'a' || code == 'A';
    bool interned = code == 'Z' || code == 'A' || code == 't';
    Py_ssize_t size =
        is_short ? read_byte(reader)
                 : read_size(reader, "bad marshal data (string size out of range)");
    return read_text(reader, size, ascii, interned);
}

static PyObject *
read_by_code(MarshalReader *reader, int code, int flag)
{
    switch (code) {
        case 'N': return new_ref(Py_None);
        case 'T': return new_ref(Py_True);
        case 'F': return new_ref(Py_False);
        case '.': return new_ref(Py_Ellipsis);
        case 'S': return new_ref(PyExc_StopIteration);
        case '0': return NULL;
        case 'i': return remembered(reader, read_int32(reader), flag);
        case 'I': return remembered(reader, read_int64(reader), flag);
        case 'l': return remembered(reader, read_long(reader), flag);
        case 'f': return remembered(reader, read_float(reader, false), flag);
        case 'g': return remembered(reader, read_float(reader, true), flag);
        case 'x': return remembered(reader, read_complex(reader, false), flag);
        case 'y': return remembered(reader, read_complex(reader, true), flag);
        case 's': return remembered(reader, read_bytes_object(reader), flag);
        case 'a': case 'A': case 'z': case 'Z': case 'u': case 't':
            return remembered(reader, read_string(reader, code), flag);
        case ')': return read_items(reader, read_byte(reader), true, flag);
        case '(':
            return read_items(reader,
                              read_size(reader, "bad marshal data (tuple size out of range)"),
                              true, flag);
        case '[':
            return read_items(reader,
                              read_size(reader, "bad marshal data (list size out of range)"),
                              false, flag);
        case '{': return read_dict(reader, flag);
        case '<': return read_set(reader, false, flag);
        case '>': return read_set(reader, true, flag);
        case ':': return read_slice(reader, flag);
        case 'c': return read_code_object(reader, flag);
        case 'r': return read_reference(reader);
        default: return bad_data("bad marshal data (unknown type code)");
    }
}

PyObject *
marshal_read_object(MarshalReader *reader)
{
    int byte = read_byte(reader);
    if (byte < 0) {
        if (reader->readable == NULL) {
            error_clear();
            error_set(PyExc_EOFError, "EOF read where object expected");
        }
        return NULL;
    }
    if (reader->depth >= MARSHAL_MAX_DEPTH) {
        return bad_data("recursion limit exceeded");
    }
    reader->depth++;
    PyObject *result = read_by_code(reader, byte & ~MARSHAL_FLAG_REF, byte & MARSHAL_FLAG_REF);
    reader->depth--;
    return result;
}

// Reads one value; a bare end mark is an error.
static PyObject *
read_whole(MarshalReader *reader)
{
    reader->refs = list_new(0);
    if (reader->refs == NULL) {
        return NULL;
    }
    PyObject *result = marshal_read_object(reader);
    if (result == NULL && !error_occurred()) {
        error_set(PyExc_TypeError, "NULL object in marshal data for object");
    }
    decref(reader->refs);
    mem_free(reader->buffer);
    return result;
}

PyObject *
marshal_loads(const char *data, Py_ssize_t size, bool allow_code)
{
    MarshalReader reader = {
        .at = (const unsigned char *)data,
        .end = (const unsigned char *)data + size,
        .allow_code = allow_code,
    };
    return read_whole(&reader);
}

PyObject *
marshal_load_frozen(const unsigned char *data, size_t size)
{
    MarshalReader reader = {.at = data, .end = data + size, .allow_code = true, .trusted = true};
    return read_whole(&reader);
}

PyObject *
marshal_load_from(PyObject *readable, bool allow_code)
{
    MarshalReader reader = {.allow_code = allow_code, .readable = readable};
    return read_whole(&reader);
}
