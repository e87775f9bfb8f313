// Source bytes to the tokenizer's text: byte order mark, PEP 263 cookies, line ends.
//
// Threading: plain functions; codecs other than UTF-8 and Latin-1 may run Python code.
#include "syntax/decode.h"

#include <stdio.h>
#include <string.h>

#include "memory/alloc.h"
#include "memory/refcount.h"
#include "objects/buffer.h"
#include "objects/build.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/object.h"
#include "objects/str.h"
#include "syntax/parser.h"
#include "syntax/syntax_error.h"

enum { ENCODING_MAX = 64 };

// ---- cookies ----

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

static bool
is_encoding_char(char c)
{
    return c == '-' || c == '_' || c == '.' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
           || (c >= 'A' && c <= 'Z');
}

// The name after "coding:" or "coding=" in a comment line. *size 0: none.
static const char *
find_cookie(const char *line, const char *end, Py_ssize_t *size)
{
    const char *p = line;
    *size = 0;
    while (p < end && is_blank(*p)) {
        p++;
    }
    if (p == end || *p != '#') {
        return NULL;
    }
    for (; end - p > 7; p++) {
        if (memcmp(p, "coding", 6) != 0 || (p[6] != ':' && p[6] != '=')) {
            continue;
        }
        const char *name = p + 7;
        while (name < end && (*name == ' ' || *name == '\t')) {
            name++;
        }
        const char *stop = name;
        while (stop < end && is_encoding_char(*stop)) {
            stop++;
        }
        if (stop > name) {
            *size = stop - name;
            return name;
        }
    }
    return NULL;
}

static bool
is_comment_or_blank(const char *line, const char *end)
{
    while (line < end && is_blank(*line)) {
        line++;
    }
    return line == end || *line == '#';
}

static const char *
end_of_line(const char *p, const char *end)
{
    while (p < end && *p != '\n' && *p != '\r') {
        p++;
    }
    return p;
}

static bool
starts_with(const char *name, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(name, prefix, n) == 0 && (name[n] == '\0' || name[n] == '-');
}

// The usual spellings of UTF-8 and Latin-1 in one; others as they are.
static void
copy_normal_name(char *out, const char *name, Py_ssize_t size)
{
    char lower[13] = {0};
    for (int i = 0; i < 12 && i < size; i++) {
        char c = name[i];
        lower[i] = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    if (starts_with(lower, "utf-8")) {
        strcpy(out, "utf-8");
    }
    else if (starts_with(lower, "latin-1") || starts_with(lower, "iso-8859-1")
             || starts_with(lower, "iso-latin-1")) {
        strcpy(out, "iso-8859-1");
    }
    else {
        int length = size < ENCODING_MAX - 1 ? (int)size : ENCODING_MAX - 1;
        snprintf(out, ENCODING_MAX, "%.*s", length, name);
    }
}

// The declared encoding ("" without one). The text after the BOM is *text.
static void
detect_encoding(const char **text, Py_ssize_t *size, bool *bom, char encoding[ENCODING_MAX])
{
    encoding[0] = '\0';
    *bom = *size >= 3 && memcmp(*text, "\xef\xbb\xbf", 3) == 0;
    if (*bom) {
        *text += 3;
        *size -= 3;
    }
    const char *end = *text + *size;
    const char *line = *text;
    for (int i = 0; i < 2 && line < end; i++) {
        const char *stop = end_of_line(line, end);
        Py_ssize_t length;
        const char *name = find_cookie(line, stop, &length);
        if (name != NULL) {
            copy_normal_name(encoding, name, length);
            return;
        }
        if (!is_comment_or_blank(line, stop)) {
            return;
        }
        line = stop + (end - stop >= 2 && stop[0] == '\r' && stop[1] == '\n' ? 2 : 1);
    }
}

PyObject *
source_encoding(const char *source, Py_ssize_t size, bool *bom)
{
    char encoding[ENCODING_MAX];
    detect_encoding(&source, &size, bom, encoding);
    return encoding[0] != '\0' ? str_from_cstr(encoding) : NULL;
}

// ---- errors ----

// Errors of decoding have no place in the text.
static int
raise_encoding_steal(PyObject *message, PyObject *filename)
{
    PyObject *args = message != NULL ? value_build("(N(OiiO))", message, filename, 0, -1, Py_None)
                                     : NULL;
    if (args != NULL) {
        error_set_object(PyExc_SyntaxError, args);
        decref(args);
    }
    return -1;
}

// The current exception of a codec becomes a SyntaxError with its text.
static int
codec_failed(const char *encoding, PyObject *filename)
{
    if (error_clear_if(PyExc_LookupError)) {
        return raise_encoding_steal(str_format("unknown encoding: %s", encoding), filename);
    }
    if (!error_matches(PyExc_UnicodeError)) {
        return -1;
    }
    PyObject *error = error_take();
    PyObject *text = object_str(error);
    decref(error);
    return raise_encoding_steal(text, filename);
}

// Where the invalid byte is, and its SyntaxError in place of the UnicodeDecodeError. Files get
// advice; text in angle brackets ("<string>") has none to take.
static int
invalid_utf8(const char *text, Py_ssize_t size, PyObject *filename)
{
    Py_ssize_t start = 0;
    PyObject *error = error_take();
    if (!error_given_matches(error, PyExc_UnicodeDecodeError)
        || unicode_error_get_start(error, &start) < 0) {
        error_restore_steal(error);
        return -1;
    }
    int lineno = 1;
    const char *line = text;
    for (const char *p = text; p < text + start; p++) {
        if (*p == '\n' || (*p == '\r' && p[1] != '\n')) {
            lineno++;
            line = p + 1;
        }
    }
    const char *stop = end_of_line(line, text + size);
    PyObject *shown = str_decode_utf8(line, stop - line, "replace");
    PyObject *reason = unicode_error_get_reason(error);
    decref(error);
    if (shown == NULL || reason == NULL) {
        xdecref(shown);
        xdecref(reason);
        return -1;
    }
    unsigned byte = (unsigned char)text[start];
    Py_ssize_t column = text + start - line;
    bool has_file = str_length(filename) > 0 && str_read_char(filename, 0) != '<';
    PyObject *message =
        has_file ? str_format("Non-UTF-8 code starting with '\\x%.2x' in file %U on line %d, but "
                              "no encoding declared; see https://peps.python.org/pep-0263/ for "
                              "details",
                              byte, filename, lineno)
                 : str_format("(unicode error) 'utf-8' codec can't decode byte 0x%02x in position "
                              "%zd: %U",
                              byte, column, reason);
    Py_ssize_t offset = syntax_count_characters(line, column) + 1;
    syntax_error_set_steal(PyExc_SyntaxError, message, filename, lineno, offset, shown, lineno,
                           offset + 1);
    decref(reason);
    decref(shown);
    return -1;
}

// ---- text ----

// Copies with "\n" for every line end. Room for two more bytes is left.
static char *
copy_normal(const char *source, Py_ssize_t size, bool complete_line, Py_ssize_t *result_size,
            bool *added_newline)
{
    if (size > PTRDIFF_MAX - 2) {
        return error_no_memory();
    }
    char *text = mem_alloc_or_error((size_t)size + 2);
    if (text == NULL) {
        return NULL;
    }
    const char *end = source + size;
    char *out = text;
    while (source < end) {
        const char *cr = memchr(source, '\r', (size_t)(end - source));
        Py_ssize_t n = cr != NULL ? cr - source : end - source;
        memcpy(out, source, (size_t)n);
        out += n;
        source += n;
        if (cr != NULL) {
            *out++ = '\n';
            source += source + 1 < end && source[1] == '\n' ? 2 : 1;
        }
    }
    *added_newline = complete_line && out > text && out[-1] != '\n';
    if (*added_newline) {
        *out++ = '\n';
    }
    *out = '\0';
    *result_size = out - text;
    return text;
}

static bool
is_ascii_text(const char *text, Py_ssize_t size)
{
    for (Py_ssize_t i = 0; i < size; i++) {
        if ((unsigned char)text[i] >= 128) {
            return false;
        }
    }
    return true;
}

// UTF-8 for source in its declared encoding: a str that holds it. NULL with an exception.
static PyObject *
decode_declared(const char *source, Py_ssize_t size, const char *encoding, PyObject *filename)
{
    PyObject *text = str_decode(source, size, encoding, NULL);
    if (text == NULL) {
        codec_failed(encoding, filename);
    }
    return text;
}

// Decodes to UTF-8: *keep (maybe NULL) owns what *text points to afterwards.
static int
decode_source(const char **text, Py_ssize_t *size, PyObject *filename, PyObject **keep)
{
    char encoding[ENCODING_MAX];
    bool bom;
    const char *whole = *text;
    Py_ssize_t whole_size = *size;
    detect_encoding(text, size, &bom, encoding);
    bool utf8 = encoding[0] == '\0' || strcmp(encoding, "utf-8") == 0;
    if (bom && !utf8) {
        return raise_encoding_steal(str_format("encoding problem: %s with BOM", encoding),
                                    filename);
    }
    if (!utf8) {
        *keep = decode_declared(whole, whole_size, encoding, filename);
        *text = *keep != NULL ? str_as_utf8_size(*keep, size) : NULL;
        if (*text == NULL) {
            clear_ref(*keep);
            return error_occurred() && error_matches(PyExc_SyntaxError)
                       ? -1
                       : codec_failed(encoding, filename);
        }
        return 0;
    }
    if (is_ascii_text(*text, *size)) {
        return 0;
    }
    PyObject *check = str_decode_utf8(*text, *size, NULL);
    if (check == NULL) {
        return invalid_utf8(*text, *size, filename);
    }
    decref(check);
    return 0;
}

int
source_prepare(const char *source, Py_ssize_t size, PyObject *filename, bool ignore_cookie,
               bool complete_line, char **text, Py_ssize_t *text_size, bool *added_newline)
{
    PyObject *keep = NULL;
    if (memchr(source, '\0', (size_t)size) != NULL) {
        error_set(PyExc_SyntaxError, "source code string cannot contain null bytes");
        return -1;
    }
    if (!ignore_cookie && decode_source(&source, &size, filename, &keep) < 0) {
        return -1;
    }
    *text = copy_normal(source, size, complete_line, text_size, added_newline);
    xdecref(keep);
    return *text != NULL ? 0 : -1;
}

PyObject *
source_decode(const char *source, Py_ssize_t size, PyObject *filename)
{
    char *text;
    Py_ssize_t text_size;
    bool added_newline;
    if (source_prepare(source, size, filename, false, false, &text, &text_size, &added_newline)
        < 0) {
        return NULL;
    }
    PyObject *result = str_from_utf8(text, text_size);
    mem_free(text);
    return result;
}

// ---- objects ----

int
source_from_object(PyObject *op, const char *function, const char *what, int *flags,
                   const char **text, Py_ssize_t *size, PyObject **keep)
{
    *keep = NULL;
    if (str_check(op)) {
        *flags |= PARSE_IGNORE_COOKIE;
        *text = str_as_utf8_size(op, size);
        if (*text == NULL) {
            return -1;
        }
        *keep = new_ref(op);
    }
    else if (bytes_check(op)) {
        *text = bytes_data(op);
        *size = bytes_length(op);
        *keep = new_ref(op);
    }
    else {
        Py_buffer view;
        if (buffer_get(op, &view, PyBUF_SIMPLE) < 0) {
            error_clear();
            error_format(PyExc_TypeError, "%s() arg 1 must be a %s", function, what);
            return -1;
        }
        // A copy: the buffer may change while codecs run.
        *keep = bytes_from_data(view.buf, view.len);
        buffer_release(&view);
        if (*keep == NULL) {
            return -1;
        }
        *text = bytes_data(*keep);
        *size = bytes_length(*keep);
    }
    if (memchr(*text, '\0', (size_t)*size) != NULL) {
        clear_ref(*keep);
        error_set(PyExc_SyntaxError, "source code string cannot contain null bytes");
        return -1;
    }
    return 0;
}
