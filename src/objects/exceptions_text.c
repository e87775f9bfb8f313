// Exceptions about text: SyntaxError and the three Unicode errors.
#include "objects/exceptions_internal.h"

#include <string.h>

#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"

// ---- SyntaxError ----

EXCEPTION_FIELD_SLOTS(syntax_error, PySyntaxErrorObject, msg, metadata)

#define SYNTAX(op) ((PySyntaxErrorObject *)(op))

static int
syntax_error_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PySyntaxErrorObject *exc = SYNTAX(self);
    if (base_exception_init(self, args, kwargs) < 0) {
        return -1;
    }
    Py_ssize_t n = tuple_size(args);
    if (n >= 1) {
        exception_set_field(self, &exc->msg, tuple_item_borrow(args, 0));
    }
    if (n != 2) {
        return 0;
    }
    PyObject *info = sequence_tuple(tuple_item_borrow(args, 1));
    if (info == NULL) {
        return -1;
    }
    PyObject *filename, *lineno, *offset, *text;
    PyObject *end_lineno = NULL;
    PyObject *end_offset = NULL;
    PyObject *metadata = NULL;
    int result = -1;
    if (args_parse(info, "OOOO|OOO", &filename, &lineno, &offset, &text, &end_lineno, &end_offset,
                   &metadata)) {
        exception_set_field(self, &exc->filename, filename);
        exception_set_field(self, &exc->lineno, lineno);
        exception_set_field(self, &exc->offset, offset);
        exception_set_field(self, &exc->text, text);
        exception_set_field(self, &exc->end_lineno, end_lineno);
        exception_set_field(self, &exc->end_offset, end_offset);
        exception_set_field(self, &exc->metadata, metadata);
        result = 0;
        if (end_lineno != NULL && end_offset == NULL) {
            error_set(PyExc_TypeError, "end_offset must be provided when end_lineno is provided");
            result = -1;
        }
    }
    decref(info);
    return result;
}

// The last component of a path.
static PyObject *
path_tail(PyObject *path)
{
    Py_ssize_t slash = str_find_char(path, '/', 0, str_length(path), -1);
    return str_substring(path, slash + 1, str_length(path));
}

static PyObject *
syntax_error_str(PyObject *self)
{
    PyObject *msg = exception_field(self, &SYNTAX(self)->msg);
    PyObject *filename = exception_field(self, &SYNTAX(self)->filename);
    PyObject *lineno = exception_field(self, &SYNTAX(self)->lineno);
    PyObject *result = NULL;
    bool has_line = lineno != NULL && int_check_exact(lineno);
    PyObject *shown = msg == NULL ? Py_None : msg;
    if (filename != NULL && str_check(filename)) {
        PyObject *tail = path_tail(filename);
        if (tail != NULL) {
            result = has_line ? str_format("%S (%U, line %S)", shown, tail, lineno)
                              : str_format("%S (%U)", shown, tail);
            decref(tail);
        }
    }
    else {
        result = has_line ? str_format("%S (line %S)", shown, lineno) : object_str(shown);
    }
    xdecref(msg);
    xdecref(filename);
    xdecref(lineno);
    return result;
}

static PyMemberDef syntax_error_members[] = {
    {"msg", _Py_T_OBJECT, offsetof(PySyntaxErrorObject, msg), 0, "exception msg"},
    {"filename", _Py_T_OBJECT, offsetof(PySyntaxErrorObject, filename), 0, "exception filename"},
    {"lineno", _Py_T_OBJECT, offsetof(PySyntaxErrorObject, lineno), 0, "exception lineno"},
    {"offset", _Py_T_OBJECT, offsetof(PySyntaxErrorObject, offset), 0, "exception offset"},
    {"text", _Py_T_OBJECT, offsetof(PySyntaxErrorObject, text), 0, "exception text"},
    {"end_lineno", _Py_T_OBJECT, offsetof(PySyntaxErrorObject, end_lineno), 0,
     "exception end lineno"},
    {"end_offset", _Py_T_OBJECT, offsetof(PySyntaxErrorObject, end_offset), 0,
     "exception end offset"},
    {"print_file_and_line", _Py_T_OBJECT, offsetof(PySyntaxErrorObject, print_file_and_line), 0,
     "exception print_file_and_line"},
    {"_metadata", _Py_T_OBJECT, offsetof(PySyntaxErrorObject, metadata), 0,
     "exception private metadata"},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject _PyExc_SyntaxError = {
    EXCEPTION_TYPE_COMMON(SyntaxError, Exception, PySyntaxErrorObject, "Invalid syntax."),
    .tp_dealloc = syntax_error_dealloc,
    .tp_traverse = syntax_error_traverse,
    .tp_clear = syntax_error_clear,
    .tp_str = syntax_error_str,
    .tp_members = syntax_error_members,
    .tp_init = syntax_error_init,
    .tp_new = base_exception_new,
};

#define SYNTAX_SUBCLASS(symbol, name, base, text)                       \
    PyTypeObject _PyExc_##symbol = {                                    \
        EXCEPTION_TYPE_COMMON(name, base, PySyntaxErrorObject, text),   \
        .tp_dealloc = syntax_error_dealloc,                             \
        .tp_traverse = syntax_error_traverse,                           \
        .tp_clear = syntax_error_clear,                                 \
        .tp_init = syntax_error_init,                                   \
        .tp_new = base_exception_new,                                   \
    };

SYNTAX_SUBCLASS(IndentationError, IndentationError, SyntaxError, "Improper indentation.")
SYNTAX_SUBCLASS(TabError, TabError, IndentationError, "Improper mixture of spaces and tabs.")
SYNTAX_SUBCLASS(IncompleteInputError, _IncompleteInputError, SyntaxError, "incomplete input.")

// ---- Unicode errors ----

#define UNI(op) ((PyUnicodeErrorObject *)(op))

static int
unicode_error_clear(PyObject *op)
{
    clear_ref(UNI(op)->encoding);
    clear_ref(UNI(op)->object);
    clear_ref(UNI(op)->reason);
    return base_exception_clear(op);
}

static int
unicode_error_traverse(PyObject *op, visitproc visit, void *arg)
{
    int result = exception_visit_fields(&UNI(op)->encoding, &UNI(op)->object, visit, arg);
    if (result == 0) {
        result = exception_visit_fields(&UNI(op)->reason, &UNI(op)->reason, visit, arg);
    }
    return result != 0 ? result : base_exception_traverse(op, visit, arg);
}

static void
unicode_error_dealloc(PyObject *op)
{
    gc_untrack(op);
    (void)unicode_error_clear(op);
    type_of(op)->tp_free(op);
}

// Fields are filled from arguments that the caller keeps; encoding may be NULL.
static void
unicode_error_fill(PyObject *self, PyObject *encoding, PyObject *object, Py_ssize_t start,
                   Py_ssize_t end, PyObject *reason)
{
    PyUnicodeErrorObject *exc = UNI(self);
    exception_set_field(self, &exc->encoding, encoding);
    exception_set_field(self, &exc->object, object);
    exception_set_field(self, &exc->reason, reason);
    exc->start = start;
    exc->end = end;
}

static int
unicode_encode_error_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *encoding, *object, *reason;
    Py_ssize_t start, end;
    if (base_exception_init(self, args, kwargs) < 0 ||
        !args_parse(args, "UUnnU", &encoding, &object, &start, &end, &reason)) {
        return -1;
    }
    unicode_error_fill(self, encoding, object, start, end, reason);
    return 0;
}

static int
unicode_decode_error_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *encoding, *object, *reason;
    Py_ssize_t start, end;
    if (base_exception_init(self, args, kwargs) < 0 ||
        !args_parse(args, "UOnnU", &encoding, &object, &start, &end, &reason)) {
        return -1;
    }
    // Anything bytes-like is kept as bytes.
    PyObject *bytes;
    if (bytes_check(object)) {
        bytes = new_ref(object);
    }
    else {
        Py_buffer view;
        if (buffer_get(object, &view, PyBUF_SIMPLE) < 0) {
            return -1;
        }
        bytes = bytes_from_data(view.len == 0 ? "" : view.buf, view.len);
        buffer_release(&view);
        if (bytes == NULL) {
            return -1;
        }
    }
    unicode_error_fill(self, encoding, bytes, start, end, reason);
    decref(bytes);
    return 0;
}

static int
unicode_translate_error_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *object, *reason;
    Py_ssize_t start, end;
    if (base_exception_init(self, args, kwargs) < 0 ||
        !args_parse(args, "UnnU", &object, &start, &end, &reason)) {
        return -1;
    }
    unicode_error_fill(self, NULL, object, start, end, reason);
    return 0;
}

// What the texts need, fetched once; str() of attributes may run Python code.
typedef struct {
    PyObject *encoding;     // str, or NULL when the class has none
    PyObject *object;
    PyObject *reason;
    Py_ssize_t start;
    Py_ssize_t end;
} UnicodeErrorParts;

static void
parts_release(UnicodeErrorParts *parts)
{
    xdecref(parts->encoding);
    xdecref(parts->object);
    xdecref(parts->reason);
}

// 1, 0 when the exception was not initialised (object unset), -1.
static int
parts_load(PyObject *self, UnicodeErrorParts *parts, bool with_encoding)
{
    *parts = (UnicodeErrorParts){.start = UNI(self)->start, .end = UNI(self)->end};
    parts->object = exception_field(self, &UNI(self)->object);
    if (parts->object == NULL) {
        return 0;
    }
    PyObject *raw = exception_field(self, &UNI(self)->reason);
    parts->reason = raw == NULL ? str_from_cstr("None") : object_str(raw);
    xdecref(raw);
    if (parts->reason == NULL) {
        return -1;
    }
    if (with_encoding) {
        raw = exception_field(self, &UNI(self)->encoding);
        parts->encoding = raw == NULL ? str_from_cstr("None") : object_str(raw);
        xdecref(raw);
        if (parts->encoding == NULL) {
            return -1;
        }
    }
    return 1;
}

// Whether the range is exactly one existing item of an object of that length.
static bool
parts_single(const UnicodeErrorParts *parts, Py_ssize_t length)
{
    return parts->start >= 0 && parts->start < length && parts->end == parts->start + 1;
}

// The escape that shows a character.
static void
character_escape(char buffer[16], Py_UCS4 ch)
{
    const char *format = ch <= 0xff ? "\\x%02x" : ch <= 0xffff ? "\\u%04x" : "\\U%08x";
    (void)snprintf(buffer, 16, format, ch);
}

static PyObject *
unicode_encode_error_str(PyObject *self)
{
    UnicodeErrorParts parts;
    PyObject *result = NULL;
    int loaded = parts_load(self, &parts, true);
    if (loaded == 0) {
        result = str_empty();
    }
    else if (loaded > 0) {
        if (str_check(parts.object) && parts_single(&parts, str_length(parts.object))) {
            char escape[16];
            character_escape(escape, str_read_char(parts.object, parts.start));
            result = str_format("'%U' codec can't encode character '%s' in position %zd: %U",
                                parts.encoding, escape, parts.start, parts.reason);
        }
        else {
            result = str_format("'%U' codec can't encode characters in position %zd-%zd: %U",
                                parts.encoding, parts.start, parts.end - 1, parts.reason);
        }
    }
    parts_release(&parts);
    return result;
}

static PyObject *
unicode_decode_error_str(PyObject *self)
{
    UnicodeErrorParts parts;
    PyObject *result = NULL;
    int loaded = parts_load(self, &parts, true);
    if (loaded == 0) {
        result = str_empty();
    }
    else if (loaded > 0) {
        if (bytes_check(parts.object) && parts_single(&parts, bytes_length(parts.object))) {
            int byte = (unsigned char)bytes_data(parts.object)[parts.start];
            result = str_format("'%U' codec can't decode byte 0x%02x in position %zd: %U",
                                parts.encoding, byte, parts.start, parts.reason);
        }
        else {
            result = str_format("'%U' codec can't decode bytes in position %zd-%zd: %U",
                                parts.encoding, parts.start, parts.end - 1, parts.reason);
        }
    }
    parts_release(&parts);
    return result;
}

static PyObject *
unicode_translate_error_str(PyObject *self)
{
    UnicodeErrorParts parts;
    PyObject *result = NULL;
    int loaded = parts_load(self, &parts, false);
    if (loaded == 0) {
        result = str_empty();
    }
    else if (loaded > 0) {
        if (str_check(parts.object) && parts_single(&parts, str_length(parts.object))) {
            char escape[16];
            character_escape(escape, str_read_char(parts.object, parts.start));
            result = str_format("can't translate character '%s' in position %zd: %U", escape,
                                parts.start, parts.reason);
        }
        else {
            result = str_format("can't translate characters in position %zd-%zd: %U", parts.start,
                                parts.end - 1, parts.reason);
        }
    }
    parts_release(&parts);
    return result;
}

static PyMemberDef unicode_error_members[] = {
    {"encoding", _Py_T_OBJECT, offsetof(PyUnicodeErrorObject, encoding), 0, "exception encoding"},
    {"object", _Py_T_OBJECT, offsetof(PyUnicodeErrorObject, object), 0, "exception object"},
    {"start", Py_T_PYSSIZET, offsetof(PyUnicodeErrorObject, start), 0, "exception start"},
    {"end", Py_T_PYSSIZET, offsetof(PyUnicodeErrorObject, end), 0, "exception end"},
    {"reason", _Py_T_OBJECT, offsetof(PyUnicodeErrorObject, reason), 0, "exception reason"},
    {NULL, 0, 0, 0, NULL},
};

#define UNICODE_ERROR(name, prefix, text)                                       \
    PyTypeObject _PyExc_##name = {                                              \
        EXCEPTION_TYPE_COMMON(name, UnicodeError, PyUnicodeErrorObject, text),  \
        .tp_dealloc = unicode_error_dealloc,                                    \
        .tp_traverse = unicode_error_traverse,                                  \
        .tp_clear = unicode_error_clear,                                        \
        .tp_str = prefix##_str,                                                 \
        .tp_members = unicode_error_members,                                    \
        .tp_init = prefix##_init,                                               \
        .tp_new = base_exception_new,                                           \
    };

UNICODE_ERROR(UnicodeEncodeError, unicode_encode_error, "Unicode encoding error.")
UNICODE_ERROR(UnicodeDecodeError, unicode_decode_error, "Unicode decoding error.")
UNICODE_ERROR(UnicodeTranslateError, unicode_translate_error, "Unicode translation error.")

// ---- for codecs ----

// A new instance from parts; consumes object and reason (NULL: an exception is set).
static PyObject *
unicode_error_make_steal(PyTypeObject *type, const char *encoding, PyObject *object,
                         Py_ssize_t start, Py_ssize_t end, PyObject *reason)
{
    PyObject *self = NULL;
    PyObject *args = NULL;
    PyObject *name = encoding == NULL ? NULL : str_from_cstr(encoding);
    PyObject *first = int_from_ssize(start);
    PyObject *last = int_from_ssize(end);
    if (object == NULL || reason == NULL || first == NULL || last == NULL ||
        (encoding != NULL && name == NULL)) {
        goto done;
    }
    args = encoding == NULL ? tuple_pack(4, object, first, last, reason)
                            : tuple_pack(5, name, object, first, last, reason);
    if (args == NULL) {
        goto done;
    }
    self = base_exception_new(type, args, NULL);
    if (self != NULL) {
        unicode_error_fill(self, name, object, start, end, reason);
    }
done:
    xdecref(args);
    xdecref(name);
    xdecref(first);
    xdecref(last);
    xdecref(object);
    xdecref(reason);
    return self;
}

PyObject *
unicode_decode_error_new(const char *encoding, const char *object, Py_ssize_t length,
                         Py_ssize_t start, Py_ssize_t end, const char *reason)
{
    return unicode_error_make_steal(&_PyExc_UnicodeDecodeError, encoding,
                                    bytes_from_data(length == 0 ? "" : object, length), start, end,
                                    str_from_cstr(reason));
}

PyObject *
unicode_encode_error_new(const char *encoding, PyObject *object, Py_ssize_t start, Py_ssize_t end,
                         const char *reason)
{
    return unicode_error_make_steal(&_PyExc_UnicodeEncodeError, encoding, new_ref(object), start,
                                    end, str_from_cstr(reason));
}

PyObject *
unicode_translate_error_new(PyObject *object, Py_ssize_t start, Py_ssize_t end, const char *reason)
{
    return unicode_error_make_steal(&_PyExc_UnicodeTranslateError, NULL, new_ref(object), start,
                                    end, str_from_cstr(reason));
}

// A field that must be a str (or bytes): new reference, NULL with TypeError.
static PyObject *
unicode_error_text(PyObject *exc, PyObject **field, const char *name, bool as_bytes)
{
    PyObject *value = exception_field(exc, field);
    if (value == NULL) {
        return error_format(PyExc_TypeError, "UnicodeError '%s' attribute is not set", name);
    }
    if (as_bytes ? !bytes_check(value) : !str_check(value)) {
        error_format(PyExc_TypeError, "UnicodeError '%s' attribute must be a %s", name,
                     as_bytes ? "bytes" : "string");
        clear_ref(value);
    }
    return value;
}

PyObject *
unicode_error_get_object(PyObject *exc)
{
    bool decode = error_given_matches(exc, PyExc_UnicodeDecodeError);
    return unicode_error_text(exc, &UNI(exc)->object, "object", decode);
}

PyObject *
unicode_error_get_encoding(PyObject *exc)
{
    return unicode_error_text(exc, &UNI(exc)->encoding, "encoding", false);
}

PyObject *
unicode_error_get_reason(PyObject *exc)
{
    return unicode_error_text(exc, &UNI(exc)->reason, "reason", false);
}

// Length of the object; -1 with an exception.
static Py_ssize_t
unicode_error_length(PyObject *exc)
{
    PyObject *object = unicode_error_get_object(exc);
    if (object == NULL) {
        return -1;
    }
    Py_ssize_t length = bytes_check(object) ? bytes_length(object) : str_length(object);
    decref(object);
    return length;
}

int
unicode_error_get_start(PyObject *exc, Py_ssize_t *start)
{
    Py_ssize_t length = unicode_error_length(exc);
    if (length < 0) {
        return -1;
    }
    Py_ssize_t value = UNI(exc)->start;
    if (value >= length) {
        value = length - 1;
    }
    *start = value < 0 ? 0 : value;
    return 0;
}

int
unicode_error_get_end(PyObject *exc, Py_ssize_t *end)
{
    Py_ssize_t length = unicode_error_length(exc);
    if (length < 0) {
        return -1;
    }
    Py_ssize_t value = UNI(exc)->end < 1 ? 1 : UNI(exc)->end;
    *end = value > length ? length : value;
    return 0;
}

int
unicode_error_set_start(PyObject *exc, Py_ssize_t start)
{
    UNI(exc)->start = start;
    return 0;
}

int
unicode_error_set_end(PyObject *exc, Py_ssize_t end)
{
    UNI(exc)->end = end;
    return 0;
}

int
unicode_error_set_reason(PyObject *exc, const char *reason)
{
    PyObject *text = str_from_cstr(reason);
    if (text == NULL) {
        return -1;
    }
    exception_set_field(exc, &UNI(exc)->reason, text);
    decref(text);
    return 0;
}
