# SPDX-License-Identifier: BSD-2-Clause
# Functions of the kernel (kfuncs): each rule with a program it takes and one it refuses.

== a task acquired and released
-- type
sched_cls
-- asm
r1 = 1
call kfunc:bpf_task_from_pid
if r0 == 0 goto out
r1 = r0
call kfunc:bpf_task_release
out:
r0 = 0
exit
-- verdict
ok

== a task released before it is tested
-- type
sched_cls
-- asm
r1 = 1
call kfunc:bpf_task_from_pid
r1 = r0
call kfunc:bpf_task_release
out:
r0 = 0
exit
-- id
KARG_NULL
-- verdict
EACCES Possibly NULL pointer passed to trusted arg0

== a task released twice
-- type
sched_cls
-- asm
r1 = 1
call kfunc:bpf_task_from_pid
if r0 == 0 goto out
r6 = r0
r1 = r0
call kfunc:bpf_task_release
r1 = r6
call kfunc:bpf_task_release
out:
r0 = 0
exit
-- id
KARG_MUST_POINT
-- verdict
EINVAL arg#0 pointer type STRUCT task_struct must point to scalar, or struct with scalar

== a pointer for a process's number
-- type
sched_cls
-- asm
call kfunc:bpf_task_from_pid
out:
r0 = 0
exit
-- id
KARG_NOT_SCALAR
-- verdict
EINVAL R1 is not a scalar

== the context for a task
-- type
sched_cls
-- asm
call kfunc:bpf_task_release
out:
r0 = 0
exit
-- id
KARG_MUST_POINT
-- verdict
EINVAL arg#0 pointer type STRUCT task_struct must point to scalar, or struct with scalar

== a task's group released as a task
-- type
sched_cls
-- asm
r1 = 1
call kfunc:bpf_cgroup_from_id
if r0 == 0 goto out
r1 = r0
call kfunc:bpf_task_release
out:
r0 = 0
exit
-- id
KARG_OTHER_STRUCT
-- verdict
EINVAL kernel function bpf_task_release args#0 expected pointer to STRUCT task_struct but R1 has a pointer to STRUCT cgroup

== a task of the program's arguments released
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- asm
r1 = *(u64 *)(r1 + 8)
call kfunc:bpf_task_release
out:
r0 = 0
exit
-- id
KFUNC_RELEASE_NONE
-- verdict
EINVAL release kernel function bpf_task_release expects refcounted PTR_TO_BTF_ID

== a task in a task
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- asm
r1 = *(u64 *)(r1 + 8)
r1 = *(u64 *)(r1 + 2400)
call kfunc:bpf_task_acquire
out:
r0 = 0
exit
-- id
KARG_NOT_RCU
-- verdict
EINVAL R1 must be a rcu pointer

== a function of the kernel that no program may call
-- asm
call kfunc:bpf_fentry_test1
out:
r0 = 0
exit
-- id
KFUNC_NOT_ALLOWED
-- verdict
EACCES calling kernel function bpf_fentry_test1 is not allowed

== a function of the kernel that another type may call
-- type
socket_filter
-- asm
r1 = 1
call kfunc:bpf_task_from_pid
out:
r0 = 0
exit
-- id
KFUNC_NOT_ALLOWED
-- verdict
EACCES calling kernel function bpf_task_from_pid is not allowed

== a type for a function of the kernel
-- asm
call kfunc#kernel:task_struct module 0
out:
r0 = 0
exit
-- id
KFUNC_UNKNOWN
-- verdict
EINVAL kernel btf_id 114 is not a function

== function number 0 of the kernel
-- asm
call kfunc#0 module 0
out:
r0 = 0
exit
-- id
KFUNC_ZERO
-- verdict
EINVAL invalid kernel function call not eliminated in verifier pass

== a function of the kernel, another licence
-- type
sched_cls
-- license
Proprietary
-- asm
r1 = 1
call kfunc:bpf_task_from_pid
out:
r0 = 0
exit
-- id
KFUNC_GPL
-- verdict
EINVAL cannot call kernel function from non-GPL compatible program

== a function of the kernel that sleeps
-- type
sched_cls
-- asm
r1 = r10
r1 += -16
r2 = 8
r3 = 0
r4 = 0
call kfunc:bpf_copy_from_user_str
out:
r0 = 0
exit
-- id
KFUNC_SLEEPS
-- verdict
EACCES program must be sleepable to call sleepable kfunc bpf_copy_from_user_str

== a cast to a struct
-- type
sched_cls
-- asm
r2 = kernel:task_struct
call kfunc:bpf_rdonly_cast
r0 = *(u32 *)(r0 + 0)
out:
r0 = 0
exit
-- verdict
ok

== a cast to a type the kernel has not
-- type
sched_cls
-- asm
r2 = 99999999
call kfunc:bpf_rdonly_cast
out:
r0 = 0
exit
-- id
KRET_CAST_UNKNOWN
-- verdict
EINVAL Unknown type ID 99999999 passed to kfunc bpf_rdonly_cast

== a cast to a function
-- type
sched_cls
-- asm
r2 = kernel:bpf_fentry_test1
call kfunc:bpf_rdonly_cast
out:
r0 = 0
exit
-- id
KRET_CAST_TYPE
-- verdict
EINVAL kfunc bpf_rdonly_cast type ID argument must be of a struct or void

== the hole of a struct
-- type
sched_cls
-- asm
r2 = kernel:hlist_head
call kfunc:bpf_rdonly_cast
r0 = *(u32 *)(r0 + 2)
out:
r0 = 0
exit
-- id
WALK_POINTER
-- verdict
EACCES cannot access ptr member first with moff 0 in struct hlist_head with off 2 size 4

== a struct's end
-- type
sched_cls
-- asm
r2 = kernel:bpf_prog_aux
call kfunc:bpf_rdonly_cast
r0 = *(u64 *)(r0 + 4)
out:
r0 = 0
exit
-- id
WALK_BEYOND
-- verdict
EACCES access beyond struct (anon) at off 4 size 8

== a number for the context
-- type
sched_cls
-- asm
r1 = 0
call kfunc:bpf_cast_to_kern_ctx
out:
r0 = 0
exit
-- id
KARG_NOT_CTX
-- verdict
EINVAL arg#0 expected pointer to ctx, but got scalar

== the kernel's context
-- type
sched_cls
-- asm
call kfunc:bpf_cast_to_kern_ctx
out:
r0 = 0
exit
-- verdict
ok

== an iterator over numbers on the stack
-- asm
r1 = r10
r1 += -8
r2 = 0
r3 = 10
call kfunc:bpf_iter_num_new
r1 = r10
r1 += -8
call kfunc:bpf_iter_num_destroy
out:
r0 = 0
exit
-- verdict
ok

== an iterator that is no stack
-- type
sched_cls
-- asm
r2 = 0
r3 = 10
call kfunc:bpf_iter_num_new
out:
r0 = 0
exit
-- id
ITER_POINTER
-- verdict
EINVAL arg#0 expected pointer to an iterator on stack

== a number for a dynptr
-- type
sched_cls
-- asm
r1 = 8
call kfunc:bpf_dynptr_is_null
out:
r0 = 0
exit
-- id
DYNPTR_POINTER
-- verdict
EINVAL arg#0 expected pointer to stack or const struct bpf_dynptr

== a dynptr made over one that holds a record
-- type
sched_cls
-- asm
r2 = 0
r3 = r10
r3 += -16
call kfunc:bpf_dynptr_from_skb
r0 = 0
r1 = r10
r1 += -16
call kfunc:bpf_dynptr_is_null
out:
r0 = 0
exit
-- verdict
ok

== a packet's dynptr where a ring's is wanted
-- type
sched_cls
-- asm
r2 = 0
r3 = r10
r3 += -16
call kfunc:bpf_dynptr_from_skb
r1 = r10
r1 += -16
r2 = 0
call 199
out:
r0 = 0
exit
-- id
DYNPTR_UNOWNED
-- verdict
EINVAL arg 1 is an unacquired reference

== tasks walked in a section
-- type
sched_cls
-- asm
call kfunc:bpf_rcu_read_lock
r1 = r10
r1 += -24
r2 = 0
r3 = 1
call kfunc:bpf_iter_task_new
r1 = r10
r1 += -24
call kfunc:bpf_iter_task_destroy
call kfunc:bpf_rcu_read_unlock
out:
r0 = 0
exit
-- verdict
ok

== tasks walked by a program that sleeps
-- type
syscall
-- flags
sleepable
-- asm
r1 = r10
r1 += -24
r2 = 0
r3 = 1
call kfunc:bpf_iter_task_new
r1 = r10
r1 += -24
call kfunc:bpf_iter_task_destroy
out:
r0 = 0
exit
-- id
KFUNC_NEEDS_RCU
-- verdict
EACCES kernel func bpf_iter_task_new requires RCU critical section protection

== a sleeping function in a section
-- type
syscall
-- flags
sleepable
-- asm
call kfunc:bpf_rcu_read_lock
r1 = r10
r1 += -16
*(u64 *)(r10 - 16) = 0
r2 = 8
r3 = 0
r4 = 0
call kfunc:bpf_copy_from_user_str
call kfunc:bpf_rcu_read_unlock
out:
r0 = 0
exit
-- id
KFUNC_RCU_SLEEPS
-- verdict
EACCES kernel func bpf_copy_from_user_str is sleepable within rcu_read_lock region

== a sleeping function where preemption is off
-- type
syscall
-- flags
sleepable
-- asm
call kfunc:bpf_preempt_disable
r1 = r10
r1 += -16
*(u64 *)(r10 - 16) = 0
r2 = 8
r3 = 0
r4 = 0
call kfunc:bpf_copy_from_user_str
call kfunc:bpf_preempt_enable
out:
r0 = 0
exit
-- id
KFUNC_PREEMPT_SLEEPS
-- verdict
EACCES kernel func bpf_copy_from_user_str is sleepable within non-preemptible region

== a sleeping function where interrupts are off
-- type
syscall
-- flags
sleepable
-- asm
r1 = r10
r1 += -24
call kfunc:bpf_local_irq_save
r1 = r10
r1 += -16
*(u64 *)(r10 - 16) = 0
r2 = 8
r3 = 0
r4 = 0
call kfunc:bpf_copy_from_user_str
r1 = r10
r1 += -24
call kfunc:bpf_local_irq_restore
out:
r0 = 0
exit
-- id
KFUNC_IRQ_SLEEPS
-- verdict
EACCES kernel func bpf_copy_from_user_str is sleepable within IRQ-disabled region

== a sleeping function
-- type
syscall
-- flags
sleepable
-- asm
r1 = r10
r1 += -16
*(u64 *)(r10 - 16) = 0
r2 = 8
r3 = 0
r4 = 0
call kfunc:bpf_copy_from_user_str
out:
r0 = 0
exit
-- verdict
ok

== flags saved by a lock restored as interrupts
-- type
sched_cls
-- maps
array 4 8 1 value=resilient
-- btf
int int 4
long int 8
bpf_spin_lock struct 4 val:int:0
bpf_res_spin_lock struct 4 val:int:0
bpf_list_head struct 16 a:long:0 b:long:8
bpf_list_node struct 24 a:long:0 b:long:8 c:long:16
plain struct 16 a:long:0 b:long:8
elem struct 56 data:long:0 node:bpf_list_node:8 second:bpf_list_node:32
other struct 32 node:bpf_list_node:0 data:long:24
bytes array long 100
large struct 800 b:bytes:0
to ptr long
pointing struct 8 p:to:0
resilient struct 8 lock:bpf_res_spin_lock:0
head struct 24 data:int:0 lock:bpf_spin_lock:4 list:bpf_list_head:8
contains decl contains:elem:node head 2
main0 proto int ctx:to
main func main0 global
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = r10
r1 += -16
call kfunc:bpf_local_irq_save
r1 = r6
r2 = r10
r2 += -24
call kfunc:bpf_res_spin_lock_irqsave
if r0 != 0 goto restore
r1 = r6
r2 = r10
r2 += -16
call kfunc:bpf_res_spin_unlock_irqrestore
restore:
r1 = r10
r1 += -16
call kfunc:bpf_local_irq_restore
out:
r0 = 0
exit
-- id
IRQ_KIND
-- verdict
EINVAL irq flag acquired by native kfuncs cannot be restored with lock kfuncs

== a section in a section
-- version
6.10
-- type
sched_cls
-- asm
call kfunc:bpf_rcu_read_lock
call kfunc:bpf_rcu_read_lock
call kfunc:bpf_rcu_read_unlock
call kfunc:bpf_rcu_read_unlock
out:
r0 = 0
exit
-- id
KFUNC_RCU_NESTED
-- verdict
EINVAL nested rcu read lock (kernel function bpf_rcu_read_lock)
