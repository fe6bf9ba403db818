/* SPDX-License-Identifier: BSD-2-Clause */
/* Which commands, map types and program types a client may use; the caller says -EPERM. */
#ifndef SYS_RIGHTS_H
#define SYS_RIGHTS_H

#include "cygnet/abi.h"
#include "core/client.h"

#define RIGHTS_INSNS 4096 /* instructions of an unprivileged program */

bool rights_for_command(const struct client *c, u32 cmd);
bool rights_for_map(const struct client *c, u32 type);
bool rights_for_prog(const struct client *c, u32 type);

#endif
