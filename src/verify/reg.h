/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of a register or of a spilled one: a kind, flags, and what the
 * kind needs. Copied by value.
 */
#ifndef VERIFY_REG_H
#define VERIFY_REG_H

#include "verify/scalar.h"

struct verify_map;
struct btf_info;

enum reg_kind {
	REG_NOT_INIT,
	REG_SCALAR,
	REG_CTX,
	REG_MAP_PTR, /* the map itself */
	REG_MAP_VALUE,
	REG_MAP_KEY, /* what for_each callbacks get */
	REG_STACK,
	REG_PACKET_META,
	REG_PACKET,
	REG_PACKET_END,
	REG_FLOW_KEYS,
	REG_SOCKET,
	REG_SOCK_COMMON,
	REG_TCP_SOCK,
	REG_TP_BUFFER, /* writable raw tracepoint's */
	REG_XDP_SOCK,
	REG_BTF_ID, /* a kernel object, or an allocated one (REG_ALLOC) */
	REG_MEM,    /* mem_size bytes */
	REG_ARENA,
	REG_BUF, /* memory whose size the attach point knows */
	REG_FUNC,
	REG_DYNPTR, /* pointer to a dynptr given to us (not one on the stack) */
	REG_KIND_MASK = 0xff,
};

enum reg_flag {
	REG_MAYBE_NULL = 1 << 8,
	REG_RDONLY = 1 << 9,
	REG_RINGBUF = 1 << 10, /* a record reserved: must be submitted */
	REG_USER = 1 << 11,
	REG_PERCPU = 1 << 12,
	REG_UNTRUSTED = 1 << 13,
	REG_TRUSTED = 1 << 14,
	REG_ALLOC = 1 << 15, /* made by bpf_obj_new */
	REG_RCU = 1 << 16,
	REG_NON_OWN = 1 << 17, /* a node that a list or tree owns */
	REG_FIXED = 1 << 18,
	REG_OF_PACKET = 1 << 19, /* MEM: a slice of a packet's dynptr, gone when the packet is */
};

/* In id of a scalar: equals the id's plus `off`; ... in the lower half, and the upper is 0. */
#define REG_ADD_CONST   (1u << 31)
#define REG_ADD_CONST32 (1u << 30) /* beside REG_ADD_CONST */
#define REG_ID_MASK     (REG_ADD_CONST32 - 1)

enum dynptr_kind {
	DYNPTR_NONE,
	DYNPTR_LOCAL,
	DYNPTR_RINGBUF,
	DYNPTR_SKB,
	DYNPTR_XDP,
	DYNPTR_SKB_META,
	DYNPTR_FILE,
};

enum iter_state {
	ITER_INVALID,
	ITER_ACTIVE,
	ITER_DRAINED,
};

/* Bounds of the variable part of a pointer's offset are its scalar `s`, as with numbers. */
struct vreg {
	struct scalar s;
	u32 type; /* enum reg_kind | enum reg_flag */
	s32 off;  /* pointers: the fixed part of the offset; REG_ADD_CONST scalars: the delta */
	u32 id;   /* registers with the same id are equal, null or bounded together; 0: none */
	u32 ref;  /* id of the reference it holds; 0: none */
	union {
		const struct verify_map *map; /* MAP_PTR, MAP_VALUE, MAP_KEY */
		const struct btf_info *btf;   /* BTF_ID, iterators */
	};
	union {
		u32 map_uid;  /* which lookup of an inner map: distinguishes their timers, locks */
		u32 btf_id;   /* BTF_ID; iterators: the iterator's struct */
		u32 mem_size; /* MEM */
		u32 range;    /* PACKET*: bytes proven to exist from the fixed offset 0 */
		u32 subprog;  /* FUNC */
		u32 dynptr_kind; /* DYNPTR, and slots that hold one */
		u32 irq_kind;    /* slots with saved interrupt flags: 0 native, 1 lock */
	};
	union {
		u32 dynptr_id;  /* MEM: the dynptr whose slice this is */
		u32 iter_depth; /* iterators */
	};
	u8 frame;        /* STACK: which frame's */
	bool precise;    /* a verdict hangs on its exact value */
	bool first_slot; /* dynptr slots: the lower half */
	u8 iter_state;   /* enum iter_state */
};

static inline u32 reg_kind(u32 type)
{
	return type & REG_KIND_MASK;
}

static inline bool reg_is_packet(u32 type)
{
	return reg_kind(type) == REG_PACKET || reg_kind(type) == REG_PACKET_META;
}

static inline bool reg_is_null_const(const struct vreg *r)
{
	return r->type == REG_SCALAR && r->s.bits.mask == 0 && r->s.bits.value == 0;
}

static inline bool reg_is_const(const struct vreg *r) /* also: constant offset */
{
	return r->s.bits.mask == 0;
}

/* Every one sets the whole register. */
struct vreg vreg_unknown(void); /* a scalar of which nothing is known, not precise */
struct vreg vreg_const(u64 value);
struct vreg vreg_not_init(void);
/* A pointer with offset 0; the kind's own members are the caller's to set. */
struct vreg vreg_pointer(u32 type);

/* "map_value_or_null", as the log and messages name a type. */
void reg_type_format(struct text *t, u32 type);
struct reg_type_name { /* the same, for one message's sake */
	char s[64];
};
struct reg_type_name reg_type_name(u32 type);
/* As the log prints a register of frame `frame` behind "R1=": "map_value(map=m,ks=4,vs=8,off=4)".
 */
void vreg_format(struct text *t, const struct vreg *r, u32 frame);
const char *dynptr_kind_name(u32 kind);

#endif
