// SPDX-License-Identifier: BSD-2-Clause
/*
 * MAP_CREATE by who has no rights, where the system lets him ask at all
 * (kernel.unprivileged_bpf_disabled=0): which types, and what is looked at
 * first, attributes or rights: the kernel's results (sys_facts.h).
 */
#define FACTS "tests/data/map_rights.facts"
#include "sys_facts.h"

#define NOBODY 65534

/* A try at once with right and with wrong attributes. */
static void try(struct pass *p, const char *what, union bpf_attr a)
{
	char name[64];
	long r = p->bpf(BPF_MAP_CREATE, &a, ALL);

	snprintf(name, sizeof(name), "type %u %s", a.map_type, what);
	note(p, name, r < 0 ? r : 0);
	if (r >= 0)
		close(r);
}

static union bpf_attr attributes(u32 type)
{
	union bpf_attr a = {.map_type = type, .key_size = 4, .value_size = 4, .max_entries = 1};

	switch (type) {
	case BPF_MAP_TYPE_STACK_TRACE: a.value_size = 8; break;
	case BPF_MAP_TYPE_LPM_TRIE:
		a.key_size = 8;
		a.map_flags = BPF_F_NO_PREALLOC;
		break;
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
		a.key_size = a.value_size = 0;
		a.max_entries = 4096;
		break;
	case BPF_MAP_TYPE_ARENA:
		a.key_size = a.value_size = 0;
		a.map_flags = BPF_F_MMAPABLE;
		break;
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case BPF_MAP_TYPE_BLOOM_FILTER: a.key_size = 0; break;
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		a.key_size = 8;
		a.max_entries = 0;
		break;
	case BPF_MAP_TYPE_STRUCT_OPS: a.btf_vmlinux_value_type_id = 1; break;
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case BPF_MAP_TYPE_CGRP_STORAGE:
		a.max_entries = 0;
		a.map_flags = BPF_F_NO_PREALLOC;
		a.btf_key_type_id = a.btf_value_type_id = 1;
		a.btf_fd = 9999;
		break;
	}
	return a;
}

static void run_calls(struct pass *p)
{
	bool kernel = p->bpf == kernel_bpf;

	if (kernel)
		assert_int_equal(seteuid(NOBODY), 0);
	else
		sys_self(inst)->unprivileged = true;
	for (u32 type = 0; type < 35; type++) {
		union bpf_attr a;
		long inner;

		a = attributes(BPF_MAP_TYPE_HASH);
		inner = p->bpf(BPF_MAP_CREATE, &a, ALL);
#define TRY_WITH(what, ...)                                            \
	do {                                                           \
		a = attributes(type);                                  \
		a.inner_map_fd = type == 12 || type == 13 ? inner : 0; \
		__VA_ARGS__;                                           \
		try(p, what, a);                                       \
	} while (0)
		TRY_WITH("as it should be", );
		TRY_WITH("key", a.key_size = 999);
		TRY_WITH("value", a.value_size = 0xffffffff);
		TRY_WITH("no value", a.value_size = 0);
		TRY_WITH("entries", a.max_entries ^= 1);
		TRY_WITH("flags", a.map_flags ^= BPF_F_NO_PREALLOC);
		TRY_WITH("more flags", a.map_flags |= BPF_F_LINK);
		TRY_WITH("name", strcpy(a.map_name, "bad name"));
		TRY_WITH("inner", a.inner_map_fd = 9999);
		TRY_WITH("device", a.map_ifindex = 1);
		TRY_WITH("token", a.map_flags |= BPF_F_TOKEN_FD; a.map_token_fd = 9999);
		TRY_WITH("types", a.btf_value_type_id = 1; a.btf_fd = 9999);
		TRY_WITH("extra", a.map_extra = 1);
		close(inner);
	}
	if (kernel)
		assert_int_equal(seteuid(0), 0);
}

/* Where nobody may ask, the kernel's part of it is what the facts say. */
static bool may_ask(void)
{
	FILE *f = fopen("/proc/sys/kernel/unprivileged_bpf_disabled", "r");
	int disabled = -1;

	if (f && fscanf(f, "%d", &disabled) != 1)
		disabled = -1;
	if (f)
		fclose(f);
	return !disabled;
}

static void test_kernel_where_asked(void **state)
{
	if (!may_ask())
		skip();
	test_kernel(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel_where_asked),
		cmocka_unit_test(test_instance),
	};

	return cmocka_run_group_tests_name("who may make maps", tests, NULL, NULL);
}
