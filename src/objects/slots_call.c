// Slot functions of classes written in Python: each looks a special method up on the type of self
// and calls it. object.c, number.c and all other users of slots need not know that a class was
// written in Python.
//
// Threading: no state; special methods are looked up lock-free.
#include "objects/slots_call.h"

#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/descr.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/number.h"
#include "objects/seqiter.h"
#include "objects/sequence.h"
#include "objects/slots.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type_internal.h"

// ---- calling special methods ----

PyObject *
type_lookup_special_method(PyObject *op, PyObject *name, int *unbound)
{
    PyTypeObject *type = type_of(op);
    PyObject *method = type_lookup(type, name);
    *unbound = 0;
    if (method == NULL) {
        return NULL;
    }
    if (type_has_feature(type_of(method), Py_TPFLAGS_METHOD_DESCRIPTOR)) {
        *unbound = 1;
        return method;
    }
    descrgetfunc get = type_of(method)->tp_descr_get;
    if (get == NULL) {
        return method;
    }
    PyObject *bound = get(method, op, (PyObject *)type);
    decref(method);
    return bound;
}

// args[0] is self. NULL without an exception when the method is missing (*found 0).
static PyObject *
call_found(PyObject *name, PyObject *const *args, Py_ssize_t nargs, bool *found)
{
    int unbound;
    PyObject *method = type_lookup_special_method(args[0], name, &unbound);
    *found = method != NULL || error_occurred();
    if (method == NULL) {
        return NULL;
    }
    PyObject *result = unbound
        ? object_vectorcall(method, args, (size_t)nargs, NULL)
        : object_vectorcall(method, args + 1, (size_t)(nargs - 1) | PY_VECTORCALL_ARGUMENTS_OFFSET,
                            NULL);
    decref(method);
    return result;
}

// A missing method is AttributeError(name).
static PyObject *
call_method(PyObject *name, PyObject *const *args, Py_ssize_t nargs)
{
    bool found;
    PyObject *result = call_found(name, args, nargs, &found);
    if (result == NULL && !found) {
        error_set_object(PyExc_AttributeError, name);
    }
    return result;
}

// A missing method is NotImplemented.
static PyObject *
call_optional(PyObject *name, PyObject *const *args, Py_ssize_t nargs)
{
    bool found;
    PyObject *result = call_found(name, args, nargs, &found);
    return result == NULL && !found ? new_ref(Py_NotImplemented) : result;
}

static PyObject *
call_self(PyObject *self, PyObject *name)
{
    PyObject *args[] = {self};
    return call_method(name, args, 1);
}

static PyObject *
call_one(PyObject *self, PyObject *name, PyObject *arg)
{
    PyObject *args[] = {self, arg};
    return call_method(name, args, 2);
}

static int
call_no_result(PyObject *name, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *result = call_method(name, args, nargs);
    if (result == NULL) {
        return -1;
    }
    decref(result);
    return 0;
}

// ---- one operand ----

#define DEFINE_UNARY(slot, method)          \
    PyObject *                              \
    slot_##slot(PyObject *self)             \
    {                                       \
        return call_self(self, method);     \
    }
SLOT_UNARY(DEFINE_UNARY)

#define DEFINE_INPLACE(slot, method)                \
    PyObject *                                      \
    slot_##slot(PyObject *self, PyObject *other)    \
    {                                               \
        return call_one(self, method, other);       \
    }
SLOT_INPLACE(DEFINE_INPLACE)

PyObject *
slot_nb_inplace_power(PyObject *self, PyObject *other, PyObject *modulus)
{
    (void)modulus;      // the statement has none, and __ipow__ was always called without
    return call_one(self, ID(__ipow__), other);
}

PyObject *
slot_tp_repr(PyObject *self)
{
    bool found;
    PyObject *args[] = {self};
    PyObject *result = call_found(ID(__repr__), args, 1, &found);
    if (result == NULL && !found) {
        return str_format("<%s object at %p>", type_of(self)->tp_name, (void *)self);
    }
    return result;
}

Py_hash_t
slot_tp_hash(PyObject *self)
{
    int unbound;
    PyObject *method = type_lookup_special_method(self, ID(__hash__), &unbound);
    if (method == NULL || method == Py_None) {
        xdecref(method);
        return method == NULL && error_occurred() ? -1 : object_hash_not_implemented(self);
    }
    PyObject *args[] = {self, self};
    PyObject *result = object_vectorcall(method, args, unbound ? 1 : 0, NULL);
    decref(method);
    if (result == NULL) {
        return -1;
    }
    if (!int_check(result)) {
        decref(result);
        error_set(PyExc_TypeError, "__hash__ method should return an integer");
        return -1;
    }
    // Values that do not fit are hashed as ints, so that hash(x) == hash(x.__hash__()).
    Py_hash_t hash = int_as_ssize(result);
    if (hash == -1 && error_occurred()) {
        error_clear();
        hash = PyLong_Type.tp_hash(result);
    }
    if (hash == -1) {
        hash = -2;
    }
    decref(result);
    return hash;
}

PyObject *
slot_tp_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
    int unbound;
    PyObject *method = type_lookup_special_method(self, ID(__call__), &unbound);
    if (method == NULL) {
        if (!error_occurred()) {
            error_format(PyExc_TypeError, "'%.200s' object is not callable",
                         type_of(self)->tp_name);
        }
        return NULL;
    }
    PyObject *result = NULL;
    // An instance whose __call__ is an instance whose __call__ … never reaches Python code.
    if (thread_enter_c(" while calling a Python object") == 0) {
        result = unbound ? object_call_prepend(method, self, args, kwargs)
                         : object_call(method, args, kwargs);
        thread_leave_c();
    }
    decref(method);
    return result;
}

// ---- truth, length, containment ----

Py_ssize_t
slot_sq_length(PyObject *self)
{
    PyObject *result = call_self(self, ID(__len__));
    if (result == NULL) {
        return -1;
    }
    PyObject *index = number_index_raw(result);
    decref(result);
    if (index == NULL) {
        return -1;
    }
    int overflow;
    int64_t length = int_as_i64_overflow(index, &overflow);
    if (overflow < 0 || (overflow == 0 && length < 0)) {
        decref(index);
        error_set(PyExc_ValueError, "__len__() should return >= 0");
        return -1;
    }
    Py_ssize_t size = number_as_ssize(index, PyExc_OverflowError);
    decref(index);
    return size;
}

int
slot_nb_bool(PyObject *self)
{
    bool found;
    PyObject *args[] = {self};
    PyObject *result = call_found(ID(__bool__), args, 1, &found);
    if (result == NULL) {
        if (found) {
            return -1;
        }
        result = call_found(ID(__len__), args, 1, &found);
        if (result == NULL) {
            return found ? -1 : 1;
        }
        decref(result);
        Py_ssize_t length = slot_sq_length(self);
        return length < 0 ? -1 : length > 0;
    }
    if (!bool_check(result)) {
        error_format(PyExc_TypeError, "__bool__ should return bool, returned %s",
                     type_of(result)->tp_name);
        decref(result);
        return -1;
    }
    int truth = result == Py_True;
    decref(result);
    return truth;
}

int
slot_sq_contains(PyObject *self, PyObject *value)
{
    int unbound;
    PyObject *method = type_lookup_special_method(self, ID(__contains__), &unbound);
    if (method == Py_None) {
        decref(method);
        error_format(PyExc_TypeError, "'%.200s' object is not a container",
                     type_of(self)->tp_name);
        return -1;
    }
    if (method == NULL) {
        return error_occurred() ? -1 : sequence_contains_by_iteration(self, value);
    }
    PyObject *args[] = {self, value};
    PyObject *result = unbound
        ? object_vectorcall(method, args, 2, NULL)
        : object_vectorcall(method, args + 1, 1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    decref(method);
    if (result == NULL) {
        return -1;
    }
    int truth = object_is_true(result);
    decref(result);
    return truth;
}

// ---- items ----

PyObject *
slot_mp_subscript(PyObject *self, PyObject *key)
{
    return call_one(self, ID(__getitem__), key);
}

int
slot_mp_ass_subscript(PyObject *self, PyObject *key, PyObject *value)
{
    PyObject *args[] = {self, key, value};
    return value == NULL ? call_no_result(ID(__delitem__), args, 2)
                         : call_no_result(ID(__setitem__), args, 3);
}

PyObject *
slot_sq_item(PyObject *self, Py_ssize_t i)
{
    PyObject *index = int_from_ssize(i);
    if (index == NULL) {
        return NULL;
    }
    PyObject *result = call_one(self, ID(__getitem__), index);
    decref(index);
    return result;
}

int
slot_sq_ass_item(PyObject *self, Py_ssize_t i, PyObject *value)
{
    PyObject *index = int_from_ssize(i);
    if (index == NULL) {
        return -1;
    }
    int result = slot_mp_ass_subscript(self, index, value);
    decref(index);
    return result;
}

// ---- binary operators ----

// Whether right's class overrides the reflected method that left's class has.
static int
is_overridden(PyObject *left, PyObject *right, PyObject *name)
{
    PyObject *of_right;
    int found = object_getattr_optional((PyObject *)type_of(right), name, &of_right);
    if (found <= 0) {
        return found;
    }
    PyObject *of_left;
    found = object_getattr_optional((PyObject *)type_of(left), name, &of_left);
    int result = found;
    if (found == 0) {
        result = 1;
    }
    else if (found > 0) {
        result = object_richcompare_bool(of_left, of_right, Py_NE);
        decref(of_left);
    }
    decref(of_right);
    return result;
}

typedef struct {
    bool self_has;      // self's slot is the Python one
    bool other_has;     // and so is other's, of another type
    PyObject *name;
    PyObject *reflected;
    PyObject *modulus;  // of pow(), or NULL
} BinaryCall;

static PyObject *
call_operator(PyObject *name, PyObject *self, PyObject *other, PyObject *modulus)
{
    PyObject *args[] = {self, other, modulus};
    return call_optional(name, args, modulus == NULL ? 2 : 3);
}

// self.name(other), or other.reflected(self) first when other's class is a subclass that has its
// own idea of it.
static PyObject *
binary_operator(PyObject *self, PyObject *other, const BinaryCall *call)
{
    bool try_other = call->other_has;
    if (call->self_has) {
        if (try_other && type_is_subtype(type_of(other), type_of(self))) {
            int overridden = is_overridden(self, other, call->reflected);
            if (overridden < 0) {
                return NULL;
            }
            if (overridden) {
                PyObject *result = call_operator(call->reflected, other, self, call->modulus);
                if (result != Py_NotImplemented) {
                    return result;
                }
                decref(result);
                try_other = false;
            }
        }
        PyObject *result = call_operator(call->name, self, other, call->modulus);
        if (result != Py_NotImplemented || type_of(other) == type_of(self)) {
            return result;
        }
        decref(result);
    }
    if (try_other) {
        return call_operator(call->reflected, other, self, call->modulus);
    }
    return new_ref(Py_NotImplemented);
}

static bool
number_slot_is(PyObject *op, size_t offset, void *function)
{
    char *table = (char *)type_of(op)->tp_as_number;
    return table != NULL && *(void **)(table + offset) == function;
}

#define DEFINE_BINARY(slot, method, reflected_method)                                       \
    PyObject *                                                                              \
    slot_##slot(PyObject *self, PyObject *other)                                            \
    {                                                                                       \
        size_t offset = offsetof(PyNumberMethods, slot);                                    \
        BinaryCall call = {                                                                 \
            .self_has = number_slot_is(self, offset, (void *)slot_##slot),                  \
            .other_has = type_of(self) != type_of(other) &&                                 \
                         number_slot_is(other, offset, (void *)slot_##slot),                \
            .name = method,                                                                 \
            .reflected = reflected_method,                                                  \
        };                                                                                  \
        return binary_operator(self, other, &call);                                         \
    }
SLOT_BINARY(DEFINE_BINARY)

PyObject *
slot_nb_power(PyObject *self, PyObject *other, PyObject *modulus)
{
    size_t offset = offsetof(PyNumberMethods, nb_power);
    BinaryCall call = {
        .self_has = number_slot_is(self, offset, (void *)slot_nb_power),
        .other_has = type_of(self) != type_of(other) &&
                     number_slot_is(other, offset, (void *)slot_nb_power),
        .name = ID(__pow__),
        .reflected = ID(__rpow__),
        .modulus = modulus == Py_None ? NULL : modulus,
    };
    return binary_operator(self, other, &call);
}

PyObject *
slot_tp_richcompare(PyObject *self, PyObject *other, int op)
{
    PyObject *names[] = {ID(__lt__), ID(__le__), ID(__eq__), ID(__ne__), ID(__gt__), ID(__ge__)};
    PyObject *args[] = {self, other};
    int unbound;
    PyObject *method = type_lookup_special_method(self, names[op], &unbound);
    if (method == NULL) {
        // A descriptor that fails to give the method counts as none: every comparison would fail.
        error_clear();
        return new_ref(Py_NotImplemented);
    }
    PyObject *result = unbound
        ? object_vectorcall(method, args, 2, NULL)
        : object_vectorcall(method, args + 1, 1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    decref(method);
    return result;
}

// ---- attributes ----

PyObject *
slot_tp_getattro(PyObject *self, PyObject *name)
{
    return call_one(self, ID(__getattribute__), name);
}

static bool
is_generic_getattribute(PyObject *method)
{
    return type_of(method) == &PyWrapperDescr_Type &&
           ((PyWrapperDescrObject *)method)->d_wrapped == (void *)object_generic_getattr;
}

bool
type_uses_generic_getattr(const PyTypeObject *type)
{
    if (type->tp_getattro == object_generic_getattr) {
        return true;
    }
    if (type->tp_getattro != slot_tp_getattr_hook) {
        return false;
    }
    PyObject *method = type_lookup((PyTypeObject *)type, ID(__getattribute__));
    bool generic = method != NULL && is_generic_getattribute(method);
    xdecref(method);
    return generic;
}

// The normal way of a class with __getattr__: NULL without an exception when the attribute is missing.
static PyObject *
getattr_before_hook(PyObject *self, PyObject *name)
{
    PyObject *result = NULL;
    if (type_uses_generic_getattr(type_of(self))) {
        object_generic_getattr_optional(self, name, &result);
        return result;
    }
    result = call_one(self, ID(__getattribute__), name);
    if (result == NULL) {
        error_clear_if(PyExc_AttributeError);
    }
    return result;
}

PyObject *
slot_tp_getattr_hook(PyObject *self, PyObject *name)
{
    PyTypeObject *type = type_of(self);
    PyObject *hook = type_lookup(type, ID(__getattr__));
    if (hook == NULL) {
        // Only __getattribute__ is overridden: from now on call it directly.
        if (type->tp_getattro == slot_tp_getattr_hook) {
            atomic_store_relaxed_ptr(&type->tp_getattro, slot_tp_getattro);
        }
        return slot_tp_getattro(self, name);
    }
    decref(hook);
    PyObject *result = getattr_before_hook(self, name);
    if (result == NULL && !error_occurred()) {
        result = call_one(self, ID(__getattr__), name);
    }
    return result;
}

int
slot_tp_setattro(PyObject *self, PyObject *name, PyObject *value)
{
    PyObject *args[] = {self, name, value};
    return value == NULL ? call_no_result(ID(__delattr__), args, 2)
                         : call_no_result(ID(__setattr__), args, 3);
}

PyObject *
slot_tp_descr_get(PyObject *self, PyObject *obj, PyObject *type)
{
    PyObject *get = type_lookup(type_of(self), ID(__get__));
    if (get == NULL) {
        // The slot outlived the method for a moment.
        atomic_store_relaxed_ptr(&type_of(self)->tp_descr_get, (descrgetfunc)NULL);
        return new_ref(self);
    }
    PyObject *args[] = {self, obj == NULL ? Py_None : obj, type == NULL ? Py_None : type};
    PyObject *result = object_vectorcall(get, args, 3, NULL);
    decref(get);
    return result;
}

int
slot_tp_descr_set(PyObject *self, PyObject *target, PyObject *value)
{
    PyObject *args[] = {self, target, value};
    return value == NULL ? call_no_result(ID(__delete__), args, 2)
                         : call_no_result(ID(__set__), args, 3);
}

// ---- iteration ----

PyObject *
slot_tp_iter(PyObject *self)
{
    int unbound;
    PyObject *method = type_lookup_special_method(self, ID(__iter__), &unbound);
    if (method == Py_None) {
        decref(method);
        return error_format(PyExc_TypeError, "'%.200s' object is not iterable",
                            type_of(self)->tp_name);
    }
    if (method != NULL) {
        PyObject *args[] = {self, self};
        PyObject *result = object_vectorcall(method, args, unbound ? 1 : 0, NULL);
        decref(method);
        return result;
    }
    if (error_occurred()) {
        return NULL;
    }
    method = type_lookup(type_of(self), ID(__getitem__));
    if (method == NULL) {
        return error_format(PyExc_TypeError, "'%.200s' object is not iterable",
                            type_of(self)->tp_name);
    }
    decref(method);
    return seqiter_new(self);
}

static PyObject *
call_async(PyObject *self, PyObject *name, const char *text)
{
    bool found;
    PyObject *args[] = {self};
    PyObject *result = call_found(name, args, 1, &found);
    if (result == NULL && !found) {
        error_format(PyExc_AttributeError, "object %.50s does not have %s method",
                     type_of(self)->tp_name, text);
    }
    return result;
}

PyObject *slot_am_await(PyObject *self) { return call_async(self, ID(__await__), "__await__"); }
PyObject *slot_am_aiter(PyObject *self) { return call_async(self, ID(__aiter__), "__aiter__"); }
PyObject *slot_am_anext(PyObject *self) { return call_async(self, ID(__anext__), "__anext__"); }

// ---- making and ending ----

PyObject *
slot_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *func = object_getattr((PyObject *)type, ID(__new__));
    if (func == NULL) {
        return NULL;
    }
    PyObject *result = object_call_prepend(func, (PyObject *)type, args, kwargs);
    decref(func);
    return result;
}

int
slot_tp_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    int unbound;
    PyObject *method = type_lookup_special_method(self, ID(__init__), &unbound);
    if (method == NULL) {
        if (!error_occurred()) {
            error_set_object(PyExc_AttributeError, ID(__init__));
        }
        return -1;
    }
    PyObject *result = unbound ? object_call_prepend(method, self, args, kwargs)
                               : object_call(method, args, kwargs);
    decref(method);
    if (result == NULL) {
        return -1;
    }
    if (result != Py_None) {
        error_format(PyExc_TypeError, "__init__() should return None, not '%.200s'",
                     type_of(result)->tp_name);
        decref(result);
        return -1;
    }
    decref(result);
    return 0;
}

void
slot_tp_finalize(PyObject *self)
{
    PyObject *saved = error_take();
    int unbound;
    PyObject *method = type_lookup_special_method(self, ID(__del__), &unbound);
    if (method != NULL) {
        PyObject *args[] = {self, self};
        PyObject *result = object_vectorcall(method, args, unbound ? 1 : 0, NULL);
        if (result == NULL) {
            error_format_unraisable("Exception ignored while calling deallocator %R", method);
        }
        else {
            decref(result);
        }
        decref(method);
    }
    else if (error_occurred()) {
        error_write_unraisable(self);
    }
    error_restore_steal(saved);
}
