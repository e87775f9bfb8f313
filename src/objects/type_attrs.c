// Attributes that every class has: __name__, __bases__, __mro__, __doc__, __annotations__…
//
// Threading: setters change the type under the types lock and call type_modified.
#include <string.h>

#include "base/atomic.h"
#include "base/hooks.h"
#include "objects/attributes.h"
#include "objects/build.h"
#include "objects/call.h"
#include "objects/cfunction.h"
#include "objects/descr.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/slots.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type_internal.h"

#define TYPE(op) ((PyTypeObject *)(op))

static bool
is_heap(PyTypeObject *type)
{
    return type_has_feature(type, Py_TPFLAGS_HEAPTYPE);
}

int
type_audit_setattr(PyObject *op, const char *name, PyObject *value)
{
    if (hooks.audit == NULL) {
        return 0;
    }
    PyObject *args = value_build("(OsO)", op, name, value);
    int result = args == NULL ? -1 : hooks.audit("object.__setattr__", args);
    xdecref(args);
    return result;
}

// Whether an attribute of that name may be set (value not NULL) on type; TypeError otherwise.
static bool
may_set(PyTypeObject *type, PyObject *value, const char *name)
{
    if (type_has_feature(type, Py_TPFLAGS_IMMUTABLETYPE)) {
        error_format(PyExc_TypeError, "cannot set '%s' attribute of immutable type '%s'", name,
                     type->tp_name);
        return false;
    }
    if (value == NULL) {
        error_format(PyExc_TypeError, "cannot delete '%s' attribute of immutable type '%s'", name,
                     type->tp_name);
        return false;
    }
    return type_audit_setattr((PyObject *)type, name, value) == 0;
}

// ---- names ----

static PyObject *
get_name(PyObject *op, void *closure)
{
    (void)closure;
    return type_get_name(TYPE(op));
}

static int
set_name(PyObject *op, PyObject *value, void *closure)
{
    (void)closure;
    PyTypeObject *type = TYPE(op);
    if (!may_set(type, value, "__name__")) {
        return -1;
    }
    if (!str_check(value)) {
        error_format(PyExc_TypeError, "can only assign string to %s.__name__, not '%s'",
                     type->tp_name, type_of(value)->tp_name);
        return -1;
    }
    Py_ssize_t size;
    const char *text = str_as_utf8_size(value, &size);
    if (text == NULL) {
        return -1;
    }
    if (strlen(text) != (size_t)size) {
        error_set(PyExc_ValueError, "type name must not contain null characters");
        return -1;
    }
    CriticalSection cs;
    types_lock(&cs);
    PyHeapTypeObject *et = (PyHeapTypeObject *)type;
    PyObject *old = et->ht_name;
    type->tp_name = text;
    et->ht_name = new_ref(value);
    types_unlock(&cs);
    xdecref(old);
    return 0;
}

static PyObject *
get_qualname(PyObject *op, void *closure)
{
    (void)closure;
    return type_get_qualname(TYPE(op));
}

static int
set_qualname(PyObject *op, PyObject *value, void *closure)
{
    (void)closure;
    PyTypeObject *type = TYPE(op);
    if (!may_set(type, value, "__qualname__")) {
        return -1;
    }
    if (!str_check(value)) {
        error_format(PyExc_TypeError, "can only assign string to %s.__qualname__, not '%s'",
                     type->tp_name, type_of(value)->tp_name);
        return -1;
    }
    CriticalSection cs;
    types_lock(&cs);
    PyObject *old = ((PyHeapTypeObject *)type)->ht_qualname;
    ((PyHeapTypeObject *)type)->ht_qualname = new_ref(value);
    types_unlock(&cs);
    xdecref(old);
    return 0;
}

static PyObject *
get_module(PyObject *op, void *closure)
{
    (void)closure;
    return type_get_module_name(TYPE(op));
}

static int
set_module(PyObject *op, PyObject *value, void *closure)
{
    (void)closure;
    PyTypeObject *type = TYPE(op);
    if (!may_set(type, value, "__module__")) {
        return -1;
    }
    // The line number belongs to the place where the class really was made.
    if (dict_pop(type->tp_dict, ID(__firstlineno__), NULL) < 0) {
        return -1;
    }
    return type_set_attribute(type, ID(__module__), value);
}

// ---- parts of the dict ----

// An entry of the dict with a fallback: AttributeError(name) when it is NULL.
static PyObject *
get_entry(PyTypeObject *type, PyObject *name)
{
    PyObject *value;
    if (type_get_own(type, name, &value) == 0) {
        error_set_object(PyExc_AttributeError, name);
    }
    return value;
}

static PyObject *
get_abstractmethods(PyObject *op, void *closure)
{
    (void)closure;
    // type itself has this descriptor in its dict.
    if (TYPE(op) == &PyType_Type) {
        return error_set_object(PyExc_AttributeError, ID(__abstractmethods__));
    }
    return get_entry(TYPE(op), ID(__abstractmethods__));
}

static int
set_abstractmethods(PyObject *op, PyObject *value, void *closure)
{
    (void)closure;
    PyTypeObject *type = TYPE(op);
    int abstract = 0;
    if (value != NULL) {
        abstract = object_is_true(value);
        if (abstract < 0) {
            return -1;
        }
    }
    else {
        int present = dict_contains(type->tp_dict, ID(__abstractmethods__));
        if (present <= 0) {
            if (present == 0) {
                error_set_object(PyExc_AttributeError, ID(__abstractmethods__));
            }
            return -1;
        }
    }
    if (type_set_attribute(type, ID(__abstractmethods__), value) < 0) {
        return -1;
    }
    if (abstract) {
        atomic_or_uptr(&type->tp_flags, Py_TPFLAGS_IS_ABSTRACT);
    }
    else {
        atomic_and_uptr(&type->tp_flags, ~Py_TPFLAGS_IS_ABSTRACT);
    }
    return 0;
}

static PyObject *
get_dict(PyObject *op, void *closure)
{
    (void)closure;
    return TYPE(op)->tp_dict == NULL ? new_ref(Py_None) : mappingproxy_new(TYPE(op)->tp_dict);
}

static PyObject *
get_doc(PyObject *op, void *closure)
{
    (void)closure;
    PyTypeObject *type = TYPE(op);
    if (!is_heap(type) && type->tp_doc != NULL) {
        return doc_from_internal(type_short_name(type), type->tp_doc);
    }
    PyObject *doc;
    int found = type_get_own(type, ID(__doc__), &doc);
    if (found <= 0) {
        return found < 0 ? NULL : new_ref(Py_None);
    }
    descrgetfunc get = type_of(doc)->tp_descr_get;
    if (get == NULL) {
        return doc;
    }
    PyObject *result = get(doc, NULL, op);
    decref(doc);
    return result;
}

static int
set_doc(PyObject *op, PyObject *value, void *closure)
{
    (void)closure;
    return may_set(TYPE(op), value, "__doc__") ? type_set_attribute(TYPE(op), ID(__doc__), value)
                                               : -1;
}

static PyObject *
get_text_signature(PyObject *op, void *closure)
{
    (void)closure;
    PyTypeObject *type = TYPE(op);
    return text_signature_from_internal(type_short_name(type), type->tp_doc);
}

static PyObject *
get_type_params(PyObject *op, void *closure)
{
    (void)closure;
    if (TYPE(op) == &PyType_Type) {
        return tuple_empty();
    }
    PyObject *params;
    int found = type_get_own(TYPE(op), ID(__type_params__), &params);
    return found == 0 ? tuple_empty() : params;
}

static int
set_type_params(PyObject *op, PyObject *value, void *closure)
{
    (void)closure;
    return may_set(TYPE(op), value, "__type_params__")
               ? type_set_attribute(TYPE(op), ID(__type_params__), value) : -1;
}

// ---- annotations (PEP 649) ----

static PyObject *
set_no_attribute(PyTypeObject *type, const char *name)
{
    return error_format(PyExc_AttributeError, "type object '%s' has no attribute '%s'",
                        type->tp_name, name);
}

// The value under the first of two names in the class's own dict, through __get__. 1/0/-1.
static int
get_own_bound(PyTypeObject *type, PyObject *first, PyObject *second, PyObject **result)
{
    int found = type_get_own(type, first, result);
    if (found == 0) {
        found = type_get_own(type, second, result);
    }
    if (found > 0 && type_of(*result)->tp_descr_get != NULL) {
        PyObject *raw = *result;
        *result = type_of(raw)->tp_descr_get(raw, NULL, (PyObject *)type);
        decref(raw);
        return *result == NULL ? -1 : 1;
    }
    return found;
}

static PyObject *
get_annotate(PyObject *op, void *closure)
{
    (void)closure;
    PyTypeObject *type = TYPE(op);
    if (!is_heap(type)) {
        return set_no_attribute(type, "__annotate__");
    }
    PyObject *annotate;
    int found = get_own_bound(type, ID(__annotate__), ID(__annotate_func__), &annotate);
    if (found != 0) {
        return annotate;
    }
    return dict_set(type->tp_dict, ID(__annotate_func__), Py_None) < 0 ? NULL : new_ref(Py_None);
}

static int
set_annotate(PyObject *op, PyObject *value, void *closure)
{
    (void)closure;
    PyTypeObject *type = TYPE(op);
    if (value == NULL) {
        error_set(PyExc_TypeError, "cannot delete __annotate__ attribute");
        return -1;
    }
    if (type_has_feature(type, Py_TPFLAGS_IMMUTABLETYPE)) {
        error_format(PyExc_TypeError, "cannot set '__annotate__' attribute of immutable type '%s'",
                     type->tp_name);
        return -1;
    }
    if (value != Py_None && !object_callable(value)) {
        error_set(PyExc_TypeError, "__annotate__ must be callable or None");
        return -1;
    }
    // A function that the class body defines goes before the compiler's.
    int own = dict_contains(type->tp_dict, ID(__annotate__));
    if (own < 0 ||
        type_set_attribute(type, own > 0 ? ID(__annotate__) : ID(__annotate_func__), value) < 0) {
        return -1;
    }
    if (value != Py_None && dict_pop(type->tp_dict, ID(__annotations_cache__), NULL) < 0) {
        return -1;
    }
    return 0;
}

// What __annotate__(1) says, an empty dict without it.
static PyObject *
compute_annotations(PyTypeObject *type)
{
    PyObject *annotate = object_getattr((PyObject *)type, ID(__annotate__));
    if (annotate == NULL) {
        return NULL;
    }
    PyObject *result;
    if (object_callable(annotate)) {
        PyObject *one = int_from_i64(1);
        result = one == NULL ? NULL : object_call_onearg(annotate, one);
        xdecref(one);
        if (result != NULL && !dict_check(result)) {
            error_format(PyExc_TypeError, "__annotate__ returned non-dict of type '%T'", result);
            clear_ref(result);
        }
    }
    else {
        result = dict_new();
    }
    decref(annotate);
    return result;
}

static PyObject *
get_annotations(PyObject *op, void *closure)
{
    (void)closure;
    PyTypeObject *type = TYPE(op);
    if (!is_heap(type)) {
        return set_no_attribute(type, "__annotations__");
    }
    PyObject *annotations;
    if (get_own_bound(type, ID(__annotations__), ID(__annotations_cache__), &annotations) != 0) {
        return annotations;
    }
    annotations = compute_annotations(type);
    if (annotations != NULL &&
        dict_set(type->tp_dict, ID(__annotations_cache__), annotations) < 0) {
        clear_ref(annotations);
    }
    type_modified(type);
    return annotations;
}

static int
set_annotations(PyObject *op, PyObject *value, void *closure)
{
    (void)closure;
    PyTypeObject *type = TYPE(op);
    if (type_has_feature(type, Py_TPFLAGS_IMMUTABLETYPE)) {
        error_format(PyExc_TypeError, "cannot set '__annotations__' attribute of immutable type '%s'",
                     type->tp_name);
        return -1;
    }
    PyObject *dict = type->tp_dict;
    int result;
    if (value != NULL) {
        int present = dict_contains(dict, ID(__annotations__));
        result = present < 0 ? -1
                 : dict_set(dict, present ? ID(__annotations__) : ID(__annotations_cache__), value);
    }
    else {
        int removed = dict_pop(dict, ID(__annotations__), NULL);
        if (removed == 0) {
            removed = dict_pop(dict, ID(__annotations_cache__), NULL);
        }
        if (removed == 0) {
            error_set_object(PyExc_AttributeError, ID(__annotations__));
        }
        result = removed > 0 ? 0 : -1;
    }
    if (result == 0 && (dict_pop(dict, ID(__annotate_func__), NULL) < 0 ||
                        dict_pop(dict, ID(__annotate__), NULL) < 0)) {
        result = -1;
    }
    type_modified(type);
    return result;
}

// ---- bases ----

static PyObject *
get_bases(PyObject *op, void *closure)
{
    (void)closure;
    return xnew_ref(TYPE(op)->tp_bases);
}

static PyObject *
get_mro(PyObject *op, void *closure)
{
    (void)closure;
    PyObject *mro = type_get_mro(TYPE(op));
    return mro == NULL ? new_ref(Py_None) : mro;
}

// The old MROs of type and its subtypes: alternately type and tuple.
static int
update_mro_tree(PyTypeObject *type, PyObject *undo)
{
    PyObject *old = NULL;
    int changed = type_mro_update(type, &old);
    if (changed <= 0) {
        return changed;
    }
    PyObject *entry = tuple_pack(2, (PyObject *)type, old == NULL ? Py_None : old);
    xdecref(old);
    if (entry == NULL || list_append(undo, entry) < 0) {
        xdecref(entry);
        return -1;
    }
    decref(entry);
    PyObject *subclasses = type_subclasses(type);
    int result = subclasses == NULL ? -1 : 0;
    for (Py_ssize_t i = 0; result == 0 && i < list_size(subclasses); i++) {
        result = update_mro_tree(TYPE(list_item_borrow(subclasses, i)), undo);
    }
    xdecref(subclasses);
    return result;
}

static void
undo_mro_tree(PyObject *undo)
{
    for (Py_ssize_t i = 0; i < list_size(undo); i++) {
        PyObject *entry = list_item_borrow(undo, i);
        PyTypeObject *type = TYPE(tuple_item(entry, 0));
        PyObject *mro = tuple_item(entry, 1);
        PyObject *current = type->tp_mro;
        atomic_store_release_ptr(&type->tp_mro, mro == Py_None ? NULL : new_ref(mro));
        xdecref(current);
        type_modified(type);
    }
}

static int
update_slots_tree(PyTypeObject *type, void *arg)
{
    (void)arg;
    type_modified(type);
    if (is_heap(type)) {
        slots_update_all(type);
    }
    return type_visit_subclasses(type, update_slots_tree, NULL);
}

// Whether type is above base in the chain of tp_base, which is up to date even while an mro()
// method runs.
static bool
is_in_base_chain(PyTypeObject *base, PyTypeObject *type)
{
    while (base != NULL && base != type) {
        base = base->tp_base;
    }
    return base != NULL;
}

static int
check_new_bases(PyTypeObject *type, PyObject *bases)
{
    if (!tuple_check(bases)) {
        error_format(PyExc_TypeError, "can only assign tuple to %s.__bases__, not %s",
                     type->tp_name, type_of(bases)->tp_name);
        return -1;
    }
    if (tuple_size(bases) == 0) {
        error_format(PyExc_TypeError, "can only assign non-empty tuple to %s.__bases__, not ()",
                     type->tp_name);
        return -1;
    }
    for (Py_ssize_t i = 0; i < tuple_size(bases); i++) {
        PyObject *base = tuple_item(bases, i);
        if (!type_check(base)) {
            error_format(PyExc_TypeError, "%s.__bases__ must be tuple of classes, not '%s'",
                         type->tp_name, type_of(base)->tp_name);
            return -1;
        }
        if (type_is_subtype(TYPE(base), type) || is_in_base_chain(TYPE(base), type)) {
            error_set(PyExc_TypeError, "a __bases__ item causes an inheritance cycle");
            return -1;
        }
    }
    return 0;
}

// Puts the bases in place, with all that follows; on failure everything is as before.
static int
change_bases_lock_held(PyTypeObject *type, PyObject *bases, PyTypeObject *base)
{
    PyObject *old_bases = type->tp_bases;
    PyTypeObject *old_base = type->tp_base;
    PyObject *undo = list_new(0);
    if (undo == NULL) {
        return -1;
    }
    type->tp_bases = new_ref(bases);
    type->tp_base = new_ref(base);
    if (update_mro_tree(type, undo) < 0) {
        PyObject *saved = error_take();
        undo_mro_tree(undo);
        if (type->tp_bases == bases) {
            type->tp_bases = old_bases;
            type->tp_base = old_base;
            decref(bases);
            decref(base);
        }
        decref(undo);
        error_restore_steal(saved);
        return -1;
    }
    decref(undo);
    // An mro() method may have assigned other bases meanwhile: then those count.
    int result = 0;
    if (type->tp_bases == bases) {
        type_remove_from_bases(type, old_bases);
        result = type_add_to_bases(type);
        update_slots_tree(type, NULL);
    }
    decref(old_bases);
    decref(old_base);
    return result;
}

static int
set_bases(PyObject *op, PyObject *value, void *closure)
{
    (void)closure;
    PyTypeObject *type = TYPE(op);
    if (!may_set(type, value, "__bases__") || check_new_bases(type, value) < 0) {
        return -1;
    }
    PyTypeObject *base = type_best_base(value);
    if (base == NULL || !type_compatible_for_assignment(type->tp_base, base, "__bases__")) {
        return -1;
    }
    CriticalSection cs;
    types_lock(&cs);
    int result = change_bases_lock_held(type, value, base);
    types_unlock(&cs);
    return result;
}

// ---- tables ----

PyGetSetDef type_getsets[] = {
    {"__name__", get_name, set_name, NULL, NULL},
    {"__qualname__", get_qualname, set_qualname, NULL, NULL},
    {"__bases__", get_bases, set_bases, NULL, NULL},
    {"__mro__", get_mro, NULL, NULL, NULL},
    {"__module__", get_module, set_module, NULL, NULL},
    {"__abstractmethods__", get_abstractmethods, set_abstractmethods, NULL, NULL},
    {"__dict__", get_dict, NULL, NULL, NULL},
    {"__doc__", get_doc, set_doc, NULL, NULL},
    {"__text_signature__", get_text_signature, NULL, NULL, NULL},
    {"__annotations__", get_annotations, set_annotations, NULL, NULL},
    {"__annotate__", get_annotate, set_annotate, NULL, NULL},
    {"__type_params__", get_type_params, set_type_params, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#define FIELD(name, field, type) {name, type, offsetof(PyTypeObject, field), Py_READONLY, NULL}

PyMemberDef type_members[] = {
    FIELD("__basicsize__", tp_basicsize, Py_T_PYSSIZET),
    FIELD("__itemsize__", tp_itemsize, Py_T_PYSSIZET),
    FIELD("__flags__", tp_flags, Py_T_ULONG),
    FIELD("__weakrefoffset__", tp_weaklistoffset, Py_T_PYSSIZET),
    FIELD("__base__", tp_base, _Py_T_OBJECT),
    FIELD("__dictoffset__", tp_dictoffset, Py_T_PYSSIZET),
    {NULL, 0, 0, 0, NULL},
};
