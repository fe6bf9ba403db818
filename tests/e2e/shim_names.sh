#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The names libbpf and bpftool reference against the reviewed list, and the wrapped ones against what is exported.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
LIST=tests/data/shim_names.txt
n=0
result() {
	n=$((n + 1))
	if [ -z "$2" ]; then echo "ok $n - $1"; else
		echo "not ok $n - $1"
		echo "$2" | sed 's/^/# /'
	fi
}
references() { nm -D -u "$1" | awk '{print $NF}' | sed 's/@.*//' | sort -u; }
exports() { nm -D --defined-only "$1" | awk '{print $NF}' | sed 's/@.*//' | sort -u; }
reviewed=$(grep -v '^#' "$LIST" | cut -d' ' -f1 | sort -u)
wrapped=$(awk '!/^#/ && $2=="wrapped" {print $1}' "$LIST" | sort -u)
listed=$(sed -n 's/^\t\(.*\);$/\1/p' tools/shim.list | sort -u)

for f in "$(ldconfig -p | awk '/libbpf\.so\.1 .*x86-64|libbpf\.so\.1 .*AArch64/{print $NF; exit}')" /usr/sbin/bpftool; do
	if [ ! -r "$f" ]; then
		n=$((n + 1))
		echo "ok $n - ${f:-libbpf}: names # SKIP not installed"
		continue
	fi
	result "$f: every name it references is reviewed" "$(comm -23 <(references "$f") <(echo "$reviewed"))"
done
result "every row says wrapped, host or pure" "$(grep -vE '^#|^[A-Za-z_0-9]+ (wrapped|pure|host .+)$' "$LIST")"
result "what is to be wrapped is" "$(comm -23 <(echo "$wrapped") <(echo "$listed"))"
result "the preloaded library exports every listed name" "$(comm -23 <(echo "$listed") <(exports "$B/libcygnet-shim.so"))"
result "the command exports every listed name" "$(comm -23 <(echo "$listed") <(exports "$B/cygnet"))"
# exec and spawn are the preloaded library's alone: the command starts targets as it means to.
extra="execv execve execvp execvpe fexecve posix_spawn posix_spawnp"
result "the preloaded library exports nothing else" \
	"$(comm -13 <(printf '%s\n' $listed $extra | sort -u) <(exports "$B/libcygnet-shim.so"))"
result "the preloaded library needs libc only" \
	"$(objdump -p "$B/libcygnet-shim.so" | awk '/NEEDED/ && $2 !~ /^(libc\.so|ld-linux|libpthread|libdl)/')"
echo "1..$n"
