/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps of maps: what the inner ones must be like. */
#ifndef SYS_INNER_MAP_H
#define SYS_INNER_MAP_H

#include "sys/call.h"

/* What the map behind the client's descriptor is like; the caller's. -EBADF, -EINVAL, -ENOTSUPP. */
int inner_map_meta(struct call *k, int fd, struct map_meta **out);
/* May `m` be put where maps like `meta` are? */
bool inner_map_fits(const struct map_meta *meta, const struct map_object *m);

#endif
