// Walking over dicts: dict_next for C code, and the six iterator types.
//
// Owns the iterators of keys, values and items in both directions. An iterator remembers the
// number of the next entry, how many items are still to come and the size of the dict at its start: a
// different size is RuntimeError; more items than expected means that keys were replaced.
//
// Threading: entries are read without the lock, and under it when that race is lost. The fields of
// an iterator are relaxed atomics: threads that share one may see items twice or not at all.
#include "objects/dict_internal.h"

#include "objects/error.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/seqiter.h"
#include "objects/tuple.h"

// ---- Entries ----

// References to what an entry holds: 1, 0 when it is empty, -1 when a race was lost.
static inline int
entry_take(PyObject *op, DictKeys *keys, Py_ssize_t i, PyObject **key, Value *value)
{
    DictEntry *entry = &keys->entries[i];
    PyObject *found = atomic_load_acquire_ptr(&entry->key);
    if (found == NULL) {
        return 0;
    }
    if (!container_try_ref(found)) {
        return -1;
    }
    if (dict_entry_load(op, keys, i, value)) {
        if (atomic_load_acquire_ptr(&entry->key) == found && dict_keys_of(op) == keys) {
            *key = found;
            return 1;
        }
        value_drop(*value);
    }
    decref(found);
    return -1;
}

// The first live entry from number i on, in steps of 1 or -1, with the lock.
static inline int
walk_locked(PyObject *op, Py_ssize_t *pos, Py_ssize_t step, PyObject **key, Value *value,
            Py_hash_t *hash)
{
    CriticalSection cs;
    short_section_begin(&cs, op);
    DictKeys *keys = DICT(op)->ma_keys;
    Py_ssize_t i = *pos;
    int found = 0;
    // Backwards beyond the end: the dict has been emptied since, there is nothing before that.
    if (i < keys->first && step > 0) {
        i = keys->first;
    }
    for (; i >= keys->first && i < keys->nentries; i += step) {
        DictEntry *entry = &keys->entries[i];
        if (entry->key != NULL) {
            *key = container_ref_lock_held(entry->key);
            *value = container_value_lock_held(entry->value);
            *hash = entry->hash;
            found = 1;
            i += step;
            break;
        }
    }
    *pos = i;
    critical_section_end(&cs);
    return found;
}

static inline int
walk(PyObject *op, Py_ssize_t *pos, Py_ssize_t step, PyObject **key, Value *value, Py_hash_t *hash)
{
    if (runtime_is_single_threaded()) {
        return walk_locked(op, pos, step, key, value, hash);
    }
    container_begin_read(op);
    DictKeys *keys = dict_keys_of(op);
    Py_ssize_t n = atomic_load_acquire_ssize(&keys->nentries);
    Py_ssize_t i = *pos;
    Py_ssize_t first = atomic_load_relaxed_ssize(&keys->first);
    if (step > 0) {
        i = i < first ? first : i;
    }
    for (; i >= first && i < n; i += step) {
        int taken = entry_take(op, keys, i, key, value);
        if (taken > 0) {
            *hash = keys->entries[i].hash;
            *pos = i + step;
            return 1;
        }
        if (taken < 0) {
            *pos = i;
            return walk_locked(op, pos, step, key, value, hash);
        }
    }
    *pos = i;
    return 0;
}

int
dict_next_value(PyObject *op, Py_ssize_t *pos, PyObject **key, Value *value, Py_hash_t *hash)
{
    return walk(op, pos, 1, key, value, hash);
}

int
dict_next(PyObject *op, Py_ssize_t *pos, PyObject **key, PyObject **value)
{
    PyObject *found_key;
    Value found_value;
    Py_hash_t hash;
    if (!walk(op, pos, 1, &found_key, &found_value, &hash)) {
        return 0;
    }
    if (value != NULL) {
        *value = value_box_steal(found_value);
        if (*value == NULL) {
            decref(found_key);
            return -1;
        }
    }
    else {
        value_drop(found_value);
    }
    if (key != NULL) {
        *key = found_key;
    }
    else {
        decref(found_key);
    }
    return 1;
}

PyObject *
dict_pair_steal(PyObject *key, Value value)
{
    PyObject *boxed = value_box_steal(value);
    if (boxed == NULL) {
        decref(key);
        return NULL;
    }
    return tuple_pair_steal(key, boxed);
}

// ---- Lists of what is in a dict ----

enum { LIST_KEYS, LIST_VALUES, LIST_ITEMS };

static PyObject *
dict_list(PyObject *op, int kind)
{
    PyObject *list = list_new_reserved(dict_size(op));
    Py_ssize_t pos = 0;
    PyObject *key;
    Value value;
    Py_hash_t hash;
    while (list != NULL && walk(op, &pos, 1, &key, &value, &hash)) {
        PyObject *item;
        if (kind == LIST_KEYS) {
            item = key;
            value_drop(value);
        }
        else if (kind == LIST_VALUES) {
            item = value_box_steal(value);
            decref(key);
        }
        else {
            item = dict_pair_steal(key, value);
        }
        if (item == NULL || list_append_steal(list, item) < 0) {
            clear_ref(list);
        }
    }
    return list;
}

PyObject *
dict_keys_list(PyObject *op)
{
    return dict_list(op, LIST_KEYS);
}

PyObject *
dict_values_list(PyObject *op)
{
    return dict_list(op, LIST_VALUES);
}

PyObject *
dict_items_list(PyObject *op)
{
    return dict_list(op, LIST_ITEMS);
}

// ---- Iterators ----

typedef struct DictIter {
    PyObject ob_base;
    PyObject *dict;     // atomic: owned, NULL at the end (iterator_hold, iterator_finish)
    Py_ssize_t used;    // atomic: relaxed; size of the dict at the start, -1 after an error
    Py_ssize_t pos;     // atomic: relaxed; number of the next entry
    Py_ssize_t left;    // atomic: relaxed; items still to come
    PyObject *last;     // single thread: the pair given last by an iterator of items, or NULL
} DictIter;

static inline bool
iter_is_reversed(PyTypeObject *type)
{
    return type == &PyDictRevIterKey_Type || type == &PyDictRevIterValue_Type ||
           type == &PyDictRevIterItem_Type;
}

PyObject *
dict_iter_new(PyObject *op, PyTypeObject *type)
{
    DictIter *it = (DictIter *)heap_new_object(type, sizeof(DictIter));
    if (it == NULL) {
        return NULL;
    }
    it->dict = new_ref(op);
    it->used = it->left = dict_size(op);
    it->pos = 0;
    it->last = NULL;
    if (iter_is_reversed(type)) {
        it->pos = atomic_load_acquire_ssize(&dict_keys_of(op)->nentries) - 1;
    }
    gc_track(it);
    return (PyObject *)it;
}

PyObject *
dict_iter(PyObject *op)
{
    return dict_iter_new(op, &PyDictIterKey_Type);
}

static void
dict_iter_dealloc(PyObject *self)
{
    gc_untrack(self);
    xdecref(((DictIter *)self)->dict);
    xdecref(((DictIter *)self)->last);
    heap_free(self);
}

static int
dict_iter_traverse(PyObject *self, visitproc visit, void *arg)
{
    DictIter *it = (DictIter *)self;
    int status = it->dict == NULL ? 0 : visit(it->dict, arg);
    return status != 0 || it->last == NULL ? status : visit(it->last, arg);
}

// The next item: 1 with references, 0 at the end, -1 with RuntimeError.
static inline int
dict_iter_step(DictIter *it, Py_ssize_t step, PyObject **key, Value *value)
{
    PyObject *op = iterator_hold(&it->dict);
    if (op == NULL) {
        return 0;
    }
    int found = -1;
    if (atomic_load_relaxed_ssize(&it->used) != dict_size(op)) {
        atomic_store_relaxed_ssize(&it->used, -1);
        error_set(PyExc_RuntimeError, "dictionary changed size during iteration");
        goto done;
    }
    Py_ssize_t pos = atomic_load_relaxed_ssize(&it->pos);
    Py_ssize_t left = atomic_load_relaxed_ssize(&it->left);
    Py_hash_t hash;
    found = walk(op, &pos, step, key, value, &hash);
    if (found == 0) {
        iterator_finish(it, &it->dict);
    }
    else if (left <= 0) {
        decref(*key);
        value_drop(*value);
        iterator_finish(it, &it->dict);
        error_set(PyExc_RuntimeError, "dictionary keys changed during iteration");
        found = -1;
    }
    else {
        atomic_store_relaxed_ssize(&it->pos, pos);
        atomic_store_relaxed_ssize(&it->left, left - 1);
    }
done:
    decref(op);
    return found;
}

// The same for a forward iterator while there is one thread, which needs no references to find the
// entry: that is borrowed.
static inline int
dict_iter_entry(DictIter *it, DictEntry **result)
{
    PyObject *op = it->dict;
    if (op == NULL) {
        return 0;
    }
    if (it->used != DICT(op)->ma_used) {
        it->used = -1;
        error_set(PyExc_RuntimeError, "dictionary changed size during iteration");
        return -1;
    }
    DictKeys *keys = DICT(op)->ma_keys;
    Py_ssize_t i = it->pos < keys->first ? keys->first : it->pos;
    while (i < keys->nentries && keys->entries[i].key == NULL) {
        i++;
    }
    if (i >= keys->nentries) {
        iterator_finish(it, &it->dict);
        return 0;
    }
    if (it->left <= 0) {
        iterator_finish(it, &it->dict);
        error_set(PyExc_RuntimeError, "dictionary keys changed during iteration");
        return -1;
    }
    it->pos = i + 1;
    it->left--;
    *result = &keys->entries[i];
    return 1;
}

static PyObject *
dict_iter_next_key(PyObject *self)
{
    if (runtime_is_single_threaded()) {
        DictEntry *entry;
        int found = dict_iter_entry((DictIter *)self, &entry);
        return found > 0 ? container_ref_lock_held(entry->key) : NULL;
    }
    PyObject *key;
    Value value;
    if (dict_iter_step((DictIter *)self, 1, &key, &value) <= 0) {
        return NULL;
    }
    value_drop(value);
    return key;
}

static PyObject *
dict_iter_next_val(PyObject *self)
{
    PyObject *key;
    Value value;
    if (dict_iter_step((DictIter *)self, 1, &key, &value) <= 0) {
        return NULL;
    }
    decref(key);
    return value_box_steal(value);
}

static PyObject *
dict_iter_next_item(PyObject *self)
{
    PyObject *key;
    Value value;
    if (dict_iter_step((DictIter *)self, 1, &key, &value) <= 0) {
        return NULL;
    }
    PyObject *boxed = value_box_steal(value);
    if (boxed == NULL) {
        decref(key);
        return NULL;
    }
    return tuple_pair_reuse_steal(&((DictIter *)self)->last, key, boxed);
}

static PyObject *
dict_reviter_next(PyObject *self)
{
    PyObject *key;
    Value value;
    if (dict_iter_step((DictIter *)self, -1, &key, &value) <= 0) {
        return NULL;
    }
    if (type_of(self) == &PyDictRevIterItem_Type) {
        return dict_pair_steal(key, value);
    }
    if (type_of(self) == &PyDictRevIterValue_Type) {
        decref(key);
        return value_box_steal(value);
    }
    value_drop(value);
    return key;
}

PyObject *
dict_iter_next(PyObject *iterator)
{
    return type_of(iterator)->tp_iternext(iterator);
}

Value
dict_iter_next_value(PyObject *iterator)
{
    if (type_of(iterator) == &PyDictIterValue_Type) {
        if (runtime_is_single_threaded()) {
            DictEntry *entry;
            int found = dict_iter_entry((DictIter *)iterator, &entry);
            return found > 0 ? container_value_lock_held(entry->value) : VALUE_UNSET;
        }
        PyObject *key;
        Value value;
        if (dict_iter_step((DictIter *)iterator, 1, &key, &value) <= 0) {
            return VALUE_UNSET;
        }
        decref(key);
        return value;
    }
    PyObject *item = type_of(iterator)->tp_iternext(iterator);
    return item == NULL ? VALUE_UNSET : value_from_object_steal(item);
}

int
dict_iter_next_pair(PyObject *iterator, Value *key, Value *value)
{
    if (runtime_is_single_threaded()) {
        DictEntry *entry;
        int status = dict_iter_entry((DictIter *)iterator, &entry);
        if (status > 0) {
            *value = container_value_lock_held(entry->value);
            *key = value_from_object(entry->key);
        }
        return status;
    }
    PyObject *found;
    int status = dict_iter_step((DictIter *)iterator, 1, &found, value);
    if (status > 0) {
        *key = value_from_object_steal(found);
    }
    return status;
}

static PyObject *
dict_iter_length_hint(PyObject *self, PyObject *unused)
{
    (void)unused;
    DictIter *it = (DictIter *)self;
    PyObject *op = iterator_hold(&it->dict);
    Py_ssize_t left = 0;
    if (op != NULL) {
        if (atomic_load_relaxed_ssize(&it->used) == dict_size(op)) {
            left = atomic_load_relaxed_ssize(&it->left);
        }
        decref(op);
    }
    return int_from_ssize(left);
}

PyObject *
dict_iter_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    DictIter *it = (DictIter *)self;
    PyObject *op = iterator_hold(&it->dict);
    PyObject *list;
    if (op == NULL) {
        list = list_new(0);
    }
    else {
        DictIter *copy = (DictIter *)dict_iter_new(op, type_of(self));
        decref(op);
        if (copy == NULL) {
            return NULL;
        }
        copy->used = it->used;
        copy->pos = it->pos;
        copy->left = it->left;
        list = list_from_iterable((PyObject *)copy);
        decref(copy);
    }
    PyObject *args = list == NULL ? NULL : tuple_pack(1, list);
    xdecref(list);
    PyObject *builtin = args == NULL ? NULL : iterator_builtin(ID(iter));
    if (builtin == NULL) {
        xdecref(args);
        return NULL;
    }
    return tuple_pair_steal(builtin, args);
}

static PyMethodDef dict_iter_methods[] = {
    {"__length_hint__", dict_iter_length_hint, METH_NOARGS,
     "Private method returning an estimate of len(list(it))."},
    {"__reduce__", dict_iter_reduce, METH_NOARGS, "Return state information for pickling."},
    {NULL, NULL, 0, NULL},
};

#define DICT_ITER_TYPE(variable, name, next)                        \
    PyTypeObject variable = {                                       \
        .ob_base = CONTAINER_TYPE_HEAD,                             \
        .tp_name = name,                                            \
        .tp_basicsize = sizeof(DictIter),                           \
        .tp_dealloc = dict_iter_dealloc,                            \
        .tp_getattro = object_generic_getattr,                      \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,        \
        .tp_traverse = dict_iter_traverse,                          \
        .tp_iter = object_self_iter,                                \
        .tp_iternext = next,                                        \
        .tp_methods = dict_iter_methods,                            \
        .tp_free = heap_free,                                       \
    }

DICT_ITER_TYPE(PyDictIterKey_Type, "dict_keyiterator", dict_iter_next_key);
DICT_ITER_TYPE(PyDictIterValue_Type, "dict_valueiterator", dict_iter_next_val);
DICT_ITER_TYPE(PyDictIterItem_Type, "dict_itemiterator", dict_iter_next_item);
DICT_ITER_TYPE(PyDictRevIterKey_Type, "dict_reversekeyiterator", dict_reviter_next);
DICT_ITER_TYPE(PyDictRevIterValue_Type, "dict_reversevalueiterator", dict_reviter_next);
DICT_ITER_TYPE(PyDictRevIterItem_Type, "dict_reverseitemiterator", dict_reviter_next);
