// Weak references: ref, proxy and callable proxy.
//
// All references to an object form a doubly linked list at its weak list word (tp_weaklistoffset,
// or the extra record of classes with MANAGED_WEAKREF). The basic reference (exact ref without
// callback) and the basic proxy come first and are shared.
//
// Threading: lists and wr_object change under the lock that wr->weakrefs_lock points to: one of the
// interpreter's striped weakref locks, chosen by the object's address. An object with weak
// references has refcount_enable_try.
#ifndef TYPHON_OBJECTS_WEAKREF_H
#define TYPHON_OBJECTS_WEAKREF_H

#include <stdbool.h>

#include "abi/functions.h"
#include "abi/object.h"
#include "objects/object.h"

extern PyTypeObject _PyWeakref_RefType;
extern PyTypeObject _PyWeakref_ProxyType;
extern PyTypeObject _PyWeakref_CallableProxyType;

static inline bool weakref_check_ref(PyObject *op) { return object_type_check(op, &_PyWeakref_RefType); }
static inline bool
weakref_check_proxy(PyObject *op)
{
    return type_of(op) == &_PyWeakref_ProxyType || type_of(op) == &_PyWeakref_CallableProxyType;
}
static inline bool weakref_check(PyObject *op) { return weakref_check_ref(op) || weakref_check_proxy(op); }

// callback may be NULL. TypeError "cannot create weak reference to 'X' object".
PyObject *weakref_new(PyObject *op, PyObject *callback);
PyObject *weakref_new_proxy(PyObject *op, PyObject *callback);

// 1 and *object owned, 0 and NULL when it is dead, -1 with TypeError when ref is no weak reference.
int weakref_get(PyObject *ref, PyObject **object);
// The object, owned, or NULL without an exception; ref must be a weak reference.
PyObject *weakref_object(PyObject *ref);

// Whether type's instances can have weak references; the word with the list (NULL: none).
static inline bool
type_supports_weakrefs(const PyTypeObject *type)
{
    return type->tp_weaklistoffset != 0;
}

// Called by deallocators: clears all references to op and runs callbacks. Keeps the exception.
void weakref_clear_all(PyObject *op);
// Clears references without calling back (subtype_dealloc after __del__; no callbacks left).
void weakref_clear_no_callbacks(PyObject *op);

// The collector, world stopped: takes the callbacks of references to the unreachable op out. For
// each reference with a callback that is not itself unreachable (is_unreachable), appends a new
// reference to it to pending (a list); all references to op are cleared. 0 or -1.
int weakref_clear_for_gc(PyObject *op, bool (*is_unreachable)(PyObject *), PyObject *pending);
// A reference (or proxy) that is garbage itself: it forgets its object, so that its callback will
// not run. World stopped.
void weakref_detach(PyObject *ref);
// Runs the callback of a cleared reference that weakref_clear_for_gc put aside.
void weakref_run_callback(PyObject *ref);

// The first reference of the list, owned, or NULL: what __weakref__ shows.
PyObject *weakref_first(PyObject *op);

Py_ssize_t weakref_count(PyObject *op);
PyObject *weakref_list(PyObject *op);       // list of the references and proxies

#endif
