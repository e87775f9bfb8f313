// CALL_INTRINSIC_1 and _2: what has no instruction of its own.
#ifndef TYPHON_VM_INTRINSICS_H
#define TYPHON_VM_INTRINSICS_H

#include "vm/frame_layout.h"

// Own values, VALUE_UNSET with an exception; operands are borrowed. which: INTRINSIC_*.
Value intrinsic_1(Value *fp, int which, Value v);
Value intrinsic_2(Value *fp, int which, Value a, Value b);

#endif
