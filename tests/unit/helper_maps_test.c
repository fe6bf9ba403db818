// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which map types each helper takes. One PROG_LOAD for each pair tells the running kernel's answer:
 * a letter per map type, y or n, or "-" where another complaint came first. The letters are facts
 * (tests/data/helper_maps.facts); the tables must agree with each y and n.
 *
 *	CYGNET_FACTS=write build/tests/unit/helper_maps_test    (as root) renews them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <cmocka.h>

#include <cygnet/abi.h>
#include "core/prog.h"
#include "verify/call.h"

#define FACTS "tests/data/helper_maps.facts"
#define MAPS  (BPF_MAP_TYPE_ARENA + 1)

static char stored[__BPF_FUNC_MAX_ID][MAPS + 1], asked[__BPF_FUNC_MAX_ID][MAPS + 1];
static char stored_kernel[128], asked_kernel[128], log_text[1 << 15];

/* Programs that together may call most helpers that take a map. */
static const u32 callers[] = {BPF_PROG_TYPE_SCHED_CLS,    BPF_PROG_TYPE_KPROBE,
			      BPF_PROG_TYPE_XDP,          BPF_PROG_TYPE_CGROUP_SKB,
			      BPF_PROG_TYPE_SK_SKB,       BPF_PROG_TYPE_SK_MSG,
			      BPF_PROG_TYPE_SK_REUSEPORT, BPF_PROG_TYPE_SOCK_OPS};

static long map_new(u32 type, int inner)
{
	union bpf_attr a = {.map_type = type, .key_size = 4, .value_size = 8, .max_entries = 1};

	switch (type) {
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
		a.key_size = a.value_size = 0;
		a.max_entries = 4096;
		break;
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_CPUMAP:
	case BPF_MAP_TYPE_XSKMAP: a.value_size = 4; break;
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		a.value_size = 4;
		a.inner_map_fd = inner;
		break;
	case BPF_MAP_TYPE_STACK_TRACE: a.value_size = 40; break;
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		a.max_entries = 0;
		a.key_size = 8;
		break;
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case BPF_MAP_TYPE_BLOOM_FILTER: a.key_size = 0; break;
	case BPF_MAP_TYPE_LPM_TRIE:
		a.key_size = 8;
		a.map_flags = BPF_F_NO_PREALLOC;
		break;
	}
	return syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a));
}

struct program {
	struct bpf_insn insns[64];
	u32 count;
};

static void add(struct program *p, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	p->insns[p->count++] = (struct bpf_insn){
		.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm};
}

static bool add_argument(struct program *p, u32 arg, u32 reg, int map)
{
	switch (arg) {
	case ARG_CTX: add(p, BPF_ALU64 | BPF_MOV | BPF_X, reg, 6, 0, 0); return true;
	case ARG_ANY: add(p, BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, 0); return true;
	case ARG_SIZE:
	case ARG_SIZE_OR_ZERO: add(p, BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, 24); return true;
	case ARG_ALLOC_SIZE: add(p, BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, 8); return true;
	case ARG_MAP:
		add(p, BPF_LD | BPF_IMM | BPF_DW, reg, BPF_PSEUDO_MAP_FD, 0, map);
		add(p, 0, 0, 0, 0, 0);
		return true;
	case ARG_MEM:
	case ARG_MEM_WRITE:
	case ARG_MAP_KEY:
	case ARG_MAP_VALUE:
	case ARG_MAP_VALUE_WRITE:
		add(p, BPF_ALU64 | BPF_MOV | BPF_X, reg, 10, 0, 0);
		add(p, BPF_ALU64 | BPF_ADD | BPF_K, reg, 0, 0, -64);
		return true;
	default: return false;
	}
}

static char ask_pair(const struct helper_proto *h, u32 type, int map)
{
	struct program p = {0};
	union bpf_attr a = {.prog_type = type,
			    .insns = (u64)p.insns,
			    .license = (u64) "GPL",
			    .log_level = 1,
			    .log_size = sizeof(log_text),
			    .log_buf = (u64)log_text};
	long fd;

	add(&p, BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0);
	for (s16 off = -64; off < 0; off += 8)
		add(&p, BPF_ST | BPF_MEM | BPF_DW, 10, 0, off, 0);
	for (u32 i = 0; i < 5 && h->args[i] != ARG_NONE; i++)
		if (!add_argument(&p, h->args[i], i + 1, map))
			return '-';
	add(&p, BPF_JMP | BPF_CALL, 0, 0, 0, h->id);
	add(&p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
	add(&p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	a.insn_cnt = p.count;
	log_text[0] = 0;
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));
	if (fd >= 0)
		close(fd);
	if (strstr(log_text, "cannot pass map_type") || strstr(log_text, "expected prog array map"))
		return 'n';
	return fd >= 0 || strstr(log_text, "reference leak") ? 'y' : '-';
}

static bool takes_maps(const struct helper_proto *h)
{
	return memchr(h->args, ARG_MAP, sizeof(h->args)) != NULL;
}

static void ask_helper(u32 id, const int *maps)
{
	for (u32 c = 0; c < ARRAY_SIZE(callers); c++) {
		const struct helper_proto *h = core_helper_for(id, callers[c]);

		if (!takes_maps(h) || !core_prog_ops(callers[c])->allows(h, 0))
			continue;
		for (u32 m = 1; m < MAPS; m++)
			asked[id][m - 1] = maps[m] < 0 ? '-' : ask_pair(h, callers[c], maps[m]);
		return;
	}
}

static void ask(void)
{
	int maps[MAPS], inner = map_new(BPF_MAP_TYPE_ARRAY, 0);
	struct utsname u;

	if (inner < 0)
		return;
	uname(&u);
	snprintf(asked_kernel, sizeof(asked_kernel), "%s", u.release);
	for (u32 m = 1; m < MAPS; m++)
		maps[m] = map_new(m, inner);
	for (u32 id = 1; id < __BPF_FUNC_MAX_ID; id++)
		ask_helper(id, maps);
	for (u32 m = 1; m < MAPS; m++)
		if (maps[m] >= 0)
			close(maps[m]);
	close(inner);
}

static void write_facts(void)
{
	FILE *out = fopen(FACTS, "w");

	assert_non_null(out);
	fprintf(out,
		"# Linux %s\n# helper id, then for each map type from 1: y, n, or - (not told)\n",
		asked_kernel);
	for (u32 id = 1; id < __BPF_FUNC_MAX_ID; id++)
		if (strpbrk(asked[id], "yn"))
			fprintf(out, "%u %s\n", id, asked[id]);
	fclose(out);
}

static void read_facts(void)
{
	char line[256], letters[MAPS + 1];
	FILE *in = fopen(FACTS, "r");
	unsigned id;

	assert_non_null(in);
	while (fgets(line, sizeof(line), in)) {
		if (sscanf(line, "# Linux %127s", stored_kernel) == 1 || *line == '#')
			continue;
		assert_int_equal(sscanf(line, "%u %33s", &id, letters), 2);
		assert_true(id < __BPF_FUNC_MAX_ID);
		strcpy(stored[id], letters);
	}
	fclose(in);
}

static void test_maps(void **state)
{
	unsigned wrong = 0, compared = 0;

	for (u32 id = 1; id < __BPF_FUNC_MAX_ID; id++)
		for (u32 m = 1; m < MAPS && stored[id][0]; m++) {
			char kernel = stored[id][m - 1];
			const struct helper_proto *h = core_helper(id);

			if (kernel == '-')
				continue;
			compared++;
			if ((core_helper_takes_map(h, m) && verify_map_takes_helper(m, id)) ==
			    (kernel == 'y'))
				continue;
			print_error("%s and map type %u: kernel says %c\n", h->name, m, kernel);
			wrong++;
		}
	assert_int_equal(wrong, 0);
	assert_true(compared > 400);
}

static void test_kernel(void **state)
{
	if (!*asked_kernel || strcmp(asked_kernel, stored_kernel))
		skip();
	for (u32 id = 1; id < __BPF_FUNC_MAX_ID; id++)
		if (stored[id][0])
			assert_string_equal(asked[id], stored[id]);
}

static int setup(void **state)
{
	const char *mode = getenv("CYGNET_FACTS");

	core_helpers_init();
	ask();
	if (mode && !strcmp(mode, "write"))
		write_facts();
	read_facts();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_maps),
					   cmocka_unit_test(test_kernel)};

	return cmocka_run_group_tests_name("helper_maps", tests, setup, NULL);
}
