# SPDX-License-Identifier: BSD-2-Clause
# What programs are attached to by BTF, and the kernel's objects: each rule with a program it takes and one it refuses.

== a function of the kernel entered
-- type
tracing
-- attach
24 bpf_fentry_test1
-- asm
r0 = *(u32 *)(r1 + 0)
r0 = 0
exit
-- verdict
ok
-- kernel
-

== no function named
-- type
tracing
-- attach
24 0
-- asm
r0 = 0
exit
-- id
TARGET_NO_ID
-- verdict
EINVAL Tracing programs must provide btf_id
-- kernel
-

== an id behind the kernel's types
-- type
tracing
-- attach
24 1000000
-- asm
r0 = 0
exit
-- id
TARGET_ID
-- verdict
EINVAL attach_btf_id 1000000 is invalid
-- kernel
-

== a function for a raw tracepoint
-- type
tracing
-- attach
23 bpf_fentry_test1
-- asm
r0 = 0
exit
-- id
TARGET_NO_TYPEDEF
-- verdict
EINVAL attach_btf_id 63920 is not a typedef

== a raw tracepoint
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- asm
r0 = *(u64 *)(r1 + 8)
r0 = 0
exit
-- verdict
ok

== a typedef of another name for a raw tracepoint
-- type
tracing
-- attach
23 u32
-- asm
r0 = 0
exit
-- id
TARGET_WRONG_NAME
-- verdict
EINVAL attach_btf_id 35 points to wrong type name u32

== a typedef without the tracepoint's prefix
-- type
tracing
-- attach
23 pid_t
-- asm
r0 = 0
exit
-- id
TARGET_WRONG_NAME
-- verdict
EINVAL attach_btf_id 68 points to wrong type name pid_t

== a struct entered
-- type
tracing
-- attach
24 task_struct
-- asm
r0 = 0
exit
-- id
TARGET_NO_FUNCTION
-- verdict
EINVAL attach_btf_id 114 is not a function
-- kernel
-

== a security hook
-- type
lsm
-- attach
27 bpf_lsm_file_open
-- asm
r0 = 0
exit
-- verdict
ok
-- kernel
-

== a function that is no security hook
-- type
lsm
-- attach
27 bpf_fentry_test1
-- asm
r0 = 0
exit
-- id
TARGET_WRONG_NAME
-- verdict
EINVAL attach_btf_id 63920 points to wrong type name bpf_fentry_test1
-- kernel
-

== a security hook that takes no programs
-- type
lsm
-- attach
27 bpf_lsm_getprocattr
-- asm
r0 = 0
exit
-- id
TARGET_DISABLED
-- verdict
EINVAL attach_btf_id 64609 points to disabled hook bpf_lsm_getprocattr
-- kernel
-

== a security hook, another licence
-- type
lsm
-- license
Proprietary
-- attach
27 bpf_lsm_file_open
-- asm
r0 = 0
exit
-- id
TARGET_LSM_GPL
-- verdict
EINVAL LSM programs must have a GPL compatible license
-- kernel
-

== operations, another licence
-- type
struct_ops
-- license
Proprietary
-- attach
0 tcp_congestion_ops
-- asm
r0 = 0
exit
-- id
TARGET_OPS_GPL
-- verdict
EINVAL struct ops programs must have a GPL compatible license

== an operation of congestion control
-- type
struct_ops
-- attach
0 tcp_congestion_ops
-- asm
r0 = 0
exit
-- verdict
ok

== an attach type that is none by BTF
-- type
tracing
-- attach
0 bpf_fentry_test1
-- asm
r0 = 0
exit
-- id
TARGET_KIND
-- verdict
EINVAL func#0 @0

== an iterator
-- type
tracing
-- attach
28 bpf_iter_bpf_map
-- asm
r0 = 0
exit
-- verdict
ok

== a function that is no iterator
-- type
tracing
-- attach
28 bpf_fentry_test1
-- asm
r0 = 0
exit
-- id
TARGET_ITER
-- verdict
EINVAL func#0 @0

== a function that the kernel runs around programs
-- type
tracing
-- attach
24 migrate_disable
-- asm
r0 = 0
exit
-- id
TARGET_DENIED
-- verdict
EINVAL Attaching tracing programs to function 'migrate_disable' is rejected.
-- kernel
-

== the exit of a function that never returns
-- type
tracing
-- attach
25 do_exit
-- asm
r0 = 0
exit
-- id
TARGET_NORETURN
-- verdict
EINVAL Attaching fexit/fmod_ret to __noreturn function 'do_exit' is rejected.
-- kernel
-

== the exit of a function that never returns, of a kernel that does not name it
-- type
tracing
-- version
6.15
-- attach
25 do_exit
-- asm
r0 = 0
exit
-- id
TARGET_NORETURN_OLD
-- verdict
EINVAL Attaching fexit/fmod_ret to __noreturn functions is rejected.

== the entry of a function that never returns
-- type
tracing
-- attach
24 do_exit
-- asm
r0 = 0
exit
-- verdict
ok
-- kernel
-

== the result of a function modified
-- type
tracing
-- attach
26 bpf_modify_return_test
-- asm
r0 = 0
exit
-- verdict
ok
-- kernel
-

== the result of a function that may not be modified
-- type
tracing
-- attach
26 schedule
-- asm
r0 = 0
exit
-- id
TARGET_MODIFY
-- verdict
EINVAL schedule() is not modifiable
-- kernel
-

== a sleepable program at a function that does not sleep
-- type
tracing
-- flags
sleepable
-- attach
24 schedule
-- asm
r0 = 0
exit
-- id
TARGET_SLEEPS
-- verdict
EINVAL schedule is not sleepable
-- kernel
-

== a sleepable program at a system call
-- type
tracing
-- flags
sleepable
-- attach
24 __x64_sys_nanosleep
-- asm
r0 = 0
exit
-- verdict
ok
-- kernel
-

== a sleepable program at a hook that does not sleep
-- type
lsm
-- flags
sleepable
-- attach
27 bpf_lsm_task_free
-- asm
r0 = 0
exit
-- id
TARGET_SLEEPS
-- verdict
EINVAL bpf_lsm_task_free is not sleepable
-- kernel
-

== a function of variable arguments
-- type
tracing
-- attach
24 _printk
-- asm
r0 = 0
exit
-- id
TARGET_VARIADIC
-- verdict
EINVAL The function _printk with variable args is unsupported.
-- kernel
-

== an extension of the kernel
-- type
ext
-- attach
0 bpf_fentry_test1
-- asm
r0 = 0
exit
-- id
TARGET_REPLACE_KERNEL
-- verdict
EINVAL Cannot replace kernel functions
-- kernel
-

== operations of a struct that takes none
-- type
struct_ops
-- attach
0 task_struct
-- asm
r0 = 0
exit
-- id
TARGET_OPS_STRUCT
-- verdict
ENOTSUPP attach_btf_id 114 is not a supported struct

== an operation behind the last
-- type
struct_ops
-- attach
200 tcp_congestion_ops
-- asm
r0 = 0
exit
-- id
TARGET_OPS_INDEX
-- verdict
EINVAL attach to invalid member idx 200 of struct tcp_congestion_ops

== a member that is no function
-- type
struct_ops
-- attach
11 tcp_congestion_ops
-- asm
r0 = 0
exit
-- id
TARGET_OPS_MEMBER
-- verdict
EINVAL attach to invalid member name(@idx 11) of struct tcp_congestion_ops

== a member that is no function, 2
-- type
struct_ops
-- attach
13 tcp_congestion_ops
-- asm
r0 = 0
exit
-- id
TARGET_OPS_MEMBER
-- verdict
EINVAL attach to invalid member list(@idx 13) of struct tcp_congestion_ops

== an argument at an odd offset
-- type
tracing
-- attach
24 bpf_fentry_test1
-- asm
r0 = *(u8 *)(r1 + 1)
r0 = 0
exit
-- id
TARGET_OFFSET
-- verdict
EACCES invalid bpf_context access off=1 size=1
-- kernel
-

== an argument the function does not have
-- type
tracing
-- attach
24 bpf_fentry_test1
-- asm
r0 = *(u64 *)(r1 + 8)
r0 = 0
exit
-- id
TARGET_ARG_COUNT
-- verdict
EACCES invalid bpf_context access off=8 size=8
-- kernel
-

== half of a pointer argument
-- type
tracing
-- attach
24 bpf_fentry_test7
-- asm
r0 = *(u32 *)(r1 + 0)
r0 = 0
exit
-- id
TARGET_ARG_SIZE
-- verdict
EACCES invalid bpf_context access off=0 size=4
-- kernel
-

== a pointer argument
-- type
tracing
-- attach
24 bpf_fentry_test7
-- asm
r0 = *(u64 *)(r1 + 0)
r0 = *(u64 *)(r0 + 0)
r0 = 0
exit
-- verdict
ok
-- kernel
-

== a function that returns a struct
-- type
tracing
-- attach
24 ns_to_timespec64
-- asm
r0 = 0
exit
-- id
TARGET_RETURN
-- verdict
EINVAL The function ns_to_timespec64 return type STRUCT is unsupported.
-- kernel
-

== a write to an object that is no field for it
-- type
struct_ops
-- attach
0 tcp_congestion_ops
-- asm
r1 = *(u64 *)(r1 + 0)
*(u32 *)(r1 + 0) = 0
r0 = 0
exit
-- id
TARGET_WRITE
-- verdict
EACCES no write support to tcp_sock at off 0

== a field of a task
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- asm
r1 = *(u64 *)(r1 + 8)
r0 = *(u32 *)(r1 + 0)
r0 = 0
exit
-- verdict
ok

== a task written
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- asm
r1 = *(u64 *)(r1 + 8)
*(u32 *)(r1 + 0) = 0
r0 = 0
exit
-- id
BTF_WRITE
-- verdict
EACCES only read is supported

== a task before its start
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- asm
r1 = *(u64 *)(r1 + 8)
r0 = *(u32 *)(r1 - 8)
r0 = 0
exit
-- id
BTF_NEGATIVE
-- verdict
EACCES R1 is ptr_task_struct invalid negative access: off=-8

== a task at a variable offset
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- asm
r2 = *(u64 *)(r1 + 0)
r1 = *(u64 *)(r1 + 8)
r2 &= 8
r1 += r2
r0 = *(u32 *)(r1 + 0)
r0 = 0
exit
-- id
BTF_VARIABLE
-- verdict
EACCES R1 is ptr_task_struct invalid variable offset: off=0, var_off=(0x0; 0x8)

== a task, another licence
-- type
tracing
-- license
Proprietary
-- attach
23 btf_trace_sched_switch
-- asm
r1 = *(u64 *)(r1 + 8)
r0 = *(u32 *)(r1 + 0)
r0 = 0
exit
-- id
BTF_GPL
-- verdict
EINVAL Cannot access kernel 'struct task_struct' from non-GPL compatible program

== a part of a task beyond its end
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- asm
r1 = *(u64 *)(r1 + 8)
r0 = *(u32 *)(r1 + 30000)
r0 = 0
exit
-- id
WALK_BEYOND
-- verdict
EACCES access beyond struct task_struct at off 30000 size 4

== a buffer in a task
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- asm
r1 = *(u64 *)(r1 + 8)
r2 = 16
call 16
r0 = 0
exit
-- id
ARG_OBJECT_WRITE
-- verdict
EACCES bpf_get_current_comm() may write into memory pointed by R1 type=trusted_ptr_

== another object for a task's storage
-- type
tracing
-- attach
24 bpf_fentry_test7
-- maps
task_storage 4 8 0 value=long
-- btf
int int 4
long int 8
-- asm
r2 = *(u64 *)(r1 + 0)
r1 = map[fd:0]
r3 = 0
r4 = 0
call 156
r0 = 0
exit
-- id
ARG_STRUCT
-- verdict
EACCES R2 is of type bpf_fentry_test_t but task_struct is expected
-- kernel
-

== a task's storage
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- maps
task_storage 4 8 0 value=long
-- btf
int int 4
long int 8
-- asm
r2 = *(u64 *)(r1 + 8)
r1 = map[fd:0]
r3 = 0
r4 = 0
call 156
r0 = 0
exit
-- verdict
ok

== a task for a variable of each processor
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- asm
r1 = *(u64 *)(r1 + 8)
r2 = 0
call 153
r0 = 0
exit
-- id
ARG_TYPE
-- verdict
EACCES R1 type=trusted_ptr_ expected=percpu_ptr_, percpu_rcu_ptr_, percpu_trusted_ptr_

== a map's fields
-- maps
array 4 8 1
-- asm
r1 = map[fd:0]
r0 = *(u32 *)(r1 + 24)
r0 = 0
exit
-- verdict
ok

== a map before its start
-- maps
array 4 8 1
-- asm
r1 = map[fd:0]
r0 = *(u32 *)(r1 - 8)
r0 = 0
exit
-- id
MAP_OBJECT_NEGATIVE
-- verdict
EACCES R1 is bpf_array invalid negative access: off=-8

== a part of a pointer in a map's object
-- maps
array 4 8 1
-- asm
r1 = map[fd:0]
r0 = *(u32 *)(r1 + 4)
r0 = 0
exit
-- verdict
ok

== more than a member of a map's object
-- maps
array 4 8 1
-- asm
r1 = map[fd:0]
r0 = *(u64 *)(r1 + 28)
r0 = 0
exit
-- id
WALK_MEMBER
-- verdict
EACCES access beyond the end of member sha (mend:32) in struct bpf_map with off 28 size 8
