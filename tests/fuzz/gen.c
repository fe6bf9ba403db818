// SPDX-License-Identifier: BSD-2-Clause
/* The generator's frame: registers, jumps, which recipes in which number. */
#include <string.h>
#include "fuzz/gen.h"

void gen_emit(struct gen *g, struct bpf_insn in)
{
	if (g->p->count + 8 >= PROGRAM_INSNS) {
		g->over = true;
		return;
	}
	g->p->insn[g->p->count++] = in;
	if (g->budget)
		g->budget--;
}

s64 gen_slip(struct gen *g, s64 v)
{
	if (!g->slips || !rng_chance(&g->rng, g->slips))
		return v;
	switch (rng_below(&g->rng, 6)) {
	case 0: return v * 2;
	case 1: return -v;
	default: return v + rng_pick(&g->rng, -1, 1, -1, 1, 2, -2, 4, -4, 8, -8, 64, -64, 512);
	}
}

bool gen_forgets(struct gen *g)
{
	return g->slips && rng_chance(&g->rng, g->slips);
}

u32 gen_size(struct gen *g, u8 *code)
{
	static const u8 codes[] = {BPF_B, BPF_H, BPF_W, BPF_DW};
	u32 n = rng_below(&g->rng, 4);

	*code = codes[n];
	return 1u << n;
}

/* Not the register that keeps the context, mostly. */
u32 gen_fresh(struct gen *g)
{
	u32 reg = rng_below(&g->rng, 10);

	return reg == 6 && !rng_chance(&g->rng, 20) ? 7 : reg;
}

u32 gen_kept(struct gen *g)
{
	return 7 + rng_below(&g->rng, 3);
}

void gen_set(struct gen *g, u32 reg, enum gkind kind)
{
	g->r[reg] = (struct greg){.kind = kind};
}

s32 gen_find(struct gen *g, enum gkind kind)
{
	u32 first = rng_below(&g->rng, 10);

	for (u32 i = 0; i < 10; i++)
		if (g->r[(first + i) % 10].kind == kind)
			return (s32)((first + i) % 10);
	return -1;
}

u32 gen_scalar(struct gen *g)
{
	s32 found = rng_chance(&g->rng, 3) ? -1 : gen_find(g, G_SCALAR);
	u32 reg;

	if (gen_forgets(g))
		return rng_below(&g->rng, 11);
	if (found >= 0)
		return (u32)found;
	reg = gen_fresh(g);
	if (g->r[6].kind == G_CTX && rng_chance(&g->rng, 2) && reg != 6) {
		/* Something that nobody can know. */
		switch (g->p->type) {
		case BPF_PROG_TYPE_XDP: gen_emit(g, I_LDX(BPF_W, reg, 6, 16)); break;
		case BPF_PROG_TYPE_RAW_TRACEPOINT:
		case BPF_PROG_TYPE_SYSCALL: gen_emit(g, I_LDX(BPF_DW, reg, 6, 8)); break;
		default: gen_emit(g, I_LDX(BPF_W, reg, 6, 8 * rng_below(&g->rng, 2))); break;
		}
	} else if (rng_chance(&g->rng, 3)) {
		u64 n = rng_number(&g->rng);

		gen_emit(g, FUZZ_INSN(BPF_LD | BPF_IMM | BPF_DW, reg, 0, 0, (u32)n));
		gen_emit(g, FUZZ_INSN(0, 0, 0, 0, n >> 32));
	} else {
		gen_emit(g, I_MOV(reg, rng_number(&g->rng)));
	}
	gen_set(g, reg, G_SCALAR);
	return reg;
}

/* By a mask, by a branch one way or the other, by a remainder, by a shift. */
u32 gen_bounded(struct gen *g, u64 max)
{
	u32 reg = gen_scalar(g), copy;
	s64 m = gen_slip(g, (s64)max);

	if (gen_forgets(g))
		return reg;
	if (g->r[reg].bounded && g->r[reg].max <= max && rng_chance(&g->rng, 2))
		return reg;
	if (reg == 10)
		return reg;
	switch (rng_below(&g->rng, 9)) {
	case 0:
		if (max & (max + 1))
			max = (1ull << (63 - __builtin_clzll(max | 1))) - 1;
		m = gen_slip(g, (s64)max);
		gen_emit(g, rng_chance(&g->rng, 2) ? I_ALU64(BPF_AND, reg, m)
						   : I_ALU32(BPF_AND, reg, m));
		break;
	case 1:
		gen_emit(g, rng_chance(&g->rng, 2) ? I_ALU64(BPF_MOD, reg, m + 1)
						   : I_ALU32(BPF_MOD, reg, m + 1));
		break;
	case 2:
		gen_emit(g, I_JMP(BPF_JLE, reg, m, 1));
		gen_emit(g, I_MOV(reg, rng_below(&g->rng, (u32)MIN(max, 0xffffu) + 1)));
		break;
	case 3:
		gen_emit(g, I_JMP(BPF_JGT, reg, m, 1));
		gen_emit(g, I_JA(1));
		gen_emit(g, I_MOV(reg, gen_slip(g, 0)));
		break;
	case 4: /* both ends signed */
		gen_emit(g, I_JMP(BPF_JSLT, reg, gen_slip(g, 0), 1));
		gen_emit(g, I_JMP(BPF_JSLE, reg, m, 1));
		gen_emit(g, I_MOV(reg, rng_below(&g->rng, (u32)MIN(max, 0xffffu) + 1)));
		break;
	case 5: /* a copy is tested */
		copy = gen_fresh(g);
		if (copy == reg)
			copy = (reg + 1) % 6;
		gen_emit(g, I_MOVR(copy, reg));
		if (rng_chance(&g->rng, 3))
			gen_emit(g, I_ALU64(BPF_ADD, reg, rng_range(&g->rng, -3, 3)));
		gen_emit(g, I_JMP(BPF_JLE, copy, m, 1));
		gen_emit(g, I_MOV(reg, 0));
		gen_set(g, copy, G_SCALAR);
		break;
	case 6: /* 32 bits */
		gen_emit(g, rng_chance(&g->rng, 2)
				    ? I_ALU32R(BPF_MOV, reg, reg)
				    : I_ALU32(BPF_ADD, reg, rng_range(&g->rng, -2, 2)));
		gen_emit(g, I_JMP32(BPF_JLE, reg, m, 1));
		gen_emit(g, I_MOV(reg, 0));
		break;
	case 7:
		gen_emit(g, I_ALU64(BPF_RSH, reg, gen_slip(g, __builtin_clzll(max | 1) + 1)));
		break;
	default:
		gen_emit(g, I_JMP(BPF_JSET, reg, ~m, 1));
		gen_emit(g, I_JA(1));
		gen_emit(g, I_MOV(reg, 0));
		break;
	}
	g->r[reg] = (struct greg){.kind = G_SCALAR, .bounded = true, .max = max};
	return reg;
}

u32 gen_jump(struct gen *g, struct bpf_insn in)
{
	gen_emit(g, in);
	return g->p->count - 1;
}

void gen_land(struct gen *g, u32 jump)
{
	g->p->insn[jump].off = (s16)(g->p->count - jump - 1);
}

u8 gen_map(struct gen *g, const struct map_shape *shape)
{
	struct program *p = g->p;

	for (u32 i = 0; i < p->map_count; i++)
		if (!memcmp(&p->maps[i], shape, sizeof(*shape)))
			return (u8)i;
	if (p->map_count == PROGRAM_MAPS)
		return 0;
	p->maps[p->map_count] = *shape;
	return (u8)p->map_count++;
}

void gen_load_map(struct gen *g, u32 reg, u8 map)
{
	gen_emit(g, FUZZ_INSN(BPF_LD | BPF_IMM | BPF_DW, reg, BPF_PSEUDO_MAP_IDX, 0, map));
	gen_emit(g, FUZZ_INSN(0, 0, 0, 0, 0));
	gen_set(g, reg, G_MAP);
	g->r[reg].map = map;
}

void gen_clobber(struct gen *g)
{
	for (u32 i = 1; i <= 5; i++)
		if (!gen_forgets(g))
			gen_set(g, i, G_NONE);
}

struct recipe {
	void (*fn)(struct gen *g);
	u8 weight;
	u8 what; /* types it is for */
};

enum {
	FOR_ALL,
	FOR_PACKET, /* direct access */
	FOR_SKB,
	FOR_ROOT,
};

static const struct recipe recipes[] = {
	{gen_alu, 30, FOR_ALL},     {gen_if, 14, FOR_ALL},        {gen_loop, 4, FOR_ALL},
	{gen_stack, 12, FOR_ALL},   {gen_stack_var, 6, FOR_ALL},  {gen_spill, 12, FOR_ALL},
	{gen_value, 18, FOR_ALL},   {gen_packet, 24, FOR_PACKET}, {gen_ctx, 6, FOR_ALL},
	{gen_atomic, 6, FOR_ALL},   {gen_lookup, 12, FOR_ALL},    {gen_update, 4, FOR_ALL},
	{gen_inner, 4, FOR_ALL},    {gen_direct, 8, FOR_ALL},     {gen_helper, 5, FOR_ALL},
	{gen_ringbuf, 4, FOR_ROOT}, {gen_lock, 3, FOR_ROOT},      {gen_tail_call, 2, FOR_ALL},
	{gen_sub_call, 6, FOR_ALL}, {gen_callback, 3, FOR_ROOT},  {gen_dynptr, 2, FOR_ROOT},
	{gen_ld_abs, 4, FOR_SKB},   {gen_socket, 2, FOR_ALL},     {gen_memory_helper, 6, FOR_ALL},
};

static bool has_packet(const struct gen *g)
{
	u32 t = g->p->type;

	return t == BPF_PROG_TYPE_XDP || t == BPF_PROG_TYPE_SCHED_CLS ||
	       (t == BPF_PROG_TYPE_CGROUP_SKB && !g->unprivileged);
}

static bool suits(const struct gen *g, const struct recipe *r)
{
	u32 t = g->p->type;

	switch (r->what) {
	case FOR_PACKET: return has_packet(g) || gen_forgets((struct gen *)g);
	case FOR_SKB: return t == BPF_PROG_TYPE_SCHED_CLS || t == BPF_PROG_TYPE_SOCKET_FILTER;
	case FOR_ROOT: return !g->unprivileged || gen_forgets((struct gen *)g);
	default: return true;
	}
}

static void statement(struct gen *g)
{
	u32 total = 0, at;

	for (u32 i = 0; i < ARRAY_SIZE(recipes); i++)
		total += recipes[i].weight;
	for (;;) {
		at = rng_below(&g->rng, total);
		for (u32 i = 0; i < ARRAY_SIZE(recipes); i++) {
			if (at >= recipes[i].weight) {
				at -= recipes[i].weight;
				continue;
			}
			if (!suits(g, &recipes[i]))
				break;
			recipes[i].fn(g);
			return;
		}
	}
}

void gen_block(struct gen *g, u32 statements)
{
	for (u32 i = 0; i < statements && g->budget && !g->over; i++)
		statement(g);
}

static void epilogue(struct gen *g)
{
	if (g->r[0].kind != G_SCALAR || g->p->type == BPF_PROG_TYPE_CGROUP_SKB) {
		if (!gen_forgets(g))
			gen_emit(g, g->p->type == BPF_PROG_TYPE_CGROUP_SKB
					    ? I_MOV(0, gen_slip(g, 1))
					    : I_MOV(0, rng_below(&g->rng, 3)));
	}
	gen_emit(g, I_EXIT);
}

void gen_program(u64 seed, bool unprivileged, struct program *p)
{
	static const u8 types[] = {
		BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_SCHED_CLS,      BPF_PROG_TYPE_XDP,
		BPF_PROG_TYPE_CGROUP_SKB,    BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_PROG_TYPE_SYSCALL,
		BPF_PROG_TYPE_XDP,           BPF_PROG_TYPE_SCHED_CLS};
	struct gen g = {.rng = rng_seeded(seed), .p = p, .unprivileged = unprivileged};

	memset(p, 0, offsetof(struct program, insn));
	p->seed = seed;
	p->type = unprivileged
			  ? rng_pick(&g.rng, BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_CGROUP_SKB)
			  : types[rng_below(&g.rng, ARRAY_SIZE(types))];
	if (p->type == BPF_PROG_TYPE_SYSCALL)
		p->flags = BPF_F_SLEEPABLE;
	if (rng_chance(&g.rng, 16))
		p->flags |= BPF_F_STRICT_ALIGNMENT;
	if (rng_chance(&g.rng, 8))
		p->flags |= BPF_F_TEST_STATE_FREQ;
	g.slips = rng_chance(&g.rng, 2) ? 0 : 8u << rng_below(&g.rng, 6);
	g.budget = rng_pick(&g.rng, 8, 16, 24, 32, 48, 64, 100, 200);
	g.r[1].kind = G_CTX;
	g.r[10].kind = G_STACK;
	if (!rng_chance(&g.rng, 16)) {
		gen_emit(&g, I_MOVR(6, 1));
		g.r[6] = g.r[1];
	}
	gen_block(&g, 1 + rng_below(&g.rng, 24));
	epilogue(&g);
	gen_subs(&g);
}
