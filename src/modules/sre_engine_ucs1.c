// The matcher for characters of 1 byte; see sre_engine_body.h.
#include <string.h>

#include "modules/sre_engine.h"
#include "modules/sre_internal.h"

#define CHAR Py_UCS1
#define NAME(name) name##_ucs1

#include "modules/sre_engine_body.h"
