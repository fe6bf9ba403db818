// SPDX-License-Identifier: BSD-2-Clause
/*
 * The instance's own ring: printk lines and notices from targets. It is an
 * ordinary ring buffer map, read here as libbpf reads one; everything in it
 * was written by a target and is only ever printed.
 */
#include <string.h>
#include <unistd.h>

#include "cli/notes.h"
#include "sys/sys.h"
#include "vm/instance.h"

#define HEADER    8
#define BUSY      (1u << 31)
#define DISCARDED (1u << 30)

int notes_fd(struct cygnet *inst)
{
	return sys_poll_fd(inst, inst->notes->o.dev, inst->notes->o.ino);
}

static void take(struct output *out, const struct note *in, u32 size)
{
	u8 copy[sizeof(struct note) + 4096];
	struct note *n = (struct note *)copy;

	if (size < sizeof(*n))
		return;
	memcpy(copy, in, MIN(size, (u32)sizeof(copy)));
	n->len = MIN(n->len, MIN(size, (u32)sizeof(copy)) - (u32)sizeof(*n));
	n->comm[15] = 0;
	switch (n->kind) {
	case NOTE_TRACE: output_trace(out, n); break;
	case NOTE_UNTRACED:
	case NOTE_AGENT: output_untraced(out, n); break;
	}
}

void notes_drain(struct cygnet *inst, struct output *out)
{
	struct map *m = &inst->notes->map;
	u64 *consumer = (u64 *)m->contents, *producer = (u64 *)(m->contents + PAGE_BYTES), pos, end,
	    value;
	u8 *data = m->contents + 2 * PAGE_BYTES;
	u32 mask = m->max_entries - 1;
	int fd = notes_fd(inst);

	if (fd >= 0)
		(void)!read(fd, &value, sizeof(value));
	pos = __atomic_load_n(consumer, __ATOMIC_ACQUIRE);
	end = __atomic_load_n(producer, __ATOMIC_ACQUIRE);
	while (end - pos <= m->max_entries && pos < end) {
		u32 *header = (u32 *)(data + (pos & mask)), len;

		len = __atomic_load_n(header, __ATOMIC_ACQUIRE);
		if (len & BUSY)
			break;
		if (!(len & DISCARDED) && len <= m->max_entries)
			take(out, (struct note *)((u8 *)header + HEADER), len);
		pos += ROUND_UP((u64)(len & ~DISCARDED) + HEADER, 8);
		__atomic_store_n(consumer, pos, __ATOMIC_RELEASE);
	}
}
