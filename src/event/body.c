// SPDX-License-Identifier: BSD-2-Clause
/*
 * Windows: whole instructions that a 5-byte jump may replace.
 *
 * A jump covers more than one instruction; whoever arrives at the second one
 * by another way than through the first would execute half a jump. So no
 * byte of a window but its first may be a target (targets.c for everything far,
 * the sweep here for short branches), and no call may stand in it with
 * something behind, for its return would arrive there.
 *
 * A syscall's window may reach to both sides of it:
 *
 *	mov $39,%eax │ syscall │ cmp $-4095,%rax │ jae
 *	└──── jmp ───┘                             one before: preferred
 *	               └─ jmp ────────┘            one behind
 *
 * In it nothing changes the stack pointer: the stub's unwind rule says that the
 * stack is the application's throughout.
 */
#include <errno.h>
#include <string.h>
#include "event/body.h"

#define SHORT_REACH 160 /* a short branch reaches less, from and to */

void body_fini(struct body *b)
{
	vec_fini(&b->insns);
}

s64 body_find(const struct body *b, u64 va)
{
	size_t lo = 0, hi = b->insns.len;

	while (lo < hi) { /* the first that starts behind va */
		size_t mid = lo + (hi - lo) / 2;

		if (b->insns.data[mid].va <= va)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || va - b->insns.data[lo - 1].va >= b->insns.data[lo - 1].len)
		return -1;
	return lo - 1;
}

/* Short branches of a function into the targets; once per function. */
static void sweep(struct elf_image *e, struct elf_function *fn)
{
	const u8 *p = elf_code_bytes(e, fn->start);

	if (fn->swept)
		return;
	fn->swept = true;
	for (u64 va = fn->start; va < fn->end;) {
		struct insn i;

		if (!insn_decode_fast(p + (va - fn->start), fn->end - va, va, &i)) {
			va++;
			continue;
		}
		if (i.is_short)
			elf_mark_target(e, i.target);
		va += i.len;
	}
}

static void sweep_neighbours(struct elf_image *e, struct elf_function *fn)
{
	struct elf_function *first = e->functions.data, *end = first + e->functions.len;

	for (struct elf_function *f = fn - 1; f >= first && f->end + SHORT_REACH > fn->start; f--)
		sweep(e, f);
	for (struct elf_function *f = fn + 1; f < end && f->start < fn->end + SHORT_REACH; f++)
		sweep(e, f);
}

/* A branch may skip prefixes of an instruction (lock), but arrive nowhere else inside one. */
static bool is_boundary(const struct body *b, u64 va)
{
	s64 i = body_find(b, va);

	if (i < 0)
		return false;
	for (u64 at = b->insns.data[i].va; at < va; at++)
		if (b->bytes[at - b->fn->start] != 0xf0)
			return false;
	return true;
}

/*
 * Hand-written code ends its unwind data early: glibc's clone() ahead of the
 * syscall, so that a new thread's stack has an end. Control falls through all
 * the same; what it reaches before the next function belongs to this one.
 */
void body_extend(struct elf_image *e, struct elf_function *fn)
{
	struct elf_function *next = fn + 1;
	const struct elf_segment *s = elf_code_at(e, fn->start);
	u64 va = fn->start, limit = s->va + s->size;
	struct insn i = {.kind = INSN_RET};

	if (next < e->functions.data + e->functions.len && next->start < limit)
		limit = next->start;
	while (va < limit && (va < fn->end || !insn_ends(&i))) {
		if (!insn_decode_fast(s->data + (va - s->va), limit - va, va, &i) ||
		    i.kind == INSN_TRAP)
			return;
		va += i.len;
	}
	if (va > fn->end) {
		fn->end = va;
		fn->swept = false;
	}
}

int body_decode(struct elf_image *e, struct elf_function *fn, struct body *out)
{
	struct body b = {.fn = fn, .bytes = elf_code_bytes(e, fn->start)};
	VEC(u64) branches = {0};
	int err = 0;

	for (u64 va = fn->start; !err && va < fn->end;) {
		struct insn i;

		if (!insn_decode_fast(b.bytes + (va - fn->start), fn->end - va, va, &i)) {
			b.doubt = "the function has bytes that are no instructions";
			break;
		}
		err = vec_push(&b.insns, (struct body_insn){va, i.len, i.kind, i.is_nop});
		if (i.is_short)
			elf_mark_target(e, i.target);
		if (!err && !i.disp && i.target - fn->start < fn->end - fn->start)
			err = vec_push(&branches, i.target);
		va += i.len;
	}
	vec_each (&branches, k)
		if (!b.doubt && !is_boundary(&b, branches.data[k]))
			b.doubt = "the function branches into the middle of an instruction";
	vec_fini(&branches);
	if (err) {
		body_fini(&b);
		return err;
	}
	if (e->targets_known) {
		fn->swept = !b.doubt;
		sweep_neighbours(e, fn);
	}
	*out = b;
	return 0;
}

/* Whether nothing arrives in (from, to). */
static bool is_private(const struct elf_image *e, u64 from, u64 to)
{
	const struct elf_segment *s = elf_code_at(e, from);

	if (!s || to - s->va > s->size)
		return false;
	for (u64 va = from + 1; va < to; va++)
		if (elf_is_target(s, va))
			return false;
	return true;
}

static void fill_window(const struct elf_image *e, const struct body *b, size_t first, size_t count,
			size_t before, struct code_window *out)
{
	const struct body_insn *in = &b->insns.data[first];
	const struct elf_segment *s = elf_code_at(e, in->va);
	u64 len = in[count - 1].va + in[count - 1].len - in->va;

	*out = (struct code_window){.offset = s->offset + (in->va - s->va),
				    .len = len,
				    .insns = count,
				    .before = before,
				    .over = CODE_PATCH_BYTES};
	memcpy(out->bytes, b->bytes + (in->va - b->fn->start),
	       MIN(MAX(len, 5), s->size - (in->va - s->va)));
}

/* Whether one instruction may run in a syscall's stub; `last`: nothing of the window follows. */
static const char *check_neighbour(const struct body *b, size_t i, bool last)
{
	const struct body_insn *at = &b->insns.data[i];
	struct insn in;

	if (!insn_decode(b->bytes + (at->va - b->fn->start), at->len, at->va, &in))
		return "undecodable";
	switch (in.kind) {
	case INSN_PLAIN:
	case INSN_RIP:
	case INSN_JCC:
	case INSN_LOOP: break;
	case INSN_JMP:
		if (!last)
			return "a jump precedes it";
		break;
	default: return "a call, return, trap or another syscall stands beside it";
	}
	return in.rsp_write ? "an instruction beside it moves the stack pointer" : NULL;
}

/* Tries the window of `before` instructions ahead of i and `behind` after it. */
static const char *try_syscall(const struct elf_image *e, const struct body *b, size_t i,
			       size_t before, size_t behind, u64 from, struct code_window *out)
{
	u64 start, end;

	if (before > i || i + behind >= b->insns.len)
		return "the function ends too soon";
	start = b->insns.data[i - before].va;
	end = b->insns.data[i + behind].va + b->insns.data[i + behind].len;
	if (end - start < CODE_PATCH_BYTES || end - start > CODE_WINDOW_BYTES)
		return "too few bytes around it";
	if (start < from)
		return "the window of another syscall is too near";
	if (!is_private(e, start, end))
		return "something branches to an instruction beside it";
	for (size_t k = i - before; k <= i + behind; k++) {
		const char *why = k == i ? NULL : check_neighbour(b, k, k == i + behind && behind);

		if (why)
			return why;
	}
	fill_window(e, b, i - before, before + behind + 1, before, out);
	return NULL;
}

const char *body_syscall_window(const struct elf_image *e, const struct body *b, size_t i, u64 from,
				struct code_window *out)
{
	const char *why = NULL, *first = NULL;

	for (size_t total = 1; total < CODE_WINDOW_INSNS; total++)
		for (size_t behind = 0; behind <= total; behind++) {
			why = try_syscall(e, b, i, total - behind, behind, from, out);
			if (!why)
				return NULL;
			if (!first || !strcmp(first, "too few bytes around it"))
				first = why;
		}
	return first;
}

/* Bytes behind an instruction that control does not pass: may [va, end) be overwritten? */
static bool is_padding(const struct elf_image *e, u64 va, u64 end)
{
	const struct elf_segment *s = elf_code_at(e, va);

	while (va < end) {
		struct insn i;

		if (!s || va - s->va >= s->size || elf_is_target(s, va) ||
		    !insn_decode_fast(s->data + (va - s->va), s->size - (va - s->va), va, &i))
			return false;
		if (!i.is_nop && s->data[va - s->va] != 0xcc)
			return false;
		va += i.len;
	}
	return true;
}

/* Whether an instruction may stand in a probe's window. */
static const char *check_moved(const struct insn *in)
{
	switch (in->kind) {
	case INSN_SYSCALL: return "a syscall instruction follows";
	case INSN_TRAP: return "an instruction that traps follows";
	case INSN_OTHER: return "an instruction that cannot be moved follows";
	case INSN_CALL_IND: return in->rsp_base ? "a call through the stack follows" : NULL;
	}
	return NULL;
}

const char *body_probe_window(const struct elf_image *e, const struct body *b, size_t first,
			      u64 end, struct code_window *out)
{
	u64 start = b->insns.data[first].va, at = start;
	size_t i = first;

	if (start + CODE_PATCH_BYTES > end)
		return "another patch begins behind it";
	for (; at < start + CODE_PATCH_BYTES; i++) {
		struct insn in;
		const char *why;

		if (i == b->insns.len)
			return "the function ends too soon";
		if (!insn_decode(b->bytes + (at - b->fn->start), b->insns.data[i].len, at, &in))
			return "undecodable";
		why = check_moved(&in);
		if (why)
			return why;
		at += in.len;
		if (!insn_ends(&in) || at >= start + CODE_PATCH_BYTES)
			continue;
		if (in.kind == INSN_CALL_IND || in.kind == INSN_CALL)
			return "a call would return into the patch";
		if (!is_padding(e, at, start + CODE_PATCH_BYTES))
			return "control leaves within the five bytes and other code follows";
		i++;
		break;
	}
	if (!is_private(e, start, MAX(at, start + CODE_PATCH_BYTES)))
		return "something branches into the five bytes";
	if (at > end)
		return "another patch begins behind it";
	fill_window(e, b, first, i - first, 0, out);
	return NULL;
}
