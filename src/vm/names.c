// Names and attributes for the handlers (names.h).
#include "vm/names.h"

#include "abi/constants.h"
#include "memory/heap.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/cell.h"
#include "objects/descr.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "vm/frames.h"
#include "vm/ops.h"
#include "vm/vm.h"

void
name_raise_unbound(PyCodeObject *code, int reg)
{
    PyObject *name = code_register_name_borrow(code, reg);
    error_format(PyExc_UnboundLocalError,
                 "cannot access local variable '%U' where it is not associated with a value", name);
}

void
name_raise_unbound_deref(PyCodeObject *code, int reg)
{
    PyObject *name = code_register_name_borrow(code, reg);
    if (reg < code_localsplus_register(code, code->co_nlocalsplus - code->co_nfreevars)) {
        name_raise_unbound(code, reg);
        return;
    }
    error_set_name(name,
                   "cannot access free variable '%U' where it is not associated with a value in "
                   "enclosing scope", name);
}

Value
value_undefer(Value v)
{
    if (value_is_owned(v) && (value_pointer(v)->ob_gc_bits & GC_DEFERRED) != 0) {
        decref(value_pointer(v));
        return value_borrowed(value_pointer(v));
    }
    return v;
}

// 1 and *v, 0 when the mapping has no such key, -1.
static int
mapping_load(PyObject *mapping, PyObject *name, Value *v)
{
    if (dict_check_exact(mapping)) {
        return dict_get_value(mapping, name, v);
    }
    PyObject *item = object_getitem(mapping, name);
    if (item != NULL) {
        *v = value_from_object_steal(item);
        return 1;
    }
    *v = VALUE_UNSET;
    return error_clear_if(PyExc_KeyError) ? 0 : -1;
}

static int
global_load(Value *fp, PyObject *name, Value *v)
{
    int found = mapping_load(frame_globals_of(fp), name, v);
    if (found == 0) {
        found = mapping_load(frame_builtins_of(fp), name, v);
    }
    if (found == 0) {
        error_set_name(name, "name '%U' is not defined", name);
        return -1;
    }
    *v = value_undefer(*v);
    return found;
}

Value
name_load_global(Value *fp, PyObject *name)
{
    Value v;
    return global_load(fp, name, &v) < 0 ? VALUE_UNSET : v;
}

Value
name_load(Value *fp, PyObject *name)
{
    Value v;
    PyObject *locals = value_pointer(fp[0]);
    if (locals != frame_globals_of(fp)) {
        int found = mapping_load(locals, name, &v);
        if (found != 0) {
            return found < 0 ? VALUE_UNSET : v;
        }
    }
    return name_load_global(fp, name);
}

int
name_store(Value *fp, PyObject *name, Value v)
{
    PyObject *locals = value_pointer(fp[0]);
    if (dict_check_exact(locals)) {
        return dict_set_value_steal(locals, name, value_dup(v));
    }
    return value_setitem(fp[0], value_borrowed(name), v);
}

int
name_delete(Value *fp, PyObject *name)
{
    PyObject *locals = value_pointer(fp[0]);
    if (object_delitem(locals, name) < 0) {
        if (error_clear_if(PyExc_KeyError)) {
            error_set_name(name, "name '%U' is not defined", name);
        }
        return -1;
    }
    return 0;
}

int
name_store_global(Value *fp, PyObject *name, Value v)
{
    return dict_set_value_steal(frame_globals_of(fp), name, value_dup(v));
}

int
name_delete_global(Value *fp, PyObject *name)
{
    int found = dict_pop(frame_globals_of(fp), name, NULL);
    if (found == 0) {
        error_set_name(name, "name '%U' is not defined", name);
    }
    return found > 0 ? 0 : -1;
}

Value
name_load_from_dict_or_cell(Value *fp, Value mapping, int cell_register)
{
    Value v;
    PyObject *name = code_register_name_borrow(frame_code(fp), cell_register);
    int found = mapping_load(value_pointer(mapping), name, &v);
    if (found != 0) {
        return found < 0 ? VALUE_UNSET : v;
    }
    v = cell_load(value_pointer(fp[cell_register]));
    if (v == VALUE_UNSET) {
        name_raise_unbound_deref(frame_code(fp), cell_register);
    }
    return v;
}

Value
name_load_from_dict_or_globals(Value *fp, Value mapping, PyObject *name)
{
    Value v;
    int found = mapping_load(value_pointer(mapping), name, &v);
    if (found == 0) {
        return name_load_global(fp, name);
    }
    return found < 0 ? VALUE_UNSET : v;
}

Value
name_common_constant(int which)
{
    switch (which) {
    case COMMON_CONSTANT_ASSERTION_ERROR:
        return value_from_object(PyExc_AssertionError);
    case COMMON_CONSTANT_NOT_IMPLEMENTED_ERROR:
        return value_from_object(PyExc_NotImplementedError);
    case COMMON_CONSTANT_TUPLE:
        return value_from_object((PyObject *)&PyTuple_Type);
    default: {
        PyObject *name = which == COMMON_CONSTANT_ALL ? ID(all) : ID(any);
        Value v;
        int found = dict_get_value(vm_builtins_borrow(), name, &v);
        if (found == 0) {
            error_set_name(name, "name '%U' is not defined", name);
        }
        return found > 0 ? v : VALUE_UNSET;
    }
    }
}

Value
name_build_class(Value *fp)
{
    Value v;
    int found = mapping_load(frame_builtins_of(fp), ID(__build_class__), &v);
    if (found == 0) {
        error_set_name(ID(__build_class__), "__build_class__ not found");
    }
    return found > 0 ? v : VALUE_UNSET;
}

int
name_setup_annotations(Value *fp)
{
    PyObject *locals = value_pointer(fp[0]);
    Value v;
    int found = mapping_load(locals, ID(__annotations__), &v);
    if (found != 0) {
        value_drop(v);
        return found < 0 ? -1 : 0;
    }
    PyObject *dict = dict_new();
    if (dict == NULL) {
        return -1;
    }
    int result = object_setitem(locals, ID(__annotations__), dict);
    decref(dict);
    return result;
}

// ---- attributes ----

// Writes the pair of a method call: function to `to`, self behind its header; drops what was there.
static void
store_pair(Value *to, Value function, Value self)
{
    Value old_function = to[0], old_self = to[WINDOW_SELF];
    to[0] = function;
    to[WINDOW_SELF] = self;
    value_drop(old_function);
    value_drop(old_self);
}

int
method_load(Value *fp, uint64_t word, PyObject *name)
{
    Value *source = &fp[WORD_B(word)];
    Value object = *source;
    Box box;
    PyObject *method;
    if (!box_borrow(&box, object)) {
        return -1;
    }
    int unbound = object_get_method(box.op, name, &method);
    box_release(&box);
    if (unbound < 0) {
        return -1;
    }
    bool dies = (WORD_FLAGS(word) & KILL_B) != 0;
    if (dies) {
        *source = VALUE_UNSET;
    }
    Value function = unbound ? value_undefer(value_owned(method)) : value_from_object_steal(method);
    if (unbound) {
        store_pair(&fp[WORD_A(word)], function, dies ? object : value_lend(object));
    }
    else {
        store_pair(&fp[WORD_A(word)], function, VALUE_UNSET);
        if (dies) {
            value_drop(object);
        }
    }
    return 0;
}

int
attribute_delete(Value v, PyObject *name)
{
    Box box;
    if (!box_borrow(&box, v)) {
        return -1;
    }
    int result = object_delattr(box.op, name);
    box_release(&box);
    return result;
}

// The general case: calls whatever `super` is.
static PyObject *
super_load_generic(Value *operands, PyObject *name, bool two_args)
{
    // Any of the three may be a number: `super` and `__class__` are ordinary names.
    Box boxes[3];
    int boxed = 0;
    while (boxed < 3 && box_borrow(&boxes[boxed], operands[boxed])) {
        boxed++;
    }
    PyObject *result = NULL;
    if (boxed == 3) {
        PyObject *args[2] = {boxes[1].op, boxes[2].op};
        PyObject *super = object_vectorcall(boxes[0].op, args, two_args ? 2 : 0, NULL);
        result = super == NULL ? NULL : object_getattr(super, name);
        xdecref(super);
    }
    while (boxed > 0) {
        box_release(&boxes[--boxed]);
    }
    return result;
}

int
super_load(Value *operands, PyObject *name, bool two_args, bool method)
{
    PyObject *super = value_pointer(operands[0]);
    PyObject *type = value_is_pointer(operands[1]) ? value_pointer(operands[1]) : NULL;
    PyObject *result;
    int unbound = 0;
    if (super == (PyObject *)&PySuper_Type && type != NULL && type_check(type)) {
        Box self;
        if (!box_borrow(&self, operands[2])) {
            return -1;
        }
        result = super_lookup((PyTypeObject *)type, self.op, name, method ? &unbound : NULL);
        box_release(&self);
    }
    else {
        result = super_load_generic(operands, name, two_args);
    }
    if (result == NULL) {
        return -1;
    }
    Value self = VALUE_UNSET;
    if (unbound) {
        self = value_keep(operands[2]);
        operands[2] = VALUE_UNSET;
    }
    registers_drop(operands, 3);
    Value function = value_from_object_steal(result);
    if (method) {
        store_pair(operands, unbound ? value_undefer(function) : function, self);
    }
    else {
        operands[0] = function;
    }
    return 0;
}

static int
special_error(PyObject *op, int which)
{
    bool async = which == SPECIAL_AENTER || which == SPECIAL_AEXIT;
    PyObject *other_enter = async ? ID(__enter__) : ID(__aenter__);
    PyObject *other_exit = async ? ID(__exit__) : ID(__aexit__);
    PyTypeObject *type = type_of(op);
    bool other = type_lookup_borrow(type, other_enter) != NULL &&
                 type_lookup_borrow(type, other_exit) != NULL;
    static const char *const missed[] = {
        [SPECIAL_ENTER] = "__enter__", [SPECIAL_EXIT] = "__exit__",
        [SPECIAL_AENTER] = "__aenter__", [SPECIAL_AEXIT] = "__aexit__",
    };
    const char *hint = !other ? ""
                       : async ? " but it supports the context manager protocol. Did you mean to "
                                 "use 'with'?"
                               : " but it supports the asynchronous context manager protocol. Did "
                                 "you mean to use 'async with'?";
    error_format(PyExc_TypeError,
                 "'%T' object does not support the %scontext manager protocol (missed %s method)%s",
                 op, async ? "asynchronous " : "", missed[which], hint);
    return -1;
}

int
special_load(Value v, int which, Value *function, Value *self)
{
    PyObject *names[] = {ID(__enter__), ID(__exit__), ID(__aenter__), ID(__aexit__)};
    Box box;
    if (!box_borrow(&box, v)) {
        return -1;
    }
    int unbound = 0, result = -1;
    PyObject *method = type_lookup_special_method(box.op, names[which], &unbound);
    if (method != NULL) {
        *function = value_from_object_steal(method);
        *self = unbound ? value_dup(v) : VALUE_UNSET;
        result = 0;
    }
    else if (!error_occurred()) {
        special_error(box.op, which);
    }
    box_release(&box);
    return result;
}

bool
string_append(Value *left, Value right)
{
    Value l = *left;
    if (!value_is_owned(l) || !value_is_pointer(right) || right == VALUE_UNSET) {
        return false;
    }
    PyObject *text = value_pointer(l), *tail = value_pointer(right);
    if (text == tail || !str_check_exact(text) || !str_check_exact(tail)) {
        return false;
    }
    *left = VALUE_UNSET;
    str_append(&text, tail);
    if (text != NULL) {
        *left = object_is_immortal(text) ? value_borrowed(text) : value_owned(text);
    }
    return true;
}
