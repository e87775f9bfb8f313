// Context variables; see context.h.
#include "objects/context.h"

#include <stddef.h>

#include "abi/constants.h"
#include "base/hash.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/identifiers.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "thread/critical_section.h"

typedef struct {
    PyObject ob_base;
    PyObject *values;       // atomic: release under the object's critical section; a dict
    bool shared;            // lock: the object's; values belongs to other contexts too
    int entered;            // atomic: the context is current somewhere
    PyObject *previous;     // entering thread: what was current before, or NULL
    PyObject *weakrefs;
} Context;

typedef struct {
    PyObject ob_base;
    PyObject *name;             // immutable
    PyObject *default_value;    // immutable; NULL for none
    Py_hash_t hash;             // immutable
} ContextVar;

typedef struct {
    PyObject ob_base;
    PyObject *context;      // immutable
    PyObject *var;          // immutable
    PyObject *old_value;    // immutable; NULL when there was none
    int used;               // atomic
} Token;

// ---- contexts ----

static PyObject *
context_with(PyObject *values, bool shared)
{
    Context *context = values != NULL ? (Context *)type_alloc(&PyContext_Type, 0) : NULL;
    if (context == NULL) {
        xdecref(values);
        return NULL;
    }
    context->values = values;
    context->shared = shared;
    return (PyObject *)context;
}

PyObject *
context_new(void)
{
    return context_with(dict_new(), false);
}

// The dict with its reference, marked as shared.
static PyObject *
share_values(Context *context)
{
    CriticalSection cs;
    critical_section_begin(&cs, context);
    context->shared = true;
    PyObject *values = new_ref(context->values);
    critical_section_end(&cs);
    return values;
}

PyObject *
context_copy(PyObject *op)
{
    return context_with(share_values((Context *)op), true);
}

// Borrowed from the thread.
static PyObject *
current_borrow(Thread *ts)
{
    if (ts->context == NULL) {
        ts->context = context_new();
    }
    return ts->context;
}

PyObject *
context_copy_current(void)
{
    PyObject *current = current_borrow(thread_current());
    return current != NULL ? context_copy(current) : NULL;
}

// A dict that only this context has: the caller holds the critical section.
static PyObject *
own_values_lock_held(Context *context)
{
    if (context->shared) {
        PyObject *copy = dict_copy(context->values);
        if (copy == NULL) {
            return NULL;
        }
        PyObject *old = context->values;
        atomic_store_release_ptr(&context->values, copy);
        context->shared = false;
        decref(old);
    }
    return context->values;
}

// value NULL deletes. 0 or -1.
static int
context_store(Context *context, PyObject *var, PyObject *value)
{
    CriticalSection cs;
    critical_section_begin(&cs, context);
    PyObject *values = own_values_lock_held(context);
    int result = values == NULL ? -1 : value != NULL ? dict_set(values, var, value)
                                                     : dict_del(values, var);
    critical_section_end(&cs);
    return result;
}

int
context_enter(Thread *ts, PyObject *op)
{
    Context *context = (Context *)op;
    int expected = 0;
    if (!atomic_cas_int(&context->entered, &expected, 1)) {
        error_format(PyExc_RuntimeError, "cannot enter context: %R is already entered", op);
        return -1;
    }
    context->previous = ts->context;        // its reference moves
    ts->context = new_ref(op);
    return 0;
}

int
context_exit(Thread *ts, PyObject *op)
{
    Context *context = (Context *)op;
    if (!atomic_load_int(&context->entered)) {
        error_format(PyExc_RuntimeError, "cannot exit context: %R has not been entered", op);
        return -1;
    }
    if (ts->context != op) {
        error_set(PyExc_RuntimeError,
                  "cannot exit context: thread state references a different context object");
        return -1;
    }
    ts->context = context->previous;
    context->previous = NULL;
    atomic_store_int(&context->entered, 0);
    decref(op);
    return 0;
}

static PyObject *
context_type_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (tuple_size(args) > 0 || (kwargs != NULL && dict_size(kwargs) > 0)) {
        return error_set(PyExc_TypeError, "Context() does not accept any arguments");
    }
    return context_new();
}

static PyObject *
context_run(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    if (nargs < 1) {
        return error_set(PyExc_TypeError, "run() missing 1 required positional argument");
    }
    Thread *ts = thread_current();
    if (context_enter(ts, op) < 0) {
        return NULL;
    }
    PyObject *result = object_vectorcall(args[0], args + 1, (size_t)(nargs - 1), kwnames);
    PyObject *failure = error_take();
    if (context_exit(ts, op) < 0) {
        clear_ref(result);
    }
    if (failure != NULL) {
        error_chain_steal(failure);
    }
    return result;
}

static bool
check_key(PyObject *key)
{
    if (object_type(key) != &PyContextVar_Type) {
        error_format(PyExc_TypeError, "a ContextVar key was expected, got %R", key);
        return false;
    }
    return true;
}

static PyObject *
context_subscript(PyObject *op, PyObject *key)
{
    if (!check_key(key)) {
        return NULL;
    }
    PyObject *values = share_values((Context *)op);
    PyObject *value = NULL;
    int found = dict_get(values, key, &value);
    decref(values);
    return found == 0 ? error_set_object(PyExc_KeyError, key) : value;
}

static int
context_contains(PyObject *op, PyObject *key)
{
    if (!check_key(key)) {
        return -1;
    }
    PyObject *values = share_values((Context *)op);
    int found = dict_contains(values, key);
    decref(values);
    return found;
}

static PyObject *
context_get_method(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("get", nargs, 1, 2) || !check_key(args[0])) {
        return NULL;
    }
    PyObject *values = share_values((Context *)op);
    PyObject *value = NULL;
    int found = dict_get(values, args[0], &value);
    decref(values);
    return found == 0 ? new_ref(nargs > 1 ? args[1] : Py_None) : value;
}

static Py_ssize_t
context_length(PyObject *op)
{
    PyObject *values = share_values((Context *)op);
    Py_ssize_t size = dict_size(values);
    decref(values);
    return size;
}

// Keys, values and items are views of a dict that no longer changes.
static PyObject *
context_view(PyObject *op, PyTypeObject *type)
{
    PyObject *values = share_values((Context *)op);
    PyObject *view = dict_view_new(values, type);
    decref(values);
    return view;
}

static PyObject *
iterate_view(PyObject *op, PyTypeObject *type)
{
    PyObject *view = context_view(op, type);
    PyObject *iterator = view != NULL ? object_iter(view) : NULL;
    xdecref(view);
    return iterator;
}

static PyObject *
context_iter(PyObject *op)
{
    return iterate_view(op, &PyDictKeys_Type);
}

static PyObject *
context_keys(PyObject *op, PyObject *unused)
{
    return iterate_view(op, &PyDictKeys_Type);
}

static PyObject *
context_values(PyObject *op, PyObject *unused)
{
    return iterate_view(op, &PyDictValues_Type);
}

static PyObject *
context_items(PyObject *op, PyObject *unused)
{
    return iterate_view(op, &PyDictItems_Type);
}

static PyObject *
context_copy_method(PyObject *op, PyObject *unused)
{
    return context_copy(op);
}

static PyObject *
context_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!context_check(a) || !context_check(b) || (op != Py_EQ && op != Py_NE)) {
        return new_ref(Py_NotImplemented);
    }
    PyObject *x = share_values((Context *)a);
    PyObject *y = share_values((Context *)b);
    PyObject *result = object_richcompare(x, y, op);
    decref(x);
    decref(y);
    return result;
}

static int
context_traverse(PyObject *op, visitproc visit, void *arg)
{
    Context *context = (Context *)op;
    int result = context->values != NULL ? visit(context->values, arg) : 0;
    return result == 0 && context->previous != NULL ? visit(context->previous, arg) : result;
}

static int
context_clear(PyObject *op)
{
    Context *context = (Context *)op;
    clear_ref(context->previous);
    clear_ref(context->values);
    context->values = NULL;
    return 0;
}

static void
context_dealloc(PyObject *op)
{
    gc_untrack(op);
    weakref_clear_all(op);
    context_clear(op);
    object_type(op)->tp_free(op);
}

static PyMethodDef context_methods[] = {
    {"run", (PyCFunction)(void (*)(void))context_run, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"get", (PyCFunction)(void (*)(void))context_get_method, METH_FASTCALL,
     "get($self, key, default=None, /)\n--\n\n"
     "Return the value for `key` if `key` has the value in the context object.\n\n"
     "If `key` does not exist, return `default`. If `default` is not given,\nreturn None."},
    {"items", context_items, METH_NOARGS,
     "items($self, /)\n--\n\nReturn all variables and their values in the context object.\n\n"
     "The result is returned as a list of 2-tuples (variable, value)."},
    {"keys", context_keys, METH_NOARGS,
     "keys($self, /)\n--\n\nReturn a list of all variables in the context object."},
    {"values", context_values, METH_NOARGS,
     "values($self, /)\n--\n\nReturn a list of all variables' values in the context object."},
    {"copy", context_copy_method, METH_NOARGS,
     "copy($self, /)\n--\n\nReturn a shallow copy of the context object."},
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
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_traverse = context_traverse,
    .tp_clear = context_clear,
    .tp_richcompare = context_richcompare,
    .tp_weaklistoffset = offsetof(Context, weakrefs),
    .tp_iter = context_iter,
    .tp_methods = context_methods,
    .tp_new = context_type_new,
};

// ---- variables ----

PyObject *
context_var_new(PyObject *name, PyObject *default_value)
{
    if (!str_check(name)) {
        return error_set(PyExc_TypeError, "context variable name must be a str");
    }
    Py_hash_t name_hash = object_hash(name);
    ContextVar *var = (ContextVar *)type_alloc(&PyContextVar_Type, 0);
    if (var == NULL) {
        return NULL;
    }
    var->name = new_ref(name);
    var->default_value = xnew_ref(default_value);
    Py_hash_t hash = hash_pointer(var) ^ name_hash;
    var->hash = hash == -1 ? -2 : hash;
    return (PyObject *)var;
}

int
context_var_get(PyObject *op, PyObject *default_value, PyObject **value)
{
    ContextVar *var = (ContextVar *)op;
    PyObject *current = thread_current()->context;
    *value = NULL;
    if (current != NULL) {
        PyObject *values = share_values((Context *)current);
        int found = dict_get_hash(values, op, var->hash, value);
        decref(values);
        if (found != 0) {
            return found;
        }
    }
    PyObject *fallback = default_value != NULL ? default_value : var->default_value;
    *value = xnew_ref(fallback);
    return fallback != NULL;
}

PyObject *
context_var_set(PyObject *op, PyObject *value)
{
    PyObject *current = current_borrow(thread_current());
    if (current == NULL) {
        return NULL;
    }
    PyObject *values = share_values((Context *)current);
    PyObject *old = NULL;
    int found = dict_get(values, op, &old);
    decref(values);
    Token *token = found >= 0 ? (Token *)type_alloc(&PyContextToken_Type, 0) : NULL;
    if (token == NULL) {
        xdecref(old);
        return NULL;
    }
    token->context = new_ref(current);
    token->var = new_ref(op);
    token->old_value = old;
    if (context_store((Context *)current, op, value) < 0) {
        clear_ref(token);
    }
    return (PyObject *)token;
}

int
context_var_reset(PyObject *op, PyObject *token_op)
{
    Token *token = (Token *)token_op;
    if (atomic_load_int(&token->used)) {
        error_format(PyExc_RuntimeError, "%R has already been used once", token_op);
        return -1;
    }
    if (token->var != op) {
        error_format(PyExc_ValueError, "%R was created by a different ContextVar", token_op);
        return -1;
    }
    PyObject *current = current_borrow(thread_current());
    if (current == NULL) {
        return -1;
    }
    if (current != token->context) {
        error_format(PyExc_ValueError, "%R was created in a different Context", token_op);
        return -1;
    }
    if (atomic_exchange_int(&token->used, 1)) {
        error_format(PyExc_RuntimeError, "%R has already been used once", token_op);
        return -1;
    }
    return context_store((Context *)current, op, token->old_value);
}

static PyObject *
var_type_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"", "default", NULL};
    PyObject *name;
    PyObject *default_value = NULL;
    if (args_parse_keywords(args, kwargs, "O|$O:ContextVar", names, &name, &default_value) < 0) {
        return NULL;
    }
    return context_var_new(name, default_value);
}

static PyObject *
var_get_method(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *value;
    if (!args_check_positional("get", nargs, 0, 1)) {
        return NULL;
    }
    int found = context_var_get(op, nargs ? args[0] : NULL, &value);
    if (found == 0) {
        error_set_object(PyExc_LookupError, op);
    }
    return value;
}

static PyObject *
var_set_method(PyObject *op, PyObject *value)
{
    return context_var_set(op, value);
}

static PyObject *
var_reset_method(PyObject *op, PyObject *token)
{
    if (object_type(token) != &PyContextToken_Type) {
        return error_format(PyExc_TypeError, "expected an instance of Token, got %R", token);
    }
    return context_var_reset(op, token) < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
var_repr(PyObject *op)
{
    ContextVar *var = (ContextVar *)op;
    if (var->default_value == NULL) {
        return str_format("<ContextVar name=%R at %p>", var->name, op);
    }
    int status = object_repr_enter(op);
    if (status != 0) {
        return status < 0 ? NULL : str_format("<ContextVar name=%R default=... at %p>", var->name,
                                              op);
    }
    PyObject *result = str_format("<ContextVar name=%R default=%R at %p>", var->name,
                                  var->default_value, op);
    object_repr_leave(op);
    return result;
}

static Py_hash_t
var_hash(PyObject *op)
{
    return ((ContextVar *)op)->hash;
}

static PyObject *
class_getitem(PyObject *type, PyObject *item)
{
    return genericalias_new(type, item);
}

static int
var_traverse(PyObject *op, visitproc visit, void *arg)
{
    ContextVar *var = (ContextVar *)op;
    int result = var->name != NULL ? visit(var->name, arg) : 0;
    return result == 0 && var->default_value != NULL ? visit(var->default_value, arg) : result;
}

static int
var_clear(PyObject *op)
{
    clear_ref(((ContextVar *)op)->default_value);
    return 0;
}

static void
var_dealloc(PyObject *op)
{
    gc_untrack(op);
    clear_ref(((ContextVar *)op)->name);
    var_clear(op);
    object_type(op)->tp_free(op);
}

static PyMethodDef var_methods[] = {
    {"get", (PyCFunction)(void (*)(void))var_get_method, METH_FASTCALL,
     "get($self, default=<unrepresentable>, /)\n--\n\n"
     "Return a value for the context variable for the current context.\n\n"
     "If there is no value for the variable in the current context, the method will:\n"
     " * return the value of the default argument of the method, if provided; or\n"
     " * return the default value for the context variable, if it was created\n"
     "   with one; or\n"
     " * raise a LookupError."},
    {"set", var_set_method, METH_O,
     "set($self, value, /)\n--\n\n"
     "Call to set a new value for the context variable in the current context.\n\n"
     "The required *value* argument is the new value for the context variable.\n\n"
     "Returns a Token object that can be used to restore the variable to its previous\n"
     "value via the `ContextVar.reset()` method."},
    {"reset", var_reset_method, METH_O,
     "reset($self, token, /)\n--\n\nReset the context variable.\n\n"
     "The variable is reset to the value it had before the `ContextVar.set()` that\n"
     "created the token was used."},
    {"__class_getitem__", class_getitem, METH_O | METH_CLASS,
     "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef var_members[] = {
    {"name", _Py_T_OBJECT, offsetof(ContextVar, name), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject PyContextVar_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_contextvars.ContextVar",
    .tp_basicsize = sizeof(ContextVar),
    .tp_dealloc = var_dealloc,
    .tp_repr = var_repr,
    .tp_hash = var_hash,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_traverse = var_traverse,
    .tp_clear = var_clear,
    .tp_methods = var_methods,
    .tp_members = var_members,
    .tp_new = var_type_new,
};

// ---- tokens ----

static PyTypeObject missing_type;

static PyObject missing = {
    .ob_flags = 4, .ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &missing_type,
};

PyObject *
context_token_missing(void)
{
    return &missing;
}

static PyObject *
missing_repr(PyObject *op)
{
    return str_from_cstr("<Token.MISSING>");
}

static PyTypeObject missing_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "Token.MISSING",
    .tp_basicsize = sizeof(PyObject),
    .tp_repr = missing_repr,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
};

static PyObject *
token_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return error_set(PyExc_RuntimeError, "Tokens can only be created by ContextVars");
}

static PyObject *
token_repr(PyObject *op)
{
    Token *token = (Token *)op;
    return str_format("<Token%s var=%R at %p>", atomic_load_int(&token->used) ? " used" : "",
                      token->var, op);
}

static PyObject *
token_enter(PyObject *op, PyObject *unused)
{
    return new_ref(op);
}

static PyObject *
token_exit(PyObject *op, PyObject *args)
{
    return context_var_reset(((Token *)op)->var, op) < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
token_get_old_value(PyObject *op, void *closure)
{
    PyObject *old = ((Token *)op)->old_value;
    return new_ref(old != NULL ? old : &missing);
}

static int
token_traverse(PyObject *op, visitproc visit, void *arg)
{
    Token *token = (Token *)op;
    PyObject *const parts[] = {token->context, token->var, token->old_value};
    for (int i = 0; i < 3; i++) {
        int result = parts[i] != NULL ? visit(parts[i], arg) : 0;
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

static int
token_clear(PyObject *op)
{
    Token *token = (Token *)op;
    clear_ref(token->context);
    clear_ref(token->var);
    clear_ref(token->old_value);
    return 0;
}

static void
token_dealloc(PyObject *op)
{
    gc_untrack(op);
    token_clear(op);
    object_type(op)->tp_free(op);
}

static PyMethodDef token_methods[] = {
    {"__class_getitem__", class_getitem, METH_O | METH_CLASS, "See PEP 585"},
    {"__enter__", token_enter, METH_NOARGS,
     "__enter__($self, /)\n--\n\nEnter into Token context manager."},
    {"__exit__", token_exit, METH_VARARGS,
     "__exit__($self, type, value, traceback, /)\n--\n\n"
     "Exit from Token context manager, restore the linked ContextVar."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef token_members[] = {
    {"var", _Py_T_OBJECT, offsetof(Token, var), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef token_getset[] = {
    {"old_value", token_get_old_value, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyContextToken_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_contextvars.Token",
    .tp_basicsize = sizeof(Token),
    .tp_dealloc = token_dealloc,
    .tp_repr = token_repr,
    .tp_hash = object_hash_not_implemented,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_traverse = token_traverse,
    .tp_clear = token_clear,
    .tp_methods = token_methods,
    .tp_members = token_members,
    .tp_getset = token_getset,
    .tp_new = token_new,
};
