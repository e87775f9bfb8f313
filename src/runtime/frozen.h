// Modules whose code is part of the binary.
//
// scripts/gen_frozen.py and the `freeze` program write the table at build time; the freeze program
// itself has an empty one. Data is marshalled code.
#ifndef TYPHON_RUNTIME_FROZEN_H
#define TYPHON_RUNTIME_FROZEN_H

#include <stdbool.h>
#include <stddef.h>

typedef struct FrozenModule {
    const char *name;           // dotted; as imported
    const char *original;       // name of the module in the standard library
    const unsigned char *code;
    size_t size;
    bool is_package;
    bool bootstrap;             // needed before files can be imported: never overridden
} FrozenModule;

// Ends with a NULL name.
extern const FrozenModule frozen_modules[];

#endif
