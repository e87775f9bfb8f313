// Registration of native modules.
//
// A native module is one file in modules/ (or runtime/) whose last line is
// NATIVE_MODULE(name, &definition). scripts/gen_modules.py collects these lines into the table
// that `_imp` and the built-in importer read. Multi-phase initialisation (PEP 489): the
// definition has m_slots.
#ifndef TYPHON_RUNTIME_NATIVE_H
#define TYPHON_RUNTIME_NATIVE_H

#include <stddef.h>

#include "abi/object.h"

typedef struct NativeModule {
    const char *name;                   // as in sys.builtin_module_names
    PyModuleDef *(*definition)(void);
} NativeModule;

// Ends with {NULL, NULL}; generated.
extern const NativeModule native_modules[];

#define NATIVE_MODULE(name, def)                                  \
    PyModuleDef *native_module_##name(void);                      \
    PyModuleDef *native_module_##name(void) { return (def); }

#endif
