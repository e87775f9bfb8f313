// types.GenericAlias: list[int], *tuple[int, ...].
//
// An alias behaves like its origin (attributes are forwarded, calls make instances) and remembers
// its arguments. __parameters__ are found on first use.
//
// Threading: immutable but for the parameters, which are published with compare-and-swap.
#include "objects/genericalias.h"

#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/genericalias_internal.h"
#include "objects/list.h"
#include "objects/sequence.h"
#include "objects/seqiter.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"

typedef struct {
    PyObject ob_base;
    PyObject *origin;           // immutable: owned
    PyObject *args;             // immutable: owned tuple
    PyObject *parameters;       // atomic: owned tuple or NULL
    PyObject *weakreflist;      // lock: weak references
    vectorcallfunc vectorcall;  // immutable
    char starred;               // immutable once shown: came from *alias
} AliasObject;

#define ALIAS(op) ((AliasObject *)(op))

static PyObject *alias_vectorcall(PyObject *op, PyObject *const *args, size_t nargsf,
                                  PyObject *kwnames);

// ---- making ----

static PyObject *
alias_new(PyTypeObject *type, PyObject *origin, PyObject *args)
{
    PyObject *tuple = tuple_check(args) ? new_ref(args) : tuple_pack(1, args);
    if (tuple == NULL) {
        return NULL;
    }
    AliasObject *alias = (AliasObject *)type->tp_alloc(type, 0);
    if (alias == NULL) {
        decref(tuple);
        return NULL;
    }
    alias->origin = new_ref(origin);
    alias->args = tuple;
    alias->vectorcall = alias_vectorcall;
    return (PyObject *)alias;
}

PyObject *
genericalias_new(PyObject *origin, PyObject *args)
{
    return alias_new(&Py_GenericAliasType, origin, args);
}

static PyObject *
starred_new(PyObject *op)
{
    PyObject *starred = genericalias_new(ALIAS(op)->origin, ALIAS(op)->args);
    if (starred != NULL) {
        ALIAS(starred)->starred = 1;
    }
    return starred;
}

static PyObject *
alias_type_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *origin, *arguments;
    if (!args_no_keywords("GenericAlias", kwargs) ||
        !args_unpack_tuple(args, "GenericAlias", 2, 2, &origin, &arguments)) {
        return NULL;
    }
    return alias_new(type, origin, arguments);
}

static void
alias_dealloc(PyObject *op)
{
    AliasObject *alias = ALIAS(op);
    gc_untrack(op);
    if (alias->weakreflist != NULL) {
        weakref_clear_all(op);
    }
    xdecref(alias->origin);
    xdecref(alias->args);
    xdecref(alias->parameters);
    type_of(op)->tp_free(op);
}

static int
alias_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyObject *parts[] = {ALIAS(op)->origin, ALIAS(op)->args, ALIAS(op)->parameters};
    for (int i = 0; i < 3; i++) {
        int stop = parts[i] == NULL ? 0 : visit(parts[i], arg);
        if (stop != 0) {
            return stop;
        }
    }
    return 0;
}

// ---- repr ----

static int
write_list(StrWriter *w, PyObject *items)
{
    if (str_writer_char(w, '[') < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < list_size(items); i++) {
        PyObject *item = list_get_optional(items, i);
        if (item == NULL) {
            break;      // the list shrank meanwhile
        }
        int failed = (i > 0 && str_writer_ascii(w, ", ", 2) < 0) || typing_write_repr(w, item) < 0;
        decref(item);
        if (failed) {
            return -1;
        }
    }
    return str_writer_char(w, ']');
}

// "module.qualname" of a class or function; 1 done, 0 op is nothing of the kind, -1.
static int
write_qualified(StrWriter *w, PyObject *op)
{
    PyObject *qualname = NULL, *module = NULL;
    int result = object_getattr_optional(op, ID(__qualname__), &qualname);
    if (result > 0) {
        result = object_getattr_optional(op, ID(__module__), &module);
    }
    if (result > 0 && module == Py_None) {
        result = 0;
    }
    if (result > 0) {
        bool plain = str_check(module) && str_equal(module, ID(builtins));
        if ((!plain && (str_writer_object_str(w, module) < 0 || str_writer_char(w, '.') < 0)) ||
            str_writer_object_str(w, qualname) < 0) {
            result = -1;
        }
    }
    xdecref(qualname);
    xdecref(module);
    return result;
}

int
typing_write_repr(StrWriter *w, PyObject *op)
{
    if (op == Py_Ellipsis) {
        return str_writer_ascii(w, "...", 3);
    }
    if (op == (PyObject *)&_PyNone_Type) {
        return str_writer_ascii(w, "None", 4);
    }
    if (list_check(op)) {
        // The parameter list of a Callable or ParamSpec.
        return write_list(w, op);
    }
    int has_origin = object_hasattr(op, ID(__origin__));
    int has_args = has_origin > 0 ? object_hasattr(op, ID(__args__)) : has_origin;
    if (has_args < 0) {
        return -1;
    }
    if (has_args == 0) {
        int done = write_qualified(w, op);
        if (done != 0) {
            return done < 0 ? -1 : 0;
        }
    }
    return str_writer_repr(w, op);
}

static int
write_alias(StrWriter *w, AliasObject *alias)
{
    if ((alias->starred && str_writer_char(w, '*') < 0) || typing_write_repr(w, alias->origin) < 0 ||
        str_writer_char(w, '[') < 0) {
        return -1;
    }
    Py_ssize_t n = tuple_size(alias->args);
    if (n == 0 && str_writer_ascii(w, "()", 2) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if ((i > 0 && str_writer_ascii(w, ", ", 2) < 0) ||
            typing_write_repr(w, tuple_item(alias->args, i)) < 0) {
            return -1;
        }
    }
    return str_writer_char(w, ']');
}

static PyObject *
alias_repr(PyObject *op)
{
    StrWriter w;
    str_writer_init(&w);
    if (thread_enter_c(" while getting the repr of an object") < 0 || write_alias(&w, ALIAS(op)) < 0) {
        str_writer_discard(&w);
        return NULL;
    }
    thread_leave_c();
    return str_writer_finish(&w);
}

// ---- comparison ----

static Py_hash_t
alias_hash(PyObject *op)
{
    Py_hash_t origin = object_hash(ALIAS(op)->origin);
    Py_hash_t args = origin == -1 ? -1 : object_hash(ALIAS(op)->args);
    if (args == -1) {
        return -1;
    }
    Py_hash_t hash = origin ^ args;
    return hash == -1 ? -2 : hash;
}

static PyObject *
alias_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!genericalias_check(a) || !genericalias_check(b) || (op != Py_EQ && op != Py_NE)) {
        return new_ref(Py_NotImplemented);
    }
    int equal = ALIAS(a)->starred == ALIAS(b)->starred;
    if (equal) {
        equal = object_richcompare_bool(ALIAS(a)->origin, ALIAS(b)->origin, Py_EQ);
    }
    if (equal > 0) {
        equal = object_richcompare_bool(ALIAS(a)->args, ALIAS(b)->args, Py_EQ);
    }
    return equal < 0 ? NULL : new_ref(equal == (op == Py_EQ) ? Py_True : Py_False);
}

// ---- parameters and substitution ----

static PyObject *
parameters_of(PyObject *op)
{
    PyObject *known = atomic_load_acquire_ptr(&ALIAS(op)->parameters);
    if (known != NULL) {
        return new_ref(known);
    }
    PyObject *found = genericalias_parameters(ALIAS(op)->args);
    if (found == NULL) {
        return NULL;
    }
    PyObject *expected = NULL;
    if (atomic_cas_ptr(&ALIAS(op)->parameters, &expected, found)) {
        return new_ref(found);
    }
    decref(found);
    return new_ref(expected);
}

static PyObject *
alias_getitem(PyObject *op, PyObject *item)
{
    PyObject *parameters = parameters_of(op);
    if (parameters == NULL) {
        return NULL;
    }
    PyObject *args = genericalias_substitute(op, ALIAS(op)->args, parameters, item);
    decref(parameters);
    if (args == NULL) {
        return NULL;
    }
    PyObject *result = genericalias_new(ALIAS(op)->origin, args);
    decref(args);
    if (result != NULL) {
        ALIAS(result)->starred = ALIAS(op)->starred;
    }
    return result;
}

// ---- calls and attributes ----

// Instances remember the alias they were made through, where they can.
static PyObject *
set_orig_class(PyObject *obj, PyObject *alias)
{
    if (obj != NULL && object_setattr(obj, ID(__orig_class__), alias) < 0) {
        if (!error_clear_if(PyExc_AttributeError) && !error_clear_if(PyExc_TypeError)) {
            decref(obj);
            return NULL;
        }
    }
    return obj;
}

static PyObject *
alias_vectorcall(PyObject *op, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    return set_orig_class(object_vectorcall(ALIAS(op)->origin, args, nargsf, kwnames), op);
}

#define OWN_NAMES 12
#define HIDDEN_NAMES 3      // the last ones, which dir() does not show

// Attributes that are the alias's own.
static PyObject *
own_name(int i)
{
    PyObject *const names[OWN_NAMES] = {
        ID(__class__), ID(__origin__), ID(__args__), ID(__unpacked__), ID(__parameters__),
        ID(__typing_unpacked_tuple_args__), ID(__mro_entries__), ID(__reduce_ex__),
        ID(__reduce__), ID(__bases__), ID(__copy__), ID(__deepcopy__),
    };
    return names[i];
}

static PyObject *
alias_getattro(PyObject *op, PyObject *name)
{
    if (str_check(name)) {
        for (int i = 0; i < OWN_NAMES; i++) {
            if (str_equal(name, own_name(i))) {
                return object_generic_getattr(op, name);
            }
        }
        return object_getattr(ALIAS(op)->origin, name);
    }
    return object_generic_getattr(op, name);
}

static PyObject *
alias_dir(PyObject *op, PyObject *unused)
{
    (void)unused;
    PyObject *list = object_dir(ALIAS(op)->origin);
    for (int i = 0; list != NULL && i < OWN_NAMES - HIDDEN_NAMES; i++) {
        int present = sequence_contains(list, own_name(i));
        if (present < 0 || (present == 0 && list_append(list, own_name(i)) < 0)) {
            clear_ref(list);
        }
    }
    return list;
}

// ---- methods ----

static PyObject *
alias_mro_entries(PyObject *op, PyObject *bases)
{
    (void)bases;
    return tuple_pack(1, ALIAS(op)->origin);
}

static PyObject *
alias_instancecheck(PyObject *op, PyObject *instance)
{
    (void)op;
    (void)instance;
    return error_set(PyExc_TypeError, "isinstance() argument 2 cannot be a parameterized generic");
}

static PyObject *
alias_subclasscheck(PyObject *op, PyObject *derived)
{
    (void)op;
    (void)derived;
    return error_set(PyExc_TypeError, "issubclass() argument 2 cannot be a parameterized generic");
}

static PyObject *
alias_reduce(PyObject *op, PyObject *unused)
{
    (void)unused;
    if (!ALIAS(op)->starred) {
        PyObject *args = tuple_pair(ALIAS(op)->origin, ALIAS(op)->args);
        PyObject *result = args == NULL ? NULL : tuple_pair((PyObject *)&Py_GenericAliasType, args);
        xdecref(args);
        return result;
    }
    // next(iter(alias)) gives the starred form.
    PyObject *plain = genericalias_new(ALIAS(op)->origin, ALIAS(op)->args);
    PyObject *iter = plain == NULL ? NULL : object_iter(plain);
    PyObject *next = iter == NULL ? NULL : iterator_builtin(ID(next));
    PyObject *args = next == NULL ? NULL : tuple_pack(1, iter);
    PyObject *result = args == NULL ? NULL : tuple_pair(next, args);
    xdecref(plain);
    xdecref(iter);
    xdecref(next);
    xdecref(args);
    return result;
}

static PyObject *
get_parameters(PyObject *op, void *closure)
{
    (void)closure;
    return parameters_of(op);
}

static PyObject *
get_unpacked_args(PyObject *op, void *closure)
{
    (void)closure;
    bool unpacked = ALIAS(op)->starred && ALIAS(op)->origin == (PyObject *)&PyTuple_Type;
    return new_ref(unpacked ? ALIAS(op)->args : Py_None);
}

// ---- iteration: *alias ----

typedef struct {
    PyObject ob_base;
    PyObject *alias;        // atomic: owned until it was yielded
} AliasIterator;

static PyObject *
alias_iter(PyObject *op)
{
    AliasIterator *iter = (AliasIterator *)type_alloc(&_Py_GenericAliasIterType, 0);
    if (iter != NULL) {
        iter->alias = new_ref(op);
    }
    return (PyObject *)iter;
}

static PyObject *
aliasiter_next(PyObject *op)
{
    PyObject *alias = atomic_exchange_ptr(&((AliasIterator *)op)->alias, (PyObject *)NULL);
    if (alias == NULL) {
        return NULL;
    }
    PyObject *starred = starred_new(alias);
    decref(alias);
    return starred;
}

static void
aliasiter_dealloc(PyObject *op)
{
    gc_untrack(op);
    xdecref(((AliasIterator *)op)->alias);
    heap_free(op);
}

static int
aliasiter_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyObject *alias = ((AliasIterator *)op)->alias;
    return alias == NULL ? 0 : visit(alias, arg);
}

static int
aliasiter_clear(PyObject *op)
{
    clear_ref(((AliasIterator *)op)->alias);
    return 0;
}

static PyObject *
aliasiter_reduce(PyObject *op, PyObject *unused)
{
    (void)unused;
    // First: it may run Python code that uses up the iterator.
    PyObject *iter = iterator_builtin(ID(iter));
    PyObject *alias = ((AliasIterator *)op)->alias;
    PyObject *empty = tuple_empty();
    PyObject *args = iter == NULL ? NULL : tuple_pack(1, alias != NULL ? alias : empty);
    PyObject *result = args == NULL ? NULL : tuple_pair(iter, args);
    xdecref(iter);
    xdecref(args);
    decref(empty);
    return result;
}

static PyMethodDef aliasiter_methods[] = {
    {"__reduce__", aliasiter_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyTypeObject _Py_GenericAliasIterType = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "generic_alias_iterator",
    .tp_basicsize = sizeof(AliasIterator),
    .tp_dealloc = aliasiter_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = aliasiter_traverse,
    .tp_clear = aliasiter_clear,
    .tp_iter = object_self_iter,
    .tp_iternext = aliasiter_next,
    .tp_methods = aliasiter_methods,
};

// ---- tables ----

static PyMethodDef alias_methods[] = {
    {"__mro_entries__", alias_mro_entries, METH_O, NULL},
    {"__instancecheck__", alias_instancecheck, METH_O, NULL},
    {"__subclasscheck__", alias_subclasscheck, METH_O, NULL},
    {"__reduce__", alias_reduce, METH_NOARGS, NULL},
    {"__dir__", alias_dir, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef alias_members[] = {
    {"__origin__", _Py_T_OBJECT, offsetof(AliasObject, origin), Py_READONLY, NULL},
    {"__args__", _Py_T_OBJECT, offsetof(AliasObject, args), Py_READONLY, NULL},
    {"__unpacked__", Py_T_BOOL, offsetof(AliasObject, starred), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef alias_getsets[] = {
    {"__parameters__", get_parameters, NULL, "Type variables in the GenericAlias.", NULL},
    {"__typing_unpacked_tuple_args__", get_unpacked_args, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyNumberMethods alias_as_number = {.nb_or = union_or};
static PyMappingMethods alias_as_mapping = {.mp_subscript = alias_getitem};

PyTypeObject Py_GenericAliasType = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "types.GenericAlias",
    .tp_basicsize = sizeof(AliasObject),
    .tp_dealloc = alias_dealloc,
    .tp_vectorcall_offset = offsetof(AliasObject, vectorcall),
    .tp_repr = alias_repr,
    .tp_as_number = &alias_as_number,
    .tp_as_mapping = &alias_as_mapping,
    .tp_hash = alias_hash,
    .tp_call = vectorcall_call,
    .tp_getattro = alias_getattro,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
                Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_doc = "GenericAlias(origin, args, /)\n--\n\n"
              "Represent a PEP 585 generic type\n\n"
              "E.g. for t = list[int], t.__origin__ is list and t.__args__ is (int,).",
    .tp_traverse = alias_traverse,
    .tp_richcompare = alias_richcompare,
    .tp_weaklistoffset = offsetof(AliasObject, weakreflist),
    .tp_iter = alias_iter,
    .tp_methods = alias_methods,
    .tp_members = alias_members,
    .tp_getset = alias_getsets,
    .tp_alloc = type_alloc,
    .tp_new = alias_type_new,
    .tp_free = heap_free,
};
