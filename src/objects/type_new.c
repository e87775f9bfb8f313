// type.__new__: making classes from a name, bases and a namespace.
//
// Threading: the class is visible to other threads from type_ready on (as a subclass of its
// bases); everything before happens to an object that only this thread has.
#include <string.h>

#include "base/hooks.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/cell.h"
#include "objects/descr.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/function.h"
#include "objects/list.h"
#include "objects/slots.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type_internal.h"
#include "objects/type_slots.h"

// ---- metaclass ----

PyTypeObject *
type_calculate_metaclass(PyTypeObject *metatype, PyObject *bases)
{
    PyTypeObject *winner = metatype;
    for (Py_ssize_t i = 0; i < tuple_size(bases); i++) {
        PyTypeObject *candidate = type_of(tuple_item(bases, i));
        if (type_is_subtype(winner, candidate)) {
            continue;
        }
        if (type_is_subtype(candidate, winner)) {
            winner = candidate;
            continue;
        }
        return error_set(PyExc_TypeError,
                         "metaclass conflict: the metaclass of a derived class must be a (non-strict) "
                         "subclass of the metaclasses of all its bases");
    }
    return winner;
}

// ---- bases that are no classes (PEP 560) ----

// What base stands for among bases: a new tuple, or NULL (without an exception: base itself).
static PyObject *
mro_entries(PyObject *base, PyObject *bases)
{
    PyObject *method;
    if (type_check(base) || object_getattr_optional(base, ID(__mro_entries__), &method) <= 0) {
        return NULL;
    }
    PyObject *entries = object_call_onearg(method, bases);
    decref(method);
    if (entries != NULL && !tuple_check(entries)) {
        error_set(PyExc_TypeError, "__mro_entries__ must return a tuple");
        clear_ref(entries);
    }
    return entries;
}

PyObject *
type_resolve_bases(PyObject *bases)
{
    PyObject *list = NULL;      // made when the first base is replaced
    for (Py_ssize_t i = 0; i < tuple_size(bases); i++) {
        PyObject *entries = mro_entries(tuple_item(bases, i), bases);
        if (entries == NULL) {
            if (error_occurred() ||
                (list != NULL && list_append(list, tuple_item(bases, i)) < 0)) {
                xdecref(list);
                return NULL;
            }
            continue;
        }
        if (list == NULL) {
            list = list_from_array(tuple_items(bases), i);
        }
        int failed = list == NULL || list_extend(list, entries) < 0;
        decref(entries);
        if (failed) {
            xdecref(list);
            return NULL;
        }
    }
    if (list == NULL) {
        return new_ref(bases);
    }
    PyObject *result = list_as_tuple(list);
    decref(list);
    return result;
}

// ---- what a class in the making consists of ----

typedef struct {
    PyTypeObject *metatype;
    PyObject *name;         // borrowed
    PyObject *bases;        // owned, never empty
    PyTypeObject *base;     // borrowed: whose layout counts
    PyObject *dict;         // owned: copy of the namespace
    ClassSlots slots;       // names owned
} ClassMaker;

PyTypeObject *
type_heap_alloc(PyTypeObject *metatype, Py_ssize_t nmembers)
{
    PyTypeObject *type = (PyTypeObject *)metatype->tp_alloc(metatype, nmembers);
    if (type == NULL) {
        return NULL;
    }
    PyHeapTypeObject *et = (PyHeapTypeObject *)type;
    // Half-made types must not be looked at by the collector.
    gc_untrack(type);
    type->tp_as_async = &et->as_async;
    type->tp_as_number = &et->as_number;
    type->tp_as_sequence = &et->as_sequence;
    type->tp_as_mapping = &et->as_mapping;
    type->tp_as_buffer = &et->as_buffer;
    type->tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HEAPTYPE;
    et->unique_id = -1;
    return type;
}

static int
set_names_of_type(PyTypeObject *type, ClassMaker *m)
{
    PyHeapTypeObject *et = (PyHeapTypeObject *)type;
    et->ht_name = new_ref(m->name);
    Py_ssize_t size;
    type->tp_name = str_as_utf8_size(m->name, &size);
    if (type->tp_name == NULL) {
        return -1;
    }
    if (strlen(type->tp_name) != (size_t)size) {
        error_set(PyExc_ValueError, "type name must not contain null characters");
        return -1;
    }
    return 0;
}

static void
set_layout(PyTypeObject *type, ClassMaker *m)
{
    PyTypeObject *base = m->base;
    Py_ssize_t nslots = m->slots.names == NULL ? 0 : tuple_size(m->slots.names);
    Py_ssize_t offset = base->tp_basicsize;
    PyMemberDef *member = type_heap_members((PyHeapTypeObject *)type);
    for (Py_ssize_t i = 0; i < nslots; i++, member++) {
        member->name = str_as_utf8(tuple_item(m->slots.names, i));
        member->type = Py_T_OBJECT_EX;
        member->offset = offset;
        offset += (Py_ssize_t)sizeof(PyObject *);
    }
    type->tp_base = new_ref(base);
    type->tp_basicsize = offset;
    type->tp_itemsize = base->tp_itemsize;
    type->tp_flags |= Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC;     // instances refer to the class
    if (m->slots.add_dict) {
        type->tp_flags |= Py_TPFLAGS_MANAGED_DICT;
        type->tp_dictoffset = MANAGED_DICT_OFFSET;
    }
    if (m->slots.add_weakref) {
        type->tp_flags |= Py_TPFLAGS_MANAGED_WEAKREF;
        type->tp_weaklistoffset = MANAGED_WEAKREF_OFFSET;
    }
    if (m->slots.add_dict || m->slots.add_weakref) {
        type->tp_getset = !m->slots.add_dict ? type_subtype_getsets_weakref
                          : m->slots.add_weakref ? type_subtype_getsets_full
                                                 : type_subtype_getsets_dict;
    }
    type->tp_dealloc = subtype_dealloc;
    type->tp_alloc = type_alloc;
    type->tp_free = heap_free;
    type->tp_traverse = subtype_traverse;
    type->tp_clear = subtype_clear;
}

// ---- the namespace ----

static int
set_module(PyTypeObject *type)
{
    int present = dict_contains(type->tp_dict, ID(__module__));
    if (present != 0) {
        return present < 0 ? -1 : 0;
    }
    PyObject *globals = hooks.frame_globals_borrow == NULL
                            ? NULL : hooks.frame_globals_borrow(thread_current());
    if (globals == NULL) {
        return 0;
    }
    PyObject *module;
    int found = dict_get(globals, ID(__name__), &module);
    if (found > 0) {
        found = dict_set(type->tp_dict, ID(__module__), module);
        decref(module);
    }
    return found < 0 ? -1 : 0;
}

static int
set_qualname(PyTypeObject *type)
{
    PyHeapTypeObject *et = (PyHeapTypeObject *)type;
    PyObject *qualname;
    int found = dict_pop(type->tp_dict, ID(__qualname__), &qualname);
    if (found < 0) {
        return -1;
    }
    if (found == 0) {
        et->ht_qualname = new_ref(et->ht_name);
        return 0;
    }
    if (!str_check(qualname)) {
        error_format(PyExc_TypeError, "type __qualname__ must be a str, not %s",
                     type_of(qualname)->tp_name);
        decref(qualname);
        return -1;
    }
    et->ht_qualname = qualname;
    return 0;
}

static int
set_doc(PyTypeObject *type)
{
    PyObject *doc;
    int found = dict_get(type->tp_dict, ID(__doc__), &doc);
    if (found <= 0) {
        return found;
    }
    int result = 0;
    if (str_check(doc)) {
        const char *text = str_as_utf8(doc);
        type->tp_doc = text == NULL ? NULL : mem_strdup(text);
        if (text == NULL) {
            // Lone surrogates: only C code reads tp_doc.
            error_clear();
        }
        else if (type->tp_doc == NULL) {
            error_no_memory();
            result = -1;
        }
    }
    decref(doc);
    return result;
}

// A plain function under `name` becomes wrap(function).
static int
wrap_function(PyTypeObject *type, PyObject *name, PyObject *(*wrap)(PyObject *))
{
    PyObject *function;
    int found = dict_get(type->tp_dict, name, &function);
    if (found <= 0) {
        return found;
    }
    int result = 0;
    if (function_check(function)) {
        PyObject *wrapped = wrap(function);
        result = wrapped == NULL ? -1 : dict_set(type->tp_dict, name, wrapped);
        xdecref(wrapped);
    }
    decref(function);
    return result;
}

// Takes a cell out of the namespace and puts content into it.
static int
fill_cell(PyTypeObject *type, PyObject *name, PyObject *content)
{
    PyObject *cell;
    int found = dict_get(type->tp_dict, name, &cell);
    if (found <= 0) {
        return found;
    }
    int result = -1;
    if (!cell_check(cell)) {
        error_format(PyExc_TypeError, "%U must be a nonlocal cell, not %.200R", name,
                     (PyObject *)type_of(cell));
    }
    else {
        cell_set(cell, content);
        result = dict_del(type->tp_dict, name);
    }
    decref(cell);
    return result;
}

static int
warn_odd_keys(PyTypeObject *type)
{
    PyObject *key;
    Py_ssize_t pos = 0;
    while (dict_next(type->tp_dict, &pos, &key, NULL) > 0) {
        bool odd = !str_check(key);
        decref(key);
        if (odd) {
            return error_warn(PyExc_RuntimeWarning, 1,
                              "non-string key in the __dict__ of class %.200s", type->tp_name);
        }
    }
    return 0;
}

static int
fill_namespace(PyTypeObject *type)
{
    if (set_module(type) < 0 || set_qualname(type) < 0 || set_doc(type) < 0 ||
        wrap_function(type, ID(__new__), staticmethod_new) < 0 ||
        wrap_function(type, ID(__init_subclass__), classmethod_new) < 0 ||
        wrap_function(type, ID(__class_getitem__), classmethod_new) < 0) {
        return -1;
    }
    if (fill_cell(type, ID(__classcell__), (PyObject *)type) < 0 ||
        fill_cell(type, ID(__classdictcell__), type->tp_dict) < 0) {
        return -1;
    }
    // Last: a slot may have the name of a cell.
    if (type_add_members(type, type_heap_members((PyHeapTypeObject *)type)) < 0) {
        return -1;
    }
    return warn_odd_keys(type);
}

// ---- after the class exists ----

static void
add_set_name_note(PyObject *name, PyObject *value, PyTypeObject *type)
{
    PyObject *exc = error_take();
    PyObject *note = str_format("Error calling __set_name__ on '%.100s' instance %R in '%.100s'",
                                type_of(value)->tp_name, name, type->tp_name);
    if (note != NULL && exc != NULL) {
        exception_add_note(exc, note);
    }
    xdecref(note);
    error_clear();
    error_restore_steal(exc);
}

int
type_new_set_names(PyTypeObject *type)
{
    PyObject *names = dict_copy(type->tp_dict);
    if (names == NULL) {
        return -1;
    }
    PyObject *key, *value;
    Py_ssize_t pos = 0;
    int result = 0;
    while (result == 0 && (result = dict_next(names, &pos, &key, &value)) > 0) {
        PyObject *set_name = object_lookup_special(value, ID(__set_name__));
        result = 0;
        if (set_name != NULL) {
            PyObject *done = object_call_twoargs(set_name, (PyObject *)type, key);
            decref(set_name);
            if (done == NULL) {
                add_set_name_note(key, value, type);
                result = -1;
            }
            xdecref(done);
        }
        else if (error_occurred()) {
            result = -1;
        }
        decref(key);
        decref(value);
    }
    decref(names);
    return result;
}

int
type_new_init_subclass(PyTypeObject *type, PyObject *kwargs)
{
    PyObject *func = super_lookup(type, (PyObject *)type, ID(__init_subclass__), NULL);
    if (func == NULL) {
        return -1;
    }
    PyObject *result = object_vectorcall_dict(func, NULL, 0, kwargs);
    decref(func);
    if (result == NULL) {
        return -1;
    }
    decref(result);
    return 0;
}

// ---- assembling ----

// Whether everything the class inherits comes through its first base, in the same order.
static bool
is_single_inheritance(PyTypeObject *type)
{
    if (tuple_size(type->tp_bases) != 1) {
        return false;
    }
    PyObject *mro = type->tp_mro;
    PyObject *base_mro = type->tp_base->tp_mro;
    if (tuple_size(mro) != tuple_size(base_mro) + 1) {
        return false;
    }
    for (Py_ssize_t i = 1; i < tuple_size(mro); i++) {
        if (tuple_item(mro, i) != tuple_item(base_mro, i - 1)) {
            return false;
        }
    }
    return true;
}

static PyTypeObject *
make_type(ClassMaker *m)
{
    Py_ssize_t nslots = m->slots.names == NULL ? 0 : tuple_size(m->slots.names);
    PyTypeObject *type = type_heap_alloc(m->metatype, nslots);
    if (type == NULL) {
        return NULL;
    }
    PyHeapTypeObject *et = (PyHeapTypeObject *)type;
    type->tp_dict = new_ref(m->dict);
    type->tp_bases = new_ref(m->bases);
    et->ht_slots = xnew_ref(m->slots.names);
    if (set_names_of_type(type, m) < 0) {
        goto error;
    }
    set_layout(type, m);
    if (fill_namespace(type) < 0 || type_ready(type) < 0) {
        goto error;
    }
    CriticalSection cs;
    types_lock(&cs);
    if (is_single_inheritance(type)) {
        slots_update_own(type);
    }
    else {
        slots_update_all(type);
    }
    types_unlock(&cs);
    type->tp_vectorcall = type_class_vectorcall;
    gc_track(type);
    refcount_defer((PyObject *)type);
    type_refs_register(type);
    return type;
error:
    gc_track(type);
    decref(type);
    return NULL;
}

// Replaces an empty tuple of bases by (object,) and checks the others.
static int
resolve_bases_of(ClassMaker *m, PyObject *bases)
{
    if (tuple_size(bases) == 0) {
        m->bases = tuple_pack(1, (PyObject *)&PyBaseObject_Type);
        return m->bases == NULL ? -1 : 0;
    }
    for (Py_ssize_t i = 0; i < tuple_size(bases); i++) {
        PyObject *base = tuple_item(bases, i);
        if (type_check(base)) {
            continue;
        }
        int entries = object_hasattr(base, ID(__mro_entries__));
        if (entries != 0) {
            if (entries > 0) {
                error_set(PyExc_TypeError, "type() doesn't support MRO entry resolution; "
                          "use types.new_class()");
            }
            return -1;
        }
    }
    m->bases = new_ref(bases);
    return 0;
}

static int
make_parts(ClassMaker *m, PyObject *namespace)
{
    m->base = type_best_base(m->bases);
    if (m->base == NULL) {
        return -1;
    }
    m->dict = dict_copy(namespace);
    if (m->dict == NULL) {
        return -1;
    }
    return class_slots_read(m->base, m->bases, m->name, m->dict, &m->slots);
}

PyObject *
type_new(PyTypeObject *metatype, PyObject *args, PyObject *kwargs)
{
    ClassMaker m = {.metatype = metatype};
    PyObject *bases, *namespace;
    PyTypeObject *type = NULL;
    if (!args_parse(args, "UO!O!:type.__new__", &m.name, &PyTuple_Type, &bases, &PyDict_Type,
                    &namespace) ||
        resolve_bases_of(&m, bases) < 0) {
        return NULL;
    }
    PyTypeObject *winner = type_calculate_metaclass(metatype, m.bases);
    if (winner == NULL) {
        goto done;
    }
    if (winner != metatype && winner->tp_new != type_new) {
        type = (PyTypeObject *)winner->tp_new(winner, args, kwargs);
        goto done;
    }
    m.metatype = winner;
    if (make_parts(&m, namespace) < 0) {
        goto done;
    }
    type = make_type(&m);
    if (type != NULL &&
        (type_new_set_names(type) < 0 || type_new_init_subclass(type, kwargs) < 0)) {
        clear_ref(type);
    }
done:
    xdecref(m.bases);
    xdecref(m.dict);
    xdecref(m.slots.names);
    return (PyObject *)type;
}

int
type_init(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    (void)cls;
    Py_ssize_t n = tuple_size(args);
    if (kwargs != NULL && n == 1 && dict_size(kwargs) != 0) {
        error_set(PyExc_TypeError, "type.__init__() takes no keyword arguments");
        return -1;
    }
    if (n != 1 && n != 3) {
        error_set(PyExc_TypeError, "type.__init__() takes 1 or 3 arguments");
        return -1;
    }
    return 0;
}
