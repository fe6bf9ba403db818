// SPDX-License-Identifier: BSD-2-Clause
/*
 * bpf(2) as an older kernel has it: its commands, the attr bytes it knows, and the types and flags
 * of maps and programs. Checked before a command looks at its attr, so that nothing later knows
 * dates.
 */
#include "core/kernel.h"
#include "core/prog.h"
#include "sys/call.h"
#include "sys/versions.h"

#define OLD_INSNS 4096u /* before 5.2 */

static const struct {
	u16 cmd, kernel;
} commands[] = {
#define COMMAND_SINCE(cmd, kernel) {cmd, kernel},
#include "sys/versions.def"
};

static const struct {
	u16 cmd, kernel, end;
} ends[] = {
#define ATTR_END(cmd, kernel, bytes) {cmd, kernel, bytes},
#include "sys/versions.def"
};

struct dated_flags {
	u16 kernel;
	u32 flags;
};

static const struct dated_flags map_flags[] = {
#define MAP_FLAGS(kernel, flags) {kernel, flags},
#include "sys/versions.def"
};

static const struct dated_flags prog_flags[] = {
#define PROG_FLAGS(kernel, flags) {kernel, flags},
#include "sys/versions.def"
};

u32 version_attr_end(u32 kernel, u32 cmd, u32 newest)
{
	u32 end = newest;

	for (u32 i = 0; i < ARRAY_SIZE(ends); i++)
		if (ends[i].cmd == cmd && core_kernel_since(kernel, ends[i].kernel))
			end = ends[i].end;
	return end;
}

u32 version_attr_size(u32 kernel)
{
	u32 size = 0;

	for (u32 i = 0; i < ARRAY_SIZE(ends); i++)
		if (core_kernel_since(kernel, ends[i].kernel))
			size = MAX(size, ROUND_UP((u32)ends[i].end, 8u));
	return size;
}

bool version_has_command(u32 kernel, u32 cmd)
{
	for (u32 i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].cmd == cmd)
			return core_kernel_since(kernel, commands[i].kernel);
	return true;
}

static u32 flags_of(const struct dated_flags *rows, u32 count, u32 kernel)
{
	u32 flags = 0;

	for (u32 i = 0; i < count; i++)
		if (core_kernel_since(kernel, rows[i].kernel))
			flags |= rows[i].flags;
	return flags;
}

u32 version_map_flags(u32 kernel)
{
	return flags_of(map_flags, ARRAY_SIZE(map_flags), kernel);
}

u32 version_prog_flags(u32 kernel)
{
	return flags_of(prog_flags, ARRAY_SIZE(prog_flags), kernel);
}

static int check_map(u32 kernel, const union bpf_attr *a)
{
	const struct map_ops *ops =
		a->map_type < __MAX_BPF_MAP_TYPE ? core_map_ops(a->map_type) : NULL;

	/* Types unknown altogether, and unknown flags, are the command's to refuse. */
	if (ops && !core_kernel_since(kernel, ops->since))
		return -EINVAL;
	return a->map_flags & ~version_map_flags(kernel) & version_map_flags(0) ? -EINVAL : 0;
}

static int check_prog(u32 kernel, const union bpf_attr *a)
{
	const struct prog_type_ops *type = core_prog_ops(a->prog_type);

	if (a->prog_flags & ~version_prog_flags(kernel))
		return -EINVAL;
	/* Until 5.0 such programs said which kernel they were made for. */
	if (a->prog_type == BPF_PROG_TYPE_KPROBE && !core_kernel_since(kernel, 0x0500) &&
	    a->kern_version != kernel)
		return -EINVAL;
	if (a->insn_cnt > OLD_INSNS && !core_kernel_has(kernel, KERNEL_INSNS_1M))
		return -E2BIG;
	if (type && !core_kernel_since(kernel, type->since))
		return -EINVAL;
	/* Only types that are told apart by it look at the attach type. */
	if (type && type->check_attach && a->expected_attach_type &&
	    !core_kernel_attach_type(kernel, a->expected_attach_type))
		return -EINVAL;
	return 0;
}

int version_check(u32 kernel, u32 cmd, const union bpf_attr *a)
{
	switch (cmd) {
	case BPF_MAP_CREATE: return check_map(kernel, a);
	case BPF_PROG_LOAD: return check_prog(kernel, a);
	case BPF_PROG_ATTACH:
	case BPF_PROG_DETACH: return core_kernel_attach_type(kernel, a->attach_type) ? 0 : -EINVAL;
	case BPF_PROG_QUERY:
		return core_kernel_attach_type(kernel, a->query.attach_type) ? 0 : -EINVAL;
	case BPF_LINK_CREATE:
		return core_kernel_attach_type(kernel, a->link_create.attach_type) ? 0 : -EINVAL;
	default: return 0;
	}
}
