// f_locals (PEP 667): FrameLocalsProxy, a mapping view of a frame's variables.
//
// Reading and writing goes straight to the registers (and the cells in them). Keys that are no
// variables of the frame live in a dict of the frame object. A value that is replaced while the
// frame has a call under way may be borrowed by the callee: it is kept in f_displaced until the frame ends.
//
// Threading: registers are looked at within frame_look_begin, which stops the world when another thread
// may run the frame.
#include "vm/frame_locals.h"

#include "abi/constants.h"
#include "base/atomic.h"
#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bytes.h"
#include "objects/cell.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/mapping.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "thread/critical_section.h"
#include "vm/frames.h"

typedef struct FrameLocalsProxy {
    PyObject ob_base;
    PyFrameObject *frame;       // immutable: owned
} FrameLocalsProxy;

static PyFrameObject *proxy_frame(PyObject *op) { return ((FrameLocalsProxy *)op)->frame; }

// ---- registers by name ----

// Whether variable i is a cell whose MAKE_CELL (or a free variable whose COPY_FREE_VARS) has run.
static bool
variable_cell(PyFrameObject *f, int i, Value v, PyObject **cell)
{
    int kind = (unsigned char)bytes_data(f->f_code->co_localspluskinds)[i];
    if ((kind & (CO_FAST_CELL | CO_FAST_FREE)) == 0 || !value_is_pointer(v) || v == VALUE_UNSET ||
        !cell_check(value_pointer(v))) {
        return false;
    }
    *cell = value_pointer(v);
    return true;
}

// The value of variable i as a new reference; NULL when it is not set (or with MemoryError).
static PyObject *
variable_get(PyFrameObject *f, int i)
{
    if (f->fp == NULL) {
        return NULL;
    }
    PyObject *cell;
    Value v = f->fp[code_localsplus_register(f->f_code, i)];
    if (variable_cell(f, i, v, &cell)) {
        return cell_get(cell);
    }
    return v == VALUE_UNSET ? NULL : value_box(v);
}

static bool
variable_is_hidden(PyFrameObject *f, int i)
{
    return (bytes_data(f->f_code->co_localspluskinds)[i] & CO_FAST_HIDDEN) != 0;
}

// Whether an inlined comprehension has variables at the moment.
static bool
has_hidden(PyFrameObject *f)
{
    FrameLook look;
    frame_look_begin(&look, atomic_load_relaxed_ptr(&f->fp));
    bool found = false;
    for (int i = 0; i < f->f_code->co_nlocalsplus && f->fp != NULL; i++) {
        if (variable_is_hidden(f, i)
            && f->fp[code_localsplus_register(f->f_code, i)] != VALUE_UNSET) {
            found = true;
            break;
        }
    }
    frame_look_end(&look);
    return found;
}

// The name of a variable that key is equal to, borrowed; NULL none, or with an exception. Only keys that
// are no plain str run code of theirs.
static PyObject *
variable_name_borrow(PyFrameObject *f, PyObject *key)
{
    if (str_check_exact(key)) {
        return key;
    }
    Py_hash_t hash = object_hash(key);
    if (hash == -1) {
        return NULL;
    }
    PyObject *names = f->f_code->co_localsplusnames;
    for (Py_ssize_t i = 0; i < tuple_size(names); i++) {
        PyObject *name = tuple_item(names, i);
        int equal = object_hash(name) != hash ? 0 : object_richcompare_bool(name, key, Py_EQ);
        if (equal != 0) {
            return equal < 0 ? NULL : name;
        }
    }
    return NULL;
}

static int
find_variable(PyFrameObject *f, PyObject *name, PyObject **value, bool hidden)
{
    PyCodeObject *code = f->f_code;
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        if (variable_is_hidden(f, i) != hidden
            || !str_equal(tuple_item(code->co_localsplusnames, i), name)) {
            continue;
        }
        if (value == NULL) {
            return i;
        }
        *value = variable_get(f, i);
        if (*value != NULL) {
            return i;
        }
    }
    return -1;
}

// Index of the variable `name`: -1 none, -2 with an exception. With value, it must be set, and its
// value is returned; those of inlined comprehensions come first.
static int
variable_find(PyFrameObject *f, PyObject *name, PyObject **value)
{
    name = variable_name_borrow(f, name);
    if (name == NULL) {
        return error_occurred() ? -2 : -1;
    }
    FrameLook look;
    frame_look_begin(&look, atomic_load_relaxed_ptr(&f->fp));
    int i = value == NULL ? -1 : find_variable(f, name, value, true);
    i = i >= 0 ? i : find_variable(f, name, value, false);
    frame_look_end(&look);
    return i;
}

// The namespace of a module's or class's frame: new reference, NULL for functions.
static PyObject *
namespace_hold(PyFrameObject *f)
{
    if ((f->f_code->co_flags & CO_OPTIMIZED) != 0) {
        return NULL;
    }
    FrameLook look;
    frame_look_begin(&look, atomic_load_relaxed_ptr(&f->fp));
    PyObject *names = f->fp == NULL || f->fp[0] == VALUE_UNSET
                          ? NULL : new_ref(value_pointer(f->fp[0]));
    frame_look_end(&look);
    return names;
}

// The dict of keys that are no variables: new reference, NULL when there is none (or, with make, without
// memory).
static PyObject *
extra_hold(PyFrameObject *f, bool make)
{
    CriticalSection cs;
    critical_section_begin(&cs, f);
    if (f->f_extra_locals == NULL && make) {
        f->f_extra_locals = dict_new();
    }
    PyObject *extra = xnew_ref(f->f_extra_locals);
    critical_section_end(&cs);
    return extra;
}

// What is replaced while the frame runs may be borrowed by its callees: it stays until the frame ends.
// *dropped: what the caller has to give up afterwards.
static int
keep_displaced(PyFrameObject *f, Value old, Value *dropped)
{
    *dropped = VALUE_UNSET;
    if (!value_is_owned(old)) {
        return 0;
    }
    if (f->state != FRAME_STATE_RUNNING) {
        *dropped = old;
        return 0;
    }
    if (f->f_displaced == NULL) {
        f->f_displaced = list_new(0);
        if (f->f_displaced == NULL) {
            return -1;
        }
    }
    return list_append_steal(f->f_displaced, value_pointer(old));
}

static int
variable_set(PyFrameObject *f, int i, PyObject *value)
{
    PyObject *cell;
    FrameLook look;
    frame_look_begin(&look, atomic_load_relaxed_ptr(&f->fp));
    if (f->fp == NULL) {        // cleared meanwhile
        frame_look_end(&look);
        return 0;
    }
    Value *at = &f->fp[code_localsplus_register(f->f_code, i)];
    if (variable_cell(f, i, *at, &cell)) {
        incref(cell);
        frame_look_end(&look);
        cell_set(cell, value);
        decref(cell);
        return 0;
    }
    Value old = *at, dropped;
    *at = value_from_object(value);
    int result = keep_displaced(f, old, &dropped);
    frame_look_end(&look);
    value_drop(dropped);
    return result;
}

// ---- the mapping ----

// 1, 0 (missing), -1.
static int
proxy_lookup(PyObject *self, PyObject *key, PyObject **value)
{
    PyFrameObject *f = proxy_frame(self);
    *value = NULL;
    if (variable_find(f, key, value) >= 0) {
        return 1;
    }
    if (error_occurred()) {
        return -1;
    }
    PyObject *names = namespace_hold(f);
    if (names != NULL) {
        *value = object_getitem(names, key);
        decref(names);
        return *value != NULL ? 1 : error_clear_if(PyExc_KeyError) ? 0 : -1;
    }
    PyObject *extra = extra_hold(f, false);
    int found = extra == NULL ? 0 : dict_get(extra, key, value);
    xdecref(extra);
    return found;
}

static PyObject *
proxy_getitem(PyObject *self, PyObject *key)
{
    PyObject *value;
    int found = proxy_lookup(self, key, &value);
    if (found == 0) {
        error_format(PyExc_KeyError, "local variable '%R' is not defined", key);
    }
    return value;
}

static int
proxy_setitem(PyObject *self, PyObject *key, PyObject *value)
{
    PyFrameObject *f = proxy_frame(self);
    int i = f->fp != NULL ? variable_find(f, key, NULL) : -1;
    if (i == -2) {
        return -1;
    }
    if (i >= 0) {
        if (value == NULL) {
            error_set(PyExc_ValueError, "cannot remove local variables from FrameLocalsProxy");
            return -1;
        }
        return variable_set(f, i, value);
    }
    PyObject *names = namespace_hold(f);
    int result;
    if (names != NULL) {
        result = value == NULL ? object_delitem(names, key) : object_setitem(names, key, value);
        decref(names);
        return result;
    }
    PyObject *extra = extra_hold(f, value != NULL);
    if (extra == NULL) {
        if (value == NULL) {
            error_set_key_error(key);
        }
        return -1;
    }
    result = value == NULL ? dict_del(extra, key) : dict_set(extra, key, value);
    decref(extra);
    return result;
}

// dict is new and nobody else's.
static int
add_variables(PyFrameObject *f, PyObject *dict, bool hidden)
{
    PyCodeObject *code = f->f_code;
    FrameLook look;
    frame_look_begin(&look, atomic_load_relaxed_ptr(&f->fp));
    int result = 0;
    for (int i = 0; i < code->co_nlocalsplus && result == 0; i++) {
        PyObject *value = variable_is_hidden(f, i) == hidden ? variable_get(f, i) : NULL;
        if (value == NULL ? error_occurred()
                          : dict_set_steal(dict, tuple_item(code->co_localsplusnames, i), value) < 0) {
            result = -1;
        }
    }
    frame_look_end(&look);
    return result;
}

// All items as a new dict.
static PyObject *
proxy_as_dict(PyFrameObject *f)
{
    PyObject *dict = dict_new();
    if (dict == NULL) {
        return NULL;
    }
    PyObject *names = namespace_hold(f);
    PyObject *extra = extra_hold(f, false);
    if ((names != NULL && dict_update(dict, names) < 0)
        || (names == NULL && add_variables(f, dict, false) < 0) || add_variables(f, dict, true) < 0
        || (extra != NULL && dict_update(dict, extra) < 0)) {
        clear_ref(dict);
    }
    xdecref(names);
    xdecref(extra);
    return dict;
}

static Py_ssize_t
proxy_length(PyObject *self)
{
    PyObject *dict = proxy_as_dict(proxy_frame(self));
    if (dict == NULL) {
        return -1;
    }
    Py_ssize_t n = dict_size(dict);
    decref(dict);
    return n;
}

static int
proxy_contains(PyObject *self, PyObject *key)
{
    PyObject *value;
    int found = proxy_lookup(self, key, &value);
    xdecref(value);
    return found;
}

// A view of the snapshot: keys(), values(), items() are lists here.
static PyObject *
proxy_list(PyObject *self, PyObject *(*make)(PyObject *))
{
    PyObject *dict = proxy_as_dict(proxy_frame(self));
    if (dict == NULL) {
        return NULL;
    }
    PyObject *list = make(dict);
    decref(dict);
    return list;
}

static PyObject *proxy_keys(PyObject *self, PyObject *u) { return proxy_list(self, dict_keys_list); }
static PyObject *proxy_values(PyObject *self, PyObject *u) { return proxy_list(self, dict_values_list); }
static PyObject *proxy_items(PyObject *self, PyObject *u) { return proxy_list(self, dict_items_list); }

static PyObject *
proxy_iter(PyObject *self)
{
    PyObject *keys = proxy_keys(self, NULL);
    PyObject *iterator = keys == NULL ? NULL : object_iter(keys);
    xdecref(keys);
    return iterator;
}

static PyObject *
proxy_reversed(PyObject *self, PyObject *unused)
{
    PyObject *keys = proxy_keys(self, NULL);
    if (keys == NULL || list_reverse(keys) < 0) {
        clear_ref(keys);
    }
    return keys;
}

static PyObject *
proxy_get(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("get", nargs, 1, 2)) {
        return NULL;
    }
    PyObject *value;
    int found = proxy_lookup(self, args[0], &value);
    return found != 0 ? value : new_ref(nargs == 2 ? args[1] : Py_None);
}

static PyObject *
proxy_setdefault(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("setdefault", nargs, 1, 2)) {
        return NULL;
    }
    PyObject *value, *fallback = nargs == 2 ? args[1] : Py_None;
    int found = proxy_lookup(self, args[0], &value);
    if (found != 0) {
        return value;
    }
    return proxy_setitem(self, args[0], fallback) < 0 ? NULL : new_ref(fallback);
}

static PyObject *
proxy_pop(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("pop", nargs, 1, 2)) {
        return NULL;
    }
    PyFrameObject *f = proxy_frame(self);
    if (str_check(args[0]) && variable_find(f, args[0], NULL) >= 0) {
        return error_set(PyExc_ValueError,
                         "cannot remove local variables from FrameLocalsProxy");
    }
    PyObject *value = NULL;
    PyObject *extra = extra_hold(f, false);
    int found = extra == NULL ? 0 : dict_pop(extra, args[0], &value);
    xdecref(extra);
    if (found != 0) {
        return value;
    }
    return nargs == 2 ? new_ref(args[1]) : error_set_key_error(args[0]);
}

// Every item of a mapping or of an iterable of pairs is assigned.
static int
proxy_merge(PyObject *self, PyObject *other)
{
    PyObject *dict = dict_new(), *key, *value;
    Py_ssize_t pos = 0;
    int result = dict == NULL ? -1 : dict_check(other) || object_hasattr(other, ID(keys)) > 0
                                         ? dict_update(dict, other)
                                         : dict_merge_pairs(dict, other, 1);
    while (result == 0 && dict_next(dict, &pos, &key, &value) > 0) {
        result = proxy_setitem(self, key, value);
        decref(key);
        decref(value);
    }
    xdecref(dict);
    return result;
}

static PyObject *
proxy_update(PyObject *self, PyObject *other)
{
    return proxy_merge(self, other) < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
proxy_copy(PyObject *self, PyObject *unused)
{
    return proxy_as_dict(proxy_frame(self));
}

static PyObject *
proxy_or(PyObject *a, PyObject *b)
{
    bool mine = type_of(a) == &PyFrameLocalsProxy_Type;
    if ((!mine && !dict_check(a)) || (type_of(b) != &PyFrameLocalsProxy_Type && !dict_check(b))) {
        return new_ref(Py_NotImplemented);
    }
    PyObject *left = mine ? proxy_as_dict(proxy_frame(a)) : dict_copy(a);
    PyObject *right = dict_check(b) ? new_ref(b) : proxy_as_dict(proxy_frame(b));
    if (left == NULL || right == NULL || dict_update(left, right) < 0) {
        clear_ref(left);
    }
    xdecref(right);
    return left;
}

static PyObject *
proxy_inplace_or(PyObject *self, PyObject *other)
{
    if (!dict_check(other) && type_of(other) != &PyFrameLocalsProxy_Type) {
        return new_ref(Py_NotImplemented);
    }
    return proxy_merge(self, other) < 0 ? NULL : new_ref(self);
}

static PyObject *
proxy_repr(PyObject *self)
{
    int entered = object_repr_enter(self);
    if (entered != 0) {
        return entered > 0 ? str_from_cstr("{...}") : NULL;
    }
    PyObject *dict = proxy_as_dict(proxy_frame(self));
    PyObject *text = dict == NULL ? NULL : object_repr(dict);
    xdecref(dict);
    object_repr_leave(self);
    return text;
}

static PyObject *
proxy_richcompare(PyObject *a, PyObject *b, int op)
{
    if (type_of(b) == &PyFrameLocalsProxy_Type) {
        bool same = proxy_frame(a) == proxy_frame(b);
        if (op == Py_EQ || op == Py_NE) {
            return new_ref(same == (op == Py_EQ) ? Py_True : Py_False);
        }
    }
    else if (dict_check(b)) {
        PyObject *dict = proxy_as_dict(proxy_frame(a));
        PyObject *result = dict == NULL ? NULL : object_richcompare(dict, b, op);
        xdecref(dict);
        return result;
    }
    return new_ref(Py_NotImplemented);
}

static PyObject *
proxy_make(PyFrameObject *f)
{
    FrameLocalsProxy *proxy = (FrameLocalsProxy *)heap_new_object(&PyFrameLocalsProxy_Type,
                                                                  sizeof(FrameLocalsProxy));
    if (proxy != NULL) {
        proxy->frame = new_ref(f);
        gc_track(proxy);
    }
    return (PyObject *)proxy;
}

static PyObject *
proxy_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (tuple_size(args) != 1) {
        return error_format(PyExc_TypeError, "FrameLocalsProxy expected 1 argument, got %zd",
                            tuple_size(args));
    }
    PyObject *frame = tuple_item(args, 0);
    if (!frame_check(frame)) {
        return error_format(PyExc_TypeError, "expect frame, not %T", frame);
    }
    if (kwargs != NULL && dict_size(kwargs) > 0) {
        return error_set(PyExc_TypeError, "FrameLocalsProxy takes no keyword arguments");
    }
    return proxy_make((PyFrameObject *)frame);
}

static void
proxy_dealloc(PyObject *self)
{
    gc_untrack(self);
    clear_ref(((FrameLocalsProxy *)self)->frame);
    heap_free(self);
}

static int
proxy_traverse(PyObject *self, visitproc visit, void *arg)
{
    return visit((PyObject *)proxy_frame(self), arg);
}

static PyMethodDef proxy_methods[] = {
    {"setdefault", (PyCFunction)proxy_setdefault, METH_FASTCALL, NULL},
    {"update", proxy_update, METH_O, NULL},
    {"__reversed__", proxy_reversed, METH_NOARGS, NULL},
    {"copy", proxy_copy, METH_NOARGS, NULL},
    {"keys", proxy_keys, METH_NOARGS, NULL},
    {"values", proxy_values, METH_NOARGS, NULL},
    {"items", proxy_items, METH_NOARGS, NULL},
    {"get", (PyCFunction)proxy_get, METH_FASTCALL, NULL},
    {"pop", (PyCFunction)proxy_pop, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static PyNumberMethods proxy_as_number = {
    .nb_or = proxy_or,
    .nb_inplace_or = proxy_inplace_or,
};

static PySequenceMethods proxy_as_sequence = {.sq_contains = proxy_contains};

static PyMappingMethods proxy_as_mapping = {
    .mp_length = proxy_length,
    .mp_subscript = proxy_getitem,
    .mp_ass_subscript = proxy_setitem,
};

PyTypeObject PyFrameLocalsProxy_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "FrameLocalsProxy",
    .tp_basicsize = sizeof(FrameLocalsProxy),
    .tp_dealloc = proxy_dealloc,
    .tp_repr = proxy_repr,
    .tp_as_number = &proxy_as_number,
    .tp_as_sequence = &proxy_as_sequence,
    .tp_as_mapping = &proxy_as_mapping,
    .tp_getattro = object_generic_getattr,
    .tp_setattro = object_generic_setattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_MAPPING,
    .tp_doc = "FrameLocalsProxy($frame)\n--\n\nCreate a write-through view of the locals dictionary "
              "for a frame.\n\n  frame\n    the frame object to wrap.",
    .tp_traverse = proxy_traverse,
    .tp_richcompare = proxy_richcompare,
    .tp_iter = proxy_iter,
    .tp_methods = proxy_methods,
    .tp_new = proxy_tp_new,
    .tp_free = heap_free,
};

// ---- for the rest of vm/ ----

static PyObject *
frame_mapping(PyFrameObject *f)
{
    return f->fp != NULL && f->fp[0] != VALUE_UNSET ? new_ref(value_pointer(f->fp[0])) : dict_new();
}

PyObject *
frame_get_locals(PyFrameObject *f)
{
    return (f->f_code->co_flags & CO_OPTIMIZED) != 0 || has_hidden(f) ? proxy_make(f)
                                                                      : frame_mapping(f);
}

PyObject *
frame_locals_snapshot(PyFrameObject *f)
{
    return (f->f_code->co_flags & CO_OPTIMIZED) != 0 || has_hidden(f) ? proxy_as_dict(f)
                                                                      : frame_mapping(f);
}
