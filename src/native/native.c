// SPDX-License-Identifier: BSD-2-Clause
/* Running native code: its table, its runs, and what it calls. */
#include <linux/errno.h>
#include "core/helper.h"
#include "core/kfunc.h"
#include "core/map.h"
#include "core/native.h"

/* What a run in native code keeps beside struct run: engine_state. */
struct native_state {
	const struct native_prog *p;
	u64 outermost; /* stack pointer of the first native_enter() */
};

/* what code calls ------------------------------------------------------------------- */

static void stop(struct run *run, u64 kind, u64 insn)
{
	const struct native_state *s = run->engine_state;

	run_fault_set(run, (u32)kind, (u32)insn, 0, 0, 0);
	native_leave(s->outermost, 0);
}

static void throw(struct run * run, u64 cookie)
{
	const struct native_state *s = run->engine_state;

	native_leave(s->outermost, cookie);
}

/* bpf_tail_call: no program of native code is found this way yet. */
static u64 tail(struct run *run, u64 map, u64 index)
{
	(void)run;
	(void)map;
	(void)index;
	return 0;
}

static u64 call_address(u32 which)
{
	switch (which) {
	case NATIVE_STOP: return ptr_to_u64(stop);
	case NATIVE_THROW: return ptr_to_u64(throw);
	case NATIVE_TAIL: return ptr_to_u64(tail);
	default: return 0;
	}
}

/* the table -------------------------------------------------------------------------- */

int native_resolve(const struct native_slot *s, struct map *const *maps, u64 code, u64 *value)
{
	const struct helper_proto *p;
	u64 v = 0;

	switch (s->kind) {
	case NATIVE_MAP: v = ptr_to_u64(maps[s->index]); break;
	case NATIVE_MAP_VALUE:
		return maps[s->index]->ops->direct(maps[s->index], (u64)s->addend, value);
	case NATIVE_MAP_MEMORY: v = ptr_to_u64(maps[s->index]->contents) + (u64)s->addend; break;
	case NATIVE_HELPER:
		p = core_helper(s->index);
		v = p ? (u64)(uintptr_t)p->fn : 0;
		break;
	case NATIVE_CALL: v = call_address(s->index); break;
	case NATIVE_SELF: v = code + (u64)s->addend; break;
	}
	if (!v)
		return -EOPNOTSUPP;
	*value = v;
	return 0;
}

/* running ------------------------------------------------------------------------------ */

u32 native_insn(const struct native_prog *p, u64 pc)
{
	u32 insn = RUN_INSN_HERE, lo = 0, hi = p->line_count;

	if (pc < p->code || pc - p->code >= p->size)
		return insn;
	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (p->lines[mid].offset <= pc - p->code) {
			insn = p->lines[mid].insn;
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return insn;
}

static int call_back(struct run *run, u32 start, const u64 args[5], u64 *r0)
{
	struct native_state *s = run->engine_state;
	const struct image_sub *subs = image_subs(s->p->image);
	u64 ret;

	for (u32 i = 0; i < s->p->sub_count; i++) {
		if (subs[i].start != start)
			continue;
		ret = native_enter(run, s->p->code + s->p->subs[i], args, &s->outermost);
		if (run->fault.kind != FAULT_NONE)
			return -EFAULT;
		*r0 = ret;
		return 0;
	}
	return run_fault_set(run, FAULT_JUMP, RUN_INSN_HERE, start, 0, 0);
}

int native_run(const struct native_prog *p, struct run *run, u64 *ret)
{
	static const struct engine_ops engine = {.call = call_back};
	const u64 args[5] = {ptr_to_u64(run->ctx)};
	struct native_state state = {.p = p};
	u64 r0;

	run->engine = &engine;
	run->engine_state = &state;
	r0 = native_enter(run, p->code + p->entry, args, &state.outermost);
	if (run->held_lock)
		run_fault_set(run, FAULT_LOCK, RUN_INSN_HERE, ptr_to_u64(run->held_lock), 0, 0);
	run_release(run);
	run->engine_state = NULL;
	if (run->fault.kind != FAULT_NONE)
		return -EFAULT;
	*ret = r0;
	return 0;
}
