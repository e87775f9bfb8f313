// What sets can do: updates, algebra, comparison, and the method tables.
//
// In-place operations change the set under its lock; where two sets are involved both are locked.
// Operations that build a new set walk their operands element by element with references of their own,
// because comparing elements may run Python code.
//
// Threading: see set.h.
#include "objects/set_internal.h"

#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

// Calls fn for each element of an iterable: stops when it returns other than 0, and returns that.
// Sets and dicts give their hashes without calling __hash__.
typedef int (*ElementFunction)(PyObject *key, Py_hash_t hash, void *context);

static int
for_each_element(PyObject *iterable, ElementFunction fn, void *context)
{
    PyObject *key;
    Py_hash_t hash;
    Py_ssize_t pos = 0;
    int status = 0;
    if (anyset_check(iterable)) {
        while (status == 0 && set_next(iterable, &pos, &key, &hash)) {
            status = fn(key, hash, context);
            decref(key);
        }
        return status;
    }
    if (dict_check_exact(iterable)) {
        Value value;
        while (status == 0 && dict_next_value(iterable, &pos, &key, &value, &hash)) {
            value_drop(value);
            status = fn(key, hash, context);
            decref(key);
        }
        return status;
    }
    PyObject *iterator = object_iter(iterable);
    if (iterator == NULL) {
        return -1;
    }
    int more;
    while (status == 0 && (more = iter_next_item(iterator, &key)) != 0) {
        if (more < 0) {
            status = -1;
            break;
        }
        hash = set_hash_key(key);
        status = hash == -1 ? -1 : fn(key, hash, context);
        decref(key);
    }
    decref(iterator);
    return status;
}

// ---- update and | ----

static int
add_element(PyObject *key, Py_hash_t hash, void *set)
{
    return set_add_hash(set, key, hash);
}

int
set_update_from(PyObject *op, PyObject *iterable)
{
    if (anyset_check(iterable)) {
        CriticalSection2 cs;
        critical_section2_begin(&cs, op, iterable);
        int status = set_merge_lock_held(op, iterable);
        critical_section2_end(&cs);
        return status;
    }
    if (dict_check_exact(iterable)) {
        Py_ssize_t size = dict_size(iterable);
        int status = 0;
        CriticalSection cs;
        critical_section_begin(&cs, op);
        if ((SET(op)->fill + size) * 5 >= SET(op)->mask * 3) {
            status = set_resize_lock_held(op, (SET(op)->used + size) * 2);
        }
        critical_section_end(&cs);
        if (status < 0) {
            return -1;
        }
    }
    return for_each_element(iterable, add_element, op);
}

int
set_update(PyObject *op, PyObject *iterable)
{
    return set_update_from(op, iterable);
}

// A plain set or frozenset with the same elements.
static PyObject *
set_copy(PyObject *op)
{
    return set_make(set_base_type(op), op);
}

static PyObject *
method_update(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    for (Py_ssize_t i = 0; i < nargs; i++) {
        if (set_update_from(op, args[i]) < 0) {
            return NULL;
        }
    }
    return Py_None;
}

static PyObject *
method_union(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *result = set_copy(op);
    for (Py_ssize_t i = 0; result != NULL && i < nargs; i++) {
        if (args[i] != op && set_update_from(result, args[i]) < 0) {
            clear_ref(result);
        }
    }
    return result;
}

static PyObject *
set_or(PyObject *v, PyObject *w)
{
    if (!anyset_check(v) || !anyset_check(w)) {
        return Py_NotImplemented;
    }
    return method_union(v, &w, 1);
}

static PyObject *
set_ior(PyObject *op, PyObject *other)
{
    if (!anyset_check(other)) {
        return Py_NotImplemented;
    }
    return set_update_from(op, other) < 0 ? NULL : new_ref(op);
}

// ---- intersection ----

typedef struct Pair {
    PyObject *result;
    PyObject *other;
} Pair;

static int
add_if_in_other(PyObject *key, Py_hash_t hash, void *context)
{
    Pair *pair = context;
    int found = set_contains_hash(pair->other, key, hash);
    return found <= 0 ? found : set_add_hash(pair->result, key, hash);
}

static PyObject *
set_intersection(PyObject *op, PyObject *other)
{
    if (op == other) {
        return set_copy(op);
    }
    Pair pair = {set_make(set_base_type(op), NULL), op};
    if (pair.result == NULL) {
        return NULL;
    }
    PyObject *walked = other;
    if (anyset_check(other) && set_size(other) > set_size(op)) {
        walked = op;
        pair.other = other;
    }
    if (for_each_element(walked, add_if_in_other, &pair) < 0) {
        clear_ref(pair.result);
    }
    return pair.result;
}

static PyObject *
method_intersection(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs == 0) {
        return set_copy(op);
    }
    PyObject *result = new_ref(op);
    for (Py_ssize_t i = 0; result != NULL && i < nargs; i++) {
        set_ref(result, set_intersection(result, args[i]));
    }
    return result;
}

// Gives op the elements of another set of which the caller has the only reference, and that set
// op's.
static int
swap_bodies(PyObject *op, PyObject *other)
{
    PySetObject *a = SET(op);
    PySetObject *b = SET(other);
    CriticalSection2 cs;
    critical_section2_begin(&cs, a, b);
    // The slots inside op are not filled anew under a reader, which would miss what stays.
    if (b->table == b->smalltable && !runtime_is_single_threaded() &&
        set_resize_lock_held(other, SET_SMALL) < 0) {
        critical_section2_end(&cs);
        return -1;
    }
    setentry small[SET_SMALL];
    setentry *table_a = a->table;
    setentry *table_b = b->table;
    __builtin_memcpy(small, a->smalltable, sizeof small);
    if (table_b == b->smalltable) {
        __builtin_memcpy(a->smalltable, b->smalltable, sizeof small);
        atomic_store_release_ptr(&a->table, a->smalltable);
    }
    else {
        atomic_store_release_ptr(&a->table, table_b);
    }
    if (table_a == a->smalltable) {
        __builtin_memcpy(b->smalltable, small, sizeof small);
        b->table = b->smalltable;
    }
    else {
        b->table = table_a;
    }
    Py_ssize_t fill = a->fill, used = a->used, mask = a->mask;
    a->fill = b->fill;
    atomic_store_relaxed_ssize(&a->used, b->used);
    a->mask = b->mask;
    b->fill = fill;
    b->used = used;
    b->mask = mask;
    if (!container_is_owned(op) || container_is_shared(op)) {
        // Readers may still be in the table that the other set will free.
        other->ob_flags |= CONTAINER_SHARED;
    }
    critical_section2_end(&cs);
    return 0;
}

static PyObject *
method_intersection_update(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    // One section for both steps: what is added in between would be lost.
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *result = method_intersection(op, args, nargs);
    int status = result == NULL ? -1 : result != op ? swap_bodies(op, result) : 0;
    critical_section_end(&cs);
    if (status == 0 && result != op) {
        // Given up piece by piece, so that a table which others may look at is not freed at once.
        set_clear(result);
    }
    xdecref(result);
    return status < 0 ? NULL : Py_None;
}

static PyObject *
set_and(PyObject *v, PyObject *w)
{
    if (!anyset_check(v) || !anyset_check(w)) {
        return Py_NotImplemented;
    }
    return set_intersection(v, w);
}

static PyObject *
set_iand(PyObject *op, PyObject *other)
{
    if (!anyset_check(other)) {
        return Py_NotImplemented;
    }
    return method_intersection_update(op, &other, 1) == NULL ? NULL : new_ref(op);
}

// ---- difference ----

static int
remove_element(PyObject *key, Py_hash_t hash, void *set)
{
    return set_remove_hash(set, key, hash) < 0 ? -1 : 0;
}

static int
set_difference_update(PyObject *op, PyObject *other)
{
    if (op == other) {
        set_clear(op);
        return 0;
    }
    if (for_each_element(other, remove_element, op) < 0) {
        return -1;
    }
    // Many removed slots make lookups slow.
    int status = 0;
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PySetObject *set = SET(op);
    if (set->fill - set->used > set->mask / 4) {
        status = set_resize_lock_held(op, set->used > 50000 ? set->used * 2 : set->used * 4);
    }
    critical_section_end(&cs);
    return status;
}

static PyObject *
method_difference_update(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    for (Py_ssize_t i = 0; i < nargs; i++) {
        if (set_difference_update(op, args[i]) < 0) {
            return NULL;
        }
    }
    return Py_None;
}

static int
add_if_not_in_other(PyObject *key, Py_hash_t hash, void *context)
{
    Pair *pair = context;
    int found = dict_check_exact(pair->other) ? dict_contains_hash(pair->other, key, hash)
                                              : set_contains_hash(pair->other, key, hash);
    if (found != 0) {
        return found < 0 ? -1 : 0;
    }
    return set_add_hash(pair->result, key, hash);
}

static PyObject *
set_difference(PyObject *op, PyObject *other)
{
    Py_ssize_t other_size = anyset_check(other)         ? set_size(other)
                            : dict_check_exact(other) ? dict_size(other)
                                                      : -1;
    PyObject *result;
    if (other_size < 0 || set_size(op) / 4 > other_size) {
        result = set_copy(op);
        if (result != NULL && set_difference_update(result, other) < 0) {
            clear_ref(result);
        }
        return result;
    }
    result = set_make(set_base_type(op), NULL);
    Pair pair = {result, other};
    if (result != NULL && for_each_element(op, add_if_not_in_other, &pair) < 0) {
        clear_ref(result);
    }
    return result;
}

static PyObject *
method_difference(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs == 0) {
        return set_copy(op);
    }
    PyObject *result = set_difference(op, args[0]);
    for (Py_ssize_t i = 1; result != NULL && i < nargs; i++) {
        if (set_difference_update(result, args[i]) < 0) {
            clear_ref(result);
        }
    }
    return result;
}

static PyObject *
set_sub(PyObject *v, PyObject *w)
{
    if (!anyset_check(v) || !anyset_check(w)) {
        return Py_NotImplemented;
    }
    return set_difference(v, w);
}

static PyObject *
set_isub(PyObject *op, PyObject *other)
{
    if (!anyset_check(other)) {
        return Py_NotImplemented;
    }
    return set_difference_update(op, other) < 0 ? NULL : new_ref(op);
}

// ---- symmetric difference ----

static int
toggle_element(PyObject *key, Py_hash_t hash, void *set)
{
    PyObject *removed = NULL;
    CriticalSection cs;
    critical_section_begin(&cs, set);
    int status = set_remove_lock_held(set, key, hash, &removed);
    if (status == 0) {
        status = set_add_hash_lock_held(set, key, hash);
    }
    critical_section_end(&cs);
    xdecref(removed);
    return status < 0 ? -1 : 0;
}

static int
set_symmetric_difference_update(PyObject *op, PyObject *other)
{
    if (op == other) {
        set_clear(op);
        return 0;
    }
    if (anyset_check(other) || dict_check_exact(other)) {
        return for_each_element(other, toggle_element, op);
    }
    // An iterable may give an element twice, which must not toggle it twice.
    PyObject *elements = set_make(set_base_type(op), other);
    int status = elements == NULL ? -1 : for_each_element(elements, toggle_element, op);
    xdecref(elements);
    return status;
}

static PyObject *
method_symmetric_difference_update(PyObject *op, PyObject *other)
{
    return set_symmetric_difference_update(op, other) < 0 ? NULL : Py_None;
}

static PyObject *
method_symmetric_difference(PyObject *op, PyObject *other)
{
    PyObject *result = set_make(set_base_type(op), other);
    if (result != NULL && set_symmetric_difference_update(result, op) < 0) {
        clear_ref(result);
    }
    return result;
}

static PyObject *
set_xor(PyObject *v, PyObject *w)
{
    if (!anyset_check(v) || !anyset_check(w)) {
        return Py_NotImplemented;
    }
    return method_symmetric_difference(v, w);
}

static PyObject *
set_ixor(PyObject *op, PyObject *other)
{
    if (!anyset_check(other)) {
        return Py_NotImplemented;
    }
    return set_symmetric_difference_update(op, other) < 0 ? NULL : new_ref(op);
}

// ---- Comparison ----

// 1 (found), -1: what for_each_element returns when an element settles the question.
static int
stop_if_missing(PyObject *key, Py_hash_t hash, void *other)
{
    int found = set_contains_hash(other, key, hash);
    return found < 0 ? -1 : !found;
}

static int
stop_if_present(PyObject *key, Py_hash_t hash, void *other)
{
    return set_contains_hash(other, key, hash);
}

// Whether all elements of a are in b (a set): 1, 0, -1.
static int
set_is_subset(PyObject *a, PyObject *b)
{
    if (set_size(a) > set_size(b)) {
        return 0;
    }
    int stopped = for_each_element(a, stop_if_missing, b);
    return stopped < 0 ? -1 : !stopped;
}

static PyObject *
bool_or_error(int result)
{
    return result < 0 ? NULL : result ? Py_True : Py_False;
}

static PyObject *
method_issubset(PyObject *op, PyObject *other)
{
    if (anyset_check(other)) {
        return bool_or_error(set_is_subset(op, other));
    }
    PyObject *common = set_intersection(op, other);
    if (common == NULL) {
        return NULL;
    }
    bool result = set_size(common) == set_size(op);
    decref(common);
    return result ? Py_True : Py_False;
}

static PyObject *
method_issuperset(PyObject *op, PyObject *other)
{
    if (anyset_check(other)) {
        return bool_or_error(set_is_subset(other, op));
    }
    int stopped = for_each_element(other, stop_if_missing, op);
    return stopped < 0 ? NULL : stopped ? Py_False : Py_True;
}

static PyObject *
method_isdisjoint(PyObject *op, PyObject *other)
{
    if (op == other) {
        return set_size(op) == 0 ? Py_True : Py_False;
    }
    if (anyset_check_exact(other) && set_size(other) > set_size(op)) {
        PyObject *swapped = op;
        op = other;
        other = swapped;
    }
    int stopped = for_each_element(other, stop_if_present, op);
    return stopped < 0 ? NULL : stopped ? Py_False : Py_True;
}

static int
set_equal(PyObject *v, PyObject *w)
{
    if (set_size(v) != set_size(w)) {
        return 0;
    }
    Py_hash_t a = atomic_load_relaxed_ssize(&SET(v)->hash);
    Py_hash_t b = atomic_load_relaxed_ssize(&SET(w)->hash);
    if (a != -1 && b != -1 && a != b) {
        return 0;
    }
    return set_is_subset(v, w);
}

PyObject *
set_richcompare(PyObject *v, PyObject *w, int op)
{
    if (!anyset_check(w)) {
        return Py_NotImplemented;
    }
    switch (op) {
    case Py_EQ:
        return bool_or_error(set_equal(v, w));
    case Py_NE: {
        int equal = set_equal(v, w);
        return bool_or_error(equal < 0 ? -1 : !equal);
    }
    case Py_LE:
        return bool_or_error(set_is_subset(v, w));
    case Py_GE:
        return bool_or_error(set_is_subset(w, v));
    case Py_LT:
        return set_size(v) >= set_size(w) ? Py_False : bool_or_error(set_is_subset(v, w));
    default:
        return set_size(v) <= set_size(w) ? Py_False : bool_or_error(set_is_subset(w, v));
    }
}

// ---- Single elements ----

static PyObject *
method_add(PyObject *op, PyObject *key)
{
    return set_add(op, key) < 0 ? NULL : Py_None;
}

static PyObject *
method_contains(PyObject *op, PyObject *key)
{
    return bool_or_error(set_contains(op, key));
}

static PyObject *
method_discard(PyObject *op, PyObject *key)
{
    return set_discard(op, key) < 0 ? NULL : Py_None;
}

static PyObject *
method_remove(PyObject *op, PyObject *key)
{
    int found = set_discard(op, key);
    if (found > 0) {
        return Py_None;
    }
    return found < 0 ? NULL : error_set_key_error(key);
}

static PyObject *
method_pop(PyObject *op, PyObject *unused)
{
    (void)unused;
    return set_pop(op);
}

static PyObject *
method_clear(PyObject *op, PyObject *unused)
{
    (void)unused;
    set_clear(op);
    return Py_None;
}

static PyObject *
method_copy(PyObject *op, PyObject *unused)
{
    (void)unused;
    return frozenset_check_exact(op) ? new_ref(op) : set_copy(op);
}

static PyObject *
method_reduce(PyObject *op, PyObject *unused)
{
    (void)unused;
    PyObject *list = list_from_iterable(op);
    PyObject *args = list == NULL ? NULL : tuple_pack(1, list);
    PyObject *state = args == NULL ? NULL : object_call_method_noargs(op, ID(__getstate__));
    PyObject *result = state == NULL ? NULL : tuple_pack(3, type_of(op), args, state);
    xdecref(list);
    xdecref(args);
    xdecref(state);
    return result;
}

static PyObject *
method_sizeof(PyObject *op, PyObject *unused)
{
    (void)unused;
    size_t size = (size_t)type_of(op)->tp_basicsize;
    if (SET(op)->table != SET(op)->smalltable) {
        size += ((size_t)SET(op)->mask + 1) * sizeof(setentry);
    }
    return int_from_ssize((Py_ssize_t)size);
}

// ---- Tables ----

#define FASTCALL(f) ((PyCFunction)(void (*)(void))(f))

// What both types have.
#define ANYSET_METHODS                                                                            \
    {"__contains__", method_contains, METH_O | METH_COEXIST,                                      \
     "__contains__($self, object, /)\n--\n\nx.__contains__(y) <==> y in x."},                     \
    {"copy", method_copy, METH_NOARGS,                                                            \
     "copy($self, /)\n--\n\nReturn a shallow copy of a set."},                                    \
    {"difference", FASTCALL(method_difference), METH_FASTCALL,                                    \
     "difference($self, /, *others)\n--\n\n"                                                      \
     "Return a new set with elements in the set that are not in the others."},                    \
    {"intersection", FASTCALL(method_intersection), METH_FASTCALL,                                \
     "intersection($self, /, *others)\n--\n\n"                                                    \
     "Return a new set with elements common to the set and all others."},                         \
    {"isdisjoint", method_isdisjoint, METH_O,                                                     \
     "isdisjoint($self, other, /)\n--\n\nReturn True if two sets have a null intersection."},     \
    {"issubset", method_issubset, METH_O,                                                         \
     "issubset($self, other, /)\n--\n\nReport whether another set contains this set."},           \
    {"issuperset", method_issuperset, METH_O,                                                     \
     "issuperset($self, other, /)\n--\n\nReport whether this set contains another set."},         \
    {"__reduce__", method_reduce, METH_NOARGS,                                                    \
     "__reduce__($self, /)\n--\n\nReturn state information for pickling."},                       \
    {"__sizeof__", method_sizeof, METH_NOARGS,                                                    \
     "__sizeof__($self, /)\n--\n\nS.__sizeof__() -> size of S in memory, in bytes."},             \
    {"symmetric_difference", method_symmetric_difference, METH_O,                                 \
     "symmetric_difference($self, other, /)\n--\n\n"                                              \
     "Return a new set with elements in either the set or other but not both."},                  \
    {"union", FASTCALL(method_union), METH_FASTCALL,                                              \
     "union($self, /, *others)\n--\n\n"                                                           \
     "Return a new set with elements from the set and all others."},                              \
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},                  \
    {NULL, NULL, 0, NULL}

PyMethodDef frozenset_methods[] = {ANYSET_METHODS};

PyMethodDef set_methods[] = {
    {"add", method_add, METH_O,
     "add($self, object, /)\n--\n\nAdd an element to a set.\n\n"
     "This has no effect if the element is already present."},
    {"clear", method_clear, METH_NOARGS,
     "clear($self, /)\n--\n\nRemove all elements from this set."},
    {"discard", method_discard, METH_O,
     "discard($self, object, /)\n--\n\nRemove an element from a set if it is a member.\n\n"
     "Unlike set.remove(), the discard() method does not raise\n"
     "an exception when an element is missing from the set."},
    {"difference_update", FASTCALL(method_difference_update), METH_FASTCALL,
     "difference_update($self, /, *others)\n--\n\nUpdate the set, removing elements found in others."},
    {"intersection_update", FASTCALL(method_intersection_update), METH_FASTCALL,
     "intersection_update($self, /, *others)\n--\n\n"
     "Update the set, keeping only elements found in it and all others."},
    {"pop", method_pop, METH_NOARGS,
     "pop($self, /)\n--\n\nRemove and return an arbitrary set element.\n\n"
     "Raises KeyError if the set is empty."},
    {"remove", method_remove, METH_O,
     "remove($self, object, /)\n--\n\nRemove an element from a set; it must be a member.\n\n"
     "If the element is not a member, raise a KeyError."},
    {"symmetric_difference_update", method_symmetric_difference_update, METH_O,
     "symmetric_difference_update($self, other, /)\n--\n\n"
     "Update the set, keeping only elements found in either set, but not in both."},
    {"update", FASTCALL(method_update), METH_FASTCALL,
     "update($self, /, *others)\n--\n\nUpdate the set, adding elements from all others."},
    ANYSET_METHODS,
};

PyNumberMethods set_as_number = {
    .nb_subtract = set_sub,
    .nb_and = set_and,
    .nb_xor = set_xor,
    .nb_or = set_or,
    .nb_inplace_subtract = set_isub,
    .nb_inplace_and = set_iand,
    .nb_inplace_xor = set_ixor,
    .nb_inplace_or = set_ior,
};

PyNumberMethods frozenset_as_number = {
    .nb_subtract = set_sub,
    .nb_and = set_and,
    .nb_xor = set_xor,
    .nb_or = set_or,
};
