// Finding attributes along the MRO, and the caches and versions that make it fast.
//
// A type's cache (tp_cache) maps interned names to what the MRO lookup gives, "missing" included.
// It is built under the types lock, filled entry by entry, and thrown away whole when the type
// changes; its entries are borrowed from the dicts of the MRO. A reader takes a reference with
// refcount_try_incref and then checks that the cache is still in place: whoever changes a type keeps the
// old value alive until the cache is gone.
//
// Versions: a type has one only while all its bases have, so a type without version has no
// subtypes with one, and type_modified stops there.
//
// Threading: readers are lock-free, caches end through QSBR.
#include <string.h>

#include "base/atomic.h"
#include "memory/alloc.h"
#include "memory/qsbr.h"
#include "memory/refcount.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type_internal.h"

typedef struct CacheEntry {
    PyObject *name;         // atomic: release after value; interned, immortal; NULL when free
    PyObject *value;        // immutable once name is set: owned if a number, else borrowed; NULL: missing
} CacheEntry;

typedef struct TypeCache {
    uint32_t version;       // immutable
    uint32_t mask;          // immutable
    uint32_t used;          // lock: types
    CacheEntry entries[];
} TypeCache;

#define CACHE_FIRST_SIZE 8

// Process-wide, because static types are shared by all interpreters. Atomic.
static uint32_t next_version = 1;

static inline TypeCache **
cache_word(PyTypeObject *type)
{
    return (TypeCache **)&type->tp_cache;
}

static inline uint32_t
name_hash(PyObject *name)
{
    return (uint32_t)((uintptr_t)name >> 4) * 2654435761u >> 8;
}

// The entry of name, or NULL.
static CacheEntry *
cache_find(TypeCache *cache, PyObject *name)
{
    for (uint32_t i = name_hash(name);; i++) {
        CacheEntry *entry = &cache->entries[i & cache->mask];
        PyObject *found = atomic_load_acquire_ptr(&entry->name);
        if (found == name) {
            return entry;
        }
        if (found == NULL) {
            return NULL;
        }
    }
}

static bool
is_number(PyObject *value)
{
    return value != NULL && (type_of(value) == &PyLong_Type || type_of(value) == &PyFloat_Type);
}

static void
cache_free(void *block)
{
    TypeCache *cache = block;
    for (uint32_t i = 0; i <= cache->mask; i++) {
        if (is_number(cache->entries[i].value)) {
            decref(cache->entries[i].value);
        }
    }
    mem_free(cache);
}

static void
cache_put(TypeCache *cache, PyObject *name, PyObject *value)
{
    uint32_t i = name_hash(name) & cache->mask;
    while (cache->entries[i].name != NULL) {
        i = (i + 1) & cache->mask;
    }
    cache->entries[i].value = value;
    atomic_store_release_ptr(&cache->entries[i].name, name);
    cache->used++;
}

// A larger cache with the same entries, which take over the references, in place of the old one.
static TypeCache *
cache_grow_lock_held(PyTypeObject *type, uint32_t version)
{
    TypeCache *old = *cache_word(type);
    uint32_t size = old == NULL ? CACHE_FIRST_SIZE : (old->mask + 1) * 2;
    TypeCache *cache = mem_calloc(1, sizeof *cache + size * sizeof(CacheEntry));
    if (cache == NULL) {
        return NULL;
    }
    cache->version = version;
    cache->mask = size - 1;
    for (uint32_t i = 0; old != NULL && i <= old->mask; i++) {
        if (old->entries[i].name != NULL) {
            cache_put(cache, old->entries[i].name, old->entries[i].value);
        }
    }
    atomic_store_release_ptr(cache_word(type), cache);
    qsbr_free_delayed(old);
    return cache;
}

static void
cache_add_lock_held(PyTypeObject *type, uint32_t version, PyObject *name, PyObject *value)
{
    TypeCache *cache = *cache_word(type);
    if (cache == NULL || (cache->used + 1) * 4 > (cache->mask + 1) * 3) {
        cache = cache_grow_lock_held(type, version);
        if (cache == NULL) {
            return;
        }
    }
    if (cache->version == version && cache_find(cache, name) == NULL) {
        if (value != NULL) {
            refcount_enable_try(value);
        }
        cache_put(cache, name, is_number(value) ? new_ref(value) : value);
    }
}

void
type_cache_drop(PyTypeObject *type)
{
    TypeCache *cache = atomic_exchange_ptr(cache_word(type), (TypeCache *)NULL);
    if (cache != NULL) {
        qsbr_call_delayed(cache_free, cache);
    }
}

// ---- versions ----

static int
modified_visit(PyTypeObject *type, void *arg)
{
    (void)arg;
    type_modified(type);
    return 0;
}

void
type_modified(PyTypeObject *type)
{
    if (type_version(type) == 0) {
        return;
    }
    CriticalSection cs;
    types_lock(&cs);
    if (type_version(type) != 0) {
        type_visit_subclasses(type, modified_visit, NULL);
        atomic_store_u32(&type->tp_version_tag, 0);
        type_cache_drop(type);
    }
    types_unlock(&cs);
}

static uint32_t
assign_version_lock_held(PyTypeObject *type)
{
    uint32_t version = type_version(type);
    if (version != 0) {
        return version;
    }
    if (!type_has_feature(type, Py_TPFLAGS_READY)) {
        return 0;
    }
    PyObject *bases = type->tp_bases;
    for (Py_ssize_t i = 0; bases != NULL && i < tuple_size(bases); i++) {
        if (assign_version_lock_held((PyTypeObject *)tuple_item(bases, i)) == 0) {
            return 0;
        }
    }
    version = atomic_load_relaxed_u32(&next_version);
    do {
        if (version == 0) {
            return 0;       // all used up
        }
    } while (!atomic_cas_u32(&next_version, &version, version + 1));
    atomic_store_release_u32(&type->tp_version_tag, version);
    return version;
}

uint32_t
type_assign_version(PyTypeObject *type)
{
    uint32_t version = type_version(type);
    if (version == 0) {
        CriticalSection cs;
        types_lock(&cs);
        version = assign_version_lock_held(type);
        types_unlock(&cs);
    }
    return version;
}

// ---- lookup ----

PyObject *
type_lookup_uncached(PyTypeObject *type, PyObject *name)
{
    PyObject *mro = type->tp_mro;
    if (mro == NULL) {
        return NULL;
    }
    incref(mro);
    PyObject *result = NULL;
    for (Py_ssize_t i = 0; i < tuple_size(mro); i++) {
        PyObject *dict = ((PyTypeObject *)tuple_item(mro, i))->tp_dict;
        if (dict == NULL) {
            continue;
        }
        int found = dict_get(dict, name, &result);
        if (found != 0) {
            if (found < 0) {
                error_clear();      // keys that are not str and fail to compare
            }
            break;
        }
    }
    decref(mro);
    return result;
}

static PyObject *
lookup_slow(PyTypeObject *type, PyObject *name, uint32_t *version)
{
    CriticalSection cs;
    types_lock(&cs);
    uint32_t before = assign_version_lock_held(type);
    PyObject *result = type_lookup_uncached(type, name);
    if (before != 0 && type_version(type) == before) {
        cache_add_lock_held(type, before, name, result);
        *version = before;
    }
    else {
        *version = 0;
    }
    types_unlock(&cs);
    return result;
}

PyObject *
type_lookup_version(PyTypeObject *type, PyObject *name, uint32_t *version)
{
    if (!str_check_exact(name)) {
        *version = 0;
        return type_lookup_uncached(type, name);
    }
    if (!str_is_interned(name)) {
        PyObject *interned = str_interned_borrow(name);
        if (interned == NULL) {
            // No class has an attribute whose name was never interned, except through its dict.
            *version = 0;
            return type_lookup_uncached(type, name);
        }
        name = interned;
    }
    for (;;) {
        TypeCache *cache = atomic_load_acquire_ptr(cache_word(type));
        CacheEntry *entry = cache == NULL ? NULL : cache_find(cache, name);
        if (entry == NULL) {
            return lookup_slow(type, name, version);
        }
        *version = cache->version;
        PyObject *value = entry->value;
        if (value == NULL) {
            return NULL;
        }
        if (!refcount_try_incref(value)) {
            return lookup_slow(type, name, version);
        }
        if (__builtin_expect(atomic_load_acquire_ptr(cache_word(type)) == cache, 1)) {
            return value;
        }
        decref(value);
    }
}

PyObject *
type_lookup(PyTypeObject *type, PyObject *name)
{
    uint32_t version;
    return type_lookup_version(type, name, &version);
}

PyObject *
type_lookup_borrow(PyTypeObject *type, PyObject *name)
{
    if (str_check_exact(name) && str_is_interned(name)) {
        TypeCache *cache = atomic_load_acquire_ptr(cache_word(type));
        CacheEntry *entry = cache == NULL ? NULL : cache_find(cache, name);
        if (entry != NULL) {
            return entry->value;
        }
    }
    PyObject *result = type_lookup(type, name);
    xdecref(result);        // the type keeps it
    return result;
}

int
type_get_own(PyTypeObject *type, PyObject *name, PyObject **result)
{
    *result = NULL;
    return type->tp_dict == NULL ? 0 : dict_get(type->tp_dict, name, result);
}
