// Between the files of set: the table.
#ifndef TYPHON_OBJECTS_SET_INTERNAL_H
#define TYPHON_OBJECTS_SET_INTERNAL_H

#include "objects/container.h"
#include "objects/set.h"

#define SET(op) ((PySetObject *)(op))
#define SET_SMALL 8     // slots of the table inside the object

// Fills the slot of a removed element.
extern PyObject set_removed_mark;
#define SET_REMOVED (&set_removed_mark)

// Results of set_find beside "found" (1) and "missing" (0).
enum { SET_ERROR = -1, SET_RETRY = -2 };

// hash of an element; -1 with TypeError "cannot use 'X' as a set element (…)".
Py_hash_t set_hash_key(PyObject *key);
// The same, where a set stands for the frozenset of its elements (in, remove, discard).
Py_hash_t set_hash_lookup(PyObject *key);

// How set_find looks.
typedef enum {
    SET_FREE,       // without the lock: SET_RETRY when a race is lost
    SET_LOCKED,     // with the lock, which may have been suspended while __eq__ ran
    SET_QUICK,      // the only thread: SET_RETRY instead of running Python code
} SetMode;

// Looks for key: 1 and its slot, 0, -1 with an exception, or SET_RETRY.
int set_find(PyObject *op, PyObject *key, Py_hash_t hash, SetMode mode, setentry **slot);

int set_contains_hash(PyObject *op, PyObject *key, Py_hash_t hash);
// SET_RETRY in SET_QUICK only.
int set_add_hash_mode(PyObject *op, PyObject *key, Py_hash_t hash, SetMode mode);
int set_add_hash_lock_held(PyObject *op, PyObject *key, Py_hash_t hash);
int set_add_hash(PyObject *op, PyObject *key, Py_hash_t hash);

// 1 and *removed (a reference for the caller to give up), 0, -1.
int set_remove_lock_held(PyObject *op, PyObject *key, Py_hash_t hash, PyObject **removed);
int set_remove_hash(PyObject *op, PyObject *key, Py_hash_t hash);

// Room for more than `minimum` elements.
int set_resize_lock_held(PyObject *op, Py_ssize_t minimum);

// Adds the elements of another set; both are locked.
int set_merge_lock_held(PyObject *op, PyObject *other);

// A new set of the given exact type, of the elements of iterable (or NULL).
PyObject *set_make(PyTypeObject *type, PyObject *iterable);

// set or frozenset, whichever op derives from.
PyTypeObject *set_base_type(PyObject *op);

Py_hash_t frozenset_hash_of(PyObject *op);
PyObject *set_iter(PyObject *op);

// set_ops.c
extern PyNumberMethods set_as_number;
extern PyNumberMethods frozenset_as_number;
extern PyMethodDef set_methods[];
extern PyMethodDef frozenset_methods[];
PyObject *set_richcompare(PyObject *v, PyObject *w, int op);
int set_update_from(PyObject *op, PyObject *iterable);

#endif
