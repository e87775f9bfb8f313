// csv.reader: rows of fields out of lines of text.
//
// A row is read by a state machine over the characters of one or more lines. Stretches of a field that
// lie together in a line are taken at once; a field that is one stretch never passes through a
// buffer.
//
// Threading: what belongs to the row that is being read is local to the call, so that threads that
// share a reader get whole rows, each line once. The calls under way are in a list, so that one that
// its own input has overtaken is found.
#include <stddef.h>
#include <stdint.h>

#include "base/atomic.h"
#include "memory/heap.h"
#include "modules/csv_internal.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "thread/mutex.h"
#include "thread/thread.h"

typedef struct Row Row;

typedef struct {
    PyObject ob_base;
    CsvState *state;        // immutable; the type keeps the module alive
    PyObject *input;        // immutable; NULL once cleared by the collector
    CsvDialect *dialect;    // the same
    Py_ssize_t line_num;    // atomic
    PyMutex rows_mutex;     // guards the list of rows; held briefly, innermost
    Row *rows;              // lock: rows_mutex; those that are being read, the latest first
} CsvReader;

typedef enum {
    START_RECORD,
    START_FIELD,
    ESCAPED_CHAR,
    IN_FIELD,
    IN_QUOTED_FIELD,
    ESCAPE_IN_QUOTED_FIELD,
    QUOTE_IN_QUOTED_FIELD,
    AFTER_LINE_END,
    AFTER_ESCAPED_LINE_END,
} RowState;

// The row being read.
struct Row {
    Row *next;              // lock: CsvReader.rows_mutex
    Thread *thread;         // immutable: who reads it
    bool overtaken;         // that thread: its input has read a row from the same reader
    CsvState *module;
    const CsvDialect *dialect;
    PyObject *fields;       // list
    RowState state;
    bool unquoted;          // the field has not started with a quote
    Py_ssize_t length;      // characters of the field so far
    Py_ssize_t limit;
    StrWriter text;         // those before the run
    PyObject *line;
    int kind;
    const void *data;
    Py_ssize_t run_start;   // characters of the line that belong to the field too
    Py_ssize_t run_end;
};

// ---- fields ----

static int
flush_run(Row *row)
{
    if (row->run_end > row->run_start
        && str_writer_substring(&row->text, row->line, row->run_start, row->run_end) < 0) {
        return -1;
    }
    row->run_start = row->run_end = 0;
    return 0;
}

// Counts n more characters of the field.
static int
grow(Row *row, Py_ssize_t n)
{
    if (n > row->limit - row->length) {
        error_format(row->module->error, "field larger than field limit (%zd)", row->limit);
        return -1;
    }
    row->length += n;
    return 0;
}

// The characters [start, end) of the line belong to the field.
static int
take(Row *row, Py_ssize_t start, Py_ssize_t end)
{
    if (grow(row, end - start) < 0) {
        return -1;
    }
    if (row->run_end != start || row->run_end == row->run_start) {
        if (flush_run(row) < 0) {
            return -1;
        }
        row->run_start = start;
    }
    row->run_end = end;
    return 0;
}

// The end of the line, where a character was to follow, stands for a newline.
static int
take_newline(Row *row)
{
    return grow(row, 1) < 0 || flush_run(row) < 0 ? -1 : str_writer_char(&row->text, '\n');
}

// The text of the field, which is then empty again.
static PyObject *
field_text(Row *row)
{
    PyObject *text;
    if (row->text.pos == 0) {
        text = row->run_end > row->run_start
                   ? str_substring(row->line, row->run_start, row->run_end) : new_ref(str_empty());
        row->run_start = row->run_end = 0;
        return text;
    }
    if (flush_run(row) < 0) {
        return NULL;
    }
    text = str_writer_finish(&row->text);
    str_writer_init(&row->text);
    return text;
}

static int
save_field(Row *row)
{
    int quoting = row->dialect->quoting;
    PyObject *field;
    if (row->unquoted && row->length == 0
        && (quoting == QUOTE_NOTNULL || quoting == QUOTE_STRINGS)) {
        field = new_ref(Py_None);
    }
    else {
        field = field_text(row);
        if (field != NULL && row->unquoted && row->length != 0
            && (quoting == QUOTE_NONNUMERIC || quoting == QUOTE_STRINGS)) {
            PyObject *number = float_from_str(field);
            set_ref(field, number);
        }
    }
    row->length = 0;
    row->unquoted = true;
    return field != NULL ? list_append_steal(row->fields, field) : -1;
}

// ---- the state machine ----

static inline bool
is_line_end(Py_UCS4 ch)
{
    return ch == '\n' || ch == '\r';
}

static inline Py_UCS4
line_char(const Row *row, Py_ssize_t i)
{
    return str_read(row->kind, row->data, i);
}

// A field ends: at a delimiter, or with the row.
static int
end_field(Row *row, Py_UCS4 ch)
{
    row->state = ch == row->dialect->delimiter ? START_FIELD : AFTER_LINE_END;
    return save_field(row);
}

static int
start_field(Row *row, Py_ssize_t i, Py_UCS4 ch)
{
    const CsvDialect *d = row->dialect;
    if (is_line_end(ch)) {
        return end_field(row, ch);
    }
    if (ch == d->quotechar && d->quoting != QUOTE_NONE) {
        row->unquoted = false;
        row->state = IN_QUOTED_FIELD;
        return 0;
    }
    if (ch == d->escapechar) {
        row->state = ESCAPED_CHAR;
        return 0;
    }
    if (ch == ' ' && d->skipinitialspace) {
        row->state = START_FIELD;
        return 0;
    }
    if (ch == d->delimiter) {
        return end_field(row, ch);
    }
    row->state = IN_FIELD;
    return take(row, i, i + 1);
}

// Takes all that is plain from i on, then looks at the character after it: the index to go on from, or
// -1. (A field with an escaped line end stays in that state, so that the end of the line does not end
// it, as in CPython.)
static Py_ssize_t
in_field(Row *row, Py_ssize_t i, Py_ssize_t n)
{
    const CsvDialect *d = row->dialect;
    Py_ssize_t start = i;
    Py_UCS4 ch = 0;
    while (i < n) {
        ch = line_char(row, i);
        if (is_line_end(ch) || ch == d->delimiter || ch == d->escapechar) {
            break;
        }
        i++;
    }
    if (i > start && take(row, start, i) < 0) {
        return -1;
    }
    if (i == n) {
        return i;
    }
    if (ch == d->escapechar) {
        row->state = ESCAPED_CHAR;
        return i + 1;
    }
    return end_field(row, ch) < 0 ? -1 : i + 1;
}

static Py_ssize_t
in_quoted_field(Row *row, Py_ssize_t i, Py_ssize_t n)
{
    const CsvDialect *d = row->dialect;
    Py_ssize_t start = i;
    Py_UCS4 ch = 0;
    while (i < n) {
        ch = line_char(row, i);
        if (ch == d->quotechar || ch == d->escapechar) {
            break;
        }
        i++;
    }
    if (i > start && take(row, start, i) < 0) {
        return -1;
    }
    if (i == n) {
        return i;
    }
    row->state = ch == d->escapechar ? ESCAPE_IN_QUOTED_FIELD
                 : d->doublequote ? QUOTE_IN_QUOTED_FIELD : IN_FIELD;
    return i + 1;
}

static int
after_quote(Row *row, Py_ssize_t i, Py_UCS4 ch)
{
    const CsvDialect *d = row->dialect;
    if (ch == d->quotechar) {
        row->state = IN_QUOTED_FIELD;
        return take(row, i, i + 1);
    }
    if (ch == d->delimiter || is_line_end(ch)) {
        return end_field(row, ch);
    }
    if (!d->strict) {
        row->state = IN_FIELD;
        return take(row, i, i + 1);
    }
    error_format(row->module->error, "'%c' expected after '%c'", d->delimiter, d->quotechar);
    return -1;
}

// Reads on at i: the next index, or -1 with an exception.
static Py_ssize_t
step(Row *row, Py_ssize_t i, Py_ssize_t n)
{
    Py_UCS4 ch = line_char(row, i);
    int status;
    switch (row->state) {
    case START_RECORD:
        if (is_line_end(ch)) {
            row->state = AFTER_LINE_END;
            return i + 1;
        }
        // fall through
    case START_FIELD:
        status = start_field(row, i, ch);
        break;
    case ESCAPED_CHAR:
        row->state = is_line_end(ch) ? AFTER_ESCAPED_LINE_END : IN_FIELD;
        status = take(row, i, i + 1);
        break;
    case ESCAPE_IN_QUOTED_FIELD:
        row->state = IN_QUOTED_FIELD;
        status = take(row, i, i + 1);
        break;
    case IN_FIELD:
    case AFTER_ESCAPED_LINE_END:
        return in_field(row, i, n);
    case IN_QUOTED_FIELD:
        return in_quoted_field(row, i, n);
    case QUOTE_IN_QUOTED_FIELD:
        status = after_quote(row, i, ch);
        break;
    default:
        if (is_line_end(ch)) {
            return i + 1;
        }
        error_set(row->module->error,
                  "new-line character seen in unquoted field - "
                  "do you need to open the file with newline=''?");
        return -1;
    }
    return status < 0 ? -1 : i + 1;
}

static int
end_of_line(Row *row)
{
    switch (row->state) {
    case START_RECORD:
    case IN_QUOTED_FIELD:
    case AFTER_ESCAPED_LINE_END:
        return 0;
    case ESCAPED_CHAR:
        row->state = IN_FIELD;
        return take_newline(row);
    case ESCAPE_IN_QUOTED_FIELD:
        row->state = IN_QUOTED_FIELD;
        return take_newline(row);
    case AFTER_LINE_END:
        row->state = START_RECORD;
        return 0;
    default:
        row->state = START_RECORD;
        return save_field(row);
    }
}

static int
read_line(Row *row, PyObject *line)
{
    row->line = line;
    row->kind = str_kind(line);
    row->data = str_data(line);
    Py_ssize_t n = str_length(line);
    for (Py_ssize_t i = 0; i < n;) {
        i = step(row, i, n);
        if (i < 0) {
            return -1;
        }
    }
    return end_of_line(row) < 0 ? -1 : flush_run(row);
}

// The lines are at their end: 1 when what there is is a row, 0 when there is none, or -1.
static int
end_of_input(Row *row)
{
    if (row->length == 0 && row->state != IN_QUOTED_FIELD) {
        return 0;
    }
    if (row->dialect->strict) {
        error_set(row->module->error, "unexpected end of data");
        return -1;
    }
    return save_field(row) < 0 ? -1 : 1;
}

static void
enter_row(CsvReader *self, Row *row)
{
    mutex_lock_brief(&self->rows_mutex);
    for (Row *other = self->rows; other != NULL; other = other->next) {
        if (other->thread == row->thread) {
            other->overtaken = true;
        }
    }
    row->next = self->rows;
    self->rows = row;
    mutex_unlock(&self->rows_mutex);
}

static void
leave_row(CsvReader *self, Row *row)
{
    mutex_lock_brief(&self->rows_mutex);
    Row **link = &self->rows;
    while (*link != row) {
        link = &(*link)->next;
    }
    *link = row->next;
    mutex_unlock(&self->rows_mutex);
}

// 1 when the row is complete, 0 at the end of the input, or -1.
static int
read_row(CsvReader *self, Row *row)
{
    do {
        PyObject *line = iter_next(self->input);
        if (line == NULL) {
            return error_occurred() ? -1 : end_of_input(row);
        }
        if (row->overtaken) {
            error_set(row->module->error, "iterator has already advanced the reader");
            decref(line);
            return -1;
        }
        if (!str_check(line)) {
            error_format(row->module->error,
                         "iterator should return strings, not %.200s "
                         "(the file should be opened in text mode)", type_of(line)->tp_name);
            decref(line);
            return -1;
        }
        atomic_add_ssize(&self->line_num, 1);
        int status = read_line(row, line);
        decref(line);
        if (status < 0) {
            return -1;
        }
    } while (row->state != START_RECORD);
    return 1;
}

static PyObject *
reader_next(PyObject *op)
{
    CsvReader *self = (CsvReader *)op;
    if (self->input == NULL) {
        return NULL;
    }
    Row row = {
        .thread = thread_current(),
        .module = self->state,
        .dialect = self->dialect,
        .fields = list_new(0),
        .state = START_RECORD,
        .unquoted = true,
        .limit = atomic_load_relaxed_ssize(&self->state->field_limit),
    };
    if (row.fields == NULL) {
        return NULL;
    }
    str_writer_init(&row.text);
    enter_row(self, &row);
    int status = read_row(self, &row);
    leave_row(self, &row);
    str_writer_discard(&row.text);
    if (status <= 0) {
        clear_ref(row.fields);
    }
    return row.fields;
}

// ---- the type ----

static int
reader_traverse(PyObject *op, visitproc visit, void *arg)
{
    CsvReader *self = (CsvReader *)op;
    PyObject *const owned[] = {(PyObject *)type_of(op), self->input, (PyObject *)self->dialect};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        int status = owned[i] != NULL ? visit(owned[i], arg) : 0;
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

static int
reader_clear(PyObject *op)
{
    CsvReader *self = (CsvReader *)op;
    clear_ref(self->input);
    clear_ref(self->dialect);
    return 0;
}

static void
reader_dealloc(PyObject *op)
{
    PyTypeObject *type = type_of(op);
    gc_untrack(op);
    reader_clear(op);
    type->tp_free(op);
    decref(type);
}

static PyObject *
get_dialect(PyObject *op, void *closure)
{
    CsvDialect *dialect = ((CsvReader *)op)->dialect;
    return new_ref(dialect != NULL ? (PyObject *)dialect : Py_None);
}

static PyObject *
get_line_num(PyObject *op, void *closure)
{
    return int_from_ssize(atomic_load_relaxed_ssize(&((CsvReader *)op)->line_num));
}

static PyGetSetDef reader_getset[] = {
    {"dialect", get_dialect, NULL, NULL, NULL},
    {"line_num", get_line_num, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot reader_slots[] = {
    {Py_tp_doc, "Iterator over the rows of CSV data."},
    {Py_tp_dealloc, reader_dealloc},
    {Py_tp_traverse, reader_traverse},
    {Py_tp_clear, reader_clear},
    {Py_tp_iter, object_self_iter},
    {Py_tp_iternext, reader_next},
    {Py_tp_getset, reader_getset},
    {0, NULL},
};

PyType_Spec csv_reader_spec = {
    .name = "_csv.reader",
    .basicsize = sizeof(CsvReader),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE
             | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = reader_slots,
};

PyObject *
csv_reader_function(PyObject *module, PyObject *args, PyObject *kwargs)
{
    CsvState *state = module_get_state(module);
    PyObject *lines;
    PyObject *dialect = NULL;
    if (!args_unpack_tuple(args, "", 1, 2, &lines, &dialect)) {
        return NULL;
    }
    PyObject *input = object_iter(lines);
    if (input == NULL) {
        return NULL;
    }
    CsvReader *self = NULL;
    CsvDialect *made = csv_make_dialect(state, dialect, kwargs);
    if (made != NULL) {
        self = (CsvReader *)type_alloc(state->reader_type, 0);
    }
    if (self == NULL) {
        xdecref(made);
        decref(input);
        return NULL;
    }
    self->state = state;
    self->input = input;
    self->dialect = made;
    return (PyObject *)self;
}
