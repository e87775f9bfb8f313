// Shared by the files of the `math` module.
#ifndef TYPHON_MODULES_MATH_INTERNAL_H
#define TYPHON_MODULES_MATH_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/object.h"

// ValueError "math domain error" / OverflowError "math range error"; return NULL.
void *math_domain_error(void);
void *math_range_error(void);

// The argument as a double; false with an exception.
bool math_argument(PyObject *arg, double *x);

// The double `steps` after x towards y (neither is NaN).
double math_step(double x, double y, uint64_t steps);

extern PyMethodDef math_integer_methods[];
extern PyMethodDef math_sum_methods[];

#endif
