// Contexts of the `_decimal` module: Context, the current context, and the context manager. See
// decimal_internal.h.
//
// The current context is the value of a ContextVar; where there is none, a copy of DefaultContext
// is made.
//
// Threading: see decimal_internal.h; the views are made under the context's critical section.
#include "base/atomic.h"
#include "memory/heap.h"
#include "modules/decimal_internal.h"
#include "objects/args.h"
#include "objects/context.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "objects/tuple.h"
#include "thread/critical_section.h"

typedef struct {
    PyObject ob_base;
    PyObject *local;        // immutable, owned
    PyObject *global;       // owner: the thread of the with statement
} ManagerObject;

#define CONTEXT(op) ((ContextObject *)(op))

#define ROUNDING_VALUES                                                          \
    "valid values for rounding are:\n"                                           \
    "  [ROUND_CEILING, ROUND_FLOOR, ROUND_UP, ROUND_DOWN,\n"                     \
    "   ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_HALF_EVEN,\n"                      \
    "   ROUND_05UP]"
// ---- fields ----

static inline int64_t
load64(const int64_t *p)
{
    return atomic_load_relaxed_ssize(p);
}

void
decimal_context_read(PyObject *op, DecContext *ctx)
{
    ContextObject *c = CONTEXT(op);
    ctx->prec = load64(&c->prec);
    ctx->emax = load64(&c->emax);
    ctx->emin = load64(&c->emin);
    ctx->round = atomic_load_relaxed_int(&c->round);
    ctx->clamp = atomic_load_relaxed_int(&c->clamp);
}

bool
decimal_context_capitals(PyObject *op)
{
    return atomic_load_relaxed_int(&CONTEXT(op)->capitals) != 0;
}

// ---- making contexts ----

PyObject *
decimal_context_new(DecimalState *state, PyTypeObject *type)
{
    ContextObject *c = (ContextObject *)type->tp_alloc(type, 0);
    if (c == NULL) {
        return NULL;
    }
    c->prec = 28;
    c->emax = 999999;
    c->emin = -999999;
    c->round = DEC_ROUND_HALF_EVEN;
    c->capitals = 1;
    c->traps = DEC_IEEE_INVALID | DEC_DIVISION_BY_ZERO | DEC_OVERFLOW;
    return (PyObject *)c;
}

static void
copy_fields(PyObject *to, PyObject *from)
{
    ContextObject *c = CONTEXT(to);
    DecContext ctx;
    decimal_context_read(from, &ctx);
    c->prec = ctx.prec;
    c->emax = ctx.emax;
    c->emin = ctx.emin;
    c->round = ctx.round;
    c->clamp = ctx.clamp;
    c->capitals = decimal_context_capitals(from);
    c->traps = atomic_load_relaxed_u32(&CONTEXT(from)->traps);
    c->flags = atomic_load_relaxed_u32(&CONTEXT(from)->flags);
}

PyObject *
decimal_context_copy(DecimalState *state, PyObject *context)
{
    PyObject *copy = decimal_context_new(state, state->context_type);
    if (copy != NULL) {
        copy_fields(copy, context);
    }
    return copy;
}

static PyObject *
context_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    DecimalState *state = decimal_state_slow(type, &decimal_context_spec);
    PyObject *context = decimal_context_new(state, type);
    if (context != NULL && state->default_context != NULL) {
        copy_fields(context, state->default_context);
        CONTEXT(context)->flags = 0;
    }
    return context;
}

static int
context_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *fields[3] = {(PyObject *)object_type(self), CONTEXT(self)->traps_dict,
                           CONTEXT(self)->flags_dict};
    for (int i = 0; i < 3; i++) {
        int result = fields[i] == NULL ? 0 : visit(fields[i], arg);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

static int
context_clear(PyObject *self)
{
    clear_ref(CONTEXT(self)->traps_dict);
    clear_ref(CONTEXT(self)->flags_dict);
    return 0;
}

static void
context_dealloc(PyObject *self)
{
    PyTypeObject *type = object_type(self);
    gc_untrack(self);
    (void)context_clear(self);
    type->tp_free(self);
    decref(type);
}

// ---- attributes ----

int
decimal_rounding_argument(DecimalState *state, PyObject *arg)
{
    if (str_check(arg)) {
        for (int i = 0; i < DEC_ROUND_COUNT; i++) {
            if (arg == state->roundings[i] || str_equal(arg, state->roundings[i])) {
                return i;
            }
        }
    }
    error_set(PyExc_TypeError, ROUNDING_VALUES);
    return -1;
}

// A whole number within bounds: false with ValueError of that text.
static bool
bounded(PyObject *value, int64_t low, int64_t high, const char *text, int64_t *result)
{
    if (!int_check(value)) {
        error_set(PyExc_TypeError, "an integer is required");
        return false;
    }
    *result = int_as_ssize(value);
    if (*result == -1 && error_occurred()) {
        return false;
    }
    if (*result < low || *result > high) {
        error_set(PyExc_ValueError, text);
        return false;
    }
    return true;
}

static int
set_prec(PyObject *self, PyObject *value)
{
    int64_t x;
    if (!bounded(value, 1, DEC_MAX_PREC, "valid range for prec is [1, MAX_PREC]", &x)) {
        return -1;
    }
    atomic_store_relaxed_ssize(&CONTEXT(self)->prec, x);
    return 0;
}

static int
set_emax(PyObject *self, PyObject *value)
{
    int64_t x;
    if (!bounded(value, 0, DEC_MAX_EMAX, "valid range for Emax is [0, MAX_EMAX]", &x)) {
        return -1;
    }
    atomic_store_relaxed_ssize(&CONTEXT(self)->emax, x);
    return 0;
}

static int
set_emin(PyObject *self, PyObject *value)
{
    int64_t x;
    if (!bounded(value, DEC_MIN_EMIN, 0, "valid range for Emin is [MIN_EMIN, 0]", &x)) {
        return -1;
    }
    atomic_store_relaxed_ssize(&CONTEXT(self)->emin, x);
    return 0;
}

static int
set_rounding(PyObject *self, PyObject *value)
{
    int mode = decimal_rounding_argument(CONTEXT_STATE(self), value);
    if (mode < 0) {
        return -1;
    }
    atomic_store_relaxed_int(&CONTEXT(self)->round, mode);
    return 0;
}

static int
set_capitals(PyObject *self, PyObject *value)
{
    int64_t x;
    if (!bounded(value, 0, 1, "valid values for capitals are 0 or 1", &x)) {
        return -1;
    }
    atomic_store_relaxed_int(&CONTEXT(self)->capitals, (int)x);
    return 0;
}

static int
set_clamp(PyObject *self, PyObject *value)
{
    int64_t x;
    if (!bounded(value, 0, 1, "valid values for clamp are 0 or 1", &x)) {
        return -1;
    }
    atomic_store_relaxed_int(&CONTEXT(self)->clamp, (int)x);
    return 0;
}

// From a SignalDict or a dict.
static int
set_signals(PyObject *self, PyObject *value, uint32_t *field)
{
    DecimalState *state = CONTEXT_STATE(self);
    uint32_t flags;
    if (decimal_flags_of_mapping(state, value, &flags) < 0) {
        return -1;
    }
    atomic_store_relaxed_u32(field, flags);
    return 0;
}

static int
set_traps(PyObject *self, PyObject *value)
{
    return set_signals(self, value, &CONTEXT(self)->traps);
}

static int
set_flags(PyObject *self, PyObject *value)
{
    return set_signals(self, value, &CONTEXT(self)->flags);
}

typedef int Setter(PyObject *self, PyObject *value);

// In the order of the constructor's arguments.
static const struct {
    const char *name;
    Setter *set;
} context_fields[] = {
    {"prec", set_prec},         {"rounding", set_rounding}, {"Emin", set_emin},
    {"Emax", set_emax},         {"capitals", set_capitals}, {"clamp", set_clamp},
    {"flags", set_flags},       {"traps", set_traps},
};
#define FIELD_COUNT (sizeof context_fields / sizeof *context_fields)

static int
context_setattro(PyObject *self, PyObject *name, PyObject *value)
{
    if (value == NULL) {
        error_set(PyExc_AttributeError, "context attributes cannot be deleted");
        return -1;
    }
    if (str_check(name)) {
        for (size_t i = 6; i < FIELD_COUNT; i++) {
            if (str_equal_cstr(name, context_fields[i].name)) {
                return context_fields[i].set(self, value);
            }
        }
    }
    return object_generic_setattr(self, name, value);
}

// The view of one of the two fields.
static PyObject *
signal_view(PyObject *self, bool traps)
{
    DecimalState *state = CONTEXT_STATE(self);
    PyObject **slot = traps ? &CONTEXT(self)->traps_dict : &CONTEXT(self)->flags_dict;
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *result = xnew_ref(*slot);
    critical_section_end(&cs);
    if (result != NULL) {
        return result;
    }
    PyObject *made = decimal_signal_view(state, self, traps);
    if (made == NULL) {
        return NULL;
    }
    critical_section_begin(&cs, self);
    if (*slot == NULL) {
        *slot = new_ref(made);
    }
    result = new_ref(*slot);
    critical_section_end(&cs);
    decref(made);
    return result;
}

static PyObject *
context_getattro(PyObject *self, PyObject *name)
{
    if (str_check(name)) {
        if (str_equal_cstr(name, "traps")) {
            return signal_view(self, true);
        }
        if (str_equal_cstr(name, "flags")) {
            return signal_view(self, false);
        }
    }
    return object_generic_getattr(self, name);
}

#define GET_INTEGER(name, field)                                                       \
    static PyObject *get_##name(PyObject *self, void *closure)                         \
    {                                                                                  \
        return int_from_i64(load64(&CONTEXT(self)->field));                            \
    }
GET_INTEGER(prec, prec)
GET_INTEGER(emax, emax)
GET_INTEGER(emin, emin)

static PyObject *
get_capitals(PyObject *self, void *closure)
{
    return int_from_i64(decimal_context_capitals(self));
}

static PyObject *
get_clamp(PyObject *self, void *closure)
{
    return int_from_i64(atomic_load_relaxed_int(&CONTEXT(self)->clamp));
}

static PyObject *
get_rounding(PyObject *self, void *closure)
{
    return new_ref(CONTEXT_STATE(self)->roundings[atomic_load_relaxed_int(&CONTEXT(self)->round)]);
}

#define SETTER(name)                                                                   \
    static int put_##name(PyObject *self, PyObject *value, void *closure)              \
    {                                                                                  \
        return set_##name(self, value);                                                \
    }
SETTER(prec)
SETTER(emax)
SETTER(emin)
SETTER(rounding)
SETTER(capitals)
SETTER(clamp)

static PyGetSetDef context_getset[] = {
    {"prec", get_prec, put_prec, NULL, NULL},
    {"Emax", get_emax, put_emax, NULL, NULL},
    {"Emin", get_emin, put_emin, NULL, NULL},
    {"rounding", get_rounding, put_rounding, NULL, NULL},
    {"capitals", get_capitals, put_capitals, NULL, NULL},
    {"clamp", get_clamp, put_clamp, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

// A constructor's argument: flags and traps may also be lists of signals.
static int
init_field(PyObject *self, size_t i, PyObject *value)
{
    if (i >= 6 && list_check(value)) {
        uint32_t flags;
        if (decimal_flags_of_list(CONTEXT_STATE(self), value, &flags) < 0) {
            return -1;
        }
        atomic_store_relaxed_u32(i == 6 ? &CONTEXT(self)->flags : &CONTEXT(self)->traps, flags);
        return 0;
    }
    return context_fields[i].set(self, value);
}

static int
context_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"prec", "rounding", "Emin", "Emax", "capitals", "clamp",
                                        "flags", "traps", NULL};
    static ArgsParser parser = {.keywords = names, .fname = "Context"};
    PyObject *values[FIELD_COUNT] = {NULL};
    if (!args_unpack_keywords(tuple_items(args), tuple_size(args), kwargs, NULL, &parser, 0,
                              FIELD_COUNT, 0, values)) {
        return -1;
    }
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (values[i] != NULL && values[i] != Py_None && init_field(self, i, values[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

// ---- methods ----

// In the order of the conditions' bits.
static int
write_flag_names(StrWriter *w, uint32_t flags)
{
    static const int order[DEC_SIGNAL_COUNT] = {8, 0, 2, 6, 1, 3, 7, 5, 4};
    bool first = true;
    for (int i = 0; i < DEC_SIGNAL_COUNT; i++) {
        const DecimalCondition *signal = &decimal_signals[order[i]];
        if (flags & signal->flag) {
            if (str_writer_format(w, "%s%s", first ? "" : ", ", signal->name) < 0) {
                return -1;
            }
            first = false;
        }
    }
    return 0;
}

static PyObject *
context_repr(PyObject *self)
{
    DecContext ctx;
    decimal_context_read(self, &ctx);
    StrWriter w;
    str_writer_init(&w);
    if (str_writer_format(&w,
                          "Context(prec=%zd, rounding=%S, Emin=%zd, Emax=%zd, capitals=%d, "
                          "clamp=%d, flags=[",
                          (Py_ssize_t)ctx.prec, CONTEXT_STATE(self)->roundings[ctx.round],
                          (Py_ssize_t)ctx.emin, (Py_ssize_t)ctx.emax,
                          (int)decimal_context_capitals(self), ctx.clamp) < 0
        || write_flag_names(&w, atomic_load_relaxed_u32(&CONTEXT(self)->flags)) < 0
        || str_writer_ascii(&w, "], traps=[", -1) < 0
        || write_flag_names(&w, atomic_load_relaxed_u32(&CONTEXT(self)->traps)) < 0
        || str_writer_ascii(&w, "])", -1) < 0) {
        str_writer_discard(&w);
        return NULL;
    }
    return str_writer_finish(&w);
}

PyObject *
decimal_context_clear_flags(PyObject *self, PyObject *unused)
{
    atomic_store_relaxed_u32(&CONTEXT(self)->flags, 0);
    return new_ref(Py_None);
}

PyObject *
decimal_context_clear_traps(PyObject *self, PyObject *unused)
{
    atomic_store_relaxed_u32(&CONTEXT(self)->traps, 0);
    return new_ref(Py_None);
}

PyObject *
decimal_context_copy_method(PyObject *self, PyObject *unused)
{
    return decimal_context_copy(CONTEXT_STATE(self), self);
}

PyObject *
decimal_context_reduce(PyObject *self, PyObject *unused)
{
    DecimalState *state = CONTEXT_STATE(self);
    DecContext ctx;
    decimal_context_read(self, &ctx);
    PyObject *flags = decimal_list_of_flags(state, atomic_load_relaxed_u32(&CONTEXT(self)->flags));
    PyObject *traps = decimal_list_of_flags(state, atomic_load_relaxed_u32(&CONTEXT(self)->traps));
    PyObject *result = NULL;
    if (flags != NULL && traps != NULL) {
        PyObject *fields[8] = {
            int_from_i64(ctx.prec),
            new_ref(state->roundings[ctx.round]),
            int_from_i64(ctx.emin),
            int_from_i64(ctx.emax),
            int_from_i64(decimal_context_capitals(self)),
            int_from_i64(ctx.clamp),
            new_ref(flags),
            new_ref(traps),
        };
        PyObject *values = tuple_from_array_steal(fields, 8);
        result = tuple_pair_steal(new_ref((PyObject *)object_type(self)), values);
    }
    xdecref(flags);
    xdecref(traps);
    return result;
}

PyObject *
decimal_context_etiny(PyObject *self, PyObject *unused)
{
    DecContext ctx;
    decimal_context_read(self, &ctx);
    return int_from_i64(dec_etiny(&ctx));
}

PyObject *
decimal_context_etop(PyObject *self, PyObject *unused)
{
    DecContext ctx;
    decimal_context_read(self, &ctx);
    return int_from_i64(dec_etop(&ctx));
}

static PyType_Slot context_slots[] = {
    {Py_tp_token, &decimal_context_spec},
    {Py_tp_dealloc, context_dealloc},
    {Py_tp_traverse, context_traverse},
    {Py_tp_clear, context_clear},
    {Py_tp_repr, context_repr},
    {Py_tp_getattro, context_getattro},
    {Py_tp_setattro, context_setattro},
    {Py_tp_methods, decimal_context_methods},
    {Py_tp_getset, context_getset},
    {Py_tp_init, context_init},
    {Py_tp_new, context_tp_new},
    {Py_tp_doc,
     "Context(prec=None, rounding=None, Emin=None, Emax=None, capitals=None, clamp=None, "
     "flags=None, traps=None)\n--\n\n"
     "The precision, the rounding, the limits of exponents, the flags and the traps of decimal "
     "arithmetic.\nArguments that are left out are those of DefaultContext."},
    {0, NULL},
};

PyType_Spec decimal_context_spec = {
    .name = "decimal.Context",
    .basicsize = sizeof(ContextObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC
             | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = context_slots,
};

// ---- the current context ----

PyObject *
decimal_current_context(DecimalState *state)
{
    PyObject *context;
    if (context_var_get(state->context_var, NULL, &context) > 0) {
        return context;
    }
    context = decimal_context_copy(state, state->default_context);
    if (context == NULL) {
        return NULL;
    }
    CONTEXT(context)->flags = 0;
    PyObject *token = context_var_set(state->context_var, context);
    if (token == NULL) {
        decref(context);
        return NULL;
    }
    decref(token);
    return context;
}

int
decimal_set_current_context(DecimalState *state, PyObject *context)
{
    if (!context_check_object(state, context)) {
        error_set(PyExc_TypeError, "argument must be a context");
        return -1;
    }
    // The templates stay what they are.
    PyObject *current;
    if (context == state->default_context || context == state->basic_context
        || context == state->extended_context) {
        current = decimal_context_copy(state, context);
        if (current == NULL) {
            return -1;
        }
        CONTEXT(current)->flags = 0;
    }
    else {
        current = new_ref(context);
    }
    PyObject *token = context_var_set(state->context_var, current);
    decref(current);
    xdecref(token);
    return token == NULL ? -1 : 0;
}

PyObject *
decimal_context_argument(DecimalState *state, PyObject *arg)
{
    if (arg == NULL || arg == Py_None) {
        return decimal_current_context(state);
    }
    if (!context_check_object(state, arg)) {
        return error_set(PyExc_TypeError, "optional argument must be a context");
    }
    return new_ref(arg);
}

// ---- the context manager ----

static int
manager_traverse(PyObject *self, visitproc visit, void *arg)
{
    ManagerObject *m = (ManagerObject *)self;
    PyObject *fields[3] = {(PyObject *)object_type(self), m->local, m->global};
    for (int i = 0; i < 3; i++) {
        int result = fields[i] == NULL ? 0 : visit(fields[i], arg);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

static int
manager_clear(PyObject *self)
{
    clear_ref(((ManagerObject *)self)->local);
    clear_ref(((ManagerObject *)self)->global);
    return 0;
}

static void
manager_dealloc(PyObject *self)
{
    PyTypeObject *type = object_type(self);
    gc_untrack(self);
    (void)manager_clear(self);
    type->tp_free(self);
    decref(type);
}

static PyObject *
manager_enter(PyObject *self, PyObject *unused)
{
    ManagerObject *m = (ManagerObject *)self;
    if (decimal_set_current_context(CONTEXT_STATE(m->local), m->local) < 0) {
        return NULL;
    }
    return new_ref(m->local);
}

static PyObject *
manager_exit(PyObject *self, PyObject *args)
{
    ManagerObject *m = (ManagerObject *)self;
    if (decimal_set_current_context(CONTEXT_STATE(m->local), m->global) < 0) {
        return NULL;
    }
    return new_ref(Py_False);
}

static PyMethodDef manager_methods[] = {
    {"__enter__", manager_enter, METH_NOARGS, NULL},
    {"__exit__", manager_exit, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot manager_slots[] = {
    {Py_tp_dealloc, manager_dealloc},
    {Py_tp_traverse, manager_traverse},
    {Py_tp_clear, manager_clear},
    {Py_tp_getattro, object_generic_getattr},
    {Py_tp_methods, manager_methods},
    {0, NULL},
};

PyType_Spec decimal_manager_spec = {
    .name = "decimal.ContextManager",
    .basicsize = sizeof(ManagerObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE
             | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = manager_slots,
};

PyObject *
decimal_local_context(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                      PyObject *kwnames)
{
    static const char *const names[] = {"ctx", "prec", "rounding", "Emin", "Emax", "capitals",
                                        "clamp", "flags", "traps", NULL};
    static ArgsParser parser = {.keywords = names, .fname = "localcontext"};
    DecimalState *state = decimal_module_state(module);
    PyObject *values[1 + FIELD_COUNT] = {NULL};
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 0, 1, 0, values)) {
        return NULL;
    }
    PyObject *global = decimal_current_context(state);
    if (global == NULL) {
        return NULL;
    }
    PyObject *source = values[0] == NULL || values[0] == Py_None ? global : values[0];
    ManagerObject *manager = NULL;
    PyObject *local = NULL;
    if (!context_check_object(state, source)) {
        error_set(PyExc_TypeError, "optional argument must be a context");
        goto done;
    }
    local = decimal_context_copy(state, source);
    for (size_t i = 0; i < FIELD_COUNT && local != NULL; i++) {
        PyObject *value = values[1 + i];
        if (value != NULL && value != Py_None && init_field(local, i, value) < 0) {
            goto done;
        }
    }
    if (local != NULL) {
        manager = (ManagerObject *)state->manager_type->tp_alloc(state->manager_type, 0);
    }
    if (manager != NULL) {
        manager->local = new_ref(local);
        manager->global = new_ref(global);
    }
done:
    xdecref(local);
    decref(global);
    return (PyObject *)manager;
}
