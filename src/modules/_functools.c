// _functools: cmp_to_key, reduce, and the module.
//
// partial is functools_partial.c, the cache of lru_cache is functools_cache.c.
//
// Threading: keys of cmp_to_key change only by assignment to `obj`.
#include "modules/functools_internal.h"

#include "modules/module.h"
#include "objects/args.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/module.h"
#include "objects/str.h"

// ---- cmp_to_key ----

typedef struct Key {
    PyObject ob_base;
    PyObject *compare;      // immutable
    PyObject *object;       // lock: the object's; NULL for the factory
    vectorcallfunc vectorcall; // immutable
} Key;

NATIVE_LIFETIME(key, Key, 2, compare, object)

static PyTypeObject key_type;

static PyObject *key_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf,
                                PyObject *kwnames);

static PyObject *
key_make(PyObject *compare, PyObject *object)
{
    Key *key = (Key *)heap_new_object(&key_type, sizeof(Key));
    if (key != NULL) {
        key->compare = new_ref(compare);
        key->object = xnew_ref(object);
        key->vectorcall = key_vectorcall;
        gc_track(key);
    }
    return (PyObject *)key;
}

// K(obj)
static PyObject *
key_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    static const char *const keywords[] = {"obj", NULL};
    static ArgsParser parser = {.format = "O:K", .keywords = keywords};
    Py_ssize_t nargs = vectorcall_nargs(nargsf);
    PyObject *object;
    if (kwnames == NULL && nargs == 1) {
        object = args[0];
    }
    else if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &object)) {
        return NULL;
    }
    return key_make(((Key *)self)->compare, object);
}

static PyObject *
key_richcompare(PyObject *v, PyObject *w, int op)
{
    if (type_of(w) != &key_type) {
        return error_set(PyExc_TypeError, "other argument must be K instance");
    }
    PyObject *x = ((Key *)v)->object;
    PyObject *y = ((Key *)w)->object;
    if (x == NULL || y == NULL) {
        return error_set(PyExc_AttributeError, "object");
    }
    PyObject *order = object_call_twoargs(((Key *)v)->compare, x, y);
    PyObject *zero = order == NULL ? NULL : int_from_i64(0);
    PyObject *answer = zero == NULL ? NULL : object_richcompare(order, zero, op);
    xdecref(zero);
    xdecref(order);
    return answer;
}

static PyMemberDef key_members[] = {
    {"obj", _Py_T_OBJECT, offsetof(Key, object), 0, "Value wrapped by a key function."},
    {NULL, 0, 0, 0, NULL},
};

// What inspect.signature shows of the factory.
static PyObject *
key_text_signature(PyObject *self, void *closure)
{
    (void)self;
    (void)closure;
    return str_from_cstr("(obj)");
}

static PyGetSetDef key_getset[] = {
    {"__text_signature__", key_text_signature, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject key_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "functools.KeyWrapper",
    .tp_basicsize = sizeof(Key),
    .tp_dealloc = key_dealloc,
    .tp_vectorcall_offset = offsetof(Key, vectorcall),
    .tp_hash = object_hash_not_implemented,
    .tp_call = vectorcall_call,
    .tp_getattro = object_generic_getattr,
    .tp_setattro = object_generic_setattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_traverse = key_traverse,
    .tp_richcompare = key_richcompare,
    .tp_members = key_members,
    .tp_getset = key_getset,
    .tp_free = heap_free,
};

static PyObject *
functools_cmp_to_key(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    (void)module;
    static const char *const keywords[] = {"mycmp", NULL};
    static ArgsParser parser = {.format = "O:cmp_to_key", .keywords = keywords};
    PyObject *compare;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &compare)) {
        return NULL;
    }
    return key_make(compare, NULL);
}

// ---- reduce ----

static PyObject *
functools_reduce(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    (void)module;
    static const char *const keywords[] = {"", "", "initial", NULL};
    static ArgsParser parser = {.format = "OO|O:reduce", .keywords = keywords};
    PyObject *function, *iterable, *initial = NULL;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &function, &iterable, &initial)) {
        return NULL;
    }
    PyObject *iterator = object_iter(iterable);
    if (iterator == NULL) {
        if (error_clear_if(PyExc_TypeError)) {
            error_set(PyExc_TypeError, "reduce() arg 2 must support iteration");
        }
        return NULL;
    }
    PyObject *result = xnew_ref(initial);
    PyObject *item;
    int status;
    while ((status = iter_next_item(iterator, &item)) > 0) {
        if (result == NULL) {
            result = item;
            continue;
        }
        set_ref(result, object_call_twoargs(function, result, item));
        decref(item);
        if (result == NULL) {
            decref(iterator);
            return NULL;
        }
    }
    decref(iterator);
    if (status < 0) {
        clear_ref(result);
    }
    else if (result == NULL) {
        error_set(PyExc_TypeError, "reduce() of empty iterable with no initial value");
    }
    return result;
}

// ---- The module ----

static PyMethodDef functools_functions[] = {
    {"reduce", FASTCALL(functools_reduce), METH_FASTCALL | METH_KEYWORDS,
     "reduce($module, function, iterable, /, initial=<unrepresentable>)\n--\n\n"
     "Apply a function of two arguments cumulatively to the items of an iterable, from left to "
     "right.\n\n"
     "This effectively reduces the iterable to a single value.  If initial is present,\n"
     "it is placed before the items of the iterable in the calculation, and serves as\n"
     "a default when the iterable is empty.\n\n"
     "For example, reduce(lambda x, y: x+y, [1, 2, 3, 4, 5])\n"
     "calculates ((((1 + 2) + 3) + 4) + 5)."},
    {"cmp_to_key", FASTCALL(functools_cmp_to_key), METH_FASTCALL | METH_KEYWORDS,
     "cmp_to_key($module, /, mycmp)\n--\n\nConvert a cmp= function into a key= function.\n\n"
     "  mycmp\n    Function that compares two objects."},
    {NULL, NULL, 0, NULL},
};

static int
functools_exec(PyObject *module)
{
    if (type_ready(&functools_placeholder_type) < 0 || type_ready(&functools_lru_link_type) < 0 ||
        type_ready(&key_type) < 0) {
        return -1;
    }
    if (module_add_type(module, &functools_partial_type) < 0 ||
        module_add_type(module, &functools_lru_cache_type) < 0 ||
        module_add_type(module, &functools_placeholder_type) < 0) {
        return -1;
    }
    return module_add(module, "Placeholder", &functools_placeholder);
}

static PyModuleDef_Slot functools_slots[] = {
    {Py_mod_exec, functools_exec},
    {0, NULL},
};

static PyModuleDef functools_module = {
    .m_name = "_functools",
    .m_doc = "Tools that operate on functions.",
    .m_methods = functools_functions,
    .m_slots = functools_slots,
};

NATIVE_MODULE(_functools, &functools_module)
