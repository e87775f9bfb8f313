// tuple: the immutable sequence.
//
// Owns the tuple type and the building of tuples by other files. Items never change once the
// tuple is visible to Python code, so reading them needs neither locks nor references.
//
// Threading: immutable after construction; ob_hash is a cache written atomically.
#ifndef TYPHON_OBJECTS_TUPLE_H
#define TYPHON_OBJECTS_TUPLE_H

#include <stdbool.h>

#include "abi/constants.h"
#include "abi/containers.h"
#include "abi/object.h"
#include "objects/value.h"

extern PyTypeObject PyTuple_Type;
extern PyTypeObject PyTupleIter_Type;

static inline bool
tuple_check(PyObject *op)
{
    return (op->ob_type->tp_flags & Py_TPFLAGS_TUPLE_SUBCLASS) != 0;
}

static inline bool tuple_check_exact(PyObject *op) { return op->ob_type == &PyTuple_Type; }
static inline Py_ssize_t tuple_size(PyObject *op) { return ((PyVarObject *)op)->ob_size; }

// The array of items.
static inline PyObject **tuple_items(PyObject *op) { return ((PyTupleObject *)op)->ob_item; }

// Unowned item without checks; lives as long as the tuple.
static inline PyObject *tuple_item(PyObject *op, Py_ssize_t i) { return tuple_items(op)[i]; }
static inline PyObject *tuple_item_borrow(PyObject *op, Py_ssize_t i) { return tuple_items(op)[i]; }

// Fills a slot of a tuple that only its maker sees; the slot held NULL. Consumes value.
static inline void
tuple_set_item_steal(PyObject *op, Py_ssize_t i, PyObject *value)
{
    tuple_items(op)[i] = value;
}

// The empty tuple: immortal, a new reference all the same.
PyObject *tuple_empty(void);

// New tuple of n NULL items (tuple_empty for 0), tracked by the collector.
PyObject *tuple_new(Py_ssize_t n);

// Lets the collector know of a tuple with all its items, unless it only holds what the collector need
// not look at: then it cannot be part of a cycle.
void tuple_track(PyObject *op);

// Checked item: new reference, or IndexError "tuple index out of range".
PyObject *tuple_get(PyObject *op, Py_ssize_t i);

// New tuple of the n arguments, each getting a reference of its own.
PyObject *tuple_pack(Py_ssize_t n, ...);

// Pairs without the variadic call; the steal form consumes both also on failure, and fails when one
// is NULL.
PyObject *tuple_pair(PyObject *a, PyObject *b);
PyObject *tuple_pair_steal(PyObject *a, PyObject *b);

// The pair that an iterator gives: *last, kept by the iterator for this, when nobody else has it (see
// iterator_reuse in container.h), or a new one. Consumes both items also on failure.
PyObject *tuple_pair_reuse_steal(PyObject **last, PyObject *a, PyObject *b);

// New tuple of n items with references of its own / consuming the items (also on failure).
PyObject *tuple_from_array(PyObject *const *items, Py_ssize_t n);
PyObject *tuple_from_array_steal(PyObject *const *items, Py_ssize_t n);

// New tuple out of n tagged values, which are consumed (also on failure) and not changed.
PyObject *tuple_from_values_steal(const Value *values, Py_ssize_t n);

// op[low:high] with clipped bounds.
PyObject *tuple_slice(PyObject *op, Py_ssize_t low, Py_ssize_t high);

// a + b for two tuples.
PyObject *tuple_concat(PyObject *a, PyObject *b);

// *op becomes a tuple of n items (missing ones NULL). *op must be the caller's only reference;
// on failure it is given up, set to NULL, and -1 returned with MemoryError.
int tuple_resize(PyObject **op, Py_ssize_t n);

// tuple(iterable) with a list or tuple going fast.
PyObject *tuple_from_iterable(PyObject *iterable);

// The hash of a tuple of these hashes: for structures that must equal tuples.
Py_hash_t tuple_hash_combine(const Py_hash_t *hashes, Py_ssize_t n);

// The next item of a tuple iterator as a value; VALUE_UNSET at the end.
Value tuple_iter_next_value(PyObject *iterator);

typedef struct TupleIter {
    PyObject ob_base;
    PyObject *tuple;    // atomic: owned, NULL at the end
    Py_ssize_t pos;     // atomic: relaxed; next index
} TupleIter;

#endif
