// What the files of the `time` module share.
#ifndef TYPHON_MODULES_TIME_INTERNAL_H
#define TYPHON_MODULES_TIME_INTERNAL_H

#include "abi/object.h"

// Calendar functions (time_calendar.c) and clocks (time.c).
extern PyMethodDef time_calendar_methods[];

// struct_time and the constants of the time zone. 0 or -1.
int time_calendar_exec(PyObject *module);

#endif
