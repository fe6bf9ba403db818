// SPDX-License-Identifier: BSD-2-Clause
/* x86-64: jumps of two bytes, or of five and six. */
#include "jit/x86_layout.h"
#include "jit/x86_encode.h"

static u32 size(const struct mach_jump *j)
{
	return !j->is_long ? 2 : j->cond == JUMP_ALWAYS ? 5 : 6;
}

static bool reaches(const struct mach_jump *j, s64 distance)
{
	(void)j;
	return enc_is8(distance - 2);
}

static u8 *put(u8 *p, const struct mach_jump *j, s64 distance)
{
	u32 d = (u32)(distance - size(j));

	if (!j->is_long) {
		p = enc_byte(p, j->cond == JUMP_ALWAYS ? 0xeb : 0x70 | j->cond);
		return enc_byte(p, d);
	}
	p = j->cond == JUMP_ALWAYS ? enc_byte(p, 0xe9) : enc_opcode(p, 0x0f80 | j->cond);
	return enc_word32(p, d);
}

const struct mach_jump_forms x86_jump_forms = {.size = size, .reaches = reaches, .put = put};
