#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Maps in a target: tail calls, maps of maps, queue, stack, filter and trie, used where the events are.
. "$(dirname "$0")/tap.sh"
[ -d /usr/include/bpf ] || { skip "maps" "no libbpf headers"; done_testing; exit 0; }
cat >"$W/calls.c" <<'SRC'
#include <sys/syscall.h>
#include <unistd.h>
int main(void)
{
	for (int i = 0; i < 40; i++)
		syscall(SYS_getppid);
	return 0;
}
SRC
cc -o "$W/calls" "$W/calls.c" || exit 1
chmod 755 "$W/calls"
cat >"$W/maps.bpf.c" <<'SRC'
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
struct prefix {
	u32 bits;
	u8 data[4];
};
int leaf(void *ctx);
int again(void *ctx);
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 3);
	__type(key, int);
	__array(values, int(void *));
} jumps SEC(".maps") = {.values = {[0] = (void *)&leaf, [2] = (void *)&again}};
struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, int);
	__type(value, long);
} counts SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, int);
	__array(values, struct inner);
} by_key SEC(".maps") = {.values = {&counts}};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, int);
	__array(values, struct inner);
} by_index SEC(".maps") = {.values = {[1] = &counts}};
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4);
	__type(value, long);
} queue SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 4);
	__type(value, long);
} stack SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 100);
	__type(value, long);
} seen SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 10);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, long);
} trie SEC(".maps");

static void add(void *outer, int key, int index, long n)
{
	void *inner = bpf_map_lookup_elem(outer, &key);
	long *v = inner ? bpf_map_lookup_elem(inner, &index) : 0;

	if (v)
		__sync_fetch_and_add(v, n);
}

/* 0: calls that came here by way of a tail call; 1: the same through the other map of maps */
SEC("tp/syscalls/sys_enter_chroot")
int leaf(void *ctx)
{
	add(&by_key, 0, 0, 1);
	add(&by_index, 1, 1, 1);
	add(&by_index, 0, 1, 1000); /* nothing there */
	return 0;
}

/* 2: 33 rounds an event */
SEC("tp/syscalls/sys_enter_chroot")
int again(void *ctx)
{
	add(&by_index, 1, 2, 1);
	bpf_tail_call(ctx, &jumps, 2);
	return 0;
}

SEC("tp/syscalls/sys_enter_getppid")
int first(void *ctx)
{
	bpf_tail_call(ctx, &jumps, 1); /* nobody there */
	bpf_tail_call(ctx, &jumps, 0);
	add(&by_index, 1, 7, 1);
	return 0;
}

SEC("tp/syscalls/sys_enter_getppid")
int rounds(void *ctx)
{
	bpf_tail_call(ctx, &jumps, 2);
	return 0;
}

/* 3: the oldest of three; 4: the newest; 5: seen before; 6: longest of two prefixes */
SEC("tp/syscalls/sys_exit_getppid")
int others(void *ctx)
{
	struct prefix key = {8, {10, 1, 2, 3}};
	long v, *found;

	for (int i = 1; i <= 3; i++) {
		v = i;
		bpf_map_push_elem(&queue, &v, BPF_EXIST);
		bpf_map_push_elem(&stack, &v, BPF_EXIST);
	}
	if (!bpf_map_pop_elem(&queue, &v))
		add(&by_index, 1, 3, v);
	for (int i = 0; i < 4; i++)
		bpf_map_pop_elem(&queue, &v);
	if (!bpf_map_peek_elem(&stack, &v))
		add(&by_index, 1, 4, v);
	v = 77;
	if (!bpf_map_peek_elem(&seen, &v))
		add(&by_index, 1, 5, 1);
	bpf_map_push_elem(&seen, &v, 0);
	v = 8;
	bpf_map_update_elem(&trie, &key, &v, 0);
	v = key.bits = 16;
	bpf_map_update_elem(&trie, &key, &v, 0);
	key.bits = 32;
	found = bpf_map_lookup_elem(&trie, &key);
	if (found)
		add(&by_index, 1, 6, *found);
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
SRC
out=$("$CYGNET" run --json "$W/maps.bpf.c" -- "$W/calls" 2>"$W/err") || sed 's/^/# /' "$W/err"
value() { printf '%s\n' "$out" | grep '"counts"' | grep -oE "\"key\":$1,\"value\":-?[0-9]+" | grep -oE -- '-?[0-9]+$'; }
same "a tail call goes on in the other program" "$(value 0)" 40
same "an inner map is the same through both" "$(value 1)" 40
same "what was left does not return" "$(value 7)" 0
same "33 tail calls, no more" "$(value 2)" $((40 * 33))
same "a queue gives the oldest" "$(value 3)" 40
same "a stack gives the newest" "$(value 4)" 120
same "a filter knows what it saw" "$(value 5)" 39
same "a trie finds the longest prefix" "$(value 6)" $((40 * 16))
done_testing
