// The classes ast.AST, ast.expr, ast.Name…: how instances are made, copied, pickled and shown.
//
// Classes are ordinary heap types that programs may derive from and add attributes to. They are
// made together on first use and kept in the interpreter's `ast_state`, a tuple of
// (base, types, classes, singletons, field names, attribute names).
//
// Threading: the tuple is made under import_lock and published with release; instances are
// ordinary objects.
#include "syntax/ast_class.h"

#include <string.h>

#include "base/atomic.h"
#include "memory/refcount.h"
#include "objects/attributes.h"
#include "objects/build.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/mapping.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/set.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "thread/critical_section.h"
#include "thread/thread.h"

// ---- making instances ----

// type._fields or the like as a sequence; an empty tuple when there is none. NULL with an error.
static PyObject *
names_of(PyObject *type, PyObject *which)
{
    PyObject *value;
    int found = object_getattr_optional(type, which, &value);
    if (found < 0) {
        return NULL;
    }
    if (found == 0) {
        return tuple_empty();
    }
    PyObject *names = sequence_tuple(value);
    decref(value);
    return names;
}

static bool
tuple_has(PyObject *tuple, PyObject *name, int *error)
{
    for (Py_ssize_t i = 0; i < tuple_size(tuple); i++) {
        int equal = object_richcompare_bool(tuple_item(tuple, i), name, Py_EQ);
        if (equal != 0) {
            *error = equal < 0;
            return equal > 0;
        }
    }
    return false;
}

static const char *
type_text(PyObject *self)
{
    return type_of(self)->tp_name;
}

// Sets the positional arguments; their names leave `remaining`.
static int
init_positional(PyObject *self, PyObject *args, PyObject *fields, PyObject *remaining)
{
    Py_ssize_t given = tuple_size(args);
    Py_ssize_t most = tuple_size(fields);
    if (given > most) {
        error_format(PyExc_TypeError, "%.400s constructor takes at most %zd positional argument%s",
                     type_text(self), most, most == 1 ? "" : "s");
        return -1;
    }
    for (Py_ssize_t i = 0; i < given; i++) {
        PyObject *name = tuple_item(fields, i);
        if (object_setattr(self, name, tuple_item(args, i)) < 0
            || set_discard(remaining, name) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
init_keyword(PyObject *self, PyObject *key, PyObject *value, PyObject *fields,
             PyObject *attributes, PyObject *remaining)
{
    int error = 0;
    if (tuple_has(fields, key, &error)) {
        int discarded = set_discard(remaining, key);
        if (discarded < 0) {
            return -1;
        }
        if (discarded == 0) {
            error_format(PyExc_TypeError, "%.400s got multiple values for argument %R",
                         type_text(self), key);
            return -1;
        }
    }
    else if (!error && !tuple_has(attributes, key, &error) && !error
             && error_warn(PyExc_DeprecationWarning, 1,
                           "%.400s.__init__ got an unexpected keyword argument %R. Support for "
                           "arbitrary keyword arguments is deprecated and will be removed in "
                           "Python 3.15.",
                           type_text(self), key)
                    < 0) {
        return -1;
    }
    return error ? -1 : object_setattr(self, key, value);
}

// Gives a field that was not passed its default, or warns.
static int
init_missing(PyObject *self, PyObject *name, PyObject *field_types, const AstState *state)
{
    PyObject *type;
    int found = mapping_getitem_optional(field_types, name, &type);
    if (found < 0) {
        return -1;
    }
    if (found == 0) {
        return error_warn(PyExc_DeprecationWarning, 1,
                          "Field %R is missing from %.400s._field_types. This will become an "
                          "error in Python 3.15.",
                          name, type_text(self));
    }
    int result = 0;
    if (union_check(type)) {
        // Optional: the class has None.
    }
    else if (genericalias_check(type)) {
        PyObject *list = list_new(0);
        result = list != NULL ? object_setattr(self, name, list) : -1;
        xdecref(list);
    }
    else if (type == state->types[AST_TYPE_EXPR_CONTEXT]) {
        result = object_setattr(self, name, state->singletons[AST_CLASS_Load]);
    }
    else {
        result = error_warn(PyExc_DeprecationWarning, 1,
                            "%.400s.__init__ missing 1 required positional argument: %R. This "
                            "will become an error in Python 3.15.",
                            type_text(self), name);
    }
    decref(type);
    return result;
}

static int
init_remaining(PyObject *self, PyObject *fields, PyObject *remaining)
{
    AstState state;
    PyObject *field_types;
    if (set_size(remaining) == 0) {
        return 0;
    }
    int found = object_getattr_optional((PyObject *)type_of(self), ID(_field_types), &field_types);
    if (found <= 0) {
        // Classes of programs need not describe their fields.
        return found;
    }
    int result = ast_state(&state);
    for (Py_ssize_t i = 0; i < tuple_size(fields) && result == 0; i++) {
        PyObject *name = tuple_item(fields, i);
        int missing = set_contains(remaining, name);
        result = missing < 0 ? -1 : missing ? init_missing(self, name, field_types, &state) : 0;
    }
    decref(field_types);
    return result;
}

static int
ast_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *type = (PyObject *)type_of(self);
    PyObject *fields = names_of(type, ID(_fields));
    PyObject *attributes = fields != NULL ? names_of(type, ID(_attributes)) : NULL;
    PyObject *remaining = attributes != NULL ? set_new(fields) : NULL;
    int result = -1;
    if (remaining == NULL || init_positional(self, args, fields, remaining) < 0) {
        goto done;
    }
    PyObject *key, *value;
    Py_ssize_t pos = 0;
    while (kwargs != NULL && dict_next(kwargs, &pos, &key, &value)) {
        int set = init_keyword(self, key, value, fields, attributes, remaining);
        decref(key);
        decref(value);
        if (set < 0) {
            goto done;
        }
    }
    result = init_remaining(self, fields, remaining);
done:
    xdecref(remaining);
    xdecref(attributes);
    xdecref(fields);
    return result;
}

// ---- pickling and replacing ----

static PyObject *
ast_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    PyObject *type = (PyObject *)type_of(self);
    PyObject *dict = object_getattr(self, ID(__dict__));
    PyObject *fields = dict != NULL ? names_of(type, ID(_fields)) : NULL;
    PyObject *result = NULL;
    if (fields == NULL) {
        goto done;
    }
    // The state sets everything; the arguments only keep __init__ from complaining.
    Py_ssize_t count = 0;
    int present = 1;
    while (count < tuple_size(fields)) {
        present = dict_contains(dict, tuple_item(fields, count));
        if (present <= 0) {
            break;
        }
        count++;
    }
    PyObject *args = present < 0 ? NULL : tuple_new(count);
    if (args == NULL) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        tuple_set_item_steal(args, i, Py_None);
    }
    result = value_build("(ONO)", type, args, dict);
done:
    xdecref(fields);
    xdecref(dict);
    return result;
}

// Names that __replace__ knows: fields and attributes; as a set.
static PyObject *
replace_names(PyObject *type)
{
    PyObject *fields = names_of(type, ID(_fields));
    PyObject *attributes = fields != NULL ? names_of(type, ID(_attributes)) : NULL;
    PyObject *names = attributes != NULL ? set_new(fields) : NULL;
    for (Py_ssize_t i = 0; names != NULL && i < tuple_size(attributes); i++) {
        if (set_add(names, tuple_item(attributes, i)) < 0) {
            clear_ref(names);
        }
    }
    xdecref(attributes);
    xdecref(fields);
    return names;
}

// Unknown keywords are refused; known ones leave `names`.
static int
replace_check_keywords(PyObject *self, PyObject *names, PyObject *kwargs)
{
    PyObject *key, *value;
    Py_ssize_t pos = 0;
    while (kwargs != NULL && dict_next(kwargs, &pos, &key, &value)) {
        int known = set_discard(names, key);
        if (known == 0) {
            error_format(PyExc_TypeError,
                         "%.400s.__replace__ got an unexpected keyword argument %R.",
                         type_text(self), key);
        }
        decref(key);
        decref(value);
        if (known <= 0) {
            return -1;
        }
    }
    return 0;
}

// What the instance lacks and nobody gives, except for attributes and optional fields.
static int
replace_check_missing(PyObject *self, PyObject *names, PyObject *dict)
{
    PyObject *type = (PyObject *)type_of(self);
    PyObject *missing = list_new(0);
    PyObject *fields = missing != NULL ? names_of(type, ID(_fields)) : NULL;
    int result = fields != NULL ? 0 : -1;
    for (Py_ssize_t i = 0; result == 0 && i < tuple_size(fields); i++) {
        PyObject *name = tuple_item(fields, i);
        int wanted = set_contains(names, name);
        int present = wanted > 0 ? dict_contains(dict, name) : 1;
        int optional = present == 0 ? object_hasattr(type, name) : 1;
        if (wanted < 0 || present < 0 || optional < 0) {
            result = -1;
        }
        else if (optional == 0) {
            PyObject *text = object_repr(name);
            result = text != NULL ? list_append_steal(missing, text) : -1;
        }
    }
    xdecref(fields);
    Py_ssize_t count = result == 0 ? list_size(missing) : 0;
    if (count > 0) {
        PyObject *comma = str_from_cstr(", ");
        PyObject *text = comma != NULL && list_sort(missing) == 0 ? str_join(comma, missing) : NULL;
        if (text != NULL) {
            error_format(PyExc_TypeError, "%.400s.__replace__ missing %zd keyword argument%s: %U.",
                         type_text(self), count, count == 1 ? "" : "s", text);
        }
        xdecref(text);
        xdecref(comma);
        result = -1;
    }
    xdecref(missing);
    return result;
}

static PyObject *
ast_replace(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (tuple_size(args) != 0) {
        error_format(PyExc_TypeError, "%.400s.__replace__ takes 0 positional arguments",
                     type_text(self));
        return NULL;
    }
    PyObject *result = NULL;
    PyObject *type = (PyObject *)type_of(self);
    PyObject *dict = object_getattr(self, ID(__dict__));
    PyObject *names = dict != NULL ? replace_names(type) : NULL;
    PyObject *empty = names != NULL ? tuple_empty() : NULL;
    PyObject *values = NULL;
    if (empty == NULL || replace_check_keywords(self, names, kwargs) < 0
        || replace_check_missing(self, names, dict) < 0) {
        goto done;
    }
    values = dict_copy(dict);
    if (values != NULL && (kwargs == NULL || dict_update(values, kwargs) == 0)) {
        result = object_call(type, empty, values);
    }
done:
    xdecref(values);
    xdecref(empty);
    xdecref(names);
    xdecref(dict);
    return result;
}

// ---- repr ----

enum { REPR_DEPTH = 3 };

static int write_repr(StrWriter *w, PyObject *op, int depth);

// Lists show their first and last item only.
static int
write_list_repr(StrWriter *w, PyObject *items, bool is_list, int depth)
{
    Py_ssize_t size = tuple_size(items);
    if (str_writer_char(w, is_list ? '[' : '(') < 0) {
        return -1;
    }
    if (size > 0 && write_repr(w, tuple_item(items, 0), depth) < 0) {
        return -1;
    }
    if (size > 2 && str_writer_ascii(w, ", ...", -1) < 0) {
        return -1;
    }
    if (size > 1
        && (str_writer_ascii(w, ", ", -1) < 0
            || write_repr(w, tuple_item(items, size - 1), depth) < 0)) {
        return -1;
    }
    return str_writer_char(w, is_list ? ']' : ')');
}

static int
write_fields_repr(StrWriter *w, PyObject *op, int depth)
{
    PyObject *fields = names_of((PyObject *)type_of(op), ID(_fields));
    int result = fields != NULL ? 0 : -1;
    for (Py_ssize_t i = 0; result == 0 && i < tuple_size(fields); i++) {
        PyObject *name = tuple_item(fields, i);
        PyObject *value = object_getattr(op, name);
        if (value == NULL) {
            result = -1;
            break;
        }
        result = (i > 0 && str_writer_ascii(w, ", ", -1) < 0)
                         || str_writer_object_str(w, name) < 0 || str_writer_char(w, '=') < 0
                         || write_repr(w, value, depth) < 0
                     ? -1
                     : 0;
        decref(value);
    }
    xdecref(fields);
    return result;
}

static int
write_repr(StrWriter *w, PyObject *op, int depth)
{
    AstState state;
    if (list_check(op) || tuple_check(op)) {
        PyObject *items = sequence_tuple(op);
        int result = items != NULL ? write_list_repr(w, items, list_check(op), depth) : -1;
        xdecref(items);
        return result;
    }
    if (ast_state(&state) < 0) {
        return -1;
    }
    if (!object_type_check(op, (PyTypeObject *)state.base)) {
        return str_writer_repr(w, op);
    }
    if (str_writer_utf8(w, type_text(op), -1) < 0) {
        return -1;
    }
    if (depth <= 0) {
        return str_writer_ascii(w, "(...)", -1);
    }
    int entered = object_repr_enter(op);
    if (entered != 0) {
        return entered < 0 ? -1 : str_writer_ascii(w, "(...)", -1);
    }
    int result = str_writer_char(w, '(') < 0 || write_fields_repr(w, op, depth - 1) < 0
                         || str_writer_char(w, ')') < 0
                     ? -1
                     : 0;
    object_repr_leave(op);
    return result;
}

static PyObject *
ast_repr(PyObject *self)
{
    StrWriter w;
    str_writer_init(&w);
    if (write_repr(&w, self, REPR_DEPTH) < 0) {
        str_writer_discard(&w);
        return NULL;
    }
    return str_writer_finish(&w);
}

// ---- the base class ----

static PyMethodDef ast_methods[] = {
    {"__reduce__", ast_reduce, METH_NOARGS, NULL},
    {"__replace__", (PyCFunction)(void (*)(void))ast_replace, METH_VARARGS | METH_KEYWORDS,
     "__replace__($self, /, **fields)\n--\n\nReturn a copy of the AST node with new values for "
     "the specified fields."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef ast_getset[] = {
    {"__dict__", object_generic_get_dict, object_generic_set_dict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot ast_slots[] = {
    {Py_tp_init, ast_init},
    {Py_tp_repr, ast_repr},
    {Py_tp_methods, ast_methods},
    {Py_tp_getset, ast_getset},
    {Py_tp_new, type_generic_new},
    {Py_tp_dealloc, subtype_dealloc},
    {Py_tp_traverse, subtype_traverse},
    {Py_tp_clear, subtype_clear},
    {0, NULL},
};

static PyType_Spec ast_spec = {
    .name = "ast.AST",
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC
             | Py_TPFLAGS_MANAGED_DICT,
    .slots = ast_slots,
};

static int
set_names(PyObject *type, PyObject *empty)
{
    return object_setattr(type, ID(_fields), empty) < 0
                   || object_setattr(type, ID(__match_args__), empty) < 0
                   || object_setattr(type, ID(_attributes), empty) < 0
               ? -1
               : 0;
}

static PyObject *
make_base(void)
{
    PyObject *base = type_from_spec(&ast_spec, NULL);
    PyObject *empty = base != NULL ? tuple_empty() : NULL;
    if (base != NULL && (empty == NULL || set_names(base, empty) < 0)) {
        clear_ref(base);
    }
    xdecref(empty);
    return base;
}

// ---- the other classes ----

static PyObject *
field_names(const AstField *fields, int count)
{
    PyObject *names = tuple_new(count);
    for (int i = 0; names != NULL && i < count; i++) {
        PyObject *name = str_intern_cstr(fields[i].name);
        if (name == NULL) {
            clear_ref(names);
            break;
        }
        tuple_set_item_steal(names, i, name);
    }
    return names;
}

// type(name, (base,), {...})
static PyObject *
make_class(const char *name, const char *doc, PyObject *base, PyObject *fields)
{
    PyObject *dict = value_build("{sOsOssss}", "_fields", fields, "__match_args__", fields,
                                 "__module__", "ast", "__doc__", doc);
    PyObject *args = dict != NULL ? value_build("(s(O)N)", name, base, dict) : NULL;
    PyObject *type = args != NULL ? object_call((PyObject *)&PyType_Type, args, NULL) : NULL;
    xdecref(args);
    return type;
}

// Optional fields and attributes are None unless set.
static int
set_optional(PyObject *type, const AstField *fields, int count)
{
    for (int i = 0; i < count; i++) {
        if (fields[i].quantifier == AST_OPTIONAL
            && object_setattr_cstr(type, fields[i].name, Py_None) < 0) {
            return -1;
        }
    }
    return 0;
}

// Tuples under construction; see AstState.
typedef struct {
    PyObject *base, *types, *classes, *singletons, *names, *attributes;
} Building;

static PyObject *
field_type(const Building *b, const AstField *field)
{
    PyObject *type;
    switch (field->type) {
    case AST_TYPE_IDENTIFIER:
    case AST_TYPE_STRING:
        type = (PyObject *)&PyUnicode_Type;
        break;
    case AST_TYPE_INT:
        type = (PyObject *)&PyLong_Type;
        break;
    case AST_TYPE_CONSTANT:
        type = (PyObject *)&PyBaseObject_Type;
        break;
    default:
        type = tuple_item(b->types, field->type);
        break;
    }
    incref(type);
    if (field->quantifier == AST_OPTIONAL || field->quantifier == AST_SEQUENCE_OPTIONAL) {
        set_ref(type, number_or(type, Py_None));
    }
    if (type != NULL && field->quantifier >= AST_SEQUENCE) {
        PyObject *alias = genericalias_new((PyObject *)&PyList_Type, type);
        set_ref(type, alias);
    }
    return type;
}

// Sets a type's own attribute as its class statement would: instances see it, too.
static int
set_in_dict(PyObject *type, PyObject *name, PyObject *value)
{
    PyObject *dict = type_get_dict((PyTypeObject *)type);
    int result = dict != NULL ? dict_set(dict, name, value) : -1;
    xdecref(dict);
    type_modified((PyTypeObject *)type);
    return result;
}

static int
set_field_types(const Building *b, PyObject *cls, const AstClass *info)
{
    PyObject *types = dict_new();
    int result = types != NULL ? 0 : -1;
    for (int i = 0; i < info->nfields && result == 0; i++) {
        PyObject *type = field_type(b, &info->fields[i]);
        result = type != NULL ? dict_set_cstr(types, info->fields[i].name, type) : -1;
        xdecref(type);
    }
    if (result == 0) {
        result = object_setattr(cls, ID(_field_types), types) < 0
                         || set_in_dict(cls, ID(__annotations__), types) < 0
                     ? -1
                     : 0;
    }
    xdecref(types);
    return result;
}

// The abstract class of a sum, or the class of a product, with its attributes.
static PyObject *
make_type(Building *b, int number)
{
    const AstType *info = &ast_types[number];
    const AstClass *only = &ast_classes[info->first_class];
    bool product = info->shape == AST_PRODUCT;
    PyObject *fields = field_names(product ? only->fields : NULL, product ? only->nfields : 0);
    PyObject *attributes = field_names(info->attributes, info->nattributes);
    PyObject *type = fields != NULL && attributes != NULL
                         ? make_class(info->name, info->doc, b->base, fields)
                         : NULL;
    if (type != NULL
        && (object_setattr(type, ID(_attributes), attributes) < 0
            || set_optional(type, info->attributes, info->nattributes) < 0)) {
        clear_ref(type);
    }
    xdecref(fields);
    if (type == NULL) {
        xdecref(attributes);
        return NULL;
    }
    tuple_set_item_steal(b->attributes, number, attributes);
    return type;
}

static int
make_one_class(Building *b, int number)
{
    const AstClass *info = &ast_classes[number];
    const AstType *type = &ast_types[info->type];
    PyObject *base = tuple_item(b->types, info->type);
    PyObject *fields = field_names(info->fields, info->nfields);
    if (fields == NULL) {
        return -1;
    }
    tuple_set_item_steal(b->names, number, fields);
    PyObject *cls = type->shape == AST_PRODUCT ? new_ref(base)
                                               : make_class(info->name, info->doc, base, fields);
    if (cls == NULL) {
        return -1;
    }
    tuple_set_item_steal(b->classes, number, cls);
    if (set_optional(cls, info->fields, info->nfields) < 0) {
        return -1;
    }
    PyObject *singleton = Py_None;
    if (type->shape == AST_SIMPLE) {
        singleton = type_generic_new((PyTypeObject *)cls, NULL, NULL);
        if (singleton == NULL) {
            return -1;
        }
    }
    tuple_set_item_steal(b->singletons, number, singleton);
    return 0;
}

static int
build(Building *b)
{
    b->base = make_base();
    b->types = tuple_new(AST_TYPE_COUNT);
    b->classes = tuple_new(AST_CLASS_COUNT);
    b->singletons = tuple_new(AST_CLASS_COUNT);
    b->names = tuple_new(AST_CLASS_COUNT);
    b->attributes = tuple_new(AST_TYPE_COUNT);
    if (b->base == NULL || b->types == NULL || b->classes == NULL || b->singletons == NULL
        || b->names == NULL || b->attributes == NULL) {
        return -1;
    }
    for (int i = 0; i < AST_TYPE_COUNT; i++) {
        PyObject *type = make_type(b, i);
        if (type == NULL) {
            return -1;
        }
        tuple_set_item_steal(b->types, i, type);
    }
    for (int i = 0; i < AST_CLASS_COUNT; i++) {
        if (make_one_class(b, i) < 0) {
            return -1;
        }
    }
    for (int i = 0; i < AST_CLASS_COUNT; i++) {
        if (set_field_types(b, tuple_item(b->classes, i), &ast_classes[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
build_state(void)
{
    Building b = {0};
    PyObject *state = build(&b) == 0 ? tuple_pack(6, b.base, b.types, b.classes, b.singletons,
                                                  b.names, b.attributes)
                                     : NULL;
    xdecref(b.base);
    xdecref(b.types);
    xdecref(b.classes);
    xdecref(b.singletons);
    xdecref(b.names);
    xdecref(b.attributes);
    return state;
}

int
ast_state(AstState *state)
{
    InterpreterRoots *roots = interpreter_roots();
    PyObject *tuple = atomic_load_acquire_ptr(&roots->ast_state);
    if (tuple == NULL) {
        PyObject *made = build_state();
        if (made == NULL) {
            return -1;
        }
        // Two threads may have built it: the first one wins.
        CriticalSection cs;
        critical_section_begin_mutex(&cs, &roots->import_lock);
        tuple = roots->ast_state;
        if (tuple == NULL) {
            tuple = made;
            atomic_store_release_ptr(&roots->ast_state, made);
            made = NULL;
        }
        critical_section_end(&cs);
        xdecref(made);
    }
    *state = (AstState){
        .base = tuple_item(tuple, 0),
        .types = tuple_items(tuple_item(tuple, 1)),
        .classes = tuple_items(tuple_item(tuple, 2)),
        .singletons = tuple_items(tuple_item(tuple, 3)),
        .names = tuple_items(tuple_item(tuple, 4)),
        .attributes = tuple_items(tuple_item(tuple, 5)),
    };
    return 0;
}

// ---- the doors ----

PyObject *
ast_base_class(void)
{
    AstState state;
    return ast_state(&state) == 0 ? new_ref(state.base) : NULL;
}

PyObject *
ast_class(int class_number)
{
    AstState state;
    return ast_state(&state) == 0 ? new_ref(state.classes[class_number]) : NULL;
}

PyObject *
ast_type_class(int type_number)
{
    AstState state;
    return ast_state(&state) == 0 ? new_ref(state.types[type_number]) : NULL;
}

int
ast_add_classes(PyObject *module)
{
    AstState state;
    if (ast_state(&state) < 0 || module_add(module, "AST", state.base) < 0) {
        return -1;
    }
    for (int i = 0; i < AST_TYPE_COUNT; i++) {
        if (module_add(module, ast_types[i].name, state.types[i]) < 0) {
            return -1;
        }
    }
    for (int i = 0; i < AST_CLASS_COUNT; i++) {
        if (module_add(module, ast_classes[i].name, state.classes[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

int
ast_object_check(PyObject *op)
{
    AstState state;
    if (ast_state(&state) < 0) {
        return -1;
    }
    return object_isinstance(op, state.base);
}
