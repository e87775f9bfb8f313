// "Did you mean …?": the nearest of several names by edit distance.
#ifndef TYPHON_OBJECTS_SUGGESTIONS_H
#define TYPHON_OBJECTS_SUGGESTIONS_H

#include "abi/object.h"

// The item of a list or tuple of str that is closest to name, as a new reference; NULL without an
// exception when nothing is close enough. Items that are no str are ignored.
PyObject *suggestion_find(PyObject *names, PyObject *name);

#endif
