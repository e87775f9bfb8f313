// _codecs: the registry, and the encodings implemented in C, as functions of (data, errors).
//
// Encoders give (bytes, characters consumed), decoders (str, bytes consumed). Decoders that can
// stop in the middle of a character take `final`.
#include <string.h>

#include "memory/refcount.h"
#include "modules/module.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/codec.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"

#define FAST(f) ((PyCFunction)(void (*)(void))(f))

// ---- results ----

static PyObject *
pair(PyObject *result, Py_ssize_t consumed)
{
    if (result == NULL) {
        return NULL;
    }
    PyObject *length = int_from_ssize(consumed);
    if (length == NULL) {
        decref(result);
        return NULL;
    }
    return tuple_pair_steal(result, length);
}

// ---- arguments ----

// A str or None at args[i], as C text: 0 or -1.
static int
errors_argument(const char *name, PyObject *const *args, Py_ssize_t nargs, Py_ssize_t i,
                const char **errors)
{
    *errors = NULL;
    if (nargs <= i || args[i] == Py_None) {
        return 0;
    }
    if (!str_check(args[i])) {
        args_bad_argument(name, i == 0 ? "argument 1" : "argument 2", "str or None", args[i]);
        return -1;
    }
    *errors = str_as_utf8_no_nul(args[i]);
    return *errors == NULL ? -1 : 0;
}

// The arguments of a decoder.
typedef struct {
    Py_buffer view;         // obj NULL: data belong to a str argument
    const char *data;
    Py_ssize_t size;
    const char *errors;
    bool final;
} DecodeArgs;

// max: 2 without `final`, 3 with it. text_too: a str stands for its UTF-8.
static int
decode_args(const char *name, PyObject *const *args, Py_ssize_t nargs, int max, bool text_too,
            bool final, DecodeArgs *d)
{
    d->view.obj = NULL;
    d->final = final;
    if (!args_check_positional(name, nargs, 1, max)) {
        return -1;
    }
    if (text_too && str_check(args[0])) {
        d->data = str_as_utf8_size(args[0], &d->size);
        if (d->data == NULL) {
            return -1;
        }
    }
    else {
        if (buffer_get_stable(args[0], &d->view) < 0) {
            return -1;
        }
        d->data = d->view.buf;
        d->size = d->view.len;
    }
    int flag = final;
    if (errors_argument(name, args, nargs, 1, &d->errors) < 0 ||
        (nargs > 2 && max > 2 && (flag = object_is_true(args[2])) < 0)) {
        buffer_release(&d->view);
        return -1;
    }
    d->final = flag != 0;
    return 0;
}

static PyObject *
decode_done(DecodeArgs *d, PyObject *result, Py_ssize_t consumed)
{
    buffer_release(&d->view);
    return pair(result, consumed);
}

// The text and the errors of an encoder.
static int
encode_args(const char *name, PyObject *const *args, Py_ssize_t nargs, const char **errors)
{
    if (!args_check_positional(name, nargs, 1, 2)) {
        return -1;
    }
    if (!str_check(args[0])) {
        args_bad_argument(name, "argument 1", "str", args[0]);
        return -1;
    }
    return errors_argument(name, args, nargs, 1, errors);
}

// ---- decoders ----

#define STATEFUL_DECODER(NAME, CALL)                                                         \
    static PyObject *NAME(PyObject *module, PyObject *const *args, Py_ssize_t nargs)         \
    {                                                                                        \
        DecodeArgs d;                                                                        \
        if (decode_args(#NAME, args, nargs, 3, false, false, &d) < 0) {                      \
            return NULL;                                                                     \
        }                                                                                    \
        Py_ssize_t used = d.size;                                                            \
        Py_ssize_t *consumed = d.final ? NULL : &used;                                       \
        PyObject *result = CALL;                                                             \
        return decode_done(&d, result, used);                                                \
    }

STATEFUL_DECODER(utf_8_decode, str_decode_utf8_stateful(d.data, d.size, d.errors, consumed))
STATEFUL_DECODER(utf_7_decode, str_decode_utf7(d.data, d.size, d.errors, consumed))
STATEFUL_DECODER(utf_16_decode, str_decode_utf16(d.data, d.size, d.errors, NULL, consumed))
STATEFUL_DECODER(utf_16_le_decode,
                 str_decode_utf16(d.data, d.size, d.errors, &(int){-1}, consumed))
STATEFUL_DECODER(utf_16_be_decode,
                 str_decode_utf16(d.data, d.size, d.errors, &(int){1}, consumed))
STATEFUL_DECODER(utf_32_decode, str_decode_utf32(d.data, d.size, d.errors, NULL, consumed))
STATEFUL_DECODER(utf_32_le_decode,
                 str_decode_utf32(d.data, d.size, d.errors, &(int){-1}, consumed))
STATEFUL_DECODER(utf_32_be_decode,
                 str_decode_utf32(d.data, d.size, d.errors, &(int){1}, consumed))

#define SIMPLE_DECODER(NAME, CALL)                                                           \
    static PyObject *NAME(PyObject *module, PyObject *const *args, Py_ssize_t nargs)         \
    {                                                                                        \
        DecodeArgs d;                                                                        \
        if (decode_args(#NAME, args, nargs, 2, false, true, &d) < 0) {                       \
            return NULL;                                                                     \
        }                                                                                    \
        PyObject *result = CALL;                                                             \
        return decode_done(&d, result, d.size);                                              \
    }

SIMPLE_DECODER(latin_1_decode, str_decode_latin1(d.data, d.size, d.errors))
SIMPLE_DECODER(ascii_decode, str_decode_ascii(d.data, d.size, d.errors))

static PyObject *
unicode_escape_decode(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    DecodeArgs d;
    if (decode_args("unicode_escape_decode", args, nargs, 3, true, true, &d) < 0) {
        return NULL;
    }
    Py_ssize_t used = d.size;
    PyObject *result =
        str_decode_unicode_escape(d.data, d.size, d.errors, d.final ? NULL : &used, NULL);
    return decode_done(&d, result, used);
}

static PyObject *
raw_unicode_escape_decode(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    DecodeArgs d;
    if (decode_args("raw_unicode_escape_decode", args, nargs, 3, true, true, &d) < 0) {
        return NULL;
    }
    Py_ssize_t used = d.size;
    PyObject *result =
        str_decode_raw_unicode_escape(d.data, d.size, d.errors, d.final ? NULL : &used);
    return decode_done(&d, result, used);
}

static PyObject *
escape_decode(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    DecodeArgs d;
    if (decode_args("escape_decode", args, nargs, 2, true, true, &d) < 0) {
        return NULL;
    }
    PyObject *result = bytes_decode_escape(d.data, d.size, d.errors, NULL);
    return decode_done(&d, result, d.size);
}

typedef PyObject *(*ExDecoder)(const char *data, Py_ssize_t size, const char *errors,
                               int *byteorder, Py_ssize_t *consumed);

// (data, errors, byteorder, final) -> (str, consumed, byteorder)
static PyObject *
ex_decode(const char *name, PyObject *const *args, Py_ssize_t nargs, ExDecoder decoder)
{
    DecodeArgs d;
    if (!args_check_positional(name, nargs, 1, 4) ||
        decode_args(name, args, nargs < 2 ? nargs : 2, 2, false, false, &d) < 0) {
        return NULL;
    }
    int byteorder = 0, final = 0;
    if (nargs > 2) {
        byteorder = int_as_int(args[2]);
        if (byteorder == -1 && error_occurred()) {
            goto error;
        }
    }
    if (nargs > 3) {
        final = object_is_true(args[3]);
        if (final < 0) {
            goto error;
        }
    }
    Py_ssize_t used = d.size;
    PyObject *text = decoder(d.data, d.size, d.errors, &byteorder, final ? NULL : &used);
    buffer_release(&d.view);
    if (text == NULL) {
        return NULL;
    }
    PyObject *length = int_from_ssize(used), *order = int_from_i64(byteorder), *result = NULL;
    if (length != NULL && order != NULL) {
        result = tuple_pack(3, text, length, order);
    }
    xdecref(order);
    xdecref(length);
    decref(text);
    return result;
error:
    buffer_release(&d.view);
    return NULL;
}

static PyObject *
utf_16_ex_decode(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    return ex_decode("utf_16_ex_decode", args, nargs, str_decode_utf16);
}

static PyObject *
utf_32_ex_decode(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    return ex_decode("utf_32_ex_decode", args, nargs, str_decode_utf32);
}

static PyObject *
charmap_decode(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    DecodeArgs d;
    if (!args_check_positional("charmap_decode", nargs, 1, 3) ||
        decode_args("charmap_decode", args, nargs < 2 ? nargs : 2, 2, false, true, &d) < 0) {
        return NULL;
    }
    PyObject *mapping = nargs > 2 && args[2] != Py_None ? args[2] : NULL;
    return decode_done(&d, str_decode_charmap(d.data, d.size, mapping, d.errors), d.size);
}

// ---- encoders ----

#define ENCODER(NAME, CALL)                                                                  \
    static PyObject *NAME(PyObject *module, PyObject *const *args, Py_ssize_t nargs)         \
    {                                                                                        \
        const char *errors;                                                                  \
        if (encode_args(#NAME, args, nargs, &errors) < 0) {                                  \
            return NULL;                                                                     \
        }                                                                                    \
        PyObject *text = args[0];                                                            \
        return pair(CALL, str_length(text));                                                 \
    }

ENCODER(utf_8_encode, str_encode_utf8(text, errors))
ENCODER(utf_7_encode, str_encode_utf7(text, errors))
ENCODER(utf_16_le_encode, str_encode_utf16(text, errors, -1))
ENCODER(utf_16_be_encode, str_encode_utf16(text, errors, 1))
ENCODER(utf_32_le_encode, str_encode_utf32(text, errors, -1))
ENCODER(utf_32_be_encode, str_encode_utf32(text, errors, 1))
ENCODER(latin_1_encode, str_encode_latin1(text, errors))
ENCODER(ascii_encode, str_encode_ascii(text, errors))
ENCODER(unicode_escape_encode, str_encode_unicode_escape(text))
ENCODER(raw_unicode_escape_encode, str_encode_raw_unicode_escape(text))

typedef PyObject *(*OrderedEncoder)(PyObject *text, const char *errors, int byteorder);

static PyObject *
ordered_encode(const char *name, PyObject *const *args, Py_ssize_t nargs, OrderedEncoder encoder)
{
    const char *errors;
    int byteorder = 0;
    if (!args_check_positional(name, nargs, 1, 3) ||
        encode_args(name, args, nargs < 2 ? nargs : 2, &errors) < 0) {
        return NULL;
    }
    if (nargs > 2) {
        byteorder = int_as_int(args[2]);
        if (byteorder == -1 && error_occurred()) {
            return NULL;
        }
    }
    return pair(encoder(args[0], errors, byteorder), str_length(args[0]));
}

static PyObject *
utf_16_encode(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    return ordered_encode("utf_16_encode", args, nargs, str_encode_utf16);
}

static PyObject *
utf_32_encode(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    return ordered_encode("utf_32_encode", args, nargs, str_encode_utf32);
}

static PyObject *
charmap_encode(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    const char *errors;
    if (!args_check_positional("charmap_encode", nargs, 1, 3) ||
        encode_args("charmap_encode", args, nargs < 2 ? nargs : 2, &errors) < 0) {
        return NULL;
    }
    PyObject *mapping = nargs > 2 && args[2] != Py_None ? args[2] : NULL;
    return pair(str_encode_charmap(args[0], mapping, errors), str_length(args[0]));
}

static PyObject *
charmap_build(PyObject *module, PyObject *map)
{
    if (!str_check(map)) {
        args_bad_argument("charmap_build", "argument", "str", map);
        return NULL;
    }
    return str_build_encoding_map(map);
}

static PyObject *
escape_encode(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    const char *errors;
    if (!args_check_positional("escape_encode", nargs, 1, 2)) {
        return NULL;
    }
    if (!bytes_check(args[0])) {
        args_bad_argument("escape_encode", "argument 1", "bytes", args[0]);
        return NULL;
    }
    if (errors_argument("escape_encode", args, nargs, 1, &errors) < 0) {
        return NULL;
    }
    const unsigned char *p = (const unsigned char *)bytes_data(args[0]);
    Py_ssize_t n = bytes_length(args[0]);
    BytesWriter w;
    bytes_writer_init(&w);
    for (Py_ssize_t i = 0; i < n; i++) {
        unsigned char c = p[i];
        char text[4] = {'\\', 0, 0, 0};
        int size = 2;
        if (c == '\'' || c == '\\') {
            text[1] = (char)c;
        }
        else if (c == '\t' || c == '\n' || c == '\r') {
            text[1] = c == '\t' ? 't' : c == '\n' ? 'n' : 'r';
        }
        else if (c < ' ' || c >= 0x7f) {
            text[1] = 'x';
            text[2] = "0123456789abcdef"[c >> 4];
            text[3] = "0123456789abcdef"[c & 15];
            size = 4;
        }
        else {
            text[0] = (char)c;
            size = 1;
        }
        if (bytes_writer_write(&w, text, size) < 0) {
            bytes_writer_discard(&w);
            return NULL;
        }
    }
    return pair(bytes_writer_finish(&w), n);
}

static PyObject *
readbuffer_encode(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    DecodeArgs d;
    if (decode_args("readbuffer_encode", args, nargs, 2, true, true, &d) < 0) {
        return NULL;
    }
    return decode_done(&d, bytes_from_data(d.data, d.size), d.size);
}

// ---- the registry ----

static PyObject *
codecs_register(PyObject *module, PyObject *function)
{
    return codec_register(function) < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
codecs_unregister(PyObject *module, PyObject *function)
{
    return codec_unregister(function) < 0 ? NULL : new_ref(Py_None);
}

// A str argument as C text.
static const char *
name_argument(const char *function, const char *display, PyObject *arg)
{
    if (!str_check(arg)) {
        args_bad_argument(function, display, "str", arg);
        return NULL;
    }
    return str_as_utf8_no_nul(arg);
}

static PyObject *
codecs_lookup(PyObject *module, PyObject *arg)
{
    const char *name = name_argument("lookup", "argument", arg);
    return name == NULL ? NULL : codec_lookup(name);
}

static const char *const codec_keywords[] = {"obj", "encoding", "errors", NULL};

static PyObject *
codecs_encode(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "O|ss:encode", .keywords = codec_keywords};
    PyObject *op;
    const char *encoding = "utf-8", *errors = NULL;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &op, &encoding, &errors)) {
        return NULL;
    }
    return codec_encode(op, encoding, errors);
}

static PyObject *
codecs_decode(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "O|ss:decode", .keywords = codec_keywords};
    PyObject *op;
    const char *encoding = "utf-8", *errors = NULL;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &op, &encoding, &errors)) {
        return NULL;
    }
    return codec_decode(op, encoding, errors);
}

static PyObject *
codecs_register_error(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("register_error", nargs, 2, 2)) {
        return NULL;
    }
    const char *name = name_argument("register_error", "argument 1", args[0]);
    return name == NULL || codec_register_error(name, args[1]) < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
codecs_unregister_error(PyObject *module, PyObject *arg)
{
    const char *name = name_argument("_unregister_error", "argument", arg);
    int rc = name == NULL ? -1 : codec_unregister_error(name);
    return rc < 0 ? NULL : bool_from_long(rc);
}

static PyObject *
codecs_lookup_error(PyObject *module, PyObject *arg)
{
    const char *name = name_argument("lookup_error", "argument", arg);
    return name == NULL ? NULL : codec_lookup_error(name);
}

#define DECODER_ROW(name, signature) \
    {#name, FAST(name), METH_FASTCALL, #name "($module, " signature ", /)\n--\n\n"}

static PyMethodDef codecs_methods[] = {
    {"register", codecs_register, METH_O,
     "register($module, search_function, /)\n--\n\n"
     "Register a codec search function.\n\n"
     "Search functions are expected to take one argument, the encoding name in\n"
     "all lower case letters, and either return None, or a tuple of functions\n"
     "(encoder, decoder, stream_reader, stream_writer) (or a CodecInfo object)."},
    {"unregister", codecs_unregister, METH_O,
     "unregister($module, search_function, /)\n--\n\n"
     "Unregister a codec search function and clear the registry's cache.\n\n"
     "If the search function is not registered, do nothing."},
    {"lookup", codecs_lookup, METH_O,
     "lookup($module, encoding, /)\n--\n\n"
     "Looks up a codec tuple in the Python codec registry and returns a CodecInfo object."},
    {"encode", FAST(codecs_encode), METH_FASTCALL | METH_KEYWORDS,
     "encode($module, /, obj, encoding='utf-8', errors='strict')\n--\n\n"
     "Encodes obj using the codec registered for encoding.\n\n"
     "The default encoding is 'utf-8'.  errors may be given to set a\n"
     "different error handling scheme.  Default is 'strict' meaning that encoding\n"
     "errors raise a ValueError.  Other possible values are 'ignore', 'replace'\n"
     "and 'backslashreplace' as well as any other name registered with\n"
     "codecs.register_error that can handle ValueErrors."},
    {"decode", FAST(codecs_decode), METH_FASTCALL | METH_KEYWORDS,
     "decode($module, /, obj, encoding='utf-8', errors='strict')\n--\n\n"
     "Decodes obj using the codec registered for encoding.\n\n"
     "Default encoding is 'utf-8'.  errors may be given to set a\n"
     "different error handling scheme.  Default is 'strict' meaning that encoding\n"
     "errors raise a ValueError.  Other possible values are 'ignore', 'replace'\n"
     "and 'backslashreplace' as well as any other name registered with\n"
     "codecs.register_error that can handle ValueErrors."},
    DECODER_ROW(escape_encode, "data, errors=None"),
    DECODER_ROW(escape_decode, "data, errors=None"),
    DECODER_ROW(utf_8_encode, "str, errors=None"),
    DECODER_ROW(utf_8_decode, "data, errors=None, final=False"),
    DECODER_ROW(utf_7_encode, "str, errors=None"),
    DECODER_ROW(utf_7_decode, "data, errors=None, final=False"),
    DECODER_ROW(utf_16_encode, "str, errors=None, byteorder=0"),
    DECODER_ROW(utf_16_le_encode, "str, errors=None"),
    DECODER_ROW(utf_16_be_encode, "str, errors=None"),
    DECODER_ROW(utf_16_decode, "data, errors=None, final=False"),
    DECODER_ROW(utf_16_le_decode, "data, errors=None, final=False"),
    DECODER_ROW(utf_16_be_decode, "data, errors=None, final=False"),
    DECODER_ROW(utf_16_ex_decode, "data, errors=None, byteorder=0, final=False"),
    DECODER_ROW(utf_32_encode, "str, errors=None, byteorder=0"),
    DECODER_ROW(utf_32_le_encode, "str, errors=None"),
    DECODER_ROW(utf_32_be_encode, "str, errors=None"),
    DECODER_ROW(utf_32_decode, "data, errors=None, final=False"),
    DECODER_ROW(utf_32_le_decode, "data, errors=None, final=False"),
    DECODER_ROW(utf_32_be_decode, "data, errors=None, final=False"),
    DECODER_ROW(utf_32_ex_decode, "data, errors=None, byteorder=0, final=False"),
    DECODER_ROW(unicode_escape_encode, "str, errors=None"),
    DECODER_ROW(unicode_escape_decode, "data, errors=None, final=True"),
    DECODER_ROW(raw_unicode_escape_encode, "str, errors=None"),
    DECODER_ROW(raw_unicode_escape_decode, "data, errors=None, final=True"),
    DECODER_ROW(latin_1_encode, "str, errors=None"),
    DECODER_ROW(latin_1_decode, "data, errors=None"),
    DECODER_ROW(ascii_encode, "str, errors=None"),
    DECODER_ROW(ascii_decode, "data, errors=None"),
    DECODER_ROW(charmap_encode, "str, errors=None, mapping=None"),
    DECODER_ROW(charmap_decode, "data, errors=None, mapping=None"),
    {"charmap_build", charmap_build, METH_O, "charmap_build($module, map, /)\n--\n\n"},
    DECODER_ROW(readbuffer_encode, "data, errors=None"),
    {"register_error", FAST(codecs_register_error), METH_FASTCALL,
     "register_error($module, errors, handler, /)\n--\n\n"
     "Register the specified error handler under the name errors.\n\n"
     "handler must be a callable object, that\n"
     "will be called with an exception instance containing\n"
     "information about the location of the encoding/decoding\n"
     "error and must return a (replacement, new position) tuple."},
    {"_unregister_error", codecs_unregister_error, METH_O,
     "_unregister_error($module, errors, /)\n--\n\n"
     "Un-register the specified error handler for the error handling `errors'.\n\n"
     "Only custom error handlers can be un-registered. An exception is raised\n"
     "if the error handling is a built-in one (e.g., 'strict'), or if an error\n"
     "occurs.\n\nOtherwise, this returns True if a custom handler has been successfully\n"
     "un-registered, and False if no custom handler for the specified error\n"
     "handling exists."},
    {"lookup_error", codecs_lookup_error, METH_O,
     "lookup_error($module, name, /)\n--\n\n"
     "lookup_error(errors) -> handler\n\n"
     "Return the error handler for the specified error handling name or raise a\n"
     "LookupError, if no handler exists under this name."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot codecs_slots[] = {
    {0, NULL},
};

static PyModuleDef codecs_module = {
    .m_name = "_codecs",
    .m_methods = codecs_methods,
    .m_slots = codecs_slots,
};

NATIVE_MODULE(_codecs, &codecs_module)
