/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interpreter's body, instantiated by plain.c and checked.c. No include
 * guard: each includes it once, after defining
 *
 *	EXEC, CALL, INNER, START names: the loop, engine_ops.call, a run inside another engine's,
 *				 a whole run
 *	LOCALS			 what its macros below keep in local variables
 *	STEP			 before each instruction
 *	TARGET(index)		 a jump's destination, an s64: may we go there?
 *	ACCESS(addr, size, kind) may `size` bytes at `addr` be touched? an enum interp_access
 *	VERIFIED		 only verified programs may be gone on in (bpf_tail_call)
 *	SWITCHED		 after in->ops changed: another program
 *	ELSEWHERE(addr, size, l) what is not live: may the access (l: a load) be made at another
 *				 address, in addr then?
 *	HELPER(proto, regs)	 are its arguments what it asks for? else the fault is set
 *	KFUNC(body, regs)	 the same of a kfunc's body
 *	BEFORE_CALL, AFTER_CALL	 around anything that may use the run context
 *	SPOIL(first, last)	 nobody may count on what these registers hold
 *	ENDED			 the run is over, nothing given back yet
 *
 * Dispatch is threaded code: every instruction ends in its own indirect jump,
 * which branch prediction likes; with INTERP_SWITCH a loop around a switch, for
 * compilers without computed goto, to check one against the other, and where
 * size counts. The cases themselves come from insn.def: a row's kind says what
 * is fetched and stored, its sem column what is computed in between.
 */
#include "core/handle.h"
#include "core/helper.h"
#include "core/kfunc.h"
#include "core/packet.h"
#include "interp/state.h"
#include "isa/sem.h"

#ifdef INTERP_SWITCH
#define DISPATCH(op) switch ((op)->op)
#define CASE(name)   case ISA_OP_##name:
#define CASE_NONE    default:
#define GO           goto dispatch
#else
#define DISPATCH(op) goto *labels[(op)->op];
#define CASE(name)   L_##name:
#define CASE_NONE \
	L_INVALID:
#define GO                            \
	do {                          \
		STEP;                 \
		goto *labels[op->op]; \
	} while (0)
#endif

#define DST (r[op->dst])
#define SRC (r[op->src])
#define IMM ((u64)op->imm)
#define PC  ((u32)(op - ops))
#define NEXT          \
	do {          \
		op++; \
		GO;   \
	} while (0)
#define JUMP                                            \
	do {                                            \
		s64 to = (s64)(op - ops) + 1 + op->off; \
                                                        \
		if (!TARGET(to))                        \
			FAULT(FAULT_JUMP, (u64)to, 0);  \
		op = ops + to;                          \
		GO;                                     \
	} while (0)
#define FAULT(kind, addr, size)                              \
	do {                                                 \
		run_fault_set(run, kind, PC, addr, size, 0); \
		goto fault;                                  \
	} while (0)

/* One macro per kind of row. */
#define RUN_ALU_REG(name, bits, sem)          \
	CASE(name) DST = isa_##sem(DST, SRC); \
	NEXT;
#define RUN_ALU_IMM(name, bits, sem)          \
	CASE(name) DST = isa_##sem(DST, IMM); \
	NEXT;
#define RUN_MOV_REG(name, bits, sem)     \
	CASE(name) DST = isa_##sem(SRC); \
	NEXT;
#define RUN_MOV_IMM(name, bits, sem)     \
	CASE(name) DST = isa_##sem(IMM); \
	NEXT;
#define RUN_UNARY(name, bits, sem)       \
	CASE(name) DST = isa_##sem(DST); \
	NEXT;
#define RUN_JMP_REG(name, bits, sem)              \
	CASE(name) if (isa_##sem(DST, SRC)) JUMP; \
	NEXT;
#define RUN_JMP_IMM(name, bits, sem)              \
	CASE(name) if (isa_##sem(DST, IMM)) JUMP; \
	NEXT;
#define RUN_JA(name, bits, sem)    CASE(name) JUMP;
#define RUN_GOTOL(name, bits, sem) CASE(name) JUMP;
#define RUN_MAY_GOTO(name, bits, sem)                      \
	CASE(name) if (!in->frames[in->depth].loops) JUMP; \
	in->frames[in->depth].loops--;                     \
	NEXT;

#define RUN_LDX(name, bits, sem)                                                       \
	CASE(name)                                                                     \
	{                                                                              \
		u64 addr = SRC + (s64)op->off;                                         \
                                                                                       \
		if (unlikely(handle_is(addr)))                                         \
			DST = interp_load_handle(in, addr, bits / 8, IS_SIGNED_##sem); \
		else if (likely(ACCESS(addr, bits / 8, ACCESS_READ)) ||                \
			 ELSEWHERE(addr, bits / 8, true))                              \
			DST = isa_load_##sem##bits(u64_to_ptr(addr));                  \
		else                                                                   \
			FAULT(FAULT_READ, SRC + (s64)op->off, bits / 8);               \
	}                                                                              \
	NEXT;
#define IS_SIGNED_U false
#define IS_SIGNED_S true

/* Something done at the address in dst (or src) + off, where `access` is allowed. */
#define AT(base, bits, access, fault, action)                          \
	{                                                              \
		u64 addr = (base) + (s64)op->off;                      \
		void *p;                                               \
                                                                       \
		if (unlikely(!ACCESS(addr, bits / 8, access)) &&       \
		    !ELSEWHERE(addr, bits / 8, false))                 \
			FAULT(fault, (base) + (s64)op->off, bits / 8); \
		p = u64_to_ptr(addr);                                  \
		action;                                                \
	}                                                              \
	NEXT;
#define RUN_ST(name, bits, sem) \
	CASE(name) AT(DST, bits, ACCESS_WRITE, FAULT_WRITE, isa_store_##sem##bits(p, IMM))
#define RUN_STX(name, bits, sem) \
	CASE(name) AT(DST, bits, ACCESS_WRITE, FAULT_WRITE, isa_store_##sem##bits(p, SRC))
#define RUN_ATOMIC(name, bits, sem) \
	CASE(name) AT(DST, bits, ACCESS_ATOMIC, FAULT_WRITE, isa_atomic_##sem##bits(p, SRC))
#define RUN_ATOMIC_FETCH(name, bits, sem) \
	CASE(name) AT(DST, bits, ACCESS_ATOMIC, FAULT_WRITE, SRC = isa_fetch_##sem##bits(p, SRC))
#define RUN_CMPXCHG(name, bits, sem) \
	CASE(name) AT(DST, bits, ACCESS_ATOMIC, FAULT_WRITE, r[0] = isa_##sem##bits(p, r[0], SRC))
#define RUN_LOAD_ACQ(name, bits, sem) \
	CASE(name) AT(SRC, bits, ACCESS_ALIGNED, FAULT_READ, DST = isa_acquire_##sem##bits(p))
#define RUN_STORE_REL(name, bits, sem) \
	CASE(name) AT(DST, bits, ACCESS_ATOMIC, FAULT_WRITE, isa_release_##sem##bits(p, SRC))

#define RUN_LDDW(name, bits, sem) CASE(name) WIDE_##sem
#define WIDE_SET(value) \
	DST = value;    \
	op += 2;        \
	GO;
#define WIDE_CONST WIDE_SET(IMM)
#define WIDE_FUNC  WIDE_SET(IMM)
#define WIDE_MAP                           \
	if (IMM >= run->image->map_count)  \
		FAULT(FAULT_INSN, IMM, 0); \
	WIDE_SET(ptr_to_u64(run->maps[IMM]))
#define WIDE_MAP_VALUE                                        \
	{                                                     \
		u64 addr;                                     \
                                                              \
		if (!interp_direct(run, op->off, IMM, &addr)) \
			FAULT(FAULT_INSN, IMM, 0);            \
		WIDE_SET(addr)                                \
	}
/* Kernel variables come with later issues. */
#define WIDE_BTF FAULT(FAULT_INSN, IMM, 0);
#define RUN_CAST(name, bits, sem)  \
	CASE(name) DST = sem(SRC); \
	NEXT;
#define CAST_KERN(v)              (u32)(v)
#define CAST_USER(v)              interp_user_address(run, v)
#define RUN_HIGH(name, bits, sem) CASE(name) FAULT(FAULT_JUMP, PC, 0);

#define RUN_LD_ABS(name, bits, sem) CASE(name) PACKET((u32)op->imm, bits)
#define RUN_LD_IND(name, bits, sem) CASE(name) PACKET((u32)SRC + (u32)op->imm, bits)
#define PACKET(off, bits)                                             \
	if (!packet_load(run->packet, (s32)(off), bits / 8, &r[0])) { \
		r[0] = 0;                                             \
		goto leave;                                           \
	}                                                             \
	SPOIL(1, 5);                                                  \
	NEXT;

#define RUN_CALL_HELPER(name, bits, sem) \
	CASE(name) id = IMM;             \
	goto helper;
#define RUN_CALLX(name, bits, sem) \
	CASE(name) id = DST;       \
	goto helper;
#define RUN_CALL_KFUNC(name, bits, sem)         \
	CASE(name)                              \
	body = core_kfunc_body((u32)op->off);   \
	if (!body)                              \
		FAULT(FAULT_NO_HELPER, IMM, 0); \
	if (!KFUNC(body, r))                    \
		goto fault;                     \
	if (body->fn == kfunc_bpf_throw)        \
		goto thrown;                    \
	fn = body->fn;                          \
	proto = NULL;                           \
	goto call;
#define RUN_CALL_SUB(name, bits, sem)                                         \
	CASE(name)                                                            \
	if (!TARGET((s64)IMM))                                                \
		FAULT(FAULT_JUMP, IMM, 0);                                    \
	if (!interp_push(in, PC + 1))                                         \
		FAULT(FAULT_STACK, IMM, 0);                                   \
	__builtin_memcpy(in->frames[in->depth].saved, &r[6], sizeof(u64[4])); \
	SPOIL(0, 0);                                                          \
	SPOIL(6, 9);                                                          \
	r[10] = in->frame + ISA_STACK_SIZE;                                   \
	op = ops + IMM;                                                       \
	GO;
#define RUN_EXIT(name, bits, sem) \
	CASE(name)                \
	goto leave;

/*
 * Runs from instruction `start` in the current frame until that frame exits;
 * the result is r0. On a fault run->fault is set and the result means nothing.
 */
static u64 EXEC(struct interp *in, u32 start, const u64 args[5])
{
	struct run *const run = in->run;
	const struct isa_op *ops = in->ops;
	const struct isa_op *op = ops + start;
	const u32 bottom = in->depth;
	const struct helper_proto *proto;
	const struct kfunc_body *body;
	const struct image_sub *sub;
	helper_fn *fn;
	u64 id;
	LOCALS
	/* All defined from the start: nothing of the host's shows through. */
	u64 r[ISA_REGS] = {0, args[0], args[1], args[2], args[3], args[4]};
#ifndef INTERP_SWITCH
	static const void *const labels[ISA_OP_COUNT] = {
		[ISA_OP_INVALID] = &&L_INVALID,
#define INSN(name, ...) [ISA_OP_##name] = &&L_##name,
#include "isa/insn.def"
#undef INSN
	};
#endif
	r[10] = in->frame + ISA_STACK_SIZE;
	SPOIL(0, 0);
	SPOIL(6, 9);

#ifdef INTERP_SWITCH
dispatch:
#endif
	STEP;
	DISPATCH(op)
	{
#define INSN(name, code, dst, src, off, imm, kind, bits, sem, ...) RUN_##kind(name, bits, sem)
#include "isa/insn.def"
#undef INSN
		CASE_NONE FAULT(FAULT_INSN, op->op, 0);
	}
helper:
	proto = id <= UINT32_MAX ? core_helper((u32)id) : NULL;
	if (!proto || !(proto->fn || proto->flags & HELPER_TAIL_CALL))
		FAULT(FAULT_NO_HELPER, id, 0);
	if (proto->flags & HELPER_TAIL_CALL) {
		if (!HELPER(proto, r))
			goto fault;
		switch (interp_tail_call(in, u64_to_ptr(r[2]), (u32)r[3], VERIFIED)) {
		case NEXT_NONE: NEXT;
		case NEXT_HERE: break;
		case NEXT_INNER:
			if (interp_inner(run, &r[0]))
				goto fault;
			goto leave;
		}
		op = ops = in->ops;
		SWITCHED;
		__builtin_memset(r, 0, sizeof(r));
		SPOIL(0, 9);
		r[1] = ptr_to_u64(run->ctx);
		r[10] = in->frame + ISA_STACK_SIZE;
		GO;
	}
	if (!HELPER(proto, r))
		goto fault;
	fn = proto->fn;
call:
	BEFORE_CALL;
	r[0] = fn(run, r[1], r[2], r[3], r[4], r[5]);
	SPOIL(1, 5);
	AFTER_CALL;
	if (unlikely(run->fault.kind != FAULT_NONE)) {
		if (run->fault.insn == RUN_INSN_HERE)
			run->fault.insn = PC;
		goto fault;
	}
	NEXT;
thrown:
	if (!interp_unwind(in, bottom))
		FAULT(FAULT_HELPER, 0, 0);
	sub = image_exception(run->image);
	r[0] = r[1];
	if (sub) {
		__builtin_memset(&r[2], 0, sizeof(r) - 2 * sizeof(r[0]));
		r[10] = in->frame + ISA_STACK_SIZE;
		SPOIL(2, 9);
		op = ops + sub->start;
		GO;
	}
leave:
	if (in->depth == bottom) {
		BEFORE_CALL;
		return r[0];
	}
	__builtin_memcpy(&r[6], in->frames[in->depth].saved, sizeof(u64[4]));
	if (unlikely(run->image != in->frames[in->depth].image)) {
		interp_set_image(in, in->frames[in->depth].image, in->frames[in->depth].maps);
		ops = in->ops;
		SWITCHED;
	}
	op = ops + in->frames[in->depth].ret;
	interp_set_frame(in, in->depth - 1);
	SPOIL(1, 5);
	r[10] = in->frame + ISA_STACK_SIZE;
	GO;
fault:
	BEFORE_CALL;
	return 0;
}

/* engine_ops.call: a helper calls back into the program, in a frame of its own. */
static int CALL(struct run *run, u32 start, const u64 args[5], u64 *r0)
{
	struct interp *in = run->engine_state;
	u32 depth = in->depth;
	u64 ret;

	if (!TARGET(start))
		return run_fault_set(run, FAULT_JUMP, RUN_INSN_HERE, start, 0, 0);
	if (!interp_push(in, 0))
		return run_fault_set(run, FAULT_STACK, RUN_INSN_HERE, start, 0, 0);
	ret = EXEC(in, start, args);
	if (unlikely(run->image != in->frames[in->depth].image))
		interp_set_image(in, in->frames[in->depth].image, in->frames[in->depth].maps);
	interp_set_frame(in, depth);
	if (run->fault.kind != FAULT_NONE)
		return -EFAULT;
	*r0 = ret;
	return 0;
}

static u64 INNER(struct run *run)
{
	static const struct engine_ops engine = {.call = CALL};
	const struct engine_ops *outer = run->engine;
	u64 args[5] = {ptr_to_u64(run->ctx)}, stack = run->stack;
	void *outer_state = run->engine_state;
	const u32 stack_size = run->stack_size;
	struct interp state, *in = &state;
	u64 r0 = 0;

	for (u32 i = 1; i < 5 && run->watch; i++)
		args[i] = run->watch->poison;
	interp_init(in, run);
	run->engine = &engine;
	run->engine_state = in;
	if (TARGET(0))
		r0 = EXEC(in, 0, args);
	else
		run_fault_set(run, FAULT_JUMP, 0, 0, 0, 0);
	run->engine = outer;
	run->engine_state = outer_state;
	run->stack = stack;
	run->stack_size = stack_size;
	return r0;
}

static int START(struct run *run, u64 *ret)
{
	struct map *const *maps = run->maps;
	const struct image *image = run->image;
	u64 r0 = INNER(run);

	ENDED;
	if (run->held_lock)
		run_fault_set(run, FAULT_LOCK, RUN_INSN_HERE, ptr_to_u64(run->held_lock), 0, 0);
	run_release(run);
	if (run->fault.kind != FAULT_NONE)
		return -EFAULT;
	/* Where it was when it faulted is seen from run->image. */
	run->image = image;
	run->maps = maps;
	*ret = r0;
	return 0;
}

/* All gone, so that another instantiation may follow. */
#undef EXEC
#undef CALL
#undef INNER
#undef START
#undef LOCALS
#undef STEP
#undef TARGET
#undef ACCESS
#undef VERIFIED
#undef SWITCHED
#undef ELSEWHERE
#undef HELPER
#undef KFUNC
#undef BEFORE_CALL
#undef AFTER_CALL
#undef SPOIL
#undef ENDED
#undef DISPATCH
#undef CASE
#undef CASE_NONE
#undef GO
#undef DST
#undef SRC
#undef IMM
#undef PC
#undef NEXT
#undef JUMP
#undef FAULT
#undef RUN_ALU_REG
#undef RUN_ALU_IMM
#undef RUN_MOV_REG
#undef RUN_MOV_IMM
#undef RUN_UNARY
#undef RUN_JMP_REG
#undef RUN_JMP_IMM
#undef RUN_JA
#undef RUN_GOTOL
#undef RUN_MAY_GOTO
#undef RUN_LDX
#undef IS_SIGNED_U
#undef IS_SIGNED_S
#undef AT
#undef RUN_ST
#undef RUN_STX
#undef RUN_ATOMIC
#undef RUN_ATOMIC_FETCH
#undef RUN_CMPXCHG
#undef RUN_LOAD_ACQ
#undef RUN_STORE_REL
#undef RUN_LDDW
#undef WIDE_SET
#undef WIDE_CONST
#undef WIDE_FUNC
#undef WIDE_MAP
#undef WIDE_MAP_VALUE
#undef WIDE_BTF
#undef RUN_CAST
#undef CAST_KERN
#undef CAST_USER
#undef RUN_HIGH
#undef RUN_LD_ABS
#undef RUN_LD_IND
#undef PACKET
#undef RUN_CALL_HELPER
#undef RUN_CALLX
#undef RUN_CALL_KFUNC
#undef RUN_CALL_SUB
#undef RUN_EXIT
