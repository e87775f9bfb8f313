// Modules whose code is part of the binary.
//
// The `freeze` program writes the table at build time; it has an empty one itself. Data is marshalled
// code.
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

// The code of all modules lies together, in the order of the table, so that it can leave memory once it
// has been read. The linker defines the symbol at its start.
#define FROZEN_SECTION __attribute__((section("frozen")))
extern const unsigned char __start_frozen[] __attribute__((weak));

// Ends with a NULL name.
extern const FrozenModule frozen_modules[];

#endif
