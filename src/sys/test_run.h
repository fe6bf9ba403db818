/* SPDX-License-Identifier: BSD-2-Clause */
/* One PROG_TEST_RUN in progress, for the files that make contexts. The lock is held. */
#ifndef SYS_TEST_RUN_H
#define SYS_TEST_RUN_H

#include "core/packet.h"
#include "core/run.h"
#include "sys/call.h"

struct test {
	struct call *k;
	struct prog_object *p;
	void *ctx; /* what the program gets */
	u32 ctx_size;
	struct packet *packet; /* whose context `ctx` then is, or NULL */
	u8 *buffer;            /* the packet's; freed at the end, with the three below */
	u8 *frags;
	void *own_ctx, *user_ctx;
	struct run_local *locals; /* what the run's socket and cgroup keep */
	u32 local_count;
	u32 retval;
	u64 total_ns;
	int cpu; /* -1: any */
};

/* A device of the host's that packets may be said to have come by. */
#define LOOPBACK 1
struct test_device {
	u32 ifindex, mtu;
	u8 addr[6], broadcast[6];
};
int test_device_find(u32 ifindex, struct test_device *out); /* 0 or -ENODEV */

#define TEST_FIELD(name) offsetof(union bpf_attr, test.name)
int test_write_u32(struct test *t, u32 off, u32 value);

/* Runs the program max(repeat, 1) times; retval and total_ns are then set. 0 or -errno. */
int test_run_all(struct test *t, u32 repeat);

/* Programs of packets: 0 or -errno, everything written back (xdp_run.c, skb_run.c, flow_run.c). */
long test_run_xdp(struct test *t);
long test_run_skb(struct test *t);
long test_run_flow(struct test *t);
long test_run_lookup(struct test *t);
long test_run_netfilter(struct test *t);

/*
 * The caller's context, of at most `size` bytes, zeroed behind what was given; *out NULL where the
 * caller neither gave nor wants one. -EFAULT, -ENOMEM, -E2BIG: more was given, and not all zero.
 */
int test_ctx_in(struct test *t, u32 size, void **out);
/* Back to the caller, cut to its room: -ENOSPC then, after all was written. */
int test_ctx_out(struct test *t, const void *ctx, u32 size);
/* The packet, cut to its room likewise; retval and duration too. */
int test_finish(struct test *t, const u8 *bytes, u32 linear, const u8 *frags, u32 frag_size);

#endif
