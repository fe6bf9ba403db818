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
static void write_header(void *base, const struct map_attr *a, u32 id, u64 contents, u64 size,
			 u32 seed)
{
	struct segment *seg = (struct segment *)((u8 *)base + contents);

	*seg = (struct segment){
		.map_id = id,
		.map_type = a->type,
		.key_size = a->key_size,
		.value_size = a->value_size,
		.max_entries = a->max_entries,
		.map_flags = a->flags,
		.possible_cpus = a->possible_cpus,
		.seed = seed,
		.contents_size = contents,
		.size = size,
	};
	__atomic_store_n(&seg->magic, SEGMENT_MAGIC, __ATOMIC_RELEASE);
}

int segment_make(struct object *o, const struct map_attr *attr, const char name[16],
		 struct map *view, u64 *out_size)
{
	const struct map_ops *ops = core_map_ops(attr->type);
	u64 contents, meta, size;
	u32 seed = 0;
	void *base;
	int err;

	if (!ops)
		return -EINVAL;
	err = ops->layout(attr, &contents, &meta);
	if (err)
		return err;
	size = ROUND_UP(contents + SEGMENT_META + meta, PAGE_BYTES);
	if (ftruncate(o->fd, size))
		return errno == EFBIG || errno == EINVAL ? -E2BIG : -errno;
	base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, o->fd, 0);
	if (base == MAP_FAILED)
		return -ENOMEM;
	madvise(base, size, MADV_DONTDUMP);
	if (!(attr->flags & BPF_F_ZERO_SEED) && getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = (u32)hash_u64(o->ino);
	write_header(base, attr, o->id, contents, size, seed);
	err = fcntl(o->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) ? -errno : 0;
	err = err ?: map_view_init(view, attr, o->id, name, base, 0, true);
	if (err) {
		munmap(base, size);
		view->contents = NULL;
		return err;
	}
	*out_size = size;
	return 0;
}

int map_object_new(struct cygnet *inst, const struct map_attr *attr, const char name[16],
		   bool notes, struct map_object **out)
{
	struct map_object *m;
	struct timespec t;
	int err;

	m = base_zalloc(sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->attr = *attr;
	m->eventfd = -1;
	m->uid = geteuid();
	clock_gettime(CLOCK_BOOTTIME, &t);
	m->created_ns = t.tv_sec * 1000000000ull + t.tv_nsec;
	memcpy(m->name, name, sizeof(m->name));
	err = object_init(inst, &m->o, notes ? OBJECT_NOTES : OBJECT_MAP, "bpf-map");
	if (err) {
		base_free(m);
		return err;
	}
	err = segment_make(&m->o, attr, m->name, &m->map, &m->size);
	if (err) {
		object_put(&m->o);
		return err;
	}
	m->contents_size = m->map.contents_size;
	*out = m;
	return 0;
}

static bool is_pinned(const struct map_object *m)
{
	const struct cygnet *inst = m->o.inst;

	vec_each (&inst->pins, i)
		if (inst->pins.data[i].object == &m->o)
			return true;
	return false;
}

/* What no element holds any more goes, and perhaps what that held, other maps included. */
static void let_go(struct map_object *m)
{
	struct map_held *held = m->refs_held.data;
	size_t count = m->refs_held.len;

	m->refs_held.data = NULL;
	m->refs_held.len = m->refs_held.cap = 0;
	m->o.inst->generation++;
	for (size_t i = 0; i < count; i++)
		object_put(held[i].object);
	base_free(held);
}

void map_object_closed(struct map_object *m)
{
	if (!m->refs_held.len)
		return;
	if (m->attr.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY &&
	    !(m->attr.flags & BPF_F_PRESERVE_ELEMS)) {
		vec_each (&m->refs_held, i)
			m->map.ops->sys_delete(&m->map, &m->refs_held.data[i].key);
		let_go(m);
	} else if (m->attr.type == BPF_MAP_TYPE_PROG_ARRAY && !is_pinned(m)) {
		if (madvise(m->map.contents, m->contents_size, MADV_REMOVE))
			memset(m->map.contents, 0, m->contents_size);
		let_go(m);
	}
}

bool map_object_admit(struct map_object *m, const struct prog_object *p)
{
	struct map_owner is = {
		.known = true,
		.frags = p->prog_flags & BPF_F_XDP_HAS_FRAGS,
		.type = p->type,
		.attach_type = p->attach_type,
	};

	if (p->type == BPF_PROG_TYPE_EXT)
		return false;
	if (!m->owner.known)
		m->owner = is;
	return m->owner.type == is.type && m->owner.attach_type == is.attach_type &&
	       m->owner.frags == is.frags;
}

int map_object_admit_all(const struct prog_object *p)
{
	vec_each (&p->maps, i) {
		struct map_object *m = p->maps.data[i];

		if (m->attr.type == BPF_MAP_TYPE_PROG_ARRAY && !map_object_admit(m, p))
			return -EINVAL;
	}
	return 0;
}

void map_meta_free(struct map_meta *meta)
{
	if (meta && meta->btf)
		object_put(&meta->btf->o);
	base_free(meta);
}

void map_object_fini(struct map_object *m)
{
	vec_each (&m->refs_held, i)
		object_put(m->refs_held.data[i].object);
	vec_fini(&m->refs_held);
	for (u32 i = 0; i < BATCH_CURSORS; i++)
		base_free(m->cursors[i].key);
	map_meta_free(m->inner_meta);
	if (m->btf)
		object_put(&m->btf->o);
	if (m->eventfd >= 0)
		close(m->eventfd);
	if (m->map.contents)
		munmap(m->map.contents, m->size);
}
