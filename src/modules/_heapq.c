// _heapq: heaps in lists, smallest or largest first.
//
// The sifting finds the hole's final place at a leaf first and then moves the item up, which takes fewer
// comparisons than stopping on the way down, as the algorithm is described in heapq.py.
//
// Threading: a heap operation is many list operations, and comparing may run Python code that changes the
// list: the size is checked after each comparison (RuntimeError). Each read and write of the list is atomic;
// two threads that use one heap at once need a lock of their own, but nothing breaks.
#include "modules/module.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/error.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/order.h"
#include "objects/str.h"
#include "thread/runtime.h"

// Which of two items belongs nearer to the root.
typedef int (*Before)(PyObject *a, PyObject *b);

static int
smaller(PyObject *a, PyObject *b)
{
    return object_less(a, b);
}

static int
larger(PyObject *a, PyObject *b)
{
    return object_less(b, a);
}

// Whether item i belongs before item k: 1, 0, -1 with an exception, also when the size changed.
static inline int
item_before(PyObject *heap, Py_ssize_t i, Py_ssize_t k, Py_ssize_t size, Before before)
{
    if (runtime_is_single_threaded() && i < list_size(heap) && k < list_size(heap)) {
        PyObject *a = list_item_borrow(heap, i);
        PyObject *b = list_item_borrow(heap, k);
        int quick = before == smaller ? object_less_quick(a, b) : object_less_quick(b, a);
        if (quick >= 0) {
            return quick;
        }
    }
    PyObject *a = list_get(heap, i);
    PyObject *b = a == NULL ? NULL : list_get(heap, k);
    int result = b == NULL ? -1 : before(a, b);
    xdecref(a);
    xdecref(b);
    if (result >= 0 && list_size(heap) != size) {
        error_set(PyExc_RuntimeError, "list changed size during iteration");
        return -1;
    }
    return result;
}

static int
swap_items(PyObject *heap, Py_ssize_t i, Py_ssize_t k)
{
    if (runtime_is_single_threaded() && i < list_size(heap) && k < list_size(heap)) {
        PyObject *item = list_item_borrow(heap, i);
        list_set_item_steal(heap, i, list_item_borrow(heap, k));
        list_set_item_steal(heap, k, item);
        return 0;
    }
    PyObject *a = list_get(heap, i);
    PyObject *b = a == NULL ? NULL : list_get(heap, k);
    if (b == NULL) {
        xdecref(a);
        return -1;
    }
    if (list_set_steal(heap, i, b) < 0) {
        decref(a);
        return -1;
    }
    return list_set_steal(heap, k, a);
}

// Moves item `pos` towards the root, which is at `start`.
static int
sift_up(PyObject *heap, Py_ssize_t start, Py_ssize_t pos, Before before)
{
    Py_ssize_t size = list_size(heap);
    if (pos >= size) {
        error_set(PyExc_IndexError, "index out of range");
        return -1;
    }
    while (pos > start) {
        Py_ssize_t parent = (pos - 1) / 2;
        int up = item_before(heap, pos, parent, size, before);
        if (up <= 0) {
            return up;
        }
        if (swap_items(heap, pos, parent) < 0) {
            return -1;
        }
        pos = parent;
    }
    return 0;
}

// Moves item `pos` to a leaf along the better children, then up to its place.
static int
sift_down(PyObject *heap, Py_ssize_t pos, Before before)
{
    Py_ssize_t size = list_size(heap);
    Py_ssize_t start = pos;
    if (pos >= size) {
        error_set(PyExc_IndexError, "index out of range");
        return -1;
    }
    while (pos < size / 2) {
        Py_ssize_t child = 2 * pos + 1;
        if (child + 1 < size) {
            int left = item_before(heap, child, child + 1, size, before);
            if (left < 0) {
                return -1;
            }
            child += !left;
        }
        if (swap_items(heap, pos, child) < 0) {
            return -1;
        }
        pos = child;
    }
    return sift_up(heap, start, pos, before);
}

static bool
check_heap(PyObject *heap, const char *name, const char *display)
{
    if (!list_check(heap)) {
        args_bad_argument(name, display, "list", heap);
        return false;
    }
    return true;
}

static PyObject *
heap_push(PyObject *const *args, Py_ssize_t nargs, const char *name, Before before)
{
    if (!args_check_positional(name, nargs, 2, 2) || !check_heap(args[0], name, "argument 1")) {
        return NULL;
    }
    if (list_append(args[0], args[1]) < 0 ||
        sift_up(args[0], 0, list_size(args[0]) - 1, before) < 0) {
        return NULL;
    }
    return Py_None;
}

static PyObject *
heap_pop(PyObject *heap, const char *name, Before before)
{
    if (!check_heap(heap, name, "argument")) {
        return NULL;
    }
    if (list_size(heap) == 0) {
        return error_set(PyExc_IndexError, "index out of range");
    }
    PyObject *last = list_pop(heap, -1);
    if (last == NULL || list_size(heap) == 0) {
        return last;
    }
    PyObject *first = list_get(heap, 0);
    if (first == NULL) {
        decref(last);
        return NULL;
    }
    if (list_set_steal(heap, 0, last) < 0 || sift_down(heap, 0, before) < 0) {
        clear_ref(first);
    }
    return first;
}

static PyObject *
heap_replace(PyObject *const *args, Py_ssize_t nargs, const char *name, Before before)
{
    if (!args_check_positional(name, nargs, 2, 2) || !check_heap(args[0], name, "argument 1")) {
        return NULL;
    }
    PyObject *first = list_get_optional(args[0], 0);
    if (first == NULL) {
        return error_set(PyExc_IndexError, "index out of range");
    }
    if (list_set(args[0], 0, args[1]) < 0 || sift_down(args[0], 0, before) < 0) {
        clear_ref(first);
    }
    return first;
}

static PyObject *
heap_push_pop(PyObject *const *args, Py_ssize_t nargs, const char *name, Before before)
{
    if (!args_check_positional(name, nargs, 2, 2) || !check_heap(args[0], name, "argument 1")) {
        return NULL;
    }
    PyObject *first = list_get_optional(args[0], 0);
    if (first == NULL) {
        return new_ref(args[1]);
    }
    int stays = before(first, args[1]);
    if (stays < 0) {
        decref(first);
        return NULL;
    }
    if (!stays) {
        decref(first);
        return new_ref(args[1]);
    }
    if (list_size(args[0]) == 0) {
        decref(first);
        return error_set(PyExc_IndexError, "index out of range");
    }
    decref(first);
    return heap_replace(args, nargs, name, before);
}

static PyObject *
heap_make(PyObject *heap, const char *name, Before before)
{
    if (!check_heap(heap, name, "argument")) {
        return NULL;
    }
    for (Py_ssize_t i = list_size(heap) / 2 - 1; i >= 0; i--) {
        if (sift_down(heap, i, before) < 0) {
            return NULL;
        }
    }
    return Py_None;
}

static PyObject *
heapq_heappush(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    return heap_push(args, nargs, "heappush", smaller);
}

static PyObject *
heapq_heappushpop(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    return heap_push_pop(args, nargs, "heappushpop", smaller);
}

static PyObject *
heapq_heappop(PyObject *module, PyObject *heap)
{
    (void)module;
    return heap_pop(heap, "heappop", smaller);
}

static PyObject *
heapq_heapreplace(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    return heap_replace(args, nargs, "heapreplace", smaller);
}

static PyObject *
heapq_heapify(PyObject *module, PyObject *heap)
{
    (void)module;
    return heap_make(heap, "heapify", smaller);
}

static PyObject *
heapq_heappush_max(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    return heap_push(args, nargs, "heappush_max", larger);
}

static PyObject *
heapq_heappushpop_max(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    return heap_push_pop(args, nargs, "heappushpop_max", larger);
}

static PyObject *
heapq_heappop_max(PyObject *module, PyObject *heap)
{
    (void)module;
    return heap_pop(heap, "heappop_max", larger);
}

static PyObject *
heapq_heapreplace_max(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    return heap_replace(args, nargs, "heapreplace_max", larger);
}

static PyObject *
heapq_heapify_max(PyObject *module, PyObject *heap)
{
    (void)module;
    return heap_make(heap, "heapify_max", larger);
}

static PyMethodDef heapq_functions[] = {
    {"heappush", FASTCALL(heapq_heappush), METH_FASTCALL,
     "heappush($module, heap, item, /)\n--\n\n"
     "Push item onto heap, maintaining the heap invariant."},
    {"heappushpop", FASTCALL(heapq_heappushpop), METH_FASTCALL,
     "heappushpop($module, heap, item, /)\n--\n\n"
     "Push item on the heap, then pop and return the smallest item from the heap.\n\n"
     "The combined action runs more efficiently than heappush() followed by\n"
     "a separate call to heappop()."},
    {"heappop", heapq_heappop, METH_O,
     "heappop($module, heap, /)\n--\n\n"
     "Pop the smallest item off the heap, maintaining the heap invariant."},
    {"heapreplace", FASTCALL(heapq_heapreplace), METH_FASTCALL,
     "heapreplace($module, heap, item, /)\n--\n\n"
     "Pop and return the current smallest value, and add the new item.\n\n"
     "This is more efficient than heappop() followed by heappush(), and can be\n"
     "more appropriate when using a fixed-size heap.  Note that the value\n"
     "returned may be larger than item!  That constrains reasonable uses of\n"
     "this routine unless written as part of a conditional replacement:\n\n"
     "    if item > heap[0]:\n        item = heapreplace(heap, item)"},
    {"heapify", heapq_heapify, METH_O,
     "heapify($module, heap, /)\n--\n\n"
     "Transform list into a heap, in-place, in O(len(heap)) time."},
    {"heappush_max", FASTCALL(heapq_heappush_max), METH_FASTCALL,
     "heappush_max($module, heap, item, /)\n--\n\n"
     "Push item onto max heap, maintaining the heap invariant."},
    {"heappushpop_max", FASTCALL(heapq_heappushpop_max), METH_FASTCALL,
     "heappushpop_max($module, heap, item, /)\n--\n\n"
     "Maxheap variant of heappushpop.\n\n"
     "The combined action runs more efficiently than heappush_max() followed by\n"
     "a separate call to heappop_max()."},
    {"heappop_max", heapq_heappop_max, METH_O,
     "heappop_max($module, heap, /)\n--\n\nMaxheap variant of heappop."},
    {"heapreplace_max", FASTCALL(heapq_heapreplace_max), METH_FASTCALL,
     "heapreplace_max($module, heap, item, /)\n--\n\nMaxheap variant of heapreplace."},
    {"heapify_max", heapq_heapify_max, METH_O,
     "heapify_max($module, heap, /)\n--\n\nMaxheap variant of heapify."},
    // The names that heapq.py used before the functions became public.
    {"_heappop_max", heapq_heappop_max, METH_O,
     "_heappop_max($module, heap, /)\n--\n\nMaxheap variant of heappop."},
    {"_heapreplace_max", FASTCALL(heapq_heapreplace_max), METH_FASTCALL,
     "_heapreplace_max($module, heap, item, /)\n--\n\nMaxheap variant of heapreplace."},
    {"_heapify_max", heapq_heapify_max, METH_O,
     "_heapify_max($module, heap, /)\n--\n\nMaxheap variant of heapify."},
    {NULL, NULL, 0, NULL},
};

static int
heapq_exec(PyObject *module)
{
    return module_add_cstr(module, "__about__",
                           "A heap is an array for which a[k] <= a[2*k+1] and a[k] <= a[2*k+2] "
                           "for all k,\ncounting elements from 0: its smallest element is always "
                           "a[0]. Keeping this\ninvariant lets the smallest item be taken, or a new "
                           "one be added, in O(log n).\n");
}

static PyModuleDef_Slot heapq_slots[] = {
    {Py_mod_exec, heapq_exec},
    {0, NULL},
};

static PyModuleDef heapq_module = {
    .m_name = "_heapq",
    .m_doc = "Heap queue algorithm (a.k.a. priority queue).\n\n"
             "Heaps are arrays for which a[k] <= a[2*k+1] and a[k] <= a[2*k+2] for\n"
             "all k, counting elements from 0.  For the sake of comparison,\n"
             "non-existing elements are considered to be infinite.  The interesting\n"
             "property of a heap is that a[0] is always its smallest element.",
    .m_methods = heapq_functions,
    .m_slots = heapq_slots,
};

NATIVE_MODULE(_heapq, &heapq_module)
