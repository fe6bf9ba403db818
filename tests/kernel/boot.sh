#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# boot.sh SERIES SUITE...: boots Debian's kernel of that series (6.1, 6.12) in an emulator and asks it the
# suites, in the form `run.sh store` writes: B/verdicts/kernel.SUITE-on-SERIES.jsonl. The guest's file system
# is what the harness needs and nothing else; answers come packed over the serial line. FILTER and LOGS as
# for run.sh: FILTER='"calls.c","test":17,' LOGS=1 boot.sh 6.1 arrays-6.1 shows what that kernel logs.
set -e
cd "$(dirname "$0")/../.."
B=${B:-build}
K=$(realpath "${KERNEL_PREP:-$B/kernel-src}")
series=$1
shift
image=$K/image-$series
[ -f "$image/vmlinuz" ] || { echo "boot.sh: no image of $series (prepare.sh makes it)" >&2; exit 1; }
tools/deps.sh qemu-system-x86 cpio busybox-static
R=$(realpath "$B")/verdicts
root=$(mktemp -d "${TMPDIR:-/tmp}/cygnet-boot-XXXXXX")
trap 'rm -rf "$root"' EXIT

# The harness, and the libraries it is linked with.
mkdir -p "$root"/{bin,dev,proc,sys,tmp,lib64,k} "$R"
cp /bin/busybox "$root/bin/"
for program in arrays-6.1 arrays-6.12 objects matrix; do
	cp "$B/tests/kernel/$program" "$root/bin/"
	strip "$root/bin/$program"
done
ldd "$B/tests/kernel/objects" | grep -o '/[^ ]*' | while read -r library; do
	mkdir -p "$root/$(dirname "$library")"
	cp -L "$library" "$root/$library"
done
cp -r "$K/packaged" "$K/examples" "$root/k/"
[ ! -d "$K/objects-on-$series" ] || { mkdir "$root/k/objects" && cp "$K/objects-on-$series"/*.o "$root/k/objects/"; }
for suite in "$@"; do echo "$suite"; done >"$root/k/suites"
printf 'export FILTER=%q LOGS=%q\n' "${FILTER:-}" "${LOGS:-}" >"$root/k/environment"
cat >"$root/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t bpf bpf /sys/fs/bpf
mount -t securityfs none /sys/kernel/security
ip link set lo up
echo 0 >/proc/sys/kernel/unprivileged_bpf_disabled
echo 1 >/proc/sys/net/core/bpf_jit_enable
ulimit -l unlimited
. /k/environment
while read -r suite; do
	mode=${suite##*-}
	[ "$mode" = unprivileged ] && base=${suite%-unprivileged} || { base=$suite mode=; }
	start=$(date +%s)
	case $base in
	arrays-*) "$base" kernel $mode ;;
	matrix) matrix kernel ;;
	progs-*) objects kernel $mode /k/objects/*.o ;;
	examples) objects kernel /k/examples/*.o ;;
	packages) objects kernel /k/packaged/*.o ;;
	esac >/tmp/out 2>/tmp/err
	status=$?
	echo # the line may hold what the firmware left
	echo "@@begin $suite $status $(($(date +%s) - start))"
	gzip -c /tmp/out | base64
	echo "@@end $suite"
	[ $status = 0 ] || tail -3 /tmp/err
done </k/suites
echo "@@release $(uname -r)"
cat /sys/kernel/security/lsm
poweroff -f
INIT
chmod +x "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$root.cpio.gz"
trap 'rm -rf "$root" "$root.cpio.gz"' EXIT

console=$R/console-$series.txt
timeout "${BOOT_SECONDS:-3600}" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 3072 -nographic -no-reboot \
	-kernel "$image/vmlinuz" -initrd "$root.cpio.gz" -append 'console=ttyS0 quiet panic=-1 loglevel=1' \
	</dev/null >"$console" 2>&1 || { echo "boot.sh: the emulator ended early ($console)" >&2; exit 1; }
tr -d '\r' <"$console" >"$console.tmp" && mv "$console.tmp" "$console"

failed=
for suite in "$@"; do
	out=$R/kernel.$suite-on-$series.jsonl
	rm -f "$out"
	read -r _ _ status seconds < <(grep -a "^@@begin $suite " "$console") || status=none
	[ "$status" = 0 ] || echo "boot.sh: $suite on $series ended with $status" >&2
	sed -n "/^@@begin $suite /,/^@@end $suite\$/p" "$console" | grep -av '^@@' | base64 -d | gzip -dc >"$out.tmp" || { failed=y; continue; }
	[ "$status" = 0 ] || { failed=y; continue; }
	mv "$out.tmp" "$out"
	echo "$((seconds * 1000))" >"$out.ms"
	echo "$suite on $series: $(wc -l <"$out") answers in ${seconds} s" >&2
done
[ -z "$failed" ]
