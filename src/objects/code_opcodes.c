// The table of instructions, generated from vm/opcodes.def: for the assembler, code objects, dumps
// and the _opcode module. Immutable.
#include "vm_opcode_ids.h"

const struct OpcodeInfo opcode_info[256] = {
#include "vm_opcode_info.inc"
};
