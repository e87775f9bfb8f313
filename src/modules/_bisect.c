// _bisect: binary search and insertion in sorted sequences.
//
// Threading: no state; the sequence is read item by item.
#include "modules/module.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/order.h"
#include "objects/sequence.h"
#include "objects/str.h"

typedef struct Search {
    PyObject *list;
    PyObject *item;
    Py_ssize_t low;
    Py_ssize_t high;        // -1: the length
    PyObject *key;          // NULL or a function
} Search;

static int
parse_search(Search *s, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
             ArgsParser *parser)
{
    PyObject *high = Py_None, *key = Py_None;
    s->low = 0;
    s->high = -1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, parser, &s->list, &s->item, &s->low,
                                   &high, &key)) {
        return -1;
    }
    if (high != Py_None) {
        s->high = number_as_ssize(high, PyExc_OverflowError);
        if (s->high == -1 && error_occurred()) {
            return -1;
        }
    }
    s->key = key == Py_None ? NULL : key;
    return 0;
}

// Where `item` belongs: behind the items equal to it (right) or before them. -1 with an exception.
static Py_ssize_t
search(const Search *s, PyObject *item, bool right)
{
    if (s->low < 0) {
        error_set(PyExc_ValueError, "lo must be non-negative");
        return -1;
    }
    Py_ssize_t low = s->low;
    Py_ssize_t high = s->high;
    if (high == -1) {
        high = object_length(s->list);
        if (high < 0) {
            return -1;
        }
    }
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        PyObject *other = sequence_getitem(s->list, middle);
        if (other != NULL && s->key != NULL) {
            set_ref(other, object_call_onearg(s->key, other));
        }
        if (other == NULL) {
            return -1;
        }
        int less = right ? object_less(item, other) : object_less(other, item);
        decref(other);
        if (less < 0) {
            return -1;
        }
        if (right ? less : !less) {
            high = middle;
        }
        else {
            low = middle + 1;
        }
    }
    return low;
}

static PyObject *
bisect(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, ArgsParser *parser, bool right)
{
    Search s;
    if (parse_search(&s, args, nargs, kwnames, parser) < 0) {
        return NULL;
    }
    Py_ssize_t index = search(&s, s.item, right);
    return index < 0 ? NULL : int_from_ssize(index);
}

static PyObject *
insort(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, ArgsParser *parser, bool right)
{
    Search s;
    if (parse_search(&s, args, nargs, kwnames, parser) < 0) {
        return NULL;
    }
    // The key is of the item inserted, not of the one searched for.
    PyObject *wanted = s.key == NULL ? new_ref(s.item) : object_call_onearg(s.key, s.item);
    Py_ssize_t index = wanted == NULL ? -1 : search(&s, wanted, right);
    xdecref(wanted);
    if (index < 0) {
        return NULL;
    }
    if (list_check_exact(s.list)) {
        return list_insert(s.list, index, s.item) < 0 ? NULL : Py_None;
    }
    PyObject *result = object_call_method_format(s.list, "insert", "nO", index, s.item);
    if (result == NULL) {
        return NULL;
    }
    decref(result);
    return Py_None;
}

static const char *const search_keywords[] = {"a", "x", "lo", "hi", "key", NULL};

static PyObject *
bisect_bisect_right(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    (void)module;
    static ArgsParser parser = {.format = "OO|nO$O:bisect_right", .keywords = search_keywords};
    return bisect(args, nargs, kwnames, &parser, true);
}

static PyObject *
bisect_bisect_left(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    (void)module;
    static ArgsParser parser = {.format = "OO|nO$O:bisect_left", .keywords = search_keywords};
    return bisect(args, nargs, kwnames, &parser, false);
}

static PyObject *
bisect_insort_right(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    (void)module;
    static ArgsParser parser = {.format = "OO|nO$O:insort_right", .keywords = search_keywords};
    return insort(args, nargs, kwnames, &parser, true);
}

static PyObject *
bisect_insort_left(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    (void)module;
    static ArgsParser parser = {.format = "OO|nO$O:insort_left", .keywords = search_keywords};
    return insort(args, nargs, kwnames, &parser, false);
}

static PyMethodDef bisect_functions[] = {
    {"bisect_right", FASTCALL(bisect_bisect_right), METH_FASTCALL | METH_KEYWORDS,
     "bisect_right($module, /, a, x, lo=0, hi=None, *, key=None)\n--\n\n"
     "Return the index where to insert item x in list a, assuming a is sorted.\n\n"
     "The return value i is such that all e in a[:i] have e <= x, and all e in\n"
     "a[i:] have e > x.  So if x already appears in the list, a.insert(i, x) will\n"
     "insert just after the rightmost x already there.\n\n"
     "Optional args lo (default 0) and hi (default len(a)) bound the\n"
     "slice of a to be searched.\n\n"
     "A custom key function can be supplied to customize the sort order."},
    {"bisect_left", FASTCALL(bisect_bisect_left), METH_FASTCALL | METH_KEYWORDS,
     "bisect_left($module, /, a, x, lo=0, hi=None, *, key=None)\n--\n\n"
     "Return the index where to insert item x in list a, assuming a is sorted.\n\n"
     "The return value i is such that all e in a[:i] have e < x, and all e in\n"
     "a[i:] have e >= x.  So if x already appears in the list, a.insert(i, x) will\n"
     "insert just before the leftmost x already there.\n\n"
     "Optional args lo (default 0) and hi (default len(a)) bound the\n"
     "slice of a to be searched.\n\n"
     "A custom key function can be supplied to customize the sort order."},
    {"insort_right", FASTCALL(bisect_insort_right), METH_FASTCALL | METH_KEYWORDS,
     "insort_right($module, /, a, x, lo=0, hi=None, *, key=None)\n--\n\n"
     "Insert item x in list a, and keep it sorted assuming a is sorted.\n\n"
     "If x is already in a, insert it to the right of the rightmost x.\n\n"
     "Optional args lo (default 0) and hi (default len(a)) bound the\n"
     "slice of a to be searched.\n\n"
     "A custom key function can be supplied to customize the sort order."},
    {"insort_left", FASTCALL(bisect_insort_left), METH_FASTCALL | METH_KEYWORDS,
     "insort_left($module, /, a, x, lo=0, hi=None, *, key=None)\n--\n\n"
     "Insert item x in list a, and keep it sorted assuming a is sorted.\n\n"
     "If x is already in a, insert it to the left of the leftmost x.\n\n"
     "Optional args lo (default 0) and hi (default len(a)) bound the\n"
     "slice of a to be searched.\n\n"
     "A custom key function can be supplied to customize the sort order."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef bisect_module = {
    .m_name = "_bisect",
    .m_doc = "Bisection algorithms.\n\n"
             "This module provides support for maintaining a list in sorted order without\n"
             "having to sort the list after each insertion. For long lists of items with\n"
             "expensive comparison operations, this can be an improvement over the more\n"
             "common approach.\n",
    .m_methods = bisect_functions,
};

NATIVE_MODULE(_bisect, &bisect_module)
