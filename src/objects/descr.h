// Descriptors of C types, bound wrappers, property, mappingproxy, classmethod, staticmethod, super.
//
// Threading: descriptors are immutable (d_qualname is filled once, atomically); property, classmethod
// and staticmethod objects change only in __init__, under their critical section.
#ifndef TYPHON_OBJECTS_DESCR_H
#define TYPHON_OBJECTS_DESCR_H

#include <stdbool.h>

#include "abi/constants.h"
#include "abi/functions.h"
#include "abi/object.h"
#include "objects/object.h"

extern PyTypeObject PyMethodDescr_Type;         // method_descriptor
extern PyTypeObject PyClassMethodDescr_Type;    // classmethod_descriptor
extern PyTypeObject PyMemberDescr_Type;         // member_descriptor
extern PyTypeObject PyGetSetDescr_Type;         // getset_descriptor
extern PyTypeObject PyWrapperDescr_Type;        // wrapper_descriptor
extern PyTypeObject _PyMethodWrapper_Type;      // method-wrapper
extern PyTypeObject PyDictProxy_Type;           // mappingproxy
extern PyTypeObject PyProperty_Type;
extern PyTypeObject PyClassMethod_Type;
extern PyTypeObject PyStaticMethod_Type;
extern PyTypeObject PySuper_Type;

// struct wrapperbase.flags
#define WRAPPER_KEYWORDS 1      // the wrapper function takes keyword arguments

// New descriptors for a type; the definitions must outlive them.
PyObject *descr_new_method(PyTypeObject *type, PyMethodDef *def);
PyObject *descr_new_classmethod(PyTypeObject *type, PyMethodDef *def);
PyObject *descr_new_member(PyTypeObject *type, PyMemberDef *def);
PyObject *descr_new_getset(PyTypeObject *type, PyGetSetDef *def);
PyObject *descr_new_wrapper(PyTypeObject *type, struct wrapperbase *base, void *wrapped);

static inline PyTypeObject *descr_type(PyObject *d) { return ((PyDescrObject *)d)->d_type; }
static inline PyObject *descr_name(PyObject *d) { return ((PyDescrObject *)d)->d_name; }

// Whether op's type has tp_descr_set.
static inline bool
descr_is_data(PyObject *op)
{
    return type_of(op)->tp_descr_set != NULL;
}

// A method-wrapper: the slot wrapper descr bound to self.
PyObject *wrapper_new(PyObject *descr, PyObject *self);

// Fields described by PyMemberDef (all Py_T_* types), as member descriptors read and write them.
PyObject *member_get(const char *base, const PyMemberDef *def);
int member_set(char *base, const PyMemberDef *def, PyObject *value);

// A PyObject * field of op (__slots__): new reference, NULL without an exception when it is unset.
PyObject *member_load_object(PyObject *op, Py_ssize_t offset);
// Sets the field, taking its own reference; NULL empties. False when it was empty before.
bool member_store_object(PyObject *op, Py_ssize_t offset, PyObject *value);

// mappingproxy of a mapping; TypeError for what is none.
PyObject *mappingproxy_new(PyObject *mapping);

// ---- property ----

typedef struct {
    PyObject ob_base;
    PyObject *prop_get;         // immutable after __init__; owned or NULL
    PyObject *prop_set;
    PyObject *prop_del;
    PyObject *prop_doc;
    PyObject *prop_name;
    int getter_doc;             // the docstring came from the getter
} PropertyObject;

static inline bool property_check_exact(PyObject *op) { return type_of(op) == &PyProperty_Type; }

// ---- classmethod and staticmethod ----

PyObject *classmethod_new(PyObject *callable);
PyObject *staticmethod_new(PyObject *callable);
// Borrowed: the wrapped callable.
PyObject *classmethod_function_borrow(PyObject *op);
PyObject *staticmethod_function_borrow(PyObject *op);

// ---- super ----

// super(type, obj).name for LOAD_SUPER_ATTR: new reference. With `method` not NULL, *method is set
// to 1 when the result is an unbound method that wants obj first.
PyObject *super_lookup(PyTypeObject *type, PyObject *obj, PyObject *name, int *method);

#endif
