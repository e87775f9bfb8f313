// match statements.
#ifndef TYPHON_VM_PATTERN_H
#define TYPHON_VM_PATTERN_H

#include <stdbool.h>

#include "objects/value.h"

// Whether the type of v has Py_TPFLAGS_SEQUENCE / MAPPING.
bool pattern_has_flag(Value v, unsigned long flag);

// Tuple of the values of mapping under keys (tuple), or None when one is missing.
Value pattern_keys(Value mapping, Value keys);

// Tuple of attributes of subject as class pattern cls(…): `positional` ones through __match_args__ and
// those named by tuple names; or None.
Value pattern_class(Value subject, Value cls, int positional, Value names);

#endif
