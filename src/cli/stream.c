// SPDX-License-Identifier: BSD-2-Clause
/* The streams of loaded objects: ring buffers and perf buffers, consumed by libbpf, printed typed.
 */
#include <errno.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "cli/command.h"
#include "cli/stream.h"

#define PERF_PAGES 64 /* per cpu; memory is taken as it fills */

struct stream {
	struct streams *owner;
	struct record_type type;
	u64 lost;
};

static int on_ring(void *ctx, void *data, size_t size)
{
	struct stream *s = ctx;

	output_record(s->owner->out, &s->type, data, size);
	return 0;
}

static void on_perf(void *ctx, int cpu, void *data, __u32 size)
{
	struct stream *s = ctx;

	output_record(s->owner->out, &s->type, data, size);
}

static void on_lost(void *ctx, int cpu, __u64 count)
{
	struct stream *s = ctx;

	s->lost += count;
}

static struct stream *stream_new(struct streams *s, struct bpf_unit *u, struct bpf_map *map)
{
	struct stream *st = base_zalloc(sizeof(*st));

	if (!st)
		return NULL;
	st->owner = s;
	record_type_init(&st->type, bpf_map__name(map), unit_btf(u),
			 stream_record_type(u->obj, map));
	if (vec_push(&s->all, st)) {
		record_type_fini(&st->type);
		base_free(st);
		return NULL;
	}
	return st;
}

static int add_ring(struct streams *s, struct bpf_unit *u, struct bpf_map *map)
{
	struct stream *st = stream_new(s, u, map);

	if (!st)
		return -ENOMEM;
	if (s->rings)
		return ring_buffer__add(s->rings, bpf_map__fd(map), on_ring, st);
	s->rings = ring_buffer__new(bpf_map__fd(map), on_ring, st, NULL);
	return s->rings ? 0 : -errno;
}

static int add_perf(struct streams *s, struct bpf_unit *u, struct bpf_map *map)
{
	struct stream *st = stream_new(s, u, map);
	struct perf_buffer *pb;

	if (!st)
		return -ENOMEM;
	pb = perf_buffer__new(bpf_map__fd(map), PERF_PAGES, on_perf, on_lost, st, NULL);
	if (!pb)
		return -errno;
	if (vec_push(&s->perf, pb)) {
		perf_buffer__free(pb);
		return -ENOMEM;
	}
	return 0;
}

int streams_open(struct streams *s, struct bpf_unit *units, size_t n, struct output *out)
{
	memset(s, 0, sizeof(*s));
	s->out = out;
	for (size_t i = 0; i < n; i++) {
		struct bpf_map *map;

		bpf_object__for_each_map(map, units[i].obj)
		{
			int err = 0;

			if (bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF)
				err = add_ring(s, &units[i], map);
			else if (bpf_map__type(map) == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
				err = add_perf(s, &units[i], map);
			if (err)
				return command_fail("%s: map %s: cannot be read: %s", units[i].file,
						    bpf_map__name(map), strerror(-err));
		}
	}
	return 0;
}

size_t streams_poll(struct streams *s, struct pollfd *fds, size_t max)
{
	size_t n = 0;

	if (s->rings && n < max)
		fds[n++] = (struct pollfd){.fd = ring_buffer__epoll_fd(s->rings), .events = POLLIN};
	for (size_t i = 0; i < s->perf.len && n < max; i++)
		fds[n++] = (struct pollfd){.fd = perf_buffer__epoll_fd(s->perf.data[i]),
					   .events = POLLIN};
	return n;
}

void streams_drain(struct streams *s)
{
	if (s->rings) {
		/* poll clears the wake-up, consume takes what came without one */
		ring_buffer__poll(s->rings, 0);
		ring_buffer__consume(s->rings);
	}
	vec_each (&s->perf, i) {
		perf_buffer__poll(s->perf.data[i], 0);
		perf_buffer__consume(s->perf.data[i]);
	}
}

void streams_close(struct streams *s)
{
	ring_buffer__free(s->rings);
	vec_each (&s->perf, i)
		perf_buffer__free(s->perf.data[i]);
	vec_fini(&s->perf);
	vec_each (&s->all, i) {
		struct stream *st = s->all.data[i];

		if (st->lost)
			output_lost(s->out, st->type.map, st->lost);
		record_type_fini(&st->type);
		base_free(st);
	}
	vec_fini(&s->all);
	s->rings = NULL;
}
