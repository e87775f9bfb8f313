// Interning: one canonical str object per text.
//
// The table is a set of open-addressing shards, chosen by the upper bits of the hash. Interned
// strings are immortal (PEP 703's free-threaded builds do the same), so a pointer found in a
// shard is good for ever and reading needs no lock: a reader loads the shard's slot array with
// acquire and probes it. Writers hold the shard's mutex; a grown array replaces the old one by a
// release store, and the old one is kept (the sizes form a geometric series, so all old arrays
// together are smaller than the live one) until the runtime ends.
//
// Lock order: a shard's mutex is innermost; nothing is allocated as an object, and no Python code
// runs, while it is held.
#include <stdlib.h>
#include <string.h>

#include "base/atomic.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/str_internal.h"
#include "thread/mutex.h"

#define SHARD_BITS 5
#define SHARD_COUNT (1 << SHARD_BITS)
#define SHARD_FIRST_SIZE 128

typedef struct SlotArray {
    struct SlotArray *older;    // immutable: the array that this one replaced
    size_t mask;                // immutable: size - 1
    PyObject *slots[];          // atomic: NULL or an interned str; release by writers
} SlotArray;

typedef struct {
    PyMutex mutex;
    SlotArray *array;           // atomic: release by writers, acquire by readers
    size_t used;                // lock: mutex
} Shard;

static Shard shards[SHARD_COUNT];   // process-wide: immortal strings have no interpreter

// The variables behind ID(name).
#define IDENTIFIER(name) PyObject *identifier_##name;
#include "objects/identifiers.inc"
#undef IDENTIFIER

static inline Shard *
shard_of(Py_hash_t hash)
{
    return &shards[(Py_uhash_t)hash >> (64 - SHARD_BITS)];
}

// The slot of an equal str, or the empty one where it would go. s may be any str.
static PyObject **
probe(SlotArray *array, PyObject *s, Py_hash_t hash)
{
    size_t i = (size_t)hash & array->mask;
    for (;;) {
        PyObject *found = atomic_load_acquire_ptr(&array->slots[i]);
        if (found == NULL || (STR_HEAD(found)->hash == hash && str_equal(found, s))) {
            return &array->slots[i];
        }
        i = (i + 1) & array->mask;
    }
}

static PyObject *
lookup(PyObject *s, Py_hash_t hash)
{
    SlotArray *array = atomic_load_acquire_ptr(&shard_of(hash)->array);
    return array == NULL ? NULL : atomic_load_acquire_ptr(probe(array, s, hash));
}

static int
shard_grow_lock_held(Shard *shard)
{
    SlotArray *old = shard->array;
    size_t size = old == NULL ? SHARD_FIRST_SIZE : (old->mask + 1) * 2;
    SlotArray *array = mem_calloc(1, sizeof(SlotArray) + size * sizeof(PyObject *));
    if (array == NULL) {
        return -1;
    }
    array->mask = size - 1;
    array->older = old;
    for (size_t i = 0; old != NULL && i <= old->mask; i++) {
        PyObject *s = old->slots[i];
        if (s != NULL) {
            *probe(array, s, STR_HEAD(s)->hash) = s;
        }
    }
    atomic_store_release_ptr(&shard->array, array);
    return 0;
}

// Enters s, which only the caller sees or which is exact and hashed. The canonical str, or NULL
// without an exception when memory is out.
static PyObject *
insert(PyObject *s, Py_hash_t hash, unsigned char state)
{
    Shard *shard = shard_of(hash);
    PyObject *result = NULL;
    mutex_lock(&shard->mutex);
    if (shard->array == NULL || shard->used * 3 >= shard->array->mask * 2) {
        if (shard_grow_lock_held(shard) < 0) {
            goto done;
        }
    }
    PyObject **slot = probe(shard->array, s, hash);
    result = *slot;
    if (result == NULL) {
        refcount_immortalize(s);
        atomic_store_relaxed_u8(&STR_HEAD(s)->state.interned, state);
        atomic_store_release_ptr(slot, s);
        shard->used++;
        result = s;
    }
done:
    mutex_unlock(&shard->mutex);
    return result;
}

PyObject *
str_interned_borrow(PyObject *s)
{
    return str_is_interned(s) ? s : lookup(s, str_hash(s));
}

PyObject *
str_intern(PyObject *s)
{
    if (str_is_interned(s)) {
        return new_ref(s);
    }
    Py_hash_t hash = str_hash(s);
    PyObject *canonical = lookup(s, hash);
    if (canonical == NULL) {
        Py_ssize_t n = str_length(s);
        PyObject *own = n == 0 ? str_empty() : n == 1 ? str_from_char(str_read_char(s, 0)) : s;
        if (own == NULL) {
            return NULL;
        }
        str_hash(own);
        // A str that another thread owns is entered as a copy: only its owner may make an object
        // immortal without racing with the owner's plain counting.
        if (own == s && s->ob_tid != thread_id_word()) {
            own = str_copy(s);
            if (own == NULL) {
                return NULL;
            }
            str_hash(own);
        }
        canonical = insert(own, hash, STR_INTERNED);
        if (own != s && own != canonical) {
            decref(own);
        }
        if (canonical == NULL) {
            return error_no_memory();
        }
    }
    return new_ref(canonical);
}

PyObject *
str_intern_steal(PyObject *s)
{
    if (s == NULL) {
        return NULL;
    }
    PyObject *canonical = str_intern(s);
    decref(s);
    return canonical;
}

void
str_intern_in_place(PyObject **s)
{
    if (*s == NULL || !str_check_exact(*s) || str_is_interned(*s)) {
        return;
    }
    PyObject *canonical = str_intern(*s);
    if (canonical == NULL) {
        error_clear();
        return;
    }
    set_ref(*s, canonical);
}

PyObject *
str_intern_cstr(const char *utf8)
{
    return str_intern_steal(str_from_cstr(utf8));
}

int
str_runtime_init(void)
{
    str_static_init();
    PyObject *empty = str_empty();
    if (insert(empty, str_hash(empty), STR_INTERNED_STATIC) == NULL) {
        return -1;
    }
    for (int i = 0; i < 256; i++) {
        PyObject *s = str_latin1_character_borrow((Py_UCS1)i);
        if (insert(s, str_hash(s), STR_INTERNED_STATIC) == NULL) {
            return -1;
        }
    }
    return 0;
}

int
str_identifiers_init(void)
{
    static const struct {
        PyObject **variable;
        const char *text;
    } rows[] = {
#define IDENTIFIER(name) {&identifier_##name, #name},
#include "objects/identifiers.inc"
#undef IDENTIFIER
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        *rows[i].variable = str_intern_cstr(rows[i].text);
        if (*rows[i].variable == NULL) {
            return -1;
        }
    }
    return 0;
}

// The strings themselves go with the heap.
void
str_runtime_fini(void)
{
    for (int i = 0; i < SHARD_COUNT; i++) {
        SlotArray *array = shards[i].array;
        while (array != NULL) {
            SlotArray *older = array->older;
            mem_free(array);
            array = older;
        }
        shards[i] = (Shard){.array = NULL};
    }
}

Py_ssize_t
str_interned_count(void)
{
    Py_ssize_t count = 0;
    for (int i = 0; i < SHARD_COUNT; i++) {
        mutex_lock(&shards[i].mutex);
        count += (Py_ssize_t)shards[i].used;
        mutex_unlock(&shards[i].mutex);
    }
    return count;
}
