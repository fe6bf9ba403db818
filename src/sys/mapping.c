// SPDX-License-Identifier: BSD-2-Clause
/*
 * mmap(2) of descriptors. Segments have their contents where the kernel's
 * mappings have them, so that mapping is the host's business; here is only what
 * the kernel would refuse, and perf rings, which their first mapping makes.
 */
#include <sys/mman.h>
#include "sys/call.h"

static int map_array(struct map_object *m, u64 offset, u64 length, u32 prot)
{
	u64 bytes = ROUND_UP((u64)m->map.value_stride * m->attr.max_entries, PAGE_BYTES);

	if ((prot & PROT_WRITE) && m->frozen)
		return -EPERM;
	if ((prot & PROT_WRITE) && (m->attr.flags & BPF_F_RDONLY_PROG))
		return -EACCES;
	if (!(m->attr.flags & BPF_F_MMAPABLE) || offset > bytes ||
	    ROUND_UP(length, PAGE_BYTES) > bytes - offset)
		return -EINVAL;
	if (prot & PROT_WRITE)
		m->mapped_writable = true;
	return 0;
}

/* The consumer's page may be written, nothing else. */
static int map_ringbuf(const struct map_object *m, u64 offset, u64 length, u32 prot)
{
	u64 bytes = 2 * PAGE_BYTES + 2ull * m->attr.max_entries;

	if ((prot & PROT_WRITE) && (offset || ROUND_UP(length, PAGE_BYTES) != PAGE_BYTES))
		return -EPERM;
	return offset > bytes || ROUND_UP(length, PAGE_BYTES) > bytes - offset ? -EINVAL : 0;
}

/* There the process is the producer: it writes all but the consumer's page. */
static int map_user_ringbuf(const struct map_object *m, u64 offset, u64 length, u32 prot)
{
	u64 bytes = 2 * PAGE_BYTES + 2ull * m->attr.max_entries;

	if ((prot & PROT_WRITE) && !offset)
		return -EPERM;
	return offset > bytes || ROUND_UP(length, PAGE_BYTES) > bytes - offset ? -EINVAL : 0;
}

/* From the start, and no more than there is. */
static int map_arena(const struct map_object *m, u64 offset, u64 length)
{
	u64 bytes = (u64)m->attr.max_entries * PAGE_BYTES;

	if (offset || (m->attr.extra && ROUND_UP(length, PAGE_BYTES) < bytes))
		return -EINVAL;
	return ROUND_UP(length, PAGE_BYTES) > bytes ? -E2BIG : 0;
}

static int map_map(struct map_object *m, u64 offset, u64 length, u32 prot, u32 flags)
{
	u32 type = m->attr.type;

	if ((type != BPF_MAP_TYPE_ARRAY && type != BPF_MAP_TYPE_RINGBUF &&
	     type != BPF_MAP_TYPE_USER_RINGBUF && type != BPF_MAP_TYPE_ARENA) ||
	    m->fields.count)
		return -ENOTSUPP;
	if (!(flags & MAP_SHARED))
		return -EINVAL;
	switch (type) {
	case BPF_MAP_TYPE_ARRAY: return map_array(m, offset, length, prot);
	case BPF_MAP_TYPE_RINGBUF: return map_ringbuf(m, offset, length, prot);
	case BPF_MAP_TYPE_USER_RINGBUF: return map_user_ringbuf(m, offset, length, prot);
	default: return map_arena(m, offset, length);
	}
}

/*
 * The first mapping says how large the ring is and makes it: the event's file
 * becomes a segment like a map's, its contents the page and the data that a
 * consumer knows. Later mappings must be of the same size.
 */
static int make_perf_ring(struct perf_object *e, u64 data)
{
	struct map_attr attr = {
		.type = MAP_TYPE_PERF_RING,
		.key_size = e->cpu + 1,
		.max_entries = data,
		.possible_cpus = e->o.inst->possible_cpus,
		.spin_lock_off = -1,
	};
	char name[16] = "perf_ring";
	u64 size;
	int err;

	err = segment_make(&e->o, &attr, name, &e->map, &size);
	if (err)
		return err;
	e->map_size = size;
	e->ring_size = data;
	e->o.inst->generation++;
	return 0;
}

static int map_perf(struct perf_object *e, u64 offset, u64 length, u32 flags)
{
	u64 data = length - PAGE_BYTES;

	if (!(flags & MAP_SHARED) || offset || length % PAGE_BYTES || !IS_POW2(data))
		return -EINVAL;
	if (e->ring_size)
		return e->ring_size == data ? 0 : -EINVAL;
	return data > INT32_MAX ? -ENOMEM : make_perf_ring(e, data);
}

int sys_mmap(struct cygnet *inst, u64 dev, u64 ino, u64 offset, u64 length, u32 prot, u32 flags)
{
	struct object *o;
	int err;

	instance_lock(inst);
	o = object_by_inode(inst, dev, ino);
	if (!o)
		err = -ENOENT;
	else if (!length || offset % PAGE_BYTES)
		err = -EINVAL;
	else if (o->kind == OBJECT_MAP)
		err = map_map(object_map(o), offset, length, prot, flags);
	else if (o->kind == OBJECT_PERF)
		err = map_perf(object_perf(o), offset, length, flags);
	else
		err = -ENODEV;
	instance_unlock(inst);
	return err;
}
