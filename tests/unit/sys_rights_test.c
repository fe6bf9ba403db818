// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a client without capabilities may do. The errnos are those of Linux 6.18 with
 * kernel.unprivileged_bpf_disabled=0, asked with the very same calls.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>
#include <cmocka.h>
#include <cygnet/cygnet.h>
#include "base/types.h"
#include "core/client.h"
#include "sys/sys.h"

static struct cygnet *inst;

static int setup(void)
{
	return cygnet_new(NULL, &inst);
}

static int teardown(void **state)
{
	cygnet_free(inst);
	return 0;
}

static int bpf(int cmd, union bpf_attr *a)
{
	int ret = cygnet_bpf(inst, cmd, a, sizeof(*a));

	if (ret > 0)
		close(ret);
	return MIN(ret, 0);
}

static int make_map(u32 type)
{
	union bpf_attr a = {.map_type = type, .key_size = 4, .value_size = 4, .max_entries = 1};

	if (type == BPF_MAP_TYPE_RINGBUF || type == BPF_MAP_TYPE_USER_RINGBUF) {
		a.key_size = a.value_size = 0;
		a.max_entries = 4096;
	}
	if (type == BPF_MAP_TYPE_STACK_TRACE)
		a.value_size = 8;
	return bpf(BPF_MAP_CREATE, &a);
}

static u64 insns[5000];

static int load(u32 type, u32 count, u32 flags)
{
	union bpf_attr a = {.prog_type = type,
			    .insn_cnt = count,
			    .insns = ptr_to_u64(insns + ARRAY_SIZE(insns) - count),
			    .license = ptr_to_u64("GPL"),
			    .prog_flags = flags};

	return bpf(BPF_PROG_LOAD, &a);
}

static void test_maps(void **state)
{
	static const u32 ordinary[] = {
		BPF_MAP_TYPE_HASH,        BPF_MAP_TYPE_ARRAY,        BPF_MAP_TYPE_PERF_EVENT_ARRAY,
		BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_CGROUP_ARRAY,
		BPF_MAP_TYPE_RINGBUF};
	static const u32 special[] = {BPF_MAP_TYPE_STACK_TRACE, BPF_MAP_TYPE_LRU_HASH,
				      BPF_MAP_TYPE_LRU_PERCPU_HASH};
	union bpf_attr bad = {.map_type = BPF_MAP_TYPE_LRU_HASH};

	for (u32 i = 0; i < ARRAY_SIZE(ordinary); i++)
		assert_int_equal(make_map(ordinary[i]), 0);
	for (u32 i = 0; i < ARRAY_SIZE(special); i++) {
		sys_self(inst)->unprivileged = false;
		assert_int_equal(make_map(special[i]), 0);
		sys_self(inst)->unprivileged = true;
		assert_int_equal(make_map(special[i]), -EPERM);
	}
	/* Malformed comes before forbidden. */
	assert_int_equal(bpf(BPF_MAP_CREATE, &bad), -EINVAL);
}

static void test_programs(void **state)
{
	for (u32 i = 0; i < ARRAY_SIZE(insns); i++)
		insns[i] = 0xb7; /* r0 = 0 */
	insns[ARRAY_SIZE(insns) - 1] = 0x95;
	for (u32 type = 0; type < 34; type++)
		assert_int_equal(load(type, 2, 0), type == BPF_PROG_TYPE_SOCKET_FILTER ||
								   type == BPF_PROG_TYPE_CGROUP_SKB
							   ? 0
							   : -EPERM);
	assert_int_equal(load(999, 2, 0), -EPERM);
	assert_int_equal(load(BPF_PROG_TYPE_SOCKET_FILTER, 4096, 0), 0);
	assert_int_equal(load(BPF_PROG_TYPE_SOCKET_FILTER, 4097, 0), -E2BIG);
	assert_int_equal(load(BPF_PROG_TYPE_KPROBE, 5000, 0), -E2BIG);
	assert_int_equal(load(BPF_PROG_TYPE_KPROBE, 2, 1u << 20), -EINVAL);
	sys_self(inst)->unprivileged = false;
	assert_int_equal(load(BPF_PROG_TYPE_SOCKET_FILTER, 5000, 0), 0);
	sys_self(inst)->unprivileged = true;
}

static void test_commands(void **state)
{
	static const int forbidden[] = {
		BPF_PROG_GET_NEXT_ID, BPF_MAP_GET_NEXT_ID,   BPF_BTF_GET_NEXT_ID,
		BPF_LINK_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID, BPF_MAP_GET_FD_BY_ID,
		BPF_BTF_GET_FD_BY_ID, BPF_LINK_GET_FD_BY_ID, BPF_PROG_QUERY,
		BPF_TASK_FD_QUERY,    BPF_ENABLE_STATS,      BPF_BTF_LOAD,
	};
	union bpf_attr tail;

	for (u32 i = 0; i < ARRAY_SIZE(forbidden); i++) {
		union bpf_attr a = {0};

		assert_int_equal(bpf(forbidden[i], &a), -EPERM);
	}
	__builtin_memset(&tail, 0xff, sizeof(tail));
	assert_int_equal(bpf(BPF_MAP_GET_NEXT_ID, &tail), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_commands),
	};

	if (setup())
		return 1;
	sys_self(inst)->unprivileged = true;
	return cmocka_run_group_tests(tests, NULL, teardown);
}
