// SPDX-License-Identifier: BSD-2-Clause
/* Special fields: where they are and what they point to or own; nonsense; how long it takes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>
#include "btf/fields.h"
#include "btf_gen.h"
#include "btf_host.h"

static struct gen gen;
static u8 blob[GEN_MAX];

enum {
	INT = 1,
	LOCK,
	TIMER,
	HEAD,
	NODE,
	REFCOUNT,
	TASK,     /* struct task_struct, of the kernel too */
	MINE,     /* struct mine */
	TAG_TASK, /* and so on, each with its pointer */
	PTR_TASK,
	TAG_MINE,
	PTR_MINE,
	ARRAY, /* of two pointers to mine */
	OWNED, /* struct owned { int x; struct bpf_list_node node; struct bpf_refcount r; } */
	INNER, /* struct inner { long pad; pointers } */
	VALUE,
	NEXT,
};

static void put_struct(const char *name, u32 members, u32 size)
{
	gen_words(&gen, gen_string(&gen, name), BTF_KIND_STRUCT << 24 | members, size);
}

static void put_member(const char *name, u32 type, u32 off)
{
	gen_words(&gen, gen_string(&gen, name), type, off * 8);
}

static void put_pointer(const char *tag, u32 to, u32 id)
{
	gen_words(&gen, gen_string(&gen, tag), BTF_KIND_TYPE_TAG << 24, to);
	gen_words(&gen, 0, BTF_KIND_PTR << 24, id);
}

/* Everything up to VALUE. */
static void put_types(const char *tag)
{
	gen_start(&gen, 1);
	gen_words(&gen, gen_string(&gen, "int"), BTF_KIND_INT << 24, 4);
	gen_word(&gen, 1u << 24 | 32);
	put_struct("bpf_spin_lock", 0, 4);
	put_struct("bpf_timer", 0, 16);
	put_struct("bpf_list_head", 0, 16);
	put_struct("bpf_list_node", 0, 24);
	put_struct("bpf_refcount", 0, 4);
	put_struct("task_struct", 0, 8);
	put_struct("mine", 0, 8);
	put_pointer(tag, TASK, TAG_TASK);
	put_pointer("kptr", MINE, TAG_MINE);
	gen_words(&gen, 0, BTF_KIND_ARRAY << 24, 0);
	gen_words(&gen, PTR_MINE, INT, 2);
	put_struct("owned", 3, 40);
	put_member("x", INT, 0);
	put_member("node", NODE, 8);
	put_member("r", REFCOUNT, 32);
	put_struct("inner", 2, 24);
	put_member("pad", INT, 0);
	put_member("p", ARRAY, 8);
}

static struct btf_info *finish(void)
{
	u32 size = gen_finish(&gen, sizeof(struct btf_header), blob);
	struct btf_info *b;

	assert_int_equal(btf_view(blob, size, NULL, &b), 0);
	return b;
}

/* struct value { lock; timer; task; inner; head } and its decl tag. */
static struct btf_info *whole(const char *tag)
{
	put_types(tag);
	put_struct("value", 5, 80);
	put_member("lock", LOCK, 0);
	put_member("timer", TIMER, 8);
	put_member("task", PTR_TASK, 24);
	put_member("inner", INNER, 32);
	put_member("head", HEAD, 56);
	gen_words(&gen, gen_string(&gen, "contains:owned:node"), BTF_KIND_DECL_TAG << 24, VALUE);
	gen_word(&gen, 4);
	return finish();
}

static void check(const struct btf_special *f, u32 kind, u32 offset, u32 size)
{
	assert_non_null(f);
	assert_int_equal(f->kind, kind);
	assert_int_equal(f->offset, offset);
	assert_int_equal(f->size, size);
}

static void test_layout(void **state)
{
	struct btf_info *b = whole("kptr_untrusted");
	struct btf_fields f;

	assert_int_equal(btf_fields_parse(b, VALUE, BTF_SPECIAL_IN_MAPS, NULL, &f), 0);
	assert_int_equal(f.count, 6);
	assert_int_equal(f.mask, BTF_SPECIAL_SPIN_LOCK | BTF_SPECIAL_TIMER |
					 BTF_SPECIAL_KPTR_UNREF | BTF_SPECIAL_KPTR_REF |
					 BTF_SPECIAL_LIST_HEAD);
	check(&f.at[0], BTF_SPECIAL_SPIN_LOCK, 0, 4);
	check(&f.at[1], BTF_SPECIAL_TIMER, 8, 16);
	check(&f.at[2], BTF_SPECIAL_KPTR_UNREF, 24, 8);
	check(&f.at[3], BTF_SPECIAL_KPTR_REF, 40, 8);
	check(&f.at[4], BTF_SPECIAL_KPTR_REF, 48, 8);
	check(&f.at[5], BTF_SPECIAL_LIST_HEAD, 56, 16);
	assert_int_equal(f.at[2].type, TASK);
	assert_false(f.at[2].kernel);
	assert_int_equal(f.at[4].type, MINE);
	assert_int_equal(f.at[5].type, OWNED);
	assert_int_equal(f.at[5].node_offset, 8);

	check(btf_fields_find(&f, 48, BTF_SPECIAL_KPTR), BTF_SPECIAL_KPTR_REF, 48, 8);
	assert_null(btf_fields_find(&f, 48, BTF_SPECIAL_TIMER));
	assert_null(btf_fields_find(&f, 44, BTF_SPECIAL_KPTR));
	check(btf_fields_first(&f, BTF_SPECIAL_GRAPH_ROOT), BTF_SPECIAL_LIST_HEAD, 56, 16);
	assert_null(btf_fields_first(&f, BTF_SPECIAL_REFCOUNT));
	check(btf_fields_touched(&f, 0, 1), BTF_SPECIAL_SPIN_LOCK, 0, 4);
	assert_null(btf_fields_touched(&f, 4, 4));
	check(btf_fields_touched(&f, 4, 5), BTF_SPECIAL_TIMER, 8, 16);
	check(btf_fields_touched(&f, 71, 8), BTF_SPECIAL_LIST_HEAD, 56, 16);
	assert_null(btf_fields_touched(&f, 72, 8));
	btf_free(b);
}

static void test_kinds(void **state)
{
	struct btf_info *b = whole("kptr");
	struct btf_fields f = {.count = 77};

	/* Without locks there is no list. */
	assert_int_equal(btf_fields_parse(b, VALUE, BTF_SPECIAL_LIST_HEAD, NULL, &f), -EINVAL);
	assert_int_equal(f.count, 77);
	assert_int_equal(btf_fields_parse(b, VALUE, BTF_SPECIAL_TIMER, NULL, &f), 0);
	assert_int_equal(f.count, 1);
	assert_int_equal(btf_fields_parse(b, INT, BTF_SPECIAL_IN_MAPS, NULL, &f), 0);
	assert_int_equal(f.count, 0);
	assert_int_equal(btf_fields_parse(b, 9999, BTF_SPECIAL_IN_MAPS, NULL, &f), 0);
	assert_int_equal(f.count, 0);
	btf_free(b);
}

static void test_objects(void **state)
{
	struct btf_info *b = whole("kptr");
	struct btf_fields f;

	assert_int_equal(btf_fields_of_object(b, OWNED, NULL, &f), 0);
	assert_int_equal(f.count, 2);
	check(&f.at[0], BTF_SPECIAL_LIST_NODE, 8, 24);
	check(&f.at[1], BTF_SPECIAL_REFCOUNT, 32, 4);
	assert_int_equal(btf_fields_check_ownership(b, &f), 0);
	/* Its pointers are in an array: not directly its own. */
	assert_int_equal(btf_fields_of_object(b, INNER, NULL, &f), -ENOENT);
	assert_int_equal(btf_fields_of_object(b, MINE, NULL, &f), -ENOENT);
	assert_int_equal(btf_fields_of_object(b, INT, NULL, &f), -ENOENT);
	assert_int_equal(btf_fields_of_object(b, VALUE, NULL, &f), 0);
	/* A timer is nothing special there. */
	assert_null(btf_fields_first(&f, BTF_SPECIAL_TIMER));
	btf_free(b);
}

/* A kernel that knows task_struct, by another id, and a struct that nothing can release. */
static void test_pointees(void **state)
{
	static u8 kernel_blob[GEN_MAX];
	struct btf_info *b, *kernel;
	struct btf_fields f;
	u32 size;

	gen_start(&gen, 1);
	put_struct("mine", 0, 8);
	put_struct("other", 0, 8);
	put_struct("task_struct", 0, 8);
	size = gen_finish(&gen, sizeof(struct btf_header), kernel_blob);
	assert_int_equal(btf_view(kernel_blob, size, NULL, &kernel), 0);
	b = whole("kptr");
	assert_int_equal(btf_fields_parse(b, VALUE, BTF_SPECIAL_KPTR_REF, NULL, &f), 0);
	/* mine is the kernel's there, and cannot be released */
	assert_int_equal(btf_fields_parse(b, VALUE, BTF_SPECIAL_KPTR_REF, kernel, &f), -ENOENT);
	btf_free(b);
	btf_free(kernel);

	gen_start(&gen, 1);
	put_struct("other", 0, 8);
	put_struct("task_struct", 0, 8);
	size = gen_finish(&gen, sizeof(struct btf_header), kernel_blob);
	assert_int_equal(btf_view(kernel_blob, size, NULL, &kernel), 0);
	b = whole("kptr");
	assert_int_equal(btf_fields_parse(b, VALUE, BTF_SPECIAL_KPTR_REF, kernel, &f), 0);
	assert_true(f.at[0].kernel);
	assert_int_equal(f.at[0].type, 2);
	assert_false(f.at[1].kernel);
	assert_int_equal(f.at[1].type, MINE);
	btf_free(b);
	btf_free(kernel);
}

static void test_most(void **state)
{
	for (u32 n = BTF_FIELDS_MAX; n <= BTF_FIELDS_MAX + 1; n++) {
		struct btf_info *b;
		struct btf_fields f;

		put_types("kptr");
		put_struct("value", n, n * 8);
		for (u32 i = 0; i < n; i++)
			put_member("p", PTR_TASK, i * 8);
		b = finish();
		assert_int_equal(btf_fields_parse(b, VALUE, BTF_SPECIAL_KPTR, NULL, &f),
				 n > BTF_FIELDS_MAX ? -E2BIG : 0);
		btf_free(b);
	}
}

/* Anything that can be viewed is asked about everything; what comes back is in order. */
static void test_nonsense(void **state)
{
	u32 found = 0;

	for (u64 seed = 0; seed < 20000; seed++) {
		u32 size = gen_special(&gen, seed * 4, blob);
		struct btf_info *b;

		for (u32 i = gen_below(&gen, 4); i-- > 0;)
			blob[gen_below(&gen, size)] = gen_u32(&gen);
		if (btf_view(blob, size, NULL, &b))
			continue;
		for (u32 id = 0; id < btf_count(b) + 1; id++) {
			struct btf_fields f = {0};
			u32 at = 0;

			if (btf_fields_parse(b, id, ~0u, b, &f))
				continue;
			assert_true(f.count <= BTF_FIELDS_MAX);
			for (u32 i = 0; i < f.count; i++) {
				assert_true(f.at[i].offset >= at);
				at = f.at[i].offset + f.at[i].size;
			}
			found += f.count;
			btf_fields_check_ownership(b, &f);
			btf_fields_of_object(b, id, NULL, &f);
		}
		btf_free(b);
	}
	assert_true(found > 10000);
}

/* Many structs, each with a root and its tag: time is no product of the two. */
static void test_time(void **state)
{
	const u32 n = 100000;
	u8 *types = malloc(n * 80ull + 1000), *p;
	u32 size;
	char strings[] = "\0int\0bpf_spin_lock\0bpf_list_head\0bpf_list_node\0o\0n\0l\0h\0"
			 "contains:o:n";
	struct btf_header h = {.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(h)};
	struct btf_info *b;
	struct timespec from, to;

	assert_non_null(types);
	p = types + sizeof(h);
#define PUT(...)                                \
	do {                                    \
		const u32 w_[] = {__VA_ARGS__}; \
		memcpy(p, w_, sizeof(w_));      \
		p += sizeof(w_);                \
	} while (0)
#define STRUCT(name, members, bytes) PUT(name, BTF_KIND_STRUCT << 24 | (members), bytes)
	PUT(1, BTF_KIND_INT << 24, 4, 1u << 24 | 32);
	STRUCT(5, 0, 4);
	STRUCT(19, 0, 16);
	STRUCT(33, 0, 24);
	STRUCT(47, 1, 24);
	PUT(49, 4, 0);
	for (u32 i = 0; i < n; i++) {
		STRUCT(0, 2, 24);
		PUT(51, 2, 0);
		PUT(53, 3, 64);
		PUT(55, BTF_KIND_DECL_TAG << 24, 6 + 2 * i, 1);
	}
	h.type_len = h.str_off = p - types - sizeof(h);
	h.str_len = sizeof(strings);
	memcpy(types, &h, sizeof(h));
	memcpy(p, strings, sizeof(strings));
	size = p - types + sizeof(strings);
	clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(btf_parse(types, size, NULL, &b, NULL, NULL), 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	print_message("# %u structs: %.3f s\n", n,
		      to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) * 1e-9);
	assert_true(to.tv_sec - from.tv_sec < 5);
	btf_free(b);
	free(types);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),  cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_objects), cmocka_unit_test(test_pointees),
		cmocka_unit_test(test_most),    cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests_name("special fields", tests, NULL, NULL);
}
