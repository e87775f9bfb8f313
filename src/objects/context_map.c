// The persistent map of contexts: see context_map.h.
//
// A node is a variable-sized object of pairs, one per bit of its bitmap in ascending order: a key
// and its value, or NULL and a child node.
#include "objects/context_map.h"

#include <stddef.h>

#include "memory/heap.h"
#include "objects/error.h"
#include "objects/type.h"

#define BITS 5

typedef struct {
    PyObject *key;          // NULL: `value` is a child node
    PyObject *value;
} MapPair;

typedef struct {
    PyVarObject ob_base;    // ob_size: number of pairs
    Py_ssize_t size;        // keys in this node and below
    uint32_t bitmap;
    MapPair pairs[];
} MapNode;

#define NODE(op) ((MapNode *)(op))

static inline uint32_t
bit_of(uint64_t hash, int depth)
{
    return (uint32_t)1 << (hash >> (depth * BITS) & 31);
}

// Position of the pair for a bit.
static inline int
pair_index(const MapNode *node, uint32_t bit)
{
    return __builtin_popcount(node->bitmap & (bit - 1));
}

// A node whose pairs the caller fills before anything else happens.
static MapNode *
node_new(Py_ssize_t pairs, uint32_t bitmap)
{
    size_t size = offsetof(MapNode, pairs) + (size_t)pairs * sizeof(MapPair);
    MapNode *node = (MapNode *)heap_new_object(&context_map_type, size);
    if (node != NULL) {
        node->ob_base.ob_size = pairs;
        node->size = 0;
        node->bitmap = bitmap;
    }
    return node;
}

static void
pair_set(MapNode *node, int i, PyObject *key, PyObject *value)
{
    node->pairs[i] = (MapPair){xnew_ref(key), new_ref(value)};
    node->size += key != NULL ? 1 : NODE(value)->size;
}

static void
node_dealloc(PyObject *op)
{
    gc_untrack(op);
    for (Py_ssize_t i = 0; i < NODE(op)->ob_base.ob_size; i++) {
        xdecref(NODE(op)->pairs[i].key);
        decref(NODE(op)->pairs[i].value);
    }
    type_of(op)->tp_free(op);
}

static int
node_traverse(PyObject *op, visitproc visit, void *arg)
{
    for (Py_ssize_t i = 0; i < NODE(op)->ob_base.ob_size; i++) {
        MapPair *pair = &NODE(op)->pairs[i];
        int result = pair->key == NULL ? 0 : visit(pair->key, arg);
        if (result == 0) {
            result = visit(pair->value, arg);
        }
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

PyTypeObject context_map_type = {
    .ob_base = {{.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyType_Type}, 0},
    .tp_name = "context_map",
    .tp_basicsize = offsetof(MapNode, pairs),
    .tp_itemsize = sizeof(MapPair),
    .tp_dealloc = node_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = node_traverse,
};

PyObject *
context_map_find_borrow(PyObject *map, uint64_t hash)
{
    for (int depth = 0; map != NULL; depth++) {
        uint32_t bit = bit_of(hash, depth);
        if ((NODE(map)->bitmap & bit) == 0) {
            return NULL;
        }
        MapPair *pair = &NODE(map)->pairs[pair_index(NODE(map), bit)];
        if (pair->key == NULL) {
            map = pair->value;
            continue;
        }
        return context_key_hash(pair->key) == hash ? pair->value : NULL;
    }
    return NULL;
}

// A node for two keys whose hashes agree below depth.
static PyObject *
node_for_two(PyObject *key1, uint64_t hash1, PyObject *value1, PyObject *key2, uint64_t hash2,
             PyObject *value2, int depth)
{
    uint32_t bit1 = bit_of(hash1, depth);
    uint32_t bit2 = bit_of(hash2, depth);
    MapNode *node;
    if (bit1 == bit2) {
        PyObject *child = node_for_two(key1, hash1, value1, key2, hash2, value2, depth + 1);
        if (child == NULL) {
            return NULL;
        }
        node = node_new(1, bit1);
        if (node != NULL) {
            pair_set(node, 0, NULL, child);
        }
        decref(child);
    }
    else {
        node = node_new(2, bit1 | bit2);
        if (node != NULL) {
            pair_set(node, bit1 > bit2, key1, value1);
            pair_set(node, bit2 > bit1, key2, value2);
        }
    }
    if (node != NULL) {
        gc_track(node);
    }
    return (PyObject *)node;
}

// A copy of a node with pair i replaced (grow 0), inserted (1), or left out (-1; key and value
// are ignored).
static PyObject *
node_edit(PyObject *map, int i, int grow, uint32_t bitmap, PyObject *key, PyObject *value)
{
    MapNode *old = NODE(map);
    MapNode *node = node_new(old->ob_base.ob_size + grow, bitmap);
    if (node == NULL) {
        return NULL;
    }
    int at = 0;
    for (int k = 0; k < old->ob_base.ob_size + (grow > 0); k++) {
        if (k == i && grow >= 0) {
            pair_set(node, at++, key, value);
        }
        if (k < old->ob_base.ob_size && (k != i || grow > 0)) {
            pair_set(node, at++, old->pairs[k].key, old->pairs[k].value);
        }
    }
    gc_track(node);
    return (PyObject *)node;
}

static PyObject *
node_set(PyObject *map, PyObject *key, uint64_t hash, PyObject *value, int depth)
{
    uint32_t bit = bit_of(hash, depth);
    int i = pair_index(NODE(map), bit);
    if ((NODE(map)->bitmap & bit) == 0) {
        return node_edit(map, i, 1, NODE(map)->bitmap | bit, key, value);
    }
    MapPair *pair = &NODE(map)->pairs[i];
    if (pair->key != NULL && context_key_hash(pair->key) == hash) {
        return node_edit(map, i, 0, NODE(map)->bitmap, key, value);
    }
    PyObject *child = pair->key == NULL
                          ? node_set(pair->value, key, hash, value, depth + 1)
                          : node_for_two(pair->key, context_key_hash(pair->key), pair->value, key,
                                         hash, value, depth + 1);
    if (child == NULL) {
        return NULL;
    }
    PyObject *result = node_edit(map, i, 0, NODE(map)->bitmap, NULL, child);
    decref(child);
    return result;
}

PyObject *
context_map_set(PyObject *map, PyObject *key, uint64_t hash, PyObject *value)
{
    if (map != NULL) {
        return node_set(map, key, hash, value, 0);
    }
    MapNode *node = node_new(1, bit_of(hash, 0));
    if (node != NULL) {
        pair_set(node, 0, key, value);
        gc_track(node);
    }
    return (PyObject *)node;
}

// *result becomes the node without the key, NULL when nothing is left.
static int
node_del(PyObject *map, uint64_t hash, int depth, PyObject **result)
{
    uint32_t bit = bit_of(hash, depth);
    int i = pair_index(NODE(map), bit);
    MapPair *pair = &NODE(map)->pairs[i];
    *result = NULL;
    if (pair->key == NULL) {
        PyObject *child;
        if (node_del(pair->value, hash, depth + 1, &child) < 0) {
            return -1;
        }
        if (child != NULL) {
            *result = node_edit(map, i, 0, NODE(map)->bitmap, NULL, child);
            decref(child);
            return *result == NULL ? -1 : 0;
        }
    }
    if (NODE(map)->ob_base.ob_size == 1) {
        return 0;
    }
    *result = node_edit(map, i, -1, NODE(map)->bitmap & ~bit, NULL, NULL);
    return *result == NULL ? -1 : 0;
}

int
context_map_del(PyObject *map, uint64_t hash, PyObject **result)
{
    return node_del(map, hash, 0, result);
}

Py_ssize_t
context_map_size(PyObject *map)
{
    return map == NULL ? 0 : NODE(map)->size;
}

int
context_map_each(PyObject *map, int (*visit)(PyObject *key, PyObject *value, void *arg), void *arg)
{
    int result = 0;
    for (Py_ssize_t i = 0; map != NULL && i < NODE(map)->ob_base.ob_size && result == 0; i++) {
        MapPair *pair = &NODE(map)->pairs[i];
        result = pair->key == NULL ? context_map_each(pair->value, visit, arg)
                                   : visit(pair->key, pair->value, arg);
    }
    return result;
}
