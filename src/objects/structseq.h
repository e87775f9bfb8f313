// Struct sequences: tuples whose fields have names (sys.version_info, os.stat_result, …).
//
// A type knows n_sequence_fields (visible as tuple items), n_fields and n_unnamed_fields. Objects
// are PyTupleObjects with n_fields slots, ob_size being the visible part.
#ifndef TYPHON_OBJECTS_STRUCTSEQ_H
#define TYPHON_OBJECTS_STRUCTSEQ_H

#include "abi/object.h"

// Field name of a field without a name.
extern const char *const structseq_unnamed_field;

// New heap type from a description; flags are more tp_flags. NULL with an exception.
PyTypeObject *structseq_new_type(PyStructSequence_Desc *desc, unsigned long flags);

// Completes a static type object. 0 or -1.
int structseq_init_type(PyTypeObject *type, PyStructSequence_Desc *desc);

// New object with all fields NULL, to be filled with structseq_set_steal.
PyObject *structseq_new(PyTypeObject *type);
void structseq_set_steal(PyObject *op, Py_ssize_t i, PyObject *value);
PyObject *structseq_get_borrow(PyObject *op, Py_ssize_t i);

#endif
