// _string: the parsers of str.format, for string.Formatter.
#include "modules/module.h"

#include "abi/constants.h"
#include "objects/format.h"

static PyObject *
string_formatter_parser(PyObject *module, PyObject *text)
{
    return format_parser_iter(text);
}

static PyObject *
string_formatter_field_name_split(PyObject *module, PyObject *text)
{
    return format_field_name_split(text);
}

static PyMethodDef string_methods[] = {
    {"formatter_field_name_split", string_formatter_field_name_split, METH_O,
     "split the argument as a field name"},
    {"formatter_parser", string_formatter_parser, METH_O, "parse the argument as a format string"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot string_slots[] = {
    {0, NULL},
};

static PyModuleDef string_module = {
    .m_name = "_string",
    .m_doc = "string helper module",
    .m_methods = string_methods,
    .m_slots = string_slots,
};

NATIVE_MODULE(_string, &string_module)
