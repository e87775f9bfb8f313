// A persistent map from ContextVars to objects: a trie over the variables' hashes.
//
// Each node branches 32 ways on five bits of the hash, and holds only the branches in use (a
// bitmap tells which). Hashes are unique (a bijection of serial numbers), so there are no
// collisions and the depth is bounded. Nodes are immutable objects that maps share; NULL is the
// empty map.
//
// Threading: immutable.
#ifndef TYPHON_OBJECTS_CONTEXT_MAP_H
#define TYPHON_OBJECTS_CONTEXT_MAP_H

#include <stdint.h>

#include "abi/object.h"

extern PyTypeObject context_map_type;

// Borrowed value of the key with this hash, or NULL.
PyObject *context_map_find_borrow(PyObject *map, uint64_t hash);

// A map with key added or replaced: new reference or NULL with MemoryError.
PyObject *context_map_set(PyObject *map, PyObject *key, uint64_t hash, PyObject *value);

// A map without the key, which must be in it: *result (NULL when empty). 0 or -1.
int context_map_del(PyObject *map, uint64_t hash, PyObject **result);

// Hash of a key (context.c): unique for each variable.
uint64_t context_key_hash(PyObject *key);

Py_ssize_t context_map_size(PyObject *map);

// Calls visit(key, value, arg) until it returns other than 0; returns that.
int context_map_each(PyObject *map, int (*visit)(PyObject *key, PyObject *value, void *arg),
                     void *arg);

#endif
