// The list type: construction, growth, methods.
//
// Owns PyList_Type and the item arrays. Subscripts and slices are list_slice.c, sorting
// list_sort.c, iterators list_iter.c.
//
// Threading: see list.h. References leave a list under its lock and are given up after that.
#include "objects/list_internal.h"

#include <string.h>

#include "objects/args.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/iter.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/order.h"
#include "objects/slice.h"
#include "objects/str_writer.h"
#include "objects/tuple.h"
#include "objects/type.h"

// ---- Arrays ----

PyObject **
list_array_alloc(Py_ssize_t capacity, Py_ssize_t used)
{
    if (capacity > LIST_MAX) {
        return error_no_memory();
    }
    ListArray *array = mem_alloc(sizeof(ListArray) + (size_t)capacity * sizeof(PyObject *));
    if (array == NULL) {
        return error_no_memory();
    }
    array->capacity = capacity;
    memset(array->items + used, 0, (size_t)(capacity - used) * sizeof(PyObject *));
    return array->items;
}

void
list_array_release(PyObject *op, PyObject **items, Py_ssize_t n)
{
    if (items == NULL) {
        return;
    }
    for (Py_ssize_t i = n; --i >= 0;) {
        xdecref(items[i]);
    }
    container_free_table(op, list_array_of(items));
}

// Whether a thread without the lock may be looking at the array.
static bool
list_is_watched(PyObject *op)
{
    return !runtime_is_single_threaded() && (!container_is_owned(op) || container_is_shared(op));
}

void
list_move_lock_held(PyObject *op, PyObject **to, PyObject *const *from, Py_ssize_t n)
{
    if (!list_is_watched(op)) {
        memmove(to, from, (size_t)n * sizeof(PyObject *));
    }
    else if (to < from) {
        for (Py_ssize_t i = 0; i < n; i++) {
            atomic_store_release_ptr(&to[i], from[i]);
        }
    }
    else {
        for (Py_ssize_t i = n; --i >= 0;) {
            atomic_store_release_ptr(&to[i], from[i]);
        }
    }
}

void
list_wipe_lock_held(PyObject *op, PyObject **at, Py_ssize_t n)
{
    if (!list_is_watched(op)) {
        memset(at, 0, (size_t)n * sizeof(PyObject *));
        return;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        atomic_store_release_ptr(&at[i], NULL);
    }
}

// Moves the items into an array of `capacity` slots.
static int
list_set_capacity_lock_held(PyObject *op, Py_ssize_t capacity)
{
    PyListObject *list = LIST(op);
    PyObject **old = list->ob_item;
    Py_ssize_t n = list->ob_base.ob_size;
    PyObject **items;
    if (old != NULL && !list_is_watched(op)) {
        if (capacity > LIST_MAX) {
            error_no_memory();
            return -1;
        }
        ListArray *array = mem_realloc(list_array_of(old), sizeof(ListArray) +
                                                               (size_t)capacity * sizeof(PyObject *));
        if (array == NULL) {
            error_no_memory();
            return -1;
        }
        array->capacity = capacity;
        items = array->items;
        memset(items + n, 0, (size_t)(capacity - n) * sizeof(PyObject *));
        atomic_store_release_ptr(&list->ob_item, items);
    }
    else {
        items = list_array_alloc(capacity, n);
        if (items == NULL) {
            return -1;
        }
        if (n > 0) {
            memcpy(items, old, (size_t)n * sizeof(PyObject *));
        }
        atomic_store_release_ptr(&list->ob_item, items);
        if (old != NULL) {
            container_free_table(op, list_array_of(old));
        }
    }
    list->allocated = capacity;
    return 0;
}

int
list_reserve_lock_held(PyObject *op, Py_ssize_t n)
{
    CRITICAL_SECTION_ASSERT_HELD(op);
    return n <= LIST(op)->allocated ? 0 : list_set_capacity_lock_held(op, n);
}

// An eighth more than asked for, and a little for small lists.
int
list_append_grow_lock_held(PyObject *op, PyObject *value)
{
    Py_ssize_t n = LIST(op)->ob_base.ob_size;
    if (n >= LIST_MAX - (n >> 3) - 8) {
        error_no_memory();
        return -1;
    }
    if (list_set_capacity_lock_held(op, (n + 1 + (n >> 3) + 6) & ~(Py_ssize_t)3) < 0) {
        return -1;
    }
    atomic_store_release_ptr(&LIST(op)->ob_item[n], value);
    list_set_size(op, n + 1);
    return 0;
}

void
list_shrink_lock_held(PyObject *op)
{
    Py_ssize_t n = LIST(op)->ob_base.ob_size;
    if (n >= LIST(op)->allocated / 2 || LIST(op)->allocated <= 8) {
        return;
    }
    if (n == 0) {
        PyObject **old = LIST(op)->ob_item;
        LIST(op)->allocated = 0;
        atomic_store_release_ptr(&LIST(op)->ob_item, NULL);
        container_free_table(op, list_array_of(old));
    }
    else if (list_set_capacity_lock_held(op, (n + (n >> 3) + 6) & ~(Py_ssize_t)3) < 0) {
        error_clear();
    }
}

// ---- Making and ending ----

PyObject *
list_new_reserved(Py_ssize_t n)
{
    PyObject **items = NULL;
    if (n > 0) {
        items = list_array_alloc(n, 0);
        if (items == NULL) {
            return NULL;
        }
    }
    PyListObject *list = (PyListObject *)heap_new_object(&PyList_Type, sizeof(PyListObject));
    if (list == NULL) {
        list_array_free(items);
        return NULL;
    }
    list->ob_base.ob_size = 0;
    list->ob_item = items;
    list->allocated = n > 0 ? n : 0;
    gc_track(list);
    return (PyObject *)list;
}

PyObject *
list_new(Py_ssize_t n)
{
    PyObject *op = list_new_reserved(n);
    if (op != NULL) {
        LIST(op)->ob_base.ob_size = n;
    }
    return op;
}

PyObject *
list_from_array_steal(PyObject *const *items, Py_ssize_t n)
{
    PyObject *op = list_new_reserved(n);
    if (op == NULL) {
        for (Py_ssize_t i = 0; i < n; i++) {
            decref(items[i]);
        }
        return NULL;
    }
    if (n > 0) {
        memcpy(LIST(op)->ob_item, items, (size_t)n * sizeof(PyObject *));
    }
    LIST(op)->ob_base.ob_size = n;
    return op;
}

PyObject *
list_from_array(PyObject *const *items, Py_ssize_t n)
{
    PyObject *op = list_new_reserved(n);
    if (op == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        LIST(op)->ob_item[i] = new_ref(items[i]);
    }
    LIST(op)->ob_base.ob_size = n;
    return op;
}

PyObject *
list_from_values_steal(const Value *values, Py_ssize_t n)
{
    PyObject *op = list_new_reserved(n);
    Py_ssize_t i = 0;
    for (; op != NULL && i < n; i++) {
        PyObject *item = value_box_steal(values[i]);
        if (item == NULL) {
            clear_ref(op);
        }
        else {
            LIST(op)->ob_item[i] = item;
            LIST(op)->ob_base.ob_size = i + 1;
        }
    }
    for (; i < n; i++) {
        value_drop(values[i]);
    }
    return op;
}

static PyObject *
list_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args;
    (void)kwargs;
    // type_alloc gives zeroed memory: the empty list.
    return type == &PyList_Type ? list_new_reserved(0) : type->tp_alloc(type, 0);
}

static void
list_dealloc(PyObject *op)
{
    gc_untrack(op);
    PyObject **items = LIST(op)->ob_item;
    if (items != NULL) {
        for (Py_ssize_t i = LIST(op)->ob_base.ob_size; --i >= 0;) {
            if (i >= CONTAINER_AHEAD) {
                container_prefetch(items[i - CONTAINER_AHEAD]);
            }
            xdecref(items[i]);
        }
        list_array_free(items);
    }
    type_of(op)->tp_free(op);
}

static int
list_traverse(PyObject *op, visitproc visit, void *arg)
{
    for (Py_ssize_t i = LIST(op)->ob_base.ob_size; --i >= 0;) {
        PyObject *item = LIST(op)->ob_item[i];
        if (item != NULL) {
            int status = visit(item, arg);
            if (status != 0) {
                return status;
            }
        }
    }
    return 0;
}

void
list_clear(PyObject *op)
{
    CriticalSection cs;
    short_section_begin(&cs, op);
    PyObject **items = LIST(op)->ob_item;
    Py_ssize_t n = LIST(op)->ob_base.ob_size;
    if (items != NULL) {
        list_set_size(op, 0);
        LIST(op)->allocated = 0;
        atomic_store_release_ptr(&LIST(op)->ob_item, NULL);
    }
    critical_section_end(&cs);
    list_array_release(op, items, n);
}

static int
list_tp_clear(PyObject *op)
{
    list_clear(op);
    return 0;
}

// ---- Reading ----

static PyObject *
list_get_locked(PyObject *op, Py_ssize_t i)
{
    PyObject *item = NULL;
    CriticalSection cs;
    short_section_begin(&cs, op);
    if ((size_t)i < (size_t)LIST(op)->ob_base.ob_size) {
        item = container_ref_lock_held(LIST(op)->ob_item[i]);
    }
    critical_section_end(&cs);
    return item;
}

PyObject *
list_get_optional(PyObject *op, Py_ssize_t i)
{
    if ((size_t)i >= (size_t)list_size(op)) {
        return NULL;
    }
    if (runtime_is_single_threaded()) {
        return new_ref(LIST(op)->ob_item[i]);
    }
    container_begin_read(op);
    PyObject **items = atomic_load_acquire_ptr(&LIST(op)->ob_item);
    if (items == NULL || i >= list_array_of(items)->capacity) {
        return list_get_locked(op, i);
    }
    PyObject *item = atomic_load_acquire_ptr(&items[i]);
    if (item == NULL || !container_try_ref(item)) {
        return list_get_locked(op, i);
    }
    if (atomic_load_acquire_ptr(&items[i]) != item ||
        atomic_load_acquire_ptr(&LIST(op)->ob_item) != items) {
        decref(item);
        return list_get_locked(op, i);
    }
    return item;
}

PyObject *
list_get(PyObject *op, Py_ssize_t i)
{
    PyObject *item = list_get_optional(op, i);
    if (item == NULL) {
        error_set(PyExc_IndexError, "list index out of range");
    }
    return item;
}

Value
list_get_value(PyObject *op, Py_ssize_t i)
{
    if (runtime_is_single_threaded()) {
        if ((size_t)i >= (size_t)LIST(op)->ob_base.ob_size) {
            return VALUE_UNSET;
        }
        return list_open_item(LIST(op)->ob_item[i]);
    }
    PyObject *item = list_get_optional(op, i);
    return item == NULL ? VALUE_UNSET : value_from_object_steal(item);
}

// ---- Changing ----

int
list_set_steal(PyObject *op, Py_ssize_t i, PyObject *value)
{
    CriticalSection cs;
    short_section_begin(&cs, op);
    PyObject *old = value;
    bool valid = (size_t)i < (size_t)LIST(op)->ob_base.ob_size;
    if (valid) {
        old = LIST(op)->ob_item[i];
        atomic_store_release_ptr(&LIST(op)->ob_item[i], value);
    }
    critical_section_end(&cs);
    xdecref(old);
    if (!valid) {
        error_set(PyExc_IndexError, "list assignment index out of range");
        return -1;
    }
    return 0;
}

int
list_set(PyObject *op, Py_ssize_t i, PyObject *value)
{
    return list_set_steal(op, i, new_ref(value));
}

int
list_append_steal(PyObject *op, PyObject *value)
{
    CriticalSection cs;
    short_section_begin(&cs, op);
    int status = list_append_owned_lock_held(op, value);
    critical_section_end(&cs);
    if (status < 0) {
        decref(value);
    }
    return status;
}

int
list_append(PyObject *op, PyObject *value)
{
    return list_append_steal(op, new_ref(value));
}

int
list_append_lock_held(PyObject *op, PyObject *value)
{
    if (list_append_owned_lock_held(op, value) < 0) {
        return -1;
    }
    incref(value);
    return 0;
}

// Moves the items from `at` on by `distance` slots; the size is set by the caller.
static void
list_shift_lock_held(PyObject *op, Py_ssize_t at, Py_ssize_t distance)
{
    PyObject **items = LIST(op)->ob_item;
    Py_ssize_t n = LIST(op)->ob_base.ob_size;
    list_move_lock_held(op, items + at + distance, items + at, n - at);
}

int
list_insert(PyObject *op, Py_ssize_t where, PyObject *value)
{
    CriticalSection cs;
    short_section_begin(&cs, op);
    Py_ssize_t n = LIST(op)->ob_base.ob_size;
    int status = list_append_owned_lock_held(op, value);
    if (status == 0) {
        incref(value);
        if (where < 0) {
            where += n;
            where = where < 0 ? 0 : where;
        }
        if (where < n) {
            PyObject **items = LIST(op)->ob_item;
            list_move_lock_held(op, items + where + 1, items + where, n - where);
            atomic_store_release_ptr(&items[where], value);
        }
    }
    critical_section_end(&cs);
    return status;
}

// Takes item i (valid) out; its reference goes to the caller.
static PyObject *
list_take_lock_held(PyObject *op, Py_ssize_t i)
{
    Py_ssize_t n = LIST(op)->ob_base.ob_size;
    PyObject **items = LIST(op)->ob_item;
    PyObject *item = items[i];
    if (i + 1 < n) {
        list_shift_lock_held(op, i + 1, -1);
    }
    list_set_size(op, n - 1);
    atomic_store_release_ptr(&items[n - 1], NULL);
    list_shrink_lock_held(op);
    return item;
}

PyObject *
list_pop(PyObject *op, Py_ssize_t i)
{
    PyObject *item = NULL;
    CriticalSection cs;
    short_section_begin(&cs, op);
    Py_ssize_t n = LIST(op)->ob_base.ob_size;
    if (i < 0) {
        i += n;
    }
    if ((size_t)i < (size_t)n) {
        item = list_take_lock_held(op, i);
    }
    critical_section_end(&cs);
    if (item == NULL) {
        error_set(PyExc_IndexError, n == 0 ? "pop from empty list" : "pop index out of range");
    }
    return item;
}

// Appends n items, which get references of their own. op is locked; items may be op's own.
static int
list_extend_array_lock_held(PyObject *op, PyObject **items, Py_ssize_t n)
{
    Py_ssize_t size = LIST(op)->ob_base.ob_size;
    bool own = items == LIST(op)->ob_item;
    if (n > LIST_MAX - size) {
        error_no_memory();
        return -1;
    }
    if (n == 0) {
        return 0;
    }
    if (size + n > LIST(op)->allocated) {
        Py_ssize_t wanted = size == 0 ? n : (size + n + ((size + n) >> 3) + 6) & ~(Py_ssize_t)3;
        if (list_reserve_lock_held(op, wanted) < 0) {
            return -1;
        }
    }
    if (own) {
        items = LIST(op)->ob_item;
    }
    PyObject **to = LIST(op)->ob_item + size;
    for (Py_ssize_t i = 0; i < n; i++) {
        incref(items[i]);
        atomic_store_release_ptr(&to[i], items[i]);
    }
    list_set_size(op, size + n);
    return 0;
}

// Appends what an iterator gives. `unseen`: no other thread can see op.
static int
list_extend_iterator(PyObject *op, PyObject *iterable, bool unseen)
{
    PyObject *iterator = object_iter(iterable);
    if (iterator == NULL) {
        return -1;
    }
    Py_ssize_t hint = object_length_hint(iterable, 8);
    int status = hint < 0 ? -1 : 0;
    Py_ssize_t size = list_size(op);
    if (status == 0 && hint > 8 && hint < LIST_MAX - size) {
        CriticalSection cs;
        short_section_begin(&cs, op);
        status = list_reserve_lock_held(op, LIST(op)->ob_base.ob_size + hint);
        critical_section_end(&cs);
        if (status < 0 && hint > (1 << 20)) {
            // Only a hint: when it lied, the items may still fit.
            error_clear();
            status = 0;
        }
    }
    iternextfunc next = type_of(iterator)->tp_iternext;
    while (status == 0) {
        PyObject *item = next(iterator);
        if (item == NULL) {
            status = error_occurred() && !error_clear_if(PyExc_StopIteration) ? -1 : 0;
            break;
        }
        if (unseen) {
            status = list_append_owned_lock_held(op, item);
            if (status < 0) {
                decref(item);
            }
        }
        else {
            status = list_append_steal(op, item);
        }
    }
    decref(iterator);
    return status;
}

static int
list_extend_any(PyObject *op, PyObject *iterable, bool unseen)
{
    int status;
    if (list_check_exact(iterable)) {
        CriticalSection2 cs;
        short_section2_begin(&cs, op, iterable);
        status = list_extend_array_lock_held(op, LIST(iterable)->ob_item,
                                             LIST(iterable)->ob_base.ob_size);
        critical_section2_end(&cs);
        return status;
    }
    if (tuple_check_exact(iterable)) {
        CriticalSection cs;
        short_section_begin(&cs, op);
        status = list_extend_array_lock_held(op, tuple_items(iterable), tuple_size(iterable));
        critical_section_end(&cs);
        return status;
    }
    return list_extend_iterator(op, iterable, unseen);
}

int
list_extend(PyObject *op, PyObject *iterable)
{
    return list_extend_any(op, iterable, false);
}

PyObject *
list_from_iterable(PyObject *iterable)
{
    PyObject *op = list_new_reserved(0);
    if (op != NULL && list_extend_any(op, iterable, true) < 0) {
        clear_ref(op);
    }
    return op;
}

PyObject *
list_as_tuple(PyObject *op)
{
    CriticalSection cs;
    short_section_begin(&cs, op);
    PyObject *result = tuple_from_array(LIST(op)->ob_item, LIST(op)->ob_base.ob_size);
    critical_section_end(&cs);
    return result;
}

void
list_reverse_array(PyObject **low, PyObject **high)
{
    if (low == high) {
        return;
    }
    for (high--; low < high; low++, high--) {
        PyObject *item = *low;
        atomic_store_release_ptr(low, *high);
        atomic_store_release_ptr(high, item);
    }
}

int
list_reverse(PyObject *op)
{
    CriticalSection cs;
    short_section_begin(&cs, op);
    Py_ssize_t n = LIST(op)->ob_base.ob_size;
    if (n > 1) {
        list_reverse_array(LIST(op)->ob_item, LIST(op)->ob_item + n);
    }
    critical_section_end(&cs);
    return 0;
}

// ---- Slots ----

static Py_ssize_t
list_sq_length(PyObject *op)
{
    return list_size(op);
}

int
list_del(PyObject *op, Py_ssize_t i)
{
    PyObject *item = NULL;
    CriticalSection cs;
    short_section_begin(&cs, op);
    if ((size_t)i < (size_t)LIST(op)->ob_base.ob_size) {
        item = list_take_lock_held(op, i);
    }
    critical_section_end(&cs);
    if (item == NULL) {
        error_set(PyExc_IndexError, "list assignment index out of range");
        return -1;
    }
    decref(item);
    return 0;
}

static int
list_sq_ass_item(PyObject *op, Py_ssize_t i, PyObject *value)
{
    return value != NULL ? list_set(op, i, value) : list_del(op, i);
}

static PyObject *
list_concat(PyObject *a, PyObject *b)
{
    if (!list_check(b)) {
        return error_format(PyExc_TypeError, "can only concatenate list (not \"%.200s\") to list",
                            type_of(b)->tp_name);
    }
    PyObject *result = NULL;
    CriticalSection2 cs;
    short_section2_begin(&cs, a, b);
    Py_ssize_t left = LIST(a)->ob_base.ob_size;
    Py_ssize_t right = LIST(b)->ob_base.ob_size;
    if (left > LIST_MAX - right) {
        error_no_memory();
    }
    else {
        result = list_new_reserved(left + right);
    }
    if (result != NULL) {
        PyObject **to = LIST(result)->ob_item;
        for (Py_ssize_t i = 0; i < left; i++) {
            to[i] = new_ref(LIST(a)->ob_item[i]);
        }
        for (Py_ssize_t i = 0; i < right; i++) {
            to[left + i] = new_ref(LIST(b)->ob_item[i]);
        }
        LIST(result)->ob_base.ob_size = left + right;
    }
    critical_section2_end(&cs);
    return result;
}

// Fills to[0..size*count) with the first `size` items again and again, counting references.
// The first `size` are there; `counted` says that they hold a reference already.
static void
repeat_items(PyObject **to, Py_ssize_t size, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < size; i++) {
        for (Py_ssize_t k = 1; k < count; k++) {
            incref(to[i]);
        }
    }
    Py_ssize_t total = size * count;
    for (Py_ssize_t done = size; done < total;) {
        Py_ssize_t n = done < total - done ? done : total - done;
        memcpy(to + done, to, (size_t)n * sizeof(PyObject *));
        done += n;
    }
}

static PyObject *
list_repeat(PyObject *op, Py_ssize_t count)
{
    PyObject *result = NULL;
    CriticalSection cs;
    short_section_begin(&cs, op);
    Py_ssize_t size = LIST(op)->ob_base.ob_size;
    if (count <= 0 || size == 0) {
        result = list_new_reserved(0);
    }
    else if (count > LIST_MAX / size) {
        error_no_memory();
    }
    else {
        result = list_new_reserved(size * count);
    }
    if (result != NULL && count > 0 && size > 0) {
        PyObject **to = LIST(result)->ob_item;
        for (Py_ssize_t i = 0; i < size; i++) {
            to[i] = new_ref(LIST(op)->ob_item[i]);
        }
        repeat_items(to, size, count);
        LIST(result)->ob_base.ob_size = size * count;
    }
    critical_section_end(&cs);
    return result;
}

static PyObject *
list_inplace_repeat(PyObject *op, Py_ssize_t count)
{
    if (count < 1) {
        list_clear(op);
        return new_ref(op);
    }
    CriticalSection cs;
    short_section_begin(&cs, op);
    Py_ssize_t size = LIST(op)->ob_base.ob_size;
    int status = 0;
    if (size > 0 && count > LIST_MAX / size) {
        error_no_memory();
        status = -1;
    }
    else if (size > 0 && count > 1) {
        status = list_reserve_lock_held(op, size * count);
        if (status == 0) {
            repeat_items(LIST(op)->ob_item, size, count);
            list_set_size(op, size * count);
        }
    }
    critical_section_end(&cs);
    return status < 0 ? NULL : new_ref(op);
}

static PyObject *
list_inplace_concat(PyObject *op, PyObject *other)
{
    return list_extend(op, other) < 0 ? NULL : new_ref(op);
}

// Whether item i equals value: 1, 0, -1 with an exception, -2 when there is no item i.
static inline int
item_equals(PyObject *op, Py_ssize_t i, PyObject *value)
{
    PyObject *item;
    if (runtime_is_single_threaded()) {
        if (i >= LIST(op)->ob_base.ob_size) {
            return -2;
        }
        item = LIST(op)->ob_item[i];
        int equal = object_equal_quick(item, value);
        if (equal >= 0) {
            return equal;
        }
        incref(item);
    }
    else {
        item = list_get_optional(op, i);
        if (item == NULL) {
            return -2;
        }
    }
    int equal = object_richcompare_bool(item, value, Py_EQ);
    decref(item);
    return equal;
}

// Number of the first item equal to value in [start, stop), -1 when there is none, -2 on error.
static Py_ssize_t
list_find(PyObject *op, PyObject *value, Py_ssize_t start, Py_ssize_t stop)
{
    for (Py_ssize_t i = start; i < stop; i++) {
        int equal = item_equals(op, i, value);
        if (equal != 0) {
            return equal > 0 ? i : equal == -1 ? -2 : -1;
        }
    }
    return -1;
}

static int
list_contains(PyObject *op, PyObject *value)
{
    Py_ssize_t i = list_find(op, value, 0, PY_SSIZE_T_MAX);
    return i == -2 ? -1 : i >= 0;
}

static PyObject *
list_repr(PyObject *op)
{
    if (list_size(op) == 0) {
        return str_from_cstr("[]");
    }
    int entered = object_repr_enter(op);
    if (entered != 0) {
        return entered > 0 ? str_from_cstr("[...]") : NULL;
    }
    StrWriter w;
    str_writer_init(&w);
    int status = str_writer_char(&w, '[');
    for (Py_ssize_t i = 0; status == 0; i++) {
        PyObject *item = list_get_optional(op, i);
        if (item == NULL) {
            break;
        }
        if (i > 0) {
            status = str_writer_ascii(&w, ", ", 2);
        }
        if (status == 0) {
            status = str_writer_repr(&w, item);
        }
        decref(item);
    }
    object_repr_leave(op);
    if (status < 0 || str_writer_char(&w, ']') < 0) {
        str_writer_discard(&w);
        return NULL;
    }
    return str_writer_finish(&w);
}

// The first place where the lists differ, as far as that is told without Python code or races.
static Py_ssize_t
skip_equal_items(PyObject *v, PyObject *w)
{
    if (!runtime_is_single_threaded()) {
        return 0;
    }
    Py_ssize_t n = list_size(v) < list_size(w) ? list_size(v) : list_size(w);
    Py_ssize_t i = 0;
    while (i < n && object_equal_quick(LIST(v)->ob_item[i], LIST(w)->ob_item[i]) > 0) {
        i++;
    }
    return i;
}

static PyObject *
list_richcompare(PyObject *v, PyObject *w, int op)
{
    if (!list_check(v) || !list_check(w)) {
        return Py_NotImplemented;
    }
    if (list_size(v) != list_size(w) && (op == Py_EQ || op == Py_NE)) {
        return op == Py_NE ? Py_True : Py_False;
    }
    for (Py_ssize_t i = skip_equal_items(v, w);; i++) {
        PyObject *a = list_get_optional(v, i);
        PyObject *b = a == NULL ? NULL : list_get_optional(w, i);
        if (b == NULL) {
            xdecref(a);
            break;
        }
        int equal = object_richcompare_bool(a, b, Py_EQ);
        if (equal == 0 && (i >= list_size(v) || i >= list_size(w))) {
            // Comparing has changed a list: what is left decides.
            decref(a);
            decref(b);
            break;
        }
        PyObject *result = NULL;
        if (equal == 0) {
            result = op == Py_EQ   ? Py_False
                     : op == Py_NE ? Py_True
                                   : object_richcompare(a, b, op);
        }
        decref(a);
        decref(b);
        if (equal <= 0) {
            return result;
        }
    }
    Py_ssize_t n = list_size(v);
    Py_ssize_t m = list_size(w);
    bool result = op == Py_LT   ? n < m
                  : op == Py_LE ? n <= m
                  : op == Py_EQ ? n == m
                  : op == Py_NE ? n != m
                  : op == Py_GT ? n > m
                                : n >= m;
    return result ? Py_True : Py_False;
}

static int
list_tp_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    // A __new__ of a subclass may take what __init__ does not know.
    if (type_of(op)->tp_new == list_tp_new && !args_no_keywords("list", kwargs)) {
        return -1;
    }
    if (!args_check_positional("list", tuple_size(args), 0, 1)) {
        return -1;
    }
    list_clear(op);
    return tuple_size(args) == 1 ? list_extend(op, tuple_item(args, 0)) : 0;
}

static PyObject *
list_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = vectorcall_nargs(nargsf);
    if (!args_no_kwnames("list", kwnames) || !args_check_positional("list", nargs, 0, 1)) {
        return NULL;
    }
    if (type == (PyObject *)&PyList_Type) {
        return nargs == 1 ? list_from_iterable(args[0]) : list_new_reserved(0);
    }
    PyObject *op = list_tp_new((PyTypeObject *)type, NULL, NULL);
    if (op != NULL && nargs == 1 && list_extend(op, args[0]) < 0) {
        clear_ref(op);
    }
    return op;
}

// ---- Methods ----

static PyObject *
list_method_append(PyObject *op, PyObject *value)
{
    return list_append(op, value) < 0 ? NULL : Py_None;
}

static PyObject *
list_method_insert(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("insert", nargs, 2, 2)) {
        return NULL;
    }
    Py_ssize_t where = number_as_ssize(args[0], PyExc_OverflowError);
    if (where == -1 && error_occurred()) {
        return NULL;
    }
    return list_insert(op, where, args[1]) < 0 ? NULL : Py_None;
}

static PyObject *
list_method_extend(PyObject *op, PyObject *iterable)
{
    return list_extend(op, iterable) < 0 ? NULL : Py_None;
}

static PyObject *
list_method_pop(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("pop", nargs, 0, 1)) {
        return NULL;
    }
    Py_ssize_t i = -1;
    if (nargs == 1) {
        i = number_as_ssize(args[0], PyExc_IndexError);
        if (i == -1 && error_occurred()) {
            return NULL;
        }
    }
    return list_pop(op, i);
}

static PyObject *
list_method_clear(PyObject *op, PyObject *unused)
{
    (void)unused;
    list_clear(op);
    return Py_None;
}

static PyObject *
list_method_copy(PyObject *op, PyObject *unused)
{
    (void)unused;
    return list_slice(op, 0, PY_SSIZE_T_MAX);
}

static PyObject *
list_method_reverse(PyObject *op, PyObject *unused)
{
    (void)unused;
    list_reverse(op);
    return Py_None;
}

static PyObject *
list_method_index(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t start = 0, stop = PY_SSIZE_T_MAX;
    if (!args_check_positional("index", nargs, 1, 3) ||
        (nargs > 1 && slice_eval_index_not_none(args[1], &start) < 0) ||
        (nargs > 2 && slice_eval_index_not_none(args[2], &stop) < 0)) {
        return NULL;
    }
    Py_ssize_t n = list_size(op);
    if (start < 0) {
        start = start + n < 0 ? 0 : start + n;
    }
    if (stop < 0) {
        stop = stop + n < 0 ? 0 : stop + n;
    }
    Py_ssize_t i = list_find(op, args[0], start, stop);
    if (i >= 0) {
        return int_from_ssize(i);
    }
    return i == -2 ? NULL : error_set(PyExc_ValueError, "list.index(x): x not in list");
}

static PyObject *
list_method_count(PyObject *op, PyObject *value)
{
    Py_ssize_t count = 0;
    for (Py_ssize_t i = 0;; i++) {
        int equal = item_equals(op, i, value);
        if (equal < 0) {
            return equal == -1 ? NULL : int_from_ssize(count);
        }
        count += equal;
    }
}

static PyObject *
list_method_remove(PyObject *op, PyObject *value)
{
    // Looked for and taken in one section: what stands before it may go meanwhile.
    PyObject *item = NULL;
    CriticalSection cs;
    critical_section_begin(&cs, op);
    Py_ssize_t i = list_find(op, value, 0, PY_SSIZE_T_MAX);
    if (i >= 0 && i < LIST(op)->ob_base.ob_size) {
        item = list_take_lock_held(op, i);
    }
    critical_section_end(&cs);
    xdecref(item);
    if (i == -1) {
        return error_set(PyExc_ValueError, "list.remove(x): x not in list");
    }
    return i < 0 ? NULL : Py_None;
}

static PyObject *
list_method_reversed(PyObject *op, PyObject *unused)
{
    (void)unused;
    return list_reversed(op);
}

static PyObject *
list_method_sizeof(PyObject *op, PyObject *unused)
{
    (void)unused;
    Py_ssize_t size = type_of(op)->tp_basicsize;
    Py_ssize_t allocated = LIST(op)->allocated;
    if (allocated > 0) {
        size += (Py_ssize_t)sizeof(ListArray) + allocated * (Py_ssize_t)sizeof(PyObject *);
    }
    return int_from_ssize(size);
}

#define FASTCALL(f) ((PyCFunction)(void (*)(void))(f))

static PyMethodDef list_methods[] = {
    {"__getitem__", list_subscript, METH_O | METH_COEXIST,
     "__getitem__($self, index, /)\n--\n\nReturn self[index]."},
    {"__reversed__", list_method_reversed, METH_NOARGS,
     "__reversed__($self, /)\n--\n\nReturn a reverse iterator over the list."},
    {"__sizeof__", list_method_sizeof, METH_NOARGS,
     "__sizeof__($self, /)\n--\n\nReturn the size of the list in memory, in bytes."},
    {"clear", list_method_clear, METH_NOARGS,
     "clear($self, /)\n--\n\nRemove all items from list."},
    {"copy", list_method_copy, METH_NOARGS,
     "copy($self, /)\n--\n\nReturn a shallow copy of the list."},
    {"append", list_method_append, METH_O,
     "append($self, object, /)\n--\n\nAppend object to the end of the list."},
    {"insert", FASTCALL(list_method_insert), METH_FASTCALL,
     "insert($self, index, object, /)\n--\n\nInsert object before index."},
    {"extend", list_method_extend, METH_O,
     "extend($self, iterable, /)\n--\n\nExtend list by appending elements from the iterable."},
    {"pop", FASTCALL(list_method_pop), METH_FASTCALL,
     "pop($self, index=-1, /)\n--\n\nRemove and return item at index (default last).\n\n"
     "Raises IndexError if list is empty or index is out of range."},
    {"remove", list_method_remove, METH_O,
     "remove($self, value, /)\n--\n\nRemove first occurrence of value.\n\n"
     "Raises ValueError if the value is not present."},
    {"index", FASTCALL(list_method_index), METH_FASTCALL,
     "index($self, value, start=0, stop=sys.maxsize, /)\n--\n\nReturn first index of value.\n\n"
     "Raises ValueError if the value is not present."},
    {"count", list_method_count, METH_O,
     "count($self, value, /)\n--\n\nReturn number of occurrences of value."},
    {"reverse", list_method_reverse, METH_NOARGS,
     "reverse($self, /)\n--\n\nReverse *IN PLACE*."},
    {"sort", FASTCALL(list_method_sort), METH_FASTCALL | METH_KEYWORDS,
     "sort($self, /, *, key=None, reverse=False)\n--\n\n"
     "Sort the list in ascending order and return None.\n\n"
     "The sort is in-place (i.e. the list itself is modified) and stable (i.e. the\n"
     "order of two equal elements is maintained).\n\n"
     "If a key function is given, apply it once to each list item and sort them,\n"
     "ascending or descending, according to their function values.\n\n"
     "The reverse flag can be set to sort in descending order."},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

static PySequenceMethods list_as_sequence = {
    .sq_length = list_sq_length,
    .sq_concat = list_concat,
    .sq_repeat = list_repeat,
    .sq_item = list_get,
    .sq_ass_item = list_sq_ass_item,
    .sq_contains = list_contains,
    .sq_inplace_concat = list_inplace_concat,
    .sq_inplace_repeat = list_inplace_repeat,
};

static PyMappingMethods list_as_mapping = {
    .mp_length = list_sq_length,
    .mp_subscript = list_subscript,
    .mp_ass_subscript = list_ass_subscript,
};

PyTypeObject PyList_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "list",
    .tp_basicsize = sizeof(PyListObject),
    .tp_dealloc = list_dealloc,
    .tp_repr = list_repr,
    .tp_as_sequence = &list_as_sequence,
    .tp_as_mapping = &list_as_mapping,
    .tp_hash = object_hash_not_implemented,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
                Py_TPFLAGS_LIST_SUBCLASS | _Py_TPFLAGS_MATCH_SELF | Py_TPFLAGS_SEQUENCE,
    .tp_doc = "list(iterable=(), /)\n--\n\nBuilt-in mutable sequence.\n\n"
              "If no argument is given, the constructor creates a new empty list.\n"
              "The argument must be an iterable if specified.",
    .tp_traverse = list_traverse,
    .tp_clear = list_tp_clear,
    .tp_richcompare = list_richcompare,
    .tp_iter = list_iter,
    .tp_methods = list_methods,
    .tp_init = list_tp_init,
    .tp_alloc = type_alloc,
    .tp_new = list_tp_new,
    .tp_free = heap_free,
    .tp_vectorcall = list_vectorcall,
};
