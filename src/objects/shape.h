// Shapes (hidden classes): which attributes an instance holds, and in which slots.
//
// Every class whose instances have a managed dictionary (Py_TPFLAGS_MANAGED_DICT) has a root shape
// without attributes. Adding an attribute leads to a child shape: transitions are keyed by the
// interned name and shared by all instances of exactly that class. Slot i holds the i-th name that
// was added. An object that grows too large, loses an attribute, or belongs to a class with too
// many shapes leaves the tree and gets `shape_dict_mode`: its attributes are in a real dict.
//
// Invariants
//   - a shape is immutable but for its transition table and its name index, which only grow
//   - names in shapes are interned, immortal strs: they compare by address
//   - a shape other than the two special ones belongs to one class, so it implies ob_type
//   - shapes live as long as their class. An address may be used again for a shape of another
//     class afterwards: caches that outlive the class must check the type version as well
//
// Threading: lookups are lock-free (tables are published with release and replaced through QSBR).
// Transitions are added under the lock of the class's ShapeTree.
#ifndef TYPHON_OBJECTS_SHAPE_H
#define TYPHON_OBJECTS_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/object.h"
#include "base/atomic.h"

// Attributes per object, slots inside an object, and shapes per class, before an object goes to
// dict mode (or, for inline slots, to the overflow array).
#define SHAPE_MAX_SLOTS 128
#define SHAPE_MAX_INLINE 32
#define SHAPE_MAX_PER_CLASS 1024

struct ShapeTable;

typedef struct Shape {
    struct Shape *parent;               // immutable: NULL for roots
    PyTypeObject *type;                 // immutable: borrowed, the class; NULL for special shapes
    PyObject *name;                     // immutable: name in slot count-1; NULL for roots
    uint32_t count;                     // immutable: slots in use
    uint32_t inline_capacity;           // immutable: slots that lie inside the object
    struct ShapeTable *transitions;     // atomic: release under the tree's lock; name -> Shape
    struct ShapeTable *index;           // atomic: release under the tree's lock; name -> slot
    struct Shape *next_in_tree;         // lock: tree; all shapes of the class, for freeing
} Shape;

// The shapes of one class: PyHeapTypeObject.ht_cached_keys points to it.
typedef struct ShapeTree {
    Shape *root;                        // atomic: release under lock; shape of new instances
    Shape *all;                         // lock: lock
    uint32_t count;                     // lock: lock
    uint32_t wanted;                    // lock: lock; slots that instances were seen to need
    PyMutex lock;                       // innermost: nothing is locked while it is held
} ShapeTree;

// Attributes are in a dict: no slot of the object is in use.
extern Shape shape_dict_mode;
// A thread that holds the object's lock moves the attributes to a dict right now.
extern Shape shape_moving;

static inline bool
shape_is_special(const Shape *shape)
{
    return shape->type == NULL;
}

// New tree for a class, expecting `expected` attributes. NULL with MemoryError.
ShapeTree *shape_tree_new(PyTypeObject *type, uint32_t expected);
void shape_tree_free(ShapeTree *tree);

// The tree of a class with managed dictionaries.
static inline ShapeTree *
shape_tree_of(const PyTypeObject *type)
{
    return (ShapeTree *)((const PyHeapTypeObject *)type)->ht_cached_keys;
}

// Shape of new instances; the number of inline slots to allocate is its inline_capacity.
static inline Shape *
shape_root(const PyTypeObject *type)
{
    return atomic_load_acquire_ptr(&shape_tree_of(type)->root);
}

// Slot of an interned name, or -1. Never an exception. name must be interned.
int32_t shape_find(Shape *shape, PyObject *name);

// The shape with `name` added; NULL without an exception when the object has to go to dict mode
// (limits reached, or out of memory). name must be interned and not in shape.
Shape *shape_add(Shape *shape, PyObject *name);

// Name in slot i (borrowed, immortal).
PyObject *shape_name(Shape *shape, uint32_t slot);

// Writes the names of all slots in order to names[0..count-1].
void shape_names(Shape *shape, PyObject **names);

#endif
