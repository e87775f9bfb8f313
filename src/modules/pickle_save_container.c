// Pickling of tuples, lists, dicts and sets, and of the items that reducers give.
//
// Containers may change while their items are written, by the items' own methods or by other
// threads: lists are read by index, dicts and sets report a changed size.
//
// Threading: see pickle_internal.h.
#include "memory/refcount.h"
#include "modules/pickle_internal.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/set.h"
#include "objects/tuple.h"

static int
save(Pickler *self, PyObject *op)
{
    return pickle_save(self, op, true);
}

static int
save_item(Pickler *self, PyObject *item, PyObject *container, Py_ssize_t index)
{
    return save(self, item) < 0 ? pickle_note("when serializing %T item %zd", container, index)
                                : 0;
}

// ---- fast mode: without a memo, cycles are found by keeping the containers being written ----

enum { FAST_DEPTH = 50 };

// 0, or -1 with ValueError for a cycle. Balanced by fast_leave also then.
static int
fast_enter(Pickler *self, PyObject *op)
{
    // Shallow structures cost nothing.
    if (!self->fast || ++self->fast_depth < FAST_DEPTH) {
        return 0;
    }
    if (self->fast_memo == NULL && (self->fast_memo = dict_new()) == NULL) {
        return -1;
    }
    PyObject *key = int_from_pointer(op);
    int found = key != NULL ? dict_setdefault(self->fast_memo, key, Py_None, NULL) : -1;
    xdecref(key);
    if (found > 0) {
        error_format(PyExc_ValueError,
                     "fast mode: can't pickle cyclic objects including object type %T at %p", op,
                     op);
    }
    return found == 0 ? 0 : -1;
}

static int
fast_leave(Pickler *self, PyObject *op, int status)
{
    if (!self->fast || self->fast_depth-- < FAST_DEPTH || self->fast_memo == NULL) {
        return status;
    }
    PyObject *exc = error_take();
    PyObject *key = int_from_pointer(op);
    if (key == NULL || dict_pop(self->fast_memo, key, NULL) < 0) {
        status = -1;
    }
    xdecref(key);
    error_chain_steal(exc);
    return status;
}

// ---- tuple ----

// What was pushed of op is thrown away: writing the items has written op itself.
static int
replace_by_memo(Pickler *self, PyObject *op, Py_ssize_t pops, bool mark)
{
    if (mark && self->binary) {
        if (pickle_write_code(self, OP_POP_MARK) < 0) {
            return -1;
        }
        pops = 0;
    }
    for (Py_ssize_t i = 0; i < pops; i++) {
        if (pickle_write_code(self, OP_POP) < 0) {
            return -1;
        }
    }
    return pickle_write_get(self, memo_get(&self->memo, op));
}

int
pickle_save_tuple(Pickler *self, PyObject *op)
{
    Py_ssize_t n = tuple_size(op);
    if (n == 0) {
        static const char old[2] = {OP_MARK, OP_TUPLE};
        return self->binary ? pickle_write_code(self, OP_EMPTY_TUPLE)
                            : pickle_write(self, old, sizeof old);
    }
    bool mark = n > 3 || self->protocol < 2;
    if (mark && pickle_write_code(self, OP_MARK) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (save_item(self, tuple_item(op, i), op, i) < 0) {
            return -1;
        }
    }
    if (memo_get(&self->memo, op) >= 0) {
        return replace_by_memo(self, op, mark ? n + 1 : n, mark);
    }
    if (pickle_write_code(self, mark ? OP_TUPLE : OP_TUPLE1 + (int)n - 1) < 0) {
        return -1;
    }
    return pickle_memoize(self, op);
}

// ---- list ----

// An empty container: its code, or MARK and the old code.
static int
write_empty(Pickler *self, int code, int old_code)
{
    char old[2] = {OP_MARK, (char)old_code};
    return self->binary ? pickle_write_code(self, code) : pickle_write(self, old, sizeof old);
}

// The item at index, owned; NULL at the end.
static int
save_list_item(Pickler *self, PyObject *op, Py_ssize_t index)
{
    PyObject *item = list_get_optional(op, index);
    if (item == NULL) {
        return 0;
    }
    int status = save_item(self, item, op, index);
    decref(item);
    return status < 0 ? -1 : 1;
}

static int
save_list_items(Pickler *self, PyObject *op)
{
    Py_ssize_t i = 0;
    if (!self->binary || list_size(op) == 1) {
        int status;
        while ((status = save_list_item(self, op, i)) > 0) {
            if (pickle_write_code(self, OP_APPEND) < 0) {
                return -1;
            }
            i++;
        }
        return status;
    }
    while (i < list_size(op)) {
        if (pickle_write_code(self, OP_MARK) < 0) {
            return -1;
        }
        for (Py_ssize_t end = i + PICKLE_BATCH; i < end; i++) {
            int status = save_list_item(self, op, i);
            if (status < 0) {
                return -1;
            }
            if (status == 0) {
                break;
            }
        }
        if (pickle_write_code(self, OP_APPENDS) < 0) {
            return -1;
        }
    }
    return 0;
}

int
pickle_save_list(Pickler *self, PyObject *op)
{
    int status = fast_enter(self, op);
    if (status == 0) {
        status = write_empty(self, OP_EMPTY_LIST, OP_LIST) < 0 || pickle_memoize(self, op) < 0
                     ? -1 : save_list_items(self, op);
    }
    return fast_leave(self, op, status);
}

// Takes up to a batch of items out of an iterator: how many, or -1 (items are then released).
static int
take_batch(PyObject *iterator, PyObject **items, int limit)
{
    int n = 0;
    while (n < limit) {
        PyObject *item = iter_next(iterator);
        if (item == NULL) {
            break;
        }
        items[n++] = item;
    }
    if (error_occurred()) {
        while (n > 0) {
            decref(items[--n]);
        }
        return -1;
    }
    return n;
}

// Writes the items of an iterator, which save_one writes, each followed by `one` or together between
// MARK and `many`.
static int
save_iterator(Pickler *self, PyObject *iterator, PyObject *op, int one, int many,
              int (*save_one)(Pickler *self, PyObject *item, PyObject *op, Py_ssize_t index))
{
    // Two items are enough to know whether a mark pays.
    PyObject *ahead[2];
    Py_ssize_t index = 0;
    int n;
    do {
        n = take_batch(iterator, ahead, self->binary ? 2 : 1);
        if (n <= 0) {
            return n;
        }
        bool mark = n == 2;
        int status = mark ? pickle_write_code(self, OP_MARK) : 0;
        int written = 0;
        for (; written < n; written++) {
            status = status < 0 ? -1 : save_one(self, ahead[written], op, index++);
            decref(ahead[written]);
        }
        while (status == 0 && mark && written < PICKLE_BATCH) {
            n = take_batch(iterator, ahead, 1);
            if (n <= 0) {
                status = n;
                break;
            }
            status = save_one(self, ahead[0], op, index++);
            decref(ahead[0]);
            written++;
        }
        if (status < 0 || pickle_write_code(self, mark ? many : one) < 0) {
            return -1;
        }
    } while (n > 0);
    return 0;
}

int
pickle_batch_list(Pickler *self, PyObject *iterator, PyObject *op)
{
    return save_iterator(self, iterator, op, OP_APPEND, OP_APPENDS, save_item);
}

// ---- dict ----

static int
save_pair(Pickler *self, PyObject *key, PyObject *value, PyObject *op)
{
    if (save(self, key) < 0) {
        return -1;
    }
    return save(self, value) < 0 ? pickle_note("when serializing %T item %R", op, key) : 0;
}

static int
save_pair_tuple(Pickler *self, PyObject *item, PyObject *op, Py_ssize_t index)
{
    if (!tuple_check(item) || tuple_size(item) != 2) {
        error_set(PyExc_TypeError, "dict items iterator must return 2-tuples");
        return -1;
    }
    return save_pair(self, tuple_item(item, 0), tuple_item(item, 1), op);
}

int
pickle_batch_dict(Pickler *self, PyObject *iterator, PyObject *op)
{
    return save_iterator(self, iterator, op, OP_SETITEM, OP_SETITEMS, save_pair_tuple);
}

// The items that follow *pos, at most `limit`: how many were there, or -1.
static int
save_dict_batch(Pickler *self, PyObject *op, Py_ssize_t *pos, int limit, Py_ssize_t size)
{
    PyObject *key, *value;
    int n = 0;
    while (n < limit) {
        int found = dict_next(op, pos, &key, &value);
        if (found <= 0) {
            return found < 0 ? -1 : n;
        }
        int status = save_pair(self, key, value, op);
        decref(key);
        decref(value);
        if (status < 0) {
            return -1;
        }
        if (dict_size(op) != size) {
            error_set(PyExc_RuntimeError, "dictionary changed size during iteration");
            return -1;
        }
        n++;
    }
    return n;
}

static int
save_dict_items(Pickler *self, PyObject *op)
{
    Py_ssize_t pos = 0, size = dict_size(op);
    int n;
    if (size <= 1) {
        n = save_dict_batch(self, op, &pos, 1, size);
        return n > 0 ? pickle_write_code(self, OP_SETITEM) : n;
    }
    do {
        if (pickle_write_code(self, OP_MARK) < 0) {
            return -1;
        }
        n = save_dict_batch(self, op, &pos, PICKLE_BATCH, size);
        if (n < 0 || pickle_write_code(self, OP_SETITEMS) < 0) {
            return -1;
        }
    } while (n == PICKLE_BATCH);
    return 0;
}

int
pickle_save_dict(Pickler *self, PyObject *op)
{
    int status = fast_enter(self, op);
    if (status == 0) {
        status = write_empty(self, OP_EMPTY_DICT, OP_DICT) < 0 ? -1 : pickle_memoize(self, op);
    }
    if (status == 0 && self->binary) {
        status = save_dict_items(self, op);
    }
    else if (status == 0) {
        PyObject *items = object_call_method_noargs(op, ID(items));
        PyObject *iterator = items != NULL ? object_iter(items) : NULL;
        status = iterator != NULL ? pickle_batch_dict(self, iterator, op) : -1;
        xdecref(iterator);
        xdecref(items);
    }
    return fast_leave(self, op, status);
}

// ---- sets ----

// Before protocol 4: as type(list).
static int
save_set_as_call(Pickler *self, PyObject *type, PyObject *op)
{
    PyObject *items = list_from_iterable(op);
    PyObject *args = items != NULL ? tuple_pack(1, items) : NULL;
    PyObject *result = args != NULL ? tuple_pack(2, type, args) : NULL;
    int status = result != NULL ? pickle_save_reduce(self, result, op) : -1;
    xdecref(result);
    xdecref(args);
    xdecref(items);
    return status;
}

// The elements that follow *pos, at most `limit`: how many were there, or -1.
static int
save_set_batch(Pickler *self, PyObject *op, Py_ssize_t *pos, int limit, Py_ssize_t size)
{
    PyObject *key;
    Py_hash_t hash;
    int n = 0;
    while (n < limit && set_next(op, pos, &key, &hash)) {
        int status = save(self, key);
        decref(key);
        if (status < 0) {
            return pickle_note("when serializing %T element", op);
        }
        if (set_size(op) != size) {
            error_set(PyExc_RuntimeError, "set changed size during iteration");
            return -1;
        }
        n++;
    }
    return n;
}

int
pickle_save_set(Pickler *self, PyObject *op)
{
    if (self->protocol < 4) {
        return save_set_as_call(self, (PyObject *)&PySet_Type, op);
    }
    if (pickle_write_code(self, OP_EMPTY_SET) < 0 || pickle_memoize(self, op) < 0) {
        return -1;
    }
    Py_ssize_t pos = 0, size = set_size(op);
    int n = size == 0 ? 0 : PICKLE_BATCH;
    while (n == PICKLE_BATCH) {
        if (pickle_write_code(self, OP_MARK) < 0) {
            return -1;
        }
        n = save_set_batch(self, op, &pos, PICKLE_BATCH, size);
        if (n < 0 || pickle_write_code(self, OP_ADDITEMS) < 0) {
            return -1;
        }
    }
    return 0;
}

int
pickle_save_frozenset(Pickler *self, PyObject *op)
{
    if (self->protocol < 4) {
        return save_set_as_call(self, (PyObject *)&PyFrozenSet_Type, op);
    }
    if (pickle_write_code(self, OP_MARK) < 0) {
        return -1;
    }
    Py_ssize_t pos = 0;
    int n;
    do {
        n = save_set_batch(self, op, &pos, PICKLE_BATCH, set_size(op));
    } while (n == PICKLE_BATCH);
    if (n < 0) {
        return -1;
    }
    if (memo_get(&self->memo, op) >= 0) {
        return replace_by_memo(self, op, 0, true);
    }
    return pickle_write_code(self, OP_FROZENSET) < 0 ? -1 : pickle_memoize(self, op);
}
