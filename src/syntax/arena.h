// Memory of one syntax tree: nodes are allocated by bumping a pointer and freed all at once.
//
// Objects that nodes point to (names, constants) are kept alive by the arena. Memory comes back
// zeroed. Node pointers stay valid until arena_free.
//
// Threading: an arena belongs to the thread that made it; freeze nothing, share nothing.
#ifndef TYPHON_SYNTAX_ARENA_H
#define TYPHON_SYNTAX_ARENA_H

#include <stddef.h>

#include "abi/object.h"

typedef struct Arena Arena;

// NULL with MemoryError.
Arena *arena_new(void);

// Frees all memory and gives up all objects. NULL is allowed.
void arena_free(Arena *arena);

// Zeroed memory, aligned for any node: NULL with MemoryError.
void *arena_alloc(Arena *arena, size_t size);

// Room for a header followed by `count` items, checked for overflow: NULL with MemoryError.
void *arena_alloc_items(Arena *arena, size_t header, Py_ssize_t count, size_t item);

// Hands a reference to the arena: 0, or -1 with MemoryError (the reference is given up then).
int arena_keep_steal(Arena *arena, PyObject *op);

// Keeps op alive with a reference of its own: 0, or -1 with MemoryError.
int arena_keep(Arena *arena, PyObject *op);

#endif
