#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Real programs of every kind, under everything that can be attached at once: same output, same status, as root
# and as an ordinary user. What must not be traced (static, setuid) runs on and is named.
. "$(dirname "$0")/tap.sh"
T=$TOP/tests/e2e/targets
CC=${CC:-gcc}
heavy=$W/heavy.bpf.o
clang -target bpf -O2 -g -w -mcpu=v3 -I "$TOP/include/fallback" -D__TARGET_ARCH_x86 -c "$T/heavy.bpf.c" -o "$heavy" || exit 1
"$CYGNET" run -q "$heavy" -- true || exit 1
chmod a+r "$heavy"

# The commands run in a directory of their own, made anew before each run.
D=$W/user/run
fresh() {
	rm -rf "$D"
	mkdir -p "$D"
	cp -r "$W/tree" "$D/t"
	[ -z "$as" ] || chown -R 65534:65534 "$D"
}
as= # who runs them: nothing, or a function that runs its arguments as somebody else
# once OUT COMMAND...: output and status of one run
once() {
	local out=$1 rc
	shift
	fresh
	(cd "$D" && $as "$@" </dev/null >"$out" 2>"$out.err")
	rc=$?
	grep '^cygnet: ' "$out.err" >"$W/notices"
	grep -v '^cygnet: ' "$out.err" >>"$out"
	echo "status $rc" >>"$out"
}
# alike NAME COMMAND...: the same traced and not
alike() {
	local name=$1
	shift
	once "$W/plain.out" timeout 60 "$@"
	once "$W/traced.out" "$CYGNET" run -q "$heavy" -- timeout 60 "$@"
	same "$name${as:+, unprivileged}" "$(cat "$W/traced.out")" "$(cat "$W/plain.out")"
}
# with PROGRAM NAME COMMAND...: alike, when the program is there
with() {
	local need=$1
	shift
	if command -v "$need" >/dev/null; then alike "$@"; else skip "$1" "no $need"; fi
}

# ---- a small tree: a C project, C++ that throws, text ----
mkdir "$W/tree"
cat >"$W/tree/Makefile" <<'MK'
CFLAGS = -O1 -g
all: hello throws
hello: main.o add.o ; $(CC) -o $@ $^
throws: throws.cc ; $(CXX) -O1 -o $@ $<
test: all ; ./hello && ./throws
.PHONY: all test
MK
printf 'int add(int, int);\n#include <stdio.h>\nint main(void){printf("%%d\\n", add(2, 3));return 0;}\n' >"$W/tree/main.c"
printf 'int add(int a, int b){return a + b;}\n' >"$W/tree/add.c"
cat >"$W/tree/throws.cc" <<'CC'
#include <iostream>
#include <stdexcept>
#include <thread>
#include <vector>
struct guard { int &n; ~guard() { n++; } };
static int deep(int d, int &n) { guard g{n}; if (!d) throw std::runtime_error(getenv("HOME") ? "home" : "none"); return deep(d - 1, n) + 1; }
int main() {
	std::vector<std::thread> all; std::vector<int> n(8);
	for (int i = 0; i < 8; i++) all.emplace_back([&n, i] { for (int k = 0; k < 50; k++) try { deep(i, n[i]); } catch (std::exception &e) { std::string s(e.what()); } });
	for (auto &t : all) t.join();
	int sum = 0; for (int x : n) sum += x;
	std::cout << sum << "\n";
	return sum == 1800 ? 0 : 1;
}
CC
seq 1 3000 | sed 's/7/seven /g' >"$W/tree/text"
cat >"$W/tree/work.py" <<'PY'
import asyncio, ctypes, multiprocessing, os, signal, sqlite3, subprocess, sys, threading, zlib
def square(x): return x * x
def main():
    print(subprocess.run("echo out; echo err >&2; exit 4", shell=True, capture_output=True))
    p = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=True, start_new_session=True)
    print(p.communicate(b"through a pipe"), p.returncode)
    try: subprocess.run(["/no/such/program"])
    except FileNotFoundError as e: print(e)
    with multiprocessing.get_context("fork").Pool(3) as pool: print(sum(pool.map(square, range(200))))
    with multiprocessing.get_context("spawn").Pool(2) as pool: print(sum(pool.map(square, range(50))))
    total, lock = [0], threading.Lock()
    def add():
        for i in range(200):
            with lock: total[0] += len(zlib.compress(bytes(i)))
    threads = [threading.Thread(target=add) for _ in range(12)]
    [t.start() for t in threads]; [t.join() for t in threads]
    print(total)
    async def one(i):
        q = await asyncio.create_subprocess_exec("echo", str(i), stdout=subprocess.PIPE)
        return (await q.communicate())[0]
    async def many(): return await asyncio.gather(*[one(i) for i in range(8)])
    print(asyncio.run(many()))
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_char_p
    os.environ["FIELD"] = "test"; print(libc.getenv(b"FIELD"))
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
    a = (ctypes.c_int * 50)(*[i * 37 % 50 for i in range(50)])
    libc.qsort(a, 50, 4, compare(lambda x, y: x[0] - y[0])); print(list(a))
    db = sqlite3.connect("w.db"); db.execute("create table t(a)")
    db.executemany("insert into t values(?)", [(i,) for i in range(1000)]); db.commit()
    print(db.execute("select sum(a) from t").fetchone())
    hits = [0]
    def tick(*_): hits[0] += 1
    signal.signal(signal.SIGALRM, tick); signal.setitimer(signal.ITIMER_REAL, .001, .001)
    while hits[0] < 100: os.getppid()
    signal.setitimer(signal.ITIMER_REAL, 0); print("ticks")
    pid = os.fork()
    if not pid: os._exit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    r, w = os.pipe(); pid, fd = os.forkpty()
    if not pid: os.execvp("sh", ["sh", "-c", "test -t 0 && echo a terminal"])
    print(os.read(fd, 100)); os.waitpid(pid, 0)
    sys.exit(11)
if __name__ == "__main__": main()
PY

commands() {
	alike "bash: here-documents, process substitution, arrays" bash -c 'cat <<E
$(echo one) ${HOME:+two}
E
diff <(seq 5) <(seq 2 6); mapfile -t a < <(seq 300); echo ${#a[@]} ${a[@]:297}; read x <<<"y z"; echo $x; printf "%s\n" {a..e}{1..3} | tail -2; exit 9'
	alike "bash: traps of every kind" bash -c 'trap "echo int" INT; trap "echo usr" USR1; trap "echo err" ERR; trap "echo exit" EXIT
f() { trap "echo return" RETURN; false; }; f; for i in 1 2 3; do kill -USR1 $$; kill -INT $$; done; trap "echo child" CHLD; /bin/true; (exit 3); wait; exec 3>&1; (trap "echo sub >&3" EXIT)'
	alike "bash: job control, coprocesses" bash -c 'set -m; sleep 0.2 & sleep 9 & jobs | sed s/[0-9]*//; kill %2; wait %1; echo $?; wait %2 2>/dev/null; echo $?
coproc cat; echo hi >&${COPROC[1]}; read -u ${COPROC[0]} x; echo $x; exec 2>/dev/null # when bash tells of a change, and what it then remembers, is a race of its own
sh -c "kill -STOP \$\$; echo continued" & wait $!; echo $?; kill -CONT $!; wait -f $!; sleep 0.3; true'
	alike "bash: pipelines that end early" bash -c 'yes | head -1000 | sort | uniq -c; echo ${PIPESTATUS[@]}; seq 100000 | head -1; set -o pipefail; false | true; echo $?'
	alike "dash: a command that fails in every way" sh -c '/etc; /no/such; ./t/text; . ./t/nothing; echo not reached'
	with python3 "python: processes, threads, asyncio, ctypes, sqlite, signals" python3 t/work.py
	with git "git: commit, log, gc, clone, fsck" sh -c 'export HOME=$PWD; git config --global user.name n; git config --global user.email n@e; git config --global init.defaultBranch main
export GIT_AUTHOR_DATE="2020-01-01T00:00:00Z" GIT_COMMITTER_DATE="2020-01-01T00:00:00Z"; cd t && git init -q && git add . && git commit -qm one && echo more >>text && git commit -qam two && git log --stat && git gc -q && git fsck && cd .. && git clone -q t c && cd c && git log -p -1 && git branch -v && git bisect start 2>/dev/null; git status --short'
	with g++ "make -j2: C, C++ with exceptions in threads" sh -c 'make -C t -s -j2 test CC=gcc && make -C t -q all; echo $?; rm t/add.c; make -C t -s -B hello 2>&1 | sed s/[[].*//'
	with gcc "gcc: diagnostics, assembly" sh -c 'cd t; echo "int f( { return" >bad.c; gcc -c bad.c 2>&1; gcc -O2 -S -o - add.c | grep -c add; gcc -pipe -E main.c | wc -l'
	for z in gzip bzip2 xz zstd; do
		with $z "tar and $z" sh -c "tar -c --sort=name -f - t | $z -c >a.t && $z -t a.t && mkdir x && $z -dc a.t | tar -xf - -C x && diff -r t x/t && rm -rf x; head -c 100 a.t | $z -dc 2>&1 >/dev/null | wc -l"
	done
	with xz "xz with threads" sh -c 'cat /bin/bash /bin/bash /bin/bash | xz -T2 --block-size=1MiB -0 | xz -T2 -dc | cksum'
	alike "find and xargs -P" sh -c 'find /etc/apt t -type f -print0 | xargs -0 -n 2 -P 4 cksum | sort; find t -name "*.c" -exec wc -c {} + -exec basename {} \; | sort; echo a b | xargs -I@ sh -c "exit 255"; echo $?'
	with perl "perl: forks, pipes, signals, eval" perl -e 'use POSIX; $|=1; for (1..20) { defined(my $p = fork) or die; if (!$p) { exit $_ } waitpid $p, 0; print $? >> 8, " " } print "\n"; my $n = 0; $SIG{USR1} = sub { $n++ }; kill USR1 => $$ for 1..50; print "$n\n"; print sort { $a <=> $b } map { "$_\n" } `seq 50`; eval { local $SIG{ALRM} = sub { die "late\n" }; alarm 1; select undef, undef, undef, 5 }; print $@; exec "sh", "-c", "exit 6"'
	alike "awk" awk 'BEGIN { while (("seq 100" | getline x) > 0) s += x; print s; print "c\na\nb" | "sort"; close("sort"); exit system("exit 3") } '
	alike "sed -i, tee, comm, join, split" sh -c 'cd t; sed -i.old "s/seven/7/;1~3d" text; cksum text text.old; split -n 5 text p; cat p?? | tee q | cmp - text && comm -12 p?? 2>/dev/null; sort text >s; join s s | wc -l'
	alike "sort --parallel" sh -c 'seq 1 60000 | sort -R --random-source=/bin/bash | sort -n --parallel=4 -S 1M -T . | cksum'
	with openssl "openssl" sh -c 'openssl version | cut -c1-7; openssl genrsa -out k 2048 2>/dev/null && openssl req -new -x509 -key k -subj /CN=a -days 1 -out c && openssl verify -CAfile c c; openssl dgst -sha256 t/text; openssl enc -aes-256-cbc -pbkdf2 -k x -in t/text | openssl enc -d -aes-256-cbc -pbkdf2 -k x | cmp - t/text'
	with ssh-keygen "ssh-keygen" sh -c 'ssh-keygen -q -t ed25519 -N "" -f key -C c && ssh-keygen -y -f key | cmp - key.pub; cut -d" " -f1 key.pub'
	with node "node: workers, children" node -e 'const { Worker, isMainThread } = require("worker_threads"), cp = require("child_process");
const code = `let s = 0; for (let i = 0; i < 3e6; i++) s += i % 7; require("worker_threads").parentPort.postMessage(s)`;
Promise.all([1, 2, 3].map(() => new Promise((ok) => new Worker(code, { eval: true }).on("message", ok)))).then((r) => { console.log(r, cp.spawnSync("sh", ["-c", "echo child; exit 3"]).status, cp.execSync("seq 3").toString()); process.exitCode = 5 })'
	with timeout "timeout" sh -c 'timeout 0.2 sleep 9; echo $?; timeout -s KILL 1 sh -c "trap \"\" TERM; sleep 9"; echo $?; timeout 5 sh -c "exit 4"; echo $?; timeout -k 0.3 1 sh -c "trap \"\" TERM; while :; do :; done"; echo $?'
	alike "env -i, nohup, setsid, nice" sh -c 'env -i A=b env; env -i /bin/sh -c "echo \$A; /bin/ls /no" ; nohup sh -c "echo n" 2>/dev/null; setsid -w sh -c "exit 8"; echo $?; nice -n 5 nice; setsid -f true; env -u HOME A=1 sh -c "echo \$HOME \$A"'
	with script "script: a terminal" script -qec 'tty >/dev/null && stty size; echo in; exit 3' /dev/null
	with sqlite3 "sqlite3" sh -c 'sqlite3 d.db "create table a(x, y text); with recursive n(i) as (select 1 union all select i+1 from n where i<2000) insert into a select i, hex(i) from n; create index i on a(y); select count(*), sum(x), max(y) from a; pragma integrity_check"; sqlite3 d.db ".dump" | cksum; sqlite3 d.db "select nothing"; echo $?'
	alike "an own LD_PRELOAD that is not there" env LD_PRELOAD=/no/such.so sh -c 'echo $LD_PRELOAD; /bin/echo x' 2>&1
	alike "few descriptors, little memory" bash -c 'ulimit -n 6; cat t/text | tail -1; ulimit -n 4; cat t/text | tail -1; (ulimit -v 60000; sort t/text | cksum); ulimit -f 1; head -c 9000 /dev/zero >big; echo $?'
	alike "every descriptor closed" bash -c 'for i in $(seq 0 255); do eval "exec $i>&-"; done 2>/dev/null; /bin/true; exit $?'
	with strace "strace inside" sh -c 'strace -f -o s.out -e trace=execve,openat sh -c "cat t/text | wc -l"; grep -c "exited with 0" s.out; strace -qq -e trace=none -e signal=none false; echo $?'
}
commands
if [ "$(id -u)" -eq 0 ]; then
	as=unprivileged
	commands
	as=
fi

# ---- run on untraced, and named ----
# named NAME WHY COMMAND...: alike, and a notice says which program and why
named() {
	local name=$1 why=$2
	shift 2
	alike "$name" "$@"
	has "$name: named" "$W/notices" "$why"
}
if command -v busybox >/dev/null && ! ldd "$(command -v busybox)" >/dev/null 2>&1; then
	named "busybox, static" 'busybox: statically linked' sh -c 'busybox echo a; busybox sh -c "busybox seq 3; /bin/echo dynamic again"; exec busybox sh -c "exit 4"'
else
	skip "busybox, static" "no static busybox"
fi
if [ "$(id -u)" -eq 0 ]; then
	setid() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
	as=setid
	with su "su refuses" sh -c 'su nosuchuser -c true; echo $?'
	has "su: named" "$W/notices" '/su: setuid or setgid'
	as=
	with su "su to another user" su nobody -s /bin/sh -c 'id -un; exit 3'
	if command -v setpriv >/dev/null; then
		named "another user" '/bin/sh: runs as another user' setpriv --reuid 65534 --regid 65534 --clear-groups /bin/sh -c 'id -u; /bin/true; exit 3'
	fi
	with chroot "another root" sh -c 'chroot / sh -c "echo in; exit 4"'
	with unshare "namespaces" unshare -fpm --mount-proc sh -c 'echo $$; ls /proc >l; grep -c "^[0-9]" l; exit 2'
fi
if unprivileged unshare -r true 2>/dev/null; then
	as=unprivileged
	alike "a user namespace" unshare -r sh -c 'id -u; exit 3'
	as=
fi
done_testing
