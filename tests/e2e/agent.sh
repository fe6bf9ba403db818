#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The target's side: commands and hostile little programs do the same traced as untraced, and counts equal strace's.
# AGENT_RUNNER (for work on the agent alone): a command that runs its arguments traced.
if [ -n "${AGENT_RUNNER:-}" ]; then
	TOP=$(realpath "$(dirname "$0")/../..")
	W=$(mktemp -d /tmp/cygnet-agent-XXXXXX)
	trap 'rm -rf "$W"' EXIT
	n=0
	eval "$(sed -n '/^ok()/,$p' "$TOP/tests/e2e/tap.sh")"
	traced() { $AGENT_RUNNER "$@"; }
else
	. "$(dirname "$0")/tap.sh"
	"$CYGNET" run -q "$EX/syscount.bpf.c" -- true || exit 1
	traced() { "$CYGNET" run -q "$EX/syscount.bpf.c" -- "$@"; }
fi
if [ -z "${AGENT_RUNNER:-}" ]; then
	strip -o "$W/stripped" "$B/libcygnet-agent.so"
	size=$(stat -c %s "$W/stripped")
	check "what targets map is at most 256 KiB ($size bytes)" test "$size" -le 262144
	same "... and needs nobody" "$(readelf -d "$W/stripped" | grep -c NEEDED; nm -D "$W/stripped" | grep -c ' U ')" "$(printf '0\n0')"
fi
cd "$W" || exit 1
mkdir -p bin
T=$TOP/tests/e2e/targets

# alike NAME COMMAND...: same output and status, traced and not (our own notices aside: they stay in notices)
alike() {
	local name=$1 rc1 rc2
	shift
	timeout 120 "$@" >plain.out 2>plain.err </dev/null
	rc1=$?
	traced timeout 120 "$@" >traced.out 2>traced.err </dev/null
	rc2=$?
	grep '^cygnet: ' traced.err >notices
	sed -i '/^cygnet: /d' traced.err
	same "$name" "$(cat traced.out traced.err) status $rc2" "$(cat plain.out plain.err) status $rc1"
}

# ---- programs that look closely ----
cc=${CC:-gcc}
for p in cancel signals procs seccomp backtrace; do
	$cc -O2 -w -D_GNU_SOURCE -o bin/$p "$T/$p.c" -lpthread || not_ok "$p compiles"
done
$cc -O2 -w -fexceptions -D_GNU_SOURCE -o bin/cancel_unwind "$T/cancel.c" -lpthread
g++ -O2 -w -o bin/throw "$T/throw.cc"
$cc -O2 -w -static -o bin/static "$T/hello.c"
$cc -O2 -w -o bin/setid "$T/hello.c"
$cc -O2 -w -shared -fPIC -o bin/preload.so "$T/preload.c"
same "pthread_cancel: every cleanup runs" "$(traced bin/cancel)" "cancelled 200, cleanups 200"
alike "pthread_cancel by unwinding" bin/cancel_unwind
for i in 1 2 3; do alike "signals, round $i" bin/signals; done
alike "processes and threads" bin/procs
alike "children behind seccomp" bin/seccomp
alike "exceptions, longjmp, backtrace" bin/throw
alike "stacks seen by handlers" bin/backtrace
alike "a static child" sh -c 'bin/static; sh -c "bin/static; exit 3"'
[ -n "${AGENT_RUNNER:-}" ] || has "the static child is named" notices 'bin/static: statically linked'
alike "a preload of its own" env LD_PRELOAD="$W/bin/preload.so" bin/setid
alike "a preload of its own, kept over exec" env LD_PRELOAD="$W/bin/preload.so" sh -c 'sh -c "bin/setid; echo $LD_PRELOAD"'
alike "an empty environment" env -i /bin/sh -c '/bin/echo $PATH; exec /usr/bin/env'
if [ "$(id -u)" -eq 0 ] && id nobody >/dev/null 2>&1; then
	chmod 755 "$W" bin && chmod u+s bin/setid && chown nobody bin/setid && chmod u+s bin/setid
	alike "a setuid child" sh -c 'bin/setid; echo $?'
	[ -n "${AGENT_RUNNER:-}" ] || has "the setuid child is named" notices 'bin/setid: setuid or setgid'
else
	skip "a setuid child" "not root"
fi

# ---- everyday programs ----
alike "true" true
alike "false" false
alike "cat" cat /etc/hostname
alike "ls" ls -l /etc
alike "a missing command" sh -c 'nonesuch; echo $?'
alike "killed by a signal" sh -c 'sh -c "kill -9 \$\$"; echo $?'
alike "bash: pipes, subshells, traps" bash -c 'trap "echo bye" EXIT; ls /etc | sort | wc -l; (exit 3); echo $?; x=$(echo a b | tr a-z A-Z); echo $x; exit 5'
alike "bash: jobs and signals" bash -c 'sleep 5 & p=$!; kill -TERM $p; wait $p; echo $?; trap "echo usr" USR1; kill -USR1 $$; echo end'
alike "bash: a hundred commands" bash -c 'for i in $(seq 100); do /bin/true $i || echo bad; done; echo done'
alike "the environment" sh -c "env | grep -v ^_="
alike "find" find /etc/apt /etc/default -type f
alike "tar and gzip" sh -c 'tar czf - -C /usr/share/doc/bash . | tar tzf - | sort | sha256sum'
alike "xz with threads" sh -c 'head -c 3000000 /usr/bin/gcc-12 2>/dev/null | cat - /bin/bash | xz -T4 -1 | xz -d | sha256sum'
alike "sort, parallel" sh -c 'seq 300000 | sort -R --random-source=/bin/bash | sort -n --parallel=4 | sha256sum'
alike "awk, sed, grep" sh -c 'awk -F: "{print \$1}" /etc/passwd | sed s/o/0/ | grep r'
alike "perl" perl -e 'my $p=open(F,"-|","echo x")or die; print <F>; close F; if(!fork){exit 3} wait; print $?>>8,"\n"; $SIG{ALRM}=sub{print "alarm\n"}; alarm 1; select(undef,undef,undef,3);'
if command -v python3 >/dev/null; then
	alike "python: subprocess, threads" python3 "$T/work.py"
	alike "python: an exception" python3 -c 'raise SystemExit(9)'
fi
if command -v git >/dev/null; then
	alike "git" sh -c 'rm -rf r; git init -q r && cd r && echo a >f && git add f && git -c user.name=a -c user.email=a@b commit -qm x --date=@1 && git log --format=%s && git status --short && git gc -q'
fi
cat >Makefile <<'MK'
all: a b c d
%: %.c ; @$(CC) -O1 -o $@ $<
MK
for x in a b c d; do printf '#include <stdio.h>\nint main(void){puts("%s");return 0;}\n' $x >$x.c; done
alike "make and the compiler" sh -c "rm -f a b c d; make -s -j3 CC=$cc; ./a; ./b; ./c; ./d"
alike "a core resource limit, ulimit" bash -c 'ulimit -n 20; ulimit -n; ls / >/dev/null; echo $?'
alike "here documents and fds" bash -c 'exec 9</etc/hostname; cat <&9; exec 9<&-; ls /proc/self/fd | wc -l'
alike "stdin closed" bash -c 'exec 0<&- 1>&2; ls /proc/self/fd | wc -l'
alike "timeout kills" timeout -s INT 0.3 sleep 5

# ---- probes: what the kernel (6.18) prints for the same object ----
if [ -z "${AGENT_RUNNER:-}" ]; then
	$cc -O2 -o bin/probed "$T/probed.c"
	clang -target bpf -O2 -g -w -mcpu=v3 -DPROBED="\"$W/bin/probed\"" -I "$TOP/include/fallback" -D__TARGET_ARCH_x86 \
		-c "$T/probed.bpf.c" -o probed.bpf.o
	expect='args 3 4 5
add7 1
add7 = 140, 0
fact 4
fact 3
fact 2
fact 1
fact = 1, 0
fact = 2, 0
fact = 6, 0
fact = 24, 0
tail1 4
tail2 8
tail2 = 108, 0
tail1 = 108, 0
nothing
half'
	same "probes and return probes, as the kernel has them" \
		"$("$CYGNET" run probed.bpf.o -- bin/probed | sed -n 's/^probed-[0-9]*: //p')" "$expect"
fi

# ---- counts: strace's, minus what the loader did before any of us could be there ----
if [ -z "${AGENT_RUNNER:-}" ]; then
	for c in "true" "cat /etc/hostname" "ls /etc" "ls -l /etc" "tar cf /dev/null /etc/apt"; do
		"$CYGNET" run -o counts "$EX/syscount.bpf.c" -- $c >/dev/null 2>&1
		strace -f -o trace $c >/dev/null 2>&1
		same "as many calls as strace sees: $c" "$(python3 "$T/count.py" counts counts)" \
			"$(python3 "$T/count.py" strace trace)"
	done
fi
done_testing
