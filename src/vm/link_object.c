// SPDX-License-Identifier: BSD-2-Clause
/* The ends of links and perf events: what they held is let go, and targets are told. */
#include <sys/mman.h>
#include <unistd.h>
#include "vm/instance.h"

void link_object_fini(struct link_object *l)
{
	if (l->live)
		l->o.inst->generation++;
	if (l->perf) {
		if (l->perf->link == l)
			l->perf->link = NULL;
		object_put(&l->perf->o);
	}
	if (l->prog)
		object_put(&l->prog->o);
}

void perf_object_fini(struct perf_object *p)
{
	if (p->prog) {
		p->o.inst->generation++;
		object_put(&p->prog->o);
	}
	if (p->map.contents)
		munmap(p->map.contents, p->map_size);
	if (p->eventfd >= 0)
		close(p->eventfd);
}

void stats_object_fini(struct stats_object *s)
{
	struct cygnet *inst = s->o.inst;

	if (!--inst->stats_users)
		__atomic_store_n(&inst->page->stats_on, 0, __ATOMIC_RELAXED);
}
