// _io.IncrementalNewlineDecoder; see io_newline.h.
//
// Threading: decode() runs in the object's critical section.
#include "modules/io_newline.h"

#include <string.h>

#include "abi/constants.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "modules/io_internal.h"
#include "objects/args.h"
#include "objects/build.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "thread/critical_section.h"

enum { SEEN_CR = 1, SEEN_LF = 2, SEEN_CRLF = 4 };

typedef struct {
    PyObject ob_base;
    PyObject *decoder;      // lock: the object's; None or an incremental decoder
    PyObject *errors;       // lock: the object's
    bool translate;         // lock: the object's
    bool pending_cr;        // lock: the object's; a '\r' was held back
    unsigned seen;          // lock: the object's; SEEN_*
} NewlineDecoder;

static int
init_lock_held(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"decoder", "translate", "errors", NULL};
    NewlineDecoder *self = (NewlineDecoder *)op;
    PyObject *decoder;
    int translate;
    PyObject *errors = NULL;
    if (!args_parse_static(args, kwargs, "Op|O:IncrementalNewlineDecoder", names, &decoder,
                           &translate, &errors)) {
        return -1;
    }
    set_ref(self->decoder, new_ref(decoder));
    set_ref(self->errors, errors != NULL ? new_ref(errors) : str_intern_cstr("strict"));
    self->translate = translate;
    self->pending_cr = false;
    self->seen = 0;
    return self->errors != NULL ? 0 : -1;
}

static int
newline_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    int result = init_lock_held(op, args, kwargs);
    critical_section_end(&cs);
    return result;
}

PyObject *
newline_decoder_new(PyObject *decoder, bool translate)
{
    return object_call_twoargs((PyObject *)&io_newline_decoder_type, decoder,
                               translate ? Py_True : Py_False);
}

// Calls a method of the wrapped decoder, which stays alive meanwhile. a and b may be NULL.
static PyObject *
inner_call(NewlineDecoder *self, PyObject *name, PyObject *a, PyObject *b)
{
    PyObject *decoder = new_ref(self->decoder);
    PyObject *result = object_call_method(decoder, name, a, b, NULL);
    decref(decoder);
    return result;
}

// The text with a held-back '\r' in front, and without one at its end unless final.
static PyObject *
hold_back_cr(NewlineDecoder *self, PyObject *text, bool final)
{
    Py_ssize_t length = str_length(text);
    if (self->pending_cr && (final || length > 0)) {
        PyObject *cr = str_from_char('\r');
        PyObject *joined = cr != NULL ? str_concat(cr, text) : NULL;
        xdecref(cr);
        decref(text);
        if (joined == NULL) {
            return NULL;
        }
        text = joined;
        length++;
        self->pending_cr = false;
    }
    if (!final && length > 0 && str_read_char(text, length - 1) == '\r') {
        set_ref(text, str_substring(text, 0, length - 1));
        self->pending_cr = true;
    }
    return text;
}

// Notes the kinds of line ends in the text.
static void
note_line_ends(NewlineDecoder *self, PyObject *text)
{
    int kind = str_kind(text);
    const void *data = str_data(text);
    Py_ssize_t length = str_length(text);
    for (Py_ssize_t i = 0; i < length && self->seen != (SEEN_CR | SEEN_LF | SEEN_CRLF); i++) {
        Py_UCS4 ch = str_read(kind, data, i);
        if (ch == '\n') {
            self->seen |= SEEN_LF;
        }
        else if (ch == '\r') {
            if (i + 1 < length && str_read(kind, data, i + 1) == '\n') {
                self->seen |= SEEN_CRLF;
                i++;
            }
            else {
                self->seen |= SEEN_CR;
            }
        }
    }
}

// A new str with all line ends as '\n'. Consumes text, which has some '\r'.
static PyObject *
translate_steal(PyObject *text)
{
    Py_ssize_t length = str_length(text);
    PyObject *result = str_new(length, str_max_char(text));
    if (result != NULL) {
        int kind = str_kind(text);
        const void *from = str_data(text);
        void *to = str_data(result);
        Py_ssize_t out = 0;
        for (Py_ssize_t i = 0; i < length; i++) {
            Py_UCS4 ch = str_read(kind, from, i);
            if (ch == '\r') {
                ch = '\n';
                i += i + 1 < length && str_read(kind, from, i + 1) == '\n';
            }
            str_write(kind, to, out++, ch);
        }
        if (out < length) {
            set_ref(result, str_substring(result, 0, out));
        }
    }
    decref(text);
    return result;
}

static PyObject *
decode_lock_held(NewlineDecoder *self, PyObject *input, bool final)
{
    if (self->decoder == NULL) {
        return error_set(PyExc_ValueError, "IncrementalNewlineDecoder.__init__() not called");
    }
    PyObject *text;
    if (self->decoder != Py_None) {
        text = inner_call(self, ID(decode), input, final ? Py_True : Py_False);
    }
    else {
        text = new_ref(input);
    }
    if (text == NULL) {
        return NULL;
    }
    if (!str_check(text)) {
        error_format(PyExc_TypeError, "decoder should return a string result, not '%.200s'",
                     object_type(text)->tp_name);
        decref(text);
        return NULL;
    }
    text = hold_back_cr(self, text, final);
    if (text == NULL || str_length(text) == 0) {
        return text;
    }
    bool has_cr = str_find_char(text, '\r', 0, str_length(text), 1) >= 0;
    if (!has_cr) {
        if (!(self->seen & SEEN_LF) && str_find_char(text, '\n', 0, str_length(text), 1) >= 0) {
            self->seen |= SEEN_LF;
        }
        return text;
    }
    note_line_ends(self, text);
    return self->translate ? translate_steal(text) : text;
}

PyObject *
newline_decoder_decode(PyObject *op, PyObject *input, bool final)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *result = decode_lock_held((NewlineDecoder *)op, input, final);
    critical_section_end(&cs);
    return result;
}

static PyObject *
newline_decode(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"input", "final", NULL};
    PyObject *input;
    int final = 0;
    if (!args_parse_static(args, kwargs, "O|p:decode", names, &input, &final)) {
        return NULL;
    }
    return newline_decoder_decode(op, input, final);
}

static PyObject *
getstate_lock_held(PyObject *op)
{
    NewlineDecoder *self = (NewlineDecoder *)op;
    PyObject *buffer = NULL;
    unsigned long long flag = 0;
    if (self->decoder == NULL) {
        return error_set(PyExc_ValueError, "IncrementalNewlineDecoder.__init__() not called");
    }
    if (self->decoder == Py_None) {
        buffer = bytes_from_data("", 0);
    }
    else {
        PyObject *state = inner_call(self, ID(getstate), NULL, NULL);
        if (state == NULL) {
            return NULL;
        }
        if (!tuple_check(state)) {
            decref(state);
            return error_set(PyExc_TypeError, "illegal decoder state");
        }
        if (!args_parse(state, "OK;illegal decoder state", &buffer, &flag)) {
            decref(state);
            return NULL;
        }
        buffer = new_ref(buffer);
        decref(state);
    }
    if (buffer == NULL) {
        return NULL;
    }
    return value_build("(NK)", buffer, flag << 1 | self->pending_cr);
}

static PyObject *
newline_getstate(PyObject *op, PyObject *unused)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *result = getstate_lock_held(op);
    critical_section_end(&cs);
    return result;
}

static PyObject *
setstate_lock_held(PyObject *op, PyObject *state)
{
    NewlineDecoder *self = (NewlineDecoder *)op;
    PyObject *buffer;
    unsigned long long flag;
    if (self->decoder == NULL) {
        return error_set(PyExc_ValueError, "IncrementalNewlineDecoder.__init__() not called");
    }
    if (!tuple_check(state)) {
        return error_set(PyExc_TypeError, "state argument must be a tuple");
    }
    if (!args_parse(state, "OK;setstate(): illegal state argument", &buffer, &flag)) {
        return NULL;
    }
    self->pending_cr = flag & 1;
    if (self->decoder == Py_None) {
        return new_ref(Py_None);
    }
    PyObject *inner = value_build("(OK)", buffer, flag >> 1);
    PyObject *result = inner != NULL
                           ? inner_call(self, ID(setstate), inner, NULL) : NULL;
    xdecref(inner);
    return result;
}

static PyObject *
newline_setstate(PyObject *op, PyObject *state)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *result = setstate_lock_held(op, state);
    critical_section_end(&cs);
    return result;
}

static PyObject *
reset_lock_held(PyObject *op)
{
    NewlineDecoder *self = (NewlineDecoder *)op;
    if (self->decoder == NULL) {
        return error_set(PyExc_ValueError, "IncrementalNewlineDecoder.__init__() not called");
    }
    self->seen = 0;
    self->pending_cr = false;
    return self->decoder == Py_None ? new_ref(Py_None)
                                    : inner_call(self, ID(reset), NULL, NULL);
}

static PyObject *
newline_reset(PyObject *op, PyObject *unused)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *result = reset_lock_held(op);
    critical_section_end(&cs);
    return result;
}

// None, one text, or a tuple of the kinds seen.
static PyObject *
newline_get_newlines(PyObject *op, void *closure)
{
    NewlineDecoder *self = (NewlineDecoder *)op;
    if (self->decoder == NULL) {
        return error_set(PyExc_ValueError, "IncrementalNewlineDecoder.__init__() not called");
    }
    switch (self->seen) {
        case SEEN_CR: return str_from_cstr("\r");
        case SEEN_LF: return str_from_cstr("\n");
        case SEEN_CRLF: return str_from_cstr("\r\n");
        case SEEN_CR | SEEN_LF: return value_build("(ss)", "\r", "\n");
        case SEEN_CR | SEEN_CRLF: return value_build("(ss)", "\r", "\r\n");
        case SEEN_LF | SEEN_CRLF: return value_build("(ss)", "\n", "\r\n");
        case SEEN_CR | SEEN_LF | SEEN_CRLF: return value_build("(sss)", "\r", "\n", "\r\n");
        default: return new_ref(Py_None);
    }
}

static PyMethodDef newline_methods[] = {
    {"decode", (PyCFunction)(void (*)(void))newline_decode, METH_VARARGS | METH_KEYWORDS,
     "decode($self, /, input, final=False)\n--\n\n"},
    {"getstate", newline_getstate, METH_NOARGS, "getstate($self, /)\n--\n\n"},
    {"setstate", newline_setstate, METH_O, "setstate($self, state, /)\n--\n\n"},
    {"reset", newline_reset, METH_NOARGS, "reset($self, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef newline_getset[] = {
    {"newlines", newline_get_newlines, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static int
newline_traverse(PyObject *op, visitproc visit, void *arg)
{
    NewlineDecoder *self = (NewlineDecoder *)op;
    int result = self->decoder != NULL ? visit(self->decoder, arg) : 0;
    return result == 0 && self->errors != NULL ? visit(self->errors, arg) : result;
}

static int
newline_clear(PyObject *op)
{
    NewlineDecoder *self = (NewlineDecoder *)op;
    clear_ref(self->decoder);
    clear_ref(self->errors);
    return 0;
}

static void
newline_dealloc(PyObject *op)
{
    gc_untrack(op);
    newline_clear(op);
    object_type(op)->tp_free(op);
}

PyTypeObject io_newline_decoder_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_io.IncrementalNewlineDecoder",
    .tp_basicsize = sizeof(NewlineDecoder),
    .tp_dealloc = newline_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC
                | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "IncrementalNewlineDecoder(decoder, translate, errors='strict')\n--\n\n"
              "Codec used when reading a file in universal newlines mode.\n\n"
              "It wraps another incremental decoder, translating \\r\\n and \\r into \\n.\n"
              "It also records the types of newlines encountered.  When used with\n"
              "translate=False, it ensures that the newline sequence is returned in\n"
              "one piece. When used with decoder=None, it expects unicode strings as\n"
              "decode input and translates newlines without first invoking an external\n"
              "decoder.",
    .tp_traverse = newline_traverse,
    .tp_clear = newline_clear,
    .tp_methods = newline_methods,
    .tp_getset = newline_getset,
    .tp_init = newline_init,
    .tp_new = type_generic_new,
};
