// Pickling of functions and classes, by the names under which they can be imported.
//
// Threading: see pickle_internal.h.
#include "memory/refcount.h"
#include "modules/pickle_internal.h"
#include "objects/bytes.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "runtime/import.h"

// ---- where an object lives ----

// Whether module has op under the path: 1, 0, -1.
static int
module_has(PyObject *module, PyObject *path, PyObject *op)
{
    PyObject *found = pickle_getattribute(module, path);
    if (found == NULL) {
        return error_clear_if(PyExc_AttributeError) ? 0 : -1;
    }
    decref(found);
    return found == op;
}

// The name of the first imported module that has op; "__main__" when there is none.
static PyObject *
search_modules(PyObject *op, PyObject *path)
{
    PyObject *modules = dict_items_list(interpreter_roots()->modules);
    for (Py_ssize_t i = 0; modules != NULL && i < list_size(modules); i++) {
        PyObject *pair = list_item_borrow(modules, i);
        PyObject *name = tuple_item(pair, 0), *module = tuple_item(pair, 1);
        if (module == Py_None || !str_check(name) || str_equal_cstr(name, "__main__") ||
            str_equal_cstr(name, "__mp_main__")) {
            continue;
        }
        int found = module_has(module, path, op);
        if (found != 0) {
            PyObject *result = found > 0 ? new_ref(name) : NULL;
            decref(modules);
            return result;
        }
    }
    xdecref(modules);
    return modules != NULL ? new_ref(ID(__main__)) : NULL;
}

// PicklingError after the exception being raised, which becomes its context.
static PyObject *
not_importable(PyObject *error, PyObject *op)
{
    PyObject *exc = error_take();
    error_format(error, "Can't pickle %R: %S", op, exc);
    error_chain_steal(exc);
    return NULL;
}

static PyObject *
check_found(PyObject *error, PyObject *op, PyObject *module_name, PyObject *name, PyObject *path)
{
    PyObject *module = import_import(module_name);
    if (module == NULL) {
        bool expected = error_matches(PyExc_ImportError) || error_matches(PyExc_ValueError) ||
                        error_matches(PyExc_KeyError);
        return expected ? not_importable(error, op) : NULL;
    }
    PyObject *found = pickle_getattribute(module, path);
    decref(module);
    if (found == op) {
        decref(found);
        return module_name;
    }
    if (found != NULL) {
        decref(found);
        return error_format(error, "Can't pickle %R: it's not the same object as %S.%S", op,
                            module_name, name);
    }
    if (error_matches(PyExc_AttributeError)) {
        PyObject *exc = error_take();
        error_format(error, "Can't pickle %R: it's not found as %S.%S", op, module_name, name);
        error_chain_steal(exc);
    }
    return NULL;
}

// The module from which op can be imported as name: new reference, or NULL with PicklingError.
static PyObject *
which_module(PyObject *error, PyObject *op, PyObject *name, PyObject *path)
{
    for (Py_ssize_t i = 0; i < list_size(path); i++) {
        if (str_equal_cstr(list_item_borrow(path, i), "<locals>")) {
            return error_format(error, "Can't pickle local object %R", op);
        }
    }
    PyObject *module_name;
    if (object_getattr_optional(op, ID(__module__), &module_name) < 0) {
        return NULL;
    }
    if (module_name == NULL || module_name == Py_None) {
        xdecref(module_name);
        module_name = search_modules(op, path);
    }
    if (module_name != NULL && !str_check(module_name)) {
        error_format(PyExc_TypeError, "__module__ must be a string, not %T", module_name);
        clear_ref(module_name);
    }
    if (module_name != NULL && check_found(error, op, module_name, name, path) == NULL) {
        clear_ref(module_name);
    }
    return module_name;
}

// ---- extension codes (copyreg.add_extension) ----

// 1 when op has a code and that was written, 0, or -1.
static int
try_extension(Pickler *self, PyObject *op, PyObject *module_name, PyObject *name)
{
    PyObject *registry = self->state->extension_registry;
    if (self->protocol < 2 || dict_size(registry) == 0) {
        return 0;
    }
    PyObject *key = tuple_pack(2, module_name, name), *code = NULL;
    int found = key != NULL ? dict_get(registry, key, &code) : -1;
    xdecref(key);
    if (found <= 0) {
        return found;
    }
    long number = int_as_long(code);
    decref(code);
    if (number == -1 && error_occurred()) {
        return -1;
    }
    if (number <= 0 || number > INT32_MAX) {
        error_format(PyExc_RuntimeError, "extension code %ld is out of range", number);
        return -1;
    }
    int opcode = number <= 0xff ? OP_EXT1 : number <= 0xffff ? OP_EXT2 : OP_EXT4;
    int bytes = number <= 0xff ? 1 : number <= 0xffff ? 2 : 4;
    return pickle_write_number(self, opcode, (uint64_t)number, bytes) < 0 ? -1 : 1;
}

// ---- before protocol 4 ----

// The names that Python 2 has for them. Both are consumed and replaced. 0 or -1.
static int
map_to_python2(PickleState *state, PyObject **module_name, PyObject **name)
{
    PyObject *mapped;
    PyObject *key = tuple_pack(2, *module_name, *name);
    int found = key != NULL ? dict_get(state->reverse_name_mapping, key, &mapped) : -1;
    xdecref(key);
    if (found > 0) {
        if (!tuple_check(mapped) || tuple_size(mapped) != 2 ||
            !str_check(tuple_item(mapped, 0)) || !str_check(tuple_item(mapped, 1))) {
            error_format(PyExc_RuntimeError,
                         "_compat_pickle.REVERSE_NAME_MAPPING values should be pairs of str, "
                         "not (%T)", mapped);
            decref(mapped);
            return -1;
        }
        set_ref(*module_name, new_ref(tuple_item(mapped, 0)));
        set_ref(*name, new_ref(tuple_item(mapped, 1)));
        decref(mapped);
        return 0;
    }
    if (found == 0) {
        found = dict_get(state->reverse_import_mapping, *module_name, &mapped);
    }
    if (found > 0 && !str_check(mapped)) {
        error_format(PyExc_RuntimeError,
                     "_compat_pickle.REVERSE_IMPORT_MAPPING values should be strings, not %T",
                     mapped);
        decref(mapped);
        return -1;
    }
    if (found > 0) {
        set_ref(*module_name, mapped);
    }
    return found < 0 ? -1 : 0;
}

static int
write_name(Pickler *self, PyObject *name, const char *what)
{
    PyObject *encoded = self->protocol >= 3 ? str_encode_utf8(name, "strict")
                                            : str_encode_ascii(name, "strict");
    if (encoded == NULL) {
        if (error_matches(PyExc_UnicodeEncodeError)) {
            PyObject *exc = error_take();
            error_format(self->state->pickling_error,
                         "can't pickle %s identifier %R using pickle protocol %d", what, name,
                         self->protocol);
            error_chain_steal(exc);
        }
        return -1;
    }
    int status = pickle_write(self, bytes_data(encoded), (size_t)bytes_length(encoded));
    decref(encoded);
    return status < 0 ? -1 : pickle_write_code(self, '\n');
}

static int
write_global(Pickler *self, PyObject *module_name, PyObject *name)
{
    PyObject *module = new_ref(module_name), *global = new_ref(name);
    int status = -1;
    if ((!self->fix_imports || self->protocol >= 3 ||
         map_to_python2(self->state, &module, &global) == 0) &&
        pickle_write_code(self, OP_GLOBAL) == 0 && write_name(self, module, "module") == 0) {
        status = write_name(self, global, "global");
    }
    decref(module);
    decref(global);
    return status;
}

// A nested name: getattr(getattr(module.a, 'b'), 'c').
static int
write_nested_global(Pickler *self, PyObject *module_name, PyObject *path)
{
    Py_ssize_t n = list_size(path);
    for (Py_ssize_t i = 1; i < n; i++) {
        if (pickle_save(self, self->state->getattr, true) < 0 ||
            (self->protocol < 2 && pickle_write_code(self, OP_MARK) < 0)) {
            return -1;
        }
    }
    if (write_global(self, module_name, list_item_borrow(path, 0)) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 1; i < n; i++) {
        if (pickle_save(self, list_item_borrow(path, i), true) < 0 ||
            pickle_write_code(self, self->protocol < 2 ? OP_TUPLE : OP_TUPLE2) < 0 ||
            pickle_write_code(self, OP_REDUCE) < 0) {
            return -1;
        }
    }
    return 0;
}

// ---- all of it ----

static int
write_reference(Pickler *self, PyObject *op, PyObject *module_name, PyObject *name,
                PyObject *path)
{
    int status = try_extension(self, op, module_name, name);
    if (status != 0) {
        return status < 0 ? -1 : 0;
    }
    if (self->protocol >= 4) {
        status = pickle_save(self, module_name, true) < 0 || pickle_save(self, name, true) < 0
                     ? -1 : pickle_write_code(self, OP_STACK_GLOBAL);
    }
    else if (list_size(path) > 1) {
        status = write_nested_global(self, module_name, path);
    }
    else {
        status = write_global(self, module_name, name);
    }
    return status < 0 ? -1 : pickle_memoize(self, op);
}

// op.__qualname__, or op.__name__.
static PyObject *
own_name(PyObject *op)
{
    PyObject *name;
    if (object_getattr_optional(op, ID(__qualname__), &name) < 0) {
        return NULL;
    }
    return name != NULL ? name : object_getattr(op, ID(__name__));
}

int
pickle_save_global(Pickler *self, PyObject *op, PyObject *name)
{
    int status = -1;
    PyObject *path = NULL, *module_name = NULL;
    name = name != NULL ? new_ref(name) : own_name(op);
    if (name != NULL && !str_check(name)) {
        error_format(PyExc_TypeError, "name must be a string, not %T", name);
        clear_ref(name);
    }
    if (name != NULL) {
        path = pickle_split_name(name);
    }
    if (path != NULL) {
        module_name = which_module(self->state->pickling_error, op, name, path);
    }
    if (module_name != NULL) {
        status = write_reference(self, op, module_name, name, path);
    }
    xdecref(module_name);
    xdecref(path);
    xdecref(name);
    return status;
}

int
pickle_save_type(Pickler *self, PyObject *op)
{
    PyObject *only = op == (PyObject *)&_PyNone_Type             ? Py_None
                     : op == (PyObject *)&PyEllipsis_Type         ? Py_Ellipsis
                     : op == (PyObject *)&_PyNotImplemented_Type ? Py_NotImplemented
                                                                  : NULL;
    if (only == NULL) {
        return pickle_save_global(self, op, NULL);
    }
    // These classes have no name to be found under: type(None).
    PyObject *args = tuple_pack(1, only);
    PyObject *result = args != NULL ? tuple_pack(2, &PyType_Type, args) : NULL;
    int status = result != NULL ? pickle_save_reduce(self, result, op) : -1;
    xdecref(result);
    xdecref(args);
    return status;
}
