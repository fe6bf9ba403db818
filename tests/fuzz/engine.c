// SPDX-License-Identifier: BSD-2-Clause
/* Images of raw programs, and one image on every engine. */
#include <errno.h>
#include <string.h>
#include "base/alloc.h"
#include "fuzz/engine.h"
#include "fuzz/gen_raw.h"
#include "isa/decode.h"

#define MOST_SUBS 64

const char *const engine_names[ENGINE_KINDS] = {"interpreter", "checked interpreter", "baseline",
						"jit"};

/* engines -------------------------------------------------------------------------- */

/* Of what the machine has, some; of what code may be made for, any. */
static struct jit_options choose(u64 seed)
{
	struct jit_options o = jit_host();
	struct rng rng = rng_seeded(~seed);

	o.seed = rng_next(&rng);
	if (rng_chance(&rng, 2))
		return o;
	o.features &= (u32)rng_next(&rng);
	o.flags |= (u32)rng_next(&rng) & (JIT_GPR_ONLY | JIT_BLIND | JIT_FENCE);
	return o;
}

static int compile(struct engine_set *s, u32 kind, struct map *const *maps)
{
	struct jit_options o = s->options;
	struct jit_code *code = NULL;
	struct diag why;
	int err;

	diag_init(&why);
	o.tier = kind == ENGINE_IS_BASELINE ? JIT_TIER_BASELINE : JIT_TIER_OPTIMISE;
	err = jit_compile(s->image, maps, &o, &code, &why);
	err = err ?: jit_link(code, s->image, maps, &s->native[kind]);
	jit_code_free(code);
	return err;
}

int engine_set_init(struct engine_set *s, const struct image *image,
		    struct map *const *const maps[ENGINE_KINDS], u64 seed)
{
	u32 made = 0;

	*s = (struct engine_set){.image = image, .options = choose(seed)};
	for (u32 k = ENGINE_IS_BASELINE; k < ENGINE_KINDS; k++) {
		int err = compile(s, k, maps ? maps[k] : NULL);

		if (err && err != -EOPNOTSUPP) {
			engine_set_fini(s);
			return err;
		}
		made += !err;
	}
	return made ? 0 : -EOPNOTSUPP;
}

void engine_set_fini(struct engine_set *s)
{
	for (u32 k = 0; k < ENGINE_KINDS; k++)
		jit_linked_free(s->native[k]);
	memset(s->native, 0, sizeof(s->native));
}

int engine_set_run(const struct engine_set *s, u32 kind, struct run *run, u64 *ret)
{
	if (s->native[kind])
		return native_run(jit_prog(s->native[kind]), run, ret);
	return kind == ENGINE_IS_CHECKED ? interp_run_checked(run, ret) : interp_run(run, ret);
}

/* raw images --------------------------------------------------------------------------- */

static void add_sub(struct image_sub *subs, u32 *n, u32 start)
{
	u32 i = *n;

	for (u32 k = 0; k < *n; k++)
		if (subs[k].start == start)
			return;
	if (*n == MOST_SUBS)
		return;
	for (; i > 0 && subs[i - 1].start > start; i--)
		subs[i] = subs[i - 1];
	subs[i] = (struct image_sub){.start = start};
	(*n)++;
}

static bool is_stack_base(const struct isa_op *op, const struct isa_info *info)
{
	switch (info->kind) {
	case ISA_KIND_LDX:
	case ISA_KIND_LOAD_ACQ: return op->src == 10;
	case ISA_KIND_ST:
	case ISA_KIND_STX:
	case ISA_KIND_ATOMIC:
	case ISA_KIND_ATOMIC_FETCH:
	case ISA_KIND_CMPXCHG:
	case ISA_KIND_STORE_REL: return op->dst == 10;
	default: return false;
	}
}

/*
 * How deep the function's stack is, and which slots pointers reach: the generator makes those by
 * r = r10; r += -n, and they reach RAW_AREA bytes. Anything else may reach all.
 */
static void look_at_stack(struct image_sub *s, const struct isa_op *ops)
{
	for (u32 i = s->start; i < s->end; i++) {
		const struct isa_info *info = isa_info(ops[i].op);
		const struct isa_op *next = i + 1 < s->end ? &ops[i + 1] : NULL;

		if (is_stack_base(&ops[i], info)) {
			s->stack = MAX(s->stack, ROUND_UP((u32)-ops[i].off, 8u));
		} else if (ops[i].op == ISA_OP_MOV64_REG && ops[i].src == 10 && next &&
			   next->op == ISA_OP_ADD64_IMM && next->dst == ops[i].dst &&
			   next->imm >= -ISA_STACK_SIZE && next->imm <= -RAW_AREA &&
			   next->imm % 8 == 0) {
			u32 bottom = (u32)-next->imm;

			s->stack = MAX(s->stack, bottom);
			for (u32 b = bottom; b > bottom - RAW_AREA; b -= 8)
				s->indirect |= 1ull << (b / 8 - 1);
		} else if (isa_uses(&ops[i]) >> 10 & 1) {
			s->stack = ISA_STACK_SIZE;
			s->indirect = ~0ull;
		}
	}
	s->stack = MIN(s->stack, (u32)ISA_STACK_SIZE);
}

/* As if a verifier had seen all of it; now and then, that speculation must not. */
static void make_facts(struct image *img, u64 seed)
{
	struct image_fact *facts = (struct image_fact *)((u8 *)img + img->fact_off);
	struct rng rng = rng_seeded(seed);
	bool fences = rng_chance(&rng, 4);

	img->flags |= fences ? IMAGE_NOSPEC : 0;
	for (u32 i = 0; i < img->op_count; i++) {
		facts[i].facts = FACT_SEEN;
		if (fences && rng_chance(&rng, 10))
			facts[i].facts |= rng_chance(&rng, 2) ? FACT_NOSPEC : FACT_NOSPEC_AFTER;
	}
}

struct image *engine_raw_image(const struct program *p)
{
	u32 fact_off = sizeof(struct image) + p->count * sizeof(struct isa_op) +
		       (MOST_SUBS + 1) * sizeof(struct image_sub);
	u32 size = fact_off + p->count * sizeof(struct image_fact);
	struct image *img = base_zalloc(size);
	struct image_sub *subs;
	struct isa_op *ops;
	struct diag d;

	if (!img)
		return NULL;
	diag_init(&d);
	*img = (struct image){.magic = IMAGE_MAGIC,
			      .size = size,
			      .flags = IMAGE_VERIFIED,
			      .ctx_write_hi = RAW_MEMORY,
			      .op_count = p->count,
			      .op_off = sizeof(*img),
			      .sub_off = sizeof(*img) + p->count * sizeof(*ops),
			      .sub_count = 1};
	ops = (struct isa_op *)((u8 *)img + img->op_off);
	subs = (struct image_sub *)((u8 *)img + img->sub_off);
	if (isa_decode_flags(p->insn, p->count, ISA_DECODE_PLAIN, ops, &d)) {
		base_free(img);
		return NULL;
	}
	for (u32 i = 0; i < p->count; i++)
		if (ops[i].op == ISA_OP_CALL_SUB || ops[i].op == ISA_OP_LDDW_FUNC) {
			ops[i].imm += i + 1;
			add_sub(subs, &img->sub_count, (u32)ops[i].imm);
		}
	for (u32 i = 0; i < img->sub_count; i++) {
		subs[i].end = i + 1 < img->sub_count ? subs[i + 1].start : p->count;
		look_at_stack(&subs[i], ops);
	}
	if (p->seed & 1) {
		img->fact_off = fact_off;
		make_facts(img, p->seed);
	}
	return img;
}

bool engine_raw_whole(const struct image *img)
{
	const struct isa_op *ops = image_ops(img);

	for (u32 n = 0; n < img->sub_count; n++) {
		const struct image_sub *s = &image_subs(img)[n];

		if (s->end <= s->start)
			return false;
		for (u32 i = s->start; i < s->end; i++) {
			const struct isa_info *info = isa_info(ops[i].op);
			s64 to = isa_target(&ops[i], i);
			bool jumps = info->flow == ISA_FLOW_BRANCH || info->flow == ISA_FLOW_JUMP;

			if (jumps && (to < s->start || to >= s->end || ops[to].op == ISA_OP_HIGH))
				return false;
			if (i + 1 == s->end && info->flow != ISA_FLOW_EXIT &&
			    info->flow != ISA_FLOW_JUMP)
				return false;
		}
	}
	return true;
}

static u64 answer(struct run *run)
{
	(void)run;
	return 0x123456789abcdef;
}

static u64 clock(struct run *run, enum env_clock which)
{
	(void)run;
	return 1000000000ull * (1 + which);
}

const struct env_ops engine_raw_env = {.clock = clock,
				       .pid_tgid = answer,
				       .uid_gid = answer,
				       .task = answer,
				       .cgroup_id = answer,
				       .random = answer};
