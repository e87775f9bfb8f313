// The codec registry and the built-in error handlers.
//
// Search functions, the cache of found codecs and the error handlers belong to the interpreter
// (its codec_* roots). Encodings implemented in C (utf-8, latin-1, ascii, utf-16, utf-32)
// do not go through the registry when str_encode/str_decode are called with their usual names.
//
// Threading: the three containers are ordinary lists and dicts, hence safe; registration and
// unregistration of search functions take the search list's critical section.
#ifndef TYPHON_OBJECTS_CODEC_H
#define TYPHON_OBJECTS_CODEC_H

#include <stdbool.h>

#include "abi/object.h"

// The interpreter's codec_* roots (objects/interpreter.h) are made on first use.
int codec_init(void);                              // 0 or -1

int codec_register(PyObject *search_function);
int codec_unregister(PyObject *search_function);
PyObject *codec_lookup(const char *encoding);      // LookupError "unknown encoding: NAME"
bool codec_known_encoding(const char *encoding);   // clears errors
PyObject *codec_encode(PyObject *op, const char *encoding, const char *errors);
PyObject *codec_decode(PyObject *op, const char *encoding, const char *errors);
// The same, but LookupError when the codec is not a text encoding; `alternate` is the function
// that the message recommends ("codecs.encode()").
PyObject *codec_lookup_text(const char *encoding, const char *alternate);
PyObject *codec_encode_text(PyObject *op, const char *encoding, const char *errors);
PyObject *codec_decode_text(PyObject *op, const char *encoding, const char *errors);
// Parts of a codec (new references).
PyObject *codec_encoder(const char *encoding);
PyObject *codec_decoder(const char *encoding);
PyObject *codec_incremental_encoder(const char *encoding, const char *errors);
PyObject *codec_incremental_decoder(const char *encoding, const char *errors);
// The same from a codec tuple as codec_lookup returns.
PyObject *codec_info_incremental_encoder(PyObject *codec_info, const char *errors);
PyObject *codec_info_incremental_decoder(PyObject *codec_info, const char *errors);
PyObject *codec_stream_reader(const char *encoding, PyObject *stream, const char *errors);
PyObject *codec_stream_writer(const char *encoding, PyObject *stream, const char *errors);

int codec_register_error(const char *name, PyObject *handler);
int codec_unregister_error(const char *name);      // 1 removed, 0 was not there, -1
PyObject *codec_lookup_error(const char *name);    // NULL means "strict"; LookupError

// The handlers: exc is a Unicode…Error; result is the tuple (replacement, position).
PyObject *codec_strict_errors(PyObject *exc);
PyObject *codec_ignore_errors(PyObject *exc);
PyObject *codec_replace_errors(PyObject *exc);
PyObject *codec_xmlcharrefreplace_errors(PyObject *exc);
PyObject *codec_backslashreplace_errors(PyObject *exc);
PyObject *codec_namereplace_errors(PyObject *exc);
PyObject *codec_surrogateescape_errors(PyObject *exc);
PyObject *codec_surrogatepass_errors(PyObject *exc);

#endif
