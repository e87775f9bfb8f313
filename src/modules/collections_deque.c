// _collections.deque: a double-ended queue in a ring of slots.
//
// Item i is at slots[(first + i) & (capacity - 1)]; the capacity is a power of two. Unused slots
// hold nothing.
//
// Threading: every operation holds the deque's lock for as long as it touches the ring; comparing items runs
// Python code, so `state` tells whether the deque was changed meanwhile. Items leave the ring
// under the lock and are given up after it.
#include "modules/collections_internal.h"

#include <string.h>

#include "objects/args.h"
#include "objects/call.h"
#include "objects/container.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/number.h"
#include "objects/sequence.h"
#include "objects/slice.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/weakref.h"

typedef struct Deque {
    PyObject ob_base;
    PyObject **slots;       // lock: the object's; mem_alloc'ed, NULL while capacity is 0
    Py_ssize_t capacity;    // lock: the object's
    Py_ssize_t first;       // lock: the object's; slot of item 0
    Py_ssize_t length;      // lock: the object's; atomic: relaxed reads
    size_t state;           // lock: the object's; changes with every change
    Py_ssize_t maxlen;      // set by __init__; -1 for none
    PyObject *weakrefs;
} Deque;

#define DEQUE(op) ((Deque *)(op))
#define DEQUE_MIN 8
#define DEQUE_MAX ((Py_ssize_t)1 << 58)

// ---- The ring ----

static inline PyObject **
slot_of(Deque *d, Py_ssize_t i)
{
    return &d->slots[(d->first + i) & (d->capacity - 1)];
}

static int
set_capacity_lock_held(Deque *d, Py_ssize_t capacity)
{
    PyObject **slots = mem_alloc_array((size_t)capacity, sizeof(PyObject *));
    if (slots == NULL) {
        error_no_memory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < d->length; i++) {
        slots[i] = *slot_of(d, i);
    }
    mem_free(d->slots);
    d->slots = slots;
    d->capacity = capacity;
    d->first = 0;
    return 0;
}

static int
make_room_lock_held(Deque *d)
{
    if (d->length < d->capacity) {
        return 0;
    }
    if (d->capacity >= DEQUE_MAX) {
        error_no_memory();
        return -1;
    }
    return set_capacity_lock_held(d, d->capacity == 0 ? DEQUE_MIN : d->capacity * 2);
}

static void
shrink_lock_held(Deque *d)
{
    if (d->capacity > 64 && d->length < d->capacity / 8 &&
        set_capacity_lock_held(d, d->capacity / 4) < 0) {
        error_clear();
    }
}

static void
set_length(Deque *d, Py_ssize_t n)
{
    atomic_store_relaxed_ssize(&d->length, n);
    d->state++;
}

// Takes the last or first item; the deque is not empty.
static PyObject *
take_right_lock_held(Deque *d)
{
    PyObject *item = *slot_of(d, d->length - 1);
    set_length(d, d->length - 1);
    shrink_lock_held(d);
    return item;
}

static PyObject *
take_left_lock_held(Deque *d)
{
    PyObject *item = *slot_of(d, 0);
    d->first = (d->first + 1) & (d->capacity - 1);
    set_length(d, d->length - 1);
    shrink_lock_held(d);
    return item;
}

// Appends on either side, consuming item on success. *dropped: what fell off the other end, or NULL.
static int
append_lock_held(Deque *d, PyObject *item, bool left, PyObject **dropped)
{
    *dropped = NULL;
    if (d->maxlen == 0) {
        *dropped = item;
        d->state++;
        return 0;
    }
    if (make_room_lock_held(d) < 0) {
        return -1;
    }
    if (left) {
        d->first = (d->first - 1) & (d->capacity - 1);
        set_length(d, d->length + 1);
        *slot_of(d, 0) = item;
    }
    else {
        *slot_of(d, d->length) = item;
        set_length(d, d->length + 1);
    }
    if (d->maxlen >= 0 && d->length > d->maxlen) {
        *dropped = left ? take_right_lock_held(d) : take_left_lock_held(d);
    }
    return 0;
}

static int
deque_append_steal(PyObject *self, PyObject *item, bool left)
{
    PyObject *dropped;
    CriticalSection cs;
    short_section_begin(&cs, self);
    int status = append_lock_held(DEQUE(self), item, left, &dropped);
    critical_section_end(&cs);
    if (status < 0) {
        dropped = item;
    }
    xdecref(dropped);
    return status;
}

static inline Py_ssize_t
deque_length(PyObject *self)
{
    return atomic_load_relaxed_ssize(&DEQUE(self)->length);
}

// Item i as a new reference, NULL when out of range. *state (may be NULL): the state then.
static PyObject *
deque_get(PyObject *self, Py_ssize_t i, size_t *state)
{
    PyObject *item = NULL;
    CriticalSection cs;
    short_section_begin(&cs, self);
    Deque *d = DEQUE(self);
    if ((size_t)i < (size_t)d->length) {
        item = new_ref(*slot_of(d, i));
    }
    if (state != NULL) {
        *state = d->state;
    }
    critical_section_end(&cs);
    return item;
}

static void
deque_clear_items(PyObject *self)
{
    Deque *d = DEQUE(self);
    CriticalSection cs;
    short_section_begin(&cs, self);
    Deque old = *d;
    d->slots = NULL;
    d->capacity = 0;
    d->first = 0;
    set_length(d, 0);
    critical_section_end(&cs);
    for (Py_ssize_t i = 0; i < old.length; i++) {
        decref(*slot_of(&old, i));
    }
    mem_free(old.slots);
}

// ---- Making and ending ----

static PyObject *
deque_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args;
    (void)kwargs;
    Deque *d = (Deque *)type->tp_alloc(type, 0);
    if (d != NULL) {
        d->maxlen = -1;
    }
    return (PyObject *)d;
}

static int
deque_extend(PyObject *self, PyObject *iterable, bool left)
{
    if (iterable == self) {
        PyObject *copy = list_from_iterable(iterable);
        int status = copy == NULL ? -1 : deque_extend(self, copy, left);
        xdecref(copy);
        return status;
    }
    PyObject *iterator = object_iter(iterable);
    if (iterator == NULL) {
        return -1;
    }
    PyObject *item;
    int status;
    while ((status = iter_next_item(iterator, &item)) > 0) {
        status = deque_append_steal(self, item, left);
        if (status < 0) {
            break;
        }
    }
    decref(iterator);
    return status;
}

static int
deque_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"iterable", "maxlen", NULL};
    PyObject *iterable = NULL, *maxlen_object = NULL;
    Py_ssize_t given = tuple_size(args) + (kwargs == NULL ? 0 : dict_size(kwargs));
    if (given > 2) {
        error_format(PyExc_TypeError, "deque() takes at most 2 arguments (%zd given)", given);
        return -1;
    }
    if (!args_parse_static(args, kwargs, "|OO:deque", keywords, &iterable, &maxlen_object)) {
        return -1;
    }
    Py_ssize_t maxlen = -1;
    if (maxlen_object != NULL && maxlen_object != Py_None) {
        if (!int_check(maxlen_object)) {
            error_set(PyExc_TypeError, "an integer is required");
            return -1;
        }
        maxlen = int_as_ssize(maxlen_object);
        if (maxlen == -1 && error_occurred()) {
            return -1;
        }
        if (maxlen < 0) {
            error_set(PyExc_ValueError, "maxlen must be non-negative");
            return -1;
        }
    }
    DEQUE(self)->maxlen = maxlen;
    if (deque_length(self) > 0) {
        deque_clear_items(self);
    }
    return iterable == NULL ? 0 : deque_extend(self, iterable, false);
}

static void
deque_dealloc(PyObject *self)
{
    gc_untrack(self);
    Deque *d = DEQUE(self);
    if (d->weakrefs != NULL) {
        weakref_clear_all(self);
    }
    for (Py_ssize_t i = 0; i < d->length; i++) {
        decref(*slot_of(d, i));
    }
    mem_free(d->slots);
    type_of(self)->tp_free(self);
}

static int
deque_traverse(PyObject *self, visitproc visit, void *arg)
{
    Deque *d = DEQUE(self);
    for (Py_ssize_t i = 0; i < d->length; i++) {
        int status = visit(*slot_of(d, i), arg);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

static int
deque_tp_clear(PyObject *self)
{
    deque_clear_items(self);
    return 0;
}

// A copy of the same type.
static PyObject *
deque_copy(PyObject *self, PyObject *unused)
{
    (void)unused;
    Deque *d = DEQUE(self);
    if (type_of(self) == &collections_deque_type) {
        PyObject *copy = deque_new(&collections_deque_type, NULL, NULL);
        if (copy == NULL) {
            return NULL;
        }
        DEQUE(copy)->maxlen = d->maxlen;
        int status = 0;
        CriticalSection cs;
        short_section_begin(&cs, self);
        if (d->length > 0) {
            status = set_capacity_lock_held(DEQUE(copy), d->capacity);
        }
        for (Py_ssize_t i = 0; status == 0 && i < d->length; i++) {
            DEQUE(copy)->slots[i] = new_ref(*slot_of(d, i));
            DEQUE(copy)->length = i + 1;
        }
        critical_section_end(&cs);
        if (status < 0) {
            clear_ref(copy);
        }
        return copy;
    }
    PyObject *copy = d->maxlen < 0
                         ? object_call_onearg((PyObject *)type_of(self), self)
                         : object_call_format((PyObject *)type_of(self), "On", self, d->maxlen);
    if (copy != NULL && !object_type_check(copy, &collections_deque_type)) {
        error_format(PyExc_TypeError, "%.200s() must return a deque, not %.200s",
                     type_of(self)->tp_name, type_of(copy)->tp_name);
        clear_ref(copy);
    }
    return copy;
}

// ---- Methods ----

static PyObject *
deque_append(PyObject *self, PyObject *item)
{
    return deque_append_steal(self, new_ref(item), false) < 0 ? NULL : Py_None;
}

static PyObject *
deque_appendleft(PyObject *self, PyObject *item)
{
    return deque_append_steal(self, new_ref(item), true) < 0 ? NULL : Py_None;
}

static PyObject *
deque_take(PyObject *self, bool left)
{
    PyObject *item = NULL;
    CriticalSection cs;
    short_section_begin(&cs, self);
    Deque *d = DEQUE(self);
    if (d->length > 0) {
        item = left ? take_left_lock_held(d) : take_right_lock_held(d);
    }
    critical_section_end(&cs);
    return item != NULL ? item : error_set(PyExc_IndexError, "pop from an empty deque");
}

static PyObject *
deque_pop(PyObject *self, PyObject *unused)
{
    (void)unused;
    return deque_take(self, false);
}

static PyObject *
deque_popleft(PyObject *self, PyObject *unused)
{
    (void)unused;
    return deque_take(self, true);
}

static PyObject *
deque_method_extend(PyObject *self, PyObject *iterable)
{
    return deque_extend(self, iterable, false) < 0 ? NULL : Py_None;
}

static PyObject *
deque_method_extendleft(PyObject *self, PyObject *iterable)
{
    return deque_extend(self, iterable, true) < 0 ? NULL : Py_None;
}

static PyObject *
deque_method_clear(PyObject *self, PyObject *unused)
{
    (void)unused;
    deque_clear_items(self);
    return Py_None;
}

// Moves n items from the right end to the left one (from left to right when n < 0).
static void
rotate_lock_held(Deque *d, Py_ssize_t n)
{
    Py_ssize_t length = d->length;
    if (length < 2) {
        return;
    }
    n %= length;
    if (n > length / 2) {
        n -= length;
    }
    else if (n < -(length / 2)) {
        n += length;
    }
    if (n == 0) {
        return;
    }
    Py_ssize_t mask = d->capacity - 1;
    if (length == d->capacity) {
        d->first = (d->first - n) & mask;
    }
    for (; length != d->capacity && n > 0; n--) {
        PyObject *item = *slot_of(d, length - 1);
        d->first = (d->first - 1) & mask;
        *slot_of(d, 0) = item;
    }
    for (; length != d->capacity && n < 0; n++) {
        PyObject *item = *slot_of(d, 0);
        d->first = (d->first + 1) & mask;
        *slot_of(d, length - 1) = item;
    }
    d->state++;
}

static PyObject *
deque_rotate(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("rotate", nargs, 0, 1)) {
        return NULL;
    }
    Py_ssize_t n = 1;
    if (nargs == 1) {
        n = number_as_ssize(args[0], PyExc_OverflowError);
        if (n == -1 && error_occurred()) {
            return NULL;
        }
    }
    CriticalSection cs;
    short_section_begin(&cs, self);
    rotate_lock_held(DEQUE(self), n);
    critical_section_end(&cs);
    return Py_None;
}

static PyObject *
deque_reverse(PyObject *self, PyObject *unused)
{
    (void)unused;
    CriticalSection cs;
    short_section_begin(&cs, self);
    Deque *d = DEQUE(self);
    for (Py_ssize_t i = 0, k = d->length - 1; i < k; i++, k--) {
        PyObject *item = *slot_of(d, i);
        *slot_of(d, i) = *slot_of(d, k);
        *slot_of(d, k) = item;
    }
    d->state++;
    critical_section_end(&cs);
    return Py_None;
}

// Number of the first item in [start, stop) that equals value: -1 when there is none, -2 on error,
// with IndexError or RuntimeError `mutated` when the deque was changed.
static Py_ssize_t
deque_find(PyObject *self, PyObject *value, Py_ssize_t start, Py_ssize_t stop, PyObject *exc,
           const char *mutated)
{
    size_t begin_state = DEQUE(self)->state;
    for (Py_ssize_t i = start; i < stop; i++) {
        size_t state;
        PyObject *item = deque_get(self, i, &state);
        if (item == NULL) {
            break;
        }
        int equal = object_richcompare_bool(item, value, Py_EQ);
        decref(item);
        if (equal < 0) {
            return -2;
        }
        if (DEQUE(self)->state != begin_state) {
            error_set(exc, mutated);
            return -2;
        }
        if (equal > 0) {
            return i;
        }
    }
    return -1;
}

#define MUTATED_ITERATION "deque mutated during iteration"

static int
deque_contains(PyObject *self, PyObject *value)
{
    Py_ssize_t i = deque_find(self, value, 0, PY_SSIZE_T_MAX, PyExc_RuntimeError,
                              MUTATED_ITERATION);
    return i == -2 ? -1 : i >= 0;
}

static PyObject *
deque_index(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t start = 0, stop = PY_SSIZE_T_MAX;
    if (!args_check_positional("index", nargs, 1, 3) ||
        (nargs > 1 && slice_eval_index_not_none(args[1], &start) < 0) ||
        (nargs > 2 && slice_eval_index_not_none(args[2], &stop) < 0)) {
        return NULL;
    }
    Py_ssize_t n = deque_length(self);
    if (start < 0) {
        start = start + n < 0 ? 0 : start + n;
    }
    if (stop < 0) {
        stop = stop + n < 0 ? 0 : stop + n;
    }
    Py_ssize_t i = deque_find(self, args[0], start, stop > n ? n : stop, PyExc_RuntimeError,
                              MUTATED_ITERATION);
    if (i >= 0) {
        return int_from_ssize(i);
    }
    return i == -2 ? NULL : error_set(PyExc_ValueError, "deque.index(x): x not in deque");
}

static PyObject *
deque_count(PyObject *self, PyObject *value)
{
    Py_ssize_t count = 0;
    Py_ssize_t i = -1;
    while ((i = deque_find(self, value, i + 1, PY_SSIZE_T_MAX, PyExc_RuntimeError,
                           MUTATED_ITERATION)) >= 0) {
        count++;
    }
    return i == -2 ? NULL : int_from_ssize(count);
}

// Takes item i out by closing the gap from the nearer end.
static PyObject *
take_lock_held(Deque *d, Py_ssize_t i)
{
    PyObject *item = *slot_of(d, i);
    if (i < d->length / 2) {
        for (; i > 0; i--) {
            *slot_of(d, i) = *slot_of(d, i - 1);
        }
        take_left_lock_held(d);
    }
    else {
        for (; i < d->length - 1; i++) {
            *slot_of(d, i) = *slot_of(d, i + 1);
        }
        take_right_lock_held(d);
    }
    return item;
}

static PyObject *
deque_remove(PyObject *self, PyObject *value)
{
    Py_ssize_t i = deque_find(self, value, 0, PY_SSIZE_T_MAX, PyExc_IndexError,
                              "deque mutated during remove().");
    if (i == -1) {
        return error_set(PyExc_ValueError, "deque.remove(x): x not in deque");
    }
    if (i < 0) {
        return NULL;
    }
    PyObject *item = NULL;
    CriticalSection cs;
    short_section_begin(&cs, self);
    if (i < DEQUE(self)->length) {
        item = take_lock_held(DEQUE(self), i);
    }
    critical_section_end(&cs);
    xdecref(item);
    return Py_None;
}

static PyObject *
deque_insert(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("insert", nargs, 2, 2)) {
        return NULL;
    }
    Py_ssize_t where = number_as_ssize(args[0], PyExc_OverflowError);
    if (where == -1 && error_occurred()) {
        return NULL;
    }
    Deque *d = DEQUE(self);
    int status = 0;
    CriticalSection cs;
    short_section_begin(&cs, self);
    Py_ssize_t n = d->length;
    if (d->maxlen == n) {
        error_set(PyExc_IndexError, "deque already at its maximum size");
        status = -1;
    }
    else {
        where = where < 0 ? (where + n < 0 ? 0 : where + n) : where > n ? n : where;
        PyObject *dropped;
        bool left = where < n / 2;
        status = append_lock_held(d, args[1], left, &dropped);
        if (status == 0) {
            incref(args[1]);
            for (Py_ssize_t i = 0; left && i < where; i++) {
                *slot_of(d, i) = *slot_of(d, i + 1);
            }
            for (Py_ssize_t i = n; !left && i > where; i--) {
                *slot_of(d, i) = *slot_of(d, i - 1);
            }
            *slot_of(d, where) = args[1];
        }
    }
    critical_section_end(&cs);
    return status < 0 ? NULL : Py_None;
}

static PyObject *
deque_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    Deque *d = DEQUE(self);
    PyObject *state = object_call_method_noargs(self, ID(__getstate__));
    PyObject *iterator = state == NULL ? NULL : object_iter(self);
    PyObject *args = NULL;
    if (iterator != NULL && d->maxlen < 0) {
        args = tuple_empty();
    }
    else if (iterator != NULL) {
        PyObject *maxlen = int_from_ssize(d->maxlen);
        args = maxlen == NULL ? NULL : tuple_pack(2, tuple_empty(), maxlen);
        xdecref(maxlen);
    }
    PyObject *result = args == NULL ? NULL : tuple_pack(4, type_of(self), args, state, iterator);
    xdecref(args);
    xdecref(iterator);
    xdecref(state);
    return result;
}

static PyObject *
deque_sizeof(PyObject *self, PyObject *unused)
{
    (void)unused;
    return int_from_ssize(type_of(self)->tp_basicsize +
                          DEQUE(self)->capacity * (Py_ssize_t)sizeof(PyObject *));
}

// ---- Slots ----

static PyObject *
deque_item(PyObject *self, Py_ssize_t i)
{
    PyObject *item = deque_get(self, i, NULL);
    return item != NULL ? item : error_set(PyExc_IndexError, "deque index out of range");
}

static int
deque_ass_item(PyObject *self, Py_ssize_t i, PyObject *value)
{
    PyObject *old = NULL;
    CriticalSection cs;
    short_section_begin(&cs, self);
    Deque *d = DEQUE(self);
    if ((size_t)i < (size_t)d->length) {
        if (value == NULL) {
            old = take_lock_held(d, i);
        }
        else {
            old = *slot_of(d, i);
            *slot_of(d, i) = new_ref(value);
        }
    }
    critical_section_end(&cs);
    if (old == NULL) {
        error_set(PyExc_IndexError, "deque index out of range");
        return -1;
    }
    decref(old);
    return 0;
}

static PyObject *
deque_concat(PyObject *self, PyObject *other)
{
    if (!object_type_check(other, &collections_deque_type)) {
        return error_format(PyExc_TypeError,
                            "can only concatenate deque (not \"%.200s\") to deque",
                            type_of(other)->tp_name);
    }
    PyObject *result = deque_copy(self, NULL);
    if (result != NULL &&
        deque_extend(result, other, false) < 0) {
        clear_ref(result);
    }
    return result;
}

static PyObject *
deque_inplace_concat(PyObject *self, PyObject *other)
{
    return deque_extend(self, other, false) < 0 ? NULL : new_ref(self);
}

static int
deque_repeat_in_place(PyObject *self, Py_ssize_t count)
{
    Deque *d = DEQUE(self);
    Py_ssize_t n = deque_length(self);
    if (count <= 0 || n == 0) {
        deque_clear_items(self);
        return 0;
    }
    if (count > 1 && n > DEQUE_MAX / count) {
        error_no_memory();
        return -1;
    }
    if (d->maxlen >= 0 && n * count > d->maxlen) {
        // Whole copies before the last maxlen items would fall off again.
        count = (d->maxlen + n - 1) / n + (d->maxlen % n != 0);
    }
    PyObject *items = list_from_iterable(self);
    int status = items == NULL ? -1 : 0;
    for (Py_ssize_t k = 1; status == 0 && k < count; k++) {
        status = deque_extend(self, items, false);
    }
    xdecref(items);
    return status;
}

static PyObject *
deque_inplace_repeat(PyObject *self, Py_ssize_t count)
{
    return deque_repeat_in_place(self, count) < 0 ? NULL : new_ref(self);
}

static PyObject *
deque_repeat(PyObject *self, Py_ssize_t count)
{
    PyObject *result = deque_copy(self, NULL);
    if (result != NULL &&
        deque_repeat_in_place(result, count) < 0) {
        clear_ref(result);
    }
    return result;
}

static PyObject *
deque_repr(PyObject *self)
{
    int entered = object_repr_enter(self);
    if (entered != 0) {
        return entered > 0 ? str_from_cstr("[...]") : NULL;
    }
    PyObject *result = NULL;
    PyObject *items = list_from_iterable(self);
    if (items != NULL) {
        const char *name = type_short_name(type_of(self));
        Py_ssize_t maxlen = DEQUE(self)->maxlen;
        result = maxlen >= 0 ? str_format("%s(%R, maxlen=%zd)", name, items, maxlen)
                             : str_format("%s(%R)", name, items);
        decref(items);
    }
    object_repr_leave(self);
    return result;
}

static PyObject *
deque_richcompare(PyObject *v, PyObject *w, int op)
{
    if (!object_type_check(v, &collections_deque_type) ||
        !object_type_check(w, &collections_deque_type)) {
        return Py_NotImplemented;
    }
    if ((op == Py_EQ || op == Py_NE) && (v == w || deque_length(v) != deque_length(w))) {
        return (v == w) == (op == Py_EQ) ? Py_True : Py_False;
    }
    PyObject *a = object_iter(v);
    PyObject *b = a == NULL ? NULL : object_iter(w);
    PyObject *result = NULL;
    if (b == NULL) {
        xdecref(a);
        return NULL;
    }
    for (;;) {
        PyObject *x = NULL, *y = NULL;
        int more_x = iter_next_item(a, &x);
        int more_y = more_x < 0 ? -1 : iter_next_item(b, &y);
        if (more_y > 0 && more_x > 0) {
            int equal = object_richcompare_bool(x, y, Py_EQ);
            if (equal == 0) {
                result = object_richcompare(x, y, op);
            }
            decref(x);
            decref(y);
            if (equal > 0) {
                continue;
            }
            break;
        }
        xdecref(x);
        xdecref(y);
        if (more_x >= 0 && more_y >= 0) {
            bool truth = op == Py_LT   ? more_x < more_y
                         : op == Py_LE ? more_x <= more_y
                         : op == Py_EQ ? more_x == more_y
                         : op == Py_NE ? more_x != more_y
                         : op == Py_GT ? more_x > more_y
                                       : more_x >= more_y;
            result = truth ? Py_True : Py_False;
        }
        break;
    }
    decref(a);
    decref(b);
    return result;
}

static PyObject *
deque_get_maxlen(PyObject *self, void *closure)
{
    (void)closure;
    Py_ssize_t maxlen = DEQUE(self)->maxlen;
    return maxlen < 0 ? Py_None : int_from_ssize(maxlen);
}

// ---- Iterators ----

typedef struct DequeIter {
    PyObject ob_base;
    PyObject *deque;        // immutable
    Py_ssize_t left;        // atomic: relaxed; items still to come
    Py_ssize_t index;       // atomic: relaxed; next item
    size_t state;           // immutable: the deque's at the start
} DequeIter;

NATIVE_LIFETIME(deque_iter, DequeIter, 1, deque)

static PyObject *
deque_iter_make(PyTypeObject *type, PyObject *self, Py_ssize_t skipped)
{
    DequeIter *it = (DequeIter *)type->tp_alloc(type, 0);
    if (it == NULL) {
        return NULL;
    }
    CriticalSection cs;
    short_section_begin(&cs, self);
    Py_ssize_t n = DEQUE(self)->length;
    it->state = DEQUE(self)->state;
    critical_section_end(&cs);
    skipped = skipped < 0 ? 0 : skipped > n ? n : skipped;
    it->deque = new_ref(self);
    it->left = n - skipped;
    it->index = type == &collections_deque_iter_type ? skipped : n - 1 - skipped;
    return (PyObject *)it;
}

static PyObject *
deque_iter(PyObject *self)
{
    return deque_iter_make(&collections_deque_iter_type, self, 0);
}

static PyObject *
deque_reversed(PyObject *self, PyObject *unused)
{
    (void)unused;
    return deque_iter_make(&collections_deque_reviter_type, self, 0);
}

static PyObject *
deque_iter_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *deque;
    Py_ssize_t index = 0;
    (void)kwargs;
    if (!args_parse(args, "O!|n", &collections_deque_type, &deque, &index)) {
        return NULL;
    }
    return deque_iter_make(type, deque, index);
}

static PyObject *
deque_iter_step(PyObject *self, Py_ssize_t step)
{
    DequeIter *it = (DequeIter *)self;
    Py_ssize_t left = atomic_load_relaxed_ssize(&it->left);
    size_t state;
    Py_ssize_t index = atomic_load_relaxed_ssize(&it->index);
    PyObject *item = deque_get(it->deque, left == 0 ? -1 : index, &state);
    if (state != it->state) {
        xdecref(item);
        atomic_store_relaxed_ssize(&it->left, 0);
        return error_set(PyExc_RuntimeError, MUTATED_ITERATION);
    }
    if (item != NULL) {
        atomic_store_relaxed_ssize(&it->left, left - 1);
        atomic_store_relaxed_ssize(&it->index, index + step);
    }
    return item;
}

static PyObject *
deque_iter_next(PyObject *self)
{
    return deque_iter_step(self, 1);
}

static PyObject *
deque_reviter_next(PyObject *self)
{
    return atomic_load_relaxed_ssize(&((DequeIter *)self)->left) == 0 ? NULL
                                                                       : deque_iter_step(self, -1);
}

static PyObject *
deque_iter_length_hint(PyObject *self, PyObject *unused)
{
    (void)unused;
    return int_from_ssize(((DequeIter *)self)->left);
}

static PyObject *
deque_iter_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    DequeIter *it = (DequeIter *)self;
    PyObject *skipped = int_from_ssize(deque_length(it->deque) - it->left);
    PyObject *args = skipped == NULL ? NULL : tuple_pack(2, it->deque, skipped);
    xdecref(skipped);
    return args == NULL ? NULL : tuple_pair_steal(new_ref((PyObject *)type_of(self)), args);
}

static PyMethodDef deque_iter_methods[] = {
    {"__length_hint__", deque_iter_length_hint, METH_NOARGS,
     "Private method returning an estimate of len(list(it))."},
    {"__reduce__", deque_iter_reduce, METH_NOARGS, "Return state information for pickling."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject collections_deque_iter_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "collections._deque_iterator",
    .tp_basicsize = sizeof(DequeIter),
    .tp_dealloc = deque_iter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_traverse = deque_iter_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = deque_iter_next,
    .tp_methods = deque_iter_methods,
    .tp_alloc = type_alloc,
    .tp_new = deque_iter_new,
    .tp_free = heap_free,
};

PyTypeObject collections_deque_reviter_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "collections._deque_reverse_iterator",
    .tp_basicsize = sizeof(DequeIter),
    .tp_dealloc = deque_iter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_traverse = deque_iter_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = deque_reviter_next,
    .tp_methods = deque_iter_methods,
    .tp_alloc = type_alloc,
    .tp_new = deque_iter_new,
    .tp_free = heap_free,
};

// ---- The type ----

static PyMethodDef deque_methods[] = {
    {"append", deque_append, METH_O,
     "append($self, item, /)\n--\n\nAdd an element to the right side of the deque."},
    {"appendleft", deque_appendleft, METH_O,
     "appendleft($self, item, /)\n--\n\nAdd an element to the left side of the deque."},
    {"clear", deque_method_clear, METH_NOARGS,
     "clear($self, /)\n--\n\nRemove all elements from the deque."},
    {"__copy__", deque_copy, METH_NOARGS,
     "__copy__($self, /)\n--\n\nReturn a shallow copy of a deque."},
    {"copy", deque_copy, METH_NOARGS, "copy($self, /)\n--\n\nReturn a shallow copy of a deque."},
    {"count", deque_count, METH_O,
     "count($self, value, /)\n--\n\nReturn number of occurrences of value."},
    {"extend", deque_method_extend, METH_O,
     "extend($self, iterable, /)\n--\n\n"
     "Extend the right side of the deque with elements from the iterable."},
    {"extendleft", deque_method_extendleft, METH_O,
     "extendleft($self, iterable, /)\n--\n\n"
     "Extend the left side of the deque with elements from the iterable."},
    {"index", FASTCALL(deque_index), METH_FASTCALL,
     "index($self, value, [start, [stop]])\n--\n\nReturn first index of value.\n\n"
     "Raises ValueError if the value is not present."},
    {"insert", FASTCALL(deque_insert), METH_FASTCALL,
     "insert($self, index, value, /)\n--\n\nInsert value before index."},
    {"pop", deque_pop, METH_NOARGS,
     "pop($self, /)\n--\n\nRemove and return the rightmost element."},
    {"popleft", deque_popleft, METH_NOARGS,
     "popleft($self, /)\n--\n\nRemove and return the leftmost element."},
    {"__reduce__", deque_reduce, METH_NOARGS,
     "__reduce__($self, /)\n--\n\nReturn state information for pickling."},
    {"remove", deque_remove, METH_O,
     "remove($self, value, /)\n--\n\nRemove first occurrence of value."},
    {"__reversed__", deque_reversed, METH_NOARGS,
     "__reversed__($self, /)\n--\n\nReturn a reverse iterator over the deque."},
    {"reverse", deque_reverse, METH_NOARGS, "reverse($self, /)\n--\n\nReverse *IN PLACE*."},
    {"rotate", FASTCALL(deque_rotate), METH_FASTCALL,
     "rotate($self, n=1, /)\n--\n\n"
     "Rotate the deque n steps to the right.  If n is negative, rotates left."},
    {"__sizeof__", deque_sizeof, METH_NOARGS,
     "__sizeof__($self, /)\n--\n\nReturn the size of the deque in memory, in bytes."},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef deque_getset[] = {
    {"maxlen", deque_get_maxlen, NULL, "maximum size of a deque or None if unbounded", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PySequenceMethods deque_as_sequence = {
    .sq_length = deque_length,
    .sq_concat = deque_concat,
    .sq_repeat = deque_repeat,
    .sq_item = deque_item,
    .sq_ass_item = deque_ass_item,
    .sq_contains = deque_contains,
    .sq_inplace_concat = deque_inplace_concat,
    .sq_inplace_repeat = deque_inplace_repeat,
};

PyTypeObject collections_deque_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "collections.deque",
    .tp_basicsize = sizeof(Deque),
    .tp_dealloc = deque_dealloc,
    .tp_repr = deque_repr,
    .tp_as_sequence = &deque_as_sequence,
    .tp_hash = object_hash_not_implemented,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
                Py_TPFLAGS_SEQUENCE | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "deque([iterable[, maxlen]])\n--\n\n"
              "A list-like sequence optimized for data accesses near its endpoints.",
    .tp_traverse = deque_traverse,
    .tp_clear = deque_tp_clear,
    .tp_richcompare = deque_richcompare,
    .tp_weaklistoffset = offsetof(Deque, weakrefs),
    .tp_iter = deque_iter,
    .tp_methods = deque_methods,
    .tp_getset = deque_getset,
    .tp_init = deque_init,
    .tp_alloc = type_alloc,
    .tp_new = deque_new,
    .tp_free = heap_free,
};
