/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of map types: a segment as the instance makes it, shared with forked children. */
#ifndef TESTS_SEGMENT_H
#define TESTS_SEGMENT_H

#include <cygnet/abi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "core/map.h"
#include "core/helper.h"
#include "core/run.h"

#define TEST_CPUS 4

static inline struct map_attr segment_attr(u32 type, u32 key, u32 value, u32 entries, u32 flags)
{
	return (struct map_attr){.type = type,
				 .key_size = key,
				 .value_size = value,
				 .max_entries = entries,
				 .flags = flags,
				 .possible_cpus = TEST_CPUS,
				 .spin_lock_off = -1};
}

/* 0 or what layout or view said; *fd: the segment's file. */
static inline int segment_new_fd(struct map *m, const struct map_attr *attr, int *fd)
{
	const struct map_ops *ops = core_map_ops(attr->type);
	u64 contents, meta, size;
	int err = ops ? ops->layout(attr, &contents, &meta) : -22;
	struct segment *seg;
	u8 *base;

	if (err)
		return err;
	size = ROUND_UP(contents + SEGMENT_META + meta, PAGE_BYTES);
	*fd = memfd_create("bpf-map", MFD_CLOEXEC);
	if (*fd < 0 || ftruncate(*fd, size))
		return -12;
	base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, *fd, 0);
	if (base == MAP_FAILED)
		return -12;
	seg = (struct segment *)(base + contents);
	seg->seed = attr->flags & BPF_F_ZERO_SEED ? 0 : 0x5eed1234;
	seg->contents_size = contents;
	seg->size = size;
	seg->magic = SEGMENT_MAGIC;
	return map_view_init(m, attr, 7, "test", base, 0, true);
}

static inline int segment_new(struct map *m, const struct map_attr *attr)
{
	int fd, err = segment_new_fd(m, attr, &fd);

	if (!err)
		close(fd);
	return err;
}

static inline void segment_free(struct map *m)
{
	munmap(m->contents, m->size);
}

/* xorshift: the same numbers on every machine */
static inline u64 next_random(u64 *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

#endif
