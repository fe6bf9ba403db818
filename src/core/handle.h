/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Handles of kernel objects: stable addresses in a non-canonical range, so
 * that a program may do arithmetic on them, and every read goes through the
 * environment. Layout: 0x00c6 in the top 16 bits (never canonical), object
 * kind in the next 8, 16 bits of object slot, 24 bits of byte offset.
 * Freestanding.
 */
#ifndef CORE_HANDLE_H
#define CORE_HANDLE_H

#include "base/types.h"

#define HANDLE_TAG 0x00c6ull

enum handle_kind {
	HANDLE_TASK = 1,    /* the current task (slot 0) */
	HANDLE_TASK_PARENT, /* its real parent */
	HANDLE_TASK_LEADER, /* its group leader */
	HANDLE_CRED,        /* its credentials */
	HANDLE_HOOK_STATE,  /* where in netfilter a packet is; of it and the packet nothing is known
			     */
	HANDLE_SKB,
};

static inline u64 handle_make(u32 kind, u32 slot)
{
	return HANDLE_TAG << 48 | (u64)(kind & 0xff) << 40 | (u64)(slot & 0xffff) << 24;
}

static inline bool handle_is(u64 addr)
{
	return addr >> 48 == HANDLE_TAG;
}

static inline u32 handle_kind(u64 addr)
{
	return addr >> 40 & 0xff;
}

static inline u32 handle_offset(u64 addr)
{
	return addr & 0xffffff;
}

#endif
