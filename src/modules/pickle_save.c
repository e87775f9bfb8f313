// Pickling of one object: which way it goes, memo, persistent ids, reducers.
//
// Threading: see pickle_internal.h.
#include <stdio.h>

#include "memory/refcount.h"
#include "modules/pickle_internal.h"
#include "objects/bool.h"
#include "objects/bytearray.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/float.h"
#include "objects/function.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/mapping.h"
#include "objects/object.h"
#include "objects/set.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "thread/thread.h"

// ---- memo ----

int
pickle_write_get(Pickler *self, Py_ssize_t number)
{
    if (self->binary) {
        return number < 256 ? pickle_write_number(self, OP_BINGET, (uint64_t)number, 1)
                            : pickle_write_number(self, OP_LONG_BINGET, (uint64_t)number, 4);
    }
    char line[32];
    int n = snprintf(line, sizeof line, "%c%zd\n", OP_GET, number);
    return pickle_write(self, line, (size_t)n);
}

int
pickle_memoize(Pickler *self, PyObject *op)
{
    if (self->fast) {
        return 0;
    }
    Py_ssize_t number = (Py_ssize_t)self->memo.used;
    if (memo_set(&self->memo, op, number) < 0) {
        return -1;
    }
    if (self->protocol >= 4) {
        return pickle_write_code(self, OP_MEMOIZE);
    }
    if (self->binary) {
        if (number > 0xffffffff) {
            error_set(self->state->pickling_error, "memo id too large for LONG_BINPUT");
            return -1;
        }
        return number < 256 ? pickle_write_number(self, OP_BINPUT, (uint64_t)number, 1)
                            : pickle_write_number(self, OP_LONG_BINPUT, (uint64_t)number, 4);
    }
    char line[32];
    int n = snprintf(line, sizeof line, "%c%zd\n", OP_PUT, number);
    return pickle_write(self, line, (size_t)n);
}

// ---- persistent ids ----

static int
write_persistent_id(Pickler *self, PyObject *id)
{
    if (self->binary) {
        return pickle_save(self, id, false) < 0 ? -1 : pickle_write_code(self, OP_BINPERSID);
    }
    PyObject *text = object_str(id);
    if (text == NULL) {
        return -1;
    }
    int status = -1;
    if (!str_is_ascii(text)) {
        error_set(self->state->pickling_error,
                  "persistent IDs in protocol 0 must be ASCII strings");
    }
    else if (pickle_write_code(self, OP_PERSID) == 0 &&
             pickle_write(self, str_data(text), (size_t)str_length(text)) == 0) {
        status = pickle_write_code(self, '\n');
    }
    decref(text);
    return status;
}

// 1 when op was written as a persistent id, 0, or -1.
static int
try_persistent_id(Pickler *self, PyObject *op)
{
    PyObject *id = object_call_onearg(self->get_persistent_id, op);
    if (id == NULL) {
        return -1;
    }
    int status = id == Py_None ? 0 : write_persistent_id(self, id) < 0 ? -1 : 1;
    decref(id);
    return status;
}

// ---- reducers ----

// op.name(argument), or op.name() when it is NULL: 1 and *result (which may be NULL), 0 when op has
// no such attribute, -1.
static int
call_if_found(PyObject *op, PyObject *name, PyObject *argument, PyObject **result)
{
    PyObject *method;
    int unbound = object_get_method(op, name, &method);
    if (unbound < 0) {
        return error_clear_if(PyExc_AttributeError) ? 0 : -1;
    }
    PyObject *args[] = {op, argument};
    size_t nargs = argument != NULL ? 2 : 1;
    *result = unbound ? object_vectorcall(method, args, nargs, NULL)
                      : object_vectorcall(method, args + 1, nargs - 1, NULL);
    decref(method);
    return 1;
}

static PyObject *
call_reduce(Pickler *self, PyObject *op)
{
    PyObject *protocol = int_from_i64(self->protocol), *result = NULL;
    int found = protocol != NULL ? call_if_found(op, ID(__reduce_ex__), protocol, &result) : -1;
    xdecref(protocol);
    if (found == 0) {
        found = call_if_found(op, ID(__reduce__), NULL, &result);
    }
    if (found == 0) {
        error_format(self->state->pickling_error, "Can't pickle %T object", op);
    }
    return result;
}

// The reducer of op's type in the private table, or copyreg's: 1, 0, -1.
static int
find_reducer(Pickler *self, PyTypeObject *type, PyObject **function)
{
    if (self->table != NULL) {
        return mapping_getitem_optional(self->table, (PyObject *)type, function);
    }
    return dict_get(self->state->dispatch_table, (PyObject *)type, function);
}

// What a reducer gave, which is consumed.
static int
save_reduced_steal(Pickler *self, PyObject *op, PyObject *reduced)
{
    if (reduced == NULL) {
        return -1;
    }
    int status = -1;
    if (str_check(reduced)) {
        status = pickle_save_global(self, op, reduced);
        decref(reduced);
        return status;
    }
    if (!tuple_check(reduced)) {
        error_format(self->state->pickling_error,
                     "__reduce__ must return a string or tuple, not %T", reduced);
    }
    else {
        status = pickle_save_reduce(self, reduced, op);
    }
    decref(reduced);
    return status < 0 ? pickle_note("when serializing %T object", op) : 0;
}

// Objects that the format has no code for.
static int
save_other(Pickler *self, PyObject *op, PyTypeObject *type)
{
    if (self->reducer_override != NULL) {
        PyObject *reduced = object_call_onearg(self->reducer_override, op);
        if (reduced != Py_NotImplemented) {
            return save_reduced_steal(self, op, reduced);
        }
        decref(reduced);
    }
    if (type == &PyType_Type) {
        return pickle_save_type(self, op);
    }
    if (type == &PyFunction_Type) {
        return pickle_save_global(self, op, NULL);
    }
    PyObject *function;
    int found = find_reducer(self, type, &function);
    if (found > 0) {
        PyObject *reduced = object_call_onearg(function, op);
        decref(function);
        return save_reduced_steal(self, op, reduced);
    }
    if (found < 0) {
        return -1;
    }
    if (type_is_subtype(type, &PyType_Type)) {
        return pickle_save_global(self, op, NULL);
    }
    return save_reduced_steal(self, op, call_reduce(self, op));
}

// ---- the way of an object ----

// Immutable objects without items, before the memo (1: op was one).
static int
save_atom(Pickler *self, PyObject *op, PyTypeObject *type)
{
    int status;
    if (op == Py_None) {
        status = pickle_write_code(self, OP_NONE);
    }
    else if (type == &PyBool_Type) {
        bool truth = op == Py_True;
        status = self->protocol >= 2
                     ? pickle_write_code(self, truth ? OP_NEWTRUE : OP_NEWFALSE)
                     : pickle_write(self, truth ? "I01\n" : "I00\n", 4);
    }
    else if (type == &PyLong_Type) {
        status = pickle_save_int(self, op);
    }
    else if (type == &PyFloat_Type) {
        status = pickle_save_float(self, op);
    }
    else {
        return 0;
    }
    return status < 0 ? -1 : 1;
}

static int
save_container(Pickler *self, PyObject *op, PyTypeObject *type)
{
    if (type == &PyDict_Type) {
        return pickle_save_dict(self, op);
    }
    if (type == &PyList_Type) {
        return pickle_save_list(self, op);
    }
    if (type == &PyTuple_Type) {
        return pickle_save_tuple(self, op);
    }
    if (type == &PySet_Type) {
        return pickle_save_set(self, op);
    }
    if (type == &PyFrozenSet_Type) {
        return pickle_save_frozenset(self, op);
    }
    if (type == &PyByteArray_Type) {
        return pickle_save_bytearray(self, op);
    }
    if (type == &pickle_buffer_type) {
        return pickle_save_buffer(self, op);
    }
    return save_other(self, op, type);
}

int
pickle_save(Pickler *self, PyObject *op, bool with_persistent_id)
{
    if (pickle_boundary(self) < 0) {
        return -1;
    }
    if (with_persistent_id && self->get_persistent_id != NULL) {
        int status = try_persistent_id(self, op);
        if (status != 0) {
            return status < 0 ? -1 : 0;
        }
    }
    PyTypeObject *type = type_of(op);
    int status = save_atom(self, op, type);
    if (status != 0) {
        return status < 0 ? -1 : 0;
    }
    Py_ssize_t number = memo_get(&self->memo, op);
    if (number >= 0) {
        return pickle_write_get(self, number);
    }
    if (type == &PyUnicode_Type) {
        return pickle_save_str(self, op);
    }
    if (type == &PyBytes_Type) {
        return pickle_save_bytes(self, op);
    }
    if (thread_enter_c(" while pickling an object") < 0) {
        return -1;
    }
    status = save_container(self, op, type);
    thread_leave_c();
    return status;
}
