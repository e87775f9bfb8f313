// bool: see bool.h. The two instances are static, immortal ints of one digit.
//
// Threading: immutable.
#include "objects/bool.h"

#include "objects/args.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/str.h"
#include "objects/type.h"

#define BOOL_HEAD                                                                            \
    .ob_base = {                                                                             \
        .ob_flags = 4, .ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyBool_Type,          \
    }

PyLongObject _Py_FalseStruct = {BOOL_HEAD, .long_value = {.lv_tag = 1, .ob_digit = {0}}};
PyLongObject _Py_TrueStruct = {
    BOOL_HEAD, .long_value = {.lv_tag = 1 << INT_SIZE_SHIFT, .ob_digit = {1}}};

static PyObject *
bool_repr(PyObject *self)
{
    return self == Py_True ? ID(True) : ID(False);
}

static PyObject *
bool_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *value = NULL;
    if (!args_no_keywords("bool", kwargs) || !args_unpack_tuple(args, "bool", 0, 1, &value)) {
        return NULL;
    }
    int truth = value != NULL ? object_is_true(value) : 0;
    return truth < 0 ? NULL : bool_from_int(truth);
}

static PyObject *
bool_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = (Py_ssize_t)(nargsf & ~PY_VECTORCALL_ARGUMENTS_OFFSET);
    if (!args_no_kwnames("bool", kwnames) || !args_check_positional("bool", nargs, 0, 1)) {
        return NULL;
    }
    int truth = nargs ? object_is_true(args[0]) : 0;
    return truth < 0 ? NULL : bool_from_int(truth);
}

// A truth value for two bools; otherwise an int.
#define BOOL_OPERATOR(name, op)                                                              \
    static PyObject *bool_##name(PyObject *a, PyObject *b)                                   \
    {                                                                                        \
        if (!bool_check(a) || !bool_check(b)) {                                              \
            return PyLong_Type.tp_as_number->nb_##name(a, b);                                \
        }                                                                                    \
        return bool_from_int((a == Py_True) op (b == Py_True));                              \
    }

BOOL_OPERATOR(and, &)
BOOL_OPERATOR(or, |)
BOOL_OPERATOR(xor, ^)

static PyObject *
bool_invert(PyObject *self)
{
    if (error_warn(PyExc_DeprecationWarning, 1,
                   "Bitwise inversion '~' on bool is deprecated and will be removed in "
                   "Python 3.16. This returns the bitwise inversion of the underlying int object "
                   "and is usually not what you expect from the negation of a bool object. Use "
                   "the 'not' operator for boolean negation or ~int(x) for the bitwise inversion "
                   "of the underlying int.") < 0) {
        return NULL;
    }
    return int_invert(self);
}

// Immortal: only a broken extension gets here.
static void
bool_dealloc(PyObject *self)
{
    self->ob_ref_local = REF_IMMORTAL_LOCAL;
}

static PyNumberMethods bool_as_number = {
    .nb_invert = bool_invert,
    .nb_and = bool_and,
    .nb_xor = bool_xor,
    .nb_or = bool_or,
};

PyTypeObject PyBool_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "bool",
    .tp_basicsize = offsetof(PyLongObject, long_value.ob_digit),
    .tp_itemsize = sizeof(digit),
    .tp_dealloc = bool_dealloc,
    .tp_repr = bool_repr,
    .tp_as_number = &bool_as_number,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "bool(object=False, /)\n--\n\n"
              "Returns True when the argument is true, False otherwise.\n"
              "The builtins True and False are the only two instances of the class bool.\n"
              "The class bool is a subclass of the class int, and cannot be subclassed.",
    .tp_base = &PyLong_Type,
    .tp_new = bool_new,
    .tp_vectorcall = bool_vectorcall,
};
