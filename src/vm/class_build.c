// The class statement: builtins.__build_class__.
#include "abi/constants.h"
#include "objects/call.h"
#include "objects/cell.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/function.h"
#include "objects/identifiers.h"
#include "objects/mapping.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "vm/run.h"
#include "vm/vm.h"

typedef struct ClassStatement {
    PyObject *func;             // borrowed: the body
    PyObject *name;             // borrowed
    PyObject *original_bases;   // owned tuple
    PyObject *bases;            // owned tuple: with __mro_entries__ applied
    PyObject *keywords;         // owned dict or NULL
    PyObject *metaclass;        // owned
    PyObject *namespace;        // owned
    PyObject *cell;             // owned: cell of __class__, or None
} ClassStatement;

// The metaclass: keyword `metaclass`, the type of the first base, or type; then the most derived.
static int
class_find_metaclass(ClassStatement *c)
{
    if (c->keywords != NULL &&
        dict_pop(c->keywords, ID(metaclass), &c->metaclass) < 0) {
        return -1;
    }
    if (c->metaclass == NULL) {
        c->metaclass = tuple_size(c->bases) == 0
                           ? new_ref((PyObject *)&PyType_Type)
                           : new_ref((PyObject *)type_of(tuple_item(c->bases, 0)));
    }
    else if (!type_check(c->metaclass)) {
        return 0;
    }
    PyTypeObject *winner = type_calculate_metaclass((PyTypeObject *)c->metaclass, c->bases);
    if (winner == NULL) {
        return -1;
    }
    set_ref(c->metaclass, new_ref((PyObject *)winner));
    return 0;
}

static int
class_prepare(ClassStatement *c)
{
    PyObject *prepare;
    int found = object_getattr_optional(c->metaclass, ID(__prepare__), &prepare);
    if (found < 0) {
        return -1;
    }
    if (found == 0) {
        c->namespace = dict_new();
        return c->namespace == NULL ? -1 : 0;
    }
    PyObject *args[3] = {NULL, c->name, c->bases};
    c->namespace = object_vectorcall_dict(prepare, args + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET,
                                          c->keywords);
    decref(prepare);
    if (c->namespace == NULL) {
        return -1;
    }
    if (!mapping_check(c->namespace)) {
        error_format(PyExc_TypeError, "%.200s.__prepare__() must return a mapping, not %.200s",
                     type_check(c->metaclass) ? ((PyTypeObject *)c->metaclass)->tp_name
                                              : "<metaclass>",
                     type_of(c->namespace)->tp_name);
        return -1;
    }
    return 0;
}

// The cell of __class__ must hold the new class when type.__new__ made it.
static int
class_check_cell(ClassStatement *c, PyObject *cls)
{
    if (!type_check(cls) || !cell_check(c->cell)) {
        return 0;
    }
    PyObject *content = cell_get(c->cell);
    if (content == NULL) {
        error_format(PyExc_RuntimeError,
                     "__class__ not set defining %.200R as %.200R. Was __classcell__ propagated to "
                     "type.__new__?", c->name, cls);
        return -1;
    }
    int result = 0;
    if (content != cls) {
        error_format(PyExc_TypeError, "__class__ set to %.200R defining %.200R as %.200R", content,
                     c->name, cls);
        result = -1;
    }
    decref(content);
    return result;
}

static PyObject *
class_make(ClassStatement *c)
{
    if (c->bases != c->original_bases &&
        object_setitem(c->namespace, ID(__orig_bases__), c->original_bases) < 0) {
        return NULL;
    }
    PyObject *args[4] = {NULL, c->name, c->bases, c->namespace};
    PyObject *cls = object_vectorcall_dict(c->metaclass, args + 1,
                                           3 | PY_VECTORCALL_ARGUMENTS_OFFSET, c->keywords);
    if (cls != NULL && class_check_cell(c, cls) < 0) {
        clear_ref(cls);
    }
    return cls;
}

static PyObject *
class_build(ClassStatement *c, PyObject *const *bases, Py_ssize_t nbases, PyObject *kwnames)
{
    c->original_bases = tuple_from_array(bases, nbases);
    if (c->original_bases == NULL) {
        return NULL;
    }
    c->bases = type_resolve_bases(c->original_bases);
    if (c->bases == NULL) {
        return NULL;
    }
    if (kwnames != NULL && tuple_size(kwnames) > 0) {
        c->keywords = dict_from_keywords(bases + nbases, kwnames);
        if (c->keywords == NULL) {
            return NULL;
        }
    }
    if (class_find_metaclass(c) < 0 || class_prepare(c) < 0) {
        return NULL;
    }
    c->cell = vm_run_function_with_locals(c->func, c->namespace);
    return c->cell == NULL ? NULL : class_make(c);
}

PyObject *
vm_build_class(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    if (nargs < 2) {
        return error_set(PyExc_TypeError, "__build_class__: not enough arguments");
    }
    if (!function_check(args[0])) {
        return error_set(PyExc_TypeError, "__build_class__: func must be a function");
    }
    if (!str_check(args[1])) {
        return error_set(PyExc_TypeError, "__build_class__: name is not a string");
    }
    ClassStatement c = {.func = args[0], .name = args[1]};
    PyObject *cls = class_build(&c, args + 2, nargs - 2, kwnames);
    xdecref(c.original_bases);
    xdecref(c.bases);
    xdecref(c.keywords);
    xdecref(c.metaclass);
    xdecref(c.namespace);
    xdecref(c.cell);
    return cls;
}
