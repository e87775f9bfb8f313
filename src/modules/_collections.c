// _collections: defaultdict, the fields of named tuples, counting, and the module.
//
// deque is collections_deque.c, OrderedDict is objects/odict.c.
//
// Threading: a defaultdict is a dict; its factory is an atomic field. __missing__ calls the
// factory without any lock, so two threads may both make a value; the first one stored stays.
#include "modules/collections_internal.h"

#include "modules/module.h"
#include "objects/args.h"
#include "objects/call.h"
#include "objects/container.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/odict.h"
#include "objects/str.h"
#include "objects/tuple.h"

// ---- defaultdict ----

typedef struct DefaultDict {
    PyDictObject dict;
    PyObject *factory;      // lock: the object's; NULL or None for none
} DefaultDict;

static PyTypeObject defaultdict_type;

static PyObject *
factory_ref(PyObject *self)
{
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *factory = xnew_ref(((DefaultDict *)self)->factory);
    critical_section_end(&cs);
    return factory;
}

static PyObject *
defaultdict_missing(PyObject *self, PyObject *key)
{
    PyObject *factory = factory_ref(self);
    if (factory == NULL || factory == Py_None) {
        return error_set_key_error(key);
    }
    PyObject *value = object_call_noargs(factory);
    decref(factory);
    if (value == NULL) {
        return NULL;
    }
    if (type_of(self) != &defaultdict_type) {
        // The subclass may have a __setitem__ of its own.
        if (object_setitem(self, key, value) < 0) {
            clear_ref(value);
        }
        return value;
    }
    PyObject *result = NULL;
    dict_setdefault(self, key, value, &result);
    decref(value);
    return result;
}

// type(self)(factory, items)
static PyObject *
defaultdict_like(PyObject *self, PyObject *items)
{
    PyObject *factory = factory_ref(self);
    PyObject *copy = object_call_twoargs((PyObject *)type_of(self),
                                         factory == NULL ? Py_None : factory, items);
    xdecref(factory);
    return copy;
}

static PyObject *
defaultdict_copy(PyObject *self, PyObject *unused)
{
    (void)unused;
    return defaultdict_like(self, self);
}

static PyObject *
defaultdict_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    PyObject *factory = factory_ref(self);
    PyObject *args = factory == NULL || factory == Py_None ? tuple_empty() : tuple_pack(1, factory);
    xdecref(factory);
    PyObject *items = args == NULL ? NULL : object_call_method_noargs(self, ID(items));
    PyObject *iterator = items == NULL ? NULL : object_iter(items);
    PyObject *result = NULL;
    if (iterator != NULL) {
        result = tuple_pack(5, type_of(self), args, Py_None, Py_None, iterator);
    }
    xdecref(iterator);
    xdecref(items);
    xdecref(args);
    return result;
}

static int
defaultdict_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *factory = NULL;
    Py_ssize_t n = tuple_size(args);
    if (n > 0) {
        factory = tuple_item(args, 0);
        if (factory != Py_None && !object_callable(factory)) {
            error_set(PyExc_TypeError, "first argument must be callable or None");
            return -1;
        }
    }
    PyObject *rest = tuple_slice(args, 1, n);
    if (rest == NULL) {
        return -1;
    }
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *old = ((DefaultDict *)self)->factory;
    ((DefaultDict *)self)->factory = xnew_ref(factory);
    critical_section_end(&cs);
    xdecref(old);
    int status = PyDict_Type.tp_init(self, rest, kwargs);
    decref(rest);
    return status;
}

static void
defaultdict_dealloc(PyObject *self)
{
    gc_untrack(self);
    clear_ref(((DefaultDict *)self)->factory);
    PyDict_Type.tp_dealloc(self);
}

static int
defaultdict_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *factory = ((DefaultDict *)self)->factory;
    int status = factory == NULL ? 0 : visit(factory, arg);
    return status != 0 ? status : PyDict_Type.tp_traverse(self, visit, arg);
}

static int
defaultdict_clear(PyObject *self)
{
    clear_ref(((DefaultDict *)self)->factory);
    return PyDict_Type.tp_clear(self);
}

static PyObject *
defaultdict_repr(PyObject *self)
{
    PyObject *items = PyDict_Type.tp_repr(self);
    if (items == NULL) {
        return NULL;
    }
    PyObject *factory = factory_ref(self);
    PyObject *text;
    if (factory == NULL) {
        text = str_from_cstr("None");
    }
    else {
        // A factory may be a method of this very object.
        int entered = object_repr_enter(factory);
        if (entered != 0) {
            text = entered > 0 ? str_from_cstr("...") : NULL;
        }
        else {
            text = object_repr(factory);
            object_repr_leave(factory);
        }
        decref(factory);
    }
    PyObject *result = NULL;
    if (text != NULL) {
        result = str_format("%s(%U, %U)", type_short_name(type_of(self)), text, items);
        decref(text);
    }
    decref(items);
    return result;
}

static PyObject *
defaultdict_or(PyObject *left, PyObject *right)
{
    PyObject *self = object_type_check(left, &defaultdict_type) ? left : right;
    if (!dict_check(left) || !dict_check(right)) {
        return Py_NotImplemented;
    }
    PyObject *result = defaultdict_like(self, left);
    if (result != NULL && dict_update(result, right) < 0) {
        clear_ref(result);
    }
    return result;
}

static PyObject *
defaultdict_get_factory(PyObject *self, void *closure)
{
    (void)closure;
    PyObject *factory = factory_ref(self);
    return factory == NULL ? Py_None : factory;
}

static int
defaultdict_set_factory(PyObject *self, PyObject *value, void *closure)
{
    (void)closure;
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *old = ((DefaultDict *)self)->factory;
    ((DefaultDict *)self)->factory = xnew_ref(value);
    critical_section_end(&cs);
    xdecref(old);
    return 0;
}

static PyMethodDef defaultdict_methods[] = {
    {"__missing__", defaultdict_missing, METH_O,
     "__missing__(key) # Called by __getitem__ for missing key; pseudo-code:\n"
     "  if self.default_factory is None: raise KeyError((key,))\n"
     "  self[key] = value = self.default_factory()\n"
     "  return value\n"},
    {"copy", defaultdict_copy, METH_NOARGS, "D.copy() -> a shallow copy of D."},
    {"__copy__", defaultdict_copy, METH_NOARGS, "D.copy() -> a shallow copy of D."},
    {"__reduce__", defaultdict_reduce, METH_NOARGS, "Return state information for pickling."},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef defaultdict_getset[] = {
    {"default_factory", defaultdict_get_factory, defaultdict_set_factory,
     "Factory for default value called by __missing__().", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyNumberMethods defaultdict_as_number = {.nb_or = defaultdict_or};

static PyTypeObject defaultdict_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "collections.defaultdict",
    .tp_base = &PyDict_Type,
    .tp_basicsize = sizeof(DefaultDict),
    .tp_dealloc = defaultdict_dealloc,
    .tp_repr = defaultdict_repr,
    .tp_as_number = &defaultdict_as_number,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
                Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "defaultdict(default_factory=None, /, [...]) --> dict with default factory\n\n"
              "The default factory is called without arguments to produce\n"
              "a new value when a key is not present, in __getitem__ only.\n"
              "A defaultdict compares equal to a dict with the same items.\n"
              "All remaining arguments are treated the same as if they were\n"
              "passed to the dict constructor, including keyword arguments.",
    .tp_traverse = defaultdict_traverse,
    .tp_clear = defaultdict_clear,
    .tp_methods = defaultdict_methods,
    .tp_getset = defaultdict_getset,
    .tp_init = defaultdict_init,
    .tp_alloc = type_alloc,
    .tp_free = heap_free,
};

// ---- _tuplegetter: the fields of named tuples ----

typedef struct TupleGetter {
    PyObject ob_base;
    Py_ssize_t index;       // immutable
    PyObject *doc;          // lock: the object's
} TupleGetter;

NATIVE_LIFETIME(tuplegetter, TupleGetter, 1, doc)

static PyObject *
tuplegetter_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    Py_ssize_t index;
    PyObject *doc;
    if (!args_no_keywords("_tuplegetter", kwargs) ||
        !args_parse(args, "nO:_tuplegetter", &index, &doc)) {
        return NULL;
    }
    TupleGetter *self = (TupleGetter *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->index = index;
        self->doc = new_ref(doc);
    }
    return (PyObject *)self;
}

static PyObject *
tuplegetter_get(PyObject *self, PyObject *op, PyObject *type)
{
    (void)type;
    Py_ssize_t index = ((TupleGetter *)self)->index;
    if (op == NULL || op == Py_None) {
        return new_ref(self);
    }
    if (!tuple_check(op)) {
        return error_format(PyExc_TypeError,
                            "descriptor for index '%zd' for tuple subclasses doesn't apply to "
                            "'%s' object",
                            index, type_of(op)->tp_name);
    }
    if ((size_t)index >= (size_t)tuple_size(op)) {
        return error_set(PyExc_IndexError, "tuple index out of range");
    }
    return new_ref(tuple_item(op, index));
}

static int
tuplegetter_set(PyObject *self, PyObject *op, PyObject *value)
{
    (void)self;
    (void)op;
    error_set(PyExc_AttributeError, value == NULL ? "can't delete attribute" : "can't set attribute");
    return -1;
}

static PyObject *
tuplegetter_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    TupleGetter *getter = (TupleGetter *)self;
    PyObject *index = int_from_ssize(getter->index);
    PyObject *args = index == NULL ? NULL : tuple_pack(2, index, getter->doc);
    xdecref(index);
    return args == NULL ? NULL : tuple_pair_steal(new_ref((PyObject *)type_of(self)), args);
}

static PyObject *
tuplegetter_repr(PyObject *self)
{
    TupleGetter *getter = (TupleGetter *)self;
    return str_format("%s(%zd, %R)", type_short_name(type_of(self)), getter->index, getter->doc);
}

static PyMethodDef tuplegetter_methods[] = {
    {"__reduce__", tuplegetter_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef tuplegetter_members[] = {
    {"__doc__", _Py_T_OBJECT, offsetof(TupleGetter, doc), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyTypeObject tuplegetter_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "collections._tuplegetter",
    .tp_basicsize = sizeof(TupleGetter),
    .tp_dealloc = tuplegetter_dealloc,
    .tp_repr = tuplegetter_repr,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_traverse = tuplegetter_traverse,
    .tp_methods = tuplegetter_methods,
    .tp_members = tuplegetter_members,
    .tp_descr_get = tuplegetter_get,
    .tp_descr_set = tuplegetter_set,
    .tp_alloc = type_alloc,
    .tp_new = tuplegetter_new,
    .tp_free = heap_free,
};

// ---- _count_elements ----

// One more of key in a dict.
static int
count_one(PyObject *mapping, PyObject *key)
{
    Value value;
    int found = dict_get_value(mapping, key, &value);
    if (found < 0) {
        return -1;
    }
    if (found == 0) {
        return dict_set_value_steal(mapping, key, value_from_int(1));
    }
    if (value_is_int(value) && value_int_fits(value_int(value) + 1)) {
        return dict_set_value_steal(mapping, key, value_from_int(value_int(value) + 1));
    }
    PyObject *old = value_box_steal(value);
    PyObject *one = old == NULL ? NULL : int_from_i64(1);
    PyObject *sum = one == NULL ? NULL : number_add(old, one);
    xdecref(old);
    xdecref(one);
    return sum == NULL ? -1 : dict_set_steal(mapping, key, sum);
}

// The same through the methods get and __setitem__ of a mapping.
static int
count_one_slowly(PyObject *mapping, PyObject *get, PyObject *key)
{
    PyObject *zero = int_from_i64(0);
    PyObject *one = int_from_i64(1);
    PyObject *old = zero == NULL || one == NULL ? NULL : object_call_twoargs(get, key, zero);
    PyObject *sum = old == NULL ? NULL : number_add(old, one);
    int status = sum == NULL ? -1 : object_setitem(mapping, key, sum);
    xdecref(sum);
    xdecref(old);
    xdecref(one);
    xdecref(zero);
    return status;
}

// Whether a Counter or dict subclass has dict's own get and __setitem__.
static bool
has_dict_methods(PyObject *mapping)
{
    PyTypeObject *type = type_of(mapping);
    if (!dict_check(mapping)) {
        return false;
    }
    return type_lookup_borrow(type, ID(get)) == type_lookup_borrow(&PyDict_Type, ID(get)) &&
           type_lookup_borrow(type, ID(__setitem__)) ==
               type_lookup_borrow(&PyDict_Type, ID(__setitem__));
}

static PyObject *
count_elements(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (!args_check_positional("_count_elements", nargs, 2, 2)) {
        return NULL;
    }
    PyObject *mapping = args[0];
    PyObject *iterator = object_iter(args[1]);
    if (iterator == NULL) {
        return NULL;
    }
    PyObject *get = NULL;
    if (!has_dict_methods(mapping)) {
        get = object_getattr(mapping, ID(get));
        if (get == NULL) {
            decref(iterator);
            return NULL;
        }
    }
    PyObject *key;
    int status;
    while ((status = iter_next_item(iterator, &key)) > 0) {
        status = get == NULL ? count_one(mapping, key) : count_one_slowly(mapping, get, key);
        decref(key);
        if (status < 0) {
            break;
        }
    }
    decref(iterator);
    xdecref(get);
    return status < 0 ? NULL : Py_None;
}

// ---- The module ----

static PyMethodDef collections_functions[] = {
    {"_count_elements", FASTCALL(count_elements), METH_FASTCALL,
     "_count_elements($module, mapping, iterable, /)\n--\n\n"
     "Count elements in the iterable, updating the mapping"},
    {NULL, NULL, 0, NULL},
};

static int
collections_exec(PyObject *module)
{
    if (module_add_type(module, &collections_deque_type) < 0 ||
        module_add_type(module, &defaultdict_type) < 0 ||
        module_add_type(module, &collections_deque_iter_type) < 0 ||
        module_add_type(module, &collections_deque_reviter_type) < 0 ||
        module_add_type(module, &tuplegetter_type) < 0) {
        return -1;
    }
    return module_add(module, "OrderedDict", (PyObject *)&PyODict_Type);
}

static PyModuleDef_Slot collections_slots[] = {
    {Py_mod_exec, collections_exec},
    {0, NULL},
};

static PyModuleDef collections_module = {
    .m_name = "_collections",
    .m_doc = "High performance data structures.\n- deque:        ordered collection accessible "
             "from endpoints only\n- defaultdict:  dict subclass with a default value factory\n",
    .m_methods = collections_functions,
    .m_slots = collections_slots,
};

NATIVE_MODULE(_collections, &collections_module)
