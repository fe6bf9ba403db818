// SPDX-License-Identifier: BSD-2-Clause
/*
 * The four functions compilers call on their own, for the agent, which has no
 * libc; x86-64, general registers only: at a probe site vector registers hold
 * the target's values.
 *
 * Up to 16 bytes two overlapping words; up to MANY a loop of words and one
 * overlapping word at the end; beyond, `rep movsb`, which current processors
 * run at vector speed. Every head and tail is loaded before anything is
 * stored, so the forward copy is right for any destination that lies before
 * its source, and memmove needs its own loop for the other direction only.
 */
#include "base/types.h"

#define MANY 512

typedef u64 __attribute__((may_alias, aligned(1))) word;
typedef u32 __attribute__((may_alias, aligned(1))) half;
typedef u16 __attribute__((may_alias, aligned(1))) quarter;

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

static inline void copy_small(u8 *d, const u8 *s, size_t n)
{
	if (n >= 8) {
		u64 head = *(const word *)s, tail = *(const word *)(s + n - 8);

		*(word *)d = head;
		*(word *)(d + n - 8) = tail;
	} else if (n >= 4) {
		u32 head = *(const half *)s, tail = *(const half *)(s + n - 4);

		*(half *)d = head;
		*(half *)(d + n - 4) = tail;
	} else if (n >= 2) {
		u16 head = *(const quarter *)s, tail = *(const quarter *)(s + n - 2);

		*(quarter *)d = head;
		*(quarter *)(d + n - 2) = tail;
	} else if (n) {
		*d = *s;
	}
}

static inline void copy_forward(u8 *d, const u8 *s, size_t n)
{
	u64 tail;

	if (n <= 16) {
		copy_small(d, s, n);
		return;
	}
	if (n > MANY) {
		__asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
		return;
	}
	tail = *(const word *)(s + n - 8);
	for (; n > 8; n -= 8, d += 8, s += 8)
		*(word *)d = *(const word *)s;
	*(word *)(d + n - 8) = tail;
}

static inline void copy_backward(u8 *d, const u8 *s, size_t n)
{
	u64 head;

	if (n <= 16) {
		copy_small(d, s, n);
		return;
	}
	head = *(const word *)s;
	for (; n > 8; n -= 8)
		*(word *)(d + n - 8) = *(const word *)(s + n - 8);
	*(word *)d = head;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	copy_forward(dst, src, n);
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	/* The difference wraps when dst lies before src. */
	if (ptr_to_u64(dst) - ptr_to_u64(src) >= n)
		copy_forward(dst, src, n);
	else
		copy_backward(dst, src, n);
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	u64 fill = (u8)c * 0x0101010101010101ull;
	u8 *d = dst;

	if (n > MANY) {
		__asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
		return dst;
	}
	if (n < 8) {
		for (size_t i = 0; i < n; i++)
			d[i] = (u8)c;
		return dst;
	}
	for (size_t i = 0; i + 8 < n; i += 8)
		*(word *)(d + i) = fill;
	*(word *)(d + n - 8) = fill;
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *x = a, *y = b;

	for (; n >= 8; n -= 8, x += 8, y += 8) {
		u64 v = *(const word *)x, w = *(const word *)y;

		if (v != w) {
			v = __builtin_bswap64(v);
			w = __builtin_bswap64(w);
			return v < w ? -1 : 1;
		}
	}
	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}
