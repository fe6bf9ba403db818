// SPDX-License-Identifier: BSD-2-Clause
/*
 * The scalar domain against the kernel's: random straight lines of arithmetic,
 * loads and conditional jumps are loaded with log_level 2, and after every
 * instruction, and on the taken side of every undecided jump, our state must
 * print as the kernel's does. Which jumps are decided must agree too.
 *
 * tests/data/scalar.facts holds such listings as Linux 6.18 gave them, so that
 * this gates without rights; where bpf(2) may be used, fresh ones are asked
 * for. CYGNET_SCALAR_ROUNDS: how many (default 300); CYGNET_SCALAR_SEED;
 * CYGNET_SCALAR_RECORD: a file that gets them.
 *
 * A line of a listing, the columns tab-separated:
 *
 *	instruction	dst state	src state	decision	taken dst	taken src
 *
 * States as in the log, without ids and precision; "-" where there is none.
 * decision: always, never, open; fork: the path was split here (taken dst is the
 * other one's); or "-". A line "program" starts another one: r6-r9 are unknown
 * then.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <cygnet/abi.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "base/alloc.h"
#include "isa/asm.h"
#include "isa/decode.h"
#include "isa/disasm.h"
#include "verify/scalar.h"

#define FACTS   "tests/data/scalar.facts"
#define LENGTH  60 /* instructions of a program, without prologue and landing places */
#define FIRST   6
#define REGS    4
#define CTX_END 168 /* of struct pt_regs */

static u64 seed;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return (seed ^= seed << 17) * 0x2545f4914f6cdd1dull >> 16;
}

/* ---- our side ---- */

enum decision {
	NONE,
	ALWAYS,
	NEVER,
	OPEN,
	FORK, /* taken dst: the register of the path that starts here again */
};

static const char *const decision_names[] = {"-", "always", "never", "open", "fork"};

struct machine {
	struct scalar regs[ISA_REGS];
};

struct outcome {
	enum decision decision;
	struct scalar dst, src;             /* after it, or on the side that is not taken */
	struct scalar taken_dst, taken_src; /* decision OPEN, FORK */
};

static void machine_init(struct machine *m)
{
	for (u32 i = 0; i < ISA_REGS; i++)
		m->regs[i] = scalar_unknown();
}

static void step_jump(struct machine *m, const struct isa_op *op, struct outcome *out)
{
	struct scalar *a = &m->regs[op->dst], *b = &m->regs[op->src];
	bool imm = isa_info(op->op)->kind == ISA_KIND_JMP_IMM;
	struct scalar k = scalar_const((u64)op->imm), *other = imm ? &k : b;
	struct scalar ta, tb;
	struct scalar_test test;

	assert_true(scalar_test_of(op, &test));
	switch (scalar_taken(test, a, other)) {
	case SCALAR_YES: out->decision = ALWAYS; break;
	case SCALAR_NO: out->decision = NEVER; break;
	case SCALAR_UNKNOWN:
		out->decision = OPEN;
		ta = *a;
		tb = *other;
		scalar_refine(test, true, &ta, a == other ? &ta : &tb);
		scalar_refine(test, false, a, other);
		out->taken_dst = ta;
		out->taken_src = a == other ? ta : tb;
	}
	out->dst = *a;
	out->src = *other;
}

static void step(struct machine *m, const struct isa_op *op, struct outcome *out)
{
	const struct isa_info *info = isa_info(op->op);
	struct scalar *dst = &m->regs[op->dst];

	*out = (struct outcome){.decision = NONE};
	if (info->cls == ISA_CLASS_JUMP) {
		step_jump(m, op, out);
		return;
	}
	if (info->cls == ISA_CLASS_LOAD) {
		*dst = scalar_unknown();
		if (op->op >= ISA_OP_LDSX8 && op->op <= ISA_OP_LDSX32)
			scalar_sign_extend(dst, info->bits / 8);
		else
			scalar_zero_extend(dst, info->bits / 8);
	} else if (info->cls == ISA_CLASS_CONST) {
		*dst = scalar_const((u64)op->imm);
	} else {
		if (scalar_fork(dst, op, &m->regs[op->src], &out->taken_dst))
			out->decision = FORK;
		scalar_alu(dst, op, &m->regs[op->src]);
	}
	out->dst = *dst;
}

/* ---- a listing's line against it ---- */

static bool same(const char *want, const struct scalar *s, const char *what, const char *insn)
{
	char line[400];
	struct text t;

	if (!strcmp(want, "-"))
		return true;
	text_init(&t, line, sizeof(line));
	scalar_format(&t, s, NULL);
	if (!strcmp(line, want))
		return true;
	print_error("%s, %s:\n  kernel %s\n  ours   %s\n", insn, what, want, line);
	return false;
}

static struct isa_op assemble(const char *insn)
{
	struct isa_op *ops, op;
	struct diag diag;
	u32 count;

	assert_int_equal(isa_assemble(insn, strlen(insn), &ops, &count, &diag), 0);
	op = ops[0];
	base_free(ops);
	return op;
}

#define COLUMNS 6

static u32 covered[ISA_OP_COUNT]; /* lines per row of insn.def */

/* Steps and compares; false after the first difference. */
static bool check_line(struct machine *m, char *line)
{
	char *col[COLUMNS], *rest = line;
	struct outcome o;
	struct isa_op op;
	bool ok;

	for (u32 i = 0; i < COLUMNS; i++)
		if (!(col[i] = strsep(&rest, "\t")))
			return false;
	op = assemble(col[0]);
	covered[op.op]++;
	step(m, &op, &o);
	if (strcmp(col[3], decision_names[o.decision])) {
		print_error("%s: kernel %s, ours %s\n", col[0], col[3], decision_names[o.decision]);
		return false;
	}
	ok = same(col[1], &o.dst, "dst", col[0]);
	if (op.src != op.dst)
		ok &= same(col[2], &o.src, "src", col[0]);
	ok &= same(col[4], &o.taken_dst, "dst, taken", col[0]);
	if (op.src != op.dst)
		ok &= same(col[5], &o.taken_src, "src, taken", col[0]);
	return ok;
}

/* All programs of a listing; returns how many lines agreed, or stops the test. */
static u32 check_listing(char *text)
{
	struct machine m;
	u32 lines = 0;

	machine_init(&m);
	for (char *line; (line = strsep(&text, "\n"));) {
		char copy[2000];

		if (!*line || *line == '#')
			continue;
		if (!strcmp(line, "program")) {
			machine_init(&m);
			continue;
		}
		snprintf(copy, sizeof(copy), "%s", line);
		if (!check_line(&m, line))
			fail_msg("line: %s", copy);
		lines++;
	}
	return lines;
}

static bool is_modelled(const struct isa_info *info)
{
	return info->kind == ISA_KIND_LDX || info->kind == ISA_KIND_JMP_REG ||
	       info->kind == ISA_KIND_JMP_IMM ||
	       (info->cls == ISA_CLASS_ALU && info->kind != ISA_KIND_CAST);
}

static void test_facts(void **state)
{
	FILE *f = fopen(FACTS, "r");
	char *text;
	long size;

	if (!f)
		fail_msg("%s: %s", FACTS, strerror(errno));
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	text = calloc(1, (size_t)size + 1);
	assert_int_equal(fread(text, 1, (size_t)size, f), size);
	fclose(f);
	assert_true(check_listing(text) > 2000);
	free(text);
	for (u32 row = 1; row < ISA_OP_COUNT; row++)
		if (is_modelled(isa_info(row)) && !covered[row])
			fail_msg("no fact about %s", isa_info(row)->name);
}

/* ---- programs ---- */

struct program {
	struct isa_op ops[3 * LENGTH + 16];
	u32 count;
	u32 first, end; /* what is compared: after the prologue, before the landing places */
};

static struct isa_op *add(struct program *p, struct isa_op op)
{
	p->ops[p->count] = op;
	return &p->ops[p->count++];
}

static s32 corner(void)
{
	static const s32 corners[] = {
		0,       1,         -1,        2,        7,      8,       15,     16,
		31,      32,        63,        64,       0x7f,   0x80,    0xff,   0x100,
		-128,    -129,      0x7fff,    0x8000,   0xffff, 0x10000, -2,     -7,
		1 << 30, INT32_MIN, INT32_MAX, -0x10000, -4096,  0x0ff0,  0x5555, INT32_MIN + 1};

	switch (rnd() % 4) {
	case 0: return (s32)rnd();
	case 1: return (s32)(rnd() % 200) - 100;
	default: return corners[rnd() % ARRAY_SIZE(corners)];
	}
}

/* An immediate near what is known of the register. */
static s32 near(const struct scalar *s)
{
	const u64 ends[] = {(u64)s->smin,   (u64)s->smax,   s->umin,   s->umax,      (u64)s->s32min,
			    (u64)s->s32max, (u64)s->u32min, s->u32max, s->bits.value};

	return (s32)(ends[rnd() % ARRAY_SIZE(ends)] + rnd() % 3 - 1);
}

static u32 reg(void)
{
	return FIRST + rnd() % REGS;
}

static u32 row_of_class(u32 cls)
{
	for (;;) {
		u32 row = 1 + rnd() % (ISA_OP_COUNT - 1);
		const struct isa_info *info = isa_info(row);

		if (info && info->cls == cls && info->kind != ISA_KIND_CAST)
			return row;
	}
}

static bool is_shift(u32 row)
{
	return (row >= ISA_OP_LSH64_REG && row <= ISA_OP_ARSH64_IMM) ||
	       (row >= ISA_OP_LSH32_REG && row <= ISA_OP_ARSH32_IMM);
}

static void add_alu(struct program *p)
{
	struct isa_op op = {.op = row_of_class(ISA_CLASS_ALU), .dst = reg()};
	const struct isa_info *info = isa_info(op.op);

	if (info->src == ISA_ANY)
		op.src = reg();
	op.off = info->off == ISA_ANY ? 0 : info->off;
	op.imm = info->imm == ISA_ANY ? corner() : info->imm;
	if (info->imm == ISA_ANY && is_shift(op.op))
		op.imm = rnd() % info->bits;
	else if (info->imm == ISA_ANY && !op.imm)
		op.imm = 3;
	add(p, op);
	/* A copy shares the kernel's id with its source until something is computed with it. */
	if (info->kind == ISA_KIND_MOV_REG)
		add(p, (struct isa_op){.op = ISA_OP_XOR64_IMM, .dst = op.dst});
}

/* All bits the sign, then a constant: where paths are split. */
static void add_mask(struct program *p)
{
	bool low = rnd() % 2;
	u32 r = reg();

	add(p, (struct isa_op){.op = low ? ISA_OP_ARSH32_IMM : ISA_OP_ARSH64_IMM,
			       .dst = r,
			       .imm = low ? 31 : 63});
	add(p, (struct isa_op){.op = rnd() % 2 ? ISA_OP_AND64_IMM : ISA_OP_OR32_IMM,
			       .dst = r,
			       .imm = corner()});
}

static void add_load(struct program *p)
{
	u32 row = row_of_class(ISA_CLASS_LOAD), bytes = isa_info(row)->bits / 8;

	add(p,
	    (struct isa_op){
		    .op = row, .dst = reg(), .src = 1, .off = rnd() % (CTX_END / bytes) * bytes});
}

static void add_const(struct program *p)
{
	u64 v = rnd() % 2 ? rnd() << 16 ^ rnd() : 1ull << rnd() % 64;

	add(p, (struct isa_op){.op = ISA_OP_LDDW, .dst = reg(), .imm = (s64)(v - rnd() % 2)});
	add(p, (struct isa_op){.op = ISA_OP_HIGH});
}

static void add_jump(struct program *p, const struct machine *m)
{
	struct isa_op op = {.dst = reg()};
	struct machine ahead = *m;
	struct outcome o;

	do {
		op.op = row_of_class(ISA_CLASS_JUMP);
	} while (isa_info(op.op)->kind != ISA_KIND_JMP_REG &&
		 isa_info(op.op)->kind != ISA_KIND_JMP_IMM);
	if (isa_info(op.op)->kind == ISA_KIND_JMP_REG)
		op.src = reg();
	else
		op.imm = rnd() % 2 ? corner() : near(&m->regs[op.dst]);
	step(&ahead, &op, &o);
	if (o.decision == OPEN || rnd() % 8 == 0)
		add(p, op);
}

/* r0 = 0, r6-r9 from the context. */
static void begin(struct program *p)
{
	*p = (struct program){.count = 0};
	add(p, (struct isa_op){.op = ISA_OP_MOV64_IMM});
	for (u32 i = 0; i < REGS; i++)
		add(p,
		    (struct isa_op){.op = ISA_OP_LDX64, .dst = FIRST + i, .src = 1, .off = 8 * i});
	p->first = p->count;
}

/* Per jump a landing place of its own, so that no state is pruned. */
static void finish(struct program *p)
{
	p->end = p->count;
	add(p, (struct isa_op){.op = ISA_OP_EXIT});
	for (u32 i = p->first; i < p->end; i++) {
		if (isa_info(p->ops[i].op)->cls != ISA_CLASS_JUMP)
			continue;
		p->ops[i].off = (s32)(p->count - i - 1);
		add(p, (struct isa_op){.op = ISA_OP_EXIT});
	}
}

/* Our machine runs along; the program ends where a jump is always taken. */
static void generate(struct program *p)
{
	struct machine m;
	struct outcome o = {.decision = NONE};

	machine_init(&m);
	begin(p);
	for (u32 i = 0; i < LENGTH && o.decision != ALWAYS; i++) {
		u32 at = p->count, pick = rnd() % 100;

		if (pick < 45)
			add_alu(p);
		else if (pick < 55)
			add_load(p);
		else if (pick < 58)
			add_const(p);
		else if (pick == 58)
			add_mask(p);
		else
			add_jump(p, &m);
		for (; at < p->count; at++)
			if (p->ops[at].op != ISA_OP_HIGH)
				step(&m, &p->ops[at], &o);
	}
	finish(p);
}

/* Rules that random programs meet too rarely. Where jumps go does not matter. */
static const char *const rare[] = {
	/* a sign-extended number whose low half is not negative */
	"r6 = *(s32 *)(r1 + 0); if w6 s< 0 goto +0",
	/* and the same with a umin, which is lost */
	"if r6 s< -5 goto +0; if r6 s> 10 goto +0; if r6 < 3 goto +0; if w6 s< 0 goto +0",
	/* upper halves that follow each other, unsigned, around the sign seam */
	"r7 = 0x7fffffff90000000 ll; if r6 < r7 goto +0;"
	"r7 = 0x8000000000000005 ll; if r6 > r7 goto +0",
	"r7 = 0x1ffffffff ll; if r6 < r7 goto +0; r7 = 0x200000005 ll; if r6 > r7 goto +0",
	/* known bits and bounds with one number in common: the greatest, the next, the least */
	"r6 &= 0x50; if r6 < 0x41 goto +0",
	"r6 &= 0x50; if r6 > 0x40 goto +0; if r6 < 0x11 goto +0",
	"r6 &= 0x50; if r6 > 0x41 goto +0; if r6 < 0x11 goto +0",
	"r6 &= 0x50; if r6 < 0x10 goto +0; if r6 > 0x3f goto +0",
	/* a count that is known in its low half only */
	"r8 = 0xffffffff00000000 ll; r7 &= r8; r7 |= 3; r6 &= 255; w6 <<= w7; r7 >>= r7",
	/* paths split at masks: 64 bits, the low half, the low half in a 64-bit operation */
	"r6 s>>= 63; r6 |= 6",
	"w6 s>>= 31; w6 &= 5",
	"if w6 s> 0 goto +0; if w6 s< -1 goto +0; r6 &= 5",
	"if w6 s> 0 goto +0; if w6 s< -1 goto +0; r7 = 12; r6 |= r7",
	"r6 s>>= 63; r6 ^= 6; r7 s>>= 63; r7 &= r6",
	/* sums that all wrap, sums of which some do */
	"if r6 < -5 goto +0; r6 += 10; r6 -= 20; r6 += 13",
	"if w6 < -5 goto +0; w6 += 10; w6 -= 20; w6 += 13",
	/* extension of a sign by shifts, and by moves over the seam and beside it */
	"if w6 s< -5 goto +0; if w6 s> 5 goto +0; r6 <<= 32; r6 s>>= 32",
	"if r6 < 120 goto +0; if r6 > 127 goto +0; r6 = (s8)r6; r6 += 1; w6 = (s8)w6",
	"if r6 < 130 goto +0; if r6 > 140 goto +0; r7 = (s8)r6; r7 ^= 0; w6 = (s8)w6",
	/* products of both signs */
	"if r6 s< -3 goto +0; if r6 s> 5 goto +0; if r7 s< -7 goto +0; if r7 s> 2 goto +0; r6 *= "
	"r7",
	"if w6 s< -3 goto +0; if w6 s> 5 goto +0; if w7 s< -7 goto +0; if w7 s> 2 goto +0; w6 *= "
	"w7",
	/* single bits, several, none */
	"if r6 & 8 goto +0; if w6 & 16 goto +0; if r6 & 3 goto +0; r7 = 64; if r7 & r6 goto +0",
	/* bytes that change places */
	"r6 &= 0xff00; r6 = be16 r6; r6 <<= 4; r6 = be32 r6; r6 = bswap64 r6; r6 = le32 r6",
	"if r6 < 5 goto +0; r6 = le64 r6; r6 = le16 r6; r6 = be64 r6; r6 = bswap16 r6",
	/* a register with itself */
	"if r6 == r6 goto +0; if r6 < r6 goto +0; if w6 s<= w6 goto +0; if r6 & r6 goto +0",
	"if r6 != r6 goto +0; if r6 > r6 goto +0; if w6 s>= w6 goto +0; if w6 & w6 goto +0",
	/* ends that are excluded */
	"r6 &= 7; if r6 == 7 goto +0; if w6 == 0 goto +0; if r6 != 5 goto +0",
	"w6 = 5; w6 -= w7; if w6 s> w7 goto +0; if w7 > w6 goto +0; w6 = -w6; r6 = -r6",
};

static void from_text(struct program *p, const char *body)
{
	char text[400];
	struct isa_op *ops;
	struct diag diag;
	u32 count;

	snprintf(text, sizeof(text), "%s\n", body);
	for (char *c = text; *c; c++)
		if (*c == ';')
			*c = '\n';
	begin(p);
	assert_int_equal(isa_assemble(text, strlen(text), &ops, &count, &diag), 0);
	for (u32 i = 0; i < count; i++)
		add(p, ops[i]);
	base_free(ops);
	finish(p);
}

/* ---- the kernel's side ---- */

static char kernel_log[1 << 20];

static long load(const void *insns, u32 count)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_KPROBE,
		.insns = (u64)insns,
		.insn_cnt = count,
		.license = (u64) "GPL",
		.log_buf = (u64)kernel_log,
		.log_size = sizeof(kernel_log),
		.log_level = 2,
	};
	long fd;

	kernel_log[0] = 0;
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	return fd < 0 ? -errno : fd;
}

static bool may_load(void)
{
	const u64 insns[] = {0x00000000000000b7, 0x0000000000000095};
	long fd = load(insns, 2);

	if (fd >= 0)
		close((int)fd);
	return fd >= 0;
}

struct seen {
	u32 next;           /* the instruction that came after it */
	char state[2][400]; /* of dst, src; "" when not printed */
	char taken[2][400];
	bool open;
};

static struct seen seen[ARRAY_SIZE(((struct program *)0)->ops)];

/* "R6_w=Pscalar(id=1,umax=3)" of the register in the states of a line, as "scalar(umax=3)". */
static void take_state(const char *line, u32 r, char *out)
{
	char name[16];
	const char *p = line;
	u32 n = 0, depth = 0;

	snprintf(name, sizeof(name), " R%u", r);
	while ((p = strstr(p, name))) {
		p += strlen(name);
		if (*p == '=' || *p == '_')
			break;
	}
	if (!p)
		return;
	p = strchr(p, '=') + 1;
	p += *p == 'P';
	for (; *p && *p != '\n' && (depth || *p != ' '); p++) {
		depth += *p == '(';
		depth -= *p == ')';
		if (!strncmp(p, "(id=", 4)) {
			out[n++] = '(';
			while (*p != ',' && p[1] != ')')
				p++;
			continue;
		}
		out[n++] = *p;
	}
	out[n] = 0;
}

static void take_states(const char *line, const struct isa_op *op, char out[2][400])
{
	take_state(line, op->dst, out[0]);
	if (isa_info(op->op)->kind == ISA_KIND_JMP_REG)
		take_state(line, op->src, out[1]);
}

/*
 * Reads the log: the first pass goes along the program; "from A to B:" are taken
 * sides, the last first. A fork runs the rest of the program again, so from
 * there on only what lies before it is new.
 */
static void read_log(const struct program *p)
{
	u32 at = 0, a, b, end = p->end;
	bool along = true;

	memset(seen, 0, sizeof(seen));
	for (char *line, *rest = kernel_log; (line = strsep(&rest, "\n"));) {
		char *states = strchr(line, ';');
		int n = 0;

		if (sscanf(line, "from %u to %u:%n", &a, &b, &n) == 2 && n) {
			along = false;
			if (a >= end)
				continue;
			take_states(line + n, &p->ops[a], seen[a].taken);
			seen[a].open = true;
			if (b == a)
				end = a;
		} else if (along && sscanf(line, "%u: (%x)%n", &a, &b, &n) == 2 && n) {
			assert_true(a < p->count);
			seen[at].next = a;
			at = a;
			if (states)
				take_states(states + 1, &p->ops[a], seen[a].state);
		} else if (along && sscanf(line, "%u: R%u%n", &a, &b, &n) == 2 && n) {
			take_states(strchr(line, ':') + 1, &p->ops[at], seen[at].state);
		}
	}
}

static const char *or_dash(const char *s)
{
	return *s ? s : "-";
}

/* The listing of what the kernel said, up to where its path left the program. */
static void list(const struct program *p, struct text *t)
{
	u32 next;

	text_puts(t, "program\n");
	for (u32 i = p->first; i < p->end; i = next) {
		const struct isa_op *op = &p->ops[i];
		enum decision d = NONE;

		next = i + (isa_is_lddw(op->op) ? 2 : 1);
		if (isa_info(op->op)->cls == ISA_CLASS_JUMP)
			d = seen[i].open ? OPEN : seen[i].next == next ? NEVER : ALWAYS;
		else if (seen[i].open)
			d = FORK;
		isa_format(t, op, i, NULL);
		text_fmt(t, "\t%s\t%s\t%s\t%s\t%s\n", or_dash(seen[i].state[0]),
			 or_dash(seen[i].state[1]), decision_names[d], or_dash(seen[i].taken[0]),
			 or_dash(seen[i].taken[1]));
		if (d == ALWAYS)
			return;
	}
}

/* False: too many paths for the log. */
static bool ask_kernel(const struct program *p, struct text *t)
{
	u64 insns[ARRAY_SIZE(p->ops)];
	long fd;

	assert_int_equal(isa_encode(p->ops, p->count, insns), 0);
	fd = load(insns, p->count);
	if (fd == -ENOSPC)
		return false;
	if (fd < 0)
		fail_msg("%ld:\n%s", fd, kernel_log);
	close((int)fd);
	read_log(p);
	list(p, t);
	return true;
}

static u64 number(const char *name, u64 otherwise)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 0) : otherwise;
}

static void test_kernel(void **state)
{
	u64 rounds = number("CYGNET_SCALAR_ROUNDS", 300);
	const char *record = getenv("CYGNET_SCALAR_RECORD");
	static char buf[1 << 16];
	static struct program p;
	FILE *f = NULL;
	u32 lines = 0;

	if (!may_load()) {
		print_message("bpf(2) refuses\n");
		skip();
	}
	seed = number("CYGNET_SCALAR_SEED", 0x9e3779b97f4a7c15ull);
	if (record) {
		struct utsname u;

		assert_non_null(f = fopen(record, "w"));
		uname(&u);
		fprintf(f, "# Linux %s: scalar_kernel_test.c\n", u.release);
	}
	for (u64 i = 0; i < ARRAY_SIZE(rare) + rounds; i++) {
		struct text t;

		if (i < ARRAY_SIZE(rare))
			from_text(&p, rare[i]);
		else
			generate(&p);
		text_init(&t, buf, sizeof(buf));
		if (!ask_kernel(&p, &t))
			continue;
		assert_int_equal(t.lost, 0);
		if (f)
			fputs(buf, f);
		lines += check_listing(buf);
	}
	if (f)
		fclose(f);
	print_message("%llu programs, %u states agree\n",
		      (unsigned long long)(ARRAY_SIZE(rare) + rounds), lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_kernel),
	};

	return cmocka_run_group_tests_name("scalar_kernel", tests, NULL, NULL);
}
