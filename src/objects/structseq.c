// Struct sequences.
//
// Invariants: the type's dict holds n_sequence_fields, n_fields, n_unnamed_fields; tp_members names
// the fields in order, without the unnamed ones. Objects have n_fields item slots.
//
// Threading: immutable once made.
#include "objects/structseq.h"

#include <stddef.h>

#include "memory/alloc.h"
#include "memory/heap.h"
#include "objects/args.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "objects/tuple.h"
#include "objects/type.h"

const char *const structseq_unnamed_field = "unnamed field";

// An integer of the type's dict; -1 with an exception when somebody deleted it.
static Py_ssize_t
type_number(PyTypeObject *type, PyObject *name)
{
    PyObject *value = type_lookup(type, name);
    if (value == NULL) {
        error_format(PyExc_TypeError, "Missed attribute '%U' of type %s", name, type->tp_name);
        return -1;
    }
    Py_ssize_t n = int_as_ssize(value);
    decref(value);
    return n;
}

static Py_ssize_t visible_fields(PyTypeObject *type) { return type_number(type, ID(n_sequence_fields)); }
static Py_ssize_t all_fields(PyTypeObject *type) { return type_number(type, ID(n_fields)); }
static Py_ssize_t unnamed_fields(PyTypeObject *type) { return type_number(type, ID(n_unnamed_fields)); }

// Item slots of an object, known without the type's dict, which a collection may have emptied.
// Unnamed fields are all among the visible ones.
static Py_ssize_t
slot_count(PyObject *op)
{
    Py_ssize_t n = tuple_size(op);
    for (const PyMemberDef *m = type_of(op)->tp_members; m != NULL && m->name != NULL; m++) {
        Py_ssize_t end = (m->offset - (Py_ssize_t)offsetof(PyTupleObject, ob_item)) /
                         (Py_ssize_t)sizeof(PyObject *) + 1;
        n = end > n ? end : n;
    }
    return n;
}

// ---- objects ----

PyObject *
structseq_new(PyTypeObject *type)
{
    Py_ssize_t size = all_fields(type);
    Py_ssize_t visible = size < 0 ? -1 : visible_fields(type);
    if (visible < 0) {
        return NULL;
    }
    PyTupleObject *op = (PyTupleObject *)type_alloc(type, size);
    if (op != NULL) {
        op->ob_hash = -1;
        op->ob_base.ob_size = visible;
    }
    return (PyObject *)op;
}

void
structseq_set_steal(PyObject *op, Py_ssize_t i, PyObject *value)
{
    tuple_items(op)[i] = value;
}

PyObject *
structseq_get_borrow(PyObject *op, Py_ssize_t i)
{
    return tuple_items(op)[i];
}

static int
structseq_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyTypeObject *type = type_of(op);
    if (type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        int stop = visit((PyObject *)type, arg);
        if (stop != 0) {
            return stop;
        }
    }
    Py_ssize_t size = slot_count(op);
    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *item = tuple_items(op)[i];
        int stop = item == NULL ? 0 : visit(item, arg);
        if (stop != 0) {
            return stop;
        }
    }
    return 0;
}

static void
structseq_dealloc(PyObject *op)
{
    PyTypeObject *type = type_of(op);
    gc_untrack(op);
    Py_ssize_t size = slot_count(op);
    for (Py_ssize_t i = 0; i < size; i++) {
        xdecref(tuple_items(op)[i]);
    }
    type->tp_free(op);
    if (type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        decref(type);
    }
}

static int
check_length(PyTypeObject *type, Py_ssize_t length, Py_ssize_t low, Py_ssize_t high)
{
    if (low == high && length != low) {
        error_format(PyExc_TypeError, "%.500s() takes a %zd-sequence (%zd-sequence given)",
                     type->tp_name, low, length);
        return -1;
    }
    if (length < low) {
        error_format(PyExc_TypeError, "%.500s() takes an at least %zd-sequence (%zd-sequence given)",
                     type->tp_name, low, length);
        return -1;
    }
    if (length > high) {
        error_format(PyExc_TypeError, "%.500s() takes an at most %zd-sequence (%zd-sequence given)",
                     type->tp_name, high, length);
        return -1;
    }
    return 0;
}

// Fields from `from` on out of dict (may be NULL); None where it has none.
static int
fill_from_dict(PyObject *op, PyTypeObject *type, PyObject *dict, Py_ssize_t from, Py_ssize_t size,
               Py_ssize_t unnamed)
{
    Py_ssize_t used = 0;
    for (Py_ssize_t i = from; i < size; i++) {
        PyObject *value = NULL;
        if (dict != NULL) {
            int found = dict_get_cstr(dict, type->tp_members[i - unnamed].name, &value);
            if (found < 0) {
                return -1;
            }
            used += found;
        }
        tuple_items(op)[i] = value == NULL ? new_ref(Py_None) : value;
    }
    if (dict != NULL && dict_size(dict) > used) {
        error_format(PyExc_TypeError, "%.500s() got duplicate or unexpected field name(s)",
                     type->tp_name);
        return -1;
    }
    return 0;
}

static PyObject *
make(PyTypeObject *type, PyObject *items, PyObject *dict)
{
    Py_ssize_t low = visible_fields(type);
    Py_ssize_t high = low < 0 ? -1 : all_fields(type);
    Py_ssize_t unnamed = high < 0 ? -1 : unnamed_fields(type);
    if (unnamed < 0) {
        return NULL;
    }
    Py_ssize_t length = tuple_size(items);
    if (check_length(type, length, low, high) < 0) {
        return NULL;
    }
    PyObject *op = structseq_new(type);
    if (op == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < length; i++) {
        tuple_items(op)[i] = new_ref(tuple_item(items, i));
    }
    if (fill_from_dict(op, type, dict, length, high, unnamed) < 0) {
        clear_ref(op);
    }
    return op;
}

static PyObject *
structseq_type_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"sequence", "dict", NULL};
    static ArgsParser parser = {.format = "O|O:structseq", .keywords = keywords};
    PyObject *arg, *dict = NULL;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &arg, &dict)) {
        return NULL;
    }
    PyObject *fast = sequence_fast(arg, "constructor requires a sequence");
    if (fast == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    PyObject *items = sequence_tuple(fast);
    decref(fast);
    if (items != NULL && dict != NULL && !dict_check(dict)) {
        error_format(PyExc_TypeError, "%.500s() takes a dict as second arg, if any", type->tp_name);
    }
    else if (items != NULL) {
        result = make(type, items, dict);
    }
    xdecref(items);
    return result;
}

// ---- methods ----

static PyObject *
structseq_repr(PyObject *op)
{
    PyTypeObject *type = type_of(op);
    StrWriter w;
    str_writer_init(&w);
    if (str_writer_utf8(&w, type->tp_name, -1) < 0 || str_writer_char(&w, '(') < 0) {
        goto error;
    }
    for (Py_ssize_t i = 0; i < tuple_size(op); i++) {
        const char *name = type->tp_members[i].name;
        if (name == NULL) {
            error_format(PyExc_SystemError, "In structseq_repr(), member %zd name is NULL for type "
                         "%.500s", i, type->tp_name);
            goto error;
        }
        if ((i > 0 && str_writer_ascii(&w, ", ", 2) < 0) || str_writer_utf8(&w, name, -1) < 0 ||
            str_writer_char(&w, '=') < 0 || str_writer_repr(&w, tuple_item(op, i)) < 0) {
            goto error;
        }
    }
    if (str_writer_char(&w, ')') < 0) {
        goto error;
    }
    return str_writer_finish(&w);
error:
    str_writer_discard(&w);
    return NULL;
}

// {name: value} of the fields behind the visible ones.
static PyObject *
hidden_as_dict(PyObject *op, Py_ssize_t visible, Py_ssize_t size, Py_ssize_t unnamed)
{
    PyObject *dict = dict_new();
    for (Py_ssize_t i = visible; dict != NULL && i < size; i++) {
        PyObject *value = tuple_items(op)[i];
        if (dict_set_cstr(dict, type_of(op)->tp_members[i - unnamed].name,
                          value == NULL ? Py_None : value) < 0) {
            clear_ref(dict);
        }
    }
    return dict;
}

static PyObject *
structseq_reduce(PyObject *op, PyObject *unused)
{
    (void)unused;
    PyTypeObject *type = type_of(op);
    Py_ssize_t visible = visible_fields(type);
    Py_ssize_t size = visible < 0 ? -1 : all_fields(type);
    Py_ssize_t unnamed = size < 0 ? -1 : unnamed_fields(type);
    if (unnamed < 0) {
        return NULL;
    }
    PyObject *result = NULL;
    PyObject *items = tuple_from_array(tuple_items(op), visible);
    PyObject *dict = items == NULL ? NULL : hidden_as_dict(op, visible, size, unnamed);
    PyObject *args = dict == NULL ? NULL : tuple_pair(items, dict);
    if (args != NULL) {
        result = tuple_pair((PyObject *)type, args);
    }
    xdecref(items);
    xdecref(dict);
    xdecref(args);
    return result;
}

static int
apply_changes(PyObject *copy, PyObject *op, Py_ssize_t size, PyObject *changes)
{
    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *value = NULL;
        if (changes != NULL &&
            dict_pop_cstr(changes, type_of(op)->tp_members[i].name, &value) < 0) {
            return -1;
        }
        tuple_items(copy)[i] = value != NULL ? value : xnew_ref(tuple_items(op)[i]);
    }
    if (changes != NULL && dict_size(changes) > 0) {
        PyObject *names = dict_keys_list(changes);
        if (names != NULL) {
            error_format(PyExc_TypeError, "Got unexpected field name(s): %R", names);
            decref(names);
        }
        return -1;
    }
    return 0;
}

static PyObject *
structseq_replace(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyTypeObject *type = type_of(op);
    if (!args_no_positional("__replace__", args)) {
        return NULL;
    }
    Py_ssize_t size = all_fields(type);
    Py_ssize_t unnamed = size < 0 ? -1 : unnamed_fields(type);
    if (unnamed < 0) {
        return NULL;
    }
    if (unnamed > 0) {
        return error_format(PyExc_TypeError, "__replace__() is not supported for %.500s because it has "
                            "unnamed field(s)", type->tp_name);
    }
    PyObject *changes = kwargs == NULL ? NULL : dict_copy(kwargs);
    PyObject *copy = kwargs != NULL && changes == NULL ? NULL : structseq_new(type);
    if (copy != NULL && apply_changes(copy, op, size, changes) < 0) {
        clear_ref(copy);
    }
    xdecref(changes);
    return copy;
}

static PyMethodDef structseq_methods[] = {
    {"__reduce__", structseq_reduce, METH_NOARGS, NULL},
    {"__replace__", (PyCFunction)(void *)structseq_replace, METH_VARARGS | METH_KEYWORDS,
     "__replace__($self, /, **changes)\n--\n\n"
     "Return a copy of the structure with new values for the specified fields."},
    {NULL, NULL, 0, NULL},
};

// ---- making types ----

static Py_ssize_t
count_fields(PyStructSequence_Desc *desc, Py_ssize_t *unnamed)
{
    Py_ssize_t n = 0;
    *unnamed = 0;
    for (; desc->fields[n].name != NULL; n++) {
        *unnamed += desc->fields[n].name == structseq_unnamed_field;
    }
    return n;
}

static PyMemberDef *
make_members(PyStructSequence_Desc *desc, Py_ssize_t n, Py_ssize_t unnamed)
{
    PyMemberDef *members = mem_calloc_or_error((size_t)(n - unnamed + 1), sizeof *members);
    if (members == NULL) {
        return NULL;
    }
    PyMemberDef *next = members;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (desc->fields[i].name == structseq_unnamed_field) {
            continue;
        }
        next->name = desc->fields[i].name;
        next->type = _Py_T_OBJECT;
        next->offset = (Py_ssize_t)(offsetof(PyTupleObject, ob_item) + (size_t)i * sizeof(PyObject *));
        next->flags = Py_READONLY;
        next->doc = desc->fields[i].doc;
        next++;
    }
    return members;
}

static int
set_number(PyObject *dict, PyObject *name, Py_ssize_t n)
{
    PyObject *value = int_from_ssize(n);
    int result = value == NULL ? -1 : dict_set(dict, name, value);
    xdecref(value);
    return result;
}

// __match_args__: the names of the visible fields.
static int
set_match_args(PyObject *dict, PyStructSequence_Desc *desc)
{
    PyObject *list = list_new(0);
    int result = list == NULL ? -1 : 0;
    for (int i = 0; result == 0 && i < desc->n_in_sequence; i++) {
        if (desc->fields[i].name != structseq_unnamed_field) {
            PyObject *name = str_intern_cstr(desc->fields[i].name);
            result = name == NULL ? -1 : list_append(list, name);
            xdecref(name);
        }
    }
    PyObject *names = result < 0 ? NULL : list_as_tuple(list);
    result = names == NULL ? -1 : dict_set(dict, ID(__match_args__), names);
    xdecref(names);
    xdecref(list);
    return result;
}

static int
fill_dict(PyObject *dict, PyStructSequence_Desc *desc, Py_ssize_t n, Py_ssize_t unnamed)
{
    if (set_number(dict, ID(n_sequence_fields), desc->n_in_sequence) < 0 ||
        set_number(dict, ID(n_fields), n) < 0 ||
        set_number(dict, ID(n_unnamed_fields), unnamed) < 0) {
        return -1;
    }
    return set_match_args(dict, desc);
}

int
structseq_init_type(PyTypeObject *type, PyStructSequence_Desc *desc)
{
    Py_ssize_t unnamed;
    Py_ssize_t n = count_fields(desc, &unnamed);
    if (type->tp_name == NULL) {
        type->tp_name = desc->name;
        type->tp_basicsize = offsetof(PyTupleObject, ob_item);
        type->tp_itemsize = sizeof(PyObject *);
        type->tp_dealloc = structseq_dealloc;
        type->tp_traverse = structseq_traverse;
        type->tp_flags |= Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC;
        type->tp_repr = structseq_repr;
        type->tp_doc = desc->doc;
        type->tp_base = &PyTuple_Type;
        type->tp_methods = structseq_methods;
        type->tp_new = structseq_type_new;
        type->tp_members = make_members(desc, n, unnamed);
        if (type->tp_members == NULL) {
            return -1;
        }
    }
    if (type_ready(type) < 0) {
        return -1;
    }
    int result = fill_dict(type->tp_dict, desc, n, unnamed);
    type_modified(type);
    return result;
}

PyTypeObject *
structseq_new_type(PyStructSequence_Desc *desc, unsigned long flags)
{
    Py_ssize_t unnamed;
    Py_ssize_t n = count_fields(desc, &unnamed);
    PyMemberDef *members = make_members(desc, n, unnamed);
    if (members == NULL) {
        return NULL;
    }
    PyType_Slot slots[] = {
        {Py_tp_dealloc, (void *)structseq_dealloc},
        {Py_tp_repr, (void *)structseq_repr},
        {Py_tp_doc, (void *)desc->doc},
        {Py_tp_methods, structseq_methods},
        {Py_tp_members, members},
        {Py_tp_traverse, (void *)structseq_traverse},
        {(flags & Py_TPFLAGS_DISALLOW_INSTANTIATION) != 0 ? 0 : Py_tp_new,
         (void *)structseq_type_new},
        {0, NULL},
    };
    PyType_Spec spec = {
        .name = desc->name,
        .basicsize = (int)offsetof(PyTupleObject, ob_item),
        .itemsize = sizeof(PyObject *),
        .flags = (unsigned int)(Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | flags),
        .slots = slots,
    };
    PyTypeObject *type = (PyTypeObject *)type_from_spec(&spec, (PyObject *)&PyTuple_Type);
    mem_free(members);
    if (type != NULL && fill_dict(type->tp_dict, desc, n, unnamed) < 0) {
        clear_ref(type);
    }
    if (type != NULL) {
        type_modified(type);
    }
    return type;
}
