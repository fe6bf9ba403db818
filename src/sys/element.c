// SPDX-License-Identifier: BSD-2-Clause
/* The element commands: one element copied in or out of a map's segment. */
#include "sys/call.h"
#include "sys/cgroup.h"
#include "sys/element.h"
#include "sys/inner_map.h"

int element_buf_init(struct element_buf *b, const struct map_object *m)
{
	u32 key = ROUND_UP(m->attr.key_size, 8), value = map_sys_value_size(&m->map);

	b->heap = NULL;
	b->key = b->space;
	if ((u64)key + value > sizeof(b->space)) {
		b->heap = base_zalloc((size_t)key + value);
		if (!b->heap)
			return -ENOMEM;
		b->key = b->heap;
	} else {
		memset(b->space, 0, key + value);
	}
	b->value = b->key + key;
	b->value_size = value;
	return 0;
}

void element_buf_fini(struct element_buf *b)
{
	base_free(b->heap);
}

/* Keyless types take no key; the others need one. */
static int read_key(struct call *k, const struct map_object *m, u64 addr, u8 *key)
{
	if (!m->attr.key_size)
		return addr ? -EINVAL : 0;
	return call_read(k, key, addr, m->attr.key_size);
}

int element_check_lock(const struct map_object *m, u64 flags)
{
	return (flags & BPF_F_LOCK) && m->attr.spin_lock_off < 0 ? -EINVAL : 0;
}

long sys_element_lookup(struct call *k)
{
	const union bpf_attr *a = k->attr;
	struct element_buf b;
	struct map_object *m;
	int err;

	if (a->flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	err = call_map(k, a->map_fd, &m);
	err = err ?: call_may_read(k, a->map_fd, m);
	err = err ?: element_check_lock(m, a->flags);
	err = err ?: element_buf_init(&b, m);
	if (err)
		return err;
	err = read_key(k, m, a->key, b.key);
	/* Whether a value is there is asked with the value. */
	if (!err && m->attr.type == BPF_MAP_TYPE_BLOOM_FILTER)
		err = call_read(k, b.value, a->value, b.value_size);
	if (!err)
		err = m->map.ops->sys_lookup
			      ? m->map.ops->sys_lookup(&m->map, b.key, b.value, a->flags)
			      : -ENOTSUPP;
	err = err ?: call_write(k, a->value, b.value, b.value_size);
	element_buf_fini(&b);
	return err;
}

/*
 * A perf event array's element is given as a perf event descriptor and kept as
 * the object's id; the map holds the event while it is there.
 */
static int perf_array_put(struct call *k, struct map_object *m, const u8 *key, const u8 *value,
			  u64 flags)
{
	struct object *o;
	u32 index, fd;
	int err;

	if (flags != BPF_ANY)
		return -EINVAL;
	memcpy(&index, key, sizeof(index));
	memcpy(&fd, value, sizeof(fd));
	if (index >= m->attr.max_entries)
		return -E2BIG;
	err = call_object(k, fd, OBJECT_PERF, &o);
	if (err)
		return -EBADF;
	err = vec_reserve(&m->refs_held, 1);
	err = err ?: m->map.ops->sys_update(&m->map, &index, &o->id, flags);
	if (err)
		return err;
	object_get(o);
	element_drop_held(m, index);
	m->refs_held.data[m->refs_held.len++] = (struct map_held){index, o};
	k->inst->generation++;
	return 0;
}

/* A cgroup array's is given as a directory's descriptor and kept as the cgroup's id. */
static int cgroup_array_put(struct call *k, struct map_object *m, const u8 *key, const u8 *value,
			    u64 flags)
{
	u32 index, fd;
	u64 id;
	int err;

	if (flags != BPF_ANY)
		return -EINVAL;
	memcpy(&index, key, sizeof(index));
	memcpy(&fd, value, sizeof(fd));
	if (index >= m->attr.max_entries)
		return -E2BIG;
	err = sys_cgroup_of_fd(k->c, fd, &id);
	return err ?: m->map.ops->sys_update(&m->map, key, (u8 *)&id, flags);
}

static bool holds_objects(u32 type)
{
	return type == BPF_MAP_TYPE_PROG_ARRAY || type == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
	       type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

/* The id of the object at a key; 0: none. */
static u32 held_at(struct map_object *m, const u8 *key)
{
	u32 id;

	return m->map.ops->sys_lookup(&m->map, key, &id, 0) ? 0 : id;
}

/* What the client's descriptor is, if it may be in the map. */
static int find_element(struct call *k, struct map_object *m, u32 fd, struct object **out)
{
	int err;

	if (m->attr.type == BPF_MAP_TYPE_PROG_ARRAY) {
		err = call_object(k, fd, OBJECT_PROG, out);
		return err ?: map_object_admit(m, object_prog(*out)) ? 0 : -EINVAL;
	}
	err = call_object(k, fd, OBJECT_MAP, out);
	if (err)
		return err;
	return inner_map_fits(m->inner_meta, object_map(*out)) ? 0 : -EINVAL;
}

/* Programs and maps are given as descriptors and kept as ids; the map holds them. */
static int object_put_at(struct call *k, struct map_object *m, const u8 *key, const u8 *value,
			 u64 flags)
{
	struct object *o;
	u32 fd, old;
	int err;

	memcpy(&fd, value, sizeof(fd));
	if (m->attr.type != BPF_MAP_TYPE_HASH_OF_MAPS) {
		u32 index;

		memcpy(&index, key, sizeof(index));
		if (flags != BPF_ANY)
			return -EINVAL;
		if (index >= m->attr.max_entries)
			return -E2BIG;
	}
	err = find_element(k, m, fd, &o);
	err = err ?: vec_reserve(&m->refs_held, 1);
	if (err)
		return err;
	old = held_at(m, key);
	err = m->map.ops->sys_update(&m->map, key, &o->id, flags);
	if (err)
		return err;
	object_get(o);
	m->refs_held.data[m->refs_held.len++] = (struct map_held){o->id, o};
	element_drop_held(m, old);
	k->inst->generation++;
	return 0;
}

void element_drop_held(struct map_object *m, u32 index)
{
	vec_each (&m->refs_held, i)
		if (m->refs_held.data[i].key == index) {
			object_put(m->refs_held.data[i].object);
			m->refs_held.data[i] = m->refs_held.data[--m->refs_held.len];
			return;
		}
}

int element_update(struct call *k, struct map_object *m, const u8 *key, const u8 *value, u64 flags)
{
	if (!m->map.ops->sys_update)
		return -ENOTSUPP;
	if (m->attr.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return perf_array_put(k, m, key, value, flags);
	if (m->attr.type == BPF_MAP_TYPE_CGROUP_ARRAY)
		return cgroup_array_put(k, m, key, value, flags);
	if (holds_objects(m->attr.type))
		return object_put_at(k, m, key, value, flags);
	return m->map.ops->sys_update(&m->map, key, value, flags);
}

long sys_element_update(struct call *k)
{
	const union bpf_attr *a = k->attr;
	struct element_buf b;
	struct map_object *m;
	int err;

	err = call_map(k, a->map_fd, &m);
	err = err ?: call_may_write(k, a->map_fd, m);
	err = err ?: element_check_lock(m, a->flags);
	err = err ?: element_buf_init(&b, m);
	if (err)
		return err;
	err = read_key(k, m, a->key, b.key);
	err = err ?: call_read(k, b.value, a->value, b.value_size);
	err = err ?: element_update(k, m, b.key, b.value, a->flags);
	element_buf_fini(&b);
	return err;
}

int element_delete(struct call *k, struct map_object *m, const u8 *key)
{
	u32 index, old = holds_objects(m->attr.type) ? held_at(m, key) : 0;
	int err;

	if (!m->map.ops->sys_delete)
		return -ENOTSUPP;
	err = m->map.ops->sys_delete(&m->map, key);
	if (!err && old) {
		element_drop_held(m, old);
		k->inst->generation++;
	}
	if (!err && m->attr.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY) {
		memcpy(&index, key, sizeof(index));
		element_drop_held(m, index);
		k->inst->generation++;
	}
	return err;
}

long sys_element_delete(struct call *k)
{
	const union bpf_attr *a = k->attr;
	struct element_buf b;
	struct map_object *m;
	int err;

	err = call_map(k, a->map_fd, &m);
	err = err ?: call_may_write(k, a->map_fd, m);
	err = err ?: element_buf_init(&b, m);
	if (err)
		return err;
	err = read_key(k, m, a->key, b.key);
	err = err ?: element_delete(k, m, b.key);
	element_buf_fini(&b);
	return err;
}

long sys_element_next_key(struct call *k)
{
	const union bpf_attr *a = k->attr;
	struct element_buf b;
	struct map_object *m;
	u8 *next = NULL;
	int err;

	err = call_map(k, a->map_fd, &m);
	err = err ?: call_may_read(k, a->map_fd, m);
	err = err ?: element_buf_init(&b, m);
	if (err)
		return err;
	err = a->key ? read_key(k, m, a->key, b.key) : 0;
	if (err)
		goto out;
	err = -ENOMEM;
	next = base_zalloc(MAX(m->attr.key_size, 1u));
	if (!next)
		goto out;
	err = m->map.ops->next_key ? m->map.ops->next_key(&m->map, a->key ? b.key : NULL, next)
				   : -ENOTSUPP;
	err = err ?: call_write(k, a->next_key, next, m->attr.key_size);
out:
	base_free(next);
	element_buf_fini(&b);
	return err;
}

long sys_element_lookup_and_delete(struct call *k)
{
	const union bpf_attr *a = k->attr;
	struct element_buf b;
	struct map_object *m;
	int err;

	if (a->flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	err = call_map(k, a->map_fd, &m);
	err = err ?: call_may_read(k, a->map_fd, m);
	err = err ?: call_may_write(k, a->map_fd, m);
	if (!err && a->flags &&
	    (m->attr.type == BPF_MAP_TYPE_QUEUE || m->attr.type == BPF_MAP_TYPE_STACK))
		err = -EINVAL;
	err = err ?: element_check_lock(m, a->flags);
	err = err ?: element_buf_init(&b, m);
	if (err)
		return err;
	err = read_key(k, m, a->key, b.key);
	if (!err)
		err = m->map.ops->sys_lookup_and_delete
			      ? m->map.ops->sys_lookup_and_delete(&m->map, b.key, b.value, a->flags)
			      : -ENOTSUPP;
	err = err ?: call_write(k, a->value, b.value, b.value_size);
	element_buf_fini(&b);
	return err;
}

long sys_map_freeze(struct call *k)
{
	struct map_object *m;
	int err;

	err = call_map(k, k->attr->map_fd, &m);
	if (err)
		return err;
	if (m->attr.spin_lock_off >= 0)
		return -ENOTSUPP;
	err = call_may_write(k, k->attr->map_fd, m);
	if (err)
		return err;
	if (m->mapped_writable)
		return -EBUSY;
	m->frozen = true;
	m->map.seg->frozen = 1;
	return 0;
}
