// Well-known strings: ID(name) is the interned, immortal str "name".
//
// Just use it: scripts/gen_identifiers.py collects the uses. Each name is a variable of its own,
// declared where it is used, so that a new name compiles its file and the table alone. Written by
// str_identifiers_init at start-up; immutable afterwards.
#ifndef TYPHON_OBJECTS_IDENTIFIERS_H
#define TYPHON_OBJECTS_IDENTIFIERS_H

#include "abi/object.h"

#define ID(name)                              \
    __extension__({                           \
        extern PyObject *identifier_##name;   \
        identifier_##name;                    \
    })

#endif
