# SPDX-License-Identifier: BSD-2-Clause
# Trees, counted objects, queued work: each rule with a program it takes and one it refuses.

== a tree's element added
-- type
sched_cls
-- maps
array 4 24 1 value=root
-- btf
int int 4
long int 8
bpf_spin_lock struct 4 val:int:0
bpf_rb_root struct 16 a:long:0 b:long:8
bpf_rb_node struct 32 a:long:0 b:long:8 c:long:16 d:long:24
bpf_refcount struct 4 val:int:0
bpf_wq struct 16 a:long:0 b:long:8
elem struct 40 node:bpf_rb_node:0 data:long:32
counted struct 16 data:long:0 count:bpf_refcount:8
work struct 24 data:long:0 wq:bpf_wq:8
root struct 24 data:int:0 lock:bpf_spin_lock:4 tree:bpf_rb_root:8
contains decl contains:elem:node root 2
to ptr int
main0 proto int ctx:to
less0 proto int a:to b:to
main func main0 global
less func less0
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = type:elem
r2 = 0
call kfunc:bpf_obj_new_impl
if r0 == 0 goto out
r7 = r0
r1 = r6
r1 += 4
call 93
r1 = r6
r1 += 8
r2 = r7
r3 = subprog[less]
r4 = 0
r5 = 0
call kfunc:bpf_rbtree_add_impl
r1 = r6
r1 += 4
call 94
out:
r0 = 0
exit
less:
r0 = 0
exit
-- verdict
ok

== a section in a tree's comparison
-- type
sched_cls
-- maps
array 4 24 1 value=root
-- btf
int int 4
long int 8
bpf_spin_lock struct 4 val:int:0
bpf_rb_root struct 16 a:long:0 b:long:8
bpf_rb_node struct 32 a:long:0 b:long:8 c:long:16 d:long:24
bpf_refcount struct 4 val:int:0
bpf_wq struct 16 a:long:0 b:long:8
elem struct 40 node:bpf_rb_node:0 data:long:32
counted struct 16 data:long:0 count:bpf_refcount:8
work struct 24 data:long:0 wq:bpf_wq:8
root struct 24 data:int:0 lock:bpf_spin_lock:4 tree:bpf_rb_root:8
contains decl contains:elem:node root 2
to ptr int
main0 proto int ctx:to
less0 proto int a:to b:to
main func main0 global
less func less0
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = type:elem
r2 = 0
call kfunc:bpf_obj_new_impl
if r0 == 0 goto out
r7 = r0
r1 = r6
r1 += 4
call 93
r1 = r6
r1 += 8
r2 = r7
r3 = subprog[less]
r4 = 0
r5 = 0
call kfunc:bpf_rbtree_add_impl
r1 = r6
r1 += 4
call 94
out:
r0 = 0
exit
less:
call kfunc:bpf_rcu_read_lock
call kfunc:bpf_rcu_read_unlock
r0 = 0
exit
-- id
KFUNC_LOCKED
-- verdict
EINVAL function calls are not allowed while holding a lock

== a tree's element removed by its comparison
-- type
sched_cls
-- maps
array 4 24 1 value=root
-- btf
int int 4
long int 8
bpf_spin_lock struct 4 val:int:0
bpf_rb_root struct 16 a:long:0 b:long:8
bpf_rb_node struct 32 a:long:0 b:long:8 c:long:16 d:long:24
bpf_refcount struct 4 val:int:0
bpf_wq struct 16 a:long:0 b:long:8
elem struct 40 node:bpf_rb_node:0 data:long:32
counted struct 16 data:long:0 count:bpf_refcount:8
work struct 24 data:long:0 wq:bpf_wq:8
root struct 24 data:int:0 lock:bpf_spin_lock:4 tree:bpf_rb_root:8
contains decl contains:elem:node root 2
to ptr int
main0 proto int ctx:to
less0 proto int a:to b:to
main func main0 global
less func less0
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = type:elem
r2 = 0
call kfunc:bpf_obj_new_impl
if r0 == 0 goto out
r7 = r0
r1 = r6
r1 += 4
call 93
r1 = r6
r1 += 8
r2 = r7
r3 = subprog[less]
r4 = 0
r5 = 0
call kfunc:bpf_rbtree_add_impl
r1 = r6
r1 += 4
call 94
out:
r0 = 0
exit
less:
call kfunc:bpf_rbtree_first
r0 = 0
exit
-- id
KARG_NOT_VALUE_OR_OBJECT
-- verdict
EINVAL arg#0 expected pointer to map value or allocated object

== an element dropped that the tree owns
-- type
sched_cls
-- maps
array 4 24 1 value=root
-- btf
int int 4
long int 8
bpf_spin_lock struct 4 val:int:0
bpf_rb_root struct 16 a:long:0 b:long:8
bpf_rb_node struct 32 a:long:0 b:long:8 c:long:16 d:long:24
bpf_refcount struct 4 val:int:0
bpf_wq struct 16 a:long:0 b:long:8
elem struct 40 node:bpf_rb_node:0 data:long:32
counted struct 16 data:long:0 count:bpf_refcount:8
work struct 24 data:long:0 wq:bpf_wq:8
root struct 24 data:int:0 lock:bpf_spin_lock:4 tree:bpf_rb_root:8
contains decl contains:elem:node root 2
to ptr int
main0 proto int ctx:to
less0 proto int a:to b:to
main func main0 global
less func less0
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = type:elem
r2 = 0
call kfunc:bpf_obj_new_impl
if r0 == 0 goto out
r7 = r0
r1 = r6
r1 += 4
call 93
r1 = r6
r1 += 8
r2 = r7
r3 = subprog[less]
r4 = 0
r5 = 0
call kfunc:bpf_rbtree_add_impl
r1 = r7
r2 = 0
call kfunc:bpf_obj_drop_impl
r1 = r6
r1 += 4
call 94
out:
r0 = 0
exit
less:
r0 = 0
exit
-- id
KFUNC_LOCKED
-- verdict
EINVAL function calls are not allowed while holding a lock

== a map's element dropped
-- type
sched_cls
-- maps
array 4 24 1 value=root
-- btf
int int 4
long int 8
bpf_spin_lock struct 4 val:int:0
bpf_rb_root struct 16 a:long:0 b:long:8
bpf_rb_node struct 32 a:long:0 b:long:8 c:long:16 d:long:24
bpf_refcount struct 4 val:int:0
bpf_wq struct 16 a:long:0 b:long:8
elem struct 40 node:bpf_rb_node:0 data:long:32
counted struct 16 data:long:0 count:bpf_refcount:8
work struct 24 data:long:0 wq:bpf_wq:8
root struct 24 data:int:0 lock:bpf_spin_lock:4 tree:bpf_rb_root:8
contains decl contains:elem:node root 2
to ptr int
main0 proto int ctx:to
less0 proto int a:to b:to
main func main0 global
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = r0
r2 = 0
call kfunc:bpf_obj_drop_impl
out:
r0 = 0
exit
-- id
KARG_UNTRUSTED
-- verdict
EINVAL R1 must be referenced or trusted

== a count of an object that has none
-- type
sched_cls
-- maps
array 4 24 1 value=root
-- btf
int int 4
long int 8
bpf_spin_lock struct 4 val:int:0
bpf_rb_root struct 16 a:long:0 b:long:8
bpf_rb_node struct 32 a:long:0 b:long:8 c:long:16 d:long:24
bpf_refcount struct 4 val:int:0
bpf_wq struct 16 a:long:0 b:long:8
elem struct 40 node:bpf_rb_node:0 data:long:32
counted struct 16 data:long:0 count:bpf_refcount:8
work struct 24 data:long:0 wq:bpf_wq:8
root struct 24 data:int:0 lock:bpf_spin_lock:4 tree:bpf_rb_root:8
contains decl contains:elem:node root 2
to ptr int
main0 proto int ctx:to
less0 proto int a:to b:to
main func main0 global
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r6 = r0
r1 = type:elem
r2 = 0
call kfunc:bpf_obj_new_impl
if r0 == 0 goto out
r7 = r0
r1 = r7
r2 = 0
call kfunc:bpf_refcount_acquire_impl
out:
r0 = 0
exit
-- id
KARG_NO_REFCOUNT
-- verdict
EINVAL arg#0 doesn't point to a type with bpf_refcount field

== a count of what is no object
-- type
sched_cls
-- maps
array 4 24 1 value=root
-- btf
int int 4
long int 8
bpf_spin_lock struct 4 val:int:0
bpf_rb_root struct 16 a:long:0 b:long:8
bpf_rb_node struct 32 a:long:0 b:long:8 c:long:16 d:long:24
bpf_refcount struct 4 val:int:0
bpf_wq struct 16 a:long:0 b:long:8
elem struct 40 node:bpf_rb_node:0 data:long:32
counted struct 16 data:long:0 count:bpf_refcount:8
work struct 24 data:long:0 wq:bpf_wq:8
root struct 24 data:int:0 lock:bpf_spin_lock:4 tree:bpf_rb_root:8
contains decl contains:elem:node root 2
to ptr int
main0 proto int ctx:to
less0 proto int a:to b:to
main func main0 global
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = r0
r2 = 0
call kfunc:bpf_refcount_acquire_impl
out:
r0 = 0
exit
-- id
KARG_NO_REF_KIND
-- verdict
EINVAL arg#0 is neither owning or non-owning ref

== a count of an object
-- type
sched_cls
-- btf
int int 4
long int 8
bpf_spin_lock struct 4 val:int:0
bpf_rb_root struct 16 a:long:0 b:long:8
bpf_rb_node struct 32 a:long:0 b:long:8 c:long:16 d:long:24
bpf_refcount struct 4 val:int:0
bpf_wq struct 16 a:long:0 b:long:8
elem struct 40 node:bpf_rb_node:0 data:long:32
counted struct 16 data:long:0 count:bpf_refcount:8
work struct 24 data:long:0 wq:bpf_wq:8
root struct 24 data:int:0 lock:bpf_spin_lock:4 tree:bpf_rb_root:8
contains decl contains:elem:node root 2
to ptr int
main0 proto int ctx:to
less0 proto int a:to b:to
main func main0 global
-- asm
r1 = type:counted
r2 = 0
call kfunc:bpf_obj_new_impl
if r0 == 0 goto out
r6 = r0
r1 = r0
r2 = 0
call kfunc:bpf_refcount_acquire_impl
r7 = r0
r1 = r6
r2 = 0
call kfunc:bpf_obj_drop_impl
if r7 == 0 goto out
r1 = r7
r2 = 0
call kfunc:bpf_obj_drop_impl
out:
r0 = 0
exit
-- verdict
ok

== work queued
-- type
sched_cls
-- maps
array 4 24 1 value=work
-- btf
int int 4
long int 8
bpf_spin_lock struct 4 val:int:0
bpf_rb_root struct 16 a:long:0 b:long:8
bpf_rb_node struct 32 a:long:0 b:long:8 c:long:16 d:long:24
bpf_refcount struct 4 val:int:0
bpf_wq struct 16 a:long:0 b:long:8
elem struct 40 node:bpf_rb_node:0 data:long:32
counted struct 16 data:long:0 count:bpf_refcount:8
work struct 24 data:long:0 wq:bpf_wq:8
root struct 24 data:int:0 lock:bpf_spin_lock:4 tree:bpf_rb_root:8
contains decl contains:elem:node root 2
to ptr int
main0 proto int ctx:to
less0 proto int a:to b:to
main func main0 global
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = r0
r1 += 8
r2 = map[fd:0]
r3 = 0
call kfunc:bpf_wq_init
out:
r0 = 0
exit
-- verdict
ok

== work queued of another map
-- type
sched_cls
-- maps
array 4 24 1 value=work
array 4 24 1 value=work
-- btf
int int 4
long int 8
bpf_spin_lock struct 4 val:int:0
bpf_rb_root struct 16 a:long:0 b:long:8
bpf_rb_node struct 32 a:long:0 b:long:8 c:long:16 d:long:24
bpf_refcount struct 4 val:int:0
bpf_wq struct 16 a:long:0 b:long:8
elem struct 40 node:bpf_rb_node:0 data:long:32
counted struct 16 data:long:0 count:bpf_refcount:8
work struct 24 data:long:0 wq:bpf_wq:8
root struct 24 data:int:0 lock:bpf_spin_lock:4 tree:bpf_rb_root:8
contains decl contains:elem:node root 2
to ptr int
main0 proto int ctx:to
less0 proto int a:to b:to
main func main0 global
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = r0
r1 += 8
r2 = map[fd:1]
r3 = 0
call kfunc:bpf_wq_init
out:
r0 = 0
exit
-- id
KARG_WQ_MAP
-- verdict
EINVAL workqueue pointer in R1 map_uid=0 doesn't match map pointer in R2 map_uid=0

== work queued of a number
-- type
sched_cls
-- maps
array 4 24 1 value=work
-- btf
int int 4
long int 8
bpf_spin_lock struct 4 val:int:0
bpf_rb_root struct 16 a:long:0 b:long:8
bpf_rb_node struct 32 a:long:0 b:long:8 c:long:16 d:long:24
bpf_refcount struct 4 val:int:0
bpf_wq struct 16 a:long:0 b:long:8
elem struct 40 node:bpf_rb_node:0 data:long:32
counted struct 16 data:long:0 count:bpf_refcount:8
work struct 24 data:long:0 wq:bpf_wq:8
root struct 24 data:int:0 lock:bpf_spin_lock:4 tree:bpf_rb_root:8
contains decl contains:elem:node root 2
to ptr int
main0 proto int ctx:to
less0 proto int a:to b:to
main func main0 global
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = r0
r1 += 8
r2 = 8
r3 = 0
call kfunc:bpf_wq_init
out:
r0 = 0
exit
-- id
KARG_NOT_MAP
-- verdict
EINVAL pointer in R2 isn't map pointer

== work queued on the stack
-- type
sched_cls
-- maps
array 4 24 1 value=work
-- btf
int int 4
long int 8
bpf_spin_lock struct 4 val:int:0
bpf_rb_root struct 16 a:long:0 b:long:8
bpf_rb_node struct 32 a:long:0 b:long:8 c:long:16 d:long:24
bpf_refcount struct 4 val:int:0
bpf_wq struct 16 a:long:0 b:long:8
elem struct 40 node:bpf_rb_node:0 data:long:32
counted struct 16 data:long:0 count:bpf_refcount:8
work struct 24 data:long:0 wq:bpf_wq:8
root struct 24 data:int:0 lock:bpf_spin_lock:4 tree:bpf_rb_root:8
contains decl contains:elem:node root 2
to ptr int
main0 proto int ctx:to
less0 proto int a:to b:to
main func main0 global
-- asm
r1 = r10
r1 += -16
r2 = map[fd:0]
r3 = 0
call kfunc:bpf_wq_init
out:
r0 = 0
exit
-- id
KARG_NOT_VALUE
-- verdict
EINVAL arg#0 doesn't point to a map value

== work that is no function
-- type
sched_cls
-- maps
array 4 24 1 value=work
-- btf
int int 4
long int 8
bpf_spin_lock struct 4 val:int:0
bpf_rb_root struct 16 a:long:0 b:long:8
bpf_rb_node struct 32 a:long:0 b:long:8 c:long:16 d:long:24
bpf_refcount struct 4 val:int:0
bpf_wq struct 16 a:long:0 b:long:8
elem struct 40 node:bpf_rb_node:0 data:long:32
counted struct 16 data:long:0 count:bpf_refcount:8
work struct 24 data:long:0 wq:bpf_wq:8
root struct 24 data:int:0 lock:bpf_spin_lock:4 tree:bpf_rb_root:8
contains decl contains:elem:node root 2
to ptr int
main0 proto int ctx:to
less0 proto int a:to b:to
main func main0 global
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = r0
r1 += 8
r2 = 8
r3 = 0
r4 = 0
call kfunc:bpf_wq_set_callback_impl
out:
r0 = 0
exit
-- id
KARG_NOT_FUNC
-- verdict
EINVAL arg1 expected pointer to func

== a map's value pushed to a list
-- type
sched_cls
-- maps
array 4 24 1 value=head
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
r1 = r6
r1 += 4
call 93
r1 = r6
r1 += 8
r2 = r6
r3 = 0
r4 = 0
call kfunc:bpf_list_push_front_impl
r1 = r6
r1 += 4
call 94
out:
r0 = 0
exit
-- id
KARG_NOT_ALLOCATED
-- verdict
EINVAL arg#1 expected pointer to allocated object

== an object pushed twice
-- type
sched_cls
-- maps
array 4 24 1 value=head
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
r1 = type:elem
r2 = 0
call kfunc:bpf_obj_new_impl
if r0 == 0 goto out
r7 = r0
r1 = r6
r1 += 4
call 93
r1 = r6
r1 += 8
r2 = r7
r2 += 8
r3 = 0
r4 = 0
call kfunc:bpf_list_push_front_impl
r1 = r6
r1 += 8
r2 = r7
r2 += 8
r3 = 0
r4 = 0
call kfunc:bpf_list_push_front_impl
r1 = r6
r1 += 4
call 94
out:
r0 = 0
exit
-- id
KARG_NOT_ALLOCATED
-- verdict
EINVAL arg#1 expected pointer to allocated object

== an object dropped from its middle
-- type
sched_cls
-- maps
array 4 24 1 value=head
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
r1 = type:elem
r2 = 0
call kfunc:bpf_obj_new_impl
if r0 == 0 goto out
r7 = r0
r1 = r7
r1 += 8
r2 = 0
call kfunc:bpf_obj_drop_impl
out:
r0 = 0
exit
-- id
KARG_RELEASE_OFFSET
-- verdict
EINVAL R1 must have zero offset when passed to release func or trusted arg to kfunc

== an object of each processor read at once
-- type
sched_cls
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
r1 = type:plain
r2 = 0
call kfunc:bpf_percpu_obj_new_impl
if r0 == 0 goto out
r6 = r0
r1 = *(u64 *)(r6 + 0)
r1 = r6
r2 = 0
call kfunc:bpf_percpu_obj_drop_impl
out:
r0 = 0
exit
-- id
BTF_PERCPU
-- verdict
EACCES R6 is ptr_plain access percpu memory: off=0
