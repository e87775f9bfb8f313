// Trees to Python objects and back, driven by the tables of ast.h.
//
// Both ways recurse with the tree; the C stack is checked at each node. Reading takes lists as
// they are at the time and notices when they change; values that are not nodes are borrowed into
// the arena.
//
// Threading: plain functions; other threads may change the objects while they are read.
#include <stdio.h>
#include <string.h>

#include "memory/refcount.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "syntax/ast_class.h"
#include "syntax/parser.h"
#include "thread/thread.h"

// ---- tree to objects ----

typedef struct {
    AstState state;
} Writer;

static PyObject *node_to_object(Writer *w, const void *node, int type);

// One value of that type at p (the field itself, or an item of a sequence).
static PyObject *
value_to_object(Writer *w, const void *p, int type)
{
    if (type == AST_TYPE_INT) {
        return int_from_i64(*(const int *)p);
    }
    if (type >= AST_TYPE_COUNT) {
        PyObject *op = *(PyObject *const *)p;
        return new_ref(op != NULL ? op : Py_None);
    }
    if (ast_types[type].shape == AST_SIMPLE) {
        int kind = *(const int *)p;
        return new_ref(w->state.singletons[ast_types[type].first_class + kind - 1]);
    }
    const void *node = *(void *const *)p;
    return node != NULL ? node_to_object(w, node, type) : Py_None;
}

static size_t
item_size(int type)
{
    bool small = type == AST_TYPE_INT
                 || (type < AST_TYPE_COUNT && ast_types[type].shape == AST_SIMPLE);
    return small ? sizeof(int) : sizeof(void *);
}

// Items follow the size; enumerators are as small as ints and follow it just the same.
static PyObject *
sequence_to_object(Writer *w, const void *seq, int type)
{
    Py_ssize_t size = *(const Py_ssize_t *)seq;
    const char *items = (const char *)seq + sizeof(Py_ssize_t);
    PyObject *list = list_new(size);
    for (Py_ssize_t i = 0; list != NULL && i < size; i++) {
        PyObject *item = value_to_object(w, items + (size_t)i * item_size(type), type);
        if (item == NULL) {
            clear_ref(list);
            break;
        }
        list_set_item_steal(list, i, item);
    }
    return list;
}

static int
set_fields(Writer *w, PyObject *op, const void *node, const AstField *fields, int count,
           PyObject *names)
{
    for (int i = 0; i < count; i++) {
        const char *p = (const char *)node + fields[i].offset;
        PyObject *value = fields[i].quantifier >= AST_SEQUENCE
                              ? sequence_to_object(w, *(void *const *)p, fields[i].type)
                              : value_to_object(w, p, fields[i].type);
        if (value == NULL) {
            return -1;
        }
        int result = object_setattr(op, tuple_item(names, i), value);
        decref(value);
        if (result < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
node_to_object(Writer *w, const void *node, int type)
{
    const AstType *info = &ast_types[type];
    int number = info->first_class;
    if (info->shape == AST_SUM) {
        number += *(const int *)node - 1;
    }
    if (thread_enter_c(" during ast construction") < 0) {
        return NULL;
    }
    const AstClass *cls = &ast_classes[number];
    PyTypeObject *python = (PyTypeObject *)w->state.classes[number];
    PyObject *op = type_generic_new(python, NULL, NULL);
    if (op != NULL
        && (set_fields(w, op, node, cls->fields, cls->nfields, w->state.names[number]) < 0
            || set_fields(w, op, node, info->attributes, info->nattributes,
                          w->state.attributes[type])
                   < 0)) {
        clear_ref(op);
    }
    thread_leave_c();
    return op;
}

PyObject *
ast_to_object(Mod *mod)
{
    Writer w;
    if (ast_state(&w.state) < 0) {
        return NULL;
    }
    return node_to_object(&w, mod, AST_TYPE_MOD);
}

// ---- objects to tree ----

typedef struct {
    AstState state;
    Arena *arena;
} Reader;

static int node_from_object(Reader *r, PyObject *op, int type, void **result);
static int read_node(Reader *r, PyObject *op, int type, void **result);

static int
keep(Reader *r, PyObject *op, void *p)
{
    *(PyObject **)p = op;
    return arena_keep(r->arena, op);
}

// Names become interned, so that later stages compare addresses.
static int
read_identifier(Reader *r, PyObject *op, void *p)
{
    if (!str_check_exact(op)) {
        error_set(PyExc_TypeError, "AST identifier must be of type str");
        return -1;
    }
    PyObject *interned = str_intern(op);
    *(PyObject **)p = interned;
    return interned != NULL ? arena_keep_steal(r->arena, interned) : -1;
}

static int
read_int(PyObject *op, void *p)
{
    if (!int_check(op)) {
        error_format(PyExc_ValueError, "invalid integer value: %R", op);
        return -1;
    }
    int value = int_as_int(op);
    if (value == -1 && error_occurred()) {
        return -1;
    }
    *(int *)p = value;
    return 0;
}

// A class of a simple sum: the number of the enumerator.
static int
read_enumerator(Reader *r, PyObject *op, int type, int *result)
{
    const AstType *info = &ast_types[type];
    for (int i = 0; i < info->nclasses; i++) {
        int found = object_isinstance(op, r->state.classes[info->first_class + i]);
        if (found != 0) {
            *result = i + 1;
            return found < 0 ? -1 : 0;
        }
    }
    error_format(PyExc_TypeError, "expected some sort of %s, but got %R", info->name, op);
    return -1;
}

// One value into p. None gives NULL for nodes, and for text where that is allowed.
static int
read_value(Reader *r, PyObject *op, int type, bool null_allowed, void *p)
{
    switch (type) {
    case AST_TYPE_INT:
        return read_int(op, p);
    case AST_TYPE_CONSTANT:
        return keep(r, op, p);
    case AST_TYPE_IDENTIFIER:
        return op == Py_None && null_allowed ? 0 : read_identifier(r, op, p);
    case AST_TYPE_STRING:
        if (op == Py_None && null_allowed) {
            return 0;
        }
        if (!str_check_exact(op)) {
            error_set(PyExc_TypeError, "AST string must be of type str");
            return -1;
        }
        return keep(r, op, p);
    default:
        return ast_types[type].shape == AST_SIMPLE ? read_enumerator(r, op, type, p)
                                                   : node_from_object(r, op, type, p);
    }
}

// One item of a list. None is a missing expression or statement, which ast_validate judges; a
// product that lacks all its fields; and not allowed otherwise.
static int
read_item(Reader *r, PyObject *op, int type, void *p)
{
    bool is_node = type < AST_TYPE_COUNT && ast_types[type].shape != AST_SIMPLE;
    if (op != Py_None || !is_node || type == AST_TYPE_EXPR || type == AST_TYPE_STMT ||
        type == AST_TYPE_TYPE_IGNORE) {
        return read_value(r, op, type, false, p);
    }
    if (ast_types[type].shape == AST_PRODUCT) {
        return read_node(r, op, type, p);
    }
    error_format(PyExc_ValueError, "None disallowed in %s list", ast_types[type].name);
    return -1;
}

static int
read_sequence(Reader *r, PyObject *list, const AstField *field, const char *owner, void *p)
{
    size_t size = item_size(field->type);
    if (list == NULL) {
        *(void **)p = arena_alloc(r->arena, sizeof(Py_ssize_t));
        return *(void **)p != NULL ? 0 : -1;
    }
    if (!list_check(list)) {
        error_format(PyExc_TypeError, "%s field \"%s\" must be a list, not a %.200s", owner,
                     field->name, type_of(list)->tp_name);
        return -1;
    }
    Py_ssize_t count = list_size(list);
    char *seq = arena_alloc_items(r->arena, sizeof(Py_ssize_t), count, size);
    if (seq == NULL) {
        return -1;
    }
    *(Py_ssize_t *)seq = count;
    *(void **)p = seq;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = list_get_optional(list, i);
        int result = -1;
        if (item != NULL) {
            result = read_item(r, item, field->type,
                               seq + sizeof(Py_ssize_t) + (size_t)i * size);
            decref(item);
        }
        if (result == 0 && list_size(list) == count) {
            continue;
        }
        if (!error_occurred()) {
            error_format(PyExc_RuntimeError, "%s field \"%s\" changed size during iteration",
                         owner, field->name);
        }
        return -1;
    }
    return 0;
}

static int
missing(const char *field, const char *owner)
{
    error_format(PyExc_TypeError, "required field \"%s\" missing from %s", field, owner);
    return -1;
}

// Reads a field of op (an instance of the class `owner`).
static int
read_field(Reader *r, PyObject *op, const AstField *field, PyObject *name, const char *owner,
           void *p)
{
    PyObject *value;
    int found = object_getattr_optional(op, name, &value);
    if (found < 0) {
        return -1;
    }
    if (field->quantifier >= AST_SEQUENCE) {
        int result = read_sequence(r, found ? value : NULL, field, owner, p);
        if (found) {
            decref(value);
        }
        return result;
    }
    bool optional = field->quantifier == AST_OPTIONAL;
    if (found == 0) {
        return optional ? 0 : missing(field->name, owner);
    }
    int result = 0;
    if (!(optional && value == Py_None && field->type != AST_TYPE_CONSTANT)) {
        // Names that are None are found by check_required.
        result = read_value(r, value, field->type,
                            optional || field->type == AST_TYPE_IDENTIFIER, p);
    }
    decref(value);
    return result;
}

// A node that the grammar demands may not be None.
static int
check_required(const AstField *field, const char *owner, const void *p)
{
    bool pointer = field->quantifier == AST_ONE && field->type != AST_TYPE_INT
                   && (field->type >= AST_TYPE_COUNT
                       || ast_types[field->type].shape != AST_SIMPLE);
    if (pointer && *(void *const *)p == NULL) {
        error_format(PyExc_ValueError, "field '%s' is required for %s", field->name, owner);
        return -1;
    }
    return 0;
}

static int
read_fields(Reader *r, PyObject *op, const AstClass *cls, PyObject *names, char *node)
{
    for (int i = 0; i < cls->nfields; i++) {
        const AstField *field = &cls->fields[i];
        if (read_field(r, op, field, tuple_item(names, i), cls->name, node + field->offset) < 0) {
            return -1;
        }
    }
    for (int i = 0; i < cls->nfields; i++) {
        if (check_required(&cls->fields[i], cls->name, node + cls->fields[i].offset) < 0) {
            return -1;
        }
    }
    return 0;
}

// Ends of positions default to their beginnings.
static int
read_attributes(Reader *r, PyObject *op, int type, char *node)
{
    const AstType *info = &ast_types[type];
    for (int i = 0; i < info->nattributes; i++) {
        const AstField *field = &info->attributes[i];
        int *p = (int *)(node + field->offset);
        if (i >= 2 && field->quantifier == AST_OPTIONAL) {
            *p = *(int *)(node + info->attributes[i - 2].offset);
        }
        if (read_field(r, op, field, tuple_item(r->state.attributes[type], i), info->name, p) < 0) {
            return -1;
        }
    }
    return 0;
}

// The class of a sum that op is an instance of: its number, or -1 with an exception.
static int
find_class(Reader *r, PyObject *op, int type)
{
    const AstType *info = &ast_types[type];
    for (int i = info->first_class; i < info->first_class + info->nclasses; i++) {
        if ((PyObject *)type_of(op) == r->state.classes[i]) {
            return i;
        }
    }
    for (int i = info->first_class; i < info->first_class + info->nclasses; i++) {
        int found = object_isinstance(op, r->state.classes[i]);
        if (found != 0) {
            return found < 0 ? -1 : i;
        }
    }
    error_format(PyExc_TypeError, "expected some sort of %s, but got %R", info->name, op);
    return -1;
}

static int
read_node(Reader *r, PyObject *op, int type, void **result)
{
    const AstType *info = &ast_types[type];
    char *node = arena_alloc(r->arena, info->size);
    if (node == NULL) {
        return -1;
    }
    // Attributes are asked for first; those of a sum do not depend on the class.
    if (info->shape == AST_SUM && read_attributes(r, op, type, node) < 0) {
        return -1;
    }
    int number = info->shape == AST_PRODUCT ? info->first_class : find_class(r, op, type);
    if (number < 0) {
        return -1;
    }
    if (info->shape == AST_SUM) {
        *(int *)node = ast_classes[number].kind;
    }
    if (read_fields(r, op, &ast_classes[number], r->state.names[number], node) < 0) {
        return -1;
    }
    if (info->shape == AST_PRODUCT && read_attributes(r, op, type, node) < 0) {
        return -1;
    }
    *result = node;
    return 0;
}

static int
node_from_object(Reader *r, PyObject *op, int type, void **result)
{
    static const char traversing[] = " while traversing '%s' node";
    if (op == Py_None) {
        *result = NULL;
        return 0;
    }
    char where[64];
    snprintf(where, sizeof where, traversing, ast_types[type].name);
    if (thread_enter_c(where) < 0) {
        return -1;
    }
    int status = read_node(r, op, type, result);
    thread_leave_c();
    return status;
}

static bool
has_class_of_mode(const AstState *state, PyObject *op, int mode)
{
    int number = mode == PARSE_EVAL        ? AST_CLASS_Expression
                 : mode == PARSE_SINGLE    ? AST_CLASS_Interactive
                 : mode == PARSE_FUNC_TYPE ? AST_CLASS_FunctionType
                                           : AST_CLASS_Module;
    int matches = object_isinstance(op, state->classes[number]);
    if (matches == 0) {
        error_format(PyExc_TypeError, "expected %s node, got %.400s", ast_classes[number].name,
                     type_of(op)->tp_name);
    }
    return matches > 0;
}

int
ast_object_check_mode(PyObject *op, int mode)
{
    AstState state;
    return ast_state(&state) == 0 && has_class_of_mode(&state, op, mode) ? 0 : -1;
}

Mod *
ast_from_object(PyObject *op, int mode, Arena *arena)
{
    Reader r = {.arena = arena};
    if (ast_state(&r.state) < 0 || !has_class_of_mode(&r.state, op, mode)) {
        return NULL;
    }
    void *mod;
    return node_from_object(&r, op, AST_TYPE_MOD, &mod) == 0 ? mod : NULL;
}
