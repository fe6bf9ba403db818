// SPDX-License-Identifier: BSD-2-Clause
/* The element commands: one element copied in or out of a map's segment. */
#include "sys/call.h"
#include "sys/element.h"

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
	err = err ?: element_check_key(k, m, b.key);
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

int element_update(struct call *k, struct map_object *m, const u8 *key, const u8 *value, u64 flags)
{
	if (!m->map.ops->sys_update)
		return -ENOTSUPP;
	return element_is_object(m) ? element_put_object(k, m, key, value, flags)
				    : m->map.ops->sys_update(&m->map, key, value, flags);
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
	if (!m->map.ops->sys_delete)
		return -ENOTSUPP;
	return element_is_object(m) ? element_drop_object(k, m, key)
				    : m->map.ops->sys_delete(&m->map, key);
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
	if (m->attr.type == BPF_MAP_TYPE_STRUCT_OPS || m->fields.count)
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
