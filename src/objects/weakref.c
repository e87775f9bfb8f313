// Weak references: the lists, the type weakref.ReferenceType, clearing.
//
// Order in a list: the basic reference (exact type, no callback), the basic proxy, all others, newest
// first. A dead reference has wr_object None and is in no list.
//
// Threading: weakref.h. While a list lock is held nothing is allocated or given up.
#include "objects/weakref.h"

#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref_internal.h"
#include "thread/mutex.h"

#define REF(op) ((PyWeakReference *)(op))

// ---- lists ----

static PyMutex *
list_lock(PyObject *op)
{
    return &interpreter_roots()->weakref_locks[((uintptr_t)op >> 4) % WEAKREF_LOCKS];
}

// The word with the first reference; NULL when op can have none, or none yet and not `create` (an
// exception is set only when memory is out).
static PyWeakReference **
list_word(PyObject *op, bool create)
{
    PyTypeObject *type = type_of(op);
    if (type_has_feature(type, Py_TPFLAGS_MANAGED_WEAKREF)) {
        ObjectExtra *extra = create ? attributes_ensure_extra(op) : attributes_extra(op);
        return extra == NULL ? NULL : (PyWeakReference **)&extra->weaklist;
    }
    if (type->tp_weaklistoffset <= 0) {
        return NULL;
    }
    return (PyWeakReference **)((char *)op + type->tp_weaklistoffset);
}

// Takes wr out of the list of its object, which becomes None.
static void
unlink_lock_held(PyWeakReference *wr)
{
    if (wr->wr_object == Py_None) {
        return;
    }
    PyWeakReference **word = list_word(wr->wr_object, false);
    if (word != NULL && *word == wr) {
        *word = wr->wr_next;
    }
    if (wr->wr_prev != NULL) {
        wr->wr_prev->wr_next = wr->wr_next;
    }
    if (wr->wr_next != NULL) {
        wr->wr_next->wr_prev = wr->wr_prev;
    }
    wr->wr_prev = NULL;
    wr->wr_next = NULL;
    atomic_store_release_ptr(&wr->wr_object, Py_None);
}

static void
insert_lock_held(PyWeakReference **word, PyWeakReference *after, PyWeakReference *wr)
{
    PyWeakReference *next = after == NULL ? *word : after->wr_next;
    wr->wr_prev = after;
    wr->wr_next = next;
    if (next != NULL) {
        next->wr_prev = wr;
    }
    if (after == NULL) {
        *word = wr;
    }
    else {
        after->wr_next = wr;
    }
}

static bool
is_basic_ref(const PyWeakReference *wr)
{
    return wr != NULL && type_of(wr) == &_PyWeakref_RefType && wr->wr_callback == NULL;
}

static bool
is_basic_proxy(const PyWeakReference *wr)
{
    return wr != NULL && wr->wr_callback == NULL && weakref_check_proxy((PyObject *)wr);
}

// The shared reference of this type, or NULL; *after is where a new one goes.
static PyWeakReference *
find_basic_lock_held(PyWeakReference *first, PyTypeObject *type, bool sharable,
                     PyWeakReference **after)
{
    PyWeakReference *ref = is_basic_ref(first) ? first : NULL;
    PyWeakReference *candidate = ref == NULL ? first : ref->wr_next;
    PyWeakReference *proxy = is_basic_proxy(candidate) ? candidate : NULL;
    if (sharable && type == &_PyWeakref_RefType) {
        *after = NULL;
        return ref;
    }
    if (sharable) {
        *after = ref;
        return proxy;
    }
    *after = proxy != NULL ? proxy : ref;
    return NULL;
}

// ---- making ----

static PyObject *weakref_vectorcall(PyObject *op, PyObject *const *args, size_t nargsf,
                                    PyObject *kwnames);

static PyWeakReference *
ref_alloc(PyTypeObject *type, PyObject *op, PyObject *callback, PyMutex *lock)
{
    PyWeakReference *wr = (PyWeakReference *)type->tp_alloc(type, 0);
    if (wr != NULL) {
        wr->wr_object = op;
        wr->wr_callback = xnew_ref(callback);
        wr->hash = -1;
        wr->vectorcall = weakref_vectorcall;
        wr->weakrefs_lock = lock;
    }
    return wr;
}

PyObject *
weakref_make(PyTypeObject *type, PyObject *op, PyObject *callback)
{
    if (type_of(op)->tp_weaklistoffset == 0) {
        return error_format(PyExc_TypeError, "cannot create weak reference to '%s' object",
                            type_of(op)->tp_name);
    }
    if (callback == Py_None) {
        callback = NULL;
    }
    PyWeakReference **word = list_word(op, true);
    if (word == NULL) {
        return NULL;
    }
    bool sharable = callback == NULL && (type == &_PyWeakref_RefType ||
                                         type == &_PyWeakref_ProxyType ||
                                         type == &_PyWeakref_CallableProxyType);
    PyMutex *lock = list_lock(op);
    PyWeakReference *after;
    if (sharable) {
        mutex_lock(lock);
        PyWeakReference *basic = find_basic_lock_held(*word, type, true, &after);
        if (basic != NULL && !refcount_try_incref((PyObject *)basic)) {
            basic = NULL;       // about to unlink itself
        }
        mutex_unlock(lock);
        if (basic != NULL) {
            return (PyObject *)basic;
        }
    }
    PyWeakReference *wr = ref_alloc(type, op, callback, lock);
    if (wr == NULL) {
        return NULL;
    }
    refcount_enable_try(op);
    refcount_enable_try((PyObject *)wr);
    mutex_lock(lock);
    PyWeakReference *basic = find_basic_lock_held(*word, type, sharable, &after);
    if (basic != NULL && !refcount_try_incref((PyObject *)basic)) {
        basic = NULL;
    }
    if (basic == NULL) {
        insert_lock_held(word, after, wr);
    }
    else {
        wr->wr_object = Py_None;    // somebody was faster
    }
    mutex_unlock(lock);
    if (basic != NULL) {
        decref(wr);
        return (PyObject *)basic;
    }
    return (PyObject *)wr;
}

PyObject *
weakref_new(PyObject *op, PyObject *callback)
{
    return weakref_make(&_PyWeakref_RefType, op, callback);
}

PyObject *
weakref_new_proxy(PyObject *op, PyObject *callback)
{
    return weakref_make(object_callable(op) ? &_PyWeakref_CallableProxyType : &_PyWeakref_ProxyType,
                        op, callback);
}

// ---- the object ----

PyObject *
weakref_object(PyObject *ref)
{
    PyObject *op = atomic_load_acquire_ptr(&REF(ref)->wr_object);
    if (op == Py_None || !refcount_try_incref(op)) {
        return NULL;
    }
    if (atomic_load_acquire_ptr(&REF(ref)->wr_object) == op) {
        return op;
    }
    decref(op);
    return NULL;
}

int
weakref_get(PyObject *ref, PyObject **object)
{
    *object = NULL;
    if (ref == NULL || !weakref_check(ref)) {
        error_set(PyExc_TypeError, "expected a weakref");
        return -1;
    }
    *object = weakref_object(ref);
    return *object != NULL;
}

// ---- clearing ----

static void
run_callback(PyObject *ref, PyObject *callback)
{
    PyObject *result = object_call_onearg(callback, ref);
    if (result == NULL) {
        error_format_unraisable("Exception ignored while calling weakref callback %R", callback);
    }
    xdecref(result);
}

// Empties the list of op. References with callbacks that are still alive come back as a chain through
// wr_next, each with a reference owned by the caller.
static PyWeakReference *
take_all(PyObject *op)
{
    PyWeakReference **word = list_word(op, false);
    if (word == NULL || *word == NULL) {
        return NULL;
    }
    PyMutex *lock = list_lock(op);
    PyWeakReference *chain = NULL;
    PyWeakReference **tail = &chain;
    mutex_lock(lock);
    while (*word != NULL) {
        PyWeakReference *wr = *word;
        unlink_lock_held(wr);
        if (wr->wr_callback != NULL && refcount_try_incref((PyObject *)wr)) {
            *tail = wr;
            tail = &wr->wr_next;
        }
    }
    mutex_unlock(lock);
    return chain;
}

void
weakref_clear_all(PyObject *op)
{
    PyWeakReference *wr = take_all(op);
    if (wr == NULL) {
        return;
    }
    PyObject *saved = error_take();
    while (wr != NULL) {
        PyWeakReference *next = wr->wr_next;
        wr->wr_next = NULL;
        PyObject *callback = atomic_exchange_ptr(&wr->wr_callback, (PyObject *)NULL);
        if (callback != NULL) {
            run_callback((PyObject *)wr, callback);
            decref(callback);
        }
        decref(wr);
        wr = next;
    }
    error_restore_steal(saved);
}

void
weakref_clear_no_callbacks(PyObject *op)
{
    PyWeakReference *wr = take_all(op);
    while (wr != NULL) {
        PyWeakReference *next = wr->wr_next;
        wr->wr_next = NULL;
        decref(wr);
        wr = next;
    }
}

int
weakref_clear_for_gc(PyObject *op, bool (*is_unreachable)(PyObject *), PyObject *pending)
{
    PyWeakReference *wr = take_all(op);
    int result = 0;
    while (wr != NULL) {
        PyWeakReference *next = wr->wr_next;
        wr->wr_next = NULL;
        if (result == 0 && !is_unreachable((PyObject *)wr)) {
            result = list_append(pending, (PyObject *)wr);
        }
        decref(wr);
        wr = next;
    }
    return result;
}

void
weakref_detach(PyObject *ref)
{
    PyMutex *lock = REF(ref)->weakrefs_lock;
    if (lock != NULL) {
        mutex_lock(lock);
        unlink_lock_held(REF(ref));
        mutex_unlock(lock);
    }
}

void
weakref_run_callback(PyObject *ref)
{
    PyObject *callback = atomic_exchange_ptr(&REF(ref)->wr_callback, (PyObject *)NULL);
    if (callback != NULL) {
        run_callback(ref, callback);
        decref(callback);
    }
}

// ---- looking at lists ----

PyObject *
weakref_first(PyObject *op)
{
    PyWeakReference **word = list_word(op, false);
    if (word == NULL) {
        return NULL;
    }
    PyMutex *lock = list_lock(op);
    mutex_lock(lock);
    PyWeakReference *wr = *word;
    while (wr != NULL && !refcount_try_incref((PyObject *)wr)) {
        wr = wr->wr_next;
    }
    mutex_unlock(lock);
    return (PyObject *)wr;
}

Py_ssize_t
weakref_count(PyObject *op)
{
    PyWeakReference **word = list_word(op, false);
    Py_ssize_t n = 0;
    if (word != NULL) {
        PyMutex *lock = list_lock(op);
        mutex_lock(lock);
        for (PyWeakReference *wr = *word; wr != NULL; wr = wr->wr_next) {
            if (refcount_get((PyObject *)wr) > 0) {
                n++;
            }
        }
        mutex_unlock(lock);
    }
    return n;
}

PyObject *
weakref_list(PyObject *op)
{
    // References are collected under the lock into space made before; when more have come
    // meanwhile, it is done again with more space.
    for (;;) {
        Py_ssize_t room = weakref_count(op);
        PyObject *list = list_new(room);
        if (list == NULL || room == 0) {
            return list;
        }
        PyWeakReference **word = list_word(op, false);
        PyMutex *lock = list_lock(op);
        Py_ssize_t n = 0;
        mutex_lock(lock);
        PyWeakReference *wr = *word;
        for (; wr != NULL && n < room; wr = wr->wr_next) {
            if (refcount_try_incref((PyObject *)wr)) {
                list_set_item_steal(list, n++, (PyObject *)wr);
            }
        }
        mutex_unlock(lock);
        if (n < room) {
            for (Py_ssize_t i = n; i < room; i++) {
                list_set_item_steal(list, i, new_ref(Py_None));
            }
            if (list_set_slice(list, n, room, NULL) < 0) {
                clear_ref(list);
            }
            return list;
        }
        if (wr == NULL) {
            return list;
        }
        decref(list);
    }
}

// ---- the type ----

void
weakref_clear_self(PyObject *op)
{
    PyWeakReference *wr = REF(op);
    PyObject *callback = NULL;
    if (wr->weakrefs_lock != NULL) {
        mutex_lock(wr->weakrefs_lock);
        unlink_lock_held(wr);
        callback = atomic_exchange_ptr(&wr->wr_callback, (PyObject *)NULL);
        mutex_unlock(wr->weakrefs_lock);
    }
    xdecref(callback);
}

void
weakref_dealloc(PyObject *op)
{
    gc_untrack(op);
    weakref_clear_self(op);
    type_of(op)->tp_free(op);
}

int
weakref_traverse(PyObject *op, visitproc visit, void *arg)
{
    return REF(op)->wr_callback == NULL ? 0 : visit(REF(op)->wr_callback, arg);
}

int
weakref_clear(PyObject *op)
{
    weakref_clear_self(op);
    return 0;
}

static PyObject *
weakref_type_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *op, *callback = NULL;
    if (type == &_PyWeakref_RefType && !args_no_keywords("ref", kwargs)) {
        return NULL;
    }
    if (!args_unpack_tuple(args, "__new__", 1, 2, &op, &callback)) {
        return NULL;
    }
    return weakref_make(type, op, callback);
}

static int
weakref_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    (void)op;
    PyObject *object, *callback = NULL;
    if (type_of(op) == &_PyWeakref_RefType && !args_no_keywords("ref", kwargs)) {
        return -1;
    }
    return args_unpack_tuple(args, "__init__", 1, 2, &object, &callback) ? 0 : -1;
}

static PyObject *
weakref_vectorcall(PyObject *op, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    (void)args;
    if (!args_no_kwnames("weakref", kwnames) ||
        !args_check_positional("weakref", vectorcall_nargs(nargsf), 0, 0)) {
        return NULL;
    }
    PyObject *object = weakref_object(op);
    return object == NULL ? new_ref(Py_None) : object;
}

static Py_hash_t
weakref_hash(PyObject *op)
{
    PyWeakReference *wr = REF(op);
    Py_hash_t hash = atomic_load_relaxed_ssize(&wr->hash);
    if (hash != -1) {
        return hash;
    }
    PyObject *object = weakref_object(op);
    if (object == NULL) {
        error_set(PyExc_TypeError, "weak object has gone away");
        return -1;
    }
    hash = object_hash(object);
    decref(object);
    atomic_store_relaxed_ssize(&wr->hash, hash);
    return hash;
}

static PyObject *
weakref_repr(PyObject *op)
{
    PyObject *object = weakref_object(op);
    if (object == NULL) {
        return str_format("<weakref at %p; dead>", (void *)op);
    }
    PyObject *name;
    if (object_getattr_optional(object, ID(__name__), &name) < 0) {
        error_clear();      // the name is only a courtesy
    }
    PyObject *result = name == NULL || !str_check(name)
        ? str_format("<weakref at %p; to '%T' at %p>", (void *)op, object, (void *)object)
        : str_format("<weakref at %p; to '%T' at %p (%U)>", (void *)op, object, (void *)object,
                     name);
    xdecref(name);
    decref(object);
    return result;
}

// Live references compare as their objects, dead ones by identity.
static PyObject *
weakref_richcompare(PyObject *a, PyObject *b, int op)
{
    if ((op != Py_EQ && op != Py_NE) || !weakref_check_ref(a) || !weakref_check_ref(b)) {
        return new_ref(Py_NotImplemented);
    }
    PyObject *x = weakref_object(a);
    PyObject *y = weakref_object(b);
    PyObject *result;
    if (x == NULL || y == NULL) {
        result = new_ref((a == b) == (op == Py_EQ) ? Py_True : Py_False);
    }
    else {
        result = object_richcompare(x, y, op);
    }
    xdecref(x);
    xdecref(y);
    return result;
}

static PyObject *
get_callback(PyObject *op, void *closure)
{
    (void)closure;
    PyObject *callback = NULL;
    PyMutex *lock = REF(op)->weakrefs_lock;
    if (lock != NULL) {
        mutex_lock(lock);
        callback = xnew_ref(REF(op)->wr_callback);
        mutex_unlock(lock);
    }
    return callback == NULL ? new_ref(Py_None) : callback;
}

static PyMethodDef weakref_methods[] = {
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef weakref_getsets[] = {
    {"__callback__", get_callback, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject _PyWeakref_RefType = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "weakref.ReferenceType",
    .tp_basicsize = sizeof(PyWeakReference),
    .tp_dealloc = weakref_dealloc,
    .tp_vectorcall_offset = offsetof(PyWeakReference, vectorcall),
    .tp_repr = weakref_repr,
    .tp_hash = weakref_hash,
    .tp_call = vectorcall_call,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                Py_TPFLAGS_BASETYPE,
    .tp_traverse = weakref_traverse,
    .tp_clear = weakref_clear,
    .tp_richcompare = weakref_richcompare,
    .tp_methods = weakref_methods,
    .tp_getset = weakref_getsets,
    .tp_init = weakref_init,
    .tp_alloc = type_alloc,
    .tp_new = weakref_type_new,
    .tp_free = heap_free,
};
