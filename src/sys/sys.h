/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bpf(2) commands of an instance and what surrounds them: perf events,
 * descriptors, and the files an instance answers itself. Everything here
 * takes the instance's lock itself and returns >= 0 or -errno. Addresses are
 * the client's and reached through `struct client` only; they may be anything.
 */
#ifndef SYS_SYS_H
#define SYS_SYS_H

#include "base/text.h"
#include "core/client.h"

struct cygnet;
struct utsname;

/*
 * bpf(2). A command that yields a descriptor returns one of THIS process,
 * close-on-exec, and sets *is_fd: hand it to the client, then close it.
 */
long sys_bpf(struct cygnet *inst, struct client *c, int cmd, u64 attr_addr, u32 size, bool *is_fd);

/*
 * perf_event_open(2). -ENXIO: not an event an instance answers (hardware and
 * software counters): the caller passes the call on to the host. Answered are
 * tracepoints by the ids of sys_file(), the uprobe PMU, and BPF output buffers.
 */
long sys_perf_event_open(struct cygnet *inst, struct client *c, u64 attr_addr, int pid, int cpu,
			 int group_fd, u64 flags, bool *is_fd);
/* ioctl(2) on a perf event of ours (sys_is_ours says OBJECT_PERF). `arg` as the client gave it. */
long sys_perf_ioctl(struct cygnet *inst, struct client *c, u64 dev, u64 ino, u32 request, u64 arg);

/* Is that file one of the instance's objects? kind is an enum object_kind (vm/object.h). */
bool sys_is_ours(struct cygnet *inst, u64 dev, u64 ino, u32 *kind, u32 *id);

/* What /proc/self/fdinfo/N says behind its first lines. 0, or -ENOENT: not ours. */
int sys_fdinfo(struct cygnet *inst, u64 dev, u64 ino, struct text *out);

/*
 * mmap(2) of an object's descriptor: checks as the kernel would, and does what
 * must come before (a perf ring is made by its first mapping). On 0 the caller
 * mmaps the client's own descriptor with the very same arguments. -ENOENT: not ours.
 */
int sys_mmap(struct cygnet *inst, u64 dev, u64 ino, u64 offset, u64 length, u32 prot, u32 flags);

/*
 * The eventfd to wait on instead of a ring's or perf buffer's descriptor:
 * the object's, borrowed, the same each time (do not close). -ENOENT: not
 * ours; -EPERM: not pollable (what epoll_ctl then says). Starts the relay.
 * The kernel's poll is level-triggered: before waiting call sys_poll_settle,
 * which makes the eventfd readable exactly when the ring has data.
 */
int sys_poll_fd(struct cygnet *inst, u64 dev, u64 ino);
int sys_poll_settle(struct cygnet *inst, u64 dev, u64 ino);
/*
 * Where a pollable object's file says whether there is data: when the two u64 at
 * these offsets differ. For who would rather look than ask. -ENOENT, -EPERM.
 */
int sys_poll_words(struct cygnet *inst, u64 dev, u64 ino, u64 words[2]);

/*
 * The text of a file an instance answers itself: /sys/kernel/(debug/)tracing/
 * events/..., /sys/bus/event_source/devices/{uprobe,kprobe}/..., possible and
 * online cpus, the bpf sysctls. -ENOENT: not such a file, ask the host.
 */
int sys_file(struct cygnet *inst, const char *path, struct text *out);
/* The same as an open file, at its beginning: a descriptor, close-on-exec, the caller's. */
int sys_file_open(struct cygnet *inst, const char *path);

/*
 * The instance's bpffs, mounted at /sys/fs/bpf: what an absolute path is there
 * (SYS_PATH_DIR, SYS_PATH_PIN or -ENOENT), mkdir, rmdir, unlink; 0 or the kernel's -errno.
 */
enum sys_path_op {
	SYS_PATH_KIND,
	SYS_PATH_MKDIR,
	SYS_PATH_RMDIR,
	SYS_PATH_UNLINK,
};
enum sys_path_kind {
	SYS_PATH_DIR = 1,
	SYS_PATH_PIN,
};
int sys_path(struct cygnet *inst, enum sys_path_op op, const char *path);
/* unlink(2) of a path of OBJ_PIN: 0 or -ENOENT. */
int sys_unpin(struct cygnet *inst, const char *path);

/* uname(2) of the instance: the host's with the release it imitates. */
int sys_uname(struct cygnet *inst, struct utsname *out);

/*
 * Lifetime. The descriptor becomes readable (POLLIN) when somebody, anywhere,
 * closed a descriptor of ours; then sys_settle() releases what nobody holds
 * any more. Commands do so themselves; a server without traffic must, so that
 * links of a killed client stop firing. -1 when the host allows no inotify:
 * call sys_settle() now and then.
 */
int sys_watch_fd(struct cygnet *inst);
void sys_settle(struct cygnet *inst);

/*
 * This process as a client. Bad addresses give -EFAULT, they do not crash:
 * bytes go through a scratch file. Used under the instance's lock, by sys_bpf
 * and the perf calls only. Owned by the instance.
 */
struct client *sys_self(struct cygnet *inst);

#endif
