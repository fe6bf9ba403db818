// SPDX-License-Identifier: BSD-2-Clause
/*
 * Running native code: its table, its runs, and what it calls.
 *
 * Entries nest: a helper's callback, and a program gone on with in the place of a
 * subprogram, are entered anew from C. A fault or an exception goes back to the last
 * entry, and what waits there passes a fault on: so every helper in between ends its
 * work in order.
 */
#include <linux/errno.h>
#include "core/handle.h"
#include "core/helper.h"
#include "core/kfunc.h"
#include "core/map.h"
#include "core/native.h"
#include "core/packet.h"

/* entries --------------------------------------------------------------------------- */

static u64 enter(struct run *run, u64 code, const u64 args[5])
{
	struct native_state *s = run->engine_state;
	u64 before = s->entry, r0;

	if (run->stack - ptr_to_u64(__builtin_frame_address(0)) > NATIVE_STACK) {
		run_fault_set(run, FAULT_STACK, RUN_INSN_HERE, code, 0, 0);
		return 0;
	}
	s->entry = 0;
	r0 = native_enter(run, code, args, &s->entry);
	s->entry = before;
	return r0;
}

static void set_place(struct run *run, const struct native_place *p)
{
	struct native_state *s = run->engine_state;

	s->code = p->code;
	run->image = p->image;
	run->maps = p->maps;
}

/* what code calls ------------------------------------------------------------------- */

static void stop(struct run *run, u64 kind, u64 insn)
{
	const struct native_state *s = run->engine_state;
	u64 addr = kind == FAULT_NO_HELPER ? (u64)image_ops(run->image)[insn].imm : 0;

	if (kind != FAULT_NONE)
		run_fault_set(run, (u32)kind, (u32)insn, addr, 0, 0);
	else if (run->fault.insn == RUN_INSN_HERE)
		run->fault.insn = (u32)insn;
	native_leave(s->entry, 0);
}

static void throw(struct run * run, u64 cookie)
{
	const struct native_state *s = run->engine_state;
	const struct native_prog *p = s->code;
	const struct image_sub *sub = image_exception(p->image);
	const u64 args[5] = {cookie};

	if (sub) /* above what is given up */
		cookie = enter(run, p->code + p->subs[sub - image_subs(p->image)], args);
	native_leave(s->entry, cookie);
}

/* The program at `index` of the array, when there is one to go on with. */
static bool find_next(struct run *run, const struct map *array, u32 index, struct native_place *p)
{
	const struct env_ops *env = run->env;
	u32 id;

	if (index >= array->max_entries || run->tail_calls >= RUN_TAIL_CALLS)
		return false;
	id = __atomic_load_n((const u32 *)array->contents + index, __ATOMIC_ACQUIRE);
	if (!id || !env)
		return false;
	p->code = env->native ? env->native(run, id) : NULL;
	if (p->code) {
		p->image = p->code->image;
		p->maps = p->code->maps;
	} else {
		p->image = env->program ? env->program(run, id, &p->maps) : NULL;
		if (!p->image || !p->image->op_count)
			return false;
	}
	run->tail_calls++;
	return true;
}

static u64 tail_sub(struct run *run, u64 map, u64 index)
{
	struct native_state *s = run->engine_state;

	return find_next(run, u64_to_ptr(map), (u32)index, &s->next) ? (u64)(uintptr_t)native_next
								     : 0;
}

static __attribute__((noinline)) u64 tail_slowly(struct run *run, u64 map, u64 index)
{
	struct native_state *s = run->engine_state;

	if (!find_next(run, u64_to_ptr(map), (u32)index, &s->next))
		return 0;
	if (!s->next.code)
		return (u64)(uintptr_t)native_next;
	set_place(run, &s->next);
	return s->next.code->start;
}

/* Nothing is saved on the way that most calls go. */
static u64 tail(struct run *run, u64 map, u64 index)
{
	const struct map *array = u64_to_ptr(map);
	const struct native_prog *p;
	u32 id;

	if (unlikely((u32)index >= array->max_entries || run->tail_calls >= RUN_TAIL_CALLS))
		return 0;
	id = __atomic_load_n((const u32 *)array->contents + (u32)index, __ATOMIC_ACQUIRE);
	p = likely(id < run->native_count) ? run->natives[id] : NULL;
	if (unlikely(!p))
		return tail_slowly(run, map, index);
	run->tail_calls++;
	set_place(run, &(struct native_place){p, p->image, p->maps});
	return p->start;
}

u64 native_go_on(struct run *run)
{
	struct native_state *s = run->engine_state;
	const struct native_place before = {s->code, run->image, run->maps};
	const u64 args[5] = {ptr_to_u64(run->ctx)};
	u64 r0 = 0;

	set_place(run, &s->next);
	if (s->code)
		r0 = enter(run, s->code->start, args);
	else
		interp_inner(run, &r0);
	if (run->fault.kind != FAULT_NONE)
		native_leave(s->entry, 0);
	set_place(run, &before);
	return r0;
}

/* Kernel objects are behind handles; what else is named as one is memory of the run, or nothing. */
static u64 load_object(struct run *run, u64 addr, u64 size)
{
	u64 value = 0, low = ptr_to_u64(__builtin_frame_address(0));

	if (handle_is(addr)) {
		if (run->env && run->env->read_kernel &&
		    !run->env->read_kernel(run, &value, (u32)size, addr))
			return value;
	} else if (run_may_access(run, addr, (u32)size, false) ||
		   (addr >= low && addr <= run->stack && size <= run->stack - addr)) {
		__builtin_memcpy(&value, u64_to_ptr(addr), size);
		return value;
	}
	run->unknown++;
	return 0;
}

static u64 load_packet(struct run *run, u64 offset, u64 size)
{
	u64 value;

	return packet_load(run->packet, (s32)offset, (u32)size, &value) ? value : (u64)-1;
}

static u64 call_address(u32 which)
{
	static u64 (*const calls[NATIVE_CALLS])(struct run *, u64, u64) = {
		[NATIVE_TAIL] = tail,
		[NATIVE_TAIL_SUB] = tail_sub,
		[NATIVE_LD_ABS] = load_packet,
		[NATIVE_LOAD] = load_object,
	};

	switch (which) {
	case NATIVE_STOP: return ptr_to_u64(stop);
	case NATIVE_THROW: return ptr_to_u64(throw);
	default: return which < NATIVE_CALLS ? (u64)(uintptr_t)calls[which] : 0;
	}
}

/* the table -------------------------------------------------------------------------- */

int native_resolve(const struct native_slot *s, struct map *const *maps, u64 *value)
{
	const struct kfunc_body *k;
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
	case NATIVE_KFUNC:
		k = core_kfunc_body(s->index);
		v = k ? (u64)(uintptr_t)k->fn : 0;
		break;
	case NATIVE_CALL: v = call_address(s->index); break;
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
	const struct native_prog *p = s->code;
	const struct image_sub *subs = image_subs(p->image);
	u64 ret;

	for (u32 i = 0; i < p->sub_count; i++) {
		if (subs[i].start != start)
			continue;
		ret = enter(run, p->code + p->subs[i], args);
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
	const struct native_place first = {p, run->image, run->maps};
	struct native_state state;
	u64 r0;

	state.code = p;
	run->engine = &engine;
	run->engine_state = &state;
	run->stack = ptr_to_u64(__builtin_frame_address(0));
	run->stack_size = 0;
	r0 = native_start(run, p->start, run->ctx, &state.entry);
	if (unlikely(run->held_lock))
		run_fault_set(run, FAULT_LOCK, RUN_INSN_HERE, ptr_to_u64(run->held_lock), 0, 0);
	if (unlikely(run->region_count || run->held_lock))
		run_release(run);
	if (unlikely(state.code != p) && run->fault.kind == FAULT_NONE)
		set_place(run, &first);
	run->stack = 0;
	run->engine_state = NULL;
	if (run->fault.kind != FAULT_NONE)
		return -EFAULT;
	*ret = r0;
	return 0;
}

bool native_recover(struct run *run, const struct native_prog *p, u64 pc, u64 addr, bool write,
		    struct native_resume *out)
{
	const struct native_state *s = run->engine_state;

	if (pc - p->code >= p->size || !s || !s->entry)
		return false;
	*out = (struct native_resume){.clear = 0xff};
	for (u32 i = 0; i < p->fixup_count; i++)
		if (p->fixups[i].at == pc - p->code) {
			out->pc = p->code + p->fixups[i].to;
			out->clear = p->fixups[i].reg;
			return true;
		}
	run->image = p->image;
	run_fault_set(run, write ? FAULT_WRITE : FAULT_READ, native_insn(p, pc), addr, 0, 0);
	out->pc = (u64)(uintptr_t)native_leave;
	out->leaves = true;
	out->args[0] = s->entry;
	return true;
}
