// SPDX-License-Identifier: BSD-2-Clause
/* Clocks. */
#include "helper/helper.h"

static u64 clock(struct run *run, enum env_clock which)
{
	return HELPER_CAN(run, clock) ? run->env->clock(run, which) : 0;
}

HELPER_BODY(ktime_get_ns)
{
	return clock(run, ENV_CLOCK_MONOTONIC);
}

HELPER_BODY(ktime_get_boot_ns)
{
	return clock(run, ENV_CLOCK_BOOTTIME);
}

HELPER_BODY(ktime_get_coarse_ns)
{
	return clock(run, ENV_CLOCK_COARSE);
}

HELPER_BODY(ktime_get_tai_ns)
{
	return clock(run, ENV_CLOCK_TAI);
}

HELPER_BODY(jiffies64)
{
	return clock(run, ENV_CLOCK_JIFFIES);
}

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_ktime_get_ns,
	 .name = "bpf_ktime_get_ns",
	 .fn = ktime_get_ns,
	 .doc = "Nanoseconds since boot, without suspended time (CLOCK_MONOTONIC)"},
	{.id = BPF_FUNC_ktime_get_boot_ns,
	 .name = "bpf_ktime_get_boot_ns",
	 .fn = ktime_get_boot_ns,
	 .since = 0x0508,
	 .doc = "Nanoseconds since boot, with suspended time (CLOCK_BOOTTIME)"},
	{.id = BPF_FUNC_ktime_get_coarse_ns,
	 .name = "bpf_ktime_get_coarse_ns",
	 .fn = ktime_get_coarse_ns,
	 .since = 0x050b,
	 .doc = "The monotonic clock at the last tick (CLOCK_MONOTONIC_COARSE)"},
	{.id = BPF_FUNC_ktime_get_tai_ns,
	 .name = "bpf_ktime_get_tai_ns",
	 .fn = ktime_get_tai_ns,
	 .since = 0x0601,
	 .doc = "International Atomic Time in nanoseconds (CLOCK_TAI)"},
	{.id = BPF_FUNC_jiffies64,
	 .name = "bpf_jiffies64",
	 .fn = jiffies64,
	 .since = 0x0506,
	 .doc = "Ticks since boot"},
};
HELPER_FAMILY(helper_time_family, protos);
