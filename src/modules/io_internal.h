// Shared by the files of the `_io` module:
//
//   io_module.c    open, open_code, text_encoding, the module
//   io_base.c      _IOBase and the abstract classes above it
//   io_file.c      FileIO: a file descriptor
//   io_bytes.c     BytesIO        io_string.c   StringIO
//   io_buffered.c  BufferedReader, BufferedWriter, BufferedRandom, BufferedRWPair
//   io_newline.c   IncrementalNewlineDecoder
//   io_text.c      TextIOWrapper
//
// Reference: documentation of `io`. Threading: each class says how its objects are guarded.
#ifndef TYPHON_MODULES_IO_INTERNAL_H
#define TYPHON_MODULES_IO_INTERNAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "abi/object.h"

#define IO_BUFFER_SIZE (128 * 1024)

extern PyTypeObject io_base_type;
extern PyTypeObject io_raw_base_type;
extern PyTypeObject io_buffered_base_type;
extern PyTypeObject io_text_base_type;
extern PyTypeObject io_file_type;
extern PyTypeObject io_bytes_type;
extern PyTypeObject io_bytes_buffer_type;
extern PyTypeObject io_string_type;
extern PyTypeObject io_buffered_reader_type;
extern PyTypeObject io_buffered_writer_type;
extern PyTypeObject io_buffered_random_type;
extern PyTypeObject io_buffered_pair_type;
extern PyTypeObject io_newline_decoder_type;
extern PyTypeObject io_text_wrapper_type;

// Raises io.UnsupportedOperation(message); returns NULL.
void *io_unsupported(const char *message);

// Whether the current exception is io.UnsupportedOperation (an OSError and a ValueError).
bool io_error_is_unsupported(void);

// Whether stream.closed is true: 1, 0, -1.
int io_is_closed(PyObject *stream);

// The checks behind _checkReadable & co.: true, or false with UnsupportedOperation or ValueError.
bool io_check_closed(PyObject *stream);
bool io_check_ability(PyObject *stream, PyObject *method, const char *message);

// None or an integer: *size is -1 for None. 0 or -1.
int io_size_argument(PyObject *arg, Py_ssize_t *size);

// A position from an int object; -1 with an exception (type given by the caller, or the default).
off_t io_as_offset(PyObject *arg);

// tp_finalize of streams: calls close() unless closed, reports failures in dev mode only.
void io_finalize(PyObject *self);

// base.method(self) without arguments, as super() would call it.
PyObject *io_call_base(PyObject *self, PyTypeObject *base, PyObject *method);

// __reduce__ and __reduce_ex__ of streams over resources: TypeError, except for subclasses with a
// __getstate__ of their own.
PyObject *io_reduce(PyObject *self, PyObject *unused);
PyObject *io_reduce_ex(PyObject *self, PyObject *protocol);

// Start of tp_dealloc: runs the finaliser; false when the object was resurrected.
bool io_begin_dealloc(PyObject *self);

#endif
