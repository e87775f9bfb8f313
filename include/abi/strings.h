// str, bytes and bytearray.
// Offsets and sizes are those of the cp314t binary interface: wheels read them inline.
// Checked by static assertions in tests/unit/abi_layout.c.
#ifndef TYPHON_ABI_STRINGS_H
#define TYPHON_ABI_STRINGS_H

#include "abi/object.h"

typedef struct {
    PyObject ob_base;
    Py_ssize_t length;
    Py_hash_t hash;
    struct {
        unsigned char interned;      // atomic: relaxed; 0 no, 1 mortal, 2 immortal, 3 immortal static
        unsigned int kind : 3;       // 1, 2 or 4 bytes per code point
        unsigned int compact : 1;
        unsigned int ascii : 1;
        unsigned int statically_allocated : 1;
    } state;
} PyASCIIObject;

typedef struct {
    PyASCIIObject _base;
    Py_ssize_t utf8_length;
    char *utf8;
} PyCompactUnicodeObject;

typedef struct {
    PyCompactUnicodeObject _base;
    union {
        void *any;
        Py_UCS1 *latin1;
        Py_UCS2 *ucs2;
        Py_UCS4 *ucs4;
    } data;
} PyUnicodeObject;

typedef struct {
    PyVarObject ob_base;
    Py_hash_t ob_shash;
    char ob_sval[1];
} PyBytesObject;

typedef struct {
    PyVarObject ob_base;
    Py_ssize_t ob_alloc;
    char *ob_bytes;
    char *ob_start;
    Py_ssize_t ob_exports;
} PyByteArrayObject;

#endif
