// Pickling of what reducers return (PEP 307): a callable, its arguments, state, items.
//
// Threading: see pickle_internal.h.
#include "memory/refcount.h"
#include "modules/pickle_internal.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/iter.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

// The parts of a result; NULL for None and for what is missing. Borrowed.
typedef struct {
    PyObject *callable, *args, *state, *list_items, *dict_items, *state_setter;
} Parts;

static PyObject *
part(PyObject *result, Py_ssize_t i)
{
    PyObject *item = i < tuple_size(result) ? tuple_item(result, i) : Py_None;
    return item != Py_None ? item : NULL;
}

static bool
is_iterator_or_null(PyObject *pickling_error, PyObject *op, const char *which)
{
    if (op != NULL && !iter_check(op)) {
        error_format(pickling_error,
                     "%s item of the tuple returned by __reduce__ must be an iterator, not %T",
                     which, op);
        return false;
    }
    return true;
}

// False with PicklingError when a reducer's result is not as it has to be.
static bool
parts_init(Parts *parts, PyObject *error, PyObject *result)
{
    Py_ssize_t n = tuple_size(result);
    if (n < 2 || n > 6) {
        error_set(error, "tuple returned by __reduce__ must contain 2 through 6 elements");
        return false;
    }
    *parts = (Parts){tuple_item(result, 0), tuple_item(result, 1), part(result, 2),
                     part(result, 3), part(result, 4), part(result, 5)};
    if (!object_callable(parts->callable)) {
        error_format(error,
                     "first item of the tuple returned by __reduce__ must be callable, not %T",
                     parts->callable);
        return false;
    }
    if (!tuple_check(parts->args)) {
        error_format(error,
                     "second item of the tuple returned by __reduce__ must be a tuple, not %T",
                     parts->args);
        return false;
    }
    if (!is_iterator_or_null(error, parts->list_items, "fourth") ||
        !is_iterator_or_null(error, parts->dict_items, "fifth")) {
        return false;
    }
    if (parts->state_setter != NULL && !object_callable(parts->state_setter)) {
        error_format(error,
                     "sixth item of the tuple returned by __reduce__ must be callable, not %T",
                     parts->state_setter);
        return false;
    }
    return true;
}

// Saves a part of op; what names it in the note.
static int
save_part(Pickler *self, PyObject *value, PyObject *op, const char *what)
{
    if (pickle_save(self, value, true) == 0) {
        return 0;
    }
    return op != NULL ? pickle_note("when serializing %T %s", op, what) : -1;
}

// ---- copyreg.__newobj_ex__(cls, args, kwargs) ----

// Before protocol 4 there is no code for keyword arguments: functools.partial carries them.
static int
save_newobj_partial(Pickler *self, PyObject *cls, PyObject *args, PyObject *kwargs, PyObject *op)
{
    PyObject *new = object_getattr(cls, ID(__new__));
    PyObject *first = new != NULL ? tuple_pack(2, new, cls) : NULL;
    PyObject *all = first != NULL ? tuple_concat(first, args) : NULL;
    PyObject *partial = all != NULL ? object_call(self->state->partial, all, kwargs) : NULL;
    int status = partial != NULL ? save_part(self, partial, op, "reconstructor") : -1;
    xdecref(new);
    xdecref(first);
    xdecref(all);
    xdecref(partial);
    if (status < 0) {
        return -1;
    }
    PyObject *empty = tuple_empty();
    status = pickle_save(self, empty, true) < 0 ? -1 : pickle_write_code(self, OP_REDUCE);
    decref(empty);
    return status;
}

static int
save_newobj_ex(Pickler *self, PyObject *args, PyObject *op)
{
    PyObject *error = self->state->pickling_error;
    if (tuple_size(args) != 3) {
        error_format(error, "__newobj_ex__ expected 3 arguments, got %zd", tuple_size(args));
        return -1;
    }
    PyObject *cls = tuple_item(args, 0), *positional = tuple_item(args, 1);
    PyObject *kwargs = tuple_item(args, 2);
    if (!type_check(cls)) {
        error_format(error, "first argument to __newobj_ex__() must be a class, not %T", cls);
        return -1;
    }
    if (!tuple_check(positional)) {
        error_format(error, "second argument to __newobj_ex__() must be a tuple, not %T",
                     positional);
        return -1;
    }
    if (!dict_check(kwargs)) {
        error_format(error, "third argument to __newobj_ex__() must be a dict, not %T", kwargs);
        return -1;
    }
    if (self->protocol < 4) {
        return save_newobj_partial(self, cls, positional, kwargs, op);
    }
    if (save_part(self, cls, op, "class") < 0 ||
        save_part(self, positional, op, "__new__ arguments") < 0 ||
        save_part(self, kwargs, op, "__new__ arguments") < 0) {
        return -1;
    }
    return pickle_write_code(self, OP_NEWOBJ_EX);
}

// ---- copyreg.__newobj__(cls, *args) ----

// False with PicklingError when the class is not that of op.
static bool
check_class(PyObject *error, PyObject *cls, PyObject *op)
{
    if (!type_check(cls)) {
        error_format(error, "first argument to __newobj__() must be a class, not %T", cls);
        return false;
    }
    if (op == NULL) {
        return true;
    }
    PyObject *own = object_getattr(op, ID(__class__));
    bool same = own == cls;
    if (own != NULL && !same) {
        error_format(error, "first argument to __newobj__() must be %R, not %R", own, cls);
    }
    xdecref(own);
    return same;
}

static int
save_newobj(Pickler *self, PyObject *args, PyObject *op)
{
    PyObject *error = self->state->pickling_error;
    if (tuple_size(args) < 1) {
        error_format(error, "__newobj__ expected at least 1 argument, got %zd", tuple_size(args));
        return -1;
    }
    PyObject *cls = tuple_item(args, 0);
    if (!check_class(error, cls, op) || save_part(self, cls, op, "class") < 0) {
        return -1;
    }
    PyObject *rest = tuple_slice(args, 1, tuple_size(args));
    int status = rest != NULL ? save_part(self, rest, op, "__new__ arguments") : -1;
    xdecref(rest);
    return status < 0 ? -1 : pickle_write_code(self, OP_NEWOBJ);
}

// ---- all of it ----

// The call that makes the object.
static int
save_call(Pickler *self, const Parts *parts, PyObject *op)
{
    PyObject *name = NULL;
    if (self->protocol >= 2 &&
        object_getattr_optional(parts->callable, ID(__name__), &name) < 0) {
        return -1;
    }
    bool text = name != NULL && str_check(name);
    bool newobj_ex = text && str_equal(name, ID(__newobj_ex__));
    bool newobj = text && str_equal(name, ID(__newobj__));
    xdecref(name);
    if (newobj_ex) {
        return save_newobj_ex(self, parts->args, op);
    }
    if (newobj) {
        return save_newobj(self, parts->args, op);
    }
    if (save_part(self, parts->callable, op, "reconstructor") < 0 ||
        save_part(self, parts->args, op, "reconstructor arguments") < 0) {
        return -1;
    }
    return pickle_write_code(self, OP_REDUCE);
}

static int
save_state(Pickler *self, const Parts *parts, PyObject *op)
{
    if (parts->state_setter == NULL) {
        return save_part(self, parts->state, op, "state") < 0 ? -1
                                                              : pickle_write_code(self, OP_BUILD);
    }
    // setter(op, state), whose result is thrown away. op is in the memo already.
    static const unsigned char codes[] = {OP_TUPLE2, OP_REDUCE, OP_POP};
    if (save_part(self, parts->state_setter, op, "state setter") < 0 ||
        pickle_save(self, op, true) < 0 || save_part(self, parts->state, op, "state") < 0) {
        return -1;
    }
    return pickle_write(self, codes, sizeof codes);
}

int
pickle_save_reduce(Pickler *self, PyObject *result, PyObject *op)
{
    Parts parts;
    if (!parts_init(&parts, self->state->pickling_error, result) ||
        save_call(self, &parts, op) < 0) {
        return -1;
    }
    if (op != NULL) {
        // Writing the arguments may have written op itself, when it is part of them.
        Py_ssize_t number = memo_get(&self->memo, op);
        if (number >= 0) {
            if (pickle_write_code(self, OP_POP) < 0 || pickle_write_get(self, number) < 0) {
                return -1;
            }
        }
        else if (pickle_memoize(self, op) < 0) {
            return -1;
        }
    }
    if ((parts.list_items != NULL && pickle_batch_list(self, parts.list_items, op) < 0) ||
        (parts.dict_items != NULL && pickle_batch_dict(self, parts.dict_items, op) < 0)) {
        return -1;
    }
    return parts.state != NULL ? save_state(self, &parts, op) : 0;
}
