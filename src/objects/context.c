// Context, ContextVar and Token: see context.h.
#include "objects/context.h"

#include <stddef.h>

#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/context_map.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "thread/critical_section.h"

#define STATIC_TYPE_HEAD {{.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyType_Type}, 0}

typedef struct {
    PyObject ob_base;
    PyObject *map;              // lock: this object; see context_map.h; NULL when empty
    PyObject *previous;         // the thread that entered: what was current before, owned or NULL
    PyObject *weakreflist;
    uint8_t entered;            // atomic
} Context;

typedef struct {
    PyObject ob_base;
    PyObject *name;             // immutable, owned str
    PyObject *default_value;    // immutable, owned or NULL
    uint64_t hash;              // immutable, unique
} ContextVar;

typedef struct {
    PyObject ob_base;
    PyObject *context;          // immutable, owned
    PyObject *var;              // immutable, owned
    PyObject *old_value;        // immutable, owned or NULL
    uint8_t used;               // atomic
} ContextToken;

#define CTX(op) ((Context *)(op))
#define VAR(op) ((ContextVar *)(op))
#define TOKEN(op) ((ContextToken *)(op))

uint64_t
context_key_hash(PyObject *key)
{
    return VAR(key)->hash;
}

// ---- maps ----

// The map of a context as a new reference, or NULL when empty.
static PyObject *
context_map(PyObject *context)
{
    CriticalSection cs;
    critical_section_begin(&cs, context);
    PyObject *map = xnew_ref(CTX(context)->map);
    critical_section_end(&cs);
    return map;
}

// Replaces the map; consumes it.
static void
context_set_map_steal(PyObject *context, PyObject *map)
{
    CriticalSection cs;
    critical_section_begin(&cs, context);
    PyObject *old = CTX(context)->map;
    CTX(context)->map = map;
    critical_section_end(&cs);
    xdecref(old);
}

// ---- Context ----

PyObject *
context_new(void)
{
    return PyContext_Type.tp_alloc(&PyContext_Type, 0);
}

PyObject *
context_copy(PyObject *context)
{
    PyObject *copy = context_new();
    if (copy != NULL) {
        CTX(copy)->map = context_map(context);
    }
    return copy;
}

// The thread's context, made when there is none. Borrowed from the thread.
static PyObject *
context_current_borrow(void)
{
    Thread *ts = thread_current();
    if (ts->context == NULL) {
        ts->context = context_new();
    }
    return ts->context;
}

PyObject *
context_copy_current(void)
{
    PyObject *context = context_current_borrow();
    return context == NULL ? NULL : context_copy(context);
}

int
context_enter(Thread *ts, PyObject *context)
{
    uint8_t expected = 0;
    if (!atomic_cas_u8(&CTX(context)->entered, &expected, 1)) {
        error_format(PyExc_RuntimeError, "cannot enter context: %R is already entered", context);
        return -1;
    }
    CTX(context)->previous = ts->context;
    ts->context = new_ref(context);
    return 0;
}

int
context_exit(Thread *ts, PyObject *context)
{
    if (!atomic_load_relaxed_u8(&CTX(context)->entered)) {
        error_format(PyExc_RuntimeError, "cannot exit context: %R has not been entered", context);
        return -1;
    }
    if (ts->context != context) {
        error_set(PyExc_RuntimeError,
                  "cannot exit context: thread state references a different context object");
        return -1;
    }
    ts->context = CTX(context)->previous;
    CTX(context)->previous = NULL;
    (void)atomic_exchange_u8(&CTX(context)->entered, 0);
    decref(context);
    return 0;
}

static PyObject *
context_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (tuple_size(args) > 0 || (kwargs != NULL && dict_size(kwargs) > 0)) {
        return error_set(PyExc_TypeError, "Context() does not accept any arguments");
    }
    return context_new();
}

static int
context_clear(PyObject *self)
{
    clear_ref(CTX(self)->previous);
    clear_ref(CTX(self)->map);
    return 0;
}

static void
context_dealloc(PyObject *self)
{
    gc_untrack(self);
    if (CTX(self)->weakreflist != NULL) {
        weakref_clear_all(self);
    }
    (void)context_clear(self);
    type_of(self)->tp_free(self);
}

static int
context_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *fields[2] = {CTX(self)->previous, CTX(self)->map};
    for (int i = 0; i < 2; i++) {
        int result = fields[i] == NULL ? 0 : visit(fields[i], arg);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

// 1 and *value owned, 0, or -1 with TypeError for keys that are no ContextVar.
static int
context_find(PyObject *self, PyObject *key, PyObject **value)
{
    *value = NULL;
    if (type_of(key) != &PyContextVar_Type) {
        error_format(PyExc_TypeError, "a ContextVar key was expected, got %R", key);
        return -1;
    }
    PyObject *map = context_map(self);
    *value = xnew_ref(context_map_find_borrow(map, VAR(key)->hash));
    xdecref(map);
    return *value != NULL;
}

static Py_ssize_t
context_length(PyObject *self)
{
    PyObject *map = context_map(self);
    Py_ssize_t size = context_map_size(map);
    xdecref(map);
    return size;
}

static PyObject *
context_subscript(PyObject *self, PyObject *key)
{
    PyObject *value;
    if (context_find(self, key, &value) == 0) {
        error_set_object(PyExc_KeyError, key);
    }
    return value;
}

static int
context_contains(PyObject *self, PyObject *key)
{
    PyObject *value;
    int found = context_find(self, key, &value);
    xdecref(value);
    return found;
}

static PyObject *
context_get(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("get", nargs, 1, 2)) {
        return NULL;
    }
    PyObject *value;
    int found = context_find(self, args[0], &value);
    if (found == 0) {
        return nargs > 1 ? new_ref(args[1]) : Py_None;
    }
    return value;
}

static PyObject *
context_copy_method(PyObject *self, PyObject *unused)
{
    return context_copy(self);
}

static PyObject *
context_run(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    if (nargs < 1) {
        return error_set(PyExc_TypeError, "run() missing 1 required positional argument");
    }
    Thread *ts = thread_current();
    if (context_enter(ts, self) < 0) {
        return NULL;
    }
    PyObject *result = object_vectorcall(args[0], args + 1, (size_t)(nargs - 1), kwnames);
    PyObject *exc = error_take();
    if (context_exit(ts, self) < 0) {
        clear_ref(result);
        xdecref(exc);
        return NULL;
    }
    error_restore_steal(exc);
    return result;
}

// Compares with the map of the other context.
static int
value_differs(PyObject *key, PyObject *value, void *arg)
{
    PyObject *other = context_map_find_borrow(arg, VAR(key)->hash);
    if (other == NULL) {
        return 1;
    }
    int equal = object_richcompare_bool(value, other, Py_EQ);
    return equal < 0 ? -1 : !equal;
}

static PyObject *
context_richcompare(PyObject *v, PyObject *w, int op)
{
    if (type_of(v) != &PyContext_Type || type_of(w) != &PyContext_Type ||
        (op != Py_EQ && op != Py_NE)) {
        return Py_NotImplemented;
    }
    PyObject *a = context_map(v);
    PyObject *b = context_map(w);
    int differs = 0;
    if (a != b) {
        differs = context_map_size(a) != context_map_size(b);
        if (!differs) {
            differs = context_map_each(a, value_differs, b);
        }
    }
    xdecref(a);
    xdecref(b);
    return differs < 0 ? NULL : bool_from_int(differs == (op == Py_NE));
}

// ---- iterating over a context: a snapshot ----

typedef struct {
    PyObject ob_base;
    PyObject *items;            // immutable, owned list
    ssize_t next;               // atomic
} ContextIter;

static int
collect_key(PyObject *key, PyObject *value, void *arg)
{
    return list_append(arg, key);
}

static int
collect_value(PyObject *key, PyObject *value, void *arg)
{
    return list_append(arg, value);
}

static int
collect_item(PyObject *key, PyObject *value, void *arg)
{
    PyObject *pair = tuple_pair(key, value);
    return pair == NULL ? -1 : list_append_steal(arg, pair);
}

static PyObject *
context_iter_of(PyTypeObject *type, PyObject *self,
                int (*collect)(PyObject *key, PyObject *value, void *arg))
{
    PyObject *items = list_new(0);
    if (items == NULL) {
        return NULL;
    }
    PyObject *map = context_map(self);
    int result = context_map_each(map, collect, items);
    xdecref(map);
    PyObject *iter = result < 0 ? NULL : heap_new_object(type, sizeof(ContextIter));
    if (iter == NULL) {
        decref(items);
        return NULL;
    }
    ((ContextIter *)iter)->items = items;
    ((ContextIter *)iter)->next = 0;
    gc_track(iter);
    return iter;
}

static PyObject *
context_iter(PyObject *self)
{
    return context_iter_of(&context_keys_type, self, collect_key);
}

static PyObject *
context_keys(PyObject *self, PyObject *unused)
{
    return context_iter(self);
}

static PyObject *
context_values(PyObject *self, PyObject *unused)
{
    return context_iter_of(&context_values_type, self, collect_value);
}

static PyObject *
context_items(PyObject *self, PyObject *unused)
{
    return context_iter_of(&context_items_type, self, collect_item);
}

static void
context_iter_dealloc(PyObject *self)
{
    gc_untrack(self);
    decref(((ContextIter *)self)->items);
    type_of(self)->tp_free(self);
}

static int
context_iter_traverse(PyObject *self, visitproc visit, void *arg)
{
    return visit(((ContextIter *)self)->items, arg);
}

static PyObject *
context_iter_next(PyObject *self)
{
    ContextIter *iter = (ContextIter *)self;
    ssize_t i = atomic_load_relaxed_ssize(&iter->next);
    if (i >= list_size(iter->items)) {
        return NULL;
    }
    i = atomic_add_ssize(&iter->next, 1);
    return list_get_optional(iter->items, i);
}

static Py_ssize_t
context_iter_length(PyObject *self)
{
    return list_size(((ContextIter *)self)->items);
}

static PyMappingMethods context_iter_as_mapping = {.mp_length = context_iter_length};

#define CONTEXT_ITER_TYPE(symbol, name)                                 \
    PyTypeObject symbol = {                                             \
        .ob_base = STATIC_TYPE_HEAD,                                    \
        .tp_name = name,                                                \
        .tp_basicsize = sizeof(ContextIter),                            \
        .tp_dealloc = context_iter_dealloc,                             \
        .tp_as_mapping = &context_iter_as_mapping,                      \
        .tp_getattro = object_generic_getattr,                          \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,            \
        .tp_traverse = context_iter_traverse,                           \
        .tp_iter = object_self_iter,                                    \
        .tp_iternext = context_iter_next,                               \
    };

CONTEXT_ITER_TYPE(context_keys_type, "keys")
CONTEXT_ITER_TYPE(context_values_type, "values")
CONTEXT_ITER_TYPE(context_items_type, "items")

static PyMethodDef context_methods[] = {
    {"get", (PyCFunction)(void (*)(void))context_get, METH_FASTCALL,
     "get($self, key, default=None, /)\n--\n\n"
     "Return the value for `key` if `key` has the value in the context object.\n\n"
     "If `key` does not exist, return `default`. If `default` is not given, return None."},
    {"items", context_items, METH_NOARGS,
     "items($self, /)\n--\n\n"
     "Return all variables and their values in the context object.\n\n"
     "The result is returned as a list of 2-tuples (variable, value)."},
    {"keys", context_keys, METH_NOARGS,
     "keys($self, /)\n--\n\nReturn a list of all variables in the context object."},
    {"values", context_values, METH_NOARGS,
     "values($self, /)\n--\n\nReturn a list of all variables' values in the context object."},
    {"copy", context_copy_method, METH_NOARGS,
     "copy($self, /)\n--\n\nReturn a shallow copy of the context object."},
    {"run", (PyCFunction)(void (*)(void))context_run, METH_FASTCALL | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

static PySequenceMethods context_as_sequence = {.sq_contains = context_contains};
static PyMappingMethods context_as_mapping = {
    .mp_length = context_length,
    .mp_subscript = context_subscript,
};

PyTypeObject PyContext_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_contextvars.Context",
    .tp_basicsize = sizeof(Context),
    .tp_dealloc = context_dealloc,
    .tp_as_sequence = &context_as_sequence,
    .tp_as_mapping = &context_as_mapping,
    .tp_hash = object_hash_not_implemented,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = context_traverse,
    .tp_clear = context_clear,
    .tp_richcompare = context_richcompare,
    .tp_weaklistoffset = offsetof(Context, weakreflist),
    .tp_iter = context_iter,
    .tp_methods = context_methods,
    .tp_new = context_tp_new,
};

// ---- ContextVar ----

// The next unique hash: serial numbers times an odd constant, which spreads them over all bits.
static uint64_t
next_hash(void)
{
    return (atomic_add_u64(&interpreter_roots()->next_context_var, 1) + 1) * 0x9e3779b97f4a7c15u;
}

PyObject *
context_var_new(PyObject *name, PyObject *default_value)
{
    PyObject *self = PyContextVar_Type.tp_alloc(&PyContextVar_Type, 0);
    if (self != NULL) {
        VAR(self)->name = new_ref(name);
        VAR(self)->default_value = xnew_ref(default_value);
        VAR(self)->hash = next_hash();
    }
    return self;
}

static PyObject *
contextvar_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"", "default", NULL};
    static ArgsParser parser = {.format = "O|$O:ContextVar", .keywords = keywords};
    PyObject *name;
    PyObject *default_value = NULL;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &name, &default_value)) {
        return NULL;
    }
    if (!str_check(name)) {
        return error_set(PyExc_TypeError, "context variable name must be a str");
    }
    return context_var_new(name, default_value);
}

int
context_var_get(PyObject *var, PyObject *fallback, PyObject **value)
{
    *value = NULL;
    PyObject *context = thread_current()->context;
    if (context != NULL) {
        // Only this thread changes the map of its current context.
        *value = xnew_ref(context_map_find_borrow(CTX(context)->map, VAR(var)->hash));
    }
    if (*value == NULL) {
        *value = xnew_ref(fallback != NULL ? fallback : VAR(var)->default_value);
    }
    return *value != NULL;
}

// Sets (value NULL: removes) the variable in a context.
static int
context_assign(PyObject *context, PyObject *var, PyObject *value)
{
    PyObject *map = context_map(context);
    PyObject *changed = NULL;
    int result = 0;
    if (value != NULL) {
        changed = context_map_set(map, var, VAR(var)->hash, value);
        result = changed == NULL ? -1 : 0;
    }
    else if (context_map_find_borrow(map, VAR(var)->hash) == NULL) {
        error_set_object(PyExc_LookupError, var);
        result = -1;
    }
    else {
        result = context_map_del(map, VAR(var)->hash, &changed);
    }
    xdecref(map);
    if (result == 0) {
        context_set_map_steal(context, changed);
    }
    return result;
}

PyObject *
context_var_set(PyObject *var, PyObject *value)
{
    PyObject *context = context_current_borrow();
    if (context == NULL) {
        return NULL;
    }
    PyObject *token = PyContextToken_Type.tp_alloc(&PyContextToken_Type, 0);
    if (token == NULL) {
        return NULL;
    }
    TOKEN(token)->context = new_ref(context);
    TOKEN(token)->var = new_ref(var);
    TOKEN(token)->old_value =
        xnew_ref(context_map_find_borrow(CTX(context)->map, VAR(var)->hash));
    if (context_assign(context, var, value) < 0) {
        clear_ref(token);
    }
    return token;
}

int
context_var_reset(PyObject *var, PyObject *token)
{
    ContextToken *t = TOKEN(token);
    if (atomic_load_relaxed_u8(&t->used)) {
        error_format(PyExc_RuntimeError, "%R has already been used once", token);
        return -1;
    }
    if (t->var != var) {
        error_format(PyExc_ValueError, "%R was created by a different ContextVar", token);
        return -1;
    }
    PyObject *context = context_current_borrow();
    if (context == NULL) {
        return -1;
    }
    if (t->context != context) {
        error_format(PyExc_ValueError, "%R was created in a different Context", token);
        return -1;
    }
    (void)atomic_exchange_u8(&t->used, 1);
    return context_assign(context, var, t->old_value);
}

static PyObject *
contextvar_get_method(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("get", nargs, 0, 1)) {
        return NULL;
    }
    PyObject *value;
    if (!context_var_get(self, nargs > 0 ? args[0] : NULL, &value)) {
        error_set_object(PyExc_LookupError, self);
    }
    return value;
}

static PyObject *
contextvar_set_method(PyObject *self, PyObject *value)
{
    return context_var_set(self, value);
}

static PyObject *
contextvar_reset_method(PyObject *self, PyObject *token)
{
    if (type_of(token) != &PyContextToken_Type) {
        return error_format(PyExc_TypeError, "expected an instance of Token, got %R", token);
    }
    return context_var_reset(self, token) < 0 ? NULL : Py_None;
}

static int
contextvar_clear(PyObject *self)
{
    clear_ref(VAR(self)->name);
    clear_ref(VAR(self)->default_value);
    return 0;
}

static void
contextvar_dealloc(PyObject *self)
{
    gc_untrack(self);
    (void)contextvar_clear(self);
    type_of(self)->tp_free(self);
}

static int
contextvar_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *value = VAR(self)->default_value;
    return value == NULL ? 0 : visit(value, arg);
}

static PyObject *
contextvar_repr(PyObject *self)
{
    PyObject *value = VAR(self)->default_value;
    if (value == NULL) {
        return str_format("<ContextVar name=%R at %p>", VAR(self)->name, (void *)self);
    }
    return str_format("<ContextVar name=%R default=%R at %p>", VAR(self)->name, value,
                      (void *)self);
}

static Py_hash_t
contextvar_hash(PyObject *self)
{
    Py_hash_t hash = (Py_hash_t)VAR(self)->hash;
    return hash == -1 ? -2 : hash;
}

static PyMemberDef contextvar_members[] = {
    {"name", _Py_T_OBJECT, offsetof(ContextVar, name), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef contextvar_methods[] = {
    {"get", (PyCFunction)(void (*)(void))contextvar_get_method, METH_FASTCALL,
     "get($self, default=<unrepresentable>, /)\n--\n\n"
     "Return a value for the context variable for the current context.\n\n"
     "If there is no value for the variable in the current context, the method will:\n"
     " * return the value of the default argument of the method, if provided; or\n"
     " * return the default value for the context variable, if it was created\n"
     "   with one; or\n"
     " * raise a LookupError."},
    {"set", contextvar_set_method, METH_O,
     "set($self, value, /)\n--\n\n"
     "Call to set a new value for the context variable in the current context.\n\n"
     "The required *value* argument is the new value for the context variable.\n\n"
     "Returns a Token object that can be used to restore the variable to its previous\n"
     "value via the `ContextVar.reset()` method."},
    {"reset", contextvar_reset_method, METH_O,
     "reset($self, token, /)\n--\n\n"
     "Reset the context variable.\n\n"
     "The variable is reset to the value it had before the `ContextVar.set()` that\n"
     "created the token was used."},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyContextVar_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_contextvars.ContextVar",
    .tp_basicsize = sizeof(ContextVar),
    .tp_dealloc = contextvar_dealloc,
    .tp_repr = contextvar_repr,
    .tp_hash = contextvar_hash,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = contextvar_traverse,
    .tp_clear = contextvar_clear,
    .tp_methods = contextvar_methods,
    .tp_members = contextvar_members,
    .tp_new = contextvar_tp_new,
};

// ---- Token ----

static PyObject *
missing_repr(PyObject *self)
{
    return str_from_cstr("<Token.MISSING>");
}

PyTypeObject context_token_missing_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "Token.MISSING",
    .tp_basicsize = sizeof(PyObject),
    .tp_repr = missing_repr,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

static PyObject token_missing = {
    .ob_ref_local = REF_IMMORTAL_LOCAL,
    .ob_type = &context_token_missing_type,
};

PyObject *
context_token_missing(void)
{
    return &token_missing;
}

static PyObject *
token_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return error_set(PyExc_RuntimeError, "Tokens can only be created by ContextVars");
}

static int
token_clear(PyObject *self)
{
    clear_ref(TOKEN(self)->context);
    clear_ref(TOKEN(self)->var);
    clear_ref(TOKEN(self)->old_value);
    return 0;
}

static void
token_dealloc(PyObject *self)
{
    gc_untrack(self);
    (void)token_clear(self);
    type_of(self)->tp_free(self);
}

static int
token_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *fields[3] = {TOKEN(self)->context, TOKEN(self)->var, TOKEN(self)->old_value};
    for (int i = 0; i < 3; i++) {
        int result = fields[i] == NULL ? 0 : visit(fields[i], arg);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

static PyObject *
token_repr(PyObject *self)
{
    return str_format("<Token%s var=%R at %p>",
                      atomic_load_relaxed_u8(&TOKEN(self)->used) ? " used" : "", TOKEN(self)->var,
                      (void *)self);
}

static PyObject *
token_get_var(PyObject *self, void *closure)
{
    return new_ref(TOKEN(self)->var);
}

static PyObject *
token_get_old_value(PyObject *self, void *closure)
{
    PyObject *value = TOKEN(self)->old_value;
    return value == NULL ? &token_missing : new_ref(value);
}

static PyObject *
token_enter(PyObject *self, PyObject *unused)
{
    return new_ref(self);
}

static PyObject *
token_exit(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("__exit__", nargs, 3, 3)) {
        return NULL;
    }
    return context_var_reset(TOKEN(self)->var, self) < 0 ? NULL : Py_None;
}

static PyGetSetDef token_getset[] = {
    {"var", token_get_var, NULL, NULL, NULL},
    {"old_value", token_get_old_value, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef token_methods[] = {
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {"__enter__", token_enter, METH_NOARGS,
     "__enter__($self, /)\n--\n\nEnter into Token context manager."},
    {"__exit__", (PyCFunction)(void (*)(void))token_exit, METH_FASTCALL,
     "__exit__($self, type, value, traceback, /)\n--\n\n"
     "Exit from Token context manager, restore the linked ContextVar."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyContextToken_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_contextvars.Token",
    .tp_basicsize = sizeof(ContextToken),
    .tp_dealloc = token_dealloc,
    .tp_repr = token_repr,
    .tp_hash = object_hash_not_implemented,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = token_traverse,
    .tp_clear = token_clear,
    .tp_methods = token_methods,
    .tp_getset = token_getset,
    .tp_new = token_tp_new,
};
