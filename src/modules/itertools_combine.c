// itertools: product, permutations, combinations, combinations_with_replacement.
//
// Each keeps its items in tuples that never change, and an array of indices that says which selection
// comes next. The array is stepped under the iterator's lock, without any Python code in between.
#include "modules/itertools_internal.h"

#include "objects/args.h"
#include "objects/dict.h"
#include "objects/int.h"
#include "objects/number.h"
#include "objects/tuple.h"

#include <string.h>

typedef struct Selection {
    PyObject ob_base;
    PyObject *pool;         // immutable: tuple of items, for product of tuples
    Py_ssize_t *indices;    // lock: the object's
    Py_ssize_t *cycles;     // lock: the object's; permutations only
    Py_ssize_t length;      // immutable: items of a selection
    Py_ssize_t size;        // immutable: items of the pool
    bool started;           // lock: the object's
    bool over;              // lock: the object's
} Selection;

static void
selection_dealloc(PyObject *self)
{
    Selection *it = (Selection *)self;
    gc_untrack(self);
    xdecref(it->pool);
    mem_free(it->indices);
    mem_free(it->cycles);
    type_of(self)->tp_free(self);
}

static int
selection_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *pool = ((Selection *)self)->pool;
    return pool == NULL ? 0 : visit(pool, arg);
}

static PyObject *
selection_sizeof(PyObject *self, PyObject *unused)
{
    (void)unused;
    Selection *it = (Selection *)self;
    Py_ssize_t arrays = it->length + (it->cycles == NULL ? 0 : it->length + it->size);
    return int_from_ssize(type_of(self)->tp_basicsize +
                          arrays * (Py_ssize_t)sizeof(Py_ssize_t));
}

static PyMethodDef selection_methods[] = {
    {"__sizeof__", selection_sizeof, METH_NOARGS, "Returns size in memory, in bytes."},
    {NULL, NULL, 0, NULL},
};

// Consumes pool (NULL after an error).
static Selection *
selection_make_steal(PyTypeObject *type, PyObject *pool, Py_ssize_t length, Py_ssize_t room)
{
    Selection *it = NULL;
    Py_ssize_t *indices = NULL;
    if (pool != NULL) {
        indices = mem_alloc_array(room > 0 ? (size_t)room : 1, sizeof(Py_ssize_t));
        if (indices == NULL) {
            error_no_memory();
        }
        else {
            it = (Selection *)type->tp_alloc(type, 0);
        }
    }
    if (it == NULL) {
        mem_free(indices);
        xdecref(pool);
        return NULL;
    }
    it->pool = pool;
    it->indices = indices;
    it->cycles = NULL;
    it->length = length;
    it->size = tuple_size(pool);
    it->started = false;
    it->over = false;
    return it;
}

// The items that the indices select.
static PyObject *
selected_items(Selection *it)
{
    PyObject *result = tuple_new(it->length);
    for (Py_ssize_t i = 0; result != NULL && i < it->length; i++) {
        tuple_set_item_steal(result, i, new_ref(tuple_item(it->pool, it->indices[i])));
    }
    return result;
}

// Steps the indices with `advance` (false at the end) and gives the selection.
static PyObject *
selection_step(PyObject *self, bool (*advance)(Selection *))
{
    Selection *it = (Selection *)self;
    PyObject *result = NULL;
    CriticalSection cs;
    short_section_begin(&cs, self);
    if (!it->over) {
        if (it->started && !advance(it)) {
            it->over = true;
        }
        else {
            it->started = true;
            result = selected_items(it);
        }
    }
    critical_section_end(&cs);
    return result;
}

// ---- product ----

static int
product_arguments(PyTypeObject *type, PyObject *kwargs, Py_ssize_t *repeat)
{
    *repeat = 1;
    if (kwargs == NULL || dict_size(kwargs) == 0) {
        return 0;
    }
    static const char *const keywords[] = {"repeat", NULL};
    if (type != &itertools_product_type && type->tp_init != itertools_product_type.tp_init) {
        return 0;
    }
    if (!args_parse_static(tuple_empty(), kwargs, "|n:product", keywords, repeat)) {
        return -1;
    }
    if (*repeat < 0) {
        error_set(PyExc_ValueError, "repeat argument cannot be negative");
        return -1;
    }
    return 0;
}

static PyObject *
product_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    Py_ssize_t repeat;
    if (product_arguments(type, kwargs, &repeat) < 0) {
        return NULL;
    }
    Py_ssize_t given = repeat == 0 ? 0 : tuple_size(args);
    if (given > 0 && repeat > PY_SSIZE_T_MAX / (Py_ssize_t)sizeof(PyObject *) / given) {
        return error_set(PyExc_OverflowError, "repeat argument too large");
    }
    Py_ssize_t length = given * repeat;
    PyObject *pools = tuple_new(length);
    for (Py_ssize_t i = 0; pools != NULL && i < length; i++) {
        PyObject *pool = i < given ? tuple_from_iterable(tuple_item(args, i))
                                   : new_ref(tuple_item(pools, i - given));
        if (pool == NULL) {
            clear_ref(pools);
        }
        else {
            tuple_set_item_steal(pools, i, pool);
        }
    }
    Selection *it = selection_make_steal(type, pools, length, length);
    if (it != NULL) {
        memset(it->indices, 0, (size_t)length * sizeof(Py_ssize_t));
        for (Py_ssize_t i = 0; i < length; i++) {
            it->over |= tuple_size(tuple_item(it->pool, i)) == 0;
        }
    }
    return (PyObject *)it;
}

static PyObject *
product_next(PyObject *self)
{
    Selection *it = (Selection *)self;
    PyObject *result = NULL;
    CriticalSection cs;
    short_section_begin(&cs, self);
    if (it->started && !it->over) {
        // Like an odometer.
        Py_ssize_t i = it->length - 1;
        for (; i >= 0; i--) {
            if (++it->indices[i] < tuple_size(tuple_item(it->pool, i))) {
                break;
            }
            it->indices[i] = 0;
        }
        it->over = i < 0;
    }
    if (!it->over) {
        it->started = true;
        result = tuple_new(it->length);
        for (Py_ssize_t i = 0; result != NULL && i < it->length; i++) {
            PyObject *item = tuple_item(tuple_item(it->pool, i), it->indices[i]);
            tuple_set_item_steal(result, i, new_ref(item));
        }
    }
    critical_section_end(&cs);
    return result;
}

#define product_dealloc selection_dealloc
#define product_traverse selection_traverse

ITERTOOLS_TYPE(itertools_product_type, "product", Selection, product, .tp_new = product_new,
               .tp_methods = selection_methods,
               .tp_doc = "product(*iterables, repeat=1)\n--\n\n"
                         "Cartesian product of input iterables.  Equivalent to nested "
                         "for-loops.\n\n"
                         "For example, product(A, B) returns the same as:  ((x,y) for x in A for "
                         "y in B).\n"
                         "The leftmost iterators are in the outermost for-loop, so the output "
                         "tuples\ncycle in a manner similar to an odometer (with the rightmost "
                         "element changing\non every iteration).\n\n"
                         "To compute the product of an iterable with itself, specify the number\n"
                         "of repetitions with the optional repeat keyword argument. For example,\n"
                         "product(A, repeat=4) means the same as product(A, A, A, A).");

// ---- combinations ----

static PyObject *
combination_make(PyTypeObject *type, PyObject *args, PyObject *kwargs, const char *format,
                 bool with_replacement)
{
    static const char *const keywords[] = {"iterable", "r", NULL};
    PyObject *iterable;
    Py_ssize_t r;
    if (!args_parse_keywords(args, kwargs, format, keywords, &iterable, &r)) {
        return NULL;
    }
    PyObject *pool = tuple_from_iterable(iterable);
    if (pool == NULL) {
        return NULL;
    }
    if (r < 0) {
        decref(pool);
        return error_set(PyExc_ValueError, "r must be non-negative");
    }
    Selection *it = selection_make_steal(type, pool, r, r);
    if (it != NULL) {
        for (Py_ssize_t i = 0; i < r; i++) {
            it->indices[i] = with_replacement ? 0 : i;
        }
        it->over = with_replacement ? it->size == 0 && r > 0 : r > it->size;
    }
    return (PyObject *)it;
}

static PyObject *
combinations_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return combination_make(type, args, kwargs, "On:combinations", false);
}

static bool
combinations_advance(Selection *it)
{
    // The rightmost index that is not at its largest value.
    Py_ssize_t i = it->length - 1;
    while (i >= 0 && it->indices[i] == i + it->size - it->length) {
        i--;
    }
    if (i < 0) {
        return false;
    }
    it->indices[i]++;
    for (Py_ssize_t k = i + 1; k < it->length; k++) {
        it->indices[k] = it->indices[k - 1] + 1;
    }
    return true;
}

static PyObject *
combinations_next(PyObject *self)
{
    return selection_step(self, combinations_advance);
}

#define combinations_dealloc selection_dealloc
#define combinations_traverse selection_traverse

ITERTOOLS_TYPE(itertools_combinations_type, "combinations", Selection, combinations,
               .tp_new = combinations_new, .tp_methods = selection_methods,
               .tp_doc = "combinations(iterable, r)\n--\n\n"
                         "Return successive r-length combinations of elements in the iterable.\n\n"
                         "combinations(range(4), 3) --> (0,1,2), (0,1,3), (0,2,3), (1,2,3)");

static PyObject *
replacement_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return combination_make(type, args, kwargs, "On:combinations_with_replacement", true);
}

static bool
replacement_advance(Selection *it)
{
    Py_ssize_t i = it->length - 1;
    while (i >= 0 && it->indices[i] == it->size - 1) {
        i--;
    }
    if (i < 0) {
        return false;
    }
    Py_ssize_t index = it->indices[i] + 1;
    for (; i < it->length; i++) {
        it->indices[i] = index;
    }
    return true;
}

static PyObject *
replacement_next(PyObject *self)
{
    return selection_step(self, replacement_advance);
}

#define replacement_dealloc selection_dealloc
#define replacement_traverse selection_traverse

ITERTOOLS_TYPE(itertools_combinations_with_replacement_type, "combinations_with_replacement",
               Selection, replacement, .tp_new = replacement_new, .tp_methods = selection_methods,
               .tp_doc = "combinations_with_replacement(iterable, r)\n--\n\n"
                         "Return successive r-length combinations of elements in the iterable "
                         "allowing individual elements to have successive repeats.\n\n"
                         "combinations_with_replacement('ABC', 2) --> ('A','A'), ('A','B'), "
                         "('A','C'), ('B','B'), ('B','C'), ('C','C')");

// ---- permutations ----

static PyObject *
permutations_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"iterable", "r", NULL};
    PyObject *iterable, *given = Py_None;
    if (!args_parse_static(args, kwargs, "O|O:permutations", keywords, &iterable, &given)) {
        return NULL;
    }
    PyObject *pool = tuple_from_iterable(iterable);
    if (pool == NULL) {
        return NULL;
    }
    Py_ssize_t n = tuple_size(pool);
    Py_ssize_t r = n;
    if (given != Py_None) {
        if (!int_check(given)) {
            decref(pool);
            return error_set(PyExc_TypeError, "Expected int as r");
        }
        r = int_as_ssize(given);
        if (r == -1 && error_occurred()) {
            decref(pool);
            return NULL;
        }
    }
    if (r < 0) {
        decref(pool);
        return error_set(PyExc_ValueError, "r must be non-negative");
    }
    Selection *it = selection_make_steal(type, pool, r, n);
    if (it == NULL) {
        return NULL;
    }
    it->cycles = mem_alloc_array(r > 0 ? (size_t)r : 1, sizeof(Py_ssize_t));
    if (it->cycles == NULL) {
        decref(it);
        return error_no_memory();
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        it->indices[i] = i;
    }
    for (Py_ssize_t i = 0; i < r; i++) {
        it->cycles[i] = n - i;
    }
    it->over = r > n;
    return (PyObject *)it;
}

static bool
permutations_advance(Selection *it)
{
    for (Py_ssize_t i = it->length - 1; i >= 0; i--) {
        if (--it->cycles[i] == 0) {
            // All choices for this place are used up: rotate it to the end.
            Py_ssize_t index = it->indices[i];
            memmove(it->indices + i, it->indices + i + 1,
                    (size_t)(it->size - i - 1) * sizeof(Py_ssize_t));
            it->indices[it->size - 1] = index;
            it->cycles[i] = it->size - i;
        }
        else {
            Py_ssize_t other = it->size - it->cycles[i];
            Py_ssize_t index = it->indices[i];
            it->indices[i] = it->indices[other];
            it->indices[other] = index;
            return true;
        }
    }
    return false;
}

static PyObject *
permutations_next(PyObject *self)
{
    return selection_step(self, permutations_advance);
}

#define permutations_dealloc selection_dealloc
#define permutations_traverse selection_traverse

ITERTOOLS_TYPE(itertools_permutations_type, "permutations", Selection, permutations,
               .tp_new = permutations_new, .tp_methods = selection_methods,
               .tp_doc = "permutations(iterable, r=None)\n--\n\n"
                         "Return successive r-length permutations of elements in the iterable.\n\n"
                         "permutations(range(3), 2) --> (0,1), (0,2), (1,0), (1,2), (2,0), (2,1)");
