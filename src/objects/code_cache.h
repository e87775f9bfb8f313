// Records of inline caches: immutable once published, found through the second word of
// instructions with property `cache`.
//
// That word is 0, an odd number (a counter of vm/cache.c), or the address of a record. Records are
// published with release and taken out of use through QSBR, so a handler may read one without
// counting until its next safepoint.
//
// The values in them are not owned: the class has them while its version is the one in the entry,
// and gets another version before it gives one up. What was read from an entry must be counted (or
// be deferred, or belong to this thread) before the next safepoint; others check the version again.
#ifndef TYPHON_OBJECTS_CODE_CACHE_H
#define TYPHON_OBJECTS_CODE_CACHE_H

#include <stdint.h>

#include "abi/object.h"
#include "objects/shape.h"
#include "objects/value.h"

typedef struct CacheRecord {
    uint8_t kind;               // operation that may use it (OP_*)
    uint8_t count;              // entries
    uint16_t misses;            // how many records came before it at this place
} CacheRecord;

// LOAD_GLOBAL and LOAD_NAME, STORE_GLOBAL and STORE_NAME.
typedef struct NameCache {
    CacheRecord head;
    uint32_t index;             // entry of the dict (globals or builtins)
    uint64_t globals_version;   // keys of the globals
    uint64_t builtins_version;  // keys of the builtins, when the name is there
} NameCache;

typedef struct AttributeEntry {
    uint32_t type_version;      // of type_of(object)
    uint32_t class_version;     // of the object, when it is a class
    Shape *shape;               // of the object, NULL: its class has no managed dict
    Shape *next;                // stores that add: shape afterwards
    uint32_t offset;            // of the slot or member, from the object
    uint32_t index;             // entry of a module's dict
    uint64_t keys_version;      // of a module's dict
    bool binds_class;           // value is the function of a classmethod: the class goes first
    Value value;                // tagged as owned, but not owned: what was found on the class
} AttributeEntry;

typedef struct AttributeCache {
    CacheRecord head;
    AttributeEntry entries[];
} AttributeCache;

static inline bool
cache_word_is_record(uint64_t word)
{
    return word != 0 && (word & 1) == 0;
}

// Gives a record up after a grace period. NULL does nothing.
void code_cache_retire(CacheRecord *record);

#endif
