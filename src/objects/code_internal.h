// Shared by the files of code objects.
#ifndef TYPHON_OBJECTS_CODE_INTERNAL_H
#define TYPHON_OBJECTS_CODE_INTERNAL_H

#include "objects/code.h"

// The exception table, decoded: inner ranges first. Immutable.
struct CodeHandlers {
    int count;
    ExceptionEntry entries[];
};

// Fills co_handlers and checks the table: 0, or -1 with ValueError or MemoryError.
int code_decode_handlers(PyCodeObject *code);

// tp_methods and tp_getset of code (code_attributes.c).
extern PyMethodDef code_methods[];
extern PyGetSetDef code_getset[];
extern PyMemberDef code_members[];
PyObject *code_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);

#endif
