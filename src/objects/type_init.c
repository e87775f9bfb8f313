// Start-up of all static types.
//
// Threading: runs before a second thread exists.
#include "objects/dict.h"
#include "objects/slots.h"
#include "objects/str.h"
#include "objects/type_internal.h"

#define TYPE(symbol) extern PyTypeObject symbol;
#define TYPE_BUILTIN(symbol, name) extern PyTypeObject symbol;
#include "objects/types.def"
#undef TYPE
#undef TYPE_BUILTIN

#define TYPE(symbol) &symbol,
#define TYPE_BUILTIN(symbol, name) &symbol,
PyTypeObject *const type_static_list[] = {
#include "objects/types.def"
    NULL,
};
#undef TYPE
#undef TYPE_BUILTIN

int
types_init(void)
{
    if (slots_init() < 0) {
        return -1;
    }
    // Making a type ready uses instances of types that are not ready yet: they work, because
    // allocation goes by tp_basicsize and flags alone.
    for (PyTypeObject *const *p = type_static_list; *p != NULL; p++) {
        (*p)->tp_flags |= _Py_TPFLAGS_STATIC_BUILTIN | Py_TPFLAGS_IMMUTABLETYPE;
        if (type_ready(*p) < 0) {
            return -1;
        }
    }
    return 0;
}

int
types_add_builtins(PyObject *dict)
{
#define TYPE(symbol)
#define TYPE_BUILTIN(symbol, name) \
    if (dict_set_cstr(dict, #name, (PyObject *)&symbol) < 0) { return -1; }
#include "objects/types.def"
#undef TYPE
#undef TYPE_BUILTIN
    return 0;
}
