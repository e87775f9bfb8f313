// Types: creation, readiness, method resolution order, lookup, slots.
//
// A PyTypeObject is exactly the one of include/abi/object.h; there is no second object model.
// type_ready turns a static struct into a usable type; classes made by Python code are
// PyHeapTypeObjects made by type.__new__ (type_new.c). Slots are filled from special methods
// (slots.c) and special methods from slots (wrappers in slots_wrap.c).
//
// Invariants
//   - tp_dict of a ready type is a real dict; tp_mro and tp_bases are tuples
//   - tp_version_tag is 0 or a number that no other state of any type ever had. It changes before
//     a changed attribute of the type or of a base can be seen through caches. Versions are never
//     used twice; when all are used up, caches stay cold
//   - tp_cache is the type's lookup cache (struct TypeCache, private to type_lookup.c) or NULL
//
// Threading: type attributes change under the interpreter's types_mutex; lookups are lock-free.
// Slots are stored with relaxed atomics and read plainly: a reader sees the old or the new function.
#ifndef TYPHON_OBJECTS_TYPE_H
#define TYPHON_OBJECTS_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/constants.h"
#include "abi/object.h"
#include "base/atomic.h"
#include "objects/object.h"

struct Interpreter;

extern PyTypeObject PyType_Type;
extern PyTypeObject PyBaseObject_Type;

// Header of a static type object: immortal, of no thread.
#define STATIC_TYPE_HEAD {{.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyType_Type}, 0}

static inline bool
type_check(PyObject *op)
{
    return type_has_feature(type_of(op), Py_TPFLAGS_TYPE_SUBCLASS);
}

static inline bool type_check_exact(PyObject *op) { return type_of(op) == &PyType_Type; }

// ---- Readiness ----

// Completes a static type (also of extension modules; repeated calls do nothing) or a heap type:
// base, dict, MRO, inherited slots, descriptors of its methods, members and getsets. 0 or -1.
int type_ready(PyTypeObject *type);

// type_ready for all types of objects/types.def in dependency order; start-up. 0 or -1.
int types_init(void);

// Puts the built-in types that are builtins (int, str, …) into the dict of builtins.
int types_add_builtins(PyObject *dict);

// ---- Objects ----

// Memory for an instance, zeroed, with header, pre-header and item count; tracked by the collector
// when the type has HAVE_GC. MemoryError. (tp_alloc of most types.)
PyObject *type_alloc(PyTypeObject *type, Py_ssize_t nitems);

// tp_new that only allocates (PyType_GenericNew).
PyObject *type_generic_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);

// Bytes of an instance with nitems items, rounded up, without pre-header and inline slots.
static inline size_t
type_instance_size(const PyTypeObject *type, Py_ssize_t nitems)
{
    return ((size_t)type->tp_basicsize + (size_t)nitems * (size_t)type->tp_itemsize + 7) &
           ~(size_t)7;
}

// ---- Versions ----

// The type's attributes changed: drops versions and caches of it and its subtypes.
void type_modified(PyTypeObject *type);

static inline uint32_t
type_version(const PyTypeObject *type)
{
    return atomic_load_acquire_u32(&type->tp_version_tag);
}

// A valid version, assigned when there is none; 0 when versions are used up.
uint32_t type_assign_version(PyTypeObject *type);

// ---- Lookup along the MRO; no descriptors, no exceptions, runs no Python code ----

// New reference or NULL. name should be interned (others work, slower).
PyObject *type_lookup(PyTypeObject *type, PyObject *name);

// The same with the version of the type under which the answer (found or not) holds; 0: not
// cacheable.
PyObject *type_lookup_version(PyTypeObject *type, PyObject *name, uint32_t *version);

// Without a reference: valid as long as the type is not changed by anybody. For answers that are
// only compared, and for immortal and deferred objects.
PyObject *type_lookup_borrow(PyTypeObject *type, PyObject *name);

// type.tp_dict[name] only: 1/0/-1.
int type_get_own(PyTypeObject *type, PyObject *name, PyObject **result);

// ---- Relations ----

bool type_is_subtype(PyTypeObject *derived, PyTypeObject *base);

// New references.
PyObject *type_get_dict(PyTypeObject *type);
PyObject *type_get_mro(PyTypeObject *type);
PyObject *type_get_bases(PyTypeObject *type);
PyObject *type_get_name(PyTypeObject *type);            // __name__
PyObject *type_get_qualname(PyTypeObject *type);        // __qualname__
PyObject *type_get_module_name(PyTypeObject *type);     // __module__; NULL with AttributeError
PyObject *type_fully_qualified_name(PyTypeObject *type);
PyObject *type_subclasses(PyTypeObject *type);          // list of live direct subclasses

// Last component of tp_name: what messages show as the name of a type.
const char *type_short_name(const PyTypeObject *type);

// ---- Making classes ----

// The most derived metaclass of metatype and of the types of bases. Borrowed; TypeError "metaclass
// conflict: …".
PyTypeObject *type_calculate_metaclass(PyTypeObject *metatype, PyObject *bases);

// types.resolve_bases: bases with __mro_entries__ expanded; returns bases itself (new reference)
// when nothing changed.
PyObject *type_resolve_bases(PyObject *bases);

// From a PyType_Spec. bases is a type, a tuple or NULL; module may be NULL; metatype NULL is type.
PyObject *type_from_spec(PyType_Spec *spec, PyObject *bases);
PyObject *type_from_module_spec(PyObject *module, PyType_Spec *spec, PyObject *bases);
PyObject *type_from_metaclass(PyTypeObject *metatype, PyObject *module, PyType_Spec *spec,
                              PyObject *bases);
void *type_get_slot(PyTypeObject *type, int slot);      // NULL with SystemError for bad slots

// The module that a heap type was made with: new reference, NULL with TypeError.
PyObject *type_get_module(PyTypeObject *type);
// Its state; NULL with an exception when there is no module.
void *type_get_module_state(PyTypeObject *type);
// The first type in the MRO made by a module of def: its module; new reference, or NULL with TypeError.
PyObject *type_get_module_by_def(PyTypeObject *type, PyModuleDef *def);
// The superclass in the MRO with that token: 1 and *result (may be NULL pointer), 0 or -1.
int type_get_base_by_token(PyTypeObject *type, void *token, PyTypeObject **result);
// Memory of op that belongs to cls (negative or zero basicsize in its spec).
void *object_get_type_data(PyObject *op, PyTypeObject *cls);
Py_ssize_t type_get_data_size(PyTypeObject *cls);

// type.__setattr__ without checks for immutability: sets or (NULL) deletes in tp_dict, updates slots.
int type_set_attribute(PyTypeObject *type, PyObject *name, PyObject *value);
// tp_setattro of type: checks, then the above.
int type_setattro(PyObject *type, PyObject *name, PyObject *value);
PyObject *type_getattro(PyObject *type, PyObject *name);

// Makes a ready static type immutable / freezes a heap type (PyType_Freeze).
int type_freeze(PyTypeObject *type);

// type.__call__ through vectorcall: tp_new and tp_init with the checks of type.__call__.
PyObject *type_call(PyObject *type, PyObject *args, PyObject *kwargs);

// The result of object.__new__/__init__ argument checks of `object`.
PyObject *object_object_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);
int object_object_init(PyObject *self, PyObject *args, PyObject *kwargs);

// Mangled form of a private name in a class ("_C__x"), else name itself. New reference.
PyObject *type_mangle_name(PyObject *class_name, PyObject *name);

// ---- Special methods, for the slot functions and for others ----

// The special method `name` of type_of(op), not bound when *unbound is set to 1 (call with op
// first). New reference, NULL without an exception when missing, NULL with one.
PyObject *type_lookup_special_method(PyObject *op, PyObject *name, int *unbound);

// Whether the slots that decide on calling were not replaced by a Python class: the type uses
// object_generic_getattr, and no __getattribute__ or __getattr__ of Python.
bool type_uses_generic_getattr(const PyTypeObject *type);

// tp_dealloc, tp_traverse, tp_clear of classes made by Python code.
void subtype_dealloc(PyObject *self);
int subtype_traverse(PyObject *self, visitproc visit, void *arg);
int subtype_clear(PyObject *self);

// References of instances to classes made by Python code are counted per thread. The collector,
// world stopped, calls the first before it looks at counts of classes, and the second for a class that it
// is going to clear, whose references are then counted like all others. The third is for a thread
// that wants to know a count, the last for one that ends.
void type_refs_merge_all(struct Interpreter *interp);
void type_refs_retire(PyTypeObject *type);
void type_refs_merge_thread(struct Thread *ts);
void type_refs_close_thread(struct Thread *ts);

// tp_finalize if the type has one and it has not run for op. True: op is still dead.
void object_call_finalizer(PyObject *op);
// For use at the start of tp_dealloc: -1 when the finaliser brought op back to life.
int object_call_finalizer_from_dealloc(PyObject *op);

#endif
