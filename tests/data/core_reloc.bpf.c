// SPDX-License-Identifier: BSD-2-Clause
/* Every kind of CO-RE relocation, for btf_reduce_test: fields through embedded structs, flavours,
 * bitfields, types, enums. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct upid_ns {
	unsigned int inum;
};
struct ns_common {
	unsigned int inum;
};
struct pid_namespace {
	struct ns_common ns;
};
struct nsproxy {
	struct pid_namespace *pid_ns_for_children;
};
struct sched_entity {
	unsigned long long vruntime;
};
struct mm_struct___short {
	unsigned long arg_start;
};
struct rlimit {
	unsigned long rlim_cur;
};
struct signal_struct {
	struct rlimit rlim[16];
};
struct task_struct {
	int pid, tgid;
	struct task_struct *real_parent;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct sched_entity se;
	char comm[16];
	unsigned in_execve : 1;
	unsigned sched_reset_on_fork : 1;
	struct mm_struct___short *mm;
};
struct task_struct___old {
	long state;
};
struct task_struct___none {
	long no_such_field;
};
struct sock_common {
	unsigned short skc_dport;
};
struct sock {
	struct sock_common __sk_common;
	unsigned char sk_state;
};
struct sk_buff {
	unsigned char pkt_type : 3;
	unsigned char ip_summed : 2;
	struct sock *sk;
};
struct no_such_type {
	int x;
};
struct qstr {
	const unsigned char *name;
};
#pragma clang attribute pop
typedef struct {
	int counter;
} atomic_t;
typedef void (*work_func_t)(struct work_struct *work);
enum pid_type {
	PIDTYPE_PID,
	PIDTYPE_TGID,
	PIDTYPE_MAX = 77
};
enum pid_type___none {
	NO_SUCH_PIDTYPE = 5
};

char LICENSE[] SEC("license") = "GPL";

#define SUM(v) (sum = sum * 31 + (unsigned long)(v))

SEC("raw_tp/fields")
unsigned long fields(void *ctx)
{
	struct task_struct *t = (void *)bpf_get_current_task();
	unsigned long sum = 0;

	SUM(BPF_CORE_READ(t, real_parent, tgid));
	SUM(BPF_CORE_READ(t, nsproxy, pid_ns_for_children, ns.inum));
	SUM(BPF_CORE_READ(t, signal, rlim[3].rlim_cur));
	SUM(BPF_CORE_READ(t, se.vruntime));
	SUM(BPF_CORE_READ(t, mm, arg_start));
	SUM(bpf_core_field_exists(((struct task_struct___old *)t)->state));
	SUM(bpf_core_field_exists(((struct task_struct___none *)t)->no_such_field));
	SUM(bpf_core_field_size(t->comm));
	SUM(bpf_core_field_offset(t->comm));
	SUM(BPF_CORE_READ_BITFIELD_PROBED(t, in_execve));
	SUM(BPF_CORE_READ_BITFIELD_PROBED(t, sched_reset_on_fork));
	return sum;
}

SEC("raw_tp/packets")
unsigned long packets(struct bpf_raw_tracepoint_args *ctx)
{
	struct sk_buff *skb = (void *)ctx->args[0];
	unsigned long sum = 0;

	SUM(BPF_CORE_READ_BITFIELD_PROBED(skb, pkt_type));
	SUM(BPF_CORE_READ_BITFIELD_PROBED(skb, ip_summed));
	SUM(BPF_CORE_READ(skb, sk, __sk_common.skc_dport));
	return sum;
}

SEC("raw_tp/types")
unsigned long types(void *ctx)
{
	unsigned long sum = 0;

	SUM(bpf_core_type_exists(struct task_struct));
	SUM(bpf_core_type_size(struct task_struct));
	SUM(bpf_core_type_exists(struct no_such_type));
	SUM(bpf_core_type_exists(atomic_t));
	SUM(bpf_core_type_size(atomic_t));
	SUM(bpf_core_type_exists(work_func_t));
	SUM(bpf_core_type_exists(struct qstr));
	SUM(bpf_core_enum_value(enum pid_type, PIDTYPE_MAX));
	SUM(bpf_core_enum_value_exists(enum pid_type, PIDTYPE_TGID));
	SUM(bpf_core_enum_value_exists(enum pid_type___none, NO_SUCH_PIDTYPE));
#ifdef MATCHES /* clang 15 and later */
	SUM(bpf_core_type_matches(struct qstr));
	SUM(bpf_core_type_matches(work_func_t));
	SUM(bpf_core_type_matches(enum pid_type));
#endif
	return sum;
}

#ifdef IDS
SEC("raw_tp/ids")
unsigned long ids(void *ctx)
{
	return bpf_core_type_id_kernel(struct task_struct);
}
#endif
