// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which bytes of sockets may be loaded: the kernel's answers to one PROG_LOAD for
 * each offset and size are facts (tests/data/socket.facts); the tables must say
 * the same. Where bpf(2) works the kernel is asked again, at each fourth offset.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include <cygnet/abi.h>
#include "core/socket.h"

#define BYTES 128 /* no socket has more */

static const char *const names[] = {
	[CORE_SOCK] = "sock",
	[CORE_SOCK_COMMON] = "common",
	[CORE_SOCK_TCP] = "tcp",
	[CORE_SOCK_XDP] = "xdp",
};

static u8 facts[ARRAY_SIZE(names)][BYTES]; /* sizes, or-ed */

static u32 kind_named(const char *name)
{
	for (u32 k = 0; k < ARRAY_SIZE(names); k++)
		if (!strcmp(names[k], name))
			return k;
	fail_msg("no kind %s", name);
	return 0;
}

static int read_facts(void **state)
{
	FILE *f = fopen("tests/data/socket.facts", "r");
	char line[128], name[16];
	u32 off, sizes[4];
	int n;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		n = sscanf(line, "%15s %u %u %u %u %u", name, &off, &sizes[0], &sizes[1], &sizes[2],
			   &sizes[3]);
		if (line[0] == '#' || n < 3 || off >= BYTES)
			continue;
		for (int i = 0; i < n - 2; i++)
			facts[kind_named(name)][off] |= (u8)sizes[i];
	}
	fclose(f);
	return 0;
}

static void tables_say_what_the_kernel_says(void **state)
{
	for (u32 k = 0; k < ARRAY_SIZE(names); k++)
		for (u32 off = 0; off < BYTES; off++)
			for (u32 size = 1; size <= 8; size *= 2)
				if (core_sock_readable(k, off, size) != !!(facts[k][off] & size))
					fail_msg("%s: %u bytes at %u", names[k], size, off);
}

static void odd_sizes_and_offsets_are_refused(void **state)
{
	assert_false(core_sock_readable(CORE_SOCK, 0, 0));
	assert_false(core_sock_readable(CORE_SOCK, 4, 3));
	assert_false(core_sock_readable(CORE_SOCK, 4, 16));
	assert_false(core_sock_readable(CORE_SOCK, ~0u, 4));
}

#define INSN(c, d, s, o, i) \
	((struct bpf_insn){.code = c, .dst_reg = d, .src_reg = s, .off = o, .imm = i})

static int load(u32 type, const struct bpf_insn *insns, u32 count)
{
	union bpf_attr a = {
		.prog_type = type, .insns = (u64)insns, .insn_cnt = count, .license = (u64) "GPL"};
	int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));

	if (fd >= 0)
		close(fd);
	return fd;
}

/* r0 = the socket of a packet, of the kind; then one load. */
static bool kernel_loads(u32 kind, u32 off, u32 size)
{
	static const u8 codes[] = {[1] = 0x71, [2] = 0x69, [4] = 0x61, [8] = 0x79};
	static const s32 helpers[] = {
		[CORE_SOCK] = BPF_FUNC_sk_fullsock, [CORE_SOCK_TCP] = BPF_FUNC_tcp_sock};
	struct bpf_insn p[16];
	u32 n = 0;

	p[n++] = INSN(0x79, 1, 1, offsetof(struct __sk_buff, sk), 0);
	p[n++] = INSN(0x55, 1, 0, 2, 0);
	p[n++] = INSN(0xb7, 0, 0, 0, 0);
	p[n++] = INSN(0x95, 0, 0, 0, 0);
	if (kind == CORE_SOCK_COMMON) {
		p[n++] = INSN(0xbf, 0, 1, 0, 0);
	} else {
		p[n++] = INSN(0x85, 0, 0, 0, helpers[kind]);
		p[n++] = INSN(0x55, 0, 0, 1, 0);
		p[n++] = INSN(0x95, 0, 0, 0, 0);
	}
	p[n++] = INSN(codes[size], 0, 0, (s16)off, 0);
	p[n++] = INSN(0xb7, 0, 0, 0, 0);
	p[n++] = INSN(0x95, 0, 0, 0, 0);
	return load(BPF_PROG_TYPE_SCHED_CLS, p, n) >= 0;
}

static void the_running_kernel_agrees(void **state)
{
	static const struct bpf_insn least[] = {{.code = 0xb7}, {.code = 0x95}};

	if (load(BPF_PROG_TYPE_SCHED_CLS, least, 2) < 0)
		skip();
	for (u32 k = CORE_SOCK; k <= CORE_SOCK_TCP; k++)
		for (u32 off = 0; off < BYTES; off += 4)
			for (u32 size = 1; size <= 8; size *= 2)
				if (kernel_loads(k, off, size) != core_sock_readable(k, off, size))
					fail_msg("%s: %u bytes at %u", names[k], size, off);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_say_what_the_kernel_says),
		cmocka_unit_test(odd_sizes_and_offsets_are_refused),
		cmocka_unit_test(the_running_kernel_agrees),
	};

	return cmocka_run_group_tests(tests, read_facts, NULL);
}
