// SPDX-License-Identifier: BSD-2-Clause
/* Allocation, vectors, hashes, text, JSON and diagnostics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/diag.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/vec.h"

static void same_as_libc(const char *fmt, ...)
{
	char want[512], got[512];
	struct text t;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(want, sizeof(want), fmt, ap);
	va_end(ap);
	text_init(&t, got, sizeof(got));
	va_start(ap, fmt);
	text_vfmt(&t, fmt, ap);
	va_end(ap);
	assert_string_equal(got, want);
	assert_int_equal(t.len, strlen(want));
}

static void test_format(void **state)
{
	static const char *const flags[] = {"", "-", "0", "+", " ", "#", "-+", "0+", "-#", "0#"};
	static const char *const sizes[] = {"", "1", "5", "20", ".0", ".3", "8.3", "12.5"};
	static const char *const lengths[] = {"hh", "h", "", "l", "ll", "z"};
	static const long values[] = {0,     1,          -1,           7,         255,      -128,
				      65535, 2147483647, -2147483648L, INT64_MAX, INT64_MIN};
	char fmt[32];

	for (size_t f = 0; f < ARRAY_SIZE(flags); f++)
		for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
			for (size_t l = 0; l < ARRAY_SIZE(lengths); l++)
				for (const char *c = "diuxXo"; *c; c++)
					for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
						snprintf(fmt, sizeof(fmt), "<%%%s%s%s%c>", flags[f],
							 sizes[s], lengths[l], *c);
						same_as_libc(fmt, values[v]);
					}
	same_as_libc("%s|%10s|%-10s|%.2s|%.*s|%c|%5c|%%", "abc", "abc", "abc", "abc", 1, "xyz", 'q',
		     'z');
	same_as_libc("%*d|%-*d|", 6, 42, 6, 42);
}

static void test_fixed_text_cuts(void **state)
{
	char buf[8];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	text_puts(&t, "12345");
	text_fmt(&t, "%d", 6789);
	assert_string_equal(buf, "1234567");
	assert_int_equal(t.lost, 2);
	text_pad(&t, 'x', 3);
	assert_int_equal(t.lost, 5);
	text_init(&t, buf, 0);
	text_puts(&t, "x");
	assert_int_equal(t.lost, 1);
}

static void test_growing_text(void **state)
{
	struct text t;
	char *p;

	text_init_grow(&t);
	assert_string_equal(t.buf, "");
	for (int i = 0; i < 1000; i++)
		text_fmt(&t, "%d,", i);
	assert_int_equal(t.lost, 0);
	p = text_take(&t);
	assert_true(!strncmp(p, "0,1,2,", 6));
	base_free(p);
	base_alloc_fail_nth(1);
	text_puts(&t, "lost");
	base_alloc_fail_nth(0);
	assert_int_equal(t.lost, 4);
	assert_null(text_take(&t));
	text_fini(&t);
}

static void test_vec(void **state)
{
	VEC(u64) v = {0};
	u64 sum = 0;

	for (u64 i = 0; i < 1000; i++)
		assert_int_equal(vec_push(&v, i), 0);
	vec_each (&v, i)
		sum += v.data[i];
	assert_int_equal(sum, 999 * 1000 / 2);
	base_alloc_fail_nth(1);
	assert_int_equal(vec_reserve(&v, 100000), -12);
	base_alloc_fail_nth(0);
	assert_int_equal(v.len, 1000);
	vec_fini(&v);
}

/* Random sets, deletions and look-ups against a plain array. */
static void test_hash_model(void **state)
{
	static u64 twin[512];
	struct hash h = {0};
	size_t pos = 0, n = 0;

	srandom(7);
	for (int i = 0; i < 200000; i++) {
		u64 k = random() % ARRAY_SIZE(twin), key = k * 0x1000;

		if (random() % 3) {
			u64 v = random() + 1;

			assert_int_equal(hash_set(&h, key, u64_to_ptr(v)), 0);
			n += !twin[k];
			twin[k] = v;
		} else {
			assert_int_equal(ptr_to_u64(hash_del(&h, key)), twin[k]);
			n -= !!twin[k];
			twin[k] = 0;
		}
		assert_int_equal(h.len, n);
		k = random() % ARRAY_SIZE(twin);
		assert_int_equal(ptr_to_u64(hash_get(&h, k * 0x1000)), twin[k]);
	}
	for (u64 key; hash_next(&h, &pos, &key);)
		n--;
	assert_int_equal(n, 0);
	hash_fini(&h);
	assert_null(hash_get(&h, 1));
	assert_null(hash_del(&h, 1));
}

static void test_json(void **state)
{
	struct text t;
	struct json j;

	text_init_grow(&t);
	json_init(&j, &t);
	json_object(&j);
	json_key(&j, "a");
	json_array(&j);
	json_u64(&j, UINT64_MAX);
	json_s64(&j, INT64_MIN);
	json_bool(&j, true);
	json_null(&j);
	json_object(&j);
	json_end_object(&j);
	json_end_array(&j);
	json_key(&j, "s\"");
	json_strn(&j, "\x01\n\\\xc3\xa9\xff\xed\xa0\x80", 9);
	json_end_object(&j);
	assert_string_equal(t.buf,
			    "{\"a\":[18446744073709551615,-9223372036854775808,true,null,{}],"
			    "\"s\\\"\":\"\\u0001\\n\\\\\xc3\xa9\\u00ff\\u00ed\\u00a0\\u0080\"}");
	text_fini(&t);
}

static void test_diag_first_wins(void **state)
{
	struct diag d;

	diag_init(&d);
	assert_int_equal(diag_set(&d, -22, 5, 3, "bad %s", "thing"), -22);
	assert_int_equal(diag_set(&d, -13, 6, 4, "later"), -13);
	diag_hint(&d, "do %d", 1);
	assert_int_equal(d.id, 5);
	assert_string_equal(d.what, "bad thing");
	assert_string_equal(d.hint, "do 1");
	assert_int_equal(diag_set(NULL, -1, 1, 1, "x"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),          cmocka_unit_test(test_fixed_text_cuts),
		cmocka_unit_test(test_growing_text),    cmocka_unit_test(test_vec),
		cmocka_unit_test(test_hash_model),      cmocka_unit_test(test_json),
		cmocka_unit_test(test_diag_first_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
