// weakref.ProxyType and weakref.CallableProxyType: weak references that behave like their object.
//
// Every slot takes a reference to the object for the time of the operation, or raises
// ReferenceError. Arguments that are proxies themselves are replaced by their objects.
//
// Threading: as references.
#include "memory/heap.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/iter.h"
#include "objects/number.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "objects/weakref_internal.h"

// The object of a proxy, anything else itself: new reference, or NULL with ReferenceError.
static PyObject *
unwrap(PyObject *op)
{
    if (!weakref_check_proxy(op)) {
        return new_ref(op);
    }
    PyObject *object = weakref_object(op);
    if (object == NULL) {
        error_set(PyExc_ReferenceError, "weakly-referenced object no longer exists");
    }
    return object;
}

// ---- forwarding ----

static PyObject *
forward_unary(PyObject *op, PyObject *(*function)(PyObject *))
{
    PyObject *object = unwrap(op);
    PyObject *result = object == NULL ? NULL : function(object);
    xdecref(object);
    return result;
}

static PyObject *
forward_binary(PyObject *a, PyObject *b, PyObject *(*function)(PyObject *, PyObject *))
{
    PyObject *x = unwrap(a);
    PyObject *y = x == NULL ? NULL : unwrap(b);
    PyObject *result = y == NULL ? NULL : function(x, y);
    xdecref(x);
    xdecref(y);
    return result;
}

static PyObject *
forward_ternary(PyObject *a, PyObject *b, PyObject *c,
                PyObject *(*function)(PyObject *, PyObject *, PyObject *))
{
    PyObject *x = unwrap(a);
    PyObject *y = x == NULL ? NULL : unwrap(b);
    PyObject *z = y == NULL || c == NULL ? NULL : unwrap(c);
    PyObject *result = y == NULL || (z == NULL && c != NULL) ? NULL : function(x, y, z);
    xdecref(x);
    xdecref(y);
    xdecref(z);
    return result;
}

#define UNARY(name, function) \
    static PyObject *proxy_##name(PyObject *op) { return forward_unary(op, function); }
#define BINARY(name, function) \
    static PyObject *proxy_##name(PyObject *a, PyObject *b) { return forward_binary(a, b, function); }
#define TERNARY(name, function)                                             \
    static PyObject *proxy_##name(PyObject *a, PyObject *b, PyObject *c)    \
    {                                                                       \
        return forward_ternary(a, b, c, function);                          \
    }

UNARY(str, object_str)
BINARY(getattr, object_getattr)
UNARY(negative, number_negative)
UNARY(positive, number_positive)
UNARY(absolute, number_absolute)
UNARY(invert, number_invert)
UNARY(int, number_long)
UNARY(float, number_float)
UNARY(index, number_index)
UNARY(iter, object_iter)
BINARY(add, number_add)
BINARY(subtract, number_subtract)
BINARY(multiply, number_multiply)
BINARY(matrix_multiply, number_matrix_multiply)
BINARY(floor_divide, number_floor_divide)
BINARY(true_divide, number_true_divide)
BINARY(remainder, number_remainder)
BINARY(divmod, number_divmod)
TERNARY(power, number_power)
BINARY(lshift, number_lshift)
BINARY(rshift, number_rshift)
BINARY(and, number_and)
BINARY(xor, number_xor)
BINARY(or, number_or)
BINARY(inplace_add, number_inplace_add)
BINARY(inplace_subtract, number_inplace_subtract)
BINARY(inplace_multiply, number_inplace_multiply)
BINARY(inplace_matrix_multiply, number_inplace_matrix_multiply)
BINARY(inplace_floor_divide, number_inplace_floor_divide)
BINARY(inplace_true_divide, number_inplace_true_divide)
BINARY(inplace_remainder, number_inplace_remainder)
TERNARY(inplace_power, number_inplace_power)
BINARY(inplace_lshift, number_inplace_lshift)
BINARY(inplace_rshift, number_inplace_rshift)
BINARY(inplace_and, number_inplace_and)
BINARY(inplace_xor, number_inplace_xor)
BINARY(inplace_or, number_inplace_or)
BINARY(getitem, object_getitem)

static PyObject *
proxy_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *object = unwrap(op);
    PyObject *result = object == NULL ? NULL : object_call(object, args, kwargs);
    xdecref(object);
    return result;
}

static PyObject *
proxy_repr(PyObject *op)
{
    PyObject *object = weakref_object(op);
    if (object == NULL) {
        return str_format("<weakproxy at %p; dead>", (void *)op);
    }
    PyObject *result = str_format("<weakproxy at %p; to '%T' at %p>", (void *)op, object,
                                  (void *)object);
    decref(object);
    return result;
}

static int
proxy_setattr(PyObject *op, PyObject *name, PyObject *value)
{
    PyObject *object = unwrap(op);
    int result = object == NULL ? -1 : object_setattr(object, name, value);
    xdecref(object);
    return result;
}

static PyObject *
proxy_richcompare(PyObject *a, PyObject *b, int op)
{
    PyObject *x = unwrap(a);
    PyObject *y = x == NULL ? NULL : unwrap(b);
    PyObject *result = y == NULL ? NULL : object_richcompare(x, y, op);
    xdecref(x);
    xdecref(y);
    return result;
}

static int
proxy_bool(PyObject *op)
{
    PyObject *object = unwrap(op);
    int result = object == NULL ? -1 : object_is_true(object);
    xdecref(object);
    return result;
}

static PyObject *
proxy_next(PyObject *op)
{
    PyObject *object = unwrap(op);
    PyObject *result = NULL;
    if (object != NULL && !iter_check(object)) {
        error_format(PyExc_TypeError, "Weakref proxy referenced a non-iterator '%.200s' object",
                     type_of(object)->tp_name);
    }
    else if (object != NULL) {
        result = iter_next(object);
    }
    xdecref(object);
    return result;
}

static int
proxy_contains(PyObject *op, PyObject *value)
{
    PyObject *object = unwrap(op);
    int result = object == NULL ? -1 : sequence_contains(object, value);
    xdecref(object);
    return result;
}

static Py_ssize_t
proxy_length(PyObject *op)
{
    PyObject *object = unwrap(op);
    Py_ssize_t result = object == NULL ? -1 : object_length(object);
    xdecref(object);
    return result;
}

static int
proxy_setitem(PyObject *op, PyObject *key, PyObject *value)
{
    PyObject *object = unwrap(op);
    int result = object == NULL ? -1 : value == NULL ? object_delitem(object, key)
                                                     : object_setitem(object, key, value);
    xdecref(object);
    return result;
}

static PyObject *
proxy_bytes(PyObject *op, PyObject *unused)
{
    (void)unused;
    return forward_unary(op, object_bytes);
}

static PyObject *
call_reversed(PyObject *op)
{
    return object_call_method_noargs(op, ID(__reversed__));
}

static PyObject *
proxy_reversed(PyObject *op, PyObject *unused)
{
    (void)unused;
    return forward_unary(op, call_reversed);
}

// ---- tables ----

static PyMethodDef proxy_methods[] = {
    {"__bytes__", proxy_bytes, METH_NOARGS, NULL},
    {"__reversed__", proxy_reversed, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyNumberMethods proxy_as_number = {
    .nb_add = proxy_add,
    .nb_subtract = proxy_subtract,
    .nb_multiply = proxy_multiply,
    .nb_remainder = proxy_remainder,
    .nb_divmod = proxy_divmod,
    .nb_power = proxy_power,
    .nb_negative = proxy_negative,
    .nb_positive = proxy_positive,
    .nb_absolute = proxy_absolute,
    .nb_bool = proxy_bool,
    .nb_invert = proxy_invert,
    .nb_lshift = proxy_lshift,
    .nb_rshift = proxy_rshift,
    .nb_and = proxy_and,
    .nb_xor = proxy_xor,
    .nb_or = proxy_or,
    .nb_int = proxy_int,
    .nb_float = proxy_float,
    .nb_inplace_add = proxy_inplace_add,
    .nb_inplace_subtract = proxy_inplace_subtract,
    .nb_inplace_multiply = proxy_inplace_multiply,
    .nb_inplace_remainder = proxy_inplace_remainder,
    .nb_inplace_power = proxy_inplace_power,
    .nb_inplace_lshift = proxy_inplace_lshift,
    .nb_inplace_rshift = proxy_inplace_rshift,
    .nb_inplace_and = proxy_inplace_and,
    .nb_inplace_xor = proxy_inplace_xor,
    .nb_inplace_or = proxy_inplace_or,
    .nb_floor_divide = proxy_floor_divide,
    .nb_true_divide = proxy_true_divide,
    .nb_inplace_floor_divide = proxy_inplace_floor_divide,
    .nb_inplace_true_divide = proxy_inplace_true_divide,
    .nb_index = proxy_index,
    .nb_matrix_multiply = proxy_matrix_multiply,
    .nb_inplace_matrix_multiply = proxy_inplace_matrix_multiply,
};

static PySequenceMethods proxy_as_sequence = {
    .sq_length = proxy_length,
    .sq_contains = proxy_contains,
};

static PyMappingMethods proxy_as_mapping = {
    .mp_length = proxy_length,
    .mp_subscript = proxy_getitem,
    .mp_ass_subscript = proxy_setitem,
};

#define PROXY_TYPE_COMMON                                                                       \
    .ob_base = STATIC_TYPE_HEAD, .tp_basicsize = sizeof(PyWeakReference),                       \
    .tp_dealloc = weakref_dealloc, .tp_repr = proxy_repr, .tp_as_number = &proxy_as_number,     \
    .tp_as_sequence = &proxy_as_sequence, .tp_as_mapping = &proxy_as_mapping,                   \
    .tp_hash = object_hash_not_implemented, .tp_str = proxy_str, .tp_getattro = proxy_getattr,  \
    .tp_setattro = proxy_setattr, .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,          \
    .tp_traverse = weakref_traverse, .tp_clear = weakref_clear,                                 \
    .tp_richcompare = proxy_richcompare, .tp_iter = proxy_iter, .tp_iternext = proxy_next,      \
    .tp_methods = proxy_methods, .tp_alloc = type_alloc, .tp_free = heap_free

PyTypeObject _PyWeakref_ProxyType = {
    PROXY_TYPE_COMMON,
    .tp_name = "weakref.ProxyType",
};

PyTypeObject _PyWeakref_CallableProxyType = {
    PROXY_TYPE_COMMON,
    .tp_name = "weakref.CallableProxyType",
    .tp_call = proxy_call,
};
