// SPDX-License-Identifier: BSD-2-Clause
/* Memory that is not plain memory: kernel objects behind handles, packets, globals. */
#include "core/handle.h"
#include "core/packet.h"
#include "interp/state.h"
#include "isa/sem.h"

u64 interp_load_handle(struct interp *in, u64 addr, u32 size, bool is_signed)
{
	struct run *run = in->run;
	u64 v = 0;

	if (!run->env || !run->env->read_kernel || run->env->read_kernel(run, &v, size, addr)) {
		run->unknown++;
		in->missed = true;
		return 0;
	}
	if (!is_signed)
		return v;
	switch (size) {
	case 1: return isa_MOVSX8_64(v);
	case 2: return isa_MOVSX16_64(v);
	default: return isa_MOVSX32_64(v);
	}
}

/* Classic BPF's special offsets: the network header's, the link layer's. */
#define PACKET_NET  (-0x100000)
#define PACKET_LINK (-0x200000)

bool interp_load_packet(const struct run *run, s64 off, u32 size, u64 *value)
{
	const struct packet *p = run->packet;
	const u8 *at, *first;
	u64 v;

	if (!p || off != (s32)off || off < PACKET_LINK)
		return false;
	if (off >= 0) {
		first = packet_data(p);
		at = first + off;
	} else { /* all before the packet that its buffer holds may be read, too */
		first = p->head;
		at = p->head +
		     (off < PACKET_NET ? p->link - (s64)PACKET_LINK : p->net - (s64)PACKET_NET) +
		     off;
	}
	if (at < first || at > packet_end(p) || size > packet_end(p) - at)
		return false;
	switch (size) {
	case 1: v = isa_load_U8(at); break;
	case 2: v = isa_BE16(isa_load_U16(at)); break;
	default: v = isa_BE32(isa_load_U32(at)); break;
	}
	*value = v;
	return true;
}

bool interp_tail_call(struct interp *in, struct map *array, u32 index, bool verified)
{
	struct run *run = in->run;
	struct map *const *maps = NULL;
	const struct image *image;
	u32 id;

	if (index >= array->max_entries || run->tail_calls >= RUN_TAIL_CALLS)
		return false;
	id = __atomic_load_n((const u32 *)array->contents + index, __ATOMIC_ACQUIRE);
	if (!id || !run->env || !run->env->program)
		return false;
	image = run->env->program(run, id, &maps);
	if (!image || !image->op_count || (verified && !(image->flags & IMAGE_VERIFIED)))
		return false;
	run->tail_calls++;
	interp_set_image(in, image, maps);
	interp_new_frame(in, in->depth);
	return true;
}

bool interp_direct(const struct run *run, u32 index, u64 off, u64 *addr)
{
	struct map *m = index < run->image->map_count ? run->maps[index] : NULL;

	return m && m->ops->direct && !m->ops->direct(m, off, addr);
}
