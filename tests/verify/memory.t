# SPDX-License-Identifier: BSD-2-Clause
# Map values, contexts, packets, atomics, constants: each rule with a program it takes and one it refuses.

== a map value may be null
-- maps
array 4 8 1
-- asm
*(u32 *)(r10 - 4) = 5
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

== behind a map value
-- maps
array 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
*(u32 *)(r0 + 8) = 0
out:
r0 = 0
exit
-- id
MAP_VALUE_OUTSIDE
-- verdict
EACCES invalid access to map value, value_size=8 off=8 size=4

== before a map value
-- maps
array 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
*(u32 *)(r0 - 4) = 0
out:
r0 = 0
exit
-- id
MAP_VALUE_OUTSIDE
-- verdict
EACCES R0 min value is outside of the allowed memory range

== an index of a map value without a bound
-- maps
array 4 64 1
-- asm
r1 = map[fd:0][0]+0
r2 = *(u64 *)(r1 + 0)
r2 &= 0x3fffffff
r1 += r2
r0 = *(u64 *)(r1 + 0)
r0 = 0
exit
-- id
MEM_UNBOUNDED
-- verdict
EACCES R1 unbounded memory access

== an index of a map value that is too large
-- maps
array 4 64 1
-- asm
r1 = map[fd:0][0]+0
r2 = *(u64 *)(r1 + 0)
r2 &= 63
r1 += r2
r0 = *(u64 *)(r1 + 0)
exit
-- id
MAP_VALUE_OUTSIDE
-- verdict
EACCES R1 max value is outside of the allowed memory range

== an index of a map value inside
-- maps
array 4 64 1
-- asm
r1 = map[fd:0][0]+0
r2 = *(u64 *)(r1 + 0)
r2 &= 31
r1 += r2
r0 = *(u64 *)(r1 + 32)
exit
-- id
MAP_VALUE_OUTSIDE
-- verdict
EACCES R1 max value is outside of the allowed memory range

== an index of a map value just inside
-- maps
array 4 64 1
-- asm
r1 = map[fd:0][0]+0
r2 = *(u64 *)(r1 + 0)
r2 &= 24
r1 += r2
r0 = *(u64 *)(r1 + 32)
exit
-- verdict
ok

== a constant of a frozen map
-- maps
array 4 64 1 rdonly frozen
-- asm
r1 = map[fd:0][0]+0
r2 = *(u64 *)(r1 + 0)
r1 += r2
r0 = *(u64 *)(r1 + 56)
exit
-- verdict
ok

== a store into a read-only map
-- maps
array 4 64 1 rdonly
-- asm
r1 = map[fd:0][0]+0
*(u64 *)(r1 + 0) = 0
r0 = 0
exit
-- id
MAP_WRITE_FORBIDDEN
-- verdict
EACCES write into map forbidden, value_size=64 off=0 size=8

== a load from a write-only map
-- maps
array 4 64 1 wronly
-- asm
r1 = map[fd:0][0]+0
r0 = *(u64 *)(r1 + 0)
exit
-- id
MAP_READ_FORBIDDEN
-- verdict
EACCES read from map forbidden, value_size=64 off=0 size=8

== a pointer stored in a map, unprivileged
-- type
socket_filter
-- flags
unprivileged
-- maps
array 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r6 = r1
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
*(u64 *)(r0 + 0) = r6
out:
r0 = 0
exit
-- id
MEM_LEAK
-- verdict
EACCES R6 leaks addr into map

== a misaligned load where alignment is asked for
-- flags
strict
-- maps
array 4 8 1
-- asm
r1 = map[fd:0][0]+0
r0 = *(u32 *)(r1 + 1)
exit
-- id
MEM_MISALIGNED
-- verdict
EACCES misaligned value access off 0+0+1 size 4

== a misaligned load where it is not
-- maps
array 4 8 1
-- asm
r1 = map[fd:0][0]+0
r0 = *(u32 *)(r1 + 1)
exit
-- verdict
ok

== a number is no pointer
-- asm
r1 = 8
r0 = *(u64 *)(r1 + 0)
exit
-- id
MEM_ACCESS
-- verdict
EACCES R1 invalid mem access 'scalar'

== a field of the context
-- type
sched_cls
-- asm
r0 = *(u32 *)(r1 + 0)
*(u32 *)(r1 + 8) = r0
r0 = *(u8 *)(r1 + 17)
r0 = 0
exit
-- verdict
ok

== a field of the context that may not be written
-- type
sched_cls
-- asm
r0 = 0
*(u32 *)(r1 + 0) = r0
exit
-- id
CTX_ACCESS
-- verdict
EACCES invalid bpf_context access off=0 size=4

== behind the context
-- type
sched_cls
-- asm
r0 = *(u32 *)(r1 + 192)
exit
-- id
CTX_ACCESS
-- verdict
EACCES invalid bpf_context access off=192 size=4

== a context pointer with an offset
-- type
sched_cls
-- asm
r1 += 8
r0 = *(u32 *)(r1 + 0)
r0 = 0
exit
-- id
PTR_MODIFIED
-- verdict
EACCES dereference of modified ctx ptr R1 off=8 disallowed

== a packet behind its checked part
-- type
sched_cls
-- asm
r2 = *(u32 *)(r1 + 76)
r3 = *(u32 *)(r1 + 80)
r4 = r2
r4 += 8
if r4 > r3 goto out
r0 = *(u8 *)(r2 + 8)
out:
r0 = 0
exit
-- id
PACKET_OUTSIDE
-- verdict
EACCES R2 offset is outside of the packet

== a packet up to its checked part
-- type
sched_cls
-- asm
r2 = *(u32 *)(r1 + 76)
r3 = *(u32 *)(r1 + 80)
r4 = r2
r4 += 8
if r4 > r3 goto out
r0 = *(u8 *)(r2 + 7)
*(u8 *)(r2 + 7) = r0
out:
r0 = 0
exit
-- verdict
ok

== a packet that may not be written
-- type
cgroup_skb
-- asm
r2 = *(u32 *)(r1 + 76)
r3 = *(u32 *)(r1 + 80)
r4 = r2
r4 += 8
if r4 > r3 goto out
*(u8 *)(r2 + 7) = r2
out:
r0 = 0
exit
-- id
PACKET_WRITE
-- verdict
EACCES cannot write into packet

== the packet's end is no memory
-- type
sched_cls
-- asm
r3 = *(u32 *)(r1 + 80)
r0 = *(u8 *)(r3 + 0)
exit
-- id
MEM_ACCESS
-- verdict
EACCES R3 invalid mem access 'pkt_end'

== an atomic on the stack
-- asm
*(u64 *)(r10 - 8) = 1
r1 = 2
r1 = atomic_fetch_add((u64 *)(r10 - 8), r1)
r0 = 0
exit
-- verdict
ok

== an atomic on the context
-- asm
r2 = 1
lock *(u64 *)(r1 + 0) += r2
r0 = 0
exit
-- id
ATOMIC_STORE
-- verdict
EACCES BPF_ATOMIC stores into R1 ctx is not allowed

== a misaligned atomic
-- maps
array 4 16 1
-- asm
r1 = map[fd:0][0]+0
r2 = 1
lock *(u64 *)(r1 + 1) += r2
r0 = 0
exit
-- id
MEM_MISALIGNED
-- verdict
EACCES misaligned value access off 0+0+1 size 8

== load_acquire from the context
-- asm
r0 = load_acquire((u64 *)(r1 + 0))
exit
-- id
ATOMIC_LOAD
-- verdict
EACCES BPF_ATOMIC loads from R1 ctx is not allowed

== store_release into the packet
-- type
sched_cls
-- asm
r2 = *(u32 *)(r1 + 76)
r3 = *(u32 *)(r1 + 80)
r4 = r2
r4 += 12
if r4 > r3 goto out
r0 = 0
store_release((u8 *)(r2 + 2), w0)
out:
r0 = 0
exit
-- id
ATOMIC_STORE
-- verdict
EACCES BPF_ATOMIC stores into R2 pkt is not allowed

== one load for two kinds of pointers
-- type
sched_cls
-- asm
r2 = *(u32 *)(r1 + 0)
r3 = r10
*(u64 *)(r10 - 8) = 0
r3 += -8
if r2 > 5 goto load
r3 = r1
load:
r0 = *(u32 *)(r3 + 0)
r0 = 0
exit
-- id
MEM_SAME_INSN
-- verdict
EINVAL same insn cannot be used with different pointers

== a packet load
-- type
socket_filter
-- asm
r6 = r1
r0 = *(u8 *)skb[0]
r7 = 2
r0 = *(u16 *)skb[r7 + 12]
exit
-- verdict
ok

== a packet load without the context
-- type
socket_filter
-- asm
r6 = 1
r0 = *(u8 *)skb[0]
exit
-- id
LD_ABS_CTX
-- verdict
EINVAL at the time of BPF_LD_ABS|IND R6 != pointer to skb

== a packet load in a program of another type
-- asm
r6 = r1
r0 = *(u8 *)skb[0]
exit
-- id
PACKET_LOAD
-- verdict
EINVAL BPF_LD_[ABS|IND] instructions not allowed for this program type

== r1 after a packet load
-- type
socket_filter
-- asm
r6 = r1
r0 = *(u8 *)skb[0]
r0 = r1
exit
-- id
REG_NOT_INIT
-- verdict
EACCES R1 !read_ok

== a field of a socket
-- type
sched_cls
-- asm
r0 = 0
r1 = *(u64 *)(r1 + 168)
if r1 == 0 goto out
r0 = *(u32 *)(r1 + 4)
r0 = 0
out:
exit
-- verdict
ok

== a field that only full sockets have
-- type
sched_cls
-- asm
r0 = 0
r1 = *(u64 *)(r1 + 168)
if r1 == 0 goto out
r0 = *(u32 *)(r1 + 8)
r0 = 0
out:
exit
-- id
SOCK_ACCESS
-- verdict
EACCES R1 invalid sock_common access off=8 size=4

== a socket is not written
-- type
sched_cls
-- asm
r0 = 0
r1 = *(u64 *)(r1 + 168)
if r1 == 0 goto out
*(u32 *)(r1 + 4) = r0
out:
exit
-- id
MEM_READ_ONLY
-- verdict
EACCES R1 cannot write into sock_common

== flow keys
-- type
flow_dissector
-- asm
r1 = *(u64 *)(r1 + 144)
r0 = *(u16 *)(r1 + 0)
*(u16 *)(r1 + 0) = r0
r0 = 0
exit
-- verdict
ok

== behind the flow keys
-- type
flow_dissector
-- asm
r1 = *(u64 *)(r1 + 144)
r0 = *(u32 *)(r1 + 56)
r0 = 0
exit
-- id
FLOW_KEYS_ACCESS
-- verdict
EACCES invalid access to flow keys off=56 size=4

== fields of a map itself
-- maps
array 4 8 1
-- asm
r1 = map[fd:0]
r0 = *(u32 *)(r1 + 24)
r0 = 0
exit
-- verdict
ok

== a map itself is not written
-- maps
array 4 8 1
-- asm
r1 = map[fd:0]
r0 = 0
*(u32 *)(r1 + 24) = r0
exit
-- id
MAP_OBJECT_WRITE
-- verdict
EACCES only read from bpf_array is supported

== half of a packet pointer
-- type
xdp
-- asm
r0 = *(u32 *)(r1 + 0)
r0 = 0
exit
-- verdict
ok

== half of a packet pointer with its sign
-- type
xdp
-- asm
r0 = *(s32 *)(r1 + 0)
r0 = 0
exit
-- id
CTX_ACCESS
-- verdict
EACCES invalid bpf_context access off=0 size=4

== the packet's start read by an ordinary user's program
-- type
cgroup_skb
-- flags
unprivileged
-- asm
r0 = *(u32 *)(r1 + 76)
r0 = 1
exit
-- id
CTX_ACCESS
-- verdict
EACCES invalid bpf_context access off=76 size=4

== the packet's start read by root's
-- type
cgroup_skb
-- asm
r0 = *(u32 *)(r1 + 76)
r0 = 1
exit
-- verdict
ok

== a constant offset into a map's value too large to be one
-- maps
array 4 64 1
-- asm
r1 = map[fd:0][0]+536870912
r0 = 0
exit
-- verdict
EINVAL direct value offset of 536870912 is not allowed

== a pair of slots that is none
-- asm
r0 = 0
exit
r0 = 0
-- id
LAST_INSN
-- verdict
EINVAL last insn is not an exit or jmp

== a lock is no data
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
*(u32 *)(r0 + 4) = 0
out:
r0 = 0
exit
-- id
MAP_FIELD_DIRECT
-- verdict
EACCES bpf_spin_lock cannot be accessed directly by load/store

== what lies beside a lock is
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
*(u32 *)(r0 + 0) = 0
out:
r0 = 0
exit
-- verdict
ok

== a map's fields by BTF, behind the struct
-- maps
array 4 8 1
-- asm
r1 = map[fd:0]
r0 = *(u64 *)(r1 + 4096)
r0 = 0
exit
-- id
WALK_BEYOND
-- verdict
EACCES access beyond struct bpf_array at off 4096 size 8

== a writable tracepoint's buffer
-- type
raw_tracepoint_writable
-- asm
r1 = *(u64 *)(r1 + 0)
r0 = *(u64 *)(r1 + 8)
*(u64 *)(r1 + 8) = 0
r0 = 0
exit
-- verdict
ok

== before a writable tracepoint's buffer
-- type
raw_tracepoint_writable
-- asm
r1 = *(u64 *)(r1 + 0)
r0 = *(u64 *)(r1 - 8)
r0 = 0
exit
-- id
BUFFER_NEGATIVE
-- verdict
EACCES R1 invalid tracepoint buffer access: off=-8, size=8

== a writable tracepoint's buffer by a variable offset
-- type
raw_tracepoint_writable
-- asm
r2 = *(u64 *)(r1 + 8)
r2 &= 8
r1 = *(u64 *)(r1 + 0)
r1 += r2
r0 = *(u64 *)(r1 + 0)
r0 = 0
exit
-- id
BUFFER_VARIABLE
-- verdict
EACCES R1 invalid variable buffer offset: off=0, var_off=(0x0; 0x8)

== a misaligned context
-- type
sched_cls
-- asm
r0 = *(u16 *)(r1 + 1)
r0 = 0
exit
-- id
CTX_ACCESS
-- verdict
EACCES invalid bpf_context access off=1 size=2

== a pointer into the context, unprivileged
-- type
socket_filter
-- flags
unprivileged
-- asm
*(u64 *)(r1 + 48) = r1
r0 = 0
exit
-- id
MEM_LEAK
-- verdict
EACCES R1 leaks addr into ctx

== a pointer exchanged for a number, unprivileged
-- type
socket_filter
-- flags
unprivileged
-- asm
*(u64 *)(r10 - 8) = 0
r2 = r10
r2 = atomic_fetch_add((u64 *)(r10 - 8), r2)
r0 = 0
exit
-- id
MEM_LEAK
-- verdict
EACCES R2 leaks addr into mem

== a number exchanged for a pointer, unprivileged
-- type
socket_filter
-- flags
unprivileged
-- asm
*(u64 *)(r10 - 8) = r1
r2 = 1
r2 = atomic_fetch_add((u64 *)(r10 - 8), r2)
r0 = 0
exit
-- id
STACK_LEAK
-- verdict
EACCES leaking pointer from stack off -8

== an atomic whose address it replaces
-- maps
array 4 8 1
-- asm
r1 = map[fd:0][0]+0
r1 = atomic_fetch_add((u64 *)(r1 + 0), r1)
r0 = 0
exit
-- id
MEM_MISALIGNED
-- verdict
EACCES misaligned access off (0x0; 0xffffffffffffffff)+0+0 size 8

== a packet load in a called function may end it
-- type
socket_filter
-- asm
r6 = r1
call f
exit
f:
r6 = r1
r0 = *(u8 *)skb[0]
exit
-- verdict
ok

== a packet load under a lock
-- type
sched_cls
-- maps
array 4 8 1 lock
-- asm
r6 = r1
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r7 = r0
r1 = r0
r1 += 4
call 93
r0 = *(u8 *)skb[0]
r1 = r7
r1 += 4
call 94
out:
r0 = 0
exit
-- id
HELD_LOCK
-- verdict
EINVAL BPF_LD_[ABS|IND] cannot be used inside bpf_spin_lock-ed region
