// The `_json` module: what json.scanner, json.decoder and json.encoder use for speed. The scanner is in
// json_scan.c, the encoder in json_encode.c, strings are written by json_text.c.
//
// Threading: no state.
#include "modules/json_internal.h"
#include "modules/module.h"
#include "modules/native_type.h"
#include "objects/module.h"

static PyMethodDef json_methods[] = {
    {"encode_basestring_ascii", json_encode_basestring_ascii, METH_O,
     "encode_basestring_ascii(string) -> string\n\n"
     "Return the JSON representation of a string in ASCII characters."},
    {"encode_basestring", json_encode_basestring, METH_O,
     "encode_basestring(string) -> string\n\n"
     "Return the JSON representation of a string."},
    {"scanstring", FASTCALL(json_scanstring), METH_FASTCALL,
     "scanstring(string, end, strict=True) -> (string, end)\n\n"
     "Read the JSON string whose first character, after the quote, is at index end.\n"
     "Returns its text and the index of the character behind the closing quote.\n"
     "Raises ValueError for what is no JSON string. Unless strict, control characters\n"
     "are allowed in it."},
    {NULL, NULL, 0, NULL},
};

static int
json_exec(PyObject *module)
{
    if (type_ready(&json_scanner_type) < 0 || type_ready(&json_encoder_type) < 0) {
        return -1;
    }
    return module_add(module, "make_scanner", (PyObject *)&json_scanner_type) < 0
                   || module_add(module, "make_encoder", (PyObject *)&json_encoder_type) < 0
               ? -1 : 0;
}

static PyModuleDef_Slot json_slots[] = {
    {Py_mod_exec, json_exec},
    {0, NULL},
};

static PyModuleDef json_definition = {
    .m_name = "_json",
    .m_doc = "json speedups\n",
    .m_methods = json_methods,
    .m_slots = json_slots,
};

NATIVE_MODULE(_json, &json_definition)
