// The iterator over __getitem__, and iter(callable, sentinel).
//
// Threading: positions are relaxed atomics; what is walked over is held as container.h
// describes.
#include "objects/seqiter.h"

#include "base/hooks.h"
#include "objects/call.h"
#include "objects/container.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/iter.h"
#include "objects/mapping.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

PyObject *
iterator_builtin(PyObject *name)
{
    // Those of the running code, which may be any mapping.
    PyObject *builtins = NULL;
    if (hooks.frame_builtins_borrow != NULL) {
        builtins = hooks.frame_builtins_borrow(thread_current());
    }
    if (builtins == NULL) {
        builtins = interpreter_roots()->builtins;
    }
    PyObject *function;
    if (mapping_getitem_optional(builtins, name, &function) == 0) {
        error_set_object(PyExc_AttributeError, name);
    }
    return function;
}

// ---- Sequences ----

typedef struct SeqIter {
    PyObject ob_base;
    Py_ssize_t pos;         // atomic: relaxed; next index
    PyObject *sequence;     // atomic: owned, NULL at the end
} SeqIter;

PyObject *
seqiter_new(PyObject *sequence)
{
    SeqIter *it = (SeqIter *)heap_new_object(&PySeqIter_Type, sizeof(SeqIter));
    if (it == NULL) {
        return NULL;
    }
    it->pos = 0;
    it->sequence = new_ref(sequence);
    gc_track(it);
    return (PyObject *)it;
}

static void
seqiter_dealloc(PyObject *self)
{
    gc_untrack(self);
    xdecref(((SeqIter *)self)->sequence);
    heap_free(self);
}

static int
seqiter_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *sequence = ((SeqIter *)self)->sequence;
    return sequence == NULL ? 0 : visit(sequence, arg);
}

static PyObject *
seqiter_next(PyObject *self)
{
    SeqIter *it = (SeqIter *)self;
    PyObject *sequence = iterator_hold(&it->sequence);
    if (sequence == NULL) {
        return NULL;
    }
    PyObject *item = NULL;
    Py_ssize_t pos = atomic_load_relaxed_ssize(&it->pos);
    if (pos == PY_SSIZE_T_MAX) {
        error_set(PyExc_OverflowError, "iter index too large");
    }
    else {
        item = sequence_getitem(sequence, pos);
    }
    if (item != NULL) {
        atomic_store_relaxed_ssize(&it->pos, pos + 1);
    }
    else if (error_matches(PyExc_IndexError) || error_matches(PyExc_StopIteration)) {
        error_clear();
        iterator_finish(it, &it->sequence);
    }
    decref(sequence);
    return item;
}

static PyObject *
seqiter_length_hint(PyObject *self, PyObject *unused)
{
    (void)unused;
    SeqIter *it = (SeqIter *)self;
    PyObject *sequence = iterator_hold(&it->sequence);
    if (sequence == NULL) {
        return int_from_i64(0);
    }
    Py_ssize_t length = -2;
    PyTypeObject *type = type_of(sequence);
    if ((type->tp_as_sequence != NULL && type->tp_as_sequence->sq_length != NULL) ||
        (type->tp_as_mapping != NULL && type->tp_as_mapping->mp_length != NULL)) {
        length = object_length(sequence);
    }
    decref(sequence);
    if (length < 0) {
        return length == -2 ? Py_NotImplemented : NULL;
    }
    Py_ssize_t left = length - atomic_load_relaxed_ssize(&it->pos);
    return int_from_ssize(left < 0 ? 0 : left);
}

static PyObject *
seqiter_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    SeqIter *it = (SeqIter *)self;
    // Looking up the builtin may run Python code that uses up the iterator: so it comes first.
    PyObject *builtin = iterator_builtin(ID(iter));
    if (builtin == NULL) {
        return NULL;
    }
    PyObject *sequence = iterator_hold(&it->sequence);
    PyObject *args = tuple_pack(1, sequence == NULL ? tuple_empty() : sequence);
    PyObject *result = NULL;
    if (args != NULL && sequence == NULL) {
        result = tuple_pack(2, builtin, args);
    }
    else if (args != NULL) {
        PyObject *pos = int_from_ssize(it->pos);
        result = pos == NULL ? NULL : tuple_pack(3, builtin, args, pos);
        xdecref(pos);
    }
    xdecref(args);
    xdecref(sequence);
    decref(builtin);
    return result;
}

static PyObject *
seqiter_setstate(PyObject *self, PyObject *state)
{
    Py_ssize_t pos = number_as_ssize(state, PyExc_OverflowError);
    if (pos == -1 && error_occurred()) {
        return NULL;
    }
    SeqIter *it = (SeqIter *)self;
    if (atomic_load_acquire_ptr(&it->sequence) != NULL) {
        atomic_store_relaxed_ssize(&it->pos, pos < 0 ? 0 : pos);
    }
    return Py_None;
}

static PyMethodDef seqiter_methods[] = {
    {"__length_hint__", seqiter_length_hint, METH_NOARGS,
     "Private method returning an estimate of len(list(it))."},
    {"__reduce__", seqiter_reduce, METH_NOARGS, "Return state information for pickling."},
    {"__setstate__", seqiter_setstate, METH_O, "Set state information for unpickling."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PySeqIter_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "iterator",
    .tp_basicsize = sizeof(SeqIter),
    .tp_dealloc = seqiter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = seqiter_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = seqiter_next,
    .tp_methods = seqiter_methods,
    .tp_free = heap_free,
};

// ---- iter(callable, sentinel) ----

typedef struct CallIter {
    PyObject ob_base;
    PyObject *callable;     // atomic: owned, NULL at the end
    PyObject *sentinel;     // atomic: owned, NULL at the end
} CallIter;

PyObject *
call_iter_new(PyObject *callable, PyObject *sentinel)
{
    CallIter *it = (CallIter *)heap_new_object(&PyCallIter_Type, sizeof(CallIter));
    if (it == NULL) {
        return NULL;
    }
    it->callable = new_ref(callable);
    it->sentinel = new_ref(sentinel);
    gc_track(it);
    return (PyObject *)it;
}

static void
call_iter_dealloc(PyObject *self)
{
    gc_untrack(self);
    xdecref(((CallIter *)self)->callable);
    xdecref(((CallIter *)self)->sentinel);
    heap_free(self);
}

static int
call_iter_traverse(PyObject *self, visitproc visit, void *arg)
{
    CallIter *it = (CallIter *)self;
    int status = it->callable == NULL ? 0 : visit(it->callable, arg);
    return status != 0 || it->sentinel == NULL ? status : visit(it->sentinel, arg);
}

static void
call_iter_finish(CallIter *it)
{
    iterator_finish(it, &it->callable);
    iterator_finish(it, &it->sentinel);
}

static PyObject *
call_iter_next(PyObject *self)
{
    CallIter *it = (CallIter *)self;
    PyObject *callable = iterator_hold(&it->callable);
    if (callable == NULL) {
        return NULL;
    }
    PyObject *result = object_call_noargs(callable);
    decref(callable);
    if (result == NULL) {
        if (error_clear_if(PyExc_StopIteration)) {
            call_iter_finish(it);
        }
        return NULL;
    }
    // The call may have ended the iteration by calling next() itself.
    PyObject *sentinel = iterator_hold(&it->sentinel);
    int equal = sentinel == NULL ? 1 : object_richcompare_bool(sentinel, result, Py_EQ);
    xdecref(sentinel);
    if (equal == 0) {
        return result;
    }
    decref(result);
    if (equal > 0) {
        call_iter_finish(it);
    }
    return NULL;
}

static PyObject *
call_iter_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    CallIter *it = (CallIter *)self;
    PyObject *builtin = iterator_builtin(ID(iter));
    if (builtin == NULL) {
        return NULL;
    }
    PyObject *callable = iterator_hold(&it->callable);
    PyObject *sentinel = iterator_hold(&it->sentinel);
    PyObject *args = callable == NULL || sentinel == NULL ? tuple_pack(1, tuple_empty())
                                                          : tuple_pack(2, callable, sentinel);
    xdecref(callable);
    xdecref(sentinel);
    if (args == NULL) {
        decref(builtin);
        return NULL;
    }
    return tuple_pair_steal(builtin, args);
}

static PyMethodDef call_iter_methods[] = {
    {"__reduce__", call_iter_reduce, METH_NOARGS, "Return state information for pickling."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyCallIter_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "callable_iterator",
    .tp_basicsize = sizeof(CallIter),
    .tp_dealloc = call_iter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = call_iter_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = call_iter_next,
    .tp_methods = call_iter_methods,
    .tp_free = heap_free,
};
