// SPDX-License-Identifier: BSD-2-Clause
/*
 * LLVM as a second opinion on encodings and spellings: llvm-mc assembles what
 * our disassembler prints to the same bytes, and our assembler takes what
 * llvm-objdump prints of those bytes. Skipped where llvm 19 is not installed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/alloc.h"
#include "isa/asm.h"
#include "isa/decode.h"
#include "isa/disasm.h"

#define PER_ROW 12

static u64 seed = 0x853c49e6748fea9bull;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

/* Rows whose text LLVM 19 does not have, or has no way to tell apart. */
static bool is_ours_only(u32 row)
{
	const struct isa_info *r = isa_info(row);

	switch (r->kind) {
	case ISA_KIND_HIGH:
	case ISA_KIND_CALL_SUB:
	case ISA_KIND_CALL_KFUNC:
	case ISA_KIND_LOAD_ACQ:
	case ISA_KIND_STORE_REL: return true;
	case ISA_KIND_LDDW: return row != ISA_OP_LDDW;
	case ISA_KIND_LD_IND: return true; /* LLVM's have no immediate */
	}
	return false;
}

struct program {
	struct isa_op ops[4096];
	u32 count;
	u8 bytes[4096 * 8];
};

static void make_program(struct program *p)
{
	for (u32 row = 1; row < ISA_OP_COUNT; row++) {
		const struct isa_info *r = isa_info(row);

		for (u32 n = 0; n < PER_ROW && !is_ours_only(row); n++) {
			struct isa_op op = {.op = row};

			if (r->dst == ISA_ANY)
				op.dst = rnd() % ISA_REGS;
			if (r->src == ISA_ANY)
				op.src = rnd() % ISA_REGS;
			if (r->off == ISA_ANY)
				op.off = (s16)rnd();
			if (r->imm == ISA_ANY)
				op.imm = (s32)rnd();
			/* LLVM prints the sum with the instruction's own place; keep clear of
			 * wrapping. */
			if (r->cls == ISA_CLASS_JUMP)
				op.off %= 1000;
			if (r->kind == ISA_KIND_GOTOL)
				op.off = (s32)(rnd() % 30000), op.imm = 0;
			if (r->cls == ISA_CLASS_PACKET || r->kind == ISA_KIND_CALL_HELPER)
				op.imm &= INT32_MAX;
			if (row == ISA_OP_LDDW)
				op.imm = (s64)rnd();
			p->ops[p->count++] = op;
			if (row == ISA_OP_LDDW)
				p->ops[p->count++] = (struct isa_op){.op = ISA_OP_HIGH};
		}
	}
	assert_int_equal(isa_encode(p->ops, p->count, p->bytes), 0);
}

static bool have_llvm(void)
{
	return !system("llvm-mc-19 --version >/dev/null 2>&1 && "
		       "llvm-objdump-19 --version >/dev/null 2>&1 && "
		       "llvm-objcopy-19 --version >/dev/null 2>&1");
}

static char dir[] = "/tmp/cygnet-llvm-XXXXXX";

static void run_tool(const char *fmt)
{
	char command[500];

	snprintf(command, sizeof(command), fmt, dir, dir, dir);
	if (system(command))
		fail_msg("failed: %s", command);
}

static char *read_whole(const char *name, size_t *size)
{
	char path[200];
	FILE *f;
	char *buf = base_zalloc(4 << 20);

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	assert_non_null(f);
	*size = fread(buf, 1, (4 << 20) - 1, f);
	fclose(f);
	return buf;
}

static void write_whole(const char *name, const void *data, size_t size)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	fclose(f);
}

static void compare(const struct program *p, const u8 *bytes, size_t size, const char *who)
{
	for (u32 i = 0; i < p->count && (i + 1) * 8 <= size; i++)
		if (memcmp(bytes + i * 8, p->bytes + i * 8, 8)) {
			char buf[200];
			struct text t;

			text_init(&t, buf, sizeof(buf));
			isa_format(&t, &p->ops[i], i, NULL);
			fail_msg("%s: instruction %u, %s, differs", who, i, buf);
		}
	assert_int_equal(size, p->count * 8);
}

static int set_up(void **state)
{
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

/* Our text, through llvm-mc. */
static void llvm_reads_ours(void **state)
{
	struct program *p;
	struct text t;
	size_t size;
	char *bytes;

	if (!have_llvm())
		skip();
	p = base_zalloc(sizeof(*p));
	make_program(p);
	text_init_grow(&t);
	isa_format_program(&t, p->ops, p->count);
	write_whole("a.s", t.buf, t.len);
	run_tool("llvm-mc-19 -triple=bpfel -mcpu=v4 -filetype=obj -o %s/a.o %s/a.s");
	run_tool("llvm-objcopy-19 -O binary --only-section=.text %s/a.o %s/a.bin");
	bytes = read_whole("a.bin", &size);
	compare(p, (u8 *)bytes, size, "llvm-mc");
	text_fini(&t);
	base_free(bytes);
	base_free(p);
}

/* llvm-objdump's text, through our assembler. */
static void we_read_llvm(void **state)
{
	struct program *p;
	struct isa_op *ops;
	struct diag d = {0};
	size_t size;
	char *text, *start;
	u8 *bytes;
	u32 count;

	if (!have_llvm())
		skip();
	p = base_zalloc(sizeof(*p));
	make_program(p);
	write_whole("b.bin", p->bytes, p->count * 8);
	write_whole("b.s", ".text\n.incbin \"b.bin\"\n", 22);
	run_tool("cd %s && llvm-mc-19 -triple=bpfel -filetype=obj -o b.o b.s");
	run_tool("llvm-objdump-19 -d --mcpu=v4 --no-show-raw-insn %s/b.o > %s/b.txt");
	text = read_whole("b.txt", &size);
	start = strstr(text, "<.text>:\n");
	assert_non_null(start);
	start += strlen("<.text>:\n");
	if (isa_assemble(start, strlen(start), &ops, &count, &d))
		fail_msg("%s", d.what);
	bytes = base_zalloc(count * 8);
	assert_int_equal(isa_encode(ops, count, bytes), 0);
	compare(p, bytes, count * 8, "llvm-objdump");
	base_free(bytes);
	base_free(ops);
	base_free(text);
	base_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(llvm_reads_ours),
		cmocka_unit_test(we_read_llvm),
	};

	return cmocka_run_group_tests_name("llvm_insn", tests, set_up, tear_down);
}
