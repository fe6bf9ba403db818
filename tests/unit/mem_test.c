// SPDX-License-Identifier: BSD-2-Clause
/* The agent's memory functions against libc's, at every small size, offset and overlap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

void *mem_memcpy(void *restrict dst, const void *restrict src, size_t n);
void *mem_memmove(void *dst, const void *src, size_t n);
void *mem_memset(void *dst, int c, size_t n);
int mem_memcmp(const void *a, const void *b, size_t n);
#define memcpy  mem_memcpy
#define memmove mem_memmove
#define memset  mem_memset
#define memcmp  mem_memcmp
#include "base/mem.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp

#define BYTES 2048
#define SMALL 80

static u8 source[BYTES], ours[BYTES], libcs[BYTES];

static void fresh(void)
{
	for (size_t i = 0; i < BYTES; i++)
		source[i] = ours[i] = libcs[i] = (u8)(i * 7 + i / 256);
}

static void test_copy(void **state)
{
	static const size_t sizes[] = {127, 128, 511, 512, 513, 1000, 1500};

	for (size_t n = 0; n < SMALL + ARRAY_SIZE(sizes); n++)
		for (size_t off = 0; off < 17; off++) {
			size_t size = n < SMALL ? n : sizes[n - SMALL];

			fresh();
			assert_ptr_equal(mem_memcpy(ours + off, source + 16 - off, size),
					 ours + off);
			memcpy(libcs + off, source + 16 - off, size);
			assert_memory_equal(ours, libcs, BYTES);
		}
}

static void test_overlap(void **state)
{
	static const size_t sizes[] = {0,  1,  2,  3,  7,  8,   9,   15, 16,
				       17, 23, 24, 25, 64, 511, 513, 900};

	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
		for (int shift = -40; shift <= 40; shift++) {
			fresh();
			assert_ptr_equal(mem_memmove(ours + 100 + shift, ours + 100, sizes[s]),
					 ours + 100 + shift);
			memmove(libcs + 100 + shift, libcs + 100, sizes[s]);
			assert_memory_equal(ours, libcs, BYTES);
		}
}

static void test_set(void **state)
{
	for (size_t n = 0; n < 1100; n++)
		for (size_t off = 0; off < 9; off++) {
			fresh();
			assert_ptr_equal(mem_memset(ours + off, 0x1a5, n), ours + off);
			memset(libcs + off, 0xa5, n);
			assert_memory_equal(ours, libcs, BYTES);
		}
}

static int sign(int v)
{
	return v < 0 ? -1 : v > 0;
}

static void test_compare(void **state)
{
	for (size_t n = 0; n < SMALL; n++)
		for (size_t at = 0; at <= n; at++)
			for (int step = -1; step <= 1; step++) {
				fresh();
				ours[at] = (u8)(source[at] + step);
				/* A later difference must not count. */
				ours[at + 1] ^= 0x80;
				assert_int_equal(sign(mem_memcmp(ours, source, n)),
						 sign(memcmp(ours, source, n)));
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_compare),
	};

	return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
