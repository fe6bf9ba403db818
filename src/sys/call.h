/* SPDX-License-Identifier: BSD-2-Clause */
/* One bpf(2) call in progress, for the files that implement commands. The lock is held. */
#ifndef SYS_CALL_H
#define SYS_CALL_H

#include <errno.h>
#include <string.h>
#include "cygnet/abi.h"
#include "core/client.h"
#include "sys/sys.h"
#include "vm/instance.h"

/* The kernel's own errno "this type does not have that"; user space headers lack it. */
#define ENOTSUPP 524

struct call {
	struct cygnet *inst;
	struct client *c;
	union bpf_attr *attr;
	u64 addr; /* of attr in the client */
	u32 size; /* as the client gave it */
	bool is_fd;
};

/* Copies from and to the client: 0 or -EFAULT; size 0 touches nothing. */
int call_read(struct call *k, void *dst, u64 addr, size_t size);
int call_write(struct call *k, u64 addr, const void *src, size_t size);
/* Writes into the client's attr. */
int call_write_attr(struct call *k, u32 off, const void *src, size_t size);
/* A NUL-terminated string of at most size - 1 bytes. Length, -EFAULT, or -E2BIG when it is longer.
 */
long call_read_str(struct call *k, char *dst, u64 addr, size_t size);

/* The object behind a client's descriptor: -EBADF not open, -EINVAL not of that kind. No reference.
 */
int call_object(struct call *k, int fd, u32 kind, struct object **out);
int call_map(struct call *k, int fd, struct map_object **out);
int call_prog(struct call *k, int fd, struct prog_object **out);
/* A map whose descriptor allows reading, or writing (frozen ones never): else -EPERM. */
int call_may_read(struct call *k, int fd, const struct map_object *m);
int call_may_write(struct call *k, int fd, const struct map_object *m);
/* The command's result is a new descriptor of `o`. */
long call_return(struct call *k, struct object *o, int mode);
/*
 * The outcome of a command whose answer could not be delivered: when `ret` differs
 * from `fd`, the descriptor already made is closed again.
 */
long call_finish(struct call *k, long ret, long fd);
/* BPF_F_RDONLY, BPF_F_WRONLY of `flags` as an open mode, -EINVAL for both. */
int call_open_mode(u32 flags);
/* An object name: letters, digits, _ and . only, terminated. 0 or -EINVAL; dst always whole. */
int call_name(char dst[16], const char *src);
/* All zero? */
bool call_is_zero(const void *p, size_t n);

#define COMMAND(cmd, end, settle, fn) long sys_##fn(struct call *k);
#include "sys/commands.def"
#undef COMMAND

#endif
