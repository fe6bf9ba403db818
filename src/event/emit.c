// SPDX-License-Identifier: BSD-2-Clause
/*
 * Stubs for one process' addresses: what core/plan.h draws, in bytes.
 *
 * The moved instructions stand in the stub when they reach what they refer to
 * from there. When the arena is more than 2 GiB away from the site (a main
 * program seen from a library), they stand in a near piece, and the patch
 * jumps there:
 *
 *	site ──jmp──▶ near piece: [before]; jmp *slot      slot: lea head; jmp enter
 *	                          [behind]; jmp back  ◀─────── at_after: jmp *near
 *
 * Every distance is checked while it is written; the first that does not fit
 * ends the attempt with -ERANGE.
 */
#include <errno.h>
#include <string.h>
#include "event/code.h"
#include "event/insn.h"

_Static_assert(sizeof(struct stub_head) <= STUB_HEAD_BYTES, "code begins behind the head");

/* Bytes being written for an address; after an error everything is a no-op. */
struct writer {
	u8 *buf;
	u32 len, cap;
	u64 va; /* of buf */
	int err;
};

static void put(struct writer *w, const void *bytes, u32 n)
{
	if (!w->err && n > w->cap - w->len)
		w->err = -ENOTSUP;
	if (w->err)
		return;
	memcpy(w->buf + w->len, bytes, n);
	w->len += n;
}

/* Opcode bytes and the distance to target. */
static void put_rel(struct writer *w, const char *opcode, u32 n, u64 target)
{
	s64 d = (s64)(target - (w->va + w->len + n + 4));
	s32 rel = (s32)d;

	if (!w->err && d != rel)
		w->err = -ERANGE;
	put(w, opcode, n);
	put(w, &rel, 4);
}

/* A jump that reaches everything: direct when near, else jmp *0(%rip) and the address. */
static void put_jump(struct writer *w, u64 target)
{
	s64 d = (s64)(target - (w->va + w->len + 5));

	if (d == (s32)d) {
		put_rel(w, "\xe9", 1, target);
		return;
	}
	put(w, "\xff\x25\0\0\0\0", 6);
	put(w, &target, 8);
}

static void put_syscall_entry(struct writer *w, u64 slot, u64 entry)
{
	put_rel(w, "\x48\x8d\x0d", 3, slot); /* lea head(%rip),%rcx */
	put_rel(w, "\xe9", 1, entry);
}

/* Instructions first..last-1 of a window, moved; notes them in the head. */
struct moving {
	const struct code_window *window;
	u64 window_va;
	struct stub_head *head;
	u32 offset[CODE_WINDOW_INSNS + 1]; /* of each instruction in the window */
};

static int start_moving(struct moving *m, const struct code_window *w, u64 va,
			struct stub_head *head)
{
	u32 at = 0;

	*m = (struct moving){.window = w, .window_va = va, .head = head};
	if (w->insns > CODE_WINDOW_INSNS || w->len > CODE_WINDOW_BYTES)
		return -ENOTSUP;
	for (u32 i = 0; i < w->insns; i++) {
		struct insn in;

		m->offset[i] = at;
		if (!insn_decode(w->bytes + at, w->len - at, va + at, &in))
			return -ENOTSUP;
		at += in.len;
	}
	m->offset[w->insns] = at;
	return at == w->len ? 0 : -ENOTSUP;
}

static void put_moved(struct writer *w, struct moving *m, u32 first, u32 last)
{
	for (u32 i = first; i < last && !w->err; i++) {
		u32 at = m->offset[i];
		u8 moved[INSN_MOVED_BYTES];
		int n = insn_move(m->window->bytes + at, m->offset[i + 1] - at, m->window_va + at,
				  w->va + w->len, moved);

		if (n < 0 || w->len > 255) {
			w->err = n < 0 ? n : -ENOTSUP;
			return;
		}
		m->head->old_off[m->head->insns] = at;
		m->head->new_off[m->head->insns++] = w->len;
		put(w, moved, n);
	}
}

/* Whether the instruction before index i of a window, the last moved, leaves it anyway. */
static bool never_falls_through(const struct moving *m)
{
	u32 at = m->offset[m->window->insns - 1];
	struct insn in;

	return insn_decode(m->window->bytes + at, m->window->len - at, m->window_va + at, &in) &&
	       insn_ends(&in);
}

static void put_back(struct writer *w, const struct moving *m)
{
	if (!never_falls_through(m))
		put_jump(w, m->head->back);
}

/* One attempt at a slot: where things are being written to. */
struct slot {
	struct code_emitted *out;
	struct stub_head head;
	struct writer stub, near;
	struct writer *moved; /* the one of the two that moved instructions go to */
};

static void start_slot(struct slot *s, struct code_emitted *out, u64 slot_addr, u64 near_addr)
{
	memset(out, 0, sizeof(*out));
	memset(out->stub, 0xcc, sizeof(out->stub));
	memset(out->near, 0xcc, sizeof(out->near));
	*s = (struct slot){
		.out = out,
		.stub = {out->stub, STUB_HEAD_BYTES, STUB_BYTES, slot_addr, 0},
		.near = {out->near, 0, CODE_NEAR_BYTES, near_addr, 0},
	};
	s->moved = near_addr ? &s->near : &s->stub;
	out->entry = near_addr ?: slot_addr + STUB_HEAD_BYTES;
	if (near_addr) {
		s->head.flags = STUB_NEAR;
		s->head.near = near_addr;
	}
}

/* Closes the slot; the patch is written at patch_addr. `is_jump`: else int3; no patch when len is
 * 0. */
static int finish_slot(struct slot *s, u64 patch_addr, u32 patch_len)
{
	struct writer patch = {s->out->patch, 0, sizeof(s->out->patch), patch_addr, 0};

	if (patch_len == CODE_PATCH_BYTES)
		put_rel(&patch, "\xe9", 1, s->out->entry);
	else if (patch_len)
		put(&patch, "\xcc", 1);
	s->head.end = s->stub.len;
	s->head.patch = patch_addr;
	memcpy(s->out->stub, &s->head, sizeof(s->head));
	s->out->patch_addr = patch_addr;
	s->out->patch_len = patch_len;
	s->out->near_len = s->near.len;
	return s->stub.err ?: s->near.err ?: patch.err;
}

static int try_syscall(const struct code_site *site, u64 site_addr, u64 slot_addr, u64 near_addr,
		       bool bare, const struct code_entries *e, struct code_emitted *out)
{
	const struct code_window *w = &site->window;
	u64 window_va = bare ? site_addr : site_addr - (site->offset - w->offset);
	struct moving m = {0};
	struct slot s;
	int err = 0;

	start_slot(&s, out, slot_addr, bare ? 0 : near_addr);
	s.head.kind = STUB_SYSCALL;
	s.head.site = site_addr;
	s.head.back = bare ? site_addr + 2 : window_va + w->len;
	if (!bare)
		err = start_moving(&m, w, window_va, &s.head);
	if (err)
		return err;
	if (!bare) {
		put_moved(s.moved, &m, 0, w->before);
		if (near_addr)
			put_jump(&s.near, slot_addr + STUB_HEAD_BYTES);
	}
	s.head.unwind = site_addr + 2;
	s.head.at_enter = s.stub.len;
	put_syscall_entry(&s.stub, slot_addr, e->syscall_enter);
	s.head.at_syscall = s.stub.len;
	put(&s.stub, "\x0f\x05", 2);
	s.head.at_exit = s.stub.len;
	put_syscall_entry(&s.stub, slot_addr, e->syscall_exit);
	s.head.at_after = s.stub.len;
	if (bare) {
		put_jump(&s.stub, s.head.back);
		return finish_slot(&s, site_addr, 0);
	}
	if (near_addr)
		put_jump(&s.stub, near_addr + s.near.len);
	put_moved(s.moved, &m, w->before + 1, w->insns);
	if (w->before + 1 == w->insns)
		put_jump(s.moved, s.head.back);
	else
		put_back(s.moved, &m);
	return finish_slot(&s, window_va, CODE_PATCH_BYTES);
}

static int try_probe(const struct code_probe *p, u64 probe_addr, u64 slot_addr, u64 near_addr,
		     u64 chain, u32 probe, const struct code_entries *e, struct code_emitted *out)
{
	const struct code_window *w = &p->window;
	u64 window_va = probe_addr + (w->offset - p->offset);
	bool is_jump = p->mode == CODE_PROBE_JUMP;
	struct moving m = {0};
	struct slot s;
	int err;

	start_slot(&s, out, slot_addr, near_addr);
	err = chain ? 0 : start_moving(&m, w, window_va, &s.head);
	if (err)
		return err;
	s.head.kind = STUB_PROBE;
	s.head.unwind = probe_addr;
	s.head.site = probe_addr;
	s.head.probe = probe;
	s.head.flags |= p->flags | (chain ? STUB_CHAINED : 0);
	s.head.back = window_va + (chain ? 0 : w->len);
	if (near_addr && is_jump)
		put_jump(&s.near, slot_addr + STUB_HEAD_BYTES);
	else if (near_addr)
		out->entry = slot_addr + STUB_HEAD_BYTES; /* the agent moves the thread there */
	put(&s.stub, "\x48\x8d\x64\x24\x80", 5);          /* lea -128(%rsp),%rsp */
	put_rel(&s.stub, "\xe8", 1, e->probe_entry);
	s.head.at_return = s.stub.len;
	put(&s.stub, "\x48\x8d\xa4\x24\x80\0\0\0", 8); /* lea 128(%rsp),%rsp */
	s.head.at_after = s.stub.len;
	if (chain) {
		put_jump(&s.stub, chain);
		return finish_slot(&s, window_va, is_jump ? CODE_PATCH_BYTES : 1);
	}
	if (near_addr)
		put_jump(&s.stub, near_addr + s.near.len);
	put_moved(s.moved, &m, 0, w->insns);
	put_back(s.moved, &m);
	return finish_slot(&s, window_va, is_jump ? CODE_PATCH_BYTES : 1);
}

int code_emit_syscall(const struct code_site *s, u64 site_addr, u64 slot_addr, u64 near_addr,
		      bool bare, const struct code_entries *e, struct code_emitted *out)
{
	int err;

	bare = bare || s->kind != CODE_SITE_PATCH;
	err = try_syscall(s, site_addr, slot_addr, 0, bare, e, out);
	if (err != -ERANGE || !near_addr)
		return err;
	err = try_syscall(s, site_addr, slot_addr, near_addr, bare, e, out);
	return err == -ERANGE ? -ENOTSUP : err;
}

int code_emit_probe(const struct code_probe *p, u64 probe_addr, u64 slot_addr, u64 near_addr,
		    u64 chain, u32 probe, const struct code_entries *e, struct code_emitted *out)
{
	int err;

	if (!chain && p->window.insns == 1 && p->window.len >= 2 &&
	    !memcmp(p->window.bytes, "\x0f\x05", 2))
		return -ENOTSUP; /* a syscall must run in a slot that sees it */
	err = try_probe(p, probe_addr, slot_addr, 0, chain, probe, e, out);
	if (err != -ERANGE || !near_addr)
		return err;
	err = try_probe(p, probe_addr, slot_addr, near_addr, chain, probe, e, out);
	return err == -ERANGE ? -ENOTSUP : err;
}
