// What unpickling needs to know about objects: finding classes, making instances, setting state.
//
// Threading: see unpickler.h.
#include "abi/constants.h"
#include "memory/refcount.h"
#include "modules/unpickler.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/descr.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "runtime/import.h"
#include "runtime/sys.h"

// ---- classes ----

// The names that Python 3 has for them. Both are consumed and replaced. 0 or -1.
static int
map_to_python3(PickleState *state, PyObject **module_name, PyObject **name)
{
    PyObject *mapped;
    PyObject *key = tuple_pack(2, *module_name, *name);
    int found = key != NULL ? dict_get(state->name_mapping, key, &mapped) : -1;
    xdecref(key);
    if (found > 0) {
        if (!tuple_check(mapped) || tuple_size(mapped) != 2 ||
            !str_check(tuple_item(mapped, 0)) || !str_check(tuple_item(mapped, 1))) {
            error_format(PyExc_RuntimeError,
                         "_compat_pickle.NAME_MAPPING values should be pairs of str, not (%T)",
                         mapped);
            decref(mapped);
            return -1;
        }
        set_ref(*module_name, new_ref(tuple_item(mapped, 0)));
        set_ref(*name, new_ref(tuple_item(mapped, 1)));
        decref(mapped);
        return 0;
    }
    if (found == 0) {
        found = dict_get(state->import_mapping, *module_name, &mapped);
    }
    if (found > 0 && !str_check(mapped)) {
        error_format(PyExc_RuntimeError,
                     "_compat_pickle.IMPORT_MAPPING values should be strings, not %T", mapped);
        decref(mapped);
        return -1;
    }
    if (found > 0) {
        set_ref(*module_name, mapped);
    }
    return found < 0 ? -1 : 0;
}

// A dotted name in a module.
static PyObject *
resolve_path(PyObject *module, PyObject *module_name, PyObject *name)
{
    PyObject *path = pickle_split_name(name);
    PyObject *found = path != NULL ? pickle_getattribute(module, path) : NULL;
    if (path != NULL && found == NULL && error_matches(PyExc_AttributeError)) {
        PyObject *exc = error_take();
        error_format(PyExc_AttributeError, "Can't resolve path %R on module %R", name,
                     module_name);
        error_chain_steal(exc);
    }
    xdecref(path);
    return found;
}

PyObject *
unpickle_find_class(Unpickler *self, PyObject *module_name, PyObject *name)
{
    if (sys_audit("pickle.find_class", "OO", module_name, name) < 0) {
        return NULL;
    }
    if (!str_check(module_name)) {
        return error_set(PyExc_TypeError, "module name must be a string");
    }
    PyObject *found = NULL;
    module_name = new_ref(module_name);
    name = new_ref(name);
    if (self->protocol >= 3 || !self->fix_imports ||
        map_to_python3(self->state, &module_name, &name) == 0) {
        PyObject *module = import_import(module_name);
        if (module != NULL && self->protocol >= 4 && str_check(name) &&
            str_find_char(name, '.', 0, str_length(name), 1) >= 0) {
            found = resolve_path(module, module_name, name);
        }
        else if (module != NULL) {
            found = object_getattr(module, name);
        }
        xdecref(module);
    }
    decref(module_name);
    decref(name);
    return found;
}

PyObject *
unpickle_call_find_class(Unpickler *self, PyObject *module_name, PyObject *name)
{
    return self->call_find_class != NULL
               ? object_call_twoargs(self->call_find_class, module_name, name)
               : unpickle_find_class(self, module_name, name);
}

PyObject *
unpickle_extension(Unpickler *self, long code)
{
    PickleState *state = self->state;
    PyObject *key = int_from_i64(code), *found = NULL, *names = NULL;
    if (key == NULL || dict_get(state->extension_cache, key, &found) != 0) {
        xdecref(key);
        return found;
    }
    if (dict_get(state->inverted_registry, key, &names) < 0) {
        decref(key);
        return NULL;
    }
    int truth = names != NULL ? object_is_true(names) : 0;
    if (truth == 0 && code <= 0) {
        error_set(state->unpickling_error, "EXT specifies code <= 0");
    }
    else if (truth == 0) {
        error_format(PyExc_ValueError, "unregistered extension code %ld", code);
    }
    else if (truth > 0 &&
             (!tuple_check(names) || tuple_size(names) != 2 || !str_check(tuple_item(names, 0)) ||
              !str_check(tuple_item(names, 1)))) {
        error_format(PyExc_ValueError, "_inverted_registry[%ld] isn't a 2-tuple of strings", code);
    }
    else if (truth > 0) {
        found = unpickle_call_find_class(self, tuple_item(names, 0), tuple_item(names, 1));
        if (found != NULL && dict_set(state->extension_cache, key, found) < 0) {
            clear_ref(found);
        }
    }
    xdecref(names);
    decref(key);
    return found;
}

// ---- instances ----

PyObject *
unpickle_instantiate(PyObject *cls, PyObject *args)
{
    if (tuple_size(args) == 0 && type_check(cls)) {
        PyObject *getinitargs;
        int found = object_getattr_optional(cls, ID(__getinitargs__), &getinitargs);
        if (found < 0) {
            return NULL;
        }
        xdecref(getinitargs);
        if (!found) {
            return object_call_method_onearg(cls, ID(__new__), cls);
        }
    }
    return object_call(cls, args, NULL);
}

PyObject *
unpickle_newobj(Unpickler *self, const char *code, PyObject *cls, PyObject *args,
                PyObject *kwargs)
{
    PyObject *error = self->state->unpickling_error;
    if (!type_check(cls)) {
        return error_format(error, "%s class argument must be a type, not %.200s", code,
                            type_of(cls)->tp_name);
    }
    PyTypeObject *type = (PyTypeObject *)cls;
    if (type->tp_new == NULL) {
        return error_format(error, "%s class argument '%.200s' doesn't have __new__", code,
                            type->tp_name);
    }
    if (!tuple_check(args)) {
        return error_format(error, "%s args argument must be a tuple, not %.200s", code,
                            type_of(args)->tp_name);
    }
    if (kwargs != NULL && !dict_check(kwargs)) {
        return error_format(error, "%s kwargs argument must be a dict, not %.200s", code,
                            type_of(kwargs)->tp_name);
    }
    return type->tp_new(type, args, kwargs);
}

// ---- state ----

// Whether op's __dict__ is nothing but its own attributes, so that they can be set one by one.
static bool
has_plain_dict(PyObject *op)
{
    PyTypeObject *type = type_of(op);
    if (!type_has_managed_dict(type) || !type_uses_generic_getattr(type)) {
        return false;
    }
    PyObject *descr = type_lookup_borrow(type, ID(__dict__));
    return descr != NULL && type_of(descr) == &PyGetSetDescr_Type;
}

// op.__dict__[key] = value for all items of state, with interned keys.
static int
set_attributes(PyObject *op, PyObject *state)
{
    bool plain = has_plain_dict(op);
    PyObject *dict = plain ? NULL : object_getattr(op, ID(__dict__));
    PyObject *key, *value;
    Py_ssize_t pos = 0;
    int found = plain || dict != NULL ? 1 : -1;
    while (found > 0 && (found = dict_next(state, &pos, &key, &value)) > 0) {
        if (str_check_exact(key)) {
            str_intern_in_place(&key);
        }
        int status;
        if (plain && !str_check_exact(key)) {
            // Only a real dict has keys that are not str.
            plain = false;
            dict = object_getattr(op, ID(__dict__));
        }
        if (plain) {
            status = attributes_set_managed_steal(op, key, value_from_object(value));
        }
        else {
            status = dict != NULL ? object_setitem(dict, key, value) : -1;
        }
        decref(key);
        decref(value);
        if (status < 0) {
            found = -1;
        }
    }
    xdecref(dict);
    return found;
}

static int
set_slots(PyObject *op, PyObject *state)
{
    PyObject *key, *value;
    Py_ssize_t pos = 0;
    int found;
    while ((found = dict_next(state, &pos, &key, &value)) > 0) {
        int status = object_setattr(op, key, value);
        decref(key);
        decref(value);
        if (status < 0) {
            return -1;
        }
    }
    return found;
}

int
unpickle_build(Unpickler *self, PyObject *op, PyObject *state)
{
    PyObject *setstate, *slots = NULL;
    int found = object_getattr_optional(op, ID(__setstate__), &setstate);
    if (found != 0) {
        PyObject *result = found > 0 ? object_call_onearg(setstate, state) : NULL;
        xdecref(setstate);
        xdecref(result);
        return result != NULL ? 0 : -1;
    }
    // object.__getstate__ of a class with slots: (attributes, slots).
    if (tuple_check(state) && tuple_size(state) == 2) {
        slots = tuple_item(state, 1);
        state = tuple_item(state, 0);
    }
    if (state != Py_None) {
        if (!dict_check(state)) {
            error_set(self->state->unpickling_error, "state is not a dictionary");
            return -1;
        }
        if (set_attributes(op, state) < 0) {
            return -1;
        }
    }
    if (slots != NULL && slots != Py_None) {
        if (!dict_check(slots)) {
            error_set(self->state->unpickling_error, "slot state is not a dictionary");
            return -1;
        }
        return set_slots(op, slots);
    }
    return 0;
}
