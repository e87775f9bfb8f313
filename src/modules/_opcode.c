// The `_opcode` module: the table of instructions for lib/opcode.py and lib/dis.py.
#include "abi/constants.h"
#include "memory/refcount.h"
#include "modules/module.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/build.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/module.h"
#include "vm_opcode_ids.h"

static const char *const operand_names[] = {
    "none", "out", "in", "use", "inout", "take", "temps", "window", "cell", "const", "name", "jump",
    "num",
};

static const char *
operand(unsigned kind)
{
    return kind < sizeof operand_names / sizeof *operand_names ? operand_names[kind] : "none";
}

// [(number, name, meaning, a, b, c, bc, words, number of the generic form)]
static PyObject *
opcode_table(PyObject *module, PyObject *unused)
{
    PyObject *rows = list_new(0);
    for (int op = 0; op < 256 && rows != NULL; op++) {
        const struct OpcodeInfo *info = &opcode_info[op];
        if (info->name == NULL) {
            continue;
        }
        PyObject *row = value_build("(issssssii)", op, info->name, info->meaning,
                                    operand(info->a), operand(info->b), operand(info->c),
                                    operand(info->bc), (int)info->words, (int)info->family);
        if (row == NULL || list_append_steal(rows, row) < 0) {
            clear_ref(rows);
        }
    }
    return rows;
}

static bool
op_uses(PyObject *arg, unsigned kind, bool *answer)
{
    int op = int_as_int(arg);
    if (op == -1 && error_occurred()) {
        return false;
    }
    *answer = false;
    if (op >= 0 && op < 256 && opcode_info[op].name != NULL) {
        const struct OpcodeInfo *info = &opcode_info[op];
        *answer = info->a == kind || info->b == kind || info->c == kind || info->bc == kind;
    }
    return true;
}

static PyObject *
opcode_is_valid(PyObject *module, PyObject *arg)
{
    int op = int_as_int(arg);
    if (op == -1 && error_occurred()) {
        return NULL;
    }
    return bool_from_int(op >= 0 && op < 256 && opcode_info[op].name != NULL);
}

#define USES(function, kind)                                        \
    static PyObject *function(PyObject *module, PyObject *arg)      \
    {                                                               \
        bool answer;                                                \
        return op_uses(arg, kind, &answer) ? bool_from_int(answer) : NULL; \
    }

USES(opcode_has_const, OPERAND_CONST)
USES(opcode_has_name, OPERAND_NAME)
USES(opcode_has_jump, OPERAND_JUMP)
USES(opcode_has_free, OPERAND_CELL)

static PyObject *
opcode_get_executor(PyObject *module, PyObject *args, PyObject *kwargs)
{
    return error_set(PyExc_RuntimeError, "Executors are not available in this build");
}

static PyObject *
opcode_get_specialization_stats(PyObject *module, PyObject *unused)
{
    return new_ref(Py_None);
}

static PyMethodDef opcode_methods[] = {
    {"table", opcode_table, METH_NOARGS,
     "table($module, /)\n--\n\nAll instructions: (number, name, meaning, a, b, c, bc, words, "
     "generic form)."},
    {"is_valid", opcode_is_valid, METH_O, "is_valid($module, opcode, /)\n--\n\n"},
    {"has_const", opcode_has_const, METH_O, "has_const($module, opcode, /)\n--\n\n"},
    {"has_name", opcode_has_name, METH_O, "has_name($module, opcode, /)\n--\n\n"},
    {"has_jump", opcode_has_jump, METH_O, "has_jump($module, opcode, /)\n--\n\n"},
    {"has_free", opcode_has_free, METH_O, "has_free($module, opcode, /)\n--\n\n"},
    {"get_executor", (PyCFunction)(void (*)(void))opcode_get_executor,
     METH_VARARGS | METH_KEYWORDS, "get_executor($module, /, code, offset)\n--\n\n"},
    {"get_specialization_stats", opcode_get_specialization_stats, METH_NOARGS,
     "get_specialization_stats($module, /)\n--\n\nReturn the specialization stats"},
    {NULL, NULL, 0, NULL},
};

// Specialised forms are put in place as code runs; they are not those of CPython, though.
static int
opcode_exec(PyObject *module)
{
    return module_add_int(module, "ENABLE_SPECIALIZATION", 0) < 0
           || module_add_int(module, "ENABLE_SPECIALIZATION_FT", 0) < 0 ? -1 : 0;
}

static PyModuleDef_Slot opcode_slots[] = {
    {Py_mod_exec, (void *)opcode_exec},
    {0, NULL},
};

static PyModuleDef opcode_definition = {
    .m_name = "_opcode",
    .m_doc = "Opcode support module.",
    .m_methods = opcode_methods,
    .m_slots = opcode_slots,
};

NATIVE_MODULE(_opcode, &opcode_definition)
