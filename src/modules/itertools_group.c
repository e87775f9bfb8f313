// itertools: groupby and tee.
//
// Threading: fields that change are read and replaced under the object's lock, with references of the
// reader's own while Python code runs. A tee whose source is being asked already raises RuntimeError.
#include "modules/itertools_internal.h"

#include "base/atomic.h"
#include "objects/args.h"
#include "objects/call.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/number.h"
#include "objects/tuple.h"
#include "objects/weakref.h"

// ---- groupby ----

typedef struct Groupby {
    PyObject ob_base;
    PyObject *iterator;     // immutable
    PyObject *key_function; // immutable; None: the items themselves
    PyObject *target_key;   // lock: the object's; key of the group given last
    PyObject *current_key;  // lock: the object's; key of current_value
    PyObject *current_value; // lock: the object's; item read and not yet given
    const void *grouper;    // atomic: relaxed; the group that may go on, only compared
} Groupby;

typedef struct Grouper {
    PyObject ob_base;
    PyObject *parent;       // immutable
    PyObject *target_key;   // immutable
} Grouper;

NATIVE_LIFETIME(groupby, Groupby, 5, iterator, key_function, target_key, current_key,
                current_value)
NATIVE_LIFETIME(grouper, Grouper, 2, parent, target_key)

static PyObject *
groupby_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"iterable", "key", NULL};
    static ArgsParser parser = {.format = "O|O:groupby", .keywords = keywords};
    PyObject *iterable, *key_function = Py_None;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &iterable, &key_function)) {
        return NULL;
    }
    PyObject *iterator = object_iter(iterable);
    Groupby *it = iterator == NULL ? NULL : (Groupby *)type->tp_alloc(type, 0);
    if (it == NULL) {
        xdecref(iterator);
        return NULL;
    }
    it->iterator = iterator;
    it->key_function = new_ref(key_function);
    return (PyObject *)it;
}

// Reads the next item and its key: 0, or -1 at the end and on errors.
static int
groupby_step(Groupby *it)
{
    PyObject *value = next_of(it->iterator);
    if (value == NULL) {
        return -1;
    }
    PyObject *key = it->key_function == Py_None ? new_ref(value)
                                                : object_call_onearg(it->key_function, value);
    if (key == NULL) {
        decref(value);
        return -1;
    }
    CriticalSection cs;
    short_section_begin(&cs, it);
    PyObject *old_value = it->current_value;
    PyObject *old_key = it->current_key;
    it->current_value = value;
    it->current_key = key;
    critical_section_end(&cs);
    xdecref(old_value);
    xdecref(old_key);
    return 0;
}

// Whether the key of the current item is `key`: 1, 0, -1; -2 when there is no current item.
static int
current_key_is(Groupby *it, PyObject *key)
{
    PyObject *current = field_ref(it, &it->current_key);
    if (current == NULL) {
        return -2;
    }
    int equal = object_richcompare_bool(key, current, Py_EQ);
    decref(current);
    return equal;
}

static PyObject *
groupby_next(PyObject *self)
{
    Groupby *it = (Groupby *)self;
    atomic_store_relaxed_ptr(&it->grouper, NULL);
    // Skips what is left of the last group.
    for (;;) {
        PyObject *target = field_ref(it, &it->target_key);
        int same = -2;
        if (target != NULL) {
            same = current_key_is(it, target);
            decref(target);
        }
        else {
            PyObject *current = field_ref(it, &it->current_key);
            same = current == NULL ? -2 : 0;
            xdecref(current);
        }
        if (same == 0) {
            break;
        }
        if (same == -1 || groupby_step(it) < 0) {
            return NULL;
        }
    }
    PyObject *key = field_ref(it, &it->current_key);
    if (key == NULL) {
        return NULL;
    }
    field_set_steal(it, &it->target_key, new_ref(key));
    Grouper *group = (Grouper *)heap_new_object(&itertools_grouper_type, sizeof(Grouper));
    if (group == NULL) {
        decref(key);
        return NULL;
    }
    group->parent = new_ref(self);
    group->target_key = new_ref(key);
    gc_track(group);
    atomic_store_relaxed_ptr(&it->grouper, (const void *)group);
    return tuple_pair_steal(key, (PyObject *)group);
}

ITERTOOLS_TYPE(itertools_groupby_type, "groupby", Groupby, groupby, .tp_new = groupby_new,
               .tp_doc = "groupby(iterable, key=None)\n--\n\n"
                         "make an iterator that returns consecutive keys and groups from the "
                         "iterable\n\n  iterable\n    Elements to divide into groups according to "
                         "the key function.\n  key\n    A function for computing the group category "
                         "for each element.\n    If the key function is not specified or is None, "
                         "the element itself\n    is used for grouping.");

static PyObject *
grouper_next(PyObject *self)
{
    Grouper *group = (Grouper *)self;
    Groupby *it = (Groupby *)group->parent;
    if (atomic_load_relaxed_ptr(&it->grouper) != (const void *)self) {
        return NULL;
    }
    PyObject *value = field_ref(it, &it->current_value);
    if (value == NULL && groupby_step(it) < 0) {
        return NULL;
    }
    xdecref(value);
    if (current_key_is(it, group->target_key) != 1) {
        return NULL;
    }
    CriticalSection cs;
    short_section_begin(&cs, it);
    value = it->current_value;
    PyObject *key = it->current_key;
    it->current_value = NULL;
    it->current_key = NULL;
    critical_section_end(&cs);
    xdecref(key);
    return value;
}

static PyObject *
grouper_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *parent, *key;
    if (!args_no_keywords("_grouper", kwargs) ||
        !args_unpack_tuple(args, "_grouper", 2, 2, &parent, &key)) {
        return NULL;
    }
    if (!object_type_check(parent, &itertools_groupby_type)) {
        return error_format(PyExc_TypeError,
                            "_grouper() argument 1 must be itertools.groupby, not %T", parent);
    }
    Grouper *group = (Grouper *)type->tp_alloc(type, 0);
    if (group != NULL) {
        group->parent = new_ref(parent);
        group->target_key = new_ref(key);
        atomic_store_relaxed_ptr(&((Groupby *)parent)->grouper, (const void *)group);
    }
    return (PyObject *)group;
}

PyTypeObject itertools_grouper_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "itertools._grouper",
    .tp_basicsize = sizeof(Grouper),
    .tp_dealloc = grouper_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_traverse = grouper_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = grouper_next,
    .tp_alloc = type_alloc,
    .tp_new = grouper_new,
    .tp_free = heap_free,
};

// ---- tee ----

#define TEE_CELLS 57

// Some items of the source, read once; a list of blocks hangs at the source. Blocks that all iterators
// have passed are freed.
typedef struct TeeBlock {
    PyObject ob_base;
    PyObject *iterator;             // immutable
    int count;                      // lock: the object's; items read
    int running;                    // atomic: the source is being asked
    PyObject *next;                 // lock: the object's; TeeBlock or NULL
    PyObject *items[TEE_CELLS];     // lock: the object's
} TeeBlock;

typedef struct Tee {
    PyObject ob_base;
    PyObject *block;                // lock: the object's
    int index;                      // lock: the object's; next item of the block
    PyObject *weakrefs;
} Tee;

static PyObject *
tee_block_make(PyObject *iterator)
{
    TeeBlock *block = (TeeBlock *)heap_new_object(&itertools_tee_block_type, sizeof(TeeBlock));
    if (block != NULL) {
        block->iterator = new_ref(iterator);
        block->count = 0;
        block->running = 0;
        block->next = NULL;
        gc_track(block);
    }
    return (PyObject *)block;
}

static void
tee_block_dealloc(PyObject *self)
{
    TeeBlock *block = (TeeBlock *)self;
    gc_untrack(self);
    xdecref(block->iterator);
    for (int i = 0; i < block->count; i++) {
        decref(block->items[i]);
    }
    xdecref(block->next);
    type_of(self)->tp_free(self);
}

static int
tee_block_traverse(PyObject *self, visitproc visit, void *arg)
{
    TeeBlock *block = (TeeBlock *)self;
    int status = block->iterator == NULL ? 0 : visit(block->iterator, arg);
    for (int i = 0; status == 0 && i < block->count; i++) {
        status = visit(block->items[i], arg);
    }
    return status != 0 || block->next == NULL ? status : visit(block->next, arg);
}

// Breaks cycles through the items. The iterators that use the block see an empty one.
static int
tee_block_clear(PyObject *self)
{
    TeeBlock *block = (TeeBlock *)self;
    int count = block->count;
    block->count = 0;
    for (int i = 0; i < count; i++) {
        decref(block->items[i]);
    }
    clear_ref(block->next);
    return 0;
}

PyTypeObject itertools_tee_block_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "itertools._tee_dataobject",
    .tp_basicsize = sizeof(TeeBlock),
    .tp_dealloc = tee_block_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE |
                Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "teedataobject(iterable, values, next, /)\n--\n\nData container common to multiple "
              "tee objects.",
    .tp_traverse = tee_block_traverse,
    .tp_clear = tee_block_clear,
    .tp_free = heap_free,
};

// Item i of a block, read from the source when it is the first that is missing.
static PyObject *
tee_block_item(TeeBlock *block, int i)
{
    PyObject *item = NULL;
    CriticalSection cs;
    short_section_begin(&cs, block);
    if (i < block->count) {
        item = new_ref(block->items[i]);
    }
    critical_section_end(&cs);
    if (item != NULL) {
        return item;
    }
    if (atomic_exchange_int(&block->running, 1)) {
        return error_set(PyExc_RuntimeError, "cannot re-enter the tee iterator");
    }
    item = next_of(block->iterator);
    if (item != NULL) {
        short_section_begin(&cs, block);
        if (block->count < TEE_CELLS) {
            block->items[block->count++] = new_ref(item);
        }
        critical_section_end(&cs);
    }
    atomic_store_release_int(&block->running, 0);
    return item;
}

// The block after a full one.
static PyObject *
tee_block_next(TeeBlock *block)
{
    CriticalSection cs;
    short_section_begin(&cs, block);
    if (block->next == NULL) {
        block->next = tee_block_make(block->iterator);
    }
    PyObject *next = xnew_ref(block->next);
    critical_section_end(&cs);
    return next;
}

static void
tee_dealloc(PyObject *self)
{
    gc_untrack(self);
    Tee *tee = (Tee *)self;
    if (tee->weakrefs != NULL) {
        weakref_clear_all(self);
    }
    xdecref(tee->block);
    type_of(self)->tp_free(self);
}

static int
tee_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *block = ((Tee *)self)->block;
    return block == NULL ? 0 : visit(block, arg);
}

// Consumes block (NULL after an error).
static PyObject *
tee_make_steal(PyTypeObject *type, PyObject *block, int index)
{
    Tee *tee = block == NULL ? NULL : (Tee *)type->tp_alloc(type, 0);
    if (tee == NULL) {
        xdecref(block);
        return NULL;
    }
    tee->block = block;
    tee->index = index;
    tee->weakrefs = NULL;
    return (PyObject *)tee;
}

static PyObject *
tee_copy(PyObject *self, PyObject *unused)
{
    (void)unused;
    Tee *tee = (Tee *)self;
    CriticalSection cs;
    short_section_begin(&cs, self);
    PyObject *block = new_ref(tee->block);
    int index = tee->index;
    critical_section_end(&cs);
    return tee_make_steal(&itertools_tee_type, block, index);
}

static PyObject *
tee_from_iterable(PyObject *iterable)
{
    PyObject *iterator = object_iter(iterable);
    if (iterator == NULL) {
        return NULL;
    }
    PyObject *tee;
    if (object_type_check(iterator, &itertools_tee_type)) {
        tee = tee_copy(iterator, NULL);
    }
    else {
        tee = tee_make_steal(&itertools_tee_type, tee_block_make(iterator), 0);
    }
    decref(iterator);
    return tee;
}

static PyObject *
tee_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)type;
    PyObject *iterable;
    if (!args_no_keywords("_tee", kwargs) || !args_unpack_tuple(args, "_tee", 1, 1, &iterable)) {
        return NULL;
    }
    return tee_from_iterable(iterable);
}

static PyObject *
tee_next(PyObject *self)
{
    Tee *tee = (Tee *)self;
    CriticalSection cs;
    short_section_begin(&cs, self);
    PyObject *block = new_ref(tee->block);
    int index = tee->index;
    critical_section_end(&cs);
    if (index >= TEE_CELLS) {
        PyObject *next = tee_block_next((TeeBlock *)block);
        if (next == NULL) {
            decref(block);
            return NULL;
        }
        field_set_steal(tee, &tee->block, new_ref(next));
        set_ref(block, next);
        index = 0;
        atomic_store_relaxed_int(&tee->index, 0);
    }
    PyObject *item = tee_block_item((TeeBlock *)block, index);
    if (item != NULL) {
        atomic_store_relaxed_int(&tee->index, index + 1);
    }
    decref(block);
    return item;
}

static PyMethodDef tee_methods[] = {
    {"__copy__", tee_copy, METH_NOARGS, "Returns an independent iterator."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject itertools_tee_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "itertools._tee",
    .tp_basicsize = sizeof(Tee),
    .tp_dealloc = tee_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "Iterator wrapped to make it copyable.",
    .tp_traverse = tee_traverse,
    .tp_weaklistoffset = offsetof(Tee, weakrefs),
    .tp_iter = object_self_iter,
    .tp_iternext = tee_next,
    .tp_methods = tee_methods,
    .tp_alloc = type_alloc,
    .tp_new = tee_new,
    .tp_free = heap_free,
};

PyObject *
itertools_tee(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (!args_check_positional("tee", nargs, 1, 2)) {
        return NULL;
    }
    Py_ssize_t n = 2;
    if (nargs == 2) {
        n = number_as_ssize(args[1], PyExc_OverflowError);
        if (n == -1 && error_occurred()) {
            return NULL;
        }
    }
    if (n < 0) {
        return error_set(PyExc_ValueError, "n must be >= 0");
    }
    PyObject *result = tuple_new(n);
    for (Py_ssize_t i = 0; result != NULL && i < n; i++) {
        PyObject *tee = i == 0 ? tee_from_iterable(args[0]) : tee_copy(tuple_item(result, 0), NULL);
        if (tee == NULL) {
            clear_ref(result);
        }
        else {
            tuple_set_item_steal(result, i, tee);
        }
    }
    return result;
}
