/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A world's socket: AF_UNIX stream, path in CYGNET_WORLD, mode 0600 in a
 * directory of mode 0700; peers of another uid are refused (SO_PEERCRED).
 * Messages are a header and `size` bytes; descriptors ride as SCM_RIGHTS on
 * the header's first byte. Everything received is hostile. Freestanding.
 */
#ifndef CORE_WIRE_H
#define CORE_WIRE_H

#include "base/types.h"

#define WIRE_MAGIC   0x4e474359u /* "YCGN" */
#define WIRE_VERSION 1
#define WIRE_MAX     (4u << 20) /* bytes of a message */
#define WIRE_MAX_FDS 253        /* SCM_MAX_FD */

enum wire_type {
	WIRE_AGENT_HELLO = 1, /* agent -> world: struct plan_hello + mappings (core/plan.h) */
	WIRE_AGENT_PLAN,      /* world -> agent: struct plan_reply; fds: plan, segments... */
	WIRE_CLIENT_HELLO,    /* shim -> world */
	WIRE_CLIENT_CALL,     /* shim -> world: struct wire_call */
	WIRE_CLIENT_REPLY,    /* world -> shim: struct wire_reply (+ one fd) */
};

struct wire_header {
	u32 magic;
	u16 version;
	u16 type;
	u32 size; /* bytes after the header */
	u32 nfds;
};

/*
 * What opens a client's connection: where the world finds `value` in the
 * client's memory, if it may read it at all. Answered by a reply: 0, -EPERM (it
 * may not), -EPROTO.
 */
struct wire_hello {
	u64 addr, value;
};

/*
 * A call of a client, answered by a reply. Calls stand alone: a client whose
 * connection was closed before the answer's first byte connects and asks again.
 * Addresses and descriptor numbers are the client's; an object is named by
 * (dev, ino), as fstat(2) has them.
 */
enum wire_call_kind {
	WIRE_CALL_BPF,        /* a = cmd, attr, size */
	WIRE_CALL_PERF_OPEN,  /* a = attr, pid, cpu, group_fd, flags */
	WIRE_CALL_PERF_IOCTL, /* a = dev, ino, request, arg */
	WIRE_CALL_IS_OURS,    /* a = dev, ino: 1 or 0 */
	WIRE_CALL_MMAP,       /* a = dev, ino, offset, length, prot, flags */
	WIRE_CALL_POLL_FD, /* a = dev, ino: the eventfd of a pollable object; u64[2], sys_poll_words
			    */
	WIRE_CALL_FDINFO,  /* a = dev, ino: text */
	WIRE_CALL_FILE,    /* a file the instance answers, as a descriptor: path follows */
	WIRE_CALL_PATH,    /* bpffs: a = enum sys_path_op; path follows */
	WIRE_CALL_UNAME,   /* struct utsname */
	WIRE_CALL_KINDS
};

struct wire_call {
	u32 kind;
	u32 len; /* bytes that follow (a path, without NUL) */
	u64 a[6];
};
#define WIRE_PATH_MAX 4096

struct wire_reply {
	s64 result; /* >= 0 or -errno; with is_fd the descriptor rides along and result is 0 */
	u32 is_fd;
	u32 len; /* bytes that follow */
};

#endif
