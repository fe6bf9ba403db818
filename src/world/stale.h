/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories of worlds whose server was killed. */
#ifndef WORLD_STALE_H
#define WORLD_STALE_H

/* Removes this user's world directories in `base` that nobody serves any more. */
void world_remove_stale(const char *base);

#endif
