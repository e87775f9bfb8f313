// list.sort: a stable merge sort of natural runs.
//
// Runs that are there already are found and, when short, extended by binary insertion; they are merged in
// the order of the "powersort" rule (Munro and Wild, 2018), which is nearly optimal for any
// sequence of run lengths. Merging switches to galloping (exponential, then binary search) where one run
// wins many times in a row, as in Tim Peters' description of timsort.
//
// Each item is sorted with a word that tells its order: the number itself for lists of machine-sized
// ints or of floats, the first eight characters for lists of Latin-1 strings, else the key
// object. So the common comparisons call nothing. The engine is compiled once for each kind.
//
// While sorting, the list is empty and its array is ours: what __lt__ or the key function do to the list is found
// out at the end (ValueError). An exception leaves some permutation of the items.
//
// Threading: the list is locked when the items are taken and when they are put back.
#include "objects/list_internal.h"

#include <string.h>

#include "objects/args.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/object.h"
#include "objects/order.h"
#include "objects/str.h"
#include "objects/tuple.h"

typedef struct SortItem {
    union {
        int64_t number;
        double real;
        uint64_t prefix;
        PyObject *key;
    };
    PyObject *item;
} SortItem;

typedef enum { SORT_INT, SORT_FLOAT, SORT_STR, SORT_OBJECT } SortKind;

#define GALLOP_START 7
#define MAX_RUNS 85     // powers in the stack are strictly increasing and below 64 + a few

typedef struct SortRun {
    Py_ssize_t start;
    Py_ssize_t length;
    int power;              // of the boundary to the run before it
} SortRun;

typedef struct Sorter {
    SortItem *items;
    Py_ssize_t count;
    SortItem *scratch;      // for the shorter run of a merge
    Py_ssize_t scratch_size;
    Py_ssize_t min_gallop;
    int pending;
    SortRun runs[MAX_RUNS];
} Sorter;

// ---- Comparison ----

// Tuples are compared item by item; only the first pair of unequal items is ordered.
static int
tuple_less(PyObject *a, PyObject *b)
{
    Py_ssize_t n = tuple_size(a) < tuple_size(b) ? tuple_size(a) : tuple_size(b);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *x = tuple_item(a, i);
        PyObject *y = tuple_item(b, i);
        int equal = object_equal_quick(x, y);
        if (equal < 0) {
            equal = object_richcompare_bool(x, y, Py_EQ);
        }
        if (equal <= 0) {
            return equal < 0 ? -1 : object_less(x, y);
        }
    }
    return tuple_size(a) < tuple_size(b);
}

int
object_less(PyObject *a, PyObject *b)
{
    int less = object_less_quick(a, b);
    if (less >= 0) {
        return less;
    }
    if (tuple_check_exact(a) && tuple_check_exact(b)) {
        if (thread_enter_c(" in comparison") < 0) {
            return -1;
        }
        less = tuple_less(a, b);
        thread_leave_c();
        return less;
    }
    return object_richcompare_bool(a, b, Py_LT);
}

// Two Latin-1 strings whose first eight characters agree.
static int
str_less(PyObject *a, PyObject *b)
{
    Py_ssize_t n = str_length(a);
    Py_ssize_t m = str_length(b);
    int order = memcmp(str_data(a), str_data(b), (size_t)(n < m ? n : m));
    return order != 0 ? order < 0 : n < m;
}

static inline __attribute__((always_inline)) int
less(SortKind kind, const SortItem *a, const SortItem *b)
{
    switch (kind) {
    case SORT_INT:
        return a->number < b->number;
    case SORT_FLOAT:
        return a->real < b->real;
    case SORT_STR:
        return a->prefix != b->prefix ? a->prefix < b->prefix : str_less(a->item, b->item);
    default:
        return object_less(a->key, b->key);
    }
}

// For the two outcomes and the error of a comparison: IF_LESS(kind, a, b) body else other.
#define TRY_LESS(result, kind, a, b)          \
    int result = less((kind), (a), (b));      \
    if ((kind) == SORT_OBJECT && result < 0) { \
        goto fail;                            \
    }

// ---- Runs ----

static void
reverse_items(SortItem *low, SortItem *high)
{
    for (high--; low < high; low++, high--) {
        SortItem item = *low;
        *low = *high;
        *high = item;
    }
}

// Length of the run that starts at low (a strictly descending one is reversed); 0 on error.
static inline __attribute__((always_inline)) Py_ssize_t
count_run(SortKind kind, SortItem *low, SortItem *end)
{
    if (end - low < 2) {
        return end - low;
    }
    SortItem *p = low + 2;
    TRY_LESS(descending, kind, low + 1, low);
    if (descending) {
        for (; p < end; p++) {
            TRY_LESS(smaller, kind, p, p - 1);
            if (!smaller) {
                break;
            }
        }
        reverse_items(low, p);
    }
    else {
        for (; p < end; p++) {
            TRY_LESS(smaller, kind, p, p - 1);
            if (smaller) {
                break;
            }
        }
    }
    return p - low;
fail:
    return 0;
}

// Sorts [low, end), of which [low, start) is sorted already.
static inline __attribute__((always_inline)) int
insertion_sort(SortKind kind, SortItem *low, SortItem *start, SortItem *end)
{
    for (; start < end; start++) {
        SortItem pivot = *start;
        SortItem *left = low;
        SortItem *right = start;
        while (left < right) {
            SortItem *middle = left + (right - left) / 2;
            TRY_LESS(before, kind, &pivot, middle);
            if (before) {
                right = middle;
            }
            else {
                left = middle + 1;
            }
        }
        memmove(left + 1, left, (size_t)(start - left) * sizeof(SortItem));
        *left = pivot;
    }
    return 0;
fail:
    return -1;
}

// ---- Galloping ----

// How many of items[0..n) are < key (right false) or <= key (right true), searched for from `hint` on in
// steps that double. -1 on error.
static inline __attribute__((always_inline)) Py_ssize_t
gallop(SortKind kind, const SortItem *key, const SortItem *items, Py_ssize_t n, Py_ssize_t hint,
       bool right)
{
    // belongs(i): items[i] comes before key.
#define BELONGS(result, i)                                  \
    int result;                                             \
    if (right) {                                            \
        result = less(kind, key, &items[(i)]);              \
        if (kind == SORT_OBJECT && result < 0) {            \
            goto fail;                                      \
        }                                                   \
        result = !result;                                   \
    }                                                       \
    else {                                                  \
        result = less(kind, &items[(i)], key);              \
        if (kind == SORT_OBJECT && result < 0) {            \
            goto fail;                                      \
        }                                                   \
    }
    Py_ssize_t low, high; // items[low - 1] belongs, items[high] does not
    Py_ssize_t step = 1;
    BELONGS(first, hint);
    if (first) {
        low = hint + 1;
        high = n;
        while (hint + step < n) {
            BELONGS(more, hint + step);
            if (!more) {
                high = hint + step;
                break;
            }
            low = hint + step + 1;
            step = step * 2 + 1;
            if (step <= 0) {
                step = n;
            }
        }
    }
    else {
        low = 0;
        high = hint;
        while (hint - step >= 0) {
            BELONGS(more, hint - step);
            if (more) {
                low = hint - step + 1;
                break;
            }
            high = hint - step;
            step = step * 2 + 1;
            if (step <= 0) {
                step = n;
            }
        }
    }
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        BELONGS(more, middle);
        if (more) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    return low;
fail:
    return -1;
#undef BELONGS
}

// ---- Merging ----

static int
reserve_scratch(Sorter *s, Py_ssize_t n)
{
    if (n <= s->scratch_size) {
        return 0;
    }
    mem_free(s->scratch);
    s->scratch = mem_alloc_array((size_t)n, sizeof(SortItem));
    s->scratch_size = s->scratch == NULL ? 0 : n;
    if (s->scratch == NULL) {
        error_no_memory();
        return -1;
    }
    return 0;
}

// Merges a[0..n) and b[0..m), which follow each other, from the low end; n <= m. The left run is
// moved aside. At the end of any path the rest of it is copied back into the gap, so that
// nothing is lost on errors.
static inline __attribute__((always_inline)) int
merge_low(SortKind kind, Sorter *s, SortItem *a, Py_ssize_t n, SortItem *b, Py_ssize_t m)
{
    if (reserve_scratch(s, n) < 0) {
        return -1;
    }
    SortItem *to = a;
    SortItem *left = s->scratch;
    memcpy(left, a, (size_t)n * sizeof(SortItem));
    Py_ssize_t min_gallop = s->min_gallop;
    int status = 0;
    // The first of b is known to be smaller than the first of a.
    *to++ = *b++;
    m--;
    while (n > 0 && m > 0) {
        Py_ssize_t left_wins = 0, right_wins = 0;
        while (left_wins < min_gallop && right_wins < min_gallop) {
            TRY_LESS(smaller, kind, b, left);
            if (smaller) {
                *to++ = *b++;
                right_wins++;
                left_wins = 0;
                if (--m == 0) {
                    goto done;
                }
            }
            else {
                *to++ = *left++;
                left_wins++;
                right_wins = 0;
                if (--n == 0) {
                    goto done;
                }
            }
        }
        do {
            min_gallop -= min_gallop > 1;
            left_wins = gallop(kind, b, left, n, 0, true);
            if (left_wins < 0) {
                goto fail;
            }
            memcpy(to, left, (size_t)left_wins * sizeof(SortItem));
            to += left_wins;
            left += left_wins;
            n -= left_wins;
            if (n == 0) {
                goto done;
            }
            *to++ = *b++;
            if (--m == 0) {
                goto done;
            }
            right_wins = gallop(kind, left, b, m, 0, false);
            if (right_wins < 0) {
                goto fail;
            }
            memmove(to, b, (size_t)right_wins * sizeof(SortItem));
            to += right_wins;
            b += right_wins;
            m -= right_wins;
            if (m == 0) {
                goto done;
            }
            *to++ = *left++;
            if (--n == 0) {
                goto done;
            }
        } while (left_wins >= GALLOP_START || right_wins >= GALLOP_START);
        min_gallop += 2;
    }
    goto done;
fail:
    status = -1;
done:
    s->min_gallop = min_gallop;
    memcpy(to, left, (size_t)n * sizeof(SortItem));
    return status;
}

// The same from the high end; n >= m. The right run is moved aside.
static inline __attribute__((always_inline)) int
merge_high(SortKind kind, Sorter *s, SortItem *a, Py_ssize_t n, SortItem *b, Py_ssize_t m)
{
    if (reserve_scratch(s, m) < 0) {
        return -1;
    }
    SortItem *right = s->scratch;
    memcpy(right, b, (size_t)m * sizeof(SortItem));
    SortItem *to = b + m;       // one behind the next place
    Py_ssize_t min_gallop = s->min_gallop;
    int status = 0;
    // The last of a is known to be greater than the last of b.
    *--to = a[--n];
    while (n > 0 && m > 0) {
        Py_ssize_t left_wins = 0, right_wins = 0;
        while (left_wins < min_gallop && right_wins < min_gallop) {
            TRY_LESS(smaller, kind, &right[m - 1], &a[n - 1]);
            if (smaller) {
                *--to = a[--n];
                left_wins++;
                right_wins = 0;
                if (n == 0) {
                    goto done;
                }
            }
            else {
                *--to = right[--m];
                right_wins++;
                left_wins = 0;
                if (m == 0) {
                    goto done;
                }
            }
        }
        do {
            min_gallop -= min_gallop > 1;
            Py_ssize_t kept = gallop(kind, &right[m - 1], a, n, n - 1, true);
            if (kept < 0) {
                goto fail;
            }
            left_wins = n - kept;
            to -= left_wins;
            n = kept;
            memmove(to, a + n, (size_t)left_wins * sizeof(SortItem));
            if (n == 0) {
                goto done;
            }
            *--to = right[--m];
            if (m == 0) {
                goto done;
            }
            kept = gallop(kind, &a[n - 1], right, m, m - 1, false);
            if (kept < 0) {
                goto fail;
            }
            right_wins = m - kept;
            to -= right_wins;
            m = kept;
            memcpy(to, right + m, (size_t)right_wins * sizeof(SortItem));
            if (m == 0) {
                goto done;
            }
            *--to = a[--n];
            if (n == 0) {
                goto done;
            }
        } while (left_wins >= GALLOP_START || right_wins >= GALLOP_START);
        min_gallop += 2;
    }
    goto done;
fail:
    status = -1;
done:
    s->min_gallop = min_gallop;
    memcpy(to - m, right, (size_t)m * sizeof(SortItem));
    return status;
}

// Merges the two last runs of the stack.
static inline __attribute__((always_inline)) int
merge_top(SortKind kind, Sorter *s)
{
    SortRun *first = &s->runs[s->pending - 2];
    SortItem *a = s->items + first->start;
    Py_ssize_t n = first->length;
    SortItem *b = a + n;
    Py_ssize_t m = first[1].length;
    first->length = n + m;
    s->pending--;
    // What is in place already at both ends needs no merging.
    Py_ssize_t skip = gallop(kind, b, a, n, 0, true);
    if (skip < 0) {
        return -1;
    }
    a += skip;
    n -= skip;
    if (n == 0) {
        return 0;
    }
    m = gallop(kind, &a[n - 1], b, m, m - 1, false);
    if (m <= 0) {
        return (int)m;
    }
    return n <= m ? merge_low(kind, s, a, n, b, m) : merge_high(kind, s, a, n, b, m);
}

// The depth in a perfectly balanced merge tree of the boundary between a run [start, start+n) and the
// next one of m items: the first bit in which the binary fractions of their middles differ.
static int
boundary_power(Py_ssize_t start, Py_ssize_t n, Py_ssize_t m, Py_ssize_t count)
{
    uint64_t a = 2 * (uint64_t)start + (uint64_t)n;
    uint64_t b = a + (uint64_t)n + (uint64_t)m;
    uint64_t whole = 2 * (uint64_t)count;
    int power = 0;
    for (;;) {
        power++;
        a *= 2;
        b *= 2;
        bool a_bit = a >= whole;
        bool b_bit = b >= whole;
        if (a_bit != b_bit) {
            return power;
        }
        if (a_bit) {
            a -= whole;
            b -= whole;
        }
    }
}

// Runs shorter than this are extended: count / min_run is a power of two or a little less.
static Py_ssize_t
min_run_of(Py_ssize_t count)
{
    Py_ssize_t rest = 0;
    while (count >= 64) {
        rest |= count & 1;
        count >>= 1;
    }
    return count + rest;
}

static inline __attribute__((always_inline)) int
sort_items(SortKind kind, Sorter *s)
{
    SortItem *end = s->items + s->count;
    SortItem *low = s->items;
    Py_ssize_t min_run = min_run_of(s->count);
    while (low < end) {
        Py_ssize_t n = count_run(kind, low, end);
        if (n == 0) {
            return -1;
        }
        if (n < min_run) {
            Py_ssize_t forced = end - low < min_run ? end - low : min_run;
            if (insertion_sort(kind, low, low + n, low + forced) < 0) {
                return -1;
            }
            n = forced;
        }
        int power = 0;
        if (s->pending > 0) {
            SortRun *top = &s->runs[s->pending - 1];
            power = boundary_power(top->start, top->length, n, s->count);
            while (s->pending > 1 && s->runs[s->pending - 1].power > power) {
                if (merge_top(kind, s) < 0) {
                    return -1;
                }
            }
        }
        s->runs[s->pending++] = (SortRun){low - s->items, n, power};
        low += n;
    }
    while (s->pending > 1) {
        if (merge_top(kind, s) < 0) {
            return -1;
        }
    }
    return 0;
}

static int sort_ints(Sorter *s) { return sort_items(SORT_INT, s); }
static int sort_floats(Sorter *s) { return sort_items(SORT_FLOAT, s); }
static int sort_strs(Sorter *s) { return sort_items(SORT_STR, s); }
static int sort_objects(Sorter *s) { return sort_items(SORT_OBJECT, s); }

// ---- Preparation ----

// What kind of comparison serves all keys.
static SortKind
sort_kind(PyObject *const *keys, Py_ssize_t n, bool keyed)
{
    PyTypeObject *type = type_of(keys[0]);
    if (type != &PyLong_Type && type != &PyFloat_Type && type != &PyUnicode_Type) {
        return SORT_OBJECT;
    }
    // The prefix leaves no room for both the key and the item.
    if (type == &PyUnicode_Type && keyed) {
        return SORT_OBJECT;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *key = keys[i];
        if (type_of(key) != type || (type == &PyLong_Type && !int_is_compact(key)) ||
            (type == &PyUnicode_Type && str_kind(key) != 1)) {
            return SORT_OBJECT;
        }
    }
    return type == &PyLong_Type ? SORT_INT : type == &PyFloat_Type ? SORT_FLOAT : SORT_STR;
}

// The first eight characters as a number that orders like them; shorter strings are padded with
// zeros, and ties are decided by str_less.
static uint64_t
str_prefix(PyObject *s)
{
    uint64_t word = 0;
    Py_ssize_t n = str_length(s);
    memcpy(&word, str_data(s), n < 8 ? (size_t)n : 8);
    return __builtin_bswap64(word);
}

static void
fill_items(SortItem *to, PyObject *const *keys, PyObject *const *items, Py_ssize_t n, SortKind kind)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        to[i].item = items[i];
        switch (kind) {
        case SORT_INT:
            to[i].number = int_compact_value(keys[i]);
            break;
        case SORT_FLOAT:
            to[i].real = ((PyFloatObject *)keys[i])->ob_fval;
            break;
        case SORT_STR:
            to[i].prefix = str_prefix(keys[i]);
            break;
        default:
            to[i].key = keys[i];
            break;
        }
    }
}

// Sorts items[0..n) by keys[0..n) (the same array when there is no key function).
static int
sort_array(PyObject *const *keys, PyObject **items, Py_ssize_t n)
{
    SortKind kind = sort_kind(keys, n, keys != items);
    Sorter *s = mem_alloc(sizeof(Sorter));
    SortItem *sorted = s == NULL ? NULL : mem_alloc_array((size_t)n, sizeof(SortItem));
    if (sorted == NULL) {
        mem_free(s);
        error_no_memory();
        return -1;
    }
    fill_items(sorted, keys, items, n, kind);
    s->items = sorted;
    s->count = n;
    s->scratch = NULL;
    s->scratch_size = 0;
    s->min_gallop = GALLOP_START;
    s->pending = 0;
    int status = kind == SORT_INT     ? sort_ints(s)
                 : kind == SORT_FLOAT ? sort_floats(s)
                 : kind == SORT_STR   ? sort_strs(s)
                                      : sort_objects(s);
    for (Py_ssize_t i = 0; i < n; i++) {
        items[i] = sorted[i].item;
    }
    mem_free(s->scratch);
    mem_free(s);
    mem_free(sorted);
    return status;
}

// The results of the key function, NULL with an exception. Consecutive exact results are owned.
static PyObject **
compute_keys(PyObject *function, PyObject *const *items, Py_ssize_t n)
{
    PyObject **keys = mem_alloc_array((size_t)n, sizeof(PyObject *));
    if (keys == NULL) {
        return error_no_memory();
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        keys[i] = object_call_onearg(function, items[i]);
        if (keys[i] == NULL) {
            while (--i >= 0) {
                decref(keys[i]);
            }
            mem_free(keys);
            return NULL;
        }
    }
    return keys;
}

// Sorts an array that nobody else sees.
static int
sort_detached(PyObject **items, Py_ssize_t n, PyObject *key, bool reverse)
{
    if (n < 2 && key == NULL) {
        return 0;
    }
    PyObject **keys = items;
    if (key != NULL && n > 0) {
        keys = compute_keys(key, items, n);
        if (keys == NULL) {
            return -1;
        }
    }
    // Reversing before and after keeps equal items in their order.
    if (reverse) {
        list_reverse_array(items, items + n);
        if (keys != items) {
            list_reverse_array(keys, keys + n);
        }
    }
    int status = n < 2 ? 0 : sort_array(keys, items, n);
    if (reverse) {
        list_reverse_array(items, items + n);
    }
    if (keys != items) {
        for (Py_ssize_t i = 0; i < n; i++) {
            decref(keys[i]);
        }
        mem_free(keys);
    }
    return status;
}

int
list_sort_keywords(PyObject *op, PyObject *key, bool reverse)
{
    if (key == Py_None) {
        key = NULL;
    }
    CriticalSection cs;
    short_section_begin(&cs, op);
    PyObject **items = LIST(op)->ob_item;
    Py_ssize_t n = LIST(op)->ob_base.ob_size;
    Py_ssize_t allocated = LIST(op)->allocated;
    if (allocated == -1) {
        // Another sort is at work, and the list looks empty to everybody.
        critical_section_end(&cs);
        return 0;
    }
    list_set_size(op, 0);
    atomic_store_release_ptr(&LIST(op)->ob_item, NULL);
    // No operation leaves a negative number here: so a change is noticed.
    LIST(op)->allocated = -1;
    critical_section_end(&cs);

    int status = 0;
    PyObject **sorted = items;
    if (n > 0 && !runtime_is_single_threaded()) {
        // Racing readers may still look at the array: it must not change under them.
        sorted = list_array_alloc(allocated, 0);
        if (sorted == NULL) {
            status = -1;
            sorted = items;
        }
        else {
            memcpy(sorted, items, (size_t)n * sizeof(PyObject *));
        }
    }
    if (status == 0) {
        status = sort_detached(sorted, n, key, reverse);
    }

    short_section_begin(&cs, op);
    PyObject **other = LIST(op)->ob_item;
    Py_ssize_t other_n = LIST(op)->ob_base.ob_size;
    bool modified = LIST(op)->allocated != -1;
    atomic_store_release_ptr(&LIST(op)->ob_item, sorted);
    list_set_size(op, n);
    LIST(op)->allocated = allocated;
    if (sorted != items) {
        container_free_table(op, list_array_of(items));
    }
    critical_section_end(&cs);
    list_array_release(op, other, other_n);
    if (status == 0 && modified) {
        error_set(PyExc_ValueError, "list modified during sort");
        return -1;
    }
    return status;
}

int
list_sort(PyObject *op)
{
    return list_sort_keywords(op, NULL, false);
}

PyObject *
list_method_sort(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"key", "reverse", NULL};
    static ArgsParser parser = {.keywords = keywords, .fname = "sort"};
    PyObject *given[2] = {NULL, NULL};
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 0, 0, 0, given)) {
        return NULL;
    }
    int reverse = given[1] == NULL ? 0 : object_is_true(given[1]);
    if (reverse < 0) {
        return NULL;
    }
    return list_sort_keywords(op, given[0], reverse > 0) < 0 ? NULL : Py_None;
}
