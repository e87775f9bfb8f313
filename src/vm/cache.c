// Inline caches (cache.h).
#include "vm/cache.h"

#include "memory/alloc.h"
#include "objects/descr.h"
#include "objects/function.h"
#include "objects/identifiers.h"
#include "vm/calls.h"
#include "vm/native_values.h"
#include "vm/ops.h"

// ---- places ----

// Counts executions of a generic form: true when it is time to specialise.
static bool
place_is_warm(uint64_t *pc)
{
    uint64_t state = atomic_load_relaxed_u64(&pc[1]);
    if (state != 0 && (state & 1) == 0) {
        return false;       // has a record: it is generic for good
    }
    uint64_t count = (state >> 1) + 1;
    if (count > CACHE_GIVE_UP) {
        return false;
    }
    atomic_cas_u64(&pc[1], &state, count << 1 | 1);
    return count >= CACHE_WARMUP && (count & (count - 1)) == 0;     // 2, 4, 8, …
}

void
cache_generic(uint64_t *pc)
{
    uint64_t word = atomic_load_relaxed_u64(pc);
    cache_set_operation(pc, opcode_info[WORD_OP(word)].family);
}

// Publishes a record where `expected` was. Frees it when somebody else was faster.
static bool
place_publish(uint64_t *pc, uint64_t expected, CacheRecord *record)
{
    if (!atomic_cas_u64(&pc[1], &expected, (uint64_t)(uintptr_t)record)) {
        code_cache_retire(record);
        return false;
    }
    if (cache_word_is_record(expected)) {
        code_cache_retire((CacheRecord *)(uintptr_t)expected);
    }
    else {
        cache_set_operation(pc, record->kind);
    }
    return true;
}

// The first record of a place: its word must still be a counter.
static void
place_specialise(uint64_t *pc, CacheRecord *record)
{
    uint64_t state = atomic_load_relaxed_u64(&pc[1]);
    if (cache_word_is_record(state)) {
        code_cache_retire(record);
        return;
    }
    place_publish(pc, state, record);
}

// ---- globals ----

// Finds a name and describes where it is: false when that cannot be remembered.
static bool
global_describe(Value *fp, PyObject *name, int to_module, int to_builtin, NameCache *cache)
{
    PyObject *globals = frame_globals_of(fp), *builtins = frame_builtins_of(fp);
    *cache = (NameCache){.head = {.kind = (uint8_t)to_module}};
    if (!dict_check_exact(globals)) {
        return false;
    }
    Py_ssize_t entry = dict_entry_lookup(globals, name, &cache->globals_version);
    if (entry == -1 && to_builtin != 0 && dict_check_exact(builtins)) {
        entry = dict_entry_lookup(builtins, name, &cache->builtins_version);
        cache->head.kind = (uint8_t)to_builtin;
    }
    cache->index = (uint32_t)entry;
    return entry >= 0 && entry <= UINT32_MAX;
}

static NameCache *
global_record(const NameCache *cache)
{
    NameCache *record = mem_alloc(sizeof *record);
    if (record != NULL) {
        *record = *cache;
    }
    return record;
}

void
cache_warm_global(Value *fp, uint64_t *pc, PyObject *name, int to_module, int to_builtin)
{
    NameCache cache;
    if (place_is_warm(pc) && global_describe(fp, name, to_module, to_builtin, &cache)) {
        NameCache *record = global_record(&cache);
        if (record != NULL) {
            place_specialise(pc, &record->head);
        }
    }
}

void
cache_miss_global(Value *fp, uint64_t *pc, PyObject *name, int to_module, int to_builtin)
{
    NameCache cache, *old = (NameCache *)cache_name(pc);
    if (!global_describe(fp, name, to_module, to_builtin, &cache) ||
        cache.head.kind != old->head.kind || old->head.misses >= CACHE_MISSES) {
        cache_generic(pc);
        return;
    }
    if (cache.globals_version == old->globals_version &&
        cache.builtins_version == old->builtins_version) {
        return;     // it fits; the value could not be taken without a lock
    }
    cache.head.misses = (uint16_t)(old->head.misses + 1);
    NameCache *record = global_record(&cache);
    if (record != NULL) {
        place_publish(pc, (uint64_t)(uintptr_t)old, &record->head);
    }
}

// ---- attributes ----

// The form for loading what a lookup has found; 0: none.
static int
load_form(const AttributeLookup *found, bool method)
{
    switch (found->kind) {
    case ATTR_SLOT:
        return method ? OP_LOAD_METHOD_SLOT : OP_LOAD_ATTR_SLOT;
    case ATTR_MODULE:
        return method ? OP_LOAD_METHOD_MODULE : OP_LOAD_ATTR_MODULE;
    case ATTR_MEMBER:
        return method ? 0 : OP_LOAD_ATTR_MEMBER;
    case ATTR_TYPE_METHOD:
        return method ? OP_LOAD_METHOD_TYPE : 0;
    case ATTR_TYPE_VALUE:
        return method ? 0 : OP_LOAD_ATTR_TYPE;
    case ATTR_CLASS_VALUE:
        return method ? OP_LOAD_METHOD_CLASS : OP_LOAD_ATTR_CLASS;
    case ATTR_CLASS_METHOD:
        return method ? OP_LOAD_METHOD_CLASS : 0;       // the bound method is made each time
    case ATTR_PROPERTY:
        return method ? 0 : OP_LOAD_ATTR_PROPERTY;
    default:
        return 0;
    }
}

static int
store_form(const AttributeLookup *found)
{
    switch (found->kind) {
    case ATTR_SLOT:
        return OP_STORE_ATTR_SLOT;
    case ATTR_SLOT_ADD:
        return OP_STORE_ATTR_ADD;
    case ATTR_MEMBER:
        return OP_STORE_ATTR_MEMBER;
    default:
        return 0;
    }
}

// The getter of a property when it is a plain Python function of one argument; new reference.
static PyObject *
property_getter(PyObject *property)
{
    PyObject *getter = ((PropertyObject *)property)->prop_get;
    if (getter == NULL || !function_check(getter) ||
        function_code_borrow(getter)->co_simple_args != 1) {
        return NULL;
    }
    return new_ref(getter);
}

// The value of an object that the class keeps.
static Value
value_open(PyObject *op)
{
    Value v = value_from_object(op);
    value_drop(v);
    return v;
}

// Fills an entry from a lookup, giving up the reference to its descr: the class keeps it. False
// when it does not suit the form.
static bool
entry_fill(AttributeEntry *entry, AttributeLookup *found, int form)
{
    PyObject *descr = found->descr;
    *entry = (AttributeEntry){
        .type_version = found->type_version, .class_version = found->class_version,
        .shape = found->shape, .next = found->next, .offset = found->offset,
        .index = found->index, .keys_version = found->keys_version, .value = VALUE_UNSET,
        .binds_class = found->kind == ATTR_CLASS_METHOD};
    if (form == OP_LOAD_ATTR_PROPERTY) {
        PyObject *getter = property_getter(descr);
        decref(descr);
        if (getter == NULL) {
            return false;
        }
        descr = getter;
    }
    if (descr != NULL) {
        if (function_check(descr)) {
            refcount_defer(descr);      // so that calls can borrow it
        }
        entry->value = value_open(descr);
        decref(descr);
    }
    return true;
}

// A new record: the new entry first, then those of old (may be NULL) as far as there is room.
static AttributeCache *
record_make(const AttributeEntry *entry, int form, const AttributeCache *old)
{
    int kept = old == NULL ? 0 : old->head.count < CACHE_ENTRIES ? old->head.count : CACHE_ENTRIES - 1;
    AttributeCache *record = mem_alloc(sizeof *record + (size_t)(kept + 1) * sizeof *entry);
    if (record == NULL) {
        return NULL;
    }
    record->head = (CacheRecord){.kind = (uint8_t)form, .count = (uint8_t)(kept + 1),
                                 .misses = (uint16_t)(old == NULL ? 0 : old->head.misses + 1)};
    record->entries[0] = *entry;
    for (int i = 0; i < kept; i++) {
        record->entries[i + 1] = old->entries[i];
    }
    return record;
}

static void
lookup_any(PyObject *op, PyObject *name, bool store, AttributeLookup *found)
{
    if (store) {
        attributes_lookup_for_store(op, name, found);
    }
    else {
        attributes_lookup_for_load(op, name, found);
    }
}

static void
warm_attribute(uint64_t *pc, Value object, PyObject *name, bool store, bool method)
{
    if (!value_is_pointer(object) || !place_is_warm(pc)) {
        return;
    }
    AttributeLookup found;
    AttributeEntry entry;
    lookup_any(value_pointer(object), name, store, &found);
    int form = store ? store_form(&found) : load_form(&found, method);
    if (form == 0) {
        xdecref(found.descr);
        return;
    }
    if (entry_fill(&entry, &found, form)) {
        AttributeCache *record = record_make(&entry, form, NULL);
        if (record != NULL) {
            place_specialise(pc, &record->head);
        }
    }
}

void
cache_warm_load(uint64_t *pc, Value object, PyObject *name, bool method)
{
    warm_attribute(pc, object, name, false, method);
}

void
cache_warm_store(uint64_t *pc, Value object, PyObject *name)
{
    warm_attribute(pc, object, name, true, false);
}

static bool
entry_fits(const AttributeEntry *entry, PyObject *op)
{
    return cache_type_fits(entry, op) &&
           (entry->class_version == 0 ||
            atomic_load_relaxed_u32(&((PyTypeObject *)op)->tp_version_tag) ==
                entry->class_version) &&
           (entry->keys_version == 0 ||
            dict_version_is(module_dict_borrow(op), entry->keys_version));
}

// The entry of a record that fits op, or NULL.
static const AttributeEntry *
record_find(const AttributeCache *record, PyObject *op)
{
    for (int i = 0; i < record->head.count; i++) {
        if (entry_fits(&record->entries[i], op)) {
            return &record->entries[i];
        }
    }
    return NULL;
}

bool
cache_take(const AttributeEntry *entry, Value object, Value *result)
{
    *result = entry->value;
    if (cache_own_deferred(result, &entry->value)) {
        return true;
    }
    PyObject *op = value_pointer(entry->value);
    if (op == NULL || !refcount_try_incref(op)) {
        return false;
    }
    atomic_fence();
    if (!entry_fits(entry, value_pointer(object))) {
        decref(op);         // perhaps it was given up, and this is another object
        return false;
    }
    *result = value_owned(op);
    return true;
}

static const AttributeEntry *
miss_attribute(uint64_t *pc, Value object, PyObject *name, bool store, bool method)
{
    uint64_t state = atomic_load_acquire_u64(&pc[1]);
    if (!value_is_pointer(object) || !cache_word_is_record(state)) {
        return NULL;
    }
    AttributeCache *record = (AttributeCache *)(uintptr_t)state;
    PyObject *op = value_pointer(object);
    const AttributeEntry *known = record_find(record, op);
    if (known != NULL) {
        return known;
    }
    AttributeLookup found;
    AttributeEntry entry;
    lookup_any(op, name, store, &found);
    int form = store ? store_form(&found) : load_form(&found, method);
    if (form != record->head.kind || record->head.misses >= CACHE_MISSES) {
        xdecref(found.descr);
        cache_generic(pc);
        return NULL;
    }
    if (entry_fill(&entry, &found, form)) {
        AttributeCache *wider = record_make(&entry, form, record);
        if (wider != NULL) {
            place_publish(pc, state, &wider->head);
        }
    }
    return NULL;
}

const AttributeEntry *
cache_miss_load(uint64_t *pc, Value object, PyObject *name, bool method)
{
    return miss_attribute(pc, object, name, false, method);
}

const AttributeEntry *
cache_miss_store(uint64_t *pc, Value object, PyObject *name)
{
    return miss_attribute(pc, object, name, true, false);
}

// ---- calls ----

void
cache_warm_call(uint64_t *pc, PyObject *callable)
{
    if (!place_is_warm(pc)) {
        return;
    }
    ValuesCache cache = {.head = {.kind = OP_CALL_VALUES}};
    ValuesCache *record = native_describe(callable, &cache) ? mem_alloc(sizeof *record) : NULL;
    if (record != NULL) {
        *record = cache;
        place_specialise(pc, &record->head);
    }
}

// A class whose calls enter the frame of its __init__.
static void
warm_class(uint64_t *pc, PyTypeObject *type)
{
    uint32_t version;
    xdecref(type_lookup_version(type, ID(__init__), &version));     // before looking at slots
    PyObject *init = version == 0 ? NULL : call_class_init(type);
    if (init == NULL) {
        return;
    }
    refcount_defer(init);       // so that calls can borrow it
    AttributeEntry entry = {.class_version = version, .value = value_open(init)};
    decref(init);
    AttributeCache *record = record_make(&entry, OP_CALL_CLASS, NULL);
    if (record != NULL) {
        place_specialise(pc, &record->head);
    }
}

void
cache_warm_python_call(uint64_t *pc, Value callee, int nargs)
{
    if (!value_is_pointer(callee) || cache_word_is_record(atomic_load_relaxed_u64(&pc[1]))) {
        return;
    }
    PyObject *op = value_pointer(callee);
    if (function_check(op)) {
        if (function_code_borrow(op)->co_simple_args > nargs) {
            cache_set_operation(pc, OP_CALL_DEFAULTS);
        }
    }
    else if (op == (PyObject *)&PyType_Type) {
        cache_warm_call(pc, op);
    }
    else if (type_check_exact(op) && place_is_warm(pc)) {
        warm_class(pc, (PyTypeObject *)op);
    }
}
