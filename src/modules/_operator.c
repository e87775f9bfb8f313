// _operator: the operators as functions; itemgetter, attrgetter, methodcaller.
//
// Threading: the getters are immutable after their construction.
#include "base/hooks.h"
#include "memory/alloc.h"
#include "modules/compare_digest.h"
#include "modules/module.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"

// ---- Functions of one, two and three arguments ----

static PyObject *
bool_or_error(int result)
{
    return result < 0 ? NULL : bool_from_int(result);
}

static PyObject *
none_or_error(int status)
{
    return status < 0 ? NULL : Py_None;
}

#define UNARY(name, expression)                                     \
    static PyObject *operator_##name(PyObject *module, PyObject *a) \
    {                                                               \
        (void)module;                                               \
        return (expression);                                        \
    }

#define BINARY(name, expression)                                                          \
    static PyObject *operator_##name(PyObject *module, PyObject *const *args, Py_ssize_t n) \
    {                                                                                     \
        (void)module;                                                                     \
        if (!args_check_positional(#name, n, 2, 2)) {                                     \
            return NULL;                                                                  \
        }                                                                                 \
        PyObject *a = args[0], *b = args[1];                                              \
        return (expression);                                                              \
    }

UNARY(truth, bool_or_error(object_is_true(a)))
UNARY(not_, bool_or_error(object_not(a)))
UNARY(is_none, bool_from_int(a == Py_None))
UNARY(is_not_none, bool_from_int(a != Py_None))
UNARY(index, number_index(a))
UNARY(neg, number_negative(a))
UNARY(pos, number_positive(a))
UNARY(abs, number_absolute(a))
UNARY(inv, number_invert(a))
UNARY(invert, number_invert(a))

BINARY(lt, object_richcompare(a, b, Py_LT))
BINARY(le, object_richcompare(a, b, Py_LE))
BINARY(eq, object_richcompare(a, b, Py_EQ))
BINARY(ne, object_richcompare(a, b, Py_NE))
BINARY(gt, object_richcompare(a, b, Py_GT))
BINARY(ge, object_richcompare(a, b, Py_GE))
BINARY(add, number_add(a, b))
BINARY(sub, number_subtract(a, b))
BINARY(mul, number_multiply(a, b))
BINARY(matmul, number_matrix_multiply(a, b))
BINARY(floordiv, number_floor_divide(a, b))
BINARY(truediv, number_true_divide(a, b))
BINARY(mod, number_remainder(a, b))
BINARY(pow, number_power(a, b, Py_None))
BINARY(lshift, number_lshift(a, b))
BINARY(rshift, number_rshift(a, b))
BINARY(and_, number_and(a, b))
BINARY(xor, number_xor(a, b))
BINARY(or_, number_or(a, b))
BINARY(iadd, number_inplace_add(a, b))
BINARY(isub, number_inplace_subtract(a, b))
BINARY(imul, number_inplace_multiply(a, b))
BINARY(imatmul, number_inplace_matrix_multiply(a, b))
BINARY(ifloordiv, number_inplace_floor_divide(a, b))
BINARY(itruediv, number_inplace_true_divide(a, b))
BINARY(imod, number_inplace_remainder(a, b))
BINARY(ipow, number_inplace_power(a, b, Py_None))
BINARY(ilshift, number_inplace_lshift(a, b))
BINARY(irshift, number_inplace_rshift(a, b))
BINARY(iand, number_inplace_and(a, b))
BINARY(ixor, number_inplace_xor(a, b))
BINARY(ior, number_inplace_or(a, b))
BINARY(concat, sequence_concat(a, b))
BINARY(iconcat, sequence_inplace_concat(a, b))
BINARY(contains, bool_or_error(sequence_contains(a, b)))
BINARY(getitem, object_getitem(a, b))
BINARY(delitem, none_or_error(object_delitem(a, b)))

// The result of comparing ints boxed or not is by value, like the `is` operator's.
static bool
same_object(PyObject *a, PyObject *b)
{
    if (a == b) {
        return true;
    }
    Value x = value_from_object(a);
    Value y = value_from_object(b);
    bool same = value_is_same(x, y);
    value_drop(x);
    value_drop(y);
    return same;
}

BINARY(is_, bool_from_int(same_object(a, b)))
BINARY(is_not, bool_from_int(!same_object(a, b)))

static PyObject *
operator_setitem(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    if (!args_check_positional("setitem", n, 3, 3)) {
        return NULL;
    }
    return none_or_error(object_setitem(args[0], args[1], args[2]));
}

static PyObject *
operator_countOf(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    if (!args_check_positional("countOf", n, 2, 2)) {
        return NULL;
    }
    Py_ssize_t count = sequence_count(args[0], args[1]);
    return count < 0 ? NULL : int_from_ssize(count);
}

static PyObject *
operator_indexOf(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    if (!args_check_positional("indexOf", n, 2, 2)) {
        return NULL;
    }
    Py_ssize_t index = sequence_index(args[0], args[1]);
    return index < 0 ? NULL : int_from_ssize(index);
}

static PyObject *
operator_length_hint(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    if (!args_check_positional("length_hint", n, 1, 2)) {
        return NULL;
    }
    Py_ssize_t fallback = 0;
    if (n == 2) {
        fallback = number_as_ssize(args[1], PyExc_OverflowError);
        if (fallback == -1 && error_occurred()) {
            return NULL;
        }
    }
    Py_ssize_t hint = object_length_hint(args[0], fallback);
    return hint == -1 && error_occurred() ? NULL : int_from_ssize(hint);
}

static PyObject *
operator_call(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    (void)module;
    if (nargs < 1) {
        return error_set(PyExc_TypeError, "call expected at least 1 argument, got 0");
    }
    return object_vectorcall(args[0], args + 1,
                             (size_t)(nargs - 1) | PY_VECTORCALL_ARGUMENTS_OFFSET, kwnames);
}

// Takes time that depends only on the length of b.
static bool
same_bytes(const unsigned char *a, Py_ssize_t a_size, const unsigned char *b, Py_ssize_t b_size)
{
    volatile unsigned char difference = a_size != b_size;
    volatile const unsigned char *left = a_size == b_size ? a : b;
    volatile const unsigned char *right = b;
    for (Py_ssize_t i = 0; i < b_size; i++) {
        difference |= left[i] ^ right[i];
    }
    return difference == 0;
}

PyObject *
compare_digest(const char *name, PyObject *const *args, Py_ssize_t n)
{
    if (!args_check_positional(name, n, 2, 2)) {
        return NULL;
    }
    PyObject *a = args[0], *b = args[1];
    if (str_check(a) && str_check(b)) {
        if (!str_is_ascii(a) || !str_is_ascii(b)) {
            return error_set(PyExc_TypeError,
                             "comparing strings with non-ASCII characters is not supported");
        }
        return bool_from_int(same_bytes(str_data(a), str_length(a), str_data(b), str_length(b)));
    }
    if (!buffer_check(a) && !buffer_check(b)) {
        return error_format(PyExc_TypeError,
                            "unsupported operand types(s) or combination of types: '%.100s' and "
                            "'%.100s'",
                            type_of(a)->tp_name, type_of(b)->tp_name);
    }
    Py_buffer x, y;
    if (buffer_get(a, &x, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    if (buffer_get(b, &y, PyBUF_SIMPLE) < 0) {
        buffer_release(&x);
        return NULL;
    }
    bool same = same_bytes(x.buf, x.len, y.buf, y.len);
    buffer_release(&x);
    buffer_release(&y);
    return bool_from_int(same);
}

static PyObject *
operator_compare_digest(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    return compare_digest("_compare_digest", args, n);
}

// ---- itemgetter ----

typedef struct Getter {
    PyObject ob_base;
    PyObject *names;        // immutable: tuple of keys, or of attribute paths
    Py_ssize_t index;       // immutable: of a tuple, when the only key is a small int; else -1
    vectorcallfunc vectorcall; // immutable
} Getter;

NATIVE_LIFETIME(getter, Getter, 1, names)

static PyObject *
getter_make(PyTypeObject *type, PyObject *names, vectorcallfunc vectorcall)
{
    Getter *g = (Getter *)type->tp_alloc(type, 0);
    if (g != NULL) {
        g->names = new_ref(names);
        g->index = -1;
        g->vectorcall = vectorcall;
    }
    return (PyObject *)g;
}

// One result as it is, several as a tuple.
static PyObject *
getter_collect(Getter *g, PyObject *op, PyObject *(*get)(PyObject *op, PyObject *name))
{
    Py_ssize_t n = tuple_size(g->names);
    if (n == 1) {
        return get(op, tuple_item(g->names, 0));
    }
    PyObject *result = tuple_new(n);
    for (Py_ssize_t i = 0; result != NULL && i < n; i++) {
        PyObject *item = get(op, tuple_item(g->names, i));
        if (item == NULL) {
            clear_ref(result);
        }
        else {
            tuple_set_item_steal(result, i, item);
        }
    }
    return result;
}

static PyObject *
itemgetter_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Getter *g = (Getter *)self;
    if (!args_no_kwnames("itemgetter", kwnames) ||
        !args_check_positional("itemgetter", vectorcall_nargs(nargsf), 1, 1)) {
        return NULL;
    }
    PyObject *op = args[0];
    if (g->index >= 0) {
        if (tuple_check_exact(op) && g->index < tuple_size(op)) {
            return new_ref(tuple_item(op, g->index));
        }
        if (list_check_exact(op)) {
            return list_get(op, g->index);
        }
    }
    return getter_collect(g, op, object_getitem);
}

static PyObject *
itemgetter_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (!args_no_keywords("itemgetter", kwargs)) {
        return NULL;
    }
    if (tuple_size(args) < 1) {
        return error_set(PyExc_TypeError, "itemgetter expected 1 argument, got 0");
    }
    PyObject *g = getter_make(type, args, itemgetter_vectorcall);
    if (g != NULL && tuple_size(args) == 1) {
        PyObject *key = tuple_item(args, 0);
        if (int_check_exact(key) && int_is_compact(key) && int_sign(key) >= 0) {
            ((Getter *)g)->index = int_compact_value(key);
        }
    }
    return g;
}

// "operator.itemgetter(1, 2)"
static PyObject *
getter_repr(PyObject *self)
{
    int entered = object_repr_enter(self);
    const char *name = type_of(self)->tp_name;
    if (entered != 0) {
        return entered > 0 ? str_format("%s(...)", name) : NULL;
    }
    Getter *g = (Getter *)self;
    PyObject *result = tuple_size(g->names) == 1
                           ? str_format("%s(%R)", name, tuple_item(g->names, 0))
                           : str_format("%s%R", name, g->names);
    object_repr_leave(self);
    return result;
}

static PyObject *
getter_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    return tuple_pack(2, type_of(self), ((Getter *)self)->names);
}

static PyMethodDef itemgetter_methods[] = {
    {"__reduce__", getter_reduce, METH_NOARGS, "Return state information for pickling"},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef getter_members[] = {
    {"__vectorcalloffset__", Py_T_PYSSIZET, offsetof(Getter, vectorcall), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

// What inspect.signature shows of an instance.
static PyObject *
getter_text_signature(PyObject *self, void *closure)
{
    (void)self;
    (void)closure;
    return str_from_cstr("(obj, /)");
}

static PyGetSetDef getter_getset[] = {
    {"__text_signature__", getter_text_signature, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#define GETTER_FLAGS                                                                  \
    (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE |             \
     Py_TPFLAGS_HAVE_VECTORCALL)

static PyTypeObject itemgetter_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "operator.itemgetter",
    .tp_basicsize = sizeof(Getter),
    .tp_dealloc = getter_dealloc,
    .tp_vectorcall_offset = offsetof(Getter, vectorcall),
    .tp_repr = getter_repr,
    .tp_call = vectorcall_call,
    .tp_getattro = object_generic_getattr,
    .tp_flags = GETTER_FLAGS,
    .tp_doc = "itemgetter(item, /, *items)\n--\n\n"
              "Return a callable object that fetches the given item(s) from its operand.\n"
              "After f = itemgetter(2), the call f(r) returns r[2].\n"
              "After g = itemgetter(2, 5, 3), the call g(r) returns (r[2], r[5], r[3])",
    .tp_traverse = getter_traverse,
    .tp_methods = itemgetter_methods,
    .tp_members = getter_members,
    .tp_getset = getter_getset,
    .tp_alloc = type_alloc,
    .tp_new = itemgetter_new,
    .tp_free = heap_free,
};

// ---- attrgetter ----

// name is a str, or a tuple of the parts of a dotted path.
static PyObject *
get_path(PyObject *op, PyObject *name)
{
    if (!tuple_check(name)) {
        return object_getattr(op, name);
    }
    PyObject *result = new_ref(op);
    for (Py_ssize_t i = 0; result != NULL && i < tuple_size(name); i++) {
        set_ref(result, object_getattr(result, tuple_item(name, i)));
    }
    return result;
}

static PyObject *
attrgetter_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (!args_no_kwnames("attrgetter", kwnames) ||
        !args_check_positional("attrgetter", vectorcall_nargs(nargsf), 1, 1)) {
        return NULL;
    }
    return getter_collect((Getter *)self, args[0], get_path);
}

// The interned name, or a tuple of interned names for "a.b.c".
static PyObject *
path_of(PyObject *name)
{
    if (!str_check(name)) {
        return error_set(PyExc_TypeError, "attribute name must be a string");
    }
    PyObject *text = str_from_object(name);
    PyObject *dot = text == NULL ? NULL : str_from_char('.');
    PyObject *parts = NULL;
    PyObject *path = NULL;
    if (dot == NULL) {
        goto done;
    }
    if (str_contains(text, dot) == 0) {
        path = str_intern(text);
        goto done;
    }
    parts = str_split(text, dot, -1);
    path = parts == NULL ? NULL : tuple_new(list_size(parts));
    for (Py_ssize_t i = 0; path != NULL && i < list_size(parts); i++) {
        PyObject *part = str_intern(list_item_borrow(parts, i));
        if (part == NULL) {
            clear_ref(path);
        }
        else {
            tuple_set_item_steal(path, i, part);
        }
    }
done:
    xdecref(parts);
    xdecref(dot);
    xdecref(text);
    return path;
}

static PyObject *
attrgetter_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (!args_no_keywords("attrgetter", kwargs)) {
        return NULL;
    }
    Py_ssize_t n = tuple_size(args);
    if (n < 1) {
        return error_set(PyExc_TypeError, "attrgetter expected 1 argument, got 0");
    }
    PyObject *paths = tuple_new(n);
    for (Py_ssize_t i = 0; paths != NULL && i < n; i++) {
        PyObject *path = path_of(tuple_item(args, i));
        if (path == NULL) {
            clear_ref(paths);
        }
        else {
            tuple_set_item_steal(paths, i, path);
        }
    }
    PyObject *g = paths == NULL ? NULL : getter_make(type, paths, attrgetter_vectorcall);
    xdecref(paths);
    return g;
}

// The names as they were given.
static PyObject *
attrgetter_names(Getter *g)
{
    Py_ssize_t n = tuple_size(g->names);
    PyObject *dot = str_from_char('.');
    PyObject *names = dot == NULL ? NULL : tuple_new(n);
    for (Py_ssize_t i = 0; names != NULL && i < n; i++) {
        PyObject *path = tuple_item(g->names, i);
        PyObject *name = tuple_check(path) ? str_join(dot, path) : new_ref(path);
        if (name == NULL) {
            clear_ref(names);
        }
        else {
            tuple_set_item_steal(names, i, name);
        }
    }
    xdecref(dot);
    return names;
}

static PyObject *
attrgetter_repr(PyObject *self)
{
    PyObject *names = attrgetter_names((Getter *)self);
    if (names == NULL) {
        return NULL;
    }
    const char *type_name = type_of(self)->tp_name;
    PyObject *result = tuple_size(names) == 1
                           ? str_format("%s(%R)", type_name, tuple_item(names, 0))
                           : str_format("%s%R", type_name, names);
    decref(names);
    return result;
}

static PyObject *
attrgetter_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    PyObject *names = attrgetter_names((Getter *)self);
    return names == NULL ? NULL : tuple_pair_steal(new_ref((PyObject *)type_of(self)), names);
}

static PyMethodDef attrgetter_methods[] = {
    {"__reduce__", attrgetter_reduce, METH_NOARGS, "Return state information for pickling"},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject attrgetter_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "operator.attrgetter",
    .tp_basicsize = sizeof(Getter),
    .tp_dealloc = getter_dealloc,
    .tp_vectorcall_offset = offsetof(Getter, vectorcall),
    .tp_repr = attrgetter_repr,
    .tp_call = vectorcall_call,
    .tp_getattro = object_generic_getattr,
    .tp_flags = GETTER_FLAGS,
    .tp_doc = "attrgetter(attr, /, *attrs)\n--\n\n"
              "Return a callable object that fetches the given attribute(s) from its operand.\n"
              "After f = attrgetter('name'), the call f(r) returns r.name.\n"
              "After g = attrgetter('name', 'date'), the call g(r) returns (r.name, r.date).\n"
              "After h = attrgetter('name.first', 'name.last'), the call h(r) returns\n"
              "(r.name.first, r.name.last).",
    .tp_traverse = getter_traverse,
    .tp_methods = attrgetter_methods,
    .tp_members = getter_members,
    .tp_getset = getter_getset,
    .tp_alloc = type_alloc,
    .tp_new = attrgetter_new,
    .tp_free = heap_free,
};

// ---- methodcaller ----

typedef struct MethodCaller {
    PyObject ob_base;
    PyObject *name;         // immutable: interned str
    PyObject *args;         // immutable: tuple
    PyObject *kwnames;      // immutable: tuple of names, NULL when none
    PyObject *kwvalues;     // immutable: tuple of their values, NULL when none
    vectorcallfunc vectorcall; // immutable
} MethodCaller;

NATIVE_LIFETIME(methodcaller, MethodCaller, 4, name, args, kwnames, kwvalues)

#define CALLER_STACK 8

static PyObject *
methodcaller_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    MethodCaller *m = (MethodCaller *)self;
    if (!args_no_kwnames("methodcaller", kwnames) ||
        !args_check_positional("methodcaller", vectorcall_nargs(nargsf), 1, 1)) {
        return NULL;
    }
    Py_ssize_t n = tuple_size(m->args);
    Py_ssize_t k = m->kwvalues == NULL ? 0 : tuple_size(m->kwvalues);
    PyObject *on_stack[CALLER_STACK];
    PyObject **stack = on_stack;
    if (1 + n + k > CALLER_STACK) {
        stack = mem_alloc_array((size_t)(1 + n + k), sizeof(PyObject *));
        if (stack == NULL) {
            return error_no_memory();
        }
    }
    stack[0] = args[0];
    for (Py_ssize_t i = 0; i < n; i++) {
        stack[1 + i] = tuple_item(m->args, i);
    }
    for (Py_ssize_t i = 0; i < k; i++) {
        stack[1 + n + i] = tuple_item(m->kwvalues, i);
    }
    PyObject *result = object_vectorcall_method(m->name, stack, (size_t)(1 + n), m->kwnames);
    if (stack != on_stack) {
        mem_free(stack);
    }
    return result;
}

static PyObject *
methodcaller_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (tuple_size(args) < 1) {
        return error_set(PyExc_TypeError,
                         "methodcaller needs at least one argument, the method name");
    }
    PyObject *name = tuple_item(args, 0);
    if (!str_check(name)) {
        return error_set(PyExc_TypeError, "method name must be a string");
    }
    MethodCaller *m = (MethodCaller *)type->tp_alloc(type, 0);
    if (m == NULL) {
        return NULL;
    }
    m->vectorcall = methodcaller_vectorcall;
    PyObject *text = str_from_object(name);
    m->name = text == NULL ? NULL : str_intern_steal(text);
    m->args = tuple_slice(args, 1, tuple_size(args));
    bool failed = m->name == NULL || m->args == NULL;
    if (!failed && kwargs != NULL && dict_size(kwargs) > 0) {
        PyObject *names = dict_keys_list(kwargs);
        PyObject *values = dict_values_list(kwargs);
        m->kwnames = names == NULL ? NULL : list_as_tuple(names);
        m->kwvalues = values == NULL ? NULL : list_as_tuple(values);
        xdecref(names);
        xdecref(values);
        failed = m->kwnames == NULL || m->kwvalues == NULL;
    }
    if (failed) {
        clear_ref(m);
    }
    return (PyObject *)m;
}

// The keyword arguments as a new dict.
static PyObject *
methodcaller_kwargs(MethodCaller *m)
{
    return m->kwnames == NULL ? dict_new()
                              : dict_from_keywords(tuple_items(m->kwvalues), m->kwnames);
}

static PyObject *
methodcaller_repr(PyObject *self)
{
    MethodCaller *m = (MethodCaller *)self;
    int entered = object_repr_enter(self);
    const char *type_name = type_of(self)->tp_name;
    if (entered != 0) {
        return entered > 0 ? str_format("%s(...)", type_name) : NULL;
    }
    PyObject *text = str_format("%s(%R", type_name, m->name);
    for (Py_ssize_t i = 0; text != NULL && i < tuple_size(m->args); i++) {
        set_ref(text, str_format("%U, %R", text, tuple_item(m->args, i)));
    }
    for (Py_ssize_t i = 0; text != NULL && m->kwnames != NULL && i < tuple_size(m->kwnames); i++) {
        set_ref(text, str_format("%U, %U=%R", text, tuple_item(m->kwnames, i),
                                 tuple_item(m->kwvalues, i)));
    }
    if (text != NULL) {
        set_ref(text, str_format("%U)", text));
    }
    object_repr_leave(self);
    return text;
}

static PyObject *
import_partial(void)
{
    PyObject *module = hooks.import_module("functools");
    PyObject *partial = module == NULL ? NULL : object_getattr(module, ID(partial));
    xdecref(module);
    return partial;
}

static PyObject *
methodcaller_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    MethodCaller *m = (MethodCaller *)self;
    if (m->kwnames == NULL) {
        PyObject *name = tuple_pack(1, m->name);
        PyObject *args = name == NULL ? NULL : tuple_concat(name, m->args);
        xdecref(name);
        return args == NULL ? NULL : tuple_pair_steal(new_ref((PyObject *)type_of(self)), args);
    }
    // partial(type, name, **kwargs)(*args)
    PyObject *result = NULL;
    PyObject *partial = import_partial();
    PyObject *kwargs = partial == NULL ? NULL : methodcaller_kwargs(m);
    PyObject *args = kwargs == NULL ? NULL : tuple_pack(2, type_of(self), m->name);
    PyObject *constructor = args == NULL ? NULL : object_call(partial, args, kwargs);
    if (constructor != NULL) {
        result = tuple_pack(2, constructor, m->args);
    }
    xdecref(constructor);
    xdecref(args);
    xdecref(kwargs);
    xdecref(partial);
    return result;
}

static PyMethodDef methodcaller_methods[] = {
    {"__reduce__", methodcaller_reduce, METH_NOARGS, "Return state information for pickling"},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject methodcaller_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "operator.methodcaller",
    .tp_basicsize = sizeof(MethodCaller),
    .tp_dealloc = methodcaller_dealloc,
    .tp_vectorcall_offset = offsetof(MethodCaller, vectorcall),
    .tp_repr = methodcaller_repr,
    .tp_call = vectorcall_call,
    .tp_getattro = object_generic_getattr,
    .tp_flags = GETTER_FLAGS,
    .tp_doc = "methodcaller(name, /, *args, **kwargs)\n--\n\n"
              "Return a callable object that calls the given method on its operand.\n"
              "After f = methodcaller('name'), the call f(r) returns r.name().\n"
              "After g = methodcaller('name', 'date', foo=1), the call g(r) returns\n"
              "r.name('date', foo=1).",
    .tp_traverse = methodcaller_traverse,
    .tp_methods = methodcaller_methods,
    .tp_getset = getter_getset,
    .tp_alloc = type_alloc,
    .tp_new = methodcaller_new,
    .tp_free = heap_free,
};

// ---- The module ----

#define ROW_UNARY(name, signature, text) \
    {#name, operator_##name, METH_O, #name "($module, " signature ", /)\n--\n\n" text}
#define ROW_BINARY(name, text) \
    {#name, FASTCALL(operator_##name), METH_FASTCALL, #name "($module, a, b, /)\n--\n\n" text}

static PyMethodDef operator_functions[] = {
    ROW_UNARY(truth, "a", "Return True if a is true, False otherwise."),
    ROW_UNARY(not_, "a", "Same as not a."),
    ROW_UNARY(is_none, "a", "Same as a is None."),
    ROW_UNARY(is_not_none, "a", "Same as a is not None."),
    ROW_UNARY(index, "a", "Same as a.__index__()"),
    ROW_UNARY(neg, "a", "Same as -a."),
    ROW_UNARY(pos, "a", "Same as +a."),
    ROW_UNARY(abs, "a", "Same as abs(a)."),
    ROW_UNARY(inv, "a", "Same as ~a."),
    ROW_UNARY(invert, "a", "Same as ~a."),
    ROW_BINARY(lt, "Same as a < b."),
    ROW_BINARY(le, "Same as a <= b."),
    ROW_BINARY(eq, "Same as a == b."),
    ROW_BINARY(ne, "Same as a != b."),
    ROW_BINARY(gt, "Same as a > b."),
    ROW_BINARY(ge, "Same as a >= b."),
    ROW_BINARY(is_, "Same as a is b."),
    ROW_BINARY(is_not, "Same as a is not b."),
    ROW_BINARY(add, "Same as a + b."),
    ROW_BINARY(sub, "Same as a - b."),
    ROW_BINARY(mul, "Same as a * b."),
    ROW_BINARY(matmul, "Same as a @ b."),
    ROW_BINARY(floordiv, "Same as a // b."),
    ROW_BINARY(truediv, "Same as a / b."),
    ROW_BINARY(mod, "Same as a % b."),
    ROW_BINARY(pow, "Same as a ** b."),
    ROW_BINARY(lshift, "Same as a << b."),
    ROW_BINARY(rshift, "Same as a >> b."),
    ROW_BINARY(and_, "Same as a & b."),
    ROW_BINARY(xor, "Same as a ^ b."),
    ROW_BINARY(or_, "Same as a | b."),
    ROW_BINARY(iadd, "Same as a += b."),
    ROW_BINARY(isub, "Same as a -= b."),
    ROW_BINARY(imul, "Same as a *= b."),
    ROW_BINARY(imatmul, "Same as a @= b."),
    ROW_BINARY(ifloordiv, "Same as a //= b."),
    ROW_BINARY(itruediv, "Same as a /= b."),
    ROW_BINARY(imod, "Same as a %= b."),
    ROW_BINARY(ipow, "Same as a **= b."),
    ROW_BINARY(ilshift, "Same as a <<= b."),
    ROW_BINARY(irshift, "Same as a >>= b."),
    ROW_BINARY(iand, "Same as a &= b."),
    ROW_BINARY(ixor, "Same as a ^= b."),
    ROW_BINARY(ior, "Same as a |= b."),
    ROW_BINARY(concat, "Same as a + b, for a and b sequences."),
    ROW_BINARY(iconcat, "Same as a += b, for a and b sequences."),
    ROW_BINARY(contains, "Same as b in a (note reversed operands)."),
    ROW_BINARY(countOf, "Return the number of items in a which are, or which equal, b."),
    ROW_BINARY(indexOf, "Return the first index of b in a."),
    ROW_BINARY(getitem, "Same as a[b]."),
    ROW_BINARY(delitem, "Same as del a[b]."),
    {"setitem", FASTCALL(operator_setitem), METH_FASTCALL,
     "setitem($module, a, b, c, /)\n--\n\nSame as a[b] = c."},
    {"length_hint", FASTCALL(operator_length_hint), METH_FASTCALL,
     "length_hint($module, obj, default=0, /)\n--\n\n"
     "Return an estimate of the number of items in obj.\n\n"
     "This is useful for presizing containers when building from an iterable.\n\n"
     "If the object supports len(), the result will be exact.\n"
     "Otherwise, it may over- or under-estimate by an arbitrary amount.\n"
     "The result will be an integer >= 0."},
    {"_compare_digest", FASTCALL(operator_compare_digest), METH_FASTCALL,
     "_compare_digest($module, a, b, /)\n--\n\nReturn 'a == b'.\n\n"
     "This function uses an approach designed to prevent\n"
     "timing analysis, making it appropriate for cryptography.\n\n"
     "a and b must both be of the same type: either str (ASCII only),\n"
     "or any bytes-like object.\n\n"
     "Note: If a and b are of different lengths, or if an error occurs,\n"
     "a timing attack could theoretically reveal information about the\n"
     "types and lengths of a and b--but not their values."},
    {"call", FASTCALL(operator_call), METH_FASTCALL | METH_KEYWORDS,
     "call($module, obj, /, *args, **kwargs)\n--\n\nSame as obj(*args, **kwargs)."},
    {NULL, NULL, 0, NULL},
};

static int
operator_exec(PyObject *module)
{
    if (module_add_type(module, &itemgetter_type) < 0 ||
        module_add_type(module, &attrgetter_type) < 0) {
        return -1;
    }
    return module_add_type(module, &methodcaller_type);
}

static PyModuleDef_Slot operator_slots[] = {
    {Py_mod_exec, operator_exec},
    {0, NULL},
};

static PyModuleDef operator_module = {
    .m_name = "_operator",
    .m_doc = "Operator interface.\n\n"
             "This module exports a set of functions implemented in C corresponding\n"
             "to the intrinsic operators of Python.  For example, operator.add(x, y)\n"
             "is equivalent to the expression x+y.",
    .m_methods = operator_functions,
    .m_slots = operator_slots,
};

NATIVE_MODULE(_operator, &operator_module)
