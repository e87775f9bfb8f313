// What the three files of _csv share: the dialect and the module's state.
#ifndef TYPHON_MODULES_CSV_INTERNAL_H
#define TYPHON_MODULES_CSV_INTERNAL_H

#include <stdbool.h>

#include "abi/constants.h"
#include "abi/object.h"

enum { QUOTE_MINIMAL, QUOTE_ALL, QUOTE_NONNUMERIC, QUOTE_NONE, QUOTE_STRINGS, QUOTE_NOTNULL };

// A character of a dialect that is not in use: equal to no character.
#define CSV_NOT_SET ((Py_UCS4)-1)

// Immutable after __new__.
typedef struct {
    PyObject ob_base;
    bool doublequote;
    bool skipinitialspace;
    bool strict;
    int quoting;
    Py_UCS4 delimiter;
    Py_UCS4 quotechar;
    Py_UCS4 escapechar;
    PyObject *lineterminator;   // str
} CsvDialect;

typedef struct {
    PyObject *error;            // immutable once running: _csv.Error
    PyObject *dialects;         // immutable once running: dict of names to Dialect instances
    PyTypeObject *dialect_type; // immutable once running
    PyTypeObject *reader_type;  // immutable once running
    PyTypeObject *writer_type;  // immutable once running
    Py_ssize_t field_limit;     // atomic: characters of the longest field that is read
} CsvState;

// Dialect(dialect, **kwargs); dialect may be NULL. New reference.
CsvDialect *csv_make_dialect(CsvState *state, PyObject *dialect, PyObject *kwargs);

extern PyType_Spec csv_reader_spec;
extern PyType_Spec csv_writer_spec;

// The module's functions reader and writer.
PyObject *csv_reader_function(PyObject *module, PyObject *args, PyObject *kwargs);
PyObject *csv_writer_function(PyObject *module, PyObject *args, PyObject *kwargs);

#endif
