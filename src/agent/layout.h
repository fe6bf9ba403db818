/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What entry.S and the C code of the agent agree on: sizes of the areas in
 * the agent's image and offsets into struct block. Static asserts in block.c.
 */
#ifndef AGENT_LAYOUT_H
#define AGENT_LAYOUT_H

#define ARENA_BYTES  (8192 * 256) /* STUB_SLOTS * STUB_BYTES */
#define GATE_COUNT   512
#define GATE_BYTES   128
#define THUNK_COUNT  4096
#define THUNK_BYTES  32
#define THUNK_PUSHED 5 /* offset in a thunk's code: its number is on the stack */
/* From a gate's or thunk's code to its data: entry.S lays out both codes, then both data. */
#define AREA_DISTANCE (GATE_COUNT * GATE_BYTES + THUNK_COUNT * THUNK_BYTES)

/* struct core_regs, the first member of struct block */
#define R_R15   0
#define R_R14   8
#define R_R13   16
#define R_R12   24
#define R_BP    32
#define R_BX    40
#define R_R11   48
#define R_R10   56
#define R_R9    64
#define R_R8    72
#define R_AX    80
#define R_CX    88
#define R_DX    96
#define R_SI    104
#define R_DI    112
#define R_ORIG  120
#define R_IP    128
#define R_CS    136
#define R_FLAGS 144
#define R_SP    152
#define R_SS    160
/* the rest of struct block that entry.S touches */
#define B_RESUME   168
#define B_STACK    176
#define B_HEAD     184
#define B_MASK     192
#define B_DEFERRED 200
#define B_IN_VDSO  204
#define B_DECIDING 208
/* struct stub_head */
#define H_AT_SYSCALL 34
#define H_AT_AFTER   38

#define AGENT_STACK_BYTES (64 * 1024)

#endif
