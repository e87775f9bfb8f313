// What decimal_power.c needs of decimal_functions.c.
#ifndef TYPHON_MODULES_DECIMAL_FUNCTIONS_H
#define TYPHON_MODULES_DECIMAL_FUNCTIONS_H

#include "modules/decimal_number.h"

// x ** y as exp(y * ln x), with that sign: x > 0 is finite and not 1, y finite and not 0.
void dec_power_real(Dec *r, const Dec *x, const Dec *y, uint8_t sign, const DecContext *ctx,
                    uint32_t *status);

#endif
