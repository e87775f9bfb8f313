// Replacement templates: literal text with references to groups between. Made by
// re._compile_template from what re._parser.parse_template gives: [literal, group, literal, …].
#include "abi/constants.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "modules/sre_internal.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/type.h"

typedef struct {
    PyObject ob_base;
    PyObject *parts;        // immutable list: literal (group literal)*
} Template;

PyObject *
sre_template_new(PyObject *pattern, PyObject *parts)
{
    if (!list_check(parts) || list_size(parts) % 2 == 0) {
        return error_set(PyExc_TypeError, "invalid template");
    }
    for (Py_ssize_t i = 1; i < list_size(parts); i += 2) {
        PyObject *group = list_get(parts, i);
        if (group != NULL && !int_check(group)) {
            error_set(PyExc_TypeError, "an integer is required");
            clear_ref(group);
        }
        Py_ssize_t index = group != NULL ? int_as_ssize(group) : -1;
        xdecref(group);
        if (index < 0) {
            return error_occurred() ? NULL : error_set(PyExc_TypeError, "invalid template");
        }
    }
    PyObject *copy = list_slice(parts, 0, list_size(parts));
    Template *self = copy != NULL ? (Template *)type_alloc(&sre_template_type, 0) : NULL;
    if (self == NULL) {
        xdecref(copy);
        return NULL;
    }
    self->parts = copy;
    return (PyObject *)self;
}

PyObject *
sre_template_literal_borrow(PyObject *op)
{
    if (object_type(op) != &sre_template_type) {
        return NULL;
    }
    PyObject *parts = ((Template *)op)->parts;
    return list_size(parts) == 1 ? list_item_borrow(parts, 0) : NULL;
}

PyObject *
sre_template_expand(PyObject *op, Match *match)
{
    if (object_type(op) != &sre_template_type) {
        return error_set(PyExc_TypeError, "invalid template");
    }
    PyObject *parts = ((Template *)op)->parts;
    PyObject *literal = sre_template_literal_borrow(op);
    if (literal != NULL) {
        return new_ref(literal);
    }
    PyObject *empty = sre_slice(match->string, 0, 0);
    PyObject *pieces = empty != NULL ? list_new(0) : NULL;
    PyObject *result = NULL;
    for (Py_ssize_t i = 0; i < list_size(parts) && pieces != NULL; i++) {
        PyObject *part = list_item_borrow(parts, i);
        PyObject *piece = i % 2 == 0 ? new_ref(part)
                                     : sre_match_group(match, int_as_ssize(part), empty);
        if (piece == NULL || list_append_steal(pieces, piece) < 0) {
            clear_ref(pieces);
        }
    }
    if (pieces != NULL) {
        result = str_check(empty) ? str_join(empty, pieces) : bytes_join(empty, pieces);
    }
    xdecref(pieces);
    xdecref(empty);
    return result;
}

static int
template_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyObject *parts = ((Template *)op)->parts;
    return parts != NULL ? visit(parts, arg) : 0;
}

static void
template_dealloc(PyObject *op)
{
    gc_untrack(op);
    clear_ref(((Template *)op)->parts);
    object_type(op)->tp_free(op);
}

PyTypeObject sre_template_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_sre.SRE_Template",
    .tp_basicsize = sizeof(Template),
    .tp_dealloc = template_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE
                | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = template_traverse,
};
