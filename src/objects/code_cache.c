// Life of inline cache records (code_cache.h).
#include "objects/code_cache.h"

#include "memory/qsbr.h"

void
code_cache_retire(CacheRecord *record)
{
    qsbr_free_delayed(record);
}
