// SPDX-License-Identifier: BSD-2-Clause
/* Memory that is not plain memory: kernel objects behind handles, packets, globals. */
#include "core/handle.h"
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
	s64 first = MIN(run->packet_link, 0); /* bytes before the packet that may be read, as < 0 */
	u64 v;

	if (!run->packet || off != (s32)off || off < PACKET_LINK)
		return false;
	if (off < PACKET_NET)
		off += run->packet_link - (s64)PACKET_LINK;
	else if (off < 0)
		off += run->packet_net - (s64)PACKET_NET;
	else
		first = 0;
	if (off < first || off + size > run->packet_size)
		return false;
	switch (size) {
	case 1: v = isa_load_U8(run->packet + off); break;
	case 2: v = isa_BE16(isa_load_U16(run->packet + off)); break;
	default: v = isa_BE32(isa_load_U32(run->packet + off)); break;
	}
	*value = v;
	return true;
}

bool interp_direct(const struct run *run, u32 index, u64 off, u64 *addr)
{
	struct map *m = index < run->image->map_count ? run->maps[index] : NULL;

	return m && m->ops->direct && !m->ops->direct(m, off, addr);
}
