// SPDX-License-Identifier: BSD-2-Clause
/* Text in programs: formatting, numbers, comparison. */
#include "helper/format.h"
#include "helper/helper.h"

HELPER_BODY(snprintf_)
{
	u32 data_len = (u32)r5;
	long n;

	if (data_len % 8 || data_len > FORMAT_MAX_ARGS * 8 || (data_len && !r4))
		return HELPER_RESULT(-EINVAL);
	n = format_bpf(run, u64_to_ptr(r1), (u32)r2, u64_to_ptr(r3), UINT32_MAX, u64_to_ptr(r4),
		       data_len / 8);
	return HELPER_RESULT(n < 0 ? n : n + 1);
}

/* Flags of the number parsers: the base in the low five bits, nothing else. */
#define BASE_MASK  0x1full
#define MAX_DIGITS 63 /* characters looked at behind the sign */

static bool is_space(u8 c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0;
}

static u32 digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 255;
}

/* Settles base 0 and steps over 0x; the number of characters stepped over. */
static u32 parse_prefix(const char *s, u32 len, u32 *base)
{
	bool hex = len > 1 && s[0] == '0' && (s[1] | 0x20) == 'x';

	if (*base == 0)
		*base = len && s[0] == '0' ? (hex && len > 2 && digit(s[2]) < 16 ? 16 : 8) : 10;
	return *base == 16 && hex ? 2 : 0;
}

/* Characters used, sign and spaces included, or -EINVAL, -ERANGE. */
static long parse_number(const char *s, u32 len, u64 flags, u64 *out, bool *negative)
{
	u32 base = flags & BASE_MASK, i = 0, first, end;
	u64 v = 0;

	if (!len || flags & ~BASE_MASK || (base != 0 && base != 8 && base != 10 && base != 16))
		return -EINVAL;
	while (i < len && is_space((u8)s[i]))
		i++;
	*negative = i < len && s[i] == '-';
	i += *negative;
	end = MIN(len, i + MAX_DIGITS);
	i += parse_prefix(s + i, end - i, &base);
	for (first = i; i < end && digit(s[i]) < base; i++)
		if (__builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, digit(s[i]), &v))
			return -ERANGE;
	if (i == first)
		return -EINVAL;
	*out = v;
	return i;
}

HELPER_BODY(strtol_)
{
	s64 *out = u64_to_ptr(r4);
	bool negative;
	u64 v;
	long n;

	*out = 0;
	n = parse_number(u64_to_ptr(r1), (u32)r2, r3, &v, &negative);
	if (n < 0)
		return HELPER_RESULT(n);
	if (v > (u64)INT64_MAX + negative)
		return HELPER_RESULT(-ERANGE);
	*out = negative ? -v : v;
	return n;
}

HELPER_BODY(strtoul_)
{
	u64 *out = u64_to_ptr(r4), v;
	bool negative;
	long n;

	*out = 0;
	n = parse_number(u64_to_ptr(r1), (u32)r2, r3, &v, &negative);
	if (n < 0)
		return HELPER_RESULT(n);
	if (negative)
		return HELPER_RESULT(-EINVAL);
	*out = v;
	return n;
}

HELPER_BODY(strncmp_)
{
	const u8 *a = u64_to_ptr(r1), *b = u64_to_ptr(r3);

	for (u32 i = 0; i < (u32)r2; i++) {
		if (a[i] != b[i])
			return HELPER_RESULT(a[i] < b[i] ? -1 : 1);
		if (!a[i])
			break;
	}
	return 0;
}

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_snprintf,
	 .name = "bpf_snprintf",
	 .fn = snprintf_,
	 .args = {ARG_MEM_WRITE_OR_NULL, ARG_SIZE_OR_ZERO, ARG_CONST_STR, ARG_MEM_OR_NULL,
		  ARG_SIZE_OR_ZERO},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x050d,
	 .doc = "Formats up to 12 arguments into memory; the length with the NUL"},
	{.id = BPF_FUNC_strtol,
	 .name = "bpf_strtol",
	 .fn = strtol_,
	 .args = {ARG_MEM, ARG_SIZE, ARG_ANY, ARG_MEM_FIXED_WRITE},
	 .fixed_size = {0, 0, 0, 8},
	 .since = 0x0502,
	 .doc = "Parses a signed number; the characters used"},
	{.id = BPF_FUNC_strtoul,
	 .name = "bpf_strtoul",
	 .fn = strtoul_,
	 .args = {ARG_MEM, ARG_SIZE, ARG_ANY, ARG_MEM_FIXED_WRITE},
	 .fixed_size = {0, 0, 0, 8},
	 .since = 0x0502,
	 .doc = "Parses an unsigned number; the characters used"},
	{.id = BPF_FUNC_strncmp,
	 .name = "bpf_strncmp",
	 .fn = strncmp_,
	 .args = {ARG_MEM, ARG_SIZE, ARG_CONST_STR},
	 .since = 0x0511,
	 .doc = "Compares a string with a constant one: -1, 0 or 1"},
};
HELPER_FAMILY(helper_text_family, protos);
