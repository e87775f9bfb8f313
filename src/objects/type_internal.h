// Between the files of the type system.
#ifndef TYPHON_OBJECTS_TYPE_INTERNAL_H
#define TYPHON_OBJECTS_TYPE_INTERNAL_H

#include <stdbool.h>

#include "objects/interpreter.h"
#include "objects/type.h"
#include "thread/critical_section.h"

// Everything that changes types happens under this lock, entered as a critical section.
static inline void
types_lock(CriticalSection *cs)
{
    critical_section_begin_mutex(cs, &interpreter_roots()->types_mutex);
}

static inline void types_unlock(CriticalSection *cs) { critical_section_end(cs); }

// ---- type_lookup.c ----

// Lookup along the MRO without caches: new reference or NULL, errors of odd keys are cleared.
PyObject *type_lookup_uncached(PyTypeObject *type, PyObject *name);
void type_cache_drop(PyTypeObject *type);

// ---- type_relations.c ----

// The dict {address: weakref} of direct subclasses; NULL (no exception) when there is none and
// `create` is false.
PyObject *type_subclasses_dict(PyTypeObject *type, bool create);
int type_add_subclass(PyTypeObject *base, PyTypeObject *type);
void type_remove_subclass(PyTypeObject *base, PyTypeObject *type);
int type_add_to_bases(PyTypeObject *type);
void type_remove_from_bases(PyTypeObject *type, PyObject *bases);
// Calls visit for each live direct subclass until it returns other than 0.
int type_visit_subclasses(PyTypeObject *type, int (*visit)(PyTypeObject *sub, void *arg), void *arg);

// The base whose layout counts (borrowed); TypeError for conflicts and unusable bases.
PyTypeObject *type_best_base(PyObject *bases);
PyTypeObject *type_solid_base(PyTypeObject *type);
// Whether op may be given the class `to`; TypeError otherwise. attribute names it in messages.
bool type_compatible_for_assignment(PyTypeObject *from, PyTypeObject *to, const char *attribute);

// ---- mro.c ----

// Sets tp_mro (custom mro() included). Returns 1 when it changed, 0 when it was changed by the
// mro() method itself, -1. *old receives the previous tuple (owned) when not NULL.
int type_mro_update(PyTypeObject *type, PyObject **old);
PyObject *type_mro_compute(PyTypeObject *type);     // C3, new tuple

// ---- type_ready.c ----

// Adds methods, members and getsets to tp_dict.
int type_add_methods(PyTypeObject *type);
int type_add_members(PyTypeObject *type, PyMemberDef *members);
int type_add_getsets(PyTypeObject *type);

// ---- type_new.c ----

extern PyTypeObject *const type_static_list[];      // types_init order; NULL ends it

PyObject *type_new(PyTypeObject *metatype, PyObject *args, PyObject *kwargs);
int type_init(PyObject *cls, PyObject *args, PyObject *kwargs);
// Calls __set_name__ of the values in the namespace, then super().__init_subclass__(**kwargs).
int type_new_set_names(PyTypeObject *type);
int type_new_init_subclass(PyTypeObject *type, PyObject *kwargs);

// A heap type object with name, qualname and room for its own member table; everything else zero.
PyTypeObject *type_heap_alloc(PyTypeObject *metatype, Py_ssize_t nmembers);
static inline PyMemberDef *
type_heap_members(PyHeapTypeObject *et)
{
    return (PyMemberDef *)((char *)et + type_of(et)->tp_basicsize);
}

// ---- type_call.c ----

// tp_vectorcall of classes.
PyObject *type_class_vectorcall(PyObject *cls, PyObject *const *args, size_t nargsf,
                                PyObject *kwnames);

// ---- type_heap.c ----

extern PyGetSetDef type_subtype_getsets_full[];     // __dict__, __weakref__
extern PyGetSetDef type_subtype_getsets_dict[];
extern PyGetSetDef type_subtype_getsets_weakref[];

// ---- type_refs.c ----

// Takes a class into the scheme of per-thread counts / out of it.
void type_refs_register(PyTypeObject *type);
void type_refs_release(PyTypeObject *type);
void type_ref_slow(PyTypeObject *type, ssize_t by);

// References that instances hold on their class (a heap type).
static inline void
type_ref_add(PyTypeObject *type, ssize_t by)
{
    Thread *ts = thread_current();
    size_t id = (size_t)((PyHeapTypeObject *)type)->unique_id;
    if (__builtin_expect(id < ts->type_ref_count && id != 0, 1)) {
        ts->type_refs[id] += by;
    }
    else {
        type_ref_slow(type, by);
    }
}

static inline void type_ref_instance(PyTypeObject *type) { type_ref_add(type, 1); }
static inline void type_unref_instance(PyTypeObject *type) { type_ref_add(type, -1); }

// ---- type.c ----

extern PyMethodDef type_methods[];
extern PyGetSetDef type_getsets[];
extern PyMemberDef type_members[];
int type_merge_class_dict(PyObject *dict, PyObject *cls);   // for dir()
// The audit event object.__setattr__ of special attributes: 0 or -1.
int type_audit_setattr(PyObject *op, const char *name, PyObject *value);
int object_set_class(PyObject *self, PyObject *value, void *closure);
void type_dealloc(PyObject *op);
int type_traverse(PyObject *op, visitproc visit, void *arg);
int type_clear(PyObject *op);

#endif
