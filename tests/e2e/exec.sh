#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cygnet exec: unmodified bpftool and others against an instance, as root and as nobody, with no bpffs mounted.
. "$(dirname "$0")/tap.sh"

cc=${CLANG:-clang}
$cc -target bpf -mcpu=v3 -O2 -g -D__TARGET_ARCH_x86 -I"$W/bin/fallback" -idirafter /usr/include/x86_64-linux-gnu \
	-c "$EX/opensnoop.bpf.c" -o "$W/open.bpf.o" || exit 1
$cc -target bpf -mcpu=v3 -O2 -g -idirafter /usr/include/x86_64-linux-gnu -c tests/e2e/targets/ring_client.bpf.c \
	-o "$W/ring.bpf.o" && gcc -o "$W/ring" tests/e2e/targets/ring_client.c -lbpf -lpthread || exit 1
chmod a+r "$W"/*.bpf.o

# What Python needs to call bpf(2) as a client does.
cat >"$W/bpf.py" <<'PY'
import ctypes, os, struct
libc = ctypes.CDLL(None, use_errno=True)
NR = 321 if os.uname().machine == 'x86_64' else 280
def bpf(cmd, *parts):
    a = b''.join(parts).ljust(128, b'\0')
    buf = ctypes.create_string_buffer(a, 128)
    r = libc.syscall(NR, cmd, buf, 128)
    return r if r >= 0 else -ctypes.get_errno()
def bpf_at(addr):
    return -ctypes.get_errno() if libc.syscall(NR, 0, ctypes.c_void_p(addr), 128) < 0 else 0
def create(type=1, key=4, value=8, entries=16):
    return bpf(0, struct.pack('IIIII', type, key, value, entries, 0))
def update(fd, k, v):
    kb, vb = ctypes.create_string_buffer(struct.pack('I', k), 4), ctypes.create_string_buffer(struct.pack('Q', v), 8)
    return bpf(2, struct.pack('IIQQQ', fd, 0, ctypes.addressof(kb), ctypes.addressof(vb), 0))
def lookup(fd, k):
    kb, vb = ctypes.create_string_buffer(struct.pack('I', k), 4), ctypes.create_string_buffer(8)
    r = bpf(1, struct.pack('IIQQQ', fd, 0, ctypes.addressof(kb), ctypes.addressof(vb), 0))
    return r if r < 0 else struct.unpack('Q', vb.raw)[0]
def first_map():
    a = ctypes.create_string_buffer(128)
    r = libc.syscall(NR, 12, a, 128)
    return -ctypes.get_errno() if r < 0 else struct.unpack_from('I', a.raw, 4)[0]
PY
chmod a+r "$W/bpf.py"
export PYTHONPATH=$W PYTHONDONTWRITEBYTECODE=1
unset XDG_RUNTIME_DIR
mkdir -m 1777 "$W/tmp"
export TMPDIR=$W/tmp

# The host's own bpffs must play no part.
hidden() {
	if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
		unshare -m sh -c 'umount -R /sys/fs/bpf 2>/dev/null; exec "$@"' sh "$@"
	else
		"$@"
	fi
}

for who in root nobody; do
	[ $who = root ] && [ "$(id -u)" -ne 0 ] && continue
	run() { hidden "$CYGNET" exec "$@"; }
	[ $who = nobody ] && run() { hidden_unprivileged "$CYGNET" exec "$@"; }
	hidden_unprivileged() {
		if [ "$(id -u)" -ne 0 ]; then "$@"; else
			HOME=$W/user XDG_CACHE_HOME=$W/user/.cache hidden setpriv --reuid 65534 --regid 65534 \
				--clear-groups --no-new-privs "$@"
		fi
	}
	cd "$W/user" || exit 1
	export PATH=$PATH:/usr/sbin:/sbin

	run -- bpftool map create /sys/fs/bpf/m type hash key 4 value 8 entries 16 name m >"$W/out" 2>"$W/err"
	same "$who: map create: status" $? 0
	same "$who: map create: says nothing" "$(cat "$W/out" "$W/err")" ""

	run -- sh -ec '
		bpftool map create /sys/fs/bpf/m type hash key 4 value 8 entries 16 name m
		bpftool map update pinned /sys/fs/bpf/m key 1 0 0 0 value 7 0 0 0 0 0 0 0
		bpftool map update name m key 2 0 0 0 value 8 0 0 0 0 0 0 0
		bpftool map dump pinned /sys/fs/bpf/m
		bpftool map lookup id 1 key 1 0 0 0
		bpftool map getnext id 1
		bpftool map delete id 1 key 1 0 0 0
		bpftool map dump name m
		bpftool -j map show' >"$W/out" 2>"$W/err"
	same "$who: maps: status" $? 0
	same "$who: maps: nothing on stderr" "$(cat "$W/err")" ""
	has "$who: maps: dump" "$W/out" '^key: 01 00 00 00  value: 07 00 00 00 00 00 00 00$'
	has "$who: maps: both elements" "$W/out" '^Found 2 elements$'
	has "$who: maps: one deleted" "$W/out" '^Found 1 element$'
	has "$who: maps: show as JSON, with what fdinfo says" "$W/out" \
		'^\[\{"id":1,"type":"hash","name":"m","flags":0,"bytes_key":4,"bytes_value":8,"max_entries":16,"bytes_memlock":[1-9][0-9]*,"frozen":0\}\]$'

	run -- sh -ec '
		bpftool prog load "$1" /sys/fs/bpf/p
		bpftool prog show
		bpftool prog dump xlated pinned /sys/fs/bpf/p
		bpftool btf show
		bpftool map show
		bpftool prog loadall "$1" /sys/fs/bpf/dir
		bpftool prog show pinned /sys/fs/bpf/dir/on_exit
		rm /sys/fs/bpf/p' sh "$W/open.bpf.o" >"$W/out" 2>"$W/err"
	same "$who: programs: status" $? 0
	same "$who: programs: nothing on stderr" "$(cat "$W/err")" ""
	has "$who: programs: show" "$W/out" '^[0-9]+: tracepoint  name on_enter  tag [0-9a-f]{16}  gpl$'
	has "$who: programs: xlated, with source lines" "$W/out" '^; .*bpf_get_current_pid_tgid'
	has "$who: programs: xlated, helpers by name" "$W/out" '\(85\) call bpf_get_current_pid_tgid#14$'
	has "$who: programs: BTF of the kernel" "$W/out" '^1: name \[vmlinux\]  size [0-9]+B$'
	has "$who: programs: BTF of the object" "$W/out" '<anon>  size [0-9]+B  prog_ids [0-9]+  map_ids '
	has "$who: programs: the object's map" "$W/out" '^[0-9]+: hash  name start  flags 0x0$'
	has "$who: programs: loadall pins by function" "$W/out" '^[0-9]+: tracepoint  name on_exit  '

	# An unmodified libbpf consumer: woken when there is data, quiet when there is none.
	same "$who: ring and perf buffers in a client" "$(run -- "$W/ring" "$W/ring.bpf.o" 2>&1)" \
		"$(printf '%s\n' 'ring 100 100 perf 100' 'idle 0 0 waited 1' 'woken 1 soon 1' 'perf 1')"

	# Lifetime: descriptors and pins, across processes.
	same "$who: a map without pin or descriptor is gone" "$(run -- python3 -c '
import os, time
from bpf import *
assert first_map() == -2
if os.fork() == 0:
    assert create() > 0
    os.kill(os.getpid(), 9)
os.wait()
for i in range(300):
    if first_map() == -2: break
    time.sleep(.01)
print(first_map())' 2>&1)" "-2"
	same "$who: a child has its parent's descriptors" "$(run -- python3 -c '
import os
from bpf import *
fd = create()
pid = os.fork()
if pid == 0:
    os._exit(update(fd, 5, 99) != 0)
print(os.waitpid(pid, 0)[1], lookup(fd, 5), lookup(fd, 6))' 2>&1)" "0 99 -2"
	same "$who: through exec, and by SCM_RIGHTS" "$(run -- python3 -c '
import os, socket, subprocess, sys
from bpf import *
fd = create(type=2, key=4, value=8, entries=4)
os.set_inheritable(fd, True)
print(subprocess.run([sys.executable, "-c", "from bpf import *; print(update(%d, 1, 11))" % fd], close_fds=False,
    capture_output=True, text=True).stdout.strip())
a, b = socket.socketpair()
pid = os.fork()
if pid == 0:
    os.close(fd)
    got = socket.recv_fds(b, 1, 1)[1][0]
    text = open("/proc/self/fdinfo/%d" % got).read()
    os._exit(not (lookup(got, 1) == 11 and update(got, 2, 22) == 0))
socket.send_fds(a, [b"x"], [fd])
print(os.waitpid(pid, 0)[1], lookup(fd, 2))' 2>&1)" "$(printf '0\n0 22')"
	same "$who: a client that closes everything still reaches the world" "$(run -- python3 -c '
import os
from bpf import *
fd = create()
os.dup2(fd, 3) if fd != 3 else None
os.closerange(4, 4096)
f = open("/dev/null", "w")
print(update(3, 1, 1), create() > 0, f.write("x"))' 2>&1)" "0 True 1"
	same "$who: errors are the kernel's" "$(run -- python3 -c '
from bpf import *
print(bpf(999), create(type=77), create(key=0), update(0, 1, 1), update(0xffffffff, 1, 1), bpf_at(1))' 2>&1)" \
		"-22 -22 -22 -22 -9 -14"
	same "$who: the environment is put back" "$(run -- env -i /bin/sh -c '
		PATH=/usr/sbin:/usr/bin:/bin; bpftool map create /sys/fs/bpf/e type array key 4 value 4 entries 1 name e &&
		env -i PATH=$PATH bpftool map show name e' 2>&1 | head -1)" "1: array  name e  flags 0x0"

	# A client that may not be looked into: its calls fail, and the reason is told once.
	if [ $who = nobody ] || [ "$(id -u)" -ne 0 ]; then
		same "$who: unreadable client: refused" "$(run -- python3 -c '
from bpf import *
libc.prctl(4, 0, 0, 0, 0)
print(create(), create())' 2>"$W/err")" "-1 -1"
		same "$who: unreadable client: told once" "$(grep -c '^cygnet: the memory of client [0-9]* may not be read' "$W/err")" 1
	fi

	# The exit status is the client's own; signals are passed on.
	run -- sh -c 'exit 7'
	same "$who: exit status" $? 7
	run -- sh -c 'kill -9 $$'
	same "$who: killed by a signal" $? 137
	run -- sh -c 'trap "exit 5" TERM; while :; do sleep 0.05; done' &
	pid=$!
	sleep 0.5
	pkill -TERM -P $pid
	wait $pid
	status=$?
	check "$who: SIGTERM reaches the client" test $status -eq 5 -o $status -eq 143

	# A server that was killed leaves a directory; the next one removes it.
	run -- sh -c 'kill -9 $PPID' 2>/dev/null
	same "$who: a killed server leaves its directory" "$(ls "$TMPDIR" | grep -c "^cygnet-$([ $who = root ] && id -u || echo 65534)-")" 1

	# Another joins the same world.
	same "$who: -w joins a world" "$(run -- sh -c 'bpftool map create /sys/fs/bpf/j type array key 4 value 4 entries 1 name j
		unset LD_PRELOAD; "$0" exec -w "$CYGNET_WORLD" -- bpftool map show name j | head -1' "$CYGNET" 2>&1)" \
		"1: array  name j  flags 0x0"
	# A client without rights is no root to others, but to those that insist.
	same "$who: identity" "$(run -- sh -c 'id -u')" "$([ $who = root ] && echo 0 || echo 65534)"
	run -- bpftool feature probe kernel >"$W/out" 2>"$W/err"
	same "$who: bpftool's own check of rights passes" $? 0
	same "$who: nothing is left of the worlds" "$(ls "$TMPDIR")" ""
	cd "$TOP" || exit 1
done

run() { "$CYGNET" exec "$@"; }
run >/dev/null 2>"$W/err"
same "no client: status" $? 2
has "no client: message" "$W/err" 'no client to run'
run -- /nonexistent/client 2>"$W/err"
same "no such client: status" $? 1
has "no such client: message" "$W/err" '/nonexistent/client: no such command'
run -w /nonexistent/world -- true 2>"$W/err"
same "no such world: status" $? 1
has "no such world: message" "$W/err" '/nonexistent/world: no world is served there: No such file'
run --nonsense -- true 2>"$W/err"
same "bad option: status" $? 2
printf 'int main(void) { return 3; }\n' >"$W/s.c"
if gcc -static -o "$W/static" "$W/s.c" 2>/dev/null; then
	run -- "$W/static" 2>"$W/err"
	same "static client: its status" $? 3
	has "static client: named" "$W/err" "^cygnet: $W/static is statically linked: its bpf calls go to the host$"
fi
# A world of another user's is not joined.
if [ "$(id -u)" -eq 0 ]; then
	run -- sh -c 'd=$(dirname "$CYGNET_WORLD"); chmod 711 "$d"; chmod 666 "$CYGNET_WORLD"
		setpriv --reuid 65534 --regid 65534 --clear-groups bpftool map create /sys/fs/bpf/x type array key 4 value 4 entries 1 name x
		bpftool map show' >"$W/out" 2>"$W/err"
	same "another user: nothing was made" "$(cat "$W/out")" ""
	has "another user: refused" "$W/err" 'Input/output error'
fi
done_testing
