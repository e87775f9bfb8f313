// Second entries of hot native functions: with tagged arguments and results, so that numbers need no
// boxes.
//
// The table in native_values.c pairs built-in functions and methods with such entries; CALL finds
// them through native_identity and becomes CALL_VALUES.
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
    const void *identity;       // native_identity of the callable
    ValueFunction function;
    bool method;                // of a class: a bound method's self goes first
} ValuesCache;

// What all callables with the same second entry share: the definition behind a C function or
// method descriptor, or the class `type`. NULL: the callable has none.
const void *native_identity(PyObject *callable);

// Fills all but the head for a callable that has a second entry; false when it has none.
bool native_describe(PyObject *callable, ValuesCache *cache);

#endif
