// Between the files of list: the item array and its growth.
#ifndef TYPHON_OBJECTS_LIST_INTERNAL_H
#define TYPHON_OBJECTS_LIST_INTERNAL_H

#include "objects/container.h"
#include "objects/int.h"
#include "objects/list.h"

#define LIST(op) ((PyListObject *)(op))
#define LIST_MAX ((Py_ssize_t)(PY_SSIZE_T_MAX / sizeof(PyObject *) - 16))

// The word in front of the items: how many slots the array has. Immutable once published.
typedef struct ListArray {
    Py_ssize_t capacity;
    PyObject *items[];
} ListArray;

static inline ListArray *
list_array_of(PyObject **items)
{
    return (ListArray *)((char *)items - offsetof(ListArray, items));
}

// Array of `capacity` slots, of which the caller fills the first `used`; the rest is NULL.
// NULL with MemoryError.
PyObject **list_array_alloc(Py_ssize_t capacity, Py_ssize_t used);

static inline void
list_array_free(PyObject **items)
{
    if (items != NULL) {
        mem_free(list_array_of(items));
    }
}

// Gives up n references of an array that is no longer visible, then the array.
void list_array_release(PyObject *op, PyObject **items, Py_ssize_t n);

// Makes room for at least n items (never shrinks); size unchanged.
int list_reserve_lock_held(PyObject *op, Py_ssize_t n);

// Gives back memory after much was removed. Never fails.
void list_shrink_lock_held(PyObject *op);

// Sets the size after slots have been filled, or before they are emptied.
static inline void
list_set_size(PyObject *op, Py_ssize_t n)
{
    atomic_store_release_ssize(&LIST(op)->ob_base.ob_size, n);
}

// Moves n slots of a locked list, whose ranges may overlap. Racing readers see each slot whole: they
// find an item at its old or its new place.
void list_move_lock_held(PyObject *op, PyObject **to, PyObject *const *from, Py_ssize_t n);

// Empties n slots of a locked list.
void list_wipe_lock_held(PyObject *op, PyObject **at, Py_ssize_t n);

int list_append_grow_lock_held(PyObject *op, PyObject *value);

// Appends, consuming value on success.
static inline int
list_append_owned_lock_held(PyObject *op, PyObject *value)
{
    Py_ssize_t n = LIST(op)->ob_base.ob_size;
    if (n < LIST(op)->allocated) {
        atomic_store_release_ptr(&LIST(op)->ob_item[n], value);
        list_set_size(op, n + 1);
        return 0;
    }
    return list_append_grow_lock_held(op, value);
}

// Opens exact small ints without a call.
static inline Value
list_open_item(PyObject *item)
{
    if (type_of(item) == &PyLong_Type && int_is_compact(item)) {
        return value_from_int(int_compact_value(item));
    }
    return value_from_object(item);
}

// list_slice.c: the slots for subscripts, in-place and sliced.
PyObject *list_subscript(PyObject *op, PyObject *key);
int list_ass_subscript(PyObject *op, PyObject *key, PyObject *value);
PyObject *list_slice_lock_held(PyObject *op, Py_ssize_t low, Py_ssize_t high);

// list_sort.c
PyObject *list_method_sort(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
void list_reverse_array(PyObject **low, PyObject **high);

#endif
