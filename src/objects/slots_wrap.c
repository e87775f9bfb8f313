// Special methods of C types: each function here unpacks Python arguments and calls one slot.
//
// `wrapped` is the slot function that the wrapper descriptor was made for, not the one in the type
// of self now.
//
// Threading: no state.
#include "objects/slots_wrap.h"

#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/memoryview.h"
#include "objects/number.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type_internal.h"

#define WRAPPER(name) PyObject *wrap_##name(PyObject *self, PyObject *args, void *wrapped)

static bool
check_count(PyObject *args, Py_ssize_t n)
{
    if (tuple_size(args) == n) {
        return true;
    }
    error_format(PyExc_TypeError, "expected %zd argument%s, got %zd", n, n == 1 ? "" : "s",
                 tuple_size(args));
    return false;
}

static PyObject *
none_unless(int failed)
{
    return failed < 0 ? NULL : new_ref(Py_None);
}

WRAPPER(length)
{
    if (!check_count(args, 0)) {
        return NULL;
    }
    Py_ssize_t length = ((lenfunc)wrapped)(self);
    return length == -1 && error_occurred() ? NULL : int_from_ssize(length);
}

WRAPPER(bool)
{
    if (!check_count(args, 0)) {
        return NULL;
    }
    int truth = ((inquiry)wrapped)(self);
    return truth == -1 && error_occurred() ? NULL : bool_from_long(truth);
}

WRAPPER(unary)
{
    return check_count(args, 0) ? ((unaryfunc)wrapped)(self) : NULL;
}

WRAPPER(binary)
{
    return check_count(args, 1) ? ((binaryfunc)wrapped)(self, tuple_item(args, 0)) : NULL;
}

WRAPPER(binary_right)
{
    return check_count(args, 1) ? ((binaryfunc)wrapped)(tuple_item(args, 0), self) : NULL;
}

// The one or two arguments of __pow__; the second defaults to None.
static bool
power_arguments(PyObject *args, PyObject **other, PyObject **modulus)
{
    Py_ssize_t n = tuple_size(args);
    if (n < 1 || n > 2) {
        error_format(PyExc_TypeError, "expected 1 or 2 arguments, got %zd", n);
        return false;
    }
    *other = tuple_item(args, 0);
    *modulus = n == 2 ? tuple_item(args, 1) : Py_None;
    return true;
}

WRAPPER(ternary)
{
    PyObject *other, *modulus;
    return power_arguments(args, &other, &modulus)
               ? ((ternaryfunc)wrapped)(self, other, modulus) : NULL;
}

WRAPPER(ternary_right)
{
    PyObject *other, *modulus;
    return power_arguments(args, &other, &modulus)
               ? ((ternaryfunc)wrapped)(other, self, modulus) : NULL;
}

WRAPPER(repeat)
{
    if (!check_count(args, 1)) {
        return NULL;
    }
    Py_ssize_t count = number_as_ssize(tuple_item(args, 0), PyExc_OverflowError);
    if (count == -1 && error_occurred()) {
        return NULL;
    }
    return ((ssizeargfunc)wrapped)(self, count);
}

// A sequence index as the slots want it: not negative when the type knows its length. -1 with an
// exception may also be a valid result.
static Py_ssize_t
index_argument(PyObject *self, PyObject *arg)
{
    Py_ssize_t i = number_as_ssize(arg, PyExc_OverflowError);
    if (i == -1 && error_occurred()) {
        return -1;
    }
    PySequenceMethods *sq = type_of(self)->tp_as_sequence;
    if (i < 0 && sq != NULL && sq->sq_length != NULL) {
        Py_ssize_t n = sq->sq_length(self);
        if (n < 0) {
            return -1;
        }
        i += n;
    }
    return i;
}

WRAPPER(item)
{
    if (!check_count(args, 1)) {
        return NULL;
    }
    Py_ssize_t i = index_argument(self, tuple_item(args, 0));
    return i == -1 && error_occurred() ? NULL : ((ssizeargfunc)wrapped)(self, i);
}

WRAPPER(set_item)
{
    if (!check_count(args, 2)) {
        return NULL;
    }
    Py_ssize_t i = index_argument(self, tuple_item(args, 0));
    if (i == -1 && error_occurred()) {
        return NULL;
    }
    return none_unless(((ssizeobjargproc)wrapped)(self, i, tuple_item(args, 1)));
}

WRAPPER(del_item)
{
    if (!check_count(args, 1)) {
        return NULL;
    }
    Py_ssize_t i = index_argument(self, tuple_item(args, 0));
    if (i == -1 && error_occurred()) {
        return NULL;
    }
    return none_unless(((ssizeobjargproc)wrapped)(self, i, NULL));
}

WRAPPER(contains)
{
    if (!check_count(args, 1)) {
        return NULL;
    }
    int found = ((objobjproc)wrapped)(self, tuple_item(args, 0));
    return found == -1 && error_occurred() ? NULL : bool_from_long(found);
}

WRAPPER(set_subscript)
{
    if (!check_count(args, 2)) {
        return NULL;
    }
    return none_unless(((objobjargproc)wrapped)(self, tuple_item(args, 0), tuple_item(args, 1)));
}

WRAPPER(del_subscript)
{
    if (!check_count(args, 1)) {
        return NULL;
    }
    return none_unless(((objobjargproc)wrapped)(self, tuple_item(args, 0), NULL));
}

// object.__setattr__(int, …) must not go round the checks of a more derived C type: the most
// derived base with a slot of its own has to be the one that is called.
static bool
setattr_allowed(PyObject *self, void *wrapped, const char *what)
{
    PyTypeObject *type = type_of(self);
    PyObject *mro = type->tp_mro;
    if (mro == NULL) {
        return true;
    }
    // The last class in the MRO that uses the type's C function is where the method comes from.
    PyTypeObject *defining = type;
    for (Py_ssize_t i = tuple_size(mro) - 1; i >= 0; i--) {
        PyTypeObject *base = (PyTypeObject *)tuple_item(mro, i);
        if (base->tp_setattro == (setattrofunc)wrapped) {
            defining = base;
            break;
        }
    }
    for (PyTypeObject *base = type; base != NULL && base != defining; base = base->tp_base) {
        if (type_has_feature(base, Py_TPFLAGS_HEAPTYPE)) {
            continue;
        }
        if (base->tp_setattro == (setattrofunc)wrapped) {
            break;
        }
        error_format(PyExc_TypeError, "can't apply this %s to %s object", what, type->tp_name);
        return false;
    }
    return true;
}

WRAPPER(setattr)
{
    if (!check_count(args, 2) || !setattr_allowed(self, wrapped, "__setattr__")) {
        return NULL;
    }
    return none_unless(((setattrofunc)wrapped)(self, tuple_item(args, 0), tuple_item(args, 1)));
}

WRAPPER(delattr)
{
    if (!check_count(args, 1) || !setattr_allowed(self, wrapped, "__delattr__")) {
        return NULL;
    }
    return none_unless(((setattrofunc)wrapped)(self, tuple_item(args, 0), NULL));
}

WRAPPER(hash)
{
    if (!check_count(args, 0)) {
        return NULL;
    }
    Py_hash_t hash = ((hashfunc)wrapped)(self);
    return hash == -1 && error_occurred() ? NULL : int_from_ssize(hash);
}

static PyObject *
compare(PyObject *self, PyObject *args, void *wrapped, int op)
{
    return check_count(args, 1) ? ((richcmpfunc)wrapped)(self, tuple_item(args, 0), op) : NULL;
}

WRAPPER(lt) { return compare(self, args, wrapped, Py_LT); }
WRAPPER(le) { return compare(self, args, wrapped, Py_LE); }
WRAPPER(eq) { return compare(self, args, wrapped, Py_EQ); }
WRAPPER(ne) { return compare(self, args, wrapped, Py_NE); }
WRAPPER(gt) { return compare(self, args, wrapped, Py_GT); }
WRAPPER(ge) { return compare(self, args, wrapped, Py_GE); }

WRAPPER(next)
{
    if (!check_count(args, 0)) {
        return NULL;
    }
    PyObject *item = ((iternextfunc)wrapped)(self);
    if (item == NULL && !error_occurred()) {
        error_set_none(PyExc_StopIteration);
    }
    return item;
}

WRAPPER(descr_get)
{
    Py_ssize_t n = tuple_size(args);
    if (n < 1 || n > 2) {
        return error_format(PyExc_TypeError, "expected %s, got %zd",
                            n < 1 ? "at least 1 argument" : "at most 2 arguments", n);
    }
    PyObject *obj = tuple_item(args, 0) == Py_None ? NULL : tuple_item(args, 0);
    PyObject *type = n < 2 || tuple_item(args, 1) == Py_None ? NULL : tuple_item(args, 1);
    if (obj == NULL && type == NULL) {
        return error_set(PyExc_TypeError, "__get__(None, None) is invalid");
    }
    return ((descrgetfunc)wrapped)(self, obj, type);
}

WRAPPER(descr_set)
{
    if (!check_count(args, 2)) {
        return NULL;
    }
    return none_unless(((descrsetfunc)wrapped)(self, tuple_item(args, 0), tuple_item(args, 1)));
}

WRAPPER(descr_delete)
{
    if (!check_count(args, 1)) {
        return NULL;
    }
    return none_unless(((descrsetfunc)wrapped)(self, tuple_item(args, 0), NULL));
}

WRAPPER(del)
{
    if (!check_count(args, 0)) {
        return NULL;
    }
    ((destructor)wrapped)(self);
    return new_ref(Py_None);
}

WRAPPER(buffer)
{
    if (!check_count(args, 1)) {
        return NULL;
    }
    Py_ssize_t flags = number_as_ssize(tuple_item(args, 0), PyExc_OverflowError);
    if (flags == -1 && error_occurred()) {
        return NULL;
    }
    if (flags > INT32_MAX || flags < INT32_MIN) {
        return error_set(PyExc_OverflowError, "buffer flags out of range");
    }
    return memoryview_from_buffer_function(self, (int)flags, (getbufferproc)wrapped);
}

// __release_buffer__(view): gives back what __buffer__ gave.
WRAPPER(release_buffer)
{
    (void)wrapped;
    if (!check_count(args, 1)) {
        return NULL;
    }
    PyObject *view = tuple_item(args, 0);
    if (!memoryview_check(view)) {
        return error_set(PyExc_TypeError, "expected a memoryview object");
    }
    PyObject *exporter = memoryview_buffer(view)->obj;
    if (exporter == NULL) {
        return new_ref(Py_None);    // released already
    }
    if (exporter != self) {
        return error_set(PyExc_ValueError, "memoryview's buffer is not this object");
    }
    return none_unless(memoryview_release(view));
}

PyObject *
wrap_call(PyObject *self, PyObject *args, void *wrapped, PyObject *kwargs)
{
    return ((ternaryfunc)wrapped)(self, args, kwargs);
}

PyObject *
wrap_init(PyObject *self, PyObject *args, void *wrapped, PyObject *kwargs)
{
    return none_unless(((initproc)wrapped)(self, args, kwargs));
}
