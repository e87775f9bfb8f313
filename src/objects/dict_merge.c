// Copying and merging of dicts.
//
// Owns dict_copy, dict_merge and what dict() and update() do with other mappings and with
// iterables of pairs.
//
// Threading: source and target are locked together while items move between two dicts; the
// locks may be suspended when keys are compared in Python code, so that the source is looked at anew for
// each item.
#include "objects/dict_internal.h"

#include <string.h>

#include "objects/error.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/mapping.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/tuple.h"

static inline void
entry_incref(DictEntry *entry)
{
    incref(entry->key);
    if (value_is_owned(entry->value)) {
        incref(value_pointer(entry->value));
    }
}

// An independent table with the same entries, which are counted. The source is locked.
static DictKeys *
clone_keys(DictKeys *from, Py_ssize_t used)
{
    if (used == 0 || used < from->nentries * 2 / 3) {
        return NULL;
    }
    DictKeys *keys = dict_keys_alloc(from->log2_size);
    if (keys == NULL) {
        error_clear();
        return NULL;
    }
    memcpy(dict_keys_block(keys), dict_keys_block(from), dict_index_bytes(from));
    memcpy(keys->entries + from->first, from->entries + from->first,
           (size_t)(from->nentries - from->first) * sizeof(DictEntry));
    keys->nentries = from->nentries;
    keys->usable = from->usable;
    keys->first = from->first;
    keys->live_end = from->live_end;
    keys->front_room = from->front_room;
    for (Py_ssize_t i = from->first; i < keys->nentries; i++) {
        if (keys->entries[i].key != NULL) {
            entry_incref(&keys->entries[i]);
        }
    }
    return keys;
}

// Stores one item of the source into `to`: both are locked.
static int
merge_item(PyObject *to, PyObject *key, Py_hash_t hash, Value value, int override)
{
    if (override == 1) {
        Value old;
        if (dict_insert_lock_held(to, key, hash, value, &old) < 0) {
            value_drop(value);
            return -1;
        }
        value_drop(old);
        return 0;
    }
    DictKeys *keys;
    Py_ssize_t n = dict_find(to, key, hash, FIND_LOCKED, &keys);
    if (n == FIND_MISSING && dict_append_lock_held(to, key, hash, value) == 0) {
        return 0;
    }
    value_drop(value);
    if (n >= 0 && override == 0) {
        return 0;
    }
    if (n >= 0) {
        error_set_key_error(key);
    }
    return -1;
}

static int
merge_dict_lock_held(PyObject *to, PyObject *from, int override)
{
    DictKeys *keys = DICT(from)->ma_keys;
    Py_ssize_t used = DICT(from)->ma_used;
    if (DICT(to)->ma_used == 0) {
        DictKeys *clone = clone_keys(keys, used);
        if (clone != NULL) {
            DictKeys *old = DICT(to)->ma_keys;
            atomic_store_release_ptr(&DICT(to)->ma_keys, clone);
            atomic_store_relaxed_ssize(&DICT(to)->ma_used, used);
            dict_keys_free(to, old);
            return 0;
        }
    }
    if (DICT(to)->ma_keys->usable < used && used > 2 &&
        dict_resize_lock_held(to, DICT(to)->ma_used + used) < 0) {
        return -1;
    }
    for (Py_ssize_t i = keys->first; i < keys->nentries; i++) {
        DictEntry entry = keys->entries[i];
        if (entry.key == NULL) {
            continue;
        }
        entry_incref(&entry);
        int status = merge_item(to, entry.key, entry.hash, entry.value, override);
        decref(entry.key);
        if (status < 0) {
            return -1;
        }
        if (DICT(from)->ma_keys != keys || DICT(from)->ma_used != used) {
            error_set(PyExc_RuntimeError, "dict mutated during update");
            return -1;
        }
    }
    return 0;
}

static int
merge_dict(PyObject *to, PyObject *from, int override)
{
    if (to == from || dict_size(from) == 0) {
        return 0;
    }
    CriticalSection2 cs;
    critical_section2_begin(&cs, to, from);
    int status = merge_dict_lock_held(to, from, override);
    critical_section2_end(&cs);
    return status;
}

// One key of a mapping that is no dict.
static int
merge_mapping_key(PyObject *to, PyObject *from, PyObject *key, int override)
{
    if (override != 1) {
        int found = dict_contains(to, key);
        if (found != 0) {
            if (found > 0 && override == 2) {
                error_set_key_error(key);
                return -1;
            }
            return found < 0 ? -1 : 0;
        }
    }
    PyObject *value = object_getitem(from, key);
    return value == NULL ? -1 : dict_set_steal(to, key, value);
}

int
dict_merge(PyObject *op, PyObject *other, int override)
{
    if (dict_check(other) && type_of(other)->tp_iter == dict_iter) {
        return merge_dict(op, other, override);
    }
    PyObject *keys = mapping_keys(other);
    PyObject *iterator = keys == NULL ? NULL : object_iter(keys);
    xdecref(keys);
    if (iterator == NULL) {
        return -1;
    }
    PyObject *key;
    int status;
    while ((status = iter_next_item(iterator, &key)) > 0) {
        status = merge_mapping_key(op, other, key, override);
        decref(key);
        if (status < 0) {
            break;
        }
    }
    decref(iterator);
    return status;
}

int
dict_update(PyObject *op, PyObject *other)
{
    return dict_merge(op, other, 1);
}

// Adds to the current exception which element it is about.
static void
note_element(Py_ssize_t number)
{
    PyObject *raised = error_take();
    PyObject *note = str_format(
        "Cannot convert dictionary update sequence element #%zd to a sequence", number);
    if (note == NULL || exception_add_note(raised, note) < 0) {
        error_clear();
    }
    xdecref(note);
    error_restore_steal(raised);
}

// One pair of an iterable, any sequence or iterable of two.
static int
merge_pair(PyObject *op, PyObject *item, Py_ssize_t number, int override)
{
    PyObject *fast = sequence_fast(item, "object is not iterable");
    if (fast == NULL) {
        if (error_matches(PyExc_TypeError)) {
            note_element(number);
        }
        return -1;
    }
    int status = -1;
    PyObject *key = NULL;
    PyObject *value = NULL;
    Py_ssize_t size = sequence_fast_size(fast);
    if (size == 2) {
        bool is_list = list_check(fast);
        key = is_list ? list_get(fast, 0) : new_ref(tuple_item(fast, 0));
        value = key == NULL ? NULL : is_list ? list_get(fast, 1) : new_ref(tuple_item(fast, 1));
    }
    else {
        error_format(PyExc_ValueError,
                     "dictionary update sequence element #%zd has length %zd; 2 is required",
                     number, size);
    }
    if (value != NULL) {
        status = override != 0 ? dict_set(op, key, value)
                               : dict_setdefault(op, key, value, NULL) < 0 ? -1 : 0;
    }
    xdecref(key);
    xdecref(value);
    decref(fast);
    return status;
}

int
dict_merge_pairs(PyObject *op, PyObject *pairs, int override)
{
    PyObject *iterator = object_iter(pairs);
    if (iterator == NULL) {
        return -1;
    }
    PyObject *item;
    int status;
    for (Py_ssize_t number = 0; (status = iter_next_item(iterator, &item)) > 0; number++) {
        status = merge_pair(op, item, number, override);
        decref(item);
        if (status < 0) {
            break;
        }
    }
    decref(iterator);
    return status;
}

PyObject *
dict_copy(PyObject *op)
{
    PyObject *copy = dict_new();
    if (copy != NULL && merge_dict(copy, op, 1) < 0) {
        clear_ref(copy);
    }
    return copy;
}
