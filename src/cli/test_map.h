/* SPDX-License-Identifier: BSD-2-Clause */
/* What a case of `cygnet test` found different, and the maps it fills and compares. */
#ifndef CLI_TEST_MAP_H
#define CLI_TEST_MAP_H

#include "base/json.h"
#include "cli/test_case.h"
#include "cli/unit.h"

struct test_difference {
	char *what, *expected, *got;
};

struct test_report {
	VEC(struct test_difference) failures;
	bool ran;    /* the program came to its end */
	bool broken; /* the case could not be run or compared; the message is out */
};

/* Copies the texts. */
void test_failure(struct test_report *r, const char *what, const char *expected, const char *got);
/* Compares, where `mask` (NULL: everywhere) has bits; the first difference is reported. */
void test_compare_bytes(struct test_report *r, const char *what, const u8 *want, size_t want_size,
			const u8 *got, size_t got_size, const u8 *mask);
void test_report_text(const struct test_report *r, struct text *out); /* comment lines */
void test_report_json(const struct test_report *r, struct json *j);   /* the key "failures" */
void test_report_fini(struct test_report *r);

/* "NAME KEY = VALUE" into the map. 0, or an exit status after the message. */
int test_map_put(struct bpf_unit *u, const struct test_setting *s);
/* The same as an expectation, or "NAME=FILE". */
int test_map_expect(struct bpf_unit *u, const struct test_setting *s, struct test_report *r);

#endif
