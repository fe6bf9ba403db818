/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults in native code of this process: its run ends, the process lives on. */
#ifndef JIT_FAULT_H
#define JIT_FAULT_H

#include "core/native.h"

/* From now on; *p stays where it is until it is forgotten. 0, -ENOMEM. */
int jit_fault_watch(const struct native_prog *p);
void jit_fault_forget(const struct native_prog *p);

#endif
