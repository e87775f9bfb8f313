// set and frozenset: the table, construction, iteration.
//
// Owns both types, their iterator and the hash table. The operations are set_ops.c.
//
// The table is probed in short linear stretches, then jumps; it is resized, and elements are walked,
// by the same rules as in CPython, because programs show the order of sets of small ints.
//
// Invariants
//   - an allocated table is preceded by a word that tells its mask; the table inside the object has
//     SET_SMALL slots. A reader that has loaded `table` thus knows how long it is
//   - a slot is empty (key NULL), removed (key SET_REMOVED) or holds a reference; hash is written
//     before key
//   - fill counts slots that are not empty, used those with elements
//
// Threading: see set.h.
#include "objects/set_internal.h"

#include <string.h>

#include "objects/args.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/order.h"
#include "objects/seqiter.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"

#define LINEAR_PROBES 9
#define PERTURB_SHIFT 5

PyObject set_removed_mark = {.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyBaseObject_Type};

// ---- Tables ----

typedef struct SetTable {
    Py_ssize_t mask;        // immutable
    setentry entries[];
} SetTable;

static inline SetTable *
table_header(setentry *table)
{
    return (SetTable *)((char *)table - offsetof(SetTable, entries));
}

static inline Py_ssize_t
table_mask(PyObject *op, setentry *table)
{
    return table == SET(op)->smalltable ? SET_SMALL - 1 : table_header(table)->mask;
}

static setentry *
table_alloc(Py_ssize_t slots)
{
    if ((size_t)slots > (PY_SSIZE_T_MAX - sizeof(SetTable)) / sizeof(setentry)) {
        return error_no_memory();
    }
    SetTable *table = mem_calloc(1, sizeof(SetTable) + (size_t)slots * sizeof(setentry));
    if (table == NULL) {
        return error_no_memory();
    }
    table->mask = slots - 1;
    return table->entries;
}

static void
table_free(PyObject *op, setentry *table)
{
    if (table != SET(op)->smalltable) {
        container_free_table(op, table_header(table));
    }
}

// ---- Lookup ----

// Compares the element of a slot with a key of the same hash: 1, 0, SET_ERROR or SET_RETRY.
static int
slot_compare(PyObject *op, setentry *table, setentry *slot, PyObject *found, PyObject *key,
             SetMode mode)
{
    if (mode != SET_FREE) {
        int equal = object_equal_quick(found, key);
        if (equal >= 0) {
            return equal;
        }
        if (mode == SET_QUICK) {
            return SET_RETRY;
        }
        incref(found);
    }
    else {
        if (!container_try_ref(found)) {
            return SET_RETRY;
        }
        if (atomic_load_acquire_ptr(&slot->key) != found ||
            atomic_load_acquire_ptr(&SET(op)->table) != table) {
            decref(found);
            return SET_RETRY;
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
        return SET_ERROR;
    }
    if (atomic_load_acquire_ptr(&SET(op)->table) != table ||
        atomic_load_acquire_ptr(&slot->key) != found) {
        return SET_RETRY;
    }
    return equal;
}

// The walk over the slots that a hash leads to. The body sees `slot`, and leaves with return or goto.
#define FOR_EACH_PROBE(table, mask, hash, slot)                                                \
    for (size_t perturb_ = (size_t)(hash), at_ = perturb_ & (size_t)(mask);;                   \
         perturb_ >>= PERTURB_SHIFT, at_ = (at_ * 5 + 1 + perturb_) & (size_t)(mask))          \
        for (setentry *slot = &(table)[at_],                                                   \
                      *last_ = slot + (at_ + LINEAR_PROBES <= (size_t)(mask) ? LINEAR_PROBES : 0); \
             slot <= last_; slot++)

int
set_find(PyObject *op, PyObject *key, Py_hash_t hash, SetMode mode, setentry **result)
{
restart:;
    setentry *table = atomic_load_acquire_ptr(&SET(op)->table);
    Py_ssize_t mask = table_mask(op, table);
    FOR_EACH_PROBE(table, mask, hash, slot)
    {
        PyObject *found = atomic_load_acquire_ptr(&slot->key);
        if (found == NULL) {
            return 0;
        }
        if (atomic_load_relaxed_ssize(&slot->hash) != hash || found == SET_REMOVED) {
            continue;
        }
        int equal = found == key ? 1 : slot_compare(op, table, slot, found, key, mode);
        if (equal > 0) {
            *result = slot;
            return 1;
        }
        if (equal == SET_RETRY && mode == SET_LOCKED) {
            goto restart;
        }
        if (equal < 0) {
            return equal;
        }
    }
}

static void
unhashable(PyObject *key)
{
    if (object_type_is(thread_current()->abi.current_exception, (PyTypeObject *)PyExc_TypeError)) {
        PyObject *cause = error_take();
        error_format(PyExc_TypeError, "cannot use '%T' as a set element (%S)", key, cause);
        decref(cause);
    }
}

Py_hash_t
set_hash_key(PyObject *key)
{
    if (str_check_exact(key)) {
        return str_hash(key);
    }
    Py_hash_t hash = object_hash(key);
    if (hash == -1) {
        unhashable(key);
    }
    return hash;
}

Py_hash_t
set_hash_lookup(PyObject *key)
{
    if (str_check_exact(key)) {
        return str_hash(key);
    }
    Py_hash_t hash = object_hash(key);
    if (hash != -1) {
        return hash;
    }
    if (set_check(key) && error_clear_if(PyExc_TypeError)) {
        return frozenset_hash_of(key);
    }
    unhashable(key);
    return -1;
}

int
set_contains_hash(PyObject *op, PyObject *key, Py_hash_t hash)
{
    setentry *slot;
    if (runtime_is_single_threaded()) {
        int quick = set_find(op, key, hash, SET_QUICK, &slot);
        if (quick >= 0) {
            return quick;
        }
    }
    container_begin_read(op);
    int found = set_find(op, key, hash, SET_FREE, &slot);
    if (found == SET_RETRY) {
        CriticalSection cs;
        critical_section_begin(&cs, op);
        found = set_find(op, key, hash, SET_LOCKED, &slot);
        if (found > 0 && slot->key != NULL && slot->key != SET_REMOVED) {
            // The next racing read of this element shall succeed.
            container_ref_lock_held(slot->key);
            decref(slot->key);
        }
        critical_section_end(&cs);
    }
    return found;
}

int
set_contains(PyObject *op, PyObject *key)
{
    Py_hash_t hash = set_hash_lookup(key);
    return hash == -1 ? -1 : set_contains_hash(op, key, hash);
}

// ---- Insertion ----

// Consumes a reference to key. Racing readers may be looking at the slot.
static inline void
slot_fill(setentry *slot, PyObject *key, Py_hash_t hash)
{
    atomic_store_relaxed_ssize(&slot->hash, hash);
    atomic_store_release_ptr(&slot->key, key);
}

// Takes the element out; its reference goes to the caller.
static inline PyObject *
slot_empty(setentry *slot)
{
    PyObject *key = slot->key;
    atomic_store_release_ptr(&slot->key, SET_REMOVED);
    atomic_store_relaxed_ssize(&slot->hash, -1);
    return key;
}

// Makes the slots inside the object empty.
static void
wipe_small(PySetObject *set)
{
    for (int i = 0; i < SET_SMALL; i++) {
        atomic_store_relaxed_ptr(&set->smalltable[i].key, NULL);
        atomic_store_relaxed_ssize(&set->smalltable[i].hash, 0);
    }
}

// Puts an element, known to be new, into a table without removed slots.
static void
insert_clean(setentry *table, Py_ssize_t mask, PyObject *key, Py_hash_t hash)
{
    FOR_EACH_PROBE(table, mask, hash, slot)
    {
        if (slot->key == NULL) {
            slot_fill(slot, key, hash);
            return;
        }
    }
}

int
set_resize_lock_held(PyObject *op, Py_ssize_t minimum)
{
    CRITICAL_SECTION_ASSERT_HELD(op);
    PySetObject *set = SET(op);
    Py_ssize_t slots = SET_SMALL;
    while (slots <= minimum) {
        if (slots > PY_SSIZE_T_MAX / 2) {
            error_no_memory();
            return -1;
        }
        slots *= 2;
    }
    setentry *old = set->table;
    Py_ssize_t old_mask = set->mask;
    setentry copy[SET_SMALL];
    setentry *table;
    if (slots == SET_SMALL && old == set->smalltable) {
        if (set->fill == set->used) {
            return 0;
        }
        if (!runtime_is_single_threaded()) {
            // Readers of a table that is rebuilt in place would miss elements.
            return set_resize_lock_held(op, SET_SMALL);     // the next larger one
        }
        memcpy(copy, old, sizeof copy);
        old = copy;
        table = set->smalltable;
        wipe_small(set);
    }
    else if (slots == SET_SMALL && runtime_is_single_threaded()) {
        table = set->smalltable;
        wipe_small(set);
    }
    else {
        // A reader may still be looking at the slots inside the object from before the set grew, and
        // would miss an element that has been there all the time if they were used again.
        slots = slots == SET_SMALL ? 2 * SET_SMALL : slots;
        table = table_alloc(slots);
    }
    if (table == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i <= old_mask; i++) {
        if (old[i].key != NULL && old[i].key != SET_REMOVED) {
            insert_clean(table, slots - 1, old[i].key, old[i].hash);
        }
    }
    set->fill = set->used;
    set->mask = slots - 1;
    atomic_store_release_ptr(&set->table, table);
    if (old != copy && old != table) {
        table_free(op, old);
    }
    return 0;
}

static int
grow_if_full(PyObject *op)
{
    PySetObject *set = SET(op);
    if (set->fill * 5 < set->mask * 3) {
        return 0;
    }
    return set_resize_lock_held(op, set->used > 50000 ? set->used * 2 : set->used * 4);
}

int
set_add_hash_mode(PyObject *op, PyObject *key, Py_hash_t hash, SetMode mode)
{
    PySetObject *set = SET(op);
restart:;
    setentry *table = set->table;
    setentry *removed = NULL;   // the last slot on the way that can be used again
    FOR_EACH_PROBE(table, set->mask, hash, slot)
    {
        PyObject *found = slot->key;
        if (found == NULL && removed != NULL) {
            slot_fill(removed, new_ref(key), hash);
            atomic_store_relaxed_ssize(&set->used, set->used + 1);
            return 0;
        }
        if (found == NULL) {
            slot_fill(slot, new_ref(key), hash);
            set->fill++;
            atomic_store_relaxed_ssize(&set->used, set->used + 1);
            return grow_if_full(op);
        }
        if (found == SET_REMOVED) {
            removed = slot;
            continue;
        }
        if (slot->hash != hash) {
            continue;
        }
        int equal = found == key ? 1 : slot_compare(op, table, slot, found, key, mode);
        if (equal == SET_RETRY && mode == SET_LOCKED) {
            goto restart;
        }
        if (equal != 0) {
            return equal < 0 ? equal : 0;
        }
    }
}

int
set_add_hash_lock_held(PyObject *op, PyObject *key, Py_hash_t hash)
{
    return set_add_hash_mode(op, key, hash, SET_LOCKED);
}

int
set_add_hash(PyObject *op, PyObject *key, Py_hash_t hash)
{
    if (runtime_is_single_threaded()) {
        int status = set_add_hash_mode(op, key, hash, SET_QUICK);
        if (status != SET_RETRY) {
            return status;
        }
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    int status = set_add_hash_lock_held(op, key, hash);
    critical_section_end(&cs);
    return status;
}

int
set_add(PyObject *op, PyObject *key)
{
    Py_hash_t hash = set_hash_key(key);
    return hash == -1 ? -1 : set_add_hash(op, key, hash);
}

int
set_merge_lock_held(PyObject *op, PyObject *other)
{
    PySetObject *set = SET(op);
    PySetObject *from = SET(other);
    if (op == other || from->used == 0) {
        return 0;
    }
    if ((set->fill + from->used) * 5 >= set->mask * 3 &&
        set_resize_lock_held(op, (set->used + from->used) * 2) < 0) {
        return -1;
    }
    if (set->fill == 0) {
        bool same_shape = set->mask == from->mask && from->fill == from->used;
        for (Py_ssize_t i = 0; i <= from->mask; i++) {
            PyObject *key = from->table[i].key;
            if (key == NULL || key == SET_REMOVED) {
                continue;
            }
            incref(key);
            if (same_shape) {
                slot_fill(&set->table[i], key, from->table[i].hash);
            }
            else {
                insert_clean(set->table, set->mask, key, from->table[i].hash);
            }
        }
        set->fill = from->used;
        atomic_store_relaxed_ssize(&set->used, from->used);
        return 0;
    }
    // Comparing may run Python code that changes the other set: it is looked at anew each time.
    for (Py_ssize_t i = 0; i <= from->mask; i++) {
        setentry entry = from->table[i];
        if (entry.key != NULL && entry.key != SET_REMOVED) {
            incref(entry.key);
            int status = set_add_hash_lock_held(op, entry.key, entry.hash);
            decref(entry.key);
            if (status < 0) {
                return -1;
            }
        }
    }
    return 0;
}

// ---- Removal ----

int
set_remove_lock_held(PyObject *op, PyObject *key, Py_hash_t hash, PyObject **removed)
{
    setentry *slot;
    int found = set_find(op, key, hash, SET_LOCKED, &slot);
    if (found > 0) {
        *removed = slot_empty(slot);
        atomic_store_relaxed_ssize(&SET(op)->used, SET(op)->used - 1);
    }
    return found;
}

int
set_remove_hash(PyObject *op, PyObject *key, Py_hash_t hash)
{
    PyObject *removed;
    setentry *slot;
    CriticalSection cs;
    // Where the quick look gives an answer, the one below does as well, and runs no Python code.
    if (runtime_is_single_threaded() && set_find(op, key, hash, SET_QUICK, &slot) != SET_RETRY) {
        cs._cs_mutex = NULL;
    }
    else {
        critical_section_begin(&cs, op);
    }
    int found = set_remove_lock_held(op, key, hash, &removed);
    critical_section_end(&cs);
    if (found > 0) {
        decref(removed);
    }
    return found;
}

int
set_discard(PyObject *op, PyObject *key)
{
    Py_hash_t hash = set_hash_lookup(key);
    return hash == -1 ? -1 : set_remove_hash(op, key, hash);
}

PyObject *
set_pop(PyObject *op)
{
    PyObject *key = NULL;
    CriticalSection cs;
    short_section_begin(&cs, op);
    PySetObject *set = SET(op);
    if (set->used > 0) {
        Py_ssize_t i = set->finger & set->mask;
        while (set->table[i].key == NULL || set->table[i].key == SET_REMOVED) {
            i = i == set->mask ? 0 : i + 1;
        }
        key = slot_empty(&set->table[i]);
        atomic_store_relaxed_ssize(&set->used, set->used - 1);
        set->finger = i + 1;
    }
    critical_section_end(&cs);
    return key != NULL ? key : error_set(PyExc_KeyError, "pop from an empty set");
}

void
set_clear(PyObject *op)
{
    PySetObject *set = SET(op);
    setentry copy[SET_SMALL];
    CriticalSection cs;
    short_section_begin(&cs, op);
    setentry *old = set->table;
    Py_ssize_t mask = set->mask;
    bool small = old == set->smalltable;
    if (small) {
        memcpy(copy, old, sizeof copy);
    }
    wipe_small(set);
    set->fill = 0;
    atomic_store_relaxed_ssize(&set->used, 0);
    set->mask = SET_SMALL - 1;
    set->hash = -1;
    atomic_store_release_ptr(&set->table, set->smalltable);
    critical_section_end(&cs);
    setentry *entries = small ? copy : old;
    for (Py_ssize_t i = 0; i <= mask; i++) {
        if (entries[i].key != NULL && entries[i].key != SET_REMOVED) {
            decref(entries[i].key);
        }
    }
    if (!small) {
        table_free(op, old);
    }
}

// ---- Walking ----

int
set_next(PyObject *op, Py_ssize_t *pos, PyObject **key, Py_hash_t *hash)
{
    if (runtime_is_single_threaded()) {
        PySetObject *set = SET(op);
        for (Py_ssize_t i = *pos; i <= set->mask; i++) {
            PyObject *found = set->table[i].key;
            if (found != NULL && found != SET_REMOVED) {
                *pos = i + 1;
                *key = new_ref(found);
                *hash = set->table[i].hash;
                return 1;
            }
        }
        *pos = set->mask + 1;
        return 0;
    }
    container_begin_read(op);
    setentry *table = atomic_load_acquire_ptr(&SET(op)->table);
    Py_ssize_t mask = table_mask(op, table);
    Py_ssize_t i = *pos;
    for (; i <= mask; i++) {
        PyObject *found = atomic_load_acquire_ptr(&table[i].key);
        if (found == NULL || found == SET_REMOVED) {
            continue;
        }
        Py_hash_t found_hash = atomic_load_relaxed_ssize(&table[i].hash);
        if (container_try_ref(found)) {
            if (atomic_load_acquire_ptr(&table[i].key) == found &&
                atomic_load_acquire_ptr(&SET(op)->table) == table) {
                *pos = i + 1;
                *key = found;
                *hash = found_hash;
                return 1;
            }
            decref(found);
        }
        break;
    }
    *pos = i;
    if (i > mask) {
        return 0;
    }
    int status = 0;
    CriticalSection cs;
    critical_section_begin(&cs, op);
    for (; i <= SET(op)->mask; i++) {
        setentry *slot = &SET(op)->table[i];
        if (slot->key != NULL && slot->key != SET_REMOVED) {
            *key = container_ref_lock_held(slot->key);
            *hash = slot->hash;
            status = 1;
            i++;
            break;
        }
    }
    *pos = i;
    critical_section_end(&cs);
    return status;
}

// ---- Making and ending ----

bool
set_check(PyObject *op)
{
    return type_of(op) == &PySet_Type || type_is_subtype(type_of(op), &PySet_Type);
}

bool
frozenset_check(PyObject *op)
{
    return type_of(op) == &PyFrozenSet_Type || type_is_subtype(type_of(op), &PyFrozenSet_Type);
}

bool
anyset_check(PyObject *op)
{
    return anyset_check_exact(op) || set_check(op) || frozenset_check(op);
}

PyTypeObject *
set_base_type(PyObject *op)
{
    return set_check(op) ? &PySet_Type : &PyFrozenSet_Type;
}

static PyObject *
set_alloc(PyTypeObject *type)
{
    PySetObject *set;
    if (type == &PySet_Type || type == &PyFrozenSet_Type) {
        set = (PySetObject *)heap_new_object(type, sizeof(PySetObject));
        if (set != NULL) {
            memset((char *)set + sizeof(PyObject), 0, sizeof(PySetObject) - sizeof(PyObject));
        }
    }
    else {
        set = (PySetObject *)type->tp_alloc(type, 0);
    }
    if (set != NULL) {
        set->mask = SET_SMALL - 1;
        set->table = set->smalltable;
        set->hash = -1;
        gc_track(set);
    }
    return (PyObject *)set;
}

PyObject *
set_make(PyTypeObject *type, PyObject *iterable)
{
    PyObject *op = set_alloc(type);
    if (op != NULL && iterable != NULL && set_update_from(op, iterable) < 0) {
        clear_ref(op);
    }
    return op;
}

PyObject *
set_new(PyObject *iterable)
{
    return set_make(&PySet_Type, iterable);
}

// frozenset(x) of an exact frozenset is x.
static PyObject *
frozenset_make(PyTypeObject *type, PyObject *iterable)
{
    if (type == &PyFrozenSet_Type && iterable != NULL && frozenset_check_exact(iterable)) {
        return new_ref(iterable);
    }
    return set_make(type, iterable);
}

PyObject *
frozenset_new(PyObject *iterable)
{
    return frozenset_make(&PyFrozenSet_Type, iterable);
}

static PyObject *
set_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args;
    (void)kwargs;
    return set_alloc(type);
}

static int
set_tp_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (!args_no_keywords("set", kwargs)) {
        return -1;
    }
    if (!args_check_positional(type_of(op)->tp_name, tuple_size(args), 0, 1)) {
        return -1;
    }
    if (SET(op)->fill > 0) {
        set_clear(op);
    }
    SET(op)->hash = -1;
    return tuple_size(args) == 0 ? 0 : set_update_from(op, tuple_item(args, 0));
}

static PyObject *
set_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = vectorcall_nargs(nargsf);
    if (!args_no_kwnames("set", kwnames) || !args_check_positional("set", nargs, 0, 1)) {
        return NULL;
    }
    return set_make((PyTypeObject *)type, nargs == 1 ? args[0] : NULL);
}

static PyObject *
frozenset_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if ((type == &PyFrozenSet_Type || type->tp_init == PyFrozenSet_Type.tp_init) &&
        !args_no_keywords("frozenset", kwargs)) {
        return NULL;
    }
    if (!args_check_positional(type->tp_name, tuple_size(args), 0, 1)) {
        return NULL;
    }
    return frozenset_make(type, tuple_size(args) == 1 ? tuple_item(args, 0) : NULL);
}

static PyObject *
frozenset_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = vectorcall_nargs(nargsf);
    if (!args_no_kwnames("frozenset", kwnames) ||
        !args_check_positional("frozenset", nargs, 0, 1)) {
        return NULL;
    }
    return frozenset_make((PyTypeObject *)type, nargs == 1 ? args[0] : NULL);
}

static void
set_dealloc(PyObject *op)
{
    gc_untrack(op);
    PySetObject *set = SET(op);
    if (set->weakreflist != NULL) {
        weakref_clear_all(op);
    }
    Py_ssize_t left = set->used;
    for (Py_ssize_t i = 0; left > 0 && i <= set->mask; i++) {
        if (i + CONTAINER_AHEAD <= set->mask) {
            container_prefetch(set->table[i + CONTAINER_AHEAD].key);
        }
        if (set->table[i].key != NULL && set->table[i].key != SET_REMOVED) {
            decref(set->table[i].key);
            left--;
        }
    }
    if (set->table != set->smalltable && set->table != NULL) {
        mem_free(table_header(set->table));
    }
    type_of(op)->tp_free(op);
}

static int
set_traverse(PyObject *op, visitproc visit, void *arg)
{
    PySetObject *set = SET(op);
    for (Py_ssize_t i = 0; set->table != NULL && i <= set->mask; i++) {
        PyObject *key = set->table[i].key;
        if (key != NULL && key != SET_REMOVED) {
            int status = visit(key, arg);
            if (status != 0) {
                return status;
            }
        }
    }
    return 0;
}

static int
set_tp_clear(PyObject *op)
{
    set_clear(op);
    return 0;
}

// ---- Slots ----

static Py_ssize_t
set_length(PyObject *op)
{
    return set_size(op);
}

static PyObject *
set_repr(PyObject *op)
{
    const char *name = type_short_name(type_of(op));
    int entered = object_repr_enter(op);
    if (entered != 0) {
        return entered > 0 ? str_format("%s(...)", name) : NULL;
    }
    PyObject *result = NULL;
    PyObject *list = NULL;
    PyObject *text = NULL;
    if (set_size(op) == 0) {
        result = str_format("%s()", name);
        goto done;
    }
    list = list_from_iterable(op);
    text = list == NULL ? NULL : object_repr(list);
    if (text == NULL) {
        goto done;
    }
    set_ref(text, str_substring(text, 1, str_length(text) - 1));
    if (text != NULL) {
        result = set_check_exact(op) ? str_format("{%U}", text) : str_format("%s({%U})", name, text);
    }
done:
    object_repr_leave(op);
    xdecref(list);
    xdecref(text);
    return result;
}

// Each element's hash scattered, so that order does not matter and close hashes do not cancel out; the
// numbers are those that CPython's frozensets have.
Py_hash_t
frozenset_hash_of(PyObject *op)
{
    Py_uhash_t hash = 0;
    Py_ssize_t pos = 0;
    PyObject *key;
    Py_hash_t element;
    Py_ssize_t count = 0;
    while (set_next(op, &pos, &key, &element)) {
        Py_uhash_t h = (Py_uhash_t)element;
        hash ^= ((h ^ 89869747u) ^ (h << 16)) * 3644798167u;
        count++;
        decref(key);
    }
    hash ^= ((Py_uhash_t)count + 1) * 1927868237u;
    hash ^= (hash >> 11) ^ (hash >> 25);
    hash = hash * 69069u + 907133923u;
    return hash == (Py_uhash_t)-1 ? 590923713 : (Py_hash_t)hash;
}

static Py_hash_t
frozenset_hash(PyObject *op)
{
    Py_hash_t hash = atomic_load_relaxed_ssize(&SET(op)->hash);
    if (hash == -1) {
        hash = frozenset_hash_of(op);
        atomic_store_relaxed_ssize(&SET(op)->hash, hash);
    }
    return hash;
}

// ---- Iterator ----

typedef struct SetIter {
    PyObject ob_base;
    PyObject *set;      // atomic: owned, NULL at the end
    Py_ssize_t used;    // atomic: relaxed; size at the start, -1 after an error
    Py_ssize_t pos;     // atomic: relaxed; next slot
    Py_ssize_t left;    // atomic: relaxed; for __length_hint__
} SetIter;

PyObject *
set_iter(PyObject *op)
{
    SetIter *it = (SetIter *)heap_new_object(&PySetIter_Type, sizeof(SetIter));
    if (it == NULL) {
        return NULL;
    }
    it->set = new_ref(op);
    it->used = it->left = set_size(op);
    it->pos = 0;
    gc_track(it);
    return (PyObject *)it;
}

static void
set_iter_dealloc(PyObject *self)
{
    gc_untrack(self);
    xdecref(((SetIter *)self)->set);
    heap_free(self);
}

static int
set_iter_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *set = ((SetIter *)self)->set;
    return set == NULL ? 0 : visit(set, arg);
}

static PyObject *
set_iter_next(PyObject *self)
{
    SetIter *it = (SetIter *)self;
    PyObject *op = iterator_hold(&it->set);
    if (op == NULL) {
        return NULL;
    }
    PyObject *key = NULL;
    if (atomic_load_relaxed_ssize(&it->used) != set_size(op)) {
        atomic_store_relaxed_ssize(&it->used, -1);
        error_set(PyExc_RuntimeError, "Set changed size during iteration");
    }
    else {
        Py_ssize_t pos = atomic_load_relaxed_ssize(&it->pos);
        Py_hash_t hash;
        if (set_next(op, &pos, &key, &hash)) {
            atomic_store_relaxed_ssize(&it->pos, pos);
            atomic_store_relaxed_ssize(&it->left, atomic_load_relaxed_ssize(&it->left) - 1);
        }
        else {
            key = NULL;
            iterator_finish(it, &it->set);
        }
    }
    decref(op);
    return key;
}

static PyObject *
set_iter_length_hint(PyObject *self, PyObject *unused)
{
    (void)unused;
    SetIter *it = (SetIter *)self;
    PyObject *op = iterator_hold(&it->set);
    Py_ssize_t left = 0;
    if (op != NULL) {
        left = atomic_load_relaxed_ssize(&it->left);
        if (atomic_load_relaxed_ssize(&it->used) != set_size(op) || left < 0) {
            left = 0;
        }
        decref(op);
    }
    return int_from_ssize(left);
}

static PyObject *
set_iter_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    SetIter *it = (SetIter *)self;
    PyObject *op = iterator_hold(&it->set);
    PyObject *list;
    if (op == NULL) {
        list = list_new(0);
    }
    else {
        SetIter *copy = (SetIter *)set_iter(op);
        decref(op);
        if (copy == NULL) {
            return NULL;
        }
        copy->used = atomic_load_relaxed_ssize(&it->used);
        copy->pos = atomic_load_relaxed_ssize(&it->pos);
        copy->left = atomic_load_relaxed_ssize(&it->left);
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

static PyMethodDef set_iter_methods[] = {
    {"__length_hint__", set_iter_length_hint, METH_NOARGS,
     "Private method returning an estimate of len(list(it))."},
    {"__reduce__", set_iter_reduce, METH_NOARGS, "Return state information for pickling."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PySetIter_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "set_iterator",
    .tp_basicsize = sizeof(SetIter),
    .tp_dealloc = set_iter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = set_iter_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = set_iter_next,
    .tp_methods = set_iter_methods,
    .tp_free = heap_free,
};

// ---- The types ----

static PySequenceMethods set_as_sequence = {
    .sq_length = set_length,
    .sq_contains = set_contains,
};

PyTypeObject PySet_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "set",
    .tp_basicsize = sizeof(PySetObject),
    .tp_dealloc = set_dealloc,
    .tp_repr = set_repr,
    .tp_as_number = &set_as_number,
    .tp_as_sequence = &set_as_sequence,
    .tp_hash = object_hash_not_implemented,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
                _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = "set(iterable=(), /)\n--\n\nBuild an unordered collection of unique elements.",
    .tp_traverse = set_traverse,
    .tp_clear = set_tp_clear,
    .tp_richcompare = set_richcompare,
    .tp_weaklistoffset = offsetof(PySetObject, weakreflist),
    .tp_iter = set_iter,
    .tp_methods = set_methods,
    .tp_init = set_tp_init,
    .tp_alloc = type_alloc,
    .tp_new = set_tp_new,
    .tp_free = heap_free,
    .tp_vectorcall = set_vectorcall,
};

PyTypeObject PyFrozenSet_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "frozenset",
    .tp_basicsize = sizeof(PySetObject),
    .tp_dealloc = set_dealloc,
    .tp_repr = set_repr,
    .tp_as_number = &frozenset_as_number,
    .tp_as_sequence = &set_as_sequence,
    .tp_hash = frozenset_hash,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
                _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = "frozenset(iterable=(), /)\n--\n\n"
              "Build an immutable unordered collection of unique elements.",
    .tp_traverse = set_traverse,
    .tp_clear = set_tp_clear,
    .tp_richcompare = set_richcompare,
    .tp_weaklistoffset = offsetof(PySetObject, weakreflist),
    .tp_iter = set_iter,
    .tp_methods = frozenset_methods,
    .tp_alloc = type_alloc,
    .tp_new = frozenset_tp_new,
    .tp_free = heap_free,
    .tp_vectorcall = frozenset_vectorcall,
};
