// Between the files of _functools.
#ifndef TYPHON_MODULES_FUNCTOOLS_INTERNAL_H
#define TYPHON_MODULES_FUNCTOOLS_INTERNAL_H

#include "modules/native_type.h"

// functools_partial.c
extern PyTypeObject functools_partial_type;
extern PyTypeObject functools_placeholder_type;
extern PyObject functools_placeholder;

// functools_cache.c
extern PyTypeObject functools_lru_cache_type;
extern PyTypeObject functools_lru_link_type;

#endif
