// import statements (import_ops.h).
#include "vm/import_ops.h"

#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/mapping.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "vm/ops.h"

// Locals as __import__ gets them: the mapping of unoptimised code, else None.
static PyObject *
import_locals(Value *fp)
{
    return (frame_code(fp)->co_flags & CO_OPTIMIZED) == 0 ? value_pointer(fp[0]) : Py_None;
}

Value
import_name(Value *fp, PyObject *name, Value fromlist, Value level)
{
    PyObject *function = NULL;
    PyObject *builtins = frame_builtins_of(fp);
    int found = dict_check_exact(builtins) ? dict_get(builtins, ID(__import__), &function)
                                           : mapping_getitem_optional(builtins, ID(__import__), &function);
    if (found <= 0) {
        if (found == 0) {
            error_set(PyExc_ImportError, "__import__ not found");
        }
        return VALUE_UNSET;
    }
    Value result = VALUE_UNSET;
    Box from, depth;
    if (box_borrow(&from, fromlist)) {
        if (box_borrow(&depth, level)) {
            PyObject *args[6] = {NULL, name, frame_globals_of(fp), import_locals(fp), from.op,
                                 depth.op};
            result = value_result(object_vectorcall(
                function, args + 1, 5 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL));
            box_release(&depth);
        }
        box_release(&from);
    }
    decref(function);
    return result;
}

// module.__spec__ when it is there and not None: new reference, or NULL without an exception.
static PyObject *
import_spec(PyObject *module)
{
    PyObject *spec = NULL;
    if (object_getattr_optional(module, ID(__spec__), &spec) < 0) {
        error_clear();
    }
    if (spec == Py_None) {
        clear_ref(spec);
    }
    return spec;
}

static bool
import_is_initializing(PyObject *spec)
{
    PyObject *flag = NULL;
    if (spec == NULL || object_getattr_optional(spec, ID(_initializing), &flag) <= 0) {
        error_clear();
        return false;
    }
    bool result = object_is_true(flag) > 0;
    error_clear();
    decref(flag);
    return result;
}

// Where the module came from: spec.origin when it has a location, else __file__; NULL: unknown.
static PyObject *
import_origin(PyObject *module, PyObject *spec)
{
    PyObject *origin = NULL, *located = NULL;
    if (spec != NULL && object_getattr_optional(spec, ID(has_location), &located) > 0) {
        bool has = object_is_true(located) > 0;
        decref(located);
        if (has) {
            object_getattr_optional(spec, ID(origin), &origin);
        }
    }
    error_clear();
    if (origin == NULL) {
        object_getattr_optional(module, ID(__file__), &origin);
        error_clear();
    }
    if (origin != NULL && !str_check(origin)) {
        clear_ref(origin);
    }
    return origin;
}

static void
import_from_error(PyObject *module, PyObject *module_name, PyObject *name)
{
    PyObject *shown = module_name != NULL ? new_ref(module_name) : str_from_cstr("<unknown module name>");
    PyObject *spec = import_spec(module);
    PyObject *origin = import_origin(module, spec);
    PyObject *message = NULL;
    if (shown == NULL) {
        goto done;
    }
    bool shadowing = module_name != NULL && module_may_shadow(origin);
    int standard = shadowing ? module_is_stdlib_name(module_name) : 0;
    if (standard < 0) {
        goto done;
    }
    bool initializing = import_is_initializing(spec);
    if (standard > 0) {
        message = str_format("cannot import name %R from %R (consider renaming %R since it has the "
                             "same name as the standard library module named %R and prevents "
                             "importing that standard library module)",
                             name, shown, origin, shown);
    }
    else if (shadowing && initializing) {
        message = str_format("cannot import name %R from %R (consider renaming %R if it has the "
                             "same name as a library you intended to import)",
                             name, shown, origin);
    }
    else if (initializing) {
        message = str_format("cannot import name %R from partially initialized module %R (most "
                             "likely due to a circular import)%s%U%s",
                             name, shown, origin == NULL ? "" : " (",
                             origin == NULL ? str_empty() : origin, origin == NULL ? "" : ")");
    }
    else if (origin != NULL) {
        message = str_format("cannot import name %R from %R (%S)", name, shown, origin);
    }
    else {
        message = str_format("cannot import name %R from %R (unknown location)", name, shown);
    }
    if (message != NULL) {
        error_set_import(PyExc_ImportError, message, module_name, origin);
        PyObject *exc = error_take();
        if (exc != NULL && object_type_is(exc, (PyTypeObject *)PyExc_ImportError)) {
            set_ref(((PyImportErrorObject *)exc)->name_from, new_ref(name));
        }
        error_restore_steal(exc);
    }
done:
    xdecref(message);
    xdecref(origin);
    xdecref(spec);
    xdecref(shown);
}

Value
import_from(Value module_value, PyObject *name)
{
    Box box;
    if (!box_borrow(&box, module_value)) {
        return VALUE_UNSET;
    }
    PyObject *result = NULL, *module_name = NULL;
    int found = object_getattr_optional(box.op, name, &result);
    if (found == 0) {
        // A circular import: the submodule may be in sys.modules already.
        if (object_getattr_optional(box.op, ID(__name__), &module_name) < 0) {
            goto done;
        }
        if (module_name != NULL && !str_check(module_name)) {
            clear_ref(module_name);
        }
        if (module_name != NULL) {
            PyObject *full = str_format("%U.%U", module_name, name);
            if (full == NULL ||
                mapping_getitem_optional(interpreter_roots()->modules, full, &result) < 0) {
                xdecref(full);
                goto done;
            }
            decref(full);
        }
        if (result == NULL) {
            import_from_error(box.op, module_name, name);
        }
    }
done:
    xdecref(module_name);
    box_release(&box);
    return value_result(result);
}

// ---- from … import * ----

// The names to import: __all__, or the keys of __dict__ (*skip: without those with an underscore).
static PyObject *
star_names(PyObject *module, bool *skip)
{
    PyObject *all = NULL, *dict = NULL;
    *skip = false;
    if (object_getattr_optional(module, ID(__all__), &all) != 0) {
        return all;
    }
    if (object_getattr_optional(module, ID(__dict__), &dict) < 0) {
        return NULL;
    }
    if (dict == NULL) {
        return error_set(PyExc_ImportError, "from-import-* object has no __dict__ and no __all__");
    }
    PyObject *names = mapping_keys(dict);
    decref(dict);
    *skip = true;
    return names;
}

static int
star_bad_name(PyObject *module, PyObject *name, bool from_dict)
{
    PyObject *module_name = object_getattr(module, ID(__name__));
    if (module_name == NULL) {
        return -1;
    }
    if (!str_check(module_name)) {
        error_format(PyExc_TypeError, "module __name__ must be a string, not %.100s",
                     type_of(module_name)->tp_name);
    }
    else {
        error_format(PyExc_TypeError, "%s in %U.%s must be str, not %.100s",
                     from_dict ? "Key" : "Item", module_name, from_dict ? "__dict__" : "__all__",
                     type_of(name)->tp_name);
    }
    decref(module_name);
    return -1;
}

int
import_star(Value *fp, PyObject *module)
{
    bool skip;
    PyObject *locals = value_pointer(fp[0]);
    PyObject *names = star_names(module, &skip);
    if (names == NULL) {
        return -1;
    }
    int result = 0;
    for (Py_ssize_t i = 0; result == 0; i++) {
        PyObject *name = sequence_getitem(names, i);
        if (name == NULL) {
            result = error_clear_if(PyExc_IndexError) ? 1 : -1;
            break;
        }
        if (!str_check(name)) {
            result = star_bad_name(module, name, skip);
        }
        else if (!(skip && str_length(name) > 0 && str_read_char(name, 0) == '_')) {
            PyObject *value = object_getattr(module, name);
            result = value == NULL                ? -1
                     : dict_check_exact(locals) ? dict_set(locals, name, value)
                                                : object_setitem(locals, name, value);
            xdecref(value);
        }
        decref(name);
    }
    decref(names);
    return result < 0 ? -1 : 0;
}
