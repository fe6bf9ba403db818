// SPDX-License-Identifier: BSD-2-Clause
/*
 * Compiling and linking when memory runs out: the Nth allocation fails, for every
 * N, of either compiler for every target. It says -ENOMEM, nothing is left behind,
 * and what comes afterwards works.
 */
#include "../insn/machine.h"
#include "base/alloc.h"

/* Loops, a switch, calls, a callback, maps, atomics, a large frame, more values than registers. */
static const char source[] = "r6 = r1\n"
			     "r7 = *(u64 *)(r6 +0)\n"
			     "r8 = *(u64 *)(r6 +8)\n"
			     "r9 = *(u64 *)(r6 +16)\n"
			     "*(u64 *)(r10 -8) = r7\n"
			     "*(u64 *)(r10 -16) = r8\n"
			     "*(u32 *)(r10 -24) = 7\n"
			     "*(u64 *)(r10 -256) = r9\n"
			     "*(u64 *)(r10 -264) = 9\n"
			     "lock *(u64 *)(r10 -264) += r7\n"
			     "r1 = 0\n"
			     "again:\n"
			     "r2 = r7\n"
			     "r2 ^= r1\n"
			     "r7 *= 31\n"
			     "r7 += r2\n"
			     "r8 /= 7\n"
			     "w8 %= 10\n"
			     "r9 = bswap64 r9\n"
			     "r1 += 1\n"
			     "if r1 < 20 goto again\n"
			     "w2 = w8\n"
			     "if r2 == 0 goto l0\n"
			     "if r2 == 1 goto l1\n"
			     "if r2 == 2 goto l2\n"
			     "if r2 == 3 goto l3\n"
			     "if r2 == 4 goto l0\n"
			     "if r2 == 5 goto l1\n"
			     "if r2 == 6 goto l2\n"
			     "goto l3\n"
			     "l0:\n"
			     "r9 += 1\n"
			     "goto out\n"
			     "l1:\n"
			     "r9 *= 3\n"
			     "goto out\n"
			     "l2:\n"
			     "r9 ^= r7\n"
			     "goto out\n"
			     "l3:\n"
			     "r9 >>= 3\n"
			     "out:\n"
			     "r1 = r7\n"
			     "r2 = r8\n"
			     "r3 = r9\n"
			     "r4 = 4\n"
			     "r5 = 5\n"
			     "call 1\n"
			     "r7 += r0\n"
			     "r1 = 3\n"
			     "r2 = subprog[+17]\n"
			     "r3 = r10\n"
			     "r3 += -8\n"
			     "r4 = 0\n"
			     "call 3\n"
			     "r7 += r0\n"
			     "r1 = r7\n"
			     "call pc+14\n"
			     "r1 = *(u64 *)(r10 -8)\n"
			     "r0 ^= r1\n"
			     "r1 = *(u64 *)(r10 -256)\n"
			     "r0 += r1\n"
			     "r1 = *(u64 *)(r10 -264)\n"
			     "r0 += r1\n"
			     "r0 += r9\n"
			     "*(u64 *)(r6 +8) = r0\n"
			     "exit\n"
			     /* the callback */
			     "r3 = *(u64 *)(r2 +0)\n"
			     "r3 += r1\n"
			     "*(u64 *)(r2 +0) = r3\n"
			     "r0 = 0\n"
			     "exit\n"
			     /* the subprogram */
			     "r0 = r1\n"
			     "r0 *= 17\n"
			     "exit\n";

static s64 live; /* allocations */

#ifndef __SANITIZE_ADDRESS__ /* it counts for itself */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void __libc_free(void *p);

void *malloc(size_t n)
{
	void *p = __libc_malloc(n);

	live += p != NULL;
	return p;
}

void *calloc(size_t n, size_t size)
{
	void *p = __libc_calloc(n, size);

	live += p != NULL;
	return p;
}

void *realloc(void *old, size_t n)
{
	void *p = __libc_realloc(old, n);

	live += !old && p;
	return p;
}

void free(void *p)
{
	live -= p != NULL;
	__libc_free(p);
}
#endif

static u64 expected;
static u8 expected_mem[32];

static u64 run_once(int (*fn)(struct run *, u64 *), struct image *img, u8 mem[32])
{
	struct outcome o;

	for (u32 i = 0; i < 32; i++)
		mem[i] = (u8)(i * 37);
	o = run_on(&(struct engine){"", fn, false}, img,
		   &(struct input){.mem = mem, .mem_size = 32});
	assert_int_equal(o.err, 0);
	return o.r0;
}

/* 0 or -ENOMEM, all released; linked code runs. */
static int attempt(struct image *img, const struct jit_options *o)
{
	struct jit_code *code = NULL;
	struct jit_linked *linked = NULL;
	struct diag d = {0};
	int err = jit_compile(img, maps, o, &code, &d);

	if (!err && o->target == jit_host().target)
		err = jit_link(code, img, maps, &linked);
	if (err)
		assert_null(linked);
	jit_linked_free(linked);
	jit_code_free(code);
	return err;
}

static void every_allocation(enum jit_target target, enum jit_tier tier, u32 flags)
{
	struct jit_options o = jit_host();
	struct image *img = image_of(source);
	unsigned long n;
	int err;

	if (o.target != target)
		o = (struct jit_options){.target = target};
	o.tier = tier;
	o.flags |= flags;
	err = attempt(img, &o);
	if (err == -EOPNOTSUPP) {
		base_free(img);
		skip();
	}
	assert_int_equal(err, 0);
	for (n = 1, err = -ENOMEM; err && n < 100000; n++) {
		s64 before = live;

		base_alloc_fail_nth(n);
		err = attempt(img, &o);
		base_alloc_fail_nth(0);
		if (err && err != -ENOMEM)
			fail_msg("allocation %lu: errno %d", n, -err);
		if (live != before)
			fail_msg("allocation %lu: %lld are left behind", n,
				 (long long)(live - before));
	}
	print_message("# %lu allocations\n", n - 2);
	assert_true(n > 3 && n < 100000);
	base_free(img);
}

static void test_optimising(void **state)
{
	every_allocation(JIT_X86_64, JIT_TIER_OPTIMISE, 0);
}

static void test_blinded(void **state)
{
	every_allocation(JIT_X86_64, JIT_TIER_OPTIMISE, JIT_BLIND | JIT_FENCE);
}

static void test_baseline(void **state)
{
	every_allocation(JIT_X86_64, JIT_TIER_BASELINE, 0);
}

static void test_aarch64(void **state)
{
	every_allocation(JIT_AARCH64, JIT_TIER_OPTIMISE, 0);
}

/* After all that the code is what it was. */
static void test_afterwards(void **state)
{
	struct image *img = image_of(source);
	u8 mem[32];
	u64 r0;

	expected = run_once(interp_run, img, expected_mem);
	r0 = run_once(jit_fresh, img, mem);
	assert_true(r0 == expected);
	assert_memory_equal(mem, expected_mem, 32);
	base_free(img);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_optimising), cmocka_unit_test(test_blinded),
		cmocka_unit_test(test_baseline),   cmocka_unit_test(test_aarch64),
		cmocka_unit_test(test_afterwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
