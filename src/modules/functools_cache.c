// functools.lru_cache's wrapper.
//
// A bounded cache is a dict from keys to links, and a ring of the links in the order of their last use, the
// oldest behind the root. Both own the links. A link in the ring that the dict does not know (any more) is
// harmless: it goes when it has become the oldest.
//
// Threading: counters, dict and ring change under the wrapper's lock, which is never held while the
// user's function runs; two threads that miss the same key both call it, and the first result stays. Keys are
// compared under the lock, which is suspended when that runs Python code which blocks: ring and dict may
// then be found to differ.
#include "modules/functools_internal.h"

#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/container.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/method.h"
#include "objects/number.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/weakref.h"

typedef struct Link Link;

struct Link {
    PyObject ob_base;
    Link *prev;             // lock: the wrapper's; out of the ring: next of the links to give up
    Link *next;             // lock: the wrapper's; NULL when not in the ring
    Py_hash_t hash;         // lock: the wrapper's
    PyObject *key;          // lock: the wrapper's
    PyObject *result;       // lock: the wrapper's
};

typedef struct Cache Cache;

struct Cache {
    PyObject ob_base;
    Link root;              // lock: the object's; only prev and next are used
    Py_ssize_t maxsize;     // immutable; -1 for no limit
    PyObject *maxsize_object; // immutable
    PyObject *function;     // immutable
    PyObject *dict;         // immutable
    Py_ssize_t hits;        // lock: the object's
    Py_ssize_t misses;      // lock: the object's
    bool typed;             // immutable
    PyObject *info_type;    // immutable
    PyObject *attributes;   // the instance's __dict__, or NULL
    PyObject *weakrefs;
    vectorcallfunc vectorcall; // immutable
};

#define CACHE(op) ((Cache *)(op))

// ---- Links ----

NATIVE_LIFETIME(link, Link, 2, key, result)

PyTypeObject functools_lru_link_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "functools._lru_list_element",
    .tp_basicsize = sizeof(Link),
    .tp_dealloc = link_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
                Py_TPFLAGS_IMMUTABLETYPE,
    .tp_traverse = link_traverse,
    .tp_free = heap_free,
};

// The ring's reference goes to the caller.
static void
ring_remove(Link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->prev = link->next = NULL;
}

// Consumes a reference.
static void
ring_append(Cache *c, Link *link)
{
    link->prev = c->root.prev;
    link->next = &c->root;
    c->root.prev->next = link;
    c->root.prev = link;
}

// Takes a link out of the ring and puts it, with the ring's reference, before the links to give up once
// the lock is not held. Nobody else changes prev of a link that is not in the ring.
static void
ring_retire(Link *link, Link **retired)
{
    ring_remove(link);
    link->prev = *retired;
    *retired = link;
}

static void
retired_release(Link *link)
{
    while (link != NULL) {
        Link *next = link->prev;
        link->prev = NULL;
        decref(link);
        link = next;
    }
}

static Link *
ring_retire_all(Cache *c)
{
    Link *retired = NULL;
    while (c->root.next != NULL && c->root.next != &c->root) {
        ring_retire(c->root.next, &retired);
    }
    return retired;
}

// ---- Keys ----

// Stands between positional and keyword arguments in a key.
static PyObject keyword_mark = {
    .ob_ref_local = REF_IMMORTAL_LOCAL,
    .ob_type = &PyBaseObject_Type,
};

// A single argument that is an exact int or str is its own key; everything else a tuple, with the types
// behind the values when they matter.
static PyObject *
make_key(Cache *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    Py_ssize_t nkw = kwnames == NULL ? 0 : tuple_size(kwnames);
    if (!c->typed && nkw == 0 && nargs == 1 &&
        (str_check_exact(args[0]) || int_check_exact(args[0]))) {
        return new_ref(args[0]);
    }
    Py_ssize_t n = nargs + (nkw > 0 ? 1 + 2 * nkw : 0);
    PyObject *key = tuple_new(c->typed ? n + nargs + nkw : n);
    if (key == NULL) {
        return NULL;
    }
    Py_ssize_t at = 0;
    for (Py_ssize_t i = 0; i < nargs; i++) {
        tuple_set_item_steal(key, at++, new_ref(args[i]));
    }
    if (nkw > 0) {
        tuple_set_item_steal(key, at++, &keyword_mark);
    }
    for (Py_ssize_t i = 0; i < nkw; i++) {
        tuple_set_item_steal(key, at++, new_ref(tuple_item(kwnames, i)));
        tuple_set_item_steal(key, at++, new_ref(args[nargs + i]));
    }
    for (Py_ssize_t i = 0; c->typed && i < nargs + nkw; i++) {
        tuple_set_item_steal(key, at++, new_ref((PyObject *)type_of(args[i])));
    }
    return key;
}

// ---- Calls ----

static void
count_miss(Cache *c)
{
    CriticalSection cs;
    critical_section_begin(&cs, c);
    c->misses++;
    critical_section_end(&cs);
}

static PyObject *
uncached_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    count_miss(CACHE(self));
    return object_vectorcall(CACHE(self)->function, args, nargsf, kwnames);
}

static PyObject *
unbounded_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Cache *c = CACHE(self);
    PyObject *key = make_key(c, args, vectorcall_nargs(nargsf), kwnames);
    Py_hash_t hash = key == NULL ? -1 : object_hash(key);
    if (hash == -1) {
        xdecref(key);
        return NULL;
    }
    PyObject *result;
    int found = dict_get_hash(c->dict, key, hash, &result);
    if (found > 0) {
        CriticalSection cs;
        critical_section_begin(&cs, self);
        c->hits++;
        critical_section_end(&cs);
    }
    else if (found == 0) {
        count_miss(c);
        result = object_vectorcall(c->function, args, nargsf, kwnames);
        if (result != NULL && dict_set_hash(c->dict, key, hash, result) < 0) {
            clear_ref(result);
        }
    }
    decref(key);
    return result;
}

// A result that is cached already becomes the youngest: 1, 0, -1.
static int
bounded_lookup(Cache *c, PyObject *key, Py_hash_t hash, PyObject **result)
{
    PyObject *found_link;
    CriticalSection cs;
    critical_section_begin(&cs, c);
    int found = dict_get_hash(c->dict, key, hash, &found_link);
    if (found > 0) {
        Link *link = (Link *)found_link;
        if (link->next != NULL) {
            ring_remove(link);
            ring_append(c, link);
        }
        c->hits++;
        *result = new_ref(link->result);
    }
    else if (found == 0) {
        c->misses++;
    }
    critical_section_end(&cs);
    xdecref(found_link);
    return found;
}

static Link *
link_new(PyObject *key, Py_hash_t hash, PyObject *result)
{
    Link *link = (Link *)heap_new_object(&functools_lru_link_type, sizeof(Link));
    if (link != NULL) {
        link->prev = link->next = NULL;
        link->hash = hash;
        link->key = new_ref(key);
        link->result = new_ref(result);
        gc_track(link);
    }
    return link;
}

// Takes the oldest entry out of ring and dict: 0, or -1 with an exception (it is then kept).
static int
evict_lock_held(Cache *c, Link **retired)
{
    Link *oldest = c->root.next;
    ring_remove(oldest);
    PyObject *evicted = NULL;
    int status = dict_pop_hash(c->dict, oldest->key, oldest->hash, &evicted);
    ring_append(c, oldest);
    if (status < 0) {
        return -1;
    }
    // Not the oldest if that one was not in the dict, but another with an equal key.
    if (evicted != NULL && ((Link *)evicted)->next != NULL) {
        ring_retire((Link *)evicted, retired);
    }
    if (oldest->next != NULL && evicted != (PyObject *)oldest) {
        ring_retire(oldest, retired);
    }
    xdecref(evicted);
    return 0;
}

// Remembers a result, unless another call has done so meanwhile. 0 or -1.
static int
bounded_store(Cache *c, PyObject *key, Py_hash_t hash, PyObject *result)
{
    Link *link = link_new(key, hash, result);
    if (link == NULL) {
        return -1;
    }
    Link *retired = NULL;
    CriticalSection cs;
    critical_section_begin(&cs, c);
    int status = dict_contains_hash(c->dict, key, hash);
    if (status == 0) {
        while (status == 0 && dict_size(c->dict) >= c->maxsize && c->root.next != &c->root) {
            status = evict_lock_held(c, &retired);
        }
        if (status == 0) {
            status = dict_set_hash(c->dict, key, hash, (PyObject *)link);
        }
        if (status == 0) {
            ring_append(c, new_ref(link));
        }
    }
    critical_section_end(&cs);
    retired_release(retired);
    decref(link);
    return status < 0 ? -1 : 0;
}

static PyObject *
bounded_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Cache *c = CACHE(self);
    PyObject *key = make_key(c, args, vectorcall_nargs(nargsf), kwnames);
    Py_hash_t hash = key == NULL ? -1 : object_hash(key);
    if (hash == -1) {
        xdecref(key);
        return NULL;
    }
    PyObject *result = NULL;
    int found = bounded_lookup(c, key, hash, &result);
    if (found == 0) {
        result = object_vectorcall(c->function, args, nargsf, kwnames);
        if (result != NULL && bounded_store(c, key, hash, result) < 0) {
            clear_ref(result);
        }
    }
    decref(key);
    return result;
}

// ---- Making and ending ----

static PyObject *
cache_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"user_function", "maxsize", "typed", "cache_info_type",
                                           NULL};
    PyObject *function, *maxsize_object, *info_type;
    int typed;
    if (!args_parse_static(args, kwargs, "OOpO:lru_cache", keywords, &function, &maxsize_object,
                           &typed, &info_type)) {
        return NULL;
    }
    if (!object_callable(function)) {
        return error_set(PyExc_TypeError, "the first argument must be callable");
    }
    Py_ssize_t maxsize = -1;
    vectorcallfunc call = unbounded_call;
    if (maxsize_object != Py_None) {
        if (!index_check(maxsize_object)) {
            return error_set(PyExc_TypeError, "maxsize should be integer or None");
        }
        maxsize = number_as_ssize(maxsize_object, PyExc_OverflowError);
        if (maxsize == -1 && error_occurred()) {
            return NULL;
        }
        maxsize = maxsize < 0 ? 0 : maxsize;
        call = maxsize == 0 ? uncached_call : bounded_call;
    }
    PyObject *dict = dict_new();
    Cache *c = dict == NULL ? NULL : (Cache *)type->tp_alloc(type, 0);
    if (c == NULL) {
        xdecref(dict);
        return NULL;
    }
    c->root.prev = c->root.next = &c->root;
    c->maxsize = maxsize;
    c->maxsize_object = maxsize < 0 ? Py_None : int_from_ssize(maxsize);
    c->function = new_ref(function);
    c->dict = dict;
    c->typed = typed;
    c->info_type = new_ref(info_type);
    c->vectorcall = call;
    if (c->maxsize_object == NULL) {
        clear_ref(c);
    }
    return (PyObject *)c;
}

static void
cache_dealloc(PyObject *self)
{
    gc_untrack(self);
    Cache *c = CACHE(self);
    if (c->weakrefs != NULL) {
        weakref_clear_all(self);
    }
    retired_release(ring_retire_all(c));
    xdecref(c->dict);
    xdecref(c->function);
    xdecref(c->maxsize_object);
    xdecref(c->info_type);
    xdecref(c->attributes);
    type_of(self)->tp_free(self);
}

static int
cache_traverse(PyObject *self, visitproc visit, void *arg)
{
    Cache *it_ = CACHE(self);
    NATIVE_EACH_4(NATIVE_VISIT, dict, function, info_type, attributes)
    for (Link *link = it_->root.next; link != NULL && link != &it_->root; link = link->next) {
        int status = visit((PyObject *)link, arg);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

static int
cache_tp_clear(PyObject *self)
{
    Cache *c = CACHE(self);
    retired_release(ring_retire_all(c));
    if (c->dict != NULL) {
        dict_clear(c->dict);
    }
    clear_ref(c->attributes);
    return 0;
}

// ---- Methods ----

static PyObject *
cache_get(PyObject *self, PyObject *op, PyObject *type)
{
    (void)type;
    return op == NULL || op == Py_None ? new_ref(self) : method_new(self, op);
}

static PyObject *
cache_info(PyObject *self, PyObject *unused)
{
    (void)unused;
    Cache *c = CACHE(self);
    CriticalSection cs;
    critical_section_begin(&cs, self);
    Py_ssize_t hits = c->hits, misses = c->misses, size = dict_size(c->dict);
    critical_section_end(&cs);
    return object_call_format(c->info_type, "nnOn", hits, misses, c->maxsize_object, size);
}

static PyObject *
cache_clear(PyObject *self, PyObject *unused)
{
    (void)unused;
    Cache *c = CACHE(self);
    CriticalSection cs;
    critical_section_begin(&cs, self);
    Link *retired = ring_retire_all(c);
    c->hits = c->misses = 0;
    // In the same section: links that are stored from now on stay in both.
    dict_clear(c->dict);
    critical_section_end(&cs);
    retired_release(retired);
    return Py_None;
}

static PyObject *
cache_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    return object_getattr(self, ID(__qualname__));
}

static PyObject *
cache_copy(PyObject *self, PyObject *unused)
{
    (void)unused;
    return new_ref(self);
}

static PyMethodDef cache_methods[] = {
    {"cache_info", cache_info, METH_NOARGS,
     "cache_info($self, /)\n--\n\nReport cache statistics"},
    {"cache_clear", cache_clear, METH_NOARGS,
     "cache_clear($self, /)\n--\n\nClear the cache and cache statistics"},
    {"__reduce__", cache_reduce, METH_NOARGS, NULL},
    {"__copy__", cache_copy, METH_NOARGS, NULL},
    {"__deepcopy__", cache_copy, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef cache_getset[] = {
    {"__dict__", object_generic_get_dict, object_generic_set_dict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject functools_lru_cache_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "functools._lru_cache_wrapper",
    .tp_basicsize = sizeof(Cache),
    .tp_dealloc = cache_dealloc,
    .tp_vectorcall_offset = offsetof(Cache, vectorcall),
    .tp_call = vectorcall_call,
    .tp_getattro = object_generic_getattr,
    .tp_setattro = object_generic_setattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
                Py_TPFLAGS_METHOD_DESCRIPTOR | Py_TPFLAGS_HAVE_VECTORCALL |
                Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "Create a cached callable that wraps another function.\n\n"
              "user_function:      the function being cached\n\n"
              "maxsize:  0         for no caching\n"
              "          None      for unlimited cache size\n"
              "          n         for a bounded cache\n\n"
              "typed:    False     cache f(3) and f(3.0) as identical calls\n"
              "          True      cache f(3) and f(3.0) as distinct calls\n\n"
              "cache_info_type:    namedtuple class with the fields:\n"
              "                        hits misses currsize maxsize\n",
    .tp_traverse = cache_traverse,
    .tp_clear = cache_tp_clear,
    .tp_weaklistoffset = offsetof(Cache, weakrefs),
    .tp_methods = cache_methods,
    .tp_getset = cache_getset,
    .tp_descr_get = cache_get,
    .tp_dictoffset = offsetof(Cache, attributes),
    .tp_alloc = type_alloc,
    .tp_new = cache_new,
    .tp_free = heap_free,
};
