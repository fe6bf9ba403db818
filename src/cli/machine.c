// SPDX-License-Identifier: BSD-2-Clause
/* Decoding for people: one instruction, with names in place of addresses. */
#include <capstone/capstone.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <Zydis/Zydis.h>

#include "cli/machine.h"

const char *machine_name(enum jit_target target)
{
	return target == JIT_X86_64 ? "x86-64" : "aarch64";
}

static void put_unknown(const u8 *p, u32 n, struct machine_insn *out)
{
	struct text t;

	out->size = n;
	text_init(&t, out->text, sizeof(out->text));
	text_puts(&t, n == 1 ? ".byte 0x" : ".word 0x");
	for (u32 i = n; i-- > 0;)
		text_fmt(&t, "%02x", p[i]);
}

/* x86-64 ------------------------------------------------------------------------------------- */

static ZydisFormatterFunc print_number;

/* Jumps, calls and [rip + n]: a name when the address has one. */
static ZyanStatus print_address(const ZydisFormatter *formatter, ZydisFormatterBuffer *buffer,
				ZydisFormatterContext *context)
{
	const struct machine_names *names = context->user_data;
	const char *name;
	ZyanStringView view;
	ZyanString *s;
	ZyanU64 to;

	if (!ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(context->instruction, context->operand,
						   context->runtime_address, &to)))
		return print_number(formatter, buffer, context);
	name = names ? names->name(names->data, to) : NULL;
	if (!name)
		return print_number(formatter, buffer, context);
	ZYAN_CHECK(ZydisFormatterBufferAppend(buffer, ZYDIS_TOKEN_SYMBOL));
	ZYAN_CHECK(ZydisFormatterBufferGetString(buffer, &s));
	ZYAN_CHECK(ZyanStringViewInsideBuffer(&view, name));
	return ZyanStringAppend(s, &view);
}

static const ZydisFormatter *x86_formatter(void)
{
	static ZydisFormatter f;
	static bool made;

	if (made)
		return &f;
	ZydisFormatterInit(&f, ZYDIS_FORMATTER_STYLE_INTEL);
	ZydisFormatterSetProperty(&f, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE);
	ZydisFormatterSetProperty(&f, ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE,
				  ZYDIS_PADDING_DISABLED);
	ZydisFormatterSetProperty(&f, ZYDIS_FORMATTER_PROP_DISP_PADDING, ZYDIS_PADDING_DISABLED);
	ZydisFormatterSetProperty(&f, ZYDIS_FORMATTER_PROP_IMM_PADDING, ZYDIS_PADDING_DISABLED);
	print_number = &print_address;
	ZydisFormatterSetHook(&f, ZYDIS_FORMATTER_FUNC_PRINT_ADDRESS_ABS,
			      (const void **)&print_number);
	made = true;
	return &f;
}

static void x86_decode(const u8 *code, u32 size, u32 at, const struct machine_names *names,
		       struct machine_insn *out)
{
	ZydisDecodedOperand ops[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction z;
	ZydisDecoder d;
	ZyanU64 to;

	ZydisDecoderInit(&d, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&d, code + at, size - at, &z, ops)) ||
	    !ZYAN_SUCCESS(ZydisFormatterFormatInstruction(x86_formatter(), &z, ops,
							  z.operand_count_visible, out->text,
							  sizeof(out->text), at, (void *)names))) {
		put_unknown(code + at, 1, out);
		return;
	}
	out->size = z.length;
	if (z.operand_count && ops[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
	    ops[0].imm.is_relative &&
	    ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&z, &ops[0], at, &to))) {
		out->leads = true;
		out->to = to;
	}
}

/* aarch64 ------------------------------------------------------------------------------------ */

/* The library is opened when it is wanted: its relocations would cost every command 2 ms. */
static struct {
	typeof(&cs_open) open;
	typeof(&cs_option) option;
	typeof(&cs_disasm) disasm;
	typeof(&cs_free) free;
} capstone;

static bool capstone_open(void)
{
	void *l = dlopen("libcapstone.so.4", RTLD_NOW | RTLD_LOCAL);

	if (!l)
		return false;
	capstone.open = (typeof(&cs_open))dlsym(l, "cs_open");
	capstone.option = (typeof(&cs_option))dlsym(l, "cs_option");
	capstone.disasm = (typeof(&cs_disasm))dlsym(l, "cs_disasm");
	capstone.free = (typeof(&cs_free))dlsym(l, "cs_free");
	return capstone.open && capstone.option && capstone.disasm && capstone.free;
}

static csh a64_decoder(void)
{
	static bool tried;
	static csh h;

	if (!tried && capstone_open() &&
	    capstone.open(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, &h) == CS_ERR_OK)
		capstone.option(h, CS_OPT_DETAIL, CS_OPT_ON);
	tried = true;
	return h;
}

static bool is_place(const cs_insn *i, u64 *to)
{
	const cs_arm64 *a = &i->detail->arm64;
	u8 last = a->op_count;

	/* Branches and calls of places, tests of bits and of zero: the place is the last operand.
	 */
	if (!last || a->operands[last - 1].type != ARM64_OP_IMM || i->id == ARM64_INS_ADRP)
		return false;
	for (u8 k = 0; k < i->detail->groups_count; k++)
		if (i->detail->groups[k] == CS_GRP_JUMP || i->detail->groups[k] == CS_GRP_CALL ||
		    i->detail->groups[k] == CS_GRP_BRANCH_RELATIVE) {
			*to = (u64)a->operands[last - 1].imm;
			return true;
		}
	return false;
}

static void a64_decode(const u8 *code, u32 size, u32 at, const struct machine_names *names,
		       struct machine_insn *out)
{
	const char *name = NULL;
	cs_insn *i = NULL;
	csh h = a64_decoder();
	const char *comma;
	struct text t;

	if (size - at < 4 || !h || !capstone.disasm(h, code + at, 4, at, 1, &i)) {
		put_unknown(code + at, size - at < 4 ? 1 : 4, out);
		return;
	}
	out->size = 4;
	out->leads = is_place(i, &out->to);
	if (out->leads && names)
		name = names->name(names->data, out->to);
	text_init(&t, out->text, sizeof(out->text));
	if (name && (comma = strrchr(i->op_str, ',')))
		text_fmt(&t, "%s %.*s %s", i->mnemonic, (int)(comma + 1 - i->op_str), i->op_str,
			 name);
	else
		text_fmt(&t, "%s %s", i->mnemonic, name ? name : i->op_str);
	capstone.free(i, 1);
}

void machine_decode(enum jit_target target, const u8 *code, u32 size, u32 at,
		    const struct machine_names *names, struct machine_insn *out)
{
	memset(out, 0, sizeof(*out));
	if (target == JIT_X86_64)
		x86_decode(code, size, at, names, out);
	else
		a64_decode(code, size, at, names, out);
}
