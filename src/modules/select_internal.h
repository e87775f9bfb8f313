// What the files of the `select` module share.
#ifndef TYPHON_MODULES_SELECT_INTERNAL_H
#define TYPHON_MODULES_SELECT_INTERNAL_H

#include <stdint.h>

#include "abi/object.h"

// Nanoseconds from now to a moment of the monotonic clock, at least 0.
int64_t select_time_left(int64_t deadline);

// Adds the type epoll and its constants. 0 or -1.
int select_epoll_exec(PyObject *module);

#endif
