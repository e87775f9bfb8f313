// list: the mutable sequence.
//
// Owns the list type, its iterators and the internal operations of other files on lists. Items are boxed
// objects in one array (`ob_item`), because C extensions read it inline.
//
// Invariants
//   - the array is preceded by a word that tells its capacity, so that a reader that races with a
//     resize never indexes beyond the array that it has loaded (list_internal.h)
//   - slots from ob_size up to the capacity are NULL
//
// Threading: mutating functions take the list's critical section; the `_lock_held` ones require
// it (or a list that no other thread can see). list_get and iteration are lock-free: they load the
// array with acquire, take a reference with refcount_try_incref and check that nothing moved.
#ifndef TYPHON_OBJECTS_LIST_H
#define TYPHON_OBJECTS_LIST_H

#include <stdbool.h>

#include "abi/constants.h"
#include "abi/containers.h"
#include "abi/object.h"
#include "base/atomic.h"
#include "objects/value.h"

extern PyTypeObject PyList_Type;
extern PyTypeObject PyListIter_Type;
extern PyTypeObject PyListRevIter_Type;

static inline bool
list_check(PyObject *op)
{
    return (op->ob_type->tp_flags & Py_TPFLAGS_LIST_SUBCLASS) != 0;
}

static inline bool list_check_exact(PyObject *op) { return op->ob_type == &PyList_Type; }

// A snapshot when other threads see the list.
static inline Py_ssize_t
list_size(PyObject *op)
{
    return atomic_load_relaxed_ssize(&((PyVarObject *)op)->ob_size);
}

// New list of n NULL items, to be filled with list_set_item_steal before anything else sees it.
// MemoryError; n >= 0.
PyObject *list_new(Py_ssize_t n);

// New empty list with room for n items.
PyObject *list_new_reserved(Py_ssize_t n);

// Fills a slot of a list that only the caller sees; the slot held NULL. Consumes value.
static inline void
list_set_item_steal(PyObject *op, Py_ssize_t i, PyObject *value)
{
    ((PyListObject *)op)->ob_item[i] = value;
}

// Unowned item without any check: only for lists that no other thread can change.
static inline PyObject *
list_item_borrow(PyObject *op, Py_ssize_t i)
{
    return ((PyListObject *)op)->ob_item[i];
}

// Item i as a new reference; IndexError "list index out of range" (negative i too).
PyObject *list_get(PyObject *op, Py_ssize_t i);

// The same, NULL without an exception when i is out of range.
PyObject *list_get_optional(PyObject *op, Py_ssize_t i);

// Item i as a tagged value (owned, or an opened number); VALUE_UNSET without an exception when i
// is out of range. For the vm's subscript and iteration.
Value list_get_value(PyObject *op, Py_ssize_t i);

// op[i] = value and del op[i]; i counts from the start only. IndexError "list assignment index out
// of range".
int list_set(PyObject *op, Py_ssize_t i, PyObject *value);
int list_set_steal(PyObject *op, Py_ssize_t i, PyObject *value);
int list_del(PyObject *op, Py_ssize_t i);

int list_append(PyObject *op, PyObject *value);
int list_append_steal(PyObject *op, PyObject *value);
int list_append_lock_held(PyObject *op, PyObject *value);

// list.insert, list.extend, list.reverse, list.sort(), list.clear, list[:] = …
int list_insert(PyObject *op, Py_ssize_t where, PyObject *value);
int list_extend(PyObject *op, PyObject *iterable);
int list_reverse(PyObject *op);
int list_sort(PyObject *op);
int list_sort_keywords(PyObject *op, PyObject *key, bool reverse);
void list_clear(PyObject *op);

// op[low:high] as a new list; bounds are clipped.
PyObject *list_slice(PyObject *op, Py_ssize_t low, Py_ssize_t high);

// op[low:high] = value; deletes when value is NULL.
int list_set_slice(PyObject *op, Py_ssize_t low, Py_ssize_t high, PyObject *value);

// Removes and returns the item (negative counts from the end): IndexError as list.pop.
PyObject *list_pop(PyObject *op, Py_ssize_t i);

// A tuple of the current items: one atomic snapshot.
PyObject *list_as_tuple(PyObject *op);

// New list of n items with references of its own / consuming the items (also on failure).
PyObject *list_from_array(PyObject *const *items, Py_ssize_t n);
PyObject *list_from_array_steal(PyObject *const *items, Py_ssize_t n);

// New list out of n tagged values, which are consumed (also on failure) and not changed.
PyObject *list_from_values_steal(const Value *values, Py_ssize_t n);

// list(iterable).
PyObject *list_from_iterable(PyObject *iterable);

// The iterators, for the vm's loops.
typedef struct ListIter {
    PyObject ob_base;
    PyObject *list;     // atomic: owned, NULL at the end
    Py_ssize_t pos;     // atomic: relaxed; next index
} ListIter;

extern PyTypeObject PyListIter_Type;

// The next item of a list iterator as a value; VALUE_UNSET at the end, never an exception.
Value list_iter_next_value(PyObject *iterator);

// iter(op) for an exact list.
PyObject *list_iter(PyObject *op);

// reversed(op).
PyObject *list_reversed(PyObject *op);


#endif
