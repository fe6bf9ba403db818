// SPDX-License-Identifier: BSD-2-Clause
/* Recipes: helpers, maps, functions, callbacks, what must be given back. */
#include <string.h>
#include "fuzz/gen.h"

static const struct map_shape array = {BPF_MAP_TYPE_ARRAY, 4, 48, 4, 0, 0, 0, 0};
static const struct map_shape wide = {BPF_MAP_TYPE_ARRAY, 4, 256, 2, 0, 0, 0, 0};
static const struct map_shape hash = {BPF_MAP_TYPE_HASH, 8, 32, 16, 0, 0, 0, 0};
static const struct map_shape percpu = {BPF_MAP_TYPE_PERCPU_ARRAY, 4, 24, 4, 0, 0, 0, 0};
static const struct map_shape lru = {BPF_MAP_TYPE_LRU_HASH, 4, 20, 16, 0, 0, 0, 0};
static const struct map_shape single = {BPF_MAP_TYPE_ARRAY, 4, 100, 1, 0, 0, 0, 0};
static const struct map_shape constant = {BPF_MAP_TYPE_ARRAY, 4, 64, 1, BPF_F_RDONLY_PROG, 0, 0, 1};
static const struct map_shape write_only = {BPF_MAP_TYPE_ARRAY, 4, 64, 4,
					    BPF_F_WRONLY_PROG,  0, 0,  0};
static const struct map_shape programs = {BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0, 0, 0, 0};
static const struct map_shape ring = {BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0, 0, 0, 0};
static const struct map_shape locked = {BPF_MAP_TYPE_ARRAY, 4, 64, 4, 0, 0, 1, 0};

static const struct map_shape *any_shape(struct gen *g)
{
	static const struct map_shape *const shapes[] = {&array, &wide,   &hash,       &percpu,
							 &lru,   &single, &write_only, &constant};

	return shapes[rng_below(&g->rng, g->unprivileged ? 4 : ARRAY_SIZE(shapes))];
}

/* A key on the stack, and r2 pointing at it. */
static void key(struct gen *g, const struct map_shape *m)
{
	s32 off = -8 * (s32)(1 + rng_below(&g->rng, GEN_SLOTS));
	u8 code = m->key_size == 8 ? BPF_DW : BPF_W;

	if (!gen_forgets(g)) {
		if (rng_chance(&g->rng, 3))
			gen_emit(g, I_STX(code, 10, gen_bounded(g, m->max_entries), off));
		else
			gen_emit(g, I_ST(code, 10, off, rng_below(&g->rng, m->max_entries + 1)));
		g->slot[-off / 8 - 1] = (struct greg){.kind = code == BPF_DW ? G_SCALAR : G_NONE};
	}
	gen_emit(g, I_MOVR(2, 10));
	gen_emit(g, I_ALU64(BPF_ADD, 2, gen_slip(g, off)));
}

/* The test for NULL: then what needs it may follow; or it is put off. */
static void null_check(struct gen *g, u32 reg)
{
	if (gen_forgets(g))
		return;
	switch (rng_below(&g->rng, 4)) {
	case 0:
		gen_emit(g, I_JMP(BPF_JNE, reg, gen_slip(g, 0), 2));
		gen_emit(g, I_MOV(0, 0));
		gen_emit(g, I_EXIT);
		break;
	case 1:
		gen_emit(g, I_JMP(BPF_JEQ, reg, 0, 1));
		gen_emit(g, I_JA(2));
		gen_emit(g, I_MOV(0, 0));
		gen_emit(g, I_EXIT);
		break;
	case 2: {
		u32 jump = gen_jump(g, I_JMP(BPF_JEQ, reg, 0, 0));

		g->r[reg].maybe_null = false;
		for (u32 n = 1 + rng_below(&g->rng, 3); n; n--)
			gen_access(g, reg, 0, (s32)g->r[reg].size);
		gen_land(g, jump);
		gen_set(g, reg, G_NONE);
		return;
	}
	default: return;
	}
	g->r[reg].maybe_null = false;
}

static void found(struct gen *g, u32 size, u8 map)
{
	u32 keep = 0;

	gen_clobber(g);
	g->r[0] = (struct greg){.kind = G_VALUE, .map = map, .size = size, .maybe_null = true};
	if (rng_chance(&g->rng, 2)) {
		keep = gen_kept(g);
		gen_emit(g, I_MOVR(keep, 0));
		g->r[keep] = g->r[0];
		if (rng_chance(&g->rng, 4))
			keep = 0;
	}
	null_check(g, keep);
	if (keep && g->r[0].kind == G_VALUE)
		g->r[0].maybe_null = g->r[keep].maybe_null;
	if (keep && g->r[keep].kind == G_NONE)
		gen_set(g, 0, G_NONE);
}

void gen_lookup(struct gen *g)
{
	const struct map_shape *m = any_shape(g);
	u8 map = gen_map(g, m);

	key(g, m);
	gen_load_map(g, 1, map);
	gen_emit(g, I_CALL(BPF_FUNC_map_lookup_elem));
	found(g, m->value_size, map);
}

void gen_update(struct gen *g)
{
	const struct map_shape *m = any_shape(g);
	u8 map = gen_map(g, m);
	s32 from = -(s32)((m->value_size + 7) & ~7u);
	s32 value = gen_find(g, G_VALUE);

	if (rng_chance(&g->rng, 4)) {
		key(g, m);
		gen_load_map(g, 1, map);
		gen_emit(g, I_CALL(BPF_FUNC_map_delete_elem));
		gen_clobber(g);
		gen_set(g, 0, G_SCALAR);
		return;
	}
	if (m->value_size > 64)
		return;
	if (value > 5 && !g->r[value].maybe_null &&
	    g->r[value].size - g->r[value].off >= m->value_size) {
		key(g, m);
		gen_emit(g, I_MOVR(3, value));
	} else {
		for (s32 off = from; off < 0; off += 8) {
			if (!gen_forgets(g))
				gen_emit(g, I_ST(BPF_DW, 10, off, rng_below(&g->rng, 8)));
			g->slot[-off / 8 - 1] = (struct greg){.kind = G_SCALAR};
		}
		key(g, m);
		gen_emit(g, I_MOVR(3, 10));
		gen_emit(g, I_ALU64(BPF_ADD, 3, gen_slip(g, from)));
	}
	gen_load_map(g, 1, map);
	gen_emit(g, I_MOV(4, rng_below(&g->rng, 3)));
	gen_emit(g, I_CALL(BPF_FUNC_map_update_elem));
	gen_clobber(g);
	gen_set(g, 0, G_SCALAR);
}

void gen_inner(struct gen *g)
{
	struct map_shape outer = {rng_chance(&g->rng, 2) ? BPF_MAP_TYPE_ARRAY_OF_MAPS
							 : BPF_MAP_TYPE_HASH_OF_MAPS,
				  4,
				  4,
				  4,
				  0,
				  0,
				  0,
				  0};
	u8 map;

	outer.inner = 1u + gen_map(g, &array);
	map = gen_map(g, &outer);
	if (g->p->maps[map].type != outer.type)
		return;
	key(g, &outer);
	gen_load_map(g, 1, map);
	gen_emit(g, I_CALL(BPF_FUNC_map_lookup_elem));
	gen_clobber(g);
	if (!gen_forgets(g)) {
		gen_emit(g, I_JMP(BPF_JNE, 0, 0, 2));
		gen_emit(g, I_MOV(0, 0));
		gen_emit(g, I_EXIT);
	}
	gen_set(g, 0, G_MAP);
	key(g, &array);
	gen_emit(g, I_MOVR(1, 0));
	gen_emit(g, I_CALL(BPF_FUNC_map_lookup_elem));
	found(g, array.value_size, map);
}

/* The address of a value, without a call. */
void gen_direct(struct gen *g)
{
	const struct map_shape *m = rng_chance(&g->rng, 4) ? &constant : &single;
	u8 map = gen_map(g, m);
	u32 reg = gen_fresh(g);
	s32 off = rng_chance(&g->rng, 2) ? 0 : rng_range(&g->rng, 0, (s32)m->value_size - 9);

	gen_emit(g, FUZZ_INSN(BPF_LD | BPF_IMM | BPF_DW, reg, BPF_PSEUDO_MAP_IDX_VALUE, 0, map));
	gen_emit(g, FUZZ_INSN(0, 0, 0, 0, gen_slip(g, off)));
	g->r[reg] = (struct greg){.kind = G_VALUE, .map = map, .size = m->value_size, .off = off};
	gen_access(g, reg, -off, (s32)m->value_size - off);
}

void gen_helper(struct gen *g)
{
	static const u16 plain[] = {BPF_FUNC_ktime_get_ns,         BPF_FUNC_get_prandom_u32,
				    BPF_FUNC_get_smp_processor_id, BPF_FUNC_get_numa_node_id,
				    BPF_FUNC_get_current_pid_tgid, BPF_FUNC_jiffies64,
				    BPF_FUNC_get_current_uid_gid,  BPF_FUNC_ktime_get_boot_ns};
	u32 n = rng_below(&g->rng, g->unprivileged ? 4 : ARRAY_SIZE(plain));

	gen_emit(g, I_CALL(plain[n]));
	g->p->varies = true;
	gen_clobber(g);
	gen_set(g, 0, G_SCALAR);
}

/* Memory with a size: constant, or a bounded register. */
void gen_memory_helper(struct gen *g)
{
	u32 room = 8 * (1 + rng_below(&g->rng, 6));
	bool skb = g->p->type != BPF_PROG_TYPE_XDP && g->p->type != BPF_PROG_TYPE_RAW_TRACEPOINT &&
		   g->p->type != BPF_PROG_TYPE_SYSCALL && g->r[6].kind == G_CTX;
	s32 value = gen_find(g, G_VALUE);
	u32 at = skb ? 3 : 1, size;
	bool writes = true;

	if (!skb && g->unprivileged && !gen_forgets(g))
		return;
	size = rng_chance(&g->rng, 2) ? 10 : gen_bounded(g, room);
	if (size < 6 && size == at)
		return;
	if (size != 10)
		gen_emit(g, I_MOVR(at + 1, size));
	else
		gen_emit(g, I_MOV(at + 1, gen_slip(g, room)));
	if (size != 10 && rng_chance(&g->rng, 2))
		gen_emit(g, I_ALU64(BPF_ADD, at + 1, 1));
	if (value > 5 && !g->r[value].maybe_null && rng_chance(&g->rng, 2)) {
		gen_emit(g, I_MOVR(at, value));
	} else {
		gen_emit(g, I_MOVR(at, 10));
		gen_emit(g, I_ALU64(BPF_ADD, at, gen_slip(g, -(s32)room)));
		if (size == 10 && room / 8 <= GEN_SLOTS)
			for (u32 i = 0; i < room / 8; i++)
				g->slot[i] = (struct greg){.kind = G_SCALAR};
	}
	if (skb) {
		gen_emit(g, I_MOVR(1, 6));
		gen_emit(g, I_MOV(2, rng_below(&g->rng, 40)));
		gen_emit(g, I_CALL(BPF_FUNC_skb_load_bytes));
	} else if (rng_chance(&g->rng, 2)) {
		gen_emit(g, I_CALL(BPF_FUNC_get_current_comm));
	} else { /* reads it: initialised? */
		writes = false;
		gen_emit(g, I_MOV(3, 0));
		gen_emit(g, I_MOV(4, 0));
		gen_emit(g, I_MOV(5, gen_slip(g, 7)));
		gen_emit(g, I_CALL(BPF_FUNC_csum_diff));
	}
	(void)writes;
	gen_clobber(g);
	gen_set(g, 0, G_SCALAR);
}

void gen_ringbuf(struct gen *g)
{
	u8 map = gen_map(g, &ring);
	u32 size = (u32)rng_pick(&g->rng, 1, 8, 16, 40, 256), keep = gen_kept(g);

	if (g->depth >= 3)
		return;
	gen_load_map(g, 1, map);
	gen_emit(g, I_MOV(2, size));
	gen_emit(g, I_MOV(3, gen_slip(g, 0)));
	gen_emit(g, I_CALL(BPF_FUNC_ringbuf_reserve));
	gen_clobber(g);
	gen_set(g, 0, G_NONE);
	if (!gen_forgets(g)) {
		gen_emit(g, I_JMP(BPF_JNE, 0, 0, 2));
		gen_emit(g, I_MOV(0, 0));
		gen_emit(g, I_EXIT);
	}
	gen_emit(g, I_MOVR(keep, 0));
	g->r[keep] = (struct greg){.kind = G_RECORD, .size = size};
	g->depth += 2; /* no exits while it is held */
	for (u32 n = rng_below(&g->rng, 4); n; n--) {
		if (g->r[keep].kind != G_RECORD)
			break;
		gen_access(g, keep, 0, (s32)size);
		if (rng_chance(&g->rng, 2))
			gen_alu(g);
	}
	g->depth -= 2;
	if (gen_forgets(g))
		return;
	gen_emit(g, I_MOVR(1, keep));
	gen_emit(g, I_MOV(2, 0));
	gen_emit(g, I_CALL(rng_chance(&g->rng, 2) ? BPF_FUNC_ringbuf_submit
						  : BPF_FUNC_ringbuf_discard));
	gen_clobber(g);
	for (u32 i = 0; i < 10; i++)
		if (g->r[i].kind == G_RECORD && !gen_forgets(g))
			gen_set(g, i, G_NONE);
	gen_set(g, 0, G_NONE);
}

void gen_lock(struct gen *g)
{
	u8 map = gen_map(g, &locked);
	u32 keep = gen_kept(g);

	key(g, &locked);
	gen_load_map(g, 1, map);
	gen_emit(g, I_CALL(BPF_FUNC_map_lookup_elem));
	gen_clobber(g);
	gen_emit(g, I_JMP(BPF_JNE, 0, 0, 2));
	gen_emit(g, I_MOV(0, 0));
	gen_emit(g, I_EXIT);
	gen_emit(g, I_MOVR(keep, 0));
	g->r[keep] = (struct greg){.kind = G_VALUE, .map = map, .size = 64};
	gen_emit(g, I_MOVR(1, 0));
	if (gen_forgets(g))
		gen_emit(g, I_ALU64(BPF_ADD, 1, 4));
	gen_emit(g, I_CALL(BPF_FUNC_spin_lock));
	gen_clobber(g);
	gen_set(g, 0, G_NONE);
	for (u32 n = rng_below(&g->rng, 3); n && g->r[keep].kind == G_VALUE; n--)
		gen_access(g, keep, (s32)gen_slip(g, 4), 64);
	if (gen_forgets(g) || g->r[keep].kind != G_VALUE)
		return;
	gen_emit(g, I_MOVR(1, keep));
	gen_emit(g, I_CALL(BPF_FUNC_spin_unlock));
	gen_clobber(g);
	gen_set(g, 0, G_NONE);
	gen_set(g, keep, G_NONE);
}

void gen_tail_call(struct gen *g)
{
	s32 ctx = gen_find(g, G_CTX);

	if (ctx < 0)
		return;
	gen_emit(g, I_MOVR(1, ctx));
	gen_load_map(g, 2, gen_map(g, &programs));
	gen_emit(g, I_MOV(3, rng_below(&g->rng, 5)));
	gen_emit(g, I_CALL(BPF_FUNC_tail_call));
	gen_clobber(g);
	gen_set(g, 0, G_SCALAR);
}

static struct gsub *take_sub(struct gen *g, bool callback, u32 args)
{
	struct gsub *s;

	for (u32 i = 0; i < g->sub_count; i++) {
		s = &g->subs[i];
		if (s->callback == callback && s->args == args &&
		    s->call_count < ARRAY_SIZE(s->calls) && rng_chance(&g->rng, 2))
			return s;
	}
	if (g->sub_count == GEN_SUBS)
		return NULL;
	s = &g->subs[g->sub_count++];
	*s = (struct gsub){.callback = callback, .args = args};
	return s;
}

/* args: 0 a number, 1 a pointer to stack, 2 the context, 3 a map value (r1); r2 is a number. */
void gen_sub_call(struct gen *g)
{
	u32 args = rng_below(&g->rng, 4), number;
	struct gsub *s;
	s32 found = -1;

	if (args == 2)
		found = gen_find(g, G_CTX);
	else if (args == 3)
		found = gen_find(g, G_VALUE);
	if (args > 1 && (found < 0 || g->r[found].maybe_null))
		args = 0;
	s = take_sub(g, false, args);
	if (!s || g->over)
		return;
	number = rng_chance(&g->rng, 2) ? gen_scalar(g) : gen_bounded(g, 15);
	if (number == 1) {
		gen_emit(g, I_MOVR(2, 1));
		number = 2;
	}
	switch (args) {
	case 0: gen_emit(g, I_MOVR(1, number)); break;
	case 1:
		gen_emit(g, I_ST(BPF_DW, 10, -8, 1));
		gen_emit(g, I_ST(BPF_DW, 10, -16, 2));
		g->slot[0] = g->slot[1] = (struct greg){.kind = G_SCALAR};
		gen_emit(g, I_MOVR(1, 10));
		gen_emit(g, I_ALU64(BPF_ADD, 1, gen_slip(g, -16)));
		break;
	default: gen_emit(g, I_MOVR(1, found)); break;
	}
	if (number != 2)
		gen_emit(g, I_MOVR(2, number));
	s->calls[s->call_count++] =
		gen_jump(g, FUZZ_INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, -1));
	gen_clobber(g);
	gen_set(g, 0, G_SCALAR);
}

/* bpf_loop, or bpf_for_each_map_elem. */
void gen_callback(struct gen *g)
{
	bool each = rng_chance(&g->rng, 2);
	struct gsub *s = take_sub(g, true, each);
	u32 rounds;

	if (!s || g->over)
		return;
	rounds = rng_chance(&g->rng, 3) ? gen_bounded(g, 7) : 10;
	gen_emit(g, I_ST(BPF_DW, 10, -8, 1));
	gen_emit(g, I_ST(BPF_DW, 10, -16, 2));
	g->slot[0] = g->slot[1] = (struct greg){.kind = G_SCALAR};
	if (each)
		gen_load_map(g, 1, gen_map(g, &array));
	else if (rounds != 10)
		gen_emit(g, I_MOVR(1, rounds));
	else
		gen_emit(g, I_MOV(1, rng_below(&g->rng, 6)));
	s->calls[s->call_count++] =
		gen_jump(g, FUZZ_INSN(BPF_LD | BPF_IMM | BPF_DW, 2, BPF_PSEUDO_FUNC, 0, -1));
	gen_emit(g, FUZZ_INSN(0, 0, 0, 0, 0));
	gen_emit(g, I_MOVR(3, 10));
	gen_emit(g, I_ALU64(BPF_ADD, 3, gen_slip(g, -16)));
	gen_emit(g, I_MOV(4, gen_slip(g, 0)));
	gen_emit(g, I_CALL(each ? BPF_FUNC_for_each_map_elem : BPF_FUNC_loop));
	gen_clobber(g);
	gen_set(g, 0, G_SCALAR);
}

void gen_dynptr(struct gen *g)
{
	s32 off = -8 * (s32)(2 + rng_below(&g->rng, 8));
	u8 map = gen_map(g, &ring);

	gen_load_map(g, 1, map);
	gen_emit(g, I_MOV(2, rng_below(&g->rng, 64)));
	gen_emit(g, I_MOV(3, 0));
	gen_emit(g, I_MOVR(4, 10));
	gen_emit(g, I_ALU64(BPF_ADD, 4, gen_slip(g, off)));
	gen_emit(g, I_CALL(BPF_FUNC_ringbuf_reserve_dynptr));
	gen_clobber(g);
	g->slot[-off / 8 - 1] = g->slot[-off / 8 - 2] = (struct greg){0};
	if (rng_chance(&g->rng, 2)) {
		gen_emit(g, I_MOVR(1, 10));
		gen_emit(g, I_ALU64(BPF_ADD, 1, off));
		gen_emit(g, I_MOV(2, 0));
		gen_emit(g, I_MOV(3, 8));
		gen_emit(g, I_CALL(BPF_FUNC_dynptr_data));
		gen_clobber(g);
		g->r[0] = (struct greg){.kind = G_VALUE, .size = 8, .maybe_null = true};
		gen_emit(g, I_JMP(BPF_JEQ, 0, 0, 1));
		gen_access(g, 0, 0, 8);
		if (rng_chance(&g->rng, 3) && !gen_forgets(g))
			gen_set(g, 0, G_NONE);
	}
	if (gen_forgets(g))
		return;
	gen_emit(g, I_MOVR(1, 10));
	gen_emit(g, I_ALU64(BPF_ADD, 1, gen_slip(g, off)));
	gen_emit(g, I_MOV(2, 0));
	gen_emit(g, I_CALL(BPF_FUNC_ringbuf_submit_dynptr));
	gen_clobber(g);
	gen_set(g, 0, G_NONE);
}

/* skb->sk, or a socket that is looked up and given back. */
void gen_socket(struct gen *g)
{
	u32 t = g->p->type;

	if (g->r[6].kind != G_CTX ||
	    (t != BPF_PROG_TYPE_SCHED_CLS && t != BPF_PROG_TYPE_CGROUP_SKB &&
	     t != BPF_PROG_TYPE_SOCKET_FILTER))
		return;
	gen_emit(g, I_LDX(BPF_DW, 1, 6, 168));
	if (!gen_forgets(g)) {
		gen_emit(g, I_JMP(BPF_JNE, 1, 0, 2));
		gen_emit(g, I_MOV(0, 0));
		gen_emit(g, I_EXIT);
	}
	gen_set(g, 1, G_NONE);
	gen_emit(g, I_LDX(BPF_W, 0, 1, gen_slip(g, 4 * rng_range(&g->rng, 0, 12))));
	gen_set(g, 0, G_SCALAR);
}

static void start_sub(struct gen *g, const struct gsub *s)
{
	memset(g->r, 0, sizeof(g->r));
	memset(g->slot, 0, sizeof(g->slot));
	g->r[10].kind = G_STACK;
	g->depth = 1;
	g->in_callback = s->callback;
	if (s->callback && !s->args) { /* index, context */
		g->r[1].kind = G_SCALAR;
		g->r[2] = (struct greg){.kind = G_VALUE, .size = 16};
		return;
	}
	if (s->callback) { /* map, key, value, context */
		g->r[3] = (struct greg){.kind = G_VALUE, .size = array.value_size};
		g->r[4] = (struct greg){.kind = G_VALUE, .size = 16};
		return;
	}
	switch (s->args) {
	case 0: gen_set(g, 1, G_SCALAR); break;
	case 1: g->r[1] = (struct greg){.kind = G_VALUE, .size = 16}; break;
	case 2: g->r[1].kind = G_CTX; break;
	default: g->r[1] = (struct greg){.kind = G_VALUE, .size = 20}; break;
	}
	gen_set(g, 2, G_SCALAR);
}

void gen_subs(struct gen *g)
{
	for (u32 i = 0; i < g->sub_count; i++) {
		struct gsub *s = &g->subs[i];

		for (u32 c = 0; c < s->call_count; c++)
			g->p->insn[s->calls[c]].imm = (s32)(g->p->count - s->calls[c] - 1);
		start_sub(g, s);
		if (s->args == 2 && !s->callback) {
			gen_emit(g, I_MOVR(6, 1));
			g->r[6] = g->r[1];
		}
		g->budget += 12;
		gen_block(g, 1 + rng_below(&g->rng, 5));
		if (s->callback || g->r[0].kind != G_SCALAR || rng_chance(&g->rng, 3))
			if (!gen_forgets(g))
				gen_emit(g, I_MOV(0, rng_below(&g->rng, 2)));
		gen_emit(g, I_EXIT);
	}
}
