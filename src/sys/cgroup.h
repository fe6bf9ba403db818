/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes' cgroups (v2) and pid namespaces, by /proc and the mounted hierarchy. */
#ifndef SYS_CGROUP_H
#define SYS_CGROUP_H

#include "core/cgroup.h"
#include "core/client.h"

/* Where `pid` stands; -ENOENT when that cannot be seen: no cgroup2 mounted, no such process. */
int sys_cgroup_path(s32 pid, struct cgroup_path *out);
/* The cgroup whose directory a client's descriptor is; -EBADF: it is none. */
int sys_cgroup_of_fd(const struct client *c, int fd, u64 *id);
/* The pid namespace of a process as its numbers are seen there. 0 or -ENOENT. */
int sys_pid_ns(s32 pid, u64 *dev, u64 *ino);

#endif
