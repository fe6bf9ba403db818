/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plan: what an agent needs to know, in one read-only memfd, and the hello
 * that asks for it. The instance decodes code (event/) and emits every byte
 * for this process' addresses; the agent only maps, copies and fires.
 *
 * Hello: sent from the agent's constructor (after every exec), in a forked
 * child, and after an executable mapping of a new file appeared (mmap).
 *
 * Arena: the agent's own image holds an area of STUB_SLOTS slots of STUB_BYTES
 * each, covered by one unwind rule of the agent (CFA = rsp, return address =
 * head.unwind: so code in a slot must leave rsp as it found it). A slot is a
 * head and code. The hello says which slots are in use; the instance fills the
 * next ones and remembers nothing.
 *
 * Freestanding.
 */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include "core/attach.h"
#include "core/cgroup.h"
#include "core/map.h"
#include "core/native.h"

#define PLAN_MAGIC 0x4e414c50u
#define STUB_BYTES 256
#define STUB_SLOTS 8192

enum stub_kind {
	STUB_FREE,
	/*
	 * [relocated instructions before]; lea head(%rip),%rcx; jmp enter
	 * at_syscall: syscall
	 * at_exit:    lea head(%rip),%rcx; jmp exit
	 * at_after:   [relocated instructions behind]; jmp back
	 * rcx and r11 are dead around a syscall, so nothing is pushed and the
	 * stack is the application's throughout.
	 */
	STUB_SYSCALL,
	/*
	 * lea -128(%rsp),%rsp; call probe_entry
	 * at_return: lea 128(%rsp),%rsp
	 * at_after:  [relocated instructions]; jmp back
	 */
	STUB_PROBE,
};

/* First bytes of a slot; code begins right behind at STUB_HEAD_BYTES. */
struct stub_head {
	u64 unwind;   /* where an unwinder goes on: SYSCALL: behind the syscall; PROBE: the probed
			 instruction */
	u64 back;     /* address execution continues at in the application (behind the patch) */
	u64 site;     /* SYSCALL: address of the syscall instruction; PROBE: of the probed one */
	u32 kind;     /* enum stub_kind */
	u32 probe;    /* PROBE: hello.probe_base + index into the plan's probes */
	u16 at_enter; /* offsets from the slot's start; of the first lea of a SYSCALL */
	u16 at_syscall;
	u16 at_exit;
	u16 at_after;
	u16 at_return;
	u16 end;       /* end of code */
	u16 insns;     /* relocated instructions, for translating a PC back: */
	u8 old_off[8]; /* offset from `patch` of each relocated instruction */
	u8 new_off[8]; /* offset from the slot's start */
	u64 patch;     /* first patched address */
	u16 flags;     /* STUB_* */
	u64 near;      /* STUB_NEAR: address of the near piece */
};
#define STUB_HEAD_BYTES 96
#define STUB_FLAGS_LIVE 1 /* PROBE not at a function entry: eflags must survive */
#define STUB_NEAR \
	2 /* the relocated instructions stand in the near piece; new_off counts from `near` */
#define STUB_CHAINED 4 /* PROBE in front of a syscall slot: continues there, insns is 0 */

struct plan_mapping { /* of the hello, and of one mmap */
	u64 start, end, offset;
	u64 dev, ino;
	u32 prot;     /* PROT_* */
	u32 path_len; /* bytes of path that follow, padded to 8; 0: anonymous */
};

enum hello_why {
	HELLO_START, /* after exec */
	HELLO_FORK,
	HELLO_MAP, /* a new executable mapping */
};

struct plan_hello {
	u32 why;
	u32 pid, tid;
	u32 parent;        /* participant index of the parent (HELLO_FORK), or ~0 */
	u32 participant;   /* HELLO_MAP: own index; else ~0 */
	u32 mapping_count; /* struct plan_mapping follow, each with its path: all of them, also for
			      MAP */
	u32 slot_base;     /* first free slot of the arena */
	u32 probe_base;    /* probes this process has already */
	u64 new_start, new_end; /* HELLO_MAP: the new mapping */
	u64 arena;              /* address of slot 0 */
	u64 syscall_enter, syscall_exit,
		probe_entry;       /* the agent's entries, for stubs to jump to */
	u64 vdso_enter, vdso_exit; /* the same for syscalls of the vDSO, which the agent calls too;
				      0: none */
	char agent_path[256];
};

/* Reply: fds are [0] the plan, [1] the liveness lock file, [2] the world page, then segments. */
struct plan_reply {
	s32 error; /* 0 or -errno: then the process runs on untraced */
	u32 participant;
	u32 fd_count;
};

struct plan_map {
	u32 object_id;
	u32 fd;        /* index into the reply's fds */
	u32 kind, pad; /* 0: a map; 1: the ring of a perf buffer (object_id is the perf object's) */
	u64 contents_size, size;
	struct map_attr attr;
	char name[16];
};

struct plan_prog {
	u64 image_off;  /* in the plan */
	u32 stats;      /* index into world_page.prog */
	u32 native_off; /* of its struct plan_native in the plan; 0: it is interpreted */
};

/*
 * Native code of the plan's programs (core/native.h): one sealed file, the same for all
 * processes with the same programs, mapped read-execute. Behind it the process makes the
 * words of all tables, and then read-only:
 *
 *	| code file: code_size | tables: table_size |
 */
struct plan_native {
	u32 code, size;             /* in the code file */
	u32 entry;                  /* from `code`, as all offsets of code */
	u32 table;                  /* offset of its first word in the tables */
	u32 slot_count, slot_off;   /* struct native_slot: what its words hold */
	u32 sub_count, sub_off;     /* u32 */
	u32 line_count, line_off;   /* struct native_line */
	u32 fixup_count, fixup_off; /* struct native_fixup */
};

struct plan_attach {
	u32 kind; /* enum attach_kind */
	s32 nr;
	u32 tp_id;
	u32 prog; /* index into the plan's programs */
	s32 pid;
	u32 probe; /* uprobes: index into probes, or ~0 */
	u64 cookie;
};

/* One probed instruction in this process. Its attachments are those with `probe` == its index. */
struct plan_probe {
	u64 address;   /* of the instruction, in this process */
	u64 semaphore; /* address of the u16 to increment, or 0 */
	u64 sem_dev, sem_ino,
		sem_off; /* where it lies in the file, while that is not mapped yet; or 0 */
	u32 slot;
	u32 key; /* stable over plans of one instance: same attach point, same key */
};

/* Bytes to write. Order: near pages, stubs, then patches. */
struct plan_write {
	u64 address;
	u32 len;
	u32 off;  /* of the bytes in the plan */
	u32 kind; /* PLAN_STUB, PLAN_NEAR, PLAN_PATCH */
	u32 near; /* index + 1 of the near page it needs (not mapped: not written), or 0 */
};
enum {
	PLAN_NEAR,
	PLAN_STUB,
	PLAN_PATCH
};

/* A page to map read-execute near code that is > 2 GiB from the arena (veneers). */
struct plan_near {
	u64 address;
	u64 size;
};

/* Where a field of a kernel object lies (from the instance's BTF), for task handles. */
enum plan_field {
	FIELD_TASK_PID,
	FIELD_TASK_TGID,
	FIELD_TASK_COMM,
	FIELD_TASK_REAL_PARENT,
	FIELD_TASK_PARENT,
	FIELD_TASK_GROUP_LEADER,
	FIELD_TASK_START_TIME,
	FIELD_TASK_START_BOOTTIME,
	FIELD_TASK_FLAGS,
	FIELD_TASK_EXIT_CODE,
	FIELD_TASK_CRED,
	FIELD_CRED_UID,
	FIELD_CRED_GID,
	FIELD_CRED_EUID,
	FIELD_COUNT
};

struct plan {
	u32 magic;
	u32 size;
	u32 generation; /* of the instance's links */
	u32 possible_cpus;
	u32 notes;    /* object id of the note ring */
	u32 dispatch; /* 1: arm syscall user dispatch (sites remain that are not patched) */
	u32 map_count, map_off;
	u32 prog_count, prog_off;
	u32 attach_count, attach_off;
	u32 probe_count, probe_off;
	u32 near_count, near_off;
	u32 span_count, span_off; /* struct plan_near: whole mappings that are patched (at start) */
	u32 write_count, write_off;
	u32 code_fd;               /* index into the reply's fds; 0: no native code */
	u32 code_size, table_size; /* whole pages */
	u32 pad;
	u64 page_size;              /* bytes of the world page's file */
	s32 field[FIELD_COUNT];     /* byte offsets, -1: not in this BTF */
	struct cgroup_path cgroup;  /* the process', when it said hello */
	u64 pid_ns_dev, pid_ns_ino; /* 0: not known */
	char preload[512];          /* LD_PRELOAD and CYGNET_WORLD to put back at exec */
	char world[256];
};

#endif
