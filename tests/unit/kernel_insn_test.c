// SPDX-License-Identifier: BSD-2-Clause
/*
 * The running kernel as the reference for instructions: random programs give
 * the same registers and memory under BPF_PROG_TEST_RUN as in the four
 * interpreters, and what the decoder refuses the kernel refuses, and the other
 * way round. Needs root; skipped without.
 */
#include "../insn/machine.h"
#include <sys/syscall.h>
#include <unistd.h>

static u64 seed = 0x2545f4914f6cdd1dull;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static long bpf(int cmd, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return r < 0 ? -errno : r;
}

static char kernel_log[65536];

static int load(u32 type, const void *insns, u32 count)
{
	union bpf_attr attr = {
		.prog_type = type,
		.insns = (u64)insns,
		.insn_cnt = count,
		.license = (u64) "GPL",
		.log_buf = (u64)kernel_log,
		.log_size = sizeof(kernel_log),
		.log_level = 1,
		.prog_flags = type == BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0,
	};

	kernel_log[0] = 0;
	return (int)bpf(BPF_PROG_LOAD, &attr);
}

static bool may_load(void)
{
	const u64 insns[] = {0x00000000000000b7, 0x0000000000000095};
	int fd = load(BPF_PROG_TYPE_SOCKET_FILTER, insns, 2);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* ---- random programs ---- */

#define INPUTS 9 /* r0, r2-r9 start as these words of the context; r0-r9 end there */
#define SLOTS  8 /* stack words that the program plays with, at r10 -16 downwards */

struct builder {
	struct isa_op ops[400];
	u32 count;
};

static void add(struct builder *b, u32 row, u32 dst, u32 src, s32 off, s64 imm)
{
	b->ops[b->count++] =
		(struct isa_op){.op = row, .dst = dst, .src = src, .off = off, .imm = imm};
	if (isa_info(row)->kind == ISA_KIND_LDDW)
		b->ops[b->count++] = (struct isa_op){.op = ISA_OP_HIGH};
}

/* r0, r2-r9 */
static u32 rnd_reg(void)
{
	u32 r = rnd() % INPUTS;

	return r ? r + 1 : 0;
}

static s32 rnd_imm(u32 row)
{
	static const s32 edges[] = {0, 1, -1, 2, -2, INT32_MAX, INT32_MIN, 0xff, 0x8000};
	const struct isa_info *r = isa_info(row);
	struct isa_op op = {.op = row};

	for (;;) {
		op.imm = rnd() & 1 ? edges[rnd() % ARRAY_SIZE(edges)] : (s32)rnd();
		if (strstr(r->name, "SH"))
			op.imm &= r->bits - 1;
		if (!isa_check_operands(&op, 1, NULL))
			return (s32)op.imm;
	}
}

/* A random instruction that no verifier minds; true when one was added. */
static bool add_random(struct builder *b, u32 left)
{
	u32 row = 1 + rnd() % (ISA_OP_COUNT - 1);
	const struct isa_info *r = isa_info(row);
	s32 size = r->bits / 8;
	s32 slot = -16 - 8 * (s32)(rnd() % SLOTS);

	switch (r->kind) {
	case ISA_KIND_ALU_REG:
	case ISA_KIND_MOV_REG:
	case ISA_KIND_UNARY: add(b, row, rnd_reg(), rnd_reg(), 0, 0); return true;
	case ISA_KIND_ALU_IMM:
	case ISA_KIND_MOV_IMM: add(b, row, rnd_reg(), 0, 0, rnd_imm(row)); return true;
	case ISA_KIND_LDDW:
		if (row == ISA_OP_LDDW)
			add(b, row, rnd_reg(), 0, 0, (s64)rnd());
		return row == ISA_OP_LDDW;
	case ISA_KIND_LDX:
	case ISA_KIND_LOAD_ACQ:
		add(b, row, rnd_reg(), 10, slot + (rnd() % (8 / size)) * size, 0);
		return true;
	case ISA_KIND_ST: add(b, row, 10, 0, slot, rnd_imm(row)); return true;
	case ISA_KIND_STX:
	case ISA_KIND_ATOMIC:
	case ISA_KIND_ATOMIC_FETCH:
	case ISA_KIND_CMPXCHG:
	case ISA_KIND_STORE_REL: add(b, row, 10, rnd_reg(), slot, 0); return true;
	case ISA_KIND_JMP_REG:
		add(b, row, rnd_reg(), rnd_reg(), rnd() % MIN(left, 4), 0);
		return true;
	case ISA_KIND_JMP_IMM:
		add(b, row, rnd_reg(), 0, rnd() % MIN(left, 4), rnd_imm(row));
		return true;
	}
	return false;
}

/* Moves targets off the second halves of pairs. */
static void repair_jumps(struct builder *b)
{
	for (u32 i = 0; i < b->count; i++) {
		struct isa_op *op = &b->ops[i];

		if (isa_info(op->op)->flow == ISA_FLOW_BRANCH)
			while (b->ops[i + 1 + op->off].op == ISA_OP_HIGH)
				op->off++;
	}
}

static void random_program(struct builder *b)
{
	u32 len = 5 + rnd() % 40;

	b->count = 0;
	add(b, ISA_OP_STX64, 10, 1, -8, 0);
	for (u32 i = 0; i < SLOTS; i++)
		add(b, ISA_OP_ST64, 10, 0, -16 - 8 * (s32)i, 0x11 * i);
	for (u32 i = 0; i < INPUTS; i++)
		add(b, ISA_OP_LDX64, i ? i + 1 : 0, 1, i * 8, 0);
	for (u32 i = 0; i < len;)
		i += add_random(b, len - i);
	/* The tail keeps every register: first through the stack, for r1 becomes the context. */
	add(b, ISA_OP_LDX64, 1, 10, -8, 0);
	for (u32 i = 0; i < INPUTS; i++)
		add(b, ISA_OP_STX64, 1, i ? i + 1 : 0, i * 8, 0);
	for (u32 i = 0; i < SLOTS; i++) {
		add(b, ISA_OP_LDX64, 0, 10, -16 - 8 * (s32)i, 0);
		add(b, ISA_OP_STX64, 1, 0, (INPUTS + i) * 8, 0);
	}
	add(b, ISA_OP_MOV64_IMM, 0, 0, 0, 0);
	add(b, ISA_OP_EXIT, 0, 0, 0, 0);
	repair_jumps(b);
}

#define CTX_WORDS (INPUTS + SLOTS)

static void print_program(const struct builder *b)
{
	struct text t;

	text_init_grow(&t);
	isa_format_program(&t, b->ops, b->count);
	print_message("%s", t.buf);
	text_fini(&t);
}

static void random_programs(void **state)
{
	u32 compared = 0, refused = 0;

	if (!may_load())
		skip();
	for (u32 n = 0; n < 600; n++) {
		u64 ctx[CTX_WORDS], kernel[CTX_WORDS], ours[CTX_WORDS];
		union bpf_attr attr = {0};
		struct builder b;
		u8 bytes[sizeof(b.ops) / 2];
		struct image *img;
		int fd;

		random_program(&b);
		assert_int_equal(isa_encode(b.ops, b.count, bytes), 0);
		fd = load(BPF_PROG_TYPE_SYSCALL, bytes, b.count);
		if (fd < 0) {
			refused++;
			continue;
		}
		img = make_image(b.ops, b.count);
		for (u32 round = 0; round < 4; round++) {
			for (u32 i = 0; i < CTX_WORDS; i++)
				ctx[i] = rnd() & 1 ? rnd() : (u64)(s64)(s8)rnd();
			memcpy(kernel, ctx, sizeof(ctx));
			attr.test.prog_fd = fd;
			attr.test.ctx_in = (u64)kernel;
			attr.test.ctx_size_in = sizeof(kernel);
			assert_int_equal(bpf(BPF_PROG_TEST_RUN, &attr), 0);
			for (u32 e = 0; e < ARRAY_SIZE(engines); e++) {
				struct outcome o;

				memcpy(ours, ctx, sizeof(ctx));
				o = run_on(&engines[e], img,
					   &(struct input){.mem = ours, .mem_size = sizeof(ours)});
				if (o.err || memcmp(ours, kernel, sizeof(ours))) {
					print_program(&b);
					for (u32 i = 0; i < CTX_WORDS; i++)
						if (ours[i] != kernel[i])
							print_message(
								"word %u: kernel %llx, %s %llx\n",
								i, (unsigned long long)kernel[i],
								engines[e].name,
								(unsigned long long)ours[i]);
					fail_msg("%s differs, fault %u at %u", engines[e].name,
						 o.fault.kind, o.fault.insn);
				}
			}
			compared++;
		}
		base_free(img);
		close(fd);
	}
	print_message("# %u runs compared, %u programs refused by the kernel\n", compared, refused);
	assert_true(compared > 4 * refused);
}

/* ---- packets ---- */

#define LINK_HEADER 14

/* Classic packet loads at, around and beyond the packet's edges. */
static void packet_loads(void **state)
{
	u8 packet[64];
	u32 hits = 0;

	if (!may_load())
		skip();
	for (u32 i = 0; i < sizeof(packet); i++)
		packet[i] = (u8)(i * 37 + 1);
	packet[12] = 8;
	packet[13] = 0;
	for (u32 n = 0; n < 300; n++) {
		static const u32 rows[] = {ISA_OP_LD_ABS8, ISA_OP_LD_ABS16, ISA_OP_LD_ABS32,
					   ISA_OP_LD_IND8, ISA_OP_LD_IND16, ISA_OP_LD_IND32};
		u32 row = rows[rnd() % ARRAY_SIZE(rows)];
		bool ind = isa_info(row)->kind == ISA_KIND_LD_IND;
		s32 off = (s32)(rnd() % 60), base = ind ? (s32)(rnd() % 60) - 10 : 0;
		union bpf_attr attr = {0};
		struct builder b = {.count = 0};
		u8 bytes[8 * 8], out[256];
		struct image *img;

		/* the headers' own offsets; sums with a register leave their range */
		if (!ind && rnd() % 4 == 0)
			off -= rnd() % 2 ? 0x100000 : 0x200000;
		add(&b, ISA_OP_MOV64_REG, 6, 1, 0, 0);
		add(&b, ISA_OP_MOV64_IMM, 7, 0, 0, base);
		add(&b, row, 0, ind ? 7 : 0, 0, off);
		add(&b, ISA_OP_ADD64_IMM, 0, 0, 0, 1);
		add(&b, ISA_OP_EXIT, 0, 0, 0, 0);
		assert_int_equal(isa_encode(b.ops, b.count, bytes), 0);
		attr.test.prog_fd = load(BPF_PROG_TYPE_SOCKET_FILTER, bytes, b.count);
		if ((s32)attr.test.prog_fd < 0)
			fail_msg("%s", kernel_log);
		attr.test.data_in = (u64)packet;
		attr.test.data_size_in = sizeof(packet);
		attr.test.data_out = (u64)out;
		attr.test.data_size_out = sizeof(out);
		assert_int_equal(bpf(BPF_PROG_TEST_RUN, &attr), 0);
		close(attr.test.prog_fd);
		hits += attr.test.retval != 0;
		img = make_image(b.ops, b.count);
		for (u32 e = 0; e < ARRAY_SIZE(engines); e++) {
			/* A socket filter sees the packet from its network header on. */
			struct input in = {.packet = packet + LINK_HEADER,
					   .packet_size = sizeof(packet) - LINK_HEADER,
					   .link = LINK_HEADER};
			struct outcome o = run_on(&engines[e], img, &in);

			if (o.err || (u32)o.r0 != attr.test.retval)
				fail_msg("%s: %s at %d + %d: kernel 0x%x, ours 0x%x",
					 engines[e].name, isa_info(row)->name, base, off,
					 attr.test.retval, (u32)o.r0);
		}
		base_free(img);
	}
	assert_true(hits > 50 && hits < 300);
}

/* ---- what decodes ---- */

/* Did the kernel refuse the encoding, as opposed to what the program does? */
static bool kernel_refuses_encoding(int err)
{
	static const char *const signs[] = {
		"unknown opcode",
		"uses reserved fields",
		"invalid bpf_ld_imm64",
		"unrecognized bpf_ld_imm64",
		"invalid BPF_LD_IMM",
		"BPF_LDX uses",
		"is invalid\n",
		"unknown insn class",
		"BPF_ATOMIC uses invalid",
		"insn uses reserved",
		"invalid atomic",
		"BPF_CALL uses reserved",
		"BPF_END uses reserved",
		"addr_space_cast insn can only convert",

	};

	if (err >= 0)
		return false;
	for (u32 i = 0; i < ARRAY_SIZE(signs); i++)
		if (strstr(kernel_log, signs[i]))
			return err == -EINVAL;
	return false;
}

/* Where an instruction names a descriptor or a kfunc, the kernel may miss that first. */
static bool refuses(u32 code, int err)
{
	return err == -EINVAL || (code == 0x18 && err == -EBADF) ||
	       (code == 0x85 && err == -EPROTO);
}

static void decoding(void **state)
{
	static const s32 imms[] = {0,    1,    2,     16,    32,    64,      0x40,
				   0x41, 0x50, 0x51,  0xa0,  0xa1,  0xe1,    0xf1,
				   0xf0, 0xe0, 0x100, 0x110, 0x101, 0x10000, -1};
	static const s16 offs[] = {0, 1, 2, 8, 16, 32, 64, -1};
	u32 differ = 0, both = 0, accepted = 0;

	if (!may_load())
		skip();
	for (u32 code = 0; code < 256; code++)
		for (u32 n = 0; n < 60; n++) {
			/* r1 is the context, r2-r9 are 0; the word under test stands at 9 */
			u8 bytes[8 * 16] = {0};
			struct isa_op ops[16];
			struct diag d = {0};
			u32 count = 0;
			s16 off = rnd() % 3 ? 0 : offs[rnd() % ARRAY_SIZE(offs)];
			s32 imm = rnd() % 3 ? 0 : imms[rnd() % ARRAY_SIZE(imms)];
			int ours, kernel;
			u8 *at;

			for (u32 r = 0; r < ISA_REGS - 1; r++)
				if (r != 1)
					bytes[count * 8] = 0xb7, bytes[count * 8 + 1] = r, count++;
			at = &bytes[count++ * 8];
			at[0] = code;
			at[1] = rnd() % 4 ? (rnd() % 2) << 4 | 2 : rnd();
			memcpy(at + 2, &off, 2);
			memcpy(at + 4, &imm, 4);
			if (code == 0x18 && rnd() % 4)
				count++;
			bytes[count++ * 8] = 0x95;
			ours = isa_decode(bytes, count, ops, &d);
			kernel = load(BPF_PROG_TYPE_SOCKET_FILTER, bytes, count);
			if (kernel >= 0)
				close(kernel);
			if (ours ? refuses(code, kernel) : !kernel_refuses_encoding(kernel)) {
				both++;
				accepted += !ours;
				continue;
			}
			differ++;
			print_message(
				"# %02x %02x off %d imm 0x%x: ours %d (%s), kernel %d: %.200s\n",
				code, at[1], off, (u32)imm, ours, d.what, kernel, kernel_log);
		}
	print_message("# %u agree (%u of them good), %u differ\n", both, accepted, differ);
	assert_true(accepted > 500 && both > 2 * accepted);
	assert_int_equal(differ, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_programs),
		cmocka_unit_test(packet_loads),
		cmocka_unit_test(decoding),
	};

	return cmocka_run_group_tests_name("kernel_insn", tests, NULL, NULL);
}
