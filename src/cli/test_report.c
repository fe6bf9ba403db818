// SPDX-License-Identifier: BSD-2-Clause
/* What a case of `cygnet test` found different. */
#include <stdio.h>
#include <string.h>

#include "cli/test_map.h"

#define SHOWN 16 /* bytes around a difference */

void test_failure(struct test_report *r, const char *what, const char *expected, const char *got)
{
	struct test_difference d = {base_strdup(what), base_strdup(expected), base_strdup(got)};

	if (!d.what || !d.expected || !d.got || vec_push(&r->failures, d))
		r->broken = true;
}

static void put_bytes(struct text *t, const u8 *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		text_fmt(t, i % 4 || !i ? "%02x" : " %02x", p[i]);
	if (!size)
		text_puts(t, "nothing");
}

/* The bytes from `at` on. */
static void window(struct text *t, const u8 *p, size_t size, size_t at)
{
	size_t n = at < size ? MIN(size - at, (size_t)SHOWN) : 0;

	text_init_grow(t);
	put_bytes(t, p + at, n);
	if (at + n < size)
		text_puts(t, " ...");
}

void test_compare_bytes(struct test_report *r, const char *what, const u8 *want, size_t want_size,
			const u8 *got, size_t got_size, const u8 *mask)
{
	size_t both = MIN(want_size, got_size), at = 0;
	char where[64], a[32], b[32];
	struct text x, y;

	while (at < both && (want[at] == got[at] || (mask && !mask[at])))
		at++;
	while (mask && at < want_size && !mask[at])
		at++;
	if (at == want_size && (mask || want_size == got_size))
		return;
	if (!mask && want_size != got_size) {
		snprintf(where, sizeof(where), "size of the %s", what);
		snprintf(a, sizeof(a), "%zu bytes", want_size);
		snprintf(b, sizeof(b), "%zu bytes", got_size);
		test_failure(r, where, a, b);
		if (at == both)
			return;
	}
	snprintf(where, sizeof(where), "%s from byte %zu", what, at);
	window(&x, want, want_size, at);
	window(&y, got, got_size, at);
	test_failure(r, where, x.buf ?: "", y.buf ?: "");
	text_fini(&x);
	text_fini(&y);
}

void test_report_text(const struct test_report *r, struct text *out)
{
	vec_each (&r->failures, i) {
		const struct test_difference *d = &r->failures.data[i];

		text_fmt(out, "# %s: expected %s\n", d->what, d->expected);
		text_fmt(out, "# %*s       got %s\n", (int)strlen(d->what), "", d->got);
	}
}

void test_report_json(const struct test_report *r, struct json *j)
{
	json_key(j, "failures");
	json_array(j);
	vec_each (&r->failures, i) {
		const struct test_difference *d = &r->failures.data[i];

		json_object(j);
		json_key(j, "what");
		json_str(j, d->what);
		json_key(j, "expected");
		json_str(j, d->expected);
		json_key(j, "got");
		json_str(j, d->got);
		json_end_object(j);
	}
	json_end_array(j);
}

void test_report_fini(struct test_report *r)
{
	vec_each (&r->failures, i) {
		base_free(r->failures.data[i].what);
		base_free(r->failures.data[i].expected);
		base_free(r->failures.data[i].got);
	}
	vec_fini(&r->failures);
}
