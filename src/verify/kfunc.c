// SPDX-License-Identifier: BSD-2-Clause
/* Calls of kernel functions. */
#include "verify/verifier.h"

int verify_kfunc_call(struct verifier *v, const struct isa_op *op, u32 *next, bool *done)
{
	(void)next;
	(void)done;
	return verify_fail(v, MSG_KFUNC, (int)op->imm);
}
