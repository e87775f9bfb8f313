// Powers of ten with 128 bits, for number_text.c.
#ifndef TYPHON_OBJECTS_NUMBER_POWERS_H
#define TYPHON_OBJECTS_NUMBER_POWERS_H

#include <stdint.h>

#define NUMBER_POWERS_MIN (-342)
#define NUMBER_POWERS_MAX 324

// Entry k - NUMBER_POWERS_MIN is the least number g of 128 bits with the top bit set so that
// g * 2**(floor(log2 10**k) - 127) >= 10**k: {high, low}.
extern const uint64_t number_powers[NUMBER_POWERS_MAX - NUMBER_POWERS_MIN + 1][2];

#endif
