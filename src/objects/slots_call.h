// Slot functions of classes that define special methods in Python. For slots.c only.
#ifndef TYPHON_OBJECTS_SLOTS_CALL_H
#define TYPHON_OBJECTS_SLOTS_CALL_H

#include "abi/object.h"
#include "objects/identifiers.h"

// X(name, special method): tp/am/nb slots that take only self.
#define SLOT_UNARY(X)               \
    X(tp_str, ID(__str__))                                            \
    X(tp_iternext, ID(__next__))                                      \
    X(nb_negative, ID(__neg__))                                       \
    X(nb_positive, ID(__pos__))                                       \
    X(nb_absolute, ID(__abs__))                                       \
    X(nb_invert, ID(__invert__))                                      \
    X(nb_int, ID(__int__))                                            \
    X(nb_float, ID(__float__))                                        \
    X(nb_index, ID(__index__))

// X(slot, method, reflected method)
#define SLOT_BINARY(X)                                      \
    X(nb_add, ID(__add__), ID(__radd__))                              \
    X(nb_subtract, ID(__sub__), ID(__rsub__))                         \
    X(nb_multiply, ID(__mul__), ID(__rmul__))                         \
    X(nb_remainder, ID(__mod__), ID(__rmod__))                        \
    X(nb_divmod, ID(__divmod__), ID(__rdivmod__))                     \
    X(nb_lshift, ID(__lshift__), ID(__rlshift__))                     \
    X(nb_rshift, ID(__rshift__), ID(__rrshift__))                     \
    X(nb_and, ID(__and__), ID(__rand__))                              \
    X(nb_xor, ID(__xor__), ID(__rxor__))                              \
    X(nb_or, ID(__or__), ID(__ror__))                                 \
    X(nb_floor_divide, ID(__floordiv__), ID(__rfloordiv__))           \
    X(nb_true_divide, ID(__truediv__), ID(__rtruediv__))              \
    X(nb_matrix_multiply, ID(__matmul__), ID(__rmatmul__))

// X(slot, method)
#define SLOT_INPLACE(X)                                     \
    X(nb_inplace_add, ID(__iadd__))                                   \
    X(nb_inplace_subtract, ID(__isub__))                              \
    X(nb_inplace_multiply, ID(__imul__))                              \
    X(nb_inplace_remainder, ID(__imod__))                             \
    X(nb_inplace_lshift, ID(__ilshift__))                             \
    X(nb_inplace_rshift, ID(__irshift__))                             \
    X(nb_inplace_and, ID(__iand__))                                   \
    X(nb_inplace_xor, ID(__ixor__))                                   \
    X(nb_inplace_or, ID(__ior__))                                     \
    X(nb_inplace_floor_divide, ID(__ifloordiv__))                     \
    X(nb_inplace_true_divide, ID(__itruediv__))                       \
    X(nb_inplace_matrix_multiply, ID(__imatmul__))

#define DECLARE_UNARY(slot, method) PyObject *slot_##slot(PyObject *self);
SLOT_UNARY(DECLARE_UNARY)
#undef DECLARE_UNARY
#define DECLARE_BINARY(slot, method, reflected) \
    PyObject *slot_##slot(PyObject *self, PyObject *other);
SLOT_BINARY(DECLARE_BINARY)
#undef DECLARE_BINARY
#define DECLARE_INPLACE(slot, method) PyObject *slot_##slot(PyObject *self, PyObject *other);
SLOT_INPLACE(DECLARE_INPLACE)
#undef DECLARE_INPLACE

PyObject *slot_tp_repr(PyObject *self);
Py_hash_t slot_tp_hash(PyObject *self);
PyObject *slot_tp_getattro(PyObject *self, PyObject *name);
int slot_tp_setattro(PyObject *self, PyObject *name, PyObject *value);
PyObject *slot_tp_richcompare(PyObject *self, PyObject *other, int op);
PyObject *slot_tp_iter(PyObject *self);
PyObject *slot_tp_descr_get(PyObject *self, PyObject *obj, PyObject *type);
int slot_tp_descr_set(PyObject *self, PyObject *target, PyObject *value);
PyObject *slot_am_await(PyObject *self);
PyObject *slot_am_aiter(PyObject *self);
PyObject *slot_am_anext(PyObject *self);
int slot_nb_bool(PyObject *self);
PyObject *slot_nb_power(PyObject *self, PyObject *other, PyObject *modulus);
PyObject *slot_nb_inplace_power(PyObject *self, PyObject *other, PyObject *modulus);
Py_ssize_t slot_sq_length(PyObject *self);
PyObject *slot_sq_item(PyObject *self, Py_ssize_t i);
int slot_sq_ass_item(PyObject *self, Py_ssize_t i, PyObject *value);
int slot_sq_contains(PyObject *self, PyObject *value);
PyObject *slot_mp_subscript(PyObject *self, PyObject *key);
int slot_mp_ass_subscript(PyObject *self, PyObject *key, PyObject *value);
int slot_bf_getbuffer(PyObject *self, Py_buffer *view, int flags);
void slot_bf_releasebuffer(PyObject *self, Py_buffer *view);

#endif
