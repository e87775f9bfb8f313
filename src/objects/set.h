// set and frozenset.
//
// Owns both types and their iterator. The table is open addressing over {key, hash} with a small
// table inside the object.
//
// Threading: mutation takes the set's critical section, membership of frozensets is lock-free,
// membership of sets is lock-free with the protocol of dict_keys.h (tables end through QSBR).
#ifndef TYPHON_OBJECTS_SET_H
#define TYPHON_OBJECTS_SET_H

#include <stdbool.h>

#include "abi/containers.h"
#include "abi/object.h"
#include "base/atomic.h"

extern PyTypeObject PySet_Type;
extern PyTypeObject PyFrozenSet_Type;
extern PyTypeObject PySetIter_Type;

// Subtype tests; type_is_subtype is called for types other than the two.
bool anyset_check(PyObject *op);
bool set_check(PyObject *op);
bool frozenset_check(PyObject *op);

static inline bool set_check_exact(PyObject *op) { return op->ob_type == &PySet_Type; }
static inline bool frozenset_check_exact(PyObject *op) { return op->ob_type == &PyFrozenSet_Type; }

static inline bool
anyset_check_exact(PyObject *op)
{
    return set_check_exact(op) || frozenset_check_exact(op);
}

static inline Py_ssize_t
set_size(PyObject *op)
{
    return atomic_load_relaxed_ssize(&((PySetObject *)op)->used);
}

// set(iterable) and frozenset(iterable); iterable may be NULL.
PyObject *set_new(PyObject *iterable);
PyObject *frozenset_new(PyObject *iterable);

// Adds to a set, or to a frozenset that only the caller sees.
int set_add(PyObject *op, PyObject *key);

int set_contains(PyObject *op, PyObject *key);          // 1, 0, -1
int set_discard(PyObject *op, PyObject *key);           // 1 removed, 0 not there, -1
PyObject *set_pop(PyObject *op);                        // KeyError 'pop from an empty set'
void set_clear(PyObject *op);
int set_update(PyObject *op, PyObject *iterable);

// Walks the elements: 1 with a new reference, 0 at the end. *pos starts at 0.
int set_next(PyObject *op, Py_ssize_t *pos, PyObject **key, Py_hash_t *hash);

#endif
