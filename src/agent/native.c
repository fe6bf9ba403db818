// SPDX-License-Identifier: BSD-2-Clause
/*
 * Native code of programs in this process. A plan brings one file of code, the
 * same for every process; behind its mapping lie the tables through which code
 * reaches maps and helpers here, filled and then made read-only before any program
 * of the plan can be fired. The code itself is never written here, and no page
 * is ever both writable and executable. It stays mapped: a thread may be in it
 * whenever its program was detached.
 *
 * What cannot be mapped (a policy against executable memory) or resolved is
 * interpreted.
 */
#include "agent/agent.h"

int native_open(const struct plan *plan, const int *fds, u32 fd_count, struct native_area *a)
{
	u64 code = plan->code_size, size = code + plan->table_size;
	u8 *base;
	void *p;

	*a = (struct native_area){0};
	if (!plan->code_fd)
		return 0;
	if (plan->code_fd >= fd_count || !code || code % 4096 || plan->table_size % 4096)
		return -71;
	base = sys_mmap(NULL, size, 3, 0x22 /* PRIVATE, ANONYMOUS */, -1, 0);
	if (sys_failed(base))
		return (int)(long)base;
	p = sys_mmap(base, code, 5, 0x12 /* PRIVATE, FIXED */, fds[plan->code_fd], 0);
	if (sys_failed(p)) {
		sys_munmap(base, size);
		return (int)(long)p;
	}
	*a = (struct native_area){ptr_to_u64(base), (u32)code, plan->table_size};
	return 0;
}

/* Tables are complete: nobody writes them any more. */
void native_close(const struct native_area *a)
{
	if (a->table_size)
		sys3(__NR_mprotect, (long)(a->base + a->code_size), a->table_size, 1);
}

static bool slots_valid(const struct native_slot *s, u32 count, u32 map_count)
{
	for (u32 i = 0; i < count; i++) {
		bool of_map = s[i].kind == NATIVE_MAP || s[i].kind == NATIVE_MAP_VALUE ||
			      s[i].kind == NATIVE_MAP_MEMORY;

		if (s[i].kind >= NATIVE_SLOTS || (of_map && s[i].index >= map_count))
			return false;
	}
	return true;
}

static bool fill_table(const struct native_slot *s, u32 count, const struct prog_ref *ref,
		       u64 *words)
{
	for (u32 i = 0; i < count; i++) {
		const struct map *m = s[i].kind == NATIVE_MAP_VALUE ? ref->maps[s[i].index] : NULL;

		if ((m && !m->ops->direct) || native_resolve(&s[i], ref->maps, &words[i]))
			return false;
	}
	return true;
}

static bool offsets_valid(const struct native_prog *p)
{
	if (p->entry >= p->size)
		return false;
	for (u32 i = 0; i < p->sub_count; i++)
		if (p->subs[i] >= p->size)
			return false;
	for (u32 i = 0; i < p->fixup_count; i++)
		if (p->fixups[i].at >= p->size || p->fixups[i].to >= p->size)
			return false;
	return true;
}

/* The program's code and its table, by what the plan says at `off`. False: it is interpreted. */
static bool take(const struct plan *plan, u64 size, u32 off, const struct native_area *a,
		 struct prog_ref *ref)
{
	const struct plan_native *n = plan_part(plan, size, off, 1, sizeof(*n));
	const struct native_slot *slots;
	struct native_prog *p = &ref->native;

	if (!n || n->code > a->code_size || n->size > a->code_size - n->code ||
	    n->table > a->table_size || n->table & 7 ||
	    n->slot_count > (a->table_size - n->table) / 8)
		return false;
	slots = plan_part(plan, size, n->slot_off, n->slot_count, sizeof(*slots));
	*p = (struct native_prog){
		.image = ref->image,
		.maps = ref->maps,
		.code = a->base + n->code,
		.size = n->size,
		.entry = n->entry,
		.start = a->base + n->code + n->entry,
		.subs = plan_part(plan, size, n->sub_off, n->sub_count, 4),
		.sub_count = n->sub_count,
		.lines = plan_part(plan, size, n->line_off, n->line_count, sizeof(*p->lines)),
		.line_count = n->line_count,
		.fixups = plan_part(plan, size, n->fixup_off, n->fixup_count, sizeof(*p->fixups)),
		.fixup_count = n->fixup_count,
	};
	return slots && p->subs && p->lines && p->fixups && n->sub_count <= ref->image->sub_count &&
	       offsets_valid(p) && slots_valid(slots, n->slot_count, ref->image->map_count) &&
	       fill_table(slots, n->slot_count, ref, u64_to_ptr(a->base + a->code_size + n->table));
}

void native_add(const struct plan *plan, u64 size, u32 off, const struct native_area *a,
		struct prog_ref *ref)
{
	mem_zero(&ref->native, sizeof(ref->native));
	if (a->base && off && !take(plan, size, off, a, ref))
		mem_zero(&ref->native, sizeof(ref->native));
}

static struct prog_ref *prog_at(u64 pc)
{
	for (u32 i = 0; i < agent.prog_count; i++) {
		const struct native_prog *p = &agent.progs[i].native;

		if (p->code && pc - p->code < p->size)
			return &agent.progs[i];
	}
	return NULL;
}

/* Registers of struct sig_context by the processor's numbers. */
static u64 *register_of(struct sig_context *uc, u32 number)
{
	u64 *const low[8] = {&uc->ax, &uc->cx, &uc->dx, &uc->bx,
			     &uc->sp, &uc->bp, &uc->si, &uc->di};

	return number < 8 ? low[number] : number < 16 ? &uc->r8 + (number - 8) : NULL;
}

bool native_faulted(struct block *b, const struct sig_info *info, struct sig_context *uc)
{
	const struct prog_ref *p = b && b->running ? prog_at(uc->ip) : NULL;
	bool write = uc->trapno == 14 /* a page fault */ && uc->err & 2;
	struct native_resume to;
	u64 *reg;

	if (!p || !native_recover(&b->run, &p->native, uc->ip, info->addr, write, &to))
		return false;
	uc->ip = to.pc;
	reg = register_of(uc, to.clear);
	if (reg)
		*reg = 0;
	if (to.leaves) {
		uc->di = to.args[0];
		uc->si = to.args[1];
	}
	return true;
}
