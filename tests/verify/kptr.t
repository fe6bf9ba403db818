# SPDX-License-Identifier: BSD-2-Clause
# Pointers into the kernel and to user space, where kfuncs may be called: each rule with a program it takes and one it refuses.

== a kernel pointer stored away
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- maps
array 4 16 1 value=value
-- btf
int int 4
long int 8
task_struct struct 8 x:long:0
tag tag kptr_untrusted task_struct
pp ptr tag
tag2 tag kptr task_struct
pp2 ptr tag2
value struct 16 weak:pp:0 ref:pp2:8
-- asm
r6 = *(u64 *)(r1 + 8)
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
*(u64 *)(r0 + 0) = r6
out:
r0 = 0
exit
-- verdict
ok

== a kernel pointer stored into the field that owns it
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- maps
array 4 16 1 value=value
-- btf
int int 4
long int 8
task_struct struct 8 x:long:0
tag tag kptr_untrusted task_struct
pp ptr tag
tag2 tag kptr task_struct
pp2 ptr tag2
value struct 16 weak:pp:0 ref:pp2:8
-- asm
r6 = *(u64 *)(r1 + 8)
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
*(u64 *)(r0 + 8) = r6
out:
r0 = 0
exit
-- id
KPTR_STORE_REF
-- verdict
EACCES store to referenced kptr disallowed

== a constant stored for a kernel pointer
-- maps
array 4 16 1 value=value
-- btf
int int 4
long int 8
task_struct struct 8 x:long:0
tag tag kptr_untrusted task_struct
pp ptr tag
tag2 tag kptr task_struct
pp2 ptr tag2
value struct 16 weak:pp:0 ref:pp2:8
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
*(u64 *)(r0 + 0) = 1
out:
r0 = 0
exit
-- id
KPTR_STORE_IMM
-- verdict
EACCES BPF_ST imm must be 0 when storing to kptr at off=0

== 0 stored for a kernel pointer
-- maps
array 4 16 1 value=value
-- btf
int int 4
long int 8
task_struct struct 8 x:long:0
tag tag kptr_untrusted task_struct
pp ptr tag
tag2 tag kptr task_struct
pp2 ptr tag2
value struct 16 weak:pp:0 ref:pp2:8
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
*(u64 *)(r0 + 0) = 0
out:
r0 = 0
exit
-- verdict
ok

== half a kernel pointer loaded
-- maps
array 4 16 1 value=value
-- btf
int int 4
long int 8
task_struct struct 8 x:long:0
tag tag kptr_untrusted task_struct
pp ptr tag
tag2 tag kptr task_struct
pp2 ptr tag2
value struct 16 weak:pp:0 ref:pp2:8
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = *(u32 *)(r0 + 0)
out:
r0 = 0
exit
-- id
KPTR_SIZE
-- verdict
EACCES kptr access size must be BPF_DW

== a kernel pointer loaded
-- maps
array 4 16 1 value=value
-- btf
int int 4
long int 8
task_struct struct 8 x:long:0
tag tag kptr_untrusted task_struct
pp ptr tag
tag2 tag kptr task_struct
pp2 ptr tag2
value struct 16 weak:pp:0 ref:pp2:8
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = *(u64 *)(r0 + 0)
out:
r0 = 0
exit
-- verdict
ok

== a kernel pointer loaded across its start
-- maps
array 4 24 1 value=value2
-- btf
int int 4
long int 8
task_struct struct 8 x:long:0
tag tag kptr_untrusted task_struct
pp ptr tag
tag2 tag kptr task_struct
pp2 ptr tag2
value struct 16 weak:pp:0 ref:pp2:8
value2 struct 24 data:long:0 weak:pp:8 ref:pp2:16
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = *(u64 *)(r0 + 4)
out:
r0 = 0
exit
-- id
KPTR_MISALIGNED
-- verdict
EACCES kptr access misaligned expected=8 off=4

== a kernel pointer at a variable offset
-- maps
array 4 24 1 value=value2
-- btf
int int 4
long int 8
task_struct struct 8 x:long:0
tag tag kptr_untrusted task_struct
pp ptr tag
tag2 tag kptr task_struct
pp2 ptr tag2
value struct 16 weak:pp:0 ref:pp2:8
value2 struct 24 data:long:0 weak:pp:8 ref:pp2:16
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = *(u64 *)(r0 + 0)
r1 &= 8
r0 += r1
r1 = *(u64 *)(r0 + 0)
out:
r0 = 0
exit
-- id
KPTR_VARIABLE
-- verdict
EACCES kptr access cannot have variable offset

== an atomic on a kernel pointer
-- maps
array 4 16 1 value=value
-- btf
int int 4
long int 8
task_struct struct 8 x:long:0
tag tag kptr_untrusted task_struct
pp ptr tag
tag2 tag kptr task_struct
pp2 ptr tag2
value struct 16 weak:pp:0 ref:pp2:8
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = 1
lock *(u64 *)(r0 + 0) += r1
out:
r0 = 0
exit
-- id
KPTR_MODE
-- verdict
EACCES kptr in map can only be accessed using BPF_MEM instruction mode

== a number for a kernel pointer
-- maps
array 4 16 1 value=value
-- btf
int int 4
long int 8
task_struct struct 8 x:long:0
tag tag kptr_untrusted task_struct
pp ptr tag
tag2 tag kptr task_struct
pp2 ptr tag2
value struct 16 weak:pp:0 ref:pp2:8
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = 8
*(u64 *)(r0 + 0) = r1
out:
r0 = 0
exit
-- id
KPTR_TYPE_OR
-- verdict
EACCES invalid kptr access, R1 type=scalar expected=ptr_task_struct or untrusted_ptr_task_struct

== another object for a kernel pointer
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- maps
array 4 16 1 value=value
-- btf
int int 4
long int 8
file struct 8 x:long:0
tag tag kptr_untrusted file
pp ptr tag
value struct 16 weak:pp:0 more:long:8
-- asm
r6 = *(u64 *)(r1 + 8)
*(u32 *)(r10 - 4) = 0
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
KPTR_TYPE_OR
-- verdict
EACCES invalid kptr access, R6 type=trusted_ptr_task_struct expected=ptr_file or untrusted_ptr_file

== a kernel pointer in a helper's memory
-- maps
array 4 16 1 value=value
-- btf
int int 4
long int 8
task_struct struct 8 x:long:0
tag tag kptr_untrusted task_struct
pp ptr tag
tag2 tag kptr task_struct
pp2 ptr tag2
value struct 16 weak:pp:0 ref:pp2:8
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = r0
r2 = 16
r3 = 0
call 4
out:
r0 = 0
exit
-- id
MAP_FIELD_HELPER
-- verdict
EACCES kptr cannot be accessed indirectly by helper

== a kernel pointer exchanged
-- type
sched_cls
-- maps
array 4 16 1 value=value
-- btf
int int 4
long int 8
task_struct struct 8 x:long:0
tag tag kptr_untrusted task_struct
pp ptr tag
tag2 tag kptr task_struct
pp2 ptr tag2
value struct 16 weak:pp:0 ref:pp2:8
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = r0
r1 += 8
r2 = 0
call 194
if r0 == 0 goto out
r1 = r0
call kfunc:bpf_task_release
out:
r0 = 0
exit
-- verdict
ok

== a kernel pointer exchanged in a map without types
-- type
sched_cls
-- maps
array 4 16 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = r0
r2 = 0
call 194
out:
r0 = 0
exit
-- id
KPTR_NO_BTF
-- verdict
EINVAL map '' has to have BTF in order to use bpf_kptr_xchg

== a kernel pointer exchanged in a value that has none
-- type
sched_cls
-- maps
array 4 16 1 value=plain
-- btf
int int 4
long int 8
plain struct 16 a:long:0 b:long:8
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = r0
r2 = 0
call 194
out:
r0 = 0
exit
-- id
KPTR_NONE
-- verdict
EINVAL R1 has no valid kptr

== a kernel pointer exchanged beside it
-- type
sched_cls
-- maps
array 4 16 1 value=value
-- btf
int int 4
long int 8
task_struct struct 8 x:long:0
tag tag kptr_untrusted task_struct
pp ptr tag
tag2 tag kptr task_struct
pp2 ptr tag2
value struct 16 weak:pp:0 ref:pp2:8
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = r0
r1 += 4
r2 = 0
call 194
out:
r0 = 0
exit
-- id
KPTR_OFFSET
-- verdict
EACCES off=4 doesn't point to kptr

== a kernel pointer exchanged that owns nothing
-- type
sched_cls
-- maps
array 4 16 1 value=value
-- btf
int int 4
long int 8
task_struct struct 8 x:long:0
tag tag kptr_untrusted task_struct
pp ptr tag
tag2 tag kptr task_struct
pp2 ptr tag2
value struct 16 weak:pp:0 ref:pp2:8
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = r0
r2 = 0
call 194
out:
r0 = 0
exit
-- id
KPTR_UNREF
-- verdict
EACCES off=0 kptr isn't referenced kptr

== a kernel pointer exchanged at a variable offset
-- type
sched_cls
-- maps
array 4 24 1 value=value2
-- btf
int int 4
long int 8
task_struct struct 8 x:long:0
tag tag kptr_untrusted task_struct
pp ptr tag
tag2 tag kptr task_struct
pp2 ptr tag2
value struct 16 weak:pp:0 ref:pp2:8
value2 struct 24 data:long:0 weak:pp:8 ref:pp2:16
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r2 = *(u64 *)(r0 + 0)
r2 &= 8
r1 = r0
r1 += r2
r2 = 0
call 194
out:
r0 = 0
exit
-- id
KPTR_VARIES
-- verdict
EINVAL R1 doesn't have constant offset. kptr has to be at the constant offset

== an acquired object of another type for a kernel pointer
-- type
sched_cls
-- maps
array 4 16 1 value=value
-- btf
int int 4
long int 8
task_struct struct 8 x:long:0
tag tag kptr_untrusted task_struct
pp ptr tag
tag2 tag kptr task_struct
pp2 ptr tag2
value struct 16 weak:pp:0 ref:pp2:8
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = 1
call kfunc:bpf_cgroup_from_id
if r0 == 0 goto out
r2 = r0
r1 = r6
r1 += 8
call 194
out:
r0 = 0
exit
-- id
KPTR_TYPE
-- verdict
EACCES invalid kptr access, R2 type=ptr_cgroup expected=ptr_task_struct

== what a device knows of its packets, of no device
-- type
xdp
-- asm
*(u64 *)(r10 - 8) = 0
r2 = r10
r2 += -8
call kfunc:bpf_xdp_metadata_rx_timestamp
r0 = 0
exit
-- id
KFUNC_DEVICE
-- verdict
EINVAL metadata kfuncs require device-bound program

== a path where the kernel may not be asked for it
-- type
tracing
-- attach
24 vfs_read
-- asm
r1 = *(u64 *)(r1 + 0)
r2 = r10
r2 += -16
r3 = 16
call 147
r0 = 0
exit
-- id
HELPER_PLACE
-- verdict
EINVAL helper call is not allowed in probe
-- kernel
-

== a set's tasks walked by a program that may not
-- type
sched_cls
-- asm
r1 = 1
call kfunc:bpf_cgroup_from_id
if r0 == 0 goto out
r6 = r0
r1 = r10
r1 += -8
r2 = r0
r3 = 0
call kfunc:bpf_iter_css_task_new
r1 = r10
r1 += -8
call kfunc:bpf_iter_css_task_destroy
r1 = r6
call kfunc:bpf_cgroup_release
out:
r0 = 0
exit
-- id
KARG_CSS_TASK
-- verdict
EINVAL css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs

== memory of user space replaced
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- maps
task_storage 4 8 0 value=shared
-- btf
int int 4
long int 8
udata struct 8 a:long:0
tag tag uptr udata
up ptr tag
shared struct 8 u:up:0
-- asm
r2 = *(u64 *)(r1 + 8)
r1 = map[fd:0]
r3 = 0
r4 = 0
call 156
if r0 == 0 goto out
*(u64 *)(r0 + 0) = 0
out:
r0 = 0
exit
-- id
UPTR_STORE
-- verdict
EACCES store to uptr disallowed

== memory of user space read
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- maps
task_storage 4 8 0 value=shared
-- btf
int int 4
long int 8
udata struct 8 a:long:0
tag tag uptr udata
up ptr tag
shared struct 8 u:up:0
-- asm
r2 = *(u64 *)(r1 + 8)
r1 = map[fd:0]
r3 = 0
r4 = 0
call 156
if r0 == 0 goto out
r0 = *(u64 *)(r0 + 0)
if r0 == 0 goto out
r0 = *(u64 *)(r0 + 0)
out:
r0 = 0
exit
-- verdict
ok

== an element's pointer that may be null for a task
-- type
sched_cls
-- maps
array 4 16 1 value=value
-- btf
int int 4
long int 8
task_struct struct 8 x:long:0
tag tag kptr_untrusted task_struct
pp ptr tag
tag2 tag kptr task_struct
pp2 ptr tag2
value struct 16 weak:pp:0 ref:pp2:8
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = *(u64 *)(r0 + 8)
call kfunc:bpf_task_acquire
out:
r0 = 0
exit
-- id
KARG_NULL
-- verdict
EACCES Possibly NULL pointer passed to trusted arg0

== a task of a map's value outside of a section
-- type
syscall
-- flags
sleepable
-- maps
array 4 16 1 value=value
-- btf
int int 4
long int 8
task_struct struct 8 x:long:0
tag tag kptr_untrusted task_struct
pp ptr tag
tag2 tag kptr task_struct
pp2 ptr tag2
value struct 16 weak:pp:0 ref:pp2:8
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = *(u64 *)(r0 + 8)
if r1 == 0 goto out
call kfunc:bpf_task_acquire
out:
r0 = 0
exit
-- id
KARG_NOT_RCU
-- verdict
EINVAL R1 must be a rcu pointer

== an address below a task's group
-- type
sched_cls
-- asm
r2 = kernel:task_struct
call kfunc:bpf_rdonly_cast
r1 = r0
call kfunc:bpf_task_release
out:
r0 = 0
exit
-- id
KARG_UNTRUSTED
-- verdict
EINVAL R1 must be referenced or trusted

== an address cast for a task
-- type
sched_cls
-- asm
r2 = kernel:task_struct
call kfunc:bpf_rdonly_cast
r1 = r0
call kfunc:bpf_task_acquire
out:
r0 = 0
exit
-- id
KARG_NOT_RCU
-- verdict
EINVAL R1 must be a rcu pointer
