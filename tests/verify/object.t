# SPDX-License-Identifier: BSD-2-Clause
# What lives on beyond a call: ring buffer records, dynptrs. Each rule with a program it takes and one it refuses.

== a record reserved and submitted
-- maps
ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = 16
r3 = 0
call 131
if r0 == 0 goto out
*(u64 *)(r0 + 8) = 1
r1 = r0
r2 = 0
call 132
out:
r0 = 0
exit
-- verdict
ok

== a record reserved and discarded
-- maps
ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = 16
r3 = 0
call 131
if r0 == 0 goto out
r1 = r0
r2 = 0
call 133
out:
r0 = 0
exit
-- verdict
ok

== a record never submitted
-- maps
ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = 16
r3 = 0
call 131
r0 = 0
exit
-- id
REFERENCE_LEAK
-- verdict
EINVAL BPF_EXIT instruction in main prog would lead to reference leak

== a record written behind its end
-- maps
ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = 16
r3 = 0
call 131
if r0 == 0 goto out
*(u64 *)(r0 + 16) = 1
r1 = r0
r2 = 0
call 132
out:
r0 = 0
exit
-- id
MEM_OUTSIDE
-- verdict
EACCES invalid access to memory, mem_size=16 off=16 size=8

== a record written before it is tested
-- maps
ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = 16
r3 = 0
call 131
*(u64 *)(r0 + 0) = 1
r0 = 0
exit
-- id
MEM_ACCESS
-- verdict
EACCES R0 invalid mem access 'ringbuf_mem_or_null'

== a record submitted with an offset
-- maps
ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = 16
r3 = 0
call 131
if r0 == 0 goto out
r1 = r0
r1 += 8
r2 = 0
call 132
out:
r0 = 0
exit
-- id
RELEASE_OFFSET
-- verdict
EINVAL R1 must have zero offset when passed to release func

== a record submitted twice
-- maps
ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = 16
r3 = 0
call 131
if r0 == 0 goto out
r6 = r0
r1 = r0
r2 = 0
call 132
r1 = r6
r2 = 0
call 132
out:
r0 = 0
exit
-- id
ARG_TYPE
-- verdict
EACCES R1 type=scalar expected=ringbuf_mem

== a record used after it was submitted
-- maps
ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = 16
r3 = 0
call 131
if r0 == 0 goto out
r6 = r0
r1 = r0
r2 = 0
call 132
r0 = *(u64 *)(r6 + 0)
out:
r0 = 0
exit
-- id
MEM_ACCESS
-- verdict
EACCES R6 invalid mem access 'scalar'

== a spilled record is gone too
-- maps
ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = 16
r3 = 0
call 131
if r0 == 0 goto out
*(u64 *)(r10 - 8) = r0
r1 = r0
r2 = 0
call 132
r1 = *(u64 *)(r10 - 8)
r0 = *(u64 *)(r1 + 0)
out:
r0 = 0
exit
-- id
MEM_ACCESS
-- verdict
EACCES R1 invalid mem access 'scalar'

== a size that is not known
-- maps
ringbuf 0 0 4096
-- asm
r2 = *(u32 *)(r1 + 0)
r1 = map[fd:0]
r3 = 0
call 131
r0 = 0
exit
-- id
SIZE_UNKNOWN
-- verdict
EACCES R2 is not a known constant'

== a map value for a record
-- maps
ringbuf 0 0 4096
array 4 8 1
-- asm
r1 = map[fd:1][0]+0
r2 = 0
call 132
r0 = 0
exit
-- id
ARG_TYPE
-- verdict
EACCES R1 type=map_value expected=ringbuf_mem

== a record as a helper's memory
-- maps
ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = 16
r3 = 0
call 131
if r0 == 0 goto out
r6 = r0
r1 = r0
r2 = 16
call 16
r1 = r6
r2 = 0
call 132
out:
r0 = 0
exit
-- verdict
ok

== a dynptr of a record
-- maps
ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = 64
r3 = 0
r4 = r10
r4 += -16
call 198
r1 = r10
r1 += -16
r2 = 0
call 199
r0 = 0
exit
-- verdict
ok

== a dynptr of a record, never submitted
-- maps
ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = 64
r3 = 0
r4 = r10
r4 += -16
call 198
r0 = 0
exit
-- id
REFERENCE_LEAK
-- verdict
EINVAL would lead to reference leak

== a dynptr submitted twice
-- maps
ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = 64
r3 = 0
r4 = r10
r4 += -16
call 198
r1 = r10
r1 += -16
r2 = 0
call 199
r1 = r10
r1 += -16
r2 = 0
call 199
r0 = 0
exit
-- id
DYNPTR_UNOWNED
-- verdict
EINVAL arg 1 is an unacquired reference

== a dynptr overwritten
-- maps
ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = 64
r3 = 0
r4 = r10
r4 += -16
call 198
*(u64 *)(r10 - 8) = 0
r0 = 0
exit
-- id
DYNPTR_OVERWRITTEN
-- verdict
EINVAL cannot overwrite referenced dynptr

== a dynptr's bytes read
-- maps
ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = 64
r3 = 0
r4 = r10
r4 += -16
call 198
r6 = *(u64 *)(r10 - 8)
r1 = r10
r1 += -16
r2 = 0
call 199
r0 = 0
exit
-- id
STACK_NOT_INIT
-- verdict
EACCES invalid read from stack

== a dynptr at an odd place
-- maps
ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = 64
r3 = 0
r4 = r10
r4 += -20
call 198
r0 = 0
exit
-- id
SLOT_OFFSET
-- verdict
EINVAL cannot pass in dynptr at an offset=-20

== a dynptr too near the end
-- maps
ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = 64
r3 = 0
r4 = r10
r4 += -8
call 198
r0 = 0
exit
-- id
SLOT_OFFSET
-- verdict
EINVAL cannot pass in dynptr at an offset=-8

== a dynptr of a map's value
-- maps
array 4 32 1
-- asm
r1 = map[fd:0][0]+0
r2 = 32
r3 = 0
r4 = r10
r4 += -16
call 197
r1 = r10
r1 += -16
r2 = 0
r3 = 8
call 203
if r0 == 0 goto out
*(u64 *)(r0 + 0) = 1
out:
r0 = 0
exit
-- verdict
ok

== a slice beyond its size
-- maps
array 4 32 1
-- asm
r1 = map[fd:0][0]+0
r2 = 32
r3 = 0
r4 = r10
r4 += -16
call 197
r1 = r10
r1 += -16
r2 = 0
r3 = 8
call 203
if r0 == 0 goto out
*(u64 *)(r0 + 8) = 1
out:
r0 = 0
exit
-- id
MEM_OUTSIDE
-- verdict
EACCES invalid access to memory, mem_size=8 off=8 size=8

== a slice not tested
-- maps
array 4 32 1
-- asm
r1 = map[fd:0][0]+0
r2 = 32
r3 = 0
r4 = r10
r4 += -16
call 197
r1 = r10
r1 += -16
r2 = 0
r3 = 8
call 203
*(u64 *)(r0 + 0) = 1
r0 = 0
exit
-- id
MEM_ACCESS
-- verdict
EACCES R0 invalid mem access 'mem_or_null'

== a slice ends with its dynptr
-- maps
array 4 32 1
-- asm
r1 = map[fd:0][0]+0
r2 = 32
r3 = 0
r4 = r10
r4 += -16
call 197
r1 = r10
r1 += -16
r2 = 0
r3 = 8
call 203
if r0 == 0 goto out
r6 = r0
*(u64 *)(r10 - 8) = 0
r0 = *(u64 *)(r6 + 0)
out:
r0 = 0
exit
-- id
MEM_ACCESS
-- verdict
EACCES R6 invalid mem access 'scalar'

== a dynptr of the stack
-- asm
r1 = r10
r1 += -32
*(u64 *)(r10 - 32) = 0
r2 = 8
r3 = 0
r4 = r10
r4 += -16
call 197
r0 = 0
exit
-- id
DYNPTR_MEMORY
-- verdict
EACCES Unsupported reg type fp for bpf_dynptr_from_mem data

== a dynptr that was never made
-- asm
r1 = r10
r1 += -16
r2 = 0
r3 = 8
call 203
r0 = 0
exit
-- id
DYNPTR_NOT_INIT
-- verdict
EINVAL Expected an initialized dynptr as arg #0

== a local dynptr is not submitted
-- maps
array 4 32 1
-- asm
r1 = map[fd:0][0]+0
r2 = 32
r3 = 0
r4 = r10
r4 += -16
call 197
r1 = r10
r1 += -16
r2 = 0
call 199
r0 = 0
exit
-- id
DYNPTR_UNOWNED
-- verdict
EINVAL arg 1 is an unacquired reference

== a dynptr where the kernel looks for memory
-- maps
array 4 32 1
-- asm
r1 = map[fd:0][0]+0
r2 = 32
r3 = 0
r4 = r10
r4 += -16
call 197
r1 = map[fd:0]
r2 = r10
r2 += -16
call 1
r0 = 0
exit
-- id
STACK_RANGE
-- verdict
EACCES invalid read from stack R2 off -16+0 size 4

== a dynptr made again
-- maps
array 4 32 1
-- asm
r1 = map[fd:0][0]+0
r2 = 32
r3 = 0
r4 = r10
r4 += -16
call 197
r1 = map[fd:0][0]+0
r2 = 32
r3 = 0
r4 = r10
r4 += -16
call 197
r0 = 0
exit
-- verdict
ok

== records by dynptr are lent to the callback only
-- maps
user_ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = subprog[body]
r3 = 0
r4 = 0
call 209
r0 = 0
exit
body:
r6 = r1
r1 = r10
r1 += -8
r2 = 8
r3 = r6
r4 = 0
r5 = 0
call 201
r0 = 0
exit
-- verdict
ok

== a record lent is not submitted
-- maps
user_ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = subprog[body]
r3 = 0
r4 = 0
call 209
r0 = 0
exit
body:
r2 = 0
call 199
r0 = 0
exit
-- id
DYNPTR_RELEASE_CONST
-- verdict
EINVAL cannot release unowned const bpf_dynptr

== a record lent is not looked into
-- maps
user_ringbuf 0 0 4096
-- asm
r1 = map[fd:0]
r2 = subprog[body]
r3 = 0
r4 = 0
call 209
r0 = 0
exit
body:
r0 = *(u64 *)(r1 + 0)
r0 = 0
exit
-- id
MEM_ACCESS
-- verdict
EACCES R1 invalid mem access 'dynptr_ptr'

