// Life of inline cache records (code_cache.h).
#include "objects/code_cache.h"

#include "memory/alloc.h"
#include "memory/qsbr.h"

static void
cache_free(void *block)
{
    CacheRecord *record = block;
    for (int i = 0; i < record->count; i++) {   // NameCaches have no entries
        value_drop(((AttributeCache *)record)->entries[i].value);
    }
    mem_free(record);
}

void
code_cache_retire(CacheRecord *record)
{
    if (record != NULL) {
        qsbr_call_delayed(cache_free, record);
    }
}

int
code_cache_traverse(CacheRecord *record, visitproc visit, void *arg)
{
    int result = 0;
    for (int i = 0; i < record->count && result == 0; i++) {
        Value v = ((AttributeCache *)record)->entries[i].value;
        result = value_is_owned(v) ? visit(value_pointer(v), arg) : 0;
    }
    return result;
}
