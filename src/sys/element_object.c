// SPDX-License-Identifier: BSD-2-Clause
/*
 * Elements that stand for something else: programs, maps, perf events, cgroups,
 * devices, cpus, sockets, tasks. bpf(2) is given a descriptor (or a device's
 * number) and the element keeps an id; what is in the map lives as long as it
 * is there. Each kind checks in the kernel's order.
 */
#include <net/if.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sys/cgroup.h"
#include "sys/element.h"
#include "sys/inner_map.h"

#define QUEUE_MOST 16384 /* packets on their way to a cpu */

/* One update in progress. */
struct put {
	struct call *k;
	struct map_object *m;
	const u8 *key, *value;
	u64 flags;
};

static u32 word_at(const void *p, u32 i)
{
	u32 word;

	memcpy(&word, (const u8 *)p + i * sizeof(word), sizeof(word));
	return word;
}

static void drop_held(struct map_object *m, u32 key)
{
	vec_each (&m->refs_held, i)
		if (m->refs_held.data[i].key == key) {
			object_put(m->refs_held.data[i].object);
			m->refs_held.data[i] = m->refs_held.data[--m->refs_held.len];
			return;
		}
}

/* The id of the program or map that the element at a key holds; 0: none. */
static u32 held_at(struct map_object *m, const u8 *key)
{
	u32 value[2] = {0};

	if (!m->map.ops->sys_lookup || m->map.ops->sys_lookup(&m->map, key, value, 0))
		return 0;
	switch (m->attr.type) {
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS: return value[0];
	default: return value[1];
	}
}

/*
 * Stores `element` at the key, which from now on holds `o` (or nothing: NULL) in
 * place of what it held.
 */
static int store(struct put *p, const void *element, struct object *o)
{
	struct map_object *m = p->m;
	int err = vec_reserve(&m->refs_held, 1);
	u32 old;

	if (err)
		return err;
	old = held_at(m, p->key);
	err = m->map.ops->sys_update(&m->map, p->key, element, p->flags);
	if (err)
		return err;
	if (o) {
		object_get(o);
		m->refs_held.data[m->refs_held.len++] = (struct map_held){o->id, o};
	}
	if (old)
		drop_held(m, old);
	if (o || old)
		p->k->inst->generation++;
	return 0;
}

/* Arrays of descriptors take no flags. */
static int check_index(const struct put *p)
{
	if (p->flags != BPF_ANY)
		return -EINVAL;
	return word_at(p->key, 0) >= p->m->attr.max_entries ? -E2BIG : 0;
}

/* Arrays of devices, cpus and sockets take the usual ones. */
static int check_slot(const struct put *p)
{
	if (p->flags > BPF_EXIST)
		return -EINVAL;
	return word_at(p->key, 0) >= p->m->attr.max_entries ? -E2BIG : 0;
}

static int put_perf(struct put *p)
{
	struct map_object *m = p->m;
	u32 index = word_at(p->key, 0);
	struct object *o;
	int err = check_index(p);

	if (err)
		return err;
	if (call_object(p->k, word_at(p->value, 0), OBJECT_PERF, &o))
		return -EBADF;
	err = vec_reserve(&m->refs_held, 1);
	err = err ?: m->map.ops->sys_update(&m->map, &index, &o->id, p->flags);
	if (err)
		return err;
	object_get(o);
	drop_held(m, index);
	m->refs_held.data[m->refs_held.len++] = (struct map_held){index, o};
	p->k->inst->generation++;
	return 0;
}

static int put_cgroup(struct put *p)
{
	u64 id;
	int err = check_index(p);

	err = err ?: sys_cgroup_of_fd(p->k->c, word_at(p->value, 0), &id);
	return err ?: p->m->map.ops->sys_update(&p->m->map, p->key, &id, p->flags);
}

static int put_prog(struct put *p)
{
	struct object *o;
	int err = check_index(p);

	err = err ?: call_object(p->k, word_at(p->value, 0), OBJECT_PROG, &o);
	if (err)
		return err;
	return map_object_admit(p->m, object_prog(o)) ? store(p, &o->id, o) : -EINVAL;
}

static int put_map(struct put *p)
{
	struct object *o;
	int err = p->m->attr.type == BPF_MAP_TYPE_ARRAY_OF_MAPS ? check_index(p) : 0;

	err = err ?: call_object(p->k, word_at(p->value, 0), OBJECT_MAP, &o);
	if (err)
		return err;
	if (object_map(o)->exclusive)
		return -ENOTSUPP;
	return inner_map_fits(p->m->inner_meta, object_map(o)) ? store(p, &o->id, o) : -EINVAL;
}

/* The XDP program that goes with a device or a cpu, by the value's second word; NULL: none. */
static int find_companion(struct put *p, u32 attach, struct object **out)
{
	s32 fd = p->m->attr.value_size == sizeof(u64) ? (s32)word_at(p->value, 1) : 0;
	int err;

	*out = NULL;
	if (fd <= 0)
		return 0;
	err = call_object(p->k, fd, OBJECT_PROG, out);
	if (err)
		return err;
	return object_prog(*out)->type == BPF_PROG_TYPE_XDP &&
			       object_prog(*out)->attach_type == attach &&
			       map_object_admit(p->m, object_prog(*out))
		       ? 0
		       : -EINVAL;
}

static int store_pair(struct put *p, u32 number, struct object *prog)
{
	u32 pair[2] = {number, prog ? prog->id : 0};

	return store(p, pair, prog);
}

static int put_device(struct put *p)
{
	bool hash = p->m->attr.type == BPF_MAP_TYPE_DEVMAP_HASH;
	u32 device = word_at(p->value, 0);
	struct object *prog = NULL;
	char name[IF_NAMESIZE];
	int err;

	if (p->flags > BPF_EXIST || (hash && !device))
		return -EINVAL;
	err = hash ? 0 : check_slot(p);
	if (!err && p->flags == BPF_NOEXIST && (!hash || held_at(p->m, p->key)))
		err = -EEXIST;
	if (err)
		return err;
	if (!device) /* takes the element away */
		return p->m->attr.value_size == sizeof(u64) && (s32)word_at(p->value, 1) > 0
			       ? -EINVAL
			       : store_pair(p, 0, NULL);
	if (!if_indextoname(device, name))
		return -EINVAL;
	err = find_companion(p, BPF_XDP_DEVMAP, &prog);
	return err ?: store_pair(p, device, prog);
}

static int put_cpu(struct put *p)
{
	u32 queue = word_at(p->value, 0);
	struct object *prog = NULL;
	int err = check_slot(p);

	if (!err && p->flags == BPF_NOEXIST)
		err = -EEXIST;
	if (!err && queue > QUEUE_MOST)
		err = -EOVERFLOW;
	if (!err && word_at(p->key, 0) >= p->m->attr.possible_cpus)
		err = -ENODEV;
	if (!err && queue)
		err = find_companion(p, BPF_XDP_CPUMAP, &prog);
	return err ?: store_pair(p, queue, prog);
}

/* What a client's descriptor is of: 0 or -EBADF. */
static int stat_fd(struct call *k, u64 fd, struct stat *st)
{
	char path[64];
	u64 dev, ino;

	if (k->c->identify(k->c, (int)fd, &dev, &ino))
		return -EBADF;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", k->c->pid, (int)fd);
	return stat(path, st) ? -EBADF : 0;
}

static int check_socket(struct call *k, u64 fd)
{
	struct stat st;

	if (fd > INT32_MAX)
		return -EINVAL;
	return stat_fd(k, fd, &st) ?: S_ISSOCK(st.st_mode) ? 0 : -ENOTSOCK;
}

static int put_socket(struct put *p)
{
	u32 type = p->m->attr.type;
	u64 fd = word_at(p->value, 0);
	int err;

	if (type == BPF_MAP_TYPE_XSKMAP || type == BPF_MAP_TYPE_REUSEPORT_SOCKARRAY) {
		err = check_slot(p);
		if (err)
			return err;
	}
	if (p->m->attr.value_size == sizeof(fd))
		memcpy(&fd, p->value, sizeof(fd));
	else if ((s32)fd < 0)
		return -EBADF;
	err = check_socket(p->k, fd);
	return err ?: p->m->map.ops->sys_update(&p->m->map, p->key, p->value, p->flags);
}

/* What has the value of a local storage: a descriptor in the key. */
static int check_owner(struct call *k, const struct map_object *m, const u8 *key)
{
	s32 fd = (s32)word_at(key, 0);
	char path[64], target[32] = "";
	struct stat st;
	u64 id;
	int err;

	if (m->attr.type == BPF_MAP_TYPE_CGRP_STORAGE)
		return sys_cgroup_of_fd(k->c, fd, &id);
	err = fd < 0 ? -EBADF : stat_fd(k, fd, &st);
	if (err || m->attr.type == BPF_MAP_TYPE_INODE_STORAGE)
		return err;
	if (m->attr.type == BPF_MAP_TYPE_SK_STORAGE)
		return S_ISSOCK(st.st_mode) ? 0 : -ENOTSOCK;
	/* a process: pidfds tell by their link, or, since 6.9, by their file system's kind */
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", k->c->pid, fd);
	if (readlink(path, target, sizeof(target) - 1) < 0)
		return -EBADF;
	return strstr(target, "pidfd") ? 0 : -EBADF;
}

static int put_storage(struct put *p)
{
	return check_owner(p->k, p->m, p->key)
		       ?: p->m->map.ops->sys_update(&p->m->map, p->key, p->value, p->flags);
}

static const struct kind {
	u32 type;
	int (*put)(struct put *p);
} kinds[] = {
	{BPF_MAP_TYPE_PERF_EVENT_ARRAY, put_perf}, {BPF_MAP_TYPE_CGROUP_ARRAY, put_cgroup},
	{BPF_MAP_TYPE_PROG_ARRAY, put_prog},       {BPF_MAP_TYPE_ARRAY_OF_MAPS, put_map},
	{BPF_MAP_TYPE_HASH_OF_MAPS, put_map},      {BPF_MAP_TYPE_DEVMAP, put_device},
	{BPF_MAP_TYPE_DEVMAP_HASH, put_device},    {BPF_MAP_TYPE_CPUMAP, put_cpu},
	{BPF_MAP_TYPE_XSKMAP, put_socket},         {BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, put_socket},
	{BPF_MAP_TYPE_SOCKMAP, put_socket},        {BPF_MAP_TYPE_SOCKHASH, put_socket},
	{BPF_MAP_TYPE_SK_STORAGE, put_storage},    {BPF_MAP_TYPE_INODE_STORAGE, put_storage},
	{BPF_MAP_TYPE_TASK_STORAGE, put_storage},  {BPF_MAP_TYPE_CGRP_STORAGE, put_storage},
};

static const struct kind *kind_of(const struct map_object *m)
{
	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].type == m->attr.type)
			return &kinds[i];
	return NULL;
}

bool element_is_object(const struct map_object *m)
{
	return kind_of(m);
}

int element_check_key(struct call *k, const struct map_object *m, const u8 *key)
{
	const struct kind *kind = kind_of(m);

	return kind && kind->put == put_storage ? check_owner(k, m, key) : 0;
}

int element_put_object(struct call *k, struct map_object *m, const u8 *key, const u8 *value,
		       u64 flags)
{
	struct put p = {k, m, key, value, flags};

	return kind_of(m)->put(&p);
}

int element_drop_object(struct call *k, struct map_object *m, const u8 *key)
{
	bool perf = m->attr.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
	u32 old = perf ? word_at(key, 0) : held_at(m, key);
	int err = element_check_key(k, m, key) ?: m->map.ops->sys_delete(&m->map, key);

	if (!err && (perf || old)) {
		drop_held(m, old);
		k->inst->generation++;
	}
	return err;
}
