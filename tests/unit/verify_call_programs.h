/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs of random helper calls, mostly well-formed: maps of each kind, memory
 * of each kind, records and sockets acquired and given back, dynptrs, locks,
 * callbacks, called functions. A seed says all of one.
 *
 *	r6 the context   r7 what a lookup gave, or anything   r8 what is held
 *	r9 an unknown number   fp-64..fp-8 mostly initialised
 */
#ifndef TESTS_VERIFY_CALL_PROGRAMS_H
#define TESTS_VERIFY_CALL_PROGRAMS_H

#include <cygnet/abi.h>
#include "core/prog.h"
#include "../fuzz/random.h"
#include "verify_btf.h"

#define PROGRAM_INSNS 512

enum program_map {
	P_ARRAY,
	P_HASH,
	P_RINGBUF,
	P_PROGRAMS,
	P_EVENTS,
	P_INNER, /* array of maps like P_ARRAY */
	P_QUEUE,
	P_BLOOM,
	P_USER_RINGBUF,
	P_PERCPU,
	P_LOCK,
	P_TIMER,
	P_TEXT, /* frozen, read-only */
	P_MAPS,
};

static const struct program_map_shape {
	u32 type, key, value, entries, flags;
} program_maps[P_MAPS] = {
	[P_ARRAY] = {BPF_MAP_TYPE_ARRAY, 4, 32, 1},
	[P_HASH] = {BPF_MAP_TYPE_HASH, 4, 32, 2},
	[P_RINGBUF] = {BPF_MAP_TYPE_RINGBUF, 0, 0, 4096},
	[P_PROGRAMS] = {BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 2},
	[P_EVENTS] = {BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 2},
	[P_INNER] = {BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 2},
	[P_QUEUE] = {BPF_MAP_TYPE_QUEUE, 0, 32, 2},
	[P_BLOOM] = {BPF_MAP_TYPE_BLOOM_FILTER, 0, 32, 2},
	[P_USER_RINGBUF] = {BPF_MAP_TYPE_USER_RINGBUF, 0, 0, 4096},
	[P_PERCPU] = {BPF_MAP_TYPE_PERCPU_ARRAY, 4, 32, 2},
	[P_LOCK] = {BPF_MAP_TYPE_ARRAY, 4, 8, 1},
	[P_TIMER] = {BPF_MAP_TYPE_ARRAY, 4, 24, 1},
	[P_TEXT] = {BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_RDONLY_PROG},
};

enum held { /* in r8 */
	HELD_NOTHING,
	HELD_RECORD,
	HELD_SOCKET,
	HELD_TASK,
};

struct program {
	struct bpf_insn insns[PROGRAM_INSNS];
	u32 count, type;
	struct rng rng;
	u32 slips; /* an argument is anything, once in so many */
	enum held held;
	u32 dynptr; /* 0, or the helper that made it */
	s32 dynptr_off;
	bool locked;
	u32 callbacks[32], callback_count, calls[8], call_count;
};

static inline u32 p_below(struct program *p, u32 n)
{
	return rng_below(&p->rng, n);
}

static inline void p_emit(struct program *p, u8 code, u32 dst, u32 src, s32 off, s32 imm)
{
	if (p->count < PROGRAM_INSNS)
		p->insns[p->count++] = (struct bpf_insn){
			.code = code, .dst_reg = dst, .src_reg = src, .off = (s16)off, .imm = imm};
}

static inline void p_set(struct program *p, u32 reg, s32 value)
{
	p_emit(p, BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, value);
}

static inline void p_copy(struct program *p, u32 reg, u32 from)
{
	p_emit(p, BPF_ALU64 | BPF_MOV | BPF_X, reg, from, 0, 0);
}

static inline void p_add(struct program *p, u32 reg, s32 value)
{
	p_emit(p, BPF_ALU64 | BPF_ADD | BPF_K, reg, 0, 0, value);
}

static inline void p_stack(struct program *p, u32 reg, s32 off)
{
	p_copy(p, reg, 10);
	p_add(p, reg, off);
}

static inline void p_lddw(struct program *p, u32 reg, u32 src, s32 low, s32 high)
{
	p_emit(p, BPF_LD | BPF_IMM | BPF_DW, reg, src, 0, low);
	p_emit(p, 0, 0, 0, 0, high);
}

static inline void p_map(struct program *p, u32 reg, enum program_map map)
{
	p_lddw(p, reg, BPF_PSEUDO_MAP_FD, (s32)map, 0);
}

static inline void p_value(struct program *p, u32 reg, enum program_map map, u32 off)
{
	p_lddw(p, reg, BPF_PSEUDO_MAP_VALUE, (s32)map, (s32)off);
}

static inline void p_load(struct program *p, u32 reg, u32 from, s32 off)
{
	p_emit(p, BPF_LDX | BPF_MEM | BPF_DW, reg, from, off, 0);
}

static inline void p_call(struct program *p, u32 id)
{
	p_emit(p, BPF_JMP | BPF_CALL, 0, 0, 0, (s32)id);
}

static inline void p_return(struct program *p, s32 value)
{
	p_set(p, 0, value);
	p_emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* r0 is there, mostly: else the program ends. */
static inline void p_unless_null(struct program *p)
{
	if (!p_below(p, 12))
		return;
	p_emit(p, BPF_JMP | BPF_JNE | BPF_K, 0, 0, 2, 0);
	p_return(p, 0);
}

static inline bool p_is_tracing(const struct program *p)
{
	return p->type == BPF_PROG_TYPE_KPROBE || p->type == BPF_PROG_TYPE_PERF_EVENT;
}

static inline s32 p_slot(struct program *p)
{
	return -8 * (s32)(1 + p_below(p, 8));
}

/* Anything at all. */
static inline void p_any(struct program *p, u32 reg)
{
	switch (p_below(p, 12)) {
	case 0: p_set(p, reg, 0); break;
	case 1: p_set(p, reg, (s32)p_below(p, 70)); break;
	case 2: p_stack(p, reg, p_slot(p)); break;
	case 3: p_map(p, reg, p_below(p, P_LOCK)); break;
	case 4: p_value(p, reg, P_ARRAY, p_below(p, 8)); break;
	case 5: p_copy(p, reg, 6 + p_below(p, 4)); break;
	case 6: p_stack(p, reg, -(s32)p_below(p, 70)); break;
	case 7: p_copy(p, reg, 7), p_add(p, reg, (s32)p_below(p, 9)); break;
	case 8: p_copy(p, reg, 6), p_add(p, reg, 8); break;
	case 9: p_set(p, reg, -1); break;
	default: p_copy(p, reg, 9), p_add(p, reg, (s32)p_below(p, 3) * 8); break;
	}
}

static inline void p_argument_map(struct program *p, u32 reg, const struct helper_proto *h)
{
	for (u32 i = 0; i < 40; i++) {
		u32 m = p_below(p, p_is_tracing(p) ? P_LOCK : P_MAPS);

		if (core_helper_takes_map(h, program_maps[m].type) || !p_below(p, 80)) {
			p_map(p, reg, m);
			return;
		}
	}
	p_map(p, reg, P_ARRAY);
}

static inline void p_argument_memory(struct program *p, u32 reg, bool null)
{
	switch (p_below(p, 8)) {
	case 0: p_value(p, reg, P_ARRAY, 8); break;
	case 1: p_value(p, reg, P_ARRAY, 0); break;
	case 2:
		if (null)
			p_set(p, reg, 0);
		else
			p_copy(p, reg, 7 + p_below(p, 2));
		break;
	default: p_stack(p, reg, p_slot(p));
	}
}

static inline void p_argument_size(struct program *p, u32 reg)
{
	if (p_below(p, 6)) {
		p_set(p, reg, (s32)rng_pick(&p->rng, 1, 4, 8, 8, 8, 16, 16, 24));
		return;
	}
	p_copy(p, reg, 9);
	p_emit(p, BPF_ALU64 | BPF_AND | BPF_K, reg, 0, 0, p_below(p, 2) ? 15 : 7);
}

static inline void p_argument(struct program *p, const struct helper_proto *h, u32 i)
{
	u32 reg = i + 1;

	if (!p_below(p, p->slips)) {
		p_any(p, reg);
		return;
	}
	switch (h->args[i]) {
	case ARG_ANY: p_set(p, reg, (s32)p_below(p, 3)); break;
	case ARG_MAP: p_argument_map(p, reg, h); break;
	case ARG_SIZE:
	case ARG_SIZE_OR_ZERO:
	case ARG_ALLOC_SIZE: p_argument_size(p, reg); break;
	case ARG_CTX:
	case ARG_CTX_OR_NULL: p_copy(p, reg, 6); break;
	case ARG_FUNC:
		p->callbacks[p->callback_count++ % ARRAY_SIZE(p->callbacks)] = p->count;
		p_lddw(p, reg, BPF_PSEUDO_FUNC, 0, 0);
		break;
	case ARG_CONST_STR: p_value(p, reg, P_TEXT, p_below(p, 3)); break;
	case ARG_SPIN_LOCK: p_value(p, reg, P_LOCK, p_below(p, 5) ? 4 : 0); break;
	case ARG_TIMER: p_value(p, reg, P_TIMER, p_below(p, 5) ? 8 : 0); break;
	case ARG_DYNPTR_NEW_LOCAL:
	case ARG_DYNPTR_NEW_RINGBUF:
		p->dynptr_off = -32 - 16 * (s32)p_below(p, 2); /* fall through */
	case ARG_DYNPTR:
	case ARG_DYNPTR_RINGBUF: p_stack(p, reg, p->dynptr_off); break;
	case ARG_BTF_PTR:
	case ARG_BTF_PTR_OR_NULL:
	case ARG_BTF_SOCK_COMMON:
	case ARG_BTF_SOCK_COMMON_OR_NULL:
	case ARG_SOCK_COMMON:
	case ARG_SOCK_OR_NULL:
	case ARG_RINGBUF_MEM: p_copy(p, reg, 8); break;
	default:
		p_argument_memory(p, reg,
				  h->args[i] == ARG_MEM_OR_NULL ||
					  h->args[i] == ARG_MEM_WRITE_OR_NULL ||
					  h->args[i] == ARG_MAP_VALUE_OR_NULL ||
					  h->args[i] == ARG_STACK_OR_NULL);
	}
}

/* Does the helper make sense with what is at hand? */
static inline bool p_fits_argument(const struct program *p, u32 kind)
{
	switch (kind) {
	case ARG_RINGBUF_MEM: return p->held == HELD_RECORD;
	case ARG_BTF_SOCK_COMMON:
	case ARG_SOCK_COMMON: return p->held == HELD_SOCKET;
	case ARG_BTF_PTR:
	case ARG_BTF_PTR_OR_NULL: return p->held == HELD_TASK;
	case ARG_DYNPTR: return p->dynptr;
	case ARG_DYNPTR_RINGBUF: return p->dynptr == BPF_FUNC_ringbuf_reserve_dynptr;
	case ARG_SPIN_LOCK:
	case ARG_TIMER: return !p_is_tracing(p);
	case ARG_KPTR:
	case ARG_PERCPU_BTF: return false;
	default: return true;
	}
}

static inline bool p_fits(struct program *p, const struct helper_proto *h)
{
	/* Not everywhere the same: what the host was configured to deny. */
	if (h->id == BPF_FUNC_probe_write_user || h->id == BPF_FUNC_override_return ||
	    h->id == BPF_FUNC_get_smp_processor_id)
		return false;
	if (!core_prog_allows(core_prog_ops(p->type), h, 0, 0))
		return false;
	if (!p_below(p, 25))
		return true;
	if (p->locked != (h->id == BPF_FUNC_spin_unlock))
		return false;
	for (u32 i = 0; i < 5; i++)
		if (!p_fits_argument(p, h->args[i]))
			return false;
	return true;
}

static inline const struct helper_proto *p_choose(struct program *p)
{
	static const u8 liked[] = {1,   2,   3,   12,  25,  28,  51,  64,  65,  81,  86,
				   87,  88,  89,  93,  94,  95,  96,  98,  105, 107, 130,
				   131, 132, 133, 136, 164, 165, 169, 170, 171, 181, 182,
				   194, 195, 197, 198, 199, 200, 201, 202, 203, 209};

	for (u32 i = 0; i < 50; i++) {
		u32 id = p_below(p, 3) ? liked[p_below(p, sizeof(liked))] : 1 + p_below(p, 211);
		const struct helper_proto *h = core_helper_for(id, p->type);

		if (h && p_fits(p, h))
			return h;
	}
	return NULL;
}

/* What the call has changed of what is at hand. */
static inline void p_note(struct program *p, u32 id)
{
	switch (id) {
	case BPF_FUNC_spin_lock: p->locked = true; break;
	case BPF_FUNC_spin_unlock: p->locked = false; break;
	case BPF_FUNC_dynptr_from_mem:
	case BPF_FUNC_ringbuf_reserve_dynptr: p->dynptr = id; break;
	case BPF_FUNC_ringbuf_submit_dynptr:
	case BPF_FUNC_ringbuf_discard_dynptr: p->dynptr = 0; break;
	case BPF_FUNC_sk_release:
	case BPF_FUNC_ringbuf_submit:
	case BPF_FUNC_ringbuf_discard: p->held = HELD_NOTHING; break;
	}
}

static inline void p_use_result(struct program *p)
{
	switch (p_below(p, 6)) {
	case 0: p_copy(p, 7, 0); break;
	case 1:
		p_emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1, 0);
		p_load(p, 1, 0, 8 * (s32)p_below(p, 3));
		break;
	case 2: p_copy(p, 9, 0); break;
	case 3:
		p_unless_null(p);
		p_copy(p, 8, 0);
		break;
	}
}

static inline void p_helper(struct program *p)
{
	const struct helper_proto *h = p_choose(p);

	if (!h)
		return;
	for (u32 i = 0; i < 5 && h->args[i]; i++)
		p_argument(p, h, i);
	p_call(p, h->id);
	p_note(p, h->id);
	if (h->ret != RET_VOID)
		p_use_result(p);
}

/* A lookup, its key on the stack. */
static inline void p_lookup(struct program *p, u32 into)
{
	p_emit(p, BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, 0);
	p_stack(p, 2, -4);
	p_call(p, BPF_FUNC_map_lookup_elem);
	p_unless_null(p);
	p_copy(p, into, 0);
}

static inline void p_acquire(struct program *p)
{
	bool sockets = p->type == BPF_PROG_TYPE_SCHED_CLS || p->type == BPF_PROG_TYPE_XDP ||
		       p->type == BPF_PROG_TYPE_SK_SKB || p->type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR;

	if (p_is_tracing(p) && p_below(p, 2)) {
		p_call(p, BPF_FUNC_get_current_task_btf);
		p->held = HELD_TASK;
	} else if (!p_below(p, 3)) {
		p_map(p, 1, P_RINGBUF);
		p_set(p, 2, 16);
		p_set(p, 3, 0);
		p_call(p, BPF_FUNC_ringbuf_reserve);
		p_unless_null(p);
		p->held = HELD_RECORD;
	} else if (sockets && p_below(p, 2)) {
		p_copy(p, 1, 6);
		p_stack(p, 2, -16);
		p_set(p, 3, 12);
		p_set(p, 4, 0);
		p_set(p, 5, 0);
		p_call(p, p_below(p, 2) ? BPF_FUNC_sk_lookup_tcp : BPF_FUNC_skc_lookup_tcp);
		p_unless_null(p);
		p->held = HELD_SOCKET;
	} else {
		return;
	}
	p_copy(p, 8, 0);
}

static inline void p_begin(struct program *p)
{
	p_copy(p, 6, 1);
	p_set(p, 7, 0);
	p_set(p, 8, 0);
	for (s32 off = -64; off < 0; off += 8)
		if (p_below(p, 12))
			p_emit(p, BPF_ST | BPF_MEM | BPF_DW, 10, 0, off, (s32)p_below(p, 3));
	p_call(p, BPF_FUNC_ktime_get_ns);
	p_copy(p, 9, 0);
	if (p_below(p, 2)) {
		p_map(p, 1, p_below(p, 2) || p_is_tracing(p) ? P_HASH : P_LOCK);
		p_lookup(p, 7);
	}
	if (!p_below(p, 8)) {
		p_map(p, 1, P_INNER);
		p_lookup(p, 8);
		p_copy(p, 1, 8);
		p_lookup(p, 7);
	}
	p_acquire(p);
}

/* A call of the program's own function, with anything. */
static inline void p_function_call(struct program *p)
{
	p_any(p, 1);
	p_any(p, 2);
	if (p_below(p, 2))
		p_stack(p, 1, p_below(p, 2) ? p->dynptr_off : p_slot(p));
	if (p_below(p, 2))
		p_copy(p, 2, 7 + p_below(p, 2));
	p->calls[p->call_count++] = p->count;
	p_emit(p, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
}

static inline void p_end(struct program *p)
{
	if (!p_below(p, 4))
		p_load(p, 1, 7 + p_below(p, 2), 8 * (s32)p_below(p, 3));
	if (p->locked && p_below(p, 12)) {
		p_value(p, 1, P_LOCK, 4);
		p_call(p, BPF_FUNC_spin_unlock);
	}
	if (p->dynptr == BPF_FUNC_ringbuf_reserve_dynptr && p_below(p, 12)) {
		p_stack(p, 1, p->dynptr_off);
		p_set(p, 2, 0);
		p_call(p, BPF_FUNC_ringbuf_submit_dynptr);
	}
	if ((p->held == HELD_RECORD || p->held == HELD_SOCKET) && p_below(p, 12)) {
		p_copy(p, 1, 8);
		p_set(p, 2, 0);
		p_call(p, p->held == HELD_RECORD ? BPF_FUNC_ringbuf_submit : BPF_FUNC_sk_release);
	}
	p_return(p, (s32)p_below(p, 2));
}

/* The function that is called: r1 and r2 used in one of many ways. */
static inline void p_function(struct program *p)
{
	u32 at = p->count;

	p_copy(p, 6, 1);
	p_copy(p, 7, 2);
	switch (p_below(p, 6)) {
	case 0: p_load(p, 0, 6, 0); break;
	case 1: p_emit(p, BPF_ST | BPF_MEM | BPF_DW, 6, 0, 0, 1); break;
	case 2: p_emit(p, BPF_STX | BPF_MEM | BPF_DW, 6, 7, 0, 0); break;
	case 3:
		p_set(p, 2, 0);
		p_set(p, 3, 8);
		p_call(p, BPF_FUNC_dynptr_data);
		break;
	case 4:
		p_set(p, 2, 0);
		p_call(p, BPF_FUNC_ringbuf_submit_dynptr);
		break;
	default: p_load(p, 0, 7, 8 * (s32)p_below(p, 4));
	}
	p_return(p, (s32)p_below(p, 3));
	for (u32 i = 0; i < p->call_count; i++)
		p->insns[p->calls[i]].imm = (s32)(at - p->calls[i] - 1);
}

static inline void p_callback(struct program *p)
{
	u32 at = p->count, n = MIN(p->callback_count, (u32)ARRAY_SIZE(p->callbacks));

	if (p_below(p, 3))
		p_load(p, 0, 1 + p_below(p, 5), 0);
	if (!p_below(p, 3))
		p_emit(p, BPF_STX | BPF_MEM | BPF_DW, 2, 1, 0, 0);
	p_return(p, (s32)p_below(p, 2));
	for (u32 i = 0; i < n; i++)
		p->insns[p->callbacks[i]].imm = (s32)(at - p->callbacks[i] - 1);
}

static inline void program_generate(struct program *p, u64 seed)
{
	static const u8 types[] = {
		BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SCHED_CLS,        BPF_PROG_TYPE_XDP,
		BPF_PROG_TYPE_KPROBE,    BPF_PROG_TYPE_CGROUP_SKB,       BPF_PROG_TYPE_SOCK_OPS,
		BPF_PROG_TYPE_SK_MSG,    BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_PROG_TYPE_PERF_EVENT,
		BPF_PROG_TYPE_SK_SKB,    BPF_PROG_TYPE_CGROUP_SYSCTL};
	u32 steps;

	memset(p, 0, sizeof(*p));
	p->rng = rng_seeded(seed);
	p->type = types[p_below(p, sizeof(types))];
	p->slips = p_below(p, 3) ? 60 : 10;
	p->dynptr_off = -32;
	p_begin(p);
	steps = 1 + p_below(p, 4);
	for (u32 i = 0; i < steps; i++) {
		if (p_below(p, 5))
			p_helper(p);
		else
			p_function_call(p);
	}
	p_end(p);
	if (p->call_count)
		p_function(p);
	if (p->callback_count)
		p_callback(p);
}

#endif
