// SPDX-License-Identifier: BSD-2-Clause
/* The current task, its ids and credentials, its cpu; randomness; signals to it. */
#include "core/handle.h"
#include "helper/helper.h"

HELPER_BODY(get_current_pid_tgid)
{
	return HELPER_CAN(run, pid_tgid) ? run->env->pid_tgid(run) : 0;
}

HELPER_BODY(get_current_uid_gid)
{
	return HELPER_CAN(run, uid_gid) ? run->env->uid_gid(run) : 0;
}

HELPER_BODY(get_current_comm)
{
	char comm[16] = {0}, *dst = u64_to_ptr(r1);
	u32 size = (u32)r2, n;

	if (HELPER_CAN(run, comm))
		run->env->comm(run, comm);
	comm[15] = 0;
	for (n = 0; n + 1 < size && n < 15 && comm[n]; n++)
		dst[n] = comm[n];
	__builtin_memset(dst + n, 0, size - n);
	return 0;
}

HELPER_BODY(get_current_task)
{
	return HELPER_CAN(run, task) ? run->env->task(run) : 0;
}

/* The verifier's word is that it is never NULL: where there is no task, one of which nothing is
 * known. */
HELPER_BODY(get_current_task_btf)
{
	u64 task = HELPER_CAN(run, task) ? run->env->task(run) : 0;

	return task ?: handle_make(HANDLE_TASK, 0);
}

bool helper_is_current(struct run *run, u64 task)
{
	return HELPER_CAN(run, task) && task == run->env->task(run);
}

/* Of other tasks nothing is known. */
HELPER_BODY(task_pt_regs)
{
	if (run->regs && helper_is_current(run, r1))
		return ptr_to_u64(run->regs);
	run->unknown++;
	return 0;
}

HELPER_BODY(get_current_cgroup_id)
{
	return HELPER_CAN(run, cgroup_id) ? run->env->cgroup_id(run) : 0;
}

HELPER_BODY(get_current_ancestor_cgroup_id)
{
	if ((s32)r1 < 0 || !HELPER_CAN(run, ancestor_cgroup_id))
		return 0;
	return run->env->ancestor_cgroup_id(run, (u32)r1);
}

static long ns_pid_tgid(struct run *run, u64 dev, u64 ino, struct bpf_pidns_info *out)
{
	u64 own_dev, own_ino, ids;

	if (!HELPER_CAN(run, pid_ns) || !HELPER_CAN(run, pid_tgid) ||
	    run->env->pid_ns(run, &own_dev, &own_ino) || dev != own_dev || ino != own_ino)
		return -EINVAL;
	ids = run->env->pid_tgid(run);
	out->pid = (u32)ids;
	out->tgid = (u32)(ids >> 32);
	return 0;
}

HELPER_BODY(get_ns_current_pid_tgid)
{
	long err = -EINVAL;

	if ((u32)r4 == sizeof(struct bpf_pidns_info))
		err = ns_pid_tgid(run, r1, r2, u64_to_ptr(r3));
	if (err)
		__builtin_memset(u64_to_ptr(r3), 0, (u32)r4);
	return HELPER_RESULT(err);
}

HELPER_BODY(get_smp_processor_id)
{
	return run->cpu;
}

/* An instance's cpus are all of one node. */
HELPER_BODY(get_numa_node_id)
{
	return 0;
}

HELPER_BODY(get_prandom_u32)
{
	if (run->random)
		return (u32)run_random(run->random);
	return HELPER_CAN(run, random) ? (u32)run->env->random(run) : 0;
}

#define MAX_SIGNAL 64

static u64 signal_current(struct run *run, u32 sig, bool thread)
{
	if (!HELPER_CAN(run, send_signal))
		return HELPER_RESULT(-EPERM);
	if (sig > MAX_SIGNAL)
		return HELPER_RESULT(-EINVAL);
	return HELPER_RESULT(run->env->send_signal(run, sig, thread));
}

HELPER_BODY(send_signal)
{
	return signal_current(run, (u32)r1, false);
}

HELPER_BODY(send_signal_thread)
{
	return signal_current(run, (u32)r1, true);
}

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_get_current_pid_tgid,
	 .name = "bpf_get_current_pid_tgid",
	 .fn = get_current_pid_tgid,
	 .doc = "Process id << 32 | thread id of the current task"},
	{.id = BPF_FUNC_get_current_uid_gid,
	 .name = "bpf_get_current_uid_gid",
	 .fn = get_current_uid_gid,
	 .doc = "Group id << 32 | user id of the current task"},
	{.id = BPF_FUNC_get_current_comm,
	 .name = "bpf_get_current_comm",
	 .fn = get_current_comm,
	 .args = {ARG_MEM_WRITE, ARG_SIZE},
	 .doc = "The current task's name, NUL-padded"},
	{.id = BPF_FUNC_get_current_task,
	 .name = "bpf_get_current_task",
	 .fn = get_current_task,
	 .flags = HELPER_GPL_ONLY,
	 .doc = "The address of the current task_struct, for probe reads"},
	{.id = BPF_FUNC_get_current_task_btf,
	 .name = "bpf_get_current_task_btf",
	 .fn = get_current_task_btf,
	 .ret = RET_BTF_PTR,
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x050b,
	 .doc = "The current task_struct, typed"},
	{.id = BPF_FUNC_task_pt_regs,
	 .name = "bpf_task_pt_regs",
	 .fn = task_pt_regs,
	 .args = {ARG_BTF_PTR},
	 .btf = {[0] = "task_struct"},
	 .ret = RET_BTF_PTR,
	 .ret_btf = "pt_regs",
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x050f,
	 .doc = "The current task's registers in user mode"},
	{.id = BPF_FUNC_get_current_cgroup_id,
	 .name = "bpf_get_current_cgroup_id",
	 .fn = get_current_cgroup_id,
	 .doc = "The id of the current task's cgroup (v2)"},
	{.id = BPF_FUNC_get_current_ancestor_cgroup_id,
	 .name = "bpf_get_current_ancestor_cgroup_id",
	 .fn = get_current_ancestor_cgroup_id,
	 .args = {ARG_ANY},
	 .since = 0x0507,
	 .doc = "The id of the current cgroup's ancestor at a depth, 0 the root"},
	{.id = BPF_FUNC_get_ns_current_pid_tgid,
	 .name = "bpf_get_ns_current_pid_tgid",
	 .fn = get_ns_current_pid_tgid,
	 .args = {ARG_ANY, ARG_ANY, ARG_MEM_WRITE, ARG_SIZE},
	 .since = 0x0507,
	 .doc = "Ids of the current task in the pid namespace named by device and inode"},
	{.id = BPF_FUNC_get_smp_processor_id,
	 .flags = HELPER_FASTCALL,
	 .name = "bpf_get_smp_processor_id",
	 .fn = get_smp_processor_id,
	 .doc = "The cpu slot the program runs on"},
	{.id = BPF_FUNC_get_numa_node_id,
	 .name = "bpf_get_numa_node_id",
	 .fn = get_numa_node_id,
	 .doc = "The memory node of that cpu: always 0"},
	{.id = BPF_FUNC_get_prandom_u32,
	 .name = "bpf_get_prandom_u32",
	 .fn = get_prandom_u32,
	 .doc = "A pseudo-random number of 32 bits"},
	{.id = BPF_FUNC_send_signal,
	 .name = "bpf_send_signal",
	 .fn = send_signal,
	 .args = {ARG_ANY},
	 .since = 0x0503,
	 .doc = "Sends a signal to the current process"},
	{.id = BPF_FUNC_send_signal_thread,
	 .name = "bpf_send_signal_thread",
	 .fn = send_signal_thread,
	 .args = {ARG_ANY},
	 .since = 0x0506,
	 .doc = "Sends a signal to the current thread"},
};
HELPER_FAMILY(helper_task_family, protos);
