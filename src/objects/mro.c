// Method resolution order: C3 linearisation and user-defined mro().
//
// Threading: under the types lock; mro() methods run Python code, so everything is read again
// afterwards. A replaced MRO is given up through QSBR, because type_is_subtype reads without a
// reference.
#include <string.h>

#include "memory/alloc.h"
#include "memory/qsbr.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/list.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "objects/tuple.h"
#include "objects/type_internal.h"

// ---- C3 ----

// One list of the merge: items from `head` on are left.
typedef struct {
    PyObject *items;        // a tuple, borrowed
    Py_ssize_t head;
} MergeList;

static bool
in_tail(const MergeList *list, PyObject *cls)
{
    for (Py_ssize_t i = list->head + 1; i < tuple_size(list->items); i++) {
        if (tuple_item(list->items, i) == cls) {
            return true;
        }
    }
    return false;
}

static bool
is_good_head(const MergeList *lists, Py_ssize_t n, PyObject *cls)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        if (in_tail(&lists[i], cls)) {
            return false;
        }
    }
    return true;
}

// TypeError that names the heads nobody could take.
static void
set_inconsistent(const MergeList *lists, Py_ssize_t n)
{
    PyObject *seen = list_new(0);
    StrWriter w;
    str_writer_init(&w);
    if (seen == NULL ||
        str_writer_ascii(&w, "Cannot create a consistent method resolution order (MRO) for bases",
                         -1) < 0) {
        goto error;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (lists[i].head >= tuple_size(lists[i].items)) {
            continue;
        }
        PyObject *cls = tuple_item(lists[i].items, lists[i].head);
        int present = sequence_contains(seen, cls);
        if (present < 0 || (present == 0 && list_append(seen, cls) < 0)) {
            goto error;
        }
        if (present == 0) {
            PyObject *name = type_get_name((PyTypeObject *)cls);
            if (name == NULL || str_writer_ascii(&w, list_size(seen) > 1 ? ", " : " ", -1) < 0 ||
                str_writer_str(&w, name) < 0) {
                xdecref(name);
                goto error;
            }
            decref(name);
        }
    }
    PyObject *message = str_writer_finish(&w);
    if (message != NULL) {
        error_set_object(PyExc_TypeError, message);
        decref(message);
    }
    decref(seen);
    return;
error:
    xdecref(seen);
    str_writer_discard(&w);
}

// Merges the lists behind `type`; all lists are used up on success.
static PyObject *
merge(PyTypeObject *type, MergeList *lists, Py_ssize_t n)
{
    PyObject *result = list_new(0);
    if (result == NULL || list_append(result, (PyObject *)type) < 0) {
        goto error;
    }
    for (;;) {
        Py_ssize_t finished = 0;
        PyObject *next = NULL;
        for (Py_ssize_t i = 0; i < n && next == NULL; i++) {
            if (lists[i].head >= tuple_size(lists[i].items)) {
                finished++;
                continue;
            }
            PyObject *candidate = tuple_item(lists[i].items, lists[i].head);
            if (is_good_head(lists, n, candidate)) {
                next = candidate;
            }
        }
        if (next == NULL) {
            if (finished == n) {
                PyObject *mro = list_as_tuple(result);
                decref(result);
                return mro;
            }
            set_inconsistent(lists, n);
            goto error;
        }
        if (list_append(result, next) < 0) {
            goto error;
        }
        for (Py_ssize_t i = 0; i < n; i++) {
            if (lists[i].head < tuple_size(lists[i].items) &&
                tuple_item(lists[i].items, lists[i].head) == next) {
                lists[i].head++;
            }
        }
    }
error:
    xdecref(result);
    return NULL;
}

static int
check_duplicates(PyObject *bases)
{
    for (Py_ssize_t i = 0; i < tuple_size(bases); i++) {
        for (Py_ssize_t j = i + 1; j < tuple_size(bases); j++) {
            if (tuple_item(bases, i) == tuple_item(bases, j)) {
                PyObject *name = type_get_name((PyTypeObject *)tuple_item(bases, i));
                if (name != NULL) {
                    error_format(PyExc_TypeError, "duplicate base class %U", name);
                    decref(name);
                }
                return -1;
            }
        }
    }
    return 0;
}

// (type, *mro of the only base).
static PyObject *
single_inheritance(PyTypeObject *type, PyObject *base_mro)
{
    Py_ssize_t n = tuple_size(base_mro);
    PyObject *mro = tuple_new(n + 1);
    if (mro == NULL) {
        return NULL;
    }
    tuple_set_item_steal(mro, 0, (PyObject *)new_ref(type));
    for (Py_ssize_t i = 0; i < n; i++) {
        tuple_set_item_steal(mro, i + 1, new_ref(tuple_item(base_mro, i)));
    }
    return mro;
}

PyObject *
type_mro_compute(PyTypeObject *type)
{
    PyObject *bases = type->tp_bases;
    Py_ssize_t n = bases == NULL ? 0 : tuple_size(bases);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyTypeObject *base = (PyTypeObject *)tuple_item(bases, i);
        if (base->tp_mro == NULL) {
            return error_format(PyExc_TypeError, "Cannot extend an incomplete type '%.100s'",
                                base->tp_name);
        }
    }
    if (n == 0) {
        return tuple_pack(1, (PyObject *)type);
    }
    if (n == 1) {
        return single_inheritance(type, ((PyTypeObject *)tuple_item(bases, 0))->tp_mro);
    }
    if (check_duplicates(bases) < 0) {
        return NULL;
    }
    MergeList *lists = mem_alloc_array((size_t)n + 1, sizeof *lists);
    if (lists == NULL) {
        return error_no_memory();
    }
    incref(bases);
    for (Py_ssize_t i = 0; i < n; i++) {
        lists[i] = (MergeList){((PyTypeObject *)tuple_item(bases, i))->tp_mro, 0};
        incref(lists[i].items);
    }
    lists[n] = (MergeList){bases, 0};
    PyObject *mro = merge(type, lists, n + 1);
    for (Py_ssize_t i = 0; i < n; i++) {
        decref(lists[i].items);
    }
    decref(bases);
    mem_free(lists);
    return mro;
}

// ---- mro() of metaclasses ----

static int
check_custom(PyTypeObject *type, PyObject *mro)
{
    PyTypeObject *solid = type_solid_base(type);
    for (Py_ssize_t i = 0; i < tuple_size(mro); i++) {
        PyObject *item = tuple_item(mro, i);
        if (!type_check(item)) {
            error_format(PyExc_TypeError, "mro() returned a non-class ('%.500s')",
                         type_of(item)->tp_name);
            return -1;
        }
        if (!type_is_subtype(solid, type_solid_base((PyTypeObject *)item))) {
            error_format(PyExc_TypeError, "mro() returned base with unsuitable layout ('%.500s')",
                         ((PyTypeObject *)item)->tp_name);
            return -1;
        }
    }
    return 0;
}

// What the metaclass's mro() says, checked.
static PyObject *
invoke_mro(PyTypeObject *type, bool *custom)
{
    *custom = type_of(type) != &PyType_Type;
    if (!*custom) {
        return type_mro_compute(type);
    }
    PyObject *result = object_call_method_noargs((PyObject *)type, ID(mro));
    if (result == NULL) {
        return NULL;
    }
    PyObject *mro = sequence_tuple(result);
    decref(result);
    if (mro == NULL) {
        return NULL;
    }
    if (tuple_size(mro) == 0) {
        decref(mro);
        return error_set(PyExc_TypeError, "type MRO must not be empty");
    }
    if (check_custom(type, mro) < 0) {
        clear_ref(mro);
    }
    return mro;
}

int
type_mro_update(PyTypeObject *type, PyObject **old)
{
    PyObject *before = xnew_ref(type->tp_mro);
    bool custom;
    PyObject *mro = invoke_mro(type, &custom);
    if (mro == NULL) {
        xdecref(before);
        return -1;
    }
    if (type->tp_mro != before) {
        // mro() itself assigned __bases__: the nested update wins.
        decref(mro);
        xdecref(before);
        return 0;
    }
    PyObject *replaced = type->tp_mro;
    atomic_store_release_ptr(&type->tp_mro, mro);
    if (replaced != NULL) {
        qsbr_decref_delayed(replaced);
    }
    type_modified(type);
    if (old != NULL) {
        *old = before;
    }
    else {
        xdecref(before);
    }
    return 1;
}
