/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The environment: what a running program may ask about the event. Live in a
 * target, in process and (later) recorded events differ only in this table.
 * What an environment cannot answer is -EFAULT (reads) or 0, and counted in
 * run->unknown. Called from helpers; must not allocate.
 */
#ifndef CORE_ENV_H
#define CORE_ENV_H

#include "base/types.h"

struct image;
struct run;
struct map;
struct native_prog;

enum env_clock {
	ENV_CLOCK_MONOTONIC, /* bpf_ktime_get_ns */
	ENV_CLOCK_BOOTTIME,
	ENV_CLOCK_COARSE,
	ENV_CLOCK_TAI,
	ENV_CLOCK_JIFFIES,
};

struct env_ops {
	u64 (*clock)(struct run *run, enum env_clock which); /* ns (jiffies for JIFFIES) */
	u64 (*pid_tgid)(struct run *run);                    /* tgid << 32 | pid */
	u64 (*uid_gid)(struct run *run);                     /* gid << 32 | uid */
	void (*comm)(struct run *run, char comm[16]);
	u64 (*task)(struct run *run); /* the current task's handle (core/handle.h) */
	u64 (*cgroup_id)(struct run *run);
	u64 (*random)(struct run *run);
	/* All `size` bytes or -EFAULT; dst untouched on failure is not promised. */
	int (*read_user)(struct run *run, void *dst, u32 size, u64 addr);
	int (*read_kernel)(struct run *run, void *dst, u32 size, u64 addr);
	int (*write_user)(struct run *run, u64 addr, const void *src, u32 size);
	/* Up to `size` bytes with the NUL; returns length with NUL, or -EFAULT. Always
	 * NUL-terminates. */
	long (*read_user_str)(struct run *run, char *dst, u32 size, u64 addr);
	long (*read_kernel_str)(struct run *run, char *dst, u32 size, u64 addr);
	/* Frames of the user stack, innermost first; returns frames written or -errno. */
	long (*user_stack)(struct run *run, u64 *ips, u32 max, u32 skip);
	long (*send_signal)(struct run *run, u32 sig, bool thread);
	/* A finished bpf_trace_printk line, without the newline. */
	void (*trace)(struct run *run, const char *line, u32 len);
	/* A ring's producer wants its consumer woken. */
	void (*wake)(struct run *run, struct map *ring);
	/* The ring (perf buffer) or map with this object id, or NULL (fetched later; the miss is
	 * counted). */
	struct map *(*object)(struct run *run, u32 id);
	/* May be NULL. The program with this object id and its maps; NULL as above. */
	const struct image *(*program)(struct run *run, u32 id, struct map *const **maps);
	/* May be NULL. The same program's native code (core/native.h); NULL: `program` is asked. */
	const struct native_prog *(*native)(struct run *run, u32 id);
	/* May be NULL: not known. The ancestor of the current cgroup at that depth (0: the root),
	 * or 0. */
	u64 (*ancestor_cgroup_id)(struct run *run, u32 level);
	/* May be NULL: not known. The pid namespace that pid_tgid's numbers are of; 0 or -errno. */
	int (*pid_ns)(struct run *run, u64 *dev, u64 *ino);
	/* May be NULL: not known. Is the current task in the cgroup with this id, or below it? 1, 0
	 * or -errno. */
	int (*under_cgroup)(struct run *run, u64 id);
};

#endif
