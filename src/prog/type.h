/* SPDX-License-Identifier: BSD-2-Clause */
/* What program types share. Freestanding. */
#ifndef PROG_TYPE_H
#define PROG_TYPE_H

#include <linux/errno.h>
#include <cygnet/abi.h>
#include "core/prog.h"

/* Programs of process events: the base set and what asks about the event, but no network clock. */
bool prog_tracing_allows(const struct helper_proto *proto, u32 attach_type);
/* Programs of packets and sockets. */
bool prog_net_allows(const struct helper_proto *proto, u32 attach_type);
/* PROG_LOAD's -EINVAL for an expected_attach_type. */
int prog_attach_refused(u32 attach_type, struct diag *diag);

#endif
