// The JSON encoder: text out of values. Used by json.encoder when the whole text is wanted at once.
//
// Containers being written are in the dict `markers` (by address), so that a circle is found.
//
// Threading: encoders are immutable, but markers is shared by the calls of one encoder, as in
// CPython; json.encoder makes an encoder for each document. Lists and dicts that change while they
// are written give what they hold when each item is looked at.
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "memory/heap.h"
#include "modules/json_internal.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/cfunction.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/mapping.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/value.h"
#include "thread/thread.h"

// Which function makes strings.
typedef enum { STRING_ASCII, STRING_ANY, STRING_CALL } StringMode;

// All immutable; NULL only once cleared by the collector.
typedef struct {
    PyObject ob_base;
    PyObject *markers;          // dict or None
    PyObject *default_function;
    PyObject *encoder;
    PyObject *indent;           // str or None
    PyObject *key_separator;    // str
    PyObject *item_separator;   // str
    StringMode string_mode;
    bool sort_keys;
    bool skipkeys;
    bool allow_nan;
} JsonEncoder;

typedef struct {
    const JsonEncoder *encoder;
    StrWriter text;
} Output;

static int write_value(Output *out, Value value, Py_ssize_t level);
static int write_object(Output *out, PyObject *op, Py_ssize_t level);

// ---- circles and notes ----

static int
mark(const JsonEncoder *self, PyObject *op)
{
    if (self->markers == Py_None) {
        return 0;
    }
    int64_t key = (int64_t)(uintptr_t)op;
    Value present;
    int found = dict_get_value_int(self->markers, key, &present);
    if (found != 0) {
        if (found > 0) {
            value_drop(present);
            error_set(PyExc_ValueError, "Circular reference detected");
        }
        return -1;
    }
    return dict_set_value_int_steal(self->markers, key, value_owned(new_ref(op)));
}

static int
unmark(const JsonEncoder *self, PyObject *op)
{
    if (self->markers == Py_None) {
        return 0;
    }
    PyObject *key = int_from_pointer(op);
    int status = key != NULL ? dict_del(self->markers, key) : -1;
    xdecref(key);
    return status;
}

// Adds a note to the exception that is being raised; consumes note.
static void
add_note_steal(PyObject *exc, PyObject *note)
{
    if (note == NULL || exception_add_note(exc, note) < 0) {
        error_chain_steal(exc);
    }
    else {
        error_restore_steal(exc);
    }
    xdecref(note);
}

static void
note_item(PyObject *container, Py_ssize_t i)
{
    PyObject *exc = error_take();
    add_note_steal(exc, str_format("when serializing %T item %zd", container, i));
}

static void
note_key(PyObject *container, PyObject *key)
{
    PyObject *exc = error_take();
    add_note_steal(exc, str_format("when serializing %T item %R", container, key));
}

static void
note_object(PyObject *op)
{
    PyObject *exc = error_take();
    add_note_steal(exc, str_format("when serializing %T object", op));
}

// ---- simple values ----

static int
write_ascii(Output *out, const char *text, Py_ssize_t n)
{
    if (str_writer_prepare(&out->text, n, 0x7f) < 0) {
        return -1;
    }
    if (out->text.kind == 1) {
        memcpy((char *)out->text.data + out->text.pos, text, (size_t)n);
        out->text.pos += n;
        return 0;
    }
    return str_writer_ascii(&out->text, text, n);
}

static int
write_string(Output *out, PyObject *string)
{
    const JsonEncoder *self = out->encoder;
    if (self->string_mode != STRING_CALL) {
        return json_write_string(&out->text, string, self->string_mode == STRING_ASCII);
    }
    PyObject *encoded = object_call_onearg(self->encoder, string);
    if (encoded == NULL) {
        return -1;
    }
    int status = -1;
    if (str_check(encoded)) {
        status = str_writer_str(&out->text, encoded);
    }
    else {
        error_format(PyExc_TypeError, "encoder() must return a string, not %.80s",
                     type_of(encoded)->tp_name);
    }
    decref(encoded);
    return status;
}

static int
write_small_int(Output *out, int64_t value)
{
    char digits[24];
    char *p = digits + sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0) {
        *--p = '-';
    }
    return write_ascii(out, p, digits + sizeof digits - p);
}

static int
write_int(Output *out, PyObject *op)
{
    if (int_is_compact(op)) {
        return write_small_int(out, int_compact_value(op));
    }
    PyObject *text = int_repr(op);
    int status = text != NULL ? str_writer_str(&out->text, text) : -1;
    xdecref(text);
    return status;
}

// op is the float as an object, for the message; NULL when there is none.
static int
write_float(Output *out, double value, PyObject *op)
{
    if (!isfinite(value)) {
        if (!out->encoder->allow_nan) {
            PyObject *shown = op != NULL ? new_ref(op) : float_from_double(value);
            if (shown != NULL) {
                error_format(PyExc_ValueError, "Out of range float values are not JSON compliant: %R",
                             shown);
                decref(shown);
            }
            return -1;
        }
        return isnan(value) ? write_ascii(out, "NaN", 3)
               : value > 0 ? write_ascii(out, "Infinity", 8) : write_ascii(out, "-Infinity", 9);
    }
    PyObject *text = float_repr_double(value);
    int status = text != NULL ? str_writer_str(&out->text, text) : -1;
    xdecref(text);
    return status;
}

// The new line before an item, or before a closing bracket, of a container at that level.
static int
write_indent(Output *out, Py_ssize_t level)
{
    PyObject *indent = out->encoder->indent;
    if (indent == Py_None) {
        return 0;
    }
    int status = str_writer_char(&out->text, '\n');
    for (Py_ssize_t i = 0; status == 0 && i < level; i++) {
        status = str_writer_str(&out->text, indent);
    }
    return status;
}

static int
write_separator(Output *out, bool first, Py_ssize_t level)
{
    if (!first && str_writer_str(&out->text, out->encoder->item_separator) < 0) {
        return -1;
    }
    return write_indent(out, level);
}

// ---- lists and tuples ----

// The item, or VALUE_UNSET behind the end.
static inline Value
sequence_item(PyObject *op, Py_ssize_t i)
{
    if (list_check(op)) {
        return list_get_value(op, i);
    }
    return i < tuple_size(op) ? value_borrowed(tuple_item(op, i)) : VALUE_UNSET;
}

static int
write_items(Output *out, PyObject *op, Py_ssize_t level)
{
    for (Py_ssize_t i = 0;; i++) {
        Value item = sequence_item(op, i);
        if (item == VALUE_UNSET) {
            return 0;
        }
        if (write_separator(out, i == 0, level) < 0) {
            value_drop(item);
            return -1;
        }
        int status = write_value(out, item, level);
        value_drop(item);
        if (status < 0) {
            note_item(op, i);
            return -1;
        }
    }
}

static int
write_sequence(Output *out, PyObject *op, Py_ssize_t level)
{
    if ((list_check(op) ? list_size(op) : tuple_size(op)) == 0) {
        return write_ascii(out, "[]", 2);
    }
    if (mark(out->encoder, op) < 0 || str_writer_char(&out->text, '[') < 0
        || write_items(out, op, level + 1) < 0 || unmark(out->encoder, op) < 0
        || write_indent(out, level) < 0) {
        return -1;
    }
    return str_writer_char(&out->text, ']');
}

// ---- dicts ----

// The text of a key as a str: 1 and *text set, 0 when the item is to be left out, or -1.
static int
key_text(Output *out, PyObject *key, PyObject **text)
{
    if (str_check(key)) {
        *text = new_ref(key);
        return 1;
    }
    if (key == Py_True || key == Py_False || key == Py_None) {
        *text = str_from_cstr(key == Py_True ? "true" : key == Py_False ? "false" : "null");
    }
    else if (float_check(key)) {
        Output number = {.encoder = out->encoder};
        str_writer_init(&number.text);
        if (write_float(&number, float_value(key), key) < 0) {
            str_writer_discard(&number.text);
            return -1;
        }
        *text = str_writer_finish(&number.text);
    }
    else if (int_check(key)) {
        *text = int_repr(key);
    }
    else if (out->encoder->skipkeys) {
        return 0;
    }
    else {
        error_format(PyExc_TypeError, "keys must be str, int, float, bool or None, not %.100s",
                     type_of(key)->tp_name);
        return -1;
    }
    return *text != NULL ? 1 : -1;
}

static int
write_member(Output *out, PyObject *dict, PyObject *key, Value value, Py_ssize_t level, bool *first)
{
    PyObject *text = NULL;
    int status = key_text(out, key, &text);
    if (status <= 0) {
        return status;
    }
    status = write_separator(out, *first, level);
    *first = false;
    if (status == 0) {
        status = write_string(out, text);
    }
    decref(text);
    if (status < 0 || str_writer_str(&out->text, out->encoder->key_separator) < 0) {
        return -1;
    }
    if (write_value(out, value, level) < 0) {
        note_key(dict, key);
        return -1;
    }
    return 0;
}

// The items as dict.items() of the object gives them, in order.
static int
write_listed_members(Output *out, PyObject *dict, Py_ssize_t level, bool *first)
{
    PyObject *items = mapping_items(dict);
    if (items == NULL) {
        return -1;
    }
    int status = out->encoder->sort_keys ? list_sort(items) : 0;
    for (Py_ssize_t i = 0; status == 0; i++) {
        PyObject *item = list_get_optional(items, i);
        if (item == NULL) {
            break;
        }
        if (tuple_check(item) && tuple_size(item) == 2) {
            status = write_member(out, dict, tuple_item(item, 0), value_borrowed(tuple_item(item, 1)),
                                  level, first);
        }
        else {
            error_set(PyExc_ValueError, "items must return 2-tuples");
            status = -1;
        }
        decref(item);
    }
    decref(items);
    return status;
}

static int
write_members(Output *out, PyObject *dict, Py_ssize_t level, bool *first)
{
    if (out->encoder->sort_keys || !dict_check_exact(dict)) {
        return write_listed_members(out, dict, level, first);
    }
    Py_ssize_t pos = 0;
    PyObject *key;
    Value value;
    Py_hash_t hash;
    while (dict_next_value(dict, &pos, &key, &value, &hash)) {
        int status = write_member(out, dict, key, value, level, first);
        decref(key);
        value_drop(value);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

static int
write_dict(Output *out, PyObject *op, Py_ssize_t level)
{
    if (dict_size(op) == 0) {
        return write_ascii(out, "{}", 2);
    }
    bool first = true;
    if (mark(out->encoder, op) < 0 || str_writer_char(&out->text, '{') < 0
        || write_members(out, op, level + 1, &first) < 0 || unmark(out->encoder, op) < 0
        || (!first && write_indent(out, level) < 0)) {
        return -1;
    }
    return str_writer_char(&out->text, '}');
}

// ---- any value ----

static int
write_other(Output *out, PyObject *op, Py_ssize_t level)
{
    if (mark(out->encoder, op) < 0) {
        return -1;
    }
    PyObject *substitute = object_call_onearg(out->encoder->default_function, op);
    if (substitute == NULL) {
        return -1;
    }
    int status = -1;
    if (thread_enter_c(" while encoding a JSON object") == 0) {
        status = write_object(out, substitute, level);
        thread_leave_c();
        if (status < 0) {
            note_object(op);
        }
    }
    decref(substitute);
    return status < 0 ? -1 : unmark(out->encoder, op);
}

static int
write_object(Output *out, PyObject *op, Py_ssize_t level)
{
    if (str_check(op)) {
        return write_string(out, op);
    }
    if (op == Py_None) {
        return write_ascii(out, "null", 4);
    }
    if (op == Py_True) {
        return write_ascii(out, "true", 4);
    }
    if (op == Py_False) {
        return write_ascii(out, "false", 5);
    }
    if (int_check(op)) {
        return write_int(out, op);
    }
    if (float_check(op)) {
        return write_float(out, float_value(op), op);
    }
    bool is_sequence = list_check(op) || tuple_check(op);
    if (!is_sequence && !dict_check(op)) {
        return write_other(out, op, level);
    }
    if (thread_enter_c(" while encoding a JSON object") < 0) {
        return -1;
    }
    int status = is_sequence ? write_sequence(out, op, level) : write_dict(out, op, level);
    thread_leave_c();
    return status;
}

static int
write_value(Output *out, Value value, Py_ssize_t level)
{
    if (value_is_int(value)) {
        return write_small_int(out, value_int(value));
    }
    if (value_is_float(value)) {
        return write_float(out, value_float(value), NULL);
    }
    return write_object(out, value_pointer(value), level);
}

// ---- the type ----

static PyObject *
encoder_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"obj", "_current_indent_level", NULL};
    PyObject *obj;
    Py_ssize_t level;
    if (!args_parse_static(args, kwargs, "On:_iterencode", names, &obj, &level)) {
        return NULL;
    }
    Output out = {.encoder = (JsonEncoder *)op};
    str_writer_init(&out.text);
    if (write_object(&out, obj, level > 0 ? level : 0) < 0) {
        str_writer_discard(&out.text);
        return NULL;
    }
    PyObject *text = str_writer_finish(&out.text);
    PyObject *result = text != NULL ? tuple_pack(1, text) : NULL;
    xdecref(text);
    return result;
}

NATIVE_LIFETIME(encoder, JsonEncoder, 6, markers, default_function, encoder, indent, key_separator,
                item_separator)

static int
encoder_clear(PyObject *op)
{
    JsonEncoder *self = (JsonEncoder *)op;
    clear_ref(self->markers);
    clear_ref(self->default_function);
    clear_ref(self->encoder);
    return 0;
}

static StringMode
string_mode(PyObject *encoder)
{
    if (!cfunction_check_exact(encoder)) {
        return STRING_CALL;
    }
    PyCFunction function = ((PyCFunctionObject *)encoder)->m_ml->ml_meth;
    return function == json_encode_basestring_ascii ? STRING_ASCII
           : function == json_encode_basestring ? STRING_ANY : STRING_CALL;
}

static PyObject *
encoder_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {
        "markers", "default", "encoder", "indent", "key_separator", "item_separator", "sort_keys",
        "skipkeys", "allow_nan", NULL,
    };
    PyObject *markers, *function, *encoder, *indent, *key_separator, *item_separator;
    int sort_keys, skipkeys, allow_nan;
    if (!args_parse_static(args, kwargs, "OOOOUUppp:make_encoder", names, &markers, &function,
                           &encoder, &indent, &key_separator, &item_separator, &sort_keys,
                           &skipkeys, &allow_nan)) {
        return NULL;
    }
    if (markers != Py_None && !dict_check(markers)) {
        return error_format(PyExc_TypeError,
                            "make_encoder() argument 1 must be dict or None, not %.200s",
                            type_of(markers)->tp_name);
    }
    if (indent != Py_None && !str_check(indent)) {
        return error_format(PyExc_TypeError,
                            "make_encoder() argument 4 must be str or None, not %.200s",
                            type_of(indent)->tp_name);
    }
    JsonEncoder *self = (JsonEncoder *)type_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->markers = new_ref(markers);
    self->default_function = new_ref(function);
    self->encoder = new_ref(encoder);
    self->indent = new_ref(indent);
    self->key_separator = new_ref(key_separator);
    self->item_separator = new_ref(item_separator);
    self->string_mode = string_mode(encoder);
    self->sort_keys = sort_keys;
    self->skipkeys = skipkeys;
    self->allow_nan = allow_nan;
    return (PyObject *)self;
}

static PyMemberDef encoder_members[] = {
    {"markers", _Py_T_OBJECT, offsetof(JsonEncoder, markers), Py_READONLY, "markers"},
    {"default", _Py_T_OBJECT, offsetof(JsonEncoder, default_function), Py_READONLY, "default"},
    {"encoder", _Py_T_OBJECT, offsetof(JsonEncoder, encoder), Py_READONLY, "encoder"},
    {"indent", _Py_T_OBJECT, offsetof(JsonEncoder, indent), Py_READONLY, "indent"},
    {"key_separator", _Py_T_OBJECT, offsetof(JsonEncoder, key_separator), Py_READONLY,
     "key_separator"},
    {"item_separator", _Py_T_OBJECT, offsetof(JsonEncoder, item_separator), Py_READONLY,
     "item_separator"},
    {"sort_keys", Py_T_BOOL, offsetof(JsonEncoder, sort_keys), Py_READONLY, "sort_keys"},
    {"skipkeys", Py_T_BOOL, offsetof(JsonEncoder, skipkeys), Py_READONLY, "skipkeys"},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject json_encoder_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "_json.Encoder",
    .tp_doc = "Encoder(markers, default, encoder, indent, key_separator, item_separator, "
              "sort_keys, skipkeys, allow_nan)",
    .tp_basicsize = sizeof(JsonEncoder),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_getattro = object_generic_getattr,
    .tp_dealloc = encoder_dealloc,
    .tp_traverse = encoder_traverse,
    .tp_clear = encoder_clear,
    .tp_call = encoder_call,
    .tp_members = encoder_members,
    .tp_new = encoder_new,
};
