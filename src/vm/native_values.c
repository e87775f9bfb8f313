// Second entries of hot native functions (native_values.h).
#include "vm/native_values.h"

#include "abi/functions.h"
#include "base/atomic.h"
#include "objects/attributes.h"
#include "objects/cfunction.h"
#include "objects/descr.h"
#include "objects/dict.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "vm/ops.h"

static bool
is_exactly(Value v, const PyTypeObject *type)
{
    return value_is_pointer(v) && type_of(value_pointer(v)) == type;
}

// The type of the object that a value stands for.
static PyTypeObject *
value_type(Value v)
{
    return value_is_int(v) ? &PyLong_Type : value_is_float(v) ? &PyFloat_Type
                                                              : type_of(value_pointer(v));
}

// ---- builtins ----

static Value
fast_len(const Value *args, Py_ssize_t n)
{
    if (n != 1 || !value_is_pointer(args[0])) {
        return VALUE_NOT_HANDLED;
    }
    Py_ssize_t length = object_length(value_pointer(args[0]));
    return length < 0 ? VALUE_UNSET : value_from_int(length);
}

// A tuple of classes: numbers are boxed for none of them as long as all have metaclass type.
static Value
isinstance_of_any(Value v, PyTypeObject *type, PyObject *classes)
{
    Py_ssize_t n = tuple_size(classes);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *cls = tuple_item(classes, i);
        if ((PyObject *)type == cls) {
            return value_bool(true);
        }
        if (type_of(cls) != &PyType_Type) {
            return VALUE_NOT_HANDLED;
        }
        if (type_is_subtype(type, (PyTypeObject *)cls)) {
            return value_bool(true);
        }
        if (value_is_pointer(v)) {
            int result = object_isinstance(value_pointer(v), cls);
            if (result != 0) {
                return result < 0 ? VALUE_UNSET : value_bool(true);
            }
        }
    }
    return value_bool(false);
}

// Classes whose metaclass is type have no __instancecheck__ of their own.
static Value
fast_isinstance(const Value *args, Py_ssize_t n)
{
    if (n != 2 || !value_is_pointer(args[1])) {
        return VALUE_NOT_HANDLED;
    }
    PyObject *cls = value_pointer(args[1]);
    PyTypeObject *type = value_type(args[0]);
    if ((PyObject *)type == cls) {
        return value_bool(true);
    }
    if (type_of(cls) == &PyTuple_Type) {
        return isinstance_of_any(args[0], type, cls);
    }
    if (type_of(cls) == &PyType_Type && type_is_subtype(type, (PyTypeObject *)cls)) {
        return value_bool(true);
    }
    if (!value_is_pointer(args[0])) {
        return type_of(cls) == &PyType_Type ? value_bool(false) : VALUE_NOT_HANDLED;
    }
    int result = object_isinstance(value_pointer(args[0]), cls);
    return result < 0 ? VALUE_UNSET : value_bool(result != 0);
}

static Value
fast_abs(const Value *args, Py_ssize_t n)
{
    if (n == 1 && value_is_int(args[0])) {
        int64_t i = value_int(args[0]);
        return value_from_i64(i < 0 ? -i : i);
    }
    if (n == 1 && value_is_float(args[0])) {
        double d = value_float(args[0]);
        return value_from_double(d < 0 ? -d : d);
    }
    return VALUE_NOT_HANDLED;
}

static Value
fast_extreme(const Value *args, Py_ssize_t n, bool largest)
{
    if (n != 2) {
        return VALUE_NOT_HANDLED;
    }
    if (value_both_int(args[0], args[1])) {
        bool second = largest ? (int64_t)args[1] > (int64_t)args[0]
                              : (int64_t)args[1] < (int64_t)args[0];
        return args[second];
    }
    if (value_is_float(args[0]) && value_is_float(args[1])) {
        double a = value_float(args[0]), b = value_float(args[1]);
        return args[largest ? b > a : b < a];
    }
    return VALUE_NOT_HANDLED;
}

static Value fast_min(const Value *args, Py_ssize_t n) { return fast_extreme(args, n, false); }
static Value fast_max(const Value *args, Py_ssize_t n) { return fast_extreme(args, n, true); }

static Value
fast_ord(const Value *args, Py_ssize_t n)
{
    if (n == 1 && is_exactly(args[0], &PyUnicode_Type) && str_length(value_pointer(args[0])) == 1) {
        return value_from_int(str_read_char(value_pointer(args[0]), 0));
    }
    return VALUE_NOT_HANDLED;
}

static Value
fast_chr(const Value *args, Py_ssize_t n)
{
    if (n == 1 && value_is_int(args[0]) && value_int(args[0]) >= 0 &&
        value_int(args[0]) <= STR_MAX_CHAR) {
        return value_result(str_from_char((Py_UCS4)value_int(args[0])));
    }
    return VALUE_NOT_HANDLED;
}

// Names of attributes are exact strings here; everything else is for the general function.
static Value
fast_getattr(const Value *args, Py_ssize_t n)
{
    if (n < 2 || n > 3 || !value_is_pointer(args[0]) || !is_exactly(args[1], &PyUnicode_Type)) {
        return VALUE_NOT_HANDLED;
    }
    if (n == 2) {
        return object_getattr_value(value_pointer(args[0]), value_pointer(args[1]));
    }
    PyObject *found;
    int result = object_getattr_optional(value_pointer(args[0]), value_pointer(args[1]), &found);
    return result > 0 ? value_from_object_steal(found) : result == 0 ? value_dup(args[2]) : VALUE_UNSET;
}

static Value
fast_hasattr(const Value *args, Py_ssize_t n)
{
    if (n != 2 || !value_is_pointer(args[0]) || !is_exactly(args[1], &PyUnicode_Type)) {
        return VALUE_NOT_HANDLED;
    }
    PyObject *found;
    int result = object_getattr_optional(value_pointer(args[0]), value_pointer(args[1]), &found);
    if (result > 0) {
        decref(found);
    }
    return result < 0 ? VALUE_UNSET : value_bool(result > 0);
}

static Value
fast_id(const Value *args, Py_ssize_t n)
{
    return n == 1 && value_is_pointer(args[0]) ? value_result(object_id(value_pointer(args[0])))
                                               : VALUE_NOT_HANDLED;
}

// type(x); with three arguments it makes a class.
static Value
fast_type(const Value *args, Py_ssize_t n)
{
    return n == 1 ? value_from_object((PyObject *)value_type(args[0])) : VALUE_NOT_HANDLED;
}

// ---- methods ----

static Value
fast_list_pop(const Value *args, Py_ssize_t n)
{
    if (n != 1 || !is_exactly(args[0], &PyList_Type)) {
        return VALUE_NOT_HANDLED;
    }
    PyObject *item = list_pop(value_pointer(args[0]), -1);
    return item == NULL ? VALUE_UNSET : value_from_object_steal(item);
}

static Value
fast_list_append(const Value *args, Py_ssize_t n)
{
    if (n != 2 || !is_exactly(args[0], &PyList_Type)) {
        return VALUE_NOT_HANDLED;
    }
    PyObject *item = value_box(args[1]);
    if (item == NULL || list_append_steal(value_pointer(args[0]), item) < 0) {
        return VALUE_UNSET;
    }
    return value_none();
}

static Value
fast_dict_get(const Value *args, Py_ssize_t n)
{
    if (n < 2 || n > 3 || !is_exactly(args[0], &PyDict_Type)) {
        return VALUE_NOT_HANDLED;
    }
    Value result;
    int found;
    if (value_is_int(args[1])) {
        found = dict_get_value_int(value_pointer(args[0]), value_int(args[1]), &result);
    }
    else if (value_is_pointer(args[1])) {
        found = dict_get_value(value_pointer(args[0]), value_pointer(args[1]), &result);
    }
    else {
        return VALUE_NOT_HANDLED;
    }
    if (found == 0) {
        return n == 3 ? value_dup(args[2]) : value_none();
    }
    return found < 0 ? VALUE_UNSET : result;
}

// ---- the table ----

typedef struct NativeEntry {
    PyTypeObject *type;         // NULL: a builtin function
    const char *name;
    ValueFunction function;
    const void *identity;       // filled on first use
} NativeEntry;

static NativeEntry entries[] = {
    {NULL, "len", fast_len, NULL},
    {NULL, "isinstance", fast_isinstance, NULL},
    {NULL, "abs", fast_abs, NULL},
    {NULL, "min", fast_min, NULL},
    {NULL, "max", fast_max, NULL},
    {NULL, "ord", fast_ord, NULL},
    {NULL, "chr", fast_chr, NULL},
    {NULL, "getattr", fast_getattr, NULL},
    {NULL, "hasattr", fast_hasattr, NULL},
    {NULL, "id", fast_id, NULL},
    {NULL, "type", fast_type, NULL},
    {&PyList_Type, "append", fast_list_append, NULL},
    {&PyList_Type, "pop", fast_list_pop, NULL},
    {&PyDict_Type, "get", fast_dict_get, NULL},
};

static int entries_ready;   // atomic: release after the definitions are filled in

const void *
native_identity(PyObject *callable)
{
    if (type_of(callable) == &PyCFunction_Type) {
        return ((PyCFunctionObject *)callable)->m_ml;
    }
    if (type_of(callable) == &PyMethodDescr_Type) {
        return ((PyMethodDescrObject *)callable)->d_method;
    }
    return callable == (PyObject *)&PyType_Type ? callable : NULL;
}

// Finds the definitions by name. Threads that do it at the same time find the same.
static void
entries_fill(void)
{
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        NativeEntry *entry = &entries[i];
        PyObject *callable = NULL;
        if (entry->type == NULL) {
            dict_get_cstr(interpreter_roots()->builtins, entry->name, &callable);
        }
        else {
            dict_get_cstr(entry->type->tp_dict, entry->name, &callable);
        }
        if (callable != NULL) {
            atomic_store_relaxed_ptr(&entry->identity, native_identity(callable));
            decref(callable);
        }
    }
    atomic_store_release_int(&entries_ready, 1);
}

bool
native_describe(PyObject *callable, ValuesCache *cache)
{
    const void *identity = native_identity(callable);
    if (identity == NULL) {
        return false;
    }
    if (atomic_load_acquire_int(&entries_ready) == 0) {
        entries_fill();
    }
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        if (atomic_load_relaxed_ptr(&entries[i].identity) == identity) {
            cache->identity = identity;
            cache->function = entries[i].function;
            cache->method = entries[i].type != NULL;
            return true;
        }
    }
    return false;
}
