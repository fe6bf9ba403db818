// SPDX-License-Identifier: BSD-2-Clause
/* Kfuncs: the rows of kfunc.def, found by name; which program types see which of them. */
#include <cygnet/abi.h>
#include "core/kernel.h"
#include "core/kfunc.h"

static const struct kfunc_proto rows[] = {
#define KFUNC(name, flags, hooks, only, since, until, seen, config, proto, doc) \
	{#name, NULL, flags, hooks, only, since, until, seen, config, proto, doc},
#include "core/kfunc.def"
#undef KFUNC
};

const u32 core_kfunc_count = ARRAY_SIZE(rows);

const struct kfunc_proto *core_kfunc_at(u32 index)
{
	return index < ARRAY_SIZE(rows) ? &rows[index] : NULL;
}

static bool name_equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

const struct kfunc_proto *core_kfunc(const char *name)
{
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		if (name_equal(rows[i].name, name))
			return &rows[i];
	return NULL;
}

/* Program types joined their hooks over time. */
static const struct {
	u8 type;
	u16 since, hook;
} hook_rows[] = {
	{BPF_PROG_TYPE_XDP, 0x0512, KFUNC_XDP},
	{BPF_PROG_TYPE_SCHED_CLS, 0x050d, KFUNC_TC},
	{BPF_PROG_TYPE_STRUCT_OPS, 0x050d, KFUNC_STRUCT_OPS},
	{BPF_PROG_TYPE_TRACING, 0x0600, KFUNC_TRACING},
	{BPF_PROG_TYPE_LSM, 0x0601, KFUNC_TRACING},
	{BPF_PROG_TYPE_TRACEPOINT, 0x060c, KFUNC_TRACING},
	{BPF_PROG_TYPE_PERF_EVENT, 0x060c, KFUNC_TRACING},
	{BPF_PROG_TYPE_SYSCALL, 0x0600, KFUNC_SYSCALL},
	{BPF_PROG_TYPE_CGROUP_SKB, 0x0604, KFUNC_CGROUP},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, 0x0607, KFUNC_CGROUP},
	{BPF_PROG_TYPE_CGROUP_SOCK, 0x060c, KFUNC_CGROUP},
	{BPF_PROG_TYPE_CGROUP_DEVICE, 0x060c, KFUNC_CGROUP},
	{BPF_PROG_TYPE_CGROUP_SOCKOPT, 0x060c, KFUNC_CGROUP},
	{BPF_PROG_TYPE_CGROUP_SYSCTL, 0x060c, KFUNC_CGROUP},
	{BPF_PROG_TYPE_SOCK_OPS, 0x060f, KFUNC_CGROUP},
	{BPF_PROG_TYPE_SCHED_ACT, 0x0604, KFUNC_SCHED_ACT},
	{BPF_PROG_TYPE_SK_SKB, 0x0604, KFUNC_SK_SKB},
	{BPF_PROG_TYPE_SOCKET_FILTER, 0x0604, KFUNC_SOCKET_FILTER},
	{BPF_PROG_TYPE_LWT_IN, 0x0604, KFUNC_LWT},
	{BPF_PROG_TYPE_LWT_OUT, 0x0604, KFUNC_LWT},
	{BPF_PROG_TYPE_LWT_XMIT, 0x0604, KFUNC_LWT},
	{BPF_PROG_TYPE_LWT_SEG6LOCAL, 0x0604, KFUNC_LWT},
	{BPF_PROG_TYPE_NETFILTER, 0x0604, KFUNC_NETFILTER},
	{BPF_PROG_TYPE_KPROBE, 0x060a, KFUNC_KPROBE},
};

u32 core_kfunc_hook(u32 version, u32 prog_type)
{
	for (u32 i = 0; i < ARRAY_SIZE(hook_rows); i++)
		if (hook_rows[i].type == prog_type &&
		    core_kernel_since(version, hook_rows[i].since))
			return hook_rows[i].hook;
	return 0;
}

/* What a kfunc was offered to before it was to its row's hooks. */
static const struct {
	const char *name; /* NULL: every row of these hooks */
	u16 hooks, before, then;
} earlier[] = {
	{"bpf_lookup_user_key", KFUNC_GENERIC, 0x0612, KFUNC_TRACING},
	{"bpf_lookup_system_key", KFUNC_GENERIC, 0x0612, KFUNC_TRACING},
	{"bpf_key_put", KFUNC_GENERIC, 0x0612, KFUNC_TRACING},
	{"bpf_verify_pkcs7_signature", KFUNC_GENERIC, 0x0612, KFUNC_TRACING},
	{"crash_kexec", KFUNC_GENERIC, 0x0602, KFUNC_TRACING},
	{NULL, KFUNC_GENERIC, 0x0607, KFUNC_TC | KFUNC_TRACING | KFUNC_STRUCT_OPS},
	{NULL, KFUNC_GENERIC, 0x060c, KFUNC_TC | KFUNC_XDP | KFUNC_TRACING | KFUNC_STRUCT_OPS},
	{NULL, KFUNC_TRACING | KFUNC_STRUCT_OPS | KFUNC_SYSCALL, 0x060a,
	 KFUNC_TRACING | KFUNC_STRUCT_OPS},
};

static u32 hooks_of(const struct kfunc_proto *k, u32 series)
{
	for (u32 i = 0; i < ARRAY_SIZE(earlier); i++)
		if (series < earlier[i].before && earlier[i].hooks == k->hooks &&
		    (!earlier[i].name || name_equal(earlier[i].name, k->name)))
			return earlier[i].then;
	return k->hooks;
}

static bool only_allows(u32 only, u32 version, u32 prog_type, u32 attach_type)
{
	switch ((enum kfunc_only)only) {
	case KFUNC_ONLY_LSM: return prog_type == BPF_PROG_TYPE_LSM;
	case KFUNC_ONLY_ITER:
		return prog_type == BPF_PROG_TYPE_TRACING && attach_type == BPF_TRACE_ITER;
	case KFUNC_ONLY_SESSION:
		return (attach_type == BPF_TRACE_KPROBE_SESSION ||
			attach_type == BPF_TRACE_UPROBE_SESSION) &&
		       core_kernel_attach_type(version, attach_type);
	default: return true;
	}
}

const struct kfunc_proto *core_kfunc_for(const char *name, u32 version, u32 prog_type,
					 u32 attach_type)
{
	const struct kfunc_proto *k = core_kfunc(name);
	u32 series = (version ?: CORE_KERNEL_NEWEST) >> 8;

	if (!k || series < k->since || (k->until && series > k->until))
		return NULL;
	if (!(hooks_of(k, series) & (KFUNC_COMMON | core_kfunc_hook(version, prog_type))))
		return NULL;
	return only_allows(k->only, version, prog_type, attach_type) ? k : NULL;
}

const char *core_kfunc_struct(const struct kfunc_proto *k)
{
	if (k->only == KFUNC_ONLY_QDISC)
		return "Qdisc_ops";
	return k->only >= KFUNC_ONLY_SCX_SELECT ? "sched_ext_ops" : NULL;
}

/* A scheduler's operations by what they hold: a name may be in more than one row. */
static const struct {
	u8 only;
	const char *member;
} member_rows[] = {
	{KFUNC_ONLY_SCX_SELECT, "select_cpu"},   {KFUNC_ONLY_SCX_SELECT, "enqueue"},
	{KFUNC_ONLY_SCX_ENQUEUE, "select_cpu"},  {KFUNC_ONLY_SCX_ENQUEUE, "enqueue"},
	{KFUNC_ONLY_SCX_ENQUEUE, "dispatch"},    {KFUNC_ONLY_SCX_DISPATCH, "dispatch"},
	{KFUNC_ONLY_SCX_RELEASE, "cpu_release"},
};

/* What the scheduler calls without holding a run queue's lock. */
static const char *const unlocked_members[] = {
	"init",
	"exit",
	"init_task",
	"cpu_online",
	"cpu_offline",
	"cgroup_init",
	"cgroup_exit",
	"cgroup_prep_move",
	"cgroup_cancel_move",
	"cgroup_set_weight",
	"cgroup_set_bandwidth",
	"cgroup_set_idle",
};

bool core_kfunc_member(const struct kfunc_proto *k, const char *ops, const char *member)
{
	const char *want = core_kfunc_struct(k);
	bool unlocked = false;

	if (!want)
		return true;
	if (!name_equal(want, ops))
		return false;
	if (k->only == KFUNC_ONLY_QDISC)
		return true;
	for (u32 i = 0; i < ARRAY_SIZE(member_rows); i++)
		if (member_rows[i].only == k->only && name_equal(member_rows[i].member, member))
			return true;
	for (u32 i = 0; i < ARRAY_SIZE(unlocked_members); i++)
		unlocked |= name_equal(unlocked_members[i], member);
	/* those that system call programs may use too hold no lock either */
	return unlocked && k->hooks & KFUNC_SYSCALL;
}

bool core_kfunc_fmodret(const char *name, bool *sleepable)
{
	const struct kfunc_proto *k = core_kfunc(name);

	if (!k || !(k->hooks & KFUNC_FMODRET))
		return false;
	*sleepable = k->flags & KF_SLEEPABLE;
	return true;
}
