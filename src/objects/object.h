// Generic operations on objects: what works on anything through its type's slots.
//
// The protocols for numbers, sequences, mappings, buffers, iteration and calls have headers of
// their own. Functions here never look at concrete layouts, apart from fast paths for exact
// built-in types.
//
// Threading: every function may run Python code and may therefore suspend critical sections of
// the caller, except where "runs no Python code" is stated.
#ifndef TYPHON_OBJECTS_OBJECT_H
#define TYPHON_OBJECTS_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "abi/constants.h"
#include "abi/numbers.h"
#include "abi/object.h"
#include "base/atomic.h"
#include "memory/refcount.h"

// ---- Singletons ----

extern PyObject _Py_NoneStruct;
extern PyObject _Py_NotImplementedStruct;
extern PyObject _Py_EllipsisObject;
#define Py_None (&_Py_NoneStruct)

// The two instances of bool (objects/bool.c).
extern PyLongObject _Py_TrueStruct;
extern PyLongObject _Py_FalseStruct;
#define Py_True ((PyObject *)&_Py_TrueStruct)
#define Py_False ((PyObject *)&_Py_FalseStruct)
#define Py_NotImplemented (&_Py_NotImplementedStruct)
#define Py_Ellipsis (&_Py_EllipsisObject)

extern PyTypeObject _PyNone_Type;
extern PyTypeObject _PyNotImplemented_Type;
extern PyTypeObject PyEllipsis_Type;

// ---- Header access; runs no Python code ----

static inline PyTypeObject *
object_type(const PyObject *op)
{
    return atomic_load_relaxed_ptr(&op->ob_type);
}

#define type_of(op) object_type((const PyObject *)(op))
#define size_of(op) (((const PyVarObject *)(op))->ob_size)

static inline bool
type_has_feature(const PyTypeObject *type, unsigned long feature)
{
    return (atomic_load_relaxed_uptr(&type->tp_flags) & feature) != 0;
}

// Whether type_of(op) is type or one of its subtypes (PyObject_TypeCheck).
bool object_type_check_slow(PyObject *op, PyTypeObject *type);

static inline bool
object_type_check(PyObject *op, PyTypeObject *type)
{
    return type_of(op) == type || object_type_check_slow(op, type);
}

// Whether op is an instance of type exactly.
static inline bool
object_type_is(PyObject *op, const PyTypeObject *type)
{
    return type_of(op) == type;
}

// ---- Text and hash ----

// New str objects; NULL with an exception. object_repr accepts NULL and gives "<NULL>".
PyObject *object_repr(PyObject *op);
PyObject *object_str(PyObject *op);
PyObject *object_ascii(PyObject *op);

// New bytes: __bytes__, buffer protocol, or iteration; a str is a TypeError.
PyObject *object_bytes(PyObject *op);

// format(op, spec); spec may be NULL.
PyObject *object_format(PyObject *op, PyObject *spec);

// The name of the type of op as tracebacks and messages show it ("module.qualname", without
// "builtins."); type may be any object's type. New str.
PyObject *object_type_name(PyObject *op);

// -1 with TypeError "unhashable type: 'X'" when there is no hash.
Py_hash_t object_hash(PyObject *op);
Py_hash_t object_hash_not_implemented(PyObject *op);

// Hash by address: the default of object.
Py_hash_t object_generic_hash(PyObject *op);
Py_hash_t pointer_hash(const void *p);

// ---- Comparison and truth ----

// op is one of Py_LT…Py_GE. The bool form answers 1 at once for EQ of identical objects (and 0
// for NE); -1 with an exception.
PyObject *object_richcompare(PyObject *v, PyObject *w, int op);
int object_richcompare_bool(PyObject *v, PyObject *w, int op);

// The reflected operator: Py_GT for Py_LT and so on.
extern const int richcompare_swapped[6];

// 1, 0 or -1.
int object_is_true(PyObject *op);
int object_not(PyObject *op);

// ---- Attributes ----

PyObject *object_getattr(PyObject *op, PyObject *name);
PyObject *object_getattr_cstr(PyObject *op, const char *name);

// 1 and *result set; 0 and *result NULL when the attribute is missing (AttributeError is
// swallowed, and never built where that can be avoided); -1 with any other exception.
int object_getattr_optional(PyObject *op, PyObject *name, PyObject **result);
int object_getattr_optional_cstr(PyObject *op, const char *name, PyObject **result);

// value NULL deletes.
// tp_getattro and tp_setattro of most types (objects/attributes_generic.c).
PyObject *object_generic_getattr(PyObject *op, PyObject *name);
int object_generic_setattr(PyObject *op, PyObject *name, PyObject *value);
int object_setattr(PyObject *op, PyObject *name, PyObject *value);
int object_setattr_cstr(PyObject *op, const char *name, PyObject *value);
int object_delattr(PyObject *op, PyObject *name);
int object_delattr_cstr(PyObject *op, const char *name);

// 1, 0 or -1 (other exceptions than AttributeError).
int object_hasattr(PyObject *op, PyObject *name);
int object_hasattr_cstr(PyObject *op, const char *name);

// The method `name` looked up on the type of op, for a call without a bound method: 1 and
// *method is a function that wants op as its first argument; 0 and *method is an attribute to be
// called without op; -1 with an exception. *method is owned.
int object_get_method(PyObject *op, PyObject *name, PyObject **method);

// A special method looked up on the type and bound to op (descriptors applied); NULL without an
// exception when there is none, NULL with one on errors.
PyObject *object_lookup_special(PyObject *op, PyObject *name);

// ---- Items ----

PyObject *object_getitem(PyObject *op, PyObject *key);
int object_setitem(PyObject *op, PyObject *key, PyObject *value);
int object_delitem(PyObject *op, PyObject *key);
int object_delitem_cstr(PyObject *op, const char *key);

// len(op): -1 with TypeError "object of type 'X' has no len()".
Py_ssize_t object_length(PyObject *op);

// operator.length_hint: fallback when op has neither length nor hint; -1 on error.
Py_ssize_t object_length_hint(PyObject *op, Py_ssize_t fallback);

// os.fspath(op): str and bytes as they are, else what __fspath__ gives. TypeError for others.
PyObject *object_fspath(PyObject *op);

// ---- Kinds ----

int object_isinstance(PyObject *op, PyObject *cls);
int object_issubclass(PyObject *derived, PyObject *cls);
// Without __instancecheck__/__subclasscheck__: what type.__instancecheck__ itself does.
int object_isinstance_recursive(PyObject *op, PyObject *cls);
int object_issubclass_recursive(PyObject *derived, PyObject *cls);
bool object_callable(PyObject *op);

// ---- Iteration, listing, identity ----

PyObject *object_iter(PyObject *op);
PyObject *object_aiter(PyObject *op);
PyObject *object_self_iter(PyObject *op);       // tp_iter of iterators
bool object_is_iterable(PyObject *op);          // has tp_iter or is a sequence

// dir(op); op NULL lists the names of the current scope through the frame hook.
PyObject *object_dir(PyObject *op);

// id(op): ints and floats that fit a Value by value, others by address.
PyObject *object_id(PyObject *op);

// Marks the start and end of repr of a container that may contain itself:
// 1 when op is being represented already in this thread, 0 when entered, -1 with an exception.
int object_repr_enter(PyObject *op);
void object_repr_leave(PyObject *op);

// Reads of type attributes with a fallback for arbitrary objects: `__abstractmethods__` etc.
PyObject *object_get_bases(PyObject *cls);      // __bases__ tuple, or NULL (maybe without exception)

#endif
