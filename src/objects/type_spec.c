// Heap types from PyType_Spec, and what extension modules ask about types: slots, modules, tokens.
//
// Threading: a type is made by one thread and published by type_ready.
#include <stddef.h>
#include <string.h>

#include "memory/alloc.h"
#include "memory/heap.h"
#include "objects/attributes.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/module.h"
#include "objects/slots.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type_internal.h"

// ---- slot numbers ----

#define TP(slot) [Py_##slot] = offsetof(PyTypeObject, slot)
#define IN(table, slot) [Py_##slot] = offsetof(PyHeapTypeObject, table) + \
                                      offsetof(__typeof__(((PyHeapTypeObject *)NULL)->table), slot)
#define NB(slot) IN(as_number, slot)

// Offset in PyHeapTypeObject by slot number; 0: handled specially or unknown.
static const short slot_offsets[Py_tp_token + 1] = {
    IN(as_buffer, bf_getbuffer), IN(as_buffer, bf_releasebuffer),
    IN(as_mapping, mp_ass_subscript), IN(as_mapping, mp_length), IN(as_mapping, mp_subscript),
    NB(nb_absolute), NB(nb_add), NB(nb_and), NB(nb_bool), NB(nb_divmod), NB(nb_float),
    NB(nb_floor_divide), NB(nb_index), NB(nb_inplace_add), NB(nb_inplace_and),
    NB(nb_inplace_floor_divide), NB(nb_inplace_lshift), NB(nb_inplace_multiply),
    NB(nb_inplace_or), NB(nb_inplace_power), NB(nb_inplace_remainder), NB(nb_inplace_rshift),
    NB(nb_inplace_subtract), NB(nb_inplace_true_divide), NB(nb_inplace_xor), NB(nb_int),
    NB(nb_invert), NB(nb_lshift), NB(nb_multiply), NB(nb_negative), NB(nb_or), NB(nb_positive),
    NB(nb_power), NB(nb_remainder), NB(nb_rshift), NB(nb_subtract), NB(nb_true_divide), NB(nb_xor),
    NB(nb_matrix_multiply), NB(nb_inplace_matrix_multiply),
    IN(as_sequence, sq_ass_item), IN(as_sequence, sq_concat), IN(as_sequence, sq_contains),
    IN(as_sequence, sq_inplace_concat), IN(as_sequence, sq_inplace_repeat),
    IN(as_sequence, sq_item), IN(as_sequence, sq_length), IN(as_sequence, sq_repeat),
    IN(as_async, am_await), IN(as_async, am_aiter), IN(as_async, am_anext), IN(as_async, am_send),
    TP(tp_alloc), TP(tp_base), TP(tp_bases), TP(tp_call), TP(tp_clear), TP(tp_dealloc), TP(tp_del),
    TP(tp_descr_get), TP(tp_descr_set), TP(tp_doc), TP(tp_getattr), TP(tp_getattro), TP(tp_hash),
    TP(tp_init), TP(tp_is_gc), TP(tp_iter), TP(tp_iternext), TP(tp_methods), TP(tp_new),
    TP(tp_repr), TP(tp_richcompare), TP(tp_setattr), TP(tp_setattro), TP(tp_str), TP(tp_traverse),
    TP(tp_members), TP(tp_getset), TP(tp_free), TP(tp_finalize), TP(tp_vectorcall),
    [Py_tp_token] = offsetof(PyHeapTypeObject, ht_token),
};

static bool
slot_is_known(int slot)
{
    return slot > 0 && slot <= Py_tp_token && slot_offsets[slot] != 0;
}

void *
type_get_slot(PyTypeObject *type, int slot)
{
    if (!slot_is_known(slot) || (slot == Py_tp_token && !type_has_feature(type, Py_TPFLAGS_HEAPTYPE))) {
        error_bad_internal_call();
        return NULL;
    }
    void **p = slots_pointer(type, slot_offsets[slot]);
    return p == NULL ? NULL : *p;
}

// ---- reading the spec ----

typedef struct {
    PyType_Spec *spec;
    PyTypeObject *metatype;
    PyObject *module;               // borrowed or NULL
    PyObject *bases;                // owned
    PyTypeObject *base;             // borrowed
    const PyMemberDef *members;
    Py_ssize_t nmembers;
    Py_ssize_t basicsize;
    Py_ssize_t data_offset;         // where a negative basicsize starts
    Py_ssize_t weaklistoffset;
    Py_ssize_t dictoffset;
    Py_ssize_t vectorcalloffset;
    const char *short_name;
} SpecReader;

// Members of these names are offsets in the type object.
static int
read_offset_member(SpecReader *r, const PyMemberDef *member)
{
    Py_ssize_t *target = strcmp(member->name, "__weaklistoffset__") == 0 ? &r->weaklistoffset
                         : strcmp(member->name, "__dictoffset__") == 0 ? &r->dictoffset
                         : strcmp(member->name, "__vectorcalloffset__") == 0 ? &r->vectorcalloffset
                                                                             : NULL;
    if (target == NULL) {
        return 0;
    }
    if (member->type != Py_T_PYSSIZET || (member->flags & ~Py_RELATIVE_OFFSET) != Py_READONLY) {
        error_format(PyExc_SystemError, "type %s has an invalid '%s' member", r->spec->name,
                     member->name);
        return -1;
    }
    *target = member->offset + ((member->flags & Py_RELATIVE_OFFSET) != 0 ? r->data_offset : 0);
    return 0;
}

static int
read_members(SpecReader *r)
{
    for (const PyMemberDef *m = r->members; m != NULL && m->name != NULL; m++) {
        r->nmembers++;
        if ((m->flags & Py_RELATIVE_OFFSET) != 0 && r->spec->basicsize >= 0) {
            error_set(PyExc_SystemError, "With Py_RELATIVE_OFFSET, basicsize must be negative.");
            return -1;
        }
        if (read_offset_member(r, m) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
read_slots(SpecReader *r, PyObject *bases)
{
    PyObject *base = NULL;
    for (PyType_Slot *slot = r->spec->slots; slot->slot != 0; slot++) {
        if (!slot_is_known(slot->slot)) {
            error_set(PyExc_RuntimeError, "invalid slot offset");
            return -1;
        }
        if (slot->slot == Py_tp_members) {
            r->members = slot->pfunc;
        }
        else if (bases == NULL && (slot->slot == Py_tp_base || slot->slot == Py_tp_bases)) {
            base = slot->pfunc;
        }
    }
    if (bases == NULL) {
        bases = base == NULL ? (PyObject *)&PyBaseObject_Type : base;
    }
    r->bases = tuple_check(bases) ? new_ref(bases) : tuple_pack(1, bases);
    return r->bases == NULL ? -1 : 0;
}

static int
choose_sizes(SpecReader *r)
{
    Py_ssize_t base_size = r->base->tp_basicsize;
    Py_ssize_t aligned = (base_size + 15) & ~(Py_ssize_t)15;
    if (r->spec->basicsize == 0) {
        r->basicsize = base_size;
    }
    else if (r->spec->basicsize > 0) {
        r->basicsize = r->spec->basicsize;
    }
    else {
        r->data_offset = aligned;
        r->basicsize = aligned + ((-(Py_ssize_t)r->spec->basicsize + 15) & ~(Py_ssize_t)15);
    }
    if (r->basicsize < base_size) {
        error_format(PyExc_TypeError, "tp_basicsize for type '%s' (%zd) is too small for base '%s' (%zd)",
                     r->spec->name, r->basicsize, r->base->tp_name, base_size);
        return -1;
    }
    return 0;
}

static int
read_spec(SpecReader *r, PyObject *bases)
{
    if (r->spec->name == NULL) {
        error_set(PyExc_SystemError, "Type spec does not define the name field.");
        return -1;
    }
    const char *dot = strrchr(r->spec->name, '.');
    r->short_name = dot == NULL ? r->spec->name : dot + 1;
    if (read_slots(r, bases) < 0) {
        return -1;
    }
    r->metatype = type_calculate_metaclass(r->metatype, r->bases);
    if (r->metatype == NULL) {
        return -1;
    }
    if (r->metatype->tp_new != NULL && r->metatype->tp_new != type_new) {
        error_set(PyExc_TypeError, "Metaclasses with custom tp_new are not supported.");
        return -1;
    }
    r->base = type_best_base(r->bases);
    if (r->base == NULL || choose_sizes(r) < 0) {
        return -1;
    }
    return read_members(r);
}

// ---- building ----

static void
fill_slots(SpecReader *r, PyTypeObject *type)
{
    for (PyType_Slot *slot = r->spec->slots; slot->slot != 0; slot++) {
        switch (slot->slot) {
        case Py_tp_base:
        case Py_tp_bases:
        case Py_tp_members:
        case Py_tp_doc:
            break;
        case Py_tp_token:
            // NULL (Py_TP_USE_SPEC): the spec itself is the token.
            ((PyHeapTypeObject *)type)->ht_token = slot->pfunc == NULL ? (void *)r->spec
                                                                       : slot->pfunc;
            break;
        default:
            *slots_pointer(type, slot_offsets[slot->slot]) = slot->pfunc;
        }
    }
}

static int
fill_doc(SpecReader *r, PyTypeObject *type)
{
    for (PyType_Slot *slot = r->spec->slots; slot->slot != 0; slot++) {
        if (slot->slot == Py_tp_doc && slot->pfunc != NULL) {
            type->tp_doc = mem_strdup(slot->pfunc);
            if (type->tp_doc == NULL) {
                error_no_memory();
                return -1;
            }
        }
    }
    return 0;
}

static int
fill_names(SpecReader *r, PyTypeObject *type)
{
    PyHeapTypeObject *et = (PyHeapTypeObject *)type;
    et->ht_name = str_from_cstr(r->short_name);
    if (et->ht_name == NULL) {
        return -1;
    }
    et->ht_qualname = new_ref(et->ht_name);
    et->_ht_tpname = mem_strdup(r->spec->name);
    if (et->_ht_tpname == NULL) {
        error_no_memory();
        return -1;
    }
    type->tp_name = et->_ht_tpname;
    return 0;
}

static void
fill_layout(SpecReader *r, PyTypeObject *type)
{
    type->tp_base = new_ref(r->base);
    type->tp_bases = new_ref(r->bases);
    type->tp_basicsize = r->basicsize;
    type->tp_itemsize = r->spec->itemsize;
    type->tp_flags |= r->spec->flags;
    PyMemberDef *own = type_heap_members((PyHeapTypeObject *)type);
    for (Py_ssize_t i = 0; i < r->nmembers; i++) {
        own[i] = r->members[i];
        if ((own[i].flags & Py_RELATIVE_OFFSET) != 0) {
            own[i].flags &= ~Py_RELATIVE_OFFSET;
            own[i].offset += r->data_offset;
        }
    }
    type->tp_members = own;
    type->tp_weaklistoffset = r->weaklistoffset;
    type->tp_dictoffset = r->dictoffset;
    type->tp_vectorcall_offset = r->vectorcalloffset;
    if (type_has_feature(type, Py_TPFLAGS_MANAGED_DICT)) {
        type->tp_dictoffset = MANAGED_DICT_OFFSET;
    }
    if (type_has_feature(type, Py_TPFLAGS_MANAGED_WEAKREF)) {
        type->tp_weaklistoffset = MANAGED_WEAKREF_OFFSET;
    }
    if (type->tp_dealloc == NULL) {
        type->tp_dealloc = subtype_dealloc;
    }
}

static int
set_module_name(SpecReader *r, PyTypeObject *type)
{
    int present = dict_contains(type->tp_dict, ID(__module__));
    if (present != 0) {
        return present < 0 ? -1 : 0;
    }
    if (r->short_name == r->spec->name) {
        return error_warn(PyExc_DeprecationWarning, 1,
                          "builtin type %.200s has no __module__ attribute", r->spec->name);
    }
    PyObject *name = str_from_utf8(r->spec->name, r->short_name - r->spec->name - 1);
    int result = name == NULL ? -1 : dict_set(type->tp_dict, ID(__module__), name);
    xdecref(name);
    return result;
}

static PyTypeObject *
build(SpecReader *r)
{
    PyTypeObject *type = type_heap_alloc(r->metatype, r->nmembers);
    if (type == NULL) {
        return NULL;
    }
    fill_slots(r, type);
    fill_layout(r, type);
    ((PyHeapTypeObject *)type)->ht_module = xnew_ref(r->module);
    if (fill_names(r, type) < 0 || fill_doc(r, type) < 0 || type_ready(type) < 0 ||
        set_module_name(r, type) < 0) {
        gc_track(type);
        decref(type);
        return NULL;
    }
    gc_track(type);
    refcount_defer((PyObject *)type);
    return type;
}

PyObject *
type_from_metaclass(PyTypeObject *metatype, PyObject *module, PyType_Spec *spec, PyObject *bases)
{
    SpecReader r = {
        .spec = spec,
        .metatype = metatype == NULL ? &PyType_Type : metatype,
        .module = module,
    };
    PyTypeObject *type = read_spec(&r, bases) < 0 ? NULL : build(&r);
    xdecref(r.bases);
    return (PyObject *)type;
}

PyObject *
type_from_module_spec(PyObject *module, PyType_Spec *spec, PyObject *bases)
{
    return type_from_metaclass(NULL, module, spec, bases);
}

PyObject *
type_from_spec(PyType_Spec *spec, PyObject *bases)
{
    return type_from_metaclass(NULL, NULL, spec, bases);
}

// ---- modules of types ----

PyObject *
type_get_module(PyTypeObject *type)
{
    if (!type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        return error_format(PyExc_TypeError, "PyType_GetModule: Type '%s' is not a heap type",
                            type->tp_name);
    }
    PyObject *module = ((PyHeapTypeObject *)type)->ht_module;
    if (module == NULL) {
        return error_format(PyExc_TypeError, "PyType_GetModule: Type '%s' has no associated module",
                            type->tp_name);
    }
    return new_ref(module);
}

void *
type_get_module_state(PyTypeObject *type)
{
    PyObject *module = type_get_module(type);
    if (module == NULL) {
        return NULL;
    }
    void *state = module_get_state(module);
    decref(module);     // the type keeps it
    return state;
}

PyObject *
type_get_module_by_def(PyTypeObject *type, PyModuleDef *def)
{
    PyObject *mro = type->tp_mro;
    for (Py_ssize_t i = 0; mro != NULL && i < tuple_size(mro); i++) {
        PyTypeObject *super = (PyTypeObject *)tuple_item(mro, i);
        if (!type_has_feature(super, Py_TPFLAGS_HEAPTYPE)) {
            continue;
        }
        PyObject *module = ((PyHeapTypeObject *)super)->ht_module;
        if (module != NULL && module_check(module) && module_get_def(module) == def) {
            return new_ref(module);
        }
    }
    return error_format(PyExc_TypeError, "PyType_GetModuleByDef: No superclass of '%s' has the given "
                        "module", type->tp_name);
}

int
type_get_base_by_token(PyTypeObject *type, void *token, PyTypeObject **result)
{
    if (result != NULL) {
        *result = NULL;
    }
    if (token == NULL) {
        error_set(PyExc_SystemError, "PyType_GetBaseByToken called with token=NULL");
        return -1;
    }
    PyObject *mro = type->tp_mro;
    for (Py_ssize_t i = 0; mro != NULL && i < tuple_size(mro); i++) {
        PyTypeObject *super = (PyTypeObject *)tuple_item(mro, i);
        if (type_has_feature(super, Py_TPFLAGS_HEAPTYPE) &&
            ((PyHeapTypeObject *)super)->ht_token == token) {
            if (result != NULL) {
                *result = new_ref(super);
            }
            return 1;
        }
    }
    return 0;
}

void *
object_get_type_data(PyObject *op, PyTypeObject *cls)
{
    Py_ssize_t offset = (cls->tp_base->tp_basicsize + 15) & ~(Py_ssize_t)15;
    return (char *)op + offset;
}

Py_ssize_t
type_get_data_size(PyTypeObject *cls)
{
    Py_ssize_t size = cls->tp_basicsize - ((cls->tp_base->tp_basicsize + 15) & ~(Py_ssize_t)15);
    return size < 0 ? 0 : size;
}
