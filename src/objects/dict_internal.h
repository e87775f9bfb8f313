// Between the files of dict: lookup, insertion, walking.
#ifndef TYPHON_OBJECTS_DICT_INTERNAL_H
#define TYPHON_OBJECTS_DICT_INTERNAL_H

#include "objects/container.h"
#include "objects/dict.h"
#include "objects/str.h"

// Results of dict_find beside entry numbers.
enum {
    FIND_MISSING = -1,
    FIND_ERROR = -2,
    FIND_RETRY = -3,    // a race: do it again under the lock
};

// The largest index: 2^48 slots is beyond any memory.
#define DICT_MAX_LOG2 48
#define DICT_MIN_LOG2 3

static inline Py_ssize_t
dict_capacity_of_log2(int log2_size)
{
    return (Py_ssize_t)(((size_t)1 << log2_size) * 2 / 3);
}

static inline size_t
dict_index_bytes(const DictKeys *keys)
{
    return (size_t)1 << (keys->log2_size + keys->log2_width);
}

static inline void *
dict_keys_block(DictKeys *keys)
{
    return (char *)keys - dict_index_bytes(keys);
}

// The entry number in a slot; acquire, pairs with dict_slot_store.
static inline Py_ssize_t
dict_slot_load(const DictKeys *keys, size_t slot)
{
    Py_ssize_t at = -1 - (Py_ssize_t)slot;
    switch (keys->log2_width) {
    case 0:
        return (int8_t)atomic_load_acquire_u8((const uint8_t *)keys + at);
    case 1:
        return (int16_t)atomic_load_acquire_u16((const uint16_t *)keys + at);
    case 2:
        return (int32_t)atomic_load_acquire_u32((const uint32_t *)keys + at);
    default:
        return (int64_t)atomic_load_acquire_u64((const uint64_t *)keys + at);
    }
}

static inline void
dict_slot_store(DictKeys *keys, size_t slot, Py_ssize_t entry)
{
    Py_ssize_t at = -1 - (Py_ssize_t)slot;
    switch (keys->log2_width) {
    case 0:
        atomic_store_release_u8((uint8_t *)keys + at, (uint8_t)entry);
        break;
    case 1:
        atomic_store_release_u16((uint16_t *)keys + at, (uint16_t)entry);
        break;
    case 2:
        atomic_store_release_u32((uint32_t *)keys + at, (uint32_t)entry);
        break;
    default:
        atomic_store_release_u64((uint64_t *)keys + at, (uint64_t)entry);
        break;
    }
}

#define DICT(op) ((PyDictObject *)(op))

// The table of all empty dicts: no room, never written, never freed.
DictKeys *dict_empty_table(void);
DictKeys *dict_keys_alloc(int log2_size);       // empty table, MemoryError
void dict_keys_free(PyObject *op, DictKeys *keys);
int dict_log2_for(Py_ssize_t entries);

// The hash of a key, quickly for str; -1 with TypeError "cannot use 'X' as a dict key (…)".
Py_hash_t dict_hash_key(PyObject *key);

static inline Py_hash_t
dict_key_hash(PyObject *key)
{
    if (str_check_exact(key)) {
        Py_hash_t hash = atomic_load_relaxed_ssize(&STR_HEAD(key)->hash);
        return hash != -1 ? hash : str_hash(key);
    }
    return dict_hash_key(key);
}

// How dict_find looks.
typedef enum {
    FIND_FREE,      // without the lock: FIND_RETRY when a race is lost
    FIND_LOCKED,    // with the lock, which may have been suspended while __eq__ ran
    FIND_QUICK,     // the only thread: FIND_RETRY instead of running Python code
} FindMode;

// Entry number of key, or FIND_*. *table receives the table in which the number counts.
Py_ssize_t dict_find(PyObject *op, PyObject *key, Py_hash_t hash, FindMode mode, DictKeys **table);

// dict_find in a section of op, which the caller ends: without the lock when this is the only thread
// and no Python code has to run.
static inline Py_ssize_t
dict_find_begin(CriticalSection *cs, PyObject *op, PyObject *key, Py_hash_t hash, DictKeys **table)
{
    if (runtime_is_single_threaded()) {
        Py_ssize_t n = dict_find(op, key, hash, FIND_QUICK, table);
        if (n != FIND_RETRY) {
            cs->_cs_mutex = NULL;
            return n;
        }
    }
    critical_section_begin(cs, op);
    return dict_find(op, key, hash, FIND_LOCKED, table);
}

// A reference to the value of an entry: true, or false when a race was lost.
static inline bool
dict_entry_load(PyObject *op, DictKeys *keys, Py_ssize_t entry, Value *value)
{
    Value v = atomic_load_acquire_uptr(&keys->entries[entry].value);
    if (value_is_owned(v)) {
        if (!container_try_ref(value_pointer(v))) {
            return false;
        }
        if (atomic_load_acquire_uptr(&keys->entries[entry].value) != v ||
            dict_keys_of(op) != keys) {
            decref(value_pointer(v));
            return false;
        }
    }
    *value = v;
    return true;
}

// Adds or replaces; consumes value on success only. *old: the value replaced (to be dropped after
// the lock is released), or VALUE_UNSET. The value owns.
int dict_insert_lock_held(PyObject *op, PyObject *key, Py_hash_t hash, Value value, Value *old);

// Adds a key that is known to be missing; takes its own reference to key. Room is made.
int dict_append_lock_held(PyObject *op, PyObject *key, Py_hash_t hash, Value value);

// Takes an entry out; *key and *value are then the caller's references.
void dict_remove_lock_held(PyObject *op, DictKeys *keys, Py_ssize_t entry, PyObject **key,
                           Value *value);

// Makes room for `entries` live ones in all, compacting.
int dict_resize_lock_held(PyObject *op, Py_ssize_t entries);

// Makes the live entry n the last or the first one. 0, or -1 with MemoryError.
int dict_move_lock_held(PyObject *op, Py_ssize_t n, bool last);

// Numbers of the first and the last live entry; the dict is not empty.
Py_ssize_t dict_first_entry_lock_held(PyObject *op);
Py_ssize_t dict_last_entry_lock_held(PyObject *op);

// Replaces the table by an empty one and returns the old one (to be given to dict_release_table
// after the lock is released), or NULL when there was nothing.
DictKeys *dict_detach_lock_held(PyObject *op);
void dict_release_table(PyObject *op, DictKeys *keys, bool immediately);

// dict_copy of an exact or derived dict into a fresh exact one.
PyObject *dict_clone(PyObject *op);

// ---- Views and iterators (dict_view.c, dict_iter.c) ----

typedef struct DictViewObject {
    PyObject ob_base;
    PyDictObject *dict;     // immutable after construction; NULL only after tp_clear
} DictViewObject;

PyObject *dict_iter_new(PyObject *op, PyTypeObject *type);
PyObject *dict_iter(PyObject *op);      // tp_iter of dict

// Remaining items as a list, for __reduce__.
PyObject *dict_iter_reduce(PyObject *iterator, PyObject *unused);

// The pair as a new tuple; consumes all.
PyObject *dict_pair_steal(PyObject *key, Value value);

#endif
