// BaseExceptionGroup and ExceptionGroup (PEP 654): nesting checks, split, subgroup, derive, and the
// two operations that `except*` needs.
//
// A group's message and exceptions are immutable after construction.
#include "objects/exceptions_internal.h"

#include "base/hooks.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/frame.h"
#include "objects/genericalias.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/sequence.h"
#include "objects/set.h"
#include "objects/str.h"
#include "objects/traceback.h"
#include "objects/tuple.h"

#define GROUP(op) ((PyBaseExceptionGroupObject *)(op))

EXCEPTION_FIELD_SLOTS(exception_group, PyBaseExceptionGroupObject, msg, excs)

bool
exception_group_check(PyObject *op)
{
    return object_type_check(op, &_PyExc_BaseExceptionGroup);
}

// ---- construction ----

// Checks the members: 0, or -1. *nested_base: some member is no Exception.
static int
check_members(PyObject *exceptions, bool *nested_base)
{
    *nested_base = false;
    Py_ssize_t n = tuple_size(exceptions);
    if (n == 0) {
        error_set(PyExc_ValueError, "second argument (exceptions) must be a non-empty sequence");
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *exc = tuple_item_borrow(exceptions, i);
        if (!exception_instance_check(exc)) {
            error_format(PyExc_ValueError,
                         "Item %zd of second argument (exceptions) is not an exception", i);
            return -1;
        }
        if (!object_type_check(exc, &_PyExc_Exception)) {
            *nested_base = true;
        }
    }
    return 0;
}

// The class to make: BaseExceptionGroup of Exceptions becomes ExceptionGroup. NULL with TypeError.
static PyTypeObject *
choose_class(PyTypeObject *cls, bool nested_base)
{
    if (cls == &_PyExc_BaseExceptionGroup) {
        return nested_base ? cls : (PyTypeObject *)PyExc_ExceptionGroup;
    }
    if (!nested_base) {
        return cls;
    }
    if ((PyObject *)cls == PyExc_ExceptionGroup) {
        return error_set(PyExc_TypeError, "Cannot nest BaseExceptions in an ExceptionGroup");
    }
    if (type_is_subtype(cls, &_PyExc_Exception)) {
        return error_format(PyExc_TypeError, "Cannot nest BaseExceptions in '%.200s'",
                            cls->tp_name);
    }
    return cls;
}

static PyObject *
exception_group_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)kwargs;
    PyObject *message;
    PyObject *members;
    if (!args_parse(args, "UO:BaseExceptionGroup.__new__", &message, &members)) {
        return NULL;
    }
    if (!sequence_check(members)) {
        return error_set(PyExc_TypeError, "second argument (exceptions) must be a sequence");
    }
    PyObject *tuple = sequence_tuple(members);
    if (tuple == NULL) {
        return NULL;
    }
    PyObject *self = NULL;
    bool nested_base;
    if (check_members(tuple, &nested_base) == 0 &&
        (type = choose_class(type, nested_base)) != NULL) {
        self = base_exception_new(type, args, NULL);
    }
    if (self == NULL) {
        decref(tuple);
        return NULL;
    }
    GROUP(self)->msg = new_ref(message);
    GROUP(self)->excs = tuple;
    return self;
}

PyObject *
exception_group_new(const char *message, PyObject *excs)
{
    PyObject *text = str_from_cstr(message);
    if (text == NULL) {
        return NULL;
    }
    PyObject *group = object_call_twoargs(PyExc_BaseExceptionGroup, text, excs);
    decref(text);
    return group;
}

static int
exception_group_tp_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return base_exception_init(self, args, kwargs);
}

static PyObject *
exception_group_str(PyObject *self)
{
    PyObject *excs = GROUP(self)->excs;
    Py_ssize_t n = excs == NULL ? 0 : tuple_size(excs);
    PyObject *message = GROUP(self)->msg == NULL ? Py_None : GROUP(self)->msg;
    return str_format("%S (%zd sub-exception%s)", message, n, n == 1 ? "" : "s");
}

// ---- matching ----

typedef enum { MATCH_TYPE, MATCH_PREDICATE, MATCH_IDS } MatchKind;

typedef struct {
    MatchKind kind;
    PyObject *value;        // borrowed: class or tuple, callable, set of addresses
} Matcher;

// Fills matcher from the argument of split and subgroup. 0, or -1 with TypeError.
static int
matcher_init(Matcher *matcher, PyObject *value)
{
    matcher->value = value;
    if (!type_check(value) && object_callable(value)) {
        matcher->kind = MATCH_PREDICATE;
        return 0;
    }
    matcher->kind = MATCH_TYPE;
    if (exception_class_check(value)) {
        return 0;
    }
    if (tuple_check_exact(value)) {
        Py_ssize_t i = 0;
        Py_ssize_t n = tuple_size(value);
        while (i < n && exception_class_check(tuple_item_borrow(value, i))) {
            i++;
        }
        if (i == n) {
            return 0;
        }
    }
    error_set(PyExc_TypeError,
              "expected an exception type, a tuple of exception types, or a callable (other than "
              "a class)");
    return -1;
}

// 1, 0 or -1.
static int
matcher_test(const Matcher *matcher, PyObject *exc)
{
    if (matcher->kind == MATCH_TYPE) {
        return error_given_matches(exc, matcher->value);
    }
    if (matcher->kind == MATCH_PREDICATE) {
        PyObject *answer = object_call_onearg(matcher->value, exc);
        if (answer == NULL) {
            return -1;
        }
        int truth = object_is_true(answer);
        decref(answer);
        return truth;
    }
    if (exception_group_check(exc)) {
        return 0;       // only leaves are named
    }
    PyObject *id = int_from_u64((uint64_t)(uintptr_t)exc);
    if (id == NULL) {
        return -1;
    }
    int found = set_contains(matcher->value, id);
    decref(id);
    return found;
}

// ---- splitting ----

// Gives `part`, derived from `orig`, its traceback, context, cause and notes.
static int
copy_metadata(PyObject *part, PyObject *orig)
{
    PyObject *tb = exception_get_traceback(orig);
    if (tb != NULL) {
        exception_set_field(part, &EXC(part)->traceback, tb);
        decref(tb);
    }
    exception_set_context_steal(part, exception_get_context(orig));
    PyObject *cause = exception_get_cause(orig);
    exception_set_field(part, &EXC(part)->cause, cause);
    xdecref(cause);
    EXC(part)->suppress_context = EXC(orig)->suppress_context;

    PyObject *notes;
    if (object_getattr_optional(orig, ID(__notes__), &notes) < 0) {
        return -1;
    }
    int result = 0;
    if (notes != NULL && sequence_check(notes)) {
        // A list of its own: adding a note to a part must not change the whole.
        PyObject *copy = sequence_list(notes);
        result = copy == NULL ? -1 : object_setattr(part, ID(__notes__), copy);
        xdecref(copy);
    }
    xdecref(notes);
    return result;
}

// The group orig reduced to excs (a list); NULL without an exception when excs is empty.
static PyObject *
group_subset(PyObject *orig, PyObject *excs)
{
    if (list_size(excs) == 0) {
        return NULL;
    }
    PyObject *part = object_call_method_onearg(orig, ID(derive), excs);
    if (part == NULL) {
        return NULL;
    }
    if (!exception_group_check(part)) {
        error_set(PyExc_TypeError, "derive must return an instance of BaseExceptionGroup");
        clear_ref(part);
    }
    else if (copy_metadata(part, orig) < 0) {
        clear_ref(part);
    }
    return part;
}

static int group_split(PyObject *exc, const Matcher *matcher, bool want_rest, PyObject **match,
                       PyObject **rest);

// Splits the members of a group into two lists.
static int
split_members(PyObject *exc, const Matcher *matcher, bool want_rest, PyObject *matching,
              PyObject *others)
{
    PyObject *excs = GROUP(exc)->excs;
    for (Py_ssize_t i = 0; i < tuple_size(excs); i++) {
        PyObject *match;
        PyObject *rest;
        if (group_split(tuple_item_borrow(excs, i), matcher, want_rest, &match, &rest) < 0) {
            return -1;
        }
        int result = match == NULL ? 0 : list_append(matching, match);
        if (result == 0 && rest != NULL) {
            result = list_append(others, rest);
        }
        xdecref(match);
        xdecref(rest);
        if (result < 0) {
            return -1;
        }
    }
    return 0;
}

// *match and *rest are owned or NULL (nothing); *rest stays NULL unless want_rest.
static int
group_split(PyObject *exc, const Matcher *matcher, bool want_rest, PyObject **match,
            PyObject **rest)
{
    *match = NULL;
    *rest = NULL;
    int matches = matcher_test(matcher, exc);
    if (matches < 0) {
        return -1;
    }
    if (matches) {
        *match = new_ref(exc);
        return 0;
    }
    if (!exception_group_check(exc)) {
        *rest = want_rest ? new_ref(exc) : NULL;
        return 0;
    }
    if (thread_enter_c(" in exceptiongroup_split_recursive") < 0) {
        return -1;
    }
    int result = -1;
    PyObject *matching = list_new(0);
    PyObject *others = list_new(0);
    if (matching != NULL && others != NULL &&
        split_members(exc, matcher, want_rest, matching, others) == 0) {
        *match = group_subset(exc, matching);
        if (!error_occurred() && want_rest) {
            *rest = group_subset(exc, others);
        }
        result = error_occurred() ? -1 : 0;
    }
    thread_leave_c();
    xdecref(matching);
    xdecref(others);
    if (result < 0) {
        clear_ref(*match);
        clear_ref(*rest);
    }
    return result;
}

static PyObject *
none_or_steal(PyObject *op)
{
    return op == NULL ? Py_None : op;
}

static PyObject *
exception_group_split(PyObject *self, PyObject *value)
{
    Matcher matcher;
    PyObject *match;
    PyObject *rest;
    if (matcher_init(&matcher, value) < 0 ||
        group_split(self, &matcher, true, &match, &rest) < 0) {
        return NULL;
    }
    return tuple_pair_steal(none_or_steal(match), none_or_steal(rest));
}

static PyObject *
exception_group_subgroup(PyObject *self, PyObject *value)
{
    Matcher matcher;
    PyObject *match;
    PyObject *rest;
    if (matcher_init(&matcher, value) < 0 ||
        group_split(self, &matcher, false, &match, &rest) < 0) {
        return NULL;
    }
    return none_or_steal(match);
}

static PyObject *
exception_group_derive(PyObject *self, PyObject *excs)
{
    return object_call_twoargs(PyExc_BaseExceptionGroup, GROUP(self)->msg, excs);
}

// ---- except* ----

// A naked exception that `except*` caught, as a group of one, with the running frame as its
// traceback.
static PyObject *
wrap_naked(PyObject *exc)
{
    PyObject *one = tuple_pack(1, exc);
    if (one == NULL) {
        return NULL;
    }
    PyObject *group = exception_group_new("", one);
    decref(one);
    if (group == NULL || hooks.frame_current == NULL) {
        return group;
    }
    PyFrameObject *frame = (PyFrameObject *)hooks.frame_current(thread_current());
    if (frame != NULL) {
        int lasti = frame_lasti_word(frame) * (int)sizeof(uint64_t);
        if (traceback_add_frame(group, frame, lasti) < 0) {
            clear_ref(group);
        }
        decref(frame);
    }
    else if (error_occurred()) {
        clear_ref(group);
    }
    return group;
}

int
exception_group_match(PyObject *exc, PyObject *match_type, PyObject **match, PyObject **rest)
{
    *match = Py_None;
    *rest = Py_None;
    if (exc == Py_None) {
        return 0;
    }
    if (error_given_matches(exc, match_type)) {
        *match = exception_group_check(exc) ? new_ref(exc) : wrap_naked(exc);
        return *match == NULL ? -1 : 0;
    }
    if (!exception_group_check(exc)) {
        *rest = new_ref(exc);
        return 0;
    }
    PyObject *pair = object_call_method_onearg(exc, ID(split), match_type);
    if (pair == NULL) {
        return -1;
    }
    const char *name = type_of(exc)->tp_name;
    if (!tuple_check_exact(pair)) {
        error_format(PyExc_TypeError, "%.200s.split must return a tuple, not %.200s", name,
                     type_of(pair)->tp_name);
        decref(pair);
        return -1;
    }
    // More than two items are tolerated.
    if (tuple_size(pair) < 2) {
        error_format(PyExc_TypeError, "%.200s.split must return a 2-tuple, got tuple of size %zd",
                     name, tuple_size(pair));
        decref(pair);
        return -1;
    }
    *match = new_ref(tuple_item_borrow(pair, 0));
    *rest = new_ref(tuple_item_borrow(pair, 1));
    decref(pair);
    return 0;
}

// Adds the addresses of all leaves of exc to a set.
static int
collect_leaf_ids(PyObject *exc, PyObject *ids)
{
    if (!exception_group_check(exc)) {
        PyObject *id = int_from_u64((uint64_t)(uintptr_t)exc);
        int result = id == NULL ? -1 : set_add(ids, id);
        xdecref(id);
        return result;
    }
    if (thread_enter_c(" in collect_exception_group_leaf_ids") < 0) {
        return -1;
    }
    PyObject *excs = GROUP(exc)->excs;
    int result = 0;
    for (Py_ssize_t i = 0; i < tuple_size(excs) && result == 0; i++) {
        result = collect_leaf_ids(tuple_item_borrow(excs, i), ids);
    }
    thread_leave_c();
    return result;
}

// The part of group whose leaves occur in the exceptions of the list `keep`, with the shape of
// the group. NULL without an exception when that is nothing.
static PyObject *
group_projection(PyObject *group, PyObject *keep)
{
    PyObject *ids = set_new(NULL);
    if (ids == NULL) {
        return NULL;
    }
    PyObject *match = NULL;
    int result = 0;
    for (Py_ssize_t i = 0; i < list_size(keep) && result == 0; i++) {
        result = collect_leaf_ids(list_item_borrow(keep, i), ids);
    }
    if (result == 0) {
        Matcher matcher = {MATCH_IDS, ids};
        PyObject *rest;
        if (group_split(group, &matcher, false, &match, &rest) < 0) {
            match = NULL;
        }
    }
    decref(ids);
    return match;
}

// Whether exc is (part of) orig as it was raised, not something raised anew: parts share the
// notes' content and these three by identity.
static bool
same_metadata(PyObject *exc, PyObject *orig)
{
    PyBaseExceptionObject *a = EXC(exc);
    PyBaseExceptionObject *b = EXC(orig);
    return a->notes == b->notes && a->traceback == b->traceback && a->cause == b->cause &&
           a->context == b->context;
}

// Sorts excs into those raised by handlers and those that are parts of orig.
static int
sort_reraised(PyObject *orig, PyObject *excs, PyObject *raised, PyObject *reraised)
{
    for (Py_ssize_t i = 0; i < list_size(excs); i++) {
        PyObject *exc = list_item_borrow(excs, i);
        if (exc == Py_None) {
            continue;
        }
        bool part = exception_group_check(exc) && same_metadata(exc, orig);
        if (list_append(part ? reraised : raised, exc) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *
exception_group_prepare_reraise(PyObject *orig, PyObject *excs)
{
    if (list_size(excs) == 0) {
        return Py_None;
    }
    if (!exception_group_check(orig)) {
        // A naked exception: one clause ran at most, so there is one result at most.
        return new_ref(list_item_borrow(excs, 0));
    }
    PyObject *result = NULL;
    PyObject *raised = list_new(0);
    PyObject *reraised = list_new(0);
    if (raised == NULL || reraised == NULL || sort_reraised(orig, excs, raised, reraised) < 0) {
        goto done;
    }
    PyObject *remaining = group_projection(orig, reraised);
    if (remaining == NULL && error_occurred()) {
        goto done;
    }
    if (list_size(raised) == 0) {
        result = none_or_steal(remaining);
        goto done;
    }
    if (remaining != NULL && list_append_steal(raised, remaining) < 0) {
        goto done;
    }
    result = list_size(raised) > 1 ? exception_group_new("", raised)
                                   : new_ref(list_item_borrow(raised, 0));
done:
    xdecref(raised);
    xdecref(reraised);
    return result;
}

// ---- the types ----

static PyMemberDef exception_group_members[] = {
    {"message", _Py_T_OBJECT, offsetof(PyBaseExceptionGroupObject, msg), Py_READONLY,
     "exception message"},
    {"exceptions", _Py_T_OBJECT, offsetof(PyBaseExceptionGroupObject, excs), Py_READONLY,
     "nested exceptions"},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef exception_group_methods[] = {
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {"derive", exception_group_derive, METH_O, "derive($self, excs, /)\n--\n\n"},
    {"split", exception_group_split, METH_O, "split($self, matcher_value, /)\n--\n\n"},
    {"subgroup", exception_group_subgroup, METH_O, "subgroup($self, matcher_value, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject _PyExc_BaseExceptionGroup = {
    EXCEPTION_TYPE_COMMON(BaseExceptionGroup, BaseException, PyBaseExceptionGroupObject,
                          "A combination of multiple unrelated exceptions."),
    .tp_dealloc = exception_group_dealloc,
    .tp_traverse = exception_group_traverse,
    .tp_clear = exception_group_clear,
    .tp_str = exception_group_str,
    .tp_methods = exception_group_methods,
    .tp_members = exception_group_members,
    .tp_init = exception_group_tp_init,
    .tp_new = exception_group_tp_new,
};

int
exception_group_init(void)
{
    PyObject *bases = tuple_pack(2, PyExc_BaseExceptionGroup, PyExc_Exception);
    if (bases == NULL) {
        return -1;
    }
    PyExc_ExceptionGroup = error_new_exception("builtins.ExceptionGroup", bases, NULL);
    decref(bases);
    return PyExc_ExceptionGroup == NULL ? -1 : 0;
}
