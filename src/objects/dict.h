// dict: the insertion-ordered hash table, its views and iterators.
//
// Owns the types dict, dict_keys, dict_values, dict_items and the six iterators. Keys are objects;
// values are tagged (objects/value.h): numbers take no box. Functions with `_value` in the name
// speak tagged values, the others box on the way out and open on the way in.
//
// Errors: 1 found, 0 not found, -1 exception for lookups. Hash and equality of keys may run Python
// code and raise.
//
// Threading: every function is atomic towards other threads. Mutation takes the dict's critical
// section; lookups are lock-free (dict_keys.h). `_lock_held` requires the critical section, or a
// dict that no other thread can see.
#ifndef TYPHON_OBJECTS_DICT_H
#define TYPHON_OBJECTS_DICT_H

#include <stdbool.h>

#include "abi/constants.h"
#include "abi/containers.h"
#include "abi/object.h"
#include "objects/dict_keys.h"
#include "objects/value.h"

extern PyTypeObject PyDict_Type;
extern PyTypeObject PyDictKeys_Type;
extern PyTypeObject PyDictValues_Type;
extern PyTypeObject PyDictItems_Type;
extern PyTypeObject PyDictIterKey_Type;
extern PyTypeObject PyDictIterValue_Type;
extern PyTypeObject PyDictIterItem_Type;
extern PyTypeObject PyDictRevIterKey_Type;
extern PyTypeObject PyDictRevIterValue_Type;
extern PyTypeObject PyDictRevIterItem_Type;

static inline bool
dict_check(PyObject *op)
{
    return (op->ob_type->tp_flags & Py_TPFLAGS_DICT_SUBCLASS) != 0;
}

static inline bool dict_check_exact(PyObject *op) { return op->ob_type == &PyDict_Type; }

static inline Py_ssize_t
dict_size(PyObject *op)
{
    return atomic_load_relaxed_ssize(&((PyDictObject *)op)->ma_used);
}

PyObject *dict_new(void);

// Empty dict with room for n keys.
PyObject *dict_new_reserved(Py_ssize_t n);

// ---- Lookup ----

// *result is a new reference (NULL when not found or on error).
int dict_get(PyObject *op, PyObject *key, PyObject **result);
int dict_get_hash(PyObject *op, PyObject *key, Py_hash_t hash, PyObject **result);
int dict_get_cstr(PyObject *op, const char *key, PyObject **result);

// *result is a value of its own (VALUE_UNSET when not found or on error).
int dict_get_value(PyObject *op, PyObject *key, Value *result);
int dict_get_value_hash(PyObject *op, PyObject *key, Py_hash_t hash, Value *result);

// The same for an int key that has no box.
int dict_get_value_int(PyObject *op, int64_t key, Value *result);

// op[key] for any dict or subclass of it: __missing__ is asked by subclasses; KeyError.
PyObject *dict_subscript(PyObject *op, PyObject *key);
Value dict_subscript_value(PyObject *op, PyObject *key);

int dict_contains(PyObject *op, PyObject *key);
int dict_contains_hash(PyObject *op, PyObject *key, Py_hash_t hash);
int dict_contains_cstr(PyObject *op, const char *key);

// ---- Changing ----

int dict_set(PyObject *op, PyObject *key, PyObject *value);
int dict_set_hash(PyObject *op, PyObject *key, Py_hash_t hash, PyObject *value);
int dict_set_cstr(PyObject *op, const char *key, PyObject *value);
int dict_set_steal(PyObject *op, PyObject *key, PyObject *value);  // consumes value only

// Consumes value, also on failure. Borrowed values are made to own.
int dict_set_value_steal(PyObject *op, PyObject *key, Value value);
int dict_set_value_hash_steal(PyObject *op, PyObject *key, Py_hash_t hash, Value value);
int dict_set_value_int_steal(PyObject *op, int64_t key, Value value);
int dict_set_lock_held(PyObject *op, PyObject *key, PyObject *value);

// KeyError when missing.
int dict_del(PyObject *op, PyObject *key);
int dict_del_hash(PyObject *op, PyObject *key, Py_hash_t hash);
int dict_del_cstr(PyObject *op, const char *key);

// Removes key: 1 and *result (may be NULL: the value is dropped), 0 when missing, -1.
int dict_pop(PyObject *op, PyObject *key, PyObject **result);
int dict_pop_hash(PyObject *op, PyObject *key, Py_hash_t hash, PyObject **result);
int dict_pop_cstr(PyObject *op, const char *key, PyObject **result);

// *result: the value present (returns 1) or `value`, now inserted (0). result may be NULL.
int dict_setdefault(PyObject *op, PyObject *key, PyObject *value, PyObject **result);

// Removes the last item: 1 with two new references, 0 when empty, -1.
int dict_popitem(PyObject *op, PyObject **key, PyObject **value);

void dict_clear(PyObject *op);

// ---- Whole dicts ----

// A new exact dict with the same items, also of subclasses.
PyObject *dict_copy(PyObject *op);

// op.update(other): other is a mapping. With override 0 existing keys stay; with override 2 an
// existing key raises KeyError(key).
int dict_merge(PyObject *op, PyObject *other, int override);

// dict_merge with override 1.
int dict_update(PyObject *op, PyObject *other);

// Items from an iterable of pairs, with the error texts of dict().
int dict_merge_pairs(PyObject *op, PyObject *pairs, int override);

PyObject *dict_keys_list(PyObject *op);
PyObject *dict_values_list(PyObject *op);
PyObject *dict_items_list(PyObject *op);

// {key: value, …} out of tagged pairs values[0], values[1], …; consumes all also on failure.
PyObject *dict_from_values_steal(const Value *values, Py_ssize_t pairs);

// Keyword arguments as a dict: names is a tuple of str, values that many objects.
PyObject *dict_from_keywords(PyObject *const *values, PyObject *names);

// The dict views.
PyObject *dict_view_new(PyObject *op, PyTypeObject *type);

// Walks the items: *pos starts at 0. 1 with NEW references in *key and *value (either pointer may
// be NULL), 0 at the end, -1 with MemoryError. The dict may change meanwhile: items may then be
// skipped, never seen freed.
int dict_next(PyObject *op, Py_ssize_t *pos, PyObject **key, PyObject **value);

// The same with tagged values and hashes; 1 or 0, never an exception.
int dict_next_value(PyObject *op, Py_ssize_t *pos, PyObject **key, Value *value, Py_hash_t *hash);

// Next of a dict iterator for the vm's loops; the exhausted and the error case are told apart by
// error_occurred. Key and value as new references.
PyObject *dict_iter_next(PyObject *iterator);

// The same for any dict iterator with the item as a value; VALUE_UNSET at the end or with an
// exception.
Value dict_iter_next_value(PyObject *iterator);

// Key and value of a PyDictIterItem_Type iterator without the tuple: 1, 0 at the end, -1.
int dict_iter_next_pair(PyObject *iterator, Value *key, Value *value);

#endif
