// SPDX-License-Identifier: BSD-2-Clause
/* Participants of an instance, and what dead ones left behind. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/alloc.h"
#include "world/code_map.h"
#include "world/participant.h"
#include "world/target.h"

#define MAX_PARTICIPANTS 65536

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct targets *all;
struct targets *targets_of(struct cygnet *inst)
{
	struct targets *t;

	pthread_mutex_lock(&all_lock);
	for (t = all; t && t->inst != inst; t = t->next)
		;
	if (!t && (t = base_zalloc(sizeof(*t)))) {
		t->inst = inst;
		t->lock_fd = memfd_create("cygnet-alive", MFD_CLOEXEC);
		if (t->lock_fd < 0 || ftruncate(t->lock_fd, MAX_PARTICIPANTS) ||
		    vec_push(&t->used, true)) { /* 0 is the instance itself */
			if (t->lock_fd >= 0)
				close(t->lock_fd);
			base_free(t);
			t = NULL;
		} else {
			t->next = all;
			all = t;
		}
	}
	pthread_mutex_unlock(&all_lock);
	return t;
}

static bool participant_alive(const struct targets *t, u32 p)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = p, .l_len = 1};

	return fcntl(t->lock_fd, F_OFD_GETLK, &l) || l.l_type != F_UNLCK;
}

/* A free index and the description that holds its lock. */
int participant_new(struct targets *t, u32 *index, int *fd)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	char path[64];
	u32 p = 1;

	while (p < t->used.len && t->used.data[p])
		p++;
	if (p >= MAX_PARTICIPANTS)
		return -EUSERS;
	if (p == t->used.len && vec_push(&t->used, false))
		return -ENOMEM;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", t->lock_fd);
	*fd = open(path, O_RDWR | O_CLOEXEC);
	if (*fd < 0)
		return -errno;
	l.l_start = p;
	if (fcntl(*fd, F_OFD_SETLK, &l)) {
		int err = -errno;

		close(*fd);
		return err;
	}
	t->used.data[p] = true;
	*index = p;
	return 0;
}

static void sweep_slots(struct world_page *page, u32 participant)
{
	for (u32 i = 0; i < WORLD_SLOTS; i++) {
		u32 owner = participant + 1;

		__atomic_compare_exchange_n(&page->slot[i].owner, &owner, 0, false,
					    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	}
}

/* Processes killed inside runs leave slots behind faster than the regular sweep comes by. */
static bool slots_scarce(const struct world_page *page)
{
	u32 first = world_first_shared(page->slots), taken = 0, kept = 0;

	for (u32 i = 0; i < MIN(page->slots, (u32)WORLD_SLOTS); i++)
		if (__atomic_load_n(&page->slot[i].owner, __ATOMIC_RELAXED))
			++*(i < first ? &kept : &taken);
	return taken > WORLD_SHARED / 4 || kept > first * 3 / 4;
}

static bool is_dead(void *data, u32 owner)
{
	const struct targets *t = data;

	return owner >= t->used.len || !t->used.data[owner] ||
	       (owner && !participant_alive(t, owner));
}

static void sweep_map(struct map *m, struct targets *t)
{
	if (m->ops && m->ops->sweep)
		m->ops->sweep(m, is_dead, t);
}

static void sweep_maps(struct cygnet *inst, struct targets *t)
{
	struct object *o = NULL;

	while ((o = object_next(inst, OBJECT_MAP, o ? o->id : 0)))
		sweep_map(&((struct map_object *)o)->map, t);
	while ((o = object_next(inst, OBJECT_PERF, o ? o->id : 0)))
		sweep_map(&((struct perf_object *)o)->map, t);
	if (inst->notes)
		sweep_map(&inst->notes->map, t);
}

/* An index is given out again only after everything it held was released. */
static void sweep(struct cygnet *inst, struct targets *t)
{
	bool died = false;

	for (u32 p = 1; p < t->used.len; p++) {
		if (!t->used.data[p] || participant_alive(t, p))
			continue;
		sweep_slots(inst->page, p);
		t->used.data[p] = false;
		died = true;
	}
	if (died)
		sweep_maps(inst, t);
}

void participants_make_room(struct cygnet *inst, struct targets *t)
{
	if (t->used.len >= MAX_PARTICIPANTS / 2 || slots_scarce(inst->page))
		sweep(inst, t);
}

void target_sweep(struct cygnet *inst)
{
	struct targets *t = targets_of(inst);

	if (!t)
		return;
	instance_lock(inst);
	sweep(inst, t);
	instance_unlock(inst);
}

void target_close(struct cygnet *inst)
{
	struct targets **at, *t;

	__atomic_store_n(&inst->page->closed, 1, __ATOMIC_RELEASE);
	pthread_mutex_lock(&all_lock);
	for (at = &all; *at && (*at)->inst != inst; at = &(*at)->next)
		;
	t = *at;
	if (t)
		*at = t->next;
	pthread_mutex_unlock(&all_lock);
	code_map_drop(inst);
	if (!t)
		return;
	native_files_fini(&t->native);
	close(t->lock_fd);
	vec_fini(&t->used);
	base_free(t);
}
