// Reading __slots__.
//
// Threading: works on a namespace that only the maker of the class sees.
#include "objects/type_slots.h"

#include "objects/attributes.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/list.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type_internal.h"

static bool
may_add_dict(const PyTypeObject *base)
{
    return base->tp_dictoffset == 0;
}

static bool
may_add_weakref(const PyTypeObject *base)
{
    return base->tp_weaklistoffset == 0 && base->tp_itemsize == 0;
}

PyObject *
type_mangle_name(PyObject *class_name, PyObject *name)
{
    Py_ssize_t n = str_length(name);
    bool is_private = n > 2 && str_read_char(name, 0) == '_' && str_read_char(name, 1) == '_' &&
                      !(str_read_char(name, n - 1) == '_' && str_read_char(name, n - 2) == '_') &&
                      str_find_char(name, '.', 0, n, 1) < 0;
    if (class_name == NULL || !is_private) {
        return new_ref(name);
    }
    Py_ssize_t start = 0;
    while (start < str_length(class_name) && str_read_char(class_name, start) == '_') {
        start++;
    }
    if (start == str_length(class_name)) {
        return new_ref(name);       // a class named ___
    }
    PyObject *stripped = str_substring(class_name, start, str_length(class_name));
    PyObject *mangled = stripped == NULL ? NULL : str_format("_%U%U", stripped, name);
    xdecref(stripped);
    if (mangled != NULL) {
        str_intern_in_place(&mangled);
    }
    return mangled;
}

// __dict__ or __weakref__ as an item: *asked is set. 1 when it was one, 0 when not, -1.
static int
read_special(PyObject *item, ClassSlots *result, PyTypeObject *base)
{
    if (str_equal(item, ID(__dict__))) {
        if (!may_add_dict(base) || result->add_dict) {
            error_set(PyExc_TypeError, "__dict__ slot disallowed: we already got one");
            return -1;
        }
        result->add_dict = true;
        return 1;
    }
    if (str_equal(item, ID(__weakref__))) {
        if (!may_add_weakref(base) || result->add_weakref) {
            error_set(PyExc_TypeError, "__weakref__ slot disallowed: we already got one");
            return -1;
        }
        result->add_weakref = true;
        return 1;
    }
    return 0;
}

static int
check_item(PyObject *item)
{
    if (!str_check(item)) {
        error_format(PyExc_TypeError, "__slots__ items must be strings, not '%.200s'",
                     type_of(item)->tp_name);
        return -1;
    }
    if (!str_is_identifier(item)) {
        error_set(PyExc_TypeError, "__slots__ must be identifiers");
        return -1;
    }
    return 0;
}

// A slot that the class body also assigns could never be reached.
static int
check_conflict(PyObject *name, PyObject *dict)
{
    int present = dict_contains(dict, name);
    if (present < 0) {
        return -1;
    }
    if (present && !str_equal(name, ID(__qualname__)) && !str_equal(name, ID(__classcell__)) &&
        !str_equal(name, ID(__classdictcell__))) {
        error_format(PyExc_ValueError, "%R in __slots__ conflicts with class variable", name);
        return -1;
    }
    return 0;
}

static int
read_items(PyObject *items, PyTypeObject *base, PyObject *name, PyObject *dict, PyObject *list,
           ClassSlots *result)
{
    for (Py_ssize_t i = 0; i < tuple_size(items); i++) {
        PyObject *item = tuple_item(items, i);
        if (check_item(item) < 0) {
            return -1;
        }
        int special = read_special(item, result, base);
        if (special < 0) {
            return -1;
        }
        if (special > 0) {
            continue;
        }
        PyObject *mangled = type_mangle_name(name, item);
        if (mangled == NULL) {
            return -1;
        }
        str_intern_in_place(&mangled);
        int failed = list_append(list, mangled) < 0 || check_conflict(mangled, dict) < 0;
        decref(mangled);
        if (failed) {
            return -1;
        }
    }
    return 0;
}

// Other bases than the one whose layout counts may want a dict or weak references, too.
static void
add_from_other_bases(PyTypeObject *base, PyObject *bases, ClassSlots *result)
{
    for (Py_ssize_t i = 0; i < tuple_size(bases); i++) {
        PyTypeObject *other = (PyTypeObject *)tuple_item(bases, i);
        if (other == base) {
            continue;
        }
        if (other->tp_dictoffset != 0 && may_add_dict(base)) {
            result->add_dict = true;
        }
        if (other->tp_weaklistoffset != 0 && may_add_weakref(base)) {
            result->add_weakref = true;
        }
    }
}

static PyObject *
items_of(PyObject *slots)
{
    return str_check(slots) ? tuple_pack(1, slots) : sequence_tuple(slots);
}

int
class_slots_read(PyTypeObject *base, PyObject *bases, PyObject *name, PyObject *dict,
                 ClassSlots *result)
{
    *result = (ClassSlots){0};
    PyObject *slots;
    int found = dict_get(dict, ID(__slots__), &slots);
    if (found < 0) {
        return -1;
    }
    if (found == 0) {
        result->add_dict = may_add_dict(base);
        result->add_weakref = may_add_weakref(base);
        return 0;
    }
    PyObject *list = NULL;
    PyObject *items = items_of(slots);
    decref(slots);
    if (items == NULL) {
        return -1;
    }
    int status = -1;
    if (tuple_size(items) > 0 && base->tp_itemsize != 0) {
        error_format(PyExc_TypeError, "nonempty __slots__ not supported for subtype of '%s'",
                     base->tp_name);
        goto done;
    }
    list = list_new(0);
    if (list == NULL || read_items(items, base, name, dict, list, result) < 0 ||
        list_sort(list) < 0) {
        goto done;
    }
    if (list_size(list) > 0) {
        result->names = list_as_tuple(list);
        if (result->names == NULL) {
            goto done;
        }
    }
    add_from_other_bases(base, bases, result);
    status = 0;
done:
    xdecref(list);
    decref(items);
    return status;
}
