// The matcher for characters of 4 bytes; see sre_engine_body.h.
#include <string.h>

#include "modules/sre_engine.h"
#include "modules/sre_internal.h"

#define CHAR Py_UCS4
#define NAME(name) name##_ucs4

#include "modules/sre_engine_body.h"
