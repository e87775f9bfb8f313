// Match objects; see sre_internal.h.
#include <string.h>

#include "abi/constants.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "modules/sre_internal.h"
#include "objects/args.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "runtime/import.h"

PyObject *
sre_slice(PyObject *string, Py_ssize_t start, Py_ssize_t end)
{
    if (str_check(string)) {
        return str_check_exact(string) && start == 0 && end == str_length(string)
                   ? new_ref(string) : str_substring(string, start, end);
    }
    if (bytes_check_exact(string) && start == 0 && end == bytes_length(string)) {
        return new_ref(string);
    }
    Py_buffer view;
    if (buffer_get(string, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    // A mutable subject may have shrunk since.
    end = end > view.len ? view.len : end;
    start = start > end ? end : start;
    PyObject *result = bytes_from_data((const char *)view.buf + start, end - start);
    buffer_release(&view);
    return result;
}

PyObject *
sre_match_new(Pattern *pattern, MatchState *state, int status)
{
    if (status <= 0) {
        return status < 0 ? NULL : new_ref(Py_None);
    }
    Py_ssize_t groups = pattern->groups + 1;
    Match *match = (Match *)type_alloc(&sre_match_type, groups * 2);
    if (match == NULL) {
        return NULL;
    }
    match->string = new_ref(state->string);
    match->pattern = (Pattern *)new_ref(pattern);
    match->groups = groups;
    match->pos = state->beginning;
    match->endpos = state->end;
    match->lastindex = state->lastindex;
    match->mark[0] = state->start;
    match->mark[1] = state->ptr;
    for (Py_ssize_t i = 0; i < pattern->groups; i++) {
        Py_ssize_t from = state->mark[i * 2];
        Py_ssize_t to = state->mark[i * 2 + 1];
        bool matched = from >= 0 && to >= from;
        match->mark[(i + 1) * 2] = matched ? from : -1;
        match->mark[(i + 1) * 2 + 1] = matched ? to : -1;
    }
    return (PyObject *)match;
}

PyObject *
sre_match_group(Match *match, Py_ssize_t index, PyObject *missing)
{
    if (index < 0 || index >= match->groups) {
        return error_set(PyExc_IndexError, "no such group");
    }
    if (match->string == Py_None || match->mark[index * 2] < 0) {
        return new_ref(missing);
    }
    return sre_slice(match->string, match->mark[index * 2], match->mark[index * 2 + 1]);
}

// Number of a group given by number or name; -1 with IndexError.
static Py_ssize_t
group_index(Match *match, PyObject *key)
{
    Py_ssize_t index = -1;
    PyNumberMethods *number = object_type(key)->tp_as_number;
    if (number != NULL && number->nb_index != NULL) {
        index = number_as_ssize(key, NULL);
    }
    else {
        PyObject *found = NULL;
        if (dict_get(match->pattern->groupindex, key, &found) > 0) {
            index = int_as_ssize(found);
            decref(found);
        }
        error_clear();
    }
    if (index < 0 || index >= match->groups) {
        if (!error_occurred()) {
            error_set(PyExc_IndexError, "no such group");
        }
        return -1;
    }
    return index;
}

static PyObject *
group_by_key(Match *match, PyObject *key, PyObject *missing)
{
    Py_ssize_t index = group_index(match, key);
    return index < 0 ? NULL : sre_match_group(match, index, missing);
}

static PyObject *
match_group(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Match *self = (Match *)op;
    if (nargs == 0) {
        return sre_match_group(self, 0, Py_None);
    }
    if (nargs == 1) {
        return group_by_key(self, args[0], Py_None);
    }
    PyObject *result = tuple_new(nargs);
    for (Py_ssize_t i = 0; i < nargs && result != NULL; i++) {
        PyObject *item = group_by_key(self, args[i], Py_None);
        if (item == NULL) {
            clear_ref(result);
            break;
        }
        tuple_set_item_steal(result, i, item);
    }
    return result;
}

static PyObject *
match_subscript(PyObject *op, PyObject *key)
{
    return group_by_key((Match *)op, key, Py_None);
}

static PyObject *
match_groups(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"default", NULL};
    Match *self = (Match *)op;
    PyObject *missing = Py_None;
    if (!args_parse_static(args, kwargs, "|O:groups", names, &missing)) {
        return NULL;
    }
    PyObject *result = tuple_new(self->groups - 1);
    for (Py_ssize_t i = 1; i < self->groups && result != NULL; i++) {
        PyObject *item = sre_match_group(self, i, missing);
        if (item == NULL) {
            clear_ref(result);
            break;
        }
        tuple_set_item_steal(result, i - 1, item);
    }
    return result;
}

static PyObject *
match_groupdict(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"default", NULL};
    Match *self = (Match *)op;
    PyObject *missing = Py_None;
    if (!args_parse_static(args, kwargs, "|O:groupdict", names, &missing)) {
        return NULL;
    }
    PyObject *result = dict_new();
    Py_ssize_t position = 0;
    PyObject *name;
    PyObject *number;
    while (result != NULL && dict_next(self->pattern->groupindex, &position, &name, &number)) {
        PyObject *value = group_by_key(self, number, missing);
        if (value == NULL || dict_set(result, name, value) < 0) {
            clear_ref(result);
        }
        xdecref(value);
        decref(name);
        decref(number);
    }
    return result;
}

// The argument of start(), end() and span(): group 0 when there is none.
static Py_ssize_t
position_argument(PyObject *op, const char *name, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional(name, nargs, 0, 1)) {
        return -1;
    }
    return nargs == 0 ? 0 : group_index((Match *)op, args[0]);
}

static PyObject *
match_start(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t index = position_argument(op, "start", args, nargs);
    return index < 0 ? NULL : int_from_ssize(((Match *)op)->mark[index * 2]);
}

static PyObject *
match_end(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t index = position_argument(op, "end", args, nargs);
    return index < 0 ? NULL : int_from_ssize(((Match *)op)->mark[index * 2 + 1]);
}

static PyObject *
span_of(Match *self, Py_ssize_t index)
{
    return tuple_pair_steal(int_from_ssize(self->mark[index * 2]),
                            int_from_ssize(self->mark[index * 2 + 1]));
}

static PyObject *
match_span(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t index = position_argument(op, "span", args, nargs);
    return index < 0 ? NULL : span_of((Match *)op, index);
}

static PyObject *
match_expand(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"template", NULL};
    Match *self = (Match *)op;
    PyObject *text;
    if (!args_parse_static(args, kwargs, "O:expand", names, &text)) {
        return NULL;
    }
    PyObject *compile = import_attribute("re", "_compile_template");
    PyObject *made = compile != NULL
                         ? object_call_twoargs(compile, (PyObject *)self->pattern, text) : NULL;
    PyObject *result = made != NULL ? sre_template_expand(made, self) : NULL;
    xdecref(compile);
    xdecref(made);
    return result;
}

static PyObject *
match_copy(PyObject *op, PyObject *unused)
{
    return new_ref(op);
}

static PyObject *
match_repr(PyObject *op)
{
    Match *self = (Match *)op;
    PyObject *text = sre_match_group(self, 0, Py_None);
    PyObject *result =
        text != NULL ? str_format("<%s object; span=(%zd, %zd), match=%.50R>",
                                  object_type(op)->tp_name, self->mark[0], self->mark[1], text)
                     : NULL;
    xdecref(text);
    return result;
}

static PyObject *
get_lastindex(PyObject *op, void *closure)
{
    Py_ssize_t index = ((Match *)op)->lastindex;
    return index >= 0 ? int_from_ssize(index) : new_ref(Py_None);
}

static PyObject *
get_lastgroup(PyObject *op, void *closure)
{
    Match *self = (Match *)op;
    PyObject *names = self->pattern->indexgroup;
    return new_ref(self->lastindex >= 0 && self->lastindex < tuple_size(names)
                       ? tuple_item_borrow(names, self->lastindex) : Py_None);
}

static PyObject *
get_regs(PyObject *op, void *closure)
{
    Match *self = (Match *)op;
    PyObject *regs = tuple_new(self->groups);
    for (Py_ssize_t i = 0; i < self->groups && regs != NULL; i++) {
        PyObject *span = span_of(self, i);
        if (span == NULL) {
            clear_ref(regs);
            break;
        }
        tuple_set_item_steal(regs, i, span);
    }
    return regs;
}

static PyObject *
match_class_getitem(PyObject *type, PyObject *item)
{
    return genericalias_new(type, item);
}

static int
match_traverse(PyObject *op, visitproc visit, void *arg)
{
    Match *self = (Match *)op;
    int result = self->string != NULL ? visit(self->string, arg) : 0;
    return result == 0 && self->pattern != NULL ? visit((PyObject *)self->pattern, arg) : result;
}

static int
match_clear(PyObject *op)
{
    Match *self = (Match *)op;
    clear_ref(self->string);
    clear_ref(self->pattern);
    return 0;
}

static void
match_dealloc(PyObject *op)
{
    gc_untrack(op);
    match_clear(op);
    object_type(op)->tp_free(op);
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL
#define KEYWORDS(function) (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS

static PyMethodDef match_methods[] = {
    {"group", FAST(match_group),
     "group([group1, ...]) -> str or tuple.\n"
     "Return subgroup(s) of the match by indices or names.\n"
     "For 0 returns the entire match."},
    {"start", FAST(match_start),
     "start($self, group=0, /)\n--\n\n"
     "Return index of the start of the substring matched by group."},
    {"end", FAST(match_end),
     "end($self, group=0, /)\n--\n\nReturn index of the end of the substring matched by group."},
    {"span", FAST(match_span),
     "span($self, group=0, /)\n--\n\n"
     "For match object m, return the 2-tuple (m.start(group), m.end(group))."},
    {"groups", KEYWORDS(match_groups),
     "groups($self, /, default=None)\n--\n\n"
     "Return a tuple containing all the subgroups of the match, from 1.\n\n"
     "  default\n    Is used for groups that did not participate in the match."},
    {"groupdict", KEYWORDS(match_groupdict),
     "groupdict($self, /, default=None)\n--\n\n"
     "Return a dictionary containing all the named subgroups of the match, keyed by the subgroup "
     "name.\n\n  default\n    Is used for groups that did not participate in the match."},
    {"expand", KEYWORDS(match_expand),
     "expand($self, /, template)\n--\n\n"
     "Return the string obtained by doing backslash substitution on the string template, as done "
     "by the sub() method."},
    {"__copy__", match_copy, METH_NOARGS, "__copy__($self, /)\n--\n\n"},
    {"__deepcopy__", match_copy, METH_O, "__deepcopy__($self, memo, /)\n--\n\n"},
    {"__class_getitem__", match_class_getitem, METH_O | METH_CLASS, "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef match_getset[] = {
    {"lastindex", get_lastindex, NULL, "The integer index of the last matched capturing group.",
     NULL},
    {"lastgroup", get_lastgroup, NULL, "The name of the last matched capturing group.", NULL},
    {"regs", get_regs, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef match_members[] = {
    {"string", _Py_T_OBJECT, offsetof(Match, string), Py_READONLY,
     "The string passed to match() or search()."},
    {"re", _Py_T_OBJECT, offsetof(Match, pattern), Py_READONLY,
     "The regular expression object."},
    {"pos", Py_T_PYSSIZET, offsetof(Match, pos), Py_READONLY,
     "The index into the string at which the RE engine started looking for a match."},
    {"endpos", Py_T_PYSSIZET, offsetof(Match, endpos), Py_READONLY,
     "The index into the string beyond which the RE engine will not go."},
    {NULL, 0, 0, 0, NULL},
};

static PyMappingMethods match_as_mapping = {.mp_subscript = match_subscript};

PyTypeObject sre_match_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "re.Match",
    .tp_basicsize = offsetof(Match, mark),
    .tp_itemsize = sizeof(Py_ssize_t),
    .tp_dealloc = match_dealloc,
    .tp_repr = match_repr,
    .tp_as_mapping = &match_as_mapping,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE
                | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "The result of re.match() and re.search().\n"
              "Match objects always have a boolean value of True.",
    .tp_traverse = match_traverse,
    .tp_clear = match_clear,
    .tp_methods = match_methods,
    .tp_members = match_members,
    .tp_getset = match_getset,
};
