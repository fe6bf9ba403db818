// SPDX-License-Identifier: BSD-2-Clause
/*
 * A verification from end to end, in the kernel's order: functions, their types,
 * control flow, what the program may be, the walk, the stack; then what was
 * proven, put together for the image.
 */
#include <string.h>
#include <time.h>
#include "base/alloc.h"
#include "verify/verifier.h"

#define SCRATCH_KEPT (4u << 20) /* bytes that stay for the next verification */

static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static int set_up(struct verifier *v, const struct verify_input *in, struct diag *diag)
{
	v->in = in;
	v->diag = diag;
	v->ops = in->ops;
	v->count = in->count;
	v->type = core_prog_ops(in->prog_type);
	v->strict =
		in->prog_flags & BPF_F_STRICT_ALIGNMENT && !(in->prog_flags & BPF_F_ANY_ALIGNMENT);
	v->sleepable = in->prog_flags & BPF_F_SLEEPABLE;
	v->ptr_leaks = in->rights & RIGHT_PTR_LEAKS;
	v->uninit_stack = in->rights & RIGHT_UNINIT_STACK && verify_has(v, KERNEL_UNINIT_STACK);
	v->no_spec_v1 = in->rights & RIGHT_NO_SPEC_V1;
	v->no_spec_v4 = in->rights & RIGHT_NO_SPEC_V4;
	v->bpf = in->rights & RIGHT_BPF;
	v->test_freq = v->bpf && in->prog_flags & BPF_F_TEST_STATE_FREQ;
	if (!in->count || in->count > VERIFY_MAX_INSNS)
		return verify_fail(v, MSG_SIZE, in->count);
	if (!v->type)
		return verify_bug(v, "no such program type");
	v->insns = arena_alloc(&v->arena, (size_t)in->count * sizeof(*v->insns));
	return v->insns ? 0 : -ENOMEM;
}

static int check_sleeps(struct verifier *v)
{
	if (v->sleepable &&
	    (v->type->sleeps == PROG_SLEEPS_NEVER ||
	     (v->type->type == BPF_PROG_TYPE_KPROBE && !verify_has(v, KERNEL_SLEEPABLE_UPROBE))))
		return verify_fail(v, MSG_SLEEPS_NEVER);
	if (v->type->sleeps == PROG_SLEEPS_ALWAYS && !v->sleepable)
		return verify_fail(v, MSG_SLEEPS_ALWAYS);
	return 0;
}

static int run(struct verifier *v)
{
	int err = verify_find_subs(v);

	err = err ?: verify_check_source(v);
	err = err ?: verify_functions_check(v);
	err = err ?: verify_check_maps(v);
	err = err ?: verify_check_flow(v);
	if (!err)
		verify_fastcall_init(v);
	v->flow_checked = !err;
	err = err ?: check_sleeps(v);
	err = err ?: verify_target_find(v);
	err = err ?: verify_prune_init(v);
	err = err ?: verify_explore(v);
	err = err ?: verify_stack_depth(v);
	return err ?: verify_calls_finish(v);
}

static u32 map_index(const struct verifier *v, const struct verify_map *map)
{
	for (u32 i = 0; i < v->in->map_count; i++)
		if (v->in->maps[i] == map)
			return i;
	return ~0u;
}

/* A helper call with one map on all paths, which is the program's own. */
static void tell_map(const struct verifier *v, const struct vinsn *insn, struct image_fact *fact)
{
	u32 index;

	if (!insn->map || insn->map == VERIFY_MAP_MANY)
		return;
	index = map_index(v, insn->map);
	if (index == ~0u)
		return;
	fact->facts |= FACT_ONE_MAP;
	fact->map = (u16)index;
	if (insn->key < 0)
		return;
	fact->facts |= FACT_CONST_KEY;
	fact->key = (u32)insn->key;
}

static void tell_memory(const struct vinsn *insn, u8 cls, struct image_fact *fact)
{
	if (cls != ISA_CLASS_LOAD && cls != ISA_CLASS_STORE && cls != ISA_CLASS_ATOMIC)
		return;
	if (insn->ptr_type & REG_UNTRUSTED)
		fact->facts |= FACT_BTF_LOAD;
	switch (reg_kind(insn->ptr_type)) {
	case REG_CTX: fact->facts |= FACT_CTX; break;
	case REG_ARENA: fact->facts |= FACT_ARENA; break;
	case REG_BTF_ID:
	case REG_MAP_PTR:
	case REG_SOCKET:
	case REG_SOCK_COMMON:
	case REG_TCP_SOCK:
	case REG_XDP_SOCK: fact->facts |= FACT_BTF_LOAD; break;
	}
}

/* Where the kernel masks the operand of pointer arithmetic, a fence before it does as well. */
static void tell_speculation(const struct vinsn *insn, u8 cls, struct image_fact *fact)
{
	if (insn->nospec || (cls == ISA_CLASS_ALU && verify_is_masked(insn)))
		fact->facts |= FACT_NOSPEC;
	if (insn->nospec_result)
		fact->facts |= FACT_NOSPEC_AFTER;
}

static void tell(const struct verifier *v, u32 i, struct image_fact *fact)
{
	const struct vinsn *insn = &v->insns[i];
	const struct isa_op *op = &v->ops[i];

	if (!insn->seen)
		return;
	fact->facts = FACT_SEEN | (insn->facts & ~FACT_MANY);
	if (isa_info(op->op)->flow == ISA_FLOW_BRANCH && op->op != ISA_OP_MAY_GOTO) {
		if (insn->branch == WAY_JUMP)
			fact->facts |= FACT_ALWAYS;
		else if (insn->branch == WAY_NEXT)
			fact->facts |= FACT_NEVER;
	}
	tell_memory(insn, isa_info(op->op)->cls, fact);
	tell_speculation(insn, isa_info(op->op)->cls, fact);
	if (op->op == ISA_OP_CALL_HELPER)
		tell_map(v, insn, fact);
}

static int make_output(const struct verifier *v, struct verify_output *out)
{
	struct image_fact *facts = base_calloc(v->count, sizeof(*facts));
	struct image_sub *subs = base_calloc(v->sub_count, sizeof(*subs));

	if (!facts || !subs) {
		base_free(facts);
		base_free(subs);
		return -ENOMEM;
	}
	for (u32 i = 0; i < v->count; i++) {
		tell(v, i, &facts[i]);
		if (isa_is_lddw(v->ops[i].op) && i + 1 < v->count) {
			facts[i + 1].facts = facts[i].facts & FACT_SEEN;
			i++;
		}
	}
	for (u32 s = 0; s < v->sub_count; s++)
		subs[s] = (struct image_sub){
			.flags = v->subs[s].exception_callback ? IMAGE_SUB_EXCEPTION : 0,
			.start = v->subs[s].start,
			.end = v->subs[s].end,
			.stack = v->subs[s].stack,
			.indirect = v->subs[s].indirect};
	*out = (struct verify_output){
		.facts = facts,
		.subs = subs,
		.sub_count = v->sub_count,
		.stack = v->deepest,
		.max_ctx_offset = v->max_ctx,
		.changes_packet = v->subs[0].changes_packet,
		.tail_calls = v->calls_tail,
		.speculation = !v->no_spec_v1 || !v->no_spec_v4,
		.stats = v->stats,
	};
	return 0;
}

static void count(struct verifier *v, u64 started)
{
	v->stats.processed = v->processed;
	v->stats.peak_bytes = v->arena.bytes;
	v->stats.ns = now() - started;
	for (u32 s = 0; s < v->sub_count; s++)
		v->stats.stack[s] = v->subs[s].stack;
}

int verify_structure(const struct verify_input *in, struct diag *diag)
{
	struct verifier *v = base_zalloc(sizeof(*v));
	int err;

	if (!v)
		return -ENOMEM;
	err = set_up(v, in, diag);
	err = err ?: verify_find_subs(v);
	if (err)
		verify_log_stats(v);
	arena_fini(&v->arena);
	base_free(v);
	return err;
}

int verify_program(const struct verify_input *in, struct verify_output *out, struct diag *diag)
{
	struct verifier *v = base_zalloc(sizeof(*v));
	u64 started = now();
	int err;

	if (!v)
		return -ENOMEM;
	if (in->scratch)
		v->arena = *in->scratch;
	err = set_up(v, in, diag);
	err = err ?: run(v);
	v->failed = err;
	count(v, started);
	verify_log_stats(v);
	if (!err)
		err = make_output(v, out);
	else if (in->keep && v->flow_checked)
		make_output(v, out);
	verify_prune_fini(v);
	arena_reset(&v->arena, in->scratch ? SCRATCH_KEPT : 0);
	if (in->scratch)
		*in->scratch = v->arena;
	base_free(v);
	return err;
}
