# SPDX-License-Identifier: BSD-2-Clause
# Maps, strings, dynptrs and other things passed to helpers and kfuncs: each rule with a program it takes and one it refuses.

== a read of the stack at a variable offset, by an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- asm
*(u64 *)(r10 - 8) = 0
r2 = *(u32 *)(r1 + 0)
r2 &= 4
r3 = r10
r3 += -8
r3 += r2
r0 = *(u8 *)(r3 + 0)
r0 = 0
exit
-- id
SPEC_STACK_VAR
-- verdict
EACCES R3 variable stack access prohibited for !root, var_off=(0x0; 0x4) off=-8

== a store at a variable offset over a pointer
-- type
sched_cls
-- flags
unprivileged
-- asm
*(u64 *)(r10 - 8) = r1
r2 = *(u32 *)(r1 + 0)
r2 &= 7
r3 = r10
r3 += -8
r3 += r2
*(u8 *)(r3 + 0) = 0
r0 = 0
exit
-- id

-- verdict
EPERM 

== a variable offset of the stack before Linux 5.12
-- version
5.8
-- asm
*(u64 *)(r10 - 8) = 0
r2 = *(u64 *)(r10 - 8)
r1 = *(u64 *)(r1 + 0)
r1 &= 4
r3 = r10
r3 += -8
r3 += r1
r0 = *(u8 *)(r3 + 0)
r0 = 0
exit
-- id
STACK_VAR_OLD
-- verdict
EACCES variable stack access var_off=(0x0; 0x4) off=-8 size=1

== a variable offset of the stack
-- asm
*(u64 *)(r10 - 8) = 0
r1 = *(u64 *)(r1 + 0)
r1 &= 4
r3 = r10
r3 += -8
r3 += r1
r0 = *(u8 *)(r3 + 0)
r0 = 0
exit
-- verdict
ok

== a variable offset of the stack beyond the frame
-- asm
r1 = *(u64 *)(r1 + 0)
r1 &= 1020
r3 = r10
r3 += -600
r3 += r1
*(u8 *)(r3 + 0) = 0
r0 = 0
exit
-- id
STACK_VAR_OUTSIDE
-- verdict
EACCES invalid variable-offset write to stack R3 var_off=(0x0; 0x3fc) off=-600 size=1

== two arenas
-- maps
arena 0 0 1
arena 0 0 1
-- asm
r1 = map[fd:0]
r2 = map[fd:1]
r0 = 0
exit
-- id
MAP_ARENAS
-- verdict
EBUSY Only one arena per program

== a cast between address spaces with an arena
-- maps
arena 0 0 1
-- asm
r1 = map[fd:0]
r2 = 0
r2 = addr_space_cast(r2, 0, 1)
r0 = 0
exit
-- verdict
ok

== two storages of a cgroup
-- type
cgroup_skb
-- maps
cgroup_storage 8 8 0
cgroup_storage 8 8 0
-- asm
r1 = map[fd:0]
r1 = map[fd:1]
r0 = 1
exit
-- id
MAP_STORAGES
-- verdict
EBUSY only one cgroup storage of each type is allowed

== a storage of a cgroup, and one of each processor
-- type
cgroup_skb
-- maps
cgroup_storage 8 8 0
percpu_cgroup_storage 8 8 0
-- asm
r1 = map[fd:0]
r1 = map[fd:1]
r0 = 1
exit
-- verdict
ok

== a map of stack traces in a program that sleeps
-- type
syscall
-- flags
sleepable
-- maps
stack_trace 4 8 1
-- asm
r1 = map[fd:0]
r0 = 0
exit
-- id
MAP_SLEEPABLE
-- verdict
EINVAL Sleepable programs can only use array, hash, ringbuf and local storage maps

== a hash in a program that sleeps
-- type
syscall
-- flags
sleepable
-- maps
hash 4 8 1
-- asm
r1 = map[fd:0]
r0 = 0
exit
-- verdict
ok

== a bloom filter's object
-- maps
xskmap 4 4 1
-- asm
r1 = map[fd:0]
r0 = *(u32 *)(r1 + 24)
r0 = 0
exit
-- verdict
ok

== a value of a socket map that is a number
-- type
sched_cls
-- maps
sockmap 4 4 1
-- asm
*(u64 *)(r10 - 8) = 0
r1 = map[fd:0]
r2 = r10
r2 += -4
r3 = r10
r3 += -8
r4 = 0
call 2
r0 = 0
exit
-- id
ARG_TYPE
-- verdict
EACCES R3 type=fp expected=sock_common, sock, tcp_sock, xdp_sock, ptr_, trusted_ptr_

== an address for a number, by an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- maps
prog_array 4 4 1
-- asm
r2 = map[fd:0]
r3 = r10
call 12
r0 = 0
exit
-- id
ARG_LEAK
-- verdict
EACCES R3 leaks addr into helper function

== a number for a number, by an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- maps
prog_array 4 4 1
-- asm
r2 = map[fd:0]
r3 = 0
call 12
r0 = 0
exit
-- verdict
ok

== an element not tested, for a socket's storage
-- type
cgroup_skb
-- maps
sk_storage 4 8 0 value=long
-- btf
int int 4
long int 8
-- asm
r2 = *(u64 *)(r1 + 168)
r1 = map[fd:0]
r3 = 0
r4 = 0
call 107
r0 = 1
exit
-- id
ARG_TYPE
-- verdict
EACCES R2 type=sock_common_or_null expected=sock_common, sock, tcp_sock, xdp_sock, ptr_, trusted_ptr_

== a socket tested, for a socket's storage
-- type
cgroup_skb
-- maps
sk_storage 4 8 0 value=long
-- btf
int int 4
long int 8
-- asm
r2 = *(u64 *)(r1 + 168)
if r2 == 0 goto out
r1 = map[fd:0]
r3 = 0
r4 = 0
call 107
out:
r0 = 1
exit
-- verdict
ok

== a string of a hash's element
-- maps
hash 4 8 1 rdonly frozen
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r3 = r0
*(u64 *)(r10 - 16) = 0
r1 = r10
r1 += -16
r2 = 8
call 182
out:
r0 = 0
exit
-- id
STRING_NO_VALUE
-- verdict
EACCES no direct value access support for this map type

== a string at a variable place
-- maps
array 4 8 1 rdonly frozen
-- asm
r6 = *(u64 *)(r1 + 0)
r6 &= 3
*(u64 *)(r10 - 8) = 0
r1 = r10
r1 += -8
r2 = 8
r3 = map[fd:0][0]+0
r3 += r6
call 182
r0 = 0
exit
-- id
STRING_VARIES
-- verdict
EACCES R3 is not a constant address'

== a string that has no end
-- maps
array 4 8 1 rdonly filled frozen
-- asm
*(u64 *)(r10 - 8) = 0
r1 = r10
r1 += -8
r2 = 8
r3 = map[fd:0][0]+0
call 182
r0 = 0
exit
-- id
STRING_END
-- verdict
EINVAL string is not zero-terminated

== a format of nothing
-- maps
array 4 8 1 rdonly frozen
-- asm
r1 = r10
r1 += -8
r2 = 8
r3 = map[fd:0][0]+0
r4 = 0
r5 = 0
call 165
r0 = 0
exit
-- verdict
ok

== a format with data of half a number
-- maps
array 4 8 1 rdonly frozen
-- asm
*(u64 *)(r10 - 8) = 0
r1 = r10
r1 += -8
r2 = 8
r3 = map[fd:0][0]+0
r4 = r10
r4 += -8
r5 = 4
call 165
r0 = 0
exit
-- id
FORMAT_DATA
-- verdict
EINVAL arguments of bpf_snprintf are an array of u64
-- kernel
EINVAL mark_precise: frame0: regs=r5 stack= before 8: (b7) r5 = 4

== a callback that returns an element
-- asm
r1 = 4
r2 = subprog[body]
r3 = r10
r4 = 0
call 181
r0 = 0
exit
body:
r0 = r2
exit
-- id
STACK_RETURNED
-- verdict
EINVAL cannot return stack pointer to the caller

== a callback that returns its element
-- maps
hash 4 8 1
-- asm
r1 = map[fd:0]
r2 = subprog[body]
r3 = 0
r4 = 0
call 164
r0 = 0
exit
body:
r0 = r3
exit
-- id
CALLBACK_NO_NUMBER
-- verdict
EACCES R0 not a scalar value

== an element that may be null for a global function's argument
-- type
sched_cls
-- maps
hash 4 8 1
-- btf
int int 4
s struct 8 a:int:0 b:int:4
p ptr s
pi ptr int
mp proto int skb:pi
fp proto int m:p
main func mp global
f func fp global
tagged decl arg:nonnull f 0
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
r1 = r0
call f
exit
f:
r0 = *(u32 *)(r1 + 4)
r0 = 0
exit
-- id
FUNC_NULL GLOBAL_ARGS
-- verdict
EINVAL Caller passes invalid args into func#1 ('f')

== an element tested for a global function's argument
-- type
sched_cls
-- maps
hash 4 8 1
-- btf
int int 4
s struct 8 a:int:0 b:int:4
p ptr s
pi ptr int
mp proto int skb:pi
fp proto int m:p
main func mp global
f func fp global
tagged decl arg:nonnull f 0
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = r0
call f
out:
r0 = 0
exit
f:
r0 = *(u32 *)(r1 + 4)
r0 = 0
exit
-- verdict
ok

== a slice of a size that is not known
-- type
sched_cls
-- asm
r6 = *(u32 *)(r1 + 0)
r2 = 0
r3 = r10
r3 += -16
call kfunc:bpf_dynptr_from_skb
r1 = r10
r1 += -16
r2 = 0
r3 = 0
r4 = r6
call kfunc:bpf_dynptr_slice
out:
r0 = 0
exit
-- id
KARG_NOT_CONST
-- verdict
EINVAL R4 must be a known constant

== a slice of a known size
-- type
sched_cls
-- asm
r2 = 0
r3 = r10
r3 += -16
call kfunc:bpf_dynptr_from_skb
*(u64 *)(r10 - 24) = 0
r1 = r10
r1 += -16
r2 = 0
r3 = r10
r3 += -24
r4 = 8
call kfunc:bpf_dynptr_slice
out:
r0 = 0
exit
-- verdict
ok

== a slice to write where packets are only read
-- type
cgroup_skb
-- asm
r2 = 0
r3 = r10
r3 += -16
call kfunc:bpf_dynptr_from_skb
*(u64 *)(r10 - 24) = 0
r1 = r10
r1 += -16
r2 = 0
r3 = r10
r3 += -24
r4 = 8
call kfunc:bpf_dynptr_slice_rdwr
r0 = 1
exit
-- id
KRET_PACKET_WRITE
-- verdict
EINVAL the prog does not allow writes to packet data

== a slice longer than its buffer
-- type
sched_cls
-- asm
r2 = 0
r3 = r10
r3 += -16
call kfunc:bpf_dynptr_from_skb
*(u64 *)(r10 - 24) = 0
r1 = r10
r1 += -16
r2 = 0
r3 = r10
r3 += -24
r4 = 32
call kfunc:bpf_dynptr_slice
out:
r0 = 0
exit
-- id
STACK_ABOVE
-- verdict
EINVAL arg#2 arg#3 memory, len pair leads to invalid memory access

== a dynptr over an iterator
-- type
sched_cls
-- asm
r6 = r1
r1 = r10
r1 += -16
r2 = 0
r3 = 10
call kfunc:bpf_iter_num_new
r1 = r6
r2 = 0
r3 = r10
r3 += -16
call kfunc:bpf_dynptr_from_skb
r1 = r10
r1 += -16
call kfunc:bpf_iter_num_destroy
out:
r0 = 0
exit
-- id
ITER_NOT_INIT
-- verdict
EINVAL expected an initialized iter_num as arg #0

== tasks walked in a section that ended meanwhile
-- type
syscall
-- flags
sleepable
-- asm
call kfunc:bpf_rcu_read_lock
r1 = r10
r1 += -24
r2 = 0
r3 = 1
call kfunc:bpf_iter_task_new
call kfunc:bpf_rcu_read_unlock
call kfunc:bpf_rcu_read_lock
r1 = r10
r1 += -24
call kfunc:bpf_iter_task_next
r1 = r10
r1 += -24
call kfunc:bpf_iter_task_destroy
call kfunc:bpf_rcu_read_unlock
out:
r0 = 0
exit
-- id
ITER_RCU
-- verdict
EPROTO expected an RCU CS when using bpf_iter_task_next

== an iterator at a variable place
-- asm
r6 = *(u64 *)(r1 + 0)
r6 &= 8
r1 = r10
r1 += -16
r1 += r6
r2 = 0
r3 = 10
call kfunc:bpf_iter_num_new
out:
r0 = 0
exit
-- id
SLOT_VARIES
-- verdict
EINVAL expected uninitialized iter_num as arg #0

== a key of bits through a helper's zero size
-- asm
r1 = r10
r1 += -8
r2 = 0
call 16
r0 = 0
exit
-- id
SIZE_ZERO
-- verdict
EACCES R2 invalid zero-sized read: u64=[0,0]

== a helper for the entry of functions, in a probe
-- type
raw_tracepoint
-- asm
call 173
r0 = 0
exit
-- id
HELPER_FUNC_IP
-- verdict
ENOTSUPP func bpf_get_func_ip#173 not supported for program type 17

== a helper for the entry of functions
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- asm
call 173
r0 = 0
exit
-- id
FUNC_IP_TRACING
-- verdict
ENOTSUPP func bpf_get_func_ip#173 supported only for fentry/fexit/fmod_ret programs
