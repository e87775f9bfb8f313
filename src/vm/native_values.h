// Second entries of hot native functions: with tagged arguments and results, so that numbers need no
// boxes.
//
// The table in native_values.c pairs built-in functions and methods with such entries; CALL finds
// them through the function's PyMethodDef and becomes CALL_VALUES.
//
// Threading: the table is filled once, before a second thread exists.
#ifndef TYPHON_VM_NATIVE_VALUES_H
#define TYPHON_VM_NATIVE_VALUES_H

#include "objects/code_cache.h"
#include "objects/value.h"

// Arguments are borrowed. An own value, VALUE_UNSET with an exception, or VALUE_NOT_HANDLED: take
// the ordinary entry.
typedef Value (*ValueFunction)(const Value *args, Py_ssize_t n);
#define VALUE_NOT_HANDLED ((Value)5)

// Record of CALL_VALUES.
typedef struct ValuesCache {
    CacheRecord head;
    const PyMethodDef *def;
    ValueFunction function;
} ValuesCache;

// The definition behind a C function or method descriptor, or NULL.
const PyMethodDef *native_definition(PyObject *callable);

// The second entry of a definition, or NULL.
ValueFunction native_value_function(const PyMethodDef *def);

#endif
