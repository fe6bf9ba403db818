/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `cygnet test` reads: cases, and the values in them. A case is a list of
 * settings, each a key and a text; texts are understood when the program and its
 * maps are there to say what they are for.
 */
#ifndef CLI_TEST_CASE_H
#define CLI_TEST_CASE_H

#include "base/text.h"
#include "base/vec.h"

enum test_key {
	TEST_PROG,
	TEST_DATA,
	TEST_CTX,
	TEST_MAP,
	TEST_SET,
	TEST_REPEAT,
	TEST_EXPECT,
	TEST_EXPECT_DATA,
	TEST_EXPECT_CTX,
	TEST_EXPECT_MAP,
	TEST_KEYS
};

struct test_setting {
	u8 key; /* enum test_key */
	u32 line;
	const char *file; /* where it stands; NULL: the command line */
	char *value;
};

struct test_case {
	char *name;
	VEC(struct test_setting) settings;
};

struct test_cases {
	VEC(struct test_case) cases;
	VEC(char *) files; /* names that settings refer to */
};

/* The last setting of a key, or NULL. */
const struct test_setting *test_setting(const struct test_case *c, enum test_key key);
/* Adds one from the command line. 0 or -ENOMEM. */
int test_case_add(struct test_case *c, enum test_key key, const char *value);
/*
 * Reads a file of cases (hostile text); each begins with the settings of `first`. 0, or an exit
 * status after the message.
 */
int test_cases_read(struct test_cases *all, const char *path, const struct test_case *first);
void test_case_fini(struct test_case *c);
void test_cases_fini(struct test_cases *all);

/* --- Values. Each returns 0, or an exit status after a message that names the setting's place. */

struct test_bytes {
	u8 *bytes; /* base_free() it */
	size_t size;
};

/* A message about a setting: its place, then the text. Returns EXIT_ERROR. */
int test_complain(const struct test_setting *s, const char *fmt, ...) __printf_like(2, 3);
/* The last one's text, once; NULL: none since. */
const char *test_complaint(void);
/* Bytes: "hex:...", "pcap:FILE:N", or a file, relative to the file the setting stands in. */
int test_bytes(const struct test_setting *s, const char *value, struct test_bytes *out);
/* `size` bytes: "hex:...", a number, or an IPv4 address (in network order). */
int test_element(const struct test_setting *s, const char *value, u32 size, u8 *out);
/* What a program of the type returns: a number or a name such as XDP_DROP. */
int test_result(const struct test_setting *s, u32 prog_type, u32 *out);
/* The name of a result, or NULL. */
const char *test_result_name(u32 prog_type, u32 value);
/*
 * A context of the type: bytes as above, or "FIELD=NUMBER ..." of struct __sk_buff or struct
 * xdp_md. In `mask` the bytes that were named become 0xff. *size: bytes used of `room`.
 */
int test_ctx(const struct test_setting *s, u32 prog_type, u8 *ctx, u8 *mask, u32 room, u32 *size);
/* The field of such a context that the byte `at` belongs to, or NULL. */
const char *test_ctx_field(u32 prog_type, u32 at, u32 *off, u32 *size);

#endif
