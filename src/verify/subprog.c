// SPDX-License-Identifier: BSD-2-Clause
/*
 * The functions of a program: the main one at instruction 0, the others where a
 * call or a function's address leads, each up to where the next one begins. No
 * jump leaves its function, and none falls out of its end.
 */
#include <stdlib.h>
#include <string.h>
#include "core/kfunc.h"
#include "verify/verifier.h"

/* Where a call or a function's address leads; false for other instructions. */
bool verify_callee(const struct isa_op *op, s64 *target)
{
	if (op->op != ISA_OP_CALL_SUB && op->op != ISA_OP_LDDW_FUNC)
		return false;
	*target = op->imm;
	return true;
}

u32 verify_sub_at(const struct verifier *v, u32 insn)
{
	u32 lo = 0, hi = v->sub_count;

	while (hi - lo > 1) {
		u32 mid = (lo + hi) / 2;

		if (v->subs[mid].start <= insn)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

u32 verify_sub_starting(const struct verifier *v, u32 insn)
{
	u32 s = verify_sub_at(v, insn);

	return v->subs[s].start == insn ? s : ~0u;
}

const struct verify_kfunc *verify_kfunc_of(const struct verifier *v, const struct isa_op *op)
{
	const struct verify_kfunc *k = v->in->kfuncs;
	u64 want = (u64)(u16)op->off << 32 | (u32)op->imm;
	u32 lo = 0, hi = v->in->kfunc_count;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;
		u64 at = (u64)k[mid].fd_index << 32 | k[mid].id;

		if (at == want)
			return &k[mid];
		if (at < want)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static const struct verify_kfunc *called_kfunc(const struct verifier *v, const struct isa_op *op)
{
	return op->op == ISA_OP_CALL_KFUNC ? verify_kfunc_of(v, op) : NULL;
}

bool verify_is_throw(const struct verifier *v, const struct isa_op *op)
{
	const struct verify_kfunc *k = called_kfunc(v, op);

	return k && k->name && !strcmp(k->name, "bpf_throw");
}

static int compare_starts(const void *a, const void *b)
{
	u32 x = ((const struct vsub *)a)->start, y = ((const struct vsub *)b)->start;

	return x < y ? -1 : x > y;
}

static int add_sub(struct verifier *v, s64 start)
{
	if (start < 0 || start >= v->count)
		return verify_fail(v, MSG_CALL_TARGET);
	if (v->insns[start].sub_start)
		return 0;
	if (v->sub_count >= VERIFY_MAX_SUBS)
		return verify_fail(v, MSG_SUBS);
	v->insns[start].sub_start = true;
	v->subs[v->sub_count++].start = (u32)start;
	return 0;
}

/* Functions are the affair of those who may. */
static int add_callee(struct verifier *v, u32 i)
{
	const struct isa_op *op = &v->ops[i];
	s64 target;

	v->insn = i;
	if (op->op == ISA_OP_CALL_KFUNC && !v->bpf)
		return verify_fail(v, MSG_CALL_RIGHT);
	if (op->op == ISA_OP_CALL_KFUNC)
		return verify_kfunc_exists(v, op);
	if (!verify_callee(op, &target))
		return 0;
	if (!v->bpf)
		return verify_fail(v, MSG_CALL_RIGHT);
	return add_sub(v, target);
}

static void settle_subs(struct verifier *v, s64 exception_start)
{
	qsort(v->subs, v->sub_count, sizeof(*v->subs), compare_starts);
	for (u32 s = 0; s < v->sub_count; s++) {
		v->subs[s].end = s + 1 < v->sub_count ? v->subs[s + 1].start : v->count;
		if (exception_start > 0 && v->subs[s].start == exception_start) {
			v->subs[s].exception_callback = true;
			v->subs[s].callback = v->subs[s].async_callback = true;
			v->exception_sub = s;
		}
		if (v->in->log_level & VERIFY_LOG_ALL)
			verify_say(v, "func#%u @%u\n", s, v->subs[s].start);
	}
}

static bool ends_function(const struct verifier *v, const struct isa_op *op)
{
	const struct isa_info *info = isa_info(op->op);

	return info->flow == ISA_FLOW_EXIT || info->flow == ISA_FLOW_JUMP || verify_is_throw(v, op);
}

static int check_sub(struct verifier *v, struct vsub *sub)
{
	for (u32 i = sub->start; i < sub->end; i++) {
		const struct isa_op *op = &v->ops[i];
		const struct isa_info *info = isa_info(op->op);
		s64 to;

		if (op->op == ISA_OP_CALL_HELPER && op->imm == BPF_FUNC_tail_call) {
			sub->has_tail_call = true;
			v->insn = i;
			if (v->sub_count > 1 && !verify_has(v, KERNEL_TAIL_CALL_IN_FUNC))
				return verify_fail(v, MSG_TAIL_CALL_FUNCTIONS);
		}
		if (info->cls == ISA_CLASS_PACKET)
			sub->has_ld_abs = true;
		if (info->flow != ISA_FLOW_BRANCH && info->flow != ISA_FLOW_JUMP)
			continue;
		to = isa_target(op, i);
		v->insn = i;
		if (to < sub->start || to >= sub->end)
			return verify_fail(v, MSG_JUMP_RANGE, (int)i, (int)to);
	}
	v->insn = sub->end - 1;
	return ends_function(v, &v->ops[sub->end - 1]) ? 0 : verify_fail(v, MSG_LAST_INSN);
}

/* Functions there can be at most: main, each callee, an exception callback. */
static u32 most_subs(const struct verifier *v)
{
	u32 most = 2;
	s64 target;

	for (u32 i = 0; i < v->count && most < VERIFY_MAX_SUBS; i++)
		most += verify_callee(&v->ops[i], &target);
	return most;
}

int verify_find_subs(struct verifier *v)
{
	s64 exception_start = 0;
	int err;

	v->subs = arena_alloc(&v->arena, most_subs(v) * sizeof(*v->subs));
	if (!v->subs)
		return -ENOMEM;
	err = add_sub(v, 0);
	for (u32 i = 0; i < v->count && !err; i++)
		err = add_callee(v, i);
	err = err ?: verify_exception_callback(v, &exception_start);
	if (!err && exception_start > 0)
		err = add_sub(v, exception_start);
	if (err)
		return err;
	settle_subs(v, exception_start);
	for (u32 s = 0; s < v->sub_count && !err; s++)
		err = check_sub(v, &v->subs[s]);
	v->insn = 0;
	return err;
}
