// collections.OrderedDict. See odict.h.
//
// Threading: as dict. Iterators remember which table they started on and how much was in it: any change
// of the keys or of their order in between is RuntimeError.
#include "objects/odict.h"

#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/dict_internal.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/mapping.h"
#include "objects/object.h"
#include "objects/seqiter.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"

typedef struct ODict {
    PyDictObject dict;
    PyObject *attributes;   // the instance's __dict__, or NULL
    PyObject *weakrefs;
} ODict;

PyObject *
odict_new(void)
{
    return PyDict_Type.tp_new(&PyODict_Type, NULL, NULL);
}

int
odict_move_to_end(PyObject *op, PyObject *key, bool last)
{
    Py_hash_t hash = dict_key_hash(key);
    if (hash == -1) {
        return -1;
    }
    CriticalSection cs;
    DictKeys *keys;
    Py_ssize_t n = dict_find_begin(&cs, op, key, hash, &keys);
    int status = n >= 0 ? dict_move_lock_held(op, n, last) : -1;
    critical_section_end(&cs);
    if (n == FIND_MISSING) {
        error_set_key_error(key);
    }
    return status;
}

static void
odict_dealloc(PyObject *op)
{
    gc_untrack(op);
    ODict *od = (ODict *)op;
    if (od->weakrefs != NULL) {
        weakref_clear_all(op);
    }
    clear_ref(od->attributes);
    PyDict_Type.tp_dealloc(op);
}

static int
odict_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyObject *attributes = ((ODict *)op)->attributes;
    int status = attributes == NULL ? 0 : visit(attributes, arg);
    return status != 0 ? status : PyDict_Type.tp_traverse(op, visit, arg);
}

static int
odict_tp_clear(PyObject *op)
{
    clear_ref(((ODict *)op)->attributes);
    return PyDict_Type.tp_clear(op);
}

// ---- update, as MutableMapping has it ----

// self[key] = value for a pair, which is any iterable of two.
static int
add_pair(PyObject *self, PyObject *pair)
{
    PyObject *iterator = object_iter(pair);
    if (iterator == NULL) {
        return -1;
    }
    PyObject *key = NULL, *value = NULL, *more = NULL;
    int status = iter_next_item(iterator, &key);
    if (status > 0) {
        status = iter_next_item(iterator, &value);
        if (status > 0) {
            status = iter_next_item(iterator, &more);
            if (status > 0) {
                error_set(PyExc_ValueError, "too many values to unpack (expected 2)");
                status = -1;
            }
            else if (status == 0) {
                status = object_setitem(self, key, value);
            }
        }
        else if (status == 0) {
            error_set(PyExc_ValueError, "need more than 1 value to unpack");
            status = -1;
        }
    }
    else if (status == 0) {
        error_set(PyExc_ValueError, "need more than 0 values to unpack");
        status = -1;
    }
    xdecref(key);
    xdecref(value);
    xdecref(more);
    decref(iterator);
    return status;
}

static int
add_pairs(PyObject *self, PyObject *pairs)
{
    PyObject *iterator = object_iter(pairs);
    if (iterator == NULL) {
        return -1;
    }
    PyObject *pair;
    int status;
    while ((status = iter_next_item(iterator, &pair)) > 0) {
        status = add_pair(self, pair);
        decref(pair);
        if (status < 0) {
            break;
        }
    }
    decref(iterator);
    return status;
}

// self[key] = other[key] for the keys that a method gave. Consumes keys.
static int
add_keys_steal(PyObject *self, PyObject *other, PyObject *keys)
{
    PyObject *iterator = object_iter(keys);
    decref(keys);
    if (iterator == NULL) {
        return -1;
    }
    PyObject *key;
    int status;
    while ((status = iter_next_item(iterator, &key)) > 0) {
        PyObject *value = object_getitem(other, key);
        status = value == NULL ? -1 : object_setitem(self, key, value);
        xdecref(value);
        decref(key);
        if (status < 0) {
            break;
        }
    }
    decref(iterator);
    return status;
}

static int
add_items_of_dict(PyObject *self, PyObject *dict)
{
    PyObject *items = dict_items_list(dict);
    int status = items == NULL ? -1 : add_pairs(self, items);
    xdecref(items);
    return status;
}

static int
update_from(PyObject *self, PyObject *other)
{
    if (dict_check_exact(other)) {
        return add_items_of_dict(self, other);
    }
    PyObject *method;
    int found = object_getattr_optional(other, ID(keys), &method);
    if (found > 0) {
        PyObject *keys = object_call_noargs(method);
        decref(method);
        return keys == NULL ? -1 : add_keys_steal(self, other, keys);
    }
    if (found == 0) {
        found = object_getattr_optional(other, ID(items), &method);
    }
    if (found < 0) {
        return -1;
    }
    if (found > 0) {
        PyObject *items = object_call_noargs(method);
        decref(method);
        int status = items == NULL ? -1 : add_pairs(self, items);
        xdecref(items);
        return status;
    }
    return add_pairs(self, other);
}

static int
odict_update(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (tuple_size(args) > 1) {
        error_format(PyExc_TypeError, "expected at most 1 arguments, got %zd", tuple_size(args));
        return -1;
    }
    if (tuple_size(args) == 1 && update_from(self, tuple_item(args, 0)) < 0) {
        return -1;
    }
    if (kwargs == NULL || dict_size(kwargs) == 0) {
        return 0;
    }
    return args_validate_keywords(kwargs) ? add_items_of_dict(self, kwargs) : -1;
}

static PyObject *
method_update(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return odict_update(self, args, kwargs) < 0 ? NULL : Py_None;
}

// ---- Iterators ----

typedef struct ODictIter {
    PyObject ob_base;
    PyObject *dict;         // atomic: owned, NULL at the end
    int kind;               // immutable: ITER_* bits
    Py_ssize_t pos;         // atomic: relaxed; number of the next entry
    Py_ssize_t size;        // immutable: size at the start
    Py_ssize_t nentries;    // immutable: of the table at the start
    const DictKeys *keys;   // immutable: the table at the start, only compared
} ODictIter;

enum { ITER_KEYS = 1, ITER_VALUES = 2, ITER_ITEMS = 3, ITER_REVERSED = 4 };

static PyObject *
odict_iter_new(PyObject *op, int kind)
{
    ODictIter *it = (ODictIter *)heap_new_object(&PyODictIter_Type, sizeof(ODictIter));
    if (it == NULL) {
        return NULL;
    }
    CriticalSection cs;
    short_section_begin(&cs, op);
    DictKeys *keys = DICT(op)->ma_keys;
    it->dict = new_ref(op);
    it->kind = kind;
    it->size = DICT(op)->ma_used;
    it->nentries = keys->nentries;
    it->keys = keys;
    it->pos = (kind & ITER_REVERSED) != 0 ? keys->nentries - 1 : 0;
    critical_section_end(&cs);
    gc_track(it);
    return (PyObject *)it;
}

static void
odict_iter_dealloc(PyObject *self)
{
    gc_untrack(self);
    xdecref(((ODictIter *)self)->dict);
    heap_free(self);
}

static int
odict_iter_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *dict = ((ODictIter *)self)->dict;
    return dict == NULL ? 0 : visit(dict, arg);
}

// The next entry in the iterator's direction: 1, 0, -1.
static int
odict_iter_step(ODictIter *it, PyObject *op, PyObject **key, Value *value)
{
    int found = 0;
    const char *changed = NULL;
    CriticalSection cs;
    short_section_begin(&cs, op);
    DictKeys *keys = DICT(op)->ma_keys;
    if (keys != it->keys || keys->nentries != it->nentries || DICT(op)->ma_used != it->size) {
        changed = "OrderedDict mutated during iteration";
    }
    else {
        Py_ssize_t step = (it->kind & ITER_REVERSED) != 0 ? -1 : 1;
        Py_ssize_t i = it->pos;
        if (step > 0 && i < keys->first) {
            i = keys->first;
        }
        for (; i >= keys->first && i < keys->nentries && !found; i += step) {
            if (keys->entries[i].key != NULL) {
                *key = container_ref_lock_held(keys->entries[i].key);
                *value = container_value_lock_held(keys->entries[i].value);
                found = 1;
            }
        }
        it->pos = i;
    }
    critical_section_end(&cs);
    if (changed != NULL) {
        error_set(PyExc_RuntimeError, changed);
        return -1;
    }
    return found;
}

static PyObject *
odict_iter_next(PyObject *self)
{
    ODictIter *it = (ODictIter *)self;
    PyObject *op = iterator_hold(&it->dict);
    if (op == NULL) {
        return NULL;
    }
    PyObject *key;
    Value value;
    int found = odict_iter_step(it, op, &key, &value);
    decref(op);
    if (found <= 0) {
        iterator_finish(it, &it->dict);
        return NULL;
    }
    switch (it->kind & ITER_ITEMS) {
    case ITER_KEYS:
        value_drop(value);
        return key;
    case ITER_VALUES:
        decref(key);
        return value_box_steal(value);
    default:
        return dict_pair_steal(key, value);
    }
}

static PyObject *
odict_iter_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    ODictIter *it = (ODictIter *)self;
    PyObject *op = iterator_hold(&it->dict);
    PyObject *list = NULL;
    if (op == NULL) {
        list = list_new(0);
    }
    else {
        ODictIter *copy = (ODictIter *)odict_iter_new(op, it->kind);
        decref(op);
        if (copy != NULL) {
            copy->pos = it->pos;
            copy->size = it->size;
            copy->nentries = it->nentries;
            copy->keys = it->keys;
            list = list_from_iterable((PyObject *)copy);
            decref(copy);
        }
    }
    PyObject *args = list == NULL ? NULL : tuple_pack(1, list);
    xdecref(list);
    PyObject *builtin = args == NULL ? NULL : iterator_builtin(ID(iter));
    if (builtin == NULL) {
        xdecref(args);
        return NULL;
    }
    return tuple_pair_steal(builtin, args);
}

static PyMethodDef odict_iter_methods[] = {
    {"__reduce__", odict_iter_reduce, METH_NOARGS, "Return state information for pickling"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyODictIter_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "odict_iterator",
    .tp_basicsize = sizeof(ODictIter),
    .tp_dealloc = odict_iter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = odict_iter_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = odict_iter_next,
    .tp_methods = odict_iter_methods,
    .tp_free = heap_free,
};

// ---- Views ----

#define ODICT_VIEW(variable, base, name, lower, kind)                                       \
    static PyObject *lower##_iter(PyObject *view)                                           \
    {                                                                                       \
        return odict_iter_new((PyObject *)((DictViewObject *)view)->dict, (kind));          \
    }                                                                                       \
    static PyObject *lower##_reversed(PyObject *view, PyObject *unused)                     \
    {                                                                                       \
        (void)unused;                                                                       \
        return odict_iter_new((PyObject *)((DictViewObject *)view)->dict,                   \
                              (kind) | ITER_REVERSED);                                      \
    }                                                                                       \
    static PyMethodDef lower##_methods[] = {                                                \
        {"__reversed__", lower##_reversed, METH_NOARGS, NULL},                              \
        {NULL, NULL, 0, NULL},                                                              \
    };                                                                                      \
    PyTypeObject variable = {                                                               \
        .ob_base = CONTAINER_TYPE_HEAD,                                                     \
        .tp_name = name,                                                                    \
        .tp_base = &base,                                                                   \
        .tp_basicsize = sizeof(DictViewObject),                                             \
        .tp_getattro = object_generic_getattr,                                              \
        .tp_flags = Py_TPFLAGS_DEFAULT,                                                     \
        .tp_iter = lower##_iter,                                                            \
        .tp_methods = lower##_methods,                                                      \
    }

ODICT_VIEW(PyODictKeys_Type, PyDictKeys_Type, "odict_keys", odict_keys, ITER_KEYS);
ODICT_VIEW(PyODictItems_Type, PyDictItems_Type, "odict_items", odict_items, ITER_ITEMS);
ODICT_VIEW(PyODictValues_Type, PyDictValues_Type, "odict_values", odict_values, ITER_VALUES);

static PyObject *
method_keys(PyObject *self, PyObject *unused)
{
    (void)unused;
    return dict_view_new(self, &PyODictKeys_Type);
}

static PyObject *
method_items(PyObject *self, PyObject *unused)
{
    (void)unused;
    return dict_view_new(self, &PyODictItems_Type);
}

static PyObject *
method_values(PyObject *self, PyObject *unused)
{
    (void)unused;
    return dict_view_new(self, &PyODictValues_Type);
}

// ---- Methods ----

static PyObject *
method_fromkeys(PyObject *type, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"iterable", "value", NULL};
    static ArgsParser parser = {.format = "O|O:fromkeys", .keywords = keywords};
    PyObject *iterable, *value = Py_None;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &iterable, &value)) {
        return NULL;
    }
    PyObject *result = object_call_noargs(type);
    PyObject *iterator = result == NULL ? NULL : object_iter(iterable);
    if (iterator == NULL) {
        xdecref(result);
        return NULL;
    }
    PyObject *key;
    int status;
    while ((status = iter_next_item(iterator, &key)) > 0) {
        status = object_setitem(result, key, value);
        decref(key);
        if (status < 0) {
            break;
        }
    }
    decref(iterator);
    if (status < 0) {
        clear_ref(result);
    }
    return result;
}

static PyObject *
method_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    PyObject *state = object_call_method_noargs(self, ID(__getstate__));
    PyObject *items = state == NULL ? NULL : object_call_method_noargs(self, ID(items));
    PyObject *iterator = items == NULL ? NULL : object_iter(items);
    PyObject *result = NULL;
    if (iterator != NULL) {
        result = tuple_pack(5, type_of(self), tuple_empty(), state, Py_None, iterator);
    }
    xdecref(iterator);
    xdecref(items);
    xdecref(state);
    return result;
}

static PyObject *
method_setdefault(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"key", "default", NULL};
    static ArgsParser parser = {.format = "O|O:setdefault", .keywords = keywords};
    PyObject *key, *value = Py_None, *result = NULL;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &key, &value)) {
        return NULL;
    }
    if (odict_check_exact(self)) {
        dict_setdefault(self, key, value, &result);
        return result;
    }
    int found = sequence_contains(self, key);
    if (found < 0) {
        return NULL;
    }
    if (found > 0) {
        return object_getitem(self, key);
    }
    return object_setitem(self, key, value) < 0 ? NULL : new_ref(value);
}

static PyObject *
method_pop(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"key", "default", NULL};
    static ArgsParser parser = {.format = "O|O:pop", .keywords = keywords};
    PyObject *key, *value = NULL, *result;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &key, &value)) {
        return NULL;
    }
    int found = dict_pop(self, key, &result);
    if (found != 0) {
        return result;
    }
    return value != NULL ? new_ref(value) : error_set_key_error(key);
}

static PyObject *
method_popitem(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"last", NULL};
    static ArgsParser parser = {.format = "|p:popitem", .keywords = keywords};
    int last = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &last)) {
        return NULL;
    }
    PyObject *key = NULL;
    Value value = VALUE_UNSET;
    CriticalSection cs;
    short_section_begin(&cs, self);
    if (DICT(self)->ma_used > 0) {
        Py_ssize_t n = last ? dict_last_entry_lock_held(self) : dict_first_entry_lock_held(self);
        dict_remove_lock_held(self, DICT(self)->ma_keys, n, &key, &value);
    }
    critical_section_end(&cs);
    return key != NULL ? dict_pair_steal(key, value)
                       : error_set(PyExc_KeyError, "dictionary is empty");
}

static PyObject *
method_move_to_end(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"key", "last", NULL};
    static ArgsParser parser = {.format = "O|p:move_to_end", .keywords = keywords};
    PyObject *key;
    int last = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &key, &last)) {
        return NULL;
    }
    return odict_move_to_end(self, key, last) < 0 ? NULL : Py_None;
}

static PyObject *
method_clear(PyObject *self, PyObject *unused)
{
    (void)unused;
    dict_clear(self);
    return Py_None;
}

static PyObject *
method_copy(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (odict_check_exact(self)) {
        PyObject *copy = odict_new();
        if (copy != NULL && dict_merge(copy, self, 1) < 0) {
            clear_ref(copy);
        }
        return copy;
    }
    PyObject *copy = object_call_noargs((PyObject *)type_of(self));
    Py_ssize_t pos = 0;
    PyObject *key;
    while (copy != NULL && dict_next(self, &pos, &key, NULL) > 0) {
        PyObject *value = object_getitem(self, key);
        if (value == NULL || object_setitem(copy, key, value) < 0) {
            clear_ref(copy);
        }
        xdecref(value);
        decref(key);
    }
    return copy;
}

static PyObject *
method_reversed(PyObject *self, PyObject *unused)
{
    (void)unused;
    return odict_iter_new(self, ITER_KEYS | ITER_REVERSED);
}

static PyMethodDef odict_methods[] = {
    {"fromkeys", (PyCFunction)(void (*)(void))method_fromkeys,
     METH_FASTCALL | METH_KEYWORDS | METH_CLASS,
     "fromkeys($type, /, iterable, value=None)\n--\n\n"
     "Create a new ordered dictionary with keys from iterable and values set to value."},
    {"__reduce__", method_reduce, METH_NOARGS, "Return state information for pickling"},
    {"setdefault", (PyCFunction)(void (*)(void))method_setdefault, METH_FASTCALL | METH_KEYWORDS,
     "setdefault($self, /, key, default=None)\n--\n\n"
     "Insert key with a value of default if key is not in the dictionary.\n\n"
     "Return the value for key if key is in the dictionary, else default."},
    {"pop", (PyCFunction)(void (*)(void))method_pop, METH_FASTCALL | METH_KEYWORDS,
     "pop($self, /, key, default=<unrepresentable>)\n--\n\n"
     "od.pop(key[,default]) -> v, remove specified key and return the corresponding value.\n\n"
     "If the key is not found, return the default if given; otherwise,\nraise a KeyError."},
    {"popitem", (PyCFunction)(void (*)(void))method_popitem, METH_FASTCALL | METH_KEYWORDS,
     "popitem($self, /, last=True)\n--\n\n"
     "Remove and return a (key, value) pair from the dictionary.\n\n"
     "Pairs are returned in LIFO order if last is true or FIFO order if false."},
    {"keys", method_keys, METH_NOARGS, NULL},
    {"values", method_values, METH_NOARGS, NULL},
    {"items", method_items, METH_NOARGS, NULL},
    {"update", (PyCFunction)(void (*)(void))method_update, METH_VARARGS | METH_KEYWORDS, NULL},
    {"clear", method_clear, METH_NOARGS,
     "clear($self, /)\n--\n\nRemove all items from ordered dict."},
    {"copy", method_copy, METH_NOARGS, "copy($self, /)\n--\n\nA shallow copy of ordered dict."},
    {"__reversed__", method_reversed, METH_NOARGS,
     "__reversed__($self, /)\n--\n\nod.__reversed__() <==> reversed(od)"},
    {"move_to_end", (PyCFunction)(void (*)(void))method_move_to_end,
     METH_FASTCALL | METH_KEYWORDS,
     "move_to_end($self, /, key, last=True)\n--\n\n"
     "Move an existing element to the end (or beginning if last is false).\n\n"
     "Raise KeyError if the element does not exist."},
    {NULL, NULL, 0, NULL},
};

// ---- Slots ----

static PyObject *
odict_iter(PyObject *self)
{
    return odict_iter_new(self, ITER_KEYS);
}

static PyObject *
odict_repr(PyObject *self)
{
    const char *name = type_short_name(type_of(self));
    if (dict_size(self) == 0) {
        return str_format("%s()", name);
    }
    int entered = object_repr_enter(self);
    if (entered != 0) {
        return entered > 0 ? str_from_cstr("...") : NULL;
    }
    PyObject *items = NULL;
    PyObject *copy = NULL;
    if (odict_check_exact(self)) {
        copy = dict_copy(self);
    }
    else {
        items = object_call_method_noargs(self, ID(items));
        copy = items == NULL ? NULL : dict_new();
        if (copy != NULL && dict_merge_pairs(copy, items, 1) < 0) {
            clear_ref(copy);
        }
    }
    PyObject *result = copy == NULL ? NULL : str_format("%s(%R)", name, copy);
    xdecref(copy);
    xdecref(items);
    object_repr_leave(self);
    return result;
}

// Whether both have the same keys in the same order: 1, 0, -1.
static int
same_order(PyObject *v, PyObject *w)
{
    PyObject *a = odict_iter_new(v, ITER_KEYS);
    PyObject *b = a == NULL ? NULL : odict_iter_new(w, ITER_KEYS);
    int equal = b == NULL ? -1 : 1;
    while (equal > 0) {
        PyObject *x = NULL, *y = NULL;
        int more = iter_next_item(a, &x);
        int more_too = more < 0 ? -1 : iter_next_item(b, &y);
        if (more > 0 && more_too > 0) {
            equal = object_richcompare_bool(x, y, Py_EQ);
        }
        else {
            equal = more < 0 || more_too < 0 ? -1 : more == more_too;
        }
        xdecref(x);
        xdecref(y);
        if (more <= 0 || more_too <= 0) {
            break;
        }
    }
    xdecref(a);
    xdecref(b);
    return equal;
}

static PyObject *
odict_richcompare(PyObject *v, PyObject *w, int op)
{
    if (!odict_check(v) || !dict_check(w) || (op != Py_EQ && op != Py_NE)) {
        return Py_NotImplemented;
    }
    PyObject *answer = PyDict_Type.tp_richcompare(v, w, Py_EQ);
    if (answer == NULL) {
        return NULL;
    }
    int equal = answer == Py_True;
    decref(answer);
    if (equal && odict_check(w)) {
        equal = same_order(v, w);
        if (equal < 0) {
            return NULL;
        }
    }
    return equal == (op == Py_EQ) ? Py_True : Py_False;
}

static int
odict_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return odict_update(self, args, kwargs);
}

static PyObject *
odict_ior(PyObject *self, PyObject *other)
{
    return update_from(self, other) < 0 ? NULL : new_ref(self);
}

static PyObject *
odict_or(PyObject *left, PyObject *right)
{
    PyTypeObject *type = odict_check(left) ? type_of(left) : type_of(right);
    if (!dict_check(left) || !dict_check(right)) {
        return Py_NotImplemented;
    }
    PyObject *result = object_call_onearg((PyObject *)type, left);
    if (result != NULL && update_from(result, right) < 0) {
        clear_ref(result);
    }
    return result;
}

static PyNumberMethods odict_as_number = {
    .nb_or = odict_or,
    .nb_inplace_or = odict_ior,
};

static PyGetSetDef odict_getset[] = {
    {"__dict__", object_generic_get_dict, object_generic_set_dict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyODict_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "collections.OrderedDict",
    .tp_base = &PyDict_Type,
    .tp_basicsize = sizeof(ODict),
    .tp_dealloc = odict_dealloc,
    .tp_repr = odict_repr,
    .tp_as_number = &odict_as_number,
    .tp_getattro = object_generic_getattr,
    .tp_hash = object_hash_not_implemented,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = "Dictionary that remembers insertion order",
    .tp_traverse = odict_traverse,
    .tp_clear = odict_tp_clear,
    .tp_richcompare = odict_richcompare,
    .tp_weaklistoffset = offsetof(ODict, weakrefs),
    .tp_iter = odict_iter,
    .tp_methods = odict_methods,
    .tp_getset = odict_getset,
    .tp_dictoffset = offsetof(ODict, attributes),
    .tp_init = odict_init,
    .tp_alloc = type_alloc,
    .tp_free = heap_free,
};
