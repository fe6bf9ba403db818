// SPDX-License-Identifier: BSD-2-Clause
/* Program types that a cgroup's sockets run. */
#include "base/diag.h"
#include "prog/type.h"

int prog_attach_refused(u32 attach_type, struct diag *diag)
{
	diag_set(diag, -EINVAL, 0, -1, "expected_attach_type %u does not go with this program type",
		 attach_type);
	return -EINVAL;
}

/* 0 stands for BPF_CGROUP_INET_SOCK_CREATE: what loaders older than the field ask for. */
static int check_sock_attach(u32 attach_type, struct diag *diag)
{
	switch (attach_type) {
	case 0:
	case BPF_CGROUP_INET_SOCK_CREATE:
	case BPF_CGROUP_INET_SOCK_RELEASE:
	case BPF_CGROUP_INET4_POST_BIND:
	case BPF_CGROUP_INET6_POST_BIND: return 0;
	default: return prog_attach_refused(attach_type, diag);
	}
}

static int check_skb_attach(u32 attach_type, struct diag *diag)
{
	if (attach_type == BPF_CGROUP_INET_INGRESS || attach_type == BPF_CGROUP_INET_EGRESS)
		return 0;
	return prog_attach_refused(attach_type, diag);
}

const struct prog_type_ops prog_cgroup_sock_ops = {
	.type = BPF_PROG_TYPE_CGROUP_SOCK,
	.name = "cgroup_sock",
	.doc = "Sockets that processes of a cgroup create, bind or close",
	.ctx_size = sizeof(struct bpf_sock),
	.ctx_write_lo = offsetof(struct bpf_sock, bound_dev_if),
	.ctx_write_hi = offsetof(struct bpf_sock, priority) + sizeof(u32),
	.check_attach = check_sock_attach,
	.allows = prog_net_allows,
};

const struct prog_type_ops prog_cgroup_skb_ops = {
	.type = BPF_PROG_TYPE_CGROUP_SKB,
	.name = "cgroup_skb",
	.doc = "Packets to and from processes of a cgroup",
	.ctx_size = sizeof(struct __sk_buff),
	.ctx_write_lo = offsetof(struct __sk_buff, mark),
	.ctx_write_hi = offsetof(struct __sk_buff, cb) + sizeof(((struct __sk_buff *)0)->cb),
	.check_attach = check_skb_attach,
	.allows = prog_net_allows,
};
