# SPDX-License-Identifier: BSD-2-Clause
# Locks and timers in map values. Each rule with a program it takes and one it refuses.

== a lock taken and released
-- type
sched_cls
-- maps
array 4 8 1 lock
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = r6
r1 += 4
call 93
*(u32 *)(r6 + 0) = 1
r1 = r6
r1 += 4
call 94
out:
r0 = 0
exit
-- verdict
ok

== a lock in a program of a tracing type
-- type
raw_tracepoint
-- maps
array 4 8 1 lock
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = r6
r1 += 4
call 93
r1 = r6
r1 += 4
call 94
out:
r0 = 0
exit
-- id
MAP_TRACING
-- verdict
EINVAL tracing progs cannot use bpf_spin_lock yet

== a lock in a socket filter
-- type
socket_filter
-- maps
array 4 8 1 lock
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = r6
r1 += 4
call 93
r1 = r6
r1 += 4
call 94
out:
r0 = 0
exit
-- id
MAP_FILTER_LOCK
-- verdict
EINVAL socket filter progs cannot use bpf_spin_lock yet

== a lock never released
-- type
sched_cls
-- maps
array 4 8 1 lock
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = r6
r1 += 4
call 93
out:
r0 = 0
exit
-- id
HELD_LOCK
-- verdict
EINVAL BPF_EXIT instruction in main prog cannot be used inside bpf_spin_lock-ed region

== a lock that is not held
-- type
sched_cls
-- maps
array 4 8 1 lock
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = r6
r1 += 4
call 94
out:
r0 = 0
exit
-- id
UNLOCK_NONE
-- verdict
EINVAL bpf_spin_unlock without taking a lock

== a lock taken twice
-- type
sched_cls
-- maps
array 4 8 1 lock
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = r6
r1 += 4
call 93
r1 = r6
r1 += 4
call 93
r1 = r6
r1 += 4
call 94
out:
r0 = 0
exit
-- id
CALL_LOCKED
-- verdict
EINVAL function calls are not allowed while holding a lock

== a helper under a lock
-- type
sched_cls
-- maps
array 4 8 1 lock
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = r6
r1 += 4
call 93
call 5
r1 = r6
r1 += 4
call 94
out:
r0 = 0
exit
-- id
CALL_LOCKED
-- verdict
EINVAL function calls are not allowed while holding a lock

== the lock's bytes read
-- type
sched_cls
-- maps
array 4 8 1 lock
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r0 = *(u32 *)(r6 + 4)
out:
r0 = 0
exit
-- id
MAP_FIELD_DIRECT
-- verdict
EACCES bpf_spin_lock cannot be accessed directly by load/store

== the lock's bytes written
-- type
sched_cls
-- maps
array 4 8 1 lock
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
*(u32 *)(r6 + 4) = 0
out:
r0 = 0
exit
-- id
MAP_FIELD_DIRECT
-- verdict
EACCES bpf_spin_lock cannot be accessed directly by load/store

== an address beside the lock
-- type
sched_cls
-- maps
array 4 8 1 lock
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = r6
call 93
r1 = r6
call 94
out:
r0 = 0
exit
-- id
LOCK_OFFSET
-- verdict
EINVAL off 0 doesn't point to 'struct bpf_spin_lock' that is at 4

== a lock at an unknown place
-- type
sched_cls
-- maps
array 4 8 1 lock
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
call 7
r0 &= 4
r1 = r6
r1 += r0
call 93
out:
r0 = 0
exit
-- id
LOCK_OFFSET_VARIES
-- verdict
EINVAL R1 doesn't have constant offset. bpf_spin_lock has to be at the constant offset

== a value without a lock
-- type
sched_cls
-- maps
array 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = r6
call 93
out:
r0 = 0
exit
-- id
LOCK_NO_BTF
-- verdict
EINVAL map '' has to have BTF in order to use bpf_spin_lock

== another value's lock released
-- type
sched_cls
-- maps
array 4 8 1 lock
array 4 8 1 lock
-- asm
r1 = map[fd:0][0]+4
call 93
r1 = map[fd:1][0]+4
call 94
r0 = 0
exit
-- id
UNLOCK_OTHER
-- verdict
EINVAL bpf_spin_unlock of different lock

== a lookup's lock released through another lookup
-- type
sched_cls
-- maps
array 4 8 1 lock
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r8 = r6
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r7 = r0
r1 = r6
r1 += 4
call 93
r1 = r7
r1 += 4
call 94
out:
r0 = 0
exit
-- id
UNLOCK_OTHER
-- verdict
EINVAL bpf_spin_unlock of different lock

== a tail call under a lock
-- type
sched_cls
-- maps
array 4 8 1 lock
prog_array 4 4 1
-- asm
r9 = r1
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = r6
r1 += 4
call 93
r1 = r9
r2 = map[fd:1]
r3 = 0
call 12
r1 = r6
r1 += 4
call 94
out:
r0 = 0
exit
-- id
CALL_LOCKED
-- verdict
EINVAL function calls are not allowed while holding a lock

== a packet load under a lock
-- type
sched_cls
-- maps
array 4 8 1 lock
-- asm
r7 = r1
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r8 = r6
r6 = r7
r1 = r8
r1 += 4
call 93
r0 = *(u8 *)skb[0]
r1 = r8
r1 += 4
call 94
out:
r0 = 0
exit
-- id
HELD_LOCK
-- verdict
EINVAL BPF_LD_[ABS|IND] cannot be used inside bpf_spin_lock-ed region

== a timer made
-- type
sched_cls
-- maps
array 4 24 1 timer
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = r6
r1 += 8
r2 = map[fd:0]
r3 = 1
call 169
out:
r0 = 0
exit
-- verdict
ok

== a timer of another map
-- type
sched_cls
-- maps
array 4 24 1 timer
array 4 24 1 timer
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = r6
r1 += 8
r2 = map[fd:1]
r3 = 1
call 169
out:
r0 = 0
exit
-- id
TIMER_MAP
-- verdict
EINVAL timer pointer in R1 map_uid=0 doesn't match map pointer in R2 map_uid=0

== an address beside the timer
-- type
sched_cls
-- maps
array 4 24 1 timer
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = r6
r2 = map[fd:0]
r3 = 1
call 169
out:
r0 = 0
exit
-- id
FIELD_OFFSET
-- verdict
EINVAL off 0 doesn't point to 'struct bpf_timer' that is at 8

== a timer at an unknown place
-- type
sched_cls
-- maps
array 4 24 1 timer
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
call 7
r0 &= 8
r1 = r6
r1 += r0
r2 = map[fd:0]
r3 = 1
call 169
out:
r0 = 0
exit
-- id
FIELD_VARIES
-- verdict
EINVAL R1 doesn't have constant offset. bpf_timer has to be at the constant offset

== a timer's bytes written
-- type
sched_cls
-- maps
array 4 24 1 timer
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
*(u64 *)(r6 + 8) = 0
out:
r0 = 0
exit
-- id
MAP_FIELD_DIRECT
-- verdict
EACCES bpf_timer cannot be accessed directly by load/store

== a timer in a program of a tracing type
-- type
raw_tracepoint
-- maps
array 4 24 1 timer
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
out:
r0 = 0
exit
-- id
MAP_TRACING
-- verdict
EINVAL tracing progs cannot use bpf_timer yet

== a timer's callback
-- type
sched_cls
-- maps
array 4 24 1 timer
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = r6
r1 += 8
r2 = subprog[body]
call 170
out:
r0 = 0
exit
body:
r0 = *(u32 *)(r2 + 0)
r0 = *(u64 *)(r3 + 0)
r0 = 0
exit
-- verdict
ok

== a timer's callback returns 0
-- type
sched_cls
-- maps
array 4 24 1 timer
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = r6
r1 += 8
r2 = subprog[body]
call 170
out:
r0 = 0
exit
body:
r0 = 1
exit
-- id
RETURN_RANGE
-- verdict
EINVAL At async callback return the register R0 has smin=1 smax=1 should have been in [0, 0]

== a map without a timer
-- type
sched_cls
-- maps
array 4 8 1 lock
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = r6
r2 = map[fd:0]
r3 = 1
call 169
out:
r0 = 0
exit
-- id
FIELD_NONE
-- verdict
EINVAL map '' has no valid bpf_timer

== a timer where the value has no types
-- type
sched_cls
-- maps
array 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = r6
r2 = map[fd:0]
r3 = 1
call 169
out:
r0 = 0
exit
-- id
FIELD_NO_BTF
-- verdict
EINVAL map '' has to have BTF in order to use bpf_timer



== a helper that no kernel has, under a lock
-- type
sched_cls
-- maps
array 4 8 1 lock
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = r6
r1 += 4
call 93
call -1
r1 = r6
r1 += 4
call 94
out:
r0 = 0
exit
-- id
CALL_UNDER_LOCK
-- verdict
EINVAL function calls are not allowed while holding a lock
