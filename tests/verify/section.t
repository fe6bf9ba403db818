# SPDX-License-Identifier: BSD-2-Clause
# Sections (interrupts, preemption, RCU) and iterators, by kfuncs. Each rule with a program it takes and one it refuses.

== interrupts off and on
-- type
sched_cls
-- asm
r1 = r10
r1 += -8
call kfunc:bpf_local_irq_save
r1 = r10
r1 += -8
call kfunc:bpf_local_irq_restore
r0 = 0
exit
-- verdict
ok

== interrupts left off
-- type
sched_cls
-- asm
r1 = r10
r1 += -8
call kfunc:bpf_local_irq_save
r0 = 0
exit
-- id
HELD_IRQ
-- verdict
EINVAL BPF_EXIT instruction in main prog cannot be used inside bpf_local_irq_save-ed region

== interrupts off twice, on in reverse
-- type
sched_cls
-- asm
r1 = r10
r1 += -8
call kfunc:bpf_local_irq_save
r1 = r10
r1 += -16
call kfunc:bpf_local_irq_save
r1 = r10
r1 += -16
call kfunc:bpf_local_irq_restore
r1 = r10
r1 += -8
call kfunc:bpf_local_irq_restore
r0 = 0
exit
-- verdict
ok

== interrupts on in another order
-- type
sched_cls
-- asm
r1 = r10
r1 += -8
call kfunc:bpf_local_irq_save
r1 = r10
r1 += -16
call kfunc:bpf_local_irq_save
r1 = r10
r1 += -8
call kfunc:bpf_local_irq_restore
r1 = r10
r1 += -16
call kfunc:bpf_local_irq_restore
r0 = 0
exit
-- id
IRQ_ORDER
-- verdict
EACCES cannot restore irq state out of order, expected id=

== flags saved over flags
-- type
sched_cls
-- asm
r1 = r10
r1 += -8
call kfunc:bpf_local_irq_save
r1 = r10
r1 += -8
call kfunc:bpf_local_irq_save
r1 = r10
r1 += -8
call kfunc:bpf_local_irq_restore
r0 = 0
exit
-- id
IRQ_NOT_NEW
-- verdict
EINVAL expected uninitialized irq flag as arg#0

== flags that were never saved
-- type
sched_cls
-- asm
*(u64 *)(r10 - 8) = 0
r1 = r10
r1 += -8
call kfunc:bpf_local_irq_restore
r0 = 0
exit
-- id
IRQ_NOT_SAVED
-- verdict
EINVAL expected an initialized irq flag as arg#0

== flags restored twice
-- type
sched_cls
-- asm
r1 = r10
r1 += -8
call kfunc:bpf_local_irq_save
r1 = r10
r1 += -8
call kfunc:bpf_local_irq_restore
r1 = r10
r1 += -8
call kfunc:bpf_local_irq_restore
r0 = 0
exit
-- id
IRQ_NOT_SAVED
-- verdict
EINVAL expected an initialized irq flag as arg#0

== flags written over
-- type
sched_cls
-- asm
r1 = r10
r1 += -8
call kfunc:bpf_local_irq_save
*(u64 *)(r10 - 8) = 1
r1 = r10
r1 += -8
call kfunc:bpf_local_irq_restore
r0 = 0
exit
-- id
IRQ_NOT_SAVED
-- verdict
EINVAL expected an initialized irq flag as arg#0

== flags read
-- type
sched_cls
-- asm
r1 = r10
r1 += -8
call kfunc:bpf_local_irq_save
r6 = *(u64 *)(r10 - 8)
r1 = r10
r1 += -8
call kfunc:bpf_local_irq_restore
r0 = 0
exit
-- id
STACK_NOT_INIT
-- verdict
EACCES invalid read from stack off -8+0 size 8

== flags at an odd place
-- type
sched_cls
-- asm
r1 = r10
r1 += -12
call kfunc:bpf_local_irq_save
r0 = 0
exit
-- id
SLOT_OFFSET
-- verdict
EINVAL expected uninitialized irq flag as arg#0

== flags that are not on the stack
-- type
sched_cls
-- asm
r1 = 0
call kfunc:bpf_local_irq_save
r0 = 0
exit
-- id
KARG_NOT_IRQ
-- verdict
EINVAL arg#0 doesn't point to an irq flag on stack

== preemption off and on, nested
-- type
sched_cls
-- asm
call kfunc:bpf_preempt_disable
call kfunc:bpf_preempt_disable
call kfunc:bpf_preempt_enable
call kfunc:bpf_preempt_enable
r0 = 0
exit
-- verdict
ok

== preemption left off
-- type
sched_cls
-- asm
call kfunc:bpf_preempt_disable
r0 = 0
exit
-- id
HELD_PREEMPT
-- verdict
EINVAL BPF_EXIT instruction in main prog cannot be used inside bpf_preempt_disable-ed region

== preemption on without off
-- type
sched_cls
-- asm
call kfunc:bpf_preempt_enable
r0 = 0
exit
-- id
KFUNC_PREEMPT_UNMATCHED
-- verdict
EINVAL unmatched attempt to enable preemption

== an RCU section
-- type
sched_cls
-- asm
call kfunc:bpf_rcu_read_lock
call kfunc:bpf_rcu_read_unlock
r0 = 0
exit
-- verdict
ok

== an RCU section never left
-- type
sched_cls
-- asm
call kfunc:bpf_rcu_read_lock
r0 = 0
exit
-- id
HELD_RCU
-- verdict
EINVAL BPF_EXIT instruction in main prog cannot be used inside bpf_rcu_read_lock-ed region

== an RCU section left that was not entered
-- type
sched_cls
-- asm
call kfunc:bpf_rcu_read_unlock
r0 = 0
exit
-- id
KFUNC_RCU_UNMATCHED
-- verdict
EINVAL unmatched rcu read unlock

== what sleeps while interrupts are off
-- type
syscall
-- flags
sleepable
-- asm
r1 = r10
r1 += -16
call kfunc:bpf_local_irq_save
r1 = r10
r1 += -8
r2 = 8
r3 = 0
call 148
r1 = r10
r1 += -16
call kfunc:bpf_local_irq_restore
r0 = 0
exit
-- id
HELPER_SLEEPS_IN
-- verdict
EINVAL sleepable helper bpf_copy_from_user#148 in IRQ-disabled region

== what sleeps while preemption is off
-- type
syscall
-- flags
sleepable
-- asm
call kfunc:bpf_preempt_disable
r1 = r10
r1 += -8
r2 = 8
r3 = 0
call 148
call kfunc:bpf_preempt_enable
r0 = 0
exit
-- id
HELPER_SLEEPS_IN
-- verdict
EINVAL sleepable helper bpf_copy_from_user#148 in non-preemptible region

== what sleeps while RCU reads
-- type
syscall
-- flags
sleepable
-- asm
call kfunc:bpf_rcu_read_lock
r1 = r10
r1 += -8
r2 = 8
r3 = 0
call 148
call kfunc:bpf_rcu_read_unlock
r0 = 0
exit
-- id
HELPER_SLEEPS_IN
-- verdict
EINVAL sleepable helper bpf_copy_from_user#148 in rcu_read_lock region

== numbers counted
-- type
sched_cls
-- asm
r1 = r10
r1 += -8
r2 = 0
r3 = 3
call kfunc:bpf_iter_num_new
again:
r1 = r10
r1 += -8
call kfunc:bpf_iter_num_next
if r0 == 0 goto out
r6 = *(u32 *)(r0 + 0)
goto again
out:
r1 = r10
r1 += -8
call kfunc:bpf_iter_num_destroy
r0 = 0
exit
-- verdict
ok

== a number that may not be there
-- type
sched_cls
-- asm
r1 = r10
r1 += -8
r2 = 0
r3 = 3
call kfunc:bpf_iter_num_new
r1 = r10
r1 += -8
call kfunc:bpf_iter_num_next
r6 = *(u32 *)(r0 + 0)
r1 = r10
r1 += -8
call kfunc:bpf_iter_num_destroy
r0 = 0
exit
-- id
MEM_ACCESS
-- verdict
EACCES R0 invalid mem access 'scalar'

== a number's bytes behind its end
-- type
sched_cls
-- asm
r1 = r10
r1 += -8
r2 = 0
r3 = 3
call kfunc:bpf_iter_num_new
r1 = r10
r1 += -8
call kfunc:bpf_iter_num_next
if r0 == 0 goto out
r6 = *(u64 *)(r0 + 0)
out:
r1 = r10
r1 += -8
call kfunc:bpf_iter_num_destroy
r0 = 0
exit
-- id
MEM_OUTSIDE
-- verdict
EACCES invalid access to memory, mem_size=4 off=0 size=8

== an iterator never destroyed
-- type
sched_cls
-- asm
r1 = r10
r1 += -8
r2 = 0
r3 = 3
call kfunc:bpf_iter_num_new
r0 = 0
exit
-- id
REFERENCE_LEAK
-- verdict
EINVAL BPF_EXIT instruction in main prog would lead to reference leak

== an iterator never made
-- type
sched_cls
-- asm
r1 = r10
r1 += -8
call kfunc:bpf_iter_num_next
r0 = 0
exit
-- id
ITER_NOT_INIT
-- verdict
EINVAL expected an initialized iter_num as arg #0

== an iterator made twice
-- type
sched_cls
-- asm
r1 = r10
r1 += -8
r2 = 0
r3 = 3
call kfunc:bpf_iter_num_new
r1 = r10
r1 += -8
r2 = 0
r3 = 3
call kfunc:bpf_iter_num_new
r1 = r10
r1 += -8
call kfunc:bpf_iter_num_destroy
r0 = 0
exit
-- id
ITER_NOT_NEW
-- verdict
EINVAL expected uninitialized iter_num as arg #0

== an iterator destroyed twice
-- type
sched_cls
-- asm
r1 = r10
r1 += -8
r2 = 0
r3 = 3
call kfunc:bpf_iter_num_new
r1 = r10
r1 += -8
call kfunc:bpf_iter_num_destroy
r1 = r10
r1 += -8
call kfunc:bpf_iter_num_destroy
r0 = 0
exit
-- id
ITER_NOT_INIT
-- verdict
EINVAL expected an initialized iter_num as arg #0

== an iterator written over
-- type
sched_cls
-- asm
r1 = r10
r1 += -8
r2 = 0
r3 = 3
call kfunc:bpf_iter_num_new
*(u64 *)(r10 - 8) = 0
r1 = r10
r1 += -8
call kfunc:bpf_iter_num_destroy
r0 = 0
exit
-- id
ITER_NOT_INIT
-- verdict
EINVAL expected an initialized iter_num as arg #0

== an iterator's bytes read
-- type
sched_cls
-- asm
r1 = r10
r1 += -8
r2 = 0
r3 = 3
call kfunc:bpf_iter_num_new
r6 = *(u64 *)(r10 - 8)
r1 = r10
r1 += -8
call kfunc:bpf_iter_num_destroy
r0 = 0
exit
-- id
STACK_NOT_INIT
-- verdict
EACCES invalid read from stack off -8+0 size 8

== a loop whose index nobody bounds
-- type
sched_cls
-- asm
r1 = r10
r1 += -8
r2 = 0
r3 = 3
call kfunc:bpf_iter_num_new
r6 = 0
again:
r1 = r10
r1 += -8
call kfunc:bpf_iter_num_next
if r0 == 0 goto out
r6 += 8
r1 = r10
r1 += r6
r2 = *(u64 *)(r1 - 64)
goto again
out:
r1 = r10
r1 += -8
call kfunc:bpf_iter_num_destroy
r0 = 0
exit
-- id
STACK_NOT_INIT
-- verdict
EACCES invalid read from stack off

