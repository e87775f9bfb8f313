// bytes.
//
// Layout of include/abi/strings.h: the data follow the header and end with a NUL. The empty bytes
// object and the 256 one-byte objects are immortal and shared.
//
// Threading: immutable once published; the cached hash is relaxed and idempotent.
#ifndef TYPHON_OBJECTS_BYTES_H
#define TYPHON_OBJECTS_BYTES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "abi/constants.h"
#include "abi/object.h"
#include "abi/strings.h"

extern PyTypeObject PyBytes_Type;
extern PyTypeObject PyBytesIter_Type;

static inline bool bytes_check(PyObject *op)
{
    return (op->ob_type->tp_flags & Py_TPFLAGS_BYTES_SUBCLASS) != 0;
}
static inline bool bytes_check_exact(PyObject *op) { return op->ob_type == &PyBytes_Type; }
static inline Py_ssize_t bytes_length(PyObject *op) { return ((PyVarObject *)op)->ob_size; }
static inline char *bytes_data(PyObject *op) { return ((PyBytesObject *)op)->ob_sval; }

int bytes_runtime_init(void);   // shared objects; 0 or -1

PyObject *bytes_empty(void);    // never fails
// data NULL: uninitialised, to be filled by the caller (size 0 and 1 are then fine, too).
PyObject *bytes_from_data(const char *data, Py_ssize_t size);
PyObject *bytes_from_cstr(const char *text);
// bytes(op): buffers and iterables of ints; TypeError for str.
PyObject *bytes_from_object(PyObject *op);
// printf-like: %c %d %i %u %x %p %s with l, z; precision on %s.
PyObject *bytes_format(const char *format, ...);
PyObject *bytes_format_v(const char *format, va_list args);
// Resizes *b, which the caller alone owns. On failure *b is released and NULL. 0 or -1.
int bytes_resize(PyObject **b, Py_ssize_t size);
// *data and *size of op; with size NULL, ValueError "embedded null byte" when there is one.
int bytes_as_data(PyObject *op, char **data, Py_ssize_t *size);
const char *bytes_as_cstr(PyObject *op);                 // TypeError unless bytes

PyObject *bytes_concat(PyObject *a, PyObject *b);        // any two bytes-like objects
// *left = *left + right, in place when possible. On failure *left is released and NULL.
void bytes_append(PyObject **left, PyObject *right);
void bytes_append_steal(PyObject **left, PyObject *right);
PyObject *bytes_join(PyObject *separator, PyObject *iterable);
PyObject *bytes_repr(PyObject *op, bool smart_quotes);
PyObject *bytes_percent(const char *format, Py_ssize_t size, PyObject *args, bool as_bytearray);
Py_hash_t bytes_hash(PyObject *op);
bool bytes_equal(PyObject *a, PyObject *b);              // two bytes objects
// Text of data in hexadecimal as bytes.hex(sep, bytes_per_sep); sep NULL: none.
PyObject *bytes_to_hex(const char *data, Py_ssize_t size, PyObject *separator, int group);
PyObject *bytes_to_hex_bytes(const char *data, Py_ssize_t size, PyObject *separator, int group);
// \-escapes as in bytes literals; *first_invalid as in str_decode_unicode_escape.
PyObject *bytes_decode_escape(const char *data, Py_ssize_t size, const char *errors,
                              const char **first_invalid);

// BytesWriter: builds bytes in a buffer that grows. Functions return 0 or -1.
typedef struct {
    PyObject *buffer;       // bytes being filled, or NULL while in small
    char *data;             // where the bytes are
    Py_ssize_t pos;         // written
    Py_ssize_t size;        // room
    char small[512];
} BytesWriter;

void bytes_writer_init(BytesWriter *w);
int bytes_writer_reserve(BytesWriter *w, Py_ssize_t more);  // data[pos .. pos+more) may be written
int bytes_writer_write(BytesWriter *w, const void *data, Py_ssize_t size);
static inline int
bytes_writer_byte(BytesWriter *w, char byte)
{
    if (w->pos >= w->size && bytes_writer_reserve(w, 1) < 0) {
        return -1;
    }
    w->data[w->pos++] = byte;
    return 0;
}
PyObject *bytes_writer_finish(BytesWriter *w);              // uses the writer up
void bytes_writer_discard(BytesWriter *w);

#endif
