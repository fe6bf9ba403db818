// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reserving in a ring buffer in native code: the three steps of ringbuf.c when
 * nobody else is in the middle of them; else the C body, which helps whoever is.
 */
#include <cygnet/abi.h>
#include "core/builder.h"
#include "map/ringbuf.h"

#define FORMS 2 /* of one function: each takes some 190 bytes */

static bool emit_reserve(struct builder *b, bvalue *result)
{
	const struct builder_ops *o = b->ops;
	u64 size = b->constants[1], bytes = ROUND_UP(size + RING_HEADER, 8);
	bvalue tail, prod, owner, end, header, taken, tail_at, prod_at;
	blabel rare, done;
	bvar value;

	if (!b->map || b->before >= FORMS || (b->is_constant & 6) != 6 || b->constants[2] ||
	    size > RING_MAX_RECORD || bytes >= b->map->max_entries)
		return false;
	value = o->var(b);
	rare = o->label(b, true);
	done = o->label(b, false);
	tail_at = o->contents(b, (u64)(b->map->meta - b->map->contents));
	prod_at = o->contents(b, PAGE_BYTES);
	tail = o->load_acquire(b, tail_at, 0, 8);
	prod = o->load_acquire(b, prod_at, 0, 8);
	end = o->alu(b, B_SHL, 64, o->alu(b, B_SHR, 64, tail, o->constant(b, RING_OWNER_BITS)),
		     o->constant(b, 3));
	o->branch(b, B_NE, 64, end, prod, rare);
	end = o->alu(b, B_ADD, 64, prod, o->constant(b, bytes));
	taken = o->alu(b, B_SUB, 64, end, o->load_acquire(b, o->contents(b, 0), 0, 8));
	o->branch(b, B_GE, 64, taken, o->constant(b, b->map->max_entries), rare);
	owner = o->load_const(b, o->map(b), offsetof(struct map, owner), 4);
	owner = o->alu(b, B_ADD, 32, owner, o->constant(b, 1));
	/* view() made sure that the owner's number fits. */
	taken = o->alu(b, B_SHL, 64, end, o->constant(b, RING_OWNER_BITS - 3));
	taken = o->alu(b, B_OR, 64, taken, owner);
	o->branch(b, B_NE, 64, o->cas(b, tail_at, 0, 8, tail, taken), tail, rare);
	header = o->alu(b, B_AND, 64, prod, o->constant(b, (b->map->max_entries - 1) & ~7ull));
	header = o->alu(b, B_ADD, 64, o->contents(b, RING_DATA), header);
	taken = o->alu(b, B_OR, 64, o->alu(b, B_SHL, 64, owner, o->constant(b, 32)),
		       o->constant(b, BPF_RINGBUF_BUSY_BIT | size));
	o->store_release(b, header, 0, 8, taken);
	o->cas(b, prod_at, 0, 8, prod, end);
	o->set(b, value, o->alu(b, B_ADD, 64, header, o->constant(b, RING_HEADER)));
	o->jump(b, done);
	o->bind(b, rare);
	o->set(b, value, o->call_out(b));
	o->bind(b, done);
	*result = o->get(b, value);
	return true;
}

const struct inline_row map_ringbuf_reserve_inline = {
	.helper = BPF_FUNC_ringbuf_reserve,
	.map_type = BPF_MAP_TYPE_RINGBUF,
	.emit = emit_reserve,
	.doc = "A record of constant size, while nobody else is reserving",
};
