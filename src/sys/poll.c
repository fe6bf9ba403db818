// SPDX-License-Identifier: BSD-2-Clause
/*
 * Polling rings. A memfd cannot be polled, so a client waits on an eventfd
 * instead. Producers, in whatever process, ring the world page's doorbell; the
 * relay, one thread of the instance, hears it and writes the eventfd of every
 * ring that has data. Before a client waits, sys_poll_settle() makes the
 * eventfd say what the ring says: level-triggered, as the kernel's poll is.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "sys/call.h"

/* A producer that may not call futex(2) (a strict sandbox) is heard this much later. */
#define LOOK_NS 50000000

struct relay {
	struct cygnet *inst;
	pthread_t thread;
	bool stop;
};

static bool perf_has_data(const struct perf_object *e)
{
	const struct perf_event_mmap_page *p = (const void *)e->map.contents;

	return p && __atomic_load_n(&p->data_head, __ATOMIC_ACQUIRE) !=
			    __atomic_load_n(&p->data_tail, __ATOMIC_ACQUIRE);
}

/* The object's eventfd, when it can have one; NULL otherwise. */
static int *eventfd_of(struct object *o)
{
	struct map_object *m = object_map(o);
	struct perf_object *e = object_perf(o);

	if (m && m->attr.type == BPF_MAP_TYPE_RINGBUF)
		return &m->eventfd;
	return e ? &e->eventfd : NULL;
}

static bool has_data(struct object *o)
{
	return o->kind == OBJECT_MAP ? map_ringbuf_pending(&object_map(o)->map) > 0
				     : perf_has_data(object_perf(o));
}

static void signal_one(int fd)
{
	u64 one = 1;

	/* Full means readable already. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

static void signal_rings(struct cygnet *inst)
{
	static const u32 kinds[] = {OBJECT_MAP, OBJECT_PERF};

	instance_lock(inst);
	for (u32 k = 0; k < ARRAY_SIZE(kinds); k++) {
		const struct object_table *t = &inst->objects[kinds[k]];

		vec_each (&t->by_id, i) {
			struct object *o = t->by_id.data[i];
			int *fd = o ? eventfd_of(o) : NULL;

			if (fd && *fd >= 0 && has_data(o))
				signal_one(*fd);
		}
	}
	instance_unlock(inst);
}

static void *relay_main(void *data)
{
	struct relay *r = data;
	struct world_page *page = r->inst->page;
	const struct timespec look = {.tv_nsec = LOOK_NS};
	u32 heard;

	while (!__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE)) {
		heard = __atomic_load_n(&page->seq, __ATOMIC_ACQUIRE);
		signal_rings(r->inst);
		__atomic_store_n(&page->sleeping, 1, __ATOMIC_SEQ_CST);
		/* Shared: the page is mapped in many processes. */
		syscall(SYS_futex, &page->seq, FUTEX_WAIT, heard, &look, NULL, 0);
		__atomic_store_n(&page->sleeping, 0, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void relay_free(struct relay *r)
{
	struct world_page *page = r->inst->page;

	__atomic_store_n(&r->stop, true, __ATOMIC_RELEASE);
	__atomic_fetch_add(&page->seq, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &page->seq, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	pthread_join(r->thread, NULL);
	base_free(r);
}

static int relay_start(struct cygnet *inst)
{
	struct relay *r;
	sigset_t all, old;
	int err;

	if (inst->relay)
		return 0;
	r = base_zalloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->inst = inst;
	/* Signals are the application's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&r->thread, NULL, relay_main, r);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err) {
		base_free(r);
		return -err;
	}
	inst->relay_free = relay_free;
	inst->relay = r;
	return 0;
}

int sys_poll_fd(struct cygnet *inst, u64 dev, u64 ino)
{
	struct object *o;
	int *fd, err;

	instance_lock(inst);
	o = object_by_inode(inst, dev, ino);
	fd = o ? eventfd_of(o) : NULL;
	err = !o ? -ENOENT : !fd ? -EPERM : relay_start(inst);
	if (!err && *fd < 0) {
		int new = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

		if (new < 0)
			err = -errno;
		else
			*fd = new;
	}
	err = err ?: *fd;
	instance_unlock(inst);
	return err;
}

int sys_poll_settle(struct cygnet *inst, u64 dev, u64 ino)
{
	struct object *o;
	int *fd, err = 0;
	u64 count;

	instance_lock(inst);
	o = object_by_inode(inst, dev, ino);
	fd = o ? eventfd_of(o) : NULL;
	if (!fd || *fd < 0) {
		err = o ? -EPERM : -ENOENT;
	} else {
		/* Drained first: what a producer adds from here on is signalled anew. */
		if (read(*fd, &count, sizeof(count)) < 0)
			count = 0;
		if (has_data(o))
			signal_one(*fd);
	}
	instance_unlock(inst);
	return err;
}

int sys_poll_words(struct cygnet *inst, u64 dev, u64 ino, u64 words[2])
{
	struct object *o;
	int err = 0;

	instance_lock(inst);
	o = object_by_inode(inst, dev, ino);
	if (!o || !eventfd_of(o)) {
		err = o ? -EPERM : -ENOENT;
	} else if (o->kind == OBJECT_MAP) {
		/* consumer position, a page, producer position */
		words[0] = 0;
		words[1] = PAGE_BYTES;
	} else {
		words[0] = offsetof(struct perf_event_mmap_page, data_head);
		words[1] = offsetof(struct perf_event_mmap_page, data_tail);
	}
	instance_unlock(inst);
	return err;
}
