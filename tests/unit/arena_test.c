// SPDX-License-Identifier: BSD-2-Clause
/* Arenas, and what containers do when the Nth allocation fails. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/vec.h"

static void test_arena(void **state)
{
	struct arena a = {0};
	u8 *seen[500];

	for (size_t i = 0; i < ARRAY_SIZE(seen); i++) {
		size_t size = i * 37 % 3000;

		seen[i] = arena_alloc(&a, size);
		assert_non_null(seen[i]);
		assert_int_equal((uintptr_t)seen[i] % _Alignof(max_align_t), 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(seen[i][k], 0);
		memset(seen[i], (int)i, size);
	}
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++)
		for (size_t k = 0; k < i * 37 % 3000; k++)
			assert_int_equal(seen[i][k], (u8)i);
	assert_non_null(arena_alloc(&a, 5 << 20));
	assert_string_equal(arena_strdup(&a, "twice"), "twice");
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_alloc(&a, SIZE_MAX - 64));
	arena_fini(&a);
	assert_int_equal(a.bytes, 0);
	assert_non_null(arena_alloc(&a, 1));
	arena_fini(&a);
}

/* What was used is used again, cleared; what is above the limit is given back. */
static void test_reset(void **state)
{
	struct arena a = {0};
	size_t bytes;
	u8 *first, *p;

	first = arena_alloc(&a, 3000);
	memset(first, 1, 3000);
	for (u32 i = 0; i < 100; i++)
		memset(arena_alloc(&a, 1000), 1, 1000);
	bytes = a.bytes;
	arena_reset(&a, SIZE_MAX);
	assert_int_equal(a.bytes, 0);
	p = arena_alloc(&a, 3000);
	assert_ptr_equal(p, first);
	for (u32 i = 0; i < 3000; i++)
		assert_int_equal(p[i], 0);
	for (u32 i = 0; i < 100; i++)
		assert_non_null(arena_alloc(&a, 1000));
	assert_int_equal(a.bytes, bytes);
	assert_null(a.spare);
	arena_reset(&a, bytes / 2);
	assert_non_null(a.spare);
	arena_reset(&a, 100);
	assert_null(a.spare);
	assert_null(a.chunks);
	arena_fini(&a);
}

/* One of everything; 0, or -ENOMEM with nothing left behind. */
static int use_everything(void)
{
	struct arena a = {0};
	struct hash h = {0};
	VEC(u32) v = {0};
	struct text t;
	struct json j;
	char *taken;
	int err = 0;

	text_init_grow(&t);
	json_init(&j, &t);
	json_array(&j);
	for (u32 i = 0; i < 300 && !err; i++) {
		err = vec_push(&v, i) ?: hash_set(&h, i, &v);
		if (!err && !arena_alloc(&a, 100))
			err = -ENOMEM;
		json_u64(&j, i);
	}
	json_end_array(&j);
	if (!err && (v.len != 300 || h.len != 300 || hash_get(&h, 299) != &v))
		err = -EFAULT;
	taken = text_take(&t);
	if (!err && !taken)
		err = -ENOMEM;
	base_free(taken);
	vec_fini(&v);
	hash_fini(&h);
	arena_fini(&a);
	return err;
}

static void test_every_allocation_fails(void **state)
{
	unsigned long n = 0, failures = 0;
	int err;

	do {
		base_alloc_fail_nth(++n);
		err = use_everything();
		assert_true(err == 0 || err == -ENOMEM);
		failures += err == -ENOMEM;
	} while (base_alloc_count() >= n);
	base_alloc_fail_nth(0);
	assert_int_equal(err, 0);
	assert_int_equal(failures, n - 1);
	assert_true(n > 20);
}

static void test_hash_survives_failure(void **state)
{
	struct hash h = {0};
	int value;
	u64 key;

	for (key = 0; key < 1000; key++) {
		base_alloc_fail_nth(1);
		if (hash_set(&h, key, &value)) {
			base_alloc_fail_nth(0);
			for (u64 k = 0; k < key; k++)
				assert_ptr_equal(hash_get(&h, k), &value);
			assert_null(hash_get(&h, key));
			assert_int_equal(hash_set(&h, key, &value), 0);
		}
		base_alloc_fail_nth(0);
	}
	hash_fini(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_every_allocation_fails),
		cmocka_unit_test(test_hash_survives_failure),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
