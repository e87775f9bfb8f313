// Native module _abc: the fast half of the abc module.
//
// Each abstract base class has an _abc_data object in its `_abc_impl`: the registry of virtual
// subclasses and two caches, all sets of weak references, made on first use. A counter in the
// module's state grows with every registration; a negative cache made under an older count is
// void.
//
// Threading: the fields of an _abc_data object change under its critical section; the sets guard
// themselves.
#include "modules/module.h"

#include <stddef.h>

#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/cfunction.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/set.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "thread/critical_section.h"

typedef struct {
    PyObject *data_type;        // immutable after exec: class _abc_data
    uint64_t counter;           // atomic: registrations so far
} AbcState;

typedef struct {
    PyObject ob_base;
    PyObject *registry;         // lock: this object; set or NULL
    PyObject *cache;            // lock: this object; set or NULL
    PyObject *negative;         // lock: this object; set or NULL
    uint64_t negative_version;  // atomic: counter for which `negative` is valid
} AbcData;

static AbcState *
abc_state(PyObject *module)
{
    return module_get_state(module);
}

// ---- _abc_data ----

static PyObject *
abc_data_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return type->tp_alloc(type, 0);
}

static int
abc_data_traverse(PyObject *op, visitproc visit, void *arg)
{
    AbcData *self = (AbcData *)op;
    PyObject *fields[4] = {(PyObject *)type_of(op), self->registry, self->cache, self->negative};
    for (int i = 0; i < 4; i++) {
        int result = fields[i] == NULL ? 0 : visit(fields[i], arg);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

static int
abc_data_clear(PyObject *op)
{
    AbcData *self = (AbcData *)op;
    clear_ref(self->registry);
    clear_ref(self->cache);
    clear_ref(self->negative);
    return 0;
}

static void
abc_data_dealloc(PyObject *op)
{
    PyTypeObject *type = type_of(op);
    gc_untrack(op);
    (void)abc_data_clear(op);
    type->tp_free(op);
    decref(type);
}

static PyType_Slot abc_data_slots[] = {
    {Py_tp_doc, (void *)"Internal state held by ABC machinery."},
    {Py_tp_new, (void *)abc_data_new},
    {Py_tp_dealloc, (void *)abc_data_dealloc},
    {Py_tp_traverse, (void *)abc_data_traverse},
    {Py_tp_clear, (void *)abc_data_clear},
    {0, NULL},
};

static PyType_Spec abc_data_spec = {
    .name = "_abc._abc_data",
    .basicsize = sizeof(AbcData),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = abc_data_slots,
};

// cls._abc_impl: new reference, TypeError when it is something else.
static AbcData *
abc_data_of(PyObject *module, PyObject *cls)
{
    PyObject *data = object_getattr(cls, ID(_abc_impl));
    if (data == NULL) {
        return NULL;
    }
    if ((PyObject *)type_of(data) != abc_state(module)->data_type) {
        decref(data);
        return error_set(PyExc_TypeError, "_abc_impl is set to a wrong type");
    }
    return (AbcData *)data;
}

// ---- sets of weak references ----

// The set in a field, new reference or NULL.
static PyObject *
weak_set(AbcData *data, PyObject **field)
{
    CriticalSection cs;
    critical_section_begin(&cs, data);
    PyObject *set = xnew_ref(*field);
    critical_section_end(&cs);
    return set;
}

// Callback of a dying class: takes its reference out of the set that ref_to_set refers to.
static PyObject *
weak_set_forget(PyObject *ref_to_set, PyObject *ref)
{
    PyObject *set = weakref_object(ref_to_set);
    if (set == NULL) {
        return Py_None;
    }
    int result = set_discard(set, ref);
    decref(set);
    return result < 0 ? NULL : Py_None;
}

static PyMethodDef weak_set_forget_def = {"_destroy", weak_set_forget, METH_O, NULL};

// The set in a field, made when missing. New reference.
static PyObject *
weak_set_ensure(AbcData *data, PyObject **field)
{
    PyObject *set = weak_set(data, field);
    if (set != NULL) {
        return set;
    }
    PyObject *fresh = set_new(NULL);
    if (fresh == NULL) {
        return NULL;
    }
    CriticalSection cs;
    critical_section_begin(&cs, data);
    if (*field == NULL) {
        *field = new_ref(fresh);
    }
    set = new_ref(*field);
    critical_section_end(&cs);
    decref(fresh);
    return set;
}

static int
weak_set_add(AbcData *data, PyObject **field, PyObject *cls)
{
    int result = -1;
    PyObject *set = weak_set_ensure(data, field);
    PyObject *ref_to_set = set == NULL ? NULL : weakref_new(set, NULL);
    PyObject *callback =
        ref_to_set == NULL ? NULL : cfunction_new(&weak_set_forget_def, ref_to_set, NULL);
    PyObject *ref = callback == NULL ? NULL : weakref_new(cls, callback);
    if (ref != NULL) {
        result = set_add(set, ref);
    }
    xdecref(ref);
    xdecref(callback);
    xdecref(ref_to_set);
    xdecref(set);
    return result;
}

// 1, 0 or -1. What cannot be referred to weakly is in no set.
static int
weak_set_contains(AbcData *data, PyObject **field, PyObject *cls)
{
    PyObject *set = weak_set(data, field);
    if (set == NULL || set_size(set) == 0) {
        xdecref(set);
        return 0;
    }
    PyObject *ref = weakref_new(cls, NULL);
    int result;
    if (ref == NULL) {
        result = error_clear_if(PyExc_TypeError) ? 0 : -1;
    }
    else {
        result = set_contains(set, ref);
        decref(ref);
    }
    decref(set);
    return result;
}

static void
weak_set_reset(AbcData *data, PyObject **field)
{
    PyObject *set = weak_set(data, field);
    if (set != NULL) {
        set_clear(set);
        decref(set);
    }
}

// A set with the same references.
static PyObject *
weak_set_copy(AbcData *data, PyObject **field)
{
    PyObject *set = weak_set(data, field);
    PyObject *copy = set_new(set);
    xdecref(set);
    return copy;
}

// ---- abstract methods ----

// Whether value.__isabstractmethod__ is true: 1, 0, -1.
static int
is_abstract(PyObject *value)
{
    PyObject *flag;
    int result = object_getattr_optional(value, ID(__isabstractmethod__), &flag);
    if (result > 0) {
        result = object_is_true(flag);
        decref(flag);
    }
    return result;
}

// Adds the names in the class's own namespace that are abstract.
static int
add_own_abstracts(PyObject *cls, PyObject *abstracts)
{
    PyObject *namespace = type_get_dict((PyTypeObject *)cls);
    if (namespace == NULL) {
        return -1;
    }
    PyObject *items = dict_items_list(namespace);
    decref(namespace);
    if (items == NULL) {
        return -1;
    }
    int result = 0;
    for (Py_ssize_t i = 0; i < list_size(items) && result == 0; i++) {
        PyObject *pair = list_item_borrow(items, i);
        int abstract = is_abstract(tuple_item_borrow(pair, 1));
        result = abstract > 0 ? set_add(abstracts, tuple_item_borrow(pair, 0)) : abstract;
    }
    decref(items);
    return result;
}

typedef struct {
    PyObject *cls;
    PyObject *abstracts;
} InheritContext;

// Adds an inherited name unless the class made it concrete.
static int
inherit_abstract(PyObject *name, void *arg)
{
    InheritContext *context = arg;
    PyObject *value;
    int found = object_getattr_optional(context->cls, name, &value);
    if (found <= 0) {
        return found;
    }
    int abstract = is_abstract(value);
    decref(value);
    return abstract > 0 ? set_add(context->abstracts, name) : abstract;
}

static int
compute_abstract_methods(PyObject *cls)
{
    PyObject *abstracts = set_new(NULL);
    PyObject *bases = object_getattr(cls, ID(__bases__));
    int result = -1;
    if (abstracts == NULL || bases == NULL || !tuple_check(bases)) {
        if (!error_occurred()) {
            error_set(PyExc_TypeError, "__bases__ is not tuple");
        }
        goto done;
    }
    if (add_own_abstracts(cls, abstracts) < 0) {
        goto done;
    }
    InheritContext context = {cls, abstracts};
    for (Py_ssize_t i = 0; i < tuple_size(bases); i++) {
        PyObject *names;
        int found =
            object_getattr_optional(tuple_item_borrow(bases, i), ID(__abstractmethods__), &names);
        if (found > 0) {
            found = iter_for_each(names, inherit_abstract, &context);
            decref(names);
        }
        if (found < 0) {
            goto done;
        }
    }
    PyObject *frozen = frozenset_new(abstracts);
    if (frozen != NULL) {
        result = object_setattr(cls, ID(__abstractmethods__), frozen);
        decref(frozen);
    }
done:
    xdecref(abstracts);
    xdecref(bases);
    return result;
}

// ---- flags for structural pattern matching ----

#define COLLECTION_FLAGS (Py_TPFLAGS_SEQUENCE | Py_TPFLAGS_MAPPING)

static void
type_set_flags(PyTypeObject *type, unsigned long flags)
{
    (void)atomic_or_u64((uint64_t *)&type->tp_flags, flags);
}

// Marks a class and its subclasses as sequences or mappings, unless they are marked already.
static int
mark_collection(PyTypeObject *type, unsigned long flag)
{
    if (type_has_feature(type, COLLECTION_FLAGS) ||
        type_has_feature(type, Py_TPFLAGS_IMMUTABLETYPE)) {
        return 0;
    }
    type_set_flags(type, flag);
    type_modified(type);
    PyObject *subclasses = type_subclasses(type);
    if (subclasses == NULL) {
        return -1;
    }
    int result = 0;
    for (Py_ssize_t i = 0; i < list_size(subclasses) && result == 0; i++) {
        result = mark_collection((PyTypeObject *)list_item_borrow(subclasses, i), flag);
    }
    decref(subclasses);
    return result;
}

// Moves `__abc_tpflags__` of a class into its type flags.
static int
take_type_flags(PyObject *cls)
{
    if (!type_check(cls)) {
        return 0;
    }
    PyObject *namespace = type_get_dict((PyTypeObject *)cls);
    if (namespace == NULL) {
        return -1;
    }
    PyObject *flags;
    int result = dict_pop(namespace, ID(__abc_tpflags__), &flags);
    decref(namespace);
    if (result <= 0) {
        return result;
    }
    result = 0;
    if (int_check_exact(flags)) {
        int64_t value = int_as_i64(flags);
        if (value == -1 && error_occurred()) {
            result = -1;
        }
        else if ((value & COLLECTION_FLAGS) == COLLECTION_FLAGS) {
            error_set(PyExc_TypeError,
                      "__abc_tpflags__ cannot be both Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING");
            result = -1;
        }
        else {
            type_set_flags((PyTypeObject *)cls, (unsigned long)value & COLLECTION_FLAGS);
            type_modified((PyTypeObject *)cls);
        }
    }
    decref(flags);
    return result;
}

// ---- the functions ----

static PyObject *
abc_init(PyObject *module, PyObject *cls)
{
    if (compute_abstract_methods(cls) < 0) {
        return NULL;
    }
    PyTypeObject *type = (PyTypeObject *)abc_state(module)->data_type;
    AbcData *data = (AbcData *)type->tp_alloc(type, 0);
    if (data == NULL) {
        return NULL;
    }
    data->negative_version = atomic_load_u64(&abc_state(module)->counter);
    int result = object_setattr(cls, ID(_abc_impl), (PyObject *)data);
    decref(data);
    if (result < 0 || take_type_flags(cls) < 0) {
        return NULL;
    }
    return Py_None;
}

static PyObject *
abc_register(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("_abc_register", nargs, 2, 2)) {
        return NULL;
    }
    PyObject *cls = args[0];
    PyObject *subclass = args[1];
    if (!type_check(subclass)) {
        return error_set(PyExc_TypeError, "Can only register classes");
    }
    int result = object_issubclass(subclass, cls);
    if (result != 0) {
        return result < 0 ? NULL : new_ref(subclass);
    }
    // After the test above, so that X.register(X) is allowed.
    result = object_issubclass(cls, subclass);
    if (result > 0) {
        return error_set(PyExc_RuntimeError, "Refusing to create an inheritance cycle");
    }
    if (result < 0) {
        return NULL;
    }
    AbcData *data = abc_data_of(module, cls);
    if (data == NULL) {
        return NULL;
    }
    result = weak_set_add(data, &data->registry, subclass);
    decref(data);
    if (result < 0) {
        return NULL;
    }
    (void)atomic_add_u64(&abc_state(module)->counter, 1);
    if (type_check(cls)) {
        unsigned long flag = ((PyTypeObject *)cls)->tp_flags & COLLECTION_FLAGS;
        if (flag != 0 && mark_collection((PyTypeObject *)subclass, flag) < 0) {
            return NULL;
        }
    }
    return new_ref(subclass);
}

static PyObject *
call_subclasscheck(PyObject *cls, PyObject *subclass)
{
    return object_call_method_onearg(cls, ID(__subclasscheck__), subclass);
}

static PyObject *
abc_instancecheck(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("_abc_instancecheck", nargs, 2, 2)) {
        return NULL;
    }
    PyObject *cls = args[0];
    PyObject *instance = args[1];
    AbcData *data = abc_data_of(module, cls);
    if (data == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    PyObject *subclass = object_getattr(instance, ID(__class__));
    if (subclass == NULL) {
        goto done;
    }
    int cached = weak_set_contains(data, &data->cache, subclass);
    if (cached != 0) {
        result = cached < 0 ? NULL : Py_True;
        goto done;
    }
    PyObject *subtype = (PyObject *)type_of(instance);
    if (subtype == subclass) {
        if (atomic_load_relaxed_u64(&data->negative_version) ==
            atomic_load_relaxed_u64(&abc_state(module)->counter)) {
            cached = weak_set_contains(data, &data->negative, subclass);
            if (cached != 0) {
                result = cached < 0 ? NULL : Py_False;
                goto done;
            }
        }
        result = call_subclasscheck(cls, subclass);
        goto done;
    }
    result = call_subclasscheck(cls, subclass);
    if (result != NULL) {
        int truth = object_is_true(result);
        if (truth <= 0) {
            clear_ref(result);
            result = truth < 0 ? NULL : call_subclasscheck(cls, subtype);
        }
    }
done:
    xdecref(subclass);
    decref(data);
    return result;
}

// Whether some class registered with data is a superclass of subclass: 1, 0, -1.
static int
check_registry(AbcData *data, PyObject *subclass)
{
    int result = weak_set_contains(data, &data->registry, subclass);
    if (result != 0) {
        return result;
    }
    PyObject *set = weak_set(data, &data->registry);
    if (set == NULL) {
        return 0;
    }
    // A copy: issubclass may run anything.
    PyObject *refs = list_from_iterable(set);
    decref(set);
    if (refs == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < list_size(refs) && result == 0; i++) {
        PyObject *registered = weakref_object(list_item_borrow(refs, i));
        if (registered != NULL) {
            result = object_issubclass(subclass, registered);
            decref(registered);
        }
    }
    decref(refs);
    return result;
}

// Whether subclass is a subclass of some subclass of cls.
static int
check_subclasses(PyObject *cls, PyObject *subclass)
{
    PyObject *subclasses = object_call_method_noargs(cls, ID(__subclasses__));
    if (subclasses == NULL) {
        return -1;
    }
    int result = 0;
    if (!list_check(subclasses)) {
        error_set(PyExc_TypeError, "__subclasses__() must return a list");
        result = -1;
    }
    for (Py_ssize_t i = 0; result == 0 && i < list_size(subclasses); i++) {
        PyObject *candidate = list_get_optional(subclasses, i);
        if (candidate == NULL) {
            break;
        }
        result = object_issubclass(subclass, candidate);
        decref(candidate);
    }
    decref(subclasses);
    return result;
}

// The answer without caches: 1, 0, -1.
static int
subclass_check_uncached(AbcData *data, PyObject *cls, PyObject *subclass)
{
    PyObject *ok = object_call_method_onearg(cls, ID(__subclasshook__), subclass);
    if (ok == NULL) {
        return -1;
    }
    decref(ok);
    if (ok == Py_True || ok == Py_False) {
        return ok == Py_True;
    }
    if (ok != Py_NotImplemented) {
        error_set(PyExc_AssertionError,
                  "__subclasshook__ must return either False, True, or NotImplemented");
        return -1;
    }
    if (type_is_subtype((PyTypeObject *)subclass, (PyTypeObject *)cls)) {
        return 1;
    }
    int result = check_registry(data, subclass);
    return result != 0 ? result : check_subclasses(cls, subclass);
}

// What the caches say: 1, 0, -1; 2 when they know nothing.
static int
subclass_check_cached(AbcState *state, AbcData *data, PyObject *subclass)
{
    int result = weak_set_contains(data, &data->cache, subclass);
    if (result != 0) {
        return result;
    }
    uint64_t counter = atomic_load_relaxed_u64(&state->counter);
    if (atomic_load_relaxed_u64(&data->negative_version) < counter) {
        weak_set_reset(data, &data->negative);
        atomic_store_relaxed_u64(&data->negative_version, counter);
        return 2;
    }
    result = weak_set_contains(data, &data->negative, subclass);
    return result == 0 ? 2 : result < 0 ? -1 : 0;
}

static PyObject *
abc_subclasscheck(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("_abc_subclasscheck", nargs, 2, 2)) {
        return NULL;
    }
    PyObject *cls = args[0];
    PyObject *subclass = args[1];
    if (!type_check(subclass)) {
        return error_set(PyExc_TypeError, "issubclass() arg 1 must be a class");
    }
    AbcData *data = abc_data_of(module, cls);
    if (data == NULL) {
        return NULL;
    }
    int result = subclass_check_cached(abc_state(module), data, subclass);
    if (result == 2) {
        result = subclass_check_uncached(data, cls, subclass);
        if (result >= 0 &&
            weak_set_add(data, result ? &data->cache : &data->negative, subclass) < 0) {
            result = -1;
        }
    }
    decref(data);
    return result < 0 ? NULL : bool_from_int(result);
}

static PyObject *
abc_get_cache_token(PyObject *module, PyObject *unused)
{
    return int_from_u64(atomic_load_u64(&abc_state(module)->counter));
}

static PyObject *
abc_reset_registry(PyObject *module, PyObject *cls)
{
    AbcData *data = abc_data_of(module, cls);
    if (data == NULL) {
        return NULL;
    }
    weak_set_reset(data, &data->registry);
    decref(data);
    return Py_None;
}

static PyObject *
abc_reset_caches(PyObject *module, PyObject *cls)
{
    AbcData *data = abc_data_of(module, cls);
    if (data == NULL) {
        return NULL;
    }
    weak_set_reset(data, &data->cache);
    weak_set_reset(data, &data->negative);
    decref(data);
    return Py_None;
}

static PyObject *
abc_get_dump(PyObject *module, PyObject *cls)
{
    AbcData *data = abc_data_of(module, cls);
    if (data == NULL) {
        return NULL;
    }
    PyObject *registry = weak_set_copy(data, &data->registry);
    PyObject *cache = weak_set_copy(data, &data->cache);
    PyObject *negative = weak_set_copy(data, &data->negative);
    PyObject *version = int_from_u64(atomic_load_relaxed_u64(&data->negative_version));
    PyObject *result = NULL;
    if (registry != NULL && cache != NULL && negative != NULL && version != NULL) {
        result = tuple_pack(4, registry, cache, negative, version);
    }
    xdecref(registry);
    xdecref(cache);
    xdecref(negative);
    xdecref(version);
    decref(data);
    return result;
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL

static PyMethodDef abc_methods[] = {
    {"get_cache_token", abc_get_cache_token, METH_NOARGS,
     "get_cache_token($module, /)\n--\n\n"
     "Returns the current ABC cache token.\n\n"
     "The token is an opaque object (supporting equality testing) identifying the\n"
     "current version of the ABC cache for virtual subclasses. The token changes\n"
     "with every call to register() on any ABC."},
    {"_abc_init", abc_init, METH_O,
     "_abc_init($module, self, /)\n--\n\n"
     "Internal ABC helper for class set-up. Should be never used outside abc module."},
    {"_reset_registry", abc_reset_registry, METH_O,
     "_reset_registry($module, self, /)\n--\n\n"
     "Internal ABC helper to reset registry of a given class.\n\n"
     "Should be only used by refleak.py"},
    {"_reset_caches", abc_reset_caches, METH_O,
     "_reset_caches($module, self, /)\n--\n\n"
     "Internal ABC helper to reset both caches of a given class.\n\n"
     "Should be only used by refleak.py"},
    {"_get_dump", abc_get_dump, METH_O,
     "_get_dump($module, self, /)\n--\n\n"
     "Internal ABC helper for cache and registry debugging.\n\n"
     "Return shallow copies of registry, of both caches, and\n"
     "negative cache version. Don't call this function directly,\n"
     "instead use ABC._dump_registry() for a nice repr."},
    {"_abc_register", FAST(abc_register),
     "_abc_register($module, self, subclass, /)\n--\n\n"
     "Internal ABC helper for subclasss registration. Should be never used outside abc module."},
    {"_abc_instancecheck", FAST(abc_instancecheck),
     "_abc_instancecheck($module, self, instance, /)\n--\n\n"
     "Internal ABC helper for instance checks. Should be never used outside abc module."},
    {"_abc_subclasscheck", FAST(abc_subclasscheck),
     "_abc_subclasscheck($module, self, subclass, /)\n--\n\n"
     "Internal ABC helper for subclasss checks. Should be never used outside abc module."},
    {NULL, NULL, 0, NULL},
};

static int
abc_exec(PyObject *module)
{
    AbcState *state = abc_state(module);
    state->data_type = type_from_module_spec(module, &abc_data_spec, NULL);
    return state->data_type == NULL ? -1 : 0;
}

static int
abc_traverse(PyObject *module, visitproc visit, void *arg)
{
    AbcState *state = abc_state(module);
    return state == NULL || state->data_type == NULL ? 0 : visit(state->data_type, arg);
}

static int
abc_clear(PyObject *module)
{
    AbcState *state = abc_state(module);
    if (state != NULL) {
        clear_ref(state->data_type);
    }
    return 0;
}

static PyModuleDef_Slot abc_slots[] = {
    {Py_mod_exec, (void *)abc_exec},
    {0, NULL},
};

static PyModuleDef abc_module = {
    .m_name = "_abc",
    .m_doc = "Module contains faster C implementation of abc.ABCMeta",
    .m_size = sizeof(AbcState),
    .m_methods = abc_methods,
    .m_slots = abc_slots,
    .m_traverse = abc_traverse,
    .m_clear = abc_clear,
};

NATIVE_MODULE(_abc, &abc_module)
