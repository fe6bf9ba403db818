// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reading and writing memory that is not the program's. A target's memory, a
 * kernel object's handle and the program's own maps share one address space
 * here; bpf_probe_read, which predates the distinction, goes by the address.
 */
#include "core/handle.h"
#include "helper/helper.h"

#ifdef __aarch64__
#define USER_END (1ull << 48)
#else
#define USER_END 0x7ffffffff000ull
#endif

static bool is_inside(u64 addr, u32 size, u64 base, u32 len)
{
	return addr >= base && size <= len && addr - base <= len - size;
}

/* Native frames lie between whoever asks and where the run began. */
static bool is_native_stack(const struct run *run, u64 addr, u32 size)
{
	u64 low = ptr_to_u64(__builtin_frame_address(0));

	return run->stack && !run->stack_size && addr >= low && addr <= run->stack &&
	       size <= run->stack - addr;
}

/* Memory of the program itself: stacks, context, registers, maps, what it holds. */
static bool find_own(struct run *run, u64 addr, u32 size, struct map_span *out)
{
	u64 regs = ptr_to_u64(run->regs);

	if (run->stack_size && is_inside(addr, size, run->stack, run->stack_size))
		*out = (struct map_span){run->stack, run->stack_size, false};
	else if (is_native_stack(run, addr, size))
		*out = (struct map_span){addr, (u32)(run->stack - addr), false};
	else if (regs && is_inside(addr, size, regs, sizeof(*run->regs)))
		*out = (struct map_span){regs, sizeof(*run->regs), false};
	else
		return run_find_span(run, addr, size, false, out);
	return true;
}

static bool is_user(u64 addr, u32 size)
{
	return addr <= USER_END && size <= USER_END - addr;
}

/* Half of all addresses are the kernel's; of the others handles stand for its objects. */
static bool is_kernel(u64 addr)
{
	return handle_is(addr) || addr >> 63;
}

static long read_user(struct run *run, void *dst, u32 size, u64 addr)
{
	if (!is_user(addr, size) || !HELPER_CAN(run, read_user))
		return -EFAULT;
	return run->env->read_user(run, dst, size, addr);
}

static long read_kernel(struct run *run, void *dst, u32 size, u64 addr)
{
	if (!is_kernel(addr))
		return -ERANGE;
	return HELPER_CAN(run, read_kernel) ? run->env->read_kernel(run, dst, size, addr) : -EFAULT;
}

static long read_user_str(struct run *run, char *dst, u32 size, u64 addr)
{
	if (!is_user(addr, 1) || !HELPER_CAN(run, read_user_str))
		return -EFAULT;
	return run->env->read_user_str(run, dst, size, addr);
}

static long read_kernel_str(struct run *run, char *dst, u32 size, u64 addr)
{
	if (!is_kernel(addr))
		return -ERANGE;
	return HELPER_CAN(run, read_kernel_str) ? run->env->read_kernel_str(run, dst, size, addr)
						: -EFAULT;
}

static bool goes_to_user(enum helper_space space, u64 addr)
{
	return space == SPACE_USER || (space == SPACE_EITHER && addr < USER_END);
}

long helper_read(struct run *run, enum helper_space space, void *dst, u32 size, u64 addr)
{
	struct map_span own;
	long err;

	if (space != SPACE_USER && find_own(run, addr, size, &own)) {
		__builtin_memmove(dst, u64_to_ptr(addr), size);
		return 0;
	}
	err = goes_to_user(space, addr) ? read_user(run, dst, size, addr)
					: read_kernel(run, dst, size, addr);
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
	long len;

	if (!size)
		return 0;
	if (space != SPACE_USER && find_own(run, addr, 1, &own))
		return copy_own(dst, size, u64_to_ptr(addr), own.size - (addr - own.base));
	len = goes_to_user(space, addr) ? read_user_str(run, dst, size, addr)
					: read_kernel_str(run, dst, size, addr);
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
	 .flags = HELPER_GPL_ONLY,
	 .doc = "Reads memory of the kernel or the task, by the address"},
	{.id = BPF_FUNC_probe_read_str,
	 .name = "bpf_probe_read_str",
	 .fn = probe_read_str,
	 .args = {ARG_MEM_WRITE, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .flags = HELPER_GPL_ONLY,
	 .doc = "Reads a string of the kernel or the task, by the address"},
	{.id = BPF_FUNC_probe_read_user,
	 .name = "bpf_probe_read_user",
	 .fn = probe_read_user,
	 .args = {ARG_MEM_WRITE, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x0505,
	 .doc = "Reads memory of the current task"},
	{.id = BPF_FUNC_probe_read_kernel,
	 .name = "bpf_probe_read_kernel",
	 .fn = probe_read_kernel,
	 .args = {ARG_MEM_WRITE, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x0505,
	 .doc = "Reads memory of the kernel: handles, maps, the context"},
	{.id = BPF_FUNC_probe_read_user_str,
	 .name = "bpf_probe_read_user_str",
	 .fn = probe_read_user_str,
	 .args = {ARG_MEM_WRITE, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x0505,
	 .doc = "Reads a string of the current task"},
	{.id = BPF_FUNC_probe_read_kernel_str,
	 .name = "bpf_probe_read_kernel_str",
	 .fn = probe_read_kernel_str,
	 .args = {ARG_MEM_WRITE, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x0505,
	 .doc = "Reads a string of the kernel"},
	{.id = BPF_FUNC_probe_write_user,
	 .name = "bpf_probe_write_user",
	 .fn = probe_write_user,
	 .args = {ARG_ANY, ARG_MEM, ARG_SIZE},
	 .flags = HELPER_GPL_ONLY,
	 .doc = "Writes memory of the current task"},
	{.id = BPF_FUNC_copy_from_user,
	 .name = "bpf_copy_from_user",
	 .fn = probe_read_user,
	 .args = {ARG_MEM_WRITE, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .flags = HELPER_SLEEPABLE,
	 .since = 0x050a,
	 .doc = "Reads memory of the current task, faulting it in"},
};
HELPER_FAMILY(helper_memory_family, protos);
