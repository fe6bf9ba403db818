/* SPDX-License-Identifier: BSD-2-Clause */
/* x86-64: jumps as layout.h lays them; conditions as the machine encodes them. */
#ifndef JIT_X86_LAYOUT_H
#define JIT_X86_LAYOUT_H

#include "jit/layout.h"

extern const struct mach_jump_forms x86_jump_forms;

#endif
