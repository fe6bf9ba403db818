// SPDX-License-Identifier: BSD-2-Clause
/*
 * Objects: ids, references, and the descriptors given out for them.
 *
 * A description given out is the object's memfd opened once more through
 * /proc/self/fd. It carries an OFD lock, which the host's kernel drops exactly
 * when the description's last reference goes: the last close or munmap, through
 * dup, fork, SCM_RIGHTS or kill -9, in any process. So "is anybody holding it"
 * is one F_OFD_GETLK on the original, and cannot be lost or miscounted. The
 * inotify watch only tells when to ask (its events of one file may merge, and
 * its queue may overflow). As the event is queued a moment before the lock
 * goes, an object seen closing is asked again for a while.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "vm/instance.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008u
#endif

#define WATCH_FROM 64            /* live objects from which on closes are watched, not asked for */
#define CHECK_NS   2000000000ull /* how long an object is asked after a close was seen */

static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static u32 id_base(u32 kind)
{
	return kind == OBJECT_PERF    ? OBJECT_PERF_BASE
	       : kind == OBJECT_NOTES ? OBJECT_NOTES_BASE
				      : 0;
}

static u64 inode_key(u64 dev, u64 ino)
{
	return hash_u64(dev * 0x9e3779b97f4a7c15ull ^ ino);
}

struct object *object_by_id(struct cygnet *inst, u32 kind, u32 id)
{
	const struct object_table *t = &inst->objects[kind];
	u32 index = id - id_base(kind) - 1;

	return index < t->by_id.len ? t->by_id.data[index] : NULL;
}

struct object *object_next(struct cygnet *inst, u32 kind, u32 after)
{
	const struct object_table *t = &inst->objects[kind];
	size_t i = after < id_base(kind) ? 0 : after - id_base(kind);

	for (; i < t->by_id.len; i++)
		if (t->by_id.data[i])
			return t->by_id.data[i];
	return NULL;
}

struct object *object_by_inode(struct cygnet *inst, u64 dev, u64 ino)
{
	struct object *o = hash_get(&inst->by_inode, inode_key(dev, ino));

	return o && o->dev == dev && o->ino == ino ? o : NULL;
}

static int make_file(const char *name)
{
	int fd;

	/* Kernels before 6.3 do not know the flag; hardened ones insist on it. */
	fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

static void suspect(struct object *o, u64 until)
{
	if (!o->check_until)
		o->inst->suspects++;
	o->check_until = until;
}

/* Notice of closes; without it settle asks every lock. */
static void watch(struct object *o)
{
	char path[64];

	o->watch = -1;
	if (o->inst->inotify < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", o->fd);
	o->watch = inotify_add_watch(o->inst->inotify, path, IN_CLOSE);
	if (o->watch >= 0 && hash_set(&o->inst->by_watch, (u64)o->watch + 1, o)) {
		inotify_rm_watch(o->inst->inotify, o->watch);
		o->watch = -1;
	}
}

/*
 * A watch is worth its price (closing an inotify costs milliseconds) when many
 * objects live, or when somebody wants to sleep until one is closed.
 */
void object_watch_all(struct cygnet *inst)
{
	if (inst->inotify >= 0 || inst->inotify_failed)
		return;
	inst->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (inst->inotify < 0) {
		inst->inotify_failed = true;
		snprintf(inst->error, sizeof(inst->error), "inotify: %s", strerror(errno));
		return;
	}
	for (u32 k = 0; k < OBJECT_KINDS; k++)
		vec_each (&inst->objects[k].by_id, i)
			if (inst->objects[k].by_id.data[i]) {
				watch(inst->objects[k].by_id.data[i]);
				/* it may be closed already */
				suspect(inst->objects[k].by_id.data[i], now_ns() + CHECK_NS);
			}
}

static u32 live_objects(const struct cygnet *inst)
{
	u32 n = 0;

	for (u32 k = 0; k < OBJECT_KINDS; k++)
		n += inst->objects[k].live;
	return n;
}

int object_init(struct cygnet *inst, struct object *o, u32 kind, const char *name)
{
	struct object_table *t = &inst->objects[kind];
	struct stat st;
	int fd, err;

	if (vec_reserve(&t->by_id, 1))
		return -ENOMEM;
	fd = make_file(name);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st)) {
		err = -errno;
		goto out;
	}
	*o = (struct object){.kind = kind, .refs = 1, .fd = fd, .inst = inst, .watch = -1};
	o->dev = st.st_dev;
	o->ino = st.st_ino;
	err = -ENOMEM;
	if (hash_set(&inst->by_inode, inode_key(o->dev, o->ino), o))
		goto out;
	t->by_id.data[t->by_id.len++] = o;
	o->id = id_base(kind) + t->by_id.len;
	t->live++;
	if (live_objects(inst) > WATCH_FROM)
		object_watch_all(inst);
	if (inst->inotify < 0)
		o->watch = -1;
	else if (o->watch < 0)
		watch(o);
	return 0;
out:
	close(fd);
	return err;
}

void object_get(struct object *o)
{
	o->refs++;
}

static void object_fini(struct object *o)
{
	struct cygnet *inst = o->inst;
	struct object_table *t = &inst->objects[o->kind];

	if (o->watch >= 0) {
		hash_del(&inst->by_watch, (u64)o->watch + 1);
		inotify_rm_watch(inst->inotify, o->watch);
	}
	if (o->check_until)
		inst->suspects--;
	hash_del(&inst->by_inode, inode_key(o->dev, o->ino));
	t->by_id.data[o->id - id_base(o->kind) - 1] = NULL;
	/* What failed before anybody saw it leaves no gap. */
	if (!o->shown && o->id - id_base(o->kind) == t->by_id.len)
		t->by_id.len--;
	t->live--;
	close(o->fd);
}

void object_put(struct object *o)
{
	if (!o || --o->refs)
		return;
	switch (o->kind) {
	case OBJECT_MAP:
	case OBJECT_NOTES: map_object_fini((struct map_object *)o); break;
	case OBJECT_PROG: prog_object_fini((struct prog_object *)o); break;
	case OBJECT_BTF: btf_object_fini((struct btf_object *)o); break;
	case OBJECT_LINK: link_object_fini((struct link_object *)o); break;
	case OBJECT_PERF: perf_object_fini((struct perf_object *)o); break;
	case OBJECT_STATS: stats_object_fini((struct stats_object *)o); break;
	}
	object_fini(o);
	base_free(o);
}

/* The lock that lives as long as the description: shared on byte 0, or (no read access) an own
 * byte. */
static int mark_open(struct cygnet *inst, int fd, int mode)
{
	struct flock l = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};

	if (mode == O_WRONLY) {
		l.l_type = F_WRLCK;
		l.l_start = 1 + inst->next_lock++;
	}
	return fcntl(fd, F_OFD_SETLK, &l) ? -errno : 0;
}

static bool is_held(const struct object *o)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};

	/* When the host cannot say, better a leak than a dead object in use. */
	return fcntl(o->fd, F_OFD_GETLK, &l) || l.l_type != F_UNLCK;
}

int object_open(struct object *o, int mode)
{
	char path[64];
	int fd, err;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", o->fd);
	fd = open(path, mode | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = mark_open(o->inst, fd, mode);
	if (err) {
		close(fd);
		return err;
	}
	o->shown = true;
	o->one_way |= mode != O_RDWR;
	if (!o->open) {
		o->open = true;
		object_get(o);
	}
	return fd;
}

/* Reads what was closed; false: the queue overflowed, suspect everything. */
static void read_closes(struct cygnet *inst, u64 until)
{
	char buf[4096] __attribute__((aligned(8)));
	ssize_t n;

	while ((n = read(inst->inotify, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + n;) {
			const struct inotify_event *ev = (const struct inotify_event *)p;
			struct object *o = hash_get(&inst->by_watch, (u64)ev->wd + 1);

			if (ev->mask & IN_Q_OVERFLOW)
				for (u32 k = 0; k < OBJECT_KINDS; k++)
					vec_each (&inst->objects[k].by_id, i)
						if (inst->objects[k].by_id.data[i])
							suspect(inst->objects[k].by_id.data[i],
								until);
			if (o)
				suspect(o, until);
			p += sizeof(*ev) + ev->len;
		}
}

/* One object whose closing was seen (or may not have been). */
static void settle_one(struct object *o, u64 now)
{
	if (!o->open || !is_held(o)) {
		bool was_open = o->open;

		if (o->check_until)
			o->inst->suspects--;
		o->check_until = 0;
		o->open = false;
		if (was_open && object_map(o) && o->refs > 1)
			map_object_closed(object_map(o));
		if (was_open)
			object_put(o);
	} else if (o->check_until && o->check_until < now) {
		o->check_until = 0;
		o->inst->suspects--;
	}
}

void object_settle(struct cygnet *inst)
{
	u64 now = 0;

	if (inst->inotify >= 0)
		read_closes(inst, now_ns() + CHECK_NS);
	if (!inst->suspects && inst->inotify >= 0)
		return;
	now = now_ns();
	/* Links first: what fires stops before what it refers to goes. */
	for (int k = OBJECT_KINDS - 1; k >= 0; k--)
		for (size_t i = 0; i < inst->objects[k].by_id.len; i++) {
			struct object *o = inst->objects[k].by_id.data[i];

			if (o && (o->check_until || (o->open && o->watch < 0)))
				settle_one(o, now);
		}
}
