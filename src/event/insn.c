// SPDX-License-Identifier: BSD-2-Clause
/* Decoding by Zydis, and moving single instructions. */
#include <Zydis/Zydis.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include "event/insn.h"

static ZydisDecoder decoder;
static pthread_once_t decoder_once = PTHREAD_ONCE_INIT;

static void init_decoder(void)
{
	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
}

static u8 kind_of(const ZydisDecodedInstruction *z)
{
	bool is_relative = z->raw.imm[0].is_relative;

	switch (z->mnemonic) {
	case ZYDIS_MNEMONIC_SYSCALL: return INSN_SYSCALL;
	case ZYDIS_MNEMONIC_SYSENTER:
	case ZYDIS_MNEMONIC_XBEGIN: return INSN_OTHER;
	case ZYDIS_MNEMONIC_INT3:
	case ZYDIS_MNEMONIC_INT1:
	case ZYDIS_MNEMONIC_INT:
	case ZYDIS_MNEMONIC_UD0:
	case ZYDIS_MNEMONIC_UD1:
	case ZYDIS_MNEMONIC_UD2:
	case ZYDIS_MNEMONIC_HLT: return INSN_TRAP;
	case ZYDIS_MNEMONIC_LOOP:
	case ZYDIS_MNEMONIC_LOOPE:
	case ZYDIS_MNEMONIC_LOOPNE:
	case ZYDIS_MNEMONIC_JRCXZ: return INSN_LOOP;
	case ZYDIS_MNEMONIC_JECXZ: return INSN_OTHER;
	case ZYDIS_MNEMONIC_JMP: return is_relative ? INSN_JMP : INSN_JMP_IND;
	case ZYDIS_MNEMONIC_CALL: return is_relative ? INSN_CALL : INSN_CALL_IND;
	default: break;
	}
	switch (z->meta.category) {
	case ZYDIS_CATEGORY_RET:
	case ZYDIS_CATEGORY_SYSRET: return INSN_RET;
	case ZYDIS_CATEGORY_COND_BR: return INSN_JCC;
	case ZYDIS_CATEGORY_UNCOND_BR:
	case ZYDIS_CATEGORY_CALL: return INSN_OTHER; /* far forms */
	default: return is_relative ? INSN_OTHER : INSN_PLAIN;
	}
}

static void fill(const ZydisDecodedInstruction *z, u64 va, struct insn *out)
{
	*out = (struct insn){.len = z->length, .kind = kind_of(z)};
	out->modrm = z->attributes & ZYDIS_ATTRIB_HAS_MODRM ? z->raw.modrm.offset : 0;
	if (z->raw.imm[0].is_relative) {
		out->is_short = z->raw.imm[0].size == 8;
		out->target = va + z->length + (u64)z->raw.imm[0].value.s;
		out->cc = out->kind == INSN_JCC ? z->opcode & 0xf : z->opcode;
		/* With a 16-bit operand size processors disagree about the length. */
		if (z->raw.imm[0].size == 16 || z->attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE)
			out->kind = INSN_OTHER;
		if (out->kind == INSN_LOOP && z->attributes & ZYDIS_ATTRIB_HAS_ADDRESSSIZE)
			out->kind = INSN_OTHER; /* counts in ecx */
	} else if (out->modrm && z->raw.modrm.mod == 0 && z->raw.modrm.rm == 5 &&
		   z->raw.disp.size == 32) {
		out->disp = z->raw.disp.offset;
		out->target = va + z->length + (u64)z->raw.disp.value;
		if (out->kind == INSN_PLAIN)
			out->kind = INSN_RIP;
		if (z->attributes & ZYDIS_ATTRIB_HAS_ADDRESSSIZE) /* relative to eip */
			out->kind = INSN_OTHER;
	}
	out->is_nop = z->meta.category == ZYDIS_CATEGORY_NOP ||
		      z->meta.category == ZYDIS_CATEGORY_WIDENOP;
}

bool insn_decode_fast(const u8 *p, u64 avail, u64 va, struct insn *out)
{
	ZydisDecodedInstruction z;

	pthread_once(&decoder_once, init_decoder);
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, NULL, p, MIN(avail, 15), &z)))
		return false;
	fill(&z, va, out);
	return true;
}

static bool is_stack_pointer(ZydisRegister reg)
{
	return ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg) ==
	       ZYDIS_REGISTER_RSP;
}

bool insn_decode(const u8 *p, u64 avail, u64 va, struct insn *out)
{
	ZydisDecodedInstruction z;
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];

	pthread_once(&decoder_once, init_decoder);
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, p, MIN(avail, 15), &z, op)))
		return false;
	fill(&z, va, out);
	for (u32 i = 0; i < z.operand_count; i++) {
		if (op[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    is_stack_pointer(op[i].reg.value)) {
			if (op[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
				out->rsp_write = true;
			if (op[i].visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT)
				out->rsp_base = true;
		}
		if (op[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    op[i].visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT &&
		    is_stack_pointer(op[i].mem.base))
			out->rsp_base = true;
	}
	return true;
}

static int put_distance(u8 *at, u64 from, u64 to)
{
	s64 d = (s64)(to - from);
	s32 rel = (s32)d;

	if (d != rel)
		return -ERANGE;
	memcpy(at, &rel, 4);
	return 0;
}

/* opcode bytes and a rel32. */
static int put_branch(u8 *out, u64 at, const char *opcode, u32 n, u64 target)
{
	memcpy(out, opcode, n);
	return put_distance(out + n, at + n + 4, target) ?: (int)n + 4;
}

/* Pushes the 64-bit constant without touching flags: lea -8(%rsp),%rsp; movl $lo,(%rsp); movl
 * $hi,4(%rsp) */
static int put_push(u8 *out, u64 value)
{
	static const u8 code[20] = {0x48, 0x8d, 0x64, 0x24, 0xf8, 0xc7, 0x04, 0x24, 0, 0,
				    0,    0,    0xc7, 0x44, 0x24, 0x04, 0,    0,    0, 0};
	u32 lo = value, hi = value >> 32;

	memcpy(out, code, sizeof(code));
	memcpy(out + 8, &lo, 4);
	memcpy(out + 16, &hi, 4);
	return sizeof(code);
}

static int move_loop(const struct insn *i, u64 at, u8 *out)
{
	/* loop over; jmp next; over: jmp target; next: */
	out[0] = i->cc;
	out[1] = 2;
	out[2] = 0xeb;
	out[3] = 5;
	int n = put_branch(out + 4, at + 4, "\xe9", 1, i->target);

	return n < 0 ? n : 4 + n;
}

/* Copies the bytes, and re-aims a rip-relative operand. */
static int move_copy(const u8 *p, const struct insn *i, u64 at, u8 *out)
{
	memcpy(out, p, i->len);
	if (i->disp) {
		int err = put_distance(out + i->disp, at + i->len, i->target);

		if (err)
			return err;
	}
	return i->len;
}

static int move_call(const u8 *p, const struct insn *i, u64 va, u64 at, u8 *out)
{
	int n = put_push(out, va + i->len), m;

	if (i->kind == INSN_CALL) {
		m = put_branch(out + n, at + n, "\xe9", 1, i->target);
		return m < 0 ? m : n + m;
	}
	if (i->rsp_base) /* its operand would move with the push */
		return -ENOTSUP;
	m = move_copy(p, i, at + n, out + n);
	if (m < 0)
		return m;
	out[n + i->modrm] ^= 6 << 3; /* ff /2 is call, ff /4 is jmp */
	return n + m;
}

int insn_move(const u8 *p, u64 avail, u64 va, u64 at, u8 out[INSN_MOVED_BYTES])
{
	struct insn i;
	char jcc[2] = {0x0f};

	if (!insn_decode(p, avail, va, &i))
		return -ENOTSUP;
	switch (i.kind) {
	case INSN_PLAIN:
	case INSN_RIP:
	case INSN_JMP_IND:
	case INSN_RET:
	case INSN_TRAP:
	case INSN_SYSCALL: return move_copy(p, &i, at, out);
	case INSN_JCC: jcc[1] = (char)(0x80 | i.cc); return put_branch(out, at, jcc, 2, i.target);
	case INSN_JMP: return put_branch(out, at, "\xe9", 1, i.target);
	case INSN_LOOP: return move_loop(&i, at, out);
	case INSN_CALL:
	case INSN_CALL_IND: return move_call(p, &i, va, at, out);
	}
	return -ENOTSUP;
}
