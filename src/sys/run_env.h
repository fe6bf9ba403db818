/* SPDX-License-Identifier: BSD-2-Clause */
/* The environment of a run inside a bpf(2) call: the caller is the current task. */
#ifndef SYS_RUN_ENV_H
#define SYS_RUN_ENV_H

#include "core/env.h"
#include "sys/call.h"

/* run->env_data is the struct call. */
extern const struct env_ops sys_run_env;

/* A per-CPU slot of the world page, until released: `want`, or any when that is -1. Its index, or
 * -EBUSY. */
int run_env_claim(struct cygnet *inst, int want);
void run_env_release(struct cygnet *inst, u32 cpu);

#endif
