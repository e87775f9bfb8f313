// What the files of the exception classes share.
//
// Reading and replacing fields of exception objects: under the object's critical section, so
// that a reader always gets a live reference; what was replaced is released after the section.
#ifndef TYPHON_OBJECTS_EXCEPTIONS_INTERNAL_H
#define TYPHON_OBJECTS_EXCEPTIONS_INTERNAL_H

#include <stddef.h>

#include "abi/exceptions.h"
#include "memory/heap.h"
#include "objects/exceptions.h"
#include "objects/object.h"
#include "objects/type.h"
#include "thread/critical_section.h"

#define EXC(op) ((PyBaseExceptionObject *)(op))

#define EXCEPTION_FLAGS                                                                       \
    (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |                          \
     Py_TPFLAGS_BASE_EXC_SUBCLASS | Py_TPFLAGS_IMMUTABLETYPE)

#define EXCEPTION_HEAD {{.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyType_Type}, 0}

// Static type objects; PyExc_NAME points to them.
extern PyTypeObject _PyExc_BaseException;
#define EXCEPTION_DECLARE_TYPE(name, base) extern PyTypeObject _PyExc_##name;
EXCEPTION_LIST(EXCEPTION_DECLARE_TYPE)
#undef EXCEPTION_DECLARE_TYPE
extern PyTypeObject _PyExc_IncompleteInputError;

// New reference to what a field holds, or NULL.
PyObject *exception_field(PyObject *exc, PyObject **field);
// Replaces a field; value is borrowed and may be NULL.
void exception_set_field(PyObject *exc, PyObject **field, PyObject *value);

// BaseException's slots, for the classes that extend them.
PyObject *base_exception_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);
int base_exception_init(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *base_exception_str(PyObject *self);
PyObject *base_exception_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf,
                                    PyObject *kwnames);
int base_exception_clear(PyObject *self);
int base_exception_traverse(PyObject *self, visitproc visit, void *arg);

// (type, args) or (type, args, state); state NULL or None leaves it out. Consumes both.
PyObject *exception_reduce_steal(PyObject *self, PyObject *args, PyObject *state);

// self.__dict__ or NULL (new reference), for __reduce__.
PyObject *exception_dict(PyObject *self);

// Never fails: from a reserve when memory is out.
PyObject *exception_memory_error_new(void);

// exceptions_os.c
int os_error_init_errno_map(void);
// exceptions_group.c
int exception_group_init(void);
// exceptions_memory.c part of exceptions.c: MemoryError's reserve.
int memory_error_init_reserve(void);
// error.c
void error_install_hooks(void);

// Releases and visits the object fields from `first` up to `last` of a subclass struct.
static inline void
exception_clear_fields(PyObject **first, PyObject **last)
{
    for (PyObject **field = first; field <= last; field++) {
        clear_ref(*field);
    }
}

static inline int
exception_visit_fields(PyObject **first, PyObject **last, visitproc visit, void *arg)
{
    for (PyObject **field = first; field <= last; field++) {
        if (*field != NULL) {
            int result = visit(*field, arg);
            if (result != 0) {
                return result;
            }
        }
    }
    return 0;
}

// dealloc, traverse and clear of a class whose own fields lie between first and last, all of
// them object pointers.
#define EXCEPTION_FIELD_SLOTS(prefix, struct_name, first, last)                               \
    static int prefix##_clear(PyObject *op)                                                   \
    {                                                                                         \
        exception_clear_fields(&((struct_name *)op)->first, &((struct_name *)op)->last);      \
        return base_exception_clear(op);                                                      \
    }                                                                                         \
    static int prefix##_traverse(PyObject *op, visitproc visit, void *arg)                    \
    {                                                                                         \
        int result = exception_visit_fields(&((struct_name *)op)->first,                      \
                                            &((struct_name *)op)->last, visit, arg);          \
        return result != 0 ? result : base_exception_traverse(op, visit, arg);                \
    }                                                                                         \
    static void prefix##_dealloc(PyObject *op)                                                \
    {                                                                                         \
        gc_untrack(op);                                                                       \
        (void)prefix##_clear(op);                                                             \
        type_of(op)->tp_free(op);                                                             \
    }

// The common part of all exception types. `base` is the tail of a class name.
#define EXCEPTION_TYPE_COMMON(exc_name, base, struct_name, text)                              \
    .ob_base = EXCEPTION_HEAD, .tp_name = #exc_name, .tp_basicsize = sizeof(struct_name),     \
    .tp_flags = EXCEPTION_FLAGS, .tp_doc = text, .tp_base = &_PyExc_##base,                   \
    .tp_dictoffset = offsetof(PyBaseExceptionObject, dict)

#endif
