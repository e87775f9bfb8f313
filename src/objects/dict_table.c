// The key tables of dict: allocation, lookup, insertion, removal, versions.
//
// Owns the algorithm: open addressing in an index of small integers, probed in a sequence that
// visits every slot and mixes in all bits of the hash; entries stay in insertion order beside it. At most
// two thirds of the slots are used. Removal leaves a hole; a table without room is rebuilt.
//
// Threading: see dict_keys.h. Functions named _lock_held need the dict's critical section. Keys
// and values taken out are handed to the caller, who gives them up outside the lock.
#include "objects/dict_internal.h"

#include <string.h>

#include "objects/error.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/order.h"

#define PERTURB_SHIFT 5

// ---- Tables ----

static const struct {
    int8_t slots[1 << DICT_MIN_LOG2];
    DictKeys keys;
} empty_table = {
    .slots = {-1, -1, -1, -1, -1, -1, -1, -1},
    .keys = {.version = DICT_VERSION_EMPTY, .log2_size = DICT_MIN_LOG2},
};

DictKeys *
dict_empty_table(void)
{
    return (DictKeys *)&empty_table.keys;
}

// Last version given out. Versions are never used twice, whatever the interpreter.
static uint64_t last_version = DICT_VERSION_EMPTY;     // atomic

int
dict_log2_for(Py_ssize_t entries)
{
    int log2_size = DICT_MIN_LOG2;
    while (log2_size < DICT_MAX_LOG2 && dict_capacity_of_log2(log2_size) < entries) {
        log2_size++;
    }
    return log2_size;
}

DictKeys *
dict_keys_alloc(int log2_size)
{
    if (log2_size >= DICT_MAX_LOG2) {
        return error_no_memory();
    }
    int log2_width = log2_size < 8 ? 0 : log2_size < 16 ? 1 : log2_size < 32 ? 2 : 3;
    size_t index = (size_t)1 << (log2_size + log2_width);
    Py_ssize_t capacity = dict_capacity_of_log2(log2_size);
    char *block = mem_alloc(index + sizeof(DictKeys) + (size_t)capacity * sizeof(DictEntry));
    if (block == NULL) {
        return error_no_memory();
    }
    memset(block, 0xff, index);
    DictKeys *keys = (DictKeys *)(block + index);
    *keys = (DictKeys){
        .usable = capacity,
        .log2_size = (uint8_t)log2_size,
        .log2_width = (uint8_t)log2_width,
    };
    return keys;
}

void
dict_keys_free(PyObject *op, DictKeys *keys)
{
    if (keys != dict_empty_table()) {
        container_free_table(op, dict_keys_block(keys));
    }
}

DictKeys *
dict_detach_lock_held(PyObject *op)
{
    DictKeys *keys = DICT(op)->ma_keys;
    if (keys == dict_empty_table()) {
        return NULL;
    }
    atomic_store_release_ptr(&DICT(op)->ma_keys, dict_empty_table());
    atomic_store_relaxed_ssize(&DICT(op)->ma_used, 0);
    return keys;
}

// Readers may still look at the table: what it holds is given up, not erased, and their recheck of
// ma_keys tells them.
void
dict_release_table(PyObject *op, DictKeys *keys, bool immediately)
{
    if (keys == NULL) {
        return;
    }
    for (Py_ssize_t i = keys->first; i < keys->nentries; i++) {
        DictEntry *entry = &keys->entries[i];
        if (i + CONTAINER_AHEAD < keys->nentries) {
            container_prefetch(entry[CONTAINER_AHEAD].key);
        }
        if (entry->key != NULL) {
            decref(entry->key);
            value_drop(entry->value);
        }
    }
    if (immediately) {
        mem_free(dict_keys_block(keys));
    }
    else {
        dict_keys_free(op, keys);
    }
}

// ---- Lookup ----

Py_hash_t
dict_hash_key(PyObject *key)
{
    Py_hash_t hash = object_hash(key);
    if (hash == -1 && object_type_is(thread_current()->abi.current_exception,
                                     (PyTypeObject *)PyExc_TypeError)) {
        PyObject *cause = error_take();
        error_format(PyExc_TypeError, "cannot use '%T' as a dict key (%S)", key, cause);
        decref(cause);
    }
    return hash;
}

// Compares the key of an entry with another key of the same hash: 1, 0, FIND_ERROR, or FIND_RETRY when
// the table changed meanwhile (or a race was lost).
static int
entry_compare(PyObject *op, DictKeys *keys, DictEntry *entry, PyObject *found, PyObject *key,
              FindMode mode)
{
    if (mode != FIND_FREE) {
        int equal = object_equal_quick(found, key);
        if (equal >= 0) {
            return equal;
        }
        if (mode == FIND_QUICK) {
            return FIND_RETRY;
        }
        incref(found);
    }
    else {
        if (!container_try_ref(found)) {
            return FIND_RETRY;
        }
        if (atomic_load_acquire_ptr(&entry->key) != found || dict_keys_of(op) != keys) {
            decref(found);
            return FIND_RETRY;
        }
        int equal = object_equal_quick(found, key);
        if (equal >= 0) {
            decref(found);
            return equal;
        }
    }
    int equal = object_richcompare_bool(found, key, Py_EQ);
    decref(found);
    if (equal < 0) {
        return FIND_ERROR;
    }
    if (dict_keys_of(op) != keys || atomic_load_acquire_ptr(&entry->key) != found) {
        return FIND_RETRY;
    }
    return equal;
}

Py_ssize_t
dict_find(PyObject *op, PyObject *key, Py_hash_t hash, FindMode mode, DictKeys **table)
{
restart:;
    DictKeys *keys = dict_keys_of(op);
    size_t mask = ((size_t)1 << keys->log2_size) - 1;
    size_t perturb = (size_t)hash;
    size_t slot = perturb & mask;
    *table = keys;
    for (;;) {
        Py_ssize_t n = dict_slot_load(keys, slot);
        if (n >= 0) {
            DictEntry *entry = &keys->entries[n];
            PyObject *found = atomic_load_acquire_ptr(&entry->key);
            if (found == key) {
                return n;
            }
            if (found != NULL && entry->hash == hash) {
                int equal = entry_compare(op, keys, entry, found, key, mode);
                if (equal > 0) {
                    return n;
                }
                if (equal == FIND_RETRY && mode == FIND_LOCKED) {
                    goto restart;
                }
                if (equal < 0) {
                    return equal;
                }
            }
        }
        else if (n == DICT_SLOT_EMPTY) {
            return FIND_MISSING;
        }
        perturb >>= PERTURB_SHIFT;
        slot = (slot * 5 + perturb + 1) & mask;
    }
}

// Finds under the lock and takes the value: 1, 0, -1.
static int
get_value_locked(PyObject *op, PyObject *key, Py_hash_t hash, Value *result)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    DictKeys *keys;
    Py_ssize_t n = dict_find(op, key, hash, FIND_LOCKED, &keys);
    if (n >= 0) {
        *result = container_value_lock_held(keys->entries[n].value);
    }
    critical_section_end(&cs);
    return n >= 0 ? 1 : n == FIND_MISSING ? 0 : -1;
}

int
dict_get_value_hash(PyObject *op, PyObject *key, Py_hash_t hash, Value *result)
{
    DictKeys *keys;
    Py_ssize_t n;
    *result = VALUE_UNSET;
    if (runtime_is_single_threaded()) {
        n = dict_find(op, key, hash, FIND_QUICK, &keys);
        if (n >= 0) {
            Value value = keys->entries[n].value;
            if (value_is_owned(value)) {
                incref(value_pointer(value));
            }
            *result = value;
            return 1;
        }
        if (n == FIND_MISSING) {
            return 0;
        }
    }
    container_begin_read(op);
    n = dict_find(op, key, hash, FIND_FREE, &keys);
    if (n >= 0) {
        if (dict_entry_load(op, keys, n, result) && *result != VALUE_UNSET) {
            return 1;
        }
        return get_value_locked(op, key, hash, result);
    }
    if (n == FIND_MISSING) {
        return 0;
    }
    return n == FIND_ERROR ? -1 : get_value_locked(op, key, hash, result);
}

int
dict_contains_hash(PyObject *op, PyObject *key, Py_hash_t hash)
{
    DictKeys *keys;
    if (runtime_is_single_threaded()) {
        Py_ssize_t quick = dict_find(op, key, hash, FIND_QUICK, &keys);
        if (quick >= 0 || quick == FIND_MISSING) {
            return quick >= 0;
        }
    }
    container_begin_read(op);
    Py_ssize_t n = dict_find(op, key, hash, FIND_FREE, &keys);
    if (n == FIND_RETRY) {
        CriticalSection cs;
        critical_section_begin(&cs, op);
        n = dict_find(op, key, hash, FIND_LOCKED, &keys);
        critical_section_end(&cs);
    }
    return n >= 0 ? 1 : n == FIND_MISSING ? 0 : -1;
}

// ---- Insertion ----

// Enters number n into the first free slot of the probe sequence of hash.
static inline void
index_insert(DictKeys *keys, Py_hash_t hash, Py_ssize_t n)
{
    size_t mask = ((size_t)1 << keys->log2_size) - 1;
    size_t perturb = (size_t)hash;
    size_t slot = perturb & mask;
    while (dict_slot_load(keys, slot) >= 0) {
        perturb >>= PERTURB_SHIFT;
        slot = (slot * 5 + perturb + 1) & mask;
    }
    dict_slot_store(keys, slot, n);
}

// A table with room for `entries` live entries, and `front` more before them.
static int
rebuild_lock_held(PyObject *op, Py_ssize_t entries, Py_ssize_t front)
{
    CRITICAL_SECTION_ASSERT_HELD(op);
    DictKeys *old = DICT(op)->ma_keys;
    DictKeys *keys = dict_keys_alloc(dict_log2_for(entries + front));
    if (keys == NULL) {
        return -1;
    }
    Py_ssize_t n = front;
    for (Py_ssize_t i = old->first; i < old->nentries; i++) {
        if (old->entries[i].key != NULL) {
            keys->entries[n] = old->entries[i];
            index_insert(keys, keys->entries[n].hash, n);
            n++;
        }
    }
    keys->nentries = keys->live_end = n;
    keys->usable -= n;
    keys->first = keys->front_room = front;
    atomic_store_release_ptr(&DICT(op)->ma_keys, keys);
    dict_keys_free(op, old);
    return 0;
}

int
dict_resize_lock_held(PyObject *op, Py_ssize_t entries)
{
    return rebuild_lock_held(op, entries, 0);
}

int
dict_append_lock_held(PyObject *op, PyObject *key, Py_hash_t hash, Value value)
{
    DictKeys *keys = DICT(op)->ma_keys;
    if (keys->usable <= 0) {
        Py_ssize_t used = DICT(op)->ma_used;
        // The growth rate keeps small dicts tight and rebuilds a table with many holes in place.
        if (dict_resize_lock_held(op, used < 5 ? used + 1 : used * 2) < 0) {
            return -1;
        }
        keys = DICT(op)->ma_keys;
    }
    Py_ssize_t n = keys->nentries;
    DictEntry *entry = &keys->entries[n];
    entry->hash = hash;
    entry->value = value;
    incref(key);
    atomic_store_release_ptr(&entry->key, key);
    atomic_store_relaxed_u64(&keys->version, 0);
    atomic_store_release_ssize(&keys->nentries, n + 1);
    keys->live_end = n + 1;
    keys->usable--;
    index_insert(keys, hash, n);
    atomic_store_relaxed_ssize(&DICT(op)->ma_used, DICT(op)->ma_used + 1);
    return 0;
}

int
dict_insert_lock_held(PyObject *op, PyObject *key, Py_hash_t hash, Value value, Value *old)
{
    CRITICAL_SECTION_ASSERT_HELD(op);
    DictKeys *keys;
    Py_ssize_t n = dict_find(op, key, hash, FIND_LOCKED, &keys);
    if (n >= 0) {
        DictEntry *entry = &keys->entries[n];
        *old = entry->value;
        atomic_store_release_uptr(&entry->value, value);
        return 0;
    }
    *old = VALUE_UNSET;
    return n == FIND_MISSING ? dict_append_lock_held(op, key, hash, value) : -1;
}

// ---- Removal ----

static void
index_remove(DictKeys *keys, Py_hash_t hash, Py_ssize_t n)
{
    size_t mask = ((size_t)1 << keys->log2_size) - 1;
    size_t perturb = (size_t)hash;
    size_t slot = perturb & mask;
    while (dict_slot_load(keys, slot) != n) {
        perturb >>= PERTURB_SHIFT;
        slot = (slot * 5 + perturb + 1) & mask;
    }
    dict_slot_store(keys, slot, DICT_SLOT_DELETED);
}

void
dict_remove_lock_held(PyObject *op, DictKeys *keys, Py_ssize_t n, PyObject **key, Value *value)
{
    CRITICAL_SECTION_ASSERT_HELD(op);
    DictEntry *entry = &keys->entries[n];
    index_remove(keys, entry->hash, n);
    *key = entry->key;
    *value = entry->value;
    atomic_store_release_uptr(&entry->value, VALUE_UNSET);
    atomic_store_release_ptr(&entry->key, NULL);
    atomic_store_relaxed_u64(&keys->version, 0);
    atomic_store_relaxed_ssize(&DICT(op)->ma_used, DICT(op)->ma_used - 1);
    if (n == keys->first) {
        atomic_store_relaxed_ssize(&keys->first, n + 1);
    }
    if (n + 1 == keys->live_end) {
        keys->live_end = n;
    }
}

// ---- Order ----

// Number of the entry that holds the key of a live entry, which a rebuild may have moved.
static Py_ssize_t
entry_number(DictKeys *keys, PyObject *key, Py_hash_t hash)
{
    size_t mask = ((size_t)1 << keys->log2_size) - 1;
    size_t perturb = (size_t)hash;
    size_t slot = perturb & mask;
    for (;;) {
        Py_ssize_t n = dict_slot_load(keys, slot);
        if (n >= 0 && keys->entries[n].key == key) {
            return n;
        }
        perturb >>= PERTURB_SHIFT;
        slot = (slot * 5 + perturb + 1) & mask;
    }
}

int
dict_move_lock_held(PyObject *op, Py_ssize_t n, bool last)
{
    CRITICAL_SECTION_ASSERT_HELD(op);
    DictKeys *keys = DICT(op)->ma_keys;
    if (last ? n + 1 == keys->live_end : n == keys->first) {
        return 0;
    }
    DictEntry entry = keys->entries[n];
    Py_ssize_t used = DICT(op)->ma_used;
    if (last ? keys->usable <= 0 : keys->front_room == 0) {
        // As much room again as there are entries: so moves take constant time on average.
        if (rebuild_lock_held(op, last ? used * 2 + 1 : used, last ? 0 : used + 1) < 0) {
            return -1;
        }
        keys = DICT(op)->ma_keys;
        n = entry_number(keys, entry.key, entry.hash);
    }
    // Readers may miss the key between the two steps, and then look again under the lock.
    PyObject *key;
    Value value;
    dict_remove_lock_held(op, keys, n, &key, &value);
    Py_ssize_t to = last ? keys->nentries : keys->front_room - 1;
    keys->entries[to].hash = entry.hash;
    keys->entries[to].value = value;
    atomic_store_release_ptr(&keys->entries[to].key, key);
    if (last) {
        atomic_store_release_ssize(&keys->nentries, to + 1);
        keys->live_end = to + 1;
        keys->usable--;
    }
    else {
        keys->front_room = to;
        atomic_store_relaxed_ssize(&keys->first, to);
    }
    index_insert(keys, entry.hash, to);
    atomic_store_relaxed_ssize(&DICT(op)->ma_used, used);
    return 0;
}

Py_ssize_t
dict_first_entry_lock_held(PyObject *op)
{
    DictKeys *keys = DICT(op)->ma_keys;
    Py_ssize_t n = keys->first;
    while (keys->entries[n].key == NULL) {
        n++;
    }
    atomic_store_relaxed_ssize(&keys->first, n);
    return n;
}

// ---- Versions for inline caches ----

static uint64_t
version_lock_held(DictKeys *keys)
{
    uint64_t version = atomic_load_relaxed_u64(&keys->version);
    if (version == 0) {
        version = atomic_add_u64(&last_version, 1) + 1;
        atomic_store_relaxed_u64(&keys->version, version);
    }
    return version;
}

uint64_t
dict_keys_version(PyObject *op)
{
    CriticalSection cs;
    container_begin_read(op);
    critical_section_begin(&cs, op);
    uint64_t version = version_lock_held(DICT(op)->ma_keys);
    critical_section_end(&cs);
    return version;
}

// Whether a lookup of a str in op can be done without running Python code, and its result: like
// dict_find with the additional result -2.
static Py_ssize_t
find_str_quietly(DictKeys *keys, PyObject *key, Py_hash_t hash)
{
    size_t mask = ((size_t)1 << keys->log2_size) - 1;
    size_t perturb = (size_t)hash;
    size_t slot = perturb & mask;
    for (;;) {
        Py_ssize_t n = dict_slot_load(keys, slot);
        if (n >= 0) {
            PyObject *found = keys->entries[n].key;
            if (found == key) {
                return n;
            }
            if (found != NULL && keys->entries[n].hash == hash) {
                if (!str_check_exact(found)) {
                    return -2;
                }
                if (str_equal(found, key)) {
                    return n;
                }
            }
        }
        else if (n == DICT_SLOT_EMPTY) {
            return FIND_MISSING;
        }
        perturb >>= PERTURB_SHIFT;
        slot = (slot * 5 + perturb + 1) & mask;
    }
}

Py_ssize_t
dict_entry_lookup(PyObject *op, PyObject *key, uint64_t *version)
{
    CriticalSection cs;
    container_begin_read(op);
    critical_section_begin(&cs, op);
    DictKeys *keys = DICT(op)->ma_keys;
    Py_ssize_t n = find_str_quietly(keys, key, str_hash(key));
    *version = n == -2 ? 0 : version_lock_held(keys);
    if (n >= 0 && value_is_owned(keys->entries[n].value)) {
        // Racing loads through the cache shall succeed from any thread.
        PyObject *value = value_pointer(keys->entries[n].value);
        if (!object_is_immortal(value)) {
            refcount_enable_try(value);
        }
    }
    critical_section_end(&cs);
    return n;
}

Value
dict_cached_value(PyObject *op, uint64_t version, uint32_t n)
{
    DictKeys *keys = dict_keys_of(op);
    if (atomic_load_relaxed_u64(&keys->version) != version) {
        return VALUE_UNSET;
    }
    Value value;
    if (dict_entry_load(op, keys, n, &value)) {
        return value;
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    value = VALUE_UNSET;
    keys = DICT(op)->ma_keys;
    if (keys->version == version) {
        value = container_value_lock_held(keys->entries[n].value);
    }
    critical_section_end(&cs);
    return value;
}

bool
dict_cached_store_steal(PyObject *op, uint64_t version, uint32_t n, Value value)
{
    CriticalSection cs;
    short_section_begin(&cs, op);
    DictKeys *keys = DICT(op)->ma_keys;
    bool hit = keys->version == version;
    Value old = VALUE_UNSET;
    if (hit) {
        old = keys->entries[n].value;
        atomic_store_release_uptr(&keys->entries[n].value, value_keep(value));
    }
    critical_section_end(&cs);
    value_drop(old);
    return hit;
}

// ---- Unboxed int keys ----

// Entry number of an int key in the only thread: FIND_RETRY when __eq__ would have to be asked.
static inline Py_ssize_t
find_int_quick(DictKeys *keys, int64_t number, Py_hash_t hash)
{
    size_t mask = ((size_t)1 << keys->log2_size) - 1;
    size_t perturb = (size_t)hash;
    size_t slot = perturb & mask;
    for (;;) {
        Py_ssize_t n = dict_slot_load(keys, slot);
        if (n >= 0 && keys->entries[n].hash == hash && keys->entries[n].key != NULL) {
            PyObject *found = keys->entries[n].key;
            if (type_of(found) != &PyLong_Type) {
                return FIND_RETRY;
            }
            int64_t value;
            if (int_as_i64_fast(found, &value) && value == number) {
                return n;
            }
        }
        else if (n == DICT_SLOT_EMPTY) {
            return FIND_MISSING;
        }
        perturb >>= PERTURB_SHIFT;
        slot = (slot * 5 + perturb + 1) & mask;
    }
}

int
dict_get_value_int(PyObject *op, int64_t number, Value *result)
{
    *result = VALUE_UNSET;
    Py_hash_t hash = int_hash_i64(number);
    if (runtime_is_single_threaded()) {
        DictKeys *keys = DICT(op)->ma_keys;
        Py_ssize_t n = find_int_quick(keys, number, hash);
        if (n >= 0) {
            Value value = keys->entries[n].value;
            if (value_is_owned(value)) {
                incref(value_pointer(value));
            }
            *result = value;
            return 1;
        }
        if (n == FIND_MISSING) {
            return 0;
        }
    }
    container_begin_read(op);
    DictKeys *keys = dict_keys_of(op);
    size_t mask = ((size_t)1 << keys->log2_size) - 1;
    size_t perturb = (size_t)hash;
    size_t slot = perturb & mask;
    for (;;) {
        Py_ssize_t n = dict_slot_load(keys, slot);
        if (n == DICT_SLOT_EMPTY) {
            return 0;
        }
        if (n >= 0 && keys->entries[n].hash == hash) {
            PyObject *found = atomic_load_acquire_ptr(&keys->entries[n].key);
            // An exact int of one digit: its value is told without a reference, since memory of objects
            // stays readable; the check of the entry afterwards proves that it was that.
            if (found == NULL || type_of(found) != &PyLong_Type || !int_is_compact(found)) {
                break;
            }
            if (int_compact_value(found) == number) {
                if (!dict_entry_load(op, keys, n, result) || *result == VALUE_UNSET ||
                    atomic_load_acquire_ptr(&keys->entries[n].key) != found) {
                    break;
                }
                return 1;
            }
            break;
        }
        perturb >>= PERTURB_SHIFT;
        slot = (slot * 5 + perturb + 1) & mask;
    }
    value_drop(*result);
    PyObject *key = int_from_i64(number);
    if (key == NULL) {
        *result = VALUE_UNSET;
        return -1;
    }
    int found = get_value_locked(op, key, hash, result);
    decref(key);
    return found;
}

int
dict_set_value_int_steal(PyObject *op, int64_t number, Value value)
{
    Py_hash_t hash = int_hash_i64(number);
    Py_ssize_t n = FIND_RETRY;
    if (runtime_is_single_threaded()) {
        DictKeys *keys = DICT(op)->ma_keys;
        n = find_int_quick(keys, number, hash);
        if (n >= 0) {
            Value old = keys->entries[n].value;
            keys->entries[n].value = value_keep(value);
            value_drop(old);
            return 0;
        }
    }
    PyObject *key = int_from_i64(number);
    if (key == NULL) {
        value_drop(value);
        return -1;
    }
    int status;
    if (n == FIND_MISSING) {
        value = value_keep(value);
        status = dict_append_lock_held(op, key, hash, value);
        if (status < 0) {
            value_drop(value);
        }
    }
    else {
        status = dict_set_value_hash_steal(op, key, hash, value);
    }
    decref(key);
    return status;
}
