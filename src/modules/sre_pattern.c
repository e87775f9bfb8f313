// Pattern objects: compiled regular expressions and their methods; scanners. See sre_internal.h.
#include <stdio.h>
#include <string.h>

#include "abi/constants.h"
#include "base/hash.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "modules/sre_internal.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/descr.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/iter.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "runtime/import.h"
#include "thread/critical_section.h"

// ---- states ----

static int
check_kind(const Pattern *pattern, bool is_bytes)
{
    if (pattern->is_str && is_bytes) {
        error_set(PyExc_TypeError, "cannot use a string pattern on a bytes-like object");
        return -1;
    }
    if (pattern->is_bytes && !is_bytes) {
        error_set(PyExc_TypeError, "cannot use a bytes pattern on a string-like object");
        return -1;
    }
    return 0;
}

static int
open_subject(MatchState *state, PyObject *string, Py_ssize_t *length)
{
    if (str_check(string)) {
        state->kind = str_kind(string);
        state->data = str_data(string);
        *length = str_length(string);
        return 0;
    }
    if (buffer_get(string, &state->view, PyBUF_SIMPLE) < 0) {
        error_clear();
        state->view.obj = NULL;
        error_format(PyExc_TypeError, "expected string or bytes-like object, got '%.200s'",
                     object_type(string)->tp_name);
        return -1;
    }
    state->is_bytes = true;
    state->kind = 1;
    state->data = state->view.buf != NULL ? state->view.buf : "";
    *length = state->view.len;
    return 0;
}

void
sre_state_reset(MatchState *state)
{
    for (Py_ssize_t i = 0; i < state->mark_count; i++) {
        state->mark[i] = -1;
    }
    state->lastindex = -1;
}

int
sre_state_init(MatchState *state, const Pattern *pattern, PyObject *string, Py_ssize_t pos,
               Py_ssize_t endpos)
{
    memset(state, 0, sizeof *state);
    Py_ssize_t length;
    if (open_subject(state, string, &length) < 0) {
        return -1;
    }
    state->string = new_ref(string);
    state->mark_count = pattern->groups * 2;
    state->mark = mem_alloc_or_error((size_t)(state->mark_count + 1) * sizeof *state->mark);
    if (check_kind(pattern, state->is_bytes) < 0 || state->mark == NULL) {
        sre_state_free(state);
        return -1;
    }
    endpos = endpos < 0 ? 0 : endpos > length ? length : endpos;
    pos = pos < 0 ? 0 : pos > length ? length : pos;
    state->beginning = 0;
    state->start = pos;
    state->end = endpos;
    state->must_advance = -1;
    state->beginning = 0;
    sre_state_reset(state);
    return 0;
}

void
sre_state_free(MatchState *state)
{
    if (state->view.obj != NULL) {
        buffer_release(&state->view);
    }
    clear_ref(state->string);
    mem_free(state->mark);
    mem_free(state->choices);
    mem_free(state->trail);
    mem_free(state->repeats);
    state->mark = NULL;
}

// ---- construction ----

PyObject *
sre_pattern_new(PyObject *pattern, int flags, const uint32_t *code, Py_ssize_t size,
                Py_ssize_t groups, PyObject *groupindex, PyObject *indexgroup)
{
    Pattern *self = (Pattern *)type_alloc(&sre_pattern_type, size);
    if (self == NULL) {
        return NULL;
    }
    self->pattern = new_ref(pattern);
    self->groupindex = new_ref(groupindex);
    self->indexgroup = new_ref(indexgroup);
    self->flags = flags;
    self->groups = groups;
    self->code_size = size;
    self->is_str = str_check(pattern);
    self->is_bytes = !self->is_str && pattern != Py_None;
    memcpy(self->code, code, (size_t)size * sizeof *code);
    return (PyObject *)self;
}

// ---- matching methods ----

typedef enum { MATCH, FULLMATCH, SEARCH } Mode;

static bool
parse_subject(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, ArgsParser *parser,
              PyObject **string, Py_ssize_t *pos, Py_ssize_t *endpos)
{
    *pos = 0;
    *endpos = PY_SSIZE_T_MAX;
    return args_parse_stack_keywords(args, nargs, kwnames, parser, string, pos, endpos);
}

static PyObject *
run(PyObject *op, PyObject *string, Py_ssize_t pos, Py_ssize_t endpos, Mode mode)
{
    Pattern *self = (Pattern *)op;
    MatchState state;
    if (sre_state_init(&state, self, string, pos, endpos) < 0) {
        return NULL;
    }
    state.match_all = mode == FULLMATCH;
    int status = mode == SEARCH ? sre_search(&state, self)
                 : state.start > state.end ? 0 : sre_match_here(&state, self);
    PyObject *result = sre_match_new(self, &state, status);
    sre_state_free(&state);
    return result;
}

static const char *const subject_names[] = {"string", "pos", "endpos", NULL};

#define MATCH_METHOD(name, mode)                                                               \
    static PyObject *pattern_##name(PyObject *op, PyObject *const *args, Py_ssize_t nargs,     \
                                    PyObject *kwnames)                                         \
    {                                                                                          \
        static ArgsParser parser = {.format = "O|nn:" #name, .keywords = subject_names};       \
        PyObject *string;                                                                      \
        Py_ssize_t pos;                                                                        \
        Py_ssize_t endpos;                                                                     \
        if (!parse_subject(args, nargs, kwnames, &parser, &string, &pos, &endpos)) {            \
            return NULL;                                                                       \
        }                                                                                      \
        return run(op, string, pos, endpos, mode);                                             \
    }

MATCH_METHOD(match, MATCH)
MATCH_METHOD(fullmatch, FULLMATCH)
MATCH_METHOD(search, SEARCH)

// Searches from state->start on; afterwards the state stands behind the match. As sre_search.
static int
next_match(MatchState *state, Pattern *pattern)
{
    sre_state_reset(state);
    return sre_search(state, pattern);
}

static void
step_behind(MatchState *state)
{
    // After a match that is not empty an empty one may follow right behind it, but not twice.
    state->must_advance = state->ptr == state->start ? state->ptr : -1;
    state->start = state->ptr;
}

// What findall() returns for a match: the only group, or a tuple of all, or the whole.
static PyObject *
findall_item(MatchState *state, Pattern *self)
{
    if (self->groups == 0) {
        return sre_slice(state->string, state->start, state->ptr);
    }
    PyObject *empty = sre_slice(state->string, 0, 0);
    PyObject *items = empty != NULL && self->groups > 1 ? tuple_new(self->groups) : NULL;
    PyObject *result = items;
    if (empty == NULL || (self->groups > 1 && items == NULL)) {
        xdecref(empty);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < self->groups; i++) {
        Py_ssize_t from = state->mark[i * 2];
        Py_ssize_t to = state->mark[i * 2 + 1];
        PyObject *item = from >= 0 && to >= from ? sre_slice(state->string, from, to)
                                                 : new_ref(empty);
        if (item == NULL) {
            clear_ref(result);
            break;
        }
        if (items == NULL) {
            result = item;
        }
        else {
            tuple_set_item_steal(items, i, item);
        }
    }
    decref(empty);
    return result;
}

static PyObject *
pattern_findall(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "O|nn:findall", .keywords = subject_names};
    Pattern *self = (Pattern *)op;
    PyObject *string;
    Py_ssize_t pos;
    Py_ssize_t endpos;
    MatchState state;
    if (!parse_subject(args, nargs, kwnames, &parser, &string, &pos, &endpos)
        || sre_state_init(&state, self, string, pos, endpos) < 0) {
        return NULL;
    }
    PyObject *list = list_new(0);
    int status = 0;
    while (list != NULL && state.start <= state.end && (status = next_match(&state, self)) > 0) {
        PyObject *item = findall_item(&state, self);
        if (item == NULL || list_append_steal(list, item) < 0) {
            clear_ref(list);
        }
        step_behind(&state);
    }
    if (status < 0) {
        clear_ref(list);
    }
    sre_state_free(&state);
    return list;
}

static PyObject *
pattern_split(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"string", "maxsplit", NULL};
    static ArgsParser parser = {.format = "O|n:split", .keywords = names};
    Pattern *self = (Pattern *)op;
    PyObject *string;
    Py_ssize_t maxsplit = 0;
    MatchState state;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &string, &maxsplit)
        || sre_state_init(&state, self, string, 0, PY_SSIZE_T_MAX) < 0) {
        return NULL;
    }
    PyObject *list = list_new(0);
    Py_ssize_t last = 0;
    Py_ssize_t splits = 0;
    int status = 0;
    while (list != NULL && (maxsplit <= 0 || splits < maxsplit)
           && (status = next_match(&state, self)) > 0) {
        PyObject *piece = sre_slice(string, last, state.start);
        int failed = piece == NULL || list_append_steal(list, piece) < 0;
        for (Py_ssize_t i = 0; i < self->groups && !failed; i++) {
            Py_ssize_t from = state.mark[i * 2];
            Py_ssize_t to = state.mark[i * 2 + 1];
            PyObject *group = from >= 0 && to >= from ? sre_slice(string, from, to)
                                                      : new_ref(Py_None);
            failed = group == NULL || list_append_steal(list, group) < 0;
        }
        if (failed) {
            clear_ref(list);
            break;
        }
        splits++;
        last = state.ptr;
        step_behind(&state);
    }
    PyObject *rest = list != NULL && status >= 0 ? sre_slice(string, last, state.end) : NULL;
    if (rest == NULL || list_append_steal(list, rest) < 0) {
        clear_ref(list);
    }
    sre_state_free(&state);
    return list;
}

// ---- sub ----

// A template of literal text without backslashes needs no parsing.
static bool
has_backslash(PyObject *text)
{
    if (str_check(text)) {
        return str_find_char(text, '\\', 0, str_length(text), 1) >= 0;
    }
    Py_buffer view;
    if (buffer_get(text, &view, PyBUF_SIMPLE) < 0) {
        error_clear();
        return true;        // the parser reports what it is
    }
    bool found = memchr(view.buf, '\\', (size_t)view.len) != NULL;
    buffer_release(&view);
    return found;
}

// The replacement: a callable, a template object, or literal text.
typedef struct {
    PyObject *callable;     // owned or NULL
    PyObject *template_object; // owned or NULL
    PyObject *literal;      // owned or NULL
} Replacement;

static int
prepare_replacement(Pattern *self, PyObject *arg, Replacement *out)
{
    memset(out, 0, sizeof *out);
    if (object_callable(arg)) {
        out->callable = new_ref(arg);
        return 0;
    }
    if (!has_backslash(arg)) {
        out->literal = new_ref(arg);
        return 0;
    }
    PyObject *compile = import_attribute("re", "_compile_template");
    PyObject *made = compile != NULL ? object_call_twoargs(compile, (PyObject *)self, arg) : NULL;
    xdecref(compile);
    if (made == NULL) {
        // Unhashable templates cannot be cached, they are literal bytes.
        return -1;
    }
    PyObject *literal = sre_template_literal_borrow(made);
    if (literal != NULL) {
        out->literal = new_ref(literal);
        decref(made);
    }
    else {
        out->template_object = made;
    }
    return 0;
}

// The text for one match: new reference; None for nothing.
static PyObject *
replacement_for(Pattern *self, MatchState *state, const Replacement *replacement)
{
    if (replacement->literal != NULL) {
        return new_ref(replacement->literal);
    }
    PyObject *match = sre_match_new(self, state, 1);
    PyObject *text = NULL;
    if (match != NULL) {
        text = replacement->callable != NULL
                   ? object_call_onearg(replacement->callable, match)
                   : sre_template_expand(replacement->template_object, (Match *)match);
        decref(match);
    }
    return text;
}

static PyObject *
join_pieces(PyObject *string, PyObject *list)
{
    PyObject *empty = sre_slice(string, 0, 0);
    PyObject *result = NULL;
    if (empty != NULL) {
        result = list_size(list) == 0 ? new_ref(empty)
                 : str_check(empty) ? str_join(empty, list) : bytes_join(empty, list);
        decref(empty);
    }
    return result;
}

static PyObject *
substitute(Pattern *self, PyObject *arg, PyObject *string, Py_ssize_t count, bool with_count)
{
    Replacement replacement;
    MatchState state;
    if (prepare_replacement(self, arg, &replacement) < 0) {
        return NULL;
    }
    PyObject *result = NULL;
    PyObject *list = NULL;
    if (sre_state_init(&state, self, string, 0, PY_SSIZE_T_MAX) < 0) {
        goto done;
    }
    list = list_new(0);
    Py_ssize_t last = 0;
    Py_ssize_t done_count = 0;
    int status = 0;
    while (list != NULL && (count <= 0 || done_count < count)
           && (status = next_match(&state, self)) > 0) {
        if (last < state.start) {
            PyObject *piece = sre_slice(string, last, state.start);
            if (piece == NULL || list_append_steal(list, piece) < 0) {
                goto fail;
            }
        }
        PyObject *text = replacement_for(self, &state, &replacement);
        if (text == NULL) {
            goto fail;
        }
        if (text == Py_None) {
            decref(text);
        }
        else if (list_append_steal(list, text) < 0) {
            goto fail;
        }
        last = state.ptr;
        done_count++;
        step_behind(&state);
    }
    if (list == NULL || status < 0) {
        goto fail;
    }
    if (last < state.end) {
        PyObject *piece = sre_slice(string, last, state.end);
        if (piece == NULL || list_append_steal(list, piece) < 0) {
            goto fail;
        }
    }
    result = join_pieces(string, list);
    if (result != NULL && with_count) {
        PyObject *number = int_from_ssize(done_count);
        result = tuple_pair_steal(result, number);
    }
fail:
    xdecref(list);
    sre_state_free(&state);
done:
    xdecref(replacement.callable);
    xdecref(replacement.template_object);
    xdecref(replacement.literal);
    return result;
}

static const char *const sub_names[] = {"repl", "string", "count", NULL};

static PyObject *
pattern_sub(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "OO|n:sub", .keywords = sub_names};
    PyObject *repl;
    PyObject *string;
    Py_ssize_t count = 0;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &repl, &string, &count)) {
        return NULL;
    }
    return substitute((Pattern *)op, repl, string, count, false);
}

static PyObject *
pattern_subn(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "OO|n:subn", .keywords = sub_names};
    PyObject *repl;
    PyObject *string;
    Py_ssize_t count = 0;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &repl, &string, &count)) {
        return NULL;
    }
    return substitute((Pattern *)op, repl, string, count, true);
}

// ---- scanners ----

typedef struct {
    PyObject ob_base;
    Pattern *pattern;
    MatchState state;       // lock: the object's
    bool finished;          // lock: the object's
    int executing;          // atomic: a match runs
} Scanner;

static PyObject *
pattern_scanner(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "O|nn:scanner", .keywords = subject_names};
    PyObject *string;
    Py_ssize_t pos;
    Py_ssize_t endpos;
    if (!parse_subject(args, nargs, kwnames, &parser, &string, &pos, &endpos)) {
        return NULL;
    }
    Scanner *scanner = (Scanner *)type_alloc(&sre_scanner_type, 0);
    if (scanner == NULL) {
        return NULL;
    }
    if (sre_state_init(&scanner->state, (Pattern *)op, string, pos, endpos) < 0) {
        decref(scanner);
        return NULL;
    }
    scanner->pattern = (Pattern *)new_ref(op);
    return (PyObject *)scanner;
}

static PyObject *
scan(PyObject *op, bool search)
{
    Scanner *self = (Scanner *)op;
    int expected = 0;
    if (!atomic_cas_int(&self->executing, &expected, 1)) {
        return error_set(PyExc_ValueError, "regular expression scanner already executing");
    }
    PyObject *result = NULL;
    MatchState *state = &self->state;
    if (self->finished || state->start > state->end) {
        result = new_ref(Py_None);
    }
    else {
        sre_state_reset(state);
        int status = search ? sre_search(state, self->pattern)
                            : sre_match_here(state, self->pattern);
        result = sre_match_new(self->pattern, state, status);
        if (status > 0) {
            step_behind(state);
        }
        else {
            self->finished = true;
        }
    }
    atomic_store_int(&self->executing, 0);
    return result;
}

static PyObject *
scanner_match(PyObject *op, PyObject *unused)
{
    return scan(op, false);
}

static PyObject *
scanner_search(PyObject *op, PyObject *unused)
{
    return scan(op, true);
}

static PyObject *
pattern_finditer(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *scanner = pattern_scanner(op, args, nargs, kwnames);
    PyObject *search = scanner != NULL ? object_getattr(scanner, ID(search)) : NULL;
    PyObject *iterator = search != NULL ? call_iter_new(search, Py_None) : NULL;
    xdecref(search);
    xdecref(scanner);
    return iterator;
}

static int
scanner_traverse(PyObject *op, visitproc visit, void *arg)
{
    Scanner *self = (Scanner *)op;
    int result = self->pattern != NULL ? visit((PyObject *)self->pattern, arg) : 0;
    return result == 0 && self->state.string != NULL ? visit(self->state.string, arg) : result;
}

static void
scanner_dealloc(PyObject *op)
{
    Scanner *self = (Scanner *)op;
    gc_untrack(op);
    if (self->state.mark != NULL) {
        sre_state_free(&self->state);
    }
    clear_ref(self->pattern);
    object_type(op)->tp_free(op);
}

static PyMethodDef scanner_methods[] = {
    {"match", scanner_match, METH_NOARGS, "match($self, /)\n--\n\n"},
    {"search", scanner_search, METH_NOARGS, "search($self, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef scanner_members[] = {
    {"pattern", _Py_T_OBJECT, offsetof(Scanner, pattern), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject sre_scanner_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_sre.SRE_Scanner",
    .tp_basicsize = sizeof(Scanner),
    .tp_dealloc = scanner_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE
                | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = scanner_traverse,
    .tp_methods = scanner_methods,
    .tp_members = scanner_members,
};

// ---- the rest of Pattern ----

static PyObject *
pattern_copy(PyObject *op, PyObject *unused)
{
    return new_ref(op);
}

// re.compile('…', re.I): the flags that are not implied.
static PyObject *
pattern_repr(PyObject *op)
{
    static const struct { const char *name; int value; } names[] = {
        {"re.IGNORECASE", SRE_FLAG_IGNORECASE}, {"re.MULTILINE", SRE_FLAG_MULTILINE},
        {"re.DOTALL", SRE_FLAG_DOTALL}, {"re.VERBOSE", SRE_FLAG_VERBOSE},
        {"re.DEBUG", SRE_FLAG_DEBUG}, {"re.ASCII", SRE_FLAG_ASCII},
        {"re.LOCALE", SRE_FLAG_LOCALE}, {"re.UNICODE", SRE_FLAG_UNICODE},
    };
    Pattern *self = (Pattern *)op;
    int flags = self->flags;
    if (self->is_str
        && (flags & (SRE_FLAG_LOCALE | SRE_FLAG_UNICODE | SRE_FLAG_ASCII)) == SRE_FLAG_UNICODE) {
        flags &= ~SRE_FLAG_UNICODE;
    }
    char text[160] = "";
    size_t used = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (flags & names[i].value) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? "|" : "",
                                     names[i].name);
            flags &= ~names[i].value;
        }
    }
    if (flags) {
        snprintf(text + used, sizeof text - used, "%s0x%x", used ? "|" : "", (unsigned)flags);
    }
    return *text != '\0' ? str_format("re.compile(%.200R, %s)", self->pattern, text)
                         : str_format("re.compile(%.200R)", self->pattern);
}

static PyObject *
pattern_richcompare(PyObject *a, PyObject *b, int op)
{
    if ((op != Py_EQ && op != Py_NE) || object_type(a) != object_type(b)) {
        return new_ref(Py_NotImplemented);
    }
    Pattern *x = (Pattern *)a;
    Pattern *y = (Pattern *)b;
    int equal = a == b;
    if (!equal && x->flags == y->flags && x->is_bytes == y->is_bytes
        && x->code_size == y->code_size
        && memcmp(x->code, y->code, (size_t)x->code_size * sizeof *x->code) == 0) {
        equal = object_richcompare_bool(x->pattern, y->pattern, Py_EQ);
        if (equal < 0) {
            return NULL;
        }
    }
    return bool_from_int(equal == (op == Py_EQ));
}

static Py_hash_t
pattern_hash(PyObject *op)
{
    Pattern *self = (Pattern *)op;
    Py_hash_t hash = object_hash(self->pattern);
    if (hash == -1) {
        return -1;
    }
    hash ^= hash_bytes(self->code, self->code_size * (Py_ssize_t)sizeof *self->code);
    hash ^= (Py_hash_t)self->flags ^ (Py_hash_t)self->is_bytes ^ (Py_hash_t)self->code_size;
    return hash == -1 ? -2 : hash;
}

static PyObject *
get_groupindex(PyObject *op, void *closure)
{
    PyObject *index = ((Pattern *)op)->groupindex;
    return dict_size(index) == 0 ? dict_new() : mappingproxy_new(index);
}

static PyObject *
get_flags(PyObject *op, void *closure)
{
    return int_from_i64(((Pattern *)op)->flags);
}

static PyObject *
get_groups(PyObject *op, void *closure)
{
    return int_from_ssize(((Pattern *)op)->groups);
}

static PyObject *
pattern_class_getitem(PyObject *type, PyObject *item)
{
    return genericalias_new(type, item);
}

static int
pattern_traverse(PyObject *op, visitproc visit, void *arg)
{
    Pattern *self = (Pattern *)op;
    PyObject *const parts[] = {self->groupindex, self->indexgroup, self->pattern};
    for (int i = 0; i < 3; i++) {
        int result = parts[i] != NULL ? visit(parts[i], arg) : 0;
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

static int
pattern_clear(PyObject *op)
{
    Pattern *self = (Pattern *)op;
    clear_ref(self->groupindex);
    clear_ref(self->indexgroup);
    clear_ref(self->pattern);
    return 0;
}

static void
pattern_dealloc(PyObject *op)
{
    gc_untrack(op);
    weakref_clear_all(op);
    pattern_clear(op);
    object_type(op)->tp_free(op);
}

#define KEYWORDS(function)                                                                  \
    (PyCFunction)(void (*)(void))(function), METH_FASTCALL | METH_KEYWORDS

static PyMethodDef pattern_methods[] = {
    {"match", KEYWORDS(pattern_match),
     "match($self, /, string, pos=0, endpos=sys.maxsize)\n--\n\n"
     "Matches zero or more characters at the beginning of the string."},
    {"fullmatch", KEYWORDS(pattern_fullmatch),
     "fullmatch($self, /, string, pos=0, endpos=sys.maxsize)\n--\n\n"
     "Matches against all of the string."},
    {"search", KEYWORDS(pattern_search),
     "search($self, /, string, pos=0, endpos=sys.maxsize)\n--\n\n"
     "Scan through string looking for a match, and return a corresponding match object instance.\n"
     "\nReturn None if no position in the string matches."},
    {"sub", KEYWORDS(pattern_sub),
     "sub($self, /, repl, string, count=0)\n--\n\n"
     "Return the string obtained by replacing the leftmost non-overlapping occurrences of pattern "
     "in string by the replacement repl."},
    {"subn", KEYWORDS(pattern_subn),
     "subn($self, /, repl, string, count=0)\n--\n\n"
     "Return the tuple (new_string, number_of_subs_made) found by replacing the leftmost "
     "non-overlapping occurrences of pattern with the replacement repl."},
    {"findall", KEYWORDS(pattern_findall),
     "findall($self, /, string, pos=0, endpos=sys.maxsize)\n--\n\n"
     "Return a list of all non-overlapping matches of pattern in string."},
    {"split", KEYWORDS(pattern_split),
     "split($self, /, string, maxsplit=0)\n--\n\nSplit string by the occurrences of pattern."},
    {"finditer", KEYWORDS(pattern_finditer),
     "finditer($self, /, string, pos=0, endpos=sys.maxsize)\n--\n\n"
     "Return an iterator over all non-overlapping matches for the RE pattern in string.\n\n"
     "For each match, the iterator returns a match object."},
    {"scanner", KEYWORDS(pattern_scanner),
     "scanner($self, /, string, pos=0, endpos=sys.maxsize)\n--\n\n"},
    {"__copy__", pattern_copy, METH_NOARGS, "__copy__($self, /)\n--\n\n"},
    {"__deepcopy__", pattern_copy, METH_O, "__deepcopy__($self, memo, /)\n--\n\n"},
    {"__class_getitem__", pattern_class_getitem, METH_O | METH_CLASS, "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef pattern_getset[] = {
    {"groupindex", get_groupindex, NULL, "A dictionary mapping group names to group numbers.",
     NULL},
    {"flags", get_flags, NULL, "The regex matching flags.", NULL},
    {"groups", get_groups, NULL, "The number of capturing groups in the pattern.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef pattern_members[] = {
    {"pattern", _Py_T_OBJECT, offsetof(Pattern, pattern), Py_READONLY,
     "The pattern string from which the RE object was compiled."},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject sre_pattern_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "re.Pattern",
    .tp_basicsize = offsetof(Pattern, code),
    .tp_itemsize = sizeof(uint32_t),
    .tp_dealloc = pattern_dealloc,
    .tp_repr = pattern_repr,
    .tp_hash = pattern_hash,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE
                | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "Compiled regular expression object.",
    .tp_traverse = pattern_traverse,
    .tp_clear = pattern_clear,
    .tp_richcompare = pattern_richcompare,
    .tp_weaklistoffset = offsetof(Pattern, weakrefs),
    .tp_methods = pattern_methods,
    .tp_members = pattern_members,
    .tp_getset = pattern_getset,
};
