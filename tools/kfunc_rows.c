// SPDX-License-Identifier: BSD-2-Clause
/* Prints docs/kfuncs.md: one row per kfunc (make docs). */
#include <stdio.h>

#include <cygnet/abi.h>
#include "core/kfunc.h"
#include "core/prog.h"

static const struct {
	u32 flag;
	const char *name;
} flags[] = {
	{KF_ACQUIRE, "acquires"},
	{KF_RELEASE, "releases"},
	{KF_RET_NULL, "may return NULL"},
	{KF_KPTR_GET, "from a kptr"},
	{KF_TRUSTED_ARGS, "trusted arguments"},
	{KF_RCU, "RCU arguments"},
	{KF_SLEEPABLE, "sleeps"},
	{KF_DESTRUCTIVE, "destructive"},
	{KF_ITER_NEW, "begins an iterator"},
	{KF_ITER_NEXT, "advances an iterator"},
	{KF_ITER_DESTROY, "ends an iterator"},
	{KF_RCU_PROTECTED, "in an RCU section"},
	{KF_FASTCALL, "fastcall"},
	{KF_ARENA_RET, "returns an arena address"},
	{KF_ARENA_ARG1, "arena address in argument 1"},
	{KF_ARENA_ARG2, "arena address in argument 2"},
};

static const char *only(u32 which)
{
	switch ((enum kfunc_only)which) {
	case KFUNC_ONLY_ANY:
	case KFUNC_ONLY_LSM:
	case KFUNC_ONLY_ITER: return "";
	case KFUNC_ONLY_SESSION: return " (sessions)";
	case KFUNC_ONLY_DEVICE: return " (bound to a device)";
	case KFUNC_ONLY_QDISC: return " (Qdisc_ops)";
	case KFUNC_ONLY_SCX_SELECT:
	case KFUNC_ONLY_SCX_ENQUEUE:
	case KFUNC_ONLY_SCX_DISPATCH:
	case KFUNC_ONLY_SCX_RELEASE:
	case KFUNC_ONLY_SCX_UNLOCKED: return " (sched_ext_ops)";
	}
	return "";
}

/* Of the newest kernel that has it. */
static void print_types(const struct kfunc_proto *k)
{
	u32 version = k->until ? (u32)k->until << 8 : 0, n = 0;

	if (k->hooks & KFUNC_COMMON) {
		printf("all");
		return;
	}
	if (k->hooks == KFUNC_FMODRET)
		printf("tracing (fmod_ret attaches to it)");
	for (u32 t = 0; t < 64; t++) {
		const struct prog_type_ops *type = core_prog_ops(t);

		if (!type)
			continue;
		if (core_kfunc_for(k->name, version, t, 0) ||
		    core_kfunc_for(k->name, version, t, BPF_TRACE_KPROBE_SESSION))
			printf("%s%s", n++ ? ", " : "", type->name);
		else if (core_kfunc_for(k->name, version, t, BPF_TRACE_ITER))
			printf("%siter", n++ ? ", " : "");
	}
	printf("%s", only(k->only));
}

int main(void)
{
	printf("# Kfuncs\n\n"
	       "The %u kernel functions that programs may call by BTF id, from their table (`make "
	       "docs`): those\n"
	       "of Linux 6.18, and those that went away after 6.1. *Since* and *until* are the "
	       "first and last\n"
	       "kernel that has it; *seen* the kernel whose BTF gave the prototype, empty where "
	       "documentation did;\n"
	       "*needs* what a kernel must be built with to have it.\n\n"
	       "| kfunc | what it does | prototype | flags | program types | since | until | seen "
	       "| needs |\n"
	       "|---|---|---|---|---|---|---|---|---|\n",
	       core_kfunc_count);
	for (u32 i = 0; i < core_kfunc_count; i++) {
		const struct kfunc_proto *k = core_kfunc_at(i);
		u16 versions[] = {k->since, k->until, k->seen};
		u32 n = 0;

		printf("| %s | %s | `%s` | ", k->name, k->doc, k->proto);
		for (u32 f = 0; f < ARRAY_SIZE(flags); f++)
			if (k->flags & flags[f].flag)
				printf("%s%s", n++ ? ", " : "", flags[f].name);
		printf(" | ");
		print_types(k);
		for (u32 v = 0; v < ARRAY_SIZE(versions); v++) {
			printf(" | ");
			if (versions[v])
				printf("%u.%u", versions[v] >> 8, versions[v] & 255);
		}
		printf(" | %s |\n", k->config ? k->config : "");
	}
	return 0;
}
