/* SPDX-License-Identifier: BSD-2-Clause */
/* How a ring buffer's memory is laid out (ringbuf.c tells), for its inline form too. */
#ifndef MAP_RINGBUF_H
#define MAP_RINGBUF_H

#include "core/map.h"

#define RING_HEADER     8u /* bytes before a record */
#define RING_OWNER_BITS 20 /* of the tail: who reserved last, + 1; above, the end / 8 */
#define RING_MAX_RECORD (UINT32_MAX / 4)
#define RING_DATA       (2 * PAGE_BYTES)

#endif
