/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program as the fuzzers keep it: instructions that name maps by index, and
 * what those maps look like. The same bytes load on every side (side.h).
 */
#ifndef FUZZ_PROGRAM_H
#define FUZZ_PROGRAM_H

#include <stdio.h>
#include <cygnet/abi.h>
#include "fuzz/random.h"

#define PROGRAM_INSNS 4096
#define PROGRAM_MAPS  16

struct map_shape {
	u32 type, key_size, value_size, max_entries, flags;
	u32 inner;  /* maps of maps: 1 + index into the program's maps; 0 */
	u32 locked; /* the value has a bpf_spin_lock at offset 0, said by BTF */
	u32 frozen;
};

struct program {
	u32 type, attach_type, flags;
	u32 map_count;
	struct map_shape maps[PROGRAM_MAPS];
	u32 count;
	bool varies; /* asks for time, random numbers, processors: two runs may differ */
	u64 seed;    /* which randomness made it: for reports */
	struct bpf_insn insn[PROGRAM_INSNS];
};

/*
 * As text: one statement a line, `# ` comments.
 *
 *	type N [attach N] [flags N]
 *	map TYPE KEY VALUE ENTRIES FLAGS [inner N] [locked] [frozen]
 *	HEX16	; what the instruction says
 */
void program_write(const struct program *p, FILE *out);
/* Up to the text's end, or a line of ---, behind which the next may follow. False: it is none. */
bool program_read(struct program *p, FILE *in);
/* Removes instructions [at, at + n), jumps and calls across them follow. */
void program_cut(struct program *p, u32 at, u32 n);

#define FUZZ_INSN(c, d, s, o, i) \
	((struct bpf_insn){      \
		.code = (c), .dst_reg = (d), .src_reg = (s), .off = (s16)(o), .imm = (s32)(i)})
#define I_ALU64(op, d, i)        FUZZ_INSN(BPF_ALU64 | (op) | BPF_K, d, 0, 0, i)
#define I_ALU64R(op, d, s)       FUZZ_INSN(BPF_ALU64 | (op) | BPF_X, d, s, 0, 0)
#define I_ALU32(op, d, i)        FUZZ_INSN(BPF_ALU | (op) | BPF_K, d, 0, 0, i)
#define I_ALU32R(op, d, s)       FUZZ_INSN(BPF_ALU | (op) | BPF_X, d, s, 0, 0)
#define I_MOV(d, i)              I_ALU64(BPF_MOV, d, i)
#define I_MOVR(d, s)             I_ALU64R(BPF_MOV, d, s)
#define I_LDX(sz, d, s, o)       FUZZ_INSN(BPF_LDX | BPF_MEM | (sz), d, s, o, 0)
#define I_LDXS(sz, d, s, o)      FUZZ_INSN(BPF_LDX | BPF_MEMSX | (sz), d, s, o, 0)
#define I_STX(sz, d, s, o)       FUZZ_INSN(BPF_STX | BPF_MEM | (sz), d, s, o, 0)
#define I_ST(sz, d, o, i)        FUZZ_INSN(BPF_ST | BPF_MEM | (sz), d, 0, o, i)
#define I_ATOMIC(sz, d, s, o, i) FUZZ_INSN(BPF_STX | BPF_ATOMIC | (sz), d, s, o, i)
#define I_JMP(op, d, i, o)       FUZZ_INSN(BPF_JMP | (op) | BPF_K, d, 0, o, i)
#define I_JMPR(op, d, s, o)      FUZZ_INSN(BPF_JMP | (op) | BPF_X, d, s, o, 0)
#define I_JMP32(op, d, i, o)     FUZZ_INSN(BPF_JMP32 | (op) | BPF_K, d, 0, o, i)
#define I_JMP32R(op, d, s, o)    FUZZ_INSN(BPF_JMP32 | (op) | BPF_X, d, s, o, 0)
#define I_JA(o)                  FUZZ_INSN(BPF_JMP | BPF_JA, 0, 0, o, 0)
#define I_CALL(f)                FUZZ_INSN(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define I_EXIT                   FUZZ_INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

#endif
