/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One machine instruction, seen as something to be moved: what it is, and its
 * equivalent at another address. The only file that knows Zydis is insn.c.
 */
#ifndef EVENT_INSN_H
#define EVENT_INSN_H

#include "base/types.h"

enum insn_kind {
	INSN_PLAIN,   /* means the same anywhere */
	INSN_RIP,     /* has a rip-relative operand */
	INSN_JCC,     /* conditional jump */
	INSN_LOOP,    /* loop, loope, loopne, jrcxz: 8 bits only */
	INSN_JMP,     /* direct jump */
	INSN_JMP_IND, /* jump through register or memory, which may be rip-relative */
	INSN_CALL,
	INSN_CALL_IND,
	INSN_RET, /* ret, iret, sysret: control goes elsewhere */
	INSN_SYSCALL,
	INSN_TRAP,  /* int3, int, ud2, hlt: raises a signal */
	INSN_OTHER, /* cannot be moved */
};

struct insn {
	u8 len;
	u8 kind;
	u8 disp;        /* offset of the rip-relative disp32, or 0 */
	u8 modrm;       /* offset of the ModRM byte, or 0 */
	u8 cc;          /* JCC: condition; LOOP: the opcode byte */
	bool rsp_write; /* changes the stack pointer */
	bool rsp_base;  /* a memory operand is relative to rsp */
	bool is_nop;
	bool is_short; /* a branch with an 8-bit distance */
	u64 target;    /* JCC, LOOP, JMP, CALL, and rip-relative operands: the address meant */
};

/* Decodes the instruction at p, as if it stood at va; false: none. Full: also what the operands
 * say. */
bool insn_decode(const u8 *p, u64 avail, u64 va, struct insn *out);
/* Length, kind, short branches only: for sweeping over whole functions. */
bool insn_decode_fast(const u8 *p, u64 avail, u64 va, struct insn *out);

/* Whether control never reaches the next instruction by itself. */
static inline bool insn_ends(const struct insn *i)
{
	return i->kind == INSN_JMP || i->kind == INSN_JMP_IND || i->kind == INSN_RET ||
	       i->kind == INSN_CALL || i->kind == INSN_CALL_IND;
}

#define INSN_MOVED_BYTES 48 /* the longest equivalent */

/*
 * The instruction of address `va` for address `at`: its length in out, or
 * -ERANGE (an operand is out of reach from there) or -ENOTSUP. A call pushes the
 * address behind the original and jumps, so that unwinding never sees `at`;
 * nothing need follow it.
 */
int insn_move(const u8 *p, u64 avail, u64 va, u64 at, u8 out[INSN_MOVED_BYTES]);

#endif
