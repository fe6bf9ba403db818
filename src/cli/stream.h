/* SPDX-License-Identifier: BSD-2-Clause */
/* The streams of loaded objects: ring buffers and perf buffers, consumed by libbpf, printed typed.
 */
#ifndef CLI_STREAM_H
#define CLI_STREAM_H

#include <poll.h>
#include "cli/unit.h"
#include "cli/output.h"

struct stream; /* one map */

struct streams {
	struct output *out;
	struct ring_buffer *rings;
	VEC(struct perf_buffer *) perf;
	VEC(struct stream *) all;
};

/* Opens every ring and perf buffer of the units; 0 or an exit status after the message. */
int streams_open(struct streams *s, struct bpf_unit *units, size_t n, struct output *out);
/* Adds descriptors to poll; returns how many. */
size_t streams_poll(struct streams *s, struct pollfd *fds, size_t max);
/* Prints everything that is there, without waiting. */
void streams_drain(struct streams *s);
void streams_close(struct streams *s);

/*
 * The type of a map's records in the object's BTF: the value type in the map's
 * definition, else the one struct the program declares for it (a global
 * pointer to a struct, the `unused` idiom; or the only named struct that is no
 * map's key or value and not the kernel's). 0: none, print hex.
 */
u32 stream_record_type(struct bpf_object *obj, const struct bpf_map *map);

#endif
