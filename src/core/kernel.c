// SPDX-License-Identifier: BSD-2-Clause
/* Kernel versions: the rows of kernel.def, attach types by date, and versions as people write them.
 */
#include <errno.h>

#include <cygnet/abi.h>
#include "core/kernel.h"

static const struct kernel_row rows[] = {
#define FEATURE(name, since, until, also, basis, doc) \
	{#name, since, until, also, KERNEL_BASIS_##basis, doc},
#include "core/kernel.def"
#undef FEATURE
};

const struct kernel_row *core_kernel_row(enum kernel_feature feature)
{
	return feature < KERNEL_FEATURE_COUNT ? &rows[feature] : NULL;
}

bool core_kernel_has(u32 version, enum kernel_feature feature)
{
	const struct kernel_row *r = core_kernel_row(feature);
	u32 series = (version ?: CORE_KERNEL_NEWEST) >> 8;

	if (!r || (r->until && series >= r->until))
		return false;
	if (series >= r->since)
		return true;
	for (u32 i = 0; i < ARRAY_SIZE(r->also); i++)
		if (series == r->also[i])
			return true;
	return false;
}

/* By number: 0xMMmm. */
static const u16 attach_since[] = {
	[BPF_CGROUP_INET_INGRESS] = 0x040a,
	[BPF_CGROUP_INET_EGRESS] = 0x040a,
	[BPF_CGROUP_INET_SOCK_CREATE] = 0x040a,
	[BPF_CGROUP_SOCK_OPS] = 0x040d,
	[BPF_SK_SKB_STREAM_PARSER] = 0x040e,
	[BPF_SK_SKB_STREAM_VERDICT] = 0x040e,
	[BPF_CGROUP_DEVICE] = 0x040f,
	[BPF_SK_MSG_VERDICT] = 0x0411,
	[BPF_CGROUP_INET4_BIND] = 0x0411,
	[BPF_CGROUP_INET6_BIND] = 0x0411,
	[BPF_CGROUP_INET4_CONNECT] = 0x0411,
	[BPF_CGROUP_INET6_CONNECT] = 0x0411,
	[BPF_CGROUP_INET4_POST_BIND] = 0x0411,
	[BPF_CGROUP_INET6_POST_BIND] = 0x0411,
	[BPF_CGROUP_UDP4_SENDMSG] = 0x0412,
	[BPF_CGROUP_UDP6_SENDMSG] = 0x0412,
	[BPF_LIRC_MODE2] = 0x0412,
	[BPF_FLOW_DISSECTOR] = 0x0414,
	[BPF_CGROUP_SYSCTL] = 0x0502,
	[BPF_CGROUP_UDP4_RECVMSG] = 0x0502,
	[BPF_CGROUP_UDP6_RECVMSG] = 0x0502,
	[BPF_CGROUP_GETSOCKOPT] = 0x0503,
	[BPF_CGROUP_SETSOCKOPT] = 0x0503,
	[BPF_TRACE_RAW_TP] = 0x0505,
	[BPF_TRACE_FENTRY] = 0x0505,
	[BPF_TRACE_FEXIT] = 0x0505,
	[BPF_MODIFY_RETURN] = 0x0507,
	[BPF_LSM_MAC] = 0x0507,
	[BPF_TRACE_ITER] = 0x0508,
	[BPF_CGROUP_INET4_GETPEERNAME] = 0x0508,
	[BPF_CGROUP_INET6_GETPEERNAME] = 0x0508,
	[BPF_CGROUP_INET4_GETSOCKNAME] = 0x0508,
	[BPF_CGROUP_INET6_GETSOCKNAME] = 0x0508,
	[BPF_XDP_DEVMAP] = 0x0508,
	[BPF_CGROUP_INET_SOCK_RELEASE] = 0x0509,
	[BPF_XDP_CPUMAP] = 0x0509,
	[BPF_SK_LOOKUP] = 0x0509,
	[BPF_XDP] = 0x0509,
	[BPF_SK_SKB_VERDICT] = 0x050d,
	[BPF_SK_REUSEPORT_SELECT] = 0x050e,
	[BPF_SK_REUSEPORT_SELECT_OR_MIGRATE] = 0x050e,
	[BPF_PERF_EVENT] = 0x050f,
	[BPF_TRACE_KPROBE_MULTI] = 0x0512,
	[BPF_LSM_CGROUP] = 0x0600,
	[BPF_STRUCT_OPS] = 0x0604,
	[BPF_NETFILTER] = 0x0604,
	[BPF_TCX_INGRESS] = 0x0606,
	[BPF_TCX_EGRESS] = 0x0606,
	[BPF_TRACE_UPROBE_MULTI] = 0x0606,
	[BPF_CGROUP_UNIX_CONNECT] = 0x0607,
	[BPF_CGROUP_UNIX_SENDMSG] = 0x0607,
	[BPF_CGROUP_UNIX_RECVMSG] = 0x0607,
	[BPF_CGROUP_UNIX_GETPEERNAME] = 0x0607,
	[BPF_CGROUP_UNIX_GETSOCKNAME] = 0x0607,
	[BPF_NETKIT_PRIMARY] = 0x0607,
	[BPF_NETKIT_PEER] = 0x0607,
	[BPF_TRACE_KPROBE_SESSION] = 0x060a,
	[BPF_TRACE_UPROBE_SESSION] = 0x060d,
};

u32 core_kernel_attach_since(u32 attach_type)
{
	return attach_type < ARRAY_SIZE(attach_since) ? attach_since[attach_type] : 0;
}

bool core_kernel_attach_type(u32 version, u32 attach_type)
{
	u32 since = core_kernel_attach_since(attach_type);

	return since && core_kernel_since(version, since);
}

/* Decimal digits; NULL: none, or more than a version has. */
static const char *read_part(const char *s, u32 *out)
{
	const char *start = s;

	for (*out = 0; *s >= '0' && *s <= '9' && s - start < 4; s++)
		*out = *out * 10 + *s - '0';
	return s == start || (*s >= '0' && *s <= '9') ? NULL : s;
}

int core_kernel_parse(const char *text, u32 *out)
{
	u32 major, minor, patch = 255, version;

	text = read_part(text + (*text == 'v'), &major);
	if (!text || *text++ != '.')
		return -EINVAL;
	text = read_part(text, &minor);
	if (!text)
		return -EINVAL;
	if (*text == '.') {
		text = read_part(text + 1, &patch);
		if (!text)
			return -EINVAL;
	}
	if (*text)
		return -EINVAL;
	/* 4.20 was followed by 5.0, 5.19 by 6.0. */
	if (major > 6 || minor > (major == 4 ? 20 : 19))
		return -ERANGE;
	version = CORE_KERNEL(major, minor, patch > 255 ? 255 : patch);
	if (version < CORE_KERNEL_OLDEST || version > CORE_KERNEL_NEWEST)
		return -ERANGE;
	*out = version;
	return 0;
}
