/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An input on which a refused program really does what it was refused for: a
 * packet and a context, found by running it on many in the checked interpreter,
 * which stops at the first access that memory does not allow.
 */
#ifndef CLI_WITNESS_H
#define CLI_WITNESS_H

#include "base/types.h"

struct cygnet;

#define WITNESS_PACKET 512
#define WITNESS_CTX    192

struct witness {
	bool found;
	u32 runs;                /* inputs tried */
	u32 data_size, ctx_size; /* 0: not part of the input */
	u8 data[WITNESS_PACKET], ctx[WITNESS_CTX];
	u32 kind;       /* enum run_fault_kind */
	u64 addr, size; /* of the access */
};

/*
 * `fd`: the program, loaded into `inst` although it was refused; `insns`, `count`
 * its instructions, whose constants inputs are made of. Looks for a fault at
 * instruction `insn`. False: none found, or programs of the type are not run that way.
 */
bool witness_find(struct cygnet *inst, int fd, u32 prog_type, const void *insns, u32 count,
		  u32 insn, struct witness *out);

#endif
