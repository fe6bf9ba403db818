#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Programs that do everything at once, or at the edge of what they may, under everything that can be attached; and
# python's own tests with probes at 200 random functions below them. ROUNDS=N repeats it all, SEED=N picks functions.
. "$(dirname "$0")/tap.sh"
T=$TOP/tests/e2e/targets
CC=${CC:-gcc}
compile() { clang -target bpf -O2 -g -w -mcpu=v3 -I "$TOP/include/fallback" -D__TARGET_ARCH_x86 -c "$1" -o "$2"; }
cd "$W" || exit 1
compile "$T/heavy.bpf.c" heavy.o || exit 1
for p in storms limits; do
	$CC -O1 -w -D_GNU_SOURCE -o $p "$T/$p.c" -lpthread -ldl || exit 1
done
chmod a+rx . heavy.o storms limits

# both AS OBJECT COMMAND...: the same output and status traced and not; our notices about processes aside
outcome() {
	"$@" 2>&1 </dev/null | grep -vE '^cygnet: (pid |program .*cannot be answered)'
	echo "status ${PIPESTATUS[0]}"
}
both() {
	local as=$1 object=$2
	shift 2
	same "${*##*/}${as:+, unprivileged}" \
		"$(outcome $as timeout 100 "$CYGNET" run -q "$object" -- timeout 60 "$@")" "$(outcome $as timeout 60 "$@")"
}

for round in $(seq "${ROUNDS:-1}"); do
	for t in $(./storms); do both "" heavy.o "$W/storms" "$t"; done
	for t in $(./limits); do
		case $t in
		# Our mappings count against a small RLIMIT_MEMLOCK.
		locked) [ "$(id -u)" -eq 0 ] || continue ;;
		esac
		both "" heavy.o "$W/limits" "$t"
	done
	if [ "$(id -u)" -eq 0 ]; then
		for t in storm jumps threads_and_forks vfork_fails deaths; do both unprivileged heavy.o "$W/storms" $t; done
		for t in close_all small_stack not_dumpable mappings generated come_and_go; do
			both unprivileged heavy.o "$W/limits" $t
		done
	fi
	py=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null)
	libc=$(ldd /bin/sh | sed -n 's/.*=> \(.*libc\.so[^ ]*\).*/\1/p')
	if [ -n "$py" ] && command -v nm >/dev/null; then
		code=$(ldd "$py" | sed -n 's/.*=> \(.*libpython[^ ]*\).*/\1/p')
		seed=$((${SEED:-$(date +%s)} + round))
		python3 "$T/random_probes.py" $seed "$libc" 100 "${code:-$py}" 100 >random.bpf.c
		compile random.bpf.c random.o
		echo "# seed $seed"
		both "" "$W/random.o" "$py" "$T/own_tests.py" test_json test_struct test_generators test_re test_bytes
		both "" "$W/random.o" "$py" "$T/work.py"
		both "" "$W/random.o" "$W/storms" threads_and_forks
	else
		skip "probes at random functions" "no python3 or nm"
	fi
done
done_testing
