// str.format: the parser of templates, field names, and the iterators of the _string module.
#include <string.h>

#include "memory/heap.h"
#include "memory/refcount.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/error.h"
#include "objects/format.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/str_internal.h"
#include "objects/tuple.h"
#include "objects/type.h"

// A piece [start, end) of a str.
typedef struct {
    PyObject *text;
    Py_ssize_t start, end;
} Piece;

static inline Py_UCS4 at(const Piece *p, Py_ssize_t i) { return str_read_char(p->text, i); }

static PyObject *
piece_str(const Piece *p)
{
    return str_substring(p->text, p->start, p->end);
}

static int
value_error(const char *text)
{
    error_set(PyExc_ValueError, text);
    return -1;
}

// ---- templates: literal text and fields ----

typedef struct {
    Piece literal;
    bool has_field;
    Piece name, spec;
    Py_UCS4 conversion;     // 0: none
    bool spec_has_fields;
} Markup;

// Literal text up to a field or the end; a doubled brace ends it, too. 1 when a field follows, 0
// or -1.
static int
next_literal(Piece *rest, Markup *m)
{
    Py_ssize_t i = rest->start;
    Py_UCS4 c = 0;
    bool brace = false;
    while (i < rest->end && !brace) {
        c = at(rest, i++);
        brace = c == '{' || c == '}';
    }
    m->literal = (Piece){rest->text, rest->start, i};
    if (!brace) {
        rest->start = i;
        return 0;
    }
    bool at_end = i >= rest->end;
    bool doubled = !at_end && at(rest, i) == c;
    if (c == '}' && !doubled) {
        return value_error("Single '}' encountered in format string");
    }
    if (c == '{' && at_end) {
        return value_error("Single '{' encountered in format string");
    }
    if (doubled) {
        rest->start = i + 1;
        return 0;
    }
    m->literal.end--;
    rest->start = i;
    return 1;
}

// The field's name: up to '}', ':' or '!' outside of brackets, which is *stop (0 at the end).
static int
next_name(Piece *rest, Markup *m, Py_UCS4 *stop)
{
    Py_ssize_t i = rest->start;
    *stop = 0;
    while (i < rest->end && *stop == 0) {
        Py_UCS4 c = at(rest, i++);
        if (c == '{') {
            return value_error("unexpected '{' in field name");
        }
        if (c == '[') {
            while (i < rest->end && at(rest, i) != ']') {
                i++;
            }
        }
        else if (c == '}' || c == ':' || c == '!') {
            *stop = c;
        }
    }
    m->name = (Piece){rest->text, rest->start, *stop == 0 ? i : i - 1};
    rest->start = i;
    return 0;
}

// What follows '!' : the conversion, and whether a specification comes. 1 if so, 0 or -1.
static int
next_conversion(Piece *rest, Markup *m)
{
    if (rest->start >= rest->end) {
        return value_error("end of string while looking for conversion specifier");
    }
    m->conversion = at(rest, rest->start++);
    if (rest->start < rest->end) {
        Py_UCS4 c = at(rest, rest->start++);
        if (c == '}') {
            return 0;
        }
        if (c != ':') {
            return value_error("expected ':' after conversion specifier");
        }
    }
    return 1;
}

static int
next_spec(Piece *rest, Markup *m)
{
    int depth = 1;
    for (Py_ssize_t i = rest->start; i < rest->end; i++) {
        Py_UCS4 c = at(rest, i);
        if (c == '{') {
            m->spec_has_fields = true;
            depth++;
        }
        else if (c == '}' && --depth == 0) {
            m->spec = (Piece){rest->text, rest->start, i};
            rest->start = i + 1;
            return 0;
        }
    }
    return value_error("unmatched '{' in format spec");
}

// The next literal and field: 1, 0 at the end, or -1.
static int
next_markup(Piece *rest, Markup *m)
{
    if (rest->start >= rest->end) {
        return 0;
    }
    *m = (Markup){.spec = {rest->text, 0, 0}, .name = {rest->text, 0, 0}};
    int rc = next_literal(rest, m);
    if (rc <= 0) {
        return rc < 0 ? -1 : 1;
    }
    m->has_field = true;
    Py_UCS4 stop;
    if (next_name(rest, m, &stop) < 0) {
        return -1;
    }
    if (stop == '}') {
        return 1;
    }
    if (stop == 0) {
        return value_error("expected '}' before end of string");
    }
    if (stop == '!') {
        rc = next_conversion(rest, m);
        if (rc <= 0) {
            return rc < 0 ? -1 : 1;
        }
    }
    return next_spec(rest, m) < 0 ? -1 : 1;
}

// ---- field names ----

// The number that a piece is, -1 when it is no number, -2 with ValueError.
static Py_ssize_t
piece_number(const Piece *p)
{
    Py_ssize_t value = 0;
    if (p->start >= p->end) {
        return -1;
    }
    for (Py_ssize_t i = p->start; i < p->end; i++) {
        int digit = (int)at(p, i) - '0';
        if (digit < 0 || digit > 9) {
            return -1;
        }
        if (value > (PY_SSIZE_T_MAX - digit) / 10) {
            value_error("Too many decimal digits in format string");
            return -2;
        }
        value = value * 10 + digit;
    }
    return value;
}

// Cuts the first component off: up to '.' or '['.
static void
first_component(const Piece *name, Piece *first, Piece *rest)
{
    Py_ssize_t i = name->start;
    while (i < name->end && at(name, i) != '.' && at(name, i) != '[') {
        i++;
    }
    *first = (Piece){name->text, name->start, i};
    *rest = (Piece){name->text, i, name->end};
}

// The next .attribute or [item]: 1, 0 at the end, or -1. *number is its value if it is an item
// that is a number, else -1.
static int
next_component(Piece *rest, Piece *component, bool *is_attribute, Py_ssize_t *number)
{
    if (rest->start >= rest->end) {
        return 0;
    }
    *number = -1;
    Py_ssize_t i = rest->start + 1;
    switch (at(rest, rest->start)) {
    case '.':
        *is_attribute = true;
        while (i < rest->end && at(rest, i) != '.' && at(rest, i) != '[') {
            i++;
        }
        *component = (Piece){rest->text, rest->start + 1, i};
        rest->start = i;
        break;
    case '[':
        *is_attribute = false;
        while (i < rest->end && at(rest, i) != ']') {
            i++;
        }
        if (i >= rest->end) {
            return value_error("Missing ']' in format string");
        }
        *component = (Piece){rest->text, rest->start + 1, i};
        rest->start = i + 1;
        *number = piece_number(component);
        if (*number == -2) {
            return -1;
        }
        break;
    default:
        return value_error("Only '.' or '[' may follow ']' in format field specifier");
    }
    if (component->start == component->end) {
        return value_error("Empty attribute in format string");
    }
    return 1;
}

// ---- rendering ----

typedef struct {
    PyObject *args;         // tuple or NULL
    PyObject *kwargs;       // mapping or NULL
    enum { NUMBERING_UNKNOWN, NUMBERING_AUTO, NUMBERING_MANUAL } numbering;
    Py_ssize_t next;        // automatic number
} Context;

static int render(StrWriter *w, Piece text, Context *context, int depth);

// Settles the numbering by a field that is a number (or empty). 0 or -1.
static int
check_numbering(Context *context, bool automatic)
{
    if (context->numbering == NUMBERING_UNKNOWN) {
        context->numbering = automatic ? NUMBERING_AUTO : NUMBERING_MANUAL;
    }
    if (context->numbering == NUMBERING_MANUAL && automatic) {
        return value_error("cannot switch from manual field specification to automatic field "
                           "numbering");
    }
    if (context->numbering == NUMBERING_AUTO && !automatic) {
        return value_error("cannot switch from automatic field numbering to manual field "
                           "specification");
    }
    return 0;
}

// The argument that a field starts from: new reference.
static PyObject *
first_object(const Piece *first, Context *context)
{
    Py_ssize_t index = piece_number(first);
    bool empty = first->start == first->end;
    if (index == -2) {
        return NULL;
    }
    if (empty || index >= 0) {
        if (check_numbering(context, empty) < 0) {
            return NULL;
        }
        index = empty ? context->next++ : index;
        if (context->args == NULL) {
            return error_set(PyExc_ValueError, "Format string contains positional fields");
        }
        if (index >= tuple_size(context->args)) {
            return error_format(PyExc_IndexError,
                                "Replacement index %zd out of range for positional args tuple",
                                index);
        }
        return new_ref(tuple_item(context->args, index));
    }
    PyObject *key = piece_str(first);
    if (key == NULL) {
        return NULL;
    }
    PyObject *value = context->kwargs == NULL ? error_set_key_error(key)
                                              : object_getitem(context->kwargs, key);
    decref(key);
    return value;
}

static PyObject *
component_of(PyObject *op, const Piece *component, bool is_attribute, Py_ssize_t number)
{
    PyObject *key = number >= 0 ? int_from_ssize(number) : piece_str(component);
    if (key == NULL) {
        return NULL;
    }
    PyObject *value = is_attribute ? object_getattr(op, key) : object_getitem(op, key);
    decref(key);
    return value;
}

static PyObject *
field_object(const Piece *name, Context *context)
{
    Piece first, rest, component;
    first_component(name, &first, &rest);
    PyObject *op = first_object(&first, context);
    bool is_attribute;
    Py_ssize_t number;
    int rc = 0;
    while (op != NULL && (rc = next_component(&rest, &component, &is_attribute, &number)) > 0) {
        set_ref(op, component_of(op, &component, is_attribute, number));
    }
    if (op != NULL && rc < 0) {
        clear_ref(op);
    }
    return op;
}

static PyObject *
convert(PyObject *op, Py_UCS4 conversion)
{
    switch (conversion) {
    case 'r':
        return object_repr(op);
    case 's':
        return object_str(op);
    case 'a':
        return object_ascii(op);
    default:
        break;
    }
    if (conversion > 32 && conversion < 127) {
        return error_format(PyExc_ValueError, "Unknown conversion specifier %c", (int)conversion);
    }
    return error_format(PyExc_ValueError, "Unknown conversion specifier \\x%x",
                        (unsigned)conversion);
}

// The specification of a field with its own fields filled in: new str, NULL with an exception.
static PyObject *
expanded_spec(const Markup *m, Context *context, int depth)
{
    if (!m->spec_has_fields) {
        return piece_str(&m->spec);
    }
    StrWriter w;
    str_writer_init(&w);
    if (render(&w, m->spec, context, depth - 1) < 0) {
        str_writer_discard(&w);
        return NULL;
    }
    return str_writer_finish(&w);
}

static int
render_field(StrWriter *w, const Markup *m, Context *context, int depth)
{
    PyObject *op = field_object(&m->name, context);
    if (op != NULL && m->conversion != 0) {
        set_ref(op, convert(op, m->conversion));
    }
    if (op == NULL) {
        return -1;
    }
    int rc = -1;
    PyObject *spec = expanded_spec(m, context, depth);
    if (spec != NULL) {
        rc = format_object_to(w, op, spec);
        decref(spec);
    }
    decref(op);
    return rc;
}

static int
render(StrWriter *w, Piece text, Context *context, int depth)
{
    if (depth <= 0) {
        return value_error("Max string recursion exceeded");
    }
    Markup m;
    int rc;
    while ((rc = next_markup(&text, &m)) > 0) {
        if (str_writer_substring(w, m.literal.text, m.literal.start, m.literal.end) < 0 ||
            (m.has_field && render_field(w, &m, context, depth) < 0)) {
            return -1;
        }
    }
    return rc;
}

PyObject *
format_template(PyObject *template_text, PyObject *args, PyObject *kwargs)
{
    Context context = {.args = args, .kwargs = kwargs};
    Piece whole = {template_text, 0, str_length(template_text)};
    StrWriter w;
    str_writer_init(&w);
    w.min_length = str_length(template_text) + 16;
    if (render(&w, whole, &context, 2) < 0) {
        str_writer_discard(&w);
        return NULL;
    }
    return str_writer_finish(&w);
}

// ---- _string.formatter_parser ----

typedef struct {
    PyObject ob_base;
    Piece rest;             // text: owned, immutable; start: atomic
} TemplateIter;

// A copy to work on: threads that share an iterator may see a part twice.
static Piece
rest_of(TemplateIter *it)
{
    return (Piece){it->rest.text, atomic_load_relaxed_ssize(&it->rest.start), it->rest.end};
}

static PyObject *
piece_iter(PyTypeObject *type, PyObject *text, Py_ssize_t start)
{
    TemplateIter *it = (TemplateIter *)heap_new_object(type, sizeof(TemplateIter));
    if (it != NULL) {
        it->rest = (Piece){new_ref(text), start, str_length(text)};
    }
    return (PyObject *)it;
}

static void
iter_dealloc(PyObject *op)
{
    decref(((TemplateIter *)op)->rest.text);
    heap_free(op);
}

PyObject *
format_parser_iter(PyObject *text)
{
    if (!str_check(text)) {
        return error_format(PyExc_TypeError, "expected str, got %s", type_of(text)->tp_name);
    }
    return piece_iter(&PyFormatterIter_Type, text, 0);
}

static PyObject *
template_iter_next(PyObject *op)
{
    TemplateIter *it = (TemplateIter *)op;
    Markup m;
    Piece rest = rest_of(it);
    if (next_markup(&rest, &m) <= 0) {
        return NULL;
    }
    atomic_store_relaxed_ssize(&it->rest.start, rest.start);
    PyObject *parts[4] = {piece_str(&m.literal), NULL, NULL, NULL};
    parts[1] = m.has_field ? piece_str(&m.name) : new_ref(Py_None);
    parts[2] = m.has_field ? piece_str(&m.spec) : new_ref(Py_None);
    parts[3] = m.conversion != 0 ? str_from_char(m.conversion) : new_ref(Py_None);
    bool complete = parts[0] != NULL && parts[1] != NULL && parts[2] != NULL && parts[3] != NULL;
    PyObject *result = complete ? tuple_from_array(parts, 4) : NULL;
    for (int i = 0; i < 4; i++) {
        xdecref(parts[i]);
    }
    return result;
}

PyTypeObject PyFormatterIter_Type = {
    .ob_base = TEXT_TYPE_HEAD,
    .tp_name = "formatteriterator",
    .tp_basicsize = sizeof(TemplateIter),
    .tp_dealloc = iter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_iter = object_self_iter,
    .tp_iternext = template_iter_next,
    .tp_free = heap_free,
};

// ---- _string.formatter_field_name_split ----

static PyObject *
name_iter_next(PyObject *op)
{
    TemplateIter *it = (TemplateIter *)op;
    Piece component, rest = rest_of(it);
    bool is_attribute;
    Py_ssize_t number;
    if (next_component(&rest, &component, &is_attribute, &number) <= 0) {
        return NULL;
    }
    atomic_store_relaxed_ssize(&it->rest.start, rest.start);
    PyObject *key = number >= 0 ? int_from_ssize(number) : piece_str(&component);
    if (key == NULL) {
        return NULL;
    }
    return tuple_pair_steal(bool_from_long(is_attribute), key);
}

PyTypeObject PyFieldNameIter_Type = {
    .ob_base = TEXT_TYPE_HEAD,
    .tp_name = "fieldnameiterator",
    .tp_basicsize = sizeof(TemplateIter),
    .tp_dealloc = iter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_iter = object_self_iter,
    .tp_iternext = name_iter_next,
    .tp_free = heap_free,
};

PyObject *
format_field_name_split(PyObject *text)
{
    if (!str_check(text)) {
        return error_format(PyExc_TypeError, "expected str, got %s", type_of(text)->tp_name);
    }
    Piece name = {text, 0, str_length(text)}, first, rest;
    first_component(&name, &first, &rest);
    Py_ssize_t index = piece_number(&first);
    if (index == -2) {
        return NULL;
    }
    PyObject *head = index >= 0 ? int_from_ssize(index) : piece_str(&first);
    PyObject *tail = piece_iter(&PyFieldNameIter_Type, text, rest.start);
    if (head == NULL || tail == NULL) {
        xdecref(head);
        xdecref(tail);
        return NULL;
    }
    return tuple_pair_steal(head, tail);
}
