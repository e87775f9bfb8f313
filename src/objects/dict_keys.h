// Key tables of dict: the layout that lookups and the vm's inline caches read.
//
// A table is one block: an index of 2^log2_size slots (1, 2, 4 or 8 bytes each) that lies *before*
// the struct and grows downwards, the struct, and the entries in insertion order after it:
//
//     index[size-1] … index[0] | DictKeys | entry[0] entry[1] …
//
// A slot holds the number of an entry, DICT_SLOT_EMPTY or DICT_SLOT_DELETED.
//
// Invariants
//   - an entry number is given to a key once: an entry goes from empty to filled to deleted
//     (key NULL, value VALUE_UNSET) and is never reused in the same table
//   - a value is an owned pointer, an opened number, or a borrowed immortal
//   - version is 0 or a number that no other state of any table ever had; it goes back to 0 when a
//     key is added or deleted. Replacing a value keeps it
//
// Inline caches (LOAD_GLOBAL, LOAD_ATTR of modules): remember version and entry number from
// dict_entry_lookup. As long as the table that the dict points to now has that version, the entry
// holds the key, and a key that was missing is missing still. dict_cached_value does check and
// load. A version of 0 never matches.
//
// Threading: written under the dict's critical section. Readers load ma_keys with acquire, a slot
// with acquire, then key and value; a table taken out of use is freed through QSBR, so it stays
// readable until the reader's next quiescent state. An owned value must be referenced with
// refcount_try_incref and then both the entry and ma_keys be loaded again.
#ifndef TYPHON_OBJECTS_DICT_KEYS_H
#define TYPHON_OBJECTS_DICT_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/containers.h"
#include "abi/object.h"
#include "base/atomic.h"
#include "objects/value.h"

#define DICT_SLOT_EMPTY (-1)
#define DICT_SLOT_DELETED (-2)

typedef struct DictEntry {
    Py_hash_t hash;     // immutable once published
    PyObject *key;      // atomic: owned; NULL when deleted
    Value value;        // atomic: VALUE_UNSET when deleted
} DictEntry;

typedef struct _dictkeysobject DictKeys;

struct _dictkeysobject {
    uint64_t version;       // atomic: relaxed
    Py_ssize_t nentries;    // atomic: release by writers; entries used so far, deleted ones too
    Py_ssize_t usable;      // lock: dict; entries still free
    Py_ssize_t first;       // atomic: relaxed; all entries before it are deleted
    Py_ssize_t live_end;    // lock: dict; all entries from it on are deleted
    Py_ssize_t front_room;  // lock: dict; entries at the start that were never used: for moves to the
                            // front. Not initialised; first >= front_room
    uint8_t log2_size;      // immutable: log2 of the number of slots
    uint8_t log2_width;     // immutable: log2 of the bytes per slot
    DictEntry entries[];    // capacity: dict_keys_capacity
};

// Version of the table that all empty dicts share.
#define DICT_VERSION_EMPTY ((uint64_t)1)

static inline DictKeys *
dict_keys_of(PyObject *op)
{
    return atomic_load_acquire_ptr(&((PyDictObject *)op)->ma_keys);
}

// The value that entry number `entry` of op holds, when op's keys still have `version`: a value
// without ownership that stays valid until the thread's next safepoint only if no other thread
// replaces it; use dict_cached_value unless the object is immortal or deferred. VALUE_UNSET when
// the version does not match.
static inline Value
dict_cached_peek(PyObject *op, uint64_t version, uint32_t entry)
{
    DictKeys *keys = dict_keys_of(op);
    if (atomic_load_relaxed_u64(&keys->version) != version) {
        return VALUE_UNSET;
    }
    return atomic_load_acquire_uptr(&keys->entries[entry].value);
}

// The same with a reference: owned pointer, number or borrowed immortal.
Value dict_cached_value(PyObject *op, uint64_t version, uint32_t entry);

// Replaces the value of a cached entry, consuming `value` on success. False (nothing consumed)
// when the version does not match. The old value is given up.
bool dict_cached_store_steal(PyObject *op, uint64_t version, uint32_t entry, Value value);

// Whether op's keys still have `version`: the check for "the key is still missing".
static inline bool
dict_version_is(PyObject *op, uint64_t version)
{
    return atomic_load_relaxed_u64(&dict_keys_of(op)->version) == version;
}

// The version of op's keys, assigning one when there is none. Never 0.
uint64_t dict_keys_version(PyObject *op);

// Entry number of a str key (exact str) and the version under which it holds:
// >= 0, or -1 when the key is missing (the version then proves its absence). Never an exception;
// -2 when it cannot be told (a key of another type would have to be compared).
Py_ssize_t dict_entry_lookup(PyObject *op, PyObject *key, uint64_t *version);

#endif
