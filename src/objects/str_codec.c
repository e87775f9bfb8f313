// Encoding and decoding of str: the entry points by name, the calls of error handlers, and what
// is encoded for the operating system.
//
// Encodings that every program uses are recognised here by name and never touch the registry of
// codec.h.
#include <string.h>

#include "memory/refcount.h"
#include "objects/args.h"
#include "objects/buffer.h"
#include "objects/bytearray.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/codec.h"
#include "objects/error.h"
#include "objects/interpreter.h"
#include "objects/memoryview.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str_internal.h"
#include "objects/tuple.h"

ErrorsKind
errors_kind(const char *errors)
{
    static const struct {
        const char *name;
        ErrorsKind kind;
    } kinds[] = {
        {"strict", ERRORS_STRICT},
        {"ignore", ERRORS_IGNORE},
        {"replace", ERRORS_REPLACE},
        {"surrogateescape", ERRORS_SURROGATEESCAPE},
        {"surrogatepass", ERRORS_SURROGATEPASS},
        {"backslashreplace", ERRORS_BACKSLASHREPLACE},
        {"xmlcharrefreplace", ERRORS_XMLCHARREFREPLACE},
    };
    if (errors == NULL) {
        return ERRORS_STRICT;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(errors, kinds[i].name) == 0) {
            return kinds[i].kind;
        }
    }
    return ERRORS_OTHER;
}

// ---- decoding errors ----

void
decode_begin(DecodeState *d, const char *encoding, const char *errors, const char *data,
             Py_ssize_t size)
{
    *d = (DecodeState){.encoding = encoding,
                       .errors = errors,
                       .data = (const unsigned char *)data,
                       .size = size,
                       .kind = errors_kind(errors)};
}

void
decode_end(DecodeState *d)
{
    xdecref(d->input);
    xdecref(d->handler);
    xdecref(d->exc);
}

// Makes, or brings up to date, the exception about [start, end).
static int
decode_exception(DecodeState *d, const char *reason, Py_ssize_t start, Py_ssize_t end)
{
    if (d->exc == NULL) {
        d->exc = unicode_decode_error_new(d->encoding, (const char *)d->data, d->size, start, end,
                                          reason);
        return d->exc == NULL ? -1 : 0;
    }
    return unicode_error_set_start(d->exc, start) < 0 || unicode_error_set_end(d->exc, end) < 0 ||
                   unicode_error_set_reason(d->exc, reason) < 0
               ? -1
               : 0;
}

// Takes (replacement, position) apart; with bytes_too, bytes are a valid replacement. 0 or -1.
static int
unpack_handler_result(PyObject *result, bool bytes_too, PyObject **replacement,
                      Py_ssize_t *position, const char *complaint)
{
    if (!tuple_check(result) || tuple_size(result) != 2) {
        goto bad;
    }
    PyObject *text = tuple_item(result, 0), *where = tuple_item(result, 1);
    if (!(str_check(text) || (bytes_too && bytes_check(text))) || !index_check(where)) {
        goto bad;
    }
    *position = number_as_ssize(where, PyExc_OverflowError);
    if (*position == -1 && error_occurred()) {
        return -1;
    }
    *replacement = new_ref(text);
    return 0;
bad:
    error_set(PyExc_TypeError, complaint);
    return -1;
}

static int
check_position(Py_ssize_t *position, Py_ssize_t size)
{
    if (*position < 0) {
        *position += size;
    }
    if (*position < 0 || *position > size) {
        error_format(PyExc_IndexError, "position %zd from error handler out of bounds",
                     *position);
        return -1;
    }
    return 0;
}

// Calls the handler for what decode_exception described.
static Py_ssize_t
decode_call_handler(DecodeState *d, StrWriter *w)
{
    if (d->handler == NULL) {
        d->handler = codec_lookup_error(d->errors);
        if (d->handler == NULL) {
            return -1;
        }
    }
    PyObject *result = object_call_onearg(d->handler, d->exc);
    if (result == NULL) {
        return -1;
    }
    PyObject *replacement = NULL;
    Py_ssize_t position = -1;
    int rc = unpack_handler_result(result, false, &replacement, &position,
                                   "decoding error handler must return (str, int) tuple");
    decref(result);
    if (rc < 0) {
        return -1;
    }
    PyObject *input = unicode_error_get_object(d->exc);
    if (input == NULL) {
        goto error;
    }
    set_ref(d->input, input);
    d->data = (const unsigned char *)bytes_data(input);
    d->size = bytes_length(input);
    if (check_position(&position, d->size) < 0 || str_writer_str(w, replacement) < 0) {
        goto error;
    }
    decref(replacement);
    return position;
error:
    decref(replacement);
    return -1;
}

// Escapes up to four high bytes as lone surrogates; start when the first byte is ASCII.
static Py_ssize_t
decode_surrogateescape(DecodeState *d, StrWriter *w, Py_ssize_t start, Py_ssize_t end)
{
    Py_ssize_t i = start;
    for (; i < end && i - start < 4 && d->data[i] >= 0x80; i++) {
        if (str_writer_char(w, 0xdc00u + d->data[i]) < 0) {
            return -1;
        }
    }
    return i;
}

static int
write_hex_escapes(DecodeState *d, StrWriter *w, Py_ssize_t start, Py_ssize_t end)
{
    for (Py_ssize_t i = start; i < end; i++) {
        const char *digits = "0123456789abcdef";
        char text[4] = {'\\', 'x', digits[d->data[i] >> 4], digits[d->data[i] & 15]};
        if (str_writer_ascii(w, text, 4) < 0) {
            return -1;
        }
    }
    return 0;
}

Py_ssize_t
decode_error(DecodeState *d, StrWriter *w, const char *reason, Py_ssize_t start, Py_ssize_t end)
{
    switch (d->kind) {
    case ERRORS_IGNORE:
        return end;
    case ERRORS_REPLACE:
        return str_writer_char(w, 0xfffd) < 0 ? -1 : end;
    case ERRORS_BACKSLASHREPLACE:
        return write_hex_escapes(d, w, start, end) < 0 ? -1 : end;
    case ERRORS_SURROGATEESCAPE: {
        Py_ssize_t next = decode_surrogateescape(d, w, start, end);
        if (next != start) {
            return next;
        }
        break;
    }
    default:
        break;
    }
    if (decode_exception(d, reason, start, end) < 0) {
        return -1;
    }
    if (d->kind == ERRORS_STRICT || d->kind == ERRORS_SURROGATEESCAPE) {
        error_raise_instance(d->exc);
        return -1;
    }
    return decode_call_handler(d, w);
}

// ---- encoding errors ----

void
encode_begin(EncodeState *e, const char *encoding, const char *errors, PyObject *text)
{
    *e = (EncodeState){.encoding = encoding,
                       .errors = errors,
                       .text = text,
                       .kind = errors_kind(errors)};
}

void
encode_end(EncodeState *e)
{
    xdecref(e->handler);
    xdecref(e->exc);
}

static int
encode_exception(EncodeState *e, const char *reason, Py_ssize_t start, Py_ssize_t end)
{
    if (e->exc == NULL) {
        e->exc = unicode_encode_error_new(e->encoding, e->text, start, end, reason);
        return e->exc == NULL ? -1 : 0;
    }
    return unicode_error_set_start(e->exc, start) < 0 || unicode_error_set_end(e->exc, end) < 0 ||
                   unicode_error_set_reason(e->exc, reason) < 0
               ? -1
               : 0;
}

void
encode_raise(EncodeState *e, const char *reason, Py_ssize_t start, Py_ssize_t end)
{
    if (encode_exception(e, reason, start, end) == 0) {
        error_raise_instance(e->exc);
    }
}

Py_ssize_t
encode_error(EncodeState *e, const char *reason, Py_ssize_t start, Py_ssize_t end,
             PyObject **replacement)
{
    if (e->kind == ERRORS_STRICT) {
        encode_raise(e, reason, start, end);
        return -1;
    }
    if (encode_exception(e, reason, start, end) < 0) {
        return -1;
    }
    if (e->handler == NULL) {
        e->handler = codec_lookup_error(e->errors);
        if (e->handler == NULL) {
            return -1;
        }
    }
    PyObject *result = object_call_onearg(e->handler, e->exc);
    if (result == NULL) {
        return -1;
    }
    Py_ssize_t position;
    int rc = unpack_handler_result(result, true, replacement, &position,
                                   "encoding error handler must return (str/bytes, int) tuple");
    decref(result);
    if (rc < 0) {
        return -1;
    }
    if (check_position(&position, str_length(e->text)) < 0) {
        clear_ref(*replacement);
        return -1;
    }
    return position;
}

// ---- entry points by name ----

typedef enum {
    ENCODING_OTHER, ENCODING_UTF8, ENCODING_LATIN1, ENCODING_ASCII, ENCODING_UTF16, ENCODING_UTF32,
} EncodingKind;

// Recognises the usual spellings of the usual encodings.
static EncodingKind
encoding_kind(const char *name)
{
    char normal[16];
    size_t n = 0;
    for (const char *p = name; *p != '\0'; p++) {
        char c = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
        if (c == '-' || c == '_' || c == ' ') {
            c = '_';
        }
        else if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
            return ENCODING_OTHER;
        }
        if (n + 1 >= sizeof normal) {
            return ENCODING_OTHER;
        }
        normal[n++] = c;
    }
    normal[n] = '\0';
    static const struct {
        const char *name;
        EncodingKind kind;
    } names[] = {
        {"utf_8", ENCODING_UTF8},       {"utf8", ENCODING_UTF8},
        {"latin_1", ENCODING_LATIN1},   {"latin1", ENCODING_LATIN1},
        {"iso_8859_1", ENCODING_LATIN1}, {"iso8859_1", ENCODING_LATIN1},
        {"ascii", ENCODING_ASCII},      {"us_ascii", ENCODING_ASCII},
        {"utf_16", ENCODING_UTF16},     {"utf16", ENCODING_UTF16},
        {"utf_32", ENCODING_UTF32},     {"utf32", ENCODING_UTF32},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(normal, names[i].name) == 0) {
            return names[i].kind;
        }
    }
    return ENCODING_OTHER;
}

// bytes-like data through a registered codec.
static PyObject *
decode_registered(const char *data, Py_ssize_t size, const char *encoding, const char *errors)
{
    PyObject *view = memoryview_from_memory((char *)data, size, PyBUF_READ);
    if (view == NULL) {
        return NULL;
    }
    PyObject *text = codec_decode_text(view, encoding, errors);
    decref(view);
    if (text == NULL || str_check(text)) {
        return text;
    }
    error_format(PyExc_TypeError,
                 "'%.400s' decoder returned '%.400s' instead of 'str'; "
                 "use codecs.decode() to decode to arbitrary types",
                 encoding, type_of(text)->tp_name);
    decref(text);
    return NULL;
}

// In development mode the names are checked even where they make no difference.
int
str_check_codec_names(const char *encoding, const char *errors)
{
    PyObject *found = NULL;
    if (!interpreter_roots()->check_codecs) {
        return 0;
    }
    if (encoding != NULL && encoding_kind(encoding) == ENCODING_OTHER) {
        found = codec_lookup(encoding);
        if (found == NULL) {
            return -1;
        }
        decref(found);
    }
    found = codec_lookup_error(errors);
    xdecref(found);
    return found != NULL ? 0 : -1;
}

PyObject *
str_decode(const char *data, Py_ssize_t size, const char *encoding, const char *errors)
{
    if (str_check_codec_names(encoding, errors) < 0) {
        return NULL;
    }
    if (encoding == NULL) {
        return str_decode_utf8(data, size, errors);
    }
    switch (encoding_kind(encoding)) {
    case ENCODING_UTF8:
        return str_decode_utf8(data, size, errors);
    case ENCODING_LATIN1:
        return str_decode_latin1(data, size, errors);
    case ENCODING_ASCII:
        return str_decode_ascii(data, size, errors);
    case ENCODING_UTF16:
        return str_decode_utf16(data, size, errors, NULL, NULL);
    case ENCODING_UTF32:
        return str_decode_utf32(data, size, errors, NULL, NULL);
    default:
        return decode_registered(data, size, encoding, errors);
    }
}

static PyObject *
encode_registered(PyObject *s, const char *encoding, const char *errors)
{
    PyObject *data = codec_encode_text(s, encoding, errors);
    if (data == NULL || bytes_check(data)) {
        return data;
    }
    PyObject *result = NULL;
    if (bytearray_check(data)) {
        if (error_warn(PyExc_RuntimeWarning, 1,
                       "encoder %s returned bytearray instead of bytes; "
                       "use codecs.encode() to encode to arbitrary types",
                       encoding) == 0) {
            result = bytes_from_object(data);
        }
    }
    else {
        error_format(PyExc_TypeError,
                     "'%.400s' encoder returned '%.400s' instead of 'bytes'; "
                     "use codecs.encode() to encode to arbitrary types",
                     encoding, type_of(data)->tp_name);
    }
    decref(data);
    return result;
}

PyObject *
str_encode(PyObject *s, const char *encoding, const char *errors)
{
    if (str_check_codec_names(encoding, errors) < 0) {
        return NULL;
    }
    if (encoding == NULL) {
        return str_encode_utf8(s, errors);
    }
    switch (encoding_kind(encoding)) {
    case ENCODING_UTF8:
        return str_encode_utf8(s, errors);
    case ENCODING_LATIN1:
        return str_encode_latin1(s, errors);
    case ENCODING_ASCII:
        return str_encode_ascii(s, errors);
    case ENCODING_UTF16:
        return str_encode_utf16(s, errors, 0);
    case ENCODING_UTF32:
        return str_encode_utf32(s, errors, 0);
    default:
        return encode_registered(s, encoding, errors);
    }
}

PyObject *
str_from_encoded_object(PyObject *op, const char *encoding, const char *errors)
{
    if (bytes_check(op)) {
        return str_decode(bytes_data(op), bytes_length(op), encoding, errors);
    }
    if (str_check(op)) {
        return error_set(PyExc_TypeError, "decoding str is not supported");
    }
    Py_buffer view;
    if (!buffer_check(op) || buffer_get_stable(op, &view) < 0) {
        if (!error_occurred() || error_matches(PyExc_TypeError)) {
            error_clear();
            error_format(PyExc_TypeError,
                         "decoding to str: need a bytes-like object, %.80s found",
                         type_of(op)->tp_name);
        }
        return NULL;
    }
    PyObject *text = str_decode(view.buf, view.len, encoding, errors);
    buffer_release(&view);
    return text;
}

// ---- file names and the locale: UTF-8 mode is the only mode ----

PyObject *
str_decode_fsdefault_size(const char *text, Py_ssize_t size)
{
    return str_decode_utf8(text, size, "surrogateescape");
}

PyObject *
str_decode_fsdefault(const char *text)
{
    return str_decode_fsdefault_size(text, (Py_ssize_t)strlen(text));
}

PyObject *
str_encode_fsdefault(PyObject *s)
{
    return str_encode_utf8(s, "surrogateescape");
}

PyObject *
str_decode_locale(const char *text, const char *errors)
{
    return str_decode_utf8(text, (Py_ssize_t)strlen(text), errors);
}

PyObject *
str_encode_locale(PyObject *s, const char *errors)
{
    return str_encode_utf8(s, errors);
}

PyObject *
str_fspath(PyObject *arg)
{
    if (str_check(arg) || bytes_check(arg)) {
        return new_ref(arg);
    }
    PyObject *method = object_lookup_special(arg, ID(__fspath__));
    if (method == NULL) {
        if (!error_occurred()) {
            error_format(PyExc_TypeError, "expected str, bytes or os.PathLike object, not %.200s",
                         type_of(arg)->tp_name);
        }
        return NULL;
    }
    PyObject *path = object_call_noargs(method);
    decref(method);
    if (path != NULL && !str_check(path) && !bytes_check(path)) {
        error_format(PyExc_TypeError,
                     "expected %.200s.__fspath__() to return str or bytes, not %.200s",
                     type_of(arg)->tp_name, type_of(path)->tp_name);
        clear_ref(path);
    }
    return path;
}

#define CONVERTER_CLEANUP 0x20000   // Py_CLEANUP_SUPPORTED

int
str_fs_converter(PyObject *arg, void *result)
{
    PyObject **slot = result;
    if (arg == NULL) {
        clear_ref(*slot);
        return 1;
    }
    PyObject *path = str_fspath(arg);
    if (path == NULL) {
        return 0;
    }
    if (str_check(path)) {
        set_ref(path, str_encode_fsdefault(path));
        if (path == NULL) {
            return 0;
        }
    }
    if (memchr(bytes_data(path), '\0', (size_t)bytes_length(path)) != NULL) {
        error_set(PyExc_ValueError, "embedded null byte");
        decref(path);
        return 0;
    }
    *slot = path;
    return CONVERTER_CLEANUP;
}

int
str_fs_decoder(PyObject *arg, void *result)
{
    PyObject **slot = result;
    if (arg == NULL) {
        clear_ref(*slot);
        return 1;
    }
    PyObject *path = str_fspath(arg);
    if (path == NULL) {
        return 0;
    }
    if (bytes_check(path)) {
        set_ref(path, str_decode_fsdefault_size(bytes_data(path), bytes_length(path)));
        if (path == NULL) {
            return 0;
        }
    }
    if (str_find_char(path, 0, 0, str_length(path), 1) >= 0) {
        error_set(PyExc_ValueError, "embedded null character");
        decref(path);
        return 0;
    }
    *slot = path;
    return CONVERTER_CLEANUP;
}
