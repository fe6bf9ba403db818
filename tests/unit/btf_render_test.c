// SPDX-License-Identifier: BSD-2-Clause
/* Rendering: each shape as text and JSON, the columns of a table, hostile types and short data. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "btf/render.h"
#include "btf_gen.h"

static struct gen gen;
static u8 blob[GEN_MAX];
static u32 next_id;

#define KFLAG (1u << 31)

static u32 name_or_0(const char *name)
{
	return name ? gen_string(&gen, name) : 0;
}

static u32 add(const char *name, u32 info, u32 size)
{
	gen_words(&gen, name_or_0(name), info, size);
	return next_id++;
}

static u32 add_int(const char *name, u32 size, u32 encoding)
{
	u32 id = add(name, BTF_KIND_INT << 24, size);

	gen_word(&gen, encoding << 24 | size * 8);
	return id;
}

static u32 add_array(u32 elem, u32 n)
{
	u32 id = add(NULL, BTF_KIND_ARRAY << 24, 0);

	gen_words(&gen, elem, 1, n);
	return id;
}

static void add_member(const char *name, u32 type, u32 bits)
{
	gen_words(&gen, name_or_0(name), type, bits);
}

static struct btf_info *finish(void)
{
	struct btf_header h = {BTF_MAGIC, BTF_VERSION, 0, sizeof(h)};
	struct btf_info *b = NULL;
	struct text log;
	u32 size = sizeof(h) + gen.types_len + gen.strings_len;

	h.type_len = h.str_off = gen.types_len;
	h.str_len = gen.strings_len;
	memcpy(blob, &h, sizeof(h));
	memcpy(blob + sizeof(h), gen.types, gen.types_len);
	memcpy(blob + sizeof(h) + gen.types_len, gen.strings, gen.strings_len);
	text_init_grow(&log);
	if (btf_parse(blob, size, NULL, &b, NULL, &log))
		print_message("# %s\n", log.buf);
	text_fini(&log);
	assert_non_null(b);
	return b;
}

static u32 t_int, t_u8, t_char, t_u64, t_bool, t_s8, t_short, t_float, t_double, t_u128, t_ptr,
	t_enum, t_enum64, t_typedef;

static void start(void)
{
	gen_start(&gen, 0);
	next_id = 1;
	t_int = add_int("int", 4, BTF_INT_SIGNED);
	t_u8 = add_int("unsigned char", 1, 0);
	t_char = add_int("char", 1, BTF_INT_SIGNED);
	t_u64 = add_int("unsigned long", 8, 0);
	t_bool = add_int("_Bool", 1, BTF_INT_BOOL);
	t_s8 = add_int("signed char", 1, BTF_INT_SIGNED);
	t_short = add_int("unsigned short", 2, 0);
	t_float = add("float", BTF_KIND_FLOAT << 24, 4);
	t_double = add("double", BTF_KIND_FLOAT << 24, 8);
	t_u128 = add_int("u128", 16, 0);
	t_ptr = add(NULL, BTF_KIND_PTR << 24, 0);
	t_enum = add("state", BTF_KIND_ENUM << 24 | KFLAG | 2, 4);
	gen_word(&gen, gen_string(&gen, "BAD"));
	gen_word(&gen, -1);
	gen_word(&gen, gen_string(&gen, "GOOD"));
	gen_word(&gen, 1);
	t_enum64 = add("wide", BTF_KIND_ENUM64 << 24 | 1, 8);
	gen_words(&gen, gen_string(&gen, "HUGE"), 0, 1);
	t_typedef = add("u64", BTF_KIND_TYPEDEF << 24, t_u64);
}

static struct btf_info *info;

static void expect(u32 id, const void *data, u32 size, const char *want_text, const char *want_json)
{
	struct text t;
	struct json j;

	text_init_grow(&t);
	assert_int_equal(btf_render_text(info, id, data, size, &t, 0), 0);
	assert_string_equal(t.buf, want_text);
	text_fini(&t);
	text_init_grow(&t);
	json_init(&j, &t);
	assert_int_equal(btf_render_json(info, id, data, size, &j), 0);
	assert_string_equal(t.buf, want_json);
	text_fini(&t);
}

#define EXPECT(id, type, value, text, json)              \
	do {                                             \
		type v_ = value;                         \
		expect(id, &v_, sizeof(v_), text, json); \
	} while (0)

static void test_scalars(void **state)
{
	u32 fn;

	start();
	fn = add(NULL, BTF_KIND_FUNC_PROTO << 24, 0);
	info = finish();
	EXPECT(t_int, int, -5, "-5", "-5");
	EXPECT(t_u8, u8, 200, "200", "200");
	EXPECT(t_char, char, 'R', "'R'", "82");
	EXPECT(t_char, char, 7, "7", "7");
	EXPECT(t_u64, u64, UINT64_MAX, "18446744073709551615", "18446744073709551615");
	EXPECT(t_typedef, u64, 9, "9", "9");
	EXPECT(t_bool, u8, 1, "true", "true");
	EXPECT(t_bool, u8, 0, "false", "false");
	EXPECT(t_s8, s8, -128, "-128", "-128");
	EXPECT(t_float, float, 0.1f, "0.1", "0.1");
	EXPECT(t_double, double, 1e300, "1e+300", "1e+300");
	EXPECT(t_double, double, 0.1, "0.1", "0.1");
	EXPECT(t_double, double, __builtin_nan(""), "nan", "null");
	EXPECT(t_double, double, -__builtin_inf(), "-inf", "null");
	EXPECT(t_u128, unsigned __int128, (unsigned __int128)0xabcdef << 64 | 1,
	       "0x0000000000abcdef0000000000000001", "\"0000000000abcdef0000000000000001\"");
	EXPECT(t_ptr, u64, 0xffff888012345678, "0xffff888012345678", "\"0xffff888012345678\"");
	EXPECT(t_enum, int, -1, "BAD", "\"BAD\"");
	EXPECT(t_enum, int, 1, "GOOD", "\"GOOD\"");
	EXPECT(t_enum, int, 7, "7", "7");
	EXPECT(t_enum64, u64, 1ull << 32, "HUGE", "\"HUGE\"");
	assert_int_equal(btf_render_text(info, fn, "", 1, NULL, 0), -EINVAL);
	assert_int_equal(btf_render_text(info, 0, "", 1, NULL, 0), -EINVAL);
	assert_int_equal(btf_render_text(info, 9999, "", 1, NULL, 0), -EINVAL);
	expect(t_u64, "abc", 3, "...", "null"); /* cut */
	btf_free(info);
}

static void test_arrays(void **state)
{
	u32 text16, bytes4, ints3, nested, strings;

	start();
	text16 = add_array(t_char, 16);
	bytes4 = add_array(t_u8, 4);
	ints3 = add_array(t_int, 3);
	nested = add_array(ints3, 2);
	strings = add_array(add_array(t_char, 4), 2);
	info = finish();
	expect(text16, "hello\0\0\0\0\0\0\0\0\0\0", 16, "\"hello\"", "\"hello\"");
	expect(text16, "no end at all ..", 16, "\"no end at all ..\"", "\"no end at all ..\"");
	expect(text16, "\x1b[31m\"\\\n\t\x80\xc3\xa9\0\0\0", 16,
	       "\"\\x1b[31m\\\"\\\\\\n\\t\\x80\xc3\xa9\"",
	       "\"\\u001b[31m\\\"\\\\\\n\\t\\u0080\xc3\xa9\"");
	/* C1 controls and what turns text around must not reach a terminal */
	expect(text16, "\xc2\x9b\xe2\x80\xae\xed\xa0\x80\xc0\xaf\0\0\0\0\0", 16,
	       "\"\\xc2\\x9b\\xe2\\x80\\xae\\xed\\xa0\\x80\\xc0\\xaf\"",
	       "\"\xc2\x9b\xe2\x80\xae\\u00ed\\u00a0\\u0080\\u00c0\\u00af\"");
	expect(bytes4, "\xde\xad\xbe\xef", 4, "deadbeef", "\"deadbeef\"");
	expect(ints3, (int[]){1, -2, 3}, 12, "[1, -2, 3]", "[1,-2,3]");
	expect(ints3, (int[]){1, -2, 3}, 8, "[1, -2]", "[1,-2]");
	expect(nested, (int[]){1, 2, 3, 4, 5, 6}, 24, "[[1, 2, 3], [4, 5, 6]]",
	       "[[1,2,3],[4,5,6]]");
	expect(strings, "abcdef\0", 8, "[\"abcd\", \"ef\"]", "[\"abcd\",\"ef\"]");
	btf_free(info);
}

/* struct record { int pid; struct { u8 flags:3, :5, kind:5; } ; union { u64 a; short b; } u; char
 * c[0]; } */
static u32 add_record(void)
{
	u32 bits, both, in, flex, id;

	bits = add(NULL, BTF_KIND_STRUCT << 24 | KFLAG | 2, 4);
	add_member("flags", t_u8, 3u << 24);
	add_member("level", t_int, 5u << 24 | 8);
	both = add(NULL, BTF_KIND_UNION << 24 | 2, 8);
	add_member("a", t_u64, 0);
	add_member("b", t_short, 0);
	in = add("inner", BTF_KIND_STRUCT << 24 | 2, 8);
	add_member("x", t_int, 0);
	add_member("y", t_enum, 32);
	flex = add_array(t_char, 0);
	id = add("record", BTF_KIND_STRUCT << 24 | 5, 24);
	add_member("pid", t_int, 0);
	add_member(NULL, bits, 32);
	add_member("u", both, 64);
	add_member("in", in, 128);
	add_member("tail", flex, 192);
	return id;
}

static const u8 record[] = {7, 0, 0,    0,    5,    0x1e, 0, 0, 2, 1, 0,   0,   0,  0,
			    0, 0, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 'e', 'n', 'd'};

static void test_structs(void **state)
{
	u32 id;

	start();
	id = add_record();
	info = finish();
	expect(id, record, 27,
	       "{.pid = 7, .flags = 5, .level = -2, .u = {.a = 258, .b = 258}, .in = {.x = -1, .y "
	       "= GOOD}, "
	       ".tail = \"end\"}",
	       "{\"pid\":7,\"flags\":5,\"level\":-2,\"u\":{\"a\":258,\"b\":258},\"in\":{\"x\":-1,"
	       "\"y\":"
	       "\"GOOD\"},\"tail\":\"end\"}");
	/* members behind the data are left out, whole */
	expect(id, record, 15, "{.pid = 7, .flags = 5, .level = -2}",
	       "{\"pid\":7,\"flags\":5,\"level\":-2}");
	expect(id, record, 0, "{}", "{}");
	btf_free(info);
}

static void test_columns(void **state)
{
	static const char *const names[] = {"pid", "flags", "level", "u", "in.x", "in.y", "tail"};
	static const char *const cells[] = {"7",  "5",    "-2", "{.a = 258, .b = 258}",
					    "-1", "GOOD", "end"};
	static const bool numeric[] = {true, true, true, false, true, false, false};
	struct btf_column *cols;
	struct text t;
	u32 id, n;

	start();
	id = add_record();
	info = finish();
	assert_int_equal(btf_columns(info, id, &cols, &n), 0);
	assert_int_equal(n, ARRAY_SIZE(names));
	for (u32 i = 0; i < n; i++) {
		assert_string_equal(cols[i].name, names[i]);
		assert_int_equal(cols[i].numeric, numeric[i]);
		text_init_grow(&t);
		assert_int_equal(btf_render_cell(info, &cols[i], record, sizeof(record), &t, 0), 0);
		assert_string_equal(t.buf, cells[i]);
		text_fini(&t);
		text_init_grow(&t);
		btf_render_cell(info, &cols[i], record, 4, &t, 0);
		assert_string_equal(t.buf, i ? "" : "7");
		text_fini(&t);
	}
	btf_columns_free(cols, n);
	assert_int_equal(btf_columns(info, t_int, &cols, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(cols[0].name, "value");
	btf_columns_free(cols, n);
	assert_int_equal(btf_columns(info, 0, &cols, &n), -EINVAL);
	btf_free(info);
}

/* Types whose values would be endless: everything ends, soon, and says so. */
static void test_hostile(void **state)
{
	u32 empty, huge, bomb, deep;
	struct btf_column *cols;
	struct text t;
	struct json j;
	u32 n;

	start();
	empty = add("empty", BTF_KIND_STRUCT << 24, 0);
	huge = add_array(empty, ~0u);
	bomb = t_u64;
	for (int i = 0; i < 24; i++) {
		u32 in = bomb;

		bomb = add(NULL, BTF_KIND_UNION << 24 | 2, 8);
		add_member("a", in, 0);
		add_member("b", in, 0);
	}
	deep = t_int;
	for (int i = 0; i < 200; i++)
		deep = add_array(deep, 1);
	info = finish();
	expect(huge, record, sizeof(record), "[]", "[]");
	text_init_grow(&t);
	assert_int_equal(btf_render_text(info, bomb, record, 8, &t, 0), 0);
	assert_true(t.len < 4000000 && strstr(t.buf, "..."));
	text_fini(&t);
	text_init_grow(&t);
	json_init(&j, &t);
	assert_int_equal(btf_render_json(info, bomb, record, 8, &j), 0);
	text_fini(&t);
	text_init_grow(&t);
	assert_int_equal(btf_render_text(info, deep, record, 4, &t, 0), 0);
	assert_non_null(strstr(t.buf, "[...]"));
	text_fini(&t);
	assert_int_equal(btf_columns(info, bomb, &cols, &n), 0); /* unions are a column each */
	assert_int_equal(n, 2);
	btf_columns_free(cols, n);
	btf_free(info);
}

static void test_accessors(void **state)
{
	u32 id, size, elem, n;
	struct btf_field f;
	u64 value;

	start();
	id = add_record();
	info = finish();
	assert_int_equal(btf_find(info, "record", BTF_KIND_STRUCT), id);
	assert_int_equal(btf_find(info, "record", BTF_KIND_UNION), 0);
	assert_int_equal(btf_find(info, "u64", 0), t_typedef);
	assert_int_equal(btf_find(info, "", 0), 0);
	assert_int_equal(btf_strip(info, t_typedef), t_u64);
	assert_int_equal(btf_size_of(info, id, &size), 0);
	assert_int_equal(size, 24);
	assert_int_equal(btf_align_of(info, id), 8);
	assert_int_equal(btf_field_find(info, id, "level", &f), 0); /* in an anonymous struct */
	assert_int_equal(f.bit_offset, 40);
	assert_int_equal(f.bit_size, 5);
	assert_int_equal(btf_field_find(info, id, "a", &f), -ENOENT); /* in a named one */
	assert_int_equal(btf_array_of(info, id, &elem, &n), -EINVAL);
	assert_string_equal(btf_enum_name(info, t_enum, (u64)-1), "BAD");
	assert_int_equal(btf_enum_value(info, t_enum64, "HUGE", &value), 0);
	assert_true(value == 1ull << 32);
	assert_int_equal(btf_enum_value(info, t_enum, "NONE", &value), -ENOENT);
	btf_free(info);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars), cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_structs), cmocka_unit_test(test_columns),
		cmocka_unit_test(test_hostile), cmocka_unit_test(test_accessors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
