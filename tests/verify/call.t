# SPDX-License-Identifier: BSD-2-Clause
# Helper calls: who may call, arguments, maps, sizes, results, callbacks. Each rule with a program it takes and one it refuses.

== no such helper
-- asm
call 5000
r0 = 0
exit
-- id
INVALID_FUNC
-- verdict
EINVAL invalid func unknown#5000

== helper 0
-- asm
call 0
r0 = 0
exit
-- id
HELPER_TYPE
-- verdict
EINVAL program of this type cannot use helper bpf_unspec#0

== a negative helper
-- asm
call -1
r0 = 0
exit
-- id
INVALID_FUNC
-- verdict
EINVAL invalid func unknown#-1

== a helper of another type
-- asm
call 9
r0 = 0
exit
-- id
HELPER_TYPE
-- verdict
EINVAL program of this type cannot use helper bpf_skb_store_bytes#9

== a GPL helper without the GPL
-- license
Proprietary
-- asm
call 35
r0 = 0
exit
-- id
HELPER_GPL
-- verdict
EINVAL cannot call GPL-restricted function from non-GPL compatible program

== a free helper without the GPL
-- license
Proprietary
-- asm
call 5
r0 = 0
exit
-- verdict
ok

== a helper that sleeps
-- asm
r1 = r10
r1 += -8
r2 = 8
r3 = 0
call 148
r0 = 0
exit
-- id
HELPER_SLEEPS
-- verdict
EINVAL helper call might sleep in a non-sleepable prog

== a helper that sleeps, where sleeping is allowed
-- type
kprobe
-- flags
sleepable
-- asm
r1 = r10
r1 += -8
r2 = 8
r3 = 0
call 148
r0 = 0
exit
-- verdict
ok

== an argument never set
-- asm
call 1
r0 = 0
exit
-- id
ARG_TYPE
-- verdict
EACCES R1 type=ctx expected=map_ptr

== an argument that is not there
-- asm
r1 = 0
r2 = r1
call 14
r0 = r6
exit
-- id
REG_NOT_INIT
-- verdict
EACCES R6 !read_ok

== arguments are gone after a call
-- asm
call 5
r0 = r1
exit
-- id
REG_NOT_INIT
-- verdict
EACCES R1 !read_ok

== a number for a map
-- asm
r1 = 5
r2 = r10
r2 += -8
call 1
r0 = 0
exit
-- id
ARG_TYPE
-- verdict
EACCES R1 type=scalar expected=map_ptr

== a key
-- maps
hash 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
r0 = 0
exit
-- verdict
ok

== a number for a key
-- maps
hash 4 8 1
-- asm
r2 = 7
r1 = map[fd:0]
call 1
r0 = 0
exit
-- id
ARG_TYPE
-- verdict
EACCES R2 type=scalar expected=fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_

== a key behind the stack
-- maps
hash 4 8 1
-- asm
r2 = r10
r2 += -2
r1 = map[fd:0]
call 1
r0 = 0
exit
-- id
STACK_ABOVE
-- verdict
EINVAL invalid read from stack R2 off=-2 size=4

== a value
-- maps
hash 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
r3 = r10
r3 += -16
*(u64 *)(r10 - 16) = 1
r4 = 0
call 2
r0 = 0
exit
-- verdict
ok

== a map that programs may only read
-- maps
hash 4 8 1 rdonly
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
r3 = r10
r3 += -16
*(u64 *)(r10 - 16) = 1
r4 = 0
call 2
r0 = 0
exit
-- id
MAP_WRITE
-- verdict
EACCES write into map forbidden

== a map type that the helper does not take
-- maps
perf_event_array 4 4 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
r0 = 0
exit
-- id
MAP_HELPER
-- verdict
EINVAL cannot pass map_type 4 into func bpf_map_lookup_elem#1

== a helper that the map type does not take
-- maps
array 4 8 1
-- asm
r1 = map[fd:0]
r2 = r10
r2 += -8
*(u64 *)(r10 - 8) = 0
r3 = 0
call 87
r0 = 0
exit
-- id
MAP_HELPER
-- verdict
EINVAL cannot pass map_type 2 into func bpf_map_push_elem#87

== a known key of an array
-- maps
array 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
r0 = *(u64 *)(r0 + 0)
exit
-- verdict
ok

== a known key spilled as a register
-- maps
array 4 8 1
-- asm
r6 = 0
*(u32 *)(r10 - 4) = r6
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
r0 = *(u64 *)(r0 + 0)
exit
-- verdict
ok

== a known key behind the array
-- maps
array 4 8 3
-- asm
*(u32 *)(r10 - 4) = 3
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
r0 = *(u64 *)(r0 + 0)
exit
-- id
MEM_ACCESS
-- verdict
EACCES R0 invalid mem access 'map_value_or_null'

== a known key of a hash
-- maps
hash 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
r0 = *(u64 *)(r0 + 0)
exit
-- id
MEM_ACCESS
-- verdict
EACCES R0 invalid mem access 'map_value_or_null'

== a key that is not known
-- maps
array 4 8 1
-- asm
call 7
*(u32 *)(r10 - 4) = r0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
r0 = *(u64 *)(r0 + 0)
exit
-- id
MEM_ACCESS
-- verdict
EACCES R0 invalid mem access 'map_value_or_null'

== memory and its size
-- asm
r1 = r10
r1 += -16
r2 = 16
call 16
r0 = *(u64 *)(r10 - 16)
exit
-- verdict
ok

== memory beyond the stack
-- asm
r1 = r10
r1 += -16
r2 = 17
call 16
r0 = 0
exit
-- id
STACK_ABOVE
-- verdict
EINVAL invalid write to stack R1 off=-16 size=17

== a size of zero
-- asm
r1 = r10
r1 += -16
r2 = 0
call 16
r0 = 0
exit
-- id
SIZE_ZERO
-- verdict
EACCES R2 invalid zero-sized read: u64=[0,0]

== a size that may be negative
-- asm
r6 = *(u64 *)(r1 + 0)
r1 = r10
r1 += -16
r2 = r6
call 16
r0 = 0
exit
-- id
SIZE_NEGATIVE
-- verdict
EACCES R2 min value is negative, either use unsigned or 'var &= const'

== a size without a bound
-- asm
r6 = *(u32 *)(r1 + 0)
r6 |= 1
r1 = r10
r1 += -16
r2 = r6
call 16
r0 = 0
exit
-- id
SIZE_UNBOUNDED
-- verdict
EACCES R2 unbounded memory access, use 'var &= const' or 'if (var < const)'

== a pointer where a size belongs
-- asm
r1 = r10
r1 += -16
r2 = r10
call 16
r0 = 0
exit
-- id
ARG_TYPE
-- verdict
EACCES R2 type=fp expected=scalar

== NULL where it may be, with no bytes
-- type
sched_cls
-- asm
r1 = 0
r2 = 0
r3 = 0
r4 = 0
r5 = 0
call 28
r0 = 0
exit
-- verdict
ok

== NULL where it may be, with bytes
-- type
sched_cls
-- asm
r1 = 0
r2 = 4
r3 = 0
r4 = 0
r5 = 0
call 28
r0 = 0
exit
-- id
ARG_MEM_TYPE
-- verdict
EACCES R1 type=scalar expected=fp

== a fixed size, aligned
-- asm
*(u64 *)(r10 - 16) = 0
r1 = r10
r1 += -16
r2 = 4
r3 = 0
r4 = r10
r4 += -24
call 105
r0 = 0
exit
-- verdict
ok

== a fixed size, not aligned
-- asm
*(u64 *)(r10 - 16) = 0
r1 = r10
r1 += -16
r2 = 4
r3 = 0
r4 = r10
r4 += -28
call 105
r0 = 0
exit
-- id
MEM_MISALIGNED
-- verdict
EACCES misaligned stack access off

== the context where it belongs
-- type
sched_cls
-- asm
r2 = 0
r3 = r10
r3 += -8
r4 = 8
call 26
r0 = 0
exit
-- verdict
ok

== the context with an offset
-- type
sched_cls
-- asm
r1 += 8
r2 = 0
r3 = r10
r3 += -8
r4 = 8
call 26
r0 = 0
exit
-- id
PTR_MODIFIED
-- verdict
EACCES dereference of modified ctx ptr R1 off=8 disallowed

== a socket lookup whose result is forgotten
-- type
sched_cls
-- asm
r2 = r10
r2 += -16
*(u64 *)(r10 - 16) = 0
*(u64 *)(r10 - 8) = 0
r3 = 12
r4 = 0
r5 = 0
call 84
r0 = 0
exit
-- id
REFERENCE_LEAK
-- verdict
EINVAL Unreleased reference id=

== a socket looked up and released
-- type
sched_cls
-- asm
r2 = r10
r2 += -16
*(u64 *)(r10 - 16) = 0
*(u64 *)(r10 - 8) = 0
r3 = 12
r4 = 0
r5 = 0
call 84
if r0 == 0 goto out
r1 = r0
call 86
out:
r0 = 0
exit
-- verdict
ok

== a socket released that may be NULL
-- type
sched_cls
-- asm
r2 = r10
r2 += -16
*(u64 *)(r10 - 16) = 0
*(u64 *)(r10 - 8) = 0
r3 = 12
r4 = 0
r5 = 0
call 84
r1 = r0
call 86
r0 = 0
exit
-- id
ARG_TYPE
-- verdict
EACCES R1 type=sock_or_null expected=sock_common, sock, tcp_sock, xdp_sock, ptr_, trusted_ptr_

== a socket released twice
-- type
sched_cls
-- asm
r2 = r10
r2 += -16
*(u64 *)(r10 - 16) = 0
*(u64 *)(r10 - 8) = 0
r3 = 12
r4 = 0
r5 = 0
call 84
if r0 == 0 goto out
r6 = r0
r1 = r0
call 86
r1 = r6
call 86
out:
r0 = 0
exit
-- id
ARG_TYPE
-- verdict
EACCES

== a released socket read
-- type
sched_cls
-- asm
r2 = r10
r2 += -16
*(u64 *)(r10 - 16) = 0
*(u64 *)(r10 - 8) = 0
r3 = 12
r4 = 0
r5 = 0
call 84
if r0 == 0 goto out
r6 = r0
r1 = r0
call 86
r0 = *(u32 *)(r6 + 4)
out:
r0 = 0
exit
-- id
MEM_ACCESS
-- verdict
EACCES R6 invalid mem access 'scalar'

== a cast shares its argument's reference
-- type
sched_cls
-- asm
r2 = r10
r2 += -16
*(u64 *)(r10 - 16) = 0
*(u64 *)(r10 - 8) = 0
r3 = 12
r4 = 0
r5 = 0
call 84
if r0 == 0 goto out
r6 = r0
r1 = r0
call 95
if r0 == 0 goto free
r1 = r0
call 86
goto out
free:
r1 = r6
call 86
out:
r0 = 0
exit
-- verdict
ok

== a socket that is not ours is released
-- type
sched_cls
-- asm
r1 = *(u64 *)(r1 + 168)
if r1 == 0 goto out
call 86
out:
r0 = 0
exit
-- id
RELEASE_UNREFERENCED
-- verdict
EINVAL R1 must be referenced when passed to release function

== a tail call
-- maps
prog_array 4 4 4
-- asm
r2 = map[fd:0]
r3 = 0
call 12
r0 = 0
exit
-- verdict
ok

== a tail call of an array
-- maps
array 4 8 4
-- asm
r2 = map[fd:0]
r3 = 0
call 12
r0 = 0
exit
-- id
TAIL_CALL_MAP
-- verdict
EINVAL expected prog array map for tail call

== a tail call with a reference
-- type
sched_cls
-- maps
prog_array 4 4 4
-- asm
r6 = r1
r2 = r10
r2 += -16
*(u64 *)(r10 - 16) = 0
*(u64 *)(r10 - 8) = 0
r3 = 12
r4 = 0
r5 = 0
call 84
r7 = r0
r1 = r6
r2 = map[fd:0]
r3 = 0
call 12
r0 = 0
exit
-- id
REFERENCE_LEAK
-- verdict
EINVAL tail_call would lead to reference leak

== packet pointers after the packet may have moved
-- type
sched_cls
-- asm
r6 = *(u32 *)(r1 + 76)
r7 = *(u32 *)(r1 + 80)
r2 = r6
r2 += 8
if r2 > r7 goto out
r2 = 0
call 39
r0 = *(u8 *)(r6 + 0)
out:
r0 = 0
exit
-- id
MEM_ACCESS
-- verdict
EACCES R6 invalid mem access 'scalar'

== packet pointers after a helper that leaves the packet alone
-- type
sched_cls
-- asm
r6 = *(u32 *)(r1 + 76)
r7 = *(u32 *)(r1 + 80)
r2 = r6
r2 += 8
if r2 > r7 goto out
call 5
r0 = *(u8 *)(r6 + 0)
out:
r0 = 0
exit
-- verdict
ok

== packet memory for a helper that takes none
-- type
sched_cls
-- asm
r6 = *(u32 *)(r1 + 76)
r7 = *(u32 *)(r1 + 80)
r2 = r6
r2 += 8
if r2 > r7 goto out
r2 = 0
r3 = r6
r4 = 8
call 26
out:
r0 = 0
exit
-- id
ARG_PACKET
-- verdict
EACCES helper access to the packet is not allowed

== a callback
-- asm
r1 = 4
r2 = subprog[body]
r3 = 0
r4 = 0
call 181
r0 = 0
exit
body:
r0 = 0
exit
-- verdict
ok

== a callback's result
-- asm
r1 = 4
r2 = subprog[body]
r3 = 0
r4 = 0
call 181
r0 = 0
exit
body:
r0 = 2
exit
-- id
RETURN_RANGE
-- verdict
EINVAL At callback return the register R0 has smin=2 smax=2 should have been in [0, 1]

== a callback's third argument
-- asm
r1 = 4
r2 = subprog[body]
r3 = 0
r4 = 0
call 181
r0 = 0
exit
body:
r0 = r3
r0 &= 1
exit
-- id
REG_NOT_INIT
-- verdict
EACCES R3 !read_ok

== a callback uses its context
-- asm
*(u64 *)(r10 - 8) = 0
r1 = 4
r2 = subprog[body]
r3 = r10
r3 += -8
r4 = 0
call 181
r0 = *(u64 *)(r10 - 8)
exit
body:
*(u64 *)(r2 + 0) = r1
r0 = 0
exit
-- verdict
ok

== elements of a map
-- maps
hash 4 8 4
-- asm
r1 = map[fd:0]
r2 = subprog[body]
r3 = 0
r4 = 0
call 164
r0 = 0
exit
body:
r0 = *(u32 *)(r2 + 0)
r0 = *(u64 *)(r3 + 0)
r0 = 0
exit
-- verdict
ok

== an element's key is written
-- maps
hash 4 8 4
-- asm
r1 = map[fd:0]
r2 = subprog[body]
r3 = 0
r4 = 0
call 164
r0 = 0
exit
body:
*(u32 *)(r2 + 0) = 1
r0 = 0
exit
-- id
MAP_KEY_WRITE
-- verdict
EACCES write to change key R2 not allowed

== elements of what has none
-- maps
queue 0 8 4
-- asm
r1 = map[fd:0]
r2 = subprog[body]
r3 = 0
r4 = 0
call 164
r0 = 0
exit
body:
r0 = 0
exit
-- id
CALLBACK_MAP
-- verdict
ENOTSUPP callback function not allowed for map

== a function for a number
-- asm
r1 = 4
r2 = 0
r3 = 0
r4 = 0
call 181
r0 = 0
exit
-- id
ARG_TYPE
-- verdict
EACCES R2 type=scalar expected=func

== lengths of strings are bounded
-- asm
r6 = r1
r1 = r10
r1 += -16
r2 = 16
r3 = 0
call 45
if r0 s<= 0 goto out
r1 = r10
r1 += -16
r2 = r0
call 6
out:
r0 = 0
exit
-- verdict
ok

== a string constant
-- maps
array 4 8 1 rdonly frozen
-- asm
r1 = r10
r1 += -8
*(u64 *)(r10 - 8) = 0
r2 = 8
r3 = map[fd:0][0]+0
call 182
r0 = 0
exit
-- verdict
ok

== a string that may change
-- maps
array 4 8 1
-- asm
r1 = r10
r1 += -8
*(u64 *)(r10 - 8) = 0
r2 = 8
r3 = map[fd:0][0]+0
call 182
r0 = 0
exit
-- id
STRING_WRITABLE
-- verdict
EACCES R3 does not point to a readonly map'

== a string on the stack
-- asm
r1 = r10
r1 += -8
*(u64 *)(r10 - 8) = 0
r2 = 8
r3 = r1
call 182
r0 = 0
exit
-- id
ARG_TYPE
-- verdict
EACCES R3 type=fp expected=map_value

== local storage with flags
-- type
cgroup_skb
-- maps
cgroup_storage 8 8 0
-- asm
r1 = map[fd:0]
r2 = 1
call 81
r0 = 1
exit
-- id
LOCAL_STORAGE_FLAGS
-- verdict
EINVAL get_local_storage() doesn't support non-zero flags

== an address is no number to who may not see it
-- type
socket_filter
-- flags
unprivileged
-- asm
r1 = r10
r2 = 0
r3 = 0
call 6
r0 = 0
exit
-- id
HELPER_TYPE
-- verdict
EINVAL cannot use helper bpf_trace_printk#6


== a device's kfunc in a program of no device
-- type
xdp
-- asm
*(u64 *)(r10 - 8) = 0
r2 = r10
r2 += -8
call kfunc:bpf_xdp_metadata_rx_timestamp
r0 = 0
exit
-- verdict
EINVAL metadata kfuncs require device-bound program
