// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where may control arrive other than by falling through? A jump written over
 * several instructions must not have such a place inside, so the answer errs
 * towards yes. One bit per byte of code is set for
 *
 *	- the target of every e8, e9 and 0f 8x rel32, at whatever byte it stands
 *	  (instruction boundaries are not trusted; a false one hits code by chance
 *	  once in 2^32 / size);
 *	- every address of code that a rip-relative lea takes, and the entries of the
 *	  tables that such a lea addresses (switch statements);
 *	- every aligned word of data, and every relative relocation, that is an
 *	  address of code (computed goto, function pointers);
 *	- with fixed addresses also what may be an immediate operand;
 *	- function starts, symbols, landing pads of exceptions.
 *
 * Short jumps reach 128 bytes and are found where the function around a window
 * is decoded (function.c).
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "event/elf.h"

void elf_mark_target(struct elf_image *e, u64 va)
{
	for (u32 i = 0; i < e->seg_count; i++) {
		struct elf_segment *s = &e->seg[i];

		if (s->targets && va - s->va < s->size)
			s->targets[(va - s->va) / 8] |= 1 << (va - s->va) % 8;
	}
}

static inline s32 read32(const u8 *p)
{
	s32 v;

	memcpy(&v, p, 4);
	return v;
}

static inline u64 read64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, 8);
	return v;
}

/* A lea and what it addresses. */
struct lea {
	u64 table;
	const struct elf_function *fn; /* that the lea stands in, or NULL */
};

static int by_table(const void *a, const void *b)
{
	const struct lea *x = a, *y = b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return x->fn < y->fn ? -1 : x->fn > y->fn;
}

/*
 * A table of 32-bit distances from itself, as compilers write for switch. How
 * long it is only the code knows: up to `next`, where the next thing that is
 * addressed begins, all its entries count; behind that those that lead into
 * the function that uses it.
 */
static void mark_table(struct elf_image *e, const struct lea *lea, u64 next)
{
	u64 left;
	const u8 *p = elf_at(e, lea->table, &left);

	for (; p && left >= 4 && e->budget; p += 4, left -= 4, e->budget--) {
		u64 va = lea->table + read32(p);
		bool own = lea->fn && va - lea->fn->start < lea->fn->end - lea->fn->start;

		if (!own && (next <= 4 || !elf_code_at(e, va)))
			return;
		elf_mark_target(e, va);
		next -= next >= 4 ? 4 : 0;
	}
}

static void mark_tables(struct elf_image *e, struct lea *lea, size_t count)
{
	if (!count)
		return;
	qsort(lea, count, sizeof(*lea), by_table);
	for (size_t i = 0, k; i < count; i++) {
		if (i && !by_table(&lea[i], &lea[i - 1]))
			continue;
		for (k = i + 1; k < count && lea[k].table == lea[i].table; k++)
			;
		mark_table(e, &lea[i], k < count ? lea[k].table - lea[i].table + 4 : ~0ull);
	}
}

struct leas {
	VEC(struct lea) list;
};

/* lea disp(%rip) at `at` addresses va. */
static int note_lea(struct elf_image *e, struct leas *l, u64 at, u64 va)
{
	if (elf_code_at(e, va)) {
		elf_mark_target(e, va);
		if (elf_function_at(e, va))
			return 0;
	}
	return vec_push(&l->list, (struct lea){va, elf_function_at(e, at)});
}

static inline void mark_relative(struct elf_image *e, struct elf_segment *s, u64 at)
{
	if (at < s->size)
		s->targets[at / 8] |= 1 << at % 8;
	else
		elf_mark_target(e, s->va + at);
}

static int scan_code(struct elf_image *e, struct elf_segment *s, struct leas *l)
{
	const u8 *d = s->data;

	for (u64 i = 0; i + 6 <= s->size; i++) {
		if ((d[i] & 0xfe) == 0xe8)
			mark_relative(e, s, i + 5 + (u64)(s64)read32(d + i + 1));
		else if (d[i] == 0x0f && (d[i + 1] & 0xf0) == 0x80)
			mark_relative(e, s, i + 6 + (u64)(s64)read32(d + i + 2));
		else if (d[i] == 0x8d && (d[i + 1] & 0xc7) == 0x05 &&
			 note_lea(e, l, s->va + i, s->va + i + 6 + (u64)(s64)read32(d + i + 2)))
			return -ENOMEM;
	}
	if (s->size >= 5 && (d[s->size - 5] & 0xfe) == 0xe8)
		mark_relative(e, s, s->size + (u64)(s64)read32(d + s->size - 4));
	return 0;
}

/* Whether the 32 bits at i may be the immediate of mov $imm,reg, push $imm or mov $imm,memory. */
static bool may_be_immediate(const u8 *d, u64 i)
{
	if (i && ((d[i - 1] & 0xf8) == 0xb8 || d[i - 1] == 0x68))
		return true;
	for (u64 back = 2; back <= 7 && back <= i; back++)
		if (d[i - back] == 0xc7)
			return true;
	return false;
}

/* Absolute addresses in code linked to a fixed address. */
static void scan_fixed(struct elf_image *e, struct elf_segment *s)
{
	if (!e->fixed || s->va + s->size > 1ull << 31)
		return;
	for (u64 i = 0; i + 4 <= s->size; i++) {
		u64 at = (u32)read32(s->data + i) - s->va;

		if (at < s->size && may_be_immediate(s->data, i))
			s->targets[at / 8] |= 1 << at % 8;
	}
}

static void scan_data(struct elf_image *e, const struct elf_segment *s, u64 lo, u64 hi)
{
	for (u64 i = -s->va & 7; i + 8 <= s->size; i += 8) {
		u64 va = read64(s->data + i);

		if (va - lo < hi - lo)
			elf_mark_target(e, va);
	}
}

static void scan_relocations(struct elf_image *e)
{
	u64 left, rela = 0, size = 0;
	const u8 *p = e->dynamic ? elf_at(e, e->dynamic, &left) : NULL;

	for (; p && left >= sizeof(Elf64_Dyn); p += sizeof(Elf64_Dyn), left -= sizeof(Elf64_Dyn)) {
		u64 tag = read64(p), value = read64(p + 8);

		if (tag == DT_NULL)
			break;
		if (tag == DT_RELA)
			rela = value;
		if (tag == DT_RELASZ)
			size = value;
	}
	p = rela ? elf_at(e, rela, &left) : NULL;
	if (!p)
		return;
	for (left = MIN(left, size); left >= sizeof(Elf64_Rela);
	     left -= sizeof(Elf64_Rela), p += sizeof(Elf64_Rela)) {
		u32 type = read64(p + 8);

		if (type == R_X86_64_RELATIVE || type == R_X86_64_IRELATIVE)
			elf_mark_target(e, read64(p + 16));
	}
}

int elf_find_targets(struct elf_image *e)
{
	u64 lo = ~0ull, hi = 0;
	struct leas leas = {0};
	int err = 0;

	e->budget = 4 * e->file_size; /* honest files need less than one entry per byte */

	for (u32 i = 0; i < e->seg_count; i++) {
		struct elf_segment *s = &e->seg[i];

		if (!s->exec)
			continue;
		s->targets = s->targets ?: base_zalloc(s->size / 8 + 1);
		if (!s->targets)
			return -ENOMEM;
		lo = MIN(lo, s->va);
		hi = MAX(hi, s->va + s->size);
	}
	for (u32 i = 0; !err && i < e->seg_count; i++) {
		if (e->seg[i].exec) {
			err = scan_code(e, &e->seg[i], &leas);
			scan_fixed(e, &e->seg[i]);
		} else if (e->seg[i].data) {
			scan_data(e, &e->seg[i], lo, hi);
		}
	}
	mark_tables(e, leas.list.data, leas.list.len);
	vec_fini(&leas.list);
	if (err)
		return err;
	scan_relocations(e);
	vec_each (&e->functions, i) {
		elf_mark_target(e, e->functions.data[i].start);
		if (e->functions.data[i].lsda)
			elf_mark_landing_pads(e, &e->functions.data[i]);
	}
	vec_each (&e->labels, i)
		elf_mark_target(e, e->labels.data[i]);
	e->targets_known = true;
	return e->budget ? 0 : -ENOEXEC;
}
