// Shared by the writer, the reader and the code-object halves of marshal.
#ifndef TYPHON_RUNTIME_MARSHAL_INTERNAL_H
#define TYPHON_RUNTIME_MARSHAL_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/object.h"

#define MARSHAL_MAX_DEPTH 2000
#define MARSHAL_FLAG_REF 0x80

typedef struct {
    char *data;             // owned, mem_alloc
    Py_ssize_t size;
    Py_ssize_t capacity;
    int version;
    int depth;
    bool allow_code;
    PyObject *refs;         // dict id -> index of objects written before, or NULL below version 3
    PyObject *kept;         // list: keeps the objects of refs alive, so that an id is not reused
} MarshalWriter;

typedef struct {
    const unsigned char *at;
    const unsigned char *end;
    int depth;
    bool allow_code;
    bool trusted;           // code objects were made by this build
    PyObject *refs;         // list of objects that later references name
    PyObject *readable;     // marshal.load: object with readinto(), or NULL
    unsigned char *buffer;  // of `readable`, owned
    Py_ssize_t buffer_size;
} MarshalReader;

int marshal_write_byte(MarshalWriter *writer, int byte);
int marshal_write_i32(MarshalWriter *writer, int32_t value);
int marshal_write_bytes(MarshalWriter *writer, const void *data, Py_ssize_t size);
int marshal_write_sized(MarshalWriter *writer, const void *data, Py_ssize_t size);
int marshal_write_object(MarshalWriter *writer, PyObject *value);

// -1 with EOFError when the data ends.
int marshal_read_i32(MarshalReader *reader, int32_t *value);
const unsigned char *marshal_read_bytes(MarshalReader *reader, Py_ssize_t size);
PyObject *marshal_read_object(MarshalReader *reader);

// marshal_code.c: a code object without its type byte.
int marshal_write_code(MarshalWriter *writer, PyObject *code);
PyObject *marshal_read_code(MarshalReader *reader);

#endif
