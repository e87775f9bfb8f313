// The matcher for characters of 2 bytes; see sre_engine_body.h.
#include <string.h>

#include "modules/sre_engine.h"
#include "modules/sre_internal.h"

#define CHAR Py_UCS2
#define NAME(name) name##_ucs2

#include "modules/sre_engine_body.h"
