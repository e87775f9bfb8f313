// The built-in error handlers of codecs.
//
// Each takes a UnicodeEncodeError, UnicodeDecodeError or UnicodeTranslateError and gives the tuple
// (replacement, position to go on at), or raises.
#include <string.h>

#include "memory/refcount.h"
#include "objects/bytes.h"
#include "objects/codec.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/str_internal.h"
#include "objects/tuple.h"
#include "objects/unicode_data.h"

typedef enum { ENCODE = 1, DECODE = 2, TRANSLATE = 4 } Direction;

// The exception taken apart.
typedef struct {
    Direction direction;
    PyObject *object;       // owned: str, or bytes when decoding
    Py_ssize_t start, end;
} Problem;

static PyObject *
wrong_type(PyObject *exc)
{
    return error_format(PyExc_TypeError, "don't know how to handle %.200s in error callback",
                        type_of(exc)->tp_name);
}

// 0, or -1 when exc is none of the allowed kinds.
static int
problem_get(PyObject *exc, int allowed, Problem *p)
{
    p->object = NULL;
    int direction = object_type_check(exc, (PyTypeObject *)PyExc_UnicodeEncodeError)   ? ENCODE
                    : object_type_check(exc, (PyTypeObject *)PyExc_UnicodeDecodeError) ? DECODE
                    : object_type_check(exc, (PyTypeObject *)PyExc_UnicodeTranslateError)
                        ? TRANSLATE
                        : 0;
    if ((direction & allowed) == 0) {
        wrong_type(exc);
        return -1;
    }
    p->direction = (Direction)direction;
    if (unicode_error_get_start(exc, &p->start) < 0 || unicode_error_get_end(exc, &p->end) < 0) {
        return -1;
    }
    p->object = unicode_error_get_object(exc);
    if (p->object == NULL) {
        return -1;
    }
    Py_ssize_t n = p->direction == DECODE ? bytes_length(p->object) : str_length(p->object);
    p->start = p->start < 0 ? 0 : p->start > n ? n : p->start;
    p->end = p->end > n ? n : p->end < p->start ? p->start : p->end;
    return 0;
}

static PyObject *
answer_steal(PyObject *replacement, Py_ssize_t position)
{
    if (replacement == NULL) {
        return NULL;
    }
    PyObject *where = int_from_ssize(position);
    if (where == NULL) {
        decref(replacement);
        return NULL;
    }
    return tuple_pair_steal(replacement, where);
}

// Consumes the writer and p.
static PyObject *
answer(Problem *p, StrWriter *w, int rc)
{
    decref(p->object);
    if (rc < 0) {
        str_writer_discard(w);
        return NULL;
    }
    return answer_steal(str_writer_finish(w), p->end);
}

PyObject *
codec_strict_errors(PyObject *exc)
{
    if (exception_instance_check(exc)) {
        error_set_object((PyObject *)type_of(exc), exc);
    }
    else {
        error_set(PyExc_TypeError, "codec must pass exception instance");
    }
    return NULL;
}

PyObject *
codec_ignore_errors(PyObject *exc)
{
    Problem p;
    if (problem_get(exc, ENCODE | DECODE | TRANSLATE, &p) < 0) {
        return NULL;
    }
    decref(p.object);
    return answer_steal(str_empty(), p.end);
}

PyObject *
codec_replace_errors(PyObject *exc)
{
    Problem p;
    if (problem_get(exc, ENCODE | DECODE | TRANSLATE, &p) < 0) {
        return NULL;
    }
    StrWriter w;
    str_writer_init(&w);
    int rc = p.direction == ENCODE   ? str_writer_fill(&w, '?', p.end - p.start)
             : p.direction == DECODE ? str_writer_char(&w, 0xfffd)
                                     : str_writer_fill(&w, 0xfffd, p.end - p.start);
    return answer(&p, &w, rc);
}

PyObject *
codec_xmlcharrefreplace_errors(PyObject *exc)
{
    Problem p;
    if (problem_get(exc, ENCODE, &p) < 0) {
        return NULL;
    }
    StrWriter w;
    str_writer_init(&w);
    int rc = 0;
    for (Py_ssize_t i = p.start; i < p.end && rc == 0; i++) {
        rc = str_writer_format(&w, "&#%u;", (unsigned)str_read_char(p.object, i));
    }
    return answer(&p, &w, rc);
}

static int
write_escape(StrWriter *w, Py_UCS4 ch)
{
    return ch < 0x100     ? str_writer_format(w, "\\x%02x", (unsigned)ch)
           : ch < 0x10000 ? str_writer_format(w, "\\u%04x", (unsigned)ch)
                          : str_writer_format(w, "\\U%08x", (unsigned)ch);
}

PyObject *
codec_backslashreplace_errors(PyObject *exc)
{
    Problem p;
    if (problem_get(exc, ENCODE | DECODE | TRANSLATE, &p) < 0) {
        return NULL;
    }
    StrWriter w;
    str_writer_init(&w);
    int rc = 0;
    for (Py_ssize_t i = p.start; i < p.end && rc == 0; i++) {
        rc = write_escape(&w, p.direction == DECODE ? (unsigned char)bytes_data(p.object)[i]
                                                    : str_read_char(p.object, i));
    }
    return answer(&p, &w, rc);
}

PyObject *
codec_namereplace_errors(PyObject *exc)
{
    Problem p;
    if (problem_get(exc, ENCODE, &p) < 0) {
        return NULL;
    }
    StrWriter w;
    str_writer_init(&w);
    int rc = 0;
    for (Py_ssize_t i = p.start; i < p.end && rc == 0; i++) {
        Py_UCS4 ch = str_read_char(p.object, i);
        char name[UNICODE_NAME_MAX];
        rc = unicode_name(ch, name, sizeof name) ? str_writer_format(&w, "\\N{%s}", name)
                                                 : write_escape(&w, ch);
    }
    return answer(&p, &w, rc);
}

// Raises exc again: the handler does not apply.
static PyObject *
give_up(PyObject *exc, Problem *p)
{
    error_set_object((PyObject *)type_of(exc), exc);
    clear_ref(p->object);
    return NULL;
}

static PyObject *
surrogateescape_encode(PyObject *exc, Problem *p)
{
    Py_ssize_t n = p->end - p->start;
    for (Py_ssize_t i = p->start; i < p->end; i++) {
        Py_UCS4 ch = str_read_char(p->object, i);
        if (ch < 0xdc80 || ch > 0xdcff) {
            return give_up(exc, p);
        }
    }
    BytesWriter w;
    bytes_writer_init(&w);
    PyObject *result = NULL;
    if (bytes_writer_reserve(&w, n) == 0) {
        for (Py_ssize_t i = p->start; i < p->end; i++) {
            w.data[w.pos++] = (char)(str_read_char(p->object, i) - 0xdc00);
        }
        result = answer_steal(bytes_writer_finish(&w), p->end);
    }
    decref(p->object);
    return result;
}

static PyObject *
surrogateescape_decode(PyObject *exc, Problem *p)
{
    Py_UCS2 text[4];
    int n = 0;
    const unsigned char *data = (const unsigned char *)bytes_data(p->object) + p->start;
    while (n < 4 && n < p->end - p->start && data[n] >= 128) {
        text[n] = (Py_UCS2)(0xdc00 + data[n]);
        n++;
    }
    if (n == 0) {
        return give_up(exc, p);
    }
    decref(p->object);
    return answer_steal(str_from_kind_and_data(2, text, n), p->start + n);
}

PyObject *
codec_surrogateescape_errors(PyObject *exc)
{
    Problem p;
    if (problem_get(exc, ENCODE | DECODE, &p) < 0) {
        return NULL;
    }
    return p.direction == ENCODE ? surrogateescape_encode(exc, &p)
                                 : surrogateescape_decode(exc, &p);
}

// ---- surrogatepass ----

typedef struct {
    int unit;           // bytes of a surrogate: 3 (UTF-8), 2 or 4; 0: not a Unicode encoding
    bool big;
} Encoding;

static Encoding
known_encoding(const char *name)
{
    char text[16];
    size_t n = 0;
    for (; *name != '\0'; name++) {
        char c = *name >= 'A' && *name <= 'Z' ? (char)(*name | 0x20) : *name;
        if (c == '-' || c == '_') {
            continue;
        }
        if (n + 1 >= sizeof text) {
            return (Encoding){0};
        }
        text[n++] = c;
    }
    text[n] = '\0';
    static const struct {
        const char *name;
        Encoding encoding;
    } known[] = {
        {"utf8", {3, false}},    {"cputf8", {3, false}}, {"utf16", {2, false}},
        {"utf16le", {2, false}}, {"utf16be", {2, true}}, {"utf32", {4, false}},
        {"utf32le", {4, false}}, {"utf32be", {4, true}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(text, known[i].name) == 0) {
            return known[i].encoding;
        }
    }
    return (Encoding){0};
}

static void
put_surrogate(unsigned char *out, Py_UCS4 ch, Encoding encoding)
{
    if (encoding.unit == 3) {
        out[0] = (unsigned char)(0xe0 | ch >> 12);
        out[1] = (unsigned char)(0x80 | (ch >> 6 & 0x3f));
        out[2] = (unsigned char)(0x80 | (ch & 0x3f));
        return;
    }
    for (int i = 0; i < encoding.unit; i++) {
        out[i] = (unsigned char)(ch >> 8 * (encoding.big ? encoding.unit - 1 - i : i));
    }
}

static Py_UCS4
get_surrogate(const unsigned char *p, Encoding encoding)
{
    if (encoding.unit == 3) {
        bool valid = (p[0] & 0xf0) == 0xe0 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80;
        return valid ? (Py_UCS4)((p[0] & 0x0f) << 12 | (p[1] & 0x3f) << 6 | (p[2] & 0x3f)) : 0;
    }
    Py_UCS4 ch = 0;
    for (int i = 0; i < encoding.unit; i++) {
        ch = ch << 8 | p[encoding.big ? i : encoding.unit - 1 - i];
    }
    return ch;
}

static PyObject *
surrogatepass_encode(PyObject *exc, Problem *p, Encoding encoding)
{
    for (Py_ssize_t i = p->start; i < p->end; i++) {
        if (!is_surrogate(str_read_char(p->object, i))) {
            return give_up(exc, p);
        }
    }
    BytesWriter w;
    bytes_writer_init(&w);
    PyObject *result = NULL;
    if (bytes_writer_reserve(&w, (p->end - p->start) * encoding.unit) == 0) {
        for (Py_ssize_t i = p->start; i < p->end; i++) {
            put_surrogate((unsigned char *)w.data + w.pos, str_read_char(p->object, i), encoding);
            w.pos += encoding.unit;
        }
        result = answer_steal(bytes_writer_finish(&w), p->end);
    }
    decref(p->object);
    return result;
}

static PyObject *
surrogatepass_decode(PyObject *exc, Problem *p, Encoding encoding)
{
    const unsigned char *data = (const unsigned char *)bytes_data(p->object) + p->start;
    Py_UCS4 ch = 0;
    if (bytes_length(p->object) - p->start >= encoding.unit) {
        ch = get_surrogate(data, encoding);
    }
    if (!is_surrogate(ch)) {
        return give_up(exc, p);
    }
    decref(p->object);
    return answer_steal(str_from_char(ch), p->start + encoding.unit);
}

PyObject *
codec_surrogatepass_errors(PyObject *exc)
{
    Problem p;
    if (problem_get(exc, ENCODE | DECODE, &p) < 0) {
        return NULL;
    }
    PyObject *name = unicode_error_get_encoding(exc);
    const char *text = name == NULL ? NULL : str_as_utf8(name);
    Encoding encoding = text == NULL ? (Encoding){0} : known_encoding(text);
    xdecref(name);
    if (text == NULL) {
        decref(p.object);
        return NULL;
    }
    if (encoding.unit == 0) {
        return give_up(exc, &p);
    }
    return p.direction == ENCODE ? surrogatepass_encode(exc, &p, encoding)
                                 : surrogatepass_decode(exc, &p, encoding);
}
