/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An attach point, and the contract of an event source. event/ resolves what
 * bpf(2) and perf_event_open(2) name to an attach point; sys/ keeps it in the
 * link; world/ sends it to targets; agent/ fires it. Not freestanding, but
 * struct attach itself is.
 */
#ifndef CORE_ATTACH_H
#define CORE_ATTACH_H

#include "base/text.h"

enum attach_kind {
	ATTACH_NONE,
	ATTACH_SYSCALL_ENTER, /* tracepoint syscalls:sys_enter_X; nr */
	ATTACH_SYSCALL_EXIT,  /* tracepoint syscalls:sys_exit_X; nr */
	ATTACH_SYS_ENTER,     /* tracepoint raw_syscalls:sys_enter */
	ATTACH_SYS_EXIT,      /* tracepoint raw_syscalls:sys_exit */
	ATTACH_RAW_SYS_ENTER, /* raw tracepoint sys_enter */
	ATTACH_RAW_SYS_EXIT,  /* raw tracepoint sys_exit */
	ATTACH_UPROBE,
	ATTACH_URETPROBE,
	ATTACH_KIND_COUNT
};

struct attach {
	u32 kind;  /* enum attach_kind */
	s32 nr;    /* ATTACH_SYSCALL_*: the syscall */
	u32 tp_id; /* tracepoints: what common_type says */
	s32 pid;   /* > 0: only that process; -1 (or 0): every target */
	u64 cookie;
	u64 offset;      /* uprobes: file offset of the instruction */
	u64 ref_ctr_off; /* uprobes: file offset of the USDT semaphore, or 0 */
	u64 dev, ino;    /* uprobes: the file, by identity (as stat(2) has them) */
	char path[256];  /* uprobes: for messages and for opening it */
};

/* by_probe's `why`: also set on success, when the kernel attaches and the probe never fires. */
enum attach_why {
	ATTACH_WHY_NONE,
	ATTACH_WHY_NOT_A_FILE,     /* a directory, device, pipe */
	ATTACH_WHY_NO_PAGES,       /* a file without page cache: /proc */
	ATTACH_WHY_BEHIND_END,     /* offset behind the file's end */
	ATTACH_WHY_ODD_SEMAPHORE,  /* ref_ctr_off not a multiple of 2 */
	ATTACH_WHY_PATH_TOO_LONG,  /* longer than attach.path holds */
	ATTACH_WHY_NOT_EXECUTABLE, /* success: the offset lies in no executable segment */
	ATTACH_WHY_NOT_ELF,        /* success: no ELF file of this machine */
	ATTACH_WHY_NOT_MOVABLE,    /* success: no instruction, or one that cannot be probed */
	ATTACH_WHY_INSIDE_INSN,    /* success: the offset lies inside an instruction */
};

/* The PMU type of uprobes that an instance's sysfs and perf_event_open agree on. */
#define ATTACH_UPROBE_PMU 8

/* One file in event/ ends in one of these, listed in core/events.def. NULL functions: not this
 * source. */
struct event_source_ops {
	const char *name;
	const char *doc; /* one line; lint: never NULL */
	/* tracefs id of CATEGORY/NAME; 0 or -ENOENT. Ids are this build's, stable, unique over
	 * sources. */
	int (*tracepoint_id)(const char *category, const char *name, u32 *id);
	/* Fills kind, nr, tp_id from a tracepoint id; 0 or -ENOENT. */
	int (*by_tracepoint_id)(u32 id, struct attach *out);
	/* The bare name ("sys_enter_openat") of a tracepoint id; 0 or -ENOENT. */
	int (*tracepoint_name)(u32 id, struct text *out);
	/* BPF_RAW_TRACEPOINT_OPEN's name; 0 or -ENOENT. */
	int (*by_raw_name)(const char *name, struct attach *out);
	/* perf_event_open of type uprobe: resolves path (stat), checks offset; 0 or -errno as the
	 * kernel. */
	int (*by_probe)(const char *path, u64 offset, u64 ref_ctr_off, bool is_ret,
			struct attach *out, u32 *why);
	/* The text of a tracefs or sysfs file an instance answers itself; 0 or -ENOENT. */
	int (*file)(const char *path, struct text *out);
};

extern const struct event_source_ops *const core_event_sources[];
extern const u32 core_event_source_count;

#endif
