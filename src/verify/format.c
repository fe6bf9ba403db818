// SPDX-License-Identifier: BSD-2-Clause
/*
 * Formats that are known when a program is loaded: bpf_snprintf's lies in a
 * frozen map, so what is wrong with it is the program's fault then, not a
 * run's. The rules are those by which it is printed:
 *
 *	%[flags 0+- and space][width] then d i u x X (l, ll), c, s,
 *	p px pK ps pS pB, pks pus, pI4 pi4 pI6 pi6
 *
 * A conversion of a string or a plain address ends at a space, punctuation or
 * the end.
 */
#include "verify/call.h"

/* Latin-1, as the kernel's tables have it. */
static bool is_space(u8 c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0;
}

static bool is_alnum(u8 c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z' && c < 0x80) ||
	       (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

static bool is_control(u8 c)
{
	return c < ' ' || (c >= 0x7f && c < 0xa0);
}

static bool is_end(u8 c)
{
	return !c || is_space(c) || !(is_alnum(c) || is_control(c));
}

static const u8 *string(const u8 *f)
{
	return is_end(f[1]) ? f + 1 : NULL;
}

/* f is at the p. */
static const u8 *pointer(const u8 *f)
{
	if (is_end(f[1]))
		return f + 1;
	if ((f[1] == 'k' || f[1] == 'u') && f[2] == 's')
		return string(f + 2);
	switch (f[1]) {
	case 'x':
	case 'K':
	case 's':
	case 'S':
	case 'B': return f + 2;
	case 'i':
	case 'I': return f[2] == '4' || f[2] == '6' ? f + 3 : NULL;
	default: return NULL;
	}
}

/* f is behind the %; what follows the conversion, or NULL. */
static const u8 *conversion(const u8 *f)
{
	while (*f == '0' || *f == '+' || *f == '-' || *f == ' ')
		f++;
	while (*f >= '0' && *f <= '9')
		f++;
	switch (*f) {
	case 'p': return pointer(f);
	case 's': return string(f);
	case 'c': return f + 1;
	}
	for (u32 n = 0; n < 2 && *f == 'l'; n++)
		f++;
	return *f == 'd' || *f == 'i' || *f == 'u' || *f == 'x' || *f == 'X' ? f + 1 : NULL;
}

bool verify_format_suits(const u8 *f, u32 args)
{
	u32 used = 0;

	while (*f) {
		if (*f < 0x80 && is_control(*f) && !is_space(*f))
			return false;
		if (*f++ != '%')
			continue;
		if (*f == '%') {
			f++;
			continue;
		}
		if (used++ >= args)
			return false;
		f = conversion(f);
		if (!f)
			return false;
	}
	return true;
}

int verify_format_call(struct verifier *v)
{
	const struct verify_map *map = verify_reg(v, 3)->map;
	u64 bytes = verify_reg(v, 5)->s.bits.value, word;
	u32 at, len;
	bool suits;
	u8 *text;
	int err = verify_const_string(v, 3, &at, &len);

	if (err)
		return err;
	if (bytes % 8)
		return verify_fail_reg(v, 5, MSG_FORMAT_DATA);
	text = verify_block_alloc(v, len + 8);
	if (!text)
		return -ENOMEM;
	for (u32 i = 0, n; i <= len; i += n) {
		n = MIN(len + 1 - i, 8u);
		map->read(map, at + i, n, &word);
		__builtin_memcpy(text + i, &word, n);
	}
	suits = verify_format_suits(text, (u32)(bytes / 8));
	verify_block_free(v, text, len + 8);
	return suits ? 0 : verify_fail_reg(v, 3, MSG_FORMAT);
}
