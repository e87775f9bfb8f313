// Template strings (PEP 750): string.templatelib.Template and Interpolation.
#ifndef TYPHON_OBJECTS_TEMPLATE_H
#define TYPHON_OBJECTS_TEMPLATE_H

#include "abi/object.h"

extern PyTypeObject PyTemplate_Type;
extern PyTypeObject PyInterpolation_Type;
extern PyTypeObject PyTemplateIter_Type;

// From a tuple of strings and a tuple of interpolations (one less).
PyObject *template_new(PyObject *strings, PyObject *interpolations);

// conversion: 0 none, 1 str, 2 repr, 3 ascii. format_spec NULL is "".
PyObject *interpolation_new(PyObject *value, PyObject *expression, int conversion,
                            PyObject *format_spec);

// Adds what a type table cannot hold (Interpolation.__match_args__); start-up. 0 or -1.
int template_init(void);

#endif
