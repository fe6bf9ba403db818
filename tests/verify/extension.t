# SPDX-License-Identifier: BSD-2-Clause
# Programs attached to programs, and extensions: each rule with a program it takes and one it refuses.

== a function of a program replaced
-- type
ext
-- attach
0 f
-- btf
int int 4
long int 8
p ptr int
mp proto int skb:p
fp proto int n:int
main func mp global
f func fp global
g func fp global
-- onto
r1 = 1
call f
exit
f:
r0 = r1
exit
-- asm
r0 = 0
exit
-- verdict
ok
-- kernel
-

== a function of a program replaced by one of more arguments
-- type
ext
-- attach
0 f
-- btf
int int 4
long int 8
p ptr int
mp proto int skb:p
fp proto int n:int
main func mp global
f func fp global
gp proto int n:int m:int
g func gp global
-- onto
r1 = 1
call f
exit
f:
r0 = r1
exit
-- asm
r0 = 0
exit
-- id
TARGET_EXTEND_ARGS
-- verdict
EINVAL g() has 2 args while f() has 1 args
-- kernel
-

== a function of a program replaced by one that returns nothing
-- type
ext
-- attach
0 f
-- btf
int int 4
long int 8
p ptr int
mp proto int skb:p
fp proto int n:int
main func mp global
f func fp global
gp proto void n:int
g func gp global
-- onto
r1 = 1
call f
exit
f:
r0 = r1
exit
-- asm
r0 = 0
exit
-- id
TARGET_EXTEND_RETURN
-- verdict
EINVAL Return type UNKNOWN of g() doesn't match type INT of f()
-- kernel
-

== a function of a program replaced by one of a larger argument
-- type
ext
-- attach
0 f
-- btf
int int 4
long int 8
p ptr int
mp proto int skb:p
fp proto int n:int
main func mp global
f func fp global
gp proto int n:long
g func gp global
-- onto
r1 = 1
call f
exit
f:
r0 = r1
exit
-- asm
r0 = 0
exit
-- id
TARGET_EXTEND_SIZE
-- verdict
EINVAL arg0 in g() has size 8 while f() has 4
-- kernel
-

== a function of a program replaced by one of a pointer
-- type
ext
-- attach
0 f
-- btf
int int 4
long int 8
p ptr int
mp proto int skb:p
fp proto int n:int
main func mp global
f func fp global
gp proto int n:p
g func gp global
-- onto
r1 = 1
call f
exit
f:
r0 = r1
exit
-- asm
r0 = 0
exit
-- id
TARGET_EXTEND_ARG
-- verdict
EINVAL arg0 in g() is PTR while f() has INT
-- kernel
-

== a function that the program has not replaced
-- type
ext
-- attach
0 g
-- btf
int int 4
long int 8
p ptr int
mp proto int skb:p
fp proto int n:int
main func mp global
f func fp global
g func fp global
-- onto
r1 = 1
call f
exit
f:
r0 = r1
exit
-- asm
r0 = 0
exit
-- id
TARGET_SUBPROG
-- verdict
EINVAL Subprog g doesn't exist
-- kernel
-

== the entry of a program's function
-- type
tracing
-- attach
24 f
-- btf
int int 4
long int 8
p ptr int
mp proto int skb:p
fp proto int n:int
main func mp global
f func fp global
gp proto int ctx:p
g func gp global
-- onto
r1 = 1
call f
exit
f:
r0 = r1
exit
-- asm
r0 = 0
exit
-- verdict
ok
-- kernel
-

== the result of a program's function modified
-- type
tracing
-- attach
26 f
-- btf
int int 4
long int 8
p ptr int
mp proto int skb:p
fp proto int n:int
main func mp global
f func fp global
gp proto int ctx:p
g func gp global
-- onto
r1 = 1
call f
exit
f:
r0 = r1
exit
-- asm
r0 = 0
exit
-- id
TARGET_MODIFY_PROG
-- verdict
EINVAL can't modify return codes of BPF programs
-- kernel
-

== a static function of a program replaced
-- type
ext
-- attach
0 f
-- btf
int int 4
long int 8
p ptr int
mp proto int skb:p
fp proto int n:int
main func mp global
f func fp
g func fp global
-- onto
r1 = 1
call f
exit
f:
r0 = r1
exit
-- asm
r0 = 0
exit
-- id
TARGET_STATIC
-- verdict
EINVAL Cannot replace static functions
-- kernel
-

== a program without types attached to
-- type
tracing
-- attach
24 f
-- flags
untyped
-- btf
int int 4
mp proto int skb:int
main func mp global
f func mp global
-- onto
r1 = 1
call f
exit
f:
r0 = 0
exit
-- asm
r0 = 0
exit
-- id
TARGET_NO_BTF
-- verdict
EINVAL FENTRY/FEXIT program can only be attached to another program annotated with BTF
-- kernel
-
