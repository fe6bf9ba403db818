// SPDX-License-Identifier: BSD-2-Clause
/* The run context: faults, the memory that is live besides the stack, what is held; fault counters.
 */
#include <linux/errno.h>
#include "core/packet.h"
#include "core/run.h"
#include "core/world_page.h"

int run_fault_set(struct run *run, u32 kind, u32 insn, u64 addr, u32 size, u32 arg)
{
	if (run->fault.kind == FAULT_NONE)
		run->fault = (struct run_fault){
			.kind = kind, .insn = insn, .addr = addr, .size = size, .arg = arg};
	return -EFAULT;
}

static struct run_region *region_at(struct run *run, u64 base)
{
	for (u32 i = 0; i < run->region_count; i++)
		if (run->regions[i].base == base)
			return &run->regions[i];
	return NULL;
}

const struct run_region *run_region_find(const struct run *run, u64 base)
{
	return region_at((struct run *)run, base);
}

int run_region_add(struct run *run, u64 base, u32 size, bool writable, u8 kind)
{
	if (run->region_count >= RUN_MAX_REGIONS)
		return -ENOSPC;
	run->regions[run->region_count++] =
		(struct run_region){.base = base, .size = size, .writable = writable, .kind = kind};
	return 0;
}

int run_region_hold(struct run *run, u64 base, u32 size, void (*release)(struct run *run, u64 base))
{
	int err = run_region_add(run, base, size, true, REGION_RINGBUF);

	if (!err)
		run->regions[run->region_count - 1].release = release;
	return err;
}

int run_region_del(struct run *run, u64 base)
{
	struct run_region *r = region_at(run, base);

	if (!r)
		return -ENOENT;
	*r = run->regions[--run->region_count];
	return 0;
}

void run_release(struct run *run)
{
	for (u32 i = 0; i < run->region_count;) {
		struct run_region r;

		if (!run->regions[i].release) {
			i++;
			continue;
		}
		r = run->regions[i];
		/* Out of the list first: the owner's release may look for it, or remove it itself.
		 */
		run_region_del(run, r.base);
		r.release(run, r.base);
		i = 0;
	}
	if (run->held_lock) {
		__atomic_store_n((u32 *)run->held_lock, 0, __ATOMIC_RELEASE);
		run->held_lock = NULL;
	}
}

/* Does [addr, addr + size) lie in [base, base + len)? No sum that could wrap. */
static bool inside(u64 addr, u64 size, u64 base, u64 len)
{
	return addr >= base && size <= len && addr - base <= len - size;
}

static bool find_context(struct run *run, u64 addr, u32 size, bool write, struct map_span *out)
{
	const struct image *img = run->image;
	u64 ctx = ptr_to_u64(run->ctx);
	u32 len = img->ctx_size && img->ctx_size < run->ctx_size ? img->ctx_size : run->ctx_size;
	u32 lo = img->ctx_write_lo, hi = MIN(img->ctx_write_hi, len);

	if (!run->ctx)
		return false;
	if (run->packet && run->ctx == &run->packet->skb && !write) { /* the pointers before it */
		ctx -= PACKET_SHADOW;
		len += PACKET_SHADOW;
	}
	if (write && lo < hi && inside(addr, size, ctx + lo, hi - lo))
		*out = (struct map_span){.base = ctx + lo, .size = hi - lo, .writable = true};
	else if (!write && inside(addr, size, ctx, len))
		*out = (struct map_span){.base = ctx, .size = len};
	else
		return false;
	return true;
}

/* The packet's bytes, and the socket it belongs to. */
static bool find_packet(const struct packet *p, u64 addr, u32 size, bool write,
			struct map_span *out)
{
	u64 sock = p->kind == PACKET_SKB ? ptr_to_u64(p->skb.sk) : 0;

	if (inside(addr, size, p->meta, p->end - p->meta) && (p->writable || !write))
		*out = (struct map_span){p->meta, p->end - p->meta, p->writable};
	else if (sock && !write && inside(addr, size, sock, sizeof(p->sock)))
		*out = (struct map_span){sock, sizeof(p->sock), false};
	else if (p->keys && inside(addr, size, p->keys, sizeof(struct bpf_flow_keys)))
		*out = (struct map_span){p->keys, sizeof(struct bpf_flow_keys), true};
	else
		return false;
	return true;
}

struct run_local *run_local_find(const struct run *run, const struct map *m)
{
	for (u32 i = 0; i < run->local_count; i++)
		if (run->locals[i].map == m)
			return &run->locals[i];
	return NULL;
}

static bool find_local(const struct run *run, u64 addr, u32 size, struct map_span *out)
{
	for (u32 i = 0; i < run->local_count; i++) {
		const struct run_local *l = &run->locals[i];

		if (!l->made || !inside(addr, size, ptr_to_u64(l->value), l->map->value_size))
			continue;
		*out = (struct map_span){ptr_to_u64(l->value), l->map->value_size, true};
		return true;
	}
	return false;
}

/* Kept values may be deleted by the program itself. */
static bool is_local(const struct run *run, u64 base)
{
	for (u32 i = 0; i < run->local_count; i++)
		if (ptr_to_u64(run->locals[i].value) == base)
			return true;
	return false;
}

bool run_span_lasts(const struct run *run, u64 base)
{
	return !run_region_find(run, base) && !is_local(run, base) &&
	       !(run->packet && run->packet->meta == base);
}

static bool find_value(struct map *m, u64 addr, struct map_span *out)
{
	return m && m->ops->span && !m->ops->span(m, addr, out);
}

bool run_find_span(struct run *run, u64 addr, u32 size, bool write, struct map_span *out)
{
	if (find_context(run, addr, size, write, out))
		return true;
	if (run->packet && find_packet(run->packet, addr, size, write, out))
		return true;
	if (find_local(run, addr, size, out))
		return true;
	for (u32 i = 0; i < run->region_count; i++) {
		const struct run_region *r = &run->regions[i];

		if (inside(addr, size, r->base, r->size) && (r->writable || !write)) {
			*out = (struct map_span){r->base, r->size, r->writable};
			return true;
		}
	}
	for (u32 i = 0; i < run->image->map_count; i++)
		if (find_value(run->maps[i], addr, out))
			return inside(addr, size, out->base, out->size) &&
			       (out->writable || !write);
	for (u32 i = 0; i < MIN(run->inner_count, (u32)RUN_INNER_MAPS); i++)
		if (find_value(run->inner[i], addr, out))
			return inside(addr, size, out->base, out->size) &&
			       (out->writable || !write);
	return false;
}

bool run_may_access(struct run *run, u64 addr, u32 size, bool write)
{
	struct map_span span;

	return run_find_span(run, addr, size, write, &span);
}

/* kind and insn of a site as one word, so that a site is claimed by one compare-and-swap. */
typedef u64 __attribute__((may_alias)) site_key;
_Static_assert(offsetof(struct world_fault, kind) == 0 && offsetof(struct world_fault, insn) == 4,
	       "a site's key is its first word");

void world_count_fault(struct world_prog *p, u32 kind, u32 insn, u64 addr, u32 size, u32 arg)
{
	u64 key = (u64)insn << 32 | kind;

	__atomic_fetch_add(&p->faults, 1, __ATOMIC_RELAXED);
	for (u32 i = 0; i < WORLD_FAULT_SITES; i++) {
		struct world_fault *f = &p->sites[i];
		u64 old = 0;

		if (__atomic_compare_exchange_n((site_key *)f, &old, key, false, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED)) {
			__atomic_store_n(&f->addr, addr, __ATOMIC_RELAXED);
			__atomic_store_n(&f->size, size, __ATOMIC_RELAXED);
			__atomic_store_n(&f->arg, arg, __ATOMIC_RELAXED);
		} else if (old != key) {
			continue;
		}
		__atomic_fetch_add(&f->count, 1, __ATOMIC_RELAXED);
		return;
	}
}
