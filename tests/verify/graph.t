# SPDX-License-Identifier: BSD-2-Clause
# Objects of the program's own, lists, locks by type: each rule with a program it takes and one it refuses.

== an object of the program's own
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
r1 = type:elem
r2 = 0
call kfunc:bpf_obj_new_impl
if r0 == 0 goto out
r1 = r0
r2 = 0
call kfunc:bpf_obj_drop_impl
out:
r0 = 0
exit
-- verdict
ok

== an object never dropped
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
r1 = type:elem
r2 = 0
call kfunc:bpf_obj_new_impl
out:
r0 = 0
exit
-- id
REFERENCE_LEAK
-- verdict
EINVAL BPF_EXIT instruction in main prog would lead to reference leak

== an object of a type that is no struct
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
r1 = type:long
r2 = 0
call kfunc:bpf_obj_new_impl
out:
r0 = 0
exit
-- id
KRET_NOT_STRUCT
-- verdict
EINVAL bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct

== an object of a type id that is too large
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
r1 = 0x100000000 ll
r2 = 0
call kfunc:bpf_obj_new_impl
out:
r0 = 0
exit
-- id
KRET_TYPE_RANGE
-- verdict
EINVAL local type ID argument must be in range [0, U32_MAX]

== an object of a variable type
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
r1 = *(u32 *)(r1 + 0)
r2 = 0
call kfunc:bpf_obj_new_impl
out:
r0 = 0
exit
-- id
KARG_NOT_CONST
-- verdict
EINVAL R1 must be a known constant

== an object without the program's types
-- type
sched_cls
-- asm
r1 = 1
r2 = 0
call kfunc:bpf_obj_new_impl
out:
r0 = 0
exit
-- id
KRET_NO_BTF
-- verdict
EINVAL bpf_obj_new/bpf_percpu_obj_new requires prog BTF

== an object dropped before it is tested
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
r1 = type:elem
r2 = 0
call kfunc:bpf_obj_new_impl
r1 = r0
r2 = 0
call kfunc:bpf_obj_drop_impl
out:
r0 = 0
exit
-- id
KARG_NULL
-- verdict
EACCES Possibly NULL pointer passed to trusted arg0

== the context dropped
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
r2 = 0
call kfunc:bpf_obj_drop_impl
out:
r0 = 0
exit
-- id
KARG_UNTRUSTED
-- verdict
EINVAL R1 must be referenced or trusted

== a plain object dropped as one of each processor
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
r1 = type:elem
r2 = 0
call kfunc:bpf_obj_new_impl
if r0 == 0 goto out
r1 = r0
r2 = 0
call kfunc:bpf_percpu_obj_drop_impl
out:
r0 = 0
exit
-- id
KARG_ONLY_DROP
-- verdict
EINVAL arg#0 expected for bpf_obj_drop_impl()

== an object of each processor dropped as a plain one
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
r1 = r0
r2 = 0
call kfunc:bpf_obj_drop_impl
out:
r0 = 0
exit
-- id
KARG_ONLY_PERCPU_DROP
-- verdict
EINVAL arg#0 expected for bpf_percpu_obj_drop_impl()

== an object of each processor
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
r1 = r0
r2 = 0
call kfunc:bpf_percpu_obj_drop_impl
out:
r0 = 0
exit
-- verdict
ok

== an object of each processor with a list's node
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
r1 = type:elem
r2 = 0
call kfunc:bpf_percpu_obj_new_impl
out:
r0 = 0
exit
-- id
KRET_PERCPU_SPECIAL
-- verdict
EINVAL bpf_percpu_obj_new type ID argument must not contain special fields

== an object of each processor that is large
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
r1 = type:large
r2 = 0
call kfunc:bpf_percpu_obj_new_impl
out:
r0 = 0
exit
-- id
KRET_PERCPU_SIZE
-- verdict
EINVAL bpf_percpu_obj_new type size (800) is greater than 512

== an object of each processor with a pointer
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
r1 = type:pointing
r2 = 0
call kfunc:bpf_percpu_obj_new_impl
out:
r0 = 0
exit
-- id
KRET_PERCPU_SCALARS
-- verdict
EINVAL bpf_percpu_obj_new type ID argument must be of a struct of scalars

== an object's node written
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
r1 = type:elem
r2 = 0
call kfunc:bpf_obj_new_impl
if r0 == 0 goto out
*(u64 *)(r0 + 8) = 0
out:
r0 = 0
exit
-- id
OBJECT_FIELD
-- verdict
EACCES direct access to bpf_list_node is disallowed

== an object pushed to a list under its lock
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
r1 += 4
call 94
out:
r0 = 0
exit
-- verdict
ok

== an object pushed to a list without its lock
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
r1 += 8
r2 = r7
r2 += 8
r3 = 0
r4 = 0
call kfunc:bpf_list_push_front_impl
out:
r0 = 0
exit
-- id
GRAPH_UNLOCKED
-- verdict
EINVAL bpf_spin_lock at off=4 must be held for bpf_list_head

== an object pushed beside the list
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
r1 += 16
r2 = r7
r2 += 8
r3 = 0
r4 = 0
call kfunc:bpf_list_push_front_impl
out:
r0 = 0
exit
-- id
GRAPH_NOT_FOUND
-- verdict
EINVAL bpf_list_head not found at offset=16

== an object pushed by another member
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
r2 += 32
r3 = 0
r4 = 0
call kfunc:bpf_list_push_front_impl
out:
r0 = 0
exit
-- id
GRAPH_NODE
-- verdict
EINVAL arg#1 offset=32, but expected bpf_list_node at offset=8 in struct elem

== another object pushed
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
r1 = type:other
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
r3 = 0
r4 = 0
call kfunc:bpf_list_push_front_impl
out:
r0 = 0
exit
-- id
GRAPH_ELEMENT
-- verdict
EINVAL operation on bpf_list_head expects arg#1 bpf_list_node at offset=8 in struct elem, but arg is at offset=0 in struct othe

== the stack for a list
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
r1 = r10
r1 += -16
r2 = r1
r3 = 0
r4 = 0
call kfunc:bpf_list_push_front_impl
out:
r0 = 0
exit
-- id
KARG_NOT_VALUE_OR_OBJECT
-- verdict
EINVAL arg#0 expected pointer to map value or allocated object

== a second lock of the same kind
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
call 93
out:
r0 = 0
exit
-- id
CALL_LOCKED
-- verdict
EINVAL function calls are not allowed while holding a lock

== a resilient lock taken and released
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
r1 = r6
call kfunc:bpf_res_spin_lock
if r0 != 0 goto out
r1 = r6
call kfunc:bpf_res_spin_unlock
out:
r0 = 0
exit
-- verdict
ok

== a resilient lock taken twice
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
r1 = r6
call kfunc:bpf_res_spin_lock
if r0 != 0 goto out
r1 = r6
call kfunc:bpf_res_spin_lock
out:
r0 = 0
exit
-- id
LOCK_SAME
-- verdict
EINVAL Acquiring the same lock again, AA deadlock detected

== resilient locks released out of order
-- type
sched_cls
-- maps
array 4 8 1 value=resilient
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
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:1]
call 1
if r0 == 0 goto out
r7 = r0
r1 = r6
call kfunc:bpf_res_spin_lock
if r0 != 0 goto out
r1 = r7
call kfunc:bpf_res_spin_lock
if r0 != 0 goto unlock
r1 = r6
call kfunc:bpf_res_spin_unlock
r1 = r7
call kfunc:bpf_res_spin_unlock
r0 = 0
exit
unlock:
r1 = r6
call kfunc:bpf_res_spin_unlock
out:
r0 = 0
exit
-- id
UNLOCK_ORDER
-- verdict
EINVAL bpf_res_spin_unlock cannot be out of order

== the stack for a resilient lock
-- type
sched_cls
-- asm
r1 = r10
r1 += -8
call kfunc:bpf_res_spin_lock
out:
r0 = 0
exit
-- id
KARG_NOT_LOCK
-- verdict
EINVAL arg#0 doesn't point to map value or allocated object

== a value without a lock, of its own types
-- type
sched_cls
-- maps
array 4 16 1 value=plain
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
r1 = r0
call 93
out:
r0 = 0
exit
-- id
LOCK_NONE
-- verdict
EINVAL map '' has no valid bpf_spin_lock
