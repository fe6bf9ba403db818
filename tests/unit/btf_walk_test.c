// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a load from a kernel struct finds: against the running kernel where
 * bpf(2) may be used (random structs, offsets and sizes, through
 * bpf_rdonly_cast), and on types made up here.
 * CYGNET_WALK_ROUNDS: how many (default 3000); CYGNET_WALK_SEED.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <cmocka.h>

#include "btf/walk.h"
#include "btf_gen.h"
#include "btf_host.h"

static char log_buf[1 << 16];

/* --- against the kernel ---------------------------------------------------------------------- */

static int load_field(u32 cast, u32 type, u32 off, u32 size)
{
	static const u8 sizes[] = {[1] = BPF_B, [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW};
	struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 1},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = type},
		{.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL, .imm = cast},
		{.code = BPF_LDX | BPF_MEM | sizes[size], .src_reg = 0, .dst_reg = 6, .off = off},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SYSCALL,
		.insns = ptr_to_u64(code),
		.insn_cnt = ARRAY_SIZE(code),
		.license = ptr_to_u64("GPL"),
		.prog_flags = BPF_F_SLEEPABLE,
		.log_level = 2,
		.log_buf = ptr_to_u64(log_buf),
		.log_size = sizeof(log_buf),
	};
	int fd;

	log_buf[0] = 0;
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* What the kernel's log must have somewhere, as ours puts it. */
static void expect(const struct btf_info *b, int err, const struct btf_access *a,
		   const struct btf_access_fault *f, char out[256])
{
	if (!err) {
		switch (a->found) {
		case BTF_FOUND_SCALAR: snprintf(out, 256, "R6=scalar("); break;
		case BTF_FOUND_OTHER: snprintf(out, 256, "R6=rdonly_untrusted_mem(sz=0"); break;
		case BTF_FOUND_OBJECT:
			snprintf(out, 256, "R6=untrusted_ptr_%s(", btf_name(b, a->type));
			break;
		}
		return;
	}
	switch (f->what) {
	case BTF_ACCESS_BEYOND:
		snprintf(out, 256, "access beyond struct %s at off %u size %u\n", f->type, f->off,
			 f->size);
		break;
	case BTF_ACCESS_HOLE:
		snprintf(out, 256, "struct %s doesn't have field at offset %u\n", f->type, f->off);
		break;
	case BTF_ACCESS_POINTER:
		snprintf(out, 256,
			 "cannot access ptr member %s with moff %u in struct %s with off %u size "
			 "%u\n",
			 f->field, f->place, f->type, f->off, f->size);
		break;
	case BTF_ACCESS_MEMBER:
		snprintf(out, 256,
			 "access beyond the end of member %s (mend:%u) in struct %s with off %u "
			 "size %u\n",
			 f->field, f->place, f->type, f->off, f->size);
		break;
	case BTF_ACCESS_SIZE: snprintf(out, 256, "?"); break;
	}
}

static void as_the_kernel(void **state)
{
	const char *rounds_env = getenv("CYGNET_WALK_ROUNDS"),
		   *seed_env = getenv("CYGNET_WALK_SEED");
	u32 rounds = rounds_env ? atoi(rounds_env) : 3000, wrong = 0, done = 0;
	size_t size = 0;
	void *raw = host_file("/sys/kernel/btf/vmlinux", &size);
	static struct gen g;
	struct btf_info *b;
	u32 cast;

	if (!raw || host_kernel() < 0x0611) {
		free(raw);
		skip();
	}
	assert_int_equal(btf_view(raw, size, NULL, &b), 0);
	assert_int_equal(btf_index_names(b), 0);
	cast = btf_find(b, "bpf_rdonly_cast", BTF_KIND_FUNC);
	if (!cast || load_field(cast, btf_find(b, "task_struct", BTF_KIND_STRUCT), 0, 8) == -EPERM)
		goto out;
	gen_start(&g, seed_env ? atoi(seed_env) : 1);
	while (done < rounds) {
		u32 id = 1 + gen_below(&g, btf_count(b) - 1), struct_size, off, bytes, kernel;
		struct btf_access_fault fault = {0};
		struct btf_access found = {0};
		char want[256];
		int err;

		if (btf_kind_of(b, id) != BTF_KIND_STRUCT || !*btf_name(b, id) ||
		    btf_size_of(b, id, &struct_size) || struct_size < 8)
			continue;
		bytes = 1u << gen_below(&g, 4);
		off = gen_below(&g, MIN(struct_size + 8, 32760u));
		if (gen_below(&g, 4))
			off &= ~(bytes - 1);
		done++;
		err = btf_struct_access(b, id, off, bytes, &found, &fault);
		kernel = load_field(cast, id, off, bytes);
		expect(b, err, &found, &fault, want);
		if ((int)kernel != err || !strstr(log_buf, want)) {
			if (wrong++ < 10)
				print_error("struct %s +%u, %u bytes: kernel %d, here %d %s\n%s\n",
					    btf_name(b, id), off, bytes, (int)kernel, err, want,
					    log_buf);
		}
	}
out:
	btf_free(b);
	free(raw);
	if (!done)
		skip();
	assert_int_equal(wrong, 0);
}

/* --- made-up types --------------------------------------------------------------------------- */

enum { /* ids in the order they are made below */
	INT = 1,
	U8,
	PTR_VOID,
	INNER,
	PTR_INNER,
	FLEX_ELEMS,
	ARRAY,
	OUTER,
	UNION,
	HOLDER,
	ALIAS,
	TAGGED,
	TAG,
	PTR_TAG,
};

static u32 types(struct gen *g, u8 *out)
{
	gen_start(g, 1);
	gen_words(g, gen_string(g, "int"), BTF_KIND_INT << 24, 4);
	gen_word(g, 32);
	gen_words(g, gen_string(g, "u8"), BTF_KIND_INT << 24, 1);
	gen_word(g, 8);
	gen_words(g, 0, BTF_KIND_PTR << 24, 0);
	/* struct inner { int a; [4 bytes] void *p; } */
	gen_words(g, gen_string(g, "inner"), BTF_KIND_STRUCT << 24 | 2, 16);
	gen_words(g, gen_string(g, "a"), INT, 0);
	gen_words(g, gen_string(g, "p"), PTR_VOID, 64);
	gen_words(g, 0, BTF_KIND_PTR << 24, INNER);
	gen_words(g, 0, BTF_KIND_ARRAY << 24, 0); /* inner flex[0] */
	gen_words(g, INNER, INT, 0);
	gen_words(g, 0, BTF_KIND_ARRAY << 24, 0); /* u8 bytes[6] */
	gen_words(g, U8, INT, 6);
	/* struct outer { inner in; inner *q; u8 bytes[6]; inner flex[]; } */
	gen_words(g, gen_string(g, "outer"), BTF_KIND_STRUCT << 24 | 4, 32);
	gen_words(g, gen_string(g, "in"), INNER, 0);
	gen_words(g, gen_string(g, "q"), PTR_INNER, 128);
	gen_words(g, gen_string(g, "bytes"), ARRAY, 192);
	gen_words(g, gen_string(g, "flex"), FLEX_ELEMS, 256);
	/* union { int i; inner *q; } */
	gen_words(g, 0, BTF_KIND_UNION << 24 | 2, 8);
	gen_words(g, gen_string(g, "i"), INT, 0);
	gen_words(g, gen_string(g, "q"), PTR_INNER, 0);
	/* struct holder { union; int bits : 3, more : 7; } */
	gen_words(g, gen_string(g, "holder"), 1u << 31 | BTF_KIND_STRUCT << 24 | 3, 16);
	gen_words(g, 0, UNION, 0);
	gen_words(g, gen_string(g, "bits"), INT, 3u << 24 | 64);
	gen_words(g, gen_string(g, "more"), INT, 7u << 24 | 67);
	gen_words(g, gen_string(g, "inner___init"), BTF_KIND_STRUCT << 24, 16);
	/* struct tagged { inner __rcu *t; } */
	gen_words(g, gen_string(g, "tagged"), BTF_KIND_STRUCT << 24 | 1, 8);
	gen_words(g, gen_string(g, "t"), PTR_TAG, 0);
	gen_words(g, gen_string(g, "rcu"), BTF_KIND_TYPE_TAG << 24, INNER);
	gen_words(g, 0, BTF_KIND_PTR << 24, TAG);
	return gen_finish(g, sizeof(struct btf_header), out);
}

static void made_up(void **state)
{
	static const struct {
		u32 id, off, size;
		int err;
		u32 what; /* error, or what is found */
		u32 type, flags;
	} cases[] = {
		{INNER, 0, 4, 0, BTF_FOUND_SCALAR},
		{INNER, 1, 2, 0, BTF_FOUND_SCALAR},
		{INNER, 2, 4, -EACCES, BTF_ACCESS_MEMBER},
		{INNER, 4, 4, -EINVAL, BTF_ACCESS_HOLE},
		{INNER, 8, 8, 0, BTF_FOUND_OTHER},
		{INNER, 8, 4, -EACCES, BTF_ACCESS_POINTER},
		{INNER, 16, 1, -EACCES, BTF_ACCESS_BEYOND},
		{OUTER, 8, 8, 0, BTF_FOUND_OTHER},
		{OUTER, 16, 8, 0, BTF_FOUND_OBJECT, INNER},
		{OUTER, 24, 4, 0, BTF_FOUND_SCALAR}, /* across elements */
		{OUTER, 28, 2, 0, BTF_FOUND_SCALAR},
		{OUTER, 28, 4, -EACCES, BTF_ACCESS_MEMBER},
		{OUTER, 32, 4, 0, BTF_FOUND_SCALAR}, /* elements behind the end */
		{OUTER, 32 + 160 + 8, 8, 0, BTF_FOUND_OTHER},
		{OUTER, 32 + 160 + 12, 8, -EACCES, BTF_ACCESS_BEYOND},
		{HOLDER, 0, 4, 0, BTF_FOUND_SCALAR, 0, BTF_FOUND_IN_UNION},
		{HOLDER, 0, 8, 0, BTF_FOUND_SCALAR, 0, BTF_FOUND_IN_UNION}, /* the first counts */
		{HOLDER, 8, 1, 0, BTF_FOUND_SCALAR},
		{HOLDER, 9, 1, -EINVAL, BTF_ACCESS_HOLE}, /* a part of a bitfield */
		{HOLDER, 8, 4, 0, BTF_FOUND_SCALAR},
		{TAGGED, 0, 8, 0, BTF_FOUND_OBJECT, INNER, BTF_FOUND_RCU},
		{INT, 0, 4, -EFAULT, BTF_ACCESS_SIZE},
	};
	static struct gen g;
	static u8 raw[4096];
	struct btf_info *b;

	assert_int_equal(btf_view(raw, types(&g, raw), NULL, &b), 0);
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct btf_access_fault fault = {.what = 99};
		struct btf_access a = {.found = 99};
		int err =
			btf_struct_access(b, cases[i].id, cases[i].off, cases[i].size, &a, &fault);

		if (err != cases[i].err || (err ? fault.what : a.found) != cases[i].what)
			fail_msg("case %u: %d %u %u", i, err, a.found, fault.what);
		if (!err) {
			assert_int_equal(a.type, cases[i].type);
			assert_int_equal(a.flags, cases[i].flags);
		} else {
			assert_int_equal(a.found, 99); /* untouched */
		}
	}
	assert_true(btf_struct_ids_match(b, OUTER, 0, b, INNER, false));
	assert_false(btf_struct_ids_match(b, OUTER, 0, b, INNER, true));
	assert_true(btf_struct_ids_match(b, OUTER, 0, b, OUTER, true));
	assert_false(btf_struct_ids_match(b, OUTER, 16, b, INNER, false));
	assert_false(btf_struct_ids_match(b, INNER, 0, b, OUTER, false));
	assert_false(btf_struct_ids_match(b, OUTER, 4, b, INNER, false));
	assert_true(btf_names_alias(b, INNER, b, ALIAS));
	assert_true(btf_names_alias(b, ALIAS, b, INNER));
	assert_false(btf_names_alias(b, INNER, b, OUTER));
	assert_false(btf_names_alias(b, INNER, b, INNER));
	btf_free(b);
}

/* Whatever a view holds, nothing crashes or hangs. */
static void hostile(void **state)
{
	static struct gen g;
	static u8 raw[GEN_MAX];

	for (u32 seed = 0; seed < 2000; seed++) {
		u32 size = gen_any(&g, seed, raw);
		struct btf_function f;
		struct btf_access a;
		struct btf_info *b;

		if (btf_view(raw, size, NULL, &b))
			continue;
		for (u32 id = 0; id <= btf_count(b); id++) {
			u32 target;

			for (u32 off = 0; off < 40; off += 3)
				btf_struct_access(b, id, off, 1 + off % 8, &a, NULL);
			btf_struct_ids_match(b, id, 8, b, 1 + id / 2, false);
			btf_function_of(b, id, &f);
			btf_pointee(b, id, &target);
			btf_pointer_tags(b, id);
		}
		btf_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_kernel),
		cmocka_unit_test(made_up),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
