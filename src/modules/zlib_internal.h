// What the two halves of the `zlib` module share: running a stream into a buffer that grows.
//
// Threading: plain data; used with the thread detached.
#ifndef TYPHON_MODULES_ZLIB_INTERNAL_H
#define TYPHON_MODULES_ZLIB_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include <zlib.h>

#include "abi/object.h"

#define ZLIB_BUFFER_SIZE 16384
#define DEF_MEM_LEVEL 8
#define DEFLATED Z_DEFLATED

// In place of a code of zlib: the output buffer could not grow.
#define ZLIB_NO_MEMORY (-100)

// Output: mem_alloc'ed, doubled when full.
typedef struct {
    unsigned char *data;
    size_t used;
    size_t capacity;
    size_t limit;           // used never exceeds it
} ZlibOutput;

// Input that goes to a stream in pieces of at most UINT_MAX bytes.
typedef struct {
    const unsigned char *data;
    size_t left;            // from data on
} ZlibInput;

// The first allocation has `first` bytes.
void zlib_output_init(ZlibOutput *out, size_t first, size_t limit);
// New bytes with the content, which is released; NULL with an exception.
PyObject *zlib_output_finish(ZlibOutput *out);
void zlib_output_discard(ZlibOutput *out);

// deflate() until the input is used up and the output complete: code of the last call.
int zlib_deflate(z_stream *z, ZlibInput *in, int flush, ZlibOutput *out);

// inflate() until the input is used up, the stream ends or the output limit is reached. A dictionary
// that the stream asks for is set when there is one (dictionary->len > 0).
int zlib_inflate(z_stream *z, ZlibInput *in, int flush, const Py_buffer *dictionary,
                 ZlibOutput *out, bool *bad_dictionary);

// Raises `error` for a code: "Error N what: reason". NULL.
void *zlib_error(PyObject *error, const z_stream *z, int code, const char *what);

// Functions and types of zlib_objects.c.
PyObject *zlib_compressobj(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                           PyObject *kwnames);
PyObject *zlib_decompressobj(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                             PyObject *kwnames);
int zlib_add_types(PyObject *module);

// zlib.error, borrowed from the module.
PyObject *zlib_module_error(PyObject *module);

#endif
