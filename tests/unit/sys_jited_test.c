// SPDX-License-Identifier: BSD-2-Clause
/*
 * What bpf_prog_info says of native code: the same questions to an instance and,
 * as root, to the running kernel, whose answers have the same shape; then what
 * only we can know, that the code is the code that runs.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <cygnet/cygnet.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "core/client.h"
#include "sys/sys.h"
#include "vm/engine.h"
#include "vm/instance.h"

#define ADDR(p) ((u64)(uintptr_t)(p))

static struct cygnet *inst;
static bool kernel;

static int bpf(int cmd, union bpf_attr *a)
{
	int ret;

	if (!kernel)
		return cygnet_bpf(inst, cmd, a, sizeof(*a));
	ret = (int)syscall(SYS_bpf, cmd, a, sizeof(*a));
	return ret < 0 ? -errno : ret;
}

/* Types: 1 int, 2 int f(void), 3 and 4 functions; a line of text. */
static int load_btf(void)
{
	static const char strings[] = "\0int\0one\0two\0file.c\0the line";
	static struct {
		struct btf_header h;
		u32 types[3 + 1 + 3 + 3 + 3];
		char strings[sizeof(strings)];
	} __attribute__((packed)) btf = {
		.h = {.magic = 0xeb9f,
		      .version = 1,
		      .hdr_len = sizeof(struct btf_header),
		      .type_len = sizeof(btf.types),
		      .str_off = sizeof(btf.types),
		      .str_len = sizeof(strings)},
		.types = {1, 1u << 24, 4, 1u << 24 | 32,     /* int */
			  0, 13u << 24, 1,                   /* int (void) */
			  5, 12u << 24, 2, 9, 12u << 24, 2}, /* one, two */
	};
	union bpf_attr a = {.btf = ADDR(&btf), .btf_size = sizeof(btf)};

	memcpy(btf.strings, strings, sizeof(strings));
	return bpf(BPF_BTF_LOAD, &a);
}

static const struct bpf_insn insns[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 6, .imm = 5},
	{.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = 2},
	{.code = BPF_ALU64 | BPF_ADD | BPF_X, .src_reg = 6},
	{.code = BPF_JMP | BPF_EXIT},
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 7},
	{.code = BPF_JMP | BPF_EXIT},
};

static int load(int btf)
{
	static const struct bpf_func_info funcs[] = {{0, 3}, {4, 4}};
	static const struct bpf_line_info lines[] = {
		{0, 13, 20, 1 << 10}, {2, 13, 20, 2 << 10}, {4, 13, 20, 3 << 10}};
	union bpf_attr a = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
			    .insns = ADDR(insns),
			    .insn_cnt = ARRAY_SIZE(insns),
			    .license = ADDR("GPL"),
			    .prog_btf_fd = (u32)btf,
			    .func_info = ADDR(funcs),
			    .func_info_cnt = 2,
			    .func_info_rec_size = sizeof(funcs[0]),
			    .line_info = ADDR(lines),
			    .line_info_cnt = 3,
			    .line_info_rec_size = sizeof(lines[0])};

	return bpf(BPF_PROG_LOAD, &a);
}

static struct room {
	struct bpf_prog_info info;
	u8 code[4096];
	u64 symbols[8], lines[8];
	u32 lengths[8];
	u8 tags[8][8];
} r;

static int ask(int fd, u32 code, u32 symbols, u32 lengths, u32 lines)
{
	union bpf_attr a = {
		.info = {.bpf_fd = (u32)fd, .info_len = sizeof(r.info), .info = ADDR(&r.info)}};

	memset(&r, 0x55, sizeof(r));
	memset(&r.info, 0, sizeof(r.info));
	r.info.jited_prog_len = code;
	r.info.jited_prog_insns = code ? ADDR(r.code) : 0;
	r.info.nr_jited_ksyms = symbols;
	r.info.jited_ksyms = symbols ? ADDR(r.symbols) : 0;
	r.info.nr_jited_func_lens = lengths;
	r.info.jited_func_lens = lengths ? ADDR(r.lengths) : 0;
	r.info.nr_jited_line_info = lines;
	r.info.jited_line_info = lines ? ADDR(r.lines) : 0;
	r.info.jited_line_info_rec_size = lines ? 8 : 0;
	r.info.nr_prog_tags = 8;
	r.info.prog_tags = ADDR(r.tags);
	return bpf(BPF_OBJ_GET_INFO_BY_FD, &a);
}

static void check_counts(int fd)
{
	assert_int_equal(ask(fd, 0, 0, 0, 0), 0);
	assert_true(r.info.jited_prog_len > 0);
	assert_int_equal(r.info.nr_jited_ksyms, 2);
	assert_int_equal(r.info.nr_jited_func_lens, 2);
	assert_int_equal(r.info.nr_jited_line_info, 3);
	assert_int_equal(r.info.jited_line_info_rec_size, 8);
	assert_int_equal(r.info.nr_prog_tags, 2);
}

static void check_contents(int fd)
{
	assert_int_equal(ask(fd, sizeof(r.code), 8, 8, 8), 0);
	assert_int_equal(r.info.nr_jited_ksyms, 2);
	assert_int_equal(r.info.nr_jited_func_lens, 2);
	assert_int_equal(r.lengths[0] + r.lengths[1], r.info.jited_prog_len);
	assert_int_equal(r.lengths[2], 0x55555555);
	assert_int_equal(r.code[r.info.jited_prog_len], 0x55);
	assert_int_equal(r.symbols[2], 0x5555555555555555);
	/* A function's first record is its start; the others ascend. */
	assert_int_equal(r.lines[0], r.symbols[0]);
	assert_int_equal(r.lines[2], r.symbols[1]);
	assert_true(r.lines[1] > r.lines[0] && r.lines[1] < r.symbols[0] + r.lengths[0]);
	assert_memory_not_equal(r.tags[0], r.info.tag, 8); /* each is of one function */
	assert_memory_not_equal(r.tags[1], r.tags[0], 8);
}

/* Less room: what fits, and how much there is. */
static void check_little_room(int fd)
{
	u32 size;

	assert_int_equal(ask(fd, 0, 0, 0, 0), 0);
	size = r.info.jited_prog_len;
	assert_int_equal(ask(fd, 10, 1, 1, 2), 0);
	assert_int_equal(r.info.jited_prog_len, size);
	assert_int_equal(r.info.nr_jited_ksyms, 2);
	assert_int_equal(r.info.nr_jited_line_info, 3);
	assert_int_equal(r.code[10], 0x55);
	assert_int_equal(r.symbols[1], 0x5555555555555555);
	assert_int_equal(r.lengths[1], 0x55555555);
	assert_int_equal(r.lines[2], 0x5555555555555555);
}

static int ask_badly(int fd, u32 records, u32 size, u64 code)
{
	struct bpf_prog_info info = {.nr_jited_line_info = records,
				     .jited_line_info_rec_size = size,
				     .jited_line_info = ADDR(r.lines),
				     .jited_prog_len = 64,
				     .jited_prog_insns = code};
	union bpf_attr a = {
		.info = {.bpf_fd = (u32)fd, .info_len = sizeof(info), .info = ADDR(&info)}};

	return bpf(BPF_OBJ_GET_INFO_BY_FD, &a);
}

static void check_errors(int fd)
{
	assert_int_equal(ask_badly(fd, 0, 0, ADDR(r.code)), 0);
	assert_int_equal(ask_badly(fd, 1, 8, ADDR(r.code)), 0);
	assert_int_equal(ask_badly(fd, 1, 0, ADDR(r.code)), -EINVAL);
	assert_int_equal(ask_badly(fd, 1, 4, ADDR(r.code)), -EINVAL);
	assert_int_equal(ask_badly(fd, 0, 16, ADDR(r.code)), -EINVAL);
	assert_int_equal(ask_badly(fd, 0, 0, 8), -EFAULT);
	assert_int_equal(ask_badly(fd, 0, 0, 0), -EFAULT);
}

static void check_all(void)
{
	int btf = load_btf(), fd;

	assert_true(btf >= 0);
	fd = load(btf);
	assert_true(fd >= 0);
	check_counts(fd);
	check_contents(fd);
	check_little_room(fd);
	check_errors(fd);
	close(fd);
	close(btf);
}

static void start(u32 engine)
{
	const struct cygnet_opts opts = {.sz = sizeof(opts), .engine = engine};

	kernel = false;
	assert_int_equal(cygnet_new(&opts, &inst), 0);
}

static void test_instance(void **state)
{
	for (u32 engine = ENGINE_AUTO; engine <= ENGINE_BASELINE; engine++) {
		if (engine == ENGINE_INTERP)
			continue;
		start(engine);
		check_all();
		cygnet_free(inst);
	}
}

static void test_kernel(void **state)
{
	union bpf_attr a = {0};
	FILE *f = fopen("/proc/sys/net/core/bpf_jit_enable", "re");
	int on = 0;

	if (f && fscanf(f, "%d", &on) != 1)
		on = 0;
	if (f)
		fclose(f);
	if (!on || geteuid() || syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &a, sizeof(a)) < 0)
		if (errno != ENOENT || !on)
			skip();
	kernel = true;
	check_all();
	kernel = false;
}

/* Where nothing is compiled there is nothing to see. */
static void test_interpreted(void **state)
{
	int btf, fd;

	start(ENGINE_INTERP);
	btf = load_btf();
	fd = load(btf);
	assert_int_equal(ask(fd, sizeof(r.code), 8, 8, 8), 0);
	assert_int_equal(r.info.jited_prog_len, 0);
	assert_int_equal(r.info.nr_jited_ksyms, 0);
	assert_int_equal(r.info.nr_jited_func_lens, 0);
	assert_int_equal(r.info.nr_jited_line_info, 0);
	assert_int_equal(r.code[0], 0x55);
	close(fd);
	close(btf);
	cygnet_free(inst);
}

/* An ordinary user with a program's descriptor sees no code of it, whatever the engine. */
static void test_ordinary_user(void **state)
{
	int btf, fd;

	start(ENGINE_AUTO);
	btf = load_btf();
	fd = load(btf);
	sys_self(inst)->unprivileged = true;
	assert_int_equal(ask(fd, sizeof(r.code), 8, 8, 8), 0);
	assert_int_equal(r.info.jited_prog_len, 0);
	assert_int_equal(r.info.xlated_prog_len, 0);
	assert_int_equal(r.info.nr_jited_ksyms, 0);
	assert_int_equal(r.info.nr_jited_func_lens, 0);
	assert_int_equal(r.info.nr_jited_line_info, 0);
	assert_int_equal(r.info.nr_func_info, 0);
	assert_int_equal(r.info.nr_line_info, 0);
	assert_int_equal(r.info.nr_prog_tags, 0);
	assert_int_equal(r.info.type, BPF_PROG_TYPE_SOCKET_FILTER);
	assert_int_equal(r.code[0], 0x55);
	sys_self(inst)->unprivileged = false;
	close(fd);
	close(btf);
	cygnet_free(inst);
}

/* It is what runs. */
static void test_code(void **state)
{
	const struct native_prog *n;
	struct prog_object *p;
	int btf, fd;

	start(ENGINE_JIT);
	btf = load_btf();
	fd = load(btf);
	assert_int_equal(ask(fd, sizeof(r.code), 8, 8, 8), 0);
	p = object_prog(object_by_id(inst, OBJECT_PROG, r.info.id));
	assert_non_null(p->native);
	n = jit_prog(p->native);
	assert_int_equal(r.symbols[0], n->code + n->subs[0]);
	assert_memory_equal(r.code, (const void *)(uintptr_t)r.symbols[0], r.lengths[0]);
	assert_memory_equal(r.code + r.lengths[0], (const void *)(uintptr_t)r.symbols[1],
			    r.lengths[1]);
	close(fd);
	close(btf);
	cygnet_free(inst);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_instance),    cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_interpreted), cmocka_unit_test(test_ordinary_user),
		cmocka_unit_test(test_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
