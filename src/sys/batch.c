// SPDX-License-Identifier: BSD-2-Clause
/*
 * The batch commands. Where a lookup stopped is told to the client as opaque
 * bytes: the last key for array-like types, four bytes for hashes. Those four
 * stand for a key kept in the map object (struct batch_cursor); when it has
 * been pushed out meanwhile, the walk starts over, as after a deleted key.
 */
#include "sys/element.h"

static bool is_hash(u32 type)
{
	return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

/* Keeps `key` and names it; 0 when there is no memory (the walk starts over). */
static u32 cursor_put(struct map_object *m, const u8 *key)
{
	struct batch_cursor *c = &m->cursors[m->next_cursor % BATCH_CURSORS];
	void *copy = base_memdup(key, m->attr.key_size);

	if (!copy)
		return 0;
	base_free(c->key);
	m->next_cursor++;
	*c = (struct batch_cursor){m->next_cursor, m->attr.key_size, copy};
	return c->token;
}

static const void *cursor_get(const struct map_object *m, u32 token)
{
	for (u32 i = 0; token && i < BATCH_CURSORS; i++)
		if (m->cursors[i].token == token)
			return m->cursors[i].key;
	return NULL;
}

struct batch {
	struct call *k;
	struct map_object *m;
	struct element_buf b;
	u8 *prev, *next;
	u32 count; /* done so far */
};

/* Rights come before whether the type has the command, as in the kernel. */
static int batch_init(struct batch *w, struct call *k, u32 op, bool reads, bool writes)
{
	const union bpf_attr *a = k->attr;
	int err;

	*w = (struct batch){.k = k};
	err = call_map(k, a->batch.map_fd, &w->m);
	if (!err && reads)
		err = call_may_read(k, a->batch.map_fd, w->m);
	if (!err && writes)
		err = call_may_write(k, a->batch.map_fd, w->m);
	if (err)
		return err;
	if (!(w->m->map.ops->batch & op))
		return -ENOTSUPP;
	if (a->batch.elem_flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	return element_check_lock(w->m, a->batch.elem_flags);
}

static int batch_alloc(struct batch *w)
{
	u32 key = MAX(w->m->attr.key_size, 4u);

	if (element_buf_init(&w->b, w->m))
		return -ENOMEM;
	w->prev = base_zalloc(key);
	w->next = base_zalloc(key);
	return w->prev && w->next ? 0 : -ENOMEM;
}

static void batch_fini(struct batch *w)
{
	base_free(w->prev);
	base_free(w->next);
	element_buf_fini(&w->b);
}

static int write_count(struct batch *w)
{
	return call_write_attr(w->k, offsetof(union bpf_attr, batch.count), &w->count, 4);
}

/* The key to go on behind into w->prev; *from NULL: from the first. */
static int read_start(struct batch *w, const u8 **from)
{
	const union bpf_attr *a = w->k->attr;
	u32 token;
	const void *key;

	*from = NULL;
	if (!a->batch.in_batch)
		return 0;
	if (!is_hash(w->m->attr.type)) {
		*from = w->prev;
		return call_read(w->k, w->prev, a->batch.in_batch, w->m->attr.key_size);
	}
	if (call_read(w->k, &token, a->batch.in_batch, sizeof(token)))
		return -EFAULT;
	key = cursor_get(w->m, token);
	if (key) {
		memcpy(w->prev, key, w->m->attr.key_size);
		*from = w->prev;
	}
	return 0;
}

/* Hashes always say where they stopped, even when nothing was found; the others only after
 * something. */
static int write_stop(struct batch *w, bool started)
{
	const union bpf_attr *a = w->k->attr;
	u32 token = 0;

	if (!is_hash(w->m->attr.type))
		return w->count ? call_write(w->k, a->batch.out_batch, w->prev, w->m->attr.key_size)
				: 0;
	if (w->count || started)
		token = cursor_put(w->m, w->prev);
	return call_write(w->k, a->batch.out_batch, &token, sizeof(token));
}

/* One element out to the client; deleted last, so that nothing is lost on a bad address. */
static int move_one(struct batch *w, const u8 *from, bool deletes)
{
	const union bpf_attr *a = w->k->attr;
	u32 key = w->m->attr.key_size, value = w->b.value_size;
	int err;

	err = w->m->map.ops->next_key(&w->m->map, from, w->next);
	if (err)
		return err;
	err = w->m->map.ops->sys_lookup(&w->m->map, w->next, w->b.value, a->batch.elem_flags);
	if (err == -ENOENT) { /* gone meanwhile: skip it */
		memcpy(w->prev, w->next, key);
		return 0;
	}
	err = err ?: call_write(w->k, a->batch.keys + (u64)w->count * key, w->next, key);
	err = err ?: call_write(w->k, a->batch.values + (u64)w->count * value, w->b.value, value);
	if (!err && deletes)
		err = element_delete(w->k, w->m, w->next);
	if (err)
		return err;
	memcpy(w->prev, w->next, key);
	w->count++;
	return 0;
}

static long lookup(struct call *k, bool deletes)
{
	const union bpf_attr *a = k->attr;
	struct batch w;
	const u8 *from;
	bool started;
	int err, end;

	err = batch_init(&w, k, deletes ? MAP_BATCH_TAKE : MAP_BATCH_LOOKUP, true, deletes);
	if (!err && a->batch.flags && is_hash(w.m->attr.type))
		err = -EINVAL;
	if (err || !a->batch.count)
		return err;
	if (write_count(&w))
		return -EFAULT;
	err = batch_alloc(&w);
	err = err ?: read_start(&w, &from);
	if (err)
		goto out;
	started = from != NULL;
	end = 0;
	while (!end && w.count < a->batch.count) {
		end = move_one(&w, from, deletes);
		/* What was deleted is no place to go on from: the first is the next. */
		from = deletes ? NULL : w.prev;
	}
	if (end && end != -ENOENT) {
		err = end;
		goto out;
	}
	err = write_count(&w) ?: write_stop(&w, started) ?: end;
out:
	batch_fini(&w);
	return err;
}

long sys_batch_lookup(struct call *k)
{
	return lookup(k, false);
}

long sys_batch_lookup_and_delete(struct call *k)
{
	return lookup(k, true);
}

static long change(struct call *k, bool deletes)
{
	const union bpf_attr *a = k->attr;
	struct batch w;
	u32 key, value;
	int err;

	err = batch_init(&w, k, deletes ? MAP_BATCH_DELETE : MAP_BATCH_UPDATE, false, true);
	if (err || !a->batch.count)
		return err;
	err = batch_alloc(&w);
	if (err)
		goto out;
	key = w.m->attr.key_size;
	value = w.b.value_size;
	for (; w.count < a->batch.count; w.count++) {
		err = call_read(k, w.b.key, a->batch.keys + (u64)w.count * key, key);
		if (!err && deletes) {
			err = element_delete(k, w.m, w.b.key);
		} else if (!err) {
			err = call_read(k, w.b.value, a->batch.values + (u64)w.count * value,
					value);
			err = err
				      ?: element_update(k, w.m, w.b.key, w.b.value,
							a->batch.elem_flags);
		}
		if (err)
			break;
	}
	if (write_count(&w))
		err = -EFAULT;
out:
	batch_fini(&w);
	return err;
}

long sys_batch_update(struct call *k)
{
	return change(k, false);
}

long sys_batch_delete(struct call *k)
{
	return change(k, true);
}
