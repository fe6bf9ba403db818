// SPDX-License-Identifier: BSD-2-Clause
/*
 * Mappings of code by instance. Targets have their address spaces each; an
 * address means something only where all that had code there agree.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include "base/alloc.h"
#include "base/vec.h"
#include "world/code_map.h"

#define MAX_RANGES 4096 /* of some hundred processes */

struct code_range {
	u64 start, end, offset;
	const char *path;
};

struct code_map {
	struct cygnet *inst;
	struct code_map *next;
	VEC(char *) paths; /* each once */
	VEC(struct code_range) ranges;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct code_map *all;

static struct code_map *map_of(struct cygnet *inst, bool make)
{
	struct code_map *c = all;

	while (c && c->inst != inst)
		c = c->next;
	if (!c && make && (c = base_zalloc(sizeof(*c)))) {
		c->inst = inst;
		c->next = all;
		all = c;
	}
	return c;
}

static const char *path_of(struct code_map *c, const char *path)
{
	char *copy;

	vec_each (&c->paths, i)
		if (!strcmp(c->paths.data[i], path))
			return c->paths.data[i];
	copy = base_strdup(path);
	if (copy && vec_push(&c->paths, copy)) {
		base_free(copy);
		copy = NULL;
	}
	return copy;
}

/* Without memory addresses there will have no name. */
void code_map_add(struct cygnet *inst, const struct plan_mapping *m, const char *path)
{
	struct code_map *c;
	const char *own;

	pthread_mutex_lock(&lock);
	c = map_of(inst, true);
	own = c && c->ranges.len < MAX_RANGES ? path_of(c, path) : NULL;
	if (own && !vec_reserve(&c->ranges, 1))
		c->ranges.data[c->ranges.len++] =
			(struct code_range){m->start, m->end, m->offset, own};
	pthread_mutex_unlock(&lock);
}

int code_map_find(struct cygnet *inst, u64 addr, const char **path, u64 *offset)
{
	const struct code_range *found = NULL;
	struct code_map *c;
	int err = -ENOENT;

	pthread_mutex_lock(&lock);
	c = map_of(inst, false);
	for (size_t i = 0; c && i < c->ranges.len && err != -EEXIST; i++) {
		const struct code_range *r = &c->ranges.data[i];

		if (addr < r->start || addr >= r->end)
			continue;
		if (found && (found->path != r->path ||
			      found->start - found->offset != r->start - r->offset))
			err = -EEXIST;
		else
			err = 0;
		found = r;
	}
	if (!err) {
		*path = found->path;
		*offset = addr - found->start + found->offset;
	}
	pthread_mutex_unlock(&lock);
	return err;
}

void code_map_drop(struct cygnet *inst)
{
	struct code_map **at = &all, *c;

	pthread_mutex_lock(&lock);
	while (*at && (*at)->inst != inst)
		at = &(*at)->next;
	c = *at;
	if (c)
		*at = c->next;
	pthread_mutex_unlock(&lock);
	if (!c)
		return;
	vec_each (&c->paths, i)
		base_free(c->paths.data[i]);
	vec_fini(&c->paths);
	vec_fini(&c->ranges);
	base_free(c);
}
