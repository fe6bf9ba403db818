/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's words for instructions that are none. */
#ifndef VERIFY_UNDECODED_H
#define VERIFY_UNDECODED_H

#include "base/text.h"

/*
 * Why instruction `i` is none: `bad` is what isa_decode_nearest() says, an enum isa_diag. Without a
 * newline.
 */
void undecoded_format(struct text *t, const void *insns, u32 count, u32 i, u32 bad);

/*
 * The kernel refuses opcodes, loads with reserved fields and halves of pairs before it walks; all
 * else is wrong only where some path leads there.
 */
bool undecoded_at_once(const void *insns, u32 i, u32 bad);

#endif
