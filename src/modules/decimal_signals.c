// Signals of the `_decimal` module: raising them, lists of them, and SignalDict, the view of a context's
// flags or traps. See decimal_internal.h.
//
// A SignalDict is a mutable mapping from the exception classes to the bits of one field of its
// context, which it keeps alive.
//
// Threading: bits are set and cleared with compare-and-swap.
#include "base/atomic.h"
#include "memory/heap.h"
#include "modules/decimal_internal.h"
#include "objects/bool.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/list.h"
#include "objects/str_writer.h"

typedef struct {
    PyObject ob_base;
    PyObject *context;      // immutable after the making, owned; NULL: made by a caller of the class
    bool traps;             // immutable; else the flags
} SignalDict;

#define CONTEXT(op) ((ContextObject *)(op))

#define SIGNAL_VALUES                                                            \
    "valid values for signals are:\n"                                            \
    "  [InvalidOperation, FloatOperation, DivisionByZero,\n"                     \
    "   Overflow, Underflow, Subnormal, Inexact, Rounded,\n"                     \
    "   Clamped]"

const DecimalCondition decimal_signals[DEC_SIGNAL_COUNT] = {
    {"InvalidOperation", DEC_IEEE_INVALID}, {"FloatOperation", DEC_FLOAT_OPERATION},
    {"DivisionByZero", DEC_DIVISION_BY_ZERO}, {"Overflow", DEC_OVERFLOW},
    {"Underflow", DEC_UNDERFLOW}, {"Subnormal", DEC_SUBNORMAL}, {"Inexact", DEC_INEXACT},
    {"Rounded", DEC_ROUNDED}, {"Clamped", DEC_CLAMPED},
};

const DecimalCondition decimal_conditions[DEC_CONDITION_COUNT] = {
    {"InvalidOperation", DEC_INVALID_OPERATION},
    {"ConversionSyntax", DEC_CONVERSION_SYNTAX},
    {"DivisionImpossible", DEC_DIVISION_IMPOSSIBLE},
    {"DivisionUndefined", DEC_DIVISION_UNDEFINED},
    {"InvalidContext", DEC_INVALID_CONTEXT},
};

// ---- signals ----

static int
raise_signals(DecimalState *state, uint32_t trapped)
{
    PyObject *exception = NULL;
    PyObject *list = list_new(0);
    if (list == NULL) {
        return -1;
    }
    for (int i = 0; i < DEC_SIGNAL_COUNT && exception == NULL; i++) {
        if (trapped & decimal_signals[i].flag) {
            exception = state->signals[i];
        }
    }
    bool ok = true;
    for (int i = 0; i < DEC_CONDITION_COUNT; i++) {
        if (trapped & decimal_conditions[i].flag) {
            ok &= list_append(list, state->conditions[i]) == 0;
        }
    }
    for (int i = 1; i < DEC_SIGNAL_COUNT; i++) {
        if (trapped & decimal_signals[i].flag) {
            ok &= list_append(list, state->signals[i]) == 0;
        }
    }
    if (ok) {
        error_set_object(exception, list);
    }
    decref(list);
    return -1;
}

int
decimal_context_signal(DecimalState *state, PyObject *op, uint32_t status)
{
    ContextObject *c = CONTEXT(op);
    if ((atomic_load_relaxed_u32(&c->flags) & status) != status) {
        (void)atomic_or_u32(&c->flags, status);
    }
    uint32_t trapped = atomic_load_relaxed_u32(&c->traps) & status;
    if (__builtin_expect((trapped | (status & DEC_MALLOC_ERROR)) == 0, 1)) {
        return 0;
    }
    if (status & DEC_MALLOC_ERROR) {
        error_no_memory();
        return -1;
    }
    return raise_signals(state, trapped);
}

// The bits of a signal's class: 0 with KeyError.
static uint32_t
flag_of_signal(DecimalState *state, PyObject *signal)
{
    for (int i = 0; i < DEC_SIGNAL_COUNT; i++) {
        if (state->signals[i] == signal) {
            return decimal_signals[i].flag;
        }
    }
    error_set(PyExc_KeyError, SIGNAL_VALUES);
    return 0;
}

int
decimal_flags_of_list(DecimalState *state, PyObject *list, uint32_t *flags)
{
    *flags = 0;
    for (Py_ssize_t i = 0; i < list_size(list); i++) {
        PyObject *item = list_get(list, i);
        if (item == NULL) {
            return -1;
        }
        uint32_t flag = flag_of_signal(state, item);
        decref(item);
        if (flag == 0) {
            return -1;
        }
        *flags |= flag;
    }
    return 0;
}

PyObject *
decimal_list_of_flags(DecimalState *state, uint32_t flags)
{
    PyObject *list = list_new(0);
    for (int i = 0; i < DEC_SIGNAL_COUNT && list != NULL; i++) {
        if ((flags & decimal_signals[i].flag) && list_append(list, state->signals[i]) < 0) {
            clear_ref(list);
        }
    }
    return list;
}

// ---- SignalDict ----

#define SIGNALS(op) ((SignalDict *)(op))
#define SIGNALS_STATE(op) CONTEXT_STATE(SIGNALS(op)->context)

static uint32_t *
signals_field(PyObject *op)
{
    ContextObject *c = CONTEXT(SIGNALS(op)->context);
    return SIGNALS(op)->traps ? &c->traps : &c->flags;
}

static bool
signals_valid(PyObject *op)
{
    if (SIGNALS(op)->context != NULL) {
        return true;
    }
    error_set(PyExc_ValueError, "invalid signal dict");
    return false;
}

static int
signals_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return 0;
}

static int
signals_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *context = SIGNALS(self)->context;
    int result = visit((PyObject *)object_type(self), arg);
    return result != 0 || context == NULL ? result : visit(context, arg);
}

static int
signals_clear(PyObject *self)
{
    clear_ref(SIGNALS(self)->context);
    return 0;
}

static void
signals_dealloc(PyObject *self)
{
    PyTypeObject *type = object_type(self);
    gc_untrack(self);
    (void)signals_clear(self);
    type->tp_free(self);
    decref(type);
}

static Py_ssize_t
signals_length(PyObject *self)
{
    return signals_valid(self) ? DEC_SIGNAL_COUNT : -1;
}

static PyObject *
signals_iter(PyObject *self)
{
    return signals_valid(self) ? object_iter(SIGNALS_STATE(self)->signal_keys) : NULL;
}

static PyObject *
signals_getitem(PyObject *self, PyObject *key)
{
    uint32_t flag = signals_valid(self) ? flag_of_signal(SIGNALS_STATE(self), key) : 0;
    return flag == 0 ? NULL : bool_from_int((atomic_load_relaxed_u32(signals_field(self)) & flag) != 0);
}

static void
set_bits(uint32_t *field, uint32_t bits, bool on)
{
    uint32_t old = atomic_load_relaxed_u32(field);
    while (!atomic_cas_u32(field, &old, on ? old | bits : old & ~bits)) {
    }
}

static int
signals_setitem(PyObject *self, PyObject *key, PyObject *value)
{
    if (!signals_valid(self)) {
        return -1;
    }
    if (value == NULL) {
        error_set(PyExc_ValueError, "signal keys cannot be deleted");
        return -1;
    }
    uint32_t flag = flag_of_signal(SIGNALS_STATE(self), key);
    int on = flag == 0 ? -1 : object_is_true(value);
    if (on < 0) {
        return -1;
    }
    set_bits(signals_field(self), flag, on);
    return 0;
}

static PyObject *
signals_repr(PyObject *self)
{
    if (!signals_valid(self)) {
        return NULL;
    }
    DecimalState *state = SIGNALS_STATE(self);
    uint32_t flags = atomic_load_relaxed_u32(signals_field(self));
    StrWriter w;
    str_writer_init(&w);
    for (int i = 0; i < DEC_SIGNAL_COUNT; i++) {
        if (str_writer_format(&w, "%s%R:%s", i == 0 ? "{" : ", ", state->signals[i],
                              flags & decimal_signals[i].flag ? "True" : "False") < 0) {
            str_writer_discard(&w);
            return NULL;
        }
    }
    if (str_writer_char(&w, '}') < 0) {
        str_writer_discard(&w);
        return NULL;
    }
    return str_writer_finish(&w);
}

// The flags of a dict with exactly the signals as keys. 0, or -1 with KeyError.
static int
flags_of_dict(DecimalState *state, PyObject *dict, uint32_t *flags)
{
    *flags = 0;
    if (dict_size(dict) != DEC_SIGNAL_COUNT) {
        error_set(PyExc_KeyError, "invalid signal dict");
        return -1;
    }
    for (int i = 0; i < DEC_SIGNAL_COUNT; i++) {
        PyObject *value;
        int found = dict_get(dict, state->signals[i], &value);
        if (found <= 0) {
            if (found == 0) {
                error_set(PyExc_KeyError, "invalid signal dict");
            }
            return -1;
        }
        int on = object_is_true(value);
        decref(value);
        if (on < 0) {
            return -1;
        }
        *flags |= on ? decimal_signals[i].flag : 0;
    }
    return 0;
}

// Which signals are on, as one bit each: conditions of an invalid operation are one signal.
static uint32_t
signal_bits(uint32_t flags)
{
    return flags & DEC_IEEE_INVALID ? flags | DEC_IEEE_INVALID : flags;
}

static PyObject *
signals_richcompare(PyObject *v, PyObject *w, int op)
{
    if (!signals_valid(v)) {
        return NULL;
    }
    DecimalState *state = SIGNALS_STATE(v);
    if (op != Py_EQ && op != Py_NE) {
        return new_ref(Py_NotImplemented);
    }
    uint32_t mine = signal_bits(atomic_load_relaxed_u32(signals_field(v)));
    uint32_t other;
    if (object_type_check(w, state->signal_mixin_type)) {
        if (!signals_valid(w)) {
            return NULL;
        }
        other = signal_bits(atomic_load_relaxed_u32(signals_field(w)));
    }
    else if (dict_check(w)) {
        if (flags_of_dict(state, w, &other) < 0) {
            if (!error_clear_if(PyExc_KeyError)) {
                return NULL;
            }
            return new_ref(Py_NotImplemented);
        }
    }
    else {
        return new_ref(Py_NotImplemented);
    }
    return bool_from_int((mine == other) == (op == Py_EQ));
}

static PyObject *
signals_copy(PyObject *self, PyObject *unused)
{
    if (!signals_valid(self)) {
        return NULL;
    }
    DecimalState *state = SIGNALS_STATE(self);
    uint32_t flags = atomic_load_relaxed_u32(signals_field(self));
    PyObject *dict = dict_new();
    for (int i = 0; i < DEC_SIGNAL_COUNT && dict != NULL; i++) {
        PyObject *value = bool_from_int((flags & decimal_signals[i].flag) != 0);
        if (dict_set(dict, state->signals[i], value) < 0) {
            clear_ref(dict);
        }
    }
    return dict;
}

static PyMethodDef signals_methods[] = {
    {"copy", signals_copy, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot signals_slots[] = {
    {Py_tp_dealloc, signals_dealloc},
    {Py_tp_traverse, signals_traverse},
    {Py_tp_clear, signals_clear},
    {Py_tp_repr, signals_repr},
    {Py_tp_hash, object_hash_not_implemented},
    {Py_tp_getattro, object_generic_getattr},
    {Py_tp_richcompare, signals_richcompare},
    {Py_tp_iter, signals_iter},
    {Py_tp_methods, signals_methods},
    {Py_tp_init, signals_init},
    {Py_tp_new, type_generic_new},
    {Py_mp_length, signals_length},
    {Py_mp_subscript, signals_getitem},
    {Py_mp_ass_subscript, signals_setitem},
    {0, NULL},
};

PyType_Spec decimal_signal_mixin_spec = {
    .name = "decimal.SignalDictMixin",
    .basicsize = sizeof(SignalDict),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC
             | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = signals_slots,
};

PyObject *
decimal_signal_view(DecimalState *state, PyObject *context, bool traps)
{
    PyObject *made = state->signal_dict_type->tp_alloc(state->signal_dict_type, 0);
    if (made != NULL) {
        SIGNALS(made)->context = new_ref(context);
        SIGNALS(made)->traps = traps;
    }
    return made;
}

int
decimal_flags_of_mapping(DecimalState *state, PyObject *value, uint32_t *flags)
{
    if (object_type_check(value, state->signal_mixin_type)) {
        if (!signals_valid(value)) {
            return -1;
        }
        *flags = atomic_load_relaxed_u32(signals_field(value));
        return 0;
    }
    if (dict_check(value)) {
        return flags_of_dict(state, value, flags);
    }
    error_set(PyExc_TypeError, "argument must be a signal dict");
    return -1;
}
