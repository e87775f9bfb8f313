// Character maps: encodings described by a table.
//
// Decoding tables are a str of up to 256 characters (U+FFFE: undefined) or a mapping from bytes to
// ints, texts or None. Encoding tables are an EncodingMap (made from a decoding str by
// str_build_encoding_map) or a mapping from code points to ints, bytes or None.
#include <stdlib.h>
#include <string.h>

#include "memory/heap.h"
#include "memory/refcount.h"
#include "objects/attributes.h"
#include "objects/bytes.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/str_internal.h"
#include "objects/type.h"

#define UNDEFINED 0xfffe
static const char undefined_reason[] = "character maps to <undefined>";

// ---- EncodingMap ----

// Characters of the basic plane to bytes: a bitmap would do for few, so this is a sorted array
// with a direct table in front for the first 256.
typedef struct {
    PyObject ob_base;
    int count;                  // immutable
    int16_t low[256];           // immutable: byte of a character below 256, -1: none
    struct {
        Py_UCS2 ch;
        unsigned char byte;
    } rows[256];                // immutable: the other characters in order
} EncodingMap;

static int
compare_rows(const void *a, const void *b)
{
    Py_UCS2 x = *(const Py_UCS2 *)a, y = *(const Py_UCS2 *)b;
    return x < y ? -1 : x > y;
}

// The byte for ch, -1 when there is none.
static int
encoding_map_find(PyObject *op, Py_UCS4 ch)
{
    EncodingMap *map = (EncodingMap *)op;
    if (ch < 256) {
        return map->low[ch];
    }
    int low = 0, high = map->count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (map->rows[middle].ch < ch) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    return low < map->count && map->rows[low].ch == ch ? map->rows[low].byte : -1;
}

static PyObject *
encoding_map_size(PyObject *op, PyObject *unused)
{
    return int_from_ssize(type_of(op)->tp_basicsize);
}

static void
encoding_map_dealloc(PyObject *op)
{
    heap_free(op);
}

static PyMethodDef encoding_map_methods[] = {
    {"size", encoding_map_size, METH_NOARGS, "Return the size (in bytes) of this object."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject EncodingMapType = {
    .ob_base = TEXT_TYPE_HEAD,
    .tp_name = "EncodingMap",
    .tp_basicsize = sizeof(EncodingMap),
    .tp_dealloc = encoding_map_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_methods = encoding_map_methods,
    .tp_free = heap_free,
};

// The table as a dict, for decodings that an EncodingMap does not express.
static PyObject *
build_dict(PyObject *decoding, Py_ssize_t n)
{
    PyObject *dict = dict_new();
    for (Py_ssize_t i = 0; dict != NULL && i < n; i++) {
        PyObject *key = int_from_i64(str_read_char(decoding, i));
        PyObject *value = int_from_ssize(i);
        if (key == NULL || value == NULL || dict_set(dict, key, value) < 0) {
            clear_ref(dict);
        }
        xdecref(key);
        xdecref(value);
    }
    return dict;
}

PyObject *
str_build_encoding_map(PyObject *decoding)
{
    if (!str_check(decoding) || str_length(decoding) == 0) {
        error_bad_argument();
        return NULL;
    }
    Py_ssize_t n = str_length(decoding) < 256 ? str_length(decoding) : 256;
    bool need_dict = str_read_char(decoding, 0) != 0;
    for (Py_ssize_t i = 1; i < n && !need_dict; i++) {
        Py_UCS4 ch = str_read_char(decoding, i);
        need_dict = ch == 0 || ch > 0xffff;
    }
    if (need_dict) {
        return build_dict(decoding, n);
    }
    EncodingMap *map = (EncodingMap *)heap_new_object(&EncodingMapType, sizeof(EncodingMap));
    if (map == NULL) {
        return NULL;
    }
    map->count = 0;
    memset(map->low, 0xff, sizeof map->low);
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 ch = str_read_char(decoding, i);
        if (ch < 256) {
            map->low[ch] = (int16_t)i;
        }
        else if (ch != UNDEFINED) {
            map->rows[map->count].ch = (Py_UCS2)ch;
            map->rows[map->count++].byte = (unsigned char)i;
        }
    }
    qsort(map->rows, (size_t)map->count, sizeof map->rows[0], compare_rows);
    return (PyObject *)map;
}

// ---- decoding ----

// Writes what the mapping has for a byte: 1 done, 0 undefined, -1.
static int
decode_by_mapping(StrWriter *w, PyObject *mapping, unsigned char byte)
{
    PyObject *key = int_from_i64(byte);
    if (key == NULL) {
        return -1;
    }
    PyObject *item = object_getitem(mapping, key);
    decref(key);
    if (item == NULL) {
        return error_clear_if(PyExc_LookupError) ? 0 : -1;
    }
    int rc = -1;
    if (item == Py_None) {
        rc = 0;
    }
    else if (int_check(item)) {
        int overflow;
        int64_t value = int_as_i64_overflow(item, &overflow);
        if (value == UNDEFINED) {
            rc = 0;
        }
        else if (overflow != 0 || value < 0 || value > (int64_t)STR_MAX_CHAR) {
            error_format(PyExc_TypeError, "character mapping must be in range(0x%x)",
                         (unsigned)STR_MAX_CHAR + 1);
        }
        else {
            rc = str_writer_char(w, (Py_UCS4)value) < 0 ? -1 : 1;
        }
    }
    else if (str_check(item)) {
        bool undefined = str_length(item) == 1 && str_read_char(item, 0) == UNDEFINED;
        rc = undefined ? 0 : str_writer_str(w, item) < 0 ? -1 : 1;
    }
    else {
        error_set(PyExc_TypeError, "character mapping must return integer, None or str");
    }
    decref(item);
    return rc;
}

static int
decode_by_text(StrWriter *w, PyObject *table, unsigned char byte)
{
    if (byte >= str_length(table)) {
        return 0;
    }
    Py_UCS4 ch = str_read_char(table, byte);
    return ch == UNDEFINED ? 0 : str_writer_char(w, ch) < 0 ? -1 : 1;
}

PyObject *
str_decode_charmap(const char *data, Py_ssize_t size, PyObject *mapping, const char *errors)
{
    if (mapping == NULL) {
        return str_decode_latin1(data, size, errors);
    }
    DecodeState d;
    StrWriter w;
    decode_begin(&d, "charmap", errors, data, size);
    str_writer_init(&w);
    w.min_length = size;
    bool by_text = str_check_exact(mapping);
    for (Py_ssize_t at = 0; at < d.size;) {
        int rc = by_text ? decode_by_text(&w, mapping, d.data[at])
                         : decode_by_mapping(&w, mapping, d.data[at]);
        if (rc == 0) {
            at = decode_error(&d, &w, undefined_reason, at, at + 1);
            rc = at < 0 ? -1 : 0;
        }
        else {
            at++;
        }
        if (rc < 0) {
            decode_end(&d);
            str_writer_discard(&w);
            return NULL;
        }
    }
    decode_end(&d);
    return str_writer_finish(&w);
}

// ---- encoding ----

// Writes the bytes for a character: 1 done, 0 undefined, -1. w NULL: only looks.
static int
encode_by_mapping(BytesWriter *w, PyObject *mapping, Py_UCS4 ch)
{
    PyObject *key = int_from_i64(ch);
    if (key == NULL) {
        return -1;
    }
    PyObject *item = object_getitem(mapping, key);
    decref(key);
    if (item == NULL) {
        return error_clear_if(PyExc_LookupError) ? 0 : -1;
    }
    int rc = -1;
    if (item == Py_None) {
        rc = 0;
    }
    else if (int_check(item)) {
        int overflow;
        int64_t value = int_as_i64_overflow(item, &overflow);
        if (overflow != 0 || value < 0 || value > 255) {
            error_set(PyExc_TypeError, "character mapping must be in range(256)");
        }
        else {
            rc = w != NULL && bytes_writer_byte(w, (char)value) < 0 ? -1 : 1;
        }
    }
    else if (bytes_check(item)) {
        rc = w != NULL && bytes_writer_write(w, bytes_data(item), bytes_length(item)) < 0 ? -1 : 1;
    }
    else {
        error_format(PyExc_TypeError,
                     "character mapping must return integer, bytes or None, not %.400s",
                     type_of(item)->tp_name);
    }
    decref(item);
    return rc;
}

static int
encode_character(BytesWriter *w, PyObject *mapping, Py_UCS4 ch)
{
    if (type_of(mapping) != &EncodingMapType) {
        return encode_by_mapping(w, mapping, ch);
    }
    int byte = encoding_map_find(mapping, ch);
    if (byte < 0) {
        return 0;
    }
    return w != NULL && bytes_writer_byte(w, (char)byte) < 0 ? -1 : 1;
}

// Characters of a replacement through the map; raises about [start, end) when one is undefined.
static int
encode_replacement(EncodeState *e, BytesWriter *w, PyObject *mapping, PyObject *text,
                   Py_ssize_t start, Py_ssize_t end)
{
    for (Py_ssize_t i = 0, n = str_length(text); i < n; i++) {
        int rc = encode_character(w, mapping, str_read_char(text, i));
        if (rc == 0) {
            encode_raise(e, undefined_reason, start, end);
        }
        if (rc <= 0) {
            return -1;
        }
    }
    return 0;
}

// The undefined characters [start, end): the next position or -1.
static Py_ssize_t
encode_undefined(EncodeState *e, BytesWriter *w, PyObject *mapping, Py_ssize_t start,
                 Py_ssize_t end)
{
    if (e->kind == ERRORS_IGNORE) {
        return end;
    }
    if (e->kind == ERRORS_REPLACE) {
        for (Py_ssize_t i = start; i < end; i++) {
            int rc = encode_character(w, mapping, '?');
            if (rc == 0) {
                encode_raise(e, undefined_reason, start, end);
            }
            if (rc <= 0) {
                return -1;
            }
        }
        return end;
    }
    PyObject *replacement;
    Py_ssize_t next = encode_error(e, undefined_reason, start, end, &replacement);
    if (next < 0) {
        return -1;
    }
    int rc = bytes_check(replacement)
                 ? bytes_writer_write(w, bytes_data(replacement), bytes_length(replacement))
                 : encode_replacement(e, w, mapping, replacement, start, end);
    decref(replacement);
    return rc < 0 ? -1 : next;
}

PyObject *
str_encode_charmap(PyObject *s, PyObject *mapping, const char *errors)
{
    if (mapping == NULL) {
        return str_encode_latin1(s, errors);
    }
    EncodeState e;
    BytesWriter w;
    encode_begin(&e, "charmap", errors, s);
    bytes_writer_init(&w);
    Py_ssize_t n = str_length(s);
    for (Py_ssize_t at = 0; at < n;) {
        int rc = encode_character(&w, mapping, str_read_char(s, at));
        if (rc > 0) {
            at++;
            continue;
        }
        Py_ssize_t end = at + 1;
        while (rc == 0 && end < n) {
            rc = encode_character(NULL, mapping, str_read_char(s, end));
            if (rc > 0) {
                rc = 0;
                break;
            }
            end += rc == 0;
        }
        at = rc < 0 ? -1 : encode_undefined(&e, &w, mapping, at, end);
        if (at < 0) {
            encode_end(&e);
            bytes_writer_discard(&w);
            return NULL;
        }
    }
    encode_end(&e);
    return bytes_writer_finish(&w);
}
