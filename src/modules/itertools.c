// itertools: the iterators that count, chain, select and zip, and the module.
//
// Products and combinations are itertools_combine.c; groupby and tee are itertools_group.c.
//
// Threading: an iterator that threads share may give an item twice or skip one, and never touches
// freed memory: fields that change are read with a reference of the reader's own, under the
// iterator's lock, or as container.h describes for what an iterator walks over.
#include "modules/itertools_internal.h"

#include "modules/module.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/genericalias.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/str.h"
#include "objects/tuple.h"

// Defined by ITERTOOLS_TYPE below their functions.
extern PyTypeObject itertools_cycle_type, itertools_chain_type, itertools_islice_type,
    itertools_starmap_type, itertools_takewhile_type, itertools_dropwhile_type,
    itertools_filterfalse_type, itertools_pairwise_type;

// Keyword arguments are refused for the type itself, and left to subclasses with an __init__.
static bool
no_keywords(PyTypeObject *type, PyTypeObject *base, const char *name, PyObject *kwargs)
{
    if (type != base && type->tp_init != base->tp_init) {
        return true;
    }
    return args_no_keywords(name, kwargs);
}

// ---- count ----

typedef struct Count {
    PyObject ob_base;
    Py_ssize_t number;      // atomic: relaxed; PY_SSIZE_T_MAX when `large` counts
    PyObject *large;        // lock: the object's; NULL while `number` counts
    PyObject *step;         // immutable
} Count;

NATIVE_LIFETIME(count, Count, 2, large, step)

static PyObject *
count_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"start", "step", NULL};
    static ArgsParser parser = {.format = "|OO:count", .keywords = keywords};
    PyObject *start = NULL, *step = NULL;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &start, &step)) {
        return NULL;
    }
    if ((start != NULL && !number_check(start)) || (step != NULL && !number_check(step))) {
        return error_set(PyExc_TypeError, "a number is required");
    }
    int64_t first = 0, stride = 1;
    bool fast = (start == NULL || (int_check_exact(start) && int_as_i64_fast(start, &first))) &&
                (step == NULL ||
                 (int_check_exact(step) && int_as_i64_fast(step, &stride) && stride == 1)) &&
                first != PY_SSIZE_T_MAX;
    PyObject *own_step = step == NULL ? int_from_i64(1) : new_ref(step);
    PyObject *large = NULL;
    if (own_step != NULL && !fast) {
        large = start == NULL ? int_from_i64(0) : new_ref(start);
    }
    Count *it = NULL;
    if (own_step != NULL && (fast || large != NULL)) {
        it = (Count *)type->tp_alloc(type, 0);
    }
    if (it == NULL) {
        xdecref(own_step);
        xdecref(large);
        return NULL;
    }
    it->number = fast ? first : PY_SSIZE_T_MAX;
    it->large = large;
    it->step = own_step;
    return (PyObject *)it;
}

// Adding ints runs no Python code: then the step is atomic to other threads.
static PyObject *
count_next_large(Count *it)
{
    CriticalSection cs;
    critical_section_begin(&cs, it);
    PyObject *number = it->large == NULL ? int_from_ssize(PY_SSIZE_T_MAX) : new_ref(it->large);
    PyObject *next = number == NULL ? NULL : number_add(number, it->step);
    PyObject *old = NULL;
    if (next != NULL) {
        old = it->large;
        it->large = next;
    }
    critical_section_end(&cs);
    xdecref(old);
    if (next == NULL) {
        clear_ref(number);
    }
    return number;
}

static PyObject *
count_next(PyObject *self)
{
    Count *it = (Count *)self;
    Py_ssize_t number = atomic_load_relaxed_ssize(&it->number);
    while (number != PY_SSIZE_T_MAX) {
        if (runtime_is_single_threaded()) {
            it->number = number + 1;
            return int_from_ssize(number);
        }
        if (atomic_cas_ssize(&it->number, &number, number + 1)) {
            return int_from_ssize(number);
        }
    }
    return count_next_large(it);
}

static PyObject *
count_repr(PyObject *self)
{
    Count *it = (Count *)self;
    Py_ssize_t number = atomic_load_relaxed_ssize(&it->number);
    const char *name = type_short_name(type_of(self));
    if (number != PY_SSIZE_T_MAX) {
        return str_format("%s(%zd)", name, number);
    }
    PyObject *large = field_ref(it, &it->large);
    if (large == NULL) {
        return str_format("%s(%zd)", name, number);
    }
    int64_t stride;
    PyObject *text;
    if (int_check_exact(it->step) && int_as_i64_fast(it->step, &stride) && stride == 1) {
        text = str_format("%s(%R)", name, large);
    }
    else {
        text = str_format("%s(%R, %R)", name, large, it->step);
    }
    decref(large);
    return text;
}

ITERTOOLS_TYPE(itertools_count_type, "count", Count, count, .tp_new = count_new,
               .tp_repr = count_repr,
               .tp_doc = "count(start=0, step=1)\n--\n\n"
                         "Return a count object whose .__next__() method returns consecutive "
                         "values.\n\nEquivalent to:\n"
                         "    def count(firstval=0, step=1):\n"
                         "        x = firstval\n"
                         "        while 1:\n"
                         "            yield x\n"
                         "            x += step");

// ---- cycle ----

typedef struct Cycle {
    PyObject ob_base;
    PyObject *iterator;     // atomic: owned, NULL once used up
    PyObject *saved;        // immutable: list of the items seen
    Py_ssize_t index;       // atomic: relaxed; next of `saved`
} Cycle;

NATIVE_LIFETIME(cycle, Cycle, 2, iterator, saved)

static PyObject *
cycle_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *iterable;
    if (!no_keywords(type, &itertools_cycle_type, "cycle", kwargs) ||
        !args_unpack_tuple(args, "cycle", 1, 1, &iterable)) {
        return NULL;
    }
    PyObject *iterator = object_iter(iterable);
    PyObject *saved = iterator == NULL ? NULL : list_new(0);
    Cycle *it = saved == NULL ? NULL : (Cycle *)type->tp_alloc(type, 0);
    if (it == NULL) {
        xdecref(iterator);
        xdecref(saved);
        return NULL;
    }
    it->iterator = iterator;
    it->saved = saved;
    it->index = 0;
    return (PyObject *)it;
}

static PyObject *
cycle_next(PyObject *self)
{
    Cycle *it = (Cycle *)self;
    PyObject *iterator = iterator_hold(&it->iterator);
    if (iterator != NULL) {
        PyObject *item = next_of(iterator);
        decref(iterator);
        if (item != NULL) {
            if (list_append(it->saved, item) < 0) {
                clear_ref(item);
            }
            return item;
        }
        if (!at_end()) {
            return NULL;
        }
        iterator_finish(it, &it->iterator);
    }
    Py_ssize_t n = list_size(it->saved);
    if (n == 0) {
        return NULL;
    }
    Py_ssize_t index = atomic_load_relaxed_ssize(&it->index);
    atomic_store_relaxed_ssize(&it->index, index + 1 >= n ? 0 : index + 1);
    return list_get(it->saved, index >= n ? 0 : index);
}

ITERTOOLS_TYPE(itertools_cycle_type, "cycle", Cycle, cycle, .tp_new = cycle_new,
               .tp_doc = "cycle(iterable, /)\n--\n\n"
                         "Return elements from the iterable until it is exhausted. Then repeat "
                         "the sequence indefinitely.");

// ---- repeat ----

typedef struct Repeat {
    PyObject ob_base;
    PyObject *element;      // immutable
    Py_ssize_t left;        // atomic: relaxed; -1 for ever
} Repeat;

NATIVE_LIFETIME(repeat, Repeat, 1, element)

static PyObject *
repeat_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"object", "times", NULL};
    static ArgsParser parser = {.format = "O|n:repeat", .keywords = keywords};
    PyObject *element;
    Py_ssize_t times = 0;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &element, &times)) {
        return NULL;
    }
    Py_ssize_t given = tuple_size(args) + (kwargs == NULL ? 0 : dict_size(kwargs));
    Repeat *it = (Repeat *)type->tp_alloc(type, 0);
    if (it == NULL) {
        return NULL;
    }
    it->element = new_ref(element);
    it->left = given < 2 ? -1 : times < 0 ? 0 : times;
    return (PyObject *)it;
}

static PyObject *
repeat_next(PyObject *self)
{
    Repeat *it = (Repeat *)self;
    Py_ssize_t left = atomic_load_relaxed_ssize(&it->left);
    if (left == 0) {
        return NULL;
    }
    if (left > 0) {
        atomic_store_relaxed_ssize(&it->left, left - 1);
    }
    return new_ref(it->element);
}

static PyObject *
repeat_repr(PyObject *self)
{
    Repeat *it = (Repeat *)self;
    const char *name = type_short_name(type_of(self));
    return it->left < 0 ? str_format("%s(%R)", name, it->element)
                        : str_format("%s(%R, %zd)", name, it->element, it->left);
}

static PyObject *
repeat_length_hint(PyObject *self, PyObject *unused)
{
    (void)unused;
    Py_ssize_t left = atomic_load_relaxed_ssize(&((Repeat *)self)->left);
    return left < 0 ? error_set(PyExc_TypeError, "len() of unsized object") : int_from_ssize(left);
}

static PyMethodDef repeat_methods[] = {
    {"__length_hint__", repeat_length_hint, METH_NOARGS,
     "Private method returning an estimate of len(list(it))."},
    {NULL, NULL, 0, NULL},
};

ITERTOOLS_TYPE(itertools_repeat_type, "repeat", Repeat, repeat, .tp_new = repeat_new,
               .tp_repr = repeat_repr, .tp_methods = repeat_methods,
               .tp_doc = "repeat(object [,times]) -> create an iterator which returns the object\n"
                         "for the specified number of times.  If not specified, returns the "
                         "object\nendlessly.");

// ---- chain ----

typedef struct Chain {
    PyObject ob_base;
    PyObject *source;       // atomic: owned; iterator over the iterables, NULL at the end
    PyObject *active;       // atomic: owned; iterator being used, or NULL
} Chain;

NATIVE_LIFETIME(chain, Chain, 2, source, active)

static PyObject *
chain_make(PyTypeObject *type, PyObject *iterables)
{
    PyObject *source = object_iter(iterables);
    Chain *it = source == NULL ? NULL : (Chain *)type->tp_alloc(type, 0);
    if (it == NULL) {
        xdecref(source);
        return NULL;
    }
    it->source = source;
    it->active = NULL;
    return (PyObject *)it;
}

static PyObject *
chain_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return no_keywords(type, &itertools_chain_type, "chain", kwargs) ? chain_make(type, args) : NULL;
}

static PyObject *
chain_from_iterable(PyObject *type, PyObject *iterable)
{
    return chain_make((PyTypeObject *)type, iterable);
}

// The next iterator of the source becomes the active one: true. Gives up the source at its end and on
// errors.
static bool
chain_advance(Chain *it)
{
    PyObject *source = iterator_hold(&it->source);
    if (source == NULL) {
        return false;
    }
    PyObject *iterable = next_of(source);
    PyObject *active = iterable == NULL ? NULL : object_iter(iterable);
    decref(source);
    xdecref(iterable);
    if (active == NULL) {
        iterator_finish(it, &it->source);
        return false;
    }
    PyObject *old = atomic_exchange_ptr(&it->active, active);
    if (old != NULL) {
        qsbr_decref_delayed(old);
    }
    return true;
}

static PyObject *
chain_next(PyObject *self)
{
    Chain *it = (Chain *)self;
    for (;;) {
        PyObject *active = iterator_hold(&it->active);
        if (active == NULL) {
            if (!chain_advance(it)) {
                return NULL;
            }
            continue;
        }
        PyObject *item = next_of(active);
        decref(active);
        if (item != NULL || !at_end()) {
            return item;
        }
        iterator_finish(it, &it->active);
    }
}

static PyMethodDef chain_methods[] = {
    {"from_iterable", chain_from_iterable, METH_O | METH_CLASS,
     "from_iterable($type, iterable, /)\n--\n\n"
     "Alternative chain() constructor taking a single iterable argument that evaluates lazily."},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

ITERTOOLS_TYPE(itertools_chain_type, "chain", Chain, chain, .tp_new = chain_new,
               .tp_methods = chain_methods,
               .tp_doc = "chain(*iterables)\n--\n\n"
                         "Return a chain object whose .__next__() method returns elements from "
                         "the\nfirst iterable until it is exhausted, then elements from the next\n"
                         "iterable, until all of the iterables are exhausted.");

// ---- islice ----

typedef struct Islice {
    PyObject ob_base;
    PyObject *iterator;     // atomic: owned, NULL at the end
    Py_ssize_t next;        // atomic: relaxed; number of the next item to give
    Py_ssize_t stop;        // immutable; -1 for none
    Py_ssize_t step;        // immutable
    Py_ssize_t count;       // atomic: relaxed; items taken so far
} Islice;

NATIVE_LIFETIME(islice, Islice, 1, iterator)

// A bound that is None (left alone) or a non-negative index: 0 or -1.
static int
islice_bound(PyObject *arg, Py_ssize_t *bound, const char *message)
{
    if (arg == NULL || arg == Py_None) {
        return 0;
    }
    *bound = number_as_ssize(arg, PyExc_OverflowError);
    if (*bound >= 0) {
        return 0;
    }
    if (error_occurred()) {
        error_clear();
    }
    error_set(PyExc_ValueError, message);
    return -1;
}

static PyObject *
islice_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *sequence, *first, *second = NULL, *third = NULL;
    if (!no_keywords(type, &itertools_islice_type, "islice", kwargs) ||
        !args_unpack_tuple(args, "islice", 2, 4, &sequence, &first, &second, &third)) {
        return NULL;
    }
    Py_ssize_t start = 0, stop = -1, step = 1;
    const char *indices = "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
    if (second == NULL) {
        if (islice_bound(first, &stop, "Stop argument for islice() must be None or an integer: "
                                       "0 <= x <= sys.maxsize.") < 0) {
            return NULL;
        }
    }
    else if (islice_bound(second, &stop, "Stop argument for islice() must be None or an integer: "
                                         "0 <= x <= sys.maxsize.") < 0 ||
             islice_bound(first, &start, indices) < 0) {
        return NULL;
    }
    if (third != NULL && third != Py_None) {
        step = number_as_ssize(third, NULL);
        if (step == -1 && error_occurred()) {
            error_clear();
        }
        if (step < 1) {
            return error_set(PyExc_ValueError,
                             "Step for islice() must be a positive integer or None.");
        }
    }
    PyObject *iterator = object_iter(sequence);
    Islice *it = iterator == NULL ? NULL : (Islice *)type->tp_alloc(type, 0);
    if (it == NULL) {
        xdecref(iterator);
        return NULL;
    }
    it->iterator = iterator;
    it->next = start;
    it->stop = stop;
    it->step = step;
    it->count = 0;
    return (PyObject *)it;
}

static PyObject *
islice_next(PyObject *self)
{
    Islice *it = (Islice *)self;
    PyObject *iterator = iterator_hold(&it->iterator);
    if (iterator == NULL) {
        return NULL;
    }
    PyObject *item = NULL;
    Py_ssize_t next = atomic_load_relaxed_ssize(&it->next);
    while (atomic_load_relaxed_ssize(&it->count) < next) {
        item = next_of(iterator);
        if (item == NULL) {
            goto over;
        }
        decref(item);
        item = NULL;
        atomic_add_ssize(&it->count, 1);
    }
    if (it->stop != -1 && atomic_load_relaxed_ssize(&it->count) >= it->stop) {
        goto over;
    }
    item = next_of(iterator);
    if (item == NULL) {
        goto over;
    }
    atomic_add_ssize(&it->count, 1);
    // The next one, kept within stop and the range of the type.
    Py_ssize_t after;
    if (__builtin_add_overflow(next, it->step, &after)) {
        after = PY_SSIZE_T_MAX;
    }
    if (it->stop != -1 && after > it->stop) {
        after = it->stop;
    }
    atomic_store_relaxed_ssize(&it->next, after);
    decref(iterator);
    return item;
over:
    decref(iterator);
    iterator_finish(it, &it->iterator);
    return NULL;
}

ITERTOOLS_TYPE(itertools_islice_type, "islice", Islice, islice, .tp_new = islice_new,
               .tp_doc = "islice(iterable, stop) --> islice object\n"
                         "islice(iterable, start, stop[, step]) --> islice object\n\n"
                         "Return an iterator whose next() method returns selected values from an\n"
                         "iterable.  If start is specified, will skip all preceding elements;\n"
                         "otherwise, start defaults to zero.  Step defaults to one.  If\n"
                         "specified as another value, step determines how many values are\n"
                         "skipped between successive calls.  Works like a slice() on a list\n"
                         "but returns an iterator.");

// ---- Functions over one iterator: starmap, takewhile, dropwhile, filterfalse ----

typedef struct Applied {
    PyObject ob_base;
    PyObject *function;     // immutable
    PyObject *iterator;     // immutable
    int flag;               // atomic: relaxed; takewhile has ended, dropwhile has started
} Applied;

NATIVE_LIFETIME(applied, Applied, 2, function, iterator)
#define starmap_dealloc applied_dealloc
#define starmap_traverse applied_traverse
#define takewhile_dealloc applied_dealloc
#define takewhile_traverse applied_traverse
#define dropwhile_dealloc applied_dealloc
#define dropwhile_traverse applied_traverse
#define filterfalse_dealloc applied_dealloc
#define filterfalse_traverse applied_traverse

static PyObject *
applied_make(PyTypeObject *type, PyTypeObject *base, PyObject *args, PyObject *kwargs,
             const char *name)
{
    PyObject *function, *iterable;
    if (!no_keywords(type, base, name, kwargs) ||
        !args_unpack_tuple(args, name, 2, 2, &function, &iterable)) {
        return NULL;
    }
    PyObject *iterator = object_iter(iterable);
    Applied *it = iterator == NULL ? NULL : (Applied *)type->tp_alloc(type, 0);
    if (it == NULL) {
        xdecref(iterator);
        return NULL;
    }
    it->function = new_ref(function);
    it->iterator = iterator;
    it->flag = 0;
    return (PyObject *)it;
}

// Whether function(item) is true: 1, 0, -1.
static int
call_is_true(PyObject *function, PyObject *item)
{
    PyObject *answer = object_call_onearg(function, item);
    int truth = answer == NULL ? -1 : object_is_true(answer);
    xdecref(answer);
    return truth;
}

static PyObject *
starmap_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return applied_make(type, &itertools_starmap_type, args, kwargs, "starmap");
}

static PyObject *
starmap_next(PyObject *self)
{
    Applied *it = (Applied *)self;
    PyObject *item = next_of(it->iterator);
    if (item == NULL) {
        return NULL;
    }
    if (!tuple_check_exact(item)) {
        set_ref(item, tuple_from_iterable(item));
        if (item == NULL) {
            return NULL;
        }
    }
    PyObject *result = object_vectorcall(it->function, tuple_items(item), (size_t)tuple_size(item),
                                         NULL);
    decref(item);
    return result;
}

ITERTOOLS_TYPE(itertools_starmap_type, "starmap", Applied, starmap, .tp_new = starmap_new,
               .tp_doc = "starmap(function, iterable, /)\n--\n\n"
                         "Return an iterator whose values are returned from the function "
                         "evaluated with an argument tuple taken from the given sequence.");

static PyObject *
takewhile_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return applied_make(type, &itertools_takewhile_type, args, kwargs, "takewhile");
}

static PyObject *
takewhile_next(PyObject *self)
{
    Applied *it = (Applied *)self;
    if (atomic_load_relaxed_int(&it->flag)) {
        return NULL;
    }
    PyObject *item = next_of(it->iterator);
    if (item == NULL) {
        return NULL;
    }
    int good = call_is_true(it->function, item);
    if (good > 0) {
        return item;
    }
    decref(item);
    if (good == 0) {
        atomic_store_relaxed_int(&it->flag, 1);
    }
    return NULL;
}

ITERTOOLS_TYPE(itertools_takewhile_type, "takewhile", Applied, takewhile, .tp_new = takewhile_new,
               .tp_doc = "takewhile(predicate, iterable, /)\n--\n\n"
                         "Return successive entries from an iterable as long as the predicate "
                         "evaluates to true for each entry.");

static PyObject *
dropwhile_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return applied_make(type, &itertools_dropwhile_type, args, kwargs, "dropwhile");
}

static PyObject *
dropwhile_next(PyObject *self)
{
    Applied *it = (Applied *)self;
    PyObject *item;
    while ((item = next_of(it->iterator)) != NULL) {
        if (atomic_load_relaxed_int(&it->flag)) {
            return item;
        }
        int drop = call_is_true(it->function, item);
        if (drop == 0) {
            atomic_store_relaxed_int(&it->flag, 1);
            return item;
        }
        decref(item);
        if (drop < 0) {
            return NULL;
        }
    }
    return NULL;
}

ITERTOOLS_TYPE(itertools_dropwhile_type, "dropwhile", Applied, dropwhile, .tp_new = dropwhile_new,
               .tp_doc = "dropwhile(predicate, iterable, /)\n--\n\n"
                         "Drop items from the iterable while predicate(item) is true.\n\n"
                         "Afterwards, return every element until the iterable is exhausted.");

static PyObject *
filterfalse_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return applied_make(type, &itertools_filterfalse_type, args, kwargs, "filterfalse");
}

static PyObject *
filterfalse_next(PyObject *self)
{
    Applied *it = (Applied *)self;
    bool own_truth = it->function == Py_None || it->function == (PyObject *)&PyBool_Type;
    PyObject *item;
    while ((item = next_of(it->iterator)) != NULL) {
        int good = own_truth ? object_is_true(item) : call_is_true(it->function, item);
        if (good == 0) {
            return item;
        }
        decref(item);
        if (good < 0) {
            return NULL;
        }
    }
    return NULL;
}

ITERTOOLS_TYPE(itertools_filterfalse_type, "filterfalse", Applied, filterfalse,
               .tp_new = filterfalse_new,
               .tp_doc = "filterfalse(function, iterable, /)\n--\n\n"
                         "Return those items of iterable for which function(item) is false.\n\n"
                         "If function is None, return the items that are false.");

// ---- compress ----

typedef struct Compress {
    PyObject ob_base;
    PyObject *data;         // immutable
    PyObject *selectors;    // immutable
} Compress;

NATIVE_LIFETIME(compress, Compress, 2, data, selectors)

static PyObject *
compress_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"data", "selectors", NULL};
    static ArgsParser parser = {.format = "OO:compress", .keywords = keywords};
    PyObject *data, *selectors;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &data, &selectors)) {
        return NULL;
    }
    PyObject *items = object_iter(data);
    PyObject *choices = items == NULL ? NULL : object_iter(selectors);
    Compress *it = choices == NULL ? NULL : (Compress *)type->tp_alloc(type, 0);
    if (it == NULL) {
        xdecref(items);
        xdecref(choices);
        return NULL;
    }
    it->data = items;
    it->selectors = choices;
    return (PyObject *)it;
}

static PyObject *
compress_next(PyObject *self)
{
    Compress *it = (Compress *)self;
    PyObject *item;
    while ((item = next_of(it->data)) != NULL) {
        PyObject *choice = next_of(it->selectors);
        int take = choice == NULL ? -1 : object_is_true(choice);
        xdecref(choice);
        if (take > 0) {
            return item;
        }
        decref(item);
        if (take < 0) {
            return NULL;
        }
    }
    return NULL;
}

ITERTOOLS_TYPE(itertools_compress_type, "compress", Compress, compress, .tp_new = compress_new,
               .tp_doc = "compress(data, selectors)\n--\n\n"
                         "Return data elements corresponding to true selector elements.\n\n"
                         "Forms a shorter iterator from selected data elements using the "
                         "selectors to\nchoose the data elements.");

// ---- accumulate ----

typedef struct Accumulate {
    PyObject ob_base;
    PyObject *iterator;     // immutable
    PyObject *function;     // immutable; NULL: addition
    PyObject *total;        // lock: the object's; NULL before the first item
    PyObject *initial;      // lock: the object's; NULL once given
} Accumulate;

NATIVE_LIFETIME(accumulate, Accumulate, 4, iterator, function, total, initial)

static PyObject *
accumulate_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"iterable", "func", "initial", NULL};
    static ArgsParser parser = {.format = "O|O$O:accumulate", .keywords = keywords};
    PyObject *iterable, *function = Py_None, *initial = Py_None;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &iterable, &function, &initial)) {
        return NULL;
    }
    PyObject *iterator = object_iter(iterable);
    Accumulate *it = iterator == NULL ? NULL : (Accumulate *)type->tp_alloc(type, 0);
    if (it == NULL) {
        xdecref(iterator);
        return NULL;
    }
    it->iterator = iterator;
    it->function = function == Py_None ? NULL : new_ref(function);
    it->initial = initial == Py_None ? NULL : new_ref(initial);
    it->total = NULL;
    return (PyObject *)it;
}

static PyObject *
accumulate_next(PyObject *self)
{
    Accumulate *it = (Accumulate *)self;
    CriticalSection cs;
    short_section_begin(&cs, self);
    PyObject *first = it->initial;
    if (first != NULL) {
        it->initial = NULL;
        it->total = new_ref(first);
    }
    critical_section_end(&cs);
    if (first != NULL) {
        return first;
    }
    PyObject *item = next_of(it->iterator);
    if (item == NULL) {
        return NULL;
    }
    PyObject *total = field_ref(it, &it->total);
    if (total != NULL) {
        PyObject *sum = it->function == NULL ? number_add(total, item)
                                             : object_call_twoargs(it->function, total, item);
        decref(total);
        decref(item);
        item = sum;
        if (sum == NULL) {
            return NULL;
        }
    }
    field_set_steal(it, &it->total, new_ref(item));
    return item;
}

ITERTOOLS_TYPE(itertools_accumulate_type, "accumulate", Accumulate, accumulate,
               .tp_new = accumulate_new,
               .tp_doc = "accumulate(iterable, func=None, *, initial=None)\n--\n\n"
                         "Return series of accumulated sums.");

// ---- pairwise ----

typedef struct Pairwise {
    PyObject ob_base;
    PyObject *iterator;     // atomic: owned, NULL at the end
    PyObject *old;          // lock: the object's; NULL before the first item
} Pairwise;

NATIVE_LIFETIME(pairwise, Pairwise, 2, iterator, old)

static PyObject *
pairwise_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *iterable;
    if (!no_keywords(type, &itertools_pairwise_type, "pairwise", kwargs) ||
        !args_unpack_tuple(args, "pairwise", 1, 1, &iterable)) {
        return NULL;
    }
    PyObject *iterator = object_iter(iterable);
    Pairwise *it = iterator == NULL ? NULL : (Pairwise *)type->tp_alloc(type, 0);
    if (it == NULL) {
        xdecref(iterator);
        return NULL;
    }
    it->iterator = iterator;
    it->old = NULL;
    return (PyObject *)it;
}

static PyObject *
pairwise_next(PyObject *self)
{
    Pairwise *it = (Pairwise *)self;
    PyObject *iterator = iterator_hold(&it->iterator);
    if (iterator == NULL) {
        return NULL;
    }
    PyObject *pair = NULL;
    PyObject *item = NULL;
    PyObject *old = field_ref(it, &it->old);
    if (old == NULL) {
        old = next_of(iterator);
        if (old == NULL) {
            goto over;
        }
        field_set_steal(it, &it->old, new_ref(old));
        // The iterator may have been asked by its own source: then that one went further.
        if (atomic_load_acquire_ptr(&it->iterator) == NULL) {
            goto over;
        }
    }
    item = next_of(iterator);
    if (item == NULL) {
        goto over;
    }
    pair = tuple_pair(old, item);
    field_set_steal(it, &it->old, item);
    decref(old);
    decref(iterator);
    return pair;
over:
    xdecref(old);
    decref(iterator);
    iterator_finish(it, &it->iterator);
    field_set_steal(it, &it->old, NULL);
    return NULL;
}

ITERTOOLS_TYPE(itertools_pairwise_type, "pairwise", Pairwise, pairwise, .tp_new = pairwise_new,
               .tp_doc = "pairwise(iterable, /)\n--\n\n"
                         "Return an iterator of overlapping pairs taken from the input iterator.\n\n"
                         "    s -> (s0,s1), (s1,s2), (s2, s3), ...");

// ---- batched ----

typedef struct Batched {
    PyObject ob_base;
    PyObject *iterator;     // atomic: owned, NULL at the end
    Py_ssize_t size;        // immutable
    bool strict;            // immutable
} Batched;

NATIVE_LIFETIME(batched, Batched, 1, iterator)

static PyObject *
batched_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"iterable", "n", "strict", NULL};
    static ArgsParser parser = {.format = "On|$p:batched", .keywords = keywords};
    PyObject *iterable;
    Py_ssize_t n;
    int strict = 0;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &iterable, &n, &strict)) {
        return NULL;
    }
    if (n < 1) {
        return error_set(PyExc_ValueError, "n must be at least one");
    }
    PyObject *iterator = object_iter(iterable);
    Batched *it = iterator == NULL ? NULL : (Batched *)type->tp_alloc(type, 0);
    if (it == NULL) {
        xdecref(iterator);
        return NULL;
    }
    it->iterator = iterator;
    it->size = n;
    it->strict = strict;
    return (PyObject *)it;
}

// The batch grows with what comes, so that a huge n costs nothing.
static PyObject *
batched_next(PyObject *self)
{
    Batched *it = (Batched *)self;
    PyObject *iterator = iterator_hold(&it->iterator);
    if (iterator == NULL) {
        return NULL;
    }
    PyObject *on_stack[16];
    PyObject **items = on_stack;
    Py_ssize_t room = 16;
    Py_ssize_t n = 0;
    PyObject *result = NULL;
    bool over = false;
    while (n < it->size) {
        PyObject *item = next_of(iterator);
        if (item == NULL) {
            over = true;
            break;
        }
        if (n == room) {
            PyObject **larger = mem_alloc_array((size_t)room * 2, sizeof(PyObject *));
            if (larger == NULL) {
                decref(item);
                error_no_memory();
                goto fail;
            }
            __builtin_memcpy(larger, items, (size_t)n * sizeof(PyObject *));
            if (items != on_stack) {
                mem_free(items);
            }
            items = larger;
            room *= 2;
        }
        items[n++] = item;
    }
    if (over && !at_end()) {
        goto fail;
    }
    if (over && it->strict && n > 0) {
        error_set(PyExc_ValueError, "batched(): incomplete batch");
        goto fail;
    }
    if (n > 0) {
        result = tuple_from_array_steal(items, n);
        n = 0;
    }
fail:
    for (Py_ssize_t i = 0; i < n; i++) {
        decref(items[i]);
    }
    if (items != on_stack) {
        mem_free(items);
    }
    decref(iterator);
    if (over || result == NULL) {
        iterator_finish(it, &it->iterator);
    }
    return result;
}

ITERTOOLS_TYPE(itertools_batched_type, "batched", Batched, batched, .tp_new = batched_new,
               .tp_doc = "batched(iterable, n, *, strict=False)\n--\n\n"
                         "Batch data into tuples of length n. The last batch may be shorter than "
                         "n.\n\nLoops over the input iterable and accumulates data into tuples\n"
                         "up to size n.  The input is consumed lazily, just enough to\n"
                         "fill a batch.  The result is yielded as soon as a batch is full\n"
                         "or when the input iterable is exhausted.\n\n"
                         "    >>> for batch in batched('ABCDEFG', 3):\n"
                         "    ...     print(batch)\n"
                         "    ...\n"
                         "    ('A', 'B', 'C')\n"
                         "    ('D', 'E', 'F')\n"
                         "    ('G',)\n\n"
                         "If \"strict\" is True, raises a ValueError if the final batch is shorter\n"
                         "than n.");

// ---- zip_longest ----

typedef struct ZipLongest {
    PyObject ob_base;
    PyObject *iterators;    // immutable: list whose items become None at their ends
    PyObject *fill;         // immutable
    Py_ssize_t active;      // atomic: iterators that go on
} ZipLongest;

NATIVE_LIFETIME(zip_longest, ZipLongest, 2, iterators, fill)

static PyObject *
zip_longest_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *fill = NULL;
    if (kwargs != NULL && dict_size(kwargs) > 0) {
        int found = dict_get(kwargs, ID(fillvalue), &fill);
        if (found < 0) {
            return NULL;
        }
        if (found == 0 || dict_size(kwargs) > 1) {
            xdecref(fill);
            return error_set(PyExc_TypeError,
                             "zip_longest() got an unexpected keyword argument");
        }
    }
    if (fill == NULL) {
        fill = Py_None;
    }
    Py_ssize_t n = tuple_size(args);
    PyObject *iterators = list_new(n);
    for (Py_ssize_t i = 0; iterators != NULL && i < n; i++) {
        PyObject *iterator = object_iter(tuple_item(args, i));
        if (iterator == NULL) {
            clear_ref(iterators);
        }
        else {
            list_set_item_steal(iterators, i, iterator);
        }
    }
    ZipLongest *it = iterators == NULL ? NULL : (ZipLongest *)type->tp_alloc(type, 0);
    if (it == NULL) {
        xdecref(iterators);
        decref(fill);
        return NULL;
    }
    it->iterators = iterators;
    it->fill = fill;
    it->active = n;
    return (PyObject *)it;
}

// Iterator i has ended. Whether none goes on any more.
static bool
zip_longest_retire(ZipLongest *it, Py_ssize_t i)
{
    // Several threads may see the end of the same iterator: the one that takes it out counts it.
    PyObject *iterator = atomic_exchange_ptr(&((PyListObject *)it->iterators)->ob_item[i], Py_None);
    if (iterator == Py_None) {
        return atomic_load_relaxed_ssize(&it->active) <= 0;
    }
    bool last = atomic_add_ssize(&it->active, -1) <= 1;
    decref(iterator);
    return last;
}

static PyObject *
zip_longest_next(PyObject *self)
{
    ZipLongest *it = (ZipLongest *)self;
    Py_ssize_t n = list_size(it->iterators);
    if (n == 0 || atomic_load_relaxed_ssize(&it->active) <= 0) {
        return NULL;
    }
    PyObject *result = tuple_new(n);
    for (Py_ssize_t i = 0; result != NULL && i < n; i++) {
        PyObject *iterator = list_get(it->iterators, i);
        PyObject *item = NULL;
        if (iterator != Py_None) {
            item = next_of(iterator);
            if (item == NULL && (!at_end() || zip_longest_retire(it, i))) {
                if (error_occurred()) {
                    atomic_store_relaxed_ssize(&it->active, 0);
                }
                clear_ref(result);
            }
        }
        xdecref(iterator);
        if (result != NULL) {
            tuple_set_item_steal(result, i, item != NULL ? item : new_ref(it->fill));
        }
    }
    return result;
}

ITERTOOLS_TYPE(itertools_zip_longest_type, "zip_longest", ZipLongest, zip_longest,
               .tp_new = zip_longest_new,
               .tp_doc = "zip_longest(*iterables, fillvalue=None)\n--\n\n"
                         "Return a zip_longest object whose .__next__() method returns a tuple "
                         "where\nthe i-th element comes from the i-th iterable argument.  The "
                         ".__next__()\nmethod continues until the longest iterable in the argument "
                         "sequence\nis exhausted and then it raises StopIteration.  When the "
                         "shorter iterables\nare exhausted, the fillvalue is substituted in their "
                         "place.  The fillvalue\ndefaults to None or can be specified by a keyword "
                         "argument.");

// ---- The module ----

static PyMethodDef itertools_functions[] = {
    {"tee", FASTCALL(itertools_tee), METH_FASTCALL,
     "tee($module, iterable, n=2, /)\n--\n\nReturns a tuple of n independent iterators."},
    {NULL, NULL, 0, NULL},
};

static int
itertools_exec(PyObject *module)
{
    PyTypeObject *const types[] = {
        &itertools_accumulate_type,
        &itertools_batched_type,
        &itertools_combinations_type,
        &itertools_combinations_with_replacement_type,
        &itertools_cycle_type,
        &itertools_dropwhile_type,
        &itertools_takewhile_type,
        &itertools_islice_type,
        &itertools_starmap_type,
        &itertools_chain_type,
        &itertools_compress_type,
        &itertools_filterfalse_type,
        &itertools_count_type,
        &itertools_zip_longest_type,
        &itertools_pairwise_type,
        &itertools_permutations_type,
        &itertools_product_type,
        &itertools_repeat_type,
        &itertools_groupby_type,
        &itertools_grouper_type,
        &itertools_tee_type,
        &itertools_tee_block_type,
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (module_add_type(module, types[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot itertools_slots[] = {
    {Py_mod_exec, itertools_exec},
    {0, NULL},
};

static PyModuleDef itertools_module = {
    .m_name = "itertools",
    .m_doc = "Functional tools for creating and using iterators.\n\n"
             "Infinite iterators:\n"
             "count(start=0, step=1) --> start, start+step, start+2*step, ...\n"
             "cycle(p) --> p0, p1, ... plast, p0, p1, ...\n"
             "repeat(elem [,n]) --> elem, elem, elem, ... endlessly or up to n times\n\n"
             "Iterators terminating on the shortest input sequence:\n"
             "accumulate(p[, func]) --> p0, p0+p1, p0+p1+p2\n"
             "batched(p, n) --> [p0, p1, ..., p_n-1], [p_n, p_n+1, ..., p_2n-1], ...\n"
             "chain(p, q, ...) --> p0, p1, ... plast, q0, q1, ...\n"
             "chain.from_iterable([p, q, ...]) --> p0, p1, ... plast, q0, q1, ...\n"
             "compress(data, selectors) --> (d[0] if s[0]), (d[1] if s[1]), ...\n"
             "dropwhile(predicate, seq) --> seq[n], seq[n+1], starting when predicate fails\n"
             "groupby(iterable[, keyfunc]) --> sub-iterators grouped by value of keyfunc(v)\n"
             "filterfalse(predicate, seq) --> elements of seq where pred(elem) is False\n"
             "islice(seq, [start,] stop [, step]) --> elements from\n"
             "       seq[start:stop:step]\n"
             "pairwise(s) --> (s[0],s[1]), (s[1],s[2]), (s[2], s[3]), ...\n"
             "starmap(fun, seq) --> fun(*seq[0]), fun(*seq[1]), ...\n"
             "tee(it, n) --> (it1, it2 , ... itn) splits one iterator into n\n"
             "takewhile(predicate, seq) --> seq[0], seq[1], until predicate fails\n"
             "zip_longest(p, q, ...) --> (p[0], q[0]), (p[1], q[1]), ...\n\n"
             "Combinatoric generators:\n"
             "product(p, q, ... [repeat=1]) --> cartesian product\n"
             "permutations(p[, r])\ncombinations(p, r)\ncombinations_with_replacement(p, r)",
    .m_methods = itertools_functions,
    .m_slots = itertools_slots,
};

NATIVE_MODULE(itertools, &itertools_module)
