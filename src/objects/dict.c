// The dict type: construction, item access, methods, operators.
//
// Owns PyDict_Type. The table is dict_table.c, merging and copying dict_merge.c, iteration
// dict_iter.c, views dict_view.c.
//
// Threading: see dict.h. What leaves a dict under its lock is given up after the lock is released.
#include "objects/dict_internal.h"

#include "objects/args.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/object.h"
#include "objects/set.h"
#include "objects/str_writer.h"
#include "objects/tuple.h"
#include "objects/type.h"

// ---- Making and ending ----

PyObject *
dict_new(void)
{
    PyObject *op = heap_new_object(&PyDict_Type, sizeof(PyDictObject));
    if (op != NULL) {
        DICT(op)->ma_used = 0;
        DICT(op)->_ma_watcher_tag = 0;
        DICT(op)->ma_keys = dict_empty_table();
        DICT(op)->ma_values = NULL;
        gc_track(op);
    }
    return op;
}

PyObject *
dict_new_reserved(Py_ssize_t n)
{
    PyObject *op = dict_new();
    if (op != NULL && n > 0) {
        DictKeys *keys = dict_keys_alloc(dict_log2_for(n));
        if (keys == NULL) {
            decref(op);
            return NULL;
        }
        DICT(op)->ma_keys = keys;
    }
    return op;
}

static PyObject *
dict_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args;
    (void)kwargs;
    if (type == &PyDict_Type) {
        return dict_new();
    }
    PyObject *op = type->tp_alloc(type, 0);
    if (op != NULL) {
        DICT(op)->ma_used = 0;
        DICT(op)->_ma_watcher_tag = 0;
        DICT(op)->ma_keys = dict_empty_table();
        DICT(op)->ma_values = NULL;
    }
    return op;
}

static void
dict_dealloc(PyObject *op)
{
    gc_untrack(op);
    DictKeys *keys = DICT(op)->ma_keys;
    if (keys != NULL && keys != dict_empty_table()) {
        dict_release_table(op, keys, true);
    }
    type_of(op)->tp_free(op);
}

static int
dict_traverse(PyObject *op, visitproc visit, void *arg)
{
    DictKeys *keys = DICT(op)->ma_keys;
    if (keys == NULL) {
        return 0;
    }
    for (Py_ssize_t i = keys->first; i < keys->nentries; i++) {
        DictEntry *entry = &keys->entries[i];
        if (entry->key == NULL) {
            continue;
        }
        int status = visit(entry->key, arg);
        if (status == 0 && value_is_owned(entry->value)) {
            status = visit(value_pointer(entry->value), arg);
        }
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

void
dict_clear(PyObject *op)
{
    CriticalSection cs;
    short_section_begin(&cs, op);
    DictKeys *old = dict_detach_lock_held(op);
    critical_section_end(&cs);
    dict_release_table(op, old, false);
}

static int
dict_tp_clear(PyObject *op)
{
    dict_clear(op);
    return 0;
}

// ---- Lookup ----

int
dict_get_value(PyObject *op, PyObject *key, Value *result)
{
    Py_hash_t hash = dict_key_hash(key);
    if (hash == -1) {
        *result = VALUE_UNSET;
        return -1;
    }
    return dict_get_value_hash(op, key, hash, result);
}

int
dict_get_hash(PyObject *op, PyObject *key, Py_hash_t hash, PyObject **result)
{
    Value value;
    int found = dict_get_value_hash(op, key, hash, &value);
    *result = NULL;
    if (found > 0) {
        *result = value_box_steal(value);
        return *result == NULL ? -1 : 1;
    }
    return found;
}

int
dict_get(PyObject *op, PyObject *key, PyObject **result)
{
    Py_hash_t hash = dict_key_hash(key);
    if (hash == -1) {
        *result = NULL;
        return -1;
    }
    return dict_get_hash(op, key, hash, result);
}

int
dict_get_cstr(PyObject *op, const char *key, PyObject **result)
{
    PyObject *name = str_from_cstr(key);
    *result = NULL;
    if (name == NULL) {
        return -1;
    }
    int found = dict_get(op, name, result);
    decref(name);
    return found;
}

int
dict_contains(PyObject *op, PyObject *key)
{
    Py_hash_t hash = dict_key_hash(key);
    return hash == -1 ? -1 : dict_contains_hash(op, key, hash);
}

int
dict_contains_cstr(PyObject *op, const char *key)
{
    PyObject *name = str_from_cstr(key);
    if (name == NULL) {
        return -1;
    }
    int found = dict_contains(op, name);
    decref(name);
    return found;
}

// What op[key] gives for a missing key: __missing__ of subclasses, else KeyError.
static PyObject *
subscript_missing(PyObject *op, PyObject *key)
{
    if (!dict_check_exact(op)) {
        PyObject *missing = object_lookup_special(op, ID(__missing__));
        if (missing != NULL) {
            PyObject *result = object_call_onearg(missing, key);
            decref(missing);
            return result;
        }
        if (error_occurred()) {
            return NULL;
        }
    }
    return error_set_key_error(key);
}

Value
dict_subscript_value(PyObject *op, PyObject *key)
{
    Value value;
    int found = dict_get_value(op, key, &value);
    if (found == 0) {
        PyObject *result = subscript_missing(op, key);
        return result == NULL ? VALUE_UNSET : value_from_object_steal(result);
    }
    return value;
}

PyObject *
dict_subscript(PyObject *op, PyObject *key)
{
    PyObject *result;
    int found = dict_get(op, key, &result);
    return found == 0 ? subscript_missing(op, key) : result;
}

// ---- Changing ----

int
dict_set_value_hash_steal(PyObject *op, PyObject *key, Py_hash_t hash, Value value)
{
    value = value_keep(value);
    Value old = VALUE_UNSET;
    int status = 0;
    CriticalSection cs;
    DictKeys *keys;
    Py_ssize_t n = dict_find_begin(&cs, op, key, hash, &keys);
    if (n >= 0) {
        old = keys->entries[n].value;
        atomic_store_release_uptr(&keys->entries[n].value, value);
    }
    else if (n != FIND_MISSING || dict_append_lock_held(op, key, hash, value) < 0) {
        old = value;
        status = -1;
    }
    critical_section_end(&cs);
    value_drop(old);
    return status;
}

int
dict_set_value_steal(PyObject *op, PyObject *key, Value value)
{
    Py_hash_t hash = dict_key_hash(key);
    if (hash == -1) {
        value_drop(value);
        return -1;
    }
    return dict_set_value_hash_steal(op, key, hash, value);
}

int
dict_set(PyObject *op, PyObject *key, PyObject *value)
{
    return dict_set_value_steal(op, key, value_from_object(value));
}

int
dict_set_steal(PyObject *op, PyObject *key, PyObject *value)
{
    return dict_set_value_steal(op, key, value_from_object_steal(value));
}

int
dict_set_hash(PyObject *op, PyObject *key, Py_hash_t hash, PyObject *value)
{
    return dict_set_value_hash_steal(op, key, hash, value_from_object(value));
}

int
dict_set_lock_held(PyObject *op, PyObject *key, PyObject *value)
{
    Py_hash_t hash = dict_key_hash(key);
    if (hash == -1) {
        return -1;
    }
    Value old, opened = value_from_object(value);
    int status = dict_insert_lock_held(op, key, hash, opened, &old);
    value_drop(status < 0 ? opened : old);
    return status;
}

int
dict_set_cstr(PyObject *op, const char *key, PyObject *value)
{
    PyObject *name = str_intern_cstr(key);
    if (name == NULL) {
        return -1;
    }
    int status = dict_set(op, name, value);
    decref(name);
    return status;
}

// Takes a key out: 1 with both references, 0 when missing, -1.
static int
remove_key(PyObject *op, PyObject *key, Py_hash_t hash, PyObject **old_key, Value *old)
{
    CriticalSection cs;
    DictKeys *keys;
    Py_ssize_t n = dict_find_begin(&cs, op, key, hash, &keys);
    if (n >= 0) {
        dict_remove_lock_held(op, keys, n, old_key, old);
    }
    critical_section_end(&cs);
    return n >= 0 ? 1 : n == FIND_MISSING ? 0 : -1;
}

int
dict_del_hash(PyObject *op, PyObject *key, Py_hash_t hash)
{
    PyObject *old_key;
    Value old;
    int found = remove_key(op, key, hash, &old_key, &old);
    if (found > 0) {
        decref(old_key);
        value_drop(old);
        return 0;
    }
    if (found == 0) {
        error_set_key_error(key);
    }
    return -1;
}

int
dict_del(PyObject *op, PyObject *key)
{
    Py_hash_t hash = dict_key_hash(key);
    return hash == -1 ? -1 : dict_del_hash(op, key, hash);
}

int
dict_del_cstr(PyObject *op, const char *key)
{
    PyObject *name = str_from_cstr(key);
    if (name == NULL) {
        return -1;
    }
    int status = dict_del(op, name);
    decref(name);
    return status;
}

int
dict_pop_hash(PyObject *op, PyObject *key, Py_hash_t hash, PyObject **result)
{
    if (result != NULL) {
        *result = NULL;
    }
    PyObject *old_key;
    Value old;
    int found = remove_key(op, key, hash, &old_key, &old);
    if (found <= 0) {
        return found;
    }
    decref(old_key);
    if (result == NULL) {
        value_drop(old);
        return 1;
    }
    *result = value_box_steal(old);
    return *result == NULL ? -1 : 1;
}

int
dict_pop(PyObject *op, PyObject *key, PyObject **result)
{
    if (result != NULL) {
        *result = NULL;
    }
    // An empty dict does not ask for a hash.
    if (dict_size(op) == 0) {
        return 0;
    }
    Py_hash_t hash = dict_key_hash(key);
    return hash == -1 ? -1 : dict_pop_hash(op, key, hash, result);
}

int
dict_pop_cstr(PyObject *op, const char *key, PyObject **result)
{
    PyObject *name = str_from_cstr(key);
    if (name == NULL) {
        if (result != NULL) {
            *result = NULL;
        }
        return -1;
    }
    int found = dict_pop(op, name, result);
    decref(name);
    return found;
}

int
dict_setdefault(PyObject *op, PyObject *key, PyObject *value, PyObject **result)
{
    if (result != NULL) {
        *result = NULL;
    }
    Py_hash_t hash = dict_key_hash(key);
    if (hash == -1) {
        return -1;
    }
    Value found_value = VALUE_UNSET;
    Value opened = value_from_object(value);
    CriticalSection cs;
    DictKeys *keys;
    Py_ssize_t n = dict_find_begin(&cs, op, key, hash, &keys);
    int status = -1;
    if (n >= 0) {
        found_value = container_value_lock_held(keys->entries[n].value);
        status = 1;
    }
    else if (n == FIND_MISSING) {
        status = dict_append_lock_held(op, key, hash, opened);
    }
    critical_section_end(&cs);
    if (status != 0) {
        value_drop(opened);
    }
    if (status == 1 && result != NULL) {
        *result = value_box_steal(found_value);
        return *result == NULL ? -1 : 1;
    }
    value_drop(found_value);
    if (status == 0 && result != NULL) {
        *result = new_ref(value);
    }
    return status;
}

// Number of the last live entry. Walking back over many holes, the table is rebuilt without them, so that
// popping all items takes linear time whatever was deleted before. The dict is not empty.
Py_ssize_t
dict_last_entry_lock_held(PyObject *op)
{
    DictKeys *keys = DICT(op)->ma_keys;
    Py_ssize_t n = keys->live_end;
    Py_ssize_t walked = 0;
    while (keys->entries[n - 1].key == NULL) {
        n--;
        walked++;
    }
    keys->live_end = n;
    if (walked > 64 && walked > 4 * DICT(op)->ma_used) {
        if (dict_resize_lock_held(op, DICT(op)->ma_used) == 0) {
            return DICT(op)->ma_keys->nentries - 1;
        }
        error_clear();
    }
    return n - 1;
}

// popitem with the value tagged: 1, 0 when empty, -1.
static int
popitem_value(PyObject *op, PyObject **key, Value *value)
{
    CriticalSection cs;
    short_section_begin(&cs, op);
    int found = DICT(op)->ma_used > 0;
    if (found) {
        Py_ssize_t n = dict_last_entry_lock_held(op);
        dict_remove_lock_held(op, DICT(op)->ma_keys, n, key, value);
    }
    critical_section_end(&cs);
    return found;
}

int
dict_popitem(PyObject *op, PyObject **key, PyObject **value)
{
    Value tagged;
    *key = *value = NULL;
    int found = popitem_value(op, key, &tagged);
    if (found <= 0) {
        return found;
    }
    *value = value_box_steal(tagged);
    if (*value == NULL) {
        clear_ref(*key);
        return -1;
    }
    return 1;
}

// ---- Slots ----

static Py_ssize_t
dict_mp_length(PyObject *op)
{
    return dict_size(op);
}

static int
dict_mp_ass_subscript(PyObject *op, PyObject *key, PyObject *value)
{
    return value == NULL ? dict_del(op, key) : dict_set(op, key, value);
}

static int
repr_item(StrWriter *w, PyObject *key, PyObject *value)
{
    if (str_writer_repr(w, key) < 0 || str_writer_ascii(w, ": ", 2) < 0) {
        return -1;
    }
    return str_writer_repr(w, value);
}

static PyObject *
dict_repr(PyObject *op)
{
    int entered = object_repr_enter(op);
    if (entered != 0) {
        return entered > 0 ? str_from_cstr("{...}") : NULL;
    }
    StrWriter w;
    str_writer_init(&w);
    Py_ssize_t pos = 0;
    bool first = true;
    PyObject *key, *value;
    int status = str_writer_char(&w, '{');
    while (status == 0) {
        int more = dict_next(op, &pos, &key, &value);
        if (more <= 0) {
            status = more;
            break;
        }
        if (!first) {
            status = str_writer_ascii(&w, ", ", 2);
        }
        first = false;
        if (status == 0) {
            status = repr_item(&w, key, value);
        }
        decref(key);
        decref(value);
    }
    object_repr_leave(op);
    if (status < 0 || str_writer_char(&w, '}') < 0) {
        str_writer_discard(&w);
        return NULL;
    }
    return str_writer_finish(&w);
}

// Whether two values are equal: 1, 0, -1.
static int
values_equal(Value a, Value b)
{
    if (a == b) {
        return 1;
    }
    if (value_both_int(a, b)) {
        return 0;
    }
    PyObject *x = value_box(a);
    PyObject *y = x == NULL ? NULL : value_box(b);
    int equal = y == NULL ? -1 : object_richcompare_bool(x, y, Py_EQ);
    xdecref(x);
    xdecref(y);
    return equal;
}

static int
dict_equal(PyObject *a, PyObject *b)
{
    if (dict_size(a) != dict_size(b)) {
        return 0;
    }
    Py_ssize_t pos = 0;
    PyObject *key;
    Value left, right;
    Py_hash_t hash;
    int equal = 1;
    while (equal > 0 && dict_next_value(a, &pos, &key, &left, &hash)) {
        equal = dict_get_value_hash(b, key, hash, &right);
        if (equal > 0) {
            equal = values_equal(left, right);
            value_drop(right);
        }
        decref(key);
        value_drop(left);
    }
    return equal;
}

static PyObject *
dict_richcompare(PyObject *v, PyObject *w, int op)
{
    if (!dict_check(v) || !dict_check(w) || (op != Py_EQ && op != Py_NE)) {
        return Py_NotImplemented;
    }
    int equal = dict_equal(v, w);
    if (equal < 0) {
        return NULL;
    }
    return equal == (op == Py_EQ) ? Py_True : Py_False;
}

// update() and |= take mappings (with keys()) and iterables of pairs.
static int
update_from(PyObject *op, PyObject *arg)
{
    if (dict_check_exact(arg)) {
        return dict_merge(op, arg, 1);
    }
    PyObject *keys;
    int found = object_getattr_optional(arg, ID(keys), &keys);
    if (found < 0) {
        return -1;
    }
    if (found > 0) {
        decref(keys);
        return dict_merge(op, arg, 1);
    }
    return dict_merge_pairs(op, arg, 1);
}

static PyObject *
dict_or(PyObject *v, PyObject *w)
{
    if (!dict_check(v) || !dict_check(w)) {
        return Py_NotImplemented;
    }
    PyObject *result = dict_copy(v);
    if (result != NULL && update_from(result, w) < 0) {
        clear_ref(result);
    }
    return result;
}

static PyObject *
dict_ior(PyObject *op, PyObject *other)
{
    return update_from(op, other) < 0 ? NULL : new_ref(op);
}

static int
dict_tp_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (!args_check_positional("dict", tuple_size(args), 0, 1)) {
        return -1;
    }
    if (tuple_size(args) == 1 && update_from(op, tuple_item(args, 0)) < 0) {
        return -1;
    }
    if (kwargs == NULL) {
        return 0;
    }
    return args_validate_keywords(kwargs) ? dict_merge(op, kwargs, 1) : -1;
}

// Adds keyword arguments of a vectorcall.
static int
set_keywords(PyObject *op, PyObject *const *values, PyObject *names)
{
    for (Py_ssize_t i = 0; names != NULL && i < tuple_size(names); i++) {
        if (dict_set(op, tuple_item(names, i), values[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
dict_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = vectorcall_nargs(nargsf);
    if (!args_check_positional("dict", nargs, 0, 1)) {
        return NULL;
    }
    PyObject *op = dict_tp_new((PyTypeObject *)type, NULL, NULL);
    if (op != NULL && ((nargs == 1 && update_from(op, args[0]) < 0) ||
                       set_keywords(op, args + nargs, kwnames) < 0)) {
        clear_ref(op);
    }
    return op;
}

PyObject *
dict_from_keywords(PyObject *const *values, PyObject *names)
{
    PyObject *op = dict_new_reserved(tuple_size(names));
    if (op != NULL && set_keywords(op, values, names) < 0) {
        clear_ref(op);
    }
    return op;
}

PyObject *
dict_from_values_steal(const Value *values, Py_ssize_t pairs)
{
    PyObject *op = dict_new_reserved(pairs);
    Py_ssize_t i = 0;
    for (; op != NULL && i < pairs; i++) {
        PyObject *key = value_box_steal(values[2 * i]);
        if (key == NULL) {
            value_drop(values[2 * i + 1]);
            clear_ref(op);
        }
        else {
            if (dict_set_value_steal(op, key, values[2 * i + 1]) < 0) {
                clear_ref(op);
            }
            decref(key);
        }
    }
    for (; i < pairs; i++) {
        value_drop(values[2 * i]);
        value_drop(values[2 * i + 1]);
    }
    return op;
}

// ---- Methods ----

static PyObject *
dict_method_contains(PyObject *op, PyObject *key)
{
    int found = dict_contains(op, key);
    return found < 0 ? NULL : found ? Py_True : Py_False;
}

static PyObject *
dict_method_get(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("get", nargs, 1, 2)) {
        return NULL;
    }
    PyObject *result;
    int found = dict_get(op, args[0], &result);
    if (found != 0) {
        return result;
    }
    return nargs == 2 ? new_ref(args[1]) : Py_None;
}

static PyObject *
dict_method_setdefault(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("setdefault", nargs, 1, 2)) {
        return NULL;
    }
    PyObject *result;
    dict_setdefault(op, args[0], nargs == 2 ? args[1] : Py_None, &result);
    return result;
}

static PyObject *
dict_method_pop(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("pop", nargs, 1, 2)) {
        return NULL;
    }
    PyObject *result;
    int found = dict_pop(op, args[0], &result);
    if (found != 0) {
        return result;
    }
    return nargs == 2 ? new_ref(args[1]) : error_set_key_error(args[0]);
}

static PyObject *
dict_method_popitem(PyObject *op, PyObject *unused)
{
    (void)unused;
    PyObject *key, *value;
    int found = dict_popitem(op, &key, &value);
    if (found > 0) {
        return tuple_pair_steal(key, value);
    }
    return found < 0 ? NULL : error_set(PyExc_KeyError, "popitem(): dictionary is empty");
}

static PyObject *
dict_method_clear(PyObject *op, PyObject *unused)
{
    (void)unused;
    dict_clear(op);
    return Py_None;
}

static PyObject *
dict_method_copy(PyObject *op, PyObject *unused)
{
    (void)unused;
    return dict_copy(op);
}

static PyObject *
dict_method_update(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    if (!args_check_positional("update", nargs, 0, 1) ||
        (nargs == 1 && update_from(op, args[0]) < 0) ||
        set_keywords(op, args + nargs, kwnames) < 0) {
        return NULL;
    }
    return Py_None;
}

static PyObject *
dict_method_keys(PyObject *op, PyObject *unused)
{
    (void)unused;
    return dict_view_new(op, &PyDictKeys_Type);
}

static PyObject *
dict_method_values(PyObject *op, PyObject *unused)
{
    (void)unused;
    return dict_view_new(op, &PyDictValues_Type);
}

static PyObject *
dict_method_items(PyObject *op, PyObject *unused)
{
    (void)unused;
    return dict_view_new(op, &PyDictItems_Type);
}

static PyObject *
dict_method_reversed(PyObject *op, PyObject *unused)
{
    (void)unused;
    return dict_iter_new(op, &PyDictRevIterKey_Type);
}

static PyObject *
dict_method_sizeof(PyObject *op, PyObject *unused)
{
    (void)unused;
    size_t size = (size_t)type_of(op)->tp_basicsize;
    DictKeys *keys = dict_keys_of(op);
    if (keys != dict_empty_table()) {
        size += dict_index_bytes(keys) + sizeof(DictKeys) +
                (size_t)dict_capacity_of_log2(keys->log2_size) * sizeof(DictEntry);
    }
    return int_from_ssize((Py_ssize_t)size);
}

// The keys of an exact dict or set, whose hashes are known. 0 or -1.
static int
set_known_keys(PyObject *op, PyObject *source, PyObject *value)
{
    bool from_dict = dict_check_exact(source);
    Py_ssize_t pos = 0;
    PyObject *key;
    Py_hash_t hash;
    Value unused;
    int status = 0;
    while (status == 0 && (from_dict ? dict_next_value(source, &pos, &key, &unused, &hash)
                                     : set_next(source, &pos, &key, &hash))) {
        if (from_dict) {
            value_drop(unused);
        }
        status = dict_set_hash(op, key, hash, value);
        decref(key);
    }
    return status;
}

static PyObject *
dict_method_fromkeys(PyObject *type, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("fromkeys", nargs, 1, 2)) {
        return NULL;
    }
    PyObject *value = nargs == 2 ? args[1] : Py_None;
    PyObject *op = object_call_noargs(type);
    if (op != NULL && dict_check_exact(op) &&
        (dict_check_exact(args[0]) || anyset_check_exact(args[0]))) {
        if (set_known_keys(op, args[0], value) < 0) {
            clear_ref(op);
        }
        return op;
    }
    PyObject *iterator = op == NULL ? NULL : object_iter(args[0]);
    if (iterator == NULL) {
        xdecref(op);
        return NULL;
    }
    bool exact = dict_check_exact(op);
    PyObject *key;
    int status;
    while ((status = iter_next_item(iterator, &key)) > 0) {
        status = exact ? dict_set(op, key, value) : object_setitem(op, key, value);
        decref(key);
        if (status < 0) {
            break;
        }
    }
    decref(iterator);
    if (status < 0) {
        clear_ref(op);
    }
    return op;
}

static PyMethodDef dict_methods[] = {
    {"__contains__", dict_method_contains, METH_O | METH_COEXIST,
     "__contains__($self, key, /)\n--\n\nTrue if the dictionary has the specified key, else False."},
    {"__getitem__", dict_subscript, METH_O | METH_COEXIST,
     "__getitem__($self, key, /)\n--\n\nReturn self[key]."},
    {"__sizeof__", dict_method_sizeof, METH_NOARGS,
     "__sizeof__($self, /)\n--\n\nReturn the size of the dict in memory."},
    {"get", (PyCFunction)(void (*)(void))dict_method_get, METH_FASTCALL,
     "get($self, key, default=None, /)\n--\n\n"
     "Return the value for key if key is in the dictionary, else default."},
    {"setdefault", (PyCFunction)(void (*)(void))dict_method_setdefault, METH_FASTCALL,
     "setdefault($self, key, default=None, /)\n--\n\n"
     "Insert key with a value of default if key is not in the dictionary.\n\n"
     "Return the value for key if key is in the dictionary, else default."},
    {"pop", (PyCFunction)(void (*)(void))dict_method_pop, METH_FASTCALL,
     "D.pop(k[,d]) -> v, remove specified key and return the corresponding value.\n\n"
     "If the key is not found, return the default if given; otherwise,\nraise a KeyError."},
    {"popitem", dict_method_popitem, METH_NOARGS,
     "popitem($self, /)\n--\n\nRemove and return a (key, value) pair as a 2-tuple.\n\n"
     "Pairs are returned in LIFO (last-in, first-out) order.\n"
     "Raises KeyError if the dict is empty."},
    {"keys", dict_method_keys, METH_NOARGS,
     "keys($self, /)\n--\n\nReturn a set-like object providing a view on the dict's keys."},
    {"items", dict_method_items, METH_NOARGS,
     "items($self, /)\n--\n\nReturn a set-like object providing a view on the dict's items."},
    {"values", dict_method_values, METH_NOARGS,
     "values($self, /)\n--\n\nReturn an object providing a view on the dict's values."},
    {"update", (PyCFunction)(void (*)(void))dict_method_update, METH_FASTCALL | METH_KEYWORDS,
     "D.update([E, ]**F) -> None.  Update D from mapping/iterable E and F.\n"
     "If E is present and has a .keys() method, then does:  for k in E.keys(): D[k] = E[k]\n"
     "If E is present and lacks a .keys() method, then does:  for k, v in E: D[k] = v\n"
     "In either case, this is followed by: for k in F:  D[k] = F[k]"},
    {"fromkeys", (PyCFunction)(void (*)(void))dict_method_fromkeys, METH_FASTCALL | METH_CLASS,
     "fromkeys($type, iterable, value=None, /)\n--\n\n"
     "Create a new dictionary with keys from iterable and values set to value."},
    {"clear", dict_method_clear, METH_NOARGS,
     "clear($self, /)\n--\n\nRemove all items from the dict."},
    {"copy", dict_method_copy, METH_NOARGS,
     "copy($self, /)\n--\n\nReturn a shallow copy of the dict."},
    {"__reversed__", dict_method_reversed, METH_NOARGS,
     "__reversed__($self, /)\n--\n\nReturn a reverse iterator over the dict keys."},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS,
     "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

static PyMappingMethods dict_as_mapping = {
    .mp_length = dict_mp_length,
    .mp_subscript = dict_subscript,
    .mp_ass_subscript = dict_mp_ass_subscript,
};

static PySequenceMethods dict_as_sequence = {.sq_contains = dict_contains};

static PyNumberMethods dict_as_number = {
    .nb_or = dict_or,
    .nb_inplace_or = dict_ior,
};

PyTypeObject PyDict_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "dict",
    .tp_basicsize = sizeof(PyDictObject),
    .tp_dealloc = dict_dealloc,
    .tp_repr = dict_repr,
    .tp_as_number = &dict_as_number,
    .tp_as_sequence = &dict_as_sequence,
    .tp_as_mapping = &dict_as_mapping,
    .tp_hash = object_hash_not_implemented,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
                Py_TPFLAGS_DICT_SUBCLASS | _Py_TPFLAGS_MATCH_SELF | Py_TPFLAGS_MAPPING,
    .tp_doc = "dict() -> new empty dictionary\n"
              "dict(mapping) -> new dictionary initialized from a mapping object's\n"
              "    (key, value) pairs\n"
              "dict(iterable) -> new dictionary initialized as if via:\n"
              "    d = {}\n"
              "    for k, v in iterable:\n"
              "        d[k] = v\n"
              "dict(**kwargs) -> new dictionary initialized with the name=value pairs\n"
              "    in the keyword argument list.  For example:  dict(one=1, two=2)",
    .tp_traverse = dict_traverse,
    .tp_clear = dict_tp_clear,
    .tp_richcompare = dict_richcompare,
    .tp_iter = dict_iter,
    .tp_methods = dict_methods,
    .tp_init = dict_tp_init,
    .tp_alloc = type_alloc,
    .tp_new = dict_tp_new,
    .tp_free = heap_free,
    .tp_vectorcall = dict_vectorcall,
};
