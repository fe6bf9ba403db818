// SPDX-License-Identifier: BSD-2-Clause
/*
 * Memory whose size is known only when the program runs: dynptrs. A program
 * keeps one on its stack, where verified programs cannot write it. Programs
 * that nobody verified can, so in checked runs the memory behind one is tested
 * at each use. A packet's bytes are found through the run, never through the
 * dynptr.
 */
#include "core/kfunc.h"
#include "core/packet.h"
#include "helper/helper.h"

#define SIZE_MOST    0xffffffu
#define READ_ONLY    (1u << 31)
#define KIND_SHIFT   28
#define KIND(bits)   ((bits) >> KIND_SHIFT & 7)
#define COPY_AT_ONCE 64

enum dynptr_kind {
	DYNPTR_NONE,
	DYNPTR_LOCAL,
	DYNPTR_RINGBUF,
	DYNPTR_SKB,
	DYNPTR_XDP,
};

/* struct bpf_dynptr. */
struct dynptr {
	u64 data; /* memory, or the packet's context; 0: a dynptr of nothing */
	u32 bits; /* READ_ONLY, a kind, and 24 bits of size */
	u32 offset;
};

static u32 size_of(const struct dynptr *d)
{
	return d->bits & SIZE_MOST;
}

static void set_size(struct dynptr *d, u32 size)
{
	d->bits = (d->bits & ~SIZE_MOST) | size;
}

static void set(struct dynptr *d, u64 data, enum dynptr_kind kind, u32 size, bool read_only)
{
	*d = (struct dynptr){data, (u32)kind << KIND_SHIFT | size | (read_only ? READ_ONLY : 0), 0};
}

static bool within(const struct dynptr *d, u32 off, u64 len)
{
	return len <= size_of(d) && off <= size_of(d) - len;
}

static bool is_packet(const struct dynptr *d)
{
	return KIND(d->bits) >= DYNPTR_SKB;
}

static struct packet *packet_of(struct run *run, const struct dynptr *d)
{
	enum packet_kind kind = KIND(d->bits) == DYNPTR_SKB ? PACKET_SKB : PACKET_XDP;

	return run->packet && run->packet->kind == kind ? run->packet : NULL;
}

/*
 * `len` bytes at `off` as plain memory; NULL: they are not, of a packet, or (a fault) may not be
 * touched so.
 */
static u8 *bytes_at(struct run *run, const struct dynptr *d, u32 off, u64 len, bool write)
{
	u64 addr = d->data + d->offset + off, at = (u64)d->offset + off;
	struct packet *p;

	if (is_packet(d)) {
		p = packet_of(run, d);
		return p && at + len <= packet_linear(p) ? packet_data(p) + at : NULL;
	}
	if ((run->flags & RUN_CHECKED) && !run_may_access(run, addr, MAX(len, 1), write)) {
		run_fault_set(run, FAULT_HELPER, RUN_INSN_HERE, addr, len, 0);
		return NULL;
	}
	return u64_to_ptr(addr);
}

/* Copies out of it, or -errno. */
static long read_from(struct run *run, const struct dynptr *d, u32 off, void *to, u64 len)
{
	const struct packet *p;
	const u8 *from;

	if (!d->data)
		return -EINVAL;
	if (!within(d, off, len))
		return -E2BIG;
	from = bytes_at(run, d, off, len, false);
	if (from) {
		__builtin_memmove(to, from, len);
		return 0;
	}
	p = is_packet(d) ? packet_of(run, d) : NULL;
	if (p && packet_read(p, d->offset + off, to, len))
		return 0;
	__builtin_memset(to, 0, len);
	return -EFAULT;
}

static long write_packet(struct run *run, const struct dynptr *d, u32 off, const void *from,
			 u64 len, u64 flags)
{
	u32 id = BPF_FUNC_xdp_store_bytes;

	if (KIND(d->bits) == DYNPTR_SKB)
		id = BPF_FUNC_skb_store_bytes;
	else if (flags)
		return -EINVAL;
	return core_helper(id)->fn(run, d->data, d->offset + off, ptr_to_u64(from), len, flags);
}

static long write_to(struct run *run, const struct dynptr *d, u32 off, const void *from, u64 len,
		     u64 flags)
{
	u8 *to;

	if (!d->data || d->bits & READ_ONLY)
		return -EINVAL;
	if (!within(d, off, len))
		return -E2BIG;
	if (is_packet(d))
		return write_packet(run, d, off, from, len, flags);
	if (flags)
		return -EINVAL;
	to = bytes_at(run, d, off, len, true);
	if (!to)
		return -EFAULT;
	__builtin_memmove(to, from, len);
	return 0;
}

/* --- Helpers. */
HELPER_BODY(dynptr_from_mem)
{
	struct dynptr *d = u64_to_ptr(r4);

	*d = (struct dynptr){0};
	if (r2 > SIZE_MOST)
		return HELPER_RESULT(-E2BIG);
	if (r3)
		return HELPER_RESULT(-EINVAL);
	set(d, r1, DYNPTR_LOCAL, r2, false);
	return 0;
}

HELPER_BODY(dynptr_read)
{
	return HELPER_RESULT(r5 ? -EINVAL : read_from(run, u64_to_ptr(r3), r4, u64_to_ptr(r1), r2));
}

HELPER_BODY(dynptr_write)
{
	return HELPER_RESULT(write_to(run, u64_to_ptr(r1), r2, u64_to_ptr(r3), r4, r5));
}

HELPER_BODY(dynptr_data)
{
	const struct dynptr *d = u64_to_ptr(r1);

	if (!d->data || is_packet(d) || d->bits & READ_ONLY || !within(d, r2, r3))
		return 0;
	return ptr_to_u64(bytes_at(run, d, r2, r3, true));
}

HELPER_BODY(ringbuf_reserve_dynptr)
{
	struct dynptr *d = u64_to_ptr(r4);
	u64 record;

	*d = (struct dynptr){0};
	if (r3)
		return HELPER_RESULT(-EINVAL);
	if ((u32)r2 > SIZE_MOST)
		return HELPER_RESULT(-E2BIG);
	record = core_helper(BPF_FUNC_ringbuf_reserve)->fn(run, r1, (u32)r2, 0, 0, 0);
	if (!record)
		return HELPER_RESULT(-EINVAL);
	set(d, record, DYNPTR_RINGBUF, r2, false);
	return 0;
}

/* Gives a reservation back through the helper `id`; of nothing there is nothing to give back. */
static u64 give_back(struct run *run, struct dynptr *d, u32 id, u64 flags)
{
	const struct run_region *held = run_region_find(run, d->data);

	if (!d->data)
		return 0;
	if ((run->flags & RUN_CHECKED) && !(held && held->kind == REGION_RINGBUF)) {
		run_fault_set(run, FAULT_HELPER, RUN_INSN_HERE, d->data, 0, 1);
		return 0;
	}
	core_helper(id)->fn(run, d->data, flags, 0, 0, 0);
	*d = (struct dynptr){0};
	return 0;
}

HELPER_BODY(ringbuf_submit_dynptr)
{
	return give_back(run, u64_to_ptr(r1), BPF_FUNC_ringbuf_submit, r2);
}

HELPER_BODY(ringbuf_discard_dynptr)
{
	return give_back(run, u64_to_ptr(r1), BPF_FUNC_ringbuf_discard, r2);
}

/* --- Kfuncs. */
static u64 from_packet(struct run *run, u64 ctx, u64 flags, struct dynptr *d, enum dynptr_kind kind)
{
	struct dynptr made;
	const struct packet *p;

	*d = (struct dynptr){0};
	if (flags)
		return HELPER_RESULT(-EINVAL);
	set(&made, ctx, kind, 0, false);
	p = packet_of(run, &made);
	if (!p) {
		run->unknown++;
		return HELPER_RESULT(-EINVAL);
	}
	if (packet_len(p) > SIZE_MOST)
		return HELPER_RESULT(-E2BIG);
	set(d, ctx, kind, packet_len(p), !p->writable);
	return 0;
}

HELPER_BODY_OF(kfunc_bpf_dynptr_from_skb)
{
	return from_packet(run, r1, r2, u64_to_ptr(r3), DYNPTR_SKB);
}

HELPER_BODY_OF(kfunc_bpf_dynptr_from_xdp)
{
	return from_packet(run, r1, r2, u64_to_ptr(r3), DYNPTR_XDP);
}

/* The bytes where they are, or a copy of them in `buffer`. */
static u8 *slice(struct run *run, const struct dynptr *d, u32 off, u8 *buffer, u32 len, bool write)
{
	u8 *p;

	if (!d->data || (write && d->bits & READ_ONLY) || !within(d, off, len))
		return NULL;
	p = bytes_at(run, d, off, len, write);
	if (p || !buffer || !is_packet(d))
		return p;
	return read_from(run, d, off, buffer, len) ? NULL : buffer;
}

HELPER_BODY_OF(kfunc_bpf_dynptr_slice)
{
	return ptr_to_u64(slice(run, u64_to_ptr(r1), r2, u64_to_ptr(r3), r4, false));
}

HELPER_BODY_OF(kfunc_bpf_dynptr_slice_rdwr)
{
	return ptr_to_u64(slice(run, u64_to_ptr(r1), r2, u64_to_ptr(r3), r4, true));
}

HELPER_BODY_OF(kfunc_bpf_dynptr_adjust)
{
	struct dynptr *d = u64_to_ptr(r1);
	u32 start = r2, end = r3;

	if (!d->data || start > end)
		return HELPER_RESULT(-EINVAL);
	if (end > size_of(d))
		return HELPER_RESULT(-ERANGE);
	d->offset += start;
	set_size(d, end - start);
	return 0;
}

HELPER_BODY_OF(kfunc_bpf_dynptr_is_null)
{
	return !((const struct dynptr *)u64_to_ptr(r1))->data;
}

HELPER_BODY_OF(kfunc_bpf_dynptr_is_rdonly)
{
	const struct dynptr *d = u64_to_ptr(r1);

	return d->data && d->bits & READ_ONLY;
}

HELPER_BODY_OF(kfunc_bpf_dynptr_size)
{
	const struct dynptr *d = u64_to_ptr(r1);

	return d->data ? size_of(d) : (u32)-EINVAL;
}

HELPER_BODY_OF(kfunc_bpf_dynptr_clone)
{
	const struct dynptr *d = u64_to_ptr(r1);

	*(struct dynptr *)u64_to_ptr(r2) = *d;
	return d->data ? 0 : HELPER_RESULT(-EINVAL);
}

/* Between memory that may overlap as memmove() does; what is in pieces in the order of its bytes.
 */
HELPER_BODY_OF(kfunc_bpf_dynptr_copy)
{
	const struct dynptr *to = u64_to_ptr(r1), *from = u64_to_ptr(r3);
	u32 to_off = r2, from_off = r4, size = r5, part;
	const u8 *s = slice(run, from, from_off, NULL, size, false);
	u8 *d = slice(run, to, to_off, NULL, size, true);
	u8 buffer[COPY_AT_ONCE];
	long err = 0;

	if (s)
		return HELPER_RESULT(d ? (__builtin_memmove(d, s, size), 0)
				       : write_to(run, to, to_off, s, size, 0));
	if (d)
		return HELPER_RESULT(read_from(run, from, from_off, d, size));
	if (!within(to, to_off, size) || !within(from, from_off, size))
		return HELPER_RESULT(-E2BIG);
	for (u32 i = 0; i < size && !err; i += part) {
		part = MIN(size - i, (u32)sizeof(buffer));
		err = read_from(run, from, from_off + i, buffer, part);
		err = err ?: write_to(run, to, to_off + i, buffer, part, 0);
	}
	return HELPER_RESULT(err);
}

HELPER_BODY_OF(kfunc_bpf_dynptr_memset)
{
	const struct dynptr *d = u64_to_ptr(r1);
	u32 off = r2, size = r3, part;
	u8 *p = slice(run, d, off, NULL, size, true);
	u8 buffer[COPY_AT_ONCE];
	long err = 0;

	if (p) {
		__builtin_memset(p, (u8)r4, size);
		return 0;
	}
	if (d->bits & READ_ONLY)
		return HELPER_RESULT(-EINVAL);
	if (!within(d, off, size))
		return HELPER_RESULT(-E2BIG);
	__builtin_memset(buffer, (u8)r4, sizeof(buffer));
	for (u32 i = 0; i < size && !err; i += part) {
		part = MIN(size - i, (u32)sizeof(buffer));
		err = write_to(run, d, off + i, buffer, part, 0);
	}
	return HELPER_RESULT(err);
}

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_dynptr_from_mem,
	 .name = "bpf_dynptr_from_mem",
	 .fn = dynptr_from_mem,
	 .args = {ARG_MEM_WRITE, ARG_SIZE_OR_ZERO, ARG_ANY, ARG_DYNPTR_NEW_LOCAL},
	 .since = 0x0513,
	 .doc = "A dynptr on memory of a map"},
	{.id = BPF_FUNC_dynptr_read,
	 .name = "bpf_dynptr_read",
	 .fn = dynptr_read,
	 .args = {ARG_MEM_WRITE, ARG_SIZE_OR_ZERO, ARG_DYNPTR, ARG_ANY, ARG_ANY},
	 .since = 0x0513,
	 .doc = "Copies from a dynptr"},
	{.id = BPF_FUNC_dynptr_write,
	 .name = "bpf_dynptr_write",
	 .fn = dynptr_write,
	 .args = {ARG_DYNPTR, ARG_ANY, ARG_MEM, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .since = 0x0513,
	 .doc = "Copies into a dynptr"},
	{.id = BPF_FUNC_dynptr_data,
	 .name = "bpf_dynptr_data",
	 .fn = dynptr_data,
	 .ret = RET_DYNPTR_MEM_OR_NULL,
	 .args = {ARG_DYNPTR, ARG_ANY, ARG_ALLOC_SIZE},
	 .since = 0x0513,
	 .doc = "A part of a dynptr as plain memory"},
	{.id = BPF_FUNC_ringbuf_reserve_dynptr,
	 .name = "bpf_ringbuf_reserve_dynptr",
	 .fn = ringbuf_reserve_dynptr,
	 .args = {ARG_MAP, ARG_ANY, ARG_ANY, ARG_DYNPTR_NEW_RINGBUF},
	 .since = 0x0513,
	 .map_type = BPF_MAP_TYPE_RINGBUF,
	 .doc = "Reserves a record of any size"},
	{.id = BPF_FUNC_ringbuf_submit_dynptr,
	 .name = "bpf_ringbuf_submit_dynptr",
	 .fn = ringbuf_submit_dynptr,
	 .ret = RET_VOID,
	 .args = {ARG_DYNPTR_RINGBUF, ARG_ANY},
	 .flags = HELPER_RELEASES_ARG1,
	 .since = 0x0513,
	 .doc = "Publishes a record reserved so"},
	{.id = BPF_FUNC_ringbuf_discard_dynptr,
	 .name = "bpf_ringbuf_discard_dynptr",
	 .fn = ringbuf_discard_dynptr,
	 .ret = RET_VOID,
	 .args = {ARG_DYNPTR_RINGBUF, ARG_ANY},
	 .flags = HELPER_RELEASES_ARG1,
	 .since = 0x0513,
	 .doc = "Gives up a record reserved so"},
	{.id = BPF_FUNC_user_ringbuf_drain,
	 .name = "bpf_user_ringbuf_drain",
	 .args = {ARG_MAP, ARG_FUNC, ARG_STACK_OR_NULL, ARG_ANY},
	 .since = 0x0601,
	 .map_type = BPF_MAP_TYPE_USER_RINGBUF,
	 .doc = "Calls a function with each record that user space sent"},
};
HELPER_FAMILY(helper_dynptr_family, protos);
