// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reading and writing memory that is not the program's. A target's memory, a
 * kernel object's handle and the program's own maps share one address space
 * here; bpf_probe_read, which predates the distinction, goes by the address.
 */
#include "core/handle.h"
#include "helper/helper.h"

/* Memory of the program itself: stacks, context, maps, what it holds. */
static bool find_own(struct run *run, u64 addr, u32 size, struct map_span *out)
{
	if (addr - run->stack < run->stack_size && size <= run->stack_size - (addr - run->stack)) {
		*out = (struct map_span){run->stack, run->stack_size, false};
		return true;
	}
	return run_find_span(run, addr, size, false, out);
}

/* Does a read of the kernel's side go to `addr`? Half of all addresses are the kernel's. */
static bool is_kernel(u64 addr)
{
	return handle_is(addr) || addr >> 63;
}

long helper_read(struct run *run, enum helper_space space, void *dst, u32 size, u64 addr)
{
	struct map_span own;
	int err = -EFAULT;

	if (space != SPACE_USER && find_own(run, addr, size, &own)) {
		__builtin_memmove(dst, u64_to_ptr(addr), size);
		return 0;
	}
	if (space == SPACE_USER || (space == SPACE_EITHER && !is_kernel(addr))) {
		if (HELPER_CAN(run, read_user))
			err = run->env->read_user(run, dst, size, addr);
	} else if (HELPER_CAN(run, read_kernel)) {
		err = run->env->read_kernel(run, dst, size, addr);
	}
	if (err)
		__builtin_memset(dst, 0, size);
	return err;
}

/* A string of the program's own memory ends with that, NUL or not. */
static long copy_own(char *dst, u32 size, const char *src, u64 left)
{
	u32 n = 0;

	for (; n + 1 < size && n < left && src[n]; n++)
		dst[n] = src[n];
	dst[n] = 0;
	return n + 1;
}

long helper_read_str(struct run *run, enum helper_space space, char *dst, u32 size, u64 addr)
{
	struct map_span own;
	long len = -EFAULT;

	if (!size)
		return 0;
	if (space != SPACE_USER && find_own(run, addr, 1, &own))
		return copy_own(dst, size, u64_to_ptr(addr), own.size - (addr - own.base));
	if (space == SPACE_USER || (space == SPACE_EITHER && !is_kernel(addr))) {
		if (HELPER_CAN(run, read_user_str))
			len = run->env->read_user_str(run, dst, size, addr);
	} else if (HELPER_CAN(run, read_kernel_str)) {
		len = run->env->read_kernel_str(run, dst, size, addr);
	}
	if (len < 0)
		__builtin_memset(dst, 0, size);
	return len;
}

HELPER_BODY(probe_read)
{
	return HELPER_RESULT(helper_read(run, SPACE_EITHER, u64_to_ptr(r1), (u32)r2, r3));
}

HELPER_BODY(probe_read_user)
{
	return HELPER_RESULT(helper_read(run, SPACE_USER, u64_to_ptr(r1), (u32)r2, r3));
}

HELPER_BODY(probe_read_kernel)
{
	return HELPER_RESULT(helper_read(run, SPACE_KERNEL, u64_to_ptr(r1), (u32)r2, r3));
}

HELPER_BODY(probe_read_str)
{
	return HELPER_RESULT(helper_read_str(run, SPACE_EITHER, u64_to_ptr(r1), (u32)r2, r3));
}

HELPER_BODY(probe_read_user_str)
{
	return HELPER_RESULT(helper_read_str(run, SPACE_USER, u64_to_ptr(r1), (u32)r2, r3));
}

HELPER_BODY(probe_read_kernel_str)
{
	return HELPER_RESULT(helper_read_str(run, SPACE_KERNEL, u64_to_ptr(r1), (u32)r2, r3));
}

HELPER_BODY(probe_write_user)
{
	if (!HELPER_CAN(run, write_user))
		return HELPER_RESULT(-EPERM);
	return HELPER_RESULT(run->env->write_user(run, r1, u64_to_ptr(r2), (u32)r3));
}

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_probe_read,
	 .name = "bpf_probe_read",
	 .fn = probe_read,
	 .args = {ARG_MEM_WRITE, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .flags = HELPER_GPL_ONLY | HELPER_TRACING,
	 .doc = "reads memory of the kernel or the task, by the address"},
	{.id = BPF_FUNC_probe_read_str,
	 .name = "bpf_probe_read_str",
	 .fn = probe_read_str,
	 .args = {ARG_MEM_WRITE, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .flags = HELPER_GPL_ONLY | HELPER_TRACING,
	 .doc = "reads a string of the kernel or the task, by the address"},
	{.id = BPF_FUNC_probe_read_user,
	 .name = "bpf_probe_read_user",
	 .fn = probe_read_user,
	 .args = {ARG_MEM_WRITE, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x0505,
	 .doc = "reads memory of the current task"},
	{.id = BPF_FUNC_probe_read_kernel,
	 .name = "bpf_probe_read_kernel",
	 .fn = probe_read_kernel,
	 .args = {ARG_MEM_WRITE, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x0505,
	 .doc = "reads memory of the kernel: handles, maps, the context"},
	{.id = BPF_FUNC_probe_read_user_str,
	 .name = "bpf_probe_read_user_str",
	 .fn = probe_read_user_str,
	 .args = {ARG_MEM_WRITE, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x0505,
	 .doc = "reads a string of the current task"},
	{.id = BPF_FUNC_probe_read_kernel_str,
	 .name = "bpf_probe_read_kernel_str",
	 .fn = probe_read_kernel_str,
	 .args = {ARG_MEM_WRITE, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x0505,
	 .doc = "reads a string of the kernel"},
	{.id = BPF_FUNC_probe_write_user,
	 .name = "bpf_probe_write_user",
	 .fn = probe_write_user,
	 .args = {ARG_ANY, ARG_MEM, ARG_SIZE},
	 .flags = HELPER_GPL_ONLY | HELPER_TRACING,
	 .doc = "writes memory of the current task"},
	{.id = BPF_FUNC_copy_from_user,
	 .name = "bpf_copy_from_user",
	 .fn = probe_read_user,
	 .args = {ARG_MEM_WRITE, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .flags = HELPER_SLEEPABLE,
	 .since = 0x050a,
	 .doc = "reads memory of the current task, faulting it in"},
};
HELPER_FAMILY(helper_memory_family, protos);
