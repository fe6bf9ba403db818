// SPDX-License-Identifier: BSD-2-Clause
/* Maps as objects: the segment's file, its seals, its header, the instance's view. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
#include "vm/instance.h"

/* The header is what a reader without the attributes (a debugger, a post-mortem) finds. */
static void write_header(struct map_object *m, void *base, u32 seed)
{
	struct segment *seg = (struct segment *)((u8 *)base + m->contents_size);

	*seg = (struct segment){
		.map_id = m->o.id,
		.map_type = m->attr.type,
		.key_size = m->attr.key_size,
		.value_size = m->attr.value_size,
		.max_entries = m->attr.max_entries,
		.map_flags = m->attr.flags,
		.possible_cpus = m->attr.possible_cpus,
		.seed = seed,
		.contents_size = m->contents_size,
		.size = m->size,
	};
	__atomic_store_n(&seg->magic, SEGMENT_MAGIC, __ATOMIC_RELEASE);
}

static int map_segment(struct map_object *m)
{
	void *base;
	u32 seed = 0;
	int err;

	base = mmap(NULL, m->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, m->o.fd, 0);
	if (base == MAP_FAILED)
		return -ENOMEM;
	madvise(base, m->size, MADV_DONTDUMP);
	if (!(m->attr.flags & BPF_F_ZERO_SEED) && getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = (u32)hash_u64(m->o.ino);
	write_header(m, base, seed);
	if (fcntl(m->o.fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW)) {
		err = -errno;
		goto out;
	}
	err = map_view_init(&m->map, &m->attr, m->o.id, m->name, base, 0, true);
	if (!err)
		return 0;
out:
	munmap(base, m->size);
	m->map.contents = NULL;
	return err;
}

int map_object_new(struct cygnet *inst, const struct map_attr *attr, const char name[16],
		   bool notes, struct map_object **out)
{
	const struct map_ops *ops = core_map_ops(attr->type);
	struct map_object *m;
	struct timespec t;
	u64 contents, meta;
	int err;

	if (!ops)
		return -EINVAL;
	err = ops->layout(attr, &contents, &meta);
	if (err)
		return err;
	m = base_zalloc(sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->attr = *attr;
	m->contents_size = contents;
	m->size = ROUND_UP(contents + SEGMENT_META + meta, PAGE_BYTES);
	m->eventfd = -1;
	m->uid = geteuid();
	clock_gettime(CLOCK_BOOTTIME, &t);
	m->created_ns = t.tv_sec * 1000000000ull + t.tv_nsec;
	memcpy(m->name, name, sizeof(m->name));
	err = object_init(inst, &m->o, notes ? OBJECT_NOTES : OBJECT_MAP, "bpf-map", m->size);
	if (err) {
		base_free(m);
		return err;
	}
	err = map_segment(m);
	if (err) {
		object_put(&m->o);
		return err;
	}
	*out = m;
	return 0;
}

void map_object_fini(struct map_object *m)
{
	vec_each (&m->refs_held, i)
		object_put(m->refs_held.data[i].object);
	vec_fini(&m->refs_held);
	for (u32 i = 0; i < BATCH_CURSORS; i++)
		base_free(m->cursors[i].key);
	if (m->btf)
		object_put(&m->btf->o);
	if (m->eventfd >= 0)
		close(m->eventfd);
	if (m->map.contents)
		munmap(m->map.contents, m->size);
}
