// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which capabilities calling a helper takes, of those that socket filters and
 * cgroups' packet filters have. One PROG_LOAD of one call by loaders with less
 * and less tells the kernel's answer; the answers are facts
 * (tests/data/helper_rights.facts: helper id, then b for CAP_BPF, p for CAP_PERFMON too, - for
 * neither), which the verifier's table must agree with.
 *
 *	CYGNET_FACTS=write build/tests/unit/helper_rights_test   (as root) renews them; it needs
 *	kernel.unprivileged_bpf_disabled=0 for the time being
 */
#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "verify/call.h"

#define FACTS   "tests/data/helper_rights.facts"
#define HELPERS 212 /* 6.18's, and the one that is none */

/* CAP_NET_ADMIN as well, for the cgroups' type. */
#define CAPS_PERFMON (1ull << CAP_BPF | 1ull << CAP_PERFMON | 1ull << CAP_NET_ADMIN)
#define CAPS_BPF     (1ull << CAP_BPF | 1ull << CAP_NET_ADMIN)

static char stored[HELPERS], *asked;
static char stored_kernel[128], log_text[1 << 14];

static bool drop_to(u64 caps)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2] = {{(u32)caps, (u32)caps, 0},
					      {(u32)(caps >> 32), (u32)(caps >> 32), 0}};

	return !syscall(SYS_capset, &h, d);
}

/* 1: may be called, whatever else is wrong; 0: not; -1: nothing may be loaded. */
static int may_call(u32 type, u32 id)
{
	struct bpf_insn insns[] = {{.code = BPF_JMP | BPF_CALL, .imm = (s32)id},
				   {.code = BPF_ALU64 | BPF_MOV | BPF_K},
				   {.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr a = {.prog_type = type,
			    .insns = (u64)insns,
			    .insn_cnt = ARRAY_SIZE(insns),
			    .license = (u64) "GPL",
			    .log_level = 1,
			    .log_size = sizeof(log_text),
			    .log_buf = (u64)log_text};
	long fd;

	log_text[0] = 0;
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));
	if (fd >= 0)
		close((int)fd);
	if (fd < 0 && !log_text[0])
		return -1;
	return !strstr(log_text, "cannot use helper") && !strstr(log_text, "invalid func");
}

/* Marks those that the loader with `caps` may call. */
static void ask_with(u64 caps, u8 mark, u8 *marks)
{
	pid_t child = fork();

	if (!child) {
		static const u32 types[] = {BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_CGROUP_SKB};

		for (u32 t = 0; t < 2 && (caps == ~0ull || drop_to(caps)); t++)
			for (u32 id = 1; id < HELPERS; id++)
				if (may_call(types[t], id) == 1)
					marks[id] |= mark;
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

/* False: this host does not tell. */
static bool ask(bool users)
{
	u8 *marks =
		mmap(NULL, 2 * HELPERS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	u32 all = 0;

	assert_ptr_not_equal(marks, MAP_FAILED);
	asked = (char *)marks + HELPERS;
	ask_with(~0ull, 1, marks);
	ask_with(CAPS_PERFMON, 2, marks);
	ask_with(CAPS_BPF, 4, marks);
	if (users)
		ask_with(0, 8, marks);
	for (u32 id = 1; id < HELPERS; id++) {
		asked[id] = marks[id] & 8 ? '-' : marks[id] & 4 ? 'b' : marks[id] & 2 ? 'p' : 0;
		all += marks[id] & 1;
	}
	return all > 50;
}

static void write_facts(void)
{
	FILE *out = fopen(FACTS, "w");
	struct utsname u;

	uname(&u);
	assert_non_null(out);
	assert_true(ask(true));
	fprintf(out, "# Linux %s\n# helper id: b CAP_BPF, p CAP_PERFMON too, - neither\n",
		u.release);
	for (u32 id = 1; id < HELPERS; id++)
		if (asked[id])
			fprintf(out, "%u %c\n", id, asked[id]);
	fclose(out);
}

static void read_facts(void)
{
	FILE *in = fopen(FACTS, "r");
	char line[128], c;
	unsigned id;

	assert_non_null(in);
	while (fgets(line, sizeof(line), in))
		if (sscanf(line, "# Linux %127s", stored_kernel) != 1 &&
		    sscanf(line, "%u %c", &id, &c) == 2 && id < HELPERS)
			stored[id] = c;
	fclose(in);
}

static void test_table(void **state)
{
	u32 compared = 0;

	read_facts();
	for (u32 id = 1; id < HELPERS; id++) {
		u32 rights = verify_helper_rights(id);
		char ours = rights & RIGHT_PTR_LEAKS ? 'p' : rights ? 'b' : '-';

		if (!stored[id])
			continue;
		compared++;
		if (ours != stored[id])
			fail_msg("helper %u takes %c, the kernel says %c", id, ours, stored[id]);
	}
	assert_true(compared > 80);
}

/* With CAP_BPF and with CAP_PERFMON; ordinary users are rarely let in. */
static void test_kernel(void **state)
{
	struct utsname u;

	uname(&u);
	if (geteuid() || strcmp(u.release, stored_kernel) || !ask(false))
		skip();
	for (u32 id = 1; id < HELPERS; id++)
		if (stored[id] && (stored[id] == 'p') != (asked[id] == 'p'))
			fail_msg("helper %u: %c, asked again %c", id, stored[id], asked[id]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_table),
					   cmocka_unit_test(test_kernel)};
	const char *mode = getenv("CYGNET_FACTS");

	if (mode && !strcmp(mode, "write"))
		write_facts();
	return cmocka_run_group_tests_name("helper_rights", tests, NULL, NULL);
}
