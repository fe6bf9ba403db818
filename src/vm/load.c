// SPDX-License-Identifier: BSD-2-Clause
/* PROG_LOAD's pipeline: decode, resolve, verify, and the image with its one block of memory. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include "core/kernel.h"
#include "core/kfunc.h"
#include "core/prog.h"
#include "isa/decode.h"
#include "verify/claim.h"
#include "verify/undecoded.h"
#include "vm/describe.h"
#include "vm/image.h"
#include "vm/engine.h"
#include "vm/instance.h"
#include "vm/load.h"
#include "vm/trim.h"

/* What a load in progress owns; the program takes it over at the end. */
struct work {
	struct load *l;
	struct prog_object *p;
	struct isa_op *ops;
	u8 *bad; /* instructions that are none; NULL: all are some */
	const struct prog_type_ops *type;
	struct verify_output proven;
	bool told;    /* whoever asked for verdicts */
	bool refused; /* and kept: cygnet.keep_refused */
};

static int fail_undecoded(struct work *w, u32 i)
{
	struct load *l = w->l;
	struct isa_op op[2];

	/* Says what is wrong; of a first half alone it cannot be that it is one. */
	if (!isa_decode(l->insns + (size_t)i * 8, MIN(l->count - i, 2u), op, &l->diag))
		return -EINVAL;
	l->diag.insn = (s32)i;
	return -EINVAL;
}

static int resolve(struct work *w)
{
	int err = 0;

	for (u32 i = 0; i < w->l->count && !err; i++) {
		struct isa_op *op = &w->ops[i];

		if (w->bad && w->bad[i] && undecoded_at_once(w->l->insns, i, w->bad[i])) {
			err = fail_undecoded(w, i);
			break;
		}
		switch (op->op) {
		case ISA_OP_LDDW_MAP:
		case ISA_OP_LDDW_MAP_VALUE:
		case ISA_OP_LDDW_MAP_IDX:
		case ISA_OP_LDDW_MAP_IDX_VALUE: err = load_resolve_map(w->l, w->p, op, i); break;
		}
	}
	return err;
}

/* Where calls and functions' addresses lead. */
static void find_callees(struct work *w)
{
	for (u32 i = 0; i < w->l->count; i++)
		if (w->ops[i].op == ISA_OP_LDDW_FUNC || w->ops[i].op == ISA_OP_CALL_SUB)
			w->ops[i].imm += i + 1;
}

static int decode(struct work *w)
{
	struct load *l = w->l;

	if (!isa_decode(l->insns, l->count, w->ops, &l->diag))
		return isa_check_kernel(w->ops, l->count, l->inst->kernel, &l->diag);
	diag_init(&l->diag);
	w->bad = base_zalloc(l->count);
	if (!w->bad)
		return -ENOMEM;
	isa_decode_nearest(l->insns, l->count, w->ops, w->bad);
	return 0;
}

/* What could not be resolved is not the verdict where the program's structure is wrong too. */
static int verdict_unresolved(struct work *w, int err)
{
	struct load *l = w->l;
	struct description d;
	struct diag diag;
	int wrong;

	if (err == -ENOMEM || describe(l, w->p, w->ops, false, &d))
		return err;
	diag_init(&diag);
	d.in.bad = w->bad;
	wrong = verify_structure(&d.in, &diag);
	describe_fini(&d);
	if (!wrong || wrong == -ENOMEM)
		return err;
	l->diag = diag;
	l->logged = true;
	return wrong;
}

/* `in`: NULL when it did not come to a verification. */
static void tell_verdict(struct work *w, const struct verify_input *in, int err)
{
	struct cygnet *inst = w->l->inst;
	struct explanation why = {0};
	struct load_verdict verdict = {
		.load = w->l, .err = err, .stats = w->proven.stats, .stack = w->proven.stack};

	if (!inst->on_verdict || w->told)
		return;
	w->told = true;
	if (err && in && !verify_explain(in, err, &w->l->diag, &why))
		verdict.why = &why;
	inst->on_verdict(inst->on_verdict_data, &verdict);
	explanation_fini(&why);
}

/* A second look, for tests: what can be claimed of registers. Too much for it: nothing is. */
static int claim(struct work *w, struct verify_input *in)
{
	struct verify_output out = {0};
	int err = verify_claims_new(in->count, &w->p->claims);

	if (err)
		return err;
	in->claims = w->p->claims;
	in->log = NULL;
	in->log_level = 0;
	err = verify_program(in, &out, NULL);
	base_free(out.facts);
	base_free(out.subs);
	if (err) {
		verify_claims_free(w->p->claims);
		w->p->claims = NULL;
	}
	return err == -ENOMEM ? err : 0;
}

/* Which bodies the kfuncs that are called have; in what was refused none. */
static void name_bodies(struct work *w, const struct verify_input *in)
{
	for (u32 i = 0; i < w->l->count; i++) {
		struct isa_op *op = &w->ops[i];
		const struct verify_kfunc *k = in ? in->kfuncs : NULL;
		const struct verify_kfunc *end = k ? k + in->kfunc_count : NULL;

		if (op->op != ISA_OP_CALL_KFUNC)
			continue;
		while (k < end && (k->id != (u32)op->imm || k->fd_index != (u16)op->off))
			k++;
		op->off = k < end && k->name ? core_kfunc_body_number(k->name) : 0;
	}
}

/* *missing: it wanted the kernel's type information, which was not asked for. */
static int verify_with(struct work *w, bool kernel, bool *missing)
{
	struct load *l = w->l;
	struct description d;
	int err = describe(l, w->p, w->ops, kernel, &d);

	if (err)
		return err;
	d.in.keep = l->inst->keep_refused;
	d.in.bad = w->bad;
	err = verify_program(&d.in, &w->proven, &l->diag);
	l->logged = true;
	*missing = err == -524 && !d.in.vmlinux && !kernel;
	if (!*missing)
		tell_verdict(w, &d.in, err);
	if (!err && l->inst->claims)
		err = claim(w, &d.in);
	if (!*missing)
		name_bodies(w, err ? NULL : &d.in);
	describe_fini(&d);
	return err;
}

static int verify(struct work *w)
{
	struct load *l = w->l;
	size_t start = l->log ? l->log->len : 0;
	bool missing = false;
	int err = verify_with(w, false, &missing);

	if (missing) {
		diag_init(&l->diag);
		if (l->log)
			text_cut(l->log, start);
		err = verify_with(w, true, &missing);
	}
	w->refused = err && l->inst->keep_refused && w->proven.facts;
	if (err && !w->refused)
		return err;
	w->p->max_ctx_offset = w->proven.max_ctx_offset;
	w->p->verified_insns = w->proven.stats.processed;
	return 0;
}

/* Fields of the context that lie elsewhere, or are narrower, than programs see them. */
static void rewrite_context(struct work *w)
{
	for (u32 i = 0; i < w->l->count; i++)
		if (w->proven.facts[i].facts & FACT_CTX)
			prog_ctx_rewrite(w->type, &w->ops[i]);
}

static int cut_dead(struct work *w)
{
	if (w->refused)
		return 0;
	if (!w->l->unprivileged && core_kernel_has(w->l->inst->kernel, KERNEL_DEAD_CODE_REMOVED))
		return program_trim(w->p, w->ops, &w->proven);
	program_fill(w->p, w->ops, &w->proven);
	return 0;
}

/* A row of counters in the world page, cleared; ~0 when all are taken: then nothing is counted. */
static u32 take_stats(struct cygnet *inst)
{
	for (u32 i = 0; i < WORLD_PROGS; i++)
		if (!(inst->prog_slots[i / 64] & 1ull << i % 64)) {
			inst->prog_slots[i / 64] |= 1ull << i % 64;
			memset(&inst->page->prog[i], 0, sizeof(inst->page->prog[i]));
			for (u32 s = 0; s < WORLD_SLOTS; s++)
				inst->page->slot_runs[s][i] = 0;
			return i;
		}
	return ~0u;
}

static int new_prog(struct load *l, struct prog_object **out)
{
	struct prog_object *p = base_zalloc(sizeof(*p));
	struct timespec t;
	int err;

	if (!p)
		return -ENOMEM;
	err = object_init(l->inst, &p->o, OBJECT_PROG, "bpf-prog");
	if (err) {
		base_free(p);
		return err;
	}
	clock_gettime(CLOCK_BOOTTIME, &t);
	p->loaded_ns = t.tv_sec * 1000000000ull + t.tv_nsec;
	p->type = l->type;
	p->attach_type = l->attach_type;
	p->prog_flags = l->prog_flags;
	p->gpl = l->gpl;
	p->unprivileged = l->unprivileged;
	p->insn_count = l->count;
	p->stats = take_stats(l->inst);
	memcpy(p->name, l->name, sizeof(p->name));
	if (l->btf) {
		object_get(&l->btf->o);
		p->btf = l->btf;
	}
	*out = p;
	return 0;
}

static int run_stages(struct work *w)
{
	struct load *l = w->l;
	struct prog_object *p = w->p;
	int err;

	p->insns = base_memdup(l->insns, (size_t)l->count * 8);
	w->ops = base_calloc(l->count, sizeof(*w->ops));
	if (!p->insns || !w->ops)
		return -ENOMEM;
	prog_digest(l->inst, l->insns, l->count, p->insns, p->digest);
	memcpy(p->tag, p->digest, sizeof(p->tag));
	memcpy(p->insns, l->insns, (size_t)l->count * 8);
	err = decode(w);
	if (err)
		return err;
	find_callees(w);
	err = resolve(w);
	if (err)
		return verdict_unresolved(w, err);
	err = source_info_read(l, p);
	err = err ?: verify(w);
	err = err ?: map_object_admit_all(p);
	if (err)
		return err;
	rewrite_context(w);
	return cut_dead(w)
		       ?: prog_image_make(p, w->ops, &w->proven, !w->refused && !l->inst->checked);
}

int prog_object_load(struct load *l, struct prog_object **out)
{
	struct work w = {.l = l, .type = core_prog_ops(l->type)};
	int err;

	diag_init(&l->diag);
	if (!w.type)
		return -EINVAL;
	err = new_prog(l, &w.p);
	if (err)
		return err;
	err = run_stages(&w);
	tell_verdict(&w, NULL, err);
	base_free(w.ops);
	base_free(w.bad);
	base_free(w.proven.facts);
	base_free(w.proven.subs);
	if (err) {
		object_put(&w.p->o);
		return err;
	}
	*out = w.p;
	return 0;
}

int prog_object_views(struct prog_object *p, struct map *const **out)
{
	if (!p->views) {
		p->views = base_calloc(p->image->map_count + 1, sizeof(*p->views));
		if (!p->views)
			return -ENOMEM;
		for (u32 i = 0; i < p->image->map_count; i++)
			p->views[i] = &p->maps.data[i]->map;
	}
	*out = p->views;
	return 0;
}

void prog_object_fini(struct prog_object *p)
{
	struct cygnet *inst = p->o.inst;

	vec_each (&p->maps, i)
		object_put(&p->maps.data[i]->o);
	vec_fini(&p->maps);
	vec_fini(&p->lines);
	if (p->btf)
		object_put(&p->btf->o);
	if (p->stats < WORLD_PROGS)
		inst->prog_slots[p->stats / 64] &= ~(1ull << p->stats % 64);
	prog_object_cool(p);
	prog_object_target_code_free(p);
	base_free(p->views);
	verify_claims_free(p->claims);
	base_free(p->image);
	base_free(p->insns);
	base_free(p->func_info);
	base_free(p->line_info);
}
