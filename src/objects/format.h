// Format specifications (format(), f-strings, str.format) and the parser of str.format.
//
// Threading: pure functions over immutable arguments.
#ifndef TYPHON_OBJECTS_FORMAT_H
#define TYPHON_OBJECTS_FORMAT_H

#include "abi/object.h"
#include "objects/str_writer.h"

// value.__format__(spec) of the built-in types; spec is a str. ValueError for bad
// specifications. Subclasses are formatted by their value.
PyObject *format_str(PyObject *value, PyObject *spec);
PyObject *format_int(PyObject *value, PyObject *spec);
PyObject *format_float(PyObject *value, PyObject *spec);
PyObject *format_complex(PyObject *value, PyObject *spec);

// The same, appended to a writer. spec may be NULL (empty).
int format_str_to(StrWriter *w, PyObject *value, PyObject *spec);
int format_int_to(StrWriter *w, PyObject *value, PyObject *spec);
int format_float_to(StrWriter *w, PyObject *value, PyObject *spec);

// format(value, spec): spec NULL or empty takes short cuts for exact built-in types, otherwise
// type(value).__format__ is called. (object_format of objects/object.h is the same.)
PyObject *format_object(PyObject *value, PyObject *spec);
int format_object_to(StrWriter *w, PyObject *value, PyObject *spec);

// str.format(*args, **kwargs): args is a tuple, kwargs a mapping or NULL.
PyObject *format_template(PyObject *template_text, PyObject *args, PyObject *kwargs);

// Iterators behind _string.formatter_parser and _string.formatter_field_name_split.
PyObject *format_parser_iter(PyObject *text);
PyObject *format_field_name_split(PyObject *text);
extern PyTypeObject PyFormatterIter_Type;
extern PyTypeObject PyFieldNameIter_Type;

#endif
