#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What the build promises: nothing rebuilt when nothing changed, install and uninstall, man pages, completion, embedding.
. "$(dirname "$0")/tap.sh"

check "nothing is rebuilt when nothing changed" sh -c "make -q B='$B' tools 2>/dev/null || [ -z \"\$(make -n B='$B' tools 2>/dev/null | grep -E 'gcc|clang|ar rcs')\" ]"

D=$W/dest
make -s B="$B" DESTDIR="$D" PREFIX=/usr install >"$W/log" 2>&1
same "make install" $? 0
for f in bin/cygnet lib/cygnet/libcygnet-agent.so lib/cygnet/libcygnet-shim.so lib/cygnet/fallback/vmlinux.h \
	lib/libcygnet.a lib/libcygnet.so lib/pkgconfig/cygnet.pc include/cygnet/cygnet.h include/cygnet/abi.h \
	share/man/man1/cygnet.1 share/man/man1/cygnet-run.1 share/bash-completion/completions/cygnet; do
	check "installs $f" test -e "$D/usr/$f"
done
"$D/usr/bin/cygnet" run -q "$EX/opensnoop.bpf.c" -- true
same "the installed command finds its parts" $? 0
for p in cygnet cygnet-run cygnet-exec cygnet-disasm cygnet-doctor; do
	same "man page $p: no complaints" "$(MANROFFSEQ='' man --warnings -l "$D/usr/share/man/man1/$p.1" 2>&1 >/dev/null | head -3)" ""
done
check "completion is valid bash" bash -n "$D/usr/share/bash-completion/completions/cygnet"
for o in $("$CYGNET" run --help | grep -oE -- '--[a-z]+' | sort -u | grep -v -- --help); do
	has "man page has $o" <(sed 's/\\-/-/g' "$D/usr/share/man/man1/cygnet-run.1") "$o"
done

# The embedding API, from the installed files alone.
cat >"$W/embed.c" <<'EOF'
#include <stdio.h>
#include <string.h>
#include <stdint.h>
#include <unistd.h>
#include <cygnet/cygnet.h>
int main(void)
{
	struct cygnet *inst;
	union bpf_attr a;
	uint32_t key = 7;
	uint64_t value = 42, got = 0;
	int fd, err;

	if (cygnet_new(NULL, &inst))
		return 1;
	memset(&a, 0, sizeof(a));
	a.map_type = BPF_MAP_TYPE_HASH;
	a.key_size = 4;
	a.value_size = 8;
	a.max_entries = 10;
	fd = cygnet_bpf(inst, BPF_MAP_CREATE, &a, sizeof(a));
	memset(&a, 0, sizeof(a));
	a.map_fd = fd;
	a.key = (uintptr_t)&key;
	a.value = (uintptr_t)&value;
	err = cygnet_bpf(inst, BPF_MAP_UPDATE_ELEM, &a, sizeof(a));
	a.value = (uintptr_t)&got;
	if (!err)
		err = cygnet_bpf(inst, BPF_MAP_LOOKUP_ELEM, &a, sizeof(a));
	close(fd);
	cygnet_free(inst);
	printf("%s %d %llu\n", cygnet_version(), err, (unsigned long long)got);
	return 0;
}
EOF
gcc -Wall -Werror -o "$W/embed" "$W/embed.c" -I"$D/usr/include" -L"$D/usr/lib" -lcygnet 2>"$W/err"
same "embeds: compiles against the installed files" $? 0
same "embeds: runs" "$(LD_LIBRARY_PATH=$D/usr/lib "$W/embed")" "0.1.0 0 42"
same "exports only cygnet_ names" "$(nm -D --defined-only "$D/usr/lib/libcygnet.so" | awk '$2 != "A" {print $3}' | grep -v '^cygnet_')" ""
make -s B="$B" DESTDIR="$D" PREFIX=/usr uninstall >/dev/null 2>&1
same "make uninstall leaves nothing" "$(find "$D" -type f -o -type l)" ""

"$CYGNET" doctor >"$W/out" 2>&1
has "doctor: what it checks" "$W/out" '^agent +ok'
"$CYGNET" doctor --json >"$W/out" 2>&1
check "doctor --json" python3 -c 'import json,sys; [json.loads(l)["verdict"] for l in open(sys.argv[1])]' "$W/out"
"$CYGNET" help >"$W/out"
has "help lists the commands" "$W/out" '^  run +'
done_testing
