// What every native module includes: the registration macro NATIVE_MODULE.
#ifndef TYPHON_MODULES_MODULE_H
#define TYPHON_MODULES_MODULE_H

#include "runtime/native.h"

#endif
