/* SPDX-License-Identifier: BSD-2-Clause */
/* bpf(2) by kernel version. `kernel` is KERNEL_VERSION(); 0 is the newest. */
#ifndef SYS_VERSIONS_H
#define SYS_VERSIONS_H

#include <cygnet/abi.h>
#include "base/types.h"

/* The bytes of attr that the kernel knows: of all commands, and up to the end of a command's last
 * field (`newest`: commands.def's). */
u32 version_attr_size(u32 kernel);
u32 version_attr_end(u32 kernel, u32 cmd, u32 newest);
bool version_has_command(u32 kernel, u32 cmd);
/* Flags of MAP_CREATE and of PROG_LOAD that exist. */
u32 version_map_flags(u32 kernel);
u32 version_prog_flags(u32 kernel);
/* What of a command's attr is later than the kernel: 0, -EINVAL, -E2BIG (program too long). */
int version_check(u32 kernel, u32 cmd, const union bpf_attr *a);

#endif
