// Between the files of _collections.
#ifndef TYPHON_MODULES_COLLECTIONS_INTERNAL_H
#define TYPHON_MODULES_COLLECTIONS_INTERNAL_H

#include "modules/native_type.h"

// collections_deque.c
extern PyTypeObject collections_deque_type;
extern PyTypeObject collections_deque_iter_type;
extern PyTypeObject collections_deque_reviter_type;

#endif
