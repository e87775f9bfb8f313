// The table of slots and special methods, and what is computed from it: dict entries for the slots of
// C types, and slots for the special methods of classes.
//
// A slot of a class is computed from what the MRO gives for its names: the wrapped C function when
// all names lead to wrappers of the same one, the Python-calling function otherwise, NULL when
// there is no name. Classes with one base start from the slots of the base and only look at
// the names in their own dict; classes with several bases look at everything.
//
// Threading: computed under the types lock; single stores are relaxed atomics.
#include "objects/slots.h"

#include <stddef.h>

#include "base/atomic.h"
#include "objects/cfunction.h"
#include "objects/descr.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/iter.h"
#include "objects/slots_call.h"
#include "objects/slots_wrap.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type_internal.h"

#define DOC(name, signature, text) name signature "\n--\n\n" text

#define AT(field) ((int)offsetof(PyHeapTypeObject, field))
#define ROW(name, field, function, wrapper, doc) \
    {name, AT(field), (void *)(function), (wrapperfunc)(void *)(wrapper), doc, 0, NULL}
#define ROW_KEYWORDS(name, field, function, wrapper, doc) \
    {name, AT(field), (void *)(function), (wrapperfunc)(void *)(wrapper), doc, WRAPPER_KEYWORDS, NULL}
#define TP(name, slot, function, wrapper, doc) ROW(name, ht_type.slot, function, wrapper, doc)
#define AM(name, slot, doc) ROW(name, as_async.slot, slot_##slot, wrap_unary, doc)
#define NB_UNARY(name, slot, doc) \
    ROW(name, as_number.slot, slot_##slot, wrap_unary, DOC(name, "($self, /)", doc))
#define NB_BINARY(name, reflected, slot, symbol)                                             \
    ROW(name, as_number.slot, slot_##slot, wrap_binary,                                      \
        DOC(name, "($self, value, /)", "Return self" symbol "value.")),                      \
    ROW(reflected, as_number.slot, slot_##slot, wrap_binary_right,                           \
        DOC(reflected, "($self, value, /)", "Return value" symbol "self."))
#define NB_INPLACE(name, slot, symbol)                                                       \
    ROW(name, as_number.slot, slot_##slot, wrap_binary,                                      \
        DOC(name, "($self, value, /)", "Return self" symbol "value."))

struct wrapperbase slot_definitions[] = {
    ROW("__getattribute__", ht_type.tp_getattr, NULL, NULL, ""),
    ROW("__getattr__", ht_type.tp_getattr, NULL, NULL, ""),
    ROW("__setattr__", ht_type.tp_setattr, NULL, NULL, ""),
    ROW("__delattr__", ht_type.tp_setattr, NULL, NULL, ""),
    TP("__repr__", tp_repr, slot_tp_repr, wrap_unary,
       DOC("__repr__", "($self, /)", "Return repr(self).")),
    TP("__hash__", tp_hash, slot_tp_hash, wrap_hash,
       DOC("__hash__", "($self, /)", "Return hash(self).")),
    ROW_KEYWORDS("__call__", ht_type.tp_call, slot_tp_call, wrap_call,
                 DOC("__call__", "($self, /, *args, **kwargs)", "Call self as a function.")),
    TP("__str__", tp_str, slot_tp_str, wrap_unary,
       DOC("__str__", "($self, /)", "Return str(self).")),
    TP("__getattribute__", tp_getattro, slot_tp_getattr_hook, wrap_binary,
       DOC("__getattribute__", "($self, name, /)", "Return getattr(self, name).")),
    TP("__getattr__", tp_getattro, slot_tp_getattr_hook, NULL,
       DOC("__getattr__", "($self, name, /)", "Implement getattr(self, name).")),
    TP("__setattr__", tp_setattro, slot_tp_setattro, wrap_setattr,
       DOC("__setattr__", "($self, name, value, /)", "Implement setattr(self, name, value).")),
    TP("__delattr__", tp_setattro, slot_tp_setattro, wrap_delattr,
       DOC("__delattr__", "($self, name, /)", "Implement delattr(self, name).")),
    TP("__lt__", tp_richcompare, slot_tp_richcompare, wrap_lt,
       DOC("__lt__", "($self, value, /)", "Return self<value.")),
    TP("__le__", tp_richcompare, slot_tp_richcompare, wrap_le,
       DOC("__le__", "($self, value, /)", "Return self<=value.")),
    TP("__eq__", tp_richcompare, slot_tp_richcompare, wrap_eq,
       DOC("__eq__", "($self, value, /)", "Return self==value.")),
    TP("__ne__", tp_richcompare, slot_tp_richcompare, wrap_ne,
       DOC("__ne__", "($self, value, /)", "Return self!=value.")),
    TP("__gt__", tp_richcompare, slot_tp_richcompare, wrap_gt,
       DOC("__gt__", "($self, value, /)", "Return self>value.")),
    TP("__ge__", tp_richcompare, slot_tp_richcompare, wrap_ge,
       DOC("__ge__", "($self, value, /)", "Return self>=value.")),
    TP("__iter__", tp_iter, slot_tp_iter, wrap_unary,
       DOC("__iter__", "($self, /)", "Implement iter(self).")),
    TP("__next__", tp_iternext, slot_tp_iternext, wrap_next,
       DOC("__next__", "($self, /)", "Implement next(self).")),
    TP("__get__", tp_descr_get, slot_tp_descr_get, wrap_descr_get,
       DOC("__get__", "($self, instance, owner=None, /)",
           "Return an attribute of instance, which is of type owner.")),
    TP("__set__", tp_descr_set, slot_tp_descr_set, wrap_descr_set,
       DOC("__set__", "($self, instance, value, /)",
           "Set an attribute of instance to value.")),
    TP("__delete__", tp_descr_set, slot_tp_descr_set, wrap_descr_delete,
       DOC("__delete__", "($self, instance, /)", "Delete an attribute of instance.")),
    ROW_KEYWORDS("__init__", ht_type.tp_init, slot_tp_init, wrap_init,
                 DOC("__init__", "($self, /, *args, **kwargs)",
                     "Initialize self.  See help(type(self)) for accurate signature.")),
    TP("__new__", tp_new, slot_tp_new, NULL,
       DOC("__new__", "(type, /, *args, **kwargs)", "Create and return new object.")),
    TP("__del__", tp_finalize, slot_tp_finalize, wrap_del,
       DOC("__del__", "($self, /)", "Called when the instance is about to be destroyed.")),

    ROW("__buffer__", as_buffer.bf_getbuffer, slot_bf_getbuffer, wrap_buffer,
        DOC("__buffer__", "($self, flags, /)",
            "Return a buffer object that exposes the underlying memory of the object.")),
    ROW("__release_buffer__", as_buffer.bf_releasebuffer, slot_bf_releasebuffer,
        wrap_release_buffer,
        DOC("__release_buffer__", "($self, buffer, /)",
            "Release the buffer object that exposes the underlying memory of the object.")),

    AM("__await__", am_await,
       DOC("__await__", "($self, /)", "Return an iterator to be used in await expression.")),
    AM("__aiter__", am_aiter,
       DOC("__aiter__", "($self, /)",
           "Return an awaitable, that resolves in asynchronous iterator.")),
    AM("__anext__", am_anext,
       DOC("__anext__", "($self, /)", "Return a value or raise StopAsyncIteration.")),

    NB_BINARY("__add__", "__radd__", nb_add, "+"),
    NB_BINARY("__sub__", "__rsub__", nb_subtract, "-"),
    NB_BINARY("__mul__", "__rmul__", nb_multiply, "*"),
    NB_BINARY("__mod__", "__rmod__", nb_remainder, "%"),
    ROW("__divmod__", as_number.nb_divmod, slot_nb_divmod, wrap_binary,
        DOC("__divmod__", "($self, value, /)", "Return divmod(self, value).")),
    ROW("__rdivmod__", as_number.nb_divmod, slot_nb_divmod, wrap_binary_right,
        DOC("__rdivmod__", "($self, value, /)", "Return divmod(value, self).")),
    ROW("__pow__", as_number.nb_power, slot_nb_power, wrap_ternary,
        DOC("__pow__", "($self, value, mod=None, /)", "Return pow(self, value, mod).")),
    ROW("__rpow__", as_number.nb_power, slot_nb_power, wrap_ternary_right,
        DOC("__rpow__", "($self, value, mod=None, /)", "Return pow(value, self, mod).")),
    NB_UNARY("__neg__", nb_negative, "-self"),
    NB_UNARY("__pos__", nb_positive, "+self"),
    NB_UNARY("__abs__", nb_absolute, "abs(self)"),
    ROW("__bool__", as_number.nb_bool, slot_nb_bool, wrap_bool,
        DOC("__bool__", "($self, /)", "True if self else False")),
    NB_UNARY("__invert__", nb_invert, "~self"),
    NB_BINARY("__lshift__", "__rlshift__", nb_lshift, "<<"),
    NB_BINARY("__rshift__", "__rrshift__", nb_rshift, ">>"),
    NB_BINARY("__and__", "__rand__", nb_and, "&"),
    NB_BINARY("__xor__", "__rxor__", nb_xor, "^"),
    NB_BINARY("__or__", "__ror__", nb_or, "|"),
    NB_UNARY("__int__", nb_int, "int(self)"),
    NB_UNARY("__float__", nb_float, "float(self)"),
    NB_INPLACE("__iadd__", nb_inplace_add, "+="),
    NB_INPLACE("__isub__", nb_inplace_subtract, "-="),
    NB_INPLACE("__imul__", nb_inplace_multiply, "*="),
    NB_INPLACE("__imod__", nb_inplace_remainder, "%="),
    ROW("__ipow__", as_number.nb_inplace_power, slot_nb_inplace_power, wrap_ternary,
        DOC("__ipow__", "($self, value, /)", "Return self**=value.")),
    NB_INPLACE("__ilshift__", nb_inplace_lshift, "<<="),
    NB_INPLACE("__irshift__", nb_inplace_rshift, ">>="),
    NB_INPLACE("__iand__", nb_inplace_and, "&="),
    NB_INPLACE("__ixor__", nb_inplace_xor, "^="),
    NB_INPLACE("__ior__", nb_inplace_or, "|="),
    NB_BINARY("__floordiv__", "__rfloordiv__", nb_floor_divide, "//"),
    NB_BINARY("__truediv__", "__rtruediv__", nb_true_divide, "/"),
    NB_INPLACE("__ifloordiv__", nb_inplace_floor_divide, "//="),
    NB_INPLACE("__itruediv__", nb_inplace_true_divide, "/="),
    NB_UNARY("__index__", nb_index,
             "Return self converted to an integer, if self is suitable for use as an index into a "
             "list."),
    NB_BINARY("__matmul__", "__rmatmul__", nb_matrix_multiply, "@"),
    NB_INPLACE("__imatmul__", nb_inplace_matrix_multiply, "@="),

    ROW("__len__", as_mapping.mp_length, slot_sq_length, wrap_length,
        DOC("__len__", "($self, /)", "Return len(self).")),
    ROW("__getitem__", as_mapping.mp_subscript, slot_mp_subscript, wrap_binary,
        DOC("__getitem__", "($self, key, /)", "Return self[key].")),
    ROW("__setitem__", as_mapping.mp_ass_subscript, slot_mp_ass_subscript, wrap_set_subscript,
        DOC("__setitem__", "($self, key, value, /)", "Set self[key] to value.")),
    ROW("__delitem__", as_mapping.mp_ass_subscript, slot_mp_ass_subscript, wrap_del_subscript,
        DOC("__delitem__", "($self, key, /)", "Delete self[key].")),

    ROW("__len__", as_sequence.sq_length, slot_sq_length, wrap_length,
        DOC("__len__", "($self, /)", "Return len(self).")),
    ROW("__add__", as_sequence.sq_concat, NULL, wrap_binary,
        DOC("__add__", "($self, value, /)", "Return self+value.")),
    ROW("__mul__", as_sequence.sq_repeat, NULL, wrap_repeat,
        DOC("__mul__", "($self, value, /)", "Return self*value.")),
    ROW("__rmul__", as_sequence.sq_repeat, NULL, wrap_repeat,
        DOC("__rmul__", "($self, value, /)", "Return value*self.")),
    ROW("__getitem__", as_sequence.sq_item, slot_sq_item, wrap_item,
        DOC("__getitem__", "($self, key, /)", "Return self[key].")),
    ROW("__setitem__", as_sequence.sq_ass_item, slot_sq_ass_item, wrap_set_item,
        DOC("__setitem__", "($self, key, value, /)", "Set self[key] to value.")),
    ROW("__delitem__", as_sequence.sq_ass_item, slot_sq_ass_item, wrap_del_item,
        DOC("__delitem__", "($self, key, /)", "Delete self[key].")),
    ROW("__contains__", as_sequence.sq_contains, slot_sq_contains, wrap_contains,
        DOC("__contains__", "($self, key, /)", "Return bool(key in self).")),
    ROW("__iadd__", as_sequence.sq_inplace_concat, NULL, wrap_binary,
        DOC("__iadd__", "($self, value, /)", "Implement self+=value.")),
    ROW("__imul__", as_sequence.sq_inplace_repeat, NULL, wrap_repeat,
        DOC("__imul__", "($self, value, /)", "Implement self*=value.")),
    {NULL, 0, NULL, NULL, NULL, 0, NULL},
};

// ---- names ----

// name -> index of the first definition, by address of the interned name.
#define NAME_TABLE_SIZE 512
static struct {
    PyObject *name;
    int first;
} name_table[NAME_TABLE_SIZE];     // immutable after slots_init

static unsigned
name_slot(PyObject *name)
{
    return (unsigned)(((uintptr_t)name >> 4) * 0x9e3779b97f4a7c15u >> 40) % NAME_TABLE_SIZE;
}

int
slots_init(void)
{
    if (slot_definitions[0].name_strobj != NULL) {
        return 0;
    }
    for (int i = 0; slot_definitions[i].name != NULL; i++) {
        PyObject *name = str_intern_cstr(slot_definitions[i].name);
        if (name == NULL) {
            return -1;
        }
        slot_definitions[i].name_strobj = name;
        unsigned at = name_slot(name);
        while (name_table[at].name != NULL && name_table[at].name != name) {
            at = (at + 1) % NAME_TABLE_SIZE;
        }
        if (name_table[at].name == NULL) {
            name_table[at].name = name;
            name_table[at].first = i;
        }
    }
    return 0;
}

// Index of the first definition of name, or -1.
static int
first_definition(PyObject *name)
{
    for (unsigned at = name_slot(name); name_table[at].name != NULL;
         at = (at + 1) % NAME_TABLE_SIZE) {
        if (name_table[at].name == name) {
            return name_table[at].first;
        }
    }
    return -1;
}

bool
slots_knows_name(PyObject *name)
{
    return first_definition(name) >= 0;
}

// ---- slots of a type ----

void **
slots_pointer(PyTypeObject *type, int offset)
{
    static const struct {
        size_t start;       // of the table inside PyHeapTypeObject
        size_t end;
        size_t field;       // of the pointer to it inside PyTypeObject
    } tables[] = {
#define TABLE(member, pointer)                                                                  \
    {offsetof(PyHeapTypeObject, member),                                                        \
     offsetof(PyHeapTypeObject, member) + sizeof(((PyHeapTypeObject *)NULL)->member),           \
     offsetof(PyTypeObject, pointer)}
        TABLE(as_async, tp_as_async), TABLE(as_number, tp_as_number),
        TABLE(as_mapping, tp_as_mapping), TABLE(as_sequence, tp_as_sequence),
        TABLE(as_buffer, tp_as_buffer),
#undef TABLE
    };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        if ((size_t)offset >= tables[i].start && (size_t)offset < tables[i].end) {
            char *table = *(char **)((char *)type + tables[i].field);
            return table == NULL ? NULL : (void **)(table + ((size_t)offset - tables[i].start));
        }
    }
    return (void **)((char *)type + offset);
}

// ---- from slots to special methods ----

int
slots_add_wrappers(PyTypeObject *type)
{
    for (struct wrapperbase *p = slot_definitions; p->name != NULL; p++) {
        void **slot = p->wrapper == NULL ? NULL : slots_pointer(type, p->offset);
        if (slot == NULL || *slot == NULL) {
            continue;
        }
        int present = dict_contains(type->tp_dict, p->name_strobj);
        if (present < 0) {
            return -1;
        }
        if (present) {
            continue;
        }
        PyObject *value = *slot == (void *)object_hash_not_implemented
                              ? new_ref(Py_None) : descr_new_wrapper(type, p, *slot);
        if (value == NULL) {
            return -1;
        }
        int failed = dict_set(type->tp_dict, p->name_strobj, value);
        decref(value);
        if (failed) {
            return -1;
        }
    }
    return 0;
}

// ---- from special methods to slots ----

// What the special methods of one slot ask for.
typedef struct {
    void *specific;     // C function that all wrappers found lead to
    void *generic;      // function that calls Python; NULL when the slot has none
    bool use_generic;
} SlotChoice;

// The C function that a wrapper found under its own name stands for in the slot of p: the
// wrapped one, or what the wrapper's type has in another slot of the same name (the first of
// mp_subscript and sq_item made the wrapper, but both count).
static void *
wrapped_function(PyWrapperDescrObject *descr, const struct wrapperbase *p)
{
    if (descr->d_base->offset == p->offset) {
        return descr->d_wrapped;
    }
    void **slot = slots_pointer(descr->d_common.d_type, p->offset);
    return slot == NULL ? NULL : *slot;
}

static void
choose_specific(SlotChoice *choice, void *function)
{
    if (function != NULL && choice->specific != NULL && choice->specific != function) {
        choice->use_generic = true;
    }
    else if (function != NULL) {
        choice->specific = function;
    }
}

static void
choose_for_name(PyTypeObject *type, const struct wrapperbase *p, SlotChoice *choice)
{
    PyObject *descr = type_lookup_uncached(type, p->name_strobj);
    if (descr == NULL) {
        return;
    }
    if (type_of(descr) == &PyWrapperDescr_Type &&
        ((PyWrapperDescrObject *)descr)->d_base->name_strobj == p->name_strobj &&
        type_is_subtype(type, ((PyWrapperDescrObject *)descr)->d_common.d_type)) {
        choose_specific(choice, wrapped_function((PyWrapperDescrObject *)descr, p));
    }
    else if (type_of(descr) == &PyCFunction_Type && p->offset == AT(ht_type.tp_new) &&
             ((PyCFunctionObject *)descr)->m_ml == slot_new_method) {
        // __new__ of a C type: the slot stays what it is. For a class in the making it comes from
        // the base whose layout counts, whatever the order of the bases. A __new__ of Python that was
        // deleted keeps its slot function, as in CPython: object.__new__ then takes no arguments.
        choose_specific(choice, (void *)type->tp_new);
    }
    else if (descr == Py_None && p->offset == AT(ht_type.tp_hash)) {
        choose_specific(choice, (void *)object_hash_not_implemented);
    }
    else {
        choice->use_generic = true;
    }
    if (p->function != NULL) {
        choice->generic = p->function;
    }
    decref(descr);
}

static void
slot_store(PyTypeObject *type, int offset, void *value)
{
    void **slot = slots_pointer(type, offset);
    if (slot != NULL) {
        atomic_store_relaxed_ptr(slot, value);
    }
    if (offset == AT(ht_type.tp_call) && value == (void *)slot_tp_call) {
        // Instances would be called past the Python method.
        atomic_and_uptr(&type->tp_flags, ~Py_TPFLAGS_HAVE_VECTORCALL);
    }
}

// Computes the slot of definition p from all its names.
static void
update_slot(PyTypeObject *type, const struct wrapperbase *p)
{
    SlotChoice choice = {0};
    for (const struct wrapperbase *q = slot_definitions; q->name != NULL; q++) {
        if (q->offset == p->offset) {
            choose_for_name(type, q, &choice);
        }
    }
    void *value = choice.use_generic ? choice.generic : choice.specific;
    if (value == NULL && p->offset == AT(ht_type.tp_iternext)) {
        // Iterators are stepped without a test: __next__ may be deleted meanwhile.
        value = (void *)object_next_not_implemented;
    }
    slot_store(type, p->offset, value);
}

static bool
is_first_of_slot(const struct wrapperbase *p)
{
    for (const struct wrapperbase *q = slot_definitions; q < p; q++) {
        if (q->offset == p->offset) {
            return false;
        }
    }
    return true;
}

int
slots_update_all(PyTypeObject *type)
{
    for (const struct wrapperbase *p = slot_definitions; p->name != NULL; p++) {
        if (is_first_of_slot(p)) {
            update_slot(type, p);
        }
    }
    return 0;
}

static void
update_slots_of_name(PyTypeObject *type, PyObject *name)
{
    int first = first_definition(name);
    if (first < 0) {
        return;
    }
    for (const struct wrapperbase *p = &slot_definitions[first]; p->name != NULL; p++) {
        if (p->name_strobj == name) {
            update_slot(type, p);
        }
    }
}

// Whether type's own dict decides on hashing or equality: the pair is inherited as one.
static bool
overrides_hash(PyTypeObject *type)
{
    return dict_contains(type->tp_dict, ID(__eq__)) > 0 ||
           dict_contains(type->tp_dict, ID(__hash__)) > 0;
}

void
slots_update_own(PyTypeObject *type)
{
    PyObject *name;
    Py_ssize_t pos = 0;
    while (dict_next(type->tp_dict, &pos, &name, NULL) > 0) {
        if (str_check_exact(name) && str_is_interned(name)) {
            update_slots_of_name(type, name);
        }
        decref(name);
    }
    if (overrides_hash(type)) {
        // Neither of the pair was inherited.
        update_slots_of_name(type, ID(__eq__));
        update_slots_of_name(type, ID(__hash__));
    }
}

static int
update_in_subclass(PyTypeObject *type, void *name)
{
    int own = dict_contains(type->tp_dict, name);
    if (own < 0) {
        error_clear();
    }
    if (own <= 0) {
        slots_update_name(type, name);
    }
    return 0;
}

void
slots_update_name(PyTypeObject *type, PyObject *name)
{
    if (first_definition(name) < 0) {
        return;
    }
    if (type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        update_slots_of_name(type, name);
    }
    type_visit_subclasses(type, update_in_subclass, name);
}

// ---- inheritance ----

#define INHERIT(slot)                                                   \
    if (type->slot == NULL && base->slot != NULL &&                     \
        (above == NULL || above->slot != base->slot)) {                 \
        type->slot = base->slot;                                        \
    }

// Copies what base itself defines (not what it inherited) into a table of slots.
static void
inherit_table(void **to, void *const *from, void *const *above, size_t size)
{
    if (to == NULL || from == NULL || to == from) {
        return;
    }
    for (size_t i = 0; i < size / sizeof(void *); i++) {
        if (to[i] == NULL && from[i] != NULL && (above == NULL || above[i] != from[i])) {
            to[i] = from[i];
        }
    }
}

static void
inherit_calls(PyTypeObject *type, PyTypeObject *base, PyTypeObject *above)
{
    if (type->tp_call == NULL && base->tp_call != NULL) {
        if (type_has_feature(base, Py_TPFLAGS_HAVE_VECTORCALL) &&
            (type->tp_vectorcall_offset == base->tp_vectorcall_offset ||
             type->tp_vectorcall_offset == 0)) {
            type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
        }
    }
    if (type->tp_vectorcall_offset == 0) {
        type->tp_vectorcall_offset = base->tp_vectorcall_offset;
    }
    INHERIT(tp_call)
    INHERIT(tp_str)
    INHERIT(tp_repr)
}

static void
inherit_attribute_access(PyTypeObject *type, PyTypeObject *base)
{
    if (type->tp_getattr == NULL && type->tp_getattro == NULL) {
        type->tp_getattr = base->tp_getattr;
        type->tp_getattro = base->tp_getattro;
    }
    if (type->tp_setattr == NULL && type->tp_setattro == NULL) {
        type->tp_setattr = base->tp_setattr;
        type->tp_setattro = base->tp_setattro;
    }
    if (type->tp_richcompare == NULL && type->tp_hash == NULL && !overrides_hash(type)) {
        type->tp_richcompare = base->tp_richcompare;
        type->tp_hash = base->tp_hash;
    }
}

void
slots_inherit(PyTypeObject *type, PyTypeObject *base)
{
    PyTypeObject *above = base->tp_base;
#define TABLE(field)                                                                           \
    inherit_table((void **)type->field, (void *const *)base->field,                            \
                  above == NULL ? NULL : (void *const *)above->field, sizeof *type->field)
    TABLE(tp_as_number);
    TABLE(tp_as_async);
    TABLE(tp_as_sequence);
    TABLE(tp_as_mapping);
    TABLE(tp_as_buffer);
#undef TABLE
    inherit_attribute_access(type, base);
    inherit_calls(type, base, above);
    INHERIT(tp_iter)
    INHERIT(tp_iternext)
    bool had_get = type->tp_descr_get != NULL;
    INHERIT(tp_descr_get)
    if (!had_get && type->tp_descr_get != NULL && type->tp_descr_get == base->tp_descr_get &&
        type_has_feature(type, Py_TPFLAGS_IMMUTABLETYPE) &&
        type_has_feature(base, Py_TPFLAGS_METHOD_DESCRIPTOR)) {
        type->tp_flags |= Py_TPFLAGS_METHOD_DESCRIPTOR;
    }
    INHERIT(tp_descr_set)
    INHERIT(tp_init)
    INHERIT(tp_alloc)
    INHERIT(tp_is_gc)
    INHERIT(tp_finalize)
    INHERIT(tp_dealloc)
    INHERIT(tp_free)
    INHERIT(tp_del)
}
