/* SPDX-License-Identifier: BSD-2-Clause */
/* What the maps of maps share: from an element's id to the map. Freestanding. */
#ifndef MAP_INNER_MAP_H
#define MAP_INNER_MAP_H

#include "core/run.h"

/* The map with this id, as far as it is known here; else NULL. */
static inline struct map *inner_map(struct run *run, u32 id)
{
	struct map *m = id && run->env && run->env->object ? run->env->object(run, id) : NULL;

	if (m && run->flags & RUN_CHECKED)
		run->inner[run->inner_count++ % RUN_INNER_MAPS] = m;
	return m;
}

#endif
