// SPDX-License-Identifier: BSD-2-Clause
/*
 * Kfuncs on strings of the program's own memory or the kernel's, read with care
 * one character at a time. Characters are unsigned. -ERANGE for an address that
 * is not the kernel's, even where nothing would be read; -EFAULT where no memory
 * is; -E2BIG past LONGEST characters.
 */
#include "core/kfunc.h"
#include "helper/helper.h"

#define LONGEST      65536
#define KERNEL_SPACE 0xffff800000000000ull

/* The character at `i`, 0 to 255, or -errno. */
static int at(struct run *run, u64 s, u64 i)
{
	u64 addr = s + i;
	u8 c;

	if (!helper_read(run, SPACE_KERNEL, &c, 1, addr))
		return c;
	return addr < KERNEL_SPACE ? -ERANGE : -EFAULT;
}

/* Does it begin where no string of the kernel's or of the program's can be? */
static bool is_foreign(struct run *run, u64 s)
{
	return at(run, s, 0) == -ERANGE;
}

static int lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

static long compare(struct run *run, u64 a, u64 b, bool fold)
{
	if (is_foreign(run, a) || is_foreign(run, b))
		return -ERANGE;
	for (u64 i = 0; i < LONGEST; i++) {
		int x = at(run, a, i), y = x < 0 ? 0 : at(run, b, i);

		if (x < 0 || y < 0)
			return x < 0 ? x : y;
		if (fold)
			x = lower(x), y = lower(y);
		if (x != y)
			return x < y ? -1 : 1;
		if (!x)
			return 0;
	}
	return -E2BIG;
}

/* Where `c` first is among `most` characters; or, with `end`, where the string ends. */
static long find(struct run *run, u64 s, u64 most, int c, bool end)
{
	u64 i;

	if (is_foreign(run, s))
		return -ERANGE;
	for (i = 0; i < most && i < LONGEST; i++) {
		int x = at(run, s, i);

		if (x < 0 || x == c)
			return x < 0 ? x : (long)i;
		if (!x)
			return end ? (long)i : -ENOENT;
	}
	if (i == LONGEST)
		return -E2BIG;
	return end ? (long)i : -ENOENT;
}

/* Characters at the start of `s` that are (or are not) in `set`. */
static long span(struct run *run, u64 s, u64 set, bool in)
{
	if (is_foreign(run, s) || is_foreign(run, set))
		return -ERANGE;
	for (u64 i = 0; i < LONGEST; i++) {
		int c = at(run, s, i);
		long found;

		if (c <= 0)
			return c < 0 ? c : (long)i;
		found = find(run, set, LONGEST, c, false);
		if (found < 0 && found != -ENOENT)
			return found;
		if ((found >= 0) != in)
			return (long)i;
	}
	return -E2BIG;
}

/* Does `b` begin at character `i` of the first `most` of `a`? 0: no, -ENOENT: nor anywhere behind.
 */
static long begins(struct run *run, u64 a, u64 i, u64 most, u64 b)
{
	for (u64 j = 0; j < LONGEST; j++) {
		int x, y = at(run, b, j);

		if (y <= 0)
			return y < 0 ? y : 1;
		if (i + j >= most)
			return -ENOENT;
		x = at(run, a, i + j);
		if (x <= 0)
			return x < 0 ? x : -ENOENT;
		if (x != y)
			return 0;
	}
	return -E2BIG;
}

static long find_string(struct run *run, u64 a, u64 b, u64 most)
{
	if (is_foreign(run, a) || is_foreign(run, b))
		return -ERANGE;
	for (u64 i = 0; i < LONGEST; i++) {
		long is = begins(run, a, i, most, b);

		if (is)
			return is < 0 ? is : (long)i;
	}
	return -E2BIG;
}

HELPER_BODY_OF(kfunc_bpf_strcmp)
{
	return HELPER_RESULT(compare(run, r1, r2, false));
}

HELPER_BODY_OF(kfunc_bpf_strcasecmp)
{
	return HELPER_RESULT(compare(run, r1, r2, true));
}

HELPER_BODY_OF(kfunc_bpf_strchr)
{
	return HELPER_RESULT(find(run, r1, LONGEST, (u8)r2, false));
}

HELPER_BODY_OF(kfunc_bpf_strchrnul)
{
	return HELPER_RESULT(find(run, r1, LONGEST, (u8)r2, true));
}

HELPER_BODY_OF(kfunc_bpf_strnchr)
{
	return HELPER_RESULT(find(run, r1, r2, (u8)r3, false));
}

HELPER_BODY_OF(kfunc_bpf_strrchr)
{
	long last = -ENOENT;

	for (u64 i = 0; i < LONGEST; i++) {
		int c = at(run, r1, i);

		if (c < 0)
			return HELPER_RESULT(c);
		if (c == (s32)r2)
			last = (long)i;
		if (!c)
			return HELPER_RESULT(last);
	}
	return HELPER_RESULT(-E2BIG);
}

HELPER_BODY_OF(kfunc_bpf_strlen)
{
	return HELPER_RESULT(find(run, r1, LONGEST, 0, true));
}

HELPER_BODY_OF(kfunc_bpf_strnlen)
{
	return HELPER_RESULT(find(run, r1, r2, 0, true));
}

HELPER_BODY_OF(kfunc_bpf_strspn)
{
	return HELPER_RESULT(span(run, r1, r2, true));
}

HELPER_BODY_OF(kfunc_bpf_strcspn)
{
	return HELPER_RESULT(span(run, r1, r2, false));
}

HELPER_BODY_OF(kfunc_bpf_strstr)
{
	return HELPER_RESULT(find_string(run, r1, r2, LONGEST));
}

HELPER_BODY_OF(kfunc_bpf_strnstr)
{
	return HELPER_RESULT(find_string(run, r1, r2, r3));
}
