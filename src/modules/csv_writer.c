// csv.writer: lines of text out of rows of values.
//
// Threading: writers are immutable; a row is put together locally and written with one call.
#include <stddef.h>
#include <string.h>

#include "memory/heap.h"
#include "modules/csv_internal.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/iter.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/str_writer.h"

typedef struct {
    PyObject ob_base;
    CsvState *state;        // immutable; the type keeps the module alive
    PyObject *write;        // immutable; NULL once cleared by the collector
    CsvDialect *dialect;    // the same
} CsvWriter;

// The line being put together.
typedef struct {
    CsvState *module;
    const CsvDialect *dialect;
    StrWriter text;
    Py_ssize_t fields;      // how many there are
} Line;

// What a character of a field asks for.
enum { PLAIN, NEEDS_QUOTES, DOUBLED, ESCAPED };

static int
treatment(const CsvDialect *d, Py_UCS4 ch)
{
    if (ch != d->delimiter && ch != d->escapechar && ch != d->quotechar && ch != '\n' && ch != '\r'
        && str_find_char(d->lineterminator, ch, 0, str_length(d->lineterminator), 1) < 0) {
        return PLAIN;
    }
    if (d->quoting == QUOTE_NONE || ch == d->escapechar) {
        return ESCAPED;
    }
    if (ch == d->quotechar) {
        return d->doublequote ? DOUBLED : ESCAPED;
    }
    return NEEDS_QUOTES;
}

// A cheap test that lets most characters pass without a search in the line terminator.
static inline bool
surely_plain(const CsvDialect *d, Py_UCS4 ch)
{
    return ((ch | 0x20) - 'a' < 26 || ch - '0' < 10) && ch != d->delimiter && ch != d->quotechar
           && ch != d->escapechar && str_length(d->lineterminator) <= 2
           && (str_length(d->lineterminator) == 0
               || (ch != str_read_char(d->lineterminator, 0)
                   && ch != str_read_char(d->lineterminator, str_length(d->lineterminator) - 1)));
}

// Whether the field must be quoted for one of its characters; *plain: nothing needs any treatment.
// -1 when a character must be escaped and cannot.
static int
inspect(Line *line, PyObject *field, bool *plain)
{
    const CsvDialect *d = line->dialect;
    int kind = str_kind(field);
    const void *data = str_data(field);
    Py_ssize_t n = str_length(field);
    int quoted = 0;
    *plain = true;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 ch = str_read(kind, data, i);
        if (surely_plain(d, ch)) {
            continue;
        }
        int what = treatment(d, ch);
        if (what == ESCAPED && d->escapechar == CSV_NOT_SET) {
            error_set(line->module->error, "need to escape, but no escapechar set");
            return -1;
        }
        *plain = *plain && (what == PLAIN || what == NEEDS_QUOTES);
        quoted = quoted || what == NEEDS_QUOTES || what == DOUBLED;
    }
    return quoted;
}

static int
write_escaped(Line *line, PyObject *field)
{
    const CsvDialect *d = line->dialect;
    int kind = str_kind(field);
    const void *data = str_data(field);
    Py_ssize_t n = str_length(field);
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 ch = str_read(kind, data, i);
        int what = treatment(d, ch);
        if ((what == DOUBLED && str_writer_char(&line->text, d->quotechar) < 0)
            || (what == ESCAPED && str_writer_char(&line->text, d->escapechar) < 0)
            || str_writer_char(&line->text, ch) < 0) {
            return -1;
        }
    }
    return 0;
}

// Whether a value may not be quoted when it is empty.
static bool
never_quoted(const CsvDialect *d, bool is_none)
{
    return d->quoting == QUOTE_NONE
           || (is_none && (d->quoting == QUOTE_STRINGS || d->quoting == QUOTE_NOTNULL));
}

static int
append_field(Line *line, PyObject *field, bool quoted, bool is_none)
{
    const CsvDialect *d = line->dialect;
    if (str_length(field) == 0 && d->delimiter == ' ' && d->skipinitialspace) {
        if (never_quoted(d, is_none)) {
            error_set(line->module->error, "empty field must be quoted if delimiter is a space "
                                           "and skipinitialspace is true");
            return -1;
        }
        quoted = true;
    }
    bool plain;
    int wanted = inspect(line, field, &plain);
    if (wanted < 0) {
        return -1;
    }
    quoted = quoted || wanted > 0;
    if ((line->fields++ > 0 && str_writer_char(&line->text, d->delimiter) < 0)
        || (quoted && str_writer_char(&line->text, d->quotechar) < 0)
        || (plain ? str_writer_str(&line->text, field) : write_escaped(line, field)) < 0) {
        return -1;
    }
    return quoted ? str_writer_char(&line->text, d->quotechar) : 0;
}

static bool
value_is_quoted(const CsvDialect *d, PyObject *value)
{
    switch (d->quoting) {
    case QUOTE_NONNUMERIC:
        return !number_check(value);
    case QUOTE_ALL:
        return true;
    case QUOTE_STRINGS:
        return str_check(value);
    case QUOTE_NOTNULL:
        return value != Py_None;
    default:
        return false;
    }
}

static int
append_value(Line *line, PyObject *value)
{
    bool quoted = value_is_quoted(line->dialect, value);
    PyObject *text = str_check(value) ? new_ref(value)
                     : value == Py_None ? new_ref(str_empty()) : object_str(value);
    if (text == NULL) {
        return -1;
    }
    int status = append_field(line, text, quoted, value == Py_None);
    decref(text);
    return status;
}

// A row of one empty field would read as no row at all: it is quoted.
static int
finish_line(Line *line, bool last_is_none)
{
    const CsvDialect *d = line->dialect;
    if (line->fields > 0 && line->text.pos == 0) {
        if (never_quoted(d, last_is_none)) {
            error_set(line->module->error, "single empty field record must be quoted");
            return -1;
        }
        line->fields--;
        if (append_field(line, str_empty(), true, false) < 0) {
            return -1;
        }
    }
    return str_writer_str(&line->text, d->lineterminator);
}

static int
append_row(Line *line, PyObject *values)
{
    bool is_none = false;
    PyObject *value;
    int status;
    while ((status = iter_next_item(values, &value)) > 0) {
        is_none = value == Py_None;
        status = append_value(line, value);
        decref(value);
        if (status < 0) {
            return -1;
        }
    }
    return status < 0 ? -1 : finish_line(line, is_none);
}

static PyObject *
writer_writerow(PyObject *op, PyObject *row)
{
    CsvWriter *self = (CsvWriter *)op;
    PyObject *values = object_iter(row);
    if (values == NULL) {
        if (error_clear_if(PyExc_TypeError)) {
            error_format(self->state->error, "iterable expected, not %.200s", type_of(row)->tp_name);
        }
        return NULL;
    }
    Line line = {.module = self->state, .dialect = self->dialect};
    str_writer_init(&line.text);
    int status = append_row(&line, values);
    decref(values);
    if (status < 0) {
        str_writer_discard(&line.text);
        return NULL;
    }
    PyObject *text = str_writer_finish(&line.text);
    PyObject *result = text != NULL ? object_call_onearg(self->write, text) : NULL;
    xdecref(text);
    return result;
}

static PyObject *
writer_writerows(PyObject *op, PyObject *rows)
{
    PyObject *iterator = object_iter(rows);
    if (iterator == NULL) {
        return NULL;
    }
    PyObject *row;
    int status;
    while ((status = iter_next_item(iterator, &row)) > 0) {
        PyObject *result = writer_writerow(op, row);
        decref(row);
        if (result == NULL) {
            status = -1;
            break;
        }
        decref(result);
    }
    decref(iterator);
    return status < 0 ? NULL : new_ref(Py_None);
}

// ---- the type ----

static int
writer_traverse(PyObject *op, visitproc visit, void *arg)
{
    CsvWriter *self = (CsvWriter *)op;
    PyObject *const owned[] = {(PyObject *)type_of(op), self->write, (PyObject *)self->dialect};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        int status = owned[i] != NULL ? visit(owned[i], arg) : 0;
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

static int
writer_clear(PyObject *op)
{
    CsvWriter *self = (CsvWriter *)op;
    clear_ref(self->write);
    clear_ref(self->dialect);
    return 0;
}

static void
writer_dealloc(PyObject *op)
{
    PyTypeObject *type = type_of(op);
    gc_untrack(op);
    writer_clear(op);
    type->tp_free(op);
    decref(type);
}

static PyObject *
get_dialect(PyObject *op, void *closure)
{
    CsvDialect *dialect = ((CsvWriter *)op)->dialect;
    return new_ref(dialect != NULL ? (PyObject *)dialect : Py_None);
}

static PyGetSetDef writer_getset[] = {
    {"dialect", get_dialect, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef writer_methods[] = {
    {"writerow", writer_writerow, METH_O, "writerow($self, row, /)\n--\n\n"
     "Write a row, an iterable of values. Values that are no strings are\n"
     "written as str() gives them, None as an empty field."},
    {"writerows", writer_writerows, METH_O, "writerows($self, rows, /)\n--\n\n"
     "Write each row of an iterable."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot writer_slots[] = {
    {Py_tp_doc, "Writes rows of values as CSV data."},
    {Py_tp_dealloc, writer_dealloc},
    {Py_tp_traverse, writer_traverse},
    {Py_tp_clear, writer_clear},
    {Py_tp_methods, writer_methods},
    {Py_tp_getset, writer_getset},
    {0, NULL},
};

PyType_Spec csv_writer_spec = {
    .name = "_csv.writer",
    .basicsize = sizeof(CsvWriter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE
             | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = writer_slots,
};

PyObject *
csv_writer_function(PyObject *module, PyObject *args, PyObject *kwargs)
{
    CsvState *state = module_get_state(module);
    PyObject *file;
    PyObject *dialect = NULL;
    if (!args_unpack_tuple(args, "", 1, 2, &file, &dialect)) {
        return NULL;
    }
    PyObject *write;
    if (object_getattr_optional(file, ID(write), &write) < 0) {
        return NULL;
    }
    if (write == NULL || !object_callable(write)) {
        xdecref(write);
        return error_set(PyExc_TypeError, "argument 1 must have a \"write\" method");
    }
    CsvWriter *self = NULL;
    CsvDialect *made = csv_make_dialect(state, dialect, kwargs);
    if (made != NULL) {
        self = (CsvWriter *)type_alloc(state->writer_type, 0);
    }
    if (self == NULL) {
        xdecref(made);
        decref(write);
        return NULL;
    }
    self->state = state;
    self->write = write;
    self->dialect = made;
    return (PyObject *)self;
}
