// The `_csv` module: dialects, their registry, and the entry points of readers and writers
// (csv_reader.c, csv_writer.c). Reference: PEP 305 and the documentation of `csv`.
//
// Threading: dialects are immutable; the registry is a dict.
#include <stddef.h>

#include "base/atomic.h"
#include "memory/heap.h"
#include "modules/csv_internal.h"
#include "modules/module.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"

#define DEFAULT_FIELD_LIMIT (128 * 1024)

static PyModuleDef csv_definition;

// The dialect registered under a name: new reference, or NULL with an exception.
static PyObject *
registered_dialect(CsvState *state, PyObject *name)
{
    PyObject *dialect;
    int found = dict_get(state->dialects, name, &dialect);
    return found == 0 ? error_set(state->error, "unknown dialect") : dialect;
}

// ---- reading the parameters ----

// In the order in which they are checked, which is that of the arguments.
enum {
    DELIMITER, DOUBLEQUOTE, ESCAPECHAR, LINETERMINATOR, QUOTECHAR, QUOTING, SKIPINITIALSPACE, STRICT,
    PARAMETERS,
};

static const char *const dialect_keywords[] = {
    "dialect", "delimiter", "doublequote", "escapechar", "lineterminator", "quotechar", "quoting",
    "skipinitialspace", "strict", NULL,
};

static int
set_flag(bool *target, PyObject *value, bool fallback)
{
    int truth = value != NULL ? object_is_true(value) : fallback;
    *target = truth > 0;
    return truth < 0 ? -1 : 0;
}

static int
set_char(Py_UCS4 *target, const char *name, PyObject *value, Py_UCS4 fallback, bool optional)
{
    *target = fallback;
    if (value == NULL) {
        return 0;
    }
    if (optional && value == Py_None) {
        *target = CSV_NOT_SET;
        return 0;
    }
    const char *or_none = optional ? " or None" : "";
    if (!str_check(value)) {
        error_format(PyExc_TypeError, "\"%s\" must be a unicode character%s, not %T", name, or_none,
                     value);
        return -1;
    }
    if (str_length(value) != 1) {
        error_format(PyExc_TypeError,
                     "\"%s\" must be a unicode character%s, not a string of length %zd", name,
                     or_none, str_length(value));
        return -1;
    }
    *target = str_read_char(value, 0);
    return 0;
}

static int
set_quoting(CsvDialect *d, PyObject *value)
{
    d->quoting = QUOTE_MINIMAL;
    if (value == NULL) {
        return 0;
    }
    if (!int_check_exact(value)) {
        error_format(PyExc_TypeError, "\"quoting\" must be an integer, not %T", value);
        return -1;
    }
    d->quoting = int_as_int(value);
    return d->quoting == -1 && error_occurred() ? -1 : 0;
}

static int
set_lineterminator(CsvDialect *d, PyObject *value)
{
    if (value != NULL && !str_check(value)) {
        error_format(PyExc_TypeError, "\"lineterminator\" must be a string, not %T", value);
        return -1;
    }
    d->lineterminator = value != NULL ? new_ref(value) : str_from_cstr("\r\n");
    return d->lineterminator != NULL ? 0 : -1;
}

// ---- checking them ----

static int
check_char(const CsvDialect *d, const char *name, Py_UCS4 ch, bool allow_space)
{
    if (ch == '\r' || ch == '\n' || (ch == ' ' && !allow_space)) {
        error_format(PyExc_ValueError, "bad %s value", name);
        return -1;
    }
    if (ch != CSV_NOT_SET
        && str_find_char(d->lineterminator, ch, 0, str_length(d->lineterminator), 1) >= 0) {
        error_format(PyExc_ValueError, "bad %s or lineterminator value", name);
        return -1;
    }
    return 0;
}

static int
check_different(const char *name1, Py_UCS4 ch1, const char *name2, Py_UCS4 ch2)
{
    if (ch1 == ch2 && ch1 != CSV_NOT_SET) {
        error_format(PyExc_ValueError, "bad %s or %s value", name1, name2);
        return -1;
    }
    return 0;
}

static int
check_dialect(CsvDialect *d, PyObject *const *given)
{
    if (d->quoting < QUOTE_MINIMAL || d->quoting > QUOTE_NOTNULL) {
        error_set(PyExc_TypeError, "bad \"quoting\" value");
        return -1;
    }
    if (given[QUOTECHAR] == Py_None && given[QUOTING] == NULL) {
        d->quoting = QUOTE_NONE;
    }
    if (d->quoting != QUOTE_NONE && d->quotechar == CSV_NOT_SET) {
        error_set(PyExc_TypeError, "quotechar must be set if quoting enabled");
        return -1;
    }
    bool spaces = !d->skipinitialspace;
    return check_char(d, "delimiter", d->delimiter, true) < 0
                   || check_char(d, "escapechar", d->escapechar, spaces) < 0
                   || check_char(d, "quotechar", d->quotechar, spaces) < 0
                   || check_different("delimiter", d->delimiter, "escapechar", d->escapechar) < 0
                   || check_different("delimiter", d->delimiter, "quotechar", d->quotechar) < 0
                   || check_different("escapechar", d->escapechar, "quotechar", d->quotechar) < 0
               ? -1 : 0;
}

static int
fill_dialect(CsvDialect *d, PyObject *const *given)
{
    return set_char(&d->delimiter, "delimiter", given[DELIMITER], ',', false) < 0
                   || set_flag(&d->doublequote, given[DOUBLEQUOTE], true) < 0
                   || set_char(&d->escapechar, "escapechar", given[ESCAPECHAR], CSV_NOT_SET, true) < 0
                   || set_lineterminator(d, given[LINETERMINATOR]) < 0
                   || set_char(&d->quotechar, "quotechar", given[QUOTECHAR], '"', true) < 0
                   || set_quoting(d, given[QUOTING]) < 0
                   || set_flag(&d->skipinitialspace, given[SKIPINITIALSPACE], false) < 0
                   || set_flag(&d->strict, given[STRICT], false) < 0
                   || check_dialect(d, given) < 0
               ? -1 : 0;
}

// ---- Dialect ----

// What was not given is taken from the attributes of dialect; new references all.
static void
complete_parameters(PyObject *dialect, PyObject **given)
{
    for (int i = 0; i < PARAMETERS; i++) {
        if (given[i] != NULL) {
            incref(given[i]);
        }
        else if (dialect != NULL) {
            given[i] = object_getattr_cstr(dialect, dialect_keywords[i + 1]);
            if (given[i] == NULL) {
                error_clear();      // any class may serve as a dialect: what it lacks has its default
            }
        }
    }
}

static PyObject *
dialect_from(PyTypeObject *type, PyObject *dialect, PyObject **given)
{
    complete_parameters(dialect, given);
    CsvDialect *self = (CsvDialect *)type_alloc(type, 0);
    if (self != NULL && fill_dialect(self, given) < 0) {
        clear_ref(self);
    }
    for (int i = 0; i < PARAMETERS; i++) {
        xdecref(given[i]);
    }
    return (PyObject *)self;
}

static PyObject *
dialect_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *dialect = NULL;
    PyObject *given[PARAMETERS] = {NULL};
    if (!args_parse_static(args, kwargs, "|OOOOOOOOO", dialect_keywords, &dialect, &given[0],
                           &given[1], &given[2], &given[3], &given[4], &given[5], &given[6],
                           &given[7])) {
        return NULL;
    }
    PyObject *module = type_get_module_by_def(type, &csv_definition);
    if (module == NULL) {
        return NULL;
    }
    CsvState *state = module_get_state(module);
    decref(module);
    xincref(dialect);
    if (dialect != NULL && str_check(dialect)) {
        PyObject *found = registered_dialect(state, dialect);
        set_ref(dialect, found);
        if (dialect == NULL) {
            return NULL;
        }
    }
    bool changes = false;
    for (int i = 0; i < PARAMETERS; i++) {
        changes = changes || given[i] != NULL;
    }
    if (dialect != NULL && !changes && object_type_check(dialect, type)) {
        return dialect;
    }
    PyObject *self = dialect_from(type, dialect, given);
    xdecref(dialect);
    return self;
}

CsvDialect *
csv_make_dialect(CsvState *state, PyObject *dialect, PyObject *kwargs)
{
    return (CsvDialect *)object_vectorcall_dict((PyObject *)state->dialect_type, &dialect,
                                                dialect != NULL ? 1 : 0, kwargs);
}

static int
dialect_traverse(PyObject *op, visitproc visit, void *arg)
{
    return visit((PyObject *)type_of(op), arg);
}

static void
dialect_dealloc(PyObject *op)
{
    PyTypeObject *type = type_of(op);
    gc_untrack(op);
    clear_ref(((CsvDialect *)op)->lineterminator);
    type->tp_free(op);
    decref(type);
}

static PyObject *
dialect_reduce(PyObject *op, PyObject *unused)
{
    return error_format(PyExc_TypeError, "cannot pickle '%.100s' instances",
                        type_short_name(type_of(op)));
}

static PyObject *
char_or_none(Py_UCS4 ch)
{
    return ch != CSV_NOT_SET ? str_from_char(ch) : new_ref(Py_None);
}

static PyObject *
get_delimiter(PyObject *op, void *closure)
{
    return char_or_none(((CsvDialect *)op)->delimiter);
}

static PyObject *
get_escapechar(PyObject *op, void *closure)
{
    return char_or_none(((CsvDialect *)op)->escapechar);
}

static PyObject *
get_quotechar(PyObject *op, void *closure)
{
    return char_or_none(((CsvDialect *)op)->quotechar);
}

static PyObject *
get_lineterminator(PyObject *op, void *closure)
{
    return new_ref(((CsvDialect *)op)->lineterminator);
}

static PyObject *
get_quoting(PyObject *op, void *closure)
{
    return int_from_i64(((CsvDialect *)op)->quoting);
}

static PyGetSetDef dialect_getset[] = {
    {"delimiter", get_delimiter, NULL, NULL, NULL},
    {"escapechar", get_escapechar, NULL, NULL, NULL},
    {"lineterminator", get_lineterminator, NULL, NULL, NULL},
    {"quotechar", get_quotechar, NULL, NULL, NULL},
    {"quoting", get_quoting, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef dialect_members[] = {
    {"skipinitialspace", Py_T_BOOL, offsetof(CsvDialect, skipinitialspace), Py_READONLY, NULL},
    {"doublequote", Py_T_BOOL, offsetof(CsvDialect, doublequote), Py_READONLY, NULL},
    {"strict", Py_T_BOOL, offsetof(CsvDialect, strict), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef dialect_methods[] = {
    {"__reduce__", dialect_reduce, METH_VARARGS, "raises an exception to avoid pickling"},
    {"__reduce_ex__", dialect_reduce, METH_VARARGS, "raises an exception to avoid pickling"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot dialect_slots[] = {
    {Py_tp_doc, "CSV dialect\n\nThe options of reading and writing CSV data."},
    {Py_tp_new, dialect_new},
    {Py_tp_dealloc, dialect_dealloc},
    {Py_tp_traverse, dialect_traverse},
    {Py_tp_methods, dialect_methods},
    {Py_tp_members, dialect_members},
    {Py_tp_getset, dialect_getset},
    {0, NULL},
};

static PyType_Spec dialect_spec = {
    .name = "_csv.Dialect",
    .basicsize = sizeof(CsvDialect),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC
             | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = dialect_slots,
};

// ---- the module's functions ----

static PyObject *
csv_list_dialects(PyObject *module, PyObject *unused)
{
    CsvState *state = module_get_state(module);
    return dict_keys_list(state->dialects);
}

static PyObject *
csv_register_dialect(PyObject *module, PyObject *args, PyObject *kwargs)
{
    CsvState *state = module_get_state(module);
    PyObject *name;
    PyObject *dialect = NULL;
    if (!args_unpack_tuple(args, "", 1, 2, &name, &dialect)) {
        return NULL;
    }
    if (!str_check(name)) {
        return error_set(PyExc_TypeError, "dialect name must be a string");
    }
    CsvDialect *made = csv_make_dialect(state, dialect, kwargs);
    if (made == NULL) {
        return NULL;
    }
    int status = dict_set(state->dialects, name, (PyObject *)made);
    decref(made);
    return status < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
csv_unregister_dialect(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"name", NULL};
    static ArgsParser parser = {.keywords = keywords, .fname = "unregister_dialect"};
    PyObject *name;
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 1, 1, 0, &name)) {
        return NULL;
    }
    CsvState *state = module_get_state(module);
    int found = dict_pop(state->dialects, name, NULL);
    if (found == 0) {
        return error_set(state->error, "unknown dialect");
    }
    return found < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
csv_get_dialect(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"name", NULL};
    static ArgsParser parser = {.keywords = keywords, .fname = "get_dialect"};
    PyObject *name;
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 1, 1, 0, &name)) {
        return NULL;
    }
    return registered_dialect(module_get_state(module), name);
}

static PyObject *
csv_field_size_limit(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"new_limit", NULL};
    static ArgsParser parser = {.keywords = keywords, .fname = "field_size_limit"};
    PyObject *limit;
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 0, 1, 0, &limit)) {
        return NULL;
    }
    CsvState *state = module_get_state(module);
    Py_ssize_t old = atomic_load_relaxed_ssize(&state->field_limit);
    if (limit != NULL) {
        if (!int_check_exact(limit)) {
            return error_set(PyExc_TypeError, "limit must be an integer");
        }
        long value = int_as_long(limit);
        if (value == -1 && error_occurred()) {
            return NULL;
        }
        atomic_store_relaxed_ssize(&state->field_limit, value);
    }
    return int_from_ssize(old);
}

#define KEYWORDS(f) (PyCFunction)(void (*)(void))(f), METH_VARARGS | METH_KEYWORDS
#define FAST_KEYWORDS(f) (PyCFunction)(void (*)(void))(f), METH_FASTCALL | METH_KEYWORDS

static PyMethodDef csv_methods[] = {
    {"reader", KEYWORDS(csv_reader_function),
     "csv_reader = reader(iterable, dialect='excel', **fmtparams)\n\n"
     "An iterator over the rows, lists of strings, of the CSV data in an iterable of\n"
     "lines."},
    {"writer", KEYWORDS(csv_writer_function),
     "csv_writer = csv.writer(fileobj, dialect='excel', **fmtparams)\n\n"
     "An object that writes rows of values as CSV data with the write() method of\n"
     "fileobj."},
    {"list_dialects", csv_list_dialects, METH_NOARGS,
     "list_dialects($module, /)\n--\n\nReturn a list of the names of all registered dialects."},
    {"register_dialect", KEYWORDS(csv_register_dialect),
     "Create a mapping from a string name to a dialect class.\n\n"
     "dialect = csv.register_dialect(name[, dialect[, **fmtparams]])"},
    {"unregister_dialect", FAST_KEYWORDS(csv_unregister_dialect),
     "unregister_dialect($module, /, name)\n--\n\nForget the dialect of that name."},
    {"get_dialect", FAST_KEYWORDS(csv_get_dialect),
     "get_dialect($module, /, name)\n--\n\nReturn the dialect of that name."},
    {"field_size_limit", FAST_KEYWORDS(csv_field_size_limit),
     "field_size_limit($module, /, new_limit=<unrepresentable>)\n--\n\n"
     "Set the limit on the length of fields that are read.\n\n"
     "Returns the old limit. Without an argument nothing is set."},
    {NULL, NULL, 0, NULL},
};

// ---- life ----

static PyTypeObject *
add_type(PyObject *module, PyType_Spec *spec, const char *name)
{
    PyObject *type = type_from_module_spec(module, spec, NULL);
    if (type != NULL && module_add(module, name, type) < 0) {
        clear_ref(type);
    }
    return (PyTypeObject *)type;
}

static int
csv_exec(PyObject *module)
{
    CsvState *state = module_get_state(module);
    state->field_limit = DEFAULT_FIELD_LIMIT;
    state->error = error_new_exception("_csv.Error", NULL, NULL);
    state->dialects = dict_new();
    if (state->error == NULL || state->dialects == NULL
        || module_add(module, "Error", state->error) < 0
        || module_add(module, "_dialects", state->dialects) < 0
        || (state->dialect_type = add_type(module, &dialect_spec, "Dialect")) == NULL
        || (state->reader_type = add_type(module, &csv_reader_spec, "Reader")) == NULL
        || (state->writer_type = add_type(module, &csv_writer_spec, "Writer")) == NULL) {
        return -1;
    }
    static const char *const quoting[] = {
        "QUOTE_MINIMAL", "QUOTE_ALL", "QUOTE_NONNUMERIC", "QUOTE_NONE", "QUOTE_STRINGS",
        "QUOTE_NOTNULL",
    };
    for (int i = 0; i <= QUOTE_NOTNULL; i++) {
        if (module_add_int(module, quoting[i], i) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
csv_traverse(PyObject *module, visitproc visit, void *arg)
{
    CsvState *state = module_get_state(module);
    PyObject *const owned[] = {
        state->error, state->dialects, (PyObject *)state->dialect_type,
        (PyObject *)state->reader_type, (PyObject *)state->writer_type,
    };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        int status = owned[i] != NULL ? visit(owned[i], arg) : 0;
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

static int
csv_clear(PyObject *module)
{
    CsvState *state = module_get_state(module);
    clear_ref(state->error);
    clear_ref(state->dialects);
    clear_ref(state->dialect_type);
    clear_ref(state->reader_type);
    clear_ref(state->writer_type);
    return 0;
}

static void
csv_free(void *module)
{
    csv_clear(module);
}

static PyModuleDef_Slot csv_slots[] = {
    {Py_mod_exec, csv_exec},
    {0, NULL},
};

static PyModuleDef csv_definition = {
    .m_name = "_csv",
    .m_doc = "CSV parsing and writing.\n",
    .m_size = sizeof(CsvState),
    .m_methods = csv_methods,
    .m_slots = csv_slots,
    .m_traverse = csv_traverse,
    .m_clear = csv_clear,
    .m_free = csv_free,
};

NATIVE_MODULE(_csv, &csv_definition)
