// TextIOWrapper: characters over a buffered byte stream.
//
//   writing: text --encode--> pending bytes --buffer.write()--> stream
//   reading: stream --buffer.read1()--> bytes --decoder--> decoded text, used from the front
//
// Positions (tell, seek) are cookies: the byte position of a place where the decoder's state is
// known, and how to get from there to the character. See io_text_position.c.
//
// Threading: operations run in the object's critical section. It is suspended while streams and
// codecs written in Python run, so all state is re-read behind such calls.
#ifndef TYPHON_MODULES_IO_TEXT_H
#define TYPHON_MODULES_IO_TEXT_H

#include <stdbool.h>
#include <sys/types.h>

#include "abi/object.h"

// Encodings that are done without a codec object.
typedef enum { FAST_NONE, FAST_UTF8, FAST_ASCII, FAST_LATIN1 } FastEncoding;

typedef struct {
    PyObject ob_base;
    bool ok;                    // initialised
    bool detached;
    bool finalizing;
    bool line_buffering;
    bool write_through;
    bool read_universal;        // newline=None or '': any line end ends a line
    bool read_translate;        // newline=None: line ends become '\n'
    bool write_translate;       // '\n' becomes write_newline
    bool seekable;
    bool telling;               // tell() is possible: no next() since
    bool has_read1;
    bool encoding_start;        // the encoder is at the start of the stream (BOM)
    FastEncoding fast_encoding;
    const char *write_newline;  // static text, NULL for '\n' as it is
    const char *read_newline;   // static text, NULL for universal
    PyObject *buffer;           // the byte stream, owned; NULL after detach()
    PyObject *encoding;         // str
    PyObject *errors;           // str
    PyObject *encoder;          // or NULL
    PyObject *decoder;          // or NULL
    Py_ssize_t chunk_size;

    char *pending;              // bytes to write, mem_alloc'ed
    Py_ssize_t pending_size;
    Py_ssize_t pending_capacity;

    PyObject *decoded;          // str read and decoded, or NULL
    Py_ssize_t decoded_used;    // characters of it that were given out
    PyObject *snapshot_flags;   // int: decoder state before the last chunk, or NULL
    PyObject *snapshot_bytes;   // bytes that the decoder was given since then, or NULL

    PyObject *dict;
    PyObject *weakrefs;
} TextWrapper;

bool text_check_usable(TextWrapper *self);      // initialised and open
// Calls a method of the buffer, encoder or decoder that *slot holds, which stays alive meanwhile. a and b
// may be NULL. ValueError when another thread has taken it away.
PyObject *text_part_call(TextWrapper *self, PyObject *const *slot, PyObject *name, PyObject *a,
                         PyObject *b);
int text_flush_pending(TextWrapper *self);      // 0 or -1
void text_set_decoded_steal(TextWrapper *self, PyObject *decoded);
int text_decoder_set_state(TextWrapper *self, int64_t flags, PyObject *bytes);
int text_encoder_reset(TextWrapper *self, bool start);
// Reads and decodes a chunk: 1, 0 at the end, -1.
int text_read_chunk(TextWrapper *self, Py_ssize_t hint);

// io_text_position.c
PyObject *text_tell(PyObject *op, PyObject *unused);
PyObject *text_seek(PyObject *op, PyObject *const *args, Py_ssize_t nargs);

#endif
