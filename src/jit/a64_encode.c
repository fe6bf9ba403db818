// SPDX-License-Identifier: BSD-2-Clause
/* aarch64: constants, as logical operations take them and as they are made. */
#include "jit/a64_encode.h"

static u64 low_bits(u32 n)
{
	return n >= 64 ? ~0ull : (1ull << n) - 1;
}

static u64 rotate_right(u64 v, u32 n, u32 width)
{
	return n && n < width ? ((v >> n) | (v << (width - n))) & low_bits(width) : v;
}

bool a64_logical_fields(u64 value, bool wide, u32 *fields)
{
	u32 width = 64, ones, rotation;

	if (!wide)
		value = (u32)value | value << 32;
	if (!value || !~value)
		return false;
	while (width > 2 &&
	       (value & low_bits(width / 2)) == (value >> width / 2 & low_bits(width / 2)))
		width /= 2;
	value &= low_bits(width);
	/* Rotated so that it begins with a one behind a zero. */
	rotation = value & 1 ? 64 - (u32)__builtin_clzll(~value & low_bits(width))
			     : (u32)__builtin_ctzll(value);
	value = rotate_right(value, rotation, width);
	ones = (u32)__builtin_popcountll(value);
	if (value != low_bits(ones))
		return false;
	*fields = (u32)(width == 64) << 12 | ((width - rotation) & (width - 1)) << 6 |
		  ((~(width * 2 - 1) & 0x3f) | (ones - 1));
	return true;
}

/* movz or movn for the first part that is not `fill`, movk for the others. */
static u32 by_parts(u32 rd, u64 value, u32 parts, u32 fill, u32 *words)
{
	u32 n = 0;

	for (u32 k = 0; k < parts; k++) {
		u32 part = (u32)(value >> (16 * k)) & 0xffff;

		if (part == fill)
			continue;
		if (n)
			words[n++] = a64_movewide(parts == 4, A64_OP_MOVK, rd, part, k);
		else if (fill)
			words[n++] = a64_movewide(parts == 4, A64_OP_MOVN, rd, part ^ 0xffff, k);
		else
			words[n++] = a64_movewide(parts == 4, A64_OP_MOVZ, rd, part, k);
	}
	if (!n)
		words[n++] = a64_movewide(parts == 4, fill ? A64_OP_MOVN : A64_OP_MOVZ, rd, 0, 0);
	return n;
}

u32 a64_const(u32 rd, u64 value, u32 words[A64_CONST_WORDS])
{
	bool wide = value >> 32;
	u32 parts = wide ? 4 : 2, zeros = 0, ones = 0, fields, n;

	for (u32 k = 0; k < parts; k++) {
		u32 part = (u32)(value >> (16 * k)) & 0xffff;

		zeros += part == 0;
		ones += part == 0xffff;
	}
	if (parts - MAX(zeros, ones) > 1 && a64_logical_fields(value, wide, &fields)) {
		words[0] = a64_logical_imm(wide, A64_OP_ORR, rd, A64_ZR, fields);
		return 1;
	}
	n = by_parts(rd, value, parts, ones > zeros ? 0xffff : 0, words);
	/* A repeated half: made once. */
	if (n > 2 && wide && (u32)value == value >> 32) {
		n = by_parts(rd, (u32)value, 2, 0, words);
		words[n++] = a64_bitfield(true, A64_OP_BFM, rd, rd, 32, 31);
	}
	return n;
}
