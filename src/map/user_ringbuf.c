// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_USER_RINGBUF: a ring that a process fills and programs drain. Laid
 * out as a ring buffer (ringbuf.c), with the roles changed: a process maps the
 * producer's page and the data to write.
 *
 *	contents | consumer page | producer page | data | data again |
 */
#include "map/attr.h"

static int check_late(const struct map_attr *attr, struct diag *diag)
{
	return attr->flags & ~BPF_F_NUMA_NODE || attr->key_size || attr->value_size ||
			       !IS_POW2(attr->max_entries) || attr->max_entries % PAGE_BYTES
		       ? -EINVAL
		       : 0;
}

static int layout(const struct map_attr *attr, u64 *contents, u64 *meta)
{
	*contents = 2 * PAGE_BYTES + 2ull * attr->max_entries;
	*meta = 0;
	return 0;
}

const struct map_ops map_user_ringbuf_ops = {
	.type = BPF_MAP_TYPE_USER_RINGBUF,
	.name = "user_ringbuf",
	.since = 0x0601,
	.check_late = check_late,
	.layout = layout,
	.view = map_plain_view,
};
