// SPDX-License-Identifier: BSD-2-Clause
/* What a program keeps with a socket, task, inode or cgroup. */
#include "helper/helper.h"

/* The program's cgroup: in TEST_RUN one of its own, which lasts as long as the command. */
HELPER_BODY(get_local_storage)
{
	struct run_local *l = run_local_find(run, u64_to_ptr(r1));

	if (!l) {
		run_fault_set(run, FAULT_NO_HELPER, RUN_INSN_HERE, BPF_FUNC_get_local_storage, 0,
			      0);
		return 0;
	}
	l->made = true;
	return ptr_to_u64(l->value);
}

/* The packet's socket keeps values as long. */
HELPER_BODY(sk_storage_get)
{
	struct map *m = u64_to_ptr(r1);
	struct run_local *l = run_local_find(run, m);

	if (!l || !r2 || r4 > BPF_SK_STORAGE_GET_F_CREATE)
		return 0;
	if (!l->made && r4 == BPF_SK_STORAGE_GET_F_CREATE) {
		if (r3)
			__builtin_memcpy(l->value, u64_to_ptr(r3), m->value_size);
		else
			__builtin_memset(l->value, 0, m->value_size);
		l->made = true;
	}
	return l->made ? ptr_to_u64(l->value) : 0;
}

HELPER_BODY(sk_storage_delete)
{
	struct run_local *l = run_local_find(run, u64_to_ptr(r1));

	if (!r2)
		return HELPER_RESULT(-EINVAL);
	if (!l || !l->made)
		return HELPER_RESULT(-ENOENT);
	l->made = false;
	return 0;
}

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_get_local_storage,
	 .name = "bpf_get_local_storage",
	 .fn = get_local_storage,
	 .flags = HELPER_FAULTS,
	 .map_types = HELPER_MAP(CGROUP_STORAGE) | HELPER_MAP(PERCPU_CGROUP_STORAGE),
	 .ret = RET_MAP_VALUE,
	 .args = {ARG_MAP, ARG_ANY},
	 .since = 0x0413,
	 .doc = "The cgroup's storage"},
	{.id = BPF_FUNC_sk_storage_get,
	 .name = "bpf_sk_storage_get",
	 .fn = sk_storage_get,
	 .ret = RET_MAP_VALUE_OR_NULL,
	 .args = {ARG_MAP, ARG_BTF_SOCK_COMMON, ARG_MAP_VALUE_OR_NULL, ARG_ANY},
	 .since = 0x0502,
	 .map_type = BPF_MAP_TYPE_SK_STORAGE,
	 .doc = "What is kept with a socket, made where asked"},
	{.id = BPF_FUNC_sk_storage_get,
	 .name = "bpf_sk_storage_get",
	 .ret = RET_MAP_VALUE_OR_NULL,
	 .args = {ARG_MAP, ARG_CTX, ARG_MAP_VALUE_OR_NULL, ARG_ANY},
	 .since = 0x0502,
	 .map_type = BPF_MAP_TYPE_SK_STORAGE,
	 .doc = "What is kept with the socket, made where asked",
	 .types = HELPER_FOR(CGROUP_SOCK)},
	{.id = BPF_FUNC_sk_storage_get,
	 .name = "bpf_sk_storage_get",
	 .ret = RET_MAP_VALUE_OR_NULL,
	 .args = {ARG_MAP, ARG_BTF_PTR_OR_NULL, ARG_MAP_VALUE_OR_NULL, ARG_ANY},
	 .btf = {[1] = "sock_common"},
	 .since = 0x0502,
	 .map_type = BPF_MAP_TYPE_SK_STORAGE,
	 .doc = "What is kept with a socket, made where asked",
	 .types = HELPER_FOR(TRACING) | HELPER_FOR(SYSCALL)},
	{.id = BPF_FUNC_sk_storage_delete,
	 .name = "bpf_sk_storage_delete",
	 .args = {ARG_MAP, ARG_BTF_PTR_OR_NULL},
	 .btf = {[1] = "sock_common"},
	 .since = 0x0502,
	 .map_type = BPF_MAP_TYPE_SK_STORAGE,
	 .doc = "Ends what is kept with a socket",
	 .types = HELPER_FOR(TRACING) | HELPER_FOR(SYSCALL)},
	{.id = BPF_FUNC_sk_storage_delete,
	 .name = "bpf_sk_storage_delete",
	 .fn = sk_storage_delete,
	 .args = {ARG_MAP, ARG_BTF_SOCK_COMMON},
	 .since = 0x0502,
	 .map_type = BPF_MAP_TYPE_SK_STORAGE,
	 .doc = "Ends what is kept with a socket"},
	{.id = BPF_FUNC_inode_storage_get,
	 .name = "bpf_inode_storage_get",
	 .ret = RET_MAP_VALUE_OR_NULL,
	 .args = {ARG_MAP, ARG_BTF_PTR_OR_NULL, ARG_MAP_VALUE_OR_NULL, ARG_ANY},
	 .btf = {[1] = "inode"},
	 .since = 0x050a,
	 .map_type = BPF_MAP_TYPE_INODE_STORAGE,
	 .doc = "What is kept with an inode, made where asked"},
	{.id = BPF_FUNC_inode_storage_delete,
	 .name = "bpf_inode_storage_delete",
	 .args = {ARG_MAP, ARG_BTF_PTR_OR_NULL},
	 .btf = {[1] = "inode"},
	 .since = 0x050a,
	 .map_type = BPF_MAP_TYPE_INODE_STORAGE,
	 .doc = "Ends what is kept with an inode"},
	{.id = BPF_FUNC_task_storage_get,
	 .name = "bpf_task_storage_get",
	 .ret = RET_MAP_VALUE_OR_NULL,
	 .args = {ARG_MAP, ARG_BTF_PTR_OR_NULL, ARG_MAP_VALUE_OR_NULL, ARG_ANY},
	 .btf = {[1] = "task_struct"},
	 .since = 0x050b,
	 .map_type = BPF_MAP_TYPE_TASK_STORAGE,
	 .doc = "What is kept with a task, made where asked"},
	{.id = BPF_FUNC_task_storage_delete,
	 .name = "bpf_task_storage_delete",
	 .args = {ARG_MAP, ARG_BTF_PTR_OR_NULL},
	 .btf = {[1] = "task_struct"},
	 .since = 0x050b,
	 .map_type = BPF_MAP_TYPE_TASK_STORAGE,
	 .doc = "Ends what is kept with a task"},
	{.id = BPF_FUNC_cgrp_storage_get,
	 .name = "bpf_cgrp_storage_get",
	 .ret = RET_MAP_VALUE_OR_NULL,
	 .args = {ARG_MAP, ARG_BTF_PTR_OR_NULL, ARG_MAP_VALUE_OR_NULL, ARG_ANY},
	 .btf = {[1] = "cgroup"},
	 .since = 0x0602,
	 .map_type = BPF_MAP_TYPE_CGRP_STORAGE,
	 .doc = "What is kept with a cgroup, made where asked"},
	{.id = BPF_FUNC_cgrp_storage_delete,
	 .name = "bpf_cgrp_storage_delete",
	 .args = {ARG_MAP, ARG_BTF_PTR_OR_NULL},
	 .btf = {[1] = "cgroup"},
	 .since = 0x0602,
	 .map_type = BPF_MAP_TYPE_CGRP_STORAGE,
	 .doc = "Ends what is kept with a cgroup"},
};
HELPER_FAMILY(helper_storage_family, protos);
