// Writing half of marshal; see marshal.h.
#include "runtime/marshal.h"

#include <string.h>

#include "abi/containers.h"
#include "abi/numbers.h"
#include "abi/strings.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/code.h"
#include "objects/complex.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/set.h"
#include "objects/slice.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "runtime/marshal_internal.h"

static int
writer_reserve(MarshalWriter *writer, Py_ssize_t more)
{
    if (more > PY_SSIZE_T_MAX / 2 - writer->size) {
        error_no_memory();
        return -1;
    }
    if (writer->size + more <= writer->capacity) {
        return 0;
    }
    Py_ssize_t capacity = (writer->size + more) + (writer->size + more) / 2 + 64;
    char *data = mem_realloc(writer->data, (size_t)capacity);
    if (data == NULL) {
        error_no_memory();
        return -1;
    }
    writer->data = data;
    writer->capacity = capacity;
    return 0;
}

int
marshal_write_bytes(MarshalWriter *writer, const void *data, Py_ssize_t size)
{
    if (writer_reserve(writer, size) < 0) {
        return -1;
    }
    memcpy(writer->data + writer->size, data, (size_t)size);
    writer->size += size;
    return 0;
}

int
marshal_write_byte(MarshalWriter *writer, int byte)
{
    char c = (char)byte;
    return marshal_write_bytes(writer, &c, 1);
}

int
marshal_write_i32(MarshalWriter *writer, int32_t value)
{
    return marshal_write_bytes(writer, &value, 4);      // little endian, as the machine
}

int
marshal_write_sized(MarshalWriter *writer, const void *data, Py_ssize_t size)
{
    if (size > INT32_MAX) {
        error_set(PyExc_ValueError, "unmarshallable object");
        return -1;
    }
    if (marshal_write_i32(writer, (int32_t)size) < 0) {
        return -1;
    }
    return marshal_write_bytes(writer, data, size);
}

// 1: a reference to an object written before was written; 0: write the object, with *flag in its
// type byte.
static int
write_reference(MarshalWriter *writer, PyObject *value, int *flag)
{
    *flag = 0;
    if (writer->refs == NULL || refcount_is_unique(value)) {
        return 0;       // nobody else can refer to it
    }
    PyObject *key = int_from_u64((uint64_t)(uintptr_t)value);
    if (key == NULL) {
        return -1;
    }
    PyObject *index = NULL;
    int found = dict_get(writer->refs, key, &index);
    if (found > 0) {
        int32_t number = (int32_t)int_as_i64(index);
        decref(index);
        decref(key);
        return marshal_write_byte(writer, 'r') < 0 || marshal_write_i32(writer, number) < 0 ? -1
                                                                                           : 1;
    }
    int result = found;
    if (found == 0) {
        index = int_from_ssize(list_size(writer->kept));
        if (index == NULL || dict_set(writer->refs, key, index) < 0
            || list_append(writer->kept, value) < 0) {
            result = -1;
        }
        xdecref(index);
        *flag = MARSHAL_FLAG_REF;
    }
    decref(key);
    return result;
}

// 'i' for 32 bits, otherwise 'l' with digits of 15 bits.
static int
write_int(MarshalWriter *writer, PyObject *value, int flag)
{
    int overflow = 0;
    int64_t small = int_as_i64_overflow(value, &overflow);
    if (!overflow && small >= INT32_MIN && small <= INT32_MAX) {
        return marshal_write_byte(writer, 'i' | flag) < 0 ? -1
                                                          : marshal_write_i32(writer, (int32_t)small);
    }
    const PyLongObject *number = (const PyLongObject *)value;
    Py_ssize_t count = (Py_ssize_t)(number->long_value.lv_tag >> 3);
    const digit *digits = number->long_value.ob_digit;
    bool negative = (number->long_value.lv_tag & 3) == 2;
    Py_ssize_t halves = count * 2 - (digits[count - 1] >> 15 == 0);
    if (halves > INT32_MAX) {
        error_set(PyExc_ValueError, "unmarshallable object");
        return -1;
    }
    if (marshal_write_byte(writer, 'l' | flag) < 0
        || marshal_write_i32(writer, (int32_t)(negative ? -halves : halves)) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < halves; i++) {
        uint16_t half = (uint16_t)((digits[i / 2] >> (i % 2 * 15)) & 0x7fff);
        if (marshal_write_bytes(writer, &half, 2) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
write_text_float(MarshalWriter *writer, double value)
{
    PyObject *number = float_from_double(value);
    PyObject *text = number != NULL ? object_repr(number) : NULL;
    xdecref(number);
    if (text == NULL) {
        return -1;
    }
    Py_ssize_t size;
    const char *utf8 = str_as_utf8_size(text, &size);
    int result = utf8 == NULL || marshal_write_byte(writer, (int)size) < 0
                         || marshal_write_bytes(writer, utf8, size) < 0
                     ? -1 : 0;
    decref(text);
    return result;
}

static int
write_float(MarshalWriter *writer, double value)
{
    return writer->version > 1 ? marshal_write_bytes(writer, &value, 8)
                               : write_text_float(writer, value);
}

static int
write_str(MarshalWriter *writer, PyObject *value, int flag)
{
    bool interned = str_is_interned(value) && writer->version >= 3;
    if (writer->version >= 4 && str_is_ascii(value)) {
        Py_ssize_t size = str_length(value);
        bool is_short = size < 256;
        int code = is_short ? (interned ? 'Z' : 'z') : (interned ? 'A' : 'a');
        if (marshal_write_byte(writer, code | flag) < 0) {
            return -1;
        }
        if (is_short) {
            return marshal_write_byte(writer, (int)size) < 0
                       ? -1 : marshal_write_bytes(writer, str_data(value), size);
        }
        return marshal_write_sized(writer, str_data(value), size);
    }
    PyObject *utf8 = str_encode(value, "utf-8", "surrogatepass");
    if (utf8 == NULL) {
        return -1;
    }
    int result = marshal_write_byte(writer, (interned ? 't' : 'u') | flag) < 0
                     ? -1 : marshal_write_sized(writer, bytes_data(utf8), bytes_length(utf8));
    decref(utf8);
    return result;
}

static int
write_tuple(MarshalWriter *writer, PyObject *value, int flag)
{
    Py_ssize_t size = tuple_size(value);
    if (writer->version >= 4 && size < 256) {
        if (marshal_write_byte(writer, ')' | flag) < 0
            || marshal_write_byte(writer, (int)size) < 0) {
            return -1;
        }
    }
    else if (marshal_write_byte(writer, '(' | flag) < 0
             || marshal_write_i32(writer, (int32_t)size) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        if (marshal_write_object(writer, tuple_item_borrow(value, i)) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
write_list(MarshalWriter *writer, PyObject *value, int flag)
{
    PyObject *items = sequence_tuple(value);
    if (items == NULL) {
        return -1;
    }
    Py_ssize_t size = tuple_size(items);
    int result = marshal_write_byte(writer, '[' | flag) < 0
                         || marshal_write_i32(writer, (int32_t)size) < 0
                     ? -1 : 0;
    for (Py_ssize_t i = 0; i < size && result == 0; i++) {
        result = marshal_write_object(writer, tuple_item_borrow(items, i));
    }
    decref(items);
    return result;
}

static int
write_dict(MarshalWriter *writer, PyObject *value, int flag)
{
    if (marshal_write_byte(writer, '{' | flag) < 0) {
        return -1;
    }
    PyObject *copy = dict_copy(value);
    if (copy == NULL) {
        return -1;
    }
    Py_ssize_t position = 0;
    PyObject *key;
    PyObject *item;
    int result = 0;
    while (result == 0 && dict_next(copy, &position, &key, &item)) {
        if (marshal_write_object(writer, key) < 0 || marshal_write_object(writer, item) < 0) {
            result = -1;
        }
        decref(key);
        decref(item);
    }
    decref(copy);
    return result < 0 ? -1 : marshal_write_byte(writer, '0');
}

// Sets are written in the order of their items' marshalled bytes, so that equal sets give equal
// data in every process.
static int
write_set(MarshalWriter *writer, PyObject *value, int flag)
{
    int result = -1;
    PyObject *pairs = list_new(0);
    PyObject *iterator = object_iter(value);
    if (pairs == NULL || iterator == NULL) {
        goto done;
    }
    for (PyObject *item; (item = iter_next(iterator)) != NULL;) {
        PyObject *data = marshal_dumps(item, writer->version, writer->allow_code);
        PyObject *pair = data != NULL ? tuple_pack(2, data, item) : NULL;
        xdecref(data);
        decref(item);
        if (pair == NULL || list_append(pairs, pair) < 0) {
            xdecref(pair);
            goto done;
        }
        decref(pair);
    }
    if (error_occurred() || list_sort(pairs) < 0
        || marshal_write_byte(writer, (set_check_exact(value) ? '<' : '>') | flag) < 0
        || marshal_write_i32(writer, (int32_t)list_size(pairs)) < 0) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < list_size(pairs); i++) {
        PyObject *pair = list_get(pairs, i);
        int failed = pair == NULL || marshal_write_object(writer, tuple_item_borrow(pair, 1)) < 0;
        xdecref(pair);
        if (failed) {
            goto done;
        }
    }
    result = 0;
done:
    xdecref(iterator);
    xdecref(pairs);
    return result;
}

static int
write_slice(MarshalWriter *writer, PyObject *value, int flag)
{
    PySliceObject *slice = (PySliceObject *)value;
    return marshal_write_byte(writer, ':' | flag) < 0
                   || marshal_write_object(writer, slice->start) < 0
                   || marshal_write_object(writer, slice->stop) < 0
                   || marshal_write_object(writer, slice->step) < 0
               ? -1 : 0;
}

static int
write_buffer(MarshalWriter *writer, PyObject *value, int flag)
{
    Py_buffer view;
    if (buffer_get(value, &view, PyBUF_SIMPLE) < 0) {
        if (error_matches(PyExc_MemoryError)) {
            return -1;
        }
        error_clear();
        error_set(PyExc_ValueError, "unmarshallable object");
        return -1;
    }
    int result = marshal_write_byte(writer, 's' | flag) < 0
                     ? -1 : marshal_write_sized(writer, view.buf, view.len);
    buffer_release(&view);
    return result;
}

static int
write_code_object(MarshalWriter *writer, PyObject *value, int flag)
{
    if (!writer->allow_code) {
        error_set(PyExc_ValueError, "marshalling code objects is disallowed");
        return -1;
    }
    return marshal_write_byte(writer, 'c' | flag) < 0 ? -1 : marshal_write_code(writer, value);
}

static int
write_complex(MarshalWriter *writer, PyObject *value, int flag)
{
    Py_complex number = ((PyComplexObject *)value)->cval;
    return marshal_write_byte(writer, (writer->version > 1 ? 'y' : 'x') | flag) < 0
                   || write_float(writer, number.real) < 0
                   || write_float(writer, number.imag) < 0
               ? -1 : 0;
}

static int
write_by_type(MarshalWriter *writer, PyObject *value, int flag)
{
    if (int_check_exact(value)) {
        return write_int(writer, value, flag);
    }
    if (str_check_exact(value)) {
        return write_str(writer, value, flag);
    }
    if (tuple_check_exact(value)) {
        return write_tuple(writer, value, flag);
    }
    if (float_check_exact(value)) {
        int code = writer->version > 1 ? 'g' : 'f';
        return marshal_write_byte(writer, code | flag) < 0
                   ? -1 : write_float(writer, ((PyFloatObject *)value)->ob_fval);
    }
    if (bytes_check_exact(value)) {
        return write_buffer(writer, value, flag);
    }
    if (code_check(value)) {
        return write_code_object(writer, value, flag);
    }
    if (complex_check_exact(value)) {
        return write_complex(writer, value, flag);
    }
    if (list_check_exact(value)) {
        return write_list(writer, value, flag);
    }
    if (dict_check_exact(value)) {
        return write_dict(writer, value, flag);
    }
    if (set_check_exact(value) || frozenset_check_exact(value)) {
        return write_set(writer, value, flag);
    }
    if (slice_check(value) && writer->version >= 5) {
        return write_slice(writer, value, flag);
    }
    return write_buffer(writer, value, flag);
}

int
marshal_write_object(MarshalWriter *writer, PyObject *value)
{
    int singleton = value == Py_None ? 'N' : value == Py_True ? 'T' : value == Py_False ? 'F'
                    : value == Py_Ellipsis ? '.' : value == PyExc_StopIteration ? 'S' : 0;
    if (singleton) {
        return marshal_write_byte(writer, singleton);
    }
    if (writer->depth >= MARSHAL_MAX_DEPTH) {
        error_set(PyExc_ValueError, "object too deeply nested to marshal");
        return -1;
    }
    writer->depth++;
    int flag;
    int result = write_reference(writer, value, &flag);
    if (result == 0) {
        result = write_by_type(writer, value, flag);
    }
    writer->depth--;
    return result < 0 ? -1 : 0;
}

PyObject *
marshal_dumps(PyObject *value, int version, bool allow_code)
{
    MarshalWriter writer = {.version = version, .allow_code = allow_code};
    PyObject *result = NULL;
    if (version >= 3) {
        writer.refs = dict_new();
        writer.kept = list_new(0);
        if (writer.refs == NULL || writer.kept == NULL) {
            goto done;
        }
    }
    if (marshal_write_object(&writer, value) == 0) {
        result = bytes_from_data(writer.data, writer.size);
    }
done:
    mem_free(writer.data);
    xdecref(writer.refs);
    xdecref(writer.kept);
    return result;
}
