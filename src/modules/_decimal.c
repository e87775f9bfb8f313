// The `_decimal` module: General Decimal Arithmetic. This file makes the module's state: types,
// exceptions, constants and templates. The numbers are in decimal_number.h, the objects in
// decimal_internal.h.
//
// Threading: the state is written by the module's exec only.
#include "modules/decimal_internal.h"

#include "memory/heap.h"
#include "modules/module.h"
#include "objects/args.h"
#include "objects/build.h"
#include "objects/call.h"
#include "objects/context.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "runtime/import.h"

#define FASTCALL(f) ((PyCFunction)(void (*)(void))(f))
#define IEEE_MAX_BITS 512

DecimalState *
decimal_module_state(PyObject *module)
{
    return module_get_state(module);
}

DecimalState *
decimal_state_slow(PyTypeObject *type, void *token)
{
    PyTypeObject *base = NULL;
    (void)type_get_base_by_token(type, token, &base);
    DecimalState *state = decimal_type_state(base);
    decref(base);       // kept alive by type
    return state;
}

// ---- functions ----

static PyObject *
decimal_getcontext(PyObject *module, PyObject *unused)
{
    return decimal_current_context(decimal_module_state(module));
}

static PyObject *
decimal_setcontext(PyObject *module, PyObject *context)
{
    return decimal_set_current_context(decimal_module_state(module), context) < 0
               ? NULL : new_ref(Py_None);
}

// The context of an IEEE 754 interchange format.
static PyObject *
decimal_ieee_context(PyObject *module, PyObject *arg)
{
    DecimalState *state = decimal_module_state(module);
    Py_ssize_t bits = int_check(arg) ? int_as_ssize(arg) : -1;
    if (!int_check(arg)) {
        return error_format(PyExc_TypeError, "'%s' object cannot be interpreted as an integer",
                            object_type(arg)->tp_name);
    }
    if (bits == -1 && error_occurred()) {
        return NULL;
    }
    if (bits <= 0 || bits > IEEE_MAX_BITS || bits % 32 != 0) {
        return error_format(PyExc_ValueError,
                            "argument must be a multiple of 32, with a maximum of %d",
                            IEEE_MAX_BITS);
    }
    PyObject *context = decimal_context_new(state, state->context_type);
    if (context != NULL) {
        ContextObject *c = (ContextObject *)context;
        c->prec = 9 * (bits / 32) - 2;
        c->emax = 3 * ((int64_t)1 << (bits / 16 + 3));
        c->emin = 1 - c->emax;
        c->round = DEC_ROUND_HALF_EVEN;
        c->clamp = 1;
        c->traps = 0;
        c->flags = 0;
    }
    return context;
}

static PyMethodDef decimal_functions[] = {
    {"getcontext", decimal_getcontext, METH_NOARGS,
     "getcontext($module, /)\n--\n\nThe current context."},
    {"setcontext", decimal_setcontext, METH_O,
     "setcontext($module, context, /)\n--\n\nMake a context the current one."},
    {"localcontext", FASTCALL(decimal_local_context), METH_FASTCALL | METH_KEYWORDS,
     "localcontext($module, ctx=None, **kwargs)\n--\n\n"
     "A context manager that makes a copy of ctx, or of the current context, the current one\n"
     "for the body of a with statement."},
    {"IEEEContext", decimal_ieee_context, METH_O,
     "IEEEContext($module, bits, /)\n--\n\n"
     "The context of the IEEE 754 interchange format with that many bits."},
    {NULL, NULL, 0, NULL},
};

// ---- exceptions ----

// A class decimal.NAME with these bases (the last may be NULL), added to the module.
static PyObject *
make_exception(PyObject *module, const char *name, PyObject *base, PyObject *second,
               PyObject *third)
{
    char full[64] = "decimal.";
    size_t at = 8;
    for (const char *c = name; *c != '\0' && at < sizeof full - 1; c++) {
        full[at++] = *c;
    }
    PyObject *bases = third != NULL    ? tuple_pack(3, base, second, third)
                      : second != NULL ? tuple_pack(2, base, second)
                                       : tuple_pack(1, base);
    PyObject *result = bases != NULL ? error_new_exception(full, bases, NULL) : NULL;
    xdecref(bases);
    if (result != NULL && module_add(module, name, result) < 0) {
        clear_ref(result);
    }
    return result;
}

static int
make_exceptions(PyObject *module, DecimalState *state)
{
    PyObject *root = make_exception(module, "DecimalException", PyExc_ArithmeticError, NULL, NULL);
    if (root == NULL) {
        return -1;
    }
    enum { INVALID, FLOAT, ZERO, OVERFLOWS, UNDERFLOWS, SUBNORMAL, INEXACT, ROUNDED, CLAMPED };
    PyObject **s = state->signals;
    static const int plain[] = {INVALID, SUBNORMAL, INEXACT, ROUNDED, CLAMPED};
    bool ok = true;
    for (size_t i = 0; i < sizeof plain / sizeof *plain && ok; i++) {
        int k = plain[i];
        s[k] = make_exception(module, decimal_signals[k].name, root, NULL, NULL);
        ok = s[k] != NULL;
    }
    if (ok) {
        s[FLOAT] = make_exception(module, "FloatOperation", root, PyExc_TypeError, NULL);
        s[ZERO] = make_exception(module, "DivisionByZero", root, PyExc_ZeroDivisionError, NULL);
        s[OVERFLOWS] = make_exception(module, "Overflow", s[INEXACT], s[ROUNDED], NULL);
        s[UNDERFLOWS] = make_exception(module, "Underflow", s[INEXACT], s[ROUNDED], s[SUBNORMAL]);
        ok = s[FLOAT] != NULL && s[ZERO] != NULL && s[OVERFLOWS] != NULL && s[UNDERFLOWS] != NULL;
    }
    decref(root);
    if (!ok) {
        return -1;
    }
    state->conditions[0] = new_ref(s[INVALID]);
    for (int i = 1; i < DEC_CONDITION_COUNT; i++) {
        PyObject *second = decimal_conditions[i].flag == DEC_DIVISION_UNDEFINED
                               ? PyExc_ZeroDivisionError : NULL;
        state->conditions[i] = make_exception(module, decimal_conditions[i].name, s[INVALID],
                                              second, NULL);
        if (state->conditions[i] == NULL) {
            return -1;
        }
    }
    state->signal_keys = tuple_from_array(s, DEC_SIGNAL_COUNT);
    return state->signal_keys == NULL ? -1 : 0;
}

// ---- classes ----

static PyTypeObject *
make_type(PyObject *module, PyType_Spec *spec, const char *name)
{
    PyObject *type = type_from_module_spec(module, spec, NULL);
    if (type != NULL && name != NULL && module_add(module, name, type) < 0) {
        clear_ref(type);
    }
    return (PyTypeObject *)type;
}

// The class of flags and traps: the native half and MutableMapping.
static PyTypeObject *
make_signal_dict(DecimalState *state)
{
    PyObject *mapping = import_attribute("collections.abc", "MutableMapping");
    if (mapping == NULL) {
        return NULL;
    }
    PyObject *metaclass = (PyObject *)object_type(mapping);
    PyObject *name = str_from_cstr("SignalDict");
    PyObject *bases = tuple_pack(2, state->signal_mixin_type, mapping);
    PyObject *dict = dict_new();
    PyObject *result = NULL;
    if (name != NULL && bases != NULL && dict != NULL) {
        result = object_call_objargs(metaclass, name, bases, dict, NULL);
    }
    xdecref(name);
    xdecref(bases);
    xdecref(dict);
    decref(mapping);
    return (PyTypeObject *)result;
}

// collections.namedtuple("DecimalTuple", "sign digits exponent", module="decimal").
static PyObject *
make_decimal_tuple(PyObject *module)
{
    PyObject *factory = import_attribute("collections", "namedtuple");
    PyObject *args = value_build("(ss)", "DecimalTuple", "sign digits exponent");
    PyObject *kwargs = value_build("{ss}", "module", "decimal");
    PyObject *result = NULL;
    if (factory != NULL && args != NULL && kwargs != NULL) {
        result = object_call(factory, args, kwargs);
    }
    xdecref(factory);
    xdecref(args);
    xdecref(kwargs);
    if (result != NULL && module_add(module, "DecimalTuple", result) < 0) {
        clear_ref(result);
    }
    return result;
}

static int
register_number(DecimalState *state)
{
    PyObject *number = import_attribute("numbers", "Number");
    PyObject *done = number == NULL ? NULL
                                    : object_call_method(number, ID(register),
                                                         state->decimal_type, NULL);
    xdecref(number);
    xdecref(done);
    state->rational = import_attribute("numbers", "Rational");
    return done == NULL || state->rational == NULL ? -1 : 0;
}

static int
make_types(PyObject *module, DecimalState *state)
{
    state->decimal_type = make_type(module, &decimal_type_spec, "Decimal");
    state->context_type = make_type(module, &decimal_context_spec, "Context");
    state->manager_type = make_type(module, &decimal_manager_spec, NULL);
    state->signal_mixin_type = make_type(module, &decimal_signal_mixin_spec, NULL);
    if (state->decimal_type == NULL || state->context_type == NULL || state->manager_type == NULL
        || state->signal_mixin_type == NULL) {
        return -1;
    }
    state->signal_dict_type = make_signal_dict(state);
    state->decimal_tuple = make_decimal_tuple(module);
    if (state->signal_dict_type == NULL || state->decimal_tuple == NULL) {
        return -1;
    }
    return register_number(state);
}

// ---- constants and templates ----

static PyObject *
make_template(PyObject *module, DecimalState *state, const char *name, int64_t prec, int round,
              uint32_t traps)
{
    PyObject *context = decimal_context_new(state, state->context_type);
    if (context != NULL) {
        ContextObject *c = (ContextObject *)context;
        c->prec = prec;
        c->round = round;
        c->traps = traps;
        if (module_add(module, name, context) < 0) {
            clear_ref(context);
        }
    }
    return context;
}

static int
make_templates(PyObject *module, DecimalState *state)
{
    const uint32_t errors = DEC_IEEE_INVALID | DEC_DIVISION_BY_ZERO | DEC_OVERFLOW;
    state->basic_context = make_template(module, state, "BasicContext", 9, DEC_ROUND_HALF_UP,
                                         errors | DEC_UNDERFLOW | DEC_CLAMPED);
    state->extended_context = make_template(module, state, "ExtendedContext", 9,
                                            DEC_ROUND_HALF_EVEN, 0);
    state->default_context = make_template(module, state, "DefaultContext", 28,
                                           DEC_ROUND_HALF_EVEN, errors);
    PyObject *name = str_intern_cstr("decimal_context");
    state->context_var = name != NULL ? context_var_new(name, NULL) : NULL;
    xdecref(name);
    return state->basic_context == NULL || state->extended_context == NULL
                   || state->default_context == NULL || state->context_var == NULL
               ? -1 : 0;
}

static int
make_constants(PyObject *module, DecimalState *state)
{
    static const char *const roundings[DEC_ROUND_COUNT] = {
        "ROUND_UP", "ROUND_DOWN", "ROUND_CEILING", "ROUND_FLOOR",
        "ROUND_HALF_UP", "ROUND_HALF_DOWN", "ROUND_HALF_EVEN", "ROUND_05UP",
    };
    for (int i = 0; i < DEC_ROUND_COUNT; i++) {
        state->roundings[i] = str_intern_cstr(roundings[i]);
        if (state->roundings[i] == NULL
            || module_add(module, roundings[i], state->roundings[i]) < 0) {
            return -1;
        }
    }
    static const struct { const char *name; long long value; } numbers[] = {
        {"MAX_PREC", DEC_MAX_PREC}, {"MAX_EMAX", DEC_MAX_EMAX}, {"MIN_EMIN", DEC_MIN_EMIN},
        {"MIN_ETINY", DEC_MIN_ETINY}, {"IEEE_CONTEXT_MAX_BITS", IEEE_MAX_BITS},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (module_add_int(module, numbers[i].name, numbers[i].value) < 0) {
            return -1;
        }
    }
    return module_add(module, "HAVE_THREADS", Py_True) < 0
                   || module_add(module, "HAVE_CONTEXTVAR", Py_True) < 0
                   || module_add_cstr(module, "__version__", "1.70") < 0
                   || module_add_cstr(module, "__libmpdec_version__", "2.5.1") < 0
               ? -1 : 0;
}

// ---- the module ----

static int
decimal_exec(PyObject *module)
{
    DecimalState *state = decimal_module_state(module);
    if (make_exceptions(module, state) < 0 || make_constants(module, state) < 0
        || make_types(module, state) < 0 || make_templates(module, state) < 0) {
        return -1;
    }
    return 0;
}

#define OBJECT_COUNT (sizeof(DecimalState) / sizeof(PyObject *))

static int
decimal_traverse(PyObject *module, visitproc visit, void *arg)
{
    // The state holds nothing but references.
    PyObject **objects = module_get_state(module);
    for (size_t i = 0; objects != NULL && i < OBJECT_COUNT; i++) {
        int result = objects[i] == NULL ? 0 : visit(objects[i], arg);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

static void
decimal_module_free(void *module)
{
    PyObject **objects = module_get_state(module);
    for (size_t i = 0; objects != NULL && i < OBJECT_COUNT; i++) {
        clear_ref(objects[i]);
    }
}

static PyModuleDef_Slot decimal_module_slots[] = {
    {Py_mod_exec, decimal_exec},
    {Py_mod_multiple_interpreters, (void *)2},
    {Py_mod_gil, (void *)1},
    {0, NULL},
};

static PyModuleDef decimal_definition = {
    .m_name = "_decimal",
    .m_doc = "C decimal arithmetic module",
    .m_size = sizeof(DecimalState),
    .m_methods = decimal_functions,
    .m_slots = decimal_module_slots,
    .m_traverse = decimal_traverse,
    .m_free = decimal_module_free,
};

NATIVE_MODULE(_decimal, &decimal_definition)
