// Binding arguments to parameters (bind_args.h).
//
// Values that are not yet where they belong (keyword values, surplus positional ones) are moved to
// a buffer first, so that parameters can be filled in place.
#include "vm/bind_args.h"

#include "memory/alloc.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "vm/frames.h"

#define BIND_BUFFER 24

typedef struct Binding {
    PyFunctionObject *func;
    PyCodeObject *code;
    Value *regs;
    Value *surplus;             // positional values beyond the parameters
    Py_ssize_t nsurplus;
    Value *keywords;            // keyword values, VALUE_UNSET once placed
    PyObject *kwnames;
    Py_ssize_t nkeywords;
    PyObject *kwdict;           // for **kwargs, or NULL
} Binding;

// Index of the parameter `name` among those that can be given by keyword, or -1.
static Py_ssize_t
bind_find_parameter(PyCodeObject *code, PyObject *name)
{
    Py_ssize_t n = code->co_argcount + code->co_kwonlyargcount;
    PyObject **names = tuple_items(code->co_localsplusnames);
    for (Py_ssize_t i = code->co_posonlyargcount; i < n; i++) {
        if (names[i] == name) {
            return i;
        }
    }
    for (Py_ssize_t i = code->co_posonlyargcount; i < n; i++) {
        if (str_equal(names[i], name)) {
            return i;
        }
    }
    return -1;
}

static int
bind_keyword(Binding *b, Py_ssize_t j)
{
    PyObject *name = tuple_item(b->kwnames, j);
    if (!str_check(name)) {
        error_set(PyExc_TypeError, "keywords must be strings");
        return -1;
    }
    Value value = b->keywords[j];
    Py_ssize_t i = bind_find_parameter(b->code, name);
    if (i >= 0) {
        if (b->regs[i] != VALUE_UNSET) {
            return bind_error_multiple(b->func, name);
        }
        b->regs[i] = value;
        b->keywords[j] = VALUE_UNSET;
        return 0;
    }
    if (b->kwdict == NULL) {
        return bind_error_unexpected(b->func, b->code, name, b->kwnames);
    }
    b->keywords[j] = VALUE_UNSET;
    int found = dict_contains(b->kwdict, name);
    if (found != 0) {
        value_drop(value);
        return found < 0 ? -1 : bind_error_multiple(b->func, name);
    }
    return dict_set_value_steal(b->kwdict, name, value);
}

static int
bind_positional_defaults(Binding *b, Py_ssize_t npos)
{
    PyCodeObject *code = b->code;
    PyObject *defaults = atomic_load_acquire_ptr(&b->func->func_defaults);
    Py_ssize_t ndefaults = defaults == NULL ? 0 : tuple_size(defaults);
    Py_ssize_t first = code->co_argcount - ndefaults;
    for (Py_ssize_t i = npos; i < first; i++) {
        if (b->regs[i] == VALUE_UNSET) {
            return bind_error_missing(b->func, code, b->regs, npos, first, false);
        }
    }
    for (Py_ssize_t i = first < 0 ? 0 : first; i < code->co_argcount; i++) {
        if (b->regs[i] == VALUE_UNSET) {
            b->regs[i] = value_from_object(tuple_item(defaults, i - first));
        }
    }
    return 0;
}

static int
bind_keyword_defaults(Binding *b)
{
    PyCodeObject *code = b->code;
    Py_ssize_t first = code->co_argcount, end = first + code->co_kwonlyargcount;
    PyObject *defaults = atomic_load_acquire_ptr(&b->func->func_kwdefaults);
    bool missing = false;
    for (Py_ssize_t i = first; i < end; i++) {
        if (b->regs[i] != VALUE_UNSET) {
            continue;
        }
        if (defaults != NULL &&
            dict_get_value(defaults, tuple_item(code->co_localsplusnames, i), &b->regs[i]) < 0) {
            return -1;
        }
        missing = missing || b->regs[i] == VALUE_UNSET;
    }
    return missing ? bind_error_missing(b->func, code, b->regs, first, end, true) : 0;
}

static int
bind_all(Binding *b, Py_ssize_t npos)
{
    PyCodeObject *code = b->code;
    Py_ssize_t next = code->co_argcount + code->co_kwonlyargcount;
    if ((code->co_flags & CO_VARKEYWORDS) != 0) {
        b->kwdict = dict_new();
        if (b->kwdict == NULL) {
            return -1;
        }
        b->regs[next + ((code->co_flags & CO_VARARGS) != 0)] = value_owned(b->kwdict);
    }
    if ((code->co_flags & CO_VARARGS) != 0) {
        PyObject *tuple = tuple_from_values_steal(b->surplus, b->nsurplus);
        for (Py_ssize_t i = 0; i < b->nsurplus; i++) {
            b->surplus[i] = VALUE_UNSET;
        }
        if (tuple == NULL) {
            return -1;
        }
        b->regs[next] = value_owned(tuple);
    }
    for (Py_ssize_t j = 0; j < b->nkeywords; j++) {
        if (bind_keyword(b, j) < 0) {
            return -1;
        }
    }
    if (b->nsurplus > 0 && (code->co_flags & CO_VARARGS) == 0) {
        return bind_error_too_many(b->func, code, b->regs, npos);
    }
    if (npos < code->co_argcount && bind_positional_defaults(b, npos) < 0) {
        return -1;
    }
    return code->co_kwonlyargcount > 0 ? bind_keyword_defaults(b) : 0;
}

int
bind_arguments(PyFunctionObject *func, PyCodeObject *code, Value *regs, Py_ssize_t npos,
               PyObject *kwnames)
{
    Value small[BIND_BUFFER];
    Value *buffer = small;
    Py_ssize_t nkeywords = kwnames == NULL ? 0 : tuple_size(kwnames);
    Py_ssize_t total = npos + nkeywords;
    Py_ssize_t in_place = npos < code->co_argcount ? npos : code->co_argcount;
    Py_ssize_t moved = total - in_place;
    if (moved > BIND_BUFFER) {
        buffer = mem_alloc_or_error((size_t)moved * sizeof(Value));
        if (buffer == NULL) {
            registers_drop(regs, total);
            return -1;
        }
    }
    for (Py_ssize_t i = 0; i < moved; i++) {
        buffer[i] = regs[in_place + i];
        regs[in_place + i] = VALUE_UNSET;
    }
    for (Py_ssize_t i = in_place; i < code->co_nargs; i++) {
        regs[i] = VALUE_UNSET;
    }
    Binding b = {.func = func, .code = code, .regs = regs, .surplus = buffer,
                 .nsurplus = npos - in_place, .keywords = buffer + (npos - in_place),
                 .kwnames = kwnames, .nkeywords = nkeywords};
    int result = bind_all(&b, npos);
    if (result < 0) {
        registers_drop(buffer, moved);
        registers_drop(regs, code->co_nargs);
    }
    if (buffer != small) {
        mem_free(buffer);
    }
    return result;
}
