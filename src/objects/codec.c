// The codec registry: search functions, the cache of codecs, error handlers by name.
//
// All of it is made on the first use, and the `encodings` package is imported then, which
// registers the standard search function.
#include "objects/codec.h"

#include <string.h>

#include "base/hooks.h"
#include "memory/refcount.h"
#include "objects/call.h"
#include "objects/cfunction.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/str_internal.h"
#include "objects/tuple.h"
#include "thread/critical_section.h"

// ---- error handlers by name ----

#define HANDLER(name)                                                                    \
    static PyObject *handler_##name(PyObject *self, PyObject *exc)                       \
    {                                                                                    \
        return codec_##name##_errors(exc);                                               \
    }
HANDLER(strict)
HANDLER(ignore)
HANDLER(replace)
HANDLER(xmlcharrefreplace)
HANDLER(backslashreplace)
HANDLER(namereplace)
HANDLER(surrogatepass)
HANDLER(surrogateescape)
#undef HANDLER

static PyMethodDef handlers[] = {
    {"strict_errors", handler_strict, METH_O,
     "Implements the 'strict' error handling, which raises a UnicodeError on coding errors."},
    {"ignore_errors", handler_ignore, METH_O,
     "Implements the 'ignore' error handling, which ignores malformed data and continues."},
    {"replace_errors", handler_replace, METH_O,
     "Implements the 'replace' error handling, which replaces malformed data with a replacement "
     "marker."},
    {"xmlcharrefreplace_errors", handler_xmlcharrefreplace, METH_O,
     "Implements the 'xmlcharrefreplace' error handling, which replaces an unencodable character "
     "with the appropriate XML character reference."},
    {"backslashreplace_errors", handler_backslashreplace, METH_O,
     "Implements the 'backslashreplace' error handling, which replaces malformed data with a "
     "backslashed escape sequence."},
    {"namereplace_errors", handler_namereplace, METH_O,
     "Implements the 'namereplace' error handling, which replaces an unencodable character with a "
     "\\N{...} escape sequence."},
    {"surrogatepass", handler_surrogatepass, METH_O, NULL},
    {"surrogateescape", handler_surrogateescape, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static const char *const handler_names[] = {
    "strict",      "ignore",          "replace",       "xmlcharrefreplace", "backslashreplace",
    "namereplace", "surrogatepass", "surrogateescape",
};

static PyObject *
make_error_registry(void)
{
    PyObject *registry = dict_new();
    for (size_t i = 0; registry != NULL && handlers[i].ml_name != NULL; i++) {
        PyObject *function = cfunction_new(&handlers[i], NULL, NULL);
        if (function == NULL || dict_set_cstr(registry, handler_names[i], function) < 0) {
            clear_ref(registry);
        }
        xdecref(function);
    }
    return registry;
}

// Makes the containers. The caller holds import_lock as a critical section.
static int
make_registry(InterpreterRoots *roots)
{
    if (roots->codec_search_path == NULL) {
        roots->codec_search_path = list_new(0);
    }
    if (roots->codec_search_cache == NULL) {
        roots->codec_search_cache = dict_new();
    }
    if (roots->codec_error_registry == NULL) {
        PyObject *registry = make_error_registry();
        atomic_store_release_ptr(&roots->codec_error_registry, registry);
    }
    return roots->codec_search_path == NULL || roots->codec_search_cache == NULL ||
                   roots->codec_error_registry == NULL
               ? -1
               : 0;
}

int
codec_init(void)
{
    InterpreterRoots *roots = interpreter_roots();
    if (atomic_load_acquire_ptr(&roots->codec_error_registry) != NULL) {
        return 0;
    }
    CriticalSection cs;
    critical_section_begin_mutex(&cs, &roots->import_lock);
    int rc = make_registry(roots);
    critical_section_end(&cs);
    return rc;
}

int
codec_register_error(const char *name, PyObject *handler)
{
    if (codec_init() < 0) {
        return -1;
    }
    if (!object_callable(handler)) {
        error_set(PyExc_TypeError, "handler must be callable");
        return -1;
    }
    return dict_set_cstr(interpreter_roots()->codec_error_registry, name, handler);
}

int
codec_unregister_error(const char *name)
{
    if (codec_init() < 0) {
        return -1;
    }
    for (size_t i = 0; i < sizeof handler_names / sizeof handler_names[0]; i++) {
        if (strcmp(name, handler_names[i]) == 0) {
            error_format(PyExc_ValueError, "cannot un-register built-in error handler '%s'", name);
            return -1;
        }
    }
    PyObject *handler;
    int rc = dict_pop_cstr(interpreter_roots()->codec_error_registry, name, &handler);
    if (rc > 0) {
        decref(handler);
    }
    return rc;
}

PyObject *
codec_lookup_error(const char *name)
{
    if (codec_init() < 0) {
        return NULL;
    }
    PyObject *handler;
    int rc = dict_get_cstr(interpreter_roots()->codec_error_registry,
                           name == NULL ? "strict" : name, &handler);
    if (rc == 0) {
        return error_format(PyExc_LookupError, "unknown error handler name '%.400s'", name);
    }
    return rc < 0 ? NULL : handler;
}

// ---- search functions ----

// The `encodings` package is imported at the first search; 0 or -1.
static int
import_encodings(InterpreterRoots *roots)
{
    if (roots->codecs_initialized || hooks.import_module == NULL) {
        return 0;
    }
    // Set first: the import itself looks codecs up.
    roots->codecs_initialized = true;
    PyObject *module = hooks.import_module("encodings");
    if (module == NULL) {
        roots->codecs_initialized = false;
        return -1;
    }
    decref(module);
    return 0;
}

int
codec_register(PyObject *search_function)
{
    if (codec_init() < 0) {
        return -1;
    }
    if (!object_callable(search_function)) {
        error_set(PyExc_TypeError, "argument must be callable");
        return -1;
    }
    return list_append(interpreter_roots()->codec_search_path, search_function);
}

int
codec_unregister(PyObject *search_function)
{
    InterpreterRoots *roots = interpreter_roots();
    if (roots->codec_search_path == NULL) {
        return 0;
    }
    PyObject *path = roots->codec_search_path;
    PyObject *empty = tuple_empty();
    CriticalSection cs;
    int rc = 0;
    critical_section_begin(&cs, path);
    for (Py_ssize_t i = 0; i < list_size(path); i++) {
        if (list_item_borrow(path, i) == search_function) {
            dict_clear(roots->codec_search_cache);
            rc = list_set_slice(path, i, i + 1, empty);
            break;
        }
    }
    critical_section_end(&cs);
    decref(empty);
    return rc;
}

// Lower case, with everything but letters, digits and '.' as '_'; runs of such are one, and none
// is at the ends. New interned str.
static PyObject *
normalize(const char *name)
{
    StrWriter w;
    str_writer_init(&w);
    bool gap = false;
    for (const char *p = name; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    c == '.';
        if (!word) {
            gap = true;
            continue;
        }
        if ((gap && w.pos > 0 && str_writer_char(&w, '_') < 0) ||
            str_writer_char(&w, c >= 'A' && c <= 'Z' ? c | 0x20u : c) < 0) {
            str_writer_discard(&w);
            return NULL;
        }
        gap = false;
    }
    return str_intern_steal(str_writer_finish(&w));
}

// What the search functions say about a normalised name: a tuple of four, or NULL.
static PyObject *
search(InterpreterRoots *roots, PyObject *name, const char *shown)
{
    Py_ssize_t count = list_size(roots->codec_search_path);
    if (count == 0) {
        return error_set(PyExc_LookupError,
                         "no codec search functions registered: can't find encoding");
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *function = list_get_optional(roots->codec_search_path, i);
        if (function == NULL) {
            break;
        }
        PyObject *result = object_call_onearg(function, name);
        decref(function);
        if (result == NULL) {
            return NULL;
        }
        if (result == Py_None) {
            decref(result);
            continue;
        }
        if (!tuple_check(result) || tuple_size(result) != 4) {
            decref(result);
            return error_set(PyExc_TypeError, "codec search functions must return 4-tuples");
        }
        return result;
    }
    return error_format(PyExc_LookupError, "unknown encoding: %s", shown);
}

PyObject *
codec_lookup(const char *encoding)
{
    InterpreterRoots *roots = interpreter_roots();
    if (codec_init() < 0 || import_encodings(roots) < 0) {
        return NULL;
    }
    PyObject *name = normalize(encoding);
    if (name == NULL) {
        return NULL;
    }
    PyObject *result;
    int rc = dict_get(roots->codec_search_cache, name, &result);
    if (rc == 0) {
        result = search(roots, name, encoding);
        if (result != NULL && dict_set(roots->codec_search_cache, name, result) < 0) {
            clear_ref(result);
        }
    }
    decref(name);
    return rc < 0 ? NULL : result;
}

bool
codec_known_encoding(const char *encoding)
{
    PyObject *codec = codec_lookup(encoding);
    if (codec == NULL) {
        error_clear();
        return false;
    }
    decref(codec);
    return true;
}

// ---- calling codecs ----

// Adds a note "encoding with 'NAME' codec failed" to the current exception.
static void
add_note(const char *operation, const char *encoding)
{
    PyObject *exc = error_take();
    if (exc == NULL) {
        return;
    }
    PyObject *note = str_format("%s with '%s' codec failed", operation, encoding);
    if (note == NULL || exception_add_note(exc, note) < 0) {
        error_clear();
    }
    xdecref(note);
    error_restore_steal(exc);
}

// function(op[, errors]) must give a pair; its first item.
static PyObject *
call_codec(PyObject *function, PyObject *op, const char *errors, const char *operation,
           const char *encoding, const char *complaint)
{
    PyObject *handler = NULL;
    if (errors != NULL) {
        handler = str_from_cstr(errors);
        if (handler == NULL) {
            return NULL;
        }
    }
    PyObject *result = handler == NULL ? object_call_onearg(function, op)
                                       : object_call_twoargs(function, op, handler);
    xdecref(handler);
    if (result == NULL) {
        add_note(operation, encoding);
        return NULL;
    }
    if (!tuple_check(result) || tuple_size(result) != 2) {
        error_set(PyExc_TypeError, complaint);
        clear_ref(result);
        return NULL;
    }
    PyObject *first = new_ref(tuple_item(result, 0));
    decref(result);
    return first;
}

static PyObject *
encode_with(PyObject *codec, PyObject *op, const char *encoding, const char *errors)
{
    if (codec == NULL) {
        return NULL;
    }
    PyObject *result = call_codec(tuple_item(codec, 0), op, errors, "encoding", encoding,
                                  "encoder must return a tuple (object, integer)");
    decref(codec);
    return result;
}

static PyObject *
decode_with(PyObject *codec, PyObject *op, const char *encoding, const char *errors)
{
    if (codec == NULL) {
        return NULL;
    }
    PyObject *result = call_codec(tuple_item(codec, 1), op, errors, "decoding", encoding,
                                  "decoder must return a tuple (object,integer)");
    decref(codec);
    return result;
}

PyObject *
codec_encode(PyObject *op, const char *encoding, const char *errors)
{
    return encode_with(codec_lookup(encoding), op, encoding, errors);
}

PyObject *
codec_decode(PyObject *op, const char *encoding, const char *errors)
{
    return decode_with(codec_lookup(encoding), op, encoding, errors);
}

PyObject *
codec_lookup_text(const char *encoding, const char *alternate)
{
    PyObject *codec = codec_lookup(encoding);
    if (codec == NULL || tuple_check_exact(codec)) {
        return codec;
    }
    // A CodecInfo says whether it is a text encoding; plain tuples are taken for one.
    PyObject *flag;
    int is_text = 1, rc = object_getattr_optional(codec, ID(_is_text_encoding), &flag);
    if (rc > 0) {
        is_text = object_is_true(flag);
        decref(flag);
    }
    if (rc < 0 || is_text < 0) {
        decref(codec);
        return NULL;
    }
    if (!is_text) {
        decref(codec);
        return error_format(PyExc_LookupError,
                            "'%.400s' is not a text encoding; use %s to handle arbitrary codecs",
                            encoding, alternate);
    }
    return codec;
}

PyObject *
codec_encode_text(PyObject *op, const char *encoding, const char *errors)
{
    return encode_with(codec_lookup_text(encoding, "codecs.encode()"), op, encoding, errors);
}

PyObject *
codec_decode_text(PyObject *op, const char *encoding, const char *errors)
{
    return decode_with(codec_lookup_text(encoding, "codecs.decode()"), op, encoding, errors);
}

// ---- parts ----

static PyObject *
codec_item(const char *encoding, int index)
{
    PyObject *codec = codec_lookup(encoding);
    if (codec == NULL) {
        return NULL;
    }
    PyObject *item = new_ref(tuple_item(codec, index));
    decref(codec);
    return item;
}

PyObject *codec_encoder(const char *encoding) { return codec_item(encoding, 0); }
PyObject *codec_decoder(const char *encoding) { return codec_item(encoding, 1); }

static PyObject *
incremental(PyObject *codec_info, PyObject *name, const char *errors)
{
    PyObject *factory = object_getattr(codec_info, name);
    if (factory == NULL) {
        return NULL;
    }
    PyObject *result = errors != NULL ? object_call_format(factory, "s", errors)
                                      : object_call_noargs(factory);
    decref(factory);
    return result;
}

PyObject *
codec_info_incremental_encoder(PyObject *codec_info, const char *errors)
{
    return incremental(codec_info, ID(incrementalencoder), errors);
}

PyObject *
codec_info_incremental_decoder(PyObject *codec_info, const char *errors)
{
    return incremental(codec_info, ID(incrementaldecoder), errors);
}

PyObject *
codec_incremental_encoder(const char *encoding, const char *errors)
{
    PyObject *codec = codec_lookup(encoding);
    PyObject *result = codec == NULL ? NULL : codec_info_incremental_encoder(codec, errors);
    xdecref(codec);
    return result;
}

PyObject *
codec_incremental_decoder(const char *encoding, const char *errors)
{
    PyObject *codec = codec_lookup(encoding);
    PyObject *result = codec == NULL ? NULL : codec_info_incremental_decoder(codec, errors);
    xdecref(codec);
    return result;
}

static PyObject *
stream_codec(const char *encoding, PyObject *stream, const char *errors, int index)
{
    PyObject *factory = codec_item(encoding, index);
    if (factory == NULL) {
        return NULL;
    }
    PyObject *result = errors != NULL ? object_call_format(factory, "Os", stream, errors)
                                      : object_call_onearg(factory, stream);
    decref(factory);
    return result;
}

PyObject *
codec_stream_reader(const char *encoding, PyObject *stream, const char *errors)
{
    return stream_codec(encoding, stream, errors, 2);
}

PyObject *
codec_stream_writer(const char *encoding, PyObject *stream, const char *errors)
{
    return stream_codec(encoding, stream, errors, 3);
}
