// SPDX-License-Identifier: BSD-2-Clause
/* Cgroups: which one, what it lets pass. */
#include "helper/helper.h"

/* A packet's socket in TEST_RUN is of the caller's cgroup. */
HELPER_BODY(socket_cgroup_id)
{
	return HELPER_CAN(run, cgroup_id) ? run->env->cgroup_id(run) : 0;
}

HELPER_BODY(socket_ancestor_cgroup_id)
{
	return HELPER_CAN(run, ancestor_cgroup_id) ? run->env->ancestor_cgroup_id(run, (u32)r2) : 0;
}

/* Nobody gives classes here: that of every task and socket is 0. */
HELPER_BODY(socket_classid)
{
	return 0;
}

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_get_cgroup_classid,
	 .name = "bpf_get_cgroup_classid",
	 .fn = socket_classid,
	 .doc = "The current task's net_cls class"},
	{.id = BPF_FUNC_get_cgroup_classid,
	 .name = "bpf_get_cgroup_classid",
	 .fn = socket_classid,
	 .args = {ARG_CTX},
	 .doc = "The net_cls class of the packet's socket",
	 .types = HELPER_FOR(SCHED_CLS) | HELPER_FOR(SCHED_ACT) | HELPER_FOR(LWT_IN) |
		  HELPER_FOR(LWT_OUT) | HELPER_FOR(LWT_XMIT) | HELPER_FOR(LWT_SEG6LOCAL)},
	{.id = BPF_FUNC_skb_cgroup_classid,
	 .name = "bpf_skb_cgroup_classid",
	 .fn = socket_classid,
	 .args = {ARG_CTX},
	 .since = 0x050a,
	 .doc = "The net_cls class of the packet's socket"},
	{.id = BPF_FUNC_skb_under_cgroup,
	 .name = "bpf_skb_under_cgroup",
	 .args = {ARG_CTX, ARG_MAP, ARG_ANY},
	 .map_type = BPF_MAP_TYPE_CGROUP_ARRAY,
	 .doc = "Is the packet's socket in or below a cgroup of the map?"},
	{.id = BPF_FUNC_skb_cgroup_id,
	 .name = "bpf_skb_cgroup_id",
	 .fn = socket_cgroup_id,
	 .args = {ARG_CTX},
	 .doc = "The cgroup of the packet's socket"},
	{.id = BPF_FUNC_skb_ancestor_cgroup_id,
	 .name = "bpf_skb_ancestor_cgroup_id",
	 .fn = socket_ancestor_cgroup_id,
	 .args = {ARG_CTX, ARG_ANY},
	 .since = 0x0413,
	 .doc = "The cgroup above it at a level"},
	{.id = BPF_FUNC_sk_cgroup_id,
	 .name = "bpf_sk_cgroup_id",
	 .fn = socket_cgroup_id,
	 .args = {ARG_BTF_SOCK_COMMON},
	 .since = 0x0508,
	 .doc = "The socket's cgroup"},
	{.id = BPF_FUNC_sk_ancestor_cgroup_id,
	 .name = "bpf_sk_ancestor_cgroup_id",
	 .fn = socket_ancestor_cgroup_id,
	 .args = {ARG_BTF_SOCK_COMMON, ARG_ANY},
	 .since = 0x0508,
	 .doc = "The cgroup above it at a level"},
	{.id = BPF_FUNC_get_retval,
	 .name = "bpf_get_retval",
	 .since = 0x0512,
	 .doc = "What the call will return"},
	{.id = BPF_FUNC_set_retval,
	 .name = "bpf_set_retval",
	 .args = {ARG_ANY},
	 .since = 0x0512,
	 .doc = "Sets what the call will return"},
	{.id = BPF_FUNC_sysctl_get_name,
	 .name = "bpf_sysctl_get_name",
	 .args = {ARG_CTX, ARG_MEM_WRITE, ARG_SIZE, ARG_ANY},
	 .since = 0x0502,
	 .doc = "The name of the setting"},
	{.id = BPF_FUNC_sysctl_get_current_value,
	 .name = "bpf_sysctl_get_current_value",
	 .args = {ARG_CTX, ARG_MEM_WRITE, ARG_SIZE},
	 .since = 0x0502,
	 .doc = "The setting's value"},
	{.id = BPF_FUNC_sysctl_get_new_value,
	 .name = "bpf_sysctl_get_new_value",
	 .args = {ARG_CTX, ARG_MEM_WRITE, ARG_SIZE},
	 .since = 0x0502,
	 .doc = "The value being written"},
	{.id = BPF_FUNC_sysctl_set_new_value,
	 .name = "bpf_sysctl_set_new_value",
	 .args = {ARG_CTX, ARG_MEM, ARG_SIZE},
	 .since = 0x0502,
	 .doc = "Replaces the value being written"},
};
HELPER_FAMILY(helper_cgroup_family, protos);
