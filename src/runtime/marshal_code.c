// Code objects in marshal: our own field order. Files that hold them carry our own magic number
// (import_magic.h), so no other Python reads them.
#include <string.h>

#include "abi/exceptions.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "objects/bytes.h"
#include "objects/code.h"
#include "objects/error.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "runtime/marshal_internal.h"

enum { CODE_NUMBERS = 6, CODE_OBJECTS = 10 };

// Order of the object fields; must agree in both directions.
enum {
    PART_WORDS, PART_CONSTS, PART_NAMES, PART_LOCALNAMES, PART_LOCALKINDS, PART_FILENAME,
    PART_NAME, PART_QUALNAME, PART_LINETABLE, PART_EXCEPTIONTABLE,
};

int
marshal_write_code(MarshalWriter *writer, PyObject *op)
{
    PyCodeObject *code = (PyCodeObject *)op;
    const int numbers[CODE_NUMBERS] = {
        code->co_argcount, code->co_posonlyargcount, code->co_kwonlyargcount,
        code->co_framesize, code->co_flags, code->co_firstlineno,
    };
    PyObject *words = code_bytes(code);
    if (words == NULL) {
        return -1;
    }
    PyObject *const parts[CODE_OBJECTS] = {
        words, code->co_consts, code->co_names, code->co_localsplusnames,
        code->co_localspluskinds, code->co_filename, code->co_name, code->co_qualname,
        code->co_linetable, code->co_exceptiontable,
    };
    int result = 0;
    for (int i = 0; i < CODE_NUMBERS && result == 0; i++) {
        result = marshal_write_i32(writer, numbers[i]);
    }
    for (int i = 0; i < CODE_OBJECTS && result == 0; i++) {
        result = marshal_write_object(writer, parts[i]);
    }
    decref(words);
    return result;
}

static bool
check_part(PyObject *part, int index)
{
    switch (index) {
        case PART_WORDS: case PART_LOCALKINDS: case PART_LINETABLE: case PART_EXCEPTIONTABLE:
            return bytes_check_exact(part);
        case PART_CONSTS: case PART_NAMES: case PART_LOCALNAMES:
            return tuple_check_exact(part);
        default:
            return str_check_exact(part);
    }
}

PyObject *
marshal_read_code(MarshalReader *reader)
{
    int32_t numbers[CODE_NUMBERS];
    PyObject *parts[CODE_OBJECTS] = {NULL};
    uint64_t *words = NULL;
    PyObject *result = NULL;
    for (int i = 0; i < CODE_NUMBERS; i++) {
        if (marshal_read_i32(reader, &numbers[i]) < 0) {
            return NULL;
        }
    }
    for (int i = 0; i < CODE_OBJECTS; i++) {
        parts[i] = marshal_read_object(reader);
        if (parts[i] == NULL || !check_part(parts[i], i)) {
            if (!error_occurred()) {
                error_set(PyExc_ValueError, "bad marshal data (code object)");
            }
            goto done;
        }
    }
    Py_ssize_t size = bytes_length(parts[PART_WORDS]);
    if (size == 0 || size % (Py_ssize_t)sizeof *words != 0) {
        error_set(PyExc_ValueError, "bad marshal data (code object)");
        goto done;
    }
    words = mem_alloc_or_error((size_t)size);       // aligned, unlike the data of a bytes object
    if (words == NULL) {
        goto done;
    }
    memcpy(words, bytes_data(parts[PART_WORDS]), (size_t)size);
    CodeSpec spec = {
        .argcount = numbers[0], .posonlyargcount = numbers[1], .kwonlyargcount = numbers[2],
        .framesize = numbers[3], .flags = numbers[4], .firstlineno = numbers[5],
        .words = words, .nwords = size / (Py_ssize_t)sizeof *words,
        .consts = parts[PART_CONSTS], .names = parts[PART_NAMES],
        .localsplusnames = parts[PART_LOCALNAMES], .localspluskinds = parts[PART_LOCALKINDS],
        .filename = parts[PART_FILENAME], .name = parts[PART_NAME],
        .qualname = parts[PART_QUALNAME], .linetable = parts[PART_LINETABLE],
        .exceptiontable = parts[PART_EXCEPTIONTABLE], .trusted = reader->trusted,
    };
    result = (PyObject *)code_new(&spec);
done:
    mem_free(words);
    for (int i = 0; i < CODE_OBJECTS; i++) {
        xdecref(parts[i]);
    }
    return result;
}
