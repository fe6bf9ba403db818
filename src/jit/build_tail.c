// SPDX-License-Identifier: BSD-2-Clause
/*
 * bpf_tail_call.
 *
 * From a main function with an array that is known, what native.c's tail() does is
 * done in place: the index, the number of calls so far and the program's id are
 * tested, its native code is looked up by the id among run->natives, the run becomes
 * that program's, and IR_LEAVE jumps there with the frame taken down. A program
 * that is not native, or not known yet, is left to the C body (IR_TAIL). So is a tail call
 * of a subprogram: another program then takes the place of its frame only.
 */
#include <stddef.h>
#include "core/native.h"
#include "jit/build.h"

ir_ref build_run(struct build *b)
{
	if (!b->run) {
		b->run = ir_new(b->f, IR_RUN, 64);
		ir_insert_first(b->f, 1, b->run);
	}
	return b->run;
}

/* Goes to `to` if the condition holds; else on in a new block. */
static void leave_if(struct build *b, enum ir_cond cond, u32 bits, ir_ref x, ir_ref y, u32 to)
{
	u32 goes_on = ir_block_new(b->f);
	ir_ref r = build_ins(b, IR_BRANCH, bits, x, y);

	if (!r || !goes_on)
		return;
	ir_at(b->f, r)->imm = cond;
	ir_edge(b->f, b->at, to);
	ir_edge(b->f, b->at, goes_on);
	b->at = goes_on;
}

static ir_ref load(struct build *b, ir_ref from, size_t offset, u32 size)
{
	return build_memory(b, IR_LOAD, size, from, (s64)offset, 0);
}

static void store(struct build *b, ir_ref to, size_t offset, ir_ref value)
{
	build_memory(b, IR_STORE, 8, to, (s64)offset, value);
}

/* The id of the program at the index, which is below the array's size. */
static ir_ref program_id(struct build *b, u32 map, ir_ref index)
{
	ir_ref contents = build_ins(b, IR_MAPMEM, 64, 0, 0), at;

	if (contents)
		ir_at(b->f, contents)->map = (u16)map;
	at = build_ins(b, IR_SHL, 64, index, build_const(b, 2));
	return build_memory(b, IR_ACQUIRE, 4, build_ins(b, IR_ADD, 64, contents, at), 0, 0);
}

/* The run is of the program `p` from here on, and that goes on. */
static void go_on_in(struct build *b, ir_ref run, ir_ref calls, ir_ref p, ir_ref ctx)
{
	ir_ref state = load(b, run, offsetof(struct run, engine_state), 8);

	store(b, run, offsetof(struct run, tail_calls),
	      build_ins(b, IR_ADD, 64, calls, build_const(b, 1)));
	store(b, state, offsetof(struct native_state, code), p);
	store(b, run, offsetof(struct run, image),
	      load(b, p, offsetof(struct native_prog, image), 8));
	store(b, run, offsetof(struct run, maps),
	      load(b, p, offsetof(struct native_prog, maps), 8));
	build_ins(b, IR_LEAVE, 64, load(b, p, offsetof(struct native_prog, start), 8), ctx);
}

static void in_place(struct build *b, const struct map *array, u32 map, const ir_ref args[5],
		     u32 rare, u32 stays)
{
	ir_ref run = build_run(b), index, calls, id, natives, p;

	index = build_size(b, IR_ZEXT, 64, 4, args[2]);
	leave_if(b, COND_GE, 64, index, build_const(b, array->max_entries), stays);
	calls = load(b, run, offsetof(struct run, tail_calls), 8);
	leave_if(b, COND_GE, 64, calls, build_const(b, RUN_TAIL_CALLS), stays);
	id = program_id(b, map, index);
	leave_if(b, COND_GE, 32, id, load(b, run, offsetof(struct run, native_count), 4), rare);
	natives = load(b, run, offsetof(struct run, natives), 8);
	p = build_ins(b, IR_SHL, 64, id, build_const(b, 3));
	p = load(b, build_ins(b, IR_ADD, 64, natives, p), 0, 8);
	leave_if(b, COND_EQ, 64, p, build_const(b, 0), rare);
	go_on_in(b, run, calls, p, args[0]);
}

ir_ref build_tail_call(struct build *b, const ir_ref args[5])
{
	u32 rare = ir_block_new(b->f), stays = ir_block_new(b->f), map = 0;
	const struct map *array = b->f->sub ? NULL : build_known_map(b, args[1], &map);
	ir_ref jump;

	if (!rare || !stays)
		return 0;
	if (array) {
		in_place(b, array, map, args, rare, stays);
		b->f->blocks.data[rare].rare = true;
	} else {
		jump = build_ins(b, IR_JUMP, 64, 0, 0);
		if (jump)
			ir_edge(b->f, b->at, rare);
	}
	b->at = rare;
	build_call(b, IR_TAIL, b->f->sub ? NATIVE_TAIL_SUB : NATIVE_TAIL, args, 3);
	ir_edge(b->f, b->at, stays);
	b->at = stays;
	return build_const(b, 0);
}
