// SPDX-License-Identifier: BSD-2-Clause
/* Tests of the checked interpreter that are too long for its loop. */
#include "core/arena.h"
#include "core/handle.h"
#include "core/kfunc.h"
#include "core/packet.h"
#include "interp/arguments.h"

#define MAX_MEM      (1u << 29) /* no helper takes more memory at once */
#define DYNPTR_BYTES 16

/* Is it in one frame of the current chain? The gaps between frames belong to nobody. */
static bool on_stack(const struct interp *in, u64 off, u64 size)
{
	u64 within = off % INTERP_STRIDE;

	return size <= ISA_STACK_SIZE && off < (u64)(in->depth + 1) * INTERP_STRIDE &&
	       within >= INTERP_GAP && within - INTERP_GAP <= ISA_STACK_SIZE - size;
}

bool interp_may_access(struct interp *in, u64 addr, u64 size, bool write)
{
	u64 off = addr - ptr_to_u64(in->stack);
	struct map_span span;

	if (off < sizeof(in->stack))
		return on_stack(in, off, size);
	for (u32 i = 0; i < INTERP_SPANS; i++) {
		const struct map_span *s = &in->spans[i];

		if (size <= s->size && addr - s->base <= s->size - size && (s->writable || !write))
			return true;
	}
	if (size > MAX_MEM || !run_find_span(in->run, addr, (u32)size, write, &span))
		return false;
	/* What may end before the run does is looked up each time. */
	if (run_span_lasts(in->run, span.base))
		in->spans[in->next_span++ % INTERP_SPANS] = span;
	return true;
}

static const struct image_sub *find_sub(const struct image *img, u64 start)
{
	const struct image_sub *subs = image_subs(img);

	for (u32 i = 0; i < img->sub_count; i++)
		if (subs[i].start == start)
			return &subs[i];
	return NULL;
}

static struct map *find_map(const struct run *run, u64 addr)
{
	for (u32 i = 0; i < run->image->map_count; i++)
		if (run->maps[i] && ptr_to_u64(run->maps[i]) == addr)
			return run->maps[i];
	for (u32 i = 0; i < MIN(run->inner_count, (u32)RUN_INNER_MAPS); i++)
		if (ptr_to_u64(run->inner[i]) == addr)
			return run->inner[i];
	return NULL;
}

u64 interp_elsewhere(struct interp *in, const struct isa_op *op, u64 addr, u32 size, bool load)
{
	struct run *run = in->run;
	const struct image_fact *facts = image_facts(run->image);
	u32 fact = facts ? facts[op - in->ops].facts : 0, index;
	u8 *at = NULL;

	in->nowhere = 0;
	if (fact & FACT_ARENA) {
		index = arena_index(run->image, run->maps);
		if (index != ~0u)
			at = arena_at(run->maps[index], addr - (s64)op->off, op->off, size);
		return ptr_to_u64(at ?: (u8 *)&in->nowhere);
	}
	if (!load || !(fact & FACT_BTF_LOAD || (in->missed && addr < PAGE_BYTES)))
		return 0;
	run->unknown += !(in->missed && addr < PAGE_BYTES);
	return ptr_to_u64(&in->nowhere);
}

/* A NUL-terminated string in memory that the program cannot change. */
static bool is_const_string(struct interp *in, u64 addr)
{
	struct map_span span;

	if (!run_find_span(in->run, addr, 1, false, &span) || span.writable)
		return false;
	for (u64 p = addr; p - span.base < span.size; p++)
		if (!*(const char *)u64_to_ptr(p))
			return true;
	return false;
}

static bool is_spin_lock(struct interp *in, u64 addr)
{
	const struct run *run = in->run;
	struct map_span span;

	if (addr & 3)
		return false;
	for (u32 i = 0; i < run->image->map_count; i++) {
		struct map *m = run->maps[i];

		if (m && m->spin_lock_off >= 0 && m->ops->span && !m->ops->span(m, addr, &span))
			return span.writable &&
			       (addr - span.base) % m->value_stride == (u32)m->spin_lock_off;
	}
	return false;
}

static bool is_held(const struct run *run, u64 addr)
{
	const struct run_region *r = run_region_find(run, addr);

	return r && r->kind == REGION_RINGBUF;
}

/* The packet's socket? */
static bool is_socket(const struct run *run, u64 addr)
{
	const struct packet *p = run->packet;

	return addr && p && p->kind == PACKET_SKB && addr == ptr_to_u64(p->skb.sk);
}

/* `size` bytes (0: none at all) of live memory? */
static bool is_memory(struct interp *in, u64 addr, u64 size, bool write)
{
	return size == 0 || interp_may_access(in, addr, size, write);
}

/* One argument; *map is the last ARG_MAP seen, *size what was wrongly asked for. */
static bool check_argument(struct interp *in, const struct helper_proto *proto, u32 i,
			   const u64 *regs, struct map **map, u64 *size)
{
	u64 v = regs[i + 1];
	u64 next = i < 4 ? regs[i + 2] : 0;

	switch ((enum helper_arg)proto->args[i]) {
	case ARG_NONE:
	case ARG_ANY:
	case ARG_ALLOC_SIZE:
	case ARG_STACK_OR_NULL: return true;
	case ARG_MAP:
		*map = find_map(in->run, v);
		return *map && core_helper_takes_map(proto, (*map)->type);
	case ARG_MAP_KEY: return *map && is_memory(in, v, *size = (*map)->key_size, false);
	case ARG_MAP_VALUE: return *map && is_memory(in, v, *size = (*map)->value_size, false);
	case ARG_MAP_VALUE_WRITE: return *map && is_memory(in, v, *size = (*map)->value_size, true);
	case ARG_MEM_OR_NULL:
		if (!v)
			return next == 0;
		/* fallthrough */
	case ARG_MEM: return is_memory(in, v, *size = next, false);
	case ARG_MEM_WRITE_OR_NULL:
		if (!v)
			return next == 0;
		/* fallthrough */
	case ARG_MEM_WRITE: return is_memory(in, v, *size = next, true);
	case ARG_MEM_FIXED: return is_memory(in, v, *size = proto->fixed_size[i], false);
	case ARG_MEM_FIXED_WRITE: return is_memory(in, v, *size = proto->fixed_size[i], true);
	case ARG_SIZE: return v > 0 && v <= MAX_MEM;
	case ARG_SIZE_OR_ZERO: return v <= MAX_MEM;
	case ARG_MEM_CHANGE: return is_memory(in, v, *size = next, true);
	case ARG_MEM_FIXED_CHANGE: return is_memory(in, v, *size = proto->fixed_size[i], true);
	case ARG_MAP_VALUE_OR_NULL:
		return !v || (*map && is_memory(in, v, *size = (*map)->value_size, false));
	case ARG_CTX_OR_NULL:
		if (!v)
			return true;
		/* fallthrough */
	case ARG_CTX: return v == ptr_to_u64(in->run->ctx);
	case ARG_FUNC: return v < in->count && find_sub(in->run->image, v);
	case ARG_CONST_STR: return is_const_string(in, v);
	case ARG_SPIN_LOCK: return is_spin_lock(in, v);
	case ARG_RINGBUF_MEM: return is_held(in->run, v);
	case ARG_BTF_PTR_OR_NULL: return !v || handle_is(v);
	case ARG_BTF_PTR: return handle_is(v);
	case ARG_SOCK_OR_NULL:
		if (!v)
			return true;
		/* fallthrough */
	case ARG_SOCK_COMMON:
	case ARG_BTF_SOCK_COMMON: return is_socket(in->run, v);
	/* What it says is checked where it is used. */
	case ARG_DYNPTR: return is_memory(in, v, *size = DYNPTR_BYTES, false);
	case ARG_DYNPTR_NEW_LOCAL:
	case ARG_DYNPTR_NEW_RINGBUF:
	case ARG_DYNPTR_RINGBUF: return is_memory(in, v, *size = DYNPTR_BYTES, true);
	/* Of these there are none yet: helpers that take one have no body. */
	case ARG_BTF_RELEASED_OR_NULL:
	case ARG_BTF_SOCK_COMMON_OR_NULL:
	case ARG_PERCPU_BTF:
	case ARG_TIMER:
	case ARG_KPTR: return false;
	}
	return false;
}

bool interp_check_arguments(struct interp *in, const struct helper_proto *proto, const u64 *regs,
			    u32 pc)
{
	struct map *map = NULL;

	for (u32 i = 0; i < 5 && proto->args[i] != ARG_NONE; i++) {
		u64 size = 0;

		if (check_argument(in, proto, i, regs, &map, &size))
			continue;
		run_fault_set(in->run, FAULT_HELPER, pc, regs[i + 1], (u32)MIN(size, UINT32_MAX),
			      i + 1);
		return false;
	}
	return true;
}

bool interp_check_kfunc(struct interp *in, const struct kfunc_body *body, const u64 *regs, u32 pc)
{
	struct helper_proto proto = {0};

	for (u32 i = 0; i < 5; i++) {
		proto.args[i] = body->args[i];
		proto.fixed_size[i] = body->size;
	}
	return interp_check_arguments(in, &proto, regs, pc);
}
