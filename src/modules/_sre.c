// The `_sre` module: what Lib/re needs of the engine. See sre_internal.h.
#include <ctype.h>
#include <string.h>

#include "abi/constants.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "modules/module.h"
#include "modules/sre_internal.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/unicode_data.h"

// The code list as words; mem_alloc'ed. NULL with an exception.
static uint32_t *
read_code(PyObject *list, Py_ssize_t *size)
{
    *size = list_size(list);
    uint32_t *code = mem_alloc_or_error((size_t)(*size + 1) * sizeof *code);
    for (Py_ssize_t i = 0; i < *size && code != NULL; i++) {
        PyObject *item = list_get(list, i);
        if (item != NULL && !int_check(item)) {
            error_set(PyExc_TypeError, "an integer is required");
            clear_ref(item);
        }
        uint64_t word = item != NULL ? int_as_u64(item) : UINT64_MAX;
        xdecref(item);
        if (word > UINT32_MAX) {
            if (!error_occurred()) {
                error_set(PyExc_OverflowError, "regular expression code size limit exceeded");
            }
            mem_free(code);
            code = NULL;
        }
        else {
            code[i] = (uint32_t)word;
        }
    }
    return code;
}

static PyObject *
sre_compile(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"pattern", "flags", "code", "groups", "groupindex",
                                        "indexgroup", NULL};
    PyObject *pattern;
    int flags;
    PyObject *list;
    Py_ssize_t groups;
    PyObject *groupindex;
    PyObject *indexgroup;
    if (!args_parse_static(args, kwargs, "OiO!nO!O!:compile", names, &pattern, &flags,
                           &PyList_Type, &list, &groups, &PyDict_Type, &groupindex, &PyTuple_Type,
                           &indexgroup)) {
        return NULL;
    }
    if (pattern != Py_None && !str_check(pattern)) {
        Py_buffer view;
        if (buffer_get(pattern, &view, PyBUF_SIMPLE) < 0) {
            return NULL;
        }
        buffer_release(&view);
    }
    Py_ssize_t size;
    uint32_t *code = read_code(list, &size);
    PyObject *result = NULL;
    if (code != NULL && sre_check_code(code, size, groups) == 0) {
        result = sre_pattern_new(pattern, flags, code, size, groups, groupindex, indexgroup);
    }
    mem_free(code);
    return result;
}

static PyObject *
sre_template(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("template", nargs, 2, 2)) {
        return NULL;
    }
    return sre_template_new(args[0], args[1]);
}

static PyObject *
sre_getcodesize(PyObject *module, PyObject *unused)
{
    return int_from_i64(sizeof(uint32_t));
}

static int
character(PyObject *arg, Py_UCS4 *ch)
{
    int value = int_as_int(arg);
    if (value == -1 && error_occurred()) {
        return -1;
    }
    *ch = (Py_UCS4)value;
    return 0;
}

static PyObject *
ascii_iscased(PyObject *module, PyObject *arg)
{
    Py_UCS4 ch;
    return character(arg, &ch) < 0 ? NULL : bool_from_int(ch < 128 && isalpha((int)ch));
}

static PyObject *
unicode_iscased(PyObject *module, PyObject *arg)
{
    Py_UCS4 ch;
    if (character(arg, &ch) < 0) {
        return NULL;
    }
    Py_UCS4 upper[3];
    return bool_from_int(ch != sre_lower_unicode(ch) || unicode_to_upper_full(ch, upper) != 1 ||
                         ch != upper[0]);
}

static PyObject *
ascii_tolower(PyObject *module, PyObject *arg)
{
    Py_UCS4 ch;
    return character(arg, &ch) < 0 ? NULL : int_from_i64(sre_lower_ascii(ch));
}

static PyObject *
unicode_tolower(PyObject *module, PyObject *arg)
{
    Py_UCS4 ch;
    return character(arg, &ch) < 0 ? NULL : int_from_i64(sre_lower_unicode(ch));
}

static PyMethodDef sre_methods[] = {
    {"compile", (PyCFunction)(void (*)(void))sre_compile, METH_VARARGS | METH_KEYWORDS,
     "compile($module, /, pattern, flags, code, groups, groupindex,\n        indexgroup)\n--\n\n"},
    {"template", (PyCFunction)(void (*)(void))sre_template, METH_FASTCALL,
     "template($module, pattern, template, /)\n--\n\n\n\n"
     "  template\n    A list containing interleaved literal strings (str or bytes) and group\n"
     "    indices (int), as returned by re._parser.parse_template():\n"
     "        literal1, group1, ..., literalN, groupN"},
    {"getcodesize", sre_getcodesize, METH_NOARGS, "getcodesize($module, /)\n--\n\n"},
    {"ascii_iscased", ascii_iscased, METH_O, "ascii_iscased($module, character, /)\n--\n\n"},
    {"unicode_iscased", unicode_iscased, METH_O, "unicode_iscased($module, character, /)\n--\n\n"},
    {"ascii_tolower", ascii_tolower, METH_O, "ascii_tolower($module, character, /)\n--\n\n"},
    {"unicode_tolower", unicode_tolower, METH_O, "unicode_tolower($module, character, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static int
sre_exec(PyObject *module)
{
    PyTypeObject *const types[] = {&sre_pattern_type, &sre_match_type, &sre_scanner_type,
                                   &sre_template_type};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (type_ready(types[i]) < 0) {
            return -1;
        }
    }
    return module_add_int(module, "MAGIC", SRE_MAGIC) < 0
                   || module_add_int(module, "CODESIZE", sizeof(uint32_t)) < 0
                   || module_add_int(module, "MAXREPEAT", SRE_MAXREPEAT) < 0
                   || module_add_int(module, "MAXGROUPS", SRE_MAXGROUPS) < 0
                   || module_add_cstr(module, "copyright",
                                      " SRE engine of Typhon, the Typhon authors ") < 0
               ? -1 : 0;
}

static PyModuleDef_Slot sre_slots[] = {
    {Py_mod_exec, sre_exec},
    {0, NULL},
};

static PyModuleDef sre_definition = {
    .m_name = "_sre",
    .m_methods = sre_methods,
    .m_slots = sre_slots,
};

NATIVE_MODULE(_sre, &sre_definition)
