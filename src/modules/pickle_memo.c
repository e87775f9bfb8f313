// The memo of a pickler: a table from addresses of objects to numbers, open addressing, at
// most two thirds full. It owns its keys, so that no address is used twice.
//
// Threading: belongs to the pickler's user.
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "modules/pickle_internal.h"
#include "objects/error.h"

enum { FIRST_SIZE = 16 };

void
memo_clear(Memo *memo)
{
    Memo old = *memo;
    *memo = (Memo){NULL, 0, 0};
    for (size_t i = 0; old.used > 0; i++) {
        if (old.entries[i].key != NULL) {
            decref(old.entries[i].key);
            old.used--;
        }
    }
    mem_free(old.entries);
}

static MemoEntry *
find_entry(const Memo *memo, const PyObject *key)
{
    MemoProbe probe = memo_probe(memo, key);
    while (memo->entries[probe.index].key != NULL && memo->entries[probe.index].key != key) {
        memo_probe_next(memo, &probe);
    }
    return &memo->entries[probe.index];
}

static int
memo_resize(Memo *memo, size_t size)
{
    MemoEntry *entries = mem_calloc_or_error(size, sizeof *entries);
    if (entries == NULL) {
        return -1;
    }
    Memo grown = {entries, size - 1, memo->used};
    for (size_t i = 0; memo->entries != NULL && i <= memo->mask; i++) {
        if (memo->entries[i].key != NULL) {
            *find_entry(&grown, memo->entries[i].key) = memo->entries[i];
        }
    }
    mem_free(memo->entries);
    *memo = grown;
    return 0;
}

int
memo_set(Memo *memo, PyObject *key, Py_ssize_t value)
{
    if (memo->entries == NULL || (memo->used + 1) * 3 > (memo->mask + 1) * 2) {
        if (memo_resize(memo, memo->entries == NULL ? FIRST_SIZE : (memo->mask + 1) * 4) < 0) {
            return -1;
        }
    }
    MemoEntry *entry = find_entry(memo, key);
    if (entry->key == NULL) {
        entry->key = new_ref(key);
        memo->used++;
    }
    entry->value = value;
    return 0;
}

int
memo_copy(Memo *to, const Memo *from)
{
    for (size_t i = 0; from->entries != NULL && i <= from->mask; i++) {
        const MemoEntry *entry = &from->entries[i];
        if (entry->key != NULL && memo_set(to, entry->key, entry->value) < 0) {
            return -1;
        }
    }
    return 0;
}

int
memo_visit(const Memo *memo, visitproc visit, void *arg)
{
    for (size_t i = 0; memo->entries != NULL && i <= memo->mask; i++) {
        if (memo->entries[i].key != NULL) {
            int status = visit(memo->entries[i].key, arg);
            if (status != 0) {
                return status;
            }
        }
    }
    return 0;
}
