// SPDX-License-Identifier: BSD-2-Clause
/*
 * Stacks of the current task. There is a user stack only: a kernel stack
 * nobody here can see, which is -EFAULT and counted. A build id of a frame is
 * not known in a target either: such records say so and hold the address, as
 * the kernel's do when a file has none.
 */
#include "helper/helper.h"

#define BATCH 64

static void put_build_id(struct bpf_stack_build_id *out, u64 ip)
{
	__builtin_memset(out, 0, sizeof(*out));
	out->status = BPF_STACK_BUILD_ID_IP;
	out->ip = ip;
}

/* Fills `max` records; the number written or -errno. */
static long collect(struct run *run, void *dst, u32 max, u32 skip, bool build_id)
{
	struct bpf_stack_build_id *records = dst;
	u64 ips[BATCH];
	long n;

	if (!build_id)
		return run->env->user_stack(run, dst, max, skip);
	run->unknown++;
	n = run->env->user_stack(run, ips, MIN(max, BATCH), skip);
	for (long i = 0; i < n; i++)
		put_build_id(&records[i], ips[i]);
	return n;
}

static long get_stack_checked(struct run *run, bool own, void *dst, u32 size, u64 flags)
{
	bool user = flags & BPF_F_USER_STACK, build_id = flags & BPF_F_USER_BUILD_ID;
	u32 record = build_id ? sizeof(struct bpf_stack_build_id) : sizeof(u64);
	long n;

	if (flags & ~(u64)(BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_USER_BUILD_ID) ||
	    (build_id && !user) || size % record)
		return -EINVAL;
	if (!user) {
		run->unknown++;
		return -EFAULT;
	}
	if (!own)
		return -EOPNOTSUPP; /* nor has the kernel other tasks' user stacks */
	if (!HELPER_CAN(run, user_stack))
		return -EFAULT;
	n = collect(run, dst, size / record, flags & BPF_F_SKIP_FIELD_MASK, build_id);
	if (n <= 0)
		return size && n >= 0 ? -EFAULT : n;
	return n * record;
}

static u64 get_stack_zeroed(struct run *run, bool own, void *dst, u32 size, u64 flags)
{
	long n = get_stack_checked(run, own, dst, size, flags);
	u32 kept = n > 0 ? (u32)n : 0;

	__builtin_memset((u8 *)dst + kept, 0, size - kept);
	return HELPER_RESULT(n);
}

HELPER_BODY(get_stack)
{
	return get_stack_zeroed(run, true, u64_to_ptr(r2), (u32)r3, r4);
}

HELPER_BODY(get_task_stack)
{
	return get_stack_zeroed(run, helper_is_current(run, r1), u64_to_ptr(r2), (u32)r3, r4);
}

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_get_stack,
	 .name = "bpf_get_stack",
	 .fn = get_stack,
	 .args = {ARG_CTX, ARG_MEM_WRITE, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .flags = HELPER_GPL_ONLY,
	 .doc = "Return addresses of the user stack, innermost first; the bytes written"},
	{.id = BPF_FUNC_get_task_stack,
	 .name = "bpf_get_task_stack",
	 .fn = get_task_stack,
	 .args = {ARG_BTF_PTR, ARG_MEM_WRITE, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .btf = {[0] = "task_struct"},
	 .since = 0x0509,
	 .doc = "The same of a task, which must be the current one"},
};
HELPER_FAMILY(helper_stack_family, protos);
