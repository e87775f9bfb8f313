// Between the files of itertools.
#ifndef TYPHON_MODULES_ITERTOOLS_INTERNAL_H
#define TYPHON_MODULES_ITERTOOLS_INTERNAL_H

#include "modules/native_type.h"
#include "objects/container.h"
#include "objects/error.h"

// Next item of an iterator; NULL at its end, maybe with StopIteration set.
static inline PyObject *
next_of(PyObject *iterator)
{
    return type_of(iterator)->tp_iternext(iterator);
}

// After next_of gave NULL: true at a plain end (a StopIteration is cleared), false on errors.
static inline bool
at_end(void)
{
    return !error_occurred() || error_clear_if(PyExc_StopIteration);
}

// A reference to what a field holds, which other threads may replace under the lock of self.
static inline PyObject *
field_ref(void *self, PyObject **field)
{
    CriticalSection cs;
    short_section_begin(&cs, self);
    PyObject *value = xnew_ref(*field);
    critical_section_end(&cs);
    return value;
}

// Replaces what a field holds, consuming value (which may be NULL).
static inline void
field_set_steal(void *self, PyObject **field, PyObject *value)
{
    CriticalSection cs;
    short_section_begin(&cs, self);
    PyObject *old = *field;
    *field = value;
    critical_section_end(&cs);
    xdecref(old);
}

#define ITERTOOLS_TYPE(variable, name, Struct, prefix, ...)                             \
    PyTypeObject variable = {                                                           \
        .ob_base = NATIVE_TYPE_HEAD,                                                    \
        .tp_name = "itertools." name,                                                   \
        .tp_basicsize = sizeof(Struct),                                                 \
        .tp_dealloc = prefix##_dealloc,                                                 \
        .tp_getattro = object_generic_getattr,                                          \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |     \
                    Py_TPFLAGS_IMMUTABLETYPE,                                           \
        .tp_traverse = prefix##_traverse,                                               \
        .tp_iter = object_self_iter,                                                    \
        .tp_iternext = prefix##_next,                                                   \
        .tp_alloc = type_alloc,                                                         \
        .tp_free = heap_free,                                                           \
        __VA_ARGS__                                                                     \
    }

// itertools_combine.c
extern PyTypeObject itertools_product_type;
extern PyTypeObject itertools_permutations_type;
extern PyTypeObject itertools_combinations_type;
extern PyTypeObject itertools_combinations_with_replacement_type;

// itertools_group.c
extern PyTypeObject itertools_groupby_type;
extern PyTypeObject itertools_grouper_type;
extern PyTypeObject itertools_tee_type;
extern PyTypeObject itertools_tee_block_type;
PyObject *itertools_tee(PyObject *module, PyObject *const *args, Py_ssize_t nargs);

#endif
