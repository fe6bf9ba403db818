// SPDX-License-Identifier: BSD-2-Clause
/*
 * Formats of bpf_snprintf as the verifier judges them: tests/data/format.txt has
 * the kernel's answers for three arguments, -EINVAL (-22) where it refused to load the
 * program. A line: format, argument's name, result, text, by tabs, escaped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "verify/call.h"

#define FACTS "tests/data/format.txt"

/* In place: "\x20" becomes a space. */
static void unescape(char *s)
{
	char *to = s;
	unsigned byte;

	for (; *s; s++)
		if (s[0] == '\\' && sscanf(s + 2, "%2x", &byte) == 1) {
			*to++ = (char)byte;
			s += 3;
		} else {
			*to++ = *s;
		}
	*to = 0;
}

static void test_facts(void **state)
{
	FILE *in = fopen(FACTS, "r");
	char line[4096];
	unsigned wrong = 0, good = 0, bad = 0;

	assert_non_null(in);
	while (fgets(line, sizeof(line), in)) {
		char *arg = strchr(line, '\t'), *result = arg ? strchr(arg + 1, '\t') : NULL;
		bool taken;

		if (line[0] != '"' || !result)
			continue;
		*arg = 0;
		taken = strtol(result + 1, NULL, 10) != -22;
		unescape(line + 1);
		good += taken;
		bad += !taken;
		if (verify_format_suits((const u8 *)line + 1, 3) == taken)
			continue;
		print_error("\"%s\": the kernel %s it\n", line + 1, taken ? "takes" : "refuses");
		wrong++;
	}
	fclose(in);
	assert_int_equal(wrong, 0);
	assert_true(good > 1000 && bad > 100);
}

static void test_arguments(void **state)
{
	assert_true(verify_format_suits((const u8 *)"%d %s", 2));
	assert_false(verify_format_suits((const u8 *)"%d %s", 1));
	assert_true(verify_format_suits((const u8 *)"%d", 12));
	assert_true(verify_format_suits((const u8 *)"100%%", 0));
	assert_true(verify_format_suits((const u8 *)"", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_facts),
					   cmocka_unit_test(test_arguments)};

	return cmocka_run_group_tests_name("verify_format", tests, NULL, NULL);
}
