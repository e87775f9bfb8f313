// Attributes of instances: slots, overflow, dictionaries; and generic attribute access.
//
// Objects of a class with Py_TPFLAGS_PREHEADER (MANAGED_DICT or MANAGED_WEAKREF) have two words in
// front of them and, with MANAGED_DICT, slots behind them:
//
//     op - 16   ObjectExtra *   NULL until needed: dict, overflow slots, weak references
//     op - 8    Shape *         NULL when the class has no managed dict
//     op        object header and C fields: tp_basicsize, plus items of variable-sized objects
//     …         inline slots (Values), as many as the root shape said when op was made
//
// Classes with tp_itemsize have no inline slots: all of theirs are in the overflow array.
//
// Invariants
//   - slot i of an object with a normal shape holds the attribute named shape_name(i);
//     VALUE_UNSET only while another thread is about to fill it (readers take it for missing)
//   - slots from shape->count on are VALUE_UNSET; in dict mode all slots are
//   - an ObjectExtra is published once and stays until the object dies
//
// Threading: reads are lock-free: load the shape (acquire), load the slot (acquire), take a
// reference with refcount_try_incref, load the slot again. An owned pointer leaves a slot only under
// the object's critical section; empty slots and numbers are replaced by compare-and-swap. Whoever
// wrote a slot without the lock checks the shape afterwards (a mover may have passed by).
#ifndef TYPHON_OBJECTS_ATTRIBUTES_H
#define TYPHON_OBJECTS_ATTRIBUTES_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/constants.h"
#include "abi/object.h"
#include "objects/object.h"
#include "objects/shape.h"
#include "objects/value.h"

#define OBJECT_PREHEADER_SIZE 16

// tp_weaklistoffset of classes with MANAGED_WEAKREF and tp_dictoffset of those with MANAGED_DICT;
// what Python code sees as __weakrefoffset__ and __dictoffset__. Never used as real offsets.
#define MANAGED_WEAKREF_OFFSET (-32)
#define MANAGED_DICT_OFFSET (-1)

typedef struct ObjectExtra {
    PyObject *dict;                 // atomic: release under op's lock; materialised __dict__, owned
    Value *overflow;                // atomic: release under op's lock; old arrays end through QSBR
    uint32_t overflow_capacity;     // lock: op
    PyObject *weaklist;             // lock: weakrefs_lock (weakref.h); head of the list, not owned
} ObjectExtra;

static inline bool
type_has_managed_dict(const PyTypeObject *type)
{
    return type_has_feature(type, Py_TPFLAGS_MANAGED_DICT);
}

static inline Shape **
attributes_shape_word(PyObject *op)
{
    return (Shape **)((char *)op - 8);
}

// Shape of an object whose class has managed dictionaries. Never NULL.
static inline Shape *
attributes_shape(PyObject *op)
{
    return atomic_load_acquire_ptr(attributes_shape_word(op));
}

// The extra record of an object with a pre-header, or NULL.
static inline ObjectExtra *
attributes_extra(PyObject *op)
{
    return atomic_load_acquire_ptr((ObjectExtra **)((char *)op - OBJECT_PREHEADER_SIZE));
}

// Byte offset of inline slot i from op.
static inline uint32_t
attributes_slot_offset(const PyTypeObject *type, uint32_t slot)
{
    return (uint32_t)((type->tp_basicsize + 7) & ~(Py_ssize_t)7) + slot * (uint32_t)sizeof(Value);
}

static inline Value *
attributes_slot_at(PyObject *op, uint32_t offset)
{
    return (Value *)((char *)op + offset);
}

// ---- What the vm's inline caches need ----

typedef enum {
    ATTR_GENERIC = 0,       // not cacheable: use object_getattr / object_setattr
    ATTR_SLOT,              // inline slot at `offset` under `shape`
    ATTR_SLOT_ADD,          // store only: as ATTR_SLOT, the object then moves from shape to next
    ATTR_OVERFLOW,          // overflow slot `index` under `shape`
    ATTR_DICT,              // dict mode: entry `index` of the materialised dict, keys `keys_version`
    ATTR_MEMBER,            // PyObject * field of __slots__ at `offset` (Py_T_OBJECT_EX)
    ATTR_MODULE,            // module: entry `index` of md_dict under `keys_version`
    ATTR_TYPE_METHOD,       // `descr` found on the class: an unbound method (METHOD_DESCRIPTOR)
    ATTR_TYPE_VALUE,        // `descr` found on the class, no descriptor: the result itself
    ATTR_TYPE_DESCR,        // non-data descriptor on the class: tp_descr_get(descr, op, type)
    ATTR_DATA_DESCR,        // data descriptor on the class: tp_descr_get/_set(descr, op, …)
    ATTR_PROPERTY,          // data descriptor that is exactly a property: descr is the property
    ATTR_CLASS_VALUE,       // op is a class: result `descr` while op's own version is `class_version`
    ATTR_CLASS_METHOD,      // op is a class: `descr` is the function of a classmethod; op goes first
} AttributeKind;

typedef struct AttributeLookup {
    AttributeKind kind;
    uint32_t type_version;      // type_of(op)->tp_version_tag must equal this; never 0
    uint32_t class_version;     // ATTR_CLASS_*: ((PyTypeObject *)op)->tp_version_tag
    Shape *shape;               // required attributes_shape(op); NULL: the class has no managed dict
    Shape *next;                // ATTR_SLOT_ADD
    uint32_t offset;            // ATTR_SLOT, ATTR_SLOT_ADD, ATTR_MEMBER: bytes from op
    uint32_t index;             // ATTR_OVERFLOW, ATTR_DICT, ATTR_MODULE
    uint64_t keys_version;      // ATTR_DICT, ATTR_MODULE
    PyObject *descr;            // ATTR_TYPE_*, ATTR_*DESCR, ATTR_PROPERTY, ATTR_CLASS_*: new reference
} AttributeLookup;

// How to load (store) op.name quickly next time; never raises, runs no Python code. Also classes
// with tp_dictoffset fields give ATTR_GENERIC where an instance attribute could hide the result.
// For ATTR_TYPE_METHOD, _VALUE and _DESCR under a shape: the shape has no such name (never
// shape_dict_mode). The caller releases descr.
void attributes_lookup_for_load(PyObject *op, PyObject *name, AttributeLookup *result);
void attributes_lookup_for_store(PyObject *op, PyObject *name, AttributeLookup *result);

// The value in an inline slot of op, whose shape was just seen to be `shape`: an own value (numbers
// as they are), or VALUE_UNSET when something changed meanwhile (take the generic path).
Value attributes_load_slot_shared(PyObject *op, Shape *shape, Value *slot);

static inline Value
attributes_load_slot(PyObject *op, Shape *shape, uint32_t offset)
{
    Value *slot = attributes_slot_at(op, offset);
    Value v = atomic_load_acquire_uptr(slot);
    if (!value_is_pointer(v) || value_is_borrowed(v)) {
        return v;
    }
    return attributes_load_slot_shared(op, shape, slot);
}

// The same for ATTR_OVERFLOW.
Value attributes_load_overflow(PyObject *op, Shape *shape, uint32_t index);

// Replaces the value of an inline (overflow) slot, consuming value (which must own or be a number;
// borrowed values are made to own). False, with value still the caller's, when the shape is
// not `shape` any more.
bool attributes_store_slot_steal(PyObject *op, Shape *shape, uint32_t offset, Value value);
bool attributes_store_overflow_steal(PyObject *op, Shape *shape, uint32_t index, Value value);

// Moves op from shape to next, its new slot (inline, at offset) holding value, consumed.
// False, with value still the caller's, when the shape is not `shape` any more.
bool attributes_add_slot_steal(PyObject *op, Shape *shape, Shape *next, uint32_t offset,
                               Value value);

// The dict of an object in dict mode: borrowed (kept by op as long as nobody assigns __dict__),
// NULL otherwise.
PyObject *attributes_dict_borrow(PyObject *op);

// ---- Instance dictionaries ----

// Instance attribute of op (managed, or at tp_dictoffset): 1 and *result owned, 0, or -1.
int attributes_get_instance(PyObject *op, PyObject *name, PyObject **result);
int attributes_get_instance_value(PyObject *op, PyObject *name, Value *result);

// op.__dict__ of the instance: new reference, made when missing. AttributeError when op has none.
PyObject *object_get_dict(PyObject *op);
// Assigns it; NULL deletes. TypeError "__dict__ must be set to a dictionary, not a 'X'".
int object_set_dict(PyObject *op, PyObject *dict);
// Getter and setter for tp_getset rows ("__dict__") of types with tp_dictoffset.
PyObject *object_generic_get_dict(PyObject *op, void *context);
int object_generic_set_dict(PyObject *op, PyObject *dict, void *context);

// The dict of op in its managed word or its field: new reference. NULL when there is none (no
// exception) or out of memory; create makes one. *has_dict: whether the type can have one at all.
PyObject *attributes_instance_dict(PyObject *op, bool create, bool *has_dict);

// Sets op's own attribute; the class has a managed dict. Consumes value also on failure. 0 or -1.
int attributes_set_managed_steal(PyObject *op, PyObject *name, Value value);

// Deletes op's own attribute: 1, 0 when missing, -1.
int attributes_del_instance(PyObject *op, PyObject *name);

// Address of the dict field of op when its class has tp_dictoffset (not a managed dict), or NULL.
PyObject **object_dict_pointer(PyObject *op);

// Whether op has any instance attribute; never makes the dict.
bool attributes_is_empty(PyObject *op);

// An exact copy of the instance attributes as a new dict, without materialising; NULL without an
// exception when op can have none.
PyObject *attributes_copy_dict(PyObject *op);

// ---- Life of objects with a pre-header ----

// Sets the pre-header and the inline slots of a new object (memory as the allocator gave it).
void attributes_init(PyObject *op, PyTypeObject *type, Shape *root);
int attributes_visit(PyObject *op, visitproc visit, void *arg);
void attributes_clear(PyObject *op);         // drops all values and the dict
void attributes_free(PyObject *op);          // the same, and frees the extra record: at dealloc

// The extra record, made when missing; NULL with MemoryError.
ObjectExtra *attributes_ensure_extra(PyObject *op);

// Moves all attributes of op to a dict (dict mode). 0 or -1 with MemoryError.
int attributes_materialize(PyObject *op);

// ---- Generic access (tp_getattro and tp_setattro of most types) ----

PyObject *object_generic_getattr(PyObject *op, PyObject *name);
int object_generic_setattr(PyObject *op, PyObject *name, PyObject *value);

// 1 and *result owned, 0 when missing (no AttributeError is built), -1 with another exception.
int object_generic_getattr_optional(PyObject *op, PyObject *name, PyObject **result);

// With an explicit instance dict (borrowed, NULL: the object's own). suppress: a missing
// attribute gives NULL without an exception.
PyObject *object_generic_getattr_with_dict(PyObject *op, PyObject *name, PyObject *dict,
                                           bool suppress);
int object_generic_setattr_with_dict(PyObject *op, PyObject *name, PyObject *value,
                                     PyObject *dict);

// The same with tagged values, for the vm: VALUE_UNSET with an exception; the store consumes
// value, also on failure.
Value object_getattr_value(PyObject *op, PyObject *name);
int object_setattr_value_steal(PyObject *op, PyObject *name, Value value);

#endif
