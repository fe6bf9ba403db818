/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SYS_ATTACH_TARGET_H
#define SYS_ATTACH_TARGET_H

#include "vm/load.h"

struct call;

/* Fills the attach_* members of *l (l->inst is set); no references. PROG_LOAD's errors. */
int attach_target(struct call *k, struct load *l);

#endif
