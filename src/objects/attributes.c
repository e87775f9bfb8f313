// Where the attributes of an instance are: slots, overflow array, dictionary.
//
// The moves an object makes: shape to child shape when an attribute is added; any shape to
// shape_moving to shape_dict_mode when a dict is asked for or an attribute deleted; never back. So
// slot i of an object holds the same attribute for the object's whole life.
//
// Threading: attributes.h states the protocol. All functions named _lock_held need the object's
// critical section. No lock is held while a value is given up.
#include "objects/attributes.h"

#include <string.h>

#include "memory/alloc.h"
#include "memory/heap.h"
#include "memory/qsbr.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/str.h"
#include "objects/type.h"
#include "thread/critical_section.h"

#define OVERFLOW_MIN 8

// ---- extra record ----

ObjectExtra *
attributes_ensure_extra(PyObject *op)
{
    ObjectExtra **word = (ObjectExtra **)((char *)op - OBJECT_PREHEADER_SIZE);
    ObjectExtra *extra = atomic_load_acquire_ptr(word);
    if (extra != NULL) {
        return extra;
    }
    extra = mem_calloc(1, sizeof *extra);
    if (extra == NULL) {
        error_no_memory();
        return NULL;
    }
    ObjectExtra *expected = NULL;
    if (!atomic_cas_ptr(word, &expected, extra)) {
        mem_free(extra);
        return expected;
    }
    return extra;
}

// ---- reading ----

Value
attributes_load_slot_shared(PyObject *op, Shape *shape, Value *slot)
{
    (void)shape;
    for (;;) {
        Value v = atomic_load_acquire_uptr(slot);
        if (!value_is_owned(v)) {
            return v;
        }
        PyObject *found = value_pointer(v);
        if (!refcount_try_incref(found)) {
            break;
        }
        if (__builtin_expect(atomic_load_acquire_uptr(slot) == v, 1)) {
            return v;
        }
        decref(found);
    }
    // Owned pointers do not leave slots while the lock is held.
    CriticalSection cs;
    critical_section_begin(&cs, op);
    Value v = atomic_load_acquire_uptr(slot);
    if (value_is_owned(v)) {
        incref(value_pointer(v));
        refcount_enable_try(value_pointer(v));
    }
    critical_section_end(&cs);
    return v;
}

// Slot `index` of op under a shape in which it lies in the overflow array; UNSET when it is gone.
static Value
load_overflow_lock_held(PyObject *op, uint32_t index)
{
    ObjectExtra *extra = attributes_extra(op);
    if (shape_is_special(attributes_shape(op)) || extra == NULL || extra->overflow == NULL) {
        return VALUE_UNSET;
    }
    return value_dup(extra->overflow[index]);
}

Value
attributes_load_overflow(PyObject *op, Shape *shape, uint32_t index)
{
    ObjectExtra *extra = attributes_extra(op);
    Value *overflow = extra == NULL ? NULL : atomic_load_acquire_ptr(&extra->overflow);
    if (overflow == NULL || attributes_shape(op) != shape) {
        return VALUE_UNSET;
    }
    Value v = atomic_load_acquire_uptr(&overflow[index]);
    if (!value_is_owned(v)) {
        return v;
    }
    PyObject *found = value_pointer(v);
    if (refcount_try_incref(found)) {
        if (atomic_load_acquire_ptr(&extra->overflow) == overflow &&
            atomic_load_acquire_uptr(&overflow[index]) == v) {
            return v;
        }
        decref(found);
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    v = load_overflow_lock_held(op, index);
    if (value_is_owned(v)) {
        refcount_enable_try(value_pointer(v));
    }
    critical_section_end(&cs);
    return v;
}

// ---- writing ----

// A value was put into a slot without the lock and the object was then seen to be on its way to
// dict mode. True when the mover took the value along, false when the slot gave it back.
static bool
stray_store_resolve(PyObject *op, Value *slot, Value value)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    Value expected = value;
    bool recovered = atomic_cas_uptr(slot, &expected, VALUE_UNSET);
    critical_section_end(&cs);
    return !recovered;
}

// Replaces an owned pointer: needs the lock, so that readers who take it can count.
static bool
slot_replace_locked(PyObject *op, Value *slot, Value value)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    if (shape_is_special(attributes_shape(op))) {
        critical_section_end(&cs);
        return false;
    }
    Value old = atomic_exchange_uptr(slot, value);
    critical_section_end(&cs);
    value_drop(old);
    return true;
}

static bool
slot_store_steal(PyObject *op, Value *slot, Value value)
{
    for (;;) {
        if (shape_is_special(attributes_shape(op))) {
            return false;
        }
        Value old = atomic_load_acquire_uptr(slot);
        if (value_is_owned(old)) {
            return slot_replace_locked(op, slot, value);
        }
        if (atomic_cas_uptr(slot, &old, value)) {
            if (__builtin_expect(shape_is_special(attributes_shape(op)), 0)) {
                return stray_store_resolve(op, slot, value);
            }
            return true;
        }
    }
}

bool
attributes_store_slot_steal(PyObject *op, Shape *shape, uint32_t offset, Value value)
{
    if (attributes_shape(op) != shape) {
        return false;
    }
    return slot_store_steal(op, attributes_slot_at(op, offset), value_keep(value));
}

bool
attributes_store_overflow_steal(PyObject *op, Shape *shape, uint32_t index, Value value)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    ObjectExtra *extra = attributes_extra(op);
    bool valid = attributes_shape(op) == shape && extra != NULL && extra->overflow != NULL;
    Value old = VALUE_UNSET;
    if (valid) {
        old = atomic_exchange_uptr(&extra->overflow[index], value_keep(value));
    }
    critical_section_end(&cs);
    value_drop(old);
    return valid;
}

bool
attributes_add_slot_steal(PyObject *op, Shape *shape, Shape *next, uint32_t offset, Value value)
{
    Shape *expected = shape;
    value = value_keep(value);
    if (!atomic_cas_ptr(attributes_shape_word(op), &expected, next)) {
        return false;
    }
    return slot_store_steal(op, attributes_slot_at(op, offset), value);
}

// Makes room for overflow slots 0..index; readers keep the old array. 0 or -1.
static int
overflow_reserve_lock_held(ObjectExtra *extra, uint32_t index)
{
    if (index < extra->overflow_capacity) {
        return 0;
    }
    uint32_t capacity = extra->overflow_capacity == 0 ? OVERFLOW_MIN : extra->overflow_capacity * 2;
    Value *bigger = mem_alloc_array(capacity, sizeof(Value));
    if (bigger == NULL) {
        error_no_memory();
        return -1;
    }
    Value *old = extra->overflow;
    for (uint32_t i = 0; i < capacity; i++) {
        bigger[i] = i < extra->overflow_capacity ? old[i] : VALUE_UNSET;
    }
    atomic_store_release_ptr(&extra->overflow, bigger);
    extra->overflow_capacity = capacity;
    qsbr_free_delayed(old);
    return 0;
}

// Adds an attribute that lies in the overflow array. 1 done, 0 shape changed meanwhile, -1.
static int
add_overflow_steal(PyObject *op, Shape *shape, Shape *next, Value value)
{
    ObjectExtra *extra = attributes_ensure_extra(op);
    if (extra == NULL) {
        return -1;
    }
    uint32_t index = shape->count - shape->inline_capacity;
    int result = 0;
    Value old = VALUE_UNSET;
    CriticalSection cs;
    critical_section_begin(&cs, op);
    if (attributes_shape(op) == shape) {
        result = overflow_reserve_lock_held(extra, index);
        if (result == 0) {
            old = atomic_exchange_uptr(&extra->overflow[index], value_keep(value));
            atomic_store_release_ptr(attributes_shape_word(op), next);
            result = 1;
        }
    }
    critical_section_end(&cs);
    value_drop(old);
    return result;
}

// ---- dict mode ----

static Value *
slot_pointer(PyObject *op, Shape *shape, uint32_t slot)
{
    if (slot < shape->inline_capacity) {
        return attributes_slot_at(op, attributes_slot_offset(shape->type, slot));
    }
    ObjectExtra *extra = attributes_extra(op);
    if (extra == NULL || extra->overflow == NULL) {
        return NULL;
    }
    return &extra->overflow[slot - shape->inline_capacity];
}

// Puts what was moved back into the slots: the dict ran out of memory.
static void
move_undo_lock_held(PyObject *op, Shape *shape, PyObject *dict, uint32_t moved)
{
    for (uint32_t i = 0; i < moved; i++) {
        Value v;
        if (dict_get_value(dict, shape_name(shape, i), &v) == 1) {
            atomic_store_release_uptr(slot_pointer(op, shape, i), v);
        }
    }
    atomic_store_release_ptr(attributes_shape_word(op), shape);
}

static int
move_slots_lock_held(PyObject *op, Shape *shape, PyObject *dict)
{
    PyObject *names[SHAPE_MAX_SLOTS];
    shape_names(shape, names);
    for (uint32_t i = 0; i < shape->count; i++) {
        Value *slot = slot_pointer(op, shape, i);
        Value v = slot == NULL ? VALUE_UNSET : atomic_exchange_uptr(slot, VALUE_UNSET);
        if (!value_is_unset(v)) {
            Value copy = value_dup(v);
            if (dict_set_value_steal(dict, names[i], copy) < 0) {
                atomic_store_release_uptr(slot, v);
                move_undo_lock_held(op, shape, dict, i);
                return -1;
            }
            value_drop(v);      // the dict holds another reference
        }
    }
    return 0;
}

static int
materialize_lock_held(PyObject *op)
{
    if (attributes_shape(op) == &shape_dict_mode) {
        return 0;
    }
    ObjectExtra *extra = attributes_ensure_extra(op);
    if (extra == NULL) {
        return -1;
    }
    PyObject *dict = dict_new_reserved((Py_ssize_t)attributes_shape(op)->count);
    if (dict == NULL) {
        return -1;
    }
    Shape *shape = attributes_shape(op);
    while (!atomic_cas_ptr(attributes_shape_word(op), &shape, &shape_moving)) {
    }
    if (move_slots_lock_held(op, shape, dict) < 0) {
        decref(dict);
        return -1;
    }
    refcount_enable_try(dict);
    atomic_store_release_ptr(&extra->dict, dict);
    atomic_store_release_ptr(attributes_shape_word(op), &shape_dict_mode);
    Value *overflow = extra->overflow;
    atomic_store_release_ptr(&extra->overflow, (Value *)NULL);
    extra->overflow_capacity = 0;
    qsbr_free_delayed(overflow);
    return 0;
}

int
attributes_materialize(PyObject *op)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    int result = materialize_lock_held(op);
    critical_section_end(&cs);
    return result;
}

PyObject *
attributes_dict_borrow(PyObject *op)
{
    if (attributes_shape(op) != &shape_dict_mode) {
        return NULL;
    }
    return atomic_load_acquire_ptr(&attributes_extra(op)->dict);
}

// The managed dict as a new reference, made when `create`; NULL without an exception when there is
// none.
static PyObject *
managed_dict(PyObject *op, bool create)
{
    if (attributes_shape(op) == &shape_dict_mode) {
        ObjectExtra *extra = attributes_extra(op);
        PyObject *dict = atomic_load_acquire_ptr(&extra->dict);
        if (dict != NULL && refcount_try_incref(dict)) {
            if (atomic_load_acquire_ptr(&extra->dict) == dict) {
                return dict;
            }
            decref(dict);
        }
    }
    else if (!create) {
        return NULL;
    }
    PyObject *dict = NULL;
    CriticalSection cs;
    critical_section_begin(&cs, op);
    if (materialize_lock_held(op) == 0) {
        ObjectExtra *extra = attributes_extra(op);
        if (extra->dict == NULL && create) {
            PyObject *fresh = dict_new();
            if (fresh != NULL) {
                refcount_enable_try(fresh);
                atomic_store_release_ptr(&extra->dict, fresh);
            }
        }
        dict = xnew_ref(extra->dict);
    }
    critical_section_end(&cs);
    return dict;
}

static int
managed_set_dict(PyObject *op, PyObject *dict)
{
    PyObject *old = NULL;
    CriticalSection cs;
    critical_section_begin(&cs, op);
    int result = materialize_lock_held(op);
    if (result == 0) {
        ObjectExtra *extra = attributes_extra(op);
        if (dict != NULL) {
            refcount_enable_try(dict);
        }
        old = extra->dict;
        atomic_store_release_ptr(&extra->dict, xnew_ref(dict));
    }
    critical_section_end(&cs);
    if (old != NULL) {
        qsbr_decref_delayed(old);   // attributes_dict_borrow may just have read it
    }
    return result;
}

// ---- tp_dictoffset ----

PyObject **
object_dict_pointer(PyObject *op)
{
    PyTypeObject *type = type_of(op);
    Py_ssize_t offset = type->tp_dictoffset;
    if (offset == 0 || type_has_managed_dict(type)) {
        return NULL;
    }
    if (offset < 0) {
        // Behind the items of a variable-sized object, counted from its end.
        Py_ssize_t count = size_of(op);
        if (type_has_feature(type, Py_TPFLAGS_LONG_SUBCLASS)) {
            count = (Py_ssize_t)(((PyLongObject *)op)->long_value.lv_tag >> 3);
        }
        offset += (Py_ssize_t)type_instance_size(type, count < 0 ? -count : count);
    }
    return (PyObject **)((char *)op + offset);
}

// The dict in a tp_dictoffset field as a new reference.
static PyObject *
field_dict(PyObject *op, PyObject **field, bool create)
{
    PyObject *dict = atomic_load_acquire_ptr(field);
    if (dict != NULL && refcount_try_incref(dict)) {
        if (atomic_load_acquire_ptr(field) == dict) {
            return dict;
        }
        decref(dict);
    }
    if (dict == NULL && !create) {
        return NULL;
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    dict = *field;
    if (dict == NULL && create) {
        dict = dict_new();
        if (dict != NULL) {
            refcount_enable_try(dict);
            atomic_store_release_ptr(field, dict);
        }
    }
    dict = xnew_ref(dict);
    critical_section_end(&cs);
    return dict;
}

static int
field_set_dict(PyObject *op, PyObject **field, PyObject *dict)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    if (dict != NULL) {
        refcount_enable_try(dict);
    }
    PyObject *old = *field;
    atomic_store_release_ptr(field, xnew_ref(dict));
    critical_section_end(&cs);
    xdecref(old);
    return 0;
}

PyObject *
attributes_instance_dict(PyObject *op, bool create, bool *has_dict)
{
    *has_dict = true;
    if (type_has_managed_dict(type_of(op))) {
        return managed_dict(op, create);
    }
    PyObject **field = object_dict_pointer(op);
    if (field == NULL) {
        *has_dict = false;
        return NULL;
    }
    return field_dict(op, field, create);
}

// ---- __dict__ ----

PyObject *
object_get_dict(PyObject *op)
{
    bool has_dict;
    PyObject *dict = attributes_instance_dict(op, true, &has_dict);
    if (dict == NULL && !has_dict) {
        error_set(PyExc_AttributeError, "This object has no __dict__");
    }
    return dict;
}

int
object_set_dict(PyObject *op, PyObject *dict)
{
    if (dict != NULL && !dict_check(dict)) {
        error_format(PyExc_TypeError, "__dict__ must be set to a dictionary, not a '%.200s'",
                     type_of(dict)->tp_name);
        return -1;
    }
    if (type_has_managed_dict(type_of(op))) {
        return managed_set_dict(op, dict);
    }
    PyObject **field = object_dict_pointer(op);
    if (field == NULL) {
        error_set(PyExc_AttributeError, "This object has no __dict__");
        return -1;
    }
    return field_set_dict(op, field, dict);
}

PyObject *
object_generic_get_dict(PyObject *op, void *context)
{
    (void)context;
    return object_get_dict(op);
}

int
object_generic_set_dict(PyObject *op, PyObject *dict, void *context)
{
    (void)context;
    if (dict == NULL && !type_has_managed_dict(type_of(op))) {
        error_set(PyExc_TypeError, "cannot delete __dict__");
        return -1;
    }
    return object_set_dict(op, dict);
}

bool
attributes_is_empty(PyObject *op)
{
    if (type_has_managed_dict(type_of(op))) {
        Shape *shape = attributes_shape(op);
        if (!shape_is_special(shape)) {
            for (uint32_t i = 0; i < shape->count; i++) {
                Value *slot = slot_pointer(op, shape, i);
                if (slot != NULL && !value_is_unset(atomic_load_acquire_uptr(slot))) {
                    return false;
                }
            }
            return true;
        }
    }
    bool has_dict;
    PyObject *dict = attributes_instance_dict(op, false, &has_dict);
    bool empty = dict == NULL || dict_size(dict) == 0;
    xdecref(dict);
    return empty;
}

static PyObject *
copy_slots(PyObject *op, Shape *shape)
{
    PyObject *names[SHAPE_MAX_SLOTS];
    PyObject *dict = dict_new_reserved((Py_ssize_t)shape->count);
    shape_names(shape, names);
    for (uint32_t i = 0; dict != NULL && i < shape->count; i++) {
        Value v;
        if (attributes_get_instance_value(op, names[i], &v) == 1 &&
            dict_set_value_steal(dict, names[i], v) < 0) {
            clear_ref(dict);
        }
    }
    return dict;
}

PyObject *
attributes_copy_dict(PyObject *op)
{
    if (type_has_managed_dict(type_of(op))) {
        Shape *shape = attributes_shape(op);
        if (!shape_is_special(shape)) {
            return copy_slots(op, shape);
        }
    }
    bool has_dict;
    PyObject *dict = attributes_instance_dict(op, false, &has_dict);
    if (!has_dict || (dict == NULL && error_occurred())) {
        return NULL;
    }
    PyObject *copy = dict == NULL ? dict_new() : dict_copy(dict);
    xdecref(dict);
    return copy;
}

// ---- instance attributes by name ----

// The interned form of name as a borrowed pointer, NULL when no interned str is equal to it or
// name is no exact str. Shapes only know interned names.
static PyObject *
name_for_shape(PyObject *name)
{
    return str_check_exact(name) ? str_interned_borrow(name) : NULL;
}

static Value
load_found(PyObject *op, Shape *shape, int32_t slot)
{
    if ((uint32_t)slot < shape->inline_capacity) {
        return attributes_load_slot(op, shape, attributes_slot_offset(shape->type, (uint32_t)slot));
    }
    Value v = attributes_load_overflow(op, shape, (uint32_t)slot - shape->inline_capacity);
    if (value_is_unset(v)) {
        CriticalSection cs;
        critical_section_begin(&cs, op);
        v = load_overflow_lock_held(op, (uint32_t)slot - shape->inline_capacity);
        critical_section_end(&cs);
    }
    return v;
}

static int
get_from_dict(PyObject *op, PyObject *name, Value *result)
{
    bool has_dict;
    PyObject *dict = attributes_instance_dict(op, false, &has_dict);
    if (dict == NULL) {
        return error_occurred() ? -1 : 0;
    }
    int found = dict_get_value(dict, name, result);
    decref(dict);
    return found;
}

int
attributes_get_instance_value(PyObject *op, PyObject *name, Value *result)
{
    *result = VALUE_UNSET;
    if (type_has_managed_dict(type_of(op))) {
        Shape *shape = attributes_shape(op);
        if (!shape_is_special(shape)) {
            PyObject *key = name_for_shape(name);
            int32_t slot = key == NULL ? -1 : shape_find(shape, key);
            if (slot < 0 && str_check_exact(name)) {
                return 0;
            }
            if (slot >= 0) {
                *result = load_found(op, shape, slot);
                if (!value_is_unset(*result)) {
                    return 1;
                }
                if (!shape_is_special(attributes_shape(op))) {
                    return 0;
                }
            }
            else if (attributes_materialize(op) < 0) {
                return -1;      // a str subclass may be equal to anything: let the dict decide
            }
        }
        if (attributes_shape(op) != &shape_dict_mode && attributes_materialize(op) < 0) {
            return -1;
        }
    }
    return get_from_dict(op, name, result);
}

int
attributes_get_instance(PyObject *op, PyObject *name, PyObject **result)
{
    Value v;
    *result = NULL;
    int found = attributes_get_instance_value(op, name, &v);
    if (found == 1) {
        *result = value_box_steal(v);
        if (*result == NULL) {
            return -1;
        }
    }
    return found;
}

// One attempt to store in slot mode: 1 done (value consumed), 0 try again or use the dict, -1.
static int
store_in_slots(PyObject *op, Shape *shape, PyObject *key, Value value)
{
    int32_t slot = shape_find(shape, key);
    if (slot >= 0) {
        if ((uint32_t)slot < shape->inline_capacity) {
            return attributes_store_slot_steal(
                op, shape, attributes_slot_offset(shape->type, (uint32_t)slot), value);
        }
        return attributes_store_overflow_steal(op, shape, (uint32_t)slot - shape->inline_capacity,
                                               value);
    }
    Shape *next = shape_add(shape, key);
    if (next == NULL) {
        return attributes_materialize(op);
    }
    if (shape->count < shape->inline_capacity) {
        return attributes_add_slot_steal(op, shape, next,
                                         attributes_slot_offset(shape->type, shape->count), value);
    }
    return add_overflow_steal(op, shape, next, value);
}

int
attributes_set_managed_steal(PyObject *op, PyObject *name, Value value)
{
    PyObject *key = NULL;
    for (;;) {
        Shape *shape = attributes_shape(op);
        if (shape_is_special(shape)) {
            break;
        }
        if (key == NULL) {
            if (!str_check_exact(name)) {
                if (attributes_materialize(op) < 0) {
                    value_drop(value);
                    return -1;
                }
                break;
            }
            key = str_is_interned(name) ? name : str_intern(name);
            if (key == NULL) {
                value_drop(value);
                return -1;
            }
        }
        int done = store_in_slots(op, shape, key, value);
        if (done < 0) {
            value_drop(value);
            return -1;
        }
        if (done > 0) {
            return 0;
        }
    }
    PyObject *dict = managed_dict(op, true);
    if (dict == NULL) {
        value_drop(value);
        return -1;
    }
    int result = dict_set_value_steal(dict, name, value);
    decref(dict);
    return result;
}

int
attributes_del_instance(PyObject *op, PyObject *name)
{
    bool has_dict;
    if (type_has_managed_dict(type_of(op))) {
        Value v;
        int found = attributes_get_instance_value(op, name, &v);
        if (found <= 0) {
            return found;
        }
        value_drop(v);
    }
    PyObject *dict = attributes_instance_dict(op, true, &has_dict);
    if (dict == NULL) {
        return error_occurred() ? -1 : 0;
    }
    int removed = dict_pop(dict, name, NULL);
    decref(dict);
    return removed;
}

// ---- life ----

void
attributes_init(PyObject *op, PyTypeObject *type, Shape *root)
{
    Value *slots = attributes_slot_at(op, attributes_slot_offset(type, 0));
    for (uint32_t i = 0; i < root->inline_capacity; i++) {
        slots[i] = VALUE_UNSET;
    }
    *attributes_shape_word(op) = root;
}

static int
visit_values(const Value *values, uint32_t count, visitproc visit, void *arg)
{
    for (uint32_t i = 0; i < count; i++) {
        if (value_is_owned(values[i])) {
            int stop = visit(value_pointer(values[i]), arg);
            if (stop != 0) {
                return stop;
            }
        }
    }
    return 0;
}

int
attributes_visit(PyObject *op, visitproc visit, void *arg)
{
    ObjectExtra *extra = attributes_extra(op);
    if (extra != NULL && extra->dict != NULL) {
        int stop = visit(extra->dict, arg);
        if (stop != 0) {
            return stop;
        }
    }
    if (!type_has_managed_dict(type_of(op))) {
        return 0;
    }
    Shape *shape = attributes_shape(op);
    if (shape == NULL || shape_is_special(shape)) {
        return 0;
    }
    uint32_t in_object = shape->count < shape->inline_capacity ? shape->count
                                                                : shape->inline_capacity;
    int stop = visit_values(attributes_slot_at(op, attributes_slot_offset(shape->type, 0)),
                            in_object, visit, arg);
    if (stop == 0 && shape->count > in_object && extra != NULL && extra->overflow != NULL) {
        stop = visit_values(extra->overflow, shape->count - in_object, visit, arg);
    }
    return stop;
}

void
attributes_clear(PyObject *op)
{
    ObjectExtra *extra = attributes_extra(op);
    if (!type_has_managed_dict(type_of(op))) {
        return;
    }
    Shape *shape = attributes_shape(op);
    if (shape != NULL && !shape_is_special(shape)) {
        for (uint32_t i = 0; i < shape->count; i++) {
            Value *slot = slot_pointer(op, shape, i);
            if (slot != NULL) {
                value_drop(atomic_exchange_uptr(slot, VALUE_UNSET));
            }
        }
    }
    if (extra != NULL) {
        PyObject *dict = atomic_exchange_ptr(&extra->dict, (PyObject *)NULL);
        xdecref(dict);
    }
}

void
attributes_free(PyObject *op)
{
    attributes_clear(op);
    ObjectExtra **word = (ObjectExtra **)((char *)op - OBJECT_PREHEADER_SIZE);
    ObjectExtra *extra = *word;
    if (extra != NULL) {
        *word = NULL;
        qsbr_free_delayed(extra->overflow);
        qsbr_free_delayed(extra);
    }
}
