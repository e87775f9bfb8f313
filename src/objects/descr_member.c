// Fields of C structs as attributes: PyMemberDef.
//
// Threading: numbers are read and written with relaxed atomics of their size. Object fields are
// read lock-free (load, refcount_try_incref, load again) and replaced under the object's critical
// section, so that a reader who takes the lock can count safely.
#include <limits.h>
#include <string.h>

#include "base/atomic.h"
#include "objects/bool.h"
#include "objects/descr.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/number.h"
#include "objects/str.h"
#include "thread/critical_section.h"

// ---- object fields ----

PyObject *
member_load_object(PyObject *op, Py_ssize_t offset)
{
    PyObject **field = (PyObject **)((char *)op + offset);
    PyObject *value = atomic_load_acquire_ptr(field);
    if (value == NULL) {
        return NULL;
    }
    if (refcount_try_incref(value)) {
        if (atomic_load_acquire_ptr(field) == value) {
            return value;
        }
        decref(value);
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    value = xnew_ref(*field);
    if (value != NULL) {
        refcount_enable_try(value);
    }
    critical_section_end(&cs);
    return value;
}

bool
member_store_object(PyObject *op, Py_ssize_t offset, PyObject *value)
{
    PyObject **field = (PyObject **)((char *)op + offset);
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *old = atomic_exchange_ptr(field, xnew_ref(value));
    critical_section_end(&cs);
    xdecref(old);
    return old != NULL;
}

// ---- reading ----

#define LOAD(type, base, def) atomic_load_relaxed_ptr((const type *)((base) + (def)->offset))

static PyObject *
get_float(const char *base, const PyMemberDef *def)
{
    if (def->type == Py_T_FLOAT) {
        float f;
        memcpy(&f, base + def->offset, sizeof f);
        return float_from_double((double)f);
    }
    double d;
    memcpy(&d, base + def->offset, sizeof d);
    return float_from_double(d);
}

static PyObject *
get_text(const char *base, const PyMemberDef *def)
{
    if (def->type == Py_T_STRING_INPLACE) {
        return str_from_cstr(base + def->offset);
    }
    if (def->type == Py_T_CHAR) {
        return str_from_latin1(base + def->offset, 1);
    }
    const char *text = LOAD(char *, base, def);
    return text == NULL ? new_ref(Py_None) : str_from_cstr(text);
}

static PyObject *
get_object(const char *base, const PyMemberDef *def)
{
    PyObject *value = member_load_object((PyObject *)base, def->offset);
    if (value != NULL) {
        return value;
    }
    if (def->type == _Py_T_OBJECT) {
        return new_ref(Py_None);
    }
    PyObject *name = str_from_cstr(def->name);
    if (name != NULL) {
        error_set_attribute((PyObject *)base, name, "'%T' object has no attribute '%U'",
                            (PyObject *)base, name);
        decref(name);
    }
    return NULL;
}

PyObject *
member_get(const char *base, const PyMemberDef *def)
{
    if ((def->flags & Py_RELATIVE_OFFSET) != 0) {
        return error_set(PyExc_SystemError, "PyMember_GetOne used with Py_RELATIVE_OFFSET");
    }
    switch (def->type) {
    case Py_T_BOOL:
        return bool_from_long(LOAD(char, base, def));
    case Py_T_BYTE:
        return int_from_i64(LOAD(signed char, base, def));
    case Py_T_UBYTE:
        return int_from_i64(LOAD(unsigned char, base, def));
    case Py_T_SHORT:
        return int_from_i64(LOAD(short, base, def));
    case Py_T_USHORT:
        return int_from_i64(LOAD(unsigned short, base, def));
    case Py_T_INT:
        return int_from_i64(LOAD(int, base, def));
    case Py_T_UINT:
        return int_from_i64(LOAD(unsigned int, base, def));
    case Py_T_LONG:
    case Py_T_LONGLONG:
    case Py_T_PYSSIZET:
        return int_from_i64(LOAD(int64_t, base, def));
    case Py_T_ULONG:
    case Py_T_ULONGLONG:
        return int_from_u64(LOAD(uint64_t, base, def));
    case Py_T_FLOAT:
    case Py_T_DOUBLE:
        return get_float(base, def);
    case Py_T_STRING:
    case Py_T_STRING_INPLACE:
    case Py_T_CHAR:
        return get_text(base, def);
    case _Py_T_OBJECT:
    case Py_T_OBJECT_EX:
        return get_object(base, def);
    case _Py_T_NONE:
        return new_ref(Py_None);
    default:
        return error_format(PyExc_SystemError, "bad memberdescr type for %s", def->name);
    }
}

// ---- writing ----

#define STORE(type, at, value) atomic_store_relaxed_ptr((type *)(at), (type)(value))

static int
warn_truncated(const char *type)
{
    return error_warn(PyExc_RuntimeWarning, 1, "Truncation of value to %s", type);
}

// Stores an integer in a field of `size` bytes; what does not fit is cut with a warning.
static int
set_small_int(char *at, PyObject *value, size_t size, bool is_signed, const char *type)
{
    long long wide = int_as_i64(value);
    if (wide == -1 && error_occurred()) {
        return -1;
    }
    long long high = is_signed ? (1LL << (size * 8 - 1)) - 1 : (1LL << (size * 8)) - 1;
    long long low = is_signed ? -high - 1 : 0;
    switch (size) {
    case 1:
        STORE(uint8_t, at, wide);
        break;
    case 2:
        STORE(uint16_t, at, wide);
        break;
    default:
        STORE(uint32_t, at, wide);
    }
    return wide < low || wide > high ? warn_truncated(type) : 0;
}

// Unsigned 64 bits: negative values are accepted with a warning.
static int
set_unsigned_long(char *at, PyObject *value)
{
    PyObject *index = number_index_raw(value);
    if (index == NULL) {
        return -1;
    }
    int result = 0;
    if (int_sign(index) < 0) {
        int64_t wide = int_as_i64(index);
        if (wide == -1 && error_occurred()) {
            result = -1;
        }
        else {
            STORE(uint64_t, at, wide);
            result = error_warn(PyExc_RuntimeWarning, 1, "Writing negative value into unsigned field");
        }
    }
    else {
        uint64_t wide = int_as_u64(index);
        if (wide == UINT64_MAX && error_occurred()) {
            result = -1;
        }
        else {
            STORE(uint64_t, at, wide);
        }
    }
    decref(index);
    return result;
}

static int
set_signed_long(char *at, PyObject *value)
{
    int64_t wide = int_as_i64(value);
    if (wide == -1 && error_occurred()) {
        return -1;
    }
    STORE(int64_t, at, wide);
    return 0;
}

static int
set_float(char *at, PyObject *value, int type)
{
    double d = float_as_double(value);
    if (d == -1.0 && error_occurred()) {
        return -1;
    }
    if (type == Py_T_FLOAT) {
        float f = (float)d;
        memcpy(at, &f, sizeof f);
    }
    else {
        memcpy(at, &d, sizeof d);
    }
    return 0;
}

static int
set_char(char *at, PyObject *value)
{
    Py_ssize_t size;
    const char *text = str_check(value) ? str_as_utf8_size(value, &size) : NULL;
    if (text == NULL || size != 1) {
        if (!error_occurred()) {
            error_bad_argument();
        }
        return -1;
    }
    STORE(char, at, text[0]);
    return 0;
}

static int
set_bool(char *at, PyObject *value)
{
    if (!bool_check(value)) {
        error_set(PyExc_TypeError, "attribute value type must be bool");
        return -1;
    }
    STORE(char, at, value == Py_True);
    return 0;
}

static int
check_writable(const PyMemberDef *def, PyObject *value)
{
    if ((def->flags & Py_RELATIVE_OFFSET) != 0) {
        error_set(PyExc_SystemError, "PyMember_SetOne used with Py_RELATIVE_OFFSET");
        return -1;
    }
    if ((def->flags & Py_READONLY) != 0) {
        error_set(PyExc_AttributeError, "readonly attribute");
        return -1;
    }
    if (value != NULL || def->type == _Py_T_OBJECT) {
        return 0;
    }
    if (def->type != Py_T_OBJECT_EX) {
        error_set(PyExc_TypeError, "can't delete numeric/char attribute");
        return -1;
    }
    return 0;
}

int
member_set(char *base, const PyMemberDef *def, PyObject *value)
{
    if (check_writable(def, value) < 0) {
        return -1;
    }
    char *at = base + def->offset;
    switch (def->type) {
    case Py_T_BOOL:
        return set_bool(at, value);
    case Py_T_BYTE:
        return set_small_int(at, value, 1, true, "char");
    case Py_T_UBYTE:
        return set_small_int(at, value, 1, false, "unsigned char");
    case Py_T_SHORT:
        return set_small_int(at, value, 2, true, "short");
    case Py_T_USHORT:
        return set_small_int(at, value, 2, false, "unsigned short");
    case Py_T_INT:
        return set_small_int(at, value, 4, true, "int");
    case Py_T_UINT:
        return set_small_int(at, value, 4, false, "unsigned int");
    case Py_T_LONG:
    case Py_T_LONGLONG:
    case Py_T_PYSSIZET:
        return set_signed_long(at, value);
    case Py_T_ULONG:
    case Py_T_ULONGLONG:
        return set_unsigned_long(at, value);
    case Py_T_FLOAT:
    case Py_T_DOUBLE:
        return set_float(at, value, def->type);
    case Py_T_CHAR:
        return set_char(at, value);
    case Py_T_STRING:
    case Py_T_STRING_INPLACE:
        error_set(PyExc_TypeError, "readonly attribute");
        return -1;
    case _Py_T_OBJECT:
        member_store_object((PyObject *)base, def->offset, value);
        return 0;
    case Py_T_OBJECT_EX:
        if (!member_store_object((PyObject *)base, def->offset, value) && value == NULL) {
            error_set(PyExc_AttributeError, def->name);
            return -1;
        }
        return 0;
    default:
        error_format(PyExc_SystemError, "bad memberdescr type for %s", def->name);
        return -1;
    }
}
