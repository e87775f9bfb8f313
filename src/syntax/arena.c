// Arena: a list of blocks, filled from the front of the newest, and the objects it keeps alive.
//
// Threading: see arena.h.
#include "syntax/arena.h"

#include <stdint.h>
#include <string.h>

#include "base/checked.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "objects/error.h"

enum { BLOCK_SIZE = 32 * 1024 - 64, ALIGNMENT = 8 };

typedef struct Block {
    struct Block *previous;
    size_t used;
    size_t size;
    char data[];
} Block;

struct Arena {
    Block *block;           // newest
    PyObject **objects;
    size_t object_count;
    size_t object_capacity;
};

Arena *
arena_new(void)
{
    return mem_calloc_or_error(1, sizeof(Arena));
}

void
arena_free(Arena *arena)
{
    if (arena == NULL) {
        return;
    }
    for (size_t i = 0; i < arena->object_count; i++) {
        decref(arena->objects[i]);
    }
    mem_free(arena->objects);
    for (Block *block = arena->block; block != NULL;) {
        Block *previous = block->previous;
        mem_free(block);
        block = previous;
    }
    mem_free(arena);
}

static Block *
add_block(Arena *arena, size_t size)
{
    size_t total;
    size_t wanted = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    Block *block = checked_add_size(sizeof *block, wanted, &total) ? mem_calloc(1, total) : NULL;
    if (block == NULL) {
        error_no_memory();
        return NULL;
    }
    block->size = wanted;
    block->previous = arena->block;
    arena->block = block;
    return block;
}

void *
arena_alloc(Arena *arena, size_t size)
{
    if (size > SIZE_MAX - ALIGNMENT) {
        return error_no_memory();
    }
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    Block *block = arena->block;
    if (block == NULL || block->size - block->used < size) {
        block = add_block(arena, size);
        if (block == NULL) {
            return NULL;
        }
    }
    void *p = block->data + block->used;
    block->used += size;
    return p;
}

void *
arena_alloc_items(Arena *arena, size_t header, Py_ssize_t count, size_t item)
{
    size_t total;
    if (count < 0 || !checked_array_size(header, (size_t)count, item, &total)) {
        return error_no_memory();
    }
    return arena_alloc(arena, total);
}

int
arena_keep_steal(Arena *arena, PyObject *op)
{
    if (arena->object_count == arena->object_capacity) {
        size_t capacity = arena->object_capacity == 0 ? 64 : arena->object_capacity * 2;
        PyObject **grown = mem_realloc_array(arena->objects, capacity, sizeof *grown);
        if (grown == NULL) {
            decref(op);
            error_no_memory();
            return -1;
        }
        arena->objects = grown;
        arena->object_capacity = capacity;
    }
    arena->objects[arena->object_count++] = op;
    return 0;
}

int
arena_keep(Arena *arena, PyObject *op)
{
    return arena_keep_steal(arena, new_ref(op));
}
