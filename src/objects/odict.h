// collections.OrderedDict: a dict with operations on its order.
//
// dict keeps the order of insertion already, so an OrderedDict is a dict whose entries can be moved to
// either end (dict_move_lock_held). What changes an OrderedDict through the functions of dict.h keeps it
// consistent.
//
// Threading: as dict.
#ifndef TYPHON_OBJECTS_ODICT_H
#define TYPHON_OBJECTS_ODICT_H

#include <stdbool.h>

#include "abi/object.h"
#include "objects/object.h"

extern PyTypeObject PyODict_Type;
extern PyTypeObject PyODictIter_Type;
extern PyTypeObject PyODictKeys_Type;
extern PyTypeObject PyODictItems_Type;
extern PyTypeObject PyODictValues_Type;

static inline bool odict_check(PyObject *op) { return object_type_check(op, &PyODict_Type); }
static inline bool odict_check_exact(PyObject *op) { return type_of(op) == &PyODict_Type; }

PyObject *odict_new(void);

// KeyError when missing.
int odict_move_to_end(PyObject *op, PyObject *key, bool last);

#endif
