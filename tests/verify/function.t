# SPDX-License-Identifier: BSD-2-Clause
# Global functions by their signatures: each rule with a program it takes and one it refuses.

== a global function of a number
-- type
sched_cls
-- btf
int int 4
ctx struct 8 a:int:0
p ptr ctx
mp proto int skb:p
fp proto int n:int
main func mp global
f func fp global
-- asm
r1 = 1
call f
exit
f:
r0 = r1
exit
-- verdict
ok

== a pointer for the number of a global function
-- type
sched_cls
-- btf
int int 4
p ptr int
mp proto int skb:p
fp proto int n:int
main func mp global
f func fp global
-- asm
call f
exit
f:
r0 = 0
exit
-- id
FUNC_NOT_SCALAR GLOBAL_ARGS
-- verdict
EINVAL Caller passes invalid args into func#1 ('f')

== a global function that returns a pointer
-- type
sched_cls
-- btf
int int 4
p ptr int
mp proto int skb:p
fp proto p n:int
main func mp global
f func fp global
-- asm
r1 = 1
call f
exit
f:
r0 = 0
exit
-- id
FUNC_RETURN
-- verdict
EINVAL Caller passes invalid args into func#1 ('f')

== a global function of six arguments
-- type
sched_cls
-- btf
int int 4
p ptr int
mp proto int skb:p
fp proto int a:int b:int c:int d:int e:int f:int
main func mp global
f func fp global
-- asm
r1 = 1
call f
exit
f:
r0 = 0
exit
-- id
FUNC_MANY_ARGS
-- verdict
EINVAL Caller passes invalid args into func#1 ('f')

== a global function of a struct
-- type
sched_cls
-- btf
int int 4
p ptr int
s struct 8 a:int:0 b:int:4
mp proto int skb:p
fp proto int s:s
main func mp global
f func fp global
-- asm
r1 = 1
call f
exit
f:
r0 = 0
exit
-- id
FUNC_ARG_TYPE
-- verdict
EINVAL Caller passes invalid args into func#1 ('f')

== a global function of memory
-- type
sched_cls
-- btf
int int 4
s struct 8 a:int:0 b:int:4
p ptr s
pi ptr int
mp proto int skb:pi
fp proto int m:p
main func mp global
f func fp global
-- asm
*(u64 *)(r10 - 8) = 0
r1 = r10
r1 += -8
call f
exit
f:
if r1 == 0 goto out
r0 = *(u32 *)(r1 + 4)
out:
r0 = 0
exit
-- verdict
ok

== a number for the memory of a global function
-- type
sched_cls
-- btf
int int 4
s struct 8 a:int:0 b:int:4
p ptr s
pi ptr int
mp proto int skb:pi
fp proto int m:p
main func mp global
f func fp global
-- asm
r1 = 8
call f
exit
f:
r0 = 0
exit
-- id
ARG_MEM_TYPE GLOBAL_ARGS
-- verdict
EINVAL Caller passes invalid args into func#1 ('f')

== memory of a global function that is not tested
-- type
sched_cls
-- btf
int int 4
s struct 8 a:int:0 b:int:4
p ptr s
pi ptr int
mp proto int skb:pi
fp proto int m:p
main func mp global
f func fp global
-- asm
*(u64 *)(r10 - 8) = 0
r1 = r10
r1 += -8
call f
exit
f:
r0 = *(u32 *)(r1 + 4)
r0 = 0
exit
-- id
MEM_ACCESS
-- verdict
EACCES R1 invalid mem access 'mem_or_null'

== less memory than a global function takes
-- type
sched_cls
-- btf
int int 4
s struct 8 a:int:0 b:int:4
p ptr s
pi ptr int
mp proto int skb:pi
fp proto int m:p
main func mp global
f func fp global
-- asm
*(u64 *)(r10 - 8) = 0
r1 = r10
r1 += -4
call f
exit
f:
r0 = 0
exit
-- id
STACK_ABOVE GLOBAL_ARGS
-- verdict
EINVAL Caller passes invalid args into func#1 ('f')

== memory of a size that is not known
-- type
sched_cls
-- btf
int int 4
s fwd struct
p ptr s
mp proto int skb:p
fp proto int m:p
main func mp global
f func fp global
-- asm
r1 = 0
call f
exit
f:
r0 = 0
exit
-- id
FUNC_ARG_SIZE
-- verdict
EINVAL Caller passes invalid args into func#1 ('f')

== memory that must not be null
-- type
sched_cls
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
*(u64 *)(r10 - 8) = 0
r1 = r10
r1 += -8
call f
exit
f:
r0 = *(u32 *)(r1 + 4)
r0 = 0
exit
-- verdict
ok

== a tag that is not known
-- type
sched_cls
-- btf
int int 4
s struct 8 a:int:0 b:int:4
p ptr s
pi ptr int
mp proto int skb:pi
fp proto int m:p
main func mp global
f func fp global
tagged decl arg:odd f 0
-- asm
r1 = 0
call f
exit
f:
r0 = 0
exit
-- id
FUNC_TAGS
-- verdict
EOPNOTSUPP Caller passes invalid args into func#1 ('f')

== tags that cannot be together
-- type
sched_cls
-- btf
int int 4
s struct 8 a:int:0 b:int:4
p ptr s
pi ptr int
mp proto int skb:pi
fp proto int m:p
main func mp global
f func fp global
tagged decl arg:ctx f 0
more decl arg:nonnull f 0
-- asm
r1 = 0
call f
exit
f:
r0 = 0
exit
-- id
FUNC_TAG_SET
-- verdict
EINVAL Caller passes invalid args into func#1 ('f')

== an untrusted argument with another tag
-- type
sched_cls
-- btf
int int 4
s struct 8 a:int:0 b:int:4
p ptr s
pi ptr int
mp proto int skb:pi
fp proto int m:p
main func mp global
f func fp global
tagged decl arg:untrusted f 0
more decl arg:nonnull f 0
-- asm
r1 = 0
call f
exit
f:
r0 = 0
exit
-- id
FUNC_UNTRUSTED_TAGS
-- verdict
EINVAL Caller passes invalid args into func#1 ('f')

== an arena's argument with another tag
-- type
sched_cls
-- btf
int int 4
s struct 8 a:int:0 b:int:4
p ptr s
pi ptr int
mp proto int skb:pi
fp proto int m:p
main func mp global
f func fp global
tagged decl arg:arena f 0
more decl arg:nonnull f 0
-- asm
r1 = 0
call f
exit
f:
r0 = 0
exit
-- id
FUNC_ARENA_TAGS
-- verdict
EINVAL Caller passes invalid args into func#1 ('f')

== a tag of pointers for a number
-- type
sched_cls
-- btf
int int 4
p ptr int
mp proto int skb:p
fp proto int n:int
main func mp global
f func fp global
tagged decl arg:nonnull f 0
-- asm
r1 = 0
call f
exit
f:
r0 = 0
exit
-- id
FUNC_TAG_NO_POINTER
-- verdict
EINVAL Caller passes invalid args into func#1 ('f')

== a trusted argument of a struct of the kernel
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- btf
int int 4
task_struct struct 8 a:int:0
p ptr task_struct
cp ptr int
mp proto int skb:cp
fp proto int t:p
main func mp global
f func fp global
tagged decl arg:trusted f 0
-- asm
r1 = *(u64 *)(r1 + 8)
call f
r0 = 0
exit
f:
r0 = *(u32 *)(r1 + 0)
r0 = 0
exit
-- verdict
ok

== a trusted argument of no struct of the kernel
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- btf
int int 4
no_such_struct struct 8 a:int:0
p ptr no_such_struct
cp ptr int
mp proto int skb:cp
fp proto int t:p
main func mp global
f func fp global
tagged decl arg:trusted f 0
-- asm
r1 = *(u64 *)(r1 + 8)
call f
r0 = 0
exit
f:
r0 = 0
exit
-- id
FUNC_ARG_MATCH
-- verdict
ENOENT Caller passes invalid args into func#1 ('f')

== a number for a trusted argument
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- btf
int int 4
task_struct struct 8 a:int:0
p ptr task_struct
cp ptr int
mp proto int skb:cp
fp proto int t:p
main func mp global
f func fp global
tagged decl arg:trusted f 0
-- asm
r1 = 1
call f
r0 = 0
exit
f:
r0 = 0
exit
-- id
FUNC_ARG_OBJECT GLOBAL_ARGS
-- verdict
EACCES Caller passes invalid args into func#1 ('f')

== another object for a trusted argument
-- type
tracing
-- attach
23 btf_trace_sched_switch
-- btf
int int 4
file struct 8 a:int:0
p ptr file
cp ptr int
mp proto int skb:cp
fp proto int t:p
main func mp global
f func fp global
tagged decl arg:trusted f 0
-- asm
r1 = *(u64 *)(r1 + 8)
call f
r0 = 0
exit
f:
r0 = 0
exit
-- id
FUNC_ARG_STRUCT GLOBAL_ARGS
-- verdict
EACCES Caller passes invalid args into func#1 ('f')

== a context by its tag
-- type
sched_cls
-- btf
int int 4
__sk_buff struct 8 a:int:0
p ptr __sk_buff
mp proto int skb:p
main func mp global
f func mp global
tagged decl arg:ctx f 0
-- asm
call f
exit
f:
r0 = *(u32 *)(r1 + 0)
r0 = 0
exit
-- verdict
ok

== the stack for a context
-- type
sched_cls
-- btf
int int 4
__sk_buff struct 8 a:int:0
p ptr __sk_buff
mp proto int skb:p
main func mp global
f func mp global
tagged decl arg:ctx f 0
-- asm
*(u64 *)(r10 - 8) = 0
r1 = r10
r1 += -8
call f
exit
f:
r0 = 0
exit
-- id
FUNC_NOT_CTX GLOBAL_ARGS
-- verdict
EINVAL Caller passes invalid args into func#1 ('f')

== a context of another type of program
-- type
sched_cls
-- btf
int int 4
xdp_md struct 8 a:int:0
p ptr xdp_md
mp proto int skb:p
main func mp global
f func mp global
tagged decl arg:ctx f 0
-- asm
call f
exit
f:
r0 = 0
exit
-- id
FUNC_CTX_TYPE
-- verdict
EINVAL Caller passes invalid args into func#1 ('f')

== a context without a name
-- type
sched_cls
-- btf
int int 4
pi ptr int
p ptr pi
mp proto int skb:pi
fp proto int skb:p
main func mp global
f func fp global
tagged decl arg:ctx f 0
-- asm
call f
exit
f:
r0 = 0
exit
-- id
FUNC_CTX_NO_NAME GLOBAL_ARGS
-- verdict
EINVAL Caller passes invalid args into func#1 ('f')

== the stack for an arena's pointer
-- type
sched_cls
-- btf
int int 4
s struct 8 a:int:0 b:int:4
p ptr s
pi ptr int
mp proto int skb:pi
fp proto int m:p
main func mp global
f func fp global
tagged decl arg:arena f 0
-- asm
r1 = r10
call f
exit
f:
r0 = 0
exit
-- id
FUNC_NOT_ARENA GLOBAL_ARGS
-- verdict
EINVAL Caller passes invalid args into func#1 ('f')

== a number for an arena's pointer
-- type
sched_cls
-- btf
int int 4
s struct 8 a:int:0 b:int:4
p ptr s
pi ptr int
mp proto int skb:pi
fp proto int m:p
main func mp global
f func fp global
tagged decl arg:arena f 0
-- asm
r1 = 1
call f
exit
f:
r0 = 0
exit
-- verdict
ok

== a global function that returns an address
-- type
sched_cls
-- btf
int int 4
p ptr int
mp proto int skb:p
fp proto int n:int
main func mp global
f func fp global
-- asm
r1 = 1
call f
r0 = 0
exit
f:
r0 = r10
exit
-- id
RETURN_NO_NUMBER
-- verdict
EINVAL At subprogram exit the register R0 is not a scalar value (fp)

== a global function under a lock
-- type
sched_cls
-- maps
array 4 8 1 lock
-- btf
int int 4
p ptr int
mp proto int skb:p
fp proto int n:int
main func mp global
f func fp global
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
r1 = 1
call f
r1 = r6
r1 += 4
call 94
out:
r0 = 0
exit
f:
r0 = 0
exit
-- id
GLOBAL_LOCKED
-- verdict
EINVAL use static function instead

== a global function that sleeps, in a section
-- type
syscall
-- flags
sleepable
-- btf
int int 4
p ptr int
mp proto int skb:p
fp proto int n:int
main func mp global
f func fp global
-- asm
call kfunc:bpf_rcu_read_lock
r1 = 1
call f
call kfunc:bpf_rcu_read_unlock
out:
r0 = 0
exit
f:
r1 = r10
r1 += -8
r2 = 8
r3 = 0
call 148
r0 = 0
exit
-- id
GLOBAL_SLEEPS
-- verdict
EINVAL a non-sleepable BPF program context

== a global function that sleeps, outside of sections
-- type
syscall
-- flags
sleepable
-- btf
int int 4
p ptr int
mp proto int skb:p
fp proto int n:int
main func mp global
f func fp global
-- asm
r1 = 1
call f
out:
r0 = 0
exit
f:
r1 = r10
r1 += -8
r2 = 8
r3 = 0
call 148
r0 = 0
exit
-- verdict
ok
