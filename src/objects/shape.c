// The tree of shapes of a class: lookup, transitions, capacity learning.
//
// Two kinds of table hang on a shape: transitions (name -> child) and the name index (name ->
// slot), both open-addressed by the address of the interned name. A table is filled up to three
// quarters and then replaced; readers of the old one find what it held.
//
// The number of inline slots is a property of the root: when instances outgrow it, a class gets a
// new root with more, and only new instances use it.
//
// Threading: see shape.h.
#include "objects/shape.h"

#include <string.h>

#include "memory/alloc.h"
#include "memory/qsbr.h"
#include "objects/error.h"
#include "thread/mutex.h"

typedef struct ShapeEntry {
    PyObject *name;         // atomic: release after value; NULL when free
    uintptr_t value;        // immutable once name is set
} ShapeEntry;

typedef struct ShapeTable {
    uint32_t mask;          // immutable
    uint32_t used;          // lock: tree
    ShapeEntry entries[];
} ShapeTable;

// Below this a walk along the parents is as fast as a table.
#define SHAPE_INDEX_MIN 4

Shape shape_dict_mode = {.count = 0};
Shape shape_moving = {.count = 0};

// ---- tables ----

static inline uint32_t
name_hash(PyObject *name)
{
    return (uint32_t)((uintptr_t)name >> 4) * 2654435761u >> 8;
}

static ShapeTable *
table_new(uint32_t size)
{
    ShapeTable *table = mem_calloc(1, sizeof *table + size * sizeof(ShapeEntry));
    if (table != NULL) {
        table->mask = size - 1;
    }
    return table;
}

static bool
table_find(ShapeTable *table, PyObject *name, uintptr_t *value)
{
    for (uint32_t i = name_hash(name);; i++) {
        ShapeEntry *entry = &table->entries[i & table->mask];
        PyObject *found = atomic_load_acquire_ptr(&entry->name);
        if (found == name) {
            *value = entry->value;
            return true;
        }
        if (found == NULL) {
            return false;
        }
    }
}

// Requires a free entry.
static void
table_insert(ShapeTable *table, PyObject *name, uintptr_t value)
{
    uint32_t i = name_hash(name) & table->mask;
    while (table->entries[i].name != NULL) {
        i = (i + 1) & table->mask;
    }
    table->entries[i].value = value;
    atomic_store_release_ptr(&table->entries[i].name, name);
    table->used++;
}

// Adds to *where under the tree's lock; *retired is a table to be freed later. 0, or -1 when out
// of memory.
static int
table_add(ShapeTable **where, PyObject *name, uintptr_t value, ShapeTable **retired)
{
    ShapeTable *table = *where;
    *retired = NULL;
    if (table == NULL || (table->used + 1) * 4 > (table->mask + 1) * 3) {
        ShapeTable *bigger = table_new(table == NULL ? 2 : (table->mask + 1) * 2);
        if (bigger == NULL) {
            return -1;
        }
        for (uint32_t i = 0; table != NULL && i <= table->mask; i++) {
            if (table->entries[i].name != NULL) {
                table_insert(bigger, table->entries[i].name, table->entries[i].value);
            }
        }
        table_insert(bigger, name, value);
        atomic_store_release_ptr(where, bigger);
        *retired = table;
        return 0;
    }
    table_insert(table, name, value);
    return 0;
}

// ---- trees ----

static Shape *
shape_new_lock_held(ShapeTree *tree, Shape *parent, PyTypeObject *type, PyObject *name,
                    uint32_t inline_capacity)
{
    Shape *shape = mem_calloc(1, sizeof *shape);
    if (shape == NULL) {
        return NULL;
    }
    shape->parent = parent;
    shape->type = type;
    shape->name = name;
    shape->count = parent == NULL ? 0 : parent->count + 1;
    shape->inline_capacity = inline_capacity;
    shape->next_in_tree = tree->all;
    tree->all = shape;
    tree->count++;
    return shape;
}

static uint32_t
capacity_for(const PyTypeObject *type, uint32_t wanted)
{
    if (type->tp_itemsize != 0) {
        return 0;
    }
    // An even number keeps objects at multiples of 16 bytes.
    wanted = (wanted + 1) & ~1u;
    return wanted < 2 ? 2 : wanted > SHAPE_MAX_INLINE ? SHAPE_MAX_INLINE : wanted;
}

ShapeTree *
shape_tree_new(PyTypeObject *type, uint32_t expected)
{
    ShapeTree *tree = mem_calloc(1, sizeof *tree);
    if (tree == NULL) {
        error_no_memory();
        return NULL;
    }
    tree->wanted = expected;
    tree->root = shape_new_lock_held(tree, NULL, type, NULL, capacity_for(type, expected));
    if (tree->root == NULL) {
        mem_free(tree);
        error_no_memory();
        return NULL;
    }
    return tree;
}

static void
shape_free(void *block)
{
    Shape *shape = block;
    mem_free(shape->transitions);
    mem_free(shape->index);
    mem_free(shape);
}

void
shape_tree_free(ShapeTree *tree)
{
    if (tree == NULL) {
        return;
    }
    // Readers of inline caches may still compare addresses and look into a shape.
    Shape *shape = tree->all;
    while (shape != NULL) {
        Shape *next = shape->next_in_tree;
        qsbr_call_delayed(shape_free, shape);
        shape = next;
    }
    mem_free(tree);
}

// ---- lookup ----

static int32_t
find_by_walk(Shape *shape, PyObject *name)
{
    for (; shape->name != NULL; shape = shape->parent) {
        if (shape->name == name) {
            return (int32_t)shape->count - 1;
        }
    }
    return -1;
}

// Builds the name index of a shape; losing a race or memory only costs time.
static ShapeTable *
index_build(Shape *shape)
{
    uint32_t size = 8;
    while (size * 3 < shape->count * 4 + 4) {
        size *= 2;
    }
    ShapeTable *table = table_new(size);
    if (table == NULL) {
        return NULL;
    }
    for (Shape *s = shape; s->name != NULL; s = s->parent) {
        table_insert(table, s->name, s->count - 1);
    }
    ShapeTree *tree = shape_tree_of(shape->type);
    mutex_lock(&tree->lock);
    ShapeTable *present = shape->index;
    if (present == NULL) {
        atomic_store_release_ptr(&shape->index, table);
    }
    mutex_unlock(&tree->lock);
    if (present != NULL) {
        mem_free(table);
        table = present;
    }
    return table;
}

int32_t
shape_find(Shape *shape, PyObject *name)
{
    if (shape->count <= SHAPE_INDEX_MIN) {
        return find_by_walk(shape, name);
    }
    ShapeTable *index = atomic_load_acquire_ptr(&shape->index);
    if (index == NULL) {
        index = index_build(shape);
        if (index == NULL) {
            return find_by_walk(shape, name);
        }
    }
    uintptr_t slot;
    return table_find(index, name, &slot) ? (int32_t)slot : -1;
}

// ---- transitions ----

// Gives the class a root with more inline slots after an instance needed `needed`.
static void
learn_capacity_lock_held(ShapeTree *tree, Shape *shape, uint32_t needed)
{
    if (needed <= tree->wanted) {
        return;
    }
    tree->wanted = needed;
    uint32_t capacity = capacity_for(shape->type, needed + needed / 4);
    if (capacity <= tree->root->inline_capacity) {
        return;
    }
    Shape *root = shape_new_lock_held(tree, NULL, shape->type, NULL, capacity);
    if (root != NULL) {
        atomic_store_release_ptr(&tree->root, root);
    }
}

Shape *
shape_add(Shape *shape, PyObject *name)
{
    uintptr_t found;
    ShapeTable *transitions = atomic_load_acquire_ptr(&shape->transitions);
    if (transitions != NULL && table_find(transitions, name, &found)) {
        return (Shape *)found;
    }
    if (shape->count >= SHAPE_MAX_SLOTS) {
        return NULL;
    }
    ShapeTree *tree = shape_tree_of(shape->type);
    ShapeTable *retired = NULL;
    Shape *child = NULL;
    mutex_lock(&tree->lock);
    if (shape->transitions != NULL && table_find(shape->transitions, name, &found)) {
        child = (Shape *)found;
    }
    else if (tree->count < SHAPE_MAX_PER_CLASS) {
        child = shape_new_lock_held(tree, shape, shape->type, name, shape->inline_capacity);
        if (child != NULL &&
            table_add(&shape->transitions, name, (uintptr_t)child, &retired) < 0) {
            child = NULL;   // stays in the tree's list, unused
        }
        if (child != NULL && child->count > shape->inline_capacity) {
            learn_capacity_lock_held(tree, shape, child->count);
        }
    }
    mutex_unlock(&tree->lock);
    qsbr_free_delayed(retired);
    return child;
}

PyObject *
shape_name(Shape *shape, uint32_t slot)
{
    while (shape->count > slot + 1) {
        shape = shape->parent;
    }
    return shape->name;
}

void
shape_names(Shape *shape, PyObject **names)
{
    for (; shape->name != NULL; shape = shape->parent) {
        names[shape->count - 1] = shape->name;
    }
}
