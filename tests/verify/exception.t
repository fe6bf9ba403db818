# SPDX-License-Identifier: BSD-2-Clause
# Records of functions, callbacks, exceptions, what functions may hold: each rule with a program it takes and one it refuses.

== records of fewer functions than there are
-- type
sched_cls
-- btf
int int 4
mp proto int n:int
main func mp global
-- asm
r1 = 1
call f
exit
f:
r0 = 0
exit
-- id
FUNC_INFO_COUNT
-- verdict
EINVAL number of funcs in func_info doesn't match number of subprogs

== a record of a function elsewhere
-- type
sched_cls
-- btf
int int 4
mp proto int n:int
main func mp global
f func mp global
-- flags
shifted
-- asm
r1 = 1
call f
r0 = 0
exit
f:
r0 = 0
exit
-- id
FUNC_INFO_LAYOUT
-- verdict
EINVAL func_info BTF section doesn't match subprog layout in BPF program

== a callback that is global
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
r1 = 4
r2 = subprog[f]
r3 = 0
r4 = 0
call 181
r0 = 0
exit
f:
r0 = 0
exit
-- id
CALLBACK_GLOBAL
-- verdict
EINVAL callback function not static

== a callback that is static
-- type
sched_cls
-- asm
r1 = 4
r2 = subprog[f]
r3 = 0
r4 = 0
call 181
r0 = 0
exit
f:
r0 = 0
exit
-- verdict
ok

== an exception
-- type
sched_cls
-- btf
int int 4
ulong int 8
p ptr int
mp proto int skb:p
fp proto int n:ulong
main func mp global
f func fp global
handled decl exception_callback:f main
-- asm
r1 = 1
call kfunc:bpf_throw
r0 = 0
exit
f:
r0 = 0
exit
-- verdict
ok

== an exception's callback called
-- type
sched_cls
-- btf
int int 4
ulong int 8
p ptr int
mp proto int skb:p
fp proto int n:ulong
main func mp global
f func fp global
handled decl exception_callback:f main
-- asm
r1 = 1
call f
r0 = 0
exit
f:
r0 = 0
exit
-- id
EXCEPTION_CALLED
-- verdict
EINVAL insn 1 cannot call exception cb directly
-- kernel
EINVAL insn 1 cannot call exception cb directly

== an exception's callback that there is not
-- type
sched_cls
-- btf
int int 4
ulong int 8
p ptr int
mp proto int skb:p
fp proto int n:ulong
main func mp global
f func fp global
handled decl exception_callback:g main
-- asm
r1 = 1
call kfunc:bpf_throw
r0 = 0
exit
f:
r0 = 0
exit
-- id
EXCEPTION_NOT_FOUND
-- verdict
ENOENT exception callback 'g' could not be found in BTF

== an exception's callback that is static
-- type
sched_cls
-- btf
int int 4
ulong int 8
p ptr int
mp proto int skb:p
fp proto int n:ulong
main func mp global
f func fp
handled decl exception_callback:f main
-- asm
r1 = 1
call kfunc:bpf_throw
r0 = 0
exit
f:
r0 = 0
exit
-- id
EXCEPTION_STATIC
-- verdict
EINVAL exception callback 'f' must have global linkage

== two exception callbacks
-- type
sched_cls
-- btf
int int 4
ulong int 8
p ptr int
mp proto int skb:p
fp proto int n:ulong
main func mp global
f func fp global
handled decl exception_callback:f main
again decl exception_callback:f main
-- asm
r1 = 1
call kfunc:bpf_throw
r0 = 0
exit
f:
r0 = 0
exit
-- id
EXCEPTION_TAGS
-- verdict
EEXIST multiple exception callback tags for main subprog

== an exception in a callback
-- type
sched_cls
-- btf
int int 4
ulong int 8
p ptr int
mp proto int skb:p
fp proto int n:ulong
main func mp global
f func fp
-- asm
r1 = 4
r2 = subprog[f]
r3 = 0
r4 = 0
call 181
r0 = 0
exit
f:
r1 = 1
call kfunc:bpf_throw
r0 = 0
exit
-- id
THROW_IN_CALLBACK
-- verdict
EINVAL bpf_throw kfunc (insn 9) cannot be called from callback subprog 1

== a tail call in a function without types
-- type
sched_cls
-- maps
prog_array 4 4 1
-- flags
untyped
-- asm
call f
exit
f:
r2 = map[fd:0]
r3 = 0
call 12
r0 = 0
exit
-- id
TAIL_CALL_NO_BTF
-- verdict
EINVAL tail_call is not allowed in subprogs without BTF

== a tail call in a function that returns a number
-- type
sched_cls
-- maps
prog_array 4 4 1
-- asm
call f
exit
f:
r2 = map[fd:0]
r3 = 0
call 12
r0 = 0
exit
-- verdict
ok

== a tail call in a function that returns nothing
-- type
sched_cls
-- maps
prog_array 4 4 1
-- btf
int int 4
p ptr int
mp proto int skb:p
fp proto void skb:p
main func mp global
f func fp
-- asm
call f
r0 = 0
exit
f:
r2 = map[fd:0]
r3 = 0
call 12
r0 = 0
exit
-- id
TAIL_CALL_RESULT
-- verdict
EINVAL tail_call is only allowed in functions that return 'int'.

== a packet load in a function without types
-- type
sched_cls
-- flags
untyped
-- asm
call f
exit
f:
r6 = r1
r0 = *(u8 *)skb[0]
r0 = 0
exit
-- id
LD_ABS_NO_BTF
-- verdict
EINVAL LD_ABS is not allowed in subprogs without BTF

== a packet load in a function that returns nothing
-- type
sched_cls
-- btf
int int 4
p ptr int
mp proto int skb:p
fp proto void skb:p
main func mp global
f func fp
-- asm
call f
r0 = 0
exit
f:
r6 = r1
r0 = *(u8 *)skb[0]
r0 = 0
exit
-- id
LD_ABS_RESULT
-- verdict
EINVAL LD_ABS is only allowed in functions that return 'int'.

== a packet load in a function that returns a number
-- type
sched_cls
-- asm
call f
r0 = 0
exit
f:
r6 = r1
r0 = *(u8 *)skb[0]
r0 = 0
exit
-- verdict
ok

== a tail call and functions, before Linux 5.10
-- type
sched_cls
-- version
5.8
-- maps
prog_array 4 4 1
-- asm
call f
r0 = 0
exit
f:
r2 = map[fd:0]
r3 = 0
call 12
r0 = 0
exit
-- id
TAIL_CALL_FUNCTIONS
-- verdict
EINVAL tail_calls are not allowed in programs with bpf-to-bpf calls

== a function above a tail call with much stack
-- type
sched_cls
-- maps
prog_array 4 4 1
-- asm
*(u64 *)(r10 - 264) = 0
call f
r0 = 0
exit
f:
r2 = map[fd:0]
r3 = 0
call 12
r0 = 0
exit
-- id
STACK_TAIL_CALL
-- verdict
EACCES tail_calls are not allowed when call stack of previous frames is 272 bytes. Too large

== a function above a tail call with little stack
-- type
sched_cls
-- maps
prog_array 4 4 1
-- asm
*(u64 *)(r10 - 64) = 0
call f
r0 = 0
exit
f:
r2 = map[fd:0]
r3 = 0
call 12
r0 = 0
exit
-- verdict
ok

== an exception's callback of a pointer
-- type
sched_cls
-- btf
int int 4
p ptr int
mp proto int skb:p
fp proto int n:p
main func mp global
f func fp global
handled decl exception_callback:f main
-- asm
r1 = 1
call kfunc:bpf_throw
r0 = 0
exit
f:
r0 = 0
exit
-- id
FUNC_EXCEPTION_ARG
-- verdict
EINVAL exception cb only supports single integer argument
