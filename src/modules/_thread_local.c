// _thread._local: attributes that are different in every thread.
//
// A local owns a table from the serial number of a thread state to that thread's dict. All locals
// of the process are in one list, so that a thread that ends can take its dicts out.
//
// Threading: tables are guarded by `locals.lock`, held briefly; the dicts are dicts. The collector
// reads tables with the world stopped.

#include "memory/alloc.h"
#include "memory/heap.h"
#include "modules/_thread_types.h"
#include "objects/attributes.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "runtime/threads.h"
#include "thread/runtime.h"

typedef struct Entry {
    Thread *owner;              // NULL: free
    PyObject *dict;
} Entry;

typedef struct LocalObject {
    PyObject ob_base;
    PyObject *args;             // immutable: for __init__ in other threads
    PyObject *kwargs;           // immutable
    PyObject *weakrefs;         // lock: that of weak references
    Entry *entries;             // lock: locals.lock
    size_t count;               // lock: locals.lock; entries below may be free
    size_t capacity;            // lock: locals.lock
    struct LocalObject *next;   // lock: locals.lock
    struct LocalObject *prev;   // lock: locals.lock
} LocalObject;

static struct {
    PyMutex lock;
    LocalObject *first;         // lock: lock
} locals;

// ---- tables ----

static Entry *
entry_find_lock_held(LocalObject *self, Thread *owner)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->entries[i].owner == owner) {
            return &self->entries[i];
        }
    }
    return NULL;
}

// Consumes dict on success. False when memory is out.
static bool
entry_add_steal(LocalObject *self, Thread *owner, PyObject *dict)
{
    mutex_lock_brief(&locals.lock);
    Entry *entry = entry_find_lock_held(self, NULL);
    if (entry == NULL) {
        if (self->count == self->capacity) {
            size_t capacity = self->capacity != 0 ? self->capacity * 2 : 2;
            Entry *entries = mem_realloc_array(self->entries, capacity, sizeof *entries);
            if (entries == NULL) {
                mutex_unlock(&locals.lock);
                return false;
            }
            self->entries = entries;
            self->capacity = capacity;
        }
        entry = &self->entries[self->count++];
    }
    *entry = (Entry){owner, dict};
    mutex_unlock(&locals.lock);
    return true;
}

static PyObject *
entry_take(LocalObject *self, Thread *owner)
{
    PyObject *dict = NULL;
    mutex_lock_brief(&locals.lock);
    Entry *entry = entry_find_lock_held(self, owner);
    if (entry != NULL) {
        dict = entry->dict;
        *entry = (Entry){NULL, NULL};
    }
    mutex_unlock(&locals.lock);
    return dict;
}

// A thread ends: its dicts go, one after the other, as their destructors may use locals.
static void
release_thread(Thread *ts)
{
    for (;;) {
        PyObject *dict = NULL;
        mutex_lock_brief(&locals.lock);
        for (LocalObject *self = locals.first; self != NULL && dict == NULL; self = self->next) {
            Entry *entry = entry_find_lock_held(self, ts);
            if (entry != NULL) {
                dict = entry->dict;
                *entry = (Entry){NULL, NULL};
            }
        }
        mutex_unlock(&locals.lock);
        if (dict == NULL) {
            return;
        }
        decref(dict);
    }
}

void
thread_local_init(void)
{
    python_thread_at_exit(release_thread);
}

// The dict of this thread, new reference; made, and __init__ called, on first use.
static PyObject *
local_dict(LocalObject *self)
{
    Thread *ts = thread_current();
    mutex_lock_brief(&locals.lock);
    Entry *entry = entry_find_lock_held(self, ts);
    PyObject *dict = entry != NULL ? new_ref(entry->dict) : NULL;
    mutex_unlock(&locals.lock);
    if (dict != NULL) {
        return dict;
    }
    dict = dict_new();
    if (dict == NULL) {
        return NULL;
    }
    if (!entry_add_steal(self, ts, new_ref(dict))) {
        decref(dict);
        decref(dict);
        return error_no_memory();
    }
    initproc init = type_of(self)->tp_init;
    if (init != NULL && init != PyBaseObject_Type.tp_init &&
        init(&self->ob_base, self->args, self->kwargs) < 0) {
        xdecref(entry_take(self, ts));
        decref(dict);
        return NULL;
    }
    return dict;
}

// ---- the type ----

static PyObject *
local_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    bool any = ((PyVarObject *)args)->ob_size != 0 || (kwargs != NULL && dict_size(kwargs) != 0);
    if (any && type->tp_init == PyBaseObject_Type.tp_init) {
        return error_set(PyExc_TypeError, "Initialization arguments are not supported");
    }
    LocalObject *self = (LocalObject *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->args = new_ref(args);
    self->kwargs = xnew_ref(kwargs);
    mutex_lock_brief(&locals.lock);
    self->next = locals.first;
    if (locals.first != NULL) {
        locals.first->prev = self;
    }
    locals.first = self;
    mutex_unlock(&locals.lock);
    // The creating thread's dict: its __init__ is called by type.__call__.
    PyObject *dict = dict_new();
    if (dict == NULL || !entry_add_steal(self, thread_current(), dict)) {
        xdecref(dict);
        decref(self);
        return error_no_memory();
    }
    return &self->ob_base;
}

static int
local_traverse(PyObject *op, visitproc visit, void *arg)
{
    LocalObject *self = (LocalObject *)op;
    int result = 0;
    if (self->args != NULL) {
        result = visit(self->args, arg);
    }
    if (result == 0 && self->kwargs != NULL) {
        result = visit(self->kwargs, arg);
    }
    for (size_t i = 0; i < self->count && result == 0; i++) {
        if (self->entries[i].owner != NULL) {
            result = visit(self->entries[i].dict, arg);
        }
    }
    return result;
}

static int
local_clear(PyObject *op)
{
    LocalObject *self = (LocalObject *)op;
    clear_ref(self->args);
    clear_ref(self->kwargs);
    mutex_lock_brief(&locals.lock);
    Entry *entries = self->entries;
    size_t count = self->count;
    self->entries = NULL;
    self->count = self->capacity = 0;
    mutex_unlock(&locals.lock);
    for (size_t i = 0; i < count; i++) {
        xdecref(entries[i].dict);
    }
    mem_free(entries);
    return 0;
}

static void
local_dealloc(PyObject *op)
{
    LocalObject *self = (LocalObject *)op;
    gc_untrack(op);
    if (self->weakrefs != NULL) {
        weakref_clear_all(op);
    }
    mutex_lock_brief(&locals.lock);
    if (self->prev != NULL) {
        self->prev->next = self->next;
    }
    else {
        locals.first = self->next;
    }
    if (self->next != NULL) {
        self->next->prev = self->prev;
    }
    mutex_unlock(&locals.lock);
    local_clear(op);
    type_of(op)->tp_free(op);
}

static PyObject *
local_getattro(PyObject *op, PyObject *name)
{
    PyObject *dict = local_dict((LocalObject *)op);
    if (dict == NULL) {
        return NULL;
    }
    if (str_check_exact(name) && str_equal_cstr(name, "__dict__")) {
        return dict;
    }
    PyObject *result = object_generic_getattr_with_dict(op, name, dict, false);
    decref(dict);
    return result;
}

static int
local_setattro(PyObject *op, PyObject *name, PyObject *value)
{
    PyObject *dict = local_dict((LocalObject *)op);
    if (dict == NULL) {
        return -1;
    }
    int result = object_richcompare_bool(name, ID(__dict__), Py_EQ);
    if (result > 0) {
        error_format(PyExc_AttributeError, "'%.100s' object attribute '%S' is read-only",
                     type_of(op)->tp_name, name);
        result = -1;
    }
    else if (result == 0) {
        result = object_generic_setattr_with_dict(op, name, value, dict);
    }
    decref(dict);
    return result;
}

PyTypeObject thread_local_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_thread._local",
    .tp_doc = "_local()\n--\n\nThread-local data",
    .tp_basicsize = sizeof(LocalObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_IMMUTABLETYPE,
    .tp_weaklistoffset = offsetof(LocalObject, weakrefs),
    .tp_new = local_new,
    .tp_dealloc = local_dealloc,
    .tp_traverse = local_traverse,
    .tp_clear = local_clear,
    .tp_getattro = local_getattro,
    .tp_setattro = local_setattro,
};
