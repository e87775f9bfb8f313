// The `_decimal` module: Python objects around the numbers of decimal_number.h.
//
// All types are heap types of the module, so that each interpreter (and each fresh import) has its
// own; the state is found from an instance through the token of its type.
//
// Threading: Decimals are immutable. The fields of a Context are read and written one by one with
// relaxed atomics; conditions are added to its flags with an atomic or.
#ifndef TYPHON_MODULES_DECIMAL_INTERNAL_H
#define TYPHON_MODULES_DECIMAL_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/constants.h"
#include "abi/object.h"
#include "modules/decimal_number.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/type.h"

#define DEC_SIGNAL_COUNT 9
#define DEC_CONDITION_COUNT 5

typedef struct {
    PyTypeObject *decimal_type;         // immutable after the module's exec, as all of these
    PyTypeObject *context_type;
    PyTypeObject *manager_type;
    PyTypeObject *signal_mixin_type;
    PyTypeObject *signal_dict_type;
    PyObject *decimal_tuple;            // class DecimalTuple
    PyObject *rational;                 // class numbers.Rational
    PyObject *context_var;
    PyObject *default_context;          // templates: contexts that may be changed by anybody
    PyObject *basic_context;
    PyObject *extended_context;
    PyObject *signals[DEC_SIGNAL_COUNT];        // exception classes in the order of decimal_signals
    PyObject *conditions[DEC_CONDITION_COUNT];  // in the order of decimal_conditions
    PyObject *signal_keys;              // tuple of the signals
    PyObject *roundings[DEC_ROUND_COUNT];       // interned names
} DecimalState;

typedef struct {
    const char *name;
    uint32_t flag;
} DecimalCondition;

extern const DecimalCondition decimal_signals[DEC_SIGNAL_COUNT];
extern const DecimalCondition decimal_conditions[DEC_CONDITION_COUNT];

typedef struct {
    PyObject ob_base;
    Py_hash_t hash;     // atomic, idempotent: -1 until asked for
    Dec value;          // immutable
} DecimalObject;

typedef struct {
    PyObject ob_base;
    int64_t prec;       // atomic, as the next seven
    int64_t emax;
    int64_t emin;
    uint32_t traps;
    uint32_t flags;
    int round;
    int clamp;
    int capitals;
    PyObject *traps_dict;   // lock: the object's; made when asked for, owned or NULL
    PyObject *flags_dict;   // lock: the object's
} ContextObject;

#define DECIMAL(op) (&((DecimalObject *)(op))->value)

extern PyType_Spec decimal_type_spec;
extern PyType_Spec decimal_context_spec;
extern PyType_Spec decimal_manager_spec;
extern PyType_Spec decimal_signal_mixin_spec;

typedef PyObject *DecimalNoArgs(PyObject *self, PyObject *unused);

// ---- state ----

static inline DecimalState *
decimal_type_state(PyTypeObject *type)
{
    return module_get_state(((PyHeapTypeObject *)type)->ht_module);
}

// The state behind an instance of a type of this module, or of a subclass.
DecimalState *decimal_state_slow(PyTypeObject *type, void *token);
static inline DecimalState *
decimal_state_of(PyObject *op, void *token)
{
    PyTypeObject *type = object_type(op);
    if (type_has_feature(type, Py_TPFLAGS_HEAPTYPE)
        && ((PyHeapTypeObject *)type)->ht_token == token) {
        return decimal_type_state(type);
    }
    return decimal_state_slow(type, token);
}
#define DECIMAL_STATE(op) decimal_state_of((op), &decimal_type_spec)
#define CONTEXT_STATE(op) decimal_state_of((op), &decimal_context_spec)
DecimalState *decimal_module_state(PyObject *module);

static inline bool
decimal_check(const DecimalState *state, PyObject *op)
{
    return object_type_check(op, state->decimal_type);
}

static inline bool
context_check_object(const DecimalState *state, PyObject *op)
{
    return object_type_check(op, state->context_type);
}

// ---- contexts (decimal_context.c) ----

PyObject *decimal_context_new(DecimalState *state, PyTypeObject *type);
PyObject *decimal_context_copy(DecimalState *state, PyObject *context);
// The current context: new reference.
PyObject *decimal_current_context(DecimalState *state);
int decimal_set_current_context(DecimalState *state, PyObject *context);
// arg NULL or None: the current one; TypeError unless it is a context. New reference.
PyObject *decimal_context_argument(DecimalState *state, PyObject *arg);
void decimal_context_read(PyObject *context, DecContext *ctx);
// A rounding mode from its name: -1 with TypeError.
int decimal_rounding_argument(DecimalState *state, PyObject *arg);
// localcontext(ctx=None, **kwargs), with keywords behind args.
PyObject *decimal_local_context(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                                PyObject *kwnames);
bool decimal_context_capitals(PyObject *context);
// Methods without arguments.
DecimalNoArgs decimal_context_etiny, decimal_context_etop, decimal_context_clear_flags,
    decimal_context_clear_traps, decimal_context_copy_method, decimal_context_reduce;
extern PyMethodDef decimal_context_methods[];   // decimal_methods.c

// ---- signals (decimal_signals.c) ----

// Flags of a list of exception classes: 0, or -1 with KeyError; and back.
int decimal_flags_of_list(DecimalState *state, PyObject *list, uint32_t *flags);
PyObject *decimal_list_of_flags(DecimalState *state, uint32_t flags);
// Flags of a SignalDict or of a dict with all signals as keys: 0, or -1.
int decimal_flags_of_mapping(DecimalState *state, PyObject *value, uint32_t *flags);
// A new SignalDict for the traps or the flags of a context.
PyObject *decimal_signal_view(DecimalState *state, PyObject *context, bool traps);
// Adds conditions to the flags and raises what is trapped: 0 or -1.
int decimal_context_signal(DecimalState *state, PyObject *context, uint32_t status);

// ---- conversions (decimal_convert.c) ----

// A Decimal with that value, which is consumed (also on failure).
PyObject *decimal_from_dec_steal(DecimalState *state, Dec *value);
// The same after signalling status.
PyObject *decimal_finish_steal(DecimalState *state, PyObject *context, Dec *value,
                               uint32_t status);
PyObject *decimal_from_type_steal(DecimalState *state, PyTypeObject *type, Dec *value);
// Exact value of an int: 0 or -1 with MemoryError.
int dec_from_int(Dec *r, PyObject *op);
void dec_from_double(Dec *r, double x, uint32_t *status);
// An operand: a Decimal's value borrowed, an int's converted into *room (to be freed by
// dec_free(room) in any case). NULL without an exception for other types.
const Dec *decimal_operand(const DecimalState *state, PyObject *op, Dec *room);
// The same; TypeError for other types.
const Dec *decimal_operand_or_error(const DecimalState *state, PyObject *op, Dec *room);
// Decimal(value) for that type. exact: with the widest context, else rounded by the context.
PyObject *decimal_convert(DecimalState *state, PyTypeObject *type, PyObject *value,
                          PyObject *context, bool exact);
PyObject *decimal_convert_float(DecimalState *state, PyTypeObject *type, PyObject *value,
                                PyObject *context, bool exact);
PyObject *decimal_to_int(DecimalState *state, const Dec *a, int round);
PyObject *decimal_as_integer_ratio(PyObject *self, PyObject *unused);
PyObject *decimal_as_tuple(PyObject *self, PyObject *unused);
PyObject *decimal_to_text(PyObject *op, bool engineering, bool capitals);
double decimal_as_double(const Dec *a);
Py_hash_t decimal_hash(PyObject *self);
PyObject *decimal_richcompare(PyObject *v, PyObject *w, int op);

// __format__(spec[, override]) (decimal_format.c).
PyObject *decimal_format(PyObject *self, PyObject *const *args, Py_ssize_t nargs);

#endif
