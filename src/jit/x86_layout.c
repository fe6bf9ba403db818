// SPDX-License-Identifier: BSD-2-Clause
/* x86-64: jumps of two bytes, or of five and six. */
#include <string.h>
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

/* The fewest instructions: each at most 9 bytes. */
static u8 *pad(u8 *p, u32 n)
{
	static const u8 nops[10][9] = {
		{0},
		{0x90},
		{0x66, 0x90},
		{0x0f, 0x1f, 0x00},
		{0x0f, 0x1f, 0x40, 0x00},
		{0x0f, 0x1f, 0x44, 0x00, 0x00},
		{0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
		{0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
		{0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
		{0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
	};

	while (n) {
		u32 one = MIN(n, 9u);

		memcpy(p, nops[one], one);
		p += one;
		n -= one;
	}
	return p;
}

const struct mach_jump_forms x86_jump_forms = {
	.size = size, .reaches = reaches, .put = put, .pad = pad};
