// Building containers and strings (build.h).
#include "vm/build.h"

#include "memory/alloc.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/set.h"
#include "objects/slice.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "objects/template.h"
#include "objects/tuple.h"
#include "vm/frames.h"
#include "vm/ops.h"

static void
forget(Value *items, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        items[i] = VALUE_UNSET;
    }
}

static Value
owned_or_unset(PyObject *op)
{
    return op == NULL                 ? VALUE_UNSET
           : object_is_immortal(op) ? value_borrowed(op)
                                    : value_owned(op);
}

Value
build_tuple(Value *items, Py_ssize_t n)
{
    PyObject *tuple = tuple_from_values_steal(items, n);
    forget(items, n);
    return owned_or_unset(tuple);
}

Value
build_list(Value *items, Py_ssize_t n)
{
    PyObject *list = list_from_values_steal(items, n);
    forget(items, n);
    return owned_or_unset(list);
}

Value
build_set(Value *items, Py_ssize_t n)
{
    PyObject *set = set_new(NULL);
    for (Py_ssize_t i = 0; i < n && set != NULL; i++) {
        if (build_set_add(set, items[i]) < 0) {
            clear_ref(set);
        }
    }
    registers_drop(items, n);
    return owned_or_unset(set);
}

Value
build_map(Value *items, Py_ssize_t pairs)
{
    PyObject *dict = dict_from_values_steal(items, pairs);
    forget(items, 2 * pairs);
    return owned_or_unset(dict);
}

Value
build_string(Value *items, Py_ssize_t n)
{
    PyObject *small[16];
    PyObject **strings = n <= 16 ? small : mem_alloc_or_error((size_t)n * sizeof(PyObject *));
    PyObject *result = NULL;
    if (strings != NULL) {
        for (Py_ssize_t i = 0; i < n; i++) {
            strings[i] = value_pointer(items[i]);
        }
        result = str_join_array(str_empty(), strings, n);
    }
    if (strings != small) {
        mem_free(strings);
    }
    registers_drop(items, n);
    return owned_or_unset(result);
}

Value
build_slice(Value *items, Py_ssize_t n)
{
    Box parts[3] = {{NULL, NULL}, {NULL, NULL}, {NULL, NULL}};
    bool boxed = true;
    for (Py_ssize_t i = 0; i < n; i++) {
        boxed = boxed && box_borrow(&parts[i], items[i]);
    }
    PyObject *slice = boxed ? slice_new(parts[0].op, parts[1].op, parts[2].op) : NULL;
    for (Py_ssize_t i = 0; i < n; i++) {
        box_release(&parts[i]);
    }
    registers_drop(items, n);
    return owned_or_unset(slice);
}

Value
build_template(Value *items)
{
    PyObject *result = template_new(value_pointer(items[0]), value_pointer(items[1]));
    registers_drop(items, 2);
    return owned_or_unset(result);
}

Value
build_interpolation(Value *items, int conversion, bool has_format)
{
    Box value;
    PyObject *result = NULL;
    if (box_borrow(&value, items[0])) {
        result = interpolation_new(value.op, value_pointer(items[1]), conversion,
                                   has_format ? value_pointer(items[2]) : NULL);
        box_release(&value);
    }
    registers_drop(items, has_format ? 3 : 2);
    return owned_or_unset(result);
}

int
build_list_extend(PyObject *list, Value iterable)
{
    Box box;
    if (!box_borrow(&box, iterable)) {
        return -1;
    }
    int result = list_extend(list, box.op);
    if (result < 0 && error_matches(PyExc_TypeError) && type_of(box.op)->tp_iter == NULL &&
        !sequence_check(box.op)) {
        error_clear();
        error_format(PyExc_TypeError, "Value after * must be an iterable, not %.200s",
                     type_of(box.op)->tp_name);
    }
    box_release(&box);
    return result;
}

int
build_set_add(PyObject *set, Value item)
{
    Box box;
    if (!box_borrow(&box, item)) {
        return -1;
    }
    int result = set_add(set, box.op);
    box_release(&box);
    return result;
}

int
build_set_update(PyObject *set, Value iterable)
{
    Box box;
    if (!box_borrow(&box, iterable)) {
        return -1;
    }
    int result = set_update(set, box.op);
    box_release(&box);
    return result;
}

int
build_dict_update(PyObject *dict, Value mapping)
{
    Box box;
    if (!box_borrow(&box, mapping)) {
        return -1;
    }
    int result = dict_update(dict, box.op);
    if (result < 0 && error_matches(PyExc_AttributeError)) {
        error_clear();
        error_format(PyExc_TypeError, "'%.200s' object is not a mapping", type_of(box.op)->tp_name);
    }
    box_release(&box);
    return result;
}

// The error of a failed ** argument in the words of a call.
static void
merge_error(PyObject *callable, PyObject *mapping)
{
    PyObject *name = NULL;
    if (error_matches(PyExc_AttributeError)) {
        error_clear();
        name = call_function_str(callable);
        if (name != NULL) {
            error_format(PyExc_TypeError, "%U argument after ** must be a mapping, not %.200s", name,
                         type_of(mapping)->tp_name);
        }
    }
    else if (error_matches(PyExc_KeyError)) {
        PyObject *exc = error_take();
        PyObject *args = exception_get_args(exc);
        if (args == NULL || !tuple_check(args) || tuple_size(args) != 1) {
            error_restore_steal(exc);
        }
        else {
            PyObject *key = tuple_item(args, 0);
            name = call_function_str(callable);
            if (name != NULL && str_check(key)) {
                error_format(PyExc_TypeError, "%U got multiple values for keyword argument '%S'",
                             name, key);
            }
            else if (name != NULL) {
                error_format(PyExc_TypeError, "%U keywords must be strings", name);
            }
            decref(exc);
        }
        xdecref(args);
    }
    xdecref(name);
}

int
build_dict_merge(PyObject *dict, Value mapping, Value callable)
{
    Box box, function;
    if (!box_borrow(&box, mapping)) {
        return -1;
    }
    int result = dict_merge(dict, box.op, 2);
    if (result < 0 && box_borrow(&function, callable)) {
        merge_error(function.op, box.op);
        box_release(&function);
    }
    box_release(&box);
    return result;
}
