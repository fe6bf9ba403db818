/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's words for instructions that are none. */
#ifndef VM_UNDECODED_H
#define VM_UNDECODED_H

#include "base/diag.h"
#include "base/text.h"

/* A line for the verifier's log: why isa_decode() refused one of `count` instructions. */
void undecoded_format(struct text *t, const u8 *insns, u32 count, const struct diag *diag);

#endif
